/*
 * A lamp with MESH_FEATURE_PB_GATT_ENABLED and MESH_FEATURE_GATT_PROXY_ENABLED, behind a simulated
 * controller, and a phone, which is the core alone: provisioned over PB-GATT, found by its Node
 * Identity, configured and switched through its proxy; what the application says about the proxy,
 * and what it is told; and the same program on a radio without GATT.
 */
#include "nodes.h"
#include "rig.h"

#include "app_onoff.h"
#include "config_pdu.h"
#include "device_state_manager.h"
#include "mesh_adv.h"
#include "mesh_opt_gatt.h"
#include "mesh_provisionee.h"
#include "mesh_stack.h"
#include "nrf_mesh_configure.h"
#include "nrf_mesh_gatt.h"
#include "nrf_mesh_port.h"
#include "nrf_mesh_prov.h"
#include "nrf_mesh_prov_bearer_adv.h"
#include "nrf_mesh_prov_bearer_gatt.h"
#include "proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK NRF_SUCCESS
#define NOT_SUPPORTED NRF_ERROR_NOT_SUPPORTED
#define INVALID_STATE NRF_ERROR_INVALID_STATE

enum { PHONE, LAMP, COUNT }; /* of the core's nodes the second is only an address and a key */

static const uint8_t static_oob[16] = "sixteen octets.";

/* -- the lamp ---------------------------------------------------------------------------------- */

static struct {
    bool gatt; /* its radio has it */
    struct nrf_mesh_stack *stack, *before;
    struct hciport hci;
    struct simport sim;
    struct rig_store store;
    bool on;
    nrf_mesh_rx_source_t source; /* of the last message */
    unsigned messages, stable;   /* CONFIG_STABLE */
    config_server_evt_t set;     /* GATT Proxy or Node Identity */
    /* What was told, in order: Enabled, Disabled, Proxy stopped, identification Start and sTop,
     * Opt set, Abort, Complete. */
    char told[32];
} lamp;

static void tell(char what)
{
    size_t len = strlen(lamp.told);

    assert_true(len + 1 < sizeof(lamp.told));
    lamp.told[len] = what;
    lamp.told[len + 1] = '\0';
}

static void assert_told(const char *what)
{
    assert_string_equal(lamp.told, what);
    lamp.told[0] = '\0';
}

static void on_set(const app_onoff_server_t *p_app, bool onoff)
{
    (void)p_app;
    lamp.on = onoff;
}

static void on_get(const app_onoff_server_t *p_app, bool *p_present_onoff)
{
    (void)p_app;
    *p_present_onoff = lamp.on;
}

APP_ONOFF_SERVER_DEF(m_lamp, false, NRF_MESH_TRANSMIC_SIZE_SMALL, on_set, on_get, NULL);
static app_onoff_server_t as_defined;

static void on_models(void)
{
    assert_int_equal(app_onoff_init(&m_lamp, 0), OK);
}

static void on_configured(const config_server_evt_t *p_evt)
{
    if (p_evt->type == CONFIG_SERVER_EVT_GATT_PROXY_SET ||
        p_evt->type == CONFIG_SERVER_EVT_NODE_IDENTITY_SET) {
        lamp.set = *p_evt;
    }
}

static void on_mesh_event(const nrf_mesh_evt_t *p_evt)
{
    switch (p_evt->type) {
    case NRF_MESH_EVT_ENABLED:
        tell('E');
        break;
    case NRF_MESH_EVT_DISABLED:
        tell('D');
        break;
    case NRF_MESH_EVT_PROXY_STOPPED:
        assert_false(proxy_is_connected());
        tell('P');
        break;
    case NRF_MESH_EVT_CONFIG_STABLE:
        lamp.stable++;
        break;
    case NRF_MESH_EVT_MESSAGE_RECEIVED:
        lamp.messages++;
        lamp.source = p_evt->params.message.p_metadata->source;
        break;
    default:
        break;
    }
}

static nrf_mesh_evt_handler_t handler = { .evt_cb = on_mesh_event };

static void on_opt_set(void)
{
    tell('O');
}

static void on_start(uint8_t attention_duration_s)
{
    assert_int_equal(attention_duration_s, 5);
    tell('S');
}

static void on_stop(void)
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

static void enter(void)
{
    (void)layer_stack_enter(lamp.stack);
}

static void switch_on(struct nodes *all)
{
    const mesh_stack_init_params_t params = { .core.irq_priority = NRF_MESH_IRQ_PRIORITY_THREAD,
                                              .models.models_init_cb = on_models,
                                              .models.config_server_cb = on_configured };
    const struct hciport_config hci = { .mtu = 69 };
    struct usher_port *port = lamp.gatt ? &lamp.hci.port : &lamp.sim.port;

    lamp.stack = calloc(1, sizeof(*lamp.stack));
    assert_non_null(lamp.stack);
    m_lamp = as_defined;
    memset(&handler.node, 0, sizeof(handler.node));
    if (lamp.gatt) {
        assert_int_equal(hciport_init(&lamp.hci, all->air, &lamp.stack->usher, all->crypto, &hci),
                         USHER_OK);
        assert_int_equal(hciport_up(&lamp.hci), USHER_OK);
    } else {
        assert_int_equal(simport_init(&lamp.sim, all->air, &lamp.stack->usher, all->crypto, 4),
                         USHER_OK);
    }
    rig_store_give(&lamp.store, port);
    enter();
    assert_int_equal(nrf_mesh_on_port(port), OK);
    assert_int_equal(mesh_stack_init(&params, NULL), OK);
    nrf_mesh_evt_handler_add(&handler);
}

static void switch_off(void)
{
    usher_deinit(&lamp.stack->usher);
    if (lamp.gatt) {
        hciport_deinit(&lamp.hci);
    } else {
        simport_deinit(&lamp.sim);
    }
    free(lamp.stack);
}

static void wait_for_provisioner(void)
{
    static const mesh_provisionee_start_params_t params = {
        .prov_sd_ble_opt_set_cb = on_opt_set,
        .prov_complete_cb = on_complete,
        .prov_device_identification_start_cb = on_start,
        .prov_device_identification_stop_cb = on_stop,
        .prov_abort_cb = on_abort,
        .p_static_data = static_oob,
    };

    assert_int_equal(mesh_provisionee_prov_start(&params), OK);
}

/* -- the phone --------------------------------------------------------------------------------- */

static struct {
    struct nodes *all;
    struct usher_session session;
    bool heard[2], complete, closed; /* heard: the lamp's beacon, its PB-GATT */
    struct usher_ble_addr peer;
    bool silent; /* answers nothing */
    uint8_t close_reason;
    bool found; /* the lamp as a proxy: by its network or by its identity */
    uint16_t found_address;
    uint8_t conn;
} phone;

static struct node *phone_node(void)
{
    return &phone.all->node[PHONE];
}

static void run(uint64_t ms)
{
    nodes_run(phone.all, ms);
    enter();
}

static bool is_set(void *flag)
{
    return *(const bool *)flag;
}

static bool wait_for(bool *flag, uint64_t ms)
{
    bool is = nodes_until(phone.all, is_set, flag, ms);

    enter();
    return is;
}

static void on_phone(struct node *n, const struct usher_event *e)
{
    const struct usher_start choice = { .algorithm = USHER_ALG_CMAC, .method = USHER_OOB_STATIC };

    (void)n;
    switch (e->type) {
    case USHER_EVT_UNPROVISIONED_RECEIVED:
        phone.heard[e->params.unprov.gatt_supported] = true;
        phone.peer = e->params.unprov.peer;
        break;
    case USHER_EVT_CAPS_RECEIVED:
        if (!phone.silent) {
            assert_int_equal(usher_oob_use(&phone.session, &choice), USHER_OK);
        }
        break;
    case USHER_EVT_STATIC_REQUEST:
        assert_int_equal(usher_auth_static(&phone.session, static_oob, 16), USHER_OK);
        break;
    case USHER_EVT_COMPLETE:
        phone.complete = true;
        memcpy(phone.all->node[LAMP].device_key, e->params.complete.p_devkey, USHER_KEY_SIZE);
        break;
    case USHER_EVT_LINK_CLOSED:
        phone.closed = true;
        phone.close_reason = e->params.link_closed.close_reason;
        break;
    default:
        break;
    }
}

static void on_proxy(struct node *n, const struct usher_gatt_event *e)
{
    (void)n;
    if (e->type == USHER_GATT_EVT_PROXY_RECEIVED) {
        phone.found = true;
        phone.found_address = e->params.proxy.address;
        phone.peer = e->params.proxy.peer;
    }
}

static void look_for_device(bool gatt)
{
    phone.heard[gatt] = false;
    assert_int_equal(usher_scan(&phone_node()->usher, true), USHER_OK);
    assert_true(wait_for(&phone.heard[gatt], 10000));
    assert_int_equal(usher_scan(&phone_node()->usher, false), USHER_OK);
}

static void provision(bool gatt)
{
    struct usher_prov_data data = { .address = nodes_address(LAMP) };
    struct usher_provision with = { .uuid = nrf_mesh_configure_device_uuid_get(),
                                    .attention_s = 5,
                                    .data = &data,
                                    .peer = gatt ? &phone.peer : NULL };

    memcpy(data.netkey, nodes_key(0x11), sizeof(data.netkey));
    phone.closed = phone.complete = false;
    look_for_device(gatt);
    assert_int_equal(usher_provision(&phone.session, &with), USHER_OK);
    assert_true(wait_for(&phone.closed, 60000));
    run(2000);
}

/* @retval false  No proxy was heard. */
static bool look_for_proxy(bool by_identity)
{
    const uint16_t address = nodes_address(LAMP);

    phone.found = false;
    usher_proxy_scan(&phone_node()->gatt, true, &address, by_identity ? 1 : 0);
    for (unsigned i = 0; i < 20 && (!phone.found || (by_identity && phone.found_address == 0));
         i++) {
        run(200);
    }
    usher_proxy_scan(&phone_node()->gatt, false, NULL, 0);
    return phone.found && (!by_identity || phone.found_address == address);
}

static void connect(void)
{
    unsigned before = phone_node()->gatt_events[USHER_GATT_EVT_CONNECTED];

    assert_true(look_for_proxy(false));
    assert_int_equal(usher_proxy_connect(&phone_node()->gatt, &phone.peer, &phone.conn), USHER_OK);
    run(3000);
    assert_int_equal(phone_node()->gatt_events[USHER_GATT_EVT_CONNECTED], before + 1);
    assert_true(proxy_is_connected());
}

static bool is_connected(void)
{
    return phone_node()->gatt_events[USHER_GATT_EVT_CONNECTED] >
           phone_node()->gatt_events[USHER_GATT_EVT_DISCONNECTED];
}

#define ASK(...) ask(&(struct usher_config_msg){ __VA_ARGS__ })
static const struct usher_config_msg *ask(const struct usher_config_msg *question)
{
    static struct usher_config_msg answer;

    assert_int_equal(nodes_config_ask(phone.all, PHONE, LAMP, question, &answer), USHER_OK);
    enter();
    return &answer;
}

/* -- both -------------------------------------------------------------------------------------- */

static void begin(bool gatt)
{
    memset(&lamp, 0, sizeof(lamp));
    memset(&phone, 0, sizeof(phone));
    lamp.before = layer_stack();
    lamp.gatt = gatt;
    phone.all = nodes_new(&(struct nodes_config){ .count = COUNT, .seed = 3, .mtu = 247 });
    phone_node()->usher_told = on_phone;
    phone_node()->gatt_told = on_proxy;
    usher_session_init(&phone_node()->usher, &phone.session, NULL, NULL);
    switch_on(phone.all);
}

static void end(void)
{
    switch_off();
    nodes_free(phone.all);
    (void)layer_stack_enter(lamp.before);
}

/* The lamp is a node, and the phone in its network, but for the advertising bearer. */
static void begin_as_node(void)
{
    begin(true);
    wait_for_provisioner();
    assert_int_equal(mesh_stack_start(), OK);
    provision(true);
    assert_true(phone.complete);
    assert_told("ESTDOCE");
    nodes_provision_one(phone.all, PHONE);
    usher_mesh_bearers(&phone_node()->mesh, USHER_BEARER_GATT);
}

/* -- provisioning ------------------------------------------------------------------------------ */

static void it_is_provisioned_configured_and_switched(void **state)
{
    struct usher_config_msg add = { .opcode = USHER_CONFIG_APPKEY_ADD };
    struct usher_target target = { .dst = nodes_address(LAMP), .ttl = 255 };
    const struct usher_config_msg *answer;
    struct usher_page0 page;

    (void)state;
    begin_as_node();
    assert_int_equal(phone.close_reason, USHER_CLOSE_SUCCESS);
    assert_false(proxy_is_connected());
    assert_true(look_for_proxy(true)); /* for a minute */
    run(60000);
    assert_false(look_for_proxy(true));
    connect();
    answer = ASK(.opcode = USHER_CONFIG_COMPOSITION_GET);
    assert_true(usher_page0_read(answer->data, answer->data_len, &page));
    assert_int_equal(page.features, USHER_FEATURE_RELAY | USHER_FEATURE_PROXY);
    memcpy(add.key, nodes_key(0x22), sizeof(add.key));
    assert_int_equal(ask(&add)->status, USHER_STATUS_SUCCESS);
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
        run(2000);
        assert_int_equal(lamp.on, on);
    }
    assert_true(lamp.messages >= 5);
    assert_int_equal(lamp.source, NRF_MESH_RX_SOURCE_GATT);
    usher_mesh_bearers(&phone_node()->mesh, USHER_BEARER_ADV);
    assert_int_equal(ASK(.opcode = USHER_CONFIG_PROXY_GET)->state, 1);
    assert_int_equal(lamp.source, NRF_MESH_RX_SOURCE_SCANNER);
    run(1000);
    assert_false(proxy_is_connected());
    assert_told("");
    end();
}

static void a_session_that_fails_is_begun_anew(void **state)
{
    struct usher_provision with = { .attention_s = 5, .peer = &phone.peer };

    (void)state;
    begin(true);
    wait_for_provisioner();
    assert_int_equal(mesh_stack_start(), OK);
    phone.silent = true; /* invites, and goes */
    look_for_device(true);
    with.uuid = nrf_mesh_configure_device_uuid_get();
    assert_int_equal(usher_provision(&phone.session, &with), USHER_OK);
    run(5000);
    assert_told("ES");
    assert_int_equal(usher_cancel(&phone.session, USHER_CLOSE_ERROR), USHER_OK);
    run(5000);
    assert_told("TA");
    phone.silent = false;
    provision(true);
    assert_told("STDOCE");
    assert_true(phone.complete);
    end();
}

/* A device on both bearers is the same over either. */
static void it_is_provisioned_over_pb_adv_as_well(void **state)
{
    (void)state;
    begin(true);
    wait_for_provisioner();
    assert_int_equal(mesh_stack_start(), OK);
    look_for_device(true);
    provision(false);
    assert_true(phone.complete);
    assert_told("ESTDOCE");
    nodes_provision_one(phone.all, PHONE);
    assert_true(look_for_proxy(true));
    assert_true(proxy_is_enabled());
    end();
}

static void it_stops_listening(void **state)
{
    (void)state;
    begin(true);
    wait_for_provisioner();
    assert_int_equal(mesh_stack_start(), OK);
    look_for_device(true);
    look_for_device(false);
    assert_int_equal(mesh_provisionee_prov_listen_stop(), OK);
    run(1000);
    phone.heard[0] = phone.heard[1] = false;
    assert_int_equal(usher_scan(&phone_node()->usher, true), USHER_OK);
    run(10000);
    assert_false(phone.heard[0] || phone.heard[1]);
    assert_int_equal(usher_scan(&phone_node()->usher, false), USHER_OK);
    wait_for_provisioner();
    provision(true);
    assert_true(phone.complete);
    end();
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
        assert_int_equal(nrf_mesh_prov_auth_data_provide(&own.ctx, static_oob, 16), OK);
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
    run(10000);
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
        begin(true);
        own_init();
        assert_int_equal(mesh_stack_start(), OK);
        assert_int_equal(nrf_mesh_prov_listen(&own.ctx, NULL, 0,
                                              NRF_MESH_PROV_BEARER_GATT | NRF_MESH_PROV_BEARER_ADV),
                         OK);
        provision(gatt);
        assert_int_equal(own.logged, 6);
        assert_memory_equal(own.log, order, sizeof(order));
        assert_ptr_equal(own.active, gatt ? &own.gatt.bearer : &own.adv.prov_bearer);
        assert_int_equal(own.close_reason, NRF_MESH_PROV_LINK_CLOSE_REASON_SUCCESS);
        assert_null(own.ctx.p_active_bearer);
        /* Nothing was stored, so it is a device still; and both bearers are free again. */
        assert_int_equal(nrf_mesh_prov_listen(&own.ctx, NULL, 0, NRF_MESH_PROV_BEARER_GATT), OK);
        assert_heard(false, true);
        end();
    }
}

static void which_bearers_it_listens_on(void **state)
{
    const nrf_mesh_prov_provisioning_data_t data = { .address = 5 };
    const uint8_t uuid[NRF_MESH_UUID_SIZE] = { 1 };

    (void)state;
    begin(true);
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
    end();
}

/* -- the proxy --------------------------------------------------------------------------------- */

static void it_is_stopped_and_started(void **state)
{
    (void)state;
    begin_as_node();
    connect();
    assert_int_equal(proxy_stop(), OK);
    assert_int_equal(proxy_stop(), INVALID_STATE);
    run(2000);
    assert_told("P");
    assert_false(is_connected());
    assert_true(proxy_is_enabled());
    assert_false(look_for_proxy(false));
    assert_int_equal(proxy_node_id_enable(NULL, NRF_MESH_KEY_REFRESH_PHASE_0), INVALID_STATE);
    assert_int_equal(proxy_start(), OK);
    connect();
    assert_int_equal(proxy_disconnect(), OK);
    run(1000);
    assert_false(proxy_is_connected());
    assert_false(is_connected());
    assert_int_equal(proxy_disconnect(), INVALID_STATE);
    assert_told("");
    assert_int_equal(proxy_stop(), OK); /* with nobody there */
    run(100);
    assert_told("P");
    proxy_init();
    run(100);
    assert_true(look_for_proxy(false));
    end();
}

/* The node's reset waits for PROXY_STOPPED in programs of the SDK: it comes. */
static void it_stops_with_the_node(void **state)
{
    (void)state;
    begin_as_node();
    connect();
    assert_int_equal(nrf_mesh_disable(), OK);
    run(2000);
    assert_told("PD");
    assert_int_equal(nrf_mesh_enable(), OK);
    run(100);
    assert_told("E");
    connect();
    assert_int_equal(proxy_stop(), OK);
    assert_int_equal(nrf_mesh_disable(), OK);
    run(100);
    assert_int_equal(mesh_stack_start(), OK); /* as new */
    run(100);
    assert_told("PDE");
    connect();
    mesh_stack_config_clear();
    run(2000);
    assert_told("P");
    assert_int_equal(proxy_start(), INVALID_STATE);
    end();
}

static void a_stopped_one_is_there_for_the_next_network(void **state)
{
    (void)state;
    begin_as_node();
    assert_int_equal(proxy_stop(), OK);
    mesh_stack_config_clear();
    run(2000);
    assert_told("P");
    wait_for_provisioner();
    provision(true);
    assert_true(phone.complete);
    assert_told("STDOCE");
    assert_true(look_for_proxy(true));
    end();
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
    begin_as_node();
    connect();
    expect_heartbeat();
    stable = lamp.stable;
    assert_int_equal(mesh_opt_gatt_proxy_get(&enabled), OK);
    assert_true(enabled);
    assert_int_equal(mesh_opt_gatt_proxy_get(NULL), NRF_ERROR_NULL);
    assert_int_equal(mesh_opt_gatt_proxy_set(true), OK); /* it is */
    assert_int_equal(mesh_opt_gatt_proxy_set(false), OK);
    run(3000);
    assert_told("P");
    assert_int_equal(lamp.stable, stable + 1);
    assert_int_equal(phone_node()->events[USHER_MESH_EVT_HEARTBEAT], 1);
    assert_false(is_connected());
    assert_int_equal(proxy_start(), INVALID_STATE);
    assert_int_equal(proxy_stop(), INVALID_STATE);
    for (unsigned on = 0; on < 2; on++) {
        switch_off();
        switch_on(phone.all);
        assert_true(mesh_stack_is_device_provisioned());
        assert_int_equal(mesh_opt_gatt_proxy_get(&enabled), OK);
        assert_int_equal(enabled, on);
        assert_int_equal(proxy_is_enabled(), on);
        assert_int_equal(mesh_stack_start(), OK);
        run(1000);
        assert_int_equal(look_for_proxy(false), on);
        assert_int_equal(proxy_enable(), OK);
        run(100);
    }
    proxy_disable();
    assert_false(proxy_is_enabled());
    mesh_stack_config_clear();
    assert_true(proxy_is_enabled());
    end();
}

static void a_client_configures_it(void **state)
{
    (void)state;
    begin_as_node();
    connect();
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
    run(3000);
    assert_told("P");
    end();
}

static void node_identity(void **state)
{
    const nrf_mesh_beacon_info_t *info;
    nrf_mesh_beacon_info_t other;

    (void)state;
    begin_as_node();
    assert_int_equal(proxy_node_id_disable(), OK);
    assert_int_equal(proxy_node_id_disable(), INVALID_STATE);
    assert_false(look_for_proxy(true));
    assert_int_equal(dsm_beacon_info_get(dsm_net_key_index_to_subnet_handle(0), &info), OK);
    other = *info;
    other.secmat.net_id[7] ^= 1;
    assert_int_equal(proxy_node_id_enable(&other, NRF_MESH_KEY_REFRESH_PHASE_0),
                     NRF_ERROR_NOT_FOUND);
    assert_int_equal(proxy_node_id_enable(info, NRF_MESH_KEY_REFRESH_PHASE_0), OK);
    assert_true(look_for_proxy(true));
    assert_int_equal(proxy_node_id_disable(), OK);
    assert_int_equal(proxy_node_id_enable(NULL, NRF_MESH_KEY_REFRESH_PHASE_0), OK);
    assert_true(look_for_proxy(true));
    end();
}

static void before_it_is_a_node(void **state)
{
    (void)state;
    begin(true);
    assert_true(proxy_is_enabled());
    assert_false(proxy_is_connected());
    assert_int_equal(proxy_start(), INVALID_STATE);
    assert_int_equal(proxy_stop(), INVALID_STATE);
    assert_int_equal(proxy_disconnect(), INVALID_STATE);
    assert_int_equal(proxy_node_id_enable(NULL, NRF_MESH_KEY_REFRESH_PHASE_0), INVALID_STATE);
    assert_int_equal(proxy_node_id_disable(), INVALID_STATE);
    /* An application's services are not there, so neither are its advertisements. */
    assert_int_equal(mesh_adv_start(), NOT_SUPPORTED);
    end();
}

/* -- a radio without GATT ---------------------------------------------------------------------- */

static void without_gatt_it_is_not_supported(void **state)
{
    static nrf_mesh_prov_bearer_gatt_t gatt;

    (void)state;
    begin(false);
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
    wait_for_provisioner();
    assert_int_equal(mesh_stack_start(), OK);
    provision(false);
    assert_true(phone.complete);
    assert_told("ESTC");
    end();
}

static int note_as_defined(void **state)
{
    (void)state;
    as_defined = m_lamp;
    return 0;
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

    return cmocka_run_group_tests(tests, note_as_defined, NULL);
}
