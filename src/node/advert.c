/*
 * One advertiser shared among the parts of an instance. Nothing waits in a queue here: when a slot
 * of the port is free, the part whose PDU has been due the longest is asked for it, so what was
 * acknowledged meanwhile is never sent. Beacons and other things in the background come last, and
 * take turns.
 */
#include "node.h"

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

static uint64_t part_due(const struct usher *u, unsigned i)
{
    const struct usher_part *p = u->parts[i];

    return p != NULL && p->ad_due != NULL ? p->ad_due(u) : USHER_NEVER;
}

/* The part whose advertisement comes next; NULL: none is due. */
static const struct usher_part *most_due(const struct usher *u, bool background)
{
    const struct usher_part *first = NULL;
    uint64_t due = u->now + 1;

    for (unsigned i = 0; i < USHER_PARTS; i++) {
        uint64_t at = part_due(u, i);

        if (at < due && u->parts[i]->background == background) {
            first = u->parts[i];
            due = at;
        }
    }
    return first;
}

void advert_fill(struct usher *u)
{
    struct usher_adv adv = { .count = 1 };

    while (!u->silent && slot_free(u, &adv.slot)) {
        const struct usher_part *part = most_due(u, false);

        if (part != NULL) {
            u->again =
                true; /* a link may have sent its last Link Close, a message its last segment */
        } else if ((part = most_due(u, true)) == NULL) {
            return;
        }
        adv.type = part->adv;
        adv.len = part->next_ad(u, adv.data);
        if (adv.len != 0 && u->port->adv_start(u->port->ctx, &adv) == USHER_OK) {
            u->slots_busy |= 1u << adv.slot;
        }
    }
}

uint64_t advert_due(const struct usher *u)
{
    uint8_t slot;
    uint64_t due = USHER_NEVER;

    if (u->silent || !slot_free(u, &slot)) {
        return USHER_NEVER;
    }
    for (unsigned i = 0; i < USHER_PARTS; i++) {
        due = node_sooner(due, part_due(u, i));
    }
    return due;
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
