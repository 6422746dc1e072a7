/*
 * Mesh Private Beacon Server: whether the node sends private beacons, and how long their
 * randomness stays the same. Its handlers are called by access; src/net/secbeacon.c sends them.
 */
#include "model.h"
#include "private_beacon_pdu.h"

static void status_reply(struct usher_model *model, const struct usher_message *message)
{
    const struct usher_net *n = &model->mesh->net;
    struct usher_private_beacon state = { n->private_beacon == 1, n->private_interval };
    uint8_t params[PRIVATE_BEACON_LEN];
    struct io io = io_writer(params, sizeof(params));

    private_beacon_fields(&io, &state, true);
    usher_reply(model, message, PRIVATE_BEACON_STATUS, params, sizeof(params));
}

static void set_rx(struct usher_model *model, const struct usher_message *message)
{
    struct usher_net *n = &model->mesh->net;
    struct io io = io_reader(message->params, message->len);
    struct usher_private_beacon state = { .interval = n->private_interval };

    private_beacon_fields(&io, &state, message->len == PRIVATE_BEACON_LEN);
    if (!io_ok(&io)) {
        return;
    }
    n->private_beacon = state.on;
    n->private_interval = state.interval;
    manage_settings_changed(model->mesh);
    status_reply(model, message);
}

static const struct usher_opcode opcodes[] = {
    { PRIVATE_BEACON_GET, 0, 0, status_reply },
    { PRIVATE_BEACON_SET, PRIVATE_BEACON_SET_MIN, PRIVATE_BEACON_LEN, set_rx },
};

void usher_private_beacon_server_init(struct usher_private_beacon_server *s)
{
    *s = (struct usher_private_beacon_server){
        .model = {
            .company = USHER_SIG,
            .id = USHER_MODEL_PRIVATE_BEACON_SERVER,
            .flags = USHER_MODEL_DEVICE_KEY | USHER_MODEL_NO_SUBSCRIBE | USHER_MODEL_NO_PUBLISH,
            .opcodes = opcodes,
            .opcode_count = sizeof(opcodes) / sizeof(opcodes[0]),
        },
    };
}
