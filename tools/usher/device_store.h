/*
 * What a provisioned device must not forget, one file for each in a directory: UUID.json, mode
 * 0600.
 */
#ifndef DEVICE_STORE_H
#define DEVICE_STORE_H

#include "device.h"

/**
 * Writes a device's provisioning data; durable on return.
 *
 * @retval false  Not written; @p why tells in one line.
 */
bool device_store_write(const char *dir, const struct device *d, const struct usher_prov_data *data,
                        char *why, size_t why_len);

/**
 * Reads a device's record into d->provisioned, address and device_key.
 *
 * @retval true   Read, or there is none: see d->provisioned.
 * @retval false  Not readable, or contents that cannot be right; @p why tells in one line.
 */
bool device_store_read(const char *dir, struct device *d, char *why, size_t why_len);

#endif
