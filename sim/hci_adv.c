/*
 * Advertising of the simulated controller (Core Specification, Vol 4, Part E, 7.8.5 to 7.8.9 and
 * 7.8.52 to 7.8.60; Vol 6, Part B, 4.4.2): sets, of which legacy commands use the first. Each event
 * is handed to the air by itself when it is due, so data that change are sent from the next event
 * on, and events are counted exactly. The sets share the radio, which sends one event at a time.
 * Called through the table by hci_commands.c, and by hci.c and hci_link.c.
 */
#include "hci_state.h"

enum {
    INTERVAL_UNIT_US = 625,
    INTERVAL_MIN = 0x0020,
    INTERVAL_MAX = 0x4000,     /* of legacy commands */
    INTERVAL_MIN_4_2 = 0x00A0, /* before Bluetooth 5.0, unless connectable */
    INTERVAL_DEFAULT = 0x0800,
    ADV_DELAY_US = 10000,
    DURATION_UNIT_US = 10000,
    OPERATION_COMPLETE = 3,
    TX_POWER_DBM = 0,
};

/* -- events --- */

static void next_due(void *ctx);

static void event_plan(struct adv_set *s)
{
    struct sim_hci *c = s->controller;

    (void)air_timer_set(c->air, &s->next, s->due, next_due, s); /* it was set by enable() */
}

static void next_due(void *ctx)
{
    struct adv_set *s = ctx;
    struct sim_hci *c = s->controller;
    uint8_t slot = (uint8_t)(s - c->sets);
    struct usher_adv adv = { .slot = slot, .type = s->type, .count = 1, .len = s->ad_len };

    memcpy(adv.data, s->ad, s->ad_len);
    hci_address_use(c, (s->own_type & 1) != 0, c->mode == MODE_EXTENDED ? s->random : c->random);
    air_scan_response_set(c->radio, slot, s->rsp, s->rsp_len);
    (void)air_send(c->radio, &adv); /* the slot is free: what it had is done or stopped */
}

void hci_address_use(struct sim_hci *c, bool is_random, const uint8_t random[6])
{
    struct usher_ble_addr addr = { .type = is_random };

    memcpy(addr.addr, is_random ? random : c->bd_addr, sizeof(addr.addr));
    air_addr_set(c->radio, &addr);
}

static void end(struct adv_set *s)
{
    struct sim_hci *c = s->controller;

    s->enabled = false;
    air_timer_stop(c->air, &s->next);
    air_timer_stop(c->air, &s->end);
    air_stop(c->radio, (uint8_t)(s - c->sets));
}

static void tell_terminated(const struct adv_set *s, uint8_t status, uint16_t handle)
{
    struct sim_hci *c = s->controller;
    uint8_t event[5] = { status, s->handle };

    if (c->mode == MODE_EXTENDED) {
        put16(event + 2, handle);
        event[4] = s->max_events != 0 ? s->events : 0;
        hci_le_event(c, LE_SET_TERMINATED, event, sizeof(event));
    }
}

static void end_due(void *ctx)
{
    struct adv_set *s = ctx;

    end(s);
    tell_terminated(s, ST_ADVERTISING_TIMEOUT, 0);
}

/* One event is over: the next one, if there is one. */
static void event_over(struct adv_set *s)
{
    struct sim_hci *c = s->controller;
    uint16_t random;

    s->events++;
    if (s->max_events != 0 && s->events == s->max_events) {
        end(s);
        tell_terminated(s, ST_LIMIT_REACHED, 0);
        return;
    }
    air_random(c->radio, (uint8_t *)&random, sizeof(random));
    s->due += s->interval_us + random % (ADV_DELAY_US + 1u);
    if (s->due < air_now_us(c->air)) { /* the radio is overbooked: events are late */
        s->due = air_now_us(c->air);
    }
    event_plan(s);
}

void hci_adv_done(struct sim_hci *c, uint8_t slot)
{
    event_over(&c->sets[slot]);
}

void hci_adv_connected(struct sim_hci *c, uint8_t slot, uint16_t handle)
{
    struct adv_set *s = &c->sets[slot];

    end(s);
    tell_terminated(s, ST_OK, handle);
}

void hci_adv_missed(struct sim_hci *c, uint8_t slot)
{
    event_over(&c->sets[slot]);
}

bool hci_adv_enabled(const struct sim_hci *c)
{
    bool enabled = false;

    for (unsigned i = 0; i < SIM_HCI_SETS; i++) {
        enabled |= c->sets[i].enabled;
    }
    return enabled;
}

/* What enabling a set needs, apart from memory. */
static uint8_t enable_check(const struct sim_hci *c, const struct adv_set *s)
{
    bool has_random = c->mode == MODE_EXTENDED ? s->has_random : c->has_random;

    if ((s->own_type & 1) != 0 && !has_random) {
        return ST_INVALID;
    }
    if (s->type == USHER_ADV_IND && !hci_link_room(c)) {
        return ST_CONNECTION_LIMIT;
    }
    return ST_OK;
}

/* A set that is enabled already begins anew. @param duration  In 10 ms; 0: no end */
static uint8_t enable(struct adv_set *s, uint16_t duration, uint8_t max_events)
{
    struct sim_hci *c = s->controller;
    uint64_t now = air_now_us(c->air);

    end(s);
    if (!air_timer_set(c->air, &s->next, now, next_due, s) ||
        (duration != 0 &&
         !air_timer_set(c->air, &s->end, now + (uint64_t)duration * DURATION_UNIT_US, end_due,
                        s))) {
        end(s);
        return ST_MEMORY;
    }
    s->enabled = true;
    s->due = now;
    s->events = 0;
    s->max_events = max_events;
    return ST_OK;
}

/* -- what both kinds of commands share --- */

uint8_t hci_own_type_check(uint8_t own_type)
{
    if (own_type > 3) {
        return ST_INVALID;
    }
    return own_type > 1 ? ST_UNSUPPORTED : ST_OK; /* there is no privacy */
}

/* Channel map and filter policy. */
static uint8_t channels_check(uint8_t map, uint8_t filter)
{
    if (map == 0 || map > 7 || filter > 3) {
        return ST_INVALID;
    }
    return filter != 0 ? ST_UNSUPPORTED : ST_OK;
}

/* -- legacy commands --- */

static uint8_t legacy_parameters(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    struct adv_set *s = &c->sets[0];
    uint16_t min = get16(p), max = get16(p + 2);
    uint8_t type = p[4], status;
    bool plain = type == USHER_ADV_NONCONN_IND || type == USHER_ADV_SCAN_IND;

    (void)len;
    (void)answer;
    if (s->enabled) {
        return ST_DISALLOWED;
    }
    if (min < INTERVAL_MIN || max > INTERVAL_MAX || min > max || type > 4 || p[6] > 1 ||
        (plain && c->config.legacy_only && min < INTERVAL_MIN_4_2)) {
        return ST_INVALID;
    }
    status = hci_own_type_check(p[5]);
    status = status != ST_OK ? status : channels_check(p[13], p[14]);
    if (status != ST_OK) {
        return status;
    }
    if (type != USHER_ADV_IND && !plain) {
        return ST_UNSUPPORTED;
    }
    s->interval_us = min * (uint32_t)INTERVAL_UNIT_US;
    s->type = (enum usher_adv_type)type;
    s->own_type = p[5];
    return ST_OK;
}

static uint8_t legacy_data(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    struct adv_set *s = &c->sets[0];

    (void)answer;
    if (p[0] > USHER_AD_MAX) {
        return ST_INVALID;
    }
    s->ad_len = p[0];
    memcpy(s->ad, p + 1, len - 1u);
    return ST_OK;
}

static uint8_t legacy_response(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    struct adv_set *s = &c->sets[0];

    (void)answer;
    if (p[0] > USHER_AD_MAX) {
        return ST_INVALID;
    }
    s->rsp_len = p[0];
    memcpy(s->rsp, p + 1, len - 1u);
    return ST_OK;
}

static uint8_t legacy_enable(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    struct adv_set *s = &c->sets[0];
    uint8_t status;

    (void)len;
    (void)answer;
    if (p[0] > 1) {
        return ST_INVALID;
    }
    if (p[0] == 0) {
        end(s);
        return ST_OK;
    }
    if (s->enabled) {
        return ST_OK;
    }
    status = enable_check(c, s);
    return status != ST_OK ? status : enable(s, 0, 0);
}

static uint8_t read_tx_power(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)c;
    (void)p;
    (void)len;
    answer[0] = TX_POWER_DBM;
    return ST_OK;
}

/* -- extended commands --- */

/* @retval NULL: no such set. */
static struct adv_set *set_find(struct sim_hci *c, uint8_t handle)
{
    for (unsigned i = 0; i < c->config.sets; i++) {
        if (c->sets[i].used && c->sets[i].handle == handle) {
            return &c->sets[i];
        }
    }
    return NULL;
}

static struct adv_set *set_vacant(struct sim_hci *c)
{
    for (unsigned i = 0; i < c->config.sets; i++) {
        if (!c->sets[i].used) {
            return &c->sets[i];
        }
    }
    return NULL;
}

/* @retval false: not one of the legacy PDUs that can be sent. */
static bool properties_type(uint16_t properties, enum usher_adv_type *type)
{
    switch (properties) {
    case 0x0010:
        *type = USHER_ADV_NONCONN_IND;
        return true;
    case 0x0012:
        *type = USHER_ADV_SCAN_IND;
        return true;
    case 0x0013:
        *type = USHER_ADV_IND;
        return true;
    default:
        return false;
    }
}

/* Offsets: handle 0, properties 1, intervals 3 and 6, channels 9, own 10, peer 11, filter 18, power
 * 19, primary PHY 20, skip 21, secondary PHY 22, SID 23, notification 24. */
static uint8_t ext_check(const uint8_t *p)
{
    uint32_t min = get24(p + 3), max = get24(p + 6);
    uint8_t status;

    if (p[0] > 0xEF || min < INTERVAL_MIN || min > max || p[11] > 1 || p[23] > 0x0F || p[24] > 1) {
        return ST_INVALID;
    }
    status = hci_own_type_check(p[10]);
    status = status != ST_OK ? status : channels_check(p[9], p[18]);
    if (status == ST_OK && p[20] != 1) {
        status = p[20] == 3 ? ST_UNSUPPORTED : ST_INVALID; /* LE Coded */
    }
    return status;
}

static uint8_t ext_parameters(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    struct adv_set *s = set_find(c, p[0]);
    enum usher_adv_type type;
    uint8_t status = ext_check(p);

    (void)len;
    answer[0] = TX_POWER_DBM;
    if (status != ST_OK) {
        return status;
    }
    if (!properties_type(get16(p + 1), &type)) {
        return ST_UNSUPPORTED;
    }
    if (s != NULL && s->enabled) {
        return ST_DISALLOWED;
    }
    if (s == NULL) {
        s = set_vacant(c);
        if (s == NULL) {
            return ST_MEMORY;
        }
        s->used = true;
        s->has_random = false;
        s->ad_len = s->rsp_len = 0;
    }
    s->handle = p[0];
    s->type = type;
    s->interval_us = get24(p + 3) * INTERVAL_UNIT_US;
    s->own_type = p[10];
    return ST_OK;
}

static uint8_t ext_random(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    struct adv_set *s = set_find(c, p[0]);

    (void)len;
    (void)answer;
    if (s == NULL) {
        return ST_UNKNOWN_SET;
    }
    if (s->enabled && s->type == USHER_ADV_IND) {
        return ST_DISALLOWED;
    }
    put_reversed(s->random, p + 1, sizeof(s->random));
    s->has_random = true;
    return ST_OK;
}

/* Data or scan response: legacy PDUs take them in one piece. @retval ST_OK: to be copied. */
static uint8_t ext_data_check(const struct adv_set *s, const uint8_t *p, uint8_t len)
{
    if (p[1] != OPERATION_COMPLETE || p[2] > 1 || p[3] != len - 4 || p[3] > USHER_AD_MAX) {
        return ST_INVALID;
    }
    return s == NULL ? ST_UNKNOWN_SET : ST_OK;
}

static uint8_t ext_data(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    struct adv_set *s = set_find(c, p[0]);
    uint8_t status = ext_data_check(s, p, len);

    (void)answer;
    if (status == ST_OK) {
        s->ad_len = p[3];
        memcpy(s->ad, p + 4, p[3]);
    }
    return status;
}

static uint8_t ext_response(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    struct adv_set *s = set_find(c, p[0]);
    uint8_t status = ext_data_check(s, p, len);

    (void)answer;
    if (status == ST_OK && s->type == USHER_ADV_NONCONN_IND) {
        status = ST_INVALID; /* the set is not scannable */
    }
    if (status == ST_OK) {
        s->rsp_len = p[3];
        memcpy(s->rsp, p + 4, p[3]);
    }
    return status;
}

static bool named_before(const uint8_t *entries, unsigned i)
{
    for (unsigned k = 0; k < i; k++) {
        if (entries[4 * k] == entries[4 * i]) {
            return true;
        }
    }
    return false;
}

/* All sets are checked before the first one is touched. */
static uint8_t ext_enable_check(struct sim_hci *c, bool on, unsigned count, const uint8_t *entries)
{
    for (unsigned i = 0; i < count; i++) {
        const struct adv_set *s = set_find(c, entries[4 * i]);
        uint8_t status = s == NULL                  ? ST_UNKNOWN_SET
                         : named_before(entries, i) ? ST_INVALID
                         : on                       ? enable_check(c, s)
                                                    : ST_OK;

        if (status != ST_OK) {
            return status;
        }
    }
    return ST_OK;
}

static void disable_all(struct sim_hci *c)
{
    for (unsigned i = 0; i < SIM_HCI_SETS; i++) {
        end(&c->sets[i]);
    }
}

static uint8_t ext_enable(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    bool on = p[0] != 0;
    unsigned count = p[1];
    const uint8_t *entries = p + 2;
    uint8_t status;

    (void)answer;
    if (p[0] > 1 || len != 2 + 4 * count || (on && count == 0)) {
        return ST_INVALID;
    }
    if (count == 0) {
        disable_all(c);
        return ST_OK;
    }
    status = ext_enable_check(c, on, count, entries);
    for (unsigned i = 0; i < count && status == ST_OK; i++) {
        const uint8_t *entry = entries + 4 * i;

        if (on) {
            status = enable(set_find(c, entry[0]), get16(entry + 1), entry[3]);
        } else {
            end(set_find(c, entry[0]));
        }
    }
    return status;
}

static uint8_t read_max_data(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)c;
    (void)p;
    (void)len;
    put16(answer, USHER_AD_MAX);
    return ST_OK;
}

static uint8_t read_sets(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)p;
    (void)len;
    answer[0] = c->config.sets;
    return ST_OK;
}

static uint8_t remove_set(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    struct adv_set *s = set_find(c, p[0]);

    (void)len;
    (void)answer;
    if (s == NULL) {
        return ST_UNKNOWN_SET;
    }
    if (s->enabled) {
        return ST_DISALLOWED;
    }
    s->used = false;
    return ST_OK;
}

static uint8_t clear_sets(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)p;
    (void)len;
    (void)answer;
    if (hci_adv_enabled(c)) {
        return ST_DISALLOWED;
    }
    for (unsigned i = 0; i < SIM_HCI_SETS; i++) {
        c->sets[i].used = false;
    }
    return ST_OK;
}

void hci_adv_init(struct sim_hci *c)
{
    for (unsigned i = 0; i < SIM_HCI_SETS; i++) {
        c->sets[i].controller = c;
    }
}

void hci_adv_free(struct sim_hci *c)
{
    disable_all(c);
}

void hci_adv_reset(struct sim_hci *c)
{
    disable_all(c);
    for (unsigned i = 0; i < SIM_HCI_SETS; i++) {
        c->sets[i] = (struct adv_set){ .controller = c };
    }
    c->sets[0].type = USHER_ADV_IND;
    c->sets[0].interval_us = INTERVAL_DEFAULT * INTERVAL_UNIT_US;
}

const struct hci_command_row hci_adv_commands[] = {
    { 0x2006, 15, F_LEGACY, 25, 5, 0, legacy_parameters },
    { 0x2007, 0, F_LEGACY, 25, 6, 1, read_tx_power },
    { 0x2008, 32, F_LEGACY, 25, 7, 0, legacy_data },
    { 0x2009, 32, F_LEGACY, 26, 0, 0, legacy_response },
    { 0x200A, 1, F_LEGACY, 26, 1, 0, legacy_enable },
    { 0x2035, 7, F_EXTENDED | F_NEW, 36, 1, 0, ext_random },
    { 0x2036, 25, F_EXTENDED | F_NEW, 36, 2, 1, ext_parameters },
    { 0x2037, 4, F_EXTENDED | F_NEW | F_VARIABLE, 36, 3, 0, ext_data },
    { 0x2038, 4, F_EXTENDED | F_NEW | F_VARIABLE, 36, 4, 0, ext_response },
    { 0x2039, 2, F_EXTENDED | F_NEW | F_VARIABLE, 36, 5, 0, ext_enable },
    { 0x203A, 0, F_EXTENDED | F_NEW, 36, 6, 2, read_max_data },
    { 0x203B, 0, F_EXTENDED | F_NEW, 36, 7, 1, read_sets },
    { 0x203C, 1, F_EXTENDED | F_NEW, 37, 0, 0, remove_set },
    { 0x203D, 0, F_EXTENDED | F_NEW, 37, 1, 0, clear_sets },
    { 0 },
};
