/*
 * A site on one simulated air, in virtual time, for the transcripts of this directory: serial
 * devices as examples/serial is one, each with a line to its host, and a lamp of the core's, which
 * is provisioned with static OOB. The seed is fixed, so whatever happens happens again.
 */
#ifndef SITE_H
#define SITE_H

#include <usher/types.h>

#define SITE_DEVICES 2u

/** Ends the program if it cannot be made. The serial devices are switched on with it. */
void site_new(void);
void site_free(void);

/** Octets to a device from its host; all are taken, or the program ends. */
void site_write(unsigned device, const uint8_t *octets, size_t len);
/** Octets from a device. @return How many. */
size_t site_read(unsigned device, uint8_t *octets, size_t size);
/** Lets time pass. */
void site_run_ms(uint64_t ms);

/** Switches the lamp on: it beacons, and its static OOB value is @p value. */
void site_lamp(const uint8_t uuid[USHER_UUID_SIZE], const uint8_t value[16]);
/** Whether the lamp is lit. */
bool site_lit(void);

#endif
