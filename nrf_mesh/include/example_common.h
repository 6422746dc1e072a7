/*
 * What example applications share: blinking, the clock, URIs that tell which example a device runs,
 * and the static OOB value that they are provisioned with.
 */
#ifndef EXAMPLE_COMMON_H__
#define EXAMPLE_COMMON_H__

#include "nrf_sdm.h"
#include "sdk_config.h"
#include "uri.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RTT_INPUT_POLL_PERIOD_MS 100

#define LED_BLINK_INTERVAL_MS 200
#define LED_BLINK_SHORT_INTERVAL_MS 50
#define LED_BLINK_CNT_START 2
#define LED_BLINK_CNT_RESET 3
#define LED_BLINK_CNT_PROV 4
#define LED_BLINK_CNT_NO_REPLY 6
#define LED_BLINK_CNT_ERROR 6
#define LED_BLINK_ATTENTION_INTERVAL_MS 50
/** Blinks for so many seconds of attention. */
#define LED_BLINK_ATTENTION_COUNT(s) ((s)*500 / LED_BLINK_ATTENTION_INTERVAL_MS)

/** The clock of a development kit: a crystal of 20 ppm. */
#define DEV_BOARD_LF_CLK_CFG                                                                       \
    {                                                                                              \
        .source = NRF_CLOCK_LF_SRC_XTAL, .rc_ctiv = 0, .rc_temp_ctiv = 0,                          \
        .accuracy = NRF_CLOCK_LF_ACCURACY_20_PPM                                                   \
    }

/* Which example a device runs. */
#define EX_URI_LS_CLIENT URI_SCHEME_EXAMPLE "URI for LS Client example"
#define EX_URI_LS_SERVER URI_SCHEME_EXAMPLE "URI for LS Server example"
#define EX_URI_LPN URI_SCHEME_EXAMPLE "URI for LPN example"
#define EX_URI_ENOCEAN URI_SCHEME_EXAMPLE "URI for Enocean example"
#define EX_URI_DM_CLIENT URI_SCHEME_EXAMPLE "URI for DM Client example"
#define EX_URI_DM_SERVER URI_SCHEME_EXAMPLE "URI for DM Server example"
#define EX_URI_LL_CLIENT URI_SCHEME_EXAMPLE "URI for LL Client example"
#define EX_URI_LL_SERVER URI_SCHEME_EXAMPLE "URI for LL Server example"
#define EX_URI_LC_SERVER URI_SCHEME_EXAMPLE "URI for LC Server example"
#define EX_URI_CTL_CLIENT URI_SCHEME_EXAMPLE "URI for CTL Client example"
#define EX_URI_CTL_SERVER URI_SCHEME_EXAMPLE "URI for CTL Server example"
#define EX_URI_CTL_LC_SERVER URI_SCHEME_EXAMPLE "URI for CTL+LC Server example"
#define EX_URI_SENSOR_CLIENT URI_SCHEME_EXAMPLE "URI for Sensor Client example"
#define EX_URI_SENSOR_SERVER URI_SCHEME_EXAMPLE "URI for Sensor Server example"
#define EX_URI_SCENE_CLIENT URI_SCHEME_EXAMPLE "URI for Scene Client example"
#define EX_URI_PBR_CLIENT URI_SCHEME_EXAMPLE "URI for PBR Client example"
#define EX_URI_PBR_SERVER URI_SCHEME_EXAMPLE "URI for PBR Server example"

/* 16 octets; not secrets, since all know them. */
#define STATIC_AUTH_DATA                                                                           \
    {                                                                                              \
        0x6E, 0x6F, 0x72, 0x64, 0x69, 0x63, 0x5F, 0x65, 0x78, 0x61, 0x6D, 0x70, 0x6C, 0x65, 0x5F,  \
            0x31                                                                                   \
    }
#define STATIC_AUTH_DATA_PB_REMOTE                                                                 \
    {                                                                                              \
        0xC7, 0xF7, 0x9B, 0xEC, 0x9C, 0xF9, 0x74, 0xDD, 0xB9, 0x62, 0xBD, 0x9F, 0xD1, 0x72, 0xDD,  \
            0x73                                                                                   \
    }

#ifdef __cplusplus
}
#endif

#endif
