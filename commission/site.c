/*
 * The network as the provisioner knows it; see site.h. Called by the commissioner, the configurator
 * and the tool.
 */
#include "site.h"

#include "site_file.h"
#include "state_file.h"

#include <openssl/crypto.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int compare_uuids(const void *a, const void *b)
{
    const struct site_node *left = a, *right = b;
    return memcmp(left->uuid, right->uuid, USHER_UUID_SIZE);
}

/** The tree's place for a device's newest record, or NULL. */
static struct site_node **newest(const struct site *site, const uint8_t uuid[USHER_UUID_SIZE])
{
    struct site_node key;
    memcpy(key.uuid, uuid, USHER_UUID_SIZE);
    return tfind(&key, &site->by_uuid, compare_uuids);
}

const struct site_node *site_find(const struct site *site, const uint8_t uuid[USHER_UUID_SIZE])
{
    struct site_node **place = newest(site, uuid);
    return place ? *place : NULL;
}

static struct site_node *node_at(const struct site *site, uint16_t address)
{
    size_t low = 0, high = site->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct site_node *node = site->nodes[middle];
        if (address < node->address) {
            high = middle;
        } else if (address - node->address >= node->elements) {
            low = middle + 1;
        } else {
            return node;
        }
    }
    return NULL;
}

const struct site_node *site_at(const struct site *site, uint16_t address)
{
    return node_at(site, address);
}

const struct site_node *site_each(const struct site *site, size_t n)
{
    return n < site->count ? site->nodes[n] : NULL;
}

struct site_node *site_node_add(struct site *site, const struct site_node *node)
{
    if (site->count == site->room) {
        size_t room = site->room ? 2 * site->room : 64;
        struct site_node **nodes = realloc(site->nodes, room * sizeof *nodes);
        if (!nodes) {
            return NULL;
        }
        site->nodes = nodes;
        site->room = room;
    }
    struct site_node *copy = malloc(sizeof *copy);
    if (!copy) {
        return NULL;
    }
    *copy = *node;
    struct site_node **place = tsearch(copy, &site->by_uuid, compare_uuids);
    if (!place) {
        free(copy);
        return NULL;
    }
    *place = copy;
    site->nodes[site->count++] = copy;
    return copy;
}

/* Opening and closing. */

static bool path_make(struct site *site, const char *dir, char *why, size_t why_len)
{
    size_t size = strlen(dir) + sizeof "/" SITE_FILE_NAME;
    site->path = malloc(size);
    if (!site->path) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    snprintf(site->path, size, "%s/" SITE_FILE_NAME, dir);
    return true;
}

static struct site *site_new(char *why, size_t why_len)
{
    struct site *site = calloc(1, sizeof *site);
    if (!site) {
        snprintf(why, why_len, "out of memory");
        return NULL;
    }
    site->next_address = SITE_FIRST_ADDRESS;
    site->settled = true;
    site->lock = -1;
    return site;
}

bool site_exists(const char *dir)
{
    char why[40];
    struct site site = { .path = NULL };
    bool found = path_make(&site, dir, why, sizeof why) && access(site.path, F_OK) == 0;
    free(site.path);
    return found;
}

static bool site_there(const char *dir, char *why, size_t why_len)
{
    bool there = site_exists(dir);
    if (!there) {
        snprintf(why, why_len, "there is no network in %.120s: \"usher provision\" makes one", dir);
    }
    return there;
}

/** Locks the directory and reads what is in it. */
static bool site_open_dir(struct site *site, const char *dir, bool must_exist, char *why,
                          size_t why_len)
{
    if (must_exist && !site_there(dir, why, why_len)) {
        return false;
    }
    site->lock = state_dir_lock(dir, why, why_len);
    return site->lock >= 0 && path_make(site, dir, why, why_len) &&
           site_file_read(site, must_exist, why, why_len);
}

struct site *site_open(const char *dir, const uint8_t new_key[USHER_KEY_SIZE], char *why,
                       size_t why_len)
{
    struct site *site = site_new(why, why_len);
    if (site && new_key) {
        memcpy(site->net_key, new_key, sizeof site->net_key);
    }
    if (site && dir && !site_open_dir(site, dir, !new_key, why, why_len)) {
        site_close(site);
        return NULL;
    }
    return site;
}

struct site *site_view(const char *dir, char *why, size_t why_len)
{
    struct site *site = site_new(why, why_len);
    if (site && (!site_there(dir, why, why_len) || !path_make(site, dir, why, why_len) ||
                 !site_file_read(site, true, why, why_len))) {
        site_close(site);
        return NULL;
    }
    return site;
}

bool site_left_unsettled(const struct site *site)
{
    return site->left_unsettled;
}

bool site_unsettled(struct site *site, char *why, size_t why_len)
{
    site->settled = false;
    return site_file_write(site, why, why_len);
}

bool site_settled(struct site *site, char *why, size_t why_len)
{
    site->settled = true;
    return site_file_write(site, why, why_len);
}

static void tree_leaf(void *node)
{
    (void)node; /* the array owns the records */
}

void site_close(struct site *site)
{
    if (!site) {
        return;
    }
    tdestroy(site->by_uuid, tree_leaf);
    for (size_t i = 0; i < site->count; i++) {
        json_decref(site->nodes[i]->settings);
        OPENSSL_cleanse(site->nodes[i], sizeof *site->nodes[i]);
        free(site->nodes[i]);
    }
    free(site->nodes);
    free(site->path);
    if (site->lock >= 0) {
        state_dir_unlock(site->lock);
    }
    OPENSSL_cleanse(site, sizeof *site);
    free(site);
}

/* Nodes. */

static void data_fill(const struct site *site, uint16_t address, struct usher_prov_data *data)
{
    *data = (struct usher_prov_data){ .netkey_index = site->key_index,
                                      .iv_index = site->iv_index,
                                      .address = address,
                                      .flags.iv_update = site->iv_updating };
    memcpy(data->netkey, site->net_key, sizeof data->netkey);
}

static bool addresses_left(const struct site *site, unsigned elements, char *why, size_t why_len)
{
    if (site->next_address + elements - 1u > USHER_UNICAST_MAX) {
        snprintf(why, why_len, "no range of %u unicast addresses is left in this network",
                 elements);
        return false;
    }
    return true;
}

const struct site_node *site_reserve(struct site *site, const uint8_t uuid[USHER_UUID_SIZE],
                                     uint8_t elements, const uint8_t device_key[USHER_KEY_SIZE],
                                     struct usher_prov_data *data, char *why, size_t why_len)
{
    if (!addresses_left(site, elements, why, why_len)) {
        return NULL;
    }
    struct site_node node = { .address = (uint16_t)site->next_address, .elements = elements };
    memcpy(node.uuid, uuid, sizeof node.uuid);
    memcpy(node.device_key, device_key, sizeof node.device_key);

    struct site_node **before = newest(site, uuid);
    if (before && (*before)->state != SITE_REMOVED) {
        (*before)->state = SITE_EXCLUDED;
    }
    struct site_node *record = site_node_add(site, &node);
    OPENSSL_cleanse(&node, sizeof node);
    if (!record) {
        snprintf(why, why_len, "out of memory");
        return NULL;
    }
    site->next_address += elements;
    if (!site_file_write(site, why, why_len)) {
        return NULL;
    }
    data_fill(site, record->address, data);
    return record;
}

/** The node with this primary address; NULL, and @p why tells. */
static struct site_node *primary(struct site *site, uint16_t address, char *why, size_t why_len)
{
    struct site_node *node = node_at(site, address);
    if (!node || node->address != address) {
        snprintf(why, why_len, "address 0x%04x is not of this network", (unsigned)address);
        return NULL;
    }
    return node;
}

bool site_provisioned(struct site *site, uint16_t address, uint8_t elements,
                      const uint8_t device_key[USHER_KEY_SIZE], char *why, size_t why_len)
{
    struct site_node *node = primary(site, address, why, why_len);
    if (!node) {
        return false;
    }
    if (elements < node->elements) {
        node->elements = elements;
    }
    memcpy(node->device_key, device_key, USHER_KEY_SIZE);
    node->state = SITE_PROVISIONED;
    return site_file_write(site, why, why_len);
}

bool site_configured(struct site *site, uint16_t address, const struct site_configuration *c,
                     char *why, size_t why_len)
{
    struct site_node *node = primary(site, address, why, why_len);
    if (!node) {
        return false;
    }
    if (c->page0 && c->page0_len <= sizeof node->page0) {
        memcpy(node->page0, c->page0, c->page0_len);
        node->page0_len = (uint16_t)c->page0_len;
    }
    if (c->settings) {
        json_t *before = node->settings;
        node->settings = json_incref(c->settings);
        json_decref(before);
    }
    node->configured |= c->whole;
    /* A node that answers is one, whatever became of its last Complete. */
    node->state = SITE_PROVISIONED;
    return site_file_write(site, why, why_len);
}

bool site_named(struct site *site, uint16_t address, const char *name, char *why, size_t why_len)
{
    struct site_node *node = primary(site, address, why, why_len);
    if (!node) {
        return false;
    }
    snprintf(node->name, sizeof node->name, "%s", name);
    return site_file_write(site, why, why_len);
}

bool site_removed(struct site *site, uint16_t address, char *why, size_t why_len)
{
    struct site_node *node = primary(site, address, why, why_len);
    if (!node) {
        return false;
    }
    node->state = SITE_REMOVED;
    node->configured = false;
    return site_file_write(site, why, why_len);
}

/* The provisioner's own node, and keys. */

uint16_t site_own_address(const struct site *site)
{
    return site->own_address;
}

bool site_own_reserve(struct site *site, struct usher_prov_data *data, char *why, size_t why_len)
{
    if (site->own_address == 0) {
        site->own_address = USHER_UNICAST_MIN;
    } else if (addresses_left(site, 1, why, why_len)) {
        site->own_address = (uint16_t)site->next_address++;
    } else {
        return false;
    }
    if (!site_file_write(site, why, why_len)) {
        return false;
    }
    data_fill(site, site->own_address, data);
    return true;
}

uint16_t site_key_index(const struct site *site)
{
    return site->key_index;
}

const struct site_appkey *site_appkeys(const struct site *site, size_t *count)
{
    *count = site->appkey_count;
    return site->appkeys;
}

const uint8_t *site_appkey(struct site *site, uint16_t index, const uint8_t new_key[USHER_KEY_SIZE],
                           char *why, size_t why_len)
{
    size_t at = 0;
    while (at < site->appkey_count && site->appkeys[at].index < index) {
        at++;
    }
    struct site_appkey *place = &site->appkeys[at];
    if (at < site->appkey_count && place->index == index) {
        return place->key;
    }
    if (site->appkey_count == SITE_APPKEYS) {
        snprintf(why, why_len, "a network has at most %d AppKeys", SITE_APPKEYS);
        return NULL;
    }
    memmove(place + 1, place, (site->appkey_count - at) * sizeof *place);
    place->index = index;
    memcpy(place->key, new_key, sizeof place->key);
    site->appkey_count++;
    return site_file_write(site, why, why_len) ? place->key : NULL;
}

bool site_iv_set(struct site *site, uint32_t index, bool updating, char *why, size_t why_len)
{
    site->iv_index = index;
    site->iv_updating = updating;
    return site_file_write(site, why, why_len);
}
