/*
 * The network that the provisioner makes.
 */
#ifndef EXAMPLE_NETWORK_CONFIG_H__
#define EXAMPLE_NETWORK_CONFIG_H__

#define MAX_PROVISIONEE_NUMBER 40
#define GROUP_ADDR_COUNT 4

#define NETKEY_INDEX 0
#define APPKEY_INDEX 0

/* Who switches whom: elements with an even address and those with an odd one are two networks of
 * lamps and switches. */
#define CLIENT_PUB_GROUP_ADDRESS_EVEN 0xC002
#define CLIENT_PUB_GROUP_ADDRESS_ODD 0xC003
#define SERVER_PUB_GROUP_ADDRESS_EVEN 0xC004
#define SERVER_PUB_GROUP_ADDRESS_ODD 0xC005

#define PROVISIONER_ADDRESS 0x0001
#define CLIENT_INITIAL_ADDRESS 0x0100
#define CLIENT_ADDRESS_STEP 4
#define ONOFF_SERVER_INITIAL_ADDRESS 0x0201

#define ATTENTION_DURATION_S 5

/** Tries after the first one, to provision and for each step of a configuration. */
#define PROVISIONER_RETRY_COUNT 2
/* When a step could not be sent. */
#define CLIENT_BUSY_SEND_RETRY_LIMIT 3
#define CLIENT_BUSY_SEND_RETRY_DELAY_MS 5000

#define NETWORK_TRANSMIT_COUNT 2
#define NETWORK_TRANSMIT_INTERVAL_STEPS 1
/** Of the nodes' Health Servers, in steps of 10 s. */
#define HEALTH_PUBLISH_PERIOD_STEPS 1
#define PUBLISH_RETRANSMIT_COUNT 1

#endif
