/*
 * usher network export, import and check: the network as a Configuration Database.
 */
#include "cmd_network.h"

#include "cdb.h"
#include "out.h"
#include "parse.h"
#include "state_file.h"
#include "verbs.h"

#include <usher/net.h>

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MAX 256 /* of --nodes */

/* Reading. */

/** How findings are told: as results, or as what went wrong. */
struct teller {
    const char *file;
    bool results;
};

static void tell(void *user, const char *path, const char *what)
{
    const struct teller *t = user;
    const char *colon = *path != '\0' ? ": " : "";
    if (t->results) {
        out_text("%s%s%s", path, colon, what);
    } else {
        out_error("%.120s: %s%s%s", t->file, path, colon, what);
    }
    if (t->results || out_json()) {
        out_event(json_pack("{s:s, s:s, s:s}", "event", "finding", "path", path, "problem", what));
    }
}

/** Reads a file as a document. NULL: @p code says whether it was told, or there are findings. */
static json_t *read_file(const char *path, struct cdb_findings *findings, int *code)
{
    uint8_t *text;
    size_t len;
    if (!state_file_read(path, CDB_FILE_MAX, &text, &len)) {
        out_error("%.150s: %s", path, strerror(errno));
        *code = EXIT_USAGE;
        return NULL;
    }
    json_t *document = cdb_read((const char *)text, len, findings);
    OPENSSL_cleanse(text, len);
    free(text);
    *code = document ? EXIT_DONE : EXIT_FAILED;
    return document;
}

/* export */

/** Reads "0x0002,0x0005". */
static bool read_nodes(const char *text, uint16_t nodes[NODES_MAX], size_t *count)
{
    *count = 0;
    for (const char *at = text; at; at = strchr(at, ',')) {
        char address[7] = "";
        at += *at == ',';
        size_t len = strcspn(at, ",");
        if (len >= sizeof address || *count == NODES_MAX) {
            return false;
        }
        memcpy(address, at, len);
        if (!parse_address(address, &nodes[*count]) || !usher_is_unicast(nodes[*count])) {
            return false;
        }
        ++*count;
    }
    return true;
}

/** Whether each of these is the address of a node that is there, or of our own. */
static bool have_nodes(struct registry *r, const struct cdb_export *how, char *why, size_t why_len)
{
    struct registry_node node = { .settings = NULL };
    struct registry_provisioner own;
    uint16_t own_address = registry_provisioner(r, 0, &own) == REGISTRY_OK ? own.address : 0;
    OPENSSL_cleanse(&own, sizeof own);
    bool all = true;
    for (size_t i = 0; i < how->node_count && all; i++) {
        bool lives = registry_at(r, how->nodes[i], &node) == REGISTRY_OK &&
                     (node.state == REGISTRY_UNKNOWN || node.state == REGISTRY_PROVISIONED);
        all = lives || how->nodes[i] == own_address;
        if (!all) {
            snprintf(why, why_len, "0x%04x is not the address of a node of this network",
                     (unsigned)how->nodes[i]);
        }
    }
    registry_node_clear(&node);
    return all;
}

/** Writes the text of a document where it is wanted. */
static bool put_text(const struct args *args, const char *text, char *why, size_t why_len)
{
    if (!args->out) {
        puts(text); /* whether that succeeds, out_flush() tells */
        return true;
    }
    if (!state_file_write(args->out, text, strlen(text))) {
        snprintf(why, why_len, "%.150s: %s", args->out, strerror(errno));
        return false;
    }
    return true;
}

static bool put_document(const struct args *args, const json_t *document, char *why, size_t why_len)
{
    size_t flags = JSON_PRESERVE_ORDER | (out_json() && !args->out ? JSON_COMPACT : JSON_INDENT(1));
    char *text = json_dumps(document, flags);
    if (!text) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    bool ok = put_text(args, text, why, why_len);
    OPENSSL_cleanse(text, strlen(text));
    free(text);
    return ok;
}

static int export_from(struct registry *r, const struct args *args, const struct cdb_export *how)
{
    char why[400];
    if (!have_nodes(r, how, why, sizeof why)) {
        out_error("%s", why);
        return EXIT_FAILED;
    }
    json_t *document = cdb_write(r, how, why, sizeof why);
    if (!document || !put_document(args, document, why, sizeof why)) {
        json_decref(document);
        out_error("%s", why);
        return EXIT_TRANSPORT;
    }
    if (args->out) {
        size_t nodes = json_array_size(json_object_get(document, "nodes"));
        bool partial = json_is_true(json_object_get(document, "partial"));
        out_text("%s: %zu node%s%s", args->out, nodes, nodes == 1 ? "" : "s",
                 partial ? ", partial" : "");
        out_event(json_pack("{s:s, s:s, s:i, s:b}", "event", "exported", "file", args->out, "nodes",
                            (int)nodes, "partial", (int)partial));
    }
    json_decref(document);
    return EXIT_DONE;
}

int network_export(const struct args *args)
{
    char why[300];
    uint16_t nodes[NODES_MAX];
    struct cdb_export how = { .no_device_keys = args->no_device_keys };
    if (args->nodes && !read_nodes(args->nodes, nodes, &how.node_count)) {
        out_error("--nodes takes up to %d addresses such as 0x0002,0x0005", NODES_MAX);
        return EXIT_USAGE;
    }
    how.nodes = args->nodes ? nodes : NULL;
    struct registry *r = registry_view(args->state, why, sizeof why);
    if (!r) {
        out_error("%s", why);
        return EXIT_TRANSPORT;
    }
    int code = export_from(r, args, &how);
    registry_close(r);
    return code;
}

/* import */

static json_t *done_json(const struct cdb_imported *d, bool made)
{
    return json_pack("{s:s, s:b, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "event", "imported",
                     "made", (int)made, "nodes", (int)d->nodes, "nodes_new", (int)d->nodes_new,
                     "nodes_replaced", (int)d->nodes_replaced, "nodes_kept", (int)d->nodes_kept,
                     "nodes_removed", (int)d->nodes_removed, "netkeys", (int)d->netkeys, "appkeys",
                     (int)d->appkeys, "provisioners", (int)d->provisioners);
}

/** Who we are in the network now. */
static void tell_own(struct registry *r, json_t *event)
{
    struct registry_provisioner own;
    char uuid[2 * USHER_UUID_SIZE + 1];
    if (registry_provisioner(r, 0, &own) != REGISTRY_OK) {
        return;
    }
    OPENSSL_cleanse(own.device_key, sizeof own.device_key);
    format_hex(own.uuid, sizeof own.uuid, uuid);
    json_object_set_new(event, "provisioner", json_string(uuid));
    out_text("we are provisioner \"%s\", %s", own.name, uuid);
    if (own.unicast_count > 0) {
        json_object_set_new(event, "unicast", network_range_json(&own.unicast[0]));
        out_text("with the addresses from 0x%04x to 0x%04x", (unsigned)own.unicast[0].low,
                 (unsigned)own.unicast[0].high);
    }
}

static void tell_done(struct registry *r, const struct cdb_imported *d, bool made)
{
    json_t *event = done_json(d, made);
    if (made) {
        out_text("%u nodes of %u provisioners, %u NetKeys, %u AppKeys", d->nodes, d->provisioners,
                 d->netkeys, d->appkeys);
        tell_own(r, event);
    } else {
        out_text("%u nodes are new, %u replaced, %u as they were, %u removed", d->nodes_new,
                 d->nodes_replaced, d->nodes_kept, d->nodes_removed);
    }
    out_event(event);
}

/** What options say about how to import. @retval false  Wrong, which has been told. */
static bool import_usage(const struct args *args, bool exists, struct cdb_import *how)
{
    if (exists && (args->name || args->range || args->as)) {
        out_error("there is a network in %.120s: FILE is merged into it, and --name, --range and "
                  "--as are for new ones",
                  args->state);
        return false;
    }
    if (args->range && !network_range(args->range, &how->unicast)) {
        out_error("\"%.40s\" is no range of unicast addresses, such as 0100-01ff", args->range);
        return false;
    }
    if (args->as && (args->range || args->name || !parse_uuid(args->as, how->uuid))) {
        out_error("--as takes the UUID of a provisioner, and no --name or --range with it");
        return false;
    }
    how->name = args->name;
    return true;
}

/** Whether --as names a provisioner of the document. */
static bool has_provisioner(const json_t *document, const uint8_t uuid[USHER_UUID_SIZE])
{
    json_t *json;
    size_t i;
    json_array_foreach(json_object_get(document, "provisioners"), i, json)
    {
        uint8_t its[USHER_UUID_SIZE];
        const char *text = json_string_value(json_object_get(json, "UUID"));
        if (text && parse_uuid(text, its) && memcmp(its, uuid, sizeof its) == 0) {
            return true;
        }
    }
    return false;
}

static int import_into(const struct args *args, const json_t *document,
                       const struct cdb_import *how, struct cdb_findings *findings)
{
    char why[400] = "";
    struct cdb_imported done;
    struct registry *r;
    bool made = !registry_exists(args->state), ok;
    if (made) {
        r = cdb_import(args->state, document, how, &done, findings, why, sizeof why);
        ok = r != NULL;
    } else {
        r = registry_open(args->state, NULL, why, sizeof why);
        ok = r && cdb_merge(r, document, &done, findings, why, sizeof why);
    }
    if (*why != '\0') {
        out_error("%s", why);
    }
    if (ok) {
        tell_done(r, &done, made);
    }
    registry_close(r);
    return ok ? EXIT_DONE : *why != '\0' ? EXIT_TRANSPORT : EXIT_FAILED;
}

int network_import(const struct args *args)
{
    struct teller teller = { .file = args->operands.item[1] };
    struct cdb_findings findings = { .found = tell, .user = &teller };
    struct cdb_import how = { .name = NULL };
    struct registry_new fresh = { .name = NULL };
    int code;
    if (!teller.file) {
        out_error("network import needs a FILE");
        return EXIT_USAGE;
    }
    if (!registry_new_random(&fresh)) {
        out_error("no randomness for a UUID");
        return EXIT_TRANSPORT;
    }
    memcpy(how.uuid, fresh.provisioner, sizeof how.uuid);
    OPENSSL_cleanse(&fresh, sizeof fresh);
    if (!import_usage(args, registry_exists(args->state), &how)) {
        return EXIT_USAGE;
    }
    json_t *document = read_file(teller.file, &findings, &code);
    if (!document) {
        return code;
    }
    if (args->as && !has_provisioner(document, how.uuid)) {
        out_error("%.120s has no provisioner %.40s", teller.file, args->as);
        code = EXIT_USAGE;
    } else {
        code = import_into(args, document, &how, &findings);
    }
    json_decref(document);
    return code;
}

/* check */

/** Writes a network as a document, and reads that. */
static json_t *check_state(const char *dir, struct cdb_findings *findings, int *code)
{
    char why[300];
    struct registry *r = registry_view(dir, why, sizeof why);
    json_t *document =
        r ? cdb_write(r, &(struct cdb_export){ .nodes = NULL }, why, sizeof why) : NULL;
    registry_close(r);
    *code = EXIT_TRANSPORT;
    if (!document) {
        out_error("%s", why);
        return NULL;
    }
    char *text = json_dumps(document, JSON_COMPACT);
    json_decref(document);
    if (!text) {
        out_error("out of memory");
        return NULL;
    }
    json_t *read = cdb_read(text, strlen(text), findings);
    OPENSSL_cleanse(text, strlen(text));
    free(text);
    *code = read ? EXIT_DONE : EXIT_FAILED;
    return read;
}

int network_check(const struct args *args)
{
    const char *file = args->operands.item[1];
    struct teller teller = { .file = file, .results = true };
    struct cdb_findings findings = { .found = tell, .user = &teller };
    int code;
    json_t *document =
        file ? read_file(file, &findings, &code) : check_state(args->state, &findings, &code);
    if (code == EXIT_DONE || code == EXIT_FAILED) {
        size_t nodes = json_array_size(json_object_get(document, "nodes"));
        if (document) {
            out_text("%zu nodes, and nothing is wrong", nodes);
        }
        out_event(json_pack("{s:s, s:i, s:i}", "event", "checked", "findings", (int)findings.count,
                            "nodes", (int)nodes));
    }
    json_decref(document);
    return code;
}
