/*
 * One node's network and transport layers, and whoever is on the air: without keys, with the
 * network's keys, or with all of them, but never sound in mind. The input says which PDUs are
 * heard, what the node itself sends, and when time passes.
 *
 * Checked: what is told can be, and no PDU tells its message a second time; what the node
 * advertises is sound, opens with its keys, is either its own or relayed with a TTL that it had
 * once more, and never has a sequence number of its own twice; it always comes to rest.
 */
#include "iv.h"
#include "netnode.h"
#include "proxy.h"
#include "rpl.h"
#include "transport_parts.h"

#include <string.h>

#define HEARD 16 /* remembered, to be heard again */
#define ROUNDS_MAX 1000
#define SEQ_COUNT 1024 /* of the node's own: it is given no more */

struct heard {
    struct net_pdu pdu;
    bool told; /* it completed a message */
};

struct game {
    struct fuzz_input in;
    uint64_t now;
    struct netnode node;
    struct heard heard[HEARD];
    unsigned heard_count;
    uint32_t seq;          /* of the attackers' PDUs, which need new ones to get anywhere */
    uint32_t own_iv_index; /* that sent[] is about */
    uint8_t sent[SEQ_COUNT][NET_PDU_MAX];
    unsigned messages;                /* told so far */
    struct usher_proxy_filter filter; /* of a client on a connection of its own */
};

/* -- what the node says ------------------------------------------------------------------------ */

/* Repeats are the same to the octet: a sequence number stands for one PDU. */
static void check_own(struct game *g, const struct net_pdu *p, const uint8_t *pdu, size_t len)
{
    uint8_t *sent = g->sent[p->seq % SEQ_COUNT];

    if (p->iv_index != g->own_iv_index) {
        if (p->iv_index < g->own_iv_index) { /* queued before the IV Index changed */
            return;
        }
        memset(g->sent, 0, sizeof(g->sent));
        g->own_iv_index = p->iv_index;
    }
    FUZZ_CHECK(p->seq < SEQ_COUNT);
    FUZZ_CHECK(sent[0] == 0 || memcmp(sent + 1, pdu + 1, len - 1) == 0);
    memcpy(sent, pdu, len);
    sent[0] = 1;
}

static void advertise(struct game *g)
{
    uint8_t ad[USHER_AD_MAX], len;

    for (unsigned rounds = 0; (len = net_next(&g->node.net, g->now, ad)) != 0; rounds++) {
        struct net_pdu p;

        FUZZ_CHECK(rounds < ROUNDS_MAX);
        FUZZ_CHECK(len >= 2 + 14 && len <= USHER_AD_MAX && ad[0] == len - 1 &&
                   ad[1] == NET_AD_TYPE);
        if (net_open(&g->node.net, NET_NONCE_NETWORK, ad + 2, len - 2u, &p) == NULL) {
            continue; /* of an IV Index that is over */
        }
        if (net_is_element(&g->node.net, p.src)) {
            check_own(g, &p, ad + 2, len - 2u);
        } else {
            FUZZ_CHECK(p.ttl >= 1 && p.ttl < 0x7F);
        }
    }
}

static void tell(struct game *g)
{
    struct transport_in in;
    enum transport_kind kind;
    unsigned rounds = 0;

    while ((kind = transport_next(&g->node.net, g->now, &in)) != TRANSPORT_NOTHING) {
        FUZZ_CHECK(++rounds < ROUNDS_MAX);
        netnode_check_told(&g->node, kind, &in);
        g->messages += kind == TRANSPORT_ACCESS;
    }
    FUZZ_CHECK(transport_deadline(&g->node.net) > g->now);
}

static void settle(struct game *g)
{
    tell(g);
    advertise(g);
    tell(g); /* what was sent for the last time */
}

/* -- what it hears ----------------------------------------------------------------------------- */

static void hear_opened(struct game *g, const struct net_pdu *p)
{
    transport_rx(&g->node.net, g->now, p);
    settle(g);
}

static void check_filter(const struct usher_proxy_filter *f)
{
    FUZZ_CHECK(f->count <= USHER_PROXY_FILTER_MAX && f->type <= PROXY_REJECT_LIST);
    for (uint8_t i = 0; i < f->count; i++) {
        FUZZ_CHECK(f->addresses[i] != USHER_ADDR_UNASSIGNED);
        for (uint8_t k = 0; k < i; k++) {
            FUZZ_CHECK(f->addresses[i] != f->addresses[k]);
        }
    }
}

/* As a Proxy Server: what a client sends is answered once, under a number of our own. */
static void serve(struct game *g, const uint8_t *in, size_t len)
{
    struct usher_net *n = &g->node.net;
    uint8_t out[NET_PDU_MAX], answer = proxy_serve(n, &g->filter, in, len, out);
    struct net_pdu p;

    check_filter(&g->filter);
    if (answer != 0) {
        FUZZ_CHECK(net_open(n, NET_NONCE_PROXY, out, answer, &p) != NULL && p.src == n->address);
        check_own(g, &p, out, answer);
        FUZZ_CHECK(proxy_serve(n, &g->filter, in, len, out) == 0);
    }
}

/* The octets as they are, from either bearer. */
static void hear_raw(struct game *g)
{
    const uint8_t *octets;
    size_t len = fuzz_take(&g->in, fuzz_u8(&g->in) % (NET_PDU_MAX + 4), &octets);
    struct net_pdu p;

    serve(g, octets, len);
    if (net_rx(&g->node.net, g->now, 0, octets, len, &p)) {
        hear_opened(g, &p);
    }
}

static const struct usher_net_keys *pick_key(const struct game *g, unsigned which, uint16_t *index)
{
    const struct usher_subnet *s = &g->node.subnets[which & 1];

    *index = s->index;
    return &s->key[s->phase != 0 ? which >> 1 & 1 : 0];
}

static uint16_t pick_dst(struct fuzz_input *in)
{
    static const uint16_t usual[] = { 0x0100,
                                      0x0101,
                                      NETNODE_GROUP,
                                      NETNODE_VIRTUAL,
                                      0x0200,
                                      USHER_ADDR_ALL_NODES,
                                      USHER_ADDR_ALL_RELAYS };
    uint8_t which = fuzz_u8(in) & 7;

    return which < sizeof(usual) / sizeof(usual[0]) ? usual[which] : fuzz_u16(in);
}

/* A header as some other node of the network might send it. */
static struct net_pdu make_header(struct game *g)
{
    uint8_t what = fuzz_u8(&g->in), ctl_ttl = fuzz_u8(&g->in);
    struct net_pdu p = { .ctl = ctl_ttl >> 7, .ttl = ctl_ttl & 0x7F, .dst = pick_dst(&g->in) };

    p.src = (what & 1) != 0 ? fuzz_u16(&g->in) : (uint16_t)(0x0200 + (what >> 1 & 3));
    p.iv_index = g->node.net.iv.index - (what >> 3 & 1);
    p.seq = (what & 0x10) != 0 ? (uint32_t)fuzz_u8(&g->in) << 16 | fuzz_u16(&g->in) : ++g->seq;
    return p;
}

static void remember(struct game *g, const struct net_pdu *p, bool told)
{
    g->heard[g->heard_count++ % HEARD] = (struct heard){ *p, told };
}

/* Sealed with a key of the network, and heard. */
static void hear_sealed(struct game *g, struct net_pdu *p, unsigned key)
{
    uint8_t pdu[NET_PDU_MAX];
    const struct usher_net_keys *k = pick_key(g, key, &p->net_index);
    uint8_t len = net_seal(g->node.net.crypto, k, NET_NONCE_NETWORK, p, pdu);
    unsigned before = g->messages;
    struct net_pdu got;

    if (len != 0 && net_rx(&g->node.net, g->now, 0, pdu, len, &got)) {
        FUZZ_CHECK(got.src == p->src && got.dst == p->dst && got.seq == p->seq);
        FUZZ_CHECK(got.len == p->len && memcmp(got.transport, p->transport, p->len) == 0);
        hear_opened(g, &got);
        remember(g, &got, g->messages != before);
    }
    settle(g);
}

/* Contents of no meaning. */
static void hear_made_up(struct game *g)
{
    struct net_pdu p = make_header(g);
    uint8_t key = fuzz_u8(&g->in), most = p.ctl != 0 ? 12 : NET_TRANSPORT_MAX;

    p.len = (uint8_t)(1 + (key >> 2) % most);
    fuzz_copy(&g->in, p.transport, p.len);
    hear_sealed(g, &p, key);
}

/* ... in a Proxy Configuration message. */
static void hear_client(struct game *g)
{
    struct net_pdu p = make_header(g);
    uint8_t key = fuzz_u8(&g->in), pdu[NET_PDU_MAX], len;

    p.ctl = 1;
    p.ttl = 0;
    p.dst = USHER_ADDR_UNASSIGNED;
    p.len = (uint8_t)(1 + (key >> 2) % 12);
    fuzz_copy(&g->in, p.transport, p.len);
    len = net_seal(g->node.net.crypto, pick_key(g, key, &p.net_index), NET_NONCE_PROXY, &p, pdu);
    serve(g, pdu, len);
}

/* A message sealed with an AppKey or device key, at most @p most octets long. */
struct message {
    struct upper upper;
    uint8_t head;
    unsigned key; /* of the network layer */
    size_t len;   /* with its MIC */
    uint8_t data[USHER_ACCESS_MAX + MIC_LONG];
};

static void message_key(struct game *g, unsigned which, struct message *m,
                        uint8_t key[USHER_KEY_SIZE])
{
    const struct usher_appkey *a = &g->node.appkeys[which % NETNODE_APPKEYS];
    unsigned newer = a->updated ? which >> 2 & 1 : 0;

    if ((which & 8) != 0) {
        m->upper.device = true;
        netnode_device_key((which & 4) != 0 ? m->upper.src : m->upper.dst, key);
        return;
    }
    m->key = a->net_index | newer << 1;
    m->head = HEAD_APPKEY | a->key[newer].aid;
    memcpy(key, a->key[newer].key, USHER_KEY_SIZE);
}

static struct message make_message(struct game *g, const struct net_pdu *p, size_t most)
{
    uint8_t what = fuzz_u8(&g->in);
    struct message m = { .upper = { .src = p->src,
                                    .dst = p->dst,
                                    .seq = p->seq,
                                    .iv_index = p->iv_index,
                                    .szmic = most > UNSEGMENTED_MAX ? what >> 4 & 1 : 0 } };
    uint8_t key[USHER_KEY_SIZE], clear[USHER_ACCESS_MAX] = { 0 };
    size_t mic = upper_mic(m.upper.szmic), len = 1 + fuzz_u16(&g->in) % (most - mic);

    message_key(g, what, &m, key);
    m.key ^= what >> 6 & 1; /* under another subnet */
    if (usher_is_virtual(p->dst)) {
        m.upper.label = netnode_label(what >> 5);
    }
    fuzz_copy(&g->in, clear, len < 8 ? len : 8);
    FUZZ_CHECK(upper_seal(g->node.net.crypto, key, &m.upper, clear, len, m.data) == USHER_OK);
    m.len = len + mic;
    return m;
}

static void hear_short(struct game *g)
{
    struct net_pdu p = make_header(g);
    struct message m;

    p.ctl = 0;
    m = make_message(g, &p, UNSEGMENTED_MAX);
    p.transport[0] = m.head;
    p.len = (uint8_t)(1 + m.len);
    memcpy(p.transport + 1, m.data, m.len);
    hear_sealed(g, &p, m.key);
}

static void hear_segment(struct game *g, const struct net_pdu *like, const struct message *m,
                         uint8_t index)
{
    size_t size = segment_size(0), offset = index * size, left = m->len - offset;
    struct net_pdu p = *like;
    struct segment s = { .head = HEAD_SEGMENTED | m->head,
                         .szmic = m->upper.szmic,
                         .seq_zero = (uint16_t)(m->upper.seq & SEQ_ZERO_MASK),
                         .index = index,
                         .last = (uint8_t)((m->len - 1) / size) };
    struct io io = io_writer(p.transport, sizeof(p.transport));
    size_t len = left < size ? left : size;

    p.seq += index;
    if (p.seq > USHER_SEQ_MAX) {
        return;
    }
    segment_fields(&io, &s);
    memcpy(p.transport + io_pos(&io), m->data + offset, len);
    p.len = (uint8_t)(io_pos(&io) + len);
    hear_sealed(g, &p, m->key);
}

/* All segments of a message but one, perhaps, and perhaps the other way round. */
static void hear_long(struct game *g)
{
    struct net_pdu p = make_header(g);
    uint8_t twist = fuzz_u8(&g->in);
    struct message m;
    unsigned count;

    p.ctl = 0;
    m = make_message(g, &p, USHER_ACCESS_MAX + MIC_SHORT);
    count = (unsigned)((m.len - 1) / segment_size(0) + 1);
    for (unsigned i = 0; i < count; i++) {
        unsigned index = (twist & 1) != 0 ? count - 1 - i : i;

        if ((twist & 2) == 0 || index != (twist >> 2) % count) {
            hear_segment(g, &p, &m, (uint8_t)index);
        }
    }
    if (p.seq == g->seq) {
        g->seq += count - 1;
    }
}

/* One of those remembered, when the cache has forgotten it. */
static void hear_again(struct game *g)
{
    struct heard *h = &g->heard[fuzz_u8(&g->in) % HEARD];
    struct net_pdu p = h->pdu;
    unsigned before = g->messages;

    if (p.len == 0) {
        return;
    }
    memset(g->node.net.cache, 0, sizeof(g->node.net.cache));
    memset(g->node.net.heard, 0, sizeof(g->node.net.heard));
    hear_sealed(g, &p, p.net_index);
    FUZZ_CHECK(!h->told || g->messages == before);
}

/* -- what the node does ------------------------------------------------------------------------ */

static void send(struct game *g)
{
    uint8_t what = fuzz_u8(&g->in);
    uint8_t data[USHER_ACCESS_MAX + 1] = { 0 };
    struct transport_out out = {
        .control = (what & 0x80) != 0,
        .opcode = what & 0x7F,
        .src = (uint16_t)(0x0100 + (what >> 1 & 3)),
        .target = { .dst = pick_dst(&g->in),
                    .net_index = what & 1,
                    .ttl = fuzz_u8(&g->in),
                    .segmented = (what & 0x10) != 0 },
        .data = data,
        .len = fuzz_u16(&g->in) % sizeof(data),
        .token = what >> 5,
    };

    out.target.key = (what & 0x08) != 0 ? USHER_KEY_DEVICE | (what & 1) : what & 3;
    out.target.label = (what & 0x20) != 0 ? netnode_label(what) : NULL;
    (void)transport_send(&g->node.net, g->now, &out);
}

/* An ack of what it sends, or of something like it. */
static void hear_ack(struct game *g)
{
    uint8_t what = fuzz_u8(&g->in);
    const struct usher_sar_tx *tx = &g->node.sar_tx[what & 1];
    struct net_pdu p = { .ctl = 1,
                         .ttl = 5,
                         .src = (what & 2) != 0 ? 0x0300 : tx->dst,
                         .dst = tx->src,
                         .seq = ++g->seq,
                         .iv_index = g->node.net.iv.index };
    struct segment_ack a = { .obo = what >> 2 & 1,
                             .seq_zero = (uint16_t)(tx->seq0 + (what >> 7)) & SEQ_ZERO_MASK,
                             .block = (uint32_t)fuzz_u16(&g->in) << 16 | fuzz_u16(&g->in) };
    struct io io = io_writer(p.transport + 1, sizeof(p.transport) - 1);

    segment_ack_fields(&io, &a);
    p.len = (uint8_t)(1 + io_pos(&io));
    hear_sealed(g, &p, tx->net_index | (what >> 3 & 2u));
}

static void pass_time(struct game *g)
{
    uint64_t at = sooner(transport_deadline(&g->node.net), net_due(&g->node.net));

    if (at != USHER_NEVER && at > g->now) {
        g->now = at;
    }
}

static void set_heartbeat(struct game *g)
{
    struct usher_heartbeat *h = &g->node.net.heartbeat;
    uint8_t what = fuzz_u8(&g->in);

    if ((what & 1) != 0) {
        h->sub_src = (uint16_t)(0x0200 + (what >> 1 & 3));
        h->sub_dst = (what & 0x10) != 0 ? 0x0100 : 0xC123;
        h->sub_until = g->now + 60000;
        return;
    }
    h->pub_dst = pick_dst(&g->in);
    h->pub_dst = usher_is_virtual(h->pub_dst) ? 0 : h->pub_dst;
    h->pub_count = what >> 1 & 7;
    h->pub_period_log = 1 + (what >> 4);
    h->pub_ttl = what & 0x7F;
    transport_heartbeat_set(&g->node.net, g->now);
}

/* The next state of the IV Index, and a store that reserves numbers for it. */
static void change_iv(struct game *g)
{
    struct usher_iv *iv = &g->node.net.iv;

    if (iv->updating) {
        (void)iv_update_end(iv, g->now, transport_busy(&g->node.net));
    } else {
        (void)iv_update(iv, g->now);
    }
    iv->seq_reserved = SEQ_COUNT;
    rpl_age(&g->node.net.rpl, iv->index);
}

static void configure(struct game *g, unsigned what)
{
    struct usher_net *n = &g->node.net;

    switch (what & 3) {
    case 0:
        n->relay ^= 1;
        transport_feature_changed(n, g->now, USHER_FEATURE_RELAY);
        break;
    case 1:
        (void)keys_refresh(&n->keys, n->crypto, 1, what & 4 ? 2 : 3);
        break;
    case 2:
        change_iv(g);
        break;
    default:
        transport_clear(n);
        break;
    }
}

static void operate(struct game *g)
{
    uint8_t operation = fuzz_u8(&g->in), n = operation >> 4;

    switch (operation & 0x0F) {
    case 0:
        hear_raw(g);
        break;
    case 1:
        hear_made_up(g);
        break;
    case 2:
        hear_short(g);
        break;
    case 3:
        hear_long(g);
        break;
    case 4:
        hear_again(g);
        break;
    case 5:
        hear_ack(g);
        break;
    case 6:
        send(g);
        break;
    case 7:
        set_heartbeat(g);
        break;
    case 8:
        configure(g, n);
        break;
    case 9:
        g->now += (uint64_t)n * n * n * n; /* up to 50 s */
        break;
    case 10:
        hear_client(g);
        break;
    default:
        pass_time(g);
        break;
    }
    settle(g);
}

/* Left alone, it comes to rest: nothing is under way any more. */
static void finish(struct game *g)
{
    struct usher_net *n = &g->node.net;
    uint64_t end = g->now + 400000;

    n->heartbeat.pub_dst = USHER_ADDR_UNASSIGNED;
    while (sooner(transport_deadline(n), net_due(n)) != USHER_NEVER) {
        uint64_t before = g->now;

        pass_time(g);
        FUZZ_CHECK(g->now > before && g->now < end);
        settle(g);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct game game;
    struct game *g = &game;

    memset(g, 0, sizeof(*g));
    g->in = (struct fuzz_input){ data, size };
    g->now = 1000;
    netnode_init(&g->node, 0);
    g->node.net.relay = 1;
    g->node.net.iv.seq_reserved = SEQ_COUNT;
    while (g->in.left > 0) {
        operate(g);
    }
    finish(g);
    return 0;
}
