/*
 * The serial device as an image for the board: examples/serial, with the host's line at UART 1 and
 * the controller at UART 2. Both UARTs hold the other end off while the program has no room. What
 * the layer asks of a chip is here: the reset, and the end of a program with an error.
 */
#include "board.h"
#include "cortex_port.h"

#include "app_error.h"
#include "hal.h"
#include "nrf_error.h"
#include "nrf_mesh_assert.h"
#include "nrf_mesh_port.h"
#include "serial_device.h"
#include "stack.h"

#define CHUNK 64u
#define LAST_WORDS_MS 500u

static struct {
    struct cortex_port radio;
    uint16_t in_len, in_at; /* what was not taken yet */
    uint16_t out_len, out_at;
    uint8_t in[CHUNK];
    uint8_t out[CHUNK];
} device;

/* -- the chip ---------------------------------------------------------------------------------- */

void mesh_assertion_handler(uint32_t pc)
{
    (void)pc;
    board_exit("assertion\n", 104);
}

void app_error_handler(uint32_t error_code, uint32_t line_num, const uint8_t *p_file_name)
{
    (void)error_code;
    (void)line_num;
    board_log((const char *)p_file_name);
    board_exit(": an error was not handled\n", 105);
}

static bool line_out(void);

/* The host gets what it has been answered; but it may have gone. */
void hal_device_reset(uint8_t gpregret_value)
{
    uint64_t last = board_now_ms() + LAST_WORDS_MS;

    (void)gpregret_value;
    while (board_now_ms() < last && (line_out() || !board_uart_sent(BOARD_UART_SERIAL))) {
    }
    cortex_port_flush(&device.radio, last);
    board_log("reset\n");
    board_reset();
}

/* -- the line ---------------------------------------------------------------------------------- */

/* @retval true  There may be more. */
static bool line_out(void)
{
    if (device.out_at == device.out_len) {
        device.out_at = 0;
        device.out_len = (uint16_t)nrf_mesh_serial_out(device.out, CHUNK);
    }
    device.out_at += (uint16_t)board_uart_write(BOARD_UART_SERIAL, device.out + device.out_at,
                                                (size_t)(device.out_len - device.out_at));
    return device.out_len != 0 && device.out_at == device.out_len;
}

/* @retval true  There may be more. */
static bool line_in(void)
{
    if (device.in_at == device.in_len) {
        device.in_at = 0;
        device.in_len = (uint16_t)board_uart_read(BOARD_UART_SERIAL, device.in, CHUNK);
    }
    device.in_at += (uint16_t)nrf_mesh_serial_in(device.in + device.in_at,
                                                 (uint32_t)(device.in_len - device.in_at));
    return device.in_len != 0 && device.in_at == device.in_len;
}

/* The main loop looks at everything in every turn. */
static void on_kick(void *ctx)
{
    (void)ctx;
}

int main(void)
{
    cortex_port_init(&device.radio, &layer_stack()->usher, usher_crypto_bearssl(), NULL, NULL, 0);
    if (nrf_mesh_on_port(&device.radio.port) != NRF_SUCCESS ||
        nrf_mesh_on_serial(on_kick, NULL) != NRF_SUCCESS) {
        board_exit("cannot begin\n", 2);
    }
    serial_device_start();
    board_log("serial device\n");
    cortex_port_up(&device.radio);
    for (;;) {
        uint64_t next = cortex_port_turn(&device.radio);

        while (line_out() || line_in()) {
        }
        board_sleep(next);
    }
}
