/*
 * The people and programs beside the two devices of a provisioning: they choose a method, read what
 * is shown, type it, scan a public key, give the data. Each does so when the test says: at once,
 * late, wrongly or never. For tests in virtual time that run many sessions; a person belongs to one
 * session of one instance, whose events are passed on to it.
 */
#ifndef PEOPLE_H
#define PEOPLE_H

#include <usher/usher.h>

/** What a person can be asked for; any number of them may be pending. */
enum person_task {
    PERSON_CHOOSES,
    PERSON_SCANS_KEY,
    PERSON_AUTHENTICATES,
    PERSON_COMPUTES, /* the shared secret, for ecdh_offload */
    PERSON_GIVES_DATA,
    PERSON_TASKS,
};

struct person {
    /* set by the test */
    struct usher_session *session;
    enum usher_role role;
    const struct person *other; /* whose display this one reads */
    const struct usher_crypto *crypto;
    struct usher_start choice;        /* the provisioner's */
    const uint8_t *device_public_key; /* ... for choices with the key out of band */
    struct usher_prov_data data;      /* ... */
    /* private */
    uint64_t at[PERSON_TASKS]; /* when it is done; USHER_NEVER: not asked for */
    bool wrong;
    char shown[USHER_OOB_SIZE_MAX + 1];
};

#define PEOPLE_CHOICES 11 /**< every method with every action of it */

/** One of the choices: @p n modulo PEOPLE_CHOICES; algorithm and public key are left 0. */
struct usher_start people_choice(unsigned n);
/** A device that can do all of them. */
extern const struct usher_caps people_caps;

/** Forgets what is pending: before each session. */
void person_reset(struct person *p);
/** Whether an event asks this person for something. */
bool person_asked(const struct person *p, const struct usher_event *e);
/**
 * Takes note of an event of the person's session: what it asks for is due at @p at, and then given
 * wrongly if @p wrong. USHER_NEVER: the person does not care.
 */
void person_told(struct person *p, const struct usher_event *e, uint64_t at, bool wrong);
/** When the next task is due. */
uint64_t person_next(const struct person *p);
/** Does what is due. */
void person_act(struct person *p, uint64_t now);

#endif
