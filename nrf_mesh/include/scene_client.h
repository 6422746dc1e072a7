/*
 * Model ids of Scene, for who configures such models. The models themselves are not there.
 */
#ifndef SCENE_CLIENT_H__
#define SCENE_CLIENT_H__

#include "model_common.h"

#define SCENE_CLIENT_MODEL_ID 0x1205

#endif
