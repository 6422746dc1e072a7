/* See dsm_boot.h. */
#include "dsm_boot.h"

#include "access.h"
#include "access_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

const uint8_t *boot_key(uint8_t octet)
{
    static uint8_t keys[4][USHER_KEY_SIZE];
    static unsigned next;
    uint8_t *key = keys[next++ % 4];

    memset(key, octet, USHER_KEY_SIZE);
    return key;
}

uint32_t boot(struct rig *rig, unsigned n, void (*add)(void))
{
    static const nrf_mesh_init_params_t params = { .irq_priority = NRF_MESH_IRQ_PRIORITY_THREAD };
    uint32_t err;

    rig_enter(rig, n);
    assert_int_equal(nrf_mesh_init(&params), NRF_SUCCESS);
    dsm_init();
    access_init();
    if (add != NULL) {
        add();
    }
    assert_int_equal(access_compose(), NRF_SUCCESS);
    err = dsm_load_config_apply();
    assert_int_equal(nrf_mesh_enable(), NRF_SUCCESS);
    return err;
}

void boot_join(unsigned n)
{
    dsm_local_unicast_address_t local = { BOOT_ADDRESS(n), ACCESS_ELEMENT_COUNT };
    dsm_handle_t subnet, key;

    assert_int_equal(dsm_local_unicast_addresses_set(&local), NRF_SUCCESS);
    assert_int_equal(dsm_subnet_add(0, boot_key(BOOT_NETKEY), &subnet), NRF_SUCCESS);
    assert_int_equal(dsm_appkey_add(0, subnet, boot_key(BOOT_APPKEY), &key), NRF_SUCCESS);
    assert_int_equal(dsm_devkey_add(BOOT_ADDRESS(n), subnet, boot_key((uint8_t)(0xD0 + n)), &key),
                     NRF_SUCCESS);
}

int boot_setup(void **state)
{
    struct rig *rig = rig_new(2);

    assert_int_equal(boot(rig, 1, NULL), NRF_ERROR_NOT_FOUND);
    assert_int_equal(boot(rig, 0, NULL), NRF_ERROR_NOT_FOUND);
    *state = rig;
    return 0;
}

int boot_setup_node(void **state)
{
    boot_setup(state);
    boot_join(0);
    return 0;
}

int boot_teardown(void **state)
{
    rig_free(*state);
    return 0;
}
