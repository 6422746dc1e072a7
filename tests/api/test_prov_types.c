/*
 * What the headers of provisioning say: each macro's and enumerator's value, each structure's
 * members in their order, the sizes of packed structures, the types of functions.
 */
#include "mesh_provisionee.h"
#include "nordic_common.h"
#include "nrf_mesh_config_prov.h"
#include "nrf_mesh_prov.h"
#include "nrf_mesh_prov_bearer_adv.h"
#include "nrf_mesh_prov_bearer_gatt.h"
#include "utils.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* The first is what is to be, the others are consecutive from there. */
#define COUNTS_FROM(first, ...)                                                                    \
    do {                                                                                           \
        const int values[] = { __VA_ARGS__ };                                                      \
        for (size_t i = 0; i < ARRAY_SIZE(values); i++) {                                          \
            assert_int_equal(values[i], (first) + (int)i);                                         \
        }                                                                                          \
    } while (0)

#define BITS_FROM(first, ...)                                                                      \
    do {                                                                                           \
        const uint32_t values[] = { __VA_ARGS__ };                                                 \
        for (size_t i = 0; i < ARRAY_SIZE(values); i++) {                                          \
            assert_int_equal(values[i], 1u << ((first) + i));                                      \
        }                                                                                          \
    } while (0)

#define AT(type, member) offsetof(type, member)

/* Offsets, each beyond the one before, the first one 0. */
#define ASCENDING(...)                                                                             \
    do {                                                                                           \
        const size_t offsets[] = { __VA_ARGS__ };                                                  \
        assert_int_equal(offsets[0], 0);                                                           \
        for (size_t i = 1; i < ARRAY_SIZE(offsets); i++) {                                         \
            assert_true(offsets[i] > offsets[i - 1]);                                              \
        }                                                                                          \
    } while (0)

/* Compiles only if the object has this type. */
#define HAS_TYPE(type, object)                                                                     \
    do {                                                                                           \
        type *typed = &(object); /* NOLINT(bugprone-macro-parentheses) */                          \
        assert_non_null(typed);                                                                    \
    } while (0)

static void sizes(void **state)
{
    (void)state;
    assert_int_equal(NRF_MESH_PROV_PUBKEY_SIZE, 64);
    assert_int_equal(NRF_MESH_PROV_PRIVKEY_SIZE, 32);
    assert_int_equal(NRF_MESH_PROV_ECDHSECRET_SIZE, 32);
    assert_int_equal(NRF_MESH_PROV_DATANONCE_SIZE, 13);
    assert_int_equal(NRF_MESH_PROV_OOB_SIZE_MAX, 8);
    assert_int_equal(PROV_RANDOM_LEN, 16);
    assert_int_equal(PROV_CONFIRMATION_LEN, 16);
    assert_int_equal(PROV_AUTH_LEN, 16);
    assert_int_equal(PROV_SALT_LEN, 16);
    assert_int_equal(PROV_NONCE_LEN, 13);
    assert_int_equal(PROV_CONFIRMATION_INPUT_LEN, 17);
}

static void bits(void **state)
{
    (void)state;
    BITS_FROM(0, NRF_MESH_PROV_ALGORITHM_FIPS_P256EC);
    assert_int_equal(NRF_MESH_PROV_OOB_PUBKEY_TYPE_INBAND, 0);
    BITS_FROM(0, NRF_MESH_PROV_OOB_PUBKEY_TYPE_OOB);
    BITS_FROM(0, NRF_MESH_PROV_OOB_STATIC_TYPE_SUPPORTED);
    BITS_FROM(0, NRF_MESH_PROV_OOB_OUTPUT_ACTION_BLINK, NRF_MESH_PROV_OOB_OUTPUT_ACTION_BEEP,
              NRF_MESH_PROV_OOB_OUTPUT_ACTION_VIBRATE, NRF_MESH_PROV_OOB_OUTPUT_ACTION_NUMERIC,
              NRF_MESH_PROV_OOB_OUTPUT_ACTION_ALPHANUMERIC);
    BITS_FROM(0, NRF_MESH_PROV_OOB_INPUT_ACTION_PUSH, NRF_MESH_PROV_OOB_INPUT_ACTION_TWIST,
              NRF_MESH_PROV_OOB_INPUT_ACTION_ENTER_NUMBER,
              NRF_MESH_PROV_OOB_INPUT_ACTION_ENTER_STRING);
    BITS_FROM(0, NRF_MESH_PROV_OOB_INFO_SOURCE_OTHER,
              NRF_MESH_PROV_OOB_INFO_SOURCE_ELECTRONIC_OR_URI,
              NRF_MESH_PROV_OOB_INFO_SOURCE_2D_MACHINE_READABLE_CODE,
              NRF_MESH_PROV_OOB_INFO_SOURCE_BAR_CODE, NRF_MESH_PROV_OOB_INFO_SOURCE_NFC,
              NRF_MESH_PROV_OOB_INFO_SOURCE_NUMBER, NRF_MESH_PROV_OOB_INFO_SOURCE_STRING);
    BITS_FROM(11, NRF_MESH_PROV_OOB_INFO_SOURCE_ON_BOX, NRF_MESH_PROV_OOB_INFO_SOURCE_INSIDE_BOX,
              NRF_MESH_PROV_OOB_INFO_SOURCE_ON_PIECE_OF_PAPER,
              NRF_MESH_PROV_OOB_INFO_SOURCE_INSIDE_MANUAL, NRF_MESH_PROV_OOB_INFO_SOURCE_ON_DEVICE);
    BITS_FROM(0, NRF_MESH_PROV_BEARER_ADV, NRF_MESH_PROV_BEARER_GATT, NRF_MESH_PROV_BEARER_MESH);
    assert_int_equal(NRF_MESH_PROV_BEARER_COUNT, 3);
}

static void enumerators(void **state)
{
    (void)state;
    COUNTS_FROM(0, NRF_MESH_PROV_ALGORITHM_FIPS_P256, NRF_MESH_PROV_ALGORITHM_RFU);
    COUNTS_FROM(0, NRF_MESH_PROV_PUBLIC_KEY_NO_OOB, NRF_MESH_PROV_PUBLIC_KEY_OOB,
                NRF_MESH_PROV_PUBLIC_KEY_PROHIBITED);
    COUNTS_FROM(0, NRF_MESH_PROV_OOB_METHOD_NONE, NRF_MESH_PROV_OOB_METHOD_STATIC,
                NRF_MESH_PROV_OOB_METHOD_OUTPUT, NRF_MESH_PROV_OOB_METHOD_INPUT,
                NRF_MESH_PROV_OOB_METHOD_PROHIBITED);
    COUNTS_FROM(0, NRF_MESH_PROV_INPUT_ACTION_PUSH, NRF_MESH_PROV_INPUT_ACTION_TWIST,
                NRF_MESH_PROV_INPUT_ACTION_ENTER_NUMBER, NRF_MESH_PROV_INPUT_ACTION_ENTER_STRING,
                NRF_MESH_PROV_INPUT_ACTION_RFU);
    COUNTS_FROM(0, NRF_MESH_PROV_OUTPUT_ACTION_BLINK, NRF_MESH_PROV_OUTPUT_ACTION_BEEP,
                NRF_MESH_PROV_OUTPUT_ACTION_VIBRATE, NRF_MESH_PROV_OUTPUT_ACTION_DISPLAY_NUMERIC,
                NRF_MESH_PROV_OUTPUT_ACTION_ALPHANUMERIC, NRF_MESH_PROV_OUTPUT_ACTION_RFU);
    COUNTS_FROM(
        1, NRF_MESH_PROV_FAILURE_CODE_INVALID_PDU, NRF_MESH_PROV_FAILURE_CODE_INVALID_FORMAT,
        NRF_MESH_PROV_FAILURE_CODE_UNEXPECTED_PDU, NRF_MESH_PROV_FAILURE_CODE_CONFIRMATION_FAILED,
        NRF_MESH_PROV_FAILURE_CODE_OUT_OF_RESOURCES, NRF_MESH_PROV_FAILURE_CODE_DECRYPTION_FAILED,
        NRF_MESH_PROV_FAILURE_CODE_UNEXPECTED_ERROR, NRF_MESH_PROV_FAILURE_CODE_CANNOT_ASSIGN_ADDR);
    COUNTS_FROM(0, NRF_MESH_PROV_ROLE_PROVISIONER, NRF_MESH_PROV_ROLE_PROVISIONEE);
    COUNTS_FROM(0, NRF_MESH_PROV_STATE_IDLE, NRF_MESH_PROV_STATE_WAIT_LINK,
                NRF_MESH_PROV_STATE_INVITE, NRF_MESH_PROV_STATE_WAIT_CAPS,
                NRF_MESH_PROV_STATE_WAIT_CAPS_CONFIRM, NRF_MESH_PROV_STATE_WAIT_START,
                NRF_MESH_PROV_STATE_WAIT_START_ACK, NRF_MESH_PROV_STATE_WAIT_PUB_KEY_ACK,
                NRF_MESH_PROV_STATE_WAIT_PUB_KEY, NRF_MESH_PROV_STATE_WAIT_OOB_PUB_KEY,
                NRF_MESH_PROV_STATE_WAIT_EXTERNAL_ECDH, NRF_MESH_PROV_STATE_WAIT_OOB_INPUT,
                NRF_MESH_PROV_STATE_WAIT_OOB_STATIC, NRF_MESH_PROV_STATE_WAIT_OOB_STATIC_C_RCVD,
                NRF_MESH_PROV_STATE_WAIT_CONFIRMATION_ACK, NRF_MESH_PROV_STATE_WAIT_CONFIRMATION,
                NRF_MESH_PROV_STATE_WAIT_INPUT_COMPLETE, NRF_MESH_PROV_STATE_WAIT_RANDOM,
                NRF_MESH_PROV_STATE_WAIT_DATA, NRF_MESH_PROV_STATE_WAIT_COMPLETE,
                NRF_MESH_PROV_STATE_COMPLETE, NRF_MESH_PROV_STATE_FAILED);
    COUNTS_FROM(0, NRF_MESH_PROV_EVT_UNPROVISIONED_RECEIVED, NRF_MESH_PROV_EVT_LINK_ESTABLISHED,
                NRF_MESH_PROV_EVT_LINK_CLOSED, NRF_MESH_PROV_EVT_INVITE_RECEIVED,
                NRF_MESH_PROV_EVT_START_RECEIVED, NRF_MESH_PROV_EVT_OUTPUT_REQUEST,
                NRF_MESH_PROV_EVT_INPUT_REQUEST, NRF_MESH_PROV_EVT_STATIC_REQUEST,
                NRF_MESH_PROV_EVT_OOB_PUBKEY_REQUEST, NRF_MESH_PROV_EVT_CAPS_RECEIVED,
                NRF_MESH_PROV_EVT_COMPLETE, NRF_MESH_PROV_EVT_ECDH_REQUEST,
                NRF_MESH_PROV_EVT_FAILED);
    COUNTS_FROM(0, NRF_MESH_PROV_LINK_CLOSE_REASON_SUCCESS, NRF_MESH_PROV_LINK_CLOSE_REASON_TIMEOUT,
                NRF_MESH_PROV_LINK_CLOSE_REASON_ERROR);
    assert_int_equal(NRF_MESH_PROV_LINK_CLOSE_REASON_LAST, 2);
    COUNTS_FROM(0, PROV_BEARER_ADV_STATE_IDLE, PROV_BEARER_ADV_STATE_LISTEN,
                PROV_BEARER_ADV_STATE_LINK_OPENING, PROV_BEARER_ADV_STATE_LINK_OPEN,
                PROV_BEARER_ADV_STATE_LINK_CLOSING);
    COUNTS_FROM(0, PROV_BEARER_ADV_INSTANCE_RELEASED, PROV_BEARER_ADV_INSTANCE_INITIALIZED);
    COUNTS_FROM(0, PROV_BEARER_ADV_BUF_STATE_UNUSED, PROV_BEARER_ADV_BUF_STATE_RX,
                PROV_BEARER_ADV_BUF_STATE_TX);
}

static void settings(void **state)
{
    (void)state;
    assert_int_equal(NRF_MESH_PROV_LINK_TIMEOUT_MIN_US, 60000000);
    assert_int_equal(MESH_FEATURE_PB_ADV_ENABLED, 1);
    assert_int_equal(MESH_FEATURE_PB_GATT_ENABLED, 0);
    assert_int_equal(NRF_MESH_PROV_BEARER_ADV_UNPROV_BEACON_INTERVAL_MS, 2000);
    assert_int_equal(NRF_MESH_PROV_BEARER_GATT_UNPROV_BEACON_INTERVAL_MS, 200);
    assert_int_equal(NRF_MESH_PROV_BEARER_ADV_TX_BUFFER_SIZE, 128);
    assert_int_equal(NRF_MESH_PROV_FORCE_SECURE_PROVISIONING, 0);
    assert_int_equal(NRF_MESH_PB_GATT_SERVICE_UUID, 0x1827);
    assert_int_equal(NRF_MESH_PB_GATT_CHAR_IN_UUID, 0x2ADB);
    assert_int_equal(NRF_MESH_PB_GATT_CHAR_OUT_UUID, 0x2ADC);
}

static void packed_structures(void **state)
{
#define CAPS nrf_mesh_prov_oob_caps_t
#define DATA nrf_mesh_prov_provisioning_data_t
    CAPS caps = NRF_MESH_PROV_OOB_CAPS_DEFAULT(3);
    DATA data = { .flags = { .iv_update = 1 } };
    uint8_t flags;

    (void)state;
    assert_int_equal(sizeof(CAPS), 11);
    ASCENDING(AT(CAPS, num_elements), AT(CAPS, algorithms), AT(CAPS, pubkey_type),
              AT(CAPS, oob_static_types), AT(CAPS, oob_output_size), AT(CAPS, oob_output_actions),
              AT(CAPS, oob_input_size), AT(CAPS, oob_input_actions));
    assert_int_equal(AT(CAPS, algorithms), 1);
    assert_int_equal(AT(CAPS, oob_input_actions), 9);
    assert_int_equal(caps.num_elements, 3);
    assert_int_equal(caps.algorithms, NRF_MESH_PROV_ALGORITHM_FIPS_P256EC);
    assert_int_equal(caps.pubkey_type, 0);
    assert_int_equal(caps.oob_static_types, NRF_MESH_PROV_OOB_STATIC_TYPE_SUPPORTED);
    assert_int_equal(caps.oob_output_size | caps.oob_output_actions | caps.oob_input_size |
                         caps.oob_input_actions,
                     0);
    assert_int_equal(sizeof(DATA), 25);
    ASCENDING(AT(DATA, netkey), AT(DATA, netkey_index), AT(DATA, iv_index), AT(DATA, address),
              AT(DATA, flags));
    assert_int_equal(AT(DATA, netkey_index), 16);
    assert_int_equal(AT(DATA, iv_index), 18);
    assert_int_equal(AT(DATA, address), 22);
    assert_int_equal(AT(DATA, flags), 24);
    memcpy(&flags, &data.flags, 1);
    assert_int_equal(flags & 3, 1); /* iv_update is bit 0 */
    data.flags.key_refresh = 1;
    data.flags.iv_update = 0;
    memcpy(&flags, &data.flags, 1);
    assert_int_equal(flags & 3, 2);
}

static void the_context(void **state)
{
#define CTX nrf_mesh_prov_ctx_t
    static CTX ctx;

    (void)state;
    ASCENDING(AT(CTX, p_bearers), AT(CTX, supported_bearers), AT(CTX, p_active_bearer),
              AT(CTX, event_handler), AT(CTX, p_public_key), AT(CTX, p_private_key),
              AT(CTX, peer_public_key), AT(CTX, shared_secret), AT(CTX, device_key),
              AT(CTX, session_key), AT(CTX, data_nonce), AT(CTX, node_random), AT(CTX, peer_random),
              AT(CTX, auth_value), AT(CTX, confirmation_salt), AT(CTX, peer_confirmation),
              AT(CTX, confirmation_inputs), AT(CTX, oob_size), AT(CTX, oob_action),
              AT(CTX, pubkey_oob), AT(CTX, role), AT(CTX, failure_code), AT(CTX, state),
              AT(CTX, oob_method), AT(CTX, capabilities), AT(CTX, data),
              AT(CTX, attention_duration_s), AT(CTX, session));
    assert_int_equal(sizeof(ctx.peer_public_key), 64);
    assert_int_equal(sizeof(ctx.shared_secret), 32);
    assert_int_equal(sizeof(ctx.device_key), 16);
    assert_int_equal(sizeof(ctx.session_key), 16);
    assert_int_equal(sizeof(ctx.data_nonce), 13);
    assert_int_equal(sizeof(ctx.node_random), 16);
    assert_int_equal(sizeof(ctx.peer_random), 16);
    assert_int_equal(sizeof(ctx.auth_value), 16);
    assert_int_equal(sizeof(ctx.confirmation_salt), 16);
    assert_int_equal(sizeof(ctx.peer_confirmation), 16);
    assert_int_equal(sizeof(ctx.confirmation_inputs), 17);
    HAS_TYPE(list_node_t *, ctx.p_bearers);
    HAS_TYPE(uint32_t, ctx.supported_bearers);
    HAS_TYPE(prov_bearer_t *, ctx.p_active_bearer);
    HAS_TYPE(nrf_mesh_prov_evt_handler_cb_t, ctx.event_handler);
    HAS_TYPE(const uint8_t *, ctx.p_public_key);
    HAS_TYPE(bool, ctx.pubkey_oob);
    HAS_TYPE(nrf_mesh_prov_role_t, ctx.role);
    HAS_TYPE(nrf_mesh_prov_failure_code_t, ctx.failure_code);
    HAS_TYPE(nrf_mesh_prov_state_t, ctx.state);
    HAS_TYPE(nrf_mesh_prov_oob_method_t, ctx.oob_method);
    HAS_TYPE(nrf_mesh_prov_oob_caps_t, ctx.capabilities);
    HAS_TYPE(nrf_mesh_prov_provisioning_data_t, ctx.data);
    assert_int_equal(ctx.state, NRF_MESH_PROV_STATE_IDLE); /* zeros are a context */
}

static void events(void **state)
{
#define EVT nrf_mesh_prov_evt_t
    static EVT evt;

    (void)state;
    ASCENDING(AT(EVT, type), AT(EVT, params));
    HAS_TYPE(nrf_mesh_prov_evt_type_t, evt.type);
    HAS_TYPE(nrf_mesh_prov_evt_unprov_t, evt.params.unprov);
    HAS_TYPE(nrf_mesh_prov_evt_link_established_t, evt.params.link_established);
    HAS_TYPE(nrf_mesh_prov_evt_link_closed_t, evt.params.link_closed);
    HAS_TYPE(nrf_mesh_prov_evt_invite_received_t, evt.params.invite_received);
    HAS_TYPE(nrf_mesh_prov_evt_start_received_t, evt.params.start_received);
    HAS_TYPE(nrf_mesh_prov_evt_input_request_t, evt.params.input_request);
    HAS_TYPE(nrf_mesh_prov_evt_output_request_t, evt.params.output_request);
    HAS_TYPE(nrf_mesh_prov_evt_static_request_t, evt.params.static_request);
    HAS_TYPE(nrf_mesh_prov_evt_oob_pubkey_request_t, evt.params.oob_pubkey_request);
    HAS_TYPE(nrf_mesh_prov_evt_caps_received_t, evt.params.oob_caps_received);
    HAS_TYPE(nrf_mesh_prov_evt_complete_t, evt.params.complete);
    HAS_TYPE(nrf_mesh_prov_evt_ecdh_request_t, evt.params.ecdh_request);
    HAS_TYPE(nrf_mesh_prov_evt_failed_t, evt.params.failed);
    ASCENDING(
        AT(nrf_mesh_prov_evt_unprov_t, device_uuid), AT(nrf_mesh_prov_evt_unprov_t, gatt_supported),
        AT(nrf_mesh_prov_evt_unprov_t, uri_hash_present), AT(nrf_mesh_prov_evt_unprov_t, uri_hash),
        AT(nrf_mesh_prov_evt_unprov_t, p_metadata), AT(nrf_mesh_prov_evt_unprov_t, oob_info));
    assert_int_equal(sizeof(evt.params.unprov.device_uuid), 16);
    assert_int_equal(sizeof(evt.params.unprov.uri_hash), 4);
    assert_int_equal(AT(nrf_mesh_prov_evt_link_established_t, p_context), 0);
    assert_int_equal(AT(nrf_mesh_prov_evt_start_received_t, p_context), 0);
    assert_int_equal(AT(nrf_mesh_prov_evt_static_request_t, p_context), 0);
    assert_int_equal(AT(nrf_mesh_prov_evt_oob_pubkey_request_t, p_context), 0);
    ASCENDING(AT(nrf_mesh_prov_evt_link_closed_t, p_context),
              AT(nrf_mesh_prov_evt_link_closed_t, close_reason));
    ASCENDING(AT(nrf_mesh_prov_evt_invite_received_t, p_context),
              AT(nrf_mesh_prov_evt_invite_received_t, attention_duration_s));
    ASCENDING(AT(nrf_mesh_prov_evt_input_request_t, p_context),
              AT(nrf_mesh_prov_evt_input_request_t, action),
              AT(nrf_mesh_prov_evt_input_request_t, size));
    ASCENDING(AT(nrf_mesh_prov_evt_output_request_t, p_context),
              AT(nrf_mesh_prov_evt_output_request_t, action),
              AT(nrf_mesh_prov_evt_output_request_t, size),
              AT(nrf_mesh_prov_evt_output_request_t, p_data));
    ASCENDING(AT(nrf_mesh_prov_evt_caps_received_t, p_context),
              AT(nrf_mesh_prov_evt_caps_received_t, oob_caps));
    ASCENDING(AT(nrf_mesh_prov_evt_complete_t, p_context),
              AT(nrf_mesh_prov_evt_complete_t, p_devkey),
              AT(nrf_mesh_prov_evt_complete_t, p_prov_data));
    ASCENDING(AT(nrf_mesh_prov_evt_ecdh_request_t, p_context),
              AT(nrf_mesh_prov_evt_ecdh_request_t, p_peer_public),
              AT(nrf_mesh_prov_evt_ecdh_request_t, p_node_private));
    ASCENDING(AT(nrf_mesh_prov_evt_failed_t, p_context),
              AT(nrf_mesh_prov_evt_failed_t, failure_code));
}

static void bearers(void **state)
{
#define ADV nrf_mesh_prov_bearer_adv_t
#define GATT nrf_mesh_prov_bearer_gatt_t
    static ADV adv;
    static GATT gatt;
    prov_bearer_t *p_bearer;

    (void)state;
    ASCENDING(AT(prov_bearer_t, node), AT(prov_bearer_t, bearer_type),
              AT(prov_bearer_t, p_interface), AT(prov_bearer_t, p_callbacks),
              AT(prov_bearer_t, p_parent));
    ASCENDING(AT(prov_bearer_interface_t, tx), AT(prov_bearer_interface_t, listen_start),
              AT(prov_bearer_interface_t, listen_stop), AT(prov_bearer_interface_t, link_open),
              AT(prov_bearer_interface_t, link_close));
    ASCENDING(AT(prov_bearer_callbacks_t, rx), AT(prov_bearer_callbacks_t, ack),
              AT(prov_bearer_callbacks_t, opened), AT(prov_bearer_callbacks_t, closed));
    ASCENDING(AT(ADV, advertiser), AT(ADV, link_id), AT(ADV, instance_state), AT(ADV, state),
              AT(ADV, transaction_in), AT(ADV, transaction_out), AT(ADV, close_reason),
              AT(ADV, timeout_event), AT(ADV, link_timeout_event), AT(ADV, sar_timeout),
              AT(ADV, link_timeout), AT(ADV, buffer), AT(ADV, tx_buffer), AT(ADV, last_token),
              AT(ADV, queue_empty_pending), AT(ADV, prov_bearer), AT(ADV, p_next));
    assert_int_equal(AT(ADV, tx_buffer) % WORD_SIZE, 0);
    assert_int_equal(sizeof(adv.tx_buffer), NRF_MESH_PROV_BEARER_ADV_TX_BUFFER_SIZE);
    ASCENDING(AT(prov_bearer_adv_buffer_t, state), AT(prov_bearer_adv_buffer_t, length),
              AT(prov_bearer_adv_buffer_t, fcs), AT(prov_bearer_adv_buffer_t, finished_segments),
              AT(prov_bearer_adv_buffer_t, payload));
    assert_int_equal(sizeof(adv.buffer.payload), 65);
    HAS_TYPE(prov_bearer_adv_instance_t, adv.instance_state);
    HAS_TYPE(prov_bearer_adv_state_t, adv.state);
    HAS_TYPE(prov_bearer_adv_buf_state_t, adv.buffer.state);
    HAS_TYPE(struct prov_bearer_adv *, adv.p_next);
    ASCENDING(AT(GATT, fsm), AT(GATT, conn_index), AT(GATT, link_timeout_event),
              AT(GATT, link_timeout_us), AT(GATT, bearer_event_seq), AT(GATT, bearer));
    p_bearer = nrf_mesh_prov_bearer_adv_interface_get(&adv);
    assert_ptr_equal(p_bearer, &adv.prov_bearer);
    assert_int_equal(p_bearer->bearer_type, NRF_MESH_PROV_BEARER_ADV);
    assert_non_null(p_bearer->p_interface->listen_start);
    assert_non_null(p_bearer->p_interface->listen_stop);
    assert_non_null(p_bearer->p_interface->link_open);
    assert_non_null(p_bearer->p_interface->link_close);
    p_bearer = nrf_mesh_prov_bearer_gatt_interface_get(&gatt);
    assert_ptr_equal(p_bearer, &gatt.bearer);
    assert_int_equal(p_bearer->bearer_type, NRF_MESH_PROV_BEARER_GATT);
    assert_null(p_bearer->p_interface->link_open); /* not for provisioners */
}

/* The type of a function is part of the interface: these do not compile otherwise. */
static void functions(void **state)
{
    uint32_t (*init)(nrf_mesh_prov_ctx_t *, const uint8_t *, const uint8_t *,
                     const nrf_mesh_prov_oob_caps_t *, nrf_mesh_prov_evt_handler_cb_t) =
        nrf_mesh_prov_init;
    uint32_t (*bearer_add)(nrf_mesh_prov_ctx_t *, prov_bearer_t *) = nrf_mesh_prov_bearer_add;
    uint32_t (*listen)(nrf_mesh_prov_ctx_t *, const char *, uint16_t, uint32_t) =
        nrf_mesh_prov_listen;
    uint32_t (*listen_stop)(nrf_mesh_prov_ctx_t *) = nrf_mesh_prov_listen_stop;
    uint32_t (*generate_keys)(uint8_t *, uint8_t *) = nrf_mesh_prov_generate_keys;
    uint32_t (*provision)(nrf_mesh_prov_ctx_t *, const uint8_t *, uint8_t,
                          const nrf_mesh_prov_provisioning_data_t *, nrf_mesh_prov_bearer_type_t) =
        nrf_mesh_prov_provision;
    uint32_t (*oob_use)(nrf_mesh_prov_ctx_t *, nrf_mesh_prov_oob_method_t, uint8_t, uint8_t) =
        nrf_mesh_prov_oob_use;
    uint32_t (*auth_data)(nrf_mesh_prov_ctx_t *, const uint8_t *, uint8_t) =
        nrf_mesh_prov_auth_data_provide;
    uint32_t (*number)(nrf_mesh_prov_ctx_t *, uint32_t) = nrf_mesh_prov_oob_number_provide;
    uint32_t (*secret)(nrf_mesh_prov_ctx_t *, const uint8_t *) =
        nrf_mesh_prov_shared_secret_provide;
    uint32_t (*pubkey)(nrf_mesh_prov_ctx_t *, const uint8_t *) = nrf_mesh_prov_pubkey_provide;
    uint32_t (*scan_start)(nrf_mesh_prov_evt_handler_cb_t) = nrf_mesh_prov_scan_start;
    void (*scan_stop)(void) = nrf_mesh_prov_scan_stop;
    uint32_t (*gatt_init)(nrf_mesh_prov_bearer_gatt_t *) = nrf_mesh_prov_bearer_gatt_init;
    uint32_t (*start)(const mesh_provisionee_start_params_t *) = mesh_provisionee_prov_start;
    uint32_t (*stop)(void) = mesh_provisionee_prov_listen_stop;

    (void)state;
    assert_true(init != NULL && bearer_add != NULL && listen != NULL && listen_stop != NULL);
    assert_true(generate_keys != NULL && provision != NULL && oob_use != NULL);
    assert_true(auth_data != NULL && number != NULL && secret != NULL && pubkey != NULL);
    assert_true(scan_start != NULL && scan_stop != NULL && gatt_init != NULL);
    assert_true(start != NULL && stop != NULL);
}

static void the_provisionee(void **state)
{
#define START mesh_provisionee_start_params_t
    static START params;

    (void)state;
    ASCENDING(AT(START, prov_sd_ble_opt_set_cb), AT(START, prov_complete_cb),
              AT(START, prov_device_identification_start_cb),
              AT(START, prov_device_identification_stop_cb), AT(START, prov_abort_cb),
              AT(START, p_device_uri), AT(START, p_static_data));
    HAS_TYPE(mesh_provisionee_prov_sd_ble_opt_set_cb_t, params.prov_sd_ble_opt_set_cb);
    HAS_TYPE(mesh_provisionee_prov_complete_cb_t, params.prov_complete_cb);
    HAS_TYPE(mesh_provisionee_prov_device_identification_start,
             params.prov_device_identification_start_cb);
    HAS_TYPE(mesh_provisionee_prov_device_identification_stop,
             params.prov_device_identification_stop_cb);
    HAS_TYPE(mesh_provisionee_prov_abort, params.prov_abort_cb);
    HAS_TYPE(const char *, params.p_device_uri);
    HAS_TYPE(const uint8_t *, params.p_static_data);
}

void mesh_assertion_handler(uint32_t pc)
{
    (void)pc;
    fail_msg("an assertion of the stack");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),       cmocka_unit_test(bits),
        cmocka_unit_test(enumerators), cmocka_unit_test(settings),
        cmocka_unit_test(the_context), cmocka_unit_test(packed_structures),
        cmocka_unit_test(events),      cmocka_unit_test(bearers),
        cmocka_unit_test(functions),   cmocka_unit_test(the_provisionee),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
