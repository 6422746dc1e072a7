/*
 * Devices per minute on the simulated air, by links and loss: one provisioner, devices that are
 * known and listen, no out-of-band information. Virtual time, so the figures are the same on every
 * machine.
 *
 *     bench_air [--devices N] [--algorithm cmac|hmac]
 */
#include "simport.h"

#include <usher/usher.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINKS_MAX 32
#define SESSIONS (2 * LINKS_MAX) /* a link that closes does not hold up the next */

struct device {
    struct simport port;
    struct usher node;
    struct usher_session session;
    uint8_t uuid[USHER_UUID_SIZE];
};

struct site {
    const struct usher_crypto *crypto;
    struct air *air;
    struct device *devices;
    unsigned count, links, next, active, done, failed;
    struct simport port;
    struct usher node;
    struct usher_session sessions[SESSIONS];
    uint64_t began[SESSIONS];
    unsigned device_of[SESSIONS];
    double *seconds;
    uint16_t address;
    uint8_t algorithm;
};

static void on_device_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct device *d = user;

    (void)u;
    if (e->type == USHER_EVT_LINK_CLOSED && usher_device_key(&d->session) == NULL) {
        (void)usher_listen(&d->session, &(struct usher_listen){ .uuid = d->uuid });
    }
}

static void start(struct site *s, unsigned slot, unsigned device)
{
    s->began[slot] = air_now_us(s->air);
    s->device_of[slot] = device;
    s->active++;
    if (usher_provision(&s->sessions[slot],
                        &(struct usher_provision){ .uuid = s->devices[device].uuid }) != USHER_OK) {
        abort();
    }
}

static void start_some(struct site *s)
{
    for (unsigned i = 0; i < SESSIONS && s->active < s->links && s->next < s->count; i++) {
        if (usher_session_idle(&s->sessions[i])) {
            start(s, i, s->next++);
        }
    }
}

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct site *s = user;
    struct usher_session *session = e->params.link_established.p_context;
    unsigned slot = (unsigned)(session - s->sessions);

    (void)u;
    if (e->type == USHER_EVT_CAPS_RECEIVED) {
        (void)usher_oob_use(session, &(struct usher_start){ .algorithm = s->algorithm });
    } else if (e->type == USHER_EVT_DATA_REQUEST) {
        struct usher_prov_data data = { .address = s->address++ };

        (void)usher_data_set(session, &data);
    } else if (e->type == USHER_EVT_COMPLETE) {
        s->seconds[s->done++] = (double)(air_now_us(s->air) - s->began[slot]) / 1e6;
        s->active--;
        start_some(s);
    } else if (e->type == USHER_EVT_LINK_CLOSED && usher_device_key(session) == NULL) {
        s->failed++;
        s->active--;
        start(s, slot, s->device_of[slot]); /* once more */
    } else if (e->type == USHER_EVT_LINK_CLOSED) {
        start_some(s);
    }
}

static void site_init(struct site *s, unsigned loss, uint64_t seed)
{
    struct air_config air = { .seed = seed, .loss_pct = (uint8_t)loss };
    struct usher_caps caps = { .num_elements = 1, .algorithms = 3 };

    s->air = air_new(&air);
    s->devices = calloc(s->count, sizeof(*s->devices));
    s->seconds = calloc(s->count, sizeof(*s->seconds));
    s->address = 1;
    if (simport_init(&s->port, s->air, &s->node, s->crypto, USHER_ADV_SLOTS) != USHER_OK ||
        usher_init(&s->node, &s->port.port,
                   &(struct usher_config){ .handler = on_event, .user = s }) != USHER_OK) {
        abort();
    }
    for (unsigned i = 0; i < SESSIONS; i++) {
        usher_session_init(&s->node, &s->sessions[i], NULL, NULL);
    }
    for (unsigned i = 0; i < s->count; i++) {
        struct device *d = &s->devices[i];
        struct usher_config config = { .handler = on_device_event,
                                       .user = d,
                                       .beacon_interval_ms = 60000 };

        memcpy(d->uuid, &(uint32_t){ i + 1 }, 4);
        if (simport_init(&d->port, s->air, &d->node, s->crypto, 1) != USHER_OK ||
            usher_init(&d->node, &d->port.port, &config) != USHER_OK) {
            abort();
        }
        usher_session_init(&d->node, &d->session, &caps, NULL);
        (void)usher_listen(&d->session, &(struct usher_listen){ .uuid = d->uuid });
    }
}

static void site_deinit(struct site *s)
{
    usher_deinit(&s->node);
    simport_deinit(&s->port);
    for (unsigned i = 0; i < s->count; i++) {
        usher_deinit(&s->devices[i].node);
        simport_deinit(&s->devices[i].port);
    }
    air_free(s->air);
    free(s->devices);
    free(s->seconds);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void measure(const struct usher_crypto *crypto, unsigned count, unsigned links,
                    unsigned loss, uint8_t algorithm)
{
    static struct site s; /* too large for the stack */
    double seconds;

    memset(&s, 0, sizeof(s));
    s.crypto = crypto;
    s.count = count;
    s.links = links;
    s.algorithm = algorithm;
    site_init(&s, loss, 1);
    start_some(&s);
    while (s.done < count) {
        air_run_until(s.air, air_next_us(s.air));
    }
    seconds = (double)air_now_us(s.air) / 1e6;
    qsort(s.seconds, s.done, sizeof(*s.seconds), by_value);
    printf("  %5u %6u %%  %8.0f /min   %6.2f s median   %5.1f   %u again\n", links, loss,
           60.0 * count / seconds, s.seconds[s.done / 2], (double)air_stats(s.air)->events / count,
           s.failed);
    site_deinit(&s);
}

int main(int argc, char **argv)
{
    static const unsigned links[] = { 1, 2, 4, 8, 16, 32 }, losses[] = { 0, 5, 20 };
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    unsigned count = 200;
    uint8_t algorithm = USHER_ALG_CMAC;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--devices") == 0) {
            count = (unsigned)strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--algorithm") == 0) {
            algorithm = strcmp(argv[i + 1], "hmac") == 0 ? USHER_ALG_HMAC : USHER_ALG_CMAC;
        }
    }
    if (crypto == NULL) {
        return 1;
    }
    printf("  links   loss     devices         time each   PDUs each\n");
    for (size_t l = 0; l < sizeof(losses) / sizeof(losses[0]); l++) {
        for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
            measure(crypto, count, links[i], losses[l], algorithm);
        }
    }
    usher_crypto_openssl_free(crypto);
    return 0;
}
