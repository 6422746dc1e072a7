/*
 * A lamp that is a program against the API with both features of GATT, behind a simulated
 * controller or a radio without GATT, and a phone, which is the core alone, on one air. Calls of
 * the API go to the lamp.
 */
#ifndef GATT_RIG_H
#define GATT_RIG_H

#include "nodes.h"
#include "rig.h"

enum { PHONE, LAMP, COUNT }; /* of the core's nodes the second is only an address and a key */

struct lamp {
    bool gatt; /* its radio has it */
    struct nrf_mesh_stack *stack, *before;
    struct hciport hci;
    struct simport sim;
    struct rig_store store;
    bool on;
    nrf_mesh_rx_source_t source; /* of the last message */
    unsigned messages, stable;   /* CONFIG_STABLE */
    config_server_evt_t set;     /* GATT Proxy or Node Identity */
    /* What was told, in order: Enabled, Disabled, Proxy stopped, identification Start and sTop,
     * Opt set, Abort, Complete. */
    char told[32];
};
extern struct lamp lamp;

struct phone {
    struct nodes *all;
    struct usher_session session;
    bool heard[2], complete, closed; /* heard: the lamp's beacon, its PB-GATT */
    struct usher_ble_addr peer;
    bool silent; /* answers nothing */
    uint8_t close_reason;
    bool found; /* the lamp as a proxy: by its network or by its identity */
    uint16_t found_address;
    uint8_t conn;
};
extern struct phone phone;

/** The static OOB of the lamp, which the phone knows. */
extern const uint8_t gatt_static_oob[16];

/** Everything, with the lamp's stack made; the lamp's radio has GATT or not. */
void gatt_begin(bool gatt);
/** The same, and the lamp is a node, provisioned over PB-GATT; the phone is in its network, but for
 * the advertising bearer. */
void gatt_begin_as_node(void);
void gatt_end(void);
/** Lets @p ms of virtual time pass. */
void gatt_run(uint64_t ms);

/** What the lamp was told since this was called last, in order: Enabled, Disabled, Proxy stopped,
 * identification Start and sTop, Opt set, Abort, Complete. */
void lamp_assert_told(const char *what);
void lamp_switch_on(struct nodes *all);
void lamp_switch_off(void);
void lamp_wait_for_provisioner(void);

struct node *phone_node(void);
/** Fails unless the lamp is heard as a device, on PB-GATT or by its beacon. */
void phone_look_for_device(bool gatt);
/** From looking for it until the link is closed. */
void phone_provision(bool gatt);
/** Looks for a proxy of the network, or for that of the lamp. @retval false  None was heard. */
bool phone_look_for_proxy(bool by_identity);
void phone_connect(void);
bool phone_is_connected(void);
/** Asks the lamp's configuration server. */
const struct usher_config_msg *phone_ask(const struct usher_config_msg *question);
#define ASK(...) phone_ask(&(struct usher_config_msg){ __VA_ARGS__ })

#endif
