/* What a Start may ask of a device that offers these Capabilities: used by both roles and by
 * usher_choose(). */
#ifndef CHOOSE_H
#define CHOOSE_H

#include <usher/prov.h>

/** Whether a Start is valid for these Capabilities (Mesh Protocol 1.1, section 5.4.1.3). */
bool choose_valid(const struct usher_caps *caps, const struct usher_start *start);

/** Whether a device may offer these: choose_caps_ok(), and if only OOB is allowed, neither CMAC nor
 * nothing to authenticate with (5.4.1.2). */
bool choose_offer_ok(const struct usher_caps *caps);

/** Whether Capabilities can be worked with: elements, and an algorithm that we have (5.4.1.2). */
bool choose_caps_ok(const struct usher_caps *caps);

#endif
