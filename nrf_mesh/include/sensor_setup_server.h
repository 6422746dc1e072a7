/*
 * Model ids of Sensor, for who configures such models. The models themselves are not there.
 */
#ifndef SENSOR_SETUP_SERVER_H__
#define SENSOR_SETUP_SERVER_H__

#include "model_common.h"

#define SENSOR_SERVER_MODEL_ID 0x1100
#define SENSOR_SETUP_SERVER_MODEL_ID 0x1101

#endif
