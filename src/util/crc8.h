/* The frame check sequence of PB-ADV: the 8-bit CRC of 3GPP TS 27.010 (Mesh Protocol 1.1, 5.3.1.1).
 */
#ifndef CRC8_H
#define CRC8_H

#include <usher/types.h>

uint8_t crc8_fcs(const uint8_t *buf, size_t len);

#endif
