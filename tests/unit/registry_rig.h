/*
 * Small deeds with a registry, for the tests of it: test_registry*.c.
 */
#ifndef REGISTRY_RIG_H
#define REGISTRY_RIG_H

#include "registry.h"

/** What a network of the tests is made with: its key is 16 times 0x11. */
struct registry_new rig_new(void);
/** One in memory. */
struct registry *rig_memory(void);
/** Octets of a UUID or a key that belong to a number. */
const uint8_t *rig_uuid(unsigned n);
const uint8_t *rig_key(unsigned n);
/** Leases for device @p n at @p address (0: any); gets the address. */
enum registry_err rig_lease(struct registry *r, unsigned n, unsigned elements, uint16_t address,
                            uint16_t *got);
/** The same, and it has to succeed. */
uint16_t rig_leased(struct registry *r, unsigned n, unsigned elements);
/** Leases, and the device completes. */
uint16_t rig_provisioned(struct registry *r, unsigned n, unsigned elements);
/** The state of the newest node of device @p n; -1: there is none. */
int rig_state(struct registry *r, unsigned n);
/** How many lines the audit log has, whose numbers have to be without gaps. */
unsigned rig_audit(struct registry *r);

#endif
