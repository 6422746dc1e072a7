/*
 * The Configuration Server inside: a question on its way to an answer, and the acts of the
 * messages, each in the file of its topic. A message is read into struct usher_config_msg; its act
 * changes what it asks for and makes an answer of the same struct.
 */
#ifndef CONFIG_SERVER_H
#define CONFIG_SERVER_H

#include "config_pdu.h"
#include "model.h"

#define COMPOSITION_MAX (USHER_ACCESS_MAX - 2u) /* opcode and page number */

struct config_call {
    struct usher_mesh *mesh;
    const struct usher_message *message;
    struct usher_config_msg msg;   /* the question; then the answer. Its opcode is the answer's */
    bool ignored;                  /* a prohibited value after all: there is no answer */
    uint8_t page[COMPOSITION_MAX]; /* what msg.data points to */
};

/** Questions and their acts: ACT(message, act). */
#define CONFIG_ACTS(ACT)                                                                           \
    /* config_server.c */                                                                          \
    ACT(COMPOSITION_GET, composition_get)                                                          \
    ACT(BEACON_GET, beacon_get)                                                                    \
    ACT(BEACON_SET, beacon_set)                                                                    \
    ACT(TTL_GET, ttl_get)                                                                          \
    ACT(TTL_SET, ttl_set)                                                                          \
    ACT(PROXY_GET, proxy_get)                                                                      \
    ACT(PROXY_SET, proxy_set)                                                                      \
    ACT(FRIEND_GET, friend_get)                                                                    \
    ACT(FRIEND_SET, friend_get)                                                                    \
    ACT(RELAY_GET, relay_get)                                                                      \
    ACT(RELAY_SET, relay_set)                                                                      \
    ACT(NET_TRANSMIT_GET, net_transmit_get)                                                        \
    ACT(NET_TRANSMIT_SET, net_transmit_set)                                                        \
    ACT(LPN_TIMEOUT_GET, lpn_timeout_get)                                                          \
    ACT(NODE_RESET, node_reset)                                                                    \
    /* config_server_keys.c */                                                                     \
    ACT(NETKEY_ADD, netkey_add)                                                                    \
    ACT(NETKEY_UPDATE, netkey_update)                                                              \
    ACT(NETKEY_DELETE, netkey_delete)                                                              \
    ACT(NETKEY_GET, netkey_get)                                                                    \
    ACT(APPKEY_ADD, appkey_add)                                                                    \
    ACT(APPKEY_UPDATE, appkey_update)                                                              \
    ACT(APPKEY_DELETE, appkey_delete)                                                              \
    ACT(APPKEY_GET, appkey_get)                                                                    \
    ACT(IDENTITY_GET, identity_get)                                                                \
    ACT(IDENTITY_SET, identity_set)                                                                \
    ACT(KEY_REFRESH_GET, key_refresh_get)                                                          \
    ACT(KEY_REFRESH_SET, key_refresh_set)                                                          \
    /* config_server_models.c */                                                                   \
    ACT(PUBLICATION_GET, publication_get)                                                          \
    ACT(PUBLICATION_SET, publication_set)                                                          \
    ACT(PUBLICATION_VIRTUAL_SET, publication_virtual_set)                                          \
    ACT(SUBSCRIPTION_ADD, subscription_add)                                                        \
    ACT(SUBSCRIPTION_DELETE, subscription_delete)                                                  \
    ACT(SUBSCRIPTION_DELETE_ALL, subscription_delete_all)                                          \
    ACT(SUBSCRIPTION_OVERWRITE, subscription_overwrite)                                            \
    ACT(SUBSCRIPTION_VIRTUAL_ADD, subscription_virtual_add)                                        \
    ACT(SUBSCRIPTION_VIRTUAL_DELETE, subscription_virtual_delete)                                  \
    ACT(SUBSCRIPTION_VIRTUAL_OVERWRITE, subscription_virtual_overwrite)                            \
    ACT(SIG_SUBSCRIPTION_GET, subscription_get)                                                    \
    ACT(VENDOR_SUBSCRIPTION_GET, subscription_get)                                                 \
    ACT(MODEL_APP_BIND, app_bind)                                                                  \
    ACT(MODEL_APP_UNBIND, app_unbind)                                                              \
    ACT(SIG_APP_GET, app_get)                                                                      \
    ACT(VENDOR_APP_GET, app_get)                                                                   \
    /* config_server_heartbeat.c */                                                                \
    ACT(HEARTBEAT_PUB_GET, heartbeat_pub_get)                                                      \
    ACT(HEARTBEAT_PUB_SET, heartbeat_pub_set)                                                      \
    ACT(HEARTBEAT_SUB_GET, heartbeat_sub_get)                                                      \
    ACT(HEARTBEAT_SUB_SET, heartbeat_sub_set)

#define CONFIG_ACT_DECLARE(message, act) void config_##act(struct config_call *c);
CONFIG_ACTS(CONFIG_ACT_DECLARE)

/**
 * The page of the node's Composition Data with this number, or the highest one below that there is
 * (composition.c). Elements that do not fit completely are left out.
 *
 * @retval octets
 */
uint16_t composition_page(const struct usher_mesh *m, uint8_t *number,
                          uint8_t out[COMPOSITION_MAX]);

#endif
