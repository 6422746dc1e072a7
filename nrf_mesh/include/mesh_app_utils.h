/*
 * Small help for applications.
 */
#ifndef MESH_APP_UTILS_H__
#define MESH_APP_UTILS_H__

#include "nrf_nvic.h"
#include "nrf_soc.h"
#include "toolchain.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * An error code that should have been NRF_SUCCESS. An application may define its own; the default
 * prints where it was, and ends the program.
 */
extern void app_error_handler(uint32_t error_code, uint32_t line_num, const uint8_t *p_file_name);

/** Hands what is not NRF_SUCCESS to app_error_handler(). */
#define ERROR_CHECK(status_code)                                                                   \
    do {                                                                                           \
        const uint32_t error_check_code_ = (status_code);                                          \
        if (error_check_code_ != NRF_SUCCESS) {                                                    \
            app_error_handler(error_check_code_, __LINE__, (const uint8_t *)__FILE__);             \
        }                                                                                          \
    } while (0)

/** Returns what is not NRF_SUCCESS to the caller. */
#define RETURN_ON_ERROR(status_code)                                                               \
    do {                                                                                           \
        const uint32_t return_on_error_code_ = (status_code);                                      \
        if (return_on_error_code_ != NRF_SUCCESS) {                                                \
            return return_on_error_code_;                                                          \
        }                                                                                          \
    } while (0)

/** Logs a device UUID: a line of source APP, level INFO. */
void mesh_app_uuid_print(const uint8_t *p_uuid);

#ifdef __cplusplus
}
#endif

#endif
