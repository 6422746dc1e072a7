/*
 * Files with P-256 keys: the input is the file. A private key that is read has the public key that
 * belongs to it, on the curve; the file will then do as one with a public key, too.
 */
#include "fuzz.h"
#include "fuzz_file.h"
#include "keyfile.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(data, size);
    const struct usher_crypto *c = fuzz_crypto();
    uint8_t private_key[USHER_P256_PRIVATE], public_key[USHER_P256_PUBLIC],
        other[USHER_P256_PUBLIC];
    char why[200] = "";
    bool made;

    if (keyfile_private(path, private_key, public_key, &made, why, sizeof(why))) {
        FUZZ_CHECK(!made && c->p256_public(c->ctx, private_key, other) == USHER_OK);
        FUZZ_CHECK(memcmp(public_key, other, sizeof(other)) == 0);
        FUZZ_CHECK(keyfile_public(path, other, why, sizeof(why)));
        FUZZ_CHECK(memcmp(public_key, other, sizeof(other)) == 0);
    } else {
        FUZZ_CHECK(why[0] != '\0' && strchr(why, '\n') == NULL);
        why[0] = '\0';
        FUZZ_CHECK(keyfile_public(path, other, why, sizeof(why)) == (why[0] == '\0'));
    }
    return 0;
}
