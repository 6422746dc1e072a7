/*
 * Entries as an application has them: mesh_config.h, mesh_config_entry.h, mesh_config_listener.h,
 * nrf_mesh_section.h, flash_manager.h. Declared, set, got, deleted, loaded, and what storage does
 * to them.
 */
#include "flash_manager.h"
#include "mesh_config.h"
#include "mesh_config_listener.h"
#include "mesh_opt.h"
#include "nrf_mesh_events.h"
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* -- an application's entries ------------------------------------------------------------------ */

#define FILE_APP 0x0010
#define FILE_SLOW 0x0011
#define FILE_RAM 0x0012
#define FILE_MODEL 0x0004 /* one of the stack's: model_config_file.c */

/* What an application that was written for 32 bits keeps: 64 octets there, and 72 on a host. */
typedef struct {
    uint8_t counters[2];
    uint16_t last_address;
    uint8_t more[8];
    const char *p_current_uri;
    uint8_t keys[3][NRF_MESH_KEY_SIZE];
} network_t;

_Static_assert(sizeof(void *) != 8 || sizeof(network_t) == 72, "as the portability trap has it");

#define NETWORK_ID MESH_CONFIG_ENTRY_ID(FILE_APP, 0x0001)
#define ROW_ID MESH_CONFIG_ENTRY_ID(FILE_APP, 0x0100)
#define ROW_COUNT 3
#define DEFAULT_ID MESH_CONFIG_ENTRY_ID(FILE_APP, 0x0200)
#define SLOW_ID MESH_CONFIG_ENTRY_ID(FILE_SLOW, 1)
#define RAM_ID MESH_CONFIG_ENTRY_ID(FILE_RAM, 1)
#define MODEL_ID MESH_CONFIG_ENTRY_ID(FILE_MODEL, 0x0F00)
#define NO_FILE_ID MESH_CONFIG_ENTRY_ID(0x0013, 1)
#define REFUSED 0xDEADu

static struct {
    network_t network;
    uint32_t row[ROW_COUNT];
    uint32_t with_default;
    uint32_t slow, ram, model;
    unsigned deleted;
} app;

static uint32_t network_set(mesh_config_entry_id_t id, const void *p_entry)
{
    assert_int_equal(id.record, 1);
    memcpy(&app.network, p_entry, sizeof(app.network));
    return NRF_SUCCESS;
}

static void network_get(mesh_config_entry_id_t id, void *p_entry)
{
    assert_int_equal(id.file, FILE_APP);
    memcpy(p_entry, &app.network, sizeof(app.network));
}

static void network_delete(mesh_config_entry_id_t id)
{
    assert_int_equal(id.record, 1);
    memset(&app.network, 0, sizeof(app.network));
    app.deleted++;
}

static uint32_t *number_of(mesh_config_entry_id_t id)
{
    switch (id.file) {
    case FILE_SLOW:
        return &app.slow;
    case FILE_RAM:
        return &app.ram;
    case FILE_MODEL:
        return &app.model;
    default:
        return id.record == 0x0200 ? &app.with_default : &app.row[id.record - 0x0100];
    }
}

static uint32_t number_set(mesh_config_entry_id_t id, const void *p_entry)
{
    if (*(const uint32_t *)p_entry == REFUSED) {
        return NRF_ERROR_FORBIDDEN;
    }
    *number_of(id) = *(const uint32_t *)p_entry;
    return NRF_SUCCESS;
}

static void number_get(mesh_config_entry_id_t id, void *p_entry)
{
    *(uint32_t *)p_entry = *number_of(id);
}

MESH_CONFIG_FILE(m_app_file, FILE_APP, MESH_CONFIG_STRATEGY_CONTINUOUS);
MESH_CONFIG_FILE(m_slow_file, FILE_SLOW, MESH_CONFIG_STRATEGY_ON_POWER_DOWN);
MESH_CONFIG_FILE(m_ram_file, FILE_RAM, MESH_CONFIG_STRATEGY_NON_PERSISTENT);
MESH_CONFIG_ENTRY(network, NETWORK_ID, 1, sizeof(network_t), network_set, network_get,
                  network_delete, false);
MESH_CONFIG_ENTRY(row, ROW_ID, ROW_COUNT, sizeof(uint32_t), number_set, number_get, NULL, false);
MESH_CONFIG_ENTRY(with_default, DEFAULT_ID, 1, sizeof(uint32_t), number_set, number_get, NULL,
                  true);
MESH_CONFIG_ENTRY(slow, SLOW_ID, 1, sizeof(uint32_t), number_set, number_get, NULL, false);
MESH_CONFIG_ENTRY(ram, RAM_ID, 1, sizeof(uint32_t), number_set, number_get, NULL, false);
MESH_CONFIG_ENTRY(model, MODEL_ID, 1, sizeof(uint32_t), number_set, number_get, NULL, false);
MESH_CONFIG_ENTRY(no_file, NO_FILE_ID, 1, sizeof(uint32_t), number_set, number_get, NULL, false);

uint32_t stats_set(const network_t *p_entry);
uint32_t stats_get(network_t *p_entry);
uint32_t stats_delete(void);
MESH_CONFIG_ENTRY_API_DEFINE(stats, NETWORK_ID, network_t)
MESH_CONFIG_ENTRY_ARRAY_WRAPPER_DECLARE(numbers, ROW_ID, uint32_t, uint16_t, ROW_COUNT)

static struct {
    unsigned set, deleted;
    uint32_t value;
    mesh_config_entry_id_t id;
} heard;

static void on_change(mesh_config_change_reason_t reason, mesh_config_entry_id_t id,
                      const void *p_entry)
{
    heard.id = id;
    if (reason == MESH_CONFIG_CHANGE_REASON_SET) {
        heard.set++;
        heard.value = *(const uint32_t *)p_entry;
    } else {
        heard.deleted++;
        assert_null(p_entry);
    }
}

MESH_CONFIG_LISTENER(m_default_listener, DEFAULT_ID, on_change);

/* -- the tests --------------------------------------------------------------------------------- */

static struct rig *start(void)
{
    struct rig *rig = rig_new(1);
    nrf_mesh_init_params_t params = { .irq_priority = NRF_MESH_IRQ_PRIORITY_LOWEST };

    memset(&app, 0, sizeof(app));
    memset(&heard, 0, sizeof(heard));
    assert_int_equal(nrf_mesh_init(&params), NRF_SUCCESS);
    mesh_config_load();
    rig_listen();
    return rig;
}

/* The power goes, and what is in memory with it. */
static void restart(struct rig *rig)
{
    nrf_mesh_init_params_t params = { .irq_priority = NRF_MESH_IRQ_PRIORITY_LOWEST };

    rig_restart(rig, 0);
    memset(&app, 0, sizeof(app));
    memset(&heard, 0, sizeof(heard));
    assert_int_equal(nrf_mesh_init(&params), NRF_SUCCESS);
    rig_listen();
    memset(rig_told, 0, sizeof(rig_told));
    mesh_config_load();
}

static void values_and_layouts_are_the_sdks(void **state)
{
    (void)state;
    assert_int_equal(MESH_CONFIG_STRATEGY_NON_PERSISTENT, 0);
    assert_int_equal(MESH_CONFIG_STRATEGY_CONTINUOUS, 1);
    assert_int_equal(MESH_CONFIG_STRATEGY_ON_POWER_DOWN, 2);
    assert_int_equal(MESH_CONFIG_CHANGE_REASON_SET, 0);
    assert_int_equal(MESH_CONFIG_CHANGE_REASON_DELETE, 1);
    assert_int_equal(MESH_CONFIG_LOAD_FAILURE_INVALID_LENGTH, 0);
    assert_int_equal(MESH_CONFIG_LOAD_FAILURE_INVALID_DATA, 1);
    assert_int_equal(MESH_CONFIG_LOAD_FAILURE_INVALID_ID, 2);
    assert_int_equal(offsetof(mesh_config_entry_id_t, file), 0);
    assert_int_equal(offsetof(mesh_config_entry_id_t, record), 2);
    assert_int_equal(sizeof(mesh_config_entry_id_t), 4);
    assert_true(MESH_CONFIG_ENTRY_MAX_SIZE >= 64 &&
                sizeof(network_t) <= MESH_CONFIG_ENTRY_MAX_SIZE);
    assert_int_equal(m_app_file.id, FILE_APP);
    assert_int_equal(m_app_file.strategy, MESH_CONFIG_STRATEGY_CONTINUOUS);
    assert_int_equal(m_network_params.p_id->file, FILE_APP);
    assert_int_equal(m_row_params.max_count, ROW_COUNT);
    assert_int_equal(m_network_params.entry_size, sizeof(network_t));
}

static void an_entry_answers_as_documented(void **state)
{
    struct rig *rig = start();
    network_t in = { .counters = { 1, 2 }, .last_address = 0x0123 }, out;
    uint32_t number = 7;

    (void)state;
    assert_int_equal(mesh_config_entry_set(NETWORK_ID, NULL), NRF_ERROR_NULL);
    assert_int_equal(mesh_config_entry_get(NETWORK_ID, NULL), NRF_ERROR_NULL);
    assert_int_equal(mesh_config_entry_get(NETWORK_ID, &out), NRF_ERROR_INVALID_STATE);
    assert_int_equal(mesh_config_entry_delete(NETWORK_ID), NRF_ERROR_INVALID_STATE);
    assert_int_equal(mesh_config_entry_set(MESH_CONFIG_ENTRY_ID(FILE_APP, 2), &in),
                     NRF_ERROR_NOT_FOUND);
    assert_int_equal(mesh_config_entry_get(MESH_CONFIG_ENTRY_ID(0x00FF, 1), &out),
                     NRF_ERROR_NOT_FOUND);
    assert_int_equal(mesh_config_entry_delete(MESH_CONFIG_ENTRY_ID(0x00FF, 1)),
                     NRF_ERROR_NOT_FOUND);
    assert_int_equal(mesh_config_entry_set(NO_FILE_ID, &number), NRF_ERROR_NOT_FOUND);

    assert_int_equal(mesh_config_entry_set(NETWORK_ID, &in), NRF_SUCCESS);
    assert_int_equal(mesh_config_entry_get(NETWORK_ID, &out), NRF_SUCCESS);
    assert_memory_equal(&in, &out, sizeof(in));
    assert_int_equal(mesh_config_entry_delete(NETWORK_ID), NRF_SUCCESS);
    assert_int_equal(app.deleted, 1);
    assert_int_equal(mesh_config_entry_get(NETWORK_ID, &out), NRF_ERROR_INVALID_STATE);

    assert_int_equal(stats_set(&in), NRF_SUCCESS);
    memset(&out, 0, sizeof(out));
    assert_int_equal(stats_get(&out), NRF_SUCCESS);
    assert_memory_equal(&in, &out, sizeof(in));
    assert_int_equal(stats_delete(), NRF_SUCCESS);
    rig_free(rig);
}

static void a_setter_may_refuse(void **state)
{
    struct rig *rig = start();
    uint32_t number = 7, out = 0;

    (void)state;
    assert_int_equal(mesh_config_entry_set(ROW_ID, &number), NRF_SUCCESS);
    number = REFUSED;
    assert_int_equal(mesh_config_entry_set(ROW_ID, &number), NRF_ERROR_FORBIDDEN);
    assert_int_equal(mesh_config_entry_get(ROW_ID, &out), NRF_SUCCESS);
    assert_int_equal(out, 7);
    restart(rig);
    assert_int_equal(mesh_config_entry_get(ROW_ID, &out), NRF_SUCCESS);
    assert_int_equal(out, 7);
    rig_free(rig);
}

static void entries_in_a_row_have_indexes(void **state)
{
    struct rig *rig = start();
    mesh_config_entry_id_t id = ROW_ID;
    uint32_t number, out = 0;

    (void)state;
    for (uint16_t i = 0; i < ROW_COUNT; i++) {
        number = 100u + i;
        assert_true(mesh_config_entry_available_id(&id));
        assert_int_equal(id.record, 0x0100 + i);
        assert_int_equal(numbers_set(i, &number), NRF_SUCCESS);
        assert_int_equal(numbers_get(i, &out), NRF_SUCCESS);
        assert_int_equal(out, 100 + i);
    }
    assert_false(mesh_config_entry_available_id(&id));
    assert_int_equal(numbers_set(ROW_COUNT, &number), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(numbers_get(ROW_COUNT, &out), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(numbers_delete(ROW_COUNT), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(numbers_delete(1), NRF_SUCCESS);
    assert_int_equal(numbers_get(1, &out), NRF_ERROR_INVALID_STATE);
    assert_true(mesh_config_entry_available_id(&id));
    assert_int_equal(id.record, 0x0101);
    id = MESH_CONFIG_ENTRY_ID(FILE_APP, 0x0300);
    assert_false(mesh_config_entry_available_id(&id));
    restart(rig);
    assert_int_equal(numbers_get(0, &out), NRF_SUCCESS);
    assert_int_equal(out, 100);
    assert_int_equal(numbers_get(1, &out), NRF_ERROR_INVALID_STATE);
    assert_int_equal(numbers_get(2, &out), NRF_SUCCESS);
    assert_int_equal(out, 102);
    rig_free(rig);
}

static void a_default_may_be_got_and_listeners_are_told(void **state)
{
    struct rig *rig = start();
    uint32_t number = 42, out = 1;

    (void)state;
    app.with_default = 5;
    assert_int_equal(mesh_config_entry_get(DEFAULT_ID, &out), NRF_SUCCESS);
    assert_int_equal(out, 5);
    assert_int_equal(mesh_config_entry_set(DEFAULT_ID, &number), NRF_SUCCESS);
    assert_int_equal(heard.set, 1);
    assert_int_equal(heard.value, 42);
    assert_int_equal(heard.id.file, FILE_APP);
    assert_int_equal(heard.id.record, 0x0200);
    assert_int_equal(mesh_config_entry_set(ROW_ID, &number), NRF_SUCCESS);
    assert_int_equal(heard.set, 1); /* of another entry */
    assert_int_equal(mesh_config_entry_delete(DEFAULT_ID), NRF_SUCCESS);
    assert_int_equal(heard.deleted, 1);
    rig_free(rig);
}

static void what_is_set_survives_as_its_file_says(void **state)
{
    struct rig *rig = start();
    network_t in = { .keys = { { 1 }, { 2 }, { 3 } } };
    uint32_t number = 9, out;

    (void)state;
    assert_int_equal(stats_set(&in), NRF_SUCCESS);
    assert_int_equal(mesh_config_entry_set(SLOW_ID, &number), NRF_SUCCESS);
    assert_int_equal(mesh_config_entry_set(RAM_ID, &number), NRF_SUCCESS);
    assert_int_equal(mesh_config_entry_set(MODEL_ID, &number), NRF_SUCCESS);
    restart(rig);
    assert_memory_equal(&app.network, &in, sizeof(in));
    assert_int_equal(app.model, 9);
    assert_int_equal(mesh_config_entry_get(SLOW_ID, &out), NRF_ERROR_INVALID_STATE);
    assert_int_equal(mesh_config_entry_get(RAM_ID, &out), NRF_ERROR_INVALID_STATE);

    assert_int_equal(mesh_config_entry_set(SLOW_ID, &number), NRF_SUCCESS);
    assert_int_equal(mesh_config_entry_set(RAM_ID, &number), NRF_SUCCESS);
    assert_false(mesh_config_is_busy()); /* it waits for the power to go */
    assert_true(mesh_config_power_down_time_get() > 0);
    mesh_config_power_down();
    rig_run(rig, 10);
    restart(rig);
    assert_int_equal(mesh_config_entry_get(SLOW_ID, &out), NRF_SUCCESS);
    assert_int_equal(out, 9);
    assert_int_equal(mesh_config_entry_get(RAM_ID, &out), NRF_ERROR_INVALID_STATE);
    assert_int_equal(rig_told[NRF_MESH_EVT_CONFIG_LOAD_FAILURE], 0);
    rig_free(rig);
}

static void stable_is_told_once_after_changes(void **state)
{
    struct rig *rig = start();
    uint32_t number = 9;

    (void)state;
    rig_run(rig, 100);
    assert_int_equal(rig_told[NRF_MESH_EVT_CONFIG_STABLE], 0);
    assert_int_equal(mesh_config_entry_set(ROW_ID, &number), NRF_SUCCESS);
    assert_int_equal(mesh_config_entry_set(MODEL_ID, &number), NRF_SUCCESS);
    assert_int_equal(rig_told[NRF_MESH_EVT_CONFIG_STABLE], 0); /* from the loop */
    rig_run(rig, 100);
    assert_int_equal(rig_told[NRF_MESH_EVT_FLASH_STABLE], 1);
    assert_int_equal(rig_told[NRF_MESH_EVT_CONFIG_STABLE], 1);
    assert_true(flash_manager_is_stable());
    assert_int_equal(mesh_config_entry_delete(ROW_ID), NRF_SUCCESS);
    rig_run(rig, 100);
    assert_int_equal(rig_told[NRF_MESH_EVT_CONFIG_STABLE], 2);
    rig_free(rig);
}

static void storage_that_fails_is_told_and_tried_again(void **state)
{
    struct rig *rig = start();
    uint32_t number = 9, out = 0;

    (void)state;
    assert_int_equal(mesh_config_entry_set(ROW_ID, &number), NRF_SUCCESS);
    rig_run(rig, 100);
    rig->device[0].store.fails = true;
    number = 10;
    assert_int_equal(mesh_config_entry_set(ROW_ID, &number), NRF_SUCCESS);
    assert_int_equal(numbers_set(1, &number), NRF_SUCCESS);
    assert_true(mesh_config_is_busy());
    assert_false(flash_manager_is_stable());
    rig_run(rig, 3500);
    flash_manager_wait(); /* does what it can */
    assert_false(flash_manager_is_stable());
    assert_int_equal(rig_told[NRF_MESH_EVT_CONFIG_STORAGE_FAILURE], 1);
    assert_int_equal(
        rig_last[NRF_MESH_EVT_CONFIG_STORAGE_FAILURE].params.config_storage_failure.id.file,
        FILE_APP);
    assert_int_equal(
        rig_last[NRF_MESH_EVT_CONFIG_STORAGE_FAILURE].params.config_storage_failure.id.record,
        0x0100);
    assert_int_equal(rig_told[NRF_MESH_EVT_CONFIG_STABLE], 1);

    rig->device[0].store.fails = false;
    rig_run(rig, 1100);
    assert_int_equal(rig_told[NRF_MESH_EVT_CONFIG_STABLE], 2);
    assert_false(mesh_config_is_busy());
    restart(rig);
    assert_int_equal(numbers_get(0, &out), NRF_SUCCESS);
    assert_int_equal(out, 10);
    assert_int_equal(numbers_get(1, &out), NRF_SUCCESS);
    assert_int_equal(out, 10);

    rig->device[0].store.fails = true; /* a deletion that does not come through */
    assert_int_equal(numbers_delete(0), NRF_SUCCESS);
    assert_int_equal(numbers_get(0, &out), NRF_ERROR_INVALID_STATE);
    rig_run(rig, 500);
    rig->device[0].store.fails = false;
    rig_run(rig, 1000);
    restart(rig);
    assert_int_equal(numbers_get(0, &out), NRF_ERROR_INVALID_STATE);
    assert_int_equal(numbers_get(1, &out), NRF_SUCCESS);
    rig_free(rig);
}

static uint64_t much_later(void *ctx)
{
    const struct rig *rig = ctx;

    return rig->device[0].port.port.now_ms(rig->device[0].port.port.ctx) + 5000;
}

/* The loop had no turn between two failures. */
static void storage_that_fails_twice_is_told(void **state)
{
    struct rig *rig = start();
    struct usher_port *port = &layer_stack()->core.port, as_it_is = *port;
    uint32_t number = 9;

    (void)state;
    rig->device[0].store.fails = true;
    assert_int_equal(mesh_config_entry_set(ROW_ID, &number), NRF_SUCCESS);
    port->now_ms = much_later;
    port->ctx = rig;
    assert_int_equal(mesh_config_entry_set(ROW_ID, &number), NRF_SUCCESS);
    *port = as_it_is;
    assert_int_equal(rig_told[NRF_MESH_EVT_CONFIG_STORAGE_FAILURE], 0);
    rig_run(rig, 100);
    assert_int_equal(rig_told[NRF_MESH_EVT_CONFIG_STORAGE_FAILURE], 1);
    rig_free(rig);
}

/* The record in storage that holds the one entry that is set. */
static uint8_t *only_record(struct rig *rig, size_t **len)
{
    for (unsigned key = STACK_RECORD_CONFIG; key < STACK_RECORD_DSM; key++) {
        uint8_t *record = rig_record(rig, 0, (uint16_t)key, len);

        if (record != NULL) {
            return record;
        }
    }
    fail();
    return NULL;
}

static void assert_not_loaded(struct rig *rig, mesh_config_load_failure_t reason)
{
    uint32_t out;

    restart(rig);
    assert_int_equal(rig_told[NRF_MESH_EVT_CONFIG_LOAD_FAILURE], 1);
    assert_int_equal(rig_last[NRF_MESH_EVT_CONFIG_LOAD_FAILURE].params.config_load_failure.reason,
                     reason);
    assert_int_equal(rig_last[NRF_MESH_EVT_CONFIG_LOAD_FAILURE].params.config_load_failure.id.file,
                     FILE_APP);
    assert_int_equal(
        rig_last[NRF_MESH_EVT_CONFIG_LOAD_FAILURE].params.config_load_failure.id.record, 0x0100);
    assert_int_equal(mesh_config_entry_get(ROW_ID, &out), NRF_ERROR_INVALID_STATE);
}

static void what_cannot_be_loaded_is_told(void **state)
{
    struct rig *rig = start();
    uint32_t number = 0x01020304, refused = REFUSED, out = 0;
    uint8_t *record;
    size_t *len;

    (void)state;
    assert_int_equal(mesh_config_entry_set(ROW_ID, &number), NRF_SUCCESS);
    record = only_record(rig, &len);
    assert_int_equal(*len, 5);
    *len = 4;
    assert_not_loaded(rig, MESH_CONFIG_LOAD_FAILURE_INVALID_LENGTH);
    assert_int_equal(rig_last[NRF_MESH_EVT_CONFIG_LOAD_FAILURE].params.config_load_failure.data_len,
                     3);
    *len = 5;
    memcpy(record + 1, &refused, sizeof(refused));
    assert_not_loaded(rig, MESH_CONFIG_LOAD_FAILURE_INVALID_DATA);
    assert_int_equal(rig_last[NRF_MESH_EVT_CONFIG_LOAD_FAILURE].params.config_load_failure.data_len,
                     4);
    record[0] ^= 1; /* another format */
    assert_not_loaded(rig, MESH_CONFIG_LOAD_FAILURE_INVALID_DATA);

    assert_int_equal(mesh_config_entry_set(ROW_ID, &number), NRF_SUCCESS); /* it may be set anew */
    restart(rig);
    assert_int_equal(mesh_config_entry_get(ROW_ID, &out), NRF_SUCCESS);
    assert_int_equal(out, number);
    rig_free(rig);
}

static void an_entry_that_there_is_no_more_is_told(void **state)
{
    struct rig *rig = start();
    uint32_t number = 1;
    uint8_t *directory;
    size_t *len;

    (void)state;
    assert_int_equal(mesh_config_entry_set(ROW_ID, &number), NRF_SUCCESS);
    directory = rig_record(rig, 0, STACK_RECORD_CONFIG_DIRECTORY, &len);
    assert_non_null(directory);
    assert_memory_equal(directory + 1, "\x10\x00\x00\x01", 4);
    directory[4] = 0x77;
    restart(rig);
    assert_int_equal(rig_told[NRF_MESH_EVT_CONFIG_LOAD_FAILURE], 1);
    assert_int_equal(rig_last[NRF_MESH_EVT_CONFIG_LOAD_FAILURE].params.config_load_failure.reason,
                     MESH_CONFIG_LOAD_FAILURE_INVALID_ID);
    assert_int_equal(
        rig_last[NRF_MESH_EVT_CONFIG_LOAD_FAILURE].params.config_load_failure.id.record, 0x7700);
    rig_free(rig);
}

static void clearing_leaves_files_of_the_application(void **state)
{
    struct rig *rig = start();
    uint32_t number = 9, out;

    (void)state;
    assert_int_equal(mesh_config_entry_set(ROW_ID, &number), NRF_SUCCESS);
    assert_int_equal(mesh_config_entry_set(MODEL_ID, &number), NRF_SUCCESS);
    mesh_config_clear();
    assert_int_equal(mesh_config_entry_get(MODEL_ID, &out), NRF_ERROR_INVALID_STATE);
    assert_int_equal(mesh_config_entry_get(ROW_ID, &out), NRF_SUCCESS);
    restart(rig);
    assert_int_equal(mesh_config_entry_get(MODEL_ID, &out), NRF_ERROR_INVALID_STATE);
    assert_int_equal(mesh_config_entry_get(ROW_ID, &out), NRF_SUCCESS);
    mesh_config_file_clear(FILE_APP);
    assert_int_equal(mesh_config_entry_get(ROW_ID, &out), NRF_ERROR_INVALID_STATE);
    restart(rig);
    assert_int_equal(mesh_config_entry_get(ROW_ID, &out), NRF_ERROR_INVALID_STATE);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_layouts_are_the_sdks),
        cmocka_unit_test(an_entry_answers_as_documented),
        cmocka_unit_test(a_setter_may_refuse),
        cmocka_unit_test(entries_in_a_row_have_indexes),
        cmocka_unit_test(a_default_may_be_got_and_listeners_are_told),
        cmocka_unit_test(what_is_set_survives_as_its_file_says),
        cmocka_unit_test(stable_is_told_once_after_changes),
        cmocka_unit_test(storage_that_fails_is_told_and_tried_again),
        cmocka_unit_test(storage_that_fails_twice_is_told),
        cmocka_unit_test(what_cannot_be_loaded_is_told),
        cmocka_unit_test(an_entry_that_there_is_no_more_is_told),
        cmocka_unit_test(clearing_leaves_files_of_the_application),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
