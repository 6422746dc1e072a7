/*
 * usher watch: what nodes publish, as it comes: lamps, and health.
 */
#include "online.h"
#include "options.h"
#include "out.h"
#include "parse.h"
#include "report.h"
#include "verbs.h"

#include <stdio.h>

#define TICK_MS 50

struct watch {
    const struct args *args;
    struct online online;
    uint16_t groups[ARGS_LIST_MAX];
    size_t group_count;
    uint64_t end_ms; /* of the loop's clock; 0: Ctrl-C ends it */
};

static void on_stop(void *ctx)
{
    struct watch *w = ctx;
    loop_end(&w->online.loop);
}

static void on_tick(void *ctx)
{
    struct watch *w = ctx;
    if (w->end_ms != 0 && uv_now(&w->online.loop.uv) >= w->end_ms) {
        loop_end(&w->online.loop);
    }
}

static void on_lamp(struct usher_onoff_client *c, uint16_t src,
                    const struct usher_onoff_status *status)
{
    (void)c;
    report_lamp(src, status->present);
}

static void on_health(struct usher_health_client *c, uint16_t src,
                      const struct usher_health_status *status)
{
    json_t *faults = json_array();
    (void)c;
    for (size_t i = 0; i < status->count; i++) {
        json_array_append_new(faults, json_integer(status->faults[i]));
    }
    out_event(json_pack("{s:s, s:o, s:i, s:i, s:o}", "event", "health", "address",
                        format_address_json(src), "test", (int)status->test_id, "company",
                        (int)status->company, "faults", faults));
    out_text("0x%04x  %zu faults%s", (unsigned)src, status->count,
             status->count > 0 ? "; --json tells which" : "");
}

/** Both clients hear what is published with any AppKey, to us or to the groups. */
static bool listen_all(struct watch *w, char *why, size_t why_len)
{
    struct own_node *own = &w->online.own;
    struct usher_model *models[] = { &own->onoff_client.model, &own->health_client.model };
    for (size_t m = 0; m < 2; m++) {
        if (!own_node_bind_all(own, models[m], why, why_len)) {
            return false;
        }
        for (size_t i = 0; i < w->group_count; i++) {
            enum usher_status status = usher_model_subscribe(models[m], w->groups[i]);
            if (status != USHER_STATUS_SUCCESS) {
                snprintf(why, why_len, "group 0x%04x: %s", (unsigned)w->groups[i],
                         usher_status_name(status));
                return false;
            }
        }
    }
    own->onoff_client.status = on_lamp;
    own->health_client.status = on_health;
    return true;
}

static bool usage(struct watch *w, char *why, size_t why_len)
{
    const struct arg_list *operands = &w->args->operands;
    for (size_t i = 0; i < operands->count; i++) {
        uint16_t *group = &w->groups[w->group_count++];
        if (!parse_address(operands->item[i], group) || !usher_is_group(*group) ||
            *group == USHER_ADDR_ALL_NODES) {
            snprintf(why, why_len, "\"%.60s\" is not a group to watch, such as 0xc000",
                     operands->item[i]);
            return false;
        }
    }
    return online_usage(w->args, "watch", why, why_len);
}

int verb_watch(const struct args *args)
{
    struct watch w = { .args = args };
    char why[200];
    int code = EXIT_TRANSPORT;
    if (!usage(&w, why, sizeof why)) {
        out_error("%s", why);
        return EXIT_USAGE;
    }
    if (!online_init(&w.online, args, on_stop, on_tick, TICK_MS, &w)) {
        return EXIT_TRANSPORT;
    }
    if (online_open(&w.online, false, why, sizeof why) &&
        online_join(&w.online, &(struct usher_config){ .handler = NULL }, 1, why, sizeof why) &&
        listen_all(&w, why, sizeof why) && online_reach(&w.online, why, sizeof why)) {
        w.end_ms = args->for_ms ? uv_now(&w.online.loop.uv) + args->for_ms : 0;
        uint16_t address = usher_mesh_address(&w.online.own.mesh);
        out_event(
            json_pack("{s:s, s:o}", "event", "watching", "address", format_address_json(address)));
        out_text("the provisioner's node is 0x%04x", (unsigned)address);
        loop_run(&w.online.loop);
        code = w.online.lost ? EXIT_TRANSPORT : EXIT_DONE;
    } else {
        out_error("%s", why);
    }
    online_close(&w.online);
    return code;
}
