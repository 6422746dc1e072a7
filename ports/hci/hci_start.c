/*
 * What follows a Reset (Core Specification, Vol 4, Part E, section 7): finding out what the
 * controller is, and setting up what stays. One command at a time. Called by hci_host.c.
 *
 * What is needed is refused with a line that names the command; what is not, is done without: no
 * extended advertising, no connections, or the controller's public address in place of ours.
 */
#include "hci_parts.h"

#include <string.h>

#define EVENT_MASK_LE_META 61u
#define EVENT_MASK_DEFAULT UINT64_C(0x00001FFFFFFFFFFF)

/* LE events, a bit each: the subevent less one. */
#define LE_EVENT(subevent) (UINT64_C(1) << ((subevent)-1u))

#define FEATURE_PARAMETER_REQUEST 1u /* bits of the LE features */
#define FEATURE_EXTENDED_ADV 12u

#define ACL_LEN_MIN 27u /* octets in an ACL buffer of LE, at least */

/* One step. `write` gives its parameters, or says that it is not called for. */
struct step {
    uint16_t opcode;
    bool needed;
    bool (*write)(struct hci_host *h, struct io *io);
    void (*answer)(struct hci_host *h, struct io *io);
};

static bool feature(const struct hci_host *h, unsigned bit)
{
    return (h->features[bit / 8] >> bit % 8 & 1) != 0;
}

static void put64(struct io *io, uint64_t v)
{
    for (unsigned i = 0; i < 8; i++) {
        hci_put8(io, (uint8_t)(v >> 8 * i));
    }
}

/* -- what the controller is -------------------------------------------------------------------- */

static void version_answer(struct hci_host *h, struct io *io)
{
    io_u8(io, &h->version);
}

/* Whether it has all commands of extended advertising and scanning, and of connecting then. */
static void commands_answer(struct hci_host *h, struct io *io)
{
    const uint8_t *octets = hci_take(io, 38);

    /* 36: set address, parameters, data, scan response, enable, count of sets; 37: remove,
     * scan parameters, scan enable, create connection */
    if (octets != NULL) {
        h->can_extended = (octets[36] & 0xBE) == 0xBE && (octets[37] & 0xE1) == 0xE1;
    }
}

static void features_answer(struct hci_host *h, struct io *io)
{
    io_bytes(io, h->features, sizeof(h->features));
}

static bool sets_write(struct hci_host *h, struct io *io)
{
    (void)io;
    return !h->config.legacy && h->can_extended && feature(h, FEATURE_EXTENDED_ADV);
}

static void sets_answer(struct hci_host *h, struct io *io)
{
    io_u8(io, &h->sets);
    h->extended = io_ok(io) && h->sets > 0;
}

static void bd_addr_answer(struct hci_host *h, struct io *io)
{
    static const uint8_t none[6];

    hci_addr(io, h->public_address);
    h->can_public = io_ok(io) && memcmp(h->public_address, none, sizeof(none)) != 0;
}

/* -- buffers ----------------------------------------------------------------------------------- */

static void buffers_set(struct hci_host *h, uint16_t len, uint16_t count)
{
    if (len >= ACL_LEN_MIN && count > 0) {
        h->acl_len = len < L2CAP_FRAME_MAX ? len : (uint16_t)L2CAP_FRAME_MAX;
        h->acl_count = count;
    }
}

static bool le_buffers_write(struct hci_host *h, struct io *io)
{
    (void)io;
    return h->config.conn_count > 0;
}

static void le_buffers_answer(struct hci_host *h, struct io *io)
{
    uint16_t len = 0;
    uint8_t count = 0;

    io_le16(io, &len);
    io_u8(io, &count);
    buffers_set(h, len, count);
}

/* LE may share the buffers of BR/EDR. */
static bool buffers_write(struct hci_host *h, struct io *io)
{
    (void)io;
    return h->config.conn_count > 0 && h->acl_len == 0;
}

static void buffers_answer(struct hci_host *h, struct io *io)
{
    uint16_t len = 0, count = 0;
    uint8_t sco = 0;

    io_le16(io, &len);
    io_u8(io, &sco);
    io_le16(io, &count);
    buffers_set(h, len, count);
}

/* -- what stays -------------------------------------------------------------------------------- */

static bool event_mask_write(struct hci_host *h, struct io *io)
{
    (void)h;
    put64(io, EVENT_MASK_DEFAULT | UINT64_C(1) << EVENT_MASK_LE_META);
    return true;
}

static bool le_event_mask_write(struct hci_host *h, struct io *io)
{
    uint64_t mask = LE_EVENT(HCI_LE_CONNECTION_COMPLETE) | LE_EVENT(HCI_LE_ADV_REPORT) |
                    LE_EVENT(HCI_LE_LTK_REQUEST);

    if (feature(h, FEATURE_PARAMETER_REQUEST)) {
        mask |= LE_EVENT(HCI_LE_PARAMETER_REQUEST);
    }
    if (h->extended) {
        mask |= LE_EVENT(HCI_LE_ENHANCED_CONNECTION_COMPLETE) | LE_EVENT(HCI_LE_EXT_ADV_REPORT) |
                LE_EVENT(HCI_LE_SET_TERMINATED);
    }
    put64(io, mask);
    return true;
}

static bool address_write(struct hci_host *h, struct io *io)
{
    hci_addr(io, h->address);
    return true;
}

static bool scan_write(struct hci_host *h, struct io *io)
{
    if (h->extended) {
        return false;
    }
    host_scan_parameters(h, io);
    return true;
}

static bool ext_scan_write(struct hci_host *h, struct io *io)
{
    if (!h->extended) {
        return false;
    }
    host_scan_parameters(h, io);
    return true;
}

/* -- the steps --------------------------------------------------------------------------------- */

static const struct step steps[] = {
    { HCI_RESET, true, NULL, NULL },
    { HCI_READ_VERSION, false, NULL, version_answer },
    { HCI_READ_COMMANDS, false, NULL, commands_answer },
    { HCI_LE_READ_FEATURES, false, NULL, features_answer },
    { HCI_LE_READ_ADV_SETS, false, sets_write, sets_answer },
    { HCI_SET_EVENT_MASK, true, event_mask_write, NULL },
    { HCI_LE_SET_EVENT_MASK, true, le_event_mask_write, NULL },
    { HCI_READ_BD_ADDR, false, NULL, bd_addr_answer },
    { HCI_LE_READ_BUFFER_SIZE, false, le_buffers_write, le_buffers_answer },
    { HCI_READ_BUFFER_SIZE, false, buffers_write, buffers_answer },
    { HCI_LE_SET_RANDOM_ADDRESS, false, address_write, NULL },
    { HCI_LE_SET_SCAN_PARAMETERS, true, scan_write, NULL },
    { HCI_LE_SET_EXT_SCAN_PARAMETERS, true, ext_scan_write, NULL },
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

/* What a Reset makes unknown again: another controller may be there. */
static void forget(struct hci_host *h)
{
    h->version = 0;
    h->can_extended = h->extended = h->can_public = h->use_public = false;
    memset(h->features, 0, sizeof(h->features));
    h->sets = 0;
    h->acl_len = h->acl_count = 0;
}

bool host_start_next(struct hci_host *h, struct hci_command *c)
{
    while (h->step < STEPS) {
        const struct step *s = &steps[h->step];
        struct io io = hci_command_open(c, s->opcode);

        if (s->write == NULL || s->write(h, &io)) {
            hci_command_close(c, &io);
            return true;
        }
        h->step++;
    }
    return false;
}

/* Whether anything is to come, from the present step on. */
static bool last(struct hci_host *h)
{
    struct hci_command c;

    return !host_start_next(h, &c);
}

void host_start_answer(struct hci_host *h, uint16_t opcode, uint8_t status, struct io *io)
{
    const struct step *s = &steps[h->step];

    if (opcode == HCI_RESET) {
        forget(h);
    } else if (opcode == HCI_LE_SET_RANDOM_ADDRESS) {
        h->use_public = status != HCI_OK;
    }
    if (status != HCI_OK && (s->needed || (h->use_public && !h->can_public))) {
        host_fail(h, "the controller refuses", opcode, status);
        return;
    }
    if (status == HCI_OK && s->answer != NULL) {
        s->answer(h, io);
    }
    h->step++;
    if (last(h)) {
        host_ready(h);
    }
}
