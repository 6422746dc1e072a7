/*
 * A provisioner and a device, two whole instances, and between them an attacker who sees every
 * advertisement and passes, drops, doubles, delays, changes, cuts or repeats it, or speaks himself.
 * The input is his decisions, one for each advertisement, and those of the people beside the two;
 * when it is used up, everybody is honest.
 *
 * Checked: what party.h says; every session ends; afterwards an honest provisioning of the same two
 * instances completes.
 */
#include "forge.h"
#include "fuzz.h"
#include "party.h"
#include "wire.h"

#include <string.h>

#define QUIET_MS 600000 /* the longest timers, twice over */
#define HISTORY 32
#define ATTEMPTS 4

struct side {
    struct game *game;
    struct party *party;
    enum party_act act; /* what is to be done to it next, outside its calls */
};

struct game {
    struct fuzz_input in;
    struct wire wire;
    struct side side[2];
    struct party party[2];
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

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct side *s = user;
    struct game *g = s->game;

    (void)u;
    if (e->type == USHER_EVT_UNPROVISIONED_RECEIVED) {
        return;
    }
    party_check(s->party, e, g->forged);
    party_hear(s->party, e, &g->in, g->wire.now);
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
    uint32_t id = g->party[to].session.link.adv.link_id;
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
    struct forged f = forge_transaction(&g->party[to].session.link.adv, pdu, len);

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
        g->side[side].act = (enum party_act)(how >> 1);
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
    enum usher_role role = s->party->role;

    g->config.handler = on_event;
    g->config.user = s;
    wire_join(&g->wire, role, &g->config, role == USHER_ROLE_DEVICE ? 1 : g->slots, g->ecdh_ms);
    party_join(s->party, &g->wire.end[role].node);
    s->party->session.ecdh_offload = g->ecdh_ms == 1;
}

static void side_start(struct side *s)
{
    struct party *p = s->party;
    struct usher_listen listen = { .uuid = party_uuid };
    struct usher_provision provision = { .uuid = party_uuid, .attention_s = 3 };

    if (!usher_session_idle(&p->session)) {
        return;
    }
    party_begin(p);
    if (p->role == USHER_ROLE_DEVICE) {
        FUZZ_CHECK(usher_listen(&p->session, &listen) == USHER_OK);
        return;
    }
    provision.data = s->game->data_early ? &p->person.data : NULL;
    FUZZ_CHECK(usher_provision(&p->session, &provision) == USHER_OK);
}

static void side_act(struct side *s)
{
    struct party *p = s->party;
    enum party_act act = s->act;

    s->act = PARTY_NONE;
    switch (act) {
    case PARTY_RESET:
        wire_leave(&s->game->wire, p->role);
        side_join(s);
        break;
    case PARTY_CANCEL:
        (void)usher_cancel(&p->session, USHER_CLOSE_ERROR);
        break;
    case PARTY_STOP:
        if (p->role == USHER_ROLE_DEVICE && usher_listen_stop(&p->session) == USHER_OK) {
            p->open = false;
        }
        break;
    case PARTY_NONSENSE:
        party_nonsense(p, &s->game->in);
        break;
    default:
        break;
    }
    if (act == PARTY_START || (usher_session_idle(&p->session) && !p->complete)) {
        if (p->started < ATTEMPTS) {
            side_start(s);
        }
    }
}

static bool side_busy(const struct side *s)
{
    const struct usher_session *session = &s->party->session;

    return !usher_session_idle(session) && session->link.adv.state > 1;
}

/* -- the game ---------------------------------------------------------------------------------- */

/* Runs until both sides are idle or listening. Without input that must come in QUIET_MS. */
static void run(struct game *g)
{
    uint64_t end = USHER_NEVER;

    for (;;) {
        uint64_t at = wire_next(&g->wire);

        for (unsigned i = 0; i < 2; i++) {
            uint64_t due = person_next(&g->party[i].person);

            at = due < at ? due : at;
        }
        if (g->in.left == 0 && end == USHER_NEVER) {
            end = g->wire.now + QUIET_MS;
        }
        if (usher_session_idle(&g->party[0].session) && !side_busy(&g->side[1])) {
            return;
        }
        FUZZ_CHECK(at <= end);
        wire_run(&g->wire, at > g->wire.now ? at : g->wire.now);
        for (unsigned i = 0; i < 2; i++) {
            person_act(&g->party[i].person, g->wire.now);
            side_act(&g->side[i]);
        }
    }
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
    side_start(&g->side[USHER_ROLE_DEVICE]);
    side_start(&g->side[USHER_ROLE_PROVISIONER]);
    run(g);
    party_check_done(g->party);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct game game;
    struct game *g = &game;

    memset(g, 0, sizeof(*g));
    g->in = (struct fuzz_input){ data, size };
    configure(g);
    wire_init(&g->wire, on_sent, g);
    party_init(g->party, &g->choice);
    for (unsigned i = 0; i < 2; i++) {
        g->side[i] = (struct side){ .game = g, .party = &g->party[i] };
        side_join(&g->side[i]);
    }
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
