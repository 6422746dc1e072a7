/* The formats of hci_pdu.h. */
#include "hci_pdu.h"

#define EXT_TYPE_MASK 0x1Fu /* of an extended report's event type; 0x10: a legacy PDU */

/* -- commands ---------------------------------------------------------------------------------- */

struct io hci_command_open(struct hci_command *c, uint16_t opcode)
{
    *c = (struct hci_command){ .opcode = opcode };
    return io_writer(c->params, sizeof(c->params));
}

void hci_command_close(struct hci_command *c, const struct io *io)
{
    c->len = (uint8_t)io_pos(io);
}

void hci_put8(struct io *io, uint8_t v)
{
    io_u8(io, &v);
}

void hci_put16(struct io *io, uint16_t v)
{
    io_le16(io, &v);
}

void hci_put24(struct io *io, uint32_t v)
{
    io_le24(io, &v);
}

void hci_addr(struct io *io, uint8_t addr[6])
{
    for (int i = 5; i >= 0; i--) {
        io_u8(io, &addr[i]);
    }
}

void hci_put_peer(struct io *io, const struct usher_ble_addr *peer)
{
    struct usher_ble_addr copy = *peer;

    io_u8(io, &copy.type);
    hci_addr(io, copy.addr);
}

const uint8_t *hci_take(struct io *io, size_t len)
{
    const uint8_t *octets = io->in + io->pos;

    if (io->failed || len > io_left(io)) {
        io->failed = true;
        return NULL;
    }
    io->pos += len;
    return octets;
}

const char *hci_command_name(uint16_t opcode)
{
    static const struct {
        uint16_t opcode;
        const char *name;
    } names[] = {
        { HCI_DISCONNECT, "Disconnect" },
        { HCI_SET_EVENT_MASK, "Set Event Mask" },
        { HCI_RESET, "Reset" },
        { HCI_READ_VERSION, "Read Local Version Information" },
        { HCI_READ_COMMANDS, "Read Local Supported Commands" },
        { HCI_READ_BUFFER_SIZE, "Read Buffer Size" },
        { HCI_READ_BD_ADDR, "Read BD_ADDR" },
        { HCI_LE_SET_EVENT_MASK, "LE Set Event Mask" },
        { HCI_LE_READ_BUFFER_SIZE, "LE Read Buffer Size" },
        { HCI_LE_READ_FEATURES, "LE Read Local Supported Features" },
        { HCI_LE_SET_RANDOM_ADDRESS, "LE Set Random Address" },
        { HCI_LE_SET_ADV_PARAMETERS, "LE Set Advertising Parameters" },
        { HCI_LE_SET_ADV_DATA, "LE Set Advertising Data" },
        { HCI_LE_SET_SCAN_RESPONSE, "LE Set Scan Response Data" },
        { HCI_LE_SET_ADV_ENABLE, "LE Set Advertising Enable" },
        { HCI_LE_SET_SCAN_PARAMETERS, "LE Set Scan Parameters" },
        { HCI_LE_SET_SCAN_ENABLE, "LE Set Scan Enable" },
        { HCI_LE_CREATE_CONNECTION, "LE Create Connection" },
        { HCI_LE_CREATE_CONNECTION_CANCEL, "LE Create Connection Cancel" },
        { HCI_LE_REFUSE_LTK, "LE Long Term Key Request Negative Reply" },
        { HCI_LE_ACCEPT_PARAMETERS, "LE Remote Connection Parameter Request Reply" },
        { HCI_LE_REFUSE_PARAMETERS, "LE Remote Connection Parameter Request Negative Reply" },
        { HCI_LE_SET_SET_ADDRESS, "LE Set Advertising Set Random Address" },
        { HCI_LE_SET_EXT_ADV_PARAMETERS, "LE Set Extended Advertising Parameters" },
        { HCI_LE_SET_EXT_ADV_DATA, "LE Set Extended Advertising Data" },
        { HCI_LE_SET_EXT_SCAN_RESPONSE, "LE Set Extended Scan Response Data" },
        { HCI_LE_SET_EXT_ADV_ENABLE, "LE Set Extended Advertising Enable" },
        { HCI_LE_READ_ADV_SETS, "LE Read Number of Supported Advertising Sets" },
        { HCI_LE_REMOVE_ADV_SET, "LE Remove Advertising Set" },
        { HCI_LE_SET_EXT_SCAN_PARAMETERS, "LE Set Extended Scan Parameters" },
        { HCI_LE_SET_EXT_SCAN_ENABLE, "LE Set Extended Scan Enable" },
        { HCI_LE_EXT_CREATE_CONNECTION, "LE Extended Create Connection" },
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].opcode == opcode) {
            return names[i].name;
        }
    }
    return "a command";
}

/* -- events ------------------------------------------------------------------------------------ */

/* Public and random identities (2, 3) are those whose resolvable addresses were resolved. */
static uint8_t addr_type(uint8_t type)
{
    return type & 1u;
}

bool hci_connection_read(struct io *io, bool enhanced, struct hci_connection *c)
{
    uint8_t role = 0, type = 0;

    *c = (struct hci_connection){ .status = 0 };
    io_u8(io, &c->status);
    io_le16(io, &c->handle);
    io_u8(io, &role);
    io_u8(io, &type);
    hci_addr(io, c->peer.addr);
    c->peer.type = addr_type(type);
    c->central = role == 0;
    /* The resolvable addresses, interval, latency, time-out, clock accuracy. */
    (void)hci_take(io, enhanced ? 6 + 6 + 7 : 7);
    return io_ok(io) && role <= 1 && (c->status != HCI_OK || c->handle <= HCI_HANDLE_MAX);
}

/* The type of a legacy advertising PDU. @retval false  Not one that a mesh uses. */
static bool legacy_type(struct usher_adv_report *report, unsigned type)
{
    if (type != USHER_ADV_IND && type != USHER_ADV_SCAN_IND && type != USHER_ADV_NONCONN_IND &&
        type != USHER_ADV_SCAN_RSP) {
        return false;
    }
    report->type = (enum usher_adv_type)type;
    return true;
}

/* The same of an extended report's event type. */
static bool extended_type(struct usher_adv_report *report, uint16_t type)
{
    switch (type & EXT_TYPE_MASK) {
    case 0x13:
        return legacy_type(report, USHER_ADV_IND);
    case 0x12:
        return legacy_type(report, USHER_ADV_SCAN_IND);
    case 0x10:
        return legacy_type(report, USHER_ADV_NONCONN_IND);
    case 0x1A:
    case 0x1B:
        return legacy_type(report, USHER_ADV_SCAN_RSP);
    default:
        return false;
    }
}

static bool report_read_extended(struct io *io, struct usher_adv_report *report, bool *legacy_pdu)
{
    uint16_t type = 0;
    uint8_t addr = 0, rssi = 0;

    io_le16(io, &type);
    io_u8(io, &addr);
    hci_addr(io, report->addr);
    (void)hci_take(io, 4); /* PHYs, SID, power */
    io_u8(io, &rssi);
    (void)hci_take(io, 9); /* interval, direct address */
    io_u8(io, &report->len);
    report->data = hci_take(io, report->len);
    report->rssi = (int8_t)rssi;
    report->addr_type = addr_type(addr);
    *legacy_pdu = extended_type(report, type) && addr <= 3;
    return io_ok(io);
}

bool hci_report_read(struct io *io, bool extended, struct usher_adv_report *report,
                     bool *legacy_pdu)
{
    uint8_t type = 0, addr = 0, rssi = 0;

    *report = (struct usher_adv_report){ .rssi = 127 };
    if (extended) {
        return report_read_extended(io, report, legacy_pdu);
    }
    io_u8(io, &type);
    io_u8(io, &addr);
    hci_addr(io, report->addr);
    io_u8(io, &report->len);
    report->data = hci_take(io, report->len);
    io_u8(io, &rssi);
    report->rssi = (int8_t)rssi;
    report->addr_type = addr_type(addr);
    *legacy_pdu = legacy_type(report, type) && addr <= 3;
    return io_ok(io);
}
