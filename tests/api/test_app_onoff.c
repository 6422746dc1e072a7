/*
 * Switches of applications (app_onoff.h, app_transition.h): device 0 has one, and device 1 a
 * Generic OnOff Client that switches it and hears what it publishes.
 */
#include "dsm_boot.h"

#include "access_config.h"
#include "app_onoff.h"
#include "generic_onoff_client.h"
#include "mesh_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK NRF_SUCCESS

/* -- the switch -------------------------------------------------------------------------------- */

static struct {
    bool on;
    unsigned set;         /* calls */
    timestamp_t set_at;   /* the last one */
    unsigned transitions; /* likewise */
    uint32_t transition_ms;
    bool target;
} lamp;

static void on_set(const app_onoff_server_t *p_app, bool onoff);
static void on_get(const app_onoff_server_t *p_app, bool *p_present_onoff);
static void on_transition(const app_onoff_server_t *p_app, uint32_t transition_time_ms,
                          bool target_onoff);

APP_ONOFF_SERVER_DEF(m_switch, false, NRF_MESH_TRANSMIC_SIZE_SMALL, on_set, on_get, on_transition);
static app_onoff_server_t m_none;
static app_onoff_server_t as_defined; /* what the program begins with */

static void on_set(const app_onoff_server_t *p_app, bool onoff)
{
    assert_ptr_equal(p_app, &m_switch);
    lamp.on = onoff;
    lamp.set++;
    lamp.set_at = timer_now();
}

static void on_get(const app_onoff_server_t *p_app, bool *p_present_onoff)
{
    assert_ptr_equal(p_app, &m_switch);
    *p_present_onoff = lamp.on;
}

static void on_transition(const app_onoff_server_t *p_app, uint32_t transition_time_ms,
                          bool target_onoff)
{
    assert_ptr_equal(p_app, &m_switch);
    lamp.transitions++;
    lamp.transition_ms = transition_time_ms;
    lamp.target = target_onoff;
}

static void add_switch(void)
{
    assert_int_equal(app_onoff_init(&m_switch, 0), OK);
}

/* -- the client -------------------------------------------------------------------------------- */

static struct {
    unsigned count;
    generic_onoff_status_params_t last;
} heard;

static void on_status(const generic_onoff_client_t *p_self, const access_message_rx_meta_t *p_meta,
                      const generic_onoff_status_params_t *p_in)
{
    (void)p_self;
    (void)p_meta;
    heard.count++;
    heard.last = *p_in;
}

static void on_ended(access_model_handle_t handle, void *p_args, access_reliable_status_t status)
{
    (void)handle;
    (void)p_args;
    assert_int_equal(status, ACCESS_RELIABLE_TRANSFER_SUCCESS);
}

static const generic_onoff_client_callbacks_t callbacks = { .onoff_status_cb = on_status,
                                                            .ack_transaction_status_cb = on_ended };
static generic_onoff_client_t client;

static void add_client(void)
{
    memset(&client, 0, sizeof(client));
    client.settings.p_callbacks = &callbacks;
    assert_int_equal(generic_onoff_client_init(&client, 0), OK);
}

/* -- both -------------------------------------------------------------------------------------- */

static void publish_to(access_model_handle_t model, uint16_t address)
{
    dsm_handle_t handle;

    assert_int_equal(dsm_address_publish_add(address, &handle), OK);
    assert_int_equal(access_model_application_bind(model, 0), OK);
    assert_int_equal(access_model_publish_application_set(model, 0), OK);
    assert_int_equal(access_model_publish_address_set(model, handle), OK);
}

static int setup(void **state)
{
    struct rig *rig = rig_new(2);

    memset(&lamp, 0, sizeof(lamp));
    memset(&heard, 0, sizeof(heard));
    m_switch = as_defined;
    (void)boot(rig, 0, add_switch);
    boot_join(0);
    publish_to(m_switch.server.model_handle, BOOT_ADDRESS(1));
    (void)boot(rig, 1, add_client);
    boot_join(1);
    publish_to(client.model_handle, BOOT_ADDRESS(0));
    rig_run(rig, 2000);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    rig_free(*state);
    return 0;
}

/* The client switches; then a second goes by. */
static void switched(struct rig *rig, bool on, const model_transition_t *transition)
{
    static uint8_t tid;
    generic_onoff_set_params_t params = { .on_off = on, .tid = tid };

    tid++;
    rig_enter(rig, 1);
    assert_int_equal(generic_onoff_client_set(&client, &params, transition), OK);
    rig_run(rig, 1000);
    rig_enter(rig, 0);
}

static void it_switches_answers_and_publishes(void **state)
{
    switched(*state, true, NULL);
    assert_true(lamp.on);
    assert_int_equal(lamp.set, 1);
    assert_int_equal(lamp.transitions, 0);
    assert_int_equal(heard.count, 2); /* the answer, and the publication */
    assert_int_equal(heard.last.present_on_off, 1);
    assert_int_equal(heard.last.target_on_off, 1);
    assert_int_equal(heard.last.remaining_time_ms, 0);
    switched(*state, true, NULL); /* as it is */
    assert_int_equal(lamp.set, 1);
    switched(*state, false, NULL);
    assert_false(lamp.on);
    assert_int_equal(lamp.set, 2);
}

static void it_is_on_during_all_of_a_transition(void **state)
{
    model_transition_t transition = { .transition_time_ms = 5000 };
    timestamp_t start;

    switched(*state, true, &transition);
    assert_true(lamp.on); /* at once */
    assert_int_equal(lamp.transitions, 1);
    assert_int_equal(lamp.transition_ms, 5000);
    assert_true(lamp.target);
    assert_int_equal(heard.count, 1);
    assert_in_range(heard.last.remaining_time_ms, 4000, 5000);
    rig_run(*state, 6000);
    assert_int_equal(lamp.set, 1);
    assert_int_equal(heard.count, 2); /* what it came to */
    assert_int_equal(heard.last.remaining_time_ms, 0);

    start = timer_now();
    switched(*state, false, &transition);
    assert_true(lamp.on); /* until it is over */
    assert_false(lamp.target);
    assert_int_equal(heard.last.present_on_off, 1);
    assert_int_equal(heard.last.target_on_off, 0);
    rig_run(*state, 6000);
    assert_false(lamp.on);
    assert_in_range(TIMER_DIFF(lamp.set_at, start), 5000000, 5500000);
    assert_int_equal(heard.last.present_on_off, 0);
}

static void a_delay_comes_before(void **state)
{
    model_transition_t transition = { .transition_time_ms = 2000, .delay_ms = 1200 };
    timestamp_t start = timer_now();

    switched(*state, true, &transition);
    assert_int_equal(lamp.set + lamp.transitions, 0);
    assert_int_equal(heard.last.present_on_off, 0);
    assert_int_equal(heard.last.target_on_off, 1);
    assert_in_range(heard.last.remaining_time_ms, 2900, 3200);
    rig_run(*state, 1000);
    assert_true(lamp.on);
    assert_in_range(TIMER_DIFF(lamp.set_at, start), 1200000, 1500000);
    assert_int_equal(lamp.transitions, 1);
    assert_int_equal(app_transition_remaining_time_get(&m_switch.transition) > 0, 1);
    rig_run(*state, 3000);
    assert_int_equal(heard.last.remaining_time_ms, 0);
    assert_int_equal(m_switch.transition.phase, APP_TRANSITION_IDLE);

    transition = (model_transition_t){ .delay_ms = 1000 }; /* a delay alone */
    start = timer_now();
    switched(*state, false, &transition);
    rig_run(*state, 1000);
    assert_false(lamp.on);
    assert_in_range(TIMER_DIFF(lamp.set_at, start), 1000000, 1400000);
    assert_int_equal(lamp.transitions, 1); /* there was none */
}

static void a_new_order_replaces_what_is_under_way(void **state)
{
    model_transition_t transition = { .transition_time_ms = 5000 };

    switched(*state, true, NULL);
    switched(*state, false, &transition);
    assert_true(lamp.on);
    switched(*state, true, NULL);
    rig_run(*state, 10000);
    assert_true(lamp.on);
    assert_int_equal(lamp.set, 1);
}

static void what_the_application_does_is_published(void **state)
{
    model_transition_t transition = { .transition_time_ms = 5000 };

    switched(*state, true, &transition);
    heard.count = 0;
    lamp.on = false; /* by a button */
    assert_int_equal(app_onoff_status_publish(&m_switch), OK);
    rig_run(*state, 10000);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.last.present_on_off, 0);
    assert_int_equal(heard.last.remaining_time_ms, 0);
    assert_int_equal(lamp.set, 1); /* the transition has ended */
}

static void a_value_survives_a_restart(void **state)
{
    rig_enter(*state, 0);
    assert_int_equal(app_onoff_value_restore(&m_switch), OK);
    assert_int_equal(lamp.set, 0); /* nothing was kept */
    switched(*state, true, NULL);
    rig_run(*state, 2000);
    for (int i = 0; i < 2; i++) {
        rig_restart(*state, 0);
        memset(&lamp, 0, sizeof(lamp));
        m_switch = as_defined;
        (void)boot(*state, 0, add_switch);
        mesh_config_load();
        assert_int_equal(app_onoff_value_restore(&m_switch), OK);
        assert_int_equal(lamp.set, 1);
        assert_int_equal(lamp.on, i == 0);
        switched(*state, false, NULL);
        rig_run(*state, 2000);
    }
}

static void wrong_calls_say_so(void **state)
{
    app_onoff_server_t other = m_none;

    rig_enter(*state, 0);
    assert_int_equal(app_onoff_init(NULL, 0), NRF_ERROR_NULL);
    assert_int_equal(app_onoff_init(&other, 0), NRF_ERROR_NULL);
    other.onoff_set_cb = on_set;
    assert_int_equal(app_onoff_init(&other, 0), NRF_ERROR_NULL);
    assert_int_equal(app_onoff_status_publish(NULL), NRF_ERROR_NULL);
    assert_int_equal(app_onoff_value_restore(NULL), NRF_ERROR_NULL);
    assert_int_equal(app_transition_init(NULL), NRF_ERROR_NULL);
    assert_int_equal(app_transition_init(&other.transition), NRF_ERROR_NULL);
    assert_int_equal(app_transition_remaining_time_get(&other.transition), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_switches_answers_and_publishes, setup, teardown),
        cmocka_unit_test_setup_teardown(it_is_on_during_all_of_a_transition, setup, teardown),
        cmocka_unit_test_setup_teardown(a_delay_comes_before, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_order_replaces_what_is_under_way, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_application_does_is_published, setup, teardown),
        cmocka_unit_test_setup_teardown(a_value_survives_a_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_calls_say_so, setup, teardown),
    };

    as_defined = m_switch;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
