/*
 * usher serial: talks to a device with the serial interface, a command at a time, for seeing
 * whether it is there and what it says. As a radio it is --radio serial:, of the other verbs.
 */
#include "hci_stream.h"
#include "options.h"
#include "out.h"
#include "parse.h"
#include "verbs.h"

#include <usher/serial_host.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define READ_MAX 512
#define RESET_MS 5000 /* that a device may take to start */
#define QUIET_MS 300u /* events are waited for after the answer to a raw command, without --for */
#define ECHO_TEXT "usher"

struct talk {
    const struct args *args;
    struct usher_serial_host line;
    struct usher_serial_request request;
    int fd;
    bool up, silent, broken;
    bool raw; /* packets are printed */
    bool done;
    enum usher_err err;
    uint8_t status;
    uint16_t version;
    uint8_t contexts;
    uint64_t sent_ms, took_ms;
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void on_event(void *user, const struct usher_serial_packet *event)
{
    (void)user;
    (void)event; /* on_trace() has it */
}

static void on_line(void *user, enum usher_serial_line line)
{
    struct talk *t = user;
    t->up = line == USHER_SERIAL_LINE_UP;
    t->silent = line == USHER_SERIAL_LINE_SILENT;
}

static bool is_secret(bool from_device, uint8_t opcode)
{
    if (from_device) {
        return opcode == USHER_SERIAL_EVT_COMPLETE || opcode == USHER_SERIAL_EVT_ECDH_REQUEST ||
               opcode == USHER_SERIAL_EVT_DATA_REQUEST;
    }
    return false; /* it was typed */
}

static void on_trace(void *user, bool from_device, const uint8_t *packet, size_t len)
{
    const struct talk *t = user;
    char digits[2 * USHER_SERIAL_PAYLOAD_MAX + 1] = "";
    const char *name = usher_serial_name(from_device, packet[0]);
    if (!t->raw || (packet[0] == USHER_SERIAL_EVT_ECHO_RSP && !t->up)) {
        return;
    }
    if (!is_secret(from_device, packet[0]) || t->args->show_secrets) {
        format_hex(packet + 1, len - 1, digits);
    } else {
        snprintf(digits, sizeof digits, "(hidden; see --show-secrets)");
    }
    out_text("%s %02x  %s%s%s", from_device ? "<" : ">", (unsigned)packet[0],
             name ? name : "unknown", *digits ? ": " : "", digits);
    out_event(json_pack("{s:s, s:s, s:i, s:s, s:s}", "event", "packet", "from",
                        from_device ? "device" : "host", "opcode", (int)packet[0], "name",
                        name ? name : "unknown", "data", digits));
}

static void on_done(void *user, struct usher_serial_request *r, enum usher_err err,
                    const struct usher_serial_packet *answer)
{
    struct talk *t = user;
    (void)r;
    t->done = true;
    t->err = err;
    t->took_ms = now_ms() - t->sent_ms;
    t->status = answer ? answer->status : 0;
    if (answer) {
        t->version = answer->version;
        t->contexts = answer->contexts;
    }
}

/* The line. */

static void line_write(struct talk *t)
{
    uint8_t octets[READ_MAX];
    size_t len, at;
    while (!t->broken &&
           (len = usher_serial_host_next(&t->line, now_ms(), octets, sizeof octets)) != 0) {
        for (at = 0; at < len && !t->broken;) {
            struct pollfd wait = { .fd = t->fd, .events = POLLOUT };
            ssize_t sent = write(t->fd, octets + at, len - at);
            if (sent > 0) {
                at += (size_t)sent;
            } else if (errno == EAGAIN) {
                t->broken = poll(&wait, 1, RESET_MS) <= 0; /* it takes nothing */
            } else if (errno != EINTR) {
                t->broken = true;
            }
        }
    }
}

static void line_read(struct talk *t, int ms)
{
    uint8_t octets[READ_MAX];
    struct pollfd wait = { .fd = t->fd, .events = POLLIN };
    if (poll(&wait, 1, ms) > 0) {
        ssize_t got = read(t->fd, octets, sizeof octets);
        if (got > 0) {
            usher_serial_host_in(&t->line, now_ms(), octets, (size_t)got);
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            t->broken = true;
        }
    }
}

/** Lets the line work until @p end, or until what is waited for is there. */
static void work(struct talk *t, const bool *wanted, uint64_t end)
{
    while (!*wanted && !t->silent && !t->broken && now_ms() < end) {
        uint64_t now = now_ms(), due = usher_serial_host_deadline(&t->line);
        due = due < end ? due : end;
        usher_serial_host_process(&t->line, now);
        line_write(t);
        line_read(t, due > now ? (int)(due - now < 100 ? due - now : 100) : 1);
    }
    line_write(t);
}

/** One command; true: there was an answer, or what stands for it. */
static bool ask(struct talk *t, const struct usher_serial_packet *p, uint16_t timeout_ms)
{
    t->done = false;
    t->request =
        (struct usher_serial_request){ .done = on_done, .user = t, .timeout_ms = timeout_ms };
    t->sent_ms = now_ms();
    if (usher_serial_host_send(&t->line, &t->request, p) != USHER_OK) {
        return false;
    }
    work(t, &t->done, USHER_NEVER);
    return t->done && t->err == USHER_OK;
}

/* What can be asked. */

static int refused(const struct talk *t)
{
    if (t->broken || t->silent || t->err == USHER_E_TIMEOUT || t->status == 0) {
        out_error("%s: the serial device does not answer", t->args->tty);
        return EXIT_TRANSPORT;
    }
    out_error("%s: the serial device refuses: %s", t->args->tty, usher_serial_status(t->status));
    return EXIT_FAILED;
}

static int version(struct talk *t)
{
    const struct usher_serial_packet get = { .opcode = USHER_SERIAL_VERSION_GET };
    const struct usher_serial_packet more = { .opcode = USHER_SERIAL_EXTENSIONS_GET };
    if (!ask(t, &get, 0)) {
        return refused(t);
    }
    unsigned interface = t->version;
    if (ask(t, &more, 0)) {
        out_text("serial interface %u, extensions %u, %u sessions at once", interface,
                 (unsigned)t->version, (unsigned)t->contexts);
        out_event(json_pack("{s:s, s:i, s:i, s:i}", "event", "version", "version", (int)interface,
                            "extensions", (int)t->version, "contexts", (int)t->contexts));
        return EXIT_DONE;
    }
    if (t->err != USHER_E_UNSUPPORTED) {
        return refused(t);
    }
    out_text("serial interface %u, no extensions", interface);
    out_event(json_pack("{s:s, s:i, s:i}", "event", "version", "version", (int)interface,
                        "extensions", 0));
    return EXIT_DONE;
}

static int echo(struct talk *t)
{
    const char *text = t->args->operands.count > 1 ? t->args->operands.item[1] : ECHO_TEXT;
    const struct usher_serial_packet p = { .opcode = USHER_SERIAL_ECHO,
                                           .data = (const uint8_t *)text,
                                           .len = (uint16_t)strlen(text) };
    if (strlen(text) > USHER_SERIAL_PAYLOAD_MAX) {
        out_error("echo takes at most %u octets", USHER_SERIAL_PAYLOAD_MAX);
        return EXIT_USAGE;
    }
    if (!ask(t, &p, 0)) {
        return refused(t);
    }
    out_text("%s came back after %llu ms", text, (unsigned long long)t->took_ms);
    out_event(
        json_pack("{s:s, s:o, s:o}", "event", "echo", "data",
                  format_hex_json((const uint8_t *)text, strlen(text) < 64 ? strlen(text) : 64),
                  "seconds", out_seconds(t->took_ms)));
    return EXIT_DONE;
}

static int reset(struct talk *t)
{
    const struct usher_serial_packet p = { .opcode = USHER_SERIAL_RADIO_RESET };
    if (!ask(t, &p, RESET_MS)) {
        return refused(t);
    }
    out_text("the serial device has restarted");
    out_event(json_pack("{s:s, s:o}", "event", "reset", "seconds", out_seconds(t->took_ms)));
    return EXIT_DONE;
}

/** The operands after "raw": an opcode and its parameters, in any portions. */
static bool raw_read(const struct args *args, uint8_t *packet, size_t *len)
{
    size_t at = 0;
    for (size_t i = 1; i < args->operands.count; i++) {
        size_t n = 1 + USHER_SERIAL_PAYLOAD_MAX - at;
        if (!parse_hex(args->operands.item[i], packet + at, &n)) {
            return false;
        }
        at += n;
    }
    *len = at;
    return at != 0;
}

static int raw(struct talk *t)
{
    uint8_t packet[1 + USHER_SERIAL_PAYLOAD_MAX];
    size_t len;
    bool never = false;
    if (!raw_read(t->args, packet, &len)) {
        out_error("raw takes an opcode and its parameters, up to 255 octets in hexadecimal digits");
        return EXIT_USAGE;
    }
    t->raw = true;
    t->done = false;
    t->request = (struct usher_serial_request){ .done = on_done, .user = t };
    if (usher_serial_host_send_raw(&t->line, &t->request, packet[0], packet + 1, len - 1) !=
        USHER_OK) {
        return refused(t);
    }
    work(t, &t->done, USHER_NEVER);
    if (t->err == USHER_E_TIMEOUT || t->silent || t->broken) {
        return refused(t);
    }
    work(t, &never, now_ms() + (t->args->for_ms != 0 ? t->args->for_ms : QUIET_MS));
    return t->err == USHER_OK ? EXIT_DONE : EXIT_FAILED;
}

static const struct {
    const char *name;
    int (*run)(struct talk *t);
} talks[] = { { "version", version }, { "echo", echo }, { "reset", reset }, { "raw", raw } };
#define TALKS (sizeof talks / sizeof *talks)

static int run(struct talk *t, int (*what)(struct talk *t))
{
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    const struct usher_serial_host_config config = {
        .crypto = crypto, .event = on_event, .line = on_line, .trace = on_trace, .user = t
    };
    if (usher_serial_host_init(&t->line, &config) != USHER_OK) {
        out_error("out of memory");
        return EXIT_TRANSPORT;
    }
    work(t, &t->up, USHER_NEVER);
    int code = EXIT_TRANSPORT;
    if (t->up) {
        code = what(t);
    } else {
        out_error("%s: nobody answers; is it a device with the serial interface, at this speed?",
                  t->args->tty);
    }
    usher_serial_host_deinit(&t->line);
    usher_crypto_openssl_free(crypto);
    return code;
}

int verb_serial(const struct args *args)
{
    struct talk t = { .args = args };
    const char *what = args->operands.item[0];
    struct hci_stream stream;
    char why[200];
    bool connecting;
    size_t i = 0;

    while (i < TALKS && strcmp(what, talks[i].name) != 0) {
        i++;
    }
    if (i == TALKS || !args->tty) {
        out_error(args->tty ? "serial knows version, echo, reset and raw"
                            : "serial needs --tty, such as --tty /dev/ttyACM0");
        return EXIT_USAGE;
    }
    if (!hci_stream_serial(&stream, args->tty, why, sizeof why)) {
        out_error("%s", why);
        return EXIT_USAGE;
    }
    t.fd = hci_stream_open(&stream, &connecting, why, sizeof why);
    if (t.fd < 0) {
        out_error("%s", why);
        return EXIT_TRANSPORT;
    }
    int code = run(&t, talks[i].run);
    close(t.fd);
    return code;
}
