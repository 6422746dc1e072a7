/* The crypto table that tests get by OpenSSL's name, on machines without OpenSSL: BearSSL's. */
#include <usher/crypto.h>

const struct usher_crypto *usher_crypto_openssl_new(void)
{
    return usher_crypto_bearssl();
}

void usher_crypto_openssl_free(const struct usher_crypto *crypto)
{
    (void)crypto;
}
