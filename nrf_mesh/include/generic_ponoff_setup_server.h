/*
 * Model ids of Generic Power OnOff, for who configures such models. The models themselves are
 * not there.
 */
#ifndef GENERIC_PONOFF_SETUP_SERVER_H__
#define GENERIC_PONOFF_SETUP_SERVER_H__

#include "generic_dtt_server.h"
#include "generic_onoff_server.h"
#include "model_common.h"

#define GENERIC_PONOFF_SERVER_MODEL_ID 0x1006
#define GENERIC_PONOFF_SETUP_SERVER_MODEL_ID 0x1007

#endif
