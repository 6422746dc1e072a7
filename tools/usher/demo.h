/*
 * The parts of usher demo: the posts of the site (demo_posts.c: each a device and the person beside
 * it), the group of their lamps (demo_lamps.c), and the provisioner (cmd_demo.c). All of it is in
 * virtual time.
 */
#ifndef DEMO_H
#define DEMO_H

#include "air.h"
#include "commissioner.h"
#include "configurator.h"
#include "device.h"
#include "file_store.h"
#include "options.h"
#include "pcap.h"
#include "simport.h"

#include <sys/queue.h>

struct demo;

/** A kind of device, by how it can be authenticated. */
struct demo_kind {
    const char *label;
    const char *oob; /* as for --oob; NULL: a static value of the device's own */
    bool key_known;
};

extern const struct demo_kind demo_kinds[];
extern const size_t demo_kind_count;

/** A device, and the person who stands beside it. */
struct post {
    struct device device; /* first: the tree compares UUIDs through it */
    struct demo *demo;
    struct simport port;
    const struct demo_kind *kind;
    bool joined;
    char shown[USHER_OOB_SIZE_MAX + 1]; /* what one side shows */
    bool wanted, to_device;             /* whether, and where, it is to be entered */
    uint64_t errand_at;                 /* when; USHER_NEVER: nothing to carry */
    TAILQ_ENTRY(post) errand;
    uint64_t ms; /* that provisioning took */
};

struct demo {
    const struct args *args;
    const struct usher_crypto *crypto;
    struct air *air;
    struct simport port;
    struct file_store store;
    bool joined, stored, on; /* the provisioner's radio; its storage; its instance */
    struct usher node;
    struct own_node own;
    struct registry *registry;
    struct commissioner *commissioner;
    struct configurator *configurator;
    struct node_template template;
    struct post *posts;
    void *by_uuid; /* tsearch() tree */
    TAILQ_HEAD(, post) errands;
    uint64_t commissioning_ms, configuring_ms; /* when they want to be run */
    uint64_t news_ms, done_ms;                 /* when the counts below changed */
    unsigned news, done;
    unsigned lamps, lamps_on, lamps_retried;
    struct pcap pcap;
};

/** Milliseconds of virtual time. */
uint64_t demo_now(const struct demo *d);
/**
 * Lets the next thing happen, but nothing after @p ms.
 *
 * @retval false  Nothing will ever happen again, or the time is @p ms.
 */
bool demo_advance(struct demo *d, uint64_t ms);

/** Puts the device of this number at its post. @retval false  No memory, or no key pair. */
bool demo_post_start(struct demo *d, unsigned number);
/** Takes all devices off the air, and releases what is known of them. */
void demo_posts_end(struct demo *d);
struct post *demo_post_find(const struct demo *d, const uint8_t uuid[USHER_UUID_SIZE]);
/** The provisioner shows a value, or asks for one: the person at the post carries it. */
void demo_value_shown(struct post *p, const char *value);
void demo_value_wanted(struct post *p);
/** When somebody has something to enter; and lets those do it whose time has come. */
uint64_t demo_errands_next(const struct demo *d);
void demo_errands_run(struct demo *d);

/** Whether both ends agree that the device is provisioned, and on its address and key. */
bool demo_post_agrees(const struct demo *d, const struct post *p);

/** Switches the group of all lamps on: by one message, then one by one those that missed it. */
void demo_lamps_switch(struct demo *d);

#endif
