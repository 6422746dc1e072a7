/*
 * The order of a session, against peers who do not keep it: every PDU at every moment, too short,
 * too long, after the end, and when nothing comes at all (Mesh Protocol 1.1, sections 5.4.1
 * and 5.4.4). Rows are those of docs/threat-model.md.
 */
#include "pair.h"

#include "facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define NOTHING 0xFF /* no PDU is acceptable */

static const struct usher_crypto *crypto;

/* Exchanges that together have every PDU and every way to wait. */
static const struct usher_start starts[] = {
    { .algorithm = USHER_ALG_CMAC, .method = USHER_OOB_NONE },
    { .algorithm = USHER_ALG_HMAC, .method = USHER_OOB_STATIC, .public_key = 1 },
    { .algorithm = USHER_ALG_CMAC,
      .method = USHER_OOB_OUTPUT,
      .action = USHER_OUTPUT_NUMERIC,
      .size = 6 },
    { .algorithm = USHER_ALG_HMAC,
      .method = USHER_OOB_INPUT,
      .action = USHER_INPUT_ALPHANUMERIC,
      .size = 8 },
};
#define STARTS (sizeof(starts) / sizeof(starts[0]))

static bool user_takes_part(const struct pair *p, enum usher_role role)
{
    const struct usher_start *s = &p->side[role].start;

    return s->method == USHER_OOB_OUTPUT || s->method == USHER_OOB_INPUT;
}

/* A PDU of a type, of the right length for this side. */
static size_t make(const struct pair *p, enum usher_role role, uint8_t type,
                   uint8_t pdu[USHER_PDU_MAX])
{
    int len = pdu_len(type, p->side[role].start.algorithm == USHER_ALG_HMAC ? 32 : 16);

    memset(pdu, 0x5A, USHER_PDU_MAX);
    pdu[0] = type;
    return 1 + (size_t)(len < 0 ? 9 : len);
}

static void assert_provisioner_closes(struct pair *p)
{
    p->held.len = 0;
    pair_pull(p, USHER_ROLE_PROVISIONER);
    assert_true(p->closed[USHER_ROLE_PROVISIONER]);
    assert_int_equal(p->reason[USHER_ROLE_PROVISIONER], USHER_CLOSE_ERROR);
    assert_int_equal(p->told[USHER_ROLE_PROVISIONER][USHER_EVT_COMPLETE], 0);
    assert_int_equal(p->held.len, 0);
    session_link_closed(&p->side[USHER_ROLE_PROVISIONER]);
    pair_assert_wiped(p, USHER_ROLE_PROVISIONER);
}

static void assert_device_says_failed(struct pair *p, uint8_t code)
{
    p->held.len = 0;
    p->failed.len = 0;
    pair_pull(p, USHER_ROLE_DEVICE);
    assert_int_equal(p->failed.len, 2);
    assert_int_equal(p->failed.octets[1], code);
    assert_false(p->closed[USHER_ROLE_DEVICE]);
    p->held.len = 0;
}

/* Every type but the acceptable one, padding bits included, from the point that @p at stands at. */
static void try_every_type(const struct pair *at, enum usher_role role, uint8_t acceptable)
{
    for (unsigned type = 0; type <= 0xFF; type++) {
        struct pair p = *at;
        uint8_t pdu[USHER_PDU_MAX];
        size_t len = make(&p, role, (uint8_t)type, pdu);
        bool running = p.side[role].state == PROV_RUNNING;

        if (type == acceptable || (type > 0x20 && (type & 0x3F) > 0x0F)) {
            continue; /* of the numbers nobody uses, a few will do */
        }
        (void)pair_inject(&p, role, pdu, len);
        if (role == USHER_ROLE_DEVICE) {
            assert_device_says_failed(&p, running && type >= PDU_TYPES ? USHER_FAIL_INVALID_PDU
                                                                       : USHER_FAIL_UNEXPECTED_PDU);
            assert_int_equal(p.told[role][USHER_EVT_FAILED], running);
        } else {
            assert_provisioner_closes(&p);
            assert_int_equal(p.told[role][USHER_EVT_FAILED], type == PDU_FAILED);
            assert_int_equal(p.data_pdus, at->data_pdus);
        }
    }
}

/* What the writer of the PDU held accepts already: the answer to it, if it has an answer. */
static uint8_t answer_to_held(const struct pair *at)
{
    struct pair p = *at;
    enum usher_role writer = p.held.writer;

    pair_deliver(&p);
    pair_pull(&p, session_peer(&p.side[writer]));
    pair_pull(&p, writer); /* which may show what the other side's user reads */
    pair_pull(&p, session_peer(&p.side[writer]));
    return p.held.len != 0 && p.held.writer != writer ? p.held.octets[0] : NOTHING;
}

static void row_13_every_unexpected_pdu_at_every_pdu_of_an_exchange(void **state)
{
    (void)state;
    for (size_t i = 0; i < STARTS; i++) {
        struct pair p;
        unsigned points = 0;

        pair_begin(&p, crypto, &starts[i]);
        try_every_type(&p, USHER_ROLE_PROVISIONER, NOTHING); /* before anything was said */
        try_every_type(&p, USHER_ROLE_DEVICE, PDU_INVITE);
        pair_pull(&p, USHER_ROLE_PROVISIONER);
        while (p.held.len != 0) {
            enum usher_role reader = session_peer(&p.side[p.held.writer]);

            try_every_type(&p, reader, p.held.octets[0]);
            try_every_type(&p, p.held.writer, answer_to_held(&p));
            points++;
            pair_deliver(&p);
            pair_pull(&p, USHER_ROLE_PROVISIONER);
            pair_pull(&p, USHER_ROLE_DEVICE);
            pair_pull(&p, USHER_ROLE_PROVISIONER);
        }
        assert_true(p.told[0][USHER_EVT_COMPLETE] == 1 && p.told[1][USHER_EVT_COMPLETE] == 1);
        assert_in_range(points, 10, 12);
    }
}

static void row_13_every_unexpected_pdu_while_somebody_is_waited_for(void **state)
{
    static const struct {
        unsigned start;
        enum usher_role slow;        /* whose user does not answer */
        enum usher_event_type event; /* ... to this */
        uint8_t acceptable[2];       /* by role */
    } waits[] = {
        { 0, USHER_ROLE_PROVISIONER, USHER_EVT_CAPS_RECEIVED, { NOTHING, PDU_START } },
        { 1, USHER_ROLE_PROVISIONER, USHER_EVT_OOB_PUBKEY_REQUEST, { NOTHING, PDU_PUBLIC_KEY } },
        { 0, USHER_ROLE_PROVISIONER, USHER_EVT_ECDH_REQUEST, { NOTHING, PDU_CONFIRMATION } },
        { 0, USHER_ROLE_DEVICE, USHER_EVT_ECDH_REQUEST, { PDU_CONFIRMATION, NOTHING } },
        { 1, USHER_ROLE_PROVISIONER, USHER_EVT_STATIC_REQUEST, { NOTHING, PDU_CONFIRMATION } },
        { 1, USHER_ROLE_DEVICE, USHER_EVT_STATIC_REQUEST, { PDU_CONFIRMATION, NOTHING } },
        { 2, USHER_ROLE_PROVISIONER, USHER_EVT_INPUT_REQUEST, { NOTHING, PDU_CONFIRMATION } },
        { 3, USHER_ROLE_DEVICE, USHER_EVT_INPUT_REQUEST, { PDU_INPUT_COMPLETE, NOTHING } },
        { 0, USHER_ROLE_PROVISIONER, USHER_EVT_DATA_REQUEST, { NOTHING, PDU_DATA } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        struct pair p;

        pair_begin(&p, crypto, &starts[waits[i].start]);
        p.withhold[waits[i].slow] = 1u << waits[i].event;
        pair_run(&p);
        assert_false(p.closed[0] || p.closed[1]);
        assert_true(waits[i].event == USHER_EVT_ECDH_REQUEST
                        ? p.ecdh[waits[i].slow] == 1
                        : p.told[waits[i].slow][waits[i].event] == 1);
        try_every_type(&p, USHER_ROLE_PROVISIONER, waits[i].acceptable[USHER_ROLE_PROVISIONER]);
        try_every_type(&p, USHER_ROLE_DEVICE, waits[i].acceptable[USHER_ROLE_DEVICE]);
    }
}

static void row_13_after_failed_each_pdu_is_answered_unexpected(void **state)
{
    static const uint8_t unassigned[] = { 0x3F };
    struct pair p;
    uint8_t pdu[USHER_PDU_MAX];

    (void)state;
    pair_begin(&p, crypto, &starts[0]);
    assert_int_equal(pair_inject(&p, USHER_ROLE_DEVICE, unassigned, 1), USHER_E_DATA);
    assert_device_says_failed(&p, USHER_FAIL_INVALID_PDU);
    for (uint8_t type = 0; type < PDU_TYPES; type++) {
        size_t len = make(&p, USHER_ROLE_DEVICE, type, pdu);

        assert_int_equal(pair_inject(&p, USHER_ROLE_DEVICE, pdu, len), USHER_E_STATE);
        assert_device_says_failed(&p, USHER_FAIL_UNEXPECTED_PDU);
    }
    assert_int_equal(p.told[USHER_ROLE_DEVICE][USHER_EVT_FAILED], 1); /* told once */
    assert_int_equal(p.side[USHER_ROLE_DEVICE].failure, USHER_FAIL_INVALID_PDU);
}

static void row_13_after_complete_one_pdu_is_answered_and_nothing_changes(void **state)
{
    struct pair p;
    uint8_t pdu[USHER_PDU_MAX];
    size_t len;

    (void)state;
    pair_begin(&p, crypto, &starts[0]);
    assert_true(pair_run_to(&p, PDU_COMPLETE, USHER_ROLE_DEVICE));
    p.held.len = 0;
    len = make(&p, USHER_ROLE_DEVICE, PDU_INVITE, pdu);
    assert_int_equal(pair_inject(&p, USHER_ROLE_DEVICE, pdu, len), USHER_E_STATE);
    assert_device_says_failed(&p, USHER_FAIL_UNEXPECTED_PDU);
    assert_int_equal(pair_inject(&p, USHER_ROLE_DEVICE, pdu, len), USHER_E_STATE);
    pair_pull(&p, USHER_ROLE_DEVICE);
    assert_int_equal(p.held.len, 0);
    assert_true(session_complete(&p.side[USHER_ROLE_DEVICE]));
    assert_int_equal(p.told[USHER_ROLE_DEVICE][USHER_EVT_FAILED], 0);
    session_link_closed(&p.side[USHER_ROLE_DEVICE]);
    pair_pull(&p, USHER_ROLE_DEVICE);
    assert_int_equal(p.told[USHER_ROLE_DEVICE][USHER_EVT_COMPLETE], 1);
}

static void a_device_that_took_the_data_but_could_not_say_so_yet_does_not_fail(void **state)
{
    static const uint8_t invite[] = { PDU_INVITE, 0 };
    struct session_output out;
    struct pair p;

    (void)state;
    pair_begin(&p, crypto, &starts[0]);
    assert_true(pair_run_to(&p, PDU_DATA, USHER_ROLE_PROVISIONER));
    assert_int_equal(pair_inject(&p, USHER_ROLE_DEVICE, p.held.octets, p.held.len), USHER_OK);
    assert_int_equal(pair_inject(&p, USHER_ROLE_DEVICE, invite, sizeof(invite)), USHER_E_STATE);
    assert_int_equal(session_next(&p.side[USHER_ROLE_DEVICE], p.now, false, &out), SESSION_EVENT);
    assert_int_equal(out.event, USHER_EVT_DATA_RECEIVED);
    assert_int_equal(session_next(&p.side[USHER_ROLE_DEVICE], p.now, true, &out), SESSION_PDU);
    assert_int_equal(out.pdu[0], PDU_COMPLETE);
}

/* The PDU held, of another length, goes to its reader. */
static void try_length(const struct pair *at, size_t len)
{
    struct pair p = *at;
    enum usher_role reader = session_peer(&p.side[p.held.writer]);
    uint8_t pdu[USHER_PDU_MAX + 1] = { 0 };

    memcpy(pdu, p.held.octets, p.held.len);
    assert_int_equal(pair_inject(&p, reader, pdu, len), USHER_E_DATA);
    if (reader == USHER_ROLE_DEVICE) {
        assert_device_says_failed(&p, USHER_FAIL_INVALID_FORMAT);
    } else {
        assert_provisioner_closes(&p);
    }
}

static void row_14_failed_of_another_length_is_none(void **state)
{
    static const uint8_t pdu[3] = { PDU_FAILED, USHER_FAIL_RESOURCES, 0 };

    (void)state;
    for (size_t len = 1; len <= sizeof(pdu); len++) {
        struct pair p;

        pair_begin(&p, crypto, &starts[0]);
        assert_true(pair_run_to(&p, PDU_CONFIRMATION, USHER_ROLE_PROVISIONER));
        p.held.len = 0;
        assert_int_equal(pair_inject(&p, USHER_ROLE_PROVISIONER, pdu, len),
                         len == 2 ? USHER_OK : USHER_E_DATA);
        pair_pull(&p, USHER_ROLE_PROVISIONER);
        assert_true(p.closed[USHER_ROLE_PROVISIONER]);
        assert_int_equal(p.told[USHER_ROLE_PROVISIONER][USHER_EVT_FAILED], len == 2);
    }
}

static void row_14_every_pdu_one_octet_short_or_long_or_empty(void **state)
{
    (void)state;
    for (size_t i = 0; i < STARTS; i++) {
        struct pair p;

        pair_begin(&p, crypto, &starts[i]);
        pair_pull(&p, USHER_ROLE_PROVISIONER);
        while (p.held.len != 0) {
            try_length(&p, 0);
            try_length(&p, p.held.len + 1);
            if (p.held.len > 1) {
                try_length(&p, 1);
                try_length(&p, p.held.len - 1);
            }
            pair_deliver(&p);
            pair_pull(&p, USHER_ROLE_PROVISIONER);
            pair_pull(&p, USHER_ROLE_DEVICE);
            pair_pull(&p, USHER_ROLE_PROVISIONER);
        }
        assert_int_equal(p.told[USHER_ROLE_DEVICE][USHER_EVT_COMPLETE], 1);
    }
}

static void assert_times_out(const struct pair *at, enum usher_role role, uint64_t ms,
                             uint8_t reason)
{
    struct pair p = *at;

    assert_int_equal(session_deadline(&p.side[role]), at->now + ms);
    p.held.len = 0;
    p.now += ms - 1;
    pair_pull(&p, role);
    assert_false(p.closed[role]);
    p.held.len = 0; /* what it says by itself is lost, and changes the deadline */
    p.now = session_deadline(&p.side[role]);
    pair_pull(&p, role);
    assert_true(p.closed[role]);
    assert_int_equal(p.reason[role], reason);
    session_link_closed(&p.side[role]);
    if (!session_complete(&p.side[role])) {
        assert_int_equal(p.failed_pdus, 0); /* a device that times out says nothing */
        pair_assert_wiped(&p, role);
    }
}

static void the_timer_is_60_s_and_120_s_where_a_user_takes_part_at_every_point(void **state)
{
    (void)state;
    for (size_t i = 0; i < STARTS; i++) {
        struct pair p;

        pair_begin(&p, crypto, &starts[i]);
        pair_pull(&p, USHER_ROLE_PROVISIONER);
        while (p.held.len != 0) {
            enum usher_role reader = session_peer(&p.side[p.held.writer]);

            assert_times_out(&p, p.held.writer, user_takes_part(&p, p.held.writer) ? 120000 : 60000,
                             p.held.octets[0] == PDU_COMPLETE ? USHER_CLOSE_SUCCESS
                                                              : USHER_CLOSE_TIMEOUT);
            p.now += 1000;
            pair_deliver(&p);
            if (!p.closed[reader] && p.side[reader].state == PROV_RUNNING) {
                assert_int_equal(session_deadline(&p.side[reader]),
                                 p.now + (user_takes_part(&p, reader) ? 120000 : 60000));
            }
            pair_pull(&p, USHER_ROLE_PROVISIONER);
            pair_pull(&p, USHER_ROLE_DEVICE);
            pair_pull(&p, USHER_ROLE_PROVISIONER);
        }
    }
}

static void row_13_an_unacceptable_pdu_does_not_restart_the_timer(void **state)
{
    static const uint8_t complete[] = { PDU_COMPLETE };
    struct pair p;
    uint64_t deadline;

    (void)state;
    pair_begin(&p, crypto, &starts[0]);
    deadline = session_deadline(&p.side[USHER_ROLE_DEVICE]);
    for (int i = 0; i < 5; i++) {
        p.now += 10000;
        (void)pair_inject(&p, USHER_ROLE_DEVICE, complete, sizeof(complete));
        pair_pull(&p, USHER_ROLE_DEVICE);
        p.held.len = 0;
        assert_int_equal(session_deadline(&p.side[USHER_ROLE_DEVICE]), deadline);
    }
    p.now = deadline;
    pair_pull(&p, USHER_ROLE_DEVICE);
    assert_true(p.closed[USHER_ROLE_DEVICE]);
    assert_int_equal(p.reason[USHER_ROLE_DEVICE], USHER_CLOSE_TIMEOUT);
}

static void a_failed_pdu_ends_the_provisioner_whatever_its_code(void **state)
{
    (void)state;
    for (unsigned code = 0; code <= 0xFF; code++) {
        struct pair p;
        uint8_t failed[] = { PDU_FAILED, (uint8_t)code };

        pair_begin(&p, crypto, &starts[0]);
        assert_true(pair_run_to(&p, PDU_PUBLIC_KEY, USHER_ROLE_DEVICE));
        (void)pair_inject(&p, USHER_ROLE_PROVISIONER, failed, sizeof(failed));
        assert_provisioner_closes(&p);
        assert_int_equal(p.told[USHER_ROLE_PROVISIONER][USHER_EVT_FAILED], 1);
        assert_int_equal(p.side[USHER_ROLE_PROVISIONER].failure, code);
    }
}

static void cancelling_at_every_point_closes_and_wipes(void **state)
{
    struct pair p;

    (void)state;
    pair_begin(&p, crypto, &starts[1]);
    pair_pull(&p, USHER_ROLE_PROVISIONER);
    while (p.held.len != 0 && p.held.octets[0] != PDU_COMPLETE) {
        for (int role = 0; role < 2; role++) {
            struct pair q = p;

            q.held.len = 0;
            session_cancel(&q.side[role], USHER_CLOSE_ERROR);
            pair_pull(&q, role);
            assert_true(q.closed[role]);
            assert_int_equal(q.held.len, 0);
            session_link_closed(&q.side[role]);
            pair_assert_wiped(&q, role);
        }
        pair_deliver(&p);
        pair_pull(&p, USHER_ROLE_PROVISIONER);
        pair_pull(&p, USHER_ROLE_DEVICE);
        pair_pull(&p, USHER_ROLE_PROVISIONER);
    }
    assert_int_equal(p.held.octets[0], PDU_COMPLETE);
}

static void a_device_whose_data_could_not_be_kept_is_no_node(void **state)
{
    struct pair p;
    struct session_output out;

    (void)state;
    pair_begin(&p, crypto, &starts[0]);
    assert_true(pair_run_to(&p, PDU_DATA, USHER_ROLE_PROVISIONER));
    assert_int_equal(pair_inject(&p, USHER_ROLE_DEVICE, p.held.octets, p.held.len), USHER_OK);
    assert_int_equal(session_next(&p.side[USHER_ROLE_DEVICE], p.now, true, &out), SESSION_EVENT);
    assert_int_equal(out.event, USHER_EVT_DATA_RECEIVED);
    session_cancel(&p.side[USHER_ROLE_DEVICE], USHER_CLOSE_ERROR);
    p.held.len = 0;
    pair_pull(&p, USHER_ROLE_DEVICE);
    assert_int_equal(p.held.len, 0);
    session_link_closed(&p.side[USHER_ROLE_DEVICE]);
    assert_false(session_complete(&p.side[USHER_ROLE_DEVICE]));
    pair_assert_wiped(&p, USHER_ROLE_DEVICE);
}

static int setup(void **state)
{
    (void)state;
    crypto = usher_crypto_openssl_new();
    return crypto == NULL;
}

static int teardown(void **state)
{
    (void)state;
    usher_crypto_openssl_free(crypto);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_13_every_unexpected_pdu_at_every_pdu_of_an_exchange),
        cmocka_unit_test(row_13_every_unexpected_pdu_while_somebody_is_waited_for),
        cmocka_unit_test(row_13_after_failed_each_pdu_is_answered_unexpected),
        cmocka_unit_test(row_13_after_complete_one_pdu_is_answered_and_nothing_changes),
        cmocka_unit_test(a_device_that_took_the_data_but_could_not_say_so_yet_does_not_fail),
        cmocka_unit_test(row_14_failed_of_another_length_is_none),
        cmocka_unit_test(row_14_every_pdu_one_octet_short_or_long_or_empty),
        cmocka_unit_test(the_timer_is_60_s_and_120_s_where_a_user_takes_part_at_every_point),
        cmocka_unit_test(row_13_an_unacceptable_pdu_does_not_restart_the_timer),
        cmocka_unit_test(a_failed_pdu_ends_the_provisioner_whatever_its_code),
        cmocka_unit_test(cancelling_at_every_point_closes_and_wipes),
        cmocka_unit_test(a_device_whose_data_could_not_be_kept_is_no_node),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
