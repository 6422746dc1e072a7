/*
 * usher decode: explains a capture in words, line by line, and sums up how the devices in it were
 * provisioned. What explains is decode/.
 */
#include "decode.h"
#include "options.h"
#include "out.h"
#include "parse.h"
#include "registry.h"
#include "verbs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/crypto.h>

#define FILE_MAX_OCTETS (1u << 30) /* of a capture: it is read into memory */
#define READ_STEP 65536u

/* -- files --------------------------------------------------------------------------------- */

/** Reads a whole file, or standard input if it is "-". @retval NULL  @p why tells. */
static uint8_t *read_file(const char *path, size_t *len, char *why, size_t why_len)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    uint8_t *octets = NULL;
    size_t room = 0, got = 1;

    *len = 0;
    while (file && got > 0 && *len < FILE_MAX_OCTETS) {
        if (room - *len < READ_STEP) {
            room = room * 2 + READ_STEP;
            uint8_t *more = realloc(octets, room);
            if (!more) {
                break;
            }
            octets = more;
        }
        got = fread(octets + *len, 1, READ_STEP, file);
        *len += got;
    }
    bool whole = file && got == 0 && !ferror(file);
    if (!whole) {
        snprintf(why, why_len, "%.100s cannot be read: %s", path,
                 !file || ferror(file) ? strerror(errno) : "it is too large");
        free(octets);
        octets = NULL;
    }
    if (file && file != stdin) {
        fclose(file);
    }
    return octets;
}

static bool read_keys(struct keyring *keys, const char *path, char *why, size_t why_len)
{
    json_error_t error;
    char what[160];
    json_t *database = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

    if (!database) {
        snprintf(why, why_len, "%.100s, line %d: %.100s", path, error.line, error.text);
        return false;
    }
    bool taken = keyring_database(keys, database, what, sizeof what);
    if (!taken) {
        snprintf(why, why_len, "%.100s: %.150s", path, what);
    }
    json_decref(database);
    return taken;
}

static bool take_subnets(struct keyring *keys, struct registry *r)
{
    struct registry_netkey net;
    struct registry_appkey app;
    enum registry_err err = REGISTRY_OK;
    bool taken = true;

    for (size_t n = 0; taken && (err = registry_netkey(r, n, &net)) == REGISTRY_OK; n++) {
        taken = keyring_netkey(keys, net.index, net.key, net.phase != 0 ? net.old_key : NULL);
    }
    taken = taken && err == REGISTRY_NONE;
    for (size_t n = 0; taken && (err = registry_appkey(r, n, &app)) == REGISTRY_OK; n++) {
        taken = keyring_appkey(keys, app.net_index, app.index, app.key, NULL);
    }
    OPENSSL_cleanse(&net, sizeof net);
    OPENSSL_cleanse(&app, sizeof app);
    return taken && err == REGISTRY_NONE;
}

static bool take_nodes(struct keyring *keys, struct registry *r)
{
    struct registry_node node = { .address = 0 };
    enum registry_err err = REGISTRY_OK;
    bool taken = true;
    uint16_t after = 0;

    while (taken && (err = registry_next(r, after, &node)) == REGISTRY_OK) {
        taken = keyring_node(keys, node.address, node.elements, node.device_key);
        after = node.address;
    }
    registry_node_clear(&node);
    return taken && err == REGISTRY_NONE;
}

/** The keys of the network that the tool itself keeps in a directory. */
static bool read_state(struct keyring *keys, const char *dir, char *why, size_t why_len)
{
    struct registry_network network;
    struct registry *r = registry_view(dir, why, why_len);

    if (!r) {
        return false;
    }
    bool taken = registry_network(r, &network) == REGISTRY_OK && take_subnets(keys, r) &&
                 take_nodes(keys, r);
    if (taken) {
        keyring_iv_index(keys, network.iv_index);
    } else {
        snprintf(why, why_len, "the keys in %.100s cannot be taken: %.120s", dir, registry_why(r));
    }
    registry_close(r);
    return taken;
}

/* -- lines --------------------------------------------------------------------------------- */

static double seconds(uint64_t us)
{
    return (double)us / 1e6;
}

static void on_line(void *ctx, const struct decode_line *line)
{
    char rssi[8] = "-", repeats[48] = "";

    (void)ctx;
    if (out_json()) {
        json_t *event =
            json_pack("{s:s, s:f, s:f, s:s, s:o, s:i, s:s}", "event", "packet", "at",
                      seconds(line->at_us), "time", seconds(line->time_us), "from", line->from,
                      "rssi", line->has_rssi ? json_integer(line->rssi) : json_null(), "count",
                      (int)line->count, "text", line->text);
        if (event) {
            json_object_update(event, line->members);
        }
        out_event(event);
        return;
    }
    if (line->has_rssi) {
        snprintf(rssi, sizeof rssi, "%d", line->rssi);
    }
    if (line->count > 1) {
        snprintf(repeats, sizeof repeats, "  (%u times in %.3f s)", line->count,
                 seconds(line->last_us - line->at_us));
    }
    out_text("%11.6f %4s  %-17s  %s%s", seconds(line->at_us), rssi, line->from, line->text,
             repeats);
}

static const char *close_name(const struct decode_link *link)
{
    static const char *const names[] = { "success", "time-out", "failure" };

    if (link->gatt) {
        return "disconnected";
    }
    return link->reason < sizeof names / sizeof *names ? names[link->reason] : "unknown";
}

/** How a link ended, in words. */
static void end_text(const struct decode_link *link, char *text, size_t room)
{
    const char *pdu = link->last_pdu >= 0 ? usher_pdu_name((uint8_t)link->last_pdu) : "Link Open";

    switch (link->end) {
    case DECODE_COMPLETE:
        snprintf(text, room, "Complete");
        break;
    case DECODE_FAILED:
        snprintf(text, room, "Failed after %s: %s", pdu, usher_failure_name(link->code));
        break;
    case DECODE_CLOSED:
        snprintf(text, room, "closed after %s: %s", pdu, close_name(link));
        break;
    case DECODE_SILENT:
        snprintf(text, room, "time-out: nothing followed %s", pdu);
        break;
    default:
        snprintf(text, room, "still open after %s when the capture ends", pdu);
        break;
    }
}

static json_t *phases_json(const struct decode_link *link)
{
    json_t *phases = json_object();
    const char *name;
    uint64_t us;

    for (unsigned n = 0; decode_phase(link, n, &name, &us); n++) {
        json_object_set_new(phases, name, json_real(seconds(us)));
    }
    return phases;
}

static void link_json(const struct decode_link *link, const char *text)
{
    static const char *const ends[] = {
        [DECODE_OPEN] = "open",     [DECODE_COMPLETE] = "complete", [DECODE_FAILED] = "failed",
        [DECODE_CLOSED] = "closed", [DECODE_SILENT] = "time-out",
    };

    char id[9];
    snprintf(id, sizeof id, "%0*x", link->gatt ? 1 : 8, (unsigned)link->id);
    out_event(json_pack(
        "{s:s, s:s, s:s, s:o, s:f, s:f, s:s, s:s, s:o, s:o, s:i, s:i, s:o}", "event", "link",
        "bearer", link->gatt ? "gatt" : "adv", "link", id, "uuid",
        link->has_uuid ? format_hex_json(link->uuid, sizeof link->uuid) : json_null(), "at",
        seconds(link->from_us), "seconds", seconds(link->to_us - link->from_us), "end",
        ends[link->end], "text", text, "code",
        link->end == DECODE_FAILED ? json_integer(link->code) : json_null(), "reason",
        link->has_reason ? json_integer(link->reason) : json_null(), "packets", (int)link->packets,
        "repeated", (int)link->repeated, "phases", phases_json(link)));
}

static void on_link(void *ctx, const struct decode_link *link)
{
    char text[120], line[300], uuid[2 * USHER_UUID_SIZE + 1] = "an unknown device";
    const char *name;
    uint64_t us;
    size_t used = 0;

    (void)ctx;
    end_text(link, text, sizeof text);
    if (out_json()) {
        link_json(link, text);
        return;
    }
    if (link->has_uuid) {
        format_hex(link->uuid, sizeof link->uuid, uuid);
    }
    out_text("%s %0*x, %s: %s, %.3f s, %u packets, %u of them repeats",
             link->gatt ? "connection" : "link", link->gatt ? 1 : 8, (unsigned)link->id, uuid, text,
             seconds(link->to_us - link->from_us), link->packets, link->repeated);
    for (unsigned n = 0; decode_phase(link, n, &name, &us); n++) {
        int more = snprintf(line + used, sizeof line - used, "%s%s %.3f", n > 0 ? ", " : "", name,
                            seconds(us));
        used += more > 0 && used + (size_t)more < sizeof line ? (size_t)more : 0;
    }
    if (used > 0) {
        out_text("    seconds: %s", line);
    }
}

static void on_totals(void *ctx, const struct decode_totals *t)
{
    (void)ctx;
    if (out_json()) {
        out_event(json_pack("{s:s, s:I, s:f, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:b}", "event",
                            "summary", "packets", (json_int_t)t->packets, "seconds",
                            seconds(t->last_us), "devices", (int)t->devices, "links", (int)t->links,
                            "network", (int)t->network, "opened", (int)t->opened, "messages",
                            (int)t->messages, "others", (int)t->others, "malformed",
                            (int)t->malformed, "damaged", t->damaged));
        return;
    }
    out_text("%llu packets in %.3f s: %u unprovisioned devices, %u links; %u Network PDUs, %u of "
             "them opened, with %u messages; %u packets of others, %u malformed",
             (unsigned long long)t->packets, seconds(t->last_us), t->devices, t->links, t->network,
             t->opened, t->messages, t->others, t->malformed);
    if (t->damaged) {
        out_note("the file ends within a packet, or is damaged: what follows is not told");
    }
}

/* ------------------------------------------------------------------------------------------ */

static bool explain(const struct args *args, const struct usher_crypto *crypto,
                    struct keyring *keys, char *why, size_t why_len)
{
    const char *path = args->operands.item[0];
    const struct decode_config config = {
        .crypto = crypto,
        .keys = keys,
        .show_secrets = args->show_secrets,
        .line = on_line,
        .link = on_link,
        .totals = on_totals,
    };
    char what[120];
    size_t len;

    if ((args->keys && !read_keys(keys, args->keys, why, why_len)) ||
        (args->state && !read_state(keys, args->state, why, why_len))) {
        return false;
    }
    uint8_t *file = read_file(path, &len, why, why_len);
    if (!file) {
        return false;
    }
    bool explained = decode_run(&config, file, len, what, sizeof what);
    if (!explained) {
        snprintf(why, why_len, "%.100s: %.120s", path, what);
    }
    free(file);
    return explained;
}

int verb_decode(const struct args *args)
{
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    struct keyring *keys = crypto ? keyring_new(crypto) : NULL;
    char why[300] = "out of memory";
    bool done = keys && explain(args, crypto, keys, why, sizeof why);

    keyring_free(keys);
    usher_crypto_openssl_free(crypto);
    if (!done) {
        out_error("%s", why);
    }
    return done ? EXIT_DONE : EXIT_USAGE;
}
