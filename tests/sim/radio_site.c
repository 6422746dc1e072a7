/*
 * A commissioner with two radios on the simulated air; see radio_site.h.
 */
#include "radio_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const struct usher_crypto *crypto;
const char *const site_names[SITE_RADIOS] = { "left", "right" };

uint64_t site_now(const struct site_air *s)
{
    return air_now_us(s->air) / 1000;
}

static struct dev *dev_of(struct site_air *s, const uint8_t uuid[USHER_UUID_SIZE])
{
    for (unsigned i = 0; i < s->count; i++) {
        if (memcmp(s->devs[i].uuid, uuid, USHER_UUID_SIZE) == 0) {
            return &s->devs[i];
        }
    }
    fail_msg("a device that is none");
    return NULL;
}

/* -- what the commissioner is given -------------------------------------------------------- */

static bool on_wants(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], int8_t rssi)
{
    (void)rssi;
    (void)ctx;
    (void)uuid;
    return true;
}

static void on_known(void *ctx, const uint8_t uuid[USHER_UUID_SIZE],
                     struct commissioner_known *known)
{
    (void)ctx;
    (void)uuid;
    (void)known;
}

static void on_wake_at(void *ctx, uint64_t ms)
{
    ((struct site_air *)ctx)->wake_ms = ms;
}

static void on_changed(void *ctx)
{
    (void)ctx;
}

static void on_heard(void *ctx, const uint8_t uuid[USHER_UUID_SIZE],
                     const struct usher_event *event)
{
    (void)ctx;
    (void)uuid;
    (void)event;
}

static void on_link_open(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], unsigned link,
                         const char *radio)
{
    struct dev *d = dev_of(ctx, uuid);
    (void)link;
    d->last = strcmp(radio, site_names[1]) == 0;
    d->opened[d->last]++;
}

static void on_phase(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], enum usher_phase phase,
                     uint64_t ms)
{
    (void)ctx;
    (void)uuid;
    (void)phase;
    (void)ms;
}

static void on_complete(void *ctx, const struct commission_complete *complete)
{
    struct dev *d = dev_of(ctx, complete->uuid);
    assert_false(d->complete);
    d->complete = true;
}

static void on_failed(void *ctx, const uint8_t uuid[USHER_UUID_SIZE],
                      const struct usher_outcome *outcome, const struct failure *why,
                      unsigned retries, unsigned auth_failures)
{
    (void)auth_failures;
    struct site_air *s = ctx;
    (void)uuid;
    (void)outcome;
    assert_true(retries < 100);
    s->failed++;
    s->reason = why->reason;
}

static void on_error(void *ctx, const char *line)
{
    (void)ctx;
    fail_msg("%s", line);
}

/* -- the site ------------------------------------------------------------------------------ */

/* Looks at beacons on their way. */
static void on_event(void *user, struct usher *u, const struct usher_event *event)
{
    struct end *end = user;
    struct site_air *s = end->s;
    if (event->type == USHER_EVT_UNPROVISIONED_RECEIVED) {
        dev_of(s, event->params.unprov.device_uuid)->rssi[end - s->ends] =
            event->params.unprov.rssi;
    }
    commissioner_event(s->c, u, event);
}

static void on_device_event(void *user, struct usher *u, const struct usher_event *event)
{
    struct dev *d = user;
    (void)u;
    if (event->type == USHER_EVT_LINK_CLOSED && !usher_device_key(&d->session)) {
        assert_int_equal(usher_listen(&d->session, &(struct usher_listen){ .uuid = d->uuid }),
                         USHER_OK);
    }
}

static void dev_start(struct site_air *s, struct dev *d, int16_t x)
{
    static const struct usher_caps caps = { .num_elements = 1,
                                            .algorithms = USHER_ALG_BIT(USHER_ALG_CMAC) |
                                                          USHER_ALG_BIT(USHER_ALG_HMAC) };
    assert_int_equal(simport_init(&d->port, s->air, &d->node, crypto, 1), USHER_OK);
    air_place(d->port.radio, x, 0);
    memset(d->uuid, 0x40, sizeof d->uuid);
    d->uuid[0] = (uint8_t)(d - s->devs);
    d->last = SITE_NOBODY;
    assert_int_equal(usher_init(&d->node, &d->port.port,
                                &(struct usher_config){ .handler = on_device_event, .user = d }),
                     USHER_OK);
    usher_session_init(&d->node, &d->session, &caps, d);
    assert_int_equal(usher_listen(&d->session, &(struct usher_listen){ .uuid = d->uuid }),
                     USHER_OK);
}

struct site_air *site_new_air(const struct air_config *air, unsigned devices, const int16_t *x,
                              unsigned parallel)
{
    static const struct registry_new new = { .net_key = { 1 } };
    char why[160];
    struct site_air *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->reports = (struct commission_reports){ .ctx = s,
                                              .heard = on_heard,
                                              .link_open = on_link_open,
                                              .phase = on_phase,
                                              .complete = on_complete,
                                              .failed = on_failed,
                                              .error = on_error };
    s->air = air_new(air);
    s->registry = registry_open(NULL, &new, why, sizeof why);
    assert_non_null(s->registry);
    s->count = devices;
    s->wake_ms = USHER_NEVER;
    assert_int_equal(simport_init(&s->ends[0].port, s->air, &s->ends[0].node, crypto, 4), USHER_OK);
    s->c = commissioner_new(&(struct commissioner_config){ .port = &s->ends[0].port.port,
                                                           .registry = s->registry,
                                                           .reports = &s->reports,
                                                           .radios = SITE_RADIOS,
                                                           .parallel = parallel,
                                                           .retries = 6,
                                                           .methods = 1u << USHER_OOB_NONE,
                                                           .ctx = s,
                                                           .wants = on_wants,
                                                           .known = on_known,
                                                           .wake_at = on_wake_at,
                                                           .changed = on_changed });
    assert_non_null(s->c);
    for (unsigned i = 0; i < devices; i++) {
        dev_start(s, &s->devs[i], x ? x[i] : 0);
    }
    for (unsigned i = 0; i < SITE_RADIOS; i++) {
        struct end *end = &s->ends[i];
        end->s = s;
        if (i > 0) {
            assert_int_equal(simport_init(&end->port, s->air, &end->node, crypto, 4), USHER_OK);
        }
        air_place(end->port.radio, i == 0 ? -10 : 10, 0);
        assert_int_equal(usher_init(&end->node, &end->port.port,
                                    &(struct usher_config){ .handler = on_event,
                                                            .user = end,
                                                            .beacon_repeat_ms = 1000 }),
                         USHER_OK);
        assert_int_equal(commissioner_join(s->c, &end->node, site_names[i]), USHER_OK);
    }
    assert_int_equal(commissioner_join(s->c, &s->ends[0].node, "one more"), USHER_E_STATE);
    return s;
}

void site_end(struct site_air *s)
{
    for (unsigned i = 0; i < s->count; i++) {
        usher_deinit(&s->devs[i].node);
        simport_deinit(&s->devs[i].port);
    }
    for (unsigned i = 0; i < SITE_RADIOS; i++) {
        if (!s->ends[i].lost) {
            usher_deinit(&s->ends[i].node);
            simport_deinit(&s->ends[i].port);
        }
    }
    commissioner_free(s->c);
    registry_close(s->registry);
    air_free(s->air);
    free(s);
}

bool site_done(const struct site_air *s, unsigned of)
{
    struct commissioner_counts n;
    commissioner_counts(s->c, &n);
    return n.provisioned + n.failed >= of;
}

bool site_run(struct site_air *s, unsigned of, uint64_t ms)
{
    uint64_t end = site_now(s) + ms;
    while (!site_done(s, of) && site_now(s) < end) {
        uint64_t next = air_next_us(s->air);
        if (s->wake_ms != USHER_NEVER && 1000 * s->wake_ms < next) {
            next = 1000 * s->wake_ms;
        }
        air_run_until(s->air, next < 1000 * end ? next : 1000 * end);
        if (s->wake_ms <= site_now(s)) {
            commissioner_run(s->c);
        }
    }
    return site_done(s, of);
}

void site_lose(struct site_air *s, unsigned n)
{
    s->ends[n].lost = true;
    commissioner_lost(s->c, &s->ends[n].node);
    usher_deinit(&s->ends[n].node);
    simport_deinit(&s->ends[n].port);
}

struct commissioner_radio site_radio(const struct site_air *s, size_t n)
{
    struct commissioner_radio radio = { .name = NULL };
    assert_true(commissioner_radio(s->c, n, &radio));
    assert_string_equal(radio.name, site_names[n]);
    return radio;
}

void site_hears(struct site_air *s, const uint8_t uuid[USHER_UUID_SIZE])
{
    struct usher_event heard = { .type = USHER_EVT_UNPROVISIONED_RECEIVED };
    memcpy(heard.params.unprov.device_uuid, uuid, USHER_UUID_SIZE);
    heard.params.unprov.rssi = -40;
    commissioner_event(s->c, &s->ends[0].node, &heard);
}

int site_crypto_open(void **state)
{
    (void)state;
    crypto = usher_crypto_openssl_new();
    return crypto ? 0 : -1;
}

int site_crypto_close(void **state)
{
    (void)state;
    usher_crypto_openssl_free(crypto);
    return 0;
}
