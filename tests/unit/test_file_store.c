/*
 * Records as files (ports/linux/file_store.c): what port.h asks of a storage, that nobody else can
 * read or write them, and that a killed writer leaves the old record or the new one.
 */
#include "file_store.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define KILLS 20
#define KEYS 3u
#define WRITES 250u /* so that a record's length can tell its number */

static char dir[64], records[80];
static struct file_store store;
static struct usher_port port;

static void open_store(void)
{
    char why[200] = "";

    if (!file_store_open(&store, records, why, sizeof(why))) {
        fail_msg("%s", why);
    }
    file_store_use(&store, &port);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/usher-store-XXXXXX");
    if (mkdtemp(dir) == NULL) {
        return -1;
    }
    snprintf(records, sizeof(records), "%s/records", dir);
    open_store();
    return 0;
}

static int tear_down(void **state)
{
    char path[128];

    (void)state;
    for (uint16_t key = 0; key <= KEYS; key++) {
        port.kv_del(port.kv_ctx, key);
        snprintf(path, sizeof(path), "%s/0x%04x.record.new", records, key);
        unlink(path);
    }
    file_store_close(&store);
    snprintf(path, sizeof(path), "%s/lock", records);
    unlink(path);
    rmdir(records);
    return rmdir(dir);
}

static void what_is_set_is_got_until_it_is_deleted(void **state)
{
    uint8_t buf[8];
    size_t len = 0;

    (void)state;
    assert_int_equal(port.kv_get(port.kv_ctx, 1, buf, 8, &len), USHER_E_NOT_FOUND);
    assert_int_equal(port.kv_del(port.kv_ctx, 1), USHER_OK);
    assert_int_equal(port.kv_set(port.kv_ctx, 1, (const uint8_t *)"first", 5), USHER_OK);
    assert_int_equal(port.kv_set(port.kv_ctx, 2, (const uint8_t *)"other", 5), USHER_OK);
    assert_int_equal(port.kv_set(port.kv_ctx, 1, (const uint8_t *)"second", 6), USHER_OK);
    assert_int_equal(port.kv_get(port.kv_ctx, 1, buf, 5, &len), USHER_E_SIZE);
    assert_int_equal(port.kv_get(port.kv_ctx, 1, buf, 6, &len), USHER_OK);
    assert_int_equal(len, 6);
    assert_memory_equal(buf, "second", 6);

    file_store_close(&store);
    open_store();
    assert_int_equal(port.kv_get(port.kv_ctx, 1, buf, 8, &len), USHER_OK);
    assert_memory_equal(buf, "second", 6);
    assert_int_equal(port.kv_del(port.kv_ctx, 1), USHER_OK);
    assert_int_equal(port.kv_get(port.kv_ctx, 1, buf, 8, &len), USHER_E_NOT_FOUND);
    assert_int_equal(port.kv_get(port.kv_ctx, 2, buf, 8, &len), USHER_OK);
}

static void a_record_has_its_size(void **state)
{
    uint8_t buf[USHER_RECORD_MAX + 1] = { 0 };
    size_t len;

    (void)state;
    assert_int_equal(port.kv_set(port.kv_ctx, 1, buf, 0), USHER_E_SIZE);
    assert_int_equal(port.kv_set(port.kv_ctx, 1, buf, USHER_RECORD_MAX + 1), USHER_E_SIZE);
    assert_int_equal(port.kv_set(port.kv_ctx, 1, buf, USHER_RECORD_MAX), USHER_OK);
    assert_int_equal(port.kv_get(port.kv_ctx, 1, buf, sizeof(buf), &len), USHER_OK);
    assert_int_equal(len, USHER_RECORD_MAX);
}

static void row_35_a_store_is_nobody_elses(void **state)
{
    char why[200], path[128];
    struct file_store second = { .lock = -1 };
    struct stat st;

    (void)state;
    assert_int_equal(port.kv_set(port.kv_ctx, 3, (const uint8_t *)"secret", 6), USHER_OK);
    snprintf(path, sizeof(path), "%s/0x0003.record", records);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(records, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_false(file_store_open(&second, records, why, sizeof(why)));
    assert_non_null(strstr(why, "in use by process"));
}

static void what_cannot_be_opened_is_told(void **state)
{
    char why[200] = "", name[FILE_STORE_DIR_MAX + 2];
    struct file_store other = { .lock = -1 };

    (void)state;
    assert_false(file_store_open(&other, "/nowhere/at/all", why, sizeof(why)));
    assert_non_null(strstr(why, "No such file or directory"));
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    assert_false(file_store_open(&other, name, why, sizeof(why)));
    assert_non_null(strstr(why, "too long"));
}

static void what_cannot_be_written_leaves_the_old(void **state)
{
    uint8_t buf[8];
    char path[128];
    size_t len;

    (void)state;
    assert_int_equal(port.kv_set(port.kv_ctx, 1, (const uint8_t *)"first", 5), USHER_OK);
    snprintf(path, sizeof(path), "%s/0x0001.record.new", records);
    assert_int_equal(mkdir(path, 0700), 0); /* where the new contents would be written */
    assert_int_equal(port.kv_set(port.kv_ctx, 1, (const uint8_t *)"second", 6), USHER_E_INTERNAL);
    assert_int_equal(port.kv_get(port.kv_ctx, 1, buf, 8, &len), USHER_OK);
    assert_memory_equal(buf, "first", 5);
    assert_int_equal(rmdir(path), 0);
}

/* Writes record after record, each all of its number, and tells each when it is durable. */
static void write_until_killed(int tell)
{
    uint8_t buf[USHER_RECORD_MAX];

    for (uint8_t n = 0; n < WRITES; n++) {
        memset(buf, n, sizeof(buf));
        if (port.kv_set(port.kv_ctx, n % KEYS, buf, 1u + n) != USHER_OK ||
            write(tell, &n, 1) != 1) {
            _exit(1);
        }
    }
    pause();
}

static pid_t start_writer(int *told)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        write_until_killed(ends[1]);
    }
    close(ends[1]);
    *told = ends[0];
    return pid;
}

/* Each record is one that was written, and not older than what was told. */
static void check_record(uint16_t key, uint8_t told)
{
    uint8_t buf[USHER_RECORD_MAX], newest = told;
    size_t len;

    while (newest % KEYS != key) {
        newest--;
    }
    assert_int_equal(port.kv_get(port.kv_ctx, key, buf, sizeof(buf), &len), USHER_OK);
    assert_true(buf[0] == newest || buf[0] == newest + KEYS);
    assert_int_equal(len, 1u + buf[0]);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(buf[i], buf[0]);
    }
}

static void row_24_a_killed_writer_leaves_old_or_new(void **state)
{
    (void)state;
    srandom(1);
    for (unsigned i = 0; i < KILLS; i++) {
        uint8_t last = 0;
        int told, status;
        pid_t pid = start_writer(&told);

        while (last < KEYS - 1) {
            assert_int_equal(read(told, &last, 1), 1);
        }
        usleep((useconds_t)(random() % 3000));
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        while (read(told, &last, 1) == 1) {
        }
        close(told);
        for (uint16_t key = 0; key < KEYS; key++) {
            check_record(key, last);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_set_is_got_until_it_is_deleted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_record_has_its_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(row_35_a_store_is_nobody_elses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_opened_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_leaves_the_old, set_up, tear_down),
        cmocka_unit_test_setup_teardown(row_24_a_killed_writer_leaves_old_or_new, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
