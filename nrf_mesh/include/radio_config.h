/*
 * The radio's transmission power, in dBm as a chip takes it. The port has the radio here.
 */
#ifndef RADIO_CONFIG_H__
#define RADIO_CONFIG_H__

typedef enum {
    RADIO_POWER_NRF_POS4DBM = 0x04,
    RADIO_POWER_NRF_POS3DBM = 0x03,
    RADIO_POWER_NRF_0DBM = 0x00,
    RADIO_POWER_NRF_NEG4DBM = 0xFC,
    RADIO_POWER_NRF_NEG8DBM = 0xF8,
    RADIO_POWER_NRF_NEG12DBM = 0xF4,
    RADIO_POWER_NRF_NEG16DBM = 0xF0,
    RADIO_POWER_NRF_NEG20DBM = 0xEC,
    RADIO_POWER_NRF_NEG40DBM = 0xD8,
} radio_tx_power_t;

#endif
