/*
 * The time in microseconds. It wraps after some 71 minutes, so times are compared with the macros
 * below.
 */
#ifndef TIMER_H__
#define TIMER_H__

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A moment, or a duration, in microseconds. */
typedef uint32_t timestamp_t;

/** From @p time2 to @p time1; right across a wrap. */
#define TIMER_DIFF(time1, time2) ((timestamp_t)((timestamp_t)(time1) - (timestamp_t)(time2)))

/** Whether @p time is before @p ref, if they are less than half a wrap apart. */
#define TIMER_OLDER_THAN(time, ref) (TIMER_DIFF(time, ref) > UINT32_MAX / 2)

/** The port's clock, which ticks in milliseconds. 0 until a port was chosen. */
timestamp_t timer_now(void);

#ifdef __cplusplus
}
#endif

#endif
