/*
 * The layer inside: one node behind the API of the nRF5 SDK for Mesh, and what its files share. The
 * layer forwards to the core (usher/usher.h, usher/mesh.h); what it has of its own is the SDK's way
 * of naming things by handles, and tables by the sizes that an application sets in its
 * nrf_mesh_config_app.h. It is compiled with each application, as the SDK is.
 *
 * Files are named after the SDK's headers whose functions they have.
 * Global names are an application's, but for those that begin with layer_, or as the SDK's do
 * (access_, dsm_, prov_, ...).
 */
#ifndef STACK_H
#define STACK_H

#include "access_state.h"
#include "app_state.h"
#include "core_state.h"
#include "dsm_state.h"
#include "gatt_state.h"
#include "log_state.h"
#include "models_state.h"
#include "prov_state.h"
#include "timers_state.h"

#ifdef NRF_MESH_SERIAL /* linked with usher_nrf_mesh_serial */
#include "serial_state.h"
#endif

#include "access.h"
#include "health_server.h"
#include "nrf_mesh_events.h"

#include <usher/mesh.h>
#include <usher/models.h>
#include <usher/usher.h>

/** Who drives the node from outside, besides the application: the serial interface. */
struct layer_host {
    /** An event of provisioning. @retval true  It was about one of its sessions. */
    bool (*session_event)(const struct usher_event *event);
    /** Its turn in each round of the instance. */
    void (*run)(void);
};

/** One node. All of the layer's state is in here. */
struct nrf_mesh_stack {
    const struct usher_port *port; /* nrf_mesh_on_port() */
    struct usher usher;
    struct usher_mesh mesh; /* made by access_compose(), once the models are known */
    struct core_state core;
    struct prov_state prov;
    struct dsm_state dsm;
    struct access_state access;
    struct models_state models;
    struct timers_state timers;
    struct log_state log;
    struct app_state app;
#if MESH_FEATURE_GATT_ENABLED
    struct gatt_state gatt;
#endif
    const struct layer_host *host; /* NULL: nobody */
#ifdef NRF_MESH_SERIAL
    struct serial_state serial;
#endif
};

/* -- current.c: the layer's only globals ------------------------------------------------------- */

/** The node that calls from the application go to. */
struct nrf_mesh_stack *layer_stack(void);
/**
 * Makes another one current, for a callback of the core's: every callback has its node as the user
 * pointer, so that many nodes can live in one process.
 *
 * @return The one before, to be set again when the callback is over.
 */
struct nrf_mesh_stack *layer_stack_enter(struct nrf_mesh_stack *s);

/* -- prov.c ------------------------------------------------------------------------------------ */

/** The handler for usher_init(); user is the stack. */
void prov_on_event(void *user, struct usher *u, const struct usher_event *event);

/* -- core.c, events.c -------------------------------------------------------------------------- */

/** The handler for usher_mesh_init(); user is the stack. */
void layer_core_on_event(void *user, struct usher_mesh *m, const struct usher_mesh_event *event);
/** Tells all event handlers of the application. */
void layer_events_tell(const nrf_mesh_evt_t *event);
/** For usher_mesh_config.relay; user is the stack. */
bool layer_core_relay(void *user, uint16_t src, uint16_t dst, uint8_t ttl);
/** Where the packet under way came from; for a message from an element of ours: LOOPBACK. */
const nrf_mesh_rx_metadata_t *layer_core_metadata(uint16_t src);
/** Whom heartbeats are taken from, and what came. */
heartbeat_subscription_state_t layer_core_heartbeat_subscription(const struct usher_mesh *m);
/** The loop has something to do, at once: a timer was set, or storage changed. usher_work(). */
void layer_core_wake(void);

/* -- timer_scheduler.c: called by core.c as usher_config.work, in each round of the instance --- */

/** Calls the timers that are due. @return When the next one is, in ms of the port's clock, or
 * USHER_NEVER. */
uint64_t layer_timers_run(struct nrf_mesh_stack *s, uint64_t now_ms);

/* -- gatt.c, proxy.c: nothing in a program without the features -------------------------------- */

/** Makes GATT part of the instance, if the port has it: usher.gatt is NULL otherwise. */
void layer_gatt_init(struct nrf_mesh_stack *s);
/** Tells that the proxy has stopped; in each round of the instance. */
void layer_proxy_run(struct nrf_mesh_stack *s);
/** A client of the proxy has come, or gone. */
void layer_proxy_client(struct nrf_mesh_stack *s, uint8_t conn, bool connected);
/** The proxy may run, if it was stopped by proxy_stop(). */
void layer_proxy_resume(struct nrf_mesh_stack *s);

/* -- mesh_config.c ----------------------------------------------------------------------------- */

/** Stores what is to be stored, and tells of it. @return When it has to be called again. */
uint64_t layer_config_run(uint64_t now);
/** Something that storage has was changed: CONFIG_STABLE tells when it is stored. */
void layer_config_changed(void);

/* -- dsm.c ------------------------------------------------------------------------------------- */

/** For usher_mesh_config.device_key; user is the stack. */
bool dsm_device_key(void *user, uint16_t address, uint8_t key[USHER_KEY_SIZE]);
/** For usher_mesh_config.listens; user is the stack. */
bool dsm_listens(void *user, unsigned n, uint16_t *address, const uint8_t **label);
/** From now on it is a node, too, with own addresses and a subnet alone. The codes of joining. */
uint32_t dsm_keyless(void);
/** Addresses or keys were changed by a configuration client, or loaded: handles follow. */
void dsm_follow(void);

/* -- access.c ---------------------------------------------------------------------------------- */

/** Puts a model of the core's on an element, under a handle. The codes of access_model_add(). */
uint32_t access_attach(struct usher_model *model, uint16_t element_index,
                       access_model_handle_t *p_handle);
/** The model behind a handle; NULL: none. */
struct usher_model *access_model_of(access_model_handle_t handle);
/** The reverse; ACCESS_HANDLE_INVALID: none. */
access_model_handle_t access_handle_of(const struct usher_model *model);
/** Makes the composition of all models added so far, and usher_mesh_init(). */
uint32_t access_compose(void);
/** What a message received is in the SDK's words; good during the call. */
access_message_rx_t access_rx_of(const struct usher_message *message);

/* -- the models -------------------------------------------------------------------------------- */

/** The models of a node's life, by mesh_stack_init(): config_server_init() and the health server.
 */
struct usher_config_server *config_server_of(struct nrf_mesh_stack *s);
/** The health server of the primary element, for mesh_stack_init() to make. */
health_server_t *health_server_of(struct nrf_mesh_stack *s);
/** Node Reset was answered and done: CONFIG_SERVER_EVT_NODE_RESET is told. */
void config_server_was_reset(void);

#endif
