/*
 * Messages that a model sends unasked or as an answer: publication with its period and
 * retransmissions (Mesh Protocol 1.1, section 4.2.3), and replies after their random delay
 * (3.7.3.1). Called by models; access_run() by node.
 */
#include "model.h"

#include <string.h>

#define PERIOD_STEPS 0x3Fu     /* steps:6 resolution:2 */
#define RETRANSMIT_COUNT 0x07u /* count:3 steps:5 */
#define RETRANSMIT_STEP_MS 50u
#define PERIOD_MIN_MS 100u /* that of the smallest step, however large the divisor is */
#define START_MS 500u      /* nodes that are configured or switched on together spread this far */

#define REPLY_MIN_MS 20u
#define REPLY_UNICAST_MS 30u /* and up to so much more */
#define REPLY_GROUP_MS 480u
#define REPLY_MAX_MS 5000u /* later nobody waits for it */
#define REPLY_AGAIN_MS 50u /* until another try for one that found no room */
#define TTL_DEFAULT 255

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* -- replies ----------------------------------------------------------------------------------- */

static struct usher_access_tx *reply_claim(struct usher_mesh *m)
{
    for (uint16_t i = 0; i < m->access_tx_size; i++) {
        if (m->access_tx[i].at == 0) {
            return &m->access_tx[i];
        }
    }
    return NULL;
}

static uint32_t reply_delay(struct usher_mesh *m, const struct usher_message *to)
{
    uint32_t spread = usher_is_unicast(to->dst) ? REPLY_UNICAST_MS : REPLY_GROUP_MS;

    return REPLY_MIN_MS + net_jitter(&m->net, spread + 1);
}

enum usher_err reply_message(struct usher_model *model, const struct usher_message *to,
                             const struct message_out *out)
{
    struct usher_mesh *m = model->mesh;
    struct usher_access_tx *tx = reply_claim(m);
    uint64_t now = m->acts->now(m);
    enum usher_err err;

    if (tx == NULL) {
        return USHER_E_NO_MEM;
    }
    err = access_write(out->opcode, out->params, out->len, tx->data, &tx->len);
    if (err != USHER_OK) {
        return err;
    }
    tx->token = out->token;
    tx->src = usher_model_address(model);
    tx->target = (struct usher_target){ .dst = to->src,
                                        .net_index = to->net_index,
                                        .key = to->key,
                                        .ttl = to->ttl == 0 ? 0 : TTL_DEFAULT,
                                        .segmented = out->segmented };
    tx->at = now + reply_delay(m, to);
    tx->until = now + REPLY_MAX_MS;
    m->acts->alarm(m);
    return USHER_OK;
}

enum usher_err usher_reply(struct usher_model *model, const struct usher_message *to,
                           uint32_t opcode, const uint8_t *params, size_t len)
{
    struct message_out out = { .opcode = opcode, .params = params, .len = len };

    return reply_message(model, to, &out);
}

static void reply_run(struct usher_mesh *m, uint64_t now, struct usher_access_tx *tx)
{
    enum usher_err err = access_send(m, now, tx->src, &tx->target, tx->data, tx->len, tx->token);

    tx->at = access_is_for_now(err) && now < tx->until ? now + REPLY_AGAIN_MS : 0;
}

/* -- publication ------------------------------------------------------------------------------- */

uint32_t publish_period_ms(uint8_t period)
{
    static const uint32_t resolution_ms[] = { 100, 1000, 10000, 600000 };

    return (period & PERIOD_STEPS) * resolution_ms[period >> 6];
}

/* 0: none. */
static uint32_t period_of(const struct usher_model *model)
{
    uint32_t ms = publish_period_ms(model->publication.period);
    uint32_t divided = model->period_fast ? ms >> model->period_divisor : ms;

    return ms != 0 && divided < PERIOD_MIN_MS ? PERIOD_MIN_MS : divided;
}

void publish_changed(struct usher_model *model)
{
    struct usher_mesh *m = model->mesh;

    model->retransmits_left = 0;
    model->publish_at = 0;
    if (model->publication.address != USHER_ADDR_UNASSIGNED && period_of(model) != 0 &&
        model->publish != NULL) {
        model->publish_at = m->acts->now(m) + 1 + net_jitter(&m->net, START_MS); /* 0: none */
        m->acts->alarm(m);
    }
}

static enum usher_err publish_send(struct usher_model *model, uint64_t now, const uint8_t *message,
                                   size_t len, const struct message_out *out)
{
    const struct usher_publication *p = &model->publication;
    const struct usher_appkey *key = keys_appkey(&model->mesh->net.keys, p->key);
    struct usher_target target = { .dst = p->address,
                                   .label = p->label,
                                   .key = p->key,
                                   .ttl = p->ttl,
                                   .segmented = out->segmented };

    if (key == NULL) {
        return USHER_E_NOT_FOUND;
    }
    target.net_index = key->net_index;
    return access_send(model->mesh, now, usher_model_address(model), &target, message, len,
                       out->token);
}

static uint64_t retransmit_ms(const struct usher_model *model)
{
    return ((model->publication.retransmit >> 3) + 1u) * RETRANSMIT_STEP_MS;
}

enum usher_err publish_message(struct usher_model *model, const struct message_out *out)
{
    struct usher_mesh *m = model->mesh;
    uint8_t count = model->publication.retransmit & RETRANSMIT_COUNT;
    uint8_t message[USHER_ACCESS_MAX];
    uint16_t message_len;
    enum usher_err err = access_write(out->opcode, out->params, out->len, message, &message_len);
    uint64_t now;

    if (model->publication.address == USHER_ADDR_UNASSIGNED) {
        return USHER_OK;
    }
    if (err == USHER_OK && count != 0 && message_len > sizeof(model->retransmit_message)) {
        err = USHER_E_SIZE;
    }
    if (err != USHER_OK) {
        return err;
    }
    now = m->acts->now(m);
    model->retransmits_left = 0; /* what was published before is out of date */
    err = publish_send(model, now, message, message_len, out);
    if (err == USHER_OK && count != 0) {
        memcpy(model->retransmit_message, message, message_len);
        model->retransmit_len = (uint8_t)message_len;
        model->retransmits_left = count;
        model->retransmit_segmented = out->segmented;
        model->retransmit_at = now + retransmit_ms(model);
    }
    m->acts->alarm(m);
    return err;
}

enum usher_err usher_publish(struct usher_model *model, uint32_t opcode, const uint8_t *params,
                             size_t len)
{
    struct message_out out = { .opcode = opcode, .params = params, .len = len };

    return publish_message(model, &out);
}

/* One that finds no room is put off: a segmented message is a while on its way. */
static void retransmit_run(struct usher_model *model, uint64_t now)
{
    struct message_out out = { .segmented = model->retransmit_segmented };
    enum usher_err err =
        publish_send(model, now, model->retransmit_message, model->retransmit_len, &out);

    model->retransmit_at = now + retransmit_ms(model);
    if (!access_is_for_now(err)) {
        model->retransmits_left--;
    }
}

/* -- time -------------------------------------------------------------------------------------- */

static bool is_due(uint64_t at, uint64_t now)
{
    return at != 0 && at <= now;
}

static void model_run(struct usher_model *model, uint64_t now)
{
    if (model->timer != NULL && is_due(model->timer_at, now)) {
        model->timer_at = 0;
        model->timer(model);
    }
    if (is_due(model->publish_at, now)) {
        model->publish_at = now + period_of(model);
        model->publish(model);
    }
    if (model->retransmits_left != 0 && model->retransmit_at <= now) {
        retransmit_run(model, now);
    }
}

void access_run(struct usher_mesh *m, uint64_t now)
{
    struct usher_model *model;

    for (uint16_t i = 0; i < m->access_tx_size; i++) {
        if (is_due(m->access_tx[i].at, now)) {
            reply_run(m, now, &m->access_tx[i]);
        }
    }
    for (unsigned i = 0; (model = access_each(m, i)) != NULL; i++) {
        model_run(model, now);
    }
}

static uint64_t or_never(uint64_t at)
{
    return at != 0 ? at : USHER_NEVER;
}

static uint64_t model_deadline(const struct usher_model *model)
{
    uint64_t at = or_never(model->publish_at);

    if (model->timer != NULL) {
        at = sooner(at, or_never(model->timer_at));
    }
    return model->retransmits_left != 0 ? sooner(at, model->retransmit_at) : at;
}

uint64_t access_deadline(const struct usher_mesh *m)
{
    const struct usher_model *model;
    uint64_t at = USHER_NEVER;

    for (uint16_t i = 0; i < m->access_tx_size; i++) {
        at = sooner(at, or_never(m->access_tx[i].at));
    }
    for (unsigned i = 0; (model = access_each(m, i)) != NULL; i++) {
        at = sooner(at, model_deadline(model));
    }
    return at;
}
