/*
 * Configuration (node_setup.h): a list of questions to the node's Configuration Server, one after
 * the other. The list is counted, not stored: step n is worked out when it is its turn, so that a
 * question can be asked again.
 */
#include "node_setup.h"

#include "access_config.h"
#include "access_status.h"
#include "app_timer.h"
#include "device_state_manager.h"
#include "example_network_config.h"
#include "health_common.h"
#include "log.h"
#include "mesh_app_utils.h"
#include "network.h"
#include "nrf_mesh_config_app.h"
#include "nrf_mesh_utils.h"

typedef enum {
    STEP_COMPOSITION_GET,
    STEP_NETWORK_TRANSMIT,
    STEP_APPKEY_ADD,
    STEP_HEALTH_BIND,
    STEP_HEALTH_PUBLISH,
    STEP_MODELS, /* from here on, for each model: bind, publish, subscribe */
} step_t;

#define STEPS_OF_MODEL 3

APP_TIMER_DEF(busy_timer);

static struct {
    node_setup_cb_t success_cb;
    node_setup_cb_t failure_cb;
    const struct scenario *p_scenario; /* NULL: no node is being configured */
    uint16_t address;
    uint8_t step;
    uint8_t retry_count;
    uint8_t retries_left; /* of this step */
    uint8_t busy_left;    /* times that it could not be sent */
    bool cancelling;
    uint16_t expected; /* opcode */
} setup;

/* -- the questions ----------------------------------------------------------------------------- */

static uint32_t bind(uint16_t element, uint16_t model_id)
{
    const access_model_id_t id = ACCESS_MODEL_SIG(model_id);

    setup.expected = CONFIG_OPCODE_MODEL_APP_STATUS;
    return config_client_model_app_bind(element, APPKEY_INDEX, id);
}

static uint32_t publish(uint16_t element, uint16_t model_id, uint16_t address,
                        access_publish_period_t period)
{
    config_publication_state_t state = {
        .element_address = element,
        .publish_address = { .type = nrf_mesh_address_type_get(address), .value = address },
        .appkey_index = APPKEY_INDEX,
        .frendship_credential_flag = false,
        .publish_ttl = ACCESS_DEFAULT_TTL,
        .publish_period = period,
        .retransmit_count = PUBLISH_RETRANSMIT_COUNT,
        .retransmit_interval = 0,
        .model_id = ACCESS_MODEL_SIG(model_id),
    };

    setup.expected = CONFIG_OPCODE_MODEL_PUBLICATION_STATUS;
    return config_client_model_publication_set(&state);
}

static uint32_t subscribe(uint16_t element, uint16_t model_id, uint16_t group)
{
    const access_model_id_t id = ACCESS_MODEL_SIG(model_id);
    nrf_mesh_address_t address = { .type = NRF_MESH_ADDRESS_TYPE_GROUP, .value = group };

    setup.expected = CONFIG_OPCODE_MODEL_SUBSCRIPTION_STATUS;
    return config_client_model_subscription_add(element, address, id);
}

static uint32_t ask_about_model(uint8_t step)
{
    static const access_publish_period_t not_periodic = ACCESS_PUBLISH_PERIOD_NONE;
    const struct scenario_model *model = &setup.p_scenario->models[step / STEPS_OF_MODEL];
    uint16_t element = (uint16_t)(setup.address + model->element);

    switch (step % STEPS_OF_MODEL) {
    case 0:
        return bind(element, model->model_id);
    case 1:
        return publish(element, model->model_id, scenario_publish_group(setup.p_scenario, element),
                       not_periodic);
    default:
        return subscribe(element, model->model_id,
                         scenario_subscribe_group(setup.p_scenario, element));
    }
}

static uint32_t ask(void)
{
    static const access_publish_period_t health_period = {
        .step_res = ACCESS_PUBLISH_RESOLUTION_10S, .step_num = HEALTH_PUBLISH_PERIOD_STEPS
    };

    switch ((step_t)setup.step) {
    case STEP_COMPOSITION_GET:
        setup.expected = CONFIG_OPCODE_COMPOSITION_DATA_STATUS;
        return config_client_composition_data_get(0);
    case STEP_NETWORK_TRANSMIT:
        setup.expected = CONFIG_OPCODE_NETWORK_TRANSMIT_STATUS;
        return config_client_network_transmit_set(NETWORK_TRANSMIT_COUNT,
                                                  NETWORK_TRANSMIT_INTERVAL_STEPS);
    case STEP_APPKEY_ADD:
        setup.expected = CONFIG_OPCODE_APPKEY_STATUS;
        return config_client_appkey_add(NETKEY_INDEX, APPKEY_INDEX, network()->appkey);
    case STEP_HEALTH_BIND:
        return bind(setup.address, HEALTH_SERVER_MODEL_ID);
    case STEP_HEALTH_PUBLISH:
        return publish(setup.address, HEALTH_SERVER_MODEL_ID, PROVISIONER_ADDRESS, health_period);
    case STEP_MODELS:
    default:
        return ask_about_model((uint8_t)(setup.step - STEP_MODELS));
    }
}

static bool all_asked(void)
{
    return setup.step == STEP_MODELS + STEPS_OF_MODEL * setup.p_scenario->model_count;
}

/* -- one after the other ----------------------------------------------------------------------- */

static void end(node_setup_cb_t cb)
{
    setup.p_scenario = NULL;
    cb();
}

static void cancel(void)
{
    setup.cancelling = true; /* the event of this is not a node's */
    config_client_pending_msg_cancel();
    setup.cancelling = false;
}

static void try_step(void)
{
    uint32_t status = ask();

    if (status == NRF_SUCCESS) {
        return;
    }
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Step %u cannot be sent: %u\n", setup.step,
          (unsigned)status);
    if (setup.busy_left == 0) {
        end(setup.failure_cb);
        return;
    }
    setup.busy_left--;
    cancel();
    ERROR_CHECK(
        app_timer_start(busy_timer, APP_TIMER_TICKS(CLIENT_BUSY_SEND_RETRY_DELAY_MS), NULL));
}

static void begin_step(void)
{
    if (all_asked()) {
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Node 0x%04x is configured\n", setup.address);
        end(setup.success_cb);
        return;
    }
    setup.retries_left = setup.retry_count;
    setup.busy_left = CLIENT_BUSY_SEND_RETRY_LIMIT;
    try_step();
}

static void on_busy_timer(void *p_context)
{
    (void)p_context;
    if (setup.p_scenario != NULL) {
        try_step();
    }
}

/* -- the answers ------------------------------------------------------------------------------- */

/* Whether the node did what it was asked. */
static bool done(const config_client_event_t *p_event)
{
    const config_msg_t *p_msg = p_event->p_msg;

    switch (p_event->opcode) {
    case CONFIG_OPCODE_APPKEY_STATUS:
        return p_msg->appkey_status.status == ACCESS_STATUS_SUCCESS ||
               p_msg->appkey_status.status == ACCESS_STATUS_KEY_INDEX_ALREADY_STORED;
    case CONFIG_OPCODE_MODEL_APP_STATUS:
        return p_msg->app_status.status == ACCESS_STATUS_SUCCESS;
    case CONFIG_OPCODE_MODEL_PUBLICATION_STATUS:
        return p_msg->publication_status.status == ACCESS_STATUS_SUCCESS;
    case CONFIG_OPCODE_MODEL_SUBSCRIPTION_STATUS:
        return p_msg->subscription_status.status == ACCESS_STATUS_SUCCESS;
    default:
        return true; /* Composition Data, Network Transmit: what they say does not matter */
    }
}

static void on_answer(const config_client_event_t *p_event)
{
    if ((uint16_t)p_event->opcode != setup.expected) {
        return; /* a late answer to an earlier try */
    }
    if (done(p_event)) {
        setup.step++;
        begin_step();
    } else {
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Node 0x%04x refuses step %u\n", setup.address,
              setup.step);
        end(setup.failure_cb);
    }
}

static void on_timeout(void)
{
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Node 0x%04x does not answer step %u\n", setup.address,
          setup.step);
    if (setup.retries_left > 0) {
        setup.retries_left--;
        try_step();
    } else {
        end(setup.failure_cb);
    }
}

void node_setup_config_client_event_process(config_client_event_type_t event_type,
                                            const config_client_event_t *p_event, uint16_t length)
{
    (void)length;
    if (setup.p_scenario == NULL || setup.cancelling) {
        return;
    }
    switch (event_type) {
    case CONFIG_CLIENT_EVENT_TYPE_MSG:
        on_answer(p_event);
        break;
    case CONFIG_CLIENT_EVENT_TYPE_TIMEOUT:
        on_timeout();
        break;
    case CONFIG_CLIENT_EVENT_TYPE_CANCELLED:
        break;
    }
}

/* -- the calls --------------------------------------------------------------------------------- */

/* The node is the one that is asked. */
static uint32_t choose_node(void)
{
    const nrf_mesh_address_t address = { .type = NRF_MESH_ADDRESS_TYPE_UNICAST,
                                         .value = setup.address };
    dsm_handle_t address_handle, devkey_handle;

    RETURN_ON_ERROR(dsm_devkey_handle_get(setup.address, &devkey_handle));
    RETURN_ON_ERROR(dsm_address_handle_get(&address, &address_handle));
    RETURN_ON_ERROR(config_client_server_bind(devkey_handle));
    return config_client_server_set(devkey_handle, address_handle);
}

void node_setup_init(node_setup_cb_t success_cb, node_setup_cb_t failure_cb)
{
    setup.success_cb = success_cb;
    setup.failure_cb = failure_cb;
    ERROR_CHECK(app_timer_create(&busy_timer, APP_TIMER_MODE_SINGLE_SHOT, on_busy_timer));
}

void node_setup_start(uint16_t address, uint8_t scenario, uint8_t retry_count)
{
    uint32_t status;

    setup.p_scenario = &scenarios[scenario];
    setup.address = address;
    setup.step = 0;
    setup.retry_count = retry_count;
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Configuring node 0x%04x, a %s\n", address,
          setup.p_scenario->p_name);
    status = choose_node();
    if (status == NRF_SUCCESS) {
        begin_step();
    } else {
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Node 0x%04x cannot be asked: %u\n", address,
              (unsigned)status);
        end(setup.failure_cb);
    }
}

void node_setup_stop(void)
{
    setup.p_scenario = NULL;
    ERROR_CHECK(app_timer_stop(busy_timer));
    cancel();
}
