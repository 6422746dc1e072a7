/* The device's entry calls (usher.h); linking this object is choosing the role. */
#include "choose.h"
#include "node.h"
#include "session.h"

#include <string.h>

static bool listens_already(const struct usher *u)
{
    const struct usher_session *s = u->sessions;

    while (s != NULL && s->state != SESSION_LISTENING) {
        s = s->next;
    }
    return s != NULL;
}

enum usher_err usher_listen(struct usher_session *s, const struct usher_listen *p)
{
    uint32_t draw[4];
    enum usher_err err;
    uint64_t now;

    if (s == NULL || p == NULL || p->uuid == NULL || s->node == NULL ||
        (p->uri_len != 0 && p->uri == NULL)) {
        return USHER_E_NULL;
    }
    if (s->state != SESSION_IDLE || listens_already(s->node)) {
        return USHER_E_STATE;
    }
    if (!choose_offer_ok(&s->capabilities)) {
        return USHER_E_PARAM;
    }
    err = node_random(s->node, draw, sizeof(draw));
    if (err == USHER_OK) {
        err = node_session_start(s, &prov_device, &now);
    }
    if (err != USHER_OK) {
        return err;
    }
    s->node->now = now;
    err = advert_beacon_start(s->node, p);
    if (err != USHER_OK) {
        node_session_end(s);
        return err;
    }
    memcpy(s->uuid, p->uuid, sizeof(s->uuid));
    s->state = SESSION_LISTENING;
    pb_adv_listen(&s->link, s->node->config.policy, draw[0], p->uuid);
    node_drain(s->node);
    return USHER_OK;
}

enum usher_err usher_listen_stop(struct usher_session *s)
{
    if (s->state != SESSION_LISTENING) {
        return USHER_E_STATE;
    }
    pb_adv_stop(&s->link);
    advert_beacon_stop(s->node);
    node_session_end(s);
    node_drain(s->node);
    return USHER_OK;
}
