/*
 * Scenes of an application: not there, as the models are not. The header is, so that programs that
 * include it and use it by SCENE_SETUP_SERVER_INSTANCES_MAX alone need no change.
 */
#ifndef APP_SCENE_H__
#define APP_SCENE_H__

#include "app_transition.h"
#include "nrf_mesh_config_examples.h"
#include "scene_setup_server.h"

#endif
