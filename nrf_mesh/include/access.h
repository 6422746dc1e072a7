/*
 * The access layer: models, and the messages that they send and receive. All functions answer
 * NRF_ERROR_NULL for a pointer that is NULL and must not be, and NRF_ERROR_NOT_FOUND for a handle
 * that names nothing. access_config.h has a model's configuration.
 */
#ifndef ACCESS_H__
#define ACCESS_H__

#include <stdint.h>

#include "device_state_manager.h"
#include "nrf_mesh.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ACCESS_HANDLE_INVALID 0xFFFFu
#define ACCESS_COMPANY_ID_NONE 0xFFFFu /**< of SIG models and opcodes */
#define ACCESS_COMPANY_ID_NORDIC 0x0059u
#define ACCESS_ELEMENT_INDEX_INVALID 0xFFFFu
#define ACCESS_TTL_USE_DEFAULT 0xFFu
#define ACCESS_MESSAGE_LENGTH_MAX 380u /**< opcode included */

#define ACCESS_PUBLISH_PERIOD_STEP_MAX 0x3Fu
#define ACCESS_PUBLISH_STEP_RES_BITS 2
#define ACCESS_PUBLISH_STEP_NUM_BITS 6
#define ACCESS_PUBLISH_RETRANSMIT_COUNT_BITS 3
#define ACCESS_PUBLISH_RETRANSMIT_INTERVAL_STEPS_BITS 5

/* Initialisers. */

/** An access_opcode_t: of a SIG model. */
#define ACCESS_OPCODE_SIG(op)                                                                      \
    {                                                                                              \
        (op), ACCESS_COMPANY_ID_NONE                                                               \
    }
/** An access_opcode_t: of a vendor's model; op is 0xC0..0xFF. */
#define ACCESS_OPCODE_VENDOR(op, company)                                                          \
    {                                                                                              \
        (op), (company)                                                                            \
    }
/** An access_model_id_t: of a SIG model. */
#define ACCESS_MODEL_SIG(id)                                                                       \
    {                                                                                              \
        ACCESS_COMPANY_ID_NONE, (id)                                                               \
    }
/** An access_model_id_t: of a vendor's model. */
#define ACCESS_MODEL_VENDOR(id, company)                                                           \
    {                                                                                              \
        (company), (id)                                                                            \
    }
/** An access_publish_period_t: no periodic publication. */
#define ACCESS_PUBLISH_PERIOD_NONE                                                                 \
    {                                                                                              \
        0, 0                                                                                       \
    }

typedef uint16_t access_model_handle_t;

typedef struct __attribute__((packed)) {
    uint16_t company_id;
    uint16_t model_id;
} access_model_id_t;

typedef struct {
    uint16_t opcode;
    uint16_t company_id;
} access_opcode_t;

/** Where a message comes from. */
typedef struct {
    nrf_mesh_address_t src;
    nrf_mesh_address_t dst;
    uint8_t ttl;
    dsm_handle_t appkey_handle; /**< application key or device key */
    const nrf_mesh_rx_metadata_t *p_core_metadata;
    dsm_handle_t subnet_handle;
} access_message_rx_meta_t;

/** A message received. Pointers are good during the call. */
typedef struct {
    access_opcode_t opcode;
    const uint8_t *p_data; /**< after the opcode */
    uint16_t length;
    access_message_rx_meta_t meta_data;
} access_message_rx_t;

/** A message to be sent. */
typedef struct {
    access_opcode_t opcode;
    const uint8_t *p_buffer; /**< after the opcode */
    uint16_t length;
    bool force_segmented;
    nrf_mesh_transmic_size_t transmic_size;
    nrf_mesh_tx_token_t access_token; /**< for NRF_MESH_EVT_TX_COMPLETE; 0: none */
} access_message_tx_t;

typedef void (*access_opcode_handler_cb_t)(access_model_handle_t handle,
                                           const access_message_rx_t *p_message, void *p_args);

/** One row of a model's opcode table. */
typedef struct {
    access_opcode_t opcode;
    access_opcode_handler_cb_t handler;
} access_opcode_handler_t;

/** It is time to publish. */
typedef void (*access_publish_timeout_cb_t)(access_model_handle_t handle, void *p_args);

/** A model. The opcode table is used for its life. */
typedef struct {
    access_model_id_t model_id;
    uint16_t element_index;
    const access_opcode_handler_t *p_opcode_handlers;
    uint32_t opcode_count;
    void *p_args;                                   /**< for the callbacks */
    access_publish_timeout_cb_t publish_timeout_cb; /**< NULL: no periodic publication */
} access_model_add_params_t;

typedef struct {
    uint8_t step_res : ACCESS_PUBLISH_STEP_RES_BITS;
    uint8_t step_num : ACCESS_PUBLISH_STEP_NUM_BITS;
} access_publish_period_t;

typedef struct {
    uint8_t count : ACCESS_PUBLISH_RETRANSMIT_COUNT_BITS;
    uint8_t interval_steps : ACCESS_PUBLISH_RETRANSMIT_INTERVAL_STEPS_BITS; /**< 50 ms each, + 1 */
} access_publish_retransmit_t;

typedef enum {
    ACCESS_PUBLISH_RESOLUTION_100MS,
    ACCESS_PUBLISH_RESOLUTION_1S,
    ACCESS_PUBLISH_RESOLUTION_10S,
    ACCESS_PUBLISH_RESOLUTION_10MIN,
    ACCESS_PUBLISH_RESOLUTION_MAX = ACCESS_PUBLISH_RESOLUTION_10MIN,
} access_publish_resolution_t;

void access_init(void);
/** Forgets the configuration of all models; they stay. */
void access_clear(void);

/**
 * Adds a model to an element. It has no subscription list.
 *
 * @retval NRF_ERROR_INVALID_LENGTH  Opcodes, but no table.
 * @retval NRF_ERROR_NOT_FOUND       There is no such element.
 * @retval NRF_ERROR_FORBIDDEN       The element has it already, or the device is provisioned.
 * @retval NRF_ERROR_INVALID_PARAM   The table has what is not an opcode.
 * @retval NRF_ERROR_NO_MEM          More than ACCESS_MODEL_COUNT.
 */
uint32_t access_model_add(const access_model_add_params_t *p_model_params,
                          access_model_handle_t *p_model_handle);

/**
 * Publishes a message as configured.
 *
 * @retval NRF_ERROR_INVALID_LENGTH  Longer than ACCESS_MESSAGE_LENGTH_MAX.
 * @retval NRF_ERROR_INVALID_PARAM   No publication is configured, or not an opcode.
 * @retval NRF_ERROR_INVALID_ADDR    Not an address for such a message.
 * @retval NRF_ERROR_NO_MEM          No room at the moment.
 * @retval NRF_ERROR_FORBIDDEN       No sequence number is to be had.
 * @retval NRF_ERROR_INVALID_STATE   A segmented message to that address is on its way.
 */
uint32_t access_model_publish(access_model_handle_t handle, const access_message_tx_t *p_message);

/**
 * Answers a message, with its key. The codes of access_model_publish(), less what is about the
 * publication.
 */
uint32_t access_model_reply(access_model_handle_t handle, const access_message_rx_t *p_message,
                            const access_message_tx_t *p_reply);

uint32_t access_model_element_index_get(access_model_handle_t handle, uint16_t *p_element_index);

#ifdef __cplusplus
}
#endif

#endif
