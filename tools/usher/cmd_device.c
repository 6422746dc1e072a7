/*
 * usher device: one or many devices over a radio, each with an instance and a radio of its own;
 * and, with --state, a store of its own, DIR/UUID.
 */
#include "commissioner.h"
#include "device.h"
#include "file_store.h"
#include "keyfile.h"
#include "oob.h"
#include "options.h"
#include "out.h"
#include "parse.h"
#include "report.h"
#include "state_file.h"
#include "verbs.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define TICK_MS 100
#define UUID_TEXT (2 * USHER_UUID_SIZE + 1)

struct devices;

struct member {
    struct device device;
    struct devices *all;
    struct linux_port *port;
    struct file_store store;
    bool stored;
};

struct devices {
    const struct args *args;
    struct loop loop;
    struct lines lines;
    struct device model; /* what all have in common */
    struct member *members;
    unsigned provisioned;
    int lock; /* on --state; -1: none */
    bool lost;
};

/* What the devices tell. */

static void on_show(void *ctx, struct device *d, uint8_t action, uint8_t size, const char *value)
{
    char uuid[UUID_TEXT];
    (void)ctx;
    format_hex(d->uuid, sizeof d->uuid, uuid);
    report_show(d->uuid, USHER_OOB_OUTPUT, action, size, value);
    out_text("%s shows (%s): %s", uuid, oob_action_name(USHER_OOB_OUTPUT, action), value);
}

static void on_ask(void *ctx, struct device *d, uint8_t action, uint8_t size)
{
    struct member *m = ctx;
    char uuid[UUID_TEXT];
    format_hex(d->uuid, sizeof d->uuid, uuid);
    report_ask(d->uuid, USHER_OOB_INPUT, action, size);
    out_text("%s: what does the provisioner show (%s, size %u)? Type it:", uuid,
             oob_action_name(USHER_OOB_INPUT, action), (unsigned)size);
    lines_want(&m->all->lines, true);
}

static void on_complete(void *ctx, struct device *d)
{
    struct member *m = ctx;
    struct usher_outcome outcome;
    usher_outcome(&d->session, &outcome);
    m->all->provisioned++;
    report_complete(&(struct commission_complete){
        .uuid = d->uuid,
        .address = d->address,
        .elements = d->elements,
        .start = &outcome.start,
        .gatt = outcome.gatt,
        .ms = d->port->now_ms(d->port->ctx) - d->begun,
        .retries = d->failures,
        .resent = outcome.link.retries,
        .secure = commissioner_is_secure(&outcome.start),
        .device_key = m->all->args->show_secrets ? d->device_key : NULL });
}

static void on_trouble(void *ctx, struct device *d, enum usher_err err)
{
    char uuid[UUID_TEXT];
    (void)ctx;
    format_hex(d->uuid, sizeof d->uuid, uuid);
    out_error("%s: the node cannot be made or stored: %s", uuid, usher_err_name(err));
}

static void on_lamp(void *ctx, struct device *d, uint16_t address, bool on)
{
    (void)ctx;
    (void)d;
    report_lamp(address, on);
}

static void on_attention(void *ctx, struct device *d, uint8_t seconds)
{
    char uuid[UUID_TEXT];
    (void)ctx;
    report_device("attention", d->uuid, d->address, (int)seconds);
    format_hex(d->uuid, sizeof d->uuid, uuid);
    out_text("%s attracts attention%s", uuid, seconds > 0 ? "" : " no more");
}

static void on_configured(void *ctx, struct device *d)
{
    (void)ctx;
    report_device("configured", d->uuid, d->address, -1);
}

static void beaconing(const struct device *d)
{
    char uuid[UUID_TEXT];
    format_hex(d->uuid, sizeof d->uuid, uuid);
    out_event(json_pack("{s:s, s:s}", "event", "beaconing", "uuid", uuid));
    out_text("%s", uuid);
}

static void on_reset(void *ctx, struct device *d)
{
    struct member *m = ctx;
    char uuid[UUID_TEXT];
    m->all->provisioned--;
    report_device("reset", d->uuid, 0, -1);
    format_hex(d->uuid, sizeof d->uuid, uuid);
    out_text("%s has left the network, and beacons", uuid);
    beaconing(d);
}

static const struct device_owner owner = { .show = on_show,
                                           .ask = on_ask,
                                           .complete = on_complete,
                                           .trouble = on_trouble,
                                           .lamp = on_lamp,
                                           .attention = on_attention,
                                           .configured = on_configured,
                                           .reset = on_reset };

/* What the loop tells. */

static void on_stop(void *ctx)
{
    struct devices *all = ctx;
    loop_end(&all->loop);
}

static void on_lost(void *ctx, const char *why)
{
    struct devices *all = ctx;
    if (!all->lost) {
        out_error("%s", why);
    }
    all->lost = true;
    loop_end(&all->loop);
}

static unsigned asking_count(const struct devices *all)
{
    unsigned n = 0;
    for (unsigned i = 0; i < all->args->count; i++) {
        n += all->members[i].device.asking;
    }
    return n;
}

/** Whether all devices are provisioned and have no link any more. */
static bool all_done(const struct devices *all)
{
    unsigned i = 0;
    if (all->provisioned < all->args->count) {
        return false;
    }
    while (i < all->args->count &&
           (!all->members[i].device.on || usher_session_idle(&all->members[i].device.session))) {
        i++;
    }
    return i == all->args->count;
}

static void on_tick(void *ctx)
{
    struct devices *all = ctx;
    unsigned count = all->args->count;
    lines_want(&all->lines, asking_count(all) > 0 && !all->lines.ended);
    if (all->args->exit_when_done && all_done(all)) {
        loop_end(&all->loop);
    } else if (all->provisioned < count && count > 1 && out_progress_due()) {
        out_progress("%u of %u devices provisioned", all->provisioned, count);
    }
}

/** Finds the one device that asks and is meant. */
static struct device *asking_find(struct devices *all, const char *prefix)
{
    struct device *found = NULL;
    for (unsigned i = 0; i < all->args->count; i++) {
        struct device *d = &all->members[i].device;
        if (d->asking && uuid_begins(d->uuid, prefix ? prefix : "")) {
            if (found) {
                out_note("several devices ask: type the first digits of the UUID, a blank, and the "
                         "value");
                return NULL;
            }
            found = d;
        }
    }
    if (!found) {
        out_note(prefix ? "no such device asks for a value" : "no device asks for a value now");
    }
    return found;
}

static void on_line(void *ctx, char *line)
{
    struct devices *all = ctx;
    char *prefix, *value;
    if (!line) {
        out_note("standard input has ended: no value can be typed any more");
        return;
    }
    lines_split(line, &prefix, &value);
    struct device *d = *value ? asking_find(all, prefix) : NULL;
    if (d && device_answer(d, value) != USHER_OK) {
        out_note("that cannot be the value: size %u, %s", (unsigned)d->ask_size,
                 d->ask_action == USHER_INPUT_ALPHANUMERIC ? "letters and digits" : "digits");
    }
}

/* From beginning to end. */

static bool usage(struct devices *all, char *why, size_t why_len)
{
    const struct args *args = all->args;
    struct device *model = &all->model;
    char what[160];
    if (!args->radios.item[0]) {
        snprintf(why, why_len, "device needs --radio, such as --radio air:PATH");
        return false;
    }
    if (args->uuid && !parse_uuid(args->uuid, model->uuid)) {
        snprintf(why, why_len, "--uuid takes 32 hexadecimal digits, not \"%.60s\"", args->uuid);
        return false;
    }
    if (args->uuid && (args->count > 1 || args->seed_given)) {
        snprintf(why, why_len, "--uuid is one device's: use --seed with --count");
        return false;
    }
    if (args->state && !args->uuid && !args->seed_given) {
        snprintf(why, why_len,
                 "--state needs --uuid or --seed, so that the device is the same next time");
        return false;
    }
    for (size_t i = 0; i < args->oob.count; i++) {
        if (!oob_add_offered(&model->oob, args->oob.item[i], what, sizeof what)) {
            snprintf(why, why_len, "--oob: %s", what);
            return false;
        }
    }
    if (args->uri && !device_uri_set(model, args->uri)) {
        snprintf(why, why_len, "--uri does not fit in an advertisement");
        return false;
    }
    return true;
}

/** Fills in what all devices have in common. */
static bool model_prepare(struct devices *all, char *why, size_t why_len)
{
    const struct args *args = all->args;
    struct device *model = &all->model;
    bool made;

    model->owner = &owner;
    model->elements = (uint8_t)args->elements;
    model->bearers = tool_bearers(args->bearer);
    if (strcmp(args->algorithm, "hmac") != 0) {
        model->algorithms |= USHER_ALG_BIT(USHER_ALG_CMAC);
    }
    if (strcmp(args->algorithm, "cmac") != 0) {
        model->algorithms |= USHER_ALG_BIT(USHER_ALG_HMAC);
    }
    if (!args->pubkey_oob) {
        return true;
    }
    if (!keyfile_private(args->pubkey_oob, model->private_key, model->public_key, &made, why,
                         why_len)) {
        return false;
    }
    model->key_known = true;
    char digits[2 * USHER_P256_PUBLIC + 1];
    format_hex(model->public_key, sizeof model->public_key, digits);
    out_event(json_pack("{s:s, s:s, s:b}", "event", "public-key", "public_key", digits, "made",
                        (int)made));
    out_text("public key%s: %s", made ? " (new)" : "", digits);
    return true;
}

/** Makes the UUID of the device of this number: at random, or from --seed. */
static bool uuid_make(const struct args *args, unsigned number, uint8_t uuid[USHER_UUID_SIZE])
{
    if (args->uuid) {
        return true;
    }
    if (args->seed_given) {
        char text[64];
        uint8_t digest[EVP_MAX_MD_SIZE];
        int len = snprintf(text, sizeof text, "usher device %u %u", args->seed, number);
        if (EVP_Digest(text, (size_t)len, digest, NULL, EVP_sha256(), NULL) != 1) {
            return false;
        }
        memcpy(uuid, digest, USHER_UUID_SIZE);
    } else if (RAND_bytes(uuid, USHER_UUID_SIZE) != 1) {
        return false;
    }
    device_uuid_v4(uuid);
    return true;
}

/** Gives a device its store. */
static bool member_store(struct member *m, char *why, size_t why_len)
{
    char dir[FILE_STORE_DIR_MAX + 1], uuid[UUID_TEXT];
    format_hex(m->device.uuid, USHER_UUID_SIZE, uuid);
    int len = snprintf(dir, sizeof dir, "%s/%s", m->all->args->state, uuid);
    if (len < 0 || (size_t)len >= sizeof dir) {
        snprintf(why, why_len, "the path of the state directory is too long");
        return false;
    }
    m->stored = file_store_open(&m->store, dir, why, why_len);
    if (m->stored) {
        linux_port_store_set(m->port, &m->store);
    }
    return m->stored;
}

/** Whether the radio can do what --bearer asks for. */
static bool bearers_possible(const struct member *m, char *why, size_t why_len)
{
    const struct args *args = m->all->args;
    return (m->device.bearers & USHER_BEARER_GATT) == 0 ||
           tool_radio_has_gatt(linux_port_get(m->port), args->radios.item[0], "--bearer", why,
                               why_len);
}

static bool member_start(struct devices *all, unsigned number, char *why, size_t why_len)
{
    const struct args *args = all->args;
    struct member *m = &all->members[number];
    struct device *d = &m->device;

    *d = all->model;
    d->ctx = m;
    m->all = all;
    if (!uuid_make(args, number, d->uuid)) {
        snprintf(why, why_len, "no randomness for a UUID");
        return false;
    }
    m->port = tool_radio_open(&all->loop, args, args->radios.item[0], &d->node, on_lost, all, why,
                              why_len);
    if (!m->port || !bearers_possible(m, why, why_len) ||
        (args->state && !member_store(m, why, why_len))) {
        return false;
    }
    enum usher_err err = device_start(d, linux_port_get(m->port));
    if (err != USHER_OK) {
        snprintf(why, why_len, "the device does not start: %s", usher_err_name(err));
        return false;
    }
    if (!d->provisioned) {
        beaconing(d);
        return true;
    }
    char uuid[UUID_TEXT];
    all->provisioned++;
    report_device("resumed", d->uuid, d->address, -1);
    format_hex(d->uuid, sizeof d->uuid, uuid);
    out_text("%s is a node already, 0x%04x", uuid, (unsigned)d->address);
    return true;
}

/** Each device has a socket, and a lock on its store: a thousand need more files than is usual. */
static void files_allow(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* if not, opening fails, and says so */
    }
}

static int run(struct devices *all)
{
    const struct args *args = all->args;
    char why[200];
    bool ok = model_prepare(all, why, sizeof why);
    files_allow();
    if (ok && args->state) {
        all->lock = state_dir_lock(args->state, why, sizeof why);
        ok = all->lock >= 0;
    }
    for (unsigned i = 0; ok && i < args->count; i++) {
        ok = member_start(all, i, why, sizeof why);
    }
    if (!ok) {
        out_error("%s", why);
        return EXIT_TRANSPORT;
    }
    loop_run(&all->loop);
    out_progress_end();
    if (args->count > 1) {
        out_note("%u of %u devices provisioned", all->provisioned, args->count);
    }
    return all->lost ? EXIT_TRANSPORT : EXIT_DONE;
}

static void finish(struct devices *all)
{
    for (unsigned i = 0; i < all->args->count; i++) {
        struct member *m = &all->members[i];
        device_stop(&m->device);
        if (m->port) {
            linux_port_close(m->port);
        }
    }
    lines_close(&all->lines);
    loop_close(&all->loop);
    for (unsigned i = 0; i < all->args->count; i++) {
        if (all->members[i].stored) {
            file_store_close(&all->members[i].store);
        }
    }
    if (all->lock >= 0) {
        state_dir_unlock(all->lock);
    }
    OPENSSL_cleanse(&all->model, sizeof all->model);
    free(all->members);
}

int verb_device(const struct args *args)
{
    struct devices all = { .args = args, .lock = -1 };
    char why[200];
    if (!usage(&all, why, sizeof why)) {
        out_error("%s", why);
        return EXIT_USAGE;
    }
    all.members = calloc(args->count, sizeof *all.members);
    if (!all.members) {
        out_error("out of memory");
        return EXIT_TRANSPORT;
    }
    if (!loop_init(&all.loop, on_stop, on_tick, TICK_MS, &all)) {
        free(all.members);
        return EXIT_TRANSPORT;
    }
    lines_init(&all.lines, &all.loop, on_line, &all);
    int code = run(&all);
    finish(&all);
    return code;
}
