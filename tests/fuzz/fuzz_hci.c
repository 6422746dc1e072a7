/*
 * The controller's side of an HCI stream: an instance that listens on both bearers, scans, and
 * provisions over PB-GATT, behind our HCI host, and a controller that does what the input says:
 * answers well, badly or not at all, sends events and data, true ones and garbage, and has its
 * stream cut.
 *
 * Checked: what the host sends is well formed, and no more than the controller takes; instance and
 * host are of one mind about slots and connections; nothing is due for ever; and when the input is
 * used up and the controller is honest, the host is ready again and advertises.
 */
#include "fuzz.h"
#include "hci_host.h"

#include <usher/gatt.h>
#include <usher/usher.h>

#define CONNS 2
#define OPERATIONS 200
#define QUEUE 8
#define QUIET_MS 70000u /* the longest timers of links are over */
#define SLOW_MS 1500u   /* after which an honest controller answers, at the latest */
#define PIECE 200       /* octets of a line that is not slow */

static const uint8_t uuid[USHER_UUID_SIZE] = "a device of ours";
static const uint8_t private_keys[2][USHER_P256_PRIVATE] = { "the provisioner's private key...",
                                                             "the private key of the device..." };
static const struct usher_ble_addr peer = { .type = 1, .addr = { 0xC6, 5, 4, 3, 2, 1 } };
static const struct usher_caps caps = { .num_elements = 1, .algorithms = 1u << USHER_ALG_CMAC };

struct command {
    uint16_t opcode;
    uint8_t len;
    uint8_t params[64];
};

struct game {
    struct hci_host host;
    struct hci_conn conns[CONNS];
    struct usher_port port;
    struct usher node;
    struct usher_session device, client;
    struct usher_gatt gatt;
    struct usher_gatt_link links[CONNS];
    uint8_t public_keys[2][USHER_P256_PUBLIC];
    struct fuzz_input in;
    uint64_t now, wake;
    uint32_t drawn;
    bool kicked;
    bool extended;
    uint8_t credits; /* that a command's answer gives */
    uint8_t piece;   /* octets that arrive at a time */
    struct command queue[QUEUE];
    unsigned queued;
    bool making; /* a connection, as central */
    unsigned enabled;
};

/* -- the port ---------------------------------------------------------------------------------- */

static struct game *game_of(void *host)
{
    return (struct game *)(void *)((char *)host - offsetof(struct game, host));
}

static uint64_t now_ms(void *ctx)
{
    return game_of(ctx)->now;
}

static void wake_at(void *ctx, uint64_t deadline)
{
    game_of(ctx)->wake = deadline;
}

static enum usher_err random_fill(void *ctx, uint8_t *buf, size_t len)
{
    struct game *g = game_of(ctx);

    for (size_t i = 0; i < len; i++) {
        g->drawn = g->drawn * 1664525u + 1013904223u;
        buf[i] = (uint8_t)(g->drawn >> 24);
    }
    return USHER_OK;
}

static void on_kick(void *ctx)
{
    ((struct game *)ctx)->kicked = true;
}

static void on_state(void *ctx, enum hci_host_state state, const char *why)
{
    struct game *g = ctx;

    FUZZ_CHECK(state != HCI_READY || why[0] == '\0');
    FUZZ_CHECK((state != HCI_DOWN && state != HCI_FAILED) || why[0] != '\0');
    FUZZ_CHECK((state == HCI_READY) == (g->port.adv_slots != 0));
}

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    (void)user;
    (void)u;
    FUZZ_CHECK(e->type != USHER_EVT_COMPLETE && e->type != USHER_EVT_DATA_RECEIVED);
}

/* -- what must be so --------------------------------------------------------------------------- */

static bool linked(const struct game *g, uint8_t conn)
{
    for (unsigned i = 0; i < CONNS; i++) {
        if (g->links[i].state != 0 && g->links[i].is.conn == conn) {
            return true;
        }
    }
    return false;
}

static void check(const struct game *g)
{
    FUZZ_CHECK(g->host.state == HCI_READY || g->port.adv_slots == 0);
    for (unsigned i = 0; i < USHER_ADV_SLOTS; i++) {
        FUZZ_CHECK(g->host.slots[i].wanted == ((g->node.slots_busy >> i & 1) != 0));
    }
    for (uint8_t i = 0; i < CONNS; i++) {
        FUZZ_CHECK(!g->conns[i].held || g->host.state == HCI_READY);
        FUZZ_CHECK(g->conns[i].held == linked(g, i));
    }
}

/* -- the line ---------------------------------------------------------------------------------- */

static void give(struct game *g, const uint8_t *octets, size_t len)
{
    for (size_t at = 0; at < len; at += g->piece) {
        hci_host_in(&g->host, g->now, octets + at, len - at < g->piece ? len - at : g->piece);
    }
}

static void event(struct game *g, uint8_t code, const uint8_t *params, size_t len)
{
    uint8_t packet[3 + 255] = { 0x04, code, (uint8_t)len };

    memcpy(packet + 3, params, len);
    give(g, packet, 3 + len);
}

/* A command came; one that finds the queue full is lost, as nobody may send so many. */
static size_t take_command(struct game *g, const uint8_t *packet, size_t left)
{
    struct command *c = &g->queue[g->queued];

    FUZZ_CHECK(left >= 4 && left >= 4u + packet[3] && g->queued < QUEUE);
    c->opcode = (uint16_t)(packet[1] | packet[2] << 8);
    c->len = packet[3];
    FUZZ_CHECK(c->len <= sizeof(c->params));
    memcpy(c->params, packet + 4, c->len);
    if (c->opcode == 0x0C03) { /* Reset: what came before is void */
        g->queue[0] = *c;
        g->queued = 0;
        g->making = false;
    }
    g->queued++;
    FUZZ_CHECK(g->queued <= HCI_COMMANDS);
    return 4u + packet[3];
}

static size_t take_data(const uint8_t *packet, size_t left)
{
    size_t len = left >= 5 ? (size_t)(packet[3] | packet[4] << 8) : 0;

    FUZZ_CHECK(left >= 5 + len && len > 0 && len <= L2CAP_FRAME_MAX);
    return 5 + len;
}

static void pull(struct game *g)
{
    uint8_t out[HCI_PACKET_MAX];
    size_t len;
    unsigned times = 0;

    do {
        g->kicked = false;
        len = hci_host_out(&g->host, g->now, out, sizeof(out));
        for (size_t at = 0; at < len;) {
            FUZZ_CHECK(out[at] == 0x01 || out[at] == 0x02);
            at += out[at] == 0x01 ? take_command(g, out + at, len - at)
                                  : take_data(out + at, len - at);
        }
        FUZZ_CHECK(++times < 100);
    } while (len > 0);
}

static void settle(struct game *g)
{
    for (unsigned times = 0;; times++) {
        uint64_t host;

        pull(g);
        host = hci_host_deadline(&g->host);
        if (host > g->now && g->wake > g->now) {
            break;
        }
        FUZZ_CHECK(times < 1000);
        if (host <= g->now) {
            hci_host_process(&g->host, g->now);
        }
        if (g->wake <= g->now) {
            g->wake = USHER_NEVER;
            usher_process(&g->node);
        }
    }
    check(g);
}

static void at(struct game *g, uint64_t ms)
{
    for (;;) {
        uint64_t host = hci_host_deadline(&g->host), next = host < g->wake ? host : g->wake;

        if (next > ms) {
            break;
        }
        g->now = next > g->now ? next : g->now;
        settle(g);
    }
    g->now = ms;
    settle(g);
}

/* -- the controller ---------------------------------------------------------------------------- */

/* What comes behind the status of an honest answer. */
static uint8_t returns(const struct game *g, uint16_t opcode, uint8_t out[64])
{
    memset(out, 0, 64);
    switch (opcode) {
    case 0x1001: /* Read Local Version Information */
        out[0] = g->extended ? 9 : 8;
        return 8;
    case 0x1002: /* Read Local Supported Commands */
        out[36] = out[37] = g->extended ? 0xFF : 0;
        return 64;
    case 0x2003: /* LE Read Local Supported Features */
        out[0] = 0x02;
        out[1] = g->extended ? 0x10 : 0;
        return 8;
    case 0x203B: /* LE Read Number of Supported Advertising Sets */
        out[0] = 3;
        return 1;
    case 0x2002: /* LE Read Buffer Size */
        out[0] = 27;
        out[2] = 2;
        return 3;
    case 0x1009: /* Read BD_ADDR */
        out[0] = 1;
        return 6;
    default:
        return 0;
    }
}

static struct command oldest(struct game *g)
{
    struct command c = g->queue[0];

    g->queued--;
    memmove(&g->queue[0], &g->queue[1], g->queued * sizeof(g->queue[0]));
    return c;
}

static void say_complete(struct game *g, const struct command *c, uint8_t status)
{
    uint8_t params[4 + 64] = { g->credits, (uint8_t)c->opcode, (uint8_t)(c->opcode >> 8), status };
    uint8_t len = returns(g, c->opcode, params + 4);

    event(g, 0x0E, params, 4u + (status == 0 ? len : 0));
}

static void say_status(struct game *g, const struct command *c, uint8_t status)
{
    uint8_t params[4] = { status, g->credits, (uint8_t)c->opcode, (uint8_t)(c->opcode >> 8) };

    event(g, 0x0F, params, sizeof(params));
}

static void connected(struct game *g, uint8_t status, uint8_t handle, bool central)
{
    uint8_t params[19] = { 0x01, status, handle, 0, !central, peer.type };

    for (unsigned i = 0; i < 6; i++) {
        params[6 + i] = peer.addr[5 - i];
    }
    event(g, 0x3E, params, sizeof(params));
}

static void ended(struct game *g, uint8_t handle, uint8_t reason)
{
    uint8_t params[4] = { 0, handle, 0, reason };

    event(g, 0x05, params, sizeof(params));
}

/* As a controller should; what it makes of it, too. */
static void answer(struct game *g)
{
    struct command c = oldest(g);

    switch (c.opcode) {
    case 0x0406: /* Disconnect */
        say_status(g, &c, 0);
        ended(g, c.params[0], 0x16);
        break;
    case 0x200D: /* LE Create Connection */
    case 0x2043:
        g->making = true;
        say_status(g, &c, 0);
        break;
    case 0x200E: /* LE Create Connection Cancel */
        say_complete(g, &c, g->making ? 0 : 0x0C);
        if (g->making) {
            g->making = false;
            connected(g, 0x02, 0, true);
        }
        break;
    case 0x200A: /* LE Set Advertising Enable */
        g->enabled += c.params[0];
        say_complete(g, &c, 0);
        break;
    case 0x2039: /* the extended one */
        say_complete(g, &c, 0);
        if (c.params[0] != 0) {
            uint8_t over[6] = { 0x12, 0x43, c.params[2], 0, 0, c.params[5] };

            g->enabled++;
            event(g, 0x3E, over, sizeof(over));
        }
        break;
    default:
        say_complete(g, &c, 0);
        break;
    }
}

static void answer_all(struct game *g)
{
    for (unsigned i = 0; i < 100 && g->queued > 0; i++) {
        answer(g);
        settle(g);
    }
}

/* -- the input's ------------------------------------------------------------------------------- */

/* Octets of the input, @p most at most. */
static size_t octets_of(struct game *g, uint8_t most, const uint8_t **octets)
{
    return fuzz_take(&g->in, fuzz_u8(&g->in) % (most + 1u), octets);
}

static void send_octets(struct game *g)
{
    const uint8_t *octets;
    size_t len = octets_of(g, 64, &octets);

    give(g, octets, len);
}

static void send_event(struct game *g, bool le)
{
    uint8_t code = le ? 0x3E : fuzz_u8(&g->in);
    const uint8_t *octets;
    size_t len = octets_of(g, 80, &octets);

    if (len > 0) {
        event(g, code, octets, len);
    }
}

/* A frame of ATT whose header is right, if the input does not say otherwise. */
static void send_data(struct game *g)
{
    uint8_t packet[9 + 64] = { 0x02, 0, 0x20 }, how = fuzz_u8(&g->in);
    const uint8_t *octets;
    size_t len = octets_of(g, 64, &octets);

    packet[1] = how & 3;
    packet[2] = how >> 4;
    packet[3] = (uint8_t)(4 + len);
    packet[5] = (how & 8) != 0 ? fuzz_u8(&g->in) : (uint8_t)len;
    packet[7] = (how & 4) != 0 ? fuzz_u8(&g->in) : 4;
    memcpy(packet + 9, octets, len);
    give(g, packet, 9 + len);
}

static void send_report(struct game *g)
{
    uint8_t params[64] = { 0x02, 1 }, type = fuzz_u8(&g->in);
    const uint8_t *octets;
    size_t len = octets_of(g, USHER_AD_MAX, &octets), head = 11;

    if ((type & 0x80) == 0) {
        params[2] = type % 5;
        params[10] = (uint8_t)len;
    } else {
        params[0] = 0x0D;
        params[2] = 0x10 | (type & 0x0F);
        params[25] = (uint8_t)len;
        head = 26;
    }
    memcpy(params + head, octets, len);
    event(g, 0x3E, params, head + len + (head == 11));
}

static void send_ended(struct game *g)
{
    uint8_t handle = fuzz_u8(&g->in) & 3;

    ended(g, handle, fuzz_u8(&g->in));
}

static void send_completed(struct game *g)
{
    uint8_t params[5] = { 1 };

    params[1] = fuzz_u8(&g->in) & 3;
    params[3] = fuzz_u8(&g->in);
    event(g, 0x13, params, sizeof(params));
}

static void cut(struct game *g)
{
    hci_host_down(&g->host, g->now);
    check(g);
    g->queued = 0;
    g->making = false;
    g->extended = (fuzz_u8(&g->in) & 1) != 0; /* another controller, perhaps */
    hci_host_up(&g->host, &g->node, g->now);
}

static void refuse(struct game *g, bool complete)
{
    uint8_t status = fuzz_u8(&g->in);

    if (g->queued > 0) {
        struct command c = oldest(g);

        if (complete) {
            say_complete(g, &c, status);
        } else {
            say_status(g, &c, status);
        }
    }
}

static void connect_as_central(struct game *g)
{
    connected(g, 0, fuzz_u8(&g->in) & 3, true);
    g->making = false;
}

static void begin_sessions(struct game *g)
{
    struct usher_listen listen = { .uuid = uuid, .bearers = USHER_BEARER_ADV | USHER_BEARER_GATT };
    struct usher_provision provision = { .uuid = uuid, .peer = &peer };

    if (usher_session_idle(&g->device)) {
        FUZZ_CHECK(usher_listen(&g->device, &listen) == USHER_OK);
    }
    if (usher_session_idle(&g->client) && g->in.left > 0) {
        (void)usher_provision(&g->client, &provision);
    }
}

/* What is not the controller's doing. */
static void from_outside(struct game *g, unsigned what)
{
    switch (what) {
    case 16:
        cut(g);
        break;
    case 17:
        (void)usher_cancel((fuzz_u8(&g->in) & 1) != 0 ? &g->client : &g->device, 2);
        break;
    case 18:
        g->credits = fuzz_u8(&g->in);
        break;
    default:
        usher_radio(&g->node, false);
        settle(g);
        usher_radio(&g->node, true);
        break;
    }
}

static void operation(struct game *g)
{
    uint8_t what = fuzz_u8(&g->in);

    if ((what & 0x80) == 0) {
        answer_all(g);
    }
    switch (what % 21) {
    case 0:
        refuse(g, true);
        break;
    case 1:
        refuse(g, false);
        break;
    case 2:
        if (g->queued > 0) { /* it says nothing */
            (void)oldest(g);
        }
        break;
    case 3:
        at(g, g->now + fuzz_u8(&g->in));
        break;
    case 4:
        at(g, g->now + 100u * fuzz_u8(&g->in));
        break;
    case 5:
        send_octets(g);
        break;
    case 6:
        send_event(g, false);
        break;
    case 7:
        send_event(g, true);
        break;
    case 8:
        connected(g, 0, fuzz_u8(&g->in) & 3, false);
        break;
    case 9:
        connect_as_central(g);
        break;
    case 10:
        connected(g, fuzz_u8(&g->in), 0, true);
        break;
    case 11:
    case 12:
        send_data(g);
        break;
    case 13:
        send_completed(g);
        break;
    case 14:
        send_ended(g);
        break;
    case 15:
        send_report(g);
        break;
    case 16:
    case 17:
    case 18:
    case 19:
        from_outside(g, what % 21);
        break;
    default:
        if (g->queued > 0) {
            answer(g);
        }
        break;
    }
    settle(g);
}

/* -- one run ----------------------------------------------------------------------------------- */

static void begin(struct game *g)
{
    uint8_t how = fuzz_u8(&g->in);
    struct hci_host_config host = { .legacy = (how & 1) != 0,
                                    .active_scan = (how & 2) != 0,
                                    .gatt = &hci_gatt,
                                    .conns = g->conns,
                                    .conn_count = CONNS,
                                    .kick = on_kick,
                                    .state = on_state,
                                    .ctx = g };
    struct usher_config node = { .handler = on_event, .user = g };
    struct usher_gatt_config gatt = { .links = g->links, .link_count = CONNS };

    g->extended = (how & 4) != 0;
    g->piece = (how & 8) != 0 ? 1 : PIECE;
    g->credits = (how & 16) != 0 ? 4 : 1;
    g->now = 1000;
    g->wake = USHER_NEVER;
    g->port = (struct usher_port){
        .crypto = fuzz_crypto(), .now_ms = now_ms, .wake_at = wake_at, .random = random_fill
    };
    FUZZ_CHECK(hci_host_init(&g->host, &host) == USHER_OK);
    hci_host_port(&g->host, &g->port);
    FUZZ_CHECK(usher_init(&g->node, &g->port, &node) == USHER_OK);
    FUZZ_CHECK(usher_gatt_init(&g->gatt, &g->node, &gatt) == USHER_OK);
    for (unsigned i = 0; i < 2; i++) {
        struct usher_session *s = i == 0 ? &g->client : &g->device;

        usher_session_init(&g->node, s, i == 0 ? NULL : &caps, g);
        FUZZ_CHECK(g->port.crypto->p256_public(g->port.crypto->ctx, private_keys[i],
                                               g->public_keys[i]) == USHER_OK);
        usher_session_keys_set(s, private_keys[i], g->public_keys[i]);
    }
    FUZZ_CHECK(usher_scan(&g->node, true) == USHER_OK);
    hci_host_up(&g->host, &g->node, g->now);
}

/*
 * The controller is honest from now on, and opened again if it was given up. This is most of what a
 * run does, so it answers as late as it may, and the line is fast.
 */
static void recover(struct game *g)
{
    uint64_t quiet = g->now + QUIET_MS;

    g->credits = 1;
    g->piece = PIECE;
    while (g->now < quiet) {
        if (g->host.state == HCI_DOWN || g->host.state == HCI_FAILED) {
            cut(g);
            settle(g);
        }
        answer_all(g);
        begin_sessions(g);
        at(g, g->now + SLOW_MS);
    }
    FUZZ_CHECK(g->host.state == HCI_READY && hci_host_why(&g->host)[0] == '\0');
    g->enabled = 0;
    for (unsigned i = 0; i < 50 && g->enabled == 0; i++) {
        answer_all(g);
        at(g, g->now + 50);
    }
    FUZZ_CHECK(g->enabled > 0); /* it beacons, every 2 s */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct game g;

    memset(&g, 0, sizeof(g));
    g.in = (struct fuzz_input){ data, size };
    begin(&g);
    for (unsigned i = 0; i < OPERATIONS && g.in.left > 0; i++) {
        begin_sessions(&g);
        operation(&g);
    }
    g.in.left = 0;
    recover(&g);
    usher_deinit(&g.node);
    check(&g);
    return 0;
}
