/*
 * Model ids of Generic Power OnOff, for who configures such models. The models themselves are
 * not there.
 */
#ifndef GENERIC_PONOFF_CLIENT_H__
#define GENERIC_PONOFF_CLIENT_H__

#include "model_common.h"

#define GENERIC_PONOFF_CLIENT_MODEL_ID 0x1008

#endif
