/*
 * Two nodes for the tests of the Configuration models: node 0 asks, node 1 is configured. The
 * state of a test is their struct nodes.
 */
#ifndef CONFIG_RIG_H
#define CONFIG_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "config_server.h"
#include "nodes.h"

#define NODE nodes_address(1)            /* the one that is configured; its primary element */
#define SECOND (uint16_t)(NODE + 1u)     /* its second element: OnOff Server and vendor model */
#define NO_ELEMENT (uint16_t)(NODE + 2u) /* none of its elements */
#define ONOFF .company = USHER_SIG, .model = USHER_MODEL_ONOFF_SERVER
#define ONOFF_CLIENT .company = USHER_SIG, .model = USHER_MODEL_ONOFF_CLIENT
#define CONFIG .company = USHER_SIG, .model = USHER_MODEL_CONFIG_SERVER
#define VENDOR .company = NODES_COMPANY, .model = NODES_VENDOR_MODEL
#define NO_MODEL .company = USHER_SIG, .model = 0x1002

/** Setup and teardown: cmocka_unit_test_setup_teardown(test, config_setup, config_teardown). */
int config_setup(void **state);
int config_setup_relays(void **state); /* both can relay */
int config_teardown(void **state);
#define CONFIG_TEST(test) cmocka_unit_test_setup_teardown(test, config_setup, config_teardown)
#define CONFIG_TEST_RELAYS(test)                                                                   \
    cmocka_unit_test_setup_teardown(test, config_setup_relays, config_teardown)

/**
 * Asks, on a subnet, and waits for the answer, which must come and be well formed.
 *
 * @retval the answer, good until the next one
 */
const struct usher_config_msg *config_ask(struct nodes *all, uint16_t net_index,
                                          const struct usher_config_msg *question);
/** The same on subnet 0: ASK(all, TTL_SET, .state = 3). */
#define ASK(all, question, ...)                                                                    \
    config_ask(all, 0, &(struct usher_config_msg){ .opcode = USHER_CONFIG_##question, __VA_ARGS__ })
/** The status of the answer. */
#define STATUS(all, question, ...) (ASK(all, question, __VA_ARGS__)->status)

/** A question with a key that is all one octet. */
uint8_t config_key_status(struct nodes *all, uint32_t opcode, uint16_t net_index,
                          uint16_t app_index, uint8_t key_octet);

/** Sends octets as they are, which the client would refuse to write; they must not be answered. */
void config_ignored(struct nodes *all, uint32_t opcode, const uint8_t *params, size_t len);
#define IGNORED(all, question, ...)                                                                \
    config_ignored(all, USHER_CONFIG_##question, (const uint8_t[]){ __VA_ARGS__ },                 \
                   sizeof((const uint8_t[]){ __VA_ARGS__ }))

#endif
