/*
 * The server of a GATT link (Core Specification, Vol 3, Part F, section 3.4, and Part G; the mesh
 * services: Mesh Protocol 1.1, section 7): one table of attributes, the requests on it, and Data In
 * and Data Out. A link as a client has GAP only, for peers that ask.
 */
#include "gatt_parts.h"

#include <string.h>

enum {
    GAP_SERVICE = 0x1800,
    GATT_SERVICE = 0x1801,
};

/* -- the database ------------------------------------------------------------------------------ */

enum holds {
    CONSTANT, /* attribute.value */
    NAME,     /* the Device Name */
    CONFIGURATION,
    DATA_IN, /* written by commands */
    SENT,    /* notified or indicated, else neither read nor written */
};

struct attribute {
    uint16_t handle, type;
    uint16_t service; /* which it is part of */
    uint8_t holds;    /* enum holds */
    uint8_t len;      /* of a constant */
    uint8_t value[5];
};

#define LE16(n) (uint8_t)(n), (uint8_t)((n) >> 8)

#define ROW(handle, type, uuid, holds, len, ...)                                                   \
    {                                                                                              \
        handle, type, uuid, holds, len,                                                            \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define SERVICE(handle, uuid) ROW(handle, GATT_PRIMARY_SERVICE, uuid, CONSTANT, 2, LE16(uuid))
/* Its value is the next attribute. */
#define CHARACTERISTIC(handle, uuid, properties, type)                                             \
    ROW(handle, GATT_CHARACTERISTIC, uuid, CONSTANT, 5, properties, LE16((handle) + 1), LE16(type))
#define VALUE(handle, uuid, type, holds) ROW(handle, type, uuid, holds, 0, 0)

#define MESH_SERVICE(at, uuid, in, out)                                                            \
    SERVICE(at, uuid), CHARACTERISTIC((at) + 1, uuid, GATT_PROPERTY_WRITE_WITHOUT_RESPONSE, in),   \
        VALUE((at) + 2, uuid, in, DATA_IN),                                                        \
        CHARACTERISTIC((at) + 3, uuid, GATT_PROPERTY_NOTIFY, out),                                 \
        VALUE((at) + 4, uuid, out, SENT), VALUE((at) + 5, uuid, GATT_CCCD, CONFIGURATION)

#define SERVICE_CHANGED_HANDLE 0x0008
#define PROVISIONING_HANDLE 0x0010
#define PROXY_HANDLE 0x0020
#define MESH_FIRST PROVISIONING_HANDLE
#define MESH_LAST (PROXY_HANDLE + 5)

static const struct attribute attributes[] = {
    SERVICE(0x0001, GAP_SERVICE),
    CHARACTERISTIC(0x0002, GAP_SERVICE, GATT_PROPERTY_READ, GATT_DEVICE_NAME),
    VALUE(0x0003, GAP_SERVICE, GATT_DEVICE_NAME, NAME),
    CHARACTERISTIC(0x0004, GAP_SERVICE, GATT_PROPERTY_READ, GATT_APPEARANCE),
    ROW(0x0005, GATT_APPEARANCE, GAP_SERVICE, CONSTANT, 2, LE16(0x0000)), /* unknown */

    SERVICE(0x0006, GATT_SERVICE),
    CHARACTERISTIC(0x0007, GATT_SERVICE, GATT_PROPERTY_INDICATE, GATT_SERVICE_CHANGED),
    VALUE(SERVICE_CHANGED_HANDLE, GATT_SERVICE, GATT_SERVICE_CHANGED, SENT),
    VALUE(0x0009, GATT_SERVICE, GATT_CCCD, CONFIGURATION),

    MESH_SERVICE(PROVISIONING_HANDLE, USHER_GATT_PROVISIONING, GATT_PROVISIONING_DATA_IN,
                 GATT_PROVISIONING_DATA_OUT),
    MESH_SERVICE(PROXY_HANDLE, USHER_GATT_PROXY, GATT_PROXY_DATA_IN, GATT_PROXY_DATA_OUT),
};

#define ATTRIBUTES (sizeof(attributes) / sizeof(attributes[0]))

/* Whether an attribute is in the database now, for this peer. */
static bool is_there(const struct gatt_link *l, const struct attribute *a)
{
    return a->service == GAP_SERVICE ||
           (l->server && (a->service == GATT_SERVICE || a->service == l->database->service));
}

/* The first attribute of a range behind one, or with NULL the first of all. */
static const struct attribute *next_in(const struct gatt_link *l, const struct attribute *behind,
                                       uint16_t start, uint16_t end)
{
    const struct attribute *a = behind == NULL ? attributes : behind + 1;

    for (; a < attributes + ATTRIBUTES; a++) {
        if (a->handle >= start && a->handle <= end && is_there(l, a)) {
            return a;
        }
    }
    return NULL;
}

static const struct attribute *find(const struct gatt_link *l, uint16_t handle)
{
    return next_in(l, NULL, handle, handle);
}

/* The last handle of the group that an attribute begins: of a service, all of it. */
static uint16_t group_end(const struct attribute *a)
{
    const struct attribute *last = a;

    if (a->type == GATT_PRIMARY_SERVICE) {
        while (last + 1 < attributes + ATTRIBUTES && last[1].service == a->service) {
            last++;
        }
    }
    return last->handle;
}

static bool is_readable(const struct attribute *a)
{
    return a->holds == CONSTANT || a->holds == NAME || a->holds == CONFIGURATION;
}

static bool is_subscribed(const struct gatt_link *l, const struct attribute *a)
{
    return a->service == GATT_SERVICE ? l->wants_changed : l->open && a->service == l->service;
}

/* The value of a readable attribute. @param cccd  Memory for one. */
static size_t value_of(const struct gatt_link *l, const struct attribute *a, uint8_t cccd[2],
                       const uint8_t **value)
{
    uint16_t bit = a->service == GATT_SERVICE ? GATT_CCCD_INDICATE : GATT_CCCD_NOTIFY;
    const char *end;

    switch (a->holds) {
    case NAME:
        *value = (const uint8_t *)l->database->name;
        end = memchr(l->database->name, '\0', GATT_NAME_MAX);
        return end != NULL ? (size_t)(end - l->database->name) : GATT_NAME_MAX;
    case CONFIGURATION:
        cccd[0] = is_subscribed(l, a) ? (uint8_t)bit : 0;
        cccd[1] = 0;
        *value = cccd;
        return 2;
    default:
        *value = a->value;
        return a->len;
    }
}

/* -- requests ---------------------------------------------------------------------------------- */

/* A request that is being answered. */
struct request {
    struct gatt_link *l;
    uint8_t opcode;
    struct io in, out;
    uint16_t start, end; /* of a range */
    uint16_t type;
    const uint8_t *value;
    uint16_t value_len;
};

static void refuse(struct request *r, uint16_t handle, enum att_error error)
{
    struct att_error_rsp rsp = { ATT_ERROR_RSP, r->opcode, handle, (uint8_t)error };

    r->out = io_writer(r->l->answer, sizeof(r->l->answer));
    att_error_fields(&r->out, &rsp);
}

/* Begins an answer: its opcode is the next one. */
static void respond(struct request *r)
{
    uint8_t opcode = (uint8_t)(r->opcode + 1);

    io_u8(&r->out, &opcode);
}

static void put(struct request *r, const uint8_t *value, size_t len)
{
    uint16_t n = (uint16_t)(len < io_left(&r->out) ? len : io_left(&r->out));

    io_rest(&r->out, &value, &n);
}

/* What all requests with a range have in common. @param sound  The PDU has the form it should. */
static bool takes_range(struct request *r, bool sound)
{
    if (!sound) {
        refuse(r, 0, ATT_INVALID_PDU);
        return false;
    }
    if (r->start == 0 || r->start > r->end) {
        refuse(r, r->start, ATT_INVALID_HANDLE);
        return false;
    }
    return true;
}

/* A range and a type, short or long. */
static bool read_typed_range(struct request *r)
{
    size_t len;

    att_range_fields(&r->in, &r->opcode, &r->start, &r->end);
    len = io_left(&r->in);
    att_read_uuid(&r->in, len, &r->type);
    return takes_range(r, io_done(&r->in));
}

/* A list without entries is an error. */
static void end_list(struct request *r, bool any)
{
    if (!any) {
        refuse(r, r->start, ATT_NOT_FOUND);
    }
}

static const struct attribute *next(const struct request *r, const struct attribute *behind)
{
    return next_in(r->l, behind, r->start, r->end);
}

/* What a server has agreed on stays so, and a link that is open has told what it carries: from then
 * on we can receive what is in force. */
static void exchange_mtu(struct request *r)
{
    struct gatt_link *l = r->l;
    bool settled = l->open || (l->server && l->mtu_agreed);
    uint16_t mtu = 0;

    att_handle_fields(&r->in, &r->opcode, &mtu);
    if (!io_done(&r->in)) {
        refuse(r, 0, ATT_INVALID_PDU);
        return;
    }
    if (!settled) {
        gatt_agree_mtu(l, mtu);
    }
    mtu = settled ? l->mtu : l->database->mtu;
    respond(r);
    io_le16(&r->out, &mtu);
}

static void find_information(struct request *r)
{
    const struct attribute *a = NULL;
    uint8_t format = 1; /* short UUIDs */
    bool any = false;

    att_range_fields(&r->in, &r->opcode, &r->start, &r->end);
    if (!takes_range(r, io_done(&r->in))) {
        return;
    }
    respond(r);
    io_u8(&r->out, &format);
    while ((a = next(r, a)) != NULL && io_left(&r->out) >= 4) {
        uint16_t handle = a->handle, type = a->type;

        io_le16(&r->out, &handle);
        io_le16(&r->out, &type);
        any = true;
    }
    end_list(r, any);
}

static bool has_value(const struct request *r, const struct attribute *a)
{
    const uint8_t *value;
    uint8_t cccd[2];

    return a->type == r->type && is_readable(a) &&
           value_of(r->l, a, cccd, &value) == r->value_len &&
           memcmp(value, r->value, r->value_len) == 0;
}

static void find_by_type_value(struct request *r)
{
    const struct attribute *a = NULL;
    bool any = false;

    att_range_fields(&r->in, &r->opcode, &r->start, &r->end);
    io_le16(&r->in, &r->type);
    io_rest(&r->in, &r->value, &r->value_len);
    if (!takes_range(r, io_ok(&r->in))) {
        return;
    }
    respond(r);
    while ((a = next(r, a)) != NULL && io_left(&r->out) >= 4) {
        uint16_t handle = a->handle, end = group_end(a);

        if (has_value(r, a)) {
            io_le16(&r->out, &handle);
            io_le16(&r->out, &end);
            any = true;
        }
    }
    end_list(r, any);
}

/* An entry. All are as long as the first one, which is cut to fit. */
static bool put_value(struct request *r, const struct attribute *a, uint8_t *size)
{
    uint16_t handle = a->handle;
    const uint8_t *value;
    uint8_t cccd[2];
    size_t len = value_of(r->l, a, cccd, &value);

    if (*size == 0) {
        size_t room = io_left(&r->out) - 3;

        *size = (uint8_t)(2 + (len < room ? len : room));
        io_u8(&r->out, size);
    } else if (len != *size - 2u || io_left(&r->out) < *size) {
        return false;
    }
    io_le16(&r->out, &handle);
    put(r, value, *size - 2u);
    return true;
}

static void read_by_type(struct request *r)
{
    const struct attribute *a = NULL;
    uint8_t size = 0;

    if (!read_typed_range(r)) {
        return;
    }
    respond(r);
    while ((a = next(r, a)) != NULL) {
        if (a->type != r->type) {
            continue;
        }
        if (!is_readable(a) && size == 0) {
            refuse(r, a->handle, ATT_READ_NOT_PERMITTED);
            return;
        }
        if (!is_readable(a) || !put_value(r, a, &size)) {
            break;
        }
    }
    end_list(r, size != 0);
}

static void read_by_group_type(struct request *r)
{
    const struct attribute *a = NULL;
    uint8_t size = 6;
    bool any = false;

    if (!read_typed_range(r)) {
        return;
    }
    if (r->type != GATT_PRIMARY_SERVICE && r->type != GATT_SECONDARY_SERVICE) {
        refuse(r, r->start, ATT_UNSUPPORTED_GROUP_TYPE);
        return;
    }
    respond(r);
    io_u8(&r->out, &size);
    while ((a = next(r, a)) != NULL && io_left(&r->out) >= size) {
        uint16_t handle = a->handle, end = group_end(a);

        if (a->type == r->type) {
            io_le16(&r->out, &handle);
            io_le16(&r->out, &end);
            put(r, a->value, a->len);
            any = true;
        }
    }
    end_list(r, any);
}

/* Read and, with an offset, Read Blob. */
static void read_value(struct request *r)
{
    const struct attribute *a;
    uint16_t handle = 0, offset = 0;
    const uint8_t *value;
    uint8_t cccd[2];
    size_t len;

    att_handle_fields(&r->in, &r->opcode, &handle);
    if (r->opcode == ATT_READ_BLOB_REQ) {
        io_le16(&r->in, &offset);
    }
    if (!io_done(&r->in)) {
        refuse(r, 0, ATT_INVALID_PDU);
        return;
    }
    a = find(r->l, handle);
    if (a == NULL) {
        refuse(r, handle, ATT_INVALID_HANDLE);
        return;
    }
    if (!is_readable(a)) {
        refuse(r, handle, ATT_READ_NOT_PERMITTED);
        return;
    }
    len = value_of(r->l, a, cccd, &value);
    if (offset > len) {
        refuse(r, handle, ATT_INVALID_OFFSET);
        return;
    }
    respond(r);
    put(r, value + offset, len - offset);
}

/* -- subscribing ------------------------------------------------------------------------------- */

static void subscribe(struct request *r, const struct attribute *a)
{
    struct gatt_link *l = r->l;

    if (l->open && !is_subscribed(l, a)) {
        refuse(r, a->handle, ATT_WRITE_REJECTED);
        return;
    }
    if (!l->open) {
        l->service = (enum usher_gatt_service)a->service;
        l->data_out = (uint16_t)(a->handle - 1); /* a descriptor follows its value */
        gatt_open(l);
    }
    respond(r);
}

static void configure(struct request *r, const struct attribute *a, uint16_t value)
{
    struct gatt_link *l = r->l;

    if (a->service == GATT_SERVICE && (value == 0 || value == GATT_CCCD_INDICATE)) {
        l->wants_changed = value != 0;
        respond(r);
    } else if (a->service != GATT_SERVICE && value == GATT_CCCD_NOTIFY) {
        subscribe(r, a);
    } else if (a->service != GATT_SERVICE && value == 0) {
        if (is_subscribed(l, a)) {
            gatt_fail(l, "the client has unsubscribed from Data Out");
        }
        respond(r);
    } else {
        refuse(r, a->handle, ATT_VALUE_NOT_ALLOWED);
    }
}

static void write_value(struct request *r)
{
    const struct attribute *a;
    uint16_t handle = 0, value = 0;

    att_handle_fields(&r->in, &r->opcode, &handle);
    if (!io_ok(&r->in)) {
        refuse(r, 0, ATT_INVALID_PDU);
        return;
    }
    a = find(r->l, handle);
    if (a == NULL) {
        refuse(r, handle, ATT_INVALID_HANDLE);
        return;
    }
    if (a->holds != CONFIGURATION) {
        refuse(r, handle, ATT_WRITE_NOT_PERMITTED);
        return;
    }
    io_le16(&r->in, &value);
    if (!io_done(&r->in)) {
        refuse(r, handle, ATT_INVALID_LENGTH);
        return;
    }
    configure(r, a, value);
}

/* -- telling requests apart -------------------------------------------------------------------- */

static const struct {
    uint8_t opcode;
    void (*answer)(struct request *r);
} requests[] = {
    { ATT_MTU_REQ, exchange_mtu },
    { ATT_FIND_INFORMATION_REQ, find_information },
    { ATT_FIND_BY_TYPE_VALUE_REQ, find_by_type_value },
    { ATT_READ_BY_TYPE_REQ, read_by_type },
    { ATT_READ_REQ, read_value },
    { ATT_READ_BLOB_REQ, read_value },
    { ATT_READ_BY_GROUP_TYPE_REQ, read_by_group_type },
    { ATT_WRITE_REQ, write_value },
};

void gatt_server_refuse(struct gatt_link *l, uint8_t request, uint16_t handle, enum att_error error)
{
    struct request r = { .l = l, .opcode = request };

    refuse(&r, handle, error);
    l->answer_len = (uint16_t)io_pos(&r.out);
}

void gatt_server_request(struct gatt_link *l, const uint8_t *pdu, size_t len)
{
    struct request r = {
        .l = l,
        .opcode = pdu[0],
        .in = io_reader(pdu, len),
        .out = io_writer(l->answer, l->mtu),
    };

    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        if (requests[i].opcode == pdu[0]) {
            requests[i].answer(&r);
            l->answer_len = (uint16_t)io_pos(&r.out);
            return;
        }
    }
    gatt_server_refuse(l, pdu[0], 0, ATT_REQUEST_NOT_SUPPORTED);
}

/* A Write Command on Data In of the service that the link carries; nothing else is a command that
 * we know, or one that counts. */
void gatt_server_command(struct gatt_link *l, const uint8_t *pdu, size_t len)
{
    struct io io = io_reader(pdu, len);
    const struct attribute *a;
    uint16_t handle = 0;
    uint8_t opcode = 0;

    att_handle_fields(&io, &opcode, &handle);
    if (!io_ok(&io) || io_left(&io) == 0 || opcode != ATT_WRITE_CMD || !l->open) {
        return;
    }
    a = find(l, handle);
    if (a != NULL && a->holds == DATA_IN && a->service == l->service) {
        gatt_take_value(l, pdu + io_pos(&io), io_left(&io));
    }
}

uint16_t gatt_server_indication(uint8_t pdu[GATT_MTU_MAX])
{
    struct io io = io_writer(pdu, GATT_MTU_MAX);
    uint16_t handle = SERVICE_CHANGED_HANDLE, first = MESH_FIRST, last = MESH_LAST;
    uint8_t opcode = ATT_VALUE_IND;

    att_handle_fields(&io, &opcode, &handle);
    io_le16(&io, &first);
    io_le16(&io, &last);
    return (uint16_t)io_pos(&io);
}
