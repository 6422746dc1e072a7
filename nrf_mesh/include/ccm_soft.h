/*
 * AES-CCM: what enc_aes_ccm_encrypt() and enc_aes_ccm_decrypt() work on.
 */
#ifndef CCM_SOFT_H__
#define CCM_SOFT_H__

#include <stdint.h>

/** One operation. */
typedef struct {
    const uint8_t *p_key;   /**< 16 octets. */
    const uint8_t *p_nonce; /**< 13 octets. */
    const uint8_t *p_m;     /**< The message, or its ciphertext. */
    uint16_t m_len;
    const uint8_t *p_a; /**< Additional data. */
    uint16_t a_len;
    uint8_t *p_out;  /**< As long as the message, and may be the message. */
    uint8_t *p_mic;  /**< Written, or compared with. */
    uint8_t mic_len; /**< 4 or 8. */
} ccm_soft_data_t;

#endif
