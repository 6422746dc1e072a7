/*
 * A port over the simulated air (docs/porting.md has the contract): an instance of Usher in virtual
 * time. Called by whoever runs an air with instances on it: `usher demo`, tests, benches.
 *
 * The node's wake-up and the ECDH answers to come share the radio's one alarm. Each alarm does one
 * thing, as its last act, since whatever it calls may end in simport_deinit().
 */
#include "simport.h"

#include <stdlib.h>
#include <string.h>

#define ECDH_MAX 64 /* answers to come at once */

struct simport_ecdh {
    struct simport_ecdh *next;
    uint64_t due; /* ms */
    uint32_t token;
    uint8_t private_key[USHER_P256_PRIVATE];
    uint8_t peer[USHER_P256_PUBLIC];
};

static uint64_t now_ms(void *ctx)
{
    const struct simport *p = ctx;

    return air_now_us(p->air) / 1000;
}

static void alarm_set(struct simport *p)
{
    uint64_t at = p->node_wake;

    if (p->ecdh != NULL && p->ecdh->due < at) {
        at = p->ecdh->due;
    }
    air_wake_at(p->radio, at);
}

static void wake_at(void *ctx, uint64_t deadline)
{
    struct simport *p = ctx;

    p->node_wake = deadline;
    alarm_set(p);
}

static enum usher_err random_fill(void *ctx, uint8_t *buf, size_t len)
{
    struct simport *p = ctx;

    air_random(p->radio, buf, len);
    return USHER_OK;
}

static enum usher_err adv_start(void *ctx, const struct usher_adv *adv)
{
    struct simport *p = ctx;

    return adv->slot < p->port.adv_slots ? air_send(p->radio, adv) : USHER_E_PARAM;
}

static void adv_stop(void *ctx, uint8_t slot)
{
    struct simport *p = ctx;

    air_stop(p->radio, slot);
}

static enum usher_err scan(void *ctx, unsigned what)
{
    struct simport *p = ctx;

    air_scan(p->radio, what);
    return USHER_OK;
}

static enum usher_err ecdh(void *ctx, uint32_t token, const uint8_t private_key[USHER_P256_PRIVATE],
                           const uint8_t peer[USHER_P256_PUBLIC])
{
    struct simport *p = ctx;
    struct simport_ecdh **last = &p->ecdh;

    if (p->ecdh_count == ECDH_MAX) {
        return USHER_E_RESOURCES;
    }

    struct simport_ecdh *job = calloc(1, sizeof(*job));

    if (job == NULL) {
        return USHER_E_NO_MEM;
    }
    job->due = now_ms(p) + p->ecdh_delay_ms;
    job->token = token;
    memcpy(job->private_key, private_key, sizeof(job->private_key));
    memcpy(job->peer, peer, sizeof(job->peer));
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = job;
    p->ecdh_count++;
    alarm_set(p);
    return USHER_OK;
}

/* Takes the first job off the list. */
static struct simport_ecdh *ecdh_take(struct simport *p)
{
    struct simport_ecdh *job = p->ecdh;

    p->ecdh = job->next;
    p->ecdh_count--;
    return job;
}

static void ecdh_free(struct simport *p, struct simport_ecdh *job)
{
    p->port.crypto->wipe(job, sizeof(*job));
    free(job);
}

static void ecdh_answer(struct simport *p)
{
    const struct usher_crypto *crypto = p->port.crypto;
    struct simport_ecdh *job = ecdh_take(p);
    uint32_t token = job->token;
    uint8_t secret[USHER_P256_SECRET];
    enum usher_err err = crypto->p256_ecdh(crypto->ctx, job->private_key, job->peer, secret);

    ecdh_free(p, job);
    alarm_set(p);
    usher_in_ecdh(p->node, token, err, secret);
    crypto->wipe(secret, sizeof(secret));
}

static bool own_addr(void *ctx, struct usher_ble_addr *addr)
{
    const struct simport *p = ctx;

    addr->type = 1;
    memcpy(addr->addr, air_addr(p->radio), sizeof(addr->addr));
    return true;
}

static void on_report(void *ctx, const struct usher_adv_report *report)
{
    struct simport *p = ctx;

    usher_in_adv(p->node, report);
}

static void on_adv_done(void *ctx, uint8_t slot)
{
    struct simport *p = ctx;

    usher_in_adv_done(p->node, slot);
}

static void on_wake(void *ctx)
{
    struct simport *p = ctx;

    if (p->ecdh != NULL && p->ecdh->due <= now_ms(p)) {
        ecdh_answer(p);
        return;
    }
    p->node_wake = USHER_NEVER;
    alarm_set(p);
    usher_process(p->node);
}

enum usher_err simport_init(struct simport *p, struct air *air, struct usher *node,
                            const struct usher_crypto *crypto, uint8_t adv_slots)
{
    static const struct air_owner owner = {
        .report = on_report,
        .adv_done = on_adv_done,
        .wake = on_wake,
    };

    if (adv_slots == 0 || adv_slots > USHER_ADV_SLOTS) {
        return USHER_E_PARAM;
    }
    *p = (struct simport){
        .port = {
            .ctx = p,
            .crypto = crypto,
            .adv_slots = adv_slots,
            .now_ms = now_ms,
            .wake_at = wake_at,
            .random = random_fill,
            .adv_start = adv_start,
            .adv_stop = adv_stop,
            .scan = scan,
            .own_addr = own_addr,
        },
        .air = air,
        .radio = air_join(air, &owner, p),
        .node = node,
        .node_wake = USHER_NEVER,
    };
    return p->radio != NULL ? USHER_OK : USHER_E_NO_MEM;
}

void simport_ecdh_delay_set(struct simport *p, uint16_t ms)
{
    p->ecdh_delay_ms = ms;
    p->port.ecdh = ms != 0 ? ecdh : NULL;
}

void simport_deinit(struct simport *p)
{
    while (p->ecdh != NULL) {
        ecdh_free(p, ecdh_take(p));
    }
    if (p->radio != NULL) {
        air_leave(p->radio);
        p->radio = NULL;
    }
}
