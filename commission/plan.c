/*
 * Plans, and the record of what was acknowledged; see plan.h. Called by the configurator.
 */
#include "plan.h"

#include "parse.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Making. */

/** The plan while it is made: the first pass counts, the second one writes. */
struct planner {
    struct usher_config_msg *steps; /* NULL: counting */
    size_t count;
    const struct node_template *t;
    struct registry *registry;
    const struct registry_node *node;
    bool failed; /* to read a key */
};

static void step(struct planner *p, const struct usher_config_msg *msg)
{
    if (p->steps) {
        p->steps[p->count] = *msg;
    }
    p->count++;
}

static void plan_settings(struct planner *p)
{
    const struct node_template *t = p->t;
    if (t->ttl != TEMPLATE_LEAVE) {
        step(p, &(struct usher_config_msg){ .opcode = USHER_CONFIG_TTL_SET,
                                            .state = (uint8_t)t->ttl });
    }
    if (t->beacon != TEMPLATE_LEAVE) {
        step(p, &(struct usher_config_msg){ .opcode = USHER_CONFIG_BEACON_SET,
                                            .state = (uint8_t)t->beacon });
    }
    if (t->relay != TEMPLATE_LEAVE) {
        step(p, &(struct usher_config_msg){ .opcode = USHER_CONFIG_RELAY_SET,
                                            .state = (uint8_t)t->relay,
                                            .transmit = (uint8_t)t->relay_retransmit });
    }
    if (t->network_transmit != TEMPLATE_LEAVE) {
        step(p, &(struct usher_config_msg){ .opcode = USHER_CONFIG_NET_TRANSMIT_SET,
                                            .transmit = (uint8_t)t->network_transmit });
    }
}

static void plan_appkey(struct planner *p, uint16_t index)
{
    struct registry_appkey key;
    if (registry_appkey_find(p->registry, index, &key) != REGISTRY_OK) {
        p->failed = true;
        return;
    }
    struct usher_config_msg msg = { .opcode = USHER_CONFIG_APPKEY_ADD,
                                    .net_index = key.net_index,
                                    .app_index = index };
    memcpy(msg.key, key.key, sizeof msg.key);
    step(p, &msg);
    OPENSSL_cleanse(&msg, sizeof msg);
    OPENSSL_cleanse(&key, sizeof key);
}

/** A message for a model, with nothing in it but who is meant. */
static struct usher_config_msg model_msg(const struct template_model *m, uint16_t element,
                                         uint32_t opcode)
{
    return (struct usher_config_msg){
        .opcode = opcode, .element = element, .company = m->company, .model = m->id
    };
}

static void address_set(struct usher_config_msg *msg, const struct template_address *a,
                        uint32_t virtual_opcode)
{
    msg->address = a->address;
    if (a->address == 0) {
        msg->opcode = virtual_opcode;
        memcpy(msg->label, a->label, sizeof msg->label);
    }
}

static void plan_model(struct planner *p, const struct template_model *m, uint16_t element)
{
    for (size_t i = 0; i < m->bind_count; i++) {
        struct usher_config_msg msg = model_msg(m, element, USHER_CONFIG_MODEL_APP_BIND);
        msg.app_index = m->bind[i];
        step(p, &msg);
    }
    for (size_t i = 0; i < m->subscribe_count; i++) {
        struct usher_config_msg msg = model_msg(m, element, USHER_CONFIG_SUBSCRIPTION_ADD);
        address_set(&msg, &m->subscribe[i], USHER_CONFIG_SUBSCRIPTION_VIRTUAL_ADD);
        step(p, &msg);
    }
    if (m->publishes) {
        struct usher_config_msg msg = model_msg(m, element, USHER_CONFIG_PUBLICATION_SET);
        address_set(&msg, &m->publish.to, USHER_CONFIG_PUBLICATION_VIRTUAL_SET);
        msg.app_index = m->publish.appkey;
        msg.ttl = m->publish.ttl;
        msg.period = m->publish.period;
        msg.retransmit = m->publish.retransmit;
        step(p, &msg);
    }
}

static bool has_model(const struct usher_page0_element *element, const struct template_model *m)
{
    uint16_t company, id;
    for (unsigned n = 0; usher_page0_model(element, n, &company, &id); n++) {
        if (company == m->company && id == m->id) {
            return true;
        }
    }
    return false;
}

static void plan_all(struct planner *p, const struct usher_page0 *page)
{
    struct usher_page0_element element;
    plan_settings(p);
    for (size_t i = 0; i < p->t->appkey_count; i++) {
        plan_appkey(p, p->t->appkeys[i]);
    }
    for (unsigned e = 0; e < p->node->elements && usher_page0_element(page, e, &element); e++) {
        for (size_t i = 0; i < p->t->model_count; i++) {
            const struct template_model *m = &p->t->models[i];
            if ((m->element == TEMPLATE_LEAVE || m->element == (int)e) && has_model(&element, m)) {
                plan_model(p, m, (uint16_t)(p->node->address + e));
            }
        }
    }
}

bool plan_make(struct plan *plan, const struct node_template *t, struct registry *registry,
               const struct registry_node *node, const struct usher_page0 *page)
{
    struct planner p = { .t = t, .registry = registry, .node = node };
    *plan = (struct plan){ .steps = NULL };
    plan_all(&p, page);
    if (p.count == 0) {
        return !p.failed;
    }
    p.steps = calloc(p.count, sizeof *p.steps);
    if (!p.steps) {
        return false;
    }
    p.count = 0;
    plan_all(&p, page);
    *plan = (struct plan){ .steps = p.steps, .count = p.count };
    if (p.failed) {
        plan_free(plan);
    }
    return !p.failed;
}

void plan_free(struct plan *plan)
{
    if (plan->steps) {
        OPENSSL_cleanse(plan->steps, plan->count * sizeof *plan->steps);
    }
    free(plan->steps);
    *plan = (struct plan){ .steps = NULL };
}

/* Recording. */

/** The list of this name, made if there is none. */
static json_t *list_of(json_t *object, const char *name)
{
    json_t *list = json_object_get(object, name);
    if (!list) {
        list = json_array();
        if (json_object_set_new(object, name, list) != 0) {
            return NULL;
        }
    }
    return list;
}

/** Appends a value to a list that does not have it yet; takes the reference. */
static bool list_add(json_t *object, const char *name, json_t *value)
{
    json_t *list = list_of(object, name), *known;
    size_t i;
    json_array_foreach(list, i, known)
    {
        if (json_equal(known, value)) {
            json_decref(value);
            return true;
        }
    }
    return json_array_append_new(list, value) == 0;
}

void plan_model_text(uint16_t company, uint16_t id, char *text, size_t len)
{
    if (company == USHER_SIG) {
        snprintf(text, len, "%04x", (unsigned)id);
    } else {
        snprintf(text, len, "%04x%04x", (unsigned)company, (unsigned)id);
    }
}

static json_t *model_name(const struct usher_config_msg *step)
{
    char text[16];
    plan_model_text(step->company, step->model, text, sizeof text);
    return json_string(text);
}

/** The record of a model, or NULL. */
static json_t *model_find(json_t *settings, const struct usher_config_msg *step)
{
    json_t *known, *found = NULL;
    json_t *element = format_address_json(step->element), *model = model_name(step);
    size_t i;
    json_array_foreach(json_object_get(settings, "models"), i, known)
    {
        if (json_equal(json_object_get(known, "element"), element) &&
            json_equal(json_object_get(known, "model"), model)) {
            found = known;
        }
    }
    json_decref(element);
    json_decref(model);
    return found;
}

/** The record of the model that a step is about, made if there is none. */
static json_t *model_of(json_t *settings, const struct usher_config_msg *step)
{
    json_t *found = model_find(settings, step);
    if (!found) {
        found = json_pack("{s:o, s:o}", "element", format_address_json(step->element), "model",
                          model_name(step));
        if (json_array_append_new(list_of(settings, "models"), found) != 0) {
            return NULL;
        }
    }
    return found;
}

bool plan_bound(json_t *settings, uint16_t element, uint16_t model, uint16_t *appkey)
{
    struct usher_config_msg who = { .element = element, .company = USHER_SIG, .model = model };
    json_t *bind = json_object_get(model_find(settings, &who), "bind");
    *appkey = (uint16_t)json_integer_value(json_array_get(bind, 0));
    return json_array_size(bind) > 0;
}

static json_t *address_json(const struct usher_config_msg *step)
{
    return step->address ? format_address_json(step->address)
                         : format_hex_json(step->label, sizeof step->label);
}

static json_t *publication_json(const struct usher_config_msg *step)
{
    char period[16];
    template_period_text(step->period, period, sizeof period);
    json_t *json =
        json_pack("{s:o, s:i}", "address", address_json(step), "appkey", (int)step->app_index);
    int failed = !json;
    if (step->ttl <= 127) {
        failed |= json_object_set_new(json, "ttl", json_integer(step->ttl));
    }
    if (*period) {
        failed |= json_object_set_new(json, "period", json_string(period));
    }
    if (step->retransmit & 7) {
        failed |=
            json_object_set_new(json, "retransmit", template_transmit_json(step->retransmit, 50));
    }
    if (failed) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *relay_json(const struct usher_config_msg *step)
{
    json_t *json = template_transmit_json(step->transmit, 10);
    if (json_object_set_new(json, "state", json_boolean(step->state)) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

bool plan_record(json_t *settings, const struct usher_config_msg *step)
{
    switch (step->opcode) {
    case USHER_CONFIG_TTL_SET:
        return json_object_set_new(settings, "ttl", json_integer(step->state)) == 0;
    case USHER_CONFIG_BEACON_SET:
        return json_object_set_new(settings, "beacon", json_boolean(step->state)) == 0;
    case USHER_CONFIG_RELAY_SET:
        return json_object_set_new(settings, "relay", relay_json(step)) == 0;
    case USHER_CONFIG_NET_TRANSMIT_SET:
        return json_object_set_new(settings, "network_transmit",
                                   template_transmit_json(step->transmit, 10)) == 0;
    case USHER_CONFIG_APPKEY_ADD:
        return list_add(settings, "appkeys", json_integer(step->app_index));
    case USHER_CONFIG_MODEL_APP_BIND:
        return list_add(model_of(settings, step), "bind", json_integer(step->app_index));
    case USHER_CONFIG_SUBSCRIPTION_ADD:
    case USHER_CONFIG_SUBSCRIPTION_VIRTUAL_ADD:
        return list_add(model_of(settings, step), "subscribe", address_json(step));
    case USHER_CONFIG_PUBLICATION_SET:
    case USHER_CONFIG_PUBLICATION_VIRTUAL_SET:
        return json_object_set_new(model_of(settings, step), "publish", publication_json(step)) ==
               0;
    default:
        return false;
    }
}
