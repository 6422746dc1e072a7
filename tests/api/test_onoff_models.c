/*
 * Generic OnOff Server and Client (generic_onoff_server.h, generic_onoff_client.h) between two
 * nodes, and what models share (model_common.h, model_config_file.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "access_config.h"
#include "generic_dtt_client.h"
#include "generic_dtt_server.h"
#include "generic_level_client.h"
#include "generic_level_server.h"
#include "generic_onoff_client.h"
#include "generic_onoff_server.h"
#include "generic_ponoff_client.h"
#include "generic_ponoff_setup_server.h"
#include "light_ctl_client.h"
#include "light_ctl_setup_server.h"
#include "light_lc_client.h"
#include "light_lc_setup_server.h"
#include "light_lightness_client.h"
#include "light_lightness_setup_server.h"
#include "mesh_config_entry.h"
#include "mesh_stack.h"
#include "model_config_file.h"
#include "rig.h"
#include "scene_client.h"
#include "scene_setup_server.h"
#include "sensor_client.h"
#include "sensor_setup_server.h"

#include <string.h>

#define CLIENT 0u
#define SERVER 1u
#define CLIENT_ADDRESS 0x0001u
#define SERVER_ADDRESS 0x0011u
#define GROUP 0xC002u

/* -- the models -------------------------------------------------------------------------------- */

static generic_onoff_client_t client;
static generic_onoff_server_t server;

static struct {
    unsigned status, ended, period;
    generic_onoff_status_params_t last;
    access_reliable_status_t end;
    uint16_t src;
} told; /* to the client's application */

static struct {
    unsigned set, get, got_out;
    generic_onoff_set_params_t in;
    model_transition_t transition;
    bool has_transition, has_meta;
    generic_onoff_status_params_t state;
} served; /* by the server's */

static void on_status(const generic_onoff_client_t *p_self, const access_message_rx_meta_t *p_meta,
                      const generic_onoff_status_params_t *p_in)
{
    assert_ptr_equal(p_self, &client);
    told.status++;
    told.last = *p_in;
    told.src = p_meta->src.value;
}

static void on_end(access_model_handle_t model_handle, void *p_args,
                   access_reliable_status_t status)
{
    assert_int_equal(model_handle, client.model_handle);
    assert_ptr_equal(p_args, &client);
    told.ended++;
    told.end = status;
}

static void on_period(access_model_handle_t handle, void *p_args)
{
    assert_int_equal(handle, client.model_handle);
    assert_ptr_equal(p_args, &client);
    told.period++;
}

static void on_set(const generic_onoff_server_t *p_self, const access_message_rx_meta_t *p_meta,
                   const generic_onoff_set_params_t *p_in,
                   const model_transition_t *p_in_transition, generic_onoff_status_params_t *p_out)
{
    assert_ptr_equal(p_self, &server);
    served.set++;
    served.in = *p_in;
    served.has_meta = p_meta != NULL;
    served.has_transition = p_in_transition != NULL;
    if (p_in_transition != NULL) {
        served.transition = *p_in_transition;
    }
    served.state.target_on_off = p_in->on_off;
    if (served.state.remaining_time_ms == 0) {
        served.state.present_on_off = p_in->on_off;
    }
    if (p_out != NULL) {
        served.got_out++;
        *p_out = served.state;
    }
}

static void on_get(const generic_onoff_server_t *p_self, const access_message_rx_meta_t *p_meta,
                   generic_onoff_status_params_t *p_out)
{
    assert_ptr_equal(p_self, &server);
    served.get++;
    served.has_meta = p_meta != NULL;
    *p_out = served.state;
}

static const generic_onoff_client_callbacks_t client_callbacks = {
    .onoff_status_cb = on_status,
    .ack_transaction_status_cb = on_end,
    .periodic_publish_cb = on_period,
};
static const generic_onoff_server_callbacks_t server_callbacks = {
    .onoff_cbs = { .set_cb = on_set, .get_cb = on_get },
};

static void client_models(void)
{
    memset(&client, 0, sizeof(client));
    client.settings.p_callbacks = &client_callbacks;
    assert_int_equal(generic_onoff_client_init(&client, 1), NRF_SUCCESS);
    assert_int_equal(client.settings.timeout, MODEL_ACKNOWLEDGED_TRANSACTION_TIMEOUT);
}

static void server_models(void)
{
    memset(&server, 0, sizeof(server));
    server.settings.p_callbacks = &server_callbacks;
    assert_int_equal(generic_onoff_server_init(&server, 0), NRF_SUCCESS);
}

/* -- the nodes --------------------------------------------------------------------------------- */

/* The client is entered. It asks the server, which publishes to nobody yet. */
static struct rig *two_nodes(void)
{
    static const mesh_stack_models_init_params_t asks = { .models_init_cb = client_models };
    static const mesh_stack_models_init_params_t answers = { .models_init_cb = server_models };
    struct rig *rig = rig_new(2);

    memset(&told, 0, sizeof(told));
    memset(&served, 0, sizeof(served));
    rig_join_with(rig, SERVER, &answers);
    assert_int_equal(
        access_model_application_bind(server.model_handle, dsm_appkey_index_to_appkey_handle(0)),
        NRF_SUCCESS);
    rig_join_with(rig, CLIENT, &asks);
    rig_publish_to(client.model_handle, SERVER_ADDRESS);
    return rig;
}

static void run(struct rig *rig, uint64_t ms)
{
    rig_run(rig, ms);
    rig_enter(rig, CLIENT);
}

/* -- values ------------------------------------------------------------------------------------ */

static void values_are_those_of_the_standard(void **state)
{
    (void)state;
    assert_int_equal(GENERIC_ONOFF_SERVER_MODEL_ID, 0x1000);
    assert_int_equal(GENERIC_ONOFF_CLIENT_MODEL_ID, 0x1001);
    assert_int_equal(GENERIC_ONOFF_OPCODE_GET, 0x8201);
    assert_int_equal(GENERIC_ONOFF_OPCODE_SET, 0x8202);
    assert_int_equal(GENERIC_ONOFF_OPCODE_SET_UNACKNOWLEDGED, 0x8203);
    assert_int_equal(GENERIC_ONOFF_OPCODE_STATUS, 0x8204);
    assert_int_equal(GENERIC_ONOFF_SET_MINLEN, 2);
    assert_int_equal(GENERIC_ONOFF_SET_MAXLEN, sizeof(generic_onoff_set_msg_pkt_t));
    assert_int_equal(GENERIC_ONOFF_STATUS_MINLEN, 1);
    assert_int_equal(GENERIC_ONOFF_STATUS_MAXLEN, sizeof(generic_onoff_status_msg_pkt_t));
    assert_int_equal(offsetof(generic_onoff_set_msg_pkt_t, transition_time), 2);
    assert_int_equal(offsetof(generic_onoff_set_msg_pkt_t, delay), 3);
    assert_int_equal(offsetof(generic_onoff_set_params_t, on_off), 0);
    assert_int_equal(offsetof(generic_onoff_set_params_t, tid), 1);
    assert_int_equal(offsetof(generic_onoff_status_params_t, target_on_off), 1);
    assert_int_equal(offsetof(generic_onoff_status_params_t, remaining_time_ms), 4);
    assert_int_equal(offsetof(model_transition_t, delay_ms), 4);
    assert_int_equal(MODEL_ACKNOWLEDGED_TRANSACTION_TIMEOUT, 30000000);
    assert_int_equal(MODEL_TRANSITION_TIME_UNKNOWN, 0xFFFFFFFFu);
    assert_true(offsetof(generic_onoff_client_t, msg_pkt) <
                offsetof(generic_onoff_client_t, access_message));
    assert_true(offsetof(generic_onoff_client_t, access_message) <
                offsetof(generic_onoff_client_t, settings));
    assert_true(offsetof(generic_onoff_server_t, tid_tracker) <
                offsetof(generic_onoff_server_t, settings));
    assert_true(offsetof(generic_onoff_server_t, settings) <
                offsetof(generic_onoff_server_t, state_handle));
}

static void other_models_have_their_ids(void **state)
{
    (void)state;
    assert_int_equal(GENERIC_LEVEL_SERVER_MODEL_ID, 0x1002);
    assert_int_equal(GENERIC_LEVEL_CLIENT_MODEL_ID, 0x1003);
    assert_int_equal(GENERIC_DTT_SERVER_MODEL_ID, 0x1004);
    assert_int_equal(GENERIC_DTT_CLIENT_MODEL_ID, 0x1005);
    assert_int_equal(GENERIC_PONOFF_SERVER_MODEL_ID, 0x1006);
    assert_int_equal(GENERIC_PONOFF_SETUP_SERVER_MODEL_ID, 0x1007);
    assert_int_equal(GENERIC_PONOFF_CLIENT_MODEL_ID, 0x1008);
    assert_int_equal(SENSOR_SERVER_MODEL_ID, 0x1100);
    assert_int_equal(SENSOR_SETUP_SERVER_MODEL_ID, 0x1101);
    assert_int_equal(SENSOR_CLIENT_MODEL_ID, 0x1102);
    assert_int_equal(SCENE_SERVER_MODEL_ID, 0x1203);
    assert_int_equal(SCENE_SETUP_SERVER_MODEL_ID, 0x1204);
    assert_int_equal(SCENE_CLIENT_MODEL_ID, 0x1205);
    assert_int_equal(LIGHT_LIGHTNESS_SERVER_MODEL_ID, 0x1300);
    assert_int_equal(LIGHT_LIGHTNESS_SETUP_SERVER_MODEL_ID, 0x1301);
    assert_int_equal(LIGHT_LIGHTNESS_CLIENT_MODEL_ID, 0x1302);
    assert_int_equal(LIGHT_CTL_SERVER_MODEL_ID, 0x1303);
    assert_int_equal(LIGHT_CTL_SETUP_SERVER_MODEL_ID, 0x1304);
    assert_int_equal(LIGHT_CTL_CLIENT_MODEL_ID, 0x1305);
    assert_int_equal(LIGHT_CTL_TEMPERATURE_SERVER_MODEL_ID, 0x1306);
    assert_int_equal(LIGHT_LC_SERVER_MODEL_ID, 0x130F);
    assert_int_equal(LIGHT_LC_SETUP_SERVER_MODEL_ID, 0x1310);
    assert_int_equal(LIGHT_LC_CLIENT_MODEL_ID, 0x1311);
    assert_int_equal(SCENE_SETUP_SERVER_INSTANCES_MAX, 0);
    assert_int_equal(GENERIC_ONOFF_SERVER_INSTANCES_MAX, 0);
}

/* -- switching --------------------------------------------------------------------------------- */

static void a_switch_is_set_and_read(void **state)
{
    struct rig *rig = two_nodes();
    generic_onoff_set_params_t on = { .on_off = true, .tid = 1 };
    model_transition_t transition = { .transition_time_ms = 100, .delay_ms = 50 };
    model_transition_t at_once = { 0 };

    (void)state;
    assert_int_equal(generic_onoff_client_set(&client, &on, &transition), NRF_SUCCESS);
    run(rig, 1000);
    assert_int_equal(served.set, 1);
    assert_true(served.has_meta);
    assert_true(served.in.on_off);
    assert_int_equal(served.in.tid, 1);
    assert_true(served.has_transition);
    assert_int_equal(served.transition.transition_time_ms, 100);
    assert_int_equal(served.transition.delay_ms, 50);
    assert_int_equal(told.status, 1);
    assert_int_equal(told.src, SERVER_ADDRESS);
    assert_int_equal(told.last.present_on_off, 1);
    assert_int_equal(told.last.target_on_off, 1);
    assert_int_equal(told.last.remaining_time_ms, 0);
    assert_int_equal(told.ended, 1);
    assert_int_equal(told.end, ACCESS_RELIABLE_TRANSFER_SUCCESS);
    on.on_off = false;
    on.tid = 2;
    assert_int_equal(generic_onoff_client_set(&client, &on, NULL), NRF_SUCCESS);
    run(rig, 1000);
    assert_int_equal(served.set, 2);
    assert_false(served.has_transition);
    assert_int_equal(told.last.present_on_off, 0);
    on.tid = 3;
    assert_int_equal(generic_onoff_client_set(&client, &on, &at_once), NRF_SUCCESS);
    run(rig, 1000);
    assert_true(served.has_transition); /* one that takes no time */
    assert_int_equal(served.transition.transition_time_ms, 0);
    served.state.present_on_off = 0;
    served.state.target_on_off = 1;
    served.state.remaining_time_ms = 60; /* less than can be told */
    assert_int_equal(generic_onoff_client_get(&client), NRF_SUCCESS);
    run(rig, 1000);
    assert_int_equal(told.last.target_on_off, 1);
    assert_int_equal(told.last.remaining_time_ms, 100);
    assert_int_equal(told.ended, 4);
    served.state.remaining_time_ms = MODEL_TRANSITION_TIME_UNKNOWN;
    assert_int_equal(generic_onoff_client_get(&client), NRF_SUCCESS);
    run(rig, 1000);
    assert_int_equal(told.last.remaining_time_ms, MODEL_TRANSITION_TIME_UNKNOWN);
    rig_free(rig);
}

static void repeats_are_one_transaction(void **state)
{
    struct rig *rig = two_nodes();
    generic_onoff_set_params_t on = { .on_off = true, .tid = 7 };

    (void)state;
    assert_int_equal(generic_onoff_client_set_unack(&client, &on, NULL, 2), NRF_SUCCESS);
    run(rig, 1000);
    assert_int_equal(served.set, 1);
    assert_int_equal(served.got_out, 0);
    assert_int_equal(told.status, 0);
    assert_int_equal(generic_onoff_client_set(&client, &on, NULL), NRF_SUCCESS);
    run(rig, 1000);
    assert_int_equal(served.set, 1); /* of the same TID: answered, not done again */
    assert_int_equal(told.status, 1);
    assert_int_equal(told.last.present_on_off, 1);
    run(rig, 7000);
    assert_int_equal(generic_onoff_client_set_unack(&client, &on, NULL, 0), NRF_SUCCESS);
    run(rig, 1000);
    assert_int_equal(served.set, 2);
    rig_free(rig);
}

/* The server publishes to the client's group. */
static void changes_are_published(void **state)
{
    struct rig *rig = two_nodes();
    generic_onoff_set_params_t on = { .on_off = true, .tid = 1 };
    generic_onoff_status_params_t status = { .present_on_off = 1, .target_on_off = 1 };
    dsm_handle_t group;

    (void)state;
    assert_int_equal(dsm_address_subscription_add(GROUP, &group), NRF_SUCCESS);
    assert_int_equal(access_model_subscription_add(client.model_handle, group), NRF_SUCCESS);
    rig_enter(rig, SERVER);
    rig_publish_to(server.model_handle, GROUP);
    assert_int_equal(generic_onoff_server_status_publish(&server, &status), NRF_SUCCESS);
    run(rig, 1000);
    assert_int_equal(told.status, 1);
    assert_int_equal(generic_onoff_client_set_unack(&client, &on, NULL, 0), NRF_SUCCESS);
    run(rig, 1000);
    assert_int_equal(told.status, 2);
    assert_int_equal(told.last.present_on_off, 1);
    served.state.remaining_time_ms = 500; /* whose end the application publishes */
    on = (generic_onoff_set_params_t){ .on_off = false, .tid = 2 };
    assert_int_equal(generic_onoff_client_set_unack(&client, &on, NULL, 0), NRF_SUCCESS);
    run(rig, 1000);
    assert_int_equal(told.status, 2);
    served.state.remaining_time_ms = 0;
    rig_enter(rig, SERVER);
    assert_int_equal(generic_onoff_server_state_set(&server, false), NRF_SUCCESS);
    assert_false(served.has_meta);
    assert_false(served.in.on_off);
    run(rig, 1000);
    assert_int_equal(told.status, 3);
    assert_int_equal(told.last.present_on_off, 0);
    rig_free(rig);
}

static void states_are_published_periodically(void **state)
{
    struct rig *rig = two_nodes();
    dsm_handle_t group;

    (void)state;
    assert_int_equal(dsm_address_subscription_add(GROUP, &group), NRF_SUCCESS);
    assert_int_equal(access_model_subscription_add(client.model_handle, group), NRF_SUCCESS);
    assert_int_equal(
        access_model_publish_period_set(client.model_handle, ACCESS_PUBLISH_RESOLUTION_1S, 1),
        NRF_SUCCESS);
    rig_enter(rig, SERVER);
    rig_publish_to(server.model_handle, GROUP);
    assert_int_equal(
        access_model_publish_period_set(server.model_handle, ACCESS_PUBLISH_RESOLUTION_1S, 1),
        NRF_SUCCESS);
    run(rig, 5000);
    assert_in_range(told.status, 4, 6);
    assert_in_range(told.period, 4, 6);
    assert_false(served.has_meta);
    rig_free(rig);
}

static void one_question_is_pending_at_a_time(void **state)
{
    struct rig *rig = two_nodes();
    generic_onoff_set_params_t on = { .on_off = true, .tid = 1 };

    (void)state;
    assert_int_equal(generic_onoff_client_set(&client, &on, NULL), NRF_SUCCESS);
    assert_int_equal(client.access_message.message.length, 2);
    assert_int_equal(client.msg_pkt.set.on_off, 1);
    assert_int_equal(generic_onoff_client_set(&client, &on, NULL), NRF_ERROR_BUSY);
    assert_int_equal(generic_onoff_client_get(&client), NRF_ERROR_BUSY);
    assert_int_equal(access_model_reliable_cancel(client.model_handle), NRF_SUCCESS);
    assert_int_equal(told.ended, 1);
    assert_int_equal(told.end, ACCESS_RELIABLE_TRANSFER_CANCELLED);
    assert_int_equal(generic_onoff_client_get(&client), NRF_SUCCESS);
    run(rig, 1000);
    assert_int_equal(told.ended, 2);
    rig_enter(rig, SERVER);
    assert_int_equal(nrf_mesh_disable(), NRF_SUCCESS);
    rig_enter(rig, CLIENT);
    assert_int_equal(generic_onoff_client_get(&client), NRF_SUCCESS);
    run(rig, 29000);
    assert_int_equal(told.ended, 2);
    run(rig, 2000);
    assert_int_equal(told.ended, 3);
    assert_int_equal(told.end, ACCESS_RELIABLE_TRANSFER_TIMEOUT);
    rig_free(rig);
}

static void calls_have_their_codes(void **state)
{
    struct rig *rig = rig_new(1);
    static const generic_onoff_client_callbacks_t without_status = { .periodic_publish_cb =
                                                                         on_period };
    static const generic_onoff_server_callbacks_t without_get = { .onoff_cbs = { .set_cb =
                                                                                     on_set } };
    generic_onoff_set_params_t on = { .on_off = true };
    generic_onoff_status_params_t status = { .present_on_off = 2 };
    model_transition_t t = { .transition_time_ms = TRANSITION_TIME_MAX_MS + 1 };

    (void)state;
    memset(&client, 0, sizeof(client));
    memset(&server, 0, sizeof(server));
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_int_equal(generic_onoff_client_init(NULL, 0), NRF_ERROR_NULL);
    assert_int_equal(generic_onoff_client_init(&client, 0), NRF_ERROR_NULL);
    client.settings.p_callbacks = &without_status;
    assert_int_equal(generic_onoff_client_init(&client, 0), NRF_ERROR_NULL);
    client.settings.p_callbacks = &client_callbacks;
    assert_int_equal(generic_onoff_client_init(&client, ACCESS_ELEMENT_COUNT), NRF_ERROR_NOT_FOUND);
    assert_int_equal(generic_onoff_client_init(&client, 0), NRF_SUCCESS);
    assert_int_equal(generic_onoff_client_init(&client, 0), NRF_ERROR_FORBIDDEN);
    assert_int_equal(generic_onoff_client_set(NULL, &on, NULL), NRF_ERROR_NULL);
    assert_int_equal(generic_onoff_client_set(&client, NULL, NULL), NRF_ERROR_NULL);
    assert_int_equal(generic_onoff_client_set(&client, &on, &t), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(generic_onoff_client_set_unack(&client, &on, &t, 0), NRF_ERROR_INVALID_PARAM);
    t = (model_transition_t){ .delay_ms = DELAY_TIME_MAX_MS + 1 };
    assert_int_equal(generic_onoff_client_set(&client, &on, &t), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(generic_onoff_client_set(&client, &on, NULL), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(generic_onoff_client_set_unack(NULL, &on, NULL, 0), NRF_ERROR_NULL);
    assert_int_equal(generic_onoff_client_set_unack(&client, &on, NULL, 0),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(generic_onoff_client_get(NULL), NRF_ERROR_NULL);

    assert_int_equal(generic_onoff_server_init(NULL, 0), NRF_ERROR_NULL);
    assert_int_equal(generic_onoff_server_init(&server, 0), NRF_ERROR_NULL);
    server.settings.p_callbacks = &without_get;
    assert_int_equal(generic_onoff_server_init(&server, 0), NRF_ERROR_NULL);
    server.settings.p_callbacks = &server_callbacks;
    assert_int_equal(generic_onoff_server_init(&server, 0), NRF_SUCCESS);
    assert_int_equal(generic_onoff_server_status_publish(NULL, &status), NRF_ERROR_NULL);
    assert_int_equal(generic_onoff_server_status_publish(&server, NULL), NRF_ERROR_NULL);
    assert_int_equal(generic_onoff_server_status_publish(&server, &status),
                     NRF_ERROR_INVALID_PARAM);
    status.present_on_off = 1;
    assert_int_equal(generic_onoff_server_status_publish(&server, &status),
                     NRF_ERROR_INVALID_PARAM); /* to nobody */
    assert_int_equal(generic_onoff_server_state_set(NULL, true), NRF_ERROR_NULL);
    rig_free(rig);
}

/* -- what models share ------------------------------------------------------------------------- */

static void times_are_told_in_octets(void **state)
{
    static const struct {
        uint32_t ms;
        uint8_t octet;
    } times[] = {
        { 0, 0x00 },      { 100, 0x01 },     { 6200, 0x3E },
        { 7000, 0x47 },   { 62000, 0x7E },   { 70000, 0x87 },
        { 620000, 0xBE }, { 1200000, 0xC2 }, { TRANSITION_TIME_MAX_MS, 0xFE },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        assert_int_equal(model_transition_time_encode(times[i].ms), times[i].octet);
        assert_int_equal(model_transition_time_decode(times[i].octet), times[i].ms);
    }
    assert_int_equal(model_transition_time_encode(199), 0x01);
    assert_int_equal(model_transition_time_encode(MODEL_TRANSITION_TIME_UNKNOWN),
                     TRANSITION_TIME_UNKNOWN);
    assert_int_equal(model_transition_time_decode(0x3F), MODEL_TRANSITION_TIME_UNKNOWN);
    assert_true(model_transition_time_is_valid(TRANSITION_TIME_MAX_MS));
    assert_false(model_transition_time_is_valid(TRANSITION_TIME_MAX_MS + 1));
    assert_int_equal(model_delay_encode(50), 10);
    assert_int_equal(model_delay_encode(1275), 255);
    assert_int_equal(model_delay_encode(2000), 255);
    assert_int_equal(model_delay_decode(255), 1275);
    assert_int_equal(DELAY_TIME_STEP_MS, 5);
    assert_int_equal(TRANSITION_DELAY_MAX_MS, DELAY_TIME_MAX_MS);
}

static void transactions_are_told_apart(void **state)
{
    struct rig *rig = rig_new(1);
    tid_tracker_t t = { 0 };
    access_message_rx_meta_t a = { .src = { .value = 1 }, .dst = { .value = 2 } }, b = a, c = a;

    (void)state;
    b.src.value = 3;
    c.dst.value = GROUP;
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_true(model_tid_validate(&t, &a, 0, 0));
    assert_true(model_transaction_is_new(&t));
    assert_false(model_tid_validate(&t, &a, 0, 0));
    assert_false(model_transaction_is_new(&t));
    assert_true(model_tid_validate(&t, &a, 0, 1));
    assert_true(model_tid_validate(&t, &c, 0, 1));
    assert_true(model_tid_validate(&t, &b, 0, 1));
    assert_true(model_tid_validate(&t, &c, 0, 1));
    assert_true(model_tid_validate(&t, &c, 1, 1));
    rig_run(rig, 5900);
    rig_enter(rig, 0);
    assert_false(model_tid_validate(&t, &c, 1, 1));
    rig_run(rig, 6100);
    rig_enter(rig, 0);
    assert_true(model_tid_validate(&t, &c, 1, 1));
    rig_free(rig);
}

static unsigned rings;

static void on_ring(void *p_context)
{
    assert_ptr_equal(p_context, &rings);
    rings++;
}

APP_TIMER_DEF(short_timer);
APP_TIMER_DEF(long_timer);

static void timers_run_for_hours(void **state)
{
    struct rig *rig = rig_new(1);
    model_timer_t t = { .p_timer_id = &long_timer, .cb = on_ring, .p_context = &rings };
    uint64_t hour = MODEL_TIMER_TICKS_GET_MS(3600000);

    (void)state;
    rings = 0;
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    t.mode = APP_TIMER_MODE_SINGLE_SHOT;
    t.timeout_rtc_ticks = hour;
    assert_int_equal(model_timer_create(NULL), NRF_ERROR_NULL);
    assert_int_equal(model_timer_schedule(NULL), NRF_ERROR_NULL);
    assert_int_equal(model_timer_create(&t), NRF_SUCCESS);
    assert_int_equal(model_timer_schedule(&t), NRF_SUCCESS);
    rig_run(rig, 1800000);
    rig_enter(rig, 0);
    assert_int_equal(rings, 0);
    assert_in_range(model_timer_elapsed_ticks_get(&t), hour / 2 - 200, hour / 2 + 200);
    assert_in_range(model_timer_remaining_ticks_get(&t), hour / 2 - 200, hour / 2 + 200);
    assert_int_equal(MODEL_TIMER_PERIOD_MS_GET(hour), 3600000);
    rig_run(rig, 1790000);
    assert_int_equal(rings, 0);
    rig_run(rig, 11000);
    assert_int_equal(rings, 1);
    rig_enter(rig, 0);
    assert_int_equal(model_timer_elapsed_ticks_get(&t), 0);
    assert_int_equal(model_timer_remaining_ticks_get(&t), 0);
    assert_int_equal(model_timer_schedule(&t), NRF_SUCCESS);
    model_timer_abort(&t);
    rig_run(rig, 3700000);
    assert_int_equal(rings, 1);
    rig_free(rig);
}

static void timers_repeat(void **state)
{
    struct rig *rig = rig_new(1);
    model_timer_t t = { .p_timer_id = &short_timer, .cb = on_ring, .p_context = &rings };

    (void)state;
    rings = 0;
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    t.mode = APP_TIMER_MODE_REPEATED;
    t.timeout_rtc_ticks = MODEL_TIMER_TIMEOUT_MIN_TICKS - 1;
    assert_int_equal(model_timer_create(&t), NRF_SUCCESS);
    assert_int_equal(model_timer_schedule(&t), NRF_ERROR_INVALID_PARAM);
    t.timeout_rtc_ticks = MODEL_TIMER_TICKS_GET_MS(1000);
    assert_int_equal(model_timer_schedule(&t), NRF_SUCCESS);
    rig_run(rig, 5500);
    assert_int_equal(rings, 5);
    rig_free(rig);
}

static void the_models_file_knows_for_whom_it_was_written(void **state)
{
    struct rig *rig = rig_new(1);
    mesh_config_entry_id_t id =
        MESH_CONFIG_ENTRY_ID(MESH_OPT_MODEL_FILE_ID, MESH_APP_MODEL_CONFIG_ID);
    struct model_counts other = { .onoff = 3 };

    (void)state;
    assert_int_equal(MESH_APP_MODEL_CONFIG_ID, 1);
    assert_int_equal(MESH_OPT_MODEL_FILE_ID, 4);
    assert_int_equal(MESH_APP_MODEL_GENERIC_ONOFF_ID_START, 0x1000);
    model_config_file_init();
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_int_equal(model_config_file_config_apply(), NRF_SUCCESS);
    rig_restart(rig, 0);
    model_config_file_init();
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_int_equal(model_config_file_config_apply(), NRF_SUCCESS);
    assert_int_equal(mesh_config_entry_set(id, &other), NRF_SUCCESS);
    rig_restart(rig, 0);
    model_config_file_init();
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_int_equal(model_config_file_config_apply(), NRF_ERROR_INVALID_DATA);
    model_config_file_clear();
    assert_int_equal(model_config_file_config_apply(), NRF_SUCCESS);
    rig_free(rig);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_the_standard),
        cmocka_unit_test(other_models_have_their_ids),
        cmocka_unit_test(a_switch_is_set_and_read),
        cmocka_unit_test(repeats_are_one_transaction),
        cmocka_unit_test(changes_are_published),
        cmocka_unit_test(states_are_published_periodically),
        cmocka_unit_test(one_question_is_pending_at_a_time),
        cmocka_unit_test(calls_have_their_codes),
        cmocka_unit_test(times_are_told_in_octets),
        cmocka_unit_test(transactions_are_told_apart),
        cmocka_unit_test(timers_run_for_hours),
        cmocka_unit_test(timers_repeat),
        cmocka_unit_test(the_models_file_knows_for_whom_it_was_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
