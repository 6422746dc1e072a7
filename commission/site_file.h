/*
 * A site inside, and its file: shared by site.c, which keeps it in memory, and site_file.c, which
 * reads and writes network.json.
 */
#ifndef SITE_FILE_H
#define SITE_FILE_H

#include "site.h"

#define SITE_FILE_NAME "network.json"
#define SITE_FIRST_ADDRESS 0x0002u /* 0x0001 is kept for the provisioner's own node */

struct site {
    char *path; /* of the file; NULL: in memory */
    int lock;   /* on its directory; -1: none */
    uint8_t net_key[USHER_KEY_SIZE];
    bool settled; /* no link is open: false while devices are provisioned, and after a kill */
    bool left_unsettled;
    uint16_t key_index;
    uint32_t iv_index;
    bool iv_updating;
    uint16_t own_address;     /* 0: none yet */
    uint32_t next_address;    /* up to one beyond the last unicast address */
    struct site_node **nodes; /* in the order of their addresses */
    size_t count, room;
    void *by_uuid; /* tsearch() tree of the newest record of each device */
    struct site_appkey appkeys[SITE_APPKEYS]; /* by index */
    size_t appkey_count;
};

/** Appends a record and makes it its device's newest; takes over node->settings. NULL: no memory.
 */
struct site_node *site_node_add(struct site *site, const struct site_node *node);

/**
 * Reads the file at site->path into an empty site.
 *
 * @param must_exist  Whether it is a failure that there is none.
 *
 * @retval false  Not readable, or contents that cannot be right; @p why tells in one line.
 */
bool site_file_read(struct site *site, bool must_exist, char *why, size_t why_len);

/** Makes what is known durable, unless the site is in memory. @retval false  @p why tells. */
bool site_file_write(const struct site *site, char *why, size_t why_len);

#endif
