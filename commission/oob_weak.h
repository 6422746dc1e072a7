/*
 * Out-of-band values that are no secret: who knows the device's UUID, which it broadcasts, or has
 * another device of the same make, or guesses a little, can pose as the device or the provisioner.
 */
#ifndef COMMISSION_OOB_WEAK_H
#define COMMISSION_OOB_WEAK_H

#include <usher/usher.h>

enum oob_weakness {
    OOB_STRONG,
    OOB_ZERO,       /* all zero */
    OOB_OF_UUID,    /* made from the UUID: the same octets, reversed, repeated, a part of it, ... */
    OOB_COUNTING,   /* each octet differs from the one before by the same number */
    OOB_FEW,        /* few different octets */
    OOB_DIGITS,     /* ASCII digits alone */
    OOB_PRINTABLE,  /* ASCII text */
    OOB_SHORT,      /* shorter than 8 octets */
    OOB_WEAKNESSES, /* how many there are */
};

/** The first of these that a static value has. @param len  1..USHER_AUTH_MAX */
enum oob_weakness oob_weak(const uint8_t uuid[USHER_UUID_SIZE], const uint8_t *value, size_t len);
/** Why it is weak, such as "the static value is all zero". @param weakness  Not OOB_STRONG. */
const char *oob_weak_text(enum oob_weakness weakness);

/**
 * What is weak about how a device was authenticated: a value of a few digits or letters with the
 * CMAC algorithm, which can be guessed while the session lasts.
 *
 * @retval NULL  Nothing.
 */
const char *oob_weak_start(const struct usher_start *start);

#endif
