/*
 * The access layer inside: what the files of src/model share with each other and with node and
 * store (Mesh Protocol 1.1, sections 3.7 and 4.2). access.c is dispatch, addresses and bindings;
 * publish.c is publication and replies; client.c is questions waiting for answers; manage.c is what
 * the Configuration Server and the local user do alike.
 *
 * What a model changes it marks (usher_mesh.dirty, usher_model.dirty, usher_mesh.configured); the
 * node stores and tells it before anything that was sent in the same breath leaves.
 */
#ifndef MODEL_H
#define MODEL_H

#include "keys.h"
#include "transport.h"

#include <usher/models.h>

/** The node's acts: for the layers below, and for the instance (node.c), which knows no others. */
struct usher_mesh_acts {
    /* for model */
    uint64_t (*now)(struct usher_mesh *m); /* the port's clock */
    void (*alarm)(struct usher_mesh *m);   /* there is something to do, at once */

    /* for GATT */
    /**
     * A Network PDU that came by a proxy connection; node_drain() is the caller's.
     *
     * @retval its source, if it is authentic, new, and of another node; else 0
     */
    uint16_t (*in_proxied)(struct usher_mesh *m, uint8_t conn, const uint8_t *pdu, size_t len);
    /** A beacon that came so. @retval false  Not of our subnets. */
    bool (*in_proxied_beacon)(struct usher_mesh *m, const uint8_t *data, size_t len,
                              uint16_t *net_index);
};

static inline bool mesh_is_node(const struct usher_mesh *m)
{
    return m->net.address != 0;
}

/* -- access.c ---------------------------------------------------------------------------------- */

/** Makes models and mesh known to each other. @retval USHER_E_PARAM  See usher_mesh_init(). */
enum usher_err access_begin(struct usher_mesh *m);
/**
 * Forgets bindings, subscriptions, publications, questions (untold) and replies. What the
 * application set stays, and so does a model's own timer: attention ends without a network, too.
 */
void access_forget(struct usher_mesh *m);
extern const struct usher_net_directory access_directory; /* its ctx is the mesh */

/** Writes an opcode in its 1, 2 or 3 octets. @retval octets; 0: not an opcode */
size_t access_opcode_write(uint32_t opcode, uint8_t out[3]);
/** @retval octets; 0: too short, or reserved */
size_t access_opcode_read(const uint8_t *data, size_t len, uint32_t *opcode);

/**
 * An access message as it travels, opcode and parameters.
 *
 * @retval USHER_E_PARAM  Not an opcode.
 * @retval USHER_E_SIZE   Too long.
 */
enum usher_err access_write(uint32_t opcode, const uint8_t *params, size_t params_len,
                            uint8_t message[USHER_ACCESS_MAX], uint16_t *len);
/** Sends such a one, now. @retval  As usher_send(). */
enum usher_err access_send(struct usher_mesh *m, uint64_t now, uint16_t src,
                           const struct usher_target *target, const uint8_t *message, size_t len,
                           uint32_t token);
/** Whether an error of access_send() may be another one a little later. */
bool access_is_for_now(enum usher_err err);

/** Delivers a message to the models that it is for (3.7.3.2). */
void access_rx(struct usher_mesh *m, const struct transport_in *in);
/** Every model of a node, in the order of the composition; NULL: no more. */
struct usher_model *access_each(const struct usher_mesh *m, unsigned n);
/** By element address and id. NULL: *status is INVALID_ADDRESS or INVALID_MODEL. */
struct usher_model *access_model(const struct usher_mesh *m, uint16_t element_address,
                                 uint16_t company, uint16_t id, enum usher_status *status);
bool access_bound(const struct usher_model *model, uint16_t app_index);
/** The virtual address of a label (3.4.2.3). @retval USHER_E_INTERNAL  Crypto failed. */
enum usher_err access_virtual(const struct usher_mesh *m, const uint8_t label[USHER_LABEL_SIZE],
                              uint16_t *address);

/* -- publish.c --------------------------------------------------------------------------------- */

/** A message with what usher_publish() and usher_reply() leave at its default. */
struct message_out {
    uint32_t opcode;
    const uint8_t *params;
    size_t len;
    bool segmented; /* even if it would fit into one PDU */
    uint32_t token; /* as for usher_send() */
};

/** Publishes. The retvals are those of usher_publish(). */
enum usher_err publish_message(struct usher_model *model, const struct message_out *out);
/** Answers. The retvals are those of usher_reply(). */
enum usher_err reply_message(struct usher_model *model, const struct usher_message *to,
                             const struct message_out *out);
/** The publication was set: its timers start anew. */
void publish_changed(struct usher_model *model);
/** Milliseconds of a period octet; 0: none. */
uint32_t publish_period_ms(uint8_t period);
/** Sends replies and publications that are due, and runs the models' timers. */
void access_run(struct usher_mesh *m, uint64_t now);
uint64_t access_deadline(const struct usher_mesh *m);

/* -- client.c ---------------------------------------------------------------------------------- */

#define CLIENT_TOKEN 0x80000000u /* tokens of questions have this bit */

/** usher_ask() for the foundation models of a node, which take messages with its device key. */
enum usher_err client_ask_node(struct usher_model *model, struct usher_request *request,
                               uint16_t address, uint16_t net_index, uint32_t opcode,
                               const uint8_t *params, size_t len, uint32_t answer_opcode);
/** A segmented message with a token of ours ended. */
void client_sent(struct usher_mesh *m, uint32_t token, bool delivered);
/** Sends, repeats and ends questions. */
void client_run(struct usher_mesh *m, uint64_t now);
uint64_t client_deadline(const struct usher_mesh *m);

/* -- manage.c (beside the calls of usher/mesh.h) ----------------------------------------------- */

enum usher_status manage_netkey_delete(struct usher_mesh *m, uint16_t net_index);
enum usher_status manage_appkey_delete(struct usher_mesh *m, uint16_t net_index,
                                       uint16_t app_index);
void manage_unbind(struct usher_model *model, uint16_t app_index);
/** A group address, or a virtual one with its label. */
enum usher_status manage_subscribe(struct usher_model *model, uint16_t address,
                                   const uint8_t *label);
void manage_unsubscribe(struct usher_model *model, uint16_t address, const uint8_t *label);
void manage_unsubscribe_all(struct usher_model *model);
/** The model's configuration changed: to be stored and told. */
void manage_changed(struct usher_model *model);
/** A state of the node changed: to be stored, told with CONFIGURED. */
void manage_settings_changed(struct usher_mesh *m);
/** Ends the publication of heartbeats. */
void manage_heartbeat_off(struct usher_mesh *m);

#endif
