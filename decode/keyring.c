/* The keys of a network and who has them; see keyring.h. */
#include "keyring_parts.h"

#include "kdf.h"
#include "keys.h"
#include "rpl.h"
#include "transport.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY 0x7FFFu /* the address that we have for messages to groups */

/* -- what the network layer asks --------------------------------------------------------------- */

static bool subscribed(void *ctx, uint16_t dst)
{
    (void)ctx;
    (void)dst;
    return true; /* we listen to everything */
}

static const uint8_t *label(void *ctx, uint16_t virtual_address, unsigned n)
{
    const struct keyring *k = ctx;

    for (size_t i = 0; i < k->label_count; i++) {
        if (k->labels[i].address == virtual_address && n-- == 0) {
            return k->labels[i].octets;
        }
    }
    return NULL;
}

static bool device_key(void *ctx, uint16_t address, uint8_t key[USHER_KEY_SIZE])
{
    const struct keyring_node *node = keyring_node_at(ctx, address);

    if (node == NULL) {
        return false;
    }
    memcpy(key, node->key, USHER_KEY_SIZE);
    return true;
}

static const struct usher_net_directory directory = {
    .subscribed = subscribed,
    .label = label,
    .device_key = device_key,
};

/* ---------------------------------------------------------------------------------------------- */

struct keyring *keyring_new(const struct usher_crypto *crypto)
{
    struct keyring *k = calloc(1, sizeof(*k));

    if (k == NULL) {
        return NULL;
    }
    k->net.crypto = crypto;
    k->net.directory = &directory;
    k->net.directory_ctx = k;
    k->net.keys.subnets = k->subnets;
    k->net.keys.subnet_count = KEYRING_SUBNETS;
    k->net.keys.appkeys = k->appkeys;
    k->net.keys.appkey_count = KEYRING_APPKEYS;
    k->net.rpl.entries = k->replay;
    k->net.rpl.size = 1;
    k->net.tx = k->nothing; /* of no room: what would be sent, acknowledgments, is not */
    k->net.sar_tx = k->no_message;
    k->net.sar_rx = k->messages;
    k->net.sar_rx_size = KEYRING_MESSAGES;
    net_begin(&k->net, 1);
    return k;
}

static void wipe_and_free(const struct usher_crypto *crypto, void *memory, size_t len)
{
    if (memory != NULL) {
        crypto->wipe(memory, len);
        free(memory);
    }
}

void keyring_free(struct keyring *k)
{
    if (k != NULL) {
        const struct usher_crypto *crypto = k->net.crypto;

        wipe_and_free(crypto, k->nodes, k->node_room * sizeof(*k->nodes));
        wipe_and_free(crypto, k->labels, k->label_room * sizeof(*k->labels));
        wipe_and_free(crypto, k, sizeof(*k));
    }
}

bool keyring_netkey(struct keyring *k, uint16_t index, const uint8_t key[USHER_KEY_SIZE],
                    const uint8_t *old_key)
{
    struct usher_keys *keys = &k->net.keys;
    const struct usher_crypto *c = k->net.crypto;

    return keys_subnet_add(keys, c, index, old_key != NULL ? old_key : key) ==
               USHER_STATUS_SUCCESS &&
           (old_key == NULL || keys_subnet_update(keys, c, index, key) == USHER_STATUS_SUCCESS);
}

bool keyring_appkey(struct keyring *k, uint16_t net_index, uint16_t index,
                    const uint8_t key[USHER_KEY_SIZE], const uint8_t *old_key)
{
    struct usher_keys *keys = &k->net.keys;
    const struct usher_crypto *c = k->net.crypto;

    return keys_appkey_add(keys, c, net_index, index, old_key != NULL ? old_key : key) ==
               USHER_STATUS_SUCCESS &&
           (old_key == NULL ||
            keys_appkey_update(keys, c, net_index, index, key) == USHER_STATUS_SUCCESS);
}

/* Room for one more element. The old memory, which has keys, is wiped. */
static bool grow(const struct usher_crypto *crypto, void **array, size_t *room, size_t size)
{
    size_t more = *room == 0 ? 64 : 2 * *room;
    void *memory = calloc(more, size);

    if (memory == NULL) {
        return false;
    }
    if (*array != NULL) {
        memcpy(memory, *array, *room * size);
    }
    wipe_and_free(crypto, *array, *room * size);
    *array = memory;
    *room = more;
    return true;
}

/* The place of the first node above @p address; nodes are in the order of their addresses. */
static size_t above(const struct keyring *k, uint16_t address)
{
    size_t low = 0, high = k->node_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (k->nodes[middle].address <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool keyring_node(struct keyring *k, uint16_t address, uint8_t elements,
                  const uint8_t key[USHER_KEY_SIZE])
{
    size_t at = above(k, address);
    void *nodes = k->nodes;

    if (!usher_is_unicast(address) || elements == 0 ||
        elements - 1u > USHER_UNICAST_MAX - (unsigned)address) {
        return false;
    }
    if (k->node_count == k->node_room) {
        if (!grow(k->net.crypto, &nodes, &k->node_room, sizeof(*k->nodes))) {
            return false;
        }
        k->nodes = nodes;
    }
    memmove(k->nodes + at + 1, k->nodes + at, (k->node_count - at) * sizeof(*k->nodes));
    k->nodes[at] = (struct keyring_node){ .address = address, .elements = elements };
    memcpy(k->nodes[at].key, key, USHER_KEY_SIZE);
    k->node_count++;
    return true;
}

bool keyring_label(struct keyring *k, const uint8_t octets[USHER_LABEL_SIZE])
{
    void *labels = k->labels;
    uint16_t address;

    if (kdf_virtual(k->net.crypto, octets, &address) != USHER_OK) {
        return false;
    }
    if (k->label_count == k->label_room) {
        if (!grow(k->net.crypto, &labels, &k->label_room, sizeof(*k->labels))) {
            return false;
        }
        k->labels = labels;
    }
    k->labels[k->label_count].address = address;
    memcpy(k->labels[k->label_count++].octets, octets, USHER_LABEL_SIZE);
    return true;
}

void keyring_iv_index(struct keyring *k, uint32_t iv_index)
{
    k->net.iv.index = iv_index;
}

const struct keyring_node *keyring_node_at(const struct keyring *k, uint16_t address)
{
    size_t at = above(k, address);
    const struct keyring_node *node = at != 0 ? &k->nodes[at - 1] : NULL;

    return node != NULL && address - node->address < node->elements ? node : NULL;
}

void keyring_as(struct keyring *k, uint16_t address)
{
    const struct keyring_node *node = keyring_node_at(k, address);

    k->net.address = usher_is_unicast(address) ? address : NOBODY;
    k->net.elements = 1;
    memset(k->net.keys.device_key, 0, sizeof(k->net.keys.device_key));
    if (node != NULL) {
        memcpy(k->net.keys.device_key, node->key, sizeof(node->key));
    }
    rpl_clear(&k->net.rpl);
}
