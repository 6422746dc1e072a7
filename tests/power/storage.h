/*
 * A node's storage that can lose power: on simulated flash, where every write and erase can be cut
 * or torn, or in files, where the port's calls are what can be cut. For test_power_cut.c.
 */
#ifndef POWER_STORAGE_H
#define POWER_STORAGE_H

#include "file_store.h"
#include "flash.h"

struct storage {
    bool files; /* else flash */
    struct flash flash;
    struct usher_flashlog log;

    char dir[64];
    struct file_store store;
    struct usher_port inner; /* the file store's calls */
    bool off;
    unsigned long cut_in;
    enum flash_cut how;
};

/** Storage on erased flash: two banks of one sector. */
void storage_on_flash(struct storage *s, uint32_t sector_size, uint8_t unit);
/** Storage in files, in a new directory. */
void storage_on_files(struct storage *s);
/** After fork(), in the child: goes on with a copy. */
void storage_fork(struct storage *s);
/** Removes it all. */
void storage_free(struct storage *s);

/** Makes it a port's storage, as it is found when power comes. */
void storage_start(struct storage *s, struct usher_port *port);

/** Lets power fail at the @p n -th change from now; 0: not at all. */
void storage_cut(struct storage *s, unsigned long n, enum flash_cut how);
bool storage_off(const struct storage *s);
/** Power is there again: storage_start() is next. */
void storage_on(struct storage *s);

#endif
