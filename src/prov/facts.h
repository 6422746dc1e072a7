/*
 * The facts of a session and its states, for the files of src/prov only. A fact is a bit that is
 * set when it becomes true, in any order: what a user answers early, late or while a PDU is on its
 * way makes no other state.
 */
#ifndef FACTS_H
#define FACTS_H

#include <usher/prov.h>

enum fact {
    HAVE_CHOICE = 1 << 0,   /* provisioner: algorithm, method, action, size */
    HAVE_PEER_KEY = 1 << 1, /* the peer's public key, checked */
    HAVE_SECRET = 1 << 2,   /* the ECDH shared secret */
    HAVE_AUTH = 1 << 3,     /* the AuthValue */
    HAVE_DATA = 1 << 4,     /* provisioner: what to provision with */
    WAS_SENT = 1 << 5,      /* the peer acknowledged the last PDU */
    WANT_ECDH = 1 << 6,     /* to be asked for */
    ASKED_ECDH = 1 << 7,
    ASKED_AUTH = 1 << 8,
    IS_COMPLETE = 1 << 9, /* Data accepted (device), Complete received (provisioner) */
    TOLD_COMPLETE = 1 << 10,
    REFUSED_LATE = 1 << 11, /* one PDU after Complete was answered */
};

enum prov_state {
    PROV_IDLE,
    PROV_RUNNING,
    PROV_DONE,     /* device: Complete is sent, the link closes soon */
    PROV_REFUSING, /* device: Failed is sent, each further PDU is unexpected */
    PROV_CLOSING,  /* to close the link */
    PROV_CLOSED,
};

/** Goes on as far as the facts allow. */
void facts_changed(struct usher_prov *s);
/** Whether the step at hand is this PDU. */
bool facts_at(const struct usher_prov *s, uint8_t pdu);
/** Fails the session: a device will send Failed, a provisioner close the link. */
void facts_fail(struct usher_prov *s, enum usher_failure failure, uint8_t pdu);
/** Takes the peer's public key, checked, from the air or from the user. */
enum usher_failure facts_take_key(struct usher_prov *s, const uint8_t key[USHER_P256_PUBLIC]);

#endif
