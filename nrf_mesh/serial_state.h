/*
 * What serial.c and its parts have of a node: the device's end of the serial interface with its
 * sessions and its ring, the beacons that the host has started, and what the host was told to keep.
 * Only in programs that link usher_nrf_mesh_serial. See stack.h.
 */
#ifndef SERIAL_STATE_H
#define SERIAL_STATE_H

#include "nrf_mesh_config_serial.h"
#include "nrf_mesh_events.h"
#include "nrf_mesh_serial.h"
#include "serial_handler_models.h"

#include <usher/serial.h>

/** Ranges of commands that are executed here. */
#define SERIAL_HANDLERS 4

/** An advertisement of the host's. */
struct serial_beacon {
    struct usher_own_adv adv;
    uint8_t channel_map; /* as it was set */
};

/** The network state as the host was told it: it keeps that for us. */
struct serial_told {
    bool begun; /* the node was on the air, and all was told once */
    bool iv;    /* the IV Index was told since it was forgotten */
    uint32_t iv_index;
    bool iv_updating;
    uint32_t seq;        /* the next number, when we looked last */
    uint32_t next_block; /* those below may have been used */
};

struct serial_state {
    nrf_mesh_serial_state_t state;
    nrf_mesh_serial_app_rx_cb_t app_rx_cb;
    void (*kick)(void *ctx); /* nrf_mesh_on_serial() */
    void *kick_ctx;
    struct usher_serial target;
    struct usher_session sessions[CONFIG_NUM_PROV_CONTEXTS];
    uint8_t tx[NRF_MESH_SERIAL_TX_SIZE];
    struct usher_serial_handler handlers[SERIAL_HANDLERS];
    nrf_mesh_evt_handler_t event_handler;
    struct serial_beacon beacons[NRF_MESH_SERIAL_BEACON_SLOTS];
    struct serial_told told;
    const serial_handler_models_info_t *models[AT_LEAST_1(ACCESS_MODEL_COUNT)];
    uint16_t model_count;
    union { /* of the command under way */
        serial_cmd_model_specific_init_t init;
        serial_cmd_model_specific_command_t command;
    } model;
    serial_evt_cmd_rsp_data_model_cmd_t model_answer;
    uint8_t answer[USHER_SERIAL_ANSWER_MAX];
};

#endif
