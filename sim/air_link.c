/*
 * Links on the simulated air: how they are made (Core Specification, Vol 6, Part B, 2.3.3.1 and
 * 4.4.4), what their owners ask for, and how they end. Connection events are air_event.c. Called by
 * owners, by air_hear.c when an advertisement is heard, and by air.c.
 */
#include "air_connection.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ADV_ACCESS_ADDRESS 0x8E89BED6u
#define ADV_CRC_INIT 0x555555u

/* CONNECT_IND */
enum {
    CONNECT_IND = 0x05,
    TX_ADD_RANDOM = 0x40,
    RX_ADD_RANDOM = 0x80,
    REQUEST_LEN = 34,
    REQUEST_US = (1 + 4 + 2 + REQUEST_LEN + 3) * 8,
    WINDOW_DELAY_US = 1250, /* transmitWindowDelay */
    WINDOW_UNIT_US = 1250,
    HOP_MIN = 5,
    HOPS = 12, /* 5..16 */
};

#define LL_TERMINATE_IND 0x02

/* -- ends -------------------------------------------------------------------------------------- */

bool connection_dead(const struct connection *c)
{
    return c->ends[LINK_CENTRAL].radio == NULL && c->ends[LINK_PERIPHERAL].radio == NULL;
}

static void attach(struct air_link *end)
{
    struct air_radio *radio = end->radio;

    end->next = radio->links;
    radio->links = end;
    radio->air->ears[radio->index].links++;
}

static void detach(struct air_link *end)
{
    struct air_radio *radio = end->radio;
    struct air_link **link;

    assert(radio != NULL);
    link = &radio->links;
    while (*link != end) {
        link = &(*link)->next;
    }
    *link = end->next;
    radio->air->ears[radio->index].links--;
    end->radio = NULL;
    if (radio->in_event == end->connection) {
        radio->in_event = NULL;
        if (radio->tx.state == SEND_IDLE) {
            air_plan(radio);
        }
    }
}

/* The other end has been left alone. Or nobody is left: nothing happens any more. */
static void left(struct connection *c)
{
    if (connection_dead(c) && (c->phase == LINK_WAITING || c->phase == LINK_IDLE)) {
        queue_remove(&c->air->queue, &c->step);
    } else {
        connection_wake(c);
    }
}

void link_end(struct air_link *end, uint8_t reason)
{
    struct air_radio *radio = end->radio;

    detach(end);
    left(end->connection);
    radio->link_owner.ended(radio->ctx, end, end->closing ? AIR_LINK_CLOSED : reason);
}

void link_reap(struct air *air, bool all)
{
    struct connection **link = &air->connections;

    while (*link != NULL) {
        struct connection *c = *link;

        if (!all && (!connection_dead(c) || c->step.place != 0)) {
            link = &c->next;
            continue;
        }
        *link = c->next;
        queue_remove(&air->queue, &c->step);
        queue_unreserve(&air->queue, 1);
        free(c);
    }
}

void link_wake_radio(struct air_radio *radio)
{
    for (struct air_link *end = radio->links; end != NULL; end = end->next) {
        connection_wake(end->connection);
    }
}

void link_wake_all(struct air *air)
{
    for (struct connection *c = air->connections; c != NULL; c = c->next) {
        if (!connection_dead(c)) {
            connection_wake(c);
        }
    }
}

/* -- captures ---------------------------------------------------------------------------------- */

void air_link_sniffer_set(struct air *air, air_link_sniffer sniffer, void *ctx)
{
    air->link_sniffer = sniffer;
    air->link_sniffer_ctx = ctx;
}

void connection_sniff(const struct connection *c, enum link_role sender, uint8_t channel,
                      const uint8_t *octets, uint8_t len)
{
    const struct air *air = c->air;
    bool request = channel >= FIRST_CHANNEL;
    struct air_link_pdu pdu = {
        .at_us = air->now,
        .access_address = request ? ADV_ACCESS_ADDRESS : c->access_address,
        .crc_init = request ? ADV_CRC_INIT : c->crc_init,
        .channel = channel,
        .central = sender == LINK_CENTRAL,
        .len = len,
        .octets = octets,
    };

    if (air->link_sniffer != NULL) {
        air->link_sniffer(air->link_sniffer_ctx, &pdu);
    }
}

static uint8_t *put_le(uint8_t *at, uint64_t value, unsigned octets)
{
    for (unsigned i = 0; i < octets; i++) {
        *at++ = (uint8_t)(value >> (8 * i));
    }
    return at;
}

static uint8_t *put_addr(uint8_t *at, const struct usher_ble_addr *addr)
{
    for (unsigned i = 0; i < 6; i++) {
        *at++ = addr->addr[5 - i];
    }
    return at;
}

static void request_sniff(const struct connection *c)
{
    const struct usher_ble_addr *central = &c->ends[LINK_CENTRAL].addr;
    const struct usher_ble_addr *peripheral = &c->ends[LINK_PERIPHERAL].addr;
    uint8_t octets[2 + REQUEST_LEN];
    uint8_t *at = octets;

    *at++ = (uint8_t)(CONNECT_IND | (central->type != 0 ? TX_ADD_RANDOM : 0) |
                      (peripheral->type != 0 ? RX_ADD_RANDOM : 0));
    *at++ = REQUEST_LEN;
    at = put_addr(at, central);
    at = put_addr(at, peripheral);
    at = put_le(at, c->access_address, 4);
    at = put_le(at, c->crc_init, 3);
    at = put_le(at, 1, 1); /* the window, in units */
    at = put_le(at, c->win_offset, 2);
    at = put_le(at, c->params.interval_us / WINDOW_UNIT_US, 2);
    at = put_le(at, 0, 2); /* peripheral latency */
    at = put_le(at, c->params.timeout_ms / 10, 2);
    at = put_le(at, (UINT64_C(1) << 37) - 1, 5); /* all channels */
    (void)put_le(at, c->hop, 1);                 /* the clock's accuracy: 251 to 500 ppm, code 0 */
    connection_sniff(c, LINK_CENTRAL, (uint8_t)(FIRST_CHANNEL + c->adv_channel), octets,
                     sizeof(octets));
}

/* -- making a link ----------------------------------------------------------------------------- */

/* 2.1.2: what makes an access address hard to mistake for another one, or for noise. */
static bool is_legal(uint32_t address)
{
    uint32_t changes = (address ^ address >> 1) & 0x7FFFFFFF; /* bit i: i and i + 1 differ */
    uint32_t of_advertising = address ^ ADV_ACCESS_ADDRESS;
    unsigned transitions = 0, run = 1, longest = 1;

    for (unsigned i = 0; i < 31; i++) {
        bool change = (changes >> i & 1) != 0;

        transitions += change;
        run = change ? 1 : run + 1;
        longest = run > longest ? run : longest;
    }

    uint32_t top = changes >> 26; /* among the six most significant bits */

    return longest <= 6 && transitions <= 24 && (top & (top - 1)) != 0 &&
           (of_advertising & (of_advertising - 1)) != 0 &&
           address != (address & 0xFF) * 0x01010101u;
}

static uint32_t access_address(struct rng *rng)
{
    uint32_t address;

    do {
        address = (uint32_t)rng_next(rng);
    } while (!is_legal(address));
    return address;
}

/* How far the events of a link that begins at @p first are from those of the radio's others. */
static uint32_t distance(const struct air_radio *radio, uint64_t first, uint32_t interval)
{
    uint32_t nearest = interval;

    for (const struct air_link *end = radio->links; end != NULL; end = end->next) {
        const struct connection *c = end->connection;

        if (c->params.interval_us == interval) {
            uint32_t ahead = (uint32_t)(connection_anchor(c, first) - first) % interval;
            uint32_t apart = ahead < interval - ahead ? ahead : interval - ahead;

            nearest = apart < nearest ? apart : nearest;
        }
    }
    return nearest;
}

/* The offset of the first event at which it is furthest from the radio's other links. */
static uint16_t window_offset(const struct air_radio *radio, uint64_t first, uint32_t interval)
{
    uint16_t best = 0;
    uint32_t furthest = 0;

    for (uint16_t offset = 0; offset * UINT32_C(1250) < interval; offset++) {
        uint32_t apart = distance(radio, first + offset * UINT64_C(1250), interval);

        if (apart > furthest) {
            best = offset;
            furthest = apart;
        }
    }
    return best;
}

/* A radio is occupied by a request. */
static void take_up(struct air_radio *radio, uint64_t until)
{
    struct air *air = radio->air;

    radio->taken_until = until;
    air->ears[radio->index].busy_until = until;
    if (radio->tx.state == SEND_IDLE) {
        radio->free_at = until + IFS_US;
        air_plan(radio);
    }
}

static void request_start(struct connection *c)
{
    c->phase = LINK_REQUESTED;
    queue_put(&c->air->queue, &c->step, c->air->now + REQUEST_US);
    request_sniff(c);
}

static void make_up(struct air_link *end)
{
    struct connection *c = end->connection;
    struct air_radio *radio = end->radio;

    if (radio != NULL) {
        radio->link_owner.connected(radio->ctx, end, end->role == LINK_CENTRAL, c->slot,
                                    &c->ends[LINK_ROLES - 1 - end->role].addr, &c->params);
    }
}

static void request_end(struct connection *c)
{
    struct air_radio *central = c->ends[LINK_CENTRAL].radio;
    struct air_radio *peripheral = c->ends[LINK_PERIPHERAL].radio;

    central->attempt = (struct attempt){ 0 };
    hear_list(central);
    attach(&c->ends[LINK_CENTRAL]);
    if (peripheral != NULL) {
        peripheral->answered = NULL;
        peripheral->slots[c->slot].held = false;
        peripheral->slots[c->slot].used = false;
        attach(&c->ends[LINK_PERIPHERAL]);
    }
    for (enum link_role role = 0; role < LINK_ROLES; role++) {
        c->ends[role].heard_at = c->air->now;
    }
    connection_plan(c);
    make_up(&c->ends[LINK_CENTRAL]);
    make_up(&c->ends[LINK_PERIPHERAL]);
}

static void step_due(void *ctx)
{
    struct connection *c = ctx;

    switch (c->phase) {
    case LINK_ANSWERING:
        request_start(c);
        break;
    case LINK_REQUESTED:
        request_end(c);
        break;
    default:
        connection_step(c);
        break;
    }
}

bool link_awaits(const struct air_radio *radio, const struct transmission *tx)
{
    const struct attempt *a = &radio->attempt;

    return a->on && a->made == NULL && tx->type == USHER_ADV_IND && a->peer.type == tx->addr.type &&
           memcmp(a->peer.addr, tx->addr.addr, sizeof(a->peer.addr)) == 0;
}

static struct connection *connection_new(struct air_radio *radio, const struct transmission *tx)
{
    struct air *air = radio->air;
    struct attempt *a = &radio->attempt;
    struct connection *c = calloc(1, sizeof(*c));

    if (c == NULL || !queue_reserve(&air->queue, 1)) {
        free(c);
        return NULL;
    }

    uint64_t first = air->now + IFS_US + REQUEST_US + WINDOW_DELAY_US;

    c->air = air;
    c->step = (struct queue_item){ .due = step_due, .ctx = c };
    c->params = a->params;
    c->rng = rng_make(rng_next(&air->rng), 0);
    c->access_address = access_address(&c->rng);
    c->crc_init = (uint32_t)rng_next(&c->rng) & 0xFFFFFF;
    c->hop = (uint8_t)(HOP_MIN + rng_below(&c->rng, HOPS));
    c->adv_channel = tx->channel;
    c->win_offset = window_offset(radio, first, a->params.interval_us);
    c->anchor = first + c->win_offset * UINT64_C(1250);
    for (enum link_role role = 0; role < LINK_ROLES; role++) {
        c->ends[role].connection = c;
        c->ends[role].role = role;
    }
    c->ends[LINK_CENTRAL].addr = a->own;
    c->ends[LINK_PERIPHERAL].addr = a->peer;
    c->ends[LINK_CENTRAL].radio = radio;
    c->next = air->connections;
    air->connections = c;
    return c;
}

void link_request(struct air_radio *radio, struct air_radio *advertiser)
{
    struct air *air = radio->air;
    struct transmission *tx = &advertiser->tx;
    struct connection *c = connection_new(radio, tx);

    if (c == NULL) { /* no memory: as good as not heard */
        return;
    }

    uint64_t end = air->now + IFS_US + REQUEST_US;
    bool lost = rng_chance(&c->rng, air->config.loss_pct);

    radio->attempt.made = c;
    take_up(radio, end);
    queue_put(&air->queue, &c->step, air->now + IFS_US);
    if (lost || advertiser->link_owner.connected == NULL || tx->slot == NO_SLOT) {
        return;
    }
    c->slot = tx->slot;
    c->ends[LINK_PERIPHERAL].radio = advertiser;
    advertiser->answered = c;
    advertiser->slots[tx->slot].held = true;
    tx->slot = NO_SLOT; /* the event goes no further */
    take_up(advertiser, end);
}

void link_unanswer(struct air_radio *radio)
{
    radio->answered->ends[LINK_PERIPHERAL].radio = NULL;
    radio->answered = NULL;
}

/* Takes a request back: the advertiser goes on. */
static void take_back(struct connection *c)
{
    struct air_radio *advertiser = c->ends[LINK_PERIPHERAL].radio;

    if (advertiser != NULL) {
        link_unanswer(advertiser);
        advertiser->slots[c->slot].held = false;
        if (advertiser->tx.state == SEND_IDLE) {
            air_plan(advertiser);
        }
    }
    c->ends[LINK_CENTRAL].radio = NULL;
    queue_remove(&c->air->queue, &c->step);
}

/* -- what owners ask for ----------------------------------------------------------------------- */

void air_link_owner_set(struct air_radio *radio, const struct air_link_owner *owner)
{
    if (owner != NULL) {
        radio->link_owner = *owner;
    } else {
        link_leave(radio);
        radio->link_owner = (struct air_link_owner){ 0 };
    }
}

static bool in_limits(const struct air_link_params *params)
{
    return params->interval_us >= 7500 && params->interval_us <= 4000000 &&
           params->timeout_ms >= 100 && params->timeout_ms <= 32000;
}

enum usher_err air_initiate(struct air_radio *radio, const struct usher_ble_addr *peer,
                            const struct air_link_params *params)
{
    if (radio->link_owner.connected == NULL) {
        return USHER_E_STATE;
    }
    if (!in_limits(params)) {
        return USHER_E_PARAM;
    }
    if (radio->attempt.on) {
        return USHER_E_BUSY;
    }
    radio->attempt =
        (struct attempt){ .on = true, .own = radio->addr, .peer = *peer, .params = *params };
    hear_list(radio);
    return USHER_OK;
}

void air_initiate_cancel(struct air_radio *radio)
{
    if (radio->attempt.made != NULL) {
        take_back(radio->attempt.made);
    }
    radio->attempt = (struct attempt){ 0 };
    hear_list(radio);
}

void link_leave(struct air_radio *radio)
{
    air_initiate_cancel(radio);
    if (radio->answered != NULL) {
        radio->slots[radio->answered->slot].held = false;
        link_unanswer(radio);
    }
    while (radio->links != NULL) {
        struct air_link *end = radio->links;

        detach(end);
        left(end->connection);
    }
}

/* Something is asked of a link: it is not idle any more, and its next deadline may be another. */
static void stir(struct connection *c)
{
    if (c->phase == LINK_WAITING) {
        connection_plan(c);
    } else {
        connection_wake(c);
    }
}

enum usher_err air_link_send(struct air_link *link, bool first, const uint8_t *data, size_t len)
{
    if (len == 0 || len > AIR_LINK_PDU_MAX) {
        return USHER_E_PARAM;
    }
    if (link->closing) {
        return USHER_E_STATE;
    }
    if (link->count == AIR_LINK_QUEUE) {
        return USHER_E_BUSY;
    }

    struct link_pdu *pdu = &link->queue[(link->first + link->count++) % AIR_LINK_QUEUE];

    pdu->llid = first ? LLID_BEGIN : LLID_GO_ON;
    pdu->len = (uint8_t)len;
    memcpy(pdu->data, data, len);
    stir(link->connection);
    return USHER_OK;
}

void air_link_update(struct air_link *link, const struct air_link_params *params)
{
    struct connection *c = link->connection;

    if (in_limits(params)) {
        connection_wake(c); /* its events so far were at the old interval */
        c->params = *params;
        stir(c);
    }
}

void air_link_close(struct air_link *link, uint8_t reason)
{
    struct connection *c = link->connection;

    if (link->closing) {
        return;
    }
    link->closing = true;
    link->terminate = (struct link_pdu){ LLID_CONTROL, 2, { LL_TERMINATE_IND, reason } };
    link->close_by = c->air->now + c->params.timeout_ms * UINT64_C(1000);
    stir(c);
}
