/*
 * Health Server (Mesh Protocol 1.1, sections 4.2.16 to 4.2.18 and 4.4.3): faults, the speed at
 * which they are published, and attention. Its handlers are called by access, its timer by
 * publish.c, attention by the node as well, when a provisioner invites it.
 */
#include "health_pdu.h"
#include "model.h"

#include <string.h>

#define STATUS_MAX (HEALTH_TEST_LEN + USHER_FAULTS)

static struct usher_health_server *server(struct usher_model *model)
{
    return (struct usher_health_server *)model; /* its first member */
}

static uint64_t now(const struct usher_health_server *s)
{
    return s->model.mesh->acts->now(s->model.mesh);
}

/* A Current or Fault Status. */
static size_t status_write(const struct usher_health_server *s, uint8_t *faults, uint8_t count,
                           uint8_t out[STATUS_MAX])
{
    struct health_test test = { s->last_test, s->company };
    struct io io = io_writer(out, STATUS_MAX);

    health_test_fields(&io, &test);
    io_bytes(&io, faults, count);
    return io_pos(&io);
}

static void octet_reply(struct usher_model *model, const struct usher_message *to, uint32_t opcode,
                        uint8_t octet)
{
    usher_reply(model, to, opcode, &octet, 1);
}

/* -- faults ------------------------------------------------------------------------------------ */

static void current_publish(struct usher_model *model)
{
    struct usher_health_server *s = server(model);
    uint8_t params[STATUS_MAX];
    size_t len = status_write(s, s->current, s->current_count, params);

    usher_publish(model, HEALTH_CURRENT_STATUS, params, len);
}

/* While there are faults, they are published at the fast period. */
static void period_update(struct usher_health_server *s)
{
    bool fast = s->current_count != 0;

    if (s->model.period_fast != fast) {
        s->model.period_fast = fast;
        publish_changed(&s->model);
    }
}

static uint8_t *fault_find(uint8_t *faults, uint8_t count, uint8_t fault)
{
    return memchr(faults, fault, count);
}

static void fault_add(uint8_t *faults, uint8_t *count, uint8_t fault)
{
    if (fault_find(faults, *count, fault) == NULL && *count < USHER_FAULTS) {
        faults[(*count)++] = fault;
    }
}

static void fault_remove(uint8_t *faults, uint8_t *count, uint8_t fault)
{
    uint8_t *at = fault_find(faults, *count, fault);

    if (at != NULL) {
        (*count)--;
        memmove(at, at + 1, (size_t)(faults + *count - at));
    }
}

void usher_health_fault_set(struct usher_health_server *s, uint8_t fault, bool on)
{
    uint8_t before = s->current_count;

    if (on) {
        fault_add(s->current, &s->current_count, fault);
        fault_add(s->registered, &s->registered_count, fault);
    } else {
        fault_remove(s->current, &s->current_count, fault);
    }
    if (s->current_count != before) {
        period_update(s);
        current_publish(&s->model);
    }
}

static void fault_status_reply(struct usher_model *model, const struct usher_message *message)
{
    struct usher_health_server *s = server(model);
    uint8_t params[STATUS_MAX];
    size_t len = status_write(s, s->registered, s->registered_count, params);

    usher_reply(model, message, HEALTH_FAULT_STATUS, params, len);
}

/* Whether a message that has a company id alone is about ours. */
static bool company_is_ours(const struct usher_health_server *s,
                            const struct usher_message *message)
{
    struct io io = io_reader(message->params, message->len);
    uint16_t company;

    io_le16(&io, &company);
    return company == s->company;
}

static void fault_get_rx(struct usher_model *model, const struct usher_message *message)
{
    if (company_is_ours(server(model), message)) {
        fault_status_reply(model, message);
    }
}

static void fault_clear_rx(struct usher_model *model, const struct usher_message *message)
{
    struct usher_health_server *s = server(model);

    if (!company_is_ours(s, message)) {
        return;
    }
    s->registered_count = 0;
    if (message->opcode == HEALTH_FAULT_CLEAR) {
        fault_status_reply(model, message);
    }
}

static bool test_run(struct usher_health_server *s, uint8_t test_id)
{
    uint8_t before = s->last_test;

    s->last_test = test_id; /* already in what the test itself publishes */
    if (s->test == NULL || !s->test(s, test_id)) {
        s->last_test = before;
        return false;
    }
    return true;
}

static void fault_test_rx(struct usher_model *model, const struct usher_message *message)
{
    struct usher_health_server *s = server(model);
    struct io io = io_reader(message->params, message->len);
    struct health_test test;

    health_test_fields(&io, &test);
    if (test.company != s->company || !test_run(s, test.test_id)) {
        return;
    }
    if (message->opcode == HEALTH_FAULT_TEST) {
        fault_status_reply(model, message);
    }
}

/* -- period ------------------------------------------------------------------------------------ */

static void period_reply(struct usher_model *model, const struct usher_message *message)
{
    octet_reply(model, message, HEALTH_PERIOD_STATUS, model->period_divisor);
}

static void period_set_rx(struct usher_model *model, const struct usher_message *message)
{
    uint8_t divisor = message->params[0];

    if (divisor > HEALTH_DIVISOR_MAX) {
        return; /* prohibited */
    }
    if (model->period_divisor != divisor) {
        model->period_divisor = divisor;
        manage_changed(model);
        publish_changed(model);
    }
    if (message->opcode == HEALTH_PERIOD_SET) {
        period_reply(model, message);
    }
}

/* -- attention --------------------------------------------------------------------------------- */

uint8_t usher_health_attention(const struct usher_health_server *s)
{
    uint64_t t;

    if (s->attention_until == 0) {
        return 0;
    }
    t = now(s);
    return (uint8_t)(s->attention_until > t ? (s->attention_until - t + 999) / 1000 : 0);
}

static void attention_begin_or_end(struct usher_health_server *s, uint8_t seconds)
{
    bool was_on = s->attention_until != 0;

    s->attention_until = seconds != 0 ? now(s) + seconds * 1000u : 0;
    s->model.timer_at = s->attention_until;
    if ((seconds != 0 || was_on) && s->attention != NULL) {
        s->attention(s, seconds);
    }
}

void usher_health_attention_set(struct usher_health_server *s, uint8_t seconds)
{
    attention_begin_or_end(s, seconds);
    s->model.mesh->acts->alarm(s->model.mesh); /* there is another deadline */
}

static void attention_over(struct usher_model *model)
{
    attention_begin_or_end(server(model), 0);
}

static void attention_reply(struct usher_model *model, const struct usher_message *message)
{
    octet_reply(model, message, HEALTH_ATTENTION_STATUS, usher_health_attention(server(model)));
}

static void attention_set_rx(struct usher_model *model, const struct usher_message *message)
{
    attention_begin_or_end(server(model), message->params[0]);
    if (message->opcode == HEALTH_ATTENTION_SET) {
        attention_reply(model, message);
    }
}

/* -- the model --------------------------------------------------------------------------------- */

static const struct usher_opcode opcodes[] = {
    { HEALTH_ATTENTION_GET, 0, 0, attention_reply },
    { HEALTH_ATTENTION_SET, 1, 1, attention_set_rx },
    { HEALTH_ATTENTION_SET_UNACK, 1, 1, attention_set_rx },
    { HEALTH_FAULT_CLEAR, 2, 2, fault_clear_rx },
    { HEALTH_FAULT_CLEAR_UNACK, 2, 2, fault_clear_rx },
    { HEALTH_FAULT_GET, 2, 2, fault_get_rx },
    { HEALTH_FAULT_TEST, HEALTH_TEST_LEN, HEALTH_TEST_LEN, fault_test_rx },
    { HEALTH_FAULT_TEST_UNACK, HEALTH_TEST_LEN, HEALTH_TEST_LEN, fault_test_rx },
    { HEALTH_PERIOD_GET, 0, 0, period_reply },
    { HEALTH_PERIOD_SET, 1, 1, period_set_rx },
    { HEALTH_PERIOD_SET_UNACK, 1, 1, period_set_rx },
};

void usher_health_server_init(struct usher_health_server *s, uint16_t company)
{
    *s = (struct usher_health_server){
        .model = {
            .company = USHER_SIG,
            .id = USHER_MODEL_HEALTH_SERVER,
            .opcodes = opcodes,
            .opcode_count = sizeof(opcodes) / sizeof(opcodes[0]),
            .publish = current_publish,
            .timer = attention_over,
        },
        .company = company,
    };
}
