/* What a network says; see mesh.h. */
#include "mesh.h"

#include "beacon.h"
#include "keyring_parts.h"
#include "proxy.h"
#include "secbeacon.h"
#include "transport_parts.h"

#include <string.h>

#define SECURE_NETWORK 0x01 /* beacon types */
#define MESH_PRIVATE 0x02

static const char *const features[] = { "relay", "proxy", "friend", "low power" };

/* -- beacons ----------------------------------------------------------------------------------- */

static void unprovisioned(const struct beacon *b, struct words *w)
{
    words_text(w, "kind", "unprovisioned-beacon");
    words_say(w, "unprovisioned device ");
    words_say_hex(w, b->uuid, sizeof(b->uuid));
    words_say(w, ", OOB information %04x", b->oob_info);
    words_hex(w, "uuid", b->uuid, sizeof(b->uuid));
    words_address(w, "oob_info", b->oob_info);
    if (b->has_hash) {
        words_say(w, ", URI hash ");
        words_say_hex(w, b->hash, sizeof(b->hash));
        words_hex(w, "uri_hash", b->hash, sizeof(b->hash));
    }
}

/* What everybody can read of a secure network beacon (3.10.3). */
static void secure_clear(const uint8_t *data, struct words *w)
{
    struct io io = io_reader(data + 1, SECBEACON_LEN - 1);
    uint8_t flags = 0, network_id[8];
    uint32_t iv_index = 0;

    io_u8(&io, &flags);
    io_bytes(&io, network_id, sizeof(network_id));
    io_be32(&io, &iv_index);
    words_say(w, " of network ");
    words_say_hex(w, network_id, sizeof(network_id));
    words_say(w, ", IV Index %u%s", (unsigned)iv_index,
              (flags & SECBEACON_IV_UPDATE) != 0 ? " in update" : "");
    words_hex(w, "network_id", network_id, sizeof(network_id));
    words_number(w, "iv_index", iv_index);
}

static void network_beacon(struct mesh *m, bool private, const uint8_t *data, size_t len,
                           struct words *w)
{
    struct secbeacon b;
    bool opened = m->keys != NULL && secbeacon_open(&m->keys->net, data, len, &b);

    words_text(w, "kind", private ? "private-beacon" : "network-beacon");
    words_say(w, private ? "private beacon" : "secure network beacon");
    words_truth(w, "authentic", opened);
    if (!private) {
        secure_clear(data, w);
    }
    if (!opened) {
        words_say(w, private ? ", of a key that is not known" : ", not verified");
        return;
    }
    m->keys->net.iv.index = b.iv_index;
    words_say(w, ", of subnet %u", b.net_index);
    words_number(w, "net_index", b.net_index);
    if (private) {
        words_say(w, ", IV Index %u%s", (unsigned)b.iv_index,
                  (b.flags & SECBEACON_IV_UPDATE) != 0 ? " in update" : "");
        words_number(w, "iv_index", b.iv_index);
    }
    words_truth(w, "iv_update", (b.flags & SECBEACON_IV_UPDATE) != 0);
    words_truth(w, "key_refresh", (b.flags & SECBEACON_KEY_REFRESH) != 0);
    words_say(w, "%s", (b.flags & SECBEACON_KEY_REFRESH) != 0 ? ", the new key is in use" : "");
}

void mesh_beacon(struct mesh *m, const uint8_t *data, size_t len, struct words *w)
{
    struct beacon b;

    if (beacon_parse(data, len, &b)) {
        unprovisioned(&b, w);
    } else if (len == SECBEACON_LEN && data[0] == SECURE_NETWORK) {
        network_beacon(m, false, data, len, w);
    } else if (len == PRIVBEACON_LEN && data[0] == MESH_PRIVATE) {
        network_beacon(m, true, data, len, w);
    } else {
        words_text(w, "kind", "beacon");
        words_say(w, "a beacon of an unknown type or a wrong length, %zu octets", len);
        words_truth(w, "malformed", true);
    }
}

/* -- Network PDUs ------------------------------------------------------------------------------ */

/* With an IV Index that is known of, or the next one. */
static bool open_pdu(struct mesh *m, enum net_nonce nonce, const uint8_t *pdu, size_t len,
                     struct net_pdu *p)
{
    struct usher_net *n;

    if (m->keys == NULL) {
        return false;
    }
    n = &m->keys->net;
    if (net_open(n, nonce, pdu, len, p) != NULL) {
        return true;
    }
    n->iv.index++;
    if (net_open(n, nonce, pdu, len, p) != NULL) {
        return true;
    }
    n->iv.index--;
    return false;
}

/* Whether it was heard from another sender, or with another TTL. */
static bool heard_before(struct mesh *m, const struct net_pdu *p)
{
    uint64_t hash = (uint64_t)p->src << 48 | (uint64_t)(p->iv_index & 0xFFFFFF) << 24 | p->seq;

    for (unsigned i = 0; i < MESH_REMEMBERED; i++) {
        if (m->heard[i] == hash) {
            return true;
        }
    }
    m->heard[m->heard_at++ % MESH_REMEMBERED] = hash;
    return false;
}

static void control_words(const struct net_pdu *p, struct words *w)
{
    struct io io = io_reader(p->transport, p->len);
    struct segment_ack ack = { 0 };
    struct heartbeat beat = { 0 };
    uint8_t head = 0;

    io_u8(&io, &head);
    words_number(w, "control", head & OPCODE_MASK);
    if (head == OPCODE_SEGMENT_ACK) {
        segment_ack_fields(&io, &ack);
        words_say(w, "Segment Acknowledgment, SeqZero %u, segments %08x", ack.seq_zero,
                  (unsigned)ack.block);
        words_number(w, "seq_zero", ack.seq_zero);
        words_number(w, "segments", ack.block);
    } else if (head == OPCODE_HEARTBEAT) {
        heartbeat_fields(&io, &beat);
        words_say(w, "Heartbeat after %d hops, features: ", beat.init_ttl - p->ttl + 1);
        words_say_bits(w, beat.features, features, sizeof(features) / sizeof(features[0]));
        words_number(w, "init_ttl", beat.init_ttl);
        words_number(w, "features", beat.features);
    } else {
        words_say(w, "control message %02x%s", head & OPCODE_MASK,
                  (head & HEAD_SEGMENTED) != 0 ? ", a segment" : "");
    }
    if (!io_ok(&io)) {
        words_say(w, ", malformed");
        words_truth(w, "malformed", true);
    }
}

static void key_words(struct words *w, uint16_t key)
{
    if (key == USHER_KEY_DEVICE || key == USHER_KEY_REMOTE_DEVICE) {
        const char *whose = key == USHER_KEY_DEVICE ? "destination" : "source";

        words_say(w, " [device key of the %s]", whose);
        words_text(w, "key", key == USHER_KEY_DEVICE ? "destination" : "source");
    } else {
        words_say(w, " [AppKey %u]", key);
        words_number(w, "key", key);
    }
}

/* Hands a PDU to transport, as the node that it is for, and tells what comes out. */
static bool message_words(struct mesh *m, uint64_t now, const struct net_pdu *p, struct words *w)
{
    struct usher_net *n = &m->keys->net;
    struct transport_in in;
    enum transport_kind kind;
    bool told = false;

    keyring_as(m->keys, p->dst);
    transport_rx(n, now, p);
    while ((kind = transport_next(n, now, &in)) != TRANSPORT_NOTHING) {
        if (kind == TRANSPORT_ACCESS && !told) {
            words_say(w, (p->transport[0] & HEAD_SEGMENTED) != 0 ? ": " : "");
            access_words(w, in.data, in.len, m->show_secrets);
            key_words(w, in.message.key);
            m->messages++;
            told = true;
        }
    }
    return told;
}

static void access_pdu(struct mesh *m, uint64_t now, const struct net_pdu *p, struct words *w)
{
    uint32_t undecrypted = m->keys->net.stats.undecrypted;
    uint8_t head = p->transport[0];
    const char *between = (head & HEAD_SEGMENTED) != 0 ? ", " : "an access message, ";
    struct segment s = { 0 };

    if ((head & HEAD_SEGMENTED) != 0) {
        struct io io = io_reader(p->transport, p->len);

        segment_fields(&io, &s);
        words_say(w, "segment %u of %u, SeqZero %u", s.index + 1u, s.last + 1u, s.seq_zero);
        words_number(w, "segment", s.index);
        words_number(w, "segments", s.last + 1);
        words_number(w, "seq_zero", s.seq_zero);
    }
    if (message_words(m, now, p, w) || undecrypted == m->keys->net.stats.undecrypted) {
        return;
    }
    if ((head & HEAD_APPKEY) != 0) {
        words_say(w, "%sencrypted with an AppKey that is not known (AID %02x)", between,
                  head & HEAD_LOW);
    } else {
        words_say(w, "%sencrypted with a device key that is not known", between);
    }
}

static void sealed(const uint8_t *pdu, size_t len, struct words *w)
{
    words_truth(w, "opened", false);
    if (len == 0) {
        words_say(w, "an empty Network PDU");
        words_truth(w, "malformed", true);
        return;
    }
    words_say(w, "Network PDU of %zu octets, NID %02x, of a key that is not known", len,
              pdu[0] & 0x7Fu);
    words_number(w, "nid", pdu[0] & 0x7F);
    words_number(w, "ivi", pdu[0] >> 7);
}

void mesh_network(struct mesh *m, uint64_t now, const uint8_t *pdu, size_t len, struct words *w)
{
    struct net_pdu p;

    m->network++;
    words_text(w, "kind", "network");
    if (!open_pdu(m, NET_NONCE_NETWORK, pdu, len, &p)) {
        sealed(pdu, len, w);
        return;
    }
    m->opened++;
    words_say(w, "0x%04x to 0x%04x, TTL %u, SEQ %u: ", p.src, p.dst, p.ttl, (unsigned)p.seq);
    words_truth(w, "opened", true);
    words_address(w, "src", p.src);
    words_address(w, "dst", p.dst);
    words_number(w, "ttl", p.ttl);
    words_number(w, "seq", p.seq);
    words_number(w, "iv_index", p.iv_index);
    words_number(w, "net_index", p.net_index);
    if (heard_before(m, &p)) {
        words_say(w, "heard before, this is a relay's");
        words_truth(w, "relayed", true);
    } else if (p.ctl != 0) {
        control_words(&p, w);
    } else {
        access_pdu(m, now, &p, w);
    }
}

/* -- the proxy --------------------------------------------------------------------------------- */

static void proxy_words(const struct proxy_message *message, struct words *w)
{
    static const char *const names[] = { "Set Filter Type", "Add Addresses", "Remove Addresses",
                                         "Filter Status" };
    const char *list = message->type == PROXY_ACCEPT_LIST ? "accept list" : "reject list";

    words_say(w, "Proxy %s", names[message->opcode]);
    words_text(w, "message", names[message->opcode]);
    if (message->opcode == PROXY_SET_FILTER_TYPE || message->opcode == PROXY_FILTER_STATUS) {
        words_say(w, ": %s", list);
        words_text(w, "filter", message->type == PROXY_ACCEPT_LIST ? "accept" : "reject");
    }
    if (message->opcode == PROXY_FILTER_STATUS) {
        words_say(w, " of %u", message->list_size);
        words_number(w, "size", message->list_size);
        return;
    }
    words_say(w, message->count != 0 && message->opcode != PROXY_SET_FILTER_TYPE ? ":" : "");
    for (uint8_t i = 0; message->opcode != PROXY_SET_FILTER_TYPE && i < message->count; i++) {
        words_say(w, " 0x%04x", message->addresses[i]);
    }
}

void mesh_proxy_configuration(struct mesh *m, const uint8_t *pdu, size_t len, struct words *w)
{
    struct proxy_message message;
    struct net_pdu p;
    uint16_t net_index;

    words_text(w, "kind", "proxy-configuration");
    if (open_pdu(m, NET_NONCE_PROXY, pdu, len, &p)) {
        keyring_as(m->keys, USHER_ADDR_UNASSIGNED);
        words_truth(w, "opened", true);
        words_address(w, "src", p.src);
        words_say(w, "from 0x%04x: ", p.src);
        if (proxy_open(&m->keys->net, pdu, len, &message, &net_index)) {
            proxy_words(&message, w);
        } else {
            words_say(w, "Proxy Configuration, malformed");
            words_truth(w, "malformed", true);
        }
    } else {
        words_truth(w, "opened", false);
        words_say(w, "Proxy Configuration, of a key that is not known");
    }
}

void mesh_proxy_service(const uint8_t *data, size_t len, struct words *w)
{
    static const char *const types[] = { "Network ID", "Node Identity", "Private Network Identity",
                                         "Private Node Identity" };
    static const size_t lengths[] = { 9, 17, 17, 17 };

    words_text(w, "kind", "proxy-service");
    if (len == 0 || data[0] > IDENTITY_PRIVATE_NODE || len != lengths[data[0]]) {
        words_say(w, "Mesh Proxy Service, malformed");
        words_truth(w, "malformed", true);
        return;
    }
    words_say(w, "Mesh Proxy Service, %s ", types[data[0]]);
    words_say_hex(w, data + 1, len - 1);
    words_text(w, "identification", types[data[0]]);
    words_hex(w, "value", data + 1, len - 1);
}
