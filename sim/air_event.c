/*
 * Connection events on the simulated air (Core Specification, Vol 6, Part B, 4.5): the exchange of
 * data PDUs with the acknowledgement scheme of the link layer (4.5.9), supervision (4.5.2), and
 * what events are to a radio's other events. Called by the queue, through air_link.c, and by air.c
 * and air_hear.c, which ask when a radio is occupied.
 *
 * A link with nothing to say costs nothing: when an event went well and nobody has data, its phase
 * is LINK_IDLE, and its events are only computed by whoever wants to know where they are, until
 * something changes (connection_wake()).
 */
#include "air_connection.h"

#include <string.h>

/* The shortest event: an empty PDU and its answer. */
#define EVENT_US (2 * (1 + 4 + 2 + 3) * 8 + IFS_US)

#define ESTABLISH_INTERVALS 6

#define DATA_CHANNELS 37

static const struct link_pdu empty = { .llid = LLID_GO_ON };

uint32_t connection_pdu_us(uint8_t len)
{
    return (1u + 4 + 2 + len + 3) * 8;
}

uint64_t connection_anchor(const struct connection *c, uint64_t from)
{
    uint32_t interval = c->params.interval_us;

    if (c->anchor >= from) {
        return c->anchor;
    }
    return c->anchor + (from - c->anchor + interval - 1) / interval * interval;
}

static bool in_event(const struct connection *c)
{
    return c->phase == LINK_SENDING || c->phase == LINK_GAP;
}

/* -- events among others ----------------------------------------------------------------------- */

/* The first event, were it a short one, that is not over at @p from. */
static uint64_t event_after(const struct connection *c, uint64_t from)
{
    return connection_anchor(c, from >= EVENT_US ? from - EVENT_US + 1 : 0);
}

bool link_hears(const struct air_radio *radio, uint64_t from, uint64_t until)
{
    for (const struct air_link *end = radio->links; end != NULL; end = end->next) {
        const struct connection *c = end->connection;
        bool was_in = c->event_at < until && (in_event(c) || c->event_until > from);

        if ((was_in && end->takes_part) ||
            (c->phase == LINK_IDLE && event_after(c, from) < until)) {
            return false;
        }
    }
    return true;
}

uint64_t link_free_from(const struct air_radio *radio, uint64_t from, uint64_t until)
{
    for (const struct air_link *end = radio->links; end != NULL; end = end->next) {
        uint64_t event = event_after(end->connection, from);

        if (event < until) {
            return event + EVENT_US;
        }
    }
    return from;
}

/* Another link of the radio has an event that would meet this one, and has waited for longer. */
static bool gives_way(const struct air_link *end)
{
    const struct connection *c = end->connection;

    for (const struct air_link *other = end->radio->links; other != NULL; other = other->next) {
        const struct connection *o = other->connection;

        if (o->phase == LINK_WAITING && o != c && o->anchor < c->air->now + EVENT_US &&
            o->served_at < c->served_at) {
            return true;
        }
    }
    return false;
}

static bool can_take_part(const struct air_link *end)
{
    const struct air_radio *radio = end->radio;

    if (radio == NULL || radio->air->config.no_collisions) {
        return radio != NULL;
    }
    return radio->tx.state == SEND_IDLE && radio->in_event == NULL && !gives_way(end);
}

/*
 * When this event must be over: half of the interval is left for advertisements; and before the
 * next event of another link of the two radios.
 */
static uint64_t limit(const struct connection *c)
{
    uint64_t now = c->air->now;
    uint64_t limit = now + c->params.interval_us / 2;

    for (enum link_role role = 0; role < LINK_ROLES; role++) {
        const struct air_radio *radio = c->ends[role].radio;
        const struct air_link *other = radio != NULL ? radio->links : NULL;

        for (; other != NULL; other = other->next) {
            if (other->connection != c) {
                uint64_t anchor = connection_anchor(other->connection, now);

                limit = anchor < limit ? anchor : limit;
            }
        }
    }
    return limit;
}

static void occupy(struct connection *c)
{
    for (enum link_role role = 0; role < LINK_ROLES; role++) {
        if (c->ends[role].takes_part && !c->air->config.no_collisions) {
            c->ends[role].radio->in_event = c;
            air_plan(c->ends[role].radio);
        }
    }
}

static void release(struct connection *c)
{
    for (enum link_role role = 0; role < LINK_ROLES; role++) {
        struct air_radio *radio = c->ends[role].radio;

        if (radio != NULL && radio->in_event == c) {
            radio->in_event = NULL;
            air_plan(radio);
        }
    }
}

/* -- waiting ----------------------------------------------------------------------------------- */

static uint64_t deadline(const struct air_link *end)
{
    const struct air_link_params *params = &end->connection->params;
    uint64_t wait = end->established ? params->timeout_ms * UINT64_C(1000)
                                     : params->interval_us * UINT64_C(1) * ESTABLISH_INTERVALS;
    uint64_t at = end->heard_at + wait;

    return end->closing && end->close_by < at ? end->close_by : at;
}

/* Events that are over without having been played. */
static void skip_events(struct connection *c)
{
    uint64_t anchor = connection_anchor(c, c->air->now);

    c->events += (anchor - c->anchor) / c->params.interval_us;
    c->anchor = anchor;
}

void connection_plan(struct connection *c)
{
    uint64_t at = USHER_NEVER;

    skip_events(c);
    if (c->ends[LINK_CENTRAL].radio != NULL) { /* no events without it */
        at = c->anchor;
    }
    for (enum link_role role = 0; role < LINK_ROLES; role++) {
        if (c->ends[role].radio != NULL && deadline(&c->ends[role]) < at) {
            at = deadline(&c->ends[role]);
        }
    }
    c->phase = LINK_WAITING;
    queue_put(&c->air->queue, &c->step, at);
}

void connection_wake(struct connection *c)
{
    if (c->phase != LINK_IDLE) {
        return;
    }
    skip_events(c);

    uint64_t last = c->anchor - c->params.interval_us;

    for (enum link_role role = 0; role < LINK_ROLES; role++) {
        if (c->ends[role].heard_at < last) {
            c->ends[role].heard_at = last;
        }
    }
    connection_plan(c);
}

/* -- an event ---------------------------------------------------------------------------------- */

static bool is_idle(const struct connection *c)
{
    bool idle = c->answered;

    for (enum link_role role = 0; role < LINK_ROLES; role++) {
        const struct air_link *end = &c->ends[role];

        idle = idle && end->radio != NULL && end->count == 0 && !end->closing && !end->leaving;
    }
    return idle;
}

static void event_end(struct connection *c)
{
    c->event_until = c->air->now;
    if (is_idle(c)) {
        c->phase = LINK_IDLE;
    } else if (!connection_dead(c)) {
        connection_plan(c);
    } else {
        c->phase = LINK_WAITING; /* for nothing: it will be freed */
    }
    release(c);
}

/* What an end sends next; again, what was not acknowledged. */
static const struct link_pdu *next_pdu(const struct air_link *end)
{
    if (end->in_flight != NULL) {
        return end->in_flight;
    }
    if (end->leaving) {
        return &empty;
    }
    if (end->closing) {
        return &end->terminate;
    }
    return end->count != 0 ? &end->queue[end->first] : &empty;
}

/* MD: there is more to send than @p pdu. */
static bool has_more(const struct air_link *end, const struct link_pdu *pdu)
{
    if (end->leaving) {
        return false;
    }
    if (end->closing) {
        return pdu != &end->terminate;
    }
    return end->count > (pdu == &end->queue[end->first]);
}

static void send(struct connection *c)
{
    struct air_link *end = &c->ends[c->sender];
    uint8_t octets[2 + AIR_LINK_PDU_MAX];

    if (end->radio == NULL) {
        event_end(c);
        return;
    }

    const struct link_pdu *pdu = next_pdu(end);

    end->in_flight = pdu;
    end->more = has_more(end, pdu);
    c->phase = LINK_SENDING;
    queue_put(&c->air->queue, &c->step, c->air->now + connection_pdu_us(pdu->len));
    octets[0] = (uint8_t)(pdu->llid | end->nesn << 2 | end->sn << 3 | end->more << 4);
    octets[1] = pdu->len;
    memcpy(octets + 2, pdu->data, pdu->len);
    connection_sniff(c, c->sender, c->channel, octets, (uint8_t)(2 + pdu->len));
}

static void event_start(struct connection *c)
{
    struct air_link *ends = c->ends;

    ends[LINK_CENTRAL].takes_part = can_take_part(&ends[LINK_CENTRAL]);
    ends[LINK_PERIPHERAL].takes_part = can_take_part(&ends[LINK_PERIPHERAL]);
    c->channel = (uint8_t)((c->events + 1) * c->hop % DATA_CHANNELS);
    c->anchor += c->params.interval_us;
    c->events++;
    if (!ends[LINK_CENTRAL].takes_part) {
        connection_plan(c);
        return;
    }
    c->event_at = c->air->now;
    c->answered = false;
    if (ends[LINK_PERIPHERAL].takes_part || ends[LINK_PERIPHERAL].radio == NULL) {
        c->served_at = c->event_at;
    }
    c->limit = limit(c);
    occupy(c);
    c->sender = LINK_CENTRAL;
    send(c);
}

static bool hears(const struct air_link *end, const struct air_link *sender)
{
    struct air *air = end->connection->air;

    return end->takes_part && end->radio != NULL && sender->radio != NULL &&
           in_range(air, end->radio->place, sender->radio->place) &&
           !rng_chance(&end->connection->rng, air->config.loss_pct);
}

static void acknowledged(struct air_link *end)
{
    const struct link_pdu *pdu = end->in_flight;

    end->in_flight = NULL;
    end->sn = !end->sn;
    if (pdu == &end->terminate) {
        link_end(end, AIR_LINK_CLOSED);
    } else if (pdu != &empty) {
        end->first = (end->first + 1) % AIR_LINK_QUEUE;
        end->count--;
        end->radio->link_owner.sent(end->radio->ctx, end);
    }
}

/* An end has heard a PDU. Its owner, and by that any other, may do anything from within. */
static void take(struct air_link *end, const struct air_link *sender)
{
    const struct link_pdu *pdu = sender->in_flight;
    bool is_new = sender->sn == end->nesn;

    end->heard_at = end->connection->air->now;
    end->established = true;
    end->nesn = end->nesn != is_new;
    if (end->in_flight != NULL && sender->nesn != end->sn) {
        acknowledged(end);
    }
    if (end->radio == NULL || !is_new) {
        return;
    }
    if (pdu->llid == LLID_CONTROL) {
        end->leaving = true;
        end->reason = pdu->data[1];
    } else if (pdu->len != 0) {
        end->radio->link_owner.data(end->radio->ctx, end, pdu->llid == LLID_BEGIN, pdu->data,
                                    pdu->len);
    }
}

/* Whether the other end sends after the PDU that was heard. */
static bool goes_on(const struct connection *c)
{
    const struct air_link *central = &c->ends[LINK_CENTRAL];
    const struct air_link *peripheral = &c->ends[LINK_PERIPHERAL];

    if (c->sender == LINK_CENTRAL) {
        return peripheral->radio != NULL;
    }
    if (central->radio == NULL || central->leaving) {
        return central->radio != NULL;
    }

    uint32_t time = IFS_US + connection_pdu_us(next_pdu(central)->len) + IFS_US +
                    connection_pdu_us(next_pdu(peripheral)->len);

    return (central->more || peripheral->more) && c->air->now + time <= c->limit;
}

static void sent(struct connection *c)
{
    struct air_link *sender = &c->ends[c->sender];
    struct air_link *other = &c->ends[LINK_ROLES - 1 - c->sender];
    bool heard = hears(other, sender);

    if (heard) {
        c->answered = c->answered || c->sender == LINK_PERIPHERAL;
        take(other, sender);
    }
    if (sender->radio != NULL && sender->leaving) { /* this was its acknowledgement */
        link_end(sender, sender->reason);
    }
    if (heard && goes_on(c)) {
        c->phase = LINK_GAP;
        c->sender = other->role;
        queue_put(&c->air->queue, &c->step, c->air->now + IFS_US);
    } else {
        event_end(c);
    }
}

static void waited(struct connection *c)
{
    for (enum link_role role = 0; role < LINK_ROLES; role++) {
        struct air_link *end = &c->ends[role];

        if (end->radio != NULL && deadline(end) <= c->air->now) {
            link_end(end, end->established ? AIR_LINK_TIMEOUT : AIR_LINK_NOT_ESTABLISHED);
        }
    }
    if (connection_dead(c)) {
        return;
    }
    if (c->ends[LINK_CENTRAL].radio != NULL && c->anchor <= c->air->now) {
        event_start(c);
    } else {
        connection_plan(c);
    }
}

void connection_step(struct connection *c)
{
    switch (c->phase) {
    case LINK_SENDING:
        sent(c);
        break;
    case LINK_GAP:
        send(c);
        break;
    default:
        waited(c);
        break;
    }
}
