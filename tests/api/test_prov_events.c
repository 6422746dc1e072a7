/*
 * The order of events, by method, action, key exchange and who computes ECDH, on both roles, and
 * what is in them.
 */
#include "prov_scene.h"

#include "mesh_opt_prov.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define EVT(name) NRF_MESH_PROV_EVT_##name
#define STATE(name) NRF_MESH_PROV_STATE_##name

/* A choice of the provisioner's. */
struct row {
    nrf_mesh_prov_oob_method_t method;
    uint8_t action, size;
};

static const struct row rows[] = {
    { NRF_MESH_PROV_OOB_METHOD_NONE, 0, 0 },
    { NRF_MESH_PROV_OOB_METHOD_STATIC, 0, 16 },
    { NRF_MESH_PROV_OOB_METHOD_OUTPUT, NRF_MESH_PROV_OUTPUT_ACTION_BLINK, 1 },
    { NRF_MESH_PROV_OOB_METHOD_OUTPUT, NRF_MESH_PROV_OUTPUT_ACTION_BEEP, 1 },
    { NRF_MESH_PROV_OOB_METHOD_OUTPUT, NRF_MESH_PROV_OUTPUT_ACTION_VIBRATE, 2 },
    { NRF_MESH_PROV_OOB_METHOD_OUTPUT, NRF_MESH_PROV_OUTPUT_ACTION_DISPLAY_NUMERIC, 8 },
    { NRF_MESH_PROV_OOB_METHOD_OUTPUT, NRF_MESH_PROV_OUTPUT_ACTION_ALPHANUMERIC, 5 },
    { NRF_MESH_PROV_OOB_METHOD_INPUT, NRF_MESH_PROV_INPUT_ACTION_PUSH, 1 },
    { NRF_MESH_PROV_OOB_METHOD_INPUT, NRF_MESH_PROV_INPUT_ACTION_TWIST, 1 },
    { NRF_MESH_PROV_OOB_METHOD_INPUT, NRF_MESH_PROV_INPUT_ACTION_ENTER_NUMBER, 6 },
    { NRF_MESH_PROV_OOB_METHOD_INPUT, NRF_MESH_PROV_INPUT_ACTION_ENTER_STRING, 8 },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

struct expected {
    nrf_mesh_prov_evt_type_t events[SCENE_LOG];
    nrf_mesh_prov_state_t states[SCENE_LOG];
    unsigned count;
};

static void expect(struct expected *e, nrf_mesh_prov_evt_type_t event, nrf_mesh_prov_state_t state)
{
    e->events[e->count] = event;
    e->states[e->count++] = state;
}

static void expect_method(struct expected *e, nrf_mesh_prov_oob_method_t method, bool device)
{
    if (method == NRF_MESH_PROV_OOB_METHOD_STATIC) {
        expect(e, EVT(STATIC_REQUEST), STATE(WAIT_OOB_STATIC));
    } else if ((method == NRF_MESH_PROV_OOB_METHOD_OUTPUT && !device) ||
               (method == NRF_MESH_PROV_OOB_METHOD_INPUT && device)) {
        expect(e, EVT(INPUT_REQUEST), STATE(WAIT_OOB_INPUT));
    } else if (method != NRF_MESH_PROV_OOB_METHOD_NONE) {
        expect(e, EVT(OUTPUT_REQUEST),
               device ? STATE(WAIT_CONFIRMATION) : STATE(WAIT_INPUT_COMPLETE));
    }
}

static void expect_provisioner(struct expected *e, nrf_mesh_prov_oob_method_t method, bool oob_key,
                               bool offloading)
{
    expect(e, EVT(LINK_ESTABLISHED), STATE(WAIT_LINK));
    expect(e, EVT(CAPS_RECEIVED), STATE(WAIT_CAPS_CONFIRM));
    if (oob_key) {
        expect(e, EVT(OOB_PUBKEY_REQUEST), STATE(WAIT_OOB_PUB_KEY));
    }
    if (offloading) {
        expect(e, EVT(ECDH_REQUEST), STATE(WAIT_EXTERNAL_ECDH));
    }
    expect_method(e, method, false);
    expect(e, EVT(COMPLETE), STATE(WAIT_COMPLETE));
    expect(e, EVT(LINK_CLOSED), STATE(IDLE));
}

static void expect_device(struct expected *e, nrf_mesh_prov_oob_method_t method, bool oob_key,
                          bool offloading)
{
    expect(e, EVT(LINK_ESTABLISHED), STATE(INVITE));
    expect(e, EVT(INVITE_RECEIVED), STATE(INVITE));
    expect(e, EVT(START_RECEIVED), STATE(WAIT_PUB_KEY));
    if (oob_key) {
        expect(e, EVT(OOB_PUBKEY_REQUEST), STATE(WAIT_PUB_KEY));
    }
    if (offloading) {
        expect(e, EVT(ECDH_REQUEST), STATE(WAIT_EXTERNAL_ECDH));
    }
    expect_method(e, method, true);
    expect(e, EVT(COMPLETE), STATE(COMPLETE));
    expect(e, EVT(LINK_CLOSED), STATE(IDLE));
}

static void assert_told(const struct peer *peer, const struct expected *e)
{
    for (unsigned i = 0; i < e->count && i < peer->logged; i++) {
        assert_int_equal(peer->log[i], e->events[i]);
        assert_int_equal(peer->state_at[i], e->states[i]);
    }
    assert_int_equal(peer->logged, e->count);
}

static void assert_provisioned(const struct scene *scene, unsigned n)
{
    const struct peer *p = &scene->provisioner[n], *d = &scene->device[n];

    assert_memory_equal(p->devkey, d->devkey, sizeof(p->devkey));
    assert_memory_equal(&p->data, &scene->data, sizeof(scene->data));
    assert_memory_equal(&d->data, &scene->data, sizeof(scene->data));
    assert_int_equal(p->last[EVT(LINK_CLOSED)].params.link_closed.close_reason,
                     NRF_MESH_PROV_LINK_CLOSE_REASON_SUCCESS);
    assert_int_equal(d->last[EVT(LINK_CLOSED)].params.link_closed.close_reason,
                     NRF_MESH_PROV_LINK_CLOSE_REASON_SUCCESS);
}

/* Nothing that is secret outlives the session. */
static void assert_wiped(const struct peer *peer)
{
    static const struct usher_prov none;
    static const nrf_mesh_prov_provisioning_data_t no_data;
    static const uint8_t zeros[NRF_MESH_PROV_ECDHSECRET_SIZE];

    assert_memory_equal(peer->ctx.device_key, zeros, sizeof(peer->ctx.device_key));
    assert_memory_equal(peer->ctx.auth_value, zeros, sizeof(peer->ctx.auth_value));
    assert_memory_equal(peer->ctx.shared_secret, zeros, sizeof(peer->ctx.shared_secret));
    assert_memory_equal(peer->ctx.session_key, zeros, sizeof(peer->ctx.session_key));
    assert_memory_equal(&peer->ctx.data, &no_data, sizeof(no_data));
    assert_memory_equal(&peer->ctx.session.prov, &none, sizeof(none));
    assert_null(peer->ctx.p_active_bearer);
    assert_int_equal(peer->bearer.state, PROV_BEARER_ADV_STATE_IDLE);
}

static void set_offloading(struct scene *scene, unsigned node, bool on)
{
    bool is;

    scene_enter(scene, node);
    assert_int_equal(mesh_opt_prov_ecdh_offloading_set(on), NRF_SUCCESS);
    assert_int_equal(mesh_opt_prov_ecdh_offloading_get(&is), NRF_SUCCESS);
    assert_int_equal(is, on);
}

static void run_row(struct scene *scene, const struct row *row, bool oob_key, bool p_off,
                    bool d_off)
{
    struct peer *p = &scene->provisioner[0], *d = &scene->device[0];
    struct expected at_p = { 0 }, at_d = { 0 };

    scene_forget(scene);
    set_offloading(scene, 0, p_off);
    set_offloading(scene, 1, d_off);
    p->method = row->method;
    p->action = row->action;
    p->size = row->size;
    p->ctx.capabilities.pubkey_type = oob_key ? NRF_MESH_PROV_OOB_PUBKEY_TYPE_OOB : 0;
    d->ctx.capabilities.pubkey_type = oob_key ? NRF_MESH_PROV_OOB_PUBKEY_TYPE_OOB : 0;
    scene_begin(scene, 0);
    scene_run(scene, 6000);
    expect_provisioner(&at_p, row->method, oob_key, p_off);
    expect_device(&at_d, row->method, oob_key, d_off);
    assert_told(p, &at_p);
    assert_told(d, &at_d);
    assert_provisioned(scene, 0);
    assert_wiped(p);
    assert_wiped(d);
}

static void every_row_in_its_order(void **state)
{
    struct scene *scene = scene_new();

    (void)state;
    for (unsigned r = 0; r < ROWS; r++) {
        for (unsigned i = 0; i < 8; i++) {
            run_row(scene, &rows[r], (i & 1) != 0, (i & 2) != 0, (i & 4) != 0);
        }
    }
    scene_free(scene);
}

static void with_hmac_alone_values_have_their_sixteen_octets(void **state)
{
    struct scene *scene = scene_new();

    (void)state;
    scene->device[0].ctx.capabilities.algorithms = USHER_ALG_BIT(USHER_ALG_HMAC);
    for (unsigned r = 0; r < ROWS; r++) {
        run_row(scene, &rows[r], false, false, false);
        assert_int_equal(scene->provisioner[0]
                             .last[EVT(CAPS_RECEIVED)]
                             .params.oob_caps_received.oob_caps.algorithms,
                         USHER_ALG_BIT(USHER_ALG_HMAC));
    }
    scene_free(scene);
}

/* -- what is in the events --------------------------------------------------------------------- */

static void look_for_cmac(struct peer *peer, const nrf_mesh_prov_evt_t *p_evt)
{
    if (p_evt->type == EVT(START_RECEIVED)) {
        assert_int_equal(peer->ctx.session.prov.start.algorithm, USHER_ALG_CMAC);
    }
}

static void what_is_in_them(void **state)
{
    struct scene *scene = scene_new();
    struct peer *p = &scene->provisioner[0], *d = &scene->device[0];
    const nrf_mesh_prov_evt_caps_received_t *caps;
    const nrf_mesh_prov_evt_output_request_t *output;

    (void)state;
    d->ctx.capabilities.algorithms |= USHER_ALG_BIT(USHER_ALG_HMAC);
    d->look = look_for_cmac;
    run_row(scene, &rows[5], false, false, true); /* the device shows eight digits */
    caps = &p->last[EVT(CAPS_RECEIVED)].params.oob_caps_received;
    assert_memory_equal(&caps->oob_caps, &d->ctx.capabilities, sizeof(caps->oob_caps));
    assert_ptr_equal(caps->p_context, &p->ctx);
    assert_int_equal(d->last[EVT(INVITE_RECEIVED)].params.invite_received.attention_duration_s, 5);
    output = &d->last[EVT(OUTPUT_REQUEST)].params.output_request;
    assert_int_equal(output->action, NRF_MESH_PROV_OUTPUT_ACTION_DISPLAY_NUMERIC);
    assert_int_equal(output->size, 8);
    assert_ptr_equal(output->p_data, d->ctx.auth_value);
    for (unsigned i = 0; i < 12; i++) {
        assert_int_equal(d->shown[i], 0);
    }
    assert_int_equal(p->last[EVT(INPUT_REQUEST)].params.input_request.action,
                     NRF_MESH_PROV_OUTPUT_ACTION_DISPLAY_NUMERIC);
    assert_int_equal(p->last[EVT(INPUT_REQUEST)].params.input_request.size, 8);
    assert_ptr_equal(d->last[EVT(ECDH_REQUEST)].params.ecdh_request.p_node_private, d->private_key);
    assert_ptr_equal(d->last[EVT(ECDH_REQUEST)].params.ecdh_request.p_peer_public,
                     d->ctx.peer_public_key);
    assert_memory_equal(d->ctx.peer_public_key, p->public_key, sizeof(p->public_key));
    assert_memory_equal(p->ctx.peer_public_key, d->public_key, sizeof(p->public_key));
    assert_ptr_equal(p->last[EVT(COMPLETE)].params.complete.p_devkey, p->ctx.device_key);
    assert_ptr_equal(p->last[EVT(COMPLETE)].params.complete.p_prov_data, &p->ctx.data);
    run_row(scene, &rows[10], false, false, false); /* the provisioner shows eight characters */
    assert_int_equal(p->last[EVT(OUTPUT_REQUEST)].params.output_request.action,
                     NRF_MESH_PROV_INPUT_ACTION_ENTER_STRING);
    for (unsigned i = 8; i < 16; i++) {
        assert_int_equal(p->shown[i], 0);
    }
    assert_int_equal(strspn((const char *)p->shown, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 8);
    scene_free(scene);
}

static void a_device_key_for_out_of_band_is_not_sent_in_band(void **state)
{
    struct scene *scene = scene_new();
    struct peer *p = &scene->provisioner[0], *d = &scene->device[0];

    (void)state;
    set_offloading(scene, 1, true);
    d->ctx.capabilities.pubkey_type = NRF_MESH_PROV_OOB_PUBKEY_TYPE_OOB;
    scene_begin(scene, 0);
    scene_run(scene, 6000);
    assert_provisioned(scene, 0);
    assert_memory_not_equal(p->ctx.peer_public_key, d->public_key, sizeof(p->public_key));
    scene_free(scene);
}

/* -- secrets that come late -------------------------------------------------------------------- */

static void offloaded_sessions_are_answered_in_any_order(void **state)
{
    struct scene *scene = scene_new();
    struct expected at_p = { 0 }, at_d = { 0 };

    (void)state;
    for (unsigned n = 0; n < SCENE_DEVICES; n++) {
        set_offloading(scene, 1 + n, true);
        scene->provisioner[n].method = NRF_MESH_PROV_OOB_METHOD_STATIC;
        scene->provisioner[n].withhold = 1u << EVT(ECDH_REQUEST);
        scene->device[n].withhold = 1u << EVT(ECDH_REQUEST);
    }
    set_offloading(scene, 0, true);
    scene_begin(scene, 0);
    scene_begin(scene, 1);
    scene_run(scene, 6000);
    for (unsigned n = 0; n < SCENE_DEVICES; n++) { /* all have come this far, nobody further */
        assert_int_equal(scene->provisioner[n].ctx.state, STATE(WAIT_EXTERNAL_ECDH));
        assert_int_equal(scene->device[n].ctx.state, STATE(WAIT_EXTERNAL_ECDH));
        assert_false(scene_told(&scene->provisioner[n], EVT(STATIC_REQUEST)));
        assert_false(scene_told(&scene->device[n], EVT(STATIC_REQUEST)));
    }
    for (unsigned n = SCENE_DEVICES; n-- > 0;) {
        scene_enter(scene, 0);
        assert_int_equal(scene_answer_ecdh(&scene->provisioner[n]), NRF_SUCCESS);
        scene_run(scene, 3000); /* the Confirmation comes before the device's secret does */
        assert_int_equal(scene->provisioner[n].ctx.state, STATE(WAIT_CONFIRMATION));
        scene_enter(scene, 1 + n);
        assert_int_equal(scene_answer_ecdh(&scene->device[n]), NRF_SUCCESS);
        scene_run(scene, 3000);
        assert_provisioned(scene, n);
    }
    expect_provisioner(&at_p, NRF_MESH_PROV_OOB_METHOD_STATIC, false, true);
    assert_told(&scene->provisioner[0], &at_p);
    assert_told(&scene->provisioner[1], &at_p);
    expect_device(&at_d, NRF_MESH_PROV_OOB_METHOD_STATIC, false, true);
    at_d.states[4] = STATE(WAIT_OOB_STATIC_C_RCVD);
    assert_told(&scene->device[0], &at_d);
    assert_told(&scene->device[1], &at_d);
    scene_free(scene);
}

/* The port computes elsewhere, and while it does the option is set: for the next session. */
static void the_option_is_followed_until_keys_are_exchanged(void **state)
{
    struct scene *scene = scene_new();
    struct peer *p = &scene->provisioner[0];
    struct simport *port = &scene->node[0].port;

    (void)state;
    simport_ecdh_delay_set(port, 1000);
    scene->node[0].stack.core.port.ecdh = port->port.ecdh;
    scene_begin(scene, 0);
    for (unsigned i = 0; i < 600 && port->ecdh_count == 0; i++) {
        scene_run(scene, 10);
    }
    assert_int_equal(port->ecdh_count, 1);
    set_offloading(scene, 0, true);
    scene_run(scene, 6000);
    assert_provisioned(scene, 0);
    assert_false(scene_told(p, EVT(ECDH_REQUEST)));
    scene_forget(scene);
    scene_begin(scene, 0);
    scene_run(scene, 6000);
    assert_provisioned(scene, 0);
    assert_true(scene_told(p, EVT(ECDH_REQUEST)));
    scene_free(scene);
}

static void a_secret_of_zeros_ends_the_session(void **state)
{
    static const uint8_t zeros[NRF_MESH_PROV_ECDHSECRET_SIZE];
    struct scene *scene = scene_new();
    struct peer *p = &scene->provisioner[0], *d = &scene->device[0];

    (void)state;
    set_offloading(scene, 1, true);
    p->method = NRF_MESH_PROV_OOB_METHOD_STATIC;
    d->withhold = 1u << EVT(ECDH_REQUEST);
    scene_begin(scene, 0);
    scene_run(scene, 3000);
    scene_enter(scene, 1);
    assert_int_equal(nrf_mesh_prov_shared_secret_provide(&d->ctx, zeros), NRF_ERROR_INVALID_DATA);
    assert_true(scene_told(d, EVT(FAILED)));
    assert_int_equal(d->ctx.state, STATE(FAILED));
    scene_run(scene, 3000);
    assert_false(scene_told(d, EVT(STATIC_REQUEST)));
    assert_true(scene_told(p, EVT(FAILED)));
    assert_int_equal(p->last[EVT(LINK_CLOSED)].params.link_closed.close_reason,
                     NRF_MESH_PROV_LINK_CLOSE_REASON_ERROR);
    scene_free(scene);
}

/* -- failures ---------------------------------------------------------------------------------- */

static void a_wrong_value_fails_on_both_sides(void **state)
{
    struct scene *scene = scene_new();
    struct peer *p = &scene->provisioner[0], *d = &scene->device[0];
    static const nrf_mesh_prov_evt_type_t at_p[] = { EVT(LINK_ESTABLISHED), EVT(CAPS_RECEIVED),
                                                     EVT(STATIC_REQUEST), EVT(FAILED),
                                                     EVT(LINK_CLOSED) };
    static const nrf_mesh_prov_evt_type_t at_d[] = { EVT(LINK_ESTABLISHED), EVT(INVITE_RECEIVED),
                                                     EVT(START_RECEIVED),   EVT(STATIC_REQUEST),
                                                     EVT(FAILED),           EVT(LINK_CLOSED) };

    (void)state;
    p->method = NRF_MESH_PROV_OOB_METHOD_STATIC;
    d->static_oob[3] ^= 1;
    scene_begin(scene, 0);
    scene_run(scene, 6000);
    assert_int_equal(p->logged, 5);
    assert_int_equal(d->logged, 6);
    assert_memory_equal(p->log, at_p, sizeof(at_p));
    assert_memory_equal(d->log, at_d, sizeof(at_d));
    assert_int_equal(d->state_at[4], STATE(FAILED));
    assert_int_equal(p->last[EVT(FAILED)].params.failed.failure_code,
                     NRF_MESH_PROV_FAILURE_CODE_CONFIRMATION_FAILED);
    assert_int_equal(d->last[EVT(FAILED)].params.failed.failure_code,
                     NRF_MESH_PROV_FAILURE_CODE_CONFIRMATION_FAILED);
    assert_int_equal(p->last[EVT(LINK_CLOSED)].params.link_closed.close_reason,
                     NRF_MESH_PROV_LINK_CLOSE_REASON_ERROR);
    assert_int_equal(p->ctx.failure_code, NRF_MESH_PROV_FAILURE_CODE_CONFIRMATION_FAILED);
    assert_wiped(p);
    assert_wiped(d);
    scene_free(scene);
}

static void a_key_that_is_no_point_ends_the_session_without_failed(void **state)
{
    struct scene *scene = scene_new();
    struct peer *p = &scene->provisioner[0], *d = &scene->device[0];
    uint8_t key[NRF_MESH_PROV_PUBKEY_SIZE] = { 1 };

    (void)state;
    p->ctx.capabilities.pubkey_type = NRF_MESH_PROV_OOB_PUBKEY_TYPE_OOB;
    d->ctx.capabilities.pubkey_type = NRF_MESH_PROV_OOB_PUBKEY_TYPE_OOB;
    p->withhold = 1u << EVT(OOB_PUBKEY_REQUEST);
    scene_begin(scene, 0);
    scene_run(scene, 3000);
    scene_enter(scene, 0);
    assert_int_equal(nrf_mesh_prov_pubkey_provide(&p->ctx, key), NRF_SUCCESS);
    scene_run(scene, 3000);
    assert_false(scene_told(p, EVT(FAILED)));
    assert_int_equal(p->last[EVT(LINK_CLOSED)].params.link_closed.close_reason,
                     NRF_MESH_PROV_LINK_CLOSE_REASON_ERROR);
    assert_int_equal(p->ctx.failure_code, NRF_MESH_PROV_FAILURE_CODE_INVALID_FORMAT);
    assert_int_equal(d->ctx.state, STATE(IDLE));
    scene_free(scene);
}

static void a_link_that_nobody_answers_times_out(void **state)
{
    struct scene *scene = scene_new();
    struct peer *p = &scene->provisioner[0];

    (void)state;
    assert_int_equal(scene_provision(p, &scene->device[0]), NRF_SUCCESS);
    scene_run(scene, 70000);
    assert_int_equal(p->logged, 1);
    assert_int_equal(p->last[EVT(LINK_CLOSED)].params.link_closed.close_reason,
                     NRF_MESH_PROV_LINK_CLOSE_REASON_TIMEOUT);
    scene_free(scene);
}

/* -- again, from within the last event --------------------------------------------------------- */

static void begin_again(struct peer *peer, const nrf_mesh_prov_evt_t *p_evt)
{
    if (p_evt->type == EVT(LINK_CLOSED)) {
        assert_int_equal(peer->ctx.state, STATE(IDLE));
        peer->look = NULL;
        assert_int_equal(nrf_mesh_prov_generate_keys(peer->public_key, peer->private_key),
                         NRF_SUCCESS);
        if (peer->node == 0) {
            assert_int_equal(scene_provision(peer, peer->other), NRF_SUCCESS);
        } else {
            assert_int_equal(scene_listen(peer), NRF_SUCCESS);
        }
    }
}

static void a_context_may_be_used_again_within_link_closed(void **state)
{
    struct scene *scene = scene_new();
    uint8_t first[16];

    (void)state;
    scene->device[0].look = begin_again;
    scene->provisioner[0].look = begin_again;
    scene_begin(scene, 0);
    scene_run(scene, 1); /* the next session is begun in this one's last event */
    for (unsigned i = 0; i < 100 && scene->device[0].look != NULL; i++) {
        scene_run(scene, 100);
    }
    memcpy(first, scene->device[0].devkey, sizeof(first));
    scene_run(scene, 6000);
    assert_int_equal(scene->provisioner[0].logged, 8);
    assert_int_equal(scene->device[0].logged, 10);
    assert_provisioned(scene, 0);
    assert_memory_not_equal(first, scene->device[0].devkey, sizeof(first));
    scene_free(scene);
}

/* -- the scanner ------------------------------------------------------------------------------- */

static struct {
    unsigned told;
    nrf_mesh_prov_evt_unprov_t last;
    nrf_mesh_rx_metadata_t metadata;
} scanned;

static void on_scanned(const nrf_mesh_prov_evt_t *p_evt)
{
    assert_int_equal(p_evt->type, EVT(UNPROVISIONED_RECEIVED));
    scanned.told++;
    scanned.last = p_evt->params.unprov;
    scanned.metadata = *p_evt->params.unprov.p_metadata;
}

static void the_scanner_tells_of_beacons(void **state)
{
    struct scene *scene = scene_new();
    unsigned told;

    (void)state;
    memset(&scanned, 0, sizeof(scanned));
    scene_enter(scene, 1);
    assert_int_equal(nrf_mesh_prov_listen(&scene->device[0].ctx, "\x17//example.org", 0x8002,
                                          NRF_MESH_PROV_BEARER_ADV),
                     NRF_SUCCESS);
    scene_enter(scene, 0);
    assert_int_equal(nrf_mesh_prov_scan_start(on_scanned), NRF_SUCCESS);
    scene_run(scene, 30000);
    assert_true(scanned.told > 5); /* duplicates are told */
    assert_memory_equal(scanned.last.device_uuid, scene_uuid(scene, 1), NRF_MESH_UUID_SIZE);
    assert_false(scanned.last.gatt_supported);
    assert_true(scanned.last.uri_hash_present);
    assert_int_equal(scanned.last.oob_info, 0x8002);
    assert_int_equal(scanned.metadata.source, NRF_MESH_RX_SOURCE_SCANNER);
    assert_in_range((unsigned)-scanned.metadata.params.scanner.rssi, 40, 80);
    assert_int_equal(scene->provisioner[0].logged, 0);
    nrf_mesh_prov_scan_stop();
    told = scanned.told;
    scene_run(scene, 10000);
    assert_int_equal(scanned.told, told);
    scene_free(scene);
}

/* Finds a device, stops looking, and provisions it, all from within the scanner's event. */
static struct peer *finder;

static void on_found(const nrf_mesh_prov_evt_t *p_evt)
{
    nrf_mesh_prov_scan_stop();
    assert_int_equal(nrf_mesh_prov_provision(&finder->ctx, p_evt->params.unprov.device_uuid, 0,
                                             &finder->scene->data, NRF_MESH_PROV_BEARER_ADV),
                     NRF_SUCCESS);
}

static void what_is_found_may_be_provisioned_at_once(void **state)
{
    struct scene *scene = scene_new();

    (void)state;
    finder = &scene->provisioner[0];
    scene_enter(scene, 0); /* a context belongs to its node, whichever is the current one */
    assert_int_equal(scene_listen(&scene->device[0]), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_prov_scan_start(on_found), NRF_SUCCESS);
    scene_run(scene, 10000);
    assert_provisioned(scene, 0);
    assert_memory_equal(finder->ctx.session.uuid, scene_uuid(scene, 1), NRF_MESH_UUID_SIZE);
    assert_memory_not_equal(finder->ctx.session.uuid, scene_uuid(scene, 0), NRF_MESH_UUID_SIZE);
    scene_free(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_in_its_order),
        cmocka_unit_test(with_hmac_alone_values_have_their_sixteen_octets),
        cmocka_unit_test(what_is_in_them),
        cmocka_unit_test(a_device_key_for_out_of_band_is_not_sent_in_band),
        cmocka_unit_test(offloaded_sessions_are_answered_in_any_order),
        cmocka_unit_test(the_option_is_followed_until_keys_are_exchanged),
        cmocka_unit_test(a_secret_of_zeros_ends_the_session),
        cmocka_unit_test(a_wrong_value_fails_on_both_sides),
        cmocka_unit_test(a_key_that_is_no_point_ends_the_session_without_failed),
        cmocka_unit_test(a_link_that_nobody_answers_times_out),
        cmocka_unit_test(a_context_may_be_used_again_within_link_closed),
        cmocka_unit_test(the_scanner_tells_of_beacons),
        cmocka_unit_test(what_is_found_may_be_provisioned_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
