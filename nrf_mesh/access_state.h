/*
 * What the access_*.c files have of a node: its models under their handles, the composition made of
 * them, and the memory that the core's node works in. See stack.h.
 *
 * A model's configuration is the core's (struct usher_model). What the core has no place for is
 * beside it: handles that name nothing yet, and device keys.
 */
#ifndef ACCESS_STATE_H
#define ACCESS_STATE_H

#include "access.h"
#include "access_reliable.h"
#include "bitfield.h"
#include "dsm_state.h"

#include <usher/mesh.h>

#define ACCESS_NET_TX 32    /* Network PDUs that wait for the radio */
#define ACCESS_REPLIES 4    /* answers that wait for their delay */
#define ACCESS_NO_LIST (-1) /* of access_model.list */

/** Octets of a model's record (access_store.c). */
#define ACCESS_RECORD (14 + 8 * BITFIELD_BLOCK_COUNT(DSM_KEY_HANDLES))

/** A model under its handle, which is its place in the table. */
struct access_model {
    struct usher_model *model; /* NULL: free; @ref own, or one of the core's */
    struct usher_model own;
    uint16_t element_index;
    const access_opcode_handler_t *handlers;
    uint32_t handler_count;
    void *args;
    access_publish_timeout_cb_t publish_timeout_cb;
    int list; /* the model whose subscription list it has: itself, or another; ACCESS_NO_LIST */

    /* bound: device keys; and what is to be bound when there is an AppKey at that place */
    uint32_t devkeys[BITFIELD_BLOCK_COUNT(DSM_KEY_HANDLES)];
    uint32_t awaited[BITFIELD_BLOCK_COUNT(DSM_KEY_HANDLES)];
    /* of the list that this model owns: address handles, as dsm_follow() saw them last */
    uint32_t subscribed[BITFIELD_BLOCK_COUNT(AT_LEAST_1(DSM_ADDR_MAX))];

    dsm_handle_t publish_address, publish_key;
    bool publish_aside; /* they name what the core cannot publish with: nothing, or a device key */

    uint16_t stored_len; /* of its record; 0: none */
    uint8_t stored[ACCESS_RECORD];
};

/** A message that waits for its answer. */
struct access_transfer {
    bool used;
    access_model_handle_t handle;
    access_reliable_cb_t status_cb;
    struct usher_request request;
};

struct access_state {
    struct access_model models[AT_LEAST_1(ACCESS_MODEL_COUNT)];
    uint16_t locations[AT_LEAST_1(ACCESS_ELEMENT_COUNT)];
    uint8_t default_ttl; /* before there is a node in memory */
    bool composed;
    struct access_transfer transfers[AT_LEAST_1(ACCESS_RELIABLE_TRANSFER_COUNT)];

    /* the core's */
    struct usher_model *order[AT_LEAST_1(ACCESS_MODEL_COUNT)]; /* by element */
    struct usher_element elements[AT_LEAST_1(ACCESS_ELEMENT_COUNT)];
    struct usher_composition composition;
    struct usher_mesh_tables tables;
    struct usher_rpl_entry rpl[REPLAY_CACHE_ENTRIES];
    struct usher_net_tx net_tx[ACCESS_NET_TX];
    struct usher_sar_tx sar_tx[TRANSPORT_SAR_SESSIONS_MAX];
    struct usher_sar_rx sar_rx[TRANSPORT_SAR_SESSIONS_MAX];
    struct usher_access_tx replies[ACCESS_REPLIES];
};

#endif
