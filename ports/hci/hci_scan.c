/*
 * Scanning (Core Specification, Vol 4, Part E, sections 7.8.10 to 7.8.11, and 7.8.64 to 7.8.65
 * where advertising is extended): on while the instance wants to hear anything, all the time
 * (window = interval), and without the controller's filter of duplicates, since a repeated PDU of
 * PB-ADV means something. Parameters are set once after each Reset (hci_start.c): not all
 * controllers change them while they scan. Called by hci_host.c.
 */
#include "hci_parts.h"

#define SCAN_INTERVAL 0x0030u /* 30 ms on one channel, in units of 0.625 ms */
#define RETRY_MS 1000u        /* after scanning was refused */

#define PHY_1M 1u

#define AD_URI 0x24u
#define AD_PB_ADV 0x29u
#define AD_MESSAGE 0x2Au
#define AD_BEACON 0x2Bu

void host_scan_parameters(const struct hci_host *h, struct io *io)
{
    if (h->extended) {
        hci_put8(io, h->use_public ? 0 : 1);
        hci_put8(io, 0); /* all advertisers */
        hci_put8(io, PHY_1M);
    }
    hci_put8(io, h->config.active_scan ? 1 : 0);
    hci_put16(io, SCAN_INTERVAL);
    hci_put16(io, SCAN_INTERVAL);
    if (!h->extended) {
        hci_put8(io, h->use_public ? 0 : 1);
        hci_put8(io, 0);
    }
}

bool host_scan_next(struct hci_host *h, struct hci_command *c)
{
    bool want = h->scan_what != USHER_SCAN_OFF && !(h->scan_pauses && host_conn_making(h));
    struct io io;

    if (want == h->scan_on || h->scan_at != 0) {
        return false;
    }
    h->scan_on = want;
    io = hci_command_open(c, h->extended ? HCI_LE_SET_EXT_SCAN_ENABLE : HCI_LE_SET_SCAN_ENABLE);
    c->on = want;
    hci_put8(&io, want);
    hci_put8(&io, 0); /* duplicates are reported */
    if (h->extended) {
        hci_put16(&io, 0); /* until it is switched off */
        hci_put16(&io, 0);
    }
    hci_command_close(c, &io);
    return true;
}

void host_scan_answer(struct hci_host *h, const struct hci_pending *p, uint8_t status)
{
    if (!p->on) {
        return;
    }
    if (status == HCI_OK) {
        h->why[0] = '\0';
        return;
    }
    host_why(h, "the controller refuses", p->opcode, status);
    h->scan_on = false;
    h->scan_at = h->now + RETRY_MS;
}

void host_scan_process(struct hci_host *h)
{
    if (h->scan_at != 0 && h->scan_at <= h->now) {
        h->scan_at = 0;
        host_touch(h);
    }
}

/* The AD types that the instance asks for, of a PDU with several. */
static bool has_wanted_ad(unsigned what, const uint8_t *ad, size_t left)
{
    while (left >= 2 && ad[0] != 0 && ad[0] < left) {
        uint8_t type = ad[1];

        if (((what & USHER_SCAN_PB_ADV) != 0 && type == AD_PB_ADV) ||
            ((what & USHER_SCAN_BEACON) != 0 && (type == AD_BEACON || type == AD_URI)) ||
            ((what & USHER_SCAN_MESH) != 0 && type == AD_MESSAGE)) {
            return true;
        }
        left -= ad[0] + 1u;
        ad += ad[0] + 1u;
    }
    return false;
}

static bool wanted(unsigned what, const struct usher_adv_report *report)
{
    switch (report->type) {
    case USHER_ADV_NONCONN_IND:
        return has_wanted_ad(what, report->data, report->len);
    case USHER_ADV_IND:
    case USHER_ADV_SCAN_RSP:
        return (what & USHER_SCAN_GATT) != 0;
    default:
        return false;
    }
}

void host_scan_reports(struct hci_host *h, bool extended, struct io *io)
{
    struct usher_adv_report report;
    uint8_t count = 0;
    bool legacy_pdu = false;

    io_u8(io, &count);
    for (; count > 0 && h->state == HCI_READY; count--) {
        if (!hci_report_read(io, extended, &report, &legacy_pdu)) {
            return;
        }
        if (legacy_pdu && report.type == USHER_ADV_IND) {
            host_conn_heard(h, &report);
        }
        if (legacy_pdu && report.len <= USHER_AD_MAX && wanted(h->scan_what, &report)) {
            usher_in_adv(h->node, &report);
        }
    }
}

enum usher_err host_scan(void *ctx, unsigned what)
{
    struct hci_host *h = ctx;

    host_enter(h);
    h->scan_what = (uint8_t)what;
    host_touch(h);
    host_leave(h);
    return USHER_OK;
}
