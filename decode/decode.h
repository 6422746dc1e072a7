/*
 * Explains a capture in words: what each packet is, and how each provisioning went. The file is in
 * memory; lines come in the order of their first packets, repeats folded into them. There is no
 * second parser here: PDUs are read by the modules of src and ports/hci. Called by the tool, and by
 * tests.
 */
#ifndef DECODE_H
#define DECODE_H

#include "keyring.h"

#include <usher/prov.h>

#define DECODE_NAME 18u
#define DECODE_FOLD_MS 10000u /* repeats are looked for so long after the first */

/** A packet, with its repeats. */
struct decode_line {
    uint64_t time_us; /* as in the file */
    uint64_t at_us;   /* since the first packet */
    uint64_t last_us; /* of the last repeat, since the first packet */
    unsigned count;   /* 1: there was no repeat */
    bool has_rssi;
    int8_t rssi; /* of the first */
    const char *from;
    const char *text;
    json_t *members; /* an object: "kind" and what it has; good during the call */
};

enum decode_end {
    DECODE_OPEN,     /* the capture ends before it does */
    DECODE_COMPLETE, /* the device said Complete */
    DECODE_FAILED,   /* the device said Failed: code */
    DECODE_CLOSED,   /* closed before either: reason */
    DECODE_SILENT,   /* nobody closed it, and nothing was said for 60 s */
};

/** A link on which a device was provisioned, or was to be. */
struct decode_link {
    bool gatt;
    uint32_t id; /* the link identifier; of PB-GATT the connection's number */
    bool has_uuid;
    uint8_t uuid[USHER_UUID_SIZE];
    uint64_t from_us, to_us; /* since the first packet */
    enum decode_end end;
    uint8_t code;        /* enum usher_failure */
    bool has_reason;     /* it was closed */
    uint8_t reason;      /* enum usher_close_reason; of PB-GATT that of the disconnection */
    int last_pdu;        /* its type, but for Failed; -1: there was none */
    unsigned packets;    /* all of them */
    unsigned repeated;   /* of these, again what had been sent */
    uint64_t pdu_us[16]; /* when each type of PDU was there as a whole, plus 1; 0: never */
};

/** What was counted. */
struct decode_totals {
    uint64_t packets, first_us, last_us; /* first_us as in the file, last_us since then */
    unsigned devices;                    /* UUIDs in beacons */
    unsigned links;
    unsigned network, opened; /* Network PDUs, but for repeats; of these, with a key known */
    unsigned messages;        /* access messages in them */
    unsigned others;          /* not of a mesh */
    unsigned malformed;
    bool damaged; /* the file ends within a packet */
};

struct decode_config {
    const struct usher_crypto *crypto;
    struct keyring *keys; /* NULL: none */
    bool show_secrets;    /* keys in messages are told, too */
    void (*line)(void *ctx, const struct decode_line *line);
    void (*link)(void *ctx, const struct decode_link *link); /* after all lines */
    void (*totals)(void *ctx, const struct decode_totals *totals);
    void *ctx;
};

/** @param why  Gets one line. @retval false  Not a capture file, or no memory. */
bool decode_run(const struct decode_config *config, const uint8_t *file, size_t len, char *why,
                size_t why_len);

/** The time from a link's beginning to its end as phases. @retval false  There are no more. */
bool decode_phase(const struct decode_link *link, unsigned n, const char **name, uint64_t *us);

#endif
