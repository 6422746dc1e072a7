/*
 * Configuration Server (Mesh Protocol 1.1, section 4.4.1): takes a question, lets its act answer,
 * and sends the answer; also the acts on states of the whole node. Called by access. Whatever is
 * malformed, prohibited, or not to the node alone is ignored.
 */
#include "config_server.h"

#define UNSUPPORTED 2u /* of the states that are off, on, or not there */
/* What a Node Reset leaves for its answer, and for another one if the client asks again in 2 s. */
#define RESET_AFTER_MS 2500u

/* Changes a state of one octet, which is kept. */
static void set(struct config_call *c, uint8_t *state, uint8_t value)
{
    if (*state != value) {
        *state = value;
        manage_settings_changed(c->mesh);
    }
}

void config_composition_get(struct config_call *c)
{
    c->msg.data_len = composition_page(c->mesh, &c->msg.state, c->page);
    c->msg.data = c->page;
}

void config_beacon_get(struct config_call *c)
{
    c->msg.state = c->mesh->net.beacon;
}

void config_beacon_set(struct config_call *c)
{
    set(c, &c->mesh->net.beacon, c->msg.state);
}

void config_ttl_get(struct config_call *c)
{
    c->msg.state = c->mesh->net.default_ttl;
}

void config_ttl_set(struct config_call *c)
{
    set(c, &c->mesh->net.default_ttl, c->msg.state);
}

void config_proxy_get(struct config_call *c)
{
    c->msg.state = c->mesh->net.proxy;
}

void config_proxy_set(struct config_call *c)
{
    struct usher_net *n = &c->mesh->net;
    uint8_t proxy = n->proxy;

    if (proxy != UNSUPPORTED) {
        set(c, &n->proxy, c->msg.state);
    }
    if (proxy != n->proxy) {
        transport_feature_changed(n, c->mesh->acts->now(c->mesh), USHER_FEATURE_PROXY);
    }
    config_proxy_get(c);
}

/* To get or to set. */
void config_friend_get(struct config_call *c)
{
    c->msg.state = UNSUPPORTED;
}

void config_relay_get(struct config_call *c)
{
    const struct usher_net *n = &c->mesh->net;

    c->msg.state = n->relay;
    c->msg.transmit = n->relay != UNSUPPORTED ? n->relay_retransmit : 0;
}

void config_relay_set(struct config_call *c)
{
    struct usher_net *n = &c->mesh->net;
    uint8_t relay = n->relay;

    if (relay != UNSUPPORTED) {
        set(c, &n->relay, c->msg.state);
        set(c, &n->relay_retransmit, c->msg.transmit);
    }
    if (relay != n->relay) {
        transport_feature_changed(n, c->mesh->acts->now(c->mesh), USHER_FEATURE_RELAY);
    }
    config_relay_get(c);
}

void config_net_transmit_get(struct config_call *c)
{
    c->msg.transmit = c->mesh->net.net_transmit;
}

void config_net_transmit_set(struct config_call *c)
{
    set(c, &c->mesh->net.net_transmit, c->msg.transmit);
}

/* Nobody's friend: the time is 0. */
void config_lpn_timeout_get(struct config_call *c)
{
    c->msg.poll_timeout = 0;
}

/* The node resets itself at that time. One that asks again does not put it off. */
void config_node_reset(struct config_call *c)
{
    if (c->mesh->reset_at == 0) {
        c->mesh->reset_at = c->mesh->acts->now(c->mesh) + RESET_AFTER_MS;
    }
}

/* -- questions and answers --------------------------------------------------------------------- */

static void received(struct usher_model *model, const struct usher_message *message);

#define ROW(message, act) { USHER_CONFIG_##message, 0, USHER_ACCESS_MAX, received },
static const struct usher_opcode opcodes[] = { CONFIG_ACTS(ROW) };
#define OPCODES (sizeof(opcodes) / sizeof(opcodes[0]))

#define ACT(message, act) config_##act,
static void (*const acts[OPCODES])(struct config_call *c) = { CONFIG_ACTS(ACT) };

static void run_act(struct config_call *c)
{
    for (unsigned i = 0; i < OPCODES; i++) {
        if (opcodes[i].opcode == c->message->opcode) {
            acts[i](c);
            return;
        }
    }
}

static void received(struct usher_model *model, const struct usher_message *message)
{
    struct usher_config_server *s = (struct usher_config_server *)model; /* its first member */
    struct config_call c = { .mesh = model->mesh, .message = message };
    uint8_t params[USHER_ACCESS_MAX];
    size_t len;

    if (!usher_is_unicast(message->dst) || !usher_config_read(message, &c.msg)) {
        return;
    }
    c.msg.opcode = config_pdu_find(message->opcode)->answer;
    run_act(&c);
    if (c.ignored) {
        return;
    }
    len = config_pdu_write(&c.msg, params, sizeof(params));
    if (len != SIZE_MAX) {
        (void)usher_reply(model, message, c.msg.opcode, params, len); /* or it is asked again */
    }
    if (s->served != NULL) {
        s->served(s, message, &c.msg);
    }
}

void usher_config_server_init(struct usher_config_server *s)
{
    *s = (struct usher_config_server){
        .model = {
            .company = USHER_SIG,
            .id = USHER_MODEL_CONFIG_SERVER,
            .flags = USHER_MODEL_DEVICE_KEY | USHER_MODEL_NO_SUBSCRIBE | USHER_MODEL_NO_PUBLISH,
            .opcodes = opcodes,
            .opcode_count = OPCODES,
        },
    };
}
