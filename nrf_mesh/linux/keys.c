/*
 * Keys (rtt_input.h, and the buttons of simple_hal.h): the octets of standard input, a terminal or
 * a pipe. The terminal stays as it is, so that a key is followed by Enter; ends of lines are not
 * keys. Nothing is read before somebody wants keys, and what has no readiness to be polled for, a
 * file or /dev/null, has none.
 *
 * Octets are read one by one: a program that starts itself again leaves the rest to its successor.
 */
#include "keys.h"

#include "on_air.h"
#include "rtt_input.h"

#include <fcntl.h>
#include <unistd.h>

static struct {
    uv_poll_t poll;
    int fd;
    bool reading;
    hal_button_handler_cb_t buttons;
    rtt_input_handler_t others;
} keys;

static void key(char c)
{
    if (c == '\n' || c == '\r') {
        return;
    }
    if (keys.buttons != NULL && c >= '1' && c < '1' + BUTTONS_NUMBER) {
        keys.buttons((uint32_t)(c - '1'));
    } else if (keys.others != NULL) {
        keys.others(c);
    }
}

static void on_input(uv_poll_t *poll, int status, int events)
{
    char c;
    ssize_t got = status == 0 ? read(keys.fd, &c, 1) : 0;

    (void)events;
    if (got == 1) {
        key(c);
    } else if (got == 0) {
        (void)uv_poll_stop(poll); /* the end: no more keys */
    }
}

/* A description of our own, so that not blocking is our affair and not that of all who share it. */
static int open_input(void)
{
    int fd = open("/proc/self/fd/0", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd < 0) {
        fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    }
    return fd;
}

static void start(void)
{
    uv_loop_t *loop = layer_on_air_loop();

    if (keys.reading || loop == NULL) {
        return;
    }
    keys.fd = open_input();
    if (keys.fd < 0) {
        return;
    }
    if (uv_poll_init(loop, &keys.poll, keys.fd) != 0) {
        (void)close(keys.fd);
        return;
    }
    keys.reading = uv_poll_start(&keys.poll, UV_READABLE, on_input) == 0;
}

bool layer_keys_buttons(hal_button_handler_cb_t handler)
{
    if (layer_on_air_loop() == NULL) {
        return false;
    }
    keys.buttons = handler;
    start();
    return true;
}

void rtt_input_enable(rtt_input_handler_t rtt_input_handler, uint32_t poll_period_ms)
{
    (void)poll_period_ms;
    keys.others = rtt_input_handler;
    start();
}
