/*
 * The simulated air: the three Bluetooth LE advertising channels, shared by any number of radios,
 * in microseconds of a time of its own. A seed replays everything that happens on it.
 *
 * What it models: each advertising event is a PDU on channels 37, 38 and 39 one after the other,
 * with its time on the air, (16 + octets of AD) * 8 us, and 150 us between them; a radio scans one
 * channel at a time and moves on every scan interval, but not in the middle of an event, so it
 * hears an event on exactly one of them; it hears nothing while it sends (half duplex); two PDUs
 * that overlap on a channel destroy each other (collision); and, per reception, seeded loss,
 * duplication, delay and reordering. All radios are in reach of each other, unless there is a
 * range: then a radio hears those that are no further away, and only they can destroy what it
 * hears. The signal strength, -40 to -80 dBm, is a constant of each pair.
 *
 * Who calls it: sim/simport.c gives an instance of Usher a port over it, in virtual time;
 * ports/linux/air_server.c drives it by the wall clock for processes of their own.
 */
#ifndef SIM_AIR_H
#define SIM_AIR_H

#include "queue.h"

#include <usher/config.h>
#include <usher/port.h>

struct air;
struct air_radio;

struct air_config {
    uint64_t seed;
    uint8_t loss_pct;          /* receptions lost */
    uint8_t dup_pct;           /* receptions delivered twice, the second 1..10 ms later */
    uint8_t reorder_pct;       /* receptions held back 5..40 ms, so that later ones overtake them */
    uint16_t delay_ms;         /* receptions delayed by 0..delay_ms at random */
    uint16_t scan_interval_ms; /* time on one channel; 0: 30 */
    bool no_collisions;        /* a wire rather than a radio: no collisions, no half duplex */
    uint16_t range;            /* how far a radio reaches, in the units of air_place(); 0: to all */
};

struct air_stats {
    uint64_t events;     /* advertising events sent */
    uint64_t receptions; /* reports delivered, duplicates included */
    uint64_t lost, duplicated, reordered;
    uint64_t collided; /* receptions destroyed by another PDU */
    uint64_t deaf;     /* receptions missed because the radio was sending */
};

/**
 * What a radio's owner is told. From within, all that concerns radios may be called, for this one
 * and for others, air_leave() included; not air_run_until(), which then does nothing, nor
 * air_free().
 */
struct air_owner {
    void (*report)(void *ctx, const struct usher_adv_report *report);
    void (*adv_done)(void *ctx, uint8_t slot);
    void (*wake)(void *ctx); /* the time given to air_wake_at() has come */
};

/**
 * What a sniffer hears: every PDU on every channel at the time of its start, whether or not anybody
 * receives it. It must not call the air.
 */
typedef void (*air_sniffer)(void *ctx, uint64_t at_us, uint8_t channel,
                            const struct usher_ble_addr *addr, enum usher_adv_type type,
                            const uint8_t *ad, uint8_t len);

/** @retval NULL  No memory, or a percentage above 100. */
struct air *air_new(const struct air_config *config);
void air_free(struct air *air);

/**
 * Changes loss, duplication, reordering and delay from now on; seed and the rest stay. Above 100 %
 * counts as 100.
 */
void air_config_set(struct air *air, const struct air_config *config);
void air_sniffer_set(struct air *air, air_sniffer sniffer, void *ctx);
const struct air_stats *air_stats(const struct air *air);

/**
 * Joins a radio, with a static random address made from the seed and its number. NULL: no memory.
 */
struct air_radio *air_join(struct air *air, const struct air_owner *owner, void *ctx);
/**
 * Gives the radio another address: for advertisements and attempts to connect that begin from now
 * on (air_send(), air_initiate()), and for links that come of them. At first it has a static random
 * one, of air_join().
 */
void air_addr_set(struct air_radio *radio, const struct usher_ble_addr *addr);
/** Leaves: what the radio has on the air ends unheard, nothing is told to its owner any more. */
void air_leave(struct air_radio *radio);
const uint8_t *air_addr(const struct air_radio *radio);
/** Where a radio is from now on; at first, at 0, 0. Of no account unless there is a range. */
void air_place(struct air_radio *radio, int16_t x, int16_t y);

/**
 * Starts an advertisement: adv->count events, the first one within 1 ms or as soon as the radio is
 * free (a radio sends one event at a time, in the order of the calls), the later ones after
 * adv->interval_ms and the standard's random 0..10 ms. Then adv_done; the slot is free by then.
 *
 * @retval USHER_OK       Begun; adv_done follows.
 * @retval USHER_E_BUSY   The slot is in use.
 * @retval USHER_E_PARAM  Slot, length or count out of range.
 */
enum usher_err air_send(struct air_radio *radio, const struct usher_adv *adv);
/**
 * Ends what the slot has not sent yet; a PDU that is on the air is sent whole. The slot is free at
 * once.
 */
void air_stop(struct air_radio *radio, uint8_t slot);

/**
 * Scans for what is in @p what (bits of enum usher_scan; 0xFF: all): a connectable PDU is of
 * USHER_SCAN_GATT, another one of the AD type that its first AD structure has. The others are not
 * even counted.
 */
void air_scan(struct air_radio *radio, unsigned what);

/**
 * Active scanning: a connectable or scannable advertisement that is heard is followed by a report
 * of its scan response (USHER_ADV_SCAN_RSP), if the request and the response are not lost.
 */
void air_scan_active(struct air_radio *radio, bool active);
/**
 * What a slot's advertisements answer to scan requests from now on, 0..31 octets (more are not
 * taken); at first nothing, which is a response, too. Scan requests that are sent at once do not
 * collide.
 */
void air_scan_response_set(struct air_radio *radio, uint8_t slot, const uint8_t *ad, uint8_t len);

/**
 * Calls the owner's wake at @p ms, or soon if that is over; once; replaces the one before.
 * USHER_NEVER: not.
 */
void air_wake_at(struct air_radio *radio, uint64_t ms);

/** A call at a time of the air's, for devices that need several. Zeros make one that is not set. */
struct air_timer {
    struct queue_item item; /* private, both */
    bool reserved;
};
/**
 * @p due is called at @p us, or at once if that is over; replaces the time before.
 *
 * @retval false  No memory: it will not be called. Not so when the timer was set before, and not
 * stopped since.
 */
bool air_timer_set(struct air *air, struct air_timer *timer, uint64_t us, void (*due)(void *ctx),
                   void *ctx);
/** Before the timer's memory is given up; as often as one likes. */
void air_timer_stop(struct air *air, struct air_timer *timer);

/** The time in microseconds; in milliseconds it is what a port's now_ms answers. */
uint64_t air_now_us(const struct air *air);
/**
 * When the next thing happens: the time to call air_run_until() with; USHER_NEVER when nothing
 * will.
 */
uint64_t air_next_us(const struct air *air);
/** Lets everything happen that is due up to and including @p us, then the time is @p us. */
void air_run_until(struct air *air, uint64_t us);

/**
 * The seeded generator of a radio's owner: for a port's `random` in simulation. Deterministic, not
 * secret.
 */
void air_random(struct air_radio *radio, uint8_t *buf, size_t len);

#endif
