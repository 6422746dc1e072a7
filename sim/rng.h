/*
 * The simulation's generator: SplitMix64. One word of state, so each radio has its own; equal seeds
 * give equal numbers on every machine. Nothing here is secret. Used by the air and by tests.
 */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
    uint64_t z = (r->state += 0x9E3779B97F4A7C15u);

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/** A generator of its own for each @p number under one @p seed. */
static inline struct rng rng_make(uint64_t seed, uint64_t number)
{
    struct rng from_seed = { seed };
    struct rng from_number = { rng_next(&from_seed) ^ number };

    return (struct rng){ rng_next(&from_number) };
}

/** 0..@p limit - 1; @p limit is 1 or more. */
static inline uint32_t rng_below(struct rng *r, uint32_t limit)
{
    return (uint32_t)(((rng_next(r) >> 32) * limit) >> 32);
}

/** True in @p percent of 100 cases. Nothing is drawn for 0. */
static inline bool rng_chance(struct rng *r, uint8_t percent)
{
    return percent != 0 && rng_below(r, 100) < percent;
}

#endif
