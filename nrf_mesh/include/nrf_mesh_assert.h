/*
 * Assertions. A failed one calls mesh_assertion_handler(), which the application defines.
 */
#ifndef NRF_MESH_ASSERT_H__
#define NRF_MESH_ASSERT_H__

#include "app_util.h"
#include "nrf.h"
#include "nrf_mesh.h"

#include <stdlib.h>

/** The application's: an assertion did not hold. On a host the program counter is not known. */
extern void mesh_assertion_handler(uint32_t pc);

#define GET_PC(pc)                                                                                 \
    do {                                                                                           \
        (pc) = 0xFFFFFFFFu;                                                                        \
    } while (0)

/** Ends the program at once. */
#define HARD_FAULT() abort()

#define NRF_MESH_ASSERT(cond)                                                                      \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            uint32_t nrf_mesh_assert_pc;                                                           \
            GET_PC(nrf_mesh_assert_pc);                                                            \
            mesh_assertion_handler(nrf_mesh_assert_pc);                                            \
        }                                                                                          \
    } while (0)

/** With NDEBUG the condition is evaluated and nothing more. */
#ifdef NDEBUG
#define NRF_MESH_ASSERT_DEBUG(cond) (void)(cond)
#else
#define NRF_MESH_ASSERT_DEBUG(cond) NRF_MESH_ASSERT(cond)
#endif

#define NRF_MESH_ERROR_CHECK(err) NRF_MESH_ASSERT((err) == NRF_SUCCESS)

#define NRF_MESH_STATIC_ASSERT(cond) STATIC_ASSERT(cond)

#endif
