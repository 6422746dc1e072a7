/*
 * Where a Bluetooth controller is, and a stream to it: an AF_UNIX or TCP socket or a serial line
 * that carries H4, or the HCI user channel of the kernel; and streams to serial devices, which are
 * at the same places. Used by hci_radio.c, serial_radio.c and hci_server.c.
 */
#ifndef HCI_STREAM_H
#define HCI_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#define HCI_STREAM_PATH 256 /* octets of a path, terminator included */

enum hci_stream_kind {
    HCI_STREAM_PATHNAME, /* a socket or a serial line: seen when it is opened */
    HCI_STREAM_TCP,
    HCI_STREAM_USER_CHANNEL, /* one packet in each read and write */
};

struct hci_stream {
    enum hci_stream_kind kind;
    const char *prefix; /* of the radio: "h4:" */
    const char *what;   /* is there, in messages: "controller" */
    char path[HCI_STREAM_PATH];
    unsigned baud; /* of a serial line */
    bool given;    /* it is one: the speed was given */
    bool rtscts;
    struct sockaddr_storage addr; /* TCP */
    socklen_t addr_len;
    uint16_t dev; /* the number in hciN */
};

/**
 * Reads what follows `h4:`: PATH, tcp:HOST:PORT, or PATH@BAUD[,rtscts]. A host's name is looked up.
 *
 * @retval false  @p why tells in one line.
 */
bool hci_stream_h4(struct hci_stream *s, const char *text, char *why, size_t why_len);
/** Reads what follows `serial:`, the same forms: a device that runs the serial interface. */
bool hci_stream_serial(struct hci_stream *s, const char *text, char *why, size_t why_len);
/** Reads what follows `hci:`, a number. @retval false  @p why tells in one line. */
bool hci_stream_user_channel(struct hci_stream *s, const char *text, char *why, size_t why_len);

struct addrinfo;

/**
 * Reads and looks up what follows `tcp:`, HOST:PORT with IPv6 addresses in brackets.
 *
 * @param listens  It is to be listened at: port 0 is one that is free.
 * @param host     Gets the host, without brackets.
 * @param found    For freeaddrinfo().
 *
 * @retval false  @p why tells in one line.
 */
bool hci_stream_tcp(const char *text, bool listens, char host[HCI_STREAM_PATH],
                    struct addrinfo **found, char *why, size_t why_len);

/**
 * Opens the stream, non-blocking and closed on exec.
 *
 * @param connecting  Set if a TCP connection is still being made: it is writable then, or has an
 *                    error (SO_ERROR).
 *
 * @return The descriptor; -1, and @p why tells in one line what is wrong and what to do.
 */
int hci_stream_open(const struct hci_stream *s, bool *connecting, char *why, size_t why_len);

/**
 * Writes as write(2) does, but that the other end of a socket is gone is an error and no SIGPIPE:
 * what signals do is the program's affair.
 */
ssize_t hci_stream_write(int fd, const uint8_t *octets, size_t len);

/** Whether a connection that was being made is there. @retval false  @p why tells. */
bool hci_stream_connected(const struct hci_stream *s, int fd, char *why, size_t why_len);

#endif
