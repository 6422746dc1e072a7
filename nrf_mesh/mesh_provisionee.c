/*
 * The device of mesh_provisionee.h: listens with static OOB, becomes a node when it is provisioned,
 * listens again when that failed. It uses the layer as an application would, from the outside.
 */
#include "mesh_provisionee.h"

#include "mesh_stack.h"
#include "nrf_mesh_config_app.h"
#include "nrf_mesh_events.h"
#include "nrf_mesh_prov.h"
#include "nrf_mesh_prov_bearer_adv.h"
#include "nrf_mesh_prov_bearer_gatt.h"
#include "proxy.h"
#include "stack.h"

#if !MESH_FEATURE_PB_ADV_ENABLED && !MESH_FEATURE_PB_GATT_ENABLED
#error "MESH_FEATURE_PB_ADV_ENABLED and MESH_FEATURE_PB_GATT_ENABLED are off: there is no bearer"
#endif

/* -- a node ------------------------------------------------------------------------------------ */

static void complete(const struct provisionee *self)
{
    if (self->params.prov_complete_cb != NULL) {
        self->params.prov_complete_cb();
    }
}

/* It was off the air: the SDK's order, in which an application sets up its connections anew. */
static void to_proxy(struct provisionee *self)
{
    self->switching = false;
    if (self->params.prov_sd_ble_opt_set_cb != NULL) {
        self->params.prov_sd_ble_opt_set_cb();
    }
    proxy_init();
    if (proxy_is_enabled()) {
        /* Who has provisioned it finds it by its identity. The phase is the core's affair. */
        (void)proxy_node_id_enable(NULL, NRF_MESH_KEY_REFRESH_PHASE_0);
    }
    (void)nrf_mesh_enable();
    complete(self);
}

/* Devices that have PB-GATT go from its service to that of the proxy. */
static void becomes_node(struct provisionee *self)
{
    bool has_gatt = (self->ctx.supported_bearers & NRF_MESH_PROV_BEARER_GATT) != 0;

    self->switching = has_gatt && nrf_mesh_disable() == NRF_SUCCESS;
    if (!self->switching) {
        complete(self);
    }
}

static void on_core_event(const nrf_mesh_evt_t *p_evt)
{
    struct provisionee *self = &layer_stack()->prov.provisionee;

    if (p_evt->type == NRF_MESH_EVT_READY_TO_POWER_OFF) {
        self->powering_down = true;
    } else if (p_evt->type == NRF_MESH_EVT_DISABLED && self->switching) {
        to_proxy(self);
    }
}

/* -- a device ---------------------------------------------------------------------------------- */

/* A session's keys are its own: a new pair each time. */
static uint32_t listen(struct provisionee *self)
{
    uint32_t err = nrf_mesh_prov_generate_keys(self->public_key, self->private_key);

    if (err == NRF_SUCCESS) {
        err = nrf_mesh_prov_listen(&self->ctx, self->params.p_device_uri, 0,
                                   self->ctx.supported_bearers);
    }
    return err;
}

static void identification_start(struct provisionee *self, uint8_t attention_s)
{
    if (attention_s != 0) {
        self->identifying = true;
        if (self->params.prov_device_identification_start_cb != NULL) {
            self->params.prov_device_identification_start_cb(attention_s);
        }
    }
}

static void identification_stop(struct provisionee *self)
{
    if (self->identifying) {
        self->identifying = false;
        if (self->params.prov_device_identification_stop_cb != NULL) {
            self->params.prov_device_identification_stop_cb();
        }
    }
}

static void on_link_closed(struct provisionee *self)
{
    identification_stop(self);
    layer_stack()->usher.port->crypto->wipe(self->private_key, sizeof(self->private_key));
    if (self->provisioned) {
        becomes_node(self);
        return;
    }
    if (self->params.prov_abort_cb != NULL) {
        self->params.prov_abort_cb();
    }
    /* The callback may have begun anew, or ended it all. */
    if (!self->powering_down && !mesh_stack_is_device_provisioned() &&
        self->ctx.state == NRF_MESH_PROV_STATE_IDLE) {
        NRF_MESH_ERROR_CHECK(listen(self));
    }
}

static void on_prov_event(const nrf_mesh_prov_evt_t *p_evt)
{
    struct provisionee *self = &layer_stack()->prov.provisionee;

    switch (p_evt->type) {
    case NRF_MESH_PROV_EVT_INVITE_RECEIVED:
        identification_start(self, p_evt->params.invite_received.attention_duration_s);
        break;
    case NRF_MESH_PROV_EVT_START_RECEIVED:
        identification_stop(self);
        break;
    case NRF_MESH_PROV_EVT_STATIC_REQUEST:
        NRF_MESH_ERROR_CHECK(nrf_mesh_prov_auth_data_provide(
            p_evt->params.static_request.p_context, self->params.p_static_data, PROV_AUTH_LEN));
        break;
    case NRF_MESH_PROV_EVT_COMPLETE:
        self->provisioned =
            mesh_stack_provisioning_data_store(p_evt->params.complete.p_prov_data,
                                               p_evt->params.complete.p_devkey) == NRF_SUCCESS;
        break;
    case NRF_MESH_PROV_EVT_LINK_CLOSED:
        on_link_closed(self);
        break;
    default:
        break;
    }
}

static uint32_t bearer_add(struct provisionee *self, prov_bearer_t *p_bearer)
{
    bool has = (self->ctx.supported_bearers & p_bearer->bearer_type) != 0;

    return has ? NRF_SUCCESS : nrf_mesh_prov_bearer_add(&self->ctx, p_bearer);
}

/* A radio without GATT has PB-ADV. */
static uint32_t bearers_add(struct provisionee *self)
{
    uint32_t err = NRF_ERROR_NOT_SUPPORTED;

    if (MESH_FEATURE_PB_GATT_ENABLED) {
        err = nrf_mesh_prov_bearer_gatt_init(&self->bearer_gatt);
        if (err == NRF_SUCCESS) {
            err = bearer_add(self, nrf_mesh_prov_bearer_gatt_interface_get(&self->bearer_gatt));
        }
    }
    if (MESH_FEATURE_PB_ADV_ENABLED && (err == NRF_SUCCESS || err == NRF_ERROR_NOT_SUPPORTED)) {
        err = bearer_add(self, nrf_mesh_prov_bearer_adv_interface_get(&self->bearer_adv));
    }
    return err;
}

static uint32_t prepare(struct provisionee *self)
{
    static const nrf_mesh_prov_oob_caps_t caps =
        NRF_MESH_PROV_OOB_CAPS_DEFAULT(ACCESS_ELEMENT_COUNT);
    uint32_t err =
        nrf_mesh_prov_init(&self->ctx, self->public_key, self->private_key, &caps, on_prov_event);

    if (err == NRF_SUCCESS) {
        err = bearers_add(self);
    }
    return err;
}

uint32_t mesh_provisionee_prov_start(const mesh_provisionee_start_params_t *p_start_params)
{
    struct provisionee *self = &layer_stack()->prov.provisionee;
    uint32_t err;

    if (p_start_params == NULL) {
        return NRF_ERROR_NULL;
    }
    if (p_start_params->p_static_data == NULL) {
        return NRF_ERROR_INVALID_PARAM;
    }
    if (self->powering_down) {
        return NRF_ERROR_INVALID_STATE;
    }
    err = prepare(self);
    if (err != NRF_SUCCESS) {
        return err;
    }
    self->params = *p_start_params;
    self->identifying = false;
    self->provisioned = false;
    self->switching = false;
    self->evt_handler.evt_cb = on_core_event;
    nrf_mesh_evt_handler_add(&self->evt_handler);
    return listen(self);
}

uint32_t mesh_provisionee_prov_listen_stop(void)
{
    return nrf_mesh_prov_listen_stop(&layer_stack()->prov.provisionee.ctx);
}
