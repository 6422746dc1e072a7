/*
 * One node's network layer with small tables of its own, for the tests of src/net. Its crypto is
 * the filling over OpenSSL.
 */
#ifndef ONE_NET_H
#define ONE_NET_H

#include <usher/crypto.h>
#include <usher/net.h>

#define ONE_NET_TX 8u

struct one_net {
    struct usher_net net;
    struct usher_subnet subnets[3];
    struct usher_appkey appkeys[3];
    struct usher_rpl_entry rpl[4];
    struct usher_net_tx tx[ONE_NET_TX];
    struct usher_sar_tx sar_tx[2];
    struct usher_sar_rx sar_rx[2];
    uint16_t subscribed; /* the one group that a model is subscribed to */
};

/** A node with @p elements elements from @p address on, without keys. */
void one_net_init(struct one_net *one, const struct usher_crypto *c, uint16_t address,
                  uint8_t elements);
/** A NetKey or AppKey that is all @p octet. */
const uint8_t *one_net_key(uint8_t octet);
/** Adds a subnet whose key is all @p octet. */
struct usher_subnet *one_net_subnet(struct one_net *one, uint16_t net_index, uint8_t octet);

#endif
