/*
 * A simulated or real-time unprovisioned device; see device.h.
 */
#include "device.h"

#include <openssl/crypto.h>
#include <string.h>

#define OOB_INFO_ELECTRONIC 0x0002u /* table 3.71: electronic, or URI */

static enum usher_err device_listen(struct device *d)
{
    return usher_listen(
        &d->session, &(struct usher_listen){ .uuid = d->uuid,
                                             .oob_info = d->uri_len > 0 ? OOB_INFO_ELECTRONIC : 0,
                                             .uri = d->uri_len > 0 ? d->uri : NULL,
                                             .uri_len = d->uri_len });
}

static void on_data(struct device *d, const struct usher_event *event)
{
    d->address = event->params.data_received.p_prov_data->address;
    memcpy(d->device_key, event->params.data_received.p_devkey, sizeof d->device_key);
    d->provisioned = d->owner->store(d->ctx, d, event->params.data_received.p_prov_data);
    if (!d->provisioned) {
        (void)usher_cancel(&d->session, USHER_CLOSE_ERROR);
    }
}

static void on_event(void *user, struct usher *u, const struct usher_event *event)
{
    struct device *d = user;
    (void)u;
    switch (event->type) {
    case USHER_EVT_LINK_ESTABLISHED:
        d->begun = d->port->now_ms(d->port->ctx);
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
        if (d->provisioned) {
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
    usher_session_init(&d->node, &d->session, &caps, d);
    if (d->key_known) {
        usher_session_keys_set(&d->session, d->private_key, d->public_key);
    }
    return device_listen(d);
}

void device_stop(struct device *d)
{
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
