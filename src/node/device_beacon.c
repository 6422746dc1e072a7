/* The unprovisioned device beacon of a device that listens, and the URI that its hash is of (Mesh
 * Protocol 1.1, section 3.10.2). Called by the device's entry calls, and for its turns. */
#include "beacon.h"
#include "node.h"

#include <string.h>

#define URI_AFTER_MS 20u /* the beacon */
#define SPREAD_MS 10u    /* random, on top of each interval */

static uint64_t ad_due(const struct usher *u)
{
    return u->beacon.at;
}

/* The beacon, or in turn the URI that its hash is of. */
static uint8_t next_ad(struct usher *u, uint8_t ad[USHER_AD_MAX])
{
    struct usher_beacon *b = &u->beacon;
    uint8_t spread = 0, len = b->uri_next ? b->uri_len : b->len;

    memcpy(ad, b->uri_next ? b->uri_ad : b->ad, len);
    b->uri_next = b->uri_len != 0 && !b->uri_next;
    (void)node_random(u, &spread, sizeof(spread));
    b->at = u->now + (b->uri_next ? URI_AFTER_MS : u->config.beacon_interval_ms) +
            spread % (SPREAD_MS + 1);
    return len;
}

static const struct usher_part device_beacon = {
    .adv = USHER_ADV_NONCONN_IND,
    .background = true,
    .ad_due = ad_due,
    .next_ad = next_ad,
};

enum usher_err device_beacon_start(struct usher *u, const struct usher_listen *p)
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
    if (p->bearers == 0 || (p->bearers & USHER_BEARER_ADV) != 0) {
        u->parts[USHER_PART_BEACON] = &device_beacon;
    }
    return USHER_OK;
}
