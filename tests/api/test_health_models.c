/*
 * Health Server and Health Client (health_server.h, health_client.h) between two nodes: faults,
 * self tests, periods, attention; the events, the values and the return codes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "access_config.h"
#include "health_client.h"
#include "health_server.h"
#include "mesh_stack.h"
#include "rig.h"

#include <string.h>

#define CLIENT 0u
#define SERVER 1u
#define CLIENT_ADDRESS 0x0001u
#define SERVER_ADDRESS 0x0011u
#define COMPANY DEVICE_COMPANY_ID
#define TEST_ID 7

static health_client_t client;
static health_client_evt_t told; /* last */
static unsigned told_count;
static uint8_t told_faults[16];
static uint16_t told_src;
static bool attention_on;
static unsigned attention_count, tests_run;

/* -- the nodes --------------------------------------------------------------------------------- */

static void on_event(const health_client_t *p_client, const health_client_evt_t *p_event)
{
    assert_ptr_equal(p_client, &client);
    told = *p_event;
    told_count++;
    told_src = p_event->p_meta_data != NULL ? p_event->p_meta_data->src.value : 0;
    if (p_event->type == HEALTH_CLIENT_EVT_TYPE_CURRENT_STATUS_RECEIVED ||
        p_event->type == HEALTH_CLIENT_EVT_TYPE_FAULT_STATUS_RECEIVED) {
        assert_in_range(p_event->data.fault_status.fault_array_length, 0, sizeof(told_faults));
        memcpy(told_faults, p_event->data.fault_status.p_fault_array,
               p_event->data.fault_status.fault_array_length);
        assert_ptr_equal(p_event->data.fault_status.p_meta_data, p_event->p_meta_data);
    }
}

static void on_attention(const health_server_t *p_server, bool attention_state)
{
    assert_ptr_equal(p_server, mesh_stack_health_server_get());
    attention_on = attention_state;
    attention_count++;
}

static void self_test(health_server_t *p_server, uint16_t company_id, uint8_t test_id)
{
    assert_int_equal(company_id, COMPANY);
    assert_int_equal(test_id, TEST_ID);
    tests_run++;
    health_server_fault_register(p_server, HEALTH_FAULT_ID_OVERHEAT_ERROR);
}

static const health_server_selftest_t self_tests[] = { { TEST_ID, self_test } };

static void client_models(void)
{
    memset(&client, 0, sizeof(client));
    assert_int_equal(health_client_init(&client, 0, on_event), NRF_SUCCESS);
}

/* The client is entered. */
static struct rig *two_nodes(void)
{
    static const mesh_stack_models_init_params_t asks = { .models_init_cb = client_models };
    static const mesh_stack_models_init_params_t answers = {
        .health_server_attention_cb = on_attention,
        .p_health_server_selftest_array = self_tests,
        .health_server_num_selftests = 1,
    };
    struct rig *rig = rig_new(2);

    told_count = 0;
    attention_count = 0;
    tests_run = 0;
    attention_on = false;
    memset(&told, 0, sizeof(told));
    rig_join_with(rig, SERVER, &answers);
    rig_publish_to(mesh_stack_health_server_get()->model_handle, CLIENT_ADDRESS);
    rig_join_with(rig, CLIENT, &asks);
    rig_publish_to(client.model_handle, SERVER_ADDRESS);
    return rig;
}

/* A question was asked with this code: awaits what comes. */
static void answered(struct rig *rig, uint32_t err, health_client_evt_type_t type)
{
    unsigned before = told_count;

    assert_int_equal(err, NRF_SUCCESS);
    for (unsigned i = 0; i < 500 && told_count == before; i++) {
        rig_run(rig, 10);
    }
    assert_int_equal(told_count, before + 1);
    assert_int_equal(told.type, type);
    assert_int_equal(told_src, SERVER_ADDRESS);
    rig_run(rig, 100);
    assert_false(client.waiting_for_reply);
    rig_enter(rig, CLIENT);
}

static health_server_t *server(struct rig *rig)
{
    rig_enter(rig, SERVER);
    return mesh_stack_health_server_get();
}

/* -- tests ------------------------------------------------------------------------------------- */

static void values_are_those_of_the_standard(void **state)
{
    static const health_client_evt_type_t types[] = {
        HEALTH_CLIENT_EVT_TYPE_CURRENT_STATUS_RECEIVED,
        HEALTH_CLIENT_EVT_TYPE_FAULT_STATUS_RECEIVED,
        HEALTH_CLIENT_EVT_TYPE_PERIOD_STATUS_RECEIVED,
        HEALTH_CLIENT_EVT_TYPE_ATTENTION_STATUS_RECEIVED,
        HEALTH_CLIENT_EVT_TYPE_TIMEOUT,
        HEALTH_CLIENT_EVT_TYPE_CANCELLED,
    };

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(types[i], i);
    }
    assert_int_equal(HEALTH_SERVER_MODEL_ID, 2);
    assert_int_equal(HEALTH_CLIENT_MODEL_ID, 3);
    assert_int_equal(HEALTH_SERVER_FAULT_ARRAY_SIZE, 256);
    assert_int_equal(HEALTH_CLIENT_ACKED_TRANSACTION_TIMEOUT, 60000000);
    assert_int_equal(HEALTH_OPCODE_CURRENT_STATUS, 0x04);
    assert_int_equal(HEALTH_OPCODE_FAULT_STATUS, 0x05);
    assert_int_equal(HEALTH_OPCODE_ATTENTION_GET, 0x8004);
    assert_int_equal(HEALTH_OPCODE_ATTENTION_SET, 0x8005);
    assert_int_equal(HEALTH_OPCODE_ATTENTION_SET_UNACKED, 0x8006);
    assert_int_equal(HEALTH_OPCODE_ATTENTION_STATUS, 0x8007);
    assert_int_equal(HEALTH_OPCODE_FAULT_CLEAR, 0x802F);
    assert_int_equal(HEALTH_OPCODE_FAULT_CLEAR_UNACKED, 0x8030);
    assert_int_equal(HEALTH_OPCODE_FAULT_GET, 0x8031);
    assert_int_equal(HEALTH_OPCODE_FAULT_TEST, 0x8032);
    assert_int_equal(HEALTH_OPCODE_FAULT_TEST_UNACKED, 0x8033);
    assert_int_equal(HEALTH_OPCODE_PERIOD_GET, 0x8034);
    assert_int_equal(HEALTH_OPCODE_PERIOD_SET, 0x8035);
    assert_int_equal(HEALTH_OPCODE_PERIOD_SET_UNACKED, 0x8036);
    assert_int_equal(HEALTH_OPCODE_PERIOD_STATUS, 0x8037);
    assert_int_equal(HEALTH_FAULT_ID_NO_FAULT, 0);
    assert_int_equal(HEALTH_FAULT_ID_BATTERY_LOW_WARNING, 0x01);
    assert_int_equal(HEALTH_FAULT_ID_OVERHEAT_ERROR, 0x0E);
    assert_int_equal(HEALTH_FAULT_ID_MECHANISM_JAMMED_ERROR, 0x32);
    assert_int_equal(HEALTH_FAULT_ID_VENDOR_SPECIFIC_START, 0x80);
    assert_true(offsetof(health_client_t, model_handle) < offsetof(health_client_t, event_handler));
    assert_true(offsetof(health_client_t, event_handler) <
                offsetof(health_client_t, waiting_for_reply));
    assert_true(offsetof(health_client_t, waiting_for_reply) < offsetof(health_client_t, p_buffer));
    assert_true(offsetof(health_client_evt_t, type) < offsetof(health_client_evt_t, p_meta_data));
    assert_true(offsetof(health_client_evt_t, p_meta_data) < offsetof(health_client_evt_t, data));
    assert_true(offsetof(health_server_selftest_t, test_id) <
                offsetof(health_server_selftest_t, selftest_function));
}

static void faults_are_asked_for_and_cleared(void **state)
{
    struct rig *rig = two_nodes();
    health_server_t *s = server(rig);

    (void)state;
    health_server_fault_register(s, 0x81);
    assert_true(health_server_fault_is_set(s, 0x81));
    assert_int_equal(health_server_fault_count_get(s), 1);
    answered(rig, NRF_SUCCESS, HEALTH_CLIENT_EVT_TYPE_CURRENT_STATUS_RECEIVED); /* published */
    assert_int_equal(told.data.fault_status.company_id, COMPANY);
    assert_int_equal(told.data.fault_status.fault_array_length, 1);
    assert_int_equal(told_faults[0], 0x81);
    answered(rig, health_client_fault_get(&client, COMPANY),
             HEALTH_CLIENT_EVT_TYPE_FAULT_STATUS_RECEIVED);
    assert_int_equal(told.data.fault_status.fault_array_length, 1);
    assert_int_equal(told_faults[0], 0x81);
    s = server(rig);
    health_server_fault_clear(s, 0x81);
    assert_false(health_server_fault_is_set(s, 0x81));
    assert_int_equal(health_server_fault_count_get(s), 0);
    answered(rig, NRF_SUCCESS, HEALTH_CLIENT_EVT_TYPE_CURRENT_STATUS_RECEIVED);
    assert_int_equal(told.data.fault_status.fault_array_length, 0);
    answered(rig, health_client_fault_get(&client, COMPANY),
             HEALTH_CLIENT_EVT_TYPE_FAULT_STATUS_RECEIVED); /* it is registered all the same */
    assert_int_equal(told.data.fault_status.fault_array_length, 1);
    answered(rig, health_client_fault_clear(&client, COMPANY, true),
             HEALTH_CLIENT_EVT_TYPE_FAULT_STATUS_RECEIVED);
    assert_int_equal(told.data.fault_status.fault_array_length, 0);
    rig_free(rig);
}

static void faults_are_cleared_without_an_answer(void **state)
{
    struct rig *rig = two_nodes();

    (void)state;
    health_server_fault_register(server(rig), 0x81);
    health_server_fault_register(server(rig), HEALTH_FAULT_ID_NO_FAULT); /* is none */
    assert_int_equal(health_server_fault_count_get(server(rig)), 1);
    rig_run(rig, 1000);
    rig_enter(rig, CLIENT);
    assert_int_equal(health_client_fault_clear(&client, COMPANY, false), NRF_SUCCESS);
    assert_false(client.waiting_for_reply);
    rig_run(rig, 1000);
    rig_enter(rig, CLIENT);
    answered(rig, health_client_fault_get(&client, COMPANY),
             HEALTH_CLIENT_EVT_TYPE_FAULT_STATUS_RECEIVED);
    assert_int_equal(told.data.fault_status.fault_array_length, 0);
    rig_free(rig);
}

static void self_tests_are_run(void **state)
{
    struct rig *rig = two_nodes();
    unsigned before;

    (void)state;
    assert_int_equal(health_client_fault_test(&client, COMPANY, TEST_ID, true), NRF_SUCCESS);
    rig_run(rig, 2000); /* its answer, and the fault that it found published */
    assert_int_equal(tests_run, 1);
    assert_int_equal(told_count, 2);
    assert_int_equal(told.data.fault_status.test_id, TEST_ID);
    assert_int_equal(told_faults[0], HEALTH_FAULT_ID_OVERHEAT_ERROR);
    rig_enter(rig, CLIENT);
    assert_int_equal(health_client_fault_test(&client, COMPANY, TEST_ID, false), NRF_SUCCESS);
    rig_run(rig, 2000);
    assert_int_equal(tests_run, 2);
    before = told_count;
    rig_enter(rig, CLIENT);
    assert_int_equal(health_client_fault_test(&client, COMPANY, TEST_ID + 1, true), NRF_SUCCESS);
    rig_run(rig, 10000); /* there is no such test, and no answer */
    assert_int_equal(tests_run, 2);
    assert_int_equal(told_count, before);
    rig_free(rig);
}

static void periods_are_divided(void **state)
{
    struct rig *rig = two_nodes();

    (void)state;
    answered(rig, health_client_period_get(&client), HEALTH_CLIENT_EVT_TYPE_PERIOD_STATUS_RECEIVED);
    assert_int_equal(told.data.period_status.fast_period_divisor, 0);
    answered(rig, health_client_period_set(&client, 15, true),
             HEALTH_CLIENT_EVT_TYPE_PERIOD_STATUS_RECEIVED);
    assert_int_equal(told.data.period_status.fast_period_divisor, 15);
    assert_int_equal(health_client_period_set(&client, 3, false), NRF_SUCCESS);
    rig_run(rig, 1000);
    rig_enter(rig, CLIENT);
    answered(rig, health_client_period_get(&client), HEALTH_CLIENT_EVT_TYPE_PERIOD_STATUS_RECEIVED);
    assert_int_equal(told.data.period_status.fast_period_divisor, 3);
    assert_int_equal(health_client_period_set(&client, 16, true), NRF_ERROR_INVALID_PARAM);
    rig_free(rig);
}

static void attention_is_drawn(void **state)
{
    struct rig *rig = two_nodes();

    (void)state;
    answered(rig, health_client_attention_set(&client, 5, true),
             HEALTH_CLIENT_EVT_TYPE_ATTENTION_STATUS_RECEIVED);
    assert_int_equal(told.data.attention_status.attention, 5);
    assert_true(attention_on);
    assert_int_equal(attention_count, 1);
    assert_in_range(health_server_attention_get(server(rig)), 4, 5);
    rig_run(rig, 6000);
    assert_false(attention_on);
    assert_int_equal(attention_count, 2);
    rig_enter(rig, CLIENT);
    answered(rig, health_client_attention_get(&client),
             HEALTH_CLIENT_EVT_TYPE_ATTENTION_STATUS_RECEIVED);
    assert_int_equal(told.data.attention_status.attention, 0);
    assert_int_equal(health_client_attention_set(&client, 9, false), NRF_SUCCESS);
    rig_run(rig, 1000);
    assert_true(attention_on);
    health_server_attention_set(server(rig), 0);
    assert_false(attention_on);
    health_server_attention_set(server(rig), 3);
    assert_true(attention_on);
    rig_run(rig, 4000);
    assert_false(attention_on);
    rig_free(rig);
}

static void one_question_is_pending_at_a_time(void **state)
{
    struct rig *rig = two_nodes();

    (void)state;
    assert_int_equal(health_client_attention_get(&client), NRF_SUCCESS);
    assert_true(client.waiting_for_reply);
    assert_non_null(client.p_buffer);
    assert_int_equal(health_client_attention_get(&client), NRF_ERROR_BUSY);
    assert_int_equal(health_client_period_get(&client), NRF_ERROR_BUSY);
    assert_int_equal(health_client_fault_get(&client, COMPANY), NRF_ERROR_BUSY);
    health_client_pending_msg_cancel(&client);
    assert_int_equal(told_count, 1);
    assert_int_equal(told.type, HEALTH_CLIENT_EVT_TYPE_CANCELLED);
    assert_null(told.p_meta_data);
    assert_false(client.waiting_for_reply);
    assert_null(client.p_buffer);
    health_client_pending_msg_cancel(&client);
    assert_int_equal(told_count, 1);
    rig_free(rig);
}

static void nobody_answers_for_a_minute(void **state)
{
    struct rig *rig = two_nodes();

    (void)state;
    assert_int_equal(health_client_fault_get(&client, COMPANY + 1), NRF_SUCCESS);
    rig_run(rig, 59000); /* a server does not answer for other companies */
    assert_int_equal(told_count, 0);
    rig_run(rig, 3000);
    assert_int_equal(told_count, 1);
    assert_int_equal(told.type, HEALTH_CLIENT_EVT_TYPE_TIMEOUT);
    assert_null(told.p_meta_data);
    assert_false(client.waiting_for_reply);
    rig_free(rig);
}

static void calls_have_their_codes(void **state)
{
    struct rig *rig = rig_new(1);
    static health_client_t other;
    static health_server_t second;

    (void)state;
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_int_equal(health_client_init(NULL, 0, on_event), NRF_ERROR_NULL);
    assert_int_equal(health_client_init(&client, 0, NULL), NRF_ERROR_NULL);
    assert_int_equal(health_client_init(&client, ACCESS_ELEMENT_COUNT, on_event),
                     NRF_ERROR_NOT_FOUND);
    assert_int_equal(health_client_init(&client, 0, on_event), NRF_SUCCESS);
    assert_int_equal(health_client_init(&other, 0, on_event), NRF_ERROR_FORBIDDEN);
    assert_int_equal(health_client_fault_get(NULL, COMPANY), NRF_ERROR_NULL);
    assert_int_equal(health_client_attention_get(&client), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(health_client_attention_set(&client, 1, false), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(health_server_init(NULL, 1, COMPANY, NULL, NULL, 0), NRF_ERROR_NULL);
    assert_int_equal(health_server_init(&second, 1, COMPANY, NULL, NULL, 1), NRF_ERROR_NULL);
    assert_int_equal(health_server_init(&second, ACCESS_ELEMENT_COUNT, COMPANY, NULL, NULL, 0),
                     NRF_ERROR_NOT_FOUND);
    assert_int_equal(health_server_init(&second, 0, COMPANY, NULL, NULL, 0), NRF_ERROR_FORBIDDEN);
    assert_int_equal(health_server_init(&second, 1, COMPANY, NULL, NULL, 0), NRF_SUCCESS);
    assert_int_equal(health_server_init(&second, 1, COMPANY, NULL, NULL, 0), NRF_ERROR_FORBIDDEN);
    assert_int_equal(health_server_attention_get(&second), 0);
    rig_free(rig);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_the_standard),
        cmocka_unit_test(faults_are_asked_for_and_cleared),
        cmocka_unit_test(faults_are_cleared_without_an_answer),
        cmocka_unit_test(self_tests_are_run),
        cmocka_unit_test(periods_are_divided),
        cmocka_unit_test(attention_is_drawn),
        cmocka_unit_test(one_question_is_pending_at_a_time),
        cmocka_unit_test(nobody_answers_for_a_minute),
        cmocka_unit_test(calls_have_their_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
