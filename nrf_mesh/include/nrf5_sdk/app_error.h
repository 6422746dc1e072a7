/*
 * Errors that an application does not handle.
 */
#ifndef APP_ERROR_H__
#define APP_ERROR_H__

#include "app_util.h"
#include "nordic_common.h"
#include "nrf.h"
#include "nrf_error.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t ret_code_t;

/**
 * An error code that should have been NRF_SUCCESS. An application may define its own; the default
 * prints where it was, and ends the program.
 */
void app_error_handler(uint32_t error_code, uint32_t line_num, const uint8_t *p_file_name);

/** Hands what is not NRF_SUCCESS to app_error_handler(). */
#define APP_ERROR_CHECK(ERR_CODE)                                                                  \
    do {                                                                                           \
        const uint32_t app_error_code_ = (ERR_CODE);                                               \
        if (app_error_code_ != NRF_SUCCESS) {                                                      \
            app_error_handler(app_error_code_, __LINE__, (const uint8_t *)__FILE__);               \
        }                                                                                          \
    } while (0)
#define APP_ERROR_CHECK_BOOL(BOOLEAN_VALUE)                                                        \
    do {                                                                                           \
        if (!(BOOLEAN_VALUE)) {                                                                    \
            app_error_handler(0, __LINE__, (const uint8_t *)__FILE__);                             \
        }                                                                                          \
    } while (0)

#ifdef __cplusplus
}
#endif

#endif
