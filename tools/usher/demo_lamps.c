/*
 * The end of usher demo: all lamps of the site are switched on by one message to their group, which
 * is repeated, as nobody acknowledges it; those that it missed are then told one by one. See
 * demo.h.
 */
#include "demo.h"

#include <stdlib.h>

#define GROUP 0xC000u /* of the built-in template */
#define APPKEY 0u
#define REPEATS 3
#define INTERVAL_MS 100u /* between the repeats, and until the lamps are looked at */
#define LIMIT_MS 60000u  /* for those that are told one by one */
#define DEFAULT_TTL 255

/** A lamp that is told by itself. */
struct telling {
    struct usher_request request;
    bool done;
};

static void wait_ms(struct demo *d, uint64_t ms)
{
    uint64_t end = demo_now(d) + ms;
    while (demo_advance(d, end)) {
    }
}

/** Calls @p each for every lamp of the site that is configured. @retval their number */
static unsigned lamps_walk(struct demo *d,
                           void (*each)(struct demo *d, struct usher_onoff_server *lamp))
{
    unsigned count = 0;
    for (unsigned i = 0; i < d->args->devices; i++) {
        struct post *p = &d->posts[i];
        struct registry_node node = { .settings = NULL };
        enum registry_err err = registry_find(d->registry, p->device.uuid, &node);
        unsigned elements = err == REGISTRY_OK && node.configured ? p->device.elements : 0;
        registry_node_clear(&node);
        for (unsigned e = 0; e < elements; e++) {
            count++;
            each(d, &p->device.as_node.lamps[e]);
        }
    }
    return count;
}

static void lamp_count(struct demo *d, struct usher_onoff_server *lamp)
{
    d->lamps_on += lamp->on;
}

static void on_told(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct telling *t = user;
    (void)request;
    (void)answer; /* what counts is the lamp */
    t->done = true;
}

/** Tells a lamp that is dark to switch on, until it answers. */
static void lamp_tell(struct demo *d, struct usher_onoff_server *lamp)
{
    struct telling t = { .request = { .done = on_told, .user = &t } };
    struct usher_target target = { .dst = usher_model_address(&lamp->model),
                                   .net_index = d->own.net_index,
                                   .key = APPKEY,
                                   .ttl = DEFAULT_TTL };
    uint64_t end = demo_now(d) + LIMIT_MS;
    if (lamp->on ||
        usher_onoff_set(&d->own.onoff_client, &t.request, &target, true, 0, 0) != USHER_OK) {
        return;
    }
    while (!t.done && demo_advance(d, end)) {
    }
    usher_ask_cancel(&t.request);
    d->lamps_retried += lamp->on;
}

void demo_lamps_switch(struct demo *d)
{
    struct usher_onoff_client *client = &d->own.onoff_client;
    struct usher_target target = {
        .dst = GROUP, .net_index = d->own.net_index, .key = APPKEY, .ttl = DEFAULT_TTL
    };
    char why[120];
    if (!own_node_bind(&client->model, APPKEY, why, sizeof why)) {
        return; /* no lamp will be on, and the summary says so */
    }
    uint8_t tid = usher_onoff_tid(client);
    for (unsigned i = 0; i < REPEATS; i++) {
        (void)usher_onoff_set_unack(client, &target, true, tid, 0, 0);
        wait_ms(d, INTERVAL_MS);
    }
    wait_ms(d, INTERVAL_MS);
    (void)lamps_walk(d, lamp_tell);
    d->lamps_on = 0;
    d->lamps = lamps_walk(d, lamp_count);
}
