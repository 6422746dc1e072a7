/*
 * Sixteen applications in one process on one simulated air, each with a stack and a context of its
 * own: eight provisioners admit eight devices (mesh_provisionee.h), all at the same time. Each
 * handler has to be called within its application's stack.
 */
#include "rig.h"

#include "mesh_provisionee.h"
#include "mesh_stack.h"
#include "nrf_mesh_configure.h"
#include "nrf_mesh_prov.h"
#include "nrf_mesh_prov_bearer_adv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define PAIRS 8u
#define LIMIT_MS 60000u

static const uint8_t static_oob[16] = "sixteen octets.";

struct provisioner {
    nrf_mesh_prov_ctx_t ctx;
    nrf_mesh_prov_bearer_adv_t bearer;
    uint8_t public_key[NRF_MESH_PROV_PUBKEY_SIZE];
    uint8_t private_key[NRF_MESH_PROV_PRIVKEY_SIZE];
    uint8_t devkey[NRF_MESH_KEY_SIZE];
    bool complete, closed;
};

static struct rig *rig;
static struct provisioner provisioners[PAIRS];
static unsigned admitted[PAIRS]; /* how often each device was told */

/* Whose context an event is about; its stack must be the current one. */
static struct provisioner *of(const nrf_mesh_prov_ctx_t *p_ctx)
{
    for (unsigned i = 0; i < PAIRS; i++) {
        if (p_ctx == &provisioners[i].ctx) {
            assert_ptr_equal(layer_stack(), rig->device[i].stack);
            return &provisioners[i];
        }
    }
    fail_msg("an event of a context that nobody has");
    return NULL;
}

static void on_event(const nrf_mesh_prov_evt_t *p_evt)
{
    struct provisioner *p = of(p_evt->params.link_established.p_context);

    switch (p_evt->type) {
    case NRF_MESH_PROV_EVT_CAPS_RECEIVED:
        assert_int_equal(nrf_mesh_prov_oob_use(&p->ctx, NRF_MESH_PROV_OOB_METHOD_STATIC, 0, 16),
                         NRF_SUCCESS);
        break;
    case NRF_MESH_PROV_EVT_STATIC_REQUEST:
        assert_int_equal(nrf_mesh_prov_auth_data_provide(&p->ctx, static_oob, 16), NRF_SUCCESS);
        break;
    case NRF_MESH_PROV_EVT_COMPLETE:
        p->complete = true;
        memcpy(p->devkey, p_evt->params.complete.p_devkey, sizeof(p->devkey));
        break;
    case NRF_MESH_PROV_EVT_LINK_CLOSED:
        p->closed = true;
        break;
    default:
        break;
    }
}

static void on_admitted(void)
{
    for (unsigned i = 0; i < PAIRS; i++) {
        admitted[i] += layer_stack() == rig->device[PAIRS + i].stack;
    }
}

static void begin_device(unsigned n)
{
    const mesh_provisionee_start_params_t params = { .prov_complete_cb = on_admitted,
                                                     .p_static_data = static_oob };

    rig_enter(rig, n);
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_int_equal(mesh_stack_start(), NRF_SUCCESS);
    assert_int_equal(mesh_provisionee_prov_start(&params), NRF_SUCCESS);
}

static void begin_provisioner(unsigned n)
{
    static const nrf_mesh_prov_oob_caps_t caps = NRF_MESH_PROV_OOB_CAPS_DEFAULT(1);
    const nrf_mesh_prov_provisioning_data_t data = { .netkey = "a network's key",
                                                     .address = (uint16_t)(0x0100 + 0x10 * n) };
    struct provisioner *p = &provisioners[n];
    const uint8_t *uuid;

    rig_enter(rig, PAIRS + n);
    uuid = nrf_mesh_configure_device_uuid_get();
    rig_enter(rig, n);
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_int_equal(mesh_stack_start(), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_generate_keys(p->public_key, p->private_key), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_init(&p->ctx, p->public_key, p->private_key, &caps, on_event),
                     NRF_SUCCESS);
    assert_int_equal(
        nrf_mesh_prov_bearer_add(&p->ctx, nrf_mesh_prov_bearer_adv_interface_get(&p->bearer)),
        NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_provision(&p->ctx, uuid, 0, &data, NRF_MESH_PROV_BEARER_ADV),
                     NRF_SUCCESS);
}

static bool all_closed(void)
{
    unsigned closed = 0;

    for (unsigned i = 0; i < PAIRS; i++) {
        closed += provisioners[i].closed;
    }
    return closed == PAIRS;
}

static void sixteen_applications_at_once(void **state)
{
    (void)state;
    rig = rig_new(2 * PAIRS);
    for (unsigned n = 0; n < PAIRS; n++) {
        begin_device(PAIRS + n);
    }
    for (unsigned n = 0; n < PAIRS; n++) {
        begin_provisioner(n);
    }
    for (unsigned ms = 0; ms < LIMIT_MS && !all_closed(); ms += 100) {
        rig_run(rig, 100);
    }
    rig_run(rig, 1000); /* the devices close, too */
    for (unsigned n = 0; n < PAIRS; n++) {
        dsm_local_unicast_address_t local;

        assert_true(provisioners[n].complete);
        assert_true(provisioners[n].closed);
        assert_int_equal(admitted[n], 1);
        rig_enter(rig, PAIRS + n);
        dsm_local_unicast_addresses_get(&local);
        assert_int_equal(local.address_start, 0x0100 + 0x10 * n);
        assert_memory_equal(layer_stack()->mesh.net.keys.device_key, provisioners[n].devkey,
                            NRF_MESH_KEY_SIZE);
        rig_enter(rig, n);
        assert_false(mesh_stack_is_device_provisioned());
    }
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixteen_applications_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
