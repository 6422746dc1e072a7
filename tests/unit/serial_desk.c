/* A serial device as the radio of an instance; see serial_desk.h. */
#include "serial_desk.h"

#include "frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define ECDH_LATER 60 /* ms, if the port computes by itself */

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
    l->told++;
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

void desk_to_device(struct desk *d, const uint8_t *packet, size_t len)
{
    uint8_t wire[SERIAL_WIRE_MAX];
    size_t n = serial_frame_write(false, packet[0], packet + 1, len - 1, wire), at = 0;

    while (at < n) {
        at += usher_in_uart(&d->rig->serial, wire + at, n - at);
    }
}

void desk_to_host(struct desk *d, const uint8_t *packet, size_t len)
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
            desk_to_device(d, d->to_device.octets + 1, d->to_device.octets[0]);
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
            desk_to_host(d, d->to_host.octets + 1, d->to_host.octets[0]);
        }
    }
    return n != 0;
}

static void desk_carry(struct desk *d)
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

void desk_run(struct desk *d, unsigned ms)
{
    desk_carry(d);
    for (unsigned gone = 0; gone < ms; gone += STEP_MS) {
        air_run_until(d->rig->air, air_now_us(d->rig->air) + STEP_MS * 1000);
        for (unsigned i = 0; i < d->rig->peer_count; i++) {
            person_act(&d->rig->peers[i].person, desk_now(d));
        }
        for (unsigned i = 0; i < LINKS; i++) {
            person_act(&d->links[i].person, desk_now(d));
        }
        ecdh_act(d);
        desk_carry(d);
    }
}

void desk_run_until_closed(struct desk *d, unsigned n)
{
    for (unsigned i = 0; i < 1000 && d->links[n].closed == 0; i++) {
        desk_run(d, 200);
    }
}

struct desk *desk_new_with(const struct usher_serial_config *device,
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
    desk_carry(d);
    assert_true(usher_serial_remote_ready(&d->remote));
    return d;
}

struct desk *desk_new(void)
{
    return desk_new_with(NULL, NULL, NULL);
}

void desk_free(struct desk *d)
{
    usher_deinit(&d->node);
    usher_serial_remote_deinit(&d->remote);
    rig_free(d->rig);
    free(d);
}

struct link *desk_meet(struct desk *d, unsigned n, struct usher_start choice)
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

enum usher_err desk_begin(struct desk *d, unsigned n)
{
    return usher_provision(&d->links[n].session,
                           &(struct usher_provision){ .uuid = d->rig->peers[n].uuid });
}

void desk_assert_provisioned(const struct desk *d, unsigned n)
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

void desk_assert_failed(const struct desk *d, unsigned n)
{
    assert_int_equal(d->links[n].complete, 0);
    assert_int_equal(d->links[n].closed, 1);
    assert_int_not_equal(d->links[n].close_reason, USHER_CLOSE_SUCCESS);
    assert_true(usher_session_idle(&d->links[n].session));
    assert_null(usher_device_key(&d->links[n].session));
}
