/*
 * The codec of the serial interface's packets (src/serial/serial_pdu.c): lengths and offsets of
 * every command, answer and event as the nRF5 SDK for Mesh's serial interface, version 10, has
 * them, and of our own as docs/serial.md; whatever is read is written again as it was.
 */
#include "rng.h"
#include "serial_pdu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define MAX USHER_SERIAL_PAYLOAD_MAX
#define ANSWER_MAX USHER_SERIAL_ANSWER_MAX

/* Octets without the opcode; of answers, without opcode and status. */
struct lengths {
    uint8_t opcode;
    uint8_t min, max;
    uint8_t answer_min, answer_max;
};

static const struct lengths commands[] = {
    { 0x02, 0, MAX, 0, 0 },   { 0x03, 0, 0, 0, 0 },    { 0x09, 0, 0, 2, 2 },
    { 0x0A, 0, 0, 0, 0 },     { 0x0E, 0, 0, 0, 0 },    { 0x10, 1, MAX, 0, 0 },
    { 0x11, 1, 1, 0, 0 },     { 0x12, 7, 7, 0, 0 },    { 0x13, 1, 1, 7, 7 },
    { 0x14, 0, 0, 4, 4 },     { 0x15, 0, 0, 0, 0 },    { 0x1D, 0, 0, 7, 7 },
    { 0x1E, 4, 4, 4, 4 },     { 0x20, 0, MAX, 0, 0 },  { 0x30, 27, 27, 1, 1 },
    { 0x41, 0, 0, 7, 7 },     { 0x53, 16, 16, 0, 0 },  { 0x54, 0, 0, 16, 16 },
    { 0x60, 1, 1, 2, 2 },     { 0x61, 0, 0, 0, 0 },    { 0x62, 0, 0, 0, 0 },
    { 0x63, 44, 44, 1, 1 },   { 0x64, 0, 0, 0, 0 },    { 0x65, 1, 1, 0, 0 },
    { 0x66, 4, 4, 1, 1 },     { 0x67, 1, MAX, 1, 1 },  { 0x68, 33, 33, 1, 1 },
    { 0x69, 96, 96, 0, 0 },   { 0x6A, 9, 9, 0, 0 },    { 0x6B, 65, 65, 1, 1 },
    { 0x6C, 2, 2, 1, 1 },     { 0x6D, 1, 1, 1, 1 },    { 0x6E, 65, 65, 1, 1 },
    { 0x6F, 4, MAX, 1, 1 },   { 0x90, 0, 0, 0, 0 },    { 0x91, 0, 0, 0, 0 },
    { 0x92, 18, 18, 2, 2 },   { 0x93, 18, 18, 2, 2 },  { 0x94, 2, 2, 2, 2 },
    { 0x95, 0, 0, 0, 250 },   { 0x96, 0, 0, 2, 2 },    { 0x97, 20, 20, 2, 2 },
    { 0x98, 18, 18, 2, 2 },   { 0x99, 2, 2, 2, 2 },    { 0x9A, 2, 2, 2, 252 },
    { 0x9B, 0, 0, 2, 2 },     { 0x9C, 20, 20, 2, 2 },  { 0x9D, 2, 2, 2, 2 },
    { 0x9E, 0, 0, 2, 2 },     { 0x9F, 4, 4, 0, 0 },    { 0xA0, 0, 0, 4, 4 },
    { 0xA1, 2, 2, 2, 2 },     { 0xA2, 16, 16, 2, 2 },  { 0xA3, 2, 2, 2, 2 },
    { 0xA4, 2, 2, 2, 2 },     { 0xA5, 16, 16, 2, 2 },  { 0xA6, 2, 2, 2, 2 },
    { 0xA7, 2, 2, 6, 22 },    { 0xA8, 0, 0, 0, 250 },  { 0xA9, 0, 0, 2, 2 },
    { 0xAA, 0, 0, 2, 2 },     { 0xAB, 10, MAX, 4, 4 }, { 0xAC, 0, 0, 0, 0 },
    { 0xAD, 2, 2, 0, 0 },     { 0xAE, 11, 11, 0, 0 },  { 0xAF, 0, 0, 11, 11 },
    { 0xE0, 4, 4, 0, 0 },     { 0xE1, 2, 2, 2, 2 },    { 0xE2, 4, 4, 0, 0 },
    { 0xE3, 2, 2, 2, 2 },     { 0xE4, 4, 4, 0, 0 },    { 0xE5, 4, 4, 0, 0 },
    { 0xE6, 2, 2, 252, 252 }, { 0xE7, 4, 4, 0, 0 },    { 0xE8, 4, 4, 0, 0 },
    { 0xE9, 2, 2, 252, 252 }, { 0xEA, 4, 4, 0, 0 },    { 0xEB, 2, 2, 2, 2 },
    { 0xEC, 3, 3, 0, 0 },     { 0xED, 2, 2, 1, 1 },    { 0xEE, 4, 4, 0, 0 },
    { 0xEF, 2, 2, 2, 2 },     { 0xF0, 2, 2, 1, 1 },    { 0xF1, 2, 2, 1, 1 },
    { 0xF2, 2, 2, 4, 4 },     { 0xF3, 6, 6, 2, 2 },    { 0xF4, 2, 2, 252, 252 },
    { 0xFC, 0, 0, 2, 252 },   { 0xFD, 6, MAX, 2, 2 },  { 0xFE, 2, MAX, 0, 252 },
};

static const struct lengths events[] = {
    { 0x81, 3, 3, 0, 0 },    { 0x82, 0, MAX, 0, 0 },  { 0x84, 2, MAX, 0, 0 },
    { 0x8A, 1, MAX, 0, 0 },  { 0x8D, 18, 18, 0, 0 },  { 0xC0, 25, 25, 0, 0 },
    { 0xC1, 1, 1, 0, 0 },    { 0xC2, 2, 2, 0, 0 },    { 0xC3, 10, 10, 0, 0 },
    { 0xC4, 2, 2, 0, 0 },    { 0xC5, 43, 43, 0, 0 },  { 0xC6, 4, 4, 0, 0 },
    { 0xC7, 97, 97, 0, 0 },  { 0xC8, 18, 18, 0, 0 },  { 0xC9, 2, 2, 0, 0 },
    { 0xCA, 1, 1, 0, 0 },    { 0xCB, 32, 32, 0, 0 },  { 0xCC, 12, 12, 0, 0 },
    { 0xCD, 65, 65, 0, 0 },  { 0xCE, 1, 1, 0, 0 },    { 0xCF, 4, MAX, 0, 0 },
    { 0xD0, 19, MAX, 0, 0 }, { 0xD1, 19, MAX, 0, 0 }, { 0xD2, 4, 4, 0, 0 },
    { 0xD3, 4, 4, 0, 0 },    { 0xD4, 3, 3, 0, 0 },    { 0xD8, 6, 6, 0, 0 },
    { 0xD9, 7, 7, 0, 0 },    { 0xDA, 4, 4, 0, 0 },    { 0xF0, 5, MAX, 0, 0 },
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct lengths *row(const struct lengths *rows, size_t count, uint8_t opcode)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].opcode == opcode) {
            return &rows[i];
        }
    }
    return NULL;
}

/* -- which there are, and how long ------------------------------------------------------------- */

static void lengths_are(enum serial_kind kind, const struct lengths *rows, size_t count)
{
    static const uint8_t zeros[256];
    struct usher_serial_packet p;

    for (unsigned opcode = 0; opcode < 256; opcode++) {
        const struct lengths *l = row(rows, count, (uint8_t)opcode);

        assert_int_equal(serial_known(kind, (uint8_t)opcode), l != NULL);
        assert_int_equal(serial_name(kind, (uint8_t)opcode) != NULL, l != NULL);
        for (size_t len = 0; len <= MAX; len++) {
            bool wanted = l != NULL && len >= l->min && len <= l->max;

            if (serial_read(kind, (uint8_t)opcode, zeros, len, &p) != wanted) {
                fail_msg("opcode %02X, %zu octets", opcode, len);
            }
            assert_int_equal(p.opcode, opcode);
        }
    }
}

static void test_lengths(void **state)
{
    (void)state;
    lengths_are(SERIAL_COMMAND, commands, COUNT(commands));
    lengths_are(SERIAL_EVENT, events, COUNT(events));
}

/* Lists have an even number of octets; a virtual address has all of its label or nothing. */
static bool answer_len_ok(const struct lengths *l, size_t len)
{
    bool list = l->opcode == 0x95 || l->opcode == 0x9A || l->opcode == 0xA8;

    if (len < l->answer_min || len > l->answer_max || (list && len % 2 != 0)) {
        return false;
    }
    return l->opcode != 0xA7 || len == 6 || len == 22;
}

static void test_answer_lengths(void **state)
{
    static const uint8_t zeros[256];
    struct usher_serial_packet p;

    (void)state;
    for (size_t i = 0; i < COUNT(commands); i++) {
        for (size_t len = 0; len <= ANSWER_MAX; len++) {
            memset(&p, 0, sizeof(p));
            if (serial_answer_read(commands[i].opcode, zeros, len, &p) !=
                answer_len_ok(&commands[i], len)) {
                fail_msg("answer to %02X, %zu octets", commands[i].opcode, len);
            }
        }
    }
    assert_false(serial_answer_read(0x77, zeros, 0, &p));
    assert_int_equal(serial_answer_write(0x77, &p, (uint8_t[ANSWER_MAX]){ 0 }), -1);
}

/* -- where what is ----------------------------------------------------------------------------- */

static uint8_t counted[256]; /* 1, 2, 3, ... */

static uint16_t le16(unsigned at)
{
    return (uint16_t)(counted[at] | counted[at + 1] << 8);
}

static uint32_t le32(unsigned at)
{
    return le16(at) | (uint32_t)le16(at + 2) << 16;
}

static struct usher_serial_packet read_counted(enum serial_kind kind, uint8_t opcode, size_t len)
{
    struct usher_serial_packet p;

    for (unsigned i = 0; i < sizeof(counted); i++) {
        counted[i] = (uint8_t)(i + 1);
    }
    assert_true(serial_read(kind, opcode, counted, len, &p));
    return p;
}

static struct usher_serial_packet answer_counted(uint8_t opcode, size_t len)
{
    struct usher_serial_packet p = { .opcode = 0 };

    for (unsigned i = 0; i < sizeof(counted); i++) {
        counted[i] = (uint8_t)(i + 1);
    }
    assert_true(serial_answer_read(opcode, counted, len, &p));
    assert_int_equal(p.opcode, 0);
    return p;
}

#define ASSERT_AT(octets, at) assert_memory_equal(octets, counted + (at), sizeof(octets))

static void assert_rest(const struct usher_serial_packet *p, unsigned at, unsigned len)
{
    assert_ptr_equal(p->data, counted + at);
    assert_int_equal(p->len, len);
}

static void test_device_offsets(void **state)
{
    struct usher_serial_packet p = read_counted(SERIAL_COMMAND, 0x02, 3);

    (void)state;
    assert_rest(&p, 0, 3);
    p = answer_counted(0x09, 2);
    assert_int_equal(p.version, le16(0));
    p = read_counted(SERIAL_COMMAND, 0x10, 32);
    assert_int_equal(p.slot, 1);
    assert_rest(&p, 1, 31);
    p = read_counted(SERIAL_COMMAND, 0x12, 7);
    assert_int_equal(p.slot, 1);
    assert_int_equal(p.tx_power, 2);
    assert_int_equal(p.channel_map, 3);
    assert_int_equal(p.interval_ms, le32(3));
    p = answer_counted(0x13, 7);
    assert_int_equal(p.channel_map, 3);
    assert_int_equal(p.interval_ms, le32(3));
    p = answer_counted(0x14, 4);
    assert_int_equal(p.lost, le32(0));
    p = answer_counted(0x1D, 7);
    assert_int_equal(p.version, le16(0));
    assert_int_equal(p.features, le32(2));
    assert_int_equal(p.contexts, 7);
    p = answer_counted(0x41, 7);
    assert_int_equal(p.addr_type, 1);
    ASSERT_AT(p.addr, 1);
    p = read_counted(SERIAL_COMMAND, 0x53, 16);
    ASSERT_AT(p.uuid, 0);
}

static void test_provisioning_offsets(void **state)
{
    struct usher_serial_packet p = read_counted(SERIAL_COMMAND, 0x63, 44);

    (void)state;
    assert_int_equal(p.context, 1);
    ASSERT_AT(p.uuid, 1);
    ASSERT_AT(p.key, 17);
    assert_int_equal(p.net_index, le16(33));
    assert_int_equal(p.iv_index, le32(35));
    assert_int_equal(p.address, le16(39));
    assert_int_equal(p.iv_update, 42);
    assert_int_equal(p.key_refresh, 43);
    assert_int_equal(p.attention, 44);
    p = read_counted(SERIAL_COMMAND, 0x66, 4);
    assert_int_equal(p.method, 2);
    assert_int_equal(p.action, 3);
    assert_int_equal(p.size, 4);
    p = read_counted(SERIAL_COMMAND, 0x67, 17);
    assert_rest(&p, 1, 16);
    p = read_counted(SERIAL_COMMAND, 0x68, 33);
    assert_ptr_equal(p.secret, counted + 1);
    p = read_counted(SERIAL_COMMAND, 0x69, 96);
    assert_ptr_equal(p.private_key, counted);
    assert_ptr_equal(p.public_key, counted + 32);
    p = read_counted(SERIAL_COMMAND, 0x6A, 9);
    assert_int_equal(p.elements, 1);
    assert_int_equal(p.pubkey_type, 2);
    assert_int_equal(p.static_types, 3);
    assert_int_equal(p.output_size, 4);
    assert_int_equal(p.output_actions, le16(4));
    assert_int_equal(p.input_size, 7);
    assert_int_equal(p.input_actions, le16(7));
    p = read_counted(SERIAL_COMMAND, 0x6F, 9);
    assert_int_equal(p.oob_info, le16(1));
    assert_int_equal(p.bearers, 4);
    assert_rest(&p, 4, 5);
}

static void test_mesh_offsets(void **state)
{
    struct usher_serial_packet p = read_counted(SERIAL_COMMAND, 0x92, 18);

    (void)state;
    assert_int_equal(p.net_index, le16(0));
    ASSERT_AT(p.key, 2);
    p = read_counted(SERIAL_COMMAND, 0x97, 20);
    assert_int_equal(p.app_index, le16(0));
    assert_int_equal(p.handle, le16(2));
    ASSERT_AT(p.key, 4);
    p = read_counted(SERIAL_COMMAND, 0x9C, 20);
    assert_int_equal(p.address, le16(0));
    assert_int_equal(p.handle, le16(2));
    ASSERT_AT(p.key, 4);
    p = answer_counted(0x9A, 8);
    assert_int_equal(p.handle, le16(0));
    assert_int_equal(p.list_count, 3);
    assert_int_equal(p.list[2], le16(6));
    p = read_counted(SERIAL_COMMAND, 0x9F, 4);
    assert_int_equal(p.address, le16(0));
    assert_int_equal(p.count, le16(2));
    p = read_counted(SERIAL_COMMAND, 0xAB, 14);
    assert_int_equal(p.handle, le16(0));
    assert_int_equal(p.src, le16(2));
    assert_int_equal(p.handle2, le16(4));
    assert_int_equal(p.ttl, 7);
    assert_int_equal(p.force_segmented, 8);
    assert_int_equal(p.transmic, 9);
    assert_int_equal(p.credentials, 10);
    assert_rest(&p, 10, 4);
    p = answer_counted(0xAB, 4);
    assert_int_equal(p.token, le32(0));
    p = answer_counted(0xAF, 11);
    assert_int_equal(p.iv_index, le32(0));
    assert_int_equal(p.iv_update, 5);
    assert_int_equal(p.iv_timeout, le16(5));
    assert_int_equal(p.seqnum, le32(7));
    p = answer_counted(0xA7, 22);
    assert_int_equal(p.handle, le16(0));
    assert_int_equal(p.address_type, 3);
    assert_int_equal(p.subscribed, 4);
    assert_int_equal(p.address, le16(4));
    ASSERT_AT(p.key, 6);
}

static void test_model_offsets(void **state)
{
    struct usher_serial_packet p = read_counted(SERIAL_COMMAND, 0xE2, 4);

    (void)state;
    assert_int_equal(p.handle, le16(0));
    assert_int_equal(p.resolution, 3);
    assert_int_equal(p.steps, 4);
    p = read_counted(SERIAL_COMMAND, 0xE4, 4);
    assert_int_equal(p.handle2, le16(2));
    p = read_counted(SERIAL_COMMAND, 0xEE, 4);
    assert_int_equal(p.element, le16(0));
    assert_int_equal(p.location, le16(2));
    p = read_counted(SERIAL_COMMAND, 0xF3, 6);
    assert_int_equal(p.element, le16(0));
    assert_int_equal(p.company, le16(2));
    assert_int_equal(p.model, le16(4));
    p = read_counted(SERIAL_COMMAND, 0xFD, 8);
    assert_int_equal(p.company, le16(0));
    assert_int_equal(p.model, le16(2));
    assert_int_equal(p.element, le16(4));
    assert_rest(&p, 6, 2);
    p = read_counted(SERIAL_COMMAND, 0xFE, 5);
    assert_int_equal(p.handle, le16(0));
    assert_rest(&p, 2, 3);
    p = answer_counted(0xFC, 6);
    assert_int_equal(p.count, le16(0));
    assert_rest(&p, 2, 4);
    p = answer_counted(0xF2, 4);
    assert_int_equal(p.company, le16(0));
    assert_int_equal(p.model, le16(2));
}

static void test_session_event_offsets(void **state)
{
    struct usher_serial_packet p = read_counted(SERIAL_EVENT, 0xC0, 25);

    (void)state;
    ASSERT_AT(p.uuid, 0);
    assert_int_equal(p.rssi, 17);
    assert_int_equal(p.gatt, 18);
    assert_int_equal(p.addr_type, 19);
    ASSERT_AT(p.addr, 19);
    p = read_counted(SERIAL_EVENT, 0xC3, 10);
    assert_int_equal(p.elements, 2);
    assert_int_equal(p.pubkey_type, 3);
    assert_int_equal(p.static_types, 4);
    assert_int_equal(p.output_size, 5);
    assert_int_equal(p.output_actions, le16(5));
    assert_int_equal(p.input_size, 8);
    assert_int_equal(p.input_actions, le16(8));
    p = read_counted(SERIAL_EVENT, 0xC5, 43);
    assert_int_equal(p.iv_index, le32(1));
    assert_int_equal(p.net_index, le16(5));
    assert_int_equal(p.address, le16(7));
    assert_int_equal(p.iv_update, 10);
    assert_int_equal(p.key_refresh, 11);
    ASSERT_AT(p.device_key, 11);
    ASSERT_AT(p.key, 27);
    p = read_counted(SERIAL_EVENT, 0xC7, 97);
    assert_ptr_equal(p.public_key, counted + 1);
    assert_ptr_equal(p.private_key, counted + 65);
    p = read_counted(SERIAL_EVENT, 0xC8, 18);
    assert_int_equal(p.action, 2);
    ASSERT_AT(p.key, 2);
    p = read_counted(SERIAL_EVENT, 0xCB, 32);
    ASSERT_AT(p.uuid, 0);
    assert_int_equal(p.oob_info, le16(16));
    assert_int_equal(p.hash_there, 19);
    ASSERT_AT(p.uri_hash, 19);
    assert_int_equal(p.rssi, 24);
    assert_int_equal(p.gatt, 25);
    ASSERT_AT(p.addr, 26);
    p = read_counted(SERIAL_EVENT, 0xCC, 12);
    assert_int_equal(p.algorithms, le16(2));
    assert_int_equal(p.input_actions, le16(10));
    p = read_counted(SERIAL_EVENT, 0xCF, 7);
    assert_int_equal(p.size, 3);
    assert_rest(&p, 3, 4);
}

static void test_mesh_event_offsets(void **state)
{
    struct usher_serial_packet p = read_counted(SERIAL_EVENT, 0xD0, 22);

    (void)state;
    assert_int_equal(p.src, le16(0));
    assert_int_equal(p.dst, le16(2));
    assert_int_equal(p.handle, le16(4));
    assert_int_equal(p.handle2, le16(6));
    assert_int_equal(p.ttl, 9);
    assert_int_equal(p.addr_type, 10);
    ASSERT_AT(p.addr, 10);
    assert_int_equal(p.rssi, 17);
    assert_int_equal(p.actual_length, le16(17));
    assert_rest(&p, 19, 3);
    p = read_counted(SERIAL_EVENT, 0xD4, 3);
    assert_int_equal(p.net_index, le16(0));
    assert_int_equal(p.key_refresh, 3);
    p = read_counted(SERIAL_EVENT, 0xD8, 6);
    assert_int_equal(p.init_ttl, 1);
    assert_int_equal(p.hops, 2);
    assert_int_equal(p.node_features, le16(2));
    assert_int_equal(p.src, le16(4));
    p = read_counted(SERIAL_EVENT, 0xD9, 7);
    assert_int_equal(p.iv_index, le32(0));
    assert_int_equal(p.iv_update, 5);
    assert_int_equal(p.iv_timeout, le16(5));
    p = read_counted(SERIAL_EVENT, 0xF0, 8);
    assert_int_equal(p.company, le16(0));
    assert_int_equal(p.model, le16(2));
    assert_int_equal(p.model_event, 5);
    assert_rest(&p, 5, 3);
}

/* -- there and back ---------------------------------------------------------------------------- */

static size_t fill(struct rng *rng, uint8_t *octets, size_t min, size_t max)
{
    size_t len = min + rng_below(rng, (uint32_t)(max - min + 1));

    for (size_t i = 0; i < len; i++) {
        octets[i] = (uint8_t)rng_next(rng);
    }
    return len;
}

static void round_trips(struct rng *rng, enum serial_kind kind, const struct lengths *rows,
                        size_t count)
{
    uint8_t in[256], out[256];
    struct usher_serial_packet p;

    for (unsigned i = 0; i < 20 * count; i++) {
        const struct lengths *l = &rows[i % count];
        size_t len = fill(rng, in, l->min, l->max);

        assert_true(serial_read(kind, l->opcode, in, len, &p));
        assert_int_equal(serial_write(kind, &p, out), len);
        assert_memory_equal(in, out, len);
    }
}

static void test_round_trips(void **state)
{
    struct rng rng = rng_make(6, 0);

    (void)state;
    round_trips(&rng, SERIAL_COMMAND, commands, COUNT(commands));
    round_trips(&rng, SERIAL_EVENT, events, COUNT(events));
}

/* What the lists with a fixed length and addresses have beyond their count, is nobody's. */
static void test_answer_round_trips(void **state)
{
    uint8_t in[256], out[256];
    struct rng rng = rng_make(66, 0);
    struct usher_serial_packet p;

    (void)state;
    for (unsigned i = 0; i < 20 * COUNT(commands); i++) {
        const struct lengths *l = &commands[i % COUNT(commands)];
        size_t len = fill(&rng, in, l->answer_min, l->answer_max);

        if (!answer_len_ok(l, len)) {
            continue;
        }
        if (len == 252 && l->answer_min == 252) {
            in[0] = (uint8_t)(i % (USHER_SERIAL_LIST_MAX + 1));
            in[1] = 0;
            memset(in + 2 + 2 * in[0], 0, (size_t)(250 - 2 * in[0]));
        }
        if (l->opcode == 0xA7) {
            in[2] = len == 22 ? 2 : 1;
        }
        assert_true(serial_answer_read(l->opcode, in, len, &p));
        assert_int_equal(serial_answer_write(l->opcode, &p, out), len);
        assert_memory_equal(in, out, len);
    }
}

static void test_too_much_is_not_written(void **state)
{
    static const uint8_t data[300];
    struct usher_serial_packet p = { .opcode = 0xD0, .data = data, .len = 235 };
    uint8_t out[256];

    (void)state;
    assert_int_equal(serial_write(SERIAL_EVENT, &p, out), 254);
    p.len = 236;
    assert_int_equal(serial_write(SERIAL_EVENT, &p, out), -1);
    p = (struct usher_serial_packet){ .opcode = 0x8A, .data = data, .len = 300 };
    assert_int_equal(serial_write(SERIAL_EVENT, &p, out), -1);
    p.len = 0;
    assert_int_equal(serial_write(SERIAL_EVENT, &p, out), -1);
    p.opcode = 0x83;
    assert_int_equal(serial_write(SERIAL_EVENT, &p, out), -1);
    p.list_count = USHER_SERIAL_LIST_MAX + 1;
    assert_int_equal(serial_answer_write(0x95, &p, out), -1);
    assert_int_equal(serial_answer_write(0xE6, &p, out), -1);
    p.list_count = USHER_SERIAL_LIST_MAX;
    assert_int_equal(serial_answer_write(0x95, &p, out), 250);
    assert_int_equal(serial_answer_write(0x9A, &p, out), 252);
    assert_int_equal(serial_answer_write(0xE6, &p, out), 252);
}

/* A peer's list that says more than there can be. */
static void test_fixed_list_that_counts_too_far(void **state)
{
    uint8_t in[252] = { USHER_SERIAL_LIST_MAX, 0 };
    struct usher_serial_packet p = { 0 };

    (void)state;
    assert_true(serial_answer_read(0xE6, in, sizeof(in), &p));
    in[0]++;
    assert_false(serial_answer_read(0xE6, in, sizeof(in), &p));
    in[0] = 0;
    in[1] = 1;
    assert_false(serial_answer_read(0xE6, in, sizeof(in), &p));
}

/* The numbers of the statuses. */
static void test_status_names(void **state)
{
    (void)state;
    assert_string_equal(serial_status_name(0x00), "SUCCESS");
    assert_string_equal(serial_status_name(0x80), "UNKNOWN");
    assert_string_equal(serial_status_name(0x81), "INTERNAL");
    assert_string_equal(serial_status_name(0x82), "CMD_UNKNOWN");
    assert_string_equal(serial_status_name(0x83), "INVALID_STATE");
    assert_string_equal(serial_status_name(0x84), "INVALID_LENGTH");
    assert_string_equal(serial_status_name(0x85), "INVALID_PARAMETER");
    assert_string_equal(serial_status_name(0x86), "BUSY");
    assert_string_equal(serial_status_name(0x87), "INVALID_DATA");
    assert_string_equal(serial_status_name(0x8E), "REJECTED");
    assert_string_equal(serial_status_name(0x93), "TIMEOUT");
    assert_string_equal(serial_status_name(0x01), "UNKNOWN");
    assert_string_equal(serial_name(SERIAL_COMMAND, 0x63), "Provision");
    assert_string_equal(serial_name(SERIAL_EVENT, 0xC7), "ECDH Request");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_answer_lengths),
        cmocka_unit_test(test_device_offsets),
        cmocka_unit_test(test_provisioning_offsets),
        cmocka_unit_test(test_mesh_offsets),
        cmocka_unit_test(test_model_offsets),
        cmocka_unit_test(test_session_event_offsets),
        cmocka_unit_test(test_mesh_event_offsets),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_answer_round_trips),
        cmocka_unit_test(test_too_much_is_not_written),
        cmocka_unit_test(test_fixed_list_that_counts_too_far),
        cmocka_unit_test(test_status_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
