/*
 * The record of the network (network.h): an entry of a file of the application's, stored with every
 * change, and before whatever rests on the change goes out.
 */
#include "network.h"

#include "access_config.h"
#include "config_server.h"
#include "example_network_config.h"
#include "mesh_app_utils.h"
#include "mesh_config_entry.h"
#include "mesh_opt.h"
#include "rand.h"

#include <string.h>

#define NETWORK_FILE_ID MESH_OPT_FIRST_FREE_ID
#define NETWORK_ENTRY_ID MESH_CONFIG_ENTRY_ID(NETWORK_FILE_ID, 0x0001)

static struct network record;
static dsm_handle_t subnet_handle = DSM_HANDLE_INVALID;

static uint32_t record_set(mesh_config_entry_id_t id, const void *p_entry)
{
    const struct network *p_new = p_entry;

    (void)id;
    if (p_new->last_scenario >= SCENARIO_COUNT ||
        p_new->configured_devices > p_new->provisioned_devices) {
        return NRF_ERROR_INVALID_DATA;
    }
    record = *p_new;
    return NRF_SUCCESS;
}

static void record_get(mesh_config_entry_id_t id, void *p_entry)
{
    (void)id;
    memcpy(p_entry, &record, sizeof(record));
}

static void record_delete(mesh_config_entry_id_t id)
{
    (void)id;
    memset(&record, 0, sizeof(record));
}

MESH_CONFIG_FILE(network_file, NETWORK_FILE_ID, MESH_CONFIG_STRATEGY_CONTINUOUS);
MESH_CONFIG_ENTRY(network, NETWORK_ENTRY_ID, 1, sizeof(struct network), record_set, record_get,
                  record_delete, false);

static void store(const struct network *p_new)
{
    ERROR_CHECK(mesh_config_entry_set(NETWORK_ENTRY_ID, p_new));
}

/* -- the network itself ------------------------------------------------------------------------ */

static uint32_t key_handles(dsm_handle_t *p_appkey, dsm_handle_t *p_devkey)
{
    subnet_handle = dsm_net_key_index_to_subnet_handle(NETKEY_INDEX);
    *p_appkey = dsm_appkey_index_to_appkey_handle(APPKEY_INDEX);
    return dsm_devkey_handle_get(PROVISIONER_ADDRESS, p_devkey);
}

static uint32_t provision_self(dsm_handle_t *p_appkey, dsm_handle_t *p_devkey)
{
    static const dsm_local_unicast_address_t own = { PROVISIONER_ADDRESS, ACCESS_ELEMENT_COUNT };
    struct network fresh;

    memset(&fresh, 0, sizeof(fresh));
    rand_hw_rng_get(fresh.netkey, sizeof(fresh.netkey));
    rand_hw_rng_get(fresh.appkey, sizeof(fresh.appkey));
    rand_hw_rng_get(fresh.self_devkey, sizeof(fresh.self_devkey));
    store(&fresh);
    RETURN_ON_ERROR(dsm_local_unicast_addresses_set(&own));
    RETURN_ON_ERROR(dsm_subnet_add(NETKEY_INDEX, record.netkey, &subnet_handle));
    RETURN_ON_ERROR(dsm_appkey_add(APPKEY_INDEX, subnet_handle, record.appkey, p_appkey));
    return dsm_devkey_add(PROVISIONER_ADDRESS, subnet_handle, record.self_devkey, p_devkey);
}

uint32_t network_start(bool provisioned, access_model_handle_t health_client_handle)
{
    dsm_handle_t appkey = DSM_HANDLE_INVALID;
    dsm_handle_t devkey = DSM_HANDLE_INVALID;

    if (provisioned) {
        struct network there;

        RETURN_ON_ERROR(mesh_config_entry_get(NETWORK_ENTRY_ID, &there));
        RETURN_ON_ERROR(key_handles(&appkey, &devkey));
    } else {
        RETURN_ON_ERROR(provision_self(&appkey, &devkey));
    }
    RETURN_ON_ERROR(access_model_application_bind(health_client_handle, appkey));
    RETURN_ON_ERROR(access_model_publish_application_set(health_client_handle, appkey));
    return config_server_bind(devkey);
}

void network_clear(void)
{
    (void)mesh_config_entry_delete(NETWORK_ENTRY_ID); /* fails if there is none */
}

const struct network *network(void)
{
    return &record;
}

dsm_handle_t network_subnet(void)
{
    return subnet_handle;
}

/* -- the work ---------------------------------------------------------------------------------- */

uint16_t network_address_give(uint8_t scenario)
{
    const struct scenario *p_scenario = &scenarios[scenario];
    struct network next = record;
    uint16_t before = 0;

    for (uint8_t i = 0; i < SCENARIO_COUNT; i++) {
        if (scenarios[i].first_address == p_scenario->first_address) {
            before = (uint16_t)(before + record.given[i]);
        }
    }
    next.given[scenario]++;
    store(&next);
    return (uint16_t)(p_scenario->first_address + before * p_scenario->address_step);
}

void network_provisioned(uint16_t address, uint8_t scenario)
{
    struct network next = record;

    next.last_address = address;
    next.last_scenario = scenario;
    next.provisioned_devices++;
    store(&next);
}

void network_configured(void)
{
    struct network next = record;

    next.configured_devices++;
    store(&next);
}

void network_given_up(void)
{
    struct network next = record;

    next.provisioned_devices--;
    store(&next);
}
