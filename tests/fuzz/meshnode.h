/*
 * A whole node with storage in memory, for the fuzz targets of what is above transport: an instance
 * on the port of wire.h, with one of every model, and the checks that its state is one that a node
 * can be in and that storage gives back.
 */
#ifndef MESHNODE_H
#define MESHNODE_H

#include "fuzz.h"
#include "wire.h"

#include <usher/gatt.h>
#include <usher/models.h>

#define MESHNODE_ADDRESS 0x0101
#define MESHNODE_PEER 0x0201 /* whose device key it knows */
#define MESHNODE_ELEMENTS 2
#define MESHNODE_MODELS 11 /* on both */
#define MESHNODE_APPKEY 0  /* that nodes begin with, on subnet 0, bound to all that can be */

#define KV_RECORDS 96

/** Storage. */
struct kv {
    struct {
        uint16_t key, len; /* 0: free */
        uint8_t data[USHER_RECORD_MAX];
    } record[KV_RECORDS];
    unsigned failures; /* so many writes fail from now on */
};

/** Puts a record there as it is. Without room, it is left out. */
void kv_put(struct kv *kv, uint16_t key, const uint8_t *data, size_t len);

#define MESHNODE_CONNS 3

struct meshnode {
    struct wire wire;
    struct usher_gatt gatt; /* of meshnode_init_proxy() */
    struct usher_gatt_link links[MESHNODE_CONNS];
    struct usher_mesh mesh;
    struct usher_config_server config_server;
    struct usher_config_client config_client;
    struct usher_health_server health_server;
    struct usher_health_client health_client;
    struct usher_onoff_server onoff_server;
    struct usher_onoff_client onoff_client;
    struct usher_onoff_server second_onoff;
    struct usher_sar_server sar_server;
    struct usher_sar_client sar_client;
    struct usher_private_beacon_server private_beacon_server;
    struct usher_private_beacon_client private_beacon_client;

    /* private */
    struct usher_model *primary[MESHNODE_MODELS - 1], *second[1];
    struct usher_element elements[MESHNODE_ELEMENTS];
    struct usher_composition composition;
    struct usher_mesh_tables tables;
    struct usher_subnet subnets[3];
    struct usher_appkey appkeys[4];
    struct usher_rpl_entry rpl[20];
    struct usher_net_tx net_tx[12];
    struct usher_sar_tx sar_tx[2];
    struct usher_sar_rx sar_rx[2];
    struct usher_access_tx access_tx[4];
};

/** Makes one that is not provisioned. The storage is the caller's. */
void meshnode_init(struct meshnode *n, struct kv *kv);
/** The same, with the Proxy feature. @p gatt has the functions of GATT that its port gets. */
void meshnode_init_proxy(struct meshnode *n, struct kv *kv, const struct usher_port *gatt,
                         const struct usher_gatt_config *config);
void meshnode_leave(struct meshnode *n);
/** Becomes a node, with an AppKey that all models are bound to. */
void meshnode_provision(struct meshnode *n);
/** Lets time pass, with everything that is due in it. */
void meshnode_pass(struct meshnode *n, uint64_t ms);

void meshnode_device_key(uint16_t address, uint8_t key[USHER_KEY_SIZE]);

/** Fails unless its state is one that a node, or a device without a network, can be in. */
void meshnode_check(const struct meshnode *n);
/** Fails unless @p loaded, from the storage of @p n, is the same node. */
void meshnode_check_same(const struct meshnode *n, const struct meshnode *loaded);

#endif
