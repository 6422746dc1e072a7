/*
 * The radio `serial:`: a device that runs the serial interface (usher/serial_host.h), at the other
 * end of a serial line, a pty or a socket. It has radio, sessions and the node's messages; here is
 * the line. Opened by linux_port.c.
 *
 *     serial:PATH[@BAUD[,rtscts]][,slip][,ecdh=device]
 *
 * A line that breaks, or a device that stops answering, is waited for, as hci_radio.c does it: what
 * has become of the radio goes to the owner as notes; after half a minute it is lost.
 */
#include "hci_stream.h"
#include "radio.h"

#include <usher/serial_host.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define READ_BATCH 16 /* reads, then it is the turn of the loop's other handles */
#define READ_MAX 1024
#define RETRY_MS 1000     /* between attempts to open the line */
#define START_MS 10000    /* that a device may take before it was ready once */
#define PATIENCE_MS 30000 /* that it may be away later */

struct serial_radio {
    struct linux_port head;
    struct usher_serial_remote remote;
    struct hci_stream stream;
    bool device_ecdh, slip;
    uv_poll_t poll;   /* of the line, while it is open */
    uv_timer_t due;   /* the remote's deadline */
    uv_timer_t retry; /* while the device does not answer */
    uv_prepare_t
        turn;       /* whatever was asked of the device in a turn of the loop is sent at its end */
    uv_idle_t soon; /* ... and there is one at once */
    int fd;         /* -1: no line */
    bool up, was_up;
    bool over; /* lost, or closed */
    uint64_t away_ms;
    char why[RADIO_WHY]; /* why it is away */
    uint16_t out_len, out_at;
    uint8_t out[1024]; /* what is being written */
};

static void on_line(uv_poll_t *poll, int status, int events);
static void on_retry(uv_timer_t *timer);

static uint64_t now_ms(const struct serial_radio *r)
{
    return r->head.port.now_ms(r->head.port.ctx);
}

/* The end of a line, and of the radio */

static void line_close(struct serial_radio *r)
{
    if (r->fd >= 0) {
        radio_handle_close(&r->head, (uv_handle_t *)&r->poll);
        close(r->fd);
        r->fd = -1;
    }
    r->out_len = r->out_at = 0;
}

static void away_begin(struct serial_radio *r, const char *what)
{
    if (r->up) {
        r->up = false;
        r->away_ms = now_ms(r);
        uv_timer_start(&r->retry, on_retry, RETRY_MS, RETRY_MS);
        radio_note(&r->head, "radio %s: %s; %s", r->head.name, r->why, what);
    }
}

static void line_broke(struct serial_radio *r)
{
    snprintf(r->why, sizeof(r->why), "the line to the serial device broke");
    line_close(r);
    away_begin(r, "reconnecting");
    usher_serial_remote_restart(&r->remote); /* the port may be closed from within */
}

static void radio_end(struct serial_radio *r)
{
    if (!r->over) {
        r->over = true;
        line_close(r);
        radio_handle_close(&r->head, (uv_handle_t *)&r->due);
        radio_handle_close(&r->head, (uv_handle_t *)&r->retry);
        radio_handle_close(&r->head, (uv_handle_t *)&r->turn);
        radio_handle_close(&r->head, (uv_handle_t *)&r->soon);
    }
}

/* Writing */

/* Answers false while some of r->out is left. */
static bool line_write(struct serial_radio *r)
{
    while (r->out_at < r->out_len) {
        ssize_t sent = write(r->fd, r->out + r->out_at, (size_t)r->out_len - r->out_at);

        if (sent < 0 && errno != EINTR) { /* a line that has broken shows when it is read */
            return false;
        }
        r->out_at = (uint16_t)(r->out_at + (sent > 0 ? sent : 0));
    }
    if (r->out_len != 0) { /* there may have been keys */
        r->head.port.crypto->wipe(r->out, r->out_len);
    }
    r->out_len = r->out_at = 0;
    return true;
}

static void pull(struct serial_radio *r)
{
    while (r->fd >= 0 && line_write(r)) {
        r->out_len =
            (uint16_t)usher_serial_host_next(&r->remote.line, now_ms(r), r->out, sizeof(r->out));
        if (r->out_len == 0) {
            break;
        }
    }
}

static void line_poll(struct serial_radio *r)
{
    bool waits = r->out_at < r->out_len;

    uv_poll_start(&r->poll, waits ? UV_READABLE | UV_WRITABLE : UV_READABLE, on_line);
}

static void on_due(uv_timer_t *timer)
{
    (void)timer; /* the loop has made a turn */
}

static void due_set(struct serial_radio *r)
{
    uint64_t deadline = usher_serial_remote_deadline(&r->remote);
    uint64_t now = now_ms(r);

    if (deadline == USHER_NEVER) {
        uv_timer_stop(&r->due);
    } else { /* never 0 ms: see linux_port.c */
        uv_timer_start(&r->due, on_due, deadline > now ? deadline - now : 1, 0);
    }
}

static void on_soon(uv_idle_t *idle)
{
    uv_idle_stop(idle); /* the loop makes a turn */
}

static void on_turn(uv_prepare_t *turn)
{
    struct serial_radio *r = turn->data;

    if (r->fd < 0) {
        return;
    }
    usher_serial_remote_process(&r->remote, now_ms(r));
    if (r->over) { /* closed from within */
        return;
    }
    pull(r);
    line_poll(r);
    due_set(r);
}

/* What the remote tells */

static void on_kick(void *user)
{
    struct serial_radio *r = user;

    if (!r->over) {
        uv_idle_start(&r->soon, on_soon);
    }
}

static void on_state(void *user, enum usher_serial_line line)
{
    struct serial_radio *r = user;

    if (r->over) {
        return;
    }
    if (line == USHER_SERIAL_LINE_UP) {
        if (r->was_up && !r->up) {
            radio_note(&r->head, "radio %s: the serial device is back", r->head.name);
        }
        r->up = r->was_up = true;
        uv_timer_stop(&r->retry);
    } else if (line == USHER_SERIAL_LINE_SILENT) {
        snprintf(r->why, sizeof(r->why), "the serial device does not answer");
        away_begin(r, "waiting for it");
    }
}

static void on_note(void *user, const char *what)
{
    struct serial_radio *r = user;

    radio_note(&r->head, "radio %s: %s", r->head.name, what);
}

/* Reading */

static void line_read(struct serial_radio *r)
{
    uint8_t octets[READ_MAX];

    for (unsigned i = 0; i < READ_BATCH && r->fd >= 0; i++) {
        ssize_t got = read(r->fd, octets, sizeof(octets));

        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (got <= 0) {
            line_broke(r);
            return;
        }
        usher_serial_remote_in(&r->remote, now_ms(r), octets, (size_t)got);
    }
}

static void on_line(uv_poll_t *poll, int status, int events)
{
    struct serial_radio *r = poll->data;

    (void)events;
    line_read(r);
    if (status < 0 && r->fd >= 0) { /* libuv polls no more */
        line_broke(r);
    }
}

/* Opening, again and again */

static bool line_open(struct serial_radio *r, char *why, size_t why_len)
{
    bool connecting;
    int error;

    r->fd = hci_stream_open(&r->stream, &connecting, why, why_len);
    if (r->fd < 0) {
        return false;
    }
    error = uv_poll_init(r->head.loop, &r->poll, r->fd);
    if (error != 0) {
        snprintf(why, why_len, "%s: %s", r->head.name, uv_strerror(error));
        close(r->fd);
        r->fd = -1;
        return false;
    }
    radio_handle_open(&r->head, (uv_handle_t *)&r->poll);
    line_poll(r);
    return true;
}

static void on_retry(uv_timer_t *timer)
{
    struct serial_radio *r = timer->data;

    if (now_ms(r) - r->away_ms >= (r->was_up ? PATIENCE_MS : START_MS)) {
        radio_end(r);
        radio_lost(&r->head, "radio %s is lost: %s", r->head.name, r->why);
    } else if (r->fd < 0 && line_open(r, r->why, sizeof(r->why))) {
        on_kick(r);
    }
}

/* From beginning to end */

/* Takes one of the words at the end off. */
static bool word_take(char *text, const char *word)
{
    size_t len = strlen(text), word_len = strlen(word);
    bool there = len > word_len && strcmp(text + len - word_len, word) == 0;

    if (there) {
        text[len - word_len] = '\0';
    }
    return there;
}

static bool place_read(struct serial_radio *r, const char *text, char *why, size_t why_len)
{
    char place[HCI_STREAM_PATH + 64];
    bool more = true;

    snprintf(place, sizeof(place), "%s", text);
    while (more) {
        bool slip = word_take(place, ",slip"), device = word_take(place, ",ecdh=device");

        r->slip |= slip;
        r->device_ecdh |= device;
        more = slip || device;
    }
    return hci_stream_serial(&r->stream, place, why, why_len);
}

static bool serial_open(struct linux_port *p, const char *radio, char *why, size_t why_len)
{
    struct serial_radio *r = (struct serial_radio *)p;
    struct usher_serial_remote_config config = {
        .line = on_state, .note = on_note, .kick = on_kick, .user = r
    };

    if (!place_read(r, radio + strlen(radio_serial.prefix), why, why_len)) {
        return false;
    }
    config.slip = r->slip;
    config.device_ecdh = r->device_ecdh;
    r->over = true; /* until there is a loop to be kicked */
    if (usher_serial_remote_init(&r->remote, p->node, &p->port, &config) != USHER_OK ||
        !line_open(r, why, why_len)) {
        return false;
    }
    r->over = false;
    uv_timer_init(p->loop, &r->due);
    uv_timer_init(p->loop, &r->retry);
    uv_prepare_init(p->loop, &r->turn);
    uv_idle_init(p->loop, &r->soon);
    radio_handle_open(p, (uv_handle_t *)&r->due);
    radio_handle_open(p, (uv_handle_t *)&r->retry);
    radio_handle_open(p, (uv_handle_t *)&r->turn);
    radio_handle_open(p, (uv_handle_t *)&r->soon);
    snprintf(r->why, sizeof(r->why), "nobody answers; is it a device with the serial interface?");
    r->away_ms = now_ms(r);
    uv_timer_start(&r->retry, on_retry, RETRY_MS, RETRY_MS);
    uv_prepare_start(&r->turn, on_turn);
    on_kick(r);
    return true;
}

/* The device would go on with what it was told to do. */
static void serial_close(struct linux_port *p)
{
    struct serial_radio *r = (struct serial_radio *)p;

    if (r->fd >= 0 && line_write(r)) {
        r->out_len = (uint16_t)usher_serial_remote_leave(&r->remote, r->out, sizeof(r->out));
        (void)line_write(r);
    }
    radio_end(r);
    usher_serial_remote_deinit(&r->remote);
}

const struct radio_kind radio_serial = { .prefix = "serial:",
                                         .unseen = true,
                                         .size = sizeof(struct serial_radio),
                                         .open = serial_open,
                                         .close = serial_close };
