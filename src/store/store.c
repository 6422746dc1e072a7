/*
 * Records of a node, written, read and removed; see store.h.
 *
 * Keys are written before what refers to them. So a deletion happens with the key's record: when a
 * cut leaves a reference to a key that is not there, loading lets go of it, as the deletion would
 * have (tables.c). In the same way a subnet's record is what ends a Key Refresh: an AppKey that
 * still has two keys on a subnet in phase 0 gives up the old one.
 */
#include "store.h"

#include "keys.h"
#include "records.h"
#include "tables.h"

#include <string.h>

#define MINUTE_MS 60000u
#define AGE_MAX 0xFFFFFFu

/* -- records ----------------------------------------------------------------------------------- */

static bool is_kept(const struct usher_port *port, uint16_t key, const uint8_t *buf, size_t len,
                    enum usher_err *err)
{
    uint8_t kept[USHER_RECORD_MAX];
    size_t kept_len;
    bool same;

    *err = port->kv_get(port->kv_ctx, key, kept, sizeof(kept), &kept_len);
    same = *err == USHER_OK && kept_len == len && memcmp(kept, buf, len) == 0;
    port->crypto->wipe(kept, sizeof(kept));
    return same;
}

/*
 * Writes what the cursor has written, and wipes it. A record that would stay the same is not
 * written; nor, if it is not needed, one that does not exist.
 */
static enum usher_err put(const struct usher_port *port, uint16_t key, struct io *io, bool needed)
{
    enum usher_err err = USHER_E_INTERNAL; /* the state is not one that could be read again */

    if (io_ok(io) && is_kept(port, key, io->out, io_pos(io), &err)) {
        err = USHER_OK;
    } else if (io_ok(io)) {
        err = err == USHER_E_NOT_FOUND && !needed
                  ? USHER_OK
                  : port->kv_set(port->kv_ctx, key, io->out, io_pos(io));
    }
    port->crypto->wipe(io->out, io->size);
    return err;
}

/* Reads a record into buf; *io walks it. */
static enum usher_err get(const struct usher_port *port, uint16_t key,
                          uint8_t buf[USHER_RECORD_MAX], struct io *io)
{
    size_t len = 0;
    enum usher_err err = port->kv_get(port->kv_ctx, key, buf, USHER_RECORD_MAX, &len);

    *io = io_reader(buf, err == USHER_OK ? len : 0);
    return err == USHER_E_SIZE ? USHER_E_DATA : err;
}

/* How many records a chain has. */
static enum usher_err chain_length(const struct usher_port *port, uint16_t first, unsigned *count)
{
    uint8_t octet;
    size_t len;

    for (*count = 0; *count < RECORD_CHAIN; ++*count) {
        enum usher_err err =
            port->kv_get(port->kv_ctx, (uint16_t)(first + *count), &octet, sizeof(octet), &len);

        if (err == USHER_E_NOT_FOUND) {
            break;
        }
        if (err != USHER_OK && err != USHER_E_SIZE) {
            return err;
        }
    }
    return USHER_OK;
}

/* From its end, so that what a cut leaves is a chain. */
static enum usher_err chain_remove(const struct usher_port *port, uint16_t first)
{
    unsigned count;
    enum usher_err err = chain_length(port, first, &count);

    while (err == USHER_OK && count > 0) {
        err = port->kv_del(port->kv_ctx, (uint16_t)(first + --count));
    }
    return err;
}

/* -- tables ------------------------------------------------------------------------------------ */

/* How many places there are up to the last one in use. */
static unsigned table_end(const struct usher_mesh *m, const struct table *t)
{
    unsigned end = t->size(m);

    while (end > 0 && !t->used(m, end - 1)) {
        end--;
    }
    return end;
}

static bool table_marked(struct usher_mesh *m, const struct table *t, unsigned from, unsigned to)
{
    while (from < to && t->mark != NULL && !*t->mark(m, from)) {
        from++;
    }
    return from < to;
}

static void table_unmark(struct usher_mesh *m, const struct table *t, unsigned from, unsigned to)
{
    for (; from < to && t->mark != NULL; from++) {
        *t->mark(m, from) = false;
    }
}

/* Writes the places from..to-1 of a table, of which those up to end are in use or between. */
static enum usher_err table_put(struct usher_mesh *m, const struct usher_port *port,
                                const struct table *t, unsigned from, unsigned to, unsigned end)
{
    uint8_t buf[USHER_RECORD_MAX];
    struct io io = io_writer(buf, sizeof(buf));
    unsigned stop = to;

    while (stop > from && !t->used(m, stop - 1)) {
        stop--;
    }
    record_begin(&io);
    for (unsigned place = from; place < stop; place++) {
        t->fields(&io, m, place);
    }
    return put(port, (uint16_t)(t->first + from / t->each), &io, from < end);
}

/* In ascending order, so that what a cut leaves is a chain. */
static enum usher_err table_flush(struct usher_mesh *m, const struct usher_port *port,
                                  const struct table *t)
{
    unsigned size = t->size(m), end = table_end(m, t);

    if (size > RECORD_CHAIN * t->each) {
        return USHER_E_SIZE;
    }
    for (unsigned from = 0; from < size; from += t->each) {
        unsigned to = size - from > t->each ? from + t->each : size;

        if (table_marked(m, t, from, to)) {
            enum usher_err err = table_put(m, port, t, from, to, end);

            if (err != USHER_OK) {
                return err;
            }
            table_unmark(m, t, from, to);
        }
    }
    return USHER_OK;
}

/* The entries of a record. One beyond the table is in use: records end with such. */
static enum usher_err table_take(struct usher_mesh *m, const struct table *t, unsigned size,
                                 unsigned from, struct io *io)
{
    enum usher_err err = USHER_OK;

    record_begin(io);
    for (unsigned place = from; err == USHER_OK && place < from + t->each && io_left(io) > 0;
         place++) {
        if (place >= size) {
            return USHER_E_NO_MEM;
        }
        t->fields(io, m, place);
        if (!io_ok(io)) {
            return USHER_E_DATA;
        }
        if (t->used(m, place)) {
            err = t->take(m, place);
        }
    }
    return err != USHER_OK || io_done(io) ? err : USHER_E_DATA;
}

/* Reads a chain to its end. */
static enum usher_err table_load(struct usher_mesh *m, const struct usher_port *port,
                                 const struct table *t)
{
    uint8_t buf[USHER_RECORD_MAX];
    unsigned size = t->size(m);
    enum usher_err err = USHER_OK;

    for (unsigned n = 0; err == USHER_OK && n < RECORD_CHAIN; n++) {
        struct io io;

        err = get(port, (uint16_t)(t->first + n), buf, &io);
        if (err == USHER_OK) {
            err = table_take(m, t, size, n * t->each, &io);
        }
    }
    port->crypto->wipe(buf, sizeof(buf));
    return err == USHER_E_NOT_FOUND ? USHER_OK : err;
}

/* -- single records ---------------------------------------------------------------------------- */

static uint32_t age_minutes(uint64_t now, uint64_t since)
{
    uint64_t minutes = (now - since) / MINUTE_MS;

    return minutes < AGE_MAX ? (uint32_t)minutes : AGE_MAX;
}

static enum usher_err put_iv(const struct usher_mesh *m, const struct usher_port *port,
                             uint64_t now, uint32_t seq_reserved)
{
    const struct usher_iv *iv = &m->net.iv;
    struct record_iv record = {
        .index = iv->index,
        .updating = iv->updating,
        .fresh = iv->fresh,
        .recovered = iv->recovered_at != 0,
        .age_min = age_minutes(now, iv->since),
        .recovered_min = iv->recovered_at != 0 ? age_minutes(now, iv->recovered_at) : 0,
        .seq_reserved = seq_reserved,
    };
    uint8_t buf[USHER_RECORD_MAX];
    struct io io = io_writer(buf, sizeof(buf));

    record_iv(&io, &record);
    return put(port, RECORD_IV, &io, true);
}

/* Times before the clock began wrap round: what counts is now less such a time. */
static enum usher_err load_iv(struct usher_mesh *m, const struct usher_port *port, uint64_t now)
{
    struct usher_iv *iv = &m->net.iv;
    struct record_iv record = { 0 };
    uint8_t buf[USHER_RECORD_MAX];
    struct io io;
    enum usher_err err = get(port, RECORD_IV, buf, &io);

    if (err != USHER_OK) {
        return err;
    }
    record_iv(&io, &record);
    if (!io_done(&io)) {
        return USHER_E_DATA;
    }
    *iv = (struct usher_iv){
        .index = record.index,
        .updating = record.updating,
        .fresh = record.fresh,
        .since = now - (uint64_t)record.age_min * MINUTE_MS,
        .seq = record.seq_reserved, /* any before may have been used */
        .seq_reserved = record.seq_reserved,
    };
    if (record.recovered) {
        iv->recovered_at = now - (uint64_t)record.recovered_min * MINUTE_MS;
        iv->recovered_at += iv->recovered_at == 0; /* 0 means never */
    }
    return USHER_OK;
}

static enum usher_err put_settings(struct usher_mesh *m, const struct usher_port *port)
{
    uint8_t buf[USHER_RECORD_MAX];
    struct io io = io_writer(buf, sizeof(buf));

    record_settings(&io, &m->net);
    return put(port, RECORD_SETTINGS, &io, true);
}

static enum usher_err load_settings(struct usher_mesh *m, const struct usher_port *port)
{
    struct usher_heartbeat *h = &m->net.heartbeat;
    uint8_t buf[USHER_RECORD_MAX];
    struct io io;
    enum usher_err err = get(port, RECORD_SETTINGS, buf, &io);

    if (err != USHER_OK) {
        return err;
    }
    record_settings(&io, &m->net);
    if (!io_done(&io)) {
        return USHER_E_DATA;
    }
    if (h->pub_dst != USHER_ADDR_UNASSIGNED &&
        keys_subnet(&m->net.keys, h->pub_net_index) == NULL) {
        *h = (struct usher_heartbeat){ 0 };
        m->dirty |= USHER_DIRTY_SETTINGS;
    }
    return USHER_OK;
}

static enum usher_err put_node(const struct usher_mesh *m, const struct usher_port *port)
{
    struct record_node record = { .address = m->net.address, .elements = m->net.elements };
    uint8_t buf[USHER_RECORD_MAX];
    struct io io = io_writer(buf, sizeof(buf));
    enum usher_err err;

    memcpy(record.device_key, m->net.keys.device_key, sizeof(record.device_key));
    record_node(&io, &record);
    err = put(port, RECORD_NODE, &io, true);
    port->crypto->wipe(&record, sizeof(record));
    return err;
}

static enum usher_err load_node(const struct usher_port *port, struct record_node *node)
{
    uint8_t buf[USHER_RECORD_MAX];
    struct io io;
    enum usher_err err = get(port, RECORD_NODE, buf, &io);

    if (err == USHER_OK) {
        record_node(&io, node);
        err = io_done(&io) ? USHER_OK : USHER_E_DATA;
    }
    port->crypto->wipe(buf, sizeof(buf));
    return err;
}

/* -- store.h ----------------------------------------------------------------------------------- */

bool store_able(const struct usher_port *port)
{
    return port->kv_get != NULL && port->kv_set != NULL && port->kv_del != NULL;
}

/* All but the node record. A table that has to have something in it is empty after none. */
static enum usher_err load_rest(struct usher_mesh *m, const struct usher_port *port, uint64_t now)
{
    static const struct table *const order[] = { &tables_subnets, &tables_appkeys, &tables_models,
                                                 &tables_replay };
    unsigned records = 0;
    enum usher_err err = load_iv(m, port, now);

    for (unsigned i = 0; err == USHER_OK && i < sizeof(order) / sizeof(order[0]); i++) {
        err = table_load(m, port, order[i]);
    }
    if (err == USHER_OK) {
        err = load_settings(m, port);
    }
    if (err == USHER_OK) {
        err = chain_length(port, RECORD_MODELS, &records);
    }
    if (err == USHER_OK &&
        (table_end(m, &tables_subnets) == 0 || records != tables_models.size(m))) {
        err = USHER_E_DATA;
    }
    return err == USHER_E_NOT_FOUND ? USHER_E_DATA : err; /* a record is missing */
}

enum usher_err store_load(struct usher_mesh *m, const struct usher_port *port, uint64_t now)
{
    struct record_node node;
    enum usher_err err;

    if (!store_able(port)) {
        return USHER_E_NOT_FOUND;
    }
    err = load_node(port, &node);
    if (err == USHER_E_NOT_FOUND) {
        err = store_clear(m, port);
        return err == USHER_OK ? USHER_E_NOT_FOUND : err;
    }
    if (err == USHER_OK) {
        err = node.elements == m->net.elements ? load_rest(m, port, now) : USHER_E_DATA;
    }
    if (err == USHER_OK) {
        m->net.address = node.address;
        memcpy(m->net.keys.device_key, node.device_key, sizeof(node.device_key));
        err = store_flush(m, port, now); /* what a cut left half done */
    }
    m->net.crypto->wipe(&node, sizeof(node));
    return err;
}

/* A new node begins with nothing of what may have been before. */
static enum usher_err begin_node(struct usher_mesh *m, const struct usher_port *port)
{
    enum usher_err err = store_clear(m, port);

    for (unsigned i = 0, n = tables_models.size(m); err == USHER_OK && i < n; i++) {
        *tables_models.mark(m, i) = true;
    }
    if (err == USHER_OK) {
        m->dirty |= USHER_DIRTY_SUBNETS | USHER_DIRTY_APPKEYS | USHER_DIRTY_IV |
                    USHER_DIRTY_SETTINGS | USHER_DIRTY_MODELS;
    }
    return err;
}

/* Writes what one bit stands for. */
static enum usher_err flush_one(struct usher_mesh *m, const struct usher_port *port, uint64_t now,
                                unsigned what)
{
    switch (what) {
    case USHER_DIRTY_IV:
        return put_iv(m, port, now, m->net.iv.seq_reserved);
    case USHER_DIRTY_SUBNETS:
        return table_flush(m, port, &tables_subnets);
    case USHER_DIRTY_APPKEYS:
        return table_flush(m, port, &tables_appkeys);
    case USHER_DIRTY_MODELS:
        return table_flush(m, port, &tables_models);
    case USHER_DIRTY_SETTINGS:
        return put_settings(m, port);
    default:
        return put_node(m, port);
    }
}

enum usher_err store_flush(struct usher_mesh *m, const struct usher_port *port, uint64_t now)
{
    static const unsigned order[] = { USHER_DIRTY_IV,     USHER_DIRTY_SUBNETS,  USHER_DIRTY_APPKEYS,
                                      USHER_DIRTY_MODELS, USHER_DIRTY_SETTINGS, USHER_DIRTY_NODE };
    enum usher_err err = USHER_OK;

    if (!store_able(port)) {
        m->dirty = 0;
        return USHER_OK;
    }
    if ((m->dirty & USHER_DIRTY_NODE) != 0) {
        err = begin_node(m, port);
    }
    for (unsigned i = 0; err == USHER_OK && i < sizeof(order) / sizeof(order[0]); i++) {
        if ((m->dirty & order[i]) != 0) {
            err = flush_one(m, port, now, order[i]);
            m->dirty &= err == USHER_OK ? ~order[i] : ~0u;
        }
    }
    return err;
}

enum usher_err store_flush_rpl(struct usher_mesh *m, const struct usher_port *port)
{
    return store_able(port) ? table_flush(m, port, &tables_replay) : USHER_OK;
}

enum usher_err store_reserve_seq(struct usher_mesh *m, const struct usher_port *port)
{
    struct usher_iv *iv = &m->net.iv;
    uint32_t left = USHER_SEQ_MAX + 1 - iv->seq_reserved;
    uint32_t end = iv->seq_reserved + (left < USHER_SEQ_BLOCK ? left : USHER_SEQ_BLOCK);
    enum usher_err err = USHER_OK;

    if (left == 0) {
        return USHER_E_RESOURCES;
    }
    if (store_able(port)) {
        err = put_iv(m, port, port->now_ms(port->ctx), end);
    }
    if (err == USHER_OK) {
        iv->seq_reserved = end;
    }
    return err;
}

enum usher_err store_clear(struct usher_mesh *m, const struct usher_port *port)
{
    static const uint16_t chains[] = { RECORD_MODELS, RECORD_SUBNETS, RECORD_APPKEYS,
                                       RECORD_REPLAY };
    static const uint16_t singles[] = { RECORD_NODE, RECORD_IV, RECORD_SETTINGS };
    enum usher_err err = USHER_OK;

    (void)m;
    if (!store_able(port)) {
        return USHER_OK;
    }
    for (unsigned i = 0; err == USHER_OK && i < sizeof(singles) / sizeof(singles[0]); i++) {
        err = port->kv_del(port->kv_ctx, singles[i]);
    }
    for (unsigned i = 0; err == USHER_OK && i < sizeof(chains) / sizeof(chains[0]); i++) {
        err = chain_remove(port, chains[i]);
    }
    return err;
}
