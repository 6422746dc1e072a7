/* See netnode.h. */
#include "netnode.h"

#include <string.h>

#define IV_INDEX 0x12345678

static const uint8_t labels[NETNODE_LABELS][USHER_LABEL_SIZE] = { "label of a lamp",
                                                                  "a heater's one" };

static bool subscribed(void *ctx, uint16_t dst)
{
    (void)ctx;
    return dst == NETNODE_GROUP || dst == NETNODE_VIRTUAL;
}

static const uint8_t *label(void *ctx, uint16_t virtual_address, unsigned i)
{
    (void)ctx;
    return virtual_address == NETNODE_VIRTUAL && i < NETNODE_LABELS ? labels[i] : NULL;
}

void netnode_device_key(uint16_t address, uint8_t key[USHER_KEY_SIZE])
{
    memset(key, 0xD0 + (address >> 8), USHER_KEY_SIZE);
}

/* Nodes have their second octet for a number: 0x0100, 0x0101, 0x0200, ... */
static bool device_key(void *ctx, uint16_t address, uint8_t key[USHER_KEY_SIZE])
{
    (void)ctx;
    netnode_device_key(address, key);
    return address >= 0x0100 && address < 0x0400;
}

static const struct usher_net_directory directory = { .subscribed = subscribed,
                                                      .label = label,
                                                      .device_key = device_key };

const uint8_t *netnode_label(unsigned i)
{
    return labels[i % NETNODE_LABELS];
}

static void keys_init(struct usher_keys *k)
{
    static const uint8_t key[6][USHER_KEY_SIZE] = { "network key 0...", "network key 1...",
                                                    "network key 1new", "app key 0.......",
                                                    "app key 1.......", "app key 2......." };
    const struct usher_crypto *c = fuzz_crypto();

    FUZZ_CHECK(keys_subnet_add(k, c, 0, key[0]) == USHER_STATUS_SUCCESS);
    FUZZ_CHECK(keys_subnet_add(k, c, 1, key[1]) == USHER_STATUS_SUCCESS);
    FUZZ_CHECK(keys_appkey_add(k, c, 0, 0, key[3]) == USHER_STATUS_SUCCESS);
    FUZZ_CHECK(keys_appkey_add(k, c, 0, 1, key[4]) == USHER_STATUS_SUCCESS);
    FUZZ_CHECK(keys_appkey_add(k, c, 1, 2, key[5]) == USHER_STATUS_SUCCESS);
    FUZZ_CHECK(keys_subnet_update(k, c, 1, key[2]) == USHER_STATUS_SUCCESS);
    FUZZ_CHECK(keys_appkey_update(k, c, 1, 2, key[0]) == USHER_STATUS_SUCCESS);
}

/* Deriving keys takes longer than most runs: once will do. */
static void keys_copy(struct netnode *n)
{
    static struct netnode derived;
    static bool is_derived;

    if (!is_derived) {
        derived.net.keys = (struct usher_keys){
            derived.subnets, derived.appkeys, NETNODE_SUBNETS, NETNODE_APPKEYS, { 0 }
        };
        keys_init(&derived.net.keys);
        is_derived = true;
    }
    memcpy(n->subnets, derived.subnets, sizeof(n->subnets));
    memcpy(n->appkeys, derived.appkeys, sizeof(n->appkeys));
}

void netnode_init(struct netnode *n, unsigned index)
{
    memset(n, 0, sizeof(*n));
    keys_copy(n);
    n->net = (struct usher_net){
        .crypto = fuzz_crypto(),
        .directory = &directory,
        .directory_ctx = n,
        .keys = { n->subnets, n->appkeys, NETNODE_SUBNETS, NETNODE_APPKEYS, { 0 } },
        .iv = { .index = IV_INDEX, .seq_reserved = USHER_SEQ_MAX + 1, .test_mode = true },
        .rpl = { n->rpl, sizeof(n->rpl) / sizeof(n->rpl[0]) },
        .address = (uint16_t)(0x0100 * (index + 1)),
        .elements = NETNODE_ELEMENTS,
        .features = USHER_FEATURE_RELAY,
        .tx = n->tx,
        .sar_tx = n->sar_tx,
        .sar_rx = n->sar_rx,
        .tx_size = sizeof(n->tx) / sizeof(n->tx[0]),
        .sar_tx_size = sizeof(n->sar_tx) / sizeof(n->sar_tx[0]),
        .sar_rx_size = sizeof(n->sar_rx) / sizeof(n->sar_rx[0]),
    };
    netnode_device_key(n->net.address, n->net.keys.device_key);
    net_begin(&n->net, index + 1);
}

static void check_access(const struct netnode *n, const struct transport_in *in)
{
    const struct usher_message *m = &in->message;

    FUZZ_CHECK(in->len >= 1 && in->len <= USHER_ACCESS_MAX && in->data != NULL);
    FUZZ_CHECK(usher_is_unicast(m->src) && m->ttl <= 0x7F);
    FUZZ_CHECK(net_is_ours(&n->net, m->dst) || subscribed(NULL, m->dst));
    FUZZ_CHECK((m->label != NULL) == usher_is_virtual(m->dst));
    FUZZ_CHECK(keys_subnet(&n->net.keys, m->net_index) != NULL);
    if (m->key == USHER_KEY_DEVICE || m->key == USHER_KEY_REMOTE_DEVICE) {
        FUZZ_CHECK(usher_is_unicast(m->dst));
    } else {
        FUZZ_CHECK(keys_appkey(&n->net.keys, m->key)->net_index == m->net_index);
    }
}

void netnode_check_told(const struct netnode *n, enum transport_kind kind,
                        const struct transport_in *in)
{
    switch (kind) {
    case TRANSPORT_ACCESS:
        check_access(n, in);
        break;
    case TRANSPORT_SENT:
        FUZZ_CHECK(in->token != 0);
        break;
    default:
        FUZZ_CHECK(kind == TRANSPORT_HEARTBEAT);
        FUZZ_CHECK(in->message.src == n->net.heartbeat.sub_src);
        FUZZ_CHECK(in->message.dst == n->net.heartbeat.sub_dst);
        FUZZ_CHECK(in->hops >= 1 && in->hops <= 0x80);
        break;
    }
}
