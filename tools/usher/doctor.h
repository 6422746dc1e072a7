/*
 * What usher doctor finds, and the checks of the machine that it is made of. Each finding says what
 * is so, and, unless that is as it should be, what to do.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <stdbool.h>

enum doctor_level {
    DOCTOR_OK,
    DOCTOR_NOTE,    /* something is missing or in the way, which may be of no interest */
    DOCTOR_PROBLEM, /* what was asked for, or every use, suffers from it */
};

/** Findings so far. */
struct doctor {
    unsigned count[DOCTOR_PROBLEM + 1]; /* by level */
};

/**
 * Tells a finding.
 *
 * @param check   What was looked at, a name that stays: "controller", "serial-port", ...
 * @param advice  What to do; NULL: nothing.
 */
__attribute__((format(printf, 5, 6))) void doctor_find(struct doctor *d, enum doctor_level level,
                                                       const char *check, const char *advice,
                                                       const char *format, ...);

/* -- doctor_machine.c ---------------------------------------------------------------------- */

void doctor_libraries(struct doctor *d);
/** The kernel's Bluetooth, its controllers, the right to use them, and who else does. */
void doctor_controllers(struct doctor *d);
void doctor_serial_ports(struct doctor *d);
void doctor_randomness_and_clock(struct doctor *d);
/** Programs that read captures. */
void doctor_programs(struct doctor *d);

/* -- doctor_state.c ------------------------------------------------------------------------ */

/** The directory of a network. @retval false  A network cannot be kept there. */
bool doctor_state(struct doctor *d, const char *dir);

#endif
