/*
 * The GATT proxy (proxy.h, mesh_opt_gatt.h). The core's is offered while the node is on the air and
 * its GATT Proxy state is on; here is what an application says about it, and what it is told. A
 * program without MESH_FEATURE_GATT_PROXY_ENABLED has the answers at the end of this file.
 */
#include "proxy.h"

#include "mesh_opt_gatt.h"
#include "model.h"
#include "secbeacon.h"
#include "stack.h"
#include "transport.h"

#include <string.h>

void proxy_init(void)
{
    layer_proxy_resume(layer_stack());
}

#if MESH_FEATURE_GATT_PROXY_ENABLED

#define PROXY_ON 1u /* of the GATT Proxy state */

/* @retval NRF_SUCCESS  The stack is made, on a radio that has GATT. */
static uint32_t check(const struct nrf_mesh_stack *s)
{
    if (s->mesh.node == NULL) {
        return NRF_ERROR_INVALID_STATE;
    }
    return s->usher.gatt == NULL ? NRF_ERROR_NOT_SUPPORTED : NRF_SUCCESS;
}

static bool is_on(const struct nrf_mesh_stack *s)
{
    return check(s) == NRF_SUCCESS && s->mesh.net.proxy == PROXY_ON;
}

static bool is_node(const struct nrf_mesh_stack *s)
{
    return s->mesh.net.address != NRF_MESH_ADDR_UNASSIGNED;
}

/* -- what it is -------------------------------------------------------------------------------- */

void layer_proxy_client(struct nrf_mesh_stack *s, uint8_t conn, bool connected)
{
    struct gatt_state *g = &s->gatt;
    unsigned at = 0;

    while (at < g->clients && g->conns[at] != conn) {
        at++;
    }
    if (connected && at == g->clients && at < MESH_GATT_CONNECTIONS_MAX) {
        g->conns[g->clients++] = conn;
    } else if (!connected && at < g->clients) {
        g->conns[at] = g->conns[--g->clients];
    }
}

void layer_proxy_run(struct nrf_mesh_stack *s)
{
    nrf_mesh_evt_t e = { .type = NRF_MESH_EVT_PROXY_STOPPED };

    if (s->gatt.gatt.serving == USHER_GATT_PROXY) {
        s->gatt.ran = true;
    } else if (s->gatt.ran && s->gatt.clients == 0) {
        s->gatt.ran = false;
        layer_events_tell(&e);
    }
}

bool proxy_is_enabled(void)
{
    return is_on(layer_stack());
}

bool proxy_is_connected(void)
{
    return layer_stack()->gatt.clients != 0;
}

/* -- what it is told --------------------------------------------------------------------------- */

/* @retval false  It showed none. */
static bool identities_end(struct nrf_mesh_stack *s)
{
    const struct usher_keys *k = &s->mesh.net.keys;
    bool any = false;

    for (uint16_t i = 0; i < k->subnet_count; i++) {
        struct usher_subnet *subnet = &k->subnets[i];

        if (subnet->used && subnet->identity == 1) {
            identity_set(subnet, usher_mesh_now(&s->mesh), false);
            any = true;
        }
    }
    return any;
}

static uint32_t state_set(bool on)
{
    struct nrf_mesh_stack *s = layer_stack();
    uint32_t err = check(s);

    if (err == NRF_SUCCESS && on != is_on(s)) {
        s->mesh.net.proxy = on ? PROXY_ON : 0;
        transport_feature_changed(&s->mesh.net, usher_mesh_now(&s->mesh), USHER_FEATURE_PROXY);
        manage_settings_changed(&s->mesh);
    }
    if (err == NRF_SUCCESS && !on) {
        (void)identities_end(s);
    }
    return err;
}

uint32_t proxy_enable(void)
{
    return state_set(true);
}

void proxy_disable(void)
{
    (void)state_set(false);
}

uint32_t mesh_opt_gatt_proxy_set(bool enabled)
{
    return state_set(enabled);
}

static void bearers(struct nrf_mesh_stack *s, bool gatt)
{
    usher_mesh_bearers(&s->mesh, USHER_BEARER_ADV | (gatt ? USHER_BEARER_GATT : 0u));
}

void layer_proxy_resume(struct nrf_mesh_stack *s)
{
    if (s->mesh.node != NULL && s->mesh.no_gatt) {
        bearers(s, true);
    }
}

uint32_t proxy_start(void)
{
    struct nrf_mesh_stack *s = layer_stack();
    uint32_t err = check(s);

    if (err != NRF_SUCCESS) {
        return err;
    }
    if (!is_on(s) || !is_node(s)) {
        return NRF_ERROR_INVALID_STATE;
    }
    layer_proxy_resume(s);
    return NRF_SUCCESS;
}

uint32_t proxy_stop(void)
{
    struct nrf_mesh_stack *s = layer_stack();
    uint32_t err = check(s);

    if (err != NRF_SUCCESS) {
        return err;
    }
    if (!s->gatt.ran || s->mesh.no_gatt) {
        return NRF_ERROR_INVALID_STATE;
    }
    bearers(s, false);
    return NRF_SUCCESS;
}

uint32_t proxy_disconnect(void)
{
    struct nrf_mesh_stack *s = layer_stack();
    struct gatt_state was = { .clients = s->gatt.clients }; /* each that ends is told at once */
    uint32_t err = check(s);

    if (err != NRF_SUCCESS) {
        return err;
    }
    if (s->gatt.clients == 0) {
        return NRF_ERROR_INVALID_STATE;
    }
    memcpy(was.conns, s->gatt.conns, sizeof(was.conns));
    for (unsigned i = 0; i < was.clients; i++) {
        (void)usher_proxy_disconnect(&s->gatt.gatt, was.conns[i]);
    }
    return NRF_SUCCESS;
}

/* -- Node Identity ----------------------------------------------------------------------------- */

/* @retval NRF_SUCCESS  The node is a proxy. */
static uint32_t check_proxy(const struct nrf_mesh_stack *s)
{
    uint32_t err = check(s);

    if (err == NRF_SUCCESS && (!is_node(s) || s->mesh.no_gatt)) {
        err = NRF_ERROR_INVALID_STATE;
    }
    return err;
}

uint32_t proxy_node_id_enable(const nrf_mesh_beacon_info_t *p_beacon_info,
                              nrf_mesh_key_refresh_phase_t kr_phase)
{
    struct nrf_mesh_stack *s = layer_stack();
    const struct usher_keys *k = &s->mesh.net.keys;
    uint32_t err = check_proxy(s);

    (void)kr_phase; /* the core knows it */
    if (err != NRF_SUCCESS) {
        return err;
    }
    err = NRF_ERROR_NOT_FOUND;
    for (uint16_t i = 0; i < k->subnet_count; i++) {
        const struct usher_subnet *subnet = &k->subnets[i];

        if (subnet->used && (p_beacon_info == NULL ||
                             memcmp(p_beacon_info->secmat.net_id, subnet->key[0].network_id,
                                    NRF_MESH_NETID_SIZE) == 0)) {
            err = (uint32_t)usher_node_identity(&s->gatt.gatt, subnet->index);
        }
    }
    return err;
}

uint32_t proxy_node_id_disable(void)
{
    struct nrf_mesh_stack *s = layer_stack();
    uint32_t err = check_proxy(s);

    if (err == NRF_SUCCESS && !identities_end(s)) {
        err = NRF_ERROR_INVALID_STATE;
    }
    return err;
}

#else

void layer_proxy_run(struct nrf_mesh_stack *s)
{
    (void)s;
}

void layer_proxy_client(struct nrf_mesh_stack *s, uint8_t conn, bool connected)
{
    (void)s;
    (void)conn;
    (void)connected;
}

void layer_proxy_resume(struct nrf_mesh_stack *s)
{
    (void)s;
}

uint32_t mesh_opt_gatt_proxy_set(bool enabled)
{
    return enabled ? NRF_ERROR_NOT_SUPPORTED : NRF_SUCCESS;
}

uint32_t proxy_enable(void)
{
    return NRF_ERROR_NOT_SUPPORTED;
}

void proxy_disable(void)
{
}

uint32_t proxy_start(void)
{
    return NRF_ERROR_NOT_SUPPORTED;
}

uint32_t proxy_stop(void)
{
    return NRF_ERROR_NOT_SUPPORTED;
}

uint32_t proxy_node_id_enable(const nrf_mesh_beacon_info_t *p_beacon_info,
                              nrf_mesh_key_refresh_phase_t kr_phase)
{
    (void)p_beacon_info;
    (void)kr_phase;
    return NRF_ERROR_NOT_SUPPORTED;
}

uint32_t proxy_node_id_disable(void)
{
    return NRF_ERROR_NOT_SUPPORTED;
}

bool proxy_is_enabled(void)
{
    return false;
}

bool proxy_is_connected(void)
{
    return false;
}

uint32_t proxy_disconnect(void)
{
    return NRF_ERROR_NOT_SUPPORTED;
}

#endif

uint32_t mesh_opt_gatt_proxy_get(bool *p_enabled)
{
    if (p_enabled == NULL) {
        return NRF_ERROR_NULL;
    }
    *p_enabled = proxy_is_enabled();
    return NRF_SUCCESS;
}
