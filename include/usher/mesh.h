/*
 * A node: what a device is after provisioning, and what a provisioner is from the start. An
 * instance of Usher (usher.h) gets a struct usher_mesh beside its sessions; the two share port,
 * radio and event loop. A program that never calls usher_mesh_init() carries no code of this.
 *
 *     usher_init(&u, &port, &config);
 *     usher_mesh_init(&mesh, &u, &mesh_config); // composition, tables, handler
 *     usher_mesh_load(&mesh);                   // USHER_OK: the node from before
 *     usher_mesh_provision(&mesh, &data, key);  // at USHER_EVT_DATA_RECEIVED; a provisioner:
 * itself
 */
#ifndef USHER_MESH_H
#define USHER_MESH_H

#include <usher/access.h>
#include <usher/net.h>
#include <usher/prov.h>

#ifdef __cplusplus
extern "C" {
#endif

struct usher;

/** What a node tells its application; messages go to models. */
enum usher_mesh_event_type {
    USHER_MESH_EVT_RESET, /**< Node Reset was received and done: the device is unprovisioned. */
    USHER_MESH_EVT_IV,    /**< IV Index or the update state changed. */
    USHER_MESH_EVT_KEY_REFRESH, /**< A subnet entered another phase. */
    USHER_MESH_EVT_CONFIGURED,  /**< Keys, bindings, publication, subscription or states changed. */
    USHER_MESH_EVT_SENT,        /**< A message with a token ended. */
    USHER_MESH_EVT_HEARTBEAT,   /**< One was received that is subscribed to. */
    USHER_MESH_EVT_STORAGE,     /**< The port could not keep a record; it will be tried again. */
    USHER_MESH_EVT_MESSAGE,     /**< An access message for this node; models get it after this. */
    USHER_MESH_EVT_BEACON,      /**< An authentic beacon of one of our subnets. */
};

struct usher_mesh_event {
    enum usher_mesh_event_type type;
    union {
        struct {
            uint32_t index;
            bool updating;
        } iv;
        struct {
            uint16_t net_index;
            uint8_t phase; /**< 0, 1, 2 */
        } key_refresh;
        struct {
            uint32_t token;
            /** In segments: all acknowledged (unicast), or all rounds sent (group). In one PDU:
             * true, it was transmitted. */
            bool delivered;
        } sent;
        struct {
            uint16_t src, dst, features;
            uint8_t hops;
            uint8_t init_ttl; /**< that it was sent with */
        } heartbeat;
        struct {
            enum usher_err err; /**< the port's */
        } storage;
        struct {
            const struct usher_message *message;
            const uint8_t *data; /**< as it travels, opcode and parameters; good during the call */
            size_t len;
        } message;
        struct {
            uint16_t net_index;
            uint32_t iv_index;
            bool updating;       /**< IV Update in Progress */
            bool key_refresh;    /**< the Key Refresh flag */
            bool new_key;        /**< secured with the subnet's new key */
            const uint8_t *auth; /**< its authentication value, 8 octets; good during the call */
        } beacon;
    } params;
};

/** An answer on its way out, waiting for its random delay. Private. */
struct usher_access_tx {
    uint64_t at;    /* 0: free */
    uint64_t until; /* when it is too late */
    uint16_t src;
    struct usher_target target;
    uint32_t token;
    uint16_t len;
    uint8_t data[USHER_ACCESS_MAX];
};

/** The memory that a node works in; all of it is the application's. See USHER_MESH_TABLES. */
struct usher_mesh_tables {
    struct usher_subnet *subnets;
    struct usher_appkey *appkeys;
    struct usher_rpl_entry *rpl;       /**< nodes that may be heard */
    struct usher_net_tx *net_tx;       /**< Network PDUs waiting for the radio; at least 8 */
    struct usher_sar_tx *sar_tx;       /**< segmented messages being sent at once */
    struct usher_sar_rx *sar_rx;       /**< ... being received, or remembered */
    struct usher_access_tx *access_tx; /**< replies waiting for their delay */
    uint16_t subnet_count, appkey_count, rpl_size, net_tx_size, sar_tx_size, sar_rx_size,
        access_tx_size;
};

/** Defines static tables, and the constant @p name that points at them. */
#define USHER_MESH_TABLES(name, nsubnets, nappkeys, nrpl, ntx, nsar_tx, nsar_rx, naccess)          \
    static struct usher_subnet name##_subnets[nsubnets];                                           \
    static struct usher_appkey name##_appkeys[nappkeys];                                           \
    static struct usher_rpl_entry name##_rpl[nrpl];                                                \
    static struct usher_net_tx name##_net_tx[ntx];                                                 \
    static struct usher_sar_tx name##_sar_tx[nsar_tx];                                             \
    static struct usher_sar_rx name##_sar_rx[nsar_rx];                                             \
    static struct usher_access_tx name##_access_tx[naccess];                                       \
    static const struct usher_mesh_tables name = {                                                 \
        name##_subnets,   name##_appkeys, name##_rpl, name##_net_tx, name##_sar_tx, name##_sar_rx, \
        name##_access_tx, nsubnets,       nappkeys,   nrpl,          ntx,           nsar_tx,       \
        nsar_rx,          naccess                                                                  \
    }

/** What a node is made with. */
struct usher_mesh_config {
    const struct usher_composition *composition; /**< good for the node's life */
    const struct usher_mesh_tables *tables;      /**< likewise */
    uint16_t features; /**< those that it has: USHER_FEATURE_RELAY, and USHER_FEATURE_PROXY after
                          usher_gatt_init() */
    uint16_t rpl_store_ms; /**< replay entries are stored at the latest after this; 0: at once */
    /** The device key of the node with this element address, for configuring others; NULL: none. */
    bool (*device_key)(void *user, uint16_t address, uint8_t key[USHER_KEY_SIZE]);
    /**
     * The @p n-th group or virtual address that the node receives on besides those that its models
     * have subscribed to: messages to it are told with USHER_MESH_EVT_MESSAGE. NULL: none.
     *
     * @param label  Gets the 16 octets of a virtual address, which stay while it is listened to.
     *
     * @retval false  No more.
     */
    bool (*listens)(void *user, unsigned n, uint16_t *address, const uint8_t **label);
    /** Whether to relay a PDU, of those that would be; @p ttl as received. NULL: all. */
    bool (*relay)(void *user, uint16_t src, uint16_t dst, uint8_t ttl);
    void (*handler)(void *user, struct usher_mesh *m, const struct usher_mesh_event *event);
    void *user;
};

/** What is to be stored. Private; see src/store/store.h. */
enum usher_mesh_dirty {
    USHER_DIRTY_NODE = 1 << 0, /* address, device key: the record that makes a node */
    USHER_DIRTY_SUBNETS = 1 << 1,
    USHER_DIRTY_APPKEYS = 1 << 2,
    USHER_DIRTY_IV = 1 << 3,
    USHER_DIRTY_SETTINGS = 1 << 4, /* TTL, relay, proxy, beacon, transmit, heartbeats, SAR */
    USHER_DIRTY_MODELS = 1 << 5,   /* those whose usher_model.dirty is set */
};

/** One node. All members are private. */
struct usher_mesh {
    struct usher *node;
    const struct usher_mesh_acts
        *acts; /* the node's, for the layers below: see src/model/model.h */
    struct usher_mesh_config config;
    struct usher_net net;
    struct usher_access_tx *access_tx;
    uint16_t access_tx_size;
    struct usher_request *requests; /* questions without an answer yet, oldest first */
    uint32_t next_token;
    unsigned dirty;        /* enum usher_mesh_dirty, bits */
    uint64_t now;          /* of the entry under way */
    uint64_t rpl_store_at; /* 0: nothing to store */
    uint64_t store_retry_at;
    uint64_t iv_store_at; /* the age of the IV state is stored now and then */
    uint64_t reset_at;    /* Node Reset was answered, and is done then; 0: no */
    bool no_gatt;         /* usher_mesh_bearers() */
    bool configured;      /* CONFIGURED is to be told */
    uint32_t iv_known;    /* the IV state that was stored and told */
    bool iv_updating_known;
};

/**
 * Makes a node part of an instance. Models get to know it; nothing is on the air.
 *
 * @retval USHER_OK       Made, unprovisioned.
 * @retval USHER_E_NULL   A pointer is NULL that must not be, or a table is empty.
 * @retval USHER_E_PARAM  No element, a model twice on one element, or a feature that there is not.
 */
enum usher_err usher_mesh_init(struct usher_mesh *m, struct usher *u,
                               const struct usher_mesh_config *config);

/**
 * Takes up what storage holds, and goes on the air as the node that it was.
 *
 * @retval USHER_OK           A node.
 * @retval USHER_E_NOT_FOUND  Storage holds no node, or the port has no storage.
 * @retval USHER_E_DATA       Storage holds what this node cannot have written; it is left as it is.
 * @retval USHER_E_NO_MEM     It holds more than the tables.
 * @retval others             The port's.
 */
enum usher_err usher_mesh_load(struct usher_mesh *m);

/**
 * Becomes a node: everything is durable when this returns.
 *
 * @retval USHER_OK          A node, on the air.
 * @retval USHER_E_STATE     A node already.
 * @retval USHER_E_DATA      Address or key index out of range.
 * @retval USHER_E_INTERNAL  Crypto failed: no node.
 * @retval others            The port's, from storage: no node.
 */
enum usher_err usher_mesh_provision(struct usher_mesh *m, const struct usher_prov_data *data,
                                    const uint8_t device_key[USHER_KEY_SIZE]);

/** Forgets the network, in storage too, and wipes the keys. No event is told. */
enum usher_err usher_mesh_reset(struct usher_mesh *m);

/**
 * Stores what is still to be stored, and stops; before the port goes. The node can be loaded again,
 * unless it was to reset itself: that is done.
 */
void usher_mesh_deinit(struct usher_mesh *m);

/**
 * Which bearers the node uses; all of them to begin with. Without USHER_BEARER_ADV no mesh message
 * and no beacon of the node is advertised, nor listened for: a phone that reaches its network
 * through a proxy alone. Without USHER_BEARER_GATT it neither is a proxy nor uses one.
 *
 * @param bearers  Bits of enum usher_bearer (usher.h).
 */
void usher_mesh_bearers(struct usher_mesh *m, unsigned bearers);

/** The address of the primary element; 0: not a node. */
uint16_t usher_mesh_address(const struct usher_mesh *m);
/** Milliseconds of the port's clock, as models and their timers have it. */
uint64_t usher_mesh_now(const struct usher_mesh *m);
/** IV Index, and whether an update is in progress. */
uint32_t usher_mesh_iv(const struct usher_mesh *m, bool *updating);
/** Counters since the node went on the air. */
const struct usher_net_stats *usher_mesh_stats(const struct usher_mesh *m);

/**
 * Begins an IV Update (3.11.5): IV Index + 1, In Progress. In test mode, ends one that is in
 * progress.
 *
 * @retval USHER_E_STATE      Not a node, not on the primary subnet, in progress, or too early.
 * @retval USHER_E_RESOURCES  There is no higher IV Index.
 * @retval USHER_E_BUSY       It cannot end while a segmented message is being sent.
 */
enum usher_err usher_iv_update(struct usher_mesh *m);
/**
 * IV Update test mode (3.11.5.1): the 96 hour limits do not hold, and an update that this node
 * began ends when usher_iv_update() is called again, or by another node's beacon.
 */
void usher_iv_test_mode(struct usher_mesh *m, bool on);

/* Key management of the local node, as its configuration server would do it. The statuses are
 * those of the messages of the same names. */
enum usher_status usher_netkey_add(struct usher_mesh *m, uint16_t net_index, const uint8_t key[16]);
enum usher_status usher_netkey_update(struct usher_mesh *m, uint16_t net_index,
                                      const uint8_t key[16]);
/** @param transition  2: use the new key; 3: revoke the old one. */
enum usher_status usher_key_refresh(struct usher_mesh *m, uint16_t net_index, uint8_t transition);
enum usher_status usher_appkey_add(struct usher_mesh *m, uint16_t net_index, uint16_t app_index,
                                   const uint8_t key[16]);
enum usher_status usher_appkey_update(struct usher_mesh *m, uint16_t net_index, uint16_t app_index,
                                      const uint8_t key[16]);
/** Binds an AppKey to a local model. */
enum usher_status usher_model_bind(struct usher_model *model, uint16_t app_index);
/** Subscribes a local model to a group address. */
enum usher_status usher_model_subscribe(struct usher_model *model, uint16_t group);

#ifdef __cplusplus
}
#endif

#endif
