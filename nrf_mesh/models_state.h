/*
 * What the files of the models have of a node: its Configuration Server and Client. Others are the
 * application's memory. See stack.h.
 */
#ifndef MODELS_STATE_H
#define MODELS_STATE_H

#include "access.h"
#include "config_client.h"
#include "config_server_events.h"

#include <usher/models.h>

struct models_state {
    /* config_server.c */
    struct usher_config_server server;
    bool server_there;
    config_server_evt_cb_t server_cb;

    /* config_client.c */
    struct usher_config_client client;
    access_model_handle_t client_handle;
    config_client_event_cb_t client_cb;
    bool client_there;
    dsm_handle_t client_devkey, client_address; /* who is asked */
    bool client_pending;
    struct usher_request client_request;
};

#endif
