/*
 * Mesh Private Beacon Client: asks the Mesh Private Beacon Server of another node. Called by the
 * application and, with what is received, by access.
 */
#include "model.h"
#include "private_beacon_pdu.h"

bool usher_private_beacon_read(const struct usher_message *message,
                               struct usher_private_beacon *state)
{
    struct io io = io_reader(message->params, message->len);

    if (message->opcode != PRIVATE_BEACON_STATUS) {
        return false;
    }
    *state = (struct usher_private_beacon){ 0 };
    private_beacon_fields(&io, state, true);
    return io_done(&io);
}

static void status_rx(struct usher_model *model, const struct usher_message *message)
{
    struct usher_private_beacon state;

    if (usher_private_beacon_read(message, &state)) {
        usher_answered(model, message);
    }
}

static const struct usher_opcode opcodes[] = {
    { PRIVATE_BEACON_STATUS, PRIVATE_BEACON_LEN, PRIVATE_BEACON_LEN, status_rx },
};

void usher_private_beacon_client_init(struct usher_private_beacon_client *c)
{
    *c = (struct usher_private_beacon_client){
        .model = {
            .company = USHER_SIG,
            .id = USHER_MODEL_PRIVATE_BEACON_CLIENT,
            .flags = USHER_MODEL_REMOTE_KEY | USHER_MODEL_NO_SUBSCRIBE | USHER_MODEL_NO_PUBLISH,
            .opcodes = opcodes,
            .opcode_count = sizeof(opcodes) / sizeof(opcodes[0]),
        },
    };
}

enum usher_err usher_private_beacon_get(struct usher_private_beacon_client *c,
                                        struct usher_request *request, uint16_t address,
                                        uint16_t net_index)
{
    return client_ask_node(&c->model, request, address, net_index, PRIVATE_BEACON_GET, NULL, 0,
                           PRIVATE_BEACON_STATUS);
}

enum usher_err usher_private_beacon_set(struct usher_private_beacon_client *c,
                                        struct usher_request *request, uint16_t address,
                                        uint16_t net_index,
                                        const struct usher_private_beacon *state)
{
    struct usher_private_beacon copy = *state;
    uint8_t params[PRIVATE_BEACON_LEN];
    struct io io = io_writer(params, sizeof(params));

    private_beacon_fields(&io, &copy, true);
    return client_ask_node(&c->model, request, address, net_index, PRIVATE_BEACON_SET, params,
                           sizeof(params), PRIVATE_BEACON_STATUS);
}
