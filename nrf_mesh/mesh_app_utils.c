/*
 * Small help for applications (mesh_app_utils.h), and what happens to a program that does not say
 * what is to happen: an assertion or an error that it did not handle ends it, with a line that says
 * where. An application that defines mesh_assertion_handler() or app_error_handler() has its own.
 */
#include "mesh_app_utils.h"

#include "log.h"
#include "nrf_mesh_assert.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void mesh_app_uuid_print(const uint8_t *p_uuid)
{
    __LOG_XB(LOG_SRC_APP, LOG_LEVEL_INFO, "Device UUID", p_uuid, NRF_MESH_UUID_SIZE);
    (void)p_uuid; /* without logs */
}

__attribute__((weak)) void mesh_assertion_handler(uint32_t pc)
{
    (void)fprintf(stderr, "An assertion of the mesh layer failed (pc 0x%08" PRIX32 ").\n", pc);
    abort();
}

__attribute__((weak)) void app_error_handler(uint32_t error_code, uint32_t line_num,
                                             const uint8_t *p_file_name)
{
    (void)fprintf(stderr, "%s:%" PRIu32 ": error 0x%" PRIX32 " was not handled.\n",
                  (const char *)p_file_name, line_num, error_code);
    abort();
}
