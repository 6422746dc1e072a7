/*
 * mesh_provisionee.h: a device from switching on to being a node, by way of failures, and how it is
 * stopped and started again.
 */
#include "rig.h"

#include "mesh_provisionee.h"
#include "mesh_stack.h"
#include "nrf_mesh_configure.h"
#include "nrf_mesh_prov.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define PROVISIONER 0u
#define DEVICE 1u

static const uint8_t static_oob[16] = "sixteen octets.";

/* What the device's application was told, in order: Start, sTop, Abort, Complete. */
static char told[16];
static uint8_t attention;

static void tell(char what)
{
    size_t len = strlen(told);

    assert_true(len + 1 < sizeof(told));
    told[len] = what;
    told[len + 1] = '\0';
}

static void on_identification_start(uint8_t attention_duration_s)
{
    attention = attention_duration_s;
    tell('S');
}

static void on_identification_stop(void)
{
    tell('T');
}

static void on_abort(void)
{
    tell('A');
}

static void on_complete(void)
{
    assert_true(mesh_stack_is_device_provisioned());
    tell('C');
}

static const mesh_provisionee_start_params_t params = {
    .prov_complete_cb = on_complete,
    .prov_device_identification_start_cb = on_identification_start,
    .prov_device_identification_stop_cb = on_identification_stop,
    .prov_abort_cb = on_abort,
    .p_device_uri = "\x17//example.org",
    .p_static_data = static_oob,
};

/* -- the provisioner --------------------------------------------------------------------------- */

static struct {
    nrf_mesh_prov_ctx_t ctx;
    nrf_mesh_prov_bearer_adv_t bearer;
    uint8_t public_key[NRF_MESH_PROV_PUBKEY_SIZE];
    uint8_t private_key[NRF_MESH_PROV_PRIVKEY_SIZE];
    uint8_t static_oob[16];
    bool silent; /* answers nothing */
    bool closed, complete;
    nrf_mesh_prov_oob_caps_t caps; /* the device's */
    uint8_t devkey[16];
} provisioner;

static void on_event(const nrf_mesh_prov_evt_t *p_evt)
{
    switch (p_evt->type) {
    case NRF_MESH_PROV_EVT_CAPS_RECEIVED:
        provisioner.caps = p_evt->params.oob_caps_received.oob_caps;
        if (!provisioner.silent) {
            assert_int_equal(
                nrf_mesh_prov_oob_use(&provisioner.ctx, NRF_MESH_PROV_OOB_METHOD_STATIC, 0, 16),
                NRF_SUCCESS);
        }
        break;
    case NRF_MESH_PROV_EVT_STATIC_REQUEST:
        assert_int_equal(
            nrf_mesh_prov_auth_data_provide(&provisioner.ctx, provisioner.static_oob, 16),
            NRF_SUCCESS);
        break;
    case NRF_MESH_PROV_EVT_COMPLETE:
        provisioner.complete = true;
        memcpy(provisioner.devkey, p_evt->params.complete.p_devkey, sizeof(provisioner.devkey));
        break;
    case NRF_MESH_PROV_EVT_LINK_CLOSED:
        provisioner.closed = true;
        break;
    default:
        break;
    }
}

static void provision(struct rig *rig, uint8_t attention_s)
{
    const nrf_mesh_prov_provisioning_data_t data = {
        .netkey = "a network's key", .netkey_index = 7, .iv_index = 3, .address = 0x0123
    };
    const uint8_t *uuid;

    rig_enter(rig, DEVICE);
    uuid = nrf_mesh_configure_device_uuid_get();
    rig_enter(rig, PROVISIONER);
    provisioner.closed = provisioner.complete = false;
    assert_int_equal(nrf_mesh_prov_provision(&provisioner.ctx, uuid, attention_s, &data,
                                             NRF_MESH_PROV_BEARER_ADV),
                     NRF_SUCCESS);
    for (unsigned i = 0; i < 800 && !provisioner.closed; i++) {
        rig_run(rig, 100);
    }
    assert_true(provisioner.closed);
    rig_run(rig, 1000); /* the device closes, too */
    rig_enter(rig, DEVICE);
}

/* -- the rig ----------------------------------------------------------------------------------- */

static struct rig *begin(void)
{
    static const nrf_mesh_prov_oob_caps_t caps = NRF_MESH_PROV_OOB_CAPS_DEFAULT(1);
    struct rig *rig = rig_new(2);

    told[0] = '\0';
    memset(&provisioner, 0, sizeof(provisioner));
    memcpy(provisioner.static_oob, static_oob, sizeof(static_oob));
    for (unsigned n = 0; n < 2; n++) {
        rig_enter(rig, n);
        assert_int_equal(rig_stack_init(), NRF_SUCCESS);
        assert_int_equal(mesh_stack_start(), NRF_SUCCESS);
    }
    rig_enter(rig, PROVISIONER);
    assert_int_equal(nrf_mesh_prov_generate_keys(provisioner.public_key, provisioner.private_key),
                     NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_init(&provisioner.ctx, provisioner.public_key,
                                        provisioner.private_key, &caps, on_event),
                     NRF_SUCCESS);
    assert_int_equal(
        nrf_mesh_prov_bearer_add(&provisioner.ctx,
                                 nrf_mesh_prov_bearer_adv_interface_get(&provisioner.bearer)),
        NRF_SUCCESS);
    rig_enter(rig, DEVICE);
    return rig;
}

static const nrf_mesh_prov_ctx_t *device(const struct rig *rig)
{
    return &rig->device[DEVICE].stack->prov.provisionee.ctx;
}

/* -- tests ------------------------------------------------------------------------------------- */

static void it_becomes_a_node(void **state)
{
    struct rig *rig = begin();
    dsm_local_unicast_address_t local;
    static const uint8_t nothing[NRF_MESH_PROV_PRIVKEY_SIZE];
    dsm_handle_t handle;

    (void)state;
    assert_int_equal(mesh_provisionee_prov_start(&params), NRF_SUCCESS);
    provision(rig, 9);
    assert_true(provisioner.complete);
    assert_string_equal(told, "STC");
    assert_memory_equal(device(rig)->p_private_key, nothing, sizeof(nothing));
    assert_int_equal(attention, 9);
    assert_int_equal(provisioner.caps.num_elements, ACCESS_ELEMENT_COUNT);
    assert_int_equal(provisioner.caps.algorithms, NRF_MESH_PROV_ALGORITHM_FIPS_P256EC);
    assert_int_equal(provisioner.caps.oob_static_types, NRF_MESH_PROV_OOB_STATIC_TYPE_SUPPORTED);
    assert_int_equal(provisioner.caps.pubkey_type | provisioner.caps.oob_output_actions |
                         provisioner.caps.oob_input_actions,
                     0);
    dsm_local_unicast_addresses_get(&local);
    assert_int_equal(local.address_start, 0x0123);
    assert_int_equal(dsm_devkey_handle_get(0x0123, &handle), NRF_SUCCESS);
    /* It does not listen any more. */
    assert_int_equal(device(rig)->state, NRF_MESH_PROV_STATE_IDLE);
    assert_int_equal(mesh_provisionee_prov_listen_stop(), NRF_ERROR_INVALID_STATE);
    rig_restart(rig, DEVICE);
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_true(mesh_stack_is_device_provisioned());
    rig_free(rig);
}

static void callbacks_may_be_left_out(void **state)
{
    const mesh_provisionee_start_params_t bare = { .p_static_data = static_oob };
    struct rig *rig = begin();

    (void)state;
    assert_int_equal(mesh_provisionee_prov_start(&bare), NRF_SUCCESS);
    provisioner.static_oob[0] ^= 1;
    provision(rig, 1);
    assert_false(provisioner.complete);
    provisioner.static_oob[0] ^= 1;
    provision(rig, 1);
    assert_true(provisioner.complete);
    assert_true(mesh_stack_is_device_provisioned());
    rig_free(rig);
}

static void codes_of_start(void **state)
{
    struct rig *rig = begin();
    mesh_provisionee_start_params_t bad = params;

    (void)state;
    bad.p_static_data = NULL;
    assert_int_equal(mesh_provisionee_prov_start(NULL), NRF_ERROR_NULL);
    assert_int_equal(mesh_provisionee_prov_start(&bad), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(mesh_provisionee_prov_listen_stop(), NRF_ERROR_INVALID_STATE);
    assert_int_equal(mesh_provisionee_prov_start(&params), NRF_SUCCESS);
    assert_int_equal(mesh_provisionee_prov_start(&params), NRF_ERROR_INVALID_STATE);
    assert_int_equal(device(rig)->state, NRF_MESH_PROV_STATE_WAIT_LINK);
    mesh_stack_power_down();
    rig_run(rig, 100);
    assert_int_equal(mesh_provisionee_prov_listen_stop(), NRF_SUCCESS);
    assert_int_equal(mesh_provisionee_prov_start(&params), NRF_ERROR_INVALID_STATE);
    rig_free(rig);
}

static void it_is_stopped_and_started_again(void **state)
{
    struct rig *rig = begin();

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(mesh_provisionee_prov_start(&params), NRF_SUCCESS);
        assert_int_equal(mesh_provisionee_prov_listen_stop(), NRF_SUCCESS);
    }
    assert_int_equal(mesh_provisionee_prov_start(&params), NRF_SUCCESS);
    provision(rig, 0);
    assert_string_equal(told, "C"); /* no attention was asked for */
    mesh_stack_config_clear();
    told[0] = '\0';
    assert_int_equal(mesh_provisionee_prov_start(&params), NRF_SUCCESS);
    provision(rig, 0);
    assert_string_equal(told, "C");
    rig_free(rig);
}

static void after_a_failure_it_listens_again_with_other_keys(void **state)
{
    struct rig *rig = begin();
    uint8_t first[NRF_MESH_PROV_PUBKEY_SIZE];

    (void)state;
    assert_int_equal(mesh_provisionee_prov_start(&params), NRF_SUCCESS);
    memcpy(first, device(rig)->p_public_key, sizeof(first));
    provisioner.static_oob[15] ^= 1;
    provision(rig, 2);
    assert_false(provisioner.complete);
    assert_string_equal(told, "STA");
    assert_int_equal(device(rig)->state, NRF_MESH_PROV_STATE_WAIT_LINK);
    assert_memory_not_equal(first, device(rig)->p_public_key, sizeof(first));
    provisioner.static_oob[15] ^= 1;
    provision(rig, 0);
    assert_true(provisioner.complete);
    assert_string_equal(told, "STAC");
    rig_free(rig);
}

static void attention_ends_with_the_link_at_the_latest(void **state)
{
    struct rig *rig = begin();

    (void)state;
    assert_int_equal(mesh_provisionee_prov_start(&params), NRF_SUCCESS);
    provisioner.silent = true; /* invites, and goes */
    provision(rig, 4);
    assert_string_equal(told, "STA");
    assert_int_equal(device(rig)->state, NRF_MESH_PROV_STATE_WAIT_LINK);
    rig_free(rig);
}

static void what_cannot_be_stored_does_not_make_a_node(void **state)
{
    struct rig *rig = begin();

    (void)state;
    assert_int_equal(mesh_provisionee_prov_start(&params), NRF_SUCCESS);
    rig->device[DEVICE].store.fails = true;
    provision(rig, 0);
    assert_string_equal(told, "A");
    assert_false(mesh_stack_is_device_provisioned());
    rig->device[DEVICE].store.fails = false;
    provision(rig, 0);
    assert_string_equal(told, "AC");
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_becomes_a_node),
        cmocka_unit_test(callbacks_may_be_left_out),
        cmocka_unit_test(codes_of_start),
        cmocka_unit_test(it_is_stopped_and_started_again),
        cmocka_unit_test(after_a_failure_it_listens_again_with_other_keys),
        cmocka_unit_test(attention_ends_with_the_link_at_the_latest),
        cmocka_unit_test(what_cannot_be_stored_does_not_make_a_node),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
