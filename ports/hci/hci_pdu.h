/*
 * The commands and events of HCI that the host uses (Core Specification, Vol 4, Part E, section 7):
 * their codes, how commands are written, and how events are read. Called by all of hci_*.c.
 */
#ifndef HCI_PDU_H
#define HCI_PDU_H

#include "io.h"

#include <usher/port.h>

enum hci_opcode {
    HCI_DISCONNECT = 0x0406,
    HCI_SET_EVENT_MASK = 0x0C01,
    HCI_RESET = 0x0C03,
    HCI_READ_VERSION = 0x1001,
    HCI_READ_COMMANDS = 0x1002,
    HCI_READ_BUFFER_SIZE = 0x1005,
    HCI_READ_BD_ADDR = 0x1009,
    HCI_LE_SET_EVENT_MASK = 0x2001,
    HCI_LE_READ_BUFFER_SIZE = 0x2002,
    HCI_LE_READ_FEATURES = 0x2003,
    HCI_LE_SET_RANDOM_ADDRESS = 0x2005,
    HCI_LE_SET_ADV_PARAMETERS = 0x2006,
    HCI_LE_SET_ADV_DATA = 0x2008,
    HCI_LE_SET_SCAN_RESPONSE = 0x2009,
    HCI_LE_SET_ADV_ENABLE = 0x200A,
    HCI_LE_SET_SCAN_PARAMETERS = 0x200B,
    HCI_LE_SET_SCAN_ENABLE = 0x200C,
    HCI_LE_CREATE_CONNECTION = 0x200D,
    HCI_LE_CREATE_CONNECTION_CANCEL = 0x200E,
    HCI_LE_REFUSE_LTK = 0x201B,
    HCI_LE_ACCEPT_PARAMETERS = 0x2020,
    HCI_LE_REFUSE_PARAMETERS = 0x2021,
    HCI_LE_SET_SET_ADDRESS = 0x2035,
    HCI_LE_SET_EXT_ADV_PARAMETERS = 0x2036,
    HCI_LE_SET_EXT_ADV_DATA = 0x2037,
    HCI_LE_SET_EXT_SCAN_RESPONSE = 0x2038,
    HCI_LE_SET_EXT_ADV_ENABLE = 0x2039,
    HCI_LE_READ_ADV_SETS = 0x203B,
    HCI_LE_REMOVE_ADV_SET = 0x203C,
    HCI_LE_SET_EXT_SCAN_PARAMETERS = 0x2041,
    HCI_LE_SET_EXT_SCAN_ENABLE = 0x2042,
    HCI_LE_EXT_CREATE_CONNECTION = 0x2043,
};

enum hci_event_code {
    HCI_DISCONNECTION_COMPLETE = 0x05,
    HCI_COMMAND_COMPLETE = 0x0E,
    HCI_COMMAND_STATUS = 0x0F,
    HCI_HARDWARE_ERROR = 0x10,
    HCI_COMPLETED_PACKETS = 0x13,
    HCI_LE_META = 0x3E,
};

enum hci_subevent {
    HCI_LE_CONNECTION_COMPLETE = 0x01,
    HCI_LE_ADV_REPORT = 0x02,
    HCI_LE_LTK_REQUEST = 0x05,
    HCI_LE_PARAMETER_REQUEST = 0x06,
    HCI_LE_ENHANCED_CONNECTION_COMPLETE = 0x0A,
    HCI_LE_EXT_ADV_REPORT = 0x0D,
    HCI_LE_SET_TERMINATED = 0x12,
};

enum hci_status {
    HCI_OK = 0x00,
    HCI_UNKNOWN_CONNECTION = 0x02,
    HCI_DISALLOWED = 0x0C,
    HCI_REMOTE_ENDED = 0x13,
    HCI_UNACCEPTABLE = 0x3B,
    HCI_NOT_ESTABLISHED = 0x3E,
};

#define HCI_HANDLE_MAX 0x0EFFu /* the highest connection handle */

/** One command on its way out. */
struct hci_command {
    uint16_t opcode;
    uint8_t index; /* the slot or connection that the answer is for */
    bool on;       /* an enable command: what it says */
    uint8_t len;
    uint8_t params[64];
};

/** Begins a command: what is written to the cursor becomes its parameters. */
struct io hci_command_open(struct hci_command *c, uint16_t opcode);
/** Its parameters are written. */
void hci_command_close(struct hci_command *c, const struct io *io);

/** Numbers, least significant octet first. */
void hci_put8(struct io *io, uint8_t v);
void hci_put16(struct io *io, uint16_t v);
void hci_put24(struct io *io, uint32_t v);
/** A device address, in either direction: in memory its most significant octet is first. */
void hci_addr(struct io *io, uint8_t addr[6]);
/** Type and address of a peer. */
void hci_put_peer(struct io *io, const struct usher_ble_addr *peer);
/** @p len octets where they are; NULL: there are not so many. */
const uint8_t *hci_take(struct io *io, size_t len);

/** The name of a command of enum hci_opcode. */
const char *hci_command_name(uint16_t opcode);

/** Connection Complete and Enhanced Connection Complete. */
struct hci_connection {
    uint8_t status;
    uint16_t handle;
    bool central; /* the role that we have */
    struct usher_ble_addr peer;
};

/** @retval false  Malformed. */
bool hci_connection_read(struct io *io, bool enhanced, struct hci_connection *c);

/**
 * The next report of an Advertising Report, legacy or extended, whose count is read already.
 *
 * @param legacy_pdu  Gets whether it is of a legacy advertising PDU of a type that a mesh uses;
 * only then is the report filled in.
 *
 * @retval false  Malformed: nothing that follows can be told.
 */
bool hci_report_read(struct io *io, bool extended, struct usher_adv_report *report,
                     bool *legacy_pdu);

#endif
