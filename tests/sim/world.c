/* A world of two for tests, see world.h. */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#define LATE_MS 3000

const uint8_t world_uuid[USHER_UUID_SIZE] = { 0x70, 0xcf, 0x7c, 0x97, 0x32, 0xa3, 0x45, 0xb6,
                                              0x91, 0x49, 0x48, 0x10, 0xd2, 0xe9, 0xcb, 0xf4 };

static uint64_t when(const struct world *w)
{
    return world_now(w) + (w->config.answers == WORLD_LATE ? LATE_MS : 0);
}

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct party *p = user;
    struct world *w = p->world;

    (void)u;
    if (e->type == USHER_EVT_UNPROVISIONED_RECEIVED) {
        w->beacons++;
        w->device_heard |= memcmp(e->params.unprov.device_uuid, world_uuid, USHER_UUID_SIZE) == 0;
        return;
    }
    if (e->type == USHER_EVT_PHASE) {
        return;
    }
    if (p->events < WORLD_LOG) {
        p->log[p->events++] = e->type;
    }
    person_told(&p->person, e, when(w), w->config.wrong[p->role]);
    switch (e->type) {
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
    person_act(&p->person, world_now(w));
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
    person_reset(&p->person);
    p->person.session = &p->session;
    p->person.role = role;
    p->person.other = &w->party[1 - role].person;
    p->person.crypto = c->crypto;
    p->person.choice = c->choice;
    p->person.data = w->data;
    p->person.device_public_key = w->party[USHER_ROLE_DEVICE].public_key;
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
    struct usher_listen listen = { .uuid = world_uuid, .oob_info = 0x0020 };
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

bool world_run(struct world *w, bool (*done)(const struct world *w), uint64_t ms)
{
    uint64_t end = air_now_us(w->air) + ms * 1000;

    while (!done(w)) {
        uint64_t next = air_next_us(w->air);

        for (int role = 0; role < 2; role++) {
            uint64_t at = person_next(&w->party[role].person);

            next = at != USHER_NEVER && at * 1000 < next ? at * 1000 : next;
        }
        if (next > end) {
            air_run_until(w->air, end);
            return false;
        }
        air_run_until(w->air, next);
        person_act(&w->party[0].person, world_now(w));
        person_act(&w->party[1].person, world_now(w));
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
        .uuid = world_uuid,
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
