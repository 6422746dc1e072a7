/*
 * Durable files (ports/linux/state_file.c): old or new contents and nothing between when the writer
 * is killed; one writer for a directory.
 */
#include "state_file.h"

#include <errno.h>
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

#define KILLS 50
#define LARGEST 40000

static char dir[64];

static const char *in_dir(const char *name)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/usher-state-XXXXXX");
    return mkdtemp(dir) == NULL;
}

static int remove_dir(void **state)
{
    static const char *const names[] = { "file", "file.new", "lock", "deep/lock" };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        unlink(in_dir(names[i]));
    }
    rmdir(in_dir("deep"));
    return rmdir(dir);
}

static void what_is_written_is_read(void **state)
{
    uint8_t *data;
    size_t len;
    struct stat st;

    (void)state;
    assert_true(state_file_write(in_dir("file"), "first", 5));
    assert_true(state_file_write(in_dir("file"), "second", 6));
    assert_true(state_file_read(in_dir("file"), 6, &data, &len));
    assert_int_equal(len, 6);
    assert_string_equal((char *)data, "second"); /* there is a NUL behind it */
    free(data);
    assert_int_equal(stat(in_dir("file"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_true(state_file_write(in_dir("file"), NULL, 0));
    assert_true(state_file_read(in_dir("file"), 0, &data, &len));
    assert_int_equal(len, 0);
    free(data);
}

static void what_cannot_be_done_is_told(void **state)
{
    uint8_t *data;
    size_t len;

    (void)state;
    assert_false(state_file_read(in_dir("file"), 10, &data, &len));
    assert_int_equal(errno, ENOENT);
    assert_true(state_file_write(in_dir("file"), "0123456789", 10));
    assert_false(state_file_read(in_dir("file"), 9, &data, &len));
    assert_int_equal(errno, EFBIG);
    assert_false(state_file_read(dir, 1 << 20, &data, &len));
    assert_int_equal(errno, EISDIR);
    assert_false(state_file_write(in_dir("none/file"), "x", 1));
    assert_int_equal(errno, ENOENT);
}

/* Contents that name themselves: the n-th is so many octets, all of the value n. */
static size_t contents(uint8_t *buf, unsigned n)
{
    size_t len = 1 + n * 997 % LARGEST;

    memset(buf, (int)(n & 0xFF), len);
    return len;
}

/*
 * Writes the contents first, first + 1 ... until it is killed, and tells each number when it is
 * durable.
 */
static void write_until_killed(unsigned first, int tell)
{
    static uint8_t buf[LARGEST];

    for (unsigned n = first;; n++) {
        size_t len = contents(buf, n);
        if (!state_file_write(in_dir("file"), buf, len) ||
            write(tell, &n, sizeof(n)) != sizeof(n)) {
            _exit(1);
        }
    }
}

/* fork(), with a child that does not outlive us when a check fails. */
static pid_t fork_child(void)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    return pid;
}

static pid_t start_writer(unsigned first, int *told)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork_child();
    if (pid == 0) {
        close(ends[0]);
        write_until_killed(first, ends[1]);
    }
    close(ends[1]);
    *told = ends[0];
    return pid;
}

static void a_killed_writer_leaves_old_or_new(void **state)
{
    static uint8_t expected[LARGEST];
    unsigned last = 0;

    (void)state;
    srandom(1);
    assert_true(state_file_write(in_dir("file"), expected, contents(expected, last)));
    for (unsigned i = 0; i < KILLS; i++) {
        int told, status;
        unsigned n;
        pid_t pid = start_writer(last + 1, &told);

        assert_int_equal(read(told, &last, sizeof(last)), sizeof(last)); /* it is at work */
        usleep((useconds_t)(random() % 8000));
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        while (read(told, &n, sizeof(n)) == sizeof(n)) {
            last = n;
        }
        close(told);

        uint8_t *data;
        size_t len;
        assert_true(state_file_read(in_dir("file"), LARGEST, &data, &len));
        size_t old_len = contents(expected, last);
        bool is_old = len == old_len && memcmp(data, expected, len) == 0;
        if (!is_old) { /* then it is the next, renamed but not yet told */
            last++;
            assert_int_equal(len, contents(expected, last));
            assert_memory_equal(data, expected, len);
        }
        free(data);
    }
}

/* A process that holds the lock until it is killed. */
static pid_t start_holder(void)
{
    int ends[2];
    char octet;

    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork_child();
    if (pid == 0) {
        char why[200];
        if (state_dir_lock(dir, why, sizeof(why)) < 0 || write(ends[1], "", 1) != 1) {
            _exit(1);
        }
        for (;;) {
            pause();
        }
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &octet, 1), 1);
    close(ends[0]);
    return pid;
}

static void a_second_writer_is_refused(void **state)
{
    char why[200], pid_text[24];
    pid_t pid = start_holder();

    (void)state;
    assert_int_equal(state_dir_lock(dir, why, sizeof(why)), -1);
    snprintf(pid_text, sizeof(pid_text), "process %ld:", (long)pid);
    assert_non_null(strstr(why, pid_text));
    assert_non_null(strstr(why, dir));

    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    int lock = state_dir_lock(dir, why, sizeof(why));
    assert_true(lock >= 0);
    assert_int_equal(state_dir_lock(dir, why, sizeof(why)), -1); /* nor twice in one process */
    state_dir_unlock(lock);
    lock = state_dir_lock(dir, why, sizeof(why));
    assert_true(lock >= 0);
    state_dir_unlock(lock);
}

static void the_directory_is_made_but_not_its_parents(void **state)
{
    char why[200];
    struct stat st;

    (void)state;
    int lock = state_dir_lock(in_dir("deep"), why, sizeof(why));
    assert_true(lock >= 0);
    state_dir_unlock(lock);
    assert_int_equal(stat(in_dir("deep"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(state_dir_lock(in_dir("no/deep"), why, sizeof(why)), -1);
    assert_non_null(strstr(why, "No such file or directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(what_cannot_be_done_is_told, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_killed_writer_leaves_old_or_new, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_second_writer_is_refused, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(the_directory_is_made_but_not_its_parents, make_dir,
                                        remove_dir),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
