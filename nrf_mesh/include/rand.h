/*
 * Random numbers: good ones from the port, and quick ones that are not for secrets.
 */
#ifndef RAND_H__
#define RAND_H__

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The state of a quick generator, xorshift of 128 bits. */
typedef struct {
    uint32_t a;
    uint32_t b;
    uint32_t c;
    uint32_t d;
} prng_t;

/** Random octets, fit for keys. It is an assertion that the port has them. */
void rand_hw_rng_get(uint8_t *p_result, uint16_t len);
/** Starts a quick generator at a random place. */
void rand_prng_seed(prng_t *p_prng);
/** The next number of it. */
uint32_t rand_prng_get(prng_t *p_prng);

#ifdef __cplusplus
}
#endif

#endif
