/*
 * What models are configured to (access_config.h): publication, keys, subscription, by the
 * application and by a configuration client, over a restart, and cleared.
 */
#include "dsm_boot.h"

#include "access.h"
#include "access_config.h"
#include "model.h"

#include <usher/models.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK NRF_SUCCESS
#define INVALID DSM_HANDLE_INVALID
#define COMPANY 0x0059
#define MODEL 0x1234
#define GROUP 0xC000
#define SERVER 0 /* the device that is configured */
#define CLIENT 1

static const uint8_t label_a[16] = { 0xA0, 0xA1 };

/* -- models: one that publishes by itself, one that does not, and the Configuration models ----- */

static access_model_handle_t periodic, plain, foundation;
static struct usher_config_server server;
static struct usher_config_client client;
static unsigned received, timeouts;

static void on_message(access_model_handle_t handle, const access_message_rx_t *p_message,
                       void *p_args)
{
    (void)handle;
    (void)p_message;
    (void)p_args;
    received++;
}

static void on_timeout(access_model_handle_t handle, void *p_args)
{
    assert_int_equal(handle, periodic);
    assert_ptr_equal(p_args, &timeouts);
    timeouts++;
}

static const access_opcode_handler_t handlers[] = { { ACCESS_OPCODE_SIG(0x8201), on_message } };

static void add_server(void)
{
    access_model_add_params_t params = { .model_id = ACCESS_MODEL_VENDOR(MODEL, COMPANY),
                                         .p_opcode_handlers = handlers,
                                         .opcode_count = 1,
                                         .p_args = &timeouts,
                                         .publish_timeout_cb = on_timeout };

    usher_config_server_init(&server);
    assert_int_equal(access_attach(&server.model, 0, &foundation), OK);
    assert_int_equal(access_model_add(&params, &periodic), OK);
    params.element_index = 1;
    params.publish_timeout_cb = NULL;
    assert_int_equal(access_model_add(&params, &plain), OK);
    assert_int_equal(access_model_subscription_list_alloc(plain), OK);
}

static void add_client(void)
{
    access_model_add_params_t params = { .model_id = ACCESS_MODEL_VENDOR(MODEL, COMPANY),
                                         .p_opcode_handlers = handlers,
                                         .opcode_count = 1 };
    access_model_handle_t h;

    usher_config_client_init(&client);
    assert_int_equal(access_attach(&client.model, 0, &h), OK);
    assert_int_equal(access_model_add(&params, &h), OK);
    assert_int_equal(h, 1);
}

static int setup(void **state)
{
    struct rig *rig = rig_new(2);

    assert_int_equal(boot(rig, CLIENT, add_client), NRF_ERROR_NOT_FOUND);
    assert_int_equal(boot(rig, SERVER, add_server), NRF_ERROR_NOT_FOUND);
    received = 0;
    timeouts = 0;
    *state = rig;
    return 0;
}

static int setup_nodes(void **state)
{
    dsm_handle_t h;

    setup(state);
    rig_enter(*state, CLIENT);
    boot_join(CLIENT);
    assert_int_equal(dsm_devkey_add(BOOT_ADDRESS(SERVER), 0, boot_key(0xD0 + SERVER), &h), OK);
    assert_int_equal(access_model_application_bind(1, 0), OK);
    rig_enter(*state, SERVER);
    boot_join(SERVER);
    rig_run(*state, 1000);
    return 0;
}

static int teardown(void **state)
{
    rig_free(*state);
    return 0;
}

static dsm_handle_t published_to(access_model_handle_t model)
{
    dsm_handle_t h = 0xAAAA;

    assert_int_equal(access_model_publish_address_get(model, &h), OK);
    return h;
}

static dsm_handle_t published_with(access_model_handle_t model)
{
    dsm_handle_t h = 0xAAAA;

    assert_int_equal(access_model_publish_application_get(model, &h), OK);
    return h;
}

static uint32_t send(access_model_handle_t model, uint16_t length)
{
    static const uint8_t octets[100];
    access_message_tx_t message = { .opcode = ACCESS_OPCODE_SIG(0x8201),
                                    .p_buffer = octets,
                                    .length = length,
                                    .transmic_size = NRF_MESH_TRANSMIC_SIZE_DEFAULT };

    return access_model_publish(model, &message);
}

/* -- single values ----------------------------------------------------------------------------- */

static void the_default_ttl_has_its_range(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(access_default_ttl_get(), ACCESS_DEFAULT_TTL);
    assert_int_equal(access_default_ttl_set(1), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(access_default_ttl_set(128), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(access_default_ttl_set(0), OK);
    assert_int_equal(access_default_ttl_get(), 0);
    assert_int_equal(access_default_ttl_set(127), OK);
    rig_run(rig, 1000);
    rig_restart(rig, SERVER);
    assert_int_equal(access_default_ttl_set(5), OK); /* before there is a node in memory */
    assert_int_equal(access_default_ttl_get(), 5);
    assert_int_equal(boot(rig, SERVER, add_server), OK);
    assert_int_equal(access_default_ttl_get(), 127);
}

static void values_of_a_publication_have_their_ranges(void **state)
{
    access_publish_retransmit_t retransmit = { .count = 5, .interval_steps = 17 }, got = { 0 };
    access_publish_resolution_t resolution;
    uint8_t ttl, step;
    bool flag = true;

    (void)state;
    assert_int_equal(access_model_publish_retransmit_set(9, retransmit), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_publish_retransmit_set(plain, retransmit), OK);
    assert_int_equal(access_model_publish_retransmit_get(plain, NULL), NRF_ERROR_NULL);
    assert_int_equal(access_model_publish_retransmit_get(9, &got), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_publish_retransmit_get(plain, &got), OK);
    assert_int_equal(got.count, 5);
    assert_int_equal(got.interval_steps, 17);

    assert_int_equal(access_model_publish_ttl_set(9, 4), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_publish_ttl_set(plain, 128), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(access_model_publish_ttl_set(plain, 0xFF), OK);
    assert_int_equal(access_model_publish_ttl_set(plain, 127), OK);
    assert_int_equal(access_model_publish_ttl_get(plain, NULL), NRF_ERROR_NULL);
    assert_int_equal(access_model_publish_ttl_get(9, &ttl), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_publish_ttl_get(plain, &ttl), OK);
    assert_int_equal(ttl, 127);

    assert_int_equal(access_model_publish_period_set(9, 0, 1), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_publish_period_set(plain, 0, 1), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(access_model_publish_period_set(periodic, 0, 0x40), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(access_model_publish_period_set(periodic, (access_publish_resolution_t)4, 1),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(
        access_model_publish_period_set(periodic, ACCESS_PUBLISH_RESOLUTION_10MIN, 0x3F), OK);
    assert_int_equal(access_model_publish_period_get(periodic, NULL, &step), NRF_ERROR_NULL);
    assert_int_equal(access_model_publish_period_get(periodic, &resolution, NULL), NRF_ERROR_NULL);
    assert_int_equal(access_model_publish_period_get(9, &resolution, &step), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_publish_period_get(periodic, &resolution, &step), OK);
    assert_int_equal(resolution, ACCESS_PUBLISH_RESOLUTION_10MIN);
    assert_int_equal(step, 0x3F);
    assert_int_equal(access_model_publish_period_divisor_set(9, 1), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_publish_period_divisor_set(plain, 1), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(access_model_publish_period_divisor_set(periodic, 0), NRF_ERROR_INVALID_PARAM);

    assert_int_equal(access_model_publish_friendship_credential_flag_set(9, false),
                     NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_publish_friendship_credential_flag_set(plain, true),
                     NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(access_model_publish_friendship_credential_flag_set(plain, false), OK);
    assert_int_equal(access_model_publish_friendship_credential_flag_get(plain, NULL),
                     NRF_ERROR_NULL);
    assert_int_equal(access_model_publish_friendship_credential_flag_get(9, &flag),
                     NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_publish_friendship_credential_flag_get(plain, &flag), OK);
    assert_false(flag);
}

static void address_and_key_of_a_publication(void **state)
{
    dsm_handle_t h;

    (void)state;
    assert_int_equal(access_model_publish_address_set(9, 0), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_publish_address_set(plain, DSM_ADDR_MAX),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(access_model_publish_address_get(plain, NULL), NRF_ERROR_NULL);
    assert_int_equal(access_model_publish_address_get(9, &h), NRF_ERROR_NOT_FOUND);
    assert_int_equal(published_to(plain), INVALID);
    assert_int_equal(access_model_publish_application_set(9, 0), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_publish_application_set(plain, DSM_APP_MAX + DSM_DEVICE_MAX),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(access_model_publish_application_set(plain, INVALID), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(access_model_publish_application_get(plain, NULL), NRF_ERROR_NULL);
    assert_int_equal(access_model_publish_application_get(9, &h), NRF_ERROR_NOT_FOUND);
    assert_int_equal(published_with(plain), INVALID);

    assert_int_equal(dsm_address_publish_add(GROUP, &h), OK);
    assert_int_equal(access_model_publish_address_set(plain, h), OK);
    assert_int_equal(access_model_publish_application_set(plain, 0), OK);
    assert_int_equal(published_to(plain), h);
    assert_int_equal(published_with(plain), 0);
    assert_int_equal(access_model_of(plain)->publication.address, GROUP);
    assert_int_equal(send(plain, 3), OK);
    assert_int_equal(access_model_publish_ttl_set(plain, 9), OK);

    assert_int_equal(access_model_publication_stop(9), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_publication_stop(plain), OK);
    assert_int_equal(published_to(plain), INVALID);
    assert_int_equal(published_with(plain), INVALID);
    assert_int_equal(access_model_of(plain)->publication.address, 0);
    assert_int_equal(access_model_of(plain)->publication.ttl, 0);
    assert_int_equal(send(plain, 3), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(dsm_address_publish_remove(h), OK); /* the reference is the caller's */
    assert_int_equal(dsm_address_publish_remove(h), NRF_ERROR_NOT_FOUND);
}

static void publications_with_a_key_are_stopped(void **state)
{
    dsm_handle_t h, key;

    (void)state;
    assert_int_equal(dsm_appkey_add(1, 0, boot_key(0x77), &key), OK);
    assert_int_equal(dsm_address_publish_add(GROUP, &h), OK);
    assert_int_equal(access_model_publish_address_set(plain, h), OK);
    assert_int_equal(access_model_publish_application_set(plain, key), OK);
    assert_int_equal(access_model_publish_address_set(periodic, h), OK);
    assert_int_equal(access_model_publish_application_set(periodic, 0), OK);
    assert_int_equal(access_model_publication_by_appkey_stop(DSM_APP_MAX + DSM_DEVICE_MAX),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(access_model_publication_by_appkey_stop(key), OK);
    assert_int_equal(published_to(plain), INVALID);
    assert_int_equal(published_to(periodic), h);
}

/* The SDK takes handles of what is not there yet: in the models' init callback, keys are not. */
static void handles_may_name_what_comes_later(void **state)
{
    uint16_t count = 4;
    dsm_handle_t list[4], h;

    rig_enter(*state, CLIENT);
    boot_join(CLIENT);
    rig_enter(*state, SERVER);
    assert_int_equal(access_model_application_bind(plain, 0), OK);
    assert_int_equal(access_model_publish_application_set(plain, 0), OK);
    assert_int_equal(access_model_publish_address_set(plain, 0), OK);
    assert_int_equal(access_model_publish_ttl_set(plain, 5), OK);
    assert_int_equal(published_to(plain), 0);
    assert_int_equal(published_with(plain), 0);
    assert_int_equal(access_model_applications_get(plain, list, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(send(plain, 3), NRF_ERROR_INVALID_PARAM);
    boot_join(SERVER);
    assert_true(access_bound(access_model_of(plain), 0));
    assert_int_equal(send(plain, 3), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(dsm_address_publish_add(BOOT_ADDRESS(CLIENT), &h), OK);
    assert_int_equal(h, 0);
    dsm_follow();
    assert_int_equal(access_model_of(plain)->publication.address, BOOT_ADDRESS(CLIENT));
    rig_enter(*state, CLIENT);
    assert_int_equal(access_model_application_bind(1, 0), OK);
    rig_enter(*state, SERVER);
    assert_int_equal(send(plain, 3), OK);
    rig_run(*state, 1000);
    assert_int_equal(received, 1);
}

/* -- time -------------------------------------------------------------------------------------- */

static void a_model_is_told_when_to_publish(void **state)
{
    dsm_handle_t h;

    assert_int_equal(dsm_address_publish_add(GROUP, &h), OK);
    assert_int_equal(access_model_publish_application_set(periodic, 0), OK);
    assert_int_equal(access_model_publish_period_set(periodic, ACCESS_PUBLISH_RESOLUTION_1S, 2),
                     OK);
    rig_run(*state, 10000);
    assert_int_equal(timeouts, 0); /* there is nowhere to publish to */
    assert_int_equal(access_model_publish_address_set(periodic, h), OK);
    rig_run(*state, 20000);
    assert_in_range(timeouts, 10, 11);
    timeouts = 0;
    assert_int_equal(access_model_publish_period_divisor_set(periodic, 4), OK);
    rig_run(*state, 20000);
    assert_in_range(timeouts, 39, 41);
    assert_int_equal(access_model_publish_period_divisor_set(periodic, 1), OK);
    assert_int_equal(access_model_publish_period_set(periodic, ACCESS_PUBLISH_RESOLUTION_1S, 0),
                     OK);
    timeouts = 0;
    rig_run(*state, 20000);
    assert_int_equal(timeouts, 0);
}

static void publications_are_repeated(void **state)
{
    access_publish_retransmit_t retransmit = { .count = 3, .interval_steps = 1 };
    dsm_handle_t h;

    rig_enter(*state, CLIENT);
    assert_int_equal(access_model_application_bind(1, 0), OK);
    rig_enter(*state, SERVER);
    assert_int_equal(dsm_address_publish_add(BOOT_ADDRESS(CLIENT), &h), OK);
    assert_int_equal(access_model_publish_application_set(plain, 0), OK);
    assert_int_equal(access_model_publish_address_set(plain, h), OK);
    assert_int_equal(access_model_publish_ttl_set(plain, 5), OK);
    assert_int_equal(access_model_publish_retransmit_set(plain, retransmit), OK);
    assert_int_equal(send(plain, 3), OK);
    rig_run(*state, 2000);
    assert_int_equal(received, 4);
    assert_int_equal(send(plain, 100), OK); /* too long to be kept: once */
    rig_run(*state, 5000);
    assert_int_equal(received, 5);
}

/* -- keys -------------------------------------------------------------------------------------- */

static void keys_are_bound(void **state)
{
    dsm_handle_t list[DSM_APP_MAX], h, own;
    uint16_t count = 8;

    (void)state;
    assert_int_equal(access_model_application_bind(9, 0), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_application_bind(plain, DSM_APP_MAX + DSM_DEVICE_MAX),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(access_model_application_unbind(9, 0), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_application_unbind(plain, INVALID), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(access_model_applications_get(plain, NULL, &count), NRF_ERROR_NULL);
    assert_int_equal(access_model_applications_get(plain, list, NULL), NRF_ERROR_NULL);
    assert_int_equal(access_model_applications_get(9, list, &count), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_applications_get(plain, list, &count), OK);
    assert_int_equal(count, 0);

    assert_int_equal(dsm_devkey_handle_get(BOOT_ADDRESS(SERVER), &own), OK);
    assert_int_equal(access_model_application_bind(plain, own), OK);
    for (uint16_t i = 1; i <= USHER_BINDINGS; i++) {
        assert_int_equal(dsm_appkey_add(i, 0, boot_key((uint8_t)(0x60 + i)), &h), OK);
        assert_int_equal(access_model_application_bind(plain, h), OK);
        assert_int_equal(access_model_application_bind(plain, h), OK);
    }
    assert_int_equal(access_model_application_bind(plain, 0), NRF_ERROR_NO_MEM);
    count = USHER_BINDINGS;
    assert_int_equal(access_model_applications_get(plain, list, &count), NRF_ERROR_INVALID_LENGTH);
    count = 8;
    assert_int_equal(access_model_applications_get(plain, list, &count), OK);
    assert_int_equal(count, USHER_BINDINGS + 1);
    assert_int_equal(list[0], 1);
    assert_int_equal(list[USHER_BINDINGS], own);
    assert_int_equal(access_model_application_unbind(plain, 1), OK);
    assert_int_equal(access_model_application_unbind(plain, own), OK);
    assert_int_equal(access_model_application_unbind(plain, 7), OK);
    count = 8;
    assert_int_equal(access_model_applications_get(plain, list, &count), OK);
    assert_int_equal(count, USHER_BINDINGS - 1);
    assert_int_equal(list[0], 2);

    assert_int_equal(access_model_application_bind(foundation, 0), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(access_model_application_bind(foundation, own), OK);
    assert_int_equal(server.model.flags & USHER_MODEL_DEVICE_KEY, USHER_MODEL_DEVICE_KEY);
}

static void a_key_that_goes_takes_what_hangs_on_it(void **state)
{
    dsm_handle_t list[4], h;
    uint16_t count = 4;

    (void)state;
    assert_int_equal(access_model_application_bind(plain, 0), OK);
    assert_int_equal(dsm_address_publish_add(GROUP, &h), OK);
    assert_int_equal(access_model_publish_address_set(plain, h), OK);
    assert_int_equal(access_model_publish_application_set(plain, 0), OK);
    assert_int_equal(dsm_appkey_delete(0), OK);
    assert_int_equal(published_to(plain), INVALID);
    assert_int_equal(access_model_applications_get(plain, list, &count), OK);
    assert_int_equal(count, 0);
    assert_int_equal(dsm_appkey_add(3, 0, boot_key(0x77), &h), OK); /* at the same place */
    assert_int_equal(h, 0);
    assert_false(access_bound(access_model_of(plain), 3));
}

/* -- subscription lists ------------------------------------------------------------------------ */

static void lists_are_given_and_taken(void **state)
{
    access_model_add_params_t params = { .element_index = 2 };
    access_model_handle_t h, more[ACCESS_MODEL_COUNT];
    dsm_handle_t group, list[4];
    uint16_t count = 4;

    (void)state;
    assert_int_equal(dsm_address_subscription_add(GROUP, &group), OK);
    assert_int_equal(access_model_subscription_add(periodic, group), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(access_model_subscription_remove(periodic, group), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(access_model_subscriptions_get(periodic, list, &count),
                     NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(access_model_subscription_list_alloc(99), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_subscription_list_alloc(plain), OK); /* it has it */
    for (unsigned i = 0; i < ACCESS_SUBSCRIPTION_LIST_COUNT; i++) {
        params.model_id.model_id = (uint16_t)i;
        assert_int_equal(access_model_add(&params, &more[i]), OK);
        assert_int_equal(access_model_subscription_list_alloc(more[i]),
                         i + 1 < ACCESS_SUBSCRIPTION_LIST_COUNT ? OK : NRF_ERROR_NO_MEM);
    }
    h = more[0];
    assert_int_equal(access_model_subscription_list_dealloc(99), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_subscription_list_dealloc(periodic), NRF_ERROR_INVALID_STATE);
    assert_int_equal(access_model_subscription_lists_share(99, h), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_subscription_lists_share(h, 99), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_subscription_lists_share(periodic, foundation),
                     NRF_ERROR_INVALID_STATE);
    assert_int_equal(access_model_subscription_lists_share(plain, h), NRF_ERROR_INVALID_STATE);
    assert_int_equal(access_model_subscription_list_dealloc(h), OK);
    assert_int_equal(access_model_subscription_lists_share(plain, h), OK);
    assert_int_equal(access_model_subscription_list_dealloc(h), NRF_ERROR_INVALID_STATE);

    assert_int_equal(access_model_subscription_add(h, group), OK); /* for both */
    assert_int_equal(access_model_subscriptions_get(plain, list, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(list[0], group);
    assert_int_equal(access_model_of(h)->subscriptions[0].address, GROUP);
    assert_int_equal(access_model_of(plain)->subscriptions[0].address, GROUP);
    assert_int_equal(access_model_subscription_list_dealloc(plain), OK);
    assert_int_equal(access_model_subscriptions_get(h, list, &count), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(access_model_of(h)->subscriptions[0].address, 0);
}

static void a_nodes_lists_are_fixed(void **state)
{
    (void)state;
    assert_int_equal(access_model_subscription_list_alloc(periodic), NRF_ERROR_FORBIDDEN);
    assert_int_equal(access_model_subscription_list_dealloc(plain), NRF_ERROR_FORBIDDEN);
    assert_int_equal(access_model_subscription_lists_share(plain, periodic), NRF_ERROR_FORBIDDEN);
}

static void subscriptions_have_handles(void **state)
{
    dsm_handle_t list[DSM_ADDR_MAX], h, unicast;
    uint16_t count = 1;

    (void)state;
    assert_int_equal(dsm_address_publish_add(0x0123, &unicast), OK);
    assert_int_equal(access_model_subscription_add(99, 0), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_subscription_add(plain, DSM_ADDR_MAX), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(access_model_subscription_add(plain, 5), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(access_model_subscription_add(plain, unicast), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(dsm_address_publish_remove(unicast), OK);
    for (uint16_t i = 0; i < USHER_SUBSCRIPTIONS; i++) {
        assert_int_equal(dsm_address_subscription_add(GROUP + i, &h), OK);
        assert_int_equal(access_model_subscription_add(plain, h), OK);
        assert_int_equal(access_model_subscription_add(plain, h), OK);
    }
    assert_int_equal(dsm_address_subscription_virtual_add(label_a, &h), OK);
    assert_int_equal(access_model_subscription_add(plain, h), NRF_ERROR_NO_MEM);
    assert_int_equal(access_model_subscriptions_get(plain, NULL, &count), NRF_ERROR_NULL);
    assert_int_equal(access_model_subscriptions_get(plain, list, NULL), NRF_ERROR_NULL);
    assert_int_equal(access_model_subscriptions_get(99, list, &count), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_subscriptions_get(plain, list, &count), NRF_ERROR_INVALID_LENGTH);
    count = DSM_ADDR_MAX;
    assert_int_equal(access_model_subscriptions_get(plain, list, &count), OK);
    assert_int_equal(count, USHER_SUBSCRIPTIONS);
    assert_int_equal(access_model_subscription_remove(99, 0), NRF_ERROR_NOT_FOUND);
    assert_int_equal(access_model_subscription_remove(plain, DSM_ADDR_MAX),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(access_model_subscription_remove(plain, list[2]), OK);
    assert_int_equal(access_model_subscription_remove(plain, list[2]), OK);
    assert_int_equal(access_model_subscription_add(plain, h), OK);
    assert_int_equal(access_model_subscriptions_get(plain, list, &count), OK);
    assert_int_equal(count, USHER_SUBSCRIPTIONS);
    assert_int_equal(list[count - 1], h);
}

/* -- over a restart ---------------------------------------------------------------------------- */

static void configuration_stays_over_a_restart(void **state)
{
    access_publish_resolution_t resolution;
    dsm_handle_t unused, address, group, label, key, list[4];
    uint16_t count = 4, references;
    uint8_t step, ttl;

    assert_int_equal(dsm_address_publish_add(0x0300, &unused), OK);
    assert_int_equal(dsm_address_publish_add(BOOT_ADDRESS(CLIENT), &address), OK);
    assert_int_equal(dsm_address_subscription_add(GROUP, &group), OK);
    assert_int_equal(dsm_address_subscription_virtual_add(label_a, &label), OK);
    assert_int_equal(dsm_address_publish_remove(unused), OK);
    assert_int_equal(dsm_address_publish_add(GROUP, &group), OK);
    assert_int_equal(dsm_appkey_add(7, 0, boot_key(0x77), &key), OK);
    assert_int_equal(access_model_application_bind(periodic, key), OK);
    assert_int_equal(access_model_publish_address_set(periodic, address), OK);
    assert_int_equal(access_model_publish_application_set(periodic, key), OK);
    assert_int_equal(access_model_publish_period_set(periodic, ACCESS_PUBLISH_RESOLUTION_10S, 3),
                     OK);
    assert_int_equal(access_model_publish_ttl_set(periodic, 9), OK);
    assert_int_equal(access_model_subscription_add(plain, group), OK);
    assert_int_equal(access_model_subscription_add(plain, label), OK);
    rig_run(*state, 1000);

    rig_restart(*state, SERVER);
    assert_int_equal(boot(*state, SERVER, add_server), OK);
    assert_int_equal(published_to(periodic), address);
    assert_int_equal(published_with(periodic), key);
    assert_int_equal(access_model_publish_period_get(periodic, &resolution, &step), OK);
    assert_int_equal(resolution, ACCESS_PUBLISH_RESOLUTION_10S);
    assert_int_equal(step, 3);
    assert_int_equal(access_model_publish_ttl_get(periodic, &ttl), OK);
    assert_int_equal(ttl, 9);
    assert_int_equal(access_model_applications_get(periodic, list, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(list[0], key);
    count = 4;
    assert_int_equal(access_model_subscriptions_get(plain, list, &count), OK);
    assert_int_equal(count, 2);
    assert_int_equal(list[0], group);
    assert_int_equal(list[1], label);
    assert_int_equal(dsm_address_subscription_count_get(group, &references), OK);
    assert_int_equal(references, 1);
    assert_int_equal(dsm_address_publish_remove(group), OK); /* the application's */
    assert_int_equal(send(periodic, 3), OK);
}

/* What the core has no place for. */
static void what_stands_aside_stays_over_a_restart(void **state)
{
    struct rig *rig = *state;
    dsm_handle_t address, own, remote, list[4];
    uint16_t count = 4;
    uint8_t *record;
    size_t *len;

    assert_int_equal(dsm_devkey_handle_get(BOOT_ADDRESS(SERVER), &own), OK);
    assert_int_equal(dsm_devkey_add(0x0300, 0, boot_key(0x30), &remote), OK);
    assert_int_equal(dsm_address_publish_add(0x0300, &address), OK);
    assert_int_equal(access_model_publish_address_set(plain, address), OK);
    assert_int_equal(access_model_publish_application_set(plain, remote), OK);
    assert_int_equal(access_model_publish_ttl_set(plain, 5), OK);
    assert_int_equal(access_model_application_bind(plain, own), OK);
    assert_int_equal(access_model_application_bind(plain, remote), OK);
    assert_int_equal(access_model_application_bind(periodic, 5), OK); /* not there yet */
    assert_int_equal(send(plain, 3), OK);
    rig_run(rig, 1000);
    rig_restart(rig, SERVER);
    assert_int_equal(boot(rig, SERVER, add_server), OK);
    assert_int_equal(published_to(plain), address);
    assert_int_equal(published_with(plain), remote);
    assert_int_equal(send(plain, 3), OK);
    assert_int_equal(access_model_applications_get(plain, list, &count), OK);
    assert_int_equal(count, 2);
    assert_int_equal(access_model_of(plain)->flags &
                         (USHER_MODEL_DEVICE_KEY | USHER_MODEL_REMOTE_KEY),
                     USHER_MODEL_DEVICE_KEY | USHER_MODEL_REMOTE_KEY);
    count = 4;
    assert_int_equal(access_model_applications_get(periodic, list, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(list[0], 5);

    record = rig_record(rig, SERVER, (uint16_t)(STACK_RECORD_ACCESS + plain), &len);
    assert_non_null(record);
    record[3]++; /* of another element */
    rig_restart(rig, SERVER);
    assert_int_equal(boot(rig, SERVER, add_server), NRF_ERROR_INVALID_DATA);
    record[3]--;
    rig_restart(rig, SERVER);
    assert_int_equal(boot(rig, SERVER, add_server), OK);
    assert_int_equal(access_model_publication_stop(plain), OK);
    assert_int_equal(access_model_application_unbind(plain, own), OK);
    assert_int_equal(access_model_application_unbind(plain, remote), OK);
    assert_null(rig_record(rig, SERVER, (uint16_t)(STACK_RECORD_ACCESS + plain), &len));
    dsm_clear();
    assert_null(rig_record(rig, SERVER, (uint16_t)(STACK_RECORD_ACCESS + periodic), &len));
}

/* -- by a configuration client ----------------------------------------------------------------- */

static struct usher_config_msg answer;
static bool answered;

static void on_answer(void *user, struct usher_request *request, const struct usher_answer *a)
{
    (void)user;
    (void)request;
    assert_int_equal(a->err, USHER_OK);
    assert_true(usher_config_read(a->message, &answer));
    answered = true;
}

/* Asks the server, and lets it be the current stack. */
static void ask(struct rig *rig, const struct usher_config_msg *question)
{
    struct usher_request request = { .done = on_answer };

    answered = false;
    rig_enter(rig, CLIENT);
    assert_int_equal(usher_config_ask(&client, &request, BOOT_ADDRESS(SERVER), 0, question),
                     USHER_OK);
    rig_run(rig, 5000);
    assert_true(answered);
    assert_int_equal(answer.status, USHER_STATUS_SUCCESS);
    rig_enter(rig, SERVER);
}

static struct usher_config_msg message_of(uint32_t opcode, unsigned element)
{
    return (struct usher_config_msg){ .opcode = opcode,
                                      .element = (uint16_t)(BOOT_ADDRESS(SERVER) + element),
                                      .company = COMPANY,
                                      .model = MODEL,
                                      .ttl = 7,
                                      .period = 0x41 };
}

static void handles_follow_a_publication(void **state)
{
    struct usher_config_msg set = message_of(USHER_CONFIG_PUBLICATION_SET, 0);
    access_publish_resolution_t resolution;
    nrf_mesh_address_t address;
    dsm_handle_t h;
    uint8_t step;

    assert_int_equal(access_model_application_bind(periodic, 0), OK);
    set.address = GROUP;
    ask(*state, &set);
    h = published_to(periodic);
    assert_int_equal(published_with(periodic), 0);
    assert_int_equal(dsm_address_get(h, &address), OK);
    assert_int_equal(address.value, GROUP);
    assert_int_equal(access_model_publish_period_get(periodic, &resolution, &step), OK);
    assert_int_equal(resolution, ACCESS_PUBLISH_RESOLUTION_1S);
    rig_run(*state, 10000);
    assert_in_range(timeouts, 10, 20);

    set.address = GROUP + 1; /* the one before has no reference any more */
    ask(*state, &set);
    assert_int_equal(dsm_address_get(published_to(periodic), &address), OK);
    assert_int_equal(address.value, GROUP + 1);
    address.value = GROUP;
    assert_int_equal(dsm_address_handle_get(&address, &h), NRF_ERROR_NOT_FOUND);

    set.opcode = USHER_CONFIG_PUBLICATION_VIRTUAL_SET;
    memcpy(set.label, label_a, sizeof(set.label));
    ask(*state, &set);
    assert_int_equal(dsm_address_get(published_to(periodic), &address), OK);
    assert_int_equal(address.type, NRF_MESH_ADDRESS_TYPE_VIRTUAL);
    assert_memory_equal(address.p_virtual_uuid, label_a, 16);

    set = message_of(USHER_CONFIG_PUBLICATION_SET, 0); /* none */
    ask(*state, &set);
    assert_int_equal(published_to(periodic), INVALID);
    assert_int_equal(published_with(periodic), INVALID);
    assert_int_equal(dsm_address_get(DSM_NONVIRTUAL_ADDR_MAX, &address), NRF_ERROR_NOT_FOUND);
}

static void a_publication_from_outside_goes_before(void **state)
{
    struct usher_config_msg set = message_of(USHER_CONFIG_PUBLICATION_SET, 1);
    dsm_handle_t own, h;

    assert_int_equal(access_model_application_bind(plain, 0), OK);
    assert_int_equal(dsm_devkey_handle_get(BOOT_ADDRESS(SERVER), &own), OK);
    assert_int_equal(dsm_address_publish_add(0x0055, &h), OK);
    assert_int_equal(access_model_publish_address_set(plain, h), OK);
    assert_int_equal(access_model_publish_application_set(plain, own), OK); /* not the core's */
    set.period = 0;
    set.address = GROUP;
    ask(*state, &set);
    assert_int_equal(published_with(plain), 0);
    assert_int_not_equal(published_to(plain), h);
    assert_int_equal(send(plain, 3), OK);
}

static void handles_follow_subscriptions(void **state)
{
    struct usher_config_msg add = message_of(USHER_CONFIG_SUBSCRIPTION_ADD, 1);
    nrf_mesh_address_t address = { .type = NRF_MESH_ADDRESS_TYPE_GROUP, .value = GROUP };
    dsm_handle_t group, list[4];
    uint16_t count = 4, references;

    assert_int_equal(dsm_address_subscription_add(GROUP, &group), OK); /* the application's */
    add.address = GROUP;
    ask(*state, &add);
    ask(*state, &add);
    assert_int_equal(access_model_subscriptions_get(plain, list, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(list[0], group);
    assert_int_equal(dsm_address_subscription_count_get(group, &references), OK);
    assert_int_equal(references, 2);
    assert_int_equal(dsm_address_subscription_remove(group), OK);

    add.opcode = USHER_CONFIG_SUBSCRIPTION_VIRTUAL_ADD;
    memcpy(add.label, label_a, sizeof(add.label));
    ask(*state, &add);
    count = 4;
    assert_int_equal(access_model_subscriptions_get(plain, list, &count), OK);
    assert_int_equal(count, 2);
    assert_int_equal(list[1], DSM_NONVIRTUAL_ADDR_MAX);

    add.opcode = USHER_CONFIG_SUBSCRIPTION_OVERWRITE;
    add.address = GROUP + 1;
    ask(*state, &add);
    count = 4;
    assert_int_equal(access_model_subscriptions_get(plain, list, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(dsm_address_handle_get(&address, &group), NRF_ERROR_NOT_FOUND);
    add.opcode = USHER_CONFIG_SUBSCRIPTION_DELETE_ALL;
    ask(*state, &add);
    count = 4;
    assert_int_equal(access_model_subscriptions_get(plain, list, &count), OK);
    assert_int_equal(count, 0);
    assert_int_equal(dsm_address_get(list[0], &address), NRF_ERROR_NOT_FOUND);
}

static void add_shared(void)
{
    add_server();
    assert_int_equal(access_model_subscription_lists_share(plain, periodic), OK);
}

static void a_list_that_is_shared_follows_as_one(void **state)
{
    struct usher_config_msg add = message_of(USHER_CONFIG_SUBSCRIPTION_ADD, 0);
    dsm_handle_t list[4];
    uint16_t count = 4, references;

    rig_restart(*state, SERVER);
    assert_int_equal(boot(*state, SERVER, add_shared), OK);
    add.address = GROUP;
    ask(*state, &add);
    assert_int_equal(access_model_of(plain)->subscriptions[0].address, GROUP);
    assert_int_equal(access_model_subscriptions_get(plain, list, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(dsm_address_subscription_count_get(list[0], &references), OK);
    assert_int_equal(references, 1);
    add.opcode = USHER_CONFIG_SUBSCRIPTION_DELETE;
    add.element++; /* by the other one */
    ask(*state, &add);
    assert_int_equal(access_model_of(periodic)->subscriptions[0].address, 0);
    count = 4;
    assert_int_equal(access_model_subscriptions_get(periodic, list, &count), OK);
    assert_int_equal(count, 0);
}

static void handles_follow_keys(void **state)
{
    struct usher_config_msg msg = message_of(USHER_CONFIG_APPKEY_ADD, 1);
    dsm_handle_t list[4];
    uint16_t count = 4;

    msg.app_index = 0x123;
    memcpy(msg.key, boot_key(0x44), sizeof(msg.key));
    ask(*state, &msg);
    assert_int_equal(dsm_appkey_index_to_appkey_handle(0x123), 1);
    msg.opcode = USHER_CONFIG_MODEL_APP_BIND;
    ask(*state, &msg);
    assert_int_equal(access_model_applications_get(plain, list, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(list[0], 1);
    msg.opcode = USHER_CONFIG_MODEL_APP_UNBIND;
    ask(*state, &msg);
    count = 4;
    assert_int_equal(access_model_applications_get(plain, list, &count), OK);
    assert_int_equal(count, 0);
}

static void node_reset_leaves_nothing(void **state)
{
    struct usher_config_msg reset = { .opcode = USHER_CONFIG_NODE_RESET };
    dsm_local_unicast_address_t local;
    dsm_handle_t h, list[4];
    uint16_t count = 4;

    assert_int_equal(dsm_address_publish_add(GROUP, &h), OK);
    assert_int_equal(access_model_publish_address_set(plain, h), OK);
    assert_int_equal(access_model_publish_application_set(plain, 0), OK);
    assert_int_equal(access_model_application_bind(plain, DSM_APP_MAX), OK);
    assert_int_equal(access_default_ttl_set(99), OK);
    ask(*state, &reset);
    dsm_local_unicast_addresses_get(&local);
    assert_int_equal(local.address_start, 0);
    assert_int_equal(dsm_address_publish_remove(h), NRF_ERROR_NOT_FOUND);
    assert_int_equal(published_to(plain), INVALID);
    assert_int_equal(access_model_applications_get(plain, list, &count), OK);
    assert_int_equal(count, 0);
    assert_int_equal(access_default_ttl_get(), ACCESS_DEFAULT_TTL);
    boot_join(SERVER);
    assert_int_equal(send(plain, 3), NRF_ERROR_INVALID_PARAM);
    rig_restart(*state, SERVER);
    assert_int_equal(boot(*state, SERVER, add_server), OK);
    assert_int_equal(published_to(plain), INVALID);
}

/* -- cleared ----------------------------------------------------------------------------------- */

static void what_models_were_configured_to_is_cleared(void **state)
{
    dsm_handle_t h, list[4];
    uint16_t count = 4;
    uint8_t ttl;

    assert_int_equal(dsm_address_subscription_add(GROUP, &h), OK);
    assert_int_equal(access_model_subscription_add(plain, h), OK);
    assert_int_equal(access_model_publish_address_set(plain, h), OK);
    assert_int_equal(access_model_publish_application_set(plain, 0), OK);
    assert_int_equal(access_model_publish_ttl_set(plain, 9), OK);
    assert_int_equal(access_model_application_bind(plain, 0), OK);
    access_clear();
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(published_to(plain), INVALID);
        assert_int_equal(published_with(plain), INVALID);
        count = 4;
        assert_int_equal(access_model_subscriptions_get(plain, list, &count), OK);
        assert_int_equal(count, 0);
        count = 4;
        assert_int_equal(access_model_applications_get(plain, list, &count), OK);
        assert_int_equal(count, 0);
        assert_int_equal(access_model_publish_ttl_get(plain, &ttl), OK);
        assert_int_equal(ttl, 0);
        rig_run(*state, 1000);
        rig_restart(*state, SERVER);
        assert_int_equal(boot(*state, SERVER, add_server), OK); /* it is still a node */
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define NODE_TEST(name) cmocka_unit_test_setup_teardown(name, setup_nodes, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NODE_TEST(the_default_ttl_has_its_range),
        TEST(values_of_a_publication_have_their_ranges),
        NODE_TEST(address_and_key_of_a_publication),
        NODE_TEST(publications_with_a_key_are_stopped),
        TEST(handles_may_name_what_comes_later),
        NODE_TEST(a_model_is_told_when_to_publish),
        NODE_TEST(publications_are_repeated),
        NODE_TEST(keys_are_bound),
        NODE_TEST(a_key_that_goes_takes_what_hangs_on_it),
        TEST(lists_are_given_and_taken),
        NODE_TEST(a_nodes_lists_are_fixed),
        NODE_TEST(subscriptions_have_handles),
        NODE_TEST(configuration_stays_over_a_restart),
        NODE_TEST(what_stands_aside_stays_over_a_restart),
        NODE_TEST(handles_follow_a_publication),
        NODE_TEST(a_publication_from_outside_goes_before),
        NODE_TEST(handles_follow_subscriptions),
        NODE_TEST(a_list_that_is_shared_follows_as_one),
        NODE_TEST(handles_follow_keys),
        NODE_TEST(node_reset_leaves_nothing),
        NODE_TEST(what_models_were_configured_to_is_cleared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
