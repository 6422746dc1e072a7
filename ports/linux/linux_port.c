/*
 * The Linux port; see linux_port.h for its use, <usher/port.h> for what an instance asks of it, and
 * radio.h for how it is divided. Here is what all radios have in common.
 *
 * Nothing is told to the instance or to the owner from within a function that they call: what
 * becomes of a radio shows when its descriptor is read next.
 */
#include "linux_port.h"
#include "radio.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static const struct radio_kind *const kinds[] = { &radio_air, &radio_h4, &radio_hci,
                                                  &radio_serial };

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

/* Memory: released when the last handle and the last work are gone. */

static void port_release(struct linux_port *p)
{
    if (--p->users == 0) {
        usher_crypto_openssl_free(p->port.crypto);
        free(p->name);
        free(p);
    }
}

static void on_closed(uv_handle_t *handle)
{
    port_release(handle->data);
}

void radio_handle_open(struct linux_port *p, uv_handle_t *handle)
{
    handle->data = p;
    p->users++;
}

void radio_handle_close(struct linux_port *p, uv_handle_t *handle)
{
    (void)p;
    uv_close(handle, on_closed);
}

/* What the radios tell */

uint64_t radio_time_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void radio_note(struct linux_port *p, const char *format, ...)
{
    char what[RADIO_WHY];
    va_list list;

    if (p->note != NULL && !p->closing) {
        va_start(list, format);
        vsnprintf(what, sizeof(what), format, list);
        va_end(list);
        p->note(p->note_ctx, what);
    }
}

void radio_lost(struct linux_port *p, const char *format, ...)
{
    char why[RADIO_WHY];
    va_list list;

    if (!p->closing) {
        va_start(list, format);
        vsnprintf(why, sizeof(why), format, list);
        va_end(list);
        p->lost(p->lost_ctx, why);
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

/* NULL: there is none of that form. */
static const struct radio_kind *kind_find(const char *radio)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t len = strlen(kinds[i]->prefix);
        if (strncmp(radio, kinds[i]->prefix, len) == 0 && radio[len] != '\0') {
            return kinds[i];
        }
    }
    return NULL;
}

static struct linux_port *port_new(const struct radio_kind *kind, uv_loop_t *loop,
                                   const char *radio, struct usher *node)
{
    struct linux_port *p = calloc(1, kind->size);

    if (p == NULL) {
        return NULL;
    }
    p->users = 1;
    p->kind = kind;
    p->loop = loop;
    p->node = node;
    p->name = strdup(radio);
    p->port = (struct usher_port){
        .ctx = p,
        .crypto = usher_crypto_openssl_new(),
        .now_ms = port_now_ms,
        .wake_at = port_wake_at,
        .random = port_random,
        .ecdh = port_ecdh,
    };
    if (p->name == NULL || p->port.crypto == NULL) {
        port_release(p);
        return NULL;
    }
    return p;
}

struct linux_port *linux_port_open(uv_loop_t *loop, const char *radio, struct usher *node,
                                   linux_port_lost lost, void *ctx, char *why, size_t why_len)
{
    const struct radio_kind *kind = kind_find(radio);

    if (kind == NULL) {
        snprintf(why, why_len,
                 "no radio of the form \"%.80s\": there are air:PATH, h4:PATH, h4:tcp:HOST:PORT, "
                 "h4:/dev/ttyX, hci:N and serial:PATH",
                 radio);
        return NULL;
    }
    struct linux_port *p = port_new(kind, loop, radio, node);
    if (p == NULL) {
        snprintf(why, why_len, "out of memory for the radio %s", radio);
        return NULL;
    }
    p->lost = lost;
    p->lost_ctx = ctx;
    if (!kind->open(p, radio, why, why_len)) {
        port_release(p);
        return NULL;
    }
    uv_timer_init(loop, &p->timer);
    p->timer.data = p; /* the port's first user */
    return p;
}

const struct usher_port *linux_port_get(const struct linux_port *p)
{
    return &p->port;
}

void linux_port_note_set(struct linux_port *p, linux_port_note note, void *ctx)
{
    p->note = note;
    p->note_ctx = ctx;
}

void linux_port_store_set(struct linux_port *p, struct file_store *store)
{
    file_store_use(store, &p->port);
}

bool linux_port_mtu_set(struct linux_port *p, uint16_t mtu)
{
    return p->kind->mtu_set != NULL && p->kind->mtu_set(p, mtu);
}

bool linux_port_capture(struct linux_port *p, struct pcap *capture, const char *path)
{
    if (p->kind->unseen) {
        errno = EOPNOTSUPP;
        return false;
    }
    if (!(p->kind->h4 ? pcap_open_h4(capture, path, 0) : pcap_open(capture, path, 0))) {
        return false;
    }
    p->capture = capture;
    return true;
}

void linux_port_close(struct linux_port *p)
{
    p->closing = true;
    p->kind->close(p);
    for (struct ecdh_work *w = p->works; w != NULL; w = w->next) {
        uv_cancel((uv_req_t *)&w->req); /* one that is being computed is waited for */
    }
    uv_close((uv_handle_t *)&p->timer, on_closed);
}
