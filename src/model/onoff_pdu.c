/* The Generic OnOff messages on the wire; see onoff_pdu.h. */
#include "onoff_pdu.h"

#include "io.h"

/* A state of one octet, 0 or 1; other values are prohibited. */
static void onoff_field(struct io *io, bool *on)
{
    uint8_t octet = *on;

    io_u8(io, &octet);
    *on = octet == 1;
    io->failed = io->failed || octet > 1;
}

static void set_fields(struct io *io, struct onoff_set *set, bool timed)
{
    onoff_field(io, &set->on);
    io_u8(io, &set->tid);
    if (timed) {
        io_u8(io, &set->transition);
        io_u8(io, &set->delay);
    }
}

static void status_fields(struct io *io, struct usher_onoff_status *status, bool timed)
{
    onoff_field(io, &status->present);
    if (timed) {
        onoff_field(io, &status->target);
        io_u8(io, &status->remaining);
    }
}

bool onoff_set_read(const uint8_t *params, size_t len, struct onoff_set *set)
{
    struct io io = io_reader(params, len);

    *set = (struct onoff_set){ 0 };
    set_fields(&io, set, len > ONOFF_SET_MIN);
    return io_done(&io) && (set->transition & ONOFF_STEPS) <= ONOFF_STEPS_MAX;
}

size_t onoff_set_write(const struct onoff_set *set, uint8_t out[ONOFF_SET_MAX])
{
    struct io io = io_writer(out, ONOFF_SET_MAX);
    struct onoff_set copy = *set;

    set_fields(&io, &copy, set->transition != 0 || set->delay != 0);
    return io_pos(&io);
}

bool onoff_status_read(const uint8_t *params, size_t len, struct usher_onoff_status *status)
{
    struct io io = io_reader(params, len);

    *status = (struct usher_onoff_status){ 0 };
    status_fields(&io, status, len > ONOFF_STATUS_MIN);
    if (len == ONOFF_STATUS_MIN) {
        status->target = status->present;
    }
    return io_done(&io);
}

size_t onoff_status_write(const struct usher_onoff_status *status, uint8_t out[ONOFF_STATUS_MAX])
{
    struct io io = io_writer(out, ONOFF_STATUS_MAX);
    struct usher_onoff_status copy = *status;

    status_fields(&io, &copy, status->remaining != 0);
    return io_pos(&io);
}
