/* See one_net.h. */
#include "one_net.h"

#include "keys.h"
#include "net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool subscribed(void *ctx, uint16_t dst)
{
    const struct one_net *one = ctx;

    return one->subscribed == dst;
}

static const uint8_t *no_label(void *ctx, uint16_t virtual_address, unsigned n)
{
    (void)ctx;
    (void)virtual_address;
    (void)n;
    return NULL;
}

static bool no_device_key(void *ctx, uint16_t address, uint8_t key[USHER_KEY_SIZE])
{
    (void)ctx;
    (void)address;
    (void)key;
    return false;
}

static const struct usher_net_directory directory = { .subscribed = subscribed,
                                                      .label = no_label,
                                                      .device_key = no_device_key };

void one_net_init(struct one_net *one, const struct usher_crypto *c, uint16_t address,
                  uint8_t elements)
{
    *one = (struct one_net){
        .net = { .crypto = c,
                 .directory = &directory,
                 .directory_ctx = one,
                 .keys = { .subnets = one->subnets,
                           .appkeys = one->appkeys,
                           .subnet_count = 3,
                           .appkey_count = 3 },
                 .iv = { .seq_reserved = 1000 },
                 .rpl = { one->rpl, 4 },
                 .address = address,
                 .elements = elements,
                 .features = USHER_FEATURE_RELAY,
                 .tx = one->tx,
                 .sar_tx = one->sar_tx,
                 .sar_rx = one->sar_rx,
                 .tx_size = ONE_NET_TX,
                 .sar_tx_size = 2,
                 .sar_rx_size = 2 },
    };
    net_begin(&one->net, address);
}

const uint8_t *one_net_key(uint8_t octet)
{
    static uint8_t key[USHER_KEY_SIZE];

    memset(key, octet, sizeof(key));
    return key;
}

struct usher_subnet *one_net_subnet(struct one_net *one, uint16_t net_index, uint8_t octet)
{
    assert_int_equal(
        keys_subnet_add(&one->net.keys, one->net.crypto, net_index, one_net_key(octet)),
        USHER_STATUS_SUCCESS);
    return keys_subnet(&one->net.keys, net_index);
}
