/*
 * A device's life in steps: provisioned, configured by a neighbour, its keys refreshed, an IV
 * Update, messages in between, reset, provisioned again. For test_power_cut.c.
 */
#ifndef POWER_SCENARIO_H
#define POWER_SCENARIO_H

#include "nodes.h"
#include "storage.h"

#define WORLD_MODELS 16u /* at most */
#define WORLD_SUBNETS 4u
#define WORLD_APPKEYS 8u

struct world {
    struct nodes *all;
    struct node *manager; /* configures; keeps nothing */
    struct node *device;  /* the one that loses power */
    struct storage storage;
    bool acknowledged; /* the step under way: the manager knows that it is done */

    /* private */
    uint64_t highest[2]; /* (IV Index, SEQ) on the air from the device, by address */
    uint64_t floor[2];   /* that before the last start: none that is not higher may come */
    enum usher_err (*adv_start)(void *ctx, const struct usher_adv *adv);
};

/** What a node knows that has to survive, in a form that memcmp() can compare. */
struct snapshot {
    uint16_t address; /* 0: not a node, all else is 0 */
    uint8_t device_key[USHER_KEY_SIZE];
    uint32_t iv_index;
    bool iv_updating;
    struct {
        bool used;
        uint8_t phase;
        uint16_t index;
        struct usher_net_keys key[2];
    } subnet[WORLD_SUBNETS];
    struct usher_appkey appkey[WORLD_APPKEYS];
    struct {
        uint16_t bindings[USHER_BINDINGS];
        struct usher_subscription subscriptions[USHER_SUBSCRIPTIONS];
        struct usher_publication publication;
        uint8_t period_divisor;
    } model[WORLD_MODELS];
    struct usher_sar_config sar;
    uint8_t default_ttl, relay, net_transmit, relay_retransmit;
    uint8_t beacon, private_beacon, private_interval;
    uint16_t heartbeat_dst, heartbeat_features, heartbeat_net_index;
    uint8_t heartbeat_period_log, heartbeat_ttl;
};

/** Makes the air, with the device off: world_start() is next. w->storage is the caller's. */
void world_init(struct world *w);
void world_free(struct world *w);
/**
 * Switches the device on. From now on none of its sequence numbers is one from before, or the
 * program ends.
 *
 * @return That of usher_mesh_load().
 */
enum usher_err world_start(struct world *w);
/** Switches it off; storage is without power already, or nothing is left to be stored. */
void world_stop(struct world *w);

unsigned scenario_steps(void);
const char *scenario_name(unsigned step);
/** Whether the step can be done again, when it has been done and nobody knows. */
bool scenario_again(unsigned step);
/** Does a step. @retval false  Power failed. */
bool scenario_run(struct world *w, unsigned step);

void snapshot_take(const struct world *w, struct snapshot *s);
/** The device's last (IV Index, SEQ) from the manager; 0: none. */
uint64_t world_replay(const struct world *w);

/** Ends the program if something is not as it must be. */
#define REQUIRE(ok, ...)                                                                           \
    do {                                                                                           \
        if (!(ok)) {                                                                               \
            world_fail(__FILE__, __LINE__, __VA_ARGS__);                                           \
        }                                                                                          \
    } while (0)
_Noreturn void world_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
