/*
 * A Bluetooth controller as a radio for an instance of Usher: an HCI host over any stream of octets
 * that carries H4 (Core Specification, Vol 4, Parts A and E). Advertising with one legacy set or
 * with extended advertising sets that send legacy PDUs, scanning, connections in both roles, and
 * over them the little GATT that the mesh needs (gatt_link.h). No heap and no I/O of its own:
 * octets and the time come in, octets are pulled out, and a deadline says when to ask again.
 *
 * Who uses it: ports/linux/hci_radio.c over sockets, ttys and the HCI user channel;
 * sim/hciport.c over a simulated controller in virtual time; firmware over a UART.
 *
 *     hci_host_init(&h, &config);
 *     h fills a port: hci_host_port(&h, &port);       // adv_*, scan, gatt_*; ctx is the host
 *     usher_init(&u, &port, ...); hci_host_up(&h, &u, now);
 *     for ever: octets from the stream: hci_host_in(); octets to it: hci_host_out();
 *               at hci_host_deadline(): hci_host_process(); stream broken: hci_host_down().
 */
#ifndef HCI_HOST_H
#define HCI_HOST_H

#include "hci_conn.h"

#include <usher/usher.h>

/** What is known of the controller. */
enum hci_host_state {
    HCI_DOWN,     /* no stream */
    HCI_STARTING, /* Reset and what follows it are under way */
    HCI_READY,    /* a radio */
    HCI_FAILED,   /* it lacks what is needed; hci_host_why() says what. Nothing more is tried. */
};

/** Told to the owner by hci_host_config.state; a change is told after it has taken effect. */
typedef void (*hci_host_state_cb)(void *ctx, enum hci_host_state state, const char *why);

/** Connections, and GATT over them: for hci_host_config.gatt. */
struct hci_gatt;
extern const struct hci_gatt hci_gatt;

struct hci_host_config {
    bool legacy;      /* one legacy advertising set, even where there are extended ones */
    bool active_scan; /* asks scannable advertisers for their scan response, too */
    uint8_t slots;    /* the most advertising sets to be used; 0: all, up to USHER_ADV_SLOTS */
    uint16_t mtu;     /* ATT_MTU that we ask for and allow, 23..GATT_MTU_MAX; 0: the most */
    const char *name; /* Device Name, and Complete Local Name in scan responses; NULL: "Usher" */
    const uint8_t *address; /* static random address, 6 octets, most significant first; NULL: drawn
                               from usher_port.random by hci_host_up() */
    const struct hci_gatt *gatt; /* &hci_gatt; NULL: no connections, and none of their code */
    struct hci_conn *conns;      /* memory of the connections */
    uint8_t conn_count;          /* how many there may be at once; 0 without gatt */
    /**
     * Something is to be pulled by hci_host_out(), or the deadline has changed: to be looked at
     * soon, not from within this call. Called from any function below.
     */
    void (*kick)(void *ctx);
    hci_host_state_cb state; /* NULL: nobody */
    /** Why a connection has failed, in words of one line; NULL: nobody. */
    void (*note)(void *ctx, const struct usher_ble_addr *peer, const char *why);
    /** Every PDU that is sent or received, for captures; NULL: nobody. See hci_trace.h. */
    const struct hci_trace *trace;
    void *ctx;
};

#ifndef HCI_PACKET_MAX
#define HCI_PACKET_MAX 512u /* octets of the longest packet that is taken; at least 264 */
#endif
#define HCI_COMMANDS 4u /* that wait for their answers at once, where a controller takes more */
#define HCI_WHY_MAX 100u

/** The H4 stream from the controller, being cut into packets (h4.h). Private. */
struct h4 {
    uint16_t at;  /* octets at packet */
    bool hunting; /* the stream is out of step: only the answer to Reset counts */
    uint8_t packet[HCI_PACKET_MAX];
};

/** One command that waits for its answer. Private. */
struct hci_pending {
    uint16_t opcode;
    uint8_t index; /* of the slot or connection that it is for */
    bool on;       /* an enable command: what it says */
    uint64_t deadline;
};

/** One advertisement, and the advertising set that sends it. Private to hci_adv.c. */
struct hci_slot {
    struct usher_adv adv;
    bool wanted;          /* the instance waits for the end of adv */
    bool has_data;        /* its data were given to the controller */
    bool busy;            /* a command that must be answered first is with the controller */
    bool enabled;         /* the controller was told to advertise, and not yet to stop */
    bool ending;          /* it is to be told to stop */
    bool over;            /* it has stopped by itself before it answered that it begins */
    bool made;            /* extended: the set exists */
    bool remove;          /* extended: it is to be made anew */
    bool addressed;       /* extended: it has its random address */
    bool named;           /* it has its scan response */
    uint8_t kind;         /* the type that its parameters are for */
    uint8_t events;       /* legacy: that are still to be sent */
    uint16_t interval_ms; /* of its parameters */
    uint64_t at;          /* enabled: when to stop; else, when to begin */
};

/** One host. All members are private. */
struct hci_host {
    struct hci_host_config config;
    struct usher *node;
    struct usher_port *port; /* whose adv_slots it keeps true */
    enum hci_host_state state;
    uint64_t now;
    char why[HCI_WHY_MAX];

    /* the stream, and commands under way */
    struct h4 in;
    uint8_t credits;     /* commands that the controller takes, as it said last */
    uint64_t credits_by; /* when it has to take some again */
    uint8_t pending_count;
    struct hci_pending pending[HCI_COMMANDS];
    uint8_t step;       /* STARTING: of hci_start.c */
    uint8_t resets;     /* in a row, that did not help for long */
    uint64_t ready_at;  /* when it was ready last */
    uint8_t entered;    /* depth of calls from the owner: the kick waits for the outermost */
    bool touched;       /* there may be something to send */
    uint64_t told_wait; /* the deadline that the owner has seen */

    /* what the controller is */
    uint8_t version;   /* of HCI; 9: Bluetooth 5.0 */
    bool can_extended; /* it has the commands of extended advertising */
    bool extended;     /* they are used */
    bool can_public;   /* it has an address of its own: public_address */
    bool use_public;   /* ours is not taken, so that one is used */
    bool address_set;  /* address is drawn, or given */
    uint8_t address[6];
    uint8_t public_address[6];
    uint8_t features[8];
    uint8_t sets;
    uint16_t acl_len; /* 0: no connections */
    uint16_t acl_count;

    /* advertising */
    struct hci_slot slots[USHER_ADV_SLOTS];
    uint8_t slot_turn;
    uint8_t refusals;   /* of advertisements, in a row */
    bool slow_interval; /* legacy: 100 ms at least for what is not connectable */

    /* scanning */
    uint8_t scan_what;
    bool scan_on;
    uint64_t scan_at; /* not before, after a refusal */

    /* connections */
    struct gatt_database database;
    uint8_t conn_turn, acl_turn;
    bool scan_pauses; /* it cannot scan and connect at the same time */
    bool poll;        /* links are to be polled: their frames have gone out */
    uint8_t stray_count;
    uint16_t strays[4]; /* connections that nobody wants, to be ended */
};

/**
 * @retval USHER_E_NULL   @p h, @p config or its kick is NULL, or there are connections without
 *                        gatt or memory.
 * @retval USHER_E_PARAM  MTU, count of slots or length of the name out of range.
 */
enum usher_err hci_host_init(struct hci_host *h, const struct hci_host_config *config);

/**
 * Makes a port of this radio: fills in adv_start, adv_stop, scan, own_addr, gatt_* and their
 * counts. The other members stay as they are, but `ctx` must be the host: a port whose other
 * functions need another one wraps these. adv_slots is 0 until the controller is ready.
 */
void hci_host_port(struct hci_host *h, struct usher_port *port);

/** The stream is there (again): begins with Reset. The instance is the one that gets the inputs. */
void hci_host_up(struct hci_host *h, struct usher *node, uint64_t now);
/**
 * The stream broke. Connections are closed and slots given back to the instance, which hears of it
 * as of any other end; after hci_host_up() everything that it wants is set up again. A controller
 * that is down or has failed stays so, with what was wrong.
 */
void hci_host_down(struct hci_host *h, uint64_t now);

/** Octets from the controller, any number of them. Calls the instance. */
void hci_host_in(struct hci_host *h, uint64_t now, const uint8_t *octets, size_t len);
/**
 * Octets for the controller: whole packets while they fit into @p size (at least HCI_PACKET_MAX).
 *
 * @return octets; 0: nothing now
 */
size_t hci_host_out(struct hci_host *h, uint64_t now, uint8_t *buf, size_t size);
/** Does what is due. Calls the instance. */
void hci_host_process(struct hci_host *h, uint64_t now);
uint64_t hci_host_deadline(const struct hci_host *h);

/** What is wrong, one line; "" while all is well. */
const char *hci_host_why(const struct hci_host *h);

#endif
