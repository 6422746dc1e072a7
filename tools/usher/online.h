/*
 * What the verbs share that work in a network over a real radio: the loop, the radio, the network's
 * directory, and the provisioner's own node with its storage beside the network's file.
 *
 *     online_init(); online_open(); online_join(); loop_run(); online_close();
 */
#ifndef ONLINE_H
#define ONLINE_H

#include "linux_port.h"
#include "loop.h"
#include "options.h"
#include "own_node.h"
#include "pcap.h"
#include "site.h"

struct online {
    const struct args *args;
    struct loop loop;
    struct linux_port *port; /* NULL: not open */
    struct site *site;       /* likewise */
    struct usher usher;
    struct own_node own;
    bool lost; /* the radio is gone, and the loop has ended */

    /* private */
    struct file_store store;
    struct pcap pcap;
    bool stored, on;
};

/** Prepares the loop; the callbacks are loop_init()'s. @retval false  Not possible, and said so. */
bool online_init(struct online *o, const struct args *args, void (*stop)(void *ctx),
                 void (*ticked)(void *ctx), unsigned tick_ms, void *ctx);

/**
 * Opens radio, capture and network. The radio first: without one, no network is made.
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

/** The node with this element address. @retval NULL  @p why tells: there is none, or not any more.
 */
const struct site_node *online_node(const struct online *o, uint16_t address, char *why,
                                    size_t why_len);

/** Closes what is open. */
void online_close(struct online *o);

#endif
