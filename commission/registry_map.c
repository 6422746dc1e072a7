/*
 * Which unicast addresses are taken, ours to give, or other provisioners': three maps of a bit for
 * each, so that a free range is found quickly however many nodes there were. They are drawn from
 * the database when it was opened, and again after a change that took addresses back.
 */
#include "registry_db.h"

#include <string.h>

#define MORE 1024u /* addresses that are taken at once when ours are used up */

bool map_has(const struct map *map, unsigned address)
{
    return map->bits[address / 64] >> (address % 64) & 1;
}

void map_add(struct map *map, unsigned low, unsigned high)
{
    for (unsigned a = low; a <= high && a <= USHER_UNICAST_MAX; a++) {
        map->bits[a / 64] |= (uint64_t)1 << (a % 64);
    }
}

/** Adds to a map the ranges that rows of a first and a last address tell. */
static enum registry_err map_rows(struct registry *r, struct map *map, const char *sql)
{
    sqlite3_stmt *row;
    enum registry_err err = db_ask(r, &row, sql, "");
    while (err == REGISTRY_OK) {
        int low = sqlite3_column_int(row, 0), high = sqlite3_column_int(row, 1);
        if (low >= 0 && high >= low) {
            map_add(map, (unsigned)low, (unsigned)high);
        }
        err = db_next(r, row);
    }
    return err == REGISTRY_NONE ? REGISTRY_OK : err;
}

enum registry_err map_have(struct registry *r)
{
    if (r->mapped) {
        return REGISTRY_OK;
    }
    memset(&r->taken, 0, sizeof r->taken);
    memset(&r->ours, 0, sizeof r->ours);
    memset(&r->others, 0, sizeof r->others);
    r->taken.bits[0] = 1; /* the unassigned address */
    enum registry_err err =
        map_rows(r, &r->taken, "SELECT address, address + elements - 1 FROM node WHERE state < 2");
    if (err == REGISTRY_OK) {
        err = map_rows(r, &r->taken, "SELECT address, address FROM exclusion");
    }
    if (err == REGISTRY_OK) {
        err = map_rows(r, &r->taken, "SELECT address, address FROM provisioner");
    }
    if (err == REGISTRY_OK) {
        err = map_rows(r, &r->ours,
                       "SELECT low, high FROM span JOIN provisioner ON uuid = provisioner "
                       "WHERE kind = 0 AND ours");
    }
    if (err == REGISTRY_OK) {
        err = map_rows(r, &r->others,
                       "SELECT low, high FROM span JOIN provisioner ON uuid = provisioner "
                       "WHERE kind = 0 AND NOT ours");
    }
    r->mapped = err == REGISTRY_OK;
    return err;
}

/** The first of the lowest @p n addresses in a row that are in @p map; 0: there are none. */
static unsigned map_run(const struct map *map, unsigned n)
{
    unsigned len = 0;
    for (unsigned a = 0; a <= USHER_UNICAST_MAX; a++) {
        if (a % 64 == 0 && map->bits[a / 64] == 0) {
            len = 0;
            a += 63;
            continue;
        }
        len = map_has(map, a) ? len + 1 : 0;
        if (len == n) {
            return a - n + 1;
        }
    }
    return 0;
}

/** What our provisioner can give. */
static void map_free(const struct registry *r, struct map *map)
{
    for (size_t i = 0; i < MAP_WORDS; i++) {
        map->bits[i] = r->ours.bits[i] & ~r->taken.bits[i];
    }
}

unsigned map_left(const struct registry *r)
{
    struct map map;
    unsigned left = 0;
    map_free(r, &map);
    for (unsigned a = 0; a <= USHER_UNICAST_MAX; a++) {
        left += map_has(&map, a);
    }
    return left;
}

enum registry_err map_claim(struct registry *r, unsigned low, unsigned high)
{
    struct map map = r->ours;
    struct registry_range ranges[REGISTRY_RANGES];
    struct registry_provisioner p;
    size_t count = 0;
    map_add(&map, low, high);
    for (unsigned a = 0; a <= USHER_UNICAST_MAX; a++) {
        if (!map_has(&map, a)) {
            continue;
        }
        if (count > 0 && ranges[count - 1].high == a - 1) {
            ranges[count - 1].high = (uint16_t)a;
        } else if (count == REGISTRY_RANGES) {
            return db_why(r, REGISTRY_FULL, "our provisioner has %d address ranges, and no more",
                          REGISTRY_RANGES);
        } else {
            ranges[count++] = (struct registry_range){ (uint16_t)a, (uint16_t)a };
        }
    }
    enum registry_err err = keys_ours(r, &p);
    if (err == REGISTRY_OK) {
        err = keys_ranges_set(r, p.uuid, RANGE_UNICAST, ranges, count);
    }
    if (err == REGISTRY_OK) {
        r->ours = map;
        err = db_audit(r, "range", NULL, (uint16_t)low, "taken: ours were used up");
    }
    return err;
}

/** Takes addresses that are nobody's, so that map_find() finds @p elements in a row. */
static enum registry_err map_more(struct registry *r, unsigned elements)
{
    struct map map;
    for (size_t i = 0; i < MAP_WORDS; i++) {
        map.bits[i] = ~r->others.bits[i] & ~r->taken.bits[i];
    }
    unsigned low = map_run(&map, elements), high = low + elements - 1;
    if (low == 0) {
        return db_why(r, REGISTRY_FULL, "no range of %u unicast addresses is left in this network",
                      elements);
    }
    while (high < USHER_UNICAST_MAX && high - low + 1 < MORE && !map_has(&r->others, high + 1)) {
        high++;
    }
    return map_claim(r, low, high);
}

enum registry_err map_find(struct registry *r, unsigned elements, uint16_t *address)
{
    struct map map;
    map_free(r, &map);
    unsigned found = map_run(&map, elements);
    if (found == 0) {
        enum registry_err err = map_more(r, elements);
        if (err != REGISTRY_OK) {
            return err;
        }
        map_free(r, &map);
        found = map_run(&map, elements);
    }
    *address = (uint16_t)found;
    return REGISTRY_OK;
}
