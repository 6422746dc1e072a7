/* A site for benches; see bench_site.h. */
#include "bench_site.h"

#include "simport.h"

#include <usher/usher.h>

#include <stdlib.h>
#include <string.h>

#define SESSIONS (2 * BENCH_LINKS_MAX) /* a link that closes does not hold up the next */
#define BEGIN_MS 1000                  /* for a controller to start */

struct device {
    struct simport port;
    struct usher node;
    struct usher_session session;
    uint8_t uuid[USHER_UUID_SIZE];
};

struct site {
    const struct bench_config *config;
    struct air *air;
    struct device *devices;
    unsigned next, active, done, failed;
    struct simport air_port;
    struct hciport hci_port;
    struct usher node;
    struct usher_session sessions[SESSIONS];
    uint64_t began[SESSIONS];
    unsigned device_of[SESSIONS];
    double *seconds;
    uint16_t address;
};

static void must(enum usher_err err)
{
    if (err != USHER_OK) {
        abort();
    }
}

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
    must(usher_provision(&s->sessions[slot],
                         &(struct usher_provision){ .uuid = s->devices[device].uuid }));
}

static void start_some(struct site *s)
{
    const struct bench_config *c = s->config;

    for (unsigned i = 0; i < SESSIONS && s->active < c->links && s->next < c->devices; i++) {
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
        (void)usher_oob_use(session, &(struct usher_start){ .algorithm = s->config->algorithm });
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

static void provisioner_init(struct site *s)
{
    const struct bench_config *c = s->config;
    const struct usher_config config = { .handler = on_event, .user = s };

    if (c->hci != NULL) {
        must(hciport_init(&s->hci_port, s->air, &s->node, c->crypto, c->hci));
        must(usher_init(&s->node, &s->hci_port.port, &config));
        must(hciport_up(&s->hci_port));
        air_run_until(s->air, UINT64_C(1000) * BEGIN_MS);
    } else {
        must(simport_init(&s->air_port, s->air, &s->node, c->crypto, USHER_ADV_SLOTS));
        must(usher_init(&s->node, &s->air_port.port, &config));
    }
    for (unsigned i = 0; i < SESSIONS; i++) {
        usher_session_init(&s->node, &s->sessions[i], NULL, NULL);
    }
}

static void devices_init(struct site *s)
{
    const struct usher_caps caps = { .num_elements = 1, .algorithms = 3 };

    for (unsigned i = 0; i < s->config->devices; i++) {
        struct device *d = &s->devices[i];
        struct usher_config config = { .handler = on_device_event,
                                       .user = d,
                                       .beacon_interval_ms = 60000 };

        memcpy(d->uuid, &(uint32_t){ i + 1 }, 4);
        must(simport_init(&d->port, s->air, &d->node, s->config->crypto, 1));
        must(usher_init(&d->node, &d->port.port, &config));
        usher_session_init(&d->node, &d->session, &caps, NULL);
        (void)usher_listen(&d->session, &(struct usher_listen){ .uuid = d->uuid });
    }
}

static void site_deinit(struct site *s)
{
    usher_deinit(&s->node);
    hciport_deinit(&s->hci_port);
    simport_deinit(&s->air_port);
    for (unsigned i = 0; i < s->config->devices; i++) {
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

struct bench_result bench_site(const struct bench_config *config)
{
    static struct site s; /* too large for the stack */
    struct bench_result result;
    uint64_t began;

    memset(&s, 0, sizeof(s));
    s.config = config;
    s.air = air_new(&(struct air_config){ .seed = 1, .loss_pct = (uint8_t)config->loss });
    s.devices = calloc(config->devices, sizeof(*s.devices));
    s.seconds = calloc(config->devices, sizeof(*s.seconds));
    s.address = 1;
    if (s.air == NULL || s.devices == NULL || s.seconds == NULL) {
        abort();
    }
    provisioner_init(&s);
    devices_init(&s);
    began = air_now_us(s.air);
    start_some(&s);
    while (s.done < config->devices) {
        air_run_until(s.air, air_next_us(s.air));
    }
    qsort(s.seconds, s.done, sizeof(*s.seconds), by_value);
    result.per_minute = 60e6 * config->devices / (double)(air_now_us(s.air) - began);
    result.median_s = s.seconds[s.done / 2];
    result.events = (double)air_stats(s.air)->events / config->devices;
    result.failed = s.failed;
    result.dropped = (unsigned long)s.hci_port.reports_dropped;
    site_deinit(&s);
    return result;
}
