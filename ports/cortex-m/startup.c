/*
 * From reset to main() on a Cortex-M4 (ARMv7-M Architecture Reference Manual, B1.5): the vector
 * table, and memory as C wants it. A fault ends the program with a message and an exit code, which
 * is what a test wants to see. The board's interrupt handlers (board.c) have their places here.
 */
#include "board.h"

#include <string.h>

/* From the linker script. */
extern uint8_t data_start[], data_end[], data_load[], bss_start[], bss_end[], stack_top[];

int main(void);
void reset_handler(void);

static void fault(void)
{
    board_exit("fault\n", 101);
}

static void unexpected(void)
{
    board_exit("unexpected interrupt\n", 102);
}

void reset_handler(void)
{
    memcpy(data_start, data_load, (size_t)(data_end - data_start));
    memset(bss_start, 0, (size_t)(bss_end - bss_start));
    board_init();
    board_exit("", main());
}

typedef void (*handler)(void);

struct vectors {
    void *stack;
    handler handlers[15 + 32];
};

#define EXCEPTION(n) ((n)-1)
#define IRQ(n) (15 + (n))

__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
    .stack = stack_top,
    .handlers = {
        [EXCEPTION(1)] = reset_handler,
        [EXCEPTION(2)] = unexpected,
        [EXCEPTION(3)] = fault,
        [EXCEPTION(4)] = fault,
        [EXCEPTION(5)] = fault,
        [EXCEPTION(6)] = fault,
        [EXCEPTION(11)] = unexpected,
        [EXCEPTION(14)] = unexpected,
        [EXCEPTION(15)] = board_tick,
        [IRQ(2)] = board_uart1_rx,
        [IRQ(3)] = board_uart1_tx,
        [IRQ(4)] = board_uart2_rx,
        [IRQ(5)] = board_uart2_tx,
    },
};
