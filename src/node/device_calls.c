/* The device's entry calls (usher.h); linking this object is choosing the role. */
#include "choose.h"
#include "gatt.h"
#include "pb_adv.h"
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

/* PB-ADV has the link, until a client of PB-GATT connects. */
static void link_listen(struct usher_session *s, uint32_t seed)
{
    struct usher *u = s->node;

    if ((s->bearers & USHER_BEARER_ADV) != 0) {
        s->bearer = &pb_adv_acts;
        pb_adv_listen(&s->link.adv, u->config.policy, seed, s->uuid);
    } else {
        u->gatt->acts->listen(u->gatt, s);
    }
}

/* @retval USHER_OK  The session can listen so. */
static enum usher_err check(const struct usher_session *s, unsigned bearers)
{
    if (node_remote(s->node) != NULL) {
        return USHER_E_UNSUPPORTED;
    }
    if (s->state != SESSION_IDLE || listens_already(s->node)) {
        return USHER_E_STATE;
    }
    if (!choose_offer_ok(&s->capabilities) ||
        (bearers & ~(unsigned)(USHER_BEARER_ADV | USHER_BEARER_GATT)) != 0) {
        return USHER_E_PARAM;
    }
    return (bearers & USHER_BEARER_GATT) != 0 && s->node->gatt == NULL ? USHER_E_UNSUPPORTED
                                                                       : USHER_OK;
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
    err = check(s, p->bearers);
    if (err == USHER_OK) {
        err = node_random(s->node, draw, sizeof(draw));
    }
    if (err == USHER_OK) {
        err = node_session_start(s, &prov_device, &now);
    }
    if (err != USHER_OK) {
        return err;
    }
    s->node->now = now;
    err = device_beacon_start(s->node, p);
    if (err != USHER_OK) {
        node_session_end(s);
        return err;
    }
    memcpy(s->uuid, p->uuid, sizeof(s->uuid));
    s->state = SESSION_LISTENING;
    s->bearers = p->bearers != 0 ? (uint8_t)p->bearers : (uint8_t)USHER_BEARER_ADV;
    link_listen(s, draw[0]);
    node_drain(s->node);
    return USHER_OK;
}

enum usher_err usher_listen_stop(struct usher_session *s)
{
    if (s->state != SESSION_LISTENING) {
        return USHER_E_STATE;
    }
    s->bearer->stop(&s->link);
    device_beacon_stop(s->node);
    node_session_end(s);
    node_drain(s->node);
    return USHER_OK;
}
