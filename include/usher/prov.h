/*
 * Provisioning: the values that the protocol carries (Mesh Protocol 1.1, section 5.4) and the state
 * of one session. Field names follow the nRF5 SDK for Mesh, whose applications find them unchanged.
 */
#ifndef USHER_PROV_H
#define USHER_PROV_H

#include <usher/config.h>
#include <usher/crypto.h>
#include <usher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The two sides; also the index into everything that a session keeps twice. */
enum usher_role {
    USHER_ROLE_PROVISIONER = 0,
    USHER_ROLE_DEVICE = 1,
};

/** Algorithms (5.4.1.3): the number in Start, and the bit in Capabilities. */
enum usher_algorithm {
    USHER_ALG_CMAC = 0, /**< BTM_ECDH_P256_CMAC_AES128_AES_CCM */
    USHER_ALG_HMAC = 1, /**< BTM_ECDH_P256_HMAC_SHA256_AES_CCM, "enhanced provisioning" */
};
#define USHER_ALG_BIT(alg) (1u << (alg))

/** Authentication methods (table 5.32). */
enum usher_oob_method {
    USHER_OOB_NONE = 0,
    USHER_OOB_STATIC = 1,
    USHER_OOB_OUTPUT = 2, /**< The device shows, the provisioner's user types. */
    USHER_OOB_INPUT = 3,  /**< The provisioner shows, the device's user types. */
};

/** Output actions (table 5.22). */
enum usher_output_action {
    USHER_OUTPUT_BLINK = 0,
    USHER_OUTPUT_BEEP = 1,
    USHER_OUTPUT_VIBRATE = 2,
    USHER_OUTPUT_NUMERIC = 3,
    USHER_OUTPUT_ALPHANUMERIC = 4,
};

/** Input actions (table 5.24). */
enum usher_input_action {
    USHER_INPUT_PUSH = 0,
    USHER_INPUT_TWIST = 1,
    USHER_INPUT_NUMERIC = 2,
    USHER_INPUT_ALPHANUMERIC = 3,
};

#define USHER_PUBKEY_OOB 0x01u       /**< Capabilities, public key type: known out of band. */
#define USHER_STATIC_AVAILABLE 0x01u /**< Capabilities, OOB type: static OOB information. */
#define USHER_OOB_ONLY 0x02u  /**< Capabilities, OOB type: only OOB authenticated provisioning. */
#define USHER_OOB_SIZE_MAX 8u /**< Most digits or characters of an OOB value. */
#define USHER_AUTH_MAX 32u    /**< Octets of the longest AuthValue. */

/** Reasons in Provisioning Failed (table 5.41). */
enum usher_failure {
    USHER_FAIL_NONE = 0, /**< Prohibited on the air; here: none. */
    USHER_FAIL_INVALID_PDU = 1,
    USHER_FAIL_INVALID_FORMAT = 2,
    USHER_FAIL_UNEXPECTED_PDU = 3,
    USHER_FAIL_CONFIRMATION = 4,
    USHER_FAIL_RESOURCES = 5,
    USHER_FAIL_DECRYPTION = 6,
    USHER_FAIL_UNEXPECTED_ERROR = 7,
    USHER_FAIL_ADDRESS = 8,
    USHER_FAIL_INVALID_DATA = 9,
};

/** The standard's words for a Failed reason, "Confirmation Failed"; "unknown" for numbers without
 * one. */
const char *usher_failure_name(uint8_t code);

/** Provisioning Capabilities (5.4.1.2), host byte order. */
struct usher_caps {
    uint8_t num_elements;        /**< 1..255 */
    uint16_t algorithms;         /**< USHER_ALG_BIT() of each */
    uint8_t pubkey_type;         /**< USHER_PUBKEY_OOB or 0 */
    uint8_t oob_static_types;    /**< USHER_STATIC_AVAILABLE, USHER_OOB_ONLY */
    uint8_t oob_output_size;     /**< 0 = no output; 1..8 */
    uint16_t oob_output_actions; /**< 1 << enum usher_output_action */
    uint8_t oob_input_size;      /**< 0 = no input; 1..8 */
    uint16_t oob_input_actions;  /**< 1 << enum usher_input_action */
};

/** Provisioning Start (5.4.1.3): the provisioner's choice. */
struct usher_start {
    uint8_t algorithm;  /**< enum usher_algorithm */
    uint8_t public_key; /**< 0 in band, 1 out of band */
    uint8_t method;     /**< enum usher_oob_method */
    uint8_t action; /**< enum usher_output_action or usher_input_action; 0 for the other methods */
    uint8_t size;   /**< 1..8 digits or characters; 0 for methods none and static */
};

/** Provisioning data (5.4.2.5), host byte order. */
struct usher_prov_data {
    uint8_t netkey[USHER_KEY_SIZE];
    uint16_t netkey_index; /**< 0..0xFFF */
    uint32_t iv_index;
    uint16_t address; /**< Unicast address of the primary element */
    struct {
        uint8_t iv_update : 1;   /**< IV Update in progress */
        uint8_t key_refresh : 1; /**< Key Refresh phase 2: netkey is the new key */
    } flags;
};

/** Where a session is; named in progress displays and failure reports. */
enum usher_phase {
    USHER_PHASE_LINK,
    USHER_PHASE_INVITE,
    USHER_PHASE_CAPABILITIES,
    USHER_PHASE_START,
    USHER_PHASE_PUBLIC_KEY,
    USHER_PHASE_ECDH,
    USHER_PHASE_INPUT,
    USHER_PHASE_CONFIRMATION,
    USHER_PHASE_RANDOM,
    USHER_PHASE_DATA,
    USHER_PHASE_COMPLETE,
};

/** "link", "invite", "capabilities", "start", "public-key", "ecdh", "input", "confirmation", ... */
const char *usher_phase_name(enum usher_phase phase);

/** The name of a Provisioning PDU type, "Public Key"; "unknown" for unassigned types. */
const char *usher_pdu_name(uint8_t type);

struct usher_prov_role; /* src/prov/role.h */

/**
 * The protocol state of one session. It is the caller's memory, inside struct usher_session; all
 * members are private to src/prov.
 */
struct usher_prov {
    /* what is small comes first: in reach of short instructions */
    uint16_t facts;
    uint8_t step;
    uint8_t me; /* enum usher_role */
    uint8_t state;
    uint8_t failure;      /* Failed code sent, received or that describes what ended us */
    uint8_t sent_pdu;     /* type of the last PDU that we sent */
    uint8_t failed_pdu;   /* PDU type at which it happened */
    uint8_t fail_to_send; /* device: Failed codes still to be sent */
    uint8_t close_reason;
    uint8_t attention;
    uint8_t event_first;
    uint8_t event_count;
    struct usher_start start;
    struct usher_caps caps; /* the device's */
    const struct usher_crypto *crypto;
    const struct usher_prov_role *role; /* the acts of our role; NULL: no session */
    uint64_t deadline;
    uint8_t events[8]; /* to be told: a ring */
    const uint8_t
        *oob_private_key; /* the pair for a key known out of band; NULL: ours is for both */
    const uint8_t *oob_public_key;
    uint8_t inputs[145]; /* ConfirmationInputs: invite, capabilities, start, both public keys */
    union {              /* one after the other */
        uint8_t private_key[USHER_P256_PRIVATE];
        uint8_t secret[USHER_P256_SECRET];
    };
    union {                  /* one after the other */
        uint8_t entropy[32]; /* drawn for the AuthValue that we show */
        uint8_t confirmation_key[32];
    };
    uint8_t auth[USHER_AUTH_MAX];
    uint32_t shown_number;
    char shown_text[USHER_OOB_SIZE_MAX + 1];
    uint8_t random[2][32]; /* by role; ours is drawn before the link opens */
    uint8_t confirmation[2][32];
    uint8_t salt[32]; /* ConfirmationSalt */
    uint8_t session_key[16];
    uint8_t session_nonce[USHER_CCM_NONCE];
    uint8_t device_key[USHER_KEY_SIZE];
    struct usher_prov_data data;
};

#ifdef __cplusplus
}
#endif

#endif
