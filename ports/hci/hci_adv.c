/*
 * Advertising (Core Specification, Vol 4, Part E, sections 7.8.5 to 7.8.9, and 7.8.52 to 7.8.56
 * where it is extended): one slot of the port is one advertising set. With extended advertising
 * the controller counts the events, and says when they are over; without, there is one set only,
 * which is switched on for the time of one event and off again. A slot knows what it still has to
 * tell the controller and is asked for it one command at a time. Called by hci_host.c.
 */
#include "hci_parts.h"

#include <string.h>

/*
 * One event of legacy advertising takes switching on, waiting, and switching off. Controllers send
 * the first event at once or after the random delay of 0 to 10 ms that stands before any event;
 * the three PDUs of one event are over within 2 ms. The second one comes an interval after the
 * first. So a hold between 12 ms and the shortest interval, 20 ms, sends exactly one. Some 20 ms
 * are the least that controllers from Bluetooth 5.0 on take for advertising that is not
 * connectable; older ones take 100 ms, which changes nothing for the first event.
 */
#define HOLD_MS 12u
#define INTERVAL_MS 20u
#define SLOW_INTERVAL_MS 100u
#define INTERVAL_MAX_MS 10240u /* that a legacy PDU can have */
#define VERSION_5_0 9u

/* The random part of an interval, and the time that a busy controller may be late. */
#define RANDOM_MS 10u
#define LATE_MS 250u

#define REFUSALS 8u /* of advertisements in a row: Reset */
#define NO_KIND 0xFFu

#define LEGACY_NONCONN 0x0010u /* properties of extended sets that send legacy PDUs */
#define LEGACY_IND 0x0013u
#define ALL_CHANNELS 7u
#define PHY_1M 1u
#define POWER_ANY 0x7Fu
#define DATA_COMPLETE 3u
#define FRAGMENT_NEVER 1u
#define AD_COMPLETE_NAME 0x09u

static uint16_t enable_opcode(const struct hci_host *h)
{
    return h->extended ? HCI_LE_SET_EXT_ADV_ENABLE : HCI_LE_SET_ADV_ENABLE;
}

void host_adv_reset(struct hci_host *h)
{
    memset(h->slots, 0, sizeof(h->slots));
    for (unsigned i = 0; i < USHER_ADV_SLOTS; i++) {
        h->slots[i].kind = NO_KIND;
    }
    h->refusals = 0;
    h->slow_interval = false;
}

/* -- the ends of advertisements ---------------------------------------------------------------- */

/* The instance is told, which may begin the next one from within. */
static void slot_done(struct hci_host *h, uint8_t i)
{
    struct hci_slot *s = &h->slots[i];

    if (s->wanted) {
        s->wanted = false;
        s->has_data = false;
        usher_in_adv_done(h->node, i);
    }
}

/* The controller has stopped by itself. What was stopped by the instance before is not told, and
 * what it has begun since then is still to be sent. */
static void slot_over(struct hci_host *h, uint8_t i)
{
    struct hci_slot *s = &h->slots[i];

    s->enabled = s->ending = s->over = false;
    s->at = 0;
    host_touch(h);
    if (s->has_data) {
        slot_done(h, i);
    }
}

void host_adv_lose(struct hci_host *h)
{
    for (uint8_t i = 0; i < USHER_ADV_SLOTS; i++) {
        h->slots[i].enabled = h->slots[i].ending = h->slots[i].over = false;
        slot_done(h, i);
    }
}

/* The controller does not take a command: this advertisement is not sent. That it may be on the
 * air without our knowing is mended, too: it is switched off. */
static void slot_refused(struct hci_host *h, uint8_t i, uint16_t opcode, uint8_t status)
{
    struct hci_slot *s = &h->slots[i];

    s->enabled = s->ending = true;
    s->over = false;
    s->at = 0;
    host_touch(h);
    /* Beside connections, not every controller can advertise in every way. */
    if (s->adv.type == USHER_ADV_NONCONN_IND && !host_conn_any(h) && ++h->refusals == REFUSALS) {
        host_recover(h, "the controller refuses", opcode, status, false);
        return;
    }
    slot_done(h, i);
}

/* -- commands ---------------------------------------------------------------------------------- */

/* The interval that the slot's advertisement asks for; of a single event, none does. */
static uint16_t interval_of(const struct hci_host *h, const struct hci_slot *s)
{
    uint16_t least = INTERVAL_MS, interval = s->adv.interval_ms;

    if (!h->extended) {
        bool slow = h->slow_interval || h->version < VERSION_5_0;

        return slow && s->adv.type == USHER_ADV_NONCONN_IND ? SLOW_INTERVAL_MS : INTERVAL_MS;
    }
    if (s->adv.count == 1) {
        return s->kind == s->adv.type ? s->interval_ms : least;
    }
    if (interval > INTERVAL_MAX_MS) {
        interval = INTERVAL_MAX_MS;
    }
    return interval > least ? interval : least;
}

static uint32_t units(uint16_t ms) /* of 0.625 ms */
{
    return (uint32_t)ms * 8u / 5u;
}

static void put_ext_parameters(const struct hci_host *h, const struct hci_slot *s, struct io *io,
                               uint8_t i)
{
    static const struct usher_ble_addr nobody;

    hci_put8(io, i);
    hci_put16(io, s->adv.type == USHER_ADV_IND ? LEGACY_IND : LEGACY_NONCONN);
    hci_put24(io, units(s->interval_ms));
    hci_put24(io, units(s->interval_ms));
    hci_put8(io, ALL_CHANNELS);
    hci_put8(io, h->use_public ? 0 : 1);
    hci_put_peer(io, &nobody);
    hci_put8(io, 0); /* anybody may scan and connect */
    hci_put8(io, POWER_ANY);
    hci_put8(io, PHY_1M);
    hci_put8(io, 0); /* secondary channel: not used by legacy PDUs */
    hci_put8(io, PHY_1M);
    hci_put8(io, i); /* set identifier */
    hci_put8(io, 0); /* scan requests are not told */
}

static void put_parameters(const struct hci_host *h, const struct hci_slot *s, struct io *io)
{
    static const struct usher_ble_addr nobody;

    hci_put16(io, (uint16_t)units(s->interval_ms));
    hci_put16(io, (uint16_t)units(s->interval_ms));
    hci_put8(io, (uint8_t)s->adv.type);
    hci_put8(io, h->use_public ? 0 : 1);
    hci_put_peer(io, &nobody);
    hci_put8(io, ALL_CHANNELS);
    hci_put8(io, 0); /* anybody may scan and connect */
}

static void parameters_command(struct hci_host *h, uint8_t i, struct hci_command *c)
{
    struct hci_slot *s = &h->slots[i];
    struct io io = hci_command_open(c, h->extended ? HCI_LE_SET_EXT_ADV_PARAMETERS
                                                   : HCI_LE_SET_ADV_PARAMETERS);

    s->interval_ms = interval_of(h, s);
    s->kind = (uint8_t)s->adv.type;
    if (h->extended) {
        put_ext_parameters(h, s, &io, i);
    } else {
        put_parameters(h, s, &io);
    }
    hci_command_close(c, &io);
}

/* Data, or a scan response: legacy commands have 31 octets, whatever is used. */
static void data_command(const struct hci_host *h, uint8_t i, struct hci_command *c, bool response,
                         const uint8_t *ad, uint8_t len)
{
    uint8_t padded[USHER_AD_MAX] = { 0 };
    struct io io;

    memcpy(padded, ad, len);
    if (h->extended) {
        io = hci_command_open(c, response ? HCI_LE_SET_EXT_SCAN_RESPONSE : HCI_LE_SET_EXT_ADV_DATA);
        hci_put8(&io, i);
        hci_put8(&io, DATA_COMPLETE);
        hci_put8(&io, FRAGMENT_NEVER);
    } else {
        io = hci_command_open(c, response ? HCI_LE_SET_SCAN_RESPONSE : HCI_LE_SET_ADV_DATA);
    }
    hci_put8(&io, len);
    io_bytes(&io, padded, h->extended ? len : sizeof(padded));
    hci_command_close(c, &io);
}

static void response_command(const struct hci_host *h, uint8_t i, struct hci_command *c)
{
    size_t len = strlen(h->database.name);
    uint8_t ad[USHER_AD_MAX] = { (uint8_t)(len + 1), AD_COMPLETE_NAME };

    memcpy(ad + 2, h->database.name, len);
    data_command(h, i, c, true, ad, (uint8_t)(len + 2));
}

static void address_command(struct hci_host *h, uint8_t i, struct hci_command *c)
{
    struct io io = hci_command_open(c, HCI_LE_SET_SET_ADDRESS);

    hci_put8(&io, i);
    hci_addr(&io, h->address);
    hci_command_close(c, &io);
}

static void remove_command(uint8_t i, struct hci_command *c)
{
    struct io io = hci_command_open(c, HCI_LE_REMOVE_ADV_SET);

    hci_put8(&io, i);
    hci_command_close(c, &io);
}

static void enable_command(const struct hci_host *h, uint8_t i, struct hci_command *c, bool on)
{
    struct io io = hci_command_open(c, enable_opcode(h));

    hci_put8(&io, on);
    if (h->extended) {
        hci_put8(&io, 1); /* set */
        hci_put8(&io, i);
        hci_put16(&io, 0); /* however long it takes */
        hci_put8(&io, on ? h->slots[i].adv.count : 0);
    }
    hci_command_close(c, &io);
    c->on = on;
}

/* What comes before the data of a first advertisement, or of one of another type: each waits for
 * its answer. */
static bool set_up(struct hci_host *h, uint8_t i, struct hci_command *c)
{
    struct hci_slot *s = &h->slots[i];

    if (s->remove) {
        remove_command(i, c);
    } else if (s->kind != s->adv.type || s->interval_ms != interval_of(h, s)) {
        parameters_command(h, i, c);
    } else if (h->extended && !h->use_public && !s->addressed) {
        address_command(h, i, c);
    } else if (s->adv.type == USHER_ADV_IND && !s->named) {
        response_command(h, i, c);
    } else {
        return false;
    }
    s->busy = true;
    return true;
}

static bool slot_next(struct hci_host *h, uint8_t i, struct hci_command *c)
{
    struct hci_slot *s = &h->slots[i];

    if (s->busy) {
        return false;
    }
    if (s->enabled) {
        if (!s->ending) {
            return false;
        }
        s->enabled = s->ending = s->over = false;
        enable_command(h, i, c, false);
    } else if (!s->wanted || s->at > h->now) {
        return false;
    } else if (!set_up(h, i, c)) {
        if (!s->has_data) {
            s->has_data = true;
            data_command(h, i, c, false, s->adv.data, s->adv.len);
        } else {
            s->enabled = true;
            s->at = USHER_NEVER;
            enable_command(h, i, c, true);
        }
    }
    c->index = i;
    return true;
}

bool host_adv_next(struct hci_host *h, struct hci_command *c)
{
    for (unsigned n = 0; n < USHER_ADV_SLOTS; n++) {
        uint8_t i = (uint8_t)((h->slot_turn + n) % USHER_ADV_SLOTS);

        if (slot_next(h, i, c)) {
            h->slot_turn = h->slots[i].wanted && !h->slots[i].enabled ? i : (uint8_t)(i + 1);
            return true;
        }
    }
    return false;
}

/* -- answers ----------------------------------------------------------------------------------- */

static void parameters_answer(struct hci_host *h, const struct hci_pending *p, uint8_t status)
{
    struct hci_slot *s = &h->slots[p->index];

    if (status == HCI_OK) {
        s->made = true;
        return;
    }
    s->kind = NO_KIND;
    if (!h->extended && s->interval_ms < SLOW_INTERVAL_MS && !h->slow_interval) {
        h->slow_interval = true; /* it says that it is newer than it is */
    } else if (h->extended && s->made) {
        s->remove = true; /* it may not take another type for a set that has data */
    } else {
        slot_refused(h, p->index, p->opcode, status);
    }
}

static void enabled_answer(struct hci_host *h, const struct hci_pending *p, uint8_t status)
{
    struct hci_slot *s = &h->slots[p->index];

    if (status != HCI_OK) {
        slot_refused(h, p->index, p->opcode, status);
        return;
    }
    h->refusals = 0;
    if (s->over) {
        slot_over(h, p->index);
    } else if (s->enabled && !s->ending) {
        uint32_t rest = (s->adv.count - 1u) * (s->interval_ms + RANDOM_MS);

        s->at = h->now + (h->extended ? rest + LATE_MS : HOLD_MS);
    }
}

void host_adv_answer(struct hci_host *h, const struct hci_pending *p, uint8_t status)
{
    struct hci_slot *s = &h->slots[p->index];

    switch (p->opcode) {
    case HCI_LE_SET_ADV_ENABLE:
    case HCI_LE_SET_EXT_ADV_ENABLE:
        if (p->on) {
            enabled_answer(h, p, status);
        } /* one that cannot be switched off is off */
        return;
    case HCI_LE_SET_ADV_DATA:
    case HCI_LE_SET_EXT_ADV_DATA:
        if (status != HCI_OK) {
            slot_refused(h, p->index, p->opcode, status);
        }
        return;
    default:
        break;
    }
    s->busy = false;
    switch (p->opcode) {
    case HCI_LE_REMOVE_ADV_SET:
        s->remove = s->made = s->addressed = s->named = false;
        break;
    case HCI_LE_SET_SET_ADDRESS:
        s->addressed = true;
        break;
    case HCI_LE_SET_SCAN_RESPONSE:
    case HCI_LE_SET_EXT_SCAN_RESPONSE:
        s->named = true; /* a name that is refused is done without */
        return;
    default:
        parameters_answer(h, p, status);
        return;
    }
    if (status != HCI_OK) {
        slot_refused(h, p->index, p->opcode, status);
    }
}

/* -- events and time --------------------------------------------------------------------------- */

void host_adv_terminated(struct hci_host *h, struct io *io)
{
    uint8_t status = 0, i = 0;
    struct hci_slot *s;

    io_u8(io, &status);
    io_u8(io, &i);
    if (!io_ok(io) || i >= USHER_ADV_SLOTS || !h->slots[i].enabled ||
        host_waits(h, HCI_LE_SET_EXT_ADV_ENABLE, i, false)) {
        return;
    }
    s = &h->slots[i];
    if (host_waits(h, HCI_LE_SET_EXT_ADV_ENABLE, i, true)) {
        s->over = true;
    } else {
        slot_over(h, i);
    }
}

void host_adv_connected(struct hci_host *h)
{
    struct hci_slot *s = &h->slots[0];

    if (!h->extended && s->enabled && s->kind == USHER_ADV_IND &&
        !host_waits(h, HCI_LE_SET_ADV_ENABLE, 0, false)) {
        slot_over(h, 0);
    }
}

/* The hold of a legacy event is over, or an extended set does not say that it is done. */
static void slot_due(struct hci_host *h, uint8_t i)
{
    struct hci_slot *s = &h->slots[i];

    s->ending = true;
    host_touch(h);
    if (!h->extended && --s->events > 0) {
        s->at += s->adv.interval_ms > HOLD_MS ? s->adv.interval_ms - HOLD_MS : 0;
        return;
    }
    s->at = 0;
    slot_done(h, i);
}

void host_adv_process(struct hci_host *h)
{
    for (uint8_t i = 0; i < USHER_ADV_SLOTS && h->state == HCI_READY; i++) {
        struct hci_slot *s = &h->slots[i];

        if (s->at > h->now) {
            continue;
        }
        if (s->enabled && !s->ending) {
            slot_due(h, i);
        } else if (s->wanted && s->at != 0) {
            s->at = 0;
            host_touch(h);
        }
    }
}

uint64_t host_adv_deadline(const struct hci_host *h)
{
    uint64_t at = USHER_NEVER;

    for (unsigned i = 0; i < USHER_ADV_SLOTS; i++) {
        const struct hci_slot *s = &h->slots[i];

        if ((s->enabled && !s->ending) || (s->wanted && s->at != 0)) {
            at = host_sooner(at, s->at);
        }
    }
    return at;
}

/* -- the port ---------------------------------------------------------------------------------- */

static enum usher_err may_start(const struct hci_host *h, const struct usher_adv *adv)
{
    if (h->state != HCI_READY) {
        return USHER_E_STATE;
    }
    if (adv->slot >= h->port->adv_slots || adv->count == 0 || adv->len > USHER_AD_MAX) {
        return USHER_E_PARAM;
    }
    if (h->slots[adv->slot].wanted) {
        return USHER_E_BUSY;
    }
    if (adv->type == USHER_ADV_IND) {
        if (h->acl_len == 0) {
            return USHER_E_UNSUPPORTED;
        }
        return host_conn_room(h) ? USHER_OK : USHER_E_RESOURCES;
    }
    return adv->type == USHER_ADV_NONCONN_IND ? USHER_OK : USHER_E_UNSUPPORTED;
}

enum usher_err host_adv_start(void *ctx, const struct usher_adv *adv)
{
    struct hci_host *h = ctx;
    enum usher_err err = may_start(h, adv);

    if (err == USHER_OK) {
        struct hci_slot *s = &h->slots[adv->slot];

        host_enter(h);
        s->adv = *adv;
        s->wanted = true;
        s->events = adv->count;
        s->at = 0;
        host_touch(h);
        host_leave(h);
    }
    return err;
}

void host_adv_stop(void *ctx, uint8_t slot)
{
    struct hci_host *h = ctx;

    if (slot < USHER_ADV_SLOTS) {
        struct hci_slot *s = &h->slots[slot];

        host_enter(h);
        s->wanted = false;
        s->has_data = false;
        if (s->enabled) {
            s->ending = true;
        }
        s->at = 0;
        host_touch(h);
        host_leave(h);
    }
}
