/*
 * Controllers for hosts; see hci_server.h. Started by air_server.c.
 *
 * A host that reads too slowly: what its controller tells waits here. Once that is a lot,
 * advertising reports are left out, as a controller does whose buffers are full; a host that reads
 * nothing at all any more is disconnected.
 *
 * A pty has no connections: the host is there as long as its end is open. That a host has opened
 * its end shows in that the other end is not hung up any more, which is looked at ten times a
 * second; that it has closed it is told at once.
 */
#include "hci_server.h"
#include "h4.h"
#include "hci_pdu.h"
#include "hci_stream.h"
#include "unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define READ_MAX 4096
#define READ_BATCH 8        /* reads of one host, then it is the others' turn */
#define WAITING_MAX 131072u /* octets that wait for a host; with more, it is disconnected */
#define WAITING_SLOW 16384u /* with more, it misses advertisements */
#define PTY_LOOK_MS 100
#define RADIO_TEXT 300 /* octets of a radio's name */

/* A host, and its controller. */
struct seat {
    struct seat *next;
    struct hci_server *server;
    struct sim_hci *controller;
    uv_poll_t poll;
    int fd;
    int polled; /* the events that it is polled for */
    bool slow_told;
    bool broken;          /* it reads nothing any more */
    size_t waiting, room; /* octets at out, and the memory there */
    uint8_t *out;
};

struct hci_server {
    struct air *air;
    struct air_clock *clock;
    struct sim_hci_config config;
    char radio[RADIO_TEXT];
    char path[RADIO_TEXT]; /* of what is removed in the end; "": nothing */
    uv_poll_t poll;        /* of the socket that listens */
    uv_timer_t look;       /* pty: is there a host? */
    int fd;                /* of that socket, or of the pty */
    bool pty;
    bool full; /* out of descriptors */
    struct seat *seats;
};

static void on_host(uv_poll_t *poll, int status, int events);
static void on_connection(uv_poll_t *poll, int status, int events);

/* From the controller to the host */

static void seat_poll(struct seat *seat)
{
    int events = seat->waiting > 0 ? UV_READABLE | UV_WRITABLE : UV_READABLE;

    if (events != seat->polled) {
        seat->polled = events;
        uv_poll_start(&seat->poll, events, on_host);
    }
}

/* Octets that the host has taken. That it is gone shows when it is read. */
static size_t seat_write(const struct seat *seat, const uint8_t *octets, size_t len)
{
    ssize_t sent;

    do {
        sent = hci_stream_write(seat->fd, octets, len);
    } while (sent < 0 && errno == EINTR);
    return sent > 0 ? (size_t)sent : 0;
}

static bool is_report(const uint8_t *packet, size_t len)
{
    return len > 3 && packet[0] == H4_EVENT && packet[1] == HCI_LE_META &&
           (packet[3] == HCI_LE_ADV_REPORT || packet[3] == HCI_LE_EXT_ADV_REPORT);
}

static bool seat_room(struct seat *seat, size_t len)
{
    if (seat->waiting + len > seat->room) {
        size_t room = seat->waiting + len > WAITING_SLOW ? WAITING_MAX : WAITING_SLOW;
        uint8_t *out = seat->waiting + len <= room ? realloc(seat->out, room) : NULL;
        if (out == NULL) {
            return false;
        }
        seat->out = out;
        seat->room = room;
    }
    return true;
}

static void on_packet(void *ctx, const uint8_t *packet, size_t len)
{
    struct seat *seat = ctx;

    if (seat->broken) {
        return;
    }
    if (is_report(packet, len) && seat->waiting > WAITING_SLOW - len) {
        if (!seat->slow_told) {
            seat->slow_told = true;
            fprintf(stderr,
                    "usher air: the host at %s reads too slowly and misses advertisements\n",
                    seat->server->radio);
        }
        return;
    }
    size_t sent = seat->waiting == 0 ? seat_write(seat, packet, len) : 0;
    if (sent == len) {
        return;
    }
    if (!seat_room(seat, len - sent)) {
        seat->broken = true;
        shutdown(seat->fd, SHUT_RDWR); /* it is read as gone then; no pty is: see on_look() */
        return;
    }
    memcpy(seat->out + seat->waiting, packet + sent, len - sent);
    seat->waiting += len - sent;
    seat_poll(seat);
}

static void seat_flush(struct seat *seat)
{
    size_t sent = seat_write(seat, seat->out, seat->waiting);

    seat->waiting -= sent;
    memmove(seat->out, seat->out + sent, seat->waiting);
    seat_poll(seat);
}

/* Hosts: coming and going */

static void on_seat_closed(uv_handle_t *handle)
{
    struct seat *seat = handle->data;

    free(seat->out);
    free(seat);
}

static void seat_drop(struct seat *seat)
{
    struct hci_server *s = seat->server;
    struct seat **link = &s->seats;

    while (*link != seat) {
        link = &(*link)->next;
    }
    *link = seat->next;
    sim_hci_free(seat->controller);
    seat->controller = NULL;
    uv_close((uv_handle_t *)&seat->poll, on_seat_closed);
    if (!s->pty) {
        close(seat->fd);
    }
    if (s->full) {
        s->full = false;
        uv_poll_start(&s->poll, UV_READABLE, on_connection);
    }
}

static void seat_add(struct hci_server *s, uv_loop_t *loop, int fd)
{
    struct seat *seat = calloc(1, sizeof(*seat));

    if (seat != NULL) {
        seat->controller = sim_hci_new(s->air, &s->config, on_packet, seat);
    }
    if (seat == NULL || seat->controller == NULL || uv_poll_init(loop, &seat->poll, fd) != 0) {
        fprintf(stderr, "usher air: no room for another host at %s\n", s->radio);
        if (seat != NULL) {
            sim_hci_free(seat->controller);
            free(seat);
        }
        if (!s->pty) {
            close(fd);
        }
        return;
    }
    seat->server = s;
    seat->fd = fd;
    seat->poll.data = seat;
    seat->next = s->seats;
    s->seats = seat;
    seat_poll(seat);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    static const int yes = 1;
    struct hci_server *s = poll->data;

    (void)events;
    int fd = status < 0 ? -1 : accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)); /* fails on AF_UNIX */
        air_clock_catch_up(s->clock);
        seat_add(s, poll->loop, fd);
        air_clock_arm(s->clock);
    } else if (status == 0 && (errno == EMFILE || errno == ENFILE)) { /* as in air_server.c */
        fprintf(stderr, "usher air: %s: the next host at %s waits until one leaves\n",
                strerror(errno), s->radio);
        s->full = true;
        uv_poll_stop(&s->poll);
    }
}

static void on_look(uv_timer_t *timer)
{
    struct hci_server *s = timer->data;
    struct pollfd look = { .fd = s->fd, .events = POLLIN };

    if (s->seats != NULL && s->seats->broken) {
        seat_drop(s->seats);
    }
    if (s->seats == NULL && poll(&look, 1, 0) >= 0 && (look.revents & POLLHUP) == 0) {
        air_clock_catch_up(s->clock);
        seat_add(s, timer->loop, s->fd);
        air_clock_arm(s->clock);
    }
}

/* From the host to the controller. Answers false when the host is gone. */
static bool seat_read(struct seat *seat)
{
    uint8_t octets[READ_MAX];

    for (unsigned i = 0; i < READ_BATCH; i++) {
        ssize_t got = read(seat->fd, octets, sizeof(octets));
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return true;
        }
        if (got <= 0) {
            return false;
        }
        sim_hci_in(seat->controller, octets, (size_t)got);
    }
    return true;
}

static void on_host(uv_poll_t *poll, int status, int events)
{
    struct seat *seat = poll->data;
    struct air_clock *clock = seat->server->clock;

    air_clock_catch_up(clock);
    if (status == 0 && (events & UV_WRITABLE) != 0) {
        seat_flush(seat);
    }
    if (status < 0 || !seat_read(seat)) {
        seat_drop(seat);
    }
    air_clock_arm(clock);
}

/* Places */

static bool unix_start(struct hci_server *s, const char *path, char *why, size_t why_len)
{
    if (strlen(path) + sizeof("h4:") > sizeof(s->radio)) {
        snprintf(why, why_len, "%.80s...: the path is too long", path);
        return false;
    }
    s->fd = unix_bind(path, SOCK_STREAM, why, why_len);
    if (s->fd < 0) {
        return false;
    }
    snprintf(s->path, sizeof(s->path), "%s", path);
    snprintf(s->radio, sizeof(s->radio), "h4:%s", path);
    return true;
}

static bool tcp_start(struct hci_server *s, const char *text, char *why, size_t why_len)
{
    static const int yes = 1;
    struct sockaddr_storage own = { .ss_family = AF_UNSPEC };
    socklen_t own_len = sizeof(own);
    char host[HCI_STREAM_PATH], port[16];
    struct addrinfo *found;

    if (!hci_stream_tcp(text, true, host, &found, why, why_len)) {
        return false;
    }
    s->fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool ok = s->fd >= 0 && setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
              bind(s->fd, found->ai_addr, found->ai_addrlen) == 0 &&
              getsockname(s->fd, (struct sockaddr *)&own, &own_len) == 0;
    freeaddrinfo(found);
    if (!ok) {
        snprintf(why, why_len, "cannot listen at tcp:%.80s: %s", text, strerror(errno));
        return false;
    }
    if (getnameinfo((struct sockaddr *)&own, own_len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        snprintf(why, why_len, "tcp:%.80s: the address has no name", text);
        return false;
    }
    bool six = own.ss_family == AF_INET6;
    snprintf(s->radio, sizeof(s->radio), "h4:tcp:%s%s%s:%s", six ? "[" : "", host, six ? "]" : "",
             port);
    return true;
}

/* Replaces a link that is there, and nothing else. */
static bool link_make(struct hci_server *s, const char *target, const char *path, char *why,
                      size_t why_len)
{
    struct stat st;

    if (strlen(path) >= sizeof(s->path) - sizeof("h4:")) {
        snprintf(why, why_len, "%.80s...: the path is too long", path);
        return false;
    }
    if (lstat(path, &st) == 0 && (!S_ISLNK(st.st_mode) || unlink(path) != 0)) {
        snprintf(why, why_len, "%s exists, and is not a link of ours: choose another path", path);
        return false;
    }
    if (symlink(target, path) != 0) {
        snprintf(why, why_len, "cannot make the link %s: %s", path, strerror(errno));
        return false;
    }
    snprintf(s->path, sizeof(s->path), "%s", path);
    return true;
}

/* An end hung up, and raw, as if a host had been there: what a host writes is not echoed. */
static bool pty_open(struct hci_server *s, char *name, size_t name_len)
{
    struct termios raw;

    s->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (s->fd < 0 || grantpt(s->fd) != 0 || unlockpt(s->fd) != 0 ||
        ptsname_r(s->fd, name, name_len) != 0) {
        return false;
    }
    int other = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    bool ok = other >= 0 && tcgetattr(other, &raw) == 0;
    if (ok) {
        cfmakeraw(&raw);
        ok = tcsetattr(other, TCSANOW, &raw) == 0;
    }
    int error = errno;
    if (other >= 0) {
        close(other);
    }
    errno = error;
    return ok;
}

static bool pty_start(struct hci_server *s, const char *link, char *why, size_t why_len)
{
    char name[64];

    s->pty = true;
    if (!pty_open(s, name, sizeof(name))) {
        snprintf(why, why_len, "no pty: %s", strerror(errno));
        return false;
    }
    if (link != NULL && !link_make(s, name, link, why, why_len)) {
        return false;
    }
    snprintf(s->radio, sizeof(s->radio), "h4:%s", link != NULL ? link : name);
    return true;
}

static bool place_open(struct hci_server *s, const char *place, char *why, size_t why_len)
{
    if (strcmp(place, "pty") == 0) {
        return pty_start(s, NULL, why, why_len);
    }
    if (strncmp(place, "pty:", 4) == 0 && place[4] != '\0') {
        return pty_start(s, place + 4, why, why_len);
    }
    if (strncmp(place, "tcp:", 4) == 0) {
        return tcp_start(s, place + 4, why, why_len);
    }
    return unix_start(s, place, why, why_len);
}

/* The server */

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* Removes what a start, or half of one, has made; the memory stays. */
static void place_close(struct hci_server *s)
{
    if (s->fd >= 0) {
        close(s->fd);
    }
    if (s->path[0] != '\0') {
        unlink(s->path);
    }
}

static bool serve(struct hci_server *s, uv_loop_t *loop, char *why, size_t why_len)
{
    if (s->pty) {
        uv_timer_init(loop, &s->look);
        s->look.data = s;
        uv_timer_start(&s->look, on_look, 0, PTY_LOOK_MS);
        return true;
    }
    int error = listen(s->fd, SOMAXCONN) == 0 ? uv_poll_init(loop, &s->poll, s->fd) : -errno;
    if (error != 0) {
        snprintf(why, why_len, "cannot listen at %s: %s", s->radio, uv_strerror(error));
        return false;
    }
    s->poll.data = s;
    uv_poll_start(&s->poll, UV_READABLE, on_connection);
    return true;
}

struct hci_server *hci_server_start(uv_loop_t *loop, struct air *air, struct air_clock *clock,
                                    const char *place, const struct sim_hci_config *config,
                                    char *why, size_t why_len)
{
    struct hci_server *s = calloc(1, sizeof(*s));

    if (s == NULL) {
        snprintf(why, why_len, "out of memory");
        return NULL;
    }
    s->air = air;
    s->clock = clock;
    s->config = *config;
    s->fd = -1;
    if (!place_open(s, place, why, why_len) || !serve(s, loop, why, why_len)) {
        place_close(s);
        free(s);
        return NULL;
    }
    return s;
}

const char *hci_server_radio(const struct hci_server *s)
{
    return s->radio;
}

unsigned hci_server_count(const struct hci_server *s)
{
    unsigned count = 0;

    for (const struct seat *seat = s->seats; seat != NULL; seat = seat->next) {
        count++;
    }
    return count;
}

void hci_server_stop(struct hci_server *s)
{
    s->full = false; /* no connections any more when hosts go */
    while (s->seats != NULL) {
        seat_drop(s->seats);
    }
    uv_close(s->pty ? (uv_handle_t *)&s->look : (uv_handle_t *)&s->poll, on_closed);
    place_close(s);
}
