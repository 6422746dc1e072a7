/*
 * What the verbs share that work in a network over a real radio: the loop, the radio, the network's
 * directory, and the provisioner's own node with its storage beside the network's file; and the way
 * there through a proxy, if that is wanted.
 *
 *     online_init(); online_open(); online_join(); online_reach(); loop_run(); online_close();
 */
#ifndef ONLINE_H
#define ONLINE_H

#include "pcap.h"
#include "proxy_way.h"

struct online {
    const struct args *args;
    struct loop loop;
    struct linux_port *port;   /* NULL: not open */
    struct registry *registry; /* likewise */
    struct usher usher;
    struct own_node own;
    struct tool_gatt gatt;
    bool lost;       /* the radio is gone, and the loop has ended */
    bool has_others; /* set by the verb: it has other radios, so the loop goes on */

    /* private */
    struct file_store store;
    struct pcap pcap;
    struct proxy_way way;
    bool stored, on;
};

/** Whether --radio, --state and --proxy are as they have to be. @retval false  @p why tells. */
bool online_usage(const struct args *args, const char *verb, char *why, size_t why_len);

/** Prepares the loop; the callbacks are loop_init()'s. @retval false  Not possible, and said so. */
bool online_init(struct online *o, const struct args *args, void (*stop)(void *ctx),
                 void (*ticked)(void *ctx), unsigned tick_ms, void *ctx);

/**
 * Opens the radio, of several the first, capture and network. The radio first: without one, no
 * network is made.
 *
 * @param make  Whether a network is made if there is none.
 *
 * @retval false  @p why tells in one line.
 */
bool online_open(struct online *o, bool make, char *why, size_t why_len);

/**
 * Makes the instance, with the provisioner's node in it.
 *
 * @param parallel  Nodes that are configured at once.
 *
 * @retval false  @p why tells in one line.
 */
bool online_join(struct online *o, const struct usher_config *config, unsigned parallel, char *why,
                 size_t why_len);

/**
 * With --proxy, waits until a proxy of the network is connected; to be called when the models are
 * subscribed to what is to come through it.
 *
 * @retval false  @p why tells in one line.
 */
bool online_reach(struct online *o, char *why, size_t why_len);

/**
 * The node with this element address.
 *
 * @param node  Zeros; registry_node_clear() in the end.
 *
 * @retval false  @p why tells: there is none, or not any more.
 */
bool online_node(const struct online *o, uint16_t address, struct registry_node *node, char *why,
                 size_t why_len);

/** Closes what is open. */
void online_close(struct online *o);

#endif
