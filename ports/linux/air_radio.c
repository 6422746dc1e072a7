/*
 * The radio `air:PATH`: a connection to `usher air` (air_wire.h). It has no GATT. Opened by
 * linux_port.c.
 */
#include "air_wire.h"
#include "radio.h"
#include "unix_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define READ_BATCH 32 /* messages, then it is the turn of the loop's other handles */

struct air_radio_port {
    struct linux_port head;
    uv_poll_t poll;
    int fd;
    bool deaf;    /* the air is lost, or the port closed */
    bool greeted; /* the server's hello has come */

    uint32_t busy; /* a bit for each slot whose advertisement is on the air */
    uint16_t turn[USHER_ADV_SLOTS];
    uint16_t next_turn;
    /* What the server has to be told as soon as its socket has room again. */
    uint32_t stops; /* a bit for each slot */
    bool scan_due;
    uint8_t scan_what;
};

/* Ends of the sentence "the air at PATH ...". */
static const char is_gone[] = "is gone: its server has ended or disconnected us";
static const char is_strange[] = "does not speak the protocol of `usher air`";

static void on_socket(uv_poll_t *poll, int status, int events);

static const char *place(const char *radio)
{
    return radio + strlen(radio_air.prefix);
}

static void air_poll(struct air_radio_port *r)
{
    bool waits = r->stops != 0 || r->scan_due;

    uv_poll_start(&r->poll, waits ? UV_READABLE | UV_WRITABLE : UV_READABLE, on_socket);
}

/* Sends what waits. Answers true when nothing does any more. */
static bool air_flush(struct air_radio_port *r)
{
    for (uint8_t slot = 0; slot < USHER_ADV_SLOTS; slot++) {
        struct air_msg msg = { .type = AIR_MSG_STOP, .slot = slot };
        if ((r->stops >> slot & 1) != 0 && air_wire_send(r->fd, &msg) == AIR_WIRE_OK) {
            r->stops &= ~((uint32_t)1 << slot);
        }
    }
    if (r->scan_due) {
        struct air_msg msg = { .type = AIR_MSG_SCAN, .what = r->scan_what };
        r->scan_due = air_wire_send(r->fd, &msg) != AIR_WIRE_OK;
    }
    air_poll(r);
    return r->stops == 0 && !r->scan_due;
}

static void air_close(struct linux_port *p)
{
    struct air_radio_port *r = (struct air_radio_port *)p;

    if (!r->deaf) {
        r->deaf = true;
        radio_handle_close(p, (uv_handle_t *)&r->poll);
        close(r->fd);
    }
}

static void air_lost(struct air_radio_port *r, const char *what)
{
    air_close(&r->head);
    radio_lost(&r->head, "the air at %s %s", place(r->head.name), what);
}

static void air_capture(const struct air_radio_port *r, const struct usher_ble_addr *from,
                        enum usher_adv_type type, const uint8_t *ad, uint8_t len)
{
    if (r->head.capture != NULL) {
        pcap_sniff(r->head.capture, radio_time_us(), 37, from, type, ad, len);
    }
}

static void air_report(struct air_radio_port *r, const struct air_msg *msg)
{
    struct usher_adv_report report = { .type = (enum usher_adv_type)msg->adv_type,
                                       .rssi = (int8_t)msg->rssi,
                                       .addr_type = msg->addr_type,
                                       .len = msg->ad_len,
                                       .data = msg->ad };

    struct usher_ble_addr from = { .type = msg->addr_type };

    memcpy(report.addr, msg->addr, sizeof(report.addr));
    memcpy(from.addr, msg->addr, sizeof(from.addr));
    air_capture(r, &from, report.type, msg->ad, msg->ad_len);
    usher_in_adv(r->head.node, &report);
}

static void air_done(struct air_radio_port *r, const struct air_msg *msg)
{
    bool busy = (r->busy >> msg->slot & 1) != 0;

    /* An advertisement that was stopped while this was under way is not told of. */
    if (busy && r->turn[msg->slot] == msg->turn) {
        r->busy &= ~((uint32_t)1 << msg->slot);
        usher_in_adv_done(r->head.node, msg->slot);
    }
}

/* Answers what is wrong with a message, or NULL. The instance may close the port from within. */
static const char *air_message(struct air_radio_port *r, const struct air_msg *msg)
{
    if (msg->type == AIR_MSG_HELLO && msg->version != AIR_WIRE_VERSION) {
        return "speaks another version of the protocol: use the same release of usher for both";
    }
    if (r->greeted == (msg->type == AIR_MSG_HELLO)) {
        return is_strange;
    }
    switch (msg->type) {
    case AIR_MSG_HELLO:
        r->greeted = true;
        return NULL;
    case AIR_MSG_REPORT:
        air_report(r, msg);
        return NULL;
    case AIR_MSG_DONE:
        air_done(r, msg);
        return NULL;
    default:
        return is_strange;
    }
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct air_radio_port *r = poll->data;
    struct air_msg msg;

    if (status == 0 && (events & UV_WRITABLE) != 0) {
        air_flush(r);
    }
    for (unsigned i = 0; i < READ_BATCH && !r->deaf; i++) {
        enum air_wire_result result = air_wire_receive(r->fd, &msg);
        if (result == AIR_WIRE_AGAIN) {
            break;
        }
        const char *wrong = is_strange;
        if (result == AIR_WIRE_OK) {
            wrong = air_message(r, &msg);
        } else if (result == AIR_WIRE_GONE) {
            wrong = is_gone;
        }
        if (wrong != NULL && !r->deaf) {
            air_lost(r, wrong);
        }
    }
    if (status < 0 && !r->deaf) { /* libuv polls no more */
        air_lost(r, is_gone);
    }
}

/* What the instance calls */

static enum usher_err air_adv_start(void *ctx, const struct usher_adv *adv)
{
    static const struct usher_ble_addr own;
    struct air_radio_port *r = ctx;
    struct air_msg msg = { .type = AIR_MSG_SEND,
                           .slot = adv->slot,
                           .turn = r->next_turn,
                           .adv_type = (uint8_t)adv->type,
                           .count = adv->count,
                           .interval_ms = adv->interval_ms,
                           .ad_len = adv->len };

    memcpy(msg.ad, adv->data, adv->len);
    if (r->deaf) {
        return USHER_E_STATE;
    }
    /* The server has to know that the slot is free before it hears of it again. */
    if (!air_flush(r) || air_wire_send(r->fd, &msg) != AIR_WIRE_OK) {
        return USHER_E_BUSY;
    }
    air_capture(r, &own, adv->type, adv->data, adv->len);
    r->turn[adv->slot] = r->next_turn++;
    r->busy |= (uint32_t)1 << adv->slot;
    return USHER_OK;
}

static void air_adv_stop(void *ctx, uint8_t slot)
{
    struct air_radio_port *r = ctx;

    if (!r->deaf && (r->busy >> slot & 1) != 0) {
        r->busy &= ~((uint32_t)1 << slot);
        r->stops |= (uint32_t)1 << slot;
        air_flush(r);
    }
}

static enum usher_err air_scan_for(void *ctx, unsigned what)
{
    struct air_radio_port *r = ctx;

    if (r->deaf) {
        return USHER_E_STATE;
    }
    r->scan_what = (uint8_t)what;
    r->scan_due = true;
    air_flush(r);
    return USHER_OK;
}

/* Opening */

/* The socket of an air, or -1 and why not. */
static int air_connect(const char *path, char *why, size_t why_len)
{
    int fd = unix_connect(path, SOCK_SEQPACKET);

    if (fd >= 0) {
        return fd;
    }
    if (errno == ENOENT || errno == ECONNREFUSED) {
        snprintf(why, why_len, "no air at %s: start one with `usher air --listen %s`", path, path);
    } else if (errno == EPROTOTYPE) {
        snprintf(why, why_len, "%s is the socket of something else than `usher air`", path);
    } else {
        snprintf(why, why_len, "cannot connect to the air at %s: %s", path, strerror(errno));
    }
    return -1;
}

static bool air_open(struct linux_port *p, const char *radio, char *why, size_t why_len)
{
    struct air_radio_port *r = (struct air_radio_port *)p;
    const char *path = place(radio);

    r->fd = air_connect(path, why, why_len);
    if (r->fd < 0) {
        return false;
    }
    int error = uv_poll_init(p->loop, &r->poll, r->fd);
    if (error != 0) {
        snprintf(why, why_len, "the air at %s: %s", path, uv_strerror(error));
        close(r->fd);
        return false;
    }
    radio_handle_open(p, (uv_handle_t *)&r->poll);
    p->port.adv_slots = USHER_ADV_SLOTS;
    p->port.adv_start = air_adv_start;
    p->port.adv_stop = air_adv_stop;
    p->port.scan = air_scan_for;
    /*
     * Nothing else can be in the way of the first message; a server that is gone already shows when
     * read.
     */
    air_wire_send(r->fd, &(struct air_msg){ .type = AIR_MSG_HELLO, .version = AIR_WIRE_VERSION });
    air_poll(r);
    return true;
}

const struct radio_kind radio_air = {
    .prefix = "air:", .size = sizeof(struct air_radio_port), .open = air_open, .close = air_close
};
