/*
 * Upper transport (Mesh Protocol 1.1, section 3.6): access messages sealed and opened with
 * application and device keys, and which key it is. Called by transport.c and transport_rx.c.
 */
#include "keys.h"
#include "transport_parts.h"

#include <string.h>

#define NONCE_APPLICATION 0x01
#define NONCE_DEVICE 0x02

size_t upper_mic(uint8_t szmic)
{
    return szmic != 0 ? MIC_LONG : MIC_SHORT;
}

static void upper_nonce(const struct upper *u, uint8_t nonce[USHER_CCM_NONCE])
{
    net_nonce_fill(u->device ? NONCE_DEVICE : NONCE_APPLICATION, (uint8_t)(u->szmic << 7), u->seq,
                   u->src, u->dst, u->iv_index, nonce);
}

enum usher_err upper_seal(const struct usher_crypto *c, const uint8_t key[USHER_KEY_SIZE],
                          const struct upper *u, const uint8_t *in, size_t len, uint8_t *out)
{
    uint8_t nonce[USHER_CCM_NONCE];

    upper_nonce(u, nonce);
    return c->ccm_encrypt(c->ctx, key, nonce, u->label, u->label != NULL ? USHER_LABEL_SIZE : 0, in,
                          len, out, upper_mic(u->szmic));
}

bool upper_open_with(const struct usher_crypto *c, const uint8_t key[USHER_KEY_SIZE],
                     const struct upper *u, const uint8_t *in, size_t len, uint8_t *out)
{
    uint8_t nonce[USHER_CCM_NONCE];

    upper_nonce(u, nonce);
    return c->ccm_decrypt(c->ctx, key, nonce, u->label, u->label != NULL ? USHER_LABEL_SIZE : 0, in,
                          len, out, upper_mic(u->szmic)) == USHER_OK;
}

/* With every label of a virtual destination, or without one. */
static bool open_with_labels(const struct usher_net *n, const uint8_t key[USHER_KEY_SIZE],
                             struct upper *u, const uint8_t *in, size_t len, uint8_t *out)
{
    u->label = NULL;
    if (!usher_is_virtual(u->dst)) {
        return upper_open_with(n->crypto, key, u, in, len, out);
    }
    for (unsigned i = 0; (u->label = n->directory->label(n->directory_ctx, u->dst, i)) != NULL;
         i++) {
        if (upper_open_with(n->crypto, key, u, in, len, out)) {
            return true;
        }
    }
    return false;
}

static bool open_with_appkey(const struct usher_net *n, const struct usher_appkey *a,
                             struct upper *u, uint8_t aid, const uint8_t *in, size_t len,
                             uint8_t *out)
{
    for (unsigned i = 0; i <= (a->updated ? 1u : 0u); i++) {
        if (a->key[i].aid == aid && open_with_labels(n, a->key[i].key, u, in, len, out)) {
            return true;
        }
    }
    return false;
}

/*
 * Our key opens what we are asked, and what a node answers to a question under our key; a
 * configuration client is answered under the server's.
 */
static bool open_with_device_key(const struct usher_net *n, struct upper *u, const uint8_t *in,
                                 size_t len, uint8_t *out, uint16_t *key)
{
    uint8_t remote[USHER_KEY_SIZE];
    bool opened = false;

    if (!usher_is_unicast(u->dst)) {
        return false;
    }
    if (upper_open_with(n->crypto, n->keys.device_key, u, in, len, out)) {
        *key = USHER_KEY_DEVICE;
        return true;
    }
    if (n->directory->device_key(n->directory_ctx, u->src, remote)) {
        opened = upper_open_with(n->crypto, remote, u, in, len, out);
        *key = USHER_KEY_REMOTE_DEVICE;
    }
    n->crypto->wipe(remote, sizeof(remote));
    return opened;
}

bool upper_open(const struct usher_net *n, struct upper *u, uint8_t head, uint16_t net_index,
                const uint8_t *in, size_t len, uint8_t *out, uint16_t *key)
{
    u->label = NULL;
    u->device = (head & HEAD_APPKEY) == 0;
    if (u->device) {
        return open_with_device_key(n, u, in, len, out, key);
    }
    for (uint16_t i = 0; i < n->keys.appkey_count; i++) {
        const struct usher_appkey *a = &n->keys.appkeys[i];

        if (a->used && a->net_index == net_index &&
            open_with_appkey(n, a, u, head & HEAD_LOW, in, len, out)) {
            *key = a->index;
            return true;
        }
    }
    return false;
}

static enum usher_err device_key_for(const struct usher_net *n, const struct usher_target *target,
                                     struct upper_key *k)
{
    k->head = 0;
    if (target->key == USHER_KEY_DEVICE || net_is_element(n, target->dst)) {
        memcpy(k->key, n->keys.device_key, sizeof(k->key));
        return USHER_OK;
    }
    return n->directory->device_key(n->directory_ctx, target->dst, k->key) ? USHER_OK
                                                                           : USHER_E_NOT_FOUND;
}

enum usher_err upper_key_for(const struct usher_net *n, const struct usher_target *target,
                             struct upper_key *k)
{
    const struct usher_appkey *a;
    unsigned newest;

    if (target->key == USHER_KEY_DEVICE || target->key == USHER_KEY_REMOTE_DEVICE) {
        return device_key_for(n, target, k);
    }
    a = keys_appkey(&n->keys, target->key);
    if (a == NULL || a->net_index != target->net_index) {
        return USHER_E_NOT_FOUND;
    }
    newest = keys_app_tx(&n->keys, a);
    k->head = HEAD_APPKEY | a->key[newest].aid;
    memcpy(k->key, a->key[newest].key, sizeof(k->key));
    return USHER_OK;
}

const uint8_t *upper_label(const struct usher_net *n, uint16_t dst, const uint8_t *label)
{
    const uint8_t *known;

    for (unsigned i = 0; (known = n->directory->label(n->directory_ctx, dst, i)) != NULL; i++) {
        if (memcmp(known, label, USHER_LABEL_SIZE) == 0) {
            return known;
        }
    }
    return NULL;
}
