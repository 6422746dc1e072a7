/*
 * `usher air`: the simulated air as a server; see air_server.h. Clients speak air_wire.h over
 * SOCK_SEQPACKET; air_clock.c moves the air's time, meshd_radio.c joins BlueZ's daemons,
 * hci_server.c serves controllers. Called by the tool and by tests.
 *
 * A client that reads too slowly: its socket holds some hundred messages. Once that is full, the
 * reports for it are dropped until it has read most of them, as if its radio had not heard them.
 * The word that an advertisement is over is never dropped: it waits in a bit for its slot.
 */
#include "air_server.h"
#include "air_clock.h"
#include "air_wire.h"
#include "hci_server.h"
#include "meshd_radio.h"
#include "pcap.h"
#include "unix_socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define READ_BATCH 32 /* messages of one client, then it is the others' turn */

struct client {
    struct client *next;
    struct air_server *server;
    uv_poll_t poll;
    int fd;
    long pid;                /* for messages */
    struct air_radio *radio; /* NULL until its hello */
    bool full;               /* it has to read before more can be sent */
    bool slow_told;
    uint32_t
        dones; /* a bit for each slot whose advertisement is over and that it does not know of */
    uint16_t turn[USHER_ADV_SLOTS];
};

struct air_server {
    uv_poll_t poll;
    int fd;
    bool polling;
    bool paused; /* out of descriptors */
    char *path;
    struct air *air;
    struct air_clock *clock;
    struct meshd_radios *meshd;
    const struct usher_crypto *crypto; /* of the controllers */
    struct hci_server **hci;
    size_t hci_count;
    struct client *clients;
    struct pcap capture;
    bool capturing;
};

static void on_client(uv_poll_t *poll, int status, int events);
static void on_connection(uv_poll_t *poll, int status, int events);

/* Clients: sending */

static void client_poll(struct client *c)
{
    uv_poll_start(&c->poll, c->full ? UV_READABLE | UV_WRITABLE : UV_READABLE, on_client);
}

/*
 * Answers whether the message is out of our hands. That a client is gone is told by its poll
 * handle.
 */
static bool client_send(struct client *c, const struct air_msg *msg)
{
    if (c->full) {
        return false;
    }
    if (air_wire_send(c->fd, msg) != AIR_WIRE_AGAIN) {
        return true;
    }
    c->full = true;
    client_poll(c);
    if (!c->slow_told) {
        c->slow_told = true;
        fprintf(stderr, "usher air: process %ld reads too slowly and misses advertisements\n",
                c->pid);
    }
    return false;
}

static void client_send_dones(struct client *c)
{
    for (uint8_t slot = 0; slot < USHER_ADV_SLOTS; slot++) {
        struct air_msg msg = { .type = AIR_MSG_DONE, .slot = slot, .turn = c->turn[slot] };
        if ((c->dones >> slot & 1) != 0 && client_send(c, &msg)) {
            c->dones &= ~((uint32_t)1 << slot);
        }
    }
}

static void on_report(void *ctx, const struct usher_adv_report *report)
{
    struct air_msg msg = { .type = AIR_MSG_REPORT,
                           .adv_type = (uint8_t)report->type,
                           .rssi = (uint8_t)report->rssi,
                           .addr_type = report->addr_type,
                           .ad_len = report->len };

    memcpy(msg.addr, report->addr, sizeof(msg.addr));
    memcpy(msg.ad, report->data, report->len);
    client_send(ctx, &msg);
}

static void on_done(void *ctx, uint8_t slot)
{
    struct client *c = ctx;

    c->dones |= (uint32_t)1 << slot;
    client_send_dones(c);
}

/* Clients: coming and going */

static void on_client_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void client_drop(struct client *c)
{
    struct air_server *s = c->server;
    struct client **link = &s->clients;

    while (*link != c) {
        link = &(*link)->next;
    }
    *link = c->next;
    if (c->radio != NULL) {
        air_leave(c->radio);
    }
    uv_close((uv_handle_t *)&c->poll, on_client_closed);
    close(c->fd);
    if (s->paused) {
        s->paused = false;
        uv_poll_start(&s->poll, UV_READABLE, on_connection);
    }
}

static void client_add(struct air_server *s, int fd)
{
    struct client *c = calloc(1, sizeof(*c));
    struct ucred peer = { .pid = 0 };
    socklen_t len = sizeof(peer);

    if (c == NULL || uv_poll_init(s->poll.loop, &c->poll, fd) != 0) {
        fprintf(stderr, "usher air: no room for another client\n");
        free(c);
        close(fd);
        return;
    }
    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
    c->server = s;
    c->poll.data = c;
    c->fd = fd;
    c->pid = peer.pid;
    c->next = s->clients;
    s->clients = c;
    client_poll(c);
    client_send(c, &(struct air_msg){ .type = AIR_MSG_HELLO, .version = AIR_WIRE_VERSION });
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct air_server *s = poll->data;

    (void)events;
    int fd = status < 0 ? -1 : accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        client_add(s, fd);
    } else if (status == 0 && (errno == EMFILE || errno == ENFILE)) {
        /*
         * The connection stays in the queue, so the loop would come back at once: wait until a
         * client goes.
         */
        fprintf(stderr, "usher air: %s: the next client waits until one leaves\n", strerror(errno));
        s->paused = true;
        uv_poll_stop(&s->poll);
    }
}

/* Clients: receiving */

/* Answers what is wrong with a message, or NULL. */
static const char *client_hello(struct client *c, uint8_t version)
{
    static const struct air_owner owner = { .report = on_report, .adv_done = on_done };

    if (c->radio != NULL) {
        return "a second hello";
    }
    if (version != AIR_WIRE_VERSION) {
        return "another version of the protocol: use the same release of usher";
    }
    c->radio = air_join(c->server->air, &owner, c);
    return c->radio == NULL ? "its radio finds no memory" : NULL;
}

static const char *client_adv(struct client *c, const struct air_msg *msg)
{
    struct usher_adv adv = { .slot = msg->slot,
                             .type = (enum usher_adv_type)msg->adv_type,
                             .count = msg->count,
                             .interval_ms = msg->interval_ms,
                             .len = msg->ad_len };

    memcpy(adv.data, msg->ad, msg->ad_len);
    c->turn[msg->slot] = msg->turn;
    return air_send(c->radio, &adv) == USHER_OK ? NULL : "an advertisement for a busy slot";
}

static const char *client_message(struct client *c, const struct air_msg *msg)
{
    if (msg->type == AIR_MSG_HELLO) {
        return client_hello(c, msg->version);
    }
    if (c->radio == NULL) {
        return "no hello";
    }
    switch (msg->type) {
    case AIR_MSG_SEND:
        return client_adv(c, msg);
    case AIR_MSG_STOP:
        air_stop(c->radio, msg->slot);
        c->dones &= ~((uint32_t)1 << msg->slot);
        return NULL;
    case AIR_MSG_SCAN:
        air_scan(c->radio, msg->what);
        return NULL;
    default:
        return "a message that servers send";
    }
}

/* Answers false when the client is to be dropped. */
static bool client_read(struct client *c)
{
    struct air_msg msg;

    for (unsigned i = 0; i < READ_BATCH; i++) {
        enum air_wire_result result = air_wire_receive(c->fd, &msg);
        if (result == AIR_WIRE_AGAIN) {
            return true;
        }
        if (result == AIR_WIRE_GONE) {
            return false;
        }
        const char *wrong =
            result == AIR_WIRE_BAD ? "octets that are no message" : client_message(c, &msg);
        if (wrong != NULL) {
            fprintf(stderr, "usher air: process %ld is disconnected: %s\n", c->pid, wrong);
            return false;
        }
    }
    return true;
}

static void on_client(uv_poll_t *poll, int status, int events)
{
    struct client *c = poll->data;
    struct air_clock *clock = c->server->clock;

    air_clock_catch_up(clock);
    if (status == 0 && (events & UV_WRITABLE) != 0) {
        c->full = false;
        client_send_dones(c);
        client_poll(c);
    }
    if (status < 0 || !client_read(c)) {
        client_drop(c);
    }
    air_clock_arm(clock);
}

/* The server */

static bool capture_open(struct air_server *s, const char *path, char *why, size_t why_len)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t base_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    if (!pcap_open(&s->capture, path, base_us)) {
        snprintf(why, why_len, "cannot write the capture %s: %s", path, strerror(errno));
        return false;
    }
    s->capturing = true;
    air_sniffer_set(s->air, pcap_sniff, &s->capture);
    air_link_sniffer_set(s->air, pcap_sniff_link, &s->capture);
    return true;
}

static bool listen_open(struct air_server *s, uv_loop_t *loop, const char *path, char *why,
                        size_t why_len)
{
    s->path = strdup(path);
    if (s->path == NULL) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    s->fd = unix_bind(path, SOCK_SEQPACKET, why, why_len);
    if (s->fd < 0) {
        return false;
    }
    int error = listen(s->fd, SOMAXCONN) == 0 ? uv_poll_init(loop, &s->poll, s->fd) : -errno;
    if (error != 0) {
        snprintf(why, why_len, "cannot listen on %s: %s", path, uv_strerror(error));
        return false;
    }
    s->polling = true;
    s->poll.data = s;
    uv_poll_start(&s->poll, UV_READABLE, on_connection);
    return true;
}

static bool meshd_open(struct air_server *s, uv_loop_t *loop,
                       const struct air_server_config *config, char *why, size_t why_len)
{
    char path[sizeof(((struct sockaddr_un *)0)->sun_path) + sizeof(AIR_SERVER_MESHD_SUFFIX)];

    snprintf(path, sizeof(path), "%s" AIR_SERVER_MESHD_SUFFIX, config->listen);
    s->meshd = meshd_radios_start(loop, s->air, s->clock, path, config->meshd, why, why_len);
    return s->meshd != NULL;
}

static bool hci_open(struct air_server *s, uv_loop_t *loop, const struct air_server_config *config,
                     char *why, size_t why_len)
{
    struct sim_hci_config controller = config->controller;
    size_t count = 0;

    while (config->hci[count] != NULL) {
        count++;
    }
    s->hci = calloc(count + 1, sizeof(*s->hci));
    controller.crypto = s->crypto = usher_crypto_openssl_new();
    if (s->hci == NULL || s->crypto == NULL) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    while (s->hci_count < count) {
        struct hci_server *h = hci_server_start(loop, s->air, s->clock, config->hci[s->hci_count],
                                                &controller, why, why_len);
        if (h == NULL) {
            return false;
        }
        s->hci[s->hci_count++] = h;
    }
    return true;
}

static bool server_open(struct air_server *s, uv_loop_t *loop,
                        const struct air_server_config *config, char *why, size_t why_len)
{
    s->air = air_new(&config->air);
    if (s->air == NULL) {
        snprintf(why, why_len, "no such air: percentages go from 0 to 100");
        return false;
    }
    s->clock = air_clock_new(loop, s->air);
    if (s->clock == NULL) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    return listen_open(s, loop, config->listen, why, why_len) &&
           (config->pcap == NULL || capture_open(s, config->pcap, why, why_len)) &&
           (config->meshd == NULL || config->meshd[0] == NULL ||
            meshd_open(s, loop, config, why, why_len)) &&
           (config->hci == NULL || hci_open(s, loop, config, why, why_len));
}

struct air_server *air_server_start(uv_loop_t *loop, const struct air_server_config *config,
                                    char *why, size_t why_len)
{
    struct air_server *s = calloc(1, sizeof(*s));

    if (s == NULL) {
        snprintf(why, why_len, "out of memory");
        return NULL;
    }
    s->fd = -1;
    if (!server_open(s, loop, config, why, why_len)) {
        air_server_stop(s);
        return NULL;
    }
    return s;
}

const struct air_stats *air_server_stats(const struct air_server *s)
{
    return air_stats(s->air);
}

const char *air_server_hci(const struct air_server *s, size_t i)
{
    return i < s->hci_count ? hci_server_radio(s->hci[i]) : NULL;
}

unsigned air_server_radios(const struct air_server *s)
{
    unsigned count = s->meshd != NULL ? meshd_radios_count(s->meshd) : 0;

    for (size_t i = 0; i < s->hci_count; i++) {
        count += hci_server_count(s->hci[i]);
    }
    for (const struct client *c = s->clients; c != NULL; c = c->next) {
        count += c->radio != NULL;
    }
    return count;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* Also undoes a start that failed half-way. */
void air_server_stop(struct air_server *s)
{
    s->paused = false; /* no connections any more when clients go */
    while (s->clients != NULL) {
        client_drop(s->clients);
    }
    if (s->meshd != NULL) {
        meshd_radios_stop(s->meshd);
    }
    while (s->hci_count > 0) {
        hci_server_stop(s->hci[--s->hci_count]);
    }
    free(s->hci);
    usher_crypto_openssl_free(s->crypto);
    if (s->clock != NULL) {
        air_clock_stop(s->clock);
    }
    if (s->air != NULL) {
        air_free(s->air);
    }
    if (s->capturing && !pcap_close(&s->capture)) {
        fprintf(stderr, "usher air: the capture is not complete: %s\n", strerror(errno));
    }
    if (s->fd >= 0) {
        unlink(s->path);
    }
    free(s->path);
    bool polling = s->polling;
    int fd = s->fd;
    if (polling) {
        uv_close((uv_handle_t *)&s->poll, on_closed);
    } else {
        free(s);
    }
    if (fd >= 0) {
        close(fd);
    }
}
