/*
 * The Configuration messages: the first octet of the input chooses one, the rest are its
 * parameters. What is read is written again in as many octets, and read again is the same; only
 * reserved bits get lost. A question and its own answer are both in the table.
 */
#include "fuzz.h"

#include "config_pdu.h"

#include <usher/models.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct usher_config_msg first, second;
    uint8_t out[USHER_ACCESS_MAX], again[USHER_ACCESS_MAX];
    const struct config_pdu *pdu;

    if (size < 1 || size > USHER_ACCESS_MAX) {
        return 0;
    }
    pdu = &config_pdus[data[0] % config_pdu_count];
    memset(&first, 0, sizeof(first));
    memset(&second, 0, sizeof(second));
    if (!config_pdu_read(pdu->opcode, data + 1, size - 1, &first)) {
        return 0;
    }
    FUZZ_CHECK(first.list_count <= USHER_CONFIG_LIST_MAX && first.data_len <= size - 1);
    FUZZ_CHECK(config_pdu_write(&first, out, sizeof(out)) == size - 1);
    FUZZ_CHECK(config_pdu_read(pdu->opcode, out, size - 1, &second));
    FUZZ_CHECK(config_pdu_write(&second, again, size - 1) == size - 1);
    FUZZ_CHECK(memcmp(out, again, size - 1) == 0);
    FUZZ_CHECK(size == 1 || config_pdu_write(&second, again, size - 2) == SIZE_MAX);
    return 0;
}
