/*
 * What one role alone builds and accepts. Each role is one constant object; linking it is choosing
 * the role, and the session knows it by pointer only. The PDUs that both roles send are the
 * session's own.
 */
#ifndef ROLE_H
#define ROLE_H

#include "io.h"

#include <usher/prov.h>

struct usher_prov_role {
    enum usher_role me;
    /* Writes the parameters of a PDU that this role alone sends. */
    enum usher_err (*build)(struct usher_prov *s, uint8_t pdu, struct io *io);
    /* Reads the parameters, of the right length, of a PDU that this role alone gets. */
    enum usher_failure (*accept)(struct usher_prov *s, uint8_t pdu, struct io *io);
};

extern const struct usher_prov_role prov_provisioner; /* prov/provisioner.c */
extern const struct usher_prov_role prov_device;      /* prov/device.c */

#endif
