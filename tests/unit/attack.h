/*
 * A session of two whole instances, one of which attacks the other: its PDUs are changed on their
 * way to its bearer, which is PB-ADV or PB-GATT; what the other one says is watched likewise. For
 * the tests of the rows of docs/threat-model.md that can be done over both.
 */
#ifndef ATTACK_H
#define ATTACK_H

#include "bearer.h"
#include "gatt_rig.h"
#include "pdu.h"
#include "session.h"

#define P USHER_ROLE_PROVISIONER
#define D USHER_ROLE_DEVICE
#define ON_P (1u << P)
#define ON_D (1u << D)

/** Changes the attacker's PDU number @p at (from 0), by the test's parameter. @return its length */
typedef size_t (*attack_change)(uint8_t *pdu, size_t len, unsigned at, unsigned n);

extern const struct usher_crypto *attack_crypto;
extern const struct usher_start attack_in_band, attack_enhanced, attack_oob_key;

/** What goes on: one attack at a time. */
extern struct attack {
    struct rig *r;
    enum usher_role victim;
    bool gatt;
    attack_change change;
    unsigned n;
    unsigned at;        /* PDUs that the attacker has sent */
    unsigned data_pdus; /* that the victim has formed */
    uint8_t last[USHER_PDU_MAX];
    size_t last_len;
    const struct bearer_acts *real[2]; /* by role */
    struct bearer_acts acts[2];
} attack;

struct rig_side *attack_side(enum usher_role role);
struct usher_prov *attack_victim(void);
enum usher_role attack_attacker(void);
/** Stands between a session and its bearer: a side's in_handler. */
void attack_on_link(struct rig_side *s, const struct usher_event *e);

/** Makes both; @p on is the victim. */
void attack_begin(enum usher_role on, bool gatt, const struct usher_start *choice);
/** Both begin. */
void attack_start(void);
/** Lets them provision, with the attack or, with NULL, undisturbed. */
void attack_run(attack_change change, unsigned n);
/** Undisturbed they complete: nothing of the attack is left. Frees them. */
void attack_end(void);
/** The victim has ended its session; a device has said @p code. */
void attack_assert_refused(uint8_t code);
/** All of it on these roles, over each bearer. */
void attack_refused(unsigned on, const struct usher_start *choice, attack_change change, unsigned n,
                    uint8_t code);

/** Makes and frees the crypto table. */
int attack_setup(void **state);
int attack_teardown(void **state);

#endif
