/*
 * Model ids of Generic Default Transition Time, for who configures such models. The models
 * themselves are not there.
 */
#ifndef GENERIC_DTT_CLIENT_H__
#define GENERIC_DTT_CLIENT_H__

#include "model_common.h"

#define GENERIC_DTT_CLIENT_MODEL_ID 0x1005

#endif
