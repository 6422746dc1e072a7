/*
 * The calls of nrf_mesh_prov.h: each code of each call in its case, in the order in which they are
 * checked.
 */
#include "prov_scene.h"

#include "mesh_opt_prov.h"
#include "nrf_mesh_prov_bearer_gatt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define EVT(name) NRF_MESH_PROV_EVT_##name
#define STATE(name) NRF_MESH_PROV_STATE_##name
#define METHOD(name) NRF_MESH_PROV_OOB_METHOD_##name
#define NOBODY UINT32_MAX /* withholds every answer */

static void nobody(const nrf_mesh_prov_evt_t *p_evt)
{
    (void)p_evt;
}

/* Both sides up to a state of the provisioner's, with nobody answering from there on. */
static void run_to(struct scene *scene, nrf_mesh_prov_state_t at_provisioner)
{
    for (unsigned i = 0; i < 1000 && scene->provisioner[0].ctx.state != at_provisioner; i++) {
        scene_run(scene, 10);
    }
    assert_int_equal(scene->provisioner[0].ctx.state, at_provisioner);
}

/* -- init, bearers, keys ----------------------------------------------------------------------- */

static void init(void **state)
{
    static const nrf_mesh_prov_oob_caps_t caps = NRF_MESH_PROV_OOB_CAPS_DEFAULT(2);
    struct scene *scene = scene_new();
    struct peer *d = &scene->device[0];
    nrf_mesh_prov_ctx_t ctx = { 0 };

    (void)state;
    assert_int_equal(nrf_mesh_prov_init(NULL, d->public_key, d->private_key, &caps, nobody),
                     NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_init(&ctx, NULL, d->private_key, &caps, nobody), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_init(&ctx, d->public_key, NULL, &caps, nobody), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_init(&ctx, d->public_key, d->private_key, NULL, nobody),
                     NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_init(&ctx, d->public_key, d->private_key, &caps, NULL),
                     NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_init(&ctx, d->public_key, d->private_key, &caps, nobody),
                     NRF_SUCCESS);
    assert_ptr_equal(ctx.p_public_key, d->public_key);
    assert_ptr_equal(ctx.p_private_key, d->private_key);
    assert_true(ctx.event_handler == nobody);
    assert_memory_equal(&ctx.capabilities, &caps, sizeof(caps));
    scene_enter(scene, 1);
    assert_int_equal(scene_listen(d), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_init(&d->ctx, d->public_key, d->private_key, &caps, nobody),
                     NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_prov_init(&d->ctx, NULL, d->private_key, &caps, nobody),
                     NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_listen_stop(&d->ctx), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_init(&d->ctx, d->public_key, d->private_key, &caps, nobody),
                     NRF_SUCCESS);
    assert_int_equal(d->ctx.supported_bearers, NRF_MESH_PROV_BEARER_ADV); /* they stay */
    assert_ptr_equal(d->ctx.p_bearers, &d->bearer.prov_bearer.node);
    scene_free(scene);
}

static void bearer_add(void **state)
{
    static nrf_mesh_prov_bearer_adv_t adv, second;
    static nrf_mesh_prov_bearer_gatt_t gatt;
    nrf_mesh_prov_ctx_t ctx = { 0 };
    prov_bearer_t *p_adv = nrf_mesh_prov_bearer_adv_interface_get(&adv);

    (void)state;
    assert_int_equal(nrf_mesh_prov_bearer_add(NULL, p_adv), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_bearer_add(&ctx, NULL), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_bearer_add(&ctx, p_adv), NRF_SUCCESS);
    assert_ptr_equal(p_adv->p_parent, &ctx);
    assert_int_equal(ctx.supported_bearers, NRF_MESH_PROV_BEARER_ADV);
    assert_int_equal(nrf_mesh_prov_bearer_add(&ctx, p_adv), NRF_ERROR_FORBIDDEN);
    assert_int_equal(
        nrf_mesh_prov_bearer_add(&ctx, nrf_mesh_prov_bearer_adv_interface_get(&second)),
        NRF_ERROR_FORBIDDEN);
    assert_int_equal(nrf_mesh_prov_bearer_gatt_init(NULL), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_bearer_gatt_init(&gatt), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(nrf_mesh_prov_bearer_add(&ctx, nrf_mesh_prov_bearer_gatt_interface_get(&gatt)),
                     NRF_SUCCESS);
    assert_int_equal(ctx.supported_bearers, NRF_MESH_PROV_BEARER_ADV | NRF_MESH_PROV_BEARER_GATT);
    assert_int_equal(list_size_get(ctx.p_bearers), 2);
}

static void generate_keys(void **state)
{
    struct scene *scene = scene_new();
    struct nrf_mesh_stack *fresh = calloc(1, sizeof(*fresh));
    uint8_t public_key[64], private_key[32], other[64], made[64];

    (void)state;
    assert_int_equal(nrf_mesh_prov_generate_keys(NULL, private_key), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_generate_keys(public_key, NULL), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_generate_keys(other, private_key), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_generate_keys(public_key, private_key), NRF_SUCCESS);
    assert_memory_not_equal(public_key, other, sizeof(other));
    assert_int_equal(scene->crypto->p256_public(scene->crypto->ctx, private_key, made), USHER_OK);
    assert_memory_equal(public_key, made, sizeof(made));
    assert_non_null(fresh);
    layer_stack_enter(fresh); /* not initialized: no randomness */
    assert_int_equal(nrf_mesh_prov_generate_keys(public_key, private_key), NRF_ERROR_INTERNAL);
    free(fresh);
    scene_free(scene);
}

/* -- device ------------------------------------------------------------------------------------ */

static void listen(void **state)
{
    struct scene *scene = scene_new();
    struct peer *d = &scene->device[0], *p = &scene->provisioner[0];
    static nrf_mesh_prov_bearer_gatt_t gatt;

    (void)state;
    scene_enter(scene, 1);
    assert_int_equal(nrf_mesh_prov_listen(NULL, NULL, 0, NRF_MESH_PROV_BEARER_ADV), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_listen(&d->ctx, NULL, 0, 0), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(nrf_mesh_prov_listen(&d->ctx, NULL, 0, NRF_MESH_PROV_BEARER_GATT),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(nrf_mesh_prov_listen(&d->ctx, NULL, 0,
                                          NRF_MESH_PROV_BEARER_ADV | NRF_MESH_PROV_BEARER_MESH),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(d->ctx.state, STATE(IDLE));
    assert_int_equal(scene_listen(d), NRF_SUCCESS);
    assert_int_equal(d->ctx.state, STATE(WAIT_LINK));
    assert_int_equal(d->ctx.role, NRF_MESH_PROV_ROLE_PROVISIONEE);
    assert_int_equal(d->bearer.state, PROV_BEARER_ADV_STATE_LISTEN);
    /* The bearer is busy: all listening ends. */
    assert_int_equal(scene_listen(d), NRF_ERROR_INVALID_STATE);
    assert_int_equal(d->ctx.state, STATE(IDLE));
    assert_int_equal(d->bearer.state, PROV_BEARER_ADV_STATE_IDLE);
    assert_int_equal(scene_listen(d), NRF_SUCCESS);
    /* There is no PB-GATT: likewise. */
    assert_int_equal(
        nrf_mesh_prov_bearer_add(&d->ctx, nrf_mesh_prov_bearer_gatt_interface_get(&gatt)),
        NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_listen(&d->ctx, NULL, 0, NRF_MESH_PROV_BEARER_GATT),
                     NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(d->ctx.state, STATE(IDLE));
    assert_int_equal(nrf_mesh_prov_listen(&d->ctx, NULL, 0,
                                          NRF_MESH_PROV_BEARER_ADV | NRF_MESH_PROV_BEARER_GATT),
                     NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(d->ctx.state, STATE(IDLE));
    assert_int_equal(d->bearer.state, PROV_BEARER_ADV_STATE_IDLE);
    /* A running session, of either role, is left alone. */
    scene_enter(scene, 0);
    assert_int_equal(scene_provision(p, d), NRF_SUCCESS);
    assert_int_equal(scene_listen(p), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_prov_listen(&p->ctx, NULL, 0, 0), NRF_ERROR_INVALID_STATE);
    assert_int_equal(p->ctx.state, STATE(WAIT_LINK));
    scene_enter(scene, 1);
    assert_int_equal(scene_listen(d), NRF_SUCCESS);
    p->withhold = NOBODY;
    run_to(scene, STATE(WAIT_CAPS_CONFIRM));
    assert_int_equal(scene_listen(d), NRF_ERROR_INVALID_STATE);
    assert_int_equal(d->ctx.state, STATE(WAIT_START));
    scene_free(scene);
}

static void listen_with_what_cannot_be(void **state)
{
    struct scene *scene = scene_new();
    struct peer *d = &scene->device[0];
    nrf_mesh_prov_ctx_t bare = { 0 };
    static nrf_mesh_prov_bearer_adv_t adv;
    char uri[300];

    (void)state;
    scene_enter(scene, 1);
    d->ctx.capabilities.num_elements = 0;
    assert_int_equal(scene_listen(d), NRF_ERROR_INVALID_PARAM);
    d->ctx.capabilities.num_elements = 1;
    d->ctx.capabilities.algorithms = 0;
    assert_int_equal(scene_listen(d), NRF_ERROR_INVALID_PARAM);
    d->ctx.capabilities.algorithms = 1;
    memset(uri, 'u', sizeof(uri));
    uri[sizeof(uri) - 1] = '\0';
    assert_int_equal(nrf_mesh_prov_listen(&d->ctx, uri, 0, NRF_MESH_PROV_BEARER_ADV),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(d->ctx.state, STATE(IDLE));
    uri[255] = '\0';
    assert_int_equal(nrf_mesh_prov_listen(&d->ctx, uri, 0, NRF_MESH_PROV_BEARER_ADV), NRF_SUCCESS);
    /* A context that was never initialized. */
    assert_int_equal(nrf_mesh_prov_bearer_add(&bare, nrf_mesh_prov_bearer_adv_interface_get(&adv)),
                     NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_listen(&bare, NULL, 0, NRF_MESH_PROV_BEARER_ADV),
                     NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_prov_provision(&bare, scene_uuid(scene, 1), 0, &scene->data,
                                             NRF_MESH_PROV_BEARER_ADV),
                     NRF_ERROR_INVALID_STATE);
    assert_int_equal(bare.state, STATE(IDLE));
    scene_free(scene);
}

static void listen_stop(void **state)
{
    struct scene *scene = scene_new();
    struct peer *d = &scene->device[0], *p = &scene->provisioner[0];

    (void)state;
    scene_enter(scene, 1);
    assert_int_equal(nrf_mesh_prov_listen_stop(NULL), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_listen_stop(&d->ctx), NRF_ERROR_INVALID_STATE);
    assert_int_equal(scene_listen(d), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_listen_stop(&d->ctx), NRF_SUCCESS);
    assert_int_equal(d->ctx.state, STATE(IDLE));
    assert_int_equal(nrf_mesh_prov_listen_stop(&d->ctx), NRF_ERROR_INVALID_STATE);
    scene_enter(scene, 0);
    assert_int_equal(scene_provision(p, d), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_listen_stop(&p->ctx), NRF_ERROR_INVALID_STATE);
    scene_run(scene, 3000); /* nobody listens */
    assert_int_equal(p->ctx.state, STATE(WAIT_LINK));
    assert_int_equal(d->logged, 0);
    scene_enter(scene, 1);
    assert_int_equal(scene_listen(d), NRF_SUCCESS);
    p->withhold = NOBODY;
    run_to(scene, STATE(WAIT_CAPS_CONFIRM));
    assert_int_equal(nrf_mesh_prov_listen_stop(&d->ctx), NRF_ERROR_INVALID_STATE);
    scene_free(scene);
}

/* -- provisioner ------------------------------------------------------------------------------- */

static uint32_t provision(struct peer *p, const uint8_t *p_uuid,
                          const nrf_mesh_prov_provisioning_data_t *p_data)
{
    return nrf_mesh_prov_provision(&p->ctx, p_uuid, 0, p_data, NRF_MESH_PROV_BEARER_ADV);
}

static const prov_bearer_interface_t
    own_interface; /* of a bearer that an application has written */

static void provision_refuses(void **state)
{
    struct scene *scene = scene_new();
    struct peer *p = &scene->provisioner[0];
    const uint8_t *uuid = scene_uuid(scene, 1);
    nrf_mesh_prov_provisioning_data_t data = scene->data;
    static nrf_mesh_prov_bearer_gatt_t gatt;
    prov_bearer_t own = { .bearer_type = NRF_MESH_PROV_BEARER_MESH, .p_interface = &own_interface };

    (void)state;
    assert_int_equal(nrf_mesh_prov_provision(NULL, uuid, 0, &data, NRF_MESH_PROV_BEARER_ADV),
                     NRF_ERROR_NULL);
    assert_int_equal(provision(p, NULL, &data), NRF_ERROR_NULL);
    assert_int_equal(provision(p, uuid, NULL), NRF_ERROR_NULL);
    data.netkey_index = 0x1000;
    assert_int_equal(provision(p, uuid, &data), NRF_ERROR_INVALID_DATA);
    data.netkey_index = 0xFFF;
    data.address = 0;
    assert_int_equal(provision(p, uuid, &data), NRF_ERROR_INVALID_DATA);
    data.address = 0x8000;
    assert_int_equal(provision(p, uuid, &data), NRF_ERROR_INVALID_DATA);
    /* Data are looked at before the bearer is. */
    assert_int_equal(nrf_mesh_prov_provision(&p->ctx, uuid, 0, &data, NRF_MESH_PROV_BEARER_GATT),
                     NRF_ERROR_INVALID_DATA);
    data.address = 0x7FFF;
    assert_int_equal(nrf_mesh_prov_provision(&p->ctx, uuid, 0, &data, NRF_MESH_PROV_BEARER_GATT),
                     NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(
        nrf_mesh_prov_bearer_add(&p->ctx, nrf_mesh_prov_bearer_gatt_interface_get(&gatt)),
        NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_provision(&p->ctx, uuid, 0, &data, NRF_MESH_PROV_BEARER_GATT),
                     NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(nrf_mesh_prov_bearer_add(&p->ctx, &own), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_provision(&p->ctx, uuid, 0, &data, NRF_MESH_PROV_BEARER_MESH),
                     NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(nrf_mesh_prov_listen(&p->ctx, NULL, 0, NRF_MESH_PROV_BEARER_MESH),
                     NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(p->ctx.state, STATE(IDLE));
    assert_int_equal(provision(p, uuid, &data), NRF_SUCCESS);
    assert_int_equal(p->ctx.state, STATE(WAIT_LINK));
    assert_int_equal(p->ctx.role, NRF_MESH_PROV_ROLE_PROVISIONER);
    assert_int_equal(p->bearer.state, PROV_BEARER_ADV_STATE_LINK_OPENING);
    /* A second one leaves the first alone. */
    assert_int_equal(provision(p, uuid, &scene->data), NRF_ERROR_INVALID_STATE);
    assert_ptr_equal(p->ctx.p_active_bearer, &p->bearer.prov_bearer);
    assert_int_equal(p->ctx.data.address, 0x7FFF);
    scene_free(scene);
}

static void provision_on_a_bearer_that_is_busy(void **state)
{
    struct scene *scene = scene_new();
    struct peer *p = &scene->provisioner[0];

    (void)state;
    p->bearer.state = PROV_BEARER_ADV_STATE_LINK_CLOSING;
    assert_int_equal(scene_provision(p, &scene->device[0]), NRF_ERROR_INVALID_STATE);
    assert_int_equal(p->ctx.state, STATE(IDLE));
    assert_null(p->ctx.p_active_bearer);
    p->bearer.state = PROV_BEARER_ADV_STATE_IDLE;
    assert_int_equal(scene_provision(p, &scene->device[0]), NRF_SUCCESS);
    scene_free(scene);
}

static void oob_use(void **state)
{
    struct scene *scene = scene_new();
    struct peer *p = &scene->provisioner[0], *d = &scene->device[0];

    (void)state;
    p->withhold = NOBODY;
    d->ctx.capabilities.oob_output_actions = NRF_MESH_PROV_OOB_OUTPUT_ACTION_NUMERIC;
    d->ctx.capabilities.oob_output_size = 4;
    assert_int_equal(nrf_mesh_prov_oob_use(NULL, METHOD(NONE), 0, 0), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_oob_use(&p->ctx, METHOD(NONE), 0, 0), NRF_ERROR_INVALID_STATE);
    scene_begin(scene, 0);
    assert_int_equal(nrf_mesh_prov_oob_use(&p->ctx, METHOD(NONE), 0, 1), NRF_ERROR_INVALID_STATE);
    run_to(scene, STATE(WAIT_CAPS_CONFIRM));
    scene_enter(scene, 1);
    assert_int_equal(nrf_mesh_prov_oob_use(&d->ctx, METHOD(NONE), 0, 0), NRF_ERROR_INVALID_STATE);
    scene_enter(scene, 0);
    assert_int_equal(nrf_mesh_prov_oob_use(&p->ctx, METHOD(NONE), 0, 1), NRF_ERROR_INVALID_LENGTH);
    assert_int_equal(nrf_mesh_prov_oob_use(&p->ctx, METHOD(OUTPUT), 3, 0),
                     NRF_ERROR_INVALID_LENGTH);
    assert_int_equal(nrf_mesh_prov_oob_use(&p->ctx, METHOD(INPUT), 2, 0), NRF_ERROR_INVALID_LENGTH);
    assert_int_equal(nrf_mesh_prov_oob_use(&p->ctx, METHOD(OUTPUT), 3, 9),
                     NRF_ERROR_INVALID_LENGTH);
    assert_int_equal(nrf_mesh_prov_oob_use(&p->ctx, METHOD(INPUT), 2, 17),
                     NRF_ERROR_INVALID_LENGTH);
    assert_int_equal(nrf_mesh_prov_oob_use(&p->ctx, METHOD(PROHIBITED), 0, 0),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(nrf_mesh_prov_oob_use(&p->ctx, METHOD(OUTPUT), 5, 4), NRF_ERROR_INVALID_PARAM);
    /* What the device does not offer. */
    assert_int_equal(nrf_mesh_prov_oob_use(&p->ctx, METHOD(OUTPUT), 4, 4), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(nrf_mesh_prov_oob_use(&p->ctx, METHOD(OUTPUT), 3, 5), NRF_ERROR_NOT_SUPPORTED);
    p->ctx.capabilities.pubkey_type = NRF_MESH_PROV_OOB_PUBKEY_TYPE_OOB;
    assert_int_equal(nrf_mesh_prov_oob_use(&p->ctx, METHOD(NONE), 0, 0), NRF_ERROR_NOT_SUPPORTED);
    p->ctx.capabilities.pubkey_type = 0;
    assert_int_equal(p->ctx.state, STATE(WAIT_CAPS_CONFIRM));
    assert_int_equal(p->ctx.oob_size, 0);
    /* It may be tried again; the size of STATIC is its own. */
    assert_int_equal(nrf_mesh_prov_oob_use(&p->ctx, METHOD(STATIC), 0, 99), NRF_SUCCESS);
    assert_int_equal(p->ctx.oob_size, 16);
    assert_int_equal(p->ctx.oob_method, METHOD(STATIC));
    assert_int_equal(nrf_mesh_prov_oob_use(&p->ctx, METHOD(STATIC), 0, 16),
                     NRF_ERROR_INVALID_STATE);
    run_to(scene, STATE(WAIT_OOB_STATIC));
    assert_int_equal(d->ctx.oob_size, 16);
    assert_int_equal(d->ctx.oob_method, METHOD(STATIC));
    scene_free(scene);
}

static void pubkey_provide(void **state)
{
    struct scene *scene = scene_new();
    struct peer *p = &scene->provisioner[0], *d = &scene->device[0];

    (void)state;
    p->withhold = 1u << EVT(OOB_PUBKEY_REQUEST);
    p->ctx.capabilities.pubkey_type = NRF_MESH_PROV_OOB_PUBKEY_TYPE_OOB;
    d->ctx.capabilities.pubkey_type = NRF_MESH_PROV_OOB_PUBKEY_TYPE_OOB;
    assert_int_equal(nrf_mesh_prov_pubkey_provide(NULL, d->public_key), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_pubkey_provide(&p->ctx, d->public_key), NRF_ERROR_INVALID_STATE);
    scene_begin(scene, 0);
    run_to(scene, STATE(WAIT_OOB_PUB_KEY));
    scene_enter(scene, 1);
    assert_int_equal(nrf_mesh_prov_pubkey_provide(&d->ctx, d->public_key), NRF_ERROR_INVALID_STATE);
    scene_enter(scene, 0);
    assert_true(p->ctx.pubkey_oob && d->ctx.pubkey_oob);
    assert_int_equal(nrf_mesh_prov_pubkey_provide(&p->ctx, NULL), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_pubkey_provide(&p->ctx, d->public_key), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_pubkey_provide(&p->ctx, d->public_key), NRF_ERROR_INVALID_STATE);
    /* The state is looked at before the key is. */
    assert_int_equal(nrf_mesh_prov_pubkey_provide(&p->ctx, NULL), NRF_ERROR_INVALID_STATE);
    scene_run(scene, 5000);
    assert_true(scene_told(p, EVT(COMPLETE)) && scene_told(d, EVT(COMPLETE)));
    scene_free(scene);
}

/* -- answers of both roles --------------------------------------------------------------------- */

static void shared_secret_provide(void **state)
{
    static const uint8_t secret[NRF_MESH_PROV_ECDHSECRET_SIZE] = { 1 };
    struct scene *scene = scene_new();
    struct peer *p = &scene->provisioner[0];

    (void)state;
    p->withhold = 1u << EVT(ECDH_REQUEST);
    assert_int_equal(mesh_opt_prov_ecdh_offloading_set(true), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_shared_secret_provide(NULL, secret), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_shared_secret_provide(&p->ctx, secret), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_prov_shared_secret_provide(&p->ctx, NULL), NRF_ERROR_INVALID_STATE);
    scene_begin(scene, 0);
    run_to(scene, STATE(WAIT_EXTERNAL_ECDH));
    assert_int_equal(nrf_mesh_prov_shared_secret_provide(&p->ctx, NULL), NRF_ERROR_NULL);
    assert_int_equal(scene_answer_ecdh(p), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_shared_secret_provide(&p->ctx, secret), NRF_ERROR_INVALID_STATE);
    scene_run(scene, 5000);
    assert_true(scene_told(p, EVT(COMPLETE)));
    scene_free(scene);
}

static void static_oob(void **state)
{
    struct scene *scene = scene_new();
    struct peer *both[] = { &scene->provisioner[0], &scene->device[0] };

    (void)state;
    both[0]->method = METHOD(STATIC);
    both[0]->withhold = both[1]->withhold = 1u << EVT(STATIC_REQUEST);
    assert_int_equal(nrf_mesh_prov_auth_data_provide(NULL, both[0]->static_oob, 16),
                     NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_auth_data_provide(&both[0]->ctx, NULL, 16), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_auth_data_provide(&both[0]->ctx, both[0]->static_oob, 16),
                     NRF_ERROR_INVALID_LENGTH); /* nothing is asked, so nothing is its length */
    assert_int_equal(nrf_mesh_prov_auth_data_provide(&both[0]->ctx, both[0]->static_oob, 0),
                     NRF_ERROR_INVALID_STATE);
    scene_begin(scene, 0);
    scene_run(scene, 4000);
    for (unsigned i = 0; i < 2; i++) { /* the provisioner first: its Confirmation arrives */
        nrf_mesh_prov_ctx_t *ctx = &both[i]->ctx;

        scene_enter(scene, both[i]->node);
        assert_int_equal(ctx->state,
                         i == 0 ? STATE(WAIT_OOB_STATIC) : STATE(WAIT_OOB_STATIC_C_RCVD));
        assert_int_equal(nrf_mesh_prov_auth_data_provide(ctx, both[i]->static_oob, 17),
                         NRF_ERROR_INVALID_LENGTH);
        assert_int_equal(nrf_mesh_prov_auth_data_provide(ctx, both[i]->static_oob, 15),
                         NRF_ERROR_INVALID_LENGTH);
        assert_int_equal(nrf_mesh_prov_oob_number_provide(ctx, 1), NRF_ERROR_INVALID_STATE);
        assert_int_equal(nrf_mesh_prov_auth_data_provide(ctx, both[i]->static_oob, 16),
                         NRF_SUCCESS);
        assert_int_equal(nrf_mesh_prov_auth_data_provide(ctx, both[i]->static_oob, 16),
                         NRF_ERROR_INVALID_STATE);
        assert_int_equal(ctx->state, i == 0 ? STATE(WAIT_CONFIRMATION) : STATE(WAIT_RANDOM));
        scene_run(scene, 4000);
    }
    assert_true(scene_told(both[0], EVT(COMPLETE)) && scene_told(both[1], EVT(COMPLETE)));
    scene_free(scene);
}

/* The provisioner is asked for what the device shows. */
static struct scene *asked_for(uint8_t action, uint8_t size)
{
    struct scene *scene = scene_new();
    struct peer *p = &scene->provisioner[0];

    p->method = METHOD(OUTPUT);
    p->action = action;
    p->size = size;
    p->withhold = 1u << EVT(INPUT_REQUEST);
    scene_begin(scene, 0);
    run_to(scene, STATE(WAIT_OOB_INPUT));
    scene_enter(scene, 0);
    return scene;
}

static void finish(struct scene *scene)
{
    struct peer *p = &scene->provisioner[0];

    p->asked = true; /* its user types now */
    scene_run(scene, 5000);
    assert_true(scene_told(p, EVT(COMPLETE)));
    scene_free(scene);
}

static void numbers(void **state)
{
    struct scene *scene = asked_for(NRF_MESH_PROV_OUTPUT_ACTION_DISPLAY_NUMERIC, 3);
    nrf_mesh_prov_ctx_t *ctx = &scene->provisioner[0].ctx;
    const uint8_t thousand[] = { 0xE8, 0x03, 0 }; /* exactly as many octets as places */

    (void)state;
    assert_int_equal(nrf_mesh_prov_oob_number_provide(NULL, 1), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_oob_number_provide(ctx, 1000), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_prov_oob_number_provide(ctx, 0x01000001), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_prov_auth_data_provide(ctx, thousand, 3), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_prov_auth_data_provide(ctx, thousand, 2), NRF_ERROR_INVALID_LENGTH);
    assert_int_equal(ctx->state, STATE(WAIT_OOB_INPUT));
    finish(scene);
}

static void counts(void **state)
{
    struct scene *scene = asked_for(NRF_MESH_PROV_OUTPUT_ACTION_BEEP, 1);
    nrf_mesh_prov_ctx_t *ctx = &scene->provisioner[0].ctx;

    (void)state;
    assert_int_equal(nrf_mesh_prov_oob_number_provide(ctx, 0), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_prov_oob_number_provide(ctx, 10), NRF_ERROR_INVALID_STATE);
    assert_int_equal(ctx->state, STATE(WAIT_OOB_INPUT));
    finish(scene);
}

static void texts(void **state)
{
    struct scene *scene = asked_for(NRF_MESH_PROV_OUTPUT_ACTION_ALPHANUMERIC, 4);
    nrf_mesh_prov_ctx_t *ctx = &scene->provisioner[0].ctx;

    (void)state;
    assert_int_equal(nrf_mesh_prov_oob_number_provide(ctx, 1), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_prov_auth_data_provide(ctx, (const uint8_t *)"AB-4", 4),
                     NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_prov_auth_data_provide(ctx, (const uint8_t *)"abcd", 4),
                     NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_prov_auth_data_provide(ctx, (const uint8_t *)"AB\0D", 4),
                     NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_prov_auth_data_provide(ctx, (const uint8_t *)"ABCDE", 5),
                     NRF_ERROR_INVALID_LENGTH);
    assert_int_equal(ctx->state, STATE(WAIT_OOB_INPUT));
    finish(scene);
}

/* -- the scanner ------------------------------------------------------------------------------- */

static void scan(void **state)
{
    struct scene *scene = scene_new();
    struct nrf_mesh_stack *fresh = calloc(1, sizeof(*fresh));

    (void)state;
    assert_int_equal(nrf_mesh_prov_scan_start(NULL), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_prov_scan_start(nobody), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_scan_start(nobody), NRF_SUCCESS);
    nrf_mesh_prov_scan_stop();
    nrf_mesh_prov_scan_stop();
    assert_null(scene->node[0].stack.prov.scan_handler);
    assert_non_null(fresh);
    layer_stack_enter(fresh);
    assert_int_equal(nrf_mesh_prov_scan_start(nobody), NRF_ERROR_INVALID_STATE);
    nrf_mesh_prov_scan_stop();
    free(fresh);
    scene_free(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init),
        cmocka_unit_test(bearer_add),
        cmocka_unit_test(generate_keys),
        cmocka_unit_test(listen),
        cmocka_unit_test(listen_with_what_cannot_be),
        cmocka_unit_test(listen_stop),
        cmocka_unit_test(provision_refuses),
        cmocka_unit_test(provision_on_a_bearer_that_is_busy),
        cmocka_unit_test(oob_use),
        cmocka_unit_test(pubkey_provide),
        cmocka_unit_test(shared_secret_provide),
        cmocka_unit_test(static_oob),
        cmocka_unit_test(numbers),
        cmocka_unit_test(counts),
        cmocka_unit_test(texts),
        cmocka_unit_test(scan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
