/*
 * Which radio takes a device, of those that hear it: the commissioner's rule, as a function of what
 * is known of the radios and of how each hears the device.
 *
 * - A radio that hears the device on PB-ADV goes before those that hear it on PB-GATT alone.
 * - The stronger the device is heard, the better. Each link that the radio has at work counts
 *   against it, LANE_DB when all of its share are, and each attempt at this device that failed over
 *   it counts LANE_DB as well.
 * - A radio with a free link that hears the device at most LANE_DB weaker than a busy one takes it
 *   at once. Else the busy one is waited for, LANE_PATIENCE_MS at most.
 */
#ifndef COMMISSION_LANE_H
#define COMMISSION_LANE_H

#include <usher/usher.h>

#define LANE_DB 12
#define LANE_PATIENCE_MS 5000u

/** A radio. */
struct lane {
    bool lost;
    unsigned active; /* links at work */
    unsigned share;  /* so many may be; at least 1 */
    bool room;       /* it has a session that is free */
};

/** How a device is heard by one radio. */
struct lane_heard {
    uint64_t not_before;        /* ms; it could not begin: not again until then */
    struct usher_ble_addr peer; /* once it is heard on PB-GATT */
    int8_t rssi;                /* dBm, smoothed; 127: not known */
    uint8_t bearers;            /* enum usher_bearer, bits; 0: not heard */
    uint8_t failed;             /* attempts */
};

/** Takes another beacon into account. @p peer  Of a beacon on PB-GATT; NULL: of one on PB-ADV. */
void lane_hear(struct lane_heard *h, int8_t rssi, const struct usher_ble_addr *peer);

enum lane_choice {
    LANE_CHOSEN,
    LANE_LATER,  /* to be asked again: when a link is free, or at a time */
    LANE_NOBODY, /* no radio that is left has heard the device */
};

/**
 * Chooses.
 *
 * @param heard  As many as there are lanes.
 * @param since  Since when the device waits for a radio, ms.
 * @param lane   Gets the radio's number, if one is chosen.
 * @param again  Set to an earlier time, if the choice may be another one then.
 */
enum lane_choice lane_choose(const struct lane *lanes, size_t count, const struct lane_heard *heard,
                             uint64_t now, uint64_t since, size_t *lane, uint64_t *again);

#endif
