/*
 * The two sides of a provisioning that somebody interferes with, and what must be so between them,
 * whatever the bearer. An attacker cannot compute: he knows neither AuthValues nor Diffie-Hellman
 * secrets. So:
 *
 * - A device takes only data that the provisioner sent, with the device key that it derived.
 * - A provisioner takes a device for authentic, and asks for data, only if the device has derived
 *   the same device key.
 * - Complete is not authenticated (Mesh Protocol 1.1, 5.4.1.9), so a provisioner may be made to
 *   believe in it; not if nothing was changed or forged.
 * - No more is told of a session after LINK_CLOSED, and no session both completes and fails.
 *
 * Used by fuzz_two_nodes and fuzz_two_gatt, which make the air between the two.
 */
#ifndef PARTY_H
#define PARTY_H

#include "fuzz.h"
#include "people.h"

#define PARTY_KEYS 32

/** What one side has derived, sent or taken in all its sessions. */
struct agreed {
    unsigned count;
    struct {
        uint8_t device_key[USHER_KEY_SIZE];
        struct usher_prov_data data;
    } of[PARTY_KEYS];
};

/** What can be done to a side from outside. */
enum party_act { PARTY_NONE, PARTY_RESET, PARTY_CANCEL, PARTY_START, PARTY_STOP, PARTY_NONSENSE };

struct party {
    enum usher_role role;
    struct party *other;
    struct usher_session session;
    struct person person;
    uint8_t public_key[USHER_P256_PUBLIC];
    struct agreed agreed;   /* provisioner: to be sent; device: derived */
    struct agreed accepted; /* device: data that it took */
    bool open;              /* a session whose LINK_CLOSED is still to come */
    bool data_told, complete, failed;
    unsigned started;
};

/** The UUID of the device. */
extern const uint8_t party_uuid[USHER_UUID_SIZE];

/** Makes both, by role, in memory of zeros. */
void party_init(struct party both[2], const struct usher_start *choice);
/** Makes the session anew, in the instance that the side has now. */
void party_join(struct party *p, struct usher *node);
/** A session is about to be started, which has to succeed. */
void party_begin(struct party *p);

/**
 * Checks an event of the side's instance.
 *
 * @param forged  Something else than what the two have sent may have come to them.
 */
void party_check(struct party *p, const struct usher_event *e, bool forged);
/** Lets the person hear of the event; when he acts, and how well, is for the input to say. */
void party_hear(struct party *p, const struct usher_event *e, struct fuzz_input *in, uint64_t now);

/** Calls that may or may not fit the moment: they must be refused or do no harm. */
void party_nonsense(struct party *p, struct fuzz_input *in);

/** Both have completed, with one key and the same data. */
void party_check_done(const struct party both[2]);

#endif
