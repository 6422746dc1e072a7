/*
 * The board; see board.h. UARTs by the CMSDK's registers (Cortex-M System Design Kit TRM, 4.3),
 * SysTick (ARMv7-M, B3.3), semihosting (Semihosting for AArch32 and AArch64).
 */
#include "board.h"

#include "semihost.h"

#include <string.h>

#define CLOCK_HZ 25000000u
#define TICKS_PER_S 1000u

#define REG(address) (*(volatile uint32_t *)(address))

#define SYSTICK_CTRL REG(0xE000E010)
#define SYSTICK_LOAD REG(0xE000E014)
#define SYSTICK_VAL REG(0xE000E018)
#define NVIC_ENABLE REG(0xE000E100)
#define AIRCR REG(0xE000ED0C)

#define AIRCR_RESET 0x05FA0004u /* the key, and SYSRESETREQ */

struct uart_registers {
    volatile uint32_t data, state, ctrl, interrupts, bauddiv;
};
#define UART0 ((struct uart_registers *)0x40004000)
#define UART1 ((struct uart_registers *)0x40005000)
#define UART2 ((struct uart_registers *)0x40006000)

#define STATE_TX_FULL 1u
#define STATE_RX_FULL 2u
#define CTRL_TX 1u
#define CTRL_RX 2u
#define CTRL_TX_INTERRUPT 4u
#define CTRL_RX_INTERRUPT 8u
#define INTERRUPT_TX 1u
#define INTERRUPT_RX 2u

/* One writer and one reader, of which one is an interrupt handler: counts that only grow. */
struct ring {
    volatile uint32_t in, out;
    uint8_t octets[BOARD_RING];
};

struct uart {
    struct uart_registers *registers;
    struct ring rx, tx;
};

static struct {
    volatile uint64_t ticks;
    int random; /* semihosting handle, or -1 */
    struct uart uarts[BOARD_UARTS];
} board;

static void interrupts_off(void)
{
    __asm volatile("cpsid i" ::: "memory");
}

static void interrupts_on(void)
{
    __asm volatile("cpsie i" ::: "memory");
}

/* -- rings ------------------------------------------------------------------------------------- */

static bool ring_put(struct ring *r, uint8_t octet)
{
    if (r->in - r->out == BOARD_RING) {
        return false;
    }
    r->octets[r->in % BOARD_RING] = octet;
    r->in++;
    return true;
}

static bool ring_get(struct ring *r, uint8_t *octet)
{
    if (r->in == r->out) {
        return false;
    }
    *octet = r->octets[r->out % BOARD_RING];
    r->out++;
    return true;
}

/* -- UARTs ------------------------------------------------------------------------------------- */

static void uart_start(struct uart *u, struct uart_registers *registers)
{
    u->registers = registers;
    registers->bauddiv = 16;
    registers->ctrl = CTRL_TX | CTRL_RX | CTRL_TX_INTERRUPT | CTRL_RX_INTERRUPT;
}

/* An octet that there is no room for stays in the UART, which so holds the other end off, as RTS
 * does. */
static void uart_rx(struct uart *u)
{
    u->registers->interrupts = INTERRUPT_RX;
    while (u->rx.in - u->rx.out < BOARD_RING && (u->registers->state & STATE_RX_FULL) != 0) {
        (void)ring_put(&u->rx, (uint8_t)u->registers->data);
    }
}

static void uart_tx(struct uart *u)
{
    uint8_t octet;

    u->registers->interrupts = INTERRUPT_TX;
    while ((u->registers->state & STATE_TX_FULL) == 0 && ring_get(&u->tx, &octet)) {
        u->registers->data = octet;
    }
}

void board_uart1_rx(void)
{
    uart_rx(&board.uarts[BOARD_UART_SERIAL]);
}

void board_uart1_tx(void)
{
    uart_tx(&board.uarts[BOARD_UART_SERIAL]);
}

void board_uart2_rx(void)
{
    uart_rx(&board.uarts[BOARD_UART_HCI]);
}

void board_uart2_tx(void)
{
    uart_tx(&board.uarts[BOARD_UART_HCI]);
}

size_t board_uart_read(enum board_uart uart, uint8_t *buf, size_t size)
{
    struct uart *u = &board.uarts[uart];
    size_t len = 0;

    while (len < size && ring_get(&u->rx, &buf[len])) {
        len++;
    }
    interrupts_off();
    uart_rx(u); /* takes what had no room; the interrupt goes on */
    interrupts_on();
    return len;
}

size_t board_uart_write(enum board_uart uart, const uint8_t *octets, size_t len)
{
    struct uart *u = &board.uarts[uart];
    size_t taken = 0;

    while (taken < len && ring_put(&u->tx, octets[taken])) {
        taken++;
    }
    interrupts_off();
    uart_tx(u); /* begins; the interrupt goes on */
    interrupts_on();
    return taken;
}

bool board_uart_sent(enum board_uart uart)
{
    return board.uarts[uart].tx.in == board.uarts[uart].tx.out;
}

/* -- time -------------------------------------------------------------------------------------- */

void board_tick(void)
{
    board.ticks++;
}

uint64_t board_now_ms(void)
{
    uint64_t ticks;

    interrupts_off();
    ticks = board.ticks;
    interrupts_on();
    return ticks;
}

void board_sleep(uint64_t deadline)
{
    bool idle = true;

    interrupts_off();
    for (unsigned i = 0; i < BOARD_UARTS; i++) {
        idle = idle && board.uarts[i].rx.in == board.uarts[i].rx.out;
    }
    if (idle && board.ticks < deadline) {
        __asm volatile("wfi" ::: "memory"); /* wakes up with interrupts off, too */
    }
    interrupts_on();
}

/* -- the machine around us --------------------------------------------------------------------- */

void board_log(const char *text)
{
    for (; *text != '\0'; text++) {
        while ((UART0->state & STATE_TX_FULL) != 0) {
        }
        UART0->data = (uint8_t)*text;
    }
}

_Noreturn void board_exit(const char *text, int code)
{
    board_log(text);
    semihost_exit(code);
}

_Noreturn void board_reset(void)
{
    AIRCR = AIRCR_RESET;
    for (;;) {
    }
}

bool board_random(uint8_t *buf, size_t len)
{
    return board.random >= 0 && semihost_read(board.random, buf, len);
}

void board_init(void)
{
    UART0->bauddiv = 16;
    UART0->ctrl = CTRL_TX;
    uart_start(&board.uarts[BOARD_UART_SERIAL], UART1);
    uart_start(&board.uarts[BOARD_UART_HCI], UART2);
    board.random = semihost_open("/dev/urandom", SEMIHOST_READ);
    NVIC_ENABLE = 0xFu << 2; /* UART 1 and 2, both directions */
    SYSTICK_LOAD = CLOCK_HZ / TICKS_PER_S - 1;
    SYSTICK_VAL = 0;
    SYSTICK_CTRL = 7; /* processor clock, interrupt, on */
}
