/*
 * A live device end of the serial interface: octets of a host, in frames or not, time, a radio with
 * an attacker in it, and a peer who is honest. The host may answer what it is asked, so that
 * sessions get far; it may stop reading, too.
 *
 * - What comes out is frames, and packets that the codec knows.
 * - No private key is told but the host's own pair.
 * - Afterwards a command is answered, and all contexts become free.
 */
#include "frame.h"
#include "fuzz.h"
#include "people.h"
#include "serial_pdu.h"
#include "wire.h"

#include <usher/serial.h>

#define CONTEXTS 3
#define QUIET_MS 300000 /* the longest timers, twice over */
#define TARGET 0u
#define PEER 1u

static const uint8_t host_private[USHER_P256_PRIVATE] = "the private key of the host....",
                     peer_private[USHER_P256_PRIVATE] = "the private key of the peer....";
static const uint8_t target_uuid[USHER_UUID_SIZE] = "the serial node",
                     peer_uuid[USHER_UUID_SIZE] = "a peer of ours.";

struct game {
    struct fuzz_input in;
    struct wire wire;
    struct usher_serial serial;
    struct usher_session sessions[CONTEXTS];
    uint8_t tx[4096];
    struct usher_serial_frame frame;
    bool reads, reacts, loses;
    uint8_t choice; /* the host's method */
    uint8_t host_public[USHER_P256_PUBLIC], peer_public[USHER_P256_PUBLIC];
    /* the last question of each kind that the host was asked */
    bool asked;
    struct usher_serial_packet question;
    uint8_t question_key[USHER_P256_PUBLIC];
    bool answered;
    uint8_t answer_command, answer_status, answer_phase;
    struct usher_session peer;
    struct person person, shown;
};

/* -- what comes out ---------------------------------------------------------------------------- */

static void check_answer(struct game *g, const struct usher_serial_packet *p)
{
    struct usher_serial_packet data = { 0 };

    g->answered = true;
    g->answer_command = p->command;
    g->answer_status = p->status;
    if (p->status != USHER_SERIAL_SUCCESS) {
        FUZZ_CHECK(p->len == 0);
        return;
    }
    FUZZ_CHECK(serial_answer_read(p->command, p->data, p->len, &data));
    g->answer_phase = data.phase;
}

static void packet(struct game *g)
{
    const uint8_t *f = g->frame.octets;
    struct usher_serial_packet p;

    FUZZ_CHECK(serial_read(SERIAL_EVENT, f[1], f + 2, f[0] - 1u, &p));
    switch (p.opcode) {
    case USHER_SERIAL_EVT_CMD_RSP:
        check_answer(g, &p);
        return;
    case USHER_SERIAL_EVT_ECDH_REQUEST:
        FUZZ_CHECK(g->serial.pair_set &&
                   memcmp(p.private_key, g->serial.private_key, USHER_P256_PRIVATE) == 0);
        break;
    case USHER_SERIAL_EVT_SECRET_REQUEST:
    case USHER_SERIAL_EVT_CAPS_RECEIVED:
    case USHER_SERIAL_EVT_CAPABILITIES:
    case USHER_SERIAL_EVT_AUTH_REQUEST:
    case USHER_SERIAL_EVT_PUBKEY_REQUEST:
    case USHER_SERIAL_EVT_DATA_REQUEST:
        break;
    default:
        return;
    }
    if (p.public_key != NULL) {
        memcpy(g->question_key, p.public_key, sizeof(g->question_key));
    }
    g->asked = true;
    g->question = p;
}

static void read_all(struct game *g)
{
    uint8_t octets[64];
    size_t n;

    while ((n = usher_uart_next(&g->serial, octets, sizeof(octets))) != 0) {
        for (size_t i = 0; i < n; i++) {
            enum serial_frame_result result = serial_frame_rx(&g->frame, 0, octets[i]);

            FUZZ_CHECK(result != SERIAL_FRAME_BAD);
            if (result == SERIAL_FRAME_DONE) {
                packet(g);
            }
        }
    }
}

/* -- the host ---------------------------------------------------------------------------------- */

static void octets_in(struct game *g, const uint8_t *octets, size_t len)
{
    while (len != 0) {
        size_t n = usher_in_uart(&g->serial, octets, len);

        FUZZ_CHECK(n <= len);
        octets += n;
        len -= n;
        if (g->reads) {
            read_all(g);
        } else if (n == 0) {
            return; /* lost: it is a host without flow control */
        }
    }
}

static void command(struct game *g, uint8_t opcode, const uint8_t *payload, size_t len)
{
    uint8_t wire[SERIAL_WIRE_MAX];

    octets_in(g, wire, serial_frame_write(g->serial.config.slip, opcode, payload, len, wire));
}

/* One that there is, as long as it has to be; its octets are the input's. */
static void command_of_input(struct game *g)
{
    uint8_t opcode = fuzz_u8(&g->in), payload[USHER_SERIAL_PAYLOAD_MAX] = { 0 };
    size_t len = 0, min = 0;
    struct usher_serial_packet p;

    while (min < sizeof(payload) && serial_known(SERIAL_COMMAND, opcode) &&
           !serial_read(SERIAL_COMMAND, opcode, payload, min, &p)) {
        min++;
    }
    len = min + (min == 0 || (min & 3) != 0 ? 0 : fuzz_u8(&g->in) % 20u);
    if (len > sizeof(payload)) {
        len = sizeof(payload);
    }
    fuzz_copy(&g->in, payload, len < 12 ? len : 12);
    if (len != 0) {
        payload[0] %= CONTEXTS + 1;
    }
    command(g, opcode, payload, len);
}

static void keypair(struct game *g)
{
    uint8_t payload[USHER_P256_PRIVATE + USHER_P256_PUBLIC];

    memcpy(payload, host_private, sizeof(host_private));
    memcpy(payload + sizeof(host_private), g->host_public, sizeof(g->host_public));
    command(g, USHER_SERIAL_KEYPAIR_SET, payload, sizeof(payload));
}

static void session_key(struct game *g)
{
    uint8_t payload[1 + USHER_P256_PUBLIC] = { fuzz_u8(&g->in) % CONTEXTS };

    memcpy(payload + 1, g->host_public, sizeof(g->host_public));
    command(g, USHER_SERIAL_SESSION_KEY_SET, payload, sizeof(payload));
}

static void provision(struct game *g)
{
    uint8_t payload[44] = { fuzz_u8(&g->in) % CONTEXTS };

    memcpy(payload + 1, peer_uuid, sizeof(peer_uuid));
    memset(payload + 17, 'n', USHER_KEY_SIZE);
    payload[39] = fuzz_u8(&g->in) & 1; /* 0: the data later */
    command(g, USHER_SERIAL_PROVISION, payload, sizeof(payload));
}

static void listen(struct game *g)
{
    uint8_t caps[9] = { 1, fuzz_u8(&g->in) & 1, 1, 8, 0x1F, 0, 8, 0x0F, 0 };

    command(g, USHER_SERIAL_CAPABILITIES_SET, caps, sizeof(caps));
    command(g, USHER_SERIAL_LISTEN, NULL, 0);
}

static void answer_secret(struct game *g, const struct usher_serial_packet *q)
{
    const struct usher_crypto *c = fuzz_crypto();
    uint8_t payload[1 + USHER_P256_SECRET] = { q->context };

    if (c->p256_ecdh(c->ctx, host_private, g->question_key, payload + 1) == USHER_OK) {
        command(g, USHER_SERIAL_ECDH_SECRET, payload, sizeof(payload));
    }
}

static void answer_auth(struct game *g, const struct usher_serial_packet *q)
{
    uint8_t payload[1 + USHER_KEY_SIZE] = { q->context };
    bool text = q->action == (q->method == USHER_OOB_OUTPUT ? USHER_OUTPUT_ALPHANUMERIC
                                                            : USHER_INPUT_ALPHANUMERIC);
    uint32_t number = (uint32_t)strtoul(g->person.shown, NULL, 10);

    if (q->method == USHER_OOB_STATIC) {
        memcpy(payload + 1, "an old secret..", USHER_KEY_SIZE);
    } else if (text) {
        memcpy(payload + 1, g->person.shown, USHER_OOB_SIZE_MAX);
    } else {
        for (unsigned i = 0; i < 4; i++) {
            payload[1 + i] = (uint8_t)(number >> (8 * i));
        }
    }
    command(g, USHER_SERIAL_AUTH_DATA, payload, 1u + q->size);
}

static void react(struct game *g)
{
    struct usher_serial_packet q = g->question;
    struct usher_start choice = people_choice(g->choice & 0x0F);
    uint8_t payload[1 + USHER_P256_PUBLIC] = { q.context };

    g->asked = false;
    switch (q.opcode) {
    case USHER_SERIAL_EVT_CAPS_RECEIVED:
    case USHER_SERIAL_EVT_CAPABILITIES:
        payload[1] = choice.method | (g->choice & 0x80);
        payload[2] = choice.action;
        payload[3] = choice.size;
        command(g, USHER_SERIAL_OOB_USE, payload, 4);
        break;
    case USHER_SERIAL_EVT_AUTH_REQUEST:
        answer_auth(g, &q);
        break;
    case USHER_SERIAL_EVT_PUBKEY_REQUEST:
        memcpy(payload + 1, g->peer_public, USHER_P256_PUBLIC);
        command(g, USHER_SERIAL_PUBKEY_SET, payload, sizeof(payload));
        break;
    case USHER_SERIAL_EVT_DATA_REQUEST:
        payload[23] = 1; /* its address */
        command(g, USHER_SERIAL_SESSION_DATA_SET, payload, 27);
        break;
    default:
        answer_secret(g, &q);
        break;
    }
}

/* -- the radio and the peer -------------------------------------------------------------------- */

static void on_sent(void *ctx, unsigned from, const struct usher_adv *adv)
{
    struct game *g = ctx;
    uint8_t data[USHER_AD_MAX], decision = g->loses ? fuzz_u8(&g->in) : 0;

    memcpy(data, adv->data, adv->len);
    if (decision % 4 == 1 && g->in.left != 0) {
        return;
    }
    if (decision % 4 == 2) {
        data[fuzz_u8(&g->in) % adv->len] ^= decision;
    }
    wire_put(&g->wire, 1 - from, 1, data, adv->len);
}

static void on_target_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct game *g = user;

    (void)u;
    if (e->type == USHER_EVT_OUTPUT_REQUEST) {
        memcpy(g->shown.shown, e->params.output_request.text, sizeof(g->shown.shown));
    }
    (void)usher_serial_event(&g->serial, e);
}

static void on_peer_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct game *g = user;

    (void)u;
    person_told(&g->person, e, g->wire.now, false);
}

static void peer_act(struct game *g)
{
    uint8_t how = fuzz_u8(&g->in);
    struct usher_provision provision = { .uuid = target_uuid };

    if (!usher_session_idle(&g->peer)) {
        if (how % 4 == 0 && usher_listen_stop(&g->peer) != USHER_OK) {
            (void)usher_cancel(&g->peer, USHER_CLOSE_ERROR);
        }
        return;
    }
    person_reset(&g->person);
    g->person.role = (how & 1) != 0 ? USHER_ROLE_DEVICE : USHER_ROLE_PROVISIONER;
    g->person.choice = people_choice(how >> 4);
    g->person.choice.public_key = how >> 3 & 1;
    g->person.choice.algorithm = how >> 2 & 1;
    usher_session_init(&g->wire.end[PEER].node, &g->peer, &people_caps, g);
    usher_session_keys_set(&g->peer, peer_private, g->peer_public);
    if ((how & 1) != 0) {
        (void)usher_listen(&g->peer, &(struct usher_listen){ .uuid = peer_uuid });
    } else {
        (void)usher_provision(&g->peer, &provision);
    }
}

static void heard(struct game *g)
{
    const uint8_t *octets;
    size_t n = fuzz_take(&g->in, fuzz_u8(&g->in) % (USHER_AD_MAX + 1u), &octets);

    wire_put(&g->wire, TARGET, 1, octets, (uint8_t)n);
}

/* -- time -------------------------------------------------------------------------------------- */

static void run(struct game *g, unsigned ms)
{
    uint64_t end = g->wire.now + ms;

    while (g->wire.now < end) {
        uint64_t at = wire_next(&g->wire), person = person_next(&g->person);

        at = person < at ? person : at;
        at = at > g->wire.now ? at : g->wire.now;
        wire_run(&g->wire, at < end ? at : end);
        person_act(&g->person, g->wire.now);
        if (g->reads) {
            read_all(g);
        }
        while (g->reacts && g->asked) {
            react(g);
        }
    }
}

static void act(struct game *g)
{
    const uint8_t *octets;
    uint8_t what = fuzz_u8(&g->in);
    size_t n;

    switch (what % 16) {
    case 0:
    case 1:
        n = fuzz_take(&g->in, fuzz_u8(&g->in), &octets);
        octets_in(g, octets, n);
        break;
    case 2:
    case 3:
    case 4:
        command_of_input(g);
        break;
    case 5:
        keypair(g);
        break;
    case 6:
        session_key(g);
        break;
    case 7:
        provision(g);
        break;
    case 8:
        listen(g);
        break;
    case 9:
        peer_act(g);
        break;
    case 10:
        heard(g);
        break;
    case 11:
        g->reads = !g->reads;
        break;
    case 12:
        g->reacts = !g->reacts;
        break;
    case 13:
        g->loses = !g->loses;
        break;
    case 14:
        g->choice = fuzz_u8(&g->in);
        break;
    default:
        run(g, what < 128 ? 2000 : 30000);
        break;
    }
    run(g, 50);
}

/* -- begin and end ----------------------------------------------------------------------------- */

static void begin(struct game *g)
{
    const struct usher_crypto *c = fuzz_crypto();
    uint8_t how = fuzz_u8(&g->in);
    struct usher_config config = { .handler = on_target_event, .user = g };
    struct usher_serial_config serial = { .sessions = g->sessions,
                                          .session_count = CONTEXTS,
                                          .tx = g->tx,
                                          .tx_size = (how & 2) != 0 ? 4096 : 1024,
                                          .slip = (how & 1) != 0,
                                          .offload = (how & 4) != 0 };

    serial.tx_size = serial.slip ? 4096 : serial.tx_size;
    memcpy(serial.uuid, target_uuid, sizeof(serial.uuid));
    FUZZ_CHECK(c->p256_public(c->ctx, host_private, g->host_public) == USHER_OK);
    FUZZ_CHECK(c->p256_public(c->ctx, peer_private, g->peer_public) == USHER_OK);
    wire_init(&g->wire, on_sent, g);
    wire_join(&g->wire, TARGET, &config, 4, 0);
    config.handler = on_peer_event;
    wire_join(&g->wire, PEER, &config, 4, 0);
    usher_session_init(&g->wire.end[PEER].node, &g->peer, NULL, g);
    person_reset(&g->person);
    person_reset(&g->shown);
    g->person.session = &g->peer;
    g->person.other = &g->shown;
    g->person.crypto = c;
    g->person.device_public_key = g->host_public;
    g->person.data = (struct usher_prov_data){ .address = 1 };
    g->frame.slip = serial.slip;
    g->reads = g->reacts = true;
    FUZZ_CHECK(usher_serial_init(&g->serial, &g->wire.end[TARGET].node, &serial) == USHER_OK);
    FUZZ_CHECK(usher_serial_enable(&g->serial) == USHER_OK);
}

static uint8_t ask(struct game *g, uint8_t opcode, uint8_t context)
{
    g->answered = false;
    command(g, opcode, &context, opcode == USHER_SERIAL_VERSION_GET ? 0 : 1);
    FUZZ_CHECK(g->answered && g->answer_command == opcode);
    return g->answer_status;
}

static void must_be_sane(struct game *g)
{
    static const uint8_t end = 0xC0;

    g->in.left = 0;
    g->reads = true;
    g->loses = g->reacts = g->asked = false;
    read_all(g);
    run(g, 200);
    if (g->serial.config.slip) {
        octets_in(g, &end, 1);
    }
    FUZZ_CHECK(ask(g, USHER_SERIAL_VERSION_GET, 0) == USHER_SERIAL_SUCCESS);
    for (uint8_t i = 0; i < CONTEXTS; i++) {
        (void)ask(g, USHER_SERIAL_LISTEN_STOP, i);
    }
    run(g, QUIET_MS);
    for (uint8_t i = 0; i < CONTEXTS; i++) {
        FUZZ_CHECK(ask(g, USHER_SERIAL_SESSION_STATE_GET, i) == USHER_SERIAL_SUCCESS);
        FUZZ_CHECK(g->answer_phase == 0xFF);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct game game;
    struct game *g = &game;

    memset(g, 0, sizeof(*g));
    g->in = (struct fuzz_input){ data, size };
    begin(g);
    while (g->in.left != 0) {
        act(g);
    }
    must_be_sane(g);
    usher_serial_deinit(&g->serial);
    wire_leave(&g->wire, TARGET);
    wire_leave(&g->wire, PEER);
    return 0;
}
