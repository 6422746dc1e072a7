/*
 * Two GATT links, a server's and a client's, and somebody between them who changes, loses and
 * doubles PDUs and makes up others, in any state of both. The service of the server changes, values
 * are sent, time passes.
 *
 * Checked: each request has one answer; what is sent keeps to the MTU; events come in an order that
 * makes sense, and none after the end; links that are not open or over are so in time. And if
 * nobody meddled: both links open, and each value arrives once, in order and unchanged.
 */
#include "fuzz.h"

#include "gatt_link.h"

#define UNDER_WAY 16
#define ROUNDS_MAX 200 /* frames and events without input; far more than there is reason for */
#define PDU_MAX 600

struct frame {
    uint16_t len;
    uint8_t octets[L2CAP_FRAME_MAX];
};

struct side {
    struct gatt_database database;
    struct gatt_link link;
    struct frame out[UNDER_WAY]; /* on their way to the other side */
    unsigned at, count;
    unsigned sent, got;
    uint16_t value_max;
    bool opened, over, refused;
};

struct game {
    struct fuzz_input in;
    uint64_t now;
    struct side side[2]; /* the server's, the client's */
    bool meddled, changed;
};

static size_t make_value(unsigned from, unsigned number, uint16_t value_max,
                         uint8_t value[GATT_VALUE_MAX])
{
    size_t len = 1 + (number * 37 + from * 11) % value_max;

    memset(value, (int)(number * 2 + from), len);
    return len;
}

/* -- what a link tells and sends --------------------------------------------------------------- */

static void got_value(struct game *g, unsigned i, const struct gatt_event_data *data)
{
    struct side *s = &g->side[i], *other = &g->side[1 - i];
    uint8_t expected[GATT_VALUE_MAX];

    FUZZ_CHECK(s->opened && data->len >= 1 && data->len <= s->value_max);
    if (!g->meddled && !g->changed) {
        size_t len = make_value(1 - i, s->got, other->value_max, expected);

        FUZZ_CHECK(s->got < other->sent);
        FUZZ_CHECK(data->len == len && memcmp(data->value, expected, len) == 0);
    }
    s->got++;
}

static void poll_side(struct game *g, unsigned i)
{
    struct side *s = &g->side[i];
    struct gatt_event_data data;
    enum gatt_event event;
    unsigned rounds = 0;

    while ((event = gatt_link_poll(&s->link, g->now, &data)) != GATT_NOTHING) {
        FUZZ_CHECK(++rounds < ROUNDS_MAX && !s->over);
        switch (event) {
        case GATT_OPENED:
            FUZZ_CHECK(!s->opened && data.value_max >= 20 && data.value_max <= GATT_VALUE_MAX);
            FUZZ_CHECK(data.service == USHER_GATT_PROVISIONING || data.service == USHER_GATT_PROXY);
            s->opened = true;
            s->value_max = data.value_max;
            break;
        case GATT_VALUE:
            got_value(g, i, &data);
            break;
        case GATT_READY:
            FUZZ_CHECK(s->refused);
            s->refused = false;
            break;
        default:
            FUZZ_CHECK(data.why != NULL && *data.why != '\0');
            s->over = true;
            break;
        }
    }
    FUZZ_CHECK(gatt_link_deadline(&s->link) > g->now);
    FUZZ_CHECK(!s->over || gatt_link_deadline(&s->link) == USHER_NEVER);
    FUZZ_CHECK(s->opened || gatt_link_deadline(&s->link) <= g->now + 60000 || s->over);
}

/* Numbers that are no request of Part F have an error only. */
static bool is_answer(const struct frame *f, uint8_t request)
{
    return (request <= 0x12 && f->octets[4] == request + 1) ||
           (f->len == 9 && f->octets[4] == 0x01 && f->octets[5] == request && f->octets[8] != 0);
}

#define NO_REQUEST 0xFF /* a command, to whom it may concern */

/* Takes what a link has to send. @return how many were answers to @p request */
static unsigned collect(struct game *g, unsigned i, uint8_t request)
{
    struct side *s = &g->side[i];
    unsigned answers = 0;

    for (unsigned rounds = 0; s->count < UNDER_WAY; rounds++) {
        struct frame *f = &s->out[(s->at + s->count) % UNDER_WAY];

        f->len = gatt_link_next(&s->link, g->now, f->octets);
        poll_side(g, i);
        if (f->len == 0) {
            break;
        }
        FUZZ_CHECK(rounds < ROUNDS_MAX && f->len > 4 && f->len <= 4u + s->link.mtu);
        FUZZ_CHECK(f->len == 4 + (f->octets[1] << 8 | f->octets[0]));
        FUZZ_CHECK(f->octets[2] == L2CAP_ATT && f->octets[3] == 0);
        answers += is_answer(f, request);
        s->count++;
    }
    return answers;
}

/* -- what comes to a link ---------------------------------------------------------------------- */

/* By the numbers of Part F, 3.4: everything but commands, answers, and what a server says. */
static bool is_request(uint8_t opcode)
{
    return (opcode & 0x40) == 0 && opcode != 0x1E && opcode != 0x17 && opcode != 0x19 &&
           opcode != 0x1B && opcode != 0x1D && opcode != 0x21 && opcode != 0x23 &&
           !(opcode <= 0x13 && (opcode & 1) != 0);
}

/* A frame in pieces, each of its exact size. */
static void hear(struct game *g, unsigned i, const uint8_t *frame, size_t len, size_t piece)
{
    for (size_t at = 0; at < len; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        uint8_t *copy = malloc(n);

        FUZZ_CHECK(copy != NULL);
        memcpy(copy, frame + at, n);
        gatt_link_rx(&g->side[i].link, g->now, at == 0, copy, n);
        free(copy);
        poll_side(g, i);
    }
}

/* The next frame to a side. @retval false: there is none */
static bool take(struct game *g, unsigned to, struct frame *f)
{
    struct side *from = &g->side[1 - to];

    (void)collect(g, 1 - to, NO_REQUEST);
    if (from->count == 0) {
        return false;
    }
    *f = from->out[from->at];
    from->at = (from->at + 1) % UNDER_WAY;
    from->count--;
    return true;
}

static bool deliver(struct game *g, unsigned to, size_t piece)
{
    struct frame f;

    if (!take(g, to, &f)) {
        return false;
    }
    hear(g, to, f.octets, f.len, piece);
    return true;
}

static void settle(struct game *g)
{
    bool any = true;

    for (unsigned rounds = 0; any; rounds++) {
        FUZZ_CHECK(rounds < ROUNDS_MAX);
        any = deliver(g, 0, 251);
        any = deliver(g, 1, 27) || any;
    }
}

static void meddle(struct game *g, unsigned to, bool twice)
{
    uint8_t at = fuzz_u8(&g->in), with = fuzz_u8(&g->in);
    struct frame f;

    if (take(g, to, &f)) {
        g->meddled = true;
        f.octets[4 + at % (f.len - 4u)] ^= with;
        hear(g, to, f.octets, f.len, 251);
        if (twice) {
            hear(g, to, f.octets, f.len, 251);
        }
    }
}

/* A PDU of somebody else's to one side. If nothing waits to be sent there, a request is answered.
 */
static void make_up(struct game *g, unsigned to, const uint8_t *pdu, size_t len)
{
    uint8_t frame[4 + PDU_MAX] = { (uint8_t)len, (uint8_t)(len >> 8), L2CAP_ATT, 0 };
    unsigned answers;

    g->meddled = true;
    (void)collect(g, to, NO_REQUEST);
    memcpy(frame + 4, pdu, len);
    if (len == 0 || g->side[to].count == UNDER_WAY) {
        hear(g, to, frame, 4 + len, 251);
        return;
    }
    g->side[to].count = 0; /* they are lost */
    hear(g, to, frame, 4 + len, 251);
    answers = collect(g, to, is_request(pdu[0]) ? pdu[0] : NO_REQUEST);
    FUZZ_CHECK(g->side[to].over || answers == is_request(pdu[0]));
}

static void make_up_any(struct game *g, unsigned to)
{
    uint8_t pdu[PDU_MAX] = { 0 };
    size_t len = fuzz_u8(&g->in);

    fuzz_copy(&g->in, pdu, len);
    make_up(g, to, pdu, len);
}

/* One that begins as it should: an opcode, and handles that there are. */
static void make_up_likely(struct game *g, unsigned to, bool is_long)
{
    static const uint8_t opcodes[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
                                       0x09, 0x0A, 0x0C, 0x0E, 0x10, 0x11, 0x12, 0x13,
                                       0x16, 0x18, 0x1B, 0x1D, 0x1E, 0x52, 0xD2 };
    uint8_t opcode = opcodes[fuzz_u8(&g->in) % sizeof(opcodes)], first = fuzz_u8(&g->in) % 0x28;
    uint8_t pdu[PDU_MAX] = { opcode, first, 0 };
    size_t len = is_long ? 3 + fuzz_u16(&g->in) % (PDU_MAX - 3u) : 3 + fuzz_u8(&g->in) % 20u;

    fuzz_copy(&g->in, pdu + 3, len < 23 ? len - 3 : 20);
    make_up(g, to, pdu, len);
}

/* What a phone would do next, whatever the client does. */
static void make_up_configuration(struct game *g, uint8_t n)
{
    static const uint8_t handles[4] = { 0x09, 0x15, 0x25, 0x15 };
    uint8_t pdu[5] = { 0x12, handles[n & 3], 0, n >> 2, 0 };

    make_up(g, 0, pdu, sizeof(pdu));
}

/* -- what the sides do ------------------------------------------------------------------------- */

static void send_value(struct game *g, unsigned i)
{
    struct side *s = &g->side[i];
    uint8_t value[GATT_VALUE_MAX] = { 0 };
    enum usher_err err;
    size_t len;

    if (!s->opened) {
        FUZZ_CHECK(gatt_link_send(&s->link, g->now, value, 1) == USHER_E_STATE);
        return;
    }
    len = make_value(i, s->sent, s->value_max, value);
    err = gatt_link_send(&s->link, g->now, value, len);
    FUZZ_CHECK((err == USHER_E_STATE) == s->over);
    s->refused = s->refused || err == USHER_E_BUSY;
    s->sent += err == USHER_OK;
}

static void change_service(struct game *g, uint8_t n)
{
    static const enum usher_gatt_service services[4] = { USHER_GATT_NONE, USHER_GATT_PROVISIONING,
                                                         USHER_GATT_PROXY, USHER_GATT_PROXY };

    g->changed = true;
    g->side[0].database.service = services[n & 3];
    gatt_link_service_changed(&g->side[0].link, g->now);
}

static void pass_time(struct game *g, uint64_t ms)
{
    g->meddled = g->meddled || ms > 1000;
    g->now += ms;
    poll_side(g, 0);
    poll_side(g, 1);
}

static void operate(struct game *g)
{
    uint8_t operation = fuzz_u8(&g->in), n = operation >> 4;
    struct frame lost;

    switch (operation & 0x0F) {
    case 0:
    case 1:
        (void)deliver(g, operation & 1, (n & 1) != 0 ? 251 : 1u + n);
        break;
    case 2:
        settle(g);
        break;
    case 3:
        meddle(g, n & 1, (n & 2) != 0);
        break;
    case 4:
        g->meddled = take(g, n & 1, &lost) || g->meddled;
        break;
    case 5:
        make_up_any(g, n & 1);
        break;
    case 6:
    case 7:
        make_up_likely(g, operation & 1, n == 0);
        break;
    case 8:
        make_up_configuration(g, n);
        break;
    case 9:
    case 10:
        send_value(g, operation & 1);
        break;
    case 11:
        change_service(g, n);
        break;
    default:
        pass_time(g, n < 12 ? n : (uint64_t)n * 2000);
        break;
    }
}

/* Whatever happened, each link is open, or over in time. */
static void finish(struct game *g)
{
    settle(g);
    for (unsigned i = 0; i < 2; i++) {
        struct side *s = &g->side[i];

        if (!g->meddled && !g->changed) {
            FUZZ_CHECK(s->opened && !s->over && s->got == g->side[1 - i].sent);
        }
        g->now += 60000;
        poll_side(g, i);
        FUZZ_CHECK(s->opened || s->over);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t mtus[4] = { 23, 69, 185, 247 };
    struct game g = { .in = { data, size }, .now = 1 };
    uint8_t how = fuzz_u8(&g.in), steps = fuzz_u8(&g.in) % 16;
    enum usher_gatt_service service = (how & 1) != 0 ? USHER_GATT_PROXY : USHER_GATT_PROVISIONING;

    g.side[0].database = (struct gatt_database){ "Lamp", service, mtus[how >> 1 & 3] };
    g.side[1].database = (struct gatt_database){ "Phone", USHER_GATT_NONE, mtus[how >> 3 & 3] };
    gatt_link_serve(&g.side[0].link, &g.side[0].database, g.now);
    gatt_link_find(&g.side[1].link, &g.side[1].database, service, g.now);
    for (unsigned i = 0; i < steps; i++) {
        (void)deliver(&g, i & 1, 251);
    }
    for (unsigned i = 0; g.in.left > 0 && i < 500; i++) {
        operate(&g);
    }
    finish(&g);
    return 0;
}
