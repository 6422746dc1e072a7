/* The bench of hci_rig.h. */
#include "hci_rig.h"

#include <stdio.h>
#include <stdlib.h>

static const uint8_t address[6] = { 0xC1, 0x02, 0x03, 0x04, 0x05, 0x06 };
static const struct usher_caps caps = { .num_elements = 1, .algorithms = 1u << USHER_ALG_CMAC };

/* -- the port ---------------------------------------------------------------------------------- */

static struct hci_rig *rig_of(void *host)
{
    return (struct hci_rig *)(void *)((char *)host - offsetof(struct hci_rig, host));
}

static uint64_t now_ms(void *ctx)
{
    return rig_of(ctx)->now;
}

static void wake_at(void *ctx, uint64_t deadline)
{
    rig_of(ctx)->wake = deadline;
}

static enum usher_err random_fill(void *ctx, uint8_t *buf, size_t len)
{
    static uint32_t state = 1;

    if (rig_of(ctx)->no_random) {
        return USHER_E_INTERNAL;
    }
    for (size_t i = 0; i < len; i++) {
        state = state * 1664525u + 1013904223u;
        buf[i] = (uint8_t)(state >> 24);
    }
    return USHER_OK;
}

/* -- what is told ------------------------------------------------------------------------------ */

static void on_kick(void *ctx)
{
    struct hci_rig *r = ctx;

    r->kicked = true;
}

static void on_state(void *ctx, enum hci_host_state state, const char *why)
{
    struct hci_rig *r = ctx;

    r->told_state[state]++;
    assert_string_equal(why, hci_host_why(&r->host));
    assert_true(state == HCI_READY || r->port.adv_slots == 0);
    assert_int_equal(state == HCI_READY, r->port.adv_slots != 0);
}

static void on_failed(void *ctx, const struct usher_ble_addr *peer, const char *why)
{
    struct hci_rig *r = ctx;

    r->failed_peer = *peer;
    r->failed_why = why;
}

static void on_packet(void *ctx, bool from_controller, const uint8_t *packet, size_t len)
{
    struct hci_rig *r = ctx;

    assert_in_range(packet[0], 1, 4);
    r->traced[from_controller]++;
    r->traced_octets[from_controller] += (unsigned)len;
}

static void on_heard(void *user, struct usher *u, const struct usher_adv_report *report)
{
    struct hci_rig *r = user;

    (void)u;
    r->heard++;
    r->report = *report;
    memcpy(r->report_data, report->data, report->len);
    if (r->down_when_heard) {
        hci_host_down(&r->host, r->now);
    }
}

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct hci_rig *r = user;

    (void)u;
    r->told[e->type]++;
    if (e->type == USHER_EVT_LINK_CLOSED) {
        r->close_reason = e->params.link_closed.close_reason;
    }
}

/* -- making it --------------------------------------------------------------------------------- */

struct hci_rig *rig_new(const struct hci_host_config *config, uint8_t conns)
{
    struct hci_rig *r = calloc(1, sizeof(*r));
    struct hci_host_config host = { .address = address };
    struct usher_config node = { .handler = on_event, .heard = on_heard, .user = r };
    struct usher_gatt_config gatt = { .links = r->links, .link_count = conns };
    static struct hci_trace trace;

    assert_non_null(r);
    if (config != NULL) {
        host = *config;
    }
    trace = (struct hci_trace){ .packet = on_packet, .ctx = r };
    host.gatt = conns > 0 ? &hci_gatt : NULL;
    host.conns = r->conns;
    host.conn_count = conns;
    host.kick = on_kick;
    host.state = on_state;
    host.note = on_failed;
    host.trace = &trace;
    host.ctx = r;
    r->out_most = RIG_OUT;
    r->now = 1000;
    r->port = (struct usher_port){ .crypto = usher_crypto_openssl_new(),
                                   .now_ms = now_ms,
                                   .wake_at = wake_at,
                                   .random = random_fill };
    assert_int_equal(hci_host_init(&r->host, &host), USHER_OK);
    hci_host_port(&r->host, &r->port);
    assert_int_equal(usher_init(&r->node, &r->port, &node), USHER_OK);
    if (conns > 0) {
        assert_int_equal(usher_gatt_init(&r->gatt, &r->node, &gatt), USHER_OK);
    }
    usher_session_init(&r->node, &r->session, &caps, r);
    usher_session_init(&r->node, &r->client, NULL, r);
    hci_host_up(&r->host, &r->node, r->now);
    return r;
}

void rig_free(struct hci_rig *r)
{
    usher_deinit(&r->node);
    usher_crypto_openssl_free(r->port.crypto);
    free(r);
}

/* -- the line ---------------------------------------------------------------------------------- */

static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One octet of @p hex; -1: any; -2: none. */
static int next_octet(const char **hex)
{
    int high, low;

    while (**hex == ' ') {
        (*hex)++;
    }
    if (**hex == '\0') {
        return -2;
    }
    high = digit((*hex)[0]);
    low = digit((*hex)[1]);
    assert_true((high >= 0 && low >= 0) || ((*hex)[0] == '.' && (*hex)[1] == '.'));
    *hex += 2;
    return high < 0 ? -1 : high << 4 | low;
}

size_t rig_octets(const char *hex, uint8_t *octets, size_t size)
{
    size_t len = 0;
    int octet;

    while ((octet = next_octet(&hex)) >= 0) {
        assert_true(len < size);
        octets[len++] = (uint8_t)octet;
    }
    assert_int_equal(octet, -2);
    return len;
}

static size_t packet_len(const uint8_t *packet)
{
    assert_true(packet[0] == 1 || packet[0] == 2);
    return packet[0] == 1 ? 4u + packet[3] : 5u + packet[3] + 256u * packet[4];
}

/* Pulls more, which may be there only if the owner was told. */
static bool pull(struct hci_rig *r)
{
    if (r->out_at == r->out_len) {
        bool kicked = r->kicked;

        r->kicked = false;
        r->out_at = 0;
        r->out_len = hci_host_out(&r->host, r->now, r->out, r->out_most);
        assert_true(r->out_len <= r->out_most && (kicked || r->out_len == 0));
    }
    return r->out_at < r->out_len;
}

static void show(const uint8_t *octets, size_t len, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < len && 3 * i + 4 < size; i++) {
        snprintf(text + 3 * i, size - 3 * i, "%02X ", octets[i]);
    }
}

void rig_expect_at(struct hci_rig *r, const char *hex, const char *file, int line)
{
    const uint8_t *packet;
    const char *at = hex;
    char text[1024];
    size_t len, i = 0;
    int octet;

    if (!pull(r)) {
        print_error("%s:%d: nothing comes, in place of %s\n", file, line, hex);
        fail();
    }
    packet = r->out + r->out_at;
    len = packet_len(packet);
    r->out_at += len;
    assert_true(r->out_at <= r->out_len);
    while ((octet = next_octet(&at)) != -2 && i < len && (octet == -1 || octet == packet[i])) {
        i++;
    }
    if (octet != -2 || i != len) {
        show(packet, len, text, sizeof(text));
        print_error("%s:%d: %sin place of %s\n", file, line, text, hex);
        fail();
    }
}

void rig_expect_nothing_at(struct hci_rig *r, const char *file, int line)
{
    char text[1024];

    if (pull(r)) {
        show(r->out + r->out_at, r->out_len - r->out_at, text, sizeof(text));
        print_error("%s:%d: %sin place of nothing\n", file, line, text);
        fail();
    }
}

void rig_give(struct hci_rig *r, const char *hex)
{
    uint8_t octets[1024];
    size_t len = rig_octets(hex, octets, sizeof(octets));

    hci_host_in(&r->host, r->now, octets, len);
}

void rig_done_at(struct hci_rig *r, const char *hex, const char *file, int line)
{
    char answer[32];

    rig_expect_at(r, hex, file, line);
    snprintf(answer, sizeof(answer), "04 0E 04 01 %.5s 00", hex + 3);
    rig_give(r, answer);
}

void rig_at(struct hci_rig *r, uint64_t ms)
{
    unsigned calls = 0;

    assert_true(ms >= r->now);
    for (;;) {
        uint64_t host = hci_host_deadline(&r->host), next = host < r->wake ? host : r->wake;

        if (next > ms) {
            break;
        }
        if (next > r->now) {
            r->now = next;
        }
        if (host <= r->now) {
            hci_host_process(&r->host, r->now);
        }
        if (r->wake <= r->now) {
            r->wake = USHER_NEVER;
            usher_process(&r->node);
        }
        assert_true(++calls < 10000); /* a deadline that is never served */
    }
    r->now = ms;
    hci_host_process(&r->host, r->now); /* to be harmless at other times, too */
}

/* -- what a controller answers at the start ---------------------------------------------------- */

static void start_reads(struct hci_rig *r, enum rig_kind kind)
{
    static const char commands[] = "04 0E 44 01 02 10 00"
                                   " 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
                                   " 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
                                   " 00 00 00 00";
    static const char rest[] = " 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
                               " 00 00 00 00 00 00 00 00 00 00";
    char answer[512];

    rig_done(r, "01 03 0C 00");
    rig_expect(r, "01 01 10 00");
    rig_give(r, kind == RIG_4_2 ? "04 0E 0C 01 01 10 00 08 00 00 08 FF FF 00 00"
                                : "04 0E 0C 01 01 10 00 09 00 00 09 FF FF 00 00");
    rig_expect(r, "01 02 10 00");
    snprintf(answer, sizeof(answer), "%s%s%s", commands, kind == RIG_EXTENDED ? " FE E1" : " 00 00",
             rest);
    rig_give(r, answer);
    rig_expect(r, "01 03 20 00");
    rig_give(r, kind == RIG_EXTENDED ? "04 0E 0C 01 03 20 00 22 10 00 00 00 00 00 00"
                                     : "04 0E 0C 01 03 20 00 00 00 00 00 00 00 00 00");
    if (kind == RIG_EXTENDED) {
        rig_expect(r, "01 3B 20 00");
        rig_give(r, "04 0E 05 01 3B 20 00 04");
    }
}

void rig_start(struct hci_rig *r, enum rig_kind kind)
{
    start_reads(r, kind);
    rig_done(r, "01 01 0C 08 FF FF FF FF FF 1F 00 20");
    rig_done(r, kind == RIG_EXTENDED ? "01 01 20 08 33 12 02 00 00 00 00 00"
                                     : "01 01 20 08 13 00 00 00 00 00 00 00");
    rig_expect(r, "01 09 10 00");
    rig_give(r, "04 0E 0A 01 09 10 00 11 22 33 44 55 66");
    if (r->host.config.conn_count > 0) {
        rig_expect(r, "01 02 20 00");
        rig_give(r, "04 0E 07 01 02 20 00 1B 00 04");
    }
    rig_done(r, "01 05 20 06 06 05 04 03 02 C1");
    rig_done(r, kind == RIG_EXTENDED ? "01 41 20 08 01 00 01 00 30 00 30 00"
                                     : "01 0B 20 07 00 30 00 30 00 01 00");
    assert_int_equal(r->host.state, HCI_READY);
}

struct hci_rig *rig_ready(enum rig_kind kind, uint8_t conns)
{
    struct hci_rig *r = rig_new(NULL, conns);

    rig_start(r, kind);
    return r;
}

enum usher_err rig_adv(struct hci_rig *r, uint8_t slot, enum usher_adv_type type, uint8_t count,
                       uint16_t interval_ms, const char *hex)
{
    struct usher_adv adv = {
        .slot = slot, .type = type, .count = count, .interval_ms = interval_ms
    };

    adv.len = (uint8_t)rig_octets(hex, adv.data, sizeof(adv.data));
    return r->port.adv_start(r->port.ctx, &adv);
}
