/*
 * Reads templates; see template.h. What is wrong is told with its place, since templates are
 * written by hand. Called by the tool's verbs that configure.
 */
#include "template.h"

#include "parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PLACE_MAX 96
#define RELAY_STEP_MS 10u   /* of Relay Retransmit and Network Transmit */
#define PUBLISH_STEP_MS 50u /* of Publish Retransmit */
#define TTL_DEFAULT 255

static const char built_in[] = "{\"appkeys\": [0], \"models\": ["
                               "{\"model\": \"1000\", \"bind\": [0], \"subscribe\": [\"c000\"]},"
                               "{\"model\": \"0002\", \"bind\": [0]}]}";

/** What is being read, and where complaints go. */
struct reader {
    const char *file;
    char *why;
    size_t why_len;
};

/** A place in the file: the names that lead there, and the value. */
struct spot {
    char name[PLACE_MAX];
    json_t *json;
};

__attribute__((format(printf, 3, 4))) static bool
refuse(const struct reader *r, const struct spot *at, const char *format, ...)
{
    char what[120];
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    snprintf(r->why, r->why_len, "%.80s: %s%s%s", r->file, at->name, *at->name ? ": " : "", what);
    return false;
}

/** The member of an object. @retval false  There is none. */
static bool member(const struct spot *at, const char *key, struct spot *found)
{
    snprintf(found->name, sizeof found->name, "%.60s%s%s", at->name, *at->name ? "." : "", key);
    found->json = json_object_get(at->json, key);
    return found->json != NULL;
}

static void item(const struct spot *at, size_t i, struct spot *found)
{
    snprintf(found->name, sizeof found->name, "%.60s[%zu]", at->name, i);
    found->json = json_array_get(at->json, i);
}

/** Whether it is an object with no members but these, separated by blanks. */
static bool is_object_of(const struct reader *r, const struct spot *at, const char *members)
{
    const char *key;
    json_t *value;
    if (!json_is_object(at->json)) {
        return refuse(r, at, "an object { } is expected here");
    }
    json_object_foreach(at->json, key, value)
    {
        const char *found = strstr(members, key);
        size_t len = strlen(key);
        if (!found || len == 0 || (found != members && found[-1] != ' ') ||
            (found[len] != ' ' && found[len] != '\0')) {
            return refuse(r, at, "\"%.40s\" is not known here; known are: %s", key, members);
        }
    }
    return true;
}

static bool is_list(const struct reader *r, const struct spot *at, size_t max)
{
    if (!json_is_array(at->json)) {
        return refuse(r, at, "a list [ ] is expected here");
    }
    return json_array_size(at->json) <= max ? true
                                            : refuse(r, at, "there are at most %zu of these", max);
}

static bool is_number(const struct reader *r, const struct spot *at, int min, int max, int *number)
{
    json_int_t n = json_integer_value(at->json);
    if (!json_is_integer(at->json) || n < min || n > max) {
        return refuse(r, at, "a number from %d to %d is expected here", min, max);
    }
    *number = (int)n;
    return true;
}

static bool is_flag(const struct reader *r, const struct spot *at, int *flag)
{
    if (!json_is_boolean(at->json)) {
        return refuse(r, at, "true or false is expected here");
    }
    *flag = json_is_true(at->json);
    return true;
}

static bool is_time(const struct reader *r, const struct spot *at, uint64_t *ms)
{
    return (json_is_string(at->json) && parse_time(json_string_value(at->json), ms))
               ? true
               : refuse(r, at, "a time such as \"10s\" or \"100ms\" is expected here");
}

/** An address in four digits, or a label in 32. */
static bool is_address(const struct reader *r, const struct spot *at, bool group,
                       struct template_address *a)
{
    const char *text = json_is_string(at->json) ? json_string_value(at->json) : "";
    size_t len = sizeof a->label;
    a->address = 0;
    if (parse_hex(text, a->label, &len) && len == sizeof a->label) {
        return true;
    }
    if (!parse_address(text, &a->address) || a->address == 0 || usher_is_virtual(a->address) ||
        (group && (usher_is_unicast(a->address) || a->address == USHER_ADDR_ALL_NODES))) {
        return refuse(r, at,
                      "%s address such as \"c000\", or a label of 32 digits, is expected here",
                      group ? "a group" : "an");
    }
    return true;
}

/** TTL of a node or a publication. */
static bool is_ttl(const struct reader *r, const struct spot *at, int *ttl)
{
    if (!is_number(r, at, 0, 127, ttl)) {
        return false;
    }
    return *ttl != 1 ? true : refuse(r, at, "a TTL of 1 is not allowed");
}

/** {"count": 2, "interval": "20ms"} as in the messages: count:3 steps:5. */
static bool is_transmit(const struct reader *r, const struct spot *at, unsigned step_ms,
                        int *transmit)
{
    struct spot in = { .json = NULL };
    int count = 0;
    uint64_t ms = step_ms;
    if (member(at, "count", &in) && !is_number(r, &in, 0, 7, &count)) {
        return false;
    }
    if (member(at, "interval", &in) && !is_time(r, &in, &ms)) {
        return false;
    }
    if (ms == 0 || ms % step_ms != 0 || ms > 32u * step_ms) {
        return refuse(r, &in, "steps of %ums up to %ums are possible", step_ms, 32 * step_ms);
    }
    *transmit = count | (int)(ms / step_ms - 1) << 3;
    return true;
}

/** An AppKey index that the template has in "appkeys". */
static bool is_appkey(const struct reader *r, const struct spot *at, const struct node_template *t,
                      uint16_t *appkey)
{
    int number = 0;
    if (!is_number(r, at, 0, USHER_KEY_INDEX_MAX, &number)) {
        return false;
    }
    for (size_t i = 0; i < t->appkey_count; i++) {
        if (t->appkeys[i] == number) {
            *appkey = (uint16_t)number;
            return true;
        }
    }
    return refuse(r, at, "AppKey %d is not in \"appkeys\"", number);
}

static const unsigned period_units_ms[] = { 100, 1000, 10000, 600000 };

static bool is_period(const struct reader *r, const struct spot *at, uint8_t *period)
{
    uint64_t ms = 0;
    if (!is_time(r, at, &ms)) {
        return false;
    }
    for (unsigned i = 0; i < 4; i++) {
        if (ms % period_units_ms[i] == 0 && ms / period_units_ms[i] <= 63) {
            *period = (uint8_t)(ms / period_units_ms[i] | i << 6);
            return true;
        }
    }
    return refuse(r, at, "possible are 1 to 63 steps of 100ms, 1s, 10s or 10m");
}

void template_period_text(uint8_t period, char *text, size_t len)
{
    unsigned long ms = (unsigned long)(period & 63) * period_units_ms[period >> 6];
    *text = '\0';
    if (ms > 0) {
        snprintf(text, len, "%lu%s", ms % 1000 ? ms : ms / 1000, ms % 1000 ? "ms" : "s");
    }
}

json_t *template_transmit_json(uint8_t transmit, unsigned step_ms)
{
    char interval[16];
    snprintf(interval, sizeof interval, "%ums", ((unsigned)(transmit >> 3) + 1) * step_ms);
    return json_pack("{s:i, s:s}", "count", transmit & 7, "interval", interval);
}

static bool read_publication(const struct reader *r, const struct spot *at,
                             const struct node_template *t, struct template_model *m)
{
    struct template_publication *p = &m->publish;
    struct spot in = { .json = NULL };
    int ttl = TTL_DEFAULT, retransmit = 0;
    if (!is_object_of(r, at, "address appkey ttl period retransmit")) {
        return false;
    }
    if (!member(at, "address", &in)) {
        return refuse(r, at, "\"address\" is missing");
    }
    if (!is_address(r, &in, false, &p->to)) {
        return false;
    }
    if (member(at, "appkey", &in)) {
        if (!is_appkey(r, &in, t, &p->appkey)) {
            return false;
        }
    } else if (m->bind_count > 0) {
        p->appkey = m->bind[0];
    } else {
        return refuse(r, at, "\"appkey\" is missing, and nothing is in \"bind\"");
    }
    if ((member(at, "ttl", &in) && !is_ttl(r, &in, &ttl)) ||
        (member(at, "period", &in) && !is_period(r, &in, &p->period))) {
        return false;
    }
    if (member(at, "retransmit", &in) && (!is_object_of(r, &in, "count interval") ||
                                          !is_transmit(r, &in, PUBLISH_STEP_MS, &retransmit))) {
        return false;
    }
    p->ttl = (uint8_t)ttl;
    p->retransmit = (uint8_t)retransmit;
    m->publishes = true;
    return true;
}

/** "1000", or "05c30001": company, then model. */
static bool read_model_id(const struct reader *r, const struct spot *at, struct template_model *m)
{
    uint8_t id[4];
    size_t len = sizeof id;
    const char *text = json_is_string(at->json) ? json_string_value(at->json) : "";
    if (!parse_hex(text, id, &len) || (len != 2 && len != 4)) {
        return refuse(r, at,
                      "a model is expected here: \"1000\", or company and model, \"05c30001\"");
    }
    m->company = (uint16_t)(len == 4 ? id[0] << 8 | id[1] : (int)USHER_SIG);
    m->id = (uint16_t)(id[len - 2] << 8 | id[len - 1]);
    return true;
}

static bool read_bindings(const struct reader *r, const struct spot *at,
                          const struct node_template *t, struct template_model *m)
{
    struct spot in = { .json = NULL };
    if (!is_list(r, at, TEMPLATE_BINDINGS)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(at->json); i++) {
        item(at, i, &in);
        if (!is_appkey(r, &in, t, &m->bind[i])) {
            return false;
        }
        m->bind_count++;
    }
    return true;
}

static bool read_subscriptions(const struct reader *r, const struct spot *at,
                               struct template_model *m)
{
    struct spot in = { .json = NULL };
    if (!is_list(r, at, TEMPLATE_SUBSCRIPTIONS)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(at->json); i++) {
        item(at, i, &in);
        if (!is_address(r, &in, true, &m->subscribe[i])) {
            return false;
        }
        m->subscribe_count++;
    }
    return true;
}

static bool read_model(const struct reader *r, const struct spot *at, const struct node_template *t,
                       struct template_model *m)
{
    struct spot in = { .json = NULL };
    *m = (struct template_model){ .element = TEMPLATE_LEAVE };
    if (!is_object_of(r, at, "model element bind publish subscribe")) {
        return false;
    }
    if (!member(at, "model", &in)) {
        return refuse(r, at, "\"model\" is missing");
    }
    return read_model_id(r, &in, m) &&
           (!member(at, "element", &in) || is_number(r, &in, 0, 254, &m->element)) &&
           (!member(at, "bind", &in) || read_bindings(r, &in, t, m)) &&
           (!member(at, "publish", &in) || read_publication(r, &in, t, m)) &&
           (!member(at, "subscribe", &in) || read_subscriptions(r, &in, m));
}

static bool read_models(const struct reader *r, const struct spot *at, struct node_template *t)
{
    struct spot in = { .json = NULL };
    if (!is_list(r, at, TEMPLATE_MODELS)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(at->json); i++) {
        item(at, i, &in);
        if (!read_model(r, &in, t, &t->models[t->model_count++])) {
            return false;
        }
    }
    return true;
}

static bool read_appkeys(const struct reader *r, const struct spot *at, struct node_template *t)
{
    struct spot in = { .json = NULL };
    int number = 0;
    if (!is_list(r, at, TEMPLATE_APPKEYS)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(at->json); i++) {
        item(at, i, &in);
        if (!is_number(r, &in, 0, USHER_KEY_INDEX_MAX, &number)) {
            return false;
        }
        t->appkeys[t->appkey_count++] = (uint16_t)number;
    }
    return true;
}

static bool read_relay(const struct reader *r, const struct spot *at, struct node_template *t)
{
    struct spot in = { .json = NULL };
    if (!is_object_of(r, at, "state count interval")) {
        return false;
    }
    if (!member(at, "state", &in)) {
        return refuse(r, at, "\"state\" is missing");
    }
    return is_flag(r, &in, &t->relay) && is_transmit(r, at, RELAY_STEP_MS, &t->relay_retransmit);
}

static bool read_all(const struct reader *r, const struct spot *at, struct node_template *t)
{
    struct spot in = { .json = NULL };
    if (!is_object_of(r, at, "appkeys ttl beacon relay network_transmit models") ||
        (member(at, "appkeys", &in) && !read_appkeys(r, &in, t)) ||
        (member(at, "ttl", &in) && !is_ttl(r, &in, &t->ttl)) ||
        (member(at, "beacon", &in) && !is_flag(r, &in, &t->beacon)) ||
        (member(at, "relay", &in) && !read_relay(r, &in, t))) {
        return false;
    }
    if (member(at, "network_transmit", &in) &&
        (!is_object_of(r, &in, "count interval") ||
         !is_transmit(r, &in, RELAY_STEP_MS, &t->network_transmit))) {
        return false;
    }
    return !member(at, "models", &in) || read_models(r, &in, t);
}

bool template_read(const char *path, struct node_template *t, char *why, size_t why_len)
{
    struct reader r = { .file = path ? path : "built-in template", .why = why, .why_len = why_len };
    json_error_t error = { .line = 0 };
    struct spot at = { .json = path ? json_load_file(path, JSON_REJECT_DUPLICATES, &error)
                                    : json_loads(built_in, 0, &error) };

    *t = (struct node_template){ .ttl = TEMPLATE_LEAVE,
                                 .beacon = TEMPLATE_LEAVE,
                                 .relay = TEMPLATE_LEAVE,
                                 .network_transmit = TEMPLATE_LEAVE };
    if (!at.json && error.line > 0) {
        return refuse(&r, &at, "line %d: %.100s", error.line, error.text);
    }
    if (!at.json) {
        snprintf(why, why_len, "%.180s", error.text);
        return false;
    }
    bool ok = read_all(&r, &at, t);
    json_decref(at.json);
    return ok;
}
