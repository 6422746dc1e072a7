/*
 * The models that Usher has: Configuration, Health, SAR Configuration, Mesh Private Beacon and
 * Generic OnOff, server and client (Mesh Protocol 1.1, sections 4.3 and 4.4; Mesh Model 1.1,
 * section 3.2). A model is memory of the application's, set up by its init call and put into the
 * composition. Every node has a Configuration Server and a Health Server on its primary element.
 */
#ifndef USHER_MODELS_H
#define USHER_MODELS_H

#include <usher/access.h>
#include <usher/config_msg.h>
#include <usher/mesh.h>

#ifdef __cplusplus
extern "C" {
#endif

#define USHER_MODEL_CONFIG_SERVER 0x0000u
#define USHER_MODEL_CONFIG_CLIENT 0x0001u
#define USHER_MODEL_HEALTH_SERVER 0x0002u
#define USHER_MODEL_HEALTH_CLIENT 0x0003u
#define USHER_MODEL_PRIVATE_BEACON_SERVER 0x000Au
#define USHER_MODEL_PRIVATE_BEACON_CLIENT 0x000Bu
#define USHER_MODEL_SAR_SERVER 0x000Eu
#define USHER_MODEL_SAR_CLIENT 0x000Fu
#define USHER_MODEL_ONOFF_SERVER 0x1000u
#define USHER_MODEL_ONOFF_CLIENT 0x1001u

/** The name of a SIG model, "Generic OnOff Server"; NULL for ids without one. */
const char *usher_model_name(uint16_t id);

/* -- Configuration ------------------------------------------------------------------------- */

/** Configuration Server: one, on the primary element. What it changes is in node and models. */
struct usher_config_server {
    struct usher_model model;
    /** A question was acted on, and this answers it. May be NULL. */
    void (*served)(struct usher_config_server *s, const struct usher_message *question,
                   const struct usher_config_msg *answer);
};
void usher_config_server_init(struct usher_config_server *s);

/** Configuration Client. */
struct usher_config_client {
    struct usher_model model;
    /** A message of a Configuration Server that no question waits for; may be NULL. */
    void (*unasked)(struct usher_config_client *c, const struct usher_message *message);
};
void usher_config_client_init(struct usher_config_client *c);

/**
 * Asks a node's Configuration Server; which answer is waited for follows from the message.
 *
 * @param address  The node's primary element.
 * @param msg      A message that is answered: Get, Set, Add, ... Not kept.
 *
 * @retval USHER_E_PARAM  It is not, or a member is out of range. Others as usher_ask().
 */
enum usher_err usher_config_ask(struct usher_config_client *c, struct usher_request *request,
                                uint16_t address, uint16_t net_index,
                                const struct usher_config_msg *msg);

/**
 * Reads the parameters of a Configuration message.
 *
 * @retval false  Not a Configuration message, or malformed: wrong length, or a prohibited value.
 */
bool usher_config_read(const struct usher_message *message, struct usher_config_msg *msg);
/** The name of a message, "Config Model Publication Set"; NULL: not a Configuration message. */
const char *usher_config_name(uint32_t opcode);

/** Composition Data page 0, as it was received (4.2.2.1). */
struct usher_page0 {
    uint16_t cid, pid, vid, crpl, features;
    const uint8_t *elements;
    size_t len;
};
struct usher_page0_element {
    uint16_t location;
    uint8_t sig_count, vendor_count;
    const uint8_t *models; /* private */
};
/** Reads a page. @retval false  Malformed. The octets must stay. */
bool usher_page0_read(const uint8_t *data, size_t len, struct usher_page0 *page);
/** The @p n-th element. @retval false  There are no more. */
bool usher_page0_element(const struct usher_page0 *page, unsigned n,
                         struct usher_page0_element *element);
/** The @p n-th model of an element, SIG models first (company USHER_SIG). @retval false  No more.
 */
bool usher_page0_model(const struct usher_page0_element *element, unsigned n, uint16_t *company,
                       uint16_t *id);

/* -- Health -------------------------------------------------------------------------------- */

#define USHER_FAULTS 8 /**< faults that a Health Server keeps, current and registered */

/** Health Server. */
struct usher_health_server {
    struct usher_model model;
    uint16_t company;
    /** Attention began, or ended when @p seconds is 0. May be NULL. */
    void (*attention)(struct usher_health_server *s, uint8_t seconds);
    /** Runs a self test, which calls usher_health_fault_set(). @retval false  There is no such. */
    bool (*test)(struct usher_health_server *s, uint8_t test_id);

    /* private */
    uint8_t current[USHER_FAULTS], registered[USHER_FAULTS];
    uint8_t current_count, registered_count, last_test;
    uint64_t attention_until; /* 0: off */
};
void usher_health_server_init(struct usher_health_server *s, uint16_t company);
/**
 * A fault, 0x01..0xFF, has come or gone. While there are some, the period is the fast one. Those
 * that have no room any more are left out.
 */
void usher_health_fault_set(struct usher_health_server *s, uint8_t fault, bool on);
/** Seconds of attention left; 0: off. */
uint8_t usher_health_attention(const struct usher_health_server *s);
/**
 * Begins attention, or ends it with 0, as Attention Set does (and Invite, before there is a node).
 * After usher_mesh_init().
 */
void usher_health_attention_set(struct usher_health_server *s, uint8_t seconds);

/** What a Health Current or Fault Status says. */
struct usher_health_status {
    uint8_t test_id;       /**< of the test run last */
    uint16_t company;      /**< which tests and faults from 0x80 on are meant */
    const uint8_t *faults; /**< 0x01..0xFF; good as long as the message */
    size_t count;
};

/** Health Client. */
struct usher_health_client {
    struct usher_model model;
    /** A Current Status was published. May be NULL. */
    void (*status)(struct usher_health_client *c, uint16_t src,
                   const struct usher_health_status *status);
};
void usher_health_client_init(struct usher_health_client *c);
/** Reads a Current or Fault Status. @retval false  It is neither, or malformed. */
bool usher_health_read(const struct usher_message *message, struct usher_health_status *status);
/** Attention Set; the answer is an Attention Status: its first octet are the seconds. */
enum usher_err usher_health_attention_ask(struct usher_health_client *c,
                                          struct usher_request *request,
                                          const struct usher_target *target, uint8_t seconds);
/** Fault Get; the answer is a Fault Status. */
enum usher_err usher_health_fault_get(struct usher_health_client *c, struct usher_request *request,
                                      const struct usher_target *target, uint16_t company);
/** Fault Clear; the answer is a Fault Status. */
enum usher_err usher_health_fault_clear(struct usher_health_client *c,
                                        struct usher_request *request,
                                        const struct usher_target *target, uint16_t company);
/** Fault Test; the answer is a Fault Status. */
enum usher_err usher_health_fault_test(struct usher_health_client *c, struct usher_request *request,
                                       const struct usher_target *target, uint8_t test_id,
                                       uint16_t company);
/** Period Set. @param divisor  0..15: while there are faults, the period is divided by 2^n. */
enum usher_err usher_health_period_set(struct usher_health_client *c, struct usher_request *request,
                                       const struct usher_target *target, uint8_t divisor);

/* -- SAR Configuration ---------------------------------------------------------------------- */

/** SAR Configuration Server: at most one, on the primary element. Its states are the node's. */
struct usher_sar_server {
    struct usher_model model;
};
void usher_sar_server_init(struct usher_sar_server *s);

/** SAR Configuration Client. */
struct usher_sar_client {
    struct usher_model model;
};
void usher_sar_client_init(struct usher_sar_client *c);
/**
 * Reads a SAR Transmitter or Receiver Status into the members that it tells; the others are not
 * touched.
 *
 * @retval false  It is neither, or malformed.
 */
bool usher_sar_read(const struct usher_message *message, struct usher_sar_config *sar);
/** SAR Transmitter Get; the answer is a SAR Transmitter Status. */
enum usher_err usher_sar_transmitter_get(struct usher_sar_client *c, struct usher_request *request,
                                         uint16_t address, uint16_t net_index);
/**
 * SAR Transmitter Set; the answer is a SAR Transmitter Status.
 *
 * @retval USHER_E_PARAM  A member is out of range: each has 4 bits. Others as usher_ask().
 */
enum usher_err usher_sar_transmitter_set(struct usher_sar_client *c, struct usher_request *request,
                                         uint16_t address, uint16_t net_index,
                                         const struct usher_sar_config *sar);
/** SAR Receiver Get; the answer is a SAR Receiver Status. */
enum usher_err usher_sar_receiver_get(struct usher_sar_client *c, struct usher_request *request,
                                      uint16_t address, uint16_t net_index);
/**
 * SAR Receiver Set; the answer is a SAR Receiver Status.
 *
 * @retval USHER_E_PARAM  A member is out of range: threshold 5 bits, acknowledgment delay 3,
 *                        discard timeout and interval 4, retransmissions 2. Others as usher_ask().
 */
enum usher_err usher_sar_receiver_set(struct usher_sar_client *c, struct usher_request *request,
                                      uint16_t address, uint16_t net_index,
                                      const struct usher_sar_config *sar);

/* -- Mesh Private Beacon -------------------------------------------------------------------- */

/** The Mesh Private Beacon state. */
struct usher_private_beacon {
    bool on;
    uint8_t interval; /**< randomness changes every so many 10 s; 0: with each beacon */
};

/** Mesh Private Beacon Server: at most one, on the primary element. It has no GATT states. */
struct usher_private_beacon_server {
    struct usher_model model;
};
void usher_private_beacon_server_init(struct usher_private_beacon_server *s);

/** Mesh Private Beacon Client. */
struct usher_private_beacon_client {
    struct usher_model model;
};
void usher_private_beacon_client_init(struct usher_private_beacon_client *c);
/** Reads a Private Beacon Status. @retval false  It is not, or malformed. */
bool usher_private_beacon_read(const struct usher_message *message,
                               struct usher_private_beacon *state);
/** Private Beacon Get; the answer is a Private Beacon Status. */
enum usher_err usher_private_beacon_get(struct usher_private_beacon_client *c,
                                        struct usher_request *request, uint16_t address,
                                        uint16_t net_index);
/** Private Beacon Set; the answer is a Private Beacon Status. */
enum usher_err usher_private_beacon_set(struct usher_private_beacon_client *c,
                                        struct usher_request *request, uint16_t address,
                                        uint16_t net_index,
                                        const struct usher_private_beacon *state);

/* -- Generic OnOff ------------------------------------------------------------------------- */

/** Generic OnOff Server. */
struct usher_onoff_server {
    struct usher_model model;
    /** The state is @p on now, after delay and transition. May be NULL. */
    void (*changed)(struct usher_onoff_server *s, bool on);
    bool on;

    /* private */
    bool target;
    uint64_t start_at, end_at; /* when delay and transition are over; end_at 0: none under way */
    uint16_t last_src, last_dst;
    uint8_t last_tid;
    uint64_t last_at; /* 0: no message yet */
};
void usher_onoff_server_init(struct usher_onoff_server *s);
/** Switches locally (a button); the new state is published. */
void usher_onoff_server_set(struct usher_onoff_server *s, bool on);

/** What a Generic OnOff Status says. */
struct usher_onoff_status {
    bool present;
    bool target;       /**< as present, if there is no transition */
    uint8_t remaining; /**< as in the message; 0: no transition */
};

/** Generic OnOff Client. */
struct usher_onoff_client {
    struct usher_model model;
    /** A status that no question waits for: published, or from a group. May be NULL. */
    void (*status)(struct usher_onoff_client *c, uint16_t src,
                   const struct usher_onoff_status *status);
    uint8_t tid;    /* private: the next one */
    bool tid_begun; /* private */
};
void usher_onoff_client_init(struct usher_onoff_client *c);
/** Reads a Generic OnOff Status. @retval false  It is not, or malformed. */
bool usher_onoff_read(const struct usher_message *message, struct usher_onoff_status *status);
/**
 * Generic OnOff Set; the answer is a Status.
 *
 * @param transition  As in the message: steps:6 resolution:2.
 * @param delay       Units of 5 ms. Both 0: left out.
 */
enum usher_err usher_onoff_set(struct usher_onoff_client *c, struct usher_request *request,
                               const struct usher_target *target, bool on, uint8_t transition,
                               uint8_t delay);
/**
 * The same without an answer: for groups.
 *
 * @param tid  A new transaction has a new number: usher_onoff_tid(). Repeats of one have the same.
 */
enum usher_err usher_onoff_set_unack(struct usher_onoff_client *c,
                                     const struct usher_target *target, bool on, uint8_t tid,
                                     uint8_t transition, uint8_t delay);
uint8_t usher_onoff_tid(struct usher_onoff_client *c);
/** Generic OnOff Get; the answer is a Status. */
enum usher_err usher_onoff_get(struct usher_onoff_client *c, struct usher_request *request,
                               const struct usher_target *target);

#ifdef __cplusplus
}
#endif

#endif
