/*
 * The commissioner: takes the devices that its radios hear, provisions up to N at once, tries again
 * where that may help, records them in the registry and reports what happens. Each radio is an
 * instance of Usher, and all share one clock. It does not know whether time is real or simulated:
 * it asks to be woken.
 *
 *     c = commissioner_new(&config);
 *     usher_init(&u, port, &(struct usher_config){ .handler = commissioner_event, .user = c });
 *     commissioner_join(c, &u, "the radio's name");     the same for each further radio
 *
 * Links are spread over the radios. Each may have an equal share of them at work, so a radio that
 * is lost leaves more to the others. A device that one radio hears first is waited for at the
 * others for COMMISSIONER_CHOICE_MS; then lane.h has the rule by which one is chosen. A further
 * attempt may be over another radio.
 */
#ifndef COMMISSIONER_H
#define COMMISSIONER_H

#include "registry.h"
#include "reports.h"

#include <usher/usher.h>

#define COMMISSIONER_RADIOS 16       /* at most */
#define COMMISSIONER_CHOICE_MS 1000u /* that a device has to be heard by all radios */

struct commissioner;

/**
 * What is known about a device out of band; zeros for what is not. Pointers stay good for the
 * run.
 */
struct commissioner_known {
    unsigned methods; /* bits 1 << enum usher_oob_method that may be used; 0: the config's */
    const uint8_t *public_key; /* 64 octets */
    const uint8_t *static_value;
    size_t static_len;
};

struct commissioner_config {
    const struct usher_port *port; /* one of the radios': its clock is that of all */
    unsigned radios;               /* that will join, 1..COMMISSIONER_RADIOS */
    struct registry *registry;
    const struct commission_reports *reports; /* stays good for the run */
    unsigned bearers;  /* enum usher_bearer, bits; 0: all, PB-ADV where it is possible */
    unsigned parallel; /* links at work at once, over all radios */
    unsigned retries;  /* attempts after the first */
    unsigned methods;  /* bits 1 << enum usher_oob_method that may be used */
    uint8_t attention_s;
    unsigned max_failures; /* authentications of a device that may fail in a row; 0: any number */
    bool require_secure;
    bool show_secrets; /* reports get device keys */
    void *ctx;         /* handed to the functions below */

    /** Whether a device that is heard is wanted; asked for each that was not until now. */
    bool (*wants)(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], int8_t rssi);
    /** Tells what is known of a device. */
    void (*known)(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], struct commissioner_known *known);
    /**
     * The address that a device is to have, 0: the next free one. NULL: always that.
     * @retval false  It cannot have one.
     */
    bool (*address)(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint8_t elements,
                    uint16_t *address);
    /** Show this value to the person at the device. */
    void (*show)(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint8_t action, uint8_t size,
                 const char *value);
    /** Ask what the device shows; commissioner_answer() then. */
    void (*ask)(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint8_t action, uint8_t size);
    /** Call commissioner_run() at this time; replaces the one before. USHER_NEVER: no need. */
    void (*wake_at)(void *ctx, uint64_t ms);
    /** A device is provisioned, @p ms after its first attempt began. NULL: not told. */
    void (*completed)(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint64_t ms);
    /** The counts have changed. */
    void (*changed)(void *ctx);
};

struct commissioner_counts {
    unsigned devices; /* taken on */
    unsigned provisioned, failed;
    unsigned refused;  /* of the failed ones: by policy */
    unsigned stranded; /* of the failed ones: their radio was lost, and no other hears them */
    unsigned active;   /* links at work */
    unsigned asking;   /* of them: waiting for a person */
    unsigned retries;
    unsigned unstored; /* devices that could not be recorded; nothing more is started then */
};

/** @retval NULL  No memory. */
struct commissioner *commissioner_new(const struct commissioner_config *config);
/**
 * Takes a radio: prepares sessions in an instance whose handler is commissioner_event(), and scans.
 *
 * @param radio  Its name in reports; stays good.
 *
 * @retval USHER_E_STATE   All radios have joined.
 * @retval USHER_E_NO_MEM  No memory for sessions.
 * @retval Any             usher_scan()'s.
 */
enum usher_err commissioner_join(struct commissioner *c, struct usher *u, const char *radio);
/**
 * A radio is lost: its devices go on over the others, once they are heard there, which is a minute
 * later if they were in the middle of something; those that no other radio hears by then are given
 * up. Nothing more is done with the instance, which may be deinitialised. Not to be called from
 * within a call of the commissioner's, the instance's or the port's.
 */
void commissioner_lost(struct commissioner *c, const struct usher *u);
/** Releases it. Its instances must be deinitialised before. NULL is allowed. */
void commissioner_free(struct commissioner *c);

/** The instances' event handler; @p commissioner is the user pointer. */
void commissioner_event(void *commissioner, struct usher *u, const struct usher_event *event);

/** Starts what is due. */
void commissioner_run(struct commissioner *c);

/**
 * Starts nothing more, and cancels what has not come to the point where the device gets its
 * data.
 */
void commissioner_stop(struct commissioner *c);

/** Whether nothing is under way or waiting, and all links are closed. */
bool commissioner_idle(const struct commissioner *c);

/**
 * Gives a value that was asked for.
 *
 * @param prefix  First digits of the device's UUID; NULL or empty: the only one that asks.
 * @param why     Gets one line if it cannot be taken; the question stays.
 */
bool commissioner_answer(struct commissioner *c, const char *prefix, const char *value, char *why,
                         size_t why_len);

/** Nobody will answer: gives up the devices that ask, now and later. */
void commissioner_no_answers(struct commissioner *c);

/** How far it is, in a line for a progress display. */
void commissioner_progress(const struct commissioner *c, char *text, size_t len);

/** Whether provisioning so keeps out an attacker on the air: see "usher help provision". */
bool commissioner_is_secure(const struct usher_start *start);

void commissioner_counts(const struct commissioner *c, struct commissioner_counts *counts);

/** A device at work, for a progress display. */
struct commissioner_active {
    const uint8_t *uuid;
    const char *radio;
    enum usher_phase phase;
    int8_t rssi; /* dBm; 127: not known */
    unsigned retries;
    uint64_t ms; /* since its first attempt began */
};
/** The next one. @param at  0 at first; moved on. @retval false  There are no more. */
bool commissioner_active(const struct commissioner *c, size_t *at,
                         struct commissioner_active *active);

/** What a radio has done. */
struct commissioner_radio {
    const char *name;
    unsigned provisioned, failed; /* devices; the failed ones by their last attempt */
    unsigned active;              /* links at work */
    bool lost;
};
/** The @p n-th radio, as they joined. @retval false  There are no more. */
bool commissioner_radio(const struct commissioner *c, size_t n, struct commissioner_radio *radio);

#endif
