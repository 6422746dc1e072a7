/*
 * A port over our HCI host and a simulated controller; see hciport.h. Octets and calls wait in
 * timers of the air, so that neither host nor controller is called from within the other.
 */
#include "hciport.h"

#include <stdlib.h>
#include <string.h>

enum {
    PIECE = 16,    /* octets that arrive together, as of a UART's FIFO */
    BACKLOG = 512, /* octets to the host, some ten reports, from which on more are dropped */
    H4_EVENT = 0x04,
    EV_LE_META = 0x3E,
    LE_ADV_REPORT = 0x02,
    LE_EXT_ADV_REPORT = 0x0D,
};

static uint64_t now(const struct hciport *p)
{
    return air_now_us(p->air) / 1000;
}

/* -- the line --- */

static void line_arm(struct hciport *p, struct hciport_line *line, void (*due)(void *ctx))
{
    size_t piece = line->len < PIECE ? line->len : PIECE;
    uint64_t us = p->config.baud != 0 ? piece * UINT64_C(10000000) / p->config.baud : 0;

    line->piece = piece;
    if (piece != 0) { /* the timer has its place since hciport_up() */
        (void)air_timer_set(p->air, &line->arrival, air_now_us(p->air) + us, due, p);
    }
}

static void line_put(struct hciport_line *line, const uint8_t *octets, size_t len)
{
    if (line->len + len > line->room) {
        line->room = 2 * (line->len + len);
        line->octets = realloc(line->octets, line->room);
        if (line->octets == NULL) {
            abort(); /* a stream with octets missing is no stream */
        }
    }
    memcpy(line->octets + line->len, octets, len);
    line->len += len;
}

static void line_take(struct hciport_line *line, uint8_t piece[PIECE])
{
    memcpy(piece, line->octets, line->piece);
    line->len -= line->piece;
    memmove(line->octets, line->octets + line->piece, line->len);
}

static void line_clear(struct hciport *p, struct hciport_line *line)
{
    air_timer_stop(p->air, &line->arrival);
    line->len = line->piece = 0;
}

/* -- the host --- */

static void at_controller(void *ctx);

/* Sends what the host has to say, while the line is idle, and sees to its deadline. */
static void work_due(void *ctx)
{
    struct hciport *p = ctx;
    uint8_t packets[HCI_PACKET_MAX];
    size_t len;
    uint64_t deadline;

    if (hci_host_deadline(&p->host) <= now(p)) {
        hci_host_process(&p->host, now(p));
    }
    if (p->controller != NULL && p->to_controller.len == 0) {
        len = hci_host_out(&p->host, now(p), packets, sizeof(packets));
        line_put(&p->to_controller, packets, len);
        line_arm(p, &p->to_controller, at_controller);
    }
    deadline = hci_host_deadline(&p->host);
    if (deadline != USHER_NEVER) { /* the timers have their places since hciport_init() */
        (void)air_timer_set(p->air, &p->work, deadline * 1000, work_due, p);
    }
}

static void on_kick(void *ctx)
{
    struct hciport *p = ctx;

    (void)air_timer_set(p->air, &p->work, air_now_us(p->air), work_due, p);
}

/* -- arrivals --- */

static void at_controller(void *ctx)
{
    struct hciport *p = ctx;
    uint8_t piece[PIECE];
    size_t len = p->to_controller.piece;

    line_take(&p->to_controller, piece);
    line_arm(p, &p->to_controller, at_controller);
    sim_hci_in(p->controller, piece, len);
    if (p->to_controller.len == 0) {
        on_kick(p);
    }
}

static void at_host(void *ctx)
{
    struct hciport *p = ctx;
    uint8_t piece[PIECE];
    size_t len = p->to_host.piece;

    line_take(&p->to_host, piece);
    line_arm(p, &p->to_host, at_host);
    hci_host_in(&p->host, now(p), piece, len);
}

static bool is_report(const uint8_t *packet)
{
    return packet[0] == H4_EVENT && packet[1] == EV_LE_META &&
           (packet[3] == LE_ADV_REPORT || packet[3] == LE_EXT_ADV_REPORT);
}

static void on_packet(void *ctx, const uint8_t *packet, size_t len)
{
    struct hciport *p = ctx;

    if (p->to_host.len > BACKLOG && is_report(packet)) {
        p->reports_dropped++;
        return;
    }
    line_put(&p->to_host, packet, len);
    if (p->to_host.piece == 0) {
        line_arm(p, &p->to_host, at_host);
    }
}

/* -- the rest of a port: its ctx is the host --- */

static struct hciport *port_of(void *host)
{
    return (struct hciport *)(void *)((char *)host - offsetof(struct hciport, host));
}

static uint64_t now_ms(void *ctx)
{
    return now(port_of(ctx));
}

static void wake_due(void *ctx)
{
    struct hciport *p = ctx;

    if (p->node_wake <= now(p)) { /* else the node has thought better of it */
        p->node_wake = USHER_NEVER;
        usher_process(p->node);
    }
}

static void wake_at(void *ctx, uint64_t deadline)
{
    struct hciport *p = port_of(ctx);

    if (deadline == p->node_wake && deadline != USHER_NEVER) {
        return;
    }
    p->node_wake = deadline;
    if (deadline <= UINT64_MAX / 1000) {
        (void)air_timer_set(p->air, &p->wake, deadline * 1000, wake_due, p);
    }
}

static enum usher_err random_fill(void *ctx, uint8_t *buf, size_t len)
{
    air_random(port_of(ctx)->dice, buf, len);
    return USHER_OK;
}

/* -- its life --- */

static void nothing_due(void *ctx)
{
    (void)ctx;
}

/* Gives a timer its place, so that setting it cannot fail from then on. */
static bool reserve(struct hciport *p, struct air_timer *timer)
{
    return air_timer_set(p->air, timer, air_now_us(p->air), nothing_due, p);
}

enum usher_err hciport_init(struct hciport *p, struct air *air, struct usher *node,
                            const struct usher_crypto *crypto, const struct hciport_config *config)
{
    static const struct air_owner nobody = { 0 };
    const struct hci_host_config host = {
        .legacy = config->legacy,
        .slots = config->slots,
        .mtu = config->mtu,
        .gatt = &hci_gatt,
        .conns = p->conns,
        .conn_count = HCIPORT_CONNS,
        .kick = on_kick,
        .ctx = p,
    };
    enum usher_err err;

    memset(p, 0, sizeof(*p));
    p->air = air;
    p->node = node;
    p->config = *config;
    p->node_wake = USHER_NEVER;
    p->port = (struct usher_port){
        .ctx = &p->host,
        .crypto = crypto,
        .now_ms = now_ms,
        .wake_at = wake_at,
        .random = random_fill,
    };
    err = hci_host_init(&p->host, &host);
    if (err != USHER_OK) {
        return err;
    }
    hci_host_port(&p->host, &p->port);
    if (reserve(p, &p->work) && reserve(p, &p->wake)) {
        p->dice = air_join(air, &nobody, p);
    }
    if (p->dice == NULL) {
        air_timer_stop(air, &p->work);
        air_timer_stop(air, &p->wake);
        return USHER_E_NO_MEM;
    }
    return USHER_OK;
}

enum usher_err hciport_up(struct hciport *p)
{
    if (p->controller != NULL) {
        return USHER_OK;
    }
    if (reserve(p, &p->to_controller.arrival) && reserve(p, &p->to_host.arrival)) {
        p->controller = sim_hci_new(p->air, &p->config.controller, on_packet, p);
    }
    if (p->controller == NULL) {
        return USHER_E_NO_MEM;
    }
    hci_host_up(&p->host, p->node, now(p));
    return USHER_OK;
}

static void controller_drop(struct hciport *p)
{
    line_clear(p, &p->to_controller);
    line_clear(p, &p->to_host);
    sim_hci_free(p->controller);
    p->controller = NULL;
}

void hciport_cut(struct hciport *p)
{
    if (p->controller != NULL) {
        controller_drop(p);
        hci_host_down(&p->host, now(p));
    }
}

void hciport_deinit(struct hciport *p)
{
    if (p->dice == NULL) {
        return;
    }
    controller_drop(p);
    air_timer_stop(p->air, &p->work);
    air_timer_stop(p->air, &p->wake);
    air_leave(p->dice);
    p->dice = NULL;
    free(p->to_controller.octets);
    free(p->to_host.octets);
}
