/*
 * Orders a plan; see batch_order.h.
 */
#include "batch_order.h"

#include <stdlib.h>
#include <string.h>

static int compare_uuids(const void *a, const void *b, void *ctx)
{
    const struct batch_entry *entries = ctx;
    const struct batch_entry *left = &entries[*(const size_t *)a];
    const struct batch_entry *right = &entries[*(const size_t *)b];
    int order = memcmp(left->uuid, right->uuid, USHER_UUID_SIZE);
    if (order == 0) {
        order = left->digits - right->digits;
    }
    return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

static int compare_addresses(const void *a, const void *b, void *ctx)
{
    const struct batch_entry *entries = ctx;
    const struct batch_entry *left = &entries[*(const size_t *)a];
    const struct batch_entry *right = &entries[*(const size_t *)b];
    int order = left->address - right->address;
    return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

static bool begins_as(const uint8_t uuid[USHER_UUID_SIZE], const struct batch_entry *prefix)
{
    size_t whole = prefix->digits / 2;
    return memcmp(uuid, prefix->uuid, whole) == 0 &&
           (prefix->digits % 2 == 0 || (uuid[whole] ^ prefix->uuid[whole]) >> 4 == 0);
}

/** Of two neighbours in the order: whether they may both be there. */
static void neighbours(const struct batch *batch, size_t before, size_t after,
                       struct problems *problems)
{
    const struct batch_entry *a = &batch->entries[before], *b = &batch->entries[after];
    char where[BATCH_WHERE_MAX], uuid[BATCH_UUID_TEXT];
    if (!begins_as(b->uuid, a)) {
        return;
    }
    batch_where(batch, a->line, where);
    if (a->digits == b->digits) {
        batch_problem(batch, b->line, "uuid", problems, "%s has it already", where);
    } else {
        batch_uuid(a, uuid);
        batch_problem(batch, b->line, "uuid", problems,
                      "it begins as the prefix \"%s\" of %s: which line counts?", uuid, where);
    }
}

bool batch_order(struct batch *batch, struct problems *problems)
{
    /* One list from both ends. */
    batch->whole = calloc(batch->count + 1, sizeof *batch->whole);
    if (!batch->whole) {
        return false;
    }
    size_t end = batch->count;
    for (size_t i = 0; i < batch->count; i++) {
        if (batch_is_whole(&batch->entries[i])) {
            batch->whole[batch->whole_count++] = i;
        } else {
            batch->whole[--end] = i;
            batch->prefix_count++;
        }
    }
    batch->prefixes = batch->whole + batch->whole_count;
    qsort_r(batch->whole, batch->whole_count, sizeof *batch->whole, compare_uuids, batch->entries);
    qsort_r(batch->prefixes, batch->prefix_count, sizeof *batch->prefixes, compare_uuids,
            batch->entries);
    /* All that begin as a prefix come behind it, before any other. */
    for (size_t i = 1; i < batch->whole_count; i++) {
        neighbours(batch, batch->whole[i - 1], batch->whole[i], problems);
    }
    for (size_t i = 1; i < batch->prefix_count; i++) {
        neighbours(batch, batch->prefixes[i - 1], batch->prefixes[i], problems);
    }
    return true;
}

/** The last of a list that is not behind a UUID; NULL: all are. */
static const struct batch_entry *last_before(const struct batch *batch, const size_t *list,
                                             size_t count, const uint8_t uuid[USHER_UUID_SIZE])
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(batch->entries[list[middle]].uuid, uuid, USHER_UUID_SIZE) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 ? &batch->entries[list[low - 1]] : NULL;
}

const struct batch_entry *batch_find(const struct batch *batch, const uint8_t uuid[USHER_UUID_SIZE])
{
    const struct batch_entry *entry = last_before(batch, batch->whole, batch->whole_count, uuid);
    if (entry && memcmp(entry->uuid, uuid, USHER_UUID_SIZE) == 0) {
        return entry;
    }
    entry = last_before(batch, batch->prefixes, batch->prefix_count, uuid);
    return entry && begins_as(uuid, entry) ? entry : NULL;
}

static unsigned last_address(const struct batch_entry *entry)
{
    return entry->address + (entry->elements > 0 ? entry->elements : 1u) - 1u;
}

bool batch_addresses(const struct batch *batch, struct problems *problems)
{
    size_t *order = calloc(batch->count + 1, sizeof *order), count = 0;
    if (!order) {
        return false;
    }
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->entries[i].address != 0) {
            order[count++] = i;
        }
    }
    qsort_r(order, count, sizeof *order, compare_addresses, batch->entries);
    const struct batch_entry *highest = count > 0 ? &batch->entries[order[0]] : NULL;
    for (size_t i = 1; i < count; i++) {
        const struct batch_entry *entry = &batch->entries[order[i]];
        if (entry->address <= last_address(highest)) {
            char where[BATCH_WHERE_MAX];
            batch_where(batch, highest->line, where);
            batch_problem(batch, entry->line, "address", problems,
                          "0x%04x is among those of %s, 0x%04x to 0x%04x", (unsigned)entry->address,
                          where, (unsigned)highest->address, last_address(highest));
        }
        if (last_address(entry) > last_address(highest)) {
            highest = entry;
        }
    }
    free(order);
    return true;
}
