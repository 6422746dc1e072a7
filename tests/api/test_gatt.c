/*
 * A lamp with MESH_FEATURE_PB_GATT_ENABLED and MESH_FEATURE_GATT_PROXY_ENABLED, behind a simulated
 * controller, and a phone, which is the core alone: provisioned over PB-GATT, found by its Node
 * Identity, configured and switched through its proxy; what the application says about the proxy,
 * and what it is told; and the same program on a radio without GATT.
 */
#include "gatt_rig.h"

#include "config_pdu.h"
#include "device_state_manager.h"
#include "mesh_adv.h"
#include "mesh_opt_gatt.h"
#include "mesh_provisionee.h"
#include "mesh_stack.h"
#include "nrf_mesh_configure.h"
#include "nrf_mesh_prov.h"
#include "nrf_mesh_prov_bearer_adv.h"
#include "nrf_mesh_prov_bearer_gatt.h"
#include "proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define OK NRF_SUCCESS
#define NOT_SUPPORTED NRF_ERROR_NOT_SUPPORTED
#define INVALID_STATE NRF_ERROR_INVALID_STATE

/* -- provisioning ------------------------------------------------------------------------------ */

static void it_is_provisioned_configured_and_switched(void **state)
{
    struct usher_config_msg add = { .opcode = USHER_CONFIG_APPKEY_ADD };
    struct usher_target target = { .dst = nodes_address(LAMP), .ttl = 255 };
    const struct usher_config_msg *answer;
    struct usher_page0 page;

    (void)state;
    gatt_begin_as_node();
    assert_int_equal(phone.close_reason, USHER_CLOSE_SUCCESS);
    assert_false(proxy_is_connected());
    assert_true(phone_look_for_proxy(true)); /* for a minute */
    gatt_run(60000);
    assert_false(phone_look_for_proxy(true));
    phone_connect();
    answer = ASK(.opcode = USHER_CONFIG_COMPOSITION_GET);
    assert_true(usher_page0_read(answer->data, answer->data_len, &page));
    assert_int_equal(page.features, USHER_FEATURE_RELAY | USHER_FEATURE_PROXY);
    memcpy(add.key, nodes_key(0x22), sizeof(add.key));
    assert_int_equal(phone_ask(&add)->status, USHER_STATUS_SUCCESS);
    assert_int_equal(ASK(.opcode = USHER_CONFIG_MODEL_APP_BIND, .element = nodes_address(LAMP),
                         .company = USHER_SIG, .model = USHER_MODEL_ONOFF_SERVER)
                         ->status,
                     USHER_STATUS_SUCCESS);
    assert_int_equal(usher_appkey_add(&phone_node()->mesh, 0, 0, nodes_key(0x22)),
                     USHER_STATUS_SUCCESS);
    assert_int_equal(usher_model_bind(&phone_node()->onoff_client.model, 0), USHER_STATUS_SUCCESS);
    for (unsigned on = 2; on-- > 0;) {
        assert_int_equal(usher_onoff_set_unack(&phone_node()->onoff_client, &target, on != 0,
                                               usher_onoff_tid(&phone_node()->onoff_client), 0, 0),
                         USHER_OK);
        gatt_run(2000);
        assert_int_equal(lamp.on, on);
    }
    assert_true(lamp.messages >= 5);
    assert_int_equal(lamp.source, NRF_MESH_RX_SOURCE_GATT);
    usher_mesh_bearers(&phone_node()->mesh, USHER_BEARER_ADV);
    assert_int_equal(ASK(.opcode = USHER_CONFIG_PROXY_GET)->state, 1);
    assert_int_equal(lamp.source, NRF_MESH_RX_SOURCE_SCANNER);
    gatt_run(1000);
    assert_false(proxy_is_connected());
    lamp_assert_told("");
    gatt_end();
}

static void a_session_that_fails_is_begun_anew(void **state)
{
    struct usher_provision with = { .attention_s = 5, .peer = &phone.peer };

    (void)state;
    gatt_begin(true);
    lamp_wait_for_provisioner();
    assert_int_equal(mesh_stack_start(), OK);
    phone.silent = true; /* invites, and goes */
    phone_look_for_device(true);
    with.uuid = nrf_mesh_configure_device_uuid_get();
    assert_int_equal(usher_provision(&phone.session, &with), USHER_OK);
    gatt_run(5000);
    lamp_assert_told("ES");
    assert_int_equal(usher_cancel(&phone.session, USHER_CLOSE_ERROR), USHER_OK);
    gatt_run(5000);
    lamp_assert_told("TA");
    phone.silent = false;
    phone_provision(true);
    lamp_assert_told("STDOCE");
    assert_true(phone.complete);
    gatt_end();
}

/* A device on both bearers is the same over either. */
static void it_is_provisioned_over_pb_adv_as_well(void **state)
{
    (void)state;
    gatt_begin(true);
    lamp_wait_for_provisioner();
    assert_int_equal(mesh_stack_start(), OK);
    phone_look_for_device(true);
    phone_provision(false);
    assert_true(phone.complete);
    lamp_assert_told("ESTDOCE");
    nodes_provision_one(phone.all, PHONE);
    assert_true(phone_look_for_proxy(true));
    assert_true(proxy_is_enabled());
    gatt_end();
}

static void it_stops_listening(void **state)
{
    (void)state;
    gatt_begin(true);
    lamp_wait_for_provisioner();
    assert_int_equal(mesh_stack_start(), OK);
    phone_look_for_device(true);
    phone_look_for_device(false);
    assert_int_equal(mesh_provisionee_prov_listen_stop(), OK);
    gatt_run(1000);
    phone.heard[0] = phone.heard[1] = false;
    assert_int_equal(usher_scan(&phone_node()->usher, true), USHER_OK);
    gatt_run(10000);
    assert_false(phone.heard[0] || phone.heard[1]);
    assert_int_equal(usher_scan(&phone_node()->usher, false), USHER_OK);
    lamp_wait_for_provisioner();
    phone_provision(true);
    assert_true(phone.complete);
    gatt_end();
}

/* -- a context of its own ---------------------------------------------------------------------- */

static struct {
    nrf_mesh_prov_ctx_t ctx;
    nrf_mesh_prov_bearer_adv_t adv;
    nrf_mesh_prov_bearer_gatt_t gatt;
    uint8_t public_key[NRF_MESH_PROV_PUBKEY_SIZE], private_key[NRF_MESH_PROV_PRIVKEY_SIZE];
    nrf_mesh_prov_evt_type_t log[16];
    unsigned logged;
    const prov_bearer_t *active; /* at LINK_ESTABLISHED */
    nrf_mesh_prov_link_close_reason_t close_reason;
} own;

static void on_own(const nrf_mesh_prov_evt_t *p_evt)
{
    assert_true(own.logged < 16);
    own.log[own.logged++] = p_evt->type;
    if (p_evt->type == NRF_MESH_PROV_EVT_LINK_ESTABLISHED) {
        own.active = own.ctx.p_active_bearer;
    } else if (p_evt->type == NRF_MESH_PROV_EVT_STATIC_REQUEST) {
        assert_int_equal(nrf_mesh_prov_auth_data_provide(&own.ctx, gatt_static_oob, 16), OK);
    } else if (p_evt->type == NRF_MESH_PROV_EVT_LINK_CLOSED) {
        own.close_reason = p_evt->params.link_closed.close_reason;
    }
}

static void own_init(void)
{
    nrf_mesh_prov_oob_caps_t caps = NRF_MESH_PROV_OOB_CAPS_DEFAULT(ACCESS_ELEMENT_COUNT);

    memset(&own, 0, sizeof(own));
    caps.oob_static_types = NRF_MESH_PROV_OOB_STATIC_TYPE_SUPPORTED;
    assert_int_equal(nrf_mesh_prov_generate_keys(own.public_key, own.private_key), OK);
    assert_int_equal(nrf_mesh_prov_init(&own.ctx, own.public_key, own.private_key, &caps, on_own),
                     OK);
    assert_int_equal(nrf_mesh_prov_bearer_gatt_init(&own.gatt), OK);
    assert_int_equal(
        nrf_mesh_prov_bearer_add(&own.ctx, nrf_mesh_prov_bearer_gatt_interface_get(&own.gatt)), OK);
    assert_int_equal(
        nrf_mesh_prov_bearer_add(&own.ctx, nrf_mesh_prov_bearer_adv_interface_get(&own.adv)), OK);
}

static void assert_heard(bool adv, bool gatt)
{
    phone.heard[0] = phone.heard[1] = false;
    assert_int_equal(usher_scan(&phone_node()->usher, true), USHER_OK);
    gatt_run(10000);
    assert_int_equal(usher_scan(&phone_node()->usher, false), USHER_OK);
    assert_int_equal(phone.heard[0], adv);
    assert_int_equal(phone.heard[1], gatt);
}

static void events_of_a_context(void **state)
{
    static const nrf_mesh_prov_evt_type_t order[] = {
        NRF_MESH_PROV_EVT_LINK_ESTABLISHED, NRF_MESH_PROV_EVT_INVITE_RECEIVED,
        NRF_MESH_PROV_EVT_START_RECEIVED,   NRF_MESH_PROV_EVT_STATIC_REQUEST,
        NRF_MESH_PROV_EVT_COMPLETE,         NRF_MESH_PROV_EVT_LINK_CLOSED,
    };

    (void)state;
    for (unsigned gatt = 0; gatt < 2; gatt++) {
        gatt_begin(true);
        own_init();
        assert_int_equal(mesh_stack_start(), OK);
        assert_int_equal(nrf_mesh_prov_listen(&own.ctx, NULL, 0,
                                              NRF_MESH_PROV_BEARER_GATT | NRF_MESH_PROV_BEARER_ADV),
                         OK);
        phone_provision(gatt);
        assert_int_equal(own.logged, 6);
        assert_memory_equal(own.log, order, sizeof(order));
        assert_ptr_equal(own.active, gatt ? &own.gatt.bearer : &own.adv.prov_bearer);
        assert_int_equal(own.close_reason, NRF_MESH_PROV_LINK_CLOSE_REASON_SUCCESS);
        assert_null(own.ctx.p_active_bearer);
        /* Nothing was stored, so it is a device still; and both bearers are free again. */
        assert_int_equal(nrf_mesh_prov_listen(&own.ctx, NULL, 0, NRF_MESH_PROV_BEARER_GATT), OK);
        assert_heard(false, true);
        gatt_end();
    }
}

static void which_bearers_it_listens_on(void **state)
{
    const nrf_mesh_prov_provisioning_data_t data = { .address = 5 };
    const uint8_t uuid[NRF_MESH_UUID_SIZE] = { 1 };

    (void)state;
    gatt_begin(true);
    own_init();
    assert_int_equal(mesh_stack_start(), OK);
    assert_int_equal(nrf_mesh_prov_listen(&own.ctx, NULL, 0, NRF_MESH_PROV_BEARER_GATT), OK);
    assert_heard(false, true);
    /* One that listens already is refused, and ends it all, as ever. */
    assert_int_equal(nrf_mesh_prov_listen(&own.ctx, NULL, 0, NRF_MESH_PROV_BEARER_GATT),
                     INVALID_STATE);
    assert_heard(false, false);
    assert_int_equal(nrf_mesh_prov_listen(&own.ctx, NULL, 0, NRF_MESH_PROV_BEARER_ADV), OK);
    assert_heard(true, false);
    assert_int_equal(nrf_mesh_prov_listen(&own.ctx, NULL, 0, NRF_MESH_PROV_BEARER_GATT), OK);
    assert_heard(true, true);
    assert_int_equal(nrf_mesh_prov_listen_stop(&own.ctx), OK);
    assert_heard(false, false);
    assert_int_equal(nrf_mesh_prov_listen_stop(&own.ctx), INVALID_STATE);
    /* It is for devices. */
    assert_int_equal(nrf_mesh_prov_provision(&own.ctx, uuid, 0, &data, NRF_MESH_PROV_BEARER_GATT),
                     NOT_SUPPORTED);
    gatt_end();
}

/* -- the proxy --------------------------------------------------------------------------------- */

static void it_is_stopped_and_started(void **state)
{
    (void)state;
    gatt_begin_as_node();
    phone_connect();
    assert_int_equal(proxy_stop(), OK);
    assert_int_equal(proxy_stop(), INVALID_STATE);
    gatt_run(2000);
    lamp_assert_told("P");
    assert_false(phone_is_connected());
    assert_true(proxy_is_enabled());
    assert_false(phone_look_for_proxy(false));
    assert_int_equal(proxy_node_id_enable(NULL, NRF_MESH_KEY_REFRESH_PHASE_0), INVALID_STATE);
    assert_int_equal(proxy_start(), OK);
    phone_connect();
    assert_int_equal(proxy_disconnect(), OK);
    gatt_run(1000);
    assert_false(proxy_is_connected());
    assert_false(phone_is_connected());
    assert_int_equal(proxy_disconnect(), INVALID_STATE);
    lamp_assert_told("");
    assert_int_equal(proxy_stop(), OK); /* with nobody there */
    gatt_run(100);
    lamp_assert_told("P");
    proxy_init();
    gatt_run(100);
    assert_true(phone_look_for_proxy(false));
    gatt_end();
}

/* The node's reset waits for PROXY_STOPPED in programs of the SDK: it comes. */
static void it_stops_with_the_node(void **state)
{
    (void)state;
    gatt_begin_as_node();
    phone_connect();
    assert_int_equal(nrf_mesh_disable(), OK);
    gatt_run(2000);
    lamp_assert_told("PD");
    assert_int_equal(nrf_mesh_enable(), OK);
    gatt_run(100);
    lamp_assert_told("E");
    phone_connect();
    assert_int_equal(proxy_stop(), OK);
    assert_int_equal(nrf_mesh_disable(), OK);
    gatt_run(100);
    assert_int_equal(mesh_stack_start(), OK); /* as new */
    gatt_run(100);
    lamp_assert_told("PDE");
    phone_connect();
    mesh_stack_config_clear();
    gatt_run(2000);
    lamp_assert_told("P");
    assert_int_equal(proxy_start(), INVALID_STATE);
    gatt_end();
}

static void a_stopped_one_is_there_for_the_next_network(void **state)
{
    (void)state;
    gatt_begin_as_node();
    assert_int_equal(proxy_stop(), OK);
    mesh_stack_config_clear();
    gatt_run(2000);
    lamp_assert_told("P");
    lamp_wait_for_provisioner();
    phone_provision(true);
    assert_true(phone.complete);
    lamp_assert_told("STDOCE");
    assert_true(phone_look_for_proxy(true));
    gatt_end();
}

/* The lamp tells the phone when its proxy is switched (3.6.7.2). */
static void expect_heartbeat(void)
{
    struct usher_heartbeat *out = &lamp.stack->mesh.net.heartbeat;
    struct usher_heartbeat *in = &phone_node()->mesh.net.heartbeat;

    out->pub_dst = in->sub_dst = nodes_address(PHONE);
    out->pub_features = USHER_FEATURE_PROXY;
    out->pub_ttl = 5;
    in->sub_src = nodes_address(LAMP);
    in->sub_period_log = 5;
    in->sub_until = nodes_now(phone.all) + 10000;
}

static void the_option_is_stored(void **state)
{
    bool enabled = false;
    unsigned stable;

    (void)state;
    gatt_begin_as_node();
    phone_connect();
    expect_heartbeat();
    stable = lamp.stable;
    assert_int_equal(mesh_opt_gatt_proxy_get(&enabled), OK);
    assert_true(enabled);
    assert_int_equal(mesh_opt_gatt_proxy_get(NULL), NRF_ERROR_NULL);
    assert_int_equal(mesh_opt_gatt_proxy_set(true), OK); /* it is */
    assert_int_equal(mesh_opt_gatt_proxy_set(false), OK);
    gatt_run(3000);
    lamp_assert_told("P");
    assert_int_equal(lamp.stable, stable + 1);
    assert_int_equal(phone_node()->events[USHER_MESH_EVT_HEARTBEAT], 1);
    assert_false(phone_is_connected());
    assert_int_equal(proxy_start(), INVALID_STATE);
    assert_int_equal(proxy_stop(), INVALID_STATE);
    for (unsigned on = 0; on < 2; on++) {
        lamp_switch_off();
        lamp_switch_on(phone.all);
        assert_true(mesh_stack_is_device_provisioned());
        assert_int_equal(mesh_opt_gatt_proxy_get(&enabled), OK);
        assert_int_equal(enabled, on);
        assert_int_equal(proxy_is_enabled(), on);
        assert_int_equal(mesh_stack_start(), OK);
        gatt_run(1000);
        assert_int_equal(phone_look_for_proxy(false), on);
        assert_int_equal(proxy_enable(), OK);
        gatt_run(100);
    }
    proxy_disable();
    assert_false(proxy_is_enabled());
    mesh_stack_config_clear();
    assert_true(proxy_is_enabled());
    gatt_end();
}

static void a_client_configures_it(void **state)
{
    (void)state;
    gatt_begin_as_node();
    phone_connect();
    assert_int_equal(ASK(.opcode = USHER_CONFIG_PROXY_GET)->state, 1);
    assert_int_equal(ASK(.opcode = USHER_CONFIG_IDENTITY_SET, .state = 1)->state, 1);
    assert_int_equal(lamp.set.type, CONFIG_SERVER_EVT_NODE_IDENTITY_SET);
    assert_int_equal(ASK(.opcode = USHER_CONFIG_IDENTITY_SET, .state = 0)->state, 0);
    assert_int_equal(ASK(.opcode = USHER_CONFIG_PROXY_SET, .state = 1)->state, 1);
    assert_int_equal(lamp.set.params.proxy_set.proxy_state, 1);
    assert_int_equal(ASK(.opcode = USHER_CONFIG_PROXY_SET, .state = 0)->state, 0);
    assert_int_equal(lamp.set.type, CONFIG_SERVER_EVT_GATT_PROXY_SET);
    assert_int_equal(lamp.set.params.proxy_set.proxy_state, 0);
    assert_false(proxy_is_enabled());
    gatt_run(3000);
    lamp_assert_told("P");
    gatt_end();
}

static void node_identity(void **state)
{
    const nrf_mesh_beacon_info_t *info;
    nrf_mesh_beacon_info_t other;

    (void)state;
    gatt_begin_as_node();
    assert_int_equal(proxy_node_id_disable(), OK);
    assert_int_equal(proxy_node_id_disable(), INVALID_STATE);
    assert_false(phone_look_for_proxy(true));
    assert_int_equal(dsm_beacon_info_get(dsm_net_key_index_to_subnet_handle(0), &info), OK);
    other = *info;
    other.secmat.net_id[7] ^= 1;
    assert_int_equal(proxy_node_id_enable(&other, NRF_MESH_KEY_REFRESH_PHASE_0),
                     NRF_ERROR_NOT_FOUND);
    assert_int_equal(proxy_node_id_enable(info, NRF_MESH_KEY_REFRESH_PHASE_0), OK);
    assert_true(phone_look_for_proxy(true));
    assert_int_equal(proxy_node_id_disable(), OK);
    assert_int_equal(proxy_node_id_enable(NULL, NRF_MESH_KEY_REFRESH_PHASE_0), OK);
    assert_true(phone_look_for_proxy(true));
    gatt_end();
}

static void before_it_is_a_node(void **state)
{
    (void)state;
    gatt_begin(true);
    assert_true(proxy_is_enabled());
    assert_false(proxy_is_connected());
    assert_int_equal(proxy_start(), INVALID_STATE);
    assert_int_equal(proxy_stop(), INVALID_STATE);
    assert_int_equal(proxy_disconnect(), INVALID_STATE);
    assert_int_equal(proxy_node_id_enable(NULL, NRF_MESH_KEY_REFRESH_PHASE_0), INVALID_STATE);
    assert_int_equal(proxy_node_id_disable(), INVALID_STATE);
    /* An application's services are not there, so neither are its advertisements. */
    assert_int_equal(mesh_adv_start(), NOT_SUPPORTED);
    gatt_end();
}

/* -- a radio without GATT ---------------------------------------------------------------------- */

static void without_gatt_it_is_not_supported(void **state)
{
    static nrf_mesh_prov_bearer_gatt_t gatt;

    (void)state;
    gatt_begin(false);
    assert_int_equal(nrf_mesh_prov_bearer_gatt_init(NULL), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_bearer_gatt_init(&gatt), NOT_SUPPORTED);
    assert_int_equal(proxy_enable(), NOT_SUPPORTED);
    assert_int_equal(mesh_opt_gatt_proxy_set(true), NOT_SUPPORTED);
    assert_int_equal(proxy_start(), NOT_SUPPORTED);
    assert_int_equal(proxy_stop(), NOT_SUPPORTED);
    assert_int_equal(proxy_disconnect(), NOT_SUPPORTED);
    assert_int_equal(proxy_node_id_enable(NULL, NRF_MESH_KEY_REFRESH_PHASE_0), NOT_SUPPORTED);
    assert_int_equal(proxy_node_id_disable(), NOT_SUPPORTED);
    assert_false(proxy_is_enabled());
    assert_false(proxy_is_connected());
    /* A device listens on what there is. */
    lamp_wait_for_provisioner();
    assert_int_equal(mesh_stack_start(), OK);
    phone_provision(false);
    assert_true(phone.complete);
    lamp_assert_told("ESTC");
    gatt_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_provisioned_configured_and_switched),
        cmocka_unit_test(a_session_that_fails_is_begun_anew),
        cmocka_unit_test(it_is_provisioned_over_pb_adv_as_well),
        cmocka_unit_test(it_stops_listening),
        cmocka_unit_test(events_of_a_context),
        cmocka_unit_test(which_bearers_it_listens_on),
        cmocka_unit_test(it_is_stopped_and_started),
        cmocka_unit_test(it_stops_with_the_node),
        cmocka_unit_test(a_stopped_one_is_there_for_the_next_network),
        cmocka_unit_test(the_option_is_stored),
        cmocka_unit_test(a_client_configures_it),
        cmocka_unit_test(node_identity),
        cmocka_unit_test(before_it_is_a_node),
        cmocka_unit_test(without_gatt_it_is_not_supported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
