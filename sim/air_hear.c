/*
 * The hearing half of the simulated air: who hears a PDU, and what becomes of it on the way to the
 * owner (loss, duplication, delay, reordering). Called by air.c at the end of each PDU.
 *
 * This is where a simulation spends its time: a thousand radios listen to every PDU. So there is a
 * list of listeners for each class of PDU, the tests read two words per listener, and a report that
 * is not held back is told without a copy.
 */
#include "air_state.h"

#include <stdlib.h>
#include <string.h>

enum ad_class hear_class(enum usher_adv_type type, const uint8_t *ad, uint8_t len)
{
    enum { PB_ADV = 0x29, MESH_BEACON = 0x2B, URI = 0x24 };

    if (type == USHER_ADV_IND) {
        return CLASS_GATT;
    }
    if (len < 2) {
        return CLASS_OTHER;
    }
    switch (ad[1]) {
    case PB_ADV:
        return CLASS_PB_ADV;
    case MESH_BEACON:
    case URI:
        return CLASS_BEACON;
    default:
        return CLASS_OTHER;
    }
}

static void list(struct air_radio *radio, enum ad_class c)
{
    struct listeners *l = &radio->air->listeners[c];

    l->radios[l->count++] = radio->index;
    radio->listed[c] = l->count;
}

static void unlist(struct air_radio *radio, enum ad_class c)
{
    struct listeners *l = &radio->air->listeners[c];
    uint32_t place = radio->listed[c];
    uint32_t last = l->radios[--l->count];

    l->radios[place - 1] = last;
    radio->air->radios[last]->listed[c] = place;
    radio->listed[c] = 0;
}

static bool wants(const struct air_radio *radio, enum ad_class c)
{
    return (radio->wants >> c & 1) != 0;
}

void hear_list(struct air_radio *radio)
{
    for (enum ad_class c = 0; c < CLASSES; c++) {
        bool has = radio->listed[c] != 0;
        bool want = wants(radio, c) || (c == CLASS_GATT && radio->attempt.on);

        if (want && !has) {
            list(radio, c);
        } else if (!want && has) {
            unlist(radio, c);
        }
    }
}

void hear_scan_set(struct air_radio *radio, unsigned what)
{
    const unsigned classes[CLASSES] = {
        [CLASS_PB_ADV] = USHER_SCAN_PB_ADV,
        [CLASS_BEACON] = USHER_SCAN_BEACON,
        [CLASS_OTHER] = ~(unsigned)(USHER_SCAN_PB_ADV | USHER_SCAN_BEACON | USHER_SCAN_GATT),
        [CLASS_GATT] = USHER_SCAN_GATT,
    };

    radio->wants = 0;
    for (enum ad_class c = 0; c < CLASSES; c++) {
        radio->wants |= (unsigned)((what & classes[c]) != 0) << c;
    }
    hear_list(radio);
}

/* -40 to -80 dBm, the same in both directions. */
static int8_t rssi_between(const struct air_radio *a, const struct air_radio *b)
{
    return (int8_t)(-40 - (int)(((uint64_t)(a->strength ^ b->strength) * 41) >> 32));
}

static void tell(struct air_radio *to, enum ad_class c, const struct usher_adv_report *report)
{
    if (wants(to, c)) {
        to->air->stats.receptions++;
        to->owner.report(to->ctx, report);
    }
}

static void held_report_due(void *ctx)
{
    struct held_report *h = ctx;
    struct air *air = h->air;

    h->to->held_back--;
    tell(h->to, h->ad_class, &h->report);
    h->next_free = air->free_reports;
    air->free_reports = h;
}

static struct held_report *held_report_get(struct air *air)
{
    struct held_report *h = air->free_reports;

    if (h != NULL) {
        air->free_reports = h->next_free;
        return h;
    }
    h = calloc(1, sizeof(*h));
    if (h == NULL || !queue_reserve(&air->queue, 1)) {
        free(h);
        return NULL;
    }
    h->item.due = held_report_due;
    h->item.ctx = h;
    h->air = air;
    h->next = air->reports;
    air->reports = h;
    return h;
}

static void hold_back(struct air_radio *to, enum ad_class c, const struct usher_adv_report *report,
                      uint32_t delay_us)
{
    struct air *air = to->air;
    struct held_report *h = held_report_get(air);

    if (h == NULL) { /* no memory: a reception more that is lost */
        air->stats.lost++;
        return;
    }
    h->to = to;
    h->ad_class = c;
    h->report = *report;
    memcpy(h->data, report->data, report->len);
    h->report.data = h->data;
    to->held_back++;
    queue_put(&air->queue, &h->item, air->now + delay_us);
}

/* One reception, its impairments drawn here. @retval false: lost. */
static bool receive(struct air_radio *to, enum ad_class c, const struct usher_adv_report *report)
{
    struct air *air = to->air;
    const struct air_config *config = &air->config;
    uint32_t delay_us = 0;

    if (rng_chance(&air->rng, config->loss_pct)) {
        air->stats.lost++;
        return false;
    }
    if (config->delay_ms != 0) {
        delay_us = rng_below(&air->rng, config->delay_ms * 1000u + 1);
    }
    if (rng_chance(&air->rng, config->reorder_pct)) {
        air->stats.reordered++;
        delay_us += 5000 + rng_below(&air->rng, 35001);
    }
    if (rng_chance(&air->rng, config->dup_pct)) {
        air->stats.duplicated++;
        hold_back(to, c, report, delay_us + 1000 + rng_below(&air->rng, 9001));
    }
    if (delay_us != 0) {
        hold_back(to, c, report, delay_us);
    } else {
        tell(to, c, report);
    }
    return true;
}

/*
 * Fills air->hearing with the radios that a PDU reaches: those that listen for its class, on its
 * channel, near enough, and do not send themselves. A radio changes channels between events rather
 * than within one: it stays where it was when an event began, and so hears each event on exactly
 * one channel.
 */
static uint32_t reached(struct air *air, const struct air_radio *sender)
{
    /* in locals, and with & for &&, so that the loop neither reads them again nor branches */
    const struct transmission *tx = &sender->tx;
    const uint32_t *radios = air->listeners[tx->ad_class].radios;
    const uint32_t radio_count = air->listeners[tx->ad_class].count;
    const struct ear *ears = air->ears;
    uint32_t *hearing = air->hearing;
    const uint32_t self = sender->index;
    const uint32_t interval = air->interval_us;
    const uint32_t cycle = interval * CHANNELS;
    const uint32_t time = (uint32_t)(tx->event_start % cycle);
    const uint32_t channel_from = tx->channel * interval;
    const bool has_range = air->config.range != 0;
    const uint64_t deaf_from = air->config.no_collisions ? UINT64_MAX : tx->start;
    uint32_t count = 0;
    uint32_t deaf = 0;

    for (uint32_t i = 0; i < radio_count; i++) {
        uint32_t radio = radios[i];
        uint32_t at = time + ears[radio].phase;
        uint32_t wrapped = at - cycle;

        at = at >= cycle ? wrapped : at;

        unsigned tuned = (at - channel_from < interval) & (radio != self);

        if (has_range && tuned) {
            tuned = in_range(air, sender->place, air->radios[radio]->place);
        }

        unsigned sends = ears[radio].busy_until > deaf_from;

        hearing[count] = radio;
        count += tuned & ~sends;
        deaf += tuned & sends;
    }
    air->stats.deaf += deaf;
    return count;
}

/* Leaves in air->hearing those that were in no connection event between two times. */
static uint32_t unoccupied(struct air *air, uint64_t from, uint64_t until, uint32_t count)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t radio = air->hearing[i];

        if (air->ears[radio].links == 0 || link_hears(air->radios[radio], from, until)) {
            air->hearing[kept++] = radio;
        }
    }
    air->stats.deaf += count - kept;
    return kept;
}

/* Whether another PDU destroyed this one for a hearer: one that it could hear, too. */
static bool destroyed(const struct air *air, const struct transmission *tx, struct place hearer)
{
    bool destroyed = tx->overlaps > OVERLAPS;

    for (unsigned i = 0; i < tx->overlaps && !destroyed; i++) {
        destroyed = in_range(air, tx->overlap[i], hearer);
    }
    return destroyed;
}

/* Leaves in air->hearing those for whom a PDU that was not alone is still whole. */
static uint32_t spared(struct air *air, const struct transmission *tx, uint32_t count)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (!destroyed(air, tx, air->radios[air->hearing[i]]->place)) {
            air->hearing[kept++] = air->hearing[i];
        }
    }
    air->stats.collided += count - kept;
    return kept;
}

static bool answers_scans(enum usher_adv_type type)
{
    return type == USHER_ADV_IND || type == USHER_ADV_SCAN_IND;
}

/* An active scanner has heard the sender's PDU, and sends a scan request. */
static void ask(struct air_radio *scanner, struct transmission *tx)
{
    struct air *air = scanner->air;

    if (rng_chance(&air->rng, air->config.loss_pct)) {
        air->stats.lost++;
        return;
    }
    if (tx->exchange == 0) {
        tx->exchange = ++air->exchanges;
    }
    scanner->asked = tx->exchange;
}

/* The radio has heard a PDU of the sender that can be answered. */
static void answer(struct air_radio *radio, struct air_radio *sender)
{
    if (link_awaits(radio, &sender->tx)) {
        link_request(radio, sender);
    } else if (radio->active && wants(radio, sender->tx.ad_class)) {
        ask(radio, &sender->tx);
    }
}

void hear_pdu(struct air_radio *sender)
{
    struct air *air = sender->air;
    const struct transmission *tx = &sender->tx;
    enum ad_class c = tx->ad_class;
    uint32_t count = reached(air, sender);

    if (tx->overlaps != 0) {
        count = spared(air, tx, count);
    }
    if (air->connections != NULL && !air->config.no_collisions) {
        count = unoccupied(air, tx->start, tx->end, count);
    }

    const bool answers = answers_scans(tx->type);
    struct usher_adv_report report = {
        .type = tx->type, .addr_type = tx->addr.type, .len = tx->len, .data = tx->data
    };

    memcpy(report.addr, tx->addr.addr, sizeof(report.addr));
    /* Owners may join, leave and scan from within: the arrays are read anew each time, and a radio
     * that has left or no longer listens is not listed any more, but still in memory. */
    for (uint32_t i = 0; i < count; i++) {
        struct air_radio *to = air->radios[air->hearing[i]];

        report.rssi = rssi_between(sender, to);
        if (receive(to, c, &report) && answers) {
            answer(to, sender);
        }
    }
}

void hear_response(struct air_radio *sender)
{
    struct air *air = sender->air;
    const struct transmission *tx = &sender->tx;
    const struct listeners *l = &air->listeners[tx->ad_class];
    const uint64_t deaf_from = air->config.no_collisions ? UINT64_MAX : tx->start;
    uint32_t count = 0;

    for (uint32_t i = 0; i < l->count; i++) {
        bool asked = air->radios[l->radios[i]]->asked == tx->exchange;
        bool sends = air->ears[l->radios[i]].busy_until > deaf_from;

        air->stats.deaf += asked && sends;
        if (asked && !sends) {
            air->hearing[count++] = l->radios[i];
        }
    }
    if (air->connections != NULL && !air->config.no_collisions) {
        count = unoccupied(air, tx->start, tx->end, count);
    }

    struct usher_adv_report report = { .type = USHER_ADV_SCAN_RSP,
                                       .addr_type = tx->addr.type,
                                       .len = tx->answer.len,
                                       .data = tx->answer.data };

    memcpy(report.addr, tx->addr.addr, sizeof(report.addr));
    for (uint32_t i = 0; i < count; i++) {
        struct air_radio *to = air->radios[air->hearing[i]];

        report.rssi = rssi_between(sender, to);
        (void)receive(to, tx->ad_class, &report);
    }
}

void hear_free(struct air *air)
{
    while (air->reports != NULL) {
        struct held_report *h = air->reports;

        air->reports = h->next;
        free(h);
    }
}
