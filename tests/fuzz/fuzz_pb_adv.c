/*
 * Two PB-ADV links, a client's and a server's. The input says what becomes of each advertisement,
 * what is put in between, which PDUs are sent and when time passes.
 *
 * Checked: advertisements are sound; a link that is asked until it has nothing more to say comes to
 * an end of it; every link closes in time. And if no advertisement was changed or made up, only
 * lost, doubled, delayed and reordered: each PDU arrives once, in order and unchanged, and is
 * acknowledged only if it has arrived.
 */
#include "fuzz.h"

#include "crc8.h"
#include "pb_adv.h"

#include <string.h>

#define UNDER_WAY 32
#define ROUNDS_MAX 1000 /* without time passing; far more than anything has reason for */
#define STALE 60        /* numbers come again after 128 transactions; older ones are long gone */
#define END_MS 400000

static const uint8_t uuid[USHER_UUID_SIZE] = "a device of ours";

struct side {
    struct usher_pb_adv link;
    unsigned sent;         /* PDUs handed in */
    unsigned acknowledged; /* ... and acknowledged */
    unsigned arrived;      /* of the other side's */
    bool opened, closed;
};

struct packet {
    unsigned number; /* PDUs that its sender had handed in */
    uint8_t from, len;
    uint8_t data[USHER_AD_MAX];
};

struct game {
    struct fuzz_input in;
    uint64_t now;
    struct side side[2];
    struct packet packets[UNDER_WAY];
    unsigned count;
    bool changed;
};

/* The PDUs of a side can be told apart by number, length and contents. */
static size_t make_pdu(unsigned side, unsigned number, uint8_t pdu[USHER_PDU_MAX])
{
    size_t len = 1 + (number * 37 + side * 11) % USHER_PDU_MAX;

    memset(pdu, (int)(number * 2 + side), len);
    return len;
}

static void arrived(struct game *g, unsigned i, const struct bearer_input *in)
{
    struct side *s = &g->side[i];
    uint8_t expected[USHER_PDU_MAX];
    size_t len = make_pdu(1 - i, s->arrived, expected);

    FUZZ_CHECK(in->len >= 1 && in->len <= USHER_PDU_MAX);
    FUZZ_CHECK(crc8_fcs(in->pdu, in->len) == s->link.rx_fcs);
    if (!g->changed) {
        FUZZ_CHECK(s->arrived < g->side[1 - i].sent);
        FUZZ_CHECK(in->len == len && memcmp(in->pdu, expected, len) == 0);
    }
    s->arrived++;
}

static void poll(struct game *g, unsigned i)
{
    struct side *s = &g->side[i];
    struct bearer_input in;
    enum bearer_event event;
    unsigned rounds = 0;

    while ((event = pb_adv_poll(&s->link, g->now, &in)) != BEARER_NOTHING) {
        FUZZ_CHECK(++rounds < ROUNDS_MAX && !s->closed);
        switch (event) {
        case BEARER_OPENED:
            FUZZ_CHECK(!s->opened);
            s->opened = true;
            break;
        case BEARER_SENT:
            FUZZ_CHECK(s->acknowledged < s->sent);
            s->acknowledged++;
            FUZZ_CHECK(g->changed || s->acknowledged <= g->side[1 - i].arrived +
                                                            (unsigned)g->side[1 - i].link.rx_new);
            break;
        case BEARER_PDU:
            FUZZ_CHECK(s->opened);
            arrived(g, i, &in);
            break;
        default:
            s->closed = true;
            break;
        }
    }
}

static void collect(struct game *g, unsigned i)
{
    struct side *s = &g->side[i];
    uint8_t ad[USHER_AD_MAX], len;

    for (unsigned rounds = 0; (len = pb_adv_next(&s->link, g->now, ad)) != 0; rounds++) {
        FUZZ_CHECK(rounds < ROUNDS_MAX);
        FUZZ_CHECK(len >= 2 + PB_ADV_MIN && len <= USHER_AD_MAX && ad[0] == len - 1);
        if (g->count < UNDER_WAY) {
            struct packet *p = &g->packets[g->count++];

            *p = (struct packet){ .number = s->sent, .from = (uint8_t)i, .len = len };
            memcpy(p->data, ad, len);
        }
    }
}

static void settle(struct game *g)
{
    for (unsigned i = 0; i < 2; i++) {
        poll(g, i);
        collect(g, i);
        poll(g, i);
    }
}

static void hear(struct game *g, unsigned i, const uint8_t *data, size_t len)
{
    if (pb_adv_wants(&g->side[i].link, data, len)) {
        pb_adv_rx(&g->side[i].link, g->now, data, len);
        poll(g, i);
    }
}

/* Takes one of those under way, the n-th. @retval false: nothing is. */
static bool take(struct game *g, unsigned n, struct packet *p)
{
    if (g->count == 0) {
        return false;
    }
    n %= g->count;
    *p = g->packets[n];
    g->count--;
    memmove(&g->packets[n], &g->packets[n + 1], (g->count - n) * sizeof(*p));
    return p->number + STALE > g->side[p->from].sent;
}

static void deliver(struct game *g, unsigned n)
{
    struct packet p;

    if (take(g, n, &p)) {
        hear(g, 1u - p.from, p.data + 2, p.len - 2u);
    }
}

static void deliver_twice(struct game *g)
{
    struct packet p;

    if (take(g, 0, &p)) {
        hear(g, 1u - p.from, p.data + 2, p.len - 2u);
        hear(g, 1u - p.from, p.data + 2, p.len - 2u);
    }
}

static void deliver_changed(struct game *g)
{
    uint8_t at = fuzz_u8(&g->in), with = fuzz_u8(&g->in);
    struct packet p;

    if (take(g, 0, &p)) {
        g->changed = true;
        p.data[2 + at % (p.len - 2u)] ^= with;
        hear(g, 1u - p.from, p.data + 2, p.len - 2u);
    }
}

static void make_up(struct game *g, unsigned i, bool in_link)
{
    uint32_t id = g->side[i].link.link_id;
    uint8_t data[USHER_AD_MAX];
    const uint8_t *octets;
    size_t len = fuzz_take(&g->in, fuzz_u8(&g->in) % (USHER_AD_MAX - 1), &octets);

    g->changed = true;
    memcpy(data, octets, len);
    for (unsigned k = 0; k < 4 && in_link && k < len; k++) {
        data[k] = (uint8_t)(id >> (24 - 8 * k));
    }
    hear(g, i, data, len);
}

/* A segment of the transaction that a link waits for, of any index, length and contents. */
static void make_up_segment(struct game *g, unsigned i)
{
    const struct usher_pb_adv *l = &g->side[i].link;
    uint8_t control = fuzz_u8(&g->in), len = fuzz_u8(&g->in) % (USHER_AD_MAX - 7);
    uint8_t data[USHER_AD_MAX] = { 0 };
    const uint8_t *octets;
    size_t n = fuzz_take(&g->in, len, &octets);

    g->changed = true;
    for (unsigned k = 0; k < 4; k++) {
        data[k] = (uint8_t)(l->link_id >> (24 - 8 * k));
    }
    data[4] = l->rx_number;
    data[5] = control;
    memset(data + 6, 0xA5, len); /* where the input is short */
    memcpy(data + 6, octets, n);
    hear(g, i, data, 6u + len);
}

/* Sessions take turns: who has not heard all that the other said does not speak. */
static void send_pdu(struct game *g, unsigned i)
{
    struct side *s = &g->side[i];
    bool turn = g->changed || s->arrived == g->side[1 - i].sent;
    uint8_t pdu[USHER_PDU_MAX];
    size_t len = make_pdu(i, s->sent, pdu);
    bool ready = pb_adv_ready(&s->link);
    enum usher_err err = turn ? pb_adv_send(&s->link, g->now, pdu, len, true) : USHER_E_BUSY;

    FUZZ_CHECK(!turn || (err == USHER_OK) == ready);
    s->sent += err == USHER_OK;
}

static uint64_t next_time(const struct game *g)
{
    uint64_t at = USHER_NEVER;

    for (unsigned i = 0; i < 2; i++) {
        const struct usher_pb_adv *l = &g->side[i].link;
        uint64_t due = pb_adv_due(l), deadline = pb_adv_deadline(l);

        at = due < at ? due : at;
        at = deadline < at ? deadline : at;
    }
    return at;
}

static void pass_time(struct game *g)
{
    uint64_t at = next_time(g);

    if (at != USHER_NEVER && at > g->now) {
        g->now = at;
    }
}

static void operate(struct game *g)
{
    uint8_t operation = fuzz_u8(&g->in), n = operation >> 4;

    switch (operation & 0x0F) {
    case 0:
        deliver(g, 0);
        break;
    case 1:
        pass_time(g);
        break;
    case 2:
        send_pdu(g, n & 1);
        break;
    case 3:
        deliver(g, n);
        break;
    case 4: /* all that is under way */
        for (unsigned k = g->count; k > 0; k--) {
            deliver(g, 0);
        }
        break;
    case 5: {
        struct packet lost;

        (void)take(g, n, &lost);
        break;
    }
    case 6:
        deliver_twice(g);
        break;
    case 7:
        deliver_changed(g);
        break;
    case 8:
        make_up(g, n & 1, (n & 2) == 0);
        break;
    case 11:
        make_up_segment(g, n & 1);
        break;
    case 9:
        g->now += (uint64_t)n * n * n * n; /* up to 50 s */
        break;
    case 10:
        if (n == 0xF) {
            pb_adv_close(&g->side[0].link, g->now, USHER_CLOSE_SUCCESS);
        } else if (n == 0xE) {
            pb_adv_close(&g->side[1].link, g->now, USHER_CLOSE_ERROR);
        }
        break;
    default: /* the usual: time passes and what is sent arrives */
        pass_time(g);
        settle(g);
        deliver(g, 0);
        break;
    }
    settle(g);
}

/* Nothing is heard any more: each link that waits for something must give up; one with nothing to
 * wait for is closed from above, as its session does in time. */
static void finish(struct game *g)
{
    uint64_t end = g->now + END_MS;

    g->count = UNDER_WAY; /* nothing more fits */
    for (unsigned i = 0; i < 2; i++) {
        if (g->side[i].link.link_deadline == USHER_NEVER && !g->side[i].link.tx_active) {
            pb_adv_close(&g->side[i].link, g->now, USHER_CLOSE_TIMEOUT);
        }
    }
    settle(g);
    while (next_time(g) != USHER_NEVER) {
        uint64_t before = g->now;

        pass_time(g);
        FUZZ_CHECK(g->now < end);
        settle(g);
        FUZZ_CHECK(g->now > before || next_time(g) > g->now);
    }
    FUZZ_CHECK(g->side[0].closed);
    FUZZ_CHECK(g->side[1].closed || !g->side[1].opened);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct usher_pb_adv_policy plain = {
        .delay_min = 0,
        .delay_max = 0,
        .retry_min = 20,
        .retry_max = 2000,
        .open_slow = 500,
        .close_count = 1,
    };
    static struct game game;
    struct game *g = &game;
    const struct usher_pb_adv_policy *policy;
    uint8_t first;

    memset(g, 0, sizeof(*g));
    g->in = (struct fuzz_input){ data, size };
    g->now = 1000;
    first = fuzz_u8(&g->in);
    policy = (first & 1) != 0 ? &plain : &usher_pb_adv_spec;
    pb_adv_open(&g->side[0].link, policy, g->now, 0x12345678, first, uuid);
    policy = (first & 2) != 0 ? &plain : &usher_pb_adv_spec;
    pb_adv_listen(&g->side[1].link, policy, first >> 4, uuid);
    while (g->in.left > 0) {
        operate(g);
    }
    finish(g);
    return 0;
}
