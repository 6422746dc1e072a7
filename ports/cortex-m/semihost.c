/* Semihosting calls; see semihost.h. */
#include "semihost.h"

#include <string.h>

#define SYS_OPEN 0x01u
#define SYS_WRITE 0x05u
#define SYS_READ 0x06u
#define SYS_SEEK 0x0Au
#define SYS_FLEN 0x0Cu
#define SYS_GET_CMDLINE 0x15u
#define SYS_EXIT_EXTENDED 0x20u
#define STOPPED_APPLICATION_EXIT 0x20026u

static uint32_t call(uint32_t operation, const void *block)
{
    register uint32_t r0 __asm("r0") = operation;
    register uint32_t r1 __asm("r1") = (uint32_t)(uintptr_t)block;

    __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

int semihost_open(const char *path, enum semihost_mode mode)
{
    const uint32_t block[] = { (uint32_t)(uintptr_t)path, (uint32_t)mode, strlen(path) };

    return (int)call(SYS_OPEN, block);
}

/* Both answer how many octets were left over. */
static bool transfer(uint32_t operation, int handle, const void *buf, size_t len)
{
    const uint32_t block[] = { (uint32_t)handle, (uint32_t)(uintptr_t)buf, len };

    return call(operation, block) == 0;
}

bool semihost_read(int handle, void *buf, size_t len)
{
    return transfer(SYS_READ, handle, buf, len);
}

bool semihost_write(int handle, const void *buf, size_t len)
{
    return transfer(SYS_WRITE, handle, buf, len);
}

bool semihost_seek(int handle, uint32_t at)
{
    const uint32_t block[] = { (uint32_t)handle, at };

    return call(SYS_SEEK, block) == 0;
}

int32_t semihost_length(int handle)
{
    const uint32_t block[] = { (uint32_t)handle };

    return (int32_t)call(SYS_FLEN, block);
}

bool semihost_command_line(char *buf, size_t size)
{
    uint32_t block[] = { (uint32_t)(uintptr_t)buf, size };

    return call(SYS_GET_CMDLINE, block) == 0 && block[1] < size;
}

_Noreturn void semihost_exit(int code)
{
    const uint32_t block[] = { STOPPED_APPLICATION_EXIT, (uint32_t)code };

    for (;;) {
        (void)call(SYS_EXIT_EXTENDED, block);
    }
}
