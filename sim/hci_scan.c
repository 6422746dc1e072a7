/*
 * Scanning of the simulated controller (Core Specification, Vol 4, Part E, 7.8.10, 7.8.11, 7.8.64
 * and 7.8.65), and its reports in both forms, one to an event. The air hears all the time, on the
 * channels that it goes through by itself; what comes outside the scan window is not reported.
 * Called through the table by hci_commands.c, and by hci.c and hci_link.c.
 */
#include "hci_state.h"

enum {
    SCAN_UNIT_US = 625,
    SCAN_MIN = 0x0004,
    SCAN_MAX = 0x4000, /* of legacy commands */
    DURATION_UNIT_US = 10000,
    PERIOD_UNIT_US = 1280000,
    PHY_1M = 1 << 0,
    PHY_CODED = 1 << 2,
    TX_POWER_UNKNOWN = 0x7F,
    NO_SID = 0xFF,
};

void hci_scan_listen(struct sim_hci *c)
{
    bool listens = c->scanner.enabled || (c->initiator.active && c->initiator.by_list);

    air_scan_active(c->radio, c->scanner.enabled && c->scanner.active);
    air_scan(c->radio, listens ? 0xFF : USHER_SCAN_OFF);
}

static void stop(struct sim_hci *c)
{
    air_timer_stop(c->air, &c->scanner.end);
    c->scanner.enabled = false;
    hci_scan_listen(c);
}

void hci_scan_reset(struct sim_hci *c)
{
    stop(c);
    c->scanner = (struct scanner){
        .interval_us = 0x10 * SCAN_UNIT_US,
        .window_us = 0x10 * SCAN_UNIT_US,
    };
}

/* -- reports --- */

/* Whether the scanner's receiver is on. */
static bool in_window(const struct sim_hci *c)
{
    const struct scanner *s = &c->scanner;
    uint64_t time = air_now_us(c->air) - s->since;

    return time % s->interval_us < s->window_us &&
           (s->period_us == 0 || time % s->period_us < s->duration_us);
}

/* Filter_Duplicates 2: what was reported in an earlier period may be reported again. */
static void period_look(struct sim_hci *c)
{
    struct scanner *s = &c->scanner;
    uint64_t period = s->period_us != 0 ? (air_now_us(c->air) - s->since) / s->period_us : 0;

    if (s->filter_duplicates == 2 && period != s->seen_period) {
        s->seen_period = period;
        s->seen_count = s->seen_next = 0;
    }
}

/* Whether it was reported before, as far as can be remembered; it is from here on. */
static bool duplicate(struct sim_hci *c, const struct usher_adv_report *report)
{
    struct scanner *s = &c->scanner;

    period_look(c);
    for (unsigned i = 0; i < s->seen_count; i++) {
        if (s->seen_type[i] == report->type && s->seen[i].type == report->addr_type &&
            memcmp(s->seen[i].addr, report->addr, sizeof(report->addr)) == 0) {
            return true;
        }
    }
    s->seen_type[s->seen_next] = (uint8_t)report->type;
    s->seen[s->seen_next].type = report->addr_type;
    memcpy(s->seen[s->seen_next].addr, report->addr, sizeof(report->addr));
    s->seen_next = (uint8_t)((s->seen_next + 1) % DUPLICATES);
    s->seen_count = s->seen_count < DUPLICATES ? (uint8_t)(s->seen_count + 1) : s->seen_count;
    return false;
}

static uint16_t extended_type(const struct scanner *s, enum usher_adv_type type)
{
    switch (type) {
    case USHER_ADV_IND:
        return 0x0013;
    case USHER_ADV_SCAN_IND:
        return 0x0012;
    case USHER_ADV_SCAN_RSP:
        return s->response_to_connectable ? 0x001B : 0x001A;
    default:
        return 0x0010;
    }
}

static void report_extended(struct sim_hci *c, const struct usher_adv_report *report)
{
    uint8_t event[25 + USHER_AD_MAX] = { 1 };

    put16(event + 1, extended_type(&c->scanner, report->type));
    event[3] = report->addr_type;
    put_reversed(event + 4, report->addr, sizeof(report->addr));
    event[10] = PHY_1M;
    event[11] = 0; /* no secondary channel */
    event[12] = NO_SID;
    event[13] = TX_POWER_UNKNOWN;
    event[14] = (uint8_t)report->rssi;
    /* no periodic advertising, no direct address: zeros */
    event[24] = report->len;
    memcpy(event + 25, report->data, report->len);
    hci_le_event(c, LE_EXT_ADV_REPORT, event, 25u + report->len);
}

static void report_legacy(struct sim_hci *c, const struct usher_adv_report *report)
{
    uint8_t event[11 + USHER_AD_MAX] = { 1, (uint8_t)report->type, report->addr_type };

    put_reversed(event + 3, report->addr, sizeof(report->addr));
    event[9] = report->len;
    memcpy(event + 10, report->data, report->len);
    event[10 + report->len] = (uint8_t)report->rssi;
    hci_le_event(c, LE_ADV_REPORT, event, 11u + report->len);
}

void hci_scan_report(struct sim_hci *c, const struct usher_adv_report *report)
{
    struct scanner *s = &c->scanner;

    if (!s->enabled || !in_window(c) ||
        (s->use_list && !hci_accept_listed(c, report->addr_type, report->addr)) ||
        (s->filter_duplicates != 0 && duplicate(c, report))) {
        return;
    }
    if (report->type == USHER_ADV_IND || report->type == USHER_ADV_SCAN_IND) {
        s->response_to_connectable = report->type == USHER_ADV_IND;
    }
    if (c->mode == MODE_EXTENDED) {
        report_extended(c, report);
    } else {
        report_legacy(c, report);
    }
}

/* -- commands --- */

static void end_due(void *ctx)
{
    struct sim_hci *c = ctx;

    stop(c);
    hci_le_event(c, LE_SCAN_TIMEOUT, NULL, 0);
}

/* Type, interval and window. */
static bool timing_valid(uint8_t type, uint16_t interval, uint16_t window)
{
    return type <= 1 && interval >= SCAN_MIN && window >= SCAN_MIN && window <= interval;
}

static uint8_t who_check(uint8_t own_type, uint8_t filter)
{
    uint8_t status = hci_own_type_check(own_type);

    if (status == ST_OK && filter > 3) {
        status = ST_INVALID;
    }
    return status == ST_OK && filter > 1 ? ST_UNSUPPORTED : status;
}

static void parameters_set(struct scanner *s, const uint8_t *timing, uint8_t own_type,
                           uint8_t filter)
{
    s->active = timing[0] != 0;
    s->interval_us = get16(timing + 1) * (uint32_t)SCAN_UNIT_US;
    s->window_us = get16(timing + 3) * (uint32_t)SCAN_UNIT_US;
    s->random = own_type != 0;
    s->use_list = filter != 0;
}

static uint8_t legacy_parameters(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    uint8_t status = who_check(p[5], p[6]);

    (void)len;
    (void)answer;
    if (c->scanner.enabled) {
        return ST_DISALLOWED;
    }
    if (status == ST_OK &&
        (!timing_valid(p[0], get16(p + 1), get16(p + 3)) || get16(p + 1) > SCAN_MAX)) {
        status = ST_INVALID;
    }
    if (status == ST_OK) {
        parameters_set(&c->scanner, p, p[5], p[6]);
    }
    return status;
}

static uint8_t start(struct sim_hci *c, uint8_t filter_duplicates, uint16_t duration,
                     uint16_t period)
{
    struct scanner *s = &c->scanner;
    uint64_t now = air_now_us(c->air);

    if (s->random && !c->has_random) {
        return ST_INVALID;
    }
    s->duration_us = (uint64_t)duration * DURATION_UNIT_US;
    s->period_us = duration != 0 ? (uint64_t)period * PERIOD_UNIT_US : 0;
    if (s->duration_us == 0 || s->period_us != 0) {
        air_timer_stop(c->air, &s->end);
    } else if (!air_timer_set(c->air, &s->end, now + s->duration_us, end_due, c)) {
        return ST_MEMORY;
    }
    s->enabled = true;
    s->filter_duplicates = filter_duplicates;
    s->seen_count = s->seen_next = 0;
    s->seen_period = 0;
    s->since = now;
    hci_scan_listen(c);
    return ST_OK;
}

static uint8_t legacy_enable(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)len;
    (void)answer;
    if (p[0] > 1 || p[1] > 1) {
        return ST_INVALID;
    }
    if (p[0] == 0) {
        stop(c);
        return ST_OK;
    }
    return start(c, p[1], 0, 0);
}

/* Own address, filter, PHYs; then type, interval and window of each PHY. */
static uint8_t ext_parameters(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    uint8_t status = who_check(p[0], p[1]);

    (void)answer;
    if (c->scanner.enabled) {
        return ST_DISALLOWED;
    }
    if (status == ST_OK && p[2] != PHY_1M) {
        status = (p[2] & PHY_CODED) != 0 ? ST_UNSUPPORTED : ST_INVALID;
    }
    if (status == ST_OK && (len != 8 || !timing_valid(p[3], get16(p + 4), get16(p + 6)))) {
        status = ST_INVALID;
    }
    if (status == ST_OK) {
        parameters_set(&c->scanner, p + 3, p[0], p[1]);
    }
    return status;
}

static uint8_t ext_enable(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    uint16_t duration = get16(p + 2), period = get16(p + 4);

    (void)len;
    (void)answer;
    if (p[0] > 1 || p[1] > 2) {
        return ST_INVALID;
    }
    if (p[0] == 0) {
        stop(c);
        return ST_OK;
    }
    if ((p[1] == 2 && (period == 0 || duration == 0)) ||
        (period != 0 &&
         (uint64_t)duration * DURATION_UNIT_US >= (uint64_t)period * PERIOD_UNIT_US)) {
        return ST_INVALID;
    }
    return start(c, p[1], duration, period);
}

const struct hci_command_row hci_scan_commands[] = {
    { 0x200B, 7, F_LEGACY, 26, 2, 0, legacy_parameters },
    { 0x200C, 2, F_LEGACY, 26, 3, 0, legacy_enable },
    { 0x2041, 3, F_EXTENDED | F_NEW | F_VARIABLE, 37, 5, 0, ext_parameters },
    { 0x2042, 6, F_EXTENDED | F_NEW, 37, 6, 0, ext_enable },
    { 0 },
};
