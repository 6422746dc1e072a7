/*
 * The log (log.h), the debugger's console (SEGGER_RTT.h), and what ends a program (the defaults of
 * mesh_app_utils.h, app_error.h and nrf_mesh_assert.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "SEGGER_RTT.h"
#include "app_error.h"
#include "log.h"
#include "mesh_app_utils.h"
#include "nrf_mesh_assert.h"
#include "one_node.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

unsigned log_off_evaluated(void);

static struct {
    unsigned count;
    uint32_t level, timestamp;
    uint16_t line;
    char file[32];
    char text[256];
} told;

static void on_line(uint32_t level, const char *p_file, uint16_t line, uint32_t timestamp,
                    const char *format, va_list arguments) __attribute__((format(printf, 5, 0)));

static void on_line(uint32_t level, const char *p_file, uint16_t line, uint32_t timestamp,
                    const char *format, va_list arguments)
{
    told.count++;
    told.level = level;
    told.timestamp = timestamp;
    told.line = line;
    (void)snprintf(told.file, sizeof(told.file), "%s", p_file);
    (void)vsnprintf(told.text, sizeof(told.text), format, arguments);
}

static int setup(void **state)
{
    memset(&told, 0, sizeof(told));
    *state = one_node_start(false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    one_node_stop();
    return 0;
}

static void a_line_says_where_and_when(void **state)
{
    (void)state;
    one_node_run_ms(1234);
    __LOG_INIT(LOG_SRC_APP, LOG_LEVEL_INFO, on_line);
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "%s %u\n", "lamp", 7u);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.line, __LINE__ - 2);
    assert_string_equal(told.file, "test_log.c");
    assert_string_equal(told.text, "lamp 7\n");
    assert_int_equal(told.level, LOG_LEVEL_INFO);
    assert_int_equal(told.timestamp, 1234);
    __LOG(LOG_SRC_APP, LOG_LEVEL_ERROR, "no arguments\n");
    assert_string_equal(told.text, "no arguments\n");
}

static void only_chosen_lines_are_told(void **state)
{
    (void)state;
    __LOG_INIT(LOG_SRC_APP | LOG_SRC_PROV, LOG_LEVEL_WARN, on_line);
    for (uint32_t source = LOG_SRC_BEARER; source <= LOG_SRC_FM; source <<= 1) {
        for (uint32_t level = LOG_LEVEL_ASSERT; level <= LOG_LEVEL_DBG3; level++) {
            bool chosen = (source == LOG_SRC_APP || source == LOG_SRC_PROV) && level <= 2;

            told.count = 0;
            __LOG(source, level, "x\n");
            assert_int_equal(told.count, chosen ? 1 : 0);
        }
    }
    told.count = 0;
    log_set_callback(NULL);
    __LOG(LOG_SRC_APP, LOG_LEVEL_ERROR, "to nobody\n");
    assert_int_equal(told.count, 0);
}

static void octets_are_told_in_hexadecimal(void **state)
{
    uint8_t octets[100];

    (void)state;
    memset(octets, 0xA5, sizeof(octets));
    octets[1] = 0x0F;
    log_init(LOG_SRC_APP, LOG_LEVEL_INFO, on_line);
    __LOG_XB(LOG_SRC_APP, LOG_LEVEL_INFO, "key", octets, 3);
    assert_string_equal(told.text, "key: A50FA5\n");
    __LOG_XB(LOG_SRC_APP, LOG_LEVEL_INFO, "none", octets, 0);
    assert_string_equal(told.text, "none: \n");
    __LOG_XB(LOG_SRC_APP, LOG_LEVEL_INFO, "long", octets, sizeof(octets));
    assert_int_equal(strlen(told.text), 6 + 128 + 4);
    assert_string_equal(told.text + 6 + 128, "...\n");
    mesh_app_uuid_print((const uint8_t *)"0123456789abcdef");
    assert_string_equal(told.text, "Device UUID: 30313233343536373839616263646566\n");
}

/* Of nrf_mesh_config_core.h: the stack's own warnings, not an application's. */
static void before_the_choice_the_defaults_hold(void **state)
{
    (void)state;
    log_set_callback(on_line);
    __LOG(LOG_SRC_APP, LOG_LEVEL_ERROR, "x\n");
    assert_int_equal(told.count, 0);
    __LOG(LOG_SRC_ACCESS, LOG_LEVEL_INFO, "x\n");
    assert_int_equal(told.count, 0);
    __LOG(LOG_SRC_ACCESS, LOG_LEVEL_WARN, "x\n");
    assert_int_equal(told.count, 1);
}

static void each_node_has_its_choice(void **state)
{
    static struct nrf_mesh_stack other;
    struct nrf_mesh_stack *mine = *state;

    log_init(LOG_SRC_APP, LOG_LEVEL_DBG3, on_line);
    (void)layer_stack_enter(&other);
    log_init(LOG_SRC_APP, LOG_LEVEL_ERROR, on_line);
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "x\n");
    assert_int_equal(told.count, 0);
    (void)layer_stack_enter(mine);
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "x\n");
    assert_int_equal(told.count, 1);
}

static void without_logs_nothing_is_evaluated(void **state)
{
    (void)state;
    log_init(LOG_SRC_APP, LOG_LEVEL_DBG3, on_line);
    assert_int_equal(log_off_evaluated(), 0);
    assert_int_equal(told.count, 0);
}

/* -- standard output --------------------------------------------------------------------------- */

static FILE *caught;
static int before_catch;

static void catch_output(void)
{
    (void)fflush(stdout);
    caught = tmpfile();
    before_catch = dup(STDOUT_FILENO);
    assert_non_null(caught);
    assert_int_equal(dup2(fileno(caught), STDOUT_FILENO), STDOUT_FILENO);
}

static void release_output(char *text, size_t size)
{
    size_t len;

    assert_int_equal(dup2(before_catch, STDOUT_FILENO), STDOUT_FILENO);
    (void)close(before_catch);
    rewind(caught);
    len = fread(text, 1, size - 1, caught);
    text[len] = '\0';
    (void)fclose(caught);
}

static void lines_go_to_standard_output(void **state)
{
    char text[512], expected[128];
    const int line = __LINE__;

    (void)state;
    one_node_run_ms(61005);
    catch_output();
    __LOG_INIT(LOG_SRC_APP, LOG_LEVEL_INFO, LOG_CALLBACK_DEFAULT);
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "one\n");
    __LOG_INIT(LOG_SRC_APP, LOG_LEVEL_INFO, log_callback_rtt);
    __LOG(LOG_SRC_APP, LOG_LEVEL_WARN, "two %d\n", 2);
    assert_int_equal(SEGGER_RTT_WriteString(0, "three\n"), 6);
    assert_int_equal(SEGGER_RTT_printf(0, "%s\n", "four"), 5);
    release_output(text, sizeof(text));
    (void)snprintf(expected, sizeof(expected),
                   "    61.005 info   test_log.c:%d: one\n    61.005 warn   test_log.c:%d: two 2\n"
                   "three\nfour\n",
                   line + 6, line + 8);
    assert_string_equal(text, expected);
}

/* -- the end ----------------------------------------------------------------------------------- */

/* What a child that does this says on standard error; it must have been ended by abort(). */
static void end_of(void (*end)(void), char *text, size_t size)
{
    int pipe_of[2], status;
    pid_t child;
    ssize_t len;

    assert_int_equal(pipe(pipe_of), 0);
    child = fork();
    if (child == 0) {
        (void)dup2(pipe_of[1], STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL); /* cmocka would catch it */
        end();
        _exit(0);
    }
    (void)close(pipe_of[1]);
    len = read(pipe_of[0], text, size - 1);
    (void)close(pipe_of[0]);
    assert_true(len >= 0);
    text[len] = '\0';
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void fails_an_assertion(void)
{
    NRF_MESH_ASSERT(1 + 1 == 3);
}

static void has_an_error(void)
{
    ERROR_CHECK(NRF_SUCCESS);
    ERROR_CHECK(NRF_ERROR_BUSY);
}

static void has_an_app_error(void)
{
    APP_ERROR_CHECK(NRF_SUCCESS);
    APP_ERROR_CHECK_BOOL(true);
    APP_ERROR_CHECK(NRF_ERROR_NO_MEM);
}

static void has_a_false(void)
{
    APP_ERROR_CHECK_BOOL(false);
}

static uint32_t returns(uint32_t code, bool *passed)
{
    RETURN_ON_ERROR(code);
    *passed = true;
    return 99;
}

static void what_is_not_handled_ends_the_program(void **state)
{
    char text[256];
    bool passed = false;

    (void)state;
    end_of(fails_an_assertion, text, sizeof(text));
    assert_non_null(strstr(text, "assertion"));
    end_of(has_an_error, text, sizeof(text));
    assert_non_null(strstr(text, "test_log.c:"));
    assert_non_null(strstr(text, "error 0x11 was not handled"));
    end_of(has_an_app_error, text, sizeof(text));
    assert_non_null(strstr(text, "error 0x4 was not handled"));
    end_of(has_a_false, text, sizeof(text));
    assert_non_null(strstr(text, "error 0x0 was not handled"));
    assert_int_equal(returns(NRF_ERROR_NULL, &passed), NRF_ERROR_NULL);
    assert_false(passed);
    assert_int_equal(returns(NRF_SUCCESS, &passed), 99);
    assert_true(passed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_says_where_and_when, setup, teardown),
        cmocka_unit_test_setup_teardown(only_chosen_lines_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(octets_are_told_in_hexadecimal, setup, teardown),
        cmocka_unit_test_setup_teardown(before_the_choice_the_defaults_hold, setup, teardown),
        cmocka_unit_test_setup_teardown(each_node_has_its_choice, setup, teardown),
        cmocka_unit_test_setup_teardown(without_logs_nothing_is_evaluated, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_go_to_standard_output, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_handled_ends_the_program, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
