/*
 * Listeners: functions that are told when an entry was set or deleted.
 */
#ifndef MESH_CONFIG_LISTENER_H__
#define MESH_CONFIG_LISTENER_H__

#include "mesh_config_entry.h"

typedef enum {
    MESH_CONFIG_CHANGE_REASON_SET,
    MESH_CONFIG_CHANGE_REASON_DELETE,
} mesh_config_change_reason_t;

/** @param p_entry  The new value; NULL: deleted. */
typedef void (*mesh_config_listener_cb_t)(mesh_config_change_reason_t reason,
                                          mesh_config_entry_id_t id, const void *p_entry);

typedef struct {
    const mesh_config_entry_id_t *p_id;
    mesh_config_listener_cb_t callback;
} mesh_config_listener_t;

/** Defines a listener of the entry ID. */
#define MESH_CONFIG_LISTENER(NAME, ID, CALLBACK)                                                   \
    NRF_MESH_SECTION_ITEM_REGISTER_FLASH(mesh_config_entry_listeners, mesh_config_listener_t,      \
                                         NAME) = {                                                 \
        .p_id = &ID,                                                                               \
        .callback = (CALLBACK),                                                                    \
    }

#endif
