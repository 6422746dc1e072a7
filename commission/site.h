/*
 * The provisioner's memory of its network: its keys, every address ever given, every device key,
 * and what each node was told. In a directory it is the file network.json, replaced atomically
 * (mode 0600) and durable when a call that changes it returns; without a directory it lives in
 * memory.
 *
 * An address range is recorded before its device is told, and is never given again: if the run
 * ends in between, nobody knows whether the device took it. A device that comes back
 * unprovisioned gets another range.
 */
#ifndef SITE_H
#define SITE_H

#include <usher/usher.h>

#include <jansson.h>

#define SITE_NAME_MAX 63 /* octets of a node's name, without the NUL */
#define SITE_PAGE0_MAX 379
#define SITE_APPKEYS 32
#define SITE_NODE_DIR "node" /* in the network's directory: the storage of the own node */

enum site_state {
    SITE_UNKNOWN,     /* data were given to the stack; whether the device took them is not known */
    SITE_PROVISIONED, /* the device said Complete */
    SITE_EXCLUDED,    /* the device came back unprovisioned; its old range stays out of use */
    SITE_REMOVED,     /* reset by us; its range stays out of use */
};

struct site_node {
    uint8_t uuid[USHER_UUID_SIZE];
    uint16_t address; /* of the primary element */
    uint8_t elements;
    uint8_t device_key[USHER_KEY_SIZE];
    enum site_state state;
    char name[SITE_NAME_MAX + 1];  /* empty: none */
    bool configured;               /* a template was applied as a whole */
    uint8_t page0[SITE_PAGE0_MAX]; /* Composition Data page 0, as received */
    uint16_t page0_len;            /* 0: not known yet */
    json_t *settings; /* what the node has acknowledged, see plan.h; NULL: nothing yet */
};

/** An application key, on the network's one subnet. */
struct site_appkey {
    uint16_t index;
    uint8_t key[USHER_KEY_SIZE];
};

struct site;

/** Whether there is a network in @p dir. */
bool site_exists(const char *dir);

/**
 * Opens the network in @p dir, or makes one there.
 *
 * @param dir      NULL: in memory.
 * @param new_key  The network key of a network that is made; NULL: there has to be one already.
 * @param why      Gets one line when it fails.
 *
 * @retval NULL  Not opened: in use by another process, not readable, or contents that cannot be
 *               right.
 */
struct site *site_open(const char *dir, const uint8_t new_key[USHER_KEY_SIZE], char *why,
                       size_t why_len);

/** Opens the network in @p dir to be looked at only, which others may be changing meanwhile. */
struct site *site_view(const char *dir, char *why, size_t why_len);

/**
 * Records that links to devices may be open from now on, so that a run which is killed leaves word
 * of itself. @retval false  Not durable; @p why tells.
 */
bool site_unsettled(struct site *site, char *why, size_t why_len);
/**
 * Whether the last run that provisioned did not come to site_settled(): devices may still wait
 * for it, on links that nobody drives any more.
 */
bool site_left_unsettled(const struct site *site);

/** Records that no link to a device is open any more. @retval false  Not durable; @p why tells. */
bool site_settled(struct site *site, char *why, size_t why_len);

/** Releases it, wiping the keys. NULL is allowed. */
void site_close(struct site *site);

/* -- nodes --------------------------------------------------------------------------------- */

/** The newest record of a device, or NULL. */
const struct site_node *site_find(const struct site *site, const uint8_t uuid[USHER_UUID_SIZE]);
/** The node with this element address, whatever its state, or NULL. */
const struct site_node *site_at(const struct site *site, uint16_t address);
/** The @p n-th node, by address; NULL: there are no more. */
const struct site_node *site_each(const struct site *site, size_t n);

/**
 * Gives a device the next address range, and makes that durable.
 *
 * @param elements    1..255
 * @param device_key  The key that the device will have.
 * @param data        Gets what the device is to be told.
 * @param why         Gets one line when it fails.
 *
 * @retval NULL  No addresses are left, or the record could not be made durable: the device must
 *               not be told.
 */
const struct site_node *site_reserve(struct site *site, const uint8_t uuid[USHER_UUID_SIZE],
                                     uint8_t elements, const uint8_t device_key[USHER_KEY_SIZE],
                                     struct usher_prov_data *data, char *why, size_t why_len);

/**
 * Records that the device with this address said Complete.
 *
 * @param elements    That it has: not more than were reserved.
 * @param device_key  Its key; the one reserved with, unless that could not be known then.
 *
 * @retval false  Not durable (the file still says "unknown"); @p why tells.
 */
bool site_provisioned(struct site *site, uint16_t address, uint8_t elements,
                      const uint8_t device_key[USHER_KEY_SIZE], char *why, size_t why_len);

/** What a node has become by being configured. */
struct site_configuration {
    const uint8_t *page0; /* 1..SITE_PAGE0_MAX octets; NULL: not learned */
    size_t page0_len;
    json_t *settings; /* not taken over: the site keeps a reference of its own; NULL: none */
    bool whole;       /* all of the template was applied */
};

/** Records it. A node that was configured stays so. @retval false  Not durable; @p why tells. */
bool site_configured(struct site *site, uint16_t address, const struct site_configuration *c,
                     char *why, size_t why_len);
/** Names a node. @retval false  Not durable; @p why tells. */
bool site_named(struct site *site, uint16_t address, const char *name, char *why, size_t why_len);
/** Records that a node was reset. @retval false  Not durable; @p why tells. */
bool site_removed(struct site *site, uint16_t address, char *why, size_t why_len);

/* -- the provisioner's own node, and keys -------------------------------------------------- */

/** The address of the provisioner's node; 0: it never had one. */
uint16_t site_own_address(const struct site *site);
/**
 * Gives the provisioner's node an address that nobody ever had: 0x0001, or after that the next free
 * one, since the sequence numbers that an address has used are known to its node alone.
 *
 * @param data  Gets what the node is to be told.
 *
 * @retval false  No address is left, or not durable; @p why tells.
 */
bool site_own_reserve(struct site *site, struct usher_prov_data *data, char *why, size_t why_len);

/** The subnet's index. */
uint16_t site_key_index(const struct site *site);
/** All application keys, by index. */
const struct site_appkey *site_appkeys(const struct site *site, size_t *count);
/** The application key of this index: @p new_key if there was none. @retval NULL  @p why tells. */
const uint8_t *site_appkey(struct site *site, uint16_t index, const uint8_t new_key[USHER_KEY_SIZE],
                           char *why, size_t why_len);
/** Records the network's IV Index. @retval false  Not durable; @p why tells. */
bool site_iv_set(struct site *site, uint32_t index, bool updating, char *why, size_t why_len);

#endif
