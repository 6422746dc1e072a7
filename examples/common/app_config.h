/*
 * Settings of the vendor's SDK that an application changes (USE_APP_CONFIG); the examples change
 * none.
 */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#endif
