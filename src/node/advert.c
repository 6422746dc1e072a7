/*
 * One advertiser shared among links, mesh messages and beacons. Nothing waits in a queue here: when
 * a slot of the port is free, the link or the node whose PDU has been due the longest is asked for
 * it, so what was acknowledged meanwhile is never sent. The unprovisioned device beacon, the
 * connectable advertisements of GATT and those of the caller's own come last, and take turns.
 */
#include "beacon.h"
#include "gatt.h"

#include <string.h>

static bool slot_free(const struct usher *u, uint8_t *slot)
{
    for (uint8_t i = 0; i < u->port->adv_slots; i++) {
        if ((u->slots_busy >> i & 1) == 0) {
            *slot = i;
            return true;
        }
    }
    return false;
}

static struct usher_session *most_due(const struct usher *u, uint64_t *due)
{
    struct usher_session *first = NULL;

    *due = USHER_NEVER;
    for (struct usher_session *s = u->sessions; s != NULL; s = s->next) {
        uint64_t at = s->bearer->due != NULL ? s->bearer->due(&s->link) : USHER_NEVER;

        if (at < *due) {
            *due = at;
            first = s;
        }
    }
    return first;
}

static uint64_t mesh_due(const struct usher *u)
{
    return u->mesh != NULL ? u->mesh->acts->ad_due(u->mesh) : USHER_NEVER;
}

static uint64_t beacon_due(const struct usher *u)
{
    return u->beacon.on ? u->beacon.at : USHER_NEVER;
}

static uint64_t gatt_due(const struct usher *u)
{
    return u->gatt != NULL ? u->gatt->acts->ad_due(u->gatt) : USHER_NEVER;
}

/* The one of the caller's that has been due the longest; NULL: there is none. */
static struct usher_own_adv *own_first(const struct usher *u)
{
    struct usher_own_adv *first = u->own_advs;

    for (struct usher_own_adv *a = u->own_advs; a != NULL; a = a->next) {
        first = a->at < first->at ? a : first;
    }
    return first;
}

static uint64_t own_due(const struct usher *u)
{
    const struct usher_own_adv *first = own_first(u);

    return first != NULL ? first->at : USHER_NEVER;
}

static uint8_t next_own(struct usher *u, uint8_t ad[USHER_AD_MAX])
{
    struct usher_own_adv *own = own_first(u);
    uint8_t spread = 0;

    memcpy(ad, own->ad, own->len);
    (void)node_random(u, &spread, sizeof(spread));
    own->at = u->now + own->interval_ms + spread % 11u;
    return own->len;
}

/* The beacon, or in turn the URI that its hash is of. */
static uint8_t next_beacon(struct usher *u, uint8_t ad[USHER_AD_MAX])
{
    struct usher_beacon *b = &u->beacon;
    uint8_t spread = 0, len = b->uri_next ? b->uri_len : b->len;

    memcpy(ad, b->uri_next ? b->uri_ad : b->ad, len);
    b->uri_next = b->uri_len != 0 && !b->uri_next;
    (void)node_random(u, &spread, sizeof(spread));
    b->at = u->now + (b->uri_next ? 20u : u->config.beacon_interval_ms) + spread % 11u;
    return len;
}

static uint64_t background_due(const struct usher *u)
{
    return node_sooner(beacon_due(u), node_sooner(gatt_due(u), own_due(u)));
}

static void next_background(struct usher *u, struct usher_adv *adv)
{
    uint64_t due = background_due(u);

    if (gatt_due(u) == due) {
        adv->type = USHER_ADV_IND;
        adv->len = u->gatt->acts->next_ad(u->gatt, adv->data);
    } else if (beacon_due(u) == due) {
        adv->len = next_beacon(u, adv->data);
    } else {
        adv->len = next_own(u, adv->data);
    }
}

void advert_fill(struct usher *u)
{
    struct usher_adv adv = { .count = 1 };

    while (!u->silent && slot_free(u, &adv.slot)) {
        uint64_t due;
        struct usher_session *s = most_due(u, &due);

        adv.type = USHER_ADV_NONCONN_IND;
        if (s != NULL && due <= u->now && due <= mesh_due(u)) {
            adv.len = s->bearer->next(&s->link, u->now, adv.data);
            u->again = true; /* a link may have sent its last Link Close */
        } else if (mesh_due(u) <= u->now) {
            adv.len = u->mesh->acts->next_ad(u->mesh, adv.data);
            u->again = true; /* a segmented message may have sent its last segment */
        } else if (background_due(u) <= u->now) {
            next_background(u, &adv);
        } else {
            return;
        }
        if (adv.len != 0 && u->port->adv_start(u->port->ctx, &adv) == USHER_OK) {
            u->slots_busy |= 1u << adv.slot;
        }
    }
}

uint64_t advert_due(const struct usher *u)
{
    uint8_t slot;
    uint64_t due;

    if (u->silent || !slot_free(u, &slot)) {
        return USHER_NEVER;
    }
    (void)most_due(u, &due);
    due = node_sooner(due, mesh_due(u));
    return node_sooner(due, background_due(u));
}

/* Where the list points at it, or ends. */
static struct usher_own_adv **own_find(struct usher *u, const struct usher_own_adv *adv)
{
    struct usher_own_adv **at = &u->own_advs;

    while (*at != NULL && *at != adv) {
        at = &(*at)->next;
    }
    return at;
}

enum usher_err usher_advertise(struct usher *u, struct usher_own_adv *adv)
{
    struct usher_own_adv **at = own_find(u, adv);

    if (adv->interval_ms < USHER_OWN_ADV_MIN_MS || adv->interval_ms > USHER_OWN_ADV_MAX_MS) {
        return USHER_E_PARAM;
    }
    if (adv->len > USHER_AD_MAX) {
        return USHER_E_LENGTH;
    }
    adv->at = u->port->now_ms(u->port->ctx);
    if (*at == NULL) {
        adv->next = NULL;
        *at = adv;
    }
    node_drain(u);
    return USHER_OK;
}

enum usher_err usher_advertise_stop(struct usher *u, struct usher_own_adv *adv)
{
    struct usher_own_adv **at = own_find(u, adv);

    if (*at == NULL) {
        return USHER_E_STATE;
    }
    *at = adv->next;
    node_drain(u);
    return USHER_OK;
}

void usher_in_adv_done(struct usher *u, uint8_t slot)
{
    if (slot < USHER_ADV_SLOTS) {
        u->slots_busy &= ~(1u << slot);
    }
    node_drain(u);
}

void advert_stop_all(struct usher *u)
{
    for (uint8_t slot = 0; slot < u->port->adv_slots; slot++) {
        if ((u->slots_busy >> slot & 1) != 0) {
            u->port->adv_stop(u->port->ctx, slot);
        }
    }
    u->slots_busy = 0;
}

void usher_radio(struct usher *u, bool on)
{
    u->silent = !on;
    if (!on) {
        advert_stop_all(u);
    }
    node_drain(u);
}

enum usher_err advert_beacon_start(struct usher *u, const struct usher_listen *p)
{
    struct beacon b = { .oob_info = p->oob_info, .has_hash = p->uri_len != 0 };
    struct usher_beacon *out = &u->beacon;
    enum usher_err err = USHER_OK;
    uint8_t spread = 0;

    out->uri_len = 0;
    memcpy(b.uuid, p->uuid, sizeof(b.uuid));
    if (b.has_hash) {
        err = beacon_uri_hash(u->port->crypto, p->uri, p->uri_len, b.hash);
    }
    if (b.has_hash && p->uri_len <= USHER_URI_MAX) { /* a longer one does not fit */
        out->uri_len = (uint8_t)(p->uri_len + 2);
        out->uri_ad[0] = (uint8_t)(p->uri_len + 1);
        out->uri_ad[1] = BEACON_URI_AD_TYPE;
        memcpy(out->uri_ad + 2, p->uri, p->uri_len);
    }
    if (err == USHER_OK) {
        err = node_random(u, &spread, sizeof(spread));
    }
    if (err != USHER_OK) {
        return err;
    }
    out->uri_next = false;
    out->len = beacon_build(&b, out->ad);
    /* Many devices that are switched on together do not beacon together. */
    out->at = u->now + (uint64_t)spread * u->config.beacon_interval_ms / 256;
    out->on = p->bearers == 0 || (p->bearers & USHER_BEARER_ADV) != 0;
    return USHER_OK;
}

const uint8_t *advert_device(const struct usher *u)
{
    return u->beacon.ad + 3; /* after length, AD type and beacon type */
}

void advert_beacon_stop(struct usher *u)
{
    u->beacon.on = false;
}
