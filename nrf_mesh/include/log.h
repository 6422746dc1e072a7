/*
 * The log: lines with a source, a level, and where in the code they come from. The application's
 * own lines and those of the layer go to one callback, if the source is in the mask and the level
 * is not above the limit. With NRF_MESH_LOG_ENABLE 0 the macros are empty, and their arguments are
 * not evaluated.
 */
#ifndef LOG_H__
#define LOG_H__

#include "nordic_common.h"
#include "nrf.h"
#include "nrf_mesh_config_core.h"
#include "nrf_mesh_defines.h"

#include <stdarg.h>
#include <stdint.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sources. */
#define LOG_SRC_BEARER (1 << 0)
#define LOG_SRC_NETWORK (1 << 1)
#define LOG_SRC_TRANSPORT (1 << 2)
#define LOG_SRC_PROV (1 << 3)
#define LOG_SRC_PACMAN (1 << 4)
#define LOG_SRC_INTERNAL (1 << 5)
#define LOG_SRC_API (1 << 6)
#define LOG_SRC_DFU (1 << 7)
#define LOG_SRC_BEACON (1 << 8)
#define LOG_SRC_TEST (1 << 9)
#define LOG_SRC_ENC (1 << 10)
#define LOG_SRC_TIMER_SCHEDULER (1 << 11)
#define LOG_SRC_CCM (1 << 12)
#define LOG_SRC_ACCESS (1 << 13)
#define LOG_SRC_APP (1 << 14)
#define LOG_SRC_SERIAL (1 << 15)
#define LOG_SRC_FSM (1 << 16)
#define LOG_SRC_FRIEND (1 << 17)
#define LOG_SRC_DSM (1 << 18)
#define LOG_SRC_CORE (1 << 19)
#define LOG_SRC_FM (1 << 20)

/** All of the stack's own: every source but the application's and the tests'. */
#define LOG_GROUP_STACK                                                                            \
    (LOG_SRC_BEARER | LOG_SRC_NETWORK | LOG_SRC_TRANSPORT | LOG_SRC_PROV | LOG_SRC_PACMAN |        \
     LOG_SRC_INTERNAL | LOG_SRC_API | LOG_SRC_DFU | LOG_SRC_BEACON | LOG_SRC_ENC |                 \
     LOG_SRC_TIMER_SCHEDULER | LOG_SRC_CCM | LOG_SRC_ACCESS | LOG_SRC_SERIAL | LOG_SRC_FSM |       \
     LOG_SRC_FRIEND | LOG_SRC_DSM | LOG_SRC_CORE | LOG_SRC_FM)

/* Levels. */
#define LOG_LEVEL_ASSERT 0
#define LOG_LEVEL_ERROR 1
#define LOG_LEVEL_WARN 2
#define LOG_LEVEL_REPORT 3
#define LOG_LEVEL_INFO 4
#define LOG_LEVEL_DBG1 5
#define LOG_LEVEL_DBG2 6
#define LOG_LEVEL_DBG3 7

/**
 * Takes a line.
 *
 * @param level      LOG_LEVEL_...
 * @param p_file     The file that it comes from, without directories.
 * @param timestamp  Milliseconds of the port's clock.
 * @param format     As printf's, with @p arguments. The line's end is in it, if it has one.
 */
typedef void (*log_callback_t)(uint32_t level, const char *p_file, uint16_t line,
                               uint32_t timestamp, const char *format, va_list arguments)
    __attribute__((format(printf, 5, 0)));

/** Chooses what is told, and to whom; NULL: nobody. Before that, the defaults of
 * nrf_mesh_config_core.h hold. */
void log_init(uint32_t mask, uint32_t level, log_callback_t callback);
/** Tells it to another. */
void log_set_callback(log_callback_t callback);

/** Prints a line on standard output: time, place, level, message. */
void log_callback_stdout(uint32_t level, const char *p_file, uint16_t line, uint32_t timestamp,
                         const char *format, va_list arguments)
    __attribute__((format(printf, 5, 0)));
/** The debugger's console is standard output here: as log_callback_stdout(). */
void log_callback_rtt(uint32_t level, const char *p_file, uint16_t line, uint32_t timestamp,
                      const char *format, va_list arguments) __attribute__((format(printf, 5, 0)));

/** Behind __LOG. */
void log_printf(uint32_t source, uint32_t level, const char *p_file, int line, const char *format,
                ...) __attribute__((format(printf, 5, 6)));
/** Behind __LOG_XB. */
void log_array(uint32_t source, uint32_t level, const char *p_file, int line, const char *msg,
               const void *array, uint32_t array_len);

#if NRF_MESH_LOG_ENABLE
/** log_init(). */
#define __LOG_INIT(mask, level, callback) log_init(mask, level, callback)
/** A line: __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "%u nodes\n", count). */
#define __LOG(source, level, ...) log_printf(source, level, __FILE__, __LINE__, __VA_ARGS__)
/** A message and octets in hexadecimal digits; the line's end is added. */
#define __LOG_XB(source, level, msg, array, array_len)                                             \
    log_array(source, level, __FILE__, __LINE__, msg, array, array_len)
#else
#define __LOG_INIT(...)
#define __LOG(...)
#define __LOG_XB(...)
#endif

#ifdef __cplusplus
}
#endif

#endif
