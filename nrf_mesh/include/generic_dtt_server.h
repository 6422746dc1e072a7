/*
 * Model ids of Generic Default Transition Time, for who configures such models. The models
 * themselves are not there.
 */
#ifndef GENERIC_DTT_SERVER_H__
#define GENERIC_DTT_SERVER_H__

#include "model_common.h"

#define GENERIC_DTT_SERVER_MODEL_ID 0x1004

#endif
