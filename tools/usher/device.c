/*
 * A simulated or real-time device; see device.h.
 */
#include "device.h"

#include <openssl/crypto.h>
#include <string.h>

#define OOB_INFO_ELECTRONIC 0x0002u /* table 3.71: electronic, or URI */

static enum usher_err device_listen(struct device *d)
{
    unsigned all = d->gatt.on ? USHER_BEARER_ADV | USHER_BEARER_GATT : USHER_BEARER_ADV;
    unsigned bearers = d->bearers != 0 ? d->bearers : all;
    return usher_listen(
        &d->session, &(struct usher_listen){ .uuid = d->uuid,
                                             .oob_info = d->uri_len > 0 ? OOB_INFO_ELECTRONIC : 0,
                                             .uri = d->uri_len > 0 ? d->uri : NULL,
                                             .uri_len = d->uri_len,
                                             .bearers = bearers });
}

/** Provisioning data are in: it is a node from now on, durably, or the link is closed. */
static void on_data(struct device *d, const struct usher_event *event)
{
    const struct usher_prov_data *data = event->params.data_received.p_prov_data;
    const uint8_t *device_key = event->params.data_received.p_devkey;
    enum usher_err err = usher_mesh_provision(&d->as_node.mesh, data, device_key);
    if (err != USHER_OK) {
        if (d->owner->trouble) {
            d->owner->trouble(d->ctx, d, err);
        }
        (void)usher_cancel(&d->session, USHER_CLOSE_ERROR);
        return;
    }
    d->provisioned = true;
    d->address = data->address;
    memcpy(d->device_key, device_key, sizeof d->device_key);
}

static void on_event(void *user, struct usher *u, const struct usher_event *event)
{
    struct device *d = user;
    (void)u;
    switch (event->type) {
    case USHER_EVT_LINK_ESTABLISHED:
        d->begun = d->port->now_ms(d->port->ctx);
        break;
    case USHER_EVT_INVITE_RECEIVED:
        usher_health_attention_set(&d->as_node.health_server,
                                   event->params.invite_received.attention_duration_s);
        break;
    case USHER_EVT_START_RECEIVED:
        usher_health_attention_set(&d->as_node.health_server, 0);
        break;
    case USHER_EVT_OUTPUT_REQUEST:
        d->owner->show(d->ctx, d, event->params.output_request.action,
                       event->params.output_request.size, event->params.output_request.text);
        break;
    case USHER_EVT_INPUT_REQUEST:
        d->asking = true;
        d->ask_action = event->params.input_request.action;
        d->ask_size = event->params.input_request.size;
        d->owner->ask(d->ctx, d, d->ask_action, d->ask_size);
        break;
    case USHER_EVT_STATIC_REQUEST:
        (void)usher_auth_static(&d->session, d->oob.static_value, d->oob.static_len);
        break;
    case USHER_EVT_DATA_RECEIVED:
        on_data(d, event);
        break;
    case USHER_EVT_COMPLETE:
        if (d->provisioned && d->owner->complete) {
            d->owner->complete(d->ctx, d);
        }
        break;
    case USHER_EVT_LINK_CLOSED:
        d->asking = false;
        if (!d->provisioned) {
            d->failures++;
            (void)device_listen(d); /* it did before, with the same parameters */
        }
        break;
    default:
        break; /* for information */
    }
}

static void on_reset(struct device *d)
{
    d->provisioned = false;
    d->address = 0;
    OPENSSL_cleanse(d->device_key, sizeof d->device_key);
    if (usher_session_idle(&d->session)) { /* else when its link is closed */
        (void)device_listen(d);            /* it did before, with the same parameters */
    }
    if (d->owner->reset) {
        d->owner->reset(d->ctx, d);
    }
}

static void on_mesh_event(void *user, struct usher_mesh *m, const struct usher_mesh_event *event)
{
    struct device *d = user;
    (void)m;
    if (event->type == USHER_MESH_EVT_RESET) {
        on_reset(d);
    } else if (event->type == USHER_MESH_EVT_CONFIGURED && d->owner->configured) {
        d->owner->configured(d->ctx, d);
    } else if (event->type == USHER_MESH_EVT_STORAGE && d->owner->trouble) {
        d->owner->trouble(d->ctx, d, event->params.storage.err);
    }
}

static void on_lamp(struct usher_onoff_server *s, bool on)
{
    struct device *d = s->model.user;
    if (d->owner->lamp) {
        d->owner->lamp(d->ctx, d, usher_model_address(&s->model), on);
    }
}

static void on_attention(struct usher_health_server *s, uint8_t seconds)
{
    struct device *d = s->model.user;
    if (d->owner->attention) {
        d->owner->attention(d->ctx, d, seconds);
    }
}

/** Makes the node, and takes up the one from before. */
static enum usher_err node_start(struct device *d)
{
    struct device_node *n = &d->as_node;
    enum usher_err err = device_node_init(n, &d->node, d->elements, on_mesh_event, d);
    if (err != USHER_OK) {
        return err;
    }
    n->health_server.attention = on_attention;
    for (unsigned i = 0; i < d->elements; i++) {
        n->lamps[i].changed = on_lamp;
    }
    err = usher_mesh_load(&n->mesh);
    d->provisioned = err == USHER_OK;
    d->address = usher_mesh_address(&n->mesh);
    return err == USHER_E_NOT_FOUND ? USHER_OK : err;
}

enum usher_err device_start(struct device *d, const struct usher_port *port)
{
    struct usher_caps caps = { .num_elements = d->elements,
                               .algorithms = d->algorithms,
                               .pubkey_type = d->key_known ? USHER_PUBKEY_OOB : 0 };
    oob_caps(&d->oob, &caps);
    d->port = port;

    enum usher_err err =
        usher_init(&d->node, port, &(struct usher_config){ .handler = on_event, .user = d });
    if (err != USHER_OK) {
        return err;
    }
    d->on = true;
    err = tool_gatt_init(&d->gatt, &d->node, NULL, NULL);
    if (err != USHER_OK) {
        return err;
    }
    usher_session_init(&d->node, &d->session, &caps, d);
    if (d->key_known) {
        usher_session_keys_set(&d->session, d->private_key, d->public_key);
    }
    err = node_start(d);
    return err == USHER_OK && !d->provisioned ? device_listen(d) : err;
}

void device_stop(struct device *d)
{
    device_node_deinit(&d->as_node);
    if (d->on) {
        usher_deinit(&d->node);
        d->on = false;
    }
    OPENSSL_cleanse(d->private_key, sizeof d->private_key);
    OPENSSL_cleanse(d->device_key, sizeof d->device_key);
    OPENSSL_cleanse(&d->oob, sizeof d->oob);
}

enum usher_err device_answer(struct device *d, const char *value)
{
    if (!d->asking) {
        return USHER_E_STATE;
    }
    d->asking = false;
    enum usher_err err = usher_auth_text(&d->session, value);
    d->asking = err != USHER_OK && !usher_session_idle(&d->session);
    return err;
}

bool device_uri_set(struct device *d, const char *uri)
{
    /* Scheme codes of the assigned numbers; 1 stands for a URI that is written out. */
    static const struct {
        const char *scheme;
        uint8_t code;
    } schemes[] = { { "http:", 0x16 }, { "https:", 0x17 }, { "", 0x01 } };
    size_t i = 0;
    while (strncmp(uri, schemes[i].scheme, strlen(schemes[i].scheme)) != 0) {
        i++;
    }
    const char *rest = uri + strlen(schemes[i].scheme);
    size_t len = strlen(rest);
    if (len > sizeof d->uri - 1) {
        return false;
    }
    d->uri[0] = schemes[i].code;
    memcpy(d->uri + 1, rest, len);
    d->uri_len = (uint8_t)(1 + len);
    return true;
}

void device_uuid_v4(uint8_t uuid[USHER_UUID_SIZE])
{
    uuid[6] = (uint8_t)((uuid[6] & 0x0F) | 0x40);
    uuid[8] = (uint8_t)((uuid[8] & 0x3F) | 0x80);
}
