/*
 * A radio on the simulated air whose owner writes down what it is told: for the tests of the air.
 */
#ifndef STATION_H
#define STATION_H

#include "air.h"

#define SECOND UINT64_C(1000000)
#define LOG_MAX 4096

/* A radio and what its owner has been told. */
struct station {
    struct air_radio *radio;
    unsigned reports;
    unsigned done;
    unsigned wakes;
    uint64_t wake_us;
    uint8_t last_slot;
    int8_t rssi;
    uint8_t from[6];
    uint8_t log[LOG_MAX];            /* the octet that numbers each advertisement */
    void (*then)(struct station *s); /* called within each callback */
    struct station *other;
    struct air *air;
};

/** Joins an air. */
void join(struct air *air, struct station *s);
/** An advertisement of 31 octets, whose third tells its @p number. */
struct usher_adv adv_of(uint8_t slot, uint8_t ad_type, uint8_t number);
/** Sends one of PB-ADV's. */
void send_one(struct station *s, uint8_t slot, uint8_t number);
void run_for(struct air *air, uint64_t us);

/** Within five standard deviations of a binomial share. */
void assert_share(uint64_t got, unsigned of, double p);

#endif
