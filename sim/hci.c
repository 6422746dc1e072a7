/*
 * The simulated controller (hci.h): its life, H4 (Core Specification, Vol 4, Part A) in both
 * directions, and the queue of commands. Called by hciport.c, the air server, tests, and by the
 * air.
 *
 * What is told to the host goes out at once, but in order: a packet that arises while another is
 * being handed over, while octets are being read, or while a command is being carried out, waits
 * for its turn. So an answer precedes the events of its command, and a host that answers from
 * within does not nest.
 */
#include "hci_state.h"

#include <stdlib.h>

static const uint8_t reset_packet[] = { H4_COMMAND, 0x03, 0x0C, 0x00 };

/* -- to the host --- */

static struct hci_packet *packet_new(const uint8_t *packet, size_t len)
{
    struct hci_packet *p = malloc(sizeof(*p) + len);

    if (p == NULL) {
        abort(); /* a stream with a packet missing is no stream */
    }
    p->next = NULL;
    p->len = len;
    memcpy(p->octets, packet, len);
    return p;
}

static void packets_tell(struct sim_hci *c)
{
    if (c->telling || c->held_back) {
        return;
    }
    c->telling = true;
    while (c->packets != NULL) {
        struct hci_packet *p = c->packets;

        c->packets = p->next;
        if (c->packets == NULL) {
            c->packets_end = &c->packets;
        }
        c->out(c->ctx, p->octets, p->len);
        free(p);
    }
    c->telling = false;
}

void hci_packet_out(struct sim_hci *c, const uint8_t *packet, size_t len)
{
    if (c->hung) {
        return;
    }

    struct hci_packet *p = packet_new(packet, len);

    *c->packets_end = p;
    c->packets_end = &p->next;
    packets_tell(c);
}

void hci_answer_out(struct sim_hci *c, const uint8_t *packet, size_t len)
{
    struct hci_packet *p = packet_new(packet, len);

    p->next = c->packets;
    if (c->packets == NULL) {
        c->packets_end = &p->next;
    }
    c->packets = p;
}

static void event_out(struct sim_hci *c, uint8_t code, const uint8_t *params, size_t len)
{
    uint8_t packet[3 + EVENT_MAX] = { H4_EVENT, code, (uint8_t)len };

    memcpy(packet + 3, params, len);
    hci_packet_out(c, packet, 3 + len);
}

void hci_event(struct sim_hci *c, uint8_t code, const uint8_t *params, size_t len)
{
    if (code == EV_COMPLETED_PACKETS || bit_of(c->event_mask, code - 1u)) {
        event_out(c, code, params, len);
    }
}

bool hci_le_wanted(const struct sim_hci *c, uint8_t subevent)
{
    return bit_of(c->event_mask, EV_LE_META - 1u) && bit_of(c->le_event_mask, subevent - 1u);
}

void hci_le_event(struct sim_hci *c, uint8_t subevent, const uint8_t *params, size_t len)
{
    uint8_t event[EVENT_MAX] = { subevent };

    if (hci_le_wanted(c, subevent)) {
        if (len != 0) {
            memcpy(event + 1, params, len);
        }
        event_out(c, EV_LE_META, event, 1 + len);
    }
}

/* -- commands --- */

static void command_due(void *ctx);

static void command_plan(struct sim_hci *c)
{
    if (c->request_count != 0) { /* the timer has its place since sim_hci_new() */
        (void)air_timer_set(c->air, &c->command, air_now_us(c->air) + c->config.command_us,
                            command_due, c);
    }
}

/* The time of the first command is over: it is carried out, and the next one begins. */
static void command_due(void *ctx)
{
    struct sim_hci *c = ctx;
    struct hci_request request;

    if (c->request_count == 0 || c->hung) {
        return;
    }
    request = c->requests[c->request_first];
    c->request_first = (uint8_t)((c->request_first + 1) % COMMANDS);
    c->request_count--;
    c->held_back = true;
    hci_command_run(c, &request);
    c->held_back = false;
    command_plan(c);
    packets_tell(c);
}

static void fault(struct sim_hci *c, enum sim_hci_fault code)
{
    c->lost = true;
    c->have = 0;
    hci_event(c, EV_HARDWARE_ERROR, &(uint8_t){ (uint8_t)code }, 1);
}

static void command_queue(struct sim_hci *c, const uint8_t *packet)
{
    struct hci_request *r;

    if (c->request_count == COMMANDS) {
        fault(c, SIM_HCI_FAULT_OVERRUN);
        return;
    }
    r = &c->requests[(c->request_first + c->request_count) % COMMANDS];
    r->opcode = get16(packet + 1);
    r->len = packet[3];
    memcpy(r->params, packet + 4, r->len);
    if (c->request_count++ == 0) {
        command_plan(c);
    }
}

/* -- from the host --- */

/* How many octets the packet has that begins with those we have, as far as they tell. */
static size_t packet_len(const struct sim_hci *c)
{
    if (c->have == 0) {
        return 1;
    }
    if (c->in[0] == H4_COMMAND) {
        return c->have < 4 ? 4 : 4u + c->in[3];
    }
    return c->have < 5 ? 5 : 5u + get16(c->in + 3);
}

static void packet_done(struct sim_hci *c)
{
    size_t len = c->have;

    c->have = 0;
    if (c->in[0] == H4_COMMAND) {
        command_queue(c, c->in);
    } else {
        hci_link_acl(c, c->in + 1, len - 1);
    }
}

/* Out of step: only a Reset, wherever it is found, begins anew. @return octets that were read */
static size_t find_reset(struct sim_hci *c, const uint8_t *octets, size_t len)
{
    if (c->have == 0 && octets[0] != H4_COMMAND) {
        const uint8_t *command = memchr(octets, H4_COMMAND, len);

        return command != NULL ? (size_t)(command - octets) : len;
    }
    c->in[c->have++] = octets[0];
    while (c->have != 0 && memcmp(c->in, reset_packet, c->have) != 0) {
        memmove(c->in, c->in + 1, --c->have);
    }
    if (c->have == sizeof(reset_packet)) {
        c->lost = false;
        c->have = 0;
        c->request_count = 0;
        command_queue(c, reset_packet);
    }
    return 1;
}

/* The header is whole: is there room for the rest? */
static void header_check(struct sim_hci *c)
{
    if (c->in[0] == H4_ACL && c->have == 5 && get16(c->in + 3) > c->config.acl_len) {
        c->skip = get16(c->in + 3);
        c->have = 0;
        hci_link_overflow(c);
    }
}

static size_t take(struct sim_hci *c, const uint8_t *octets, size_t len)
{
    size_t n = packet_len(c) - c->have;

    n = n < len ? n : len;
    memcpy(c->in + c->have, octets, n);
    c->have += n;
    if (c->in[0] != H4_COMMAND && c->in[0] != H4_ACL) {
        fault(c, SIM_HCI_FAULT_SYNC);
        return n;
    }
    header_check(c);
    if (c->have > 1 && packet_len(c) == c->have) {
        packet_done(c);
    }
    return n;
}

void sim_hci_in(struct sim_hci *c, const uint8_t *octets, size_t len)
{
    c->held_back = true;
    while (len != 0 && !c->hung) {
        size_t n;

        if (c->lost) {
            n = find_reset(c, octets, len);
        } else if (c->skip != 0) {
            n = c->skip < len ? c->skip : len;
            c->skip -= n;
        } else {
            n = take(c, octets, len);
        }
        octets += n;
        len -= n;
    }
    c->held_back = false;
    packets_tell(c);
}

/* -- life --- */

static void on_report(void *ctx, const struct usher_adv_report *report)
{
    struct sim_hci *c = ctx;

    hci_scan_report(c, report);
    hci_link_heard(c, report);
}

static void on_adv_done(void *ctx, uint8_t slot)
{
    hci_adv_done(ctx, slot);
}

void hci_reset(struct sim_hci *c)
{
    hci_link_reset(c);
    hci_adv_reset(c);
    hci_scan_reset(c);
    hci_info_reset(c);
    c->mode = MODE_NONE;
}

static bool config_set(struct sim_hci *c, const struct sim_hci_config *config)
{
    struct sim_hci_config *own = &c->config;

    *own = *config;
    own->sets = own->sets != 0 ? own->sets : SIM_HCI_SETS;
    own->acl_len = own->acl_len != 0 ? own->acl_len : DATA_PLAIN;
    own->acl_count = own->acl_count != 0 ? own->acl_count : 8;
    own->connections = own->connections != 0 ? own->connections : 8;
    own->command_us = own->command_us != 0 ? own->command_us : 300;
    return own->sets <= SIM_HCI_SETS && own->acl_len >= DATA_PLAIN &&
           own->acl_len <= SIM_HCI_ACL_MAX && own->connections <= SIM_HCI_CONNECTIONS;
}

struct sim_hci *sim_hci_new(struct air *air, const struct sim_hci_config *config, sim_hci_out out,
                            void *ctx)
{
    static const struct air_owner owner = { .report = on_report, .adv_done = on_adv_done };
    struct sim_hci *c = calloc(1, sizeof(*c));

    if (c == NULL || !config_set(c, config)) {
        free(c);
        return NULL;
    }
    c->air = air;
    c->out = out;
    c->ctx = ctx;
    c->packets_end = &c->packets;
    c->buffers = calloc(c->config.acl_count, sizeof(*c->buffers));
    if (c->buffers != NULL && air_timer_set(air, &c->command, air_now_us(air), command_due, c)) {
        c->radio = air_join(air, &owner, c);
    }
    if (c->radio == NULL) {
        air_timer_stop(air, &c->command);
        free(c->buffers);
        free(c);
        return NULL;
    }
    memcpy(c->bd_addr, air_addr(c->radio), sizeof(c->bd_addr));
    air_link_owner_set(c->radio, &hci_link_owner);
    hci_adv_init(c);
    hci_reset(c);
    return c;
}

void sim_hci_free(struct sim_hci *c)
{
    if (c == NULL) {
        return;
    }
    air_timer_stop(c->air, &c->command);
    air_timer_stop(c->air, &c->scanner.end);
    hci_adv_free(c);
    air_leave(c->radio);
    while (c->packets != NULL) {
        struct hci_packet *p = c->packets;

        c->packets = p->next;
        free(p);
    }
    free(c->buffers);
    free(c);
}

void sim_hci_hang(struct sim_hci *c)
{
    c->hung = true;
}

struct air_radio *sim_hci_radio(const struct sim_hci *c)
{
    return c->radio;
}
