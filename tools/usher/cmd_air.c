/*
 * usher air: serves the simulated air to other processes until Ctrl-C.
 */
#include "air_server.h"
#include "loop.h"
#include "options.h"
#include "out.h"
#include "verbs.h"

static void on_stop(void *ctx)
{
    loop_end(ctx);
}

static void summary(const struct air_stats *n)
{
    if (out_json()) {
        out_event(json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "event", "summary",
                            "events", (json_int_t)n->events, "receptions",
                            (json_int_t)n->receptions, "lost", (json_int_t)n->lost, "duplicated",
                            (json_int_t)n->duplicated, "reordered", (json_int_t)n->reordered,
                            "collided", (json_int_t)n->collided, "deaf", (json_int_t)n->deaf));
        return;
    }
    out_text("%llu advertising events, %llu receptions; not received: %llu lost, %llu collided, "
             "%llu while "
             "sending",
             (unsigned long long)n->events, (unsigned long long)n->receptions,
             (unsigned long long)n->lost, (unsigned long long)n->collided,
             (unsigned long long)n->deaf);
}

static void listening(const char *path, const struct air_server *server)
{
    json_t *controllers = json_array();
    const char *radio;
    out_text("the air is at %s: use --radio air:%s; Ctrl-C ends it", path, path);
    for (size_t i = 0; (radio = air_server_hci(server, i)) != NULL; i++) {
        json_array_append_new(controllers, json_string(radio));
        out_text("Bluetooth controllers are at %s", radio);
    }
    out_event(json_pack("{s:s, s:o, s:o}", "event", "listening", "radio",
                        json_sprintf("air:%s", path), "hci", controllers));
}

int verb_air(const struct args *args)
{
    struct loop loop;
    char why[200];
    if (!args->listen) {
        out_error("air needs --listen PATH, the socket at which radios join");
        return EXIT_USAGE;
    }
    if (!loop_init(&loop, on_stop, NULL, 0, &loop)) {
        return EXIT_TRANSPORT;
    }
    struct air_server_config config = {
        .listen = args->listen,
        .air = { .seed = args->seed,
                 .loss_pct = (uint8_t)args->loss_pct,
                 .dup_pct = (uint8_t)args->dup_pct,
                 .reorder_pct = (uint8_t)args->reorder_pct,
                 .delay_ms = (uint16_t)args->delay_ms },
        .pcap = args->pcap,
        .meshd = args->meshd.count > 0 ? args->meshd.item : NULL,
        .hci = args->hci.count > 0 ? args->hci.item : NULL,
        .controller = { .legacy_only = args->hci_legacy },
    };
    struct air_server *server = air_server_start(&loop.uv, &config, why, sizeof why);
    if (!server) {
        out_error("%s", why);
        loop_close(&loop);
        return EXIT_TRANSPORT;
    }
    listening(args->listen, server);
    loop_run(&loop);
    summary(air_server_stats(server));
    air_server_stop(server);
    loop_close(&loop);
    return EXIT_DONE;
}
