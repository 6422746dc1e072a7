/*
 * The provisioning session: one table of steps for both roles (Mesh Protocol 1.1, section 5.4.2). A
 * row says which PDU comes next and who writes it; the side that writes it builds it once the facts
 * that it needs are there, the other side accepts it and nothing else. LOCAL rows are what a side
 * does by itself in between.
 *
 * node calls it; the roles' own acts are in provisioner.c and device.c, what users contribute in
 * facts.c.
 */
#include "session.h"

#include "auth.h"
#include "choose.h"
#include "ct.h"
#include "facts.h"
#include "pdu.h"
#include "suite.h"

#include <string.h>

#define TIMEOUT_MS 60000u       /* 5.4.4: at least 60 s */
#define TIMEOUT_USER_MS 120000u /* ... and 120 s where a user reads and types */

enum writer {
    PROVISIONER = USHER_ROLE_PROVISIONER,
    DEVICE = USHER_ROLE_DEVICE,
    BOTH, /* LOCAL rows only */
};

struct step {
    uint8_t pdu;
    uint8_t writer;
    uint8_t needs; /* enum fact, of those that are waited for */
    uint8_t phase;
    bool (*skip)(const struct usher_prov *s);
    void (*act)(struct usher_prov *s); /* LOCAL rows only */
};

static bool key_in_band(const struct usher_prov *s)
{
    return s->start.public_key == 0;
}

static bool key_is_oob(const struct usher_prov *s)
{
    return s->start.public_key != 0;
}

static bool not_input(const struct usher_prov *s)
{
    return s->start.method != USHER_OOB_INPUT;
}

static void ask_oob_key(struct usher_prov *s)
{
    if ((s->facts & HAVE_PEER_KEY) == 0) {
        session_tell(s, USHER_EVT_OOB_PUBKEY_REQUEST);
    }
}

static void begin_ecdh(struct usher_prov *s)
{
    s->facts |= WANT_ECDH;
}

static void ask_data(struct usher_prov *s)
{
    if ((s->facts & HAVE_DATA) == 0) {
        session_tell(s, USHER_EVT_DATA_REQUEST);
    }
}

/* Data that were given before the number of elements was known are looked at here. */
static void check_data(struct usher_prov *s)
{
    if (session_data_check(&s->data, s->caps.num_elements) != USHER_OK) {
        facts_fail(s, USHER_FAIL_ADDRESS, PDU_DATA);
    }
}

static void nothing(struct usher_prov *s)
{
    (void)s;
}

static const struct step steps[] = {
    { PDU_INVITE, PROVISIONER, 0, USHER_PHASE_INVITE, NULL, NULL },
    { PDU_CAPABILITIES, DEVICE, 0, USHER_PHASE_CAPABILITIES, NULL, NULL },
    { PDU_START, PROVISIONER, HAVE_CHOICE, USHER_PHASE_START, NULL, NULL },
    { PDU_LOCAL, PROVISIONER, WAS_SENT, USHER_PHASE_PUBLIC_KEY, key_in_band, ask_oob_key },
    { PDU_LOCAL, PROVISIONER, HAVE_PEER_KEY, USHER_PHASE_PUBLIC_KEY, key_in_band, nothing },
    { PDU_PUBLIC_KEY, PROVISIONER, 0, USHER_PHASE_PUBLIC_KEY, NULL, NULL },
    { PDU_PUBLIC_KEY, DEVICE, 0, USHER_PHASE_PUBLIC_KEY, key_is_oob, NULL },
    { PDU_LOCAL, BOTH, HAVE_PEER_KEY, USHER_PHASE_ECDH, NULL, begin_ecdh },
    { PDU_LOCAL, BOTH, 0, USHER_PHASE_ECDH, NULL, auth_begin },
    { PDU_INPUT_COMPLETE, DEVICE, HAVE_AUTH, USHER_PHASE_INPUT, not_input, NULL },
    { PDU_CONFIRMATION, PROVISIONER, HAVE_AUTH | HAVE_SECRET, USHER_PHASE_CONFIRMATION, NULL,
      NULL },
    { PDU_CONFIRMATION, DEVICE, HAVE_AUTH | HAVE_SECRET, USHER_PHASE_CONFIRMATION, NULL, NULL },
    { PDU_RANDOM, PROVISIONER, 0, USHER_PHASE_RANDOM, NULL, NULL },
    { PDU_RANDOM, DEVICE, 0, USHER_PHASE_RANDOM, NULL, NULL },
    { PDU_LOCAL, PROVISIONER, 0, USHER_PHASE_DATA, NULL, ask_data },
    { PDU_LOCAL, PROVISIONER, HAVE_DATA, USHER_PHASE_DATA, NULL, check_data },
    { PDU_DATA, PROVISIONER, 0, USHER_PHASE_DATA, NULL, NULL },
    { PDU_COMPLETE, DEVICE, 0, USHER_PHASE_DATA, NULL, NULL },
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

enum usher_role session_peer(const struct usher_prov *s)
{
    return s->me == USHER_ROLE_PROVISIONER ? USHER_ROLE_DEVICE : USHER_ROLE_PROVISIONER;
}

uint8_t *session_key(struct usher_prov *s, enum usher_role role)
{
    return s->inputs + SESSION_INPUTS_KEYS + (size_t)role * USHER_P256_PUBLIC;
}

void session_tell(struct usher_prov *s, enum usher_event_type event)
{
    if (s->event_count < sizeof(s->events)) {
        s->events[(s->event_first + s->event_count++) % sizeof(s->events)] = (uint8_t)event;
    }
}

static void restart_timer(struct usher_prov *s, uint64_t now)
{
    bool user = s->start.method == USHER_OOB_OUTPUT || s->start.method == USHER_OOB_INPUT;

    s->deadline = now + (user ? TIMEOUT_USER_MS : TIMEOUT_MS);
}

void session_keys_set(struct usher_prov *s, const uint8_t private_key[USHER_P256_PRIVATE],
                      const uint8_t public_key[USHER_P256_PUBLIC])
{
    memset(s, 0, sizeof(*s));
    if (private_key != NULL) {
        memcpy(s->private_key, private_key, sizeof(s->private_key));
    }
    memcpy(session_key(s, USHER_ROLE_PROVISIONER), public_key, USHER_P256_PUBLIC);
}

/* It was set before it was known which of the two it is. */
static void place_own_key(struct usher_prov *s)
{
    uint8_t *first = session_key(s, USHER_ROLE_PROVISIONER);

    if (s->me == USHER_ROLE_DEVICE) {
        memcpy(session_key(s, USHER_ROLE_DEVICE), first, USHER_P256_PUBLIC);
        memset(first, 0, USHER_P256_PUBLIC);
    }
}

void session_begin(struct usher_prov *s, const struct session_begin *begin, uint64_t now)
{
    s->crypto = begin->crypto;
    s->role = begin->role;
    s->me = (uint8_t)begin->role->me;
    s->state = PROV_RUNNING;
    s->attention = begin->attention;
    s->oob_private_key = begin->oob_private_key;
    s->oob_public_key = begin->oob_public_key;
    if (begin->caps != NULL) {
        s->caps = *begin->caps;
    }
    place_own_key(s);
    memcpy(s->random[s->me], begin->random, sizeof(begin->random));
    memcpy(s->entropy, begin->entropy, sizeof(begin->entropy));
    restart_timer(s, now);
}

void session_oob_key_use(struct usher_prov *s)
{
    if (s->oob_private_key != NULL) {
        memcpy(s->private_key, s->oob_private_key, sizeof(s->private_key));
        memcpy(session_key(s, s->role->me), s->oob_public_key, USHER_P256_PUBLIC);
    }
}

/* Takes the steps that are ours alone, up to the next PDU or the first fact that is missing. */
static void advance(struct usher_prov *s)
{
    while (s->state == PROV_RUNNING && s->step < STEPS) {
        const struct step *row = &steps[s->step];

        if (row->skip == NULL || !row->skip(s)) {
            if (row->pdu != PDU_LOCAL) {
                return;
            }
            if (row->writer == BOTH || row->writer == s->me) {
                if ((row->needs & ~s->facts) != 0) {
                    return;
                }
                row->act(s);
            }
        }
        s->step++;
    }
}

void facts_changed(struct usher_prov *s)
{
    advance(s);
}

bool facts_at(const struct usher_prov *s, uint8_t pdu)
{
    return s->state == PROV_RUNNING && s->step < STEPS && steps[s->step].pdu == pdu;
}

void facts_fail(struct usher_prov *s, enum usher_failure failure, uint8_t pdu)
{
    if (s->state != PROV_RUNNING) {
        return;
    }
    s->failure = (uint8_t)failure;
    s->failed_pdu = pdu;
    s->event_count = 0;
    auth_wipe(s);
    if (s->me == USHER_ROLE_DEVICE) {
        s->state = PROV_REFUSING;
        s->fail_to_send = (uint8_t)failure;
        session_tell(s, USHER_EVT_FAILED);
    } else {
        s->state = PROV_CLOSING;
        s->close_reason = USHER_CLOSE_ERROR;
    }
}

/* ConfirmationInputs are made of parameters as they travelled: sent or received, they are kept
 * here. */
static void keep_inputs(struct usher_prov *s, uint8_t pdu, const uint8_t *params, size_t len)
{
    static const uint8_t at[] = {
        [PDU_INVITE] = SESSION_INPUTS_INVITE,
        [PDU_CAPABILITIES] = SESSION_INPUTS_CAPS,
        [PDU_START] = SESSION_INPUTS_START,
    };

    if (pdu < sizeof(at)) {
        memcpy(s->inputs + at[pdu], params, len);
    }
}

/* -- receiving --------------------------------------------------------------------------------- */

/* What the device refuses is what it got last, or the one before: it does not say. */
static void accept_failed(struct usher_prov *s, uint8_t code)
{
    facts_fail(s, (enum usher_failure)code, s->sent_pdu);
    session_tell(s, USHER_EVT_FAILED);
}

static enum usher_failure accept(struct usher_prov *s, uint8_t pdu, const uint8_t *params,
                                 size_t len)
{
    struct io io = io_reader(params, len);
    enum usher_failure failure;

    switch (pdu) {
    case PDU_PUBLIC_KEY:
        failure = facts_take_key(s, params);
        break;
    case PDU_CONFIRMATION:
        failure = auth_take_confirmation(s, params, len);
        break;
    case PDU_RANDOM:
        failure = auth_take_random(s, params, len);
        break;
    default:
        failure = s->role->accept(s, pdu, &io);
        break;
    }
    if (failure == USHER_FAIL_NONE) {
        keep_inputs(s, pdu, params, len);
    }
    return failure;
}

/* 1.1 names the codes; which of several errors is told follows the order: type, moment, length. */
static enum usher_failure check(const struct usher_prov *s, uint8_t type, size_t len)
{
    const struct step *row = s->step < STEPS ? &steps[s->step] : NULL;

    if (type >= PDU_TYPES) {
        return USHER_FAIL_INVALID_PDU;
    }
    if (row == NULL || row->pdu != type || row->writer == s->me) {
        return USHER_FAIL_UNEXPECTED_PDU;
    }
    return pdu_len(type, auth_size(s)) == (int)len ? USHER_FAIL_NONE : USHER_FAIL_INVALID_FORMAT;
}

/* After the end: a device says so to each PDU, and a provisioner has closed the link. */
static enum usher_err refuse(struct usher_prov *s)
{
    bool refusing = s->state == PROV_REFUSING;
    bool first = s->state == PROV_DONE && (s->facts & REFUSED_LATE) == 0;

    if ((refusing || first) && s->fail_to_send == USHER_FAIL_NONE) {
        s->fail_to_send = USHER_FAIL_UNEXPECTED_PDU;
        s->facts |= REFUSED_LATE;
    }
    return USHER_E_STATE;
}

enum usher_err session_rx(struct usher_prov *s, uint64_t now, const uint8_t *pdu, size_t len)
{
    enum usher_failure failure;

    if (s->state != PROV_RUNNING ||
        session_complete(s)) { /* a device that has accepted the data is a node */
        return refuse(s);
    }
    if (len == 0) {
        facts_fail(s, USHER_FAIL_INVALID_FORMAT, PDU_TYPES);
        return USHER_E_DATA;
    }
    if (s->me == USHER_ROLE_PROVISIONER && pdu[0] == PDU_FAILED && len == 2) {
        accept_failed(s, pdu[1]);
        return USHER_OK;
    }
    failure = check(s, pdu[0], len - 1);
    if (failure == USHER_FAIL_NONE) {
        failure = accept(s, pdu[0], pdu + 1, len - 1);
    }
    if (failure != USHER_FAIL_NONE) {
        facts_fail(s, failure, pdu[0]);
        return USHER_E_DATA;
    }
    s->step++;
    restart_timer(s, now);
    if (pdu[0] == PDU_COMPLETE) {
        s->facts |= IS_COMPLETE;
        session_tell(s, USHER_EVT_COMPLETE);
        s->state = PROV_CLOSING;
        s->close_reason = USHER_CLOSE_SUCCESS;
    } else if (pdu[0] == PDU_DATA) {
        s->facts |= IS_COMPLETE;
    }
    advance(s);
    return USHER_OK;
}

/* Closes the link from this side. */
static void end(struct usher_prov *s, uint8_t reason)
{
    if (s->state != PROV_IDLE && s->state < PROV_CLOSING) {
        if (s->state == PROV_RUNNING) {
            s->event_count = 0; /* nobody is asked any more */
        }
        s->state = PROV_CLOSING;
        s->close_reason = reason;
        s->fail_to_send = USHER_FAIL_NONE;
        auth_wipe(s);
    }
}

/* -- sending ----------------------------------------------------------------------------------- */

static enum usher_err build(struct usher_prov *s, uint8_t pdu, struct io *io)
{
    enum usher_err err = USHER_OK;

    switch (pdu) {
    case PDU_PUBLIC_KEY:
        io_bytes(io, session_key(s, s->role->me), USHER_P256_PUBLIC);
        break;
    case PDU_CONFIRMATION:
        err = auth_confirm(s);
        io_bytes(io, s->confirmation[s->me], auth_size(s));
        break;
    case PDU_RANDOM:
        io_bytes(io, s->random[s->me], auth_size(s));
        if (s->me == USHER_ROLE_DEVICE) {
            err = auth_derive(s);
        }
        break;
    default:
        err = s->role->build(s, pdu, io);
        break;
    }
    return err == USHER_OK && !io_ok(io) ? USHER_E_SIZE : err;
}

static bool build_next(struct usher_prov *s, uint64_t now, struct session_output *out)
{
    const struct step *row = &steps[s->step];
    struct io io = io_writer(out->pdu, sizeof(out->pdu));
    uint8_t type = row->pdu;
    enum usher_err err;

    io_u8(&io, &type);
    err = build(s, type, &io);
    if (err != USHER_OK) {
        facts_fail(s, err == USHER_E_DATA ? USHER_FAIL_INVALID_FORMAT : USHER_FAIL_UNEXPECTED_ERROR,
                   type);
        return false;
    }
    out->len = io_pos(&io);
    out->awaited = true;
    keep_inputs(s, type, out->pdu + 1, out->len - 1);
    s->step++;
    s->sent_pdu = type;
    s->facts &= (uint16_t)~WAS_SENT;
    restart_timer(s, now);
    if (type == PDU_COMPLETE) {
        s->state = PROV_DONE;
    } else if (type == PDU_DATA) {
        s->crypto->wipe(s->session_key, sizeof(s->session_key));
    }
    advance(s);
    return true;
}

static bool may_build(const struct usher_prov *s)
{
    const struct step *row = &steps[s->step];

    return s->state == PROV_RUNNING && s->step < STEPS && row->pdu != PDU_LOCAL &&
           row->writer == s->me && (row->needs & ~s->facts) == 0;
}

static bool next_pdu(struct usher_prov *s, uint64_t now, struct session_output *out)
{
    if (s->fail_to_send != USHER_FAIL_NONE) {
        out->pdu[0] = PDU_FAILED;
        out->pdu[1] = s->fail_to_send;
        out->len = 2;
        out->awaited = false;
        s->fail_to_send = USHER_FAIL_NONE;
        return true;
    }
    return may_build(s) && build_next(s, now, out);
}

static enum usher_event_type pop_event(struct usher_prov *s)
{
    s->event_count--;
    return (enum usher_event_type)s->events[s->event_first++ % sizeof(s->events)];
}

enum session_out session_next(struct usher_prov *s, uint64_t now, bool bearer_ready,
                              struct session_output *out)
{
    if (now >= s->deadline && s->state != PROV_IDLE) {
        end(s, s->state == PROV_DONE ? USHER_CLOSE_SUCCESS : USHER_CLOSE_TIMEOUT);
    }
    if (s->event_count == 0 && bearer_ready && next_pdu(s, now, out)) {
        return SESSION_PDU;
    }
    if (s->event_count != 0) {
        out->event = pop_event(s);
        return SESSION_EVENT;
    }
    if (s->state == PROV_CLOSING) {
        s->state = PROV_CLOSED;
        s->deadline = USHER_NEVER;
        out->reason = s->close_reason;
        return SESSION_CLOSE;
    }
    if (s->state == PROV_RUNNING && (s->facts & WANT_ECDH) != 0) {
        s->facts = (uint16_t)((s->facts & ~WANT_ECDH) | ASKED_ECDH);
        return SESSION_ECDH;
    }
    return SESSION_NOTHING;
}

/* -- the rest ---------------------------------------------------------------------------------- */

void session_sent(struct usher_prov *s)
{
    s->facts |= WAS_SENT;
    if (s->state == PROV_DONE && (s->facts & TOLD_COMPLETE) == 0) {
        s->facts |= TOLD_COMPLETE;
        session_tell(s, USHER_EVT_COMPLETE);
    }
    advance(s);
}

uint64_t session_deadline(const struct usher_prov *s)
{
    return s->state == PROV_IDLE ? USHER_NEVER : s->deadline;
}

void session_link_closed(struct usher_prov *s)
{
    if (s->state == PROV_IDLE) {
        return;
    }
    if (s->me == USHER_ROLE_DEVICE && session_complete(s) && (s->facts & TOLD_COMPLETE) == 0) {
        s->facts |= TOLD_COMPLETE;
        session_tell(s, USHER_EVT_COMPLETE);
    }
    auth_wipe(s);
    if (!session_complete(s)) {
        s->crypto->wipe(s->device_key, sizeof(s->device_key));
        s->crypto->wipe(s->data.netkey, sizeof(s->data.netkey));
    }
    s->state = PROV_CLOSED;
    s->fail_to_send = USHER_FAIL_NONE;
    s->deadline = USHER_NEVER;
}

void session_cancel(struct usher_prov *s, uint8_t reason)
{
    if (s->state == PROV_RUNNING) {
        s->facts &= (uint16_t)~IS_COMPLETE; /* a device whose data could not be kept is none */
    }
    end(s, reason);
}

bool session_complete(const struct usher_prov *s)
{
    return (s->facts & IS_COMPLETE) != 0;
}

enum usher_phase session_phase(const struct usher_prov *s)
{
    enum usher_phase phase;

    if (s->state == PROV_IDLE) {
        return USHER_PHASE_LINK;
    }
    if (session_complete(s) || s->step >= STEPS) {
        return USHER_PHASE_COMPLETE;
    }
    phase = (enum usher_phase)steps[s->step].phase;
    if (steps[s->step].pdu == PDU_CONFIRMATION && steps[s->step].writer == s->me) {
        if ((s->facts & HAVE_SECRET) == 0) {
            phase = USHER_PHASE_ECDH;
        } else if ((s->facts & HAVE_AUTH) == 0) {
            phase = USHER_PHASE_INPUT;
        }
    }
    return phase;
}
