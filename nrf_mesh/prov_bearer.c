/*
 * Bearers of nrf_mesh_prov_bearer.h: PB-ADV and PB-GATT, whose links are the core's session. prov.c
 * starts and stops them through their interface. Both have the states of PB-ADV.
 */
#include "nrf_mesh_prov_bearer_adv.h"
#include "nrf_mesh_prov_bearer_gatt.h"
#include "prov_inside.h"
#include "stack.h"
#include "utils.h"

#include "nrf_mesh_configure.h"

#include <string.h>

static const prov_bearer_interface_t adv_interface, gatt_interface;

static bool is_ours(const prov_bearer_t *p_bearer)
{
    return p_bearer->p_interface == &adv_interface || p_bearer->p_interface == &gatt_interface;
}

/* -- the state of one -------------------------------------------------------------------------- */

static nrf_mesh_prov_bearer_adv_t *adv_of(prov_bearer_t *p_bearer)
{
    return PARENT_BY_FIELD_GET(nrf_mesh_prov_bearer_adv_t, prov_bearer, p_bearer);
}

static nrf_mesh_prov_bearer_gatt_t *gatt_of(prov_bearer_t *p_bearer)
{
    return PARENT_BY_FIELD_GET(nrf_mesh_prov_bearer_gatt_t, bearer, p_bearer);
}

static prov_bearer_adv_state_t state_of(prov_bearer_t *p_bearer)
{
    return p_bearer->bearer_type == NRF_MESH_PROV_BEARER_ADV
               ? adv_of(p_bearer)->state
               : (prov_bearer_adv_state_t)gatt_of(p_bearer)->fsm.current_state;
}

static void state_set(prov_bearer_t *p_bearer, prov_bearer_adv_state_t state)
{
    if (p_bearer->bearer_type == NRF_MESH_PROV_BEARER_ADV) {
        adv_of(p_bearer)->state = state;
    } else {
        gatt_of(p_bearer)->fsm.current_state = (fsm_state_id_t)state;
    }
}

/* -- what it does ------------------------------------------------------------------------------ */

static bool initialized(const nrf_mesh_prov_ctx_t *p_ctx)
{
    return p_ctx->session.node != NULL && p_ctx->session.node->port != NULL;
}

static struct usher_caps caps_of(const nrf_mesh_prov_oob_caps_t *p_caps)
{
    return (struct usher_caps){
        .num_elements = p_caps->num_elements,
        .algorithms = p_caps->algorithms,
        .pubkey_type = p_caps->pubkey_type,
        .oob_static_types = p_caps->oob_static_types,
        .oob_output_size = p_caps->oob_output_size,
        .oob_output_actions = p_caps->oob_output_actions,
        .oob_input_size = p_caps->oob_input_size,
        .oob_input_actions = p_caps->oob_input_actions,
    };
}

/* The UUID is that of the node that the context belongs to, which need not be the current one. */
static const uint8_t *own_uuid(const nrf_mesh_prov_ctx_t *p_ctx)
{
    struct nrf_mesh_stack *before =
        layer_stack_enter(PARENT_BY_FIELD_GET(struct nrf_mesh_stack, usher, p_ctx->session.node));
    const uint8_t *uuid = nrf_mesh_configure_device_uuid_get();

    layer_stack_enter(before);
    return uuid;
}

/* The bearers, bits, that the context's session listens on. */
static unsigned listens_on(const nrf_mesh_prov_ctx_t *p_ctx)
{
    unsigned types = 0;

    LIST_FOREACH(p_node, p_ctx->p_bearers)
    {
        prov_bearer_t *p_bearer = PARENT_BY_FIELD_GET(prov_bearer_t, node, p_node);

        if (is_ours(p_bearer) && state_of(p_bearer) == PROV_BEARER_ADV_STATE_LISTEN) {
            types |= (unsigned)p_bearer->bearer_type;
        }
    }
    return types;
}

/* One session listens on both: it begins again with one more. */
static uint32_t listen_start(prov_bearer_t *p_bearer, const char *p_uri, uint16_t oob_info,
                             uint32_t link_timeout_us)
{
    nrf_mesh_prov_ctx_t *p_ctx = p_bearer->p_parent;
    struct usher_listen listen = { .oob_info = oob_info };
    uint32_t err;

    (void)link_timeout_us; /* the core's, at least 60 s */
    if (!initialized(p_ctx) || state_of(p_bearer) != PROV_BEARER_ADV_STATE_IDLE) {
        return NRF_ERROR_INVALID_STATE;
    }
    if (p_uri != NULL) {
        if (strlen(p_uri) > UINT8_MAX) {
            return NRF_ERROR_INVALID_PARAM;
        }
        listen.uri = (const uint8_t *)p_uri;
        listen.uri_len = (uint8_t)strlen(p_uri);
    }
    listen.uuid = own_uuid(p_ctx);
    listen.bearers = listens_on(p_ctx) | (unsigned)p_bearer->bearer_type;
    p_ctx->session.capabilities = caps_of(&p_ctx->capabilities);
    (void)usher_listen_stop(&p_ctx->session);
    err = usher_listen(&p_ctx->session, &listen);
    if (err == NRF_SUCCESS) {
        state_set(p_bearer, PROV_BEARER_ADV_STATE_LISTEN);
    }
    return err;
}

/* The session ends with the first of its bearers: those of a context are stopped together. */
static uint32_t listen_stop(prov_bearer_t *p_bearer)
{
    nrf_mesh_prov_ctx_t *p_ctx = p_bearer->p_parent;

    if (state_of(p_bearer) != PROV_BEARER_ADV_STATE_LISTEN) {
        return NRF_ERROR_INVALID_STATE;
    }
    state_set(p_bearer, PROV_BEARER_ADV_STATE_IDLE);
    (void)usher_listen_stop(&p_ctx->session);
    return NRF_SUCCESS;
}

static uint32_t link_open(prov_bearer_t *p_bearer, const uint8_t *p_uuid, uint32_t link_timeout_us)
{
    nrf_mesh_prov_ctx_t *p_ctx = p_bearer->p_parent;
    struct usher_prov_data data = {
        .netkey_index = p_ctx->data.netkey_index,
        .iv_index = p_ctx->data.iv_index,
        .address = p_ctx->data.address,
        .flags = { p_ctx->data.flags.iv_update, p_ctx->data.flags.key_refresh },
    };
    struct usher_provision provision = {
        .uuid = p_uuid,
        .attention_s = p_ctx->attention_duration_s,
        .data = &data,
    };
    uint32_t err;

    (void)link_timeout_us;
    if (!initialized(p_ctx) || state_of(p_bearer) != PROV_BEARER_ADV_STATE_IDLE) {
        return NRF_ERROR_INVALID_STATE;
    }
    memcpy(data.netkey, p_ctx->data.netkey, sizeof(data.netkey));
    state_set(p_bearer, PROV_BEARER_ADV_STATE_LINK_OPENING);
    err = usher_provision(&p_ctx->session, &provision);
    if (err != NRF_SUCCESS) {
        state_set(p_bearer, PROV_BEARER_ADV_STATE_IDLE);
    }
    p_ctx->session.node->port->crypto->wipe(&data, sizeof(data));
    return err;
}

static void link_close(prov_bearer_t *p_bearer, nrf_mesh_prov_link_close_reason_t close_reason)
{
    nrf_mesh_prov_ctx_t *p_ctx = p_bearer->p_parent;

    if (usher_cancel(&p_ctx->session, (enum usher_close_reason)close_reason) == USHER_OK &&
        state_of(p_bearer) != PROV_BEARER_ADV_STATE_IDLE) {
        state_set(p_bearer, PROV_BEARER_ADV_STATE_LINK_CLOSING);
    }
}

static const prov_bearer_interface_t adv_interface = {
    .listen_start = listen_start,
    .listen_stop = listen_stop,
    .link_open = link_open,
    .link_close = link_close,
};

static const prov_bearer_interface_t gatt_interface = {
    .listen_start = listen_start,
    .listen_stop = listen_stop,
    .link_close = link_close,
};

/* -- making one -------------------------------------------------------------------------------- */

prov_bearer_t *nrf_mesh_prov_bearer_adv_interface_get(nrf_mesh_prov_bearer_adv_t *p_bearer_adv)
{
    NRF_MESH_ASSERT(p_bearer_adv != NULL);
    if (p_bearer_adv == NULL) {
        return NULL; /* the application goes on after an assertion */
    }
    p_bearer_adv->instance_state = PROV_BEARER_ADV_INSTANCE_INITIALIZED;
    p_bearer_adv->prov_bearer.bearer_type = NRF_MESH_PROV_BEARER_ADV;
    p_bearer_adv->prov_bearer.p_interface = &adv_interface;
    return &p_bearer_adv->prov_bearer;
}

uint32_t nrf_mesh_prov_bearer_gatt_init(nrf_mesh_prov_bearer_gatt_t *p_bearer_gatt)
{
    if (p_bearer_gatt == NULL) {
        return NRF_ERROR_NULL;
    }
    return layer_stack()->usher.gatt == NULL ? NRF_ERROR_NOT_SUPPORTED : NRF_SUCCESS;
}

prov_bearer_t *nrf_mesh_prov_bearer_gatt_interface_get(nrf_mesh_prov_bearer_gatt_t *p_bearer_gatt)
{
    NRF_MESH_ASSERT(p_bearer_gatt != NULL);
    if (p_bearer_gatt == NULL) {
        return NULL; /* the application goes on after an assertion */
    }
    p_bearer_gatt->bearer.bearer_type = NRF_MESH_PROV_BEARER_GATT;
    p_bearer_gatt->bearer.p_interface = &gatt_interface;
    return &p_bearer_gatt->bearer;
}

/* -- a context's bearers ----------------------------------------------------------------------- */

prov_bearer_t *prov_bearer_find(const nrf_mesh_prov_ctx_t *p_ctx, uint32_t type)
{
    LIST_FOREACH(p_node, p_ctx->p_bearers)
    {
        prov_bearer_t *p_bearer = PARENT_BY_FIELD_GET(prov_bearer_t, node, p_node);

        if (p_bearer->bearer_type == type) {
            return p_bearer;
        }
    }
    return NULL;
}

uint32_t prov_bearer_listen(prov_bearer_t *p_bearer, const char *p_uri, uint16_t oob_info)
{
    return is_ours(p_bearer) ? p_bearer->p_interface->listen_start(
                                   p_bearer, p_uri, oob_info, NRF_MESH_PROV_LINK_TIMEOUT_MIN_US)
                             : NRF_ERROR_NOT_SUPPORTED;
}

void prov_bearer_listen_stop(const nrf_mesh_prov_ctx_t *p_ctx, const prov_bearer_t *p_but)
{
    LIST_FOREACH(p_node, p_ctx->p_bearers)
    {
        prov_bearer_t *p_bearer = PARENT_BY_FIELD_GET(prov_bearer_t, node, p_node);

        if (p_bearer != p_but && is_ours(p_bearer)) {
            (void)p_bearer->p_interface->listen_stop(p_bearer);
        }
    }
}

bool prov_bearer_can_open(const prov_bearer_t *p_bearer)
{
    return is_ours(p_bearer) && p_bearer->p_interface->link_open != NULL;
}

void prov_bearer_opened(nrf_mesh_prov_ctx_t *p_ctx)
{
    struct usher_outcome outcome;
    prov_bearer_t *p_bearer;

    usher_outcome(&p_ctx->session, &outcome);
    p_bearer = prov_bearer_find(p_ctx, outcome.gatt ? NRF_MESH_PROV_BEARER_GATT
                                                    : NRF_MESH_PROV_BEARER_ADV);
    state_set(p_bearer, PROV_BEARER_ADV_STATE_LINK_OPEN);
    p_ctx->p_active_bearer = p_bearer;
    prov_bearer_listen_stop(p_ctx, p_bearer);
}

void prov_bearer_closed(nrf_mesh_prov_ctx_t *p_ctx, nrf_mesh_prov_link_close_reason_t reason)
{
    prov_bearer_t *p_bearer = p_ctx->p_active_bearer;

    state_set(p_bearer, PROV_BEARER_ADV_STATE_IDLE);
    if (p_bearer->bearer_type == NRF_MESH_PROV_BEARER_ADV) {
        adv_of(p_bearer)->close_reason = reason;
    }
    p_ctx->p_active_bearer = NULL;
}
