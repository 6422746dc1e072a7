/*
 * A program that links one role alone, built once for each (LINKS_DEVICE: the device): the calls of
 * the other role answer that it is not supported, whatever they are given, and leave no trace.
 */
#include "one_node.h"

#include "nrf_mesh_configure.h"
#include "nrf_mesh_prov.h"
#include "nrf_mesh_prov_bearer_adv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static nrf_mesh_prov_ctx_t ctx;
static nrf_mesh_prov_bearer_adv_t bearer;
static uint8_t public_key[NRF_MESH_PROV_PUBKEY_SIZE], private_key[NRF_MESH_PROV_PRIVKEY_SIZE];

static void nobody(const nrf_mesh_prov_evt_t *p_evt)
{
    (void)p_evt;
}

static int make(void **state)
{
    static const nrf_mesh_prov_oob_caps_t caps = NRF_MESH_PROV_OOB_CAPS_DEFAULT(1);

    (void)state;
    (void)one_node_start(true);
    memset(&ctx, 0, sizeof(ctx));
    memset(&bearer, 0, sizeof(bearer));
    assert_int_equal(nrf_mesh_prov_generate_keys(public_key, private_key), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_init(&ctx, public_key, private_key, &caps, nobody), NRF_SUCCESS);
    assert_int_equal(
        nrf_mesh_prov_bearer_add(&ctx, nrf_mesh_prov_bearer_adv_interface_get(&bearer)),
        NRF_SUCCESS);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    one_node_stop();
    return 0;
}

static uint32_t listen(void)
{
    return nrf_mesh_prov_listen(&ctx, NULL, 0, NRF_MESH_PROV_BEARER_ADV);
}

static uint32_t provision(void)
{
    const nrf_mesh_prov_provisioning_data_t data = { .address = 1 };

    return nrf_mesh_prov_provision(&ctx, nrf_mesh_configure_device_uuid_get(), 0, &data,
                                   NRF_MESH_PROV_BEARER_ADV);
}

#define A_TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

#ifdef LINKS_DEVICE

static void a_provisioner_is_not_supported(void **state)
{
    (void)state;
    assert_int_equal(provision(), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(ctx.state, NRF_MESH_PROV_STATE_IDLE);
    assert_null(ctx.p_active_bearer);
    assert_int_equal(nrf_mesh_prov_oob_use(&ctx, NRF_MESH_PROV_OOB_METHOD_NONE, 0, 0),
                     NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(nrf_mesh_prov_pubkey_provide(&ctx, public_key), NRF_ERROR_NOT_SUPPORTED);
    /* A context that has not listened yet is a provisioner's. */
    assert_int_equal(nrf_mesh_prov_auth_data_provide(&ctx, public_key, 0), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(nrf_mesh_prov_oob_number_provide(&ctx, 1), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(nrf_mesh_prov_shared_secret_provide(&ctx, private_key),
                     NRF_ERROR_NOT_SUPPORTED);
}

static void a_device_is(void **state)
{
    (void)state;
    assert_int_equal(listen(), NRF_SUCCESS);
    assert_int_equal(provision(), NRF_ERROR_NOT_SUPPORTED); /* a session runs, and yet */
    assert_int_equal(ctx.state, NRF_MESH_PROV_STATE_WAIT_LINK);
    assert_int_equal(nrf_mesh_prov_auth_data_provide(&ctx, public_key, 0), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_prov_shared_secret_provide(&ctx, private_key),
                     NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_prov_listen_stop(&ctx), NRF_SUCCESS);
}

#define TESTS A_TEST(a_provisioner_is_not_supported), A_TEST(a_device_is)

#else

static void a_device_is_not_supported(void **state)
{
    (void)state;
    assert_int_equal(listen(), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(ctx.state, NRF_MESH_PROV_STATE_IDLE);
    assert_int_equal(bearer.state, PROV_BEARER_ADV_STATE_IDLE);
    assert_int_equal(nrf_mesh_prov_listen_stop(&ctx), NRF_ERROR_INVALID_STATE);
    /* Its parameters are looked at first. */
    assert_int_equal(nrf_mesh_prov_listen(&ctx, NULL, 0, 0), NRF_ERROR_INVALID_PARAM);
    ctx.role = NRF_MESH_PROV_ROLE_PROVISIONEE;
    assert_int_equal(nrf_mesh_prov_auth_data_provide(&ctx, public_key, 0), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(nrf_mesh_prov_oob_number_provide(&ctx, 1), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(nrf_mesh_prov_shared_secret_provide(&ctx, private_key),
                     NRF_ERROR_NOT_SUPPORTED);
}

static void a_provisioner_is(void **state)
{
    (void)state;
    assert_int_equal(nrf_mesh_prov_auth_data_provide(&ctx, public_key, 0), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_prov_oob_use(&ctx, NRF_MESH_PROV_OOB_METHOD_NONE, 0, 0),
                     NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_prov_pubkey_provide(&ctx, public_key), NRF_ERROR_INVALID_STATE);
    assert_int_equal(provision(), NRF_SUCCESS);
    assert_int_equal(listen(), NRF_ERROR_INVALID_STATE);
}

#define TESTS A_TEST(a_device_is_not_supported), A_TEST(a_provisioner_is)

#endif

int main(void)
{
    const struct CMUnitTest tests[] = { TESTS };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
