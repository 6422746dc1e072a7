/*
 * One GATT link, in either role and in any state, whose controller hands it ACL fragments of any
 * kind: frames in pieces that fit and that do not, on every channel.
 *
 * Checked: a twin of the link, which is handed whole frames only, put together here in the plainest
 * way, says and tells the same. What is sent is sound, and comes to an end when nothing comes in.
 */
#include "fuzz.h"

#include "gatt_link.h"

#define FRAME_MAX (4u + 65535u)
#define ROUNDS_MAX 100 /* frames and events without input; far more than there is reason for */

/* Frames are put together in memory for the longest there can be. */
struct plain {
    size_t got;
    uint8_t octets[FRAME_MAX + 1024];
};

struct game {
    struct fuzz_input in;
    uint64_t now;
    struct gatt_database database;
    struct gatt_link link, twin;
    struct plain *plain;
    bool over;
};

static size_t total(const uint8_t *frame)
{
    return 4u + (size_t)(frame[1] << 8 | frame[0]);
}

/* -- both links tell and send the same --------------------------------------------------------- */

static void compare_events(struct game *g)
{
    struct gatt_event_data a, b;
    enum gatt_event event;
    unsigned rounds = 0;

    do {
        event = gatt_link_poll(&g->link, g->now, &a);
        FUZZ_CHECK(gatt_link_poll(&g->twin, g->now, &b) == event);
        FUZZ_CHECK(a.service == b.service && a.value_max == b.value_max && a.len == b.len);
        FUZZ_CHECK(a.len == 0 || memcmp(a.value, b.value, a.len) == 0);
        FUZZ_CHECK(a.why == b.why && (a.why == NULL || *a.why != '\0'));
        FUZZ_CHECK(event == GATT_NOTHING || !g->over);
        FUZZ_CHECK(event != GATT_VALUE || (a.len >= 1 && a.len <= g->link.mtu - 3u));
        g->over = g->over || event == GATT_FAILED;
        FUZZ_CHECK(rounds++ < ROUNDS_MAX);
    } while (event != GATT_NOTHING);
    FUZZ_CHECK(gatt_link_deadline(&g->link) == gatt_link_deadline(&g->twin));
    FUZZ_CHECK(gatt_link_deadline(&g->link) > g->now);
}

static bool compare_next(struct game *g)
{
    uint8_t a[L2CAP_FRAME_MAX], b[L2CAP_FRAME_MAX];
    uint16_t len = gatt_link_next(&g->link, g->now, a);

    FUZZ_CHECK(gatt_link_next(&g->twin, g->now, b) == len && memcmp(a, b, len) == 0);
    FUZZ_CHECK(len == 0 || (len > 4 && len == total(a) && !g->over));
    FUZZ_CHECK(len == 0 || (a[3] == 0 && a[2] >= L2CAP_ATT && a[2] <= L2CAP_SMP));
    FUZZ_CHECK(len == 0 || a[2] != L2CAP_ATT || len <= 4u + g->link.mtu);
    FUZZ_CHECK(len == 0 || a[2] == L2CAP_ATT || len <= 4u + L2CAP_SIGNAL_MTU);
    compare_events(g);
    return len != 0;
}

/* -- what comes in ----------------------------------------------------------------------------- */

static void fragment(struct game *g, bool first, const uint8_t *octets, size_t len)
{
    struct plain *p = g->plain;
    uint8_t *copy = malloc(len != 0 ? len : 1); /* of its exact size */

    FUZZ_CHECK(copy != NULL && len <= 1024);
    memcpy(copy, octets, len);
    gatt_link_rx(&g->link, g->now, first, copy, len);
    free(copy);

    if (len != 0 && (first || p->got != 0)) {
        p->got = first ? 0 : p->got;
        memcpy(p->octets + p->got, octets, len);
        p->got += len;
        if (p->got >= 4 && p->got == total(p->octets)) {
            gatt_link_rx(&g->twin, g->now, true, p->octets, p->got);
        }
        if (p->got >= 4 && p->got >= total(p->octets)) {
            p->got = 0;
        }
    }
    compare_events(g);
}

/* As many octets as the input says, with what is missing made up. */
static size_t octets(struct game *g, size_t len, uint8_t *to)
{
    memset(to, 0x28, len);
    fuzz_copy(&g->in, to, len);
    return len;
}

static void any_fragment(struct game *g, uint8_t n)
{
    uint8_t buf[1024];
    size_t len = octets(g, (n & 2) != 0 ? fuzz_u16(&g->in) % 1025u : fuzz_u8(&g->in), buf);

    fragment(g, (n & 1) != 0, buf, len);
}

static void in_pieces(struct game *g, const uint8_t *frame, size_t len, size_t piece)
{
    for (size_t at = 0; at < len; at += piece) {
        fragment(g, at == 0, frame + at, len - at < piece ? len - at : piece);
    }
}

/* A frame with a header that fits, in pieces that fit. */
static void sound_frame(struct game *g, uint8_t n)
{
    static const uint8_t cids[4] = { L2CAP_ATT, L2CAP_SIGNAL, L2CAP_SMP, 0x07 };
    static const size_t pieces[4] = { 251, 27, 5, 1 };
    uint8_t frame[4 + 511];
    size_t len = fuzz_u8(&g->in) * (size_t)((n & 1) != 0 ? 2 : 1);

    (void)octets(g, len, frame + 4);
    frame[0] = (uint8_t)len;
    frame[1] = (uint8_t)(len >> 8);
    frame[2] = cids[n >> 1 & 3];
    frame[3] = 0;
    in_pieces(g, frame, 4 + len, pieces[n >> 3 & 1 ? 3 : n & 3]);
}

/* The begin of a long frame, and much of the rest of it. */
static void long_frame(struct game *g)
{
    uint8_t buf[1024];
    size_t left;

    (void)octets(g, 8, buf);
    memset(buf + 8, buf[7], sizeof(buf) - 8);
    left = total(buf);
    for (bool first = true; left >= sizeof(buf); first = false) {
        fragment(g, first, buf, sizeof(buf));
        left -= sizeof(buf);
    }
    fragment(g, total(buf) < sizeof(buf), buf, left);
}

static void send_value(struct game *g, uint8_t n)
{
    uint8_t value[256] = { n };
    size_t len = fuzz_u8(&g->in);

    FUZZ_CHECK(gatt_link_send(&g->link, g->now, value, len) ==
               gatt_link_send(&g->twin, g->now, value, len));
    compare_events(g);
}

static void change_service(struct game *g, uint8_t n)
{
    static const enum usher_gatt_service services[4] = { USHER_GATT_NONE, USHER_GATT_PROVISIONING,
                                                         USHER_GATT_PROXY, USHER_GATT_PROXY };

    g->database.service = services[n & 3];
    gatt_link_service_changed(&g->link, g->now);
    gatt_link_service_changed(&g->twin, g->now);
}

/* -- how far a link has got when it begins ----------------------------------------------------- */

/* What a peer says to open a link, to the client in turn with its questions. */
static void open_link(struct game *g, bool server, unsigned steps)
{
    static const struct {
        uint8_t len;
        uint8_t octets[20];
    } to_server[] = {
        { 3, { 0x02, 0x45, 0x00 } },
        { 5, { 0x12, 0x09, 0x00, 0x02, 0x00 } },
        { 5, { 0x12, 0x15, 0x00, 0x01, 0x00 } },
    }, to_client[] = {
        { 3, { 0x03, 0x45, 0x00 } },
        { 5, { 0x07, 0x10, 0x00, 0x15, 0x00 } },
        { 16,
          { 0x09, 7, 0x11, 0, 0x04, 0x12, 0, 0xDB, 0x2A, 0x13, 0, 0x10, 0x14, 0, 0xDC, 0x2A } },
        { 6, { 0x05, 0x01, 0x15, 0x00, 0x02, 0x29 } },
        { 1, { 0x13 } },
    };
    unsigned count = server ? 3 : 5;

    for (unsigned i = 0; i < count && i < steps; i++) {
        uint8_t len = server ? to_server[i].len : to_client[i].len;
        uint8_t frame[24] = { len, 0, L2CAP_ATT, 0 };

        memcpy(frame + 4, server ? to_server[i].octets : to_client[i].octets, len);
        while (compare_next(g)) {
        }
        fragment(g, true, frame, 4u + len);
    }
    FUZZ_CHECK(steps < count || g->link.open);
}

static void operate(struct game *g)
{
    uint8_t operation = fuzz_u8(&g->in), n = operation >> 4;

    switch (operation & 0x0F) {
    case 0:
    case 1:
        any_fragment(g, n);
        break;
    case 2:
    case 3:
    case 4:
        sound_frame(g, n);
        break;
    case 5:
        (void)compare_next(g);
        break;
    case 6:
        send_value(g, n);
        break;
    case 7:
        change_service(g, n);
        break;
    case 8:
        g->now += (uint64_t)n * n * 200; /* up to 45 s */
        compare_events(g);
        break;
    case 9:
        long_frame(g);
        break;
    default:
        for (unsigned rounds = 0; compare_next(g); rounds++) {
            FUZZ_CHECK(rounds < ROUNDS_MAX);
        }
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t mtus[4] = { 23, 69, 185, 247 };
    static struct plain plain;
    struct game g = { .in = { data, size }, .plain = &plain, .now = 1 };
    uint8_t how = fuzz_u8(&g.in);
    bool server = (how & 1) != 0;

    plain.got = 0;
    g.database = (struct gatt_database){ "Lamp", USHER_GATT_PROVISIONING, mtus[how >> 1 & 3] };
    if (server) {
        gatt_link_serve(&g.link, &g.database, g.now);
        gatt_link_serve(&g.twin, &g.database, g.now);
    } else {
        gatt_link_find(&g.link, &g.database, USHER_GATT_PROVISIONING, g.now);
        gatt_link_find(&g.twin, &g.database, USHER_GATT_PROVISIONING, g.now);
    }
    open_link(&g, server, how >> 3 & 7);
    for (unsigned i = 0; g.in.left > 0 && i < 500; i++) {
        operate(&g);
    }
    for (unsigned rounds = 0; compare_next(&g); rounds++) {
        FUZZ_CHECK(rounds < ROUNDS_MAX);
    }
    if (gatt_link_deadline(&g.link) != USHER_NEVER) {
        g.now = gatt_link_deadline(&g.link);
        compare_events(&g);
        FUZZ_CHECK(g.over);
    }
    return 0;
}
