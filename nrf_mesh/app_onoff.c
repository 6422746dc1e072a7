/*
 * Switches (app_onoff.h). A node's switches are in a list, whose order names the records that their
 * values are kept in.
 */
#include "app_onoff.h"

#include "mesh_config_entry.h"
#include "model_config_file.h"
#include "stack.h"

static app_onoff_server_t *switch_at(uint32_t index)
{
    app_onoff_server_t *app = layer_stack()->app.p_switches;

    while (app != NULL && app->server.state_handle != index) {
        app = app->p_next;
    }
    return app;
}

/* -- what survives a restart ------------------------------------------------------------------- */

#define ONOFF_ENTRY                                                                                \
    MESH_CONFIG_ENTRY_ID(MESH_OPT_MODEL_FILE_ID, MESH_APP_MODEL_GENERIC_ONOFF_ID_START)

static uint32_t value_set(mesh_config_entry_id_t id, const void *p_entry)
{
    app_onoff_server_t *app = switch_at(id.record - MESH_APP_MODEL_GENERIC_ONOFF_ID_START);
    uint8_t value = *(const uint8_t *)p_entry;

    if (app == NULL || value > 1) {
        return NRF_ERROR_INVALID_DATA;
    }
    app->stored = true;
    app->stored_value = value != 0;
    return NRF_SUCCESS;
}

static void value_get(mesh_config_entry_id_t id, void *p_entry)
{
    const app_onoff_server_t *app = switch_at(id.record - MESH_APP_MODEL_GENERIC_ONOFF_ID_START);

    *(uint8_t *)p_entry = app != NULL && app->stored_value ? 1 : 0;
}

static void value_delete(mesh_config_entry_id_t id)
{
    app_onoff_server_t *app = switch_at(id.record - MESH_APP_MODEL_GENERIC_ONOFF_ID_START);

    if (app != NULL) {
        app->stored = false;
    }
}

MESH_CONFIG_ENTRY(app_onoff, ONOFF_ENTRY, ACCESS_MODEL_COUNT, sizeof(uint8_t), value_set, value_get,
                  value_delete, false);

/* Whoever switches cannot do anything about a value that is not kept; the event
 * CONFIG_STORAGE_FAILURE tells. */
static void keep(app_onoff_server_t *app, bool value)
{
    mesh_config_entry_id_t id = ONOFF_ENTRY;
    uint8_t entry = value ? 1 : 0;

    id.record = (uint16_t)(id.record + app->server.state_handle);
    if (!app->stored || app->stored_value != value) {
        (void)mesh_config_entry_set(id, &entry);
    }
}

/* -- switching --------------------------------------------------------------------------------- */

static bool present(const app_onoff_server_t *app)
{
    bool on = false;

    app->onoff_get_cb(app, &on);
    return on;
}

static generic_onoff_status_params_t status_of(const app_onoff_server_t *app)
{
    bool on = present(app), under_way = app->transition.phase != APP_TRANSITION_IDLE;

    return (generic_onoff_status_params_t){
        .present_on_off = on ? 1 : 0,
        .target_on_off = (under_way ? app->target : on) ? 1 : 0,
        .remaining_time_ms = app_transition_remaining_time_get(&app->transition),
    };
}

static app_onoff_server_t *owner_of(app_transition_t *transition)
{
    return PARENT_BY_FIELD_GET(app_onoff_server_t, transition, transition);
}

/* Two values have nothing between them: it is on during all of a transition (3.1.1.1). */
static void on_start(app_transition_t *p_transition)
{
    app_onoff_server_t *app = owner_of(p_transition);
    uint32_t ms = p_transition->requested.transition_time_ms;

    if (ms != 0 && app->onoff_transition_cb != NULL) {
        app->onoff_transition_cb(app, ms, app->target);
    }
    if (app->target && !present(app)) {
        app->onoff_set_cb(app, true);
    }
}

static void on_complete(app_transition_t *p_transition)
{
    app_onoff_server_t *app = owner_of(p_transition);
    generic_onoff_status_params_t status;

    if (present(app) != app->target) {
        app->onoff_set_cb(app, app->target);
    }
    if (p_transition->requested.transition_time_ms != 0 ||
        p_transition->requested.delay_ms != 0) { /* else the model publishes */
        status = status_of(app);
        (void)generic_onoff_server_status_publish(&app->server, &status);
    }
}

static app_onoff_server_t *switch_of(const generic_onoff_server_t *server)
{
    return PARENT_BY_FIELD_GET(app_onoff_server_t, server, server);
}

static void on_set(const generic_onoff_server_t *p_self, const access_message_rx_meta_t *p_meta,
                   const generic_onoff_set_params_t *p_in,
                   const model_transition_t *p_in_transition, generic_onoff_status_params_t *p_out)
{
    app_onoff_server_t *app = switch_of(p_self);

    (void)p_meta;
    app->target = p_in->on_off;
    keep(app, app->target);
    if (app_transition_trigger(&app->transition, p_in_transition) != NRF_SUCCESS) {
        (void)app_transition_trigger(&app->transition, NULL); /* no timer: at once */
    }
    if (p_out != NULL) {
        *p_out = status_of(app);
    }
}

static void on_get(const generic_onoff_server_t *p_self, const access_message_rx_meta_t *p_meta,
                   generic_onoff_status_params_t *p_out)
{
    (void)p_meta;
    *p_out = status_of(switch_of(p_self));
}

static const generic_onoff_server_callbacks_t callbacks = {
    .onoff_cbs = { .set_cb = on_set, .get_cb = on_get },
};

uint32_t app_onoff_init(app_onoff_server_t *p_app, uint8_t element_index)
{
    app_onoff_server_t **end = &layer_stack()->app.p_switches;
    uint8_t count = 0;
    uint32_t err;

    if (p_app == NULL || p_app->onoff_set_cb == NULL || p_app->onoff_get_cb == NULL) {
        return NRF_ERROR_NULL;
    }
    while (*end != NULL) {
        end = &(*end)->p_next;
        count++;
    }
    if (count == ACCESS_MODEL_COUNT) {
        return NRF_ERROR_NO_MEM;
    }
    p_app->server.settings.p_callbacks = &callbacks;
    p_app->transition.start_cb = on_start;
    p_app->transition.complete_cb = on_complete;
    err = app_transition_init(&p_app->transition);
    if (err == NRF_SUCCESS) {
        err = generic_onoff_server_init(&p_app->server, element_index);
    }
    if (err == NRF_SUCCESS) {
        p_app->server.state_handle = count;
        p_app->stored = false;
        p_app->p_next = NULL;
        *end = p_app;
    }
    return err;
}

uint32_t app_onoff_status_publish(app_onoff_server_t *p_app)
{
    generic_onoff_status_params_t status;

    if (p_app == NULL) {
        return NRF_ERROR_NULL;
    }
    app_transition_abort(&p_app->transition);
    status = status_of(p_app);
    keep(p_app, status.present_on_off != 0);
    return generic_onoff_server_status_publish(&p_app->server, &status);
}

uint32_t app_onoff_value_restore(app_onoff_server_t *p_app)
{
    if (p_app == NULL) {
        return NRF_ERROR_NULL;
    }
    if (p_app->stored) {
        p_app->onoff_set_cb(p_app, p_app->stored_value);
    }
    return NRF_SUCCESS;
}
