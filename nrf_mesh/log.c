/*
 * The log (log.h), and the debugger's console (SEGGER_RTT.h), both on standard output.
 */
#include "log.h"

#include "SEGGER_RTT.h"
#include "stack.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ARRAY_LINE_MAX 64 /* octets in a line of __LOG_XB */

static struct log_state *log_of_node(void)
{
    struct log_state *log = &layer_stack()->log;

    if (!log->chosen) {
        log_init(LOG_MSK_DEFAULT, LOG_LEVEL_DEFAULT, LOG_CALLBACK_DEFAULT);
    }
    return log;
}

void log_init(uint32_t mask, uint32_t level, log_callback_t callback)
{
    struct log_state *log = &layer_stack()->log;

    log->chosen = true;
    log->mask = mask;
    log->level = level;
    log->callback = callback;
}

void log_set_callback(log_callback_t callback)
{
    log_of_node()->callback = callback;
}

static const char *level_name(uint32_t level)
{
    static const char *const names[] = { "assert", "error", "warn", "report",
                                         "info",   "dbg1",  "dbg2", "dbg3" };

    return level < sizeof(names) / sizeof(names[0]) ? names[level] : "?";
}

void log_callback_stdout(uint32_t level, const char *p_file, uint16_t line, uint32_t timestamp,
                         const char *format, va_list arguments)
{
    (void)printf("%6" PRIu32 ".%03" PRIu32 " %-6s %s:%u: ", timestamp / 1000, timestamp % 1000,
                 level_name(level), p_file, line);
    (void)vprintf(format, arguments);
    (void)fflush(stdout);
}

void log_callback_rtt(uint32_t level, const char *p_file, uint16_t line, uint32_t timestamp,
                      const char *format, va_list arguments)
{
    log_callback_stdout(level, p_file, line, timestamp, format, arguments);
}

static const char *without_directories(const char *file)
{
    const char *slash = strrchr(file, '/');

    return slash == NULL ? file : slash + 1;
}

void log_printf(uint32_t source, uint32_t level, const char *p_file, int line, const char *format,
                ...)
{
    const struct log_state *log = log_of_node();
    const struct usher_port *port = layer_stack()->port;
    uint32_t now = port == NULL ? 0 : (uint32_t)port->now_ms(port->ctx);
    va_list arguments;

    if ((source & log->mask) == 0 || level > log->level || log->callback == NULL) {
        return;
    }
    va_start(arguments, format);
    log->callback(level, without_directories(p_file), (uint16_t)line, now, format, arguments);
    va_end(arguments);
}

void log_array(uint32_t source, uint32_t level, const char *p_file, int line, const char *msg,
               const void *array, uint32_t array_len)
{
    static const char digits[] = "0123456789ABCDEF";
    const uint8_t *octets = array;
    char text[2 * ARRAY_LINE_MAX + 1];
    uint32_t shown = array_len < ARRAY_LINE_MAX ? array_len : ARRAY_LINE_MAX;

    for (uint32_t i = 0; i < shown; i++) {
        text[2 * i] = digits[octets[i] >> 4];
        text[2 * i + 1] = digits[octets[i] & 15];
    }
    text[2 * shown] = '\0';
    log_printf(source, level, p_file, line, "%s: %s%s\n", msg, text,
               shown < array_len ? "..." : "");
}

unsigned SEGGER_RTT_WriteString(unsigned buffer_index, const char *s)
{
    (void)buffer_index;
    return fputs(s, stdout) == EOF || fflush(stdout) == EOF ? 0 : (unsigned)strlen(s);
}

int SEGGER_RTT_printf(unsigned buffer_index, const char *format, ...)
{
    va_list arguments;
    int count;

    (void)buffer_index;
    va_start(arguments, format);
    count = vprintf(format, arguments);
    va_end(arguments);
    return fflush(stdout) == EOF ? -1 : count;
}
