/*
 * The access layer as a model sees it (Mesh Protocol 1.1, sections 3.7 and 4.2): elements, models,
 * messages. Composition is the application's constant; what configuration changes (bindings,
 * subscriptions, publication) is in the model's own memory, and kept in storage by the node.
 */
#ifndef USHER_ACCESS_H
#define USHER_ACCESS_H

#include <usher/net.h>
#include <usher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct usher_mesh;
struct usher_model;

#define USHER_SIG 0xFFFFu /**< company of SIG models and opcodes */
#define USHER_LABEL_SIZE 16

/** Opcodes as numbers: 1 octet 0x00..0x7E, 2 octets 0x8000..0xBFFF, 3 octets USHER_OPCODE_VENDOR().
 */
#define USHER_OPCODE_VENDOR(op, company)                                                           \
    (0xC00000u | (uint32_t)((op)&0x3F) << 16 | (uint16_t)(company))

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

/** The table's words for a status; "unknown" for other numbers. */
const char *usher_status_name(uint8_t status);

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

/** One row of a model's opcode table. */
struct usher_opcode {
    uint32_t opcode;
    uint16_t len_min, len_max; /**< of the parameters; others are ignored */
    void (*handler)(struct usher_model *model, const struct usher_message *message);
};

/** Publication (4.2.3). Address 0: none. */
struct usher_publication {
    uint16_t address;
    uint8_t label[USHER_LABEL_SIZE]; /* if the address is virtual */
    uint16_t key;
    uint8_t credentials, ttl, period, retransmit;
};

/** A group or virtual address subscribed to. */
struct usher_subscription {
    uint16_t address; /* 0: free */
    uint8_t label[USHER_LABEL_SIZE];
};

#define USHER_MODEL_DEVICE_KEY 0x01u /**< accepts the device key only (Configuration) */
#define USHER_MODEL_NO_SUBSCRIBE 0x02u

/** One model on one element. */
struct usher_model {
    uint16_t company; /**< USHER_SIG, or a vendor's */
    uint16_t id;
    uint8_t flags;
    const struct usher_opcode *opcodes;
    uint8_t opcode_count;
    void *user; /**< the model's own */
    /** The publication period is due (or changed to 0: @p due false): publish with usher_publish().
     * May be NULL. */
    void (*publish_due)(struct usher_model *model);

    /* private: configuration, and where it stands */
    struct usher_mesh *mesh;
    uint8_t element; /* index */
    uint8_t model;   /* index in its element */
    bool dirty;
    uint16_t bindings[USHER_BINDINGS]; /* AppKey index + 1; 0: free */
    struct usher_subscription subscriptions[USHER_SUBSCRIPTIONS];
    struct usher_publication publication;
    uint8_t period_divisor; /* fast period of health faults */
    uint64_t publish_at;
    uint8_t retransmit_left;
    uint64_t retransmit_at;
    uint8_t retransmit_len;
    uint8_t retransmit_message[USHER_PUBLISH_MAX];
};

struct usher_element {
    uint16_t location; /**< GATT Bluetooth namespace */
    struct usher_model **models;
    uint8_t model_count;
};

/** The node's composition (page 0). Element 0 is the primary element. */
struct usher_composition {
    uint16_t cid, pid, vid;
    const struct usher_element *elements;
    uint8_t element_count;
};

/**
 * Answers a message: to its source, with its keys, after the standard's random delay (3.7.3.1).
 *
 * @param len  0..377 octets of parameters
 *
 * @retval USHER_OK         Under way.
 * @retval USHER_E_SIZE     Too long.
 * @retval USHER_E_NO_MEM   No room; the peer will ask again.
 */
enum usher_err usher_reply(struct usher_model *model, const struct usher_message *to,
                           uint32_t opcode, const uint8_t *params, size_t len);

/**
 * Publishes as configured: address, key, TTL, retransmissions. Nothing is sent, and USHER_OK
 * answered, if no address is set.
 *
 * @retval USHER_E_SIZE    Longer than USHER_PUBLISH_MAX with its opcode.
 * @retval USHER_E_NO_MEM  No room.
 */
enum usher_err usher_publish(struct usher_model *model, uint32_t opcode, const uint8_t *params,
                             size_t len);

/**
 * Sends a message from a model.
 *
 * @param token  Not 0: when a segmented transfer ends, USHER_MESH_EVT_SENT tells this number and
 * how it ended.
 *
 * @retval USHER_E_NOT_FOUND  The key is not known (or no device key for target->dst).
 * @retval USHER_E_ADDR       Not a destination for such a message.
 * @retval USHER_E_SIZE       Too long.
 * @retval USHER_E_BUSY       A segmented message to that destination is on its way.
 * @retval USHER_E_NO_MEM     No room.
 * @retval USHER_E_STATE      Not a node.
 */
enum usher_err usher_send(struct usher_model *model, const struct usher_target *target,
                          uint32_t opcode, const uint8_t *params, size_t len, uint32_t token);

#ifdef __cplusplus
}
#endif

#endif
