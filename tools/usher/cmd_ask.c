/*
 * The verbs that ask one node one thing: usher identify, usher onoff, usher remove. usher onoff
 * takes a group as well.
 */
#include "failure.h"
#include "online.h"
#include "options.h"
#include "out.h"
#include "parse.h"
#include "plan.h"
#include "report.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>

#define TICK_MS 50
#define GROUP_REPEATS 3      /* of a message to a group, which nobody acknowledges */
#define GROUP_ROOM_MS 10000  /* for room for each; a serial device is set up first */
#define GROUP_LISTEN_MS 3000 /* for what a group answers */
#define GROUP_LINGER_MS 500  /* until the last repeat has left */
#define FORCED_TRIES 2       /* of a reset, when the node is thought to be gone */
#define DEFAULT_TTL 255
#define ONOFF_GET 0x8201u

/** One question, or one message to a group. */
struct errand {
    const struct args *args;
    const char *phase; /* in reports */
    const char *message;
    struct online online;
    uint16_t address;
    struct registry_node node; /* whose address it is; its address is 0: a group */
    struct usher_request request;
    int code;

    /* groups */
    struct usher_target target;
    uint8_t tid;
    bool get, on;
    unsigned sent, heard;
    uint64_t room_ms, end_ms;
    uint16_t heard_from[64];
};

static uint64_t now_ms(const struct errand *e)
{
    return uv_now(&e->online.loop.uv);
}

static void errand_end(struct errand *e, int code)
{
    e->code = code;
    loop_end(&e->online.loop);
}

static void on_stop(void *ctx)
{
    struct errand *e = ctx;
    usher_ask_cancel(&e->request);
    errand_end(e, EXIT_FAILED);
}

/** Reports that the node did not do it. */
static void errand_fail(struct errand *e, const struct failure_asking *why, unsigned tries)
{
    report_node_failed(&e->node, e->phase, why, tries > 0 ? tries - 1 : 0);
    errand_end(e, EXIT_FAILED);
}

/** Whether there is an answer; if not, it is reported. */
static bool errand_answered(struct errand *e, const struct usher_answer *answer)
{
    struct failure_asking why;
    if (answer->err == USHER_OK) {
        return true;
    }
    failure_asked(e->message, answer->err, &why);
    errand_fail(e, &why, answer->tries);
    return false;
}

static void errand_malformed(struct errand *e, const struct usher_answer *answer)
{
    struct failure_asking why;
    failure_malformed(e->message, &why);
    errand_fail(e, &why, answer->tries);
}

/**
 * Fills in whom to ask, and with which AppKey: the one that is given, or the first that the model
 * was bound to. @retval false  @p why tells.
 */
static bool target_set(struct errand *e, uint16_t model, struct usher_model *client, char *why,
                       size_t why_len)
{
    uint16_t appkey = (uint16_t)e->args->appkey;
    if (!e->args->appkey_given && e->node.address != 0 &&
        !plan_bound(e->node.settings, e->address, model, &appkey)) {
        snprintf(why, why_len,
                 "0x%04x has no %s with an AppKey, as far as is known: \"usher configure 0x%04x\"",
                 (unsigned)e->address, usher_model_name(model), (unsigned)e->node.address);
        return false;
    }
    e->target = (struct usher_target){
        .dst = e->address, .net_index = e->online.own.net_index, .key = appkey, .ttl = DEFAULT_TTL
    };
    return own_node_bind(client, appkey, why, why_len);
}

static bool asked(enum usher_err err, char *why, size_t why_len)
{
    if (err != USHER_OK) {
        snprintf(why, why_len, "the message cannot be sent: %s", usher_err_name(err));
    }
    return err == USHER_OK;
}

/* From beginning to end. */

static bool usage(struct errand *e, char *why, size_t why_len)
{
    const char *text = e->args->operands.item[0];
    if (!parse_address(text, &e->address) || e->address == USHER_ADDR_UNASSIGNED ||
        usher_is_virtual(e->address)) {
        snprintf(why, why_len, "\"%.60s\" is not an address, such as 0x0002", text);
        return false;
    }
    return online_usage(e->args, e->phase, why, why_len);
}

static int errand_run(struct errand *e, void (*ticked)(void *ctx),
                      bool (*begin)(struct errand *e, char *why, size_t why_len))
{
    char why[200];
    if (!online_init(&e->online, e->args, on_stop, ticked, TICK_MS, e)) {
        return EXIT_TRANSPORT;
    }
    e->code = EXIT_TRANSPORT;
    bool ready =
        online_open(&e->online, false, why, sizeof why) &&
        online_join(&e->online, &(struct usher_config){ .handler = NULL }, 1, why, sizeof why) &&
        online_reach(&e->online, why, sizeof why);
    if (ready && usher_is_unicast(e->address)) {
        ready = online_node(&e->online, e->address, &e->node, why, sizeof why);
        e->code = EXIT_FAILED;
    }
    if (ready && begin(e, why, sizeof why)) {
        loop_run(&e->online.loop);
        e->code = e->online.lost ? EXIT_TRANSPORT : e->code;
    } else {
        e->code = ready ? EXIT_FAILED : e->code;
        out_error("%s", why);
    }
    registry_node_clear(&e->node);
    online_close(&e->online);
    return e->code;
}

/* usher identify */

static void on_attention(void *user, struct usher_request *request,
                         const struct usher_answer *answer)
{
    struct errand *e = user;
    (void)request;
    if (!errand_answered(e, answer)) {
        return;
    }
    if (answer->message->len != 1) {
        errand_malformed(e, answer);
        return;
    }
    unsigned seconds = answer->message->params[0];
    out_event(json_pack("{s:s, s:o, s:i}", "event", "attention", "address",
                        format_address_json(e->address), "seconds", (int)seconds));
    if (seconds > 0) {
        out_text("0x%04x attracts attention for %u seconds", (unsigned)e->address, seconds);
    } else {
        out_text("0x%04x attracts attention no more", (unsigned)e->address);
    }
    errand_end(e, EXIT_DONE);
}

static bool identify_begin(struct errand *e, char *why, size_t why_len)
{
    struct usher_health_client *client = &e->online.own.health_client;
    e->address = e->node.address; /* where the Health Server is */
    e->request = (struct usher_request){ .done = on_attention, .user = e };
    return target_set(e, USHER_MODEL_HEALTH_SERVER, &client->model, why, why_len) &&
           asked(usher_health_attention_ask(client, &e->request, &e->target,
                                            (uint8_t)e->args->attention_s),
                 why, why_len);
}

/** The verbs that need one node. */
static int node_verb(struct errand *e, bool (*begin)(struct errand *e, char *why, size_t why_len))
{
    char why[200];
    bool ok = usage(e, why, sizeof why);
    if (ok && !usher_is_unicast(e->address)) {
        snprintf(why, sizeof why, "0x%04x is a group: %s is for one node", (unsigned)e->address,
                 e->phase);
        ok = false;
    }
    if (!ok) {
        out_error("%s", why);
        return EXIT_USAGE;
    }
    return errand_run(e, NULL, begin);
}

int verb_identify(const struct args *args)
{
    struct errand e = { .args = args, .phase = "identify", .message = "Health Attention Set" };
    return node_verb(&e, identify_begin);
}

/* usher remove */

static void removed(struct errand *e, bool answered)
{
    if (registry_removed(e->online.registry, e->node.address) != REGISTRY_OK) {
        out_error("%s", registry_why(e->online.registry));
        errand_end(e, EXIT_TRANSPORT);
        return;
    }
    out_event(json_pack("{s:s, s:o, s:b}", "event", "removed", "address",
                        format_address_json(e->node.address), "answered", (int)answered));
    out_text("0x%04x is removed%s", (unsigned)e->node.address,
             answered ? "" : ", though it did not answer: it may still have the network's keys");
    errand_end(e, EXIT_DONE);
}

static void on_reset(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct errand *e = user;
    struct failure_asking why;
    (void)request;
    if (answer->err == USHER_OK) {
        removed(e, true);
    } else if (e->args->force) {
        removed(e, false);
    } else {
        failure_asked(e->message, answer->err, &why);
        why.hint = "is it on, and in reach? If it is gone, or was reset before: --force";
        errand_fail(e, &why, answer->tries);
    }
}

static bool remove_begin(struct errand *e, char *why, size_t why_len)
{
    e->request = (struct usher_request){ .done = on_reset,
                                         .user = e,
                                         .tries = e->args->force ? FORCED_TRIES : 0 };
    return asked(usher_config_ask(&e->online.own.config_client, &e->request, e->node.address,
                                  e->online.own.net_index,
                                  &(struct usher_config_msg){ .opcode = USHER_CONFIG_NODE_RESET }),
                 why, why_len);
}

int verb_remove(const struct args *args)
{
    struct errand e = { .args = args, .phase = "remove", .message = "Config Node Reset" };
    return node_verb(&e, remove_begin);
}

/* usher onoff */

static void on_lamp(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct errand *e = user;
    struct usher_onoff_status status;
    (void)request;
    if (!errand_answered(e, answer)) {
        return;
    }
    if (!usher_onoff_read(answer->message, &status)) {
        errand_malformed(e, answer);
        return;
    }
    report_lamp(e->address, status.present);
    errand_end(e, EXIT_DONE);
}

/** A lamp of the group says how it is; each is told once. */
static void on_group_lamp(struct usher_onoff_client *c, uint16_t src,
                          const struct usher_onoff_status *status)
{
    struct errand *e = c->model.user;
    unsigned known = 0;
    while (known < e->heard && e->heard_from[known] != src) {
        known++;
    }
    if (known == sizeof e->heard_from / sizeof *e->heard_from) {
        return;
    }
    if (known == e->heard) {
        e->heard_from[e->heard++] = src;
        report_lamp(src, status->present);
    }
}

/** Sends the message to the group once more, if there is room. @retval false  @p why tells. */
static bool group_send(struct errand *e, char *why, size_t why_len)
{
    struct usher_onoff_client *c = &e->online.own.onoff_client;
    enum usher_err err = e->get ? usher_send(&c->model, &e->target, ONOFF_GET, NULL, 0, 0)
                                : usher_onoff_set_unack(c, &e->target, e->on, e->tid, 0, 0);
    if (err == USHER_E_NO_MEM && now_ms(e) < e->room_ms) {
        return true;
    }
    e->sent++;
    e->room_ms = now_ms(e) + GROUP_ROOM_MS;
    e->end_ms = now_ms(e) + (e->get ? GROUP_LISTEN_MS : GROUP_LINGER_MS);
    return asked(err, why, why_len);
}

static void on_group_tick(void *ctx)
{
    struct errand *e = ctx;
    char why[200];
    if (e->node.address != 0) {
        return; /* a question, which ends by itself */
    }
    if (e->sent < GROUP_REPEATS) {
        if (!group_send(e, why, sizeof why)) {
            out_error("%s", why);
            errand_end(e, EXIT_FAILED);
        }
        return;
    }
    if (now_ms(e) < e->end_ms) {
        return;
    }
    if (e->get && e->heard == 0) {
        out_note("no lamp of the group has answered");
    } else if (!e->get) {
        report_lamp(e->address, e->on);
    }
    errand_end(e, e->get && e->heard == 0 ? EXIT_FAILED : EXIT_DONE);
}

static bool onoff_begin(struct errand *e, char *why, size_t why_len)
{
    struct usher_onoff_client *c = &e->online.own.onoff_client;
    if (!target_set(e, USHER_MODEL_ONOFF_SERVER, &c->model, why, why_len)) {
        return false;
    }
    if (e->node.address != 0) {
        e->request = (struct usher_request){ .done = on_lamp, .user = e };
        return asked(e->get ? usher_onoff_get(c, &e->request, &e->target)
                            : usher_onoff_set(c, &e->request, &e->target, e->on, 0, 0),
                     why, why_len);
    }
    c->model.user = e;
    c->status = on_group_lamp;
    e->tid = usher_onoff_tid(c);
    e->room_ms = now_ms(e) + GROUP_ROOM_MS;
    return group_send(e, why, why_len);
}

int verb_onoff(const struct args *args)
{
    struct errand e = { .args = args, .phase = "onoff" };
    const char *what = args->operands.item[1];
    char why[200];
    e.get = strcmp(what, "get") == 0;
    e.on = strcmp(what, "on") == 0;
    e.message = e.get ? "Generic OnOff Get" : "Generic OnOff Set";
    bool ok = usage(&e, why, sizeof why);
    if (ok && !e.get && !e.on && strcmp(what, "off") != 0) {
        snprintf(why, sizeof why, "a lamp takes on, off or get, not \"%.60s\"", what);
        ok = false;
    }
    if (!ok) {
        out_error("%s", why);
        return EXIT_USAGE;
    }
    return errand_run(&e, on_group_tick, onoff_begin);
}
