/* Advertisements in: AD structures are told apart and handed to the parts of the instance that hear
 * advertisements of this kind. */
#include "node.h"

static unsigned wanted(const struct usher *u)
{
    unsigned what = USHER_SCAN_OFF;

    for (unsigned i = 0; i < USHER_PARTS && !u->silent; i++) {
        const struct usher_part *p = u->parts[i];

        what |= p != NULL && p->scan != NULL ? p->scan(u) : USHER_SCAN_OFF;
    }
    return what;
}

enum usher_err scan_update(struct usher *u)
{
    unsigned what = wanted(u);
    enum usher_err err = USHER_OK;

    if (what != u->scan_what) {
        err = u->port->scan(u->port->ctx, what);
        u->scan_what = (uint8_t)(err == USHER_OK ? what : USHER_SCAN_OFF);
    }
    return err;
}

/* 3.3.1: mesh AD types are ignored in what is connectable; services are in what is not. */
static void in_ad(struct usher *u, const struct node_ad *ad)
{
    for (unsigned i = 0; i < USHER_PARTS; i++) {
        const struct usher_part *p = u->parts[i];

        if (p != NULL && p->in_ad != NULL && p->adv == ad->report->type) {
            p->in_ad(u, ad);
        }
    }
}

void usher_in_adv(struct usher *u, const struct usher_adv_report *report)
{
    const uint8_t *at = report->data;
    struct node_ad ad = { .report = report };
    size_t left = report->len <= USHER_AD_MAX ? report->len : 0;

    if (u->silent) {
        return;
    }
    if (u->config.heard != NULL) {
        u->config.heard(u->config.user, u, report);
    }
    while (left >= 2 && at[0] != 0 && at[0] < left) {
        ad.type = at[1];
        ad.data = at + 2;
        ad.len = at[0] - 1u;
        in_ad(u, &ad);
        left -= at[0] + 1u;
        at += at[0] + 1u;
    }
}
