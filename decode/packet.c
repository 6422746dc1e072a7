/* Packets of the BLE link layer and of HCI; see packet.h. */
#include "packet.h"

#include "att.h"
#include "hci_pdu.h"

#include <stdio.h>
#include <string.h>

#define ADVERTISING 0x8E89BED6u /* the access address of advertising */
#define RADIO_HEADER 10u
#define RADIO_SIGNAL_VALID 0x0002u
#define CRC_LEN 3u

/* Types of advertising PDUs */
#define PDU_TYPE 0x0Fu
#define PDU_CONNECT 0x05u
#define PDU_RANDOM_ADDRESS 0x40u

#define LLID 0x03u
#define LLID_GO_ON 1u
#define LLID_BEGIN 2u
#define LLID_CONTROL 3u
#define LL_NESN 0x04u
#define LL_TERMINATE_IND 0x02u

#define H4_COMMAND 0x01u
#define H4_ACL 0x02u
#define H4_EVENT 0x04u
#define ACL_BOUNDARY 0x3000u
#define ACL_GO_ON 0x1000u

#define RSSI_UNKNOWN 127
#define HANDLE_MASK 0x0FFFu

static void name_of(const uint8_t address[6], char name[PACKET_NAME])
{
    snprintf(name, PACKET_NAME, "%02x:%02x:%02x:%02x:%02x:%02x", address[0], address[1], address[2],
             address[3], address[4], address[5]);
}

static void tell(struct packet_reader *r, struct heard *heard)
{
    r->told(r->ctx, heard);
}

static void malformed(struct packet_reader *r)
{
    r->malformed++;
}

/* -- connections ------------------------------------------------------------------------------- */

static struct packet_connection *find(struct packet_reader *r, uint32_t id)
{
    for (unsigned i = 0; i < PACKET_CONNECTIONS; i++) {
        if (r->connections[i].used && r->connections[i].id == id) {
            return &r->connections[i];
        }
    }
    return NULL;
}

/* A free place; if there is none, that of the connection which was heard of first. */
static struct packet_connection *place(struct packet_reader *r)
{
    struct packet_connection *oldest = &r->connections[0];

    for (unsigned i = 0; i < PACKET_CONNECTIONS; i++) {
        struct packet_connection *c = &r->connections[i];

        if (!c->used) {
            return c;
        }
        oldest = c->number < oldest->number ? c : oldest;
    }
    return oldest;
}

static struct packet_connection *begin(struct packet_reader *r, uint32_t id)
{
    struct packet_connection *c = find(r, id);

    c = c != NULL ? c : place(r);
    memset(c, 0, sizeof(*c));
    c->used = true;
    c->id = id;
    c->number = ++r->count;
    for (unsigned side = 0; side < 2; side++) {
        snprintf(c->name[side], PACKET_NAME, "%s",
                 side == PACKET_CENTRAL ? "central" : "peripheral");
        l2cap_init(&c->l2cap[side], side != PACKET_CENTRAL); /* it is the other that receives */
        proxy_sar_init(&c->sar[side], PROXY_VALUE_MAX);
    }
    return c;
}

static void ended(struct packet_reader *r, struct heard *h, uint8_t reason)
{
    h->kind = HEARD_DISCONNECTED;
    h->reason = reason;
    tell(r, h);
    h->connection->used = false;
}

/* A fragment of what a side sends on L2CAP: of ATT, values written or notified are of interest. */
static void fragment(struct packet_reader *r, struct heard *h, bool first, const uint8_t *data,
                     size_t len)
{
    struct packet_connection *c = h->connection;
    struct l2cap_payload payload;
    uint8_t opcode = 0;
    uint16_t handle = 0;
    struct io io;

    snprintf(h->from, sizeof(h->from), "%s", c->name[h->side]);
    h->kind = HEARD_OTHER;
    if (l2cap_rx(&c->l2cap[h->side], first, data, len, &payload) && payload.len == payload.held) {
        io = io_reader(payload.octets, payload.held);
        att_handle_fields(&io, &opcode, &handle);
        if (io_ok(&io) && opcode == (h->side == PACKET_CENTRAL ? ATT_WRITE_CMD : ATT_VALUE_NTF)) {
            h->kind = HEARD_VALUE;
            h->value = payload.octets + io_pos(&io);
            h->len = io_left(&io);
        }
    }
    tell(r, h);
}

/* -- the link layer ---------------------------------------------------------------------------- */

static void read_connect(struct packet_reader *r, struct heard *h, struct io *io)
{
    uint8_t addresses[2][6] = { { 0 } };
    uint32_t access_address = 0;

    hci_addr(io, addresses[PACKET_CENTRAL]);
    hci_addr(io, addresses[PACKET_PERIPHERAL]);
    io_le32(io, &access_address);
    if (!io_ok(io)) {
        malformed(r);
        return;
    }
    h->connection = begin(r, access_address);
    for (unsigned side = 0; side < 2; side++) {
        name_of(addresses[side], h->connection->name[side]);
    }
    snprintf(h->from, sizeof(h->from), "%s", h->connection->name[PACKET_CENTRAL]);
    h->kind = HEARD_CONNECTED;
    tell(r, h);
}

static bool adv_type(uint8_t pdu_type, enum usher_adv_type *type)
{
    static const struct {
        uint8_t pdu_type;
        enum usher_adv_type type;
    } types[] = { { 0, USHER_ADV_IND },
                  { 2, USHER_ADV_NONCONN_IND },
                  { 4, USHER_ADV_SCAN_RSP },
                  { 6, USHER_ADV_SCAN_IND } };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].pdu_type == pdu_type) {
            *type = types[i].type;
            return true;
        }
    }
    return false;
}

static void tell_adv(struct packet_reader *r, struct heard *h)
{
    name_of(h->report.addr, h->from);
    h->kind = HEARD_ADV;
    tell(r, h);
}

static void read_advertising(struct packet_reader *r, struct heard *h, const uint8_t *pdu,
                             size_t len)
{
    struct io io = io_reader(pdu, len);
    uint8_t header = 0, pdu_len = 0;

    io_u8(&io, &header);
    io_u8(&io, &pdu_len);
    if (!io_ok(&io) || io_left(&io) < pdu_len) {
        malformed(r);
        return;
    }
    io = io_reader(pdu + 2, pdu_len);
    if ((header & PDU_TYPE) == PDU_CONNECT) {
        read_connect(r, h, &io);
        return;
    }
    hci_addr(&io, h->report.addr);
    if (!adv_type(header & PDU_TYPE, &h->report.type) || !io_ok(&io) ||
        io_left(&io) > USHER_AD_MAX) {
        h->kind = HEARD_OTHER;
        tell(r, h);
        return;
    }
    h->report.addr_type = (header & PDU_RANDOM_ADDRESS) != 0;
    h->report.data = pdu + 2 + io_pos(&io);
    h->report.len = (uint8_t)io_left(&io);
    tell_adv(r, h);
}

/* Whether a PDU is the last one of its side again: its acknowledging bit may be another. */
static bool sent_again(struct packet_connection *c, enum packet_side side, const uint8_t *pdu,
                       size_t len)
{
    uint8_t *last = c->last[side];
    uint8_t header = pdu[0] & (uint8_t)~LL_NESN;
    bool same =
        len == c->last_len[side] && header == last[0] && memcmp(pdu + 1, last + 1, len - 1) == 0;

    memcpy(last, pdu, len);
    last[0] = header;
    c->last_len[side] = (uint16_t)len;
    return same;
}

static void read_data(struct packet_reader *r, struct heard *h, uint32_t access_address,
                      const uint8_t *pdu, size_t len)
{
    if (len < 2 || len - 2 < pdu[1] || pdu[1] > sizeof(h->connection->last[0]) - 2) {
        malformed(r);
        return;
    }
    len = pdu[1];
    h->connection = find(r, access_address);
    if (h->connection == NULL) {
        h->connection = begin(r, access_address);
    }
    if (sent_again(h->connection, h->side, pdu, len + 2)) {
        return;
    }
    if ((pdu[0] & LLID) == LLID_CONTROL) {
        snprintf(h->from, sizeof(h->from), "%s", h->connection->name[h->side]);
        if (len == 2 && pdu[2] == LL_TERMINATE_IND) {
            ended(r, h, pdu[3]);
        }
    } else if (len != 0 && (pdu[0] & LLID) != 0) {
        fragment(r, h, (pdu[0] & LLID) == LLID_BEGIN, pdu + 2, len);
    }
}

static void read_air(struct packet_reader *r, const struct capture_packet *packet, bool has_radio)
{
    struct heard h = { .report.rssi = RSSI_UNKNOWN };
    struct io io = io_reader(packet->data, packet->len);
    uint8_t channel = 0, signal = 0;
    uint16_t skipped = 0, flags = 0;
    uint32_t ignored = 0, access_address = 0;

    if (has_radio) {
        io_u8(&io, &channel);
        io_u8(&io, &signal);
        io_le16(&io, &skipped);
        io_le32(&io, &ignored); /* the access address that was expected */
        io_le16(&io, &flags);
        h.report.rssi = (flags & RADIO_SIGNAL_VALID) != 0 ? (int8_t)signal : RSSI_UNKNOWN;
        h.side = (flags & 0x0180u) == 0x0180u ? PACKET_PERIPHERAL : PACKET_CENTRAL;
    }
    io_le32(&io, &access_address);
    if (!io_ok(&io) || io_left(&io) < CRC_LEN) {
        malformed(r);
        return;
    }

    const uint8_t *pdu = packet->data + io_pos(&io);
    size_t len = io_left(&io) - CRC_LEN;

    if (access_address == ADVERTISING) {
        read_advertising(r, &h, pdu, len);
    } else {
        read_data(r, &h, access_address, pdu, len);
    }
}

/* -- HCI --------------------------------------------------------------------------------------- */

static void read_reports(struct packet_reader *r, struct io *io, bool extended)
{
    struct heard h = { .kind = HEARD_ADV };
    uint8_t count = 0;
    bool legacy_pdu = false;

    io_u8(io, &count);
    for (; count > 0; count--) {
        if (!hci_report_read(io, extended, &h.report, &legacy_pdu)) {
            malformed(r);
            return;
        }
        if (legacy_pdu && h.report.len <= USHER_AD_MAX) {
            tell_adv(r, &h);
        }
    }
}

static void read_connection(struct packet_reader *r, struct io *io, bool enhanced)
{
    struct heard h = { .kind = HEARD_CONNECTED, .report.rssi = RSSI_UNKNOWN };
    struct hci_connection c;

    if (!hci_connection_read(io, enhanced, &c)) {
        malformed(r);
        return;
    }
    if (c.status != HCI_OK) {
        return;
    }
    h.connection = begin(r, c.handle);
    h.connection->local_central = c.central;
    name_of(c.peer.addr, h.connection->name[c.central ? PACKET_PERIPHERAL : PACKET_CENTRAL]);
    snprintf(h.connection->name[c.central ? PACKET_CENTRAL : PACKET_PERIPHERAL], PACKET_NAME,
             "this host");
    snprintf(h.from, sizeof(h.from), "%s", h.connection->name[PACKET_CENTRAL]);
    tell(r, &h);
}

static void read_disconnection(struct packet_reader *r, struct io *io)
{
    struct heard h = { .report.rssi = RSSI_UNKNOWN };
    uint8_t status = 0, reason = 0;
    uint16_t handle = 0;

    io_u8(io, &status);
    io_le16(io, &handle);
    io_u8(io, &reason);
    h.connection = io_ok(io) && status == HCI_OK ? find(r, handle) : NULL;
    if (h.connection != NULL) {
        snprintf(h.from, sizeof(h.from), "controller");
        ended(r, &h, reason);
    }
}

static void read_event(struct packet_reader *r, struct io *io)
{
    uint8_t code = 0, len = 0, subevent = 0;

    io_u8(io, &code);
    io_u8(io, &len);
    if (code == HCI_LE_META) {
        io_u8(io, &subevent);
    }
    if (!io_ok(io)) {
        malformed(r);
    } else if (code == HCI_DISCONNECTION_COMPLETE) {
        read_disconnection(r, io);
    } else if (subevent == HCI_LE_ADV_REPORT || subevent == HCI_LE_EXT_ADV_REPORT) {
        read_reports(r, io, subevent == HCI_LE_EXT_ADV_REPORT);
    } else if (subevent == HCI_LE_CONNECTION_COMPLETE ||
               subevent == HCI_LE_ENHANCED_CONNECTION_COMPLETE) {
        read_connection(r, io, subevent == HCI_LE_ENHANCED_CONNECTION_COMPLETE);
    }
}

/* What the host lets its controller advertise. */
static void read_command(struct packet_reader *r, struct io *io)
{
    struct heard h = { .kind = HEARD_ADV, .report.rssi = RSSI_UNKNOWN };
    uint16_t opcode = 0;
    uint8_t len = 0;

    io_le16(io, &opcode);
    io_u8(io, &len);
    if (opcode != HCI_LE_SET_ADV_DATA && opcode != HCI_LE_SET_EXT_ADV_DATA) {
        return;
    }
    if (opcode == HCI_LE_SET_EXT_ADV_DATA) {
        (void)hci_take(io, 3); /* the set, operation, fragmentation */
    }
    io_u8(io, &h.report.len);
    h.report.data = hci_take(io, h.report.len);
    h.report.type = USHER_ADV_NONCONN_IND;
    if (!io_ok(io) || h.report.len > USHER_AD_MAX) {
        malformed(r);
        return;
    }
    snprintf(h.from, sizeof(h.from), "this host");
    tell(r, &h);
}

static void read_acl(struct packet_reader *r, struct io *io, bool from_controller)
{
    struct heard h = { .report.rssi = RSSI_UNKNOWN };
    uint16_t handle = 0, len = 0;
    const uint8_t *data;

    io_le16(io, &handle);
    io_le16(io, &len);
    data = hci_take(io, len);
    if (!io_ok(io)) {
        malformed(r);
        return;
    }
    h.connection = find(r, handle & HANDLE_MASK);
    if (h.connection == NULL) {
        h.connection = begin(r, handle & HANDLE_MASK);
    }
    h.side = h.connection->local_central != from_controller ? PACKET_CENTRAL : PACKET_PERIPHERAL;
    fragment(r, &h, (handle & ACL_BOUNDARY) != ACL_GO_ON, data, len);
}

static void read_h4(struct packet_reader *r, const struct capture_packet *packet)
{
    struct io io = io_reader(packet->data, packet->len);
    uint32_t direction = 0;
    uint8_t type = 0;

    io_be32(&io, &direction);
    io_u8(&io, &type);
    if (!io_ok(&io)) {
        malformed(r);
    } else if (type == H4_EVENT && direction != 0) {
        read_event(r, &io);
    } else if (type == H4_COMMAND && direction == 0) {
        read_command(r, &io);
    } else if (type == H4_ACL) {
        read_acl(r, &io, direction != 0);
    }
}

void packet_read(struct packet_reader *r, const struct capture_packet *packet)
{
    if (packet->link_type == CAPTURE_AIR_RADIO || packet->link_type == CAPTURE_AIR) {
        read_air(r, packet, packet->link_type == CAPTURE_AIR_RADIO);
    } else if (packet->link_type == CAPTURE_H4) {
        read_h4(r, packet);
    }
}
