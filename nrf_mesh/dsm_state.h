/*
 * What the dsm_*.c files have of a node. Subnets and application keys are the core's tables, made
 * here by the sizes of nrf_mesh_config_app.h; their places are the handles. Addresses, and device
 * keys of other nodes, have tables here, which are kept in the port's storage. See stack.h.
 */
#ifndef DSM_STATE_H
#define DSM_STATE_H

#include "device_state_manager.h"

#include <usher/mesh.h>

/** Words of a sized array that may be empty. */
#define AT_LEAST_1(n) ((n) > 0 ? (n) : 1)

/** The number of key handles. */
#define DSM_KEY_HANDLES (DSM_APP_MAX + DSM_DEVICE_MAX)

/** An address with a handle. Virtual ones have their labels in dsm_state.labels. */
struct dsm_address {
    uint16_t address;                         /* 0: free */
    uint16_t published;                       /* references to publish to it */
    uint16_t subscribed;                      /* ... to receive on it */
    bool stored_published, stored_subscribed; /* whether there are such, as storage has it */
};

/** The device key of a node, this one or another. */
struct dsm_devkey {
    uint16_t owner; /* 0: free */
    uint16_t net_index;
    uint8_t key[USHER_KEY_SIZE];
    bool stored; /* so, or as it was before it became free */
};

struct dsm_state {
    bool was_node; /* when dsm_follow() looked last */
    bool loaded;   /* storage was read */
    bool keyless;  /* it is a node with own addresses and a subnet alone; the serial interface's */
    bool stand_in; /* ... and is one, with a device key that was drawn for it */
    dsm_local_unicast_address_t local;
    struct dsm_address addresses[AT_LEAST_1(DSM_ADDR_MAX)];
    uint8_t labels[AT_LEAST_1(DSM_VIRTUAL_ADDR_MAX)][USHER_LABEL_SIZE];
    struct dsm_devkey devkeys[AT_LEAST_1(DSM_DEVICE_MAX)];

    /* the core's */
    struct usher_subnet subnets[AT_LEAST_1(DSM_SUBNET_MAX)];
    struct usher_appkey appkeys[AT_LEAST_1(DSM_APP_MAX)];

    /* what was last asked for, in the SDK's form */
    nrf_mesh_network_secmat_t net_secmats[AT_LEAST_1(DSM_SUBNET_MAX)];
    nrf_mesh_application_secmat_t app_secmats[AT_LEAST_1(DSM_KEY_HANDLES)];
    nrf_mesh_beacon_info_t beacon_infos[AT_LEAST_1(DSM_SUBNET_MAX)];
};

#endif
