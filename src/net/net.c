/*
 * What becomes of a Network PDU that is received (Mesh Protocol 1.1, section 3.4.6): ours, new,
 * for us, to be relayed. See net.h.
 */
#include "net.h"

#include <string.h>

#define DEFAULT_TTL 7u
#define DEFAULT_PRIVATE_INTERVAL 60u    /* 10 min */
#define DEFAULT_TRANSMIT (2u | 1u << 3) /* 3 transmissions, 20 ms apart */

/* The defaults of the SAR Transmitter and SAR Receiver states (4.2.47, 4.2.48). */
static const struct usher_sar_config sar_default = {
    .segment_interval_step = 5,
    .unicast_retransmissions = 2,
    .unicast_without_progress = 2,
    .unicast_interval_step = 7,
    .unicast_interval_increment = 1,
    .multicast_retransmissions = 2,
    .multicast_interval_step = 9,
    .segments_threshold = 3,
    .ack_delay_increment = 1,
    .discard_timeout = 1,
    .receiver_interval_step = 5,
    .ack_retransmissions = 0,
};

void net_begin(struct usher_net *n, uint32_t seed)
{
    n->default_ttl = DEFAULT_TTL;
    n->relay = n->features & USHER_FEATURE_RELAY ? 0 : 2;
    n->proxy = n->features & USHER_FEATURE_PROXY ? 1 : 2;
    n->beacon = 1;
    n->private_beacon = 0;
    n->private_interval = DEFAULT_PRIVATE_INTERVAL;
    n->net_transmit = DEFAULT_TRANSMIT;
    n->relay_retransmit = DEFAULT_TRANSMIT;
    n->sar = sar_default;
    n->heartbeat = (struct usher_heartbeat){ 0 };
    n->stats = (struct usher_net_stats){ 0 };
    memset(n->tx, 0, n->tx_size * sizeof(n->tx[0]));
    memset(n->sar_tx, 0, n->sar_tx_size * sizeof(n->sar_tx[0]));
    memset(n->sar_rx, 0, n->sar_rx_size * sizeof(n->sar_rx[0]));
    memset(n->cache, 0, sizeof(n->cache));
    memset(n->heard, 0, sizeof(n->heard));
    n->cache_at = 0;
    n->heard_at = 0;
    n->inbox_count = 0;
    n->refuse_at = 0;
    n->prng = seed != 0 ? seed : 1; /* xorshift32 has no way out of 0 */
}

uint32_t net_jitter(struct usher_net *n, uint32_t below)
{
    n->prng ^= n->prng << 13;
    n->prng ^= n->prng >> 17;
    n->prng ^= n->prng << 5;
    return (uint32_t)((uint64_t)n->prng * below >> 32);
}

bool net_is_element(const struct usher_net *n, uint16_t address)
{
    return n->address != USHER_ADDR_UNASSIGNED && address >= n->address &&
           address - n->address < n->elements;
}

bool net_is_ours(const struct usher_net *n, uint16_t dst)
{
    return net_is_element(n, dst) || dst == USHER_ADDR_ALL_NODES ||
           (dst == USHER_ADDR_ALL_RELAYS && n->relay == 1) ||
           (dst == USHER_ADDR_ALL_PROXIES && n->proxy == 1);
}

/* A heartbeat is counted for a group that no model needs to be subscribed to. */
static bool for_us(const struct usher_net *n, uint16_t dst)
{
    return net_is_ours(n, dst) || dst == n->heartbeat.sub_dst ||
           (!usher_is_unicast(dst) && n->directory->subscribed(n->directory_ctx, dst));
}

/*
 * What tells a message from all others: 12 bits, 15, 13 and 24; never 0 as SRC is not. The subnet
 * is in it so that who is on one subnet cannot have a message of another one dropped. Of the IV
 * Index it is more than the bit that PDUs have of it: where little is said, the cache goes back
 * further than two updates.
 */
static uint64_t cache_key(const struct net_pdu *p)
{
    return (uint64_t)p->net_index << 52 | (uint64_t)p->src << 37 |
           (uint64_t)(p->iv_index & 0x1FFF) << 24 | p->seq;
}

/* Whether a message is in the cache; if not, it takes the place of the oldest. */
static bool cache_seen(struct usher_net *n, const struct net_pdu *p)
{
    uint64_t key = cache_key(p);

    for (size_t i = 0; i < USHER_NET_CACHE; i++) {
        if (n->cache[i] == key) {
            return true;
        }
    }
    n->cache[n->cache_at] = key;
    n->cache_at = (uint8_t)((n->cache_at + 1) % USHER_NET_CACHE);
    return false;
}

/* The end of a PDU: ciphertext and MIC, which as good as never are the same for another one. */
static uint64_t heard_key(const uint8_t *in, size_t len)
{
    uint64_t key = 0;

    if (len >= sizeof(key)) {
        memcpy(&key, in + len - sizeof(key), sizeof(key));
    }
    return key;
}

/*
 * Whether an authentic PDU is heard again as it was: most are, by the Network Transmit state of
 * whoever sent it. Known before it is decrypted, which is what costs the time.
 */
static bool heard(const struct usher_net *n, uint64_t key)
{
    for (size_t i = 0; i < USHER_NET_HEARD; i++) {
        if (n->heard[i] == key) {
            return key != 0;
        }
    }
    return false;
}

/*
 * 3.4.6.3: the Relay feature is from advertising to advertising, the Proxy feature between that and
 * connections, and from connection to connection. Bits of enum net_bearer; 0: not to be relayed.
 */
static unsigned relayed_to(const struct usher_net *n, uint8_t from, const struct net_pdu *p)
{
    const struct usher_net_directory *d = n->directory;
    bool advertised = !n->silent && (from == 0 ? n->relay : n->proxy) == 1;
    bool proxied = n->proxied && n->proxy == 1;

    if ((!advertised && !proxied) || p->ttl < 2 || net_is_element(n, p->dst) ||
        (d->relay != NULL && !d->relay(n->directory_ctx, p->src, p->dst, p->ttl))) {
        return 0;
    }
    return (advertised ? NET_ADVERTISING : 0u) | (proxied ? NET_GATT : 0u);
}

bool net_rx(struct usher_net *n, uint64_t now, uint8_t from, const uint8_t *in, size_t len,
            struct net_pdu *p)
{
    uint64_t key = heard_key(in, len);
    const struct usher_net_keys *k;
    unsigned bearers;

    p->src = USHER_ADDR_UNASSIGNED;
    if (heard(n, key)) {
        n->stats.cached++;
        return false;
    }
    k = net_open(n, NET_NONCE_NETWORK, in, len, p);
    if (k == NULL) {
        n->stats.undecrypted++;
        return false;
    }
    n->stats.rx++;
    n->heard[n->heard_at] = key;
    n->heard_at = (uint8_t)((n->heard_at + 1) % USHER_NET_HEARD);
    if (net_is_element(n, p->src) || cache_seen(n, p)) {
        n->stats.cached += !net_is_element(n, p->src);
        p->src = USHER_ADDR_UNASSIGNED;
        return false;
    }
    bearers = relayed_to(n, from, p);
    if (bearers != 0 && net_relay(n, now, k, p, bearers, from) == USHER_OK) {
        n->stats.relayed++;
    }
    return for_us(n, p->dst);
}
