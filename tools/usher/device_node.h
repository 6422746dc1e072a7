/*
 * What a simulated device is once it is provisioned: a lamp. A node with a Configuration Server and
 * a Health Server, and a Generic OnOff Server on each element. It can relay, if it is told to.
 */
#ifndef DEVICE_NODE_H
#define DEVICE_NODE_H

#include <usher/models.h>

struct device_node {
    struct usher_mesh mesh;
    struct usher_health_server health_server;
    struct usher_onoff_server *lamps; /* one for each element */

    /* private */
    struct usher_config_server config_server;
    struct usher_composition composition;
    struct usher_mesh_tables tables;
    struct device_node_memory *memory;
    struct usher_element *elements;
    struct usher_model **models;
};

/**
 * Makes the node part of an instance; it is no node yet.
 *
 * @param elements  1..255
 * @param user      For @p handler, and in the models' `user`.
 *
 * @retval USHER_E_NO_MEM  No memory. Others: as usher_mesh_init().
 */
enum usher_err device_node_init(struct device_node *n, struct usher *u, uint8_t elements,
                                void (*handler)(void *user, struct usher_mesh *m,
                                                const struct usher_mesh_event *event),
                                void *user);

/** Leaves the air, before usher_deinit(), and releases all. May be called on zeros. */
void device_node_deinit(struct device_node *n);

#endif
