/*
 * A commissioner with two radios, each an instance on the simulated air, in virtual time: who takes
 * which device, how links are spread, and what becomes of devices whose radio is mute or lost.
 */
#include "air.h"
#include "commissioner.h"
#include "lane.h"
#include "simport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define RADIOS 2
#define DEVICES_MAX 24
#define NOBODY 99u

struct site_air;

/* A radio of the commissioner's. */
struct end {
    struct site_air *s;
    struct simport port;
    struct usher node;
    bool lost;
};

struct dev {
    struct simport port;
    struct usher node;
    struct usher_session session;
    uint8_t uuid[USHER_UUID_SIZE];
    int8_t rssi[RADIOS]; /* 0: not heard */
    unsigned opened[RADIOS];
    unsigned last; /* radio of the last link */
    bool complete;
};

struct site_air {
    struct air *air;
    struct registry *registry;
    struct commission_reports reports;
    struct commissioner *c;
    struct end ends[RADIOS];
    struct dev devs[DEVICES_MAX];
    unsigned count;
    unsigned failed;
    const char *reason;
    uint64_t wake_ms;
};

static const struct usher_crypto *crypto;
static const char *const names[RADIOS] = { "left", "right" };

static uint64_t now(const struct site_air *s)
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
    d->last = strcmp(radio, names[1]) == 0;
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
    d->last = NOBODY;
    assert_int_equal(usher_init(&d->node, &d->port.port,
                                &(struct usher_config){ .handler = on_device_event, .user = d }),
                     USHER_OK);
    usher_session_init(&d->node, &d->session, &caps, d);
    assert_int_equal(usher_listen(&d->session, &(struct usher_listen){ .uuid = d->uuid }),
                     USHER_OK);
}

/* Radios at -10 and 10; devices at x[i], or all at 0. */
static struct site_air *site_new_air(const struct air_config *air, unsigned devices,
                                     const int16_t *x, unsigned parallel)
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
                                                           .radios = RADIOS,
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
    for (unsigned i = 0; i < RADIOS; i++) {
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
        assert_int_equal(commissioner_join(s->c, &end->node, names[i]), USHER_OK);
    }
    assert_int_equal(commissioner_join(s->c, &s->ends[0].node, "one more"), USHER_E_STATE);
    return s;
}

static void site_end(struct site_air *s)
{
    for (unsigned i = 0; i < s->count; i++) {
        usher_deinit(&s->devs[i].node);
        simport_deinit(&s->devs[i].port);
    }
    for (unsigned i = 0; i < RADIOS; i++) {
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

/* Whether all devices are done with. */
static bool all_done(const struct site_air *s, unsigned of)
{
    struct commissioner_counts n;
    commissioner_counts(s->c, &n);
    return n.provisioned + n.failed >= of;
}

/* Runs until so many are done with, or for @p ms. */
static bool run(struct site_air *s, unsigned of, uint64_t ms)
{
    uint64_t end = now(s) + ms;
    while (!all_done(s, of) && now(s) < end) {
        uint64_t next = air_next_us(s->air);
        if (s->wake_ms != USHER_NEVER && 1000 * s->wake_ms < next) {
            next = 1000 * s->wake_ms;
        }
        air_run_until(s->air, next < 1000 * end ? next : 1000 * end);
        if (s->wake_ms <= now(s)) {
            commissioner_run(s->c);
        }
    }
    return all_done(s, of);
}

/* The radio is gone: it sends and hears nothing more. */
static void lose(struct site_air *s, unsigned n)
{
    s->ends[n].lost = true;
    commissioner_lost(s->c, &s->ends[n].node);
    usher_deinit(&s->ends[n].node);
    simport_deinit(&s->ends[n].port);
}

static struct commissioner_radio radio_of(const struct site_air *s, size_t n)
{
    struct commissioner_radio radio = { .name = NULL };
    assert_true(commissioner_radio(s->c, n, &radio));
    assert_string_equal(radio.name, names[n]);
    return radio;
}

/* -- tests --------------------------------------------------------------------------------- */

static void the_one_that_hears_better_takes_a_device(void **state)
{
    unsigned taken[RADIOS] = { 0 };
    (void)state;
    for (unsigned seed = 1; seed <= 40; seed++) {
        struct site_air *s =
            site_new_air(&(struct air_config){ .seed = seed, .loss_pct = 10 }, 1, NULL, 8);
        struct dev *d = &s->devs[0];
        assert_true(run(s, 1, 60000));
        assert_true(d->complete);
        if (d->rssi[0] != 0 && d->rssi[1] != 0 && d->rssi[0] != d->rssi[1]) {
            assert_int_equal(d->last, d->rssi[1] > d->rssi[0]);
            taken[d->last]++;
        }
        site_end(s);
    }
    assert_true(taken[0] >= 8 && taken[1] >= 8);
}

static void links_are_spread(void **state)
{
    (void)state;
    struct site_air *s =
        site_new_air(&(struct air_config){ .seed = 5, .loss_pct = 10 }, DEVICES_MAX, NULL, 4);
    unsigned most[RADIOS] = { 0 };
    for (unsigned done = 1; done <= DEVICES_MAX; done++) {
        assert_true(run(s, done, 120000));
        for (size_t n = 0; n < RADIOS; n++) {
            unsigned active = radio_of(s, n).active;
            most[n] = active > most[n] ? active : most[n];
        }
    }
    struct commissioner_radio left = radio_of(s, 0), right = radio_of(s, 1);
    assert_int_equal(left.provisioned + right.provisioned, DEVICES_MAX);
    assert_in_range(left.provisioned, DEVICES_MAX / 4, 3 * DEVICES_MAX / 4);
    assert_int_equal(most[0], 2);
    assert_int_equal(most[1], 2);
    site_end(s);
}

static void each_takes_what_it_alone_hears(void **state)
{
    static const int16_t x[] = { -30, -25, 25, 30, -20, 20 };
    (void)state;
    struct site_air *s = site_new_air(&(struct air_config){ .seed = 2, .range = 24 }, 6, x, 8);
    assert_true(run(s, 6, 60000));
    for (unsigned i = 0; i < 6; i++) {
        assert_true(s->devs[i].complete);
        assert_int_equal(s->devs[i].last, x[i] > 0);
    }
    site_end(s);
}

/* The first radio has heard a device well, by its own account. */
static void seem_near(struct site_air *s, const struct dev *d)
{
    struct usher_event heard = { .type = USHER_EVT_UNPROVISIONED_RECEIVED };
    memcpy(heard.params.unprov.device_uuid, d->uuid, USHER_UUID_SIZE);
    heard.params.unprov.rssi = -40;
    commissioner_event(s->c, &s->ends[0].node, &heard);
}

static void a_further_attempt_is_over_another_radio(void **state)
{
    (void)state;
    struct site_air *s = site_new_air(&(struct air_config){ .seed = 3, .range = 50 }, 4, NULL, 8);
    while (s->wake_ms == USHER_NEVER) { /* until the first device is heard by one of them */
        air_run_until(s->air, air_next_us(s->air));
    }
    air_place(s->ends[0].port.radio, 1000, 0); /* it has heard them well, and is away now */
    for (unsigned i = 0; i < 4; i++) {
        seem_near(s, &s->devs[i]);
    }
    assert_true(run(s, 4, 600000));
    struct commissioner_counts n;
    commissioner_counts(s->c, &n);
    assert_int_equal(n.provisioned, 4);
    assert_true(n.retries > 0);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(s->devs[i].opened[0], 0);
        assert_int_equal(s->devs[i].last, 1);
    }
    assert_int_equal(radio_of(s, 1).provisioned, 4);
    site_end(s);
}

/* Two devices seem to be near the first radio, which is busy with one of them, in vain. @retval
 * false The second radio hears the other one well enough. */
static bool a_busy_radio_is_waited_for(struct site_air *s)
{
    const struct dev *d = &s->devs[1];
    air_place(s->ends[0].port.radio, 1000, 0);
    air_place(s->ends[1].port.radio, 1000, 0);
    seem_near(s, &s->devs[0]);
    seem_near(s, d);
    (void)run(s, 2, COMMISSIONER_CHOICE_MS);
    assert_int_equal(radio_of(s, 0).active, 1);
    air_place(s->ends[1].port.radio, 10, 0);
    (void)run(s, 2, LANE_PATIENCE_MS - 10);
    assert_int_not_equal(d->rssi[1], 0);
    if (d->rssi[1] >= -40 - LANE_DB) {
        assert_int_equal(d->last, 1);
        return false;
    }
    assert_int_equal(d->last, NOBODY);
    assert_int_equal(radio_of(s, 1).active, 0);
    (void)run(s, 2, 20);
    assert_int_equal(radio_of(s, 1).active, 1);
    return true;
}

static void a_busy_radio_is_waited_for_some_seconds(void **state)
{
    unsigned tried = 0;
    (void)state;
    for (unsigned seed = 1; seed <= 20; seed++) {
        struct site_air *s =
            site_new_air(&(struct air_config){ .seed = seed, .range = 50 }, 2, NULL, 2);
        tried += a_busy_radio_is_waited_for(s);
        site_end(s);
    }
    assert_true(tried >= 3);
}

static void one_that_hears_later_takes_what_a_busy_one_left(void **state)
{
    (void)state;
    struct site_air *s = site_new_air(&(struct air_config){ .seed = 1, .range = 50 }, 2, NULL, 2);
    air_place(s->ends[0].port.radio, 1000, 0);
    air_place(s->ends[1].port.radio, 1000, 0);
    seem_near(s, &s->devs[0]);
    seem_near(s, &s->devs[1]);
    (void)run(s, 2, LANE_PATIENCE_MS - 1000);
    assert_int_equal(radio_of(s, 0).active, 1);
    assert_int_equal(radio_of(s, 1).active, 0);
    air_place(s->ends[1].port.radio, 10, 0);
    assert_true(run(s, 1, 8000));
    assert_true(s->devs[1].complete);
    site_end(s);
}

static void the_others_go_on_for_a_lost_one(void **state)
{
    (void)state;
    struct site_air *s =
        site_new_air(&(struct air_config){ .seed = 7, .loss_pct = 10 }, DEVICES_MAX, NULL, 8);
    assert_true(run(s, 6, 120000));
    struct commissioner_radio left = radio_of(s, 0);
    assert_true(left.active > 0); /* in the middle of something */
    lose(s, 0);
    assert_true(radio_of(s, 0).lost);
    assert_int_equal(radio_of(s, 0).active, 0);
    unsigned most = 0;
    while (!all_done(s, DEVICES_MAX) && now(s) < 600000) {
        (void)run(s, DEVICES_MAX, 100);
        most = radio_of(s, 1).active > most ? radio_of(s, 1).active : most;
    }
    assert_true(all_done(s, DEVICES_MAX));
    assert_in_range(most, 5, 8); /* it had 4 of the 8 links before */
    struct commissioner_counts n;
    unsigned unsure = 0;
    commissioner_counts(s->c, &n);
    for (unsigned i = 0; i < DEVICES_MAX; i++) {
        /* One that had its data, and whose Complete was lost with the radio, is a node. */
        unsure += !s->devs[i].complete && usher_device_key(&s->devs[i].session) != NULL;
    }
    assert_int_equal(n.provisioned, DEVICES_MAX - unsure);
    assert_int_equal(n.failed, unsure);
    assert_true(unsure < left.active);
    assert_int_equal(radio_of(s, 0).provisioned, left.provisioned);
    assert_int_equal(radio_of(s, 1).provisioned, DEVICES_MAX - unsure - left.provisioned);
    (void)run(s, DEVICES_MAX + 1, 10000);
    assert_true(commissioner_idle(s->c));
    site_end(s);
}

static void what_no_other_hears_is_given_up(void **state)
{
    static const int16_t x[] = { -30, 25, -25 };
    (void)state;
    struct site_air *s = site_new_air(&(struct air_config){ .seed = 4, .range = 24 }, 3, x, 2);
    assert_true(run(s, 1, 60000));
    lose(s, 0);
    uint64_t lost_ms = now(s);
    assert_true(run(s, 3, 600000));
    struct commissioner_counts n;
    commissioner_counts(s->c, &n);
    assert_true(n.stranded > 0);
    assert_int_equal(n.failed, n.stranded);
    assert_int_equal(n.provisioned + n.failed, 3);
    assert_true(now(s) - lost_ms >= 60000);
    assert_non_null(strstr(s->reason, "radio is lost"));
    site_end(s);
}

static void one_that_had_its_data_is_in_doubt(void **state)
{
    (void)state;
    struct site_air *s = site_new_air(&(struct air_config){ .seed = 6 }, 1, NULL, 2);
    struct dev *d = &s->devs[0];
    while (!usher_device_key(&d->session) && now(s) < 60000) {
        (void)run(s, 1, 1);
    }
    assert_false(d->complete); /* the provisioner has not heard of it */
    lose(s, d->last);
    assert_true(run(s, 1, 200000));
    struct commissioner_counts n;
    commissioner_counts(s->c, &n);
    assert_int_equal(n.stranded, 1);
    assert_non_null(strstr(s->reason, "no answer to the provisioning data"));
    site_end(s);
}

static int group_start(void **state)
{
    (void)state;
    crypto = usher_crypto_openssl_new();
    return crypto ? 0 : -1;
}

static int group_end(void **state)
{
    (void)state;
    usher_crypto_openssl_free(crypto);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_one_that_hears_better_takes_a_device),
        cmocka_unit_test(links_are_spread),
        cmocka_unit_test(each_takes_what_it_alone_hears),
        cmocka_unit_test(a_further_attempt_is_over_another_radio),
        cmocka_unit_test(a_busy_radio_is_waited_for_some_seconds),
        cmocka_unit_test(one_that_hears_later_takes_what_a_busy_one_left),
        cmocka_unit_test(the_others_go_on_for_a_lost_one),
        cmocka_unit_test(what_no_other_hears_is_given_up),
        cmocka_unit_test(one_that_had_its_data_is_in_doubt),
    };
    return cmocka_run_group_tests(tests, group_start, group_end);
}
