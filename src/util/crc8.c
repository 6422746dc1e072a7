/* x^8 + x^2 + x + 1, reflected, initial value all ones, result inverted. Bitwise: 65 octets a PDU.
 */
#include "crc8.h"

uint8_t crc8_fcs(const uint8_t *buf, size_t len)
{
    uint8_t crc = 0xFF;

    for (size_t i = 0; i < len; i++) {
        crc ^= buf[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (uint8_t)(crc & 1 ? crc >> 1 ^ 0xE0 : crc >> 1);
        }
    }
    return (uint8_t)(0xFF - crc);
}
