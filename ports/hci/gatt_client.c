/*
 * The client of a GATT link (Core Specification, Vol 3, Part G, section 4): MTU, the service, its
 * characteristics, the descriptor of Data Out, the subscription; one request after the other. The
 * peer's answers are checked like everything from outside, and what is wrong has its own words.
 */
#include "gatt_parts.h"

#include <string.h>

enum step_name {
    STEP_MTU,
    STEP_SERVICE,
    STEP_GROUPS, /* all services, for a peer that cannot look for one */
    STEP_CHARACTERISTICS,
    STEP_DESCRIPTORS,
    STEP_SUBSCRIBE,
    STEP_DONE,
};

/* One step: what is asked, as often as it takes, and what becomes of the answer. */
struct step {
    void (*ask)(struct gatt_link *l);
    /* An answer, its opcode read. @return whether it makes sense */
    bool (*answered)(struct gatt_link *l, uint64_t now, struct io *io);
    /* Instead of it, an error. @return what that means; NULL: the next step has begun */
    const char *(*refused)(struct gatt_link *l, uint64_t now, uint8_t error);
    const char *timeout;
    const char *senseless;
};

static const struct step steps[STEP_DONE];

static void ask(struct gatt_link *l)
{
    steps[l->step].ask(l);
    l->awaited = (uint8_t)(l->request[0] + 1); /* of all requests of ours */
}

static void begin_step(struct gatt_link *l, enum step_name step, uint64_t now)
{
    l->step = (uint8_t)step;
    l->deadline = now + GATT_TRANSACTION_MS;
    ask(l);
}

static struct io request(struct gatt_link *l)
{
    return io_writer(l->request, sizeof(l->request));
}

static void asked(struct gatt_link *l, const struct io *io)
{
    l->request_len = (uint8_t)io_pos(io);
}

/* A request for a type in the handles that are left. */
static void ask_for_type(struct gatt_link *l, uint8_t opcode, uint16_t type)
{
    struct io io = request(l);

    att_range_fields(&io, &opcode, &l->at, &l->end);
    io_le16(&io, &type);
    asked(l, &io);
}

/* An entry of a list says where the next one may be. @return whether it is where it should be */
static bool move_on(struct gatt_link *l, uint16_t handle, uint16_t last)
{
    if (handle < l->at || last < handle || last > l->end) {
        return false;
    }
    l->at = (uint16_t)(last + 1); /* 0: nothing is left */
    return true;
}

static bool is_end(const struct gatt_link *l)
{
    return l->at == 0 || l->at > l->end;
}

/* -- MTU --------------------------------------------------------------------------------------- */

static void ask_mtu(struct gatt_link *l)
{
    struct io io = request(l);
    uint8_t opcode = ATT_MTU_REQ;
    uint16_t mtu = l->database->mtu;

    att_handle_fields(&io, &opcode, &mtu);
    asked(l, &io);
}

static bool mtu_answered(struct gatt_link *l, uint64_t now, struct io *io)
{
    uint16_t mtu = 0;

    io_le16(io, &mtu);
    if (!io_done(io)) {
        return false;
    }
    gatt_agree_mtu(l, mtu);
    begin_step(l, STEP_SERVICE, now);
    return true;
}

/* Then it stays what it is. */
static const char *mtu_refused(struct gatt_link *l, uint64_t now, uint8_t error)
{
    (void)error;
    begin_step(l, STEP_SERVICE, now);
    return NULL;
}

/* -- the service ------------------------------------------------------------------------------- */

static const char *no_service(const struct gatt_link *l)
{
    return l->service == USHER_GATT_PROVISIONING ? "the peer has no Mesh Provisioning Service"
                                                 : "the peer has no Mesh Proxy Service";
}

static void ask_service(struct gatt_link *l)
{
    struct io io = request(l);
    uint8_t opcode = ATT_FIND_BY_TYPE_VALUE_REQ;
    uint16_t type = GATT_PRIMARY_SERVICE, service = (uint16_t)l->service;

    l->at = 1;
    l->end = ATT_HANDLE_MAX;
    att_range_fields(&io, &opcode, &l->at, &l->end);
    io_le16(&io, &type);
    io_le16(&io, &service);
    asked(l, &io);
}

static void found_service(struct gatt_link *l, uint64_t now, uint16_t start, uint16_t end)
{
    l->at = start;
    l->end = end;
    begin_step(l, STEP_CHARACTERISTICS, now);
}

static bool service_answered(struct gatt_link *l, uint64_t now, struct io *io)
{
    uint16_t start = 0, end = 0;

    io_le16(io, &start);
    io_le16(io, &end);
    if (!io_ok(io) || io_left(io) % 4 != 0 || !move_on(l, start, end)) {
        return false;
    }
    found_service(l, now, start, end);
    return true;
}

static const char *service_refused(struct gatt_link *l, uint64_t now, uint8_t error)
{
    if (error != ATT_REQUEST_NOT_SUPPORTED && error != ATT_NOT_FOUND) {
        return "the peer does not tell its services";
    }
    l->at = 1;
    l->end = ATT_HANDLE_MAX;
    begin_step(l, STEP_GROUPS, now);
    return NULL;
}

static void ask_groups(struct gatt_link *l)
{
    ask_for_type(l, ATT_READ_BY_GROUP_TYPE_REQ, GATT_PRIMARY_SERVICE);
}

static bool groups_answered(struct gatt_link *l, uint64_t now, struct io *io)
{
    uint8_t size = 0;

    io_u8(io, &size);
    if (!io_ok(io) || io_left(io) == 0 || (size != 4 + 2 && size != 4 + ATT_UUID128)) {
        return false;
    }
    while (io_left(io) != 0) {
        uint16_t start = 0, end = 0, uuid = 0;

        io_le16(io, &start);
        io_le16(io, &end);
        att_read_uuid(io, size - 4u, &uuid);
        if (!io_ok(io) || is_end(l) || !move_on(l, start, end)) {
            return false;
        }
        if (uuid == (uint16_t)l->service) {
            found_service(l, now, start, end);
            return true;
        }
    }
    if (is_end(l)) {
        gatt_fail(l, no_service(l));
    } else {
        ask(l);
    }
    return true;
}

static const char *groups_refused(struct gatt_link *l, uint64_t now, uint8_t error)
{
    (void)now;
    return error == ATT_NOT_FOUND ? no_service(l) : "the peer does not tell its services";
}

/* -- its characteristics ----------------------------------------------------------------------- */

static void ask_characteristics(struct gatt_link *l)
{
    ask_for_type(l, ATT_READ_BY_TYPE_REQ, GATT_CHARACTERISTIC);
}

static const char *no_characteristic(const struct gatt_link *l)
{
    return l->data_in == 0 ? "the peer's mesh service has no Data In"
                           : "the peer's mesh service has no Data Out";
}

static const char no_descriptor[] = "the peer's Data Out has no descriptor to subscribe with";

/* @return what is wrong with it; NULL: nothing */
static const char *take_characteristic(struct gatt_link *l, uint8_t properties, uint16_t value,
                                       uint16_t type)
{
    bool provisioning = l->service == USHER_GATT_PROVISIONING;
    uint16_t in = provisioning ? GATT_PROVISIONING_DATA_IN : GATT_PROXY_DATA_IN;
    uint16_t out = provisioning ? GATT_PROVISIONING_DATA_OUT : GATT_PROXY_DATA_OUT;

    if (type == in) {
        l->data_in = value;
        return (properties & GATT_PROPERTY_WRITE_WITHOUT_RESPONSE) != 0
                   ? NULL
                   : "the peer's Data In cannot be written without response";
    }
    if (type == out) {
        l->data_out = value;
        return (properties & GATT_PROPERTY_NOTIFY) != 0 ? NULL
                                                        : "the peer's Data Out does not notify";
    }
    return NULL;
}

/* When both are found: Data Out's descriptors are behind its value. */
static void found_characteristics(struct gatt_link *l, uint64_t now)
{
    if (l->data_out == l->end) {
        gatt_fail(l, no_descriptor);
        return;
    }
    l->at = (uint16_t)(l->data_out + 1);
    begin_step(l, STEP_DESCRIPTORS, now);
}

static bool characteristics_answered(struct gatt_link *l, uint64_t now, struct io *io)
{
    uint8_t size = 0;

    io_u8(io, &size);
    if (!io_ok(io) || io_left(io) == 0 || (size != 5 + 2 && size != 5 + ATT_UUID128)) {
        return false;
    }
    while (io_left(io) != 0) {
        uint16_t handle = 0, value = 0, type = 0;
        uint8_t properties = 0;
        const char *wrong;

        io_le16(io, &handle);
        io_u8(io, &properties);
        io_le16(io, &value);
        att_read_uuid(io, size - 5u, &type);
        if (!io_ok(io) || !move_on(l, handle, handle) || is_end(l) || value < l->at ||
            value > l->end) {
            return false;
        }
        wrong = take_characteristic(l, properties, value, type);
        if (wrong != NULL) {
            gatt_fail(l, wrong);
            return true;
        }
    }
    if (l->data_in != 0 && l->data_out != 0) {
        found_characteristics(l, now);
    } else {
        ask(l);
    }
    return true;
}

static const char *characteristics_refused(struct gatt_link *l, uint64_t now, uint8_t error)
{
    (void)now;
    return error == ATT_NOT_FOUND
               ? no_characteristic(l)
               : "the peer does not tell the characteristics of its mesh service";
}

/* -- the descriptor of Data Out ---------------------------------------------------------------- */

static void ask_descriptors(struct gatt_link *l)
{
    struct io io = request(l);
    uint8_t opcode = ATT_FIND_INFORMATION_REQ;

    att_range_fields(&io, &opcode, &l->at, &l->end);
    asked(l, &io);
}

static bool descriptors_answered(struct gatt_link *l, uint64_t now, struct io *io)
{
    uint8_t format = 0;

    io_u8(io, &format);
    if (!io_ok(io) || io_left(io) == 0 || (format != 1 && format != 2)) {
        return false;
    }
    while (io_left(io) != 0) {
        uint16_t handle = 0, type = 0;

        io_le16(io, &handle);
        att_read_uuid(io, format == 1 ? 2 : ATT_UUID128, &type);
        if (!io_ok(io) || is_end(l) || !move_on(l, handle, handle)) {
            return false;
        }
        if (type == GATT_CCCD) {
            l->at = handle;
            begin_step(l, STEP_SUBSCRIBE, now);
            return true;
        }
        if (type == GATT_CHARACTERISTIC) { /* the next one: Data Out's descriptors are over */
            gatt_fail(l, no_descriptor);
            return true;
        }
    }
    if (is_end(l)) {
        gatt_fail(l, no_descriptor);
    } else {
        ask(l);
    }
    return true;
}

static const char *descriptors_refused(struct gatt_link *l, uint64_t now, uint8_t error)
{
    (void)l;
    (void)now;
    return error == ATT_NOT_FOUND ? no_descriptor
                                  : "the peer does not tell the descriptors of its Data Out";
}

/* -- the subscription -------------------------------------------------------------------------- */

static void ask_subscription(struct gatt_link *l)
{
    struct io io = request(l);
    uint8_t opcode = ATT_WRITE_REQ;
    uint16_t value = GATT_CCCD_NOTIFY;

    att_handle_fields(&io, &opcode, &l->at);
    io_le16(&io, &value);
    asked(l, &io);
}

static bool subscription_answered(struct gatt_link *l, uint64_t now, struct io *io)
{
    (void)now;
    if (!io_done(io)) {
        return false;
    }
    l->step = STEP_DONE;
    gatt_open(l);
    return true;
}

static const char *subscription_refused(struct gatt_link *l, uint64_t now, uint8_t error)
{
    (void)l;
    (void)now;
    (void)error;
    return "the peer refused the subscription to its Data Out";
}

/* -- all steps --------------------------------------------------------------------------------- */

#define NO_ANSWER "the peer did not answer within 30 s: "
#define SENSELESS "the peer's answer makes no sense: "

static const struct step steps[STEP_DONE] = {
    [STEP_MTU] = { ask_mtu, mtu_answered, mtu_refused, NO_ANSWER "Exchange MTU Request",
                   SENSELESS "Exchange MTU Response" },
    [STEP_SERVICE] = { ask_service, service_answered, service_refused,
                       NO_ANSWER "Find By Type Value Request",
                       SENSELESS "Find By Type Value Response" },
    [STEP_GROUPS] = { ask_groups, groups_answered, groups_refused,
                      NO_ANSWER "Read By Group Type Request",
                      SENSELESS "Read By Group Type Response" },
    [STEP_CHARACTERISTICS] = { ask_characteristics, characteristics_answered,
                               characteristics_refused, NO_ANSWER "Read By Type Request",
                               SENSELESS "Read By Type Response" },
    [STEP_DESCRIPTORS] = { ask_descriptors, descriptors_answered, descriptors_refused,
                           NO_ANSWER "Find Information Request",
                           SENSELESS "Find Information Response" },
    [STEP_SUBSCRIBE] = { ask_subscription, subscription_answered, subscription_refused,
                         NO_ANSWER "Write Request", SENSELESS "Write Response" },
};

void gatt_client_begin(struct gatt_link *l, uint64_t now)
{
    begin_step(l, STEP_MTU, now);
}

const char *gatt_client_timeout(const struct gatt_link *l)
{
    return steps[l->step].timeout;
}

static bool wants_pairing(uint8_t error)
{
    return error == ATT_INSUFFICIENT_AUTHENTICATION || error == ATT_INSUFFICIENT_AUTHORIZATION ||
           error == ATT_INSUFFICIENT_ENCRYPTION;
}

static bool rx_error(struct gatt_link *l, uint64_t now, struct io *io)
{
    struct att_error_rsp error = { .opcode = ATT_ERROR_RSP };
    const char *why;

    io_u8(io, &error.request);
    io_le16(io, &error.handle);
    io_u8(io, &error.error);
    if (!io_done(io) || error.request != l->request[0]) {
        return false;
    }
    why = steps[l->step].refused(l, now, error.error);
    if (why != NULL) {
        gatt_fail(l, wants_pairing(error.error)
                         ? "the peer wants to be paired with, which mesh services do not need"
                         : why);
    }
    return true;
}

/* Answers to nothing are nothing, also those to a request that has not yet left. */
void gatt_client_response(struct gatt_link *l, uint64_t now, const uint8_t *pdu, size_t len)
{
    struct io io = io_reader(pdu, len);
    const struct step *step = &steps[l->step];
    uint8_t opcode = 0;
    bool makes_sense = false;

    if (l->awaited == 0 || l->request_len != 0) {
        return;
    }
    io_u8(&io, &opcode);
    if (len <= l->mtu && opcode == ATT_ERROR_RSP) {
        l->awaited = 0;
        makes_sense = rx_error(l, now, &io);
    } else if (len <= l->mtu && opcode == l->awaited) {
        l->awaited = 0;
        makes_sense = step->answered(l, now, &io);
    }
    if (!makes_sense) {
        gatt_fail(l, step->senseless);
    }
}

void gatt_client_notification(struct gatt_link *l, const uint8_t *pdu, size_t len)
{
    struct io io = io_reader(pdu, len);
    uint16_t handle = 0;
    uint8_t opcode = 0;

    att_handle_fields(&io, &opcode, &handle);
    if (io_ok(&io) && io_left(&io) != 0 && opcode == ATT_VALUE_NTF && !l->server && l->open &&
        handle == l->data_out) {
        gatt_take_value(l, pdu + io_pos(&io), io_left(&io));
    }
}
