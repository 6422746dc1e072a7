/*
 * The commissioner's links: a session each, from its beginning to Link Close; see
 * commissioner_inside.h. Called by commissioner.c, and with the events of the instances.
 */
#include "commissioner_inside.h"

#include "parse.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define ROOM_MS 1000u /* that a radio without a free connection is left alone */
/* For a Link Ack while others wait; longer than those who have another radio wait for this one. */
#define OPEN_MS (LANE_PATIENCE_MS + 1000u)

struct lane *commissioner_lane_of(struct commissioner *c, const struct radio *radio)
{
    return &c->lanes[radio - c->radios];
}

struct radio *commissioner_radio_of(struct commissioner *c, const struct usher *u)
{
    for (size_t i = 0; i < c->radio_count; i++) {
        if (c->radios[i].node == u && !c->lanes[i].lost) {
            return &c->radios[i];
        }
    }
    return NULL;
}

struct link *commissioner_link_nth(const struct commissioner *c, size_t n)
{
    size_t radio = n / c->link_count;
    return radio < c->radio_count ? &c->radios[radio].links[n % c->link_count] : NULL;
}

bool commissioner_active(const struct commissioner *c, size_t *at,
                         struct commissioner_active *active)
{
    const struct link *l;
    while ((l = commissioner_link_nth(c, (*at)++)) != NULL) {
        const struct target *t = l->target;
        if (t && !l->closing) {
            *active = (struct commissioner_active){ .uuid = t->uuid,
                                                    .radio = l->radio->name,
                                                    .phase = l->phase,
                                                    .rssi = t->heard[l->radio - c->radios].rssi,
                                                    .retries = t->attempts - 1,
                                                    .ms = commissioner_now(c) - t->begun };
            return true;
        }
    }
    return false;
}

/* Beginning, and ending. */

static struct link *link_free(const struct radio *radio, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!radio->links[i].target) {
            return &radio->links[i];
        }
    }
    return NULL;
}

/** A link was taken by a device. */
static void link_take(struct commissioner *c, struct link *l, struct target *t)
{
    struct lane *lane = commissioner_lane_of(c, l->radio);
    l->target = t;
    l->closing = l->asking = l->data_given = false;
    l->refusal = NULL;
    l->replaces = 0;
    l->phase = USHER_PHASE_LINK;
    memset(&l->start, 0, sizeof l->start);
    c->counts.active++;
    lane->active++;
    lane->room = lane->active + l->radio->closing < c->link_count;
}

/** A device is done; its link has to close. */
static void link_closing(struct commissioner *c, struct link *l)
{
    l->closing = true;
    c->counts.active--;
    commissioner_lane_of(c, l->radio)->active--;
    c->closing++;
    l->radio->closing++;
}

void commissioner_link_leave(struct commissioner *c, struct link *l)
{
    struct lane *lane = commissioner_lane_of(c, l->radio);
    if (l->closing) {
        c->closing--;
        l->radio->closing--;
    } else {
        c->counts.active--;
        lane->active--;
    }
    l->target = NULL;
    lane->room = true;
}

void commissioner_link_start(struct commissioner *c, struct radio *radio, struct target *t)
{
    struct link *l = link_free(radio, c->link_count);
    struct lane_heard *heard = &t->heard[radio - c->radios];
    struct radio *before = t->last;
    link_take(c, l, t);
    t->last = radio;
    l->begun = commissioner_now(c);
    if (t->attempts == 0) {
        t->begun = l->begun;
        commissioner_untried_remove(c, t);
    }
    t->attempts++;
    t->silent = false;
    l->gatt = (heard->bearers & USHER_BEARER_ADV) == 0;
    enum usher_err err = usher_provision(
        &l->session, &(struct usher_provision){ .uuid = t->uuid,
                                                .attention_s = c->config.attention_s,
                                                .peer = l->gatt ? &heard->peer : NULL });
    if (err == USHER_OK) {
        c->counts.retries += t->attempts > 1;
        return;
    }
    commissioner_link_leave(c, l);
    if (err == USHER_E_RESOURCES || err == USHER_E_STATE) {
        /* No connection is free, or the radio is away: that is no attempt. */
        t->attempts--;
        if (t->attempts == 0) {
            commissioner_untried_add(c, t);
        }
        t->last = before;
        heard->not_before = commissioner_now(c) + ROOM_MS;
        waiting_add(&c->room, &t->waiting); /* another radio may take it */
    } else {
        commissioner_give_up(c, t,
                             &(struct usher_outcome){ .phase = USHER_PHASE_LINK, .gatt = l->gatt },
                             &failure_start);
    }
}

/* Under way. */

/** Ends a session for a reason of ours. */
static void link_refuse(struct link *l, const struct failure *why)
{
    l->refusal = why;
    usher_cancel(&l->session, USHER_CLOSE_ERROR);
}

/** When a link that is not open has had its time, if others wait. A last attempt has all of it. */
static uint64_t link_hurry_ms(const struct commissioner *c, const struct link *l)
{
    const struct target *t = l->target;
    if (!t || l->phase > USHER_PHASE_LINK || l->closing || l->refusal ||
        t->attempts > c->config.retries) {
        return USHER_NEVER;
    }
    return l->begun + OPEN_MS;
}

void commissioner_links_hurry(struct commissioner *c, uint64_t *again)
{
    struct waiting *w = waiting_first(&c->room, commissioner_now(c));
    struct link *l;
    for (size_t i = 0; w && (l = commissioner_link_nth(c, i)) != NULL; i++) {
        uint64_t ms = link_hurry_ms(c, l);
        if (ms <= commissioner_now(c)) {
            link_refuse(l, &failure_silent);
            w = waiting_behind(&c->room, w);
        } else if (ms < *again) {
            *again = ms;
        }
    }
}

void commissioner_link_asking_end(struct commissioner *c, struct link *l)
{
    if (l->asking) {
        l->asking = false;
        c->counts.asking--;
    }
}

static void known_get(const struct commissioner *c, const struct link *l,
                      struct commissioner_known *known)
{
    memset(known, 0, sizeof *known);
    c->config.known(c->config.ctx, l->target->uuid, known);
}

static void on_caps(struct commissioner *c, struct link *l, const struct usher_caps *caps)
{
    struct commissioner_known known;

    known_get(c, l, &known);
    unsigned methods = known.methods ? known.methods : c->config.methods;
    if (known.static_len > 0) {
        methods |= 1u << USHER_OOB_STATIC;
    }
    if (c->no_answers) {
        methods &= ~(1u << USHER_OOB_OUTPUT);
    }
    if (usher_choose(caps, methods, known.public_key != NULL, &l->start) != USHER_OK) {
        link_refuse(l, c->no_answers ? &failure_no_value : &failure_nothing_common);
        return;
    }
    if (c->config.require_secure && !commissioner_is_secure(&l->start)) {
        link_refuse(l, &failure_insecure);
        return;
    }
    if (usher_oob_use(&l->session, &l->start) != USHER_OK) {
        link_refuse(l, &failure_start);
    }
}

static void on_ask(struct commissioner *c, struct link *l, uint8_t action, uint8_t size)
{
    if (c->no_answers) {
        link_refuse(l, &failure_no_value);
        return;
    }
    l->asking = true;
    l->ask_action = action;
    c->counts.asking++;
    c->config.ask(c->config.ctx, l->target->uuid, action, size);
    c->config.changed(c->config.ctx);
}

static void on_static(struct commissioner *c, struct link *l)
{
    struct commissioner_known known;
    known_get(c, l, &known);
    if (usher_auth_static(&l->session, known.static_value, known.static_len) != USHER_OK) {
        link_refuse(l, &failure_start);
    }
}

static void on_public_key(struct commissioner *c, struct link *l)
{
    struct commissioner_known known;
    known_get(c, l, &known);
    /* A key that is refused has ended the session, and LINK_CLOSED reports it. */
    (void)usher_pubkey_set(&l->session, known.public_key);
}

/** The device is authentic: gives it an address, once that is recorded. */
static void on_data_request(struct commissioner *c, struct link *l, const struct usher_event *event)
{
    struct registry *registry = c->config.registry;
    struct registry_node before = { .settings = NULL };
    struct usher_prov_data data;
    struct registry_lease lease = { .uuid = l->target->uuid,
                                    .elements = event->params.data_request.num_elements,
                                    .device_key = event->params.data_request.p_devkey };
    enum registry_err err = registry_find(registry, l->target->uuid, &before);
    l->replaces = err == REGISTRY_OK && before.state == REGISTRY_PROVISIONED ? before.address : 0;
    registry_node_clear(&before);
    if (c->config.address &&
        !c->config.address(c->config.ctx, l->target->uuid, lease.elements, &lease.address)) {
        link_refuse(l, &failure_address);
        return;
    }
    if (err != REGISTRY_FAILED) {
        err = registry_lease(registry, &lease, &data);
    }
    if (err == REGISTRY_CONFLICT) {
        link_refuse(l, &failure_address);
        return;
    }
    if (err != REGISTRY_OK) {
        c->config.reports->error(c->config.reports->ctx, registry_why(registry));
        c->counts.unstored++;
        c->stopping = true;
        link_refuse(l, &failure_store);
        return;
    }
    l->address = data.address;
    l->elements = lease.elements;
    l->data_given = usher_data_set(&l->session, &data) == USHER_OK;
    OPENSSL_cleanse(&data, sizeof data);
    if (!l->data_given) {
        link_refuse(l, &failure_start);
    }
}

static void on_complete(struct commissioner *c, struct link *l, const struct usher_event *event)
{
    struct usher_outcome outcome;
    const struct commission_reports *r = c->config.reports;
    uint64_t ms = commissioner_now(c) - l->target->begun;

    usher_outcome(&l->session, &outcome);
    /* Over a device of the nRF5 SDK these are not known before. */
    l->elements = l->session.capabilities.num_elements;
    if (registry_provisioned(c->config.registry, l->address, l->elements,
                             event->params.complete.p_devkey,
                             l->start.public_key != 0) != REGISTRY_OK) {
        r->error(r->ctx, registry_why(c->config.registry));
    }
    struct commission_complete complete = { .uuid = l->target->uuid,
                                            .address = l->address,
                                            .elements = l->elements,
                                            .start = &l->start,
                                            .gatt = l->gatt,
                                            .ms = ms,
                                            .retries = l->target->attempts - 1,
                                            .resent = outcome.link.retries,
                                            .secure = commissioner_is_secure(&l->start),
                                            .replaces = l->replaces,
                                            .device_key = c->config.show_secrets
                                                              ? event->params.complete.p_devkey
                                                              : NULL };
    r->complete(r->ctx, &complete);
    if (c->config.completed) {
        c->config.completed(c->config.ctx, l->target->uuid, ms);
    }
    c->counts.provisioned++;
    l->radio->provisioned++;
    link_closing(c, l);
    commissioner_run(c);
}

/** Why a session failed; and whether the device may be a node now. */
static const struct failure *link_why(const struct link *l, const struct usher_outcome *outcome)
{
    if (l->refusal) {
        return l->refusal;
    }
    l->target->unsure = outcome->phase == USHER_PHASE_DATA && outcome->failure == USHER_FAIL_NONE;
    return failure_explain(outcome);
}

/** A session is over without Complete: again later, or never. */
static void link_failed(struct commissioner *c, struct link *l)
{
    struct target *t = l->target;
    struct usher_outcome outcome;

    usher_outcome(&l->session, &outcome);
    outcome.start = l->start;
    const struct failure *why = link_why(l, &outcome);
    if (c->stopping && !l->refusal) {
        return; /* another run goes on with it */
    }
    if (outcome.failure == USHER_FAIL_CONFIRMATION) {
        commissioner_auth_failed(c, t);
        why = commissioner_is_locked(c, t) ? &failure_locked : why;
    }
    if (!why->passing || t->attempts > c->config.retries) {
        commissioner_give_up(c, t, &outcome, why);
        return;
    }
    struct lane_heard *heard = &t->heard[l->radio - c->radios];
    heard->failed += heard->failed < UINT8_MAX;
    commissioner_again(c, t);
}

static void on_closed(struct commissioner *c, struct link *l)
{
    commissioner_link_asking_end(c, l);
    if (!l->closing) {
        link_failed(c, l);
    }
    commissioner_link_leave(c, l);
    commissioner_run(c);
}

/* Every event but the beacons' has its session in this place. */
static struct link *event_link(const struct usher_event *event)
{
    return event->params.link_established.p_context->user;
}

void commissioner_event(void *commissioner, struct usher *u, const struct usher_event *event)
{
    struct commissioner *c = commissioner;
    struct radio *radio = commissioner_radio_of(c, u);
    if (!radio) {
        return;
    }
    if (event->type == USHER_EVT_UNPROVISIONED_RECEIVED) {
        commissioner_heard(c, radio, event);
        return;
    }
    struct link *l = event_link(event);
    const struct commission_reports *r = c->config.reports;
    const uint8_t *uuid = l->target->uuid;
    switch (event->type) {
    case USHER_EVT_LINK_ESTABLISHED:
        l->phase = USHER_PHASE_INVITE;
        r->link_open(r->ctx, uuid, l->number, radio->name);
        break;
    case USHER_EVT_PHASE:
        l->phase = event->params.phase.phase;
        if (event->params.phase.phase > USHER_PHASE_LINK &&
            event->params.phase.phase < USHER_PHASE_COMPLETE) {
            r->phase(r->ctx, uuid, event->params.phase.phase, commissioner_now(c) - l->begun);
        }
        break;
    case USHER_EVT_CAPS_RECEIVED:
        on_caps(c, l, &event->params.oob_caps_received.oob_caps);
        break;
    case USHER_EVT_OUTPUT_REQUEST:
        c->config.show(c->config.ctx, uuid, event->params.output_request.action,
                       event->params.output_request.size, event->params.output_request.text);
        break;
    case USHER_EVT_INPUT_REQUEST:
        on_ask(c, l, event->params.input_request.action, event->params.input_request.size);
        break;
    case USHER_EVT_STATIC_REQUEST:
        on_static(c, l);
        break;
    case USHER_EVT_OOB_PUBKEY_REQUEST:
        on_public_key(c, l);
        break;
    case USHER_EVT_DATA_REQUEST:
        on_data_request(c, l, event);
        break;
    case USHER_EVT_COMPLETE:
        on_complete(c, l, event);
        break;
    case USHER_EVT_LINK_CLOSED:
        on_closed(c, l);
        break;
    default:
        break; /* the device's events, and FAILED: LINK_CLOSED reports the outcome */
    }
}

/* What a person types. */

/** Finds the one link that asks and whose device is meant. */
static struct link *asking_find(struct commissioner *c, const char *prefix, char *why,
                                size_t why_len)
{
    struct link *found = NULL, *l;
    for (size_t i = 0; (l = commissioner_link_nth(c, i)) != NULL; i++) {
        if (!l->target || !l->asking || !uuid_begins(l->target->uuid, prefix)) {
            continue;
        }
        if (found) {
            snprintf(why, why_len,
                     "several devices ask: type the first digits of the UUID, a blank, and "
                     "the value");
            return NULL;
        }
        found = l;
    }
    if (!found && *prefix) {
        snprintf(why, why_len, "no device whose UUID begins with %.32s asks for a value", prefix);
    } else if (!found) {
        snprintf(why, why_len, "no device asks for a value now");
    }
    return found;
}

bool commissioner_answer(struct commissioner *c, const char *prefix, const char *value, char *why,
                         size_t why_len)
{
    struct link *l = asking_find(c, prefix ? prefix : "", why, why_len);
    if (!l) {
        return false;
    }
    /* Answered before the call, which may already lead to the next event. */
    commissioner_link_asking_end(c, l);
    if (usher_auth_text(&l->session, value) == USHER_OK) {
        return true;
    }
    l->asking = true;
    c->counts.asking++;
    if (l->ask_action == USHER_OUTPUT_ALPHANUMERIC) {
        snprintf(why, why_len, "that cannot be the value: %u letters and digits are shown",
                 (unsigned)l->start.size);
    } else {
        snprintf(why, why_len, "that cannot be the value: it is a number of at most %u digits",
                 (unsigned)l->start.size);
    }
    return false;
}

void commissioner_no_answers(struct commissioner *c)
{
    struct link *l;
    c->no_answers = true;
    for (size_t i = 0; (l = commissioner_link_nth(c, i)) != NULL; i++) {
        if (l->target && l->asking) {
            link_refuse(l, &failure_no_value);
        }
    }
}
