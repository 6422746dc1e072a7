/*
 * Usher: Bluetooth Mesh provisioning, both roles, as a library without I/O of its own.
 *
 * An instance, struct usher, is the caller's memory and holds one device on the air: its port, its
 * sessions, its beacon, its scanner. Inputs come through usher_in_*(), time through
 * usher_process(); advertisements leave through the port; what happens is told to the one event
 * handler, called last, with all state settled, so that it may call anything here.
 *
 * A provisioner, in short:
 *
 *     usher_init(&u, &port, &(struct usher_config){ .handler = on_event });
 *     usher_scan(&u, true);                              // UNPROVISIONED_RECEIVED for each device
 *     usher_session_init(&u, &s, &caps, NULL);
 *     usher_provision(&s, &(struct usher_provision){ .uuid = uuid });
 *     // CAPS_RECEIVED: usher_choose() and usher_oob_use(); DATA_REQUEST: usher_data_set();
 *     // COMPLETE: device key and address; LINK_CLOSED: the session may be used again.
 *
 * A device: usher_init, usher_session_init with its capabilities, usher_listen.
 */
#ifndef USHER_H
#define USHER_H

#include <usher/config.h>
#include <usher/pb_adv.h>
#include <usher/pb_gatt.h>
#include <usher/port.h>
#include <usher/prov.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bearer_acts;
struct usher;
struct usher_gatt;
struct usher_mesh;
struct usher_session;

/** The version of this library, "MAJOR.MINOR.PATCH". */
const char *usher_version(void);

/** Events. 0 to 12 have the numbers and the parameters of the nRF5 SDK's NRF_MESH_PROV_EVT_. */
enum usher_event_type {
    USHER_EVT_UNPROVISIONED_RECEIVED = 0, /**< Scanner: a beacon of an unprovisioned device. */
    USHER_EVT_LINK_ESTABLISHED = 1,       /**< Both: the link is open. */
    USHER_EVT_LINK_CLOSED = 2, /**< Both: the session's last event. Failed unless COMPLETE came. */
    USHER_EVT_INVITE_RECEIVED = 3, /**< Device: attract attention. */
    USHER_EVT_START_RECEIVED = 4,  /**< Device: attention ends, the method is known. */
    USHER_EVT_OUTPUT_REQUEST =
        5, /**< Show the value (device: output OOB; provisioner: input OOB). */
    USHER_EVT_INPUT_REQUEST =
        6, /**< Ask for the value: usher_auth_number() or usher_auth_text(). */
    USHER_EVT_STATIC_REQUEST = 7, /**< Both: usher_auth_static(). */
    USHER_EVT_OOB_PUBKEY_REQUEST =
        8,                        /**< Provisioner: usher_pubkey_set(). Device: for information. */
    USHER_EVT_CAPS_RECEIVED = 9,  /**< Provisioner: choose, and call usher_oob_use(). */
    USHER_EVT_COMPLETE = 10,      /**< Both: done; address and device key. */
    USHER_EVT_ECDH_REQUEST = 11,  /**< Offloading: usher_secret_set(). */
    USHER_EVT_FAILED = 12,        /**< A Failed PDU was received (provisioner) or sent (device). */
    USHER_EVT_DATA_REQUEST = 13,  /**< Provisioner: the device is authentic; usher_data_set(). */
    USHER_EVT_DATA_RECEIVED = 14, /**< Device: make the data durable now; Complete follows. */
    USHER_EVT_PHASE = 15,         /**< Both: the session entered another phase. */
};

/** One event. Pointers are good during the handler's call only, but for those to the session. */
struct usher_event {
    enum usher_event_type type;
    union {
        struct {
            uint8_t device_uuid[USHER_UUID_SIZE];
            bool gatt_supported; /**< heard on PB-GATT */
            bool uri_hash_present;
            uint8_t uri_hash[4];
            uint16_t oob_info;          /**< table 3.71: where to find OOB information */
            int8_t rssi;                /**< dBm; 127 = unknown */
            struct usher_ble_addr peer; /**< who sent it: for usher_provision() over PB-GATT */
        } unprov;
        struct {
            struct usher_session *p_context;
        } link_established, start_received, static_request, oob_pubkey_request;
        struct {
            struct usher_session *p_context;
            uint8_t close_reason; /**< enum usher_close_reason, or the peer's number */
        } link_closed;
        struct {
            struct usher_session *p_context;
            uint8_t attention_duration_s;
        } invite_received;
        struct {
            struct usher_session *p_context;
            uint8_t action;        /**< device: enum usher_output_action; provisioner: enum
                                      usher_input_action */
            uint8_t size;          /**< digits or characters */
            const uint8_t *p_data; /**< the AuthValue of 16 (CMAC) or 32 octets */
            uint32_t number;       /**< the value to be shown, for all actions but alphanumeric */
            const char *text;      /**< what a display shows: @ref size digits or characters */
        } output_request;
        struct {
            struct usher_session *p_context;
            uint8_t action; /**< device: enum usher_input_action; provisioner: enum
                               usher_output_action */
            uint8_t size;
        } input_request;
        struct {
            struct usher_session *p_context;
            struct usher_caps oob_caps;
        } oob_caps_received;
        struct {
            struct usher_session *p_context;
            const uint8_t *p_devkey; /**< 16 octets */
            const struct usher_prov_data *p_prov_data;
        } complete, data_received;
        struct {
            struct usher_session *p_context;
            const uint8_t *p_peer_public;  /**< 64 octets */
            const uint8_t *p_node_private; /**< 32 octets; NULL: it was never given to us */
        } ecdh_request;
        struct {
            struct usher_session *p_context;
            uint8_t failure_code; /**< enum usher_failure, or the peer's number */
        } failed;
        struct {
            struct usher_session *p_context;
            const uint8_t
                *p_devkey; /**< the key that the device will have: store it before answering */
            uint8_t num_elements; /**< consecutive unicast addresses that it takes */
        } data_request;
        struct {
            struct usher_session *p_context;
            enum usher_phase phase;
        } phase;
    } params;
};

/** @param user  As given in struct usher_config. */
typedef void (*usher_event_handler)(void *user, struct usher *u, const struct usher_event *event);

/** What an instance is made with; zeros stand for the defaults. */
struct usher_config {
    usher_event_handler handler;
    void *user;
    const struct usher_pb_adv_policy *policy; /**< NULL: usher_pb_adv_spec */
    uint16_t beacon_interval_ms;              /**< unprovisioned device beacon; 0: 2000 */
    uint16_t
        beacon_repeat_ms; /**< repeats of a beacon within this are not told again; 0: tell all */
    /**
     * Work of the caller's own that is due at times: called whenever the instance has done its own,
     * at @p now (ms), and may call anything here. NULL: none.
     *
     * @return When it is to be called at the latest; USHER_NEVER: with the next input or call.
     */
    uint64_t (*work)(void *user, struct usher *u, uint64_t now);
    /** Sees every advertisement that comes in, before anything else does. NULL: nobody. */
    void (*heard)(void *user, struct usher *u, const struct usher_adv_report *report);
};

/** One provisioning session: of the caller's memory, one for each link that may be open at once. */
struct usher_session {
    struct usher_prov prov;         /**< private; first, in reach of short instructions */
    struct usher_caps capabilities; /**< device: ours, may be changed between sessions; provisioner:
                                       the peer's, after CAPS_RECEIVED */
    void *user;                     /**< the caller's own */
    uint8_t uuid[USHER_UUID_SIZE];  /**< the device's */
    bool ecdh_offload;              /**< ask with ECDH_REQUEST instead of computing */

    /* private */
    uint8_t state;
    uint8_t phase_told;
    uint8_t attention_s;
    uint8_t bearers; /* that a device listens on */
    uint8_t close_reason;
    struct usher *node;
    struct usher_session *next;
    const struct usher_prov_role *acts;
    const struct bearer_acts *bearer; /* of the link: PB-ADV or PB-GATT */
    const uint8_t *p_private_key;     /* the fixed pair, or NULL */
    const uint8_t *p_public_key;
    uint32_t ecdh_token;
    union usher_link link;
};

/** Provisioning bearers; bits. The numbers are those of the nRF5 SDK. */
enum usher_bearer {
    USHER_BEARER_ADV = 1 << 0,  /**< PB-ADV */
    USHER_BEARER_GATT = 1 << 1, /**< PB-GATT; see usher/gatt.h */
};

/** What a provisioner starts a session with. */
struct usher_provision {
    const uint8_t *uuid;                /**< 16 octets */
    uint8_t attention_s;                /**< 0 = off */
    const struct usher_prov_data *data; /**< NULL: asked for with DATA_REQUEST */
    const struct usher_ble_addr *peer;  /**< PB-GATT: the device's address; NULL: PB-ADV */
};

/** What a device listens with. */
struct usher_listen {
    const uint8_t *uuid; /**< 16 octets */
    uint16_t oob_info;   /**< for the beacon */
    const uint8_t *uri;  /**< scheme code and rest, as in AD type 0x24; NULL: none */
    uint8_t uri_len;     /**< above USHER_URI_MAX: beaconed as a hash, not advertised */
    unsigned bearers;    /**< enum usher_bearer, bits; 0: PB-ADV */
};

/** A node's unprovisioned device beacon. Private. */
struct usher_beacon {
    uint64_t at;
    bool uri_next; /* the URI advertisement comes next */
    uint8_t len;
    uint8_t uri_len;
    uint8_t ad[USHER_AD_MAX];
    uint8_t uri_ad[USHER_AD_MAX];
};

/** An advertisement of the caller's own, not connectable, beside those of the instance. Its memory
 * is the caller's for as long as it is on. */
struct usher_own_adv {
    uint16_t interval_ms;     /**< USHER_OWN_ADV_MIN_MS..USHER_OWN_ADV_MAX_MS */
    uint8_t len;              /**< octets at @ref ad */
    uint8_t ad[USHER_AD_MAX]; /**< AD structures */

    /* private */
    uint64_t at;
    struct usher_own_adv *next;
};

#define USHER_OWN_ADV_MIN_MS 20u
#define USHER_OWN_ADV_MAX_MS 10240u

/** Who takes part in the life of an instance: the order of their turns. Private. */
enum usher_part_place {
    USHER_PART_SESSIONS,
    USHER_PART_MESH,
    USHER_PART_SCANNER,
    USHER_PART_GATT,
    USHER_PART_BEACON,
    USHER_PART_OWN_ADV,
    USHER_PARTS,
};

struct usher_part; /* src/node/node.h */

/** One instance. All members are private. */
struct usher {
    const struct usher_port *port;
    uint8_t scan_what;
    bool scanning;
    bool silent; /* usher_radio() */
    bool draining;
    bool again;
    uint64_t now;
    uint64_t wake;
    uint64_t work_at;                            /* what config.work() returned */
    const struct usher_part *parts[USHER_PARTS]; /* NULL: does not take part */
    struct usher_session *sessions;
    struct usher_session *turn; /* the session to be served next, while draining */
    struct usher_mesh *mesh;    /* what it is as a node (mesh.h), or NULL */
    struct usher_gatt *gatt;    /* its GATT connections (gatt.h), or NULL */
    uint32_t next_token;
    uint32_t slots_busy; /* a bit each */
    struct usher_config config;
    uint8_t random_mark[16]; /* of the last draw: a generator that is stuck is noticed */
    struct usher_beacon beacon;
    struct usher_own_adv *own_advs; /* usher_advertise() */
    struct {
        uint64_t at;
        uint64_t hash;
    } heard[USHER_SCAN_CACHE];
};

/**
 * Makes an instance. Nothing is on the air yet.
 *
 * @param port    Good for the instance's life; its functions are called from now on.
 * @param config  Copied; the policy that it points at is not.
 *
 * @retval USHER_OK       Ready.
 * @retval USHER_E_NULL   @p u, @p port, its crypto table or a function of it that is not optional
 * is NULL.
 * @retval USHER_E_PARAM  adv_slots is more than USHER_ADV_SLOTS.
 */
enum usher_err usher_init(struct usher *u, const struct usher_port *port,
                          const struct usher_config *config);

/**
 * Ends all sessions and connections at once and the node with them, takes everything off the air,
 * wipes secrets. No event is told.
 */
void usher_deinit(struct usher *u);

/** Does what is due. To be called at the time given to the port's wake_at; at other times it is
 * harmless. */
void usher_process(struct usher *u);

/** Calls the config's work() at once, but not from within this call: there is more to do. */
void usher_work(struct usher *u);
/**
 * Leaves the air, or comes back: nothing is sent, what comes in is not heard, and GATT connections
 * end. All else goes on, so links time out and messages wait for their turn. An instance begins on
 * the air.
 */
void usher_radio(struct usher *u, bool on);

/**
 * Advertises every interval, and 0 to 10 ms at random, until usher_advertise_stop(). Links and mesh
 * messages go before it; with the beacons of the instance it takes turns. One that is on already
 * may have been changed: the next one sent is the new one.
 *
 * @retval USHER_OK        On.
 * @retval USHER_E_PARAM   The interval is out of range.
 * @retval USHER_E_LENGTH  More than USHER_AD_MAX octets.
 */
enum usher_err usher_advertise(struct usher *u, struct usher_own_adv *adv);
/** Ends that. @retval USHER_E_STATE  It is not on. */
enum usher_err usher_advertise_stop(struct usher *u, struct usher_own_adv *adv);

/** Input: an advertisement was received. Whatever it holds, it is read with care and never kept. */
void usher_in_adv(struct usher *u, const struct usher_adv_report *report);
/** Input: the advertisement in @p slot is over. */
void usher_in_adv_done(struct usher *u, uint8_t slot);
/** Input: a GATT connection can carry values: the client has subscribed to Data Out. */
void usher_in_gatt_open(struct usher *u, const struct usher_gatt_opened *opened);
/** Input: a value was received whole, @p len octets. Whatever it holds, it is read with care. */
void usher_in_gatt_data(struct usher *u, uint8_t conn, const uint8_t *value, size_t len);
/** Input: after gatt_send() had no room, it has some again. */
void usher_in_gatt_ready(struct usher *u, uint8_t conn);
/** Input: a connection is gone, or could not be made; its number is free again. */
void usher_in_gatt_close(struct usher *u, uint8_t conn);
/** Input: the ECDH that the port was asked for. @p secret is read only if @p err is USHER_OK. */
void usher_in_ecdh(struct usher *u, uint32_t token, enum usher_err err,
                   const uint8_t secret[USHER_P256_SECRET]);

/**
 * Tells UNPROVISIONED_RECEIVED for the beacons of unprovisioned devices, or stops.
 *
 * @retval USHER_OK  Done.
 * @retval others    The port's, when it cannot scan.
 */
enum usher_err usher_scan(struct usher *u, bool on);

/**
 * Draws a P-256 key pair.
 *
 * @retval USHER_OK          Both are filled in.
 * @retval USHER_E_INTERNAL  No randomness, or the curve's arithmetic failed.
 */
enum usher_err usher_generate_keys(struct usher *u, uint8_t private_key[USHER_P256_PRIVATE],
                                   uint8_t public_key[USHER_P256_PUBLIC]);

/**
 * Prepares a session, idle, for either role. May be repeated on an idle one.
 *
 * @param caps  Device: what it offers. Provisioner: may be NULL.
 * @param user  Kept in the session.
 */
void usher_session_init(struct usher *u, struct usher_session *s, const struct usher_caps *caps,
                        void *user);

/**
 * Gives a session a key pair of the application's. A device whose capabilities have
 * USHER_PUBKEY_OOB uses it where the provisioner takes the public key out of band, and a fresh pair
 * where it does not (5.4.2.3); any other session uses it in place of fresh pairs. The octets are
 * read during sessions, so they must stay, and may be renewed in between. A private key of NULL
 * stays with whoever answers ECDH_REQUEST, for sessions with ecdh_offload; such a pair is in use
 * whether the provisioner takes its public key out of band or not. NULL, NULL: fresh pairs only.
 */
void usher_session_keys_set(struct usher_session *s, const uint8_t *private_key,
                            const uint8_t *public_key);

/**
 * Provisioner: opens a link to a device and invites it. Linked with usher_provisioner.
 *
 * @retval USHER_OK             Begun: LINK_ESTABLISHED or LINK_CLOSED follows.
 * @retval USHER_E_NULL         A pointer is NULL.
 * @retval USHER_E_STATE        The session is not idle; PB-GATT: the instance is off the air.
 * @retval USHER_E_DATA         p->data has a NetKey index above 0xFFF or an address that is not
 * unicast.
 * @retval USHER_E_FLAGS        A public key without a private one, and not ecdh_offload.
 * @retval USHER_E_INTERNAL     No randomness, or no key pair could be made.
 * @retval USHER_E_UNSUPPORTED  The provisioner role is not linked, or PB-GATT without
 *                              usher_gatt_init().
 * @retval USHER_E_RESOURCES    PB-GATT: all connections are in use.
 * @retval others               PB-GATT: the port's.
 */
enum usher_err usher_provision(struct usher_session *s, const struct usher_provision *p);

/**
 * Device: beacons, and takes the first link that is opened to its UUID, on either bearer. After
 * LINK_CLOSED the session is idle again. Linked with usher_device.
 *
 * @retval USHER_OK             Listening.
 * @retval USHER_E_NULL         A pointer is NULL.
 * @retval USHER_E_STATE        The session is not idle, or another one of this instance listens.
 * @retval USHER_E_FLAGS        A public key without a private one, and not ecdh_offload.
 * @retval USHER_E_PARAM        Capabilities without elements or algorithms, or USHER_OOB_ONLY
 *                              together with CMAC or without OOB; a bearer that there is not.
 * @retval USHER_E_INTERNAL     No randomness, or no key pair could be made.
 * @retval USHER_E_UNSUPPORTED  The device role is not linked, or PB-GATT without usher_gatt_init(),
 *                              or the radio is elsewhere (usher/remote.h).
 */
enum usher_err usher_listen(struct usher_session *s, const struct usher_listen *p);

/**
 * Device: stops listening.
 *
 * @retval USHER_E_STATE  Not listening (perhaps a link is open: see usher_cancel()).
 */
enum usher_err usher_listen_stop(struct usher_session *s);

/**
 * The strongest choice for what a device offers: HMAC before CMAC, an OOB public key if @p
 * pubkey_known, then static if @p methods has it, output, input, none; alphanumeric before numeric,
 * of the largest size, before what a person has to count, of size 1.
 *
 * @param methods  Bits 1 << enum usher_oob_method that this provisioner can do.
 *
 * @retval USHER_E_UNSUPPORTED  Nothing in common; or only without OOB, which the device refuses.
 */
enum usher_err usher_choose(const struct usher_caps *caps, unsigned methods, bool pubkey_known,
                            struct usher_start *choice);

/**
 * Provisioner: answers CAPS_RECEIVED; Start is sent.
 *
 * @retval USHER_E_STATE        Capabilities have not come, or Start was sent already.
 * @retval USHER_E_PARAM        A field is out of range.
 * @retval USHER_E_UNSUPPORTED  The device does not offer that.
 */
enum usher_err usher_oob_use(struct usher_session *s, const struct usher_start *choice);

/**
 * Provisioner: the device's public key, known out of band. May come before it is asked for.
 *
 * @retval USHER_E_STATE  No session, key exchange in band, or given already.
 * @retval USHER_E_DATA   Not a point of the curve, or our own key. The session has failed.
 */
enum usher_err usher_pubkey_set(struct usher_session *s, const uint8_t key[USHER_P256_PUBLIC]);

/**
 * Both: the static OOB information. Longer values than the algorithm's 16 or 32 octets are cut.
 *
 * @param len  1..32 octets
 *
 * @retval USHER_E_STATE   Not asked for.
 * @retval USHER_E_LENGTH  0 or more than 32.
 */
enum usher_err usher_auth_static(struct usher_session *s, const uint8_t *value, size_t len);

/**
 * Both: the number that the user read or counted.
 *
 * @retval USHER_E_STATE  Not asked for, or the action is alphanumeric.
 * @retval USHER_E_PARAM  Not below 10 to the power of the size.
 */
enum usher_err usher_auth_number(struct usher_session *s, uint32_t number);

/**
 * Both: the text that the user read, or digits where a number was asked for. We show 0-9 and A-Z,
 * as the standard has it; a-z are taken too, as they are, since there are peers that show them.
 *
 * @retval USHER_E_STATE   Not asked for.
 * @retval USHER_E_LENGTH  Not the size asked for (a number may be shorter).
 * @retval USHER_E_DATA    A character that cannot be.
 */
enum usher_err usher_auth_text(struct usher_session *s, const char *text);

/**
 * Both: the shared secret for ECDH_REQUEST.
 *
 * @retval USHER_E_STATE  Not asked for.
 * @retval USHER_E_DATA   All zeros.
 */
enum usher_err usher_secret_set(struct usher_session *s, const uint8_t secret[USHER_P256_SECRET]);

/**
 * Provisioner: the data for DATA_REQUEST. May come before it is asked for.
 *
 * @retval USHER_E_STATE  No session, or given already.
 * @retval USHER_E_DATA   NetKey index above 0xFFF.
 * @retval USHER_E_ADDR   Not unicast, or the device's elements do not fit below 0x8000.
 */
enum usher_err usher_data_set(struct usher_session *s, const struct usher_prov_data *data);

/**
 * Device: refuses the provisioner's choice, within START_RECEIVED or until the public keys are
 * exchanged. Failed is sent and FAILED told.
 *
 * @retval USHER_E_STATE  Not at that moment.
 */
enum usher_err usher_refuse(struct usher_session *s, enum usher_failure failure);

/**
 * Closes the link now; LINK_CLOSED follows. Not for a listening session.
 *
 * @retval USHER_E_STATE  No link.
 */
enum usher_err usher_cancel(struct usher_session *s, enum usher_close_reason reason);

/** Whether a session is idle: free for usher_provision() or usher_listen(). */
bool usher_session_idle(const struct usher_session *s);

/** The device key, 16 octets, once the session is complete; NULL before. Wiped with the next
 * session. */
const uint8_t *usher_device_key(const struct usher_session *s);

/** Why and where a session ended, for reports. */
struct usher_outcome {
    bool complete;
    bool gatt;            /**< the link was one of PB-GATT */
    uint8_t close_reason; /**< enum usher_close_reason */
    uint8_t failure;      /**< enum usher_failure; 0: none told */
    uint8_t pdu;          /**< the PDU type at which it failed, if failure is not 0 */
    enum usher_phase phase;
    struct usher_start start; /**< what was chosen */
    struct usher_link_stats link;
};
void usher_outcome(const struct usher_session *s, struct usher_outcome *outcome);

#ifdef __cplusplus
}
#endif

#endif
