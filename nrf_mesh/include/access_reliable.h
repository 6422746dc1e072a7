/*
 * Messages that are sent until their answer comes, or time is over: one at a time for each model,
 * to where it publishes.
 */
#ifndef ACCESS_RELIABLE_H__
#define ACCESS_RELIABLE_H__

#include <stdbool.h>
#include <stdint.h>

#include "access.h"
#include "nrf_mesh_config_bearer.h"
#include "utils.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ACCESS_RELIABLE_TIMEOUT_MIN (SEC_TO_US(2))
#define ACCESS_RELIABLE_TIMEOUT_MAX (SEC_TO_US(60))
#define ACCESS_RELIABLE_INTERVAL_DEFAULT (MS_TO_US(20) * 10)
#define ACCESS_RELIABLE_HOP_PENALTY (MS_TO_US(20))
#define ACCESS_RELIABLE_SEGMENT_COUNT_PENALTY (MS_TO_US(20))
#define ACCESS_RELIABLE_BACK_OFF_FACTOR 2
#define ACCESS_RELIABLE_RETRY_DELAY (MS_TO_US(40))
#define ACCESS_RELIABLE_TIMEOUT_MARGIN (MS_TO_US(1))

typedef enum {
    ACCESS_RELIABLE_TRANSFER_SUCCESS,
    ACCESS_RELIABLE_TRANSFER_TIMEOUT,
    ACCESS_RELIABLE_TRANSFER_CANCELLED,
} access_reliable_status_t;

typedef void (*access_reliable_cb_t)(access_model_handle_t model_handle, void *p_args,
                                     access_reliable_status_t status);

typedef struct {
    access_model_handle_t model_handle;
    access_message_tx_t message;
    access_opcode_t reply_opcode;
    uint32_t timeout; /**< microseconds */
    access_reliable_cb_t status_cb;
} access_reliable_t;

void access_reliable_init(void);
/** Cancels all; each is told so. */
void access_reliable_cancel_all(void);

/**
 * Publishes a message until it is answered. The answer is given to the model's opcode handler, and
 * then the callback tells the end. A try that finds no room is made again.
 *
 * @retval NRF_ERROR_NULL            No message, or no callback.
 * @retval NRF_ERROR_NOT_FOUND       No such model.
 * @retval NRF_ERROR_INVALID_PARAM   The timeout is out of range, no publication is configured, or
 *                                   not an opcode.
 * @retval NRF_ERROR_INVALID_STATE   The model waits for an answer already.
 * @retval NRF_ERROR_NO_MEM          More than ACCESS_RELIABLE_TRANSFER_COUNT.
 * @retval NRF_ERROR_INVALID_LENGTH  Longer than ACCESS_MESSAGE_LENGTH_MAX.
 */
uint32_t access_model_reliable_publish(const access_reliable_t *p_reliable);
/** Ends it with ACCESS_RELIABLE_TRANSFER_CANCELLED. @retval NRF_ERROR_NOT_FOUND  None is waiting.
 */
uint32_t access_model_reliable_cancel(access_model_handle_t model_handle);
/** Whether the model waits for no answer. */
bool access_reliable_model_is_free(access_model_handle_t model_handle);
/** Gives a message that a model received to its transfer: if it is the answer, that ends. */
void access_reliable_message_rx_cb(access_model_handle_t handle,
                                   const access_message_rx_t *p_message, void *p_args);

#ifdef __cplusplus
}
#endif

#endif
