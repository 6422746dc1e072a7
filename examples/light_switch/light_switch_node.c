/* See light_switch_node.h. Called by main.c of the switch and of the lamp. */
#include "light_switch_node.h"

#include "device_state_manager.h"
#include "example_common.h"
#include "log.h"
#include "mesh_app_utils.h"
#include "mesh_provisionee.h"
#include "mesh_stack.h"
#include "nrf_mesh_config_examples.h"
#include "nrf_mesh_configure.h"

static void unicast_address_print(void)
{
    dsm_local_unicast_address_t own;

    dsm_local_unicast_addresses_get(&own);
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Node Address: 0x%04x\n", own.address_start);
}

/* -- being provisioned ------------------------------------------------------------------------- */

static void device_identification_start_cb(uint8_t attention_duration_s)
{
    hal_led_blink_ms(SIGN_LEDS, LED_BLINK_ATTENTION_INTERVAL_MS,
                     LED_BLINK_ATTENTION_COUNT(attention_duration_s));
}

static void provisioning_aborted_cb(void)
{
    hal_led_blink_stop();
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Provisioning failed; waiting again\n");
}

static void provisioning_complete_cb(void)
{
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Successfully provisioned\n");
    unicast_address_print();
    hal_led_blink_ms(SIGN_LEDS, LED_BLINK_INTERVAL_MS, LED_BLINK_CNT_PROV);
}

static void wait_for_provisioner(const char *uri)
{
    static const uint8_t static_auth_data[NRF_MESH_KEY_SIZE] = STATIC_AUTH_DATA;
    mesh_provisionee_start_params_t prov_start_params = {
        .p_static_data = static_auth_data,
        .prov_complete_cb = provisioning_complete_cb,
        .prov_device_identification_start_cb = device_identification_start_cb,
        .prov_abort_cb = provisioning_aborted_cb,
        .p_device_uri = uri,
    };

    ERROR_CHECK(mesh_provisionee_prov_start(&prov_start_params));
}

/* -- start ------------------------------------------------------------------------------------- */

void light_switch_node_start(const char *uri)
{
    if (mesh_stack_is_device_provisioned()) {
        unicast_address_print();
    } else {
        wait_for_provisioner(uri);
    }
    mesh_app_uuid_print(nrf_mesh_configure_device_uuid_get());
    ERROR_CHECK(mesh_stack_start());
    hal_led_blink_ms(SIGN_LEDS, LED_BLINK_INTERVAL_MS, LED_BLINK_CNT_START);
}
