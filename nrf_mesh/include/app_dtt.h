/*
 * Default Transition Time of an application: not there, as the model is not. The header is, so that
 * programs that include it and use it by SCENE_SETUP_SERVER_INSTANCES_MAX alone need no change.
 */
#ifndef APP_DTT_H__
#define APP_DTT_H__

#include "generic_dtt_server.h"

#endif
