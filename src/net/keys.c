/* Subnets, AppKeys and Key Refresh; see keys.h. */
#include "keys.h"

#include "ct.h"
#include "kdf.h"

#include <string.h>

/* k1 by name, as the identity and beacon keys are made (3.9.6.3). */
static enum usher_err id128(const struct usher_crypto *c, const uint8_t key[16], const char *label,
                            uint8_t out[16])
{
    uint8_t salt[16];
    enum usher_err err = kdf_s1(c, (const uint8_t *)label, strlen(label), salt);

    return err == USHER_OK ? kdf_k1(c, key, 16, salt, "id128\x01", 6, out) : err;
}

/* The credentials of managed flooding: P is one zero octet. */
static enum usher_err flooding(const struct usher_crypto *c, struct usher_net_keys *k)
{
    static const uint8_t p[1] = { 0x00 };
    struct kdf_k2 k2;
    enum usher_err err = kdf_k2(c, k->key, p, sizeof(p), &k2);

    if (err == USHER_OK) {
        k->nid = k2.nid;
        memcpy(k->encryption, k2.encryption_key, sizeof(k->encryption));
        memcpy(k->privacy, k2.privacy_key, sizeof(k->privacy));
    }
    c->wipe(&k2, sizeof(k2));
    return err;
}

enum usher_err keys_derive(const struct usher_crypto *c, const uint8_t key[16],
                           struct usher_net_keys *out)
{
    enum usher_err err;

    memcpy(out->key, key, sizeof(out->key));
    err = flooding(c, out);
    if (err == USHER_OK) {
        err = kdf_k3(c, key, out->network_id);
    }
    if (err == USHER_OK) {
        err = id128(c, key, "nkbk", out->beacon);
    }
    if (err == USHER_OK) {
        err = id128(c, key, "nkpk", out->private_beacon);
    }
    if (err == USHER_OK) {
        err = id128(c, key, "nkik", out->identity);
    }
    if (err != USHER_OK) {
        c->wipe(out, sizeof(*out));
    }
    return err;
}

struct usher_subnet *keys_subnet(const struct usher_keys *k, uint16_t net_index)
{
    for (uint16_t i = 0; i < k->subnet_count; i++) {
        if (k->subnets[i].used && k->subnets[i].index == net_index) {
            return &k->subnets[i];
        }
    }
    return NULL;
}

struct usher_appkey *keys_appkey(const struct usher_keys *k, uint16_t app_index)
{
    for (uint16_t i = 0; i < k->appkey_count; i++) {
        if (k->appkeys[i].used && k->appkeys[i].index == app_index) {
            return &k->appkeys[i];
        }
    }
    return NULL;
}

static struct usher_subnet *subnet_free(const struct usher_keys *k)
{
    for (uint16_t i = 0; i < k->subnet_count; i++) {
        if (!k->subnets[i].used) {
            return &k->subnets[i];
        }
    }
    return NULL;
}

static struct usher_appkey *appkey_free(const struct usher_keys *k)
{
    for (uint16_t i = 0; i < k->appkey_count; i++) {
        if (!k->appkeys[i].used) {
            return &k->appkeys[i];
        }
    }
    return NULL;
}

const struct usher_net_keys *keys_tx(const struct usher_subnet *s)
{
    return &s->key[s->phase == 2 ? 1 : 0];
}

unsigned keys_app_tx(const struct usher_keys *k, const struct usher_appkey *a)
{
    const struct usher_subnet *s = keys_subnet(k, a->net_index);

    return a->updated && s != NULL && s->phase == 2 ? 1 : 0;
}

enum usher_status keys_subnet_add(struct usher_keys *k, const struct usher_crypto *c,
                                  uint16_t net_index, const uint8_t key[16])
{
    struct usher_subnet *s = keys_subnet(k, net_index);

    if (net_index > USHER_KEY_INDEX_MAX) {
        return USHER_STATUS_INVALID_NETKEY;
    }
    if (s != NULL) {
        return ct_equal(s->key[0].key, key, 16) ? USHER_STATUS_SUCCESS
                                                : USHER_STATUS_KEY_INDEX_STORED;
    }
    s = subnet_free(k);
    if (s == NULL) {
        return USHER_STATUS_INSUFFICIENT_RESOURCES;
    }
    *s = (struct usher_subnet){ .index = net_index };
    if (keys_derive(c, key, &s->key[0]) != USHER_OK) {
        return USHER_STATUS_UNSPECIFIED;
    }
    s->used = true;
    return USHER_STATUS_SUCCESS;
}

enum usher_status keys_subnet_update(struct usher_keys *k, const struct usher_crypto *c,
                                     uint16_t net_index, const uint8_t key[16])
{
    struct usher_subnet *s = keys_subnet(k, net_index);

    if (s == NULL) {
        return USHER_STATUS_INVALID_NETKEY;
    }
    if (s->phase == 1 && ct_equal(s->key[1].key, key, 16)) {
        return USHER_STATUS_SUCCESS;
    }
    if (s->phase != 0 || ct_equal(s->key[0].key, key, 16)) {
        return USHER_STATUS_CANNOT_UPDATE;
    }
    if (keys_derive(c, key, &s->key[1]) != USHER_OK) {
        return USHER_STATUS_UNSPECIFIED;
    }
    s->phase = 1;
    return USHER_STATUS_SUCCESS;
}

enum usher_status keys_subnet_delete(struct usher_keys *k, const struct usher_crypto *c,
                                     uint16_t net_index)
{
    struct usher_subnet *s = keys_subnet(k, net_index);
    unsigned used = 0;

    if (s == NULL) {
        return USHER_STATUS_SUCCESS;
    }
    for (uint16_t i = 0; i < k->subnet_count; i++) {
        used += k->subnets[i].used;
    }
    if (used == 1) {
        return USHER_STATUS_CANNOT_REMOVE;
    }
    for (uint16_t i = 0; i < k->appkey_count; i++) {
        if (k->appkeys[i].used && k->appkeys[i].net_index == net_index) {
            c->wipe(&k->appkeys[i], sizeof(k->appkeys[i]));
        }
    }
    c->wipe(s, sizeof(*s));
    return USHER_STATUS_SUCCESS;
}

/* Puts an AppKey in place 0 or 1 with its AID. */
static enum usher_err appkey_put(const struct usher_crypto *c, struct usher_appkey *a, unsigned i,
                                 const uint8_t key[16])
{
    enum usher_err err = kdf_k4(c, key, &a->key[i].aid);

    if (err == USHER_OK) {
        memcpy(a->key[i].key, key, sizeof(a->key[i].key));
    }
    return err;
}

enum usher_status keys_appkey_add(struct usher_keys *k, const struct usher_crypto *c,
                                  uint16_t net_index, uint16_t app_index, const uint8_t key[16])
{
    struct usher_appkey *a = keys_appkey(k, app_index);

    if (keys_subnet(k, net_index) == NULL || (a != NULL && a->net_index != net_index)) {
        return USHER_STATUS_INVALID_NETKEY;
    }
    if (app_index > USHER_KEY_INDEX_MAX) {
        return USHER_STATUS_INVALID_APPKEY;
    }
    if (a != NULL) {
        return ct_equal(a->key[0].key, key, 16) ? USHER_STATUS_SUCCESS
                                                : USHER_STATUS_KEY_INDEX_STORED;
    }
    a = appkey_free(k);
    if (a == NULL) {
        return USHER_STATUS_INSUFFICIENT_RESOURCES;
    }
    *a = (struct usher_appkey){ .index = app_index, .net_index = net_index };
    if (appkey_put(c, a, 0, key) != USHER_OK) {
        return USHER_STATUS_UNSPECIFIED;
    }
    a->used = true;
    return USHER_STATUS_SUCCESS;
}

enum usher_status keys_appkey_update(struct usher_keys *k, const struct usher_crypto *c,
                                     uint16_t net_index, uint16_t app_index, const uint8_t key[16])
{
    const struct usher_subnet *s = keys_subnet(k, net_index);
    struct usher_appkey *a = keys_appkey(k, app_index);

    if (s == NULL) {
        return USHER_STATUS_INVALID_NETKEY;
    }
    if (a == NULL) {
        return USHER_STATUS_INVALID_APPKEY;
    }
    if (a->net_index != net_index) {
        return USHER_STATUS_INVALID_BINDING;
    }
    if (s->phase != 1) {
        return USHER_STATUS_CANNOT_UPDATE;
    }
    if (a->updated) {
        return ct_equal(a->key[1].key, key, 16) ? USHER_STATUS_SUCCESS : USHER_STATUS_CANNOT_UPDATE;
    }
    if (appkey_put(c, a, 1, key) != USHER_OK) {
        return USHER_STATUS_UNSPECIFIED;
    }
    a->updated = true;
    return USHER_STATUS_SUCCESS;
}

enum usher_status keys_appkey_delete(struct usher_keys *k, const struct usher_crypto *c,
                                     uint16_t net_index, uint16_t app_index)
{
    struct usher_appkey *a = keys_appkey(k, app_index);

    if (keys_subnet(k, net_index) == NULL) {
        return USHER_STATUS_INVALID_NETKEY;
    }
    if (a == NULL) {
        return USHER_STATUS_SUCCESS;
    }
    if (a->net_index != net_index) {
        return USHER_STATUS_INVALID_BINDING;
    }
    c->wipe(a, sizeof(*a));
    return USHER_STATUS_SUCCESS;
}

/* Phase 3, which is over at once: the new keys become the keys, the old ones are gone. */
static void revoke(struct usher_keys *k, const struct usher_crypto *c, struct usher_subnet *s)
{
    s->key[0] = s->key[1];
    c->wipe(&s->key[1], sizeof(s->key[1]));
    s->phase = 0;
    for (uint16_t i = 0; i < k->appkey_count; i++) {
        struct usher_appkey *a = &k->appkeys[i];

        if (a->used && a->updated && a->net_index == s->index) {
            a->key[0] = a->key[1];
            c->wipe(&a->key[1], sizeof(a->key[1]));
            a->updated = false;
        }
    }
}

enum usher_status keys_refresh(struct usher_keys *k, const struct usher_crypto *c,
                               uint16_t net_index, uint8_t transition)
{
    struct usher_subnet *s = keys_subnet(k, net_index);

    if (s == NULL) {
        return USHER_STATUS_INVALID_NETKEY;
    }
    if (transition == 2 && s->phase != 0) {
        s->phase = 2;
    } else if (transition == 3) {
        if (s->phase != 0) {
            revoke(k, c, s);
        }
    } else {
        return USHER_STATUS_CANNOT_SET;
    }
    return USHER_STATUS_SUCCESS;
}

void keys_clear(struct usher_keys *k, const struct usher_crypto *c)
{
    c->wipe(k->subnets, k->subnet_count * sizeof(k->subnets[0]));
    c->wipe(k->appkeys, k->appkey_count * sizeof(k->appkeys[0]));
    c->wipe(k->device_key, sizeof(k->device_key));
}
