/*
 * An instance whose radio is elsewhere (usher/remote.h): what the device tells becomes what the
 * instance's own sessions and transport would have told. Linked by who has such a device alone.
 */
#include "mesh.h"

#include "beacon.h"
#include "facts.h"
#include "iv.h"
#include "node.h"
#include "store.h"

#include <string.h>

#define IV_AHEAD 42u /* 3.11.6: as far as a recovery may go */

#if USHER_REMOTE

/* -- sessions ---------------------------------------------------------------------------------- */

static void heard(struct usher *u, const struct usher_event *event)
{
    struct usher_adv_report report = { .rssi = event->params.unprov.rssi,
                                       .addr_type = event->params.unprov.peer.type };
    struct beacon b = { .oob_info = event->params.unprov.oob_info,
                        .has_hash = event->params.unprov.uri_hash_present };

    memcpy(report.addr, event->params.unprov.peer.addr, sizeof(report.addr));
    memcpy(b.uuid, event->params.unprov.device_uuid, sizeof(b.uuid));
    memcpy(b.hash, event->params.unprov.uri_hash, sizeof(b.hash));
    scan_found(u, &b, &report, event->params.unprov.gatt_supported);
}

/* @retval false  Nothing new. */
static bool phase(struct usher_session *s, enum usher_phase phase)
{
    bool later = (uint8_t)phase > s->phase_told;

    s->phase_told = later ? (uint8_t)phase : s->phase_told;
    return later;
}

/* A failure without a name of its own happened where its number says it must have. */
static void failed(struct usher_session *s, uint8_t code)
{
    s->prov.failure = code;
    if (code == USHER_FAIL_CONFIRMATION) {
        (void)phase(s, USHER_PHASE_CONFIRMATION);
    }
}

void usher_remote_event(struct usher *u, const struct usher_event *event)
{
    struct usher_session *s = event->params.link_established.p_context;

    if (event->type == USHER_EVT_UNPROVISIONED_RECEIVED) {
        heard(u, event);
        return;
    }
    switch (event->type) {
    case USHER_EVT_PHASE:
        if (!phase(s, event->params.phase.phase)) {
            return;
        }
        break;
    case USHER_EVT_CAPS_RECEIVED:
        s->capabilities = event->params.oob_caps_received.oob_caps;
        s->prov.caps = s->capabilities;
        break;
    case USHER_EVT_COMPLETE:
        s->prov.facts |= IS_COMPLETE;
        memcpy(s->prov.device_key, event->params.complete.p_devkey, sizeof(s->prov.device_key));
        (void)phase(s, USHER_PHASE_COMPLETE);
        break;
    case USHER_EVT_FAILED:
        failed(s, event->params.failed.failure_code);
        break;
    case USHER_EVT_LINK_CLOSED:
        s->close_reason = event->params.link_closed.close_reason;
        s->state = SESSION_IDLE;
        break;
    default:
        break;
    }
    node_tell(u, event);
    node_drain(u);
}

/* -- the node ---------------------------------------------------------------------------------- */

void usher_remote_message(struct usher_mesh *m, const struct usher_message *message,
                          const uint8_t *data, size_t len)
{
    struct transport_in in = { .message = *message, .data = data, .len = len };

    if (mesh_is_node(m)) {
        m->now = usher_mesh_now(m);
        access_rx(m, &in);
        node_drain(m->node);
    }
}

void usher_remote_sent(struct usher_mesh *m, uint32_t token, bool delivered)
{
    m->now = usher_mesh_now(m);
    mesh_sent(m, token, delivered);
    node_drain(m->node);
}

/* IV states in their order: an index begins with its update, and goes on without. */
static uint64_t ordinal(uint32_t index, bool updating)
{
    return (uint64_t)index * 2 + !updating;
}

void usher_remote_iv(struct usher_mesh *m, uint32_t index, bool updating)
{
    struct usher_iv *iv = &m->net.iv;
    uint32_t tx = iv_tx(iv);

    if (!mesh_is_node(m) || ordinal(index, updating) <= ordinal(iv->index, iv->updating) ||
        index - iv->index > IV_AHEAD) {
        return;
    }
    m->now = usher_mesh_now(m);
    iv->index = index;
    iv->updating = updating;
    iv->fresh = false;
    iv->since = m->now;
    if (iv_tx(iv) != tx) { /* sequence numbers begin again */
        iv->seq = 0;
        iv->seq_reserved = 0;
    }
    mesh_iv_changed(m);
    node_drain(m->node);
}

void usher_remote_seq(struct usher_mesh *m, uint32_t end)
{
    struct usher_iv *iv = &m->net.iv;

    if (!mesh_is_node(m) || end <= iv->seq || end > USHER_SEQ_MAX + 1) {
        return;
    }
    iv->seq = end;
    iv->seq_reserved = end > iv->seq_reserved ? end : iv->seq_reserved;
    m->now = usher_mesh_now(m);
    (void)mesh_reserve_seq(m); /* if it fails, it is tried again, and told */
    node_alarm(m->node);
}

uint32_t usher_remote_seq_next(const struct usher_mesh *m)
{
    return m->net.iv.seq;
}

bool usher_remote_key(const struct usher_mesh *m, unsigned n, struct usher_remote_key *key)
{
    const struct usher_keys *k = &m->net.keys;

    for (uint16_t i = 0; i < k->subnet_count; i++) {
        const struct usher_subnet *s = &k->subnets[i];

        if (s->used && n-- == 0) {
            /* In phase 2 of a Key Refresh the new key is the one to send with. */
            *key =
                (struct usher_remote_key){ false, s->index, s->index, s->key[s->phase == 2].key };
            return true;
        }
    }
    for (uint16_t i = 0; i < k->appkey_count; i++) {
        const struct usher_appkey *a = &k->appkeys[i];

        if (a->used && n-- == 0) {
            *key = (struct usher_remote_key){ true, a->index, a->net_index, a->key[0].key };
            return true;
        }
    }
    return false;
}

bool usher_remote_device_key(const struct usher_mesh *m, uint16_t address,
                             uint8_t key[USHER_KEY_SIZE])
{
    return m->net.directory->device_key(m->net.directory_ctx, address, key);
}

bool usher_remote_subscription(const struct usher_mesh *m, unsigned n, uint16_t *address,
                               const uint8_t **label)
{
    const struct usher_model *model = access_each(m, n / USHER_SUBSCRIPTIONS);
    const struct usher_subscription *s;

    if (model == NULL) {
        return false;
    }
    s = &model->subscriptions[n % USHER_SUBSCRIPTIONS];
    *address = s->address;
    *label = s->label;
    return true;
}

#endif
