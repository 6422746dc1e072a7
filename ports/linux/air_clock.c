/*
 * Drives a simulated air by the wall clock; see air_clock.h. Used by air_server.c and
 * meshd_radio.c.
 */
#include "air_clock.h"

#include <stdlib.h>

struct air_clock {
    uv_timer_t timer;
    struct air *air;
    uint64_t start_ns;
};

static uint64_t now_us(const struct air_clock *clock)
{
    return (uv_hrtime() - clock->start_ns) / 1000;
}

static void on_timer(uv_timer_t *timer)
{
    struct air_clock *clock = timer->data;

    air_clock_catch_up(clock);
    air_clock_arm(clock);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

struct air_clock *air_clock_new(uv_loop_t *loop, struct air *air)
{
    struct air_clock *clock = calloc(1, sizeof(*clock));

    if (clock == NULL) {
        return NULL;
    }
    uv_timer_init(loop, &clock->timer);
    clock->timer.data = clock;
    clock->air = air;
    clock->start_ns = uv_hrtime();
    return clock;
}

void air_clock_catch_up(struct air_clock *clock)
{
    air_run_until(clock->air, now_us(clock));
}

void air_clock_arm(struct air_clock *clock)
{
    uint64_t next = air_next_us(clock->air);

    if (next == USHER_NEVER) {
        uv_timer_stop(&clock->timer);
        return;
    }
    /* Never 0 ms: an air that is behind must not keep the loop from its sockets. */
    uint64_t now = now_us(clock);
    uint64_t wait_ms = next > now ? (next - now) / 1000 + 1 : 1;
    uv_update_time(clock->timer.loop);
    uv_timer_start(&clock->timer, on_timer, wait_ms, 0);
}

void air_clock_stop(struct air_clock *clock)
{
    uv_close((uv_handle_t *)&clock->timer, on_closed);
}
