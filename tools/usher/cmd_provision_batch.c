/*
 * What "usher provision" does without a radio: --batch --dry-run, who would get which address; and
 * --unlock. Called by the verb provision.
 */
#include "out.h"
#include "parse.h"
#include "provision_batch.h"
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>

/** How many places there are of a kind. */
struct dry_counts {
    unsigned given, next, nodes, prefixes, none;
};

static void count(struct dry_counts *n, const struct batch_place *place)
{
    if (!batch_is_whole(place->entry)) {
        n->prefixes++;
    } else if (place->address == 0) {
        n->none++;
    } else if (place->is_node) {
        n->nodes++;
    } else if (place->given) {
        n->given++;
    } else {
        n->next++;
    }
}

static const char *by_whom(const struct batch_place *place)
{
    if (place->is_node) {
        return "node";
    }
    return place->given ? "plan" : "next";
}

static void place_json(const struct orders *o, const struct batch_place *place, const char *uuid)
{
    const struct batch_entry *e = place->entry;
    const char *path =
        e->template_number ? o->batch.templates[e->template_number - 1].path : o->args->template;
    out_event(json_pack("{s:s, s:s, s:o, s:i, s:s, s:o, s:o}", "event", "place", "uuid", uuid,
                        "address",
                        place->address ? format_address_json(place->address) : json_null(),
                        "elements", (int)place->elements, "by", by_whom(place), "name",
                        e->name ? json_string(e->name) : json_null(), "template",
                        path ? json_string(path) : json_null()));
}

static void place_tell(const struct orders *o, const struct batch_place *place)
{
    static const char *const who[] = { "the next free one", "by the plan", "a node already" };
    char uuid[BATCH_UUID_TEXT], address[8] = "------";
    const char *name = place->entry->name;
    batch_uuid(place->entry, uuid);
    place_json(o, place, uuid);
    if (place->address != 0) {
        snprintf(address, sizeof address, "0x%04x", (unsigned)place->address);
    }
    out_text("%s  %-32s  %3u element%s  %-17s%s%s", address, uuid, (unsigned)place->elements,
             place->elements == 1 ? " " : "s",
             batch_is_whole(place->entry) ? who[place->is_node ? 2 : place->given]
                                          : "next free ones",
             name ? "  " : "", name ? name : "");
}

/** By address; those without one in the end, in their order. */
static int compare_places(const void *a, const void *b)
{
    const struct batch_place *left = a, *right = b;
    if (left->address != right->address && left->address != 0 && right->address != 0) {
        return left->address - right->address;
    }
    if (left->address != right->address) {
        return left->address == 0 ? 1 : -1;
    }
    return (left->entry > right->entry) - (left->entry < right->entry);
}

static void places_tell(const struct orders *o, struct batch_place *places)
{
    struct dry_counts n = { .given = 0 };
    qsort(places, o->batch.count, sizeof *places, compare_places);
    for (size_t i = 0; i < o->batch.count; i++) {
        place_tell(o, &places[i]);
        count(&n, &places[i]);
    }
    out_event(json_pack("{s:s, s:b, s:i, s:i, s:i, s:i, s:i, s:i}", "event", "summary", "dry_run",
                        1, "devices", (int)o->batch.count - (int)n.prefixes, "given", (int)n.given,
                        "next", (int)n.next, "nodes", (int)n.nodes, "prefixes", (int)n.prefixes,
                        "without_address", (int)n.none));
    out_text("%zu devices: %u with an address of the plan, %u with the next free one, %u nodes "
             "already%s; %u prefixes",
             o->batch.count - n.prefixes, n.given, n.next, n.nodes,
             n.none > 0 ? ", and no address left for the others" : "", n.prefixes);
}

/** The registry to look at; without one, what it would begin as. */
static struct registry *registry_look(const char *dir, char *why, size_t why_len)
{
    const struct registry_new fresh = { .name = NULL };
    return dir && registry_exists(dir) ? registry_view(dir, why, why_len)
                                       : registry_open(NULL, &fresh, why, why_len);
}

int provision_dry_run(struct orders *o)
{
    char why[200] = "out of memory";
    struct batch_place *places = calloc(o->batch.count, sizeof *places);
    struct registry *registry = registry_look(o->args->state, why, sizeof why);
    int code = EXIT_TRANSPORT;
    if (!places || !registry) {
        out_error("%s", why);
    } else if (!orders_begin(o, registry, places, why, sizeof why)) {
        places_tell(o, places);
        out_error("%s", why);
        code = EXIT_USAGE;
    } else {
        places_tell(o, places);
        code = EXIT_DONE;
    }
    registry_close(registry);
    free(places);
    return code;
}

int provision_unlock(const struct args *args)
{
    uint8_t uuid[USHER_UUID_SIZE];
    char why[200];
    struct registry_failures failures = { .count = 0 };
    int code = EXIT_TRANSPORT;
    if (!parse_uuid(args->unlock, uuid) || !args->state || args->operands.count > 0) {
        out_error("--unlock takes a UUID of 32 hexadecimal digits, and --state, and no more");
        return EXIT_USAGE;
    }
    struct registry *registry = registry_open(args->state, NULL, why, sizeof why);
    if (!registry) {
        out_error("%s", why);
        return code;
    }
    if (registry_failures(registry, uuid, &failures) == REGISTRY_OK &&
        registry_failures_forget(registry, uuid) == REGISTRY_OK &&
        registry_audit(registry, "unlocked", uuid, 0, "") == REGISTRY_OK) {
        out_event(json_pack("{s:s, s:s, s:i}", "event", "unlocked", "uuid", args->unlock,
                            "auth_failures", (int)failures.count));
        out_text("%s: %u failed authentications are forgotten", args->unlock, failures.count);
        code = EXIT_DONE;
    } else {
        out_error("%s", registry_why(registry));
    }
    registry_close(registry);
    return code;
}
