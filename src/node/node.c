/*
 * The instance: inputs in, turns for its parts, events out (the public interface is usher.h).
 *
 * Every entry ends in node_drain(). It goes round until nothing is left to do: each part has its
 * turn, sessions first, then the mesh node, if there is one; and then the work of the caller's. The
 * user's handler runs with all state settled and may call anything; what it starts is picked up by
 * the next round.
 */
#include "ct.h"
#include "gatt.h"
#include "kdf.h"

#include <string.h>

const char *usher_version(void)
{
    return USHER_VERSION;
}

void node_tell(struct usher *u, const struct usher_event *event)
{
    if (u->config.handler != NULL) {
        u->config.handler(u->config.user, u, event);
    }
}

/* -- its turns --------------------------------------------------------------------------------- */

static void set_wake(struct usher *u)
{
    uint64_t at = node_sooner(advert_due(u), u->work_at);

    for (unsigned i = 0; i < USHER_PARTS; i++) {
        const struct usher_part *p = u->parts[i];

        if (p != NULL && p->deadline != NULL) {
            at = node_sooner(at, p->deadline(u));
        }
    }
    if (at != u->wake) {
        u->wake = at;
        u->port->wake_at(u->port->ctx, at);
    }
}

static void run_parts(struct usher *u)
{
    for (unsigned i = 0; i < USHER_PARTS; i++) {
        const struct usher_part *p = u->parts[i];

        if (p != NULL && p->run != NULL) {
            p->run(u);
        }
    }
}

void node_drain(struct usher *u)
{
    u->again = true;
    if (u->draining) {
        return;
    }
    u->draining = true;
    u->now = u->port->now_ms(u->port->ctx);
    while (u->again) {
        u->again = false;
        run_parts(u);
        if (u->config.work != NULL) {
            u->work_at = u->config.work(u->config.user, u, u->now);
        }
        advert_fill(u);
    }
    (void)scan_update(u);
    set_wake(u);
    u->draining = false;
}

void node_alarm(struct usher *u)
{
    uint64_t now = u->port->now_ms(u->port->ctx);

    u->again = true;
    if (!u->draining && u->wake > now) {
        u->wake = now;
        u->port->wake_at(u->port->ctx, now);
    }
}

void usher_work(struct usher *u)
{
    node_alarm(u);
}

void usher_process(struct usher *u)
{
    u->wake = USHER_NEVER;
    node_drain(u);
}

/* -- GATT in ----------------------------------------------------------------------------------- */

void usher_in_gatt_open(struct usher *u, const struct usher_gatt_opened *opened)
{
    if (u->gatt != NULL) {
        u->gatt->acts->opened(u->gatt, opened);
        node_drain(u);
    }
}

void usher_in_gatt_data(struct usher *u, uint8_t conn, const uint8_t *value, size_t len)
{
    if (u->gatt != NULL) {
        u->gatt->acts->data(u->gatt, conn, value, len);
        node_drain(u);
    }
}

void usher_in_gatt_ready(struct usher *u, uint8_t conn)
{
    (void)conn; /* each connection with something to send is tried again */
    node_drain(u);
}

void usher_in_gatt_close(struct usher *u, uint8_t conn)
{
    if (u->gatt != NULL) {
        u->gatt->acts->closed(u->gatt, conn);
        node_drain(u);
    }
}

/* -- making and ending ------------------------------------------------------------------------- */

static bool port_ok(const struct usher_port *p)
{
    return p != NULL && p->crypto != NULL && p->now_ms != NULL && p->wake_at != NULL &&
           p->random != NULL && p->adv_start != NULL && p->adv_stop != NULL && p->scan != NULL;
}

enum usher_err usher_init(struct usher *u, const struct usher_port *port,
                          const struct usher_config *config)
{
    if (u == NULL || config == NULL || !port_ok(port)) {
        return USHER_E_NULL;
    }
    if (port->adv_slots > USHER_ADV_SLOTS) {
        return USHER_E_PARAM;
    }
    memset(u, 0, sizeof(*u));
    u->port = port;
    u->config = *config;
    if (u->config.policy == NULL) {
        u->config.policy = &usher_pb_adv_spec;
    }
    if (u->config.beacon_interval_ms == 0) {
        u->config.beacon_interval_ms = 2000;
    }
    u->wake = USHER_NEVER;
    u->work_at = USHER_NEVER;
    u->now = port->now_ms(port->ctx);
    return USHER_OK;
}

void usher_deinit(struct usher *u)
{
    for (unsigned i = USHER_PARTS; i-- > 0;) {
        const struct usher_part *p = u->parts[i];

        u->parts[i] = NULL;
        if (p != NULL && p->deinit != NULL) {
            p->deinit(u);
        }
    }
    advert_stop_all(u);
    (void)scan_update(u);
    u->port->wake_at(u->port->ctx, USHER_NEVER);
}

enum usher_err node_random(struct usher *u, void *buf, size_t len)
{
    uint8_t mark[16];

    if (u->port->random(u->port->ctx, buf, len) != USHER_OK) {
        return USHER_E_INTERNAL;
    }
    if (len < sizeof(mark)) { /* jitter: may well repeat */
        return USHER_OK;
    }
    /* What was drawn may become a key: kept is a one-way mark of it. */
    if (ct_zero(buf, len) || kdf_s1(u->port->crypto, buf, sizeof(mark), mark) != USHER_OK ||
        ct_equal(mark, u->random_mark, sizeof(mark))) {
        return USHER_E_INTERNAL;
    }
    memcpy(u->random_mark, mark, sizeof(mark));
    return USHER_OK;
}

enum usher_err usher_generate_keys(struct usher *u, uint8_t private_key[USHER_P256_PRIVATE],
                                   uint8_t public_key[USHER_P256_PUBLIC])
{
    const struct usher_crypto *c = u->port->crypto;
    enum usher_err err = USHER_E_DATA;

    /* One draw in 2^32 is not below the curve's order, so a few are enough. */
    for (int tries = 0; tries < 8 && err == USHER_E_DATA; tries++) {
        err = node_random(u, private_key, USHER_P256_PRIVATE);
        if (err == USHER_OK) {
            err = c->p256_public(c->ctx, private_key, public_key);
        }
    }
    return err == USHER_OK ? USHER_OK : USHER_E_INTERNAL;
}
