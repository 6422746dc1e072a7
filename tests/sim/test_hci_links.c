/*
 * Connections of simulated controllers, with hosts of raw octets: how they are made in both forms
 * of commands, data both ways on good air and bad, flow control, what is asked about them, and how
 * they end.
 */
#include "raw_host.h"
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    OK = 0,
    MS = 1000,
    UNKNOWN_CONNECTION = 0x02,
    LIMIT = 0x09,
    EXISTS = 0x0B,
    DISALLOWED = 0x0C,
    UNSUPPORTED = 0x11,
    INVALID = 0x12,
    REMOTE_ENDED = 0x13,
    POWER_OFF = 0x15,
    LOCAL_ENDED = 0x16,
    FIRST = 0,
    GOES_ON = 1,
    STREAM = 4000, /* octets */
};

static struct air *air;
static struct raw_host a, b; /* the central, and the peripheral */

static void meet(unsigned loss, const struct sim_hci_config *central,
                 const struct sim_hci_config *peripheral)
{
    air = air_new(&(struct air_config){ .seed = 5, .loss_pct = (uint8_t)loss });
    raw_open(&a, air, central);
    raw_open(&b, air, peripheral);
    raw_unmask(&a);
    raw_unmask(&b);
}

static void part(void)
{
    raw_close(&a);
    raw_close(&b);
    air_free(air);
}

static int set_up(void **state)
{
    (void)state;
    meet(0, &(struct sim_hci_config){ 0 }, &(struct sim_hci_config){ 0 });
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    part();
    return 0;
}

/* -- making a connection --- */

/* ADV_IND every 20 ms with the public address. */
static void advertise(struct raw_host *h)
{
    assert_int_equal(ASK(h, 0x2006, 0x20, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0), OK);
    assert_int_equal(ASK(h, 0x200A, 1), OK);
}

static void address_of(const struct raw_host *h, uint8_t addr[6])
{
    for (unsigned i = 0; i < 6; i++) {
        addr[i] = air_addr(sim_hci_radio(h->controller))[5 - i];
    }
}

/* Asks for a connection of 15 ms, supervised for 1 s. @return the status */
static uint8_t ask_for(struct raw_host *h, uint8_t filter, uint8_t peer_type, const uint8_t peer[6])
{
    uint8_t params[25] = { 0x10, 0, 0x10, 0, filter, peer_type };

    memcpy(params + 6, peer, 6);
    memcpy(params + 12, ((uint8_t[]){ 0, 12, 0, 12, 0, 0, 0, 100, 0 }), 9);
    return raw_ask(h, 0x200D, params, sizeof(params));
}

/* Both are told of the connection. @return their handles */
static void check_connected(uint16_t *central, uint16_t *peripheral)
{
    const struct raw_packet *p = LE(&a, 0x0A), *q = LE(&b, 0x0A);
    uint8_t of_a[6], of_b[6];

    address_of(&a, of_a);
    address_of(&b, of_b);
    assert_true(p != NULL && q != NULL && p->len == 34 && q->len == 34);
    assert_int_equal(p->octets[4], OK);
    assert_int_equal(q->octets[4], OK);
    assert_int_equal(p->octets[7], 0); /* central */
    assert_int_equal(q->octets[7], 1);
    assert_memory_equal(p->octets + 9, of_b, 6);
    assert_memory_equal(q->octets + 9, of_a, 6);
    for (unsigned i = 0; i < 2; i++) {
        const uint8_t *o = i == 0 ? p->octets : q->octets;

        assert_memory_equal(o + 15, ((uint8_t[12]){ 0 }), 12); /* no private addresses */
        assert_memory_equal(o + 27, ((uint8_t[]){ 12, 0, 0, 0, 100, 0, 0 }), 7);
    }
    *central = (uint16_t)(p->octets[5] + 256 * p->octets[6]);
    *peripheral = (uint16_t)(q->octets[5] + 256 * q->octets[6]);
}

static void make(uint16_t *central, uint16_t *peripheral)
{
    uint8_t peer[6];

    address_of(&b, peer);
    advertise(&b);
    for (unsigned tries = 0; raw_count(&b, 0x3E, 0x0A) == 0; tries++) {
        assert_true(tries < 10);
        raw_forget(&a); /* on bad air the request is lost: a is told of a connection that fails */
        assert_int_equal(ask_for(&a, 0, 0, peer), OK);
        raw_run(&a, 3 * SECOND);
    }
    check_connected(central, peripheral);
    raw_forget(&a);
    raw_forget(&b);
}

static void a_connection_is_made(void **state)
{
    uint16_t central, peripheral;
    uint64_t events;

    (void)state;
    make(&central, &peripheral);
    events = air_stats(air)->events;
    raw_run(&a, SECOND);
    assert_int_equal(air_stats(air)->events, events); /* it advertises no more */
    assert_int_equal(a.count + b.count, 0);
    assert_int_equal(ASK(&b, 0x200A, 1), OK); /* but may */
    raw_run(&a, SECOND);
    assert_true(air_stats(air)->events > events + 30);
}

/* The plain event, where the enhanced one is masked. */
static void the_plain_event(void **state)
{
    const struct raw_packet *p;
    uint8_t peer[6];

    (void)state;
    assert_int_equal(ASK(&a, 0x2001, 0x1F, 0, 0, 0, 0, 0, 0, 0), OK);
    address_of(&b, peer);
    advertise(&b);
    assert_int_equal(ask_for(&a, 0, 0, peer), OK);
    raw_run(&a, SECOND);
    assert_null(LE(&a, 0x0A));
    p = LE(&a, 0x01);
    assert_non_null(p);
    assert_int_equal(p->len, 22);
    assert_memory_equal(p->octets + 9, peer, 6);
    assert_memory_equal(p->octets + 15, ((uint8_t[]){ 12, 0, 0, 0, 100, 0, 0 }), 7);
}

/* Extended commands, a random address on either side; other sets go on. */
static void extended_commands(void **state)
{
    uint8_t set[25] = { 4, 0x13, 0, 0x20, 0, 0, 0x20, 0, 0, 7, 1, [20] = 1, [22] = 1 };
    const struct raw_packet *p;

    (void)state;
    assert_int_equal(raw_ask(&b, 0x2036, set, sizeof(set)), OK);
    assert_int_equal(ASK(&b, 0x2035, 4, 9, 8, 7, 6, 5, 0xC4), OK);
    set[0] = 5;
    set[1] = 0x10;
    assert_int_equal(raw_ask(&b, 0x2036, set, sizeof(set)), OK);
    assert_int_equal(ASK(&b, 0x2035, 5, 1, 1, 1, 1, 1, 0xC1), OK);
    assert_int_equal(ASK(&b, 0x2039, 1, 2, 4, 0, 0, 0, 5, 0, 0, 0), OK);
    assert_int_equal(ASK(&a, 0x2005, 3, 3, 3, 3, 3, 0xC3), OK);
    assert_int_equal(ASK(&a, 0x2043, 0, 1, 1, 9, 8, 7, 6, 5, 0xC4, 1, 0x10, 0, 0x10, 0, 12, 0, 12,
                         0, 0, 0, 100, 0, 0, 0, 0, 0),
                     OK);
    raw_run(&a, SECOND);
    p = LE(&a, 0x0A);
    assert_non_null(p);
    assert_memory_equal(p->octets + 8, ((uint8_t[]){ 1, 9, 8, 7, 6, 5, 0xC4 }), 7);
    p = LE(&b, 0x0A);
    assert_non_null(p);
    assert_memory_equal(p->octets + 8, ((uint8_t[]){ 1, 3, 3, 3, 3, 3, 0xC3 }), 7);
    p = LE(&b, 0x12); /* the set has ended by this connection */
    assert_non_null(p);
    assert_memory_equal(p->octets + 4, ((uint8_t[]){ OK, 4, 1, 0, 0 }), 5);
    assert_null(LE(&b, 0x12));
    assert_int_equal(raw_ask(&b, 0x2036, set, sizeof(set)), DISALLOWED); /* 5 is enabled */
}

/* Nobody is connected who is not asked for; and not any more after a cancellation. */
static void only_the_peer_that_is_asked_for(void **state)
{
    uint8_t peer[6];

    (void)state;
    address_of(&b, peer);
    advertise(&b);
    peer[0] ^= 1;
    assert_int_equal(ask_for(&a, 0, 0, peer), OK);
    raw_run(&a, SECOND);
    assert_null(LE(&a, 0x0A));
    assert_int_equal(ASK0(&a, 0x200E), OK);
    assert_int_equal(LE(&a, 0x0A)->octets[4], UNKNOWN_CONNECTION);
    peer[0] ^= 1;
    assert_int_equal(ask_for(&a, 0, 1, peer), OK); /* a random address, and it is public */
    raw_run(&a, SECOND);
    assert_null(LE(&a, 0x0A));
    assert_int_equal(ASK0(&a, 0x200E), OK);
    raw_forget(&a);
    raw_run(&a, SECOND);
    assert_int_equal(a.count + raw_count(&b, 0x3E, 0x0A), 0);
}

static void by_the_accept_list(void **state)
{
    static const uint8_t nobody[6];
    uint16_t central, peripheral;
    uint8_t peer[7] = { 0 };

    (void)state;
    advertise(&b);
    assert_int_equal(ask_for(&a, 1, 0, nobody), OK);
    assert_int_equal(ASK0(&a, 0x2010), DISALLOWED); /* in use */
    raw_run(&a, SECOND);
    assert_null(LE(&a, 0x0A));
    assert_int_equal(ASK0(&a, 0x200E), OK);
    raw_forget(&a);
    address_of(&b, peer + 1);
    assert_int_equal(raw_ask(&a, 0x2011, peer, sizeof(peer)), OK);
    assert_int_equal(ask_for(&a, 1, 0, nobody), OK);
    raw_run(&a, SECOND);
    check_connected(&central, &peripheral);
    assert_null(LE(&a, 0x02)); /* that was not scanning */
    assert_int_equal(ASK0(&a, 0x2010), OK);
}

/* -- data --- */

/* A stream of octets through ACL data packets, as flow control lets it. */
struct stream {
    struct raw_host *host;
    uint16_t handle, fragment;
    unsigned credits, least;
    size_t sent, completed; /* octets, packets */
    unsigned packets;
    unsigned seen; /* packets of the host's log that were looked at */
    uint8_t octets[STREAM];
    size_t got;
    uint8_t heard[STREAM];
};

static void stream_init(struct stream *s, struct raw_host *host, uint16_t handle, unsigned credits,
                        uint16_t fragment)
{
    memset(s, 0, sizeof(*s));
    s->host = host;
    s->handle = handle;
    s->credits = s->least = credits;
    s->fragment = fragment;
    for (unsigned i = 0; i < STREAM; i++) {
        s->octets[i] = (uint8_t)(i * 7 + i / 256 + handle);
    }
}

static void stream_send(struct stream *s)
{
    while (s->credits != 0 && s->sent < STREAM) {
        size_t len = STREAM - s->sent < s->fragment ? STREAM - s->sent : s->fragment;

        raw_acl(s->host, s->handle, s->sent == 0 ? FIRST : GOES_ON, s->octets + s->sent, len);
        s->sent += len;
        s->packets++;
        s->credits--;
        s->least = s->credits < s->least ? s->credits : s->least;
    }
}

static void stream_look(struct stream *s)
{
    for (; s->seen < s->host->count; s->seen++) {
        const uint8_t *o = s->host->log[s->seen].octets;

        if (o[0] == 0x04 && o[1] == 0x13) {
            assert_int_equal(o[3], 1);
            assert_int_equal(o[4] + 256 * o[5], s->handle);
            s->credits += o[6] + 256u * o[7];
            s->completed += o[6] + 256u * o[7];
        } else if (o[0] == 0x02) {
            assert_int_equal(o[1] + 256 * (o[2] & 0x0F), s->handle);
            assert_int_equal(o[2] >> 4, s->got == 0 ? 2 : 1);
            assert_true(s->got + o[3] <= STREAM);
            memcpy(s->heard + s->got, o + 5, o[3]);
            s->got += o[3];
        } else {
            fail_msg("event %02x %02x", o[1], o[3]);
        }
    }
}

/* Both ways at once. @return how long it took, us */
static uint64_t exchange(struct stream *x, struct stream *y)
{
    uint64_t began = air_now_us(air);

    while (x->completed < x->packets || y->completed < y->packets || x->got < STREAM ||
           y->got < STREAM || x->packets == 0) {
        assert_true(air_now_us(air) < began + 120 * SECOND);
        stream_send(x);
        stream_send(y);
        air_run_until(air, air_next_us(air));
        stream_look(x);
        stream_look(y);
    }
    assert_memory_equal(x->heard, y->octets, STREAM);
    assert_memory_equal(y->heard, x->octets, STREAM);
    assert_int_equal(x->completed, x->packets); /* all come back, and no more */
    assert_int_equal(y->completed, y->packets);
    assert_int_equal(x->least + y->least, 0); /* and flow control had something to do */
    return air_now_us(air) - began;
}

static void data_go_both_ways(void **state)
{
    static const unsigned losses[] = { 0, 20 };
    static struct stream x, y;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        uint16_t len = i % 2 == 0 ? 27 : 251;
        const struct sim_hci_config config = { .acl_len = len, .acl_count = 5 };
        uint16_t central, peripheral;

        tear_down(NULL);
        meet(losses[i / 2], &config, &config);
        make(&central, &peripheral);
        stream_init(&x, &a, central, 5, len);
        stream_init(&y, &b, peripheral, 5, i == 1 ? 27 : len); /* shorter ones, too */
        print_message("loss %u %%, packets of %u: %llu ms\n", losses[i / 2], len,
                      (unsigned long long)(exchange(&x, &y) / MS));
    }
}

/* A packet is cut into PDUs of 27 octets; of more, after Data Length Update. */
static void data_length(void **state)
{
    const struct sim_hci_config config = { .acl_len = 251 };
    const struct raw_packet *p;
    uint16_t central, peripheral;
    uint8_t data[251] = { 1, 2, 3 };

    (void)state;
    tear_down(NULL);
    meet(0, &config, &config);
    make(&central, &peripheral);
    raw_acl(&a, central, FIRST, data, sizeof(data));
    raw_run(&a, SECOND);
    p = raw_take_acl(&b);
    assert_true(p != NULL && p->len == 5 + 27 && p->octets[2] >> 4 == 2);
    for (unsigned i = 0; i < 8; i++) {
        p = raw_take_acl(&b);
        assert_true(p != NULL && p->len == 5 + 27 && p->octets[2] >> 4 == 1);
    }
    p = raw_take_acl(&b);
    assert_true(p != NULL && p->len == 5 + 251 - 9 * 27);
    assert_int_equal(raw_count(&a, 0x13, 0), 1); /* one packet, and not one for each PDU */
    assert_int_equal(ASK(&a, 0x2022, (uint8_t)central, 0, 252, 0, 0x48, 8), INVALID);
    assert_int_equal(ASK(&a, 0x2022, (uint8_t)central, 0, 26, 0, 0x48, 8), INVALID);
    assert_int_equal(ASK(&a, 0x2022, (uint8_t)central, 0, 251, 0, 0x47, 1), INVALID);
    assert_int_equal(ASK(&a, 0x2022, (uint8_t)central, 0, 251, 0, 0x91, 0x42), INVALID);
    assert_int_equal(ASK(&a, 0x2022, (uint8_t)central, 0, 27, 0, 0x48, 1), OK);
    assert_null(LE(&a, 0x07)); /* nothing has changed */
    assert_int_equal(ASK(&a, 0x2022, (uint8_t)central, 0, 251, 0, 0x90, 0x42), OK);
    p = LE(&a, 0x07);
    assert_non_null(p);
    assert_memory_equal(p->octets + 6, ((uint8_t[]){ 251, 0, 0x48, 8, 251, 0, 0x48, 8 }), 8);
    raw_acl(&a, central, FIRST, data, sizeof(data));
    raw_run(&a, SECOND);
    p = raw_take_acl(&b);
    assert_true(p != NULL && p->len == 5 + 251);
    assert_null(raw_take_acl(&b));
    /* as many octets as fit into the time: (100 + 14) * 8 us */
    assert_int_equal(ASK(&a, 0x2022, (uint8_t)central, 0, 251, 0, 0x90, 3), OK);
    assert_int_equal(LE(&a, 0x07)->octets[6], 100);
}

/* The suggested length is that of connections to come, of which the host is told. */
static void suggested_data_length(void **state)
{
    const struct raw_packet *p;
    uint8_t peer[6];

    (void)state;
    assert_int_equal(ASK(&b, 0x2024, 100, 0, 0x48, 8), OK);
    address_of(&b, peer);
    advertise(&b);
    assert_int_equal(ask_for(&a, 0, 0, peer), OK);
    raw_run(&a, SECOND);
    assert_non_null(LE(&b, 0x0A));
    p = LE(&b, 0x07);
    assert_non_null(p);
    assert_memory_equal(p->octets + 4, ((uint8_t[]){ 1, 0, 100, 0, 0x90, 3, 251, 0 }), 8);
    assert_null(LE(&a, 0x07)); /* whose own is the plain one */
    assert_int_equal(ASK(&b, 0x2022, 1, 0, 100, 0, 0x48, 8), OK);
    assert_null(LE(&b, 0x07)); /* it has that already */
}

/* A ninth packet to eight buffers is dropped, and told of; the eight arrive. */
static void too_many_packets(void **state)
{
    uint16_t central, peripheral;
    const struct raw_packet *p;

    (void)state;
    make(&central, &peripheral);
    for (uint8_t i = 0; i < 9; i++) {
        raw_acl(&a, central, FIRST, (uint8_t[27]){ i }, 27);
    }
    p = raw_take(&a, 0x1A, 0);
    assert_non_null(p);
    assert_int_equal(p->octets[3], 1);
    assert_null(raw_take(&a, 0x1A, 0));
    raw_run(&a, SECOND);
    assert_int_equal(raw_count(&a, 0x13, 0), 8);
    for (uint8_t i = 0; i < 8; i++) {
        assert_int_equal(raw_take_acl(&b)->octets[5], i);
    }
    assert_null(raw_take_acl(&b));
}

/* Packets without octets come back and send nothing; flags that LE has not are not taken. */
static void odd_packets(void **state)
{
    uint16_t central, peripheral;

    (void)state;
    make(&central, &peripheral);
    raw_acl(&a, central, FIRST, (uint8_t[1]){ 0 }, 0);
    assert_int_equal(raw_count(&a, 0x13, 0), 1);
    for (unsigned flags = 2; flags < 16; flags++) {
        raw_acl(&a, central, flags, (uint8_t[27]){ 0 }, 27);
    }
    raw_run(&a, SECOND);
    assert_int_equal(raw_count(&a, 0x13, 0), 1);
    assert_null(raw_take_acl(&b));
}

/* -- what is asked about a connection --- */

static void features_and_version_of_the_peer(void **state)
{
    uint16_t central, peripheral;
    const struct raw_packet *p;

    (void)state;
    make(&central, &peripheral);
    assert_int_equal(ASK(&b, 0x2016, (uint8_t)peripheral, 0), OK);
    assert_int_equal(b.answer.octets[1], 0x0F);
    p = LE(&b, 0x04);
    assert_non_null(p);
    assert_memory_equal(p->octets + 4, ((uint8_t[]){ OK, (uint8_t)peripheral, 0, 0x20, 0x10 }), 5);
    assert_int_equal(ASK(&a, 0x041D, (uint8_t)central, 0), OK);
    p = raw_take(&a, 0x0C, 0);
    assert_non_null(p);
    assert_memory_equal(p->octets + 3, ((uint8_t[]){ OK, (uint8_t)central, 0, 9, 0xFF, 0xFF }), 6);
}

static void parameters_are_updated(void **state)
{
    uint16_t central, peripheral;
    uint8_t update[14] = { 0, 0, 80, 0, 80, 0, 3, 0, 200, 0 }; /* 100 ms, timeout 2 s */
    const struct raw_packet *p;
    uint64_t began;

    (void)state;
    make(&central, &peripheral);
    update[0] = (uint8_t)peripheral;
    assert_int_equal(raw_ask(&b, 0x2013, update, sizeof(update)), UNSUPPORTED);
    update[0] = (uint8_t)central;
    update[8] = 79; /* 790 ms, of twice 4 times 100 ms */
    assert_int_equal(raw_ask(&a, 0x2013, update, sizeof(update)), INVALID);
    update[8] = 200;
    assert_int_equal(raw_ask(&a, 0x2013, update, sizeof(update)), OK);
    p = LE(&a, 0x03);
    assert_non_null(p);
    assert_memory_equal(p->octets + 4,
                        ((uint8_t[]){ OK, (uint8_t)central, 0, 80, 0, 3, 0, 200, 0 }), 9);
    raw_run(&a, SECOND);
    began = air_now_us(air);
    for (unsigned i = 0; i < 2; i++) {
        raw_acl(&a, central, FIRST, (uint8_t[27]){ 0 }, 27);
        while ((p = raw_take_acl(&b)) == NULL) {
            air_run_until(air, air_next_us(air));
        }
        raw_run(&a, 5 * MS);
    }
    assert_in_range(p->at - began, 100 * MS, 201 * MS); /* two events */
}

/* -- ends --- */

static void check_ended(struct raw_host *h, uint16_t handle, uint8_t reason)
{
    const struct raw_packet *p = raw_take(h, 0x05, 0);

    assert_non_null(p);
    assert_memory_equal(p->octets + 3, ((uint8_t[]){ OK, (uint8_t)handle, 0, reason }), 4);
    assert_null(raw_take(h, 0x05, 0));
}

static void disconnecting(void **state)
{
    uint8_t update[14] = { 1, 0, 80, 0, 80, 0, 3, 0, 200, 0 };
    uint16_t central, peripheral;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct raw_host *ends = i == 0 ? &a : &b, *other = i == 0 ? &b : &a;

        make(&central, &peripheral);
        assert_int_equal(ASK(ends, 0x0406, (uint8_t)central, 0, 0x01), INVALID); /* no reason */
        assert_int_equal(ASK(ends, 0x0406, (uint8_t)central, 0, REMOTE_ENDED), OK);
        assert_int_equal(ASK(ends, 0x0406, (uint8_t)central, 0, REMOTE_ENDED), DISALLOWED);
        assert_int_equal(raw_ask(ends, 0x2013, update, sizeof(update)),
                         i == 0 ? DISALLOWED : UNSUPPORTED);
        raw_run(&a, 2 * SECOND);
        check_ended(ends, central, LOCAL_ENDED);
        check_ended(other, peripheral, REMOTE_ENDED);
        assert_int_equal(ASK(ends, 0x0406, (uint8_t)central, 0, REMOTE_ENDED), UNKNOWN_CONNECTION);
        raw_forget(&a);
        raw_forget(&b);
    }
}

/* Packets that were under way are lost with the connection, and their buffers are free again. */
static void buffers_of_a_connection_that_ends(void **state)
{
    uint16_t central, peripheral;

    (void)state;
    make(&central, &peripheral);
    for (unsigned i = 0; i < 8; i++) {
        raw_acl(&a, central, FIRST, (uint8_t[27]){ 0 }, 27);
    }
    raw_close(&b);
    raw_run(&a, 3 * SECOND);
    check_ended(&a, central, 0x08); /* supervision timeout */
    raw_open(&b, air, &(struct sim_hci_config){ 0 });
    raw_unmask(&b);
    raw_forget(&a);
    make(&central, &peripheral);
    for (unsigned i = 0; i < 8; i++) {
        raw_acl(&a, central, FIRST, (uint8_t[27]){ 0 }, 27);
    }
    assert_null(raw_take(&a, 0x1A, 0));
    raw_run(&a, SECOND);
    assert_int_equal(raw_count(&a, 0x13, 0), 8);
}

static void reset_with_a_connection(void **state)
{
    uint16_t central, peripheral;

    (void)state;
    make(&central, &peripheral);
    raw_acl(&a, central, FIRST, (uint8_t[27]){ 0 }, 27);
    assert_int_equal(ASK0(&a, 0x0C03), OK);
    raw_unmask(&a);
    raw_forget(&a);
    raw_run(&a, 2 * SECOND);
    check_ended(&b, peripheral, POWER_OFF);
    assert_int_equal(a.count, 0); /* whose connections are gone with the Reset */
    assert_int_equal(ASK(&a, 0x0406, (uint8_t)central, 0, REMOTE_ENDED), UNKNOWN_CONNECTION);
    raw_forget(&b);
    make(&central, &peripheral);
}

/* Reset while it initiates, advertises, scans and is connected. */
static void reset_in_the_middle_of_everything(void **state)
{
    uint16_t central, peripheral;

    (void)state;
    make(&central, &peripheral);
    for (unsigned at = 0; at < 60; at += 3) {
        uint8_t peer[6];

        address_of(&b, peer);
        (void)ASK(&b, 0x200A, 1);
        peer[5] ^= (uint8_t)(at % 2); /* somebody else, or the one that it may reach now */
        (void)ask_for(&a, 0, 0, peer);
        advertise(&a);
        (void)ASK(&a, 0x200B, 1, 0x10, 0, 0x10, 0, 0, 0);
        (void)ASK(&a, 0x200C, 1, 0);
        raw_run(&a, at * MS);
        assert_int_equal(ASK0(&a, 0x0C03), OK);
        raw_unmask(&a);
        raw_forget(&a);
        raw_run(&a, 2 * SECOND);
        assert_int_equal(a.count, 0);
    }
    assert_int_equal(ASK(&b, 0x200A, 0), OK);
    raw_forget(&b);
    make(&central, &peripheral);
}

/* -- limits --- */

static void one_connection_at_most(void **state)
{
    uint16_t central, peripheral;
    uint8_t peer[6];
    const struct raw_packet *p;

    (void)state;
    tear_down(NULL);
    meet(0, &(struct sim_hci_config){ .connections = 1 },
         &(struct sim_hci_config){ .connections = 2 });
    make(&central, &peripheral);
    address_of(&b, peer);
    assert_int_equal(ask_for(&b, 0, 0, peer), OK);
    assert_int_equal(ASK0(&b, 0x200E), OK);
    address_of(&a, peer);
    assert_int_equal(ask_for(&b, 0, 0, peer), EXISTS);
    peer[0] ^= 1;
    assert_int_equal(ask_for(&a, 0, 0, peer), LIMIT);
    assert_int_equal(ASK(&a, 0x2006, 0x20, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0), OK);
    assert_int_equal(ASK(&a, 0x200A, 1), LIMIT); /* connectable */
    assert_int_equal(ASK(&a, 0x0406, (uint8_t)central, 0, REMOTE_ENDED), OK);
    raw_run(&a, SECOND);
    assert_int_equal(ASK(&a, 0x200A, 1), OK);
    p = raw_take(&a, 0x05, 0);
    assert_non_null(p);
}

/* The room is taken by another connection while an attempt is under way. */
static void room_that_is_taken_meanwhile(void **state)
{
    struct raw_host third;
    uint8_t peer[6];
    const struct raw_packet *p;

    (void)state;
    tear_down(NULL);
    meet(0, &(struct sim_hci_config){ .connections = 1 }, &(struct sim_hci_config){ 0 });
    raw_open(&third, air, &(struct sim_hci_config){ 0 });
    raw_unmask(&third);
    address_of(&third, peer);
    assert_int_equal(ask_for(&a, 0, 0, peer), OK); /* it does not advertise yet */
    advertise(&a);
    address_of(&a, peer);
    assert_int_equal(ask_for(&b, 0, 0, peer), OK);
    raw_run(&a, SECOND);
    p = LE(&a, 0x0A);
    assert_non_null(p);
    assert_int_equal(p->octets[4], OK);
    assert_int_equal(p->octets[7], 1); /* as the peripheral of b */
    advertise(&third);
    raw_run(&a, SECOND);
    p = LE(&a, 0x0A);
    assert_non_null(p);
    assert_int_equal(p->octets[4], LIMIT);
    assert_null(raw_take(&a, 0x05, 0));
    p = LE(&third, 0x0A); /* the third is told of a connection that ends at once */
    assert_true(p != NULL && p->octets[4] == OK);
    assert_non_null(raw_take(&third, 0x05, 0));
    raw_close(&third);
}

/* Several connections at once, in both roles: each has its data. */
static void several_connections(void **state)
{
    enum { OTHERS = 7 };
    static struct raw_host others[OTHERS];

    (void)state;
    for (unsigned i = 0; i < OTHERS; i++) {
        uint8_t peer[6];

        raw_open(&others[i], air, &(struct sim_hci_config){ 0 });
        raw_unmask(&others[i]);
        advertise(&others[i]);
        address_of(&others[i], peer);
        assert_int_equal(ask_for(&a, 0, 0, peer), OK);
        raw_run(&a, SECOND);
        assert_int_equal(raw_count(&a, 0x3E, 0x0A), i + 1);
        raw_forget(&others[i]);
    }
    for (uint8_t i = 0; i < OTHERS; i++) {
        raw_acl(&a, i + 1u, FIRST, (uint8_t[27]){ i }, 27);
        raw_acl(&others[i], 1, FIRST, (uint8_t[27]){ i }, 27);
    }
    raw_run(&a, 2 * SECOND);
    for (uint8_t i = 0; i < OTHERS; i++) {
        const struct raw_packet *p = raw_take_acl(&others[i]);

        assert_true(p != NULL && p->octets[5] == i);
        p = raw_take_acl(&a);
        assert_true(p != NULL && p->octets[5] == p->octets[1] - 1);
        assert_int_equal(raw_count(&others[i], 0x13, 0), 1);
        raw_close(&others[i]);
    }
    assert_int_equal(raw_count(&a, 0x13, 0), OTHERS);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_connection_is_made),
        TEST(the_plain_event),
        TEST(extended_commands),
        TEST(only_the_peer_that_is_asked_for),
        TEST(by_the_accept_list),
        TEST(data_go_both_ways),
        TEST(data_length),
        TEST(suggested_data_length),
        TEST(too_many_packets),
        TEST(odd_packets),
        TEST(features_and_version_of_the_peer),
        TEST(parameters_are_updated),
        TEST(disconnecting),
        TEST(buffers_of_a_connection_that_ends),
        TEST(reset_with_a_connection),
        TEST(reset_in_the_middle_of_everything),
        TEST(one_connection_at_most),
        TEST(room_that_is_taken_meanwhile),
        TEST(several_connections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
