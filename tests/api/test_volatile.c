/* A program that was compiled with PERSISTENT_STORAGE 0: nothing is kept, and all else works. */
#include "mesh_opt_prov.h"
#include "mesh_stack.h"
#include "nrf_mesh_configure.h"
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void nothing_is_kept(void **state)
{
    struct rig *rig = rig_new(1);
    uint8_t uuid[NRF_MESH_UUID_SIZE];
    bool on = true;

    (void)state;
    assert_int_equal(PERSISTENT_STORAGE, 0);
    rig_join(rig, 0);
    rig_listen();
    assert_int_equal(mesh_opt_prov_ecdh_offloading_set(true), NRF_SUCCESS);
    memcpy(uuid, nrf_mesh_configure_device_uuid_get(), sizeof(uuid));
    rig_run(rig, 30000);
    assert_int_equal(rig_told[NRF_MESH_EVT_CONFIG_STABLE], 1);
    assert_int_equal(rig_told[NRF_MESH_EVT_ENABLED], 1);
    mesh_stack_power_down();
    rig_run(rig, 10);
    assert_int_equal(rig_told[NRF_MESH_EVT_READY_TO_POWER_OFF], 1);
    assert_int_equal(rig->device[0].store.writes, 0);

    rig_restart(rig, 0);
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_false(mesh_stack_is_device_provisioned());
    assert_int_equal(mesh_opt_prov_ecdh_offloading_get(&on), NRF_SUCCESS);
    assert_false(on);
    assert_memory_not_equal(nrf_mesh_configure_device_uuid_get(), uuid, sizeof(uuid));
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(nothing_is_kept) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
