/*
 * Radios with an instance each; see station.h. Called by the verbs scan and provision.
 */
#include "station.h"

#include "out.h"

#include <stdio.h>
#include <stdlib.h>

static void on_lost(void *ctx, const char *why)
{
    struct station *s = ctx;
    out_error("%s", why);
    s->lost = true;
}

bool station_open(struct station *s, struct loop *loop, const struct args *args, const char *radio,
                  char *why, size_t why_len)
{
    s->radio = radio;
    s->port = tool_radio_open(loop, args, radio, &s->usher, on_lost, s, why, why_len);
    return s->port &&
           (tool_bearers(args->bearer) != USHER_BEARER_GATT ||
            tool_radio_has_gatt(linux_port_get(s->port), radio, "--bearer gatt", why, why_len));
}

bool station_join(struct station *s, const struct usher_config *config, char *why, size_t why_len)
{
    enum usher_err err = usher_init(&s->usher, linux_port_get(s->port), config);
    s->on = err == USHER_OK;
    if (s->on) {
        err = tool_gatt_init(&s->gatt, &s->usher, NULL, NULL);
    }
    if (err != USHER_OK) {
        snprintf(why, why_len, "%.100s: the radio cannot be used (%s)", s->radio,
                 usher_err_name(err));
    }
    return err == USHER_OK;
}

void station_close(struct station *s)
{
    if (s->on) {
        usher_deinit(&s->usher);
        s->on = false;
    }
    if (s->port) {
        linux_port_close(s->port);
        s->port = NULL;
    }
}

struct station *stations_new(size_t count)
{
    return calloc(count, sizeof(struct station));
}

void stations_free(struct station *stations, size_t count)
{
    for (size_t i = 0; stations && i < count; i++) {
        station_close(&stations[i]);
    }
    free(stations);
}
