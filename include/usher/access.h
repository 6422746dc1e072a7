/*
 * What passes between the transport layer and what is above it (Mesh Protocol 1.1, section 3.6.2):
 * an access message, where one is to go, and the status codes of key management, which the
 * foundation models and the local user share.
 */
#ifndef USHER_ACCESS_H
#define USHER_ACCESS_H

#include <usher/net.h>
#include <usher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define USHER_LABEL_SIZE 16

#define USHER_KEY_DEVICE 0xFFFEu        /**< key of a message: our device key */
#define USHER_KEY_REMOTE_DEVICE 0xFFFFu /**< ... the device key of the other node */

/** Status codes of the foundation models (table 4.287). */
enum usher_status {
    USHER_STATUS_SUCCESS = 0x00,
    USHER_STATUS_INVALID_ADDRESS = 0x01,
    USHER_STATUS_INVALID_MODEL = 0x02,
    USHER_STATUS_INVALID_APPKEY = 0x03,
    USHER_STATUS_INVALID_NETKEY = 0x04,
    USHER_STATUS_INSUFFICIENT_RESOURCES = 0x05,
    USHER_STATUS_KEY_INDEX_STORED = 0x06,
    USHER_STATUS_INVALID_PUBLISH = 0x07,
    USHER_STATUS_NOT_SUBSCRIBE = 0x08,
    USHER_STATUS_STORAGE_FAILURE = 0x09,
    USHER_STATUS_FEATURE_UNSUPPORTED = 0x0A,
    USHER_STATUS_CANNOT_UPDATE = 0x0B,
    USHER_STATUS_CANNOT_REMOVE = 0x0C,
    USHER_STATUS_CANNOT_BIND = 0x0D,
    USHER_STATUS_TEMPORARILY_UNABLE = 0x0E,
    USHER_STATUS_CANNOT_SET = 0x0F,
    USHER_STATUS_UNSPECIFIED = 0x10,
    USHER_STATUS_INVALID_BINDING = 0x11,
};

/** A message that a model receives. */
struct usher_message {
    uint32_t opcode;
    uint16_t src, dst;
    const uint8_t *label; /**< 16 octets if dst is virtual, else NULL */
    uint16_t net_index;
    uint16_t key;          /**< AppKey index, USHER_KEY_DEVICE or USHER_KEY_REMOTE_DEVICE */
    uint8_t ttl;           /**< as received */
    const uint8_t *params; /**< after the opcode; good during the call */
    size_t len;
};

/** Where and how a message is sent. */
struct usher_target {
    uint16_t dst;
    const uint8_t *label; /**< for a virtual dst */
    uint16_t net_index;
    uint16_t key;   /**< as in struct usher_message; REMOTE_DEVICE: looked up by dst */
    uint8_t ttl;    /**< 0, 2..127; 255: Default TTL */
    bool segmented; /**< even if it would fit into one PDU */
};

#ifdef __cplusplus
}
#endif

#endif
