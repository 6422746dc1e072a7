/*
 * Files of the input's octets, for what reads files by their names. They are in memory only.
 */
#ifndef FUZZ_FILE_H
#define FUZZ_FILE_H

#include <stddef.h>
#include <stdint.h>

/** @return The path of a file with these octets; it is another file's after the next call. */
const char *fuzz_file(const uint8_t *octets, size_t len);

#endif
