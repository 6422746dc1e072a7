/*
 * What a large registry costs: 100000 nodes, of which 30000 live and the others are history, in a
 * file. Times of one run; the machine's disk decides what is durable.
 *
 *     bench_registry [NODES [LIVING]]
 */
#include "cdb.h"
#include "registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FIRST 0x0002u
#define PAGE 50
#define ADDED 20

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static void line(const char *what, double ms)
{
    printf("  %-44s %9.2f ms\n", what, ms);
}

static void must(const struct registry *r, enum registry_err err)
{
    if (err != REGISTRY_OK) {
        fprintf(stderr, "bench_registry: %s\n", registry_why(r));
        exit(1);
    }
}

static struct registry *opened(const char *dir, const struct registry_new *make)
{
    char why[400];
    struct registry *r = registry_open(dir, make, why, sizeof why);
    if (!r) {
        fprintf(stderr, "bench_registry: %s\n", why);
        exit(1);
    }
    return r;
}

static void number(uint8_t octets[16], unsigned n)
{
    memset(octets, 0xB5, 16);
    memcpy(octets, &n, sizeof n);
}

/** Settings as a node of the built-in template has them. */
static json_t *settings_make(void)
{
    return json_pack("{s:i, s:{s:i, s:i}, s:{s:b}, s:[i], s:[{s:i, s:s, s:[i], s:{s:s, s:i, s:i}, "
                     "s:[s, s]}]}",
                     "ttl", 7, "transmit", "count", 3, "interval", 20, "relay", "on", 1, "appkeys",
                     0, "models", "element", 0, "model", "1000", "bind", 0, "publish", "address",
                     "C001", "appkey", 0, "period", 10000, "subscribe", "C000", "C001");
}

/** History first, and then the nodes that live, at the lowest addresses. */
static void fill(struct registry *r, unsigned nodes, unsigned alive)
{
    struct registry_node node = { .elements = 1, .page0_len = 60, .settings = settings_make() };
    must(r, registry_begin(r));
    for (unsigned i = 0; i < nodes; i++) {
        bool lives = i >= nodes - alive;
        number(node.uuid, i);
        number(node.device_key, i);
        node.state = lives ? REGISTRY_PROVISIONED : REGISTRY_REMOVED;
        node.configured = lives;
        node.address = (uint16_t)(FIRST + (lives ? i - (nodes - alive) : i % alive));
        must(r, registry_node_put(r, &node));
    }
    must(r, registry_commit(r));
    registry_node_clear(&node);
}

/** Goes through @p most nodes. @return how many there were */
static unsigned walk(struct registry *r, unsigned most)
{
    struct registry_node node = { .settings = NULL };
    unsigned n = 0;
    uint16_t after = 0;
    while (n < most && registry_next(r, after, &node) == REGISTRY_OK) {
        after = node.address;
        n++;
    }
    registry_node_clear(&node);
    return n;
}

static void add(struct registry *r, unsigned n)
{
    uint8_t uuid[USHER_UUID_SIZE], key[USHER_KEY_SIZE];
    struct registry_lease lease = { .uuid = uuid, .elements = 1, .device_key = key };
    struct usher_prov_data data;
    number(uuid, 0x80000000u + n);
    number(key, n);
    must(r, registry_lease(r, &lease, &data));
    must(r, registry_provisioned(r, data.address, 1, key, false));
}

static void export(struct registry *r)
{
    char why[200];
    json_t *document = cdb_write(r, &(struct cdb_export){ .nodes = NULL }, why, sizeof why);
    char *text = document ? json_dumps(document, JSON_COMPACT) : NULL;
    if (!text) {
        fprintf(stderr, "bench_registry: %s\n", why);
        exit(1);
    }
    free(text);
    json_decref(document);
}

static void measure(const char *dir, unsigned nodes, unsigned alive)
{
    struct registry_counts counts;
    uint8_t key[USHER_KEY_SIZE];
    double begin = now_ms();
    struct registry *r = opened(dir, NULL);
    line("open", now_ms() - begin);
    begin = now_ms();
    walk(r, PAGE);
    line("list a page of 50 nodes", now_ms() - begin);
    begin = now_ms();
    must(r, registry_counts(r, &counts));
    line("count the nodes", now_ms() - begin);
    begin = now_ms();
    for (unsigned i = 0; i < 1000; i++) {
        must(r, registry_device_key(r, (uint16_t)(FIRST + i * 7 % alive), key));
    }
    line("find a device key", (now_ms() - begin) / 1000);
    begin = now_ms();
    for (unsigned i = 0; i < ADDED; i++) {
        add(r, nodes + i);
    }
    line("add a node (leased, then provisioned)", (now_ms() - begin) / ADDED);
    begin = now_ms();
    unsigned n = walk(r, nodes);
    line("go through all living nodes", now_ms() - begin);
    if (n < alive) {
        fprintf(stderr, "bench_registry: %u nodes of %u\n", n, alive);
        exit(1);
    }
    begin = now_ms();
    export(r);
    line("export the network as JSON", now_ms() - begin);
    registry_close(r);
}

static void file_size(const char *dir)
{
    char path[300];
    struct stat st;
    snprintf(path, sizeof path, "%s/registry.sqlite", dir);
    if (stat(path, &st) == 0) {
        printf("  %-44s %9.2f MB\n", "the file", (double)st.st_size / 1e6);
    }
    unlink(path);
    snprintf(path, sizeof path, "%s/lock", dir);
    unlink(path);
    rmdir(dir);
}

int main(int argc, char **argv)
{
    unsigned nodes = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000;
    unsigned alive = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 30000;
    char dir[] = "/tmp/usher-bench-XXXXXX";
    struct registry_new make = { .name = "bench" };
    if (alive < 1 || alive > 30000 || alive > nodes || !mkdtemp(dir)) {
        fprintf(stderr, "usage: bench_registry [NODES [LIVING]], at most 30000 of them living\n");
        return 2;
    }
    struct registry *r = opened(dir, &make);
    double begin = now_ms();
    fill(r, nodes, alive);
    line("import all, in one transaction", now_ms() - begin);
    registry_close(r);
    measure(dir, nodes, alive);
    file_size(dir);
    return 0;
}
