/*
 * The composition: elements and models as they were added, made into the core's node in memory
 * (usher_mesh_init()). Called by mesh_stack_init() when all are known; one that is added later, to
 * an unprovisioned device, has it made again.
 */
#include "access_parts.h"

#include <string.h>

#define RPL_STORE_MS 1000u

bool access_is_open(void)
{
    return !dsm_is_node();
}

/* -- the parts --------------------------------------------------------------------------------- */

static void elements_fill(struct access_state *s)
{
    unsigned at = 0;

    for (unsigned e = 0; e < ACCESS_ELEMENT_COUNT; e++) {
        unsigned first = at;

        for (unsigned i = 0; i < ACCESS_MODEL_COUNT; i++) {
            if (s->models[i].model != NULL && s->models[i].element_index == e) {
                s->order[at++] = s->models[i].model;
            }
        }
        s->elements[e] = (struct usher_element){ .location = s->locations[e],
                                                 .model_count = (uint8_t)(at - first),
                                                 .models = &s->order[first] };
    }
    s->composition = (struct usher_composition){ .cid = DEVICE_COMPANY_ID,
                                                 .pid = DEVICE_PRODUCT_ID,
                                                 .vid = DEVICE_VERSION_ID,
                                                 .element_count = ACCESS_ELEMENT_COUNT,
                                                 .elements = s->elements };
}

static void tables_fill(struct access_state *s, struct dsm_state *d)
{
    s->tables = (struct usher_mesh_tables){ .subnets = d->subnets,
                                            .appkeys = d->appkeys,
                                            .rpl = s->rpl,
                                            .net_tx = s->net_tx,
                                            .sar_tx = s->sar_tx,
                                            .sar_rx = s->sar_rx,
                                            .access_tx = s->replies,
                                            .subnet_count = DSM_SUBNET_MAX,
                                            .appkey_count = DSM_APP_MAX,
                                            .rpl_size = REPLAY_CACHE_ENTRIES,
                                            .net_tx_size = ACCESS_NET_TX,
                                            .sar_tx_size = TRANSPORT_SAR_SESSIONS_MAX,
                                            .sar_rx_size = TRANSPORT_SAR_SESSIONS_MAX,
                                            .access_tx_size = ACCESS_REPLIES };
}

static struct usher_mesh_config config_of(struct nrf_mesh_stack *s)
{
    bool proxy = MESH_FEATURE_GATT_PROXY_ENABLED && s->usher.gatt != NULL;

    return (struct usher_mesh_config){
        .composition = &s->access.composition,
        .tables = &s->access.tables,
        .features = (uint16_t)((MESH_FEATURE_RELAY_ENABLED ? USHER_FEATURE_RELAY : 0) |
                               (proxy ? USHER_FEATURE_PROXY : 0)),
        .rpl_store_ms = RPL_STORE_MS,
        .device_key = dsm_device_key,
        .listens = dsm_listens,
        .relay = layer_core_relay,
        .handler = layer_core_on_event,
        .user = s
    };
}

/* -- making it --------------------------------------------------------------------------------- */

/* What the core forgets when it makes the node, or finds none in storage: an unprovisioned device
 * may have been told already. */
struct kept {
    struct usher_publication publications[AT_LEAST_1(ACCESS_MODEL_COUNT)];
    struct usher_subscription subscriptions[AT_LEAST_1(ACCESS_MODEL_COUNT)][USHER_SUBSCRIPTIONS];
    uint8_t divisors[AT_LEAST_1(ACCESS_MODEL_COUNT)];
    struct usher_subnet subnets[AT_LEAST_1(DSM_SUBNET_MAX)];
    struct usher_appkey appkeys[AT_LEAST_1(DSM_APP_MAX)];
    struct usher_iv iv;
};

static void keep(const struct nrf_mesh_stack *s, struct kept *kept)
{
    memset(kept, 0, sizeof(*kept));
    for (unsigned i = 0; i < ACCESS_MODEL_COUNT; i++) {
        const struct usher_model *model = s->access.models[i].model;

        if (model != NULL) {
            kept->publications[i] = model->publication;
            kept->divisors[i] = model->period_divisor;
            memcpy(kept->subscriptions[i], model->subscriptions, sizeof(model->subscriptions));
        }
    }
    memcpy(kept->subnets, s->dsm.subnets, sizeof(kept->subnets));
    memcpy(kept->appkeys, s->dsm.appkeys, sizeof(kept->appkeys));
    kept->iv = s->mesh.net.iv;
}

static void restore(struct nrf_mesh_stack *s, const struct kept *kept)
{
    for (unsigned i = 0; i < ACCESS_MODEL_COUNT; i++) {
        struct usher_model *model = s->access.models[i].model;

        if (model != NULL) {
            model->publication = kept->publications[i];
            model->period_divisor = kept->divisors[i];
            memcpy(model->subscriptions, kept->subscriptions[i], sizeof(model->subscriptions));
            manage_changed(model);
        }
    }
    memcpy(s->dsm.subnets, kept->subnets, sizeof(kept->subnets));
    memcpy(s->dsm.appkeys, kept->appkeys, sizeof(kept->appkeys));
    s->mesh.net.iv = kept->iv;
    s->mesh.net.default_ttl = s->access.default_ttl;
}

uint32_t access_compose(void)
{
    struct nrf_mesh_stack *s = layer_stack();
    struct usher_mesh_config config = config_of(s);
    struct kept kept;
    uint32_t err;

    if (s->usher.port == NULL) {
        return NRF_ERROR_INVALID_STATE;
    }
    if (!access_is_open()) {
        return NRF_ERROR_FORBIDDEN;
    }
    elements_fill(&s->access);
    tables_fill(&s->access, &s->dsm);
    keep(s, &kept);
    err = (uint32_t)usher_mesh_init(&s->mesh, &s->usher, &config);
    s->access.composed = err == NRF_SUCCESS;
    if (err == NRF_SUCCESS) {
        restore(s, &kept);
    }
    s->usher.port->crypto->wipe(&kept, sizeof(kept));
    return err;
}

uint32_t access_load(void)
{
    struct nrf_mesh_stack *s = layer_stack();
    struct kept kept;
    uint32_t err;

    keep(s, &kept);
    err = (uint32_t)usher_mesh_load(&s->mesh);
    if (err != NRF_SUCCESS) {
        restore(s, &kept);
    }
    s->usher.port->crypto->wipe(&kept, sizeof(kept));
    return err;
}

uint32_t access_recompose(void)
{
    return layer_stack()->access.composed ? access_compose() : NRF_SUCCESS;
}
