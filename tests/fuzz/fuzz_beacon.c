/*
 * One node that hears beacons: made up by whoever has the network's keys, of any flags and IV
 * Index, by those without keys, and its own states changed by its user and by time. The input says
 * which, when, and what the node sends meanwhile.
 *
 * Checked, against the rules of the IV Update and Key Refresh procedures (Mesh Protocol 1.1, 3.11.4
 * to 3.11.6) written down once more: the IV Index never goes down, by a beacon no further up than
 * 42, and neither before its time nor by a secondary subnet; no pair of IV Index and sequence
 * number is used twice; nothing changes under a segmented message; the phase of a subnet goes the
 * ways that it may, with the new key becoming the key; the node's own beacons tell of its state.
 */
#include "iv.h"
#include "netnode.h"
#include "secbeacon.h"

#include <string.h>

#define HOUR_MS (60u * 60u * 1000u)
#define ROUNDS_MAX 100

struct game {
    struct fuzz_input in;
    uint64_t now;
    struct netnode node;
    uint64_t used; /* IV Index and sequence number after the last one used */
    uint64_t recovered_at;
    uint8_t randoms; /* given so far */
    struct told {
        uint8_t key[USHER_KEY_SIZE];
        uint8_t pdu[PRIVBEACON_LEN];
    } told[256];
};

/* What the checks compare with. */
struct before {
    struct usher_iv iv;
    struct usher_subnet subnets[NETNODE_SUBNETS];
    bool busy;
};

static struct before before_of(const struct game *g)
{
    struct before b = { .iv = g->node.net.iv, .busy = transport_busy(&g->node.net) };

    memcpy(b.subnets, g->node.subnets, sizeof(b.subnets));
    return b;
}

/* -- the rules --------------------------------------------------------------------------------- */

static void check_iv(const struct game *g, const struct before *b)
{
    const struct usher_iv *iv = &g->node.net.iv;

    FUZZ_CHECK(iv->index >= b->iv.index);
    FUZZ_CHECK(iv->index > b->iv.index || !iv->updating || b->iv.updating);
    FUZZ_CHECK(iv_tx(iv) >= iv_tx(&b->iv));
    FUZZ_CHECK(!b->busy || iv_tx(iv) == iv_tx(&b->iv));
    if (iv_tx(iv) == iv_tx(&b->iv)) {
        FUZZ_CHECK(iv->seq == b->iv.seq && iv->seq_reserved == b->iv.seq_reserved);
    } else {
        FUZZ_CHECK(iv->seq == 0 && iv->seq_reserved == 0);
    }
}

/* A beacon that changed the IV state was allowed to. */
static void check_iv_beacon(struct game *g, const struct before *b, const struct secbeacon *beacon)
{
    const struct usher_iv *iv = &g->node.net.iv;
    bool in_time = b->iv.fresh || b->iv.test_mode || g->now - b->iv.since >= 96u * HOUR_MS;
    bool next = iv->index == b->iv.index + 1 && !b->iv.updating && iv->updating;
    bool ends = iv->index == b->iv.index && b->iv.updating && !iv->updating;

    FUZZ_CHECK(iv->index == beacon->iv_index);
    FUZZ_CHECK(iv->updating == ((beacon->flags & SECBEACON_IV_UPDATE) != 0));
    FUZZ_CHECK(iv->index - b->iv.index <= 42);
    FUZZ_CHECK(beacon->net_index == 0 || iv->index == b->iv.index ||
               keys_subnet(&g->node.net.keys, 0) == NULL);
    if (ends || (next && in_time)) {
        FUZZ_CHECK(in_time);
        return;
    }
    FUZZ_CHECK(g->recovered_at == 0 || g->now - g->recovered_at >= 192u * HOUR_MS);
    g->recovered_at = g->now;
}

static bool same_key(const struct usher_net_keys *a, const struct usher_net_keys *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static void check_phase(const struct usher_subnet *is, const struct usher_subnet *was)
{
    if (is->phase == was->phase) {
        FUZZ_CHECK(same_key(&is->key[0], &was->key[0]) && same_key(&is->key[1], &was->key[1]));
        return;
    }
    FUZZ_CHECK(was->phase != 0);
    if (is->phase == 2) {
        FUZZ_CHECK(was->phase == 1 && same_key(&is->key[0], &was->key[0]));
        FUZZ_CHECK(same_key(&is->key[1], &was->key[1]));
    } else {
        FUZZ_CHECK(is->phase == 0 && same_key(&is->key[0], &was->key[1]));
    }
}

/* Which keys of the AppKeys there are goes with the phase. */
static void check_appkeys(const struct game *g)
{
    for (unsigned i = 0; i < NETNODE_APPKEYS; i++) {
        const struct usher_appkey *a = &g->node.appkeys[i];
        const struct usher_subnet *s = keys_subnet(&g->node.net.keys, a->net_index);

        FUZZ_CHECK(!a->used || s != NULL);
        FUZZ_CHECK(!a->used || !a->updated || s->phase != 0);
        FUZZ_CHECK(!a->used || keys_app_tx(&g->node.net.keys, a) == (a->updated && s->phase == 2));
    }
}

/* A private beacon's randomness is a nonce: with one key, it is used for one content. */
static void check_random(struct game *g, const struct usher_net_keys *k, const uint8_t *pdu)
{
    struct told *told = &g->told[pdu[1]];

    FUZZ_CHECK(memcmp(told->key, k->private_beacon, sizeof(told->key)) != 0 ||
               memcmp(told->pdu, pdu, PRIVBEACON_LEN) == 0);
    memcpy(told->key, k->private_beacon, sizeof(told->key));
    memcpy(told->pdu, pdu, PRIVBEACON_LEN);
}

static void check_beacon(struct game *g, const uint8_t *ad, uint8_t len)
{
    const struct usher_net *n = &g->node.net;
    const struct usher_subnet *s;
    struct secbeacon b;

    FUZZ_CHECK(ad[0] == len - 1 && ad[1] == SECBEACON_AD_TYPE);
    if (!secbeacon_open(n, ad + 2, len - 2u, &b)) {
        FUZZ_CHECK(false);
    }
    s = keys_subnet(&n->keys, b.net_index);
    FUZZ_CHECK((b.private ? n->private_beacon : n->beacon) == 1);
    FUZZ_CHECK(b.iv_index == n->iv.index);
    FUZZ_CHECK(((b.flags & SECBEACON_IV_UPDATE) != 0) == n->iv.updating);
    FUZZ_CHECK(((b.flags & SECBEACON_KEY_REFRESH) != 0) == (s->phase == 2));
    FUZZ_CHECK(b.new_key == (s->phase == 2));
    if (b.private) {
        check_random(g, keys_tx(s), ad + 2);
    }
}

static void check_own(struct game *g)
{
    struct usher_net *n = &g->node.net;
    uint8_t ad[USHER_AD_MAX], len;

    for (unsigned rounds = 0; secbeacon_due(n) <= g->now; rounds++) {
        bool any = g->randoms < UINT8_MAX; /* left */
        uint8_t random[PRIVBEACON_RANDOM] = { g->randoms };

        FUZZ_CHECK(rounds < ROUNDS_MAX);
        g->randoms += any;
        len = secbeacon_next(n, g->now, any ? random : NULL, ad);
        if (len != 0) {
            check_beacon(g, ad, len);
        }
    }
}

/* -- what is heard ----------------------------------------------------------------------------- */

static void hear(struct game *g, const uint8_t *data, size_t len)
{
    struct usher_net *n = &g->node.net;
    struct before was = before_of(g);
    struct usher_subnet *refresh;
    struct secbeacon b;
    bool iv;

    if (!secbeacon_open(n, data, len, &b)) {
        return;
    }
    FUZZ_CHECK(secbeacon_take(n, g->now, &b, &iv, &refresh) == (iv || refresh != NULL));
    check_iv(g, &was);
    if (iv) {
        check_iv_beacon(g, &was, &b);
    } else {
        FUZZ_CHECK(n->iv.index == was.iv.index && n->iv.updating == was.iv.updating);
        FUZZ_CHECK(n->iv.since == was.iv.since && n->iv.recovered_at == was.iv.recovered_at);
    }
    for (unsigned i = 0; i < NETNODE_SUBNETS; i++) {
        const struct usher_subnet *s = &g->node.subnets[i];

        check_phase(s, &was.subnets[i]);
        FUZZ_CHECK((s->phase != was.subnets[i].phase) == (s == refresh));
        FUZZ_CHECK(s != refresh || b.new_key);
    }
}

static void hear_raw(struct game *g)
{
    const uint8_t *octets;
    size_t len = fuzz_take(&g->in, fuzz_u8(&g->in) % (USHER_AD_MAX + 1), &octets);

    hear(g, octets, len);
}

/* An IV Index near the node's, or any. */
static uint32_t pick_index(struct game *g)
{
    uint8_t how = fuzz_u8(&g->in);

    if (how == 0xFF) {
        return (uint32_t)fuzz_u16(&g->in) << 16 | fuzz_u16(&g->in);
    }
    return g->node.net.iv.index + how - 8u;
}

/* One that is sealed with a key of a subnet, current or new, which may be that of another phase. */
static void hear_sealed(struct game *g, unsigned n)
{
    const struct usher_subnet *s = &g->node.subnets[n & 1];
    const struct usher_net_keys *k = &s->key[n >> 1 & 1];
    uint8_t flags = fuzz_u8(&g->in), random[13] = { 0 }, pdu[PRIVBEACON_LEN];
    uint32_t index = pick_index(g);

    if ((n & 4) != 0) {
        fuzz_copy(&g->in, random, 2);
        FUZZ_CHECK(privbeacon_build(fuzz_crypto(), k, flags, index, random, pdu) == USHER_OK);
        hear(g, pdu, PRIVBEACON_LEN);
        return;
    }
    FUZZ_CHECK(secbeacon_build(fuzz_crypto(), k, flags, index, pdu) == USHER_OK);
    if ((n & 8) != 0) {
        pdu[fuzz_u8(&g->in) % SECBEACON_LEN] ^= fuzz_u8(&g->in);
    }
    hear(g, pdu, SECBEACON_LEN);
}

/* -- what the node does ------------------------------------------------------------------------ */

/* Numbers are used, as long as there are any reserved. */
static void use(struct game *g, unsigned n)
{
    struct usher_iv *iv = &g->node.net.iv;
    uint32_t seq;

    if (n == 0 && iv->seq < USHER_SEQ_MAX - 3) { /* the end of all numbers is far away */
        iv->seq = USHER_SEQ_MAX - 3;
    }
    iv->seq_reserved = USHER_SEQ_MAX + 1;
    while (n-- > 0 && iv_seq(iv, &seq) == USHER_OK) {
        uint64_t number = (uint64_t)iv_tx(iv) << 24 | seq;

        FUZZ_CHECK(seq <= USHER_SEQ_MAX && number >= g->used);
        g->used = number + 1;
    }
}

static void update_keys(struct game *g, unsigned n)
{
    struct usher_net *net = &g->node.net;
    struct before was = before_of(g);
    const struct usher_subnet *s = &g->node.subnets[n & 1];
    uint8_t key[USHER_KEY_SIZE];
    enum usher_status status;

    memset(key, (int)fuzz_u8(&g->in) << 1 | (n & 1), sizeof(key)); /* no two subnets share one */
    switch (n >> 1 & 7) {
    case 0:
        status = keys_subnet_update(&net->keys, fuzz_crypto(), n & 1, key);
        FUZZ_CHECK(status != USHER_STATUS_SUCCESS || s->phase == 1);
        FUZZ_CHECK(status == USHER_STATUS_SUCCESS || s->phase == was.subnets[n & 1].phase);
        FUZZ_CHECK(same_key(&s->key[0], &was.subnets[n & 1].key[0]));
        break;
    case 1:
        (void)keys_appkey_update(&net->keys, fuzz_crypto(), n & 1, 0, key);
        break;
    case 2:
        (void)keys_refresh(&net->keys, fuzz_crypto(), n & 1, fuzz_u8(&g->in) & 3);
        check_phase(s, &was.subnets[n & 1]);
        break;
    case 3:
        (void)keys_subnet_delete(&net->keys, fuzz_crypto(), n & 1);
        break;
    case 4:
        (void)keys_subnet_add(&net->keys, fuzz_crypto(), n & 1, key);
        break;
    default:
        (void)keys_appkey_add(&net->keys, fuzz_crypto(), n & 1, 0, key);
        break;
    }
}

static void update_iv(struct game *g, unsigned n)
{
    struct usher_net *net = &g->node.net;
    struct before was = before_of(g);
    bool in_time = was.iv.test_mode || g->now - was.iv.since >= 96u * HOUR_MS;

    switch (n & 3) {
    case 0:
        if (iv_update(&net->iv, g->now) == USHER_OK) {
            FUZZ_CHECK(in_time && !was.iv.updating && net->iv.updating);
            FUZZ_CHECK(net->iv.index == was.iv.index + 1);
        }
        break;
    case 1:
        if (iv_update_end(&net->iv, g->now, was.busy)) {
            FUZZ_CHECK(in_time && was.iv.updating && !net->iv.updating && !was.busy);
            FUZZ_CHECK(net->iv.index == was.iv.index);
        }
        break;
    case 2:
        net->iv.test_mode = !net->iv.test_mode;
        break;
    default:
        g->node.sar_tx[0].used = !g->node.sar_tx[0].used; /* a message awaits acks, or not */
        break;
    }
    check_iv(g, &was);
}

/* Which beacons are sent. */
static void set_states(struct usher_net *net, uint64_t now, unsigned n)
{
    net->beacon = n & 1;
    net->private_beacon = n >> 1 & 1;
    net->private_interval = (uint8_t)(n >> 2);
    secbeacon_hurry(net, now);
}

static void operate(struct game *g)
{
    uint8_t operation = fuzz_u8(&g->in), n = operation >> 4;

    switch (operation & 7) {
    case 0:
        hear_raw(g);
        break;
    case 1:
        hear_sealed(g, n);
        break;
    case 2:
        set_states(&g->node.net, g->now, n);
        break;
    case 3:
        update_keys(g, n);
        break;
    case 4:
        update_iv(g, n);
        break;
    case 5:
        use(g, n);
        break;
    case 6:
        g->now += (uint64_t)n * 13u * HOUR_MS;
        break;
    default: /* to the next beacon */
        if (secbeacon_due(&g->node.net) != USHER_NEVER) {
            g->now = secbeacon_due(&g->node.net);
        }
        break;
    }
    check_own(g);
    check_appkeys(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct game game;
    struct game *g = &game;
    uint8_t first;

    memset(g, 0, sizeof(*g));
    g->in = (struct fuzz_input){ data, size };
    g->now = 1000;
    netnode_init(&g->node, 0);
    first = fuzz_u8(&g->in);
    g->node.net.iv.test_mode = false;
    g->node.net.iv.fresh = (first & 1) != 0;
    g->node.net.iv.index = (first & 2) != 0 ? UINT32_MAX - (first >> 2) : first >> 2;
    g->node.net.iv.updating = (first & 4) != 0;
    g->node.net.iv.since = g->now;
    secbeacon_hurry(&g->node.net, g->now);
    while (g->in.left > 0) {
        operate(g);
    }
    return 0;
}
