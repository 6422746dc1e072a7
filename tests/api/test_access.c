/*
 * The access layer (access.h): models, what they send and receive, and elements.
 * test_access_config.c has what they are configured to.
 */
#include "dsm_boot.h"

#include "access.h"
#include "access_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK NRF_SUCCESS
#define INVALID DSM_HANDLE_INVALID
#define COMPANY 0x0059
#define GROUP 0xC000

static const uint8_t label_a[16] = { 0xA0, 0xA1 };

/* -- a model that keeps what it gets, and answers what it is asked ----------------------------- */

static struct {
    unsigned count;
    access_model_handle_t handle;
    access_message_rx_t message;
    uint8_t data[ACCESS_MESSAGE_LENGTH_MAX], label[16];
    void *args;
    uint32_t answered; /* what access_model_reply() said */
} got;

static access_model_handle_t models[2]; /* of a device: on elements 0 and 1 */
static int args_of_0;

static void keep(access_model_handle_t handle, const access_message_rx_t *p_message, void *p_args)
{
    got.count++;
    got.handle = handle;
    got.message = *p_message;
    got.args = p_args;
    memcpy(got.data, p_message->p_data, p_message->length);
    if (p_message->meta_data.dst.p_virtual_uuid != NULL) {
        memcpy(got.label, p_message->meta_data.dst.p_virtual_uuid, sizeof(got.label));
    }
}

static void on_question(access_model_handle_t handle, const access_message_rx_t *p_message,
                        void *p_args)
{
    access_message_tx_t reply = { .opcode = ACCESS_OPCODE_VENDOR(0xC2, COMPANY),
                                  .p_buffer = p_message->p_data,
                                  .length = p_message->length,
                                  .force_segmented = true,
                                  .transmic_size = NRF_MESH_TRANSMIC_SIZE_DEFAULT,
                                  .access_token = 0x77 };

    keep(handle, p_message, p_args);
    got.answered = access_model_reply(handle, p_message, &reply);
}

static const access_opcode_handler_t handlers[] = {
    { ACCESS_OPCODE_VENDOR(0xC1, COMPANY), on_question },
    { ACCESS_OPCODE_VENDOR(0xC2, COMPANY), keep },
    { ACCESS_OPCODE_SIG(0x8201), keep },
    { ACCESS_OPCODE_SIG(0x04), keep },
};

static access_model_add_params_t params_of(uint16_t element)
{
    return (access_model_add_params_t){ .model_id = ACCESS_MODEL_VENDOR(0x1234, COMPANY),
                                        .element_index = element,
                                        .p_opcode_handlers = handlers,
                                        .opcode_count = 4,
                                        .p_args = element == 0 ? &args_of_0 : NULL };
}

static void add_two(void)
{
    access_model_add_params_t params = params_of(0);

    assert_int_equal(access_model_add(&params, &models[0]), OK);
    params = params_of(1);
    assert_int_equal(access_model_add(&params, &models[1]), OK);
    assert_int_equal(access_model_subscription_list_alloc(models[0]), OK);
    assert_int_equal(access_model_subscription_list_alloc(models[1]), OK);
}

/* How messages with tokens ended, on all devices. */
static struct {
    unsigned complete, failed;
    nrf_mesh_tx_token_t token; /* the last */
} told;

static void on_event(const nrf_mesh_evt_t *p_evt)
{
    if (p_evt->type == NRF_MESH_EVT_TX_COMPLETE) {
        told.complete++;
        told.token = p_evt->params.tx_complete.token;
    } else if (p_evt->type == NRF_MESH_EVT_SAR_FAILED) {
        told.failed++;
        told.token = p_evt->params.sar_failed.token;
    }
}

static nrf_mesh_evt_handler_t listeners[2];

/* -- two devices ------------------------------------------------------------------------------- */

static int setup(void **state)
{
    struct rig *rig = rig_new(2);

    for (unsigned n = 2; n > 0; n--) {
        assert_int_equal(boot(rig, n - 1, add_two), NRF_ERROR_NOT_FOUND);
        listeners[n - 1] = (nrf_mesh_evt_handler_t){ .evt_cb = on_event };
        nrf_mesh_evt_handler_add(&listeners[n - 1]);
    }
    memset(&told, 0, sizeof(told));
    memset(&got, 0, sizeof(got));
    *state = rig;
    return 0;
}

/* Both are nodes, and their models take messages with AppKey 0. */
static int setup_nodes(void **state)
{
    struct rig *rig;

    setup(state);
    rig = *state;
    for (unsigned n = 2; n > 0; n--) {
        rig_enter(rig, n - 1);
        boot_join(n - 1);
        assert_int_equal(access_model_application_bind(models[0], 0), OK);
        assert_int_equal(access_model_application_bind(models[1], 0), OK);
    }
    rig_run(rig, 1000);
    return 0;
}

static int teardown(void **state)
{
    rig_free(*state);
    return 0;
}

static void publish_to(access_model_handle_t model, dsm_handle_t address)
{
    assert_int_equal(access_model_publish_application_set(model, 0), OK);
    assert_int_equal(access_model_publish_address_set(model, address), OK);
    assert_int_equal(access_model_publish_ttl_set(model, ACCESS_TTL_USE_DEFAULT), OK);
}

static void publish_to_raw(access_model_handle_t model, uint16_t raw)
{
    dsm_handle_t address;

    assert_int_equal(dsm_address_publish_add(raw, &address), OK);
    publish_to(model, address);
}

static access_message_tx_t message_of(uint16_t length)
{
    static const uint8_t octets[ACCESS_MESSAGE_LENGTH_MAX] = { 0x51, 0x52, 0x53 };

    return (access_message_tx_t){ .opcode = ACCESS_OPCODE_SIG(0x8201),
                                  .p_buffer = octets,
                                  .length = length,
                                  .transmic_size = NRF_MESH_TRANSMIC_SIZE_DEFAULT };
}

/* -- names ------------------------------------------------------------------------------------- */

static void values_are_the_sdks(void **state)
{
    static const access_opcode_t sig = ACCESS_OPCODE_SIG(0x8202);
    static const access_opcode_t vendor = ACCESS_OPCODE_VENDOR(0xC1, 0x0059);
    static const access_model_id_t sig_model = ACCESS_MODEL_SIG(0x1000);
    static const access_model_id_t vendor_model = ACCESS_MODEL_VENDOR(0x0001, 0x0059);
    static const access_publish_period_t none = ACCESS_PUBLISH_PERIOD_NONE;

    (void)state;
    assert_int_equal(ACCESS_HANDLE_INVALID, 0xFFFF);
    assert_int_equal(ACCESS_COMPANY_ID_NONE, 0xFFFF);
    assert_int_equal(ACCESS_COMPANY_ID_NORDIC, 0x0059);
    assert_int_equal(ACCESS_ELEMENT_INDEX_INVALID, 0xFFFF);
    assert_int_equal(ACCESS_TTL_USE_DEFAULT, 0xFF);
    assert_int_equal(ACCESS_MESSAGE_LENGTH_MAX, 380);
    assert_int_equal(ACCESS_PUBLISH_PERIOD_STEP_MAX, 0x3F);
    assert_int_equal(ACCESS_PUBLISH_STEP_RES_BITS, 2);
    assert_int_equal(ACCESS_PUBLISH_STEP_NUM_BITS, 6);
    assert_int_equal(ACCESS_PUBLISH_RETRANSMIT_COUNT_BITS, 3);
    assert_int_equal(ACCESS_PUBLISH_RETRANSMIT_INTERVAL_STEPS_BITS, 5);
    assert_int_equal(ACCESS_PUBLISH_RESOLUTION_100MS, 0);
    assert_int_equal(ACCESS_PUBLISH_RESOLUTION_1S, 1);
    assert_int_equal(ACCESS_PUBLISH_RESOLUTION_10S, 2);
    assert_int_equal(ACCESS_PUBLISH_RESOLUTION_10MIN, 3);
    assert_int_equal(ACCESS_PUBLISH_RESOLUTION_MAX, 3);
    assert_int_equal(sig.opcode, 0x8202);
    assert_int_equal(sig.company_id, 0xFFFF);
    assert_int_equal(vendor.opcode, 0xC1);
    assert_int_equal(vendor.company_id, 0x0059);
    assert_int_equal(sig_model.model_id, 0x1000);
    assert_int_equal(sig_model.company_id, 0xFFFF);
    assert_int_equal(vendor_model.model_id, 0x0001);
    assert_int_equal(vendor_model.company_id, 0x0059);
    assert_int_equal(none.step_num, 0);
}

static void types_have_the_sdks_order(void **state)
{
    (void)state;
    assert_int_equal(sizeof(access_model_id_t), 4);
    assert_int_equal(offsetof(access_model_id_t, model_id), 2);
    assert_int_equal(sizeof(access_model_handle_t), 2);
    assert_int_equal(offsetof(access_opcode_t, opcode), 0);
    assert_int_equal(offsetof(access_opcode_t, company_id), 2);
    assert_true(offsetof(access_message_rx_meta_t, src) < offsetof(access_message_rx_meta_t, dst));
    assert_true(offsetof(access_message_rx_meta_t, dst) < offsetof(access_message_rx_meta_t, ttl));
    assert_true(offsetof(access_message_rx_meta_t, ttl) <
                offsetof(access_message_rx_meta_t, appkey_handle));
    assert_true(offsetof(access_message_rx_meta_t, appkey_handle) <
                offsetof(access_message_rx_meta_t, p_core_metadata));
    assert_true(offsetof(access_message_rx_meta_t, p_core_metadata) <
                offsetof(access_message_rx_meta_t, subnet_handle));
    assert_true(offsetof(access_message_rx_t, opcode) < offsetof(access_message_rx_t, p_data));
    assert_true(offsetof(access_message_rx_t, p_data) < offsetof(access_message_rx_t, length));
    assert_true(offsetof(access_message_rx_t, length) < offsetof(access_message_rx_t, meta_data));
    assert_true(offsetof(access_message_tx_t, opcode) < offsetof(access_message_tx_t, p_buffer));
    assert_true(offsetof(access_message_tx_t, p_buffer) < offsetof(access_message_tx_t, length));
    assert_true(offsetof(access_message_tx_t, length) <
                offsetof(access_message_tx_t, force_segmented));
    assert_true(offsetof(access_message_tx_t, force_segmented) <
                offsetof(access_message_tx_t, transmic_size));
    assert_true(offsetof(access_message_tx_t, transmic_size) <
                offsetof(access_message_tx_t, access_token));
    assert_true(offsetof(access_opcode_handler_t, opcode) <
                offsetof(access_opcode_handler_t, handler));
    assert_int_equal(offsetof(access_model_add_params_t, model_id), 0);
    assert_true(offsetof(access_model_add_params_t, element_index) <
                offsetof(access_model_add_params_t, p_opcode_handlers));
    assert_true(offsetof(access_model_add_params_t, p_opcode_handlers) <
                offsetof(access_model_add_params_t, opcode_count));
    assert_true(offsetof(access_model_add_params_t, opcode_count) <
                offsetof(access_model_add_params_t, p_args));
    assert_true(offsetof(access_model_add_params_t, p_args) <
                offsetof(access_model_add_params_t, publish_timeout_cb));
    assert_int_equal(sizeof(access_publish_period_t), 1);
    assert_int_equal(sizeof(access_publish_retransmit_t), 1);
}

/* -- adding ------------------------------------------------------------------------------------ */

static void models_are_added_to_elements(void **state)
{
    static const access_opcode_handler_t bad[][1] = {
        { { ACCESS_OPCODE_SIG(0x7F), keep } },        { { ACCESS_OPCODE_SIG(0xC1), keep } },
        { { ACCESS_OPCODE_SIG(0xC001), keep } },      { { ACCESS_OPCODE_VENDOR(0x81, 1), keep } },
        { { ACCESS_OPCODE_VENDOR(0x1C1, 1), keep } },
    };
    access_model_add_params_t params = params_of(2);
    access_model_handle_t h;
    uint16_t element;

    (void)state;
    assert_int_equal(access_model_add(NULL, &h), NRF_ERROR_NULL);
    assert_int_equal(access_model_add(&params, NULL), NRF_ERROR_NULL);
    params.p_opcode_handlers = NULL;
    assert_int_equal(access_model_add(&params, &h), NRF_ERROR_INVALID_LENGTH);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        params.p_opcode_handlers = bad[i];
        params.opcode_count = 1;
        assert_int_equal(access_model_add(&params, &h), NRF_ERROR_INVALID_PARAM);
    }
    params = params_of(ACCESS_ELEMENT_COUNT);
    assert_int_equal(access_model_add(&params, &h), NRF_ERROR_NOT_FOUND);
    params = params_of(1);
    assert_int_equal(access_model_add(&params, &h), NRF_ERROR_FORBIDDEN);
    params = params_of(2);
    assert_int_equal(access_model_add(&params, &h), OK);
    assert_int_equal(access_model_element_index_get(h, NULL), NRF_ERROR_NULL);
    assert_int_equal(access_model_element_index_get(h + 1, &element), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_element_index_get(ACCESS_HANDLE_INVALID, &element),
                     NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_element_index_get(h, &element), OK);
    assert_int_equal(element, 2);
    params.opcode_count = 0;
    params.p_opcode_handlers = NULL; /* a model that only sends */
    for (uint16_t i = 3; i < ACCESS_MODEL_COUNT; i++) {
        params.model_id.model_id = i;
        assert_int_equal(access_model_add(&params, &h), OK);
        assert_int_equal(h, i);
    }
    params.model_id.model_id = 0x99;
    assert_int_equal(access_model_add(&params, &h), NRF_ERROR_NO_MEM);
}

static void a_node_gets_no_more_models(void **state)
{
    access_model_add_params_t params = params_of(2);
    access_model_handle_t h;

    (void)state;
    assert_int_equal(access_model_add(&params, &h), NRF_ERROR_FORBIDDEN);
}

/* What the device was told before stays when the composition is made again. */
static void a_model_may_come_late(void **state)
{
    access_model_add_params_t params = params_of(2);
    access_model_handle_t h;
    dsm_handle_t net, key, group, read[4];
    uint16_t count = 4;
    uint8_t ttl;

    assert_int_equal(dsm_subnet_add(0, boot_key(BOOT_NETKEY), &net), OK);
    assert_int_equal(dsm_appkey_add(1, net, boot_key(0x77), &key), OK);
    assert_int_equal(dsm_address_subscription_add(GROUP, &group), OK);
    assert_int_equal(access_model_subscription_add(models[0], group), OK);
    assert_int_equal(access_model_publish_ttl_set(models[0], 9), OK);
    assert_int_equal(access_default_ttl_set(11), OK);
    assert_int_equal(access_model_add(&params, &h), OK);
    assert_int_equal(dsm_appkey_index_to_appkey_handle(1), key);
    assert_int_equal(access_model_publish_ttl_get(models[0], &ttl), OK);
    assert_int_equal(ttl, 9);
    assert_int_equal(access_default_ttl_get(), 11);
    assert_int_equal(access_model_subscriptions_get(models[0], read, &count), OK);
    assert_int_equal(count, 1);

    rig_enter(*state, 1);
    boot_join(1);
    assert_int_equal(access_model_application_bind(models[0], 0), OK);
    assert_int_equal(access_model_application_bind(models[1], 0), OK);
    publish_to_raw(models[0], GROUP);
    rig_enter(*state, 0);
    {
        dsm_local_unicast_address_t local = { BOOT_ADDRESS(0), ACCESS_ELEMENT_COUNT };

        assert_int_equal(dsm_local_unicast_addresses_set(&local), OK);
        assert_int_equal(dsm_appkey_add(0, net, boot_key(BOOT_APPKEY), &key), OK);
        assert_int_equal(access_model_application_bind(models[0], key), OK);
        assert_int_equal(dsm_devkey_add(BOOT_ADDRESS(0), net, boot_key(3), &key), OK);
    }
    rig_run(*state, 1000);
    rig_enter(*state, 1);
    {
        access_message_tx_t message = message_of(3);

        assert_int_equal(access_model_publish(models[0], &message), OK);
    }
    rig_run(*state, 1000);
    assert_int_equal(got.count, 1); /* the subscription was kept, and works */
    assert_int_equal(got.message.meta_data.dst.value, GROUP);
}

static void models_of_the_core_have_handles(void **state)
{
    static struct usher_model sends = { .company = USHER_SIG,
                                        .id = 0x1001,
                                        .flags = USHER_MODEL_NO_SUBSCRIBE };
    static struct usher_model receives = { .company = USHER_SIG, .id = 0x1000 };
    access_model_handle_t a, b;
    access_model_id_t id;

    (void)state;
    assert_int_equal(access_attach(NULL, 0, &a), NRF_ERROR_NULL);
    assert_int_equal(access_attach(&sends, 0, NULL), NRF_ERROR_NULL);
    assert_int_equal(access_attach(&sends, ACCESS_ELEMENT_COUNT, &a), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_attach(&sends, 2, &a), OK);
    assert_int_equal(access_attach(&sends, 2, &b), NRF_ERROR_FORBIDDEN);
    assert_int_equal(access_attach(&receives, 2, &b), OK);
    assert_ptr_equal(access_model_of(a), &sends);
    assert_ptr_equal(access_model_of(b), &receives);
    assert_null(access_model_of(ACCESS_HANDLE_INVALID));
    assert_int_equal(access_handle_of(&receives), b);
    assert_int_equal(access_handle_of(NULL), ACCESS_HANDLE_INVALID);
    assert_int_equal(access_model_id_get(a, &id), OK);
    assert_int_equal(id.model_id, 0x1001);
    assert_int_equal(access_model_subscription_list_dealloc(a), NRF_ERROR_INVALID_STATE);
    assert_int_equal(access_model_subscription_list_dealloc(b), OK);
    assert_true((receives.flags & USHER_MODEL_NO_SUBSCRIBE) != 0);
}

/* -- elements ---------------------------------------------------------------------------------- */

static void elements_tell_what_is_on_them(void **state)
{
    access_model_add_params_t params = params_of(1);
    access_model_handle_t list[4], h;
    access_model_id_t id;
    uint16_t count = 4, location;
    uint8_t number;
    void *args;

    (void)state;
    params.model_id = (access_model_id_t)ACCESS_MODEL_SIG(0x1000);
    assert_int_equal(access_model_add(&params, &h), OK);
    assert_int_equal(access_element_location_set(ACCESS_ELEMENT_COUNT, 1), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_element_location_set(1, 0x0102), OK);
    assert_int_equal(access_element_location_get(1, NULL), NRF_ERROR_NULL);
    assert_int_equal(access_element_location_get(ACCESS_ELEMENT_COUNT, &location),
                     NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_element_location_get(1, &location), OK);
    assert_int_equal(location, 0x0102);
    assert_int_equal(layer_stack()->mesh.config.composition->elements[1].location, 0x0102);
    assert_int_equal(access_element_sig_model_count_get(1, NULL), NRF_ERROR_NULL);
    assert_int_equal(access_element_sig_model_count_get(9, &number), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_element_sig_model_count_get(1, &number), OK);
    assert_int_equal(number, 1);
    assert_int_equal(access_element_vendor_model_count_get(1, NULL), NRF_ERROR_NULL);
    assert_int_equal(access_element_vendor_model_count_get(9, &number), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_element_vendor_model_count_get(2, &number), OK);
    assert_int_equal(number, 0);
    assert_int_equal(access_element_vendor_model_count_get(1, &number), OK);
    assert_int_equal(number, 1);
    assert_int_equal(access_element_models_get(1, NULL, &count), NRF_ERROR_NULL);
    assert_int_equal(access_element_models_get(1, list, NULL), NRF_ERROR_NULL);
    assert_int_equal(access_element_models_get(9, list, &count), NRF_ERROR_NOT_FOUND);
    count = 1;
    assert_int_equal(access_element_models_get(1, list, &count), NRF_ERROR_INVALID_LENGTH);
    count = 4;
    assert_int_equal(access_element_models_get(1, list, &count), OK);
    assert_int_equal(count, 2);
    assert_int_equal(list[0], models[1]);
    assert_int_equal(list[1], h);
    assert_int_equal(access_handle_get(1, params.model_id, NULL), NRF_ERROR_NULL);
    assert_int_equal(access_handle_get(0, params.model_id, &list[0]), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_handle_get(9, params.model_id, &list[0]), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_handle_get(1, params.model_id, &list[0]), OK);
    assert_int_equal(list[0], h);
    assert_int_equal(access_model_id_get(h, NULL), NRF_ERROR_NULL);
    assert_int_equal(access_model_id_get(9, &id), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_id_get(models[0], &id), OK);
    assert_int_equal(id.company_id, COMPANY);
    assert_int_equal(id.model_id, 0x1234);
    assert_int_equal(access_model_p_args_get(models[0], NULL), NRF_ERROR_NULL);
    assert_int_equal(access_model_p_args_get(9, &args), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_p_args_get(models[0], &args), OK);
    assert_ptr_equal(args, &args_of_0);
}

/* -- messages ---------------------------------------------------------------------------------- */

static void a_message_comes_with_what_belongs_to_it(void **state)
{
    access_message_tx_t message = message_of(3);
    const access_message_rx_meta_t *meta = &got.message.meta_data;

    publish_to_raw(models[1], BOOT_ADDRESS(1));
    assert_int_equal(access_model_publish(models[1], &message), OK);
    rig_run(*state, 1000);
    assert_int_equal(got.count, 1);
    assert_int_equal(got.handle, models[0]);
    assert_ptr_equal(got.args, &args_of_0);
    assert_int_equal(got.message.opcode.opcode, 0x8201);
    assert_int_equal(got.message.opcode.company_id, ACCESS_COMPANY_ID_NONE);
    assert_int_equal(got.message.length, 3);
    assert_memory_equal(got.data, message.p_buffer, 3);
    assert_int_equal(meta->src.type, NRF_MESH_ADDRESS_TYPE_UNICAST);
    assert_int_equal(meta->src.value, BOOT_ADDRESS(0) + 1);
    assert_int_equal(meta->dst.type, NRF_MESH_ADDRESS_TYPE_UNICAST);
    assert_int_equal(meta->dst.value, BOOT_ADDRESS(1));
    assert_null(meta->dst.p_virtual_uuid);
    assert_int_equal(meta->ttl, ACCESS_DEFAULT_TTL);
    assert_int_equal(meta->appkey_handle, 0);
    assert_int_equal(meta->subnet_handle, 0);
    assert_non_null(meta->p_core_metadata);
    assert_int_equal(meta->p_core_metadata->source, NRF_MESH_RX_SOURCE_SCANNER);

    publish_to_raw(models[1], BOOT_ADDRESS(0)); /* an element of one's own */
    message.opcode = (access_opcode_t)ACCESS_OPCODE_SIG(0x04);
    assert_int_equal(access_model_publish(models[1], &message), OK);
    rig_run(*state, 1000);
    assert_int_equal(got.count, 2);
    assert_int_equal(got.message.opcode.opcode, 0x04);
    assert_int_equal(meta->p_core_metadata->source, NRF_MESH_RX_SOURCE_LOOPBACK);

    message.opcode = (access_opcode_t)ACCESS_OPCODE_SIG(0x8202); /* nobody takes it */
    assert_int_equal(access_model_publish(models[1], &message), OK);
    rig_run(*state, 1000);
    assert_int_equal(got.count, 2);
}

static void groups_and_labels_are_received_on(void **state)
{
    access_message_tx_t message = message_of(3);
    dsm_handle_t group, label;

    rig_enter(*state, 1);
    assert_int_equal(dsm_address_subscription_add(GROUP, &group), OK);
    assert_int_equal(dsm_address_subscription_virtual_add(label_a, &label), OK);
    assert_int_equal(access_model_subscription_add(models[1], group), OK);
    assert_int_equal(access_model_subscription_add(models[1], label), OK);
    rig_enter(*state, 0);
    publish_to_raw(models[0], GROUP);
    assert_int_equal(access_model_publish(models[0], &message), OK);
    rig_run(*state, 1000);
    assert_int_equal(got.count, 1);
    assert_int_equal(got.handle, models[1]);
    assert_int_equal(got.message.meta_data.dst.type, NRF_MESH_ADDRESS_TYPE_GROUP);

    assert_int_equal(dsm_address_publish_virtual_add(label_a, &label), OK);
    publish_to(models[0], label);
    assert_int_equal(access_model_publish(models[0], &message), OK);
    rig_run(*state, 1000);
    assert_int_equal(got.count, 2);
    assert_int_equal(got.message.meta_data.dst.type, NRF_MESH_ADDRESS_TYPE_VIRTUAL);
    assert_memory_equal(got.label, label_a, 16);

    rig_enter(*state, 1);
    assert_int_equal(access_model_subscription_remove(models[1], group), OK);
    rig_enter(*state, 0);
    publish_to_raw(models[0], GROUP);
    assert_int_equal(access_model_publish(models[0], &message), OK);
    rig_run(*state, 1000);
    assert_int_equal(got.count, 2);
}

static void a_message_is_answered(void **state)
{
    access_message_tx_t message = message_of(8);

    message.opcode = (access_opcode_t)ACCESS_OPCODE_VENDOR(0xC1, COMPANY);
    publish_to_raw(models[0], BOOT_ADDRESS(1) + 1);
    assert_int_equal(access_model_publish(models[0], &message), OK);
    rig_run(*state, 3000);
    assert_int_equal(got.answered, OK);
    assert_int_equal(got.count, 2);
    assert_int_equal(got.handle, models[0]);
    assert_int_equal(got.message.opcode.opcode, 0xC2);
    assert_int_equal(got.message.opcode.company_id, COMPANY);
    assert_int_equal(got.message.length, 8);
    assert_int_equal(got.message.meta_data.src.value, BOOT_ADDRESS(1) + 1);
    assert_int_equal(told.complete, 1); /* of the answer, which had a token */
    assert_int_equal(told.token, 0x77);
}

static void what_cannot_be_published_is_told(void **state)
{
    access_message_tx_t message = message_of(3), bad;
    dsm_handle_t address;

    (void)state;
    assert_int_equal(access_model_publish(models[0], NULL), NRF_ERROR_NULL);
    assert_int_equal(access_model_publish(9, &message), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_publish(models[0], &message), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(dsm_address_publish_add(GROUP, &address), OK);
    assert_int_equal(access_model_publish_address_set(models[0], address), OK);
    assert_int_equal(access_model_publish(models[0], &message), NRF_ERROR_INVALID_PARAM);
    publish_to(models[0], address);
    bad = message;
    bad.p_buffer = NULL;
    assert_int_equal(access_model_publish(models[0], &bad), NRF_ERROR_NULL);
    bad = message_of(379);
    assert_int_equal(access_model_publish(models[0], &bad), NRF_ERROR_INVALID_LENGTH);
    bad = message;
    bad.opcode.opcode = 0x7F;
    assert_int_equal(access_model_publish(models[0], &bad), NRF_ERROR_INVALID_PARAM);
    bad = message;
    bad.transmic_size = NRF_MESH_TRANSMIC_SIZE_INVALID;
    assert_int_equal(access_model_publish(models[0], &bad), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(access_model_publish_ttl_set(models[0], 1), OK);
    assert_int_equal(access_model_publish(models[0], &message), NRF_ERROR_INVALID_PARAM);
    publish_to(models[0], address);

    bad = message_of(378);
    assert_int_equal(access_model_publish(models[0], &bad), OK);
    assert_int_equal(access_model_publish(models[0], &bad), NRF_ERROR_INVALID_STATE);
    assert_int_equal(access_model_publish(models[0], &message), OK); /* in one PDU it has room */
}

static void without_room_there_is_no_message(void **state)
{
    access_message_tx_t message = message_of(3);
    uint32_t err = OK;
    unsigned sent = 0;

    (void)state;
    publish_to_raw(models[0], BOOT_ADDRESS(1));
    while (sent < 1000 && (err = access_model_publish(models[0], &message)) == OK) {
        sent++;
    }
    assert_int_equal(err, NRF_ERROR_NO_MEM);
    assert_in_range(sent, 8, 64);
}

static void without_sequence_numbers_there_is_no_message(void **state)
{
    access_message_tx_t message = message_of(3);
    struct rig *rig = *state;

    publish_to_raw(models[0], GROUP);
    rig->device[0].store.fails = true;
    layer_stack()->mesh.net.iv.seq = layer_stack()->mesh.net.iv.seq_reserved;
    assert_int_equal(access_model_publish(models[0], &message), NRF_ERROR_FORBIDDEN);
    rig->device[0].store.fails = false;
    rig_run(rig, 3000);
    assert_int_equal(access_model_publish(models[0], &message), OK);
}

static void what_cannot_be_answered_is_told(void **state)
{
    access_message_tx_t reply = message_of(3), bad;
    access_message_rx_t message = { .opcode = ACCESS_OPCODE_SIG(0x8201) };

    (void)state;
    message.meta_data.src.value = BOOT_ADDRESS(1);
    message.meta_data.dst.value = BOOT_ADDRESS(0);
    assert_int_equal(access_model_reply(models[0], NULL, &reply), NRF_ERROR_NULL);
    assert_int_equal(access_model_reply(models[0], &message, NULL), NRF_ERROR_NULL);
    assert_int_equal(access_model_reply(9, &message, &reply), NRF_ERROR_NOT_FOUND);
    bad = message_of(379);
    assert_int_equal(access_model_reply(models[0], &message, &bad), NRF_ERROR_INVALID_LENGTH);
    bad = reply;
    bad.opcode.opcode = 0x7F;
    assert_int_equal(access_model_reply(models[0], &message, &bad), NRF_ERROR_INVALID_PARAM);
    message.meta_data.appkey_handle = 5;
    assert_int_equal(access_model_reply(models[0], &message, &reply), NRF_ERROR_INVALID_PARAM);
    message.meta_data.appkey_handle = 0;
    message.meta_data.subnet_handle = 3;
    assert_int_equal(access_model_reply(models[0], &message, &reply), NRF_ERROR_INVALID_PARAM);
    message.meta_data.subnet_handle = 0;
    message.meta_data.src.value = GROUP;
    assert_int_equal(access_model_reply(models[0], &message, &reply), NRF_ERROR_INVALID_ADDR);
    message.meta_data.src.value = BOOT_ADDRESS(1);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(access_model_reply(models[0], &message, &reply), OK);
    }
    assert_int_equal(access_model_reply(models[0], &message, &reply), NRF_ERROR_NO_MEM);
    dsm_clear();
    assert_int_equal(access_model_reply(models[0], &message, &reply), NRF_ERROR_INVALID_STATE);
}

static void each_message_with_a_token_is_told(void **state)
{
    access_message_tx_t message = message_of(3);

    publish_to_raw(models[0], BOOT_ADDRESS(1));
    for (unsigned i = 1; i <= 4; i++) {
        message = message_of(i == 4 ? 100 : 3);
        message.force_segmented = i == 3;
        message.access_token = nrf_mesh_unique_token_get();
        assert_int_equal(access_model_publish(models[0], &message), OK);
        assert_int_equal(told.complete, i - 1); /* not from within */
        rig_run(*state, 3000);
        assert_int_equal(told.complete, i);
        assert_int_equal(told.token, message.access_token);
        assert_int_equal(got.count, i);
        assert_int_equal(got.message.length, message.length);
    }
    message.access_token = 0x80000001u; /* one of the core's: sent, and not told */
    assert_int_equal(access_model_publish(models[0], &message), OK);
    rig_run(*state, 3000);
    assert_int_equal(got.count, 5);
    assert_int_equal(told.complete, 4);

    publish_to_raw(models[0], 0x0700); /* nobody */
    message.access_token = 99;
    assert_int_equal(access_model_publish(models[0], &message), OK);
    rig_run(*state, 60000);
    assert_int_equal(told.failed, 1);
    assert_int_equal(told.token, 99);
}

/* -- device keys ------------------------------------------------------------------------------- */

/* Device 0 knows the device key of device 1, whose model takes messages with it. */
static void models_talk_with_device_keys(void **state)
{
    access_message_tx_t message = message_of(3);
    dsm_handle_t own, remote, other, address;

    message.opcode = (access_opcode_t)ACCESS_OPCODE_VENDOR(0xC1, COMPANY);
    rig_enter(*state, 1);
    assert_int_equal(dsm_devkey_handle_get(BOOT_ADDRESS(1), &own), OK);
    rig_enter(*state, 0);
    assert_int_equal(dsm_devkey_add(BOOT_ADDRESS(1), 0, boot_key(0xD1), &remote), OK);
    assert_int_equal(dsm_address_publish_add(BOOT_ADDRESS(1), &address), OK);
    publish_to(models[0], address);
    assert_int_equal(access_model_publish_application_set(models[0], remote), OK);
    assert_int_equal(access_model_publish(models[0], &message), OK);
    rig_run(*state, 3000);
    assert_int_equal(got.count, 0); /* the model is not bound to it */

    rig_enter(*state, 1);
    assert_int_equal(access_model_application_bind(models[0], own), OK);
    rig_enter(*state, 0);
    assert_int_equal(access_model_publish(models[0], &message), OK);
    rig_run(*state, 3000);
    assert_int_equal(got.count, 1); /* the answer is not for a model that is not bound */
    assert_int_equal(got.message.meta_data.appkey_handle, own);
    assert_int_equal(got.answered, OK);

    rig_enter(*state, 0);
    assert_int_equal(access_model_application_bind(models[0], remote), OK);
    assert_int_equal(access_model_publish(models[0], &message), OK);
    rig_run(*state, 3000);
    assert_int_equal(got.count, 3);
    assert_int_equal(got.message.meta_data.appkey_handle, remote);
    assert_int_equal(got.message.meta_data.src.value, BOOT_ADDRESS(1));

    rig_enter(*state, 1); /* and still with the application key that it is bound to */
    publish_to_raw(models[0], BOOT_ADDRESS(0));
    assert_int_equal(access_model_publish(models[0], &message), OK);
    rig_run(*state, 3000);
    assert_int_equal(got.count, 5);

    rig_enter(*state, 0);
    assert_int_equal(access_model_application_unbind(models[0], remote), OK);
    assert_int_equal(dsm_devkey_add(0x0300, 0, boot_key(0x30), &other), OK);
    assert_int_equal(access_model_application_bind(models[0], other), OK); /* another node's */
    assert_int_equal(access_model_publish(models[0], &message), OK);
    rig_run(*state, 3000);
    assert_int_equal(got.count, 6);
    assert_int_equal(dsm_address_publish_add(0x0055, &address), OK);
    assert_int_equal(access_model_publish_address_set(models[0], address), OK);
    assert_int_equal(access_model_publish(models[0], &message), NRF_ERROR_INVALID_PARAM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define NODE_TEST(name) cmocka_unit_test_setup_teardown(name, setup_nodes, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_the_sdks),
        cmocka_unit_test(types_have_the_sdks_order),
        TEST(models_are_added_to_elements),
        NODE_TEST(a_node_gets_no_more_models),
        TEST(a_model_may_come_late),
        TEST(models_of_the_core_have_handles),
        TEST(elements_tell_what_is_on_them),
        NODE_TEST(a_message_comes_with_what_belongs_to_it),
        NODE_TEST(groups_and_labels_are_received_on),
        NODE_TEST(a_message_is_answered),
        NODE_TEST(what_cannot_be_published_is_told),
        NODE_TEST(without_room_there_is_no_message),
        NODE_TEST(without_sequence_numbers_there_is_no_message),
        NODE_TEST(what_cannot_be_answered_is_told),
        NODE_TEST(each_message_with_a_token_is_told),
        NODE_TEST(models_talk_with_device_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
