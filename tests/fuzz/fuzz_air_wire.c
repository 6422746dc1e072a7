/*
 * What comes out of the sockets of the simulated air: messages and bluetooth-meshd's datagrams to
 * its server, messages to the Linux port, and the decoder that both read messages with. The input
 * is cut into messages, which one end gets as a hostile peer would send them.
 *
 * Checked: what is decoded is written again octet for octet; the server answers messages only, and
 * serves the next client as if nothing had been; a daemon is sent whole AD structures; the port
 * says once that its radio is lost.
 * Time is the machine's here, so the moments at which advertisements end are not the input's.
 */
#include "air_server.h"
#include "air_wire.h"
#include "fuzz.h"
#include "linux_port.h"
#include "people.h"
#include "unix_socket.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGES 64
#define LONGEST (AIR_WIRE_MAX + 4u) /* a little longer than the longest message */

static const uint8_t uuid[USHER_UUID_SIZE] = "a device of ours";
static const uint8_t private_key[USHER_P256_PRIVATE] = "the private key of the device...";

static uv_loop_t loop;
static char directory[] = "/tmp/usher-fuzz-XXXXXX";
static char path[64], daemon_path[64];

static void remove_directory(void)
{
    (void)rmdir(directory);
}

static void init(void)
{
    FUZZ_CHECK(mkdtemp(directory) != NULL && atexit(remove_directory) == 0);
    snprintf(path, sizeof(path), "%s/air", directory);
    snprintf(daemon_path, sizeof(daemon_path), "%s/daemon", directory);
    FUZZ_CHECK(uv_loop_init(&loop) == 0);
}

/* The server tells of each client that it throws out, which would be all there is to read. */
static void loop_run(uv_run_mode mode)
{
    static FILE *nowhere;
    FILE *terminal = stderr;

    if (nowhere == NULL) {
        nowhere = fopen("/dev/null", "w");
        FUZZ_CHECK(nowhere != NULL);
    }
    stderr = nowhere;
    uv_run(&loop, mode);
    stderr = terminal;
}

/* One message of the input: its length, its octets. The length's uppermost bit is the caller's. */
static size_t next_message(struct fuzz_input *in, const uint8_t **octets, bool *bit)
{
    uint8_t head = fuzz_u8(in);

    *bit = (head & 0x80) != 0;
    return fuzz_take(in, (head & 0x7F) % LONGEST, octets);
}

static void decode(struct fuzz_input *in)
{
    while (in->left > 0) {
        const uint8_t *octets;
        uint8_t again[AIR_WIRE_MAX];
        bool unused;
        size_t len = next_message(in, &octets, &unused);
        struct air_msg msg;

        if (air_wire_decode(&msg, octets, len)) {
            FUZZ_CHECK(air_wire_encode(&msg, again) == len && memcmp(again, octets, len) == 0);
        }
    }
}

/* -- the server -------------------------------------------------------------------------------- */

/* Reads all that a server has sent. @retval false: it has thrown us out. */
static bool read_server(int fd, unsigned *hellos)
{
    struct air_msg msg;
    enum air_wire_result result;

    while ((result = air_wire_receive(fd, &msg)) == AIR_WIRE_OK) {
        FUZZ_CHECK(msg.type == AIR_MSG_HELLO || msg.type == AIR_MSG_REPORT ||
                   msg.type == AIR_MSG_DONE);
        *hellos += msg.type == AIR_MSG_HELLO;
    }
    FUZZ_CHECK(result != AIR_WIRE_BAD);
    return result == AIR_WIRE_AGAIN;
}

/* A bluetooth-meshd: a socket that the server sends to, and that sends to the server. */
static int daemon_open(void)
{
    char why[256], server[80];
    struct sockaddr_un address;
    int fd = unix_bind(daemon_path, SOCK_DGRAM, why, sizeof(why));

    snprintf(server, sizeof(server), "%s" AIR_SERVER_MESHD_SUFFIX, path);
    FUZZ_CHECK(fd >= 0 && unix_address(&address, server));
    FUZZ_CHECK(connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
    return fd;
}

static void daemon_read(int fd)
{
    uint8_t buf[2 * USHER_AD_MAX];
    ssize_t len;

    while ((len = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) >= 0) {
        FUZZ_CHECK(len >= 2 && len <= USHER_AD_MAX && buf[0] == len - 1);
        FUZZ_CHECK(buf[1] >= 0x29 && buf[1] <= 0x2B);
    }
}

static void serve_another(struct air_server *s)
{
    int fd = unix_connect(path, SOCK_SEQPACKET);
    unsigned hellos = 0;

    FUZZ_CHECK(fd >= 0);
    FUZZ_CHECK(air_wire_send(fd, &(struct air_msg){ .type = AIR_MSG_HELLO,
                                                    .version = AIR_WIRE_VERSION }) == AIR_WIRE_OK);
    loop_run(UV_RUN_NOWAIT);
    loop_run(UV_RUN_NOWAIT);
    FUZZ_CHECK(read_server(fd, &hellos) && hellos == 1 && air_server_radios(s) == 2);
    close(fd);
}

static void attack_server(struct fuzz_input *in)
{
    const char *const daemons[] = { daemon_path, NULL };
    struct air_server_config config = { .listen = path,
                                        .air = { .dup_pct = 20, .seed = 1 },
                                        .meshd = daemons };
    char why[256];
    struct air_server *s = air_server_start(&loop, &config, why, sizeof(why));
    int fd = unix_connect(path, SOCK_SEQPACKET), daemon = daemon_open();
    unsigned hellos = 0;
    bool served = true;

    FUZZ_CHECK(s != NULL && fd >= 0);
    for (unsigned i = 0; i < MESSAGES && in->left > 0 && served; i++) {
        const uint8_t *octets;
        bool from_daemon;
        size_t len = next_message(in, &octets, &from_daemon);

        (void)send(from_daemon ? daemon : fd, octets, len, MSG_DONTWAIT | MSG_NOSIGNAL);
        loop_run(UV_RUN_NOWAIT);
        served = read_server(fd, &hellos);
        daemon_read(daemon);
        FUZZ_CHECK(hellos <= 1 && air_server_radios(s) <= 2);
    }
    close(fd);
    loop_run(UV_RUN_NOWAIT);
    FUZZ_CHECK(air_server_radios(s) == 1);
    serve_another(s);
    air_server_stop(s);
    loop_run(UV_RUN_DEFAULT);
    close(daemon);
    (void)unlink(daemon_path);
}

/* -- the port ---------------------------------------------------------------------------------- */

static void on_lost(void *ctx, const char *why)
{
    unsigned *lost = ctx;

    FUZZ_CHECK(++*lost == 1 && why[0] != '\0');
}

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    (void)user;
    (void)u;
    FUZZ_CHECK(e->type != USHER_EVT_COMPLETE && e->type != USHER_EVT_DATA_RECEIVED);
}

static void talk_to_port(struct fuzz_input *in, int fd)
{
    for (unsigned i = 0; i < MESSAGES && in->left > 0; i++) {
        uint8_t drain[AIR_WIRE_MAX];
        const uint8_t *octets;
        bool unused;
        ssize_t got;
        size_t len = next_message(in, &octets, &unused);

        (void)send(fd, octets, len, MSG_DONTWAIT | MSG_NOSIGNAL);
        loop_run(UV_RUN_NOWAIT);
        do { /* what the port says does not matter, but must not fill the socket */
            got = recv(fd, drain, sizeof(drain), MSG_DONTWAIT);
        } while (got > 0);
    }
}

static void attack_port(struct fuzz_input *in)
{
    static struct usher node;
    static struct usher_session session;
    const struct usher_crypto *c = fuzz_crypto();
    struct usher_config config = { .handler = on_event, .beacon_interval_ms = 20 };
    struct usher_listen listen_to = { .uuid = uuid };
    uint8_t public_key[USHER_P256_PUBLIC];
    char why[256], radio[80];
    unsigned lost = 0;
    int server = unix_bind(path, SOCK_SEQPACKET, why, sizeof(why));

    FUZZ_CHECK(server >= 0 && listen(server, 1) == 0);
    snprintf(radio, sizeof(radio), "air:%s", path);
    struct linux_port *p = linux_port_open(&loop, radio, &node, on_lost, &lost, why, sizeof(why));
    int fd = accept(server, NULL, NULL);

    FUZZ_CHECK(p != NULL && fd >= 0);
    FUZZ_CHECK(usher_init(&node, linux_port_get(p), &config) == USHER_OK);
    FUZZ_CHECK(c->p256_public(c->ctx, private_key, public_key) == USHER_OK);
    usher_session_init(&node, &session, &people_caps, NULL);
    usher_session_keys_set(&session, private_key, public_key);
    FUZZ_CHECK(usher_scan(&node, true) == USHER_OK);
    FUZZ_CHECK(usher_listen(&session, &listen_to) == USHER_OK);
    talk_to_port(in, fd);
    close(fd);
    loop_run(UV_RUN_NOWAIT);
    FUZZ_CHECK(lost == 1);
    usher_deinit(&node);
    linux_port_close(p);
    loop_run(UV_RUN_DEFAULT);
    close(server);
    (void)unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = { data, size };

    if (path[0] == '\0') {
        init();
    }
    switch (fuzz_u8(&in) % 3) {
    case 0:
        decode(&in);
        break;
    case 1:
        attack_server(&in);
        break;
    default:
        attack_port(&in);
        break;
    }
    return 0;
}
