/*
 * The provisioner's memory of its network: the network key, every address ever given, every
 * device key. In a directory it is the file network.json, replaced atomically (mode 0600) and
 * durable before site_reserve() returns; without a directory it lives in memory.
 *
 * An address range is recorded before its device is told, and is never given again: if the run
 * ends in between, nobody knows whether the device took it. A device that comes back
 * unprovisioned gets another range.
 */
#ifndef SITE_H
#define SITE_H

#include <usher/usher.h>

enum site_state {
    SITE_UNKNOWN,     /* data were given to the stack; whether the device took them is not known */
    SITE_PROVISIONED, /* the device said Complete */
    SITE_EXCLUDED,    /* the device came back unprovisioned; its old range stays out of use */
};

struct site_node {
    uint8_t uuid[USHER_UUID_SIZE];
    uint16_t address; /* of the primary element */
    uint8_t elements;
    uint8_t device_key[USHER_KEY_SIZE];
    enum site_state state;
};

struct site;

/**
 * Opens the network in @p dir, or makes one there.
 *
 * @param dir      NULL: in memory.
 * @param new_key  The network key of a network that is made.
 * @param why      Gets one line when it fails.
 *
 * @retval NULL  Not opened: in use by another process, not readable, or contents that cannot be
 *               right.
 */
struct site *site_open(const char *dir, const uint8_t new_key[USHER_KEY_SIZE], char *why,
                       size_t why_len);

/**
 * Whether the last run that used the network did not call site_settled(): devices may still wait
 * for it, on links that nobody drives any more.
 */
bool site_left_unsettled(const struct site *site);

/** Records that no link to a device is open any more. @retval false  Not durable; @p why tells. */
bool site_settled(struct site *site, char *why, size_t why_len);

/** Releases it, wiping the keys. NULL is allowed. */
void site_close(struct site *site);

/** The newest record of a device, or NULL. */
const struct site_node *site_find(const struct site *site, const uint8_t uuid[USHER_UUID_SIZE]);

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
 * @retval false  Not durable (the file still says "unknown"); @p why tells.
 */
bool site_provisioned(struct site *site, uint16_t address, char *why, size_t why_len);

#endif
