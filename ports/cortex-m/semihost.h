/*
 * Semihosting (Semihosting for AArch32 and AArch64, sections 5 and 6): files and the exit code of
 * the machine that runs the emulator. Called by board.c and flash_file.c.
 */
#ifndef SEMIHOST_H
#define SEMIHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Modes of fopen(), by their numbers. */
enum semihost_mode {
    SEMIHOST_READ = 1,   /* "rb" */
    SEMIHOST_UPDATE = 3, /* "r+b" */
    SEMIHOST_CREATE = 7, /* "w+b" */
};

/** @return a handle, or -1 */
int semihost_open(const char *path, enum semihost_mode mode);
/** Reads @p len octets from where the file is. @retval false  Not all could be read. */
bool semihost_read(int handle, void *buf, size_t len);
bool semihost_write(int handle, const void *buf, size_t len);
bool semihost_seek(int handle, uint32_t at);
/** @return octets in the file, or -1 */
int32_t semihost_length(int handle);
/** The program's command line. @retval false  There is none, or it is longer than @p size. */
bool semihost_command_line(char *buf, size_t size);
_Noreturn void semihost_exit(int code);

#endif
