/*
 * Drives many provisioning sessions over one or more instances; see commissioner.h. Called by the
 * tool's verbs demo and provision.
 */
#include "commissioner_inside.h"

#include <openssl/crypto.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ADV_MS 4500u        /* that a device heard on PB-GATT has to be heard on PB-ADV as well */
#define AUTH_PAUSE_MS 1000u /* after a first failed authentication; then doubled */
#define AUTH_PAUSE_MAX_MS 60000u
#define TARGETS_MAX 40000u /* more devices than a network has addresses */
#define PAUSE_MS 1000u     /* before the first retry; doubled for each further one */
#define PAUSE_MAX_MS 30000u
#define SILENT_MS 70000u /* a device in a link of before beacons again after 60 s (5.3.2.1) */
#define RANK_FIRST 0     /* heard, and there was no attempt */
#define RANK_AGAIN 1     /* heard since its last attempt */
#define RANK_SILENT 2
#define UNTRIED_MAX 4096u /* of them, that wait for their first attempt */

uint64_t commissioner_now(const struct commissioner *c)
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
    waiting_init(&c->room);
    TAILQ_INIT(&c->untried);
    return c;
}

/** Gives each radio that is left its share of the links. */
static void shares_set(struct commissioner *c)
{
    unsigned left = 0;
    for (size_t i = 0; i < c->radio_count; i++) {
        left += !c->lanes[i].lost;
    }
    for (size_t i = 0; i < c->radio_count && left > 0; i++) {
        c->lanes[i].share = (c->config.parallel + left - 1) / left;
    }
}

enum usher_err commissioner_join(struct commissioner *c, struct usher *u, const char *name)
{
    if (c->radio_count == c->config.radios) {
        return USHER_E_STATE;
    }
    struct radio *radio = &c->radios[c->radio_count];
    *radio = (struct radio){ .name = name, .node = u };
    radio->links = calloc(c->link_count, sizeof *radio->links);
    if (!radio->links) {
        return USHER_E_NO_MEM;
    }
    for (size_t i = 0; i < c->link_count; i++) {
        struct link *l = &radio->links[i];
        l->radio = radio;
        l->number = (unsigned)(c->radio_count * c->link_count + i) + 1;
        usher_session_init(u, &l->session, NULL, l);
    }
    c->lanes[c->radio_count++] = (struct lane){ .room = true };
    shares_set(c);
    return usher_scan(u, true);
}

void commissioner_free(struct commissioner *c)
{
    if (!c) {
        return;
    }
    tdestroy(c->targets, free);
    for (size_t i = 0; i < c->radio_count; i++) {
        OPENSSL_cleanse(c->radios[i].links, c->link_count * sizeof *c->radios[i].links);
        free(c->radios[i].links);
    }
    free(c);
}

bool commissioner_radio(const struct commissioner *c, size_t n, struct commissioner_radio *radio)
{
    if (n >= c->radio_count) {
        return false;
    }
    *radio = (struct commissioner_radio){ .name = c->radios[n].name,
                                          .provisioned = c->radios[n].provisioned,
                                          .failed = c->radios[n].failed,
                                          .active = c->lanes[n].active,
                                          .lost = c->lanes[n].lost };
    return true;
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

void commissioner_untried_add(struct commissioner *c, struct target *t)
{
    t->is_untried = true;
    TAILQ_INSERT_TAIL(&c->untried, t, untried);
    c->untried_count++;
}

void commissioner_untried_remove(struct commissioner *c, struct target *t)
{
    if (t->is_untried) {
        t->is_untried = false;
        TAILQ_REMOVE(&c->untried, t, untried);
        c->untried_count--;
    }
}

/** Lets a device wait for its turn from @p ms on. */
static void target_later(struct commissioner *c, struct target *t, uint64_t ms)
{
    t->since = ms;
    waiting_add_later(&c->room, &t->waiting, ms);
}

static uint64_t later_of(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/** Lets a device wait to be heard. */
static void target_await(struct commissioner *c, struct target *t)
{
    t->silent = true;
    t->waiting.rank = RANK_SILENT;
    target_later(c, t, commissioner_now(c) + SILENT_MS);
}

void commissioner_again(struct commissioner *c, struct target *t)
{
    uint64_t pause = waiting_pause(t->attempts, PAUSE_MS, PAUSE_MAX_MS);
    t->not_before = later_of(t->not_before, commissioner_now(c) + pause);
    target_await(c, t);
}

void commissioner_give_up(struct commissioner *c, struct target *t,
                          const struct usher_outcome *outcome, const struct failure *why)
{
    const struct commission_reports *r = c->config.reports;
    commissioner_untried_remove(c, t);
    c->counts.failed++;
    c->counts.refused += why->policy;
    if (t->last) {
        t->last->failed++;
    }
    char detail[160];
    snprintf(detail, sizeof detail, "%s: %s", usher_phase_name(outcome->phase), why->reason);
    if (registry_audit(c->config.registry, "failed", t->uuid, 0, detail) != REGISTRY_OK) {
        r->error(r->ctx, registry_why(c->config.registry));
    }
    r->failed(r->ctx, t->uuid, outcome, why, t->attempts > 0 ? t->attempts - 1 : 0,
              t->auth_failures);
}

/* Devices that could not be authenticated, over all runs. */

/** How long a device is left alone after so many failures in a row. */
static uint64_t auth_pause(unsigned failures)
{
    return failures > 0 ? waiting_pause(failures, AUTH_PAUSE_MS, AUTH_PAUSE_MAX_MS) : 0;
}

bool commissioner_is_locked(const struct commissioner *c, const struct target *t)
{
    return c->config.max_failures > 0 && t->auth_failures >= c->config.max_failures;
}

void commissioner_auth_failed(struct commissioner *c, struct target *t)
{
    const struct commission_reports *r = c->config.reports;
    if (registry_auth_failed(c->config.registry, t->uuid) != REGISTRY_OK) {
        r->error(r->ctx, registry_why(c->config.registry));
    }
    t->auth_failures++;
    t->not_before = commissioner_now(c) + auth_pause(t->auth_failures);
}

/** Looks up how often a device could not be authenticated in earlier runs. */
static void auth_recall(struct commissioner *c, struct target *t)
{
    const struct commission_reports *r = c->config.reports;
    struct registry_failures failures = { .count = 0 };
    if (registry_failures(c->config.registry, t->uuid, &failures) != REGISTRY_OK) {
        r->error(r->ctx, registry_why(c->config.registry));
    }
    t->auth_failures = failures.count;
    uint64_t pause = auth_pause(failures.count);
    time_t now = time(NULL);
    /* The registry has whole seconds: rather a little longer than too short. */
    uint64_t passed = now > failures.last + 1 ? (uint64_t)(now - failures.last - 1) * 1000 : 0;
    t->not_before = commissioner_now(c) + (passed < pause ? pause - passed : 0);
}

/** A device was not heard for longer than a link lives, and is a node now, or out of reach. */
static void target_gone(struct commissioner *c, struct target *t)
{
    t->silent = false;
    commissioner_give_up(
        c, t, &(struct usher_outcome){ .phase = t->unsure ? USHER_PHASE_DATA : USHER_PHASE_LINK },
        t->unsure ? &failure_unsure : &failure_lost);
}

/** Begins with a device whose turn it is, if a radio takes it. @return Whether one did. */
static bool target_try(struct commissioner *c, struct target *t, uint64_t *again)
{
    size_t n;
    enum lane_choice choice =
        lane_choose(c->lanes, c->radio_count, t->heard, commissioner_now(c), t->since, &n, again);
    if (choice == LANE_CHOSEN && !t->unsure) {
        waiting_serve(&c->room, &t->waiting);
        commissioner_link_start(c, &c->radios[n], t);
        return true;
    }
    if (choice == LANE_NOBODY || t->unsure) {
        waiting_remove(&c->room, &t->waiting);
        if (t->silent) {
            c->counts.stranded += choice == LANE_NOBODY;
            target_gone(c, t);
        } else {
            target_await(c, t);
        }
    }
    return false;
}

/** Whether a radio could take one more. */
static bool room_for_more(const struct commissioner *c)
{
    bool room = false;
    for (size_t i = 0; i < c->radio_count; i++) {
        const struct lane *lane = &c->lanes[i];
        room |= !lane->lost && lane->room && lane->active < lane->share;
    }
    return room && !c->stopping && c->counts.active < c->config.parallel;
}

/** Goes through those whose turn it is. @p again  As lane_choose()'s. */
static void targets_try(struct commissioner *c, uint64_t *again)
{
    struct waiting *w = waiting_first(&c->room, commissioner_now(c));
    while (w && room_for_more(c)) {
        struct waiting *next = waiting_behind(&c->room, w);
        bool taken = target_try(c, (struct target *)w, again);
        w = taken ? waiting_first(&c->room, commissioner_now(c)) : next; /* another's turn */
    }
}

void commissioner_run(struct commissioner *c)
{
    uint64_t again;
    c->run_again = true;
    if (c->running) {
        return; /* what is started may end at once, and calls this */
    }
    c->running = true;
    do {
        c->run_again = false;
        again = USHER_NEVER;
        targets_try(c, &again);
        commissioner_links_hurry(c, &again);
    } while (c->run_again);
    c->running = false;
    uint64_t next = waiting_next(&c->room, commissioner_now(c));
    next = again < next ? again : next;
    c->config.wake_at(c->config.ctx, c->stopping ? USHER_NEVER : next);
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

/** Forgets the untried device that has been silent the longest: if it is there, it will be heard.
 */
static void target_forget(struct commissioner *c)
{
    struct target *t = TAILQ_FIRST(&c->untried);
    commissioner_untried_remove(c, t);
    waiting_remove(&c->room, &t->waiting);
    tdelete(t, &c->targets, compare_targets);
    free(t);
    c->counts.devices--;
}

/** Takes a device on. NULL: no memory; it will be heard again. */
static struct target *target_make(struct commissioner *c, const uint8_t uuid[USHER_UUID_SIZE])
{
    if (c->untried_count == UNTRIED_MAX) {
        target_forget(c);
    }
    struct target *t = calloc(1, sizeof *t + c->config.radios * sizeof *t->heard);
    if (!t) {
        return NULL;
    }
    memcpy(t->uuid, uuid, USHER_UUID_SIZE);
    if (!tsearch(t, &c->targets, compare_targets)) {
        free(t);
        return NULL;
    }
    t->found = commissioner_now(c);
    commissioner_untried_add(c, t);
    c->counts.devices++;
    return t;
}

/** Until when a device is waited for: at radios that do not hear it yet, and on PB-ADV. */
static uint64_t target_ripe_ms(const struct commissioner *c, const struct target *t)
{
    unsigned bearers = 0;
    bool by_all = true;
    for (size_t i = 0; i < c->radio_count; i++) {
        if (!c->lanes[i].lost) {
            bearers |= t->heard[i].bearers;
            by_all &= t->heard[i].bearers != 0;
        }
    }
    if (bearers == USHER_BEARER_GATT && c->config.bearers == 0) {
        return later_of(t->not_before, t->found + ADV_MS);
    }
    return by_all ? t->not_before : later_of(t->not_before, t->found + COMMISSIONER_CHOICE_MS);
}

/** A device that waits was heard: it may be ready to be taken. */
static void target_ripen(struct commissioner *c, struct target *t)
{
    uint64_t ripe = target_ripe_ms(c, t);
    t->silent = false;
    t->waiting.rank = t->attempts > 0 ? RANK_AGAIN : RANK_FIRST;
    if (ripe > commissioner_now(c)) {
        target_later(c, t, ripe);
    } else {
        t->since = commissioner_now(c);
        waiting_add(&c->room, &t->waiting);
    }
    commissioner_run(c);
}

/** A device is heard for the first time. */
static void target_begin(struct commissioner *c, struct target *t)
{
    auth_recall(c, t);
    if (commissioner_is_locked(c, t)) {
        commissioner_give_up(c, t, &(struct usher_outcome){ .phase = USHER_PHASE_LINK },
                             &failure_locked);
        c->config.changed(c->config.ctx);
    } else {
        target_ripen(c, t);
    }
}

void commissioner_heard(struct commissioner *c, const struct radio *radio,
                        const struct usher_event *event)
{
    const struct commission_reports *r = c->config.reports;
    const uint8_t *uuid = event->params.unprov.device_uuid;
    bool gatt = event->params.unprov.gatt_supported;
    unsigned bearer = gatt ? USHER_BEARER_GATT : USHER_BEARER_ADV;
    if (c->config.bearers != 0 && (c->config.bearers & bearer) == 0) {
        return;
    }
    struct target *t = target_find(c, uuid);
    bool known = t != NULL;
    if (!known && (c->stopping || c->counts.devices == TARGETS_MAX ||
                   !c->config.wants(c->config.ctx, uuid, event->params.unprov.rssi) ||
                   (t = target_make(c, uuid)) == NULL)) {
        return;
    }
    struct lane_heard *heard = &t->heard[radio - c->radios];
    bool news = heard->bearers == 0;
    if (t->is_untried) {
        commissioner_untried_remove(c, t);
        commissioner_untried_add(c, t);
    }
    t->unsure = false;
    lane_hear(heard, event->params.unprov.rssi, gatt ? &event->params.unprov.peer : NULL);
    if (!known) {
        r->heard(r->ctx, t->uuid, event);
        target_begin(c, t);
    } else if (t->silent || (t->is_untried && t->waiting.not_before != 0)) {
        waiting_remove(&c->room, &t->waiting);
        target_ripen(c, t);
    } else if (news) {
        commissioner_run(c); /* it may be waiting for a radio that is busy */
    }
}

void commissioner_stop(struct commissioner *c)
{
    struct link *l;
    c->stopping = true;
    for (size_t i = 0; (l = commissioner_link_nth(c, i)) != NULL; i++) {
        if (l->target && !l->closing && !l->data_given) {
            (void)usher_cancel(&l->session, USHER_CLOSE_ERROR); /* none: it is ending already */
        }
    }
}

/** A device whose radio is lost in the middle: it says nothing for a minute, then beacons again. */
static void link_lost(struct commissioner *c, struct link *l)
{
    struct target *t = l->target;
    bool done = l->closing;
    commissioner_link_asking_end(c, l);
    commissioner_link_leave(c, l);
    if (!done && !c->stopping) {
        t->unsure |= l->data_given;
        memset(t->heard, 0, c->config.radios * sizeof *t->heard);
        target_await(c, t);
    }
}

void commissioner_lost(struct commissioner *c, const struct usher *u)
{
    struct radio *radio = commissioner_radio_of(c, u);
    if (!radio) {
        return;
    }
    commissioner_lane_of(c, radio)->lost = true;
    shares_set(c);
    for (size_t i = 0; i < c->link_count; i++) {
        if (radio->links[i].target) {
            link_lost(c, &radio->links[i]);
        }
    }
    commissioner_run(c);
}
