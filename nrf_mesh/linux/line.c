/*
 * The line of the serial interface on Linux (nrf_mesh_port.h): a pseudo terminal, a socket, or a
 * serial device, on the process's loop. A process has one line.
 *
 * The line outlives a reset of the device, which runs the program anew (hal_reset.c), as a UART
 * does: its descriptors stay open, and the environment tells the successor their numbers.
 *
 * A socket's host may come and go. What was on its way to one that is gone is dropped, so that the
 * next one begins with a whole packet.
 */
#include "hci_stream.h"
#include "nrf_mesh_config_serial_uart.h"
#include "nrf_mesh_port.h"
#include "on_air.h"
#include "stack.h"
#include "unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define KEPT "NRF_MESH_LINE_KEPT" /* "A,B": descriptors; -1: none */
#define CHUNK 512u

enum kind { KIND_PTY, KIND_SOCKET, KIND_TTY };

static struct {
    bool open;
    enum kind kind;
    char name[PATH_MAX];
    bool made;  /* name is a link or a socket of ours, to be removed */
    int fd;     /* the host; -1: nobody */
    int second; /* a socket's listener, or the other end of the pty, held so that it does not hang
                   up */
    uv_poll_t host, listener;
    bool attached; /* host is a handle of the loop's */
    uv_signal_t signals[2];
    size_t in_len, out_len;
    uint8_t in[CHUNK], out[CHUNK]; /* what was not taken yet */
} line = { .fd = -1, .second = -1 };

static void on_ready(uv_poll_t *poll, int status, int events);

/* -- the end ----------------------------------------------------------------------------------- */

/* However the process ends, but for a reset. */
static void on_exit_unlink(void)
{
    if (line.made) {
        (void)unlink(line.name);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)handle;
    (void)number;
    layer_on_air_leave();
    exit(EXIT_SUCCESS);
}

static void lost(const char *why)
{
    char text[PATH_MAX + 64];

    (void)snprintf(text, sizeof(text), "%s: %s", line.name, why);
    layer_on_air_lost(text);
}

/* -- octets ------------------------------------------------------------------------------------ */

static void drop_output(void)
{
    line.out_len = 0;
    while (nrf_mesh_serial_out(line.out, CHUNK) != 0) {
    }
}

/* For the successor of this process. */
static void keep(void)
{
    char text[32];

    if (line.kind == KIND_TTY) {
        return;
    }
    (void)snprintf(text, sizeof(text), "%d,%d", line.fd, line.second);
    for (unsigned i = 0; i < 2; i++) {
        int fd = i == 0 ? line.fd : line.second;

        if (fd >= 0) {
            (void)fcntl(fd, F_SETFD, 0);
        }
    }
    (void)setenv(KEPT, text, 1);
}

static void on_detached(uv_handle_t *handle)
{
    (void)handle;
    line.attached = false;
}

static void host_gone(void)
{
    if (line.kind != KIND_SOCKET) {
        lost("the line is gone");
    }
    uv_close((uv_handle_t *)&line.host, on_detached);
    (void)close(line.fd);
    line.fd = -1;
    line.in_len = 0;
    drop_output();
    keep();
}

/* What the host said goes in, as far as it is taken. @retval false  Nothing was. */
static bool give(void)
{
    uint32_t taken = nrf_mesh_serial_in(line.in, (uint32_t)line.in_len);

    line.in_len -= taken;
    memmove(line.in, line.in + taken, line.in_len);
    return taken != 0;
}

/* @retval false  The line is full, or gone. */
static bool write_some(void)
{
    ssize_t n = write(line.fd, line.out, line.out_len);

    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        host_gone();
        return false;
    }
    if (n > 0) {
        line.out_len -= (size_t)n;
        memmove(line.out, line.out + n, line.out_len);
    }
    return n > 0;
}

/* @retval false  Nothing was written. */
static bool write_all(void)
{
    bool any = false, room = line.fd >= 0;

    while (room) {
        line.out_len +=
            nrf_mesh_serial_out(line.out + line.out_len, (uint32_t)(CHUNK - line.out_len));
        room = line.out_len != 0 && write_some();
        any = any || room;
    }
    return any;
}

static void read_some(void)
{
    ssize_t n = read(line.fd, line.in + line.in_len, CHUNK - line.in_len);

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        host_gone();
    } else if (n > 0) {
        line.in_len += (size_t)n;
    }
}

/* The host is held off while its octets are not taken. */
static void watch(void)
{
    int events = (line.in_len < CHUNK ? UV_READABLE : 0) | (line.out_len != 0 ? UV_WRITABLE : 0);

    if (line.fd >= 0) {
        (void)uv_poll_start(&line.host, events, on_ready);
    }
}

/* What goes out makes room for answers, and so for what comes in. */
static void exchange(void)
{
    bool more = true;

    while (more) {
        more = give();
        more = write_all() || more;
    }
    watch();
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    (void)poll;
    if (status != 0) {
        host_gone();
        return;
    }
    if ((events & UV_READABLE) != 0) {
        read_some();
    }
    if (line.fd >= 0) {
        exchange();
    }
}

/* There is something for the host: it is written from the loop. */
static void on_kick(void *ctx)
{
    (void)ctx;
    if (line.fd >= 0) {
        (void)uv_poll_start(&line.host, (line.in_len < CHUNK ? UV_READABLE : 0) | UV_WRITABLE,
                            on_ready);
    }
}

/* -- opening ----------------------------------------------------------------------------------- */

/* @retval -1  Not a descriptor that is open. */
static int kept_descriptor(char **text)
{
    long fd = strtol(*text, text, 10);

    *text += **text == ',';
    return fd >= 0 && fd <= INT_MAX && fcntl((int)fd, F_GETFD) >= 0 ? (int)fd : -1;
}

/* @retval false  This process has no predecessor. */
static bool take_kept(void)
{
    char *text = getenv(KEPT);

    if (text != NULL) {
        line.fd = kept_descriptor(&text);
        line.second = kept_descriptor(&text);
        (void)unsetenv(KEPT);
    }
    return line.second >= 0;
}

static uint32_t failed(const char *what)
{
    (void)fprintf(stderr, "%s: %s\n", what, strerror(errno));
    return NRF_ERROR_INTERNAL;
}

static uint32_t host_attach(void)
{
    if (uv_poll_init(layer_on_air_loop(), &line.host, line.fd) != 0) {
        return failed("the line cannot be watched");
    }
    line.attached = true;
    watch();
    return NRF_SUCCESS;
}

static uint32_t link_make(const char *target, const char *path)
{
    struct stat st;

    if (lstat(path, &st) == 0 && (!S_ISLNK(st.st_mode) || unlink(path) != 0)) {
        (void)fprintf(stderr, "%s exists, and is not a link: choose another path\n", path);
        return NRF_ERROR_INTERNAL;
    }
    if (symlink(target, path) != 0) {
        return failed(path);
    }
    line.made = true;
    return NRF_SUCCESS;
}

/* Raw, as if a host had been there: what it writes is not echoed. */
static bool make_raw(int fd)
{
    struct termios t;

    if (tcgetattr(fd, &t) != 0) {
        return false;
    }
    cfmakeraw(&t);
    return tcsetattr(fd, TCSANOW, &t) == 0;
}

static uint32_t pty_open(const char *path)
{
    char other[64];

    line.kind = KIND_PTY;
    if (!take_kept()) {
        line.fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
        if (line.fd < 0 || grantpt(line.fd) != 0 || unlockpt(line.fd) != 0) {
            return failed("no pseudo terminal");
        }
    }
    if (ptsname_r(line.fd, other, sizeof(other)) != 0) {
        return failed("no pseudo terminal");
    }
    if (line.second < 0) {
        line.second = open(other, O_RDWR | O_NOCTTY);
    }
    if (line.second < 0 || !make_raw(line.second)) {
        return failed(other);
    }
    (void)snprintf(line.name, sizeof(line.name), "%s", path != NULL ? path : other);
    return path != NULL ? link_make(other, path) : NRF_SUCCESS;
}

static void on_host(uv_poll_t *poll, int status, int events)
{
    int fd;

    (void)poll;
    (void)status;
    (void)events;
    if (line.fd < 0 && line.attached) {
        return; /* the one before is about to be let go */
    }
    fd = accept4(line.second, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0 && line.fd >= 0) {
        (void)close(fd); /* one at a time */
    } else if (fd >= 0) {
        line.fd = fd;
        if (host_attach() != NRF_SUCCESS) {
            lost("no host can be served");
        }
        keep();
        exchange();
    }
}

static uint32_t socket_open(const char *path)
{
    char why[200];

    line.kind = KIND_SOCKET;
    (void)snprintf(line.name, sizeof(line.name), "%s", path);
    if (!take_kept()) {
        line.second = unix_bind(path, SOCK_STREAM, why, sizeof(why));
        if (line.second < 0) {
            (void)fprintf(stderr, "%s\n", why);
            return NRF_ERROR_INTERNAL;
        }
        if (listen(line.second, 1) != 0) {
            return failed(path);
        }
    }
    line.made = true;
    if (uv_poll_init(layer_on_air_loop(), &line.listener, line.second) != 0 ||
        uv_poll_start(&line.listener, UV_READABLE, on_host) != 0) {
        return failed(path);
    }
    return NRF_SUCCESS;
}

/* Opened as the tool's serial lines are: with a speed, which a socket has not. */
static uint32_t tty_open(const char *path)
{
    struct hci_stream stream;
    char place[PATH_MAX], why[200];
    bool connecting;

    line.kind = KIND_TTY;
    (void)snprintf(line.name, sizeof(line.name), "%s", path);
    (void)snprintf(place, sizeof(place), "%s@%u%s", path, (unsigned)SERIAL_UART_BAUDRATE,
                   HWFC ? ",rtscts" : "");
    if (hci_stream_serial(&stream, place, why, sizeof(why))) {
        line.fd = hci_stream_open(&stream, &connecting, why, sizeof(why));
    }
    if (line.fd < 0) {
        (void)fprintf(stderr, "%s\n", why);
        return NRF_ERROR_INTERNAL;
    }
    return NRF_SUCCESS;
}

static uint32_t place_open(const char *place)
{
    if (strcmp(place, "pty") == 0) {
        return pty_open(NULL);
    }
    if (strncmp(place, "pty:", 4) == 0 && place[4] != '\0') {
        return pty_open(place + 4);
    }
    if (strncmp(place, "unix:", 5) == 0) {
        return socket_open(place + 5);
    }
    if (place[0] == '/') {
        return tty_open(place);
    }
    (void)fprintf(stderr, "%s: a line is pty, pty:LINK, unix:PATH or /dev/ttyX\n", place);
    return NRF_ERROR_INTERNAL;
}

/* The line does not stay behind when the program is ended. */
static uint32_t signals_watch(uv_loop_t *loop)
{
    static const int numbers[] = { SIGINT, SIGTERM };

    for (unsigned i = 0; i < 2; i++) {
        if (uv_signal_init(loop, &line.signals[i]) != 0 ||
            uv_signal_start(&line.signals[i], on_signal, numbers[i]) != 0) {
            return failed("signals cannot be watched");
        }
    }
    return NRF_SUCCESS;
}

uint32_t nrf_mesh_on_line(const char *p_line)
{
    uv_loop_t *loop = layer_on_air_loop();
    uint32_t err;

    if (p_line == NULL) {
        return NRF_ERROR_NULL;
    }
    if (line.open || loop == NULL) {
        return NRF_ERROR_INVALID_STATE;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a host that goes is not the end */
    (void)atexit(on_exit_unlink);
    err = nrf_mesh_on_serial(on_kick, NULL);
    err = err == NRF_SUCCESS ? place_open(p_line) : err;
    err = err == NRF_SUCCESS ? signals_watch(loop) : err;
    if (err == NRF_SUCCESS && line.fd >= 0) {
        err = host_attach();
    }
    if (err == NRF_SUCCESS) {
        keep();
        line.open = true;
    }
    return err;
}

const char *nrf_mesh_line_name(void)
{
    return line.name;
}
