/*
 * The Health Server: faults, self tests, attention (Mesh Protocol 1.1, section 4.4.3).
 * mesh_stack_init() adds one to the primary element.
 */
#ifndef HEALTH_SERVER_H__
#define HEALTH_SERVER_H__

#include <stdbool.h>
#include <stdint.h>

#include "access.h"
#include "bitfield.h"
#include "health_common.h"
#include "nrf_mesh_config_app.h"

#include <usher/models.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEALTH_SERVER_FAULT_ARRAY_SIZE 256 /**< there are so many fault ids */

typedef struct health_server health_server_t;

/** Attention began, or is over. */
typedef void (*health_server_attention_cb_t)(const health_server_t *p_server, bool attention_state);
/** Runs a self test, which registers and clears faults. */
typedef void (*health_server_selftest_cb_t)(health_server_t *p_server, uint16_t company_id,
                                            uint8_t test_id);

/** A self test. */
typedef struct {
    uint8_t test_id;
    health_server_selftest_cb_t selftest_function;
} health_server_selftest_t;

/** A Health Server. */
struct health_server {
    access_model_handle_t model_handle;
    uint16_t company_id;
    const health_server_selftest_t *p_selftests;
    uint8_t num_selftests;
    health_server_attention_cb_t attention_handler;
    struct usher_health_server server; /**< the stack's */
};

/**
 * Adds the model to an element, with a subscription list.
 *
 * @param attention_cb      May be NULL.
 * @param p_selftest_array  Used for the model's life. NULL: there are none.
 *
 * @retval NRF_ERROR_NULL  No server, or self tests without a table.
 * @retval others          As access_model_add(), access_model_subscription_list_alloc().
 */
uint32_t health_server_init(health_server_t *p_server, uint16_t element_index, uint16_t company_id,
                            health_server_attention_cb_t attention_cb,
                            const health_server_selftest_t *p_selftest_array,
                            uint8_t num_selftests);

/** A fault is there: it is current, and registered until a client clears it. There is room for
 * USHER_FAULTS; what is beyond them is left out. */
void health_server_fault_register(health_server_t *p_server, uint8_t fault_code);
/** A fault is not there any more. */
void health_server_fault_clear(health_server_t *p_server, uint8_t fault_code);
/** Whether a fault is current. */
bool health_server_fault_is_set(const health_server_t *p_server, uint8_t fault_code);
/** How many are current. */
uint8_t health_server_fault_count_get(const health_server_t *p_server);
/** Seconds of attention that are left; 0: off. */
uint8_t health_server_attention_get(const health_server_t *p_server);
/** Begins attention for so many seconds, or ends it with 0. After mesh_stack_init(). */
void health_server_attention_set(health_server_t *p_server, uint8_t attention);

#ifdef __cplusplus
}
#endif

#endif
