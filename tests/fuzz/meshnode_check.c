/* What a node's state can be, and what storage gives back of it; see meshnode.h. */
#include "meshnode.h"

#include "keys.h"
#include "model.h"
#include "net.h"

#include <string.h>

/* -- a state that can be ----------------------------------------------------------------------- */

static void check_keys(const struct usher_mesh *m)
{
    const struct usher_keys *k = &m->net.keys;
    unsigned subnets = 0;

    for (unsigned i = 0; i < k->subnet_count; i++) {
        const struct usher_subnet *s = &k->subnets[i];

        subnets += s->used;
        FUZZ_CHECK(!s->used || (s->phase <= 2 && s->index <= USHER_KEY_INDEX_MAX));
        FUZZ_CHECK(!s->used || keys_subnet(k, s->index) == s);
    }
    FUZZ_CHECK((subnets != 0) == mesh_is_node(m));
    for (unsigned i = 0; i < k->appkey_count; i++) {
        const struct usher_appkey *a = &k->appkeys[i];
        const struct usher_subnet *s = keys_subnet(k, a->net_index);

        FUZZ_CHECK(!a->used || (s != NULL && a->index <= USHER_KEY_INDEX_MAX));
        FUZZ_CHECK(!a->used || keys_appkey(k, a->index) == a);
        FUZZ_CHECK(!a->used || !a->updated || s->phase != 0);
    }
}

static void check_settings(const struct usher_net *n)
{
    const struct usher_heartbeat *h = &n->heartbeat;

    FUZZ_CHECK(n->default_ttl != 1 && n->default_ttl <= 0x7F);
    FUZZ_CHECK(n->relay <= 1 && n->beacon <= 1 && n->private_beacon <= 1);
    FUZZ_CHECK(!usher_is_virtual(h->pub_dst) && h->pub_ttl <= 0x7F && h->pub_period_log <= 0x11);
    FUZZ_CHECK(h->pub_dst == USHER_ADDR_UNASSIGNED || n->address == USHER_ADDR_UNASSIGNED ||
               keys_subnet(&n->keys, h->pub_net_index) != NULL);
    FUZZ_CHECK(h->sub_src <= USHER_UNICAST_MAX && !usher_is_virtual(h->sub_dst));
    FUZZ_CHECK(!usher_is_unicast(h->sub_dst) || h->sub_dst == n->address);
}

static bool is_subscribed(const struct usher_model *model, const struct usher_subscription *s)
{
    for (unsigned i = 0; i < USHER_SUBSCRIPTIONS; i++) {
        const struct usher_subscription *other = &model->subscriptions[i];

        if (other->address == s->address &&
            (!usher_is_virtual(s->address) ||
             memcmp(other->label, s->label, USHER_LABEL_SIZE) == 0)) {
            return true;
        }
    }
    return false;
}

static void check_subscriptions(const struct usher_model *model)
{
    for (unsigned i = 0; i < USHER_SUBSCRIPTIONS; i++) {
        const struct usher_subscription *s = &model->subscriptions[i];

        if (s->address == USHER_ADDR_UNASSIGNED) {
            continue;
        }
        FUZZ_CHECK((model->flags & USHER_MODEL_NO_SUBSCRIBE) == 0);
        FUZZ_CHECK(usher_is_virtual(s->address) || usher_is_group(s->address));
        FUZZ_CHECK(s->address != USHER_ADDR_ALL_NODES);
    }
}

static void check_publication(const struct usher_model *model)
{
    const struct usher_publication *p = &model->publication;

    if (p->address == USHER_ADDR_UNASSIGNED) {
        FUZZ_CHECK(model->publish_at == 0);
        return;
    }
    FUZZ_CHECK((model->flags & USHER_MODEL_NO_PUBLISH) == 0);
    FUZZ_CHECK(keys_appkey(&model->mesh->net.keys, p->key) != NULL);
    FUZZ_CHECK(p->credentials == 0 && (p->ttl <= 0x7F || p->ttl == 0xFF));
}

static void check_model(const struct usher_model *model)
{
    const struct usher_keys *k = &model->mesh->net.keys;

    for (unsigned i = 0; i < USHER_BINDINGS; i++) {
        FUZZ_CHECK(model->bindings[i] == 0 ||
                   keys_appkey(k, (uint16_t)(model->bindings[i] - 1)) != NULL);
        FUZZ_CHECK(model->bindings[i] == 0 ||
                   (model->flags & (USHER_MODEL_DEVICE_KEY | USHER_MODEL_REMOTE_KEY)) == 0);
    }
    check_subscriptions(model);
    check_publication(model);
    FUZZ_CHECK(model->period_divisor <= 15);
}

void meshnode_check(const struct meshnode *n)
{
    const struct usher_mesh *m = &n->mesh;
    const struct usher_model *model;

    FUZZ_CHECK(m->net.iv.seq <= m->net.iv.seq_reserved || m->net.iv.seq_reserved == 0);
    FUZZ_CHECK(m->net.iv.seq_reserved <= USHER_SEQ_MAX + 1);
    check_keys(m);
    check_settings(&m->net);
    for (unsigned i = 0; (model = access_each(m, i)) != NULL; i++) {
        check_model(model);
    }
}

/* -- the same state ---------------------------------------------------------------------------- */

static void check_same_keys(const struct usher_keys *a, const struct usher_keys *b)
{
    FUZZ_CHECK(memcmp(a->device_key, b->device_key, USHER_KEY_SIZE) == 0);
    for (unsigned i = 0; i < a->subnet_count; i++) {
        const struct usher_subnet *s = &a->subnets[i], *t = &b->subnets[i];

        FUZZ_CHECK(s->used == t->used);
        FUZZ_CHECK(!s->used || (s->index == t->index && s->phase == t->phase));
        FUZZ_CHECK(!s->used || memcmp(&s->key[0], &t->key[0], sizeof(s->key[0])) == 0);
        FUZZ_CHECK(!s->used || s->phase == 0 ||
                   memcmp(&s->key[1], &t->key[1], sizeof(s->key[1])) == 0);
    }
    for (unsigned i = 0; i < a->appkey_count; i++) {
        const struct usher_appkey *s = &a->appkeys[i], *t = &b->appkeys[i];

        FUZZ_CHECK(s->used == t->used);
        FUZZ_CHECK(!s->used || (s->index == t->index && s->net_index == t->net_index));
        FUZZ_CHECK(!s->used || s->updated == t->updated);
        FUZZ_CHECK(!s->used || memcmp(&s->key[0], &t->key[0], sizeof(s->key[0])) == 0);
        FUZZ_CHECK(!s->used || !s->updated ||
                   memcmp(&s->key[1], &t->key[1], sizeof(s->key[1])) == 0);
    }
}

static void check_same_settings(const struct usher_net *a, const struct usher_net *b)
{
    const struct usher_heartbeat *h = &a->heartbeat, *k = &b->heartbeat;

    FUZZ_CHECK(a->default_ttl == b->default_ttl && a->relay == b->relay && a->beacon == b->beacon);
    FUZZ_CHECK(a->private_beacon == b->private_beacon);
    FUZZ_CHECK(a->net_transmit == b->net_transmit && a->relay_retransmit == b->relay_retransmit);
    FUZZ_CHECK(memcmp(&a->sar, &b->sar, sizeof(a->sar)) == 0);
    FUZZ_CHECK(h->pub_dst == k->pub_dst && h->pub_net_index == k->pub_net_index);
    FUZZ_CHECK(h->pub_ttl == k->pub_ttl && h->pub_period_log == k->pub_period_log);
    FUZZ_CHECK(h->pub_features == k->pub_features);
}

static void check_same_model(const struct usher_model *a, const struct usher_model *b)
{
    const struct usher_publication *p = &a->publication, *q = &b->publication;

    for (unsigned i = 0; i < USHER_BINDINGS; i++) {
        FUZZ_CHECK(a->bindings[i] == 0 || access_bound(b, (uint16_t)(a->bindings[i] - 1)));
        FUZZ_CHECK(b->bindings[i] == 0 || access_bound(a, (uint16_t)(b->bindings[i] - 1)));
    }
    for (unsigned i = 0; i < USHER_SUBSCRIPTIONS; i++) {
        FUZZ_CHECK(is_subscribed(a, &b->subscriptions[i]) || b->subscriptions[i].address == 0);
        FUZZ_CHECK(is_subscribed(b, &a->subscriptions[i]) || a->subscriptions[i].address == 0);
    }
    FUZZ_CHECK(p->address == q->address && a->period_divisor == b->period_divisor);
    if (p->address != USHER_ADDR_UNASSIGNED) {
        FUZZ_CHECK(p->key == q->key && p->ttl == q->ttl && p->period == q->period);
        FUZZ_CHECK(p->retransmit == q->retransmit && p->credentials == q->credentials);
        FUZZ_CHECK(!usher_is_virtual(p->address) ||
                   memcmp(p->label, q->label, USHER_LABEL_SIZE) == 0);
    }
}

/* Numbers that were reserved may have been used. */
static void check_same_iv(const struct usher_iv *is, const struct usher_iv *loaded)
{
    FUZZ_CHECK(is->index == loaded->index && is->updating == loaded->updating);
    FUZZ_CHECK(loaded->seq >= is->seq);
}

void meshnode_check_same(const struct meshnode *n, const struct meshnode *loaded)
{
    const struct usher_mesh *a = &n->mesh, *b = &loaded->mesh;
    const struct usher_model *model;

    FUZZ_CHECK(a->net.address == b->net.address);
    check_same_iv(&a->net.iv, &b->net.iv);
    check_same_keys(&a->net.keys, &b->net.keys);
    check_same_settings(&a->net, &b->net);
    for (unsigned i = 0; (model = access_each(a, i)) != NULL; i++) {
        check_same_model(model, access_each(b, i));
    }
}
