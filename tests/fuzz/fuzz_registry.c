/*
 * network.json, which was kept before there was a registry, as the registry takes it over: the
 * input is the file. It is refused with a line that says why, and then stays; or it is a registry,
 * whose living nodes have addresses of their own, and which is the same when it is opened again.
 */
#define _XOPEN_SOURCE 700

#include "fuzz.h"

#include "registry.h"

#include <fcntl.h>
#include <unistd.h>

static char directory[] = "/dev/shm/usher-fuzz-XXXXXX";
static int place = -1; /* the directory */

static const char *const names[] = { "network.json", "network.json.old", "registry.sqlite",
                                     "registry.sqlite.new", "lock" };

static void clear(void)
{
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)unlinkat(place, names[i], 0);
    }
}

static void leave(void)
{
    clear();
    (void)rmdir(directory);
}

static void put(const uint8_t *octets, size_t len)
{
    int file;

    if (place < 0) {
        FUZZ_CHECK(mkdtemp(directory) != NULL && atexit(leave) == 0);
        place = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    clear();
    file = openat(place, names[0], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FUZZ_CHECK(file >= 0 && (len == 0 || write(file, octets, len) == (ssize_t)len));
    close(file);
}

/* How many nodes there are; their ranges rise. */
static unsigned nodes(struct registry *r)
{
    struct registry_node node = { .address = 0 };
    struct registry_counts counts;
    unsigned count = 0, free_from = 1;
    uint16_t after = 0;

    while (registry_next(r, after, &node) == REGISTRY_OK) {
        bool lives = node.state == REGISTRY_UNKNOWN || node.state == REGISTRY_PROVISIONED;

        FUZZ_CHECK(node.elements > 0 && node.address > after);
        FUZZ_CHECK(!lives || node.address >= free_from);
        after = node.address;
        free_from = lives ? node.address + (unsigned)node.elements : free_from;
        FUZZ_CHECK(free_from <= 0x8000);
        count++;
    }
    registry_node_clear(&node);
    FUZZ_CHECK(registry_counts(r, &counts) == REGISTRY_OK);
    FUZZ_CHECK(counts.unknown + counts.provisioned + counts.excluded + counts.removed == count);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[400] = "";
    struct registry *r;
    unsigned count;

    put(data, size);
    r = registry_open(directory, NULL, why, sizeof(why));
    if (r == NULL) {
        FUZZ_CHECK(why[0] != '\0' && faccessat(place, names[0], F_OK, 0) == 0);
        return 0;
    }
    count = nodes(r);
    registry_close(r);
    FUZZ_CHECK(faccessat(place, names[0], F_OK, 0) != 0);
    r = registry_open(directory, NULL, why, sizeof(why));
    FUZZ_CHECK(r != NULL && nodes(r) == count);
    registry_close(r);
    return 0;
}
