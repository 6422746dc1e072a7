/*
 * Health Client (Mesh Protocol 1.1, section 4.4.4). Its handlers are called by access, the rest by
 * the application.
 */
#include "health_pdu.h"
#include "model.h"

#define STATUS_MAX (USHER_ACCESS_MAX - 1u)

static struct usher_health_client *client(struct usher_model *model)
{
    return (struct usher_health_client *)model; /* its first member */
}

bool usher_health_read(const struct usher_message *message, struct usher_health_status *status)
{
    struct io io = io_reader(message->params, message->len);
    struct health_test test;

    if (message->opcode != HEALTH_CURRENT_STATUS && message->opcode != HEALTH_FAULT_STATUS) {
        return false;
    }
    health_test_fields(&io, &test);
    if (!io_ok(&io)) {
        return false;
    }
    status->test_id = test.test_id;
    status->company = test.company;
    status->faults = message->params + io_pos(&io);
    status->count = io_left(&io);
    if (status->count == 1 && status->faults[0] == 0) {
        status->count = 0; /* some servers say "no fault" where others say nothing */
    }
    return true;
}

static void current_status_rx(struct usher_model *model, const struct usher_message *message)
{
    struct usher_health_client *c = client(model);
    struct usher_health_status status;

    if (usher_health_read(message, &status) && c->status != NULL) {
        c->status(c, message->src, &status);
    }
}

static void answer_rx(struct usher_model *model, const struct usher_message *message)
{
    usher_answered(model, message);
}

static void period_status_rx(struct usher_model *model, const struct usher_message *message)
{
    if (message->params[0] <= HEALTH_DIVISOR_MAX) {
        usher_answered(model, message);
    }
}

static const struct usher_opcode opcodes[] = {
    { HEALTH_CURRENT_STATUS, HEALTH_TEST_LEN, STATUS_MAX, current_status_rx },
    { HEALTH_FAULT_STATUS, HEALTH_TEST_LEN, STATUS_MAX, answer_rx },
    { HEALTH_ATTENTION_STATUS, 1, 1, answer_rx },
    { HEALTH_PERIOD_STATUS, 1, 1, period_status_rx },
};

void usher_health_client_init(struct usher_health_client *c)
{
    *c = (struct usher_health_client){
        .model = {
            .company = USHER_SIG,
            .id = USHER_MODEL_HEALTH_CLIENT,
            .opcodes = opcodes,
            .opcode_count = sizeof(opcodes) / sizeof(opcodes[0]),
        },
    };
}

enum usher_err usher_health_attention_ask(struct usher_health_client *c,
                                          struct usher_request *request,
                                          const struct usher_target *target, uint8_t seconds)
{
    return usher_ask(&c->model, request, target, HEALTH_ATTENTION_SET, &seconds, 1,
                     HEALTH_ATTENTION_STATUS);
}

/* Fault Get and Clear, which differ in their opcodes. */
static enum usher_err ask_company(struct usher_health_client *c, struct usher_request *request,
                                  const struct usher_target *target, uint32_t opcode,
                                  uint16_t company)
{
    uint8_t params[2];
    struct io io = io_writer(params, sizeof(params));

    io_le16(&io, &company);
    return usher_ask(&c->model, request, target, opcode, params, sizeof(params),
                     HEALTH_FAULT_STATUS);
}

enum usher_err usher_health_fault_get(struct usher_health_client *c, struct usher_request *request,
                                      const struct usher_target *target, uint16_t company)
{
    return ask_company(c, request, target, HEALTH_FAULT_GET, company);
}

enum usher_err usher_health_fault_clear(struct usher_health_client *c,
                                        struct usher_request *request,
                                        const struct usher_target *target, uint16_t company)
{
    return ask_company(c, request, target, HEALTH_FAULT_CLEAR, company);
}

enum usher_err usher_health_fault_test(struct usher_health_client *c, struct usher_request *request,
                                       const struct usher_target *target, uint8_t test_id,
                                       uint16_t company)
{
    struct health_test test = { test_id, company };
    uint8_t params[HEALTH_TEST_LEN];
    struct io io = io_writer(params, sizeof(params));

    health_test_fields(&io, &test);
    return usher_ask(&c->model, request, target, HEALTH_FAULT_TEST, params, sizeof(params),
                     HEALTH_FAULT_STATUS);
}

enum usher_err usher_health_period_set(struct usher_health_client *c, struct usher_request *request,
                                       const struct usher_target *target, uint8_t divisor)
{
    if (divisor > HEALTH_DIVISOR_MAX) {
        return USHER_E_PARAM;
    }
    return usher_ask(&c->model, request, target, HEALTH_PERIOD_SET, &divisor, 1,
                     HEALTH_PERIOD_STATUS);
}
