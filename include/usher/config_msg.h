/*
 * The messages of the Configuration models as one struct (Mesh Protocol 1.1, section 4.3.2): which
 * members count follows from the opcode. src/model/config_pdu.c reads and writes them, from one
 * description each.
 */
#ifndef USHER_CONFIG_MSG_H
#define USHER_CONFIG_MSG_H

#include <usher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define USHER_CONFIG_LIST_MAX 252 /**< the key indexes that fit into one message; or addresses */

enum usher_config_opcode {
    USHER_CONFIG_APPKEY_ADD = 0x00,
    USHER_CONFIG_APPKEY_UPDATE = 0x01,
    USHER_CONFIG_COMPOSITION_STATUS = 0x02,
    USHER_CONFIG_PUBLICATION_SET = 0x03,
    USHER_CONFIG_HEARTBEAT_PUB_STATUS = 0x06,
    USHER_CONFIG_APPKEY_DELETE = 0x8000,
    USHER_CONFIG_APPKEY_GET = 0x8001,
    USHER_CONFIG_APPKEY_LIST = 0x8002,
    USHER_CONFIG_APPKEY_STATUS = 0x8003,
    USHER_CONFIG_COMPOSITION_GET = 0x8008,
    USHER_CONFIG_BEACON_GET = 0x8009,
    USHER_CONFIG_BEACON_SET = 0x800A,
    USHER_CONFIG_BEACON_STATUS = 0x800B,
    USHER_CONFIG_TTL_GET = 0x800C,
    USHER_CONFIG_TTL_SET = 0x800D,
    USHER_CONFIG_TTL_STATUS = 0x800E,
    USHER_CONFIG_FRIEND_GET = 0x800F,
    USHER_CONFIG_FRIEND_SET = 0x8010,
    USHER_CONFIG_FRIEND_STATUS = 0x8011,
    USHER_CONFIG_PROXY_GET = 0x8012,
    USHER_CONFIG_PROXY_SET = 0x8013,
    USHER_CONFIG_PROXY_STATUS = 0x8014,
    USHER_CONFIG_KEY_REFRESH_GET = 0x8015,
    USHER_CONFIG_KEY_REFRESH_SET = 0x8016,
    USHER_CONFIG_KEY_REFRESH_STATUS = 0x8017,
    USHER_CONFIG_PUBLICATION_GET = 0x8018,
    USHER_CONFIG_PUBLICATION_STATUS = 0x8019,
    USHER_CONFIG_PUBLICATION_VIRTUAL_SET = 0x801A,
    USHER_CONFIG_SUBSCRIPTION_ADD = 0x801B,
    USHER_CONFIG_SUBSCRIPTION_DELETE = 0x801C,
    USHER_CONFIG_SUBSCRIPTION_DELETE_ALL = 0x801D,
    USHER_CONFIG_SUBSCRIPTION_OVERWRITE = 0x801E,
    USHER_CONFIG_SUBSCRIPTION_STATUS = 0x801F,
    USHER_CONFIG_SUBSCRIPTION_VIRTUAL_ADD = 0x8020,
    USHER_CONFIG_SUBSCRIPTION_VIRTUAL_DELETE = 0x8021,
    USHER_CONFIG_SUBSCRIPTION_VIRTUAL_OVERWRITE = 0x8022,
    USHER_CONFIG_NET_TRANSMIT_GET = 0x8023,
    USHER_CONFIG_NET_TRANSMIT_SET = 0x8024,
    USHER_CONFIG_NET_TRANSMIT_STATUS = 0x8025,
    USHER_CONFIG_RELAY_GET = 0x8026,
    USHER_CONFIG_RELAY_SET = 0x8027,
    USHER_CONFIG_RELAY_STATUS = 0x8028,
    USHER_CONFIG_SIG_SUBSCRIPTION_GET = 0x8029,
    USHER_CONFIG_SIG_SUBSCRIPTION_LIST = 0x802A,
    USHER_CONFIG_VENDOR_SUBSCRIPTION_GET = 0x802B,
    USHER_CONFIG_VENDOR_SUBSCRIPTION_LIST = 0x802C,
    USHER_CONFIG_LPN_TIMEOUT_GET = 0x802D,
    USHER_CONFIG_LPN_TIMEOUT_STATUS = 0x802E,
    USHER_CONFIG_HEARTBEAT_PUB_GET = 0x8038,
    USHER_CONFIG_HEARTBEAT_PUB_SET = 0x8039,
    USHER_CONFIG_HEARTBEAT_SUB_GET = 0x803A,
    USHER_CONFIG_HEARTBEAT_SUB_SET = 0x803B,
    USHER_CONFIG_HEARTBEAT_SUB_STATUS = 0x803C,
    USHER_CONFIG_MODEL_APP_BIND = 0x803D,
    USHER_CONFIG_MODEL_APP_STATUS = 0x803E,
    USHER_CONFIG_MODEL_APP_UNBIND = 0x803F,
    USHER_CONFIG_NETKEY_ADD = 0x8040,
    USHER_CONFIG_NETKEY_DELETE = 0x8041,
    USHER_CONFIG_NETKEY_GET = 0x8042,
    USHER_CONFIG_NETKEY_LIST = 0x8043,
    USHER_CONFIG_NETKEY_STATUS = 0x8044,
    USHER_CONFIG_NETKEY_UPDATE = 0x8045,
    USHER_CONFIG_IDENTITY_GET = 0x8046,
    USHER_CONFIG_IDENTITY_SET = 0x8047,
    USHER_CONFIG_IDENTITY_STATUS = 0x8048,
    USHER_CONFIG_NODE_RESET = 0x8049,
    USHER_CONFIG_NODE_RESET_STATUS = 0x804A,
    USHER_CONFIG_SIG_APP_GET = 0x804B,
    USHER_CONFIG_SIG_APP_LIST = 0x804C,
    USHER_CONFIG_VENDOR_APP_GET = 0x804D,
    USHER_CONFIG_VENDOR_APP_LIST = 0x804E,
};

/** One message, host byte order. Members that a message does not have are not touched. */
struct usher_config_msg {
    uint32_t opcode;         /**< enum usher_config_opcode */
    uint8_t status;          /**< enum usher_status */
    uint16_t element;        /**< element address */
    uint16_t company, model; /**< company USHER_SIG (0xFFFF): a SIG model */
    uint16_t net_index, app_index;
    uint8_t key[16];
    uint16_t address; /**< publish, subscription or heartbeat destination */
    uint8_t label[16];
    uint16_t source; /**< heartbeat subscription */
    uint8_t ttl, period, retransmit, credentials;
    uint8_t state;    /**< beacon, TTL, proxy, friend, relay, identity, phase, transition, page */
    uint8_t transmit; /**< network transmit; relay retransmit */
    uint8_t count_log, period_log, min_hops, max_hops;
    uint16_t features;
    uint16_t lpn;
    uint32_t poll_timeout; /**< units of 100 ms */
    uint16_t list_count;
    uint16_t list[USHER_CONFIG_LIST_MAX]; /**< key indexes or addresses */
    const uint8_t *data;                  /**< composition page: the rest of the message */
    uint16_t data_len;
};

#ifdef __cplusplus
}
#endif

#endif
