/* The two sides of a provisioning, and what must be so; see party.h. */
#include "party.h"

#include <string.h>

#define NOTHING_MORE 0xFF

const uint8_t party_uuid[USHER_UUID_SIZE] = "a device of ours";

/* One key pair for all of a role's sessions: what has been computed is known to fuzz_crypto(). */
static const uint8_t private_keys[2][USHER_P256_PRIVATE] = { "the provisioner's private key...",
                                                             "the private key of the device..." };

void party_init(struct party both[2], const struct usher_start *choice)
{
    const struct usher_crypto *c = fuzz_crypto();

    for (unsigned role = 0; role < 2; role++) {
        struct party *p = &both[role];

        FUZZ_CHECK(c->p256_public(c->ctx, private_keys[role], p->public_key) == USHER_OK);
        p->role = (enum usher_role)role;
        p->other = &both[1 - role];
        p->person.session = &p->session;
        p->person.role = p->role;
        p->person.other = &p->other->person;
        p->person.crypto = c;
        p->person.choice = *choice;
        p->person.device_public_key = both[USHER_ROLE_DEVICE].public_key;
        p->person.data =
            (struct usher_prov_data){ .netkey_index = 0x123, .iv_index = 7, .address = 9 };
        memcpy(p->person.data.netkey, "the network's key", USHER_KEY_SIZE);
    }
}

void party_join(struct party *p, struct usher *node)
{
    bool device = p->role == USHER_ROLE_DEVICE;

    usher_session_init(node, &p->session, device ? &people_caps : NULL, NULL);
    usher_session_keys_set(&p->session, private_keys[p->role], p->public_key);
    p->open = false;
    person_reset(&p->person);
}

void party_begin(struct party *p)
{
    person_reset(&p->person);
    p->data_told = p->complete = p->failed = false;
    p->open = true;
    p->started++;
    if (p->role == USHER_ROLE_PROVISIONER) {
        p->person.data.address++; /* no two sessions give the same */
    }
}

/* -- what must be so --------------------------------------------------------------------------- */

static void agreed_add(struct agreed *a, const uint8_t *device_key,
                       const struct usher_prov_data *data)
{
    FUZZ_CHECK(a->count < PARTY_KEYS);
    memcpy(a->of[a->count].device_key, device_key, USHER_KEY_SIZE);
    if (data != NULL) {
        a->of[a->count].data = *data;
    }
    a->count++;
}

static bool same_data(const struct usher_prov_data *a, const struct usher_prov_data *b)
{
    return memcmp(a->netkey, b->netkey, USHER_KEY_SIZE) == 0 &&
           a->netkey_index == b->netkey_index && a->iv_index == b->iv_index &&
           a->address == b->address && a->flags.iv_update == b->flags.iv_update &&
           a->flags.key_refresh == b->flags.key_refresh;
}

/* data may be NULL: the key alone. */
static bool agreed_has(const struct agreed *a, const uint8_t *device_key,
                       const struct usher_prov_data *data)
{
    for (unsigned i = 0; i < a->count; i++) {
        if (memcmp(a->of[i].device_key, device_key, USHER_KEY_SIZE) == 0 &&
            (data == NULL || same_data(&a->of[i].data, data))) {
            return true;
        }
    }
    return false;
}

static void check_provisioner(struct party *p, const struct usher_event *e, bool forged)
{
    const struct party *device = p->other;
    const uint8_t *device_key = p->session.prov.device_key;

    if (e->type == USHER_EVT_PHASE && e->params.phase.phase == USHER_PHASE_DATA) {
        FUZZ_CHECK(agreed_has(&device->agreed, device_key, NULL));
        agreed_add(&p->agreed, device_key, &p->person.data);
    } else if (e->type == USHER_EVT_DATA_REQUEST) {
        FUZZ_CHECK(agreed_has(&device->agreed, e->params.data_request.p_devkey, NULL));
    } else if (e->type == USHER_EVT_COMPLETE) {
        FUZZ_CHECK(same_data(e->params.complete.p_prov_data, &p->person.data));
        FUZZ_CHECK(agreed_has(&p->agreed, e->params.complete.p_devkey, &p->person.data));
        FUZZ_CHECK(forged || agreed_has(&device->accepted, e->params.complete.p_devkey,
                                        e->params.complete.p_prov_data));
    }
}

static void check_device(struct party *p, const struct usher_event *e)
{
    const struct usher_prov_data *data = e->params.complete.p_prov_data;

    if (e->type == USHER_EVT_PHASE && e->params.phase.phase == USHER_PHASE_DATA) {
        agreed_add(&p->agreed, p->session.prov.device_key, NULL);
    } else if (e->type == USHER_EVT_DATA_RECEIVED) {
        FUZZ_CHECK(!p->data_told && !p->failed);
        FUZZ_CHECK(agreed_has(&p->other->agreed, e->params.complete.p_devkey, data));
        agreed_add(&p->accepted, e->params.complete.p_devkey, data);
        p->data_told = true;
    } else if (e->type == USHER_EVT_COMPLETE) {
        FUZZ_CHECK(p->data_told);
        FUZZ_CHECK(agreed_has(&p->accepted, e->params.complete.p_devkey, data));
    }
}

void party_check(struct party *p, const struct usher_event *e, bool forged)
{
    FUZZ_CHECK(p->open && e->params.link_established.p_context == &p->session);
    if (p->role == USHER_ROLE_PROVISIONER) {
        check_provisioner(p, e, forged);
    } else {
        check_device(p, e);
    }
    switch (e->type) {
    case USHER_EVT_COMPLETE:
        FUZZ_CHECK(!p->complete && !p->failed);
        p->complete = true;
        break;
    case USHER_EVT_FAILED:
        FUZZ_CHECK(!p->complete && !p->failed);
        p->failed = true;
        break;
    case USHER_EVT_LINK_CLOSED:
        p->open = false;
        FUZZ_CHECK(usher_session_idle(&p->session));
        break;
    default:
        break;
    }
}

void party_check_done(const struct party both[2])
{
    const struct usher_session *provisioner = &both[USHER_ROLE_PROVISIONER].session;
    const struct usher_session *device = &both[USHER_ROLE_DEVICE].session;

    FUZZ_CHECK(both[0].complete && both[1].complete);
    FUZZ_CHECK(memcmp(provisioner->prov.device_key, device->prov.device_key, USHER_KEY_SIZE) == 0);
    FUZZ_CHECK(same_data(&provisioner->prov.data, &device->prov.data));
}

/* -- the people -------------------------------------------------------------------------------- */

void party_hear(struct party *p, const struct usher_event *e, struct fuzz_input *in, uint64_t now)
{
    uint8_t mood = person_asked(&p->person, e) ? fuzz_u8(in) : 0;

    person_told(&p->person, e, mood == NOTHING_MORE ? USHER_NEVER : now + 500u * (mood & 0x7F),
                (mood & 0x80) != 0);
    if (mood == 0) {
        person_act(&p->person, now); /* within the event */
    }
}

void party_nonsense(struct party *p, struct fuzz_input *in)
{
    uint8_t octets[USHER_P256_PUBLIC] = { 0 }, what = fuzz_u8(in);

    fuzz_copy(in, octets, 5);
    struct usher_start choice = { octets[0], octets[1], octets[2], octets[3], octets[4] };
    char text[] = { (char)octets[0], (char)octets[1], '\0' };

    switch (what % 6) {
    case 0:
        (void)usher_oob_use(&p->session, &choice);
        break;
    case 1:
        (void)usher_pubkey_set(&p->session, octets);
        break;
    case 2:
        (void)usher_auth_static(&p->session, octets, what);
        break;
    case 3:
        (void)usher_auth_number(&p->session, what);
        break;
    case 4:
        (void)usher_auth_text(&p->session, text);
        break;
    default:
        usher_in_adv_done(p->session.node, 0x40); /* a slot that there is not */
        break;
    }
}
