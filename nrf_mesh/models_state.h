/*
 * What the files of the models have of a node: its Configuration Server and Client, the Health
 * Server of the primary element, and for which models states are stored. Other models are the
 * application's memory. See stack.h.
 */
#ifndef MODELS_STATE_H
#define MODELS_STATE_H

#include "access.h"
#include "config_client.h"
#include "config_server_events.h"
#include "health_server.h"
#include "timer_scheduler.h"

#include <usher/models.h>

struct models_state {
    /* config_server.c */
    struct usher_config_server server;
    const struct usher_opcode *server_opcodes; /* the core's */
    uint8_t server_opcode_count;
    config_server_evt_cb_t server_cb;
    struct { /* handles of what the question under way takes away */
        dsm_handle_t subnet, appkey, address;
    } server_had;
    heartbeat_publication_state_t server_publication; /* that an event shows */
    heartbeat_subscription_state_t server_subscription;
    timer_event_t reset; /* NODE_RESET is to be told */

    /* config_client.c */
    struct usher_config_client client;
    config_client_event_cb_t client_cb;
    struct usher_request client_request;
    timer_event_t client_timeout;

    health_server_t health;

    /* model_config_file.c */
    struct model_counts {
        uint8_t onoff, level, dtt, ponoff, scene, lightness, lc, ctl;
    } counts; /* instances, as they are stored */
};

#endif
