/*
 * Five nodes on a wire with a vendor model each, whose messages are the test's: it answers a
 * question with what was asked. Node 0 asks, and each question notes what became of it. For the
 * tests of src/model/client.c.
 */
#ifndef CLIENT_RIG_H
#define CLIENT_RIG_H

#include "model.h"
#include "nodes.h"

#define QUESTION USHER_OPCODE_VENDOR(0x01, NODES_COMPANY)
#define ANSWER USHER_OPCODE_VENDOR(0x02, NODES_COMPANY)
#define PARAMS_MAX (USHER_ACCESS_MAX - 3u)
#define GROUP 0xC000u
#define ABSENT 0x0700u
#define APP 0u
#define ANY_TTL 255
#define NODES 5u
#define ASKED_MAX 32u
#define LONG_MS 300000u

/* A question and what became of it. */
struct asked {
    struct usher_request request;
    struct client_rig *fixture;
    unsigned done; /* how often */
    unsigned order;
    enum usher_err err;
    uint8_t tries;
    uint32_t ms;
    size_t len;
    uint8_t params[PARAMS_MAX];
    unsigned again;        /* questions more that done asks with the same memory */
    struct asked *cancels; /* done cancels this one */
};

struct client_rig {
    struct nodes *all;
    unsigned over; /* questions that are */
    unsigned want;
    unsigned unasked; /* answers that no question waited for */
    bool mute;        /* questions are heard and not answered */
    unsigned heard;   /* questions */
    struct asked asked[ASKED_MAX];
};

struct usher_model *client_vendor(const struct client_rig *f, unsigned n);
struct usher_mesh *client_mesh(const struct client_rig *f, unsigned n);
uint16_t client_address(const struct client_rig *f, unsigned n);

/** The fixture of a test; it may lose 30 or 45 % of what is sent. */
int client_setup(void **state);
int client_setup_30(void **state);
int client_setup_45(void **state);
int client_teardown(void **state);

/** To an address, under AppKey 0. */
struct usher_target client_to(uint16_t dst);
/** The @p i-th question of a test, not asked yet. */
struct asked *client_prepare(struct client_rig *f, unsigned i);
/** Asks @p len times an octet. */
enum usher_err client_ask_octets(struct asked *a, const struct usher_target *target, uint8_t octet,
                                 size_t len);
/** Both, by node 0. */
struct asked *client_ask(struct client_rig *f, unsigned i, uint16_t dst, uint8_t octet, size_t len);
/** Lets time pass until so many questions are over. */
void client_await(struct client_rig *f, unsigned want);
/** With what was asked, once. */
void client_assert_answered(const struct asked *a, uint8_t octet, size_t len);

#endif
