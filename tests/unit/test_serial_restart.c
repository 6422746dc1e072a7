/*
 * A serial device that is switched off in the middle of a session, at every point of it, and on
 * again: nothing is left of what it knew, and nobody closes the link. The peer waits for a time-out
 * of the protocol, of a minute at most (Mesh Protocol 5.3.2.1 and 5.4.4), and the host tries again
 * as the command usher does; so each run has to end soon after, however the host gets to know of
 * the restart.
 */
#include "serial_desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define EVERY_MS 20u     /* between the points */
#define PAUSE_MS 1000u   /* before a further attempt */
#define SESSION_MS 5000u /* a session, and a pause before it */
#define MINUTE_MS 60000u /* that the peer waits at most */
#define QUIET_MS 143000u /* after which the host gives up a session of which it hears nothing */

/* How the host gets to know. */
enum news {
    NEWS_BROKEN,  /* its system tells that the line broke */
    NEWS_STARTED, /* the device tells that it has started */
    NEWS_NONE,    /* that was lost */
};

static uint64_t now(const struct desk *d)
{
    return air_now_us(d->rig->air) / 1000;
}

static bool lose_started(struct desk *d, uint8_t *packet, size_t len)
{
    (void)d;
    (void)len;
    return packet[0] != USHER_SERIAL_EVT_DEVICE_STARTED;
}

static void switch_off_and_on(struct desk *d, enum news news)
{
    struct serial_rig *rig = d->rig;
    const struct usher_config config = rig->node.config;

    usher_deinit(&rig->node);
    simport_deinit(&rig->port);
    assert_int_equal(simport_init(&rig->port, rig->air, &rig->node, rig->crypto, 4), USHER_OK);
    assert_int_equal(usher_init(&rig->node, &rig->port.port, &config), USHER_OK);
    assert_int_equal(usher_serial_init(&rig->serial, &rig->node, &rig->config), USHER_OK);
    assert_int_equal(usher_serial_enable(&rig->serial), USHER_OK);
    d->up = news == NEWS_NONE ? lose_started : NULL;
    if (news == NEWS_BROKEN) {
        usher_serial_remote_restart(&d->remote);
    }
}

/* Either end has another attempt as soon as it can. */
static void begin_anew(struct desk *d, uint64_t *at)
{
    struct link *l = &d->links[0];
    struct rig_peer *peer = &d->rig->peers[0];

    if (usher_session_idle(&peer->session) && !peer->complete) {
        person_reset(&peer->person);
        assert_int_equal(usher_listen(&peer->session, &(struct usher_listen){ .uuid = peer->uuid }),
                         USHER_OK);
    }
    if (!usher_session_idle(&l->session)) {
        *at = now(d) + PAUSE_MS;
    } else if (now(d) >= *at) {
        person_reset(&l->person);
        (void)desk_begin(d, 0); /* it may not be ready yet */
        *at = now(d) + PAUSE_MS;
    }
}

/* Until the peer has its data. @retval false  Not in @p ms. */
static bool run_until_complete(struct desk *d, unsigned ms)
{
    uint64_t end = now(d) + ms, at = now(d);

    while (now(d) < end && !d->rig->peers[0].complete) {
        if (d->links[0].complete == 0) {
            begin_anew(d, &at);
        }
        desk_run(d, STEP_MS);
    }
    return d->rig->peers[0].complete;
}

/* No context is lost: another session is as good as the first on a new device. */
static void assert_all_free(struct desk *d)
{
    const struct usher_session *s = &d->links[0].session;

    for (uint64_t end = now(d) + QUIET_MS; now(d) < end && !usher_session_idle(s);) {
        desk_run(d, STEP_MS); /* an attempt at a peer that is a node by now */
    }
    desk_run(d, SESSION_MS);
    for (unsigned i = 0; i < d->remote.context_count; i++) {
        assert_false(d->remote.contexts[i].busy);
        assert_null(d->remote.contexts[i].session);
        assert_true(usher_session_idle(&d->rig->sessions[i]));
    }
    desk_meet(d, 1, people_choice(0));
    assert_int_equal(desk_begin(d, 1), USHER_OK);
    desk_run(d, SESSION_MS);
    desk_assert_provisioned(d, 1);
}

/* @return false  The session was over by then. */
static bool restart_after(unsigned ms, enum news news, bool device_ecdh)
{
    const struct usher_serial_remote_config how = { .device_ecdh = device_ecdh };
    struct desk *d = desk_new_with(NULL, &how, NULL);
    unsigned limit = (news == NEWS_NONE ? QUIET_MS : MINUTE_MS) + SESSION_MS;
    bool midway;

    desk_meet(d, 0, people_choice(0));
    assert_int_equal(desk_begin(d, 0), USHER_OK);
    desk_run(d, ms);
    midway = !usher_session_idle(&d->links[0].session);
    switch_off_and_on(d, news);
    if (!run_until_complete(d, limit)) {
        fail_msg("after %u ms of a session, news %u: no end", ms, (unsigned)news);
    }
    /* If the host does not know of it, the line broke after the data had been asked for. */
    assert_true(d->links[0].complete != 0 || d->links[0].data_requests != 0);
    assert_all_free(d);
    desk_free(d);
    return midway;
}

/* With the ECDH of the host and the device's by turns. */
static void sweep(enum news news)
{
    unsigned points = 0;

    for (unsigned ms = 0; restart_after(ms, news, (points & 1) != 0); ms += EVERY_MS) {
        points++;
    }
    assert_true(points > 20);
}

static void test_line_that_broke(void **state)
{
    (void)state;
    sweep(NEWS_BROKEN);
}

static void test_device_that_tells(void **state)
{
    (void)state;
    sweep(NEWS_STARTED);
}

static void test_device_that_was_not_heard(void **state)
{
    (void)state;
    sweep(NEWS_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_that_broke),
        cmocka_unit_test(test_device_that_tells),
        cmocka_unit_test(test_device_that_was_not_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
