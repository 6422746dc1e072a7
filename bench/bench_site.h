/*
 * A site for benches: one provisioner, devices that are known and listen, no out-of-band
 * information, in virtual time, so the figures are the same on every machine. The provisioner is on
 * the air by itself, or behind an HCI host and a controller. Used by bench_air and bench_hci.
 */
#ifndef BENCH_SITE_H
#define BENCH_SITE_H

#include "hciport.h"

#define BENCH_LINKS_MAX 32

struct bench_config {
    const struct usher_crypto *crypto;
    unsigned devices;
    unsigned links;                   /* at once, 1..BENCH_LINKS_MAX */
    unsigned loss;                    /* percent */
    uint8_t algorithm;                /* USHER_ALG_ */
    const struct hciport_config *hci; /* the provisioner's controller; NULL: none */
};

struct bench_result {
    double per_minute;     /* devices */
    double median_s;       /* for one */
    double events;         /* advertising events on the air for one */
    unsigned failed;       /* sessions that were begun again */
    unsigned long dropped; /* reports, as the line to the host was too slow */
};

/** Provisions them all. Ends the program if it cannot begin. */
struct bench_result bench_site(const struct bench_config *config);

#endif
