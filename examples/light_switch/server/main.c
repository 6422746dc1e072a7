/*
 * The lamp: LED 1, behind a Generic OnOff Server. It waits to be provisioned, and once it is a node
 * it is switched over the mesh, or by hand with button 1. Button 4 makes it forget its network.
 */
#include "app_onoff.h"
#include "app_timer.h"
#include "ble_softdevice_support.h"
#include "boards.h"
#include "example_common.h"
#include "light_switch_example_common.h"
#include "light_switch_node.h"
#include "log.h"
#include "mesh_app_utils.h"
#include "mesh_stack.h"
#include "model_config_file.h"
#include "nrf_mesh_config_examples.h"
#include "nrf_mesh_events.h"
#include "on_air_by_arguments.h"
#include "rtt_input.h"
#include "simple_hal.h"

#define LAMP_LED BSP_LED_0

/* -- the lamp ---------------------------------------------------------------------------------- */

static void app_onoff_server_set_cb(const app_onoff_server_t *p_app, bool onoff)
{
    (void)p_app;
    hal_led_pin_set(LAMP_LED, onoff);
}

static void app_onoff_server_get_cb(const app_onoff_server_t *p_app, bool *p_present_onoff)
{
    (void)p_app;
    *p_present_onoff = hal_led_pin_get(LAMP_LED);
}

APP_ONOFF_SERVER_DEF(lamp, false, NRF_MESH_TRANSMIC_SIZE_SMALL, app_onoff_server_set_cb,
                     app_onoff_server_get_cb, NULL);

static void models_init_cb(void)
{
    ERROR_CHECK(app_onoff_init(&lamp, 0));
}

/* -- the node ---------------------------------------------------------------------------------- */

static void node_reset(void)
{
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Forgetting the network\n");
    hal_led_blink_ms(SIGN_LEDS, LED_BLINK_INTERVAL_MS, LED_BLINK_CNT_RESET);
    model_config_file_clear();
    mesh_stack_device_reset(); /* when all is stored */
}

static void config_server_evt_cb(const config_server_evt_t *p_evt)
{
    if (p_evt->type == CONFIG_SERVER_EVT_NODE_RESET) {
        node_reset();
    }
}

static void mesh_events_handle(const nrf_mesh_evt_t *p_evt)
{
    if (p_evt->type == NRF_MESH_EVT_ENABLED) {
        ERROR_CHECK(app_onoff_value_restore(&lamp));
    }
}

static nrf_mesh_evt_handler_t event_handler = { .evt_cb = mesh_events_handle };

/* -- buttons ----------------------------------------------------------------------------------- */

static void button_event_handler(uint32_t button_number)
{
    uint32_t status;

    switch (button_number) {
    case 0:
        hal_led_pin_set(LAMP_LED, !hal_led_pin_get(LAMP_LED));
        status = app_onoff_status_publish(&lamp);
        if (status != NRF_SUCCESS) {
            __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Switched by hand; nobody is told: %u\n",
                  (unsigned)status);
        }
        break;
    case 3:
        if (mesh_stack_is_device_provisioned()) {
            mesh_stack_config_clear();
            node_reset();
        }
        break;
    default:
        break;
    }
}

static void app_rtt_input_handler(int key)
{
    (void)key;
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "1: switch the lamp by hand, 4: forget the network\n");
}

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
    uint32_t status;

    model_config_file_init();
    status = mesh_stack_init(&init_params, NULL);
    if (status == NRF_SUCCESS) {
        status = model_config_file_config_apply();
    }
    if (status == NRF_ERROR_INVALID_DATA) {
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Storage was not this lamp's; it was cleared\n");
        model_config_file_clear();
    } else {
        ERROR_CHECK(status);
    }
}

static void initialize(void)
{
    __LOG_INIT(LOG_SRC_APP | LOG_SRC_ACCESS, LOG_LEVEL_INFO, LOG_CALLBACK_DEFAULT);
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "----- Light switch server -----\n");
    ERROR_CHECK(app_timer_init());
    hal_leds_init();
    ERROR_CHECK(hal_buttons_init(button_event_handler));
    ble_stack_init();
    mesh_init();
}

static void start(void)
{
    rtt_input_enable(app_rtt_input_handler, RTT_INPUT_POLL_PERIOD_MS);
    nrf_mesh_evt_handler_add(&event_handler);
    light_switch_node_start(EX_URI_LS_SERVER);
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
