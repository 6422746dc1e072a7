/*
 * P-256 keys in files: the pair of a device whose public key is known out of band, and that
 * public key at the provisioner's. PEM (any that OpenSSL reads without a password), or
 * hexadecimal digits.
 */
#ifndef KEYFILE_H
#define KEYFILE_H

#include <usher/types.h>

/**
 * Reads a private key; if there is no such file, makes one (PEM, mode 0600).
 *
 * @param made  Whether it was made.
 * @param why   Gets one line when it fails.
 *
 * @retval false  Not readable, not a P-256 private key, or not written.
 */
bool keyfile_private(const char *path, uint8_t private_key[USHER_P256_PRIVATE],
                     uint8_t public_key[USHER_P256_PUBLIC], bool *made, char *why, size_t why_len);

/**
 * Reads a public key; a file with a private key will do as well. Otherwise like
 * keyfile_private().
 */
bool keyfile_public(const char *path, uint8_t public_key[USHER_P256_PUBLIC], char *why,
                    size_t why_len);

#endif
