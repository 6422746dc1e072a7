/*
 * The commands of the simulated controller that read what it is and set what the host wants to hear
 * (Core Specification, Vol 4, Part E, 7.3, 7.4 and part of 7.8), the filter accept list, and its
 * cryptography. Called through the table by hci_commands.c.
 */
#include "hci_state.h"

enum {
    VERSION_4_2 = 0x08,
    VERSION_5_0 = 0x09,
    COMPANY_NONE = 0xFFFF, /* for tests */
    BR_EDR_NOT_SUPPORTED = 1 << 5,
    LE_SUPPORTED = 1 << 6,
    DATA_MAX = AIR_LINK_PDU_MAX,
    DATA_TIME_MIN = 0x0148,
    DATA_TIME_MAX = 0x4290,
};

void hci_info_reset(struct sim_hci *c)
{
    static const uint8_t event_mask[8] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F };
    static const uint8_t le_event_mask[8] = { 0x1F };

    memcpy(c->event_mask, event_mask, sizeof(c->event_mask));
    memcpy(c->le_event_mask, le_event_mask, sizeof(c->le_event_mask));
    c->has_random = false;
    memset(c->name, 0, sizeof(c->name));
    c->host_support = false;
    c->suggested_tx = DATA_PLAIN;
    c->suggested_time = DATA_TIME_MIN;
    c->accept_count = 0;
    c->has_private_key = false;
}

void hci_version(const struct sim_hci *c, uint8_t version[HCI_VERSION_OCTETS])
{
    version[0] = c->config.legacy_only ? VERSION_4_2 : VERSION_5_0;
    put16(version + 1, COMPANY_NONE);
    put16(version + 3, 0);
}

void hci_le_features(const struct sim_hci *c, uint8_t features[8])
{
    memset(features, 0, 8);
    features[0] = 1u << 5; /* LE Data Packet Length Extension */
    if (!c->config.legacy_only) {
        features[1] = 1u << 4; /* LE Extended Advertising */
    }
}

static uint8_t reset(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)p;
    (void)len;
    (void)answer;
    hci_reset(c);
    return ST_OK;
}

static uint8_t set_event_mask(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)answer;
    memcpy(c->event_mask, p, len);
    return ST_OK;
}

/* Page 2 has no event that this controller sends. */
static uint8_t set_event_mask_2(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)c;
    (void)p;
    (void)len;
    (void)answer;
    return ST_OK;
}

static uint8_t le_set_event_mask(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)answer;
    memcpy(c->le_event_mask, p, len);
    return ST_OK;
}

static uint8_t write_name(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)answer;
    memcpy(c->name, p, len);
    return ST_OK;
}

static uint8_t read_name(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)p;
    (void)len;
    memcpy(answer, c->name, sizeof(c->name));
    return ST_OK;
}

static uint8_t read_host_support(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)p;
    (void)len;
    answer[0] = c->host_support;
    return ST_OK;
}

static uint8_t write_host_support(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)len;
    (void)answer;
    if (p[0] > 1) {
        return ST_INVALID;
    }
    c->host_support = p[0] != 0;
    return ST_OK;
}

static uint8_t read_version(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    uint8_t version[HCI_VERSION_OCTETS];

    (void)p;
    (void)len;
    hci_version(c, version);
    answer[0] = version[0]; /* HCI's, and its revision in the next two */
    answer[3] = version[0]; /* the link layer's */
    memcpy(answer + 4, version + 1, 4);
    return ST_OK;
}

static uint8_t read_commands(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)p;
    (void)len;
    hci_commands_supported(c, answer);
    return ST_OK;
}

static uint8_t read_features(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)c;
    (void)p;
    (void)len;
    answer[4] = BR_EDR_NOT_SUPPORTED | LE_SUPPORTED;
    return ST_OK;
}

/* There are no buffers for BR/EDR: LE Read Buffer Size tells of those that there are. */
static uint8_t read_buffer_size(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)c;
    (void)p;
    (void)len;
    (void)answer;
    return ST_OK;
}

static uint8_t read_bd_addr(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)p;
    (void)len;
    put_reversed(answer, c->bd_addr, sizeof(c->bd_addr));
    return ST_OK;
}

static uint8_t le_read_buffer_size(struct sim_hci *c, const uint8_t *p, uint8_t len,
                                   uint8_t *answer)
{
    (void)p;
    (void)len;
    put16(answer, c->config.acl_len);
    answer[2] = c->config.acl_count;
    return ST_OK;
}

static uint8_t le_read_features(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)p;
    (void)len;
    hci_le_features(c, answer);
    return ST_OK;
}

/* All 42 combinations of states (Vol 4, Part E, 7.8.27) but for those of directed advertising. */
static uint8_t le_read_states(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    static const uint8_t directed[] = { 3, 11, 15, 29, 30, 31, 33, 34, 36, 37, 39, 40 };

    (void)c;
    (void)p;
    (void)len;
    for (unsigned bit = 0; bit < 42; bit++) {
        if (memchr(directed, (int)bit, sizeof(directed)) == NULL) {
            answer[bit / 8] |= (uint8_t)(1u << (bit % 8));
        }
    }
    return ST_OK;
}

static uint8_t le_set_random_address(struct sim_hci *c, const uint8_t *p, uint8_t len,
                                     uint8_t *answer)
{
    (void)answer;
    if (c->scanner.enabled || c->initiator.active ||
        (c->mode == MODE_LEGACY && hci_adv_enabled(c))) {
        return ST_DISALLOWED;
    }
    put_reversed(c->random, p, len);
    c->has_random = true;
    return ST_OK;
}

/* -- the filter accept list --- */

static bool accept_in_use(const struct sim_hci *c)
{
    return (c->scanner.enabled && c->scanner.use_list) ||
           (c->initiator.active && c->initiator.by_list);
}

/* @return the entry; accept_count: none */
static uint8_t accept_find(const struct sim_hci *c, uint8_t type, const uint8_t addr[6])
{
    uint8_t i = 0;

    while (i < c->accept_count &&
           (c->accept[i].type != type ||
            memcmp(c->accept[i].addr, addr, sizeof(c->accept[i].addr)) != 0)) {
        i++;
    }
    return i;
}

bool hci_accept_listed(const struct sim_hci *c, uint8_t type, const uint8_t addr[6])
{
    return accept_find(c, type, addr) < c->accept_count;
}

static uint8_t accept_size(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)c;
    (void)p;
    (void)len;
    answer[0] = ACCEPT_LIST;
    return ST_OK;
}

static uint8_t accept_clear(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)p;
    (void)len;
    (void)answer;
    if (accept_in_use(c)) {
        return ST_DISALLOWED;
    }
    c->accept_count = 0;
    return ST_OK;
}

static uint8_t accept_add(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    struct usher_ble_addr peer = { .type = p[0] };

    (void)len;
    (void)answer;
    put_reversed(peer.addr, p + 1, sizeof(peer.addr));
    if (p[0] > 1) {
        return ST_INVALID;
    }
    if (accept_in_use(c)) {
        return ST_DISALLOWED;
    }
    if (hci_accept_listed(c, peer.type, peer.addr)) {
        return ST_OK;
    }
    if (c->accept_count == ACCEPT_LIST) {
        return ST_MEMORY;
    }
    c->accept[c->accept_count++] = peer;
    return ST_OK;
}

static uint8_t accept_remove(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    uint8_t addr[6], i;

    (void)len;
    (void)answer;
    put_reversed(addr, p + 1, sizeof(addr));
    if (p[0] > 1) {
        return ST_INVALID;
    }
    if (accept_in_use(c)) {
        return ST_DISALLOWED;
    }
    i = accept_find(c, p[0], addr);
    if (i < c->accept_count) {
        c->accept[i] = c->accept[--c->accept_count];
    }
    return ST_OK;
}

/* -- the length of data PDUs, for connections to come --- */

static uint8_t read_suggested(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)p;
    (void)len;
    put16(answer, c->suggested_tx);
    put16(answer + 2, c->suggested_time);
    return ST_OK;
}

static uint8_t write_suggested(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    uint16_t octets = get16(p), time = get16(p + 2);

    (void)len;
    (void)answer;
    if (octets < DATA_PLAIN || octets > DATA_MAX || time < DATA_TIME_MIN || time > DATA_TIME_MAX) {
        return ST_INVALID;
    }
    c->suggested_tx = octets;
    c->suggested_time = time;
    return ST_OK;
}

static uint8_t read_maximum(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)c;
    (void)p;
    (void)len;
    put16(answer, DATA_MAX);
    put16(answer + 2, HCI_DATA_TIME(DATA_MAX));
    put16(answer + 4, DATA_MAX);
    put16(answer + 6, HCI_DATA_TIME(DATA_MAX));
    return ST_OK;
}

/* -- cryptography --- */

static uint8_t le_encrypt(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    const struct usher_crypto *crypto = c->config.crypto;
    uint8_t key[16], block[16];

    (void)len;
    put_reversed(key, p, sizeof(key));
    put_reversed(block, p + sizeof(key), sizeof(block));
    if (crypto->aes128(crypto->ctx, key, block, block) != USHER_OK) {
        return ST_UNSPECIFIED;
    }
    put_reversed(answer, block, sizeof(block));
    return ST_OK;
}

static uint8_t le_rand(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    (void)p;
    (void)len;
    air_random(c->radio, answer, 8);
    return ST_OK;
}

static uint8_t read_p256_key(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    const struct usher_crypto *crypto = c->config.crypto;
    uint8_t key[USHER_P256_PUBLIC] = { 0 };
    uint8_t event[1 + USHER_P256_PUBLIC];

    (void)p;
    (void)len;
    (void)answer;
    /* a draw in 2^32 is no private key: the host is told, and asks again */
    air_random(c->radio, c->private_key, sizeof(c->private_key));
    c->has_private_key = crypto->p256_public(crypto->ctx, c->private_key, key) == USHER_OK;
    event[0] = c->has_private_key ? ST_OK : ST_UNSPECIFIED;
    put_reversed(event + 1, key, 32);
    put_reversed(event + 33, key + 32, 32);
    hci_le_event(c, LE_P256_KEY, event, sizeof(event));
    return ST_OK;
}

static uint8_t generate_dhkey(struct sim_hci *c, const uint8_t *p, uint8_t len, uint8_t *answer)
{
    const struct usher_crypto *crypto = c->config.crypto;
    uint8_t peer[USHER_P256_PUBLIC], secret[USHER_P256_SECRET] = { 0 };
    uint8_t event[1 + USHER_P256_SECRET];

    (void)len;
    (void)answer;
    if (!c->has_private_key) {
        return ST_DISALLOWED;
    }
    put_reversed(peer, p, 32);
    put_reversed(peer + 32, p + 32, 32);
    if (crypto->p256_ecdh(crypto->ctx, c->private_key, peer, secret) == USHER_OK) {
        event[0] = ST_OK;
        put_reversed(event + 1, secret, sizeof(secret));
    } else {
        event[0] = ST_INVALID;
        memset(event + 1, 0xFF, sizeof(secret)); /* so says 7.7.65.9 */
    }
    hci_le_event(c, LE_DHKEY, event, sizeof(event));
    return ST_OK;
}

const struct hci_command_row hci_info_commands[] = {
    { 0x0C01, 8, 0, 5, 6, 0, set_event_mask },
    { 0x0C03, 0, 0, 5, 7, 0, reset },
    { 0x0C13, 248, 0, 7, 0, 0, write_name },
    { 0x0C14, 0, 0, 7, 1, 248, read_name },
    { 0x0C63, 8, 0, 22, 2, 0, set_event_mask_2 },
    { 0x0C6C, 0, 0, 24, 5, 2, read_host_support },
    { 0x0C6D, 2, 0, 24, 6, 0, write_host_support },
    { 0x1001, 0, 0, 14, 3, 8, read_version },
    { 0x1002, 0, 0, 14, 4, 64, read_commands },
    { 0x1003, 0, 0, 14, 5, 8, read_features },
    { 0x1005, 0, 0, 14, 7, 7, read_buffer_size },
    { 0x1009, 0, 0, 15, 1, 6, read_bd_addr },
    { 0x2001, 8, 0, 25, 0, 0, le_set_event_mask },
    { 0x2002, 0, 0, 25, 1, 3, le_read_buffer_size },
    { 0x2003, 0, 0, 25, 2, 8, le_read_features },
    { 0x2005, 6, 0, 25, 4, 0, le_set_random_address },
    { 0x200F, 0, 0, 26, 6, 1, accept_size },
    { 0x2010, 0, 0, 26, 7, 0, accept_clear },
    { 0x2011, 7, 0, 27, 0, 0, accept_add },
    { 0x2012, 7, 0, 27, 1, 0, accept_remove },
    { 0x2017, 32, F_CRYPTO, 27, 6, 16, le_encrypt },
    { 0x2018, 0, 0, 27, 7, 8, le_rand },
    { 0x201C, 0, 0, 28, 3, 8, le_read_states },
    { 0x2023, 0, 0, 33, 7, 4, read_suggested },
    { 0x2024, 4, 0, 34, 0, 0, write_suggested },
    { 0x2025, 0, F_CRYPTO | F_STATUS, 34, 1, 0, read_p256_key },
    { 0x2026, 64, F_CRYPTO | F_STATUS, 34, 2, 0, generate_dhkey },
    { 0x202F, 0, 0, 35, 3, 8, read_maximum },
    { 0 },
};
