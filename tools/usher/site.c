/*
 * The network as the provisioner knows it; see site.h. Called by the commissioner.
 */
#include "site.h"

#include "options.h"
#include "out.h"
#include "state_file.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME "network.json"
#define FILE_MAX (16u << 20) /* octets; a node takes about 200, and there are 32767 addresses */
#define FORMAT "usher-network"
#define FORMAT_VERSION 1
#define FIRST_ADDRESS 0x0002 /* 0x0001 is kept for the provisioner's own node */

static const char *const state_names[] = { "unknown", "provisioned", "excluded" };
#define STATES (sizeof state_names / sizeof *state_names)

struct site {
    char *path; /* of the file; NULL: in memory */
    int lock;   /* on its directory; -1: none */
    uint8_t net_key[USHER_KEY_SIZE];
    bool settled; /* no link is open: false while a run goes on, and after it was killed */
    bool left_unsettled;
    uint16_t key_index;
    uint32_t iv_index;
    uint32_t next_address;    /* up to one beyond the last unicast address */
    struct site_node **nodes; /* in the order of their addresses */
    size_t count, room;
    void *by_uuid; /* tsearch() tree of the newest record of each device */
};

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

/** Appends a record and makes it its device's newest. @retval NULL  No memory. */
static struct site_node *node_add(struct site *site, const struct site_node *node)
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

static json_t *node_to_json(const struct site_node *node)
{
    return json_pack("{s:o, s:o, s:i, s:o, s:s}", "uuid", out_hex(node->uuid, sizeof node->uuid),
                     "address", out_address(node->address), "elements", (int)node->elements,
                     "device_key", out_hex(node->device_key, sizeof node->device_key), "state",
                     state_names[node->state]);
}

static json_t *site_to_json(const struct site *site)
{
    json_t *nodes = json_array();
    for (size_t i = 0; i < site->count; i++) {
        if (json_array_append_new(nodes, node_to_json(site->nodes[i])) != 0) {
            json_decref(nodes);
            return NULL;
        }
    }
    return json_pack("{s:s, s:i, s:b, s:o, s:i, s:I, s:o, s:o}", "format", FORMAT, "version",
                     FORMAT_VERSION, "settled", (int)site->settled, "net_key",
                     out_hex(site->net_key, sizeof site->net_key), "key_index",
                     (int)site->key_index, "iv_index", (json_int_t)site->iv_index, "next_address",
                     out_address(site->next_address), "nodes", nodes);
}

/** Makes what is known durable. */
static bool site_save(const struct site *site, char *why, size_t why_len)
{
    if (!site->path) {
        return true;
    }
    json_t *root = site_to_json(site);
    char *text = root ? json_dumps(root, JSON_INDENT(1) | JSON_PRESERVE_ORDER) : NULL;
    json_decref(root);
    if (!text) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    size_t len = strlen(text);
    bool ok = state_file_write(site->path, text, len);
    if (!ok) {
        snprintf(why, why_len, "%s: %s", site->path, strerror(errno));
    }
    OPENSSL_cleanse(text, len);
    free(text);
    return ok;
}

/** Reads "0x0001"; @retval false  Not an address up to @p max. */
static bool address_parse(const char *text, uint32_t max, uint32_t *address)
{
    uint8_t octets[2];
    size_t len = sizeof octets;
    if (strncmp(text, "0x", 2) != 0 || !parse_hex(text + 2, octets, &len) || len != sizeof octets) {
        return false;
    }
    *address = (uint32_t)octets[0] << 8 | octets[1];
    return *address <= max;
}

static bool key_parse(const char *text, uint8_t key[USHER_KEY_SIZE])
{
    size_t len = USHER_KEY_SIZE;
    return parse_hex(text, key, &len) && len == USHER_KEY_SIZE;
}

static bool node_from_json(json_t *json, struct site_node *node)
{
    const char *uuid, *address, *key, *state;
    uint32_t first;
    int elements;
    if (json_unpack(json, "{s:s, s:s, s:i, s:s, s:s}", "uuid", &uuid, "address", &address,
                    "elements", &elements, "device_key", &key, "state", &state) != 0) {
        return false;
    }
    size_t i = 0;
    while (i < STATES && strcmp(state, state_names[i]) != 0) {
        i++;
    }
    if (i == STATES || elements < 1 || elements > 255 || !parse_uuid(uuid, node->uuid) ||
        !address_parse(address, USHER_UNICAST_MAX, &first) || first < USHER_UNICAST_MIN ||
        first + (uint32_t)elements - 1 > USHER_UNICAST_MAX || !key_parse(key, node->device_key)) {
        return false;
    }
    node->address = (uint16_t)first;
    node->elements = (uint8_t)elements;
    node->state = (enum site_state)i;
    return true;
}

/** Reads all nodes; their ranges must rise and end below next_address. */
static bool nodes_from_json(struct site *site, json_t *nodes, char *why, size_t why_len)
{
    uint32_t free_from = USHER_UNICAST_MIN;
    for (size_t i = 0; i < json_array_size(nodes); i++) {
        struct site_node node;
        if (!node_from_json(json_array_get(nodes, i), &node) || node.address < free_from ||
            node.address + (uint32_t)node.elements > site->next_address) {
            snprintf(why, why_len, FILE_NAME ": nodes[%zu] cannot be right", i);
            return false;
        }
        free_from = node.address + (uint32_t)node.elements;
        if (!node_add(site, &node)) {
            snprintf(why, why_len, "out of memory");
            return false;
        }
        OPENSSL_cleanse(&node, sizeof node);
    }
    return true;
}

static bool site_from_json(struct site *site, json_t *root, char *why, size_t why_len)
{
    const char *format, *key, *next;
    json_t *nodes;
    int version, settled, key_index;
    json_int_t iv_index;
    json_error_t error;
    if (json_unpack_ex(root, &error, 0, "{s:s, s:i, s:b, s:s, s:i, s:I, s:s, s:o}", "format",
                       &format, "version", &version, "settled", &settled, "net_key", &key,
                       "key_index", &key_index, "iv_index", &iv_index, "next_address", &next,
                       "nodes", &nodes) != 0) {
        snprintf(why, why_len, FILE_NAME ": %s", error.text);
        return false;
    }
    if (strcmp(format, FORMAT) != 0 || version != FORMAT_VERSION) {
        snprintf(why, why_len, FILE_NAME ": not of a format that this version of usher reads");
        return false;
    }
    if (!key_parse(key, site->net_key) || key_index < 0 || key_index > (int)USHER_KEY_INDEX_MAX ||
        iv_index < 0 || iv_index > UINT32_MAX || !json_is_array(nodes) ||
        !address_parse(next, USHER_UNICAST_MAX + 1, &site->next_address) ||
        site->next_address < USHER_UNICAST_MIN) {
        snprintf(why, why_len, FILE_NAME ": the key, an index or next_address cannot be right");
        return false;
    }
    site->left_unsettled = !settled;
    site->key_index = (uint16_t)key_index;
    site->iv_index = (uint32_t)iv_index;
    return nodes_from_json(site, nodes, why, why_len);
}

/** Reads network.json, if it is there. */
static bool site_load(struct site *site, char *why, size_t why_len)
{
    uint8_t *text;
    size_t len;
    if (!state_file_read(site->path, FILE_MAX, &text, &len)) {
        if (errno == ENOENT) {
            return true; /* a new network */
        }
        snprintf(why, why_len, "%s: %s", site->path, strerror(errno));
        return false;
    }
    json_error_t error;
    json_t *root = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, &error);
    OPENSSL_cleanse(text, len);
    free(text);
    if (!root) {
        snprintf(why, why_len, FILE_NAME ": line %d: %s", error.line, error.text);
        return false;
    }
    bool ok = site_from_json(site, root, why, why_len);
    json_decref(root);
    return ok;
}

/** Locks the directory and reads what is in it. */
static bool site_open_dir(struct site *site, const char *dir, char *why, size_t why_len)
{
    site->lock = state_dir_lock(dir, why, why_len);
    if (site->lock < 0) {
        return false;
    }
    size_t size = strlen(dir) + sizeof "/" FILE_NAME;
    site->path = malloc(size);
    if (!site->path) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    snprintf(site->path, size, "%s/" FILE_NAME, dir);
    /* Saved at once, unsettled, so that a run which is killed leaves word of itself. */
    return site_load(site, why, why_len) && site_save(site, why, why_len);
}

struct site *site_open(const char *dir, const uint8_t new_key[USHER_KEY_SIZE], char *why,
                       size_t why_len)
{
    struct site *site = calloc(1, sizeof *site);
    if (!site) {
        snprintf(why, why_len, "out of memory");
        return NULL;
    }
    memcpy(site->net_key, new_key, sizeof site->net_key);
    site->next_address = FIRST_ADDRESS;
    site->lock = -1;
    if (dir && !site_open_dir(site, dir, why, why_len)) {
        site_close(site);
        return NULL;
    }
    return site;
}

bool site_left_unsettled(const struct site *site)
{
    return site->left_unsettled;
}

bool site_settled(struct site *site, char *why, size_t why_len)
{
    site->settled = true;
    return site_save(site, why, why_len);
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

const struct site_node *site_reserve(struct site *site, const uint8_t uuid[USHER_UUID_SIZE],
                                     uint8_t elements, const uint8_t device_key[USHER_KEY_SIZE],
                                     struct usher_prov_data *data, char *why, size_t why_len)
{
    if (site->next_address + elements - 1u > USHER_UNICAST_MAX) {
        snprintf(why, why_len, "no range of %u unicast addresses is left in this network",
                 (unsigned)elements);
        return NULL;
    }
    struct site_node node = { .address = (uint16_t)site->next_address, .elements = elements };
    memcpy(node.uuid, uuid, sizeof node.uuid);
    memcpy(node.device_key, device_key, sizeof node.device_key);

    struct site_node **before = newest(site, uuid);
    if (before) {
        (*before)->state = SITE_EXCLUDED;
    }
    struct site_node *record = node_add(site, &node);
    OPENSSL_cleanse(&node, sizeof node);
    if (!record) {
        snprintf(why, why_len, "out of memory");
        return NULL;
    }
    site->next_address += elements;
    if (!site_save(site, why, why_len)) {
        return NULL;
    }
    *data = (struct usher_prov_data){ .netkey_index = site->key_index,
                                      .iv_index = site->iv_index,
                                      .address = record->address };
    memcpy(data->netkey, site->net_key, sizeof data->netkey);
    return record;
}

bool site_provisioned(struct site *site, uint16_t address, char *why, size_t why_len)
{
    /* The array rises by address, and the record is near its end. */
    for (size_t i = site->count; i-- > 0 && site->nodes[i]->address >= address;) {
        if (site->nodes[i]->address == address) {
            site->nodes[i]->state = SITE_PROVISIONED;
            return site_save(site, why, why_len);
        }
    }
    snprintf(why, why_len, "address 0x%04x is not of this network", (unsigned)address);
    return false;
}
