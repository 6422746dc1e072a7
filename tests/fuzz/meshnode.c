/* See meshnode.h. meshnode_check.c has the checks. */
#include "meshnode.h"

#include <string.h>

#define COMPANY 0x1234
#define COUNT(array) (uint16_t)(sizeof(array) / sizeof((array)[0]))

/* -- storage ----------------------------------------------------------------------------------- */

static int find(const struct kv *kv, uint16_t key)
{
    for (int i = 0; i < KV_RECORDS; i++) {
        if (kv->record[i].len != 0 && kv->record[i].key == key) {
            return i;
        }
    }
    return -1;
}

static enum usher_err kv_get(void *ctx, uint16_t key, uint8_t *buf, size_t size, size_t *len)
{
    const struct kv *kv = ctx;
    int i = find(kv, key);

    if (i < 0) {
        return USHER_E_NOT_FOUND;
    }
    if (kv->record[i].len > size) {
        return USHER_E_SIZE;
    }
    *len = kv->record[i].len;
    memcpy(buf, kv->record[i].data, *len);
    return USHER_OK;
}

static bool fails(struct kv *kv)
{
    return kv->failures != 0 && kv->failures-- != 0;
}

void kv_put(struct kv *kv, uint16_t key, const uint8_t *data, size_t len)
{
    int i = find(kv, key);

    for (int k = 0; k < KV_RECORDS && i < 0; k++) {
        i = kv->record[k].len == 0 ? k : -1;
    }
    if (i >= 0 && len != 0) {
        kv->record[i].key = key;
        kv->record[i].len = (uint16_t)len;
        memcpy(kv->record[i].data, data, len);
    }
}

static enum usher_err kv_set(void *ctx, uint16_t key, const uint8_t *buf, size_t len)
{
    FUZZ_CHECK(len >= 1 && len <= USHER_RECORD_MAX && key < 0x8000);
    if (fails(ctx)) {
        return USHER_E_RESOURCES;
    }
    kv_put(ctx, key, buf, len);
    FUZZ_CHECK(find(ctx, key) >= 0);
    return USHER_OK;
}

static enum usher_err kv_del(void *ctx, uint16_t key)
{
    struct kv *kv = ctx;
    int i = find(kv, key);

    if (fails(kv)) {
        return USHER_E_RESOURCES;
    }
    if (i >= 0) {
        kv->record[i].len = 0;
    }
    return USHER_OK;
}

/* -- the node ---------------------------------------------------------------------------------- */

void meshnode_device_key(uint16_t address, uint8_t key[USHER_KEY_SIZE])
{
    memset(key, address >> 8, USHER_KEY_SIZE);
}

static bool device_key(void *user, uint16_t address, uint8_t key[USHER_KEY_SIZE])
{
    (void)user;
    meshnode_device_key(address, key);
    return address == MESHNODE_PEER;
}

/* Network PDUs, beacons and nothing else. */
static void on_sent(void *ctx, unsigned from, const struct usher_adv *adv)
{
    (void)ctx;
    (void)from;
    FUZZ_CHECK(adv->type == USHER_ADV_IND || adv->data[1] == 0x2A || adv->data[1] == 0x2B);
}

static bool on_test(struct usher_health_server *s, uint8_t test_id)
{
    usher_health_fault_set(s, (uint8_t)(test_id | 1), (test_id & 2) == 0);
    return test_id < 0x80;
}

static void compose(struct meshnode *n)
{
    usher_config_server_init(&n->config_server);
    usher_config_client_init(&n->config_client);
    usher_health_server_init(&n->health_server, COMPANY);
    n->health_server.test = on_test;
    usher_health_client_init(&n->health_client);
    usher_onoff_server_init(&n->onoff_server);
    usher_onoff_client_init(&n->onoff_client);
    usher_onoff_server_init(&n->second_onoff);
    usher_sar_server_init(&n->sar_server);
    usher_sar_client_init(&n->sar_client);
    usher_private_beacon_server_init(&n->private_beacon_server);
    usher_private_beacon_client_init(&n->private_beacon_client);
    n->primary[0] = &n->config_server.model;
    n->primary[1] = &n->config_client.model;
    n->primary[2] = &n->health_server.model;
    n->primary[3] = &n->health_client.model;
    n->primary[4] = &n->onoff_server.model;
    n->primary[5] = &n->onoff_client.model;
    n->primary[6] = &n->sar_server.model;
    n->primary[7] = &n->sar_client.model;
    n->primary[8] = &n->private_beacon_server.model;
    n->primary[9] = &n->private_beacon_client.model;
    n->second[0] = &n->second_onoff.model;
    n->elements[0] =
        (struct usher_element){ .model_count = MESHNODE_MODELS - 1, .models = n->primary };
    n->elements[1] = (struct usher_element){ .model_count = 1, .models = n->second };
    n->composition = (struct usher_composition){ .cid = COMPANY,
                                                 .element_count = MESHNODE_ELEMENTS,
                                                 .elements = n->elements };
}

static void give_tables(struct meshnode *n)
{
    n->tables = (struct usher_mesh_tables){ .subnets = n->subnets,
                                            .appkeys = n->appkeys,
                                            .rpl = n->rpl,
                                            .net_tx = n->net_tx,
                                            .sar_tx = n->sar_tx,
                                            .sar_rx = n->sar_rx,
                                            .access_tx = n->access_tx,
                                            .subnet_count = COUNT(n->subnets),
                                            .appkey_count = COUNT(n->appkeys),
                                            .rpl_size = COUNT(n->rpl),
                                            .net_tx_size = COUNT(n->net_tx),
                                            .sar_tx_size = COUNT(n->sar_tx),
                                            .sar_rx_size = COUNT(n->sar_rx),
                                            .access_tx_size = COUNT(n->access_tx) };
}

static void give_gatt(struct meshnode *n, const struct usher_port *gatt,
                      const struct usher_gatt_config *config)
{
    struct usher_port *port = &n->wire.end[0].port;
    struct usher_gatt_config own = *config;

    port->gatt_conns = MESHNODE_CONNS;
    port->gatt_serve = gatt->gatt_serve;
    port->gatt_connect = gatt->gatt_connect;
    port->gatt_disconnect = gatt->gatt_disconnect;
    port->gatt_send = gatt->gatt_send;
    own.links = n->links;
    own.link_count = MESHNODE_CONNS;
    FUZZ_CHECK(usher_gatt_init(&n->gatt, &n->wire.end[0].node, &own) == USHER_OK);
}

static void make(struct meshnode *n, struct kv *kv, const struct usher_port *gatt,
                 const struct usher_gatt_config *gatt_config)
{
    struct usher_config config = { .user = n };
    struct usher_mesh_config mesh = { .composition = &n->composition,
                                      .tables = &n->tables,
                                      .features = USHER_FEATURE_RELAY,
                                      .device_key = device_key,
                                      .user = n };
    struct usher_port *port = &n->wire.end[0].port;

    memset(n, 0, sizeof(*n));
    wire_init(&n->wire, on_sent, n);
    n->wire.now = 1000;
    wire_join(&n->wire, 0, &config, 2, 0);
    port->kv_ctx = kv;
    port->kv_get = kv_get;
    port->kv_set = kv_set;
    port->kv_del = kv_del;
    compose(n);
    give_tables(n);
    if (gatt != NULL) {
        give_gatt(n, gatt, gatt_config);
        mesh.features |= USHER_FEATURE_PROXY;
    }
    FUZZ_CHECK(usher_mesh_init(&n->mesh, &n->wire.end[0].node, &mesh) == USHER_OK);
}

void meshnode_init(struct meshnode *n, struct kv *kv)
{
    make(n, kv, NULL, NULL);
}

void meshnode_init_proxy(struct meshnode *n, struct kv *kv, const struct usher_port *gatt,
                         const struct usher_gatt_config *config)
{
    make(n, kv, gatt, config);
}

void meshnode_leave(struct meshnode *n)
{
    wire_leave(&n->wire, 0);
}

void meshnode_provision(struct meshnode *n)
{
    struct usher_prov_data data = { .address = MESHNODE_ADDRESS };
    uint8_t key[USHER_KEY_SIZE];
    struct usher_model *const bound[] = { &n->health_server.model, &n->health_client.model,
                                          &n->onoff_server.model, &n->onoff_client.model,
                                          &n->second_onoff.model };

    memset(data.netkey, 0x11, sizeof(data.netkey));
    meshnode_device_key(MESHNODE_ADDRESS, key);
    if (usher_mesh_provision(&n->mesh, &data, key) != USHER_OK) {
        return; /* no storage at the moment */
    }
    FUZZ_CHECK(usher_appkey_add(&n->mesh, 0, MESHNODE_APPKEY, data.netkey) == USHER_STATUS_SUCCESS);
    for (unsigned i = 0; i < COUNT(bound); i++) {
        FUZZ_CHECK(usher_model_bind(bound[i], MESHNODE_APPKEY) == USHER_STATUS_SUCCESS);
    }
}

void meshnode_pass(struct meshnode *n, uint64_t ms)
{
    uint64_t end = n->wire.now + ms, next;

    while ((next = wire_next(&n->wire)) <= end) {
        wire_run(&n->wire, next);
    }
    n->wire.now = end;
}
