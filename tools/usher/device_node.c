/*
 * The simulated lamp as a node; see device_node.h. Called by device.c.
 */
#include "device_node.h"

#include <usher/usher.h>

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define COMPANY 0xFFFFu /* none: for what is not a product */
#define SUBNETS 2
#define APPKEYS 4
#define RPL_SIZE 128 /* nodes that may be heard */
#define RPL_STORE_MS 1000u

/** What a node works in. */
struct device_node_memory {
    struct usher_subnet subnets[SUBNETS];
    struct usher_appkey appkeys[APPKEYS];
    struct usher_rpl_entry rpl[RPL_SIZE];
    struct usher_net_tx net_tx[12];
    struct usher_sar_tx sar_tx[2];
    struct usher_sar_rx sar_rx[3];
    struct usher_access_tx access_tx[2];
};

#define SIZE_OF(array) (sizeof(array) / sizeof *(array))

static void tables_fill(struct usher_mesh_tables *t, struct device_node_memory *m)
{
    *t = (struct usher_mesh_tables){ .subnets = m->subnets,
                                     .appkeys = m->appkeys,
                                     .rpl = m->rpl,
                                     .net_tx = m->net_tx,
                                     .sar_tx = m->sar_tx,
                                     .sar_rx = m->sar_rx,
                                     .access_tx = m->access_tx,
                                     .subnet_count = SUBNETS,
                                     .appkey_count = APPKEYS,
                                     .rpl_size = RPL_SIZE,
                                     .net_tx_size = SIZE_OF(m->net_tx),
                                     .sar_tx_size = SIZE_OF(m->sar_tx),
                                     .sar_rx_size = SIZE_OF(m->sar_rx),
                                     .access_tx_size = SIZE_OF(m->access_tx) };
}

/** The primary element has the two servers and a lamp, each other one a lamp. */
static void elements_fill(struct device_node *n, uint8_t elements)
{
    struct usher_model **model = n->models;
    n->elements[0] = (struct usher_element){ .model_count = 3, .models = model };
    *model++ = &n->config_server.model;
    *model++ = &n->health_server.model;
    *model++ = &n->lamps[0].model;
    for (unsigned i = 1; i < elements; i++) {
        n->elements[i] = (struct usher_element){ .model_count = 1, .models = model };
        *model++ = &n->lamps[i].model;
    }
    n->composition = (struct usher_composition){ .cid = COMPANY,
                                                 .element_count = elements,
                                                 .elements = n->elements };
}

static void memory_free(struct device_node *n)
{
    if (n->memory) {
        OPENSSL_cleanse(n->memory, sizeof *n->memory);
    }
    free(n->memory);
    free(n->lamps);
    free(n->elements);
    free(n->models);
    memset(n, 0, sizeof *n);
}

enum usher_err device_node_init(struct device_node *n, struct usher *u, uint8_t elements,
                                void (*handler)(void *user, struct usher_mesh *m,
                                                const struct usher_mesh_event *event),
                                void *user)
{
    memset(n, 0, sizeof *n);
    n->memory = calloc(1, sizeof *n->memory);
    n->lamps = calloc(elements, sizeof *n->lamps);
    n->elements = calloc(elements, sizeof *n->elements);
    n->models = calloc(2u + elements, sizeof(struct usher_model *));
    if (!n->memory || !n->lamps || !n->elements || !n->models) {
        memory_free(n);
        return USHER_E_NO_MEM;
    }
    usher_config_server_init(&n->config_server);
    usher_health_server_init(&n->health_server, COMPANY);
    n->health_server.model.user = user;
    for (unsigned i = 0; i < elements; i++) {
        usher_onoff_server_init(&n->lamps[i]);
        n->lamps[i].model.user = user;
    }
    uint16_t proxy = u->gatt != NULL ? USHER_FEATURE_PROXY : 0;
    elements_fill(n, elements);
    tables_fill(&n->tables, n->memory);
    enum usher_err err = usher_mesh_init(
        &n->mesh, u,
        &(struct usher_mesh_config){ .composition = &n->composition,
                                     .tables = &n->tables,
                                     .features = (uint16_t)(USHER_FEATURE_RELAY | proxy),
                                     .rpl_store_ms = RPL_STORE_MS,
                                     .handler = handler,
                                     .user = user });
    if (err != USHER_OK) {
        memory_free(n);
    }
    return err;
}

void device_node_deinit(struct device_node *n)
{
    if (n->memory) {
        usher_mesh_deinit(&n->mesh);
        memory_free(n);
    }
}
