/*
 * What the files of the simulated controller share: its state, the table of commands, and the calls
 * between them. hci.c has the life, the octets from the host and the packets to it; hci_commands.c
 * the table and who may ask what when; hci_info.c what is read and set; hci_adv.c, hci_scan.c and
 * hci_link.c the radio. Private to them.
 */
#ifndef SIM_HCI_STATE_H
#define SIM_HCI_STATE_H

#include "air_link.h"
#include "hci.h"

#include <string.h>

/* Error codes (Core Specification, Vol 1, Part F). */
enum hci_status {
    ST_OK = 0x00,
    ST_UNKNOWN_COMMAND = 0x01,
    ST_UNKNOWN_CONNECTION = 0x02,
    ST_MEMORY = 0x07,
    ST_CONNECTION_LIMIT = 0x09,
    ST_CONNECTION_EXISTS = 0x0B,
    ST_DISALLOWED = 0x0C,
    ST_RESOURCES = 0x0D,
    ST_UNSUPPORTED = 0x11,
    ST_INVALID = 0x12,
    ST_POWER_OFF = 0x15,
    ST_UNSPECIFIED = 0x1F,
    ST_ADVERTISING_TIMEOUT = 0x3C,
    ST_UNKNOWN_SET = 0x42,
    ST_LIMIT_REACHED = 0x43,
};

enum {
    H4_COMMAND = 0x01,
    H4_ACL = 0x02,
    H4_EVENT = 0x04,
    EVENT_MAX = 255, /* octets of its parameters */
    COMMANDS = 4,    /* that can wait; a host may send one, and perhaps a Reset */
    ACCEPT_LIST = 8,
    DUPLICATES = 32, /* advertisers remembered by Filter_Duplicates */
    DATA_PLAIN = 27, /* octets in a data PDU without Data Length Extension */
};

/* Events and LE subevents that this controller sends. */
enum {
    EV_DISCONNECTED = 0x05,
    EV_REMOTE_VERSION = 0x0C,
    EV_COMMAND_COMPLETE = 0x0E,
    EV_COMMAND_STATUS = 0x0F,
    EV_HARDWARE_ERROR = 0x10,
    EV_COMPLETED_PACKETS = 0x13,
    EV_DATA_BUFFER_OVERFLOW = 0x1A,
    EV_LE_META = 0x3E,
    LE_CONNECTED = 0x01,
    LE_ADV_REPORT = 0x02,
    LE_UPDATED = 0x03,
    LE_REMOTE_FEATURES = 0x04,
    LE_DATA_LENGTH = 0x07,
    LE_P256_KEY = 0x08,
    LE_DHKEY = 0x09,
    LE_ENHANCED_CONNECTED = 0x0A,
    LE_EXT_ADV_REPORT = 0x0D,
    LE_SCAN_TIMEOUT = 0x11,
    LE_SET_TERMINATED = 0x12,
};

/* Legacy and extended commands do not mix between two Resets (Vol 4, Part E, 3.1.1). */
enum hci_mode { MODE_NONE, MODE_LEGACY, MODE_EXTENDED };

struct adv_set {
    bool used; /* it has parameters */
    bool enabled;
    uint8_t handle;
    enum usher_adv_type type;
    uint32_t interval_us;
    uint8_t own_type;
    bool has_random;
    uint8_t random[6]; /* most significant octet first */
    uint8_t ad_len, rsp_len;
    uint8_t ad[USHER_AD_MAX], rsp[USHER_AD_MAX];
    uint8_t max_events; /* 0: no limit */
    uint8_t events;     /* sent; of no account without a limit */
    uint64_t due;       /* the event that is with the air, or the next one */
    struct sim_hci *controller;
    struct air_timer next, end;
};

struct scanner {
    bool enabled, active, random, use_list;
    uint8_t filter_duplicates;
    uint32_t interval_us, window_us;
    uint64_t since;
    uint64_t duration_us, period_us; /* 0: for ever; once */
    struct air_timer end;
    struct usher_ble_addr seen[DUPLICATES];
    uint8_t seen_type[DUPLICATES];
    uint8_t seen_count, seen_next;
    uint64_t seen_period;
    /* to whom the next scan response belongs, as extended reports tell it */
    bool response_to_connectable;
};

struct initiator {
    bool active, by_list;
    bool random; /* our own address */
    struct usher_ble_addr peer;
    struct air_link_params params;
    uint16_t latency;
};

struct acl_buffer {
    bool used;
    bool first;
    uint16_t len, cut;       /* octets; of them, those that are in PDUs by now */
    uint8_t pdus, acked;     /* data PDUs made of it so far, and acknowledged */
    struct acl_buffer *next; /* of the same connection */
    uint8_t data[SIM_HCI_ACL_MAX];
};

struct hci_link {
    struct air_link *link; /* NULL: this one is free */
    bool central;
    bool closing;
    uint16_t handle;
    struct usher_ble_addr peer;
    uint16_t tx; /* octets in a data PDU */
    struct acl_buffer *queue;
};

struct hci_packet {
    struct hci_packet *next;
    size_t len;
    uint8_t octets[];
};

struct hci_request {
    uint16_t opcode;
    uint8_t len;
    uint8_t params[255];
};

struct sim_hci {
    struct air *air;
    struct air_radio *radio;
    struct sim_hci_config config;
    sim_hci_out out;
    void *ctx;
    bool hung;

    /* octets from the host */
    uint8_t in[5 + SIM_HCI_ACL_MAX];
    size_t have;
    size_t skip; /* octets of a packet that is too long to come */
    bool lost;   /* until a Reset */
    struct hci_request requests[COMMANDS];
    uint8_t request_first, request_count;
    struct air_timer command;

    /* packets to the host */
    struct hci_packet *packets, **packets_end;
    bool telling;   /* one is being handed over */
    bool held_back; /* until octets are read, or a command is carried out */

    /* what the host has set */
    enum hci_mode mode;
    uint8_t event_mask[8], le_event_mask[8];
    uint8_t bd_addr[6];
    bool has_random;
    uint8_t random[6];
    uint8_t name[248];
    bool host_support;
    uint16_t suggested_tx, suggested_time;
    struct usher_ble_addr accept[ACCEPT_LIST];
    uint8_t accept_count;
    uint8_t private_key[USHER_P256_PRIVATE];
    bool has_private_key;

    struct adv_set sets[SIM_HCI_SETS]; /* the slots of the air; 0 is the legacy one, too */
    struct scanner scanner;
    struct initiator initiator;
    struct hci_link links[SIM_HCI_CONNECTIONS];
    struct acl_buffer *buffers; /* config.acl_count */
};

/*
 * A command: what it may look like, and who does it. The handler gets parameters of a length that
 * was checked, and room for what follows the status, which is all zeros and sent in full whatever
 * the status is.
 */
struct hci_command_row {
    uint16_t opcode;
    uint8_t len; /* of the parameters; variable: at least this */
    uint8_t flags;
    uint8_t octet, bit; /* in Supported Commands */
    uint8_t answer_len; /* after the status */
    uint8_t (*act)(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer);
};

enum {
    F_VARIABLE = 1 << 0,
    F_STATUS = 1 << 1,   /* answered by Command Status */
    F_LEGACY = 1 << 2,   /* ends the choice of mode */
    F_EXTENDED = 1 << 3, /* likewise */
    F_CRYPTO = 1 << 4,   /* unknown without a crypto table */
    F_NEW = 1 << 5,      /* unknown to a controller of Bluetooth 4.2 */
};

/* -- octets, little-endian ------------------------------------------------------------------- */

static inline uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t get24(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

static inline void put16(uint8_t *p, uint16_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

/* Copies an address, key or coordinate between HCI's octet order and ours. */
static inline void put_reversed(uint8_t *to, const uint8_t *from, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        to[i] = from[len - 1 - i];
    }
}

static inline bool bit_of(const uint8_t mask[8], unsigned bit)
{
    return (mask[bit / 8] >> (bit % 8) & 1) != 0;
}

/* -- hci.c ----------------------------------------------------------------------------------- */

/* Sends an event, if the host's mask lets it: those that may not be masked always. */
void hci_event(struct sim_hci *c, uint8_t code, const uint8_t *params, size_t len);
/* An LE Meta event. @param params  Begin after the subevent. */
void hci_le_event(struct sim_hci *c, uint8_t subevent, const uint8_t *params, size_t len);
bool hci_le_wanted(const struct sim_hci *c, uint8_t subevent);
/* Sends any packet, in its turn. */
void hci_packet_out(struct sim_hci *c, const uint8_t *packet, size_t len);
/* Sends the answer to the command that is being carried out, before all events of it. */
void hci_answer_out(struct sim_hci *c, const uint8_t *packet, size_t len);
/* All as after power on; what is on the air ends. */
void hci_reset(struct sim_hci *c);

/* -- hci_commands.c -------------------------------------------------------------------------- */

void hci_command_run(struct sim_hci *c, const struct hci_request *request);
/* The bit map of Read Local Supported Commands. */
void hci_commands_supported(const struct sim_hci *c, uint8_t map[64]);

/* -- the tables of the other files, ended by opcode 0 ------------------------------------------ */

extern const struct hci_command_row hci_info_commands[];
extern const struct hci_command_row hci_adv_commands[];
extern const struct hci_command_row hci_scan_commands[];
extern const struct hci_command_row hci_link_commands[];

/* -- hci_info.c ------------------------------------------------------------------------------ */

void hci_info_reset(struct sim_hci *c);
/* The time on the air of a data PDU on LE 1M, us: all that is around its octets is 14. */
#define HCI_DATA_TIME(octets) ((uint16_t)(((octets) + 14u) * 8u))

#define HCI_VERSION_OCTETS 5
/* LL version, company and subversion. */
void hci_version(const struct sim_hci *c, uint8_t version[HCI_VERSION_OCTETS]);
void hci_le_features(const struct sim_hci *c, uint8_t features[8]);
bool hci_accept_listed(const struct sim_hci *c, uint8_t type, const uint8_t addr[6]);

/* -- hci_adv.c ------------------------------------------------------------------------------- */

void hci_adv_init(struct sim_hci *c);
void hci_adv_reset(struct sim_hci *c);
void hci_adv_free(struct sim_hci *c);
void hci_adv_done(struct sim_hci *c, uint8_t slot);
bool hci_adv_enabled(const struct sim_hci *c);
/* A connection has answered the slot's event: advertising ends. */
void hci_adv_connected(struct sim_hci *c, uint8_t slot, uint16_t handle);
/* ... and there was no room for it: advertising goes on. */
void hci_adv_missed(struct sim_hci *c, uint8_t slot);
/* What begins from now on has the public address, or the random one. */
void hci_address_use(struct sim_hci *c, bool is_random, const uint8_t random[6]);
/* Checks Own_Address_Type of a command. */
uint8_t hci_own_type_check(uint8_t own_type);

/* -- hci_scan.c ------------------------------------------------------------------------------ */

void hci_scan_reset(struct sim_hci *c);
void hci_scan_report(struct sim_hci *c, const struct usher_adv_report *report);
/* Listens as scanner and initiator need it. */
void hci_scan_listen(struct sim_hci *c);

/* -- hci_link.c ------------------------------------------------------------------------------ */

extern const struct air_link_owner hci_link_owner;
void hci_link_reset(struct sim_hci *c);
/* A whole ACL data packet from the host: header and data. */
void hci_link_acl(struct sim_hci *c, const uint8_t *packet, size_t len);
/* An ACL data packet is too long, or one too many. */
void hci_link_overflow(struct sim_hci *c);
/* The initiator by accept list: an advertisement was heard. */
void hci_link_heard(struct sim_hci *c, const struct usher_adv_report *report);
bool hci_link_room(const struct sim_hci *c);

#endif
