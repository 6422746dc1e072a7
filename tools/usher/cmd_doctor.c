/*
 * usher doctor: what this machine offers and what is in the way, with what to do; and whether a
 * radio that is named can be opened.
 */
#include "doctor.h"
#include "out.h"
#include "station.h"
#include "verbs.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define READY_MS 5000 /* in which a controller answers its first commands */

void doctor_find(struct doctor *d, enum doctor_level level, const char *check, const char *advice,
                 const char *format, ...)
{
    static const char *const levels[] = { "ok", "note", "problem" };
    char text[900];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    d->count[level]++;
    if (out_json()) {
        out_event(json_pack("{s:s, s:s, s:s, s:s, s:s?}", "event", "finding", "check", check,
                            "level", levels[level], "text", text, "advice", advice));
        return;
    }
    out_text("%-8s %s", levels[level], text);
    if (advice) {
        out_text("         %s", advice);
    }
}

/* -- radios -------------------------------------------------------------------------------- */

static void on_event(void *user, struct usher *u, const struct usher_event *event)
{
    (void)user;
    (void)u;
    (void)event;
}

static void on_stop(void *ctx)
{
    (void)ctx; /* loop_run_until() ends by itself */
}

/** A controller has slots as soon as it has answered; a serial device has none of ours. */
static bool ready(void *ctx)
{
    const struct station *s = ctx;
    return s->lost || s->usher.port->adv_slots > 0 || s->usher.port->remote;
}

/** Opens a radio and lets it begin. @retval false  @p why tells in one line. */
static bool try_radio(struct loop *loop, struct station *s, const struct args *args,
                      const char *radio, char *why, size_t why_len)
{
    const struct usher_config config = { .handler = on_event };
    if (!station_open(s, loop, args, radio, why, why_len) ||
        !station_join(s, &config, why, why_len)) {
        return false;
    }
    if (!loop_run_until(loop, ready, s, READY_MS)) {
        snprintf(why, why_len, "%.100s is there, but does not answer in %d s", radio,
                 READY_MS / 1000);
        return false;
    }
    if (s->lost) {
        snprintf(why, why_len, "%.100s was lost at once", radio);
    }
    return !s->lost;
}

/** @retval false  It cannot be used. */
static bool radio_usable(struct doctor *d, const struct args *args, const char *radio)
{
    struct loop loop;
    struct station station = { .radio = NULL };
    char why[200];
    if (!loop_init(&loop, on_stop, NULL, 0, NULL)) {
        return false;
    }
    bool usable = try_radio(&loop, &station, args, radio, why, sizeof why);
    if (usable) {
        doctor_find(d, DOCTOR_OK, "radio", NULL, "%s can be used%s", radio,
                    station.usher.port->gatt_conns > 0 ? ", and has GATT" : "; it has no GATT");
    } else {
        doctor_find(d, DOCTOR_PROBLEM, "radio", "See \"usher help\" for the radios that there are.",
                    "%s", why);
    }
    station_close(&station);
    loop_close(&loop);
    return usable;
}

/* ------------------------------------------------------------------------------------------ */

static void this_program(struct doctor *d)
{
    struct utsname machine;
    bool known = uname(&machine) == 0;
    doctor_find(d, DOCTOR_OK, "usher", NULL, "usher %s on %s %s, %s", usher_version(),
                known ? machine.sysname : "an unknown system", known ? machine.release : "",
                known ? machine.machine : "");
}

int verb_doctor(const struct args *args)
{
    struct doctor d = { { 0 } };
    bool usable = true;
    this_program(&d);
    doctor_libraries(&d);
    doctor_randomness_and_clock(&d);
    doctor_controllers(&d);
    doctor_serial_ports(&d);
    doctor_programs(&d);
    if (args->state) {
        usable = doctor_state(&d, args->state);
    }
    for (size_t i = 0; i < args->radios.count; i++) {
        usable = radio_usable(&d, args, args->radios.item[i]) && usable;
    }
    const unsigned *count = d.count;
    if (out_json()) {
        out_event(json_pack("{s:s, s:i, s:i, s:i}", "event", "summary", "ok", (int)count[DOCTOR_OK],
                            "notes", (int)count[DOCTOR_NOTE], "problems",
                            (int)count[DOCTOR_PROBLEM]));
    }
    out_text("%u fine, %u to note, %u problem%s", count[DOCTOR_OK], count[DOCTOR_NOTE],
             count[DOCTOR_PROBLEM], count[DOCTOR_PROBLEM] == 1 ? "" : "s");
    return usable ? EXIT_DONE : EXIT_TRANSPORT;
}
