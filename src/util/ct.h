/* Comparisons whose time does not depend on what is compared: for confirmations, randoms and keys.
 */
#ifndef CT_H
#define CT_H

#include <usher/types.h>

bool ct_equal(const uint8_t *a, const uint8_t *b, size_t len);
bool ct_zero(const uint8_t *a, size_t len);

#endif
