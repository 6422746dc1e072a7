/*
 * A provisioner and a device, two whole instances, and between them an attacker who sees every
 * advertisement and passes, drops, doubles, delays, changes, cuts or repeats it, or speaks himself.
 * The input is his decisions, one for each advertisement, and those of the people beside the two;
 * when it is used up, everybody is honest.
 *
 * The attacker cannot compute: he does not know what an AuthValue or a Diffie-Hellman secret is.
 * So:
 *
 * - A device takes only data that the provisioner sent, with the device key that it derived.
 * - A provisioner takes a device for authentic, and asks for data, only if the device has derived
 *   the same device key.
 * - Complete is not authenticated (Mesh Protocol 1.1, 5.4.1.9), so a provisioner may be made to
 *   believe in it; not if nothing was changed or forged.
 * - Every session ends, and no more is told of it after LINK_CLOSED.
 * - Afterwards an honest provisioning of the same two instances completes.
 */
#include "forge.h"
#include "fuzz.h"
#include "people.h"
#include "wire.h"

#include <string.h>

#define QUIET_MS 600000 /* the longest timers, twice over */
#define HISTORY 32
#define KEYS 16
#define ATTEMPTS 4
#define NOTHING_MORE 0xFF

static const uint8_t uuid[USHER_UUID_SIZE] = "a device of ours";

/* One key pair for both of a role's sessions: what has been computed is known to fuzz_crypto(). */
static const uint8_t private_keys[2][USHER_P256_PRIVATE] = { "the provisioner's private key...",
                                                             "the private key of the device..." };

/* What one side has derived or sent in all its sessions. */
struct agreed {
    unsigned count;
    struct {
        uint8_t device_key[USHER_KEY_SIZE];
        struct usher_prov_data data;
    } of[KEYS];
};

struct side {
    struct game *game;
    enum usher_role role;
    struct usher_session session;
    struct person person;
    uint8_t public_key[USHER_P256_PUBLIC];
    struct agreed agreed;   /* provisioner: to be sent; device: derived */
    struct agreed accepted; /* device: data that it took */
    bool open;              /* a session whose LINK_CLOSED is still to come */
    bool data_told, complete, failed;
    unsigned started;
    unsigned act; /* what is to be done to it next, outside its calls */
};

enum act { ACT_NONE, ACT_RESET, ACT_CANCEL, ACT_START, ACT_STOP, ACT_NONSENSE, ACTS };

struct game {
    struct fuzz_input in;
    struct wire wire;
    struct side side[2];
    struct usher_start choice;
    struct usher_config config;
    uint8_t slots;
    uint16_t ecdh_ms;
    bool data_early;
    bool forged; /* something else than the instances' own advertisements was on the wire */
    uint64_t deaf_until;
    struct {
        uint8_t len;
        uint8_t data[USHER_AD_MAX];
    } history[HISTORY];
    unsigned sent;
};

/* -- what must be so --------------------------------------------------------------------------- */

static void agreed_add(struct agreed *a, const uint8_t *device_key,
                       const struct usher_prov_data *data)
{
    FUZZ_CHECK(a->count < KEYS);
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

static void check_provisioner(struct side *s, const struct usher_event *e)
{
    const struct side *device = &s->game->side[USHER_ROLE_DEVICE];
    const struct usher_prov *p = &s->session.prov;

    if (e->type == USHER_EVT_PHASE && e->params.phase.phase == USHER_PHASE_DATA) {
        FUZZ_CHECK(agreed_has(&device->agreed, p->device_key, NULL));
        agreed_add(&s->agreed, p->device_key, &s->person.data);
    } else if (e->type == USHER_EVT_DATA_REQUEST) {
        FUZZ_CHECK(agreed_has(&device->agreed, e->params.data_request.p_devkey, NULL));
    } else if (e->type == USHER_EVT_COMPLETE) {
        FUZZ_CHECK(same_data(e->params.complete.p_prov_data, &s->person.data));
        FUZZ_CHECK(agreed_has(&s->agreed, e->params.complete.p_devkey, &s->person.data));
        FUZZ_CHECK(s->game->forged || agreed_has(&device->accepted, e->params.complete.p_devkey,
                                                 e->params.complete.p_prov_data));
    }
}

static void check_device(struct side *s, const struct usher_event *e)
{
    const struct side *provisioner = &s->game->side[USHER_ROLE_PROVISIONER];
    const struct usher_prov_data *data = e->params.complete.p_prov_data;

    if (e->type == USHER_EVT_PHASE && e->params.phase.phase == USHER_PHASE_DATA) {
        agreed_add(&s->agreed, s->session.prov.device_key, NULL);
    } else if (e->type == USHER_EVT_DATA_RECEIVED) {
        FUZZ_CHECK(!s->data_told && !s->failed);
        FUZZ_CHECK(agreed_has(&provisioner->agreed, e->params.complete.p_devkey, data));
        agreed_add(&s->accepted, e->params.complete.p_devkey, data);
        s->data_told = true;
    } else if (e->type == USHER_EVT_COMPLETE) {
        FUZZ_CHECK(s->data_told);
        FUZZ_CHECK(agreed_has(&s->accepted, e->params.complete.p_devkey, data));
    }
}

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct side *s = user;
    struct game *g = s->game;
    uint8_t mood;

    (void)u;
    if (e->type == USHER_EVT_UNPROVISIONED_RECEIVED) {
        return;
    }
    FUZZ_CHECK(s->open && e->params.link_established.p_context == &s->session);
    if (s->role == USHER_ROLE_PROVISIONER) {
        check_provisioner(s, e);
    } else {
        check_device(s, e);
    }
    switch (e->type) {
    case USHER_EVT_COMPLETE:
        FUZZ_CHECK(!s->complete && !s->failed);
        s->complete = true;
        break;
    case USHER_EVT_FAILED:
        FUZZ_CHECK(!s->complete && !s->failed);
        s->failed = true;
        break;
    case USHER_EVT_LINK_CLOSED:
        s->open = false;
        FUZZ_CHECK(usher_session_idle(&s->session));
        break;
    default:
        break;
    }
    mood = person_asked(&s->person, e) ? fuzz_u8(&g->in) : 0;
    person_told(&s->person, e,
                mood == NOTHING_MORE ? USHER_NEVER : g->wire.now + 500u * (mood & 0x7F),
                (mood & 0x80) != 0);
    if (mood == 0) {
        person_act(&s->person, g->wire.now); /* within the event */
    }
}

/* -- the attacker ------------------------------------------------------------------------------ */

static void inject(struct game *g, unsigned to, const uint8_t *data, uint8_t len)
{
    g->forged = true;
    wire_put(&g->wire, to, 1, data, len);
}

/* An AD structure of his own, with the link id of the receiver's link if that is asked for. */
static void inject_octets(struct game *g, unsigned to, bool in_link)
{
    uint32_t id = g->side[to].session.link.adv.link_id;
    uint8_t data[USHER_AD_MAX] = { 0 };
    const uint8_t *octets;
    size_t len = fuzz_take(&g->in, fuzz_u8(&g->in) % (USHER_AD_MAX + 1), &octets);

    memcpy(data, octets, len);
    if (in_link && len >= 6) {
        data[0] = (uint8_t)(len - 1);
        data[1] = 0x29;
        for (unsigned i = 0; i < 4; i++) {
            data[2 + i] = (uint8_t)(id >> (24 - 8 * i));
        }
    }
    inject(g, to, data, (uint8_t)len);
}

static void inject_pdu(struct game *g, unsigned to)
{
    uint8_t pdu[USHER_PDU_MAX];
    size_t len = forge_pdu(&g->in, g->choice.algorithm == USHER_ALG_HMAC ? 32 : 16, pdu);
    struct forged f = forge_transaction(&g->side[to].session.link.adv, pdu, len);

    for (unsigned i = 0; i < f.count; i++) {
        inject(g, to, f.ad[i].data, f.ad[i].len);
    }
}

static void replay(struct game *g, unsigned to)
{
    unsigned n = g->sent < HISTORY ? g->sent : HISTORY, i = fuzz_u8(&g->in) % n;

    wire_put(&g->wire, to, 2, g->history[i].data, g->history[i].len);
}

static void change(struct game *g, unsigned to, const struct usher_adv *adv)
{
    uint8_t data[USHER_AD_MAX], at = fuzz_u8(&g->in), with = fuzz_u8(&g->in);

    memcpy(data, adv->data, adv->len);
    data[at % adv->len] ^= with;
    inject(g, to, data, adv->len);
}

static void on_sent(void *ctx, unsigned from, const struct usher_adv *adv)
{
    struct game *g = ctx;
    uint8_t decision = fuzz_u8(&g->in), how = decision >> 4;
    unsigned to = 1 - from, side = how & 1;

    memcpy(g->history[g->sent % HISTORY].data, adv->data, adv->len);
    g->history[g->sent++ % HISTORY].len = adv->len;
    if (g->wire.now < g->deaf_until && g->in.left > 0) {
        return;
    }
    switch (decision & 0x0F) {
    case 1: /* dropped */
        return;
    case 2: /* changed */
        change(g, to, adv);
        return;
    case 3: /* cut */
        inject(g, to, adv->data, (uint8_t)(adv->len * (how + 1u) / 17));
        return;
    case 4: /* late */
        wire_put(&g->wire, to, 1 + 40u * how, adv->data, adv->len);
        return;
    case 5: /* twice */
        wire_put(&g->wire, to, 2 + 40u * how, adv->data, adv->len);
        break;
    case 6:
        replay(g, side);
        break;
    case 7:
        inject_octets(g, side, (how & 2) != 0);
        break;
    case 8:
        inject_pdu(g, side);
        break;
    case 9: /* reflected */
        wire_put(&g->wire, from, 1, adv->data, adv->len);
        break;
    case 10: /* silence */
        g->deaf_until = g->wire.now + 4000u * how;
        break;
    case 11:
        g->side[side].act = how >> 1;
        break;
    default:
        break;
    }
    wire_put(&g->wire, to, 1, adv->data, adv->len);
}

/* -- the sides --------------------------------------------------------------------------------- */

static void side_join(struct side *s)
{
    struct game *g = s->game;
    bool device = s->role == USHER_ROLE_DEVICE;

    g->config.handler = on_event;
    g->config.user = s;
    wire_join(&g->wire, s->role, &g->config, device ? 1 : g->slots, g->ecdh_ms);
    usher_session_init(&g->wire.end[s->role].node, &s->session, device ? &people_caps : NULL, s);
    usher_session_keys_set(&s->session, private_keys[s->role], s->public_key);
    s->session.ecdh_offload = g->ecdh_ms == 1;
    s->open = false;
    person_reset(&s->person);
}

static void side_start(struct side *s)
{
    struct game *g = s->game;
    struct usher_listen listen = { .uuid = uuid };
    struct usher_provision provision = { .uuid = uuid, .attention_s = 3 };

    if (!usher_session_idle(&s->session)) {
        return;
    }
    person_reset(&s->person);
    s->data_told = s->complete = s->failed = false;
    s->open = true;
    s->started++;
    if (s->role == USHER_ROLE_DEVICE) {
        FUZZ_CHECK(usher_listen(&s->session, &listen) == USHER_OK);
        return;
    }
    s->person.data.address++; /* no two sessions give the same */
    provision.data = g->data_early ? &s->person.data : NULL;
    FUZZ_CHECK(usher_provision(&s->session, &provision) == USHER_OK);
}

/* Calls that may or may not fit the moment: they must be refused or do no harm. */
static void nonsense(struct side *s)
{
    uint8_t octets[USHER_P256_PUBLIC] = { 0 }, what = fuzz_u8(&s->game->in);
    const uint8_t *taken;
    size_t n = fuzz_take(&s->game->in, 5, &taken);

    memcpy(octets, taken, n);
    struct usher_start choice = { octets[0], octets[1], octets[2], octets[3], octets[4] };
    char text[] = { (char)octets[0], (char)octets[1], '\0' };

    switch (what % 6) {
    case 0:
        (void)usher_oob_use(&s->session, &choice);
        break;
    case 1:
        (void)usher_pubkey_set(&s->session, octets);
        break;
    case 2:
        (void)usher_auth_static(&s->session, octets, what);
        break;
    case 3:
        (void)usher_auth_number(&s->session, what);
        break;
    case 4:
        (void)usher_auth_text(&s->session, text);
        break;
    default:
        usher_in_adv_done(s->session.node, 0x40); /* a slot that there is not */
        break;
    }
}

static void side_act(struct side *s)
{
    enum act act = (enum act)s->act;

    s->act = ACT_NONE;
    switch (act) {
    case ACT_RESET:
        wire_leave(&s->game->wire, s->role);
        side_join(s);
        break;
    case ACT_CANCEL:
        (void)usher_cancel(&s->session, USHER_CLOSE_ERROR);
        break;
    case ACT_STOP:
        if (s->role == USHER_ROLE_DEVICE && usher_listen_stop(&s->session) == USHER_OK) {
            s->open = false;
        }
        break;
    case ACT_NONSENSE:
        nonsense(s);
        break;
    default:
        break;
    }
    if (act == ACT_START || (usher_session_idle(&s->session) && !s->complete)) {
        if (s->started < ATTEMPTS) {
            side_start(s);
        }
    }
}

static bool side_busy(const struct side *s)
{
    return !usher_session_idle(&s->session) && s->session.link.adv.state > 1;
}

/* -- the game ---------------------------------------------------------------------------------- */

/* Runs until both sides are idle or listening. Without input that must come in QUIET_MS. */
static void run(struct game *g)
{
    uint64_t end = USHER_NEVER;

    for (;;) {
        uint64_t at = wire_next(&g->wire);

        for (unsigned i = 0; i < 2; i++) {
            uint64_t due = person_next(&g->side[i].person);

            at = due < at ? due : at;
        }
        if (g->in.left == 0 && end == USHER_NEVER) {
            end = g->wire.now + QUIET_MS;
        }
        if (usher_session_idle(&g->side[0].session) && !side_busy(&g->side[1])) {
            return;
        }
        FUZZ_CHECK(at <= end);
        wire_run(&g->wire, at > g->wire.now ? at : g->wire.now);
        for (unsigned i = 0; i < 2; i++) {
            person_act(&g->side[i].person, g->wire.now);
            side_act(&g->side[i]);
        }
    }
}

static void side_init(struct game *g, enum usher_role role)
{
    struct side *s = &g->side[role];
    const struct usher_crypto *c = fuzz_crypto();

    FUZZ_CHECK(c->p256_public(c->ctx, private_keys[role], s->public_key) == USHER_OK);
    s->game = g;
    s->role = role;
    s->person.session = &s->session;
    s->person.role = role;
    s->person.other = &g->side[1 - role].person;
    s->person.crypto = c;
    s->person.choice = g->choice;
    s->person.device_public_key = g->side[USHER_ROLE_DEVICE].public_key;
    s->person.data = (struct usher_prov_data){ .netkey_index = 0x123, .iv_index = 7, .address = 9 };
    memcpy(s->person.data.netkey, "the network's key", USHER_KEY_SIZE);
    side_join(s);
}

static void configure(struct game *g)
{
    static const struct usher_pb_adv_policy strict = {
        .delay_min = 20,
        .delay_max = 50,
        .retry_min = 100,
        .retry_max = 1000,
        .open_early = 70,
        .open_early_count = 1,
        .open_slow = 1200,
        .close_count = 3,
    };
    static const uint16_t ecdh_ms[] = { 0, 137, 1, 3000 }; /* 1: by the people */
    uint8_t first = fuzz_u8(&g->in), second = fuzz_u8(&g->in);

    g->choice = people_choice(first & 0x0F);
    g->choice.algorithm = first >> 4 & 1;
    g->choice.public_key = first >> 5 & 1;
    g->data_early = (first >> 6 & 1) != 0;
    g->ecdh_ms = ecdh_ms[second & 3];
    g->slots = (second & 4) != 0 ? 4 : 1;
    g->config.policy = (second & 8) != 0 ? &strict : NULL;
}

/* After all that has happened, the same two instances can do what they are for. */
static void provision_honestly(struct game *g)
{
    struct side *provisioner = &g->side[0], *device = &g->side[1];

    side_start(device);
    side_start(provisioner);
    run(g);
    FUZZ_CHECK(provisioner->complete && device->complete);
    FUZZ_CHECK(memcmp(provisioner->session.prov.device_key, device->session.prov.device_key,
                      USHER_KEY_SIZE) == 0);
    FUZZ_CHECK(same_data(&provisioner->session.prov.data, &device->session.prov.data));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct game game;
    struct game *g = &game;

    memset(g, 0, sizeof(*g));
    g->in = (struct fuzz_input){ data, size };
    configure(g);
    wire_init(&g->wire, on_sent, g);
    side_init(g, USHER_ROLE_PROVISIONER);
    side_init(g, USHER_ROLE_DEVICE);
    side_start(&g->side[USHER_ROLE_DEVICE]);
    side_start(&g->side[USHER_ROLE_PROVISIONER]);
    run(g);
    g->in.left = 0;
    for (uint64_t end = g->wire.now + 5000; wire_next(&g->wire) < end;) {
        wire_run(&g->wire, wire_next(&g->wire)); /* the last echoes */
    }
    run(g);
    provision_honestly(g);
    wire_leave(&g->wire, 0);
    wire_leave(&g->wire, 1);
    return 0;
}
