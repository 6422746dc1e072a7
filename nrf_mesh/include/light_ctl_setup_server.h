/*
 * Model ids of Light CTL, for who configures such models. The models themselves are not there.
 */
#ifndef LIGHT_CTL_SETUP_SERVER_H__
#define LIGHT_CTL_SETUP_SERVER_H__

#include "light_lightness_setup_server.h"
#include "model_common.h"

#define LIGHT_CTL_SERVER_MODEL_ID 0x1303
#define LIGHT_CTL_SETUP_SERVER_MODEL_ID 0x1304
#define LIGHT_CTL_TEMPERATURE_SERVER_MODEL_ID 0x1306

#endif
