/* What the example of README.md has for others. */
#include <usher/usher.h>

void admit(struct usher *u, struct usher_session *s, const struct usher_port *port,
           const uint8_t *uuid);
