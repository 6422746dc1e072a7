/* The port of the fuzz targets, in virtual time; see wire.h. */
#include "wire.h"

#include "fuzz.h"

#include <string.h>

#define EVENT_MS 2      /* an advertising event, all three channels */
#define STEPS_MAX 2000u /* in one millisecond; far more than anything has reason for */

static uint64_t now_ms(void *ctx)
{
    const struct wire_end *e = ctx;

    return e->wire->now;
}

static void wake_at(void *ctx, uint64_t deadline)
{
    struct wire_end *e = ctx;

    e->wake = deadline;
}

static enum usher_err random_fill(void *ctx, uint8_t *buf, size_t len)
{
    struct wire_end *e = ctx;

    for (size_t i = 0; i < len; i++) {
        buf[i] = (uint8_t)rng_below(&e->rng, 256);
    }
    return USHER_OK;
}

static enum usher_err adv_start(void *ctx, const struct usher_adv *adv)
{
    struct wire_end *e = ctx;

    FUZZ_CHECK(adv->slot < e->port.adv_slots && e->done[adv->slot] == USHER_NEVER);
    FUZZ_CHECK(adv->len >= 2 && adv->len <= USHER_AD_MAX && adv->count == 1);
    if (e->port.gatt_conns == 0 || adv->type != USHER_ADV_IND) {
        FUZZ_CHECK(adv->type == USHER_ADV_NONCONN_IND && adv->data[0] == adv->len - 1);
    }
    e->done[adv->slot] = e->wire->now + EVENT_MS;
    e->wire->sent(e->wire->ctx, e->index, adv);
    return USHER_OK;
}

static void adv_stop(void *ctx, uint8_t slot)
{
    struct wire_end *e = ctx;

    FUZZ_CHECK(slot < e->port.adv_slots && e->done[slot] != USHER_NEVER);
    e->done[slot] = USHER_NEVER;
}

static enum usher_err scan(void *ctx, unsigned what)
{
    (void)ctx; /* a hint, and not taken: all is heard */
    (void)what;
    return USHER_OK;
}

static enum usher_err ecdh(void *ctx, uint32_t token, const uint8_t private_key[USHER_P256_PRIVATE],
                           const uint8_t peer[USHER_P256_PUBLIC])
{
    struct wire_end *e = ctx;

    for (struct wire_job *job = e->jobs; job < e->jobs + WIRE_JOBS; job++) {
        if (job->at == USHER_NEVER) {
            job->at = e->wire->now + e->ecdh_ms;
            job->token = token;
            memcpy(job->private_key, private_key, sizeof(job->private_key));
            memcpy(job->peer, peer, sizeof(job->peer));
            return USHER_OK;
        }
    }
    return USHER_E_RESOURCES;
}

static void quiet(struct wire_end *e)
{
    e->wake = USHER_NEVER;
    for (unsigned slot = 0; slot < USHER_ADV_SLOTS; slot++) {
        e->done[slot] = USHER_NEVER;
    }
    for (unsigned job = 0; job < WIRE_JOBS; job++) {
        e->jobs[job].at = USHER_NEVER;
    }
}

void wire_init(struct wire *w, wire_sent sent, void *ctx)
{
    memset(w, 0, sizeof(*w));
    w->sent = sent;
    w->ctx = ctx;
    for (unsigned i = 0; i < 2; i++) {
        w->end[i].wire = w;
        w->end[i].index = i;
        w->end[i].rng = rng_make(7, i);
        quiet(&w->end[i]);
    }
}

void wire_join(struct wire *w, unsigned end, const struct usher_config *config, uint8_t adv_slots,
               uint16_t ecdh_ms)
{
    struct wire_end *e = &w->end[end];

    quiet(e);
    e->ecdh_ms = ecdh_ms;
    e->port = (struct usher_port){
        .ctx = e,
        .crypto = fuzz_crypto(),
        .adv_slots = adv_slots,
        .now_ms = now_ms,
        .wake_at = wake_at,
        .random = random_fill,
        .adv_start = adv_start,
        .adv_stop = adv_stop,
        .scan = scan,
        .ecdh = ecdh_ms != 0 ? ecdh : NULL,
    };
    FUZZ_CHECK(usher_init(&e->node, &e->port, config) == USHER_OK);
}

void wire_leave(struct wire *w, unsigned end)
{
    struct wire_end *e = &w->end[end];

    usher_deinit(&e->node);
    FUZZ_CHECK(e->wake == USHER_NEVER);
    for (unsigned slot = 0; slot < USHER_ADV_SLOTS; slot++) {
        FUZZ_CHECK(e->done[slot] == USHER_NEVER);
    }
    quiet(e);
}

void wire_put(struct wire *w, unsigned to, unsigned delay, const uint8_t *data, uint8_t len)
{
    struct wire_packet *p = &w->packets[w->count];

    if (w->count == WIRE_PACKETS) {
        return;
    }
    w->count++;
    p->at = w->now + delay;
    p->to = (uint8_t)to;
    p->type = USHER_ADV_NONCONN_IND;
    p->len = len;
    memcpy(p->data, data, len);
}

static uint64_t end_next(const struct wire_end *e)
{
    uint64_t at = e->wake;

    for (unsigned slot = 0; slot < USHER_ADV_SLOTS; slot++) {
        at = e->done[slot] < at ? e->done[slot] : at;
    }
    for (unsigned job = 0; job < WIRE_JOBS; job++) {
        at = e->jobs[job].at < at ? e->jobs[job].at : at;
    }
    return at;
}

uint64_t wire_next(const struct wire *w)
{
    uint64_t at = end_next(&w->end[0]), other = end_next(&w->end[1]);

    at = other < at ? other : at;
    for (unsigned i = 0; i < w->count; i++) {
        at = w->packets[i].at < at ? w->packets[i].at : at;
    }
    return at > w->now ? at : w->now;
}

/* Delivers the packet that has been due the longest. */
static bool deliver(struct wire *w)
{
    unsigned first = 0;
    uint8_t data[USHER_AD_MAX];
    struct usher_adv_report report = { .rssi = -50, .data = data };

    for (unsigned i = 1; i < w->count; i++) {
        first = w->packets[i].at < w->packets[first].at ? i : first;
    }
    if (w->count == 0 || w->packets[first].at > w->now) {
        return false;
    }
    struct wire_packet p = w->packets[first];

    w->count--;
    memmove(&w->packets[first], &w->packets[first + 1], (w->count - first) * sizeof(p));
    memcpy(data, p.data, p.len);
    report.type = (enum usher_adv_type)p.type;
    report.len = p.len;
    usher_in_adv(&w->end[p.to].node, &report);
    return true;
}

static bool compute(struct wire_end *e)
{
    const struct usher_crypto *c = e->port.crypto;
    uint8_t secret[USHER_P256_SECRET];

    for (struct wire_job *job = e->jobs; job < e->jobs + WIRE_JOBS; job++) {
        if (job->at <= e->wire->now) {
            enum usher_err err = c->p256_ecdh(c->ctx, job->private_key, job->peer, secret);

            job->at = USHER_NEVER;
            usher_in_ecdh(&e->node, job->token, err, secret);
            return true;
        }
    }
    return false;
}

/* Lets one thing happen that is due at an end. */
static bool end_step(struct wire_end *e)
{
    for (uint8_t slot = 0; slot < USHER_ADV_SLOTS; slot++) {
        if (e->done[slot] <= e->wire->now) {
            e->done[slot] = USHER_NEVER;
            usher_in_adv_done(&e->node, slot);
            return true;
        }
    }
    if (compute(e)) {
        return true;
    }
    if (e->wake <= e->wire->now) {
        e->wake = USHER_NEVER;
        usher_process(&e->node);
        return true;
    }
    return false;
}

void wire_run(struct wire *w, uint64_t now)
{
    if (now > w->now) {
        w->now = now;
        w->steps = 0;
    }
    while (deliver(w) || end_step(&w->end[0]) || end_step(&w->end[1])) {
        FUZZ_CHECK(++w->steps < STEPS_MAX);
    }
}
