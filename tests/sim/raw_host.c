/* A host of raw octets; see raw_host.h. */
#include "raw_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ANSWER_US 100000 /* no answer takes longer */

static void on_packet(void *ctx, const uint8_t *packet, size_t len)
{
    struct raw_host *h = ctx;
    struct raw_packet *p = &h->log[h->count % RAW_LOG];

    assert_true(h->count < RAW_LOG && len <= sizeof(p->octets));
    memset(p, 0, sizeof(*p)); /* padding, too: tests compare packets */
    p->at = air_now_us(h->air);
    p->len = (uint16_t)len;
    memcpy(p->octets, packet, len);
    if (packet[0] == 0x04) {
        assert_true(len >= 3 && packet[2] == len - 3);
    } else {
        assert_true(packet[0] == 0x02 && len > 5 && packet[3] + 256u * packet[4] == len - 5);
    }
    h->count++;
    if (h->then != NULL) {
        h->then(h);
    }
}

void raw_open(struct raw_host *h, struct air *air, const struct sim_hci_config *config)
{
    memset(h, 0, sizeof(*h));
    h->air = air;
    h->log = calloc(RAW_LOG, sizeof(*h->log));
    h->controller = sim_hci_new(air, config, on_packet, h);
    assert_non_null(h->log);
    assert_non_null(h->controller);
}

void raw_close(struct raw_host *h)
{
    sim_hci_free(h->controller);
    free(h->log);
}

void raw_run(struct raw_host *h, uint64_t us)
{
    air_run_until(h->air, air_now_us(h->air) + us);
}

void raw_command(struct raw_host *h, uint16_t opcode, const uint8_t *params, size_t len)
{
    uint8_t packet[4 + 255] = { 0x01, (uint8_t)opcode, (uint8_t)(opcode >> 8), (uint8_t)len };

    assert_true(len <= 255);
    if (len != 0) {
        memcpy(packet + 4, params, len);
    }
    sim_hci_in(h->controller, packet, 4 + len);
}

static struct raw_packet *find_answer(struct raw_host *h, uint16_t opcode)
{
    for (unsigned i = 0; i < h->count; i++) {
        struct raw_packet *p = &h->log[i];
        const uint8_t *o = p->octets;
        bool complete = o[0] == 0x04 && o[1] == 0x0E, status = o[0] == 0x04 && o[1] == 0x0F;

        if (!p->taken && ((complete && o[4] + 256 * o[5] == opcode) ||
                          (status && o[5] + 256 * o[6] == opcode))) {
            return p;
        }
    }
    return NULL;
}

uint8_t raw_ask(struct raw_host *h, uint16_t opcode, const uint8_t *params, size_t len)
{
    uint64_t limit = air_now_us(h->air) + ANSWER_US;
    struct raw_packet *p;
    bool complete;

    assert_null(find_answer(h, opcode));
    raw_command(h, opcode, params, len);
    while ((p = find_answer(h, opcode)) == NULL && air_next_us(h->air) < limit) {
        air_run_until(h->air, air_next_us(h->air));
    }
    if (p == NULL) {
        fail_msg("no answer to %04x", opcode);
        return 0xFF;
    }
    p->taken = true;
    h->answer = *p;
    complete = p->octets[1] == 0x0E;
    assert_int_equal(p->octets[complete ? 3 : 4], 1); /* one command at a time */
    assert_true(complete ? p->len >= 7 : p->len == 7);
    h->returned = h->answer.octets + 7;
    return p->octets[complete ? 6 : 3];
}

void raw_acl(struct raw_host *h, uint16_t handle, unsigned flags, const uint8_t *data, size_t len)
{
    uint8_t packet[5 + 1024] = { 0x02, (uint8_t)handle, (uint8_t)(handle >> 8 | flags << 4),
                                 (uint8_t)len, (uint8_t)(len >> 8) };

    assert_true(len <= 1024);
    memcpy(packet + 5, data, len);
    sim_hci_in(h->controller, packet, 5 + len);
}

static bool is_event(const struct raw_packet *p, uint8_t code, uint8_t subevent)
{
    return p->octets[0] == 0x04 && p->octets[1] == code &&
           (subevent == 0 || p->octets[3] == subevent);
}

const struct raw_packet *raw_take(struct raw_host *h, uint8_t code, uint8_t subevent)
{
    for (unsigned i = 0; i < h->count; i++) {
        if (!h->log[i].taken && is_event(&h->log[i], code, subevent)) {
            h->log[i].taken = true;
            return &h->log[i];
        }
    }
    return NULL;
}

const struct raw_packet *raw_take_acl(struct raw_host *h)
{
    for (unsigned i = 0; i < h->count; i++) {
        if (!h->log[i].taken && h->log[i].octets[0] == 0x02) {
            h->log[i].taken = true;
            return &h->log[i];
        }
    }
    return NULL;
}

unsigned raw_count(const struct raw_host *h, uint8_t code, uint8_t subevent)
{
    unsigned n = 0;

    for (unsigned i = 0; i < h->count; i++) {
        n += is_event(&h->log[i], code, subevent);
    }
    return n;
}

void raw_forget(struct raw_host *h)
{
    h->count = 0;
}

void raw_unmask(struct raw_host *h)
{
    static const uint8_t all[8] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x3F };

    assert_int_equal(raw_ask(h, 0x0C01, all, sizeof(all)), 0);
    assert_int_equal(raw_ask(h, 0x2001, all, sizeof(all)), 0);
}
