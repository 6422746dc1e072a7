/*
 * Model ids of Light Lightness, for who configures such models. The models themselves are not
 * there.
 */
#ifndef LIGHT_LIGHTNESS_CLIENT_H__
#define LIGHT_LIGHTNESS_CLIENT_H__

#include "model_common.h"

#define LIGHT_LIGHTNESS_CLIENT_MODEL_ID 0x1302

#endif
