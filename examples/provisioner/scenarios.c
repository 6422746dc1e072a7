/*
 * The kinds of devices that this network has a place for (scenarios.h). One row more is one kind
 * more; SCENARIO_COUNT counts them.
 */
#include "scenarios.h"

#include "enc.h"
#include "example_common.h"
#include "example_network_config.h"
#include "generic_onoff_client.h"
#include "generic_onoff_server.h"
#include "nrf_mesh_defines.h"

#include <string.h>

#define TWO_SWITCHES                                                                               \
    .client = true, .model_count = 2,                                                              \
    .models = { { 1, GENERIC_ONOFF_CLIENT_MODEL_ID }, { 2, GENERIC_ONOFF_CLIENT_MODEL_ID } }

/* All kinds of clients have their addresses from one range: each gets what the counters of all of
 * them together leave (see the record in network.c). */
const struct scenario scenarios[SCENARIO_COUNT] = {
    { .p_uri = EX_URI_LS_CLIENT,
      .p_name = "light switch client",
      .first_address = CLIENT_INITIAL_ADDRESS,
      .address_step = CLIENT_ADDRESS_STEP,
      TWO_SWITCHES },
    { .p_uri = EX_URI_ENOCEAN,
      .p_name = "EnOcean switch",
      .first_address = CLIENT_INITIAL_ADDRESS,
      .address_step = CLIENT_ADDRESS_STEP,
      TWO_SWITCHES },
    { .p_uri = EX_URI_LPN,
      .p_name = "low power switch",
      .first_address = CLIENT_INITIAL_ADDRESS,
      .address_step = CLIENT_ADDRESS_STEP,
      .client = true,
      .model_count = 1,
      .models = { { 1, GENERIC_ONOFF_CLIENT_MODEL_ID } } },
    { .p_uri = EX_URI_LS_SERVER,
      .p_name = "light switch server",
      .first_address = ONOFF_SERVER_INITIAL_ADDRESS,
      .address_step = 1,
      .client = false,
      .model_count = 1,
      .models = { { 0, GENERIC_ONOFF_SERVER_MODEL_ID } } },
};

/* A URI's hash, as beacons have it: the first octets of its s1. */
static void hash_of(const struct scenario *p_scenario, uint8_t *p_hash)
{
    uint8_t salt[NRF_MESH_KEY_SIZE];

    enc_s1((const uint8_t *)p_scenario->p_uri, (uint16_t)strlen(p_scenario->p_uri), salt);
    memcpy(p_hash, salt, NRF_MESH_BEACON_UNPROV_URI_HASH_SIZE);
}

uint8_t scenario_by_hash(const uint8_t *p_uri_hash)
{
    uint8_t hash[NRF_MESH_BEACON_UNPROV_URI_HASH_SIZE];

    for (uint8_t i = 0; i < SCENARIO_COUNT; i++) {
        hash_of(&scenarios[i], hash);
        if (memcmp(hash, p_uri_hash, sizeof(hash)) == 0) {
            return i;
        }
    }
    return SCENARIO_COUNT;
}

bool scenarios_differ(void)
{
    uint8_t hash[NRF_MESH_BEACON_UNPROV_URI_HASH_SIZE];

    for (uint8_t i = 0; i < SCENARIO_COUNT; i++) {
        hash_of(&scenarios[i], hash);
        if (scenario_by_hash(hash) != i) {
            return false;
        }
    }
    return true;
}

static uint16_t client_group(uint16_t address)
{
    return address % 2 == 0 ? CLIENT_PUB_GROUP_ADDRESS_EVEN : CLIENT_PUB_GROUP_ADDRESS_ODD;
}

static uint16_t server_group(uint16_t address)
{
    return address % 2 == 0 ? SERVER_PUB_GROUP_ADDRESS_EVEN : SERVER_PUB_GROUP_ADDRESS_ODD;
}

uint16_t scenario_publish_group(const struct scenario *p_scenario, uint16_t element_address)
{
    return p_scenario->client ? client_group(element_address) : server_group(element_address);
}

uint16_t scenario_subscribe_group(const struct scenario *p_scenario, uint16_t element_address)
{
    return p_scenario->client ? server_group(element_address) : client_group(element_address);
}
