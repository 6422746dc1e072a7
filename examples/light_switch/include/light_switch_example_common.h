/*
 * What the switch and the lamp of this example share.
 */
#ifndef LIGHT_SWITCH_EXAMPLE_COMMON_H__
#define LIGHT_SWITCH_EXAMPLE_COMMON_H__

/** Switches of a client, each on an element of its own after the primary one. */
#define CLIENT_MODEL_INSTANCE_COUNT 2

#define APP_STATE_OFF 0
#define APP_STATE_ON 1

/** How often an unacknowledged message is sent again. */
#define APP_UNACK_MSG_REPEAT_COUNT 2

/* When a lamp begins to change, and how long that takes. */
#define APP_ONOFF_DELAY_MS 50
#define APP_ONOFF_TRANSITION_TIME_MS 100

#endif
