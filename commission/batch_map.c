/*
 * The address map of a plan; see batch_map.h.
 */
#include "batch_map.h"

#include <stdio.h>
#include <string.h>

void batch_map_init(struct batch_map *map)
{
    memset(map, 0, sizeof *map);
}

enum batch_owner batch_map_owner(const struct batch_map *map, uint16_t address, uint16_t *ref)
{
    if (ref) {
        *ref = (uint16_t)map->owner[address];
    }
    return (enum batch_owner)(map->owner[address] >> 16);
}

void batch_map_take(struct batch_map *map, uint16_t low, unsigned count, enum batch_owner owner,
                    uint16_t ref)
{
    for (unsigned a = low; a < low + count && a <= USHER_UNICAST_MAX; a++) {
        map->owner[a] = (uint32_t)owner << 16 | ref;
    }
}

void batch_map_who(const struct batch_map *map, const struct batch *batch, uint16_t address,
                   char *text, size_t len)
{
    uint16_t ref;
    char where[BATCH_WHERE_MAX];
    switch (batch_map_owner(map, address, &ref)) {
    case BATCH_NODE:
        snprintf(text, len, "the node 0x%04x", (unsigned)ref);
        break;
    case BATCH_EXCLUDED:
        snprintf(text, len, "the node 0x%04x, which has left", (unsigned)ref);
        break;
    case BATCH_FOREIGN:
        snprintf(text, len, "another provisioner (number %u)", (unsigned)ref);
        break;
    case BATCH_OWN:
        snprintf(text, len, "the provisioner's own node");
        break;
    case BATCH_PLANNED:
        batch_where(batch, batch->entries[ref].line, where);
        snprintf(text, len, "%s of the plan", where);
        break;
    case BATCH_FREE:
        snprintf(text, len, "nobody");
        break;
    }
}

/** The first of a range that is neither free nor this entry's own; 0: there is none. */
static uint16_t first_taken(const struct batch_map *map, const struct batch *batch, unsigned low,
                            unsigned count, const struct batch_entry *own)
{
    for (unsigned a = low; a < low + count; a++) {
        uint16_t ref;
        enum batch_owner owner = batch_map_owner(map, (uint16_t)a, &ref);
        if (owner != BATCH_FREE &&
            !(own && owner == BATCH_PLANNED && own == &batch->entries[ref])) {
            return (uint16_t)a;
        }
    }
    return 0;
}

/** Takes the next free addresses. @return 0: none are left. */
static uint16_t next_free(struct batch_map *map, const struct batch *batch, uint8_t elements,
                          enum batch_owner owner, uint16_t ref)
{
    unsigned low = map->from[elements] ? map->from[elements] : USHER_UNICAST_MIN;
    while (low + elements - 1u <= USHER_UNICAST_MAX) {
        uint16_t taken = first_taken(map, batch, low, elements, NULL);
        if (taken == 0) {
            map->from[elements] = (uint16_t)(low + elements);
            batch_map_take(map, (uint16_t)low, elements, owner,
                           owner == BATCH_NODE ? (uint16_t)low : ref);
            return (uint16_t)low;
        }
        low = taken + 1u;
    }
    map->from[elements] = USHER_UNICAST_MAX;
    return 0;
}

static uint8_t counted(const struct batch_entry *entry)
{
    return entry->elements > 0 ? entry->elements : 1;
}

/** Takes the addresses that the plan gives to an entry. */
static void plan_given(struct batch_map *map, const struct batch *batch, size_t i,
                       struct problems *problems)
{
    const struct batch_entry *entry = &batch->entries[i];
    uint8_t elements = counted(entry);
    uint16_t taken = first_taken(map, batch, entry->address, elements, NULL);
    if (taken != 0) {
        char who[80];
        batch_map_who(map, batch, taken, who, sizeof who);
        batch_problem(batch, entry->line, "address", problems, "0x%04x is that of %s",
                      (unsigned)taken, who);
        return;
    }
    batch_map_take(map, entry->address, elements, BATCH_PLANNED, (uint16_t)i);
}

/** What an entry has to do with a node that its device is. */
static void plan_node(const struct batch *batch, const struct batch_entry *entry, uint16_t address,
                      struct problems *problems)
{
    if (entry->address != 0 && entry->address != address) {
        batch_problem(batch, entry->line, "address", problems,
                      "the device is the node 0x%04x: remove it first if it is to be 0x%04x",
                      (unsigned)address, (unsigned)entry->address);
    }
}

bool batch_map_plan(struct batch_map *map, const struct batch *batch,
                    void (*node)(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint16_t *address,
                                 uint8_t *elements),
                    void *ctx, struct batch_place *places, struct problems *problems)
{
    unsigned before = problems->count;
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        struct batch_place place = { .entry = entry, .elements = counted(entry) };
        uint8_t elements = 0;
        if (node && batch_is_whole(entry)) {
            node(ctx, entry->uuid, &place.address, &elements);
        }
        place.is_node = place.address != 0;
        if (place.is_node) {
            place.elements = elements;
            plan_node(batch, entry, place.address, problems);
        } else if (entry->address != 0) {
            place.address = entry->address;
            plan_given(map, batch, i, problems);
        }
        place.given = entry->address != 0;
        if (places) {
            places[i] = place;
        }
    }
    for (size_t i = 0; places && i < batch->count; i++) {
        struct batch_place *place = &places[i];
        if (place->address == 0 && batch_is_whole(place->entry)) {
            place->address = next_free(map, batch, place->elements, BATCH_PLANNED, (uint16_t)i);
        }
    }
    return problems->count == before;
}

uint16_t batch_map_lease(struct batch_map *map, const struct batch *batch,
                         const struct batch_entry *entry, uint8_t elements)
{
    if (!entry || entry->address == 0) {
        return next_free(map, batch, elements, BATCH_NODE, 0);
    }
    if (entry->address + elements - 1u > USHER_UNICAST_MAX ||
        first_taken(map, batch, entry->address, elements, entry) != 0) {
        return 0;
    }
    batch_map_take(map, entry->address, elements, BATCH_NODE, entry->address);
    return entry->address;
}
