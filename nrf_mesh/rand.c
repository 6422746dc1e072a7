/*
 * Random numbers (rand.h).
 */
#include "rand.h"

#include "nrf_mesh_assert.h"
#include "stack.h"

void rand_hw_rng_get(uint8_t *p_result, uint16_t len)
{
    const struct usher_port *port = layer_stack()->port;

    NRF_MESH_ASSERT(port != NULL && port->random(port->ctx, p_result, len) == USHER_OK);
}

void rand_prng_seed(prng_t *p_prng)
{
    rand_hw_rng_get((uint8_t *)p_prng, sizeof(*p_prng));
    p_prng->a |= 1; /* it would stay at all zeros */
}

uint32_t rand_prng_get(prng_t *p_prng)
{
    uint32_t t = p_prng->d ^ (p_prng->d << 11);

    t ^= t >> 8;
    p_prng->d = p_prng->c;
    p_prng->c = p_prng->b;
    p_prng->b = p_prng->a;
    p_prng->a ^= (p_prng->a >> 19) ^ t;
    return p_prng->a;
}
