/*
 * A commissioner with two radios, each an instance on the simulated air, in virtual time, and
 * devices around them: a fixture of test_radios.c and test_waiting_devices.c.
 */
#ifndef RADIO_SITE_H
#define RADIO_SITE_H

#include "air.h"
#include "commissioner.h"
#include "simport.h"

#define SITE_RADIOS 2
#define SITE_DEVICES 24
#define SITE_NOBODY 99u

struct site_air;

/* A radio of the commissioner's. */
struct end {
    struct site_air *s;
    struct simport port;
    struct usher node;
    bool lost;
};

struct dev {
    struct simport port;
    struct usher node;
    struct usher_session session;
    uint8_t uuid[USHER_UUID_SIZE];
    int8_t rssi[SITE_RADIOS]; /* 0: not heard */
    unsigned opened[SITE_RADIOS];
    unsigned last; /* radio of the last link */
    bool complete;
};

struct site_air {
    struct air *air;
    struct registry *registry;
    struct commission_reports reports;
    struct commissioner *c;
    struct end ends[SITE_RADIOS];
    struct dev devs[SITE_DEVICES];
    unsigned count;
    unsigned failed;
    const char *reason;
    uint64_t wake_ms;
};

extern const char *const site_names[SITE_RADIOS];

/* Of a group of tests. */
int site_crypto_open(void **state);
int site_crypto_close(void **state);

/* Radios at -10 and 10; devices at x[i], or all at 0. */
struct site_air *site_new_air(const struct air_config *air, unsigned devices, const int16_t *x,
                              unsigned parallel);
void site_end(struct site_air *s);

uint64_t site_now(const struct site_air *s);
/* Whether so many devices are done with. */
bool site_done(const struct site_air *s, unsigned of);
/* Runs until so many are done with, or for @p ms. */
bool site_run(struct site_air *s, unsigned of, uint64_t ms);
/* The radio is gone: it sends and hears nothing more. */
void site_lose(struct site_air *s, unsigned n);
/* The first radio has heard a device well, by its own account. */
void site_hears(struct site_air *s, const uint8_t uuid[USHER_UUID_SIZE]);
struct commissioner_radio site_radio(const struct site_air *s, size_t n);

#endif
