/*
 * The security toolbox of an application (enc.h): the core's, over the port's crypto.
 */
#include "enc.h"

#include "kdf.h"
#include "nrf_mesh_assert.h"
#include "stack.h"

#include <string.h>

static const struct usher_crypto *crypto(void)
{
    return layer_stack()->port->crypto;
}

/* The functions below cannot tell of a failure, and whoever called must not go on. */
static void must(enum usher_err err)
{
    NRF_MESH_ASSERT(err == USHER_OK);
}

void enc_s1(const uint8_t *p_in, uint16_t in_length, uint8_t *p_out)
{
    must(kdf_s1(crypto(), p_in, in_length, p_out));
}

void enc_k1(const uint8_t *p_ikm, uint8_t ikm_length, const uint8_t *p_salt, const uint8_t *p_info,
            uint8_t info_length, uint8_t *p_out)
{
    must(kdf_k1(crypto(), p_ikm, ikm_length, p_salt, p_info, info_length, p_out));
}

void enc_k2(const uint8_t *p_netkey, const uint8_t *p_p, uint16_t length_p,
            nrf_mesh_network_secmat_t *p_output)
{
    struct kdf_k2 made;

    memset(&made, 0, sizeof(made));
    must(kdf_k2(crypto(), p_netkey, p_p, length_p, &made));
    p_output->nid = made.nid;
    memcpy(p_output->encryption_key, made.encryption_key, sizeof(made.encryption_key));
    memcpy(p_output->privacy_key, made.privacy_key, sizeof(made.privacy_key));
    crypto()->wipe(&made, sizeof(made));
}

void enc_k3(const uint8_t *p_key, uint8_t *p_out)
{
    must(kdf_k3(crypto(), p_key, p_out));
}

void enc_k4(const uint8_t *p_key, uint8_t *p_out)
{
    must(kdf_k4(crypto(), p_key, p_out));
}

void enc_aes_encrypt(const uint8_t *p_key, const uint8_t *p_clear_text, uint8_t *p_cipher_text)
{
    must(crypto()->aes128(crypto()->ctx, p_key, p_clear_text, p_cipher_text));
}

void enc_aes_cmac(const uint8_t *p_key, const uint8_t *p_data, uint16_t data_length, uint8_t *p_out)
{
    must(crypto()->cmac(crypto()->ctx, p_key, p_data, data_length, p_out));
}

/* The core has the MIC behind the message, the SDK anywhere. */
struct sealed {
    uint8_t octets[NRF_MESH_UPPER_TRANSPORT_PDU_SIZE_MAX + 8];
};

static void check_sizes(const ccm_soft_data_t *d)
{
    NRF_MESH_ASSERT(d->m_len <= NRF_MESH_UPPER_TRANSPORT_PDU_SIZE_MAX &&
                    (d->mic_len == 4 || d->mic_len == 8));
}

void enc_aes_ccm_encrypt(ccm_soft_data_t *p_ccm_data)
{
    const ccm_soft_data_t *d = p_ccm_data;
    struct sealed sealed;

    check_sizes(d);
    must(crypto()->ccm_encrypt(crypto()->ctx, d->p_key, d->p_nonce, d->p_a, d->a_len, d->p_m,
                               d->m_len, sealed.octets, d->mic_len));
    memcpy(d->p_out, sealed.octets, d->m_len);
    memcpy(d->p_mic, sealed.octets + d->m_len, d->mic_len);
}

void enc_aes_ccm_decrypt(ccm_soft_data_t *p_ccm_data, bool *p_mic_passed)
{
    const ccm_soft_data_t *d = p_ccm_data;
    struct sealed sealed;
    enum usher_err err;

    check_sizes(d);
    memcpy(sealed.octets, d->p_m, d->m_len);
    memcpy(sealed.octets + d->m_len, d->p_mic, d->mic_len);
    err = crypto()->ccm_decrypt(crypto()->ctx, d->p_key, d->p_nonce, d->p_a, d->a_len,
                                sealed.octets, d->m_len, d->p_out, d->mic_len);
    *p_mic_passed = err == USHER_OK;
}
