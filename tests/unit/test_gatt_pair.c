/*
 * Two GATT links, a server and a client, wired to each other in fragments as a controller makes
 * them: discovery and values at every MTU and fragment size that matters, both directions at once,
 * more values than there is room for, and the end of each side.
 */
#include "gatt_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define VALUES 40 /* in each direction */

struct side {
    struct gatt_database database;
    struct gatt_link link;
    bool opened;
    unsigned sent, got, readies;
    const char *why;
};

struct pair {
    struct side server, client;
    size_t fragment; /* octets in one, the most */
    uint64_t now;
};

/* Values differ by direction, number and length, and use all that is allowed. */
static size_t make_value(bool to_server, unsigned number, uint16_t value_max,
                         uint8_t value[GATT_VALUE_MAX])
{
    size_t len = number % 3 == 0 ? value_max : 1 + number * 7 % value_max;

    for (size_t i = 0; i < len; i++) {
        value[i] = (uint8_t)(number * 3 + i + (to_server ? 128 : 0));
    }
    return len;
}

static void take(struct side *s, bool server, uint16_t value_max,
                 const struct gatt_event_data *data)
{
    uint8_t expected[GATT_VALUE_MAX];
    size_t len = make_value(server, s->got, value_max, expected);

    assert_true(s->opened);
    assert_int_equal(data->len, len);
    assert_memory_equal(data->value, expected, len);
    s->got++;
}

static void poll_side(struct pair *p, struct side *s)
{
    struct gatt_event_data data;
    enum gatt_event event;

    while ((event = gatt_link_poll(&s->link, p->now, &data)) != GATT_NOTHING) {
        switch (event) {
        case GATT_OPENED:
            assert_false(s->opened);
            s->opened = true;
            break;
        case GATT_VALUE:
            take(s, s == &p->server, s->link.value_max, &data);
            break;
        case GATT_READY:
            s->readies++;
            break;
        default:
            assert_null(s->why);
            s->why = data.why;
            break;
        }
    }
}

/* One frame of a side's goes over. @return whether there was one */
static bool carry(struct pair *p, struct side *from, struct side *to)
{
    uint8_t frame[L2CAP_FRAME_MAX];
    uint16_t len = gatt_link_next(&from->link, p->now, frame);

    poll_side(p, from);
    assert_true(len <= L2CAP_HEADER + from->link.mtu);
    for (size_t at = 0; at < len; at += p->fragment) {
        size_t n = len - at < p->fragment ? len - at : p->fragment;

        gatt_link_rx(&to->link, p->now, at == 0, frame + at, n);
        poll_side(p, to);
    }
    return len != 0;
}

static void settle(struct pair *p)
{
    bool any = true;

    for (unsigned rounds = 0; any; rounds++) {
        assert_true(rounds < 1000);
        any = carry(p, &p->client, &p->server);
        any = carry(p, &p->server, &p->client) || any;
    }
}

static void begin(struct pair *p, enum usher_gatt_service service, uint16_t server_mtu,
                  uint16_t client_mtu, size_t fragment)
{
    memset(p, 0, sizeof(*p));
    p->fragment = fragment;
    p->server.database = (struct gatt_database){ "Lamp", service, server_mtu };
    p->client.database = (struct gatt_database){ "Phone", USHER_GATT_NONE, client_mtu };
    gatt_link_serve(&p->server.link, &p->server.database, p->now);
    gatt_link_find(&p->client.link, &p->client.database, service, p->now);
}

static void open_pair(struct pair *p, enum usher_gatt_service service, uint16_t server_mtu,
                      uint16_t client_mtu, size_t fragment)
{
    begin(p, service, server_mtu, client_mtu, fragment);
    settle(p);
    assert_true(p->server.opened);
    assert_true(p->client.opened);
    assert_int_equal(p->server.link.mtu, p->client.link.mtu);
}

/* Sends as many values as there is room for. */
static void fill(struct pair *p, struct side *s)
{
    uint8_t value[GATT_VALUE_MAX];

    while (s->sent < VALUES) {
        size_t len = make_value(s == &p->client, s->sent, s->link.value_max, value);
        enum usher_err err = gatt_link_send(&s->link, p->now, value, len);

        if (err == USHER_E_BUSY) {
            return;
        }
        assert_int_equal(err, USHER_OK);
        s->sent++;
    }
}

static void exchange(struct pair *p)
{
    for (unsigned rounds = 0; p->server.got < VALUES || p->client.got < VALUES; rounds++) {
        assert_true(rounds < 1000);
        fill(p, &p->server);
        fill(p, &p->client);
        (void)carry(p, &p->server, &p->client);
        (void)carry(p, &p->client, &p->server);
    }
    assert_true(p->server.readies > 0);
    assert_true(p->client.readies > 0);
    assert_null(p->server.why);
    assert_null(p->client.why);
}

static void values_go_both_ways_at_every_mtu_and_fragment_size(void **state)
{
    static const uint16_t mtus[] = { 23, 69, 185, 247 };
    static const size_t fragments[] = { 1, 23, 27, 251 };
    static const enum usher_gatt_service services[] = { USHER_GATT_PROVISIONING, USHER_GATT_PROXY };
    struct pair p;

    (void)state;
    for (unsigned i = 0; i < 4 * 2 * 4 * 2 * 2; i++) {
        uint16_t mtu = mtus[i % 4], other = (i & 32) != 0 ? mtu : 247;
        bool server_has_less = (i & 64) != 0;

        open_pair(&p, services[i / 4 % 2], server_has_less ? mtu : other,
                  server_has_less ? other : mtu, fragments[i / 8 % 4]);
        assert_int_equal(p.server.link.value_max, mtu - 3);
        assert_int_equal(p.client.link.value_max, mtu - 3);
        exchange(&p);
    }
}

static void the_service_that_is_wanted_has_to_be_there(void **state)
{
    struct pair p;

    (void)state;
    begin(&p, USHER_GATT_PROVISIONING, 247, 247, 251);
    p.server.database.service = USHER_GATT_PROXY;
    settle(&p);
    assert_false(p.client.opened);
    assert_string_equal(p.client.why, "the peer has no Mesh Provisioning Service");
}

/* As at the end of provisioning: the last PDU is out before the client hangs up. */
static void a_service_that_changes_lets_the_last_values_out(void **state)
{
    struct pair p;

    (void)state;
    open_pair(&p, USHER_GATT_PROVISIONING, 247, 69, 27);
    fill(&p, &p.server);
    p.server.database.service = USHER_GATT_PROXY;
    gatt_link_service_changed(&p.server.link, p.now);
    settle(&p);
    assert_int_equal(p.client.got, GATT_VALUES);
    fill(&p, &p.client);
    settle(&p);
    assert_int_equal(p.server.got, 0);
    assert_null(p.server.why);
    assert_null(p.client.why);
}

static void a_service_that_changes_during_discovery_fails_in_words(void **state)
{
    struct pair p;
    unsigned frames;

    (void)state;
    for (unsigned until = 1; until <= 10; until++) {
        begin(&p, USHER_GATT_PROVISIONING, 247, 247, 251);
        for (frames = 0; frames < until; frames++) {
            (void)(frames % 2 == 0 ? carry(&p, &p.client, &p.server)
                                   : carry(&p, &p.server, &p.client));
        }
        p.server.database.service = USHER_GATT_PROXY;
        gatt_link_service_changed(&p.server.link, p.now);
        settle(&p);
        assert_true((p.client.why != NULL) != p.client.opened);
        assert_int_equal(p.client.opened, p.server.opened);
    }
}

static void a_lost_answer_ends_the_client_in_time(void **state)
{
    struct pair p;
    uint8_t frame[L2CAP_FRAME_MAX];

    (void)state;
    begin(&p, USHER_GATT_PROXY, 247, 247, 251);
    assert_true(carry(&p, &p.client, &p.server));
    assert_true(gatt_link_next(&p.server.link, p.now, frame) > 0); /* lost */
    p.now = gatt_link_deadline(&p.client.link);
    poll_side(&p, &p.client);
    assert_string_equal(p.client.why, "the peer did not answer within 30 s: Exchange MTU Request");
    p.now = gatt_link_deadline(&p.server.link);
    poll_side(&p, &p.server);
    assert_string_equal(p.server.why, "the client did not subscribe to Data Out within a minute");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_go_both_ways_at_every_mtu_and_fragment_size),
        cmocka_unit_test(the_service_that_is_wanted_has_to_be_there),
        cmocka_unit_test(a_service_that_changes_lets_the_last_values_out),
        cmocka_unit_test(a_service_that_changes_during_discovery_fails_in_words),
        cmocka_unit_test(a_lost_answer_ends_the_client_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
