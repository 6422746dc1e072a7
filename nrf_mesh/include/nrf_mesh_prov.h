/*
 * Provisioning, both roles. A context is one session at a time, several contexts may run at once.
 *
 * A provisioner: nrf_mesh_prov_init(), _bearer_add(), _scan_start(), _provision(), then answers to
 * events. A device: nrf_mesh_prov_init(), _bearer_add(), _listen(). After LINK_CLOSED, and within
 * its handler, the context may be used again.
 *
 * A role that is not linked answers NRF_ERROR_NOT_SUPPORTED.
 */
#ifndef NRF_MESH_PROV_H__
#define NRF_MESH_PROV_H__

#include "bitfield.h"
#include "ble.h"
#include "nrf_mesh_assert.h"
#include "nrf_mesh_config_prov.h"
#include "nrf_mesh_prov_bearer.h"
#include "nrf_mesh_prov_events.h"
#include "nrf_mesh_prov_types.h"

#include <stdbool.h>
#include <stdint.h>

#include <usher/usher.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Capabilities of a device with so many elements that knows static OOB and nothing else. */
#define NRF_MESH_PROV_OOB_CAPS_DEFAULT(NUM_ELEMENTS)                                               \
    {                                                                                              \
        NUM_ELEMENTS, NRF_MESH_PROV_ALGORITHM_FIPS_P256EC, 0,                                      \
            NRF_MESH_PROV_OOB_STATIC_TYPE_SUPPORTED, 0, 0, 0, 0                                    \
    }

/**
 * A session: the caller's memory, zeros at first. The session itself is the core's, at the end; the
 * members before are those that applications know, kept true. Those of the SDK that hold the
 * protocol's inner values stay zero.
 */
struct nrf_mesh_prov_ctx {
    list_node_t *p_bearers;
    uint32_t supported_bearers;
    prov_bearer_t *p_active_bearer;
    nrf_mesh_prov_evt_handler_cb_t event_handler;
    const uint8_t *p_public_key;
    const uint8_t *p_private_key;
    uint8_t peer_public_key[NRF_MESH_PROV_PUBKEY_SIZE];
    uint8_t shared_secret[NRF_MESH_PROV_ECDHSECRET_SIZE]; /**< zero */
    uint8_t device_key[NRF_MESH_KEY_SIZE];                /**< from COMPLETE to LINK_CLOSED */
    uint8_t session_key[NRF_MESH_KEY_SIZE];               /**< zero */
    uint8_t data_nonce[NRF_MESH_PROV_DATANONCE_SIZE];     /**< zero */
    uint8_t node_random[PROV_RANDOM_LEN];                 /**< zero */
    uint8_t peer_random[PROV_RANDOM_LEN];                 /**< zero */
    uint8_t auth_value[PROV_AUTH_LEN];                    /**< what is shown, until it is used */
    uint8_t confirmation_salt[PROV_SALT_LEN];             /**< zero */
    uint8_t peer_confirmation[PROV_CONFIRMATION_LEN];     /**< zero */
    uint8_t confirmation_inputs[PROV_CONFIRMATION_INPUT_LEN]; /**< zero */
    uint8_t oob_size;
    uint8_t oob_action;
    bool pubkey_oob;
    nrf_mesh_prov_role_t role;
    nrf_mesh_prov_failure_code_t failure_code; /**< why the last session failed, also where FAILED
                                                  was not told; 0: unknown */
    nrf_mesh_prov_state_t state;
    nrf_mesh_prov_oob_method_t oob_method;
    nrf_mesh_prov_oob_caps_t capabilities; /**< ours; may be changed between sessions. A provisioner
                                              takes the public key out of band if pubkey_type has
                                              the bit at nrf_mesh_prov_oob_use() */
    nrf_mesh_prov_provisioning_data_t data;
    uint8_t attention_duration_s;

    /* private */
    nrf_mesh_prov_evt_type_t held; /* a question that waits for the shared secret, or 0 */
    struct usher_session session;
};

/**
 * Prepares a context. May be repeated while it is idle; its bearers stay.
 *
 * @param p_public_key   64 octets, kept by pointer; their content may be renewed between sessions.
 * @param p_private_key  32 octets, likewise.
 *
 * @retval NRF_SUCCESS              Ready.
 * @retval NRF_ERROR_NULL           A pointer is NULL.
 * @retval NRF_ERROR_INVALID_STATE  A session is running.
 */
uint32_t nrf_mesh_prov_init(nrf_mesh_prov_ctx_t *p_ctx, const uint8_t *p_public_key,
                            const uint8_t *p_private_key, const nrf_mesh_prov_oob_caps_t *p_caps,
                            nrf_mesh_prov_evt_handler_cb_t event_handler);

/**
 * Gives a context a bearer, one of each type.
 *
 * @retval NRF_ERROR_NULL       A pointer is NULL.
 * @retval NRF_ERROR_FORBIDDEN  It has one of this type.
 */
uint32_t nrf_mesh_prov_bearer_add(nrf_mesh_prov_ctx_t *p_ctx, prov_bearer_t *p_prov_bearer);

/**
 * Device: beacons and waits for a provisioner.
 *
 * @param URI           Scheme code and rest; NULL: none. One of more than 29 octets is beaconed as
 * a hash, but not advertised.
 * @param bearer_types  NRF_MESH_PROV_BEARER_... bits
 *
 * @retval NRF_SUCCESS              Listening.
 * @retval NRF_ERROR_NULL           No context.
 * @retval NRF_ERROR_INVALID_STATE  A session is running, or a bearer or another context listens.
 * @retval NRF_ERROR_INVALID_PARAM  No bearers, one that was not added, capabilities without
 *                                  elements or algorithms, or a URI of more than 255 octets.
 * @retval NRF_ERROR_NOT_SUPPORTED  The role is not linked, or there is no such bearer.
 * @retval NRF_ERROR_INTERNAL       No randomness.
 */
uint32_t nrf_mesh_prov_listen(nrf_mesh_prov_ctx_t *p_ctx, const char *URI,
                              uint16_t oob_info_sources, uint32_t bearer_types);

/**
 * Device: stops waiting.
 *
 * @retval NRF_ERROR_NULL           No context.
 * @retval NRF_ERROR_INVALID_STATE  It does not listen.
 */
uint32_t nrf_mesh_prov_listen_stop(nrf_mesh_prov_ctx_t *p_ctx);

/**
 * Draws a key pair.
 *
 * @retval NRF_ERROR_NULL           A pointer is NULL.
 * @retval NRF_ERROR_INTERNAL       No randomness, or the stack is not initialized.
 * @retval NRF_ERROR_NOT_SUPPORTED  NRF_MESH_UECC_ENABLE is 0.
 */
uint32_t nrf_mesh_prov_generate_keys(uint8_t *p_public, uint8_t *p_private);

/**
 * Provisioner: opens a link to a device and invites it.
 *
 * @retval NRF_SUCCESS              Begun: LINK_ESTABLISHED or LINK_CLOSED follows.
 * @retval NRF_ERROR_NULL           A pointer is NULL.
 * @retval NRF_ERROR_INVALID_DATA   NetKey index above 0xFFF, or the address is not unicast.
 * @retval NRF_ERROR_NOT_SUPPORTED  The bearer was not added or is none for provisioners, or the
 *                                  role is not linked.
 * @retval NRF_ERROR_INVALID_STATE  A session is running, or the bearer is busy.
 * @retval NRF_ERROR_INTERNAL       No randomness.
 */
uint32_t nrf_mesh_prov_provision(nrf_mesh_prov_ctx_t *p_ctx, const uint8_t *p_target_uuid,
                                 uint8_t attention_duration_s,
                                 const nrf_mesh_prov_provisioning_data_t *p_data,
                                 nrf_mesh_prov_bearer_type_t bearer);

/**
 * Provisioner: answers CAPS_RECEIVED.
 *
 * @param size  Places, 1..8; NONE: 0; STATIC: any.
 *
 * @retval NRF_ERROR_NULL            No context.
 * @retval NRF_ERROR_NOT_SUPPORTED   The device does not offer that, or the role is not linked.
 * @retval NRF_ERROR_INVALID_STATE   Not asked for.
 * @retval NRF_ERROR_INVALID_LENGTH  @p size does not go with @p method.
 * @retval NRF_ERROR_INVALID_PARAM   No such method or action.
 */
uint32_t nrf_mesh_prov_oob_use(nrf_mesh_prov_ctx_t *p_ctx, nrf_mesh_prov_oob_method_t method,
                               uint8_t action, uint8_t size);

/**
 * Answers STATIC_REQUEST with 16 octets, or INPUT_REQUEST with @p size characters or a
 * little-endian number in at most 4 octets.
 *
 * @param size  16, or the request's places.
 *
 * @retval NRF_ERROR_NULL            A pointer is NULL.
 * @retval NRF_ERROR_INVALID_LENGTH  @p size is not what was asked for.
 * @retval NRF_ERROR_NOT_SUPPORTED   The role is not linked.
 * @retval NRF_ERROR_INVALID_STATE   Not asked for, a number with more places, a count of 0, or a
 *                                   character that is none of 0-9 and A-Z.
 */
uint32_t nrf_mesh_prov_auth_data_provide(nrf_mesh_prov_ctx_t *p_ctx, const uint8_t *p_data,
                                         uint8_t size);

/** What nrf_mesh_prov_oob_number_provide() does. */
uint32_t prov_number_provide(nrf_mesh_prov_ctx_t *p_ctx, uint32_t number);

/** Answers INPUT_REQUEST with a number. The codes of nrf_mesh_prov_auth_data_provide(). */
static inline uint32_t nrf_mesh_prov_oob_number_provide(nrf_mesh_prov_ctx_t *p_ctx, uint32_t number)
{
    return prov_number_provide(p_ctx, number);
}

/**
 * Answers ECDH_REQUEST with 32 octets.
 *
 * @retval NRF_ERROR_NULL           No context; or, if it was asked for, no secret.
 * @retval NRF_ERROR_NOT_SUPPORTED  The role is not linked.
 * @retval NRF_ERROR_INVALID_STATE  Not asked for.
 * @retval NRF_ERROR_INVALID_DATA   Zeros: the session has failed.
 */
uint32_t nrf_mesh_prov_shared_secret_provide(nrf_mesh_prov_ctx_t *p_ctx, const uint8_t *p_shared);

/**
 * Provisioner: answers OOB_PUBKEY_REQUEST with the device's key, 64 octets.
 *
 * @retval NRF_SUCCESS              Taken; if it is not a point of the curve, the session ends.
 * @retval NRF_ERROR_NULL           No context; or, if it was asked for, no key.
 * @retval NRF_ERROR_NOT_SUPPORTED  The role is not linked.
 * @retval NRF_ERROR_INVALID_STATE  Not asked for.
 */
uint32_t nrf_mesh_prov_pubkey_provide(nrf_mesh_prov_ctx_t *p_ctx, const uint8_t *p_key);

/**
 * Tells a handler UNPROVISIONED_RECEIVED for each beacon of an unprovisioned device that is heard.
 *
 * @retval NRF_ERROR_NULL           No handler.
 * @retval NRF_ERROR_INVALID_STATE  The stack is not initialized.
 * @retval others                   The port's, when it cannot scan.
 */
uint32_t nrf_mesh_prov_scan_start(nrf_mesh_prov_evt_handler_cb_t event_handler);

/** No more of that. */
void nrf_mesh_prov_scan_stop(void);

#ifdef __cplusplus
}
#endif

#endif
