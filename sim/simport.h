/*
 * A port over the simulated air: an instance of Usher in virtual time, in this process. Randomness comes from
 * the air's seed, so a run can be replayed to the octet. Used by `usher demo`, the tests, the benches.
 */
#ifndef SIM_SIMPORT_H
#define SIM_SIMPORT_H

#include "air.h"

#include <usher/usher.h>

struct simport {
    struct usher_port port; /* for usher_init(); port.crypto is shared by all */
    struct air *air;
    struct air_radio *radio;
    struct usher *node;
    /* When set, ECDH answers come this many ms (of virtual time) later, through usher_in_ecdh(). */
    uint16_t ecdh_delay_ms;
    /* private: the pending ECDH answers and the two sources of wake-ups */
    struct simport_ecdh *pending;
    uint64_t node_wake;
};

/**
 * Joins the air and fills p->port; then usher_init(node, &p->port, ...) as usual.
 *
 * @param adv_slots  1..USHER_ADV_SLOTS; 4 for a provisioner, 1 for a device, are realistic.
 *
 * @retval USHER_E_NO_MEM  The air has no room.
 */
enum usher_err simport_init(struct simport *p, struct air *air, struct usher *node,
                            const struct usher_crypto *crypto, uint8_t adv_slots);
void simport_deinit(struct simport *p);

#endif
