/*
 * What an application asks of the SDK's flash manager. Storage is the port's here, and each of its
 * writes is done when it returns.
 */
#ifndef FLASH_MANAGER_H__
#define FLASH_MANAGER_H__

#include <stdbool.h>

#include "nrf_mesh_config_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Whether nothing is left to be stored. */
bool flash_manager_is_stable(void);
/** Stores what is left, as far as the port can. */
void flash_manager_wait(void);

#ifdef __cplusplus
}
#endif

#endif
