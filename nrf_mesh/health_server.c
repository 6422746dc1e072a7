/*
 * The Health Server (health_server.h): the core's, under a handle. Called by the application; the
 * core calls back for attention and self tests.
 */
#include "health_server.h"

#include "access_config.h"
#include "access_parts.h"
#include "utils.h"

#include <string.h>

health_server_t *health_server_of(struct nrf_mesh_stack *s)
{
    return &s->models.health;
}

static health_server_t *server_of(struct usher_health_server *s)
{
    return PARENT_BY_FIELD_GET(health_server_t, server, s);
}

static void on_attention(struct usher_health_server *s, uint8_t seconds)
{
    struct nrf_mesh_stack *before = layer_stack_enter(s->model.mesh->config.user);
    const health_server_t *server = server_of(s);

    if (server->attention_handler != NULL) {
        server->attention_handler(server, seconds != 0);
    }
    (void)layer_stack_enter(before);
}

static bool on_test(struct usher_health_server *s, uint8_t test_id)
{
    struct nrf_mesh_stack *before = layer_stack_enter(s->model.mesh->config.user);
    health_server_t *server = server_of(s);
    health_server_selftest_cb_t test = NULL;

    for (unsigned i = 0; i < server->num_selftests; i++) {
        if (server->p_selftests[i].test_id == test_id) {
            test = server->p_selftests[i].selftest_function;
        }
    }
    if (test != NULL) {
        test(server, server->company_id, test_id);
    }
    (void)layer_stack_enter(before);
    return test != NULL;
}

uint32_t health_server_init(health_server_t *p_server, uint16_t element_index, uint16_t company_id,
                            health_server_attention_cb_t attention_cb,
                            const health_server_selftest_t *p_selftest_array, uint8_t num_selftests)
{
    if (p_server == NULL || (p_selftest_array == NULL && num_selftests != 0)) {
        return NRF_ERROR_NULL;
    }
    if (access_handle_of(&p_server->server.model) != ACCESS_HANDLE_INVALID) {
        return NRF_ERROR_FORBIDDEN;
    }
    memset(p_server, 0, sizeof(*p_server));
    p_server->company_id = company_id;
    p_server->p_selftests = p_selftest_array;
    p_server->num_selftests = num_selftests;
    p_server->attention_handler = attention_cb;
    usher_health_server_init(&p_server->server, company_id);
    p_server->server.attention = on_attention;
    p_server->server.test = on_test;
    return access_attach(&p_server->server.model, element_index, &p_server->model_handle);
}

void health_server_fault_register(health_server_t *p_server, uint8_t fault_code)
{
    if (fault_code != HEALTH_FAULT_ID_NO_FAULT) {
        usher_health_fault_set(&p_server->server, fault_code, true);
    }
}

void health_server_fault_clear(health_server_t *p_server, uint8_t fault_code)
{
    usher_health_fault_set(&p_server->server, fault_code, false);
}

bool health_server_fault_is_set(const health_server_t *p_server, uint8_t fault_code)
{
    return memchr(p_server->server.current, fault_code, p_server->server.current_count) != NULL;
}

uint8_t health_server_fault_count_get(const health_server_t *p_server)
{
    return p_server->server.current_count;
}

uint8_t health_server_attention_get(const health_server_t *p_server)
{
    return usher_health_attention(&p_server->server);
}

void health_server_attention_set(health_server_t *p_server, uint8_t attention)
{
    if (p_server->server.model.mesh != NULL) {
        usher_health_attention_set(&p_server->server, attention);
    }
}
