/*
 * Settings of the vendor's SDK. Those of an application are in its app_config.h, which is included
 * if it says USE_APP_CONFIG.
 */
#ifndef SDK_CONFIG_H__
#define SDK_CONFIG_H__

#ifdef USE_APP_CONFIG
#include "app_config.h"
#endif

#endif
