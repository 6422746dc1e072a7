/*
 * Files that hold what must survive: written whole, atomically and durably, in a directory that one
 * process at a time may write. Used by the tool for what is kept under --state. POSIX only; no
 * radio, no loop.
 */
#ifndef STATE_FILE_H
#define STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Replaces the file @p path, mode 0600. On return the new contents are durable; when the process or
 * the machine dies before, the old ones are intact. One writer at a time: see state_dir_lock().
 *
 * @param len  Octets at @p data; 0 makes an empty file.
 *
 * @retval false  Not written, the old contents stay; errno says why.
 */
bool state_file_write(const char *path, const void *data, size_t len);

/**
 * Reads the file @p path whole.
 *
 * @param max   Most octets that it may have.
 * @param data  Gets the contents with a NUL behind them, for the caller to free().
 * @param len   Gets their octets, without the NUL.
 *
 * @retval false  Not read; errno says why: ENOENT, EFBIG when it is longer than @p max, or others.
 */
bool state_file_read(const char *path, size_t max, uint8_t **data, size_t *len);

/**
 * Removes the file @p path; one that is not there is as good as removed. On return that is durable.
 *
 * @retval false  Not removed; errno says why.
 */
bool state_file_remove(const char *path);

/**
 * Locks the directory @p dir against other writers until state_dir_unlock() or the end of the
 * process, however that comes. The directory is made, mode 0700, if it is not there; its parent has
 * to be.
 *
 * @return What state_dir_unlock() takes; or -1, and @p why says in one line what is wrong, with the
 *         pid of the process that holds the lock.
 */
int state_dir_lock(const char *dir, char *why, size_t why_len);
void state_dir_unlock(int lock);

#endif
