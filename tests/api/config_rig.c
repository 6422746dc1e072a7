/* See config_rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config_rig.h"

#include "access_config.h"
#include "generic_onoff_server.h"
#include "mesh_stack.h"

#include <string.h>

struct config_told config_told;
void (*config_on_told)(void);
config_server_evt_t config_served;
unsigned config_served_count;
heartbeat_publication_state_t config_served_publication;
heartbeat_subscription_state_t config_served_subscription;
dsm_handle_t config_devkey, config_address;

const access_model_id_t config_onoff = ACCESS_MODEL_SIG(GENERIC_ONOFF_SERVER_MODEL_ID);
const access_model_id_t config_vendor = ACCESS_MODEL_VENDOR(VENDOR_MODEL, VENDOR_COMPANY);

static generic_onoff_server_t onoff;

static void on_told(config_client_event_type_t event_type, const config_client_event_t *p_event,
                    uint16_t length)
{
    config_told.count++;
    config_told.type = event_type;
    config_told.has_event = p_event != NULL;
    config_told.length = length;
    if (p_event != NULL) {
        config_told.opcode = p_event->opcode;
        memcpy(config_told.params.octets, p_event->p_msg, length);
    }
    if (config_on_told != NULL) {
        config_on_told();
    }
}

static void on_served(const config_server_evt_t *p_evt)
{
    config_served = *p_evt;
    config_served_count++;
    if (p_evt->type == CONFIG_SERVER_EVT_HEARTBEAT_PUBLICATION_SET) {
        config_served_publication = *p_evt->params.heartbeat_publication_set.p_publication_state;
    }
    if (p_evt->type == CONFIG_SERVER_EVT_HEARTBEAT_SUBSCRIPTION_SET) {
        config_served_subscription = *p_evt->params.heartbeat_subscription_set.p_subscription_state;
    }
}

static void onoff_set(const generic_onoff_server_t *p_self, const access_message_rx_meta_t *p_meta,
                      const generic_onoff_set_params_t *p_in,
                      const model_transition_t *p_in_transition,
                      generic_onoff_status_params_t *p_out)
{
    (void)p_self;
    (void)p_meta;
    (void)p_in;
    (void)p_in_transition;
    (void)p_out;
}

static void onoff_get(const generic_onoff_server_t *p_self, const access_message_rx_meta_t *p_meta,
                      generic_onoff_status_params_t *p_out)
{
    (void)p_self;
    (void)p_meta;
    (void)p_out;
}

static const generic_onoff_server_callbacks_t onoff_callbacks = {
    .onoff_cbs = { .set_cb = onoff_set, .get_cb = onoff_get },
};

static void client_models(void)
{
    assert_int_equal(config_client_init(on_told), NRF_SUCCESS);
}

static void server_models(void)
{
    access_model_add_params_t params = { .model_id =
                                             ACCESS_MODEL_VENDOR(VENDOR_MODEL, VENDOR_COMPANY) };
    access_model_handle_t handle;

    memset(&onoff, 0, sizeof(onoff));
    onoff.settings.p_callbacks = &onoff_callbacks;
    assert_int_equal(generic_onoff_server_init(&onoff, 0), NRF_SUCCESS);
    assert_int_equal(access_model_add(&params, &handle), NRF_SUCCESS);
    assert_int_equal(access_model_subscription_list_alloc(handle), NRF_SUCCESS);
}

static void join(struct rig *rig, unsigned n, const mesh_stack_models_init_params_t *models)
{
    mesh_stack_init_params_t params = { .core = { .irq_priority = NRF_MESH_IRQ_PRIORITY_LOWEST },
                                        .models = *models };
    nrf_mesh_prov_provisioning_data_t data = { .address = (uint16_t)(1 + 0x10 * n) };
    uint8_t device_key[NRF_MESH_KEY_SIZE];

    memset(data.netkey, 0x11, sizeof(data.netkey));
    memset(device_key, (int)(0xD0 + n), sizeof(device_key));
    rig_enter(rig, n);
    assert_int_equal(mesh_stack_init(&params, NULL), NRF_SUCCESS);
    assert_int_equal(mesh_stack_provisioning_data_store(&data, device_key), NRF_SUCCESS);
    assert_int_equal(mesh_stack_start(), NRF_SUCCESS);
}

struct rig *config_rig_new(void)
{
    static const mesh_stack_models_init_params_t client = { .models_init_cb = client_models };
    static const mesh_stack_models_init_params_t server = { .models_init_cb = server_models,
                                                            .config_server_cb = on_served };
    struct rig *rig = rig_new(2);
    uint8_t device_key[NRF_MESH_KEY_SIZE];

    memset(&config_told, 0, sizeof(config_told));
    memset(&config_served, 0, sizeof(config_served));
    config_on_told = NULL;
    config_served_count = 0;
    join(rig, SERVER, &server);
    join(rig, CLIENT, &client);
    memset(device_key, 0xD0 + SERVER, sizeof(device_key));
    assert_int_equal(dsm_devkey_add(SERVER_ADDRESS, 0, device_key, &config_devkey), NRF_SUCCESS);
    assert_int_equal(dsm_address_publish_add(SERVER_ADDRESS, &config_address), NRF_SUCCESS);
    assert_int_equal(config_client_server_bind(config_devkey), NRF_SUCCESS);
    assert_int_equal(config_client_server_set(config_devkey, config_address), NRF_SUCCESS);
    return rig;
}

void config_answered(struct rig *rig, uint32_t err, config_opcode_t opcode)
{
    unsigned before = config_told.count;

    assert_int_equal(err, NRF_SUCCESS);
    for (unsigned i = 0; i < 500 && config_told.count == before; i++) {
        rig_run(rig, 10);
    }
    assert_int_equal(config_told.count, before + 1);
    assert_int_equal(config_told.type, CONFIG_CLIENT_EVENT_TYPE_MSG);
    assert_true(config_told.has_event);
    assert_int_equal(config_told.opcode, opcode);
}
