/*
 * The choice of a radio; see lane.h. Called by the commissioner for each device whose turn it is.
 */
#include "lane.h"

#include <limits.h>

#define RSSI_UNKNOWN 127
#define RSSI_ASSUMED (-90) /* of a device whose strength is not known */

void lane_hear(struct lane_heard *h, int8_t rssi, const struct usher_ble_addr *peer)
{
    if (h->bearers == 0 || h->rssi == RSSI_UNKNOWN || rssi == RSSI_UNKNOWN) {
        h->rssi = rssi;
    } else {
        h->rssi = (int8_t)((3 * h->rssi + rssi) / 4);
    }
    h->bearers |= (uint8_t)(peer ? USHER_BEARER_GATT : USHER_BEARER_ADV);
    if (peer) {
        h->peer = *peer;
    }
}

static int quality(const struct lane_heard *h)
{
    int rssi = h->rssi == RSSI_UNKNOWN ? RSSI_ASSUMED : h->rssi;
    return rssi - LANE_DB * h->failed;
}

/** The bearers of which one is enough: PB-ADV if it can be had. */
static unsigned bearers_wanted(const struct lane *lanes, size_t count,
                               const struct lane_heard *heard)
{
    unsigned bearers = 0;
    for (size_t i = 0; i < count; i++) {
        bearers |= lanes[i].lost ? 0 : heard[i].bearers;
    }
    return bearers & USHER_BEARER_ADV ? USHER_BEARER_ADV : bearers;
}

enum lane_choice lane_choose(const struct lane *lanes, size_t count, const struct lane_heard *heard,
                             uint64_t now, uint64_t since, size_t *lane, uint64_t *again)
{
    unsigned wanted = bearers_wanted(lanes, count, heard);
    int busy = INT_MIN, best = INT_MIN; /* the best that has no link free; that has */
    size_t found = count;
    for (size_t i = 0; i < count; i++) {
        const struct lane *l = &lanes[i];
        const struct lane_heard *h = &heard[i];
        if (l->lost || (h->bearers & wanted) == 0) {
            continue;
        }
        int loaded = quality(h) - LANE_DB * (int)l->active / (int)l->share;
        if (h->not_before > now) {
            *again = h->not_before < *again ? h->not_before : *again;
        } else if (l->active >= l->share || !l->room) {
            busy = quality(h) > busy ? quality(h) : busy;
        } else if (loaded > best) {
            best = loaded;
            found = i;
        }
    }
    if (wanted == 0) {
        return LANE_NOBODY;
    }
    if (found == count) {
        return LANE_LATER;
    }
    if (busy > quality(&heard[found]) + LANE_DB && now < since + LANE_PATIENCE_MS) {
        *again = since + LANE_PATIENCE_MS < *again ? since + LANE_PATIENCE_MS : *again;
        return LANE_LATER;
    }
    *lane = found;
    return LANE_CHOSEN;
}
