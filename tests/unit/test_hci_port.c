/*
 * Bluetooth controllers as radios of the Linux port (ports/linux/hci_radio.c, hci_stream.c): over
 * simulated ones that are served on the same loop, and against a controller that this test plays.
 * Streams that break are in tests/tool/test_gatt.py.
 */
#include "air_server.h"
#include "hci_stream.h"
#include "linux_port.h"
#include "unix_socket.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 20000

static const uint8_t uuid[USHER_UUID_SIZE] = { 0xD0, 1, 2, 3, 4, 5, 0x40, 7, 0x80, 9 };
static const uint8_t reset[] = { 1, 0x03, 0x0C, 0 };

struct site {
    uv_loop_t loop;
    uv_timer_t tick;
    char dir[64], air[80], hci[80], radio[90];
    struct air_server *server;
    int listener, peer; /* of the controller that the test plays */
    struct usher node, device;
    struct usher_session session;
    struct linux_port *port, *device_port;
    unsigned heard, lost;
    char why[300]; /* the radio was lost */
};

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static void on_lost(void *ctx, const char *why)
{
    struct site *site = ctx;

    snprintf(site->why, sizeof(site->why), "%s", why);
    site->lost++;
}

static int site_open(void **state)
{
    struct site *site = calloc(1, sizeof(*site));

    *state = site;
    site->listener = site->peer = -1;
    snprintf(site->dir, sizeof(site->dir), "/tmp/usher-radio-XXXXXX");
    if (mkdtemp(site->dir) == NULL || uv_loop_init(&site->loop) != 0) {
        return -1;
    }
    uv_timer_init(&site->loop, &site->tick);
    uv_timer_start(&site->tick, on_tick, 1, 1);
    snprintf(site->air, sizeof(site->air), "%s/air", site->dir);
    snprintf(site->hci, sizeof(site->hci), "%s/hci", site->dir);
    snprintf(site->radio, sizeof(site->radio), "h4:%s", site->hci);
    return 0;
}

static void node_close(struct usher *node, struct linux_port **port)
{
    if (*port != NULL) {
        usher_deinit(node);
        linux_port_close(*port);
        *port = NULL;
    }
}

static int site_close(void **state)
{
    struct site *site = *state;

    node_close(&site->node, &site->port);
    node_close(&site->device, &site->device_port);
    if (site->server != NULL) {
        air_server_stop(site->server);
    }
    if (site->listener >= 0) {
        close(site->listener);
        unlink(site->hci);
    }
    if (site->peer >= 0) {
        close(site->peer);
    }
    uv_close((uv_handle_t *)&site->tick, NULL);
    uv_run(&site->loop, UV_RUN_DEFAULT);
    int left = uv_loop_close(&site->loop);
    int dirty = rmdir(site->dir);
    free(site);
    return left != 0 || dirty != 0;
}

static void run_ms(struct site *site, unsigned ms)
{
    uint64_t end = uv_now(&site->loop) + ms;

    do {
        uv_run(&site->loop, UV_RUN_ONCE);
    } while (uv_now(&site->loop) < end);
}

static void serve(struct site *site)
{
    const char *const places[] = { site->hci, NULL };
    char why[300] = "";

    site->server = air_server_start(
        &site->loop, &(struct air_server_config){ .listen = site->air, .hci = places }, why,
        sizeof(why));
    assert_string_equal(why, "");
}

static struct linux_port *port_open(struct site *site, const char *radio, struct usher *node,
                                    usher_event_handler handler)
{
    struct usher_config config = { .handler = handler, .user = site };
    char why[300] = "";
    struct linux_port *port =
        linux_port_open(&site->loop, radio, node, on_lost, site, why, sizeof(why));

    assert_string_equal(why, "");
    assert_int_equal(usher_init(node, linux_port_get(port), &config), USHER_OK);
    return port;
}

/* -- names ------------------------------------------------------------------------------------- */

static void what_names_a_controller(void **state)
{
    static const struct {
        const char *text, *path;
        enum hci_stream_kind kind;
        unsigned baud;
        bool rtscts;
    } good[] = {
        { "/dev/ttyUSB0", "/dev/ttyUSB0", HCI_STREAM_PATHNAME, 115200, false },
        { "/dev/ttyUSB0@921600", "/dev/ttyUSB0", HCI_STREAM_PATHNAME, 921600, false },
        { "/dev/ttyUSB0@1000000,rtscts", "/dev/ttyUSB0", HCI_STREAM_PATHNAME, 1000000, true },
        { "./a@b", "./a@b", HCI_STREAM_PATHNAME, 115200, false },
        { "tcp:127.0.0.1:1", "127.0.0.1", HCI_STREAM_TCP, 115200, false },
        { "tcp:[::1]:65535", "::1", HCI_STREAM_TCP, 115200, false },
    };
    static const char *const bad[] = { "",
                                       "@9600",
                                       "/dev/ttyS0@9601",
                                       "/dev/ttyS0@9600,xonxoff",
                                       "/dev/ttyS0@9600rtscts",
                                       "/dev/ttyS0@18446744073709561216",
                                       "tcp:",
                                       "tcp:127.0.0.1",
                                       "tcp:127.0.0.1:0",
                                       "tcp:127.0.0.1:65536",
                                       "tcp:127.0.0.1:1x",
                                       "tcp::1",
                                       "tcp:[]:1" };
    struct hci_stream s;
    char why[300], longest[HCI_STREAM_PATH + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(hci_stream_h4(&s, good[i].text, why, sizeof(why)));
        assert_string_equal(s.path, good[i].path);
        assert_int_equal(s.kind, good[i].kind);
        assert_int_equal(s.baud, good[i].baud);
        assert_int_equal(s.rtscts, good[i].rtscts);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(hci_stream_h4(&s, bad[i], why, sizeof(why)));
    }
    memset(longest, 'x', sizeof(longest) - 1);
    longest[HCI_STREAM_PATH] = '\0';
    assert_false(hci_stream_h4(&s, longest, why, sizeof(why)));
    assert_true(hci_stream_h4(&s, longest + 1, why, sizeof(why)));
    assert_true(hci_stream_user_channel(&s, "12", why, sizeof(why)));
    assert_int_equal(s.dev, 12);
    assert_false(hci_stream_user_channel(&s, "", why, sizeof(why)));
    assert_false(hci_stream_user_channel(&s, "-1", why, sizeof(why)));
    assert_false(hci_stream_user_channel(&s, "0x0", why, sizeof(why)));
    assert_false(hci_stream_user_channel(&s, "65535", why, sizeof(why)));
}

static void the_mtu_has_a_range_and_needs_gatt(void **state)
{
    struct site *site = *state;
    char air[90];

    serve(site);
    site->port = port_open(site, site->radio, &site->node, NULL);
    assert_true(linux_port_mtu_set(site->port, 23));
    assert_true(linux_port_mtu_set(site->port, 247));
    assert_false(linux_port_mtu_set(site->port, 22));
    assert_false(linux_port_mtu_set(site->port, 248));
    assert_false(linux_port_mtu_set(site->port, 0));
    snprintf(air, sizeof(air), "air:%s", site->air);
    site->device_port = port_open(site, air, &site->device, NULL);
    assert_false(linux_port_mtu_set(site->device_port, 23));
    assert_int_equal(linux_port_get(site->device_port)->gatt_conns, 0);
}

/* -- instances --------------------------------------------------------------------------------- */

static void on_heard_close(void *user, struct usher *u, const struct usher_event *event)
{
    struct site *site = user;

    (void)u;
    if (event->type == USHER_EVT_UNPROVISIONED_RECEIVED) {
        site->heard++;
        node_close(&site->node, &site->port);
    }
}

static void an_instance_may_be_ended_when_it_is_told_something(void **state)
{
    struct site *site = *state;
    const struct usher_caps caps = { .num_elements = 1, .algorithms = 3 };
    const struct usher_listen listen_to = { .uuid = uuid };

    serve(site);
    site->device_port = port_open(site, site->radio, &site->device, NULL);
    usher_session_init(&site->device, &site->session, &caps, NULL);
    assert_int_equal(usher_listen(&site->session, &listen_to), USHER_OK);
    site->port = port_open(site, site->radio, &site->node, on_heard_close);
    assert_int_equal(usher_scan(&site->node, true), USHER_OK);
    for (unsigned ms = 0; site->heard == 0; ms++) {
        assert_in_range(ms, 0, PATIENCE_MS);
        run_ms(site, 1);
    }
    assert_null(site->port);
    run_ms(site, 3000); /* more is on the air */
    assert_int_equal(site->heard, 1);
    assert_int_equal(air_server_radios(site->server), 1);
}

/* -- a controller that this test plays --------------------------------------------------------- */

static void play(struct site *site)
{
    char why[300];

    site->listener = unix_bind(site->hci, SOCK_STREAM, why, sizeof(why));
    assert_int_equal(listen(site->listener, 4), 0);
    site->port = port_open(site, site->radio, &site->node, NULL);
    site->peer = accept4(site->listener, NULL, NULL, SOCK_NONBLOCK);
    assert_true(site->peer >= 0);
}

static void the_first_and_the_last_word_is_reset(void **state)
{
    struct site *site = *state;
    uint8_t octets[64];

    play(site);
    run_ms(site, 5);
    assert_int_equal(read(site->peer, octets, sizeof(octets)), sizeof(reset));
    assert_memory_equal(octets, reset, sizeof(reset));
    node_close(&site->node, &site->port);
    assert_int_equal(read(site->peer, octets, sizeof(octets)), sizeof(reset));
    assert_memory_equal(octets, reset, sizeof(reset));
    assert_int_equal(read(site->peer, octets, sizeof(octets)), 0);
}

static void a_port_may_be_closed_before_the_loop_runs(void **state)
{
    struct site *site = *state;

    play(site);
    node_close(&site->node, &site->port);
    run_ms(site, 5);
}

/* Its streams break, but for the last one: patience ends while it has yet to answer. To begin anew
 * is no reason, and takes the place of none. */
static void a_radio_is_lost_for_the_last_reason_that_there_was(void **state)
{
    struct site *site = *state;
    char why[300];

    play(site);
    uint64_t opened = uv_now(&site->loop);
    while (site->lost == 0) {
        uint64_t ms = uv_now(&site->loop) - opened;

        assert_in_range(ms, 0, PATIENCE_MS);
        if (site->peer >= 0 && ms < 8500) { /* the last attempt but one was after 8 s */
            close(site->peer);
            site->peer = -1;
        }
        run_ms(site, 10);
        if (site->peer < 0) {
            site->peer = accept4(site->listener, NULL, NULL, SOCK_NONBLOCK);
        }
    }
    assert_true(site->peer >= 0);
    snprintf(why, sizeof(why), "radio %s is lost: the controller's stream broke", site->radio);
    assert_string_equal(site->why, why);
}

/* Answers to what a host asks, with random contents, and random octets in between. */
static void garbage_of_a_controller_is_survived(void **state)
{
    struct site *site = *state;

    srandom(7);
    for (unsigned i = 0; i < 40; i++) {
        play(site);
        for (unsigned k = 0; k < 30; k++) {
            uint8_t command[512], answer[80];
            ssize_t got = read(site->peer, command, sizeof(command));
            size_t len = (size_t)random() % 70;

            for (size_t at = 0; at < sizeof(answer); at++) {
                answer[at] = (uint8_t)random();
            }
            if (got >= 4 && k < 25) { /* Command Complete, and it succeeded */
                const uint8_t head[] = {
                    4, 0x0E, (uint8_t)(len + 4), 1, command[1], command[2], 0
                };
                memcpy(answer, head, sizeof(head));
                len += sizeof(head);
            }
            send(site->peer, answer, len, MSG_NOSIGNAL);
            run_ms(site, 1);
        }
        node_close(&site->node, &site->port);
        close(site->peer);
        close(site->listener);
        unlink(site->hci);
        site->peer = site->listener = -1;
    }
}

int main(void)
{
#define AT_SITE(test) cmocka_unit_test_setup_teardown(test, site_open, site_close)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_names_a_controller),
        AT_SITE(the_mtu_has_a_range_and_needs_gatt),
        AT_SITE(an_instance_may_be_ended_when_it_is_told_something),
        AT_SITE(the_first_and_the_last_word_is_reset),
        AT_SITE(a_port_may_be_closed_before_the_loop_runs),
        AT_SITE(a_radio_is_lost_for_the_last_reason_that_there_was),
        AT_SITE(garbage_of_a_controller_is_survived),
    };

    signal(SIGPIPE, SIG_DFL); /* of which the port makes none */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
