/*
 * One provisioning session, either role (Mesh Protocol 1.1, section 5.4): PDUs in, PDUs and events
 * out, a deadline. It does no I/O: node hands over what the bearer received and pulls what is next.
 *
 * The protocol is one table of steps (session.c). What the user or another processor contributes
 * are facts, set in any order when they become true: the choice of method, keys, secret, AuthValue,
 * data.
 */
#ifndef SESSION_H
#define SESSION_H

#include "role.h"

#include <usher/prov.h>
#include <usher/usher.h>

/** What a session is begun with. Randomness comes in here, so that a session can be replayed. */
struct session_begin {
    const struct usher_crypto *crypto;
    const struct usher_prov_role *role;
    const struct usher_caps *caps; /* device: what it offers */
    uint8_t attention;             /* provisioner */
    const uint8_t
        *oob_private_key; /* device: used instead of the session's pair if the provisioner */
    const uint8_t *oob_public_key; /* takes the public key out of band; both NULL: no other pair */
    uint8_t random[32];            /* our Random */
    uint8_t entropy[32];           /* for the AuthValue that we may show */
};

enum session_out {
    SESSION_NOTHING,
    SESSION_EVENT, /* tell the user: session_output.event */
    SESSION_PDU,   /* hand to the bearer: session_output.pdu, len */
    SESSION_ECDH,  /* compute own key times peer's, then session_secret() */
    SESSION_CLOSE, /* close the link: session_output.reason */
};

struct session_output {
    enum usher_event_type event;
    uint8_t reason;
    bool awaited; /* the peer goes on only once it has this PDU: any but Failed */
    size_t len;
    uint8_t pdu[USHER_PDU_MAX];
};

/**
 * Clears a session and gives it its key pair, which may be long before the link opens.
 *
 * @param private_key  NULL: with whoever computes the secret (session_secret()).
 */
void session_keys_set(struct usher_prov *s, const uint8_t private_key[USHER_P256_PRIVATE],
                      const uint8_t public_key[USHER_P256_PUBLIC]);

/** Begins on a link that has just opened. */
void session_begin(struct usher_prov *s, const struct session_begin *begin, uint64_t now);

/**
 * Hands over a PDU that the bearer has received whole.
 *
 * @param now  The time in ms; an acceptable PDU restarts the protocol timer.
 * @param pdu  Type and parameters, not kept.
 *
 * @retval USHER_OK       Taken. Call session_next() until it has nothing.
 * @retval USHER_E_DATA   Not acceptable: the session has failed, and session_next() says how.
 * @retval USHER_E_STATE  The session is over; the PDU is refused or ignored.
 */
enum usher_err session_rx(struct usher_prov *s, uint64_t now, const uint8_t *pdu, size_t len);

/**
 * Pulls one output.
 *
 * @param bearer_ready  Whether the bearer can take a PDU.
 */
enum session_out session_next(struct usher_prov *s, uint64_t now, bool bearer_ready,
                              struct session_output *out);

/** The peer has acknowledged all that was sent. */
void session_sent(struct usher_prov *s);

/** When session_next() must be called again at the latest. */
uint64_t session_deadline(const struct usher_prov *s);

/** The link is gone, for whatever reason. Secrets are wiped, but for the device key of a complete
 * session. */
void session_link_closed(struct usher_prov *s);

/** Ends the session from this side: SESSION_CLOSE with @p reason is the next output. */
void session_cancel(struct usher_prov *s, uint8_t reason);

/** Whether the device has accepted the data: it will be, or is, a node. */
bool session_complete(const struct usher_prov *s);

enum usher_phase session_phase(const struct usher_prov *s);

/** The other side's role. */
enum usher_role session_peer(const struct usher_prov *s);
/** The provisioner takes our public key out of band: that pair is used from here on. */
void session_oob_key_use(struct usher_prov *s);
/** The public key of a role, as it stands in the ConfirmationInputs. */
uint8_t *session_key(struct usher_prov *s, enum usher_role role);

/* Facts. The retvals are those of the usher_ calls of the same purpose (usher.h). */
enum usher_err session_choose(struct usher_prov *s, const struct usher_start *choice);
enum usher_err session_peer_key(struct usher_prov *s, const uint8_t key[USHER_P256_PUBLIC]);
enum usher_err session_secret(struct usher_prov *s, enum usher_err err,
                              const uint8_t secret[USHER_P256_SECRET]);
enum usher_err session_auth_static(struct usher_prov *s, const uint8_t *value, size_t len);
enum usher_err session_auth_number(struct usher_prov *s, uint32_t number);
enum usher_err session_auth_text(struct usher_prov *s, const char *text);
enum usher_err session_data(struct usher_prov *s, const struct usher_prov_data *data);
/** The same before the link opens; the caller has had session_data_check() look at them. */
void session_data_early(struct usher_prov *s, const struct usher_prov_data *data);
enum usher_err session_refuse(struct usher_prov *s, enum usher_failure failure);

/* For the roles' acts. */

#define SESSION_INPUTS_INVITE 0
#define SESSION_INPUTS_CAPS 1
#define SESSION_INPUTS_START 12
#define SESSION_INPUTS_KEYS 17
#define SESSION_INPUTS_LEN 145

/** Queues an event for the user. */
void session_tell(struct usher_prov *s, enum usher_event_type event);

/** Whether @p data can be given to a device of @p elements. @retval USHER_E_ADDR, USHER_E_DATA,
 * USHER_OK */
enum usher_err session_data_check(const struct usher_prov_data *data, uint8_t elements);

#endif
