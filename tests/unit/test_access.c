/*
 * The access layer of one node without a network: opcodes, the models of a composition, and which
 * of them a message is for. What is sent is tested by test_publish.c and test_client.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"

#define ADDRESS 0x0100u
#define PEER 0x0200u
#define GROUP 0xC000u
#define OTHER_GROUP 0xC001u
#define VIRTUAL 0x8001u /* of two labels, whichever they are the hash of */
#define APP 3u
#define OPCODE 0x8201u
#define VENDOR_OPCODE USHER_OPCODE_VENDOR(0x15, 0x000A)

static const uint8_t label_1[USHER_LABEL_SIZE] = { 1 };
static const uint8_t label_2[USHER_LABEL_SIZE] = { 2 };

/* -- a node ------------------------------------------------------------------------------------ */

struct heard {
    unsigned count;
    struct usher_message last;
};

static void on_message(struct usher_model *model, const struct usher_message *message)
{
    struct heard *heard = model->user;

    heard->count++;
    heard->last = *message;
}

static const struct usher_opcode opcodes[] = {
    { OPCODE, 1, 2, on_message },
    { VENDOR_OPCODE, 0, 0, on_message },
};

/* Two elements: an ordinary model on each, and on the primary those with other keys. */
struct rig {
    const struct usher_crypto *crypto;
    struct usher_mesh mesh;
    struct usher_access_tx access_tx[2];
    struct usher_model primary, server, client, second;
    struct heard primary_heard, server_heard, client_heard, second_heard;
    struct usher_model *first_models[3], *second_models[1];
    struct usher_element elements[2];
    struct usher_composition composition;
};

static bool device_key(void *user, uint16_t address, uint8_t key[USHER_KEY_SIZE])
{
    memset(key, *(const uint8_t *)user, USHER_KEY_SIZE);
    return address == PEER;
}

static struct usher_model model(uint16_t company, uint16_t id, uint8_t flags, struct heard *heard)
{
    return (struct usher_model){ .company = company,
                                 .id = id,
                                 .flags = flags,
                                 .opcode_count = 2,
                                 .opcodes = opcodes,
                                 .user = heard };
}

static void setup(struct rig *r, const struct usher_crypto *crypto)
{
    static uint8_t key_octet = 0xDD;

    memset(r, 0, sizeof(*r));
    r->crypto = crypto;
    r->primary = model(0x000A, 0x1000, 0, &r->primary_heard);
    r->server = model(USHER_SIG, 0x0000, USHER_MODEL_DEVICE_KEY, &r->server_heard);
    r->client = model(USHER_SIG, 0x0001, USHER_MODEL_REMOTE_KEY, &r->client_heard);
    r->second = model(USHER_SIG, 0x1000, 0, &r->second_heard);
    r->first_models[0] = &r->primary;
    r->first_models[1] = &r->server;
    r->first_models[2] = &r->client;
    r->second_models[0] = &r->second;
    r->elements[0] = (struct usher_element){ 0, 3, r->first_models };
    r->elements[1] = (struct usher_element){ 0, 1, r->second_models };
    r->composition.element_count = 2;
    r->composition.elements = r->elements;
    r->mesh.config.composition = &r->composition;
    r->mesh.config.device_key = device_key;
    r->mesh.config.user = &key_octet;
    r->mesh.access_tx = r->access_tx;
    r->mesh.access_tx_size = 2;
    r->mesh.net.crypto = crypto;
    r->mesh.net.address = ADDRESS;
    r->mesh.net.elements = 2;
    assert_int_equal(access_begin(&r->mesh), USHER_OK);
    r->primary.bindings[0] = APP + 1;
    r->second.bindings[USHER_BINDINGS - 1] = APP + 1;
}

static void subscribe(struct usher_model *model, unsigned place, uint16_t address,
                      const uint8_t *label)
{
    model->subscriptions[place].address = address;
    if (label != NULL) {
        memcpy(model->subscriptions[place].label, label, USHER_LABEL_SIZE);
    }
}

static unsigned heard_by_all(const struct rig *r)
{
    return r->primary_heard.count + r->server_heard.count + r->client_heard.count +
           r->second_heard.count;
}

static void receive(struct rig *r, const struct usher_message *message, const uint8_t *data,
                    size_t len)
{
    struct transport_in in = { .message = *message, .data = data, .len = len };

    r->primary_heard.count = r->server_heard.count = 0;
    r->client_heard.count = r->second_heard.count = 0;
    access_rx(&r->mesh, &in);
}

/* Receives OPCODE with one octet of parameters. */
static void receive_usual(struct rig *r, uint16_t dst, const uint8_t *label, uint16_t key)
{
    static const uint8_t data[] = { OPCODE >> 8, OPCODE & 0xFF, 0x77 };
    struct usher_message message = {
        .src = PEER, .dst = dst, .label = label, .key = key, .ttl = 5
    };

    receive(r, &message, data, sizeof(data));
}

static void assert_heard(const struct rig *r, unsigned primary, unsigned second)
{
    assert_int_equal(r->primary_heard.count, primary);
    assert_int_equal(r->second_heard.count, second);
    assert_int_equal(heard_by_all(r), primary + second);
}

/* -- opcodes ----------------------------------------------------------------------------------- */

static void assert_opcode(uint32_t opcode, size_t len)
{
    uint8_t octets[4] = { 0 };
    uint32_t read = UINT32_MAX;

    assert_int_equal(access_opcode_write(opcode, octets), len);
    for (size_t less = 0; less < len; less++) {
        assert_int_equal(access_opcode_read(octets, less, &read), 0);
    }
    assert_int_equal(access_opcode_read(octets, sizeof(octets), &read), len);
    assert_int_equal(read, opcode);
}

static void an_opcode_has_one_two_or_three_octets(void **state)
{
    (void)state;
    for (uint32_t opcode = 0; opcode <= 0x7E; opcode++) {
        assert_opcode(opcode, 1);
    }
    for (uint32_t opcode = 0x8000; opcode <= 0xBFFF; opcode++) {
        assert_opcode(opcode, 2);
    }
    for (uint32_t company = 0; company <= 0xFFFF; company += 0x1111) {
        for (uint32_t opcode = 0; opcode <= 0x3F; opcode++) {
            assert_opcode(USHER_OPCODE_VENDOR(opcode, company), 3);
        }
    }
}

static void what_is_not_an_opcode_is_not_written(void **state)
{
    static const uint32_t none[] = { 0x7F,     0x80,     0x7FFF,    0xC000,
                                     0xBFFFFF, 0x800000, 0x1000000, UINT32_MAX };
    uint8_t octets[3];

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(access_opcode_write(none[i], octets), 0);
    }
}

static void the_reserved_opcode_is_not_read(void **state)
{
    static const uint8_t reserved[] = { 0x7F, 0x00, 0x00 };
    uint32_t opcode;

    (void)state;
    for (size_t len = 0; len <= sizeof(reserved); len++) {
        assert_int_equal(access_opcode_read(reserved, len, &opcode), 0);
    }
}

static void a_message_is_written_if_it_fits(void **state)
{
    uint8_t params[USHER_ACCESS_MAX], message[USHER_ACCESS_MAX];
    uint16_t len = 0;

    (void)state;
    memset(params, 0x5A, sizeof(params));
    assert_int_equal(access_write(0x7E, NULL, 0, message, &len), USHER_OK);
    assert_int_equal(len, 1);
    assert_int_equal(access_write(VENDOR_OPCODE, params, USHER_ACCESS_MAX - 3, message, &len),
                     USHER_OK);
    assert_int_equal(len, USHER_ACCESS_MAX);
    assert_memory_equal(message, ((const uint8_t[]){ 0xD5, 0x0A, 0x00, 0x5A }), 4);
    assert_int_equal(message[USHER_ACCESS_MAX - 1], 0x5A);
    assert_int_equal(access_write(VENDOR_OPCODE, params, USHER_ACCESS_MAX - 2, message, &len),
                     USHER_E_SIZE);
    assert_int_equal(access_write(0x7F, params, 1, message, &len), USHER_E_PARAM);
}

/* -- models ------------------------------------------------------------------------------------ */

static void a_composition_is_checked(void **state)
{
    struct rig r;

    setup(&r, *state);
    r.composition.element_count = 0;
    assert_int_equal(access_begin(&r.mesh), USHER_E_PARAM);

    r.composition.element_count = 2;
    r.client.id = r.server.id;
    assert_int_equal(access_begin(&r.mesh), USHER_E_PARAM);
    r.client.company = 0x000A; /* a vendor's model may have a SIG model's number */
    assert_int_equal(access_begin(&r.mesh), USHER_OK);

    r.first_models[2] = r.first_models[0];
    assert_int_equal(access_begin(&r.mesh), USHER_E_PARAM);
}

static void models_are_numbered_sig_models_first(void **state)
{
    struct rig r;

    setup(&r, *state);
    assert_int_equal(r.server.index, 0);
    assert_int_equal(r.client.index, 1);
    assert_int_equal(r.primary.index, 2);
    assert_int_equal(r.second.index, 0);
    assert_int_equal(r.second.element, 1);
    assert_ptr_equal(r.second.mesh, &r.mesh);
}

static void models_are_found(void **state)
{
    enum usher_status status;
    struct rig r;

    setup(&r, *state);
    assert_ptr_equal(access_each(&r.mesh, 0), &r.primary);
    assert_ptr_equal(access_each(&r.mesh, 3), &r.second);
    assert_null(access_each(&r.mesh, 4));

    assert_ptr_equal(access_model(&r.mesh, ADDRESS, 0x000A, 0x1000, &status), &r.primary);
    assert_int_equal(status, USHER_STATUS_SUCCESS);
    assert_ptr_equal(access_model(&r.mesh, ADDRESS + 1, USHER_SIG, 0x1000, &status), &r.second);
    assert_null(access_model(&r.mesh, ADDRESS, USHER_SIG, 0x1000, &status));
    assert_int_equal(status, USHER_STATUS_INVALID_MODEL);
    assert_null(access_model(&r.mesh, ADDRESS + 2, USHER_SIG, 0x1000, &status));
    assert_int_equal(status, USHER_STATUS_INVALID_ADDRESS);
    assert_null(access_model(&r.mesh, ADDRESS - 1, USHER_SIG, 0x1000, &status));
    assert_int_equal(status, USHER_STATUS_INVALID_ADDRESS);
}

static void a_model_has_its_elements_address(void **state)
{
    struct usher_model stranger = { 0 };
    struct rig r;

    setup(&r, *state);
    assert_int_equal(usher_model_address(&r.primary), ADDRESS);
    assert_int_equal(usher_model_address(&r.second), ADDRESS + 1);
    assert_int_equal(usher_model_address(&stranger), 0);
    r.mesh.net.address = USHER_ADDR_UNASSIGNED;
    assert_int_equal(usher_model_address(&r.second), 0);
}

static void a_reset_keeps_what_the_application_set(void **state)
{
    struct rig r;

    setup(&r, *state);
    subscribe(&r.primary, 0, GROUP, NULL);
    r.primary.dirty = true;
    r.primary.publication.address = GROUP;
    r.primary.period_divisor = 2;
    r.primary.publish_at = 5;
    r.primary.retransmits_left = 1;
    r.primary.retransmit_at = 6;
    r.primary.timer_at = 7;
    r.access_tx[1].at = 8;
    access_forget(&r.mesh);

    assert_false(access_bound(&r.primary, APP));
    assert_false(access_directory.subscribed(&r.mesh, GROUP));
    assert_false(r.primary.dirty);
    assert_int_equal(r.primary.publication.address, 0);
    assert_int_equal(r.primary.period_divisor, 0);
    assert_int_equal(access_deadline(&r.mesh), USHER_NEVER);
    assert_int_equal(r.primary.timer_at, 7);
    assert_ptr_equal(r.primary.opcodes, opcodes);
    assert_ptr_equal(r.primary.user, &r.primary_heard);
    assert_int_equal(r.primary.index, 2);
    assert_int_equal(usher_model_address(&r.second), ADDRESS + 1);
}

/* -- delivery ---------------------------------------------------------------------------------- */

static void a_message_is_for_the_element_with_its_address(void **state)
{
    struct rig r;

    setup(&r, *state);
    receive_usual(&r, ADDRESS, NULL, APP);
    assert_heard(&r, 1, 0);
    assert_int_equal(r.primary_heard.last.opcode, OPCODE);
    assert_int_equal(r.primary_heard.last.src, PEER);
    assert_int_equal(r.primary_heard.last.ttl, 5);
    assert_int_equal(r.primary_heard.last.len, 1);
    receive_usual(&r, ADDRESS + 1, NULL, APP);
    assert_heard(&r, 0, 1);
    receive_usual(&r, ADDRESS + 2, NULL, APP);
    assert_heard(&r, 0, 0);
}

static void a_group_is_for_those_who_subscribe_to_it(void **state)
{
    struct rig r;

    setup(&r, *state);
    subscribe(&r.second, USHER_SUBSCRIPTIONS - 1, GROUP, NULL);
    receive_usual(&r, GROUP, NULL, APP);
    assert_heard(&r, 0, 1);
    receive_usual(&r, OTHER_GROUP, NULL, APP);
    assert_heard(&r, 0, 0);
    subscribe(&r.primary, 3, GROUP, NULL);
    receive_usual(&r, GROUP, NULL, APP);
    assert_heard(&r, 1, 1);
}

static void of_a_virtual_address_it_is_the_label_that_counts(void **state)
{
    struct rig r;

    setup(&r, *state);
    subscribe(&r.primary, 0, VIRTUAL, label_1);
    subscribe(&r.second, 0, VIRTUAL, label_2);
    receive_usual(&r, VIRTUAL, label_1, APP);
    assert_heard(&r, 1, 0);
    receive_usual(&r, VIRTUAL, label_2, APP);
    assert_heard(&r, 0, 1);
    subscribe(&r.second, 1, VIRTUAL, label_1);
    receive_usual(&r, VIRTUAL, label_1, APP);
    assert_heard(&r, 1, 1);
}

static void a_fixed_group_is_for_the_primary_element(void **state)
{
    struct rig r;

    setup(&r, *state);
    receive_usual(&r, USHER_ADDR_ALL_NODES, NULL, APP);
    assert_heard(&r, 1, 0);
    receive_usual(&r, USHER_ADDR_ALL_RELAYS, NULL, APP);
    assert_heard(&r, 0, 0);
    r.mesh.net.relay = 1;
    receive_usual(&r, USHER_ADDR_ALL_RELAYS, NULL, APP);
    assert_heard(&r, 1, 0);
    subscribe(&r.second, 0, USHER_ADDR_ALL_RELAYS, NULL);
    receive_usual(&r, USHER_ADDR_ALL_RELAYS, NULL, APP);
    assert_heard(&r, 1, 1);
}

static void a_model_takes_messages_with_keys_bound_to_it(void **state)
{
    struct rig r;

    setup(&r, *state);
    receive_usual(&r, ADDRESS, NULL, APP + 1);
    assert_heard(&r, 0, 0);
    r.primary.bindings[1] = APP + 1 + 1;
    receive_usual(&r, ADDRESS, NULL, APP + 1);
    assert_heard(&r, 1, 0);
}

static void device_keys_are_for_the_models_that_use_them(void **state)
{
    struct rig r;

    setup(&r, *state);
    receive_usual(&r, ADDRESS, NULL, USHER_KEY_DEVICE);
    assert_int_equal(r.server_heard.count, 1);
    assert_int_equal(heard_by_all(&r), 1);
    receive_usual(&r, ADDRESS, NULL, USHER_KEY_REMOTE_DEVICE);
    assert_int_equal(r.client_heard.count, 1);
    assert_int_equal(heard_by_all(&r), 1);

    receive_usual(&r, ADDRESS, NULL, APP); /* no AppKey is bound to them */
    assert_heard(&r, 1, 0);
}

static void a_client_is_answered_by_its_own_node(void **state)
{
    static const uint8_t data[] = { OPCODE >> 8, OPCODE & 0xFF, 0x77 };
    struct usher_message message = { .src = ADDRESS, .dst = ADDRESS, .key = USHER_KEY_DEVICE };
    struct rig r;

    setup(&r, *state);
    receive(&r, &message, data, sizeof(data));
    assert_int_equal(r.client_heard.count, 1);
}

static void what_a_model_cannot_take_is_ignored(void **state)
{
    static const uint8_t data[] = { OPCODE >> 8, OPCODE & 0xFF, 1, 2, 3 };
    static const uint8_t unknown[] = { OPCODE >> 8, (OPCODE & 0xFF) + 1, 1 };
    static const uint8_t vendor[] = { 0xD5, 0x0A, 0x00, 0x00 };
    struct usher_message message = { .src = PEER, .dst = ADDRESS, .key = APP };
    struct rig r;

    setup(&r, *state);
    for (size_t len = 0; len <= sizeof(data); len++) {
        receive(&r, &message, data, len);
        assert_heard(&r, len == 3 || len == 4, 0);
    }
    for (size_t len = 0; len <= sizeof(vendor); len++) {
        receive(&r, &message, vendor, len);
        assert_heard(&r, len == 3, 0);
    }
    receive(&r, &message, unknown, sizeof(unknown));
    assert_heard(&r, 0, 0);
}

/* It has no say over keys and addresses, nor over the length of what the table has. */
static void what_the_table_has_not_goes_to_other(void **state)
{
    static const uint8_t unknown[] = { OPCODE >> 8, (OPCODE & 0xFF) + 1, 1 };
    static const uint8_t short_one[] = { OPCODE >> 8, OPCODE & 0xFF };
    struct usher_message message = { .src = PEER, .dst = ADDRESS, .key = APP };
    struct rig r;

    setup(&r, *state);
    r.primary.other = on_message;
    receive(&r, &message, unknown, sizeof(unknown));
    assert_heard(&r, 1, 0);
    assert_int_equal(r.primary_heard.last.opcode, OPCODE + 1);
    receive(&r, &message, short_one, sizeof(short_one));
    assert_heard(&r, 0, 0);
    message.dst = ADDRESS + 1;
    receive(&r, &message, unknown, sizeof(unknown));
    assert_heard(&r, 0, 0);
    message.dst = ADDRESS;
    message.key = APP + 1;
    receive(&r, &message, unknown, sizeof(unknown));
    assert_heard(&r, 0, 0);
}

/* -- addresses --------------------------------------------------------------------------------- */

static void the_directory_knows_groups_and_labels(void **state)
{
    struct rig r;

    setup(&r, *state);
    assert_false(access_directory.subscribed(&r.mesh, USHER_ADDR_UNASSIGNED));
    assert_false(access_directory.subscribed(&r.mesh, GROUP));
    assert_null(access_directory.label(&r.mesh, VIRTUAL, 0));

    subscribe(&r.primary, 1, VIRTUAL, label_1);
    subscribe(&r.second, 0, VIRTUAL, label_1);
    subscribe(&r.second, 2, VIRTUAL, label_2);
    subscribe(&r.second, 3, GROUP, NULL);
    assert_true(access_directory.subscribed(&r.mesh, GROUP));
    assert_true(access_directory.subscribed(&r.mesh, VIRTUAL));
    assert_false(access_directory.subscribed(&r.mesh, OTHER_GROUP));
    assert_ptr_equal(access_directory.label(&r.mesh, VIRTUAL, 0), r.primary.subscriptions[1].label);
    assert_ptr_equal(access_directory.label(&r.mesh, VIRTUAL, 1), r.second.subscriptions[2].label);
    assert_null(access_directory.label(&r.mesh, VIRTUAL, 2));
    assert_null(access_directory.label(&r.mesh, VIRTUAL + 1, 0));
}

static void the_directory_asks_the_application_for_device_keys(void **state)
{
    uint8_t key[USHER_KEY_SIZE] = { 0 };
    struct rig r;

    setup(&r, *state);
    assert_true(access_directory.device_key(&r.mesh, PEER, key));
    assert_int_equal(key[15], 0xDD);
    assert_false(access_directory.device_key(&r.mesh, PEER + 1, key));
    r.mesh.config.device_key = NULL;
    assert_false(access_directory.device_key(&r.mesh, PEER, key));
}

static enum usher_err broken_cmac(void *ctx, const uint8_t key[16], const uint8_t *msg, size_t len,
                                  uint8_t mac[16])
{
    (void)ctx;
    (void)key;
    (void)msg;
    (void)len;
    (void)mac;
    return USHER_E_INTERNAL;
}

static void a_virtual_address_needs_crypto(void **state)
{
    struct usher_crypto broken = *(const struct usher_crypto *)*state;
    uint16_t address = 0;
    struct rig r;

    setup(&r, *state);
    assert_int_equal(access_virtual(&r.mesh, label_1, &address), USHER_OK);
    assert_true(usher_is_virtual(address));
    broken.cmac = broken_cmac;
    r.mesh.net.crypto = &broken;
    assert_int_equal(access_virtual(&r.mesh, label_1, &address), USHER_E_INTERNAL);
}

int main(void)
{
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    union {
        const struct usher_crypto *crypto;
        void *state;
    } u = { .crypto = crypto };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_opcode_has_one_two_or_three_octets),
        cmocka_unit_test(what_is_not_an_opcode_is_not_written),
        cmocka_unit_test(the_reserved_opcode_is_not_read),
        cmocka_unit_test(a_message_is_written_if_it_fits),
        cmocka_unit_test_prestate(a_composition_is_checked, u.state),
        cmocka_unit_test_prestate(models_are_numbered_sig_models_first, u.state),
        cmocka_unit_test_prestate(models_are_found, u.state),
        cmocka_unit_test_prestate(a_model_has_its_elements_address, u.state),
        cmocka_unit_test_prestate(a_reset_keeps_what_the_application_set, u.state),
        cmocka_unit_test_prestate(a_message_is_for_the_element_with_its_address, u.state),
        cmocka_unit_test_prestate(a_group_is_for_those_who_subscribe_to_it, u.state),
        cmocka_unit_test_prestate(of_a_virtual_address_it_is_the_label_that_counts, u.state),
        cmocka_unit_test_prestate(a_fixed_group_is_for_the_primary_element, u.state),
        cmocka_unit_test_prestate(a_model_takes_messages_with_keys_bound_to_it, u.state),
        cmocka_unit_test_prestate(device_keys_are_for_the_models_that_use_them, u.state),
        cmocka_unit_test_prestate(a_client_is_answered_by_its_own_node, u.state),
        cmocka_unit_test_prestate(what_a_model_cannot_take_is_ignored, u.state),
        cmocka_unit_test_prestate(what_the_table_has_not_goes_to_other, u.state),
        cmocka_unit_test_prestate(the_directory_knows_groups_and_labels, u.state),
        cmocka_unit_test_prestate(the_directory_asks_the_application_for_device_keys, u.state),
        cmocka_unit_test_prestate(a_virtual_address_needs_crypto, u.state),
    };
    int failed = crypto == NULL ? 1 : cmocka_run_group_tests(tests, NULL, NULL);

    usher_crypto_openssl_free(crypto);
    return failed != 0;
}
