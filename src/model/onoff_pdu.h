/*
 * The Generic OnOff messages on the wire (Mesh Model 1.1, section 3.2.1), as server and client
 * share them.
 */
#ifndef ONOFF_PDU_H
#define ONOFF_PDU_H

#include <usher/models.h>

enum onoff_opcode {
    ONOFF_GET = 0x8201,
    ONOFF_SET = 0x8202,
    ONOFF_SET_UNACK = 0x8203,
    ONOFF_STATUS = 0x8204,
};

#define ONOFF_SET_MIN 2u /* without transition and delay */
#define ONOFF_SET_MAX 4u
#define ONOFF_STATUS_MIN 1u /* without target and remaining time */
#define ONOFF_STATUS_MAX 3u

/* A time: steps:6 resolution:2. */
#define ONOFF_STEPS 0x3Fu
#define ONOFF_STEPS_MAX 62u /* 63: unknown, in a status alone */

struct onoff_set {
    bool on;
    uint8_t tid;
    uint8_t transition; /* steps:6 resolution:2 */
    uint8_t delay;      /* units of 5 ms; with transition 0: both may be left out */
};

/** @retval false  Malformed: wrong length, or a prohibited value. */
bool onoff_set_read(const uint8_t *params, size_t len, struct onoff_set *set);
/** @retval octets */
size_t onoff_set_write(const struct onoff_set *set, uint8_t out[ONOFF_SET_MAX]);

/** @retval false  Malformed: wrong length, or a prohibited value. */
bool onoff_status_read(const uint8_t *params, size_t len, struct usher_onoff_status *status);
/** @retval octets */
size_t onoff_status_write(const struct usher_onoff_status *status, uint8_t out[ONOFF_STATUS_MAX]);

#endif
