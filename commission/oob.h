/*
 * Out-of-band authentication as it is written on the command line and in plans, and the names of
 * its methods and actions (Mesh Protocol 1.1, tables 5.22, 5.24 and 5.32).
 */
#ifndef COMMISSION_OOB_H
#define COMMISSION_OOB_H

#include <usher/usher.h>

/** What a device can do, or what a provisioner may use. */
struct oob {
    unsigned methods; /* bits 1 << enum usher_oob_method */
    uint8_t static_value[USHER_AUTH_MAX];
    size_t static_len; /* 0: none */
    uint8_t output_size, input_size;
    uint16_t output_actions, input_actions;
};

/**
 * Adds a KIND of a device: none, static:HEX, output:ACTION:SIZE or input:ACTION:SIZE.
 *
 * @param why  Gets one line if it is refused.
 *
 * @retval false  Not such a text, or it contradicts one added before.
 */
bool oob_add_offered(struct oob *oob, const char *kind, char *why, size_t why_len);

/**
 * Adds a KIND of a provisioner: none, static:HEX, output or input. Otherwise like
 * oob_add_offered().
 */
bool oob_add_allowed(struct oob *oob, const char *kind, char *why, size_t why_len);

/**
 * Writes what a device offers into its capabilities; elements, algorithms and key type are left
 * alone.
 */
void oob_caps(const struct oob *oob, struct usher_caps *caps);

/** "none", "static", "output", "input"; "unknown" for other numbers. */
const char *oob_method_name(uint8_t method);
/** The name of an output or input action; "none" for the methods that have no action. */
const char *oob_action_name(uint8_t method, uint8_t action);

#endif
