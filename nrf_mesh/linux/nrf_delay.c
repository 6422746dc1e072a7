/*
 * Waiting without anything else being done (nrf_delay.h).
 */
#include "nrf_delay.h"

#include <time.h>

static void wait_for(time_t seconds, long nanoseconds)
{
    struct timespec left = { .tv_sec = seconds, .tv_nsec = nanoseconds };

    while (nanosleep(&left, &left) != 0) { /* a signal */
    }
}

void nrf_delay_us(uint32_t us_time)
{
    wait_for((time_t)(us_time / 1000000u), (long)(us_time % 1000000u) * 1000);
}

void nrf_delay_ms(uint32_t ms_time)
{
    wait_for((time_t)(ms_time / 1000u), (long)(ms_time % 1000u) * 1000000);
}
