/* A world of two for tests, see world.h. */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#define LATE_MS 3000

static const uint8_t static_oob[16] = "an old secret..";

static uint64_t when(const struct world *w)
{
    return world_now(w) + (w->config.answers == WORLD_LATE ? LATE_MS : 0);
}

static void answer_auth(struct party *p)
{
    struct world *w = p->world;
    bool wrong = w->config.wrong[p->role];
    char text[USHER_OOB_SIZE_MAX + 1];

    if (w->config.choice.method == USHER_OOB_STATIC) {
        uint8_t value[16];

        memcpy(value, static_oob, sizeof(value));
        value[15] ^= wrong;
        (void)usher_auth_static(&p->session, value, sizeof(value));
        return;
    }
    if (w->shown[0] == '\0') { /* nothing to read yet */
        p->ask_at = world_now(w) + 100;
        return;
    }
    memcpy(text, w->shown, sizeof(text));
    if (wrong) {
        text[0] = (char)(text[0] == '1' ? '2' : '1');
    }
    (void)usher_auth_text(&p->session, text);
}

static void answer_ecdh(struct party *p)
{
    const struct usher_crypto *c = p->world->config.crypto;
    uint8_t secret[USHER_P256_SECRET];
    const struct usher_prov *s = &p->session.prov;

    if (c->p256_ecdh(c->ctx, s->private_key, s->inputs + 17 + 64 * (1 - (size_t)p->role), secret) ==
        USHER_OK) {
        (void)usher_secret_set(&p->session, secret);
    }
}

static void answer(struct party *p)
{
    struct world *w = p->world;
    uint64_t now = world_now(w);

    if (p->choose_at <= now) {
        p->choose_at = USHER_NEVER;
        (void)usher_oob_use(&p->session, &w->config.choice);
    }
    if (p->pubkey_at <= now) {
        p->pubkey_at = USHER_NEVER;
        (void)usher_pubkey_set(&p->session, w->party[USHER_ROLE_DEVICE].public_key);
    }
    if (p->ask_at <= now) {
        p->ask_at = USHER_NEVER;
        answer_auth(p);
    }
    if (p->ecdh_at <= now) {
        p->ecdh_at = USHER_NEVER;
        answer_ecdh(p);
    }
    if (p->data_at <= now) {
        p->data_at = USHER_NEVER;
        (void)usher_data_set(&p->session, &w->data);
    }
}

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct party *p = user;
    struct world *w = p->world;

    (void)u;
    if (e->type == USHER_EVT_UNPROVISIONED_RECEIVED) {
        w->beacons++;
        w->device_heard |= memcmp(e->params.unprov.device_uuid, WORLD_UUID, USHER_UUID_SIZE) == 0;
        return;
    }
    if (e->type == USHER_EVT_PHASE) {
        return;
    }
    if (p->events < WORLD_LOG) {
        p->log[p->events++] = e->type;
    }
    switch (e->type) {
    case USHER_EVT_CAPS_RECEIVED:
        p->choose_at = when(w);
        break;
    case USHER_EVT_OOB_PUBKEY_REQUEST:
        p->pubkey_at = p->role == USHER_ROLE_PROVISIONER ? when(w) : USHER_NEVER;
        break;
    case USHER_EVT_STATIC_REQUEST:
    case USHER_EVT_INPUT_REQUEST:
        p->ask_at = when(w);
        break;
    case USHER_EVT_OUTPUT_REQUEST:
        memcpy(w->shown, e->params.output_request.text, sizeof(w->shown));
        break;
    case USHER_EVT_ECDH_REQUEST:
        p->ecdh_at = when(w);
        break;
    case USHER_EVT_DATA_REQUEST:
        p->data_at = when(w);
        break;
    case USHER_EVT_COMPLETE:
        p->complete = true;
        memcpy(p->device_key, e->params.complete.p_devkey, sizeof(p->device_key));
        break;
    case USHER_EVT_FAILED:
        p->failure = e->params.failed.failure_code;
        break;
    case USHER_EVT_LINK_CLOSED:
        p->closed = true;
        p->close_reason = e->params.link_closed.close_reason;
        break;
    default:
        break;
    }
    answer(p);
}

uint64_t world_now(const struct world *w)
{
    return air_now_us(w->air) / 1000;
}

static bool party_init(struct world *w, enum usher_role role)
{
    struct party *p = &w->party[role];
    const struct world_config *c = &w->config;
    struct usher_config config = { .handler = on_event, .user = p, .policy = c->policy[role] };

    p->world = w;
    p->role = role;
    p->ask_at = p->ecdh_at = p->data_at = p->choose_at = p->pubkey_at = USHER_NEVER;
    if (simport_init(&p->port, w->air, &p->node, c->crypto,
                     role == USHER_ROLE_PROVISIONER ? 4 : 1) != USHER_OK) {
        return false;
    }
    if (c->ecdh_delay_ms != 0) {
        simport_ecdh_delay_set(&p->port, c->ecdh_delay_ms);
    }
    if (usher_init(&p->node, &p->port.port, &config) != USHER_OK) {
        return false;
    }
    usher_session_init(&p->node, &p->session, role == USHER_ROLE_DEVICE ? &c->caps : NULL, p);
    p->session.ecdh_offload = c->offload;
    if (role == USHER_ROLE_DEVICE && (c->caps.pubkey_type & USHER_PUBKEY_OOB) != 0) {
        if (usher_generate_keys(&p->node, p->private_key, p->public_key) != USHER_OK) {
            return false;
        }
        usher_session_keys_set(&p->session, p->private_key, p->public_key);
    }
    return true;
}

struct world *world_new(const struct world_config *config)
{
    struct usher_listen listen = { .uuid = (const uint8_t *)WORLD_UUID, .oob_info = 0x0020 };
    struct world *w = calloc(1, sizeof(*w));

    if (w == NULL) {
        return NULL;
    }
    w->config = *config;
    w->data = (struct usher_prov_data){ .netkey_index = 0x123, .iv_index = 7, .address = 0x0b0c };
    memcpy(w->data.netkey, "the network's key", USHER_KEY_SIZE);
    w->air = air_new(&config->air);
    if (w->air == NULL || !party_init(w, USHER_ROLE_PROVISIONER) ||
        !party_init(w, USHER_ROLE_DEVICE) ||
        usher_listen(&w->party[USHER_ROLE_DEVICE].session, &listen) != USHER_OK) {
        abort();
    }
    return w;
}

void world_free(struct world *w)
{
    for (int role = 0; role < 2; role++) {
        usher_deinit(&w->party[role].node);
        simport_deinit(&w->party[role].port);
    }
    air_free(w->air);
    free(w);
}

static uint64_t earliest(const struct party *p)
{
    const uint64_t at[] = { p->ask_at, p->ecdh_at, p->data_at, p->choose_at, p->pubkey_at };
    uint64_t first = USHER_NEVER;

    for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        first = at[i] < first ? at[i] : first;
    }
    return first == USHER_NEVER ? first : first * 1000;
}

bool world_run(struct world *w, bool (*done)(const struct world *w), uint64_t ms)
{
    uint64_t end = air_now_us(w->air) + ms * 1000;

    while (!done(w)) {
        uint64_t next = air_next_us(w->air);

        for (int role = 0; role < 2; role++) {
            uint64_t at = earliest(&w->party[role]);

            next = at < next ? at : next;
        }
        if (next > end) {
            air_run_until(w->air, end);
            return false;
        }
        air_run_until(w->air, next);
        answer(&w->party[0]);
        answer(&w->party[1]);
    }
    return true;
}

static bool both_closed(const struct world *w)
{
    return w->party[0].closed && w->party[1].closed;
}

bool world_provision(struct world *w, uint64_t ms)
{
    struct usher_provision p = {
        .uuid = (const uint8_t *)WORLD_UUID,
        .attention_s = 5,
        .data = w->config.data_early ? &w->data : NULL,
    };

    return usher_provision(&w->party[USHER_ROLE_PROVISIONER].session, &p) == USHER_OK &&
           world_run(w, both_closed, ms);
}

unsigned world_count(const struct party *p, enum usher_event_type type)
{
    unsigned n = 0;

    for (unsigned i = 0; i < p->events; i++) {
        n += p->log[i] == type;
    }
    return n;
}
