/* Provisioning through the SDK's API in one process; see prov_scene.h. */
#include "prov_scene.h"

#include "nordic_common.h"
#include "nrf_mesh_configure.h"
#include "nrf_mesh_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 4u

void mesh_assertion_handler(uint32_t pc)
{
    (void)pc;
    fail_msg("an assertion of the stack");
}

/* -- users ------------------------------------------------------------------------------------- */

static bool is_provisioner(const struct peer *peer)
{
    return peer->node == 0;
}

static void choose(struct peer *peer)
{
    assert_int_equal(nrf_mesh_prov_oob_use(&peer->ctx, peer->method, peer->action, peer->size),
                     NRF_SUCCESS);
}

uint32_t scene_answer_ecdh(struct peer *peer)
{
    const nrf_mesh_prov_evt_ecdh_request_t *asked =
        &peer->last[NRF_MESH_PROV_EVT_ECDH_REQUEST].params.ecdh_request;
    const struct usher_crypto *crypto = peer->scene->crypto;
    uint8_t secret[NRF_MESH_PROV_ECDHSECRET_SIZE];

    assert_int_equal(
        crypto->p256_ecdh(crypto->ctx, asked->p_node_private, asked->p_peer_public, secret),
        USHER_OK);
    return nrf_mesh_prov_shared_secret_provide(&peer->ctx, secret);
}

static void answer(struct peer *peer, nrf_mesh_prov_evt_type_t type)
{
    switch (type) {
    case NRF_MESH_PROV_EVT_CAPS_RECEIVED:
        choose(peer);
        break;
    case NRF_MESH_PROV_EVT_STATIC_REQUEST:
        assert_int_equal(nrf_mesh_prov_auth_data_provide(&peer->ctx, peer->static_oob, 16),
                         NRF_SUCCESS);
        break;
    case NRF_MESH_PROV_EVT_INPUT_REQUEST:
        peer->asked = true;
        break;
    case NRF_MESH_PROV_EVT_OOB_PUBKEY_REQUEST:
        if (is_provisioner(peer)) {
            assert_int_equal(nrf_mesh_prov_pubkey_provide(&peer->ctx, peer->other->public_key),
                             NRF_SUCCESS);
        }
        break;
    case NRF_MESH_PROV_EVT_ECDH_REQUEST:
        assert_int_equal(scene_answer_ecdh(peer), NRF_SUCCESS);
        break;
    default:
        break;
    }
}

/* Texts go as octets, numbers alternately as octets and as a number. */
static void type_in(struct peer *peer)
{
    const nrf_mesh_prov_evt_input_request_t *asked =
        &peer->last[NRF_MESH_PROV_EVT_INPUT_REQUEST].params.input_request;
    const uint8_t *shown = peer->other->shown;
    bool text = asked->action == (is_provisioner(peer) ? NRF_MESH_PROV_OUTPUT_ACTION_ALPHANUMERIC
                                                       : NRF_MESH_PROV_INPUT_ACTION_ENTER_STRING);
    uint32_t number = (uint32_t)shown[12] << 24 | (uint32_t)shown[13] << 16 |
                      (uint32_t)shown[14] << 8 | shown[15];
    uint8_t octets[4] = { shown[15], shown[14], shown[13], shown[12] };
    uint32_t err;

    if (text) {
        err = nrf_mesh_prov_auth_data_provide(&peer->ctx, shown, asked->size);
    } else if (number % 2 == 0) {
        err = nrf_mesh_prov_auth_data_provide(&peer->ctx, octets, asked->size);
    } else {
        err = nrf_mesh_prov_oob_number_provide(&peer->ctx, number);
    }
    assert_int_equal(err, NRF_SUCCESS);
    peer->asked = false;
}

static void keep(struct peer *peer, const nrf_mesh_prov_evt_t *p_evt)
{
    assert_true(peer->logged < SCENE_LOG);
    peer->state_at[peer->logged] = peer->ctx.state;
    peer->log[peer->logged++] = p_evt->type;
    peer->last[p_evt->type] = *p_evt;
    if (p_evt->type == NRF_MESH_PROV_EVT_COMPLETE) {
        memcpy(peer->devkey, p_evt->params.complete.p_devkey, sizeof(peer->devkey));
        peer->data = *p_evt->params.complete.p_prov_data;
    } else if (p_evt->type == NRF_MESH_PROV_EVT_OUTPUT_REQUEST) {
        memcpy(peer->shown, p_evt->params.output_request.p_data, sizeof(peer->shown));
    }
}

static void on_event(const nrf_mesh_prov_evt_t *p_evt)
{
    struct peer *peer = CONTAINER_OF(p_evt->params.link_established.p_context, struct peer, ctx);

    assert_ptr_equal(layer_stack(), &peer->scene->node[peer->node].stack);
    keep(peer, p_evt);
    if (peer->look != NULL) {
        peer->look(peer, p_evt);
    }
    if ((peer->withhold >> p_evt->type & 1) == 0) {
        answer(peer, p_evt->type);
    }
}

/* -- making and running ------------------------------------------------------------------------ */

static void peer_init(struct scene *scene, struct peer *peer, unsigned node, struct peer *other)
{
    static const nrf_mesh_prov_oob_caps_t everything = {
        .num_elements = 2,
        .algorithms = NRF_MESH_PROV_ALGORITHM_FIPS_P256EC,
        .oob_static_types = NRF_MESH_PROV_OOB_STATIC_TYPE_SUPPORTED,
        .oob_output_size = 8,
        .oob_output_actions = 0x1F,
        .oob_input_size = 8,
        .oob_input_actions = 0xF,
    };
    static const nrf_mesh_prov_oob_caps_t little = NRF_MESH_PROV_OOB_CAPS_DEFAULT(1);

    peer->scene = scene;
    peer->node = node;
    peer->other = other;
    memcpy(peer->static_oob, "sixteen octets..", 16);
    scene_enter(scene, node);
    assert_int_equal(nrf_mesh_prov_generate_keys(peer->public_key, peer->private_key), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_init(&peer->ctx, peer->public_key, peer->private_key,
                                        node == 0 ? &little : &everything, on_event),
                     NRF_SUCCESS);
    assert_int_equal(
        nrf_mesh_prov_bearer_add(&peer->ctx, nrf_mesh_prov_bearer_adv_interface_get(&peer->bearer)),
        NRF_SUCCESS);
}

void scene_enter(struct scene *scene, unsigned node)
{
    layer_stack_enter(&scene->node[node].stack);
}

static void node_init(struct scene *scene, unsigned n)
{
    const nrf_mesh_init_params_t params = { .irq_priority = NRF_MESH_IRQ_PRIORITY_THREAD };

    scene_enter(scene, n);
    assert_int_equal(simport_init(&scene->node[n].port, scene->air, &scene->node[n].stack.usher,
                                  scene->crypto, SLOTS),
                     USHER_OK);
    assert_int_equal(nrf_mesh_on_port(&scene->node[n].port.port), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_init(&params), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_enable(), NRF_SUCCESS);
}

struct scene *scene_new(void)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    assert_non_null(scene);
    scene->before = layer_stack();
    scene->crypto = usher_crypto_openssl_new();
    assert_non_null(scene->crypto);
    scene->air = air_new(&(struct air_config){ .seed = 11 });
    assert_non_null(scene->air);
    for (unsigned n = 0; n < SCENE_NODES; n++) {
        node_init(scene, n);
    }
    for (unsigned n = 0; n < SCENE_DEVICES; n++) {
        peer_init(scene, &scene->provisioner[n], 0, &scene->device[n]);
        peer_init(scene, &scene->device[n], 1 + n, &scene->provisioner[n]);
    }
    memcpy(scene->data.netkey, "a network's key", sizeof(scene->data.netkey));
    scene->data.netkey_index = 0x123;
    scene->data.iv_index = 0x01020304;
    scene->data.address = 0x0100;
    scene->data.flags.key_refresh = 1;
    scene_enter(scene, 0);
    return scene;
}

void scene_free(struct scene *scene)
{
    for (unsigned n = 0; n < SCENE_NODES; n++) {
        usher_deinit(&scene->node[n].stack.usher);
        simport_deinit(&scene->node[n].port);
    }
    air_free(scene->air);
    usher_crypto_openssl_free(scene->crypto);
    layer_stack_enter(scene->before);
    free(scene);
}

static void users_type(struct peer *peer)
{
    if (peer->asked && scene_told(peer->other, NRF_MESH_PROV_EVT_OUTPUT_REQUEST)) {
        scene_enter(peer->scene, peer->node);
        type_in(peer);
    }
}

void scene_run(struct scene *scene, unsigned ms)
{
    struct nrf_mesh_stack *before = layer_stack();

    for (unsigned i = 0; i < ms; i += 10) {
        air_run_until(scene->air, air_now_us(scene->air) + 10000);
        for (unsigned n = 0; n < SCENE_DEVICES; n++) {
            users_type(&scene->provisioner[n]);
            users_type(&scene->device[n]);
        }
    }
    layer_stack_enter(before);
}

static void forget(struct peer *peer)
{
    peer->logged = 0;
    memset(peer->last, 0, sizeof(peer->last));
    memset(peer->shown, 0, sizeof(peer->shown));
    memset(peer->devkey, 0, sizeof(peer->devkey));
    memset(&peer->data, 0, sizeof(peer->data));
}

void scene_forget(struct scene *scene)
{
    for (unsigned n = 0; n < SCENE_DEVICES; n++) {
        forget(&scene->provisioner[n]);
        forget(&scene->device[n]);
    }
}

const uint8_t *scene_uuid(struct scene *scene, unsigned node)
{
    struct nrf_mesh_stack *before = layer_stack_enter(&scene->node[node].stack);
    const uint8_t *uuid = nrf_mesh_configure_device_uuid_get();

    layer_stack_enter(before);
    return uuid;
}

uint32_t scene_listen(struct peer *peer)
{
    return nrf_mesh_prov_listen(&peer->ctx, NULL, 0, NRF_MESH_PROV_BEARER_ADV);
}

uint32_t scene_provision(struct peer *peer, const struct peer *device)
{
    return nrf_mesh_prov_provision(&peer->ctx, scene_uuid(peer->scene, device->node), 5,
                                   &peer->scene->data, NRF_MESH_PROV_BEARER_ADV);
}

void scene_begin(struct scene *scene, unsigned n)
{
    scene_enter(scene, 1 + n);
    assert_int_equal(scene_listen(&scene->device[n]), NRF_SUCCESS);
    scene_enter(scene, 0);
    assert_int_equal(scene_provision(&scene->provisioner[n], &scene->device[n]), NRF_SUCCESS);
}

bool scene_told(const struct peer *peer, nrf_mesh_prov_evt_type_t type)
{
    for (unsigned i = 0; i < peer->logged; i++) {
        if (peer->log[i] == type) {
            return true;
        }
    }
    return false;
}
