/*
 * Configuration of one node after another: what all nodes get, and what their kind is configured
 * for.
 */
#ifndef NODE_SETUP_H
#define NODE_SETUP_H

#include "config_client.h"

#include <stdint.h>

typedef void (*node_setup_cb_t)(void);

/** Once: who is told how a configuration ended. */
void node_setup_init(node_setup_cb_t success_cb, node_setup_cb_t failure_cb);
/**
 * Begins to configure a node, whose device key and address are in the device state manager.
 *
 * @param scenario     Its kind.
 * @param retry_count  Tries of each step after the first one.
 */
void node_setup_start(uint16_t address, uint8_t scenario, uint8_t retry_count);
/** Ends it, without a callback. */
void node_setup_stop(void);
/** Takes the events of config_client_init(). */
void node_setup_config_client_event_process(config_client_event_type_t event_type,
                                            const config_client_event_t *p_event, uint16_t length);

#endif
