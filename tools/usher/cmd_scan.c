/*
 * usher scan: the unprovisioned devices that are heard, each once for each bearer.
 */
#include "out.h"
#include "parse.h"
#include "report.h"
#include "tool_radio.h"
#include "verbs.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#define BEACON_REPEAT_MS 1000 /* repeats within it are shed */

struct scan {
    struct loop loop;
    struct linux_port *port;
    struct usher node;
    struct tool_gatt gatt;
    const struct args *args;
    uint64_t end_ms; /* of the loop's clock; 0: Ctrl-C ends it */
    void *heard;     /* tsearch() tree of struct sight */
    unsigned devices;
    bool lost;
};

/** A device that was heard. */
struct sight {
    uint8_t uuid[USHER_UUID_SIZE];
    unsigned bearers; /* on which, bits */
};

static int compare_sights(const void *a, const void *b)
{
    const struct sight *left = a, *right = b;
    return memcmp(left->uuid, right->uuid, USHER_UUID_SIZE);
}

/** What is known of a device. NULL: no memory; it will be heard again. */
static struct sight *sight_have(struct scan *s, const uint8_t uuid[USHER_UUID_SIZE])
{
    struct sight key = { .bearers = 0 };
    memcpy(key.uuid, uuid, USHER_UUID_SIZE);
    struct sight **place = tfind(&key, &s->heard, compare_sights);
    if (place) {
        return *place;
    }
    struct sight *sight = malloc(sizeof *sight);
    if (!sight) {
        return NULL;
    }
    *sight = key;
    if (!tsearch(sight, &s->heard, compare_sights)) {
        free(sight);
        return NULL;
    }
    s->devices++;
    return sight;
}

/** A device is told once for each bearer. */
static void on_event(void *user, struct usher *u, const struct usher_event *event)
{
    struct scan *s = user;
    const uint8_t *uuid = event->params.unprov.device_uuid;
    (void)u;
    if (event->type != USHER_EVT_UNPROVISIONED_RECEIVED ||
        event->params.unprov.rssi < s->args->rssi ||
        (s->args->uuid_prefix && !uuid_begins(uuid, s->args->uuid_prefix))) {
        return;
    }
    unsigned bearer = event->params.unprov.gatt_supported ? USHER_BEARER_GATT : USHER_BEARER_ADV;
    struct sight *sight = sight_have(s, uuid);
    if (sight && (sight->bearers & bearer) == 0) {
        sight->bearers |= bearer;
        report_heard(uuid, event, true);
    }
}

static void on_stop(void *ctx)
{
    struct scan *s = ctx;
    loop_end(&s->loop);
}

static void on_tick(void *ctx)
{
    struct scan *s = ctx;
    if (s->end_ms != 0 && uv_now(&s->loop.uv) >= s->end_ms) {
        loop_end(&s->loop);
    }
}

static void on_lost(void *ctx, const char *why)
{
    struct scan *s = ctx;
    out_error("%s", why);
    s->lost = true;
    loop_end(&s->loop);
}

static int scan_run(struct scan *s)
{
    char why[200];
    s->port = tool_radio_open(&s->loop, s->args, &s->node, on_lost, s, why, sizeof why);
    if (!s->port) {
        out_error("%s", why);
        return EXIT_TRANSPORT;
    }
    int code = EXIT_TRANSPORT;
    struct usher_config config = { .handler = on_event,
                                   .user = s,
                                   .beacon_repeat_ms = BEACON_REPEAT_MS };
    if (usher_init(&s->node, linux_port_get(s->port), &config) != USHER_OK) {
        out_error("%s: the radio cannot be used", s->args->radio);
    } else {
        if (tool_gatt_init(&s->gatt, &s->node, NULL, NULL) == USHER_OK &&
            usher_scan(&s->node, true) == USHER_OK) {
            s->end_ms = s->args->for_ms > 0 ? uv_now(&s->loop.uv) + s->args->for_ms : 0;
            loop_run(&s->loop);
            code = EXIT_DONE;
        } else {
            out_error("%s: the radio cannot scan", s->args->radio);
        }
        usher_deinit(&s->node);
    }
    linux_port_close(s->port);
    return s->lost ? EXIT_TRANSPORT : code;
}

int verb_scan(const struct args *args)
{
    struct scan s = { .args = args };
    if (!args->radio) {
        out_error("scan needs --radio, such as --radio air:PATH");
        return EXIT_USAGE;
    }
    size_t digits = args->uuid_prefix ? strlen(args->uuid_prefix) : 0;
    if (digits > 32 ||
        (digits > 0 && strspn(args->uuid_prefix, "0123456789abcdefABCDEF") != digits)) {
        out_error("--uuid-prefix takes up to 32 hexadecimal digits, not \"%s\"", args->uuid_prefix);
        return EXIT_USAGE;
    }
    if (!loop_init(&s.loop, on_stop, on_tick, 50, &s)) {
        return EXIT_TRANSPORT;
    }
    int code = scan_run(&s);
    loop_close(&s.loop);
    tdestroy(s.heard, free);
    if (code == EXIT_DONE) {
        out_note("%u device%s heard", s.devices, s.devices == 1 ? "" : "s");
    }
    return code;
}
