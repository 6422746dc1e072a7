/*
 * The calls of the serial interface (nrf_mesh_serial.h, serial_handler_models.h), and what a host
 * gets of them. tests/serial has what it says and hears besides.
 */
#include "nrf_mesh_serial.h"

#include "hal.h"
#include "mesh_opt_prov.h"
#include "nrf_mesh_config_serial_uart.h"
#include "nrf_mesh_externs.h"
#include "nrf_mesh_port.h"
#include "rig.h"
#include "serial_handler_models.h"
#include "serial_types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static unsigned kicks, resets;
static uint8_t heard[NRF_MESH_SERIAL_PAYLOAD_MAXLEN];
static uint32_t heard_len;

void hal_device_reset(uint8_t gpregret_value)
{
    (void)gpregret_value;
    resets++;
}

static void on_kick(void *ctx)
{
    assert_ptr_equal(ctx, &kicks);
    kicks++;
}

static void on_application(const uint8_t *p_data, uint32_t length)
{
    memcpy(heard, p_data, length);
    heard_len = length;
}

/* The next packet to the host. @return Its octets, the length octet included; 0: none */
static size_t next_packet(uint8_t packet[256])
{
    if (nrf_mesh_serial_out(packet, 1) == 0) {
        return 0;
    }
    assert_int_equal(nrf_mesh_serial_out(packet + 1, packet[0]), packet[0]);
    return packet[0] + 1u;
}

static void drain(void)
{
    uint8_t packet[256];

    while (next_packet(packet) != 0) {
    }
}

static void assert_next(const char *hex)
{
    uint8_t packet[256];
    size_t len = next_packet(packet);

    assert_int_equal(len, strlen(hex) / 2);
    for (size_t i = 0; i < len; i++) {
        char digits[3] = { hex[2 * i], hex[2 * i + 1], 0 };

        assert_int_equal(packet[i], strtoul(digits, NULL, 16));
    }
}

static void say(const char *hex)
{
    uint8_t packet[256];
    size_t len = strlen(hex) / 2;

    for (size_t i = 0; i < len; i++) {
        char digits[3] = { hex[2 * i], hex[2 * i + 1], 0 };

        packet[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    assert_int_equal(nrf_mesh_serial_in(packet, (uint32_t)len), len);
}

static struct rig *start(nrf_mesh_serial_app_rx_cb_t app_rx_cb)
{
    struct rig *rig = rig_new(1);

    kicks = 0;
    resets = 0;
    heard_len = 0;
    assert_int_equal(nrf_mesh_on_serial(on_kick, &kicks), NRF_SUCCESS);
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_serial_init(app_rx_cb), NRF_SUCCESS);
    return rig;
}

static struct rig *start_running(nrf_mesh_serial_app_rx_cb_t app_rx_cb)
{
    struct rig *rig = start(app_rx_cb);

    assert_int_equal(nrf_mesh_serial_enable(), NRF_SUCCESS);
    assert_next("04810200fe");
    return rig;
}

static void calls_have_their_codes(void **state)
{
    struct rig *rig = rig_new(1);
    uint8_t data[NRF_MESH_SERIAL_PAYLOAD_MAXLEN + 1] = { 0 };

    (void)state;
    assert_int_equal(nrf_mesh_on_serial(NULL, NULL), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_on_serial(on_kick, &kicks), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_serial_state_get(), NRF_MESH_SERIAL_STATE_UNINITIALIZED);
    assert_int_equal(nrf_mesh_serial_init(NULL), NRF_ERROR_INVALID_STATE); /* no stack */
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_serial_enable(), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_serial_out(data, sizeof(data)), 0);
    assert_int_equal(nrf_mesh_serial_init(NULL), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_serial_state_get(), NRF_MESH_SERIAL_STATE_INITIALIZED);
    assert_int_equal(nrf_mesh_serial_init(NULL), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_on_serial(on_kick, &kicks), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_serial_tx(NULL, 0), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_serial_enable(), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_serial_state_get(), NRF_MESH_SERIAL_STATE_RUNNING);
    assert_int_equal(nrf_mesh_serial_enable(), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_serial_init(NULL), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_serial_tx(NULL, 0), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_serial_tx(data, 0), NRF_ERROR_INVALID_LENGTH);
    assert_int_equal(nrf_mesh_serial_tx(data, sizeof(data)), NRF_ERROR_INVALID_LENGTH);
    assert_int_equal(nrf_mesh_serial_tx(data, sizeof(data) - 1), NRF_SUCCESS);
    rig_free(rig);
}

static void the_application_talks_with_the_host(void **state)
{
    struct rig *rig = start_running(on_application);
    uint8_t data[] = { 1, 2, 3 };

    (void)state;
    kicks = 0;
    assert_int_equal(nrf_mesh_serial_tx(data, sizeof(data)), NRF_SUCCESS);
    assert_int_equal(kicks, 1);
    assert_next("048a010203");
    say("03200a0b");
    assert_int_equal(heard_len, 2);
    assert_memory_equal(heard, "\x0a\x0b", 2);
    assert_next("03842000");
    say("0120");
    assert_int_equal(heard_len, 0);
    assert_next("03842000");
    rig_free(rig);
}

/* A host that does not read loses events; they are counted, and what it reads is whole. */
static void events_are_lost_and_counted(void **state)
{
    struct rig *rig = start_running(NULL);
    uint8_t data[NRF_MESH_SERIAL_PAYLOAD_MAXLEN] = { 0 }, packet[256];
    unsigned sent = 0, read = 0;

    (void)state;
    while (nrf_mesh_serial_tx(data, sizeof(data)) == NRF_SUCCESS) {
        sent++;
    }
    assert_int_equal(nrf_mesh_serial_tx(data, sizeof(data)), NRF_ERROR_NO_MEM);
    assert_true(sent >= 4);
    say("0114"); /* answers have room of their own */
    while (next_packet(packet) == 256) {
        read++;
    }
    assert_int_equal(read, sent);
    assert_memory_equal(packet, "\x07\x84\x14\x00\x02\x00\x00\x00", 8);
    rig_free(rig);
}

static void commands_wait_until_it_is_enabled(void **state)
{
    struct rig *rig = start(NULL);
    const uint8_t version_get[] = { 0x01, 0x09 };

    (void)state;
    assert_int_equal(nrf_mesh_serial_in(version_get, 2), 0);
    assert_int_equal(nrf_mesh_serial_enable(), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_serial_in(version_get, 2), 2);
    assert_next("04810200fe");
    assert_next("058409000a00");
    rig_free(rig);
}

static void a_reset_is_the_machine_s(void **state)
{
    struct rig *rig = start_running(NULL);

    (void)state;
    say("010e");
    assert_int_equal(resets, 1);
    assert_int_equal(nrf_mesh_serial_out(heard, sizeof(heard)), 0);
    rig_free(rig);
}

/* -- models ------------------------------------------------------------------------------------ */

static serial_cmd_model_specific_init_t init_seen;
static serial_cmd_model_specific_command_t command_seen;

static uint32_t on_init(const serial_cmd_model_specific_init_t *p_init,
                        access_model_handle_t *p_model_handle)
{
    const access_model_add_params_t params = { .model_id = p_init->model_id,
                                               .element_index = p_init->element_index };

    init_seen = *p_init;
    return access_model_add(&params, p_model_handle);
}

static uint32_t on_command(const serial_cmd_model_specific_command_t *p_command,
                           serial_evt_cmd_rsp_data_model_cmd_t *p_answer)
{
    command_seen = *p_command;
    if (p_command->data_len == 0) {
        return NRF_SUCCESS;
    }
    p_answer->data_len = 2;
    p_answer->data[0] = 0xAA;
    p_answer->data[1] = p_command->data[0];
    return p_command->data[0] == 1 ? NRF_SUCCESS : NRF_ERROR_BUSY;
}

static const serial_handler_models_info_t vendor_model = {
    .model_id = ACCESS_MODEL_VENDOR(0x0102, 0x0059),
    .model_initialize = on_init,
    .model_command = on_command,
};

static void a_host_makes_models(void **state)
{
    struct rig *rig = start_running(NULL);

    (void)state;
    say("01fc");
    assert_next("0584fc000000");
    say("07fd590002010000");
    assert_next("0384fd8e"); /* not registered */
    assert_int_equal(serial_handler_models_register(&vendor_model), NRF_SUCCESS);
    say("01fc");
    assert_next("0984fc00010059000201");
    say("0afd5900020101000a0b0c");
    assert_next("0584fd000200"); /* after the two servers of the node */
    assert_int_equal(init_seen.element_index, 1);
    assert_int_equal(init_seen.data_len, 3);
    assert_memory_equal(init_seen.data, "\x0a\x0b\x0c", 3);
    say("07fd590002010100");
    assert_next("0384fd8e"); /* it is there */
    assert_int_equal(init_seen.data_len, 0);
    assert_int_equal(init_seen.data[0], 0);

    say("05fe02000105");
    assert_next("0684fe0002aa01");
    assert_int_equal(command_seen.model_handle, 2);
    assert_int_equal(command_seen.data_len, 2);
    say("04fe020007");
    assert_next("0684fe8602aa07"); /* with an error, too */
    say("03fe0200");
    assert_next("0384fe00");
    say("04fe000001");
    assert_next("0384fe8e"); /* not such a model */
    rig_free(rig);
}

static void registering_has_its_codes(void **state)
{
    struct rig *rig = start_running(NULL);
    serial_handler_models_info_t info = vendor_model;

    (void)state;
    assert_int_equal(serial_handler_models_register(NULL), NRF_ERROR_NULL);
    info.model_initialize = NULL;
    assert_int_equal(serial_handler_models_register(&info), NRF_ERROR_NULL);
    info = vendor_model;
    info.model_command = NULL;
    assert_int_equal(serial_handler_models_register(&info), NRF_ERROR_NULL);
    for (unsigned i = 0; i < ACCESS_MODEL_COUNT; i++) {
        assert_int_equal(serial_handler_models_register(&vendor_model), NRF_SUCCESS);
    }
    assert_int_equal(serial_handler_models_register(&vendor_model), NRF_ERROR_NO_MEM);
    rig_free(rig);
}

static void init_data_are_bounded(void **state)
{
    struct rig *rig = start_running(NULL);
    uint8_t packet[256] = { 255, 0xFD, 0x59, 0x00, 0x02, 0x01, 0x00, 0x00 };

    (void)state;
    assert_int_equal(serial_handler_models_register(&vendor_model), NRF_SUCCESS);
    memset(packet + 8, 7, sizeof(packet) - 8);
    assert_int_equal(nrf_mesh_serial_in(packet, sizeof(packet)), sizeof(packet));
    assert_next("0584fd000200");
    assert_int_equal(init_seen.data_len, SERIAL_CMD_MODEL_SPECIFIC_INIT_DATA_MAXLEN);
    assert_int_equal(init_seen.data[SERIAL_CMD_MODEL_SPECIFIC_INIT_DATA_MAXLEN - 1], 7);
    rig_free(rig);
}

/* -- messages ---------------------------------------------------------------------------------- */

static void long_messages_are_cut(void **state)
{
    static const uint8_t netkey[NRF_MESH_KEY_SIZE] = { 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                                                       0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                                                       0x11, 0x11, 0x11, 0x11 };
    static const uint8_t key[NRF_MESH_KEY_SIZE] = { 0xA1 };
    const dsm_local_unicast_address_t local = { .address_start = 0x0100, .count = 3 };
    const mesh_stack_models_init_params_t models = { .models_init_cb = NULL };
    uint8_t message[300], packet[256];
    struct rig *rig = rig_new(2);
    nrf_mesh_tx_params_t params = { .src = 0x0011,
                                    .dst = { NRF_MESH_ADDRESS_TYPE_UNICAST, 0x0100, NULL },
                                    .ttl = 4,
                                    .p_data = message,
                                    .data_len = sizeof(message) };
    dsm_handle_t handle;

    (void)state;
    memset(message, 0x42, sizeof(message));
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_serial_init(NULL), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_serial_enable(), NRF_SUCCESS);
    assert_int_equal(dsm_subnet_add(0, netkey, &handle), NRF_SUCCESS);
    assert_int_equal(dsm_appkey_add(0, handle, key, &handle), NRF_SUCCESS);
    assert_int_equal(dsm_local_unicast_addresses_set(&local), NRF_SUCCESS);
    assert_int_equal(mesh_stack_start(), NRF_SUCCESS);
    rig_join_with(rig, 1, &models);
    assert_int_equal(dsm_tx_secmat_get(DSM_HANDLE_INVALID, 0, &params.security_material),
                     NRF_SUCCESS);
    rig_run(rig, 100);
    rig_enter(rig, 0);
    drain();
    rig_enter(rig, 1);
    assert_int_equal(nrf_mesh_packet_send(&params, NULL), NRF_SUCCESS);
    rig_run(rig, 5000);
    rig_enter(rig, 0);
    assert_int_equal(next_packet(packet), 256);
    assert_int_equal(packet[1], 0xD0);
    assert_memory_equal(packet + 18 + 1, "\x2c\x01", 2); /* 300 octets */
    assert_int_equal(packet[255], 0x42);
    assert_int_equal(next_packet(packet), 0);
    rig_free(rig);
}

/* -- the node ---------------------------------------------------------------------------------- */

#define NETKEY "7dd7364cd842ad18c17c2b820c84c3d6"
#define DEVKEY "63964771734fbd76e3b40519d1d94a48"

/* On the air, with an address and a subnet. */
static struct rig *start_node(void)
{
    struct rig *rig = start_running(NULL);

    assert_int_equal(mesh_stack_start(), NRF_SUCCESS);
    say("13920000" NETKEY);
    say("059f01000300");
    rig_run(rig, 10);
    drain();
    return rig;
}

/* What the host has stored is never behind what was used. */
static void sequence_numbers_are_told_ahead(void **state)
{
    struct rig *rig = start_node();
    struct usher_iv *iv = &layer_stack()->mesh.net.iv;

    (void)state;
    iv->seq = 8192 - 512; /* as after many messages */
    iv->seq_reserved = 8192;
    layer_core_wake();
    rig_run(rig, 10);
    assert_int_equal(nrf_mesh_serial_out(heard, 1), 0);
    iv->seq++;
    layer_core_wake();
    rig_run(rig, 10);
    assert_next("05da00400000");

    iv->seq = 16384 - 1; /* and before a message uses more */
    iv->seq_reserved = 16384;
    say("03a40900");
    assert_next("0584a4000000");
    say("15970000"
        "0000" DEVKEY);
    assert_next("058497000000");
    say("0dab000001000000080000008201");
    assert_next("05da00600000");
    assert_next("0784ab0001000000");
    rig_free(rig);
}

static void a_new_iv_index_is_told(void **state)
{
    struct rig *rig = start_node();

    (void)state;
    usher_iv_test_mode(&layer_stack()->mesh, true);
    assert_int_equal(usher_iv_update(&layer_stack()->mesh), USHER_OK);
    rig_run(rig, 10);
    assert_next("05d301000000");
    assert_next("08d901000000010000");
    layer_stack()->mesh.net.iv.seq = 500;
    layer_core_wake();
    rig_run(rig, 10);
    assert_int_equal(usher_iv_update(&layer_stack()->mesh), USHER_OK); /* numbers begin anew */
    layer_stack()->mesh.net.iv.seq = 0;
    rig_run(rig, 10);
    assert_next("05d301000000");
    assert_next("08d901000000000000");
    assert_int_equal(nrf_mesh_serial_out(heard, 1), 0); /* the block is what it was */
    rig_free(rig);
}

/* The device key of the node itself comes late, or never. */
static void a_node_needs_no_key_of_its_own(void **state)
{
    struct rig *rig = start_node();
    const struct usher_mesh *m = &layer_stack()->mesh;
    uint8_t key[NRF_MESH_KEY_SIZE];

    (void)state;
    assert_int_equal(m->net.address, 0x0001);
    memcpy(key, m->net.keys.device_key, sizeof(key));
    say("159c10000000" DEVKEY); /* another's: the first handle */
    assert_next("05849c000800");
    assert_memory_equal(m->net.keys.device_key, key, sizeof(key));
    say("159c01000000" DEVKEY);
    assert_next("05849c000900");
    assert_int_equal(m->net.keys.device_key[0], 0x63);
    say("159c01000000" NETKEY);
    assert_next("03849c8e");
    assert_int_equal(m->net.keys.device_key[0], 0x63);
    rig_free(rig);
}

static void clearing_ends_offloading(void **state)
{
    struct rig *rig = rig_new(1);

    (void)state;
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_int_equal(mesh_opt_prov_ecdh_offloading_set(true), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_serial_init(NULL), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_serial_enable(), NRF_SUCCESS);
    assert_true(layer_stack()->serial.target.offload);
    drain();
    say("01ac");
    assert_next("05da00200000");
    assert_next("0384ac00");
    assert_false(layer_stack()->serial.target.offload);
    rig_free(rig);
}

/* A group that no model has subscribed to, and one that nobody has. */
static void groups_are_heard_by_their_handles(void **state)
{
    nrf_mesh_address_t group = { NRF_MESH_ADDRESS_TYPE_GROUP, 0xC123, NULL };
    struct rig *rig = start_node();

    (void)state;
    assert_false(nrf_mesh_is_address_rx(&group));
    say("03a423c1"); /* to publish to: not heard */
    assert_next("0584a4000000");
    assert_false(nrf_mesh_is_address_rx(&group));
    say("03a123c1");
    assert_next("0584a1000000");
    assert_true(nrf_mesh_is_address_rx(&group));
    say("03a30000");
    assert_next("0584a3000000");
    assert_false(nrf_mesh_is_address_rx(&group));
    rig_free(rig);
}

static void values_are_the_sdk_s(void **state)
{
    (void)state;
    assert_int_equal(NRF_MESH_SERIAL_PAYLOAD_MAXLEN, 254);
    assert_int_equal(NRF_MESH_SERIAL_PACKET_OVERHEAD, 1);
    assert_int_equal(SERIAL_API_VERSION, 10);
    assert_int_equal(SERIAL_EVT_MESH_MESSAGE_RECEIVED_LEN_OVERHEAD, 20);
    assert_int_equal(SERIAL_EVT_MESH_MESSAGE_RECEIVED_DATA_MAXLEN, 235);
    assert_int_equal(SERIAL_CMD_MESH_PACKET_SEND_OVERHEAD, 10);
    assert_int_equal(SERIAL_PACKET_INTERNAL_EVENT_OVERHEAD, 3);
    assert_int_equal(SERIAL_EVT_KEY_INDEX_INVALID, 0xFF);
    assert_int_equal(SERIAL_DEVICE_OPERATING_MODE_APPLICATION, 2);
    assert_int_equal(SERIAL_CMD_TX_POWER_VALUE_Neg4dBm, 0xFC);
    assert_int_equal(NRF_MESH_SERIAL_BEACON_SLOTS, 1);
    assert_int_equal(SERIAL_UART_BAUDRATE, 115200);
    assert_true(HWFC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_have_their_codes),
        cmocka_unit_test(the_application_talks_with_the_host),
        cmocka_unit_test(events_are_lost_and_counted),
        cmocka_unit_test(commands_wait_until_it_is_enabled),
        cmocka_unit_test(a_reset_is_the_machine_s),
        cmocka_unit_test(a_host_makes_models),
        cmocka_unit_test(registering_has_its_codes),
        cmocka_unit_test(init_data_are_bounded),
        cmocka_unit_test(long_messages_are_cut),
        cmocka_unit_test(sequence_numbers_are_told_ahead),
        cmocka_unit_test(a_new_iv_index_is_told),
        cmocka_unit_test(a_node_needs_no_key_of_its_own),
        cmocka_unit_test(clearing_ends_offloading),
        cmocka_unit_test(groups_are_heard_by_their_handles),
        cmocka_unit_test(values_are_the_sdk_s),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
