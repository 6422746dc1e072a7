/*
 * The provisioner as a node; see own_node.h. Called by the tool's verbs demo and provision,
 * and through online.c by those that work with nodes.
 */
#include "own_node.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMPANY 0xFFFFu /* none: for what is not a product */
#define RPL_SIZE 8192u  /* element addresses that may be heard */
#define SUBNETS 2u
#define RPL_STORE_MS 1000u

/** What the node works in. */
struct own_node_memory {
    struct usher_model *models[5];
    struct usher_element element;
    struct usher_composition composition;
    struct usher_mesh_tables tables;
    struct usher_subnet subnets[SUBNETS];
    struct usher_appkey appkeys[SITE_APPKEYS];
    struct usher_rpl_entry rpl[RPL_SIZE];
};

static bool tables_make(struct usher_mesh_tables *t, unsigned parallel)
{
    t->net_tx_size = (uint16_t)(32 + 8 * parallel);
    t->sar_tx_size = (uint16_t)(4 + parallel);
    t->sar_rx_size = (uint16_t)(8 + 2 * parallel);
    t->access_tx_size = 4;
    t->net_tx = calloc(t->net_tx_size, sizeof *t->net_tx);
    t->sar_tx = calloc(t->sar_tx_size, sizeof *t->sar_tx);
    t->sar_rx = calloc(t->sar_rx_size, sizeof *t->sar_rx);
    t->access_tx = calloc(t->access_tx_size, sizeof *t->access_tx);
    return t->net_tx && t->sar_tx && t->sar_rx && t->access_tx;
}

static void memory_free(struct own_node_memory *m)
{
    free(m->tables.net_tx);
    free(m->tables.sar_tx);
    free(m->tables.sar_rx);
    free(m->tables.access_tx);
    OPENSSL_cleanse(m, sizeof *m);
    free(m);
}

bool own_node_init(struct own_node *n, struct site *site, const struct commission_reports *reports,
                   unsigned parallel)
{
    struct own_node_memory *m = calloc(1, sizeof *m);
    memset(n, 0, sizeof *n);
    if (!m) {
        return false;
    }
    n->site = site;
    n->reports = reports;
    n->memory = m;
    usher_config_server_init(&n->config_server);
    usher_config_client_init(&n->config_client);
    usher_health_server_init(&n->health_server, COMPANY);
    usher_health_client_init(&n->health_client);
    usher_onoff_client_init(&n->onoff_client);
    m->models[0] = &n->config_server.model;
    m->models[1] = &n->config_client.model;
    m->models[2] = &n->health_server.model;
    m->models[3] = &n->health_client.model;
    m->models[4] = &n->onoff_client.model;
    m->element = (struct usher_element){ .model_count = 5, .models = m->models };
    m->composition =
        (struct usher_composition){ .cid = COMPANY, .element_count = 1, .elements = &m->element };
    m->tables = (struct usher_mesh_tables){ .subnets = m->subnets,
                                            .subnet_count = SUBNETS,
                                            .appkeys = m->appkeys,
                                            .appkey_count = SITE_APPKEYS,
                                            .rpl = m->rpl,
                                            .rpl_size = RPL_SIZE };
    return tables_make(&m->tables, parallel);
}

static bool device_key_find(void *user, uint16_t address, uint8_t key[USHER_KEY_SIZE])
{
    const struct own_node *n = user;
    const struct site_node *node = site_at(n->site, address);
    if (node) {
        memcpy(key, node->device_key, USHER_KEY_SIZE);
    }
    return node != NULL;
}

/** Keeps the site's IV Index, which devices are told, where the network's is. */
static void iv_follow(struct own_node *n)
{
    char why[160];
    bool updating;
    uint32_t index = usher_mesh_iv(&n->mesh, &updating);
    if (!site_iv_set(n->site, index, updating, why, sizeof why)) {
        n->reports->error(n->reports->ctx, why);
    }
}

static void on_event(void *user, struct usher_mesh *m, const struct usher_mesh_event *event)
{
    const struct own_node *n = user;
    char line[80];
    (void)m;
    if (event->type == USHER_MESH_EVT_IV) {
        iv_follow(user);
    } else if (event->type == USHER_MESH_EVT_STORAGE) {
        snprintf(line, sizeof line, "the provisioner's node cannot be stored: %s",
                 usher_err_name(event->params.storage.err));
        n->reports->error(n->reports->ctx, line);
    }
}

/** Makes a node of an address that nobody had. */
static bool node_make(struct own_node *n, char *why, size_t why_len)
{
    const struct usher_port *port = n->mesh.node->port;
    uint8_t device_key[USHER_KEY_SIZE];
    struct usher_prov_data data;
    if (port->random(port->ctx, device_key, sizeof device_key) != USHER_OK) {
        snprintf(why, why_len, "no randomness for a device key");
        return false;
    }
    if (!site_own_reserve(n->site, &data, why, why_len)) {
        return false;
    }
    enum usher_err err = usher_mesh_provision(&n->mesh, &data, device_key);
    OPENSSL_cleanse(device_key, sizeof device_key);
    OPENSSL_cleanse(&data, sizeof data);
    if (err != USHER_OK) {
        snprintf(why, why_len, "the provisioner's node cannot be made: %s", usher_err_name(err));
    }
    return err == USHER_OK;
}

static bool node_load_or_make(struct own_node *n, char *why, size_t why_len)
{
    enum usher_err err = usher_mesh_load(&n->mesh);
    if (err == USHER_E_NOT_FOUND) {
        return node_make(n, why, why_len);
    }
    if (err != USHER_OK) {
        snprintf(why, why_len, "the provisioner's node cannot be loaded: %s", usher_err_name(err));
        return false;
    }
    if (usher_mesh_address(&n->mesh) != site_own_address(n->site)) {
        snprintf(why, why_len, "the provisioner's stored node is 0x%04x, and not of this network",
                 (unsigned)usher_mesh_address(&n->mesh));
        return false;
    }
    iv_follow(n);
    return true;
}

static bool appkey_have(struct own_node *n, uint16_t index, const uint8_t key[USHER_KEY_SIZE],
                        char *why, size_t why_len)
{
    enum usher_status status = usher_appkey_add(&n->mesh, site_key_index(n->site), index, key);
    if (status != USHER_STATUS_SUCCESS) {
        snprintf(why, why_len, "AppKey %u: %s", (unsigned)index, usher_status_name(status));
    }
    return status == USHER_STATUS_SUCCESS;
}

bool own_node_start(struct own_node *n, struct usher *u, char *why, size_t why_len)
{
    size_t count;
    const struct site_appkey *keys = site_appkeys(n->site, &count);
    enum usher_err err =
        usher_mesh_init(&n->mesh, u,
                        &(struct usher_mesh_config){ .composition = &n->memory->composition,
                                                     .tables = &n->memory->tables,
                                                     .rpl_store_ms = RPL_STORE_MS,
                                                     .device_key = device_key_find,
                                                     .handler = on_event,
                                                     .user = n });
    if (err != USHER_OK) {
        snprintf(why, why_len, "the provisioner's node cannot be made: %s", usher_err_name(err));
        return false;
    }
    n->on = true;
    if (!node_load_or_make(n, why, why_len)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!appkey_have(n, keys[i].index, keys[i].key, why, why_len)) {
            return false;
        }
    }
    return true;
}

void own_node_stop(struct own_node *n)
{
    if (n->on) {
        usher_mesh_deinit(&n->mesh);
        n->on = false;
    }
    if (n->memory) {
        memory_free(n->memory);
        n->memory = NULL;
    }
}

/** Has this AppKey, making it if the network has none of that index. @retval false  @p why tells.
 */
static bool appkey_make(struct own_node *n, uint16_t index, char *why, size_t why_len)
{
    const struct usher_port *port = n->mesh.node->port;
    uint8_t fresh[USHER_KEY_SIZE];
    if (port->random(port->ctx, fresh, sizeof fresh) != USHER_OK) {
        snprintf(why, why_len, "no randomness for an AppKey");
        return false;
    }
    const uint8_t *key = site_appkey(n->site, index, fresh, why, why_len);
    OPENSSL_cleanse(fresh, sizeof fresh);
    return key && appkey_have(n, index, key, why, why_len);
}

bool own_node_appkeys(struct own_node *n, const struct node_template *t, char *why, size_t why_len)
{
    size_t i = 0;
    while (i < t->appkey_count && appkey_make(n, t->appkeys[i], why, why_len)) {
        i++;
    }
    return i == t->appkey_count;
}

bool own_node_bind(struct usher_model *client, uint16_t index, char *why, size_t why_len)
{
    enum usher_status status = usher_model_bind(client, index);
    if (status == USHER_STATUS_INVALID_APPKEY) {
        snprintf(why, why_len,
                 "the network has no AppKey %u: \"usher configure\" makes those of its template",
                 (unsigned)index);
    } else if (status != USHER_STATUS_SUCCESS) {
        snprintf(why, why_len, "AppKey %u cannot be used by the provisioner's node: %s",
                 (unsigned)index, usher_status_name(status));
    }
    return status == USHER_STATUS_SUCCESS;
}

size_t own_node_page0(uint8_t page[OWN_NODE_PAGE0])
{
    static const uint16_t words[] = {
        COMPANY,
        0, /* product */
        0, /* version */
        RPL_SIZE,
        0,      /* features */
        0,      /* location of its one element */
        0x0005, /* SIG models, and no others; these as in own_node_init() */
        USHER_MODEL_CONFIG_SERVER,
        USHER_MODEL_CONFIG_CLIENT,
        USHER_MODEL_HEALTH_SERVER,
        USHER_MODEL_HEALTH_CLIENT,
        USHER_MODEL_ONOFF_CLIENT,
    };
    _Static_assert(2 * sizeof words / sizeof *words == OWN_NODE_PAGE0, "two octets each");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        page[2 * i] = (uint8_t)words[i];
        page[2 * i + 1] = (uint8_t)(words[i] >> 8);
    }
    return OWN_NODE_PAGE0;
}
