/*
 * A preload library for BlueZ's bluetooth-meshd 5.66, with which that program, unmodified, runs as
 * a peer on a machine that has neither a Bluetooth controller nor the kernel's AF_ALG sockets.
 * Started by meshd.py. It replaces no more than this:
 *
 * - AES (one block, CMAC, CCM). The daemon has it from the ell library, and ell from the kernel;
 *   here it comes from OpenSSL. Curves, random numbers and the protocol remain the daemon's own.
 * - send() on the socket of --io unit:PATH. The daemon never connects that socket, so that every
 *   send() fails; here the datagram goes to the path in USHER_MESHD_AIR.
 * - recv() on that socket. The daemon drops datagrams of fewer than ten octets, among which are all
 *   acknowledgments and closes, and takes the length of others for one octet more than it is.
 */
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define KEY_LEN 16
#define TAG_MAX 16
#define TEXT_MAX 512     /* more than any PDU of the mesh */
#define DATAGRAM_MIN 10u /* what the daemon takes for the shortest */

struct l_cipher {
    EVP_CIPHER_CTX *ctx;
};

struct l_aead_cipher {
    unsigned char key[KEY_LEN];
    size_t tag_len;
};

struct l_checksum {
    EVP_MAC_CTX *ctx;
};

/* As ell declares them, with its enumerations as int. */
struct l_cipher *l_cipher_new(int type, const void *key, size_t len);
bool l_cipher_encrypt(struct l_cipher *c, const void *in, void *out, size_t len);
void l_cipher_free(struct l_cipher *c);
struct l_aead_cipher *l_aead_cipher_new(int type, const void *key, size_t len, size_t tag_len);
bool l_aead_cipher_encrypt(struct l_aead_cipher *c, const void *in, size_t in_len, const void *ad,
                           size_t ad_len, const void *nonce, size_t nonce_len, void *out,
                           size_t out_len);
bool l_aead_cipher_decrypt(struct l_aead_cipher *c, const void *in, size_t in_len, const void *ad,
                           size_t ad_len, const void *nonce, size_t nonce_len, void *out,
                           size_t out_len);
void l_aead_cipher_free(struct l_aead_cipher *c);
struct l_checksum *l_checksum_new_cmac_aes(const void *key, size_t len);
bool l_checksum_update(struct l_checksum *c, const void *data, size_t len);
ssize_t l_checksum_get_digest(struct l_checksum *c, void *digest, size_t len);
void l_checksum_free(struct l_checksum *c);

/* One block of AES. Type 0 is ell's AES in ECB mode, the only one that the daemon asks for. */

struct l_cipher *l_cipher_new(int type, const void *key, size_t len)
{
    struct l_cipher *c = type == 0 && len == KEY_LEN ? malloc(sizeof(*c)) : NULL;

    if (c == NULL) {
        return NULL;
    }
    c->ctx = EVP_CIPHER_CTX_new();
    if (EVP_EncryptInit_ex(c->ctx, EVP_aes_128_ecb(), NULL, key, NULL) != 1) {
        l_cipher_free(c);
        return NULL;
    }
    EVP_CIPHER_CTX_set_padding(c->ctx, 0);
    return c;
}

bool l_cipher_encrypt(struct l_cipher *c, const void *in, void *out, size_t len)
{
    int done = 0;

    return c != NULL && EVP_EncryptUpdate(c->ctx, out, &done, in, (int)len) == 1 &&
           (size_t)done == len;
}

void l_cipher_free(struct l_cipher *c)
{
    if (c != NULL) {
        EVP_CIPHER_CTX_free(c->ctx);
        free(c);
    }
}

/* AES-CCM. Type 0 is ell's AES-CCM. */

struct l_aead_cipher *l_aead_cipher_new(int type, const void *key, size_t len, size_t tag_len)
{
    struct l_aead_cipher *c = NULL;

    if (type == 0 && len == KEY_LEN && tag_len <= TAG_MAX) {
        c = malloc(sizeof(*c));
    }
    if (c != NULL) {
        memcpy(c->key, key, KEY_LEN);
        c->tag_len = tag_len;
    }
    return c;
}

/* Begins a message: sizes, key, nonce, additional data. @p tag  To be verified; NULL to encrypt. */
static bool ccm_begin(EVP_CIPHER_CTX *ctx, const struct l_aead_cipher *c, unsigned char *tag,
                      size_t text_len, const void *ad, size_t ad_len, const void *nonce,
                      size_t nonce_len)
{
    int encrypt = tag == NULL;
    int done;

    return EVP_CipherInit_ex(ctx, EVP_aes_128_ccm(), NULL, NULL, NULL, encrypt) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)nonce_len, NULL) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)c->tag_len, tag) == 1 &&
           EVP_CipherInit_ex(ctx, NULL, NULL, c->key, nonce, encrypt) == 1 &&
           EVP_CipherUpdate(ctx, NULL, &done, NULL, (int)text_len) == 1 &&
           (ad_len == 0 || EVP_CipherUpdate(ctx, NULL, &done, ad, (int)ad_len) == 1);
}

bool l_aead_cipher_encrypt(struct l_aead_cipher *c, const void *in, size_t in_len, const void *ad,
                           size_t ad_len, const void *nonce, size_t nonce_len, void *out,
                           size_t out_len)
{
    if (c == NULL || out_len < in_len + c->tag_len) {
        return false;
    }
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    unsigned char *text = out;
    int done;
    bool ok = ccm_begin(ctx, c, NULL, in_len, ad, ad_len, nonce, nonce_len) &&
              EVP_EncryptUpdate(ctx, text, &done, in, (int)in_len) == 1 &&
              EVP_EncryptFinal_ex(ctx, text + in_len, &done) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)c->tag_len, text + in_len) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

/* The output may be the input, which has to survive a failure: the daemon tries each key. */
bool l_aead_cipher_decrypt(struct l_aead_cipher *c, const void *in, size_t in_len, const void *ad,
                           size_t ad_len, const void *nonce, size_t nonce_len, void *out,
                           size_t out_len)
{
    unsigned char tag[TAG_MAX], text[TEXT_MAX];

    if (c == NULL || in_len < c->tag_len) {
        return false;
    }
    size_t len = in_len - c->tag_len;
    if (len > out_len || len > sizeof(text)) {
        return false;
    }
    memcpy(tag, (const unsigned char *)in + len, c->tag_len);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int done;
    bool ok = ccm_begin(ctx, c, tag, len, ad, ad_len, nonce, nonce_len) &&
              EVP_DecryptUpdate(ctx, text, &done, in, (int)len) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (ok) {
        memcpy(out, text, len);
    }
    return ok;
}

void l_aead_cipher_free(struct l_aead_cipher *c)
{
    free(c);
}

/* AES-CMAC */

struct l_checksum *l_checksum_new_cmac_aes(const void *key, size_t len)
{
    char cipher[] = "AES-128-CBC";
    OSSL_PARAM params[] = {
        { "cipher", OSSL_PARAM_UTF8_STRING, cipher, sizeof(cipher) - 1, 0 },
        { NULL, 0, NULL, 0, 0 },
    };
    struct l_checksum *c = len == KEY_LEN ? malloc(sizeof(*c)) : NULL;

    if (c == NULL) {
        return NULL;
    }
    EVP_MAC *cmac = EVP_MAC_fetch(NULL, "CMAC", NULL);
    c->ctx = EVP_MAC_CTX_new(cmac);
    EVP_MAC_free(cmac);
    if (EVP_MAC_init(c->ctx, key, len, params) != 1) {
        l_checksum_free(c);
        return NULL;
    }
    return c;
}

bool l_checksum_update(struct l_checksum *c, const void *data, size_t len)
{
    return c != NULL && EVP_MAC_update(c->ctx, data, len) == 1;
}

/* Ends a message; the next one begins, with the same key. */
ssize_t l_checksum_get_digest(struct l_checksum *c, void *digest, size_t len)
{
    unsigned char mac[KEY_LEN];
    size_t mac_len = 0;

    if (c == NULL || EVP_MAC_final(c->ctx, mac, &mac_len, sizeof(mac)) != 1 ||
        EVP_MAC_init(c->ctx, NULL, 0, NULL) != 1) {
        return -1;
    }
    if (len > mac_len) {
        len = mac_len;
    }
    memcpy(digest, mac, len);
    return (ssize_t)len;
}

void l_checksum_free(struct l_checksum *c)
{
    if (c != NULL) {
        EVP_MAC_CTX_free(c->ctx);
        free(c);
    }
}

/* The socket of --io unit:PATH is the daemon's only datagram socket that has a path. */

static bool is_unit_socket(int fd)
{
    struct sockaddr_un name = { 0 };
    socklen_t name_len = sizeof(name);
    int type = 0;
    socklen_t type_len = sizeof(type);

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) == 0 && type == SOCK_DGRAM &&
           getsockname(fd, (struct sockaddr *)&name, &name_len) == 0 &&
           name.sun_family == AF_UNIX && name.sun_path[0] == '/';
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
    const char *path = getenv("USHER_MESHD_AIR");
    struct sockaddr_un air = { .sun_family = AF_UNIX };

    if (path == NULL || strlen(path) >= sizeof(air.sun_path) || !is_unit_socket(fd)) {
        return sendto(fd, buf, len, flags, NULL, 0);
    }
    memcpy(air.sun_path, path, strlen(path) + 1);
    return sendto(fd, buf, len, flags, (const struct sockaddr *)&air, sizeof(air));
}

/* A datagram is [length][AD type][data]; a lone octet is a question for the daemon's D-Bus name. */
ssize_t recv(int fd, void *buf, size_t len, int flags)
{
    ssize_t got = recvfrom(fd, buf, len, flags, NULL, NULL);

    if (got < 2 || len < DATAGRAM_MIN || !is_unit_socket(fd)) {
        return got;
    }
    if ((size_t)got <= DATAGRAM_MIN) {
        memset((unsigned char *)buf + got, 0, DATAGRAM_MIN - (size_t)got);
        return DATAGRAM_MIN;
    }
    return got - 1;
}
