/*
 * What is to be provisioned; see orders.h. Called by the verb provision.
 */
#include "orders.h"

#include "keyfile.h"
#include "oob_weak.h"
#include "orders_told.h"
#include "out.h"
#include "parse.h"
#include "report.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** How far an entry of the plan is. */
enum order_state {
    ORDER_OPEN,       /* not heard yet */
    ORDER_TAKEN,      /* under way, or done in this run */
    ORDER_ALREADY,    /* done before */
    ORDER_UNFINISHED, /* begun before, and left alone */
    ORDER_PREFIX,     /* for any number of devices */
};

/* The command line. */

/** Whether these are the first digits of a UUID. */
static bool is_prefix(const char *text)
{
    size_t len = strlen(text);
    return len <= 2 * USHER_UUID_SIZE && strspn(text, "0123456789abcdefABCDEF") == len;
}

/** How devices are said: one UUID, --all, --auto or --batch. */
static bool which_read(struct orders *o, char *why, size_t why_len)
{
    const struct args *args = o->args;
    const char *uuid = args->operands.item[0];
    bool any = args->all || args->automatic;
    o->many = any || args->batch;
    if ((uuid != NULL) + args->all + args->automatic + (args->batch != NULL) != 1) {
        snprintf(why, why_len, "provision needs one of: a UUID, --all, --auto, --batch");
    } else if (uuid && !parse_uuid(uuid, o->uuid)) {
        snprintf(why, why_len, "\"%.60s\" is not a UUID: it has 32 hexadecimal digits", uuid);
    } else if (args->automatic && args->for_ms == 0) {
        snprintf(why, why_len, "--auto needs --for, such as --for 10m");
    } else if (!any && (args->uuid_prefix || args->rssi > -127)) {
        snprintf(why, why_len, "--uuid-prefix and --rssi are for --all and --auto");
    } else if (args->uuid_prefix && !is_prefix(args->uuid_prefix)) {
        snprintf(why, why_len, "--uuid-prefix takes up to 32 hexadecimal digits");
    } else if (args->dry_run && !args->batch) {
        snprintf(why, why_len, "--dry-run is for --batch");
    } else if (args->resume && uuid) {
        snprintf(why, why_len, "--resume is for --batch, --all and --auto");
    } else if (o->many && args->pubkey_oob) {
        snprintf(why, why_len,
                 "--pubkey-oob is one device's: for many, put their keys into an --oob-book");
    } else {
        return true;
    }
    return false;
}

static bool oob_read(struct orders *o, char *why, size_t why_len)
{
    const struct args *args = o->args;
    char what[160];
    for (size_t i = 0; i < args->oob.count; i++) {
        if (!oob_add_allowed(&o->oob, args->oob.item[i], what, sizeof what)) {
            snprintf(why, why_len, "--oob: %s", what);
            return false;
        }
    }
    if (args->oob.count == 0) {
        o->oob.methods = 1u << USHER_OOB_NONE | 1u << USHER_OOB_OUTPUT | 1u << USHER_OOB_INPUT;
    }
    o->configures = args->configure || args->template;
    if (o->configures && !template_read(args->template, &o->template, why, why_len)) {
        return false;
    }
    return !args->pubkey_oob || keyfile_public(args->pubkey_oob, o->public_key, why, why_len);
}

/* Files. */

static void templates_read(struct orders *o, struct problems *problems)
{
    o->templates = calloc(o->batch.template_count + 1, sizeof *o->templates);
    if (!o->templates) {
        problems_add(problems, "out of memory");
        return;
    }
    for (size_t i = 0; i < o->batch.template_count; i++) {
        char why[160];
        const struct batch_template *t = &o->batch.templates[i];
        if (!template_read(t->path, &o->templates[i], why, sizeof why)) {
            batch_problem(&o->batch, t->line, "template", problems, "%s", why);
        }
    }
}

static bool files_read(struct orders *o, char *why, size_t why_len)
{
    const struct args *args = o->args;
    struct problems problems = { .tell = orders_tell_problem };
    problems.ctx = &problems;
    o->crypto = usher_crypto_openssl_new();
    o->book = o->crypto ? oob_book_new(o->crypto) : NULL;
    if (!o->book) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    if (args->batch && batch_read(&o->batch, args->batch, &problems)) {
        templates_read(o, &problems);
        (void)oob_book_batch(o->book, &o->batch, &problems);
    }
    for (size_t i = 0; i < args->oob_book.count; i++) {
        (void)oob_book_csv(o->book, args->oob_book.item[i], &problems);
    }
    for (size_t i = 0; i < args->qr.count; i++) {
        (void)oob_book_qr(o->book, args->qr.item[i], &problems);
    }
    return orders_told(&problems, why, why_len);
}

/** Warns of --oob static itself: it is that of all devices, or of one. */
static void warn_static(const struct orders *o)
{
    enum oob_weakness weakness;
    if (o->oob.static_len == 0) {
        return;
    }
    weakness = oob_weak(o->uuid, o->oob.static_value, o->oob.static_len);
    if (weakness != OOB_STRONG) {
        orders_tell_warning(NULL, oob_weak_text(weakness));
    }
    if (o->many) {
        orders_tell_warning(NULL, "--oob static: one static value for all devices, so that who has "
                                  "one of them knows that of the others");
    }
}

bool orders_read(struct orders *o, const struct args *args, char *why, size_t why_len)
{
    *o = (struct orders){ .args = args };
    if (!which_read(o, why, why_len) || !oob_read(o, why, why_len) ||
        !files_read(o, why, why_len)) {
        return false;
    }
    warn_static(o);
    oob_book_warn(o->book, &o->batch, orders_tell_warning, NULL);
    return true;
}

void orders_free(struct orders *o)
{
    oob_book_free(o->book);
    usher_crypto_openssl_free(o->crypto);
    batch_free(&o->batch);
    free(o->templates);
    free(o->map);
    free(o->states);
    OPENSSL_cleanse(o, sizeof *o);
}

/* What the network has. */

static bool lives(const struct registry_node *node)
{
    return node->state == REGISTRY_UNKNOWN || node->state == REGISTRY_PROVISIONED;
}

/** What the registry has of a device, if it is a node. @retval false  It is none. */
static bool node_find(const struct orders *o, const uint8_t uuid[USHER_UUID_SIZE],
                      struct registry_node *node)
{
    return registry_find(o->registry, uuid, node) == REGISTRY_OK && lives(node);
}

static uint16_t node_of(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint8_t *elements)
{
    struct registry_node node = { .settings = NULL };
    uint16_t address = 0;
    if (node_find(ctx, uuid, &node)) {
        *elements = node.elements;
        address = node.address;
    }
    registry_node_clear(&node);
    return address;
}

static enum batch_past past_of(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint16_t address)
{
    const struct orders *o = ctx;
    struct registry_node node = { .settings = NULL };
    enum batch_past past = BATCH_STRANGER;
    if (registry_at(o->registry, address, &node) == REGISTRY_OK && node.address == address &&
        memcmp(node.uuid, uuid, USHER_UUID_SIZE) == 0) {
        past = node.state == REGISTRY_UNKNOWN ? BATCH_MAY_BE : BATCH_WAS;
    }
    registry_node_clear(&node);
    return past;
}

/**
 * Takes the ranges of the provisioners: ours are free, those of others are not.
 *
 * @return Whether our own node has an address.
 */
static bool map_ranges(struct orders *o)
{
    bool has_own = false;
    struct registry_provisioner p;
    batch_map_take(o->map, 0x0001, 0x7FFF, BATCH_BEYOND, 0);
    for (size_t n = 0; registry_provisioner(o->registry, n, &p) == REGISTRY_OK; n++) {
        for (size_t i = 0; i < p.unicast_count; i++) {
            const struct registry_range *range = &p.unicast[i];
            batch_map_take(o->map, range->low, range->high - range->low + 1u,
                           p.ours ? BATCH_FREE : BATCH_FOREIGN, (uint16_t)n);
        }
        if (p.address != 0) {
            batch_map_take(o->map, p.address, 1, p.ours ? BATCH_OWN : BATCH_FOREIGN, (uint16_t)n);
            has_own |= p.ours;
        }
        OPENSSL_cleanse(&p, sizeof p);
    }
    return has_own;
}

/** Our own node has no address yet: it will have the first that is free. */
static void map_own(struct orders *o)
{
    uint16_t address = 1;
    while (address < USHER_UNICAST_MAX && batch_map_owner(o->map, address, NULL) != BATCH_FREE) {
        address++;
    }
    batch_map_take(o->map, address, 1, BATCH_OWN, 0);
}

/** Takes what the network has already. */
static void map_fill(struct orders *o)
{
    struct registry_node node = { .settings = NULL };
    struct registry_exclusion excluded = { .address = 0 };
    uint16_t ref;
    batch_map_init(o->map);
    bool has_own = map_ranges(o);
    while (registry_exclusion_next(o->registry, &excluded) == REGISTRY_OK) {
        batch_map_take(o->map, excluded.address, 1, BATCH_EXCLUDED, excluded.address);
    }
    while (registry_next(o->registry, node.address, &node) == REGISTRY_OK) {
        if (lives(&node)) {
            batch_map_take(o->map, node.address, node.elements, BATCH_NODE, node.address);
        } else if (batch_map_owner(o->map, node.address, &ref) == BATCH_EXCLUDED) {
            batch_map_take(o->map, node.address, node.elements, BATCH_EXCLUDED, node.address);
        }
    }
    registry_node_clear(&node);
    if (!has_own) {
        map_own(o);
    }
}

static enum order_state state_of(const struct orders *o, const struct batch_entry *entry)
{
    struct registry_node node = { .settings = NULL };
    enum order_state state = o->args->resume ? ORDER_TAKEN : ORDER_UNFINISHED;
    if (!batch_is_whole(entry)) {
        return ORDER_PREFIX;
    }
    bool there = node_find(o, entry->uuid, &node);
    bool asked = orders_template(o, entry->uuid) != NULL; /* by being configured */
    if (there && node.state == REGISTRY_PROVISIONED && (node.configured || !asked)) {
        state = ORDER_ALREADY;
    } else if (!there || (o->args->resume && !asked)) {
        state = ORDER_OPEN; /* it has to be heard */
    }
    registry_node_clear(&node);
    return state;
}

/** Moves an entry to another state, and counts. */
static void state_set(struct orders *o, size_t i, enum order_state state)
{
    o->open -= o->states[i] == ORDER_OPEN;
    o->already -= o->states[i] == ORDER_ALREADY;
    o->unfinished -= o->states[i] == ORDER_UNFINISHED;
    o->states[i] = (uint8_t)state;
    o->open += state == ORDER_OPEN;
    o->already += state == ORDER_ALREADY;
    o->unfinished += state == ORDER_UNFINISHED;
    o->prefixes += state == ORDER_PREFIX;
}

static void states_begin(struct orders *o)
{
    o->open = (unsigned)o->batch.count; /* as the zeros of the states are */
    for (size_t i = 0; i < o->batch.count; i++) {
        state_set(o, i, state_of(o, &o->batch.entries[i]));
        if (o->args->resume && !o->args->dry_run && o->states[i] != ORDER_OPEN) {
            orders_name(o, o->batch.entries[i].uuid);
        }
    }
    if (o->already > 0) {
        out_note("%u devices of the plan are nodes already, and are passed over", o->already);
    }
    if (o->unfinished > 0) {
        out_note("%u devices of the plan were begun with in an earlier run, and are passed over: "
                 "--resume goes on with them",
                 o->unfinished);
    }
}

bool orders_begin(struct orders *o, struct registry *registry, struct batch_place *places,
                  char *why, size_t why_len)
{
    struct problems problems = { .tell = orders_tell_problem };
    struct problems notes = { .tell = orders_tell_note };
    const struct batch_network network = { o, node_of, past_of };
    problems.ctx = &problems;
    notes.ctx = &notes;
    o->registry = registry;
    if (!o->args->batch) {
        return true;
    }
    o->map = calloc(1, sizeof *o->map);
    o->states = calloc(o->batch.count, sizeof *o->states);
    if (!o->map || !o->states) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    map_fill(o);
    (void)batch_map_plan(o->map, &o->batch, &network, places, &problems, &notes);
    states_begin(o);
    o->refused = problems.count > 0;
    return orders_told(&problems, why, why_len);
}

/* While it goes on. */

/** The place of the plan's entry for a device. @retval false  There is none. */
static bool entry_of(const struct orders *o, const uint8_t uuid[USHER_UUID_SIZE], size_t *place)
{
    const struct batch_entry *entry = batch_find(&o->batch, uuid);
    if (entry) {
        *place = (size_t)(entry - o->batch.entries);
    }
    return entry != NULL;
}

bool orders_want(struct orders *o, const uint8_t uuid[USHER_UUID_SIZE], int8_t rssi)
{
    const struct args *args = o->args;
    size_t i;
    if (!o->many) {
        return memcmp(uuid, o->uuid, USHER_UUID_SIZE) == 0;
    }
    if (!args->batch) {
        return rssi >= args->rssi && (!args->uuid_prefix || uuid_begins(uuid, args->uuid_prefix));
    }
    if (!entry_of(o, uuid, &i)) {
        return false;
    }
    if (o->states[i] != ORDER_PREFIX) {
        state_set(o, i, ORDER_TAKEN);
    }
    return true;
}

void orders_known(const struct orders *o, const uint8_t uuid[USHER_UUID_SIZE],
                  struct commissioner_known *known)
{
    const struct batch_entry *entry = batch_find(&o->batch, uuid);
    const struct oob_known *page = oob_book_find(o->book, uuid);
    const struct oob *oob = entry && entry->oob.methods != 0 ? &entry->oob : &o->oob;
    known->methods = oob->methods;
    known->public_key = o->args->pubkey_oob ? o->public_key : NULL;
    known->static_value = oob->static_value;
    known->static_len = oob->static_len;
    if (page && page->has_public_key) {
        known->public_key = page->public_key;
    }
    if (page && page->static_len > 0) {
        known->static_value = page->static_value;
        known->static_len = page->static_len;
    }
}

bool orders_address(struct orders *o, const uint8_t uuid[USHER_UUID_SIZE], uint8_t elements,
                    uint16_t *address)
{
    const struct batch_network network = { o, node_of, past_of };
    const struct batch_entry *entry = batch_find(&o->batch, uuid);
    *address = 0;
    if (!o->args->batch) {
        return true;
    }
    *address = batch_map_lease(o->map, &o->batch, &network, uuid, elements);
    if (*address != 0 && entry && entry->address != 0 && entry->address != *address) {
        char digits[2 * USHER_UUID_SIZE + 1];
        format_hex(uuid, USHER_UUID_SIZE, digits);
        out_note("%s was begun with as 0x%04x, which is not given again: it gets 0x%04x", digits,
                 (unsigned)entry->address, (unsigned)*address);
    }
    return *address != 0;
}

const struct node_template *orders_template(const struct orders *o,
                                            const uint8_t uuid[USHER_UUID_SIZE])
{
    const struct batch_entry *entry = batch_find(&o->batch, uuid);
    if (entry && entry->template_number != 0) {
        return &o->templates[entry->template_number - 1];
    }
    return o->configures && (entry || !o->args->batch) ? &o->template : NULL;
}

bool orders_configure(const struct orders *o)
{
    return o->configures || o->batch.template_count > 0;
}

void orders_name(const struct orders *o, const uint8_t uuid[USHER_UUID_SIZE])
{
    const struct batch_entry *entry = batch_find(&o->batch, uuid);
    struct registry_node node = { .settings = NULL };
    if (entry && entry->name && node_find(o, uuid, &node) && strcmp(node.name, entry->name) != 0 &&
        registry_named(o->registry, node.address, entry->name) != REGISTRY_OK) {
        out_error("%s", registry_why(o->registry));
    }
    registry_node_clear(&node);
}

bool orders_done(const struct orders *o)
{
    return o->batch.count > 0 && o->open + o->prefixes == 0;
}

unsigned orders_unheard(const struct orders *o)
{
    if (!o->many) {
        struct registry_node node = { .settings = NULL };
        report_unheard(o->uuid, node_find(o, o->uuid, &node) ? node.address : 0);
        registry_node_clear(&node);
        return 1;
    }
    for (size_t i = 0; o->states && i < o->batch.count; i++) {
        if (o->states[i] == ORDER_OPEN) {
            report_unheard(o->batch.entries[i].uuid, 0);
        }
    }
    return o->open;
}
