/*
 * Streams to Bluetooth controllers; see hci_stream.h. The user channel is a socket of the kernel's
 * Bluetooth subsystem that gives one program a controller that is down, all of it; its two
 * constants and its address are declared here, as the C library has no header for them.
 */
#include "hci_stream.h"
#include "unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define BAUD_DEFAULT 115200u
#define TCP_PREFIX "tcp:"
#define DEV_MAX 0xFFFEu

#define BTPROTO_HCI_NUMBER 1
#define HCI_CHANNEL_USER_NUMBER 1

struct hci_address {
    sa_family_t family;
    uint16_t dev;
    uint16_t channel;
};

static const struct {
    unsigned baud;
    speed_t speed;
} speeds[] = {
    { 9600, B9600 },       { 19200, B19200 },     { 38400, B38400 },     { 57600, B57600 },
    { 115200, B115200 },   { 230400, B230400 },   { 460800, B460800 },   { 500000, B500000 },
    { 576000, B576000 },   { 921600, B921600 },   { 1000000, B1000000 }, { 1152000, B1152000 },
    { 1500000, B1500000 }, { 2000000, B2000000 }, { 2500000, B2500000 }, { 3000000, B3000000 },
    { 3500000, B3500000 }, { 4000000, B4000000 },
};

/* NULL of what follows the digits: there are none, or the number is over max. */
static const char *number_read(const char *text, unsigned long max, unsigned long *number)
{
    char *end;

    if (*text < '0' || *text > '9') {
        return NULL;
    }
    *number = strtoul(text, &end, 10); /* the most that there is, for what is more */
    return *number <= max ? end : NULL;
}

/* Reading */

bool hci_stream_tcp(const char *text, bool listens, char host[HCI_STREAM_PATH],
                    struct addrinfo **found, char *why, size_t why_len)
{
    const struct addrinfo wanted = { .ai_socktype = SOCK_STREAM,
                                     .ai_flags = listens ? AI_PASSIVE : 0 };
    const char *colon = strrchr(text, ':');
    size_t len = colon != NULL ? (size_t)(colon - text) : 0;
    size_t bracket = len > 2 && text[0] == '[' && text[len - 1] == ']'; /* an IPv6 address */
    unsigned long port = 0;
    const char *end = colon != NULL ? number_read(colon + 1, 65535, &port) : NULL;

    if (len == 0 || len >= HCI_STREAM_PATH || end == NULL || *end != '\0' ||
        (port == 0 && !listens)) {
        snprintf(why, why_len, "tcp:%.80s is not of the form tcp:HOST:PORT", text);
        return false;
    }
    snprintf(host, HCI_STREAM_PATH, "%.*s", (int)(len - 2 * bracket), text + bracket);
    int error = getaddrinfo(host, colon + 1, &wanted, found);
    if (error != 0) {
        snprintf(why, why_len, "tcp:%.80s: %s", text, gai_strerror(error));
    }
    return error == 0;
}

static bool tcp_read(struct hci_stream *s, const char *text, char *why, size_t why_len)
{
    struct addrinfo *found;

    if (!hci_stream_tcp(text, false, s->path, &found, why, why_len)) {
        return false;
    }
    s->kind = HCI_STREAM_TCP;
    memcpy(&s->addr, found->ai_addr, found->ai_addrlen);
    s->addr_len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

/* What follows the '@' of a serial line. */
static bool baud_read(struct hci_stream *s, const char *text)
{
    unsigned long baud = 0;
    const char *end = number_read(text, 4000000, &baud);
    bool known = false;

    for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
        known |= speeds[i].baud == baud;
    }
    if (end == NULL || !known || (*end != '\0' && strcmp(end, ",rtscts") != 0)) {
        return false;
    }
    s->given = true;
    s->baud = (unsigned)baud;
    s->rtscts = *end != '\0';
    return true;
}

/* s->prefix and s->what are there. */
static bool place_read(struct hci_stream *s, const char *text, char *why, size_t why_len)
{
    if (strncmp(text, TCP_PREFIX, strlen(TCP_PREFIX)) == 0) {
        return tcp_read(s, text + strlen(TCP_PREFIX), why, why_len);
    }
    const char *at = strrchr(text, '@');
    if (at != NULL && (at[1] < '0' || at[1] > '9')) {
        at = NULL; /* of the path's own */
    }
    size_t len = at != NULL ? (size_t)(at - text) : strlen(text);
    if (len == 0 || len >= sizeof(s->path)) {
        snprintf(why, why_len, "%s%.80s: no path, or one that is too long", s->prefix, text);
        return false;
    }
    if (at != NULL && !baud_read(s, at + 1)) {
        snprintf(why, why_len,
                 "%s%.80s: a speed of serial lines follows the @, such as 921600 or "
                 "921600,rtscts",
                 s->prefix, text);
        return false;
    }
    memcpy(s->path, text, len);
    s->path[len] = '\0';
    return true;
}

bool hci_stream_h4(struct hci_stream *s, const char *text, char *why, size_t why_len)
{
    *s = (struct hci_stream){
        .kind = HCI_STREAM_PATHNAME, .prefix = "h4:", .what = "controller", .baud = BAUD_DEFAULT
    };
    return place_read(s, text, why, why_len);
}

bool hci_stream_serial(struct hci_stream *s, const char *text, char *why, size_t why_len)
{
    *s = (struct hci_stream){ .kind = HCI_STREAM_PATHNAME,
                              .prefix = "serial:",
                              .what = "serial device",
                              .baud = BAUD_DEFAULT };
    return place_read(s, text, why, why_len);
}

bool hci_stream_user_channel(struct hci_stream *s, const char *text, char *why, size_t why_len)
{
    unsigned long dev = 0;
    const char *end = number_read(text, DEV_MAX, &dev);

    if (end == NULL || *end != '\0') {
        snprintf(why, why_len, "hci:%.80s is not of the form hci:N, such as hci:0", text);
        return false;
    }
    *s = (struct hci_stream){ .kind = HCI_STREAM_USER_CHANNEL,
                              .prefix = "hci:",
                              .what = "controller",
                              .dev = (uint16_t)dev };
    return true;
}

/* Opening */

/* Says what is wrong, and closes what is open. Answers -1. */
__attribute__((format(printf, 4, 5))) static int refuse(int fd, char *why, size_t why_len,
                                                        const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(why, why_len, format, list);
    va_end(list);
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

static bool tty_configure(const struct hci_stream *s, int fd)
{
    struct termios t;
    size_t i = 0;

    while (speeds[i].baud != s->baud) {
        i++;
    }
    if (tcgetattr(fd, &t) != 0) {
        return false;
    }
    cfmakeraw(&t); /* eight bits, no parity, nothing translated */
    t.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
    t.c_cflag |= CLOCAL | CREAD | (s->rtscts ? CRTSCTS : 0);
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    return cfsetspeed(&t, speeds[i].speed) == 0 && tcsetattr(fd, TCSANOW, &t) == 0 &&
           tcflush(fd, TCIFLUSH) == 0;
}

static int tty_open(const struct hci_stream *s, char *why, size_t why_len)
{
    int fd = open(s->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        return refuse(fd, why, why_len, "cannot open %s: %s", s->path, strerror(errno));
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return refuse(fd, why, why_len, "%s is in use by another process", s->path);
    }
    if (!tty_configure(s, fd)) {
        return refuse(fd, why, why_len, "%s is not a serial line: %s", s->path, strerror(errno));
    }
    return fd;
}

static int unix_open(const struct hci_stream *s, char *why, size_t why_len)
{
    int fd = unix_connect(s->path, SOCK_STREAM);

    if (fd >= 0) {
        return fd;
    }
    if (errno == ECONNREFUSED) {
        return refuse(fd, why, why_len, "no %s at %s: its server has ended", s->what, s->path);
    }
    if (errno == EPROTOTYPE) {
        return refuse(fd, why, why_len,
                      "%s is not the socket of a %s; that of `usher air --listen` is "
                      "air:PATH",
                      s->path, s->what);
    }
    return refuse(fd, why, why_len, "cannot connect to %s: %s", s->path, strerror(errno));
}

static int path_open(const struct hci_stream *s, char *why, size_t why_len)
{
    struct stat st;

    if (stat(s->path, &st) != 0) {
        return refuse(-1, why, why_len, "no %s at %s: %s", s->what, s->path, strerror(errno));
    }
    if (S_ISCHR(st.st_mode)) {
        return tty_open(s, why, why_len);
    }
    if (S_ISSOCK(st.st_mode) && !s->given) {
        return unix_open(s, why, why_len);
    }
    return refuse(-1, why, why_len, "%s is neither a serial line nor a socket", s->path);
}

static int tcp_open(const struct hci_stream *s, bool *connecting, char *why, size_t why_len)
{
    static const int yes = 1;
    int fd = socket(s->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return refuse(fd, why, why_len, "no %s at %s: %s", s->what, s->path, strerror(errno));
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)); /* else it is slower */
    if (connect(fd, (const struct sockaddr *)&s->addr, s->addr_len) == 0) {
        return fd;
    }
    *connecting = errno == EINPROGRESS;
    return *connecting
               ? fd
               : refuse(fd, why, why_len, "no %s at %s: %s", s->what, s->path, strerror(errno));
}

static int user_channel_failed(const struct hci_stream *s, int fd, char *why, size_t why_len)
{
    char name[16];

    snprintf(name, sizeof(name), "hci%u", s->dev);
    switch (errno) {
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
        return refuse(fd, why, why_len,
                      "%s: this kernel has no Bluetooth; a controller on a socket or a serial line "
                      "is h4:PATH",
                      name);
    case EPERM:
    case EACCES:
        return refuse(fd, why, why_len,
                      "%s: not permitted; run as root, or \"setcap cap_net_admin+ep\" this program",
                      name);
    case ENODEV:
        return refuse(fd, why, why_len,
                      "%s: there is no such controller; /sys/class/bluetooth lists those that are",
                      name);
    case ERFKILL:
        return refuse(fd, why, why_len, "%s is switched off: \"rfkill unblock bluetooth\"", name);
    case EBUSY:
        return refuse(fd, why, why_len,
                      "%s is in use: stop bluetoothd, and take the controller down (\"btmgmt power "
                      "off\" or \"hciconfig down\")",
                      name);
    default:
        return refuse(fd, why, why_len, "%s: %s", name, strerror(errno));
    }
}

static int user_channel_open(const struct hci_stream *s, char *why, size_t why_len)
{
    const struct hci_address address = { AF_BLUETOOTH, s->dev, HCI_CHANNEL_USER_NUMBER };
    int fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, BTPROTO_HCI_NUMBER);

    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        return user_channel_failed(s, fd, why, why_len);
    }
    return fd;
}

int hci_stream_open(const struct hci_stream *s, bool *connecting, char *why, size_t why_len)
{
    *connecting = false;
    switch (s->kind) {
    case HCI_STREAM_TCP:
        return tcp_open(s, connecting, why, why_len);
    case HCI_STREAM_USER_CHANNEL:
        return user_channel_open(s, why, why_len);
    default:
        return path_open(s, why, why_len);
    }
}

ssize_t hci_stream_write(int fd, const uint8_t *octets, size_t len)
{
    ssize_t sent = send(fd, octets, len, MSG_NOSIGNAL);

    return sent < 0 && errno == ENOTSOCK ? write(fd, octets, len) : sent;
}

bool hci_stream_connected(const struct hci_stream *s, int fd, char *why, size_t why_len)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0) {
        error = errno;
    }
    if (error != 0) {
        snprintf(why, why_len, "no %s at %s: %s", s->what, s->path, strerror(error));
    }
    return error == 0;
}
