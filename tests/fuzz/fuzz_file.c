/* Files in memory; see fuzz_file.h. */
#define _GNU_SOURCE

#include "fuzz_file.h"

#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

const char *fuzz_file(const uint8_t *octets, size_t len)
{
    static char path[40];
    static int file = -1;

    if (file < 0) {
        file = memfd_create("input", MFD_CLOEXEC);
        FUZZ_CHECK(file >= 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    }
    FUZZ_CHECK(ftruncate(file, 0) == 0);
    FUZZ_CHECK(len == 0 || pwrite(file, octets, len, 0) == (ssize_t)len);
    return path;
}
