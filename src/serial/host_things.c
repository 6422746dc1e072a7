/*
 * The keys and addresses that a device has of the instance's node, each with the handle that the
 * device knows it by. host_node.c calls it; see host_remote.h.
 */
#include "host_remote.h"

#include <string.h>

struct usher_serial_remote_thing *remote_thing_find(struct usher_serial_remote *r,
                                                    enum remote_thing_kind kind, uint16_t index,
                                                    const uint8_t *value)
{
    for (unsigned i = 0; i < USHER_SERIAL_THINGS; i++) {
        struct usher_serial_remote_thing *t = &r->things[i];

        if (t->kind == kind && t->index == index &&
            (value == NULL || memcmp(t->value, value, sizeof(t->value)) == 0)) {
            return t;
        }
    }
    return NULL;
}

struct usher_serial_remote_thing *
remote_thing_by_handle(struct usher_serial_remote *r, enum remote_thing_kind kind, uint16_t handle)
{
    for (unsigned i = 0; i < USHER_SERIAL_THINGS; i++) {
        struct usher_serial_remote_thing *t = &r->things[i];

        if (t->kind == kind && t->there && t->handle == handle) {
            return t;
        }
    }
    return NULL;
}

struct usher_serial_remote_thing *remote_thing_new(struct usher_serial_remote *r,
                                                   enum remote_thing_kind kind, uint16_t index,
                                                   const uint8_t *value)
{
    struct usher_serial_remote_thing *t = remote_thing_find(r, THING_FREE, 0, NULL);

    if (t != NULL) {
        *t = (struct usher_serial_remote_thing){ .kind = (uint8_t)kind,
                                                 .index = index,
                                                 .used = ++r->tick };
        if (value != NULL) {
            memcpy(t->value, value, sizeof(t->value));
        }
    }
    return t;
}

void remote_thing_free(struct usher_serial_remote *r, struct usher_serial_remote_thing *t)
{
    remote_wipe(r, t, sizeof(*t));
}

struct usher_serial_remote_thing *remote_thing_oldest(struct usher_serial_remote *r,
                                                      enum remote_thing_kind kind)
{
    struct usher_serial_remote_thing *found = NULL;

    for (unsigned i = 0; i < USHER_SERIAL_THINGS; i++) {
        struct usher_serial_remote_thing *t = &r->things[i];

        if (t->kind == kind && t->there && !t->leaving && t->users == 0 &&
            (found == NULL || t->used < found->used)) {
            found = t;
        }
    }
    return found;
}

bool remote_thing_packet(struct usher_serial_remote *r, const struct usher_serial_remote_thing *t,
                         uint16_t net_index, struct usher_serial_packet *p)
{
    const struct usher_serial_remote_thing *subnet =
        remote_thing_find(r, THING_SUBNET, net_index, NULL);
    bool virtual = usher_is_virtual(t->index);

    *p = (struct usher_serial_packet){ .net_index = t->index,
                                       .app_index = t->index,
                                       .address = t->index };
    memcpy(p->key, t->value, sizeof(p->key));
    switch (t->kind) {
    case THING_SUBNET:
        p->opcode = USHER_SERIAL_SUBNET_ADD;
        return true;
    case THING_PUBLICATION:
        p->opcode = virtual ? USHER_SERIAL_ADDR_PUBLICATION_ADD_VIRTUAL
                            : USHER_SERIAL_ADDR_PUBLICATION_ADD;
        return true;
    case THING_SUBSCRIPTION:
        p->opcode = virtual ? USHER_SERIAL_ADDR_SUBSCRIPTION_ADD_VIRTUAL
                            : USHER_SERIAL_ADDR_SUBSCRIPTION_ADD;
        return true;
    default:
        p->opcode = t->kind == THING_APPKEY ? USHER_SERIAL_APPKEY_ADD : USHER_SERIAL_DEVKEY_ADD;
        p->handle = subnet != NULL ? subnet->handle : 0;
        return subnet != NULL && subnet->there;
    }
}
