/*
 * Two sessions without a bearer, a provisioner's and a device's. The input says who writes next and
 * what becomes of the PDU, what is forged or repeated, what people answer and when time passes; so
 * every step of the protocol is reached with PDUs that do not belong there. The field functions of
 * the PDUs are tried on the input as well: what they read they must write again.
 *
 * Checked: PDUs of the right length, what both sides agree on when they go on, events that do not
 * contradict each other, an end in time, and secrets that are wiped then.
 */
#include "forge.h"
#include "fuzz.h"
#include "people.h"

#include "auth.h"
#include "facts.h"
#include "io.h"
#include "pdu.h"
#include "session.h"

#include <string.h>

#define OPERATIONS 300
#define OUTPUTS_MAX 100 /* in a row, without anything coming in */
#define END_MS 120001u  /* the longest time a session may last with nothing coming in */
#define HISTORY 8

static const uint8_t private_keys[2][USHER_P256_PRIVATE] = { "the provisioner's private key...",
                                                             "the private key of the device..." };

struct side {
    struct usher_prov session;
    uint8_t public_key[USHER_P256_PUBLIC];
    struct session_output out; /* its last PDU */
    bool written;              /* ... is there for the other side to hear */
    bool unsent;               /* ... is not acknowledged */
    bool derived;
    uint8_t device_key[USHER_KEY_SIZE]; /* when it was derived */
    bool data_told, complete, failed, closed;
};

struct game {
    struct fuzz_input in;
    struct side side[2];
    struct usher_start choice;
    struct usher_prov_data data;
    uint64_t now;
    struct {
        size_t len;
        uint8_t pdu[USHER_PDU_MAX];
    } history[HISTORY];
    unsigned sent;
};

/* -- the field functions ----------------------------------------------------------------------- */

static void caps_both_ways(struct io *r, struct io *w)
{
    struct usher_caps caps;

    pdu_caps_fields(r, &caps);
    pdu_caps_fields(w, &caps);
}

static void start_both_ways(struct io *r, struct io *w)
{
    struct usher_start start;

    pdu_start_fields(r, &start);
    pdu_start_fields(w, &start);
}

static void data_both_ways(struct io *r, struct io *w)
{
    struct usher_prov_data data;
    uint8_t flags;

    pdu_data_fields(r, &data, &flags);
    pdu_data_fields(w, &data, &flags);
}

static void fields(const uint8_t *data, size_t size)
{
    static void (*const both_ways[])(struct io *, struct io *) = { caps_both_ways, start_both_ways,
                                                                   data_both_ways };
    static const size_t lengths[] = { PDU_CAPS_LEN, PDU_START_LEN, PDU_DATA_LEN };

    for (unsigned i = 0; i < 3; i++) {
        uint8_t out[PDU_DATA_LEN];
        struct io r = io_reader(data, size), w = io_writer(out, sizeof(out));

        if (size < lengths[i]) {
            continue;
        }
        both_ways[i](&r, &w);
        FUZZ_CHECK(io_ok(&r) && io_pos(&r) == lengths[i] && io_pos(&w) == lengths[i]);
        FUZZ_CHECK(memcmp(data, out, lengths[i]) == 0);
    }
}

/* -- what must be so --------------------------------------------------------------------------- */

static bool zero(const void *p, size_t len)
{
    const uint8_t *octets = p;
    uint8_t all = 0;

    for (size_t i = 0; i < len; i++) {
        all |= octets[i];
    }
    return all == 0;
}

static void check_wiped(const struct usher_prov *s)
{
    FUZZ_CHECK(zero(s->private_key, sizeof(s->private_key)));
    FUZZ_CHECK(zero(s->secret, sizeof(s->secret)));
    FUZZ_CHECK(zero(s->entropy, sizeof(s->entropy)));
    FUZZ_CHECK(zero(s->auth, sizeof(s->auth)));
    FUZZ_CHECK(zero(s->confirmation_key, sizeof(s->confirmation_key)));
    FUZZ_CHECK(zero(s->session_key, sizeof(s->session_key)));
    FUZZ_CHECK(zero(s->session_nonce, sizeof(s->session_nonce)));
    if (!session_complete(s)) {
        FUZZ_CHECK(zero(s->device_key, sizeof(s->device_key)));
        FUZZ_CHECK(zero(s->data.netkey, sizeof(s->data.netkey)));
    }
}

static void check_data(const struct game *g, const struct usher_prov *s)
{
    FUZZ_CHECK(memcmp(s->data.netkey, g->data.netkey, USHER_KEY_SIZE) == 0);
    FUZZ_CHECK(s->data.address == g->data.address && s->data.iv_index == g->data.iv_index);
    FUZZ_CHECK(s->data.netkey_index == g->data.netkey_index);
    FUZZ_CHECK(s->data.flags.key_refresh == 1 && s->data.flags.iv_update == 0);
}

/* Both have verified each other: they hold the same key, made from the same PDUs. */
static void check_agreed(struct game *g, const struct side *s)
{
    const struct side *other = &g->side[1 - s->session.me];

    FUZZ_CHECK(other->derived);
    FUZZ_CHECK(memcmp(s->session.device_key, other->device_key, USHER_KEY_SIZE) == 0);
    FUZZ_CHECK(memcmp(s->session.inputs, other->session.inputs, SESSION_INPUTS_LEN) == 0);
}

static void check_event(struct game *g, struct side *s, enum usher_event_type event)
{
    switch (event) {
    case USHER_EVT_DATA_REQUEST:
        check_agreed(g, s);
        break;
    case USHER_EVT_DATA_RECEIVED:
        FUZZ_CHECK(!s->data_told && !s->failed);
        s->data_told = true;
        check_agreed(g, s);
        check_data(g, &s->session);
        break;
    case USHER_EVT_COMPLETE:
        FUZZ_CHECK(!s->complete && !s->failed && session_complete(&s->session));
        FUZZ_CHECK(s->session.me == USHER_ROLE_PROVISIONER || s->data_told);
        s->complete = true;
        break;
    case USHER_EVT_FAILED:
        FUZZ_CHECK(!s->complete && !s->failed);
        s->failed = true;
        break;
    default:
        break;
    }
}

static void check_pdu(struct game *g, struct side *s, const struct session_output *out)
{
    FUZZ_CHECK(out->len >= 1 && out->pdu[0] < PDU_TYPES);
    FUZZ_CHECK(pdu_len(out->pdu[0], auth_size(&s->session)) == (int)out->len - 1);
    if (out->pdu[0] == PDU_RANDOM && s->session.me == USHER_ROLE_DEVICE) {
        s->derived = true;
        memcpy(s->device_key, s->session.device_key, USHER_KEY_SIZE);
    } else if (out->pdu[0] == PDU_DATA) {
        check_agreed(g, s);
        s->derived = true;
        memcpy(s->device_key, s->session.device_key, USHER_KEY_SIZE);
    } else if (out->pdu[0] == PDU_COMPLETE) {
        FUZZ_CHECK(s->data_told);
    }
}

/* -- moves ------------------------------------------------------------------------------------- */

static void compute(struct side *s)
{
    const struct usher_crypto *c = s->session.crypto;
    const uint8_t *peer = session_key(&s->session, session_peer(&s->session));
    uint8_t secret[USHER_P256_SECRET] = { 0 };
    enum usher_err err = c->p256_ecdh(c->ctx, s->session.private_key, peer, secret);

    (void)session_secret(&s->session, err, secret);
}

static void closed(struct side *s)
{
    s->closed = true;
    s->written = s->unsent = false;
    session_link_closed(&s->session);
}

/* Takes what a side has to say until it is quiet, as a node does after each input. */
static void settle(struct game *g, struct side *s)
{
    for (unsigned i = 0; i < OUTPUTS_MAX; i++) {
        struct session_output out;

        switch (session_next(&s->session, g->now, !s->unsent && !s->closed, &out)) {
        case SESSION_EVENT:
            check_event(g, s, out.event);
            break;
        case SESSION_PDU:
            FUZZ_CHECK(!s->unsent && !s->closed);
            check_pdu(g, s, &out);
            s->out = out;
            s->written = s->unsent = true;
            break;
        case SESSION_ECDH:
            compute(s);
            break;
        case SESSION_CLOSE:
            FUZZ_CHECK(!s->closed);
            closed(s);
            break;
        default:
            return;
        }
    }
    FUZZ_CHECK(!"it goes on and on");
}

/* The peer has the last PDU: an ack says so, or that it goes on. */
static void acknowledged(struct game *g, struct side *s)
{
    if (s->unsent) {
        s->unsent = false;
        session_sent(&s->session);
        settle(g, s);
    }
}

static void deliver(struct game *g, struct side *s, const uint8_t *pdu, size_t len)
{
    if (!s->closed) {
        acknowledged(g, s);
    }
    if (!s->closed) {
        (void)session_rx(&s->session, g->now, pdu, len);
        settle(g, s);
    }
}

/* The other side hears what a side has written, perhaps with one octet changed. */
static void move(struct game *g, struct side *s, bool change)
{
    struct session_output *out = &s->out;

    if (!s->written) {
        return;
    }
    s->written = false;
    if (change) {
        uint8_t at = fuzz_u8(&g->in);

        out->pdu[at % out->len] ^= fuzz_u8(&g->in);
    }
    memcpy(g->history[g->sent % HISTORY].pdu, out->pdu, out->len);
    g->history[g->sent++ % HISTORY].len = out->len;
    deliver(g, &g->side[1 - s->session.me], out->pdu, out->len);
}

static void forge(struct game *g, struct side *s)
{
    uint8_t pdu[USHER_PDU_MAX];
    size_t len = forge_pdu(&g->in, auth_size(&s->session), pdu);

    deliver(g, s, pdu, len);
}

static void speak_octets(struct game *g, struct side *s)
{
    const uint8_t *octets;
    size_t len = fuzz_take(&g->in, fuzz_u8(&g->in) % (USHER_PDU_MAX + 1), &octets);

    deliver(g, s, octets, len);
}

static void repeat(struct game *g, struct side *s)
{
    uint8_t i = fuzz_u8(&g->in);

    if (g->sent > 0) {
        i = (uint8_t)(i % (g->sent < HISTORY ? g->sent : HISTORY));
        deliver(g, s, g->history[i].pdu, g->history[i].len);
    }
}

/* What people contribute, all of it at once: what does not fit the moment is refused. */
static void answer(struct game *g, struct side *s)
{
    static const uint8_t value[] = "an old secret..";
    const struct usher_prov *other = &g->side[1 - s->session.me].session;

    (void)session_choose(&s->session, &g->choice);
    (void)session_peer_key(&s->session, g->side[USHER_ROLE_DEVICE].public_key);
    (void)session_auth_static(&s->session, value, sizeof(value));
    (void)session_auth_text(&s->session, other->shown_text);
    (void)session_data(&s->session, &g->data);
    settle(g, s);
}

static void answer_wrongly(struct game *g, struct side *s)
{
    uint8_t octets[USHER_P256_PUBLIC] = { 0 }, what = fuzz_u8(&g->in);
    const uint8_t *taken;
    size_t n = fuzz_take(&g->in, what >> 3, &taken);

    memcpy(octets, taken, n);
    struct usher_start choice = { octets[0], octets[1], octets[2], octets[3], octets[4] };
    struct usher_prov_data data = { .address = octets[0], .netkey_index = 0x1000 };
    char text[] = { (char)octets[0], (char)octets[1], (char)octets[2], '\0' };

    switch (what & 7) {
    case 0: /* an honest choice, but another one than in the header */
        if (session_choose(&s->session, &choice) == USHER_OK) {
            g->choice = choice;
        }
        break;
    case 1:
        (void)session_peer_key(&s->session, octets);
        break;
    case 2:
        (void)session_auth_static(&s->session, octets, n);
        break;
    case 3:
        (void)session_auth_number(&s->session, octets[0]);
        break;
    case 4:
        (void)session_auth_text(&s->session, text);
        break;
    case 5:
        FUZZ_CHECK(session_data(&s->session, &data) != USHER_OK);
        break;
    default:
        (void)session_secret(&s->session, (enum usher_err)octets[0], octets);
        break;
    }
    settle(g, s);
}

static void operate(struct game *g)
{
    uint8_t operation = fuzz_u8(&g->in);
    struct side *s = &g->side[operation & 1];

    switch (operation >> 1 & 0x0F) {
    case 0:
    case 1:
        move(g, s, false);
        break;
    case 2:
        move(g, s, true);
        break;
    case 3:
        forge(g, s);
        break;
    case 4:
        speak_octets(g, s);
        break;
    case 5:
        repeat(g, s);
        break;
    case 6:
        answer(g, s);
        break;
    case 7:
        answer_wrongly(g, s);
        break;
    case 8:
        g->now += fuzz_u16(&g->in);
        settle(g, &g->side[0]);
        settle(g, &g->side[1]);
        break;
    case 9:
        session_cancel(&s->session, USHER_CLOSE_ERROR);
        settle(g, s);
        break;
    case 10:
        closed(s);
        settle(g, s);
        break;
    case 11:
        acknowledged(g, s);
        break;
    default: /* both go on honestly */
        for (unsigned i = 0; i < 2; i++) {
            move(g, &g->side[i], false);
            answer(g, &g->side[i]);
        }
        break;
    }
}

/* -- beginning and end ------------------------------------------------------------------------- */

static void begin(struct game *g, enum usher_role role)
{
    struct side *s = &g->side[role];
    struct session_begin b = {
        .crypto = fuzz_crypto(),
        .role = role == USHER_ROLE_DEVICE ? &prov_device : &prov_provisioner,
        .caps = role == USHER_ROLE_DEVICE ? &people_caps : NULL,
        .attention = 3,
    };

    memset(b.random, 0x10 + role, sizeof(b.random));
    memset(b.entropy, 0x20 + role, sizeof(b.entropy));
    FUZZ_CHECK(b.crypto->p256_public(b.crypto->ctx, private_keys[role], s->public_key) == USHER_OK);
    session_keys_set(&s->session, private_keys[role], s->public_key);
    session_begin(&s->session, &b, g->now);
    settle(g, s);
}

/* Nobody says anything any more: the session gives up, and leaves nothing behind. */
static void finish(struct game *g, struct side *s)
{
    if (!s->closed) {
        FUZZ_CHECK(session_deadline(&s->session) <= g->now + END_MS);
        g->now += END_MS;
        s->unsent = true;
        settle(g, s);
    }
    FUZZ_CHECK(s->closed);
    FUZZ_CHECK(session_deadline(&s->session) == USHER_NEVER);
    FUZZ_CHECK(s->complete == session_complete(&s->session));
    check_wiped(&s->session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct game game;
    struct game *g = &game;
    uint8_t first;

    fields(data, size);
    memset(g, 0, sizeof(*g));
    g->in = (struct fuzz_input){ data, size };
    first = fuzz_u8(&g->in);
    g->choice = people_choice(first & 0x0F);
    g->choice.algorithm = first >> 4 & 1;
    g->choice.public_key = first >> 5 & 1;
    g->data = (struct usher_prov_data){ .netkey_index = 0xABC,
                                        .iv_index = 0x01020304,
                                        .address = 0x0B0C,
                                        .flags = { .key_refresh = 1 } };
    memcpy(g->data.netkey, "the network's key", USHER_KEY_SIZE);
    begin(g, USHER_ROLE_PROVISIONER);
    begin(g, USHER_ROLE_DEVICE);
    for (unsigned i = 0; i < OPERATIONS && g->in.left > 0; i++) {
        operate(g);
    }
    finish(g, &g->side[0]);
    finish(g, &g->side[1]);
    return 0;
}
