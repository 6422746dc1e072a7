/* See rig.h. */
#include "rig.h"

#include "access_config.h"
#include "nrf_mesh_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

unsigned rig_told[NRF_MESH_EVT_READY_TO_POWER_OFF + 1];
nrf_mesh_evt_t rig_last[NRF_MESH_EVT_READY_TO_POWER_OFF + 1];

static nrf_mesh_evt_handler_t handlers[8];
static unsigned handlers_used;

/* -- storage ----------------------------------------------------------------------------------- */

static unsigned find(const struct rig_store *s, uint16_t key)
{
    unsigned i = 0;

    while (i < RIG_RECORDS && s->record[i].key != key) {
        i++;
    }
    return i;
}

static enum usher_err kv_get(void *ctx, uint16_t key, uint8_t *buf, size_t size, size_t *len)
{
    const struct rig_store *s = ctx;
    unsigned i = find(s, key);

    if (i == RIG_RECORDS) {
        return USHER_E_NOT_FOUND;
    }
    if (s->record[i].len > size) {
        return USHER_E_SIZE;
    }
    *len = s->record[i].len;
    memcpy(buf, s->record[i].data, *len);
    return USHER_OK;
}

static enum usher_err kv_set(void *ctx, uint16_t key, const uint8_t *buf, size_t len)
{
    struct rig_store *s = ctx;
    unsigned i = find(s, key);

    assert_in_range(len, 1, USHER_RECORD_MAX);
    if (s->fails) {
        return USHER_E_INTERNAL;
    }
    i = i == RIG_RECORDS ? find(s, 0) : i;
    assert_in_range(i, 0, RIG_RECORDS - 1);
    s->record[i].key = key;
    s->record[i].len = len;
    memcpy(s->record[i].data, buf, len);
    s->writes++;
    return USHER_OK;
}

static enum usher_err kv_del(void *ctx, uint16_t key)
{
    struct rig_store *s = ctx;
    unsigned i = find(s, key);

    if (s->fails) {
        return USHER_E_INTERNAL;
    }
    if (i != RIG_RECORDS) {
        s->record[i].key = 0;
    }
    return USHER_OK;
}

void rig_store_give(struct rig_store *store, struct usher_port *port)
{
    port->kv_ctx = store;
    port->kv_get = kv_get;
    port->kv_set = kv_set;
    port->kv_del = kv_del;
}

uint8_t *rig_record(struct rig *rig, unsigned n, uint16_t key, size_t **len)
{
    struct rig_store *s = &rig->device[n].store;
    unsigned i = find(s, key);

    if (i == RIG_RECORDS) {
        return NULL;
    }
    *len = &s->record[i].len;
    return s->record[i].data;
}

/* -- devices ----------------------------------------------------------------------------------- */

static void *must(void *memory)
{
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static void switch_on(struct rig *rig, struct rig_device *d)
{
    d->stack = must(calloc(1, sizeof(*d->stack)));
    if (simport_init(&d->port, rig->air, &d->stack->usher, rig->crypto, 4) != USHER_OK) {
        abort();
    }
    rig_store_give(&d->store, &d->port.port);
    (void)layer_stack_enter(d->stack);
    assert_int_equal(nrf_mesh_on_port(&d->port.port), NRF_SUCCESS);
}

static void switch_off(struct rig_device *d)
{
    d->store.fails = true; /* what is not stored is lost */
    if (d->stack->core.initialized) {
        usher_deinit(&d->stack->usher);
    }
    simport_deinit(&d->port);
    free(d->stack);
    d->store.fails = false;
}

struct rig *rig_new(unsigned count)
{
    struct rig *rig = must(calloc(1, sizeof(*rig)));

    rig->air = must(air_new(&(struct air_config){ .seed = 5 }));
    rig->crypto = usher_crypto_openssl_new();
    if (rig->crypto == NULL) {
        abort();
    }
    rig->count = count;
    rig->device = must(calloc(count, sizeof(*rig->device)));
    for (unsigned n = count; n > 0; n--) {
        switch_on(rig, &rig->device[n - 1]);
    }
    memset(rig_told, 0, sizeof(rig_told));
    memset(handlers, 0, sizeof(handlers));
    handlers_used = 0;
    return rig;
}

void rig_free(struct rig *rig)
{
    for (unsigned n = 0; n < rig->count; n++) {
        switch_off(&rig->device[n]);
    }
    air_free(rig->air);
    usher_crypto_openssl_free(rig->crypto);
    free(rig->device);
    free(rig);
}

void rig_enter(struct rig *rig, unsigned n)
{
    (void)layer_stack_enter(rig->device[n].stack);
}

void rig_restart(struct rig *rig, unsigned n)
{
    switch_off(&rig->device[n]);
    switch_on(rig, &rig->device[n]);
}

void rig_run(struct rig *rig, uint64_t ms)
{
    air_run_until(rig->air, air_now_us(rig->air) + ms * 1000);
}

/* -- stacks ------------------------------------------------------------------------------------ */

static uint32_t stack_init(const mesh_stack_models_init_params_t *models)
{
    mesh_stack_init_params_t params = { .core = { .irq_priority = NRF_MESH_IRQ_PRIORITY_LOWEST },
                                        .models = *models };

    return mesh_stack_init(&params, NULL);
}

uint32_t rig_stack_init(void)
{
    return stack_init(&(mesh_stack_models_init_params_t){ .models_init_cb = NULL });
}

static void store(unsigned n)
{
    nrf_mesh_prov_provisioning_data_t data = { .netkey_index = 0,
                                               .address = (uint16_t)(1 + 0x10 * n) };
    uint8_t device_key[NRF_MESH_KEY_SIZE];

    memset(data.netkey, 0x11, sizeof(data.netkey));
    memset(device_key, (int)(0xD0 + n), sizeof(device_key));
    assert_int_equal(mesh_stack_provisioning_data_store(&data, device_key), NRF_SUCCESS);
}

void rig_join(struct rig *rig, unsigned n)
{
    rig_enter(rig, n);
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    store(n);
    assert_int_equal(mesh_stack_start(), NRF_SUCCESS);
}

void rig_join_with(struct rig *rig, unsigned n, const mesh_stack_models_init_params_t *models)
{
    static const uint8_t key[NRF_MESH_KEY_SIZE] = { 0xA1 };
    dsm_handle_t app;

    rig_enter(rig, n);
    assert_int_equal(stack_init(models), NRF_SUCCESS);
    store(n);
    assert_int_equal(dsm_appkey_add(0, 0, key, &app), NRF_SUCCESS);
    assert_int_equal(mesh_stack_start(), NRF_SUCCESS);
}

void rig_publish_to(access_model_handle_t model, uint16_t address)
{
    dsm_handle_t destination, app = dsm_appkey_index_to_appkey_handle(0);

    assert_int_equal(dsm_address_publish_add(address, &destination), NRF_SUCCESS);
    assert_int_equal(access_model_application_bind(model, app), NRF_SUCCESS);
    assert_int_equal(access_model_publish_address_set(model, destination), NRF_SUCCESS);
    assert_int_equal(access_model_publish_application_set(model, app), NRF_SUCCESS);
    assert_int_equal(access_model_publish_ttl_set(model, 4), NRF_SUCCESS);
}

/* -- events ------------------------------------------------------------------------------------ */

static void on_event(const nrf_mesh_evt_t *p_evt)
{
    rig_told[p_evt->type]++;
    rig_last[p_evt->type] = *p_evt;
}

void rig_listen(void)
{
    nrf_mesh_evt_handler_t *handler = &handlers[handlers_used++];

    assert_in_range(handlers_used, 1, 8);
    handler->evt_cb = on_event;
    nrf_mesh_evt_handler_add(handler);
}
