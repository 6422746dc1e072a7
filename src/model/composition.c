/*
 * Our own Composition Data (Mesh Protocol 1.1, section 4.2.2): page 0, what the node consists of,
 * and page 1, how its models depend on each other, which none of them does. Called by the
 * Configuration Server; page0.c reads those of others.
 */
#include "config_server.h"

#define PAGE_MAX 1u

static void put16(struct io *io, uint16_t v)
{
    io_le16(io, &v);
}

static void put8(struct io *io, uint8_t v)
{
    io_u8(io, &v);
}

static bool is_sig(const struct usher_model *model)
{
    return model->company == USHER_SIG;
}

/* How many SIG models, and how many of vendors. */
static void counts(struct io *io, const struct usher_element *e)
{
    uint8_t sig = 0;

    for (unsigned i = 0; i < e->model_count; i++) {
        sig += is_sig(e->models[i]);
    }
    put8(io, sig);
    put8(io, (uint8_t)(e->model_count - sig));
}

static void element0(struct io *io, const struct usher_element *e)
{
    put16(io, e->location);
    counts(io, e);
    for (unsigned i = 0; i < e->model_count; i++) {
        if (is_sig(e->models[i])) {
            put16(io, e->models[i]->id);
        }
    }
    for (unsigned i = 0; i < e->model_count; i++) {
        if (!is_sig(e->models[i])) {
            put16(io, e->models[i]->company);
            put16(io, e->models[i]->id);
        }
    }
}

static void element1(struct io *io, const struct usher_element *e)
{
    counts(io, e);
    for (unsigned i = 0; i < e->model_count; i++) {
        put8(io, 0); /* it corresponds to no other, and extends none */
    }
}

static void head0(struct io *io, const struct usher_mesh *m)
{
    const struct usher_composition *c = m->config.composition;

    put16(io, c->cid);
    put16(io, c->pid);
    put16(io, c->vid);
    put16(io, m->net.rpl.size);
    put16(io, m->net.features);
}

uint16_t composition_page(const struct usher_mesh *m, uint8_t *number, uint8_t out[COMPOSITION_MAX])
{
    const struct usher_composition *c = m->config.composition;
    struct io io = io_writer(out, COMPOSITION_MAX);

    *number = *number > PAGE_MAX ? PAGE_MAX : *number;
    if (*number == 0) {
        head0(&io, m);
    }
    for (unsigned i = 0; i < c->element_count; i++) {
        struct io longer = io;

        (*number == 0 ? element0 : element1)(&longer, &c->elements[i]);
        if (!io_ok(&longer)) {
            break;
        }
        io = longer;
    }
    return (uint16_t)io_pos(&io);
}
