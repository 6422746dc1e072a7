/*
 * One node on a simulated air (one_node.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "one_node.h"

#include "nrf_mesh_port.h"
#include "simport.h"

#include <string.h>

static struct {
    struct nrf_mesh_stack stack;
    struct nrf_mesh_stack *before;
    struct air *air;
    struct simport port;
    const struct usher_crypto *crypto;
} node;

struct nrf_mesh_stack *one_node_start(bool init)
{
    nrf_mesh_init_params_t params = { .irq_priority = NRF_MESH_IRQ_PRIORITY_THREAD };

    memset(&node, 0, sizeof(node));
    node.before = layer_stack_enter(&node.stack);
    node.air = air_new(&(struct air_config){ .seed = 7 });
    node.crypto = usher_crypto_openssl_new();
    assert_non_null(node.air);
    assert_non_null(node.crypto);
    assert_int_equal(simport_init(&node.port, node.air, &node.stack.usher, node.crypto, 4),
                     USHER_OK);
    assert_int_equal(nrf_mesh_on_port(&node.port.port), NRF_SUCCESS);
    if (init) {
        assert_int_equal(nrf_mesh_init(&params), NRF_SUCCESS);
    }
    return &node.stack;
}

void one_node_run_ms(uint32_t ms)
{
    air_run_until(node.air, air_now_us(node.air) + ms * UINT64_C(1000));
}

void one_node_stop(void)
{
    if (node.stack.core.initialized) {
        usher_deinit(&node.stack.usher);
    }
    simport_deinit(&node.port);
    air_free(node.air);
    usher_crypto_openssl_free(node.crypto);
    (void)layer_stack_enter(node.before);
}
