/*
 * A phone, a proxy, a lamp and another phone, for test_proxy_site.c and test_proxy_states.c: the
 * phones are not on the advertising bearer and reach their network through a proxy alone. What the
 * calls here do not get, as they should, fails the test.
 */
#ifndef PROXY_SITE_H
#define PROXY_SITE_H

#include "nodes.h"

enum { PHONE, PROXY, LAMP, PHONE2, COUNT };

#define SETTLE_MS 3000u

struct site {
    struct nodes *all;
    unsigned advertised_by_phone;
    uint8_t conn; /* made last */
};

extern struct site site; /* of the test that runs */

static inline struct node *node(unsigned n)
{
    return &site.all->node[n];
}

/** @param value_max  Octets in a value, 20..244. */
void site_make(uint16_t value_max);
/** ... and the phone is connected to the proxy. */
void site_make_connected(uint16_t value_max);
/** A test's teardown. */
int site_end(void **state);

struct usher_ble_addr site_addr(unsigned n);
/** A node connects to another one's proxy. */
void site_connect(unsigned from, unsigned to);

/** The phone asks a node's Config Server. @return the answer, good until the next */
const struct usher_config_msg *site_ask(unsigned to, const struct usher_config_msg *question);
#define ASK(to, ...) site_ask(to, &(struct usher_config_msg){ __VA_ARGS__ })

#endif
