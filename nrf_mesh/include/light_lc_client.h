/*
 * Model ids of Light LC, for who configures such models. The models themselves are not there.
 */
#ifndef LIGHT_LC_CLIENT_H__
#define LIGHT_LC_CLIENT_H__

#include "model_common.h"

#define LIGHT_LC_CLIENT_MODEL_ID 0x1311

#endif
