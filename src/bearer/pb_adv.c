/*
 * PB-ADV, what is sent and when (Mesh Protocol 1.1, section 5.3): link control, transactions and
 * their repetition, acks.
 *
 * Every PDU waits for a random delay; the segments of one burst wait side by side, not one after
 * the other. Repetition follows the measured round trip, with backoff and jitter, so that a fast
 * peer loses little time to a lost PDU and a slow one is not flooded. A response that is ready at
 * once stands for the ack; peers that want to see an ack first show that by repeating themselves,
 * and get one from then on.
 */
#include "pb_adv_link.h"

#include "crc8.h"
#include "io.h"

#include <string.h>

const struct usher_pb_adv_policy usher_pb_adv_spec = {
    .delay_min = 20,
    .delay_max = 50,
    .retry_min = 50,
    .retry_max = 2000,
    .open_early = 70,
    .open_early_count = 3,
    .open_slow = 1200,
    .close_count = 3,
    .implied_ack = true,
};

/* -- small things ------------------------------------------------------------------------------ */

uint32_t pb_adv_jitter(struct usher_pb_adv *l, uint32_t below)
{
    /* xorshift32: only spreads transmissions in time, nothing depends on its quality */
    l->prng ^= l->prng << 13;
    l->prng ^= l->prng >> 17;
    l->prng ^= l->prng << 5;
    return below == 0 ? 0 : l->prng % below;
}

uint64_t pb_adv_delay(struct usher_pb_adv *l, uint64_t now)
{
    const struct usher_pb_adv_policy *p = l->policy;

    return now + p->delay_min + pb_adv_jitter(l, (uint32_t)(p->delay_max - p->delay_min) + 1);
}

uint8_t pb_adv_segments(size_t len)
{
    return (uint8_t)(len <= START_DATA
                         ? 1
                         : 1 + (len - START_DATA + CONTINUATION_DATA - 1) / CONTINUATION_DATA);
}

size_t pb_adv_segment_offset(uint8_t index)
{
    return index == 0 ? 0 : START_DATA + (size_t)(index - 1) * CONTINUATION_DATA;
}

size_t pb_adv_segment_len(size_t pdu_len, uint8_t index)
{
    size_t left = pdu_len - pb_adv_segment_offset(index);
    size_t most = index == 0 ? START_DATA : CONTINUATION_DATA;

    return left < most ? left : most;
}

uint8_t pb_adv_number_after(uint8_t number)
{
    return (uint8_t)((number & 0x80) | ((number + 1) & 0x7F));
}

void pb_adv_measured(struct usher_pb_adv *l, uint64_t ms, bool sure)
{
    uint16_t sample = (uint16_t)(ms < 10000 ? ms : 10000);

    if (l->srtt == 0) {
        l->srtt = sample > 0 ? sample : 1;
        l->rttvar = sample / 4;
    } else if (sure || sample > l->srtt) {
        uint16_t off = (uint16_t)(sample > l->srtt ? sample - l->srtt : l->srtt - sample);

        l->rttvar = (uint16_t)((3u * l->rttvar + off) / 4);
        l->srtt = (uint16_t)((7u * l->srtt + sample) / 8);
    }
    l->stats.round_trip = l->srtt;
}

/* How long to wait for an ack before the next round. */
static uint32_t retry_after(struct usher_pb_adv *l)
{
    const struct usher_pb_adv_policy *p = l->policy;
    uint32_t ms = l->srtt + 2u * l->rttvar;

    ms = ms < p->retry_min ? p->retry_min : ms;
    for (uint8_t i = 0; i < l->tx_tries && ms < p->retry_max; i++) {
        ms += ms / 2;
    }
    ms = ms > p->retry_max ? p->retry_max : ms;
    return ms + pb_adv_jitter(l, ms / 8);
}

/* -- opening and closing ----------------------------------------------------------------------- */

void pb_adv_begin(struct usher_pb_adv *l, const struct usher_pb_adv_policy *policy, uint32_t seed,
                  const uint8_t uuid[USHER_UUID_SIZE])
{
    memset(l, 0, sizeof(*l));
    l->policy = policy;
    l->prng = seed != 0 ? seed : 1;
    memcpy(l->uuid, uuid, USHER_UUID_SIZE);
    l->link_deadline = USHER_NEVER;
}

void pb_adv_listen(struct usher_pb_adv *l, const struct usher_pb_adv_policy *policy, uint32_t seed,
                   const uint8_t uuid[USHER_UUID_SIZE])
{
    pb_adv_begin(l, policy, seed, uuid);
    l->state = LINK_LISTENING;
}

void pb_adv_observe(struct usher_pb_adv *l, uint32_t link_id, uint8_t number)
{
    static const uint8_t nobody[USHER_UUID_SIZE];

    if (l->state == LINK_OPEN && l->link_id == link_id &&
        (number == l->rx_number || (l->rx_any && number == l->ack_number))) {
        return;
    }
    pb_adv_begin(l, &usher_pb_adv_spec, 0, nobody);
    l->state = LINK_OPEN;
    l->link_id = link_id;
    l->rx_number = number;
}

void pb_adv_opened(struct usher_pb_adv *l, uint64_t now)
{
    l->state = LINK_OPEN;
    l->opened_new = true;
    l->tx_number = l->client != NULL ? 0x00 : 0x80;
    l->rx_number = l->client != NULL ? 0x80 : 0x00;
    l->link_deadline = now + LINK_TIMEOUT_MS;
}

void pb_adv_stop(struct usher_pb_adv *l)
{
    l->state = LINK_IDLE;
    l->control = CONTROL_NONE;
    l->tx_active = false;
    l->ack_due = false;
    l->link_deadline = USHER_NEVER;
}

void pb_adv_close(struct usher_pb_adv *l, uint64_t now, uint8_t reason)
{
    if (l->state != LINK_OPENING && l->state != LINK_OPEN) {
        return;
    }
    pb_adv_stop(l);
    l->state = LINK_CLOSING;
    l->close_reason = reason;
    l->control = CONTROL_CLOSE;
    l->control_left = l->policy->close_count;
    l->control_at = pb_adv_delay(l, now);
}

/* -- transactions ------------------------------------------------------------------------------ */

bool pb_adv_ready(const struct usher_pb_adv *l)
{
    return l->state == LINK_OPEN && !l->tx_active && !l->tx_new && !l->opened_new;
}

/* A round: every segment after a delay of its own, in order. */
static void begin_round(struct usher_pb_adv *l, uint64_t now)
{
    for (uint8_t i = 0; i < l->tx_segments; i++) {
        uint64_t at = pb_adv_delay(l, now);
        uint8_t k = i;

        for (; k > 0 && l->tx_at[k - 1] > at; k--) {
            l->tx_at[k] = l->tx_at[k - 1];
        }
        l->tx_at[k] = at;
    }
    l->tx_left = l->tx_segments;
    l->tx_retry_at = USHER_NEVER;
}

enum usher_err pb_adv_send(struct usher_pb_adv *l, uint64_t now, const uint8_t *pdu, size_t len,
                           bool awaited)
{
    if (!pb_adv_ready(l)) {
        return USHER_E_BUSY;
    }
    if (len == 0 || len > USHER_PDU_MAX) {
        return USHER_E_SIZE;
    }
    memcpy(l->tx_pdu, pdu, len);
    l->tx_len = (uint16_t)len;
    l->tx_fcs = crc8_fcs(pdu, len);
    l->tx_segments = pb_adv_segments(len);
    l->tx_active = true;
    l->tx_awaited = awaited;
    l->tx_heard = false;
    l->tx_tries = 0;
    l->tx_deadline = USHER_NEVER;
    l->link_deadline = USHER_NEVER;
    l->ack_implied = l->ack_due && l->policy->implied_ack && l->ack_strict < PB_ADV_STRICT;
    if (l->ack_implied) {
        l->ack_due = false;
    }
    begin_round(l, now);
    return USHER_OK;
}

void pb_adv_owe_ack(struct usher_pb_adv *l, uint64_t now)
{
    if (!l->ack_due) {
        l->ack_due = true;
        l->ack_at = pb_adv_delay(l, now);
    }
}

/* A response that got through only once an ack had gone before it, twice running, shows a strict
 * peer. */
static void learn(struct usher_pb_adv *l)
{
    if (l->ack_implied && l->ack_strict < PB_ADV_STRICT) {
        l->ack_strict = (uint8_t)(l->ack_sent ? l->ack_strict + 1 : 0);
    }
}

void pb_adv_acked(struct usher_pb_adv *l, uint64_t now)
{
    learn(l);
    if (l->tx_left == 0) {
        pb_adv_measured(l, now - l->tx_sent_at, l->tx_tries == 0);
    }
    l->tx_active = false;
    l->tx_new = true;
    l->tx_number = pb_adv_number_after(l->tx_number);
    memset(l->tx_pdu, 0, sizeof(l->tx_pdu));
}

/* The response alone: a peer that needs an ack for what it sent before shows it by repeating that
 * (pb_adv_rx.c, rx_again()). */
void pb_adv_retry(struct usher_pb_adv *l, uint64_t now)
{
    if (l->tx_tries < UINT8_MAX) {
        l->tx_tries++;
    }
    l->stats.retries++;
    begin_round(l, now);
}

/* -- telling ----------------------------------------------------------------------------------- */

enum bearer_event pb_adv_poll(struct usher_pb_adv *l, uint64_t now, struct bearer_input *in)
{
    if (now >= l->link_deadline || (l->tx_active && now >= l->tx_deadline)) {
        pb_adv_close(l, now, USHER_CLOSE_TIMEOUT);
    }
    if (l->tx_active && now >= l->tx_retry_at) {
        pb_adv_retry(l, now);
    }
    if (l->opened_new) {
        l->opened_new = false;
        return BEARER_OPENED;
    }
    if (l->tx_new) {
        l->tx_new = false;
        return BEARER_SENT;
    }
    if (l->rx_new) {
        l->rx_new = false;
        in->pdu = l->rx_pdu;
        in->len = l->rx_len;
        return BEARER_PDU;
    }
    if (l->state == LINK_CLOSED) {
        pb_adv_stop(l);
        memset(l->rx_pdu, 0, sizeof(l->rx_pdu));
        in->reason = l->close_reason;
        return BEARER_CLOSED;
    }
    return BEARER_NOTHING;
}

/* -- sending ----------------------------------------------------------------------------------- */

/* What all formats have in common, up to the octet that tells them apart. */
static void header(const struct usher_pb_adv *l, struct io *io, uint8_t number, uint8_t first)
{
    uint8_t head[] = {
        0, /* the length: mended by the caller, who knows it */
        PB_ADV_AD_TYPE,
        (uint8_t)(l->link_id >> 24),
        (uint8_t)(l->link_id >> 16),
        (uint8_t)(l->link_id >> 8),
        (uint8_t)l->link_id,
        number,
        first,
    };

    io_bytes(io, head, sizeof(head));
}

static void control_sent(struct usher_pb_adv *l, uint64_t now)
{
    switch (l->control) {
    case CONTROL_OPEN:
        l->client->open_sent(l, now);
        break;
    case CONTROL_CLOSE:
        if (--l->control_left > 0) {
            l->control_at = pb_adv_delay(l, now);
        } else {
            l->control = CONTROL_NONE;
            l->state = LINK_CLOSED;
        }
        break;
    default:
        l->control = CONTROL_NONE;
        break;
    }
}

static void write_control(struct usher_pb_adv *l, struct io *io, uint64_t now)
{
    header(l, io, 0, (uint8_t)((l->control - 1) << 2 | GPCF_CONTROL));
    if (l->control == CONTROL_OPEN) {
        io_bytes(io, l->uuid, sizeof(l->uuid));
    } else if (l->control == CONTROL_CLOSE) {
        io_u8(io, &l->close_reason);
    }
    control_sent(l, now);
}

static void write_ack(struct usher_pb_adv *l, struct io *io)
{
    header(l, io, l->ack_number, GPCF_ACK);
    l->ack_due = false;
    l->ack_sent = true;
}

/* The segment that goes next. */
static uint8_t segment_index(const struct usher_pb_adv *l)
{
    return (uint8_t)(l->tx_segments - l->tx_left);
}

static void write_segment(struct usher_pb_adv *l, struct io *io, uint64_t now)
{
    uint8_t i = segment_index(l);

    if (i == 0) {
        header(l, io, l->tx_number, (uint8_t)((l->tx_segments - 1u) << 2 | GPCF_START));
        io_be16(io, &l->tx_len);
        io_u8(io, &l->tx_fcs);
    } else {
        header(l, io, l->tx_number, (uint8_t)(i << 2 | GPCF_CONTINUATION));
    }
    io_bytes(io, l->tx_pdu + pb_adv_segment_offset(i), pb_adv_segment_len(l->tx_len, i));
    l->tx_heard = true;
    if (l->tx_deadline == USHER_NEVER) {
        l->tx_deadline = now + TRANSACTION_TIMEOUT_MS;
    }
    if (--l->tx_left == 0) {
        l->tx_sent_at = now;
        l->tx_retry_at = now + retry_after(l);
    }
}

static uint64_t segment_due(const struct usher_pb_adv *l)
{
    return l->tx_active && l->tx_left != 0 ? l->tx_at[segment_index(l)] : USHER_NEVER;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t pb_adv_due(const struct usher_pb_adv *l)
{
    uint64_t due = segment_due(l);

    if (l->control != CONTROL_NONE) {
        due = earlier(due, l->control_at);
    }
    if (l->ack_due) {
        due = earlier(due, l->ack_at);
    }
    return due;
}

uint64_t pb_adv_deadline(const struct usher_pb_adv *l)
{
    uint64_t at = l->link_deadline;

    if (l->tx_active) {
        at = earlier(at, earlier(l->tx_deadline, l->tx_retry_at));
    }
    return at;
}

uint8_t pb_adv_next(struct usher_pb_adv *l, uint64_t now, uint8_t ad[USHER_AD_MAX])
{
    uint64_t due = pb_adv_due(l);
    struct io io = io_writer(ad, USHER_AD_MAX);

    if (due > now) {
        return 0;
    }
    if (l->control != CONTROL_NONE && l->control_at == due) {
        write_control(l, &io, now);
    } else if (l->ack_due && l->ack_at == due) {
        write_ack(l, &io);
    } else {
        write_segment(l, &io, now);
    }
    l->stats.tx++;
    ad[0] = (uint8_t)(io_pos(&io) - 1);
    return (uint8_t)io_pos(&io);
}

/* -- as one bearer of several ------------------------------------------------------------------ */

static bool act_ready(const union usher_link *l)
{
    return pb_adv_ready(&l->adv);
}

static enum usher_err act_send(union usher_link *l, uint64_t now, const uint8_t *pdu, size_t len,
                               bool awaited)
{
    return pb_adv_send(&l->adv, now, pdu, len, awaited);
}

static enum bearer_event act_poll(union usher_link *l, uint64_t now, struct bearer_input *in)
{
    return pb_adv_poll(&l->adv, now, in);
}

static void act_close(union usher_link *l, uint64_t now, uint8_t reason)
{
    pb_adv_close(&l->adv, now, reason);
}

static void act_stop(union usher_link *l)
{
    pb_adv_stop(&l->adv);
}

static uint64_t act_deadline(const union usher_link *l)
{
    return pb_adv_deadline(&l->adv);
}

static const struct usher_link_stats *act_stats(const union usher_link *l)
{
    return &l->adv.stats;
}

static bool act_wants(const union usher_link *l, const uint8_t *data, size_t len)
{
    return pb_adv_wants(&l->adv, data, len);
}

static void act_rx(union usher_link *l, uint64_t now, const uint8_t *data, size_t len)
{
    pb_adv_rx(&l->adv, now, data, len);
}

static uint8_t act_next(union usher_link *l, uint64_t now, uint8_t ad[USHER_AD_MAX])
{
    return pb_adv_next(&l->adv, now, ad);
}

static uint64_t act_due(const union usher_link *l)
{
    return pb_adv_due(&l->adv);
}

const struct bearer_acts pb_adv_acts = {
    .ready = act_ready,
    .send = act_send,
    .poll = act_poll,
    .close = act_close,
    .stop = act_stop,
    .deadline = act_deadline,
    .stats = act_stats,
    .wants = act_wants,
    .rx = act_rx,
    .next = act_next,
    .due = act_due,
};
