/*
 * Events of provisioning: the core's, in the SDK's words and order. The core calls it (usher_init()
 * is given prov_on_event()), it calls the handlers of contexts and of the scanner.
 *
 * Where they differ: the core asks for the AuthValue when the keys are exchanged, the SDK once the
 * shared secret is there. So with ECDH offloading that question is held until the secret was given.
 */
#include "prov_inside.h"
#include "stack.h"

#include "mesh_opt_prov.h"
#include "nordic_common.h"
#include "oob.h"
#include "session.h"

#include <assert.h>
#include <string.h>

static_assert((int)NRF_MESH_PROV_EVT_UNPROVISIONED_RECEIVED == USHER_EVT_UNPROVISIONED_RECEIVED &&
                  (int)NRF_MESH_PROV_EVT_LINK_ESTABLISHED == USHER_EVT_LINK_ESTABLISHED &&
                  (int)NRF_MESH_PROV_EVT_LINK_CLOSED == USHER_EVT_LINK_CLOSED &&
                  (int)NRF_MESH_PROV_EVT_INVITE_RECEIVED == USHER_EVT_INVITE_RECEIVED &&
                  (int)NRF_MESH_PROV_EVT_START_RECEIVED == USHER_EVT_START_RECEIVED &&
                  (int)NRF_MESH_PROV_EVT_OUTPUT_REQUEST == USHER_EVT_OUTPUT_REQUEST &&
                  (int)NRF_MESH_PROV_EVT_INPUT_REQUEST == USHER_EVT_INPUT_REQUEST &&
                  (int)NRF_MESH_PROV_EVT_STATIC_REQUEST == USHER_EVT_STATIC_REQUEST &&
                  (int)NRF_MESH_PROV_EVT_OOB_PUBKEY_REQUEST == USHER_EVT_OOB_PUBKEY_REQUEST &&
                  (int)NRF_MESH_PROV_EVT_CAPS_RECEIVED == USHER_EVT_CAPS_RECEIVED &&
                  (int)NRF_MESH_PROV_EVT_COMPLETE == USHER_EVT_COMPLETE &&
                  (int)NRF_MESH_PROV_EVT_ECDH_REQUEST == USHER_EVT_ECDH_REQUEST &&
                  (int)NRF_MESH_PROV_EVT_FAILED == USHER_EVT_FAILED,
              "events have one number");

static bool is_device(const nrf_mesh_prov_ctx_t *p_ctx)
{
    return p_ctx->role == NRF_MESH_PROV_ROLE_PROVISIONEE;
}

/* -- the scanner ------------------------------------------------------------------------------- */

static void tell_unprovisioned(const struct usher_event *event)
{
    nrf_mesh_prov_evt_t evt = { .type = NRF_MESH_PROV_EVT_UNPROVISIONED_RECEIVED };
    nrf_mesh_prov_evt_unprov_t *unprov = &evt.params.unprov;

    if (layer_stack()->prov.scan_handler == NULL) {
        return;
    }
    memcpy(unprov->device_uuid, event->params.unprov.device_uuid, sizeof(unprov->device_uuid));
    memcpy(unprov->uri_hash, event->params.unprov.uri_hash, sizeof(unprov->uri_hash));
    unprov->gatt_supported = event->params.unprov.gatt_supported;
    unprov->uri_hash_present = event->params.unprov.uri_hash_present;
    unprov->oob_info = event->params.unprov.oob_info;
    unprov->p_metadata = &layer_stack()->core.heard;
    layer_stack()->prov.scan_handler(&evt);
}

/* -- a context, kept true ---------------------------------------------------------------------- */

static void wipe(const nrf_mesh_prov_ctx_t *p_ctx, void *p_secret, size_t size)
{
    p_ctx->session.node->port->crypto->wipe(p_secret, size);
}

void prov_wipe(nrf_mesh_prov_ctx_t *p_ctx)
{
    wipe(p_ctx, p_ctx->auth_value, sizeof(p_ctx->auth_value));
    wipe(p_ctx, p_ctx->device_key, sizeof(p_ctx->device_key));
    wipe(p_ctx, &p_ctx->data, sizeof(p_ctx->data));
    wipe(p_ctx, &p_ctx->session.prov, sizeof(p_ctx->session.prov));
}

/* Until the keys are exchanged, who computes ECDH follows the option. */
static void follow_option(nrf_mesh_prov_ctx_t *p_ctx)
{
    bool offloading;

    if (session_phase(&p_ctx->session.prov) < USHER_PHASE_ECDH &&
        mesh_opt_prov_ecdh_offloading_get(&offloading) == NRF_SUCCESS) {
        p_ctx->session.ecdh_offload = offloading;
    }
}

static void learn_peer_key(nrf_mesh_prov_ctx_t *p_ctx)
{
    struct usher_prov *p = &p_ctx->session.prov;

    memcpy(p_ctx->peer_public_key, session_key(p, session_peer(p)), sizeof(p_ctx->peer_public_key));
}

static void learn_start(nrf_mesh_prov_ctx_t *p_ctx)
{
    const struct usher_start *start = &p_ctx->session.prov.start;

    p_ctx->oob_method = (nrf_mesh_prov_oob_method_t)start->method;
    p_ctx->oob_action = start->action;
    p_ctx->oob_size = start->method == USHER_OOB_STATIC ? PROV_AUTH_LEN : start->size;
    p_ctx->pubkey_oob = start->public_key != 0;
}

/* The value shown, in the SDK's 16 octets whatever the algorithm. */
static void learn_shown(nrf_mesh_prov_ctx_t *p_ctx, const struct usher_event *event)
{
    if (oob_is_text(&p_ctx->session.prov.start)) {
        oob_place_octets(p_ctx->auth_value, sizeof(p_ctx->auth_value),
                         (const uint8_t *)event->params.output_request.text,
                         event->params.output_request.size);
    } else {
        oob_place_number(p_ctx->auth_value, sizeof(p_ctx->auth_value),
                         event->params.output_request.number);
    }
}

static void learn_result(nrf_mesh_prov_ctx_t *p_ctx, const struct usher_event *event)
{
    const struct usher_prov_data *data = event->params.complete.p_prov_data;

    memcpy(p_ctx->device_key, event->params.complete.p_devkey, sizeof(p_ctx->device_key));
    memset(&p_ctx->data, 0, sizeof(p_ctx->data)); /* the unused bits of flags, too */
    memcpy(p_ctx->data.netkey, data->netkey, sizeof(p_ctx->data.netkey));
    p_ctx->data.netkey_index = data->netkey_index;
    p_ctx->data.iv_index = data->iv_index;
    p_ctx->data.address = data->address;
    p_ctx->data.flags.iv_update = data->flags.iv_update;
    p_ctx->data.flags.key_refresh = data->flags.key_refresh;
}

/* What the core goes on to by itself. States in which an application was asked are left by its
 * answers. */
static void provisioner_goes_on(nrf_mesh_prov_ctx_t *p_ctx, enum usher_phase phase)
{
    switch (phase) {
    case USHER_PHASE_PUBLIC_KEY:
        if (p_ctx->state == NRF_MESH_PROV_STATE_WAIT_START_ACK && !p_ctx->pubkey_oob) {
            p_ctx->state = NRF_MESH_PROV_STATE_WAIT_PUB_KEY;
        }
        break;
    case USHER_PHASE_CONFIRMATION:
        p_ctx->state = NRF_MESH_PROV_STATE_WAIT_CONFIRMATION;
        break;
    case USHER_PHASE_RANDOM:
        p_ctx->state = NRF_MESH_PROV_STATE_WAIT_RANDOM;
        break;
    case USHER_PHASE_DATA:
        p_ctx->state = NRF_MESH_PROV_STATE_WAIT_COMPLETE;
        break;
    default:
        break;
    }
}

static void device_goes_on(nrf_mesh_prov_ctx_t *p_ctx, enum usher_phase phase)
{
    switch (phase) {
    case USHER_PHASE_START:
        p_ctx->state = NRF_MESH_PROV_STATE_WAIT_START;
        break;
    case USHER_PHASE_INPUT: /* the provisioner's Confirmation is there, our AuthValue is not */
        if (p_ctx->state == NRF_MESH_PROV_STATE_WAIT_OOB_STATIC) {
            p_ctx->state = NRF_MESH_PROV_STATE_WAIT_OOB_STATIC_C_RCVD;
        }
        break;
    case USHER_PHASE_CONFIRMATION:
        if (p_ctx->state == NRF_MESH_PROV_STATE_WAIT_PUB_KEY) {
            p_ctx->state = NRF_MESH_PROV_STATE_WAIT_CONFIRMATION;
        }
        break;
    case USHER_PHASE_RANDOM:
        p_ctx->state = NRF_MESH_PROV_STATE_WAIT_RANDOM;
        break;
    case USHER_PHASE_DATA:
        p_ctx->state = NRF_MESH_PROV_STATE_WAIT_DATA;
        break;
    default:
        break;
    }
}

static void goes_on(nrf_mesh_prov_ctx_t *p_ctx, enum usher_phase phase)
{
    if (phase >= USHER_PHASE_ECDH) {
        learn_peer_key(p_ctx);
    }
    if (p_ctx->state == NRF_MESH_PROV_STATE_FAILED || p_ctx->state == NRF_MESH_PROV_STATE_IDLE) {
        return;
    }
    if (is_device(p_ctx)) {
        device_goes_on(p_ctx, phase);
    } else {
        provisioner_goes_on(p_ctx, phase);
    }
}

/* -- a context's events ------------------------------------------------------------------------ */

nrf_mesh_prov_state_t prov_state_asking(const nrf_mesh_prov_ctx_t *p_ctx,
                                        nrf_mesh_prov_evt_type_t question)
{
    switch (question) {
    case NRF_MESH_PROV_EVT_STATIC_REQUEST:
        return NRF_MESH_PROV_STATE_WAIT_OOB_STATIC;
    case NRF_MESH_PROV_EVT_INPUT_REQUEST:
        return NRF_MESH_PROV_STATE_WAIT_OOB_INPUT;
    case NRF_MESH_PROV_EVT_OUTPUT_REQUEST:
        return is_device(p_ctx) ? NRF_MESH_PROV_STATE_WAIT_CONFIRMATION
                                : NRF_MESH_PROV_STATE_WAIT_INPUT_COMPLETE;
    default:
        return NRF_MESH_PROV_STATE_WAIT_CONFIRMATION; /* nothing is asked */
    }
}

void prov_ask(nrf_mesh_prov_ctx_t *p_ctx, nrf_mesh_prov_evt_type_t question)
{
    nrf_mesh_prov_evt_t evt = { .type = question };

    switch (question) {
    case NRF_MESH_PROV_EVT_OUTPUT_REQUEST:
        evt.params.output_request.p_context = p_ctx;
        evt.params.output_request.action = p_ctx->oob_action;
        evt.params.output_request.size = p_ctx->oob_size;
        evt.params.output_request.p_data = p_ctx->auth_value;
        break;
    case NRF_MESH_PROV_EVT_INPUT_REQUEST:
        evt.params.input_request.p_context = p_ctx;
        evt.params.input_request.action = p_ctx->oob_action;
        evt.params.input_request.size = p_ctx->oob_size;
        break;
    default:
        evt.params.static_request.p_context = p_ctx;
        break;
    }
    p_ctx->event_handler(&evt);
}

static void on_question(nrf_mesh_prov_ctx_t *p_ctx, nrf_mesh_prov_evt_type_t question)
{
    learn_peer_key(p_ctx);
    if (p_ctx->session.ecdh_offload) {
        p_ctx->held = question;
    } else {
        p_ctx->state = prov_state_asking(p_ctx, question);
        prov_ask(p_ctx, question);
    }
}

/* Events with nothing in them but the context. */
static void tell_plain(nrf_mesh_prov_ctx_t *p_ctx, nrf_mesh_prov_evt_type_t type)
{
    nrf_mesh_prov_evt_t evt = { .type = type };

    evt.params.link_established.p_context = p_ctx; /* the first member of each */
    p_ctx->event_handler(&evt);
}

static void on_link_established(nrf_mesh_prov_ctx_t *p_ctx)
{
    prov_bearer_opened(p_ctx);
    if (is_device(p_ctx)) {
        p_ctx->state = NRF_MESH_PROV_STATE_INVITE;
        tell_plain(p_ctx, NRF_MESH_PROV_EVT_LINK_ESTABLISHED);
    } else {
        tell_plain(p_ctx, NRF_MESH_PROV_EVT_LINK_ESTABLISHED);
        p_ctx->state = NRF_MESH_PROV_STATE_WAIT_CAPS;
    }
}

/* The handler may start the next session. Until it is over, the last one's result is there. */
static void on_link_closed(nrf_mesh_prov_ctx_t *p_ctx, uint8_t reason)
{
    nrf_mesh_prov_evt_t evt = { .type = NRF_MESH_PROV_EVT_LINK_CLOSED };

    evt.params.link_closed.p_context = p_ctx;
    evt.params.link_closed.close_reason = (nrf_mesh_prov_link_close_reason_t)reason;
    p_ctx->failure_code = (nrf_mesh_prov_failure_code_t)p_ctx->session.prov.failure;
    p_ctx->state = NRF_MESH_PROV_STATE_IDLE;
    p_ctx->held = NRF_MESH_PROV_EVT_UNPROVISIONED_RECEIVED;
    wipe(p_ctx, p_ctx->auth_value, sizeof(p_ctx->auth_value));
    prov_bearer_closed(p_ctx, evt.params.link_closed.close_reason);
    p_ctx->event_handler(&evt);
    if (p_ctx->state == NRF_MESH_PROV_STATE_IDLE) {
        prov_wipe(p_ctx);
    }
}

static void on_invite_received(nrf_mesh_prov_ctx_t *p_ctx, uint8_t attention_s)
{
    nrf_mesh_prov_evt_t evt = { .type = NRF_MESH_PROV_EVT_INVITE_RECEIVED };

    p_ctx->attention_duration_s = attention_s;
    evt.params.invite_received.p_context = p_ctx;
    evt.params.invite_received.attention_duration_s = attention_s;
    p_ctx->event_handler(&evt);
}

#if NRF_MESH_PROV_FORCE_SECURE_PROVISIONING
static bool is_secure(const nrf_mesh_prov_ctx_t *p_ctx)
{
    switch (p_ctx->oob_method) {
    case NRF_MESH_PROV_OOB_METHOD_STATIC:
        return p_ctx->pubkey_oob;
    case NRF_MESH_PROV_OOB_METHOD_OUTPUT:
        return p_ctx->oob_action >= NRF_MESH_PROV_OUTPUT_ACTION_DISPLAY_NUMERIC &&
               p_ctx->oob_size >= 6;
    case NRF_MESH_PROV_OOB_METHOD_INPUT:
        return p_ctx->oob_action >= NRF_MESH_PROV_INPUT_ACTION_ENTER_NUMBER && p_ctx->oob_size >= 6;
    default:
        return false;
    }
}
#endif

static void on_start_received(nrf_mesh_prov_ctx_t *p_ctx)
{
    learn_start(p_ctx);
#if NRF_MESH_PROV_FORCE_SECURE_PROVISIONING
    if (!is_secure(p_ctx)) {
        (void)usher_refuse(&p_ctx->session, USHER_FAIL_INVALID_FORMAT);
        return;
    }
#endif
    p_ctx->state = NRF_MESH_PROV_STATE_WAIT_PUB_KEY;
    tell_plain(p_ctx, NRF_MESH_PROV_EVT_START_RECEIVED);
}

static void on_caps_received(nrf_mesh_prov_ctx_t *p_ctx, const struct usher_caps *caps)
{
    nrf_mesh_prov_evt_t evt = { .type = NRF_MESH_PROV_EVT_CAPS_RECEIVED };

    p_ctx->state = NRF_MESH_PROV_STATE_WAIT_CAPS_CONFIRM;
    evt.params.oob_caps_received.p_context = p_ctx;
    evt.params.oob_caps_received.oob_caps = (nrf_mesh_prov_oob_caps_t){
        .num_elements = caps->num_elements,
        .algorithms = caps->algorithms,
        .pubkey_type = caps->pubkey_type,
        .oob_static_types = caps->oob_static_types,
        .oob_output_size = caps->oob_output_size,
        .oob_output_actions = caps->oob_output_actions,
        .oob_input_size = caps->oob_input_size,
        .oob_input_actions = caps->oob_input_actions,
    };
    p_ctx->event_handler(&evt);
}

static void on_complete(nrf_mesh_prov_ctx_t *p_ctx, const struct usher_event *event)
{
    nrf_mesh_prov_evt_t evt = { .type = NRF_MESH_PROV_EVT_COMPLETE };

    learn_result(p_ctx, event);
    if (is_device(p_ctx)) {
        p_ctx->state = NRF_MESH_PROV_STATE_COMPLETE;
    }
    evt.params.complete.p_context = p_ctx;
    evt.params.complete.p_devkey = p_ctx->device_key;
    evt.params.complete.p_prov_data = &p_ctx->data;
    p_ctx->event_handler(&evt);
}

/* The answer may come much later, so both keys are where they stay: the peer's in the context, ours
 * with the application, but for the pair that a device draws when its own is for use out of band
 * and was not asked for. */
static void on_ecdh_request(nrf_mesh_prov_ctx_t *p_ctx, const struct usher_event *event)
{
    nrf_mesh_prov_evt_t evt = { .type = NRF_MESH_PROV_EVT_ECDH_REQUEST };
    struct usher_prov *prov = &p_ctx->session.prov;
    bool app_pair = memcmp(session_key(prov, prov->role->me), p_ctx->p_public_key,
                           NRF_MESH_PROV_PUBKEY_SIZE) == 0;

    learn_peer_key(p_ctx);
    p_ctx->state = NRF_MESH_PROV_STATE_WAIT_EXTERNAL_ECDH;
    evt.params.ecdh_request.p_context = p_ctx;
    evt.params.ecdh_request.p_peer_public = p_ctx->peer_public_key;
    evt.params.ecdh_request.p_node_private =
        app_pair ? p_ctx->p_private_key : event->params.ecdh_request.p_node_private;
    p_ctx->event_handler(&evt);
}

static void on_failed(nrf_mesh_prov_ctx_t *p_ctx, uint8_t code)
{
    nrf_mesh_prov_evt_t evt = { .type = NRF_MESH_PROV_EVT_FAILED };

    p_ctx->held = NRF_MESH_PROV_EVT_UNPROVISIONED_RECEIVED;
    p_ctx->failure_code = (nrf_mesh_prov_failure_code_t)code;
    if (is_device(p_ctx)) {
        p_ctx->state = NRF_MESH_PROV_STATE_FAILED;
    }
    evt.params.failed.p_context = p_ctx;
    evt.params.failed.failure_code = p_ctx->failure_code;
    p_ctx->event_handler(&evt);
}

static void on_session_event(nrf_mesh_prov_ctx_t *p_ctx, const struct usher_event *event)
{
    follow_option(p_ctx);
    switch (event->type) {
    case USHER_EVT_LINK_ESTABLISHED:
        on_link_established(p_ctx);
        break;
    case USHER_EVT_LINK_CLOSED:
        on_link_closed(p_ctx, event->params.link_closed.close_reason);
        break;
    case USHER_EVT_INVITE_RECEIVED:
        on_invite_received(p_ctx, event->params.invite_received.attention_duration_s);
        break;
    case USHER_EVT_START_RECEIVED:
        on_start_received(p_ctx);
        break;
    case USHER_EVT_OUTPUT_REQUEST:
        learn_shown(p_ctx, event);
        on_question(p_ctx, NRF_MESH_PROV_EVT_OUTPUT_REQUEST);
        break;
    case USHER_EVT_INPUT_REQUEST:
    case USHER_EVT_STATIC_REQUEST:
        on_question(p_ctx, (nrf_mesh_prov_evt_type_t)event->type);
        break;
    case USHER_EVT_OOB_PUBKEY_REQUEST:
        if (!is_device(p_ctx)) {
            p_ctx->state = NRF_MESH_PROV_STATE_WAIT_OOB_PUB_KEY;
        }
        tell_plain(p_ctx, NRF_MESH_PROV_EVT_OOB_PUBKEY_REQUEST);
        break;
    case USHER_EVT_CAPS_RECEIVED:
        on_caps_received(p_ctx, &event->params.oob_caps_received.oob_caps);
        break;
    case USHER_EVT_COMPLETE:
        on_complete(p_ctx, event);
        break;
    case USHER_EVT_ECDH_REQUEST:
        on_ecdh_request(p_ctx, event);
        break;
    case USHER_EVT_FAILED:
        on_failed(p_ctx, event->params.failed.failure_code);
        break;
    case USHER_EVT_PHASE:
        goes_on(p_ctx, event->params.phase.phase);
        break;
    default: /* data were given with nrf_mesh_prov_provision(), and are stored with COMPLETE */
        break;
    }
}

void prov_on_event(void *user, struct usher *u, const struct usher_event *event)
{
    struct nrf_mesh_stack *s = user, *before = layer_stack_enter(s);
    bool taken = s->host != NULL && s->host->session_event(event);

    (void)u;
    if (event->type == USHER_EVT_UNPROVISIONED_RECEIVED) {
        tell_unprovisioned(event);
    } else if (!taken) {
        on_session_event(
            CONTAINER_OF(event->params.link_established.p_context, nrf_mesh_prov_ctx_t, session),
            event);
    }
    layer_stack_enter(before);
}
