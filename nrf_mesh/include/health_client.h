/*
 * A Health Client: asks for faults, tests, publication periods and attention of other nodes, where
 * it publishes to, and takes what they publish (Mesh Protocol 1.1, section 4.4.4).
 */
#ifndef HEALTH_CLIENT_H__
#define HEALTH_CLIENT_H__

#include <stdbool.h>
#include <stdint.h>

#include "access.h"
#include "device_state_manager.h"
#include "health_common.h"
#include "utils.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HEALTH_CLIENT_ACKED_TRANSACTION_TIMEOUT (SEC_TO_US(60)) /**< microseconds */

typedef enum {
    HEALTH_CLIENT_EVT_TYPE_CURRENT_STATUS_RECEIVED,
    HEALTH_CLIENT_EVT_TYPE_FAULT_STATUS_RECEIVED,
    HEALTH_CLIENT_EVT_TYPE_PERIOD_STATUS_RECEIVED,
    HEALTH_CLIENT_EVT_TYPE_ATTENTION_STATUS_RECEIVED,
    HEALTH_CLIENT_EVT_TYPE_TIMEOUT,   /**< no answer came */
    HEALTH_CLIENT_EVT_TYPE_CANCELLED, /**< health_client_pending_msg_cancel() */
} health_client_evt_type_t;

/** Current and Fault Status. */
typedef struct {
    uint8_t test_id;
    uint16_t company_id;
    uint8_t fault_array_length;
    const uint8_t *p_fault_array;
    const access_message_rx_meta_t *p_meta_data;
} health_client_evt_fault_status_received_t;

typedef struct {
    uint8_t fast_period_divisor;
} health_client_evt_period_status_received_t;

typedef struct {
    uint8_t attention;
} health_client_evt_attention_status_received_t;

/** Pointers are good during the call. */
typedef struct {
    health_client_evt_type_t type;
    const access_message_rx_meta_t *p_meta_data; /**< NULL for TIMEOUT and CANCELLED */
    union {
        health_client_evt_fault_status_received_t fault_status;
        health_client_evt_period_status_received_t period_status;
        health_client_evt_attention_status_received_t attention_status;
    } data;
} health_client_evt_t;

typedef struct health_client health_client_t;

typedef void (*health_client_evt_cb_t)(const health_client_t *p_client,
                                       const health_client_evt_t *p_event);

/** A Health Client. */
struct health_client {
    access_model_handle_t model_handle;
    health_client_evt_cb_t event_handler;
    bool waiting_for_reply;
    uint8_t *p_buffer;     /**< of the question that is pending; NULL: none is */
    uint8_t parameters[4]; /**< what it points at: the stack's */
};

/**
 * Adds the model to an element, with a subscription list.
 *
 * @retval NRF_ERROR_NULL  No client, or no callback.
 * @retval others          As access_model_add(), access_model_subscription_list_alloc().
 */
uint32_t health_client_init(health_client_t *p_client, uint16_t element_index,
                            health_client_evt_cb_t event_handler);

/*
 * Messages: to where the model publishes. Those that are acknowledged are sent until their answer
 * comes, which an event tells.
 *
 * NRF_ERROR_NULL           No client.
 * NRF_ERROR_BUSY           Another one that is acknowledged is pending.
 * NRF_ERROR_INVALID_PARAM  An argument is out of range.
 * and those of access_model_reliable_publish() and access_model_publish().
 */

uint32_t health_client_fault_get(health_client_t *p_client, uint16_t company_id);
uint32_t health_client_fault_clear(health_client_t *p_client, uint16_t company_id, bool acked);
uint32_t health_client_fault_test(health_client_t *p_client, uint16_t company_id, uint8_t test_id,
                                  bool acked);
uint32_t health_client_period_get(health_client_t *p_client);
/** @param fast_period_divisor  0..15: while there are faults, the period is divided by 2^n. */
uint32_t health_client_period_set(health_client_t *p_client, uint8_t fast_period_divisor,
                                  bool acked);
uint32_t health_client_attention_get(health_client_t *p_client);
/** @param attention_timer  Seconds; 0: off. */
uint32_t health_client_attention_set(health_client_t *p_client, uint8_t attention_timer,
                                     bool acked);
/** Ends what is pending, with a CANCELLED event. */
void health_client_pending_msg_cancel(health_client_t *p_client);

#ifdef __cplusplus
}
#endif

#endif
