/* Links one of the fillings of the crypto table, which encrypts a block (FIPS 197, C.1). */
#include <usher/crypto.h>

#include <stdio.h>

#define openssl 1
#define psa 2
#define bearssl 3

int main(void)
{
#if FILLING == openssl
    const struct usher_crypto *c = usher_crypto_openssl_new();
#elif FILLING == psa
    const struct usher_crypto *c = usher_crypto_psa();
#else
    const struct usher_crypto *c = usher_crypto_bearssl();
#endif
    uint8_t key[16], block[16];

    for (unsigned i = 0; i < 16; i++) {
        key[i] = (uint8_t)i;
        block[i] = (uint8_t)(i * 0x11);
    }
    if (c == NULL || c->aes128(c->ctx, key, block, block) != USHER_OK) {
        return 1;
    }
    for (unsigned i = 0; i < 16; i++) {
        printf("%02x", block[i]);
    }
    printf("\n");
#if FILLING == openssl
    usher_crypto_openssl_free(c);
#endif
    return 0;
}
