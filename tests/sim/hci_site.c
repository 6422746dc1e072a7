/* A site of instances over HCI; see hci_site.h. */
#include "hci_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void listen_on(struct site_device *d)
{
    const struct usher_listen listen = {
        .uuid = d->uuid,
        .bearers = d->site->config.gatt ? USHER_BEARER_GATT : USHER_BEARER_ADV,
    };

    assert_int_equal(usher_listen(&d->session, &listen), USHER_OK);
}

static void on_device_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct site_device *d = user;

    (void)u;
    if (e->type == USHER_EVT_COMPLETE) {
        assert_false(d->complete);
        d->complete = true;
        d->address = e->params.complete.p_prov_data->address;
        memcpy(d->device_key, e->params.complete.p_devkey, sizeof(d->device_key));
    } else if (e->type == USHER_EVT_LINK_CLOSED) {
        d->closed = d->complete;
        if (!d->complete) {
            listen_on(d);
        }
    }
}

static struct site_device *next_device(struct site *s)
{
    for (unsigned i = 0; i < s->config.devices; i++) {
        struct site_device *d = &s->devices[i];

        if (!d->taken && (d->heard || !s->config.gatt)) {
            return d;
        }
    }
    return NULL;
}

void site_start(struct site *s)
{
    struct site_device *d = next_device(s);

    for (unsigned i = 0; i < s->config.links && d != NULL; i++) {
        const struct usher_provision p = { .uuid = d->uuid,
                                           .peer = s->config.gatt ? &d->peer : NULL };

        if (!usher_session_idle(&s->sessions[i])) {
            continue;
        }
        if (usher_provision(&s->sessions[i], &p) != USHER_OK) {
            return; /* the radio is not ready, or has no room: later */
        }
        d->taken = true;
        s->device_of[i] = d;
        d = next_device(s);
    }
}

static void on_closed(struct site *s, unsigned slot)
{
    struct site_device *d = s->device_of[slot];

    if (usher_device_key(&s->sessions[slot]) == NULL) {
        d->taken = false; /* once more */
        s->failed++;
    }
    site_start(s);
}

static void on_heard(struct site *s, const struct usher_event *e)
{
    for (unsigned i = 0; i < s->config.devices; i++) {
        struct site_device *d = &s->devices[i];

        if (memcmp(d->uuid, e->params.unprov.device_uuid, sizeof(d->uuid)) == 0) {
            d->heard = true;
            d->peer = e->params.unprov.peer;
            assert_int_equal(e->params.unprov.gatt_supported, s->config.gatt);
        }
    }
    site_start(s);
}

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct site *s = user;
    struct usher_session *session = e->params.link_established.p_context;

    (void)u;
    switch (e->type) {
    case USHER_EVT_UNPROVISIONED_RECEIVED:
        on_heard(s, e);
        break;
    case USHER_EVT_LINK_ESTABLISHED:
        s->open++;
        break;
    case USHER_EVT_CAPS_RECEIVED:
        assert_int_equal(usher_oob_use(session, &(struct usher_start){ 0 }), USHER_OK);
        break;
    case USHER_EVT_DATA_REQUEST:
        assert_int_equal(
            usher_data_set(session, &(struct usher_prov_data){ .address = s->next_address++ }),
            USHER_OK);
        break;
    case USHER_EVT_COMPLETE: {
        ptrdiff_t i = s->device_of[session - s->sessions] - s->devices;

        assert_false(s->done[i]);
        s->done[i] = true;
        s->complete++;
        memcpy(s->key_of[i], e->params.complete.p_devkey, USHER_KEY_SIZE);
        break;
    }
    case USHER_EVT_LINK_CLOSED:
        on_closed(s, (unsigned)(session - s->sessions));
        break;
    default:
        break;
    }
}

static void node_init(struct site *s, struct site_node *n, const struct hciport_config *port,
                      const struct usher_config *config)
{
    const struct usher_gatt_config gatt = { .links = n->links, .link_count = HCIPORT_CONNS };

    assert_int_equal(hciport_init(&n->port, s->air, &n->node, s->crypto, port), USHER_OK);
    assert_int_equal(usher_init(&n->node, &n->port.port, config), USHER_OK);
    assert_int_equal(usher_gatt_init(&n->gatt, &n->node, &gatt), USHER_OK);
    assert_int_equal(hciport_up(&n->port), USHER_OK);
}

static void device_init(struct site *s, unsigned i)
{
    struct site_device *d = &s->devices[i];
    const struct usher_caps caps = { .num_elements = 1, .algorithms = 3 };
    const struct usher_config config = { .handler = on_device_event, .user = d };

    d->site = s;
    d->uuid[0] = (uint8_t)(i + 1);
    node_init(s, &d->at, &s->config.device, &config);
    usher_session_init(&d->at.node, &d->session, &caps, NULL);
    listen_on(d);
}

struct site *site_new(const struct usher_crypto *crypto, const struct site_config *config)
{
    struct site *s = calloc(1, sizeof(*s));
    const struct usher_config provisioner = { .handler = on_event, .user = s };

    assert_non_null(s);
    s->config = *config;
    s->crypto = crypto;
    s->next_address = 1;
    s->air = air_new(&config->air);
    assert_non_null(s->air);
    node_init(s, &s->at, &config->provisioner, &provisioner);
    for (unsigned i = 0; i < config->links; i++) {
        usher_session_init(&s->at.node, &s->sessions[i], NULL, NULL);
    }
    for (unsigned i = 0; i < config->devices; i++) {
        device_init(s, i);
    }
    if (config->gatt) {
        assert_int_equal(usher_scan(&s->at.node, true), USHER_OK);
    }
    return s;
}

static void node_deinit(struct site_node *n)
{
    usher_deinit(&n->node);
    hciport_deinit(&n->port);
}

void site_free(struct site *s)
{
    node_deinit(&s->at);
    for (unsigned i = 0; i < s->config.devices; i++) {
        node_deinit(&s->devices[i].at);
    }
    air_free(s->air);
    free(s);
}

bool site_run(struct site *s, bool (*done)(const struct site *s), uint64_t ms)
{
    uint64_t end = air_now_us(s->air) + ms * 1000;

    while (!done(s)) {
        if (air_next_us(s->air) > end) {
            air_run_until(s->air, end);
            return false;
        }
        air_run_until(s->air, air_next_us(s->air));
    }
    return true;
}

bool site_all_done(const struct site *s)
{
    bool done = true;

    for (unsigned i = 0; i < s->config.devices; i++) {
        done &= s->done[i] && s->devices[i].complete;
    }
    return done;
}

void site_check(const struct site *s)
{
    for (unsigned i = 0; i < s->config.devices; i++) {
        const struct site_device *d = &s->devices[i];

        assert_memory_equal(d->device_key, s->key_of[i], USHER_KEY_SIZE);
        for (unsigned k = 0; k < i; k++) {
            assert_int_not_equal(d->address, s->devices[k].address);
        }
    }
}
