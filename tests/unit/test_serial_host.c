/*
 * A device of the serial interface as the radio of an instance: the real device's end of it, on a
 * simulated air with peers, and between the two a wire on which the test changes what it likes.
 */
#include "frame.h"
#include "serial_pdu.h"
#include "serial_rig.h"

#include <usher/serial_host.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define STEP_MS 20
#define LINKS 8
#define ECDH_LATER 60 /* ms, if the port computes by itself */

struct link {
    struct usher_session session;
    struct person person;
    unsigned complete, closed, data_requests, established;
    uint8_t failure, close_reason, elements;
    uint8_t device_key[USHER_KEY_SIZE], key_at_request[USHER_KEY_SIZE];
    enum usher_phase phases[16];
    unsigned phase_count;
};

struct desk {
    struct serial_rig *rig; /* the device and its peers */
    struct usher_port port;
    struct usher node;
    struct usher_serial_remote remote;
    struct link links[LINKS];
    unsigned heard, notes;
    struct usher_event beacon;
    struct usher_serial_frame to_device, to_host;
    /** Packets on the wire, opcode first: false takes one off it. */
    bool (*down)(struct desk *d, uint8_t *packet, size_t len);
    bool (*up)(struct desk *d, uint8_t *packet, size_t len);
    uint8_t kept[USHER_SERIAL_FRAME_MAX];
    size_t kept_len;
    unsigned seen;
    bool cut; /* nothing goes to the device */
    struct {
        bool on;
        uint32_t token;
        uint64_t at;
        uint8_t secret[USHER_P256_SECRET];
    } ecdh[LINKS];
};

static uint64_t desk_now(void *ctx)
{
    const struct desk *d = ctx;

    return air_now_us(d->rig->air) / 1000;
}

static void desk_wake(void *ctx, uint64_t at)
{
    (void)ctx;
    (void)at;
}

static enum usher_err desk_random(void *ctx, uint8_t *buf, size_t len)
{
    static uint32_t x = 7;

    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525u + 1013904223u;
        buf[i] = (uint8_t)(x >> 16);
    }
    return USHER_OK;
}

/* As a thread pool does it. */
static enum usher_err desk_ecdh(void *ctx, uint32_t token, const uint8_t *private_key,
                                const uint8_t *peer)
{
    struct desk *d = ctx;
    unsigned i = 0;

    while (d->ecdh[i].on) {
        i++;
    }
    d->ecdh[i].on = true;
    d->ecdh[i].token = token;
    d->ecdh[i].at = desk_now(d) + ECDH_LATER;
    return d->port.crypto->p256_ecdh(d->port.crypto->ctx, private_key, peer, d->ecdh[i].secret);
}

static void on_session(struct desk *d, struct link *l, const struct usher_event *e)
{
    switch (e->type) {
    case USHER_EVT_LINK_ESTABLISHED:
        l->established++;
        break;
    case USHER_EVT_PHASE:
        l->phases[l->phase_count++ % 16] = e->params.phase.phase;
        break;
    case USHER_EVT_DATA_REQUEST:
        l->data_requests++;
        l->elements = e->params.data_request.num_elements;
        memcpy(l->key_at_request, e->params.data_request.p_devkey, USHER_KEY_SIZE);
        break;
    case USHER_EVT_COMPLETE:
        l->complete++;
        memcpy(l->device_key, e->params.complete.p_devkey, USHER_KEY_SIZE);
        break;
    case USHER_EVT_FAILED:
        l->failure = e->params.failed.failure_code;
        break;
    case USHER_EVT_LINK_CLOSED:
        l->closed++;
        l->close_reason = e->params.link_closed.close_reason;
        break;
    default:
        break;
    }
    person_told(&l->person, e, desk_now(d), false);
}

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct desk *d = user;

    (void)u;
    if (e->type == USHER_EVT_UNPROVISIONED_RECEIVED) {
        d->heard++;
        d->beacon = *e;
        return;
    }
    on_session(d, e->params.link_established.p_context->user, e);
}

static void on_note(void *user, const char *what)
{
    struct desk *d = user;

    assert_non_null(what);
    d->notes++;
}

/* -- the wire ---------------------------------------------------------------------------------- */

static void to_device(struct desk *d, const uint8_t *packet, size_t len)
{
    uint8_t wire[SERIAL_WIRE_MAX];
    size_t n = serial_frame_write(false, packet[0], packet + 1, len - 1, wire), at = 0;

    while (at < n) {
        at += usher_in_uart(&d->rig->serial, wire + at, n - at);
    }
}

static void to_host(struct desk *d, const uint8_t *packet, size_t len)
{
    uint8_t wire[SERIAL_WIRE_MAX];
    size_t n = serial_frame_write(false, packet[0], packet + 1, len - 1, wire);

    usher_serial_remote_in(&d->remote, desk_now(d), wire, n);
}

static bool carry_down(struct desk *d)
{
    uint8_t octets[32];
    size_t n = usher_serial_host_next(&d->remote.line, desk_now(d), octets, sizeof(octets));

    for (size_t i = 0; i < n; i++) {
        if (serial_frame_rx(&d->to_device, 0, octets[i]) != SERIAL_FRAME_DONE || d->cut) {
            continue;
        }
        if (d->down == NULL || d->down(d, d->to_device.octets + 1, d->to_device.octets[0])) {
            to_device(d, d->to_device.octets + 1, d->to_device.octets[0]);
        }
    }
    return n != 0;
}

static bool carry_up(struct desk *d)
{
    uint8_t octets[32];
    size_t n = usher_uart_next(&d->rig->serial, octets, sizeof(octets));

    for (size_t i = 0; i < n; i++) {
        if (serial_frame_rx(&d->to_host, 0, octets[i]) != SERIAL_FRAME_DONE) {
            continue;
        }
        if (d->up == NULL || d->up(d, d->to_host.octets + 1, d->to_host.octets[0])) {
            to_host(d, d->to_host.octets + 1, d->to_host.octets[0]);
        }
    }
    return n != 0;
}

static void carry(struct desk *d)
{
    bool more = true;

    while (more) {
        usher_serial_remote_process(&d->remote, desk_now(d));
        more = carry_down(d);
        more = carry_up(d) || more;
    }
}

static void ecdh_act(struct desk *d)
{
    for (unsigned i = 0; i < LINKS; i++) {
        if (d->ecdh[i].on && d->ecdh[i].at <= desk_now(d)) {
            d->ecdh[i].on = false;
            usher_in_ecdh(&d->node, d->ecdh[i].token, USHER_OK, d->ecdh[i].secret);
        }
    }
}

static void run(struct desk *d, unsigned ms)
{
    carry(d);
    for (unsigned gone = 0; gone < ms; gone += STEP_MS) {
        air_run_until(d->rig->air, air_now_us(d->rig->air) + STEP_MS * 1000);
        for (unsigned i = 0; i < d->rig->peer_count; i++) {
            person_act(&d->rig->peers[i].person, desk_now(d));
        }
        for (unsigned i = 0; i < LINKS; i++) {
            person_act(&d->links[i].person, desk_now(d));
        }
        ecdh_act(d);
        carry(d);
    }
}

static void run_until_closed(struct desk *d, unsigned n)
{
    for (unsigned i = 0; i < 1000 && d->links[n].closed == 0; i++) {
        run(d, 200);
    }
}

static struct desk *desk_new_with(const struct usher_serial_config *device,
                                  const struct usher_serial_remote_config *how,
                                  bool (*down)(struct desk *d, uint8_t *packet, size_t len))
{
    struct desk *d = calloc(1, sizeof(*d));
    struct usher_serial_remote_config config =
        how != NULL ? *how : (struct usher_serial_remote_config){ 0 };

    assert_non_null(d);
    d->rig = rig_new(device);
    d->port = (struct usher_port){ .ctx = d,
                                   .crypto = d->rig->crypto,
                                   .now_ms = desk_now,
                                   .wake_at = desk_wake,
                                   .random = desk_random,
                                   .ecdh = desk_ecdh };
    d->down = down;
    config.note = on_note;
    config.user = d;
    assert_int_equal(usher_serial_remote_init(&d->remote, &d->node, &d->port, &config), USHER_OK);
    assert_int_equal(
        usher_init(&d->node, &d->port, &(struct usher_config){ .handler = on_event, .user = d }),
        USHER_OK);
    for (unsigned i = 0; i < LINKS; i++) {
        usher_session_init(&d->node, &d->links[i].session, NULL, &d->links[i]);
        person_reset(&d->links[i].person);
    }
    carry(d);
    assert_true(usher_serial_remote_ready(&d->remote));
    return d;
}

static struct desk *desk_new(void)
{
    return desk_new_with(NULL, NULL, NULL);
}

static void desk_free(struct desk *d)
{
    usher_deinit(&d->node);
    usher_serial_remote_deinit(&d->remote);
    rig_free(d->rig);
    free(d);
}

/* A device that listens, and the person who will provision it by link @p n. */
static struct link *meet(struct desk *d, unsigned n, struct usher_start choice)
{
    struct rig_peer *peer = rig_device(d->rig);
    struct link *l = &d->links[n];

    l->person.session = &l->session;
    l->person.role = USHER_ROLE_PROVISIONER;
    l->person.crypto = d->rig->crypto;
    l->person.other = &peer->person;
    l->person.device_public_key = peer->public_key;
    l->person.choice = choice;
    l->person.data = (struct usher_prov_data){ .netkey = "the network key.",
                                               .netkey_index = 0x123,
                                               .iv_index = 0x01020304,
                                               .address = (uint16_t)(0x0100 + 0x10 * n),
                                               .flags = { .key_refresh = 1 } };
    peer->person.other = &l->person;
    return l;
}

static enum usher_err begin(struct desk *d, unsigned n)
{
    return usher_provision(&d->links[n].session,
                           &(struct usher_provision){ .uuid = d->rig->peers[n].uuid });
}

static void assert_provisioned(const struct desk *d, unsigned n)
{
    const struct link *l = &d->links[n];
    const struct rig_peer *peer = &d->rig->peers[n];
    struct usher_outcome outcome;

    assert_int_equal(l->established, 1);
    assert_int_equal(l->complete, 1);
    assert_int_equal(l->closed, 1);
    assert_int_equal(l->close_reason, USHER_CLOSE_SUCCESS);
    assert_true(peer->complete);
    assert_memory_equal(l->device_key, peer->device_key, USHER_KEY_SIZE);
    assert_memory_equal(&peer->data.netkey, &l->person.data.netkey, USHER_KEY_SIZE);
    assert_int_equal(peer->data.address, l->person.data.address);
    assert_int_equal(peer->data.netkey_index, 0x123);
    assert_int_equal(peer->data.iv_index, 0x01020304);
    assert_int_equal(peer->data.flags.key_refresh, 1);
    assert_memory_equal(usher_device_key(&l->session), peer->device_key, USHER_KEY_SIZE);
    usher_outcome(&l->session, &outcome);
    assert_true(outcome.complete);
    assert_int_equal(outcome.phase, USHER_PHASE_COMPLETE);
    assert_int_equal(outcome.start.method, l->person.choice.method);
    assert_true(usher_session_idle(&l->session));
    for (unsigned i = 1; i < l->phase_count; i++) {
        assert_true(l->phases[i] > l->phases[i - 1]);
    }
}

static void assert_failed(const struct desk *d, unsigned n)
{
    assert_int_equal(d->links[n].complete, 0);
    assert_int_equal(d->links[n].closed, 1);
    assert_int_not_equal(d->links[n].close_reason, USHER_CLOSE_SUCCESS);
    assert_true(usher_session_idle(&d->links[n].session));
    assert_null(usher_device_key(&d->links[n].session));
}

/* -- sessions ---------------------------------------------------------------------------------- */

static void test_every_way_of_authentication(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 2 * PEOPLE_CHOICES; n++) {
        struct usher_start choice = people_choice(n);
        struct desk *d = desk_new();

        choice.public_key = n >= PEOPLE_CHOICES;
        choice.algorithm = USHER_ALG_HMAC;
        meet(d, 0, choice);
        assert_int_equal(begin(d, 0), USHER_OK);
        run_until_closed(d, 0);
        assert_provisioned(d, 0);
        assert_int_equal(d->links[0].data_requests, 1);
        assert_int_equal(d->links[0].elements, 3);
        assert_memory_equal(d->links[0].key_at_request, d->links[0].device_key, USHER_KEY_SIZE);
        desk_free(d);
    }
}

static void test_eight_at_once(void **state)
{
    struct desk *d = desk_new();

    (void)state;
    for (unsigned n = 0; n < LINKS; n++) {
        meet(d, n, people_choice(n));
    }
    for (unsigned n = 0; n < LINKS; n++) {
        assert_int_equal(begin(d, n), USHER_OK);
    }
    assert_int_equal(begin(d, 0), USHER_E_STATE);
    for (unsigned n = 0; n < LINKS; n++) {
        run_until_closed(d, n);
        assert_provisioned(d, n);
    }
    assert_int_equal(d->remote.line.stats.answers, 0);
    assert_int_equal(d->remote.line.stats.unread, 0);
    desk_free(d);
}

static void test_no_more_than_its_contexts(void **state)
{
    const struct usher_serial_config device = { .session_count = 2, .tx_size = 4096 };
    struct desk *d = desk_new_with(&device, NULL, NULL);

    (void)state;
    for (unsigned n = 0; n < 3; n++) {
        meet(d, n, people_choice(0));
    }
    assert_int_equal(begin(d, 0), USHER_OK);
    assert_int_equal(begin(d, 1), USHER_OK);
    assert_int_equal(begin(d, 2), USHER_E_RESOURCES);
    run(d, 8000);
    assert_int_equal(begin(d, 2), USHER_OK);
    run(d, 8000);
    for (unsigned n = 0; n < 3; n++) {
        assert_provisioned(d, n);
    }
    desk_free(d);
}

static bool saw_secret(struct desk *d, uint8_t *packet, size_t len)
{
    (void)len;
    d->seen +=
        packet[0] == USHER_SERIAL_EVT_SECRET_REQUEST || packet[0] == USHER_SERIAL_EVT_ECDH_REQUEST;
    assert_int_not_equal(packet[0], USHER_SERIAL_EVT_ECDH_REQUEST); /* with a private key */
    return true;
}

static void test_who_computes(void **state)
{
    (void)state;
    for (unsigned device = 0; device < 2; device++) {
        const struct usher_serial_remote_config how = { .device_ecdh = device != 0 };
        /* Even one that would tell its own private keys is not asked to. */
        const struct usher_serial_config config = {
            .session_count = 2, .tx_size = 4096, .offload = true, .reveal_private = true
        };
        struct desk *d = desk_new_with(&config, &how, NULL);

        d->up = saw_secret;
        meet(d, 0, people_choice(0));
        assert_int_equal(begin(d, 0), USHER_OK);
        run_until_closed(d, 0);
        assert_provisioned(d, 0);
        assert_int_equal(d->seen, device != 0 ? 0 : 1);
        desk_free(d);
    }
}

static void test_data_at_the_begin(void **state)
{
    struct desk *d = desk_new();
    struct link *l = meet(d, 0, people_choice(0));
    struct usher_prov_data bad = l->person.data;

    (void)state;
    bad.netkey_index = 0x1000;
    assert_int_equal(
        usher_provision(&l->session,
                        &(struct usher_provision){ .uuid = d->rig->peers[0].uuid, .data = &bad }),
        USHER_E_DATA);
    assert_int_equal(
        usher_provision(&l->session, &(struct usher_provision){ .uuid = d->rig->peers[0].uuid,
                                                                .data = &l->person.data }),
        USHER_OK);
    run_until_closed(d, 0);
    assert_provisioned(d, 0);
    assert_int_equal(l->data_requests, 0);
    desk_free(d);
}

static void test_answers_are_checked(void **state)
{
    struct desk *d = desk_new();
    struct link *l = meet(d, 0, people_choice(5)); /* a number of 4 digits */
    struct usher_prov_data bad = l->person.data;
    uint8_t value[40] = { 1 };

    (void)state;
    assert_int_equal(usher_auth_number(&l->session, 1), USHER_E_STATE);
    assert_int_equal(begin(d, 0), USHER_OK);
    bad.address = 0x8000;
    assert_int_equal(usher_data_set(&l->session, &bad), USHER_E_ADDR);
    bad.netkey_index = 0x1000;
    assert_int_equal(usher_data_set(&l->session, &bad), USHER_E_DATA);
    assert_int_equal(usher_auth_number(&l->session, 1), USHER_E_STATE);
    for (unsigned i = 0; i < 200 && d->remote.contexts[0].asked_method == 0; i++) {
        run(d, STEP_MS);
        l->person.at[PERSON_AUTHENTICATES] = USHER_NEVER;
    }
    assert_int_equal(usher_oob_use(&l->session, &l->person.choice), USHER_E_STATE);
    assert_int_equal(usher_auth_static(&l->session, value, 16), USHER_E_STATE);
    assert_int_equal(usher_auth_number(&l->session, 10000), USHER_E_PARAM);
    assert_int_equal(usher_auth_text(&l->session, "12345"), USHER_E_LENGTH);
    assert_int_equal(usher_auth_text(&l->session, ""), USHER_E_LENGTH);
    assert_int_equal(usher_auth_text(&l->session, "12A"), USHER_E_DATA);
    assert_int_equal(usher_auth_text(&l->session, d->rig->peers[0].person.shown), USHER_OK);
    assert_int_equal(usher_auth_number(&l->session, 1), USHER_E_STATE);
    run_until_closed(d, 0);
    assert_provisioned(d, 0);
    assert_int_equal(usher_listen(&l->session, &(struct usher_listen){ .uuid = value }),
                     USHER_E_UNSUPPORTED);
    desk_free(d);
}

static void test_cancelled(void **state)
{
    struct desk *d = desk_new();

    (void)state;
    for (unsigned n = 0; n < 2; n++) {
        meet(d, n, people_choice(5));
        assert_int_equal(begin(d, n), USHER_OK);
    }
    run(d, 400);
    assert_int_equal(usher_cancel(&d->links[0].session, USHER_CLOSE_TIMEOUT), USHER_OK);
    assert_int_equal(usher_cancel(&d->links[0].session, USHER_CLOSE_TIMEOUT), USHER_E_STATE);
    assert_int_equal(d->links[0].closed, 0); /* not from within */
    run(d, 10000);
    assert_failed(d, 0);
    assert_int_equal(d->links[0].close_reason, USHER_CLOSE_TIMEOUT);
    assert_int_equal(usher_cancel(&d->links[0].session, USHER_CLOSE_ERROR), USHER_E_STATE);
    assert_provisioned(d, 1);
    desk_free(d);
}

static void test_wrong_value_fails_alone(void **state)
{
    struct desk *d = desk_new();
    struct usher_outcome outcome;

    (void)state;
    for (unsigned n = 0; n < 2; n++) {
        meet(d, n, people_choice(1));
        assert_int_equal(begin(d, n), USHER_OK);
    }
    for (unsigned i = 0; i < 400 && d->remote.contexts[0].asked_method == 0; i++) {
        run(d, STEP_MS);
        d->links[0].person.wrong = true;
    }
    run(d, 12000);
    assert_failed(d, 0);
    assert_int_equal(d->links[0].failure, USHER_FAIL_CONFIRMATION);
    usher_outcome(&d->links[0].session, &outcome);
    assert_int_equal(outcome.failure, USHER_FAIL_CONFIRMATION);
    assert_int_equal(outcome.phase, USHER_PHASE_CONFIRMATION);
    assert_provisioned(d, 1);
    desk_free(d);
}

static void test_scanning(void **state)
{
    struct desk *d = desk_new();
    struct rig_peer *peer = rig_device(d->rig);

    (void)state;
    assert_int_equal(usher_scan(&d->node, true), USHER_OK);
    run(d, 3000);
    assert_true(d->heard >= 1);
    assert_memory_equal(d->beacon.params.unprov.device_uuid, peer->uuid, USHER_UUID_SIZE);
    assert_memory_equal(d->beacon.params.unprov.peer.addr, air_addr(peer->port.radio), 6);
    assert_int_equal(d->beacon.params.unprov.oob_info, 0);
    assert_in_range((uint8_t)-d->beacon.params.unprov.rssi, 40, 80);
    assert_int_equal(usher_scan(&d->node, false), USHER_OK);
    run(d, 100);
    d->heard = 0;
    run(d, 3000);
    assert_int_equal(d->heard, 0);
    assert_false(d->rig->serial.scanning);
    desk_free(d);
}

/* -- wrong answers to the device --------------------------------------------------------------- */

static bool is_secret(const uint8_t *packet)
{
    return packet[0] == USHER_SERIAL_ECDH_SECRET;
}

static bool wrong_secret(struct desk *d, uint8_t *packet, size_t len)
{
    (void)d;
    packet[len - 1] ^= is_secret(packet) && packet[1] == 0;
    return true;
}

static bool zero_secret(struct desk *d, uint8_t *packet, size_t len)
{
    (void)d;
    if (is_secret(packet) && packet[1] == 0) {
        memset(packet + 2, 0, len - 2);
    }
    return true;
}

static bool secret_twice(struct desk *d, uint8_t *packet, size_t len)
{
    if (is_secret(packet)) {
        to_device(d, packet, len);
        d->seen++;
    }
    return true;
}

static bool secret_of_another(struct desk *d, uint8_t *packet, size_t len)
{
    (void)d;
    (void)len;
    if (is_secret(packet) && packet[1] == 0) {
        packet[1] = 1;
    }
    return true;
}

static bool secret_kept(struct desk *d, uint8_t *packet, size_t len)
{
    if (!is_secret(packet) || packet[1] != 0 || d->kept_len != 0) {
        return true;
    }
    memcpy(d->kept, packet, len);
    d->kept_len = len;
    return false;
}

static struct desk *three_with(bool (*down)(struct desk *d, uint8_t *packet, size_t len))
{
    struct desk *d = desk_new();

    d->down = down;
    for (unsigned n = 0; n < 3; n++) {
        meet(d, n, people_choice(0));
        assert_int_equal(begin(d, n), USHER_OK);
    }
    for (unsigned n = 0; n < 3; n++) {
        for (unsigned i = 0; i < 50 && d->links[n].closed == 0; i++) {
            run(d, 200);
        }
    }
    return d;
}

static void test_wrong_secret_fails_alone(void **state)
{
    struct desk *d = three_with(wrong_secret);

    (void)state;
    assert_failed(d, 0);
    assert_provisioned(d, 1);
    assert_provisioned(d, 2);
    desk_free(d);
    d = three_with(zero_secret);
    assert_failed(d, 0);
    assert_provisioned(d, 1);
    assert_provisioned(d, 2);
    desk_free(d);
}

static void test_secret_twice_does_nothing(void **state)
{
    struct desk *d = three_with(secret_twice);

    (void)state;
    assert_int_equal(d->seen, 3);
    assert_int_equal(d->remote.line.stats.answers, 3);
    for (unsigned n = 0; n < 3; n++) {
        assert_provisioned(d, n);
    }
    desk_free(d);
}

static void test_secret_of_another_session(void **state)
{
    struct desk *d = three_with(secret_of_another);

    (void)state;
    for (unsigned n = 0; n < 2; n++) {
        run_until_closed(d, n);
    }
    assert_failed(d, 0);
    if (d->links[1].complete == 0) { /* it had asked for one already */
        assert_failed(d, 1);
    } else {
        assert_provisioned(d, 1);
    }
    assert_provisioned(d, 2);
    desk_free(d);
}

/* The answer of a session that is over is not the next one's of that context. */
static void test_late_secret(void **state)
{
    struct desk *d = three_with(secret_kept);

    (void)state;
    assert_true(d->kept_len != 0);
    run_until_closed(d, 0);
    assert_failed(d, 0);
    assert_provisioned(d, 1);
    assert_provisioned(d, 2);
    meet(d, 3, people_choice(0));
    assert_int_equal(begin(d, 3), USHER_OK);
    run(d, 200);
    to_device(d, d->kept, d->kept_len); /* asked for by nobody */
    run(d, 8000);
    assert_provisioned(d, 3);
    desk_free(d);
}

/* -- wrong events from the device -------------------------------------------------------------- */

/* Each kind of event of a session, at any moment, filled with what is likely to do harm. */
static void test_events_that_come_too_early(void **state)
{
    static const uint8_t codes[] = {
        USHER_SERIAL_EVT_LINK_ESTABLISHED, USHER_SERIAL_EVT_CAPS_RECEIVED,
        USHER_SERIAL_EVT_INVITE_RECEIVED,  USHER_SERIAL_EVT_COMPLETE,
        USHER_SERIAL_EVT_AUTH_REQUEST,     USHER_SERIAL_EVT_ECDH_REQUEST,
        USHER_SERIAL_EVT_OUTPUT_REQUEST,   USHER_SERIAL_EVT_FAILED,
        USHER_SERIAL_EVT_START_RECEIVED,   USHER_SERIAL_EVT_CAPABILITIES,
        USHER_SERIAL_EVT_SECRET_REQUEST,   USHER_SERIAL_EVT_PUBKEY_REQUEST,
        USHER_SERIAL_EVT_SHOW_REQUEST,     USHER_SERIAL_EVT_DATA_REQUEST,
        USHER_SERIAL_EVT_MESSAGE_UNICAST,  USHER_SERIAL_EVT_MESSAGE_SUBSCRIPTION,
        USHER_SERIAL_EVT_TX_COMPLETE,      USHER_SERIAL_EVT_IV_ENTRY_SET,
        USHER_SERIAL_EVT_SEQNUM_ENTRY_SET,
    };

    (void)state;
    for (unsigned i = 0; i < 2 * sizeof(codes); i++) {
        struct desk *d = desk_new();
        uint8_t filled[USHER_SERIAL_PAYLOAD_MAX], zero[USHER_SERIAL_PAYLOAD_MAX];
        unsigned delay = i / sizeof(codes) * 400;

        meet(d, 0, people_choice(0));
        meet(d, 1, people_choice(0));
        assert_int_equal(begin(d, 0), USHER_OK);
        assert_int_equal(begin(d, 1), USHER_OK);
        run(d, delay);
        memset(zero, 0, sizeof(zero));
        memset(filled, 0xFF, sizeof(filled));
        for (size_t len = 0; len < 100; len++) {
            uint8_t packet[USHER_SERIAL_FRAME_MAX] = { codes[i % sizeof(codes)] };

            memcpy(packet + 1, filled, len); /* context 255 */
            to_host(d, packet, len + 1);
            memcpy(packet + 1, (len & 1) != 0 ? zero : filled, len);
            packet[1] = 0; /* of the first session */
            d->remote.line.strange = 0;
            to_host(d, packet, len + 1);
            d->remote.line.strange = 0;
        }
        run_until_closed(d, 0);
        run_until_closed(d, 1);
        assert_int_equal(d->links[0].closed, 1);
        assert_true(usher_session_idle(&d->links[0].session));
        assert_provisioned(d, 1);
        if (d->links[0].complete != 0) {
            assert_provisioned(d, 0);
        }
        desk_free(d);
    }
}

static bool other_address(struct desk *d, uint8_t *packet, size_t len)
{
    (void)d;
    (void)len;
    packet[8] ^= packet[0] == USHER_SERIAL_EVT_COMPLETE;
    return true;
}

static void test_complete_with_another_address(void **state)
{
    struct desk *d = desk_new();

    (void)state;
    d->up = other_address;
    meet(d, 0, people_choice(0));
    assert_int_equal(begin(d, 0), USHER_OK);
    run(d, 20000);
    assert_failed(d, 0);
    desk_free(d);
}

/* -- a device that goes away ------------------------------------------------------------------- */

static void test_restarted_device(void **state)
{
    const uint8_t started[] = { USHER_SERIAL_EVT_DEVICE_STARTED, 2, 0, 0xFE };
    struct desk *d = desk_new();

    (void)state;
    assert_int_equal(usher_scan(&d->node, true), USHER_OK);
    meet(d, 0, people_choice(0));
    assert_int_equal(begin(d, 0), USHER_OK);
    run(d, 300);
    usher_serial_deinit(&d->rig->serial);
    while (!usher_session_idle(&d->rig->sessions[0])) {
        air_run_until(d->rig->air, air_now_us(d->rig->air) + 100000);
    }
    assert_int_equal(usher_serial_init(&d->rig->serial, &d->rig->node, &d->rig->config), USHER_OK);
    assert_int_equal(usher_serial_enable(&d->rig->serial), USHER_OK);
    run(d, 20);
    assert_failed(d, 0);
    assert_int_equal(d->notes, 1);
    assert_true(usher_serial_remote_ready(&d->remote));
    assert_true(d->rig->serial.scanning);
    meet(d, 1, people_choice(0));
    assert_int_equal(begin(d, 1), USHER_OK);
    run_until_closed(d, 1);
    assert_provisioned(d, 1);
    to_host(d, started, sizeof(started));
    assert_int_equal(d->links[1].closed, 1); /* once is enough */
    desk_free(d);
}

static void test_silent_device(void **state)
{
    struct desk *d = desk_new();

    (void)state;
    meet(d, 0, people_choice(0));
    assert_int_equal(begin(d, 0), USHER_OK);
    d->cut = true;
    run(d, 8000);
    assert_failed(d, 0);
    assert_false(usher_serial_remote_ready(&d->remote));
    meet(d, 1, people_choice(0));
    assert_int_equal(begin(d, 1), USHER_E_STATE);
    d->cut = false;
    run(d, 4000);
    assert_true(usher_serial_remote_ready(&d->remote));
    assert_int_equal(begin(d, 1), USHER_OK);
    run_until_closed(d, 1);
    assert_provisioned(d, 1);
    desk_free(d);
}

static void test_broken_line(void **state)
{
    struct desk *d = desk_new();

    (void)state;
    meet(d, 0, people_choice(0));
    assert_int_equal(begin(d, 0), USHER_OK);
    run(d, 300);
    usher_serial_remote_restart(&d->remote);
    assert_failed(d, 0);
    run(d, 40);
    assert_true(usher_serial_remote_ready(&d->remote));
    /* The session that the host has lost is cancelled, and its context comes free. */
    run(d, 2000);
    assert_false(d->remote.contexts[0].busy);
    assert_true(usher_session_idle(&d->rig->sessions[0]));
    desk_free(d);
}

/* What a host leaves behind. */
static void test_leaving(void **state)
{
    uint8_t last[256];
    struct desk *d = desk_new();
    size_t len;

    (void)state;
    assert_int_equal(usher_scan(&d->node, true), USHER_OK);
    meet(d, 0, people_choice(0));
    assert_int_equal(begin(d, 0), USHER_OK);
    run(d, 300);
    assert_false(usher_session_idle(&d->rig->sessions[0]));
    assert_int_equal(usher_serial_remote_leave(&d->remote, last, 5), 4); /* as far as it goes */
    len = usher_serial_remote_leave(&d->remote, last, sizeof(last));
    assert_int_equal(usher_in_uart(&d->rig->serial, last, len), len);
    air_run_until(d->rig->air, air_now_us(d->rig->air) + 2000000);
    assert_false(d->rig->serial.scanning);
    assert_true(usher_session_idle(&d->rig->sessions[0]));
    desk_free(d);
}

/* -- a device of the SDK ----------------------------------------------------------------------- */

/* None of the additions: CMD_UNKNOWN to the first, and none of the others may be sent. */
static bool sdk(struct desk *d, uint8_t *packet, size_t len)
{
    static const uint8_t unknown[] = { USHER_SERIAL_EVT_CMD_RSP, USHER_SERIAL_EXTENSIONS_GET,
                                       USHER_SERIAL_CMD_UNKNOWN };
    uint8_t opcode = packet[0];

    (void)len;
    if (opcode == USHER_SERIAL_EXTENSIONS_GET) {
        to_host(d, unknown, sizeof(unknown));
        return false;
    }
    assert_true(opcode <= USHER_SERIAL_APPLICATION || opcode >= USHER_SERIAL_SCAN_START);
    assert_true(opcode != USHER_SERIAL_ECDH_MODE_SET && opcode != USHER_SERIAL_EXTENSIONS_SET);
    assert_true(opcode < USHER_SERIAL_SESSION_KEY_SET);
    if (opcode == USHER_SERIAL_PROVISION) {
        assert_true((packet[40] | packet[41]) != 0); /* it has an address */
    }
    return true;
}

static void test_device_of_the_sdk(void **state)
{
    static const unsigned ways[] = { 0, 1, 5, 6 };
    const struct usher_serial_config revealing = {
        .session_count = 2, .tx_size = 4096, .offload = true, .reveal_private = true
    };

    (void)state;
    for (unsigned i = 0; i < 2 * sizeof(ways) / sizeof(ways[0]); i++) {
        struct desk *d = desk_new_with(i % 2 != 0 ? &revealing : NULL, NULL, sdk);
        struct link *l = meet(d, 0, people_choice(ways[i / 2]));

        assert_int_equal(begin(d, 0), USHER_OK);
        assert_int_equal(l->data_requests, 0); /* not from within */
        run_until_closed(d, 0);
        assert_int_equal(l->data_requests, 1);
        assert_int_equal(l->elements, 8);
        assert_provisioned(d, 0);
        assert_int_equal(l->session.capabilities.algorithms, 1);
        assert_int_equal(l->session.capabilities.pubkey_type, 0);
        assert_int_equal(l->session.capabilities.oob_input_actions, 0);
        desk_free(d);
    }
}

static void test_device_of_the_sdk_with_more_elements(void **state)
{
    const struct usher_serial_remote_config how = { .elements = 2 };
    struct desk *d = desk_new_with(NULL, &how, sdk);

    (void)state;
    meet(d, 0, people_choice(0));
    assert_int_equal(begin(d, 0), USHER_OK);
    run(d, 4000);
    assert_failed(d, 0);
    assert_int_equal(d->links[0].failure, USHER_FAIL_ADDRESS);
    assert_int_equal(d->notes, 1);
    /* Its session cannot be cancelled: the context is the next one's when the device has ended. */
    assert_true(d->remote.contexts[0].busy);
    run(d, 70000);
    assert_false(d->remote.contexts[0].busy);
    desk_free(d);
}

static void test_device_of_the_sdk_is_left_alone(void **state)
{
    struct desk *d = desk_new_with(NULL, NULL, sdk);

    (void)state;
    meet(d, 0, people_choice(0));
    assert_int_equal(begin(d, 0), USHER_OK);
    run(d, 400);
    assert_int_equal(usher_cancel(&d->links[0].session, USHER_CLOSE_ERROR), USHER_OK);
    run(d, 20);
    assert_failed(d, 0);
    meet(d, 1, people_choice(0));
    assert_int_equal(begin(d, 1), USHER_OK);
    run_until_closed(d, 1);
    assert_provisioned(d, 1);
    desk_free(d);
}

static void test_init_refuses(void **state)
{
    struct usher_serial_remote r;
    struct usher u;
    struct usher_port port = { 0 };
    const struct usher_serial_remote_config config = { 0 };

    (void)state;
    assert_int_equal(usher_serial_remote_init(NULL, &u, &port, &config), USHER_E_NULL);
    assert_int_equal(usher_serial_remote_init(&r, NULL, &port, &config), USHER_E_NULL);
    assert_int_equal(usher_serial_remote_init(&r, &u, NULL, &config), USHER_E_NULL);
    assert_int_equal(usher_serial_remote_init(&r, &u, &port, NULL), USHER_E_NULL);
    assert_int_equal(usher_serial_remote_init(&r, &u, &port, &config), USHER_E_NULL); /* crypto */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_way_of_authentication),
        cmocka_unit_test(test_eight_at_once),
        cmocka_unit_test(test_no_more_than_its_contexts),
        cmocka_unit_test(test_who_computes),
        cmocka_unit_test(test_data_at_the_begin),
        cmocka_unit_test(test_answers_are_checked),
        cmocka_unit_test(test_cancelled),
        cmocka_unit_test(test_wrong_value_fails_alone),
        cmocka_unit_test(test_scanning),
        cmocka_unit_test(test_wrong_secret_fails_alone),
        cmocka_unit_test(test_secret_twice_does_nothing),
        cmocka_unit_test(test_secret_of_another_session),
        cmocka_unit_test(test_late_secret),
        cmocka_unit_test(test_events_that_come_too_early),
        cmocka_unit_test(test_complete_with_another_address),
        cmocka_unit_test(test_restarted_device),
        cmocka_unit_test(test_silent_device),
        cmocka_unit_test(test_broken_line),
        cmocka_unit_test(test_leaving),
        cmocka_unit_test(test_device_of_the_sdk),
        cmocka_unit_test(test_device_of_the_sdk_with_more_elements),
        cmocka_unit_test(test_device_of_the_sdk_is_left_alone),
        cmocka_unit_test(test_init_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
