/*
 * Radios on a simulated air for bluetooth-meshd daemons that run with --io unit:PATH (BlueZ 5.66).
 * Such a daemon binds a datagram socket at PATH and exchanges advertisements on it, one AD
 * structure in each datagram: it receives [length][AD type][data], and sends [AD type][data] of at
 * most 30 octets. It knows the three AD types of the mesh only, no addresses, and always scans.
 */
#ifndef MESHD_RADIO_H
#define MESHD_RADIO_H

#include "air_clock.h"

struct meshd_radios;

/**
 * Joins a radio for each daemon. One that is not there, or goes away, just hears nothing.
 *
 * @param path     The datagram socket that the daemons send to; an old one that nobody serves is
 * replaced.
 * @param daemons  Paths of the daemons' sockets, as they bind them; NULL-terminated. By the path
 *                 that a datagram comes from it is known which radio sends it.
 *
 * @retval NULL  Not started; @p why says what is wrong in one line.
 */
struct meshd_radios *meshd_radios_start(uv_loop_t *loop, struct air *air, struct air_clock *clock,
                                        const char *path, const char *const *daemons, char *why,
                                        size_t why_len);
unsigned meshd_radios_count(const struct meshd_radios *m);
/**
 * Leaves the air and removes the socket; memory is released once the loop has run its close
 * callbacks.
 */
void meshd_radios_stop(struct meshd_radios *m);

#endif
