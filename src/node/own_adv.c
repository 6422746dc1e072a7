/* Advertisements of the caller's own (usher.h), in the background of those of the instance. */
#include "node.h"

#include <string.h>

/* The one of the caller's that has been due the longest; NULL: there is none. */
static struct usher_own_adv *own_first(const struct usher *u)
{
    struct usher_own_adv *first = u->own_advs;

    for (struct usher_own_adv *a = u->own_advs; a != NULL; a = a->next) {
        first = a->at < first->at ? a : first;
    }
    return first;
}

static uint64_t ad_due(const struct usher *u)
{
    const struct usher_own_adv *first = own_first(u);

    return first != NULL ? first->at : USHER_NEVER;
}

static uint8_t next_ad(struct usher *u, uint8_t ad[USHER_AD_MAX])
{
    struct usher_own_adv *own = own_first(u);
    uint8_t spread = 0;

    memcpy(ad, own->ad, own->len);
    (void)node_random(u, &spread, sizeof(spread));
    own->at = u->now + own->interval_ms + spread % 11u;
    return own->len;
}

static void deinit(struct usher *u)
{
    u->own_advs = NULL;
}

static const struct usher_part own_advs = {
    .adv = USHER_ADV_NONCONN_IND,
    .background = true,
    .ad_due = ad_due,
    .next_ad = next_ad,
    .deinit = deinit,
};

/* Where the list points at it, or ends. */
static struct usher_own_adv **own_find(struct usher *u, const struct usher_own_adv *adv)
{
    struct usher_own_adv **at = &u->own_advs;

    while (*at != NULL && *at != adv) {
        at = &(*at)->next;
    }
    return at;
}

enum usher_err usher_advertise(struct usher *u, struct usher_own_adv *adv)
{
    struct usher_own_adv **at = own_find(u, adv);

    if (adv->interval_ms < USHER_OWN_ADV_MIN_MS || adv->interval_ms > USHER_OWN_ADV_MAX_MS) {
        return USHER_E_PARAM;
    }
    if (adv->len > USHER_AD_MAX) {
        return USHER_E_LENGTH;
    }
    adv->at = u->port->now_ms(u->port->ctx);
    if (*at == NULL) {
        adv->next = NULL;
        *at = adv;
        u->parts[USHER_PART_OWN_ADV] = &own_advs;
    }
    node_drain(u);
    return USHER_OK;
}

enum usher_err usher_advertise_stop(struct usher *u, struct usher_own_adv *adv)
{
    struct usher_own_adv **at = own_find(u, adv);

    if (*at == NULL) {
        return USHER_E_STATE;
    }
    *at = adv->next;
    node_drain(u);
    return USHER_OK;
}
