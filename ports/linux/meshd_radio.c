/*
 * Radios for bluetooth-meshd daemons; see meshd_radio.h. Started by air_server.c.
 */
#include "meshd_radio.h"
#include "unix_socket.h"

#include <usher/config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATAGRAM_MAX (USHER_AD_MAX - 1) /* what a daemon sends lacks the length octet */

struct meshd_radio {
    struct meshd_radio *next;
    struct meshd_radios *all;
    struct air_radio *radio;
    struct sockaddr_un daemon;
    uint32_t busy; /* a bit for each slot with an advertisement on the air */
};

struct meshd_radios {
    uv_poll_t poll;
    int fd;
    bool bound;
    bool stranger_told;
    struct sockaddr_un address;
    struct air_clock *clock;
    struct meshd_radio *first;
};

static bool is_mesh_ad(uint8_t ad_type)
{
    return ad_type >= 0x29 && ad_type <= 0x2B; /* PB-ADV, mesh message, mesh beacon */
}

/*
 * Each AD structure of the mesh is a datagram. One that cannot be delivered is one that was not
 * heard.
 */
static void on_report(void *ctx, const struct usher_adv_report *report)
{
    struct meshd_radio *r = ctx;
    size_t at = 0;

    while (at + 1 < report->len && report->data[at] > 0 && at + report->data[at] < report->len) {
        size_t len = (size_t)report->data[at] + 1;
        if (is_mesh_ad(report->data[at + 1])) {
            sendto(r->all->fd, report->data + at, len, MSG_DONTWAIT | MSG_NOSIGNAL,
                   (const struct sockaddr *)&r->daemon, sizeof(r->daemon));
        }
        at += len;
    }
}

static void on_done(void *ctx, uint8_t slot)
{
    struct meshd_radio *r = ctx;

    r->busy &= ~((uint32_t)1 << slot);
}

/*
 * A radio whose slots are all busy has fallen behind its daemon: the PDU is dropped, and will be
 * repeated.
 */
static void radio_send(struct meshd_radio *r, const uint8_t *data, uint8_t len)
{
    struct usher_adv adv = { .type = USHER_ADV_NONCONN_IND, .count = 1, .len = (uint8_t)(len + 1) };

    while (adv.slot < USHER_ADV_SLOTS && (r->busy >> adv.slot & 1) != 0) {
        adv.slot++;
    }
    adv.data[0] = len;
    memcpy(adv.data + 1, data, len);
    if (adv.slot < USHER_ADV_SLOTS && air_send(r->radio, &adv) == USHER_OK) {
        r->busy |= (uint32_t)1 << adv.slot;
    }
}

static struct meshd_radio *radio_of(struct meshd_radios *m, const struct sockaddr_un *from)
{
    struct meshd_radio *r = m->first;

    while (r != NULL && strncmp(r->daemon.sun_path, from->sun_path, sizeof(from->sun_path)) != 0) {
        r = r->next;
    }
    if (r == NULL && !m->stranger_told) {
        m->stranger_told = true;
        fprintf(stderr,
                "usher air: %s gets datagrams from a socket that is not one of --meshd: ignored\n",
                m->address.sun_path);
    }
    return r;
}

/* Other datagrams than advertisements are the daemon's D-Bus name, for tests that ask for it. */
static bool receive(struct meshd_radios *m)
{
    uint8_t buf[DATAGRAM_MAX + 1];
    struct sockaddr_un from;
    socklen_t from_len = sizeof(from);

    memset(&from, 0, sizeof(from));
    ssize_t len =
        recvfrom(m->fd, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
    if (len < 0) {
        return false;
    }
    struct meshd_radio *r = radio_of(m, &from);
    if (r != NULL && len > 0 && len <= DATAGRAM_MAX && is_mesh_ad(buf[0])) {
        radio_send(r, buf, (uint8_t)len);
    }
    return true;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct meshd_radios *m = poll->data;
    unsigned batch = 32; /* then the loop looks after the others again */

    (void)events;
    if (status < 0) {
        fprintf(stderr, "usher air: %s: %s\n", m->address.sun_path, uv_strerror(status));
        return;
    }
    air_clock_catch_up(m->clock);
    while (batch > 0 && receive(m)) {
        batch--;
    }
    air_clock_arm(m->clock);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static bool radio_join(struct meshd_radios *m, struct air *air, const char *daemon, char *why,
                       size_t why_len)
{
    static const struct air_owner owner = { .report = on_report, .adv_done = on_done };
    struct meshd_radio *r = calloc(1, sizeof(*r));

    if (r == NULL || !unix_address(&r->daemon, daemon)) {
        snprintf(why, why_len, r == NULL ? "out of memory" : "%s is too long for a socket's path",
                 daemon);
        free(r);
        return false;
    }
    r->radio = air_join(air, &owner, r);
    if (r->radio == NULL) {
        snprintf(why, why_len, "out of memory");
        free(r);
        return false;
    }
    air_scan(r->radio, 0xFF);
    r->all = m;
    r->next = m->first;
    m->first = r;
    return true;
}

static bool socket_open(struct meshd_radios *m, uv_loop_t *loop, const char *path, char *why,
                        size_t why_len)
{
    if (!unix_address(&m->address, path)) {
        snprintf(why, why_len, "%s is too long for a socket's path", path);
        return false;
    }
    m->fd = unix_bind(path, SOCK_DGRAM, why, why_len);
    if (m->fd < 0) {
        return false;
    }
    int error = uv_poll_init(loop, &m->poll, m->fd);
    if (error != 0) {
        snprintf(why, why_len, "%s: %s", path, uv_strerror(error));
        close(m->fd);
        unlink(path);
        return false;
    }
    m->poll.data = m;
    m->bound = true;
    uv_poll_start(&m->poll, UV_READABLE, on_readable);
    return true;
}

struct meshd_radios *meshd_radios_start(uv_loop_t *loop, struct air *air, struct air_clock *clock,
                                        const char *path, const char *const *daemons, char *why,
                                        size_t why_len)
{
    struct meshd_radios *m = calloc(1, sizeof(*m));

    if (m == NULL) {
        snprintf(why, why_len, "out of memory");
        return NULL;
    }
    m->clock = clock;
    bool ok = socket_open(m, loop, path, why, why_len);
    for (size_t i = 0; ok && daemons[i] != NULL; i++) {
        ok = radio_join(m, air, daemons[i], why, why_len);
    }
    if (!ok) {
        meshd_radios_stop(m);
        return NULL;
    }
    return m;
}

unsigned meshd_radios_count(const struct meshd_radios *m)
{
    unsigned count = 0;

    for (const struct meshd_radio *r = m->first; r != NULL; r = r->next) {
        count++;
    }
    return count;
}

void meshd_radios_stop(struct meshd_radios *m)
{
    while (m->first != NULL) {
        struct meshd_radio *r = m->first;
        m->first = r->next;
        air_leave(r->radio);
        free(r);
    }
    if (!m->bound) {
        free(m);
        return;
    }
    uv_close((uv_handle_t *)&m->poll, on_closed);
    close(m->fd);
    unlink(m->address.sun_path);
}
