/* What main.c wants of the example in README.md. */
#ifndef README_H
#define README_H

#include <usher/usher.h>

/** Provisions the device of @p uuid, without OOB, as 0x0001. */
void admit(struct usher *u, struct usher_session *s, const struct usher_port *port,
           const uint8_t *uuid);

#endif
