/*
 * What the files of the access layer share: access.c has models and messages, access_compose.c the
 * composition, access_config.c publication and keys, access_subscription.c subscription,
 * access_elements.c what is asked about elements, access_reliable.c questions, access_store.c
 * records. All are about the current stack.
 */
#ifndef ACCESS_PARTS_H
#define ACCESS_PARTS_H

#include "dsm_parts.h"

/* -- access.c ---------------------------------------------------------------------------------- */

/** The entry behind a handle; NULL: none. */
struct access_model *access_at(access_model_handle_t handle);
access_model_handle_t access_handle(const struct access_model *a);
/** @retval false  Not an opcode. */
bool access_opcode_of(access_opcode_t opcode, uint32_t *p_opcode);
/** The SDK's code for what the core answers about sending. */
uint32_t access_code_of(enum usher_err err);
/** Whether a message can be sent as it is. @retval others  access_model_publish() says which. */
uint32_t access_tx_check(const access_message_tx_t *p_message, struct message_out *out);
/** The entry whose own model it is. */
struct access_model *access_of_own(struct usher_model *model);
/** For usher_model.other and .publish of own models. */
void access_on_message(struct usher_model *model, const struct usher_message *message);
void access_on_publish(struct usher_model *model);

/* -- access_compose.c -------------------------------------------------------------------------- */

/** Whether a model may still be added. */
bool access_is_open(void);
/** A model was added: composes anew if that was done before. */
uint32_t access_recompose(void);
/** usher_mesh_load(); what fails leaves the device as it was. Its codes. */
uint32_t access_load(void);

/* -- access_config.c --------------------------------------------------------------------------- */

/** Where a model publishes; *p_target is not set, and false answered, if it does not. */
bool access_publication(const struct access_model *a, struct usher_target *p_target);
/** Handles follow the core's publication, which may wait for what they name; likewise bindings. */
void access_publication_follow(struct access_model *a);
void access_bindings_follow(struct access_model *a);
/** Whether a model takes messages with a key of a device. */
bool access_devkey_bound(const struct access_model *a, dsm_handle_t handle);

/* -- access_subscription.c --------------------------------------------------------------------- */

/** Handles follow the lists of all models. */
void access_subscriptions_follow(void);

/* -- access_store.c ---------------------------------------------------------------------------- */

/** Writes what storage does not have as it is; what fails is tried again with the next. */
void access_store(struct access_model *a);
void access_store_all(void);
/** @retval NRF_ERROR_INVALID_DATA  A record was not made by these models. */
uint32_t access_store_load(void);
void access_store_clear(void);

/* -- for dsm.c --------------------------------------------------------------------------------- */

/** All of it follows. */
void access_follow(void);
/** The core has forgotten what models are configured to: so does the layer. */
void access_forgotten(void);

#endif
