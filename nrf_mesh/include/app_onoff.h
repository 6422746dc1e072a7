/*
 * What an application with something to switch puts round a Generic OnOff Server: delays and
 * transitions, publication of what became of them, and a value that survives a restart. The
 * application has the output; the callbacks switch and read it.
 *
 * Scenes (app_scene.h) are not supported.
 */
#ifndef APP_ONOFF_H__
#define APP_ONOFF_H__

#include "app_timer.h"
#include "app_transition.h"
#include "generic_onoff_server.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct app_onoff_server app_onoff_server_t;

/** Switch it. */
typedef void (*app_onoff_set_cb_t)(const app_onoff_server_t *p_app, bool onoff);
/** Read it. */
typedef void (*app_onoff_get_cb_t)(const app_onoff_server_t *p_app, bool *p_present_onoff);
/** A transition begins; it is on from now, or off when the time is over, and the first callback
 * says so then. */
typedef void (*app_onoff_transition_cb_t)(const app_onoff_server_t *p_app,
                                          uint32_t transition_time_ms, bool target_onoff);

/** One switch. Made by APP_ONOFF_SERVER_DEF. */
struct app_onoff_server {
    generic_onoff_server_t server;
    app_transition_t transition;
    app_onoff_set_cb_t onoff_set_cb;
    app_onoff_get_cb_t onoff_get_cb;
    app_onoff_transition_cb_t onoff_transition_cb; /**< may be NULL */
    bool target;
    bool stored;       /**< there is a value to be restored ... */
    bool stored_value; /**< ... this one */
    app_onoff_server_t *p_next;
};

/** Defines a switch. */
#define APP_ONOFF_SERVER_DEF(_name, _force_segmented, _mic_size, _set_cb, _get_cb, _transition_cb) \
    APP_TIMER_DEF(CONCAT_2(_name, _timer));                                                        \
    static app_onoff_server_t _name = {                                                            \
        .server = { .settings = { .force_segmented = (_force_segmented),                           \
                                  .transmic_size = (_mic_size) } },                                \
        .transition = { .timer = { .p_timer_id = &CONCAT_2(_name, _timer) } },                     \
        .onoff_set_cb = (_set_cb),                                                                 \
        .onoff_get_cb = (_get_cb),                                                                 \
        .onoff_transition_cb = (_transition_cb),                                                   \
    }

/**
 * Adds its model to an element; from the models_init_cb of mesh_stack_init().
 *
 * @retval NRF_ERROR_NULL    No switch, or its set or get callback is NULL.
 * @retval NRF_ERROR_NO_MEM  There are as many as models already.
 * @retval others            As generic_onoff_server_init(), app_transition_init().
 */
uint32_t app_onoff_init(app_onoff_server_t *p_app, uint8_t element_index);
/**
 * The application has switched by itself: what is under way ends, and the state is kept and
 * published.
 *
 * @retval NRF_ERROR_NULL  No switch.
 * @retval others          As generic_onoff_server_status_publish().
 */
uint32_t app_onoff_status_publish(app_onoff_server_t *p_app);
/**
 * Switches to what it was before the restart; after mesh_stack_init().
 *
 * @retval NRF_SUCCESS     Switched, or nothing was kept, and it stays as it is.
 * @retval NRF_ERROR_NULL  No switch.
 */
uint32_t app_onoff_value_restore(app_onoff_server_t *p_app);

#ifdef __cplusplus
}
#endif

#endif
