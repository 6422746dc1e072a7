/*
 * Provisioning: scans for a device of a kind that the network has a place for, and makes it a node.
 */
#ifndef PROVISIONER_HELPER_H
#define PROVISIONER_HELPER_H

#include <stdint.h>

/** A node is there, with this address; its device key is in the device state manager. */
typedef void (*prov_helper_success_cb_t)(uint16_t address);
/** It did not come to that, in all tries. */
typedef void (*prov_helper_failure_cb_t)(void);

/** Once, after mesh_stack_init(). */
void prov_helper_init(prov_helper_success_cb_t success_cb, prov_helper_failure_cb_t failure_cb);
/** Provisions the next device that is heard. Does nothing while it is at it. */
void prov_helper_provision_next_device(uint8_t retry_count);

#endif
