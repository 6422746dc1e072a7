/*
 * Three nodes that send each other messages, and an attacker between them who has the network's
 * keys but neither AppKeys nor device keys: he sees every Network PDU, and makes it arrive, or not,
 * or late, or again, at whom he likes; he makes up segments and acknowledgements, and puts segments
 * that he has seen under sequence numbers of his own. The input is what he does, and what the nodes
 * send.
 *
 * Checked: what a node is told is a message that was sent to it, from whom and under the key that
 * it says, unchanged and once; all transfers end. And if nothing was made up, a message that is
 * told to be delivered was told to its destination.
 */
#include "iv.h"
#include "netnode.h"
#include "rpl.h"
#include "transport_parts.h"

#include <string.h>

#define NODES 3
#define UNDER_WAY 64
#define SENT_MAX 200 /* messages of one run */
#define ROUNDS_MAX 2000
#define END_MS 400000

/* An advertisement that was sent, and that whoever has not heard it may yet hear. */
struct packet {
    uint8_t from, len;
    uint8_t pdu[NET_PDU_MAX];
};

/* A message that was sent; its number is in its first octets. */
struct sent {
    uint16_t src, dst, key, net_index, len;
    bool segmented;
    uint8_t told[NODES]; /* how often to each */
};

struct game {
    struct fuzz_input in;
    uint64_t now;
    struct netnode node[NODES];
    struct packet packets[UNDER_WAY]; /* the newest ones */
    unsigned packet_count;
    struct sent sent[SENT_MAX];
    unsigned sent_count;
    uint32_t forged_seq;
    bool forged; /* something was made up */
};

/* -- messages ---------------------------------------------------------------------------------- */

/* The contents of the message of that number. */
static void fill(unsigned number, uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        data[i] = (uint8_t)(i == 0 ? number : number * 31 + i * 7);
    }
}

static void told_access(struct game *g, unsigned at, const struct transport_in *in)
{
    uint8_t expected[USHER_ACCESS_MAX];
    unsigned number = in->data[0];
    struct sent *sent = &g->sent[number];
    uint16_t key = sent->key == USHER_KEY_REMOTE_DEVICE ? USHER_KEY_DEVICE
                   : sent->key == USHER_KEY_DEVICE      ? USHER_KEY_REMOTE_DEVICE
                                                        : sent->key;

    FUZZ_CHECK(number < g->sent_count);
    FUZZ_CHECK(in->message.src == sent->src && in->message.dst == sent->dst);
    FUZZ_CHECK(in->message.key == key && in->message.net_index == sent->net_index);
    FUZZ_CHECK(in->len == sent->len);
    fill(number, expected, in->len);
    FUZZ_CHECK(memcmp(in->data, expected, in->len) == 0);
    FUZZ_CHECK(++sent->told[at] == 1);
}

/* That segments were acknowledged, to one node: of groups and of short messages nobody knows. */
static void told_sent(const struct game *g, const struct transport_in *in)
{
    const struct sent *sent = &g->sent[in->token - 1];

    if (in->delivered && !g->forged && sent->segmented && usher_is_unicast(sent->dst)) {
        FUZZ_CHECK(sent->told[(sent->dst >> 8) - 1] == 1);
    }
}

static void drain(struct game *g, unsigned at)
{
    struct netnode *n = &g->node[at];
    struct transport_in in;
    enum transport_kind kind;
    unsigned rounds = 0;

    while ((kind = transport_next(&n->net, g->now, &in)) != TRANSPORT_NOTHING) {
        FUZZ_CHECK(++rounds < ROUNDS_MAX);
        netnode_check_told(n, kind, &in);
        if (kind == TRANSPORT_ACCESS) {
            told_access(g, at, &in);
        } else {
            FUZZ_CHECK(kind == TRANSPORT_SENT);
            told_sent(g, &in);
        }
    }
    FUZZ_CHECK(transport_deadline(&n->net) > g->now);
}

static void send(struct game *g)
{
    static const uint16_t others[] = { NETNODE_GROUP, NETNODE_VIRTUAL, USHER_ADDR_ALL_NODES };
    uint8_t what = fuzz_u8(&g->in), to = fuzz_u8(&g->in), len = fuzz_u8(&g->in);
    unsigned from = what % NODES, number = g->sent_count;
    uint8_t data[USHER_ACCESS_MAX];
    struct sent *sent = &g->sent[number];
    struct transport_out out = { .data = data, .token = number + 1 };

    if (number == SENT_MAX) {
        return;
    }
    *sent = (struct sent){ .src = (uint16_t)(g->node[from].net.address + (what >> 2 & 1)),
                           .key = what >> 3 & 3 };
    sent->dst = (to & 0x80) == 0
                    ? (uint16_t)(g->node[(from + 1 + (to & 1)) % NODES].net.address + (to >> 1 & 1))
                    : others[(to & 0x7F) % 3];
    sent->key = sent->key == 3 ? USHER_KEY_DEVICE | (to >> 2 & 1) : sent->key;
    sent->net_index = sent->key == 2 ? 1 : 0;
    sent->len = 1 + (len < 0xC0 ? len % 40 : (len - 0xC0u) * 6);
    sent->segmented = (what & 0x20) != 0 || sent->len + MIC_SHORT > UNSEGMENTED_MAX;
    fill(number, data, sent->len);
    out.src = sent->src;
    out.len = sent->len;
    out.target = (struct usher_target){ .dst = sent->dst,
                                        .label = netnode_label(to >> 3),
                                        .net_index = sent->net_index,
                                        .key = sent->key,
                                        .ttl = what >> 7 != 0 ? 0 : 5,
                                        .segmented = sent->segmented };
    g->sent_count += transport_send(&g->node[from].net, g->now, &out) == USHER_OK;
    drain(g, from);
}

/* -- the air ----------------------------------------------------------------------------------- */

static void hear(struct game *g, unsigned at, const uint8_t *pdu, size_t len)
{
    struct netnode *n = &g->node[at];
    struct net_pdu p;

    if (net_rx(&n->net, g->now, 0, pdu, len, &p)) {
        transport_rx(&n->net, g->now, &p);
        drain(g, at);
    }
}

/* What is advertised is under way to the others, who are told by bits of @p lost not to hear it. */
static void collect(struct game *g, unsigned from, unsigned lost)
{
    uint8_t ad[USHER_AD_MAX], len;

    for (unsigned rounds = 0; (len = net_next(&g->node[from].net, g->now, ad)) != 0; rounds++) {
        struct packet *p = &g->packets[g->packet_count++ % UNDER_WAY];

        FUZZ_CHECK(rounds < ROUNDS_MAX);
        *p = (struct packet){ .from = (uint8_t)from, .len = len - 2 };
        memcpy(p->pdu, ad + 2, p->len);
        for (unsigned at = 0; at < NODES; at++) {
            if (at != from && (lost >> at & 1) == 0) {
                hear(g, at, p->pdu, p->len);
            }
        }
    }
}

static uint64_t next_time(const struct game *g)
{
    uint64_t at = USHER_NEVER;

    for (unsigned i = 0; i < NODES; i++) {
        const struct usher_net *n = &g->node[i].net;

        at = sooner(at, sooner(transport_deadline(n), net_due(n)));
    }
    return at;
}

static void pass_time(struct game *g, unsigned lost)
{
    uint64_t at = next_time(g);

    if (at != USHER_NEVER && at > g->now) {
        g->now = at;
    }
    for (unsigned i = 0; i < NODES; i++) {
        drain(g, i);
        collect(g, i, lost);
        drain(g, i); /* what was sent for the last time */
    }
}

/* -- the attacker ------------------------------------------------------------------------------ */

static const struct packet *pick(struct game *g)
{
    return &g->packets[(g->packet_count - 1u - fuzz_u8(&g->in)) % UNDER_WAY];
}

/* One of the last PDUs, late or again. The caches are small: sooner or later they forget. */
static void replay(struct game *g, unsigned what)
{
    const struct packet *p = pick(g);
    struct usher_net *n = &g->node[what % NODES].net;

    if ((what & 8) != 0) {
        memset(n->cache, 0, sizeof(n->cache));
        memset(n->heard, 0, sizeof(n->heard));
    }
    hear(g, what % NODES, p->pdu, p->len);
}

static void change(struct game *g, unsigned at)
{
    struct packet p = *pick(g);

    if (p.len != 0) {
        g->forged = true;
        p.pdu[fuzz_u8(&g->in) % p.len] ^= fuzz_u8(&g->in);
        hear(g, at % NODES, p.pdu, p.len);
    }
}

/* Seals what he made up, and lets one or all hear it. */
static void forge(struct game *g, unsigned to, const struct net_pdu *p)
{
    const struct usher_subnet *s = &g->node[0].subnets[p->net_index];
    uint8_t pdu[NET_PDU_MAX];
    uint8_t len = net_seal(fuzz_crypto(), &s->key[0], NET_NONCE_NETWORK, p, pdu);

    g->forged = true;
    for (unsigned at = 0; at < NODES && len != 0; at++) {
        if (at == to || to >= NODES) {
            hear(g, at, pdu, len);
        }
    }
}

/* A sequence number that will get past the replay lists: just ahead of the real one's. */
static uint32_t ahead(struct game *g, uint16_t src, uint8_t by)
{
    unsigned of = (unsigned)(src >> 8) - 1;
    uint32_t seq = of < NODES ? g->node[of].net.iv.seq : 0;

    g->forged_seq = g->forged_seq >= seq && g->forged_seq < seq + 4096 ? g->forged_seq + 1 : seq;
    return g->forged_seq + by;
}

/* Something seen, opened, and sent again under a new number, perhaps a bit different. */
static void rewrap(struct game *g, unsigned to)
{
    const struct packet *seen = pick(g);
    uint8_t what = fuzz_u8(&g->in), at = fuzz_u8(&g->in);
    struct net_pdu p;

    if (net_open(&g->node[0].net, NET_NONCE_NETWORK, seen->pdu, seen->len, &p) == NULL) {
        return;
    }
    p.seq = ahead(g, p.src, what >> 4);
    if ((what & 1) != 0) {
        p.transport[at % p.len] ^= fuzz_u8(&g->in);
    }
    if ((what & 2) != 0) {
        p.dst = g->node[at % NODES].net.address;
    }
    forge(g, to, &p);
}

/* A transfer of a node that is under way; else the first entry as it is. */
static const struct usher_sar_tx *pick_transfer(const struct game *g, unsigned of)
{
    const struct netnode *n = &g->node[of % NODES];

    return n->sar_tx[1].used ? &n->sar_tx[1] : &n->sar_tx[0];
}

static void forge_ack(struct game *g, unsigned of)
{
    const struct usher_sar_tx *tx = pick_transfer(g, of);
    uint8_t what = fuzz_u8(&g->in);
    struct net_pdu p = { .ctl = 1,
                         .ttl = 3,
                         .src = tx->dst,
                         .dst = tx->src,
                         .seq = ahead(g, tx->dst, 0),
                         .iv_index = iv_tx(&g->node[0].net.iv),
                         .net_index = tx->net_index };
    struct segment_ack a = { .obo = what & 1,
                             .seq_zero = tx->seq0 & SEQ_ZERO_MASK,
                             .block = (uint32_t)fuzz_u16(&g->in) << 16 | fuzz_u16(&g->in) };
    struct io io = io_writer(p.transport + 1, sizeof(p.transport) - 1);

    segment_ack_fields(&io, &a);
    p.len = (uint8_t)(1 + io_pos(&io));
    forge(g, of % NODES, &p);
}

/* A segment of the transfer, with something about it wrong. */
static void forge_segment(struct game *g, unsigned of)
{
    const struct usher_sar_tx *tx = pick_transfer(g, of);
    uint8_t what = fuzz_u8(&g->in), index = fuzz_u8(&g->in);
    struct net_pdu p = { .ctl = what >> 7,
                         .ttl = 3,
                         .src = tx->src,
                         .dst = tx->dst,
                         .seq = ahead(g, tx->src, what >> 4 & 7),
                         .iv_index = iv_tx(&g->node[0].net.iv),
                         .net_index = tx->net_index };
    struct segment s = { .head = tx->head,
                         .szmic = tx->szmic ^ (what & 1),
                         .seq_zero = (uint16_t)(tx->seq0 + (what >> 1 & 3)) & SEQ_ZERO_MASK,
                         .index = index & 0x1F,
                         .last = (what & 8) != 0 ? tx->last : index >> 5 << 2 };
    struct io io = io_writer(p.transport, sizeof(p.transport));

    segment_fields(&io, &s);
    p.len = (uint8_t)(io_pos(&io) + segment_size(p.ctl));
    fuzz_copy(&g->in, p.transport + io_pos(&io), 2);
    forge(g, NODES, &p);
}

/* -- the nodes' state -------------------------------------------------------------------------- */

/*
 * All of them go on to the next state of the IV Index, as by beacons: those who are not ready yet
 * are left behind. A store reserves numbers at once.
 */
static void change_iv(struct game *g)
{
    struct usher_iv *first = &g->node[0].net.iv;

    if (first->updating) {
        (void)iv_update_end(first, g->now, transport_busy(&g->node[0].net));
    } else {
        (void)iv_update(first, g->now);
    }
    for (unsigned i = 0; i < NODES; i++) {
        struct usher_net *n = &g->node[i].net;

        n->iv.recovered_at = 0;
        (void)iv_beacon(&n->iv, g->now, first->index, first->updating, true, transport_busy(n));
        n->iv.seq_reserved = USHER_SEQ_MAX + 1;
        rpl_age(&n->rpl, n->iv.index);
    }
}

static void change_sar(struct game *g, unsigned of)
{
    struct usher_sar_config *sar = &g->node[of % NODES].net.sar;
    uint8_t what = fuzz_u8(&g->in);

    sar->unicast_retransmissions = what & 7;
    sar->unicast_without_progress = what >> 3 & 3;
    sar->ack_retransmissions = what >> 5 & 3;
    sar->multicast_retransmissions = what >> 6;
    sar->discard_timeout = what & 3;
}

static void operate(struct game *g)
{
    uint8_t operation = fuzz_u8(&g->in), n = operation >> 4;

    switch (operation & 0x0F) {
    case 0:
        send(g);
        break;
    case 1:
        pass_time(g, 0);
        break;
    case 2:
        pass_time(g, n);
        break;
    case 3:
        replay(g, n);
        break;
    case 4:
        change(g, n);
        break;
    case 5:
        rewrap(g, n & 3);
        break;
    case 6:
        forge_ack(g, n);
        break;
    case 7:
        forge_segment(g, n);
        break;
    case 8:
        g->now += (uint64_t)n * n * n * n; /* up to 50 s */
        break;
    case 9:
        if (n == 0xF) {
            change_iv(g);
        } else {
            change_sar(g, n);
        }
        break;
    case 10:
        g->node[n % NODES].net.relay ^= 1;
        break;
    default: /* the usual: all that is sent arrives */
        for (unsigned i = 0; i <= n; i++) {
            pass_time(g, 0);
        }
        break;
    }
    for (unsigned i = 0; i < NODES; i++) {
        drain(g, i);
    }
}

/* Nobody says anything new any more, and nobody hears anything: all that is under way ends. */
static void finish(struct game *g)
{
    uint64_t end = g->now + END_MS;

    while (next_time(g) != USHER_NEVER) {
        uint64_t before = g->now;

        pass_time(g, ~0u);
        FUZZ_CHECK(g->now < end && (g->now > before || next_time(g) > g->now));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct game game;
    struct game *g = &game;

    memset(g, 0, sizeof(*g));
    g->in = (struct fuzz_input){ data, size };
    g->now = 1000;
    for (unsigned i = 0; i < NODES; i++) {
        netnode_init(&g->node[i], i);
    }
    while (g->in.left > 0) {
        operate(g);
    }
    finish(g);
    return 0;
}
