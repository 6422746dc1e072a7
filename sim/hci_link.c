/*
 * Connections of the simulated controller (Core Specification, Vol 4, Part E, 7.1.6, 7.8.12 to
 * 7.8.22, 7.8.33 and 7.8.66; 4.1 and 5.4.2 for data): the initiator, what is asked about a
 * connection, and ACL data. The air has one peer for each attempt; the initiator by accept list
 * listens for itself and then attempts to reach whom it has heard. Called through the table by
 * hci_commands.c, and by hci.c, hci_scan.c and the air.
 *
 * An ACL data packet stays in its buffer until the last data PDU that was cut from it has been
 * acknowledged on the air; then Number Of Completed Packets gives it back.
 */
#include "hci_state.h"

enum {
    FIRST_HANDLE = 0x0001,
    INTERVAL_UNIT_US = 1250,
    INTERVAL_MIN = 0x0006,
    INTERVAL_MAX = 0x0C80,
    LATENCY_MAX = 499,
    TIMEOUT_UNIT_MS = 10,
    TIMEOUT_MIN = 0x000A,
    TIMEOUT_MAX = 0x0C80,
    SCAN_MIN = 0x0004,
    DATA_TIME_MIN = 0x0148,
    DATA_TIME_MAX = 0x4290,
    PHY_1M = 1 << 0,
    PHYS = 7,
    ACL_HEADER = 4,
    HANDLE_MASK = 0x0FFF,
    PB_FIRST_HOST = 0, /* from the host */
    PB_CONTINUING = 1,
    PB_FIRST = 2, /* to the host */
};

/* -- links --- */

static struct hci_link *find_handle(struct sim_hci *c, uint16_t handle)
{
    for (unsigned i = 0; i < c->config.connections; i++) {
        if (c->links[i].link != NULL && c->links[i].handle == handle) {
            return &c->links[i];
        }
    }
    return NULL;
}

/* @retval NULL: it is not, or no longer, one of the host's. */
static struct hci_link *find_link(struct sim_hci *c, const struct air_link *link)
{
    for (unsigned i = 0; i < c->config.connections; i++) {
        if (c->links[i].link == link) {
            return &c->links[i];
        }
    }
    return NULL;
}

bool hci_link_room(const struct sim_hci *c)
{
    bool room = false;

    for (unsigned i = 0; i < c->config.connections; i++) {
        room |= c->links[i].link == NULL;
    }
    return room;
}

static bool connected_to(const struct sim_hci *c, const struct usher_ble_addr *peer)
{
    for (unsigned i = 0; i < c->config.connections; i++) {
        const struct usher_ble_addr *other = &c->links[i].peer;

        if (c->links[i].link != NULL && other->type == peer->type &&
            memcmp(other->addr, peer->addr, sizeof(peer->addr)) == 0) {
            return true;
        }
    }
    return false;
}

static void queue_free_all(struct hci_link *l)
{
    while (l->queue != NULL) {
        l->queue->used = false;
        l->queue = l->queue->next;
    }
}

/* -- ACL data --- */

void hci_link_overflow(struct sim_hci *c)
{
    const uint8_t acl = 0x01;

    hci_event(c, EV_DATA_BUFFER_OVERFLOW, &acl, 1);
}

static void completed(struct sim_hci *c, uint16_t handle)
{
    uint8_t event[5] = { 1 };

    put16(event + 1, handle);
    put16(event + 3, 1);
    hci_event(c, EV_COMPLETED_PACKETS, event, sizeof(event));
}

/* Cuts the next data PDU from a buffer. @retval false: the air has no room now. */
static bool cut(struct hci_link *l, struct acl_buffer *b)
{
    uint16_t left = (uint16_t)(b->len - b->cut);
    uint16_t len = left < l->tx ? left : l->tx;

    if (air_link_send(l->link, b->first && b->cut == 0, b->data + b->cut, len) != USHER_OK) {
        return false;
    }
    b->cut = (uint16_t)(b->cut + len);
    b->pdus++;
    return true;
}

/* Gives the air what it has room for, of all packets in their order. */
static void pump(struct hci_link *l)
{
    for (struct acl_buffer *b = l->queue; b != NULL; b = b->next) {
        while (b->cut < b->len) {
            if (!cut(l, b)) {
                return;
            }
        }
    }
}

/* Gives back the buffers at the head of the queue that are done with. */
static void buffers_return(struct sim_hci *c, struct hci_link *l)
{
    while (l->queue != NULL && l->queue->cut == l->queue->len &&
           l->queue->acked == l->queue->pdus) {
        l->queue->used = false;
        l->queue = l->queue->next;
        completed(c, l->handle);
    }
}

static struct acl_buffer *buffer_vacant(struct sim_hci *c)
{
    for (unsigned i = 0; i < c->config.acl_count; i++) {
        if (!c->buffers[i].used) {
            return &c->buffers[i];
        }
    }
    return NULL;
}

/* What is for no connection, or not formed as LE data are, is dropped, as its buffer is free. */
void hci_link_acl(struct sim_hci *c, const uint8_t *packet, size_t len)
{
    uint16_t handle = get16(packet) & HANDLE_MASK;
    unsigned flags = packet[1] >> 4;
    struct hci_link *l = find_handle(c, handle);
    struct acl_buffer *b = buffer_vacant(c), **end;

    if (l == NULL || l->closing || flags > PB_CONTINUING) {
        return;
    }
    if (b == NULL) {
        hci_link_overflow(c);
        return;
    }
    b->used = true;
    b->first = flags == PB_FIRST_HOST;
    b->len = (uint16_t)(len - ACL_HEADER);
    b->cut = 0;
    b->pdus = b->acked = 0;
    b->next = NULL;
    memcpy(b->data, packet + ACL_HEADER, b->len);
    end = &l->queue;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = b;
    pump(l);
    buffers_return(c, l); /* one without octets is done with */
}

static void on_sent(void *ctx, struct air_link *link)
{
    struct sim_hci *c = ctx;
    struct hci_link *l = find_link(c, link);
    struct acl_buffer *b;

    if (l == NULL) {
        return;
    }
    /* PDUs are acknowledged in their order */
    for (b = l->queue; b != NULL && b->acked == b->pdus; b = b->next) {
    }
    if (b != NULL) {
        b->acked++;
    }
    pump(l);
    buffers_return(c, l);
}

static void on_data(void *ctx, struct air_link *link, bool first, const uint8_t *data, size_t len)
{
    struct sim_hci *c = ctx;
    struct hci_link *l = find_link(c, link);
    uint8_t packet[1 + ACL_HEADER + AIR_LINK_PDU_MAX] = { H4_ACL };

    if (l == NULL) {
        return;
    }
    put16(packet + 1, (uint16_t)(l->handle | (first ? PB_FIRST : PB_CONTINUING) << 12));
    put16(packet + 3, (uint16_t)len);
    memcpy(packet + 5, data, len);
    hci_packet_out(c, packet, 5 + len);
}

/* -- connections come and go --- */

static void tell_connected(struct sim_hci *c, uint8_t status, const struct hci_link *l,
                           const struct air_link_params *params, uint16_t latency)
{
    uint8_t event[30] = { status };
    bool enhanced = hci_le_wanted(c, LE_ENHANCED_CONNECTED);
    uint8_t *tail = event + 11 + (enhanced ? 12 : 0); /* no private addresses: zeros */

    put16(event + 1, l->handle);
    event[3] = !l->central;
    event[4] = l->peer.type;
    put_reversed(event + 5, l->peer.addr, sizeof(l->peer.addr));
    put16(tail, (uint16_t)(params->interval_us / INTERVAL_UNIT_US));
    put16(tail + 2, latency);
    put16(tail + 4, (uint16_t)(params->timeout_ms / TIMEOUT_UNIT_MS));
    tail[6] = 0; /* 500 ppm */
    hci_le_event(c, enhanced ? LE_ENHANCED_CONNECTED : LE_CONNECTED, event,
                 (size_t)(tail + 7 - event));
}

static void tell_data_length(struct sim_hci *c, const struct hci_link *l)
{
    uint8_t event[10];

    put16(event, l->handle);
    put16(event + 2, l->tx);
    put16(event + 4, HCI_DATA_TIME(l->tx));
    put16(event + 6, AIR_LINK_PDU_MAX);
    put16(event + 8, HCI_DATA_TIME(AIR_LINK_PDU_MAX));
    hci_le_event(c, LE_DATA_LENGTH, event, sizeof(event));
}

/* An attempt is over without a connection. */
static void tell_failed(struct sim_hci *c, uint8_t status)
{
    const struct hci_link none = { .central = true };

    tell_connected(c, status, &none, &(struct air_link_params){ 0 }, 0);
}

/* A link was made, but the last one that there was room for has been taken in the meantime. */
static void no_room(struct sim_hci *c, struct air_link *link, bool central, uint8_t slot)
{
    air_link_close(link, ST_CONNECTION_LIMIT);
    if (central) {
        tell_failed(c, ST_CONNECTION_LIMIT);
    } else {
        hci_adv_missed(c, slot);
    }
}

static void on_connected(void *ctx, struct air_link *link, bool central, uint8_t slot,
                         const struct usher_ble_addr *peer, const struct air_link_params *params)
{
    struct sim_hci *c = ctx;
    struct hci_link *l = find_link(c, NULL);
    uint16_t latency = central ? c->initiator.latency : 0;

    if (central) {
        c->initiator.active = false;
        hci_scan_listen(c);
    }
    if (l == NULL) {
        no_room(c, link, central, slot);
        return;
    }
    *l = (struct hci_link){
        .link = link,
        .central = central,
        .handle = (uint16_t)(FIRST_HANDLE + (l - c->links)),
        .peer = *peer,
        .tx = c->suggested_tx,
    };
    tell_connected(c, ST_OK, l, params, latency);
    if (!central) {
        hci_adv_connected(c, slot, l->handle);
    }
    if (l->tx != DATA_PLAIN) {
        tell_data_length(c, l);
    }
}

static void on_ended(void *ctx, struct air_link *link, uint8_t reason)
{
    struct sim_hci *c = ctx;
    struct hci_link *l = find_link(c, link);
    uint8_t event[4] = { ST_OK };

    if (l == NULL) {
        return;
    }
    queue_free_all(l);
    l->link = NULL;
    put16(event + 1, l->handle);
    event[3] = reason;
    hci_event(c, EV_DISCONNECTED, event, sizeof(event));
}

const struct air_link_owner hci_link_owner = {
    .connected = on_connected,
    .data = on_data,
    .sent = on_sent,
    .ended = on_ended,
};

/* Peers are told that we lost power, which is the nearest to it. */
void hci_link_reset(struct sim_hci *c)
{
    if (c->initiator.active) {
        air_initiate_cancel(c->radio);
    }
    c->initiator = (struct initiator){ 0 };
    for (unsigned i = 0; i < c->config.connections; i++) {
        struct hci_link *l = &c->links[i];
        struct air_link *link = l->link;

        queue_free_all(l);
        l->link = NULL; /* from here on nothing is told of it */
        if (link != NULL && !l->closing) {
            air_link_close(link, ST_POWER_OFF);
        }
    }
}

/* -- the initiator --- */

/*
 * What the two commands have in common: filter, own address, peer; and of one PHY scan interval and
 * window, minimum and maximum of the connection interval, latency, timeout, and the length of
 * events.
 */
struct connect {
    uint8_t filter, own_type, peer_type;
    const uint8_t *peer, *scan, *timing;
};

/* Interval, latency, timeout and event length, 12 octets, of a connection. */
static bool timing_valid(const uint8_t *t)
{
    uint16_t min = get16(t), max = get16(t + 2), latency = get16(t + 4), timeout = get16(t + 6);

    return min >= INTERVAL_MIN && max <= INTERVAL_MAX && min <= max && latency <= LATENCY_MAX &&
           timeout >= TIMEOUT_MIN && timeout <= TIMEOUT_MAX && get16(t + 8) <= get16(t + 10) &&
           /* timeout of 10 ms above twice (1 + latency) intervals of 1.25 ms */
           timeout * 4u > (1u + latency) * max;
}

static struct air_link_params params_of(const uint8_t *timing)
{
    return (struct air_link_params){
        .interval_us = get16(timing) * (uint32_t)INTERVAL_UNIT_US, /* the shortest one allowed */
        .timeout_ms = get16(timing + 6) * (uint32_t)TIMEOUT_UNIT_MS,
    };
}

static uint8_t connect_check(struct sim_hci *c, const struct connect *k)
{
    uint16_t interval = get16(k->scan), window = get16(k->scan + 2);

    if (k->filter > 1 || k->peer_type > 1 || window < SCAN_MIN || window > interval ||
        !timing_valid(k->timing)) {
        return ST_INVALID;
    }
    if (k->own_type != 0 && hci_own_type_check(k->own_type) != ST_OK) {
        return hci_own_type_check(k->own_type);
    }
    if (c->initiator.active) {
        return ST_DISALLOWED;
    }
    if (k->own_type == 1 && !c->has_random) {
        return ST_INVALID;
    }
    return hci_link_room(c) ? ST_OK : ST_CONNECTION_LIMIT;
}

static uint8_t attempt(struct sim_hci *c, const struct usher_ble_addr *peer)
{
    hci_address_use(c, c->initiator.random, c->random);
    return air_initiate(c->radio, peer, &c->initiator.params) == USHER_OK ? ST_OK : ST_RESOURCES;
}

static uint8_t connect_begin(struct sim_hci *c, const struct connect *k)
{
    uint8_t status = connect_check(c, k);
    struct initiator i = {
        .by_list = k->filter != 0,
        .random = k->own_type != 0,
        .peer.type = k->peer_type,
        .params = params_of(k->timing),
        .latency = get16(k->timing + 4),
    };

    if (status != ST_OK) {
        return status;
    }
    put_reversed(i.peer.addr, k->peer, sizeof(i.peer.addr));
    if (!i.by_list && connected_to(c, &i.peer)) {
        return ST_CONNECTION_EXISTS;
    }
    c->initiator = i;
    if (!i.by_list) {
        status = attempt(c, &i.peer);
    }
    c->initiator.active = status == ST_OK;
    hci_scan_listen(c);
    return status;
}

void hci_link_heard(struct sim_hci *c, const struct usher_adv_report *report)
{
    struct initiator *i = &c->initiator;
    struct usher_ble_addr peer = { .type = report->addr_type };

    memcpy(peer.addr, report->addr, sizeof(peer.addr));
    if (i->active && i->by_list && report->type == USHER_ADV_IND &&
        hci_accept_listed(c, peer.type, peer.addr) && !connected_to(c, &peer)) {
        air_initiate_cancel(c->radio); /* of the one that was heard before */
        (void)attempt(c, &peer);
    }
}

static uint8_t create(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    struct connect k = { .filter = p[4],
                         .peer_type = p[5],
                         .peer = p + 6,
                         .own_type = p[12],
                         .scan = p,
                         .timing = p + 13 };

    (void)len;
    (void)answer;
    return connect_begin(c, &k);
}

/* Filter, own address, peer, PHYs; then 16 octets for each PHY, of which we have LE 1M. */
static uint8_t create_extended(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    struct connect k = { .filter = p[0],
                         .own_type = p[1],
                         .peer_type = p[2],
                         .peer = p + 3,
                         .scan = p + 10,
                         .timing = p + 14 };

    (void)answer;
    if (p[9] != PHY_1M) {
        return p[9] != 0 && p[9] <= PHYS ? ST_UNSUPPORTED : ST_INVALID;
    }
    return len == 26 ? connect_begin(c, &k) : ST_INVALID;
}

static uint8_t cancel(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)p;
    (void)len;
    (void)answer;
    if (!c->initiator.active) {
        return ST_DISALLOWED;
    }
    air_initiate_cancel(c->radio);
    c->initiator.active = false;
    hci_scan_listen(c);
    tell_failed(c, ST_UNKNOWN_CONNECTION);
    return ST_OK;
}

/* -- what is asked about a connection --- */

static bool reason_valid(uint8_t reason)
{
    static const uint8_t reasons[] = { 0x05, 0x13, 0x14, 0x15, 0x1A, 0x29, 0x3B };

    return memchr(reasons, reason, sizeof(reasons)) != NULL;
}

static uint8_t disconnect(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    struct hci_link *l = find_handle(c, get16(p));

    (void)len;
    (void)answer;
    if (l == NULL) {
        return ST_UNKNOWN_CONNECTION;
    }
    if (!reason_valid(p[2])) {
        return ST_INVALID;
    }
    if (l->closing) {
        return ST_DISALLOWED;
    }
    l->closing = true;
    air_link_close(l->link, p[2]);
    return ST_OK;
}

static uint8_t update(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    struct hci_link *l = find_handle(c, get16(p));
    struct air_link_params params = params_of(p + 2);
    uint8_t event[9] = { ST_OK };

    (void)len;
    (void)answer;
    if (l == NULL) {
        return ST_UNKNOWN_CONNECTION;
    }
    if (!timing_valid(p + 2)) {
        return ST_INVALID;
    }
    if (!l->central) { /* that needs the Connection Parameters Request procedure */
        return ST_UNSUPPORTED;
    }
    if (l->closing) {
        return ST_DISALLOWED;
    }
    air_link_update(l->link, &params);
    put16(event + 1, l->handle);
    memcpy(event + 3, p + 2, 2);
    memcpy(event + 5, p + 6, 4); /* latency, timeout */
    hci_le_event(c, LE_UPDATED, event, sizeof(event));
    return ST_OK;
}

/* All controllers on the air are alike, so that the peer's is known. */
static uint8_t remote_features(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    const struct hci_link *l = find_handle(c, get16(p));
    uint8_t event[11] = { ST_OK };

    (void)len;
    (void)answer;
    if (l == NULL) {
        return ST_UNKNOWN_CONNECTION;
    }
    put16(event + 1, l->handle);
    hci_le_features(c, event + 3);
    hci_le_event(c, LE_REMOTE_FEATURES, event, sizeof(event));
    return ST_OK;
}

static uint8_t remote_version(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    const struct hci_link *l = find_handle(c, get16(p));
    uint8_t event[3 + HCI_VERSION_OCTETS] = { ST_OK };

    (void)len;
    (void)answer;
    if (l == NULL) {
        return ST_UNKNOWN_CONNECTION;
    }
    put16(event + 1, l->handle);
    hci_version(c, event + 3);
    hci_event(c, EV_REMOTE_VERSION, event, sizeof(event));
    return ST_OK;
}

static uint8_t set_data_length(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    struct hci_link *l = find_handle(c, get16(p));
    uint16_t octets = get16(p + 2), time = get16(p + 4);

    (void)len;
    memcpy(answer, p, 2);
    if (l == NULL) {
        return ST_UNKNOWN_CONNECTION;
    }
    if (octets < DATA_PLAIN || octets > AIR_LINK_PDU_MAX || time < DATA_TIME_MIN ||
        time > DATA_TIME_MAX) {
        return ST_INVALID;
    }
    /* as many octets as fit into the time */
    octets = HCI_DATA_TIME(octets) > time ? (uint16_t)(time / 8u - 14u) : octets;
    if (octets != l->tx) {
        l->tx = octets;
        tell_data_length(c, l);
    }
    return ST_OK;
}

static uint8_t set_channels(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    unsigned used = 0;

    (void)c;
    (void)answer;
    for (unsigned bit = 0; bit < 8u * len; bit++) {
        used += p[bit / 8] >> (bit % 8) & 1;
    }
    /* 37 data channels, two at least; links on the air do not collide, so it is of no account */
    return used < 2 || (p[4] & 0xE0) != 0 ? ST_INVALID : ST_OK;
}

const struct hci_command_row hci_link_commands[] = {
    { 0x0406, 3, F_STATUS, 0, 5, 0, disconnect },
    { 0x041D, 2, F_STATUS, 2, 7, 0, remote_version },
    { 0x200D, 25, F_STATUS | F_LEGACY, 26, 4, 0, create },
    { 0x200E, 0, 0, 26, 5, 0, cancel },
    { 0x2013, 14, F_STATUS, 27, 2, 0, update },
    { 0x2014, 5, 0, 27, 3, 0, set_channels },
    { 0x2016, 2, F_STATUS, 27, 5, 0, remote_features },
    { 0x2022, 6, 0, 33, 6, 2, set_data_length },
    { 0x2043, 10, F_STATUS | F_EXTENDED | F_NEW | F_VARIABLE, 37, 7, 0, create_extended },
    { 0 },
};
