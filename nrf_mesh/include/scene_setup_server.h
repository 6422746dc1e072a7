/*
 * Model ids of Scene, for who configures such models. The models themselves are not there.
 */
#ifndef SCENE_SETUP_SERVER_H__
#define SCENE_SETUP_SERVER_H__

#include "generic_dtt_server.h"
#include "model_common.h"

#define SCENE_SERVER_MODEL_ID 0x1203
#define SCENE_SETUP_SERVER_MODEL_ID 0x1204

#endif
