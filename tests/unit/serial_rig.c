/* The serial interface's device end with a host and peers; see serial_rig.h. */
#include "serial_rig.h"

#include "frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_MS 20
#define NETKEY "the network key."

/* -- the device -------------------------------------------------------------------------------- */

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct serial_rig *r = user;

    (void)u;
    (void)usher_serial_event(&r->serial, e);
}

static void kick(void *user)
{
    struct serial_rig *r = user;

    r->kicks++;
}

static void restart(void *user)
{
    struct serial_rig *r = user;

    r->restarts++;
}

static void application(void *user, const uint8_t *data, size_t len)
{
    struct serial_rig *r = user;

    memcpy(r->application, data, len);
    r->application_len = len;
}

void rig_config(struct serial_rig *r, struct usher_serial_config *config)
{
    *config = (struct usher_serial_config){ .sessions = r->sessions,
                                            .session_count = 8,
                                            .tx = r->tx,
                                            .tx_size = sizeof(r->tx),
                                            .offload = true,
                                            .uuid = "the serial node.",
                                            .application = application,
                                            .restart = restart,
                                            .kick = kick,
                                            .user = r };
}

static void keys(const struct usher_crypto *crypto, const char *text,
                 uint8_t private_key[USHER_P256_PRIVATE], uint8_t public_key[USHER_P256_PUBLIC])
{
    memcpy(private_key, text, USHER_P256_PRIVATE);
    assert_int_equal(crypto->p256_public(crypto->ctx, private_key, public_key), USHER_OK);
}

struct serial_rig *rig_new(const struct usher_serial_config *config)
{
    const struct air_config air = { .seed = 6, .no_collisions = true };
    struct serial_rig *r = calloc(1, sizeof(*r));

    assert_non_null(r);
    r->crypto = usher_crypto_openssl_new();
    r->air = air_new(&air);
    assert_int_equal(simport_init(&r->port, r->air, &r->node, r->crypto, 4), USHER_OK);
    assert_int_equal(usher_init(&r->node, &r->port.port,
                                &(struct usher_config){ .handler = on_event, .user = r }),
                     USHER_OK);
    keys(r->crypto, "the private key of the host.....", r->host.private_key, r->host.public_key);
    rig_config(r, &r->config);
    if (config != NULL) {
        r->config.session_count = config->session_count;
        r->config.tx_size = config->tx_size;
        r->config.slip = config->slip;
        r->config.offload = config->offload;
        r->config.reveal_private = config->reveal_private;
        r->config.handlers = config->handlers;
        r->config.handler_count = config->handler_count;
    }
    r->frame.slip = r->config.slip;
    for (unsigned i = 0; i < RIG_SESSIONS; i++) {
        person_reset(&r->shown[i]);
    }
    assert_int_equal(usher_serial_init(&r->serial, &r->node, &r->config), USHER_OK);
    assert_int_equal(usher_serial_enable(&r->serial), USHER_OK);
    rig_read(r);
    assert_int_equal(r->count, 1);
    r->count = r->handled = 0;
    return r;
}

void rig_free(struct serial_rig *r)
{
    usher_serial_deinit(&r->serial);
    usher_deinit(&r->node);
    simport_deinit(&r->port);
    for (unsigned i = 0; i < r->peer_count; i++) {
        usher_deinit(&r->peers[i].node);
        simport_deinit(&r->peers[i].port);
    }
    air_free(r->air);
    usher_crypto_openssl_free(r->crypto);
    free(r);
}

/* -- the line ---------------------------------------------------------------------------------- */

static void packet(struct serial_rig *r, const uint8_t *frame)
{
    struct rig_packet *p = &r->log[r->count % RIG_LOG];

    assert_true(frame[0] >= 1);
    p->opcode = frame[1];
    p->len = (uint8_t)(frame[0] - 1);
    memcpy(p->payload, frame + 2, p->len);
    r->count++;
    if (p->opcode == USHER_SERIAL_EVT_CMD_RSP) {
        r->answer = *p;
    }
}

void rig_read(struct serial_rig *r)
{
    uint8_t octets[61]; /* not a divisor of anything */
    size_t n;

    while ((n = usher_uart_next(&r->serial, octets, sizeof(octets))) != 0) {
        for (size_t i = 0; i < n; i++) {
            enum serial_frame_result result = serial_frame_rx(&r->frame, 0, octets[i]);

            assert_int_not_equal(result, SERIAL_FRAME_BAD);
            if (result == SERIAL_FRAME_DONE) {
                packet(r, r->frame.octets);
            }
        }
    }
}

void rig_octets(struct serial_rig *r, const uint8_t *octets, size_t len)
{
    while (len != 0) {
        size_t n = usher_in_uart(&r->serial, octets, len);

        octets += n;
        len -= n;
        rig_read(r);
        assert_true(n != 0);
    }
}

uint8_t rig_command(struct serial_rig *r, uint8_t opcode, const void *payload, size_t len)
{
    uint8_t wire[SERIAL_WIRE_MAX];
    size_t n = serial_frame_write(r->config.slip, opcode, payload, len, wire);

    r->answer.opcode = 0;
    rig_octets(r, wire, n);
    if (r->answer.opcode == 0) {
        return RIG_NONE;
    }
    assert_int_equal(r->answer.payload[0], opcode);
    return r->answer.payload[1];
}

/* -- the host that reacts ---------------------------------------------------------------------- */

uint8_t rig_secret(struct serial_rig *r, const struct rig_packet *request)
{
    uint8_t payload[1 + USHER_P256_SECRET] = { request->payload[0] };

    assert_int_equal(r->crypto->p256_ecdh(r->crypto->ctx, r->host.private_key, request->payload + 1,
                                          payload + 1),
                     USHER_OK);
    payload[1] ^= r->host.wrong_secret && request->payload[0] == 0;
    return rig_command(r, USHER_SERIAL_ECDH_SECRET, payload, sizeof(payload));
}

/* Types what a peer shows: a number is sent as one. @retval false  It shows nothing yet. */
static bool authenticate(struct serial_rig *r, const struct rig_packet *p)
{
    uint8_t payload[1 + 16] = { p->payload[0] };
    const char *shown = "";
    bool text;

    if (p->payload[1] == USHER_OOB_STATIC) {
        memcpy(payload + 1, "an old secret..", 16);
        (void)rig_command(r, USHER_SERIAL_AUTH_DATA, payload, sizeof(payload));
        return true;
    }
    for (unsigned i = 0; i < r->peer_count; i++) {
        if (r->peers[i].person.other == &r->shown[p->payload[0]]) {
            shown = r->peers[i].person.shown;
        }
    }
    if (shown[0] == '\0') {
        return false;
    }
    text = p->payload[1] == USHER_OOB_OUTPUT ? p->payload[2] == USHER_OUTPUT_ALPHANUMERIC
                                             : p->payload[2] == USHER_INPUT_ALPHANUMERIC;
    if (text) {
        memcpy(payload + 1, shown, p->payload[3]);
    } else {
        uint32_t number = (uint32_t)strtoul(shown, NULL, 10);

        for (unsigned i = 0; i < 4; i++) {
            payload[1 + i] = (uint8_t)(number >> (8 * i));
        }
    }
    (void)rig_command(r, USHER_SERIAL_AUTH_DATA, payload, 1u + p->payload[3]);
    return true;
}

/* What the SDK's event has is a text, or a number at its end; ours has all that is to be shown. */
static void show(struct serial_rig *r, const struct rig_packet *p)
{
    struct person *person = &r->shown[p->payload[0]];
    uint32_t number = 0;
    bool zeros = true;

    memset(person->shown, 0, sizeof(person->shown));
    if (p->opcode == USHER_SERIAL_EVT_SHOW_REQUEST) {
        memcpy(person->shown, p->payload + 3, p->len - 3u);
        return;
    }
    for (unsigned i = 0; i < 16; i++) {
        zeros = zeros && (i >= 8 || p->payload[2 + i] == 0);
        number = number << 8 | p->payload[2 + i];
    }
    if (zeros) {
        (void)snprintf(person->shown, sizeof(person->shown), "%u", number % 100000000u);
    } else {
        memcpy(person->shown, p->payload + 2, USHER_OOB_SIZE_MAX);
    }
}

/* @retval false  Not yet. */
static bool react(struct serial_rig *r, const struct rig_packet *p)
{
    uint8_t payload[1 + USHER_P256_PUBLIC] = { p->payload[0] };

    switch (p->opcode) {
    case USHER_SERIAL_EVT_CAPS_RECEIVED:
    case USHER_SERIAL_EVT_CAPABILITIES:
        payload[1] = r->host.method;
        payload[2] = r->host.action;
        payload[3] = r->host.size;
        (void)rig_command(r, USHER_SERIAL_OOB_USE, payload, 4);
        break;
    case USHER_SERIAL_EVT_ECDH_REQUEST:
    case USHER_SERIAL_EVT_SECRET_REQUEST:
        (void)rig_secret(r, p);
        break;
    case USHER_SERIAL_EVT_AUTH_REQUEST:
        return authenticate(r, p);
    case USHER_SERIAL_EVT_OUTPUT_REQUEST:
    case USHER_SERIAL_EVT_SHOW_REQUEST:
        show(r, p);
        break;
    case USHER_SERIAL_EVT_PUBKEY_REQUEST:
        memcpy(payload + 1, r->peers[0].public_key, USHER_P256_PUBLIC);
        (void)rig_command(r, USHER_SERIAL_PUBKEY_SET, payload, sizeof(payload));
        break;
    default:
        break;
    }
    return true;
}

static void host_act(struct serial_rig *r)
{
    rig_read(r);
    while (r->host.reacts && r->handled < r->count) {
        struct rig_packet p = r->log[r->handled % RIG_LOG];

        if (!react(r, &p)) {
            return;
        }
        r->handled++;
    }
}

/* -- time -------------------------------------------------------------------------------------- */

static uint64_t now_ms(const struct serial_rig *r)
{
    return air_now_us(r->air) / 1000;
}

static void step(struct serial_rig *r)
{
    air_run_until(r->air, air_now_us(r->air) + STEP_MS * 1000);
    for (unsigned i = 0; i < r->peer_count; i++) {
        person_act(&r->peers[i].person, now_ms(r));
    }
    host_act(r);
}

void rig_run(struct serial_rig *r, unsigned ms)
{
    host_act(r);
    for (unsigned gone = 0; gone < ms; gone += STEP_MS) {
        step(r);
    }
}

const struct rig_packet *rig_find(const struct serial_rig *r, unsigned from, uint8_t opcode)
{
    for (unsigned i = from; i < r->count; i++) {
        if (r->log[i % RIG_LOG].opcode == opcode) {
            return &r->log[i % RIG_LOG];
        }
    }
    return NULL;
}

unsigned rig_count(const struct serial_rig *r, unsigned from, uint8_t opcode)
{
    unsigned n = 0;

    for (unsigned i = from; i < r->count; i++) {
        n += r->log[i % RIG_LOG].opcode == opcode;
    }
    return n;
}

const struct rig_packet *rig_wait(struct serial_rig *r, unsigned from, uint8_t opcode, unsigned ms)
{
    host_act(r);
    for (unsigned gone = 0; gone < ms && rig_find(r, from, opcode) == NULL; gone += STEP_MS) {
        step(r);
    }
    return rig_find(r, from, opcode);
}

void rig_assert_order(const struct serial_rig *r, unsigned from, const uint8_t *opcodes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_true(from + i < r->count);
        if (r->log[(from + i) % RIG_LOG].opcode != opcodes[i]) {
            fail_msg("packet %zu is %02X, not %02X", i, r->log[(from + i) % RIG_LOG].opcode,
                     opcodes[i]);
        }
    }
    assert_int_equal(r->count - from, n);
}

/* -- peers ------------------------------------------------------------------------------------- */

static void on_peer_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct rig_peer *p = user;

    (void)u;
    switch (e->type) {
    case USHER_EVT_UNPROVISIONED_RECEIVED:
    case USHER_EVT_PHASE:
        return;
    case USHER_EVT_COMPLETE:
        p->complete = true;
        p->data = *e->params.complete.p_prov_data;
        memcpy(p->device_key, e->params.complete.p_devkey, sizeof(p->device_key));
        break;
    case USHER_EVT_FAILED:
        p->failure = e->params.failed.failure_code;
        break;
    case USHER_EVT_LINK_CLOSED:
        p->closed = true;
        break;
    default:
        break;
    }
    person_told(&p->person, e, now_ms(p->rig), false);
}

static struct rig_peer *peer_new(struct serial_rig *r, enum usher_role role)
{
    unsigned n = r->peer_count++;
    struct rig_peer *p = &r->peers[n];
    struct usher_config config = { .handler = on_peer_event, .user = p };
    char text[USHER_P256_PRIVATE + 1] = "the private key of the peer ....";

    p->rig = r;
    p->caps = people_caps;
    memcpy(p->uuid, "a peer's uuid 0.", sizeof(p->uuid));
    p->uuid[14] = (uint8_t)('A' + n);
    text[31] = (char)('A' + n);
    keys(r->crypto, text, p->private_key, p->public_key);
    assert_int_equal(simport_init(&p->port, r->air, &p->node, r->crypto, 4), USHER_OK);
    assert_int_equal(usher_init(&p->node, &p->port.port, &config), USHER_OK);
    usher_session_init(&p->node, &p->session, role == USHER_ROLE_DEVICE ? &p->caps : NULL, p);
    usher_session_keys_set(&p->session, p->private_key, p->public_key);
    person_reset(&p->person);
    p->person.session = &p->session;
    p->person.role = role;
    p->person.crypto = r->crypto;
    p->person.other = &r->shown[role == USHER_ROLE_DEVICE ? n : 0];
    return p;
}

struct rig_peer *rig_device(struct serial_rig *r)
{
    struct rig_peer *p = peer_new(r, USHER_ROLE_DEVICE);

    assert_int_equal(usher_listen(&p->session, &(struct usher_listen){ .uuid = p->uuid }),
                     USHER_OK);
    return p;
}

struct rig_peer *rig_provisioner(struct serial_rig *r, struct usher_start choice)
{
    struct rig_peer *p = peer_new(r, USHER_ROLE_PROVISIONER);

    p->person.choice = choice;
    p->person.device_public_key = r->host.public_key;
    p->person.data = (struct usher_prov_data){ .netkey = NETKEY,
                                               .netkey_index = 0x123,
                                               .iv_index = 0x01020304,
                                               .address = 0x0B00,
                                               .flags = { .key_refresh = 1 } };
    assert_int_equal(usher_provision(&p->session, &(struct usher_provision){ .uuid = r->config.uuid,
                                                                             .attention_s = 9 }),
                     USHER_OK);
    return p;
}

uint8_t rig_provision(struct serial_rig *r, uint8_t context, const struct rig_peer *peer)
{
    static const uint8_t netkey[USHER_KEY_SIZE] = NETKEY;
    uint8_t payload[44] = { context };

    memcpy(payload + 1, peer->uuid, 16);
    memcpy(payload + 17, netkey, sizeof(netkey));
    memcpy(payload + 33, (const uint8_t[]){ 0x23, 0x01, 0x04, 0x03, 0x02, 0x01 }, 6);
    payload[39] = (uint8_t)(0x10 * context);
    payload[40] = 0x01;
    payload[41] = 0xFF; /* of the flags, bit 0 counts */
    payload[42] = 3;
    payload[43] = 7;
    return rig_command(r, USHER_SERIAL_PROVISION, payload, sizeof(payload));
}

void rig_keypair(struct serial_rig *r)
{
    uint8_t payload[USHER_P256_PRIVATE + USHER_P256_PUBLIC];

    memcpy(payload, r->host.private_key, USHER_P256_PRIVATE);
    memcpy(payload + USHER_P256_PRIVATE, r->host.public_key, USHER_P256_PUBLIC);
    assert_int_equal(rig_command(r, USHER_SERIAL_KEYPAIR_SET, payload, sizeof(payload)),
                     USHER_SERIAL_SUCCESS);
}
