/* A device's life in steps; see scenario.h. */
#include "scenario.h"

#include "model.h"
#include "net.h"
#include "rpl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANAGER 0u
#define FIRST_LIFE 1u /* whose address and device key the device has */
#define SECOND_LIFE 2u
#define ANSWER_MS 60000u
#define IV_MS 1200000u /* until a beacon has told of an IV Update */
#define SETTLE_MS 300u

#define NET_KEY 0x11 /* the octet that a key is made of */
#define NEW_NET_KEY 0x12
#define SECOND_NET_KEY 0x13
#define APP_KEY 0x22
#define NEW_APP_KEY 0x23
#define OTHER_APP_KEY 0x24
#define SECOND_APP_KEY 0x25

#define GROUP 0xC001u
#define ONOFF_SERVER 0x1000u

void world_fail(const char *file, int line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fprintf(stderr, "%s:%d: ", file, line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    _exit(1);
}

/* -- the air ----------------------------------------------------------------------------------- */

static uint64_t number(uint32_t iv_index, uint32_t seq)
{
    return ((uint64_t)iv_index << 24 | seq) + 1;
}

/* Notes what the device sends. */
static void note(struct world *w, const struct usher_adv *adv)
{
    const struct usher_net *n = &w->device->mesh.net;
    struct net_pdu p;

    if (adv->len < 2 || adv->data[1] != NET_AD_TYPE ||
        net_open(n, NET_NONCE_NETWORK, adv->data + 2, adv->len - 2u, &p) == NULL ||
        !net_is_element(n, p.src)) {
        return;
    }
    unsigned life = p.src >= nodes_address(SECOND_LIFE);
    uint64_t now = number(p.iv_index, p.seq);
    REQUIRE(now > w->floor[life], "IV Index %u, SEQ %u was used before", p.iv_index, p.seq);
    if (now > w->highest[life]) {
        w->highest[life] = now;
    }
}

/* Without power nothing is sent. */
static enum usher_err adv_start(void *ctx, const struct usher_adv *adv)
{
    struct node *device = (struct node *)((char *)ctx - offsetof(struct node, port));
    struct world *w = device->user;

    if (storage_off(&w->storage)) {
        return USHER_E_STATE;
    }
    note(w, adv);
    return w->adv_start(ctx, adv);
}

static bool is_off(void *ctx)
{
    return storage_off(&((struct world *)ctx)->storage);
}

/* -- the world --------------------------------------------------------------------------------- */

void world_init(struct world *w)
{
    struct nodes_config config = { .count = 3, .seed = 7, .features = USHER_FEATURE_RELAY };

    w->all = nodes_new(&config);
    w->manager = &w->all->node[MANAGER];
    w->device = &w->all->node[FIRST_LIFE];
    w->device->user = w;
    w->adv_start = w->device->port.port.adv_start;
    w->device->port.port.adv_start = adv_start;
    nodes_provision_one(w->all, MANAGER);
    world_stop(w);
}

void world_free(struct world *w)
{
    nodes_free(w->all);
}

enum usher_err world_start(struct world *w)
{
    memcpy(w->floor, w->highest, sizeof(w->floor));
    storage_start(&w->storage, &w->device->port.port);
    nodes_start(w->device);
    return usher_mesh_load(&w->device->mesh);
}

void world_stop(struct world *w)
{
    nodes_stop(w->device);
}

uint64_t world_replay(const struct world *w)
{
    const struct usher_rpl *r = &w->device->mesh.net.rpl;

    for (uint16_t i = 0; i < r->size; i++) {
        if (r->entries[i].src == nodes_address(MANAGER)) {
            return number(r->entries[i].iv_index, r->entries[i].seq);
        }
    }
    return 0;
}

static void snapshot_keys(const struct usher_keys *k, struct snapshot *s)
{
    for (unsigned i = 0; i < WORLD_SUBNETS; i++) {
        const struct usher_subnet *from = &k->subnets[i];

        if (from->used) {
            s->subnet[i].used = true;
            s->subnet[i].phase = from->phase;
            s->subnet[i].index = from->index;
            memcpy(s->subnet[i].key, from->key, (from->phase != 0 ? 2 : 1) * sizeof(from->key[0]));
        }
    }
    for (unsigned i = 0; i < WORLD_APPKEYS; i++) {
        if (k->appkeys[i].used) {
            memcpy(&s->appkey[i], &k->appkeys[i], sizeof(s->appkey[i]));
        }
    }
}

/* Whatever is not used does not count, nor does the order. */
static void snapshot_model(const struct usher_model *model, struct snapshot *s, unsigned n)
{
    unsigned count = 0;

    for (unsigned i = 0; i < USHER_BINDINGS; i++) {
        if (model->bindings[i] != 0) {
            s->model[n].bindings[count++] = model->bindings[i];
        }
    }
    count = 0;
    for (unsigned i = 0; i < USHER_SUBSCRIPTIONS; i++) {
        if (model->subscriptions[i].address != 0) {
            s->model[n].subscriptions[count++] = model->subscriptions[i];
        }
    }
    if (model->publication.address != 0) {
        s->model[n].publication = model->publication;
    }
    s->model[n].period_divisor = model->period_divisor;
}

void snapshot_take(const struct world *w, struct snapshot *s)
{
    const struct usher_mesh *m = &w->device->mesh;
    const struct usher_net *n = &m->net;

    memset(s, 0, sizeof(*s));
    s->address = usher_mesh_address(m);
    if (s->address == 0) {
        return;
    }
    memcpy(s->device_key, n->keys.device_key, sizeof(s->device_key));
    s->iv_index = n->iv.index;
    s->iv_updating = n->iv.updating;
    snapshot_keys(&n->keys, s);
    REQUIRE(access_each(m, WORLD_MODELS) == NULL, "more models than a snapshot holds");
    for (unsigned i = 0; access_each(m, i) != NULL; i++) {
        snapshot_model(access_each(m, i), s, i);
    }
    s->sar = n->sar;
    s->default_ttl = n->default_ttl;
    s->relay = n->relay;
    s->beacon = n->beacon;
    s->private_beacon = n->private_beacon;
    s->private_interval = n->private_interval;
    s->net_transmit = n->net_transmit;
    s->relay_retransmit = n->relay_retransmit;
    s->heartbeat_dst = n->heartbeat.pub_dst;
    s->heartbeat_features = n->heartbeat.pub_features;
    s->heartbeat_net_index = n->heartbeat.pub_net_index;
    s->heartbeat_period_log = n->heartbeat.pub_period_log;
    s->heartbeat_ttl = n->heartbeat.pub_ttl;
}

/* -- steps ------------------------------------------------------------------------------------- */

struct step {
    const char *name;
    bool (*run)(struct world *w, const struct step *step);
    struct usher_config_msg msg; /* its element: 0 or 1; its key: what key_octet says */
    uint8_t key_octet;
    uint8_t life; /* to be provisioned */
    bool once;    /* cannot be done again */
};

struct asked {
    struct world *w;
    struct usher_config_msg answer;
    bool over;
};

static void on_answer(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct asked *asked = user;

    (void)request;
    REQUIRE(answer->err == USHER_OK, "no answer: %s", usher_err_name(answer->err));
    asked->over = true;
    usher_config_read(answer->message, &asked->answer); /* or another model's, which is enough */
}

static bool answered_or_off(void *ctx)
{
    struct asked *asked = ctx;

    return asked->over || storage_off(&asked->w->storage);
}

/* Waits for an answer. @retval false  Power failed, with or without one. */
static bool answered(struct asked *asked, struct usher_request *request)
{
    REQUIRE(nodes_until(asked->w->all, answered_or_off, asked, ANSWER_MS), "no end of a question");
    usher_ask_cancel(request);
    return asked->over;
}

/* The manager keeps its own keys in step. */
static void do_alike(struct world *w, const struct usher_config_msg *msg)
{
    struct usher_mesh *m = &w->manager->mesh;
    enum usher_status status = USHER_STATUS_SUCCESS;

    switch (msg->opcode) {
    case USHER_CONFIG_APPKEY_ADD:
        status = usher_appkey_add(m, msg->net_index, msg->app_index, msg->key);
        (void)usher_model_bind(&w->manager->onoff_client.model, msg->app_index);
        break;
    case USHER_CONFIG_APPKEY_UPDATE:
        status = usher_appkey_update(m, msg->net_index, msg->app_index, msg->key);
        break;
    case USHER_CONFIG_NETKEY_ADD:
        status = usher_netkey_add(m, msg->net_index, msg->key);
        break;
    case USHER_CONFIG_NETKEY_UPDATE:
        status = usher_netkey_update(m, msg->net_index, msg->key);
        break;
    case USHER_CONFIG_KEY_REFRESH_SET:
        status = usher_key_refresh(m, msg->net_index, msg->state);
        break;
    default:
        break;
    }
    REQUIRE(status == USHER_STATUS_SUCCESS, "the manager: %s", usher_status_name(status));
}

static bool ask(struct world *w, const struct step *step)
{
    uint16_t address = usher_mesh_address(&w->device->mesh);
    struct asked asked = { .w = w };
    struct usher_request request = { .done = on_answer, .user = &asked };
    struct usher_config_msg msg = step->msg;

    msg.element = (uint16_t)(msg.element + address);
    memset(msg.key, step->key_octet, sizeof(msg.key));
    REQUIRE(usher_config_ask(&w->manager->config_client, &request, address, 0, &msg) == USHER_OK,
            "the question cannot be sent");
    if (!answered(&asked, &request)) {
        return false;
    }
    REQUIRE(asked.answer.status == USHER_STATUS_SUCCESS, "%s: %s", step->name,
            usher_status_name(asked.answer.status));
    w->acknowledged = true;
    do_alike(w, &msg);
    return true;
}

static bool is_reset(void *ctx)
{
    struct world *w = ctx;

    return usher_mesh_address(&w->device->mesh) == 0 || storage_off(&w->storage);
}

/* What is answered here is that it will be done. */
static bool reset(struct world *w, const struct step *step)
{
    if (!ask(w, step)) {
        return false;
    }
    w->acknowledged = false;
    REQUIRE(nodes_until(w->all, is_reset, w, ANSWER_MS), "no reset");
    w->acknowledged = !storage_off(&w->storage);
    return w->acknowledged;
}

/* Each life has another address. */
static bool provision(struct world *w, const struct step *step)
{
    struct usher_prov_data data = { .address = nodes_address(step->life),
                                    .iv_index = step->msg.state };
    enum usher_err err;

    memset(data.netkey, step->key_octet, sizeof(data.netkey));
    err = usher_mesh_provision(&w->device->mesh, &data, nodes_device_key(step->life));
    REQUIRE(err == USHER_OK || storage_off(&w->storage), "%s", usher_err_name(err));
    w->acknowledged = err == USHER_OK;
    return err == USHER_OK;
}

/* The manager switches the lamp, which answers and publishes. */
static bool message(struct world *w, const struct step *step)
{
    struct asked asked = { .w = w };
    struct usher_request request = { .done = on_answer, .user = &asked };
    struct usher_target target = { .dst = usher_mesh_address(&w->device->mesh), .ttl = 255 };
    bool on = !w->device->onoff_server.on;

    (void)step;
    REQUIRE(usher_onoff_set(&w->manager->onoff_client, &request, &target, on, 0, 0) == USHER_OK,
            "the message cannot be sent");
    return answered(&asked, &request);
}

static bool iv_alike(void *ctx)
{
    struct world *w = ctx;
    bool updating, device_updating;
    uint32_t index = usher_mesh_iv(&w->manager->mesh, &updating);

    return storage_off(&w->storage) ||
           (usher_mesh_iv(&w->device->mesh, &device_updating) == index &&
            device_updating == updating);
}

/* An IV Update begins, or ends: the state is that of the step's message then. */
static bool iv_update(struct world *w, const struct step *step)
{
    bool updating;

    usher_iv_test_mode(&w->manager->mesh, true);
    usher_iv_test_mode(&w->device->mesh, true);
    (void)usher_mesh_iv(&w->manager->mesh, &updating);
    if (updating != step->msg.state) {
        enum usher_err err = usher_iv_update(&w->manager->mesh);
        REQUIRE(err == USHER_OK, "no IV Update: %s", usher_err_name(err));
    }
    REQUIRE(nodes_until(w->all, iv_alike, w, IV_MS), "the device does not follow");
    return !storage_off(&w->storage);
}

#define ASK(what, octet, ...)                                                                      \
    {                                                                                              \
        .name = (what), .run = ask, .key_octet = (octet), .msg = { __VA_ARGS__ }                   \
    }
#define MESSAGE                                                                                    \
    {                                                                                              \
        .name = "message", .run = message                                                          \
    }
#define MODEL(n) .element = (n), .company = USHER_SIG, .model = ONOFF_SERVER
#define LABEL .label = { 1, 2, 3, 4 }

static const struct step steps[] = {
    { .name = "provision",
      .run = provision,
      .life = FIRST_LIFE,
      .key_octet = NET_KEY,
      .once = true },
    ASK("add AppKey 0", APP_KEY, .opcode = USHER_CONFIG_APPKEY_ADD),
    ASK("add AppKey 1", OTHER_APP_KEY, .opcode = USHER_CONFIG_APPKEY_ADD, .app_index = 1),
    ASK("bind 0", 0, .opcode = USHER_CONFIG_MODEL_APP_BIND, MODEL(0)),
    ASK("bind 0, second", 0, .opcode = USHER_CONFIG_MODEL_APP_BIND, MODEL(1)),
    ASK("bind 1", 0, .opcode = USHER_CONFIG_MODEL_APP_BIND, MODEL(1), .app_index = 1),
    ASK("publish", 0, .opcode = USHER_CONFIG_PUBLICATION_SET, MODEL(0), .address = GROUP, .ttl = 5),
    ASK("publish, virtual", 0, .opcode = USHER_CONFIG_PUBLICATION_VIRTUAL_SET, MODEL(1), LABEL,
        .app_index = 1),
    ASK("subscribe", 0, .opcode = USHER_CONFIG_SUBSCRIPTION_ADD, MODEL(0), .address = GROUP + 1),
    ASK("subscribe, virtual", 0, .opcode = USHER_CONFIG_SUBSCRIPTION_VIRTUAL_ADD, MODEL(1), LABEL),
    ASK("default TTL", 0, .opcode = USHER_CONFIG_TTL_SET, .state = 9),
    ASK("relay", 0, .opcode = USHER_CONFIG_RELAY_SET, .state = 1, .transmit = 0x09),
    MESSAGE,
    ASK("add NetKey 1", SECOND_NET_KEY, .opcode = USHER_CONFIG_NETKEY_ADD, .net_index = 1),
    ASK("add AppKey 2", SECOND_APP_KEY, .opcode = USHER_CONFIG_APPKEY_ADD, .net_index = 1,
        .app_index = 2),
    ASK("bind 2", 0, .opcode = USHER_CONFIG_MODEL_APP_BIND, MODEL(1), .app_index = 2),
    ASK("heartbeats on subnet 1", 0, .opcode = USHER_CONFIG_HEARTBEAT_PUB_SET, .address = GROUP,
        .count_log = 0xFF, .period_log = 4, .ttl = 3, .net_index = 1),
    ASK("update NetKey 0", NEW_NET_KEY, .opcode = USHER_CONFIG_NETKEY_UPDATE),
    ASK("update AppKey 0", NEW_APP_KEY, .opcode = USHER_CONFIG_APPKEY_UPDATE),
    MESSAGE,
    ASK("use new keys", 0, .opcode = USHER_CONFIG_KEY_REFRESH_SET, .state = 2),
    MESSAGE,
    ASK("revoke old keys", 0, .opcode = USHER_CONFIG_KEY_REFRESH_SET, .state = 3),
    MESSAGE,
    { .name = "begin an IV Update", .run = iv_update, .msg.state = true },
    MESSAGE,
    { .name = "end the IV Update", .run = iv_update, .msg.state = false },
    MESSAGE,
    ASK("delete NetKey 1", 0, .opcode = USHER_CONFIG_NETKEY_DELETE, .net_index = 1),
    ASK("delete AppKey 1", 0, .opcode = USHER_CONFIG_APPKEY_DELETE, .app_index = 1),
    ASK("unsubscribe", 0, .opcode = USHER_CONFIG_SUBSCRIPTION_DELETE_ALL, MODEL(1)),
    ASK("unbind", 0, .opcode = USHER_CONFIG_MODEL_APP_UNBIND, MODEL(1)),
    { .name = "reset", .run = reset, .msg.opcode = USHER_CONFIG_NODE_RESET, .once = true },
    { .name = "provision again",
      .run = provision,
      .life = SECOND_LIFE,
      .key_octet = NEW_NET_KEY,
      .msg.state = 1, /* the IV Index */
      .once = true },
    ASK("add AppKey 0", NEW_APP_KEY, .opcode = USHER_CONFIG_APPKEY_ADD),
    ASK("bind 0", 0, .opcode = USHER_CONFIG_MODEL_APP_BIND, MODEL(0)),
    MESSAGE,
    MESSAGE,
};

unsigned scenario_steps(void)
{
    return sizeof(steps) / sizeof(steps[0]);
}

const char *scenario_name(unsigned step)
{
    return steps[step].name;
}

bool scenario_again(unsigned step)
{
    return !steps[step].once;
}

bool scenario_run(struct world *w, unsigned step)
{
    w->acknowledged = false;
    return steps[step].run(w, &steps[step]) && !nodes_until(w->all, is_off, w, SETTLE_MS);
}
