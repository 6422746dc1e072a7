/*
 * Transport PDUs against messages.json: access messages sealed and opened, segments cut and put
 * together, acknowledgements and control messages. Network PDUs are tested by test_messages.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "transport_parts.h"
#include "vectors.h"

/* -- upper_access ------------------------------------------------------------------------------ */

/* Nothing but what was sealed opens: one bit of the PDU or of what is authenticated with it. */
static void check_refusals(const struct vector *v, const struct usher_crypto *c,
                           const uint8_t key[16], const struct upper *u, struct octets sealed)
{
    size_t len = sealed.len - upper_mic(u->szmic);
    uint8_t other_label[USHER_LABEL_SIZE] = { 0 };
    uint8_t out[OCTETS_MAX];
    struct upper other;

    for (size_t bit = 0; bit < sealed.len * 8; bit++) {
        sealed.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        vector_check(v, !upper_open_with(c, key, u, sealed.at, len, out),
                     "a changed bit is refused");
        sealed.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    other = *u;
    other.device = !u->device;
    vector_check(v, !upper_open_with(c, key, &other, sealed.at, len, out),
                 "the kind of key counts");
    other = *u;
    other.seq++;
    vector_check(v, !upper_open_with(c, key, &other, sealed.at, len, out), "SEQ counts");
    other = *u;
    other.src ^= 1;
    vector_check(v, !upper_open_with(c, key, &other, sealed.at, len, out), "SRC counts");
    other = *u;
    other.dst ^= 1;
    vector_check(v, !upper_open_with(c, key, &other, sealed.at, len, out), "DST counts");
    other = *u;
    other.iv_index++;
    vector_check(v, !upper_open_with(c, key, &other, sealed.at, len, out), "the IV Index counts");
    other = *u;
    other.label = u->label == NULL ? other_label : NULL;
    vector_check(v, !upper_open_with(c, key, &other, sealed.at, len, out), "the label counts");
}

static void run_upper_access(const struct vector *v, void *arg)
{
    const struct usher_crypto *c = arg;
    struct octets access = vector_in(v, "access"), label = vector_in(v, "label");
    struct octets expected = octets_of_hex(v, json_object_get(v->out, "upper_pdu"));
    struct upper u = {
        .device = strcmp(vector_text(v, "key_type"), "device") == 0,
        .szmic = (uint8_t)vector_number(v, "szmic"),
        .src = (uint16_t)vector_number(v, "src"),
        .dst = (uint16_t)vector_number(v, "dst"),
        .seq = vector_number(v, "seq"),
        .iv_index = vector_number(v, "iv_index"),
        .label = label.len != 0 ? label.at : NULL,
    };
    uint8_t key[USHER_KEY_SIZE], out[OCTETS_MAX];

    vector_in_exact(v, "key", key, sizeof(key));
    vector_check(v, label.len == 0 || label.len == USHER_LABEL_SIZE, "a label has 16 octets");
    vector_check(v, upper_seal(c, key, &u, access.at, access.len, out) == USHER_OK, "it is sealed");
    vector_expect(v, "upper_pdu", out, access.len + upper_mic(u.szmic));
    vector_check(v, upper_open_with(c, key, &u, expected.at, access.len, out), "it opens");
    vector_expect_equal(v, "the access message", &access, out, access.len);
    check_refusals(v, c, key, &u, expected);
}

/* -- lower_transport --------------------------------------------------------------------------- */

static uint8_t head_of(const struct vector *v, bool control)
{
    if (control) {
        return (uint8_t)vector_number(v, "opcode");
    }
    return (uint8_t)((vector_number(v, "akf") != 0 ? HEAD_APPKEY : 0) | vector_number(v, "aid"));
}

/* One segment: written as the vector has it, and read back. */
static void check_segment(const struct vector *v, const struct segment *s,
                          const struct octets *payload, const struct octets *expected)
{
    size_t size = segment_size(0), offset = s->index * size;
    size_t len = s->index < s->last ? size : payload->len - offset;
    struct segment written = *s, read = { 0 };
    uint8_t pdu[NET_TRANSPORT_MAX];
    struct io io = io_writer(pdu, sizeof(pdu));

    segment_fields(&io, &written);
    memcpy(pdu + io_pos(&io), payload->at + offset, len);
    vector_expect_equal(v, "the segment", expected, pdu, io_pos(&io) + len);

    io = io_reader(expected->at, expected->len);
    segment_fields(&io, &read);
    vector_check(v, io_ok(&io) && io_left(&io) == len, "the header has four octets");
    vector_check(v, read.head == s->head && read.szmic == s->szmic, "head and SZMIC come out");
    vector_check(v, read.seq_zero == s->seq_zero, "SeqZero comes out");
    vector_check(v, read.index == s->index && read.last == s->last, "SegO and SegN come out");
}

static void run_lower_transport(const struct vector *v, void *arg)
{
    const json_t *pdus = json_object_get(v->out, "pdus");
    struct octets payload = vector_in(v, "payload");
    bool control = vector_number(v, "ctl") != 0;
    uint8_t head = head_of(v, control);
    struct segment s;

    (void)arg;
    if (vector_number(v, "seg") == 0) {
        struct octets expected = octets_of_hex(v, json_array_get(pdus, 0));

        vector_check(v, json_array_size(pdus) == 1 && expected.at[0] == head, "one PDU, one head");
        vector_check(v, payload.len <= (control ? UNSEGMENTED_CONTROL : UNSEGMENTED_MAX),
                     "it fits into one PDU");
        return;
    }
    s = (struct segment){
        .head = HEAD_SEGMENTED | head,
        .szmic = (uint8_t)vector_number(v, "szmic"),
        .seq_zero = (uint16_t)vector_number(v, "seqzero"),
        .last = (uint8_t)((payload.len - 1) / segment_size(0)),
    };
    vector_check(v, !control && json_array_size(pdus) == s.last + 1u, "as many segments");
    for (s.index = 0; s.index <= s.last; s.index++) {
        struct octets expected = octets_of_hex(v, json_array_get(pdus, s.index));

        check_segment(v, &s, &payload, &expected);
    }
}

/* -- control messages -------------------------------------------------------------------------- */

static void run_segment_ack(const struct vector *v, void *arg)
{
    struct octets expected = octets_of_hex(v, json_object_get(v->out, "transport_pdu"));
    struct segment_ack written = {
        .obo = (uint8_t)vector_number(v, "obo"),
        .seq_zero = (uint16_t)vector_number(v, "seqzero"),
        .block = vector_number(v, "block_ack"),
    };
    struct segment_ack read = { 0 };
    uint8_t pdu[NET_TRANSPORT_MAX] = { OPCODE_SEGMENT_ACK };
    struct io io = io_writer(pdu + 1, sizeof(pdu) - 1);

    (void)arg;
    segment_ack_fields(&io, &written);
    vector_expect(v, "transport_pdu", pdu, 1 + io_pos(&io));

    io = io_reader(expected.at + 1, expected.len - 1);
    segment_ack_fields(&io, &read);
    vector_check(v, io_done(&io), "an ack has seven octets");
    vector_check(v, read.obo == vector_number(v, "obo"), "OBO comes out");
    vector_check(v, read.seq_zero == vector_number(v, "seqzero"), "SeqZero comes out");
    vector_check(v, read.block == vector_number(v, "block_ack"), "BlockAck comes out");
}

/* Nothing of ours sends these; as any control message they travel as opcode and parameters. */
static void run_control_fields(const struct vector *v, void *arg)
{
    static const struct usher_net_directory directory = { 0 };
    struct octets expected = octets_of_hex(v, json_object_get(v->out, "transport_pdu"));
    struct usher_subnet subnet = { .used = true };
    struct usher_net_tx tx[1] = { 0 };
    struct usher_net n = {
        .crypto = arg,
        .directory = &directory,
        .keys = { .subnets = &subnet, .subnet_count = 1 },
        .iv = { .seq_reserved = 1 },
        .address = 0x0001,
        .elements = 1,
        .tx = tx,
        .tx_size = 1,
    };
    struct transport_out out = {
        .control = true,
        .opcode = (uint8_t)vector_number(v, "opcode"),
        .src = 0x0001,
        .target = { .dst = 0x0002 },
        .data = expected.at + 1,
        .len = expected.len - 1,
    };
    struct net_pdu p = { 0 };
    uint8_t ad[USHER_AD_MAX];
    uint8_t len;

    vector_check(v, transport_send(&n, 0, &out) == USHER_OK, "it is sent");
    len = net_next(&n, 0, ad);
    vector_check(v, len > 2 && net_open(&n, NET_NONCE_NETWORK, ad + 2, len - 2u, &p) != NULL,
                 "it goes out");
    vector_check(v, p.ctl == 1, "it is a control message");
    vector_expect(v, "transport_pdu", p.transport, p.len);
}

static void every_transport_pdu(void **state)
{
    static const struct vector_type types[] = {
        { "network_pdu", 39, NULL }, /* test_messages.c's */
        { "lower_transport", 8, run_lower_transport },
        { "upper_access", 17, run_upper_access },
        { "segment_ack", 2, run_segment_ack },
        { "control_fields", 3, run_control_fields },
    };

    vectors_run("messages.json", types, sizeof(types) / sizeof(types[0]), *state);
}

int main(void)
{
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(every_transport_pdu, vectors_state(crypto)),
    };
    int failed = crypto == NULL ? 1 : cmocka_run_group_tests_name("transport", tests, NULL, NULL);

    usher_crypto_openssl_free(crypto);
    return failed != 0;
}
