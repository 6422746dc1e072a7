/*
 * A few devices on one simulated air, each with a stack of its own behind the SDK's API and storage
 * that outlives it, for the tests of this directory. Calls of the API go to the device that was
 * entered last.
 */
#ifndef RIG_H
#define RIG_H

#include "air.h"
#include "mesh_stack.h"
#include "simport.h"
#include "stack.h"

#define RIG_RECORDS 96u

/** Storage in memory, which may fail. */
struct rig_store {
    struct {
        uint16_t key; /* 0: free */
        size_t len;
        uint8_t data[USHER_RECORD_MAX];
    } record[RIG_RECORDS];
    bool fails;      /* writes do */
    unsigned writes; /* so far */
};

/** Makes it what a port keeps things in. */
void rig_store_give(struct rig_store *store, struct usher_port *port);

struct rig_device {
    struct nrf_mesh_stack *stack;
    struct simport port;
    struct rig_store store;
};

struct rig {
    struct air *air;
    const struct usher_crypto *crypto;
    unsigned count;
    struct rig_device *device;
};

/** Ends the program if there is no memory. Device 0 is entered. */
struct rig *rig_new(unsigned count);
void rig_free(struct rig *rig);

/** From now on it is device @p n that the API is about. */
void rig_enter(struct rig *rig, unsigned n);
/** Switches a device off, without warning, and on again: nothing is left but its storage. It is
 * entered. */
void rig_restart(struct rig *rig, unsigned n);
/** Lets @p ms of virtual time pass for all. */
void rig_run(struct rig *rig, uint64_t ms);

/** mesh_stack_init() of the device entered. */
uint32_t rig_stack_init(void);
/** Makes device @p n a node with address 1 + 0x10 * n on NetKey 0 and starts it. It is entered. */
void rig_join(struct rig *rig, unsigned n);
/** The same with models of the application's, and with AppKey 0. */
void rig_join_with(struct rig *rig, unsigned n, const mesh_stack_models_init_params_t *models);
/** Binds a model of the device entered to AppKey 0 and lets it publish to @p address with it. */
void rig_publish_to(access_model_handle_t model, uint16_t address);

/** A record of the storage; NULL: not there. */
uint8_t *rig_record(struct rig *rig, unsigned n, uint16_t key, size_t **len);

/** Handles events of the device entered, and counts them. */
void rig_listen(void);
/** How often an event was told since, on all devices that listen. */
extern unsigned rig_told[NRF_MESH_EVT_READY_TO_POWER_OFF + 1];
/** The last one of each. */
extern nrf_mesh_evt_t rig_last[NRF_MESH_EVT_READY_TO_POWER_OFF + 1];

#endif
