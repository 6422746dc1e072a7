/*
 * A device as the radio of an instance: getting it ready, its scanner, its line, and the making and
 * ending of it all. Programs call it through usher/serial_host.h, the instance through struct
 * usher_remote_acts. The sessions are in host_sessions.c and host_events.c, the node is in
 * host_node.c; see host_remote.h.
 *
 * A device of the nRF5 SDK knows none of our additions; it is asked for them first.
 */
#include "host_remote.h"

#include "frame.h"

#include <string.h>

#define SDK_CONTEXTS 2u /* CONFIG_NUM_PROV_CONTEXTS, as it comes */
#define WANTED                                                                                     \
    (USHER_SERIAL_EXT_SESSIONS | USHER_SERIAL_EXT_BEACON | USHER_SERIAL_EXT_CAPS |                 \
     USHER_SERIAL_EXT_SHOW | USHER_SERIAL_EXT_PUBKEY | USHER_SERIAL_EXT_DATA)

/* Of getting ready. */
enum step {
    STEP_EXTENSIONS_GET,
    STEP_EXTENSIONS_SET,
    STEP_ECDH_MODE,
    STEP_CANCEL,
    STEP_LISTEN_STOP = STEP_CANCEL + USHER_SERIAL_SESSIONS_MAX,
    STEP_SCAN_STOP = STEP_LISTEN_STOP + USHER_SERIAL_SESSIONS_MAX,
    STEP_READY,
};

void remote_kick(struct usher_serial_remote *r)
{
    if (r->config.kick != NULL) {
        r->config.kick(r->config.user);
    }
}

void remote_note(const struct usher_serial_remote *r, const char *what)
{
    if (r->config.note != NULL) {
        r->config.note(r->config.user, what);
    }
}

void remote_tell(struct usher_serial_remote *r, const struct usher_event *e)
{
    if (!r->closed) {
        usher_remote_event(r->node, e);
    }
}

/* -- the scanner ------------------------------------------------------------------------------- */

static void scan_sync(struct usher_serial_remote *r);

static void on_scan(void *user, struct usher_serial_request *call, enum usher_err err,
                    const struct usher_serial_packet *answer)
{
    struct usher_serial_remote *r = user;
    bool on = call->opcode == USHER_SERIAL_SCAN_START;

    (void)answer;
    if (err == USHER_OK || err == USHER_E_STATE) {
        r->scan_on = on;
    } else if (err != USHER_E_TIMEOUT) {
        r->scan_on = r->scan_wanted; /* it will not become better by asking again */
        remote_note(r, "the serial device cannot scan");
    }
    scan_sync(r);
}

static void scan_sync(struct usher_serial_remote *r)
{
    struct usher_serial_packet p = { .opcode = r->scan_wanted ? USHER_SERIAL_SCAN_START
                                                              : USHER_SERIAL_SCAN_STOP };

    if (r->ready && r->scan_wanted != r->scan_on && !r->scan.on_way) {
        r->scan.done = on_scan;
        r->scan.user = r;
        r->scan.tries = 2;
        (void)usher_serial_host_send(&r->line, &r->scan, &p);
    }
}

static enum usher_err act_scan(void *ctx, bool on)
{
    struct usher_serial_remote *r = ctx;

    r->scan_wanted = on;
    scan_sync(r);
    return USHER_OK;
}

static void on_beacon(struct usher_serial_remote *r, const struct usher_serial_packet *p)
{
    struct usher_event e = { .type = USHER_EVT_UNPROVISIONED_RECEIVED };

    if (p->gatt != 0 || !r->scan_wanted) { /* PB-GATT is not to be had over this line */
        return;
    }
    memcpy(e.params.unprov.device_uuid, p->uuid, sizeof(p->uuid));
    e.params.unprov.oob_info = p->oob_info;
    e.params.unprov.rssi = p->rssi;
    e.params.unprov.uri_hash_present = p->hash_there != 0;
    memcpy(e.params.unprov.uri_hash, p->uri_hash, sizeof(p->uri_hash));
    e.params.unprov.peer.type = p->addr_type;
    for (unsigned i = 0; i < sizeof(p->addr); i++) {
        e.params.unprov.peer.addr[i] = p->addr[sizeof(p->addr) - 1 - i];
    }
    remote_tell(r, &e);
}

/* -- getting ready ----------------------------------------------------------------------------- */

static void setup(struct usher_serial_remote *r);

/* @retval false  The step is not for this device. */
static bool step_packet(const struct usher_serial_remote *r, struct usher_serial_packet *p)
{
    unsigned cancel = r->step - STEP_CANCEL, stop = r->step - STEP_LISTEN_STOP;

    *p = (struct usher_serial_packet){ .opcode = USHER_SERIAL_SCAN_STOP };
    if (r->step == STEP_EXTENSIONS_GET) {
        p->opcode = USHER_SERIAL_EXTENSIONS_GET;
        return true;
    }
    if (r->step == STEP_SCAN_STOP) {
        return true;
    }
    if (!remote_is_ours(r)) {
        return false;
    }
    if (r->step == STEP_EXTENSIONS_SET) {
        p->opcode = USHER_SERIAL_EXTENSIONS_SET;
        p->features = r->features;
        return true;
    }
    if (r->step == STEP_ECDH_MODE) {
        p->opcode = USHER_SERIAL_ECDH_MODE_SET;
        p->mode = (r->features & USHER_SERIAL_EXT_SECRET) != 0;
        return true;
    }
    if (r->step < STEP_LISTEN_STOP) {
        p->opcode = USHER_SERIAL_SESSION_CANCEL;
        p->context = (uint8_t)cancel;
        p->reason = USHER_CLOSE_ERROR;
        return cancel < r->context_count;
    }
    p->opcode = USHER_SERIAL_LISTEN_STOP;
    p->context = (uint8_t)stop;
    return stop < r->context_count;
}

static void extensions(struct usher_serial_remote *r, enum usher_err err,
                       const struct usher_serial_packet *answer)
{
    uint32_t wanted = WANTED | (r->config.device_ecdh ? 0u : (uint32_t)USHER_SERIAL_EXT_SECRET);

    r->features = 0;
    r->context_count = SDK_CONTEXTS;
    if (err == USHER_OK && answer->contexts != 0 && (answer->features & WANTED) == WANTED) {
        r->features = answer->features & wanted;
        r->context_count = answer->contexts < USHER_SERIAL_SESSIONS_MAX ? answer->contexts
                                                                        : USHER_SERIAL_SESSIONS_MAX;
    }
}

static void on_setup(void *user, struct usher_serial_request *call, enum usher_err err,
                     const struct usher_serial_packet *answer)
{
    struct usher_serial_remote *r = user;

    (void)call;
    if (answer == NULL && err != USHER_E_DATA) {
        return; /* the line tells when to begin anew */
    }
    if (r->step == STEP_EXTENSIONS_GET) {
        extensions(r, err, answer);
    } else if (r->step >= STEP_CANCEL && r->step < STEP_LISTEN_STOP && err == USHER_OK) {
        struct usher_serial_remote_context *c = &r->contexts[r->step - STEP_CANCEL];

        c->busy = true; /* another host's: it is being closed, or has been */
        c->at = remote_now(r) + REMOTE_CANCEL_MS;
    }
    r->step++;
    setup(r);
}

static void setup(struct usher_serial_remote *r)
{
    struct usher_serial_packet p;

    while (r->step < STEP_READY && !step_packet(r, &p)) {
        r->step++;
    }
    if (r->step < STEP_READY) {
        r->setup.done = on_setup;
        r->setup.user = r;
        r->setup.tries = 2;
        (void)usher_serial_host_send(&r->line, &r->setup, &p);
        return;
    }
    r->ready = true;
    r->scan_on = false;
    scan_sync(r);
    remote_kick(r);
}

/* What the device knew is gone, or may be. */
static void begin(struct usher_serial_remote *r, bool again)
{
    r->ready = false;
    usher_serial_host_cancel(&r->line, &r->setup);
    usher_serial_host_cancel(&r->line, &r->scan);
    remote_node_lost(r);
    remote_sessions_lost(r);
    r->step = STEP_EXTENSIONS_GET;
    if (again) {
        setup(r);
    }
}

/* -- the line ---------------------------------------------------------------------------------- */

static void on_line(void *user, enum usher_serial_line line)
{
    struct usher_serial_remote *r = user;

    if (line == USHER_SERIAL_LINE_UP && !r->ready) {
        begin(r, true);
    } else if (line == USHER_SERIAL_LINE_SILENT) {
        begin(r, false);
    }
    if (r->config.line != NULL) {
        r->config.line(r->config.user, line);
    }
}

static void on_event(void *user, const struct usher_serial_packet *p)
{
    struct usher_serial_remote *r = user;

    if (p->opcode == USHER_SERIAL_EVT_DEVICE_STARTED) {
        if (r->ready) {
            remote_note(r, "the serial device has restarted");
        }
        begin(r, true);
    } else if (p->opcode == USHER_SERIAL_EVT_UNPROVISIONED ||
               p->opcode == USHER_SERIAL_EVT_BEACON) {
        on_beacon(r, p);
    } else if (!remote_session_event(r, p)) {
        (void)remote_node_event(r, p);
    }
}

static void on_trace(void *user, bool from_device, const uint8_t *packet, size_t len)
{
    const struct usher_serial_remote *r = user;

    if (r->config.trace != NULL) {
        r->config.trace(r->config.user, from_device, packet, len);
    }
}

static void on_kick(void *user)
{
    remote_kick(user);
}

/* -- time -------------------------------------------------------------------------------------- */

static void wipe_all(struct usher_serial_remote *r)
{
    const struct usher_crypto *crypto = r->line.config.crypto;

    usher_serial_host_deinit(&r->line);
    crypto->wipe(r, sizeof(*r));
}

/* Calls may lead to the end of the remote: its memory is wiped when the last has returned. */
static void enter(struct usher_serial_remote *r)
{
    r->inside++;
}

static void leave(struct usher_serial_remote *r)
{
    if (--r->inside == 0 && r->closed) {
        wipe_all(r);
    }
}

void usher_serial_remote_process(struct usher_serial_remote *r, uint64_t now)
{
    enter(r);
    usher_serial_host_process(&r->line, now);
    remote_sessions_process(r, now);
    remote_node_process(r, now);
    leave(r);
}

void usher_serial_remote_in(struct usher_serial_remote *r, uint64_t now, const uint8_t *octets,
                            size_t len)
{
    enter(r);
    usher_serial_host_in(&r->line, now, octets, len);
    usher_serial_remote_process(r, now);
    leave(r);
}

uint64_t usher_serial_remote_deadline(const struct usher_serial_remote *r)
{
    uint64_t at = remote_sooner(usher_serial_host_deadline(&r->line), remote_node_deadline(r));

    for (unsigned i = 0; i < r->context_count; i++) {
        const struct usher_serial_remote_context *c = &r->contexts[i];

        at = c->ask_data ? 0 : remote_sooner(at, c->at);
    }
    return at;
}

bool usher_serial_remote_ready(const struct usher_serial_remote *r)
{
    return r->ready;
}

/* -- making and ending ------------------------------------------------------------------------- */

static const struct usher_remote_acts acts = {
    .scan = act_scan,
    .provision = remote_session_provision,
    .answer = remote_session_answer,
    .send = remote_node_send,
    .ecdh = remote_session_ecdh,
};

/* The radio that is not there. */

static enum usher_err no_adv_start(void *ctx, const struct usher_adv *adv)
{
    (void)ctx;
    (void)adv;
    return USHER_E_UNSUPPORTED;
}

static void no_adv_stop(void *ctx, uint8_t slot)
{
    (void)ctx;
    (void)slot;
}

static enum usher_err no_scan(void *ctx, unsigned what)
{
    (void)ctx;
    (void)what;
    return USHER_OK;
}

static void port_fill(struct usher_serial_remote *r, struct usher_port *port)
{
    port->adv_slots = 0;
    port->adv_start = no_adv_start;
    port->adv_stop = no_adv_stop;
    port->scan = no_scan;
    port->remote = &acts;
    port->remote_ctx = r;
}

enum usher_err usher_serial_remote_init(struct usher_serial_remote *r, struct usher *u,
                                        struct usher_port *port,
                                        const struct usher_serial_remote_config *config)
{
    struct usher_serial_host_config line = {
        .event = on_event, .line = on_line, .trace = on_trace, .kick = on_kick, .user = r
    };

    if (r == NULL || u == NULL || port == NULL || config == NULL) {
        return USHER_E_NULL;
    }
    memset(r, 0, sizeof(*r));
    r->node = u;
    r->port = port;
    r->config = *config;
    for (unsigned i = 0; i < USHER_SERIAL_SESSIONS_MAX; i++) {
        r->contexts[i].remote = r;
        r->contexts[i].number = (uint8_t)i;
        r->contexts[i].at = USHER_NEVER;
    }
    for (unsigned i = 0; i < USHER_SERIAL_MESSAGES; i++) {
        r->messages[i].remote = r;
    }
    line.crypto = port->crypto;
    line.slip = config->slip;
    port_fill(r, port);
    return usher_serial_host_init(&r->line, &line);
}

void usher_serial_remote_restart(struct usher_serial_remote *r)
{
    enter(r);
    begin(r, false);
    usher_serial_host_restart(&r->line);
    leave(r);
}

/* @retval false  No room. */
static bool leave_command(struct usher_serial_remote *r, uint8_t opcode, uint8_t context,
                          uint8_t *buf, size_t size, size_t *at)
{
    const uint8_t payload[2] = { context, USHER_CLOSE_ERROR };
    uint8_t wire[SERIAL_WIRE_MAX];
    size_t len = serial_frame_write(r->config.slip, opcode, payload,
                                    opcode == USHER_SERIAL_SESSION_CANCEL ? 2 : 0, wire);

    if (len > size - *at) {
        return false;
    }
    memcpy(buf + *at, wire, len);
    *at += len;
    return true;
}

size_t usher_serial_remote_leave(struct usher_serial_remote *r, uint8_t *buf, size_t size)
{
    bool room = true;
    size_t at;

    if (!r->ready) {
        return 0;
    }
    while (r->line.queue != NULL) {
        usher_serial_host_cancel(&r->line, r->line.queue);
    }
    at = usher_serial_host_next(&r->line, remote_now(r), buf, size); /* a command is sent whole */
    for (unsigned i = 0; i < r->context_count && room && remote_is_ours(r); i++) {
        if (r->contexts[i].busy) {
            room = leave_command(r, USHER_SERIAL_SESSION_CANCEL, (uint8_t)i, buf, size, &at);
        }
    }
    if (room && r->scan_on) {
        (void)leave_command(r, USHER_SERIAL_SCAN_STOP, 0, buf, size, &at);
    }
    return at;
}

void usher_serial_remote_deinit(struct usher_serial_remote *r)
{
    r->closed = true;
    if (r->inside == 0 && r->line.config.crypto != NULL) {
        wipe_all(r);
    }
}
