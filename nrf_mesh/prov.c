/*
 * The calls of nrf_mesh_prov.h: checked as the SDK's are, in its order, and forwarded to the
 * context's session. Applications call it; mesh_provisionee.c does as one.
 *
 * A call sets the state that follows before it forwards, since the core may go further at once, and
 * takes it back when the core refuses.
 */
#include "prov_inside.h"
#include "stack.h"

#include "nordic_common.h"
#include "nrf_mesh_config_core.h"

#include <assert.h>
#include <string.h>

static_assert(NRF_SUCCESS == (int)USHER_OK && NRF_ERROR_INTERNAL == (int)USHER_E_INTERNAL &&
                  NRF_ERROR_NOT_SUPPORTED == (int)USHER_E_UNSUPPORTED &&
                  NRF_ERROR_INVALID_PARAM == (int)USHER_E_PARAM &&
                  NRF_ERROR_INVALID_STATE == (int)USHER_E_STATE &&
                  NRF_ERROR_INVALID_LENGTH == (int)USHER_E_LENGTH &&
                  NRF_ERROR_INVALID_DATA == (int)USHER_E_DATA &&
                  NRF_ERROR_NULL == (int)USHER_E_NULL,
              "error codes have one number");

/* The entry call of a role that is not linked says so whatever it is asked. */
static bool role_linked(nrf_mesh_prov_role_t role)
{
    enum usher_err err = role == NRF_MESH_PROV_ROLE_PROVISIONER ? usher_provision(NULL, NULL)
                                                                : usher_listen(NULL, NULL);

    return err != USHER_E_UNSUPPORTED;
}

/* A call was refused. What happened within it, if anything did, stays. */
static void take_back(nrf_mesh_prov_ctx_t *p_ctx, nrf_mesh_prov_state_t set,
                      nrf_mesh_prov_state_t before)
{
    if (p_ctx->state == set) {
        p_ctx->state = before;
    }
}

/* Begins a session: nothing of the one before is left. */
static void begin(nrf_mesh_prov_ctx_t *p_ctx, nrf_mesh_prov_role_t role)
{
    p_ctx->role = role;
    p_ctx->state = NRF_MESH_PROV_STATE_WAIT_LINK;
    p_ctx->failure_code = (nrf_mesh_prov_failure_code_t)0;
    p_ctx->oob_method = NRF_MESH_PROV_OOB_METHOD_NONE;
    p_ctx->oob_action = 0;
    p_ctx->oob_size = 0;
    p_ctx->pubkey_oob = false;
    memset(p_ctx->peer_public_key, 0, sizeof(p_ctx->peer_public_key));
    memset(p_ctx->device_key, 0, sizeof(p_ctx->device_key));
}

uint32_t nrf_mesh_prov_init(nrf_mesh_prov_ctx_t *p_ctx, const uint8_t *p_public_key,
                            const uint8_t *p_private_key, const nrf_mesh_prov_oob_caps_t *p_caps,
                            nrf_mesh_prov_evt_handler_cb_t event_handler)
{
    if (p_ctx == NULL || p_public_key == NULL || p_private_key == NULL || p_caps == NULL ||
        event_handler == NULL) {
        return NRF_ERROR_NULL;
    }
    if (p_ctx->state != NRF_MESH_PROV_STATE_IDLE) {
        return NRF_ERROR_INVALID_STATE;
    }
    p_ctx->p_public_key = p_public_key;
    p_ctx->p_private_key = p_private_key;
    p_ctx->capabilities = *p_caps;
    p_ctx->event_handler = event_handler;
    usher_session_init(&layer_stack()->usher, &p_ctx->session, NULL, NULL);
    usher_session_keys_set(&p_ctx->session, p_private_key, p_public_key);
    return NRF_SUCCESS;
}

uint32_t nrf_mesh_prov_bearer_add(nrf_mesh_prov_ctx_t *p_ctx, prov_bearer_t *p_prov_bearer)
{
    if (p_ctx == NULL || p_prov_bearer == NULL) {
        return NRF_ERROR_NULL;
    }
    if (prov_bearer_find(p_ctx, p_prov_bearer->bearer_type) != NULL) {
        return NRF_ERROR_FORBIDDEN;
    }
    list_add(&p_ctx->p_bearers, &p_prov_bearer->node);
    p_prov_bearer->p_parent = p_ctx;
    p_ctx->supported_bearers |= p_prov_bearer->bearer_type;
    return NRF_SUCCESS;
}

uint32_t nrf_mesh_prov_generate_keys(uint8_t *p_public, uint8_t *p_private)
{
    if (p_public == NULL || p_private == NULL) {
        return NRF_ERROR_NULL;
    }
#if NRF_MESH_UECC_ENABLE
    return layer_stack()->usher.port == NULL
               ? NRF_ERROR_INTERNAL
               : usher_generate_keys(&layer_stack()->usher, p_private, p_public);
#else
    return NRF_ERROR_NOT_SUPPORTED;
#endif
}

/* -- device ------------------------------------------------------------------------------------ */

static bool may_listen(const nrf_mesh_prov_ctx_t *p_ctx)
{
    return p_ctx->state == NRF_MESH_PROV_STATE_IDLE ||
           (p_ctx->state == NRF_MESH_PROV_STATE_WAIT_LINK &&
            p_ctx->role == NRF_MESH_PROV_ROLE_PROVISIONEE);
}

uint32_t nrf_mesh_prov_listen(nrf_mesh_prov_ctx_t *p_ctx, const char *URI,
                              uint16_t oob_info_sources, uint32_t bearer_types)
{
    uint32_t err = NRF_SUCCESS;

    if (p_ctx == NULL) {
        return NRF_ERROR_NULL;
    }
    if (!may_listen(p_ctx)) {
        return NRF_ERROR_INVALID_STATE;
    }
    if (bearer_types == 0 || (bearer_types & ~p_ctx->supported_bearers) != 0) {
        return NRF_ERROR_INVALID_PARAM;
    }
    if (!role_linked(NRF_MESH_PROV_ROLE_PROVISIONEE)) {
        return NRF_ERROR_NOT_SUPPORTED;
    }
    begin(p_ctx, NRF_MESH_PROV_ROLE_PROVISIONEE);
    memset(&p_ctx->data, 0, sizeof(p_ctx->data));
    for (uint32_t type = 1; type <= bearer_types && err == NRF_SUCCESS; type <<= 1) {
        if ((bearer_types & type) != 0) {
            err = prov_bearer_listen(prov_bearer_find(p_ctx, type), URI, oob_info_sources);
        }
    }
    if (err != NRF_SUCCESS) {
        prov_bearer_listen_stop(p_ctx, NULL);
        p_ctx->state = NRF_MESH_PROV_STATE_IDLE;
    }
    return err;
}

uint32_t nrf_mesh_prov_listen_stop(nrf_mesh_prov_ctx_t *p_ctx)
{
    if (p_ctx == NULL) {
        return NRF_ERROR_NULL;
    }
    if (p_ctx->state != NRF_MESH_PROV_STATE_WAIT_LINK ||
        p_ctx->role != NRF_MESH_PROV_ROLE_PROVISIONEE) {
        return NRF_ERROR_INVALID_STATE;
    }
    p_ctx->state = NRF_MESH_PROV_STATE_IDLE;
    prov_bearer_listen_stop(p_ctx, NULL);
    return NRF_SUCCESS;
}

/* -- provisioner ------------------------------------------------------------------------------- */

uint32_t nrf_mesh_prov_provision(nrf_mesh_prov_ctx_t *p_ctx, const uint8_t *p_target_uuid,
                                 uint8_t attention_duration_s,
                                 const nrf_mesh_prov_provisioning_data_t *p_data,
                                 nrf_mesh_prov_bearer_type_t bearer)
{
    prov_bearer_t *p_bearer;
    uint32_t err;

    if (p_ctx == NULL || p_target_uuid == NULL || p_data == NULL) {
        return NRF_ERROR_NULL;
    }
    if (p_data->netkey_index > NRF_MESH_GLOBAL_KEY_INDEX_MAX ||
        p_data->address < USHER_UNICAST_MIN || p_data->address > USHER_UNICAST_MAX) {
        return NRF_ERROR_INVALID_DATA;
    }
    p_bearer = prov_bearer_find(p_ctx, bearer);
    if (p_bearer == NULL || !prov_bearer_can_open(p_bearer) ||
        !role_linked(NRF_MESH_PROV_ROLE_PROVISIONER)) {
        return NRF_ERROR_NOT_SUPPORTED;
    }
    if (p_ctx->state != NRF_MESH_PROV_STATE_IDLE) {
        return NRF_ERROR_INVALID_STATE;
    }
    begin(p_ctx, NRF_MESH_PROV_ROLE_PROVISIONER);
    p_ctx->data = *p_data;
    p_ctx->attention_duration_s = attention_duration_s;
    p_ctx->p_active_bearer = p_bearer;
    err = p_bearer->p_interface->link_open(p_bearer, p_target_uuid,
                                           NRF_MESH_PROV_LINK_TIMEOUT_MIN_US);
    if (err != NRF_SUCCESS) {
        p_ctx->state = NRF_MESH_PROV_STATE_IDLE;
        p_ctx->p_active_bearer = NULL;
        memset(&p_ctx->data, 0, sizeof(p_ctx->data));
    }
    return err;
}

static bool length_fits(nrf_mesh_prov_oob_method_t method, uint8_t size)
{
    switch (method) {
    case NRF_MESH_PROV_OOB_METHOD_NONE:
        return size == 0;
    case NRF_MESH_PROV_OOB_METHOD_OUTPUT:
    case NRF_MESH_PROV_OOB_METHOD_INPUT:
        return size >= 1 && size <= NRF_MESH_PROV_OOB_SIZE_MAX;
    default: /* STATIC has its own size; others are refused as methods */
        return true;
    }
}

/* The SDK's applications think in AuthValues of 16 octets, so CMAC comes first. */
static uint8_t algorithm_for(const struct usher_caps *caps)
{
    return (caps->algorithms & USHER_ALG_BIT(USHER_ALG_CMAC)) != 0 ? USHER_ALG_CMAC
                                                                   : USHER_ALG_HMAC;
}

static uint32_t choose(nrf_mesh_prov_ctx_t *p_ctx, const struct usher_start *choice)
{
    uint32_t err;

    p_ctx->state = NRF_MESH_PROV_STATE_WAIT_START_ACK;
    p_ctx->oob_method = (nrf_mesh_prov_oob_method_t)choice->method;
    p_ctx->oob_action = choice->action;
    p_ctx->oob_size = choice->method == USHER_OOB_STATIC ? PROV_AUTH_LEN : choice->size;
    p_ctx->pubkey_oob = choice->public_key != 0;
    err = usher_oob_use(&p_ctx->session, choice);
    if (err != NRF_SUCCESS) {
        take_back(p_ctx, NRF_MESH_PROV_STATE_WAIT_START_ACK, NRF_MESH_PROV_STATE_WAIT_CAPS_CONFIRM);
        p_ctx->oob_method = NRF_MESH_PROV_OOB_METHOD_NONE;
        p_ctx->oob_action = 0;
        p_ctx->oob_size = 0;
        p_ctx->pubkey_oob = false;
    }
    return err;
}

uint32_t nrf_mesh_prov_oob_use(nrf_mesh_prov_ctx_t *p_ctx, nrf_mesh_prov_oob_method_t method,
                               uint8_t action, uint8_t size)
{
    struct usher_start choice = { .method = (uint8_t)method, .action = action };

    if (p_ctx == NULL) {
        return NRF_ERROR_NULL;
    }
    if (!role_linked(NRF_MESH_PROV_ROLE_PROVISIONER)) {
        return NRF_ERROR_NOT_SUPPORTED;
    }
    if (p_ctx->role != NRF_MESH_PROV_ROLE_PROVISIONER ||
        p_ctx->state != NRF_MESH_PROV_STATE_WAIT_CAPS_CONFIRM) {
        return NRF_ERROR_INVALID_STATE;
    }
    if (!length_fits(method, size)) {
        return NRF_ERROR_INVALID_LENGTH;
    }
    if (method >= NRF_MESH_PROV_OOB_METHOD_PROHIBITED) {
        return NRF_ERROR_INVALID_PARAM;
    }
    choice.algorithm = algorithm_for(&p_ctx->session.capabilities);
    choice.size = method == NRF_MESH_PROV_OOB_METHOD_STATIC ? 0 : size;
    choice.public_key =
        (p_ctx->capabilities.pubkey_type & NRF_MESH_PROV_OOB_PUBKEY_TYPE_OOB) != 0 ? 1 : 0;
    return choose(p_ctx, &choice);
}

uint32_t nrf_mesh_prov_pubkey_provide(nrf_mesh_prov_ctx_t *p_ctx, const uint8_t *p_key)
{
    if (p_ctx == NULL) {
        return NRF_ERROR_NULL;
    }
    if (!role_linked(NRF_MESH_PROV_ROLE_PROVISIONER)) {
        return NRF_ERROR_NOT_SUPPORTED;
    }
    if (p_ctx->role != NRF_MESH_PROV_ROLE_PROVISIONER ||
        p_ctx->state != NRF_MESH_PROV_STATE_WAIT_OOB_PUB_KEY) {
        return NRF_ERROR_INVALID_STATE;
    }
    if (p_key == NULL) {
        return NRF_ERROR_NULL;
    }
    p_ctx->state = NRF_MESH_PROV_STATE_WAIT_PUB_KEY_ACK;
    /* A key that cannot be ends the session, which LINK_CLOSED tells. */
    (void)usher_pubkey_set(&p_ctx->session, p_key);
    return NRF_SUCCESS;
}

/* -- answers of both roles --------------------------------------------------------------------- */

static bool auth_asked(const nrf_mesh_prov_ctx_t *p_ctx)
{
    return p_ctx->state == NRF_MESH_PROV_STATE_WAIT_OOB_INPUT ||
           p_ctx->state == NRF_MESH_PROV_STATE_WAIT_OOB_STATIC ||
           p_ctx->state == NRF_MESH_PROV_STATE_WAIT_OOB_STATIC_C_RCVD;
}

static bool asks_text(const nrf_mesh_prov_ctx_t *p_ctx)
{
    return p_ctx->oob_method == NRF_MESH_PROV_OOB_METHOD_OUTPUT
               ? p_ctx->oob_action == NRF_MESH_PROV_OUTPUT_ACTION_ALPHANUMERIC
               : p_ctx->oob_action == NRF_MESH_PROV_INPUT_ACTION_ENTER_STRING;
}

static bool asks_count(const nrf_mesh_prov_ctx_t *p_ctx)
{
    return p_ctx->oob_method == NRF_MESH_PROV_OOB_METHOD_OUTPUT
               ? p_ctx->oob_action <= NRF_MESH_PROV_OUTPUT_ACTION_VIBRATE
               : p_ctx->oob_action <= NRF_MESH_PROV_INPUT_ACTION_TWIST;
}

/* An answer that cannot be is the wrong one for this state: the question stands. */
static uint32_t give_number(nrf_mesh_prov_ctx_t *p_ctx, uint32_t number)
{
    if (asks_text(p_ctx) || (number == 0 && asks_count(p_ctx))) {
        return NRF_ERROR_INVALID_STATE;
    }
    return usher_auth_number(&p_ctx->session, number) == USHER_OK ? NRF_SUCCESS
                                                                  : NRF_ERROR_INVALID_STATE;
}

static uint32_t give_text(nrf_mesh_prov_ctx_t *p_ctx, const uint8_t *p_data, uint8_t size)
{
    char text[NRF_MESH_PROV_OOB_SIZE_MAX + 1] = { 0 };
    uint32_t err;

    memcpy(text, p_data, MIN(size, NRF_MESH_PROV_OOB_SIZE_MAX));
    if (strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != size) {
        return NRF_ERROR_INVALID_STATE;
    }
    err = usher_auth_text(&p_ctx->session, text);
    p_ctx->session.node->port->crypto->wipe(text, sizeof(text));
    return err == USHER_OK ? NRF_SUCCESS : NRF_ERROR_INVALID_STATE;
}

/* A number has as many octets as places, but at most four: what places can hold, octets can. */
static uint32_t number_of(const uint8_t *p_data, uint8_t size)
{
    uint32_t number = 0;

    for (uint8_t i = 0; i < MIN(size, 4); i++) {
        number |= (uint32_t)p_data[i] << 8 * i;
    }
    return number;
}

static uint32_t give(nrf_mesh_prov_ctx_t *p_ctx, const uint8_t *p_data, uint8_t size)
{
    if (p_ctx->oob_method == NRF_MESH_PROV_OOB_METHOD_STATIC) {
        return usher_auth_static(&p_ctx->session, p_data, size);
    }
    return asks_text(p_ctx) ? give_text(p_ctx, p_data, size)
                            : give_number(p_ctx, number_of(p_data, size));
}

/* The state that a context has when it was answered. */
static nrf_mesh_prov_state_t state_answered(const nrf_mesh_prov_ctx_t *p_ctx)
{
    return p_ctx->state == NRF_MESH_PROV_STATE_WAIT_OOB_STATIC_C_RCVD
               ? NRF_MESH_PROV_STATE_WAIT_RANDOM
               : NRF_MESH_PROV_STATE_WAIT_CONFIRMATION;
}

uint32_t nrf_mesh_prov_auth_data_provide(nrf_mesh_prov_ctx_t *p_ctx, const uint8_t *p_data,
                                         uint8_t size)
{
    nrf_mesh_prov_state_t asked, answered;
    uint32_t err;

    if (p_ctx == NULL || p_data == NULL) {
        return NRF_ERROR_NULL;
    }
    if (size > PROV_AUTH_LEN || size != p_ctx->oob_size) {
        return NRF_ERROR_INVALID_LENGTH;
    }
    if (!role_linked(p_ctx->role)) {
        return NRF_ERROR_NOT_SUPPORTED;
    }
    if (!auth_asked(p_ctx)) {
        return NRF_ERROR_INVALID_STATE;
    }
    asked = p_ctx->state;
    answered = state_answered(p_ctx);
    p_ctx->state = answered;
    err = give(p_ctx, p_data, size);
    if (err != NRF_SUCCESS) {
        take_back(p_ctx, answered, asked);
    }
    return err;
}

uint32_t prov_number_provide(nrf_mesh_prov_ctx_t *p_ctx, uint32_t number)
{
    uint32_t err;

    if (p_ctx == NULL) {
        return NRF_ERROR_NULL;
    }
    if (!role_linked(p_ctx->role)) {
        return NRF_ERROR_NOT_SUPPORTED;
    }
    if (p_ctx->state != NRF_MESH_PROV_STATE_WAIT_OOB_INPUT) {
        return NRF_ERROR_INVALID_STATE;
    }
    p_ctx->state = NRF_MESH_PROV_STATE_WAIT_CONFIRMATION;
    err = give_number(p_ctx, number);
    if (err != NRF_SUCCESS) {
        take_back(p_ctx, NRF_MESH_PROV_STATE_WAIT_CONFIRMATION, NRF_MESH_PROV_STATE_WAIT_OOB_INPUT);
    }
    return err;
}

uint32_t nrf_mesh_prov_shared_secret_provide(nrf_mesh_prov_ctx_t *p_ctx, const uint8_t *p_shared)
{
    nrf_mesh_prov_evt_type_t held;
    nrf_mesh_prov_state_t next;
    uint32_t err;

    if (p_ctx == NULL) {
        return NRF_ERROR_NULL;
    }
    if (!role_linked(p_ctx->role)) {
        return NRF_ERROR_NOT_SUPPORTED;
    }
    if (p_ctx->state != NRF_MESH_PROV_STATE_WAIT_EXTERNAL_ECDH) {
        return NRF_ERROR_INVALID_STATE;
    }
    if (p_shared == NULL) {
        return NRF_ERROR_NULL;
    }
    held = p_ctx->held;
    next = prov_state_asking(p_ctx, held);
    p_ctx->state = next;
    err = usher_secret_set(&p_ctx->session, p_shared);
    if (err == NRF_ERROR_INVALID_STATE) {
        take_back(p_ctx, next, NRF_MESH_PROV_STATE_WAIT_EXTERNAL_ECDH);
    } else if (err == NRF_SUCCESS && held != 0 && p_ctx->held == held) {
        p_ctx->held = NRF_MESH_PROV_EVT_UNPROVISIONED_RECEIVED;
        prov_ask(p_ctx, held);
    }
    return err;
}

/* -- the scanner ------------------------------------------------------------------------------- */

uint32_t nrf_mesh_prov_scan_start(nrf_mesh_prov_evt_handler_cb_t event_handler)
{
    uint32_t err;

    if (event_handler == NULL) {
        return NRF_ERROR_NULL;
    }
    if (layer_stack()->usher.port == NULL) {
        return NRF_ERROR_INVALID_STATE;
    }
    err = usher_scan(&layer_stack()->usher, true);
    layer_stack()->prov.scan_handler = err == NRF_SUCCESS ? event_handler : NULL;
    return err;
}

void nrf_mesh_prov_scan_stop(void)
{
    layer_stack()->prov.scan_handler = NULL;
    if (layer_stack()->usher.port != NULL) {
        (void)usher_scan(&layer_stack()->usher, false);
    }
}
