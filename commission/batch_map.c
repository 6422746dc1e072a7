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
    case BATCH_BEYOND:
        snprintf(text, len, "nobody");
        break;
    }
}

/** For whom addresses are looked for. */
struct taker {
    const struct batch *batch;
    const struct batch_entry *own; /* that the plan keeps addresses for; NULL: none */
    uint16_t again;                /* the node that the device may be; 0: none */
    bool beyond;                   /* our ranges are not enough */
};

static bool may_give(const struct batch_map *map, uint16_t address, const struct taker *to)
{
    uint16_t ref;
    switch (batch_map_owner(map, address, &ref)) {
    case BATCH_FREE:
        return true;
    case BATCH_BEYOND:
        return to->beyond;
    case BATCH_PLANNED:
        return to->own == &to->batch->entries[ref];
    case BATCH_NODE:
        return to->again != 0 && to->again == ref;
    default:
        return false;
    }
}

/** The first of a range that may not be given; 0: all may. */
static uint16_t first_taken(const struct batch_map *map, unsigned low, unsigned count,
                            const struct taker *to)
{
    for (unsigned a = low; a < low + count; a++) {
        if (!may_give(map, (uint16_t)a, to)) {
            return (uint16_t)a;
        }
    }
    return 0;
}

/** The first free addresses from @p low on. @return 0: there are none. */
static uint16_t free_from(const struct batch_map *map, unsigned low, uint8_t elements,
                          const struct taker *to)
{
    while (low + elements - 1u <= USHER_UNICAST_MAX) {
        uint16_t taken = first_taken(map, low, elements, to);
        if (taken == 0) {
            return (uint16_t)low;
        }
        low = taken + 1u;
    }
    return 0;
}

/** The next free addresses, in our ranges if there are some. @return 0: none are left. */
static uint16_t next_free(struct batch_map *map, const struct batch *batch, uint8_t elements)
{
    struct taker to = { .batch = batch };
    unsigned low = map->from[elements] ? map->from[elements] : USHER_UNICAST_MIN;
    uint16_t found = free_from(map, low, elements, &to);
    map->from[elements] = found ? found : USHER_UNICAST_MAX;
    to.beyond = true;
    return found ? found : free_from(map, USHER_UNICAST_MIN, elements, &to);
}

static uint8_t counted(const struct batch_entry *entry)
{
    return entry->elements > 0 ? entry->elements : 1;
}

static enum batch_past past_of(const struct batch_network *network,
                               const uint8_t uuid[USHER_UUID_SIZE], uint16_t address)
{
    return network ? network->past(network->ctx, uuid, address) : BATCH_STRANGER;
}

/** Takes the addresses that the plan gives to an entry. @return 0: it cannot have them. */
static uint16_t plan_given(struct batch_map *map, const struct batch *batch, size_t i,
                           const struct batch_network *network, struct problems *problems,
                           struct problems *notes)
{
    const struct batch_entry *entry = &batch->entries[i];
    uint8_t elements = counted(entry);
    const struct taker to = { .batch = batch, .beyond = true };
    uint16_t taken = first_taken(map, entry->address, elements, &to);
    char who[80];
    if (taken == 0) {
        batch_map_take(map, entry->address, elements, BATCH_PLANNED, (uint16_t)i);
        return entry->address;
    }
    if (past_of(network, entry->uuid, entry->address) == BATCH_WAS) {
        batch_problem(batch, entry->line, "address", notes,
                      "the device was 0x%04x before, which is not given again: it gets another",
                      (unsigned)entry->address);
        return 0;
    }
    batch_map_who(map, batch, taken, who, sizeof who);
    batch_problem(batch, entry->line, "address", problems, "0x%04x is that of %s", (unsigned)taken,
                  who);
    return 0;
}

/** Finds the node that an entry's device is. */
static void place_node(const struct batch *batch, const struct batch_network *network,
                       struct batch_place *place, struct problems *notes)
{
    const struct batch_entry *entry = place->entry;
    uint8_t elements = 0;
    if (!network || !batch_is_whole(entry)) {
        return;
    }
    place->address = network->node(network->ctx, entry->uuid, &elements);
    place->is_node = place->address != 0;
    if (place->is_node) {
        place->elements = elements;
    }
    if (place->is_node && entry->address != 0 && entry->address != place->address) {
        batch_problem(batch, entry->line, "address", notes,
                      "the device is the node 0x%04x, and stays so: to be 0x%04x, it has to be "
                      "removed first",
                      (unsigned)place->address, (unsigned)entry->address);
    }
}

bool batch_map_plan(struct batch_map *map, const struct batch *batch,
                    const struct batch_network *network, struct batch_place *places,
                    struct problems *problems, struct problems *notes)
{
    unsigned before = problems->count;
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        struct batch_place place = { .entry = entry, .elements = counted(entry) };
        place_node(batch, network, &place, notes);
        if (!place.is_node && entry->address != 0) {
            place.address = plan_given(map, batch, i, network, problems, notes);
            place.given = place.address != 0;
        }
        if (places) {
            places[i] = place;
        }
    }
    for (size_t i = 0; places && i < batch->count; i++) {
        struct batch_place *place = &places[i];
        if (place->address == 0 && batch_is_whole(place->entry)) {
            place->address = next_free(map, batch, place->elements);
            batch_map_take(map, place->address, place->address ? place->elements : 0, BATCH_PLANNED,
                           (uint16_t)i);
        }
    }
    return problems->count == before;
}

/** Whether an entry's device gets the address that the plan has for it. */
static bool given_is_free(const struct batch_map *map, const struct batch *batch,
                          const struct batch_entry *entry, enum batch_past past, uint8_t elements)
{
    const struct taker to = { .batch = batch,
                              .own = entry,
                              .again = past == BATCH_MAY_BE ? entry->address : 0,
                              .beyond = true };
    return entry->address + elements - 1u <= USHER_UNICAST_MAX &&
           first_taken(map, entry->address, elements, &to) == 0;
}

uint16_t batch_map_lease(struct batch_map *map, const struct batch *batch,
                         const struct batch_network *network, const uint8_t uuid[USHER_UUID_SIZE],
                         uint8_t elements)
{
    const struct batch_entry *entry = batch_find(batch, uuid);
    uint16_t address = entry ? entry->address : 0;
    if (address != 0) {
        enum batch_past past = past_of(network, uuid, address);
        bool is_free = given_is_free(map, batch, entry, past, elements);
        if (!is_free && past == BATCH_STRANGER) {
            return 0;
        }
        address = is_free ? address : 0;
    }
    if (address == 0) {
        address = next_free(map, batch, elements);
    }
    batch_map_take(map, address, address ? elements : 0, BATCH_NODE, address);
    return address;
}
