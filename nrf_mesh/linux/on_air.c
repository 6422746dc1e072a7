/*
 * A program on Linux: nrf_mesh_on_air() (nrf_mesh_port.h) puts the node on a libuv loop of its own,
 * and the program's main loop runs it by sd_app_evt_wait() (nrf_soc.h).
 *
 * A process has one radio, one terminal and one main loop, so their state is the process's.
 */
#include "on_air.h"

#include "file_store.h"
#include "linux_port.h"
#include "nrf_mesh_port.h"
#include "nrf_soc.h"
#include "stack.h"

#include <stdio.h>
#include <stdlib.h>

static struct {
    bool looping; /* the loop is there */
    uv_loop_t loop;
    bool stored; /* the state directory is open */
    struct file_store store;
    struct linux_port *port;
    struct nrf_mesh_stack *node;
    int lost_status;
} air = { .lost_status = EXIT_FAILURE };

void layer_on_air_lost(const char *why)
{
    (void)fprintf(stderr, "%s\n", why);
    layer_on_air_leave();
    exit(air.lost_status);
}

static void on_lost(void *ctx, const char *why)
{
    (void)ctx;
    layer_on_air_lost(why);
}

static uint32_t failed(const char *why)
{
    (void)fprintf(stderr, "%s\n", why);
    if (air.stored) {
        air.stored = false;
        file_store_close(&air.store);
    }
    if (air.looping) {
        air.looping = false;
        (void)uv_loop_close(&air.loop);
    }
    return NRF_ERROR_INTERNAL;
}

/* For nrf_mesh_process(): whatever is to be done now. */
static void on_poll(void *ctx)
{
    (void)ctx;
    (void)uv_run(&air.loop, UV_RUN_NOWAIT);
}

uint32_t nrf_mesh_on_air(const char *p_radio, const char *p_state)
{
    char why[FILE_STORE_DIR_MAX + 256];

    if (p_radio == NULL) {
        return NRF_ERROR_NULL;
    }
    if (air.port != NULL || layer_stack()->port != NULL || layer_stack()->core.initialized) {
        return NRF_ERROR_INVALID_STATE;
    }
    if (uv_loop_init(&air.loop) != 0) {
        return failed("no loop can be made");
    }
    air.looping = true;
    if (p_state != NULL) {
        air.stored = file_store_open(&air.store, p_state, why, sizeof(why));
        if (!air.stored) {
            return failed(why);
        }
    }
    air.node = layer_stack();
    air.port =
        linux_port_open(&air.loop, p_radio, &air.node->usher, on_lost, NULL, why, sizeof(why));
    if (air.port == NULL) {
        return failed(why);
    }
    if (air.stored) {
        linux_port_store_set(air.port, &air.store);
    }
    air.node->core.poll = on_poll;
    return nrf_mesh_on_port(linux_port_get(air.port));
}

void nrf_mesh_lost_status_set(int status)
{
    air.lost_status = status;
}

uv_loop_t *layer_on_air_loop(void)
{
    return air.port != NULL ? &air.loop : NULL;
}

void layer_on_air_leave(void)
{
    if (air.port == NULL) {
        return;
    }
    if (air.node->core.initialized) {
        usher_deinit(&air.node->usher);
    }
    linux_port_close(air.port);
    air.port = NULL;
    if (air.stored) {
        air.stored = false;
        file_store_close(&air.store);
    }
}

uint32_t sd_app_evt_wait(void)
{
    if (air.port == NULL) {
        return NRF_ERROR_SOFTDEVICE_NOT_ENABLED;
    }
    (void)uv_run(&air.loop, UV_RUN_ONCE);
    return NRF_SUCCESS;
}
