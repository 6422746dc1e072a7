/*
 * Questions to other nodes (Mesh Protocol 1.1, section 3.7.3.1: acknowledged messages), each the
 * caller's memory in a list of the node's: sent, repeated until the answer comes, ended. Called by
 * client models, which hand in the messages that they receive; client_run() and client_sent() by
 * node.
 */
#include "model.h"

#include <string.h>

#define UNSEGMENTED_MAX 11u /* octets of a message in one PDU */
#define TIMEOUT_MS 2000u    /* what 0 stands for */
#define TRIES 6u
#define TTL_DEFAULT 255u
#define PAUSE_MIN_MS 50u /* before a try that follows one that failed at once ... */
#define PAUSE_MS 100u    /* ... and up to so much more */
#define ARRIVING_MS 200u /* between looks at an answer whose segments are arriving */

/* -- the list ---------------------------------------------------------------------------------- */

/* The link that leads to a question; NULL: it is not under way. */
static struct usher_request **link_to(struct usher_mesh *m, const struct usher_request *request)
{
    for (struct usher_request **link = &m->requests; *link != NULL; link = &(*link)->next) {
        if (*link == request) {
            return link;
        }
    }
    return NULL;
}

static void append(struct usher_mesh *m, struct usher_request *request)
{
    struct usher_request **link = &m->requests;

    while (*link != NULL) {
        link = &(*link)->next;
    }
    request->next = NULL;
    *link = request;
}

/* It may have held a key. */
static void message_wipe(const struct usher_mesh *m, struct usher_request *request)
{
    m->net.crypto->wipe(request->message, request->len);
}

/* Takes a question out, if it is under way. */
static void leave(struct usher_request *request)
{
    struct usher_mesh *m = request->model->mesh;
    struct usher_request **link = link_to(m, request);

    if (link != NULL) {
        *link = request->next;
        request->next = NULL;
        request->model = NULL;
        message_wipe(m, request);
    }
}

/* Tells the end of a question, which the one who is told may make the begin of another. */
static void end(struct usher_request *request, uint64_t now, enum usher_err err,
                const struct usher_message *message)
{
    struct usher_answer answer = { .err = err,
                                   .message = message,
                                   .tries = request->tried,
                                   .ms = (uint32_t)(now - request->began) };

    leave(request);
    request->done(request->user, request, &answer);
}

/* -- sending ----------------------------------------------------------------------------------- */

static uint32_t timeout_of(const struct usher_request *request)
{
    return request->timeout_ms != 0 ? request->timeout_ms : TIMEOUT_MS;
}

static uint8_t tries_of(const struct usher_request *request)
{
    return request->tries != 0 ? request->tries : TRIES;
}

static uint64_t after_pause(struct usher_mesh *m, uint64_t now)
{
    return now + PAUSE_MIN_MS + net_jitter(&m->net, PAUSE_MS + 1);
}

/* Whether it has been waited, for room or for segments, so long that there is no hope. */
static bool is_hopeless(const struct usher_request *request, uint64_t now)
{
    return now - request->began > UINT64_C(2) * tries_of(request) * timeout_of(request);
}

/*
 * Makes a try. The answer has its time from now, or from the end of the last segment. Where there
 * is no room, which does not count, the next try is soon.
 *
 * Returns what cannot become better by waiting.
 */
static enum usher_err attempt(struct usher_request *request, uint64_t now)
{
    struct usher_mesh *m = request->model->mesh;
    uint32_t token = CLIENT_TOKEN | m->next_token++;
    enum usher_err err = access_send(m, now, usher_model_address(request->model), &request->target,
                                     request->message, request->len, token);

    if (err == USHER_OK) {
        request->tried++;
        request->token = token;
        request->sending = request->len > UNSEGMENTED_MAX || request->target.segmented;
        request->at = request->sending ? USHER_NEVER : now + timeout_of(request);
        return USHER_OK;
    }
    if (!access_is_for_now(err)) {
        return err;
    }
    request->at = after_pause(m, now);
    return is_hopeless(request, now) ? USHER_E_TIMEOUT : USHER_OK;
}

enum usher_err usher_ask(struct usher_model *model, struct usher_request *request,
                         const struct usher_target *target, uint32_t opcode, const uint8_t *params,
                         size_t len, uint32_t answer_opcode)
{
    struct usher_mesh *m = model->mesh;
    enum usher_err err;
    uint64_t now;

    if (m == NULL || !mesh_is_node(m) || link_to(m, request) != NULL) {
        return USHER_E_STATE;
    }
    err = access_write(opcode, params, len, request->message, &request->len);
    if (err != USHER_OK) {
        return err;
    }
    now = m->acts->now(m);
    request->model = model;
    request->target = *target;
    request->target.label = NULL;
    if (usher_is_virtual(target->dst) && target->label != NULL) {
        memcpy(request->label, target->label, sizeof(request->label));
        request->target.label = request->label;
    }
    request->answer_opcode = answer_opcode;
    request->matches = NULL;
    request->tried = 0;
    request->sending = false;
    request->began = now;
    err = attempt(request, now);
    if (err == USHER_OK) {
        append(m, request);
        m->acts->alarm(m);
    } else {
        message_wipe(m, request);
    }
    return err;
}

enum usher_err client_ask_node(struct usher_model *model, struct usher_request *request,
                               uint16_t address, uint16_t net_index, uint32_t opcode,
                               const uint8_t *params, size_t len, uint32_t answer_opcode)
{
    struct usher_target target = {
        .dst = address, .net_index = net_index, .key = USHER_KEY_REMOTE_DEVICE, .ttl = TTL_DEFAULT
    };

    return usher_ask(model, request, &target, opcode, params, len, answer_opcode);
}

void usher_ask_cancel(struct usher_request *request)
{
    if (request->model != NULL) {
        leave(request);
    }
}

void client_sent(struct usher_mesh *m, uint32_t token, bool delivered)
{
    uint64_t now = m->acts->now(m);

    for (struct usher_request *r = m->requests; r != NULL; r = r->next) {
        if (r->sending && r->token == token) {
            bool again = !delivered && r->tried < tries_of(r);

            r->sending = false;
            r->at = again ? after_pause(m, now) : now + timeout_of(r);
            return;
        }
    }
}

/* -- ends -------------------------------------------------------------------------------------- */

/* An answer may come while segments are on their way, if only their acks were lost. */
static bool is_answer(const struct usher_request *r, const struct usher_model *model,
                      const struct usher_message *message)
{
    bool from = r->target.dst == message->src || !usher_is_unicast(r->target.dst);

    return from && r->model == model && r->tried != 0 && r->answer_opcode == message->opcode &&
           (r->matches == NULL || r->matches(r, message));
}

bool usher_answered(struct usher_model *model, const struct usher_message *message)
{
    struct usher_mesh *m = model->mesh;

    if (!usher_is_unicast(message->dst)) {
        return false; /* published to a group */
    }
    for (struct usher_request *r = m->requests; r != NULL; r = r->next) {
        if (is_answer(r, model, message)) {
            end(r, m->acts->now(m), USHER_OK, message);
            return true;
        }
    }
    return false;
}

/* A long answer takes longer than the time-out, and it is no use to ask for it twice. */
static bool is_arriving(const struct usher_request *r)
{
    return r->tried != 0 &&
           transport_receives(&r->model->mesh->net, r->target.dst, usher_model_address(r->model));
}

static void request_run(struct usher_request *r, uint64_t now)
{
    enum usher_err err;

    if (is_arriving(r) && !is_hopeless(r, now)) {
        r->at = now + ARRIVING_MS;
        return;
    }
    err = r->tried == tries_of(r) ? USHER_E_TIMEOUT : attempt(r, now);
    if (err != USHER_OK) {
        end(r, now, err, NULL);
    }
}

static struct usher_request *due(const struct usher_mesh *m, uint64_t now)
{
    for (struct usher_request *r = m->requests; r != NULL; r = r->next) {
        if (r->at <= now) {
            return r;
        }
    }
    return NULL;
}

/* Who is told of an end may change the list: it is looked through from its begin each time. */
void client_run(struct usher_mesh *m, uint64_t now)
{
    struct usher_request *r;

    while ((r = due(m, now)) != NULL) {
        request_run(r, now);
    }
}

uint64_t client_deadline(const struct usher_mesh *m)
{
    uint64_t at = USHER_NEVER;

    for (const struct usher_request *r = m->requests; r != NULL; r = r->next) {
        at = r->at < at ? r->at : at;
    }
    return at;
}
