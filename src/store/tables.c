/* What is particular to each of the tables that are kept in storage; see tables.h. */
#include "tables.h"

#include "kdf.h"
#include "keys.h"
#include "model.h"
#include "records.h"

/* -- subnets ----------------------------------------------------------------------------------- */

static unsigned subnets_size(const struct usher_mesh *m)
{
    return m->net.keys.subnet_count;
}

static bool subnet_used(const struct usher_mesh *m, unsigned place)
{
    return m->net.keys.subnets[place].used;
}

static void subnet_fields(struct io *io, struct usher_mesh *m, unsigned place)
{
    record_subnet(io, &m->net.keys.subnets[place]);
}

static enum usher_err subnet_take(struct usher_mesh *m, unsigned place)
{
    struct usher_subnet *s = &m->net.keys.subnets[place];
    unsigned keys = s->phase != 0 ? 2 : 1;
    enum usher_err err = USHER_OK;

    if (keys_subnet(&m->net.keys, s->index) != s) {
        return USHER_E_DATA; /* there is another with this index */
    }
    for (unsigned i = 0; i < keys && err == USHER_OK; i++) {
        err = keys_derive(m->net.crypto, s->key[i].key, &s->key[i]);
    }
    return err;
}

const struct table tables_subnets = {
    .first = RECORD_SUBNETS,
    .each = RECORD_SUBNETS_EACH,
    .size = subnets_size,
    .used = subnet_used,
    .fields = subnet_fields,
    .take = subnet_take,
};

/* -- AppKeys ----------------------------------------------------------------------------------- */

static unsigned appkeys_size(const struct usher_mesh *m)
{
    return m->net.keys.appkey_count;
}

static bool appkey_used(const struct usher_mesh *m, unsigned place)
{
    return m->net.keys.appkeys[place].used;
}

static void appkey_fields(struct io *io, struct usher_mesh *m, unsigned place)
{
    record_appkey(io, &m->net.keys.appkeys[place]);
}

static enum usher_err appkey_take(struct usher_mesh *m, unsigned place)
{
    const struct usher_crypto *c = m->net.crypto;
    struct usher_appkey *a = &m->net.keys.appkeys[place];
    const struct usher_subnet *s = keys_subnet(&m->net.keys, a->net_index);
    unsigned keys;
    enum usher_err err = USHER_OK;

    if (keys_appkey(&m->net.keys, a->index) != a) {
        return USHER_E_DATA;
    }
    if (s == NULL) { /* deleted with its subnet */
        c->wipe(a, sizeof(*a));
        m->dirty |= USHER_DIRTY_APPKEYS;
        return USHER_OK;
    }
    if (a->updated && s->phase == 0) { /* the old key was revoked */
        a->key[0] = a->key[1];
        c->wipe(&a->key[1], sizeof(a->key[1]));
        a->updated = false;
        m->dirty |= USHER_DIRTY_APPKEYS;
    }
    keys = a->updated ? 2 : 1;
    for (unsigned i = 0; i < keys && err == USHER_OK; i++) {
        err = kdf_k4(c, a->key[i].key, &a->key[i].aid);
    }
    return err;
}

const struct table tables_appkeys = {
    .first = RECORD_APPKEYS,
    .each = RECORD_APPKEYS_EACH,
    .size = appkeys_size,
    .used = appkey_used,
    .fields = appkey_fields,
    .take = appkey_take,
};

/* -- models ------------------------------------------------------------------------------------ */

static unsigned models_size(const struct usher_mesh *m)
{
    unsigned n = 0;

    while (access_each(m, n) != NULL) {
        n++;
    }
    return n;
}

/* Those without configuration, too: so the records say what composition they are of. */
static bool model_used(const struct usher_mesh *m, unsigned place)
{
    (void)m;
    (void)place;
    return true;
}

static bool *model_mark(struct usher_mesh *m, unsigned place)
{
    return &access_each(m, place)->dirty;
}

static void model_fields(struct io *io, struct usher_mesh *m, unsigned place)
{
    record_model(io, access_each(m, place));
}

/*
 * Whether a model is as it can have been configured. The foundation models, which take device keys
 * and are neither published nor subscribed, are never bound: an AppKey must not open them.
 */
static bool model_can_be(const struct usher_model *model)
{
    const unsigned no_publish = model->flags & USHER_MODEL_NO_PUBLISH,
                   no_subscribe = model->flags & USHER_MODEL_NO_SUBSCRIBE,
                   device = model->flags & (USHER_MODEL_DEVICE_KEY | USHER_MODEL_REMOTE_KEY);
    bool bound = false, subscribed = false;

    for (unsigned i = 0; i < USHER_BINDINGS; i++) {
        bound = bound || model->bindings[i] != 0;
    }
    for (unsigned i = 0; i < USHER_SUBSCRIPTIONS; i++) {
        subscribed = subscribed || model->subscriptions[i].address != USHER_ADDR_UNASSIGNED;
    }
    return !(no_publish != 0 && model->publication.address != USHER_ADDR_UNASSIGNED) &&
           !(no_subscribe != 0 && subscribed) &&
           !(no_publish != 0 && no_subscribe != 0 && device != 0 && bound);
}

static enum usher_err model_take(struct usher_mesh *m, unsigned place)
{
    const struct usher_keys *k = &m->net.keys;
    struct usher_model *model = access_each(m, place);
    struct usher_publication *p = &model->publication;
    bool gone = false;

    if (!model_can_be(model)) {
        return USHER_E_DATA;
    }
    for (unsigned i = 0; i < USHER_BINDINGS; i++) {
        uint16_t *binding = &model->bindings[i];

        if (*binding != 0 && keys_appkey(k, (uint16_t)(*binding - 1)) == NULL) {
            *binding = 0;
            gone = true;
        }
    }
    if (p->address != USHER_ADDR_UNASSIGNED && keys_appkey(k, p->key) == NULL) {
        *p = (struct usher_publication){ 0 };
        gone = true;
    }
    if (gone) {
        model->dirty = true;
        m->dirty |= USHER_DIRTY_MODELS;
    }
    return USHER_OK;
}

const struct table tables_models = {
    .first = RECORD_MODELS,
    .each = 1,
    .size = models_size,
    .used = model_used,
    .mark = model_mark,
    .fields = model_fields,
    .take = model_take,
};

/* -- replay list ------------------------------------------------------------------------------- */

/* A source that was forgotten and heard again can be there twice after a cut. The newer entry is
 * before the older one then, and what is searched for is found there. */

static unsigned replay_size(const struct usher_mesh *m)
{
    return m->net.rpl.size;
}

static bool replay_used(const struct usher_mesh *m, unsigned place)
{
    return m->net.rpl.entries[place].src != USHER_ADDR_UNASSIGNED;
}

static bool *replay_mark(struct usher_mesh *m, unsigned place)
{
    return &m->net.rpl.entries[place].dirty;
}

static void replay_fields(struct io *io, struct usher_mesh *m, unsigned place)
{
    record_replay(io, &m->net.rpl.entries[place]);
}

/* Where the last segmented message began is not kept: all up to the newest number are over. */
static enum usher_err replay_take(struct usher_mesh *m, unsigned place)
{
    m->net.rpl.entries[place].sar_from = m->net.rpl.entries[place].seq + 1;
    return USHER_OK;
}

const struct table tables_replay = {
    .first = RECORD_REPLAY,
    .each = RECORD_REPLAY_EACH,
    .size = replay_size,
    .used = replay_used,
    .mark = replay_mark,
    .fields = replay_fields,
    .take = replay_take,
};
