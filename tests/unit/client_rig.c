/* See client_rig.h. */
#include "client_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void on_question(struct usher_model *model, const struct usher_message *message)
{
    struct client_rig *f = model->user;

    f->heard++;
    if (!f->mute) {
        (void)usher_reply(model, message, ANSWER, message->params, message->len);
    }
}

static void on_answer(struct usher_model *model, const struct usher_message *message)
{
    struct client_rig *f = model->user;

    f->unasked += !usher_answered(model, message);
}

static const struct usher_opcode opcodes[] = {
    { QUESTION, 0, PARAMS_MAX, on_question },
    { ANSWER, 0, PARAMS_MAX, on_answer },
};

struct usher_model *client_vendor(const struct client_rig *f, unsigned n)
{
    return &f->all->node[n].vendor;
}

struct usher_mesh *client_mesh(const struct client_rig *f, unsigned n)
{
    return &f->all->node[n].mesh;
}

uint16_t client_address(const struct client_rig *f, unsigned n)
{
    return usher_model_address(client_vendor(f, n));
}

static int setup_with(void **state, uint8_t loss_pct)
{
    struct client_rig *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->all = nodes_new(&(struct nodes_config){ .count = NODES, .seed = 7, .loss_pct = loss_pct });
    for (unsigned n = 0; n < NODES; n++) {
        client_vendor(f, n)->opcodes = opcodes;
        client_vendor(f, n)->opcode_count = 2;
        client_vendor(f, n)->user = f;
    }
    nodes_provision(f->all);
    nodes_bind_all(f->all);
    nodes_run(f->all, 1000); /* all is quiet: a node does nothing that it is not woken for */
    *state = f;
    return 0;
}

int client_setup(void **state)
{
    return setup_with(state, 0);
}

int client_setup_30(void **state)
{
    return setup_with(state, 30);
}

int client_setup_45(void **state)
{
    return setup_with(state, 45);
}

int client_teardown(void **state)
{
    struct client_rig *f = *state;

    nodes_free(f->all);
    free(f);
    return 0;
}

/* -- asking ------------------------------------------------------------------------------------ */

enum usher_err client_ask_octets(struct asked *a, const struct usher_target *target, uint8_t octet,
                                 size_t len)
{
    uint8_t params[PARAMS_MAX];

    memset(params, octet, sizeof(params));
    return usher_ask(client_vendor(a->fixture, 0), &a->request, target, QUESTION, params, len,
                     ANSWER);
}

static void on_done(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct asked *a = user;
    struct usher_target target = request->target;

    assert_ptr_equal(request, &a->request);
    assert_int_equal(answer->message != NULL, answer->err == USHER_OK);
    a->done++;
    a->order = a->fixture->over++;
    a->err = answer->err;
    a->tries = answer->tries;
    a->ms = answer->ms;
    if (answer->message != NULL) {
        a->len = answer->message->len;
        memcpy(a->params, answer->message->params, a->len);
    }
    if (a->cancels != NULL) {
        usher_ask_cancel(&a->cancels->request);
    }
    if (a->again != 0) {
        a->again--;
        assert_int_equal(client_ask_octets(a, &target, 0xA9, 1), USHER_OK);
    }
}

struct usher_target client_to(uint16_t dst)
{
    return (struct usher_target){ .dst = dst, .key = APP, .ttl = ANY_TTL };
}

struct asked *client_prepare(struct client_rig *f, unsigned i)
{
    struct asked *a = &f->asked[i];

    assert_true(i < ASKED_MAX);
    a->fixture = f;
    a->request.done = on_done;
    a->request.user = a;
    return a;
}

struct asked *client_ask(struct client_rig *f, unsigned i, uint16_t dst, uint8_t octet, size_t len)
{
    struct usher_target target = client_to(dst);
    struct asked *a = client_prepare(f, i);

    assert_int_equal(client_ask_octets(a, &target, octet, len), USHER_OK);
    return a;
}

static bool all_over(void *ctx)
{
    const struct client_rig *f = ctx;

    return f->over >= f->want;
}

void client_await(struct client_rig *f, unsigned want)
{
    f->want = want;
    assert_true(nodes_until(f->all, all_over, f, LONG_MS));
}

void client_assert_answered(const struct asked *a, uint8_t octet, size_t len)
{
    assert_int_equal(a->done, 1);
    assert_int_equal(a->err, USHER_OK);
    assert_int_equal(a->len, len);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(a->params[i], octet);
    }
}
