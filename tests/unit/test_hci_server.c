/*
 * Simulated controllers at sockets and ptys (ports/linux/hci_server.c), as a host sees them: H4
 * packets that this test writes and reads.
 */
#include "hci_server.h"
#include "unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 20000

static const uint8_t reset[] = { 1, 0x03, 0x0C, 0 };
static const uint8_t reset_done[] = { 4, 0x0E, 4, 1, 0x03, 0x0C, 0 };
static const uint8_t read_commands[] = { 1, 0x02, 0x10, 0 };

struct site {
    uv_loop_t loop;
    uv_timer_t tick; /* or a turn of the loop might wait for long */
    char dir[64];
    char path[128];
    struct air *air;
    struct air_clock *clock;
    struct hci_server *server;
    int host;
};

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static const char *in_dir(struct site *site, const char *name)
{
    snprintf(site->path, sizeof(site->path), "%s/%s", site->dir, name);
    return site->path;
}

static int site_open(void **state)
{
    struct site *site = calloc(1, sizeof(*site));

    *state = site;
    site->host = -1;
    snprintf(site->dir, sizeof(site->dir), "/tmp/usher-hci-XXXXXX");
    if (mkdtemp(site->dir) == NULL || uv_loop_init(&site->loop) != 0) {
        return -1;
    }
    site->air = air_new(&(struct air_config){ .seed = 5, .no_collisions = true });
    site->clock = air_clock_new(&site->loop, site->air);
    uv_timer_init(&site->loop, &site->tick);
    uv_timer_start(&site->tick, on_tick, 1, 1);
    return site->air == NULL || site->clock == NULL;
}

static void stop(struct site *site)
{
    if (site->server != NULL) {
        hci_server_stop(site->server);
        site->server = NULL;
    }
}

static int site_close(void **state)
{
    struct site *site = *state;

    stop(site);
    if (site->host >= 0) {
        close(site->host);
    }
    air_clock_stop(site->clock);
    air_free(site->air);
    uv_close((uv_handle_t *)&site->tick, NULL);
    uv_run(&site->loop, UV_RUN_DEFAULT);
    int left = uv_loop_close(&site->loop);
    /* the server has removed what it made, so the directory is empty */
    int dirty = rmdir(site->dir);
    free(site);
    return left != 0 || dirty != 0;
}

static void serve(struct site *site, const char *place)
{
    static const struct sim_hci_config config;
    char why[300] = "";

    site->server =
        hci_server_start(&site->loop, site->air, site->clock, place, &config, why, sizeof(why));
    assert_string_equal(why, "");
    assert_non_null(site->server);
    assert_int_equal(hci_server_count(site->server), 0);
}

static void refused(struct site *site, const char *place, const char *words)
{
    static const struct sim_hci_config config;
    char why[300] = "";

    assert_null(
        hci_server_start(&site->loop, site->air, site->clock, place, &config, why, sizeof(why)));
    assert_non_null(strstr(why, words));
}

/* What follows "h4:" in the server's name as a radio. */
static const char *place_of(const struct site *site)
{
    const char *radio = hci_server_radio(site->server);

    assert_int_equal(strncmp(radio, "h4:", 3), 0);
    return radio + 3;
}

static void run_ms(struct site *site, unsigned ms)
{
    uint64_t end = uv_now(&site->loop) + ms;

    do {
        uv_run(&site->loop, UV_RUN_ONCE);
    } while (uv_now(&site->loop) < end);
}

static void expect_count(struct site *site, unsigned count)
{
    for (unsigned ms = 0; hci_server_count(site->server) != count; ms++) {
        assert_in_range(ms, 0, PATIENCE_MS);
        run_ms(site, 1);
    }
}

static void say(const struct site *site, const uint8_t *octets, size_t len)
{
    assert_int_equal(write(site->host, octets, len), len);
}

/* Reads as many octets. */
static void hear(struct site *site, uint8_t *octets, size_t len)
{
    unsigned ms = 0;

    for (size_t have = 0; have < len; ms++) {
        ssize_t got = read(site->host, octets + have, len - have);
        assert_true(got > 0 || (got < 0 && errno == EAGAIN));
        assert_in_range(ms, 0, PATIENCE_MS);
        have += got > 0 ? (size_t)got : 0;
        run_ms(site, 1);
    }
}

static void expect_reset(struct site *site)
{
    uint8_t answer[sizeof(reset_done)];

    say(site, reset, sizeof(reset));
    hear(site, answer, sizeof(answer));
    assert_memory_equal(answer, reset_done, sizeof(reset_done));
}

static void nothing_more_comes(struct site *site)
{
    uint8_t octet;

    run_ms(site, 20);
    assert_int_equal(read(site->host, &octet, 1), -1);
    assert_int_equal(errno, EAGAIN);
}

/* -- sockets ----------------------------------------------------------------------------------- */

static void each_connection_is_a_controller(void **state)
{
    struct site *site = *state;
    char path[128];

    snprintf(path, sizeof(path), "%s", in_dir(site, "c"));
    serve(site, path);
    assert_string_equal(place_of(site), path);
    site->host = unix_connect(path, SOCK_STREAM);
    int other = unix_connect(path, SOCK_STREAM);
    expect_count(site, 2);
    expect_reset(site);
    close(other);
    expect_count(site, 1);
    expect_reset(site);
    nothing_more_comes(site);
    close(site->host);
    site->host = -1;
    expect_count(site, 0);
    stop(site);
    assert_int_equal(access(path, F_OK), -1);
}

static void a_socket_in_use_is_left_to_its_server(void **state)
{
    struct site *site = *state;

    serve(site, in_dir(site, "c"));
    refused(site, in_dir(site, "c"), "in use");
    refused(site, "tcp:", "tcp:HOST:PORT");
    refused(site, "tcp:127.0.0.1:", "tcp:HOST:PORT");
    refused(site, "tcp:127.0.0.1:none", "tcp:127.0.0.1:none");
    refused(site, "tcp:127.0.0.1:65536", "tcp:HOST:PORT");
    site->host = unix_connect(site->path, SOCK_STREAM);
    assert_true(site->host >= 0);
}

static void tcp_tells_the_port_that_it_got(void **state)
{
    struct site *site = *state;
    struct sockaddr_in address = { .sin_family = AF_INET };

    serve(site, "tcp:127.0.0.1:0");
    static const char place[] = "tcp:127.0.0.1:";
    unsigned long port;

    assert_int_equal(strncmp(place_of(site), place, sizeof(place) - 1), 0);
    port = strtoul(place_of(site) + sizeof(place) - 1, NULL, 10);
    assert_in_range(port, 1, 65535);
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    site->host = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(site->host, (struct sockaddr *)&address, sizeof(address)), 0);
    fcntl(site->host, F_SETFL, O_NONBLOCK);
    expect_reset(site);
}

/* -- ptys -------------------------------------------------------------------------------------- */

static void open_tty(struct site *site)
{
    site->host = open(place_of(site), O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_true(site->host >= 0);
}

static void a_pty_is_a_controller_for_who_opens_it(void **state)
{
    struct site *site = *state;
    static const uint8_t half[] = { 1, 0x03 }; /* of a command, by a host that goes */

    serve(site, "pty");
    run_ms(site, 150);
    assert_int_equal(hci_server_count(site->server), 0);
    for (unsigned i = 0; i < 2; i++) {
        open_tty(site);
        expect_count(site, 1);
        expect_reset(site);       /* the second one begins afresh */
        nothing_more_comes(site); /* no echo, either */
        say(site, half, sizeof(half));
        run_ms(site, 5);
        close(site->host);
        site->host = -1;
        expect_count(site, 0);
    }
}

static void a_link_names_the_pty(void **state)
{
    struct site *site = *state;
    char place[140], path[128];
    struct stat st;

    snprintf(path, sizeof(path), "%s", in_dir(site, "tty"));
    snprintf(place, sizeof(place), "pty:%s", path);
    assert_int_equal(symlink("/nowhere", path), 0); /* of a server that was killed */
    serve(site, place);
    assert_string_equal(place_of(site), path);
    open_tty(site);
    expect_reset(site);
    stop(site);
    assert_int_equal(lstat(path, &st), -1);

    int file = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(file >= 0);
    close(file);
    refused(site, place, "not a link of ours");
    assert_int_equal(unlink(path), 0); /* it is still there */
}

/* -- hosts that do not read -------------------------------------------------------------------- */

/* Another radio, which sends without end. */
static void on_sent(void *ctx, uint8_t slot)
{
    struct air_radio **radio = ctx;
    struct usher_adv adv = { .slot = slot, .type = USHER_ADV_NONCONN_IND, .count = 1, .len = 31 };

    adv.data[0] = 30;
    adv.data[1] = 0x2A;
    assert_int_equal(air_send(*radio, &adv), USHER_OK);
}

static void on_heard(void *ctx, const struct usher_adv_report *report)
{
    (void)ctx;
    (void)report;
}

static void scan(struct site *site)
{
    static const uint8_t mask[] = { 1, 0x01, 0x0C, 8, 255, 255, 255, 255, 255, 255, 255, 63 };
    static const uint8_t parameters[] = { 1, 0x0B, 0x20, 7, 0, 0x10, 0, 0x10, 0, 0, 0 };
    static const uint8_t enable[] = { 1, 0x0C, 0x20, 2, 1, 0 };
    uint8_t answer[7];

    expect_reset(site);
    say(site, mask, sizeof(mask));
    hear(site, answer, sizeof(answer));
    say(site, parameters, sizeof(parameters));
    hear(site, answer, sizeof(answer));
    say(site, enable, sizeof(enable));
    hear(site, answer, sizeof(answer));
    assert_int_equal(answer[6], 0);
}

/* What it misses is whole reports: what it gets is whole packets. */
static void a_slow_host_misses_advertisements(void **state)
{
    static const struct air_owner owner = { .report = on_heard, .adv_done = on_sent };
    struct site *site = *state;
    static struct air_radio *radio;
    unsigned reports = 0;
    uint8_t packet[260];

    serve(site, "pty"); /* which takes parts of what is written */
    open_tty(site);
    scan(site);
    air_clock_catch_up(site->clock);
    radio = air_join(site->air, &owner, &radio);
    const uint64_t sent = air_stats(site->air)->events;
    for (uint8_t slot = 0; slot < 8; slot++) {
        on_sent(&radio, slot);
    }
    air_clock_arm(site->clock);
    run_ms(site, 3000);
    const uint64_t heard = air_stats(site->air)->events - sent;
    air_leave(radio);
    say(site, reset, sizeof(reset)); /* its answer comes behind what waits */
    do {
        hear(site, packet, 3);
        assert_int_equal(packet[0], 4);
        hear(site, packet + 3, packet[2]);
        reports += packet[1] == 0x3E;
    } while (packet[1] == 0x3E);
    assert_memory_equal(packet, reset_done, sizeof(reset_done));
    assert_in_range(reports, 50, heard - 50);
    expect_reset(site);
}

static void a_host_that_reads_nothing_is_disconnected(void **state)
{
    struct site *site = *state;

    serve(site, in_dir(site, "c"));
    site->host = unix_connect(site->path, SOCK_STREAM);
    expect_reset(site);
    for (unsigned i = 0; hci_server_count(site->server) > 0; i++) {
        assert_in_range(i, 0, PATIENCE_MS);
        ssize_t sent = send(site->host, read_commands, sizeof(read_commands), MSG_NOSIGNAL);
        assert_true(sent == sizeof(read_commands) || errno == EPIPE);
        run_ms(site, 2); /* or there would be too many commands at once */
    }
}

/* The answer has nowhere to go, which is no SIGPIPE. */
static void a_host_may_go_before_it_is_answered(void **state)
{
    struct site *site = *state;

    serve(site, in_dir(site, "c"));
    site->host = unix_connect(site->path, SOCK_STREAM);
    expect_reset(site);
    say(site, read_commands, sizeof(read_commands));
    uv_run(&site->loop, UV_RUN_NOWAIT); /* it is read; the answer takes a moment */
    usleep(20000);
    close(site->host);
    site->host = -1;
    expect_count(site, 0);
}

int main(void)
{
#define AT_SITE(test) cmocka_unit_test_setup_teardown(test, site_open, site_close)
    const struct CMUnitTest tests[] = {
        AT_SITE(each_connection_is_a_controller),
        AT_SITE(a_socket_in_use_is_left_to_its_server),
        AT_SITE(tcp_tells_the_port_that_it_got),
        AT_SITE(a_pty_is_a_controller_for_who_opens_it),
        AT_SITE(a_link_names_the_pty),
        AT_SITE(a_slow_host_misses_advertisements),
        AT_SITE(a_host_that_reads_nothing_is_disconnected),
        AT_SITE(a_host_may_go_before_it_is_answered),
    };

    signal(SIGPIPE, SIG_DFL); /* of which the server makes none */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
