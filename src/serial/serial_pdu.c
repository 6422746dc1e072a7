/*
 * The codec of the serial interface's packets; see serial_pdu.h. A packet is a list of fields, and
 * a field is a place in struct usher_serial_packet and a kind, so one walk reads and writes.
 */
#include "serial_pdu.h"

#include "io.h"

#include <string.h>

#define ADDRESS_VIRTUAL 2u /* of Addr Get */

enum field_kind {
    KIND_END,
    KIND_U8,
    KIND_U16,
    KIND_U32,
    KIND_OCTETS,
    KIND_VIEW,
    KIND_VIRTUAL,
    KIND_HANDLES,
    KIND_HANDLES_FIXED,
    KIND_DATA,
};

struct field {
    uint16_t at; /* in the packet */
    uint8_t kind;
    uint8_t len;
};

struct row {
    uint8_t opcode;
    const struct field *params, *answer;
};

/* -- the table --------------------------------------------------------------------------------- */

#define FIELD(member, kind, len)                                                                   \
    {                                                                                              \
        offsetof(struct usher_serial_packet, member), kind, len                                    \
    }
#define SIZE(member) sizeof(((struct usher_serial_packet *)0)->member)

#define U8(member) FIELD(member, KIND_U8, 1)
#define S8(member) FIELD(member, KIND_U8, 1)
#define U16(member) FIELD(member, KIND_U16, 2)
#define U32(member) FIELD(member, KIND_U32, 4)
#define OCTETS(member) FIELD(member, KIND_OCTETS, SIZE(member))
#define VIEW(member, n) FIELD(member, KIND_VIEW, n)
#define VIRTUAL(member) FIELD(member, KIND_VIRTUAL, SIZE(member))
#define HANDLES FIELD(list, KIND_HANDLES, 0)
#define HANDLES_FIXED FIELD(list, KIND_HANDLES_FIXED, 0)
#define DATA(min) FIELD(data, KIND_DATA, min)
#define NOTHING                                                                                    \
    {                                                                                              \
        0, KIND_END, 0                                                                             \
    }
#define FIELDS(...) ((const struct field[]){ __VA_ARGS__, NOTHING })

#define COMMAND(code, name, params, answer, text) { USHER_SERIAL_##code, params, answer },
#define EVENT(code, name, params, text) { USHER_SERIAL_EVT_##code, params, NULL },

static const struct row rows[] = {
#include "serial_table.def"
};

static const struct row *row_of(enum serial_kind kind, uint8_t opcode)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].opcode == opcode && (rows[i].answer != NULL) == (kind == SERIAL_COMMAND)) {
            return &rows[i];
        }
    }
    return NULL;
}

bool serial_known(enum serial_kind kind, uint8_t opcode)
{
    return row_of(kind, opcode) != NULL;
}

/* -- one field --------------------------------------------------------------------------------- */

static void handles(struct io *io, struct usher_serial_packet *p)
{
    if (io_reads(io)) {
        p->list_count = (uint16_t)(io_left(io) / 2);
    }
    if (p->list_count > USHER_SERIAL_LIST_MAX) {
        io->failed = true;
        return;
    }
    for (uint16_t i = 0; i < p->list_count; i++) {
        io_le16(io, &p->list[i]);
    }
}

static void handles_fixed(struct io *io, struct usher_serial_packet *p)
{
    io_le16(io, &p->list_count);
    if (p->list_count > USHER_SERIAL_LIST_MAX) {
        io->failed = true;
        return;
    }
    for (uint16_t i = 0; i < USHER_SERIAL_LIST_MAX; i++) {
        uint16_t none = 0;

        io_le16(io, i < p->list_count ? &p->list[i] : &none);
    }
}

static void virtual_label(struct io *io, const struct usher_serial_packet *p, uint8_t *label,
                          size_t len)
{
    if (io_reads(io) ? io_left(io) != 0 : p->address_type == ADDRESS_VIRTUAL) {
        io_bytes(io, label, len);
    }
}

static void walk_field(struct io *io, const struct field *f, struct usher_serial_packet *p)
{
    void *at = (uint8_t *)p + f->at;

    switch (f->kind) {
    case KIND_U8:
        io_u8(io, at);
        break;
    case KIND_U16:
        io_le16(io, at);
        break;
    case KIND_U32:
        io_le32(io, at);
        break;
    case KIND_OCTETS:
        io_bytes(io, at, f->len);
        break;
    case KIND_VIEW:
        io_view(io, at, f->len);
        break;
    case KIND_VIRTUAL:
        virtual_label(io, p, at, f->len);
        break;
    case KIND_HANDLES:
        handles(io, p);
        break;
    case KIND_HANDLES_FIXED:
        handles_fixed(io, p);
        break;
    default:
        io_rest(io, &p->data, &p->len);
        io->failed = io->failed || p->len < f->len;
        break;
    }
}

static void walk(struct io *io, const struct field *f, struct usher_serial_packet *p)
{
    for (; f->kind != KIND_END; f++) {
        walk_field(io, f, p);
    }
}

/* -- packets ----------------------------------------------------------------------------------- */

bool serial_read(enum serial_kind kind, uint8_t opcode, const uint8_t *in, size_t len,
                 struct usher_serial_packet *p)
{
    const struct row *row = row_of(kind, opcode);
    struct io io = io_reader(in, len);

    memset(p, 0, sizeof(*p));
    p->opcode = opcode;
    if (row == NULL) {
        return false;
    }
    walk(&io, row->params, p);
    return io_done(&io);
}

static int write_fields(const struct field *f, struct usher_serial_packet *p, uint8_t *out,
                        size_t size)
{
    struct io io = io_writer(out, size);

    walk(&io, f, p);
    return io_ok(&io) ? (int)io_pos(&io) : -1;
}

int serial_write(enum serial_kind kind, struct usher_serial_packet *p,
                 uint8_t out[USHER_SERIAL_PAYLOAD_MAX])
{
    const struct row *row = row_of(kind, p->opcode);

    return row != NULL ? write_fields(row->params, p, out, USHER_SERIAL_PAYLOAD_MAX) : -1;
}

bool serial_answer_read(uint8_t command, const uint8_t *in, size_t len,
                        struct usher_serial_packet *p)
{
    const struct row *row = row_of(SERIAL_COMMAND, command);
    struct io io = io_reader(in, len);

    if (row == NULL) {
        return false;
    }
    walk(&io, row->answer, p);
    return io_done(&io);
}

int serial_answer_write(uint8_t command, struct usher_serial_packet *p,
                        uint8_t out[USHER_SERIAL_ANSWER_MAX])
{
    const struct row *row = row_of(SERIAL_COMMAND, command);

    return row != NULL ? write_fields(row->answer, p, out, USHER_SERIAL_ANSWER_MAX) : -1;
}
