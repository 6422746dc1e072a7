/*
 * The serial device: a radio for a host, which provisions with it and speaks through it. Its main()
 * chooses radio and line.
 */
#ifndef SERIAL_DEVICE_H
#define SERIAL_DEVICE_H

/** Makes the stack and the serial interface, and goes on the air. */
void serial_device_start(void);

#endif
