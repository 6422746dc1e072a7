/*
 * Storage for a port: a directory with one file per record, each replaced atomically and durably
 * (state_file.h). What is in it is secret, so the directory is 0700 and the files 0600. One process
 * at a time has it.
 *
 *     struct file_store store;
 *     file_store_open(&store, "/var/lib/lamp", why, sizeof(why));
 *     file_store_use(&store, &port); // before usher_init()
 */
#ifndef FILE_STORE_H
#define FILE_STORE_H

#include <usher/port.h>

#define FILE_STORE_DIR_MAX 1023 /**< octets of the directory's name */

/** An open store; members are private. */
struct file_store {
    char dir[FILE_STORE_DIR_MAX + 1];
    int lock;
};

/**
 * Opens a store, and locks it against others. The directory is made if it is not there; its parent
 * has to be.
 *
 * @param why  Gets a message of one line that says what is wrong.
 *
 * @retval false  Not opened.
 */
bool file_store_open(struct file_store *store, const char *dir, char *why, size_t why_len);
void file_store_close(struct file_store *store);

/** Makes it a port's storage. */
void file_store_use(struct file_store *store, struct usher_port *port);

#endif
