/*
 * Drives many provisioning sessions over one instance; see commissioner.h. Called by the
 * tool's verbs demo and provision.
 */
#include "commissioner.h"

#include "failure.h"
#include "parse.h"
#include "waiting.h"

#include <openssl/crypto.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_MS 1000u /* before the first retry; doubled for each further one */
#define PAUSE_MAX_MS 30000u
#define ADV_MS 4500u       /* that a device heard on PB-GATT has to be heard on PB-ADV as well */
#define TARGETS_MAX 40000u /* more devices than a network has addresses */

/** A device that is to be provisioned, or was. */
struct target {
    struct waiting waiting; /* while it has no link, and is not done with */
    uint8_t uuid[USHER_UUID_SIZE];
    unsigned heard;             /* enum usher_bearer, bits */
    struct usher_ble_addr peer; /* once it is heard on PB-GATT */
    unsigned attempts;
    uint64_t begun; /* first attempt */
    bool unsure;    /* it was given its data, and was neither heard nor answered since */
};

/** A session and what we keep about it. */
struct link {
    struct usher_session session;
    struct target *target; /* NULL: free */
    unsigned number;       /* from 1, for reports */
    uint64_t begun;
    bool closing; /* done: the link only has to close */
    bool asking;
    bool data_given;
    bool gatt; /* over PB-GATT */
    uint8_t ask_action;
    struct usher_start start;
    uint16_t address; /* once data are given */
    uint8_t elements;
    uint16_t replaces;
    const struct failure *refusal; /* why we ended it; NULL: we did not */
};

struct commissioner {
    struct commissioner_config config;
    struct usher *node;
    struct link *links; /* 2 * parallel: closing links do not hold up the next devices */
    size_t link_count;
    unsigned closing;
    struct waiting_room room; /* targets without a link */
    void *targets;            /* tsearch() tree by UUID, of all */
    struct commissioner_counts counts;
    bool stopping;
    bool no_answers;
};

static uint64_t now_ms(const struct commissioner *c)
{
    return c->config.port->now_ms(c->config.port->ctx);
}

static int compare_targets(const void *a, const void *b)
{
    const struct target *left = a, *right = b;
    return memcmp(left->uuid, right->uuid, USHER_UUID_SIZE);
}

bool commissioner_is_secure(const struct usher_start *start)
{
    return start->public_key != 0 ||
           (start->algorithm == USHER_ALG_HMAC && start->method != USHER_OOB_NONE);
}

struct commissioner *commissioner_new(const struct commissioner_config *config)
{
    struct commissioner *c = calloc(1, sizeof *c);
    if (!c) {
        return NULL;
    }
    c->config = *config;
    c->link_count = 2u * config->parallel;
    c->links = calloc(c->link_count, sizeof *c->links);
    if (!c->links) {
        free(c);
        return NULL;
    }
    waiting_init(&c->room);
    return c;
}

enum usher_err commissioner_start(struct commissioner *c, struct usher *u)
{
    c->node = u;
    for (size_t i = 0; i < c->link_count; i++) {
        c->links[i].number = (unsigned)i + 1;
        usher_session_init(u, &c->links[i].session, NULL, &c->links[i]);
    }
    return usher_scan(u, true);
}

void commissioner_free(struct commissioner *c)
{
    if (c) {
        tdestroy(c->targets, free);
        OPENSSL_cleanse(c->links, c->link_count * sizeof *c->links);
        free(c->links);
        free(c);
    }
}

void commissioner_counts(const struct commissioner *c, struct commissioner_counts *counts)
{
    *counts = c->counts;
}

void commissioner_progress(const struct commissioner *c, char *text, size_t len)
{
    const struct commissioner_counts *n = &c->counts;
    int used = snprintf(text, len, "%u of %u provisioned, %u under way", n->provisioned, n->devices,
                        n->active);
    if (n->failed > 0 && used > 0 && (size_t)used < len) {
        used += snprintf(text + used, len - (size_t)used, ", %u failed", n->failed);
    }
    if (n->asking > 0 && used > 0 && (size_t)used < len) {
        snprintf(text + used, len - (size_t)used, ", %u waiting for a value", n->asking);
    }
}

bool commissioner_idle(const struct commissioner *c)
{
    return c->counts.active == 0 && c->closing == 0 && (c->stopping || waiting_nobody(&c->room));
}

/* Starting. */

static struct link *link_free(struct commissioner *c)
{
    for (size_t i = 0; i < c->link_count; i++) {
        if (!c->links[i].target) {
            return &c->links[i];
        }
    }
    return NULL;
}

/** Ends a device's attempts, and reports it. */
static void target_fail(struct commissioner *c, struct target *t,
                        const struct usher_outcome *outcome, const struct failure *why)
{
    c->counts.failed++;
    c->counts.refused += why->policy;
    const struct commission_reports *r = c->config.reports;
    r->failed(r->ctx, t->uuid, outcome, why, t->attempts - 1);
}

static void link_start(struct commissioner *c, struct link *l, struct target *t)
{
    l->target = t;
    l->begun = now_ms(c);
    l->closing = l->asking = l->data_given = false;
    l->refusal = NULL;
    l->replaces = 0;
    memset(&l->start, 0, sizeof l->start);
    if (t->attempts++ == 0) {
        t->begun = l->begun;
    }
    l->gatt = (t->heard & USHER_BEARER_ADV) == 0;
    enum usher_err err = usher_provision(
        &l->session, &(struct usher_provision){ .uuid = t->uuid,
                                                .attention_s = c->config.attention_s,
                                                .peer = l->gatt ? &t->peer : NULL });
    if (err == USHER_OK) {
        c->counts.active++;
        c->counts.retries += t->attempts > 1;
    } else if (err == USHER_E_RESOURCES || err == USHER_E_STATE) {
        /* No connection is free, or the radio is away: that is no attempt. */
        l->target = NULL;
        t->attempts--;
        waiting_add_later(&c->room, &t->waiting, now_ms(c) + PAUSE_MS);
    } else {
        l->target = NULL;
        target_fail(c, t, &(struct usher_outcome){ .phase = USHER_PHASE_LINK, .gatt = l->gatt },
                    &failure_start);
    }
}

void commissioner_run(struct commissioner *c)
{
    struct waiting *w;
    struct link *l;
    while (!c->stopping && c->counts.active < c->config.parallel && (l = link_free(c)) != NULL &&
           (w = waiting_take(&c->room, now_ms(c))) != NULL) {
        link_start(c, l, (struct target *)w);
    }
    c->config.wake_at(c->config.ctx, c->stopping ? USHER_NEVER : waiting_next(&c->room, now_ms(c)));
    c->config.changed(c->config.ctx);
}

/** The device of this UUID; NULL: it is not known yet. */
static struct target *target_find(const struct commissioner *c, const uint8_t uuid[USHER_UUID_SIZE])
{
    struct target key;
    memcpy(key.uuid, uuid, USHER_UUID_SIZE);
    struct target **place = tfind(&key, &c->targets, compare_targets);
    return place ? *place : NULL;
}

/** Takes a device on. NULL: no memory; it will be heard again. */
static struct target *target_make(struct commissioner *c, const uint8_t uuid[USHER_UUID_SIZE])
{
    struct target *t = calloc(1, sizeof *t);
    if (!t) {
        return NULL;
    }
    memcpy(t->uuid, uuid, USHER_UUID_SIZE);
    if (!tsearch(t, &c->targets, compare_targets)) {
        free(t);
        return NULL;
    }
    c->counts.devices++;
    return t;
}

/** Where, and by which address, it is heard. */
static void target_heard(struct target *t, const struct usher_event *event)
{
    if (event->params.unprov.gatt_supported) {
        t->heard |= USHER_BEARER_GATT;
        t->peer = event->params.unprov.peer;
    } else {
        t->heard |= USHER_BEARER_ADV;
    }
}

static void on_heard(struct commissioner *c, const struct usher_event *event)
{
    const uint8_t *uuid = event->params.unprov.device_uuid;
    bool gatt = event->params.unprov.gatt_supported;
    unsigned bearer = gatt ? USHER_BEARER_GATT : USHER_BEARER_ADV;
    struct target *t = target_find(c, uuid);
    if (c->config.bearers != 0 && (c->config.bearers & bearer) == 0) {
        return;
    }
    if (t) {
        bool first = t->heard == USHER_BEARER_GATT && !gatt;
        t->unsure = false;
        target_heard(t, event);
        if (first && t->attempts == 0) { /* so it is waiting, for just this */
            waiting_hurry(&c->room, &t->waiting);
            commissioner_run(c);
        }
        return;
    }
    if (c->stopping || c->counts.devices == TARGETS_MAX || !c->config.wants(c->config.ctx, uuid) ||
        (t = target_make(c, uuid)) == NULL) {
        return;
    }
    target_heard(t, event);
    if (gatt && c->config.bearers == 0) {
        waiting_add_later(&c->room, &t->waiting, now_ms(c) + ADV_MS);
    } else {
        waiting_add(&c->room, &t->waiting);
    }
    c->config.reports->heard(c->config.reports->ctx, t->uuid, event);
    commissioner_run(c);
}

/* Under way. */

/** Ends a session for a reason of ours. */
static void link_refuse(struct link *l, const struct failure *why)
{
    l->refusal = why;
    usher_cancel(&l->session, USHER_CLOSE_ERROR);
}

static void asking_end(struct commissioner *c, struct link *l)
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
    unsigned methods = c->config.methods;

    known_get(c, l, &known);
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
    char why[160];
    struct usher_prov_data data;
    const struct site_node *before = site_find(c->config.site, l->target->uuid);
    uint16_t replaces = before && before->state == SITE_PROVISIONED ? before->address : 0;
    const struct site_node *node =
        site_reserve(c->config.site, l->target->uuid, event->params.data_request.num_elements,
                     event->params.data_request.p_devkey, &data, why, sizeof why);
    if (!node) {
        c->config.reports->error(c->config.reports->ctx, why);
        c->counts.unstored++;
        c->stopping = true;
        link_refuse(l, &failure_store);
        return;
    }
    l->address = node->address;
    l->elements = node->elements;
    l->replaces = replaces;
    l->data_given = usher_data_set(&l->session, &data) == USHER_OK;
    OPENSSL_cleanse(&data, sizeof data);
    if (!l->data_given) {
        link_refuse(l, &failure_start);
    }
}

static void on_complete(struct commissioner *c, struct link *l, const struct usher_event *event)
{
    char why[160];
    struct usher_outcome outcome;
    const struct commission_reports *r = c->config.reports;
    uint64_t ms = now_ms(c) - l->target->begun;

    usher_outcome(&l->session, &outcome);
    /* Over a device of the nRF5 SDK these are not known before. */
    l->elements = l->session.capabilities.num_elements;
    if (!site_provisioned(c->config.site, l->address, l->elements, event->params.complete.p_devkey,
                          why, sizeof why)) {
        c->config.reports->error(c->config.reports->ctx, why);
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
    c->counts.active--;
    c->closing++;
    l->closing = true;
    commissioner_run(c);
}

/**
 * Why a session failed. A device that was given its data before, and is silent for as long as a
 * Link Open is repeated, is in no link of its own any more (60 s, as well): it is a node, or gone.
 */
static const struct failure *link_why(const struct link *l, const struct usher_outcome *outcome)
{
    struct target *t = l->target;
    if (l->refusal) {
        return l->refusal;
    }
    if (outcome->phase != USHER_PHASE_LINK) {
        t->unsure = outcome->phase == USHER_PHASE_DATA && outcome->failure == USHER_FAIL_NONE;
    } else if (t->unsure && !outcome->gatt && outcome->close_reason == USHER_CLOSE_TIMEOUT) {
        return &failure_unsure;
    }
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
    if (!why->passing || t->attempts > c->config.retries) {
        target_fail(c, t, &outcome, why);
        return;
    }
    waiting_add_later(&c->room, &t->waiting,
                      now_ms(c) + waiting_pause(t->attempts, PAUSE_MS, PAUSE_MAX_MS));
}

static void on_closed(struct commissioner *c, struct link *l)
{
    asking_end(c, l);
    if (l->closing) {
        c->closing--;
    } else {
        c->counts.active--;
        link_failed(c, l);
    }
    l->target = NULL;
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
    (void)u;
    if (event->type == USHER_EVT_UNPROVISIONED_RECEIVED) {
        on_heard(c, event);
        return;
    }
    struct link *l = event_link(event);
    const struct commission_reports *r = c->config.reports;
    const uint8_t *uuid = l->target->uuid;
    switch (event->type) {
    case USHER_EVT_LINK_ESTABLISHED:
        r->link_open(r->ctx, uuid, l->number, c->config.radio);
        break;
    case USHER_EVT_PHASE:
        if (event->params.phase.phase > USHER_PHASE_LINK &&
            event->params.phase.phase < USHER_PHASE_COMPLETE) {
            r->phase(r->ctx, uuid, event->params.phase.phase, now_ms(c) - l->begun);
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

void commissioner_stop(struct commissioner *c)
{
    c->stopping = true;
    for (size_t i = 0; i < c->link_count; i++) {
        struct link *l = &c->links[i];
        if (l->target && !l->closing && !l->data_given) {
            (void)usher_cancel(&l->session, USHER_CLOSE_ERROR); /* none: it is ending already */
        }
    }
}

/* What a person types. */

/** Finds the one link that asks and whose device is meant. */
static struct link *asking_find(struct commissioner *c, const char *prefix, char *why,
                                size_t why_len)
{
    struct link *found = NULL;
    for (size_t i = 0; i < c->link_count; i++) {
        struct link *l = &c->links[i];
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
    asking_end(c, l);
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
    c->no_answers = true;
    for (size_t i = 0; i < c->link_count; i++) {
        if (c->links[i].target && c->links[i].asking) {
            link_refuse(&c->links[i], &failure_no_value);
        }
    }
}
