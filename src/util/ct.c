/* Constant-time comparisons; `volatile` keeps the compiler from leaving early. */
#include "ct.h"

bool ct_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    volatile uint8_t differs = 0;

    for (size_t i = 0; i < len; i++) {
        differs |= (uint8_t)(a[i] ^ b[i]);
    }
    return differs == 0;
}

bool ct_zero(const uint8_t *a, size_t len)
{
    volatile uint8_t any = 0;

    for (size_t i = 0; i < len; i++) {
        any |= a[i];
    }
    return any == 0;
}
