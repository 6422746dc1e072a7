/*
 * Entries (mesh_config.h, mesh_config_entry.h): which are set, and how they come into storage and
 * out of it. Their values are where their getters find them.
 *
 * An entry that is set has a place in a table. The port keeps its value under the number of that
 * place, and beside the values a directory, which says what is where: an entry that is not in the
 * directory is not there, so that a value is written before its line, and a line taken out before
 * its value.
 */
#include "mesh_config.h"

#include "flash_manager.h"
#include "mesh_config_listener.h"
#include "mesh_opt.h"
#include "model.h"
#include "stack.h"
#include "store.h"

#include <string.h>

#define FORMAT 0x01u /* the first octet of a record */
#define LINES 64u    /* of a directory record */
#define LINE 4u      /* octets */
#define FREE_FILE 0xFFFFu
#define RETRY_MS 1000u
#define WRITE_US 20000u /* what a write may take */
#define CHUNKS ((MESH_CONFIG_RECORDS_MAX + LINES - 1) / LINES)

_Static_assert(MESH_CONFIG_ENTRY_MAX_SIZE + 1 <= USHER_RECORD_MAX, "an entry fits into a record");
_Static_assert(1 + LINES * LINE <= USHER_RECORD_MAX, "so does a part of the directory");
_Static_assert(CHUNKS <= STACK_RECORD_CONFIG - STACK_RECORD_CONFIG_DIRECTORY &&
                   MESH_CONFIG_RECORDS_MAX <= STACK_RECORD_DSM - STACK_RECORD_CONFIG,
               "keys of entries are the entries' own");

NRF_MESH_SECTION_DEF_FLASH(mesh_config_files, mesh_config_file_params_t);
NRF_MESH_SECTION_DEF_FLASH(mesh_config_entries, mesh_config_entry_params_t);
NRF_MESH_SECTION_DEF_FLASH(mesh_config_entry_listeners, mesh_config_listener_t);

/* A value on its way, as any type can have it. */
union value {
    max_align_t align;
    uint8_t octets[MESH_CONFIG_ENTRY_MAX_SIZE];
};

/* -- what is declared -------------------------------------------------------------------------- */

static const mesh_config_file_params_t *file_of(mesh_config_entry_id_t id)
{
    NRF_MESH_SECTION_FOR_EACH(mesh_config_files, mesh_config_file_params_t, file)
    {
        if (file->id == id.file) {
            return file;
        }
    }
    return NULL;
}

static const mesh_config_entry_params_t *params_of(mesh_config_entry_id_t id)
{
    NRF_MESH_SECTION_FOR_EACH(mesh_config_entries, mesh_config_entry_params_t, params)
    {
        if (params->p_id->file == id.file && id.record >= params->p_id->record &&
            id.record - params->p_id->record < params->max_count) {
            return params;
        }
    }
    return NULL;
}

static void tell_listeners(mesh_config_change_reason_t reason, mesh_config_entry_id_t id,
                           const void *p_entry)
{
    NRF_MESH_SECTION_FOR_EACH(mesh_config_entry_listeners, mesh_config_listener_t, listener)
    {
        if (listener->p_id->file == id.file && listener->p_id->record == id.record) {
            listener->callback(reason, id, p_entry);
        }
    }
}

/* -- places ------------------------------------------------------------------------------------ */

static struct config_state *config(void)
{
    return &layer_stack()->core.config;
}

static bool is_taken(const struct config_place *p)
{
    return p->used || p->stored;
}

static struct config_place *place_of(mesh_config_entry_id_t id)
{
    for (unsigned i = 0; i < MESH_CONFIG_RECORDS_MAX; i++) {
        struct config_place *p = &config()->places[i];

        if (is_taken(p) && p->id.file == id.file && p->id.record == id.record) {
            return p;
        }
    }
    return NULL;
}

static struct config_place *free_place(void)
{
    for (unsigned i = 0; i < MESH_CONFIG_RECORDS_MAX; i++) {
        if (!is_taken(&config()->places[i])) {
            return &config()->places[i];
        }
    }
    return NULL;
}

static bool is_set(mesh_config_entry_id_t id)
{
    const struct config_place *p = place_of(id);

    return p != NULL && p->used;
}

/* -- storing ----------------------------------------------------------------------------------- */

static const struct usher_port *port(void)
{
    return &layer_stack()->core.port;
}

static uint16_t key_of(const struct config_place *p)
{
    return (uint16_t)(STACK_RECORD_CONFIG + (p - config()->places));
}

static enum usher_err store_directory(const struct config_place *p)
{
    unsigned chunk = (unsigned)(p - config()->places) / LINES;
    uint8_t record[1 + LINES * LINE] = { FORMAT };

    memset(record + 1, 0xFF, sizeof(record) - 1);
    for (unsigned i = 0; i < LINES && chunk * LINES + i < MESH_CONFIG_RECORDS_MAX; i++) {
        const struct config_place *line = &config()->places[chunk * LINES + i];
        uint8_t *out = record + 1 + LINE * i;

        if (line->stored) {
            out[0] = (uint8_t)line->id.file;
            out[1] = (uint8_t)(line->id.file >> 8);
            out[2] = (uint8_t)line->id.record;
            out[3] = (uint8_t)(line->id.record >> 8);
        }
    }
    return port()->kv_set(port()->kv_ctx, (uint16_t)(STACK_RECORD_CONFIG_DIRECTORY + chunk), record,
                          sizeof(record));
}

static enum usher_err store_value(struct config_place *p)
{
    const mesh_config_entry_params_t *params = params_of(p->id);
    uint8_t record[1 + MESH_CONFIG_ENTRY_MAX_SIZE] = { FORMAT };
    union value value = { .octets = { 0 } };
    enum usher_err err;

    params->callbacks.getter(p->id, &value);
    memcpy(record + 1, value.octets, params->entry_size);
    err = port()->kv_set(port()->kv_ctx, key_of(p), record, 1u + params->entry_size);
    if (err == USHER_OK && !p->stored) {
        p->stored = true;
        err = store_directory(p);
        p->stored = err == USHER_OK;
    }
    return err;
}

static enum usher_err remove_value(struct config_place *p)
{
    enum usher_err err;

    p->stored = false;
    err = store_directory(p);
    if (err != USHER_OK) {
        p->stored = true;
        return err;
    }
    return port()->kv_del(port()->kv_ctx, key_of(p)); /* if it stays, it counts for nothing */
}

static mesh_config_strategy_t strategy_of(mesh_config_entry_id_t id)
{
    const mesh_config_file_params_t *file = file_of(id);

    return file != NULL ? file->strategy : MESH_CONFIG_STRATEGY_NON_PERSISTENT;
}

static bool is_due(const struct config_place *p)
{
    return p->dirty && (!p->used || config()->powering_down ||
                        strategy_of(p->id) != MESH_CONFIG_STRATEGY_ON_POWER_DOWN);
}

/* Storage follows one place. After a failure the others wait, too. */
static void store(struct config_place *p, uint64_t now)
{
    struct config_state *c = config();
    enum usher_err err = USHER_OK;

    if (store_able(port())) {
        err = p->used ? store_value(p) : remove_value(p);
    }
    if (err == USHER_OK || (!p->used && !p->stored)) {
        p->dirty = false;
        return;
    }
    c->failed = c->failed || c->retry_at == 0;
    c->failed_id = p->id;
    c->retry_at = now + RETRY_MS;
}

static void store_all(uint64_t now)
{
    struct config_state *c = config();

    if (now < c->retry_at) {
        return;
    }
    for (unsigned i = 0; i < MESH_CONFIG_RECORDS_MAX; i++) {
        uint64_t before = c->retry_at;

        if (is_due(&c->places[i])) {
            store(&c->places[i], now);
        }
        if (c->retry_at != before) {
            return;
        }
    }
    c->retry_at = 0;
}

static bool entries_busy(void)
{
    for (unsigned i = 0; i < MESH_CONFIG_RECORDS_MAX; i++) {
        if (is_due(&config()->places[i])) {
            return true;
        }
    }
    return false;
}

/* Whether the core's node has something that storage lacks. The replay list may wait, but for the
 * power to go. */
static bool node_busy(const struct nrf_mesh_stack *s)
{
    if (s->mesh.node == NULL || !mesh_is_node(&s->mesh) || !store_able(&s->core.port)) {
        return false;
    }
    return s->mesh.dirty != 0 || (s->core.config.powering_down && s->mesh.rpl_store_at != 0);
}

bool mesh_config_is_busy(void)
{
    return entries_busy() || node_busy(layer_stack());
}

static void tell_stable(void)
{
    nrf_mesh_evt_t flash = { .type = NRF_MESH_EVT_FLASH_STABLE };
    nrf_mesh_evt_t stable = { .type = NRF_MESH_EVT_CONFIG_STABLE };

    config()->stable = true;
    config()->powering_down = false;
    layer_events_tell(&flash);
    layer_events_tell(&stable);
}

uint64_t layer_config_run(uint64_t now)
{
    struct config_state *c = config();

    store_all(now);
    if (c->failed) {
        nrf_mesh_evt_t e = { .type = NRF_MESH_EVT_CONFIG_STORAGE_FAILURE };

        c->failed = false;
        e.params.config_storage_failure.id = c->failed_id;
        layer_events_tell(&e);
    }
    if (!c->stable && !mesh_config_is_busy()) {
        tell_stable();
    }
    return c->retry_at != 0 ? c->retry_at : USHER_NEVER;
}

void layer_config_changed(void)
{
    config()->stable = false;
    layer_core_wake();
}

/* Storage follows at once if it can: what is set is as safe when the call returns. */
static void changed(struct config_place *p)
{
    uint64_t now = port()->now_ms(port()->ctx);

    p->dirty = strategy_of(p->id) != MESH_CONFIG_STRATEGY_NON_PERSISTENT;
    if (is_due(p) && now >= config()->retry_at) {
        store(p, now);
    }
    layer_config_changed();
}

/* -- one entry --------------------------------------------------------------------------------- */

uint32_t mesh_config_entry_set(mesh_config_entry_id_t id, const void *p_entry)
{
    const mesh_config_entry_params_t *params = params_of(id);
    struct config_place *p;
    uint32_t err;

    if (p_entry == NULL) {
        return NRF_ERROR_NULL;
    }
    if (params == NULL || file_of(id) == NULL || !layer_stack()->core.initialized) {
        return NRF_ERROR_NOT_FOUND;
    }
    p = place_of(id);
    if (p == NULL) {
        p = free_place();
    }
    if (p == NULL) {
        return NRF_ERROR_NO_MEM;
    }
    err = params->callbacks.setter(id, p_entry);
    if (err != NRF_SUCCESS) {
        return err;
    }
    p->id = id;
    p->used = true;
    changed(p);
    tell_listeners(MESH_CONFIG_CHANGE_REASON_SET, id, p_entry);
    return NRF_SUCCESS;
}

uint32_t mesh_config_entry_get(mesh_config_entry_id_t id, void *p_entry)
{
    const mesh_config_entry_params_t *params = params_of(id);

    if (p_entry == NULL) {
        return NRF_ERROR_NULL;
    }
    if (params == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (!params->has_default_value && !is_set(id)) {
        return NRF_ERROR_INVALID_STATE;
    }
    params->callbacks.getter(id, p_entry);
    return NRF_SUCCESS;
}

static void delete (struct config_place *p)
{
    const mesh_config_entry_params_t *params = params_of(p->id);
    mesh_config_entry_id_t id = p->id;
    bool was_set = p->used;

    p->used = false;
    if (was_set && params->callbacks.deleter != NULL) {
        params->callbacks.deleter(id);
    }
    if (p->stored) {
        changed(p);
    }
    p->dirty = p->dirty && p->stored;
    if (was_set) {
        layer_config_changed();
        tell_listeners(MESH_CONFIG_CHANGE_REASON_DELETE, id, NULL);
    }
}

uint32_t mesh_config_entry_delete(mesh_config_entry_id_t id)
{
    struct config_place *p = place_of(id);

    if (params_of(id) == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (p == NULL || !p->used) {
        return NRF_ERROR_INVALID_STATE;
    }
    delete (p);
    return NRF_SUCCESS;
}

bool mesh_config_entry_available_id(mesh_config_entry_id_t *p_id)
{
    const mesh_config_entry_params_t *params = params_of(*p_id);

    for (uint16_t i = 0; params != NULL && i < params->max_count; i++) {
        mesh_config_entry_id_t id = { params->p_id->file, (uint16_t)(params->p_id->record + i) };

        if (!is_set(id)) {
            *p_id = id;
            return true;
        }
    }
    return false;
}

/* -- all of them ------------------------------------------------------------------------------- */

void mesh_config_init(void)
{
    memset(config(), 0, sizeof(*config()));
    config()->stable = true;
}

static void cannot_load(const struct config_place *p, mesh_config_load_failure_t reason,
                        const uint8_t *data, size_t len)
{
    nrf_mesh_evt_t e = { .type = NRF_MESH_EVT_CONFIG_LOAD_FAILURE };

    config()->lost = config()->lost || p->id.file < MESH_OPT_FIRST_FREE_ID;
    e.params.config_load_failure.reason = reason;
    e.params.config_load_failure.id = p->id;
    e.params.config_load_failure.p_data = data;
    e.params.config_load_failure.data_len = (uint32_t)len;
    layer_events_tell(&e);
}

static void load(struct config_place *p)
{
    const mesh_config_entry_params_t *params = params_of(p->id);
    uint8_t record[USHER_RECORD_MAX];
    union value value;
    size_t len = 0;
    enum usher_err err = port()->kv_get(port()->kv_ctx, key_of(p), record, sizeof(record), &len);

    if (err != USHER_OK || len == 0 || record[0] != FORMAT) {
        cannot_load(p, MESH_CONFIG_LOAD_FAILURE_INVALID_DATA, NULL, 0);
    } else if (params == NULL || file_of(p->id) == NULL) {
        cannot_load(p, MESH_CONFIG_LOAD_FAILURE_INVALID_ID, record + 1, len - 1);
    } else if (len - 1 != params->entry_size) {
        cannot_load(p, MESH_CONFIG_LOAD_FAILURE_INVALID_LENGTH, record + 1, len - 1);
    } else {
        memcpy(value.octets, record + 1, len - 1);
        p->used = params->callbacks.setter(p->id, &value) == NRF_SUCCESS;
        if (!p->used) {
            cannot_load(p, MESH_CONFIG_LOAD_FAILURE_INVALID_DATA, record + 1, len - 1);
        }
    }
}

static void load_directory(unsigned chunk)
{
    uint8_t record[1 + LINES * LINE];
    size_t len = 0;

    if (port()->kv_get(port()->kv_ctx, (uint16_t)(STACK_RECORD_CONFIG_DIRECTORY + chunk), record,
                       sizeof(record), &len) != USHER_OK ||
        len != sizeof(record) || record[0] != FORMAT) {
        return;
    }
    for (unsigned i = 0; i < LINES && chunk * LINES + i < MESH_CONFIG_RECORDS_MAX; i++) {
        struct config_place *p = &config()->places[chunk * LINES + i];
        const uint8_t *in = record + 1 + LINE * i;

        p->id.file = (uint16_t)(in[0] | in[1] << 8);
        p->id.record = (uint16_t)(in[2] | in[3] << 8);
        p->stored = p->id.file != FREE_FILE;
    }
}

void mesh_config_load(void)
{
    if (!store_able(port())) {
        return;
    }
    for (unsigned i = 0; i < CHUNKS; i++) {
        load_directory(i);
    }
    for (unsigned i = 0; i < MESH_CONFIG_RECORDS_MAX; i++) {
        if (config()->places[i].stored) {
            load(&config()->places[i]);
        }
    }
}

void mesh_config_file_clear(uint16_t file_id)
{
    for (unsigned i = 0; i < MESH_CONFIG_RECORDS_MAX; i++) {
        struct config_place *p = &config()->places[i];

        if (is_taken(p) && p->id.file == file_id) {
            delete (p);
        }
    }
}

void mesh_config_clear(void)
{
    for (uint16_t file = 0; file < MESH_OPT_FIRST_FREE_ID; file++) {
        mesh_config_file_clear(file);
    }
}

void mesh_config_power_down(void)
{
    struct usher_mesh *m = &layer_stack()->mesh;

    config()->powering_down = true;
    m->rpl_store_at = m->rpl_store_at != 0 ? 1 : 0; /* the replay list is due since long */
    store_all(port()->now_ms(port()->ctx));
    layer_config_changed();
}

uint32_t mesh_config_power_down_time_get(void)
{
    uint32_t writes = 1;

    for (unsigned i = 0; i < MESH_CONFIG_RECORDS_MAX; i++) {
        writes += config()->places[i].dirty ? 2 : 0; /* the value, and its line */
    }
    return writes * WRITE_US;
}

/* -- flash_manager.h --------------------------------------------------------------------------- */

bool flash_manager_is_stable(void)
{
    return !mesh_config_is_busy();
}

void flash_manager_wait(void)
{
    if (layer_stack()->core.initialized) {
        usher_process(&layer_stack()->usher);
    }
}
