/*
 * The entry calls of roles that are not linked. A role's own object (provisioner_calls.c,
 * device_calls.c) takes their place when it is.
 */
#include <usher/usher.h>

#define ABSENT __attribute__((weak))

ABSENT enum usher_err usher_provision(struct usher_session *s, const struct usher_provision *p)
{
    (void)s;
    (void)p;
    return USHER_E_UNSUPPORTED;
}

ABSENT enum usher_err usher_listen(struct usher_session *s, const struct usher_listen *p)
{
    (void)s;
    (void)p;
    return USHER_E_UNSUPPORTED;
}

ABSENT enum usher_err usher_listen_stop(struct usher_session *s)
{
    (void)s;
    return USHER_E_UNSUPPORTED;
}
