/*
 * Messages until they are answered (access_reliable.h): how they end, and what cannot be begun.
 */
#include "dsm_boot.h"

#include "access.h"
#include "access_config.h"
#include "access_reliable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK NRF_SUCCESS
#define COMPANY 0x0059
#define GROUP 0xC000
#define ABSENT 0x0700
#define MODELS 5u

/* -- models that ask, on device 0, and answer, on the others ----------------------------------- */

static struct rig *rig;
static bool mute;        /* questions are heard, and not answered */
static unsigned heard;   /* questions */
static unsigned answers; /* that came to opcode handlers */
static struct {
    unsigned count, answers_before;
    access_model_handle_t handle;
    void *args;
    access_reliable_status_t status;
    uint64_t at_us;
    struct nrf_mesh_stack *stack;
} end;
static const access_reliable_t *again; /* the callback begins it */

static void on_question(access_model_handle_t handle, const access_message_rx_t *p_message,
                        void *p_args)
{
    access_message_tx_t reply = { .opcode = ACCESS_OPCODE_VENDOR(0xC2, COMPANY),
                                  .p_buffer = p_message->p_data,
                                  .length = p_message->length,
                                  .transmic_size = NRF_MESH_TRANSMIC_SIZE_DEFAULT };

    (void)p_args;
    heard++;
    if (!mute) {
        uint32_t err = access_model_reply(handle, p_message, &reply);

        assert_true(err == OK || err == NRF_ERROR_NO_MEM); /* it will be asked again */
    }
}

static void on_answer(access_model_handle_t handle, const access_message_rx_t *p_message,
                      void *p_args)
{
    (void)p_message;
    (void)p_args;
    answers += handle == 0; /* the others of the element get it, too */
}

static const access_opcode_handler_t handlers[] = {
    { ACCESS_OPCODE_VENDOR(0xC1, COMPANY), on_question },
    { ACCESS_OPCODE_VENDOR(0xC2, COMPANY), on_answer },
};

static int args[MODELS];

static void add(void)
{
    access_model_handle_t h;

    for (uint16_t i = 0; i < MODELS; i++) {
        access_model_add_params_t params = { .model_id = ACCESS_MODEL_VENDOR(i, COMPANY),
                                             .p_opcode_handlers = handlers,
                                             .opcode_count = 2,
                                             .p_args = &args[i] };

        assert_int_equal(access_model_add(&params, &h), OK);
        assert_int_equal(h, i);
    }
    assert_int_equal(access_model_subscription_list_alloc(0), OK);
}

static void on_end(access_model_handle_t handle, void *p_args, access_reliable_status_t status)
{
    const access_reliable_t *next = again;

    end.count++;
    end.handle = handle;
    end.args = p_args;
    end.status = status;
    end.answers_before = answers;
    end.at_us = air_now_us(rig->air);
    end.stack = layer_stack();
    assert_true(access_reliable_model_is_free(handle));
    again = NULL;
    if (next != NULL) {
        assert_int_equal(access_model_reliable_publish(next), OK);
    }
}

static void publish_to(access_model_handle_t model, uint16_t raw)
{
    dsm_handle_t address;

    assert_int_equal(dsm_address_publish_add(raw, &address), OK);
    assert_int_equal(access_model_publish_application_set(model, 0), OK);
    assert_int_equal(access_model_publish_address_set(model, address), OK);
    assert_int_equal(access_model_publish_ttl_set(model, ACCESS_TTL_USE_DEFAULT), OK);
}

static access_reliable_t question_of(access_model_handle_t model)
{
    static const uint8_t octets[ACCESS_MESSAGE_LENGTH_MAX];

    return (access_reliable_t){ .model_handle = model,
                                .message = { .opcode = ACCESS_OPCODE_VENDOR(0xC1, COMPANY),
                                             .p_buffer = octets,
                                             .length = 4,
                                             .transmic_size = NRF_MESH_TRANSMIC_SIZE_DEFAULT },
                                .reply_opcode = ACCESS_OPCODE_VENDOR(0xC2, COMPANY),
                                .timeout = SEC_TO_US(10),
                                .status_cb = on_end };
}

static int setup(void **state)
{
    dsm_handle_t group;

    (void)state;
    rig = rig_new(3);
    for (unsigned n = 3; n > 0; n--) {
        assert_int_equal(boot(rig, n - 1, add), NRF_ERROR_NOT_FOUND);
        boot_join(n - 1);
        for (access_model_handle_t h = 0; h < (n == 1 ? MODELS : 1); h++) {
            assert_int_equal(access_model_application_bind(h, 0), OK);
        }
    }
    for (unsigned n = 1; n < 3; n++) {
        rig_enter(rig, n);
        assert_int_equal(dsm_address_subscription_add(GROUP, &group), OK);
        assert_int_equal(access_model_subscription_add(0, group), OK);
    }
    rig_enter(rig, 0);
    publish_to(0, BOOT_ADDRESS(1));
    rig_run(rig, 1000);
    mute = false;
    heard = answers = 0;
    again = NULL;
    memset(&end, 0, sizeof(end));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_free(rig);
    return 0;
}

/* -- names ------------------------------------------------------------------------------------- */

static void values_and_types_are_the_sdks(void **state)
{
    (void)state;
    assert_int_equal(ACCESS_RELIABLE_TRANSFER_SUCCESS, 0);
    assert_int_equal(ACCESS_RELIABLE_TRANSFER_TIMEOUT, 1);
    assert_int_equal(ACCESS_RELIABLE_TRANSFER_CANCELLED, 2);
    assert_int_equal(ACCESS_RELIABLE_TIMEOUT_MIN, 2000000);
    assert_int_equal(ACCESS_RELIABLE_TIMEOUT_MAX, 60000000);
    assert_int_equal(ACCESS_RELIABLE_INTERVAL_DEFAULT, 200000);
    assert_int_equal(ACCESS_RELIABLE_HOP_PENALTY, 20000);
    assert_int_equal(ACCESS_RELIABLE_SEGMENT_COUNT_PENALTY, 20000);
    assert_int_equal(ACCESS_RELIABLE_BACK_OFF_FACTOR, 2);
    assert_int_equal(ACCESS_RELIABLE_RETRY_DELAY, 40000);
    assert_int_equal(ACCESS_RELIABLE_TIMEOUT_MARGIN, 1000);
    assert_int_equal(offsetof(access_reliable_t, model_handle), 0);
    assert_true(offsetof(access_reliable_t, message) < offsetof(access_reliable_t, reply_opcode));
    assert_true(offsetof(access_reliable_t, reply_opcode) < offsetof(access_reliable_t, timeout));
    assert_true(offsetof(access_reliable_t, timeout) < offsetof(access_reliable_t, status_cb));
}

/* -- ends -------------------------------------------------------------------------------------- */

static void an_answer_ends_it(void **state)
{
    access_reliable_t q = question_of(0);

    (void)state;
    assert_true(access_reliable_model_is_free(0));
    assert_int_equal(access_model_reliable_publish(&q), OK);
    assert_false(access_reliable_model_is_free(0));
    assert_int_equal(end.count, 0);
    rig_enter(rig, 2); /* whoever is current */
    rig_run(rig, 1000);
    assert_int_equal(end.count, 1);
    assert_int_equal(end.status, ACCESS_RELIABLE_TRANSFER_SUCCESS);
    assert_int_equal(end.answers_before, 1); /* the opcode handler had it first */
    assert_int_equal(end.handle, 0);
    assert_ptr_equal(end.args, &args[0]);
    assert_ptr_equal(end.stack, rig->device[0].stack);
    assert_ptr_equal(layer_stack(), rig->device[2].stack);
    rig_run(rig, 20000);
    assert_int_equal(heard, 1);
    assert_int_equal(end.count, 1);
}

static void it_goes_in_segments_on_request(void **state)
{
    access_reliable_t q = question_of(0);

    (void)state;
    q.message.force_segmented = true;
    assert_int_equal(access_model_reliable_publish(&q), OK);
    rig_run(rig, 3000);
    assert_int_equal(end.count, 1);
    q.message.length = ACCESS_MESSAGE_LENGTH_MAX - 3;
    assert_int_equal(access_model_reliable_publish(&q), OK);
    rig_run(rig, 10000);
    assert_int_equal(end.count, 2);
    assert_int_equal(end.status, ACCESS_RELIABLE_TRANSFER_SUCCESS);
}

static void any_of_a_group_ends_it(void **state)
{
    access_reliable_t q = question_of(0);

    (void)state;
    publish_to(0, GROUP);
    assert_int_equal(access_model_reliable_publish(&q), OK);
    rig_run(rig, 3000);
    assert_int_equal(end.count, 1);
    assert_int_equal(end.status, ACCESS_RELIABLE_TRANSFER_SUCCESS);
    assert_int_equal(heard, 2);
    assert_int_equal(answers, 2);
}

static void without_an_answer_it_times_out(void **state)
{
    static const uint32_t seconds[] = { 2, 7, 30, 60 };
    access_reliable_t q = question_of(0);

    (void)state;
    publish_to(0, ABSENT);
    for (unsigned i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
        uint64_t begin = air_now_us(rig->air);

        q.timeout = SEC_TO_US(seconds[i]);
        assert_int_equal(access_model_reliable_publish(&q), OK);
        rig_run(rig, seconds[i] * 1000 + 1000);
        assert_int_equal(end.count, i + 1);
        assert_int_equal(end.status, ACCESS_RELIABLE_TRANSFER_TIMEOUT);
        assert_in_range(end.at_us - begin, seconds[i] * 1000000 - 100000,
                        seconds[i] * 1000000 + 100000);
    }
}

static void it_is_sent_again_until_the_answer(void **state)
{
    access_reliable_t q = question_of(0);

    (void)state;
    mute = true;
    assert_int_equal(access_model_reliable_publish(&q), OK);
    rig_run(rig, 5000);
    assert_in_range(heard, 2, 4);
    assert_int_equal(end.count, 0);
    mute = false;
    rig_run(rig, 3000);
    assert_int_equal(end.count, 1);
    assert_int_equal(end.status, ACCESS_RELIABLE_TRANSFER_SUCCESS);
}

static void it_can_be_cancelled(void **state)
{
    access_reliable_t q = question_of(0);

    (void)state;
    assert_int_equal(access_model_reliable_cancel(0), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_reliable_cancel(99), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_reliable_publish(&q), OK);
    assert_int_equal(access_model_reliable_cancel(0), OK);
    assert_int_equal(end.count, 1);
    assert_int_equal(end.status, ACCESS_RELIABLE_TRANSFER_CANCELLED);
    assert_int_equal(access_model_reliable_cancel(0), NRF_ERROR_NOT_FOUND);
    rig_run(rig, 20000);
    assert_int_equal(end.count, 1);
    assert_int_equal(answers, 1); /* the answer of the one that was sent is one like any other */
}

static void all_are_cancelled(void **state)
{
    access_reliable_t q = question_of(0), next = question_of(1);

    (void)state;
    publish_to(1, BOOT_ADDRESS(2));
    assert_int_equal(access_model_reliable_publish(&q), OK);
    assert_int_equal(access_model_reliable_publish(&next), OK);
    access_reliable_cancel_all();
    assert_int_equal(end.count, 2);
    assert_true(access_reliable_model_is_free(0));
    assert_true(access_reliable_model_is_free(1));

    assert_int_equal(access_model_reliable_publish(&q), OK);
    access_reliable_init();
    assert_int_equal(end.count, 3);
    assert_int_equal(access_model_reliable_publish(&q), OK);
    access_clear(); /* or with what it hangs on */
    assert_int_equal(end.count, 4);
    publish_to(0, BOOT_ADDRESS(1));
    assert_int_equal(access_model_reliable_publish(&q), OK);
    dsm_clear();
    assert_int_equal(end.count, 5);
    assert_int_equal(end.status, ACCESS_RELIABLE_TRANSFER_CANCELLED);
    rig_run(rig, 20000);
    assert_int_equal(end.count, 5);
}

static void the_callback_may_begin_another(void **state)
{
    access_reliable_t q = question_of(0);

    (void)state;
    again = &q;
    assert_int_equal(access_model_reliable_publish(&q), OK);
    rig_run(rig, 3000);
    assert_int_equal(end.count, 2);
    again = &q;
    assert_int_equal(access_model_reliable_publish(&q), OK);
    assert_int_equal(access_model_reliable_cancel(0), OK);
    assert_false(access_reliable_model_is_free(0));
    rig_run(rig, 3000);
    assert_int_equal(end.count, 4);
    assert_int_equal(end.status, ACCESS_RELIABLE_TRANSFER_SUCCESS);
}

static void a_message_may_be_given_to_it(void **state)
{
    access_message_rx_t message = { .opcode = ACCESS_OPCODE_VENDOR(0xC2, COMPANY) };
    access_reliable_t q = question_of(0);

    (void)state;
    message.meta_data.src.value = BOOT_ADDRESS(2);
    message.meta_data.dst.value = BOOT_ADDRESS(0);
    assert_int_equal(access_model_reliable_publish(&q), OK);
    access_reliable_message_rx_cb(0, &message, NULL); /* from another one */
    access_reliable_message_rx_cb(99, &message, NULL);
    access_reliable_message_rx_cb(0, NULL, NULL);
    assert_int_equal(end.count, 0);
    message.meta_data.src.value = BOOT_ADDRESS(1);
    access_reliable_message_rx_cb(1, &message, NULL);
    assert_int_equal(end.count, 0);
    access_reliable_message_rx_cb(0, &message, NULL);
    assert_int_equal(end.count, 1);
    assert_int_equal(end.status, ACCESS_RELIABLE_TRANSFER_SUCCESS);
}

/* -- refusals ---------------------------------------------------------------------------------- */

static void what_cannot_be_begun_is_refused(void **state)
{
    access_reliable_t q = question_of(0), bad;

    (void)state;
    assert_int_equal(access_model_reliable_publish(NULL), NRF_ERROR_NULL);
    bad = q;
    bad.status_cb = NULL;
    assert_int_equal(access_model_reliable_publish(&bad), NRF_ERROR_NULL);
    bad = q;
    bad.message.p_buffer = NULL;
    assert_int_equal(access_model_reliable_publish(&bad), NRF_ERROR_NULL);
    bad = question_of(99);
    assert_int_equal(access_model_reliable_publish(&bad), NRF_ERROR_NOT_FOUND);
    bad = question_of(1); /* does not publish */
    assert_int_equal(access_model_reliable_publish(&bad), NRF_ERROR_INVALID_PARAM);
    bad = q;
    bad.timeout = ACCESS_RELIABLE_TIMEOUT_MIN - 1;
    assert_int_equal(access_model_reliable_publish(&bad), NRF_ERROR_INVALID_PARAM);
    bad.timeout = ACCESS_RELIABLE_TIMEOUT_MAX + 1;
    assert_int_equal(access_model_reliable_publish(&bad), NRF_ERROR_INVALID_PARAM);
    bad = q;
    bad.reply_opcode.opcode = 0x1C2;
    assert_int_equal(access_model_reliable_publish(&bad), NRF_ERROR_INVALID_PARAM);
    bad = q;
    bad.message.opcode.opcode = 0x1C2;
    assert_int_equal(access_model_reliable_publish(&bad), NRF_ERROR_INVALID_PARAM);
    bad = q;
    bad.message.length = ACCESS_MESSAGE_LENGTH_MAX - 2;
    assert_int_equal(access_model_reliable_publish(&bad), NRF_ERROR_INVALID_LENGTH);
    assert_int_equal(access_model_reliable_publish(&q), OK);
    assert_int_equal(access_model_reliable_publish(&q), NRF_ERROR_INVALID_STATE);
    for (access_model_handle_t h = 1; h < MODELS; h++) {
        access_reliable_t more = question_of(h);

        publish_to(h, BOOT_ADDRESS(1));
        assert_int_equal(access_model_reliable_publish(&more),
                         h < ACCESS_RELIABLE_TRANSFER_COUNT ? OK : NRF_ERROR_NO_MEM);
    }
    assert_int_equal(end.count, 0);
}

/* It is tried again; the SDK says that it is under way. */
static void a_first_try_without_room_is_none(void **state)
{
    access_reliable_t q = question_of(0);
    access_message_tx_t message = q.message;

    (void)state;
    while (access_model_publish(0, &message) == OK) {
    }
    assert_int_equal(access_model_reliable_publish(&q), OK);
    rig_run(rig, 5000);
    assert_int_equal(end.count, 1);
    assert_int_equal(end.status, ACCESS_RELIABLE_TRANSFER_SUCCESS);

    message.length = 200; /* segments to there are on their way */
    assert_int_equal(access_model_publish(0, &message), OK);
    q.message.force_segmented = true;
    assert_int_equal(access_model_reliable_publish(&q), OK);
    rig_run(rig, 9000);
    assert_int_equal(end.count, 2);
    assert_int_equal(end.status, ACCESS_RELIABLE_TRANSFER_SUCCESS);
}

static void with_a_device_key_it_asks_a_node(void **state)
{
    access_reliable_t q = question_of(0);
    dsm_handle_t own, remote;

    (void)state;
    rig_enter(rig, 1);
    assert_int_equal(dsm_devkey_handle_get(BOOT_ADDRESS(1), &own), OK);
    assert_int_equal(access_model_application_bind(0, own), OK);
    rig_enter(rig, 0);
    assert_int_equal(dsm_devkey_add(BOOT_ADDRESS(1), 0, boot_key(0xD1), &remote), OK);
    assert_int_equal(access_model_publish_application_set(0, remote), OK);
    assert_int_equal(access_model_application_bind(0, remote), OK);
    assert_int_equal(access_model_reliable_publish(&q), OK);
    rig_run(rig, 3000);
    assert_int_equal(end.count, 1);
    assert_int_equal(end.status, ACCESS_RELIABLE_TRANSFER_SUCCESS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_types_are_the_sdks),
        TEST(an_answer_ends_it),
        TEST(it_goes_in_segments_on_request),
        TEST(any_of_a_group_ends_it),
        TEST(without_an_answer_it_times_out),
        TEST(it_is_sent_again_until_the_answer),
        TEST(it_can_be_cancelled),
        TEST(all_are_cancelled),
        TEST(the_callback_may_begin_another),
        TEST(a_message_may_be_given_to_it),
        TEST(what_cannot_be_begun_is_refused),
        TEST(a_first_try_without_room_is_none),
        TEST(with_a_device_key_it_asks_a_node),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
