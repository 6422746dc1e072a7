/*
 * A port over the simulated air: an instance of Usher in virtual time, in this process. Randomness
 * comes from the air's seed, so a run can be replayed to the octet. Used by `usher demo`, the
 * tests, the benches.
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
    /* private: the ECDH answers to come, and when the node wants to be called */
    uint16_t ecdh_delay_ms;
    uint8_t ecdh_count;
    struct simport_ecdh *ecdh;
    uint64_t node_wake;
};

/**
 * Joins the air and fills p->port; then usher_init(node, &p->port, ...) as usual.
 *
 * @param crypto     Good for the port's life.
 * @param adv_slots  1..USHER_ADV_SLOTS; 4 for a provisioner, 1 for a device, are realistic.
 *
 * @retval USHER_OK        Joined.
 * @retval USHER_E_PARAM   @p adv_slots is out of range.
 * @retval USHER_E_NO_MEM  The air has no room.
 */
enum usher_err simport_init(struct simport *p, struct air *air, struct usher *node,
                            const struct usher_crypto *crypto, uint8_t adv_slots);

/**
 * Makes ECDH answers come @p ms of virtual time later, through usher_in_ecdh(), as from a thread
 * pool or an accelerator. 0, as it is at first: the node computes in place. To be called between
 * simport_init() and usher_init().
 */
void simport_ecdh_delay_set(struct simport *p, uint16_t ms);

/** Leaves the air and wipes what is pending. After usher_deinit(); may be called twice. */
void simport_deinit(struct simport *p);

#endif
