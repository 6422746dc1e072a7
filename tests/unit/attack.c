/* See attack.h. */
#include "attack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

const struct usher_crypto *attack_crypto;
const struct usher_start attack_in_band = { .algorithm = USHER_ALG_CMAC,
                                            .method = USHER_OOB_STATIC };
const struct usher_start attack_enhanced = { .algorithm = USHER_ALG_HMAC,
                                             .method = USHER_OOB_STATIC };
const struct usher_start attack_oob_key = { .algorithm = USHER_ALG_HMAC,
                                            .method = USHER_OOB_STATIC,
                                            .public_key = 1 };

struct attack attack;

struct rig_side *attack_side(enum usher_role role)
{
    return &attack.r->side[role == P ? RIG_P : RIG_D];
}

struct usher_prov *attack_victim(void)
{
    return &attack_side(attack.victim)->session.prov;
}

enum usher_role attack_attacker(void)
{
    return attack.victim == P ? D : P;
}

/* -- between a session and its bearer ---------------------------------------------------------- */

static enum usher_err attacker_send(union usher_link *l, uint64_t now, const uint8_t *pdu,
                                    size_t len, bool awaited)
{
    uint8_t changed[USHER_PDU_MAX + 1] = { 0 };

    memcpy(changed, pdu, len);
    if (attack.change != NULL && pdu[0] != PDU_FAILED) {
        len = attack.change(changed, len, attack.at, attack.n);
    }
    attack.at++;
    memcpy(attack.last, pdu, len < USHER_PDU_MAX ? len : USHER_PDU_MAX);
    attack.last_len = len;
    return attack.real[attack_attacker()]->send(l, now, changed, len, awaited);
}

static enum usher_err victim_send(union usher_link *l, uint64_t now, const uint8_t *pdu, size_t len,
                                  bool awaited)
{
    attack.data_pdus += pdu[0] == PDU_DATA;
    return attack.real[attack.victim]->send(l, now, pdu, len, awaited);
}

void attack_on_link(struct rig_side *s, const struct usher_event *e)
{
    enum usher_role role = s->name == RIG_P ? P : D;

    if (e->type == USHER_EVT_LINK_ESTABLISHED) {
        attack.real[role] = s->session.bearer;
        attack.acts[role] = *s->session.bearer;
        attack.acts[role].send = role == attack.victim ? victim_send : attacker_send;
        s->session.bearer = &attack.acts[role];
    }
}

void attack_begin(enum usher_role on, bool gatt, const struct usher_start *choice)
{
    memset(&attack, 0, sizeof(attack));
    attack.victim = on;
    attack.gatt = gatt;
    attack.r = rig_new(attack_crypto, 66);
    attack_side(P)->in_handler = attack_on_link;
    attack_side(D)->in_handler = attack_on_link;
    attack_side(P)->person.choice = *choice;
    attack_side(P)->person.device_public_key = attack_side(D)->public_key;
}

void attack_start(void)
{
    struct usher_provision adv = { .uuid = rig_uuid, .attention_s = 5 };

    if (usher_session_idle(&attack_side(D)->session)) {
        assert_int_equal(rig_listen(attack.r, attack.gatt ? USHER_BEARER_GATT : USHER_BEARER_ADV),
                         USHER_OK);
    }
    if (attack.gatt) {
        assert_int_equal(rig_provision(attack.r, RIG_P), USHER_OK);
    } else {
        assert_int_equal(usher_provision(&attack_side(P)->session, &adv), USHER_OK);
    }
}

void attack_run(attack_change change, unsigned n)
{
    attack.change = change;
    attack.n = n;
    attack.at = 0;
    attack.data_pdus = 0;
    rig_forget(attack.r, RIG_P);
    rig_forget(attack.r, RIG_D);
    attack_side(P)->close_reason = attack_side(D)->close_reason = 0xFF;
    attack_start();
    rig_run(attack.r, 200000);
}

void attack_end(void)
{
    attack_run(NULL, 0);
    rig_assert_complete(attack.r, RIG_P);
    rig_free(attack.r);
}

void attack_assert_refused(uint8_t code)
{
    const struct rig_side *v = attack_side(attack.victim);

    assert_int_equal(v->told[USHER_EVT_LINK_ESTABLISHED], 1);
    assert_int_equal(v->told[USHER_EVT_LINK_CLOSED], 1);
    assert_int_equal(v->told[USHER_EVT_COMPLETE], 0);
    assert_true(usher_session_idle(&v->session));
    if (attack.victim == D) {
        assert_int_equal(v->told[USHER_EVT_FAILED], 1);
        assert_int_equal(v->failure, code);
        assert_int_equal(attack_side(P)->failure, code); /* it was said */
        assert_int_equal(v->told[USHER_EVT_DATA_RECEIVED], 0);
    } else {
        assert_int_equal(v->close_reason, USHER_CLOSE_ERROR);
        assert_int_equal(v->told[USHER_EVT_DATA_REQUEST], 0);
        assert_int_equal(attack.data_pdus, 0); /* row 26 */
    }
}

void attack_refused(unsigned on, const struct usher_start *choice, attack_change change, unsigned n,
                    uint8_t code)
{
    for (unsigned i = 0; i < 4; i++) {
        enum usher_role role = i < 2 ? P : D;

        if ((on >> role & 1) != 0) {
            attack_begin(role, i % 2 != 0, choice);
            attack_run(change, n);
            attack_assert_refused(code);
            attack_end();
        }
    }
}

int attack_setup(void **state)
{
    (void)state;
    attack_crypto = usher_crypto_openssl_new();
    return attack_crypto == NULL;
}

int attack_teardown(void **state)
{
    (void)state;
    usher_crypto_openssl_free(attack_crypto);
    return 0;
}
