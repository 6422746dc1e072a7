/*
 * The Configuration Server's acts on keys (Mesh Protocol 1.1, sections 4.4.1.2.6 to 4.4.1.2.14):
 * NetKeys, AppKeys, Node Identity, Key Refresh. manage.c and src/net/keys.c have what the statuses
 * mean.
 */
#include "config_server.h"
#include "secbeacon.h"

#define APPKEY_LIST_MAX 250u    /* what fits behind status and NetKey index */
#define IDENTITY_UNSUPPORTED 2u /* of a node that is no proxy: it has nowhere to show it */

void config_netkey_add(struct config_call *c)
{
    c->msg.status = (uint8_t)usher_netkey_add(c->mesh, c->msg.net_index, c->msg.key);
}

void config_netkey_update(struct config_call *c)
{
    c->msg.status = (uint8_t)usher_netkey_update(c->mesh, c->msg.net_index, c->msg.key);
}

void config_netkey_delete(struct config_call *c)
{
    if (c->msg.net_index == c->message->net_index) {
        c->msg.status = USHER_STATUS_CANNOT_REMOVE; /* the answer could not be secured */
    } else {
        c->msg.status = (uint8_t)manage_netkey_delete(c->mesh, c->msg.net_index);
    }
}

void config_netkey_get(struct config_call *c)
{
    const struct usher_keys *k = &c->mesh->net.keys;

    for (uint16_t i = 0; i < k->subnet_count && c->msg.list_count < USHER_CONFIG_LIST_MAX; i++) {
        if (k->subnets[i].used) {
            c->msg.list[c->msg.list_count++] = k->subnets[i].index;
        }
    }
}

void config_appkey_add(struct config_call *c)
{
    c->msg.status =
        (uint8_t)usher_appkey_add(c->mesh, c->msg.net_index, c->msg.app_index, c->msg.key);
}

void config_appkey_update(struct config_call *c)
{
    c->msg.status =
        (uint8_t)usher_appkey_update(c->mesh, c->msg.net_index, c->msg.app_index, c->msg.key);
}

void config_appkey_delete(struct config_call *c)
{
    c->msg.status = (uint8_t)manage_appkey_delete(c->mesh, c->msg.net_index, c->msg.app_index);
}

/* The subnet that the message is about. NULL: the status says that there is none. */
static struct usher_subnet *subnet_of(struct config_call *c)
{
    struct usher_subnet *s = keys_subnet(&c->mesh->net.keys, c->msg.net_index);

    c->msg.status = s != NULL ? USHER_STATUS_SUCCESS : USHER_STATUS_INVALID_NETKEY;
    return s;
}

void config_appkey_get(struct config_call *c)
{
    const struct usher_keys *k = &c->mesh->net.keys;

    if (subnet_of(c) == NULL) {
        return;
    }
    for (uint16_t i = 0; i < k->appkey_count && c->msg.list_count < APPKEY_LIST_MAX; i++) {
        if (k->appkeys[i].used && k->appkeys[i].net_index == c->msg.net_index) {
            c->msg.list[c->msg.list_count++] = k->appkeys[i].index;
        }
    }
}

static bool shows_identity(const struct config_call *c)
{
    return (c->mesh->net.features & USHER_FEATURE_PROXY) != 0;
}

void config_identity_get(struct config_call *c)
{
    const struct usher_subnet *s = subnet_of(c);

    if (!shows_identity(c)) {
        c->msg.state = IDENTITY_UNSUPPORTED;
    } else {
        c->msg.state = s != NULL ? s->identity : 0;
    }
}

void config_identity_set(struct config_call *c)
{
    struct usher_subnet *s = subnet_of(c);

    if (s != NULL && shows_identity(c)) {
        identity_set(s, c->mesh->acts->now(c->mesh), c->msg.state == 1);
    }
    config_identity_get(c);
}

static uint8_t phase_of(const struct usher_subnet *s)
{
    return s != NULL ? s->phase : 0;
}

void config_key_refresh_get(struct config_call *c)
{
    c->msg.state = phase_of(subnet_of(c));
}

void config_key_refresh_set(struct config_call *c)
{
    enum usher_status status = usher_key_refresh(c->mesh, c->msg.net_index, c->msg.state);

    c->msg.state = phase_of(subnet_of(c));
    c->msg.status = (uint8_t)status;
}
