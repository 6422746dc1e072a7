/*
 * What an application calls to start the vendor's Bluetooth stack and to set up its connections.
 * Usher's stack is started by mesh_stack_init() alone, and has no connections: these have nothing
 * left to do, and are here so that a program needs no change.
 */
#ifndef BLE_SOFTDEVICE_SUPPORT_H__
#define BLE_SOFTDEVICE_SUPPORT_H__

static inline void ble_stack_init(void)
{
}
static inline void gap_params_init(void)
{
}
static inline void conn_params_init(void)
{
}

#endif
