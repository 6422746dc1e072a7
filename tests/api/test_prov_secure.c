/*
 * NRF_MESH_PROV_FORCE_SECURE_PROVISIONING: what a device that is compiled with it takes of the
 * choices that its capabilities allow, and what it refuses.
 */
#include "prov_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define EVT(name) NRF_MESH_PROV_EVT_##name
#define NONE NRF_MESH_PROV_OOB_METHOD_NONE
#define STATIC NRF_MESH_PROV_OOB_METHOD_STATIC
#define OUTPUT NRF_MESH_PROV_OOB_METHOD_OUTPUT
#define INPUT NRF_MESH_PROV_OOB_METHOD_INPUT

static const struct {
    nrf_mesh_prov_oob_method_t method;
    uint8_t action, size;
    bool oob_key;
    bool taken;
} rows[] = {
    { NONE, 0, 0, false, false },
    { NONE, 0, 0, true, false },
    { STATIC, 0, 16, false, false },
    { STATIC, 0, 16, true, true },
    { OUTPUT, NRF_MESH_PROV_OUTPUT_ACTION_VIBRATE, 6, true, false },
    { OUTPUT, NRF_MESH_PROV_OUTPUT_ACTION_DISPLAY_NUMERIC, 5, true, false },
    { OUTPUT, NRF_MESH_PROV_OUTPUT_ACTION_DISPLAY_NUMERIC, 6, false, true },
    { OUTPUT, NRF_MESH_PROV_OUTPUT_ACTION_ALPHANUMERIC, 8, false, true },
    { INPUT, NRF_MESH_PROV_INPUT_ACTION_TWIST, 8, false, false },
    { INPUT, NRF_MESH_PROV_INPUT_ACTION_ENTER_NUMBER, 6, false, true },
    { INPUT, NRF_MESH_PROV_INPUT_ACTION_ENTER_STRING, 5, false, false },
    { INPUT, NRF_MESH_PROV_INPUT_ACTION_ENTER_STRING, 6, false, true },
};

static void only_what_is_hard_to_guess_is_taken(void **state)
{
    struct scene *scene = scene_new();
    struct peer *p = &scene->provisioner[0], *d = &scene->device[0];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scene_forget(scene);
        p->method = rows[i].method;
        p->action = rows[i].action;
        p->size = rows[i].size;
        d->ctx.capabilities.pubkey_type = NRF_MESH_PROV_OOB_PUBKEY_TYPE_OOB;
        p->ctx.capabilities.pubkey_type = rows[i].oob_key ? NRF_MESH_PROV_OOB_PUBKEY_TYPE_OOB : 0;
        scene_begin(scene, 0);
        scene_run(scene, 6000);
        assert_int_equal(scene_told(d, EVT(START_RECEIVED)), rows[i].taken);
        assert_int_equal(scene_told(d, EVT(COMPLETE)), rows[i].taken);
        assert_int_equal(scene_told(p, EVT(COMPLETE)), rows[i].taken);
        assert_int_equal(scene_told(d, EVT(FAILED)), !rows[i].taken);
        if (!rows[i].taken) {
            assert_int_equal(p->last[EVT(FAILED)].params.failed.failure_code,
                             NRF_MESH_PROV_FAILURE_CODE_INVALID_FORMAT);
            assert_int_equal(d->logged, 4); /* link, invitation, failed, closed */
        }
        assert_int_equal(d->ctx.state, NRF_MESH_PROV_STATE_IDLE);
    }
    scene_free(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_hard_to_guess_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
