/*
 * Proxy PDUs in segments (Mesh Protocol 1.1, section 6.3.2): values as the input has them, against
 * a reassembly that is as plain as can be. The sending side is part of fuzz_two_gatt.
 */
#include "fuzz.h"
#include "proxy_plain.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size }, *in = &input;
    static const uint16_t sizes[] = { 20, 21, 33, 66, 128, 244 };
    uint16_t value_max = sizes[fuzz_u8(in) % 6];
    struct plain plain = { 0 };
    struct usher_proxy_sar sar;
    struct proxy_pdu pdu;
    uint64_t now = 1000, begun = 0;

    proxy_sar_init(&sar, value_max);
    while (in->left != 0) {
        size_t len = fuzz_u8(in);
        const uint8_t *octets;
        uint8_t *value;
        bool known, allowed, whole;
        enum proxy_sar_rx what;

        len = fuzz_take(in, len, &octets);
        value = malloc(len != 0 ? len : 1);
        FUZZ_CHECK(value != NULL);
        if (len != 0) {
            memcpy(value, octets, len);
        }
        now += 7;
        known = plain.busy || (len != 0 && (value[0] & 0x3F) <= PROXY_PROVISIONING);
        allowed = plain_allows(&plain, value_max, value, len);
        what = proxy_sar_rx(&sar, now, value, len, &pdu);
        if (!known && len != 0 && len <= value_max) {
            FUZZ_CHECK(what == PROXY_SAR_NOTHING);
        } else if (!allowed) {
            FUZZ_CHECK(what == PROXY_SAR_ERROR);
            free(value);
            return 0;
        } else {
            begun = plain.busy ? begun : now;
            whole = plain_rx(&plain, value, len);
            FUZZ_CHECK(what == (whole ? PROXY_SAR_PDU : PROXY_SAR_NOTHING));
            FUZZ_CHECK(!whole || (pdu.type == plain.type && pdu.len == plain.len &&
                                  memcmp(pdu.pdu, plain.pdu, pdu.len) == 0));
        }
        FUZZ_CHECK(proxy_sar_deadline(&sar) == (plain.busy ? begun + PROXY_SAR_MS : USHER_NEVER));
        free(value);
    }
    return 0;
}
