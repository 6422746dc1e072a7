/*
 * The records of the access layer: of each model what the core has no place for, one record by its
 * handle. Those of models with nothing of the kind do not exist, and all count for nothing without
 * a node. Called by dsm.c, and by access_config.c after a change.
 */
#include "access_parts.h"

#include "io.h"

#include <string.h>

#define FORMAT 1u

_Static_assert(ACCESS_RECORD <= USHER_RECORD_MAX, "all keys fit into a model's record");

static const struct usher_port *port(void)
{
    return layer_stack()->usher.port;
}

static bool is_able(void)
{
    return port() != NULL && port()->kv_set != NULL;
}

static uint16_t record_of(const struct access_model *a)
{
    return (uint16_t)(STACK_RECORD_ACCESS + access_handle(a));
}

/* -- the layout -------------------------------------------------------------------------------- */

/* What has to be there as it is. */
static void fixed(struct io *io, uint16_t value)
{
    uint16_t v = value;

    io_be16(io, &v);
    io->failed = io->failed || v != value;
}

static void bits(struct io *io, uint32_t field[BITFIELD_BLOCK_COUNT(DSM_KEY_HANDLES)])
{
    for (unsigned i = 0; i < BITFIELD_BLOCK_COUNT(DSM_KEY_HANDLES); i++) {
        io_be32(io, &field[i]);
    }
}

/* A record is of the model that it was made for, and of tables of the same sizes. */
static void fields(struct io *io, struct access_model *a)
{
    dsm_handle_t address = a->publish_aside ? a->publish_address : DSM_HANDLE_INVALID;
    dsm_handle_t key = a->publish_aside ? a->publish_key : DSM_HANDLE_INVALID;

    fixed(io, FORMAT);
    fixed(io, a->element_index);
    fixed(io, a->model->company);
    fixed(io, a->model->id);
    fixed(io, DSM_APP_MAX);
    io_be16(io, &address);
    io_be16(io, &key);
    bits(io, a->devkeys);
    bits(io, a->awaited);
    if (io_reads(io) && (address != DSM_HANDLE_INVALID || key != DSM_HANDLE_INVALID)) {
        a->publish_address = address;
        a->publish_key = key;
        a->publish_aside = true;
    }
}

static bool is_empty(const struct access_model *a)
{
    return !a->publish_aside && bitfield_is_all_clear(a->devkeys, DSM_KEY_HANDLES) &&
           bitfield_is_all_clear(a->awaited, DSM_KEY_HANDLES);
}

/* -- writing and reading ----------------------------------------------------------------------- */

void access_store(struct access_model *a)
{
    uint8_t buf[ACCESS_RECORD];
    struct io io = io_writer(buf, sizeof(buf));
    size_t len;
    enum usher_err err;

    if (!is_able() || !dsm_is_node() || !layer_stack()->dsm.was_node) {
        return;
    }
    if (!is_empty(a)) {
        fields(&io, a);
    }
    len = io_pos(&io);
    if (len == a->stored_len && memcmp(buf, a->stored, len) == 0) {
        return;
    }
    err = len != 0 ? port()->kv_set(port()->kv_ctx, record_of(a), buf, len)
                   : port()->kv_del(port()->kv_ctx, record_of(a));
    if (err == USHER_OK) {
        memcpy(a->stored, buf, len);
        a->stored_len = (uint16_t)len;
        layer_config_changed();
    }
}

void access_store_all(void)
{
    for (unsigned i = 0; i < ACCESS_MODEL_COUNT; i++) {
        struct access_model *a = access_at((access_model_handle_t)i);

        if (a != NULL) {
            access_store(a);
        }
    }
}

static uint32_t load(struct access_model *a)
{
    size_t len = 0;
    enum usher_err err =
        port()->kv_get(port()->kv_ctx, record_of(a), a->stored, sizeof(a->stored), &len);
    struct io io = io_reader(a->stored, len);

    if (err == USHER_E_NOT_FOUND) {
        return NRF_SUCCESS;
    }
    if (err == USHER_OK) {
        fields(&io, a);
    }
    if (err != USHER_OK || !io_done(&io)) {
        return NRF_ERROR_INVALID_DATA;
    }
    a->stored_len = (uint16_t)len;
    return NRF_SUCCESS;
}

uint32_t access_store_load(void)
{
    uint32_t err = NRF_SUCCESS;

    for (unsigned i = 0; i < ACCESS_MODEL_COUNT && is_able() && err == NRF_SUCCESS; i++) {
        struct access_model *a = access_at((access_model_handle_t)i);

        err = a != NULL ? load(a) : NRF_SUCCESS;
    }
    return err;
}

void access_store_clear(void)
{
    uint8_t octet;
    size_t len;

    for (unsigned i = 0; i < ACCESS_MODEL_COUNT && is_able(); i++) {
        uint16_t record = (uint16_t)(STACK_RECORD_ACCESS + i);

        if (port()->kv_get(port()->kv_ctx, record, &octet, sizeof(octet), &len) !=
            USHER_E_NOT_FOUND) {
            (void)port()->kv_del(port()->kv_ctx, record);
        }
        layer_stack()->access.models[i].stored_len = 0;
    }
}
