/*
 * The registry: the provisioner's memory of its network. It has the network and its keys, the
 * provisioners with their ranges, every address ever given with the device key that went with it,
 * what each node was told, what must not be used again, and an audit log.
 *
 * This header is the whole interface between commissioning and storage, and of few operations, so
 * that it can be filled by more than one database. The registry_*.c fill it with one SQLite file,
 * registry.sqlite, in the network's directory (mode 0600); without a directory it is in memory. An
 * operation that changes something is one transaction, durable when it returns, and writes its line
 * of the audit log within it.
 *
 * A device's address range and key are leased, and that is recorded, before the device is told: if
 * the run ends in between, nobody knows whether the device took them. Such a node is "unknown": it
 * is asked for by its device key, and its range is not given again before that has settled what it
 * is. Addresses that nodes have used are free again two IV updates later (specification section
 * 3.11.6, networkExclusions of the Configuration Database).
 *
 * Called by the commissioner, the configurator, the Configuration Database (cdb.h) and the tool.
 */
#ifndef COMMISSION_REGISTRY_H
#define COMMISSION_REGISTRY_H

#include <usher/usher.h>

#include <jansson.h>
#include <time.h>

#define REGISTRY_NAME_MAX 63 /* octets of a name, without the NUL */
#define REGISTRY_PAGE0_MAX 379
#define REGISTRY_APPKEYS 32
#define REGISTRY_NETKEYS 8
#define REGISTRY_RANGES 16 /* that one provisioner has, of each kind */

enum registry_err {
    REGISTRY_OK,
    REGISTRY_NONE,     /* there is no such record */
    REGISTRY_FULL,     /* no address range, or no place for a key, is left */
    REGISTRY_CONFLICT, /* somebody else has that address, range, key or name */
    REGISTRY_FAILED,   /* not readable, or not durable: nothing was changed */
};

enum registry_state {
    REGISTRY_UNKNOWN,     /* leased; whether the device took its data is not known */
    REGISTRY_PROVISIONED, /* the device said Complete, or has answered by its device key */
    REGISTRY_EXCLUDED,    /* the device came back unprovisioned; its old range is out of use */
    REGISTRY_REMOVED,     /* reset by us; its range is out of use */
};

struct registry_network {
    uint8_t uuid[USHER_UUID_SIZE];
    char name[REGISTRY_NAME_MAX + 1];
    uint32_t iv_index;
    bool iv_updating;
    time_t changed; /* when anything of the registry changed last */
};

struct registry_netkey {
    uint16_t index;
    uint8_t phase; /* of its key refresh, 0..2 */
    uint8_t key[USHER_KEY_SIZE];
    uint8_t old_key[USHER_KEY_SIZE]; /* in phases 1 and 2 */
    char name[REGISTRY_NAME_MAX + 1];
    time_t changed; /* of the phase */
};

struct registry_appkey {
    uint16_t index;
    uint16_t net_index; /* that it is bound to */
    uint8_t key[USHER_KEY_SIZE];
    char name[REGISTRY_NAME_MAX + 1];
};

struct registry_range {
    uint16_t low, high;
};

struct registry_provisioner {
    uint8_t uuid[USHER_UUID_SIZE];
    char name[REGISTRY_NAME_MAX + 1];
    bool ours;        /* the one that works with this registry; there is exactly one */
    uint16_t address; /* of its node; 0: it has none */
    uint8_t device_key[USHER_KEY_SIZE]; /* of our node; zeros: not ours, none, or not known */
    uint8_t unicast_count, group_count, scene_count;
    struct registry_range unicast[REGISTRY_RANGES], group[REGISTRY_RANGES], scene[REGISTRY_RANGES];
};

struct registry_node {
    uint8_t uuid[USHER_UUID_SIZE];
    uint16_t address; /* of the primary element */
    uint8_t elements;
    uint8_t device_key[USHER_KEY_SIZE];
    enum registry_state state;
    char name[REGISTRY_NAME_MAX + 1];  /* empty: none */
    bool configured;                   /* a template was applied as a whole */
    bool secure;                       /* provisioned with an OOB public key */
    uint8_t page0[REGISTRY_PAGE0_MAX]; /* Composition Data page 0 */
    uint16_t page0_len;                /* 0: not known yet */
    json_t *settings; /* what the node has acknowledged, see plan.h; NULL: nothing yet */
};

struct registry;

/** Wipes a node, and releases its settings. May be called on zeros, and again. */
void registry_node_clear(struct registry_node *node);

/* -- opening ------------------------------------------------------------------------------- */

/** Whether there is a registry in @p dir, or the file network.json of before. */
bool registry_exists(const char *dir);

/** What a network is made with; see registry_new_random(). */
struct registry_new {
    const char *name;   /* NULL: "Mesh Network" */
    uint16_t net_index; /* of the subnet that it begins with */
    uint8_t net_key[USHER_KEY_SIZE];
    uint8_t uuid[USHER_UUID_SIZE], provisioner[USHER_UUID_SIZE]; /* random, RFC 4122 version 4 */
    struct registry_range unicast; /* that our provisioner begins with; zeros: 0001..3FFF */
    /**
     * Puts more into it, before it is there for anybody: an import. NULL: nothing.
     * @retval false  It is not made, and registry_open() fails.
     */
    bool (*fill)(struct registry *r, void *user);
    void *user;
};

/** Draws a key and UUIDs, and leaves the rest as it is. @retval false  No randomness. */
bool registry_new_random(struct registry_new *make);

/**
 * Opens the registry in @p dir for this process alone, or makes one there. What an older version
 * left there as network.json is taken over once, and then kept as network.json.old.
 *
 * @param dir   NULL: in memory, and @p make has to be there.
 * @param make  NULL: there has to be one already.
 * @param why   Gets one line when it fails.
 *
 * @retval NULL  In use by another process, not readable, made by a newer version, or damaged.
 */
struct registry *registry_open(const char *dir, const struct registry_new *make, char *why,
                               size_t why_len);
/** Opens the registry in @p dir to be looked at only; another process may be changing it. */
struct registry *registry_view(const char *dir, char *why, size_t why_len);
/** Closes it. NULL is allowed. */
void registry_close(struct registry *r);
/** Why the last operation that was not REGISTRY_OK was not, in one line. */
const char *registry_why(const struct registry *r);

/**
 * Makes what follows, up to registry_commit(), one transaction. Not to be nested.
 * @retval REGISTRY_FAILED
 */
enum registry_err registry_begin(struct registry *r);
/** @retval REGISTRY_FAILED  All of it is taken back. */
enum registry_err registry_commit(struct registry *r);
/** Takes back what was done since registry_begin(). */
void registry_rollback(struct registry *r);

/* -- the network, its keys and its provisioners -------------------------------------------- */

/** @retval REGISTRY_FAILED */
enum registry_err registry_network(struct registry *r, struct registry_network *network);
/** Renames it, or gives it another UUID. @retval REGISTRY_FAILED */
enum registry_err registry_network_set(struct registry *r, const struct registry_network *network);
/** Records the network's IV Index; addresses whose time has come are free then.
 * @retval REGISTRY_FAILED */
enum registry_err registry_iv_set(struct registry *r, uint32_t index, bool updating);

/** The @p n-th subnet by index; the 0th is the one that devices are provisioned into.
 * @retval REGISTRY_NONE @retval REGISTRY_FAILED */
enum registry_err registry_netkey(struct registry *r, size_t n, struct registry_netkey *key);
/** Adds a subnet, or replaces the one with its index. @retval REGISTRY_FULL
 * @retval REGISTRY_FAILED */
enum registry_err registry_netkey_put(struct registry *r, const struct registry_netkey *key);
/** The @p n-th application key by index. @retval REGISTRY_NONE @retval REGISTRY_FAILED */
enum registry_err registry_appkey(struct registry *r, size_t n, struct registry_appkey *key);
/** The application key of this index. As registry_appkey(). */
enum registry_err registry_appkey_find(struct registry *r, uint16_t index,
                                       struct registry_appkey *key);
/**
 * Adds an application key.
 *
 * @retval REGISTRY_CONFLICT  There is one with this index, and another key.
 * @retval REGISTRY_FULL, REGISTRY_FAILED
 */
enum registry_err registry_appkey_put(struct registry *r, const struct registry_appkey *key);

/** The @p n-th provisioner, ours first, then by UUID. @retval REGISTRY_NONE
 * @retval REGISTRY_FAILED */
enum registry_err registry_provisioner(struct registry *r, size_t n,
                                       struct registry_provisioner *p);
/**
 * Adds a provisioner, or replaces the one with its UUID.
 *
 * @retval REGISTRY_CONFLICT  A range overlaps with that of another one; registry_why() has both
 *                            names.
 * @retval REGISTRY_FAILED
 */
enum registry_err registry_provisioner_put(struct registry *r,
                                           const struct registry_provisioner *p);
/**
 * Gives our provisioner's node the lowest free address of our ranges. The first one that a network
 * gives is kept for it. One that it had before is excluded, since the sequence numbers that an
 * address has used are known to its node alone. The node is not one of those that registry_find()
 * and the like know of.
 *
 * @param device_key  That it will have.
 * @param data        Gets what it is to be told.
 *
 * @retval REGISTRY_FULL, REGISTRY_FAILED
 */
enum registry_err registry_own_lease(struct registry *r, const uint8_t device_key[USHER_KEY_SIZE],
                                     struct usher_prov_data *data);

/* -- nodes --------------------------------------------------------------------------------- */

/** What a device is to be given. */
struct registry_lease {
    const uint8_t *uuid;       /* that of the device; it is claimed for us */
    uint8_t elements;          /* 1..255 */
    uint16_t address;          /* that it is to have; 0: the lowest ones that are free */
    const uint8_t *device_key; /* that it will have */
};

/**
 * Gives a device an address range of ours, and makes that durable. An older node of this UUID that
 * was not reset by us is excluded; but an address at which this device is unknown may be wanted
 * again, since it has shown that it is not there. When the ranges of our provisioner are used up,
 * or the address that is wanted is in nobody's, it takes more that no other has.
 *
 * @param data  Gets what the device is to be told.
 *
 * @retval REGISTRY_FULL      No such range is left.
 * @retval REGISTRY_CONFLICT  The address that is wanted, or the ones of its other elements, are
 *                            another node's, still excluded, or another provisioner's.
 * @retval REGISTRY_FAILED    The device must not be told.
 */
enum registry_err registry_lease(struct registry *r, const struct registry_lease *lease,
                                 struct usher_prov_data *data);
/**
 * Records that the device with this address said Complete.
 *
 * @param elements    That it has: not more than were leased.
 * @param device_key  Its key; the one leased with, unless that could not be known then.
 * @param secure      Its public key came out of band.
 *
 * @retval REGISTRY_NONE    The address is nobody's.
 * @retval REGISTRY_FAILED  The registry still says "unknown".
 */
enum registry_err registry_provisioned(struct registry *r, uint16_t address, uint8_t elements,
                                       const uint8_t device_key[USHER_KEY_SIZE], bool secure);

/** What a node has become by being configured. */
struct registry_configuration {
    const uint8_t *page0; /* 1..REGISTRY_PAGE0_MAX octets; NULL: not learned */
    size_t page0_len;
    json_t *settings; /* not taken over; NULL: none */
    bool whole;       /* all of the template was applied */
};

/**
 * Records it. A node that was configured stays so; one that was unknown is provisioned, since it
 * has answered. One that was removed or excluded is no node.
 *
 * @retval REGISTRY_NONE, REGISTRY_FAILED
 */
enum registry_err registry_configured(struct registry *r, uint16_t address,
                                      const struct registry_configuration *c);
/** Names a node. @retval REGISTRY_NONE, REGISTRY_FAILED */
enum registry_err registry_named(struct registry *r, uint16_t address, const char *name);
/** Records that a node was reset. @retval REGISTRY_NONE, REGISTRY_FAILED */
enum registry_err registry_removed(struct registry *r, uint16_t address);
/**
 * Adds a node as it is, for an import; in place of a living one with the same UUID and address.
 *
 * @retval REGISTRY_CONFLICT  A living node has one of its addresses; registry_why() has both.
 * @retval REGISTRY_FAILED
 */
enum registry_err registry_node_put(struct registry *r, const struct registry_node *node);

/**
 * The newest record of a device.
 *
 * @param node  Zeros, or a node of before: it is cleared. registry_node_clear() in the end.
 *
 * @retval REGISTRY_NONE, REGISTRY_FAILED
 */
enum registry_err registry_find(struct registry *r, const uint8_t uuid[USHER_UUID_SIZE],
                                struct registry_node *node);
/** The newest node with this element address. As registry_find(). */
enum registry_err registry_at(struct registry *r, uint16_t address, struct registry_node *node);
/** The device key of the node with this element address, and no more: quick. As registry_find(). */
enum registry_err registry_device_key(struct registry *r, uint16_t address,
                                      uint8_t key[USHER_KEY_SIZE]);
/**
 * Goes through the nodes by address, all states: the newest one with the first primary address
 * above @p after. As registry_find().
 */
enum registry_err registry_next(struct registry *r, uint16_t after, struct registry_node *node);

/** How many nodes there are. */
struct registry_counts {
    unsigned unknown, provisioned, configured, excluded, removed; /* provisioned has configured */
    unsigned addresses_left; /* that our provisioner can still give */
};
/** @retval REGISTRY_FAILED */
enum registry_err registry_counts(struct registry *r, struct registry_counts *counts);

/* -- exclusions ---------------------------------------------------------------------------- */

/** Addresses that nobody may have before the IV Index is @p iv_index + 2. */
struct registry_exclusion {
    uint32_t iv_index;
    uint16_t address;
};
/**
 * Goes through them by IV Index and address: puts the first one above @p e in its place. Zeros are
 * below all.
 *
 * @retval REGISTRY_NONE, REGISTRY_FAILED
 */
enum registry_err registry_exclusion_next(struct registry *r, struct registry_exclusion *e);
/** Adds one; one that is there already is no error. @retval REGISTRY_FAILED */
enum registry_err registry_exclusion_put(struct registry *r, const struct registry_exclusion *e);

/* -- authentication that fails ------------------------------------------------------------- */

struct registry_failures {
    unsigned count; /* in a row */
    time_t last;
};
/** Zeros: none. @retval REGISTRY_FAILED */
enum registry_err registry_failures(struct registry *r, const uint8_t uuid[USHER_UUID_SIZE],
                                    struct registry_failures *failures);
/** One more; registry_provisioned() of the device ends them. @retval REGISTRY_FAILED */
enum registry_err registry_auth_failed(struct registry *r, const uint8_t uuid[USHER_UUID_SIZE]);
/** Forgets them. @retval REGISTRY_FAILED */
enum registry_err registry_failures_forget(struct registry *r, const uint8_t uuid[USHER_UUID_SIZE]);

/* -- runs, documents, the audit log -------------------------------------------------------- */

/** Records that links to devices may be open from now on. @retval REGISTRY_FAILED */
enum registry_err registry_unsettled(struct registry *r);
/** Records that no link to a device is open any more. @retval REGISTRY_FAILED */
enum registry_err registry_settled(struct registry *r);
/** Whether the run before this one did not come to registry_settled(). */
bool registry_left_unsettled(const struct registry *r);

/**
 * What a Configuration Database had beyond what is above, to be kept for the next export: a JSON
 * object under a name of cdb.h's choice, such as "network", "node/0001".
 *
 * @param json  New reference; NULL when nothing is kept under this name.
 *
 * @retval REGISTRY_FAILED
 */
enum registry_err registry_document(struct registry *r, const char *name, json_t **json);
/** @param json  Not taken over; NULL: nothing is kept any more. @retval REGISTRY_FAILED */
enum registry_err registry_document_set(struct registry *r, const char *name, const json_t *json);

/** A line of the audit log. */
struct registry_audit {
    uint64_t number; /* from 1, without gaps */
    time_t time;
    char what[24]; /* "leased", "provisioned", "configured", "removed", "failed", ... */
    uint8_t uuid[USHER_UUID_SIZE]; /* zeros: it concerns no device */
    uint16_t address;              /* 0: likewise */
    char detail[160];
};
/** The first line after that @p number. @retval REGISTRY_NONE, REGISTRY_FAILED */
enum registry_err registry_audit_next(struct registry *r, uint64_t after, struct registry_audit *a);
/**
 * Writes a line about what the registry does not do itself, such as "failed" with its reason.
 *
 * @param uuid     NULL: it concerns no device.
 * @param address  0: it has none.
 *
 * @retval REGISTRY_FAILED
 */
enum registry_err registry_audit(struct registry *r, const char *what, const uint8_t *uuid,
                                 uint16_t address, const char *detail);

#endif
