/*
 * A Health Client (health_client.h), over the access API of this layer; messages are the core's.
 * Called by the application and, with what is received, by access.c.
 */
#include "health_client.h"

#include "access_config.h"
#include "access_reliable.h"
#include "health_pdu.h"

#include <string.h>

static void tell(health_client_t *c, const health_client_evt_t *event)
{
    c->event_handler(c, event);
}

/* -- receiving --------------------------------------------------------------------------------- */

/* Current Status, Fault Status. */
static void on_faults(access_model_handle_t handle, const access_message_rx_t *p_message,
                      void *p_args)
{
    struct usher_message message = { .opcode = p_message->opcode.opcode,
                                     .params = p_message->p_data,
                                     .len = p_message->length };
    struct usher_health_status status;
    health_client_evt_t event = { .p_meta_data = &p_message->meta_data };

    (void)handle;
    if (!usher_health_read(&message, &status)) {
        return;
    }
    event.type = message.opcode == HEALTH_CURRENT_STATUS
                     ? HEALTH_CLIENT_EVT_TYPE_CURRENT_STATUS_RECEIVED
                     : HEALTH_CLIENT_EVT_TYPE_FAULT_STATUS_RECEIVED;
    event.data.fault_status.test_id = status.test_id;
    event.data.fault_status.company_id = status.company;
    event.data.fault_status.fault_array_length =
        (uint8_t)(status.count < UINT8_MAX ? status.count : UINT8_MAX);
    event.data.fault_status.p_fault_array = status.faults;
    event.data.fault_status.p_meta_data = &p_message->meta_data;
    tell(p_args, &event);
}

static void on_period(access_model_handle_t handle, const access_message_rx_t *p_message,
                      void *p_args)
{
    health_client_evt_t event = { .type = HEALTH_CLIENT_EVT_TYPE_PERIOD_STATUS_RECEIVED,
                                  .p_meta_data = &p_message->meta_data };

    (void)handle;
    if (p_message->length == 1 && p_message->p_data[0] <= HEALTH_DIVISOR_MAX) {
        event.data.period_status.fast_period_divisor = p_message->p_data[0];
        tell(p_args, &event);
    }
}

static void on_attention(access_model_handle_t handle, const access_message_rx_t *p_message,
                         void *p_args)
{
    health_client_evt_t event = { .type = HEALTH_CLIENT_EVT_TYPE_ATTENTION_STATUS_RECEIVED,
                                  .p_meta_data = &p_message->meta_data };

    (void)handle;
    if (p_message->length == 1) {
        event.data.attention_status.attention = p_message->p_data[0];
        tell(p_args, &event);
    }
}

static const access_opcode_handler_t handlers[] = {
    { ACCESS_OPCODE_SIG(HEALTH_OPCODE_CURRENT_STATUS), on_faults },
    { ACCESS_OPCODE_SIG(HEALTH_OPCODE_FAULT_STATUS), on_faults },
    { ACCESS_OPCODE_SIG(HEALTH_OPCODE_PERIOD_STATUS), on_period },
    { ACCESS_OPCODE_SIG(HEALTH_OPCODE_ATTENTION_STATUS), on_attention },
};

uint32_t health_client_init(health_client_t *p_client, uint16_t element_index,
                            health_client_evt_cb_t event_handler)
{
    access_model_add_params_t params = { .model_id = ACCESS_MODEL_SIG(HEALTH_CLIENT_MODEL_ID),
                                         .element_index = element_index,
                                         .p_opcode_handlers = handlers,
                                         .opcode_count = sizeof(handlers) / sizeof(handlers[0]),
                                         .p_args = p_client };
    uint32_t err;

    if (p_client == NULL || event_handler == NULL) {
        return NRF_ERROR_NULL;
    }
    p_client->event_handler = event_handler;
    p_client->waiting_for_reply = false;
    p_client->p_buffer = NULL;
    err = access_model_add(&params, &p_client->model_handle);
    return err == NRF_SUCCESS ? access_model_subscription_list_alloc(p_client->model_handle) : err;
}

/* -- sending ----------------------------------------------------------------------------------- */

/* A message: its opcode when it is to be answered, and when it is not; and its parameters. */
struct question {
    health_opcode_t acked, unacked, answer;
    uint8_t params[HEALTH_TEST_LEN];
    uint16_t len;
};

_Static_assert(sizeof(((health_client_t *)NULL)->parameters) >= HEALTH_TEST_LEN,
               "the parameters of a question fit");

static void on_status(access_model_handle_t handle, void *p_args, access_reliable_status_t status)
{
    health_client_t *c = p_args;
    health_client_evt_t event = { .type = status == ACCESS_RELIABLE_TRANSFER_TIMEOUT
                                              ? HEALTH_CLIENT_EVT_TYPE_TIMEOUT
                                              : HEALTH_CLIENT_EVT_TYPE_CANCELLED };

    (void)handle;
    c->waiting_for_reply = false;
    c->p_buffer = NULL;
    if (status != ACCESS_RELIABLE_TRANSFER_SUCCESS) {
        tell(c, &event);
    }
}

static access_message_tx_t message_of(health_opcode_t opcode, const uint8_t *params, uint16_t len)
{
    return (access_message_tx_t){ .opcode = ACCESS_OPCODE_SIG((uint16_t)opcode),
                                  .p_buffer = params,
                                  .length = len,
                                  .transmic_size = NRF_MESH_TRANSMIC_SIZE_DEFAULT };
}

static uint32_t send(health_client_t *c, const struct question *q, bool acked)
{
    access_reliable_t reliable = { .reply_opcode = ACCESS_OPCODE_SIG((uint16_t)q->answer),
                                   .timeout = HEALTH_CLIENT_ACKED_TRANSACTION_TIMEOUT,
                                   .status_cb = on_status };
    access_message_tx_t message = message_of(q->unacked, q->params, q->len);
    uint32_t err;

    if (c == NULL) {
        return NRF_ERROR_NULL;
    }
    if (!acked) {
        return access_model_publish(c->model_handle, &message);
    }
    if (!access_reliable_model_is_free(c->model_handle)) {
        return NRF_ERROR_BUSY;
    }
    memcpy(c->parameters, q->params, sizeof(q->params));
    reliable.model_handle = c->model_handle;
    reliable.message = message_of(q->acked, c->parameters, q->len);
    err = access_model_reliable_publish(&reliable);
    c->waiting_for_reply = err == NRF_SUCCESS;
    c->p_buffer = c->waiting_for_reply ? c->parameters : NULL;
    return err;
}

static void write_company(struct question *q, uint16_t company_id)
{
    struct io io = io_writer(q->params, sizeof(q->params));

    io_le16(&io, &company_id);
    q->len = (uint16_t)io_pos(&io);
}

uint32_t health_client_fault_get(health_client_t *p_client, uint16_t company_id)
{
    struct question q = { .acked = HEALTH_OPCODE_FAULT_GET, .answer = HEALTH_OPCODE_FAULT_STATUS };

    write_company(&q, company_id);
    return send(p_client, &q, true);
}

uint32_t health_client_fault_clear(health_client_t *p_client, uint16_t company_id, bool acked)
{
    struct question q = { .acked = HEALTH_OPCODE_FAULT_CLEAR,
                          .unacked = HEALTH_OPCODE_FAULT_CLEAR_UNACKED,
                          .answer = HEALTH_OPCODE_FAULT_STATUS };

    write_company(&q, company_id);
    return send(p_client, &q, acked);
}

uint32_t health_client_fault_test(health_client_t *p_client, uint16_t company_id, uint8_t test_id,
                                  bool acked)
{
    struct question q = { .acked = HEALTH_OPCODE_FAULT_TEST,
                          .unacked = HEALTH_OPCODE_FAULT_TEST_UNACKED,
                          .answer = HEALTH_OPCODE_FAULT_STATUS };
    struct health_test test = { .test_id = test_id, .company = company_id };
    struct io io = io_writer(q.params, sizeof(q.params));

    health_test_fields(&io, &test);
    q.len = (uint16_t)io_pos(&io);
    return send(p_client, &q, acked);
}

/* A question that has an octet, or none. */
static struct question octet_question(health_opcode_t acked, health_opcode_t unacked,
                                      health_opcode_t answer, uint8_t octet)
{
    return (struct question){
        .acked = acked, .unacked = unacked, .answer = answer, .params = { octet }, .len = 1
    };
}

uint32_t health_client_period_get(health_client_t *p_client)
{
    struct question q = { .acked = HEALTH_OPCODE_PERIOD_GET,
                          .answer = HEALTH_OPCODE_PERIOD_STATUS };

    return send(p_client, &q, true);
}

uint32_t health_client_period_set(health_client_t *p_client, uint8_t fast_period_divisor,
                                  bool acked)
{
    struct question q = octet_question(HEALTH_OPCODE_PERIOD_SET, HEALTH_OPCODE_PERIOD_SET_UNACKED,
                                       HEALTH_OPCODE_PERIOD_STATUS, fast_period_divisor);

    return fast_period_divisor <= HEALTH_DIVISOR_MAX ? send(p_client, &q, acked)
                                                     : NRF_ERROR_INVALID_PARAM;
}

uint32_t health_client_attention_get(health_client_t *p_client)
{
    struct question q = { .acked = HEALTH_OPCODE_ATTENTION_GET,
                          .answer = HEALTH_OPCODE_ATTENTION_STATUS };

    return send(p_client, &q, true);
}

uint32_t health_client_attention_set(health_client_t *p_client, uint8_t attention_timer, bool acked)
{
    struct question q =
        octet_question(HEALTH_OPCODE_ATTENTION_SET, HEALTH_OPCODE_ATTENTION_SET_UNACKED,
                       HEALTH_OPCODE_ATTENTION_STATUS, attention_timer);

    return send(p_client, &q, acked);
}

void health_client_pending_msg_cancel(health_client_t *p_client)
{
    (void)access_model_reliable_cancel(p_client->model_handle);
}
