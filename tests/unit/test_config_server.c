/*
 * The Configuration Server's answers about the node as a whole (src/model/config_server.c,
 * composition.c): composition, states, Node Reset, and what it ignores. Over the air, from one node
 * to another.
 */
#include "config_rig.h"
#include "flash.h"

static struct node *node_of(struct nodes *all)
{
    return &all->node[1];
}

/* -- composition ------------------------------------------------------------------------------- */

static const struct usher_composition *composition_of(struct nodes *all)
{
    return node_of(all)->mesh.config.composition;
}

static unsigned count(const struct usher_element *e, bool sig)
{
    unsigned n = 0;

    for (unsigned i = 0; i < e->model_count; i++) {
        n += (e->models[i]->company == USHER_SIG) == sig;
    }
    return n;
}

/* The models are there, by their index: SIG models first. */
static void assert_element(const struct usher_page0_element *element, const struct usher_element *e)
{
    uint16_t company, id;

    assert_int_equal(element->location, e->location);
    assert_int_equal(element->sig_count, count(e, true));
    assert_int_equal(element->vendor_count, count(e, false));
    for (unsigned i = 0; i < e->model_count; i++) {
        assert_true(usher_page0_model(element, e->models[i]->index, &company, &id));
        assert_int_equal(company, e->models[i]->company);
        assert_int_equal(id, e->models[i]->id);
    }
}

static void page_0_is_what_the_node_consists_of(void **state)
{
    const struct usher_config_msg *a = ASK(*state, COMPOSITION_GET, .state = 0);
    const struct usher_composition *c = composition_of(*state);
    struct usher_page0_element element;
    struct usher_page0 page;

    assert_int_equal(a->state, 0);
    assert_true(usher_page0_read(a->data, a->data_len, &page));
    assert_int_equal(page.cid, NODES_COMPANY);
    assert_int_equal(page.pid, 0x0002);
    assert_int_equal(page.vid, 0x0003);
    assert_int_equal(page.crpl, node_of(*state)->mesh.net.rpl.size);
    assert_int_equal(page.features, 0);
    for (unsigned e = 0; e < NODES_ELEMENTS; e++) {
        assert_true(usher_page0_element(&page, e, &element));
        assert_element(&element, &c->elements[e]);
    }
    assert_int_equal(element.vendor_count, 1);
    assert_false(usher_page0_element(&page, NODES_ELEMENTS, &element));
}

static void page_0_tells_of_the_relay(void **state)
{
    const struct usher_config_msg *a = ASK(*state, COMPOSITION_GET, .state = 0);
    struct usher_page0 page;

    assert_true(usher_page0_read(a->data, a->data_len, &page));
    assert_int_equal(page.features, USHER_FEATURE_RELAY);
}

/* No model depends on another: an octet of 0 each, behind the numbers of both kinds. */
static void a_page_that_is_not_there_is_page_1(void **state)
{
    static const uint8_t asked[] = { 1, 2, 127, 128, 255 };
    const struct usher_composition *c = composition_of(*state);
    uint8_t page_1[COMPOSITION_MAX] = { 0 };
    size_t len = 0;

    for (unsigned e = 0; e < NODES_ELEMENTS; e++) {
        page_1[len] = (uint8_t)count(&c->elements[e], true);
        page_1[len + 1] = (uint8_t)count(&c->elements[e], false);
        len += 2u + c->elements[e].model_count;
    }
    for (size_t i = 0; i < sizeof(asked); i++) {
        const struct usher_config_msg *a = ASK(*state, COMPOSITION_GET, .state = asked[i]);

        assert_int_equal(a->state, 1);
        assert_int_equal(a->data_len, len);
        assert_memory_equal(a->data, page_1, len);
    }
}

/* 368 octets are left behind the head of page 0: 92 elements without a model, or 46 with two. */
static void elements_that_do_not_fit_are_left_out(void **state)
{
    static struct usher_element elements[100];
    struct usher_model sig = { .company = USHER_SIG, .id = 0x1000 };
    struct usher_model *models[] = { &sig, &sig, &sig };
    struct usher_composition composition = { .element_count = 100, .elements = elements };
    struct usher_mesh mesh = { .config.composition = &composition };
    uint8_t out[COMPOSITION_MAX], page = 0;

    (void)state;
    assert_int_equal(composition_page(&mesh, &page, out), 10 + 92 * 4);
    for (unsigned i = 0; i < 100; i++) {
        elements[i] = (struct usher_element){ .model_count = 2, .models = models };
    }
    assert_int_equal(composition_page(&mesh, &page, out), 10 + 46 * 8);
    composition.element_count = 46;
    assert_int_equal(composition_page(&mesh, &page, out), 10 + 46 * 8);
    elements[45].model_count = 1; /* two octets short of the end, and then too few for another */
    composition.element_count = 47;
    assert_int_equal(composition_page(&mesh, &page, out), 10 + 46 * 8 - 2);
    elements[45].model_count = 3; /* does not fit: then nor does what is behind it */
    elements[46].model_count = 0;
    assert_int_equal(composition_page(&mesh, &page, out), 10 + 45 * 8);
    page = 255;
    assert_int_equal(composition_page(&mesh, &page, out), 45 * 4 + 5 + 2);
}

/* -- states ------------------------------------------------------------------------------------ */

static void the_default_ttl(void **state)
{
    static const uint8_t ttls[] = { 0, 2, 63, 127 };
    struct nodes *all = *state;

    for (size_t i = 0; i < sizeof(ttls); i++) {
        assert_int_equal(ASK(all, TTL_SET, .state = ttls[i])->state, ttls[i]);
        assert_int_equal(ASK(all, TTL_GET)->state, ttls[i]);
        assert_int_equal(node_of(all)->mesh.net.default_ttl, ttls[i]);
    }
    IGNORED(all, TTL_SET, 1);
    IGNORED(all, TTL_SET, 128);
    assert_int_equal(node_of(all)->mesh.net.default_ttl, 127);
}

static void the_beacon(void **state)
{
    struct nodes *all = *state;

    assert_int_equal(ASK(all, BEACON_SET, .state = 1)->state, 1);
    assert_int_equal(ASK(all, BEACON_GET)->state, 1);
    assert_int_equal(ASK(all, BEACON_SET, .state = 0)->state, 0);
    assert_int_equal(node_of(all)->mesh.net.beacon, 0);
    IGNORED(all, BEACON_SET, 2);
    assert_int_equal(ASK(all, BEACON_GET)->state, 0);
}

static void the_network_transmit(void **state)
{
    struct nodes *all = *state;

    assert_int_equal(ASK(all, NET_TRANSMIT_SET, .transmit = 0x0A)->transmit, 0x0A);
    assert_int_equal(ASK(all, NET_TRANSMIT_GET)->transmit, 0x0A);
    assert_int_equal(node_of(all)->mesh.net.net_transmit, 0x0A);
}

static void what_there_is_not_is_unsupported(void **state)
{
    struct nodes *all = *state;
    const struct usher_config_msg *a;

    assert_int_equal(ASK(all, PROXY_GET)->state, 2);
    assert_int_equal(ASK(all, PROXY_SET, .state = 1)->state, 2);
    assert_int_equal(ASK(all, FRIEND_GET)->state, 2);
    assert_int_equal(ASK(all, FRIEND_SET, .state = 1)->state, 2);
    assert_int_equal(ASK(all, RELAY_GET)->state, 2);
    a = ASK(all, RELAY_SET, .state = 1, .transmit = 0x2A);
    assert_int_equal(a->state, 2);
    assert_int_equal(a->transmit, 0);
    assert_int_equal(node_of(all)->mesh.net.relay, 2);
    a = ASK(all, LPN_TIMEOUT_GET, .lpn = 0x0123);
    assert_int_equal(a->lpn, 0x0123);
    assert_int_equal(a->poll_timeout, 0);
}

static void the_relay(void **state)
{
    struct nodes *all = *state;
    const struct usher_config_msg *a = ASK(all, RELAY_GET);

    assert_int_equal(a->state, 0); /* off until it is configured */
    a = ASK(all, RELAY_SET, .state = 1, .transmit = 0x2A);
    assert_int_equal(a->state, 1);
    assert_int_equal(a->transmit, 0x2A);
    assert_int_equal(node_of(all)->mesh.net.relay, 1);
    assert_int_equal(node_of(all)->mesh.net.relay_retransmit, 0x2A);
    a = ASK(all, RELAY_SET, .state = 0, .transmit = 0x01);
    assert_int_equal(a->state, 0);
    assert_int_equal(ASK(all, RELAY_GET)->transmit, 0x01);
}

/* Only what changes is told, and so stored. */
static void a_change_is_told_once(void **state)
{
    struct nodes *all = *state;
    unsigned *told = &node_of(all)->events[USHER_MESH_EVT_CONFIGURED], before = *told;

    ASK(all, TTL_SET, .state = 9);
    assert_int_equal(*told, before + 1);
    ASK(all, TTL_SET, .state = 9);
    ASK(all, TTL_GET);
    ASK(all, PROXY_SET, .state = 1);
    assert_int_equal(*told, before + 1);
}

/* -- storage ----------------------------------------------------------------------------------- */

#define SECTOR 4096u
#define SECTORS 4u
#define WRITE_UNIT 4u

/* Node 1 has flash; whatever is asked of it is answered when it is kept. */
static void give_flash(struct node *node, struct usher_flashlog *log, struct flash *flash)
{
    struct usher_port *port = &node->port.port;

    assert_int_equal(usher_flashlog_open(log, &flash->flash), USHER_OK);
    port->kv_ctx = log;
    port->kv_get = usher_flashlog_get;
    port->kv_set = usher_flashlog_set;
    port->kv_del = usher_flashlog_del;
}

/* Without a chance to store anything more. */
static void power_cycle(struct node *node, struct usher_flashlog *log, struct flash *flash)
{
    flash_cut(flash, 1, FLASH_CUT_BEFORE);
    nodes_stop(node);
    flash_cut(flash, 0, FLASH_CUT_BEFORE); /* if there was nothing to store */
    flash_on(flash);
    give_flash(node, log, flash);
    nodes_start(node);
    assert_int_equal(usher_mesh_load(&node->mesh), USHER_OK);
}

static void configure_everything(struct nodes *all)
{
    ASK(all, TTL_SET, .state = 9);
    ASK(all, BEACON_SET, .state = 0);
    ASK(all, RELAY_SET, .state = 1, .transmit = 0x13);
    ASK(all, NET_TRANSMIT_SET, .transmit = 0x0B);
    ASK(all, HEARTBEAT_PUB_SET, .address = 0xC001, .period_log = 9, .ttl = 3, .features = 1);
    config_key_status(all, USHER_CONFIG_NETKEY_ADD, 1, 0, 0x44);
    config_key_status(all, USHER_CONFIG_APPKEY_ADD, 1, 2, 0x45);
    config_key_status(all, USHER_CONFIG_NETKEY_UPDATE, 1, 0, 0x46);
    ASK(all, KEY_REFRESH_SET, .net_index = 1, .state = 2);
    ASK(all, MODEL_APP_BIND, .element = SECOND, .app_index = 2, VENDOR);
    ASK(all, PUBLICATION_SET, .element = SECOND, .address = 0xC002, .app_index = 2, .ttl = 4,
        VENDOR);
    ASK(all, SUBSCRIPTION_ADD, .element = NODE, .address = 0xC003, ONOFF);
}

static void unconfigure_something(struct nodes *all)
{
    ASK(all, KEY_REFRESH_SET, .net_index = 1, .state = 3);
    ASK(all, APPKEY_DELETE, .net_index = 1, .app_index = 2);
    ASK(all, SUBSCRIPTION_DELETE_ALL, .element = NODE, ONOFF);
}

static void assert_configured(struct nodes *all, bool wholly)
{
    assert_int_equal(ASK(all, TTL_GET)->state, 9);
    assert_int_equal(ASK(all, BEACON_GET)->state, 0);
    assert_int_equal(ASK(all, RELAY_GET)->state, 1);
    assert_int_equal(ASK(all, RELAY_GET)->transmit, 0x13);
    assert_int_equal(ASK(all, NET_TRANSMIT_GET)->transmit, 0x0B);
    assert_int_equal(ASK(all, HEARTBEAT_PUB_GET)->address, 0xC001);
    assert_int_equal(ASK(all, HEARTBEAT_PUB_GET)->period_log, 9);
    assert_int_equal(ASK(all, NETKEY_GET)->list_count, 2);
    assert_int_equal(ASK(all, KEY_REFRESH_GET, .net_index = 1)->state, wholly ? 2 : 0);
    assert_int_equal(ASK(all, APPKEY_GET, .net_index = 1)->list_count, wholly);
    assert_int_equal(ASK(all, VENDOR_APP_GET, .element = SECOND, VENDOR)->list_count, wholly);
    assert_int_equal(ASK(all, PUBLICATION_GET, .element = SECOND, VENDOR)->address,
                     wholly ? 0xC002 : 0);
    assert_int_equal(ASK(all, SIG_SUBSCRIPTION_GET, .element = NODE, ONOFF)->list_count, wholly);
}

static void what_was_answered_is_kept(void **state)
{
    struct nodes *all =
        nodes_new(&(struct nodes_config){ .count = 2, .seed = 1, .features = USHER_FEATURE_RELAY });
    struct usher_flashlog log;
    struct flash flash;

    (void)state;
    assert_true(flash_init(&flash, SECTOR, SECTORS, WRITE_UNIT));
    give_flash(node_of(all), &log, &flash);
    nodes_provision(all);
    configure_everything(all);
    assert_configured(all, true);
    power_cycle(node_of(all), &log, &flash);
    assert_configured(all, true);
    unconfigure_something(all);
    assert_configured(all, false);
    power_cycle(node_of(all), &log, &flash);
    assert_configured(all, false);
    nodes_free(all);
    assert_int_equal(flash.misuses, 0);
    flash_deinit(&flash);
}

/* -- Node Reset -------------------------------------------------------------------------------- */

static void a_reset_is_answered_and_then_done(void **state)
{
    struct nodes *all = *state;
    struct node *node = node_of(all);

    assert_int_equal(ASK(all, NODE_RESET)->opcode, USHER_CONFIG_NODE_RESET_STATUS);
    assert_int_equal(usher_mesh_address(&node->mesh), NODE);
    nodes_run(all, 2000);
    ASK(all, NODE_RESET); /* an answer that was lost; the time does not begin anew */
    nodes_run(all, 500);
    assert_int_equal(usher_mesh_address(&node->mesh), 0);
    assert_int_equal(node->events[USHER_MESH_EVT_RESET], 1);
    assert_null(keys_subnet(&node->mesh.net.keys, 0));
    nodes_provision_one(all, 1);
    assert_int_equal(ASK(all, TTL_GET)->opcode, USHER_CONFIG_TTL_STATUS);
    nodes_run(all, 5000);
    assert_int_equal(usher_mesh_address(&node->mesh), NODE);
}

/* -- what is ignored --------------------------------------------------------------------------- */

static void what_is_malformed_is_ignored(void **state)
{
    struct nodes *all = *state;

    IGNORED(all, TTL_GET, 0);             /* too long */
    IGNORED(all, TTL_SET, 5, 0);          /* too long */
    IGNORED(all, RELAY_SET, 1);           /* too short */
    IGNORED(all, NETKEY_ADD, 1, 0, 1, 2); /* too short */
    IGNORED(all, TTL_STATUS, 5);          /* an answer */
}

/* A message to a group, even one that the node hears, is not to the Configuration Server. */
static void what_is_not_to_the_node_alone_is_ignored(void **state)
{
    struct nodes *all = *state;
    struct usher_model *model = &node_of(all)->config_server.model;
    struct usher_message message = { .opcode = USHER_CONFIG_TTL_SET,
                                     .src = nodes_address(0),
                                     .dst = USHER_ADDR_ALL_NODES,
                                     .key = USHER_KEY_DEVICE,
                                     .params = (const uint8_t[]){ 3 },
                                     .len = 1 };
    uint8_t ttl = node_of(all)->mesh.net.default_ttl;

    for (unsigned i = 0; i < model->opcode_count; i++) {
        if (model->opcodes[i].opcode == message.opcode) {
            model->opcodes[i].handler(model, &message);
            assert_int_equal(node_of(all)->mesh.net.default_ttl, ttl);
            message.dst = NODE;
            model->opcodes[i].handler(model, &message);
        }
    }
    assert_int_equal(node_of(all)->mesh.net.default_ttl, 3);
    assert_int_not_equal(ttl, 3);
}

/* It is the primary element's. */
static void the_second_element_does_not_answer(void **state)
{
    struct nodes *all = *state;
    const struct usher_target target = { .dst = SECOND,
                                         .key = USHER_KEY_REMOTE_DEVICE,
                                         .ttl = 255 };
    uint8_t ttl = node_of(all)->mesh.net.default_ttl;

    assert_int_equal(usher_send(&all->node[0].config_client.model, &target, USHER_CONFIG_TTL_SET,
                                (const uint8_t[]){ 3 }, 1, 0),
                     USHER_OK);
    nodes_run(all, 1000);
    assert_int_equal(node_of(all)->mesh.net.default_ttl, ttl);
}

static struct usher_config_msg told;
static uint32_t told_question;

static void on_served(struct usher_config_server *s, const struct usher_message *question,
                      const struct usher_config_msg *answer)
{
    (void)s;
    told_question = question->opcode;
    told = *answer;
}

/* The application hears what was asked and how it was answered. */
static void what_was_served_is_told(void **state)
{
    node_of(*state)->config_server.served = on_served;
    (void)ASK(*state, TTL_SET, .state = 9);
    assert_int_equal(told_question, USHER_CONFIG_TTL_SET);
    assert_int_equal(told.opcode, USHER_CONFIG_TTL_STATUS);
    assert_int_equal(told.state, 9);
    (void)ASK(*state, MODEL_APP_BIND, .element = NODE, .app_index = 5, .company = USHER_SIG,
              .model = USHER_MODEL_ONOFF_SERVER);
    assert_int_equal(told_question, USHER_CONFIG_MODEL_APP_BIND);
    assert_int_equal(told.status, USHER_STATUS_INVALID_APPKEY);
}

/* Every question has an act: none but those with an answer of their own are ignored. */
static void every_question_is_taken(void **state)
{
    const struct usher_model *model = &node_of(*state)->config_server.model;

    for (unsigned n = 0; n < config_pdu_count; n++) {
        unsigned rows = 0;

        for (unsigned i = 0; i < model->opcode_count; i++) {
            rows += model->opcodes[i].opcode == config_pdus[n].opcode;
        }
        assert_int_equal(rows, config_pdus[n].answer != CONFIG_NO_ANSWER);
    }
}

/* Remote Provisioning (4.3.4): 0x804F to 0x805F, with which a node's address, device key or
 * composition would be renewed. */
static void row_28_remote_provisioning_is_not_answered_and_renews_nothing(void **state)
{
    static const uint8_t body[24] = { 0x02, 0x01, 0, 0x11 };
    struct nodes *all = *state;
    uint8_t key[USHER_KEY_SIZE];

    memcpy(key, node_of(all)->mesh.net.keys.device_key, sizeof(key));
    for (uint32_t opcode = 0x804F; opcode <= 0x805F; opcode++) {
        for (size_t len = 0; len <= sizeof(body); len += 4) {
            config_ignored(all, opcode, body, len);
        }
    }
    assert_memory_equal(node_of(all)->mesh.net.keys.device_key, key, sizeof(key));
    assert_int_equal(node_of(all)->mesh.net.address, NODE);
    assert_int_equal(ASK(all, COMPOSITION_GET, .state = 0xFF)->state, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(page_0_is_what_the_node_consists_of),
        CONFIG_TEST_RELAYS(page_0_tells_of_the_relay),
        CONFIG_TEST(a_page_that_is_not_there_is_page_1),
        cmocka_unit_test(elements_that_do_not_fit_are_left_out),
        CONFIG_TEST(the_default_ttl),
        CONFIG_TEST(the_beacon),
        CONFIG_TEST(the_network_transmit),
        CONFIG_TEST(what_there_is_not_is_unsupported),
        CONFIG_TEST_RELAYS(the_relay),
        CONFIG_TEST(a_change_is_told_once),
        cmocka_unit_test(what_was_answered_is_kept),
        CONFIG_TEST(a_reset_is_answered_and_then_done),
        CONFIG_TEST(what_is_malformed_is_ignored),
        CONFIG_TEST(what_is_not_to_the_node_alone_is_ignored),
        CONFIG_TEST(the_second_element_does_not_answer),
        CONFIG_TEST(what_was_served_is_told),
        CONFIG_TEST(every_question_is_taken),
        CONFIG_TEST(row_28_remote_provisioning_is_not_answered_and_renews_nothing),
    };

    return cmocka_run_group_tests_name("config server", tests, NULL, NULL);
}
