/*
 * The instance's node, on a device: the device gets its address, its IV state and its keys, and
 * sends and receives for it. host_remote.c calls it; see host_remote.h. Messages name keys and
 * addresses by handles of the device (host_things.c), which are asked for when they are needed
 * first and given back, the longest unused ones, when the device has room for no more.
 *
 * What the device had of a network is cleared: it knows nothing that the host does not. Sequence
 * numbers are the node's own, which are in the host's storage: before the device gets a block of
 * them it is used up there, and so are those that the device says it will use.
 */
#include "host_remote.h"

#include <string.h>

#define DATA_MAX 244u     /* octets of a message in Packet Send */
#define SEQ_BLOCK 8192u   /* that a device takes without a word */
#define PREPARE_MS 10000u /* until a message is at the device */
#define SENT_MS 20000u    /* until it must have been sent, all segments acknowledged */
#define TTL_DEFAULT 255u

enum node_step {
    NODE_NONE,
    NODE_CLEAR,
    NODE_ADDRESS,
    NODE_STATE,
    NODE_KEYS,
    NODE_ENABLE,
    NODE_UP,
    NODE_FAILED,
};

enum message_state {
    MESSAGE_FREE,
    MESSAGE_PREPARING, /* its handles are not there yet */
    MESSAGE_SENDING,   /* the device is being told */
    MESSAGE_SENT,      /* until TX Complete */
};

enum need {
    NEED_HAVE,
    NEED_WAIT,
    NEED_NEVER,
};

static const struct usher_mesh *mesh_of(const struct usher_serial_remote *r)
{
    return r->node->mesh;
}

static uint16_t address_of(const struct usher_serial_remote *r)
{
    return !r->closed && r->node->mesh != NULL ? usher_mesh_address(r->node->mesh)
                                               : USHER_ADDR_UNASSIGNED;
}

/* -- messages ---------------------------------------------------------------------------------- */

static void message_end(struct usher_serial_remote_message *m, bool delivered)
{
    struct usher_serial_remote *r = m->remote;
    uint32_t token = m->token;

    usher_serial_host_cancel(&r->line, &m->call);
    if (m->key != NULL) {
        m->key->users--;
    }
    if (m->address != NULL) {
        m->address->users--;
    }
    if (m->calling != NULL && m->calling->there) {
        m->calling->leaving = false;
    } else if (m->calling != NULL) {
        remote_thing_free(r, m->calling);
    }
    remote_wipe(r, m, sizeof(*m));
    m->remote = r;
    if (token != 0 && address_of(r) != USHER_ADDR_UNASSIGNED) {
        usher_remote_sent(r->node->mesh, token, delivered);
    }
    remote_kick(r);
}

/* What a command that was never answered has done is not known: all is given anew. */
static void node_anew(struct usher_serial_remote *r)
{
    r->node_address = USHER_ADDR_UNASSIGNED;
    remote_kick(r);
}

static void on_gone(void *user, struct usher_serial_request *call, enum usher_err err,
                    const struct usher_serial_packet *answer)
{
    struct usher_serial_remote_message *m = user;
    struct usher_serial_remote_thing *t = m->calling;

    (void)call;
    (void)answer;
    m->calling = NULL;
    remote_thing_free(m->remote, t); /* what cannot be removed is not there */
    if (err == USHER_E_TIMEOUT) {
        node_anew(m->remote);
    }
    remote_kick(m->remote);
}

static enum need remove_thing(struct usher_serial_remote_message *m,
                              struct usher_serial_remote_thing *t)
{
    struct usher_serial_packet p = { .opcode = t->kind == THING_DEVKEY
                                                   ? USHER_SERIAL_DEVKEY_DELETE
                                                   : USHER_SERIAL_ADDR_PUBLICATION_REMOVE,
                                     .handle = t->handle };

    m->call.done = on_gone;
    m->call.user = m;
    if (usher_serial_host_send(&m->remote->line, &m->call, &p) != USHER_OK) {
        return NEED_NEVER;
    }
    t->leaving = true;
    m->calling = t;
    return NEED_WAIT;
}

static void on_added(void *user, struct usher_serial_request *call, enum usher_err err,
                     const struct usher_serial_packet *answer)
{
    struct usher_serial_remote_message *m = user;
    struct usher_serial_remote_thing *t = m->calling, *old;
    enum remote_thing_kind kind = t->kind;

    (void)call;
    m->calling = NULL;
    if (err == USHER_OK) {
        t->there = true;
        t->handle = answer->handle;
        remote_kick(m->remote);
        return;
    }
    remote_thing_free(m->remote, t);
    if (err == USHER_E_TIMEOUT) {
        node_anew(m->remote);
        return;
    }
    old = err == USHER_E_RESOURCES ? remote_thing_oldest(m->remote, kind) : NULL;
    if (old == NULL || remove_thing(m, old) == NEED_NEVER) {
        message_end(m, false); /* it is tried again, when others have gone */
    }
}

static enum need add_thing(struct usher_serial_remote_message *m, enum remote_thing_kind kind,
                           uint16_t index, const uint8_t *value)
{
    struct usher_serial_remote_thing *t = remote_thing_new(m->remote, kind, index, value);
    struct usher_serial_packet p;
    enum usher_err err = USHER_E_STATE;

    if (t == NULL) {
        t = remote_thing_oldest(m->remote, kind);
        return t != NULL ? remove_thing(m, t) : NEED_WAIT;
    }
    if (remote_thing_packet(m->remote, t, m->target.net_index, &p)) {
        m->call.done = on_added;
        m->call.user = m;
        err = usher_serial_host_send(&m->remote->line, &m->call, &p);
    }
    remote_wipe(m->remote, &p, sizeof(p));
    if (err != USHER_OK) {
        remote_thing_free(m->remote, t);
        return NEED_NEVER;
    }
    m->calling = t;
    return NEED_WAIT;
}

/* Finds the handle for a message's key or address, or asks for it. */
static enum need need(struct usher_serial_remote_message *m, enum remote_thing_kind kind,
                      uint16_t index, const uint8_t *value,
                      struct usher_serial_remote_thing **found)
{
    bool is_label = kind == THING_PUBLICATION && usher_is_virtual(index);
    struct usher_serial_remote_thing *t =
        remote_thing_find(m->remote, kind, index, is_label ? value : NULL);

    if (*found != NULL) {
        return NEED_HAVE;
    }
    if (t == NULL) {
        return kind == THING_APPKEY ? NEED_WAIT : add_thing(m, kind, index, value);
    }
    if (!t->there || t->leaving) {
        return NEED_WAIT;
    }
    if (kind == THING_DEVKEY && memcmp(t->value, value, sizeof(t->value)) != 0) {
        return t->users != 0 ? NEED_WAIT : remove_thing(m, t); /* another device has the address */
    }
    t->users++;
    t->used = ++m->remote->tick;
    *found = t;
    return NEED_HAVE;
}

static enum need need_key(struct usher_serial_remote_message *m)
{
    uint8_t key[USHER_KEY_SIZE];
    enum need result;

    if (m->target.key != USHER_KEY_REMOTE_DEVICE) {
        return need(m, THING_APPKEY, m->target.key, NULL, &m->key);
    }
    if (!usher_remote_device_key(mesh_of(m->remote), m->target.dst, key)) {
        return NEED_NEVER;
    }
    result = need(m, THING_DEVKEY, m->target.dst, key, &m->key);
    remote_wipe(m->remote, key, sizeof(key));
    return result;
}

static bool was_early(const struct usher_serial_remote *r, uint32_t token)
{
    for (unsigned i = 0; i < sizeof(r->early) / sizeof(r->early[0]); i++) {
        if (token != 0 && r->early[i] == token) {
            return true;
        }
    }
    return false;
}

static void on_sent(void *user, struct usher_serial_request *call, enum usher_err err,
                    const struct usher_serial_packet *answer)
{
    struct usher_serial_remote_message *m = user;

    (void)call;
    if (err != USHER_OK) {
        message_end(m, false);
        return;
    }
    m->state = MESSAGE_SENT;
    m->device_token = answer->token;
    m->at = remote_now(m->remote) + SENT_MS;
    if (was_early(m->remote, answer->token)) {
        message_end(m, true);
    }
}

static void message_send(struct usher_serial_remote_message *m)
{
    const struct usher_mesh *mesh = mesh_of(m->remote);
    struct usher_serial_packet p = { .opcode = USHER_SERIAL_PACKET_SEND,
                                     .handle = m->key->handle,
                                     .src = m->src,
                                     .handle2 = m->address->handle,
                                     .ttl = m->target.ttl != TTL_DEFAULT ? m->target.ttl
                                                                         : mesh->net.default_ttl,
                                     .force_segmented = m->target.segmented,
                                     .data = m->data,
                                     .len = m->len };

    m->call.done = on_sent;
    m->call.user = m;
    m->state = MESSAGE_SENDING;
    if (usher_serial_host_send(&m->remote->line, &m->call, &p) != USHER_OK) {
        message_end(m, false);
    }
}

static void message_run(struct usher_serial_remote_message *m, uint64_t now)
{
    enum need result = NEED_HAVE;

    if (m->call.on_way) { /* it ends in its time */
        return;
    }
    if (now >= m->at) {
        message_end(m, false);
        return;
    }
    if (m->state != MESSAGE_PREPARING) {
        return;
    }
    result = need_key(m);
    if (result == NEED_HAVE) {
        result = need(m, THING_PUBLICATION, m->target.dst, m->label, &m->address);
    }
    if (result == NEED_HAVE) {
        message_send(m);
    } else if (result == NEED_NEVER) {
        message_end(m, false);
    }
}

static bool has_key(const struct usher_serial_remote *r, const struct usher_target *target)
{
    struct usher_remote_key key;
    uint8_t device_key[USHER_KEY_SIZE];
    bool found = false;

    if (target->key == USHER_KEY_REMOTE_DEVICE) {
        found = usher_remote_device_key(mesh_of(r), target->dst, device_key);
        remote_wipe(r, device_key, sizeof(device_key));
        return found;
    }
    for (unsigned n = 0; !found && usher_remote_key(mesh_of(r), n, &key); n++) {
        found = key.app && key.index == target->key;
    }
    return found;
}

enum usher_err remote_node_send(void *ctx, struct usher_mesh *mesh, uint16_t src,
                                const struct usher_target *target, const uint8_t *message,
                                size_t len, uint32_t token)
{
    struct usher_serial_remote *r = ctx;
    struct usher_serial_remote_message *m = NULL;

    (void)mesh;
    if (r->node_step == NODE_FAILED) {
        return USHER_E_STATE;
    }
    if (len > DATA_MAX) {
        return USHER_E_SIZE;
    }
    if (!has_key(r, target)) {
        return USHER_E_NOT_FOUND;
    }
    for (unsigned i = 0; m == NULL && i < USHER_SERIAL_MESSAGES; i++) {
        m = r->messages[i].state == MESSAGE_FREE ? &r->messages[i] : NULL;
    }
    if (m == NULL || r->node_step != NODE_UP) {
        remote_kick(r);
        return USHER_E_NO_MEM; /* there is room again later */
    }
    m->state = MESSAGE_PREPARING;
    m->src = src;
    m->target = *target;
    if (target->label != NULL) {
        memcpy(m->label, target->label, sizeof(m->label));
    }
    m->target.label = NULL;
    m->token = token;
    m->at = remote_now(r) + PREPARE_MS;
    memcpy(m->data, message, len);
    m->len = (uint8_t)len;
    remote_kick(r);
    return USHER_OK;
}

/* -- the node, step by step -------------------------------------------------------------------- */

/* A step that has failed is told once; the node does without the device then. */
static void failed(struct usher_serial_remote *r, const char *what)
{
    r->node_step = NODE_FAILED;
    if (r->config.note != NULL) {
        r->config.note(r->config.user, what);
    }
    for (unsigned i = 0; i < USHER_SERIAL_MESSAGES; i++) {
        if (r->messages[i].state != MESSAGE_FREE) {
            message_end(&r->messages[i], false);
        }
    }
}

static void on_thing(struct usher_serial_remote *r, enum usher_err err,
                     const struct usher_serial_packet *answer)
{
    for (unsigned i = 0; i < USHER_SERIAL_THINGS; i++) {
        struct usher_serial_remote_thing *t = &r->things[i];

        if (t->kind == THING_FREE || t->there || !t->leaving) { /* leaving: ours, see give() */
            continue;
        }
        if (err == USHER_OK) {
            t->there = true;
            t->leaving = false;
            t->handle = answer->handle;
        } else if (t->kind == THING_SUBSCRIPTION) {
            t->there = true; /* it is not asked for again */
            t->leaving = false;
            t->handle = 0xFFFF;
            if (r->config.note != NULL) {
                r->config.note(r->config.user,
                               "the serial device cannot subscribe to another address");
            }
        } else {
            remote_thing_free(r, t);
            failed(r, "the serial device has no room for the network's keys");
        }
        return;
    }
}

static bool is_tolerable(uint8_t opcode, enum usher_err err)
{
    /* It is enabled already; it keeps its network state itself. */
    return err == USHER_OK || (err == USHER_E_STATE && (opcode == USHER_SERIAL_MESH_ENABLE ||
                                                        opcode == USHER_SERIAL_NET_STATE_SET));
}

static void on_node(void *user, struct usher_serial_request *call, enum usher_err err,
                    const struct usher_serial_packet *answer)
{
    struct usher_serial_remote *r = user;

    if (err == USHER_E_TIMEOUT || (err == USHER_E_STATE && answer == NULL)) {
        remote_node_lost(r); /* from the begin, once the line is up */
        remote_kick(r);
        return;
    }
    if (r->node_step == NODE_KEYS || r->node_step == NODE_UP) {
        on_thing(r, err, answer);
    } else if (is_tolerable(call->opcode, err)) {
        r->node_step++;
    } else {
        failed(r, "the serial device does not become a node of the network");
    }
    remote_kick(r);
}

static void node_call(struct usher_serial_remote *r, const struct usher_serial_packet *p)
{
    r->node_call.done = on_node;
    r->node_call.user = r;
    (void)usher_serial_host_send(&r->line, &r->node_call, p);
}

/* Gives the device a thing, with the node's own request. */
static bool give(struct usher_serial_remote *r, enum remote_thing_kind kind, uint16_t index,
                 uint16_t net_index, const uint8_t *value)
{
    struct usher_serial_remote_thing *t = remote_thing_new(r, kind, index, value);
    struct usher_serial_packet p;
    bool ready = t != NULL && remote_thing_packet(r, t, net_index, &p);

    if (ready) {
        t->leaving = true;
        node_call(r, &p);
        remote_wipe(r, &p, sizeof(p));
    } else if (t != NULL) {
        remote_thing_free(r, t);
    }
    return ready;
}

/* The next key that the device has not. @retval false  It has them all. */
static bool give_key(struct usher_serial_remote *r)
{
    struct usher_remote_key key;

    for (unsigned n = 0; usher_remote_key(mesh_of(r), n, &key); n++) {
        enum remote_thing_kind kind = key.app ? THING_APPKEY : THING_SUBNET;

        if (remote_thing_find(r, kind, key.index, NULL) == NULL &&
            give(r, kind, key.index, key.net_index, key.key)) {
            return true;
        }
    }
    return false;
}

static bool give_subscription(struct usher_serial_remote *r)
{
    const uint8_t *label;
    uint16_t address;

    for (unsigned n = 0; usher_remote_subscription(mesh_of(r), n, &address, &label); n++) {
        label = usher_is_virtual(address) ? label : NULL;
        if (address != USHER_ADDR_UNASSIGNED &&
            remote_thing_find(r, THING_SUBSCRIPTION, address, label) == NULL &&
            give(r, THING_SUBSCRIPTION, address, 0, label)) {
            return true;
        }
    }
    return false;
}

static void give_state(struct usher_serial_remote *r)
{
    bool updating;
    struct usher_serial_packet p = { .opcode = USHER_SERIAL_NET_STATE_SET,
                                     .seqnum = usher_remote_seq_next(mesh_of(r)) };

    p.iv_index = usher_mesh_iv(mesh_of(r), &updating);
    p.iv_update = updating;
    usher_remote_seq(r->node->mesh, p.seqnum + SEQ_BLOCK);
    node_call(r, &p);
}

static void node_step(struct usher_serial_remote *r)
{
    struct usher_serial_packet p = { .opcode = USHER_SERIAL_STATE_CLEAR };
    bool given = r->node_step == NODE_KEYS && give_key(r);

    if (r->node_step == NODE_KEYS && !given) { /* it has all of them */
        r->node_step = NODE_ENABLE;
    }
    switch (r->node_step) {
    case NODE_CLEAR:
        node_call(r, &p);
        break;
    case NODE_ADDRESS:
        p.opcode = USHER_SERIAL_ADDR_LOCAL_SET;
        p.address = r->node_address;
        p.count = mesh_of(r)->config.composition->element_count;
        node_call(r, &p);
        break;
    case NODE_STATE:
        give_state(r);
        break;
    case NODE_KEYS:
        break; /* one is on its way */
    case NODE_ENABLE:
        p.opcode = USHER_SERIAL_MESH_ENABLE;
        node_call(r, &p);
        break;
    case NODE_UP:
        if (!give_key(r)) {
            (void)give_subscription(r);
        }
        break;
    default:
        break;
    }
}

void remote_node_lost(struct usher_serial_remote *r)
{
    usher_serial_host_cancel(&r->line, &r->node_call);
    r->node_step = NODE_NONE;
    r->node_address = USHER_ADDR_UNASSIGNED;
    memset(r->early, 0, sizeof(r->early));
    for (unsigned i = 0; i < USHER_SERIAL_MESSAGES; i++) {
        if (r->messages[i].state != MESSAGE_FREE) {
            message_end(&r->messages[i], false);
        }
    }
    remote_wipe(r, r->things, sizeof(r->things));
}

void remote_node_process(struct usher_serial_remote *r, uint64_t now)
{
    uint16_t address = address_of(r);

    if (!r->ready) {
        return;
    }
    if (address != r->node_address) { /* a node, another one, or none any more */
        remote_node_lost(r);
        r->node_address = address;
        r->node_step = address != USHER_ADDR_UNASSIGNED ? NODE_CLEAR : NODE_NONE;
    }
    if (!r->node_call.on_way) {
        node_step(r);
    }
    for (unsigned i = 0; i < USHER_SERIAL_MESSAGES; i++) {
        if (r->messages[i].state != MESSAGE_FREE) {
            message_run(&r->messages[i], now);
        }
    }
}

uint64_t remote_node_deadline(const struct usher_serial_remote *r)
{
    uint64_t at = USHER_NEVER;

    for (unsigned i = 0; i < USHER_SERIAL_MESSAGES; i++) {
        const struct usher_serial_remote_message *m = &r->messages[i];

        if (m->state != MESSAGE_FREE && !m->call.on_way) { /* a call ends in its time */
            at = remote_sooner(at, m->at);
        }
    }
    return at;
}

/* -- events ------------------------------------------------------------------------------------ */

/* @retval false  Nobody's. */
static bool key_of(struct usher_serial_remote *r, uint16_t handle, struct usher_message *message)
{
    const struct usher_serial_remote_thing *t = remote_thing_by_handle(r, THING_APPKEY, handle);

    if (t != NULL) {
        message->key = t->index;
        return true;
    }
    t = remote_thing_by_handle(r, THING_DEVKEY, handle);
    message->key = USHER_KEY_REMOTE_DEVICE;
    return t != NULL && t->index == message->src;
}

static bool destination_of(struct usher_serial_remote *r, const struct usher_serial_packet *p,
                           struct usher_message *message)
{
    const struct usher_serial_remote_thing *t;
    uint8_t elements = mesh_of(r)->config.composition->element_count;

    message->dst = p->dst;
    if (p->opcode == USHER_SERIAL_EVT_MESSAGE_UNICAST) {
        return (p->dst >= r->node_address && p->dst - r->node_address < elements) ||
               p->dst >= USHER_ADDR_ALL_PROXIES; /* a fixed group has no handle */
    }
    t = remote_thing_by_handle(r, THING_SUBSCRIPTION, p->dst);
    if (t == NULL) {
        return false;
    }
    message->dst = t->index;
    message->label = usher_is_virtual(t->index) ? t->value : NULL;
    return true;
}

static void on_message(struct usher_serial_remote *r, const struct usher_serial_packet *p)
{
    const struct usher_serial_remote_thing *subnet =
        remote_thing_by_handle(r, THING_SUBNET, p->handle2);
    struct usher_message message = { .src = p->src, .ttl = p->ttl };

    if (r->node_step != NODE_UP || subnet == NULL || !usher_is_unicast(p->src) ||
        !key_of(r, p->handle, &message) || !destination_of(r, p, &message)) {
        return;
    }
    if (p->actual_length != p->len) {
        if (r->config.note != NULL) {
            r->config.note(r->config.user, "a message is longer than the serial interface takes");
        }
        return;
    }
    message.net_index = subnet->index;
    usher_remote_message(r->node->mesh, &message, p->data, p->len);
}

static void on_tx_complete(struct usher_serial_remote *r, uint32_t token)
{
    for (unsigned i = 0; i < USHER_SERIAL_MESSAGES; i++) {
        struct usher_serial_remote_message *m = &r->messages[i];

        if (m->state == MESSAGE_SENT && m->device_token == token) {
            message_end(m, true);
            return;
        }
    }
    r->early[r->early_at++ % (sizeof(r->early) / sizeof(r->early[0]))] = token;
}

bool remote_node_event(struct usher_serial_remote *r, const struct usher_serial_packet *p)
{
    if (address_of(r) == USHER_ADDR_UNASSIGNED || address_of(r) != r->node_address) {
        return false;
    }
    switch (p->opcode) {
    case USHER_SERIAL_EVT_MESSAGE_UNICAST:
    case USHER_SERIAL_EVT_MESSAGE_SUBSCRIPTION:
        on_message(r, p);
        return true;
    case USHER_SERIAL_EVT_TX_COMPLETE:
        on_tx_complete(r, p->token);
        return true;
    case USHER_SERIAL_EVT_IV_ENTRY_SET:
        usher_remote_iv(r->node->mesh, p->iv_index, p->iv_update != 0);
        return true;
    case USHER_SERIAL_EVT_SEQNUM_ENTRY_SET:
        usher_remote_seq(r->node->mesh, p->seqnum);
        return true;
    default:
        return false;
    }
}
