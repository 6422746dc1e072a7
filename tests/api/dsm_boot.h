/*
 * Devices of rig.h with models of a test's own, started in the SDK's order without
 * mesh_stack_init() and its models: for the tests of the Device State Manager and the access layer.
 */
#ifndef DSM_BOOT_H
#define DSM_BOOT_H

#include "rig.h"

#define BOOT_ADDRESS(n) ((uint16_t)(1 + 0x10 * (n)))
#define BOOT_NETKEY 0x11 /* all of its octets */
#define BOOT_APPKEY 0x22

/** A key that is all @p octet; good until the fourth next call. */
const uint8_t *boot_key(uint8_t octet);

/**
 * Starts device @p n, which is entered: nrf_mesh_init(), the models that @p add adds, the
 * composition, what storage has, the radio.
 *
 * @return What dsm_load_config_apply() answers.
 */
uint32_t boot(struct rig *rig, unsigned n, void (*add)(void));
/** Makes it a node piece by piece: address BOOT_ADDRESS(n), two elements, NetKey 0, AppKey 0 on it,
 * device key of all 0xD0 + n. */
void boot_join(unsigned n);

/** For cmocka: two devices without models, the first entered; *state is the rig. */
int boot_setup(void **state);
/** ... and it is a node. */
int boot_setup_node(void **state);
int boot_teardown(void **state);

#endif
