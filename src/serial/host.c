/*
 * The host's end of the serial interface, the line: commands go out one at a time, answers find
 * theirs, events go up. Public interface: usher/serial_host.h.
 *
 * There are no numbers in answers, so one that comes late could be taken for another's. After each
 * time-out, therefore, nothing is sent but an Echo of octets that were never used before, until
 * just these come back: then all answers of before have come, too, and the place where packets
 * begin is known, as these octets are looked for wherever they are. A device that waits for the
 * rest of a packet gets a pause, with which ours begins anew, and then zeros, which are packets of
 * length 0 and are dropped, for those that know no pause.
 */
#include "frame.h"
#include "serial_pdu.h"

#include <usher/serial_host.h>

#include <string.h>

#define TIMEOUT_MS 2000u
#define ECHO_MS 1000u  /* that an echo may take */
#define PAUSE_MS 150u  /* more than SERIAL_GAP_MS */
#define RETRY_MS 2000u /* between echoes on a silent line */
#define GAP_MS 1000u   /* a packet from the device is never interrupted so long */
#define ASKS 3u        /* echoes until the line is silent */
#define STRANGE_MAX 3u /* packets in a row that cannot be read */
#define FILL 255u      /* the longest packet that a device may be waiting for */

static void kick(struct usher_serial_host *h)
{
    if (h->config.kick != NULL) {
        h->config.kick(h->config.user);
    }
}

static void wipe(struct usher_serial_host *h, void *buf, size_t len)
{
    h->config.crypto->wipe(buf, len);
}

/* -- requests ---------------------------------------------------------------------------------- */

static struct usher_serial_request **link_to(struct usher_serial_host *h,
                                             const struct usher_serial_request *r)
{
    struct usher_serial_request **link = &h->queue;

    while (*link != NULL && *link != r) {
        link = &(*link)->next;
    }
    return link;
}

static void leave(struct usher_serial_host *h, struct usher_serial_request *r)
{
    struct usher_serial_request **link = link_to(h, r);

    if (*link != NULL) {
        *link = r->next;
    }
    r->next = NULL;
    r->on_way = false;
    wipe(h, r->payload, sizeof(r->payload));
}

/* The first request has ended. */
static void end(struct usher_serial_host *h, enum usher_err err,
                const struct usher_serial_packet *answer)
{
    struct usher_serial_request *r = h->queue;
    bool forgotten = h->forgotten;

    h->waiting = false;
    h->forgotten = false;
    if (!forgotten && r != NULL) {
        leave(h, r);
        r->done(r->user, r, err, answer);
    }
    kick(h);
}

/* All that there are, but none that who is told sends meanwhile: who is told may cancel, too. */
static void end_all(struct usher_serial_host *h, enum usher_err err)
{
    struct usher_serial_request *r;

    h->waiting = false;
    h->forgotten = false;
    for (r = h->queue; r != NULL; r = r->next) {
        r->ending = true;
    }
    while ((r = h->queue) != NULL && r->ending) {
        leave(h, r);
        r->done(r->user, r, err, NULL);
    }
}

static enum usher_err queue(struct usher_serial_host *h, struct usher_serial_request *r)
{
    struct usher_serial_request **link = link_to(h, NULL);

    r->next = NULL;
    r->on_way = true;
    r->ending = false;
    r->tried = 0;
    *link = r;
    kick(h);
    return USHER_OK;
}

enum usher_err usher_serial_host_send(struct usher_serial_host *h, struct usher_serial_request *r,
                                      const struct usher_serial_packet *p)
{
    struct usher_serial_packet copy = *p;
    int len;

    if (r->on_way || h->line == USHER_SERIAL_LINE_SILENT) {
        return USHER_E_STATE;
    }
    len = serial_write(SERIAL_COMMAND, &copy, r->payload);
    wipe(h, &copy, sizeof(copy));
    if (len < 0) {
        return USHER_E_LENGTH;
    }
    r->opcode = p->opcode;
    r->len = (uint8_t)len;
    return queue(h, r);
}

enum usher_err usher_serial_host_send_raw(struct usher_serial_host *h,
                                          struct usher_serial_request *r, uint8_t opcode,
                                          const uint8_t *payload, size_t len)
{
    if (r->on_way || h->line == USHER_SERIAL_LINE_SILENT) {
        return USHER_E_STATE;
    }
    if (len > USHER_SERIAL_PAYLOAD_MAX) {
        return USHER_E_LENGTH;
    }
    if (len != 0) {
        memcpy(r->payload, payload, len);
    }
    r->opcode = opcode;
    r->len = (uint8_t)len;
    return queue(h, r);
}

void usher_serial_host_cancel(struct usher_serial_host *h, struct usher_serial_request *r)
{
    if (!r->on_way) {
        return;
    }
    if (h->waiting && !h->forgotten && h->queue == r) {
        h->forgotten = true; /* its answer comes still */
    }
    leave(h, r);
}

/* -- asking whether anybody is there ----------------------------------------------------------- */

static void line_set(struct usher_serial_host *h, enum usher_serial_line line)
{
    bool changed = h->line != line;

    h->line = (uint8_t)line;
    if (changed && h->config.line != NULL) {
        h->config.line(h->config.user, line);
    }
}

/* A pause; then the echo. What is being sent is whole first. */
static void ask(struct usher_serial_host *h, uint64_t now, uint32_t pause)
{
    h->waiting = false;
    h->forgotten = false;
    h->asked = false;
    h->strange = 0;
    h->at = now + pause;
    kick(h);
}

static void resync(struct usher_serial_host *h, uint64_t now)
{
    h->stats.resyncs++;
    h->asks = 0;
    line_set(h, USHER_SERIAL_LINE_ASKING);
    ask(h, now, PAUSE_MS);
}

static void up(struct usher_serial_host *h)
{
    h->asked = false;
    h->asks = 0;
    h->strange = 0;
    line_set(h, USHER_SERIAL_LINE_UP);
    kick(h);
}

/* The echo: its frame as it will come back is kept to be looked for. */
static void echo_write(struct usher_serial_host *h, uint64_t now)
{
    uint8_t token[8] = { 'u', 's', 'h', 'r' };
    size_t len;

    h->asking++;
    for (unsigned i = 0; i < 2; i++) {
        token[4 + i] = (uint8_t)(h->asking >> 8 * i);
        token[6 + i] = (uint8_t)(now >> 8 * i);
    }
    h->fill = !h->config.slip && h->asks != 0 ? FILL : 0;
    len = serial_frame_write(h->config.slip, USHER_SERIAL_ECHO, token, sizeof(token), h->tx);
    h->tx_len = (uint16_t)len;
    h->tx_at = 0;
    h->echo[0] = sizeof(token) + 1;
    h->echo[1] = USHER_SERIAL_EVT_ECHO_RSP;
    memcpy(h->echo + 2, token, sizeof(token));
    memset(h->tail, 0, sizeof(h->tail));
    h->asked = true;
    h->at = now + ECHO_MS;
}

static void unanswered(struct usher_serial_host *h, uint64_t now)
{
    bool silent = h->line == USHER_SERIAL_LINE_SILENT || ++h->asks >= ASKS;

    ask(h, now, silent ? RETRY_MS : PAUSE_MS);
    if (silent) {
        line_set(h, USHER_SERIAL_LINE_SILENT);
        end_all(h, USHER_E_TIMEOUT);
    }
}

/* -- to the device ----------------------------------------------------------------------------- */

static bool is_up(const struct usher_serial_host *h)
{
    return h->line == USHER_SERIAL_LINE_UP;
}

static void command_write(struct usher_serial_host *h)
{
    struct usher_serial_request *r = h->queue;
    uint8_t packet[1 + USHER_SERIAL_PAYLOAD_MAX];

    packet[0] = r->opcode;
    memcpy(packet + 1, r->payload, r->len);
    if (h->config.trace != NULL) {
        h->config.trace(h->config.user, false, packet, 1u + r->len);
    }
    wipe(h, packet, sizeof(packet));
    h->tx_len = (uint16_t)serial_frame_write(h->config.slip, r->opcode, r->payload, r->len, h->tx);
    h->tx_at = 0;
    h->waiting = true;
    h->forgotten = false;
    h->waiting_for = r->opcode;
    h->timeout_ms = r->timeout_ms != 0 ? r->timeout_ms : TIMEOUT_MS;
    r->tried++;
}

static bool pull(struct usher_serial_host *h, uint64_t now)
{
    if (h->fill != 0 || h->tx_at < h->tx_len) {
        return true;
    }
    if (is_up(h) && !h->waiting && h->queue != NULL) {
        command_write(h);
    } else if (!is_up(h) && !h->asked && now >= h->at) {
        echo_write(h, now);
    }
    return h->fill != 0 || h->tx_at < h->tx_len;
}

size_t usher_serial_host_next(struct usher_serial_host *h, uint64_t now, uint8_t *buf, size_t size)
{
    size_t len = 0;

    while (len < size && pull(h, now)) {
        if (h->fill != 0) {
            buf[len++] = 0;
            h->fill--;
        } else {
            buf[len++] = h->tx[h->tx_at];
            h->tx[h->tx_at++] = 0;
        }
    }
    if (len != 0 && is_up(h) && h->waiting) {
        h->at = now + h->timeout_ms;
    } else if (len != 0 && h->asked) {
        h->at = now + ECHO_MS;
    }
    return len;
}

/* -- from the device --------------------------------------------------------------------------- */

static enum usher_err status_err(uint8_t status)
{
    switch (status) {
    case USHER_SERIAL_SUCCESS:
        return USHER_OK;
    case USHER_SERIAL_CMD_UNKNOWN:
        return USHER_E_UNSUPPORTED;
    case USHER_SERIAL_INVALID_STATE:
        return USHER_E_STATE;
    case USHER_SERIAL_INVALID_LENGTH:
        return USHER_E_LENGTH;
    case USHER_SERIAL_INVALID_PARAMETER:
        return USHER_E_PARAM;
    case USHER_SERIAL_BUSY:
        return USHER_E_BUSY;
    case USHER_SERIAL_INVALID_DATA:
        return USHER_E_DATA;
    case USHER_SERIAL_REJECTED:
        return USHER_E_RESOURCES;
    case USHER_SERIAL_TIMEOUT:
        return USHER_E_TIMEOUT;
    default:
        return USHER_E_INTERNAL;
    }
}

/* No answer will come to what is on its way. */
static void give_up(struct usher_serial_host *h, uint64_t now, enum usher_err err)
{
    struct usher_serial_request *r = h->forgotten ? NULL : h->queue;
    bool again = r != NULL && r->tried < r->tries;

    if (again) { /* it stays the first */
        h->waiting = false;
        resync(h, now);
        return;
    }
    resync(h, now);
    if (r != NULL) {
        leave(h, r);
        r->done(r->user, r, err, NULL);
    }
}

static void strange(struct usher_serial_host *h, uint64_t now)
{
    h->stats.unread++;
    if (++h->strange >= STRANGE_MAX && is_up(h) && !h->config.slip) {
        if (h->waiting) {
            give_up(h, now, USHER_E_TIMEOUT);
        } else {
            resync(h, now);
        }
    }
}

static void answered(struct usher_serial_host *h, uint64_t now, struct usher_serial_packet *p)
{
    const uint8_t *data = p->data;
    uint8_t command = p->command, status = p->status;
    uint16_t len = p->len;
    enum usher_err err = status_err(status);

    /* A command of ours was damaged on its way: the device has not known which. */
    if (command == 0 && status == USHER_SERIAL_INVALID_LENGTH && h->waiting &&
        h->waiting_for != 0) {
        give_up(h, now, USHER_E_LENGTH);
        return;
    }
    if (!h->waiting || command != h->waiting_for) {
        h->stats.answers++;
        return;
    }
    if (len != 0 && !serial_answer_read(command, data, len, p) &&
        serial_known(SERIAL_COMMAND, command)) {
        h->stats.unread++;
        end(h, USHER_E_DATA, NULL);
        return;
    }
    if (len == 0 && status == USHER_SERIAL_SUCCESS && serial_known(SERIAL_COMMAND, command) &&
        !serial_answer_read(command, data, 0, p)) {
        h->stats.unread++;
        end(h, USHER_E_DATA, NULL);
        return;
    }
    end(h, err, p);
}

static void echoed(struct usher_serial_host *h, const struct usher_serial_packet *p)
{
    bool ours = !is_up(h) && h->asked && p->len == sizeof(h->echo) - 2 &&
                memcmp(p->data, h->echo + 2, p->len) == 0;

    if (ours) {
        up(h);
    } else if (h->waiting && h->waiting_for == USHER_SERIAL_ECHO) {
        end(h, USHER_OK, p);
    } else {
        h->stats.answers++;
    }
}

/* What waits has not been done, but a reset has. */
static void started(struct usher_serial_host *h, const struct usher_serial_packet *p)
{
    h->fill = 0;
    h->tx_at = h->tx_len;
    if (h->waiting && h->waiting_for == USHER_SERIAL_RADIO_RESET) {
        end(h, USHER_OK, NULL);
    }
    end_all(h, USHER_E_STATE);
    up(h);
    h->config.event(h->config.user, p);
}

static void packet(struct usher_serial_host *h, uint64_t now, const uint8_t *octets, size_t len)
{
    struct usher_serial_packet p;

    if (h->config.trace != NULL) {
        h->config.trace(h->config.user, true, octets, len);
    }
    if (!serial_read(SERIAL_EVENT, octets[0], octets + 1, len - 1, &p)) {
        strange(h, now);
        return;
    }
    h->strange = 0;
    switch (p.opcode) {
    case USHER_SERIAL_EVT_CMD_RSP:
        answered(h, now, &p);
        break;
    case USHER_SERIAL_EVT_ECHO_RSP:
        echoed(h, &p);
        break;
    case USHER_SERIAL_EVT_DEVICE_STARTED:
        started(h, &p);
        break;
    default:
        h->config.event(h->config.user, &p);
        break;
    }
    wipe(h, &p, sizeof(p));
}

/* Whether the echo has just come, wherever packets seem to begin. */
static bool found(struct usher_serial_host *h, uint8_t octet)
{
    memmove(h->tail, h->tail + 1, sizeof(h->tail) - 1);
    h->tail[sizeof(h->tail) - 1] = octet;
    return !is_up(h) && h->asked && !h->config.slip &&
           memcmp(h->tail, h->echo, sizeof(h->echo)) == 0;
}

void usher_serial_host_in(struct usher_serial_host *h, uint64_t now, const uint8_t *octets,
                          size_t len)
{
    uint8_t copy[USHER_SERIAL_FRAME_MAX];

    if (len != 0 && !h->config.slip && h->rx.have != 0 && now - h->rx_at > GAP_MS) {
        h->rx.have = 0;
    }
    h->rx_at = now;
    for (size_t i = 0; i < len; i++) {
        /* The time is not told: how long we were busy elsewhere is no gap of the device's. */
        enum serial_frame_result result = serial_frame_rx(&h->rx, 0, octets[i]);

        if (found(h, octets[i])) {
            h->rx.have = 0;
            up(h);
        } else if (result == SERIAL_FRAME_DONE) {
            memcpy(copy, h->rx.octets, sizeof(copy));
            packet(h, now, copy + 1, copy[0]);
        } else if (result == SERIAL_FRAME_BAD) {
            strange(h, now);
        }
    }
    wipe(h, copy, sizeof(copy));
}

const char *usher_serial_name(bool from_device, uint8_t opcode)
{
    return serial_name(from_device ? SERIAL_EVENT : SERIAL_COMMAND, opcode);
}

const char *usher_serial_status(uint8_t status)
{
    return serial_status_name(status);
}

/* -- time -------------------------------------------------------------------------------------- */

void usher_serial_host_process(struct usher_serial_host *h, uint64_t now)
{
    if (is_up(h)) {
        if (h->waiting && h->tx_at == h->tx_len && now >= h->at) {
            give_up(h, now, USHER_E_TIMEOUT);
        }
    } else if (h->asked && now >= h->at) {
        unanswered(h, now);
    } else if (!h->asked && now >= h->at) {
        kick(h); /* the pause is over */
    }
}

uint64_t usher_serial_host_deadline(const struct usher_serial_host *h)
{
    return is_up(h) && !h->waiting ? USHER_NEVER : h->at;
}

enum usher_err usher_serial_host_init(struct usher_serial_host *h,
                                      const struct usher_serial_host_config *config)
{
    if (h == NULL || config == NULL || config->crypto == NULL || config->event == NULL) {
        return USHER_E_NULL;
    }
    memset(h, 0, sizeof(*h));
    h->config = *config;
    h->rx.slip = config->slip;
    return USHER_OK;
}

void usher_serial_host_restart(struct usher_serial_host *h)
{
    h->fill = 0;
    h->tx_at = h->tx_len;
    h->rx.have = 0;
    h->rx.escaped = h->rx.dropping = false;
    end_all(h, USHER_E_STATE);
    h->asks = 0;
    h->asked = false;
    h->at = 0;
    line_set(h, USHER_SERIAL_LINE_ASKING);
    kick(h);
}

void usher_serial_host_deinit(struct usher_serial_host *h)
{
    while (h->queue != NULL) {
        leave(h, h->queue);
    }
    h->config.crypto->wipe(h, sizeof(*h));
}
