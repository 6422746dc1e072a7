/*
 * Model ids of Light CTL, for who configures such models. The models themselves are not there.
 */
#ifndef LIGHT_CTL_CLIENT_H__
#define LIGHT_CTL_CLIENT_H__

#include "model_common.h"

#define LIGHT_CTL_CLIENT_MODEL_ID 0x1305

#endif
