/*
 * Two nodes on a simulated air, for tests of the Configuration models: device 0, at 0x0001, has the
 * Configuration Client, and device 1, at 0x0011, is configured. It has a Generic OnOff Server and a
 * vendor's model on its primary element.
 */
#ifndef CONFIG_RIG_H
#define CONFIG_RIG_H

#include "config_client.h"
#include "config_server_events.h"
#include "rig.h"

#define CLIENT 0u
#define SERVER 1u
#define SERVER_ADDRESS 0x0011u
#define VENDOR_COMPANY 0x0059u
#define VENDOR_MODEL 0x1234u

/** What the client was told last, and how often. */
struct config_told {
    unsigned count;
    config_client_event_type_t type;
    bool has_event;
    config_opcode_t opcode;
    uint16_t length;
    union {
        config_msg_t msg;
        uint8_t octets[USHER_ACCESS_MAX];
    } params;
};
extern struct config_told config_told;
/** Called within the client's event, if it is set. */
extern void (*config_on_told)(void);

/** What the server told last, and how often. */
extern config_server_evt_t config_served;
extern unsigned config_served_count;
extern heartbeat_publication_state_t config_served_publication;
extern heartbeat_subscription_state_t config_served_subscription;

/** Handles on the client, of the server's. */
extern dsm_handle_t config_devkey, config_address;

/** The client is entered, and the server chosen and bound. */
struct rig *config_rig_new(void);

/** A question was asked with this code: awaits its answer, which must have this opcode. */
void config_answered(struct rig *rig, uint32_t err, config_opcode_t opcode);

extern const access_model_id_t config_onoff, config_vendor;

#endif
