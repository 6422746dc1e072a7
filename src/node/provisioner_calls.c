/* The provisioner's entry call (usher.h); linking this object is choosing the role. */
#include "gatt.h"
#include "pb_adv.h"
#include "session.h"

#include <string.h>

struct draw {
    uint32_t link_id, seed, spare[2];
};

/* The link, and all that goes over it, is the device's. */
static enum usher_err provision_remote(struct usher_session *s, const struct usher_provision *p)
{
    const struct usher *u = s->node;
    enum usher_err err = node_remote(u)->provision(node_remote_ctx(u), s, p);

    if (err == USHER_OK) {
        memcpy(s->uuid, p->uuid, sizeof(s->uuid));
        memset(&s->prov, 0, sizeof(s->prov));
        s->bearer = NULL;
        s->phase_told = USHER_PHASE_LINK;
        s->close_reason = USHER_CLOSE_SUCCESS;
        s->state = SESSION_LINK;
    }
    return err;
}

static enum usher_err link_open(struct usher_session *s, const struct usher_provision *p,
                                const struct draw *draw, uint64_t now)
{
    struct usher *u = s->node;

    if (p->peer != NULL) {
        return u->gatt->acts->provision(u->gatt, s, p->peer);
    }
    s->bearer = &pb_adv_acts;
    pb_adv_open(&s->link.adv, u->config.policy, now, draw->link_id, draw->seed, p->uuid);
    return USHER_OK;
}

enum usher_err usher_provision(struct usher_session *s, const struct usher_provision *p)
{
    struct draw draw;
    enum usher_err err;
    uint64_t now;

    if (s == NULL || p == NULL || p->uuid == NULL || s->node == NULL) {
        return USHER_E_NULL;
    }
    if (s->state != SESSION_IDLE) {
        return USHER_E_STATE;
    }
    if (p->peer != NULL && s->node->gatt == NULL) {
        return USHER_E_UNSUPPORTED;
    }
    if (p->data != NULL && session_data_check(p->data, 1) != USHER_OK) {
        return USHER_E_DATA;
    }
    if (node_remote(s->node) != NULL) {
        return provision_remote(s, p);
    }
    err = node_random(s->node, &draw, sizeof(draw));
    if (err == USHER_OK) {
        err = node_session_start(s, &prov_provisioner, &now);
    }
    if (err != USHER_OK) {
        return err;
    }
    err = link_open(s, p, &draw, now);
    if (err != USHER_OK) {
        node_session_end(s);
        return err;
    }
    memcpy(s->uuid, p->uuid, sizeof(s->uuid));
    s->attention_s = p->attention_s;
    if (p->data != NULL) {
        session_data_early(&s->prov, p->data);
    }
    s->state = SESSION_LINK;
    node_drain(s->node);
    return USHER_OK;
}
