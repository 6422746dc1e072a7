/*
 * The node of an instance whose radio is a serial device: what the device is given, and what the
 * host takes from it. The commands of the device's node are the test's.
 */
#include "serial_desk.h"

#include <usher/models.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define OWN 0x0001
#define OTHER 0x0002
#define SUBNET_HANDLE 3
#define DEVKEY_HANDLE 9
#define ADDRESS_HANDLE 20
#define TOKEN 77

static const uint8_t its_key[USHER_KEY_SIZE] = "its device key.";

USHER_MESH_TABLES(tables, 1, 1, 8, 8, 2, 2, 2);

static struct {
    unsigned commands[256];
    struct usher_serial_packet last; /* Packet Send */
    uint8_t data[16];
    uint32_t seqnum;
    unsigned messages, answers;
    enum usher_err err;
} seen;

static enum usher_serial_status node_command(void *user, struct usher_serial_packet *p)
{
    (void)user;
    seen.commands[p->opcode]++;
    switch (p->opcode) {
    case USHER_SERIAL_SUBNET_ADD:
        p->handle = SUBNET_HANDLE;
        break;
    case USHER_SERIAL_DEVKEY_ADD:
        assert_int_equal(p->address, OTHER);
        assert_int_equal(p->handle, SUBNET_HANDLE);
        assert_memory_equal(p->key, its_key, USHER_KEY_SIZE);
        p->handle = DEVKEY_HANDLE;
        break;
    case USHER_SERIAL_ADDR_PUBLICATION_ADD:
        assert_int_equal(p->address, OTHER);
        p->handle = ADDRESS_HANDLE;
        break;
    case USHER_SERIAL_PACKET_SEND:
        seen.last = *p;
        memcpy(seen.data, p->data, p->len < sizeof(seen.data) ? p->len : sizeof(seen.data));
        p->token = TOKEN;
        break;
    case USHER_SERIAL_NET_STATE_SET:
        seen.seqnum = p->seqnum;
        break;
    default:
        break;
    }
    return USHER_SERIAL_SUCCESS;
}

static bool device_key(void *user, uint16_t address, uint8_t key[USHER_KEY_SIZE])
{
    (void)user;
    memcpy(key, its_key, sizeof(its_key));
    return address == OTHER;
}

static void on_mesh(void *user, struct usher_mesh *m, const struct usher_mesh_event *event)
{
    (void)user;
    (void)m;
    seen.messages += event->type == USHER_MESH_EVT_MESSAGE;
}

static void on_answer(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    (void)user;
    (void)request;
    seen.answers++;
    seen.err = answer->err;
}

struct node {
    struct desk *desk;
    struct usher_mesh mesh;
    struct usher_config_client client;
    struct usher_model *models[1];
    struct usher_element element;
    struct usher_composition composition;
    struct usher_request request;
};

static void node_open(struct node *n)
{
    static const struct usher_serial_handler handler = { .first = 0x90,
                                                         .last = 0xAF,
                                                         .command = node_command };
    const struct usher_serial_config device = {
        .session_count = 2, .tx_size = 4096, .handlers = &handler, .handler_count = 1
    };
    const struct usher_prov_data data = { .netkey = "the network key.",
                                          .iv_index = 5,
                                          .address = OWN };

    memset(&seen, 0, sizeof(seen));
    memset(n, 0, sizeof(*n));
    n->desk = desk_new_with(&device, NULL, NULL);
    usher_config_client_init(&n->client);
    n->models[0] = &n->client.model;
    n->element = (struct usher_element){ .model_count = 1, .models = n->models };
    n->composition =
        (struct usher_composition){ .cid = 0xFFFF, .element_count = 1, .elements = &n->element };
    assert_int_equal(usher_mesh_init(&n->mesh, &n->desk->node,
                                     &(struct usher_mesh_config){ .composition = &n->composition,
                                                                  .tables = &tables,
                                                                  .device_key = device_key,
                                                                  .handler = on_mesh }),
                     USHER_OK);
    assert_int_equal(usher_mesh_provision(&n->mesh, &data, (const uint8_t *)"our device key.."),
                     USHER_OK);
    desk_run(n->desk, 100);
    n->request = (struct usher_request){ .done = on_answer, .user = n };
    assert_int_equal(
        usher_config_ask(&n->client, &n->request, OTHER, 0,
                         &(struct usher_config_msg){ .opcode = USHER_CONFIG_BEACON_GET }),
        USHER_OK);
    desk_run(n->desk, 100);
}

static void node_close(struct node *n)
{
    usher_mesh_deinit(&n->mesh);
    desk_free(n->desk);
}

static void message(struct node *n, uint16_t src, uint16_t dst, uint16_t key, uint16_t subnet,
                    uint16_t actual)
{
    uint8_t packet[] = { USHER_SERIAL_EVT_MESSAGE_UNICAST,
                         (uint8_t)src,
                         (uint8_t)(src >> 8),
                         (uint8_t)dst,
                         (uint8_t)(dst >> 8),
                         (uint8_t)key,
                         (uint8_t)(key >> 8),
                         (uint8_t)subnet,
                         (uint8_t)(subnet >> 8),
                         5,
                         0,
                         0,
                         0,
                         0,
                         0,
                         0,
                         0,
                         0,
                         (uint8_t)actual,
                         (uint8_t)(actual >> 8),
                         0x80,
                         0x0B,
                         0x01 };

    desk_to_host(n->desk, packet, sizeof(packet));
}

static void test_question_and_answer(void **state)
{
    struct node n;

    (void)state;
    node_open(&n);
    assert_int_equal(seen.commands[USHER_SERIAL_STATE_CLEAR], 1);
    assert_int_equal(seen.commands[USHER_SERIAL_SUBNET_ADD], 1);
    assert_int_equal(seen.commands[USHER_SERIAL_MESH_ENABLE], 1);
    assert_int_equal(seen.commands[USHER_SERIAL_PACKET_SEND], 1);
    assert_int_equal(seen.last.handle, DEVKEY_HANDLE);
    assert_int_equal(seen.last.handle2, ADDRESS_HANDLE);
    assert_int_equal(seen.last.src, OWN);
    assert_memory_equal(seen.data, "\x80\x09", 2);
    /* What the device was given is used up here. */
    assert_true(usher_remote_seq_next(&n.mesh) >= seen.seqnum + 8192);
    message(&n, OTHER, OWN, DEVKEY_HANDLE, SUBNET_HANDLE, 3);
    assert_int_equal(seen.answers, 1);
    assert_int_equal(seen.err, USHER_OK);
    /* The handles are known: nothing is asked for twice. */
    assert_int_equal(
        usher_config_ask(&n.client, &n.request, OTHER, 0,
                         &(struct usher_config_msg){ .opcode = USHER_CONFIG_BEACON_GET }),
        USHER_OK);
    desk_run(n.desk, 100);
    assert_int_equal(seen.commands[USHER_SERIAL_PACKET_SEND], 2);
    assert_int_equal(seen.commands[USHER_SERIAL_DEVKEY_ADD], 1);
    node_close(&n);
}

static void test_messages_that_are_not_for_us(void **state)
{
    struct node n;

    (void)state;
    node_open(&n);
    message(&n, OTHER, OWN, DEVKEY_HANDLE + 1, SUBNET_HANDLE, 3);
    message(&n, OTHER, OWN, DEVKEY_HANDLE, SUBNET_HANDLE + 1, 3);
    message(&n, OTHER + 1, OWN, DEVKEY_HANDLE, SUBNET_HANDLE, 3); /* with another's key */
    message(&n, OTHER, OWN + 1, DEVKEY_HANDLE, SUBNET_HANDLE, 3);
    message(&n, OTHER, 0xC000, DEVKEY_HANDLE, SUBNET_HANDLE, 3);
    message(&n, 0xC000, OWN, DEVKEY_HANDLE, SUBNET_HANDLE, 3);
    message(&n, 0, OWN, DEVKEY_HANDLE, SUBNET_HANDLE, 3);
    message(&n, OTHER, OWN, DEVKEY_HANDLE, SUBNET_HANDLE, 300); /* it was cut */
    assert_int_equal(seen.messages, 0);
    message(&n, OTHER, OWN, DEVKEY_HANDLE, SUBNET_HANDLE, 3);
    assert_int_equal(seen.messages, 1);
    node_close(&n);
}

static void iv(struct node *n, uint32_t index, bool updating)
{
    const uint8_t packet[] = { USHER_SERIAL_EVT_IV_ENTRY_SET,
                               (uint8_t)index,
                               (uint8_t)(index >> 8),
                               (uint8_t)(index >> 16),
                               (uint8_t)(index >> 24),
                               updating,
                               0,
                               0 };

    desk_to_host(n->desk, packet, sizeof(packet));
}

static void seq(struct node *n, uint32_t next)
{
    const uint8_t packet[] = { USHER_SERIAL_EVT_SEQNUM_ENTRY_SET, (uint8_t)next,
                               (uint8_t)(next >> 8), (uint8_t)(next >> 16), (uint8_t)(next >> 24) };

    desk_to_host(n->desk, packet, sizeof(packet));
}

static void test_network_state_goes_forward(void **state)
{
    struct node n;
    bool updating;

    (void)state;
    node_open(&n);
    seq(&n, 100);
    assert_true(usher_remote_seq_next(&n.mesh) >= 8192);
    seq(&n, 50000);
    assert_int_equal(usher_remote_seq_next(&n.mesh), 50000);
    seq(&n, 0xFFFFFFFF);
    seq(&n, 0x1000001);
    assert_int_equal(usher_remote_seq_next(&n.mesh), 50000);
    iv(&n, 5 + 43, false);
    iv(&n, 4, false);
    assert_int_equal(usher_mesh_iv(&n.mesh, &updating), 5);
    iv(&n, 6, true);
    assert_int_equal(usher_mesh_iv(&n.mesh, &updating), 6);
    assert_true(updating);
    assert_int_equal(usher_remote_seq_next(&n.mesh), 50000); /* it sends with 5 still */
    iv(&n, 6, false);
    assert_int_equal(usher_remote_seq_next(&n.mesh), 0);
    iv(&n, 6, true);
    (void)usher_mesh_iv(&n.mesh, &updating);
    assert_false(updating);
    node_close(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_question_and_answer),
        cmocka_unit_test(test_messages_that_are_not_for_us),
        cmocka_unit_test(test_network_state_goes_forward),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
