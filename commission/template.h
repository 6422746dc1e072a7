/*
 * A template: what nodes are configured with, read from JSON. "usher help configure" explains its
 * form to users.
 */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include <usher/access.h>

#include <jansson.h>

#define TEMPLATE_APPKEYS 16
#define TEMPLATE_MODELS 64
#define TEMPLATE_BINDINGS 8
#define TEMPLATE_SUBSCRIPTIONS 32
#define TEMPLATE_LEAVE (-1) /* a setting that the template does not mention */

/** A group address, a unicast address to publish to, or the label of a virtual address. */
struct template_address {
    uint16_t address; /* 0: it is the label */
    uint8_t label[USHER_LABEL_SIZE];
};

struct template_publication {
    struct template_address to;
    uint16_t appkey;
    uint8_t ttl, period, retransmit; /* as in the message */
};

/** What the models of one id are told, on each element that has one. */
struct template_model {
    uint16_t company, id;
    int element; /* this one only, counted from 0; TEMPLATE_LEAVE: all */
    size_t bind_count;
    uint16_t bind[TEMPLATE_BINDINGS];
    bool publishes;
    struct template_publication publish;
    size_t subscribe_count;
    struct template_address subscribe[TEMPLATE_SUBSCRIPTIONS];
};

struct node_template {
    size_t appkey_count;
    uint16_t appkeys[TEMPLATE_APPKEYS];
    int ttl, beacon, relay, relay_retransmit, network_transmit; /* as in the messages */
    size_t model_count;
    struct template_model models[TEMPLATE_MODELS];
};

/**
 * Reads a template.
 *
 * @param path  NULL: the built-in one, a site of lamps: AppKey 0 bound to every Generic OnOff
 *              Server and to the Health Server, and the former subscribed to group 0xC000.
 * @param why   Gets one line that names the place, such as "models[0].publish.period".
 *
 * @retval false  Not readable, or not a template.
 */
bool template_read(const char *path, struct node_template *t, char *why, size_t why_len);

/** Writes a publication period as a time, "10s" or "100ms"; empty for 0. */
void template_period_text(uint8_t period, char *text, size_t len);

/** A count and an interval of @p step_ms steps, as in templates: {"count": 2, "interval": "20ms"}.
 */
json_t *template_transmit_json(uint8_t transmit, unsigned step_ms);

#endif
