/*
 * SAR Configuration Client: asks the SAR Configuration Server of another node. Called by the
 * application and, with what is received, by access.
 */
#include "model.h"
#include "sar_pdu.h"

bool usher_sar_read(const struct usher_message *message, struct usher_sar_config *sar)
{
    struct io io = io_reader(message->params, message->len);

    if (message->opcode == SAR_TRANSMITTER_STATUS) {
        sar_transmitter_fields(&io, sar);
    } else if (message->opcode == SAR_RECEIVER_STATUS) {
        sar_receiver_fields(&io, sar);
    } else {
        return false;
    }
    return io_done(&io);
}

static void status_rx(struct usher_model *model, const struct usher_message *message)
{
    usher_answered(model, message);
}

static const struct usher_opcode opcodes[] = {
    { SAR_TRANSMITTER_STATUS, SAR_TRANSMITTER_LEN, SAR_TRANSMITTER_LEN, status_rx },
    { SAR_RECEIVER_STATUS, SAR_RECEIVER_LEN, SAR_RECEIVER_LEN, status_rx },
};

void usher_sar_client_init(struct usher_sar_client *c)
{
    *c = (struct usher_sar_client){
        .model = {
            .company = USHER_SIG,
            .id = USHER_MODEL_SAR_CLIENT,
            .flags = USHER_MODEL_REMOTE_KEY | USHER_MODEL_NO_SUBSCRIBE | USHER_MODEL_NO_PUBLISH,
            .opcodes = opcodes,
            .opcode_count = sizeof(opcodes) / sizeof(opcodes[0]),
        },
    };
}

enum usher_err usher_sar_transmitter_get(struct usher_sar_client *c, struct usher_request *request,
                                         uint16_t address, uint16_t net_index)
{
    return client_ask_node(&c->model, request, address, net_index, SAR_TRANSMITTER_GET, NULL, 0,
                           SAR_TRANSMITTER_STATUS);
}

enum usher_err usher_sar_transmitter_set(struct usher_sar_client *c, struct usher_request *request,
                                         uint16_t address, uint16_t net_index,
                                         const struct usher_sar_config *sar)
{
    uint8_t params[SAR_TRANSMITTER_LEN];
    struct io io = io_writer(params, sizeof(params));
    struct usher_sar_config copy = *sar;

    sar_transmitter_fields(&io, &copy);
    if (!io_ok(&io)) {
        return USHER_E_PARAM;
    }
    return client_ask_node(&c->model, request, address, net_index, SAR_TRANSMITTER_SET, params,
                           sizeof(params), SAR_TRANSMITTER_STATUS);
}

enum usher_err usher_sar_receiver_get(struct usher_sar_client *c, struct usher_request *request,
                                      uint16_t address, uint16_t net_index)
{
    return client_ask_node(&c->model, request, address, net_index, SAR_RECEIVER_GET, NULL, 0,
                           SAR_RECEIVER_STATUS);
}

enum usher_err usher_sar_receiver_set(struct usher_sar_client *c, struct usher_request *request,
                                      uint16_t address, uint16_t net_index,
                                      const struct usher_sar_config *sar)
{
    uint8_t params[SAR_RECEIVER_LEN];
    struct io io = io_writer(params, sizeof(params));
    struct usher_sar_config copy = *sar;

    sar_receiver_fields(&io, &copy);
    if (!io_ok(&io)) {
        return USHER_E_PARAM;
    }
    return client_ask_node(&c->model, request, address, net_index, SAR_RECEIVER_SET, params,
                           sizeof(params), SAR_RECEIVER_STATUS);
}
