/*
 * Model ids of Generic Level, for who configures such models. The models themselves are not
 * there.
 */
#ifndef GENERIC_LEVEL_CLIENT_H__
#define GENERIC_LEVEL_CLIENT_H__

#include "model_common.h"

#define GENERIC_LEVEL_CLIENT_MODEL_ID 0x1003

#endif
