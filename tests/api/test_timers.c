/*
 * Timers and clocks (timer.h, timer_scheduler.h, app_timer.h) on a port of virtual time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app_timer.h"
#include "one_node.h"
#include "timer_scheduler.h"
#include "utils.h"

#include <string.h>

#define CALLS_MAX 16

static struct {
    unsigned count;
    timestamp_t due[CALLS_MAX]; /* what the callbacks were told */
    timestamp_t at[CALLS_MAX];  /* and what the clock said */
    void *context[CALLS_MAX];
    unsigned abort_after; /* calls; 0: never */
    unsigned again;       /* times that a timer sets itself for now */
} calls;

static timer_event_t *current; /* for callbacks that touch their own timer */

static void note(void *context, timestamp_t due)
{
    assert_true(calls.count < CALLS_MAX);
    calls.due[calls.count] = due;
    calls.at[calls.count] = timer_now();
    calls.context[calls.count] = context;
    calls.count++;
}

static void on_timer(timestamp_t timestamp, void *p_context)
{
    note(p_context, timestamp);
    if (calls.count == calls.abort_after) {
        timer_sch_abort(current);
    }
    if (calls.again > 0) {
        calls.again--;
        assert_false(timer_sch_is_scheduled(current));
        timer_sch_reschedule(current, timer_now());
    }
}

static int setup(void **state)
{
    memset(&calls, 0, sizeof(calls));
    *state = one_node_start(true);
    assert_int_equal(nrf_mesh_enable(), NRF_SUCCESS);
    one_node_run_ms(1000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    one_node_stop();
    return 0;
}

static void times_are_compared_across_a_wrap(void **state)
{
    (void)state;
    assert_int_equal(TIMER_DIFF(5, 3), 2);
    assert_true(TIMER_DIFF(3, UINT32_MAX) == 4);
    assert_true(TIMER_OLDER_THAN(3, 5));
    assert_false(TIMER_OLDER_THAN(5, 3));
    assert_false(TIMER_OLDER_THAN(5, 5));
    assert_true(TIMER_OLDER_THAN(UINT32_MAX, 3));
    assert_false(TIMER_OLDER_THAN(3, UINT32_MAX));
    assert_int_equal(MS_TO_US(3), 3000);
    assert_int_equal(SEC_TO_US(3), 3000000);
}

static void the_clock_is_the_ports(void **state)
{
    timestamp_t before = timer_now();
    uint32_t ticks = app_timer_cnt_get();

    (void)state;
    one_node_run_ms(1500);
    assert_int_equal(TIMER_DIFF(timer_now(), before), 1500000);
    assert_int_equal(app_timer_cnt_diff_compute(app_timer_cnt_get(), ticks), 49152);
    assert_int_equal(app_timer_cnt_diff_compute(2, APP_TIMER_MAX_CNT_VAL), 3);
}

static void a_timer_is_called_once_when_it_is_due(void **state)
{
    int context;
    timer_event_t timer = { .cb = on_timer, .p_context = &context };

    (void)state;
    timer.timestamp = timer_now() + MS_TO_US(250);
    assert_false(timer_sch_is_scheduled(&timer));
    timer_sch_schedule(&timer);
    assert_true(timer_sch_is_scheduled(&timer));
    one_node_run_ms(249);
    assert_int_equal(calls.count, 0);
    one_node_run_ms(1);
    assert_int_equal(calls.count, 1);
    assert_int_equal(calls.due[0], timer.timestamp);
    assert_int_equal(calls.at[0], timer.timestamp);
    assert_ptr_equal(calls.context[0], &context);
    assert_false(timer_sch_is_scheduled(&timer));
    one_node_run_ms(1000);
    assert_int_equal(calls.count, 1);
}

static void a_time_within_a_millisecond_is_not_early(void **state)
{
    timer_event_t timer = { .cb = on_timer };

    (void)state;
    timer.timestamp = timer_now() + 10001;
    timer_sch_schedule(&timer);
    one_node_run_ms(50);
    assert_int_equal(calls.count, 1);
    assert_int_equal(TIMER_DIFF(calls.at[0], timer.timestamp), 999);
}

static void timers_are_called_in_the_order_of_their_times(void **state)
{
    timer_event_t timers[4];
    static const uint32_t after_ms[4] = { 30, 10, 20, 10 };

    (void)state;
    memset(timers, 0, sizeof(timers));
    for (unsigned i = 0; i < 4; i++) {
        timers[i].cb = on_timer;
        timers[i].p_context = &timers[i];
        timers[i].timestamp = timer_now() + MS_TO_US(after_ms[i]);
        timer_sch_schedule(&timers[i]);
    }
    one_node_run_ms(100);
    assert_int_equal(calls.count, 4);
    assert_ptr_equal(calls.context[0], &timers[1]);
    assert_ptr_equal(calls.context[1], &timers[3]);
    assert_ptr_equal(calls.context[2], &timers[2]);
    assert_ptr_equal(calls.context[3], &timers[0]);
}

static void a_timer_can_be_aborted_and_moved(void **state)
{
    timer_event_t timer = { .cb = on_timer };
    timestamp_t start = timer_now();

    (void)state;
    timer_sch_abort(&timer); /* which is not scheduled */
    timer_sch_reschedule(&timer, start + MS_TO_US(10));
    timer_sch_abort(&timer);
    assert_false(timer_sch_is_scheduled(&timer));
    one_node_run_ms(100);
    assert_int_equal(calls.count, 0);
    timer_sch_reschedule(&timer, start + MS_TO_US(500));
    timer_sch_reschedule(&timer, start + MS_TO_US(200)); /* sooner */
    one_node_run_ms(101);
    assert_int_equal(calls.count, 1);
    assert_int_equal(calls.at[0], start + MS_TO_US(200));
    timer_sch_reschedule(&timer, start + MS_TO_US(300));
    timer_sch_reschedule(&timer, start + MS_TO_US(400)); /* later */
    one_node_run_ms(1000);
    assert_int_equal(calls.count, 2);
    assert_int_equal(calls.at[1], start + MS_TO_US(400));
}

static void a_periodic_timer_goes_on_until_it_is_aborted(void **state)
{
    timer_event_t timer = { .cb = on_timer, .interval = MS_TO_US(100) };
    timestamp_t start = timer_now();

    (void)state;
    current = &timer;
    calls.abort_after = 4; /* from within */
    timer_sch_reschedule(&timer, start + MS_TO_US(50));
    one_node_run_ms(200);
    assert_true(timer_sch_is_scheduled(&timer));
    one_node_run_ms(2000);
    assert_false(timer_sch_is_scheduled(&timer));
    assert_int_equal(calls.count, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(calls.at[i], start + MS_TO_US(50 + 100 * i));
        assert_int_equal(calls.due[i], calls.at[i]);
    }
}

static void what_is_past_is_due_at_once_and_not_made_up_for(void **state)
{
    timer_event_t timer = { .cb = on_timer, .interval = MS_TO_US(100) };
    timestamp_t start = timer_now();

    (void)state;
    timer_sch_reschedule(&timer, start - MS_TO_US(350));
    assert_int_equal(calls.count, 0); /* not from within */
    one_node_run_ms(1);
    assert_int_equal(calls.count, 1);
    assert_int_equal(calls.due[0], start - MS_TO_US(350));
    one_node_run_ms(100);
    assert_int_equal(calls.count, 2);
    assert_int_equal(calls.at[1], start + MS_TO_US(50));
    timer_sch_abort(&timer);
}

static void a_callback_may_set_its_timer_for_now(void **state)
{
    timer_event_t timer = { .cb = on_timer };

    (void)state;
    current = &timer;
    calls.again = 5;
    timer_sch_reschedule(&timer, timer_now());
    one_node_run_ms(20);
    assert_int_equal(calls.count, 6);
    assert_false(timer_sch_is_scheduled(&timer));
}

/* The clock of 32 bits wraps after 4294.967 s. */
static void timers_work_across_the_wrap(void **state)
{
    timer_event_t timers[2];
    timestamp_t before;

    (void)state;
    memset(timers, 0, sizeof(timers));
    one_node_run_ms(4294967u - 1000u - timer_now() / 1000u);
    before = timer_now();
    for (unsigned i = 0; i < 2; i++) {
        timers[i].cb = on_timer;
        timers[i].p_context = &timers[i];
        timer_sch_reschedule(&timers[i], before + SEC_TO_US(i == 0 ? 1800u : 2u));
    }
    one_node_run_ms(1999);
    assert_int_equal(calls.count, 0);
    one_node_run_ms(1);
    assert_int_equal(calls.count, 1);
    assert_true(timer_now() < before);
    assert_ptr_equal(calls.context[0], &timers[1]);
    one_node_run_ms(1797999);
    assert_int_equal(calls.count, 1);
    one_node_run_ms(1);
    assert_int_equal(calls.count, 2);
}

static void timers_set_before_the_stack_run_with_it(void **state)
{
    timer_event_t timer = { .cb = on_timer };

    (void)state;
    one_node_stop();
    (void)one_node_start(false);
    timer_sch_reschedule(&timer, timer_now() + MS_TO_US(10));
    one_node_run_ms(100);
    assert_int_equal(calls.count, 0);
    assert_int_equal(
        nrf_mesh_init(&(nrf_mesh_init_params_t){ .irq_priority = NRF_MESH_IRQ_PRIORITY_LOWEST }),
        NRF_SUCCESS);
    assert_int_equal(nrf_mesh_enable(), NRF_SUCCESS);
    one_node_run_ms(1);
    assert_int_equal(calls.count, 1);
}

static struct nrf_mesh_stack *seen; /* the current node in a callback */

static void on_whose(timestamp_t timestamp, void *p_context)
{
    (void)timestamp;
    (void)p_context;
    seen = layer_stack();
}

static void a_callback_has_its_node(void **state)
{
    static struct nrf_mesh_stack other;
    struct nrf_mesh_stack *mine = *state;
    timer_event_t timer = { .cb = on_whose };

    seen = NULL;
    timer_sch_reschedule(&timer, timer_now() + MS_TO_US(10));
    assert_ptr_equal(layer_stack_enter(&other), mine);
    one_node_run_ms(100);
    assert_ptr_equal(seen, mine);
    assert_ptr_equal(layer_stack_enter(mine), &other); /* as it was before the callback */
}

/* -- app_timer.h ------------------------------------------------------------------------------- */

APP_TIMER_DEF(m_timer);

static void on_app_timer(void *p_context)
{
    note(p_context, 0);
    if (calls.count == calls.abort_after) {
        assert_int_equal(app_timer_stop(m_timer), NRF_SUCCESS);
    }
}

static void application_timers_say_what_is_wrong(void **state)
{
    const app_timer_id_t none = NULL;
    app_timer_t blank = { .handler = NULL };

    (void)state;
    assert_int_equal(app_timer_init(), NRF_SUCCESS);
    assert_int_equal(app_timer_create(NULL, APP_TIMER_MODE_REPEATED, on_app_timer),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(app_timer_create(&none, APP_TIMER_MODE_REPEATED, on_app_timer),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(app_timer_create(&m_timer, APP_TIMER_MODE_REPEATED, NULL),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(app_timer_start(&blank, APP_TIMER_TICKS(10), NULL), NRF_ERROR_INVALID_STATE);
    assert_int_equal(app_timer_start(NULL, APP_TIMER_TICKS(10), NULL), NRF_ERROR_INVALID_STATE);
    assert_int_equal(app_timer_stop(&blank), NRF_ERROR_INVALID_STATE);
    assert_int_equal(app_timer_stop(NULL), NRF_ERROR_INVALID_STATE);
    assert_int_equal(app_timer_create(&m_timer, APP_TIMER_MODE_SINGLE_SHOT, on_app_timer),
                     NRF_SUCCESS);
    assert_int_equal(app_timer_start(m_timer, APP_TIMER_MIN_TIMEOUT_TICKS - 1, NULL),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(app_timer_start(m_timer, APP_TIMER_MAX_CNT_VAL + 1, NULL),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(app_timer_start(m_timer, APP_TIMER_MAX_CNT_VAL, NULL), NRF_SUCCESS);
    assert_int_equal(app_timer_create(&m_timer, APP_TIMER_MODE_REPEATED, on_app_timer),
                     NRF_ERROR_INVALID_STATE);
    assert_int_equal(app_timer_stop(m_timer), NRF_SUCCESS);
    assert_int_equal(app_timer_stop(m_timer), NRF_SUCCESS);
}

static void an_application_timer_fires_once_or_again(void **state)
{
    int context;
    timestamp_t start;

    (void)state;
    assert_int_equal(APP_TIMER_TICKS(1000), 32768);
    assert_int_equal(app_timer_create(&m_timer, APP_TIMER_MODE_SINGLE_SHOT, on_app_timer),
                     NRF_SUCCESS);
    start = timer_now();
    assert_int_equal(app_timer_start(m_timer, APP_TIMER_TICKS(1000), &context), NRF_SUCCESS);
    one_node_run_ms(500);
    assert_int_equal(app_timer_start(m_timer, APP_TIMER_TICKS(1000), NULL), NRF_SUCCESS);
    one_node_run_ms(5000);
    assert_int_equal(calls.count, 1); /* as it was */
    assert_int_equal(calls.at[0], start + SEC_TO_US(1));
    assert_ptr_equal(calls.context[0], &context);
    assert_int_equal(app_timer_create(&m_timer, APP_TIMER_MODE_REPEATED, on_app_timer),
                     NRF_SUCCESS);
    start = timer_now();
    calls.abort_after = 4;
    assert_int_equal(app_timer_start(m_timer, APP_TIMER_TICKS(2000), NULL), NRF_SUCCESS);
    one_node_run_ms(60000);
    assert_int_equal(calls.count, 4);
    assert_int_equal(calls.at[3], start + SEC_TO_US(6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_compared_across_a_wrap),
        cmocka_unit_test_setup_teardown(the_clock_is_the_ports, setup, teardown),
        cmocka_unit_test_setup_teardown(a_timer_is_called_once_when_it_is_due, setup, teardown),
        cmocka_unit_test_setup_teardown(a_time_within_a_millisecond_is_not_early, setup, teardown),
        cmocka_unit_test_setup_teardown(timers_are_called_in_the_order_of_their_times, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_timer_can_be_aborted_and_moved, setup, teardown),
        cmocka_unit_test_setup_teardown(a_periodic_timer_goes_on_until_it_is_aborted, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_past_is_due_at_once_and_not_made_up_for, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_callback_may_set_its_timer_for_now, setup, teardown),
        cmocka_unit_test_setup_teardown(timers_work_across_the_wrap, setup, teardown),
        cmocka_unit_test_setup_teardown(timers_set_before_the_stack_run_with_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_callback_has_its_node, setup, teardown),
        cmocka_unit_test_setup_teardown(application_timers_say_what_is_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(an_application_timer_fires_once_or_again, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
