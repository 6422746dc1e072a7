/*
 * The registry's file (commission/registry.h): whole whenever its writer dies, of one writer with
 * others looking on, refused when it is damaged or of a newer version, and taken over from what was
 * there before.
 */
#include "registry_rig.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define KILLS 12
#define FILE_MOST (1u << 20)
#define CUT 1900 /* octets; a page in the log takes 4120 */

static char dir[64];
static char why[400];

/** A path in the test's directory; two may be in use. */
static const char *in_dir(const char *name)
{
    static char paths[2][128];
    static unsigned n;
    char *path = paths[n++ % 2];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static void dir_empty(void)
{
    DIR *d = opendir(dir);
    const struct dirent *entry;
    assert_non_null(d);
    /* cppcheck-suppress readdirCalled ; there is one thread */
    while ((entry = readdir(d)) != NULL) {
        if (entry->d_name[0] != '.') {
            unlink(in_dir(entry->d_name));
        }
    }
    closedir(d);
}

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/usher-registry-XXXXXX");
    why[0] = '\0';
    return mkdtemp(dir) == NULL;
}

static int teardown(void **state)
{
    (void)state;
    dir_empty();
    return rmdir(dir);
}

static struct registry *made(void)
{
    struct registry_new make = rig_new();
    struct registry *r = registry_open(dir, &make, why, sizeof why);
    assert_string_equal(why, "");
    assert_non_null(r);
    return r;
}

static struct registry *opened(void)
{
    struct registry *r = registry_open(dir, NULL, why, sizeof why);
    assert_string_equal(why, "");
    assert_non_null(r);
    return r;
}

/** It is not opened, and the line that tells why has these words. */
static void refused(const char *words)
{
    struct registry *r = registry_open(dir, NULL, why, sizeof why);
    assert_null(r);
    if (!strstr(why, words)) {
        fail_msg("\"%s\" is not in \"%s\"", words, why);
    }
    assert_null(strchr(why, '\n'));
}

static size_t file_read(const char *name, uint8_t *data)
{
    FILE *f = fopen(in_dir(name), "rb");
    assert_non_null(f);
    size_t len = fread(data, 1, FILE_MOST, f);
    fclose(f);
    assert_true(len < FILE_MOST);
    return len;
}

static void file_write(const char *name, const void *data, size_t len)
{
    FILE *f = fopen(in_dir(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

/* -- what is kept --------------------------------------------------------------------------- */

static void what_was_done_is_there_when_it_is_opened_again(void **state)
{
    (void)state;
    assert_false(registry_exists(dir));
    struct registry *r = made();
    struct registry_node node = { .settings = NULL };
    rig_provisioned(r, 1, 2);
    rig_leased(r, 2, 1);
    assert_int_equal(registry_unsettled(r), REGISTRY_OK);
    registry_close(r);
    assert_true(registry_exists(dir));
    r = opened();
    assert_true(registry_left_unsettled(r));
    assert_int_equal(rig_state(r, 1), REGISTRY_PROVISIONED);
    assert_int_equal(rig_state(r, 2), REGISTRY_UNKNOWN);
    assert_int_equal(registry_find(r, rig_uuid(2), &node), REGISTRY_OK);
    assert_memory_equal(node.device_key, rig_key(2), USHER_KEY_SIZE);
    assert_int_equal(rig_leased(r, 3, 1), 0x0005);
    assert_int_equal(registry_settled(r), REGISTRY_OK);
    registry_close(r);
    r = made(); /* which is there already */
    assert_false(registry_left_unsettled(r));
    assert_int_equal(rig_state(r, 3), REGISTRY_UNKNOWN);
    registry_close(r);
    registry_node_clear(&node);
}

static void row_32_files_are_for_nobody_else(void **state)
{
    static const char *const names[] = { "registry.sqlite", "registry.sqlite-wal",
                                         "registry.sqlite-shm" };
    mode_t before = umask(0);
    struct stat st;
    (void)state;
    struct registry *r = made();
    rig_leased(r, 1, 1);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(stat(in_dir(names[i]), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
    }
    registry_close(r);
    umask(before);
}

static void a_key_that_was_replaced_is_not_in_the_file(void **state)
{
    static uint8_t data[FILE_MOST];
    struct registry_netkey key;
    (void)state;
    struct registry *r = made();
    assert_int_equal(registry_netkey(r, 0, &key), REGISTRY_OK);
    memset(key.key, 0xC7, sizeof key.key);
    assert_int_equal(registry_netkey_put(r, &key), REGISTRY_OK);
    registry_close(r);
    size_t len = file_read("registry.sqlite", data);
    uint8_t old[USHER_KEY_SIZE];
    memset(old, 0x11, sizeof old);
    assert_null(memmem(data, len, old, sizeof old));
    assert_non_null(memmem(data, len, key.key, sizeof key.key));
}

/* -- one writer, and others who look -------------------------------------------------------- */

/** Runs @p child in another process. @return its exit status. */
static int in_child(int (*child)(void))
{
    pid_t pid = fork();
    int status = -1;
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(child());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int opens(void)
{
    char reason[400] = "";
    struct registry *r = registry_open(dir, NULL, reason, sizeof reason);
    registry_close(r);
    return r ? 0 : strstr(reason, "in use by process") ? 1 : 2;
}

static int views(void)
{
    char reason[400] = "";
    struct registry *r = registry_view(dir, reason, sizeof reason);
    struct registry_node node = { .settings = NULL };
    if (!r || registry_at(r, 0x0002, &node) != REGISTRY_OK) {
        return 2;
    }
    registry_node_clear(&node);
    int got = registry_named(r, 0x0002, "mine") == REGISTRY_FAILED ? 1 : 3;
    registry_close(r);
    return got;
}

static void row_35_another_process_may_look_but_not_write(void **state)
{
    (void)state;
    struct registry *r = made();
    rig_leased(r, 1, 1);
    assert_int_equal(in_child(opens), 1);
    assert_int_equal(in_child(views), 1);
    assert_int_equal(registry_begin(r), REGISTRY_OK);
    rig_leased(r, 2, 1);
    assert_int_equal(in_child(views), 1); /* nor does it wait */
    assert_int_equal(registry_commit(r), REGISTRY_OK);
    registry_close(r);
    assert_int_equal(in_child(opens), 0);
    assert_int_equal(in_child(views), 1);
}

static void a_viewer_sees_what_was_done_since(void **state)
{
    (void)state;
    struct registry *r = made();
    struct registry *view = registry_view(dir, why, sizeof why);
    struct registry_counts counts;
    assert_non_null(view);
    assert_int_equal(rig_state(view, 1), -1);
    assert_int_equal(registry_counts(view, &counts), REGISTRY_OK);
    assert_int_equal(counts.addresses_left, 0x3FFF);
    rig_leased(r, 1, 1);
    assert_int_equal(rig_state(view, 1), REGISTRY_UNKNOWN);
    assert_int_equal(registry_counts(view, &counts), REGISTRY_OK);
    assert_int_equal(counts.addresses_left, 0x3FFE);
    registry_close(view);
    registry_close(r);
}

/* -- writers that die ----------------------------------------------------------------------- */

/** Leases and completes, for ever; tells on @p told the number of each device that is done. */
static int busy_child(int told)
{
    struct registry_new make = rig_new();
    struct registry *r = registry_open(dir, &make, why, sizeof why);
    struct usher_prov_data data;
    struct registry_counts counts;
    if (!r || registry_counts(r, &counts) != REGISTRY_OK) {
        return 1;
    }
    for (unsigned n = counts.provisioned + 1;; n++) {
        struct registry_lease lease = { .uuid = rig_uuid(n),
                                        .elements = 1,
                                        .device_key = rig_key(n) };
        if (registry_lease(r, &lease, &data) != REGISTRY_OK ||
            registry_provisioned(r, data.address, 1, rig_key(n), false) != REGISTRY_OK ||
            write(told, &n, sizeof n) != sizeof n) {
            return 1;
        }
    }
}

/**
 * Starts a busy child, and kills it @p us after it has told of @p least devices.
 *
 * @return the last device that it told of, or 0.
 */
static unsigned kill_after(unsigned least, unsigned us)
{
    int pipes[2], status;
    unsigned last = 0, n;
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(pipes[0]);
        _exit(busy_child(pipes[1]));
    }
    close(pipes[1]);
    for (unsigned i = 0; i < least; i++) {
        assert_int_equal(read(pipes[0], &last, sizeof last), sizeof last);
    }
    usleep(us);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    while (read(pipes[0], &n, sizeof n) == sizeof n) {
        last = n;
    }
    close(pipes[0]);
    return last;
}

static void row_24_what_was_told_survives_a_kill(void **state)
{
    unsigned told = 0;
    (void)state;
    for (unsigned i = 0; i < KILLS; i++) {
        unsigned last = kill_after(i % 3, i * 997 % 23 * 1000);
        told = last > told ? last : told;
        if (!registry_exists(dir)) {
            continue; /* killed before it was made: then nobody was told anything */
        }
        struct registry *r = opened();
        struct registry_counts counts;
        assert_int_equal(registry_counts(r, &counts), REGISTRY_OK);
        assert_true(counts.provisioned >= told && counts.provisioned <= told + 1);
        assert_true(counts.unknown <= 1); /* excluded when the next child leases again */
        for (unsigned n = 1; n <= told; n++) {
            assert_int_equal(rig_state(r, n), REGISTRY_PROVISIONED);
        }
        /* made, and then two lines for each device, three if it was excluded in between */
        assert_int_equal(rig_audit(r),
                         1 + 2 * counts.provisioned + counts.unknown + 2 * counts.excluded);
        registry_close(r);
        told = counts.provisioned;
    }
    assert_true(told > 0);
}

static void a_file_that_was_cut_anywhere_is_old_or_new(void **state)
{
    static uint8_t file[FILE_MOST], wal[FILE_MOST];
    unsigned old = 0, new = 0;
    (void)state;
    struct registry *r = made();
    rig_provisioned(r, 1, 1);
    registry_close(r);
    r = opened();
    rig_leased(r, 2, 1);
    size_t file_len = file_read("registry.sqlite", file);
    size_t wal_len = file_read("registry.sqlite-wal", wal);
    registry_close(r);
    for (size_t len = 0; len < wal_len + CUT; len += CUT) {
        dir_empty();
        file_write("registry.sqlite", file, file_len);
        file_write("registry.sqlite-wal", wal, len < wal_len ? len : wal_len);
        r = opened();
        assert_int_equal(rig_state(r, 1), REGISTRY_PROVISIONED);
        bool leased = rig_state(r, 2) == REGISTRY_UNKNOWN;
        assert_int_equal(rig_audit(r), leased ? 4 : 3);
        assert_int_equal(rig_leased(r, 3, 1), leased ? 0x0004 : 0x0003);
        old += !leased;
        new += leased;
        registry_close(r);
    }
    assert_true(old > 1);
    assert_true(new > 0);
}

/* -- what is no registry -------------------------------------------------------------------- */

static void a_file_that_is_half_made_is_not_taken_for_one(void **state)
{
    static const char junk[] = "half of a database";
    (void)state;
    file_write("registry.sqlite.new", junk, sizeof junk);
    file_write("registry.sqlite-wal", junk, sizeof junk);
    assert_false(registry_exists(dir));
    refused("there is no network in");
    why[0] = '\0';
    struct registry *r = made();
    rig_leased(r, 1, 1);
    registry_close(r);
    assert_int_equal(access(in_dir("registry.sqlite.new"), F_OK), -1);
}

static void an_old_log_is_not_played_into_a_new_file(void **state)
{
    static uint8_t wal[FILE_MOST];
    (void)state;
    struct registry *r = made();
    rig_leased(r, 1, 1);
    size_t len = file_read("registry.sqlite-wal", wal);
    registry_close(r);
    dir_empty();
    file_write("registry.sqlite-wal", wal, len); /* of one that was deleted */
    r = made();
    assert_int_equal(rig_state(r, 1), -1);
    assert_int_equal(rig_audit(r), 1);
    registry_close(r);
}

static void damage_is_told_of(void **state)
{
    static uint8_t file[FILE_MOST];
    (void)state;
    struct registry *r = made();
    assert_int_equal(registry_begin(r), REGISTRY_OK);
    for (unsigned n = 1; n <= 100; n++) {
        rig_leased(r, n, 1);
    }
    assert_int_equal(registry_commit(r), REGISTRY_OK);
    registry_close(r);
    size_t len = file_read("registry.sqlite", file);
    file_write("registry.sqlite", "this is a text, and long enough for a header ...............",
               60);
    refused("registry.sqlite is damaged");
    file_write("registry.sqlite", "", 0);
    refused("is not a registry of usher");
    file_write("registry.sqlite", file, len / 2);
    refused("registry.sqlite is damaged");
    memset(file + 4096, 0x5A, len - 4096);
    file_write("registry.sqlite", file, len);
    refused("registry.sqlite is damaged");
    assert_null(registry_view(dir, why, sizeof why));
}

static void sql(const char *text)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(in_dir("registry.sqlite"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void rows_that_cannot_be_right_are_told_of(void **state)
{
    struct registry_node node = { .settings = NULL };
    (void)state;
    struct registry *r = made();
    rig_leased(r, 1, 1);
    registry_close(r);
    sql("PRAGMA ignore_check_constraints = ON; UPDATE node SET settings = '{'");
    r = opened();
    assert_int_equal(registry_at(r, 0x0002, &node), REGISTRY_FAILED);
    assert_non_null(strstr(registry_why(r), "is damaged (a node)"));
    assert_int_equal(node.elements, 0);
    registry_close(r);
    sql("PRAGMA ignore_check_constraints = ON; UPDATE node SET settings = NULL, device_key = "
        "x'01'");
    r = opened();
    uint8_t key[USHER_KEY_SIZE];
    assert_int_equal(registry_device_key(r, 0x0002, key), REGISTRY_FAILED);
    registry_close(r);
    sql("DELETE FROM network");
    refused("is damaged (no network)");
}

static void a_newer_version_is_refused(void **state)
{
    (void)state;
    registry_close(made());
    sql("PRAGMA user_version = 99");
    refused("was made by a newer version of usher (99;");
    assert_null(registry_view(dir, why, sizeof why));
    sql("PRAGMA user_version = 1; PRAGMA application_id = 5");
    refused("is not a registry of usher");
}

/* -- network.json --------------------------------------------------------------------------- */

static const char old_network[] =
    "{\"format\": \"usher-network\", \"version\": 2, \"settled\": false,"
    " \"net_key\": \"00112233445566778899aabbccddeeff\", \"key_index\": 5, \"iv_index\": 9,"
    " \"iv_updating\": true, \"own_address\": \"0x0005\", \"next_address\": \"0x0008\","
    " \"appkeys\": [{\"index\": 3, \"key\": \"0f0e0d0c0b0a09080706050403020100\"}],"
    " \"nodes\": [{\"uuid\": \"d0d0d0d0-d0d0-d0d0-d0d0-d0d000000001\", \"address\": \"0x0002\","
    " \"elements\": 2, \"device_key\": \"e0e0e0e0e0e0e0e0e0e0e0e000000001\","
    " \"state\": \"provisioned\", \"configured\": true, \"name\": \"hall\","
    " \"composition\": \"0102030405060708090a\", \"settings\": {\"ttl\": 4}},"
    " {\"uuid\": \"d0d0d0d0-d0d0-d0d0-d0d0-d0d000000002\", \"address\": \"0x0004\","
    " \"elements\": 1, \"device_key\": \"e0e0e0e0e0e0e0e0e0e0e0e000000002\","
    " \"state\": \"removed\", \"configured\": false},"
    " {\"uuid\": \"d0d0d0d0-d0d0-d0d0-d0d0-d0d000000003\", \"address\": \"0x0006\","
    " \"elements\": 1, \"device_key\": \"e0e0e0e0e0e0e0e0e0e0e0e000000003\","
    " \"state\": \"unknown\", \"configured\": false}]}";

static void old_is_all_there(struct registry *r)
{
    struct registry_node node = { .settings = NULL };
    struct registry_network network;
    struct registry_netkey key;
    struct registry_appkey appkey;
    struct registry_provisioner p;
    assert_int_equal(registry_network(r, &network), REGISTRY_OK);
    assert_int_equal(network.iv_index, 9);
    assert_true(network.iv_updating);
    assert_int_equal(registry_netkey(r, 0, &key), REGISTRY_OK);
    assert_int_equal(key.index, 5);
    assert_int_equal(key.key[15], 0xFF);
    assert_int_equal(registry_appkey(r, 0, &appkey), REGISTRY_OK);
    assert_int_equal(appkey.index, 3);
    assert_int_equal(appkey.net_index, 5);
    assert_int_equal(appkey.key[0], 0x0F);
    assert_int_equal(registry_provisioner(r, 0, &p), REGISTRY_OK);
    assert_int_equal(p.address, 0x0005);
    assert_true(registry_left_unsettled(r));
    assert_int_equal(rig_state(r, 2), REGISTRY_REMOVED);
    assert_int_equal(rig_state(r, 3), REGISTRY_UNKNOWN);
    assert_int_equal(registry_find(r, rig_uuid(1), &node), REGISTRY_OK);
    assert_int_equal(node.address, 0x0002);
    assert_int_equal(node.elements, 2);
    assert_int_equal(node.state, REGISTRY_PROVISIONED);
    assert_true(node.configured);
    assert_string_equal(node.name, "hall");
    assert_memory_equal(node.device_key, rig_key(1), USHER_KEY_SIZE);
    assert_int_equal(node.page0_len, 10);
    assert_int_equal(json_integer_value(json_object_get(node.settings, "ttl")), 4);
    registry_node_clear(&node);
}

static void a_network_of_before_is_taken_over(void **state)
{
    struct registry_exclusion e = { .address = 0 };
    (void)state;
    file_write("network.json", old_network, sizeof old_network - 1);
    assert_true(registry_exists(dir));
    struct registry *r = registry_view(dir, why, sizeof why);
    assert_non_null(r);
    old_is_all_there(r);
    registry_close(r);
    assert_int_equal(access(in_dir("registry.sqlite"), F_OK), -1); /* a look changes nothing */
    r = opened();
    old_is_all_there(r);
    /* The provisioner was 0001 before, the second node is gone, and somebody was 0007. */
    for (unsigned i = 0; i < 3; i++) {
        static const uint16_t gone[] = { 0x0001, 0x0004, 0x0007 };
        assert_int_equal(registry_exclusion_next(r, &e), REGISTRY_OK);
        assert_int_equal(e.iv_index, 9);
        assert_int_equal(e.address, gone[i]);
    }
    assert_int_equal(registry_exclusion_next(r, &e), REGISTRY_NONE);
    assert_int_equal(rig_leased(r, 4, 1), 0x0008);
    registry_close(r);
    assert_int_equal(access(in_dir("network.json"), F_OK), -1);
    assert_int_equal(access(in_dir("network.json.old"), F_OK), 0);
    r = opened();
    assert_int_equal(rig_state(r, 4), REGISTRY_UNKNOWN);
    registry_close(r);
}

static void a_takeover_that_was_killed_is_gone_on_with(void **state)
{
    (void)state;
    file_write("network.json", old_network, sizeof old_network - 1);
    struct registry *r = opened();
    rig_leased(r, 4, 1);
    registry_close(r);
    assert_int_equal(rename(in_dir("network.json.old"), in_dir("network.json")), 0);
    r = opened();
    assert_int_equal(rig_state(r, 4), REGISTRY_UNKNOWN);
    registry_close(r);
    assert_int_equal(access(in_dir("network.json"), F_OK), -1);
}

static void a_network_of_before_that_cannot_be_right_is_left_alone(void **state)
{
    static char text[sizeof old_network];
    (void)state;
    memcpy(text, old_network, sizeof text);
    strstr(text, "0x0006")[5] = '4';
    file_write("network.json", text, sizeof text - 1);
    refused("network.json: nodes[2] cannot be right");
    memcpy(text, old_network, sizeof text);
    strstr(text, "\"version\": 2")[11] = '3';
    file_write("network.json", text, sizeof text - 1);
    refused("network.json: not of a format");
    file_write("network.json", old_network, 300);
    refused("network.json: line 1");
    assert_int_equal(access(in_dir("network.json"), F_OK), 0);
    assert_int_equal(access(in_dir("registry.sqlite"), F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_done_is_there_when_it_is_opened_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(row_32_files_are_for_nobody_else, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_that_was_replaced_is_not_in_the_file, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(row_35_another_process_may_look_but_not_write, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_viewer_sees_what_was_done_since, setup, teardown),
        cmocka_unit_test_setup_teardown(row_24_what_was_told_survives_a_kill, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_that_was_cut_anywhere_is_old_or_new, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_file_that_is_half_made_is_not_taken_for_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_old_log_is_not_played_into_a_new_file, setup, teardown),
        cmocka_unit_test_setup_teardown(damage_is_told_of, setup, teardown),
        cmocka_unit_test_setup_teardown(rows_that_cannot_be_right_are_told_of, setup, teardown),
        cmocka_unit_test_setup_teardown(a_newer_version_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_network_of_before_is_taken_over, setup, teardown),
        cmocka_unit_test_setup_teardown(a_takeover_that_was_killed_is_gone_on_with, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_network_of_before_that_cannot_be_right_is_left_alone,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
