/*
 * Model ids of Sensor, for who configures such models. The models themselves are not there.
 */
#ifndef SENSOR_CLIENT_H__
#define SENSOR_CLIENT_H__

#include "model_common.h"

#define SENSOR_CLIENT_MODEL_ID 0x1102

#endif
