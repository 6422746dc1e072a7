/*
 * The provisioner's own node: the clients with which it configures and uses the nodes of its
 * network, and the servers that every node has. Its keys and address come from the registry; its
 * sequence numbers and replay list are in the port's storage, if it has some.
 */
#ifndef OWN_NODE_H
#define OWN_NODE_H

#include "registry.h"
#include "reports.h"
#include "template.h"

#include <usher/models.h>

#define OWN_NODE_DIR "node" /* in the network's directory: what it stores */

#define OWN_NODE_PAGE0 24

struct own_node {
    struct usher_mesh mesh;
    struct usher_config_server config_server;
    struct usher_config_client config_client;
    struct usher_health_server health_server;
    struct usher_health_client health_client;
    struct usher_onoff_client onoff_client;
    uint16_t net_index; /* of its subnet, the network's first; once it is started */

    /* private */
    struct registry *registry;
    const struct commission_reports *reports;
    struct own_node_memory *memory;
    bool on;
};

/**
 * Prepares it; nothing is on the air. The clients' handlers may be set then.
 *
 * @param reports   Its error() is told when something cannot be stored; stays good.
 * @param parallel  Nodes that are configured at once.
 *
 * @retval false  No memory.
 */
bool own_node_init(struct own_node *n, struct registry *registry,
                   const struct commission_reports *reports, unsigned parallel);

/**
 * Becomes part of an instance, and the node that it was; or a new one, with an address that nobody
 * had, if there is nothing in storage.
 *
 * @retval false  @p why tells in one line.
 */
bool own_node_start(struct own_node *n, struct usher *u, char *why, size_t why_len);

/** Its Composition Data page 0, also without one. @return Octets at @p page. */
size_t own_node_page0(uint8_t page[OWN_NODE_PAGE0]);

/** Leaves the air, before usher_deinit(), and releases all. May be called on zeros. */
void own_node_stop(struct own_node *n);

/** Has all AppKeys of a template, making those that the network has not. @retval false  @p why
 * tells.
 */
bool own_node_appkeys(struct own_node *n, const struct node_template *t, char *why, size_t why_len);

/** Lets a client of ours use every AppKey that the node has. @retval false  @p why tells. */
bool own_node_bind_all(const struct own_node *n, struct usher_model *client, char *why,
                       size_t why_len);

/** Lets a client of ours use that AppKey of the network's. @retval false  @p why tells. */
bool own_node_bind(struct usher_model *client, uint16_t index, char *why, size_t why_len);

#endif
