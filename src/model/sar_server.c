/*
 * SAR Configuration Server (Mesh Protocol 1.1, sections 4.2.47 and 4.2.48): how the node's
 * transport sends and receives segmented messages. Its handlers are called by access.
 */
#include "model.h"
#include "sar_pdu.h"

static void transmitter_reply(struct usher_model *model, const struct usher_message *message)
{
    uint8_t params[SAR_TRANSMITTER_LEN];
    struct io io = io_writer(params, sizeof(params));

    sar_transmitter_fields(&io, &model->mesh->net.sar);
    usher_reply(model, message, SAR_TRANSMITTER_STATUS, params, sizeof(params));
}

static void transmitter_set_rx(struct usher_model *model, const struct usher_message *message)
{
    struct io io = io_reader(message->params, message->len);

    sar_transmitter_fields(&io, &model->mesh->net.sar);
    manage_settings_changed(model->mesh);
    transmitter_reply(model, message);
}

static void receiver_reply(struct usher_model *model, const struct usher_message *message)
{
    uint8_t params[SAR_RECEIVER_LEN];
    struct io io = io_writer(params, sizeof(params));

    sar_receiver_fields(&io, &model->mesh->net.sar);
    usher_reply(model, message, SAR_RECEIVER_STATUS, params, sizeof(params));
}

static void receiver_set_rx(struct usher_model *model, const struct usher_message *message)
{
    struct io io = io_reader(message->params, message->len);

    sar_receiver_fields(&io, &model->mesh->net.sar);
    manage_settings_changed(model->mesh);
    receiver_reply(model, message);
}

static const struct usher_opcode opcodes[] = {
    { SAR_TRANSMITTER_GET, 0, 0, transmitter_reply },
    { SAR_TRANSMITTER_SET, SAR_TRANSMITTER_LEN, SAR_TRANSMITTER_LEN, transmitter_set_rx },
    { SAR_RECEIVER_GET, 0, 0, receiver_reply },
    { SAR_RECEIVER_SET, SAR_RECEIVER_LEN, SAR_RECEIVER_LEN, receiver_set_rx },
};

void usher_sar_server_init(struct usher_sar_server *s)
{
    *s = (struct usher_sar_server){
        .model = {
            .company = USHER_SIG,
            .id = USHER_MODEL_SAR_SERVER,
            .flags = USHER_MODEL_DEVICE_KEY | USHER_MODEL_NO_SUBSCRIBE | USHER_MODEL_NO_PUBLISH,
            .opcodes = opcodes,
            .opcode_count = sizeof(opcodes) / sizeof(opcodes[0]),
        },
    };
}
