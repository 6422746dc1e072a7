/*
 * Model ids of Light Lightness, for who configures such models. The models themselves are not
 * there.
 */
#ifndef LIGHT_LIGHTNESS_SETUP_SERVER_H__
#define LIGHT_LIGHTNESS_SETUP_SERVER_H__

#include "generic_level_server.h"
#include "generic_ponoff_setup_server.h"
#include "model_common.h"

#define LIGHT_LIGHTNESS_SERVER_MODEL_ID 0x1300
#define LIGHT_LIGHTNESS_SETUP_SERVER_MODEL_ID 0x1301

#endif
