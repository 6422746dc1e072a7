/*
 * The small headers, those of the chip vendor, and those that support examples: each symbol that
 * applications use of them, with its value, its type and the order of its members.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "SEGGER_RTT.h"
#include "advertiser.h"
#include "app_error.h"
#include "app_timer.h"
#include "app_util.h"
#include "bearer_event.h"
#include "ble.h"
#include "ble_gap.h"
#include "ble_gatts.h"
#include "ble_softdevice_support.h"
#include "boards.h"
#include "broadcast.h"
#include "core_tx.h"
#include "enc.h"
#include "example_common.h"
#include "fsm.h"
#include "fsm_assistant.h"
#include "hal.h"
#include "log.h"
#include "mesh_adv.h"
#include "mesh_app_utils.h"
#include "net_state.h"
#include "nordic_common.h"
#include "nrf.h"
#include "nrf_delay.h"
#include "nrf_error.h"
#include "nrf_mbr.h"
#include "nrf_mesh_config_examples.h"
#include "nrf_mesh_gatt.h"
#include "nrf_nvic.h"
#include "nrf_sdh.h"
#include "nrf_sdh_ble.h"
#include "nrf_sdm.h"
#include "nrf_section.h"
#include "nrf_soc.h"
#include "one_node.h"
#include "packet.h"
#include "packet_buffer.h"
#include "proxy.h"
#include "queue.h"
#include "radio_config.h"
#include "rtt_input.h"
#include "sdk_config.h"
#include "simple_hal.h"
#include "timer_scheduler.h"
#include "toolchain.h"
#include "utils.h"

#include <string.h>
#include <time.h>

#define BEFORE(type, first, second) (offsetof(type, first) < offsetof(type, second))

/* -- section 21: small headers ----------------------------------------------------------------- */

static void timer_events_have_their_members_in_order(void **state)
{
    timer_sch_callback_t cb = NULL;
    timer_event_t event = { TIMER_EVENT_STATE_UNUSED, 1, cb, 2, &event, NULL };

    (void)state;
    assert_int_equal(sizeof(timestamp_t), 4);
    assert_true(BEFORE(timer_event_t, state, timestamp));
    assert_true(BEFORE(timer_event_t, timestamp, cb));
    assert_true(BEFORE(timer_event_t, cb, interval));
    assert_true(BEFORE(timer_event_t, interval, p_context));
    assert_true(BEFORE(timer_event_t, p_context, p_next));
    assert_int_equal(event.timestamp, 1);
    assert_int_equal(event.interval, 2);
    assert_int_equal(TIMER_EVENT_STATE_UNUSED, 0); /* a zeroed event is not scheduled */
    assert_int_equal(offsetof(list_node_t, p_next), 0);
}

static void utilities_compute(void **state)
{
    static const uint16_t values[7] = { 0 };
    struct {
        char before;
        uint32_t member;
    } parent;

    (void)state;
    assert_int_equal(SEC_TO_MS(2), 2000);
    assert_int_equal(US_TO_MS(2999), 2);
    assert_int_equal(US_TO_SEC(2999999), 2);
    assert_int_equal(LE2BE16(0x1234), 0x3412);
    assert_int_equal(BE2LE16(0x1234), 0x3412);
    assert_int_equal(LE2BE24(0x123456), 0x563412);
    assert_int_equal(BE2LE24(0x123456), 0x563412);
    assert_true(LE2BE32(0x12345678u) == 0x78563412u);
    assert_true(BE2LE32(0x12345678u) == 0x78563412u);
    assert_int_equal(ALIGN_VAL(5, 4), 8);
    assert_int_equal(ALIGN_VAL(8, 4), 8);
    assert_int_equal(WORD_SIZE, sizeof(void *));
    assert_int_equal(ROUNDED_DIV(7, 2), 4);
    assert_int_equal(ROUNDED_DIV(5, 4), 1);
    assert_true(IS_IN_RANGE(3, 3, 5) && IS_IN_RANGE(5, 3, 5));
    assert_false(IS_IN_RANGE(2, 3, 5) || IS_IN_RANGE(6, 3, 5));
    assert_int_equal(ARRAY_SIZE(values), 7);
    parent.before = 'x';
    assert_ptr_equal(&PARENT_BY_FIELD_GET(__typeof__(parent), member, &parent.member)->before,
                     &parent.before);
    assert_ptr_equal(CONTAINER_OF(&parent.member, __typeof__(parent), member), &parent);
}

#define ADDED(n) +(n)            /* NOLINT(bugprone-macro-parentheses): a part of a sum */
#define PRODUCT(a, b) +(a) * (b) /* NOLINT(bugprone-macro-parentheses) */

#define COLOURS RED, GREEN, BLUE
enum colours { MACRO_FOR_EACH(DECLARE_ENUM, COLOURS) COLOUR_COUNT };
static const char *const colour_names[] = { MACRO_FOR_EACH(DECLARE_STRING, COLOURS) };

static void macros_are_applied_to_each_argument(void **state)
{
    (void)state;
    assert_int_equal(0 MACRO_FOR_EACH(ADDED, 5), 5);
    assert_int_equal(0 MACRO_FOR_EACH(ADDED, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
                                      17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                      32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46,
                                      47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60),
                     1830);
    assert_int_equal(0 MACRO_FOR_PAIR(PRODUCT, 2, 3), 6);
    assert_int_equal(0 MACRO_FOR_PAIR(PRODUCT, 2, 3, 4, 5, 6, 7), 68);
    assert_int_equal(COLOUR_COUNT, 3);
    assert_string_equal(colour_names[BLUE], "BLUE");
    assert_string_equal(colour_names[RED], "RED");
    assert_int_equal(GREEN, 1);
}

static void log_sources_and_levels_are_numbered(void **state)
{
    static const int sources[] = {
        LOG_SRC_BEARER, LOG_SRC_NETWORK,  LOG_SRC_TRANSPORT, LOG_SRC_PROV,
        LOG_SRC_PACMAN, LOG_SRC_INTERNAL, LOG_SRC_API,       LOG_SRC_DFU,
        LOG_SRC_BEACON, LOG_SRC_TEST,     LOG_SRC_ENC,       LOG_SRC_TIMER_SCHEDULER,
        LOG_SRC_CCM,    LOG_SRC_ACCESS,   LOG_SRC_APP,       LOG_SRC_SERIAL,
        LOG_SRC_FSM,    LOG_SRC_FRIEND,   LOG_SRC_DSM,       LOG_SRC_CORE,
        LOG_SRC_FM,
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(sources); i++) {
        assert_int_equal(sources[i], 1 << i);
    }
    assert_int_equal(ARRAY_SIZE(sources), 21);
    assert_int_equal(LOG_GROUP_STACK & (LOG_SRC_APP | LOG_SRC_TEST), 0);
    assert_int_equal(LOG_GROUP_STACK | LOG_SRC_APP | LOG_SRC_TEST, (1 << 21) - 1);
    assert_int_equal(LOG_LEVEL_ASSERT, 0);
    assert_int_equal(LOG_LEVEL_ERROR, 1);
    assert_int_equal(LOG_LEVEL_WARN, 2);
    assert_int_equal(LOG_LEVEL_REPORT, 3);
    assert_int_equal(LOG_LEVEL_INFO, 4);
    assert_int_equal(LOG_LEVEL_DBG1, 5);
    assert_int_equal(LOG_LEVEL_DBG2, 6);
    assert_int_equal(LOG_LEVEL_DBG3, 7);
}

/* What an application allocates and never looks into. */
static void types_of_the_seeds_structures_are_there(void **state)
{
    static advertiser_t advertiser;
    static bearer_event_sequential_t event;
    static fsm_t fsm;
    static packet_buffer_t buffer;
    static broadcast_params_t params;
    bearer_event_flag_t flag = 3;

    (void)state;
    assert_false(advertiser.enabled || event.event_pending);
    assert_int_equal(fsm.current_state, 0);
    assert_int_equal(buffer.size + params.channel_count, 0);
    assert_int_equal(sizeof(flag), 4);
    assert_int_equal(ARRAY_SIZE(advertiser.config.channels.channel_map), 3);
    assert_int_equal(ADVERTISER_REPEAT_INFINITE, 0xFF);
    assert_int_equal(sizeof(packet_t), 3 + 6 + 31);
    assert_int_equal(BLE_ADV_PACKET_PAYLOAD_MAX_LENGTH, 31);
    assert_int_equal(BLE_PACKET_TYPE_ADV_NONCONN_IND, 2);
    assert_int_equal(CORE_TX_ROLE_ORIGINATOR, 0);
    assert_int_equal(CORE_TX_ROLE_RELAY, 1);
    assert_int_equal(RADIO_POWER_NRF_0DBM, 0);
    assert_int_equal((int8_t)RADIO_POWER_NRF_NEG40DBM, -40);
}

/* -- what there is not ------------------------------------------------------------------------- */

static nrf_sdh_state_evt_t observed;
static void on_sdh_state(nrf_sdh_state_evt_t evt, void *p_context)
{
    (void)p_context;
    observed = evt;
}
NRF_SDH_STATE_OBSERVER(m_observer, 0) = { .handler = on_sdh_state };

static void connections_are_not_supported(void **state)
{
    ble_cfg_t cfg;
    uint32_t ram = 0;

    (void)state;
    memset(&cfg, 0, sizeof(cfg));
    BLE_GAP_CONN_SEC_MODE_SET_OPEN(&cfg.gap_cfg.device_name_cfg.write_perm);
    cfg.gap_cfg.device_name_cfg.vloc = BLE_GATTS_VLOC_STACK;
    cfg.gap_cfg.device_name_cfg.p_value = (uint8_t *)&ram;
    cfg.gap_cfg.device_name_cfg.current_len = (uint16_t)strlen(GAP_DEVICE_NAME);
    cfg.gap_cfg.device_name_cfg.max_len = (uint16_t)strlen(GAP_DEVICE_NAME);
    assert_int_equal(cfg.gap_cfg.device_name_cfg.write_perm.sm, 1);
    assert_int_equal(cfg.gap_cfg.device_name_cfg.write_perm.lv, 1);
    BLE_GAP_CONN_SEC_MODE_SET_NO_ACCESS(&cfg.gap_cfg.device_name_cfg.write_perm);
    assert_int_equal(cfg.gap_cfg.device_name_cfg.write_perm.sm, 0);
    assert_int_equal(sd_ble_cfg_set(BLE_GAP_CFG_DEVICE_NAME, &cfg, ram), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(nrf_sdh_enable_request(), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(nrf_sdh_disable_request(), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(nrf_sdh_ble_default_cfg_set(MESH_SOFTDEVICE_CONN_CFG_TAG, &ram),
                     NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(nrf_sdh_ble_enable(&ram), NRF_ERROR_NOT_SUPPORTED);
    m_observer.handler(NRF_SDH_EVT_STATE_DISABLED, m_observer.p_context);
    assert_int_equal(observed, NRF_SDH_EVT_STATE_DISABLED);
    assert_int_equal(NRF_SDH_EVT_STATE_ENABLED, 1);
    assert_int_equal(NRF_SDH_EVT_STATE_DISABLED, 3);
}

static void the_proxy_is_not_supported(void **state)
{
    (void)state;
    assert_true(PROXY_ENABLED_DEFAULT);
    assert_int_equal(MESH_FEATURE_GATT_ENABLED, 0);
    assert_int_equal(NRF_MESH_GATT_BLE_OBSERVER_PRIO, 2);
    proxy_init();
    assert_int_equal(proxy_enable(), NRF_ERROR_NOT_SUPPORTED);
    proxy_disable();
    assert_int_equal(proxy_start(), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(proxy_stop(), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(proxy_node_id_enable(NULL, NRF_MESH_KEY_REFRESH_PHASE_0),
                     NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(proxy_node_id_disable(), NRF_ERROR_NOT_SUPPORTED);
    assert_false(proxy_is_enabled());
    assert_false(proxy_is_connected());
    assert_int_equal(proxy_disconnect(), NRF_ERROR_NOT_SUPPORTED);

    assert_int_equal(MESH_SOFTDEVICE_CONN_CFG_TAG, 1);
    assert_int_equal(MESH_ADV_INTERVAL_DEFAULT, 320);
    mesh_adv_data_set(0x1828, (const uint8_t *)"x", 1);
    mesh_adv_params_set(0, MESH_ADV_INTERVAL_DEFAULT);
    assert_int_equal(mesh_adv_start(), NRF_ERROR_NOT_SUPPORTED);
    mesh_adv_stop();
}

/* -- section 22: the vendor's headers ---------------------------------------------------------- */

STATIC_ASSERT(sizeof(ble_gap_addr_t) == 7);
STATIC_ASSERT(sizeof(nrf_clock_lf_cfg_t) == 4, "four octets");

static void the_vendors_types_have_their_members(void **state)
{
    nrf_clock_lf_cfg_t clock = DEV_BOARD_LF_CLK_CFG;
    ble_gap_addr_t addr = { .addr_id_peer = 1,
                            .addr_type = BLE_GAP_ADDR_TYPE_RANDOM_STATIC,
                            .addr = { 1, 2, 3, 4, 5, 6 } };

    (void)state;
    assert_int_equal(offsetof(nrf_clock_lf_cfg_t, source), 0);
    assert_int_equal(offsetof(nrf_clock_lf_cfg_t, rc_ctiv), 1);
    assert_int_equal(offsetof(nrf_clock_lf_cfg_t, rc_temp_ctiv), 2);
    assert_int_equal(offsetof(nrf_clock_lf_cfg_t, accuracy), 3);
    assert_int_equal(clock.source, NRF_CLOCK_LF_SRC_XTAL);
    assert_int_equal(clock.accuracy, NRF_CLOCK_LF_ACCURACY_20_PPM);
    assert_int_equal(clock.rc_ctiv + clock.rc_temp_ctiv, 0);
    assert_int_equal(offsetof(ble_gap_addr_t, addr), 1);
    assert_int_equal(((uint8_t *)&addr)[0], 0x03); /* the bit of the peer first */
    assert_int_equal(BLE_GAP_ADDR_LEN, 6);
    assert_int_equal(BLE_GAP_ADDR_TYPE_PUBLIC, 0);
    assert_int_equal(BLE_GAP_ADDR_TYPE_RANDOM_PRIVATE_RESOLVABLE, 2);
    assert_int_equal(BLE_GAP_ADDR_TYPE_RANDOM_PRIVATE_NON_RESOLVABLE, 3);
}

static void the_vendors_macros_compute(void **state)
{
    uint8_t octets[4];

    (void)state;
    assert_int_equal(MIN(3, 2), 2);
    assert_int_equal(MAX(3, 2), 3);
    assert_int_equal(CEIL_DIV(7, 2), 4);
    assert_int_equal(MSEC_TO_UNITS(100, UNIT_0_625_MS), 160);
    assert_int_equal(MSEC_TO_UNITS(100, UNIT_1_25_MS), 80);
    assert_int_equal(MSEC_TO_UNITS(100, UNIT_10_MS), 10);
    assert_int_equal(CONCAT_2(1, 2), 12);
    assert_int_equal(CONCAT_3(1, 2, 3), 123);
    assert_string_equal(STRINGIFY(CONCAT_2(a, b)), "ab");
    assert_int_equal(MSB_16(0x1234), 0x12);
    assert_int_equal(LSB_16(0x1234), 0x34);
    assert_int_equal(BIT_7 | BIT_0, 0x81);
    UNUSED_VARIABLE(octets);
    UNUSED_PARAMETER(state);
    UNUSED_RETURN_VALUE(uint32_encode(0x12345678, octets));
    assert_memory_equal(octets, "\x78\x56\x34\x12", 4);
    assert_true(uint32_decode(octets) == 0x12345678);
    assert_int_equal(uint16_encode(0xABCD, octets), 2);
    assert_int_equal(uint16_decode(octets), 0xABCD);
    assert_true(is_word_aligned((const void *)8));
    assert_false(is_word_aligned((const void *)6));
}

struct entry {
    int value;
};
NRF_SECTION_DEF(test_entries, const struct entry);
NRF_SECTION_ITEM_REGISTER(test_entries, static const struct entry m_first) = { 1 };
NRF_SECTION_ITEM_REGISTER(test_entries, static const struct entry m_second) = { 2 };
NRF_SECTION_DEF(no_entries, const struct entry);

static void a_section_is_an_array(void **state)
{
    int sum = 0;

    (void)state;
    /* cppcheck-suppress comparePointers */
    assert_int_equal(NRF_SECTION_ITEM_COUNT(test_entries, struct entry), 2);
    /* cppcheck-suppress comparePointers */
    assert_int_equal(NRF_SECTION_LENGTH(test_entries), 2 * sizeof(struct entry));
    for (unsigned i = 0; i < 2; i++) {
        sum += NRF_SECTION_ITEM_GET(test_entries, const struct entry, i)->value;
    }
    assert_int_equal(sum, m_first.value + m_second.value);
    assert_ptr_equal(NRF_SECTION_START_ADDR(test_entries),
                     NRF_SECTION_ITEM_GET(test_entries, const struct entry, 0));
    /* cppcheck-suppress comparePointers */
    assert_int_equal(NRF_SECTION_ITEM_COUNT(no_entries, struct entry), 0);
}

static void critical_regions_nest(void **state)
{
    uint8_t nested = 9;

    (void)state;
    assert_int_equal(sd_nvic_critical_region_enter(&nested), NRF_SUCCESS);
    assert_int_equal(nested, 0);
    assert_int_equal(sd_nvic_critical_region_exit(nested), NRF_SUCCESS);
    __DSB();
    __DMB();
    __ISB();
    __NOP();
    __SEV();
}

static void randomness_is_the_ports(void **state)
{
    uint8_t octets[16] = { 0 };
    static const uint8_t zeros[16];

    (void)state;
    assert_int_equal(sd_rand_application_vector_get(octets, sizeof(octets)),
                     NRF_ERROR_SOC_RAND_NOT_ENOUGH_VALUES); /* no port yet */
    (void)one_node_start(false);
    assert_int_equal(sd_rand_application_vector_get(octets, sizeof(octets)), NRF_SUCCESS);
    assert_memory_not_equal(octets, zeros, sizeof(octets));
    assert_int_equal(sd_app_evt_wait(), NRF_SUCCESS); /* whose loop is the port's owner's */
    one_node_stop();
}

static void a_delay_lasts(void **state)
{
    struct timespec before, after;
    int64_t us;

    (void)state;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &before), 0);
    nrf_delay_ms(3);
    nrf_delay_us(2000);
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &after), 0);
    us =
        (after.tv_sec - before.tv_sec) * INT64_C(1000000) + (after.tv_nsec - before.tv_nsec) / 1000;
    assert_true(us >= 5000);
}

static void vendor_error_codes_follow_their_bases(void **state)
{
    (void)state;
    assert_int_equal(NRF_ERROR_SDM_LFCLK_SOURCE_UNKNOWN, 0x1000);
    assert_int_equal(NRF_ERROR_SOC_MUTEX_ALREADY_TAKEN, 0x2000);
    assert_int_equal(BLE_ERROR_NOT_ENABLED, 0x3001);
    assert_int_equal(BLE_ERROR_INVALID_CONN_HANDLE, 0x3002);
    assert_int_equal(BLE_CONN_HANDLE_INVALID, 0xFFFF);
}

/* A reset of this program's: the weak one of hal.c is not taken. */
static unsigned resets;
void hal_device_reset(uint8_t gpregret_value)
{
    assert_int_equal(gpregret_value, 0);
    resets++;
}

static void all_resets_are_one(void **state)
{
    (void)state;
    NVIC_SystemReset();
    assert_int_equal(sd_nvic_SystemReset(), NRF_SUCCESS);
    assert_int_equal(resets, 2);
}

/* -- section 22: support of examples ----------------------------------------------------------- */

static void boards_have_four_leds_and_buttons(void **state)
{
    static const uint8_t leds[] = LEDS_LIST, buttons[] = BUTTONS_LIST;

    (void)state;
    assert_int_equal(ARRAY_SIZE(leds), LEDS_NUMBER);
    assert_int_equal(ARRAY_SIZE(buttons), BUTTONS_NUMBER);
    assert_int_equal(leds[0], BSP_LED_0);
    assert_int_equal(leds[1], BSP_LED_1);
    assert_int_equal(HAL_LED_MASK_HALF | HAL_LED_MASK_UPPER_HALF, HAL_LED_MASK);
    assert_int_equal(HAL_LED_MASK_HALF & HAL_LED_MASK_UPPER_HALF, 0);
    assert_int_equal(HAL_LED_MASK_HALF, 1u << BSP_LED_0 | 1u << BSP_LED_1);
    assert_int_equal(LED_MASK_STATE_OFF, 0);
    assert_int_equal(LED_MASK_STATE_ON, 1);
#if !BUTTON_BOARD
    fail();
#endif
}

static void examples_share_their_constants(void **state)
{
    static const uint8_t static_data[] = STATIC_AUTH_DATA;
    static const uint8_t remote_data[] = STATIC_AUTH_DATA_PB_REMOTE;

    (void)state;
    ble_stack_init();
    gap_params_init();
    conn_params_init();
    assert_int_equal(RTT_INPUT_POLL_PERIOD_MS, 100);
    assert_int_equal(LED_BLINK_INTERVAL_MS, 200);
    assert_int_equal(LED_BLINK_SHORT_INTERVAL_MS, 50);
    assert_int_equal(LED_BLINK_CNT_START, 2);
    assert_int_equal(LED_BLINK_CNT_RESET, 3);
    assert_int_equal(LED_BLINK_CNT_PROV, 4);
    assert_int_equal(LED_BLINK_CNT_NO_REPLY, 6);
    assert_int_equal(LED_BLINK_CNT_ERROR, 6);
    assert_int_equal(LED_BLINK_ATTENTION_INTERVAL_MS, 50);
    assert_int_equal(LED_BLINK_ATTENTION_COUNT(3), 30);
    assert_int_equal(sizeof(static_data), 16);
    assert_memory_equal(static_data, "nordic_example_1", 16);
    assert_int_equal(sizeof(remote_data), 16);
    assert_memory_equal(remote_data,
                        "\xc7\xf7\x9b\xec\x9c\xf9\x74\xdd\xb9\x62\xbd\x9f\xd1\x72\xdd\x73", 16);
    assert_string_equal(EX_URI_LS_SERVER, "\xb9"
                                          "URI for LS Server example");
    assert_string_equal(EX_URI_LS_CLIENT, "\xb9"
                                          "URI for LS Client example");
    assert_string_equal(GAP_DEVICE_NAME, "nRF5x Mesh Node");
    assert_int_equal(RTT_INPUT_ENABLED, 1);
    assert_int_equal(APP_CONFIG_OF_THE_TESTS, 1); /* sdk_config.h includes it */
}

/* A provisioner tells devices apart by what the URI says. */
static void example_uris_differ(void **state)
{
    static const char *const uris[] = {
        EX_URI_LS_CLIENT,     EX_URI_LS_SERVER,     EX_URI_LPN,          EX_URI_ENOCEAN,
        EX_URI_DM_CLIENT,     EX_URI_DM_SERVER,     EX_URI_LL_CLIENT,    EX_URI_LL_SERVER,
        EX_URI_LC_SERVER,     EX_URI_CTL_CLIENT,    EX_URI_CTL_SERVER,   EX_URI_CTL_LC_SERVER,
        EX_URI_SENSOR_CLIENT, EX_URI_SENSOR_SERVER, EX_URI_SCENE_CLIENT, EX_URI_PBR_CLIENT,
        EX_URI_PBR_SERVER,
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(uris); i++) {
        assert_int_equal((uint8_t)uris[i][0], 0xB9);
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(uris[i], uris[j]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timer_events_have_their_members_in_order),
        cmocka_unit_test(utilities_compute),
        cmocka_unit_test(macros_are_applied_to_each_argument),
        cmocka_unit_test(log_sources_and_levels_are_numbered),
        cmocka_unit_test(types_of_the_seeds_structures_are_there),
        cmocka_unit_test(connections_are_not_supported),
        cmocka_unit_test(the_proxy_is_not_supported),
        cmocka_unit_test(the_vendors_types_have_their_members),
        cmocka_unit_test(the_vendors_macros_compute),
        cmocka_unit_test(a_section_is_an_array),
        cmocka_unit_test(critical_regions_nest),
        cmocka_unit_test(randomness_is_the_ports),
        cmocka_unit_test(a_delay_lasts),
        cmocka_unit_test(vendor_error_codes_follow_their_bases),
        cmocka_unit_test(all_resets_are_one),
        cmocka_unit_test(boards_have_four_leds_and_buttons),
        cmocka_unit_test(examples_share_their_constants),
        cmocka_unit_test(example_uris_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
