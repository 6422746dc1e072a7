/*
 * Bearers against bearers.json and bearers_generated.json: a client and a server link of PB-ADV
 * talk to each other until they stand where the vector does, and then what they send must be the
 * vector's packets, octet for octet. GATT's Proxy PDUs are cut into the vector's values, and put
 * together again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "crc8.h"
#include "pb_adv.h"
#include "proxy_sar.h"
#include "vectors.h"

struct pair {
    uint64_t now;
    struct usher_pb_adv client;
    struct usher_pb_adv server;
};

/* What a link has sent: the data of its AD structures. */
struct burst {
    size_t count;
    struct octets packet[USHER_PB_ADV_SEGMENTS];
};

static const uint8_t pair_uuid[USHER_UUID_SIZE] = {
    0x70, 0xcf, 0x7c, 0x97, 0x32, 0xa3, 0x45, 0xb6, 0x91, 0x49, 0x48, 0x10, 0xd2, 0xe9, 0xcb, 0xf4
};

/* Waits until the link has an advertisement to send; its data go to packet. */
static void link_send(struct pair *p, struct usher_pb_adv *from, struct octets *packet)
{
    uint8_t ad[USHER_AD_MAX];
    uint64_t due = pb_adv_due(from);
    uint8_t len;

    assert_true(due != USHER_NEVER);
    p->now = due > p->now ? due : p->now;
    len = pb_adv_next(from, p->now, ad);
    assert_true(len > 2);
    assert_int_equal(ad[0], len - 1);
    assert_int_equal(ad[1], PB_ADV_AD_TYPE);
    packet->len = len - 2u;
    memcpy(packet->at, ad + 2, packet->len);
}

static void link_take(const struct pair *p, struct usher_pb_adv *to, const struct octets *packet)
{
    assert_true(pb_adv_wants(to, packet->at, packet->len));
    pb_adv_rx(to, p->now, packet->at, packet->len);
}

static void event_expect(const struct pair *p, struct usher_pb_adv *l, enum bearer_event expected,
                         struct bearer_input *in)
{
    assert_int_equal(pb_adv_poll(l, p->now, in), expected);
}

/* A client that opens, and a server that waits for it. */
static void pair_begin(struct pair *p, uint32_t link_id)
{
    memset(p, 0, sizeof(*p));
    pb_adv_open(&p->client, &usher_pb_adv_spec, p->now, link_id, 1, pair_uuid);
    pb_adv_listen(&p->server, &usher_pb_adv_spec, 2, pair_uuid);
}

static void pair_open(struct pair *p, uint32_t link_id)
{
    struct octets packet;
    struct bearer_input in;

    pair_begin(p, link_id);
    link_send(p, &p->client, &packet);
    link_take(p, &p->server, &packet);
    event_expect(p, &p->server, BEARER_OPENED, &in);
    link_send(p, &p->server, &packet);
    link_take(p, &p->client, &packet);
    event_expect(p, &p->client, BEARER_OPENED, &in);
}

static void burst_send(struct pair *p, struct usher_pb_adv *from, const struct octets *pdu,
                       struct burst *burst)
{
    assert_int_equal(pb_adv_send(from, p->now, pdu->at, pdu->len, true), USHER_OK);
    burst->count = 0;
    while (pb_adv_due(from) != USHER_NEVER) {
        assert_in_range(burst->count, 0, USHER_PB_ADV_SEGMENTS - 1);
        link_send(p, from, &burst->packet[burst->count++]);
    }
}

/* One PDU there, and its acknowledgment back, which goes to ack. */
static void transaction_run(struct pair *p, struct usher_pb_adv *from, struct usher_pb_adv *to,
                            const struct octets *pdu, struct octets *ack)
{
    struct burst burst;
    struct bearer_input in;

    burst_send(p, from, pdu, &burst);
    for (size_t i = 0; i < burst.count; i++) {
        link_take(p, to, &burst.packet[i]);
    }
    event_expect(p, to, BEARER_PDU, &in);
    assert_int_equal(in.len, pdu->len);
    assert_memory_equal(in.pdu, pdu->at, pdu->len);
    link_send(p, to, ack);
    link_take(p, from, ack);
    event_expect(p, from, BEARER_SENT, &in);
}

/* An open pair whose next transaction is the vector's; *from is to send it, *to to receive it. */
static void pair_reach(struct pair *p, const struct vector *v, struct usher_pb_adv **from,
                       struct usher_pb_adv **to)
{
    static const struct octets filler = { .len = 2 };
    unsigned number = vector_number(v, "transaction");
    bool by_client = number < 0x80;
    struct octets ack;

    pair_open(p, vector_number(v, "link_id"));
    *from = by_client ? &p->client : &p->server;
    *to = by_client ? &p->server : &p->client;
    for (unsigned i = 0; i < (number & 0x7F); i++) {
        transaction_run(p, *from, *to, &filler, &ack);
    }
}

static void run_control(const struct vector *v, void *arg)
{
    struct octets params = vector_in(v, "params");
    struct pair p;
    struct octets packet;
    struct bearer_input in = { .reason = 0xFF };

    (void)arg;
    switch (vector_number(v, "bearer_opcode")) {
    case 0: /* Link Open */
        vector_check(v, memcmp(params.at, pair_uuid, sizeof(pair_uuid)) == 0, "the UUID is ours");
        pair_begin(&p, vector_number(v, "link_id"));
        link_send(&p, &p.client, &packet);
        link_take(&p, &p.server, &packet);
        event_expect(&p, &p.server, BEARER_OPENED, &in);
        break;
    case 1: /* Link Ack */
        pair_begin(&p, vector_number(v, "link_id"));
        link_send(&p, &p.client, &packet);
        link_take(&p, &p.server, &packet);
        link_send(&p, &p.server, &packet);
        link_take(&p, &p.client, &packet);
        event_expect(&p, &p.client, BEARER_OPENED, &in);
        break;
    default: /* Link Close */
        pair_open(&p, vector_number(v, "link_id"));
        pb_adv_close(&p.client, p.now, params.at[0]);
        link_send(&p, &p.client, &packet);
        link_take(&p, &p.server, &packet);
        event_expect(&p, &p.server, BEARER_CLOSED, &in);
        vector_check(v, in.reason == params.at[0], "the reason arrives");
        break;
    }
    vector_expect(v, "packet", packet.at, packet.len);
}

/* A copy of a receiving link takes the burst backwards: the PDU must come out all the same. */
static void backwards_check(const struct vector *v, const struct pair *p, struct usher_pb_adv copy,
                            const struct burst *burst, const struct octets *pdu)
{
    struct bearer_input in;

    for (size_t i = burst->count; i-- > 0;) {
        link_take(p, &copy, &burst->packet[i]);
    }
    vector_check(v, pb_adv_poll(&copy, p->now, &in) == BEARER_PDU, "the PDU comes out backwards");
    vector_expect_equal(v, "the PDU backwards", pdu, in.pdu, in.len);
}

/* Another gets a wrong FCS: the PDU must not come out, and no acknowledgment be sent. */
static void wrong_fcs_check(const struct vector *v, const struct pair *p, struct usher_pb_adv copy,
                            const struct burst *burst)
{
    static const size_t fcs_at = 8; /* link id, number, GPCF, length of 2 octets */
    struct bearer_input in;

    for (size_t i = 0; i < burst->count; i++) {
        struct octets packet = burst->packet[i];

        packet.at[fcs_at] ^= i == 0 ? 0x01 : 0x00;
        link_take(p, &copy, &packet);
    }
    vector_check(v, pb_adv_poll(&copy, p->now, &in) == BEARER_NOTHING, "a wrong FCS is dropped");
    vector_check(v, copy.stats.fcs_errors == 1, "a wrong FCS is counted");
    vector_check(v, pb_adv_due(&copy) == USHER_NEVER, "a wrong FCS is not acknowledged");
}

/* A PDU longer than this build takes: not sent, and of one that comes nothing is kept. */
static void too_long_check(const struct vector *v, const struct octets *pdu)
{
    const json_t *packets = json_object_get(v->out, "packets");
    struct pair p;
    struct usher_pb_adv *from;
    struct usher_pb_adv *to;
    struct bearer_input in;

    pair_reach(&p, v, &from, &to);
    vector_check(v, pb_adv_send(from, p.now, pdu->at, pdu->len, true) == USHER_E_SIZE,
                 "a PDU longer than USHER_PDU_MAX is not sent");
    for (size_t i = 0; i < json_array_size(packets); i++) {
        struct octets packet = octets_of_hex(v, json_array_get(packets, i));

        link_take(&p, to, &packet);
    }
    vector_check(v, pb_adv_poll(to, p.now, &in) == BEARER_NOTHING, "... nor taken");
}

static void run_segmentation(const struct vector *v, void *arg)
{
    const json_t *packets = json_object_get(v->out, "packets");
    struct octets pdu = vector_in(v, "pdu");
    uint8_t fcs = crc8_fcs(pdu.at, pdu.len);
    struct pair p;
    struct usher_pb_adv *from;
    struct usher_pb_adv *to;
    struct burst burst;
    struct bearer_input in;

    (void)arg;
    vector_expect(v, "fcs", &fcs, 1);
    if (pdu.len > USHER_PDU_MAX) {
        too_long_check(v, &pdu);
        return;
    }
    pair_reach(&p, v, &from, &to);
    burst_send(&p, from, &pdu, &burst);
    vector_check(v, burst.count == json_array_size(packets), "the number of segments");
    for (size_t i = 0; i < burst.count; i++) {
        struct octets expected = octets_of_hex(v, json_array_get(packets, i));

        vector_expect_equal(v, "a segment", &expected, burst.packet[i].at, burst.packet[i].len);
    }
    backwards_check(v, &p, *to, &burst, &pdu);
    wrong_fcs_check(v, &p, *to, &burst);
    for (size_t i = 0; i < burst.count; i++) {
        event_expect(&p, to, BEARER_NOTHING, &in);
        link_take(&p, to, &burst.packet[i]);
    }
    event_expect(&p, to, BEARER_PDU, &in);
    vector_expect_equal(v, "the PDU received", &pdu, in.pdu, in.len);
}

static void run_ack(const struct vector *v, void *arg)
{
    static const struct octets pdu = { .len = 1 };
    struct pair p;
    struct usher_pb_adv *from;
    struct usher_pb_adv *to;
    struct octets ack;

    (void)arg;
    pair_reach(&p, v, &from, &to);
    transaction_run(&p, from, to, &pdu, &ack);
    vector_expect(v, "packet", ack.at, ack.len);
}

static void run_fcs(const struct vector *v, void *arg)
{
    struct octets pdu = vector_in(v, "pdu");
    uint8_t fcs = crc8_fcs(pdu.at, pdu.len);

    (void)arg;
    vector_expect(v, "fcs", &fcs, 1);
}

static void run_proxy_sar(const struct vector *v, void *arg)
{
    const json_t *pdus = json_object_get(v->out, "pdus");
    struct octets message = vector_in(v, "message");
    enum proxy_type type = (enum proxy_type)vector_number(v, "type");
    uint8_t value[PROXY_VALUE_MAX];
    struct usher_proxy_sar sar;
    struct proxy_pdu pdu = { 0 };

    (void)arg;
    proxy_sar_init(&sar, (uint16_t)vector_number(v, "max_pdu"));
    assert_int_equal(proxy_sar_send(&sar, type, message.at, message.len), USHER_OK);
    for (size_t i = 0; i < json_array_size(pdus); i++) {
        struct octets expected = octets_of_hex(v, json_array_get(pdus, i));
        uint8_t len = proxy_sar_next(&sar, value);

        vector_expect_equal(v, "a value", &expected, value, len);
        proxy_sar_sent(&sar);
        vector_check(v,
                     proxy_sar_rx(&sar, 0, expected.at, expected.len, &pdu) ==
                         (i + 1 < json_array_size(pdus) ? PROXY_SAR_NOTHING : PROXY_SAR_PDU),
                     "the PDU is whole with the last value");
    }
    vector_check(v, !proxy_sar_busy(&sar), "there are no more values");
    assert_int_equal(pdu.type, type);
    vector_expect_equal(v, "the message", &message, pdu.pdu, pdu.len);
}

static void every_sample(void **state)
{
    static const struct vector_type types[] = {
        { "pbadv_control", 3, run_control },
        { "pbadv_segmentation", 11, run_segmentation },
        { "pbadv_ack", 11, run_ack },
        { "proxy_sar", 9, run_proxy_sar },
    };

    vectors_run("bearers.json", types, sizeof(types) / sizeof(types[0]), *state);
}

static void every_generated(void **state)
{
    static const struct vector_type types[] = {
        { "fcs", 2, run_fcs },
        { "pbadv_segmentation", 17, run_segmentation },
        { "proxy_sar", 6, run_proxy_sar },
    };

    vectors_run("bearers_generated.json", types, sizeof(types) / sizeof(types[0]), *state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample),
        cmocka_unit_test(every_generated),
    };

    return cmocka_run_group_tests_name("bearers", tests, NULL, NULL);
}
