/*
 * The address map of a plan: which unicast addresses are taken and by whom, which ones the plan
 * gives, and which are the next free ones for the devices that it leaves open. What a plan's
 * devices get must not depend on their order on the air: an address that the plan gives is kept for
 * its device, also while that has not been heard.
 *
 * Called by the verb provision: fill it, batch_map_plan(), then batch_map_lease() for each device.
 */
#ifndef COMMISSION_BATCH_MAP_H
#define COMMISSION_BATCH_MAP_H

#include "batch.h"

/** By whom an address is taken. */
enum batch_owner {
    BATCH_FREE,
    BATCH_BEYOND,   /* nobody's, and not in our ranges yet: given when those are used up */
    BATCH_NODE,     /* a node has it, or may have: ref is the address of its primary element */
    BATCH_EXCLUDED, /* a node had it; ref as well */
    BATCH_FOREIGN,  /* another provisioner's range; ref is its number */
    BATCH_OWN,      /* the provisioner's own node */
    BATCH_PLANNED,  /* the plan gives it; ref is the place of the entry */
};

struct batch_map {
    uint32_t owner[USHER_UNICAST_MAX + 1]; /* enum batch_owner << 16 | ref */
    uint16_t from[256]; /* by the number of elements: there is no room below this; 0: not known */
};

/** What a device of the plan gets. */
struct batch_place {
    const struct batch_entry *entry;
    uint16_t address; /* 0: none is left, or it is a prefix */
    uint8_t elements; /* that the map has counted */
    bool given;       /* by the plan */
    bool is_node;     /* it has this address already */
};

/** Empty: all of 0x0001..0x7fff is free. */
void batch_map_init(struct batch_map *map);

/** Who has an address. @param ref  NULL: not wanted. */
enum batch_owner batch_map_owner(const struct batch_map *map, uint16_t address, uint16_t *ref);

/** Takes @p count addresses from @p low, whoever had them; what is beyond 0x7fff is left out. */
void batch_map_take(struct batch_map *map, uint16_t low, unsigned count, enum batch_owner owner,
                    uint16_t ref);

/** Writes "the node 0x0005", "line 3 of the plan", ... @param text  Of 64 characters at least. */
void batch_map_who(const struct batch_map *map, const struct batch *batch, uint16_t address,
                   char *text, size_t len);

/** What a device was. */
enum batch_past {
    BATCH_STRANGER, /* not the node of that address */
    BATCH_WAS,      /* it was that node, and does not get that address again */
    BATCH_MAY_BE,   /* it may have taken that address, or not: it gets it again if it has not */
};

/** Asks about the nodes of the network that a plan is for. */
struct batch_network {
    void *ctx;
    /** The node that a device is, or may be: its address, 0 if it is none; and its elements. */
    uint16_t (*node)(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint8_t *elements);
    /** What a device has to do with an address. */
    enum batch_past (*past)(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint16_t address);
};

/**
 * Takes the addresses that a plan gives, and finds out who gets what.
 *
 * @param network   NULL: there are no nodes.
 * @param places    Gets one for each entry, in their order. NULL: not wanted.
 * @param problems  Gets addresses that somebody else has.
 * @param notes     Gets devices that have another address than the plan's, or will have: their
 *                  nodes keep theirs, and one that was a node before does not get it again.
 *
 * @retval false  There are problems.
 */
bool batch_map_plan(struct batch_map *map, const struct batch *batch,
                    const struct batch_network *network, struct batch_place *places,
                    struct problems *problems, struct problems *notes);

/**
 * The address for a device that is being provisioned, and takes it as a node's: the plan's, unless
 * it has none for it, or the device was that node before; else the next free ones.
 *
 * @param uuid      That of the device.
 * @param elements  That it has.
 *
 * @return 0: none is left, or the elements that it has beyond those of the plan are not free.
 */
uint16_t batch_map_lease(struct batch_map *map, const struct batch *batch,
                         const struct batch_network *network, const uint8_t uuid[USHER_UUID_SIZE],
                         uint8_t elements);

#endif
