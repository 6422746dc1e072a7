/* See gatt_rig.h. */
#include "gatt_rig.h"

#include "app_onoff.h"
#include "mesh_provisionee.h"
#include "mesh_stack.h"
#include "nrf_mesh_configure.h"
#include "nrf_mesh_port.h"
#include "proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK NRF_SUCCESS

const uint8_t gatt_static_oob[16] = "sixteen octets.";

/* -- the lamp ---------------------------------------------------------------------------------- */

struct lamp lamp;

static void tell(char what)
{
    size_t len = strlen(lamp.told);

    assert_true(len + 1 < sizeof(lamp.told));
    lamp.told[len] = what;
    lamp.told[len + 1] = '\0';
}

void lamp_assert_told(const char *what)
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
static app_onoff_server_t as_defined; /* what a program begins with */
static bool defined;

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

void lamp_switch_on(struct nodes *all)
{
    const mesh_stack_init_params_t params = { .core.irq_priority = NRF_MESH_IRQ_PRIORITY_THREAD,
                                              .models.models_init_cb = on_models,
                                              .models.config_server_cb = on_configured };
    const struct hciport_config hci = { .mtu = 69 };
    struct usher_port *port = lamp.gatt ? &lamp.hci.port : &lamp.sim.port;

    lamp.stack = calloc(1, sizeof(*lamp.stack));
    assert_non_null(lamp.stack);
    if (!defined) {
        as_defined = m_lamp;
        defined = true;
    }
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

void lamp_switch_off(void)
{
    usher_deinit(&lamp.stack->usher);
    if (lamp.gatt) {
        hciport_deinit(&lamp.hci);
    } else {
        simport_deinit(&lamp.sim);
    }
    free(lamp.stack);
}

void lamp_wait_for_provisioner(void)
{
    static const mesh_provisionee_start_params_t params = {
        .prov_sd_ble_opt_set_cb = on_opt_set,
        .prov_complete_cb = on_complete,
        .prov_device_identification_start_cb = on_start,
        .prov_device_identification_stop_cb = on_stop,
        .prov_abort_cb = on_abort,
        .p_static_data = gatt_static_oob,
    };

    assert_int_equal(mesh_provisionee_prov_start(&params), OK);
}

/* -- the phone --------------------------------------------------------------------------------- */

struct phone phone;

struct node *phone_node(void)
{
    return &phone.all->node[PHONE];
}

void gatt_run(uint64_t ms)
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
        assert_int_equal(usher_auth_static(&phone.session, gatt_static_oob, 16), USHER_OK);
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

void phone_look_for_device(bool gatt)
{
    phone.heard[gatt] = false;
    assert_int_equal(usher_scan(&phone_node()->usher, true), USHER_OK);
    assert_true(wait_for(&phone.heard[gatt], 10000));
    assert_int_equal(usher_scan(&phone_node()->usher, false), USHER_OK);
}

void phone_provision(bool gatt)
{
    struct usher_prov_data data = { .address = nodes_address(LAMP) };
    struct usher_provision with = { .uuid = nrf_mesh_configure_device_uuid_get(),
                                    .attention_s = 5,
                                    .data = &data,
                                    .peer = gatt ? &phone.peer : NULL };

    memcpy(data.netkey, nodes_key(0x11), sizeof(data.netkey));
    phone.closed = phone.complete = false;
    phone_look_for_device(gatt);
    assert_int_equal(usher_provision(&phone.session, &with), USHER_OK);
    assert_true(wait_for(&phone.closed, 60000));
    gatt_run(2000);
}

/* @retval false  No proxy was heard. */
bool phone_look_for_proxy(bool by_identity)
{
    const uint16_t address = nodes_address(LAMP);

    phone.found = false;
    usher_proxy_scan(&phone_node()->gatt, true, &address, by_identity ? 1 : 0);
    for (unsigned i = 0; i < 20 && (!phone.found || (by_identity && phone.found_address == 0));
         i++) {
        gatt_run(200);
    }
    usher_proxy_scan(&phone_node()->gatt, false, NULL, 0);
    return phone.found && (!by_identity || phone.found_address == address);
}

void phone_connect(void)
{
    unsigned before = phone_node()->gatt_events[USHER_GATT_EVT_CONNECTED];

    assert_true(phone_look_for_proxy(false));
    assert_int_equal(usher_proxy_connect(&phone_node()->gatt, &phone.peer, &phone.conn), USHER_OK);
    gatt_run(3000);
    assert_int_equal(phone_node()->gatt_events[USHER_GATT_EVT_CONNECTED], before + 1);
    assert_true(proxy_is_connected());
}

bool phone_is_connected(void)
{
    return phone_node()->gatt_events[USHER_GATT_EVT_CONNECTED] >
           phone_node()->gatt_events[USHER_GATT_EVT_DISCONNECTED];
}

const struct usher_config_msg *phone_ask(const struct usher_config_msg *question)
{
    static struct usher_config_msg answer;

    assert_int_equal(nodes_config_ask(phone.all, PHONE, LAMP, question, &answer), USHER_OK);
    enter();
    return &answer;
}

/* -- both -------------------------------------------------------------------------------------- */

void gatt_begin(bool gatt)
{
    memset(&lamp, 0, sizeof(lamp));
    memset(&phone, 0, sizeof(phone));
    lamp.before = layer_stack();
    lamp.gatt = gatt;
    phone.all = nodes_new(&(struct nodes_config){ .count = COUNT, .seed = 3, .mtu = 247 });
    phone_node()->usher_told = on_phone;
    phone_node()->gatt_told = on_proxy;
    usher_session_init(&phone_node()->usher, &phone.session, NULL, NULL);
    lamp_switch_on(phone.all);
}

void gatt_end(void)
{
    lamp_switch_off();
    nodes_free(phone.all);
    (void)layer_stack_enter(lamp.before);
}

/* The lamp is a node, and the phone in its network, but for the advertising bearer. */
void gatt_begin_as_node(void)
{
    gatt_begin(true);
    lamp_wait_for_provisioner();
    assert_int_equal(mesh_stack_start(), OK);
    phone_provision(true);
    assert_true(phone.complete);
    lamp_assert_told("ESTDOCE");
    nodes_provision_one(phone.all, PHONE);
    usher_mesh_bearers(&phone_node()->mesh, USHER_BEARER_GATT);
}
