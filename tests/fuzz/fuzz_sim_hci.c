/*
 * The simulated controller and a hostile host: two controllers on one air, octets of the input for
 * either, in raw pieces and as commands and data with a header that is in order, and time between.
 *
 * Whatever comes, every packet for the host is whole and well formed, no more ACL packets are given
 * back than were sent, and none is told of for connections that there are not. In the end a Reset
 * is answered, and after it the air is silent.
 */
#include "fuzz.h"

#include "hci.h"

enum {
    STEPS = 200,
    LINKS = 4,
    H4_COMMAND = 1,
    H4_ACL = 2,
    H4_EVENT = 4,
    RESET = 0x0C03,
    EVENT_MASK = 0x0C01,
    LE_EVENT_MASK = 0x2001,
};

struct host {
    struct sim_hci *controller;
    unsigned acl_sent, acl_back;
    bool sees_all; /* the masks have let all events through from the beginning */
    bool connected[LINKS + 1];
    bool over;           /* after the last Reset */
    unsigned told;       /* packets since then */
    uint8_t last_status; /* of a Reset */
};

static struct air *air;
static struct host hosts[2];

/* -- what comes back ------------------------------------------------------------------------- */

static void check_handle(const struct host *h, const uint8_t *p)
{
    unsigned handle = p[0] + 256u * (p[1] & 0x0F);

    FUZZ_CHECK(handle >= 1 && handle <= LINKS && (h->connected[handle] || !h->sees_all));
}

static void check_answer(struct host *h, const uint8_t *p, size_t len)
{
    bool complete = p[1] == 0x0E;
    const uint8_t *opcode = complete ? p + 4 : p + 5;

    FUZZ_CHECK(complete ? len >= 7 : len == 7);
    FUZZ_CHECK(p[complete ? 3 : 4] == 1);
    if (opcode[0] + 256 * opcode[1] == RESET) {
        h->last_status = p[6];
        if (p[6] == 0) {
            memset(h->connected, 0, sizeof(h->connected));
        }
    }
}

static void check_le(struct host *h, const uint8_t *p, size_t len)
{
    switch (p[3]) {
    case 0x01: /* connection complete, or the enhanced one */
    case 0x0A:
        FUZZ_CHECK(len == (p[3] == 0x01 ? 22u : 34u));
        if (p[4] == 0) {
            unsigned handle = p[5] + 256u * p[6];

            FUZZ_CHECK(handle >= 1 && handle <= LINKS && !(h->connected[handle] && h->sees_all));
            h->connected[handle] = true;
        }
        break;
    case 0x02: /* advertising report */
        FUZZ_CHECK(len >= 15 && p[13] <= 31 && len == 15u + p[13]);
        break;
    case 0x0D: /* the extended one */
        FUZZ_CHECK(len >= 29 && p[28] <= 31 && len == 29u + p[28]);
        break;
    case 0x07: /* data length */
        FUZZ_CHECK(len == 14);
        check_handle(h, p + 4);
        break;
    case 0x12: /* set terminated */
        FUZZ_CHECK(len == 9);
        break;
    default:
        break;
    }
}

static void check_event(struct host *h, const uint8_t *p, size_t len)
{
    FUZZ_CHECK(len >= 3 && p[2] == len - 3);
    switch (p[1]) {
    case 0x0E:
    case 0x0F:
        check_answer(h, p, len);
        break;
    case 0x05: /* disconnection complete */
        FUZZ_CHECK(len == 7 && p[3] == 0);
        check_handle(h, p + 4);
        h->connected[p[4]] = false;
        break;
    case 0x13: /* number of completed packets */
        FUZZ_CHECK(len == 8 && p[3] == 1);
        check_handle(h, p + 4);
        h->acl_back += p[6] + 256u * p[7];
        FUZZ_CHECK(h->acl_back <= h->acl_sent);
        break;
    case 0x3E:
        FUZZ_CHECK(len >= 4);
        check_le(h, p, len);
        break;
    default:
        break;
    }
}

static void on_packet(void *ctx, const uint8_t *packet, size_t len)
{
    struct host *h = ctx;

    h->told += h->over;
    if (packet[0] == H4_EVENT) {
        check_event(h, packet, len);
        return;
    }
    FUZZ_CHECK(packet[0] == H4_ACL && len > 5 && packet[3] + 256u * packet[4] == len - 5);
    check_handle(h, packet + 1);
}

/* -- what is sent ---------------------------------------------------------------------------- */

static void send_command(struct host *h, uint16_t opcode, const uint8_t *params, size_t len)
{
    uint8_t packet[4 + 255] = { H4_COMMAND, (uint8_t)opcode, (uint8_t)(opcode >> 8), (uint8_t)len };

    if (len != 0) {
        memcpy(packet + 4, params, len);
    }
    sim_hci_in(h->controller, packet, 4 + len);
}

static void run(uint64_t us)
{
    air_run_until(air, air_now_us(air) + us);
}

/* Commands that there are, by an octet, with parameters that the input gives. */
static void some_command(struct fuzz_input *in, struct host *h)
{
    static const uint16_t opcodes[] = {
        0x0406, 0x041D, 0x0C01, 0x0C03, 0x0C13, 0x0C14, 0x0C6D, 0x1001, 0x1002, 0x1009, 0x2001,
        0x2002, 0x2005, 0x2006, 0x2008, 0x2009, 0x200A, 0x200B, 0x200C, 0x200D, 0x200E, 0x2010,
        0x2011, 0x2012, 0x2013, 0x2014, 0x2016, 0x2017, 0x2018, 0x2022, 0x2024, 0x2025, 0x2026,
        0x2035, 0x2036, 0x2037, 0x2038, 0x2039, 0x203C, 0x203D, 0x2041, 0x2042, 0x2043, 0x2019,
    };
    uint16_t opcode = opcodes[fuzz_u8(in) % (sizeof(opcodes) / sizeof(opcodes[0]))];
    const uint8_t *params;
    size_t len = fuzz_take(in, fuzz_u8(in), &params);

    h->sees_all = h->sees_all && opcode != EVENT_MASK && opcode != LE_EVENT_MASK && opcode != RESET;
    send_command(h, opcode, params, len);
    run(400);
}

static void some_data(struct fuzz_input *in, struct host *h)
{
    uint8_t packet[5 + 255] = { H4_ACL, (uint8_t)(fuzz_u8(in) % (LINKS + 2)) };
    const uint8_t *octets;
    size_t len;

    packet[2] = (uint8_t)(fuzz_u8(in) << 4);
    len = fuzz_take(in, fuzz_u8(in), &octets);
    packet[3] = (uint8_t)len;
    if (len != 0) {
        memcpy(packet + 5, octets, len);
    }
    h->acl_sent++;
    sim_hci_in(h->controller, packet, 5 + len);
}

static void some_octets(struct fuzz_input *in, struct host *h)
{
    const uint8_t *octets;
    size_t len = fuzz_take(in, fuzz_u8(in), &octets);

    h->sees_all = false;
    h->acl_sent += (unsigned)len / 5 + 1; /* as many packets could be in it */
    sim_hci_in(h->controller, octets, len);
}

static void unmask(struct host *h)
{
    static const uint8_t all[8] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x3F };

    send_command(h, EVENT_MASK, all, sizeof(all));
    send_command(h, LE_EVENT_MASK, all, sizeof(all));
    run(1000);
}

/* A shortcut to a connection: one advertises, the other one asks for it. */
static void connect(struct host *central, struct host *peripheral)
{
    static const uint8_t parameters[15] = { 0x20, 0, 0x20, 0, [13] = 7 };
    uint8_t request[25] = { 0x10, 0, 0x10, 0 };

    for (unsigned i = 0; i < 6; i++) {
        request[6 + i] = air_addr(sim_hci_radio(peripheral->controller))[5 - i];
    }
    memcpy(request + 13, ((uint8_t[]){ 6, 0, 6, 0, 0, 0, 100, 0 }), 8);
    send_command(peripheral, 0x2006, parameters, sizeof(parameters));
    send_command(peripheral, 0x200A, &(uint8_t){ 1 }, 1);
    send_command(central, 0x200D, request, sizeof(request));
    run(100000);
}

static void step(struct fuzz_input *in)
{
    uint8_t op = fuzz_u8(in);
    struct host *h = &hosts[op >> 7];

    switch (op % 8) {
    case 0:
    case 1:
    case 2:
        some_command(in, h);
        break;
    case 3:
        some_data(in, h);
        break;
    case 4:
        some_octets(in, h);
        break;
    case 5:
        run(fuzz_u8(in) * UINT64_C(1000));
        break;
    case 6:
        run(fuzz_u8(in));
        break;
    default:
        connect(h, &hosts[1 - (op >> 7)]);
        break;
    }
}

/* Zeros get the stream out of any packet and out of step; then a Reset must help. */
static void finish(void)
{
    static const uint8_t zeros[5 + 65535];
    uint64_t events;

    for (unsigned i = 0; i < 2; i++) {
        struct host *h = &hosts[i];

        sim_hci_in(h->controller, zeros, sizeof(zeros));
        h->last_status = 0xFF;
        send_command(h, RESET, NULL, 0);
    }
    run(10000);
    for (unsigned i = 0; i < 2; i++) {
        FUZZ_CHECK(hosts[i].last_status == 0);
        hosts[i].over = true;
    }
    run(100000);
    events = air_stats(air)->events;
    run(40000000);
    FUZZ_CHECK(air_stats(air)->events == events);
    FUZZ_CHECK(hosts[0].told == 0 && hosts[1].told == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = { data, size };
    uint8_t choice = fuzz_u8(&in);
    struct sim_hci_config config = {
        .legacy_only = (choice & 1) != 0,
        .acl_len = (choice & 2) != 0 ? 251 : 27,
        .acl_count = 3,
        .connections = LINKS,
        .sets = 4,
        .crypto = (choice & 4) != 0 ? fuzz_crypto() : NULL,
    };

    air = air_new(&(struct air_config){ .seed = 1, .loss_pct = (choice & 8) != 0 ? 30 : 0 });
    FUZZ_CHECK(air != NULL);
    memset(hosts, 0, sizeof(hosts));
    for (unsigned i = 0; i < 2; i++) {
        hosts[i].controller = sim_hci_new(air, &config, on_packet, &hosts[i]);
        FUZZ_CHECK(hosts[i].controller != NULL);
        unmask(&hosts[i]);
        hosts[i].sees_all = true;
    }
    for (unsigned i = 0; i < STEPS && in.left > 0; i++) {
        step(&in);
    }
    finish();
    for (unsigned i = 0; i < 2; i++) {
        sim_hci_free(hosts[i].controller);
    }
    air_free(air);
    return 0;
}
