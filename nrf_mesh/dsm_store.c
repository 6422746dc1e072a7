/*
 * The records of the Device State Manager: a node's addresses with handles, and device keys, one
 * record each, by its place; what the core has, it keeps itself. They count for nothing without a
 * node. Called by the other files.
 */
#include "dsm_parts.h"

#include "io.h"

#define FORMAT 1u
#define RECORD_SIZE 32u /* the longest: 1 + 2 + 1 + 16, or 1 + 2 + 2 + 16 octets */

enum record_of_dsm {
    RECORD_NONVIRTUAL = STACK_RECORD_DSM + 0x100,
    RECORD_VIRTUAL = STACK_RECORD_DSM + 0x200,
    RECORD_DEVKEY = STACK_RECORD_DSM + 0x300,
};

_Static_assert(DSM_NONVIRTUAL_ADDR_MAX <= RECORD_VIRTUAL - RECORD_NONVIRTUAL &&
                   DSM_VIRTUAL_ADDR_MAX <= RECORD_DEVKEY - RECORD_VIRTUAL &&
                   DSM_DEVICE_MAX <= STACK_RECORD_ACCESS - RECORD_DEVKEY,
               "records are their own");

#define FLAG_PUBLISHED 0x01u
#define FLAG_SUBSCRIBED 0x02u

static const struct usher_port *port(void)
{
    return layer_stack()->usher.port;
}

static bool is_able(void)
{
    return port() != NULL && port()->kv_set != NULL;
}

/* While what was loaded is taken up, nothing is written; nor before there is a node. */
static bool is_open(void)
{
    return is_able() && dsm_is_node() && layer_stack()->dsm.was_node;
}

/* -- layouts ----------------------------------------------------------------------------------- */

static void check(struct io *io, bool good)
{
    io->failed = io->failed || !good;
}

static void format(struct io *io)
{
    uint8_t f = FORMAT;

    io_u8(io, &f);
    check(io, f == FORMAT);
}

static void address_fields(struct io *io, dsm_handle_t handle)
{
    struct dsm_address *a = &layer_stack()->dsm.addresses[handle];
    bool is_label = handle >= DSM_NONVIRTUAL_ADDR_MAX;
    uint8_t flags = (uint8_t)((a->published != 0 ? FLAG_PUBLISHED : 0) |
                              (a->subscribed != 0 ? FLAG_SUBSCRIBED : 0));

    format(io);
    io_be16(io, &a->address);
    io_u8(io, &flags);
    check(io, a->address != USHER_ADDR_UNASSIGNED && flags != 0 &&
                  flags <= (FLAG_PUBLISHED | FLAG_SUBSCRIBED) &&
                  usher_is_virtual(a->address) == is_label);
    if (is_label) {
        io_bytes(io, layer_stack()->dsm.labels[handle - DSM_NONVIRTUAL_ADDR_MAX], USHER_LABEL_SIZE);
    }
    a->stored_published = (flags & FLAG_PUBLISHED) != 0;
    a->stored_subscribed = (flags & FLAG_SUBSCRIBED) != 0;
}

static void devkey_fields(struct io *io, struct dsm_devkey *d)
{
    format(io);
    io_be16(io, &d->owner);
    io_be16(io, &d->net_index);
    check(io, usher_is_unicast(d->owner) && d->net_index <= DSM_KEY_INDEX_MAX);
    io_bytes(io, d->key, sizeof(d->key));
    d->stored = true;
}

/* -- records ----------------------------------------------------------------------------------- */

static uint16_t address_record(dsm_handle_t handle)
{
    return (uint16_t)(handle < DSM_NONVIRTUAL_ADDR_MAX
                          ? RECORD_NONVIRTUAL + handle
                          : RECORD_VIRTUAL + (handle - DSM_NONVIRTUAL_ADDR_MAX));
}

static uint16_t devkey_record(unsigned place)
{
    return (uint16_t)(RECORD_DEVKEY + place);
}

static uint32_t remove_record(uint16_t record)
{
    return (uint32_t)port()->kv_del(port()->kv_ctx, record);
}

static uint32_t write_record(uint16_t record, const struct io *io, const uint8_t *buf)
{
    return (uint32_t)port()->kv_set(port()->kv_ctx, record, buf, io_pos(io));
}

uint32_t dsm_store_address(dsm_handle_t handle)
{
    struct dsm_address *a = &layer_stack()->dsm.addresses[handle];
    bool was_published = a->stored_published, was_subscribed = a->stored_subscribed;
    uint8_t buf[RECORD_SIZE];
    struct io io = io_writer(buf, sizeof(buf));
    uint32_t err;

    if (!is_open() ||
        (was_published == (a->published != 0) && was_subscribed == (a->subscribed != 0))) {
        return NRF_SUCCESS;
    }
    if (a->address == USHER_ADDR_UNASSIGNED) {
        err = remove_record(address_record(handle));
        a->stored_published = a->stored_subscribed = false;
    } else {
        address_fields(&io, handle);
        err = write_record(address_record(handle), &io, buf);
    }
    if (err != NRF_SUCCESS) {
        a->stored_published = was_published;
        a->stored_subscribed = was_subscribed;
        return err;
    }
    layer_config_changed();
    return NRF_SUCCESS;
}

uint32_t dsm_store_devkey(dsm_handle_t handle)
{
    unsigned place = handle - DSM_APP_MAX;
    struct dsm_devkey *d = &layer_stack()->dsm.devkeys[place];
    uint8_t buf[RECORD_SIZE];
    struct io io = io_writer(buf, sizeof(buf));
    bool there = d->owner != USHER_ADDR_UNASSIGNED;
    uint32_t err;

    if (!is_open() || d->stored == there) {
        return NRF_SUCCESS;
    }
    if (there) {
        devkey_fields(&io, d);
        err = write_record(devkey_record(place), &io, buf);
        port()->crypto->wipe(buf, sizeof(buf));
    } else {
        err = remove_record(devkey_record(place));
    }
    d->stored = err == NRF_SUCCESS ? there : !there;
    if (err == NRF_SUCCESS) {
        layer_config_changed();
    }
    return err;
}

void dsm_store_all(void)
{
    for (unsigned i = 0; i < DSM_ADDR_MAX; i++) {
        (void)dsm_store_address((dsm_handle_t)i);
    }
    for (unsigned i = 0; i < DSM_DEVICE_MAX; i++) {
        (void)dsm_store_devkey((dsm_handle_t)(DSM_APP_MAX + i));
    }
}

/* -- loading ----------------------------------------------------------------------------------- */

/* @retval NRF_ERROR_NOT_FOUND  No such record. */
static uint32_t read_record(uint16_t record, uint8_t buf[RECORD_SIZE], struct io *io)
{
    size_t len = 0;
    uint32_t err = (uint32_t)port()->kv_get(port()->kv_ctx, record, buf, RECORD_SIZE, &len);

    *io = io_reader(buf, len);
    return err == NRF_ERROR_DATA_SIZE ? NRF_ERROR_INVALID_DATA : err;
}

static uint32_t load_address(dsm_handle_t handle)
{
    uint8_t buf[RECORD_SIZE];
    struct io io;
    uint32_t err = read_record(address_record(handle), buf, &io);

    if (err != NRF_SUCCESS) {
        return err == NRF_ERROR_NOT_FOUND ? NRF_SUCCESS : err;
    }
    address_fields(&io, handle);
    return io_done(&io) ? NRF_SUCCESS : NRF_ERROR_INVALID_DATA;
}

static uint32_t load_devkey(unsigned place)
{
    uint8_t buf[RECORD_SIZE];
    struct io io;
    uint32_t err = read_record(devkey_record(place), buf, &io);

    if (err != NRF_SUCCESS) {
        return err == NRF_ERROR_NOT_FOUND ? NRF_SUCCESS : err;
    }
    devkey_fields(&io, &layer_stack()->dsm.devkeys[place]);
    port()->crypto->wipe(buf, sizeof(buf));
    return io_done(&io) ? NRF_SUCCESS : NRF_ERROR_INVALID_DATA;
}

uint32_t dsm_store_load(void)
{
    uint32_t err = NRF_SUCCESS;

    for (unsigned i = 0; i < DSM_ADDR_MAX && is_able() && err == NRF_SUCCESS; i++) {
        err = load_address((dsm_handle_t)i);
    }
    for (unsigned i = 0; i < DSM_DEVICE_MAX && is_able() && err == NRF_SUCCESS; i++) {
        err = load_devkey(i);
    }
    return err;
}

/* What is not there, is not removed: to look costs less. */
static void remove_if_there(uint16_t record)
{
    uint8_t buf[RECORD_SIZE];
    struct io io;

    if (read_record(record, buf, &io) != NRF_ERROR_NOT_FOUND) {
        (void)remove_record(record);
    }
    port()->crypto->wipe(buf, sizeof(buf));
}

void dsm_store_clear(void)
{
    for (unsigned i = 0; i < DSM_ADDR_MAX && is_able(); i++) {
        remove_if_there(address_record((dsm_handle_t)i));
    }
    for (unsigned i = 0; i < DSM_DEVICE_MAX && is_able(); i++) {
        remove_if_there(devkey_record(i));
    }
}
