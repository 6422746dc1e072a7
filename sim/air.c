/*
 * The simulated air: radios, what they send and when (Core Specification, Vol 6, Part B, 4.4.2),
 * collisions, and the run through time. The hearing half is air_hear.c. Called by the simulated
 * port, the air server, tests.
 *
 * The air is one thread's, and everything in it follows from the seed and the order of the calls:
 * nothing looks at the clock, at an address in memory, or at anything else that differs between two
 * runs.
 */
#include "air.h"

#include "air_state.h"

#include <stdlib.h>
#include <string.h>

/*
 * From the end of a PDU to the start of the next. A controller that sends non-connectable PDUs does
 * not listen in between, so this is the time to retune: 150 us, the standard's inter frame space.
 */
#define GAP_US IFS_US
/* An advertisement starts up to this much after it was handed in: two radios that are told so in
 * the same millisecond do not send in step. */
#define START_JITTER_US 1000
/* advDelay, added to every interval */
#define ADV_DELAY_US 10000

/* So many times, an event is put off for connection events; then they are missed for it. */
#define PUT_OFF_MAX 8

#define DEFAULT_SCAN_INTERVAL_MS 30

/* A scan request has the scanner's address where an advertisement has AD. */
#define SCANNER_LEN 6

struct air *air_new(const struct air_config *config)
{
    if (config->loss_pct > 100 || config->dup_pct > 100 || config->reorder_pct > 100) {
        return NULL;
    }

    struct air *air = calloc(1, sizeof(*air));

    if (air != NULL) {
        uint16_t interval = config->scan_interval_ms;

        air->config = *config;
        air->interval_us = 1000u * (interval != 0 ? interval : DEFAULT_SCAN_INTERVAL_MS);
        air->rng = rng_make(config->seed, 0);
    }
    return air;
}

void air_free(struct air *air)
{
    if (air == NULL) {
        return;
    }
    link_reap(air, true);
    for (uint32_t i = 0; i < air->used; i++) {
        free(air->radios[i]);
    }
    hear_free(air);
    queue_free(&air->queue);
    for (unsigned c = 0; c < CLASSES; c++) {
        free(air->listeners[c].radios);
    }
    free(air->hearing);
    free(air->ears);
    free(air->radios);
    free(air);
}

void air_config_set(struct air *air, const struct air_config *config)
{
    air->config.loss_pct = config->loss_pct;
    air->config.dup_pct = config->dup_pct;
    air->config.reorder_pct = config->reorder_pct;
    air->config.delay_ms = config->delay_ms;
    link_wake_all(air);
}

void air_sniffer_set(struct air *air, air_sniffer sniffer, void *ctx)
{
    air->sniffer = sniffer;
    air->sniffer_ctx = ctx;
}

const struct air_stats *air_stats(const struct air *air)
{
    return &air->stats;
}

/* realloc() that keeps the old array, and clears @p ok, when there is no memory. */
static void *grown(void *array, size_t room, size_t size, bool *ok)
{
    void *larger = realloc(array, room * size);

    if (larger == NULL) {
        *ok = false;
        return array;
    }
    return larger;
}

static bool make_room(struct air *air)
{
    if (air->vacant != 0 || air->used < air->room) {
        return true;
    }

    uint32_t room = air->room != 0 ? air->room * 2 : 16;
    bool ok = true;

    air->radios = grown(air->radios, room, sizeof(*air->radios), &ok);
    air->ears = grown(air->ears, room, sizeof(*air->ears), &ok);
    air->hearing = grown(air->hearing, room, sizeof(*air->hearing), &ok);
    for (unsigned c = 0; c < CLASSES; c++) {
        struct listeners *l = &air->listeners[c];

        l->radios = grown(l->radios, room, sizeof(*l->radios), &ok);
    }
    if (ok) {
        air->room = room;
    }
    return ok;
}

static uint32_t index_take(struct air *air)
{
    if (air->vacant == 0) {
        return air->used++;
    }

    uint32_t i = 0;

    while (air->radios[i] != NULL) {
        i++;
    }
    air->vacant--;
    return i;
}

static void wake_due(void *ctx)
{
    struct air_radio *radio = ctx;

    radio->owner.wake(radio->ctx);
}

static void step_due(void *ctx);

struct air_radio *air_join(struct air *air, const struct air_owner *owner, void *ctx)
{
    struct air_radio *radio = calloc(1, sizeof(*radio));

    if (radio == NULL || !make_room(air) || !queue_reserve(&air->queue, 2)) {
        free(radio);
        return NULL;
    }

    struct rng rng = rng_make(air->config.seed, ++air->joined);

    radio->addr.type = 1;
    for (unsigned i = 0; i < sizeof(radio->addr.addr); i++) {
        radio->addr.addr[i] = (uint8_t)rng_below(&rng, 256);
    }
    radio->addr.addr[0] |= 0xC0; /* static random */
    radio->strength = (uint32_t)rng_next(&rng);
    radio->air = air;
    radio->owner = *owner;
    radio->ctx = ctx;
    radio->wake = (struct queue_item){ .due = wake_due, .ctx = radio };
    radio->step = (struct queue_item){ .due = step_due, .ctx = radio };
    radio->index = index_take(air);
    air->ears[radio->index] = (struct ear){ .phase = rng_below(&rng, air->interval_us * CHANNELS) };
    radio->rng = rng;
    air->radios[radio->index] = radio;
    return radio;
}

/* Frees the radios that have left and that nothing refers to: not while owners are being called. */
static void reap(struct air *air)
{
    struct air_radio **link = &air->gone;

    link_reap(air, false);
    while (*link != NULL) {
        struct air_radio *radio = *link;

        if (radio->held_back != 0) {
            link = &radio->next_gone;
            continue;
        }
        *link = radio->next_gone;
        air->radios[radio->index] = NULL;
        air->vacant++;
        queue_unreserve(&air->queue, 2);
        free(radio);
    }
}

static void channel_leave(struct air_radio *radio)
{
    struct air_radio **link = &radio->air->on_channel[radio->tx.channel];

    while (*link != radio) {
        link = &(*link)->tx.next;
    }
    *link = radio->tx.next;
}

void air_leave(struct air_radio *radio)
{
    struct air *air = radio->air;

    link_leave(radio);
    if (radio->tx.state == SEND_ON_AIR) {
        channel_leave(radio);
    }
    queue_remove(&air->queue, &radio->wake);
    queue_remove(&air->queue, &radio->step);
    hear_scan_set(radio, USHER_SCAN_OFF);
    radio->gone = true;
    radio->next_gone = air->gone;
    air->gone = radio;
    if (!air->running) {
        reap(air);
    }
}

const uint8_t *air_addr(const struct air_radio *radio)
{
    return radio->addr.addr;
}

void air_addr_set(struct air_radio *radio, const struct usher_ble_addr *addr)
{
    radio->addr = *addr;
}

void air_place(struct air_radio *radio, int16_t x, int16_t y)
{
    radio->place = (struct place){ x, y };
    link_wake_radio(radio);
}

/* The slot whose event is due first. @retval NULL: nothing to send. */
static struct slot *first_slot(struct air_radio *radio)
{
    struct slot *first = NULL;

    for (struct slot *s = radio->slots; s < radio->slots + USHER_ADV_SLOTS; s++) {
        if (s->used && !s->held &&
            (first == NULL || s->due < first->due ||
             (s->due == first->due && s->turn < first->turn))) {
            first = s;
        }
    }
    return first;
}

void air_plan(struct air_radio *radio)
{
    struct air *air = radio->air;
    const struct slot *first = first_slot(radio);

    if (first == NULL || radio->in_event != NULL) {
        queue_remove(&air->queue, &radio->step);
        return;
    }

    uint64_t at = first->due > radio->free_at ? first->due : radio->free_at;

    queue_put(&air->queue, &radio->step, at > air->now ? at : air->now);
}

/* Another radio sends at the same time; with a range, it matters from where. */
static void overlap(struct transmission *tx, const struct air_radio *other)
{
    if (tx->overlaps < OVERLAPS) {
        tx->overlap[tx->overlaps++] = other->place;
    } else {
        tx->overlaps = OVERLAPS + 1;
    }
}

static void pdu_start(struct air_radio *radio)
{
    struct air *air = radio->air;
    struct transmission *tx = &radio->tx;
    struct air_radio **on_channel = &air->on_channel[tx->channel];

    tx->state = SEND_ON_AIR;
    tx->start = air->now;
    tx->end = air->now + air_time_us(tx->len);
    tx->overlaps = 0;
    tx->exchange = 0;
    if (!air->config.no_collisions) {
        for (struct air_radio *other = *on_channel; other != NULL; other = other->tx.next) {
            /* one that ends at this instant does not overlap */
            if (other->tx.end > air->now) {
                overlap(&other->tx, radio);
                overlap(tx, other);
            }
        }
    }
    tx->next = *on_channel;
    *on_channel = radio;
    queue_put(&air->queue, &radio->step, tx->end);
    if (air->sniffer != NULL) {
        air->sniffer(air->sniffer_ctx, air->now, (uint8_t)(FIRST_CHANNEL + tx->channel), &tx->addr,
                     tx->type, tx->data, tx->len);
    }
}

static uint32_t event_time_us(uint8_t len)
{
    return CHANNELS * air_time_us(len) + (CHANNELS - 1) * GAP_US;
}

/*
 * Connection events go first: one of advertising waits until there is room for it between them. But
 * not for ever. @retval true: it waits.
 */
static bool put_off(struct air_radio *radio, uint8_t len)
{
    struct air *air = radio->air;

    if (radio->links == NULL || air->config.no_collisions) {
        return false;
    }

    uint64_t from = link_free_from(radio, air->now, air->now + event_time_us(len));

    if (from == air->now || radio->put_off == PUT_OFF_MAX) {
        radio->put_off = 0;
        return false;
    }
    radio->put_off++;
    queue_put(&air->queue, &radio->step, from);
    return true;
}

static void event_start(struct air_radio *radio)
{
    struct air *air = radio->air;
    struct transmission *tx = &radio->tx;
    const struct slot *slot = first_slot(radio);

    if (put_off(radio, slot->adv.len)) {
        return;
    }
    air->stats.events++;
    tx->slot = slot->adv.slot;
    tx->channel = 0;
    tx->event_start = air->now;
    tx->addr = slot->addr;
    tx->type = slot->adv.type;
    tx->len = slot->adv.len;
    memcpy(tx->data, slot->adv.data, tx->len);
    tx->ad_class = hear_class(tx->type, tx->data, tx->len);
    air->ears[radio->index].busy_until = air->now + event_time_us(tx->len);
    pdu_start(radio);
}

/* The event is over, or cut short: the radio is free again. */
static void event_end(struct air_radio *radio)
{
    struct air *air = radio->air;

    radio->tx.state = SEND_IDLE;
    radio->free_at = air->now + GAP_US;
    air->ears[radio->index].busy_until = air->now;
    if (radio->taken_until > air->now) {
        radio->free_at = radio->taken_until + GAP_US;
        air->ears[radio->index].busy_until = radio->taken_until;
    }
}

/* One event of the slot's advertisement less to come. */
static void slot_sent(struct air_radio *radio, struct slot *slot)
{
    struct air *air = radio->air;

    if (--slot->left != 0) {
        slot->due = radio->tx.event_start + slot->adv.interval_ms * UINT64_C(1000) +
                    rng_below(&air->rng, ADV_DELAY_US + 1);
        slot->turn = radio->next_turn++;
        air_plan(radio);
        return;
    }
    slot->used = false;
    air_plan(radio);
    radio->owner.adv_done(radio->ctx, slot->adv.slot);
}

/* Everything on one channel is over: on to the next one, if there is one. */
static void channel_end(struct air_radio *radio)
{
    struct transmission *tx = &radio->tx;

    tx->state = SEND_GAP;
    if (tx->slot == NO_SLOT) {
        event_end(radio);
        air_plan(radio);
        return;
    }
    if (tx->channel + 1 < CHANNELS) {
        tx->channel++;
        queue_put(&radio->air->queue, &radio->step, radio->air->now + GAP_US);
        return;
    }
    event_end(radio);
    slot_sent(radio, &radio->slots[tx->slot]);
}

static void pdu_end(struct air_radio *radio)
{
    struct air *air = radio->air;
    struct transmission *tx = &radio->tx;

    channel_leave(radio);
    tx->state = SEND_GAP;
    hear_pdu(radio);
    /* an owner may have ended the event from within, or taken the radio away */
    if (radio->gone || tx->state != SEND_GAP) {
        return;
    }
    if (tx->exchange == 0 || tx->slot == NO_SLOT) {
        channel_end(radio);
        return;
    }

    uint32_t wait = IFS_US + air_time_us(SCANNER_LEN) + IFS_US;

    tx->state = SEND_ASKED;
    tx->answer = radio->responses[tx->slot];
    air->ears[radio->index].busy_until += wait + air_time_us(tx->answer.len);
    queue_put(&air->queue, &radio->step, air->now + wait);
}

static void answer_start(struct air_radio *radio)
{
    struct air *air = radio->air;
    struct transmission *tx = &radio->tx;

    if (tx->slot == NO_SLOT) {
        channel_end(radio);
        return;
    }
    tx->state = SEND_ANSWER;
    tx->start = air->now;
    tx->end = air->now + air_time_us(tx->answer.len);
    queue_put(&air->queue, &radio->step, tx->end);
    if (air->sniffer != NULL) {
        air->sniffer(air->sniffer_ctx, air->now, (uint8_t)(FIRST_CHANNEL + tx->channel), &tx->addr,
                     USHER_ADV_SCAN_RSP, tx->answer.data, tx->answer.len);
    }
}

static void answer_end(struct air_radio *radio)
{
    radio->tx.state = SEND_GAP;
    hear_response(radio);
    if (!radio->gone && radio->tx.state == SEND_GAP) {
        channel_end(radio);
    }
}

static void step_due(void *ctx)
{
    struct air_radio *radio = ctx;

    switch (radio->tx.state) {
    case SEND_IDLE:
        event_start(radio);
        break;
    case SEND_ON_AIR:
        pdu_end(radio);
        break;
    case SEND_GAP:
        pdu_start(radio);
        break;
    case SEND_ASKED:
        answer_start(radio);
        break;
    case SEND_ANSWER:
        answer_end(radio);
        break;
    }
}

enum usher_err air_send(struct air_radio *radio, const struct usher_adv *adv)
{
    if (adv->slot >= USHER_ADV_SLOTS || adv->len > USHER_AD_MAX || adv->count == 0) {
        return USHER_E_PARAM;
    }

    struct air *air = radio->air;
    struct slot *slot = &radio->slots[adv->slot];
    uint64_t due = air->now + rng_below(&air->rng, START_JITTER_US);

    if (slot->used) {
        return USHER_E_BUSY;
    }
    if (due < radio->last_due) { /* what was handed in first is sent first */
        due = radio->last_due;
    }
    radio->last_due = due;
    *slot = (struct slot){
        .used = true,
        .left = adv->count,
        .due = due,
        .turn = radio->next_turn++,
        .addr = radio->addr,
        .adv = *adv,
    };
    if (radio->tx.state == SEND_IDLE) {
        air_plan(radio);
    }
    return USHER_OK;
}

void air_stop(struct air_radio *radio, uint8_t slot)
{
    struct transmission *tx = &radio->tx;

    if (slot >= USHER_ADV_SLOTS || !radio->slots[slot].used) {
        return;
    }
    radio->slots[slot].used = false;
    if (radio->slots[slot].held) {
        radio->slots[slot].held = false;
        link_unanswer(radio);
    }
    if (tx->state == SEND_IDLE) {
        air_plan(radio);
    } else if (tx->slot == slot && tx->state == SEND_GAP) {
        event_end(radio);
        air_plan(radio);
    } else if (tx->slot == slot) {
        tx->slot = NO_SLOT;
    }
}

void air_scan_response_set(struct air_radio *radio, uint8_t slot, const uint8_t *ad, uint8_t len)
{
    if (slot < USHER_ADV_SLOTS && len <= USHER_AD_MAX) {
        radio->responses[slot].len = len;
        memcpy(radio->responses[slot].data, ad, len);
    }
}

void air_scan(struct air_radio *radio, unsigned what)
{
    hear_scan_set(radio, what);
}

void air_scan_active(struct air_radio *radio, bool active)
{
    radio->active = active;
}

void air_wake_at(struct air_radio *radio, uint64_t ms)
{
    struct air *air = radio->air;

    if (ms > UINT64_MAX / 1000) {
        queue_remove(&air->queue, &radio->wake);
        return;
    }

    uint64_t at = ms * 1000 > air->now ? ms * 1000 : air->now;

    if (radio->wake.place == 0 || radio->wake.at != at) {
        queue_put(&air->queue, &radio->wake, at);
    }
}

bool air_timer_set(struct air *air, struct air_timer *timer, uint64_t us, void (*due)(void *ctx),
                   void *ctx)
{
    if (!timer->reserved && !queue_reserve(&air->queue, 1)) {
        return false;
    }
    timer->reserved = true;
    timer->item.due = due;
    timer->item.ctx = ctx;
    queue_put(&air->queue, &timer->item, us > air->now ? us : air->now);
    return true;
}

void air_timer_stop(struct air *air, struct air_timer *timer)
{
    queue_remove(&air->queue, &timer->item);
    if (timer->reserved) {
        queue_unreserve(&air->queue, 1);
        timer->reserved = false;
    }
}

uint64_t air_now_us(const struct air *air)
{
    return air->now;
}

uint64_t air_next_us(const struct air *air)
{
    const struct queue_item *first = queue_first(&air->queue);

    return first != NULL ? first->at : USHER_NEVER;
}

void air_run_until(struct air *air, uint64_t us)
{
    struct queue_item *first;

    if (air->running) {
        return;
    }
    air->running = true;
    while ((first = queue_first(&air->queue)) != NULL && first->at <= us) {
        queue_remove(&air->queue, first);
        air->now = first->at;
        first->due(first->ctx);
    }
    air->running = false;
    if (air->now < us) {
        air->now = us;
    }
    reap(air);
}

void air_random(struct air_radio *radio, uint8_t *buf, size_t len)
{
    for (size_t i = 0; i < len; i += 8) {
        uint64_t word = rng_next(&radio->rng);
        size_t n = len - i < 8 ? len - i : 8;

        for (size_t k = 0; k < n; k++) {
            buf[i + k] = (uint8_t)(word >> (8 * k));
        }
    }
}
