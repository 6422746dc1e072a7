/*
 * A radio and the instance on it, for the verbs that work over several radios at once.
 */
#ifndef STATION_H
#define STATION_H

#include "tool_radio.h"

struct station {
    const char *radio; /* as --radio names it */
    bool lost;         /* the radio is gone, and an error told why */

    struct usher usher;

    /* private */
    struct linux_port *port; /* NULL: not open */
    struct tool_gatt gatt;
    bool on;
};

/** Opens the radio. @retval false  @p why tells in one line. */
bool station_open(struct station *s, struct loop *loop, const struct args *args, const char *radio,
                  char *why, size_t why_len);
/** Makes the instance, before the loop runs. @retval false  @p why tells in one line. */
bool station_join(struct station *s, const struct usher_config *config, char *why, size_t why_len);
/** Closes what is open; of zeros, nothing. */
void station_close(struct station *s);

/** Several of them, zeros. NULL: no memory. */
struct station *stations_new(size_t count);
/** Closes and releases all. NULL is allowed. */
void stations_free(struct station *stations, size_t count);

#endif
