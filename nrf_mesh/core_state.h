/*
 * What core.c, events.c, mesh_config.c and configure.c have of a node. See stack.h.
 */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "heartbeat.h"
#include "list.h"
#include "mesh_config.h"
#include "nrf_mesh.h"

#include <usher/mesh.h>
#include <usher/port.h>

/** Entries of mesh_config_entry.h that can be set at once, the stack's own among them. */
#ifndef MESH_CONFIG_RECORDS_MAX
#define MESH_CONFIG_RECORDS_MAX 128
#endif

/** Keys of the layer's records in the port's storage; 0x8000 and above are the application's, which
 * the layer is for the core. An application behind it has mesh_config_entry.h. */
enum stack_record {
    STACK_RECORD_UUID = 0x8000,
    STACK_RECORD_CONFIG_DIRECTORY = 0x8010, /* which entry is at which place; a chain */
    STACK_RECORD_CONFIG = 0x8100,           /* ... and the entries, by place; to 0x8FFF */
    STACK_RECORD_DSM = 0x9000,              /* dsm.c has these to 0x9FFF */
    STACK_RECORD_ACCESS = 0xA000,           /* access.c has these to 0xAFFF */
    STACK_RECORD_MODELS = 0xB000,           /* the models have these to 0xBFFF */
};

/** An entry. Its place in the table names its record in storage. */
struct config_place {
    bool used;   /* it is set */
    bool stored; /* storage has it; not used: what is there is to be removed, or could not be taken
                  */
    bool dirty;  /* storage is to follow */
    mesh_config_entry_id_t id;
};

struct config_state {
    struct config_place places[MESH_CONFIG_RECORDS_MAX];
    bool stable;        /* CONFIG_STABLE was told since the last change */
    bool powering_down; /* what is stored on power down is to be stored now */
    bool failed;        /* CONFIG_STORAGE_FAILURE is to be told */
    bool lost;          /* an entry of the stack's own could not be loaded */
    mesh_config_entry_id_t failed_id;
    uint64_t retry_at; /* 0: nothing failed */
};

/** The node's events that are told from the loop, not from within the call that makes them. */
enum core_event {
    CORE_EVENT_ENABLED = 1 << 0,
    CORE_EVENT_DISABLED = 1 << 1,
    CORE_EVENT_POWER_OFF = 1 << 2,
    CORE_EVENT_RESTART = 1 << 3, /* mesh_stack_device_reset() waits for storage */
};

struct core_state {
    struct usher_port port; /* the application's, as usher_init() got it */
    bool initialized;
    bool enabled;
    unsigned events; /* enum core_event, bits: to be told */
    nrf_mesh_relay_check_cb_t relay_cb;
    nrf_mesh_rx_cb_t rx_cb;
    nrf_mesh_tx_token_t last_token;
    uint32_t packets; /* sent by nrf_mesh_packet_send() */
    list_node_t *p_handlers;
    unsigned telling;             /* layer_events_tell() within itself */
    nrf_mesh_rx_metadata_t heard; /* of the packet that was received last */
    uint8_t uuid[NRF_MESH_UUID_SIZE];
    uint8_t default_uuid[NRF_MESH_UUID_SIZE];
    bool default_uuid_known;
    bool iv_set;                              /* net_state.h */
    heartbeat_subscription_state_t heartbeat; /* as it was told last */
    /* the port's own loop, for nrf_mesh_process(); NULL: it runs by itself */
    void (*poll)(void *ctx);
    void *poll_ctx;
    bool ecdh_offloading; /* mesh_opt_prov.h */
    struct config_state config;
};

#endif
