/*
 * The device's end of the serial interface: octets in and out, the answer to every command, the
 * commands that are about the device itself. Public interface: usher/serial.h; the packets:
 * serial_table.def.
 *
 * A command is executed only when there is room for its answer, and octets are not taken before;
 * the UART's flow control then holds the host off. An event for which there is no room is lost and
 * counted, the light ones long before the heavy.
 */
#include "target.h"

#include "frame.h"
#include "serial_pdu.h"

#include <string.h>

#define MODE_APPLICATION 2u /* Device Started */
#define CREDIT 0xFEu
#define FRAME_ROOM(s) ((s)->config.slip ? SERIAL_WIRE_MAX : USHER_SERIAL_FRAME_MAX)
#define EXTENSIONS                                                                                 \
    (USHER_SERIAL_EXT_SESSIONS | USHER_SERIAL_EXT_BEACON | USHER_SERIAL_EXT_CAPS |                 \
     USHER_SERIAL_EXT_SHOW | USHER_SERIAL_EXT_SECRET | USHER_SERIAL_EXT_PUBKEY |                   \
     USHER_SERIAL_EXT_DATA)

/* -- to the host ------------------------------------------------------------------------------- */

static size_t room(const struct usher_serial *s)
{
    return s->config.tx_size - (s->tx_in - s->tx_out);
}

/* @param kept  Octets that must be left. @retval false  No room. */
static bool send(struct usher_serial *s, uint8_t opcode, const uint8_t *payload, size_t len,
                 size_t kept)
{
    uint8_t wire[SERIAL_WIRE_MAX];
    size_t n = serial_frame_write(s->config.slip, opcode, payload, len, wire);
    bool fits = room(s) >= n + kept;

    for (size_t i = 0; fits && i < n; i++) {
        s->config.tx[s->tx_in++ & (s->config.tx_size - 1u)] = wire[i];
    }
    s->node->port->crypto->wipe(wire, sizeof(wire));
    if (fits && s->config.kick != NULL) {
        s->config.kick(s->config.user);
    }
    return fits;
}

enum usher_err target_event(struct usher_serial *s, enum target_weight weight,
                            struct usher_serial_packet *event)
{
    uint8_t payload[USHER_SERIAL_PAYLOAD_MAX];
    size_t kept = weight == TARGET_EVENT_LIGHT ? s->config.tx_size / 2u : FRAME_ROOM(s);
    int len = serial_write(SERIAL_EVENT, event, payload);
    bool sent;

    if (len < 0) {
        return USHER_E_LENGTH;
    }
    sent = send(s, event->opcode, payload, (size_t)len, kept);
    s->node->port->crypto->wipe(payload, sizeof(payload));
    s->lost += !sent && s->lost != UINT32_MAX;
    return sent ? USHER_OK : USHER_E_NO_MEM;
}

/* What the host has to keep for us does not come again soon. */
static enum target_weight weight_of(uint8_t opcode)
{
    return opcode == USHER_SERIAL_EVT_IV_ENTRY_SET || opcode == USHER_SERIAL_EVT_SEQNUM_ENTRY_SET
               ? TARGET_EVENT_HEAVY
               : TARGET_EVENT_LIGHT;
}

enum usher_err usher_serial_tell(struct usher_serial *s, const struct usher_serial_packet *event)
{
    struct usher_serial_packet copy = *event;

    return s->enabled ? target_event(s, weight_of(copy.opcode), &copy) : USHER_E_STATE;
}

/* An answer, and an event that the command brings with it. */
static bool has_room(const struct usher_serial *s)
{
    return room(s) >= 3u * FRAME_ROOM(s);
}

size_t usher_uart_next(struct usher_serial *s, uint8_t *buf, size_t size)
{
    size_t len = 0;

    while (len < size && s->tx_out != s->tx_in) {
        uint8_t *octet = &s->config.tx[s->tx_out++ & (s->config.tx_size - 1u)];

        buf[len++] = *octet;
        *octet = 0;
    }
    if (s->held && has_room(s)) { /* the host may go on: until now it was not it that was slow */
        s->held = false;
        s->rx.at = s->node->port->now_ms(s->node->port->ctx);
    }
    return len;
}

enum usher_serial_status usher_serial_status_of(enum usher_err err)
{
    switch (err) {
    case USHER_OK:
        return USHER_SERIAL_SUCCESS;
    case USHER_E_INTERNAL:
    case USHER_E_NULL:
        return USHER_SERIAL_INTERNAL;
    case USHER_E_STATE:
    case USHER_E_FLAGS:
        return USHER_SERIAL_INVALID_STATE;
    case USHER_E_LENGTH:
    case USHER_E_SIZE:
        return USHER_SERIAL_INVALID_LENGTH;
    case USHER_E_PARAM:
        return USHER_SERIAL_INVALID_PARAMETER;
    case USHER_E_BUSY:
        return USHER_SERIAL_BUSY;
    case USHER_E_DATA:
    case USHER_E_ADDR:
        return USHER_SERIAL_INVALID_DATA;
    case USHER_E_TIMEOUT:
        return USHER_SERIAL_TIMEOUT;
    case USHER_E_NO_MEM:
    case USHER_E_NOT_FOUND:
    case USHER_E_UNSUPPORTED:
    case USHER_E_FORBIDDEN:
    case USHER_E_RESOURCES:
        return USHER_SERIAL_REJECTED;
    default:
        return USHER_SERIAL_UNKNOWN;
    }
}

/* -- the device's commands --------------------------------------------------------------------- */

static enum usher_serial_status application(struct usher_serial *s, struct usher_serial_packet *p)
{
    if (s->config.application == NULL) {
        return USHER_SERIAL_REJECTED;
    }
    s->config.application(s->config.user, p->data, p->len);
    return USHER_SERIAL_SUCCESS;
}

static enum usher_serial_status device(struct usher_serial *s, struct usher_serial_packet *p)
{
    switch (p->opcode) {
    case USHER_SERIAL_VERSION_GET:
        p->version = USHER_SERIAL_VERSION;
        return USHER_SERIAL_SUCCESS;
    case USHER_SERIAL_RADIO_RESET:
        return USHER_SERIAL_REJECTED; /* what it would do, is done elsewhere */
    case USHER_SERIAL_HOUSEKEEPING_GET:
        p->lost = s->lost;
        return USHER_SERIAL_SUCCESS;
    case USHER_SERIAL_HOUSEKEEPING_CLEAR:
        s->lost = 0;
        return USHER_SERIAL_SUCCESS;
    case USHER_SERIAL_EXTENSIONS_SET:
        s->extensions = p->features & EXTENSIONS;
        p->features = s->extensions;
        return USHER_SERIAL_SUCCESS;
    case USHER_SERIAL_EXTENSIONS_GET:
        p->version = USHER_SERIAL_EXTENSIONS;
        p->features = EXTENSIONS;
        p->contexts = s->config.session_count;
        return USHER_SERIAL_SUCCESS;
    case USHER_SERIAL_APPLICATION:
        return application(s, p);
    case USHER_SERIAL_UUID_SET:
        memcpy(s->config.uuid, p->uuid, sizeof(s->config.uuid));
        return USHER_SERIAL_SUCCESS;
    case USHER_SERIAL_UUID_GET:
        memcpy(p->uuid, s->config.uuid, sizeof(p->uuid));
        return USHER_SERIAL_SUCCESS;
    default:
        return USHER_SERIAL_CMD_UNKNOWN;
    }
}

/* -- from the host ----------------------------------------------------------------------------- */

static enum usher_serial_status handle(const struct usher_serial *s, struct usher_serial_packet *p)
{
    for (unsigned i = 0; i < s->config.handler_count; i++) {
        const struct usher_serial_handler *h = &s->config.handlers[i];

        if (p->opcode >= h->first && p->opcode <= h->last) {
            return h->command(h->user, p);
        }
    }
    return USHER_SERIAL_CMD_UNKNOWN;
}

/* The lists that a model may have too much of come with the error, too; so does its own answer. */
static bool has_data(uint8_t opcode, enum usher_serial_status status)
{
    return status == USHER_SERIAL_SUCCESS || opcode == USHER_SERIAL_MODEL_COMMAND ||
           (status == USHER_SERIAL_INVALID_LENGTH &&
            (opcode == USHER_SERIAL_MODEL_SUBS_GET || opcode == USHER_SERIAL_MODEL_APP_GET ||
             opcode == USHER_SERIAL_ELEM_MODELS_GET));
}

static void answer(struct usher_serial *s, uint8_t opcode, enum usher_serial_status status,
                   struct usher_serial_packet *p)
{
    uint8_t payload[2 + USHER_SERIAL_ANSWER_MAX] = { opcode, (uint8_t)status };
    int len =
        p != NULL && has_data(opcode, status) ? serial_answer_write(opcode, p, payload + 2) : 0;

    if (len < 0) {
        payload[1] = USHER_SERIAL_INTERNAL;
        len = 0;
    }
    (void)send(s, USHER_SERIAL_EVT_CMD_RSP, payload, 2 + (size_t)len, 0); /* has_room() */
    s->node->port->crypto->wipe(payload, sizeof(payload));
}

static void echo(struct usher_serial *s, const uint8_t *data, size_t len)
{
    (void)send(s, USHER_SERIAL_EVT_ECHO_RSP, data, len, 0);
}

static bool restart(struct usher_serial *s, uint8_t opcode)
{
    if (opcode != USHER_SERIAL_RADIO_RESET || s->config.restart == NULL) {
        return false;
    }
    s->config.restart(s->config.user);
    return true;
}

/* One packet: opcode and parameters. @param p  Memory for what is in it. */
static void execute(struct usher_serial *s, const uint8_t *packet, size_t len,
                    struct usher_serial_packet *p)
{
    uint8_t opcode = packet[0];
    const uint8_t *came; /* the command's data, which are not the answer's */
    enum usher_serial_status status;

    if (!serial_known(SERIAL_COMMAND, opcode)) {
        memset(p, 0, sizeof(*p));
        p->opcode = opcode;
        p->data = packet + 1;
        p->len = (uint16_t)(len - 1);
        answer(s, opcode, handle(s, p), NULL);
        return;
    }
    if (!serial_read(SERIAL_COMMAND, opcode, packet + 1, len - 1, p)) {
        answer(s, opcode, USHER_SERIAL_INVALID_LENGTH, NULL);
        return;
    }
    if (opcode == USHER_SERIAL_ECHO) {
        echo(s, p->data, p->len);
        return;
    }
    if (restart(s, opcode)) {
        return;
    }
    came = p->data;
    status = target_is_prov(opcode) ? target_prov(s, p) : device(s, p);
    if (status == USHER_SERIAL_CMD_UNKNOWN) {
        status = handle(s, p);
    }
    if (p->data == came) {
        p->len = 0;
    }
    answer(s, opcode, status, p);
}

/* Keys stay neither where the packet was taken apart nor where it was received. */
static void command(struct usher_serial *s)
{
    const struct usher_crypto *crypto = s->node->port->crypto;
    struct usher_serial_packet p;

    execute(s, s->rx.octets + 1, s->rx.octets[0], &p);
    crypto->wipe(&p, sizeof(p));
    crypto->wipe(s->rx.octets, sizeof(s->rx.octets));
}

size_t usher_in_uart(struct usher_serial *s, const uint8_t *octets, size_t len)
{
    uint64_t now = s->node->port->now_ms(s->node->port->ctx);
    size_t at = 0;

    while (at < len && s->enabled && has_room(s)) {
        enum serial_frame_result result = serial_frame_rx(&s->rx, now, octets[at++]);

        if (result == SERIAL_FRAME_DONE) {
            command(s);
        } else if (result == SERIAL_FRAME_BAD) {
            answer(s, 0, USHER_SERIAL_INVALID_LENGTH, NULL);
        }
    }
    s->held = at < len;
    return at;
}

/* -- making and ending ------------------------------------------------------------------------- */

static bool config_ok(const struct usher_serial_config *c)
{
    size_t frame = c->slip ? SERIAL_WIRE_MAX : USHER_SERIAL_FRAME_MAX;

    return c->session_count != 0 && c->session_count <= USHER_SERIAL_SESSIONS_MAX &&
           c->tx_size >= 4u * frame && (c->tx_size & (c->tx_size - 1u)) == 0;
}

enum usher_err usher_serial_init(struct usher_serial *s, struct usher *u,
                                 const struct usher_serial_config *config)
{
    if (s == NULL || u == NULL || config == NULL || config->sessions == NULL ||
        config->tx == NULL || (config->handlers == NULL && config->handler_count != 0)) {
        return USHER_E_NULL;
    }
    if (!config_ok(config)) {
        return USHER_E_PARAM;
    }
    memset(s, 0, sizeof(*s));
    s->node = u;
    s->config = *config;
    s->offload = config->offload;
    s->rx.slip = config->slip;
    for (unsigned i = 0; i < config->session_count; i++) {
        usher_session_init(u, &config->sessions[i], NULL, s);
    }
    return USHER_OK;
}

enum usher_err usher_serial_enable(struct usher_serial *s)
{
    struct usher_serial_packet e = { .opcode = USHER_SERIAL_EVT_DEVICE_STARTED,
                                     .operating_mode = MODE_APPLICATION,
                                     .credit = CREDIT };

    if (s->enabled) {
        return USHER_E_STATE;
    }
    s->enabled = true;
    return target_event(s, TARGET_EVENT_HEAVY, &e);
}

void usher_serial_offload(struct usher_serial *s, bool on)
{
    s->offload = on;
}

void usher_serial_deinit(struct usher_serial *s)
{
    const struct usher_crypto *crypto = s->node->port->crypto;

    target_prov_end(s);
    crypto->wipe(s->config.tx, s->config.tx_size);
    crypto->wipe(s, sizeof(*s));
}
