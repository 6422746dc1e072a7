/*
 * The Linux port; see linux_port.h for its use and <usher/port.h> for what an instance asks of it.
 * The radio is a connection to `usher air` (air_wire.h).
 *
 * Nothing is told to the instance or to the owner from within a function that they call: that the
 * server is gone shows when its socket is read next.
 */
#include "linux_port.h"
#include "air_wire.h"
#include "unix_socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define RADIO_AIR "air:"
#define READ_BATCH 32 /* messages, then it is the turn of the loop's other handles */

/* One ECDH in the thread pool. */
struct ecdh_work {
    uv_work_t req;
    struct linux_port *port;
    struct ecdh_work *next;
    uint32_t token;
    enum usher_err err;
    uint8_t private_key[USHER_P256_PRIVATE];
    uint8_t peer[USHER_P256_PUBLIC];
    uint8_t secret[USHER_P256_SECRET];
};

struct linux_port {
    struct usher_port port;
    struct usher *node;
    linux_port_lost lost;
    void *lost_ctx;
    air_sniffer sniffer;
    void *sniffer_ctx;
    uv_loop_t *loop;
    uv_poll_t poll;
    uv_timer_t timer;
    int fd;
    char *path;
    unsigned users; /* handles and works that refer to this memory */
    bool closing;   /* the owner is done with us */
    bool deaf;      /* the radio is lost */
    bool greeted;   /* the server's hello has come */
    struct ecdh_work *works;

    uint32_t busy; /* a bit for each slot whose advertisement is on the air */
    uint16_t turn[USHER_ADV_SLOTS];
    uint16_t next_turn;
    /* What the server has to be told as soon as its socket has room again. */
    uint32_t stops; /* a bit for each slot */
    bool scan_due;
    uint8_t scan_what;
};

/* Ends of the sentence "the air at PATH ...". */
static const char is_gone[] = "is gone: its server has ended or disconnected us";
static const char is_strange[] = "does not speak the protocol of `usher air`";

static void on_socket(uv_poll_t *poll, int status, int events);

/* Memory: released when the last handle and the last work are gone. */

static void port_release(struct linux_port *p)
{
    if (--p->users == 0) {
        usher_crypto_openssl_free(p->port.crypto);
        free(p->path);
        free(p);
    }
}

static void on_closed(uv_handle_t *handle)
{
    port_release(handle->data);
}

/* The radio */

static void radio_poll(struct linux_port *p)
{
    bool waits = p->stops != 0 || p->scan_due;

    uv_poll_start(&p->poll, waits ? UV_READABLE | UV_WRITABLE : UV_READABLE, on_socket);
}

/* Sends what waits. Answers true when nothing does any more. */
static bool radio_flush(struct linux_port *p)
{
    for (uint8_t slot = 0; slot < USHER_ADV_SLOTS; slot++) {
        struct air_msg msg = { .type = AIR_MSG_STOP, .slot = slot };
        if ((p->stops >> slot & 1) != 0 && air_wire_send(p->fd, &msg) == AIR_WIRE_OK) {
            p->stops &= ~((uint32_t)1 << slot);
        }
    }
    if (p->scan_due) {
        struct air_msg msg = { .type = AIR_MSG_SCAN, .what = p->scan_what };
        p->scan_due = air_wire_send(p->fd, &msg) != AIR_WIRE_OK;
    }
    radio_poll(p);
    return p->stops == 0 && !p->scan_due;
}

static void radio_close(struct linux_port *p)
{
    p->deaf = true;
    uv_close((uv_handle_t *)&p->poll, on_closed);
    close(p->fd);
}

static void radio_lost(struct linux_port *p, const char *what)
{
    char why[sizeof(((struct sockaddr_un *)0)->sun_path) + 128];

    snprintf(why, sizeof(why), "the air at %s %s", p->path, what);
    radio_close(p);
    p->lost(p->lost_ctx, why);
}

static void radio_sniff(const struct linux_port *p, const uint8_t addr[6], enum usher_adv_type type,
                        const uint8_t *ad, uint8_t len)
{
    struct usher_ble_addr from = { .type = 1 };
    struct timespec now;

    if (p->sniffer != NULL) {
        memcpy(from.addr, addr, sizeof(from.addr));
        clock_gettime(CLOCK_REALTIME, &now);
        p->sniffer(p->sniffer_ctx, (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000,
                   37, &from, type, ad, len);
    }
}

static void radio_report(struct linux_port *p, const struct air_msg *msg)
{
    struct usher_adv_report report = { .type = (enum usher_adv_type)msg->adv_type,
                                       .rssi = (int8_t)msg->rssi,
                                       .len = msg->ad_len,
                                       .data = msg->ad };

    memcpy(report.addr, msg->addr, sizeof(report.addr));
    radio_sniff(p, msg->addr, report.type, msg->ad, msg->ad_len);
    usher_in_adv(p->node, &report);
}

static void radio_done(struct linux_port *p, const struct air_msg *msg)
{
    bool busy = (p->busy >> msg->slot & 1) != 0;

    /* An advertisement that was stopped while this was under way is not told of. */
    if (busy && p->turn[msg->slot] == msg->turn) {
        p->busy &= ~((uint32_t)1 << msg->slot);
        usher_in_adv_done(p->node, msg->slot);
    }
}

/* Answers what is wrong with a message, or NULL. The instance may close the port from within. */
static const char *radio_message(struct linux_port *p, const struct air_msg *msg)
{
    if (msg->type == AIR_MSG_HELLO && msg->version != AIR_WIRE_VERSION) {
        return "speaks another version of the protocol: use the same release of usher for both";
    }
    if (p->greeted == (msg->type == AIR_MSG_HELLO)) {
        return is_strange;
    }
    switch (msg->type) {
    case AIR_MSG_HELLO:
        p->greeted = true;
        return NULL;
    case AIR_MSG_REPORT:
        radio_report(p, msg);
        return NULL;
    case AIR_MSG_DONE:
        radio_done(p, msg);
        return NULL;
    default:
        return is_strange;
    }
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct linux_port *p = poll->data;
    struct air_msg msg;

    if (status == 0 && (events & UV_WRITABLE) != 0) {
        radio_flush(p);
    }
    for (unsigned i = 0; i < READ_BATCH && !p->deaf; i++) {
        enum air_wire_result result = air_wire_receive(p->fd, &msg);
        if (result == AIR_WIRE_AGAIN) {
            break;
        }
        const char *wrong = is_strange;
        if (result == AIR_WIRE_OK) {
            wrong = radio_message(p, &msg);
        } else if (result == AIR_WIRE_GONE) {
            wrong = is_gone;
        }
        if (wrong != NULL) {
            radio_lost(p, wrong);
        }
    }
    if (status < 0 && !p->deaf) { /* libuv polls no more */
        radio_lost(p, is_gone);
    }
}

/* What the instance calls */

static uint64_t port_now_ms(void *ctx)
{
    struct linux_port *p = ctx;

    uv_update_time(p->loop); /* the clock of the timers, so that none seems to fire early */
    return uv_now(p->loop);
}

static void on_timer(uv_timer_t *timer)
{
    struct linux_port *p = timer->data;

    usher_process(p->node);
}

static void port_wake_at(void *ctx, uint64_t deadline)
{
    struct linux_port *p = ctx;

    if (p->closing) {
        return;
    }
    if (deadline == USHER_NEVER) {
        uv_timer_stop(&p->timer);
        return;
    }
    uint64_t now = port_now_ms(p);
    /* At least 1 ms: a timer of 0 that its callback sets again keeps libuv from the sockets. */
    uv_timer_start(&p->timer, on_timer, deadline > now ? deadline - now : 1, 0);
}

static enum usher_err port_random(void *ctx, uint8_t *buf, size_t len)
{
    size_t have = 0;

    (void)ctx;
    while (have < len) {
        ssize_t got = getrandom(buf + have, len - have, 0);
        if (got < 0 && errno != EINTR) {
            return USHER_E_INTERNAL;
        }
        have += got > 0 ? (size_t)got : 0;
    }
    return USHER_OK;
}

static enum usher_err port_adv_start(void *ctx, const struct usher_adv *adv)
{
    static const uint8_t own[6];
    struct linux_port *p = ctx;
    struct air_msg msg = { .type = AIR_MSG_SEND,
                           .slot = adv->slot,
                           .turn = p->next_turn,
                           .adv_type = (uint8_t)adv->type,
                           .count = adv->count,
                           .interval_ms = adv->interval_ms,
                           .ad_len = adv->len };

    memcpy(msg.ad, adv->data, adv->len);
    if (p->deaf) {
        return USHER_E_STATE;
    }
    /* The server has to know that the slot is free before it hears of it again. */
    if (!radio_flush(p) || air_wire_send(p->fd, &msg) != AIR_WIRE_OK) {
        return USHER_E_BUSY;
    }
    radio_sniff(p, own, adv->type, adv->data, adv->len);
    p->turn[adv->slot] = p->next_turn++;
    p->busy |= (uint32_t)1 << adv->slot;
    return USHER_OK;
}

static void port_adv_stop(void *ctx, uint8_t slot)
{
    struct linux_port *p = ctx;

    if (!p->deaf && (p->busy >> slot & 1) != 0) {
        p->busy &= ~((uint32_t)1 << slot);
        p->stops |= (uint32_t)1 << slot;
        radio_flush(p);
    }
}

static enum usher_err port_scan(void *ctx, unsigned what)
{
    struct linux_port *p = ctx;

    if (p->deaf) {
        return USHER_E_STATE;
    }
    p->scan_what = (uint8_t)what;
    p->scan_due = true;
    radio_flush(p);
    return USHER_OK;
}

/* ECDH in the thread pool */

static void ecdh_compute(uv_work_t *req) /* on a thread of the pool */
{
    struct ecdh_work *w = req->data;
    const struct usher_crypto *crypto = w->port->port.crypto;

    w->err = crypto->p256_ecdh(crypto->ctx, w->private_key, w->peer, w->secret);
}

static void ecdh_done(uv_work_t *req, int status)
{
    struct ecdh_work *w = req->data;
    struct linux_port *p = w->port;
    struct ecdh_work **link = &p->works;

    while (*link != w) {
        link = &(*link)->next;
    }
    *link = w->next;
    if (!p->closing) {
        usher_in_ecdh(p->node, w->token, status == 0 ? w->err : USHER_E_INTERNAL, w->secret);
    }
    p->port.crypto->wipe(w, sizeof(*w));
    free(w);
    port_release(p);
}

static enum usher_err port_ecdh(void *ctx, uint32_t token,
                                const uint8_t private_key[USHER_P256_PRIVATE],
                                const uint8_t peer[USHER_P256_PUBLIC])
{
    struct linux_port *p = ctx;
    struct ecdh_work *w = calloc(1, sizeof(*w));

    if (w == NULL) {
        return USHER_E_NO_MEM;
    }
    w->req.data = w;
    w->port = p;
    w->token = token;
    memcpy(w->private_key, private_key, sizeof(w->private_key));
    memcpy(w->peer, peer, sizeof(w->peer));
    if (uv_queue_work(p->loop, &w->req, ecdh_compute, ecdh_done) != 0) {
        p->port.crypto->wipe(w, sizeof(*w));
        free(w);
        return USHER_E_RESOURCES;
    }
    w->next = p->works;
    p->works = w;
    p->users++;
    return USHER_OK;
}

/* Opening and closing */

/* The socket of an air, or -1 and why not. */
static int air_connect(const char *path, char *why, size_t why_len)
{
    int fd = unix_connect(path, SOCK_SEQPACKET);

    if (fd >= 0) {
        return fd;
    }
    if (errno == ENOENT || errno == ECONNREFUSED) {
        snprintf(why, why_len, "no air at %s: start one with `usher air --listen %s`", path, path);
    } else if (errno == EPROTOTYPE) {
        snprintf(why, why_len, "%s is the socket of something else than `usher air`", path);
    } else {
        snprintf(why, why_len, "cannot connect to the air at %s: %s", path, strerror(errno));
    }
    return -1;
}

static struct linux_port *port_new(uv_loop_t *loop, const char *path, int fd)
{
    struct linux_port *p = calloc(1, sizeof(*p));

    if (p == NULL) {
        return NULL;
    }
    p->path = strdup(path);
    p->port = (struct usher_port){
        .ctx = p,
        .crypto = usher_crypto_openssl_new(),
        .adv_slots = USHER_ADV_SLOTS,
        .now_ms = port_now_ms,
        .wake_at = port_wake_at,
        .random = port_random,
        .adv_start = port_adv_start,
        .adv_stop = port_adv_stop,
        .scan = port_scan,
        .ecdh = port_ecdh,
    };
    p->loop = loop;
    p->fd = fd;
    p->users = 1;
    if (p->path == NULL || p->port.crypto == NULL || uv_poll_init(loop, &p->poll, fd) != 0) {
        port_release(p);
        return NULL;
    }
    p->users = 2; /* the two handles */
    uv_timer_init(loop, &p->timer);
    p->poll.data = p;
    p->timer.data = p;
    return p;
}

struct linux_port *linux_port_open(uv_loop_t *loop, const char *radio, struct usher *node,
                                   linux_port_lost lost, void *ctx, char *why, size_t why_len)
{
    if (strncmp(radio, RADIO_AIR, strlen(RADIO_AIR)) != 0 || radio[strlen(RADIO_AIR)] == '\0') {
        snprintf(why, why_len, "no radio of the form \"%s\": there is air:PATH", radio);
        return NULL;
    }
    const char *path = radio + strlen(RADIO_AIR);
    int fd = air_connect(path, why, why_len);
    if (fd < 0) {
        return NULL;
    }
    struct linux_port *p = port_new(loop, path, fd);
    if (p == NULL) {
        snprintf(why, why_len, "out of memory for the radio %s", radio);
        close(fd);
        return NULL;
    }
    p->node = node;
    p->lost = lost;
    p->lost_ctx = ctx;
    /*
     * Nothing else can be in the way of the first message; a server that is gone already shows when
     * read.
     */
    air_wire_send(fd, &(struct air_msg){ .type = AIR_MSG_HELLO, .version = AIR_WIRE_VERSION });
    radio_poll(p);
    return p;
}

const struct usher_port *linux_port_get(const struct linux_port *p)
{
    return &p->port;
}

void linux_port_store_set(struct linux_port *p, struct file_store *store)
{
    file_store_use(store, &p->port);
}

void linux_port_sniffer_set(struct linux_port *p, air_sniffer sniffer, void *ctx)
{
    p->sniffer = sniffer;
    p->sniffer_ctx = ctx;
}

void linux_port_close(struct linux_port *p)
{
    p->closing = true;
    if (!p->deaf) {
        radio_close(p);
    }
    for (struct ecdh_work *w = p->works; w != NULL; w = w->next) {
        uv_cancel((uv_req_t *)&w->req); /* one that is being computed is waited for */
    }
    uv_close((uv_handle_t *)&p->timer, on_closed);
}
