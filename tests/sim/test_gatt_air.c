/*
 * PB-GATT on the simulated air, from the application down to the controllers: a device and a
 * provisioner, each behind our HCI host, with people beside them. Every OOB kind at every size of
 * ATT_MTU that matters, on good air and bad; a device on both bearers; a provisioner that comes
 * while another one is there.
 */
#include "hciport.h"
#include "people.h"

#include <usher/gatt.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LIMIT_MS 120000 /* of one session, with all that is lost */

enum { P, D, Q, PARTIES };

static const struct usher_crypto *crypto;
static const uint8_t uuid[USHER_UUID_SIZE] = "in a real radio";

struct party {
    struct world *world;
    struct hciport port;
    struct usher node;
    struct usher_gatt gatt;
    struct usher_gatt_link links[HCIPORT_CONNS];
    struct usher_session session;
    struct person person;
    uint8_t private_key[USHER_P256_PRIVATE], public_key[USHER_P256_PUBLIC];
    uint8_t device_key[USHER_KEY_SIZE];
    bool complete, closed;
    uint8_t close_reason;
    unsigned heard[2]; /* the device, by gatt_supported */
    struct usher_ble_addr peer;
};

struct world {
    struct air *air;
    struct party party[PARTIES];
};

static uint64_t now(const struct world *w)
{
    return air_now_us(w->air) / 1000;
}

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct party *p = user;

    (void)u;
    switch (e->type) {
    case USHER_EVT_UNPROVISIONED_RECEIVED:
        p->heard[e->params.unprov.gatt_supported]++;
        p->peer = e->params.unprov.peer;
        break;
    case USHER_EVT_COMPLETE:
        p->complete = true;
        memcpy(p->device_key, e->params.complete.p_devkey, sizeof(p->device_key));
        break;
    case USHER_EVT_LINK_CLOSED:
        p->closed = true;
        p->close_reason = e->params.link_closed.close_reason;
        break;
    default:
        break;
    }
    person_told(&p->person, e, now(p->world), false);
}

static void party_init(struct world *w, unsigned i, uint16_t mtu)
{
    struct party *p = &w->party[i];
    const struct hciport_config port = { .baud = 1000000, .mtu = mtu };
    const struct usher_config config = { .handler = on_event, .user = p };
    const struct usher_gatt_config gatt = { .links = p->links, .link_count = HCIPORT_CONNS };

    p->world = w;
    assert_int_equal(hciport_init(&p->port, w->air, &p->node, crypto, &port), USHER_OK);
    assert_int_equal(usher_init(&p->node, &p->port.port, &config), USHER_OK);
    assert_int_equal(usher_gatt_init(&p->gatt, &p->node, &gatt), USHER_OK);
    assert_int_equal(hciport_up(&p->port), USHER_OK);
    usher_session_init(&p->node, &p->session, i == D ? &people_caps : NULL, p);
    person_reset(&p->person);
    p->person.session = &p->session;
    p->person.role = i == D ? USHER_ROLE_DEVICE : USHER_ROLE_PROVISIONER;
    p->person.other = &w->party[i == D ? P : D].person;
    p->person.crypto = crypto;
    p->person.device_public_key = w->party[D].public_key;
    p->person.data = (struct usher_prov_data){ .netkey = "a network's key", .address = 0x0100 };
    if (i == D) {
        assert_int_equal(usher_generate_keys(&p->node, p->private_key, p->public_key), USHER_OK);
        usher_session_keys_set(&p->session, p->private_key, p->public_key);
    }
}

static struct world *world_new(uint64_t seed, unsigned loss, uint16_t mtu)
{
    const struct air_config air = { .seed = seed, .loss_pct = (uint8_t)loss };
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    w->air = air_new(&air);
    assert_non_null(w->air);
    for (unsigned i = 0; i < PARTIES; i++) {
        party_init(w, i, mtu);
    }
    return w;
}

static void world_free(struct world *w)
{
    for (unsigned i = 0; i < PARTIES; i++) {
        usher_deinit(&w->party[i].node);
        hciport_deinit(&w->party[i].port);
    }
    air_free(w->air);
    free(w);
}

/* Until a flag is set, or for so long. */
static bool run(struct world *w, const bool *done, uint64_t ms)
{
    uint64_t end = air_now_us(w->air) + ms * 1000;

    while (done == NULL || !*done) {
        uint64_t next = air_next_us(w->air);

        for (unsigned i = 0; i < PARTIES; i++) {
            uint64_t at = person_next(&w->party[i].person);

            next = at != USHER_NEVER && at * 1000 < next ? at * 1000 : next;
        }
        if (next > end) {
            air_run_until(w->air, end);
            return false;
        }
        air_run_until(w->air, next);
        for (unsigned i = 0; i < PARTIES; i++) {
            person_act(&w->party[i].person, now(w));
        }
    }
    return true;
}

static void listen(struct world *w, unsigned bearers)
{
    const struct usher_listen l = { .uuid = uuid, .oob_info = 0x0123, .bearers = bearers };

    assert_int_equal(usher_listen(&w->party[D].session, &l), USHER_OK);
}

/* Hears the device, and connects to where it was heard. */
static void find_and_provision(struct world *w, unsigned from)
{
    struct party *p = &w->party[from];
    const struct usher_provision provision = { .uuid = uuid, .peer = &p->peer };

    assert_int_equal(usher_scan(&p->node, true), USHER_OK);
    for (unsigned i = 0; i < 100 && p->heard[true] == 0; i++) {
        (void)run(w, NULL, 100);
    }
    assert_true(p->heard[true] != 0);
    assert_int_equal(usher_scan(&p->node, false), USHER_OK);
    assert_int_equal(usher_provision(&p->session, &provision), USHER_OK);
}

static void assert_complete(struct world *w, unsigned provisioner)
{
    struct party *p = &w->party[provisioner], *d = &w->party[D];

    assert_true(run(w, &p->closed, LIMIT_MS));
    assert_true(run(w, &d->closed, LIMIT_MS));
    assert_true(p->complete && d->complete);
    assert_int_equal(p->close_reason, USHER_CLOSE_SUCCESS);
    assert_int_equal(d->close_reason, USHER_CLOSE_SUCCESS);
    assert_memory_equal(p->device_key, d->device_key, USHER_KEY_SIZE);
}

static void session_run(uint64_t seed, unsigned loss, uint16_t mtu, unsigned choice)
{
    struct world *w = world_new(seed, loss, mtu);

    w->party[P].person.choice = people_choice(choice);
    w->party[P].person.choice.algorithm = choice & 1;
    w->party[P].person.choice.public_key = choice >> 1 & 1;
    listen(w, USHER_BEARER_GATT);
    find_and_provision(w, P);
    assert_complete(w, P);
    world_free(w);
}

static void every_oob_kind_at_every_mtu(void **state)
{
    static const uint16_t mtus[] = { 23, 69, 247 };

    (void)state;
    for (unsigned m = 0; m < sizeof(mtus) / sizeof(mtus[0]); m++) {
        for (unsigned choice = 0; choice < PEOPLE_CHOICES; choice++) {
            session_run(100 * m + choice, 0, mtus[m], choice);
            session_run(100 * m + choice, 20, mtus[m], choice + 1);
        }
    }
}

static void a_device_on_both_bearers_is_provisioned_on_either(void **state)
{
    (void)state;
    for (unsigned gatt = 0; gatt < 2; gatt++) {
        struct world *w = world_new(7 + gatt, 5, 0);
        struct party *p = &w->party[P];
        const struct usher_provision adv = { .uuid = uuid };

        listen(w, USHER_BEARER_ADV | USHER_BEARER_GATT);
        if (gatt != 0) {
            find_and_provision(w, P);
        } else {
            assert_int_equal(usher_provision(&p->session, &adv), USHER_OK);
        }
        assert_complete(w, P);
        world_free(w);
    }
}

/* The beacon each 2 s and the connectable advertisement each 200 ms are both heard. */
static void both_bearers_are_heard(void **state)
{
    struct world *w = world_new(11, 0, 0);
    struct party *p = &w->party[P];

    (void)state;
    listen(w, USHER_BEARER_ADV | USHER_BEARER_GATT);
    assert_int_equal(usher_scan(&p->node, true), USHER_OK);
    (void)run(w, NULL, 20000);
    assert_true(p->heard[false] >= 8); /* one scanner, one channel at a time */
    assert_true(p->heard[true] >= 80);
    world_free(w);
}

static void a_provisioner_that_comes_second_gets_nothing(void **state)
{
    struct world *w = world_new(12, 0, 0);
    struct party *p = &w->party[P], *q = &w->party[Q];
    struct usher_ble_addr peer;

    (void)state;
    p->person.choice = people_choice(1);
    listen(w, USHER_BEARER_GATT);
    find_and_provision(w, P);
    peer = p->peer;
    (void)run(w, NULL, 150);
    assert_int_equal(
        usher_provision(&q->session, &(struct usher_provision){ .uuid = uuid, .peer = &peer }),
        USHER_OK);
    assert_complete(w, P);
    assert_true(run(w, &q->closed, LIMIT_MS));
    assert_false(q->complete);
    assert_int_not_equal(q->close_reason, USHER_CLOSE_SUCCESS);
    world_free(w);
}

/* The provisioner's line breaks in the middle: the device listens again, and the next one does. */
static void a_provisioner_that_vanishes_is_followed_by_another(void **state)
{
    struct world *w = world_new(13, 0, 0);
    struct party *p = &w->party[P], *d = &w->party[D];

    (void)state;
    listen(w, USHER_BEARER_GATT);
    p->person.choice = people_choice(5);
    find_and_provision(w, P);
    while (d->session.prov.state == 0) { /* no link yet */
        (void)run(w, NULL, 1);
    }
    hciport_cut(&p->port);
    assert_true(run(w, &p->closed, 1000));
    assert_int_equal(p->close_reason, USHER_CLOSE_ERROR);
    assert_true(run(w, &d->closed, 60000)); /* the supervision timeout */
    assert_int_equal(d->close_reason, USHER_CLOSE_ERROR);
    assert_false(d->complete);
    d->closed = false;
    listen(w, USHER_BEARER_GATT);
    find_and_provision(w, Q);
    assert_complete(w, Q);
    world_free(w);
}

static int group_setup(void **state)
{
    (void)state;
    crypto = usher_crypto_openssl_new();
    return crypto != NULL ? 0 : -1;
}

static int group_teardown(void **state)
{
    (void)state;
    usher_crypto_openssl_free(crypto);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_oob_kind_at_every_mtu),
        cmocka_unit_test(a_device_on_both_bearers_is_provisioned_on_either),
        cmocka_unit_test(both_bearers_are_heard),
        cmocka_unit_test(a_provisioner_that_comes_second_gets_nothing),
        cmocka_unit_test(a_provisioner_that_vanishes_is_followed_by_another),
    };

    return cmocka_run_group_tests_name("gatt_air", tests, group_setup, group_teardown);
}
