/* Forged advertisements; see forge.h. The formats are those of Mesh Protocol 1.1, section 5.3.1. */
#include "forge.h"

#include "crc8.h"
#include "io.h"
#include "pb_adv_link.h"
#include "pdu.h"

#include <string.h>

struct forged forge_transaction(const struct usher_pb_adv *link, const uint8_t *pdu, size_t len)
{
    struct forged f = { .count = pb_adv_segments(len) };

    for (uint8_t i = 0; i < f.count; i++) {
        struct io io = io_writer(f.ad[i].data, USHER_AD_MAX);
        size_t n = pb_adv_segment_len(len, i);
        uint8_t head[2] = { (uint8_t)(7 + n + (i == 0 ? 3 : 0)), PB_ADV_AD_TYPE };
        uint8_t octets[23], fcs = crc8_fcs(pdu, len), number = link->rx_number;
        uint8_t control =
            (uint8_t)(i == 0 ? (f.count - 1) << 2 | GPCF_START : i << 2 | GPCF_CONTINUATION);
        uint32_t link_id = link->link_id;
        uint16_t total = (uint16_t)len;

        memcpy(octets, pdu + pb_adv_segment_offset(i), n);
        io_bytes(&io, head, sizeof(head));
        io_be32(&io, &link_id);
        io_u8(&io, &number);
        io_u8(&io, &control);
        if (i == 0) {
            io_be16(&io, &total);
            io_u8(&io, &fcs);
        }
        io_bytes(&io, octets, n);
        FUZZ_CHECK(io_ok(&io) && io_pos(&io) == head[0] + 1u);
        f.ad[i].len = (uint8_t)io_pos(&io);
    }
    return f;
}

size_t forge_pdu(struct fuzz_input *in, size_t random_len, uint8_t pdu[USHER_PDU_MAX])
{
    uint8_t type = fuzz_u8(in), odd = type >> 4;
    const uint8_t *octets;
    int len = pdu_len(type & 0x0F, random_len);

    /* The upper bits change the length now and then. */
    len = (len < 0 ? 0 : len) + (odd == 1) - (odd == 2 && len > 0);
    memset(pdu, 0, USHER_PDU_MAX);
    pdu[0] = type & 0x0F;
    len = len > USHER_PDU_MAX - 1 ? USHER_PDU_MAX - 1 : len;
    size_t n = fuzz_take(in, (size_t)len, &octets);

    memcpy(pdu + 1, octets, n);
    return (size_t)len + 1;
}
