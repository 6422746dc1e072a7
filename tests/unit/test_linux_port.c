/*
 * The Linux port (ports/linux/linux_port.c): two instances provision each other over an air that is
 * served on the same loop; the port against a server that this test plays, with octets that no
 * server should send.
 */
#include "air_server.h"
#include "air_wire.h"
#include "linux_port.h"
#include "unix_socket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 20000

static const uint8_t uuid[USHER_UUID_SIZE] = { 0xD0, 1, 2, 3, 4, 5, 0x40, 7, 0x80, 9 };
static const struct usher_prov_data data = { .netkey = { 1, 2, 3 }, .address = 0x0123 };

/* An instance with its port, and what became of its session. */
struct end {
    struct usher node;
    struct usher_session session;
    struct linux_port *port;
    unsigned lost;
    char why[300];
    bool heard; /* a beacon of `uuid` */
    bool complete;
    bool closed;
    uint8_t device_key[USHER_KEY_SIZE];
    uint16_t address;
};

struct site {
    uv_loop_t loop;
    uv_timer_t timer;
    bool late;
    char dir[64];
    char path[80];
    char radio[90];
    struct air_server *server;
    int listener; /* of the server that the test plays */
    int peer;     /* its connection */
    struct end a, b;
};

static void on_late(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
    uv_stop(timer->loop); /* or a turn of the loop that began with this would wait for more */
}

static int site_open(void **state)
{
    struct site *site = calloc(1, sizeof(*site));

    *state = site;
    site->listener = site->peer = -1;
    snprintf(site->dir, sizeof(site->dir), "/tmp/usher-port-XXXXXX");
    if (mkdtemp(site->dir) == NULL || uv_loop_init(&site->loop) != 0) {
        return -1;
    }
    uv_timer_init(&site->loop, &site->timer);
    site->timer.data = &site->late;
    snprintf(site->path, sizeof(site->path), "%s/air", site->dir);
    snprintf(site->radio, sizeof(site->radio), "air:%s", site->path);
    return 0;
}

static void end_close(struct end *e)
{
    if (e->port != NULL) {
        usher_deinit(&e->node);
        linux_port_close(e->port);
        e->port = NULL;
    }
}

static int site_close(void **state)
{
    struct site *site = *state;

    end_close(&site->a);
    end_close(&site->b);
    if (site->server != NULL) {
        air_server_stop(site->server);
    }
    if (site->listener >= 0) {
        close(site->listener);
        unlink(site->path);
    }
    if (site->peer >= 0) {
        close(site->peer);
    }
    uv_close((uv_handle_t *)&site->timer, NULL);
    uv_run(&site->loop, UV_RUN_DEFAULT);
    int left = uv_loop_close(&site->loop);
    int dirty = rmdir(site->dir);
    free(site);
    return left != 0 || dirty != 0;
}

/* Runs the loop until *flag is set; answers whether it is. */
static bool run_until(struct site *site, const bool *flag, uint64_t ms)
{
    site->late = false;
    uv_timer_start(&site->timer, on_late, ms, 0);
    while (!site->late && !*flag) {
        uv_run(&site->loop, UV_RUN_ONCE);
    }
    uv_timer_stop(&site->timer);
    return *flag;
}

static void run_ms(struct site *site, uint64_t ms)
{
    static const bool never = false;

    run_until(site, &never, ms);
}

/* Runs the loop until the end's radio is lost, and then on, to see that this is told once. */
static void expect_lost(struct site *site, const struct end *e, const char *words)
{
    for (unsigned ms = 0; e->lost == 0; ms++) {
        assert_true(ms < PATIENCE_MS);
        run_ms(site, 1);
    }
    run_ms(site, 2);
    assert_int_equal(e->lost, 1);
    assert_non_null(strstr(e->why, site->path));
    assert_non_null(strstr(e->why, words));
}

static void on_event(void *user, struct usher *u, const struct usher_event *event)
{
    struct end *e = user;
    struct usher_start choice = { 0 };

    (void)u;
    switch (event->type) {
    case USHER_EVT_UNPROVISIONED_RECEIVED:
        e->heard |= memcmp(event->params.unprov.device_uuid, uuid, sizeof(uuid)) == 0;
        break;
    case USHER_EVT_CAPS_RECEIVED:
        assert_int_equal(usher_choose(&e->session.capabilities, 1, false, &choice), USHER_OK);
        assert_int_equal(usher_oob_use(&e->session, &choice), USHER_OK);
        break;
    case USHER_EVT_COMPLETE:
        e->complete = true;
        memcpy(e->device_key, event->params.complete.p_devkey, sizeof(e->device_key));
        e->address = event->params.complete.p_prov_data->address;
        break;
    case USHER_EVT_LINK_CLOSED:
        e->closed = true;
        break;
    default:
        break;
    }
}

static void on_lost(void *ctx, const char *why)
{
    struct end *e = ctx;

    e->lost++;
    snprintf(e->why, sizeof(e->why), "%s", why);
}

static void end_open(struct site *site, struct end *e)
{
    struct usher_config config = { .handler = on_event, .user = e };

    e->port =
        linux_port_open(&site->loop, site->radio, &e->node, on_lost, e, e->why, sizeof(e->why));
    assert_string_equal(e->why, "");
    assert_non_null(e->port);
    assert_int_equal(usher_init(&e->node, linux_port_get(e->port), &config), USHER_OK);
}

static void serve(struct site *site)
{
    struct air_server_config config = { .listen = site->path };
    char why[300] = "";

    config.air.seed = 3;
    site->server = air_server_start(&site->loop, &config, why, sizeof(why));
    assert_string_equal(why, "");
}

/* A device that beacons at a and a provisioner that has heard it at b. */
static void meet(struct site *site)
{
    const struct usher_caps caps = { .num_elements = 1, .algorithms = 3 };
    const struct usher_listen listen = { .uuid = uuid };

    end_open(site, &site->a);
    usher_session_init(&site->a.node, &site->a.session, &caps, NULL);
    assert_int_equal(usher_listen(&site->a.session, &listen), USHER_OK);
    end_open(site, &site->b);
    usher_session_init(&site->b.node, &site->b.session, NULL, NULL);
    assert_int_equal(usher_scan(&site->b.node, true), USHER_OK);
    assert_true(run_until(site, &site->b.heard, PATIENCE_MS));
}

static void instances_provision_each_other(void **state)
{
    struct site *site = *state;
    const struct usher_provision provision = { .uuid = uuid, .data = &data };

    serve(site);
    meet(site);
    assert_int_equal(usher_provision(&site->b.session, &provision), USHER_OK);
    assert_true(run_until(site, &site->b.closed, PATIENCE_MS));
    assert_true(run_until(site, &site->a.closed, PATIENCE_MS));
    assert_true(site->a.complete && site->b.complete);
    assert_memory_equal(site->a.device_key, site->b.device_key, USHER_KEY_SIZE);
    assert_int_equal(site->a.address, data.address);
    assert_int_equal(site->a.lost + site->b.lost, 0);
}

static uint64_t cpu_ms(void)
{
    struct rusage use;

    getrusage(RUSAGE_SELF, &use);
    return (uint64_t)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000 +
           (uint64_t)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1000;
}

static void the_end_of_the_server_is_told_once(void **state)
{
    struct site *site = *state;
    const struct usher_provision provision = { .uuid = uuid, .data = &data };

    serve(site);
    meet(site);
    assert_int_equal(usher_provision(&site->b.session, &provision), USHER_OK);
    run_ms(site, 100); /* in the middle of the exchange */
    air_server_stop(site->server);
    site->server = NULL;
    uint64_t before = cpu_ms();
    run_ms(site, 1000);
    assert_in_range(cpu_ms() - before, 0, 500); /* instances without a radio do not spin */
    expect_lost(site, &site->a, "is gone");
    expect_lost(site, &site->b, "is gone");
}

static void on_lost_close(void *ctx, const char *why)
{
    struct end *e = ctx;

    on_lost(ctx, why);
    end_close(e);
}

static void a_port_may_be_closed_when_it_is_lost(void **state)
{
    struct site *site = *state;
    struct end *e = &site->a;
    const struct usher_config config = { 0 };

    serve(site);
    e->port = linux_port_open(&site->loop, site->radio, &e->node, on_lost_close, e, e->why,
                              sizeof(e->why));
    assert_non_null(e->port);
    assert_int_equal(usher_init(&e->node, linux_port_get(e->port), &config), USHER_OK);
    run_ms(site, 5);
    air_server_stop(site->server);
    site->server = NULL;
    expect_lost(site, e, "is gone");
    assert_null(e->port);
}

static void expect_no_radio(struct site *site, const char *radio, const char *words)
{
    char why[300] = "";

    assert_null(
        linux_port_open(&site->loop, radio, &site->a.node, on_lost, NULL, why, sizeof(why)));
    assert_non_null(strstr(why, words));
}

static void a_radio_that_is_not_there_is_explained(void **state)
{
    struct site *site = *state;
    char words[300], why[300];

    snprintf(words, sizeof(words), "no air at %s: start one with `usher air --listen %s`",
             site->path, site->path);
    expect_no_radio(site, site->radio, words);
    site->listener = unix_bind(site->path, SOCK_SEQPACKET, why, sizeof(why)); /* does not listen */
    expect_no_radio(site, site->radio, words);
    close(site->listener);
    unlink(site->path);
    site->listener = unix_bind(site->path, SOCK_DGRAM, why, sizeof(why));
    expect_no_radio(site, site->radio, "something else than `usher air`");
    expect_no_radio(site, "x4:/dev/ttyS0", "\"x4:/dev/ttyS0\": there are air:PATH, h4:PATH");
    expect_no_radio(site, "air:", "there are air:PATH");
    expect_no_radio(site, "", "there are air:PATH");
}

/* The test plays the server: accepts end a's connection and greets it. */
static void play_server(struct site *site, uint8_t version)
{
    char why[300];
    struct air_msg msg;

    site->listener = unix_bind(site->path, SOCK_SEQPACKET, why, sizeof(why));
    assert_int_equal(listen(site->listener, 4), 0);
    end_open(site, &site->a);
    site->peer = accept4(site->listener, NULL, NULL, SOCK_NONBLOCK);
    assert_true(site->peer >= 0);
    assert_int_equal(air_wire_receive(site->peer, &msg), AIR_WIRE_OK);
    assert_int_equal(msg.type, AIR_MSG_HELLO);
    assert_int_equal(msg.version, AIR_WIRE_VERSION);
    msg.version = version;
    assert_int_equal(air_wire_send(site->peer, &msg), AIR_WIRE_OK);
    run_ms(site, 5);
}

static void another_version_is_told_so(void **state)
{
    struct site *site = *state;

    play_server(site, AIR_WIRE_VERSION + 1);
    expect_lost(site, &site->a, "another version");
}

static void another_version_is_told_so_by_a_server_that_leaves(void **state)
{
    struct site *site = *state;
    struct air_msg msg = { .type = AIR_MSG_HELLO, .version = AIR_WIRE_VERSION + 1 };
    char why[300];

    site->listener = unix_bind(site->path, SOCK_SEQPACKET, why, sizeof(why));
    assert_int_equal(listen(site->listener, 4), 0);
    end_open(site, &site->a);
    site->peer = accept4(site->listener, NULL, NULL, SOCK_NONBLOCK);
    assert_int_equal(air_wire_send(site->peer, &msg), AIR_WIRE_OK);
    close(site->peer); /* with our hello unread: the kernel tells of a reset first */
    site->peer = -1;
    expect_lost(site, &site->a, "another version");
}

/* Advertisements with odd contents are the instance's to judge; all else ends the connection. */
static void garbage_of_a_server_is_survived(void **state)
{
    struct site *site = *state;

    srandom(11);
    for (unsigned i = 0; i < 100; i++) {
        play_server(site, AIR_WIRE_VERSION);
        for (unsigned k = 0; k < 40; k++) {
            uint8_t buf[64] = { AIR_MSG_REPORT, USHER_ADV_NONCONN_IND };
            size_t len = 10 + (size_t)random() % (USHER_AD_MAX + 1);
            for (size_t at = 2; at < len; at++) {
                buf[at] = (uint8_t)(at == 3 ? random() % 2 : random() % (at < 12 ? 0x30 : 256));
            }
            if (k == 39) { /* the last one is no message */
                len = random() % 2 != 0 ? sizeof(buf) : (size_t)random() % 10;
            }
            send(site->peer, buf, len, MSG_NOSIGNAL);
        }
        expect_lost(site, &site->a, "");
        end_close(&site->a);
        site->a = (struct end){ 0 };
        close(site->peer);
        close(site->listener);
        unlink(site->path);
        site->peer = site->listener = -1;
    }
}

static struct usher_adv beacon(uint8_t slot)
{
    return (struct usher_adv){
        .slot = slot, .type = USHER_ADV_NONCONN_IND, .count = 1, .len = 3, .data = { 2, 0x2B, slot }
    };
}

static void expect(struct site *site, uint8_t type, uint8_t slot, struct air_msg *msg)
{
    assert_int_equal(air_wire_receive(site->peer, msg), AIR_WIRE_OK);
    assert_int_equal(msg->type, type);
    assert_int_equal(msg->slot, slot);
}

/* Whether the slot counts as in use shows in whether a stop is sent for it. */
static void a_late_word_is_not_about_the_next_advertisement(void **state)
{
    struct site *site = *state;
    struct usher_adv adv = beacon(2);
    struct air_msg first, second, msg;

    play_server(site, AIR_WIRE_VERSION);
    const struct usher_port *port = linux_port_get(site->a.port);
    assert_int_equal(port->adv_start(port->ctx, &adv), USHER_OK);
    port->adv_stop(port->ctx, 2);
    assert_int_equal(port->adv_start(port->ctx, &adv), USHER_OK);
    expect(site, AIR_MSG_SEND, 2, &first);
    expect(site, AIR_MSG_STOP, 2, &msg);
    expect(site, AIR_MSG_SEND, 2, &second);

    msg = (struct air_msg){ .type = AIR_MSG_DONE, .slot = 2, .turn = first.turn };
    air_wire_send(site->peer, &msg);
    run_ms(site, 5);
    port->adv_stop(port->ctx, 2); /* still in use */
    expect(site, AIR_MSG_STOP, 2, &msg);

    assert_int_equal(port->adv_start(port->ctx, &adv), USHER_OK);
    expect(site, AIR_MSG_SEND, 2, &second);
    msg = (struct air_msg){ .type = AIR_MSG_DONE, .slot = 2, .turn = second.turn };
    air_wire_send(site->peer, &msg);
    run_ms(site, 5);
    port->adv_stop(port->ctx, 2); /* not any more */
    assert_int_equal(air_wire_receive(site->peer, &msg), AIR_WIRE_AGAIN);
    assert_int_equal(site->a.lost, 0);
}

/*
 * Sends in slot 0 until the server's socket is full; then slot 1 is stopped, and all is scanned
 * for.
 */
static const struct usher_port *fill_socket(struct site *site)
{
    struct usher_adv first = beacon(1), adv = beacon(0);
    unsigned sent = 0;

    play_server(site, AIR_WIRE_VERSION);
    const struct usher_port *port = linux_port_get(site->a.port);
    assert_int_equal(port->adv_start(port->ctx, &first), USHER_OK);
    while (sent < 100000 && port->adv_start(port->ctx, &adv) == USHER_OK) {
        port->adv_stop(port->ctx, 0);
        sent++;
    }
    assert_in_range(sent, 10, 99999);
    port->adv_stop(port->ctx, 1);
    assert_int_equal(port->scan(port->ctx, USHER_SCAN_BEACON), USHER_OK);
    return port;
}

/* What the server has read. */
struct tally {
    int on[2]; /* by slot: started and not stopped */
    unsigned scans;
};

static void read_all(struct site *site, struct tally *tally)
{
    struct air_msg msg;

    while (air_wire_receive(site->peer, &msg) == AIR_WIRE_OK) {
        if (msg.type == AIR_MSG_SCAN) {
            assert_int_equal(msg.what, USHER_SCAN_BEACON);
            tally->scans++;
            continue;
        }
        assert_in_range(msg.slot, 0, 1);
        tally->on[msg.slot] += msg.type == AIR_MSG_SEND ? 1 : -1;
        assert_in_range(tally->on[msg.slot], 0, 1); /* never a second one in a slot */
    }
}

static void a_server_that_does_not_read_misses_no_stop(void **state)
{
    struct site *site = *state;
    struct tally tally = { 0 };

    fill_socket(site);
    read_all(site, &tally);
    assert_int_equal(tally.on[1], 1);
    assert_int_equal(tally.scans, 0);
    run_ms(site, 5); /* now there is room */
    read_all(site, &tally);
    assert_int_equal(tally.on[0], 0);
    assert_int_equal(tally.on[1], 0);
    assert_int_equal(tally.scans, 1);
}

static void what_waits_is_sent_before_what_is_new(void **state)
{
    struct site *site = *state;
    struct usher_adv next = beacon(1);
    struct tally tally = { 0 };

    const struct usher_port *port = fill_socket(site);
    assert_int_equal(port->adv_start(port->ctx, &next), USHER_E_BUSY);
    read_all(site, &tally);
    assert_int_equal(port->adv_start(port->ctx, &next), USHER_OK);
    read_all(site, &tally);
    assert_int_equal(tally.on[1], 1);
}

/* More computations than the pool has threads, so that some are running and some wait. */
static void computations_may_outlive_the_port(void **state)
{
    struct site *site = *state;
    uint8_t private_key[USHER_P256_PRIVATE], public_key[USHER_P256_PUBLIC];

    play_server(site, AIR_WIRE_VERSION);
    const struct usher_port *port = linux_port_get(site->a.port);
    assert_int_equal(usher_generate_keys(&site->a.node, private_key, public_key), USHER_OK);
    for (uint32_t token = 1; token <= 40; token++) {
        assert_int_equal(port->ecdh(port->ctx, token, private_key, public_key), USHER_OK);
    }
    end_close(&site->a);
    memset(&site->a.node, 0xFF, sizeof(site->a.node)); /* it is not touched any more */
    uv_run(&site->loop, UV_RUN_DEFAULT);
}

static void time_goes_on_and_random_octets_differ(void **state)
{
    struct site *site = *state;
    uint8_t one[300], two[300];

    play_server(site, AIR_WIRE_VERSION);
    const struct usher_port *port = linux_port_get(site->a.port);
    uint64_t before = port->now_ms(port->ctx);
    usleep(20000); /* within one turn of the loop */
    assert_in_range(port->now_ms(port->ctx) - before, 19, 2000);
    assert_int_equal(port->random(port->ctx, one, sizeof(one)), USHER_OK);
    assert_int_equal(port->random(port->ctx, two, sizeof(two)), USHER_OK);
    assert_memory_not_equal(one, two, sizeof(one));
    assert_memory_not_equal(one + 268, two + 268, 32); /* up to the end */
}

int main(void)
{
#define AT_SITE(test) cmocka_unit_test_setup_teardown(test, site_open, site_close)
    const struct CMUnitTest tests[] = {
        AT_SITE(instances_provision_each_other),
        AT_SITE(the_end_of_the_server_is_told_once),
        AT_SITE(a_port_may_be_closed_when_it_is_lost),
        AT_SITE(a_radio_that_is_not_there_is_explained),
        AT_SITE(another_version_is_told_so),
        AT_SITE(another_version_is_told_so_by_a_server_that_leaves),
        AT_SITE(garbage_of_a_server_is_survived),
        AT_SITE(a_late_word_is_not_about_the_next_advertisement),
        AT_SITE(a_server_that_does_not_read_misses_no_stop),
        AT_SITE(what_waits_is_sent_before_what_is_new),
        AT_SITE(computations_may_outlive_the_port),
        AT_SITE(time_goes_on_and_random_octets_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
