/*
 * The board: QEMU's mps2-an386, a Cortex-M4 with CMSDK UARTs, and semihosting for what a real board
 * has as hardware: a generator of random numbers, flash, the exit code of a test. Called by the
 * images of this directory; startup.c has the vector table.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The UARTs: 0 is the log, which is written at once; the others have rings and interrupts. */
enum board_uart {
    BOARD_UART_SERIAL, /* UART 1 */
    BOARD_UART_HCI,    /* UART 2 */
    BOARD_UARTS,
};

#define BOARD_RING 512u /* octets that wait for the program; a power of two */

/** Called by startup.c before main(). */
void board_init(void);

/** Ends the program: @p text to the log, @p code to who runs the emulator. */
_Noreturn void board_exit(const char *text, int code);
/** Starts the machine anew. */
_Noreturn void board_reset(void);
/** A line for the log. */
void board_log(const char *text);

/** Milliseconds since reset. */
uint64_t board_now_ms(void);
/** Sleeps until an interrupt, but not beyond @p deadline (ms). */
void board_sleep(uint64_t deadline);

/** Takes octets that were received; none are lost, the other end is held off. @return how many */
size_t board_uart_read(enum board_uart uart, uint8_t *buf, size_t size);
/** Hands over octets to be sent. @return how many there was room for */
size_t board_uart_write(enum board_uart uart, const uint8_t *octets, size_t len);
/** Whether all octets that were handed over have been sent. */
bool board_uart_sent(enum board_uart uart);

/** Random octets from the machine that emulates us. @retval false  There are none. */
bool board_random(uint8_t *buf, size_t len);

/* Interrupt handlers. */
void board_tick(void);
void board_uart1_rx(void);
void board_uart1_tx(void);
void board_uart2_rx(void);
void board_uart2_tx(void);

#endif
