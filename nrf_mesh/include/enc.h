/*
 * The functions of the Mesh Profile Specification, section 3.8, and the AES ones under them, by the
 * port's crypto. The port must have been chosen. A failure of the crypto itself, which cannot be
 * told, is an assertion.
 */
#ifndef ENC_H__
#define ENC_H__

#include "ccm_soft.h"
#include "nrf_mesh.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** s1: a salt of 16 octets. */
void enc_s1(const uint8_t *p_in, uint16_t in_length, uint8_t *p_out);
/** k1: 16 octets, out of a key of @p ikm_length octets, a salt of 16, and @p p_info. */
void enc_k1(const uint8_t *p_ikm, uint8_t ikm_length, const uint8_t *p_salt, const uint8_t *p_info,
            uint8_t info_length, uint8_t *p_out);
/** k2: NID and keys out of a network key. @p p_p is one octet, 0, but for friendships. */
void enc_k2(const uint8_t *p_netkey, const uint8_t *p_p, uint16_t length_p,
            nrf_mesh_network_secmat_t *p_output);
/** k3: the network ID, 8 octets. */
void enc_k3(const uint8_t *p_key, uint8_t *p_out);
/** k4: the AID. */
void enc_k4(const uint8_t *p_key, uint8_t *p_out);

/** AES-128 of one block. */
void enc_aes_encrypt(const uint8_t *p_key, const uint8_t *p_clear_text, uint8_t *p_cipher_text);
/** AES-CMAC. */
void enc_aes_cmac(const uint8_t *p_key, const uint8_t *p_data, uint16_t data_length,
                  uint8_t *p_out);
/** AES-CCM; the MIC is written too. */
void enc_aes_ccm_encrypt(ccm_soft_data_t *p_ccm_data);
/** AES-CCM; @p p_mic_passed tells whether the MIC was right, and only then is there a message. */
void enc_aes_ccm_decrypt(ccm_soft_data_t *p_ccm_data, bool *p_mic_passed);

#ifdef __cplusplus
}
#endif

#endif
