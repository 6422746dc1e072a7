/*
 * What the files of the Configuration Server share: config_server.c has the model,
 * config_server_events.c tells the application what was asked.
 */
#ifndef CONFIG_SERVER_PARTS_H
#define CONFIG_SERVER_PARTS_H

#include "config_server_events.h"

#include <usher/models.h>

/**
 * What a question that was answered is in the SDK's words.
 *
 * @retval false  Nothing that is told: it was refused, or changed what there is not.
 */
bool config_server_event_of(const struct usher_message *question,
                            const struct usher_config_msg *answer, config_server_evt_t *event);

#endif
