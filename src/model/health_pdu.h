/*
 * The Health messages on the wire (Mesh Protocol 1.1, section 4.3.3), as server and client share
 * them.
 */
#ifndef HEALTH_PDU_H
#define HEALTH_PDU_H

#include "io.h"

#include <usher/models.h>

enum health_opcode {
    HEALTH_CURRENT_STATUS = 0x04,
    HEALTH_FAULT_STATUS = 0x05,
    HEALTH_ATTENTION_GET = 0x8004,
    HEALTH_ATTENTION_SET = 0x8005,
    HEALTH_ATTENTION_SET_UNACK = 0x8006,
    HEALTH_ATTENTION_STATUS = 0x8007,
    HEALTH_FAULT_CLEAR = 0x802F,
    HEALTH_FAULT_CLEAR_UNACK = 0x8030,
    HEALTH_FAULT_GET = 0x8031,
    HEALTH_FAULT_TEST = 0x8032,
    HEALTH_FAULT_TEST_UNACK = 0x8033,
    HEALTH_PERIOD_GET = 0x8034,
    HEALTH_PERIOD_SET = 0x8035,
    HEALTH_PERIOD_SET_UNACK = 0x8036,
    HEALTH_PERIOD_STATUS = 0x8037,
};

#define HEALTH_DIVISOR_MAX 15u

/* Which test, and whose: a Fault Test is this, and a Current or Fault Status begins with it. */
struct health_test {
    uint8_t test_id;
    uint16_t company;
};
#define HEALTH_TEST_LEN 3u

static inline void health_test_fields(struct io *io, struct health_test *test)
{
    io_u8(io, &test->test_id);
    io_le16(io, &test->company);
}

#endif
