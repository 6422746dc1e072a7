/*
 * The Configuration messages on the wire (src/model/config_pdu.c): a sample of every message, laid
 * out by hand after the tables of Mesh Protocol 1.1, section 4.3.2, read and written; every other
 * length refused; every prohibited value refused, reading and writing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "config_pdu.h"

#include <usher/models.h>

#define KEY                                                                                        \
    0x63, 0x96, 0x47, 0x71, 0x73, 0x4F, 0xBD, 0x76, 0xE3, 0xB4, 5, 25, 0xD1, 0xD9, 0x4A, 0x48
#define LABEL                                                                                      \
    0xF4, 0xA0, 2, 0xC7, 0xFB, 0x1E, 0x4C, 0xA0, 0xA4, 0x69, 0xA0, 0x21, 0xDE, 0xD, 0xB8, 0x75
#define ON_1201 .element = 0x1201
#define SIG_1000 .company = USHER_SIG, .model = 0x1000
#define VENDOR_2A .company = 0x003F, .model = 0x002A
#define PUBLICATION                                                                                \
    .app_index = 0x456, .credentials = 1, .ttl = 7, .period = 0x45, .retransmit = 0x13
#define PUBLICATION_OCTETS 0x56, 0x14, 7, 0x45, 0x13
#define NO_PARAMS(op)                                                                              \
    {                                                                                              \
        { .opcode = USHER_CONFIG_##op }, 0,                                                        \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

struct sample {
    struct usher_config_msg msg;
    uint8_t len;
    uint8_t octets[32];
};

/* clang-format off */
static const struct sample samples[] = {
    { { .opcode = USHER_CONFIG_APPKEY_ADD, .net_index = 0x456, .app_index = 0x123, .key = { KEY } },
      19, { 0x56, 0x34, 0x12, KEY } },
    { { .opcode = USHER_CONFIG_APPKEY_UPDATE, .net_index = 0x123, .app_index = 0x456,
        .key = { KEY } },
      19, { 0x23, 0x61, 0x45, KEY } },
    { { .opcode = USHER_CONFIG_PUBLICATION_SET, ON_1201, .address = 0xC105, PUBLICATION, SIG_1000 },
      11, { 0x01, 0x12, 0x05, 0xC1, PUBLICATION_OCTETS, 0x00, 0x10 } },
    { { .opcode = USHER_CONFIG_PUBLICATION_SET, ON_1201, .address = 0x0003, PUBLICATION,
        VENDOR_2A },
      13, { 0x01, 0x12, 0x03, 0x00, PUBLICATION_OCTETS, 0x3F, 0x00, 0x2A, 0x00 } },
    { { .opcode = USHER_CONFIG_PUBLICATION_VIRTUAL_SET, ON_1201, .label = { LABEL }, PUBLICATION,
        SIG_1000 },
      25, { 0x01, 0x12, LABEL, PUBLICATION_OCTETS, 0x00, 0x10 } },
    { { .opcode = USHER_CONFIG_PUBLICATION_GET, ON_1201, SIG_1000 },
      4, { 0x01, 0x12, 0x00, 0x10 } },
    { { .opcode = USHER_CONFIG_PUBLICATION_STATUS, .status = 0, ON_1201, .address = 0x9736,
        PUBLICATION, SIG_1000 },
      12, { 0x00, 0x01, 0x12, 0x36, 0x97, PUBLICATION_OCTETS, 0x00, 0x10 } },
    { { .opcode = USHER_CONFIG_HEARTBEAT_PUB_STATUS, .status = 4, .address = 0xC000,
        .count_log = 0xFF, .period_log = 0x11, .ttl = 0x7F, .features = 0x000F,
        .net_index = 0x123 },
      10, { 0x04, 0x00, 0xC0, 0xFF, 0x11, 0x7F, 0x0F, 0x00, 0x23, 0x01 } },
    { { .opcode = USHER_CONFIG_HEARTBEAT_PUB_SET, .address = 0x7FFF, .count_log = 0x11,
        .period_log = 3, .ttl = 5, .features = 0x0002, .net_index = 0xFFF },
      9, { 0xFF, 0x7F, 0x11, 0x03, 0x05, 0x02, 0x00, 0xFF, 0x0F } },
    { { .opcode = USHER_CONFIG_HEARTBEAT_SUB_SET, .source = 0x0102, .address = 0xFFFF,
        .period_log = 0x11 },
      5, { 0x02, 0x01, 0xFF, 0xFF, 0x11 } },
    { { .opcode = USHER_CONFIG_HEARTBEAT_SUB_STATUS, .status = 0, .source = 0x0102,
        .address = 0xC003, .period_log = 4, .count_log = 0x10, .min_hops = 1, .max_hops = 0x7F },
      9, { 0x00, 0x02, 0x01, 0x03, 0xC0, 0x04, 0x10, 0x01, 0x7F } },
    { { .opcode = USHER_CONFIG_APPKEY_DELETE, .net_index = 0x456, .app_index = 0x123 },
      3, { 0x56, 0x34, 0x12 } },
    { { .opcode = USHER_CONFIG_APPKEY_STATUS, .status = 6, .net_index = 0x456,
        .app_index = 0x123 },
      4, { 0x06, 0x56, 0x34, 0x12 } },
    { { .opcode = USHER_CONFIG_APPKEY_GET, .net_index = 0x123 }, 2, { 0x23, 0x01 } },
    { { .opcode = USHER_CONFIG_APPKEY_LIST, .status = 0, .net_index = 0x123, .list_count = 3,
        .list = { 1, 2, 3 } },
      8, { 0x00, 0x23, 0x01, 0x01, 0x20, 0x00, 0x03, 0x00 } },
    { { .opcode = USHER_CONFIG_COMPOSITION_GET, .state = 0xFF }, 1, { 0xFF } },
    { { .opcode = USHER_CONFIG_BEACON_SET, .state = 1 }, 1, { 0x01 } },
    { { .opcode = USHER_CONFIG_BEACON_STATUS, .state = 0 }, 1, { 0x00 } },
    { { .opcode = USHER_CONFIG_TTL_SET, .state = 0x7F }, 1, { 0x7F } },
    { { .opcode = USHER_CONFIG_TTL_STATUS, .state = 0 }, 1, { 0x00 } },
    { { .opcode = USHER_CONFIG_FRIEND_SET, .state = 1 }, 1, { 0x01 } },
    { { .opcode = USHER_CONFIG_FRIEND_STATUS, .state = 2 }, 1, { 0x02 } },
    { { .opcode = USHER_CONFIG_PROXY_SET, .state = 1 }, 1, { 0x01 } },
    { { .opcode = USHER_CONFIG_PROXY_STATUS, .state = 2 }, 1, { 0x02 } },
    { { .opcode = USHER_CONFIG_RELAY_SET, .state = 1, .transmit = 0x2A }, 2, { 0x01, 0x2A } },
    { { .opcode = USHER_CONFIG_RELAY_STATUS, .state = 2, .transmit = 0 }, 2, { 0x02, 0x00 } },
    { { .opcode = USHER_CONFIG_NET_TRANSMIT_SET, .transmit = 0xFF }, 1, { 0xFF } },
    { { .opcode = USHER_CONFIG_NET_TRANSMIT_STATUS, .transmit = 0x08 }, 1, { 0x08 } },
    { { .opcode = USHER_CONFIG_KEY_REFRESH_GET, .net_index = 0xABC }, 2, { 0xBC, 0x0A } },
    { { .opcode = USHER_CONFIG_KEY_REFRESH_SET, .net_index = 0xABC, .state = 3 },
      3, { 0xBC, 0x0A, 0x03 } },
    { { .opcode = USHER_CONFIG_KEY_REFRESH_STATUS, .status = 0x0F, .net_index = 0xABC,
        .state = 2 },
      4, { 0x0F, 0xBC, 0x0A, 0x02 } },
    { { .opcode = USHER_CONFIG_SUBSCRIPTION_ADD, ON_1201, .address = 0xFFFE, SIG_1000 },
      6, { 0x01, 0x12, 0xFE, 0xFF, 0x00, 0x10 } },
    { { .opcode = USHER_CONFIG_SUBSCRIPTION_DELETE, ON_1201, .address = 0xC000, VENDOR_2A },
      8, { 0x01, 0x12, 0x00, 0xC0, 0x3F, 0x00, 0x2A, 0x00 } },
    { { .opcode = USHER_CONFIG_SUBSCRIPTION_DELETE_ALL, ON_1201, SIG_1000 },
      4, { 0x01, 0x12, 0x00, 0x10 } },
    { { .opcode = USHER_CONFIG_SUBSCRIPTION_OVERWRITE, ON_1201, .address = 0xC000, SIG_1000 },
      6, { 0x01, 0x12, 0x00, 0xC0, 0x00, 0x10 } },
    { { .opcode = USHER_CONFIG_SUBSCRIPTION_VIRTUAL_ADD, ON_1201, .label = { LABEL }, SIG_1000 },
      20, { 0x01, 0x12, LABEL, 0x00, 0x10 } },
    { { .opcode = USHER_CONFIG_SUBSCRIPTION_VIRTUAL_DELETE, ON_1201, .label = { LABEL },
        VENDOR_2A },
      22, { 0x01, 0x12, LABEL, 0x3F, 0x00, 0x2A, 0x00 } },
    { { .opcode = USHER_CONFIG_SUBSCRIPTION_VIRTUAL_OVERWRITE, ON_1201, .label = { LABEL },
        SIG_1000 },
      20, { 0x01, 0x12, LABEL, 0x00, 0x10 } },
    { { .opcode = USHER_CONFIG_SUBSCRIPTION_STATUS, .status = 8, ON_1201, .address = 0x8001,
        SIG_1000 },
      7, { 0x08, 0x01, 0x12, 0x01, 0x80, 0x00, 0x10 } },
    { { .opcode = USHER_CONFIG_SIG_SUBSCRIPTION_GET, ON_1201, SIG_1000 },
      4, { 0x01, 0x12, 0x00, 0x10 } },
    { { .opcode = USHER_CONFIG_SIG_SUBSCRIPTION_LIST, .status = 0, ON_1201, SIG_1000,
        .list_count = 2, .list = { 0xC001, 0x8002 } },
      9, { 0x00, 0x01, 0x12, 0x00, 0x10, 0x01, 0xC0, 0x02, 0x80 } },
    { { .opcode = USHER_CONFIG_VENDOR_SUBSCRIPTION_GET, ON_1201, VENDOR_2A },
      6, { 0x01, 0x12, 0x3F, 0x00, 0x2A, 0x00 } },
    { { .opcode = USHER_CONFIG_VENDOR_SUBSCRIPTION_LIST, .status = 0, ON_1201, VENDOR_2A,
        .list_count = 1, .list = { 0xC001 } },
      9, { 0x00, 0x01, 0x12, 0x3F, 0x00, 0x2A, 0x00, 0x01, 0xC0 } },
    { { .opcode = USHER_CONFIG_LPN_TIMEOUT_GET, .lpn = 0x0203 }, 2, { 0x03, 0x02 } },
    { { .opcode = USHER_CONFIG_LPN_TIMEOUT_STATUS, .lpn = 0x0203, .poll_timeout = 0x34BBFF },
      5, { 0x03, 0x02, 0xFF, 0xBB, 0x34 } },
    { { .opcode = USHER_CONFIG_MODEL_APP_BIND, ON_1201, .app_index = 0x456, SIG_1000 },
      6, { 0x01, 0x12, 0x56, 0x04, 0x00, 0x10 } },
    { { .opcode = USHER_CONFIG_MODEL_APP_UNBIND, ON_1201, .app_index = 0x456, VENDOR_2A },
      8, { 0x01, 0x12, 0x56, 0x04, 0x3F, 0x00, 0x2A, 0x00 } },
    { { .opcode = USHER_CONFIG_MODEL_APP_STATUS, .status = 0x0D, ON_1201, .app_index = 0x456,
        SIG_1000 },
      7, { 0x0D, 0x01, 0x12, 0x56, 0x04, 0x00, 0x10 } },
    { { .opcode = USHER_CONFIG_NETKEY_ADD, .net_index = 0x123, .key = { KEY } },
      18, { 0x23, 0x01, KEY } },
    { { .opcode = USHER_CONFIG_NETKEY_UPDATE, .net_index = 0x123, .key = { KEY } },
      18, { 0x23, 0x01, KEY } },
    { { .opcode = USHER_CONFIG_NETKEY_DELETE, .net_index = 0x123 }, 2, { 0x23, 0x01 } },
    { { .opcode = USHER_CONFIG_NETKEY_STATUS, .status = 0x0C, .net_index = 0x123 },
      3, { 0x0C, 0x23, 0x01 } },
    { { .opcode = USHER_CONFIG_NETKEY_LIST, .list_count = 4, .list = { 0xABC, 0xDEF, 0, 0xFFF } },
      6, { 0xBC, 0xFA, 0xDE, 0x00, 0xF0, 0xFF } },
    { { .opcode = USHER_CONFIG_IDENTITY_GET, .net_index = 0x123 }, 2, { 0x23, 0x01 } },
    { { .opcode = USHER_CONFIG_IDENTITY_SET, .net_index = 0x123, .state = 1 },
      3, { 0x23, 0x01, 0x01 } },
    { { .opcode = USHER_CONFIG_IDENTITY_STATUS, .status = 4, .net_index = 0x123, .state = 2 },
      4, { 0x04, 0x23, 0x01, 0x02 } },
    { { .opcode = USHER_CONFIG_SIG_APP_GET, ON_1201, SIG_1000 }, 4, { 0x01, 0x12, 0x00, 0x10 } },
    { { .opcode = USHER_CONFIG_SIG_APP_LIST, .status = 2, ON_1201, SIG_1000 },
      5, { 0x02, 0x01, 0x12, 0x00, 0x10 } },
    { { .opcode = USHER_CONFIG_VENDOR_APP_GET, ON_1201, VENDOR_2A },
      6, { 0x01, 0x12, 0x3F, 0x00, 0x2A, 0x00 } },
    { { .opcode = USHER_CONFIG_VENDOR_APP_LIST, .status = 0, ON_1201, VENDOR_2A, .list_count = 1,
        .list = { 0x123 } },
      9, { 0x00, 0x01, 0x12, 0x3F, 0x00, 0x2A, 0x00, 0x23, 0x01 } },
    NO_PARAMS(BEACON_GET),
    NO_PARAMS(TTL_GET),
    NO_PARAMS(FRIEND_GET),
    NO_PARAMS(PROXY_GET),
    NO_PARAMS(RELAY_GET),
    NO_PARAMS(NET_TRANSMIT_GET),
    NO_PARAMS(HEARTBEAT_PUB_GET),
    NO_PARAMS(HEARTBEAT_SUB_GET),
    NO_PARAMS(NETKEY_GET),
    NO_PARAMS(NODE_RESET),
    NO_PARAMS(NODE_RESET_STATUS),
};
/* clang-format on */

#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static void assert_same(const struct usher_config_msg *a, const struct usher_config_msg *b)
{
    assert_int_equal(a->opcode, b->opcode);
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->element, b->element);
    assert_int_equal(a->company, b->company);
    assert_int_equal(a->model, b->model);
    assert_int_equal(a->net_index, b->net_index);
    assert_int_equal(a->app_index, b->app_index);
    assert_memory_equal(a->key, b->key, sizeof(a->key));
    assert_int_equal(a->address, b->address);
    assert_memory_equal(a->label, b->label, sizeof(a->label));
    assert_int_equal(a->source, b->source);
    assert_int_equal(a->ttl, b->ttl);
    assert_int_equal(a->period, b->period);
    assert_int_equal(a->retransmit, b->retransmit);
    assert_int_equal(a->credentials, b->credentials);
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->transmit, b->transmit);
    assert_int_equal(a->count_log, b->count_log);
    assert_int_equal(a->period_log, b->period_log);
    assert_int_equal(a->min_hops, b->min_hops);
    assert_int_equal(a->max_hops, b->max_hops);
    assert_int_equal(a->features, b->features);
    assert_int_equal(a->lpn, b->lpn);
    assert_int_equal(a->poll_timeout, b->poll_timeout);
    assert_int_equal(a->list_count, b->list_count);
    assert_memory_equal(a->list, b->list, sizeof(a->list));
}

static bool read_message(uint32_t opcode, const uint8_t *params, size_t len,
                         struct usher_config_msg *msg)
{
    const struct usher_message message = { .opcode = opcode, .params = params, .len = len };

    return usher_config_read(&message, msg);
}

static void a_sample_of_every_message_is_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        struct usher_config_msg msg, read;
        uint8_t out[sizeof(samples[i].octets)];

        msg = samples[i].msg;
        assert_int_equal(config_pdu_write(&msg, out, sizeof(out)), samples[i].len);
        assert_memory_equal(out, samples[i].octets, samples[i].len);
        assert_true(read_message(msg.opcode, out, samples[i].len, &read));
        assert_same(&read, &samples[i].msg);
    }
}

static bool is_sampled(uint32_t opcode)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        if (samples[i].msg.opcode == opcode) {
            return true;
        }
    }
    return opcode == USHER_CONFIG_COMPOSITION_STATUS; /* has a test of its own */
}

static void the_table_is_whole_and_in_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < config_pdu_count; i++) {
        const struct config_pdu *pdu = &config_pdus[i];

        assert_true(i == 0 || config_pdus[i - 1].opcode < pdu->opcode);
        assert_true(is_sampled(pdu->opcode));
        assert_ptr_equal(config_pdu_find(pdu->opcode), pdu);
        assert_string_equal(usher_config_name(pdu->opcode), pdu->name);
        assert_memory_equal(pdu->name, "Config ", 7);
        if (pdu->answer != CONFIG_NO_ANSWER) { /* which is no question itself */
            assert_non_null(config_pdu_find(pdu->answer));
            assert_int_equal(config_pdu_find(pdu->answer)->answer, CONFIG_NO_ANSWER);
        }
    }
    assert_null(config_pdu_find(0x8004)); /* Health Attention Get */
    assert_null(usher_config_name(0x8004));
    assert_false(read_message(0x8004, NULL, 0, &(struct usher_config_msg){ 0 }));
    assert_int_equal(
        config_pdu_write(&(struct usher_config_msg){ .opcode = 0x8004 }, (uint8_t[1]){ 0 }, 1),
        SIZE_MAX);
}

/* A shorter message is refused, or it is another one: a SIG model instead of a vendor's, or a
 * shorter list. Then what was read says exactly what was there. */
static void every_truncation_is_refused_or_a_message_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        const struct sample *s = &samples[i];
        bool varies = s->msg.list_count != 0 || s->msg.company == 0x003F;

        for (size_t cut = 0; cut < s->len; cut++) {
            struct usher_config_msg msg;
            uint8_t out[sizeof(s->octets)];

            if (!read_message(s->msg.opcode, s->octets, cut, &msg)) {
                continue;
            }
            assert_true(varies);
            assert_int_equal(config_pdu_write(&msg, out, sizeof(out)), cut);
            assert_memory_equal(out, s->octets, cut);
        }
    }
}

/* One octet more is none that any of these messages may have, but for lists. */
static void longer_messages_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        struct usher_config_msg msg;
        uint32_t opcode = samples[i].msg.opcode;
        bool list = opcode == USHER_CONFIG_NETKEY_LIST || opcode == USHER_CONFIG_APPKEY_LIST ||
                    opcode == USHER_CONFIG_VENDOR_APP_LIST;

        if (!list) {
            assert_false(read_message(opcode, samples[i].octets, samples[i].len + 1u, &msg));
        }
    }
}

static void messages_are_not_written_past_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        for (size_t size = 0; size < samples[i].len; size++) {
            struct usher_config_msg msg = samples[i].msg;
            uint8_t out[sizeof(samples[i].octets)];

            memset(out, 0xEE, sizeof(out));
            assert_int_equal(config_pdu_write(&msg, out, size), SIZE_MAX);
            assert_int_equal(out[size], 0xEE);
        }
    }
}

/* -- prohibited values ------------------------------------------------------------------------- */

/* Refused, in the samples of a message, is a value in some octets, least significant first. */
static void refused(uint32_t opcode, size_t at, size_t octets, unsigned value)
{
    unsigned asked = 0;

    for (size_t i = 0; i < SAMPLES; i++) {
        struct usher_config_msg msg;
        uint8_t params[sizeof(samples[i].octets)];

        if (samples[i].msg.opcode == opcode) {
            memcpy(params, samples[i].octets, sizeof(params));
            for (size_t n = 0; n < octets; n++) {
                params[at + n] = (uint8_t)(value >> 8 * n);
            }
            assert_false(read_message(opcode, params, samples[i].len, &msg));
            asked++;
        }
    }
    assert_true(asked > 0);
}

static void refused_u8(uint32_t opcode, size_t at, unsigned value)
{
    refused(opcode, at, 1, value);
}

static void refused_u16(uint32_t opcode, size_t at, unsigned value)
{
    refused(opcode, at, 2, value);
}

static void states_have_few_values(void **state)
{
    static const uint32_t on_off[] = { USHER_CONFIG_BEACON_SET, USHER_CONFIG_BEACON_STATUS,
                                       USHER_CONFIG_FRIEND_SET, USHER_CONFIG_PROXY_SET,
                                       USHER_CONFIG_RELAY_SET };
    static const uint32_t supported[] = { USHER_CONFIG_FRIEND_STATUS, USHER_CONFIG_PROXY_STATUS,
                                          USHER_CONFIG_RELAY_STATUS };

    (void)state;
    for (unsigned v = 2; v <= 0xFF; v++) {
        for (size_t i = 0; i < sizeof(on_off) / sizeof(on_off[0]); i++) {
            refused_u8(on_off[i], 0, v);
        }
        refused_u8(USHER_CONFIG_IDENTITY_SET, 2, v);
    }
    for (unsigned v = 3; v <= 0xFF; v++) {
        for (size_t i = 0; i < sizeof(supported) / sizeof(supported[0]); i++) {
            refused_u8(supported[i], 0, v);
        }
        refused_u8(USHER_CONFIG_IDENTITY_STATUS, 3, v);
        refused_u8(USHER_CONFIG_KEY_REFRESH_STATUS, 3, v);
    }
    for (unsigned v = 0; v <= 0xFF; v++) {
        if (v != 2 && v != 3) {
            refused_u8(USHER_CONFIG_KEY_REFRESH_SET, 2, v);
        }
        if (v == 1 || v > 0x7F) {
            refused_u8(USHER_CONFIG_TTL_SET, 0, v);
            refused_u8(USHER_CONFIG_TTL_STATUS, 0, v);
        }
        if (v > 0x7F && v != 0xFF) {
            refused_u8(USHER_CONFIG_PUBLICATION_SET, 6, v);
            refused_u8(USHER_CONFIG_PUBLICATION_VIRTUAL_SET, 20, v);
            refused_u8(USHER_CONFIG_PUBLICATION_STATUS, 7, v);
        }
        if (v > 0x7F) {
            refused_u8(USHER_CONFIG_HEARTBEAT_PUB_SET, 4, v);
            refused_u8(USHER_CONFIG_HEARTBEAT_SUB_STATUS, 7, v);
            refused_u8(USHER_CONFIG_HEARTBEAT_SUB_STATUS, 8, v);
        }
        if (v > 0x11) {
            refused_u8(USHER_CONFIG_HEARTBEAT_PUB_SET, 3, v);
            refused_u8(USHER_CONFIG_HEARTBEAT_SUB_SET, 4, v);
            refused_u8(USHER_CONFIG_HEARTBEAT_SUB_STATUS, 5, v);
        }
        if (v > 0x11 && v != 0xFF) {
            refused_u8(USHER_CONFIG_HEARTBEAT_PUB_SET, 2, v);
            refused_u8(USHER_CONFIG_HEARTBEAT_SUB_STATUS, 6, v);
        }
    }
}

static void an_element_is_a_unicast_address(void **state)
{
    static const uint16_t others[] = { 0x0000, 0x8000, 0xBFFF, 0xC000, 0xFFFF };
    unsigned asked = 0;

    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        const struct usher_config_msg *m = &samples[i].msg;
        size_t at = samples[i].octets[0] == 0x01 && samples[i].octets[1] == 0x12 ? 0 : 1;

        if (m->element == 0) {
            continue;
        }
        for (size_t n = 0; n < sizeof(others) / sizeof(others[0]); n++) {
            refused_u16(m->opcode, at, others[n]);
        }
        asked++;
    }
    assert_int_equal(asked, 24);
    for (size_t n = 0; n < sizeof(others) / sizeof(others[0]); n++) {
        refused_u16(USHER_CONFIG_LPN_TIMEOUT_GET, 0, others[n]);
    }
}

static void addresses_are_of_their_kind(void **state)
{
    static const uint16_t no_groups[] = { 0x0000, 0x0001, 0x7FFF, 0x8000, 0xBFFF, 0xFFFF };
    static const uint16_t no_sources[] = { 0x8000, 0xC000, 0xFFFF };

    (void)state;
    for (size_t i = 0; i < sizeof(no_groups) / sizeof(no_groups[0]); i++) {
        refused_u16(USHER_CONFIG_SUBSCRIPTION_ADD, 2, no_groups[i]);
        refused_u16(USHER_CONFIG_SUBSCRIPTION_DELETE, 2, no_groups[i]);
        refused_u16(USHER_CONFIG_SUBSCRIPTION_OVERWRITE, 2, no_groups[i]);
    }
    for (size_t i = 0; i < sizeof(no_sources) / sizeof(no_sources[0]); i++) {
        refused_u16(USHER_CONFIG_HEARTBEAT_SUB_SET, 0, no_sources[i]);
    }
    refused_u16(USHER_CONFIG_PUBLICATION_SET, 2, 0x8000);
    refused_u16(USHER_CONFIG_HEARTBEAT_PUB_SET, 0, 0xBFFF);
    refused_u16(USHER_CONFIG_HEARTBEAT_SUB_SET, 2, 0x8000);
}

static void key_indexes_have_12_bits(void **state)
{
    (void)state;
    for (unsigned v = 0x1000; v <= 0xF000; v += 0x1000) {
        refused_u16(USHER_CONFIG_NETKEY_ADD, 0, v);
        refused_u16(USHER_CONFIG_NETKEY_STATUS, 1, v);
        refused_u16(USHER_CONFIG_APPKEY_GET, 0, v);
        refused_u16(USHER_CONFIG_APPKEY_LIST, 6, v); /* the odd one */
        refused_u16(USHER_CONFIG_MODEL_APP_BIND, 2, v);
        refused_u16(USHER_CONFIG_HEARTBEAT_PUB_SET, 7, v);
    }
}

static void a_vendor_is_not_the_sig(void **state)
{
    struct usher_config_msg msg = { .opcode = USHER_CONFIG_VENDOR_APP_GET, ON_1201, SIG_1000 };
    uint8_t out[8];

    (void)state;
    refused_u16(USHER_CONFIG_VENDOR_APP_GET, 2, 0xFFFF);
    refused_u16(USHER_CONFIG_MODEL_APP_UNBIND, 4, 0xFFFF);
    assert_int_equal(config_pdu_write(&msg, out, sizeof(out)), SIZE_MAX);
    msg.opcode = USHER_CONFIG_SIG_APP_GET;
    assert_int_equal(config_pdu_write(&msg, out, sizeof(out)), 4);
    msg.company = 0x003F;
    assert_int_equal(config_pdu_write(&msg, out, sizeof(out)), SIZE_MAX);
}

static void reserved_bits_do_not_count(void **state)
{
    static const uint8_t pub[] = { 0x01, 0x12, 0x05, 0xC1, 0x56, 0xF4, 7, 0x45, 0x13, 0x00, 0x10 };
    static const uint8_t beat[] = { 0xFF, 0x7F, 0x11, 0x03, 0x05, 0xF2, 0xFF, 0xFF, 0x0F };
    struct usher_config_msg msg;

    (void)state;
    assert_true(read_message(USHER_CONFIG_PUBLICATION_SET, pub, sizeof(pub), &msg));
    assert_int_equal(msg.app_index, 0x456);
    assert_int_equal(msg.credentials, 1);
    assert_true(read_message(USHER_CONFIG_HEARTBEAT_PUB_SET, beat, sizeof(beat), &msg));
    assert_int_equal(msg.features, 0x0002);
}

/* Without an address nothing else of a publication counts. */
static void a_publication_switched_off_may_have_any_ttl(void **state)
{
    static const uint8_t pub[] = { 0x01, 0x12, 0x00, 0x00, 0x56, 0x04, 0x80, 0, 0, 0x00, 0x10 };
    struct usher_config_msg msg;

    (void)state;
    assert_true(read_message(USHER_CONFIG_PUBLICATION_SET, pub, sizeof(pub), &msg));
    assert_int_equal(msg.address, 0);
}

static void members_out_of_range_are_not_written(void **state)
{
    static const struct usher_config_msg bad[] = {
        { .opcode = USHER_CONFIG_NETKEY_DELETE, .net_index = 0x1000 },
        { .opcode = USHER_CONFIG_APPKEY_DELETE, .net_index = 0x1000 },
        { .opcode = USHER_CONFIG_APPKEY_DELETE, .app_index = 0x1000 },
        { .opcode = USHER_CONFIG_MODEL_APP_BIND, ON_1201, .app_index = 0x1000, SIG_1000 },
        { .opcode = USHER_CONFIG_PUBLICATION_SET, ON_1201, .app_index = 0x1000, SIG_1000 },
        { .opcode = USHER_CONFIG_PUBLICATION_SET, ON_1201, .address = 0x8000, SIG_1000 },
        { .opcode = USHER_CONFIG_PUBLICATION_SET, ON_1201, .address = 1, .ttl = 0x80, SIG_1000 },
        { .opcode = USHER_CONFIG_SUBSCRIPTION_ADD, ON_1201, .address = 0x0001, SIG_1000 },
        { .opcode = USHER_CONFIG_SUBSCRIPTION_DELETE_ALL, SIG_1000 },
        { .opcode = USHER_CONFIG_TTL_SET, .state = 1 },
        { .opcode = USHER_CONFIG_RELAY_SET, .state = 2 },
        { .opcode = USHER_CONFIG_KEY_REFRESH_SET, .state = 0 },
        { .opcode = USHER_CONFIG_HEARTBEAT_PUB_SET, .count_log = 0x12 },
        { .opcode = USHER_CONFIG_NETKEY_LIST, .list_count = USHER_CONFIG_LIST_MAX + 1 },
        { .opcode = USHER_CONFIG_NETKEY_LIST, .list_count = 2, .list = { 0, 0x1000 } },
        { .opcode = USHER_CONFIG_NETKEY_LIST, .list_count = 1, .list = { 0x1000 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct usher_config_msg msg = bad[i];
        uint8_t out[USHER_ACCESS_MAX];

        assert_int_equal(config_pdu_write(&msg, out, sizeof(out)), SIZE_MAX);
    }
}

/* -- what is as long as a message can be ------------------------------------------------------- */

static void a_composition_page_is_all_that_follows(void **state)
{
    uint8_t params[USHER_ACCESS_MAX - 1], out[USHER_ACCESS_MAX - 1];
    struct usher_config_msg msg;

    (void)state;
    memset(params, 0xC5, sizeof(params));
    for (size_t len = 1; len <= sizeof(params); len++) {
        assert_true(read_message(USHER_CONFIG_COMPOSITION_STATUS, params, len, &msg));
        assert_int_equal(msg.state, 0xC5);
        assert_ptr_equal(msg.data, params + 1);
        assert_int_equal(msg.data_len, len - 1);
        assert_int_equal(config_pdu_write(&msg, out, len), len);
        assert_memory_equal(out, params, len);
        assert_int_equal(config_pdu_write(&msg, out, len - 1), SIZE_MAX);
    }
    assert_false(read_message(USHER_CONFIG_COMPOSITION_STATUS, params, 0, &msg));
}

/* Key indexes are 1.5 octets each: of three lengths there is one that no list has. */
static void lists_are_of_any_length(void **state)
{
    uint8_t params[USHER_ACCESS_MAX - 2], out[USHER_ACCESS_MAX - 2];
    struct usher_config_msg msg;

    (void)state;
    memset(params, 0, sizeof(params));
    for (size_t len = 0; len <= sizeof(params); len++) {
        bool ok = read_message(USHER_CONFIG_NETKEY_LIST, params, len, &msg);

        assert_int_equal(ok, len % 3 != 1);
        if (ok) {
            assert_int_equal(msg.list_count, len * 2 / 3);
            assert_int_equal(config_pdu_write(&msg, out, sizeof(out)), len);
        }
    }
    assert_int_equal(msg.list_count, USHER_CONFIG_LIST_MAX);

    memcpy(params, (uint8_t[]){ 0, 0x01, 0x12, 0, 0x10 }, 5);
    for (size_t len = 5; len <= sizeof(params); len++) {
        bool ok = read_message(USHER_CONFIG_SIG_SUBSCRIPTION_LIST, params, len, &msg);

        assert_int_equal(ok, len % 2 == 1);
        assert_true(!ok || msg.list_count == (len - 5) / 2);
    }
}

static void statuses_have_names(void **state)
{
    (void)state;
    assert_string_equal(usher_status_name(USHER_STATUS_SUCCESS), "Success");
    assert_string_equal(usher_status_name(USHER_STATUS_INVALID_PUBLISH),
                        "Invalid Publish Parameters");
    assert_string_equal(usher_status_name(USHER_STATUS_INVALID_BINDING), "Invalid Binding");
    assert_string_equal(usher_status_name(0x15), "Invalid Bearer");
    assert_string_equal(usher_status_name(0x16), "unknown");
    assert_string_equal(usher_status_name(0xFF), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_of_every_message_is_read_and_written),
        cmocka_unit_test(the_table_is_whole_and_in_order),
        cmocka_unit_test(every_truncation_is_refused_or_a_message_of_its_own),
        cmocka_unit_test(longer_messages_are_refused),
        cmocka_unit_test(messages_are_not_written_past_the_end),
        cmocka_unit_test(states_have_few_values),
        cmocka_unit_test(an_element_is_a_unicast_address),
        cmocka_unit_test(addresses_are_of_their_kind),
        cmocka_unit_test(key_indexes_have_12_bits),
        cmocka_unit_test(a_vendor_is_not_the_sig),
        cmocka_unit_test(reserved_bits_do_not_count),
        cmocka_unit_test(a_publication_switched_off_may_have_any_ttl),
        cmocka_unit_test(members_out_of_range_are_not_written),
        cmocka_unit_test(a_composition_page_is_all_that_follows),
        cmocka_unit_test(lists_are_of_any_length),
        cmocka_unit_test(statuses_have_names),
    };

    return cmocka_run_group_tests_name("config pdu", tests, NULL, NULL);
}
