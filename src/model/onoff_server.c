/*
 * Generic OnOff Server (Mesh Model 1.1, sections 3.1.1 and 3.3.1): a state that others switch, at
 * once or with delay and transition. Its handlers are called by access, its timer by publish.c.
 */
#include "model.h"
#include "onoff_pdu.h"

#define DELAY_UNIT_MS 5u
#define REPEAT_MS 6000u /* a message like the one before it, within this time, is its repeat */

static struct usher_onoff_server *server(struct usher_model *model)
{
    return (struct usher_onoff_server *)model; /* its first member */
}

static uint64_t now(const struct usher_onoff_server *s)
{
    return s->model.mesh->acts->now(s->model.mesh);
}

/* Milliseconds as steps and resolution, rounded up. */
static uint8_t time_octet(uint64_t ms)
{
    static const uint32_t resolution_ms[] = { 100, 1000, 10000, 600000 };

    for (uint8_t r = 0; r < 4; r++) {
        uint64_t steps = (ms + resolution_ms[r] - 1) / resolution_ms[r];

        if (steps <= ONOFF_STEPS_MAX) {
            return (uint8_t)(r << 6 | steps);
        }
    }
    return (uint8_t)(3u << 6 | ONOFF_STEPS_MAX); /* the longest transition, and its delay */
}

static size_t status_write(const struct usher_onoff_server *s, uint8_t out[ONOFF_STATUS_MAX])
{
    struct usher_onoff_status status = { .present = s->on, .target = s->target };

    if (s->end_at != 0) {
        uint64_t t = now(s);

        status.remaining = time_octet(s->end_at > t ? s->end_at - t : 1);
    }
    return onoff_status_write(&status, out);
}

static void status_publish(struct usher_model *model)
{
    uint8_t params[ONOFF_STATUS_MAX];
    size_t len = status_write(server(model), params);

    usher_publish(model, ONOFF_STATUS, params, len);
}

static void state_set(struct usher_onoff_server *s, bool on)
{
    bool changed = s->on != on;

    s->on = on;
    status_publish(&s->model);
    if (changed && s->changed != NULL) {
        s->changed(s, on); /* last, as it may switch again */
    }
}

/* The delay is over, or the transition. The state is On during the whole of a transition. */
static void advance(struct usher_model *model)
{
    struct usher_onoff_server *s = server(model);
    uint64_t t = now(s);
    bool ends = t >= s->end_at;

    if (t < s->start_at) {
        model->timer_at = s->start_at;
        return;
    }
    if (ends) {
        s->end_at = 0;
    }
    model->timer_at = s->end_at;
    state_set(s, s->target || (s->on && !ends));
}

static void transition_cancel(struct usher_onoff_server *s, bool target)
{
    s->target = target;
    s->end_at = 0;
    s->model.timer_at = 0;
}

static void execute(struct usher_onoff_server *s, const struct onoff_set *set)
{
    transition_cancel(s, set->on);
    if (set->on == s->on) {
        return; /* no transition to where it is */
    }
    s->start_at = now(s) + set->delay * DELAY_UNIT_MS;
    s->end_at = s->start_at + publish_period_ms(set->transition);
    advance(&s->model);
}

/* Whether a Set repeats the one before it. Remembers it, which a repeat prolongs. */
static bool is_repeat(struct usher_onoff_server *s, const struct usher_message *message,
                      uint8_t tid)
{
    uint64_t t = now(s);
    bool repeat = s->last_src == message->src && s->last_dst == message->dst &&
                  s->last_tid == tid && t - s->last_at <= REPEAT_MS;

    s->last_src = message->src;
    s->last_dst = message->dst;
    s->last_tid = tid;
    s->last_at = t;
    return repeat;
}

static void status_reply(struct usher_model *model, const struct usher_message *message)
{
    uint8_t params[ONOFF_STATUS_MAX];
    size_t len = status_write(server(model), params);

    usher_reply(model, message, ONOFF_STATUS, params, len);
}

static void set_rx(struct usher_model *model, const struct usher_message *message)
{
    struct usher_onoff_server *s = server(model);
    struct onoff_set set;

    if (!onoff_set_read(message->params, message->len, &set)) {
        return;
    }
    if (!is_repeat(s, message, set.tid)) {
        execute(s, &set);
    }
    if (message->opcode == ONOFF_SET) {
        status_reply(model, message);
    }
}

static const struct usher_opcode opcodes[] = {
    { ONOFF_GET, 0, 0, status_reply },
    { ONOFF_SET, ONOFF_SET_MIN, ONOFF_SET_MAX, set_rx },
    { ONOFF_SET_UNACK, ONOFF_SET_MIN, ONOFF_SET_MAX, set_rx },
};

void usher_onoff_server_init(struct usher_onoff_server *s)
{
    *s = (struct usher_onoff_server){
        .model = {
            .company = USHER_SIG,
            .id = USHER_MODEL_ONOFF_SERVER,
            .opcodes = opcodes,
            .opcode_count = sizeof(opcodes) / sizeof(opcodes[0]),
            .publish = status_publish,
            .timer = advance,
        },
    };
}

void usher_onoff_server_set(struct usher_onoff_server *s, bool on)
{
    transition_cancel(s, on);
    state_set(s, on);
}
