/* The radios of the tests of links; see link_station.h. */
#include "link_station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

const struct air_link_params link_params = { .interval_us = 30000, .timeout_ms = 1000 };

static struct link_log *log_of(struct link_station *s, const struct air_link *link)
{
    for (struct link_log *log = s->logs; log < s->logs + LINKS_MAX; log++) {
        if (log->link == link) {
            return log;
        }
    }
    fail_msg("told of a link that is over, or never was");
    return NULL;
}

static void connected(void *ctx, struct air_link *link, bool central, uint8_t slot,
                      const struct usher_ble_addr *peer, const struct air_link_params *params)
{
    struct link_station *s = ctx;
    struct link_log *log = log_of(s, NULL);

    *log = (struct link_log){ .at = s,
                              .link = link,
                              .central = central,
                              .slot = slot,
                              .peer = *peer,
                              .params = *params,
                              .connected_us = air_now_us(s->station.air) };
    s->links++;
    s->open++;
    if (s->on_connected != NULL) {
        s->on_connected(log);
    }
}

/* What the PDU with a number is. */
static size_t content(unsigned number, uint8_t octets[AIR_LINK_PDU_MAX])
{
    size_t len = 4 + number * 37 % (AIR_LINK_PDU_MAX - 3);

    for (size_t i = 0; i < len; i++) {
        octets[i] = (uint8_t)(i < 4 ? number >> (8 * i) : number + i);
    }
    return len;
}

static void data(void *ctx, struct air_link *link, bool first, const uint8_t *octets, size_t len)
{
    struct link_log *log = log_of(ctx, link);
    uint8_t expected[AIR_LINK_PDU_MAX];
    size_t expected_len = content(log->received, expected);

    log->wrong += len != expected_len || memcmp(octets, expected, len) != 0 ||
                  first != (log->received % 3 == 0);
    log->received++;
    log->data_us = air_now_us(log->at->station.air);
    if (log->at->on_data != NULL) {
        log->at->on_data(log);
    }
}

static void fill(struct link_log *log)
{
    uint8_t octets[AIR_LINK_PDU_MAX];
    enum usher_err err = USHER_OK;

    while (log->to_send != 0 && err == USHER_OK) {
        err = air_link_send(log->link, log->next % 3 == 0, octets, content(log->next, octets));
        if (err == USHER_OK) {
            log->next++;
            log->to_send--;
        }
    }
    assert_true(err == USHER_OK || err == USHER_E_BUSY || err == USHER_E_STATE /* is closed */);
}

static void sent(void *ctx, struct air_link *link)
{
    struct link_log *log = log_of(ctx, link);

    log->sent++;
    fill(log);
    if (log->at->on_sent != NULL) {
        log->at->on_sent(log);
    }
}

static void ended(void *ctx, struct air_link *link, uint8_t reason)
{
    struct link_log *log = log_of(ctx, link);

    log->link = NULL;
    log->to_send = 0;
    log->reason = reason;
    log->ended_us = air_now_us(log->at->station.air);
    log->at->open--;
    if (log->at->on_ended != NULL) {
        log->at->on_ended(log);
    }
}

void link_join(struct air *air, struct link_station *s)
{
    static const struct air_link_owner owner = { connected, data, sent, ended };

    memset(s, 0, sizeof(*s));
    join(air, &s->station); /* first in the struct: the ctx of both owners */
    air_link_owner_set(s->station.radio, &owner);
}

struct usher_ble_addr link_addr(const struct link_station *s)
{
    struct usher_ble_addr addr = { .type = 1 };

    memcpy(addr.addr, air_addr(s->station.radio), sizeof(addr.addr));
    return addr;
}

void link_advertise(struct link_station *s, uint8_t slot)
{
    struct usher_adv adv = {
        .slot = slot, .type = USHER_ADV_IND, .count = 255, .interval_ms = 20, .len = 3
    };

    memcpy(adv.data, "\x02\x01\x06", 3);
    assert_int_equal(air_send(s->station.radio, &adv), USHER_OK);
}

void link_initiate(struct link_station *s, const struct link_station *peer)
{
    struct usher_ble_addr addr = link_addr(peer);

    assert_int_equal(air_initiate(s->station.radio, &addr, &link_params), USHER_OK);
}

void link_up(struct link_station *central, struct link_station *peripheral)
{
    unsigned before = peripheral->open;

    link_advertise(peripheral, 0);
    link_initiate(central, peripheral);
    for (unsigned i = 0; i < 1000 && peripheral->open == before; i++) {
        run_for(central->station.air, 1000);
    }
    assert_int_equal(peripheral->open, before + 1);
    assert_int_equal(link_of(central)->connected_us, link_of(peripheral)->connected_us);
}

struct link_log *link_of(struct link_station *s)
{
    struct link_log *latest = s->logs;

    for (struct link_log *log = s->logs; log < s->logs + LINKS_MAX; log++) {
        if (log->connected_us > latest->connected_us) {
            latest = log;
        }
    }
    return latest;
}

void link_send(struct link_log *log, unsigned count)
{
    log->to_send += count;
    fill(log);
}

uint64_t link_digest(const struct link_station *s)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);

    for (const struct link_log *log = s->logs; log < s->logs + LINKS_MAX; log++) {
        const uint64_t told[] = { log->connected_us, log->data_us,  log->ended_us, log->reason,
                                  log->sent,         log->received, log->wrong };

        for (unsigned i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
            hash = (hash ^ told[i]) * UINT64_C(0x100000001B3);
        }
    }
    return hash;
}
