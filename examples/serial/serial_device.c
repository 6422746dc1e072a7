/*
 * A device with no application of its own: all that it does is what a host asks for over the serial
 * interface. It stores nothing; the host is told what to keep, and restores it after each start.
 */
#include "serial_device.h"

#include "app_timer.h"
#include "ble_softdevice_support.h"
#include "boards.h"
#include "example_common.h"
#include "mesh_app_utils.h"
#include "mesh_opt_prov.h"
#include "mesh_stack.h"
#include "nrf_mesh_config_examples.h"
#include "nrf_mesh_serial.h"

static void mesh_init(void)
{
    mesh_stack_init_params_t init_params = {
        .core.irq_priority = NRF_MESH_IRQ_PRIORITY_LOWEST,
        .core.lfclksrc = DEV_BOARD_LF_CLK_CFG,
        .core.p_uuid = NULL,
    };

    ERROR_CHECK(mesh_stack_init(&init_params, NULL));
}

static void initialize(void)
{
    ERROR_CHECK(app_timer_init());
    ble_stack_init();
    mesh_init();
    ERROR_CHECK(mesh_opt_prov_ecdh_offloading_set(true));
    ERROR_CHECK(nrf_mesh_serial_init(NULL));
}

void serial_device_start(void)
{
    initialize();
    ERROR_CHECK(nrf_mesh_serial_enable());
    ERROR_CHECK(mesh_stack_start());
}
