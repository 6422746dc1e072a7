/*
 * Messages of a network against messages.json: Network PDUs, sealed and opened. What they carry
 * is tested by test_transport.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "net.h"
#include "vectors.h"

static enum net_nonce nonce_type(const struct vector *v)
{
    return strcmp(vector_text(v, "nonce_type"), "proxy") == 0 ? NET_NONCE_PROXY : NET_NONCE_NETWORK;
}

static struct net_pdu pdu_of(const struct vector *v)
{
    struct octets transport = vector_in(v, "transport_pdu");
    struct net_pdu p = {
        .ctl = (uint8_t)vector_number(v, "ctl"),
        .ttl = (uint8_t)vector_number(v, "ttl"),
        .src = (uint16_t)vector_number(v, "src"),
        .dst = (uint16_t)vector_number(v, "dst"),
        .seq = vector_number(v, "seq"),
        .iv_index = vector_number(v, "iv_index"),
        .len = (uint8_t)transport.len,
    };

    vector_check(v, transport.len <= sizeof(p.transport), "the transport PDU fits");
    memcpy(p.transport, transport.at, transport.len);
    return p;
}

/* One bit anywhere is found, and so is an octet too few. */
static void check_refusals(const struct vector *v, const struct usher_crypto *c,
                           const struct usher_net_keys *k, struct octets sealed)
{
    struct net_pdu p = pdu_of(v), opened;

    for (size_t bit = 0; bit < sealed.len * 8; bit++) {
        sealed.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        vector_check(
            v, !net_open_with(c, k, nonce_type(v), p.iv_index, sealed.at, sealed.len, &opened),
            "a changed bit is refused");
        sealed.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t len = 0; len < sealed.len; len++) {
        vector_check(v, !net_open_with(c, k, nonce_type(v), p.iv_index, sealed.at, len, &opened),
                     "a shorter one is refused");
    }
    vector_check(
        v, !net_open_with(c, k, nonce_type(v), p.iv_index + 2, sealed.at, sealed.len, &opened),
        "it does not open with another IV Index");
    vector_check(
        v,
        !net_open_with(c, k, nonce_type(v) == NET_NONCE_PROXY ? NET_NONCE_NETWORK : NET_NONCE_PROXY,
                       p.iv_index, sealed.at, sealed.len, &opened),
        "it does not open with the other nonce");
}

static void run_network_pdu(const struct vector *v, void *arg)
{
    const struct usher_crypto *c = arg;
    struct octets expected = octets_of_hex(v, json_object_get(v->out, "pdu"));
    struct net_pdu p = pdu_of(v), opened = { 0 };
    struct usher_net_keys k = { .nid = (uint8_t)vector_number(v, "nid") };
    uint8_t sealed[NET_PDU_MAX];
    uint8_t len;

    vector_in_exact(v, "encryption_key", k.encryption, sizeof(k.encryption));
    vector_in_exact(v, "privacy_key", k.privacy, sizeof(k.privacy));

    len = net_seal(c, &k, nonce_type(v), &p, sealed);
    vector_expect(v, "pdu", sealed, len);

    vector_check(
        v, net_open_with(c, &k, nonce_type(v), p.iv_index, expected.at, expected.len, &opened),
        "the PDU opens");
    vector_check(v, opened.ctl == p.ctl && opened.ttl == p.ttl, "CTL and TTL come out");
    vector_check(v, opened.src == p.src && opened.dst == p.dst, "the addresses come out");
    vector_check(v, opened.seq == p.seq && opened.iv_index == p.iv_index,
                 "SEQ and IV Index come out");
    vector_check(v, opened.len == p.len && memcmp(opened.transport, p.transport, p.len) == 0,
                 "the transport PDU comes out");
    check_refusals(v, c, &k, expected);
}

static void every_message(void **state)
{
    static const struct vector_type types[] = {
        { "network_pdu", 39, run_network_pdu },
        { "lower_transport", 8, NULL }, /* these are test_transport.c's */
        { "upper_access", 17, NULL },
        { "segment_ack", 2, NULL },
        { "control_fields", 3, NULL },
    };

    vectors_run("messages.json", types, sizeof(types) / sizeof(types[0]), *state);
}

int main(void)
{
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(every_message, vectors_state(crypto)),
    };
    int failed = crypto == NULL ? 1 : cmocka_run_group_tests_name("messages", tests, NULL, NULL);

    usher_crypto_openssl_free(crypto);
    return failed != 0;
}
