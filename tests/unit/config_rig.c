/* Two nodes for the tests of the Configuration models; see config_rig.h. */
#include "config_rig.h"

#define ANSWER_MS 60000u /* more than all tries take */
#define QUIET_MS 2000u   /* an answer would have come */

static int setup(void **state, uint16_t features)
{
    struct nodes *all =
        nodes_new(&(struct nodes_config){ .count = 2, .seed = 1, .features = features });

    nodes_provision(all);
    *state = all;
    return 0;
}

int config_setup(void **state)
{
    return setup(state, 0);
}

int config_setup_relays(void **state)
{
    return setup(state, USHER_FEATURE_RELAY);
}

int config_teardown(void **state)
{
    nodes_free(*state);
    return 0;
}

struct asked {
    bool over;
    enum usher_err err;
    bool well_formed;
    struct usher_config_msg msg;
    uint8_t data[COMPOSITION_MAX];
};

static void on_answer(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct asked *asked = user;

    (void)request;
    asked->over = true;
    asked->err = answer->err;
    asked->well_formed = answer->message != NULL && usher_config_read(answer->message, &asked->msg);
    if (asked->well_formed && asked->msg.data != NULL) { /* the message will be gone */
        memcpy(asked->data, asked->msg.data, asked->msg.data_len);
        asked->msg.data = asked->data;
    }
}

static bool is_over(void *ctx)
{
    return ((struct asked *)ctx)->over;
}

const struct usher_config_msg *config_ask(struct nodes *all, uint16_t net_index,
                                          const struct usher_config_msg *question)
{
    static struct asked asked;
    struct usher_request request = { .done = on_answer, .user = &asked };

    memset(&asked, 0, sizeof(asked));
    assert_int_equal(
        usher_config_ask(&all->node[0].config_client, &request, NODE, net_index, question),
        USHER_OK);
    assert_true(nodes_until(all, is_over, &asked, ANSWER_MS));
    assert_int_equal(asked.err, USHER_OK);
    assert_true(asked.well_formed);
    return &asked.msg;
}

uint8_t config_key_status(struct nodes *all, uint32_t opcode, uint16_t net_index,
                          uint16_t app_index, uint8_t key_octet)
{
    struct usher_config_msg question = { .opcode = opcode,
                                         .net_index = net_index,
                                         .app_index = app_index };

    memset(question.key, key_octet, sizeof(question.key));
    return config_ask(all, 0, &question)->status;
}

static unsigned unasked;

static void on_unasked(struct usher_config_client *c, const struct usher_message *message)
{
    (void)c;
    (void)message;
    unasked++;
}

static void send_raw(struct nodes *all, uint32_t opcode, const uint8_t *params, size_t len)
{
    const struct usher_target target = { .dst = NODE, .key = USHER_KEY_REMOTE_DEVICE, .ttl = 255 };

    assert_int_equal(usher_send(&all->node[0].config_client.model, &target, opcode, params, len, 0),
                     USHER_OK);
    nodes_run(all, QUIET_MS);
}

void config_ignored(struct nodes *all, uint32_t opcode, const uint8_t *params, size_t len)
{
    all->node[0].config_client.unasked = on_unasked;
    unasked = 0;
    send_raw(all, opcode, params, len);
    assert_int_equal(unasked, 0);
    send_raw(all, USHER_CONFIG_TTL_GET, NULL, 0); /* while what is right is answered */
    assert_int_equal(unasked, 1);
    all->node[0].config_client.unasked = NULL;
}
