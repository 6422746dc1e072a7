/*
 * Provisioning (provisioner_helper.h): one context over PB-ADV, with static OOB. A device that is
 * lost before it is a node is scanned for again; the next try gives it another address, since it
 * may have taken the first one.
 */
#include "provisioner_helper.h"

#include "device_state_manager.h"
#include "example_common.h"
#include "example_network_config.h"
#include "log.h"
#include "mesh_app_utils.h"
#include "network.h"
#include "nrf_mesh_config_app.h"
#include "nrf_mesh_prov.h"
#include "nrf_mesh_prov_bearer_adv.h"

#include <string.h>

typedef enum {
    PROV_STATE_IDLE,
    PROV_STATE_SCANNING,
    PROV_STATE_PROVISIONING, /* until the device is a node */
    PROV_STATE_COMPLETE,     /* until the link is closed */
} prov_state_t;

static struct {
    nrf_mesh_prov_ctx_t ctx;
    nrf_mesh_prov_bearer_adv_t bearer_adv;
    uint8_t public_key[NRF_MESH_PROV_PUBKEY_SIZE];
    uint8_t private_key[NRF_MESH_PROV_PRIVKEY_SIZE];
    prov_helper_success_cb_t success_cb;
    prov_helper_failure_cb_t failure_cb;
    prov_state_t state;
    uint8_t retries_left;
    uint8_t scenario;
    uint16_t address;
} prov;

static void on_event(const nrf_mesh_prov_evt_t *p_evt);

static void scan(void)
{
    prov.state = PROV_STATE_SCANNING;
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Scanning for devices\n");
    ERROR_CHECK(nrf_mesh_prov_scan_start(on_event));
}

static void try_again(void)
{
    if (prov.retries_left > 0) {
        prov.retries_left--;
        scan();
    } else {
        prov.state = PROV_STATE_IDLE;
        prov.failure_cb();
    }
}

static void provision(const uint8_t *p_uuid, uint8_t scenario)
{
    nrf_mesh_prov_provisioning_data_t data;
    uint32_t status;

    prov.state = PROV_STATE_PROVISIONING;
    prov.scenario = scenario;
    prov.address = network_address_give(scenario);
    memset(&data, 0, sizeof(data));
    memcpy(data.netkey, network()->netkey, sizeof(data.netkey));
    data.netkey_index = NETKEY_INDEX;
    data.address = prov.address;
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Provisioning a %s as 0x%04x\n", scenarios[scenario].p_name,
          prov.address);
    ERROR_CHECK(nrf_mesh_prov_generate_keys(prov.public_key, prov.private_key));
    status = nrf_mesh_prov_provision(&prov.ctx, p_uuid, ATTENTION_DURATION_S, &data,
                                     NRF_MESH_PROV_BEARER_ADV);
    memset(&data, 0, sizeof(data));
    if (status != NRF_SUCCESS) {
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "No link: %u\n", (unsigned)status);
        try_again();
    }
}

static void on_beacon(const nrf_mesh_prov_evt_unprov_t *p_beacon)
{
    uint8_t scenario =
        p_beacon->uri_hash_present ? scenario_by_hash(p_beacon->uri_hash) : SCENARIO_COUNT;

    if (prov.state == PROV_STATE_SCANNING && scenario < SCENARIO_COUNT) {
        uint8_t uuid[NRF_MESH_UUID_SIZE];

        memcpy(uuid, p_beacon->device_uuid, sizeof(uuid));
        nrf_mesh_prov_scan_stop();
        provision(uuid, scenario);
    }
}

static void on_complete(const nrf_mesh_prov_evt_complete_t *p_complete)
{
    dsm_handle_t handle;

    prov.state = PROV_STATE_COMPLETE;
    ERROR_CHECK(dsm_address_publish_add(prov.address, &handle));
    ERROR_CHECK(dsm_devkey_add(prov.address, network_subnet(), p_complete->p_devkey, &handle));
    network_provisioned(prov.address, prov.scenario);
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Node 0x%04x is provisioned\n", prov.address);
}

static void on_link_closed(const nrf_mesh_prov_evt_link_closed_t *p_closed)
{
    if (prov.state == PROV_STATE_COMPLETE) {
        prov.state = PROV_STATE_IDLE;
        prov.success_cb(prov.address);
    } else {
        __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "Provisioning failed; the link was closed with %d\n",
              (int)p_closed->close_reason);
        try_again();
    }
}

static void on_event(const nrf_mesh_prov_evt_t *p_evt)
{
    static const uint8_t static_auth_data[PROV_AUTH_LEN] = STATIC_AUTH_DATA;

    switch (p_evt->type) {
    case NRF_MESH_PROV_EVT_UNPROVISIONED_RECEIVED:
        on_beacon(&p_evt->params.unprov);
        break;
    case NRF_MESH_PROV_EVT_CAPS_RECEIVED:
        /* A device without static OOB is not one of ours: it waits here until the link times out.
         */
        (void)nrf_mesh_prov_oob_use(p_evt->params.oob_caps_received.p_context,
                                    NRF_MESH_PROV_OOB_METHOD_STATIC, 0, PROV_AUTH_LEN);
        break;
    case NRF_MESH_PROV_EVT_STATIC_REQUEST:
        ERROR_CHECK(nrf_mesh_prov_auth_data_provide(p_evt->params.static_request.p_context,
                                                    static_auth_data, sizeof(static_auth_data)));
        break;
    case NRF_MESH_PROV_EVT_COMPLETE:
        on_complete(&p_evt->params.complete);
        break;
    case NRF_MESH_PROV_EVT_LINK_CLOSED:
        on_link_closed(&p_evt->params.link_closed);
        break;
    default:
        break;
    }
}

void prov_helper_init(prov_helper_success_cb_t success_cb, prov_helper_failure_cb_t failure_cb)
{
    static const nrf_mesh_prov_oob_caps_t caps =
        NRF_MESH_PROV_OOB_CAPS_DEFAULT(ACCESS_ELEMENT_COUNT);

    prov.success_cb = success_cb;
    prov.failure_cb = failure_cb;
    ERROR_CHECK(nrf_mesh_prov_init(&prov.ctx, prov.public_key, prov.private_key, &caps, on_event));
    ERROR_CHECK(nrf_mesh_prov_bearer_add(&prov.ctx,
                                         nrf_mesh_prov_bearer_adv_interface_get(&prov.bearer_adv)));
}

void prov_helper_provision_next_device(uint8_t retry_count)
{
    if (prov.state == PROV_STATE_IDLE) {
        prov.retries_left = retry_count;
        scan();
    }
}
