# The crypto table over BearSSL from Debian's source package, which scripts/debian-source.sh unpacks into
# ${BEARSSL_SOURCE}: for machines without its library. Only what the table needs of it is linked.
file(GLOB bearssl_sources
    ${BEARSSL_SOURCE}/src/codec/*.c ${BEARSSL_SOURCE}/src/int/i31*.c ${BEARSSL_SOURCE}/src/int/i32*.c
    ${BEARSSL_SOURCE}/src/hash/sha2small.c ${BEARSSL_SOURCE}/src/mac/hmac.c
    ${BEARSSL_SOURCE}/src/symcipher/aes_ct*.c ${BEARSSL_SOURCE}/src/symcipher/aes_common.c
    ${BEARSSL_SOURCE}/src/aead/ccm.c ${BEARSSL_SOURCE}/src/ec/ec_p256_m31.c ${BEARSSL_SOURCE}/src/ec/ec_secp256r1.c)
add_library(bearssl STATIC ${bearssl_sources})
target_include_directories(bearssl SYSTEM PUBLIC ${BEARSSL_SOURCE}/inc PRIVATE ${BEARSSL_SOURCE}/src)
target_compile_options(bearssl PRIVATE -w)

add_library(usher_crypto_bearssl STATIC ${PROJECT_SOURCE_DIR}/src/crypto/bearssl.c)
target_include_directories(usher_crypto_bearssl PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src/util)
target_link_libraries(usher_crypto_bearssl PUBLIC bearssl usher)
