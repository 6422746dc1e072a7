/*
 * The access layer (Mesh Protocol 1.1, sections 3.7 and 4.2): messages, elements, models, and
 * asking other nodes. Composition is the application's constant; what configuration changes
 * (bindings, subscriptions, publication) is in the model's own memory, and kept in storage by the
 * node.
 */
#ifndef USHER_ACCESS_H
#define USHER_ACCESS_H

#include <usher/config.h>
#include <usher/net.h>
#include <usher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct usher_mesh;
struct usher_model;

#define USHER_SIG 0xFFFFu /**< company of SIG models */
#define USHER_LABEL_SIZE 16

/** Opcodes as numbers: 1 octet 0x00..0x7E, 2 octets 0x8000..0xBFFF, 3 octets as here. */
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

/** The table's words for a status, "Invalid Publish Parameters"; "unknown" for other numbers. */
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

/* -- models -------------------------------------------------------------------------------- */

/** One row of a model's opcode table. */
struct usher_opcode {
    uint32_t opcode;
    uint16_t len_min, len_max; /**< of the parameters; messages of other lengths are ignored */
    void (*handler)(struct usher_model *model, const struct usher_message *message);
};

/** Publication (4.2.3). Address 0: none. */
struct usher_publication {
    uint16_t address;
    uint8_t label[USHER_LABEL_SIZE]; /**< if the address is virtual */
    uint16_t key;                    /**< AppKey index */
    uint8_t credentials;             /**< always 0: there is no Low Power feature */
    uint8_t ttl;                     /**< 0, 1..127, or 255: Default TTL */
    uint8_t period;                  /**< steps:6 resolution:2, as in the message */
    uint8_t retransmit;              /**< count:3 steps:5, as in the message */
};

/** A group or virtual address subscribed to. */
struct usher_subscription {
    uint16_t address; /**< 0: free */
    uint8_t label[USHER_LABEL_SIZE];
};

#define USHER_MODEL_DEVICE_KEY 0x01u   /**< takes messages with our device key; never bound */
#define USHER_MODEL_REMOTE_KEY 0x02u   /**< ... with the other node's device key; likewise */
#define USHER_MODEL_NO_SUBSCRIBE 0x04u /**< does not support subscription */
#define USHER_MODEL_NO_PUBLISH 0x08u   /**< does not support publication */

/** One model on one element. */
struct usher_model {
    uint16_t company; /**< USHER_SIG, or a vendor's */
    uint16_t id;
    uint8_t flags; /**< USHER_MODEL_ ... */
    uint8_t opcode_count;
    const struct usher_opcode *opcodes;
    void *user; /**< the application's own */
    /** A message for this model whose opcode is not in the table. NULL: it is ignored. */
    void (*other)(struct usher_model *model, const struct usher_message *message);
    /**
     * Publishes the model's state, with usher_publish(): called when the publication period is
     * over, and once when a publication with a period is set. NULL: it has none to publish.
     */
    void (*publish)(struct usher_model *model);
    /** A timer of the model's own: called once when @ref timer_at has come. May be NULL. */
    void (*timer)(struct usher_model *model);
    uint64_t timer_at; /**< 0: off. Milliseconds of usher_mesh_now(). */

    /* private: configuration, and where it stands */
    struct usher_mesh *mesh;
    uint8_t element;                   /* index */
    uint8_t index;                     /* in its element: SIG models first */
    bool dirty;                        /* configuration is to be stored */
    uint16_t bindings[USHER_BINDINGS]; /* AppKey index + 1; 0: free */
    struct usher_subscription subscriptions[USHER_SUBSCRIPTIONS];
    struct usher_publication publication;
    uint8_t period_divisor; /* Health Fast Period Divisor state (4.2.17) */
    bool period_fast;       /* there are faults: the period is divided by 2 to that */
    uint64_t publish_at;    /* 0: none */
    uint64_t retransmit_at;
    uint8_t retransmits_left, retransmit_len;
    bool retransmit_segmented;
    uint8_t retransmit_message[USHER_PUBLISH_MAX];
};

/** One element. */
struct usher_element {
    uint16_t location; /**< GATT Bluetooth namespace descriptor */
    uint8_t model_count;
    struct usher_model *const *models;
};

/** The node's composition. Element 0 is the primary element. */
struct usher_composition {
    uint16_t cid, pid, vid; /**< company, product, version */
    uint8_t element_count;
    const struct usher_element *elements;
};

/** The unicast address of a model's element; 0: not a node. */
uint16_t usher_model_address(const struct usher_model *model);

/* -- sending ------------------------------------------------------------------------------- */

/**
 * Answers a message: to its source, with its keys, after the standard's random delay (3.7.3.1).
 *
 * @param len  Octets of parameters; with the opcode at most USHER_ACCESS_MAX.
 *
 * @retval USHER_OK        Under way.
 * @retval USHER_E_SIZE    Too long.
 * @retval USHER_E_NO_MEM  No room; the peer will ask again.
 */
enum usher_err usher_reply(struct usher_model *model, const struct usher_message *to,
                           uint32_t opcode, const uint8_t *params, size_t len);

/**
 * Publishes as configured: address, key, TTL, retransmissions. Nothing is sent, and USHER_OK
 * answered, if no address is set.
 *
 * @retval USHER_E_SIZE   Longer than USHER_PUBLISH_MAX with its opcode, and to be retransmitted.
 * @retval others         As usher_send().
 */
enum usher_err usher_publish(struct usher_model *model, uint32_t opcode, const uint8_t *params,
                             size_t len);

/**
 * Sends a message from a model, now.
 *
 * @param token  Not 0: when the message has ended, USHER_MESH_EVT_SENT tells this number and how.
 *               Numbers from 0x80000000 on are taken.
 *
 * @retval USHER_OK           Under way.
 * @retval USHER_E_STATE      Not a node.
 * @retval USHER_E_NOT_FOUND  The key is not known, or no device key for target->dst.
 * @retval USHER_E_ADDR       Not a destination for such a message.
 * @retval USHER_E_PARAM      A TTL of 1 or above 127, or not an opcode.
 * @retval USHER_E_SIZE       Too long.
 * @retval USHER_E_BUSY       A segmented message to that destination is on its way.
 * @retval USHER_E_NO_MEM     No room.
 * @retval USHER_E_RESOURCES  No sequence number is reserved in storage.
 */
enum usher_err usher_send(struct usher_model *model, const struct usher_target *target,
                          uint32_t opcode, const uint8_t *params, size_t len, uint32_t token);

/* -- asking -------------------------------------------------------------------------------- */

/** How a question ended. */
struct usher_answer {
    enum usher_err err; /**< USHER_OK; USHER_E_TIMEOUT: no answer; others: it could not be sent */
    const struct usher_message *message; /**< the answer, if err is USHER_OK; else NULL */
    uint8_t tries;
    uint32_t ms; /**< from the first try to the end */
};

/** A question to another node: the caller's memory from usher_ask() until @ref done. */
struct usher_request {
    /** Called once, when all is over; may ask again with the same memory. */
    void (*done)(void *user, struct usher_request *request, const struct usher_answer *answer);
    void *user;
    /** Per try, from the end of sending; longer while segments from there arrive. 0: 2000. */
    uint16_t timeout_ms;
    uint8_t tries; /**< 0: 6 */

    /* private */
    struct usher_request *next;
    struct usher_model *model;
    struct usher_target target;
    uint8_t label[USHER_LABEL_SIZE]; /* if target.dst is virtual */
    uint32_t answer_opcode, token;
    /** Whether an answer belongs to this question; NULL: any of its opcode and source does. Who
     * needs it sets it after usher_ask(). */
    bool (*matches)(const struct usher_request *request, const struct usher_message *answer);
    uint8_t tried;
    bool sending; /* segments are on their way */
    uint64_t began, at;
    uint16_t len; /* opcode and parameters */
    uint8_t message[USHER_ACCESS_MAX];
};

/**
 * Sends a message until its answer comes: one of opcode @p answer_opcode from target->dst, or from
 * anyone if that is a group or virtual address, to this model's element. Any number may wait at
 * once. Those for one node and answer opcode get the answers in their order, unless they tell them
 * apart themselves. A try that finds no room is made again a little later, and does not count.
 *
 * @retval USHER_OK       Under way; request->done will be called, and not from within this call.
 * @retval USHER_E_STATE  Not a node, or this question is under way.
 * @retval USHER_E_ADDR   Not a destination for such a message.
 * @retval others         As usher_send(), for what cannot become better by waiting.
 */
enum usher_err usher_ask(struct usher_model *model, struct usher_request *request,
                         const struct usher_target *target, uint32_t opcode, const uint8_t *params,
                         size_t len, uint32_t answer_opcode);
/**
 * For a client model's handlers: ends the question that waits for this message, if one does.
 *
 * @retval false  None does.
 */
bool usher_answered(struct usher_model *model, const struct usher_message *message);
/** Forgets a question; done is not called. One that is not under way is left alone. */
void usher_ask_cancel(struct usher_request *request);

#ifdef __cplusplus
}
#endif

#endif
