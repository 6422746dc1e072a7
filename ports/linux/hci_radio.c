/*
 * The radios `h4:` and `hci:N`: a Bluetooth controller behind a stream (hci_stream.c), which our
 * HCI host (ports/hci) makes a radio with GATT. Opened by linux_port.c.
 *
 * A stream that breaks, or a controller that stops answering, is waited for: the stream is opened
 * again every second, and what the instance wants of its radio is set up again. What has become of
 * the radio goes to the owner as notes; after half a minute it is lost.
 *
 * All that the host wants to send is pulled when the loop is idle, not from within the calls that
 * it was caused by.
 */
#include "h4.h"
#include "hci_host.h"
#include "hci_stream.h"
#include "hci_trace.h"
#include "radio.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define READ_BATCH 16 /* reads, then it is the turn of the loop's other handles */
#define READ_MAX 4096
#define RETRY_MS 1000     /* between attempts to open the stream */
#define CONNECT_MS 5000   /* that a TCP connection may take */
#define START_MS 10000    /* that a controller may take before it was ready once */
#define PATIENCE_MS 30000 /* that it may be away later */

struct hci_radio {
    struct linux_port head;
    struct hci_host host;
    struct hci_conn conns[LINUX_PORT_CONNS];
    struct usher_port calls; /* the host's functions, whose ctx is the host */
    struct hci_trace trace;
    struct hci_stream stream;
    uv_poll_t poll;   /* of the stream, while it is open */
    uv_timer_t due;   /* the host's deadline */
    uv_timer_t retry; /* while the controller is not ready */
    uv_idle_t soon;   /* the host wants to be looked at */
    int fd;           /* -1: no stream */
    int polled;       /* the events that the stream is polled for */
    bool connecting;  /* a TCP connection is being made */
    bool up;          /* the host has the stream */
    bool ready, was_ready;
    bool failed; /* the controller cannot be a radio */
    bool hung;   /* it has stopped answering, for good */
    bool over;   /* lost, or closed */
    uint64_t opened_ms;
    uint64_t away_ms;    /* since when it is not ready */
    char why[RADIO_WHY]; /* why it is not */
    uint16_t out_len, out_at;
    uint8_t out[2 * HCI_PACKET_MAX]; /* what is being written */
};

static void on_stream(uv_poll_t *poll, int status, int events);
static void on_retry(uv_timer_t *timer);
static void on_kick(void *ctx);

static uint64_t now_ms(const struct hci_radio *r)
{
    return r->head.port.now_ms(r->head.port.ctx);
}

/* The end of a stream, and of the radio */

static void stream_close(struct hci_radio *r)
{
    if (r->fd >= 0) {
        radio_handle_close(&r->head, (uv_handle_t *)&r->poll);
        close(r->fd);
        r->fd = -1;
    }
    r->connecting = false;
    r->out_len = r->out_at = 0;
}

/* From now on the controller is waited for. r->why says why; @p what is done about it. */
static void away_begin(struct hci_radio *r, const char *what)
{
    if (r->ready) {
        r->ready = false;
        r->away_ms = now_ms(r);
        uv_timer_start(&r->retry, on_retry, RETRY_MS, RETRY_MS);
        radio_note(&r->head, "radio %s: %s; %s", r->head.name, r->why, what);
    }
}

static void stream_broke(struct hci_radio *r, const char *why)
{
    bool was_up = r->up;

    if (why != r->why) {
        snprintf(r->why, sizeof(r->why), "%s", why);
    }
    stream_close(r);
    r->up = false;
    away_begin(r, "reconnecting");
    if (was_up) {
        hci_host_down(&r->host, now_ms(r)); /* the port may be closed from within */
    }
}

static void radio_end(struct hci_radio *r)
{
    if (!r->over) {
        r->over = true;
        r->up = false;
        stream_close(r);
        radio_handle_close(&r->head, (uv_handle_t *)&r->due);
        radio_handle_close(&r->head, (uv_handle_t *)&r->retry);
        radio_handle_close(&r->head, (uv_handle_t *)&r->soon);
    }
}

/* Writing */

static void stream_poll(struct hci_radio *r)
{
    bool waits = r->connecting || r->out_at < r->out_len;
    int events = waits ? UV_READABLE | UV_WRITABLE : UV_READABLE;

    if (events != r->polled) {
        r->polled = events;
        uv_poll_start(&r->poll, events, on_stream);
    }
}

/* Octets of the first packet of @p len: a user channel takes one at a time. */
static size_t packet_len(const uint8_t *packet, size_t len)
{
    size_t first = len;

    if (packet[0] == H4_COMMAND && len >= 4) {
        first = 4u + packet[3];
    } else if (packet[0] == H4_ACL && len >= 5) {
        first = 5u + packet[3] + ((size_t)packet[4] << 8);
    }
    return first < len ? first : len;
}

/* Answers false while some of r->out is left. */
static bool stream_write(struct hci_radio *r)
{
    while (r->out_at < r->out_len) {
        const uint8_t *at = r->out + r->out_at;
        size_t len = (size_t)r->out_len - r->out_at;

        if (r->stream.kind == HCI_STREAM_USER_CHANNEL) {
            len = packet_len(at, len);
        }
        ssize_t sent = hci_stream_write(r->fd, at, len);
        if (sent < 0 && errno != EINTR) { /* a stream that has broken shows when it is read */
            return false;
        }
        r->out_at = (uint16_t)(r->out_at + (sent > 0 ? sent : 0));
    }
    r->out_len = r->out_at = 0;
    return true;
}

/* Pulls from the host until the stream has no room, or the host nothing more to send. */
static void host_pull(struct hci_radio *r)
{
    while (r->up && stream_write(r)) {
        r->out_len = (uint16_t)hci_host_out(&r->host, now_ms(r), r->out, sizeof(r->out));
        if (r->out_len == 0) {
            return;
        }
    }
}

static void on_due(uv_timer_t *timer)
{
    struct hci_radio *r = timer->data;

    if (r->up) {
        hci_host_process(&r->host, now_ms(r));
        on_kick(r);
    }
}

static void due_set(struct hci_radio *r)
{
    uint64_t deadline = hci_host_deadline(&r->host);
    uint64_t now = now_ms(r);

    if (deadline == USHER_NEVER) {
        uv_timer_stop(&r->due);
    } else { /* never 0 ms: see linux_port.c */
        uv_timer_start(&r->due, on_due, deadline > now ? deadline - now : 1, 0);
    }
}

static void on_soon(uv_idle_t *idle)
{
    struct hci_radio *r = idle->data;

    uv_idle_stop(idle);
    if (r->failed) {
        radio_end(r);
        radio_lost(&r->head, "radio %s: the controller cannot be used: %s", r->head.name, r->why);
        return;
    }
    if (r->hung) {
        r->hung = false;
        stream_broke(r, r->why);
    }
    if (r->fd >= 0 && !r->connecting && !r->up) {
        r->up = true;
        hci_host_up(&r->host, r->head.node, now_ms(r));
    }
    host_pull(r);
    if (r->up) {
        stream_poll(r);
        due_set(r);
    }
}

/* What the host tells */

static void on_kick(void *ctx)
{
    struct hci_radio *r = ctx;

    if (!r->over) {
        uv_idle_start(&r->soon, on_soon);
    }
}

static void on_state(void *ctx, enum hci_host_state state, const char *why)
{
    struct hci_radio *r = ctx;

    if (r->over) {
        return;
    }
    if (state == HCI_READY) {
        if (r->was_ready) {
            radio_note(&r->head, "radio %s: the controller is back", r->head.name);
        }
        r->ready = r->was_ready = true;
        uv_timer_stop(&r->retry);
    } else if (state == HCI_FAILED) {
        r->failed = true;
        snprintf(r->why, sizeof(r->why), "%s", why);
        on_kick(r);
    } else if (r->up) { /* if not, it is we who have said that the stream broke */
        r->hung = state == HCI_DOWN;
        if (why[0] != '\0') { /* a new beginning has no reason of its own: the last one stands */
            snprintf(r->why, sizeof(r->why), "%s", why);
        }
        away_begin(r, "resetting it");
        on_kick(r);
    }
}

static void on_failed(void *ctx, const struct usher_ble_addr *peer, const char *why)
{
    const uint8_t *a = peer->addr;
    struct hci_radio *r = ctx;

    if (!r->over) {
        radio_note(&r->head, "radio %s: connection with %02x%02x%02x%02x%02x%02x: %s", r->head.name,
                   a[0], a[1], a[2], a[3], a[4], a[5], why);
    }
}

static void on_packet(void *ctx, bool from_controller, const uint8_t *packet, size_t len)
{
    struct hci_radio *r = ctx;

    if (r->head.capture != NULL) {
        pcap_h4(r->head.capture, radio_time_us(), from_controller, packet, len);
    }
}

/* Reading */

static void stream_read(struct hci_radio *r)
{
    uint8_t octets[READ_MAX];

    for (unsigned i = 0; i < READ_BATCH && r->up; i++) {
        ssize_t got = read(r->fd, octets, sizeof(octets));
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (got <= 0) {
            stream_broke(r, "the controller's stream broke");
            return;
        }
        hci_host_in(&r->host, now_ms(r), octets, (size_t)got);
    }
}

static void on_stream(uv_poll_t *poll, int status, int events)
{
    struct hci_radio *r = poll->data;
    char why[RADIO_WHY];

    if (r->connecting) {
        r->connecting = false;
        if (!hci_stream_connected(&r->stream, r->fd, why, sizeof(why))) {
            stream_broke(r, why);
            return;
        }
        on_kick(r);
        stream_poll(r);
        return;
    }
    if (status == 0 && (events & UV_WRITABLE) != 0) {
        on_kick(r);
    }
    stream_read(r);
    if (status < 0 && r->up) { /* libuv polls no more */
        stream_broke(r, "the controller's stream broke");
    }
}

/* Opening, again and again */

/* From now on the loop looks after the stream. */
static bool stream_watch(struct hci_radio *r, char *why, size_t why_len)
{
    int error = uv_poll_init(r->head.loop, &r->poll, r->fd);

    if (error != 0) {
        snprintf(why, why_len, "%s: %s", r->head.name, uv_strerror(error));
        close(r->fd);
        r->fd = -1;
        return false;
    }
    radio_handle_open(&r->head, (uv_handle_t *)&r->poll);
    r->polled = 0;
    stream_poll(r);
    return true;
}

static void stream_retry(struct hci_radio *r)
{
    r->fd = hci_stream_open(&r->stream, &r->connecting, r->why, sizeof(r->why));
    r->opened_ms = now_ms(r);
    if (r->fd >= 0 && stream_watch(r, r->why, sizeof(r->why)) && !r->connecting) {
        on_kick(r);
    }
}

static void on_retry(uv_timer_t *timer)
{
    struct hci_radio *r = timer->data;

    if (now_ms(r) - r->away_ms >= (r->was_ready ? PATIENCE_MS : START_MS)) {
        radio_end(r);
        radio_lost(&r->head, "radio %s is lost: %s", r->head.name, r->why);
    } else if (r->fd < 0) {
        stream_retry(r);
    } else if (r->connecting && now_ms(r) - r->opened_ms >= CONNECT_MS) {
        stream_broke(r, "no answer to the connection");
    }
}

/* What the instance calls: the host, whose ctx is not the port's. */

static enum usher_err hci_adv_start(void *ctx, const struct usher_adv *adv)
{
    struct hci_radio *r = ctx;

    return r->calls.adv_start(&r->host, adv);
}

static void hci_adv_stop(void *ctx, uint8_t slot)
{
    struct hci_radio *r = ctx;

    r->calls.adv_stop(&r->host, slot);
}

static enum usher_err hci_scan(void *ctx, unsigned what)
{
    struct hci_radio *r = ctx;

    return r->calls.scan(&r->host, what);
}

static void hci_gatt_serve(void *ctx, enum usher_gatt_service service)
{
    struct hci_radio *r = ctx;

    r->calls.gatt_serve(&r->host, service);
}

static enum usher_err hci_gatt_connect(void *ctx, const struct usher_ble_addr *peer,
                                       enum usher_gatt_service service, uint8_t *conn)
{
    struct hci_radio *r = ctx;

    return r->calls.gatt_connect(&r->host, peer, service, conn);
}

static void hci_gatt_disconnect(void *ctx, uint8_t conn)
{
    struct hci_radio *r = ctx;

    r->calls.gatt_disconnect(&r->host, conn);
}

static enum usher_err hci_gatt_send(void *ctx, uint8_t conn, const uint8_t *value, uint8_t len)
{
    struct hci_radio *r = ctx;

    return r->calls.gatt_send(&r->host, conn, value, len);
}

static bool hci_own_addr(void *ctx, struct usher_ble_addr *addr)
{
    struct hci_radio *r = ctx;

    return r->calls.own_addr(&r->host, addr);
}

/* From beginning to end */

static bool host_init(struct hci_radio *r, uint16_t mtu)
{
    struct usher_port *port = &r->head.port;
    const struct hci_host_config config = { .mtu = mtu,
                                            .gatt = &hci_gatt,
                                            .conns = r->conns,
                                            .conn_count = LINUX_PORT_CONNS,
                                            .kick = on_kick,
                                            .state = on_state,
                                            .note = on_failed,
                                            .trace = &r->trace,
                                            .ctx = r };

    if (hci_host_init(&r->host, &config) != USHER_OK) {
        return false;
    }
    hci_host_port(&r->host, port);
    r->calls = *port;
    port->ctx = r;
    port->adv_start = hci_adv_start;
    port->adv_stop = hci_adv_stop;
    port->scan = hci_scan;
    port->gatt_serve = hci_gatt_serve;
    port->gatt_connect = hci_gatt_connect;
    port->gatt_disconnect = hci_gatt_disconnect;
    port->gatt_send = hci_gatt_send;
    port->own_addr = hci_own_addr;
    return true;
}

static bool hci_mtu_set(struct linux_port *p, uint16_t mtu)
{
    return mtu != 0 && host_init((struct hci_radio *)p, mtu);
}

/* The first time, a connection is waited for, so that a radio that is not there is told at once. */
static bool stream_open(struct hci_radio *r, char *why, size_t why_len)
{
    r->fd = hci_stream_open(&r->stream, &r->connecting, why, why_len);
    struct pollfd wait = { .fd = r->fd, .events = POLLOUT };
    bool ok = r->fd >= 0;

    if (ok && r->connecting) {
        r->connecting = false;
        snprintf(why, why_len, "%s: no answer to the connection", r->head.name);
        ok =
            poll(&wait, 1, CONNECT_MS) > 0 && hci_stream_connected(&r->stream, r->fd, why, why_len);
    }
    if (!ok && r->fd >= 0) {
        close(r->fd);
    }
    return ok && stream_watch(r, why, why_len);
}

static bool radio_open(struct hci_radio *r, char *why, size_t why_len)
{
    struct linux_port *p = &r->head;

    r->trace = (struct hci_trace){ .packet = on_packet, .ctx = r };
    if (!host_init(r, 0) || !stream_open(r, why, why_len)) {
        return false;
    }
    uv_timer_init(p->loop, &r->due);
    uv_timer_init(p->loop, &r->retry);
    uv_idle_init(p->loop, &r->soon);
    radio_handle_open(p, (uv_handle_t *)&r->due);
    radio_handle_open(p, (uv_handle_t *)&r->retry);
    radio_handle_open(p, (uv_handle_t *)&r->soon);
    snprintf(r->why, sizeof(r->why), "it does not answer; is it a controller that speaks HCI?");
    r->away_ms = now_ms(r);
    uv_timer_start(&r->retry, on_retry, RETRY_MS, RETRY_MS);
    on_kick(r);
    return true;
}

static bool h4_open(struct linux_port *p, const char *radio, char *why, size_t why_len)
{
    struct hci_radio *r = (struct hci_radio *)p;

    return hci_stream_h4(&r->stream, radio + strlen(radio_h4.prefix), why, why_len) &&
           radio_open(r, why, why_len);
}

static bool hci_open(struct linux_port *p, const char *radio, char *why, size_t why_len)
{
    struct hci_radio *r = (struct hci_radio *)p;

    return hci_stream_user_channel(&r->stream, radio + strlen(radio_hci.prefix), why, why_len) &&
           radio_open(r, why, why_len);
}

/* A real controller would go on with what it was told to do: what is asked for last is Reset. */
static void hci_close(struct linux_port *p)
{
    static const uint8_t reset[] = { H4_COMMAND, 0x03, 0x0C, 0 };
    struct hci_radio *r = (struct hci_radio *)p;

    if (r->up && stream_write(r)) {
        memcpy(r->out, reset, sizeof(reset));
        r->out_len = sizeof(reset);
        (void)stream_write(r);
    }
    radio_end(r);
    hci_host_down(&r->host, now_ms(r)); /* it goes on with nothing that it is in the middle of */
}

const struct radio_kind radio_h4 = { .prefix = "h4:",
                                     .h4 = true,
                                     .size = sizeof(struct hci_radio),
                                     .open = h4_open,
                                     .close = hci_close,
                                     .mtu_set = hci_mtu_set };

const struct radio_kind radio_hci = { .prefix = "hci:",
                                      .h4 = true,
                                      .size = sizeof(struct hci_radio),
                                      .open = hci_open,
                                      .close = hci_close,
                                      .mtu_set = hci_mtu_set };
