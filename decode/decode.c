/* Explains a capture: packets to lines, links and totals; see decode.h. */
#include "decode.h"

#include "beacon.h"
#include "capture.h"
#include "fold.h"
#include "io.h"
#include "links.h"
#include "mesh.h"
#include "net.h"
#include "packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AD_SERVICE_DATA 0x16
#define SERVICE_PROVISIONING 0x1827
#define SERVICE_PROXY 0x1828
#define OFFERS 64u

/* A device that offers to be provisioned over GATT. */
struct offer {
    char from[DECODE_NAME];
    uint8_t uuid[USHER_UUID_SIZE];
};

struct decode {
    const struct decode_config *config;
    struct offer offers[OFFERS]; /* the newest */
    unsigned offer_at;
    struct packet_reader reader;
    struct links links;
    struct mesh mesh;
    struct fold fold;
    struct decode_totals totals;
    uint64_t now_us, time_us; /* of the packet, since the first one and in the file */
    bool no_memory;           /* lines are missing */
    uint64_t *devices;        /* their UUIDs as numbers, by number; 0: free */
    size_t device_room;       /* a power of two */
};

/* -- devices ----------------------------------------------------------------------------------- */

/* FNV-1a: two devices in 2^32 or so are taken for one. */
static uint64_t number_of(const uint8_t uuid[USHER_UUID_SIZE])
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (unsigned i = 0; i < USHER_UUID_SIZE; i++) {
        h = (h ^ uuid[i]) * UINT64_C(0x100000001b3);
    }
    return h | 1;
}

/* The place of a number, or the free one where it belongs. */
static uint64_t *device_place(uint64_t *devices, size_t room, uint64_t number)
{
    size_t at = (size_t)(number >> 20);

    while (devices[at % room] != 0 && devices[at % room] != number) {
        at++;
    }
    return &devices[at % room];
}

static bool devices_grow(struct decode *d)
{
    size_t room = d->device_room == 0 ? 64 : 2 * d->device_room;
    uint64_t *devices = calloc(room, sizeof(*devices));

    if (devices == NULL) {
        return false;
    }
    for (size_t i = 0; i < d->device_room; i++) {
        if (d->devices[i] != 0) {
            *device_place(devices, room, d->devices[i]) = d->devices[i];
        }
    }
    free(d->devices);
    d->devices = devices;
    d->device_room = room;
    return true;
}

/* Counts a UUID, once. */
static void count_device(struct decode *d, const uint8_t uuid[USHER_UUID_SIZE])
{
    uint64_t *place;

    if (d->totals.devices >= d->device_room / 2 && !devices_grow(d)) {
        d->no_memory = true;
        return;
    }
    place = device_place(d->devices, d->device_room, number_of(uuid));
    d->totals.devices += *place == 0;
    *place = number_of(uuid);
}

static const struct offer *offer_of(const struct decode *d, const char *from)
{
    for (unsigned i = 0; i < OFFERS; i++) {
        if (strcmp(d->offers[i].from, from) == 0) {
            return &d->offers[i];
        }
    }
    return NULL;
}

static void offered(struct decode *d, const char *from, const uint8_t uuid[USHER_UUID_SIZE])
{
    struct offer *o = &d->offers[d->offer_at % OFFERS];

    if (offer_of(d, from) == NULL) {
        d->offer_at++;
        snprintf(o->from, sizeof(o->from), "%s", from);
        memcpy(o->uuid, uuid, sizeof(o->uuid));
    }
    count_device(d, uuid);
}

/* -- advertisements ---------------------------------------------------------------------------- */

/* What a device that can be provisioned over GATT offers (7.1.2.2.1). */
static void provisioning_service(struct decode *d, const char *from, const uint8_t *data,
                                 size_t len, struct words *w)
{
    struct io io = io_reader(data, len);
    uint8_t uuid[USHER_UUID_SIZE] = { 0 };
    uint16_t oob_info = 0;

    io_bytes(&io, uuid, sizeof(uuid));
    io_be16(&io, &oob_info);
    words_text(w, "kind", "provisioning-service");
    if (!io_done(&io)) {
        words_say(w, "Mesh Provisioning Service, malformed");
        words_truth(w, "malformed", true);
        return;
    }
    words_say(w, "Mesh Provisioning Service of device ");
    words_say_hex(w, uuid, sizeof(uuid));
    words_say(w, ", OOB information %04x", oob_info);
    words_hex(w, "uuid", uuid, sizeof(uuid));
    words_address(w, "oob_info", oob_info);
    offered(d, from, uuid);
}

static void service_data(struct decode *d, const char *from, const uint8_t *data, size_t len,
                         struct words *w)
{
    struct io io = io_reader(data, len);
    uint16_t uuid = 0;

    io_le16(&io, &uuid);
    if (uuid == SERVICE_PROVISIONING) {
        provisioning_service(d, from, data + io_pos(&io), io_left(&io), w);
    } else if (uuid == SERVICE_PROXY) {
        mesh_proxy_service(data + io_pos(&io), io_left(&io), w);
    }
}

static void uri(const uint8_t *data, size_t len, struct words *w)
{
    words_text(w, "kind", "uri");
    words_hex(w, "uri", data, len);
    words_say(w, "URI ");
    for (size_t i = 0; i < len; i++) {
        words_say(w, data[i] >= 0x20 && data[i] < 0x7F ? "%c" : "\\x%02x", data[i]);
    }
}

static void ad_structure(struct decode *d, struct fold_line *l, uint8_t type, const uint8_t *data,
                         size_t len)
{
    struct words *w = &l->words;
    struct beacon beacon;

    switch (type) {
    case PB_ADV_AD_TYPE:
        l->link = links_pb_adv(&d->links, d->now_us, data, len, w);
        break;
    case NET_AD_TYPE:
        mesh_network(&d->mesh, d->now_us / 1000, data, len, w);
        break;
    case BEACON_AD_TYPE:
        mesh_beacon(&d->mesh, data, len, w);
        if (beacon_parse(data, len, &beacon)) {
            count_device(d, beacon.uuid);
        }
        break;
    case BEACON_URI_AD_TYPE:
        uri(data, len, w);
        break;
    case AD_SERVICE_DATA:
        service_data(d, l->from, data, len, w);
        break;
    default:
        break;
    }
}

static bool is_of_mesh(const uint8_t *ad, size_t left)
{
    while (left >= 2 && ad[0] != 0 && ad[0] < left) {
        const uint8_t *data = ad + 2;

        switch (ad[1]) {
        case PB_ADV_AD_TYPE:
        case NET_AD_TYPE:
        case BEACON_AD_TYPE:
        case BEACON_URI_AD_TYPE:
            return true;
        case AD_SERVICE_DATA:
            if (ad[0] >= 3 && data[1] == SERVICE_PROXY >> 8 &&
                (data[0] == (SERVICE_PROXY & 0xFF) || data[0] == (SERVICE_PROVISIONING & 0xFF))) {
                return true;
            }
            break;
        default:
            break;
        }
        left -= ad[0] + 1u;
        ad += ad[0] + 1u;
    }
    return false;
}

/* ---------------------------------------------------------------------------------------------- */

static struct fold_line *new_line(struct decode *d, const struct heard *h, const uint8_t *packet,
                                  size_t len)
{
    struct fold_line *l = fold_add(&d->fold, h->from, packet, len);

    if (l == NULL) {
        d->no_memory = true;
        return NULL;
    }
    l->is.at_us = l->is.last_us = d->now_us;
    l->is.time_us = d->time_us;
    l->is.count = 1;
    l->is.has_rssi = h->report.rssi != 127;
    l->is.rssi = h->report.rssi;
    return l;
}

static void advertisement(struct decode *d, const struct heard *h)
{
    const uint8_t *ad = h->report.data;
    size_t left = h->report.len;
    struct fold_line *l;

    if (!is_of_mesh(ad, left)) {
        d->totals.others++;
        return;
    }
    l = fold_find(&d->fold, h->from, ad, left);
    if (l != NULL) {
        l->is.count++;
        l->is.last_us = d->now_us;
        links_repeated(l->link, d->now_us);
        return;
    }
    l = new_line(d, h, ad, left);
    while (l != NULL && left >= 2 && ad[0] != 0 && ad[0] < left) {
        if (l->words.len != 0 && is_of_mesh(ad, ad[0] + 1u)) {
            words_say(&l->words, "; ");
        }
        ad_structure(d, l, ad[1], ad + 2, ad[0] - 1u);
        left -= ad[0] + 1u;
        ad += ad[0] + 1u;
    }
}

/* -- connections ------------------------------------------------------------------------------- */

static void proxy_pdu(struct decode *d, const struct heard *h, const struct proxy_pdu *pdu,
                      struct fold_line *l)
{
    struct words *w = &l->words;
    uint32_t number = h->connection->number;

    if (pdu->type == PROXY_PROVISIONING) {
        const struct offer *offer = offer_of(d, h->connection->name[PACKET_PERIPHERAL]);

        l->link = links_pb_gatt(&d->links, d->now_us, number, h->side == PACKET_PERIPHERAL,
                                pdu->pdu, pdu->len, w);
        links_device(l->link, offer != NULL ? offer->uuid : NULL);
        return;
    }
    words_say(w, "connection %u: ", (unsigned)number);
    words_number(w, "connection", number);
    if (pdu->type == PROXY_NETWORK) {
        mesh_network(&d->mesh, d->now_us / 1000, pdu->pdu, pdu->len, w);
    } else if (pdu->type == PROXY_BEACON) {
        mesh_beacon(&d->mesh, pdu->pdu, pdu->len, w);
    } else {
        mesh_proxy_configuration(&d->mesh, pdu->pdu, pdu->len, w);
    }
}

static void no_segment(const struct heard *h, struct words *w)
{
    words_text(w, "kind", "connection");
    words_number(w, "connection", h->connection->number);
    words_truth(w, "malformed", true);
    words_say(w, "connection %u: a value that is no segment of a Proxy PDU at this place",
              (unsigned)h->connection->number);
}

static void value(struct decode *d, const struct heard *h)
{
    struct usher_proxy_sar *sar = &h->connection->sar[h->side];
    struct proxy_pdu pdu;
    enum proxy_sar_rx got = proxy_sar_rx(sar, d->now_us / 1000, h->value, h->len, &pdu);
    struct fold_line *l = got != PROXY_SAR_NOTHING ? new_line(d, h, NULL, 0) : NULL;

    if (l != NULL && got == PROXY_SAR_PDU) {
        proxy_pdu(d, h, &pdu, l);
    } else if (l != NULL) {
        no_segment(h, &l->words);
    }
    if (got == PROXY_SAR_ERROR) {
        proxy_sar_init(sar, PROXY_VALUE_MAX);
    }
}

static void connection_words(const struct heard *h, struct words *w)
{
    bool made = h->kind == HEARD_CONNECTED;

    words_text(w, "kind", "connection");
    words_number(w, "connection", h->connection->number);
    words_truth(w, "connected", made);
    if (made) {
        words_say(w, "connection %u: to %s", (unsigned)h->connection->number,
                  h->connection->name[PACKET_PERIPHERAL]);
        words_text(w, "to", h->connection->name[PACKET_PERIPHERAL]);
    } else {
        words_say(w, "connection %u: ended, reason %02x", (unsigned)h->connection->number,
                  h->reason);
        words_number(w, "reason", h->reason);
    }
}

static void connection(struct decode *d, const struct heard *h)
{
    struct fold_line *l = new_line(d, h, NULL, 0);

    if (l != NULL) {
        connection_words(h, &l->words);
    }
    if (h->kind == HEARD_DISCONNECTED) {
        links_disconnected(&d->links, d->now_us, h->connection->number, h->reason);
    }
}

static void on_heard(void *ctx, const struct heard *h)
{
    struct decode *d = ctx;

    switch (h->kind) {
    case HEARD_ADV:
        advertisement(d, h);
        break;
    case HEARD_VALUE:
        value(d, h);
        break;
    case HEARD_CONNECTED:
    case HEARD_DISCONNECTED:
        connection(d, h);
        break;
    default:
        d->totals.others++;
        break;
    }
}

/* -- the file ---------------------------------------------------------------------------------- */

static void read_packets(struct decode *d, struct capture *capture)
{
    struct capture_packet packet;

    while (capture_next(capture, &packet)) {
        if (d->totals.packets++ == 0) {
            d->totals.first_us = packet.time_us;
        }
        d->time_us = packet.time_us;
        if (packet.time_us >= d->totals.first_us + d->now_us) { /* time does not go back */
            d->now_us = packet.time_us - d->totals.first_us;
        }
        fold_pass(&d->fold, d->now_us);
        packet_read(&d->reader, &packet);
    }
    fold_flush(&d->fold);
}

static void finish(struct decode *d, bool damaged)
{
    struct decode_totals *t = &d->totals;

    links_end(&d->links, d->now_us);
    for (size_t i = 0; i < d->links.count; i++) {
        d->config->link(d->config->ctx, &d->links.list[i]->is);
    }
    t->last_us = d->now_us;
    t->links = (unsigned)d->links.count;
    t->network = d->mesh.network;
    t->opened = d->mesh.opened;
    t->messages = d->mesh.messages;
    t->malformed = d->reader.malformed;
    t->damaged = damaged;
    d->config->totals(d->config->ctx, t);
}

static void decode_free(struct decode *d)
{
    if (d != NULL) {
        links_free(&d->links);
        free(d->devices);
        free(d);
    }
}

static struct decode *decode_new(const struct decode_config *config)
{
    struct decode *d = calloc(1, sizeof(*d));

    if (d == NULL) {
        return NULL;
    }
    d->config = config;
    d->reader.told = on_heard;
    d->reader.ctx = d;
    d->mesh.crypto = config->crypto;
    d->mesh.keys = config->keys;
    d->mesh.show_secrets = config->show_secrets;
    d->fold.line = config->line;
    d->fold.ctx = config->ctx;
    return d;
}

bool decode_run(const struct decode_config *config, const uint8_t *file, size_t len, char *why,
                size_t why_len)
{
    struct capture capture;
    struct decode *d;
    bool complete;

    if (!capture_open(&capture, file, len, why, why_len)) {
        return false;
    }
    d = decode_new(config);
    if (d == NULL) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    read_packets(d, &capture);
    finish(d, capture.damaged);
    complete = !d->no_memory;
    decode_free(d);
    if (!complete) {
        snprintf(why, why_len, "out of memory: lines are missing");
    }
    return complete;
}
