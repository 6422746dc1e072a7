/*
 * The server of the air (ports/linux/air_server.c, meshd_radio.c) as its clients see it: sockets of
 * this test's, spoken to with air_wire.c, or with octets that no client should send.
 */
#include "air_server.h"
#include "air_wire.h"
#include "unix_socket.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 5000

struct site {
    uv_loop_t loop;
    uv_timer_t patience;
    bool late;
    char dir[64];
    char path[80];
    struct air_server *server;
};

static void on_late(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
    uv_stop(timer->loop); /* or a turn of the loop that began with this would wait for more */
}

static const char *in_dir(const struct site *site, const char *name)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/%s", site->dir, name);
    return path;
}

static void site_serve(struct site *site, const char *const *meshd)
{
    char why[300] = "";
    struct air_server_config config = { .listen = site->path, .meshd = meshd };

    config.air.no_collisions = true; /* what is sent is heard */
    site->server = air_server_start(&site->loop, &config, why, sizeof(why));
    assert_string_equal(why, "");
    assert_non_null(site->server);
}

static int site_open(void **state)
{
    struct site *site = calloc(1, sizeof(*site));

    *state = site;
    snprintf(site->dir, sizeof(site->dir), "/tmp/usher-air-XXXXXX");
    if (mkdtemp(site->dir) == NULL || uv_loop_init(&site->loop) != 0) {
        return -1;
    }
    uv_timer_init(&site->loop, &site->patience);
    site->patience.data = &site->late;
    snprintf(site->path, sizeof(site->path), "%s/air", site->dir);
    return 0;
}

static int site_close(void **state)
{
    struct site *site = *state;

    if (site->server != NULL) {
        air_server_stop(site->server);
    }
    uv_close((uv_handle_t *)&site->patience, NULL);
    uv_run(&site->loop, UV_RUN_DEFAULT);
    int left = uv_loop_close(&site->loop);
    /* the server has removed its sockets, so the directory is empty */
    int dirty = rmdir(site->dir);
    free(site);
    return left != 0 || dirty != 0;
}

/* Runs the loop until it has a result of receiving from fd, other than AIR_WIRE_AGAIN. */
static enum air_wire_result receive(struct site *site, int fd, struct air_msg *msg)
{
    enum air_wire_result result = air_wire_receive(fd, msg);

    site->late = false;
    uv_timer_start(&site->patience, on_late, PATIENCE_MS, 0);
    while (result == AIR_WIRE_AGAIN && !site->late) {
        uv_run(&site->loop, UV_RUN_NOWAIT);
        usleep(100);
        result = air_wire_receive(fd, msg);
    }
    uv_timer_stop(&site->patience);
    return result;
}

static void expect(struct site *site, int fd, struct air_msg *msg, enum air_msg_type type)
{
    assert_int_equal(receive(site, fd, msg), AIR_WIRE_OK);
    assert_int_equal(msg->type, type);
}

static void run_ms(struct site *site, uint64_t ms)
{
    site->late = false;
    uv_timer_start(&site->patience, on_late, ms, 0);
    while (!site->late) {
        uv_run(&site->loop, UV_RUN_ONCE);
    }
}

static void expect_radios(struct site *site, unsigned count)
{
    for (unsigned ms = 0; air_server_radios(site->server) != count; ms++) {
        assert_true(ms < PATIENCE_MS);
        run_ms(site, 1);
    }
}

/* A socket that has greeted the server and scans. */
static int client(struct site *site)
{
    int fd = unix_connect(site->path, SOCK_SEQPACKET);
    struct air_msg msg = { .type = AIR_MSG_HELLO, .version = AIR_WIRE_VERSION };
    unsigned radios = air_server_radios(site->server);

    assert_true(fd >= 0);
    assert_int_equal(air_wire_send(fd, &msg), AIR_WIRE_OK);
    msg = (struct air_msg){ .type = AIR_MSG_SCAN, .what = 0xFF };
    assert_int_equal(air_wire_send(fd, &msg), AIR_WIRE_OK);
    expect(site, fd, &msg, AIR_MSG_HELLO);
    assert_int_equal(msg.version, AIR_WIRE_VERSION);
    expect_radios(site, radios + 1);
    return fd;
}

static struct air_msg beacon(uint8_t slot, uint8_t number)
{
    return (struct air_msg){ .type = AIR_MSG_SEND,
                             .slot = slot,
                             .turn = number,
                             .adv_type = USHER_ADV_NONCONN_IND,
                             .count = 1,
                             .ad_len = 4,
                             .ad = { 3, 0x2B, 0x00, number } };
}

static void send_beacon(int fd, uint8_t slot, uint8_t number)
{
    struct air_msg msg = beacon(slot, number);

    assert_int_equal(air_wire_send(fd, &msg), AIR_WIRE_OK);
}

/* One sends, the other hears it. */
static void expect_exchange(struct site *site, int from, int to)
{
    struct air_msg msg;

    send_beacon(from, 5, 77);
    expect(site, to, &msg, AIR_MSG_REPORT);
    assert_int_equal(msg.adv_type, USHER_ADV_NONCONN_IND);
    assert_int_equal(msg.ad_len, 4);
    assert_memory_equal(msg.ad, ((uint8_t[]){ 3, 0x2B, 0x00, 77 }), 4);
    expect(site, from, &msg, AIR_MSG_DONE);
    assert_int_equal(msg.slot, 5);
    assert_int_equal(msg.turn, 77);
}

static void clients_hear_each_other(void **state)
{
    struct site *site = *state;

    site_serve(site, NULL);
    int a = client(site), b = client(site);
    expect_exchange(site, a, b);
    expect_exchange(site, b, a);
    assert_int_equal(air_server_radios(site->server), 2);
    assert_int_equal(air_server_stats(site->server)->events, 2);
    close(a);
    expect_radios(site, 1);
    close(b);
}

static void repetitions_keep_their_interval(void **state)
{
    struct site *site = *state;
    struct air_msg msg = beacon(0, 1);

    site_serve(site, NULL);
    int a = client(site);
    msg.count = 6;
    msg.interval_ms = 20;
    uint64_t start = uv_hrtime();
    assert_int_equal(air_wire_send(a, &msg), AIR_WIRE_OK);
    expect(site, a, &msg, AIR_MSG_DONE);
    uint64_t ms = (uv_hrtime() - start) / 1000000;
    assert_in_range(ms, 5 * 20, 1000); /* 0 to 10 ms are added to each */
    close(a);
}

static void a_stopped_advertisement_is_not_told_of(void **state)
{
    struct site *site = *state;
    struct air_msg msg = beacon(0, 1);

    site_serve(site, NULL);
    int a = client(site);
    msg.count = 255;
    msg.interval_ms = 1000;
    assert_int_equal(air_wire_send(a, &msg), AIR_WIRE_OK);
    msg = (struct air_msg){ .type = AIR_MSG_STOP, .slot = 0 };
    assert_int_equal(air_wire_send(a, &msg), AIR_WIRE_OK);
    send_beacon(a, 0, 2);
    expect(site, a, &msg, AIR_MSG_DONE);
    assert_int_equal(msg.turn, 2);
    close(a);
}

static void what_breaks_the_protocol_ends_the_connection(void **state)
{
    static const struct {
        uint8_t octets[AIR_WIRE_MAX + 1];
        size_t len;
    } breaches[] = {
        { { AIR_MSG_HELLO, AIR_WIRE_VERSION }, 2 },                  /* a second one */
        { { AIR_MSG_STOP, USHER_ADV_SLOTS }, 2 },                    /* no such slot */
        { { AIR_MSG_DONE, 0, 0, 0 }, 4 },                            /* ours to say */
        { { AIR_MSG_REPORT, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 6 }, 12 }, /* likewise */
        { { 0xEE }, AIR_WIRE_MAX + 1 },
        { { AIR_MSG_SCAN }, 1 },
    };
    struct site *site = *state;
    struct air_msg msg;

    site_serve(site, NULL);
    int a = client(site), b = client(site);
    for (size_t i = 0; i < sizeof(breaches) / sizeof(breaches[0]); i++) {
        int fd = client(site);
        assert_int_equal(send(fd, breaches[i].octets, breaches[i].len, MSG_NOSIGNAL),
                         breaches[i].len);
        assert_int_equal(receive(site, fd, &msg), AIR_WIRE_GONE);
        close(fd);
    }
    /* a slot that is in use */
    int fd = client(site);
    send_beacon(fd, 0, 1);
    send_beacon(fd, 0, 2);
    assert_int_equal(receive(site, fd, &msg), AIR_WIRE_GONE);
    close(fd);
    assert_int_equal(air_server_radios(site->server), 2);
    expect_exchange(site, a, b);
    close(a);
    close(b);
}

static void a_client_begins_with_its_version(void **state)
{
    static const struct air_msg first[] = {
        { .type = AIR_MSG_HELLO, .version = AIR_WIRE_VERSION + 1 },
        { .type = AIR_MSG_SCAN, .what = 0xFF },
    };
    struct site *site = *state;
    struct air_msg msg;

    site_serve(site, NULL);
    for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
        int fd = unix_connect(site->path, SOCK_SEQPACKET);
        assert_int_equal(air_wire_send(fd, &first[i]), AIR_WIRE_OK);
        expect(site, fd, &msg, AIR_MSG_HELLO); /* tells ours, so that it can say what is wrong */
        assert_int_equal(receive(site, fd, &msg), AIR_WIRE_GONE);
        close(fd);
    }
    assert_int_equal(air_server_radios(site->server), 0);
}

/* Mostly near misses: a known type, small numbers, any length; one in three begins as it should. */
static void send_garbage(int fd)
{
    uint8_t buf[64];

    if (random() % 3 == 0) {
        send(fd, ((uint8_t[]){ AIR_MSG_HELLO, AIR_WIRE_VERSION }), 2, MSG_NOSIGNAL);
    }
    for (long i = random() % 40; i >= 0; i--) {
        size_t len = (size_t)random() % sizeof(buf);
        for (size_t k = 0; k < len; k++) {
            buf[k] = (uint8_t)(random() % (k < 8 ? 7 : 256));
        }
        send(fd, buf, len, MSG_NOSIGNAL);
    }
}

static void garbage_harms_its_sender_only(void **state)
{
    struct site *site = *state;

    site_serve(site, NULL);
    int a = client(site), b = client(site);
    srandom(7);
    int quiet = open("/dev/null", O_WRONLY), err = dup(STDERR_FILENO);
    dup2(quiet, STDERR_FILENO); /* a line for each of them */
    close(quiet);
    for (unsigned i = 0; i < 600; i++) {
        int fd = unix_connect(site->path, SOCK_SEQPACKET);
        assert_true(fd >= 0);
        send_garbage(fd);
        if (i % 2 == 0) { /* half of them are gone before they are read */
            uv_run(&site->loop, UV_RUN_NOWAIT);
            uv_run(&site->loop, UV_RUN_NOWAIT);
        }
        close(fd);
    }
    int last = client(site); /* behind all of them */
    expect_radios(site, 3);
    dup2(err, STDERR_FILENO);
    close(err);
    close(last);
    /* some of it was heard; that is past */
    struct air_msg msg;
    while (air_wire_receive(a, &msg) == AIR_WIRE_OK) {
    }
    while (air_wire_receive(b, &msg) == AIR_WIRE_OK) {
    }
    expect_exchange(site, a, b);
    close(a);
    close(b);
}

/* Each of sixty-four rounds waits until the slots are free, but slow does not read. */
static void a_slow_reader_loses_reports_but_no_word_of_its_own(void **state)
{
    enum { ROUNDS = 64 };
    struct site *site = *state;
    struct air_msg msg;
    unsigned reports = 0, dones = 0;

    site_serve(site, NULL);
    int busy = client(site), slow = client(site);
    msg = (struct air_msg){ .type = AIR_MSG_SCAN, .what = USHER_SCAN_OFF };
    assert_int_equal(air_wire_send(busy, &msg), AIR_WIRE_OK);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (uint8_t slot = 0; slot < USHER_ADV_SLOTS; slot++) {
            send_beacon(busy, slot, (uint8_t)round);
        }
        for (uint8_t slot = 0; slot < USHER_ADV_SLOTS; slot++) {
            expect(site, busy, &msg, AIR_MSG_DONE);
        }
    }
    for (uint8_t slot = 0; slot < USHER_ADV_SLOTS; slot++) {
        send_beacon(slow, slot, slot);
    }
    run_ms(site, 100);
    while (dones < USHER_ADV_SLOTS && receive(site, slow, &msg) == AIR_WIRE_OK) {
        reports += msg.type == AIR_MSG_REPORT;
        if (msg.type == AIR_MSG_DONE) {
            assert_int_equal(msg.turn, msg.slot);
            dones++;
        }
    }
    assert_int_equal(dones, USHER_ADV_SLOTS);
    assert_in_range(reports, 1, ROUNDS * USHER_ADV_SLOTS - 1);
    run_ms(site, 5);
    expect_exchange(site, busy, slow); /* and it hears again */
    close(busy);
    close(slow);
}

static void expect_refused(struct site *site, const char *listen, uint8_t loss_pct,
                           const char *words)
{
    char why[300] = "";
    struct air_server_config config = { .listen = listen, .air = { .loss_pct = loss_pct } };

    assert_null(air_server_start(&site->loop, &config, why, sizeof(why)));
    assert_non_null(strstr(why, words));
}

static void a_path_is_taken_over_only_when_nobody_serves_it(void **state)
{
    struct site *site = *state;
    struct stat st;
    char why[300];
    char long_path[200];

    int old = unix_bind(site->path, SOCK_SEQPACKET, why, sizeof(why));
    assert_true(old >= 0);
    close(old); /* as after a kill: the file stays */
    site_serve(site, NULL);
    assert_int_equal(stat(site->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    expect_refused(site, site->path, 0, "in use by another process");
    int a = client(site), b = client(site); /* and the first one goes on */
    expect_exchange(site, a, b);
    close(a);
    close(b);

    FILE *file = fopen(in_dir(site, "file"), "w");
    assert_non_null(file);
    fclose(file);
    expect_refused(site, in_dir(site, "file"), 0, "is not a socket");
    assert_int_equal(unlink(in_dir(site, "file")), 0); /* it is still there */
    expect_refused(site, in_dir(site, "no/air"), 0, "No such file or directory");
    memset(long_path, 'x', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = '\0';
    expect_refused(site, long_path, 0, "File name too long");
    expect_refused(site, in_dir(site, "b"), 101, "0 to 100");
}

static void the_end_of_the_server_is_seen(void **state)
{
    struct site *site = *state;
    struct air_msg msg;

    site_serve(site, NULL);
    int a = client(site), b = client(site);
    send_beacon(a, 0, 1); /* it ends with things to do */
    uv_run(&site->loop, UV_RUN_NOWAIT);
    air_server_stop(site->server);
    site->server = NULL;
    assert_int_equal(receive(site, a, &msg), AIR_WIRE_GONE);
    assert_int_equal(receive(site, b, &msg), AIR_WIRE_GONE);
    assert_int_equal(access(site->path, F_OK), -1);
    close(a);
    close(b);
}

static void a_capture_is_written(void **state)
{
    struct site *site = *state;
    char why[300], capture[128];
    struct stat st;

    snprintf(capture, sizeof(capture), "%s", in_dir(site, "pcap"));
    struct air_server_config config = { .listen = site->path, .pcap = capture };
    config.air.no_collisions = true;
    site->server = air_server_start(&site->loop, &config, why, sizeof(why));
    assert_non_null(site->server);
    int a = client(site), b = client(site);
    expect_exchange(site, a, b);
    close(a);
    close(b);
    air_server_stop(site->server);
    site->server = NULL;
    assert_int_equal(stat(capture, &st), 0);
    assert_true(st.st_size > 24 + 16); /* more than the headers of the file and of one record */
    assert_int_equal(unlink(capture), 0);
    config.pcap = in_dir(site, "no/pcap");
    assert_null(air_server_start(&site->loop, &config, why, sizeof(why)));
    assert_non_null(strstr(why, "cannot write the capture"));
}

/* What bluetooth-meshd does with its unit socket. */
static int daemon_bind(const char *path)
{
    char why[300];
    int fd = unix_bind(path, SOCK_DGRAM, why, sizeof(why));

    assert_true(fd >= 0);
    return fd;
}

static void daemon_send(const struct site *site, int fd, const uint8_t *data, size_t len)
{
    struct sockaddr_un to;
    char path[128];

    snprintf(path, sizeof(path), "%s" AIR_SERVER_MESHD_SUFFIX, site->path);
    assert_true(unix_address(&to, path));
    assert_int_equal(sendto(fd, data, len, 0, (struct sockaddr *)&to, sizeof(to)), len);
}

static void daemon_expect(struct site *site, int fd, const uint8_t *data, size_t len)
{
    uint8_t buf[64];
    ssize_t got = -1;

    for (unsigned i = 0; i < PATIENCE_MS && got < 0; i++) {
        run_ms(site, 1);
        got = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
    }
    assert_int_equal(got, len);
    assert_memory_equal(buf, data, len);
}

static void a_daemon_takes_part(void **state)
{
    static const uint8_t link_ack[] = { 0x29, 1, 2, 3, 4, 0, 7 };
    static const uint8_t longest[30] = { 0x2A, 9 };
    static const uint8_t flags_and_mesh[] = { 2, 1, 6, 3, 0x2A, 8, 9, 2, 0x2B, 1 };
    struct site *site = *state;
    uint8_t heard[1 + sizeof(link_ack)] = { sizeof(link_ack) };
    struct air_msg msg;
    char path[2][128];

    snprintf(path[0], sizeof(path[0]), "%s", in_dir(site, "mesh0"));
    snprintf(path[1], sizeof(path[1]), "%s", in_dir(site, "mesh1"));
    site_serve(site, (const char *const[]){ path[0], path[1], NULL });
    assert_int_equal(air_server_radios(site->server), 2);
    int a = client(site);
    send_beacon(a, 0, 1); /* no daemon is there yet */
    expect(site, a, &msg, AIR_MSG_DONE);

    int daemon = daemon_bind(path[0]);
    daemon_send(site, daemon, (const uint8_t[]){ 0, ':', '1', '.', '5' }, 5); /* its D-Bus name */
    daemon_send(site, daemon, (const uint8_t[]){ 0x2A },
                1); /* an AD structure without data is one */
    daemon_send(site, daemon, (const uint8_t[31]){ 0x2A }, 31); /* too long */
    daemon_send(site, daemon, link_ack, sizeof(link_ack));
    daemon_send(site, daemon, longest, sizeof(longest));
    expect(site, a, &msg, AIR_MSG_REPORT);
    assert_int_equal(msg.ad_len, 2);
    expect(site, a, &msg, AIR_MSG_REPORT);
    assert_int_equal(msg.adv_type, USHER_ADV_NONCONN_IND);
    assert_int_equal(msg.ad_len, 1 + sizeof(link_ack));
    assert_int_equal(msg.ad[0], sizeof(link_ack));
    assert_memory_equal(msg.ad + 1, link_ack, sizeof(link_ack));
    expect(site, a, &msg, AIR_MSG_REPORT);
    assert_int_equal(msg.ad_len, 31);
    assert_memory_equal(msg.ad + 1, longest, sizeof(longest));

    msg = beacon(0, 0);
    msg.ad_len = sizeof(flags_and_mesh);
    memcpy(msg.ad, flags_and_mesh, sizeof(flags_and_mesh));
    assert_int_equal(air_wire_send(a, &msg), AIR_WIRE_OK);
    daemon_expect(site, daemon, flags_and_mesh + 3, 4); /* the mesh's, one by one */
    daemon_expect(site, daemon, flags_and_mesh + 7, 3);

    close(daemon); /* it starts anew */
    send_beacon(a, 1, 2);
    run_ms(site, 20);
    daemon = daemon_bind(path[0]);
    send_beacon(a, 2, 3);
    daemon_expect(site, daemon, (const uint8_t[]){ 3, 0x2B, 0, 3 }, 4);

    int other = daemon_bind(path[1]); /* daemons hear each other, and not themselves */
    daemon_send(site, other, link_ack, sizeof(link_ack));
    memcpy(heard + 1, link_ack, sizeof(link_ack));
    daemon_expect(site, daemon, heard, sizeof(heard));
    assert_int_equal(recv(other, heard, sizeof(heard), MSG_DONTWAIT), -1);
    close(daemon);
    close(other);
    close(a);
    unlink(path[0]);
    unlink(path[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(clients_hear_each_other, site_open, site_close),
        cmocka_unit_test_setup_teardown(repetitions_keep_their_interval, site_open, site_close),
        cmocka_unit_test_setup_teardown(a_stopped_advertisement_is_not_told_of, site_open,
                                        site_close),
        cmocka_unit_test_setup_teardown(what_breaks_the_protocol_ends_the_connection, site_open,
                                        site_close),
        cmocka_unit_test_setup_teardown(a_client_begins_with_its_version, site_open, site_close),
        cmocka_unit_test_setup_teardown(garbage_harms_its_sender_only, site_open, site_close),
        cmocka_unit_test_setup_teardown(a_slow_reader_loses_reports_but_no_word_of_its_own,
                                        site_open, site_close),
        cmocka_unit_test_setup_teardown(a_path_is_taken_over_only_when_nobody_serves_it, site_open,
                                        site_close),
        cmocka_unit_test_setup_teardown(the_end_of_the_server_is_seen, site_open, site_close),
        cmocka_unit_test_setup_teardown(a_capture_is_written, site_open, site_close),
        cmocka_unit_test_setup_teardown(a_daemon_takes_part, site_open, site_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
