/*
 * Model ids of Light LC, for who configures such models. The models themselves are not there.
 */
#ifndef LIGHT_LC_SETUP_SERVER_H__
#define LIGHT_LC_SETUP_SERVER_H__

#include "generic_onoff_server.h"
#include "model_common.h"

#define LIGHT_LC_SERVER_MODEL_ID 0x130F
#define LIGHT_LC_SETUP_SERVER_MODEL_ID 0x1310

#endif
