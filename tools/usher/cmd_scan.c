/*
 * usher scan: the unprovisioned devices that are heard, each once for each bearer, by whichever
 * radio is the first.
 */
#include "out.h"
#include "parse.h"
#include "report.h"
#include "station.h"
#include "verbs.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEACON_REPEAT_MS 1000 /* repeats within it are shed */

struct scan {
    struct loop loop;
    struct station *stations; /* for each --radio */
    const struct args *args;
    uint64_t end_ms; /* of the loop's clock; 0: Ctrl-C ends it */
    void *heard;     /* tsearch() tree of struct sight */
    unsigned devices;
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

/** How many radios are lost. */
static size_t lost_count(const struct scan *s)
{
    size_t lost = 0;
    for (size_t i = 0; i < s->args->radios.count; i++) {
        lost += s->stations[i].lost;
    }
    return lost;
}

static void on_tick(void *ctx)
{
    struct scan *s = ctx;
    if ((s->end_ms != 0 && uv_now(&s->loop.uv) >= s->end_ms) ||
        lost_count(s) == s->args->radios.count) {
        loop_end(&s->loop);
    }
}

static bool station_start(struct scan *s, size_t n, char *why, size_t why_len)
{
    struct station *station = &s->stations[n];
    struct usher_config config = { .handler = on_event,
                                   .user = s,
                                   .beacon_repeat_ms = BEACON_REPEAT_MS };
    if (!station_open(station, &s->loop, s->args, s->args->radios.item[n], why, why_len) ||
        !station_join(station, &config, why, why_len)) {
        return false;
    }
    enum usher_err err = usher_scan(&station->usher, true);
    if (err != USHER_OK) {
        snprintf(why, why_len, "%.100s: the radio cannot scan (%s)", station->radio,
                 usher_err_name(err));
    }
    return err == USHER_OK;
}

static int scan_run(struct scan *s)
{
    char why[200] = "out of memory";
    size_t count = s->args->radios.count, started = 0;
    s->stations = stations_new(count);
    while (s->stations && started < count && station_start(s, started, why, sizeof why)) {
        started++;
    }
    if (started == count) {
        s->end_ms = s->args->for_ms > 0 ? uv_now(&s->loop.uv) + s->args->for_ms : 0;
        loop_run(&s->loop);
    } else {
        out_error("%s", why);
    }
    int code = started == count && lost_count(s) == 0 ? EXIT_DONE : EXIT_TRANSPORT;
    stations_free(s->stations, count);
    return code;
}

int verb_scan(const struct args *args)
{
    struct scan s = { .args = args };
    if (args->radios.count == 0) {
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
