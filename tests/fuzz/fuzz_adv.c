/*
 * Advertising reports of any kind to an instance that scans, listens as a device and opens links as
 * a provisioner. The input is a list of reports, some made to fit what the instance waits for, and
 * of moments.
 *
 * Checked: beacons are told as they were heard and nothing else is; only a Link Open with its UUID
 * opens a device's link; no report lasts longer in an instance than its sessions do, and these end.
 */
#include "forge.h"
#include "fuzz.h"
#include "people.h"
#include "wire.h"

#include <string.h>

#define PROVISIONERS 2
#define END_MS 300000 /* longer than any session can last that hears nothing */
#define BEACON_HEAD 3 /* length, AD type, beacon type */

static const uint8_t our_uuid[USHER_UUID_SIZE] = { 0xA0, 1, 2,  3,  4,  5,  6,  7,
                                                   8,    9, 10, 11, 12, 13, 14, 15 };
static const uint8_t their_uuids[PROVISIONERS][USHER_UUID_SIZE] = { "one out there...",
                                                                    "another of them." };
/* Key pairs do not matter here; a fixed one spares the time to make them. */
static const uint8_t private_key[USHER_P256_PRIVATE] = "the private key of the device...";

struct game {
    struct fuzz_input in;
    struct wire wire;
    struct usher_session device;
    struct usher_session provisioners[PROVISIONERS];
    uint8_t public_key[USHER_P256_PUBLIC];
    const struct usher_adv_report *heard; /* while it is being handed over */
};

/* Whether the report has these octets. */
static bool report_has(const struct usher_adv_report *report, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; report->len <= USHER_AD_MAX && i + len <= report->len; i++) {
        if (memcmp(report->data + i, octets, len) == 0) {
            return true;
        }
    }
    return false;
}

static void check_beacon(const struct game *g, const struct usher_event *e)
{
    uint8_t beacon[BEACON_HEAD + USHER_UUID_SIZE + 2 + 4] = { 20, 0x2B, 0 };
    size_t len = BEACON_HEAD + USHER_UUID_SIZE + 2;

    memcpy(beacon + BEACON_HEAD, e->params.unprov.device_uuid, USHER_UUID_SIZE);
    beacon[len - 2] = (uint8_t)(e->params.unprov.oob_info >> 8);
    beacon[len - 1] = (uint8_t)e->params.unprov.oob_info;
    if (e->params.unprov.uri_hash_present) {
        memcpy(beacon + len, e->params.unprov.uri_hash, 4);
        beacon[0] = 24;
        len += 4;
    }
    FUZZ_CHECK(g->heard != NULL && g->heard->type == USHER_ADV_NONCONN_IND);
    FUZZ_CHECK(report_has(g->heard, beacon, len));
    FUZZ_CHECK(e->params.unprov.rssi == g->heard->rssi && !e->params.unprov.gatt_supported);
}

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct game *g = user;

    (void)u;
    if (e->type == USHER_EVT_UNPROVISIONED_RECEIVED) {
        check_beacon(g, e);
    } else if (e->type == USHER_EVT_LINK_ESTABLISHED &&
               e->params.link_established.p_context == &g->device) {
        uint8_t octets[1 + USHER_UUID_SIZE] = { 0x03 }; /* Link Open */

        memcpy(octets + 1, our_uuid, USHER_UUID_SIZE);
        FUZZ_CHECK(g->heard != NULL && report_has(g->heard, octets, sizeof(octets)));
    }
    FUZZ_CHECK(e->type != USHER_EVT_COMPLETE && e->type != USHER_EVT_DATA_RECEIVED);
}

/* -- reports ----------------------------------------------------------------------------------- */

static void hear(struct game *g, enum usher_adv_type type, const uint8_t *data, size_t len)
{
    uint8_t *exact = malloc(len + (len == 0)); /* so that reading over its end is noticed */
    struct usher_adv_report report = {
        .type = type, .rssi = (int8_t)len, .len = (uint8_t)len, .data = exact
    };

    FUZZ_CHECK(exact != NULL);
    if (len > 0) {
        memcpy(exact, data, len);
    }
    g->heard = &report;
    usher_in_adv(&g->wire.end[0].node, &report);
    g->heard = NULL;
    free(exact);
}

static struct usher_session *pick(struct game *g, uint8_t n)
{
    n %= 1 + PROVISIONERS;
    return n == 0 ? &g->device : &g->provisioners[n - 1];
}

/* Whatever the input says, longer than an advertisement can be as well. */
static void hear_octets(struct game *g, uint8_t how)
{
    const uint8_t *octets;
    size_t len = fuzz_take(&g->in, how == 0xF ? 255 : fuzz_u8(&g->in) % 40, &octets);

    hear(g, how == 1 ? USHER_ADV_IND : USHER_ADV_NONCONN_IND, octets, len);
}

/* An AD structure of PB-ADV that a link takes for its own, behind one that is of no interest. */
static void hear_in_link(struct game *g, uint8_t how)
{
    const struct usher_session *s = pick(g, how);
    uint8_t data[USHER_AD_MAX] = { 2, 0x01, 0x06, 0, 0x29 };
    const uint8_t *octets;
    size_t len = fuzz_take(&g->in, fuzz_u8(&g->in) % 23, &octets);

    data[3] = (uint8_t)(5 + len);
    for (unsigned i = 0; i < 4; i++) {
        data[5 + i] = (uint8_t)(s->link.adv.link_id >> (24 - 8 * i));
    }
    memcpy(data + 9, octets, len);
    hear(g, USHER_ADV_NONCONN_IND, data, 9 + len);
}

/* Link Open for our device or one with nearly its UUID, Link Ack or Link Close for any. */
static void hear_control(struct game *g, uint8_t how)
{
    static const uint8_t ids[] = { 0x11, 0x22, 0x33, 0x44 };
    uint8_t opcode = how & 3, octet = fuzz_u8(&g->in);
    const struct usher_session *s = pick(g, how >> 2);
    uint8_t data[USHER_AD_MAX] = { 7, 0x29, 0, 0, 0, 0, 0, (uint8_t)(opcode << 2 | 3) };

    for (unsigned i = 0; i < 4; i++) {
        data[2 + i] = opcode == 0 ? ids[i] : (uint8_t)(s->link.adv.link_id >> (24 - 8 * i));
    }
    if (opcode == 0) {
        data[0] = (uint8_t)(data[0] + USHER_UUID_SIZE);
        memcpy(data + 8, our_uuid, USHER_UUID_SIZE);
        data[8 + octet % USHER_UUID_SIZE] ^= octet >> 4;
    } else if (opcode == 2) {
        data[0]++;
        data[8] = octet;
    }
    hear(g, USHER_ADV_NONCONN_IND, data, data[0] + 1u);
}

static void hear_pdu(struct game *g, uint8_t how)
{
    const struct usher_session *s = pick(g, how);
    uint8_t pdu[USHER_PDU_MAX];
    size_t len = forge_pdu(&g->in, 16, pdu);
    struct forged f = forge_transaction(&s->link.adv, pdu, len);

    for (unsigned i = 0; i < f.count; i++) {
        hear(g, USHER_ADV_NONCONN_IND, f.ad[i].data, f.ad[i].len);
    }
}

/* A beacon of the usual lengths or another, in a report that may be longer than any can be. */
static void hear_beacon(struct game *g, uint8_t how)
{
    uint8_t data[2 * USHER_AD_MAX] = { (uint8_t)((how & 1) != 0 ? 24 : 20), 0x2B, 0 };
    const uint8_t *octets;
    size_t len = fuzz_take(&g->in, how, &octets); /* the rest of the UUID are zeros */

    if ((how & 6) == 2) {
        data[0] = (uint8_t)(2 + fuzz_u8(&g->in) % (USHER_AD_MAX - 2));
    }
    memcpy(data + BEACON_HEAD, octets, len);
    hear(g, USHER_ADV_NONCONN_IND, data, (how & 6) == 4 ? sizeof(data) : data[0] + 1u);
}

/* -- the instance ------------------------------------------------------------------------------ */

static void on_sent(void *ctx, unsigned from, const struct usher_adv *adv)
{
    (void)ctx; /* nobody is there */
    (void)from;
    (void)adv;
}

static void pass_time(struct game *g, uint64_t ms)
{
    uint64_t end = g->wire.now + ms;

    while (wire_next(&g->wire) <= end) {
        wire_run(&g->wire, wire_next(&g->wire));
    }
    wire_run(&g->wire, end);
}

/* What is idle begins anew. */
static void start(struct game *g)
{
    struct usher_listen listen = { .uuid = our_uuid, .oob_info = 0x20 };

    if (usher_session_idle(&g->device)) {
        FUZZ_CHECK(usher_listen(&g->device, &listen) == USHER_OK);
    }
    for (unsigned i = 0; i < PROVISIONERS; i++) {
        struct usher_provision provision = { .uuid = their_uuids[i] };

        if (usher_session_idle(&g->provisioners[i])) {
            FUZZ_CHECK(usher_provision(&g->provisioners[i], &provision) == USHER_OK);
        }
    }
}

static void choose(struct game *g, uint8_t how)
{
    struct usher_start choice = people_choice(how);

    for (unsigned i = 0; i < PROVISIONERS; i++) {
        (void)usher_oob_use(&g->provisioners[i], &choice);
    }
}

static void operate(struct game *g)
{
    uint8_t operation = fuzz_u8(&g->in), how = operation >> 4;

    switch (operation & 7) {
    case 0:
        hear_octets(g, how);
        break;
    case 1:
        hear_in_link(g, how);
        break;
    case 2:
        hear_control(g, how);
        break;
    case 3:
        hear_pdu(g, how);
        break;
    case 4:
        hear_beacon(g, how);
        break;
    case 5:
        pass_time(g, 10u * how * how * how);
        break;
    case 6:
        start(g);
        break;
    default:
        choose(g, how);
        break;
    }
}

static void init(struct game *g)
{
    const struct usher_crypto *c = fuzz_crypto();
    uint8_t first = fuzz_u8(&g->in);
    struct usher_config config = { .handler = on_event,
                                   .user = g,
                                   .beacon_repeat_ms = (first & 1) != 0 ? 500 : 0 };
    struct usher *u = &g->wire.end[0].node;

    FUZZ_CHECK(c->p256_public(c->ctx, private_key, g->public_key) == USHER_OK);
    wire_init(&g->wire, on_sent, g);
    wire_join(&g->wire, 0, &config, (first & 2) != 0 ? 4 : 1, (first & 4) != 0 ? 50 : 0);
    wire_join(&g->wire, 1, &config, 1, 0); /* takes no part */
    usher_session_init(u, &g->device, &people_caps, g);
    usher_session_keys_set(&g->device, private_key, g->public_key);
    for (unsigned i = 0; i < PROVISIONERS; i++) {
        usher_session_init(u, &g->provisioners[i], NULL, g);
        usher_session_keys_set(&g->provisioners[i], private_key, g->public_key);
    }
    FUZZ_CHECK(usher_scan(u, true) == USHER_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct game game;
    struct game *g = &game;

    memset(g, 0, sizeof(*g));
    g->in = (struct fuzz_input){ data, size };
    init(g);
    start(g);
    while (g->in.left > 0) {
        operate(g);
    }
    pass_time(g, END_MS);
    FUZZ_CHECK(usher_session_idle(&g->provisioners[0]) && usher_session_idle(&g->provisioners[1]));
    FUZZ_CHECK(usher_session_idle(&g->device) || usher_listen_stop(&g->device) == USHER_OK);
    wire_leave(&g->wire, 0);
    wire_leave(&g->wire, 1);
    return 0;
}
