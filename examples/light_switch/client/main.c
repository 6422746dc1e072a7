/*
 * The switch: two Generic OnOff Clients. Buttons 1 and 2 switch on and off with the first one,
 * which asks for an answer; buttons 3 and 4 with the second one, which does not. What they switch
 * is a matter of configuration. LEDs 1 and 2 are what was asked for last.
 */
#include "access_reliable.h"
#include "app_timer.h"
#include "ble_softdevice_support.h"
#include "boards.h"
#include "example_common.h"
#include "generic_onoff_client.h"
#include "light_switch_example_common.h"
#include "light_switch_node.h"
#include "log.h"
#include "mesh_app_utils.h"
#include "mesh_stack.h"
#include "model_common.h"
#include "nrf_mesh_config_examples.h"
#include "on_air_by_arguments.h"
#include "rand.h"
#include "rtt_input.h"
#include "simple_hal.h"

static generic_onoff_client_t clients[CLIENT_MODEL_INSTANCE_COUNT];
static uint8_t tid; /* of the next transaction */

/* -- the switches ------------------------------------------------------------------------------ */

static void app_generic_onoff_client_status_cb(const generic_onoff_client_t *p_self,
                                               const access_message_rx_meta_t *p_meta,
                                               const generic_onoff_status_params_t *p_in)
{
    (void)p_self;
    if (p_in->remaining_time_ms > 0) {
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO,
              "OnOff server: 0x%04x, Present OnOff: %u, Target OnOff: %u, Remaining Time: %u ms\n",
              p_meta->src.value, p_in->present_on_off, p_in->target_on_off,
              (unsigned)p_in->remaining_time_ms);
    } else {
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "OnOff server: 0x%04x, Present OnOff: %u\n",
              p_meta->src.value, p_in->present_on_off);
    }
}

static void app_gen_onoff_client_transaction_status_cb(access_model_handle_t model_handle,
                                                       void *p_args,
                                                       access_reliable_status_t status)
{
    (void)model_handle;
    (void)p_args;
    switch (status) {
    case ACCESS_RELIABLE_TRANSFER_SUCCESS:
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Acknowledged transfer success\n");
        break;
    case ACCESS_RELIABLE_TRANSFER_TIMEOUT:
        hal_led_blink_ms(SIGN_LEDS, LED_BLINK_SHORT_INTERVAL_MS, LED_BLINK_CNT_NO_REPLY);
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Acknowledged transfer timeout\n");
        break;
    case ACCESS_RELIABLE_TRANSFER_CANCELLED:
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Acknowledged transfer cancelled\n");
        break;
    }
}

static const generic_onoff_client_callbacks_t client_cbs = {
    .onoff_status_cb = app_generic_onoff_client_status_cb,
    .ack_transaction_status_cb = app_gen_onoff_client_transaction_status_cb,
};

static void models_init_cb(void)
{
    for (uint8_t i = 0; i < CLIENT_MODEL_INSTANCE_COUNT; i++) {
        clients[i].settings.p_callbacks = &client_cbs;
        clients[i].settings.timeout = 0; /* the default */
        clients[i].settings.force_segmented = false;
        clients[i].settings.transmic_size = NRF_MESH_TRANSMIC_SIZE_SMALL;
        ERROR_CHECK(generic_onoff_client_init(&clients[i], i + 1));
    }
}

static uint32_t ask(uint32_t client, const generic_onoff_set_params_t *p_params)
{
    static const model_transition_t transition = {
        .transition_time_ms = APP_ONOFF_TRANSITION_TIME_MS,
        .delay_ms = APP_ONOFF_DELAY_MS,
    };

    if (client == 0) {
        /* The one before may still wait for its answer. */
        (void)access_model_reliable_cancel(clients[client].model_handle);
        return generic_onoff_client_set(&clients[client], p_params, &transition);
    }
    return generic_onoff_client_set_unack(&clients[client], p_params, &transition,
                                          APP_UNACK_MSG_REPEAT_COUNT);
}

static void button_event_handler(uint32_t button_number)
{
    uint32_t client = button_number / 2;
    generic_onoff_set_params_t set_params = {
        .on_off = button_number % 2 == 0 ? APP_STATE_ON : APP_STATE_OFF,
        .tid = tid,
    };
    uint32_t status = ask(client, &set_params);

    tid++;

    switch (status) {
    case NRF_SUCCESS:
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Sending: ONOFF SET %d\n", set_params.on_off);
        hal_led_pin_set(client == 0 ? BSP_LED_0 : BSP_LED_1, set_params.on_off);
        break;
    case NRF_ERROR_NO_MEM:
    case NRF_ERROR_BUSY:
    case NRF_ERROR_INVALID_STATE:
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Client %u cannot send at this moment\n",
              (unsigned)client);
        hal_led_blink_ms(SIGN_LEDS, LED_BLINK_SHORT_INTERVAL_MS, LED_BLINK_CNT_NO_REPLY);
        break;
    case NRF_ERROR_INVALID_PARAM:
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Client %u is not configured\n", (unsigned)client);
        break;
    default:
        ERROR_CHECK(status);
        break;
    }
}

static void app_rtt_input_handler(int key)
{
    (void)key;
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "1, 2: first switch on, off; 3, 4: second switch on, off\n");
}

/* -- the node ---------------------------------------------------------------------------------- */

static void config_server_evt_cb(const config_server_evt_t *p_evt)
{
    if (p_evt->type == CONFIG_SERVER_EVT_NODE_RESET) {
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Forgetting the network\n");
        hal_led_blink_ms(SIGN_LEDS, LED_BLINK_INTERVAL_MS, LED_BLINK_CNT_RESET);
        mesh_stack_device_reset(); /* when all is stored */
    }
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
    uint32_t status = mesh_stack_init(&init_params, NULL);

    if (status == NRF_ERROR_INVALID_DATA) {
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Storage was not this switch's; it was cleared\n");
    } else {
        ERROR_CHECK(status);
    }
}

static void initialize(void)
{
    __LOG_INIT(LOG_SRC_APP | LOG_SRC_ACCESS, LOG_LEVEL_INFO, LOG_CALLBACK_DEFAULT);
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "----- Light switch client -----\n");
    ERROR_CHECK(app_timer_init());
    hal_leds_init();
    ERROR_CHECK(hal_buttons_init(button_event_handler));
    ble_stack_init();
    mesh_init();
    rand_hw_rng_get(&tid, sizeof(tid)); /* not the one of just before a restart */
}

static void start(void)
{
    rtt_input_enable(app_rtt_input_handler, RTT_INPUT_POLL_PERIOD_MS);
    light_switch_node_start(EX_URI_LS_CLIENT);
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
