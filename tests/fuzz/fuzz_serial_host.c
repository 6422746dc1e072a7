/*
 * The host's end of the serial interface, with a device that is the input's: octets as they come,
 * or frames whose opcodes are there and whose bodies may be anything. On the line alone requests
 * wait; over the remote, sessions are provisioned and a node sends access messages. The device
 * answers what it is asked as a true one does, or lies, so that things get far.
 *
 * - A deadline that has been served lies in the future: nobody runs in circles.
 * - Each request ends once, within its time, whatever came before; sessions do, too.
 * - Afterwards a device that starts and is honest is taken up again.
 */
#include "frame.h"
#include "fuzz.h"
#include "people.h"
#include "serial_pdu.h"

#include <usher/models.h>
#include <usher/serial_host.h>

#define CALLERS 6
#define SEATS 4
#define ASKS 6
#define OWN 0x0001
#define OTHER 0x0002
#define SETTLED 4000    /* rounds in no time until it is a circle */
#define LINE_MS 12000   /* three tries of two seconds, and the echoes */
#define QUIET_MS 200000 /* the longest time-out of a session, and of messages */
#define SLOW_MS 1900    /* just in time */
#define GAP_MS 1100     /* after which an octet begins a packet */
#define FEATURES 0x7Fu  /* all of ours */

USHER_MESH_TABLES(tables, 1, 1, 8, 8, 2, 2, 2);

static const uint8_t peer_private[USHER_P256_PRIVATE] = "the private key of the peer....";

struct game;

/* A user of the line. */
struct caller {
    struct game *game;
    struct usher_serial_request request;
    bool waits;
};

/* A session, and who sits before it. */
struct seat {
    struct game *game;
    struct usher_session session;
    struct person person;
    uint8_t step; /* of an honest device */
};

struct game {
    struct fuzz_input in;
    uint64_t now, wake;
    uint32_t seed;
    bool slip, remote_there;
    uint64_t answer_at; /* of a slow device; USHER_NEVER: nothing is asked */
    uint8_t asked_command, asked_context;
    bool slow, answers, lies, again; /* again: who is told that something has ended begins anew */
    unsigned begun;                  /* in no time */
    struct usher_serial_host line;
    struct caller callers[CALLERS];
    struct usher_serial_remote remote;
    struct usher_serial_frame frame; /* the device's */
    uint16_t handles;
    uint32_t tokens, features;
    uint8_t peer_public[USHER_P256_PUBLIC];
    struct usher_port port;
    struct usher node;
    struct usher_mesh mesh;
    struct usher_config_client client;
    struct usher_model *models[1];
    struct usher_element element;
    struct usher_composition composition;
    struct usher_request requests[ASKS];
    bool asked[ASKS];
    struct seat seats[SEATS];
    struct person shown;
};

static struct usher_serial_host *host(struct game *g)
{
    return g->remote_there ? &g->remote.line : &g->line;
}

/* -- the device -------------------------------------------------------------------------------- */

static void octets_in(struct game *g, const uint8_t *octets, size_t len)
{
    g->begun = 0;
    if (g->remote_there) {
        usher_serial_remote_in(&g->remote, g->now, octets, len);
    } else {
        usher_serial_host_in(&g->line, g->now, octets, len);
    }
}

static void event(struct game *g, uint8_t opcode, const uint8_t *payload, size_t len)
{
    uint8_t wire[SERIAL_WIRE_MAX];

    octets_in(g, wire, serial_frame_write(g->slip, opcode, payload, len, wire));
}

static void started(struct game *g)
{
    static const uint8_t end = 0xC0, payload[3] = { 2, 0, 4 };

    if (g->slip) {
        octets_in(g, &end, 1);
    }
    event(g, USHER_SERIAL_EVT_DEVICE_STARTED, payload, sizeof(payload));
}

static void answer(struct game *g, uint8_t command, uint8_t context)
{
    uint8_t lie = g->lies ? fuzz_u8(&g->in) % 8 : 0;
    uint8_t payload[2 + USHER_SERIAL_ANSWER_MAX] = { command, USHER_SERIAL_SUCCESS };
    struct usher_serial_packet p = { .context = context,
                                     .version = 10,
                                     .features = g->features,
                                     .contexts = SEATS,
                                     .handle = ++g->handles,
                                     .token = ++g->tokens };
    int len = serial_answer_write(command, &p, payload + 2);

    if (lie == 1) {
        return;
    }
    if (lie == 2) {
        payload[1] = USHER_SERIAL_SUCCESS + fuzz_u8(&g->in) % 20;
        len = 0;
    } else if (lie == 3) {
        len = fuzz_u8(&g->in) % 40;
        fuzz_copy(&g->in, payload + 2, (size_t)len);
    } else if (len < 0) {
        payload[1] = USHER_SERIAL_CMD_UNKNOWN;
        len = 0;
    }
    for (int i = 0; i < (lie == 4 ? 2 : 1); i++) {
        event(g, USHER_SERIAL_EVT_CMD_RSP, payload, 2u + (size_t)len);
    }
    if (lie == 0 && command == USHER_SERIAL_SESSION_CANCEL) {
        event(g, USHER_SERIAL_EVT_LINK_CLOSED, (const uint8_t[]){ context, USHER_CLOSE_ERROR }, 2);
    }
}

static bool read_host(struct game *g)
{
    uint8_t octets[64], packet[USHER_SERIAL_FRAME_MAX];
    size_t n = usher_serial_host_next(host(g), g->now, octets, sizeof(octets));

    FUZZ_CHECK(n <= sizeof(octets));
    for (size_t i = 0; i < n; i++) {
        if (serial_frame_rx(&g->frame, g->now, octets[i]) != SERIAL_FRAME_DONE || !g->answers) {
            continue;
        }
        memcpy(packet, g->frame.octets, sizeof(packet));
        g->now++; /* it takes its time */
        if (packet[1] == USHER_SERIAL_ECHO) {
            event(g, USHER_SERIAL_EVT_ECHO_RSP, packet + 2, packet[0] - 1u);
        } else {
            g->asked_command = packet[1];
            g->asked_context = packet[0] > 1 ? packet[2] : 0;
            g->answer_at = g->now + (g->slow ? SLOW_MS : 0);
        }
    }
    return n != 0;
}

/* What makes the octets of the input likely to be believed. */
static void believable(struct game *g, uint8_t opcode, uint8_t *payload, size_t len)
{
    switch (opcode) {
    case USHER_SERIAL_EVT_ECDH_REQUEST:
    case USHER_SERIAL_EVT_SECRET_REQUEST:
        memcpy(payload + 1, g->peer_public, sizeof(g->peer_public));
        break;
    case USHER_SERIAL_EVT_MESSAGE_UNICAST:
    case USHER_SERIAL_EVT_MESSAGE_SUBSCRIPTION:
        payload[1] = payload[3] = payload[5] = payload[7] = 0;
        payload[17] = (uint8_t)(len - 19);
        payload[18] = 0;
        break;
    case USHER_SERIAL_EVT_TX_COMPLETE:
        payload[1] = payload[2] = payload[3] = 0;
        break;
    default:
        break;
    }
}

/* One that there is, as long as it has to be. */
static void event_of_input(struct game *g)
{
    uint8_t opcode = fuzz_u8(&g->in), how = fuzz_u8(&g->in);
    uint8_t payload[USHER_SERIAL_PAYLOAD_MAX] = { 0 };
    size_t len = 0;
    struct usher_serial_packet p;

    while (len < 120 && serial_known(SERIAL_EVENT, opcode) &&
           !serial_read(SERIAL_EVENT, opcode, payload, len, &p)) {
        len++;
    }
    len += (how & 1) != 0 ? fuzz_u8(&g->in) % 24u : 0;
    fuzz_copy(&g->in, payload, len < 24 ? len : 24);
    if ((how & 6) != 0) {
        believable(g, opcode, payload, len);
    }
    if ((how & 8) == 0 && len != 0) {
        payload[0] %= SEATS + 2;
    }
    event(g, opcode, payload, len);
}

/* The next one of a session as it ought to be. */
static void session_goes_on(struct game *g)
{
    static const uint8_t order[] = {
        USHER_SERIAL_EVT_LINK_ESTABLISHED, USHER_SERIAL_EVT_CAPABILITIES,
        USHER_SERIAL_EVT_SECRET_REQUEST,   USHER_SERIAL_EVT_AUTH_REQUEST,
        USHER_SERIAL_EVT_DATA_REQUEST,     USHER_SERIAL_EVT_COMPLETE,
        USHER_SERIAL_EVT_LINK_CLOSED,
    };
    uint8_t context = fuzz_u8(&g->in) % SEATS, payload[USHER_SERIAL_PAYLOAD_MAX];
    struct seat *s = &g->seats[context];
    struct usher_serial_packet p = { .opcode = order[s->step++ % sizeof(order)],
                                     .context = context,
                                     .elements = 1,
                                     .algorithms = 1,
                                     .pubkey_type = 1,
                                     .static_types = 1,
                                     .output_size = 8,
                                     .output_actions = 0x1F,
                                     .input_size = 8,
                                     .input_actions = 0x0F,
                                     .address = 0x0100,
                                     .public_key = g->peer_public };
    int len;

    len = serial_write(SERIAL_EVENT, &p, payload);
    FUZZ_CHECK(len >= 0);
    event(g, p.opcode, payload, (size_t)len);
}

/* -- the line and its users -------------------------------------------------------------------- */

static void call(struct caller *c, uint8_t opcode)
{
    struct game *g = c->game;
    struct usher_serial_packet p = { .opcode = opcode,
                                     .private_key = peer_private,
                                     .public_key = g->peer_public,
                                     .secret = peer_private,
                                     .data = g->peer_public,
                                     .len = 9 };

    if (usher_serial_host_send(&g->line, &c->request, &p) == USHER_OK) {
        FUZZ_CHECK(!c->waits);
        c->waits = true;
    }
}

static void cancel(struct caller *c)
{
    usher_serial_host_cancel(&c->game->line, &c->request);
    c->waits = false;
}

static void on_done(void *user, struct usher_serial_request *r, enum usher_err err,
                    const struct usher_serial_packet *p)
{
    struct caller *c = user;
    struct game *g = c->game;

    FUZZ_CHECK(r == &c->request && c->waits && !r->on_way);
    FUZZ_CHECK(p == NULL || p->len == 0 || p->data != NULL);
    FUZZ_CHECK(err != USHER_E_TIMEOUT || p == NULL || p->status == USHER_SERIAL_TIMEOUT);
    c->waits = false;
    if (g->again) {
        FUZZ_CHECK(g->begun++ < SETTLED);
        if ((r->opcode & 1) != 0) {
            cancel(&g->callers[(unsigned)(c - g->callers + 1) % CALLERS]);
        }
        call(c, r->opcode);
    }
}

static void on_line_event(void *user, const struct usher_serial_packet *p)
{
    struct game *g = user;

    FUZZ_CHECK(serial_known(SERIAL_EVENT, p->opcode));
    if (g->again && p->opcode != USHER_SERIAL_EVT_DEVICE_STARTED) {
        cancel(&g->callers[p->opcode % CALLERS]);
    }
}

static void line_act(struct game *g, uint8_t what)
{
    struct caller *c = &g->callers[fuzz_u8(&g->in) % CALLERS];
    uint8_t payload[16] = { 0 };

    if (what == 0) {
        cancel(c);
    } else if (what == 1) {
        usher_serial_host_restart(&g->line);
    } else if (what == 2) {
        fuzz_copy(&g->in, payload, sizeof(payload));
        if (usher_serial_host_send_raw(&g->line, &c->request, payload[0], payload + 1,
                                       payload[1] % 15) == USHER_OK) {
            c->waits = true;
        }
    } else {
        if (!c->waits) {
            c->request.timeout_ms = (uint16_t)(fuzz_u8(&g->in) % 8 * 250);
            c->request.tries = fuzz_u8(&g->in) % 4;
        }
        call(c, fuzz_u8(&g->in));
    }
}

/* -- the instance ------------------------------------------------------------------------------ */

static uint64_t port_now(void *ctx)
{
    return ((const struct game *)ctx)->now;
}

static void port_wake(void *ctx, uint64_t at)
{
    ((struct game *)ctx)->wake = at;
}

static enum usher_err port_random(void *ctx, uint8_t *buf, size_t len)
{
    struct game *g = ctx;

    for (size_t i = 0; i < len; i++) {
        g->seed = g->seed * 1664525u + 1013904223u;
        buf[i] = (uint8_t)(g->seed >> 16);
    }
    return USHER_OK;
}

static bool device_key(void *user, uint16_t address, uint8_t key[USHER_KEY_SIZE])
{
    static const uint8_t its_key[USHER_KEY_SIZE] = "its device key.";

    (void)user;
    memcpy(key, its_key, sizeof(its_key));
    return address != OWN;
}

static void on_request(void *user, struct usher_request *r, const struct usher_answer *a)
{
    struct game *g = user;

    (void)a;
    FUZZ_CHECK(g->asked[r - g->requests]);
    g->asked[r - g->requests] = false;
}

static enum usher_err provision(struct seat *s, bool data_there)
{
    person_reset(&s->person);
    s->step = 0;
    return usher_provision(
        &s->session, &(struct usher_provision){ .uuid = (const uint8_t *)"a device of ours",
                                                .data = data_there ? &s->person.data : NULL });
}

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct game *g = user;
    struct seat *s;

    (void)u;
    if (e->type == USHER_EVT_UNPROVISIONED_RECEIVED) {
        return;
    }
    s = e->params.link_established.p_context->user;
    person_told(&s->person, e, g->now, false);
    if (e->type == USHER_EVT_LINK_CLOSED && g->again) {
        FUZZ_CHECK(g->begun++ < SETTLED);
        (void)provision(s, false);
    }
}

static void remote_act(struct game *g, uint8_t what)
{
    uint8_t how = fuzz_u8(&g->in);
    struct seat *s = &g->seats[how % SEATS];
    uint16_t to = how < 128 ? OTHER : (uint16_t)(OTHER + how % 40);

    switch (what) {
    case 0:
        (void)usher_cancel(&s->session, USHER_CLOSE_ERROR);
        break;
    case 1:
        if (how < 32) {
            usher_serial_remote_restart(&g->remote);
        } else {
            (void)usher_scan(&g->node, (how & 1) != 0);
        }
        break;
    case 2:
        if (!g->asked[how % ASKS] &&
            usher_config_ask(&g->client, &g->requests[how % ASKS], to, 0,
                             &(struct usher_config_msg){ .opcode = USHER_CONFIG_BEACON_GET }) ==
                USHER_OK) {
            g->asked[how % ASKS] = true;
        }
        break;
    default:
        if (usher_session_idle(&s->session)) {
            s->person.choice = people_choice(how >> 4);
            s->person.choice.public_key = how >> 3 & 1;
            (void)provision(s, (how & 4) != 0);
        }
        break;
    }
}

/* -- time -------------------------------------------------------------------------------------- */

static uint64_t deadline(struct game *g)
{
    return g->remote_there ? usher_serial_remote_deadline(&g->remote)
                           : usher_serial_host_deadline(&g->line);
}

static void process(struct game *g)
{
    if (!g->remote_there) {
        usher_serial_host_process(&g->line, g->now);
        return;
    }
    usher_serial_remote_process(&g->remote, g->now);
    if (g->wake <= g->now) {
        g->wake = USHER_NEVER;
        usher_process(&g->node);
    }
    for (unsigned i = 0; i < SEATS; i++) {
        person_act(&g->seats[i].person, g->now);
    }
}

/* Until there is nothing to be done before the time comes. */
static void settle(struct game *g, uint64_t end)
{
    uint64_t since = g->now;
    unsigned rounds = 0;
    bool more = true;

    while (more && g->now < end) {
        g->begun = 0;
        process(g);
        if (g->answer_at <= g->now) {
            g->answer_at = USHER_NEVER;
            answer(g, g->asked_command, g->asked_context);
        }
        more = read_host(g) || g->answer_at <= g->now || deadline(g) <= g->now || g->wake <= g->now;
        rounds = g->now == since ? rounds + 1 : 0;
        since = g->now;
        FUZZ_CHECK(rounds < SETTLED);
    }
}

static void run(struct game *g, unsigned ms)
{
    uint64_t end = g->now + ms, at;

    settle(g, end);
    while (g->now < end) {
        at = deadline(g) < g->wake ? deadline(g) : g->wake;
        at = g->answer_at < at ? g->answer_at : at;
        for (unsigned i = 0; i < SEATS && g->remote_there; i++) {
            at = person_next(&g->seats[i].person) < at ? person_next(&g->seats[i].person) : at;
        }
        at = at > g->now ? at : g->now + 1;
        g->now = at < end ? at : end;
        settle(g, end);
    }
}

static void act(struct game *g)
{
    const uint8_t *octets;
    uint8_t what = fuzz_u8(&g->in);
    size_t n;

    switch (what % 16) {
    case 0:
        n = fuzz_take(&g->in, fuzz_u8(&g->in), &octets);
        octets_in(g, octets, n);
        break;
    case 1:
    case 2:
    case 3:
        event_of_input(g);
        break;
    case 4:
    case 5:
        session_goes_on(g);
        break;
    case 6:
        g->answers = !g->answers;
        break;
    case 7:
        g->slow ^= what >= 128;
        g->lies ^= what < 128;
        break;
    case 8:
        g->again = !g->again;
        break;
    case 9:
        run(g, what < 128 ? 2000 : 30000);
        break;
    case 10:
        started(g);
        return; /* with no time between */
    case 11:
    case 12:
    case 13:
    case 14:
    case 15:
        n = what % 16 - 11u < 3 ? what % 16 - 11u : 3;
        g->remote_there ? remote_act(g, (uint8_t)n) : line_act(g, (uint8_t)n);
        if (what >= 128) {
            return;
        }
        break;
    }
    run(g, 20);
}

/* -- begin and end ----------------------------------------------------------------------------- */

static void line_begin(struct game *g)
{
    const struct usher_serial_host_config config = {
        .crypto = fuzz_crypto(), .slip = g->slip, .event = on_line_event, .user = g
    };

    for (unsigned i = 0; i < CALLERS; i++) {
        g->callers[i].game = g;
        g->callers[i].request.done = on_done;
        g->callers[i].request.user = &g->callers[i];
    }
    FUZZ_CHECK(usher_serial_host_init(&g->line, &config) == USHER_OK);
}

static void node_begin(struct game *g)
{
    const struct usher_prov_data data = { .netkey = "the network key.", .address = OWN };
    struct usher_mesh_config mesh = { .composition = &g->composition,
                                      .tables = &tables,
                                      .device_key = device_key };

    usher_config_client_init(&g->client);
    g->models[0] = &g->client.model;
    g->element = (struct usher_element){ .model_count = 1, .models = g->models };
    g->composition =
        (struct usher_composition){ .cid = 0xFFFF, .element_count = 1, .elements = &g->element };
    FUZZ_CHECK(usher_mesh_init(&g->mesh, &g->node, &mesh) == USHER_OK);
    FUZZ_CHECK(usher_mesh_provision(&g->mesh, &data, peer_private) == USHER_OK);
    for (unsigned i = 0; i < ASKS; i++) {
        g->requests[i] = (struct usher_request){ .done = on_request, .user = g };
    }
}

static void remote_begin(struct game *g, bool device_ecdh)
{
    const struct usher_serial_remote_config config = { .slip = g->slip,
                                                       .device_ecdh = device_ecdh,
                                                       .user = g };
    const struct usher_config instance = { .handler = on_event, .user = g };

    g->port = (struct usher_port){ .ctx = g,
                                   .crypto = fuzz_crypto(),
                                   .now_ms = port_now,
                                   .wake_at = port_wake,
                                   .random = port_random };
    FUZZ_CHECK(usher_serial_remote_init(&g->remote, &g->node, &g->port, &config) == USHER_OK);
    FUZZ_CHECK(usher_init(&g->node, &g->port, &instance) == USHER_OK);
    memcpy(g->shown.shown, "1234", 4);
    for (unsigned i = 0; i < SEATS; i++) {
        struct seat *s = &g->seats[i];

        s->game = g;
        usher_session_init(&g->node, &s->session, NULL, s);
        person_reset(&s->person);
        s->person.session = &s->session;
        s->person.role = USHER_ROLE_PROVISIONER;
        s->person.crypto = fuzz_crypto();
        s->person.other = &g->shown;
        s->person.device_public_key = g->peer_public;
        s->person.data =
            (struct usher_prov_data){ .netkey = "the network key.", .address = 0x0100 };
    }
    node_begin(g);
}

static void line_must_be_sane(struct game *g)
{
    run(g, GAP_MS);
    started(g); /* whatever waits has not been done */
    for (unsigned i = 0; i < CALLERS; i++) {
        FUZZ_CHECK(!g->callers[i].waits && !g->callers[i].request.on_way);
        g->callers[i].request.timeout_ms = 0;
        g->callers[i].request.tries = (uint8_t)(1 + i % 3);
        call(&g->callers[i], USHER_SERIAL_VERSION_GET);
        FUZZ_CHECK(g->callers[i].waits);
    }
    run(g, LINE_MS);
    for (unsigned i = 0; i < CALLERS; i++) {
        FUZZ_CHECK(!g->callers[i].waits);
    }
    FUZZ_CHECK(g->line.line == USHER_SERIAL_LINE_SILENT);
    g->answers = true;
    run(g, LINE_MS);
    FUZZ_CHECK(g->line.line == USHER_SERIAL_LINE_UP);
    usher_serial_host_deinit(&g->line);
}

static void all_must_have_ended(const struct game *g)
{
    for (unsigned i = 0; i < SEATS; i++) {
        FUZZ_CHECK(usher_session_idle(&g->seats[i].session));
    }
    for (unsigned i = 0; i < ASKS; i++) {
        FUZZ_CHECK(!g->asked[i]);
    }
}

static void remote_must_be_sane(struct game *g)
{
    run(g, QUIET_MS);
    all_must_have_ended(g);
    g->answers = true;
    g->features = FEATURES;
    started(g);
    run(g, LINE_MS);
    FUZZ_CHECK(usher_serial_remote_ready(&g->remote));
    for (unsigned i = 0; i < SEATS; i++) {
        FUZZ_CHECK(provision(&g->seats[i], false) == USHER_OK);
    }
    run(g, QUIET_MS);
    all_must_have_ended(g);
    usher_mesh_deinit(&g->mesh);
    usher_deinit(&g->node);
    usher_serial_remote_deinit(&g->remote);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct game game;
    struct game *g = &game;
    const struct usher_crypto *c = fuzz_crypto();
    uint8_t how;

    memset(g, 0, sizeof(*g));
    g->in = (struct fuzz_input){ data, size };
    how = fuzz_u8(&g->in);
    g->now = 1000;
    g->wake = g->answer_at = USHER_NEVER;
    g->slip = g->frame.slip = (how & 1) != 0;
    g->remote_there = (how & 6) != 0;
    g->features = (how & 8) != 0 ? 0 : FEATURES;
    g->answers = true;
    FUZZ_CHECK(c->p256_public(c->ctx, peer_private, g->peer_public) == USHER_OK);
    if (g->remote_there) {
        remote_begin(g, (how & 16) != 0);
    } else {
        line_begin(g);
    }
    run(g, 20);
    while (g->in.left != 0) {
        act(g);
    }
    g->answers = g->lies = g->slow = g->again = false;
    g->answer_at = USHER_NEVER;
    if (g->remote_there) {
        remote_must_be_sane(g);
    } else {
        line_must_be_sane(g);
    }
    return 0;
}
