/*
 * What "usher provision" is told to do: which devices are wanted, and for each what is known of it
 * out of band, which address, name and template it gets. From the command line, and from the files
 * that it names: a plan (batch.h), and books of out-of-band values (oob_book.h).
 */
#ifndef ORDERS_H
#define ORDERS_H

#include "batch_map.h"
#include "commissioner.h"
#include "oob_book.h"
#include "options.h"
#include "registry.h"
#include "template.h"

struct orders {
    const struct args *args;
    bool many; /* devices that are heard, or a plan's; otherwise one, the next member's */
    uint8_t uuid[USHER_UUID_SIZE];
    struct oob oob;                  /* --oob */
    bool configures;                 /* nodes without a template of the plan as well, by the next */
    struct node_template template;   /* --template, or that of lamps */
    struct batch batch;              /* no entries: there is no plan */
    struct node_template *templates; /* batch.template_count of them */

    bool refused; /* orders_begin() found that the plan cannot be */

    /* of the plan's entries that are one device each, once orders_begin() has been called: */
    unsigned already;    /* done before, and not heard since */
    unsigned unfinished; /* begun before, and left alone, since --resume is not given */
    unsigned open;       /* not heard yet */
    unsigned prefixes;   /* entries that are not one device each */

    /* private */
    struct registry *registry;
    struct oob_book *book;
    const struct usher_crypto *crypto;
    struct batch_map *map;
    uint8_t *states; /* of the entries, enum order_state */
    uint8_t public_key[USHER_P256_PUBLIC];
};

/**
 * Reads the command line and its files; warns of what is weak in them.
 *
 * @param why  Gets one line; problems of files are told before.
 *
 * @retval false  Refused.
 */
bool orders_read(struct orders *o, const struct args *args, char *why, size_t why_len);
/** Wipes and releases it. May be called on zeros. */
void orders_free(struct orders *o);

/**
 * Looks how far the plan is in a network, and whether it has the addresses for the rest.
 *
 * @param places  Gets what each entry will get; NULL: not wanted.
 *
 * @retval false  @p why tells; problems are told before.
 */
bool orders_begin(struct orders *o, struct registry *registry, struct batch_place *places,
                  char *why, size_t why_len);

/** Whether a device that is heard is wanted; it counts as taken on then. */
bool orders_want(struct orders *o, const uint8_t uuid[USHER_UUID_SIZE], int8_t rssi);
/** What is known of a device. */
void orders_known(const struct orders *o, const uint8_t uuid[USHER_UUID_SIZE],
                  struct commissioner_known *known);
/** The address for a device, 0: the next free one. @retval false  It cannot have one. */
bool orders_address(struct orders *o, const uint8_t uuid[USHER_UUID_SIZE], uint8_t elements,
                    uint16_t *address);
/** The template of a device; NULL: it is not to be configured. */
const struct node_template *orders_template(const struct orders *o,
                                            const uint8_t uuid[USHER_UUID_SIZE]);
/** Gives a node its name, if the plan has one. */
void orders_name(const struct orders *o, const uint8_t uuid[USHER_UUID_SIZE]);
/** Whether any node is to be configured. */
bool orders_configure(const struct orders *o);

/** Whether no device of the plan is still to be heard: it has no prefixes, either. */
bool orders_done(const struct orders *o);
/** Reports the plan's devices that were not heard, or the one that is wanted. @return How many. */
unsigned orders_unheard(const struct orders *o);

#endif
