/* Whole nodes on a simulated air; see nodes.h. */
#include "nodes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 4u
#define REQUEST_MS 60000u /* more than all the tries of a question */
#define NET_KEY 0x11
#define APP_KEY 0x22

/* The tables and the composition of one node. */
struct node_memory {
    struct usher_subnet subnets[4];
    struct usher_appkey appkeys[8];
    struct usher_rpl_entry rpl[128];
    struct usher_net_tx net_tx[32];
    struct usher_sar_tx sar_tx[4];
    struct usher_sar_rx sar_rx[8];
    struct usher_access_tx access_tx[8];
    struct usher_gatt_link links[WIRES_CONNS];
    struct usher_mesh_tables tables;
    struct usher_model *primary[10];
    struct usher_model *second[2];
    struct usher_element elements[NODES_ELEMENTS];
    struct usher_composition composition;
};

#define COUNT(array) (uint16_t)(sizeof(array) / sizeof((array)[0]))

static void *must(void *p)
{
    if (p == NULL) {
        fprintf(stderr, "nodes: no memory\n");
        abort();
    }
    return p;
}

static void must_be(enum usher_err err, const char *what)
{
    if (err != USHER_OK) {
        fprintf(stderr, "nodes: %s: %s\n", what, usher_err_name(err));
        abort();
    }
}

uint16_t nodes_address(unsigned n)
{
    return (uint16_t)(1 + n * NODES_ELEMENTS);
}

const uint8_t *nodes_key(uint8_t octet)
{
    static _Thread_local uint8_t keys[256][USHER_KEY_SIZE];

    memset(keys[octet], octet, USHER_KEY_SIZE);
    return keys[octet];
}

const uint8_t *nodes_device_key(unsigned n)
{
    static _Thread_local uint8_t key[USHER_KEY_SIZE];

    memset(key, 0xD0, sizeof(key));
    key[0] = (uint8_t)(n >> 8);
    key[1] = (uint8_t)n;
    return key;
}

static bool device_key(void *user, uint16_t address, uint8_t key[USHER_KEY_SIZE])
{
    const struct node *node = user;
    unsigned n = (address - 1u) / NODES_ELEMENTS;

    if (address == 0 || n >= node->all->count) {
        return false;
    }
    memcpy(key, node->all->node[n].device_key, USHER_KEY_SIZE);
    return true;
}

static void on_event(void *user, struct usher_mesh *m, const struct usher_mesh_event *event)
{
    struct node *node = user;

    (void)m;
    node->events[event->type]++;
    if (node->told != NULL) {
        node->told(node, event);
    }
    if (event->type != USHER_MESH_EVT_MESSAGE && event->type != USHER_MESH_EVT_BEACON) {
        node->last = *event;
    }
}

static void on_gatt_event(void *user, struct usher_gatt *g, const struct usher_gatt_event *event)
{
    struct node *node = user;

    (void)g;
    node->gatt_events[event->type]++;
    node->gatt_last[event->type] = *event;
    if (node->gatt_told != NULL) {
        node->gatt_told(node, event);
    }
}

static void on_usher_event(void *user, struct usher *u, const struct usher_event *event)
{
    struct node *node = user;

    (void)u;
    if (node->usher_told != NULL) {
        node->usher_told(node, event);
    }
}

static bool relay(void *user, uint16_t src, uint16_t dst, uint8_t ttl)
{
    struct node *node = user;

    return node->relay == NULL || node->relay(node, src, dst, ttl);
}

static void compose(struct node *node)
{
    struct node_memory *memory = node->memory;

    usher_config_server_init(&node->config_server);
    usher_config_client_init(&node->config_client);
    usher_health_server_init(&node->health_server, NODES_COMPANY);
    usher_health_client_init(&node->health_client);
    usher_onoff_server_init(&node->onoff_server);
    usher_onoff_client_init(&node->onoff_client);
    usher_sar_server_init(&node->sar_server);
    usher_sar_client_init(&node->sar_client);
    usher_private_beacon_server_init(&node->private_beacon_server);
    usher_private_beacon_client_init(&node->private_beacon_client);
    usher_onoff_server_init(&node->second_onoff);
    node->vendor.company = NODES_COMPANY;
    node->vendor.id = NODES_VENDOR_MODEL;
    memory->primary[0] = &node->config_server.model;
    memory->primary[1] = &node->config_client.model;
    memory->primary[2] = &node->health_server.model;
    memory->primary[3] = &node->health_client.model;
    memory->primary[4] = &node->onoff_server.model;
    memory->primary[5] = &node->onoff_client.model;
    memory->primary[6] = &node->sar_server.model;
    memory->primary[7] = &node->sar_client.model;
    memory->primary[8] = &node->private_beacon_server.model;
    memory->primary[9] = &node->private_beacon_client.model;
    memory->second[0] = &node->second_onoff.model;
    memory->second[1] = &node->vendor;
    memory->elements[0] = (struct usher_element){ .location = 0x0100,
                                                  .model_count = COUNT(memory->primary),
                                                  .models = memory->primary };
    memory->elements[1] =
        (struct usher_element){ .location = 0x0101, .model_count = 2, .models = memory->second };
    memory->composition = (struct usher_composition){ .cid = NODES_COMPANY,
                                                      .pid = 0x0002,
                                                      .vid = 0x0003,
                                                      .element_count = NODES_ELEMENTS,
                                                      .elements = memory->elements };
}

static void give_tables(struct node_memory *memory)
{
    memory->tables = (struct usher_mesh_tables){ .subnets = memory->subnets,
                                                 .appkeys = memory->appkeys,
                                                 .rpl = memory->rpl,
                                                 .net_tx = memory->net_tx,
                                                 .sar_tx = memory->sar_tx,
                                                 .sar_rx = memory->sar_rx,
                                                 .access_tx = memory->access_tx,
                                                 .subnet_count = COUNT(memory->subnets),
                                                 .appkey_count = COUNT(memory->appkeys),
                                                 .rpl_size = COUNT(memory->rpl),
                                                 .net_tx_size = COUNT(memory->net_tx),
                                                 .sar_tx_size = COUNT(memory->sar_tx),
                                                 .sar_rx_size = COUNT(memory->sar_rx),
                                                 .access_tx_size = COUNT(memory->access_tx) };
}

void nodes_start(struct node *node)
{
    struct usher_config config = { .handler = on_usher_event, .user = node };
    const struct usher_port *port = node->all->hci ? &node->hci.port : &node->port.port;
    struct usher_mesh_config mesh_config = { .composition = &node->memory->composition,
                                             .tables = &node->memory->tables,
                                             .features = node->all->features,
                                             .device_key = device_key,
                                             .relay = relay,
                                             .handler = on_event,
                                             .user = node };

    compose(node);
    must_be(usher_init(&node->usher, port, &config), "usher_init");
    if (port->gatt_conns != 0) {
        struct usher_gatt_config gatt_config = { .links = node->memory->links,
                                                 .link_count = WIRES_CONNS,
                                                 .handler = on_gatt_event,
                                                 .user = node };

        must_be(usher_gatt_init(&node->gatt, &node->usher, &gatt_config), "usher_gatt_init");
    }
    must_be(usher_mesh_init(&node->mesh, &node->usher, &mesh_config), "usher_mesh_init");
}

static void join(struct node *node, const struct nodes_config *config)
{
    const struct hciport_config hci_config = { .mtu = config->mtu };
    struct nodes *all = node->all;

    if (all->hci) {
        must_be(hciport_init(&node->hci, all->air, &node->usher, all->crypto, &hci_config),
                "hciport");
        return;
    }
    must_be(simport_init(&node->port, all->air, &node->usher, all->crypto, SLOTS), "simport");
    if (all->wires != NULL) {
        wires_add(all->wires, &node->port);
    }
}

struct nodes *nodes_new(const struct nodes_config *config)
{
    struct nodes *all = must(calloc(1, sizeof(*all)));

    all->crypto = usher_crypto_openssl_new();
    must_be(all->crypto != NULL ? USHER_OK : USHER_E_NO_MEM, "usher_crypto_openssl_new");
    all->air = must(air_new(&(struct air_config){
        .seed = config->seed, .loss_pct = config->loss_pct, .range = config->range }));
    all->count = config->count;
    all->features = config->features;
    all->hci = config->mtu != 0;
    all->wires = config->value_max != 0 ? wires_new(all->air, config->value_max) : NULL;
    all->node = must(calloc(config->count, sizeof(*all->node)));
    for (unsigned n = 0; n < config->count; n++) {
        struct node *node = &all->node[n];

        node->all = all;
        node->memory = must(calloc(1, sizeof(*node->memory)));
        give_tables(node->memory);
        memcpy(node->device_key, nodes_device_key(n), sizeof(node->device_key));
        join(node, config);
        nodes_start(node);
        if (all->hci) {
            must_be(hciport_up(&node->hci), "hciport_up");
        }
    }
    return all;
}

void nodes_stop(struct node *node)
{
    usher_deinit(&node->usher);
}

void nodes_free(struct nodes *all)
{
    for (unsigned n = 0; n < all->count; n++) {
        nodes_stop(&all->node[n]);
        if (all->hci) {
            hciport_deinit(&all->node[n].hci);
        } else {
            simport_deinit(&all->node[n].port);
        }
        free(all->node[n].memory);
    }
    free(all->node);
    wires_free(all->wires);
    air_free(all->air);
    usher_crypto_openssl_free(all->crypto);
    free(all);
}

void nodes_provision_one(struct nodes *all, unsigned n)
{
    struct usher_prov_data data = { .address = nodes_address(n) };

    memcpy(data.netkey, nodes_key(NET_KEY), sizeof(data.netkey));
    must_be(usher_mesh_provision(&all->node[n].mesh, &data, nodes_device_key(n)),
            "usher_mesh_provision");
}

void nodes_provision(struct nodes *all)
{
    for (unsigned n = 0; n < all->count; n++) {
        nodes_provision_one(all, n);
    }
}

void nodes_bind_all(struct nodes *all)
{
    for (unsigned n = 0; n < all->count; n++) {
        struct node *node = &all->node[n];

        if (usher_appkey_add(&node->mesh, 0, 0, nodes_key(APP_KEY)) != USHER_STATUS_SUCCESS) {
            must_be(USHER_E_STATE, "usher_appkey_add");
        }
        (void)usher_model_bind(&node->health_server.model, 0);
        (void)usher_model_bind(&node->health_client.model, 0);
        (void)usher_model_bind(&node->onoff_server.model, 0);
        (void)usher_model_bind(&node->onoff_client.model, 0);
        (void)usher_model_bind(&node->second_onoff.model, 0);
        (void)usher_model_bind(&node->vendor, 0);
    }
}

uint64_t nodes_now(const struct nodes *all)
{
    return air_now_us(all->air) / 1000;
}

void nodes_run(struct nodes *all, uint64_t ms)
{
    air_run_until(all->air, air_now_us(all->air) + ms * 1000);
}

bool nodes_until(struct nodes *all, bool (*done)(void *ctx), void *ctx, uint64_t ms)
{
    uint64_t end = air_now_us(all->air) + ms * 1000;

    while (!done(ctx)) {
        uint64_t next = air_next_us(all->air);

        if (next > end) {
            air_run_until(all->air, end);
            return done(ctx);
        }
        air_run_until(all->air, next);
    }
    return true;
}

struct asked {
    struct usher_config_msg *answer; /* NULL: not one of configuration */
    enum usher_err err;
    bool over;
    bool malformed;
};

static void on_answer(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct asked *asked = user;

    (void)request;
    asked->err = answer->err;
    asked->over = true;
    asked->malformed = answer->err == USHER_OK && asked->answer != NULL &&
                       !usher_config_read(answer->message, asked->answer);
}

static bool is_over(void *ctx)
{
    return ((struct asked *)ctx)->over;
}

static enum usher_err wait_for(struct nodes *all, struct usher_request *request)
{
    struct asked *asked = request->user;

    if (!nodes_until(all, is_over, asked, REQUEST_MS)) {
        usher_ask_cancel(request);
        return USHER_E_TIMEOUT;
    }
    return asked->malformed ? USHER_E_DATA : asked->err;
}

enum usher_err nodes_config_ask(struct nodes *all, unsigned from, unsigned to,
                                const struct usher_config_msg *question,
                                struct usher_config_msg *answer)
{
    struct asked asked = { .answer = answer };
    struct usher_request request = { .done = on_answer, .user = &asked };
    enum usher_err err;

    memset(answer, 0, sizeof(*answer));
    err =
        usher_config_ask(&all->node[from].config_client, &request, nodes_address(to), 0, question);
    return err == USHER_OK ? wait_for(all, &request) : err;
}

enum usher_err nodes_switch(struct nodes *all, unsigned from, unsigned to, bool on, uint8_t tries)
{
    struct asked asked = { 0 };
    struct usher_request request = { .done = on_answer, .user = &asked, .tries = tries };
    const struct usher_target target = { .dst = nodes_address(to), .ttl = 255 };
    enum usher_err err =
        usher_onoff_set(&all->node[from].onoff_client, &request, &target, on, 0, 0);

    return err == USHER_OK ? wait_for(all, &request) : err;
}
