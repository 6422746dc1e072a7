/*
 * Advertisements in: AD structures are told apart and routed, PB-ADV by link to its session,
 * beacons of unprovisioned devices to the user, mesh messages and the beacons of subnets to the
 * node, services that are offered to GATT. Most of what a provisioner hears are beacons that it has
 * heard before, so these are shed before anything else is done with them.
 */
#include "beacon.h"
#include "gatt.h"
#include "pb_adv.h"

#include <string.h>

/* Set in the hash of a UUID that was heard on PB-GATT: a device may be heard on both bearers. */
#define GATT_MARK (UINT64_C(1) << 63 | UINT64_C(1) << 32)

static unsigned wanted(const struct usher *u)
{
    if (u->silent) {
        return USHER_SCAN_OFF;
    }
    return (u->scanning ? USHER_SCAN_BEACON : 0u) | (u->sessions != NULL ? USHER_SCAN_PB_ADV : 0u) |
           (u->mesh != NULL ? u->mesh->acts->scan(u->mesh) : 0u) |
           (u->gatt != NULL ? u->gatt->acts->scan(u->gatt) : 0u);
}

enum usher_err scan_update(struct usher *u)
{
    unsigned what = wanted(u);
    enum usher_err err = USHER_OK;

    if (what != u->scan_what) {
        err = u->port->scan(u->port->ctx, what);
        u->scan_what = (uint8_t)(err == USHER_OK ? what : USHER_SCAN_OFF);
    }
    return err;
}

enum usher_err usher_scan(struct usher *u, bool on)
{
    u->scanning = on;
    if (on) {
        memset(u->heard, 0, sizeof(u->heard));
    }
    if (node_remote(u) != NULL) {
        return node_remote(u)->scan(node_remote_ctx(u), on);
    }
    return scan_update(u);
}

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

static void in_beacon(struct usher *u, const uint8_t *data, size_t len,
                      const struct usher_adv_report *report)
{
    struct beacon b;

    if (u->scanning && beacon_parse(data, len, &b)) {
        scan_found(u, &b, report, false);
    }
}

static void in_pb_adv(struct usher *u, const uint8_t *data, size_t len)
{
    for (struct usher_session *s = u->sessions; s != NULL; s = s->next) {
        if (s->bearer->wants != NULL && s->bearer->wants(&s->link, data, len)) {
            s->bearer->rx(&s->link, u->port->now_ms(u->port->ctx), data, len);
            node_drain(u);
            return;
        }
    }
}

/* 3.3.1: mesh AD types are ignored in what is connectable; services are in what is not. */
static void in_ad(struct usher *u, const struct usher_adv_report *report, uint8_t ad_type,
                  const uint8_t *data, size_t len)
{
    if (report->type == USHER_ADV_IND) {
        if (u->gatt != NULL) {
            u->gatt->acts->in_ad(u->gatt, report, ad_type, data, len);
        }
        return;
    }
    if (ad_type == PB_ADV_AD_TYPE) {
        in_pb_adv(u, data, len);
    } else if (ad_type == BEACON_AD_TYPE) {
        in_beacon(u, data, len, report);
    }
    if (u->mesh != NULL) {
        u->mesh->acts->in_ad(u->mesh, ad_type, data, len);
    }
}

void usher_in_adv(struct usher *u, const struct usher_adv_report *report)
{
    const uint8_t *ad = report->data;
    size_t left = report->len <= USHER_AD_MAX ? report->len : 0;

    if (u->silent) {
        return;
    }
    if (u->config.heard != NULL) {
        u->config.heard(u->config.user, u, report);
    }
    if (report->type != USHER_ADV_NONCONN_IND && report->type != USHER_ADV_IND) {
        return;
    }
    while (left >= 2 && ad[0] != 0 && ad[0] < left) {
        size_t len = ad[0];

        in_ad(u, report, ad[1], ad + 2, len - 1);
        ad += len + 1;
        left -= len + 1;
    }
}
