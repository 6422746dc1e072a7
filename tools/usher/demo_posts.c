/*
 * The posts of usher demo: devices with mixed means of authentication, and the people beside them,
 * who carry the values that one side shows to the other; see demo.h.
 */
#include "demo.h"

#include "parse.h"

#include <openssl/crypto.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICE_SLOTS 1
#define STATIC_LEN 16

/*
 * The kinds of devices at the site, in turn; each in turn with both algorithms, CMAC, HMAC-
 * SHA-256.
 */
const struct demo_kind demo_kinds[] = {
    { "no oob", "none", false },
    { "static value", NULL, false },
    { "output numeric 6", "output:numeric:6", false },
    { "output alphanumeric 8", "output:alphanumeric:8", false },
    { "output blink 1", "output:blink:1", false },
    { "input numeric 4", "input:numeric:4", false },
    { "input push 1", "input:push:1", false },
    { "public key oob", "none", true },
};
#define KINDS (sizeof demo_kinds / sizeof *demo_kinds)
const size_t demo_kind_count = KINDS;

static const uint16_t algorithms[] = { USHER_ALG_BIT(USHER_ALG_CMAC) |
                                           USHER_ALG_BIT(USHER_ALG_HMAC),
                                       USHER_ALG_BIT(USHER_ALG_CMAC),
                                       USHER_ALG_BIT(USHER_ALG_HMAC) };

static int compare_posts(const void *a, const void *b)
{
    const struct post *left = a, *right = b;
    return memcmp(left->device.uuid, right->device.uuid, USHER_UUID_SIZE);
}

struct post *demo_post_find(const struct demo *d, const uint8_t uuid[USHER_UUID_SIZE])
{
    struct post key;
    memcpy(key.device.uuid, uuid, USHER_UUID_SIZE);
    struct post **place = tfind(&key, &d->by_uuid, compare_posts);
    return place ? *place : NULL;
}

/* The person. */

/**
 * Someone sees a value, or is asked for one: with both, it will be entered after half a second
 * to two.
 */
static void errand_plan(struct post *p)
{
    if (p->wanted && p->shown[0] != '\0' && p->errand_at == USHER_NEVER) {
        uint8_t chance[2];
        air_random(p->demo->port.radio, chance, sizeof chance);
        p->errand_at = demo_now(p->demo) + 500 + (chance[0] << 8 | chance[1]) % 1500u;
        TAILQ_INSERT_TAIL(&p->demo->errands, p, errand);
    }
}

static void errand_run(struct post *p)
{
    char digits[2 * USHER_UUID_SIZE + 1], why[160];
    TAILQ_REMOVE(&p->demo->errands, p, errand);
    p->errand_at = USHER_NEVER;
    p->wanted = false;
    /* If the link is gone meanwhile nobody takes the value; the next attempt shows another. */
    if (p->to_device) {
        (void)device_answer(&p->device, p->shown);
    } else {
        format_hex(p->device.uuid, USHER_UUID_SIZE, digits);
        (void)commissioner_answer(p->demo->commissioner, digits, p->shown, why, sizeof why);
    }
}

uint64_t demo_errands_next(const struct demo *d)
{
    uint64_t next = USHER_NEVER;
    const struct post *p;
    TAILQ_FOREACH(p, &d->errands, errand)
    {
        next = p->errand_at < next ? p->errand_at : next;
    }
    return next;
}

void demo_errands_run(struct demo *d)
{
    struct post *p = TAILQ_FIRST(&d->errands);
    while (p) {
        struct post *next = TAILQ_NEXT(p, errand);
        if (p->errand_at <= demo_now(d)) {
            errand_run(p);
        }
        p = next;
    }
}

void demo_value_shown(struct post *p, const char *value)
{
    snprintf(p->shown, sizeof p->shown, "%s", value);
    errand_plan(p);
}

static void value_wanted(struct post *p, bool to_device)
{
    p->wanted = true;
    p->to_device = to_device;
    errand_plan(p);
}

void demo_value_wanted(struct post *p)
{
    value_wanted(p, false);
}

static void device_shows(void *ctx, struct device *d, uint8_t action, uint8_t size,
                         const char *value)
{
    (void)d;
    (void)action;
    (void)size;
    demo_value_shown(ctx, value);
}

static void device_asks(void *ctx, struct device *d, uint8_t action, uint8_t size)
{
    (void)d;
    (void)action;
    (void)size;
    value_wanted(ctx, true);
}

static const struct device_owner post_owner = { .show = device_shows, .ask = device_asks };

/* Building the site. */

/** Draws what makes a device: UUID, static value, key pair. */
static bool post_draw(struct post *p)
{
    struct device *device = &p->device;
    const struct usher_crypto *crypto = p->demo->crypto;
    char why[160];

    air_random(p->port.radio, device->uuid, sizeof device->uuid);
    device_uuid_v4(device->uuid);
    if (!p->kind->oob) {
        air_random(p->port.radio, device->oob.static_value, STATIC_LEN);
        device->oob.static_len = STATIC_LEN;
    } else if (!oob_add_offered(&device->oob, p->kind->oob, why, sizeof why)) {
        return false;
    }
    device->key_known = p->kind->key_known;
    enum usher_err err = device->key_known ? USHER_E_DATA : USHER_OK;
    while (err == USHER_E_DATA) { /* a private key that is out of range: not once in 2^32 */
        air_random(p->port.radio, device->private_key, sizeof device->private_key);
        err = crypto->p256_public(crypto->ctx, device->private_key, device->public_key);
    }
    return err == USHER_OK;
}

bool demo_post_start(struct demo *d, unsigned number)
{
    struct post *p = &d->posts[number];
    p->demo = d;
    p->errand_at = USHER_NEVER;
    p->kind = &demo_kinds[number % KINDS];
    p->device.owner = &post_owner;
    p->device.ctx = p;
    p->device.elements = (uint8_t)(1 + number % 3);
    p->device.algorithms = algorithms[number / KINDS % 3];
    p->joined =
        simport_init(&p->port, d->air, &p->device.node, d->crypto, DEVICE_SLOTS) == USHER_OK;
    return p->joined && post_draw(p) && device_start(&p->device, &p->port.port) == USHER_OK &&
           tsearch(p, &d->by_uuid, compare_posts);
}

bool demo_post_agrees(const struct demo *d, const struct post *p)
{
    struct registry_node node = { .settings = NULL };
    bool agrees = registry_find(d->registry, p->device.uuid, &node) == REGISTRY_OK &&
                  node.state == REGISTRY_PROVISIONED && p->device.provisioned &&
                  node.address == p->device.address &&
                  CRYPTO_memcmp(node.device_key, p->device.device_key, USHER_KEY_SIZE) == 0;
    registry_node_clear(&node);
    return agrees;
}

void demo_posts_end(struct demo *d)
{
    for (unsigned i = 0; d->posts && i < d->args->devices; i++) {
        device_stop(&d->posts[i].device);
        if (d->posts[i].joined) {
            simport_deinit(&d->posts[i].port);
        }
    }
    while (d->by_uuid) {
        tdelete(*(struct post **)d->by_uuid, &d->by_uuid, compare_posts);
    }
    free(d->posts);
}
