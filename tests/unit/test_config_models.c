/*
 * The Configuration Server's answers about models (src/model/config_server_models.c): bindings,
 * publication, subscription, and that they have effect. Over the air, from one node to another.
 */
#include "config_rig.h"

#define GROUP 0xC001u
#define PUBLISHED .app_index = 0, .ttl = 5, .period = 0x41, .retransmit = 0x0A

static const uint8_t label[] = { 0xF4, 0xA0, 0x02, 0xC7, 0xFB, 0x1E, 0x4C, 0xA0,
                                 0xA4, 0x69, 0xA0, 0x21, 0xDE, 0x0D, 0xB8, 0x75 };
#define LABEL_ADDRESS 0x9736u
#define LABEL                                                                                      \
    .label = { 0xF4, 0xA0, 0x02, 0xC7, 0xFB, 0x1E, 0x4C, 0xA0,                                     \
               0xA4, 0x69, 0xA0, 0x21, 0xDE, 0x0D, 0xB8, 0x75 }

static int setup(void **state)
{
    config_setup(state);
    nodes_bind_all(*state);
    return 0;
}

#define BOUND_TEST(test) cmocka_unit_test_setup_teardown(test, setup, config_teardown)

static void add_appkey(struct nodes *all, uint16_t app_index)
{
    assert_int_equal(
        config_key_status(all, USHER_CONFIG_APPKEY_ADD, 0, app_index, (uint8_t)(0x60 + app_index)),
        USHER_STATUS_SUCCESS);
}

/* -- bindings ---------------------------------------------------------------------------------- */

static void a_model_is_bound_and_unbound(void **state)
{
    struct nodes *all = *state;
    const struct usher_config_msg *a;

    add_appkey(all, 3);
    a = ASK(all, MODEL_APP_BIND, .element = SECOND, .app_index = 3, VENDOR);
    assert_int_equal(a->status, USHER_STATUS_SUCCESS);
    assert_int_equal(a->element, SECOND);
    assert_int_equal(a->app_index, 3);
    assert_int_equal(a->company, NODES_COMPANY);
    assert_int_equal(a->model, NODES_VENDOR_MODEL);
    assert_int_equal(STATUS(all, MODEL_APP_BIND, .element = SECOND, .app_index = 3, VENDOR),
                     USHER_STATUS_SUCCESS);
    a = ASK(all, VENDOR_APP_GET, .element = SECOND, VENDOR);
    assert_int_equal(a->status, USHER_STATUS_SUCCESS);
    assert_int_equal(a->list_count, 1);
    assert_int_equal(a->list[0], 3);
    for (unsigned again = 0; again < 2; again++) {
        assert_int_equal(STATUS(all, MODEL_APP_UNBIND, .element = SECOND, .app_index = 3, VENDOR),
                         USHER_STATUS_SUCCESS);
    }
    assert_int_equal(ASK(all, VENDOR_APP_GET, .element = SECOND, VENDOR)->list_count, 0);
}

static void a_model_has_so_many_bindings(void **state)
{
    struct nodes *all = *state;

    for (uint16_t i = 0; i < USHER_BINDINGS; i++) {
        add_appkey(all, i);
        assert_int_equal(STATUS(all, MODEL_APP_BIND, .element = NODE, .app_index = i, ONOFF),
                         USHER_STATUS_SUCCESS);
    }
    add_appkey(all, USHER_BINDINGS);
    assert_int_equal(
        STATUS(all, MODEL_APP_BIND, .element = NODE, .app_index = USHER_BINDINGS, ONOFF),
        USHER_STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(ASK(all, SIG_APP_GET, .element = NODE, ONOFF)->list_count, USHER_BINDINGS);
}

static void a_binding_has_its_errors(void **state)
{
    struct nodes *all = *state;

    for (unsigned unbind = 0; unbind < 2; unbind++) {
        struct usher_config_msg q = { .opcode = unbind ? USHER_CONFIG_MODEL_APP_UNBIND
                                                       : USHER_CONFIG_MODEL_APP_BIND,
                                      .element = NO_ELEMENT,
                                      .app_index = 9,
                                      NO_MODEL };

        assert_int_equal(config_ask(all, 0, &q)->status, USHER_STATUS_INVALID_ADDRESS);
        q.element = NODE;
        assert_int_equal(config_ask(all, 0, &q)->status, USHER_STATUS_INVALID_MODEL);
        q.model = USHER_MODEL_ONOFF_SERVER;
        assert_int_equal(config_ask(all, 0, &q)->status, USHER_STATUS_INVALID_APPKEY);
    }
    add_appkey(all, 3);
    assert_int_equal(STATUS(all, MODEL_APP_BIND, .element = NODE, .app_index = 3, CONFIG),
                     USHER_STATUS_CANNOT_BIND);
    assert_int_equal(STATUS(all, MODEL_APP_BIND, .element = NODE, .app_index = 3,
                            .company = USHER_SIG, .model = USHER_MODEL_CONFIG_CLIENT),
                     USHER_STATUS_CANNOT_BIND);
    assert_int_equal(STATUS(all, SIG_APP_GET, .element = NO_ELEMENT, ONOFF),
                     USHER_STATUS_INVALID_ADDRESS);
    assert_int_equal(STATUS(all, VENDOR_APP_GET, .element = NODE, VENDOR),
                     USHER_STATUS_INVALID_MODEL);
}

/* -- publication ------------------------------------------------------------------------------- */

static void assert_published(const struct usher_config_msg *a, uint16_t address)
{
    assert_int_equal(a->status, USHER_STATUS_SUCCESS);
    assert_int_equal(a->address, address);
    assert_int_equal(a->app_index, 0);
    assert_int_equal(a->credentials, 0);
    assert_int_equal(a->ttl, 5);
    assert_int_equal(a->period, 0x41);
    assert_int_equal(a->retransmit, 0x0A);
}

static void assert_unpublished(const struct usher_config_msg *a, uint8_t status)
{
    assert_int_equal(a->status, status);
    assert_int_equal(a->address, 0);
    assert_int_equal(a->app_index, 0);
    assert_int_equal(a->credentials, 0);
    assert_int_equal(a->ttl, 0);
    assert_int_equal(a->period, 0);
    assert_int_equal(a->retransmit, 0);
}

static void a_publication_is_set_and_told(void **state)
{
    static const uint16_t addresses[] = { 0x0001, 0x7FFF, GROUP, USHER_ADDR_ALL_NODES };
    struct nodes *all = *state;

    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        assert_published(
            ASK(all, PUBLICATION_SET, .element = NODE, .address = addresses[i], PUBLISHED, ONOFF),
            addresses[i]);
        assert_published(ASK(all, PUBLICATION_GET, .element = NODE, ONOFF), addresses[i]);
    }
    assert_unpublished(ASK(all, PUBLICATION_GET, .element = SECOND, ONOFF), USHER_STATUS_SUCCESS);
}

static void a_publication_can_be_to_a_label(void **state)
{
    struct nodes *all = *state;

    assert_published(ASK(all, PUBLICATION_VIRTUAL_SET, .element = SECOND, LABEL, PUBLISHED, VENDOR),
                     LABEL_ADDRESS);
    assert_published(ASK(all, PUBLICATION_GET, .element = SECOND, VENDOR), LABEL_ADDRESS);
    assert_memory_equal(all->node[1].vendor.publication.label, label, sizeof(label));
    IGNORED(all, PUBLICATION_SET, (uint8_t)NODE, 0, 0x36, 0x97, 0, 0, 5, 0, 0, 0x00, 0x10);
}

/* Whatever else such a message says is told as 0. */
static void address_0_ends_a_publication(void **state)
{
    struct nodes *all = *state;

    ASK(all, PUBLICATION_SET, .element = NODE, .address = GROUP, PUBLISHED, ONOFF);
    assert_unpublished(ASK(all, PUBLICATION_SET, .element = NODE, .address = 0, .app_index = 9,
                           .credentials = 1, .ttl = 5, .period = 1, .retransmit = 1, ONOFF),
                       USHER_STATUS_SUCCESS);
    assert_unpublished(ASK(all, PUBLICATION_GET, .element = NODE, ONOFF), USHER_STATUS_SUCCESS);
}

static void a_publication_has_its_errors(void **state)
{
    struct nodes *all = *state;
    struct usher_config_msg q = { .opcode = USHER_CONFIG_PUBLICATION_SET,
                                  .element = NO_ELEMENT,
                                  .address = GROUP,
                                  PUBLISHED,
                                  NO_MODEL };

    ASK(all, PUBLICATION_SET, .element = NODE, .address = 0x0001, PUBLISHED, ONOFF);
    assert_unpublished(config_ask(all, 0, &q), USHER_STATUS_INVALID_ADDRESS);
    q.element = NODE;
    assert_unpublished(config_ask(all, 0, &q), USHER_STATUS_INVALID_MODEL);
    q.model = USHER_MODEL_CONFIG_SERVER;
    assert_unpublished(config_ask(all, 0, &q), USHER_STATUS_INVALID_PUBLISH);
    q.model = USHER_MODEL_ONOFF_SERVER;
    q.app_index = 1; /* is not there */
    q.credentials = 1;
    assert_unpublished(config_ask(all, 0, &q), USHER_STATUS_INVALID_APPKEY);
    add_appkey(all, 1); /* is not bound */
    assert_unpublished(config_ask(all, 0, &q), USHER_STATUS_INVALID_APPKEY);
    q.app_index = 0;
    assert_unpublished(config_ask(all, 0, &q), USHER_STATUS_FEATURE_UNSUPPORTED);
    assert_published(ASK(all, PUBLICATION_GET, .element = NODE, ONOFF), 0x0001);
    assert_unpublished(ASK(all, PUBLICATION_GET, .element = NO_ELEMENT, ONOFF),
                       USHER_STATUS_INVALID_ADDRESS);
    assert_unpublished(ASK(all, PUBLICATION_GET, .element = NODE, CONFIG),
                       USHER_STATUS_INVALID_PUBLISH);
    assert_unpublished(ASK(all, PUBLICATION_VIRTUAL_SET, .element = NODE, LABEL, PUBLISHED, CONFIG),
                       USHER_STATUS_INVALID_PUBLISH);
}

static void unbinding_ends_the_publication_with_that_key(void **state)
{
    struct nodes *all = *state;

    add_appkey(all, 1);
    ASK(all, MODEL_APP_BIND, .element = NODE, .app_index = 1, ONOFF);
    ASK(all, PUBLICATION_SET, .element = NODE, .address = GROUP, PUBLISHED, ONOFF);
    ASK(all, MODEL_APP_UNBIND, .element = NODE, .app_index = 1, ONOFF);
    assert_published(ASK(all, PUBLICATION_GET, .element = NODE, ONOFF), GROUP);
    ASK(all, MODEL_APP_UNBIND, .element = NODE, .app_index = 0, ONOFF);
    assert_unpublished(ASK(all, PUBLICATION_GET, .element = NODE, ONOFF), USHER_STATUS_SUCCESS);
    assert_int_equal(all->node[1].onoff_server.model.publish_at, 0);
}

static unsigned statuses;

static void on_status(struct usher_onoff_client *c, uint16_t src,
                      const struct usher_onoff_status *status)
{
    (void)c;
    (void)status;
    statuses += src == NODE;
}

/* The lamp tells of itself every second, until its publication is ended. */
static void what_is_published_arrives(void **state)
{
    struct nodes *all = *state;

    all->node[0].onoff_client.status = on_status;
    usher_model_subscribe(&all->node[0].onoff_client.model, GROUP);
    ASK(all, PUBLICATION_SET, .element = NODE, .address = GROUP, PUBLISHED, ONOFF);
    statuses = 0;
    nodes_run(all, 10000);
    assert_in_range(statuses, 9, 33); /* with two retransmissions, which are messages too */
    ASK(all, PUBLICATION_SET, .element = NODE, .address = 0, ONOFF);
    nodes_run(all, 1000);
    statuses = 0;
    nodes_run(all, 5000);
    assert_int_equal(statuses, 0);
}

/* -- subscription ------------------------------------------------------------------------------ */

static void subscriptions_come_and_go(void **state)
{
    struct nodes *all = *state;
    const struct usher_config_msg *a;

    for (unsigned again = 0; again < 2; again++) {
        a = ASK(all, SUBSCRIPTION_ADD, .element = NODE, .address = GROUP, ONOFF);
        assert_int_equal(a->status, USHER_STATUS_SUCCESS);
        assert_int_equal(a->element, NODE);
        assert_int_equal(a->address, GROUP);
        assert_int_equal(a->model, USHER_MODEL_ONOFF_SERVER);
    }
    ASK(all, SUBSCRIPTION_ADD, .element = NODE, .address = USHER_ADDR_ALL_RELAYS, ONOFF);
    a = ASK(all, SIG_SUBSCRIPTION_GET, .element = NODE, ONOFF);
    assert_int_equal(a->status, USHER_STATUS_SUCCESS);
    assert_int_equal(a->list_count, 2);
    assert_int_equal(a->list[0], GROUP);
    assert_int_equal(a->list[1], USHER_ADDR_ALL_RELAYS);

    for (unsigned again = 0; again < 2; again++) {
        assert_int_equal(STATUS(all, SUBSCRIPTION_DELETE, .element = NODE, .address = GROUP, ONOFF),
                         USHER_STATUS_SUCCESS);
    }
    a = ASK(all, SIG_SUBSCRIPTION_GET, .element = NODE, ONOFF);
    assert_int_equal(a->list_count, 1);
    assert_int_equal(a->list[0], USHER_ADDR_ALL_RELAYS);
    a = ASK(all, SUBSCRIPTION_OVERWRITE, .element = NODE, .address = GROUP, ONOFF);
    assert_int_equal(a->status, USHER_STATUS_SUCCESS);
    assert_int_equal(a->address, GROUP);
    a = ASK(all, SIG_SUBSCRIPTION_GET, .element = NODE, ONOFF);
    assert_int_equal(a->list_count, 1);
    assert_int_equal(a->list[0], GROUP);
    a = ASK(all, SUBSCRIPTION_DELETE_ALL, .element = NODE, ONOFF);
    assert_int_equal(a->status, USHER_STATUS_SUCCESS);
    assert_int_equal(a->address, 0);
    assert_int_equal(ASK(all, SIG_SUBSCRIPTION_GET, .element = NODE, ONOFF)->list_count, 0);
}

static void a_model_has_so_many_subscriptions(void **state)
{
    struct nodes *all = *state;

    for (uint16_t i = 0; i < USHER_SUBSCRIPTIONS; i++) {
        assert_int_equal(
            STATUS(all, SUBSCRIPTION_ADD, .element = SECOND, .address = 0xC000 + i, VENDOR),
            USHER_STATUS_SUCCESS);
    }
    assert_int_equal(STATUS(all, SUBSCRIPTION_ADD, .element = SECOND, .address = 0xD000, VENDOR),
                     USHER_STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(STATUS(all, SUBSCRIPTION_ADD, .element = SECOND, .address = 0xC000, VENDOR),
                     USHER_STATUS_SUCCESS);
    assert_int_equal(ASK(all, VENDOR_SUBSCRIPTION_GET, .element = SECOND, VENDOR)->list_count,
                     USHER_SUBSCRIPTIONS);
    assert_int_equal(
        STATUS(all, SUBSCRIPTION_OVERWRITE, .element = SECOND, .address = 0xD000, VENDOR),
        USHER_STATUS_SUCCESS);
}

static void subscriptions_can_be_to_labels(void **state)
{
    struct nodes *all = *state;
    const struct usher_model *model = &all->node[1].onoff_server.model;
    const struct usher_config_msg *a =
        ASK(all, SUBSCRIPTION_VIRTUAL_ADD, .element = NODE, LABEL, ONOFF);

    assert_int_equal(a->status, USHER_STATUS_SUCCESS);
    assert_int_equal(a->address, LABEL_ADDRESS);
    assert_memory_equal(model->subscriptions[0].label, label, sizeof(label));
    assert_int_equal(STATUS(all, SUBSCRIPTION_VIRTUAL_ADD, .element = NODE, .label = { 1 }, ONOFF),
                     USHER_STATUS_SUCCESS);
    assert_int_equal(ASK(all, SIG_SUBSCRIPTION_GET, .element = NODE, ONOFF)->list_count, 2);
    assert_int_equal(ASK(all, SUBSCRIPTION_VIRTUAL_DELETE, .element = NODE, LABEL, ONOFF)->address,
                     LABEL_ADDRESS);
    a = ASK(all, SIG_SUBSCRIPTION_GET, .element = NODE, ONOFF);
    assert_int_equal(a->list_count, 1);
    assert_int_not_equal(a->list[0], LABEL_ADDRESS);
    a = ASK(all, SUBSCRIPTION_VIRTUAL_OVERWRITE, .element = NODE, LABEL, ONOFF);
    assert_int_equal(a->address, LABEL_ADDRESS);
    a = ASK(all, SIG_SUBSCRIPTION_GET, .element = NODE, ONOFF);
    assert_int_equal(a->list_count, 1);
    assert_int_equal(a->list[0], LABEL_ADDRESS);
}

/* Labels of the same address are two subscriptions. */
static void it_is_the_label_that_counts(void **state)
{
    static const uint8_t other[USHER_LABEL_SIZE] = { 1 };
    struct nodes *all = *state;
    struct usher_model *model = &all->node[1].onoff_server.model;

    assert_int_equal(manage_subscribe(model, LABEL_ADDRESS, label), USHER_STATUS_SUCCESS);
    assert_int_equal(manage_subscribe(model, LABEL_ADDRESS, other), USHER_STATUS_SUCCESS);
    assert_int_equal(ASK(all, SIG_SUBSCRIPTION_GET, .element = NODE, ONOFF)->list_count, 2);
    manage_unsubscribe(model, LABEL_ADDRESS, label);
    assert_int_equal(model->subscriptions[0].address, 0);
    assert_memory_equal(model->subscriptions[1].label, other, sizeof(other));
}

static void a_subscription_has_its_errors(void **state)
{
    static const uint32_t opcodes[] = {
        USHER_CONFIG_SUBSCRIPTION_ADD,
        USHER_CONFIG_SUBSCRIPTION_DELETE,
        USHER_CONFIG_SUBSCRIPTION_OVERWRITE,
        USHER_CONFIG_SUBSCRIPTION_DELETE_ALL,
        USHER_CONFIG_SUBSCRIPTION_VIRTUAL_ADD,
        USHER_CONFIG_SUBSCRIPTION_VIRTUAL_DELETE,
        USHER_CONFIG_SUBSCRIPTION_VIRTUAL_OVERWRITE,
        USHER_CONFIG_SIG_SUBSCRIPTION_GET,
    };
    struct nodes *all = *state;

    for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
        struct usher_config_msg q = {
            .opcode = opcodes[i], .element = NO_ELEMENT, .address = GROUP, NO_MODEL
        };

        assert_int_equal(config_ask(all, 0, &q)->status, USHER_STATUS_INVALID_ADDRESS);
        q.element = NODE;
        assert_int_equal(config_ask(all, 0, &q)->status, USHER_STATUS_INVALID_MODEL);
        q.model = USHER_MODEL_CONFIG_SERVER;
        assert_int_equal(config_ask(all, 0, &q)->status, USHER_STATUS_NOT_SUBSCRIBE);
    }
    assert_int_equal(STATUS(all, VENDOR_SUBSCRIPTION_GET, .element = NODE, VENDOR),
                     USHER_STATUS_INVALID_MODEL);
    IGNORED(all, SUBSCRIPTION_ADD, (uint8_t)NODE, 0, 0xFF, 0xFF, 0x00, 0x10); /* all nodes */
    IGNORED(all, SUBSCRIPTION_ADD, (uint8_t)NODE, 0, 0x36, 0x97, 0x00, 0x10); /* virtual */
    IGNORED(all, SUBSCRIPTION_ADD, (uint8_t)NODE, 0, 0x02, 0x00, 0x00, 0x10); /* unicast */
    IGNORED(all, SUBSCRIPTION_DELETE, (uint8_t)NODE, 0, 0x00, 0x00, 0x00, 0x10);
    assert_int_equal(ASK(all, SIG_SUBSCRIPTION_GET, .element = NODE, ONOFF)->list_count, 0);
}

static void switch_lamps(struct nodes *all, uint16_t dst, const uint8_t *of, bool on)
{
    const struct usher_target target = { .dst = dst, .label = of, .key = 0, .ttl = 5 };
    struct usher_onoff_client *c = &all->node[0].onoff_client;

    assert_int_equal(usher_onoff_set_unack(c, &target, on, usher_onoff_tid(c), 0, 0), USHER_OK);
    nodes_run(all, 1000);
}

static void a_lamp_listens_to_its_subscriptions(void **state)
{
    struct nodes *all = *state;
    struct node *node = &all->node[1];

    switch_lamps(all, GROUP, NULL, true);
    assert_false(node->onoff_server.on);
    ASK(all, SUBSCRIPTION_ADD, .element = SECOND, .address = GROUP, ONOFF);
    switch_lamps(all, GROUP, NULL, true);
    assert_true(node->second_onoff.on);
    assert_false(node->onoff_server.on);
    ASK(all, SUBSCRIPTION_VIRTUAL_OVERWRITE, .element = SECOND, LABEL, ONOFF);
    switch_lamps(all, GROUP, NULL, false);
    assert_true(node->second_onoff.on);
    switch_lamps(all, LABEL_ADDRESS, label, false);
    assert_false(node->second_onoff.on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(a_model_is_bound_and_unbound),
        CONFIG_TEST(a_model_has_so_many_bindings),
        CONFIG_TEST(a_binding_has_its_errors),
        BOUND_TEST(a_publication_is_set_and_told),
        BOUND_TEST(a_publication_can_be_to_a_label),
        BOUND_TEST(address_0_ends_a_publication),
        BOUND_TEST(a_publication_has_its_errors),
        BOUND_TEST(unbinding_ends_the_publication_with_that_key),
        BOUND_TEST(what_is_published_arrives),
        CONFIG_TEST(subscriptions_come_and_go),
        CONFIG_TEST(a_model_has_so_many_subscriptions),
        CONFIG_TEST(subscriptions_can_be_to_labels),
        CONFIG_TEST(it_is_the_label_that_counts),
        CONFIG_TEST(a_subscription_has_its_errors),
        BOUND_TEST(a_lamp_listens_to_its_subscriptions),
    };

    return cmocka_run_group_tests_name("config models", tests, NULL, NULL);
}
