/*
 * Configuration Client (Mesh Protocol 1.1, section 4.4.2): asks the Configuration Server of another
 * node. Called by the application and, with what is received, by access.
 */
#include "config_pdu.h"
#include "model.h"

#include <string.h>

#define ABSENT 0xFFFFu /* stands in a member of 16 bits that a message does not have */

static struct usher_config_client *client(struct usher_model *model)
{
    return (struct usher_config_client *)model; /* its first member */
}

/* -- which answer belongs to which question ---------------------------------------------------- */

/* Reads a message so that the members that it does not have are ABSENT. */
static bool read_members(uint32_t opcode, const uint8_t *params, size_t len,
                         struct usher_config_msg *msg)
{
    memset(msg, 0xFF, sizeof(*msg));
    return config_pdu_read(opcode, params, len, msg);
}

static bool agree(uint16_t asked, uint16_t answered)
{
    return asked == answered || asked == ABSENT || answered == ABSENT;
}

/* Whether an answer has 0 for what was asked: it tells of an error, or that something is off. */
static bool may_be_zero(const struct usher_config_msg *asked,
                        const struct usher_config_msg *answered)
{
    return answered->status != USHER_STATUS_SUCCESS || asked->address == USHER_ADDR_UNASSIGNED ||
           asked->source == USHER_ADDR_UNASSIGNED || asked->period_log == 0;
}

/* Whether a question that has a label was asked; its answer has the address. */
static bool has_label(uint32_t opcode)
{
    return opcode == USHER_CONFIG_PUBLICATION_VIRTUAL_SET ||
           (opcode >= USHER_CONFIG_SUBSCRIPTION_VIRTUAL_ADD &&
            opcode <= USHER_CONFIG_SUBSCRIPTION_VIRTUAL_OVERWRITE);
}

static bool question(const struct usher_request *request, struct usher_config_msg *asked)
{
    uint32_t opcode;
    size_t n = access_opcode_read(request->message, request->len, &opcode);

    if (!read_members(opcode, request->message + n, request->len - n, asked)) {
        return false;
    }
    return !has_label(opcode) ||
           access_virtual(request->model->mesh, asked->label, &asked->address) == USHER_OK;
}

/*
 * An answer that came twice, as the question did, may meet the next question of the same kind: it
 * is that one's answer only if it tells of the same model, keys and address.
 */
static bool matches(const struct usher_request *request, const struct usher_message *message)
{
    struct usher_config_msg asked, answered;
    bool zero;

    if (!question(request, &asked) ||
        !read_members(message->opcode, message->params, message->len, &answered)) {
        return false;
    }
    zero = answered.address == 0 && may_be_zero(&asked, &answered);
    return asked.element == answered.element && asked.company == answered.company &&
           asked.model == answered.model && (zero || agree(asked.address, answered.address)) &&
           (zero || agree(asked.net_index, answered.net_index)) &&
           (zero || agree(asked.app_index, answered.app_index));
}

/* -- asking ------------------------------------------------------------------------------------ */

enum usher_err usher_config_ask(struct usher_config_client *c, struct usher_request *request,
                                uint16_t address, uint16_t net_index,
                                const struct usher_config_msg *msg)
{
    const struct config_pdu *pdu = config_pdu_find(msg->opcode);
    struct usher_config_msg written = *msg;
    uint8_t params[USHER_ACCESS_MAX];
    enum usher_err err;
    size_t len;

    if (pdu == NULL || pdu->answer == CONFIG_NO_ANSWER) {
        return USHER_E_PARAM;
    }
    len = config_pdu_write(&written, params, sizeof(params));
    if (len == SIZE_MAX) {
        return USHER_E_PARAM;
    }
    err = client_ask_node(&c->model, request, address, net_index, pdu->opcode, params, len,
                          pdu->answer);
    if (err == USHER_OK) {
        request->matches = matches;
    }
    return err;
}

/* -- being answered ---------------------------------------------------------------------------- */

static void answer_rx(struct usher_model *model, const struct usher_message *message)
{
    struct usher_config_client *c = client(model);
    struct usher_config_msg msg;

    if (!usher_config_read(message, &msg) || usher_answered(model, message)) {
        return;
    }
    if (c->unasked != NULL) {
        c->unasked(c, message);
    }
}

#define ROW(answer)                                                                                \
    {                                                                                              \
        USHER_CONFIG_##answer, 0, USHER_ACCESS_MAX, answer_rx                                      \
    }

static const struct usher_opcode opcodes[] = {
    ROW(COMPOSITION_STATUS), ROW(HEARTBEAT_PUB_STATUS),  ROW(APPKEY_LIST),
    ROW(APPKEY_STATUS),      ROW(BEACON_STATUS),         ROW(TTL_STATUS),
    ROW(FRIEND_STATUS),      ROW(PROXY_STATUS),          ROW(KEY_REFRESH_STATUS),
    ROW(PUBLICATION_STATUS), ROW(SUBSCRIPTION_STATUS),   ROW(NET_TRANSMIT_STATUS),
    ROW(RELAY_STATUS),       ROW(SIG_SUBSCRIPTION_LIST), ROW(VENDOR_SUBSCRIPTION_LIST),
    ROW(LPN_TIMEOUT_STATUS), ROW(HEARTBEAT_SUB_STATUS),  ROW(MODEL_APP_STATUS),
    ROW(NETKEY_LIST),        ROW(NETKEY_STATUS),         ROW(IDENTITY_STATUS),
    ROW(NODE_RESET_STATUS),  ROW(SIG_APP_LIST),          ROW(VENDOR_APP_LIST),
};

void usher_config_client_init(struct usher_config_client *c)
{
    *c = (struct usher_config_client){
        .model = {
            .company = USHER_SIG,
            .id = USHER_MODEL_CONFIG_CLIENT,
            .flags = USHER_MODEL_REMOTE_KEY | USHER_MODEL_NO_SUBSCRIBE | USHER_MODEL_NO_PUBLISH,
            .opcodes = opcodes,
            .opcode_count = sizeof(opcodes) / sizeof(opcodes[0]),
        },
    };
}
