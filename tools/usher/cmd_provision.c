/*
 * usher provision: one device, or all that are heard, over a radio, into a network that is kept
 * in a directory.
 */
#include "commissioner.h"
#include "keyfile.h"
#include "linux_port.h"
#include "loop.h"
#include "oob.h"
#include "options.h"
#include "out.h"
#include "pcap.h"
#include "report.h"
#include "verbs.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#define TICK_MS 50
#define QUIET_MS 10000 /* --all ends when nothing new was heard for so long */
#define LOOK_MS 30000  /* how long one device is looked for */
#define LINK_MS 70000  /* a device that lost its provisioner is heard again after a minute */
#define STOP_MS 5000   /* after Ctrl-C: for links that are nearly done */
#define BEACON_REPEAT_MS 1000

struct provision {
    const struct args *args;
    struct loop loop;
    struct lines lines;
    uv_timer_t wake;
    struct linux_port *port;
    struct pcap pcap;
    struct usher node;
    struct site *site;
    struct commissioner *commissioner;
    struct oob oob;
    uint8_t uuid[USHER_UUID_SIZE];
    uint8_t public_key[USHER_P256_PUBLIC];
    unsigned ended; /* devices finished, at ended_ms */
    unsigned news;  /* devices taken on and finished, at news_ms */
    uint64_t begun_ms, news_ms, ended_ms, stopped_ms;
    bool on; /* the instance is to be deinitialised */
    bool lost;
};

static uint64_t now_ms(const struct provision *p)
{
    return uv_now(&p->loop.uv);
}

/* What the commissioner asks. */

static bool on_wants(void *ctx, const uint8_t uuid[USHER_UUID_SIZE])
{
    const struct provision *p = ctx;
    if (!p->args->all) {
        return memcmp(uuid, p->uuid, USHER_UUID_SIZE) == 0;
    }
    return p->args->for_ms == 0 || now_ms(p) - p->begun_ms < p->args->for_ms;
}

static void on_known(void *ctx, const uint8_t uuid[USHER_UUID_SIZE],
                     struct commissioner_known *known)
{
    const struct provision *p = ctx;
    (void)uuid;
    known->public_key = p->args->pubkey_oob ? p->public_key : NULL;
    known->static_value = p->oob.static_value;
    known->static_len = p->oob.static_len;
}

static void on_show(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint8_t action, uint8_t size,
                    const char *value)
{
    char digits[2 * USHER_UUID_SIZE + 1];
    (void)ctx;
    (void)size;
    format_hex(uuid, USHER_UUID_SIZE, digits);
    out_text("%s: enter at the device (%s): %s", digits, oob_action_name(USHER_OOB_INPUT, action),
             value);
}

static void on_ask(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint8_t action, uint8_t size)
{
    struct provision *p = ctx;
    char digits[2 * USHER_UUID_SIZE + 1];
    format_hex(uuid, USHER_UUID_SIZE, digits);
    out_text("%s: what does the device show (%s, size %u)? Type it:", digits,
             oob_action_name(USHER_OOB_OUTPUT, action), (unsigned)size);
    lines_want(&p->lines, true);
}

static void on_wake(uv_timer_t *timer)
{
    struct provision *p = timer->data;
    commissioner_run(p->commissioner);
}

static void on_wake_at(void *ctx, uint64_t ms)
{
    struct provision *p = ctx;
    if (ms == USHER_NEVER) {
        uv_timer_stop(&p->wake);
        return;
    }
    const struct usher_port *port = linux_port_get(p->port);
    uint64_t now = port->now_ms(port->ctx);
    uv_timer_start(&p->wake, on_wake, ms > now ? ms - now : 0, 0);
}

static void on_changed(void *ctx)
{
    struct provision *p = ctx;
    struct commissioner_counts n;
    commissioner_counts(p->commissioner, &n);
    lines_want(&p->lines, n.asking > 0);
    if (n.devices + n.provisioned + n.failed != p->news) {
        p->news = n.devices + n.provisioned + n.failed;
        p->news_ms = now_ms(p);
    }
    if (n.provisioned + n.failed != p->ended) {
        p->ended = n.provisioned + n.failed;
        p->ended_ms = now_ms(p);
    }
}

/* What the loop tells. */

static void on_line(void *ctx, char *line)
{
    struct provision *p = ctx;
    char why[160], *prefix, *value;
    if (!line) {
        commissioner_no_answers(p->commissioner);
        return;
    }
    lines_split(line, &prefix, &value);
    if (*value && !commissioner_answer(p->commissioner, prefix, value, why, sizeof why)) {
        out_note("%s", why);
    }
    on_changed(p);
}

static void on_stop(void *ctx)
{
    struct provision *p = ctx;
    out_note("stopping; once more to stop at once");
    p->stopped_ms = now_ms(p);
    commissioner_stop(p->commissioner);
}

/** How long to listen at least; devices that a killed run left behind need their time. */
static uint64_t patience(const struct provision *p)
{
    if (p->args->for_ms > 0) {
        return p->args->for_ms;
    }
    if (site_left_unsettled(p->site)) {
        return LINK_MS;
    }
    return p->args->all ? 0 : LOOK_MS;
}

/** Whether there is nothing left to wait for. */
static bool finished(const struct provision *p)
{
    uint64_t now = now_ms(p);
    struct commissioner_counts n;
    commissioner_counts(p->commissioner, &n);
    if (!commissioner_idle(p->commissioner)) {
        return p->loop.stopping && now - p->stopped_ms >= STOP_MS;
    }
    if (p->loop.stopping || n.unstored > 0) {
        return true;
    }
    if (!p->args->all && n.devices > 0) {
        return true;
    }
    return now - p->begun_ms >= patience(p) &&
           (!p->args->all || p->args->for_ms > 0 || now - p->news_ms >= QUIET_MS);
}

static void on_tick(void *ctx)
{
    struct provision *p = ctx;
    if (finished(p)) {
        loop_end(&p->loop);
    } else if (out_progress_due()) {
        char text[120];
        commissioner_progress(p->commissioner, text, sizeof text);
        out_progress("%s", text);
    }
}

static void on_lost(void *ctx, const char *why)
{
    struct provision *p = ctx;
    out_error("%s", why);
    p->lost = true;
    loop_end(&p->loop);
}

/* From beginning to end. */

static bool usage(struct provision *p, char *why, size_t why_len)
{
    const struct args *args = p->args;
    const char *uuid = args->operands.item[0];
    if (!uuid == !args->all) {
        snprintf(why, why_len, "provision needs a UUID or --all, and not both");
        return false;
    }
    if (uuid && !parse_uuid(uuid, p->uuid)) {
        snprintf(why, why_len, "\"%.60s\" is not a UUID: it has 32 hexadecimal digits", uuid);
        return false;
    }
    if (!args->radio || !args->state) {
        snprintf(why, why_len, "provision needs --radio and --state");
        return false;
    }
    if (args->all && args->pubkey_oob) {
        snprintf(why, why_len, "--pubkey-oob is one device's: give its UUID rather than --all");
        return false;
    }
    for (size_t i = 0; i < args->oob.count; i++) {
        if (!oob_add_allowed(&p->oob, args->oob.item[i], why, why_len)) {
            return false;
        }
    }
    if (args->oob.count == 0) {
        p->oob.methods = 1u << USHER_OOB_NONE | 1u << USHER_OOB_OUTPUT | 1u << USHER_OOB_INPUT;
    }
    return !args->pubkey_oob || keyfile_public(args->pubkey_oob, p->public_key, why, why_len);
}

/** Opens the radio first: without one, no network is made. */
static bool open_both(struct provision *p, char *why, size_t why_len)
{
    uint8_t key[USHER_KEY_SIZE];
    p->port = linux_port_open(&p->loop.uv, p->args->radio, &p->node, on_lost, p, why, why_len);
    if (!p->port) {
        return false;
    }
    if (RAND_bytes(key, sizeof key) != 1) {
        snprintf(why, why_len, "no randomness for a network key");
        return false;
    }
    if (p->args->pcap) {
        if (!pcap_open(&p->pcap, p->args->pcap, 0)) {
            snprintf(why, why_len, "%s: %s", p->args->pcap, strerror(errno));
            return false;
        }
        linux_port_sniffer_set(p->port, pcap_sniff, &p->pcap);
    }
    p->site = site_open(p->args->state, key, why, why_len);
    OPENSSL_cleanse(key, sizeof key);
    return p->site != NULL;
}

static bool start(struct provision *p, char *why, size_t why_len)
{
    const struct args *args = p->args;
    struct commissioner_config commissioning = {
        .port = linux_port_get(p->port),
        .site = p->site,
        .radio = args->radio,
        .parallel = args->parallel,
        .retries = args->retries,
        .methods = p->oob.methods,
        .attention_s = (uint8_t)args->attention_s,
        .require_secure = args->require_secure,
        .show_secrets = args->show_secrets,
        .list = true,
        .ctx = p,
        .wants = on_wants,
        .known = on_known,
        .show = on_show,
        .ask = on_ask,
        .wake_at = on_wake_at,
        .changed = on_changed,
    };
    p->commissioner = commissioner_new(&commissioning);
    if (!p->commissioner) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    struct usher_config config = { .handler = commissioner_event,
                                   .user = p->commissioner,
                                   .beacon_repeat_ms = BEACON_REPEAT_MS };
    enum usher_err err = usher_init(&p->node, linux_port_get(p->port), &config);
    p->on = err == USHER_OK;
    if (p->on) {
        err = commissioner_start(p->commissioner, &p->node);
    }
    if (err != USHER_OK) {
        snprintf(why, why_len, "%s: the radio cannot be used (%s)", args->radio,
                 usher_err_name(err));
        return false;
    }
    if (site_left_unsettled(p->site)) {
        out_note("the last run was killed: devices that it left in the middle are heard again "
                 "after a minute");
    }
    p->begun_ms = p->news_ms = p->ended_ms = now_ms(p);
    return true;
}

static void finish(struct provision *p)
{
    if (p->on) {
        usher_deinit(&p->node);
    }
    if (p->port) {
        linux_port_close(p->port);
    }
    if (p->pcap.file && !pcap_close(&p->pcap)) {
        out_error("%s: %s", p->args->pcap, strerror(errno));
    }
    commissioner_free(p->commissioner);
    lines_close(&p->lines);
    uv_close((uv_handle_t *)&p->wake, NULL);
    loop_close(&p->loop);
    site_close(p->site);
    OPENSSL_cleanse(&p->oob, sizeof p->oob);
}

/** Says how it went. */
static int conclude(const struct provision *p)
{
    char why[200];
    struct commissioner_counts n;
    commissioner_counts(p->commissioner, &n);
    out_progress_end();
    if (commissioner_idle(p->commissioner) && !site_settled(p->site, why, sizeof why)) {
        out_error("%s", why);
    }
    if (n.devices == 0 && !p->lost && !p->loop.stopping) {
        if (p->args->all) {
            out_note("no unprovisioned device was heard");
        } else {
            report_unheard(p->uuid);
            n.devices = n.failed = 1;
        }
    }
    report_summary(&(struct report_summary){ .devices = n.devices,
                                             .provisioned = n.provisioned,
                                             .failed = n.failed,
                                             .refused = n.refused,
                                             .interrupted = n.devices - n.provisioned - n.failed,
                                             .retries = n.retries,
                                             .ms = p->ended_ms - p->begun_ms,
                                             .links = p->args->parallel });
    if (p->lost || n.unstored > 0) {
        return EXIT_TRANSPORT;
    }
    if (n.failed > 0 && n.failed == n.refused) {
        return EXIT_POLICY;
    }
    return n.provisioned < n.devices ? EXIT_FAILED : EXIT_DONE;
}

int verb_provision(const struct args *args)
{
    struct provision p = { .args = args };
    char why[200];
    if (!usage(&p, why, sizeof why)) {
        out_error("%s", why);
        return EXIT_USAGE;
    }
    if (!loop_init(&p.loop, on_stop, on_tick, TICK_MS, &p)) {
        return EXIT_TRANSPORT;
    }
    lines_init(&p.lines, &p.loop, on_line, &p);
    uv_timer_init(&p.loop.uv, &p.wake);
    p.wake.data = &p;
    int code = EXIT_TRANSPORT;
    if (open_both(&p, why, sizeof why) && start(&p, why, sizeof why)) {
        loop_run(&p.loop);
        code = conclude(&p);
    } else {
        out_error("%s", why);
    }
    finish(&p);
    return code;
}
