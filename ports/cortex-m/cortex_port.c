/* The board as a port; see cortex_port.h. */
#include "cortex_port.h"

#include "board.h"

#include <string.h>

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return board_now_ms();
}

static void wake_at(void *ctx, uint64_t deadline)
{
    ((struct cortex_port *)ctx)->wake = deadline;
}

static enum usher_err random_fill(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    return board_random(buf, len) ? USHER_OK : USHER_E_INTERNAL;
}

/* The main loop looks at everything in every turn. */
static void kick(void *ctx)
{
    (void)ctx;
}

static void on_state(void *ctx, enum hci_host_state state, const char *why)
{
    struct cortex_port *p = ctx;

    p->given_up = state == HCI_DOWN;
    if (state == HCI_READY) {
        board_log("controller ready\n");
    } else if (why[0] != '\0') {
        board_log(why);
        board_log("\n");
    }
}

void cortex_port_init(struct cortex_port *p, struct usher *node, const struct usher_crypto *crypto,
                      const struct hci_gatt *gatt, struct hci_conn *conns, uint8_t conn_count)
{
    const struct hci_host_config config = {
        .gatt = gatt,
        .conns = conns,
        .conn_count = conn_count,
        .kick = kick,
        .state = on_state,
        .ctx = p,
    };

    memset(p, 0, sizeof(*p));
    if (hci_host_init(&p->host, &config) != USHER_OK) {
        board_exit("the HCI host's configuration\n", 103);
    }
    p->node = node;
    p->wake = USHER_NEVER;
    p->port.ctx = &p->host;
    p->port.crypto = crypto;
    p->port.now_ms = now_ms;
    p->port.wake_at = wake_at;
    p->port.random = random_fill;
    hci_host_port(&p->host, &p->port);
}

void cortex_port_up(struct cortex_port *p)
{
    hci_host_up(&p->host, p->node, board_now_ms());
}

static void pump_in(struct cortex_port *p)
{
    uint8_t octets[64];
    size_t len;

    while ((len = board_uart_read(BOARD_UART_HCI, octets, sizeof(octets))) != 0) {
        hci_host_in(&p->host, board_now_ms(), octets, len);
    }
}

/* What the UART has no room for waits here, so the host gives no more meanwhile. */
static void pump_out(struct cortex_port *p)
{
    do {
        if (p->out_at == p->out_len) {
            p->out_at = 0;
            p->out_len = (uint16_t)hci_host_out(&p->host, board_now_ms(), p->out, sizeof(p->out));
        }
        p->out_at += (uint16_t)board_uart_write(BOARD_UART_HCI, p->out + p->out_at,
                                                (size_t)(p->out_len - p->out_at));
    } while (p->out_len != 0 && p->out_at == p->out_len);
}

void cortex_port_flush(struct cortex_port *p, uint64_t last)
{
    while (board_now_ms() < last && (p->out_at != p->out_len || !board_uart_sent(BOARD_UART_HCI))) {
        p->out_at += (uint16_t)board_uart_write(BOARD_UART_HCI, p->out + p->out_at,
                                                (size_t)(p->out_len - p->out_at));
    }
}

uint64_t cortex_port_turn(struct cortex_port *p)
{
    uint64_t now;

    pump_in(p);
    now = board_now_ms();
    if (hci_host_deadline(&p->host) <= now) {
        hci_host_process(&p->host, now);
    }
    if (p->wake <= now) {
        p->wake = USHER_NEVER;
        usher_process(p->node);
    }
    if (p->given_up) {
        cortex_port_up(p);
    }
    pump_out(p);
    return p->wake < hci_host_deadline(&p->host) ? p->wake : hci_host_deadline(&p->host);
}
