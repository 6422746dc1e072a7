/*
 * The network and transport layers of a node (Mesh Protocol 1.1, sections 3.4 to 3.9): keys, IV
 * Index, sequence numbers, replay list, messages being segmented and reassembled. All of it is
 * state of struct usher_net in the caller's memory; members are private to src/net. Tables that
 * grow with the network are given by the caller.
 */
#ifndef USHER_NET_H
#define USHER_NET_H

#include <usher/config.h>
#include <usher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define USHER_ACCESS_MAX                                                                           \
    380u /**< Octets of the longest access message, opcode included, with a 4-octet MIC. */
#define USHER_SEQ_MAX 0xFFFFFFu

#define USHER_ADDR_UNASSIGNED 0x0000u
#define USHER_ADDR_ALL_PROXIES 0xFFFCu
#define USHER_ADDR_ALL_FRIENDS 0xFFFDu
#define USHER_ADDR_ALL_RELAYS 0xFFFEu
#define USHER_ADDR_ALL_NODES 0xFFFFu

static inline bool usher_is_unicast(uint16_t a)
{
    return a >= USHER_UNICAST_MIN && a <= USHER_UNICAST_MAX;
}
static inline bool usher_is_virtual(uint16_t a)
{
    return a >= 0x8000u && a <= 0xBFFFu;
}
static inline bool usher_is_group(uint16_t a)
{
    return a >= 0xC000u;
}

/** What k2, k3 and the labels make of one NetKey. */
struct usher_net_keys {
    uint8_t key[USHER_KEY_SIZE];
    uint8_t nid;
    uint8_t encryption[16], privacy[16]; /* managed flooding */
    uint8_t network_id[8];
    uint8_t beacon[16], private_beacon[16], identity[16];
};

/** When a subnet's beacons of one kind are sent. */
struct usher_beacon_turn {
    uint64_t at;    /* the next one */
    uint16_t heard; /* since our last one */
};

/** Randomness of private beacons, and what it has been used for. */
struct usher_beacon_random {
    uint64_t at; /* when it was drawn; 0: none yet */
    uint32_t iv_index;
    uint8_t flags;
    uint8_t octets[13];
};

/** A subnet: key[0] is the current (in phases 1 and 2: the old) key, key[1] the new one. */
struct usher_subnet {
    bool used;
    uint8_t phase; /* Key Refresh: 0, 1, 2 */
    uint8_t phase_told;
    uint16_t index;
    struct usher_net_keys key[2];
    uint8_t identity; /* Node Identity state */
    uint64_t identity_until;
    struct usher_beacon_turn beacon[2]; /* secure network beacons, private beacons */
    struct usher_beacon_random random;
};

struct usher_appkey {
    bool used;
    bool updated; /* key[1] is there */
    uint16_t index, net_index;
    struct {
        uint8_t key[USHER_KEY_SIZE];
        uint8_t aid;
    } key[2];
};

/** The keys that a node knows. */
struct usher_keys {
    struct usher_subnet *subnets;
    struct usher_appkey *appkeys;
    uint16_t subnet_count, appkey_count; /* sizes of the tables */
    uint8_t device_key[USHER_KEY_SIZE];
};

/** IV Index and sequence number (3.8.3, 3.11.5). */
struct usher_iv {
    uint32_t index;
    bool updating;  /* IV Update in Progress */
    bool fresh;     /* just provisioned: the time limits do not apply */
    bool test_mode; /* removes the 96 hour limits (3.11.5.1) */
    uint64_t since; /* ms when the state was entered; may be before 0: now - since is its age */
    uint64_t recovered_at; /* the last recovery; 0: none */
    uint32_t seq;          /* the next one */
    uint32_t seq_reserved; /* numbers below this are reserved in storage */
};

/** An entry of the replay list: nothing at or below (IV Index, SEQ) is accepted from src. */
struct usher_rpl_entry {
    uint16_t src; /* 0: free */
    bool dirty;   /* not stored yet */
    uint32_t iv_index, seq;
    uint32_t sar_from; /* segmented messages must begin here or later; after loading: at seq + 1 */
};

struct usher_rpl {
    struct usher_rpl_entry *entries;
    uint16_t size;
};

/** A network PDU waiting for its transmissions. */
struct usher_net_tx {
    uint8_t len;  /* 0: none; the place is free if there is no token, too */
    uint8_t left; /* transmissions on the advertising bearer */
    bool fresh;   /* the proxy connections are still to get it */
    uint8_t from; /* the proxy connection that it came by, plus 1; 0: none */
    uint16_t dst;
    uint16_t interval_ms;
    uint32_t order; /* of being queued */
    uint64_t at;
    uint8_t pdu[29];
    uint8_t tag;    /* the segmented transfer that it belongs to, plus 1; 0: none */
    uint32_t token; /* its end is to be told by this number; 0: not */
};

/** A segmented message being sent. */
struct usher_sar_tx {
    bool used;
    bool done; /* ended, to be told */
    bool failed;
    uint8_t ctl, ttl, head; /* head: SEG, AKF and AID or opcode */
    uint8_t szmic;
    uint16_t src, dst, net_index;
    uint32_t iv_index, seq0;
    uint8_t last; /* SegN */
    uint16_t len;
    uint32_t acked;       /* segments the peer has, a bit each */
    uint32_t pending;     /* segments of this round still to go */
    uint8_t tries, stale; /* rounds; rounds without progress */
    uint64_t at;          /* the next segment, or the next round */
    uint32_t token;       /* the sender's own */
    uint8_t data[USHER_ACCESS_MAX + 4];
};

/** A segmented message being received, or whose completion is remembered. */
struct usher_sar_rx {
    bool used;
    bool complete, discarded; /* over, and remembered for its repeats */
    bool ready;               /* data are a message to be told */
    uint8_t ctl, ttl, head, szmic;
    uint16_t src, dst, net_index;
    uint32_t iv_index, seq0, seq_last;
    uint8_t last;
    uint16_t len;
    uint32_t have;
    uint16_t key; /* what opened it: as in struct usher_message */
    const uint8_t *label;
    uint64_t ack_at, discard_at, ack_not_before, ended_at;
    uint8_t acks_left;
    uint8_t data[USHER_ACCESS_MAX + 4];
};

#define USHER_NET_INBOX 4 /* short messages that can wait to be told */

/** A short message, received in one PDU, until it is told. */
struct usher_net_short {
    uint8_t kind; /* enum transport_kind */
    uint8_t ttl, hops, len;
    uint16_t src, dst, net_index, key, features;
    const uint8_t *label;
    uint32_t token; /* told with this number once the message has been; 0: not */
    uint8_t data[11];
};

/** Who and with which timing segmented messages are sent (SAR Transmitter and Receiver
 * states, 4.2.47, 4.2.48). */
struct usher_sar_config {
    uint8_t segment_interval_step;      /* (n+1) * 10 ms */
    uint8_t unicast_retransmissions;    /* n+1 transmissions */
    uint8_t unicast_without_progress;   /* n+1 */
    uint8_t unicast_interval_step;      /* (n+1) * 25 ms */
    uint8_t unicast_interval_increment; /* (n+1) * 25 ms */
    uint8_t multicast_retransmissions;  /* n+1 */
    uint8_t multicast_interval_step;    /* (n+1) * 25 ms */
    uint8_t segments_threshold;
    uint8_t ack_delay_increment;    /* n+1.5 segment intervals */
    uint8_t discard_timeout;        /* (n+1) * 5 s */
    uint8_t receiver_interval_step; /* (n+1) * 10 ms */
    uint8_t ack_retransmissions;    /* n+1 */
};

/** Heartbeat publication and subscription (4.2.18, 4.2.19). */
struct usher_heartbeat {
    uint16_t pub_dst, pub_count, pub_features, pub_net_index;
    uint8_t pub_period_log, pub_ttl;
    uint64_t pub_at;
    bool pub_trigger; /* a feature changed: one heartbeat now */
    uint16_t sub_src, sub_dst;
    uint8_t sub_period_log, min_hops, max_hops;
    uint16_t sub_count;
    uint64_t sub_until;
};

#define USHER_FEATURE_RELAY 0x0001u
#define USHER_FEATURE_PROXY 0x0002u
#define USHER_FEATURE_FRIEND 0x0004u
#define USHER_FEATURE_LOW_POWER 0x0008u

/** Counters for reports and tests. */
struct usher_net_stats {
    uint32_t rx, tx, relayed, replays, undecrypted, cached, no_memory, sar_failed;
};

#define USHER_NET_CACHE 64 /* messages remembered; a power of two */
#define USHER_NET_HEARD 16 /* PDUs remembered as they were on the air; a power of two */

/** What the layers ask of the access layer above: questions only, answered from memory. */
struct usher_net_directory {
    /** Whether a group or virtual address is subscribed to by a model of ours. */
    bool (*subscribed)(void *ctx, uint16_t dst);
    /** The @p n-th label UUID that we know for a virtual address; NULL: no more. */
    const uint8_t *(*label)(void *ctx, uint16_t virtual_address, unsigned n);
    /** The device key of another node, by any of its element addresses. */
    bool (*device_key)(void *ctx, uint16_t address, uint8_t key[USHER_KEY_SIZE]);
    /** Whether to relay a PDU. NULL: all. */
    bool (*relay)(void *ctx, uint16_t src, uint16_t dst, uint8_t ttl);
};

/** All of the network and transport layers of one node. */
struct usher_net {
    const struct usher_crypto *crypto;
    const struct usher_net_directory *directory;
    void *directory_ctx;
    struct usher_keys keys;
    struct usher_iv iv;
    struct usher_rpl rpl;
    uint16_t address; /* of the primary element; 0: not a node */
    uint8_t elements;
    uint8_t default_ttl;
    uint8_t relay;            /* 0 off, 1 on, 2 not supported */
    uint8_t proxy;            /* GATT Proxy state: likewise */
    uint8_t beacon;           /* Secure Network Beacon state */
    uint8_t private_beacon;   /* Mesh Private Beacon state */
    uint8_t private_interval; /* Random Update Interval Steps of 10 s; 0: for each beacon */
    uint8_t net_transmit;     /* count:3 steps:5, as in the message */
    uint8_t relay_retransmit;
    uint16_t features; /* supported ones */
    struct usher_sar_config sar;
    struct usher_heartbeat heartbeat;
    struct usher_net_tx *tx;
    struct usher_sar_tx *sar_tx;
    struct usher_sar_rx *sar_rx;
    uint16_t tx_size, sar_tx_size, sar_rx_size;
    uint32_t tx_order;    /* of the PDU that was queued last */
    bool silent;          /* nothing is advertised: the bearer is not in use */
    bool proxied;         /* there are proxy connections that get PDUs */
    uint32_t beacon_news; /* counts the changes of what beacons tell */
    struct usher_net_short inbox[USHER_NET_INBOX];
    uint8_t inbox_at, inbox_count;
    uint8_t told[USHER_ACCESS_MAX]; /* the message that was told last */
    uint64_t refuse_at;             /* no ack of a message without an entry is sent before */
    uint64_t cache[USHER_NET_CACHE];
    uint64_t heard[USHER_NET_HEARD];
    uint8_t cache_at, heard_at;
    uint32_t prng; /* jitter only */
    struct usher_net_stats stats;
};

#ifdef __cplusplus
}
#endif

#endif
