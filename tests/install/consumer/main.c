/* Admits a device over a radio, with the example of README.md: admit RADIO, UUID in ASCII. */
#include "readme.h"

#include <linux_port.h>
#include <stdio.h>
#include <string.h>

static struct usher node;
static struct usher_session session;

static void on_tick(uv_timer_t *timer)
{
    if (usher_session_idle(&session)) {
        uv_stop(timer->loop);
    }
}

int main(int argc, char **argv)
{
    uv_timer_t timer;
    uv_loop_t *loop = uv_default_loop();
    char why[200] = "admit RADIO UUID";
    struct linux_port *port = NULL;

    if (argc == 3 && strlen(argv[2]) == USHER_UUID_SIZE) {
        port = linux_port_open(loop, argv[1], &node, NULL, NULL, why, sizeof(why));
    }
    if (port == NULL) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    admit(&node, &session, linux_port_get(port), (const uint8_t *)argv[2]);
    uv_timer_init(loop, &timer);
    uv_timer_start(&timer, on_tick, 10, 10);
    uv_run(loop, UV_RUN_DEFAULT);
    printf("usher %s\n", usher_version());
    usher_deinit(&node);
    linux_port_close(port);
    return 0;
}
