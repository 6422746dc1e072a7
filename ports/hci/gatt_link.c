/*
 * A GATT link, what both roles share: PDUs of ATT told apart, the order of what is sent, events and
 * timers (Core Specification, Vol 3, Part F, sections 3.3 and 3.4); see gatt_link.h.
 */
#include "gatt_parts.h"

#include <string.h>

#define VALUE_HEADER 3u /* opcode and handle */

static void begin(struct gatt_link *l, const struct gatt_database *database, bool server)
{
    memset(l, 0, sizeof(*l));
    l->database = database;
    l->server = server;
    l->mtu = GATT_MTU_MIN;
    l2cap_init(&l->l2cap, !server);
}

void gatt_link_serve(struct gatt_link *l, const struct gatt_database *database, uint64_t now)
{
    begin(l, database, true);
    l->deadline = now + GATT_SUBSCRIBE_MS;
}

void gatt_link_find(struct gatt_link *l, const struct gatt_database *database,
                    enum usher_gatt_service service, uint64_t now)
{
    begin(l, database, false);
    l->service = service;
    gatt_client_begin(l, now);
}

void gatt_link_service_changed(struct gatt_link *l, uint64_t now)
{
    (void)now; /* the time of the confirmation begins when the indication leaves */
    if (l->wants_changed) {
        l->changed = true;
    }
}

/* -- for the roles ----------------------------------------------------------------------------- */

void gatt_fail(struct gatt_link *l, const char *why)
{
    l->open = false;
    if (l->why == NULL) {
        l->why = why;
    }
}

void gatt_open(struct gatt_link *l)
{
    l->open = true;
    l->opened = true;
    l->value_max = (uint16_t)(l->mtu - VALUE_HEADER);
    l->deadline = USHER_NEVER;
}

void gatt_take_value(struct gatt_link *l, const uint8_t *value, size_t len)
{
    if (len > l->mtu - VALUE_HEADER) {
        gatt_fail(l, "the peer sent a value that is longer than the MTU allows");
        return;
    }
    l->value = value;
    l->value_len = (uint16_t)len;
}

void gatt_agree_mtu(struct gatt_link *l, uint16_t theirs)
{
    uint16_t mtu = theirs < l->database->mtu ? theirs : l->database->mtu;

    if (l->mtu_agreed) {
        return;
    }
    l->mtu_agreed = true;
    l->mtu = mtu < GATT_MTU_MIN ? GATT_MTU_MIN : mtu;
}

/* -- what comes -------------------------------------------------------------------------------- */

/* A client that asks again before it has its answer has lost that second question: one is under
 * way at a time. */
static void rx_request(struct gatt_link *l, const struct l2cap_payload *payload)
{
    if (l->answer_len != 0) {
        return;
    }
    if (payload->len > l->mtu) {
        gatt_server_refuse(l, payload->octets[0], 0, ATT_INVALID_PDU);
        return;
    }
    gatt_server_request(l, payload->octets, payload->len);
}

static void rx_att(struct gatt_link *l, uint64_t now, const struct l2cap_payload *payload)
{
    switch (att_kind(payload->octets[0])) {
    case ATT_REQUEST:
        rx_request(l, payload);
        break;
    case ATT_COMMAND:
        gatt_server_command(l, payload->octets, payload->len);
        break;
    case ATT_CONFIRMATION:
        l->indicated = false;
        break;
    case ATT_RESPONSE:
        gatt_client_response(l, now, payload->octets, payload->len);
        break;
    case ATT_NOTIFICATION:
        gatt_client_notification(l, payload->octets, payload->len);
        break;
    case ATT_INDICATION: /* of nothing that we have subscribed to; but it wants to be confirmed */
        l->confirmation = true;
        break;
    }
}

void gatt_link_rx(struct gatt_link *l, uint64_t now, bool first, const uint8_t *data, size_t len)
{
    struct l2cap_payload payload;

    if (l->why != NULL) {
        return;
    }
    if (l->value_len != 0) {
        gatt_fail(l, "a value was not taken before the next one came");
        return;
    }
    if (l2cap_rx(&l->l2cap, first, data, len, &payload) && payload.held != 0) {
        rx_att(l, now, &payload);
    }
}

/* -- what there is to tell --------------------------------------------------------------------- */

static bool has_room(const struct gatt_link *l)
{
    return l->refused && l->value_count < GATT_VALUES;
}

static void run_timers(struct gatt_link *l, uint64_t now)
{
    if (now >= l->deadline) {
        gatt_fail(l, l->server ? "the client did not subscribe to Data Out within a minute"
                               : gatt_client_timeout(l));
    }
    if (l->indicated && now >= l->confirm_deadline) {
        gatt_fail(l, "the client did not confirm Service Changed within 30 s");
    }
}

enum gatt_event gatt_link_poll(struct gatt_link *l, uint64_t now, struct gatt_event_data *data)
{
    memset(data, 0, sizeof(*data));
    run_timers(l, now);
    if (l->opened) {
        l->opened = false;
        data->service = l->service;
        data->value_max = l->value_max;
        return GATT_OPENED;
    }
    if (l->value_len != 0) {
        data->value = l->value;
        data->len = l->value_len;
        l->value_len = 0;
        return GATT_VALUE;
    }
    if (l->why != NULL && !l->over) {
        l->over = true;
        data->why = l->why;
        return GATT_FAILED;
    }
    if (l->open && has_room(l)) {
        l->refused = false;
        return GATT_READY;
    }
    return GATT_NOTHING;
}

uint64_t gatt_link_deadline(const struct gatt_link *l)
{
    if (l->opened || l->value_len != 0 || (l->why != NULL && !l->over) ||
        (l->open && has_room(l))) {
        return 0;
    }
    if (l->over) {
        return USHER_NEVER;
    }
    return l->indicated && l->confirm_deadline < l->deadline ? l->confirm_deadline : l->deadline;
}

/* -- what goes --------------------------------------------------------------------------------- */

enum usher_err gatt_link_send(struct gatt_link *l, uint64_t now, const uint8_t *value, size_t len)
{
    struct gatt_value *v;

    (void)now; /* a value may wait for ever: the controller has its own time-out */
    if (!l->open) {
        return USHER_E_STATE;
    }
    if (len == 0 || len > l->value_max) {
        return USHER_E_SIZE;
    }
    if (l->value_count == GATT_VALUES) {
        l->refused = true;
        return USHER_E_BUSY;
    }
    v = &l->values[(l->value_at + l->value_count) % GATT_VALUES];
    v->len = (uint8_t)len;
    memcpy(v->octets, value, len);
    l->value_count++;
    return USHER_OK;
}

static uint16_t next_value(struct gatt_link *l, uint8_t pdu[GATT_MTU_MAX])
{
    const struct gatt_value *v = &l->values[l->value_at];
    struct io io = io_writer(pdu, GATT_MTU_MAX);
    uint8_t opcode = l->server ? ATT_VALUE_NTF : ATT_WRITE_CMD;
    uint16_t handle = l->server ? l->data_out : l->data_in, len = v->len;
    const uint8_t *octets = v->octets;

    att_handle_fields(&io, &opcode, &handle);
    io_rest(&io, &octets, &len);
    l->value_at = (uint8_t)((l->value_at + 1u) % GATT_VALUES);
    l->value_count--;
    return (uint16_t)io_pos(&io);
}

/* The next PDU of ATT: answers first, then questions, then values. */
static uint16_t next_att(struct gatt_link *l, uint64_t now, uint8_t pdu[GATT_MTU_MAX])
{
    uint16_t len = 0;

    if (l->answer_len != 0) {
        len = l->answer_len;
        memcpy(pdu, l->answer, len);
        l->answer_len = 0;
    } else if (l->confirmation) {
        pdu[0] = ATT_VALUE_CFM;
        len = 1;
        l->confirmation = false;
    } else if (l->request_len != 0) {
        len = l->request_len;
        memcpy(pdu, l->request, len);
        l->request_len = 0;
    } else if (l->changed && !l->indicated) {
        len = gatt_server_indication(pdu);
        l->changed = false;
        l->indicated = true;
        l->confirm_deadline = now + GATT_TRANSACTION_MS;
    } else if (l->value_count != 0) {
        len = next_value(l, pdu);
    }
    return len;
}

uint16_t gatt_link_next(struct gatt_link *l, uint64_t now, uint8_t frame[L2CAP_FRAME_MAX])
{
    uint8_t pdu[GATT_MTU_MAX];
    uint16_t len;

    if (l->why != NULL) {
        return 0;
    }
    len = l2cap_next(&l->l2cap, frame);
    if (len != 0) {
        return len;
    }
    len = next_att(l, now, pdu);
    return len != 0 ? l2cap_frame(frame, L2CAP_ATT, pdu, len) : 0;
}
