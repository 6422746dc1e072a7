/*
 * What the Linux port has in common with its radios: the head of each radio's memory, and what the
 * port asks of a radio. linux_port.c has the loop, time, randomness, ECDH and the end of it all;
 * air_radio.c, hci_radio.c and serial_radio.c are the radios. Private to these files.
 */
#ifndef RADIO_H
#define RADIO_H

#include "linux_port.h"
#include "pcap.h"

#define RADIO_WHY 256 /* octets that a message of one line may have */

struct ecdh_work;

/** A kind of radio, chosen by how `--radio` begins. */
struct radio_kind {
    const char *prefix; /* "air:" */
    bool h4;            /* captures are of H4 packets, not of the air */
    bool unseen;        /* nothing of the air is seen here: there are no captures */
    size_t size;        /* of its memory, which begins with a struct linux_port */
    /**
     * Opens what @p radio names, and fills in the functions and numbers of the radio in p->port.
     * Its handles are taken by radio_handle_open().
     *
     * @retval false  @p why tells; nothing is open.
     */
    bool (*open)(struct linux_port *p, const char *radio, char *why, size_t why_len);
    /** Closes its handles, by radio_handle_close(). */
    void (*close)(struct linux_port *p);
    /** NULL: there is no GATT. See linux_port_mtu_set(). */
    bool (*mtu_set)(struct linux_port *p, uint16_t mtu);
};

extern const struct radio_kind radio_air, radio_h4, radio_hci, radio_serial;

/** The head. What a radio's file does not need to know is linux_port.c's. */
struct linux_port {
    struct usher_port port;
    struct usher *node;
    const struct radio_kind *kind;
    char *name; /* as it was opened: "air:/tmp/air" */
    uv_loop_t *loop;
    uv_timer_t timer;
    linux_port_lost lost;
    void *lost_ctx;
    linux_port_note note; /* NULL: nobody */
    void *note_ctx;
    struct pcap *capture; /* NULL: none */
    unsigned users;       /* handles and works that refer to this memory */
    bool closing;         /* the owner is done with us */
    struct ecdh_work *works;
};

/** A handle of the radio's is in use. Its data become the port. */
void radio_handle_open(struct linux_port *p, uv_handle_t *handle);
/** Closes it; the memory stays until it is closed. */
void radio_handle_close(struct linux_port *p, uv_handle_t *handle);

/** Unix time in microseconds, for captures. */
uint64_t radio_time_us(void);

/** Tells the owner that something happened to the radio, which goes on. */
__attribute__((format(printf, 2, 3))) void radio_note(struct linux_port *p, const char *format,
                                                      ...);
/** Tells the owner that the radio is gone, unless it has closed it; to be called once. */
__attribute__((format(printf, 2, 3))) void radio_lost(struct linux_port *p, const char *format,
                                                      ...);

#endif
