/*
 * Attacks on whole nodes by somebody on the air: who records what is sent and sends it again, at
 * once, after a restart, after IV Updates; who tells made-up IV Indexes; who was left out of a Key
 * Refresh; and who has the NetKey and fills tables.
 */
#include "flash.h"
#include "keys.h"
#include "net.h"
#include "nodes.h"
#include "secbeacon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define CLIENT 0u
#define LAMP 1u
#define THIRD 2u
#define NODES 3u
#define RECORDED 4000u
#define ANSWER_MS 20000u
#define OLD_KEY 0x11 /* of nodes_provision() */
#define NEW_KEY 0x33
#define HOUR_MS (3600u * 1000u)

/* A radio that hears all and can send anything. */
struct attacker {
    struct air_radio *radio;
    bool records;
    unsigned count;
    struct recorded {
        uint8_t len;
        uint8_t ad[USHER_AD_MAX];
    } recorded[RECORDED];
};

struct scene {
    struct nodes *all;
    struct attacker attacker;
    struct flash flash;
    struct usher_flashlog log;
    struct usher_request request;
    bool asking, answered;
    unsigned switched; /* the lamp, either way */
};

static struct scene scene;

/* -- the attacker ------------------------------------------------------------------------------ */

static void on_report(void *ctx, const struct usher_adv_report *report)
{
    struct attacker *a = ctx;
    struct recorded *r = &a->recorded[a->count];

    if (a->records) {
        assert_true(a->count < RECORDED);
        r->len = report->len;
        memcpy(r->ad, report->data, report->len);
        a->count++;
    }
}

static void on_adv_done(void *ctx, uint8_t slot)
{
    (void)ctx;
    (void)slot;
}

static void on_wake(void *ctx)
{
    (void)ctx;
}

static const struct air_owner owner = { on_report, on_adv_done, on_wake };

/* Three times, as whoever receives listens on one channel of three. */
static void say(struct scene *s, const uint8_t *ad, uint8_t len)
{
    struct usher_adv adv = {
        .type = USHER_ADV_NONCONN_IND, .count = 3, .interval_ms = 20, .len = len
    };

    memcpy(adv.data, ad, len);
    assert_int_equal(air_send(s->attacker.radio, &adv), USHER_OK);
    nodes_run(s->all, 100);
}

static void say_ad(struct scene *s, uint8_t type, const uint8_t *data, uint8_t len)
{
    uint8_t ad[USHER_AD_MAX] = { (uint8_t)(len + 1), type };

    memcpy(ad + 2, data, len);
    say(s, ad, (uint8_t)(len + 2));
}

static void replay(struct scene *s)
{
    s->attacker.records = false;
    assert_true(s->attacker.count > 0);
    for (unsigned i = 0; i < s->attacker.count; i++) {
        say(s, s->attacker.recorded[i].ad, s->attacker.recorded[i].len);
    }
    nodes_run(s->all, 15000);
}

/* -- the scene --------------------------------------------------------------------------------- */

static void on_changed(struct usher_onoff_server *server, bool on)
{
    (void)server;
    (void)on;
    scene.switched++;
}

static void store_in(struct scene *s, struct node *node)
{
    assert_true(flash_init(&s->flash, 4096, 2, 4));
    assert_int_equal(usher_flashlog_open(&s->log, &s->flash.flash), USHER_OK);
    node->port.port.kv_ctx = &s->log;
    node->port.port.kv_get = usher_flashlog_get;
    node->port.port.kv_set = usher_flashlog_set;
    node->port.port.kv_del = usher_flashlog_del;
}

static struct scene *begin(void)
{
    struct scene *s = &scene;

    memset(s, 0, sizeof(*s));
    s->all = nodes_new(&(struct nodes_config){ .count = NODES, .seed = 11 });
    s->attacker.radio = air_join(s->all->air, &owner, &s->attacker);
    assert_non_null(s->attacker.radio);
    air_scan(s->attacker.radio, 0xFF);
    store_in(s, &s->all->node[LAMP]);
    nodes_provision(s->all);
    nodes_bind_all(s->all);
    s->all->node[LAMP].onoff_server.changed = on_changed;
    return s;
}

static void end(struct scene *s)
{
    nodes_free(s->all);
    flash_deinit(&s->flash);
}

static struct node *lamp(struct scene *s)
{
    return &s->all->node[LAMP];
}

static void on_done(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct scene *s = user;

    (void)request;
    s->asking = false;
    s->answered = answer->err == USHER_OK;
}

static bool is_done(void *ctx)
{
    return !((struct scene *)ctx)->asking;
}

/* Whether the lamp answers to being switched by this node. */
static bool switches(struct scene *s, unsigned from, bool on)
{
    struct usher_target target = { .dst = nodes_address(LAMP), .ttl = 255 };

    s->request = (struct usher_request){ .done = on_done, .user = s };
    s->asking = true;
    assert_int_equal(
        usher_onoff_set(&s->all->node[from].onoff_client, &s->request, &target, on, 0, 0),
        USHER_OK);
    assert_true(nodes_until(s->all, is_done, s, ANSWER_MS));
    return s->answered;
}

static void configures(struct scene *s, unsigned to, const struct usher_config_msg *question)
{
    struct usher_config_msg answer;

    assert_int_equal(nodes_config_ask(s->all, CLIENT, to, question, &answer), USHER_OK);
    assert_int_equal(answer.status, USHER_STATUS_SUCCESS);
}

/* Something to record: the lamp is on, has another key, both of which are undone then. */
static void what_is_recorded(struct scene *s)
{
    struct usher_config_msg add = { .opcode = USHER_CONFIG_APPKEY_ADD, .app_index = 7 },
                            del = { .opcode = USHER_CONFIG_APPKEY_DELETE, .app_index = 7 };

    memcpy(add.key, nodes_key(0x77), sizeof(add.key));
    s->attacker.records = true;
    assert_true(switches(s, CLIENT, true));
    configures(s, LAMP, &add);
    s->attacker.records = false;
    assert_true(lamp(s)->onoff_server.on);
    configures(s, LAMP, &del);
    assert_true(switches(s, CLIENT, false));
}

static void assert_undone(struct scene *s, unsigned switched)
{
    assert_false(lamp(s)->onoff_server.on);
    assert_int_equal(s->switched, switched);
    for (unsigned i = 0; i < lamp(s)->mesh.net.keys.appkey_count; i++) {
        const struct usher_appkey *a = &lamp(s)->mesh.net.keys.appkeys[i];

        assert_true(!a->used || a->index == 0);
    }
}

/* -- replay ------------------------------------------------------------------------------------ */

static void what_is_sent_again_does_nothing(void **state)
{
    struct scene *s = begin();
    uint32_t replays;

    (void)state;
    what_is_recorded(s);
    replays = lamp(s)->mesh.net.stats.replays;
    replay(s);
    assert_undone(s, 2);
    for (unsigned i = 0; i < USHER_NET_CACHE; i++) { /* the message cache forgets */
        assert_true(switches(s, CLIENT, false));
    }
    replay(s);
    assert_undone(s, 2);
    assert_true(lamp(s)->mesh.net.stats.replays > replays);
    assert_true(switches(s, CLIENT, true));
    end(s);
}

static void nor_after_a_restart(void **state)
{
    struct scene *s = begin();

    (void)state;
    what_is_recorded(s);
    nodes_stop(lamp(s));
    nodes_start(lamp(s));
    lamp(s)->onoff_server.changed = on_changed;
    assert_int_equal(usher_mesh_load(&lamp(s)->mesh), USHER_OK);
    replay(s);
    assert_undone(s, 2);
    assert_true(lamp(s)->mesh.net.stats.replays > 0);
    assert_true(switches(s, CLIENT, true));
    end(s);
}

/* In both states of each IV Index up to where it comes round to the same bit. */
static void nor_after_iv_updates(void **state)
{
    struct scene *s = begin();

    (void)state;
    for (unsigned n = 0; n < NODES; n++) {
        usher_iv_test_mode(&s->all->node[n].mesh, true);
    }
    what_is_recorded(s);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(usher_iv_update(&s->all->node[CLIENT].mesh), USHER_OK);
        nodes_run(s->all, 30000);
        replay(s);
        assert_int_equal(usher_mesh_iv(&lamp(s)->mesh, NULL), 1 + i / 2);
        assert_undone(s, 2);
        assert_true(switches(s, THIRD, false));
    }
    end(s);
}

/* -- IV Index ---------------------------------------------------------------------------------- */

static void tell_iv(struct scene *s, uint8_t key_octet, uint8_t flags, uint32_t index)
{
    struct usher_net_keys k;
    uint8_t pdu[SECBEACON_LEN];

    assert_int_equal(keys_derive(s->all->crypto, nodes_key(key_octet), &k), USHER_OK);
    assert_int_equal(secbeacon_build(s->all->crypto, &k, flags, index, pdu), USHER_OK);
    say_ad(s, SECBEACON_AD_TYPE, pdu, sizeof(pdu));
}

static void assert_iv(struct scene *s, uint32_t index, bool updating)
{
    for (unsigned n = 0; n < NODES; n++) {
        bool is_updating;

        assert_int_equal(usher_mesh_iv(&s->all->node[n].mesh, &is_updating), index);
        assert_int_equal(is_updating, updating);
    }
}

static void iv_indexes_of_outsiders_are_not_believed(void **state)
{
    struct scene *s = begin();

    (void)state;
    tell_iv(s, 0x99, SECBEACON_IV_UPDATE, 1);
    tell_iv(s, 0x99, 0, 40);
    assert_iv(s, 0, false);
    end(s);
}

/* One who has the NetKey can do it once in 192 hours, by the rule of recovery, and no further. */
static void iv_indexes_of_insiders_have_limits(void **state)
{
    struct scene *s = begin();

    (void)state;
    tell_iv(s, OLD_KEY, 0, 43);
    assert_iv(s, 0, false);
    tell_iv(s, OLD_KEY, 0, 42);
    nodes_run(s->all, 30000);
    assert_iv(s, 42, false);
    assert_true(switches(s, CLIENT, true));
    nodes_run(s->all, HOUR_MS);
    tell_iv(s, OLD_KEY, 0, 84);
    tell_iv(s, OLD_KEY, SECBEACON_IV_UPDATE, 43);
    tell_iv(s, OLD_KEY, 0, 41);
    tell_iv(s, OLD_KEY, SECBEACON_IV_UPDATE, 42);
    assert_iv(s, 42, false);
    assert_true(switches(s, CLIENT, false));
    end(s);
}

static void old_beacons_take_nothing_back(void **state)
{
    struct scene *s = begin();

    (void)state;
    for (unsigned n = 0; n < NODES; n++) {
        usher_iv_test_mode(&s->all->node[n].mesh, true);
    }
    s->attacker.records = true; /* beacons of 0, of 0 to 1, and of 1 */
    for (unsigned i = 0; i < 2; i++) {
        nodes_run(s->all, 30000);
        assert_int_equal(usher_iv_update(&s->all->node[CLIENT].mesh), USHER_OK);
    }
    nodes_run(s->all, 30000);
    assert_iv(s, 1, false);
    replay(s);
    assert_iv(s, 1, false);
    assert_true(switches(s, CLIENT, true));
    end(s);
}

/* -- Key Refresh ------------------------------------------------------------------------------- */

static void refresh(struct scene *s, uint8_t transition)
{
    struct usher_config_msg msg = { .opcode = USHER_CONFIG_KEY_REFRESH_SET, .state = transition };

    configures(s, LAMP, &msg);
    configures(s, CLIENT, &msg);
}

/* Client and lamp get new keys; the third node, which has been stolen, does not. */
static void leave_out_the_third(struct scene *s)
{
    struct usher_config_msg netkey = { .opcode = USHER_CONFIG_NETKEY_UPDATE },
                            appkey = { .opcode = USHER_CONFIG_APPKEY_UPDATE };

    memcpy(netkey.key, nodes_key(NEW_KEY), sizeof(netkey.key));
    memcpy(appkey.key, nodes_key(0x44), sizeof(appkey.key));
    configures(s, LAMP, &netkey);
    configures(s, CLIENT, &netkey);
    configures(s, LAMP, &appkey);
    configures(s, CLIENT, &appkey);
    assert_true(switches(s, THIRD, true)); /* not revoked yet */
    refresh(s, 2);
    nodes_run(s->all, 30000);
    refresh(s, 3);
    nodes_run(s->all, 30000);
}

static void who_is_left_out_of_a_key_refresh_is_out(void **state)
{
    struct scene *s = begin();
    struct node *third = &s->all->node[THIRD];
    uint32_t heard;

    (void)state;
    usher_iv_test_mode(&third->mesh, true);
    leave_out_the_third(s);
    heard = third->mesh.net.stats.rx;
    assert_false(switches(s, THIRD, false));
    assert_true(switches(s, CLIENT, true));
    assert_true(lamp(s)->onoff_server.on);
    assert_int_equal(third->mesh.net.stats.rx, heard); /* nothing of what the others say */
    assert_int_equal(third->mesh.net.keys.subnets[0].phase, 0);

    assert_int_equal(usher_iv_update(&third->mesh), USHER_OK);
    nodes_run(s->all, 60000);
    assert_int_equal(usher_mesh_iv(&lamp(s)->mesh, NULL), 0);
    tell_iv(s, OLD_KEY, SECBEACON_KEY_REFRESH, 0);
    assert_int_equal(lamp(s)->mesh.net.keys.subnets[0].phase, 0);
    end(s);
}

static void what_was_said_with_old_keys_is_over(void **state)
{
    struct scene *s = begin();

    (void)state;
    what_is_recorded(s);
    s->attacker.records = true; /* of phases 1 and 2, and their beacons, too */
    leave_out_the_third(s);
    s->attacker.records = false;
    assert_true(switches(s, CLIENT, false));
    replay(s);
    assert_undone(s, 4);
    assert_int_equal(lamp(s)->mesh.net.keys.subnets[0].phase, 0);
    assert_memory_equal(lamp(s)->mesh.net.keys.subnets[0].key[0].key, nodes_key(NEW_KEY),
                        USHER_KEY_SIZE);
    assert_true(switches(s, CLIENT, true));
    end(s);
}

/* -- tables ------------------------------------------------------------------------------------ */

/* With the NetKey, but no key of a message: short ones, and first segments. */
static void who_has_the_netkey_alone_fills_no_table(void **state)
{
    struct scene *s = begin();
    struct usher_net_keys k;
    struct net_pdu p = { .ttl = 3, .dst = nodes_address(LAMP), .len = NET_TRANSPORT_MAX };
    uint8_t pdu[NET_PDU_MAX];

    (void)state;
    assert_int_equal(keys_derive(s->all->crypto, nodes_key(OLD_KEY), &k), USHER_OK);
    for (uint16_t i = 0; i < 500; i++) {
        p.src = (uint16_t)(0x1000 + i);
        p.seq = i;
        memset(p.transport, i & 1 ? 0x80 : 0x40, sizeof(p.transport));
        p.transport[3] = 0x1F; /* segment 0 of 32 */
        say_ad(s, NET_AD_TYPE, pdu, net_seal(s->all->crypto, &k, NET_NONCE_NETWORK, &p, pdu));
    }
    assert_true(lamp(s)->mesh.net.stats.no_memory > 0);
    for (unsigned i = 0; i < lamp(s)->mesh.net.rpl.size; i++) {
        assert_true(lamp(s)->mesh.net.rpl.entries[i].src < 0x1000);
    }
    assert_true(switches(s, CLIENT, true));
    nodes_run(s->all, 30000); /* unfinished messages go */
    what_is_recorded(s);
    end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sent_again_does_nothing),
        cmocka_unit_test(nor_after_a_restart),
        cmocka_unit_test(nor_after_iv_updates),
        cmocka_unit_test(iv_indexes_of_outsiders_are_not_believed),
        cmocka_unit_test(iv_indexes_of_insiders_have_limits),
        cmocka_unit_test(old_beacons_take_nothing_back),
        cmocka_unit_test(who_is_left_out_of_a_key_refresh_is_out),
        cmocka_unit_test(what_was_said_with_old_keys_is_over),
        cmocka_unit_test(who_has_the_netkey_alone_fills_no_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
