/*
 * The records that a node keeps, and what is in them. Each begins with the number of its format;
 * one field function per record is walked both ways. What does not fit into its range fails the
 * cursor. Called by store.
 *
 * A table is kept in a chain of records, each holding so many places of the table: the n-th record
 * of a chain exists only if all before it do. A record ends with its last entry in use.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include "io.h"

#include <usher/mesh.h>

/** Keys of records. Those from 0x8000 on are the application's. */
enum record {
    RECORD_NODE = 0x0001, /* address and device key: makes a node */
    RECORD_IV = 0x0002,   /* IV state, and the sequence numbers reserved in it */
    RECORD_SETTINGS = 0x0003,
    RECORD_SUBNETS = 0x1000, /* chains */
    RECORD_APPKEYS = 0x2000,
    RECORD_MODELS = 0x3000,
    RECORD_REPLAY = 0x4000,
};
#define RECORD_CHAIN 0x1000u /* most records of a chain */

#define RECORD_SUBNETS_EACH 14u /* entries of a record */
#define RECORD_APPKEYS_EACH 13u
#define RECORD_REPLAY_EACH 16u

struct record_node {
    uint16_t address;
    uint8_t elements;
    uint8_t device_key[USHER_KEY_SIZE];
};

/**
 * IV Index and sequence numbers in one, so that a reserve never counts for another IV Index than
 * that it was made for. Times are ages in minutes, rounded down: while the power is off they stand
 * still.
 */
struct record_iv {
    uint32_t index;
    bool updating, fresh, recovered;
    uint32_t age_min;       /* of the state; 24 bits */
    uint32_t recovered_min; /* since the last recovery; 24 bits */
    uint32_t seq_reserved;  /* 0..USHER_SEQ_MAX + 1 */
};

/** What every record begins with. */
void record_begin(struct io *io);

void record_node(struct io *io, struct record_node *node);
void record_iv(struct io *io, struct record_iv *iv);
/** Foundation states of the node, SAR and heartbeat publication. */
void record_settings(struct io *io, struct usher_net *n);
/** Of the keys only themselves; what is derived from them is not kept. */
void record_subnet(struct io *io, struct usher_subnet *s);
void record_appkey(struct io *io, struct usher_appkey *a);
void record_replay(struct io *io, struct usher_rpl_entry *e);
/** A model that is at another place of the composition fails the cursor. */
void record_model(struct io *io, struct usher_model *model);

#endif
