/*
 * A provisioner without a host: it makes a network of its own, and admits and configures devices
 * one after the other, each by the URI that it tells. Its work outlives a restart.
 *
 * Buttons: 1 begins, with the configuration of the last node if that is not done yet; 2 leaves it
 * as it is, and goes on with the next device; 4 forgets the network.
 */
#include "access_config.h"
#include "app_timer.h"
#include "ble_softdevice_support.h"
#include "config_client.h"
#include "config_server.h"
#include "example_common.h"
#include "example_network_config.h"
#include "health_client.h"
#include "log.h"
#include "mesh_app_utils.h"
#include "mesh_stack.h"
#include "network.h"
#include "node_setup.h"
#include "nrf_mesh_config_examples.h"
#include "nrf_mesh_events.h"
#include "on_air_by_arguments.h"
#include "provisioner_helper.h"
#include "rtt_input.h"
#include "scenarios.h"
#include "simple_hal.h"

static health_client_t health_client;
static bool device_provisioned;

/* A device is being provisioned or a node configured: LED 1 is on. */
static bool busy;

static void busy_set(bool is_busy)
{
    busy = is_busy;
    hal_led_pin_set(BSP_LED_0, is_busy);
}

/* -- the work ---------------------------------------------------------------------------------- */

static void next_device(void)
{
    if (network()->provisioned_devices < MAX_PROVISIONEE_NUMBER) {
        busy_set(true);
        prov_helper_provision_next_device(PROVISIONER_RETRY_COUNT);
    } else {
        busy_set(false);
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "The network is full\n");
    }
}

static void configure_last(void)
{
    busy_set(true);
    node_setup_start(network()->last_address, network()->last_scenario, PROVISIONER_RETRY_COUNT);
}

static void provisioned_cb(uint16_t address)
{
    (void)address; /* it is in the record */
    configure_last();
}

static void configured_cb(void)
{
    network_configured();
    hal_led_blink_ms(BSP_LED_1_MASK, LED_BLINK_INTERVAL_MS, LED_BLINK_CNT_PROV);
    next_device();
}

static void failure_cb(void)
{
    busy_set(false);
    hal_led_blink_ms(BSP_LED_1_MASK, LED_BLINK_SHORT_INTERVAL_MS, LED_BLINK_CNT_ERROR);
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "That did not work; button 1 tries again\n");
}

static bool last_is_not_configured(void)
{
    return network()->provisioned_devices > network()->configured_devices;
}

static void node_reset(void)
{
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Forgetting the network\n");
    network_clear();
    mesh_stack_device_reset(); /* when all is stored */
}

static void button_event_handler(uint32_t button_number)
{
    switch (button_number) {
    case 0:
        if (!busy && last_is_not_configured()) {
            configure_last();
        } else if (!busy) {
            next_device();
        }
        break;
    case 1:
        if (last_is_not_configured()) {
            __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Node 0x%04x is left as it is\n",
                  network()->last_address);
            node_setup_stop();
            network_given_up();
            next_device();
        }
        break;
    case 3:
        mesh_stack_config_clear();
        node_reset();
        break;
    default:
        break;
    }
}

static void app_rtt_input_handler(int key)
{
    (void)key;
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO,
          "1: provision and configure, 2: leave the last node as it is, 4: forget the network\n");
}

/* -- the node ---------------------------------------------------------------------------------- */

static void config_server_evt_cb(const config_server_evt_t *p_evt)
{
    if (p_evt->type == CONFIG_SERVER_EVT_NODE_RESET) {
        node_reset();
    }
}

static void health_client_evt_cb(const health_client_t *p_client,
                                 const health_client_evt_t *p_event)
{
    (void)p_client;
    if (p_event->type == HEALTH_CLIENT_EVT_TYPE_CURRENT_STATUS_RECEIVED &&
        p_event->data.fault_status.fault_array_length > 0) {
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Node 0x%04x has %u faults\n",
              p_event->p_meta_data->src.value, p_event->data.fault_status.fault_array_length);
    }
}

static void models_init_cb(void)
{
    ERROR_CHECK(config_client_init(node_setup_config_client_event_process));
    ERROR_CHECK(health_client_init(&health_client, 0, health_client_evt_cb));
}

static void mesh_events_handle(const nrf_mesh_evt_t *p_evt)
{
    if (p_evt->type == NRF_MESH_EVT_ENABLED) {
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Provisioned: %u, configured: %u. Button 1 goes on\n",
              network()->provisioned_devices, network()->configured_devices);
    }
}

static nrf_mesh_evt_handler_t event_handler = { .evt_cb = mesh_events_handle };

/* -- start ------------------------------------------------------------------------------------- */

static void mesh_init(void)
{
    mesh_stack_init_params_t init_params = {
        .core.irq_priority = NRF_MESH_IRQ_PRIORITY_LOWEST,
        .core.lfclksrc = DEV_BOARD_LF_CLK_CFG,
        .core.p_uuid = NULL,
        .models.models_init_cb = models_init_cb,
        .models.config_server_cb = config_server_evt_cb,
    };
    uint32_t status = mesh_stack_init(&init_params, &device_provisioned);

    if (status == NRF_ERROR_INVALID_DATA) {
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Storage was not this provisioner's; starting anew\n");
        node_reset();
    } else {
        ERROR_CHECK(status);
    }
}

static void initialize(void)
{
    __LOG_INIT(LOG_SRC_APP | LOG_SRC_ACCESS, LOG_LEVEL_INFO, LOG_CALLBACK_DEFAULT);
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "----- Provisioner -----\n");
    ERROR_CHECK(app_timer_init());
    hal_leds_init();
    ERROR_CHECK(hal_buttons_init(button_event_handler));
    ble_stack_init();
    nrf_mesh_evt_handler_add(&event_handler);
    mesh_init();
    ERROR_CHECK(network_start(device_provisioned, health_client.model_handle));
    prov_helper_init(provisioned_cb, failure_cb);
    node_setup_init(configured_cb, failure_cb);
    if (!scenarios_differ()) {
        __LOG(LOG_SRC_APP, LOG_LEVEL_ERROR, "Two kinds of devices have the same URI hash\n");
    }
}

static void start(void)
{
    rtt_input_enable(app_rtt_input_handler, RTT_INPUT_POLL_PERIOD_MS);
    ERROR_CHECK(mesh_stack_start());
}

int main(int argc, char *argv[])
{
    on_air_by_arguments(argc, argv);
    initialize();
    start();
    for (;;) {
        (void)sd_app_evt_wait();
    }
}
