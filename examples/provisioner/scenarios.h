/*
 * Kinds of devices, which a device tells by its URI: what address it gets, and what its models are
 * configured for.
 */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include <stdbool.h>
#include <stdint.h>

#define SCENARIO_COUNT 4
#define SCENARIO_MODELS_MAX 4

/** A model that is to publish and subscribe. */
struct scenario_model {
    uint8_t element; /* after the primary one */
    uint16_t model_id;
};

struct scenario {
    const char *p_uri;
    const char *p_name;
    uint16_t first_address; /* of the first device of this kind */
    uint8_t address_step;   /* to the next one's */
    bool client;            /* switches; else it is switched */
    uint8_t model_count;
    struct scenario_model models[SCENARIO_MODELS_MAX];
};

extern const struct scenario scenarios[SCENARIO_COUNT];

/** The kind of device with this URI hash; SCENARIO_COUNT: one that is not known. */
uint8_t scenario_by_hash(const uint8_t *p_uri_hash);
/** Whether all kinds can be told apart by their URI hashes. */
bool scenarios_differ(void);

/* The groups of an element of a scenario's: where it publishes to, and where it listens. */
uint16_t scenario_publish_group(const struct scenario *p_scenario, uint16_t element_address);
uint16_t scenario_subscribe_group(const struct scenario *p_scenario, uint16_t element_address);

#endif
