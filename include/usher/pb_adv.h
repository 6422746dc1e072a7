/*
 * PB-ADV, the advertising bearer (Mesh Protocol 1.1, section 5.3): its timing policy, and the state
 * of one link. The state is the caller's memory, inside struct usher_session, and private to
 * src/bearer.
 */
#ifndef USHER_PB_ADV_H
#define USHER_PB_ADV_H

#include <usher/config.h>
#include <usher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define USHER_PB_ADV_SEGMENTS                                                                      \
    (1 + (USHER_PDU_MAX - 20 + 22) / 23) /**< Segments of the longest PDU. */

/** When a link sends what, in ms. usher_pb_adv_spec is the default. */
struct usher_pb_adv_policy {
    uint16_t delay_min;       /**< Random delay before each PDU (5.3.3: 20 ms) ... */
    uint16_t delay_max;       /**< ... at most (50 ms) */
    uint16_t retry_min;       /**< Silence after a burst before it is repeated, at least */
    uint16_t retry_max;       /**< ... at most */
    uint16_t open_early;      /**< Link Open: first repeat after this much; doubled for the next */
    uint8_t open_early_count; /**< Early repeats before the slow ones */
    uint16_t open_slow; /**< Later repeats: silence that lets a slow peer answer (1.1 s and more) */
    uint8_t close_count; /**< Link Close copies: 3 or more (5.3.2.3) */
    bool implied_ack;    /**< A response that is ready at once takes the place of the ack */
};

/** The delays that the specification asks for, each PDU of a burst waiting for itself. */
extern const struct usher_pb_adv_policy usher_pb_adv_spec;

/** What a link has counted, for reports and tests. */
struct usher_link_stats {
    uint32_t tx;         /**< Advertisements (PB-GATT: values) handed out */
    uint32_t rx;         /**< Advertisements (PB-GATT: values) of this link taken in */
    uint32_t retries;    /**< Bursts (or Link Opens) sent again */
    uint32_t fcs_errors; /**< Transactions dropped for their FCS */
    uint32_t dropped;    /**< Malformed or unexpected PDUs ignored */
    uint16_t round_trip; /**< Smoothed, ms; 0 = not measured yet */
};

struct usher_pb_adv_client; /* src/bearer/pb_adv_link.h */

struct usher_pb_adv {
    /* what is small comes first: in reach of short instructions */
    uint8_t state;
    uint8_t close_reason;
    /* link control: one of Open, Ack, Close is being sent */
    uint8_t control;
    uint8_t control_left;
    uint8_t open_tries;
    bool opened_new; /* open now, to be told */
    /* the transaction we send */
    bool tx_active;
    bool tx_awaited; /* the peer goes on only once it has it */
    bool tx_heard;   /* at least one segment went out */
    bool tx_new;     /* acknowledged now, to be told */
    uint8_t tx_number;
    uint8_t tx_fcs;
    uint8_t tx_tries;
    uint8_t tx_segments;
    uint8_t tx_left; /* segments of this round still to go */
    /* the transaction we receive */
    bool rx_any;       /* one was completed */
    bool rx_new;       /* completed now, to be told */
    bool rx_started;   /* the Start segment is in */
    uint8_t rx_number; /* the one expected next */
    uint8_t rx_fcs;
    /* the ack we owe */
    bool ack_due;
    bool ack_sent;    /* explicitly, for the last transaction */
    bool ack_implied; /* by the transaction that we send */
    uint8_t ack_number;
    uint8_t ack_strict; /* evidence that the peer wants explicit acks */
    uint16_t tx_len;
    uint16_t rx_len;
    uint16_t srtt; /* round trip, ms */
    uint16_t rttvar;
    uint32_t link_id;
    uint32_t prng; /* jitter only */
    const struct usher_pb_adv_policy *policy;
    const struct usher_pb_adv_client *client; /* the acts of a client (provisioner); NULL: server */
    uint64_t link_deadline;
    uint64_t control_at;
    uint64_t opened_at; /* the last Link Open */
    uint64_t tx_sent_at;
    uint64_t tx_retry_at;
    uint64_t tx_deadline;
    uint64_t ack_at;
    struct usher_link_stats stats;
    uint64_t tx_at[USHER_PB_ADV_SEGMENTS];
    uint8_t rx_seg_len[USHER_PB_ADV_SEGMENTS]; /* octets; 0: it is not in yet */
    uint8_t uuid[USHER_UUID_SIZE];
    uint8_t tx_pdu[USHER_PDU_MAX];
    uint8_t rx_pdu[USHER_PDU_MAX];
};

#ifdef __cplusplus
}
#endif

#endif
