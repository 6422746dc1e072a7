/*
 * The host of hci_host.h: the stream in both directions, the flow of commands (Core Specification,
 * Vol 4, Part E, section 4.4), time-outs, and the way back by Reset when the controller does not
 * answer or the stream is out of step.
 */
#include "hci_parts.h"

#include <string.h>

#define COMMAND_MS 2000u /* in which a command is answered */
#define RESETS 3u        /* in a row, before the controller counts as gone */
#define SOUND_MS 10000u  /* that it works this long makes up for Resets before */

/* Octets of the longest packet that goes out: ACL data with a whole L2CAP frame. */
#define OUT_MAX (H4_HEADER_MAX + L2CAP_FRAME_MAX)

static const char no_answer[] = "the controller does not answer";

/* -- what is wrong ----------------------------------------------------------------------------- */

static void why_add(struct hci_host *h, const char *text)
{
    size_t at = strlen(h->why), len = strlen(text), room = sizeof(h->why) - 1 - at;

    len = len < room ? len : room;
    memcpy(h->why + at, text, len);
    h->why[at + len] = '\0';
}

void host_why(struct hci_host *h, const char *what, uint16_t opcode, int status)
{
    static const char digits[] = "0123456789ABCDEF";

    h->why[0] = '\0';
    why_add(h, what);
    if (opcode != 0) {
        why_add(h, " ");
        why_add(h, hci_command_name(opcode));
    }
    if (status >= 0) {
        char number[] = { digits[status >> 4 & 0xF], digits[status & 0xF], ')', '\0' };

        why_add(h, " (status 0x");
        why_add(h, number);
    }
}

static void tell_state(struct hci_host *h)
{
    if (h->config.state != NULL) {
        h->config.state(h->config.ctx, h->state, h->why);
    }
}

/* Whether a controller is talked to. */
static bool is_up(const struct hci_host *h)
{
    return h->state == HCI_STARTING || h->state == HCI_READY;
}

/* -- entering and leaving ---------------------------------------------------------------------- */

void host_touch(struct hci_host *h)
{
    h->touched = true;
}

static void enter_at(struct hci_host *h, uint64_t now)
{
    if (now > h->now) {
        h->now = now;
    }
    h->entered++;
}

void host_enter(struct hci_host *h)
{
    enter_at(h, h->port->now_ms(h->port->ctx));
}

void host_leave(struct hci_host *h)
{
    uint64_t deadline;

    if (--h->entered > 0) {
        return;
    }
    deadline = hci_host_deadline(h);
    if (h->touched || deadline != h->told_wait) {
        h->touched = false;
        h->told_wait = deadline;
        h->config.kick(h->config.ctx);
    }
}

/* -- Reset and recovery ------------------------------------------------------------------------ */

/* Nothing is on the air or connected any more. */
static void lose(struct hci_host *h)
{
    h->port->adv_slots = 0;
    h->pending_count = 0;
    h->scan_on = false;
    host_adv_lose(h);
    host_conn_lose(h);
}

static void end(struct hci_host *h, enum hci_host_state state)
{
    h->state = state;
    lose(h);
    if (h->state == state) { /* the instance may have had the owner do otherwise */
        tell_state(h);
    }
}

static void begin(struct hci_host *h, bool hunting)
{
    h->state = HCI_STARTING;
    h->step = 0;
    h->credits = 1;
    h4_reset(&h->in, hunting);
    host_touch(h);
    lose(h);
    if (h->state == HCI_STARTING) {
        host_adv_reset(h);
        tell_state(h);
    }
}

void host_recover(struct hci_host *h, const char *what, uint16_t opcode, int status, bool hunting)
{
    if (h->state == HCI_READY && h->now - h->ready_at >= SOUND_MS) {
        h->resets = 0;
    }
    host_why(h, what, opcode, status);
    if (h->resets == RESETS) {
        end(h, HCI_DOWN);
        return;
    }
    h->resets++;
    begin(h, hunting);
}

void host_fail(struct hci_host *h, const char *what, uint16_t opcode, int status)
{
    host_why(h, what, opcode, status);
    end(h, HCI_FAILED);
}

void host_ready(struct hci_host *h)
{
    uint8_t most = h->config.slots != 0 ? h->config.slots : USHER_ADV_SLOTS;

    h->state = HCI_READY;
    h->ready_at = h->now;
    h->why[0] = '\0';
    h->port->adv_slots = !h->extended ? 1 : h->sets < most ? h->sets : most;
    host_touch(h);
    tell_state(h);
    usher_process(h->node);
}

/* -- answers ----------------------------------------------------------------------------------- */

bool host_waits(const struct hci_host *h, uint16_t opcode, uint8_t index, bool on)
{
    for (uint8_t i = 0; i < h->pending_count; i++) {
        const struct hci_pending *p = &h->pending[i];

        if (p->opcode == opcode && p->index == index && p->on == on) {
            return true;
        }
    }
    return false;
}

/* Takes the oldest command with that opcode off the list. @retval false  None waits. */
static bool pending_take(struct hci_host *h, uint16_t opcode, struct hci_pending *p)
{
    for (uint8_t i = 0; i < h->pending_count; i++) {
        if (h->pending[i].opcode == opcode) {
            *p = h->pending[i];
            h->pending_count--;
            memmove(&h->pending[i], &h->pending[i + 1],
                    (size_t)(h->pending_count - i) * sizeof(h->pending[0]));
            return true;
        }
    }
    return false;
}

static void answered(struct hci_host *h, uint16_t opcode, uint8_t status, struct io *io)
{
    struct hci_pending p;

    if (!pending_take(h, opcode, &p)) {
        return;
    }
    if (h->state == HCI_STARTING) {
        host_start_answer(h, opcode, status, io);
        return;
    }
    switch (opcode) {
    case HCI_LE_SET_SCAN_ENABLE:
    case HCI_LE_SET_EXT_SCAN_ENABLE:
        host_scan_answer(h, &p, status);
        break;
    case HCI_DISCONNECT:
    case HCI_LE_CREATE_CONNECTION:
    case HCI_LE_EXT_CREATE_CONNECTION:
    case HCI_LE_CREATE_CONNECTION_CANCEL:
    case HCI_LE_REFUSE_LTK:
    case HCI_LE_ACCEPT_PARAMETERS:
    case HCI_LE_REFUSE_PARAMETERS:
        host_conn_answer(h, &p, status);
        break;
    default:
        host_adv_answer(h, &p, status);
        break;
    }
}

/* Commands whose Command Status says that they have begun; the others are answered by Command
 * Complete, and by a Command Status only if they are refused. */
static bool only_begins(uint16_t opcode)
{
    return opcode == HCI_DISCONNECT || opcode == HCI_LE_CREATE_CONNECTION ||
           opcode == HCI_LE_EXT_CREATE_CONNECTION;
}

static void in_answer(struct hci_host *h, bool complete, struct io *io)
{
    uint8_t credits = 0, status = HCI_OK;
    uint16_t opcode = 0;

    if (!complete) {
        io_u8(io, &status);
    }
    io_u8(io, &credits);
    io_le16(io, &opcode);
    if (!io_ok(io)) {
        return;
    }
    if (credits > h->credits) {
        host_touch(h);
    }
    h->credits = credits;
    if (credits == 0) {
        h->credits_by = h->now + COMMAND_MS;
    }
    if (opcode == 0) {
        return;
    }
    if (complete) {
        io_u8(io, &status);
    }
    if (io_ok(io) && (complete || status != HCI_OK || only_begins(opcode))) {
        host_touch(h);
        answered(h, opcode, status, io);
    }
}

/* -- events ------------------------------------------------------------------------------------ */

static void in_le_meta(struct hci_host *h, struct io *io)
{
    uint8_t subevent = 0;

    io_u8(io, &subevent);
    switch (subevent) {
    case HCI_LE_ADV_REPORT:
        host_scan_reports(h, false, io);
        break;
    case HCI_LE_EXT_ADV_REPORT:
        host_scan_reports(h, true, io);
        break;
    case HCI_LE_SET_TERMINATED:
        host_adv_terminated(h, io);
        break;
    default:
        host_conn_event(h, HCI_LE_META, subevent, io);
        break;
    }
}

/* What comes only from a controller that is a radio. */
static void in_radio_event(struct hci_host *h, uint8_t code, struct io *io)
{
    if (code == HCI_LE_META) {
        in_le_meta(h, io);
    } else {
        host_conn_event(h, code, 0, io);
    }
}

static void in_event(struct hci_host *h, struct io *io)
{
    uint8_t code = 0, len = 0;

    io_u8(io, &code);
    io_u8(io, &len);
    if (code == HCI_COMMAND_COMPLETE || code == HCI_COMMAND_STATUS) {
        in_answer(h, code == HCI_COMMAND_COMPLETE, io);
    } else if (code == HCI_HARDWARE_ERROR && (h->state == HCI_READY || h->step > 0)) {
        uint8_t error = 0;

        io_u8(io, &error);
        host_recover(h, "the controller reports a hardware error", 0, error, false);
    } else if (h->state == HCI_READY) {
        in_radio_event(h, code, io);
    }
}

static void trace(const struct hci_host *h, bool from_controller, const uint8_t *packet, size_t len)
{
    if (h->config.trace != NULL) {
        h->config.trace->packet(h->config.trace->ctx, from_controller, packet, len);
    }
}

static void in_packet(struct hci_host *h)
{
    const uint8_t *packet = h->in.packet;
    size_t len = h->in.at;

    trace(h, true, packet, len);
    h->in.at = 0;
    if (packet[0] == H4_EVENT) {
        struct io io = io_reader(packet + 1, len - 1);

        in_event(h, &io);
    } else {
        host_conn_rx(h, packet, len);
    }
}

void hci_host_in(struct hci_host *h, uint64_t now, const uint8_t *octets, size_t len)
{
    enum h4_result result = H4_PACKET;

    enter_at(h, now);
    while (result != H4_MORE && is_up(h)) {
        result = h4_take(&h->in, &octets, &len);
        if (result == H4_PACKET) {
            in_packet(h);
        } else if (result == H4_GARBAGE) {
            host_recover(h, "the stream from the controller is out of step", 0, -1, true);
        }
    }
    host_leave(h);
}

/* -- out --------------------------------------------------------------------------------------- */

static bool next_command(struct hci_host *h, struct hci_command *c)
{
    if (h->pending_count >= h->credits || h->pending_count == HCI_COMMANDS) {
        return false;
    }
    if (h->state == HCI_STARTING) {
        return h->pending_count == 0 && host_start_next(h, c);
    }
    return host_conn_next(h, c) || host_scan_next(h, c) || host_adv_next(h, c);
}

static size_t out_command(struct hci_host *h, uint8_t *packet)
{
    struct hci_command c;
    struct io io = io_writer(packet, OUT_MAX);

    if (!next_command(h, &c)) {
        return 0;
    }
    hci_put8(&io, H4_COMMAND);
    hci_put16(&io, c.opcode);
    hci_put8(&io, c.len);
    io_bytes(&io, c.params, c.len);
    h->pending[h->pending_count++] = (struct hci_pending){
        .opcode = c.opcode, .index = c.index, .on = c.on, .deadline = h->now + COMMAND_MS
    };
    return io_pos(&io);
}

size_t hci_host_out(struct hci_host *h, uint64_t now, uint8_t *buf, size_t size)
{
    size_t used = 0, len = 1;

    enter_at(h, now);
    while (len > 0 && size - used >= OUT_MAX && is_up(h)) {
        len = out_command(h, buf + used);
        if (len == 0 && h->state == HCI_READY) {
            len = host_conn_tx(h, buf + used);
        }
        if (len > 0) {
            trace(h, false, buf + used, len);
        }
        used += len;
    }
    host_leave(h);
    return used;
}

/* -- time -------------------------------------------------------------------------------------- */

/* When a controller that owes us something has taken too long. */
static uint64_t patience(const struct hci_host *h)
{
    if (h->pending_count > 0) {
        return h->pending[0].deadline;
    }
    return h->credits == 0 ? h->credits_by : USHER_NEVER;
}

void hci_host_process(struct hci_host *h, uint64_t now)
{
    enter_at(h, now);
    if (is_up(h) && patience(h) <= h->now) {
        uint16_t opcode = h->pending_count > 0 ? h->pending[0].opcode : 0;

        /* A second Reset in a row may find the stream in the middle of a packet. */
        host_recover(h, no_answer, opcode, -1, opcode == HCI_RESET);
    }
    if (h->state == HCI_READY) {
        host_scan_process(h);
        host_conn_process(h);
    }
    if (h->state == HCI_READY) {
        host_adv_process(h);
    }
    host_leave(h);
}

uint64_t hci_host_deadline(const struct hci_host *h)
{
    uint64_t at;

    if (!is_up(h)) {
        return USHER_NEVER;
    }
    at = patience(h);
    if (h->state == HCI_READY) {
        at = host_sooner(at, host_sooner(host_adv_deadline(h), host_conn_deadline(h)));
        if (h->scan_at != 0) {
            at = host_sooner(at, h->scan_at);
        }
    }
    return at;
}

/* -- the owner's calls ------------------------------------------------------------------------- */

enum usher_err hci_host_init(struct hci_host *h, const struct hci_host_config *config)
{
    size_t name;

    if (h == NULL || config == NULL || config->kick == NULL ||
        (config->conn_count > 0 && (config->conns == NULL || config->gatt == NULL))) {
        return USHER_E_NULL;
    }
    memset(h, 0, sizeof(*h));
    h->config = *config;
    h->database.name = config->name != NULL ? config->name : "Usher";
    h->database.mtu = config->mtu != 0 ? config->mtu : GATT_MTU_MAX;
    h->told_wait = USHER_NEVER;
    name = strlen(h->database.name);
    if (h->database.mtu < GATT_MTU_MIN || h->database.mtu > GATT_MTU_MAX || name == 0 ||
        name > GATT_NAME_MAX || config->slots > USHER_ADV_SLOTS ||
        config->conn_count == HCI_NOBODY) {
        return USHER_E_PARAM;
    }
    for (uint8_t i = 0; i < config->conn_count; i++) {
        memset(&config->conns[i], 0, sizeof(config->conns[i]));
    }
    if (config->address != NULL) {
        memcpy(h->address, config->address, sizeof(h->address));
        h->address_set = true;
    }
    return USHER_OK;
}

static bool host_own_addr(void *ctx, struct usher_ble_addr *addr)
{
    const struct hci_host *h = ctx;

    addr->type = h->use_public ? 0 : 1;
    memcpy(addr->addr, h->use_public ? h->public_address : h->address, sizeof(addr->addr));
    return h->address_set;
}

void hci_host_port(struct hci_host *h, struct usher_port *port)
{
    h->port = port;
    port->ctx = h;
    port->adv_slots = 0;
    port->adv_start = host_adv_start;
    port->adv_stop = host_adv_stop;
    port->scan = host_scan;
    port->own_addr = host_own_addr;
    port->gatt_conns = h->config.conn_count;
    if (h->config.conn_count > 0) {
        h->config.gatt->port(port);
    }
}

/* A static random address: the two uppermost bits are ones, of the others not all are alike. */
static bool draw_address(struct hci_host *h)
{
    if (!h->address_set &&
        h->port->random(h->port->ctx, h->address, sizeof(h->address)) == USHER_OK) {
        h->address[0] |= 0xC0;
        h->address[5] = (uint8_t)((h->address[5] & 0xFC) | 0x01);
        h->address_set = true;
    }
    return h->address_set;
}

void hci_host_up(struct hci_host *h, struct usher *node, uint64_t now)
{
    enter_at(h, now);
    h->node = node;
    h->resets = 0;
    h->why[0] = '\0';
    if (draw_address(h)) {
        begin(h, true);
    } else {
        host_fail(h, "no randomness for a device address", 0, -1);
    }
    host_leave(h);
}

void hci_host_down(struct hci_host *h, uint64_t now)
{
    enter_at(h, now);
    if (is_up(h)) {
        host_why(h, "the stream to the controller is closed", 0, -1);
        end(h, HCI_DOWN);
    }
    host_leave(h);
}

const char *hci_host_why(const struct hci_host *h)
{
    return h->why;
}
