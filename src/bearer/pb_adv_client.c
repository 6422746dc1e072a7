/* PB-ADV, how a client opens a link (Mesh Protocol 1.1, section 5.3.2): Link Open is repeated,
 * early at first and then with pauses that let a slow peer answer, until Link Ack comes. */
#include "pb_adv_link.h"

static void open_sent(struct usher_pb_adv *l, uint64_t now)
{
    const struct usher_pb_adv_policy *p = l->policy;
    bool early = l->open_tries < p->open_early_count;

    l->opened_at = now;
    l->control_at = now + (early ? (uint64_t)p->open_early << l->open_tries
                                 : p->open_slow + pb_adv_jitter(l, p->open_slow / 4u));
    l->stats.retries += l->open_tries > 0;
    if (l->open_tries < UINT8_MAX) {
        l->open_tries++;
    }
}

static bool acked(struct usher_pb_adv *l, uint64_t now)
{
    if (l->state != LINK_OPENING || l->open_tries == 0) {
        return false;
    }
    l->control = CONTROL_NONE;
    pb_adv_measured(l, now - l->opened_at, l->open_tries == 1);
    pb_adv_opened(l, now);
    return true;
}

static const struct usher_pb_adv_client client = { .open_sent = open_sent, .acked = acked };

void pb_adv_open(struct usher_pb_adv *l, const struct usher_pb_adv_policy *policy, uint64_t now,
                 uint32_t link_id, uint32_t seed, const uint8_t uuid[USHER_UUID_SIZE])
{
    pb_adv_begin(l, policy, seed, uuid);
    l->client = &client;
    l->state = LINK_OPENING;
    l->link_id = link_id;
    l->control = CONTROL_OPEN;
    l->control_at = pb_adv_delay(l, now);
    l->link_deadline = now + LINK_TIMEOUT_MS;
}
