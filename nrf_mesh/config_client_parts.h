/*
 * What the files of the Configuration Client share: config_client.c asks, config_client_messages.c
 * makes the questions.
 */
#ifndef CONFIG_CLIENT_PARTS_H
#define CONFIG_CLIENT_PARTS_H

#include "config_client.h"

#include <usher/config_msg.h>

/** Asks the node chosen. The codes of the questions in config_client.h. */
uint32_t config_client_ask(const struct usher_config_msg *msg);

#endif
