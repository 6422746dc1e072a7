/*
 * The Configuration Server's answers about heartbeats (src/model/config_server_heartbeat.c), and
 * that they are sent and counted as configured. Over the air, from one node to another.
 */
#include "config_rig.h"

#define ASKER nodes_address(0)
#define GROUP 0xC00Au
#define MAX_LOG 0x11u

static struct usher_heartbeat *heartbeat(struct nodes *all)
{
    return &all->node[1].mesh.net.heartbeat;
}

/* -- publication ------------------------------------------------------------------------------- */

static void a_publication_is_set_and_told(void **state)
{
    struct nodes *all = *state;
    const struct usher_config_msg *a;

    a = ASK(all, HEARTBEAT_PUB_SET, .address = GROUP, .count_log = 0xFF, .period_log = 9, .ttl = 4,
            .features = USHER_FEATURE_RELAY | USHER_FEATURE_PROXY, .net_index = 0);
    for (unsigned again = 0; again < 2; again++) {
        assert_int_equal(a->status, USHER_STATUS_SUCCESS);
        assert_int_equal(a->address, GROUP);
        assert_int_equal(a->count_log, 0xFF);
        assert_int_equal(a->period_log, 9);
        assert_int_equal(a->ttl, 4);
        assert_int_equal(a->features, USHER_FEATURE_RELAY | USHER_FEATURE_PROXY);
        assert_int_equal(a->net_index, 0);
        a = ASK(all, HEARTBEAT_PUB_GET);
    }
}

static void assert_no_publication(const struct usher_config_msg *a)
{
    assert_int_equal(a->status, USHER_STATUS_SUCCESS);
    assert_int_equal(a->address, 0);
    assert_int_equal(a->count_log, 0);
    assert_int_equal(a->period_log, 0);
    assert_int_equal(a->ttl, 0);
    assert_int_equal(a->features, 0);
    assert_int_equal(a->net_index, 0);
}

static void address_0_ends_the_publication(void **state)
{
    struct nodes *all = *state;

    assert_no_publication(ASK(all, HEARTBEAT_PUB_GET));
    ASK(all, HEARTBEAT_PUB_SET, .address = GROUP, .count_log = 0xFF, .period_log = 1, .ttl = 4);
    assert_no_publication(ASK(all, HEARTBEAT_PUB_SET, .address = 0, .count_log = 0xFF,
                              .period_log = 1, .ttl = 4, .features = 1, .net_index = 5));
    assert_no_publication(ASK(all, HEARTBEAT_PUB_GET));
}

static void a_publication_needs_a_subnet(void **state)
{
    struct nodes *all = *state;
    const struct usher_config_msg *a = ASK(all, HEARTBEAT_PUB_SET, .address = GROUP, .count_log = 3,
                                           .period_log = 1, .net_index = 5);

    assert_int_equal(a->status, USHER_STATUS_INVALID_NETKEY);
    assert_int_equal(a->net_index, 5);
    assert_no_publication(ASK(all, HEARTBEAT_PUB_GET));
}

/* Nothing is sent with a period of 0, so the counts are told as they were set. */
static void a_count_is_a_power_of_two(void **state)
{
    struct nodes *all = *state;

    for (unsigned log = 0; log <= MAX_LOG; log++) {
        const struct usher_config_msg *a =
            ASK(all, HEARTBEAT_PUB_SET, .address = GROUP, .count_log = (uint8_t)log);

        assert_int_equal(a->count_log, log);
        assert_int_equal(heartbeat(all)->pub_count, log == 0         ? 0
                                                    : log == MAX_LOG ? 0xFFFE
                                                                     : 1u << (log - 1));
    }
    ASK(all, HEARTBEAT_PUB_SET, .address = GROUP, .count_log = 0xFF);
    assert_int_equal(heartbeat(all)->pub_count, 0xFFFF);
    IGNORED(all, HEARTBEAT_PUB_SET, 0x0A, 0xC0, 0x12, 1, 5, 0, 0, 0, 0);
    IGNORED(all, HEARTBEAT_PUB_SET, 0x0A, 0xC0, 1, 0x12, 5, 0, 0, 0, 0);
    IGNORED(all, HEARTBEAT_PUB_SET, 0x01, 0x80, 1, 1, 5, 0, 0, 0, 0); /* virtual */
}

/* What is left is told as the next power of two: 0x579 of them as 2^11. */
static void a_count_left_is_rounded_up(void **state)
{
    static const struct {
        uint16_t count;
        uint8_t log;
    } rows[] = { { 1, 1 },         { 2, 2 },        { 3, 3 },         { 4, 3 },
                 { 5, 4 },         { 0x579, 0x0C }, { 0x8000, 0x10 }, { 0x8001, 0x11 },
                 { 0xFFFE, 0x11 }, { 0xFFFF, 0xFF } };
    struct nodes *all = *state;

    ASK(all, HEARTBEAT_PUB_SET, .address = GROUP, .count_log = 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        heartbeat(all)->pub_count = rows[i].count;
        assert_int_equal(ASK(all, HEARTBEAT_PUB_GET)->count_log, rows[i].log);
    }
}

static void heartbeats_are_sent_and_counted(void **state)
{
    struct nodes *all = *state;
    const struct usher_config_msg *a;
    struct usher_config_msg answer;
    struct usher_config_msg subscribe = {
        .opcode = USHER_CONFIG_HEARTBEAT_SUB_SET, .source = NODE, .address = GROUP, .period_log = 8
    };

    /* node 0 is configured to count by node 1 */
    assert_int_equal(nodes_config_ask(all, 1, 0, &subscribe, &answer), USHER_OK);
    assert_int_equal(answer.status, USHER_STATUS_SUCCESS);
    ASK(all, HEARTBEAT_PUB_SET, .address = GROUP, .count_log = 3, .period_log = 2, .ttl = 5);
    nodes_run(all, 20000);
    assert_int_equal(all->node[0].events[USHER_MESH_EVT_HEARTBEAT], 4);
    a = ASK(all, HEARTBEAT_PUB_GET);
    assert_int_equal(a->address, GROUP); /* it stays set, with none left */
    assert_int_equal(a->count_log, 0);
    subscribe.opcode = USHER_CONFIG_HEARTBEAT_SUB_GET;
    assert_int_equal(nodes_config_ask(all, 1, 0, &subscribe, &answer), USHER_OK);
    assert_int_equal(answer.source, NODE);
    assert_int_equal(answer.address, GROUP);
    assert_int_equal(answer.count_log, 3);
    assert_int_equal(answer.min_hops, 1);
    assert_int_equal(answer.max_hops, 1);
}

/* One every 65,536 s, and then set anew: the first is always sent at once. */
static void a_publication_set_anew_begins_anew(void **state)
{
    struct nodes *all = *state;
    struct usher_config_msg answer;
    const struct usher_config_msg subscribe = {
        .opcode = USHER_CONFIG_HEARTBEAT_SUB_SET, .source = NODE, .address = ASKER, .period_log = 8
    };

    assert_int_equal(nodes_config_ask(all, 1, 0, &subscribe, &answer), USHER_OK);
    for (unsigned n = 1; n <= 2; n++) {
        ASK(all, HEARTBEAT_PUB_SET, .address = ASKER, .count_log = 0xFF, .period_log = MAX_LOG,
            .ttl = 5);
        nodes_run(all, 3000);
        assert_int_equal(all->node[0].events[USHER_MESH_EVT_HEARTBEAT], n);
    }
}

/* A feature that the publication wants to tell of. */
static void switching_the_relay_sends_a_heartbeat(void **state)
{
    struct nodes *all = *state;
    struct usher_config_msg answer;
    const struct usher_config_msg subscribe = {
        .opcode = USHER_CONFIG_HEARTBEAT_SUB_SET, .source = NODE, .address = ASKER, .period_log = 8
    };
    unsigned *told = &all->node[0].events[USHER_MESH_EVT_HEARTBEAT];

    assert_int_equal(nodes_config_ask(all, 1, 0, &subscribe, &answer), USHER_OK);
    ASK(all, HEARTBEAT_PUB_SET, .address = ASKER, .ttl = 5, .features = USHER_FEATURE_RELAY);
    nodes_run(all, 1000);
    assert_int_equal(*told, 0);
    ASK(all, RELAY_SET, .state = 1);
    nodes_run(all, 1000);
    assert_int_equal(*told, 1);
    assert_int_equal(all->node[0].last.params.heartbeat.features, USHER_FEATURE_RELAY);
    ASK(all, RELAY_SET, .state = 1, .transmit = 1); /* not switched */
    nodes_run(all, 1000);
    assert_int_equal(*told, 1);
}

/* -- subscription ------------------------------------------------------------------------------ */

static void a_subscription_counts_down(void **state)
{
    struct nodes *all = *state;
    const struct usher_config_msg *a =
        ASK(all, HEARTBEAT_SUB_SET, .source = ASKER, .address = GROUP, .period_log = 5);

    assert_int_equal(a->status, USHER_STATUS_SUCCESS);
    assert_int_equal(a->source, ASKER);
    assert_int_equal(a->address, GROUP);
    assert_int_equal(a->period_log, 5);
    assert_int_equal(a->count_log, 0);
    assert_int_equal(a->min_hops, 0x7F);
    assert_int_equal(a->max_hops, 0);
    nodes_run(all, 7000); /* about 9 s are left, and then about 7 s */
    assert_int_equal(ASK(all, HEARTBEAT_SUB_GET)->period_log, 5);
    nodes_run(all, 2000);
    assert_int_equal(ASK(all, HEARTBEAT_SUB_GET)->period_log, 4);
    nodes_run(all, 8000);
    a = ASK(all, HEARTBEAT_SUB_GET);
    assert_int_equal(a->period_log, 0);
    assert_int_equal(a->source, ASKER); /* over, not forgotten */
    a = ASK(all, HEARTBEAT_SUB_SET, .source = ASKER, .address = NODE, .period_log = MAX_LOG);
    assert_int_equal(a->period_log, MAX_LOG);
    assert_int_equal(a->address, NODE);
}

/* What was counted is told as the power of two below: 0x579A as 2^14. */
static void a_count_received_is_rounded_down(void **state)
{
    static const struct {
        uint16_t count;
        uint8_t log;
    } rows[] = { { 0, 0 },         { 1, 1 },         { 2, 2 },         { 3, 2 },        { 4, 3 },
                 { 0x579A, 0x0F }, { 0x8000, 0x10 }, { 0xFFFE, 0x10 }, { 0xFFFF, 0xFF } };
    struct nodes *all = *state;

    ASK(all, HEARTBEAT_SUB_SET, .source = ASKER, .address = GROUP, .period_log = 9);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        heartbeat(all)->sub_count = rows[i].count;
        assert_int_equal(ASK(all, HEARTBEAT_SUB_GET)->count_log, rows[i].log);
    }
}

static void counted(struct nodes *all)
{
    ASK(all, HEARTBEAT_SUB_SET, .source = ASKER, .address = GROUP, .period_log = 9);
    heartbeat(all)->sub_count = 5;
    heartbeat(all)->min_hops = 1;
    heartbeat(all)->max_hops = 3;
}

static void assert_ended(const struct usher_config_msg *a, uint8_t count_log, uint8_t max_hops)
{
    assert_int_equal(a->status, USHER_STATUS_SUCCESS);
    assert_int_equal(a->source, 0);
    assert_int_equal(a->address, 0);
    assert_int_equal(a->period_log, 0);
    assert_int_equal(a->count_log, count_log);
    assert_int_equal(a->max_hops, max_hops);
}

/* Without an address everything is forgotten; without a period the count can still be read. */
static void a_subscription_is_ended(void **state)
{
    struct nodes *all = *state;

    counted(all);
    assert_ended(ASK(all, HEARTBEAT_SUB_SET, .source = 0, .address = GROUP, .period_log = 9), 0, 0);
    counted(all);
    assert_ended(ASK(all, HEARTBEAT_SUB_SET, .source = ASKER, .address = 0, .period_log = 9), 0, 0);
    counted(all);
    assert_ended(ASK(all, HEARTBEAT_SUB_SET, .source = ASKER, .address = GROUP, .period_log = 0), 3,
                 3);
    assert_ended(ASK(all, HEARTBEAT_SUB_GET), 3, 3);
}

static void prohibited_subscriptions_are_ignored(void **state)
{
    struct nodes *all = *state;

    IGNORED(all, HEARTBEAT_SUB_SET, 1, 0, (uint8_t)SECOND, 0, 5); /* not the primary element */
    IGNORED(all, HEARTBEAT_SUB_SET, 1, 0, 0x01, 0x80, 5);         /* virtual */
    IGNORED(all, HEARTBEAT_SUB_SET, 1, 0xC0, 0x0A, 0xC0, 5);      /* a group as the source */
    IGNORED(all, HEARTBEAT_SUB_SET, 1, 0, 0x0A, 0xC0, 0x12);
    assert_int_equal(ASK(all, HEARTBEAT_SUB_GET)->source, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(a_publication_is_set_and_told),
        CONFIG_TEST(address_0_ends_the_publication),
        CONFIG_TEST(a_publication_needs_a_subnet),
        CONFIG_TEST(a_count_is_a_power_of_two),
        CONFIG_TEST(a_count_left_is_rounded_up),
        CONFIG_TEST(heartbeats_are_sent_and_counted),
        CONFIG_TEST(a_publication_set_anew_begins_anew),
        CONFIG_TEST_RELAYS(switching_the_relay_sends_a_heartbeat),
        CONFIG_TEST(a_subscription_counts_down),
        CONFIG_TEST(a_count_received_is_rounded_down),
        CONFIG_TEST(a_subscription_is_ended),
        CONFIG_TEST(prohibited_subscriptions_are_ignored),
    };

    return cmocka_run_group_tests_name("config heartbeat", tests, NULL, NULL);
}
