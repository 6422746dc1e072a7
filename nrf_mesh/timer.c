/*
 * The clock of an application, in microseconds: the port's (timer.h).
 */
#include "timer.h"

#include "stack.h"

timestamp_t timer_now(void)
{
    const struct usher_port *port = layer_stack()->port;

    return port == NULL ? 0 : (timestamp_t)(port->now_ms(port->ctx) * 1000u);
}
