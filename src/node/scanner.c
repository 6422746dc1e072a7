/*
 * The scanner for unprovisioned devices (usher_scan()): their beacons become events. Most of what a
 * provisioner hears are beacons that it has heard before, so these are shed before anything else is
 * done with them.
 */
#include "beacon.h"
#include "node.h"

#include <string.h>

/* Set in the hash of a UUID that was heard on PB-GATT: a device may be heard on both bearers. */
#define GATT_MARK (UINT64_C(1) << 63 | UINT64_C(1) << 32)

/* FNV-1a over the UUID: for telling devices apart cheaply, a clash costs one beacon told twice. */
static uint64_t hash_uuid(const uint8_t *uuid)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (int i = 0; i < USHER_UUID_SIZE; i++) {
        h = (h ^ uuid[i]) * UINT64_C(0x100000001b3);
    }
    return h | 1; /* 0 is an empty place */
}

static bool heard_lately(struct usher *u, const uint8_t *uuid, bool gatt)
{
    uint64_t h = hash_uuid(uuid) ^ (gatt ? GATT_MARK : 0), now = u->port->now_ms(u->port->ctx);
    size_t i = (size_t)(h >> 32) % USHER_SCAN_CACHE;

    if (u->heard[i].hash == h && now - u->heard[i].at < u->config.beacon_repeat_ms) {
        return true;
    }
    u->heard[i].hash = h;
    u->heard[i].at = now;
    return false;
}

void scan_found(struct usher *u, const struct beacon *b, const struct usher_adv_report *report,
                bool gatt)
{
    struct usher_event e = { .type = USHER_EVT_UNPROVISIONED_RECEIVED };

    if (!u->scanning || (u->config.beacon_repeat_ms != 0 && heard_lately(u, b->uuid, gatt))) {
        return;
    }
    memcpy(e.params.unprov.device_uuid, b->uuid, sizeof(b->uuid));
    e.params.unprov.gatt_supported = gatt;
    e.params.unprov.oob_info = b->oob_info;
    e.params.unprov.rssi = report->rssi;
    e.params.unprov.peer.type = report->addr_type;
    memcpy(e.params.unprov.peer.addr, report->addr, sizeof(report->addr));
    e.params.unprov.uri_hash_present = b->has_hash;
    if (b->has_hash) {
        memcpy(e.params.unprov.uri_hash, b->hash, sizeof(b->hash));
    }
    node_tell(u, &e);
    node_drain(u);
}

static void in_ad(struct usher *u, const struct node_ad *ad)
{
    struct beacon b;

    if (ad->type == BEACON_AD_TYPE && u->scanning && beacon_parse(ad->data, ad->len, &b)) {
        scan_found(u, &b, ad->report, false);
    }
}

static unsigned scan(const struct usher *u)
{
    return u->scanning ? USHER_SCAN_BEACON : USHER_SCAN_OFF;
}

static void deinit(struct usher *u)
{
    u->scanning = false;
}

static const struct usher_part scanner = {
    .adv = USHER_ADV_NONCONN_IND,
    .scan = scan,
    .in_ad = in_ad,
    .deinit = deinit,
};

enum usher_err usher_scan(struct usher *u, bool on)
{
    u->scanning = on;
    u->parts[USHER_PART_SCANNER] = &scanner;
    if (on) {
        memset(u->heard, 0, sizeof(u->heard));
    }
    if (node_remote(u) != NULL) {
        return node_remote(u)->scan(node_remote_ctx(u), on);
    }
    return scan_update(u);
}
