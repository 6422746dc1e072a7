/*
 * The device's UUID (nrf_mesh_configure.h). A chip has a number of its own to make one of. Here the
 * device is its storage: a UUID is drawn when there is none yet, and kept.
 */
#include "nrf_mesh_configure.h"

#include "stack.h"
#include "store.h"

#include <string.h>

static bool stored(const struct usher_port *port, uint8_t uuid[NRF_MESH_UUID_SIZE])
{
    size_t len = 0;

    return port->kv_get(port->kv_ctx, STACK_RECORD_UUID, uuid, NRF_MESH_UUID_SIZE, &len) ==
               USHER_OK &&
           len == NRF_MESH_UUID_SIZE;
}

/* Once in a run, so that it is the same for all of it even if it cannot be stored. */
static void find_default(struct core_state *core)
{
    const struct usher_port *port = &core->port;
    uint8_t *uuid = core->default_uuid;
    bool able = store_able(port);

    if (able && stored(port, uuid)) {
        return;
    }
    if (port->random(port->ctx, uuid, NRF_MESH_UUID_SIZE) != USHER_OK) {
        memset(uuid, 0, NRF_MESH_UUID_SIZE);
    }
    uuid[6] = (uint8_t)((uuid[6] & 0x0F) | 0x40); /* version 4 */
    uuid[8] = (uint8_t)((uuid[8] & 0x3F) | 0x80); /* variant 1 */
    if (able) {
        (void)port->kv_set(port->kv_ctx, STACK_RECORD_UUID, uuid, NRF_MESH_UUID_SIZE);
    }
}

void nrf_mesh_configure_device_uuid_set(const uint8_t *p_uuid)
{
    memcpy(layer_stack()->core.uuid, p_uuid, NRF_MESH_UUID_SIZE);
}

void nrf_mesh_configure_device_uuid_reset(void)
{
    struct core_state *core = &layer_stack()->core;

    if (core->port.random == NULL) {
        return; /* there is no device before nrf_mesh_init() */
    }
    if (!core->default_uuid_known) {
        find_default(core);
        core->default_uuid_known = true;
    }
    nrf_mesh_configure_device_uuid_set(core->default_uuid);
}

const uint8_t *nrf_mesh_configure_device_uuid_get(void)
{
    return layer_stack()->core.uuid;
}
