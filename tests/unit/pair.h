/*
 * Two sessions, a provisioner and a device, hand in hand without a bearer: PDUs go from one to the
 * other, users answer at once. A test stops the exchange at a PDU that is made but not delivered,
 * and goes on from there as it likes; since a pair is plain memory, a copy of it is a way to try
 * many things at one point.
 */
#ifndef PAIR_H
#define PAIR_H

#include "pdu.h"
#include "session.h"

#define PAIR_SECRETS 64

/* A PDU that was made. */
struct pair_pdu {
    enum usher_role writer;
    size_t len; /* 0: none */
    uint8_t octets[USHER_PDU_MAX];
};

struct pair {
    const struct usher_crypto *crypto;
    struct usher_caps caps;
    struct usher_start start;
    struct usher_prov_data data;
    uint8_t static_oob[2][16]; /* by role */
    uint32_t withhold[2]; /* by role: events (1 << enum usher_event_type) that nobody answers */
    uint8_t device_public[USHER_P256_PUBLIC];
    struct usher_prov side[2];
    uint64_t now;
    struct pair_pdu held; /* made, not delivered */
    bool closed[2];
    uint8_t reason[2];
    unsigned told[2][USHER_EVT_PHASE + 1]; /* how often, by event */
    unsigned ecdh[2];                      /* how often ECDH was asked for */
    unsigned data_pdus;                    /* Data PDUs formed */
    struct pair_pdu failed;                /* the last Failed */
    unsigned failed_pdus;
    char shown[USHER_OOB_SIZE_MAX + 1];
    /* every secret that a side has held, for looking whether it is wiped */
    struct {
        uint8_t len;
        uint8_t octets[32];
    } secrets[2][PAIR_SECRETS];
    unsigned secret_count[2];
};

/** Begins both. The capabilities offer all; @p start is what the provisioner chooses. */
void pair_begin(struct pair *p, const struct usher_crypto *crypto, const struct usher_start *start);

/** Runs until a PDU of this type by this writer is held. @retval false  It never came. */
bool pair_run_to(struct pair *p, uint8_t type, enum usher_role writer);
/** Runs until nothing more happens. */
void pair_run(struct pair *p);
/** Takes what one side has to say until it holds a PDU or is quiet. */
void pair_pull(struct pair *p, enum usher_role role);
/** Delivers the PDU held. */
void pair_deliver(struct pair *p);
/** Hands a PDU to a side, from an allocation of exactly its length. */
enum usher_err pair_inject(struct pair *p, enum usher_role role, const uint8_t *pdu, size_t len);

/** Fails the test unless the side's session holds no octet of what was secret in it, and no device
 * or network key. */
void pair_assert_wiped(const struct pair *p, enum usher_role role);

/** The end of every run that fails, on the provisioner's side: no Data PDU was formed (row 26 of
 * docs/threat-model.md), nothing secret is left. */
void pair_assert_provisioner_gave_up(struct pair *p);
/** ... and on the device's, which has said Failed with this code. */
void pair_assert_device_refused(struct pair *p, enum usher_failure code);

#endif
