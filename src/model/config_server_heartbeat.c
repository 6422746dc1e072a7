/*
 * The Configuration Server's acts on heartbeats (Mesh Protocol 1.1, sections 4.2.18, 4.2.19,
 * 4.4.1.2.15 and 4.4.1.2.16). The state is the network layer's, which sends and counts.
 */
#include "config_server.h"

#define COUNT_LOG_MAX 0x11u
#define COUNT_MAX 0xFFFEu /* what 0x11 stands for */
#define LOG_ENDLESS 0xFFu
#define COUNT_ENDLESS 0xFFFFu /* without end as a count published; "or more" as one received */
#define HOPS_MAX 0x7Fu

/* -- counts and times as logarithms: n stands for 2^(n-1), 0 for 0 (4.1.2) --------------------- */

static uint16_t count_of(uint8_t log)
{
    if (log == 0) {
        return 0;
    }
    if (log == LOG_ENDLESS) {
        return COUNT_ENDLESS;
    }
    return (uint16_t)(log == COUNT_LOG_MAX ? COUNT_MAX : 1u << (log - 1));
}

/* The largest n that stands for no more than @p v: of what was counted. */
static uint8_t log_down(uint64_t v)
{
    uint8_t n = 0;

    for (; v != 0; v >>= 1) {
        n++;
    }
    return n;
}

/* The smallest n that stands for no less than @p v: of what is still to come. */
static uint8_t log_up(uint64_t v)
{
    return v > 1 ? (uint8_t)(log_down(v - 1) + 1) : (uint8_t)v;
}

static uint64_t period_ms(uint8_t log)
{
    return UINT64_C(1000) << (log - 1);
}

/* -- publication ------------------------------------------------------------------------------- */

void config_heartbeat_pub_get(struct config_call *c)
{
    const struct usher_heartbeat *h = &c->mesh->net.heartbeat;

    c->msg.status = USHER_STATUS_SUCCESS;
    c->msg.address = h->pub_dst;
    c->msg.count_log = h->pub_count == COUNT_ENDLESS ? LOG_ENDLESS : log_up(h->pub_count);
    c->msg.period_log = h->pub_period_log;
    c->msg.ttl = h->pub_ttl;
    c->msg.features = h->pub_features;
    c->msg.net_index = h->pub_net_index;
}

void config_heartbeat_pub_set(struct config_call *c)
{
    struct usher_heartbeat *h = &c->mesh->net.heartbeat;

    if (c->msg.address == USHER_ADDR_UNASSIGNED) {
        manage_heartbeat_off(c->mesh);
        config_heartbeat_pub_get(c);
        return;
    }
    if (keys_subnet(&c->mesh->net.keys, c->msg.net_index) == NULL) {
        c->msg.status = USHER_STATUS_INVALID_NETKEY; /* the rest is as it was asked */
        return;
    }
    h->pub_dst = c->msg.address;
    h->pub_count = count_of(c->msg.count_log);
    h->pub_period_log = c->msg.period_log;
    h->pub_ttl = c->msg.ttl;
    h->pub_features = c->msg.features;
    h->pub_net_index = c->msg.net_index;
    transport_heartbeat_set(&c->mesh->net, c->mesh->acts->now(c->mesh));
    manage_settings_changed(c->mesh);
    config_heartbeat_pub_get(c);
}

/* -- subscription ------------------------------------------------------------------------------ */

static uint8_t period_left_log(const struct usher_heartbeat *h, uint64_t now)
{
    return h->sub_until > now ? log_up((h->sub_until - now + 999) / 1000) : 0;
}

void config_heartbeat_sub_get(struct config_call *c)
{
    const struct usher_heartbeat *h = &c->mesh->net.heartbeat;

    c->msg.status = USHER_STATUS_SUCCESS;
    c->msg.source = h->sub_src;
    c->msg.address = h->sub_dst;
    c->msg.period_log = period_left_log(h, c->mesh->acts->now(c->mesh));
    c->msg.count_log = h->sub_count == COUNT_ENDLESS ? LOG_ENDLESS : log_down(h->sub_count);
    c->msg.min_hops = h->min_hops;
    c->msg.max_hops = h->max_hops;
}

/* Nothing is counted any more. What was stays to be read if only the period was ended. */
static void subscription_off(struct usher_heartbeat *h, bool forget)
{
    h->sub_src = USHER_ADDR_UNASSIGNED;
    h->sub_dst = USHER_ADDR_UNASSIGNED;
    h->sub_period_log = 0;
    h->sub_until = 0;
    if (forget) {
        h->sub_count = 0;
        h->min_hops = 0;
        h->max_hops = 0;
    }
}

static void subscription_on(struct usher_heartbeat *h, const struct usher_config_msg *msg,
                            uint64_t now)
{
    h->sub_src = msg->source;
    h->sub_dst = msg->address;
    h->sub_period_log = msg->period_log;
    h->sub_until = now + period_ms(msg->period_log);
    h->sub_count = 0;
    h->min_hops = HOPS_MAX;
    h->max_hops = 0;
}

void config_heartbeat_sub_set(struct config_call *c)
{
    struct usher_net *n = &c->mesh->net;
    bool addressed =
        c->msg.source != USHER_ADDR_UNASSIGNED && c->msg.address != USHER_ADDR_UNASSIGNED;

    if (usher_is_unicast(c->msg.address) && c->msg.address != n->address) {
        c->ignored = true; /* a unicast destination can only be our primary element */
        return;
    }
    if (addressed && c->msg.period_log != 0) {
        subscription_on(&n->heartbeat, &c->msg, c->mesh->acts->now(c->mesh));
    } else {
        subscription_off(&n->heartbeat, !addressed);
    }
    c->mesh->configured = true;
    config_heartbeat_sub_get(c);
}
