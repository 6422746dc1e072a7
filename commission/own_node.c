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
    struct usher_appkey appkeys[REGISTRY_APPKEYS];
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

bool own_node_init(struct own_node *n, struct registry *registry,
                   const struct commission_reports *reports, unsigned parallel)
{
    struct own_node_memory *m = calloc(1, sizeof *m);
    memset(n, 0, sizeof *n);
    if (!m) {
        return false;
    }
    n->registry = registry;
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
                                            .appkey_count = REGISTRY_APPKEYS,
                                            .rpl = m->rpl,
                                            .rpl_size = RPL_SIZE };
    return tables_make(&m->tables, parallel);
}

static bool device_key_find(void *user, uint16_t address, uint8_t key[USHER_KEY_SIZE])
{
    const struct own_node *n = user;
    return registry_device_key(n->registry, address, key) == REGISTRY_OK;
}

/** Keeps the registry's IV Index, which devices are told, where the network's is. */
static void iv_follow(struct own_node *n)
{
    bool updating;
    uint32_t index = usher_mesh_iv(&n->mesh, &updating);
    if (registry_iv_set(n->registry, index, updating) != REGISTRY_OK) {
        n->reports->error(n->reports->ctx, registry_why(n->registry));
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

/** Says why the registry does not do it. @return false */
static bool registry_failed(const struct own_node *n, char *why, size_t why_len)
{
    snprintf(why, why_len, "%s", registry_why(n->registry));
    return false;
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
    bool leased = registry_own_lease(n->registry, device_key, &data) == REGISTRY_OK;
    enum usher_err err =
        leased ? usher_mesh_provision(&n->mesh, &data, device_key) : USHER_E_NO_MEM;
    OPENSSL_cleanse(device_key, sizeof device_key);
    OPENSSL_cleanse(&data, sizeof data);
    if (!leased) {
        return registry_failed(n, why, why_len);
    }
    if (err != USHER_OK) {
        snprintf(why, why_len, "the provisioner's node cannot be made: %s", usher_err_name(err));
    }
    return err == USHER_OK;
}

static bool node_load_or_make(struct own_node *n, char *why, size_t why_len)
{
    struct registry_provisioner ours;
    enum usher_err err = usher_mesh_load(&n->mesh);
    if (err == USHER_E_NOT_FOUND) {
        return node_make(n, why, why_len);
    }
    if (err != USHER_OK) {
        snprintf(why, why_len, "the provisioner's node cannot be loaded: %s", usher_err_name(err));
        return false;
    }
    if (registry_provisioner(n->registry, 0, &ours) != REGISTRY_OK) {
        return registry_failed(n, why, why_len);
    }
    OPENSSL_cleanse(ours.device_key, sizeof ours.device_key);
    if (usher_mesh_address(&n->mesh) != ours.address) {
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
    enum usher_status status = usher_appkey_add(&n->mesh, n->net_index, index, key);
    if (status != USHER_STATUS_SUCCESS) {
        snprintf(why, why_len, "AppKey %u: %s", (unsigned)index, usher_status_name(status));
    }
    return status == USHER_STATUS_SUCCESS;
}

/** Has the network's AppKeys, as far as they are of its first subnet. */
static bool appkeys_have(struct own_node *n, char *why, size_t why_len)
{
    struct registry_appkey key;
    enum registry_err err = REGISTRY_OK;
    bool ok = true;
    for (size_t i = 0; ok && err == REGISTRY_OK; i++) {
        err = registry_appkey(n->registry, i, &key);
        if (err == REGISTRY_OK && key.net_index == n->net_index) {
            ok = appkey_have(n, key.index, key.key, why, why_len);
        }
    }
    OPENSSL_cleanse(&key, sizeof key);
    return ok && (err == REGISTRY_NONE || registry_failed(n, why, why_len));
}

static bool net_index_get(struct own_node *n, char *why, size_t why_len)
{
    struct registry_netkey key;
    bool ok = registry_netkey(n->registry, 0, &key) == REGISTRY_OK;
    n->net_index = ok ? key.index : 0;
    OPENSSL_cleanse(&key, sizeof key);
    return ok || registry_failed(n, why, why_len);
}

bool own_node_start(struct own_node *n, struct usher *u, char *why, size_t why_len)
{
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
    return net_index_get(n, why, why_len) && node_load_or_make(n, why, why_len) &&
           appkeys_have(n, why, why_len);
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
    struct registry_appkey key;
    enum registry_err err = registry_appkey_find(n->registry, index, &key);
    if (err == REGISTRY_NONE) {
        key = (struct registry_appkey){ .index = index, .net_index = n->net_index };
        snprintf(key.name, sizeof key.name, "AppKey %u", (unsigned)index);
        if (port->random(port->ctx, key.key, sizeof key.key) != USHER_OK) {
            snprintf(why, why_len, "no randomness for an AppKey");
            return false;
        }
        err = registry_appkey_put(n->registry, &key);
    }
    bool ok = err == REGISTRY_OK ? appkey_have(n, index, key.key, why, why_len)
                                 : registry_failed(n, why, why_len);
    OPENSSL_cleanse(&key, sizeof key);
    return ok;
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

bool own_node_bind_all(const struct own_node *n, struct usher_model *client, char *why,
                       size_t why_len)
{
    struct registry_appkey key;
    enum registry_err err = REGISTRY_OK;
    bool ok = true;
    for (size_t i = 0; ok && err == REGISTRY_OK; i++) {
        err = registry_appkey(n->registry, i, &key);
        if (err == REGISTRY_OK && key.net_index == n->net_index) {
            ok = own_node_bind(client, key.index, why, why_len);
        }
    }
    OPENSSL_cleanse(&key, sizeof key);
    return ok && (err == REGISTRY_NONE || registry_failed(n, why, why_len));
}
