/*
 * The Configuration messages on the wire (Mesh Protocol 1.1, section 4.3.2): what each consists of,
 * and the values that are prohibited; those make reading and writing fail. Reserved bits are
 * written as 0 and not looked at. Called by the Configuration Server and Client, and by whoever
 * explains messages.
 */
#include "config_pdu.h"

#include <usher/models.h>

#define LOG_MAX 0x11u     /* of periods and counts */
#define LOG_ENDLESS 0xFFu /* of counts */
#define FEATURES_KNOWN 0x000Fu

static void require(struct io *io, bool ok)
{
    if (!ok) {
        io->failed = true;
    }
}

/* -- fields that several messages have --------------------------------------------------------- */

static void at_most(struct io *io, uint8_t *v, uint8_t max)
{
    io_u8(io, v);
    require(io, *v <= max);
}

static void on_off(struct io *io, struct usher_config_msg *m)
{
    at_most(io, &m->state, 1);
}

/* As a status: it may be 2, not supported. */
static void on_off_unsupported(struct io *io, struct usher_config_msg *m)
{
    at_most(io, &m->state, 2);
}

static void element(struct io *io, struct usher_config_msg *m)
{
    io_le16(io, &m->element);
    require(io, usher_is_unicast(m->element));
}

static void status_element(struct io *io, struct usher_config_msg *m)
{
    io_u8(io, &m->status);
    element(io, m);
}

static void sig_model(struct io *io, struct usher_config_msg *m)
{
    if (io_reads(io)) {
        m->company = USHER_SIG;
    }
    require(io, m->company == USHER_SIG);
    io_le16(io, &m->model);
}

static void vendor_model(struct io *io, struct usher_config_msg *m)
{
    io_le16(io, &m->company);
    require(io, m->company != USHER_SIG);
    io_le16(io, &m->model);
}

/* A model at the end of a message: what is left says whether it is a vendor's. */
static void last_model(struct io *io, struct usher_config_msg *m)
{
    if (io_reads(io) ? io_left(io) == 4 : m->company != USHER_SIG) {
        vendor_model(io, m);
    } else {
        sig_model(io, m);
    }
}

static void one_key(struct io *io, uint16_t *index)
{
    io_le16(io, index);
    require(io, *index <= USHER_KEY_INDEX_MAX);
}

static void two_keys(struct io *io, uint16_t *first, uint16_t *second)
{
    uint32_t packed = (uint32_t)*second << 12 | *first;

    require(io, io_reads(io) || (*first <= USHER_KEY_INDEX_MAX && *second <= USHER_KEY_INDEX_MAX));
    io_le24(io, &packed);
    *first = packed & USHER_KEY_INDEX_MAX;
    *second = (uint16_t)(packed >> 12);
}

/* Pairs of key indexes, and an odd last one by itself. */
static void key_list(struct io *io, struct usher_config_msg *m)
{
    unsigned i = 0;

    if (io_reads(io)) {
        m->list_count = (uint16_t)(io_left(io) / 3 * 2 + io_left(io) % 3 / 2);
    }
    require(io, m->list_count <= USHER_CONFIG_LIST_MAX);
    for (; io_ok(io) && i + 2 <= m->list_count; i += 2) {
        two_keys(io, &m->list[i], &m->list[i + 1]);
    }
    if (io_ok(io) && i < m->list_count) {
        one_key(io, &m->list[i]);
    }
}

static void address_list(struct io *io, struct usher_config_msg *m)
{
    if (io_reads(io)) {
        m->list_count = (uint16_t)(io_left(io) / 2);
    }
    require(io, m->list_count <= USHER_CONFIG_LIST_MAX);
    for (unsigned i = 0; io_ok(io) && i < m->list_count; i++) {
        io_le16(io, &m->list[i]);
    }
}

static void label(struct io *io, struct usher_config_msg *m)
{
    io_bytes(io, m->label, sizeof(m->label));
}

/* -- states of the node ------------------------------------------------------------------------ */

static void nothing(struct io *io, struct usher_config_msg *m)
{
    (void)io;
    (void)m;
}

static void page(struct io *io, struct usher_config_msg *m)
{
    io_u8(io, &m->state);
}

static void composition_status(struct io *io, struct usher_config_msg *m)
{
    page(io, m);
    io_rest(io, &m->data, &m->data_len);
}

static void default_ttl(struct io *io, struct usher_config_msg *m)
{
    at_most(io, &m->state, 0x7F);
    require(io, m->state != 1);
}

static void net_transmit(struct io *io, struct usher_config_msg *m)
{
    io_u8(io, &m->transmit);
}

static void relay_set(struct io *io, struct usher_config_msg *m)
{
    on_off(io, m);
    io_u8(io, &m->transmit);
}

static void relay_status(struct io *io, struct usher_config_msg *m)
{
    on_off_unsupported(io, m);
    io_u8(io, &m->transmit);
}

static void lpn_get(struct io *io, struct usher_config_msg *m)
{
    io_le16(io, &m->lpn);
    require(io, usher_is_unicast(m->lpn));
}

static void lpn_status(struct io *io, struct usher_config_msg *m)
{
    lpn_get(io, m);
    io_le24(io, &m->poll_timeout);
}

/* -- keys -------------------------------------------------------------------------------------- */

static void netkey(struct io *io, struct usher_config_msg *m)
{
    one_key(io, &m->net_index);
}

static void netkey_set(struct io *io, struct usher_config_msg *m)
{
    netkey(io, m);
    io_bytes(io, m->key, sizeof(m->key));
}

static void netkey_status(struct io *io, struct usher_config_msg *m)
{
    io_u8(io, &m->status);
    netkey(io, m);
}

static void appkey(struct io *io, struct usher_config_msg *m)
{
    two_keys(io, &m->net_index, &m->app_index);
}

static void appkey_set(struct io *io, struct usher_config_msg *m)
{
    appkey(io, m);
    io_bytes(io, m->key, sizeof(m->key));
}

static void appkey_status(struct io *io, struct usher_config_msg *m)
{
    io_u8(io, &m->status);
    appkey(io, m);
}

static void appkey_list(struct io *io, struct usher_config_msg *m)
{
    netkey_status(io, m);
    key_list(io, m);
}

static void identity_set(struct io *io, struct usher_config_msg *m)
{
    netkey(io, m);
    on_off(io, m);
}

static void identity_status(struct io *io, struct usher_config_msg *m)
{
    netkey_status(io, m);
    on_off_unsupported(io, m);
}

static void key_refresh_set(struct io *io, struct usher_config_msg *m)
{
    netkey(io, m);
    io_u8(io, &m->state);
    require(io, m->state == 2 || m->state == 3);
}

static void key_refresh_status(struct io *io, struct usher_config_msg *m)
{
    netkey_status(io, m);
    at_most(io, &m->state, 2);
}

/* -- models ------------------------------------------------------------------------------------ */

static void model(struct io *io, struct usher_config_msg *m)
{
    element(io, m);
    last_model(io, m);
}

static void sig_get(struct io *io, struct usher_config_msg *m)
{
    element(io, m);
    sig_model(io, m);
}

static void vendor_get(struct io *io, struct usher_config_msg *m)
{
    element(io, m);
    vendor_model(io, m);
}

/* Everything of a publication behind its address. */
static void publication(struct io *io, struct usher_config_msg *m)
{
    uint16_t key = (uint16_t)((m->credentials & 1) << 12 | (m->app_index & USHER_KEY_INDEX_MAX));

    require(io, io_reads(io) || m->app_index <= USHER_KEY_INDEX_MAX);
    io_le16(io, &key);
    m->app_index = key & USHER_KEY_INDEX_MAX;
    m->credentials = key >> 12 & 1;
    io_u8(io, &m->ttl);
    io_u8(io, &m->period);
    io_u8(io, &m->retransmit);
    last_model(io, m);
}

static void publication_ttl(struct io *io, const struct usher_config_msg *m)
{
    require(io, m->ttl <= 0x7F || m->ttl == 0xFF);
}

static void publication_set(struct io *io, struct usher_config_msg *m)
{
    element(io, m);
    io_le16(io, &m->address);
    require(io, !usher_is_virtual(m->address));
    publication(io, m);
    if (m->address != USHER_ADDR_UNASSIGNED) { /* else the rest does not count */
        publication_ttl(io, m);
    }
}

static void publication_virtual_set(struct io *io, struct usher_config_msg *m)
{
    element(io, m);
    label(io, m);
    publication(io, m);
    publication_ttl(io, m);
}

static void publication_status(struct io *io, struct usher_config_msg *m)
{
    status_element(io, m);
    io_le16(io, &m->address);
    publication(io, m);
    publication_ttl(io, m);
}

static void subscription(struct io *io, struct usher_config_msg *m)
{
    element(io, m);
    io_le16(io, &m->address);
    require(io, usher_is_group(m->address) && m->address != USHER_ADDR_ALL_NODES);
    last_model(io, m);
}

static void subscription_virtual(struct io *io, struct usher_config_msg *m)
{
    element(io, m);
    label(io, m);
    last_model(io, m);
}

static void subscription_status(struct io *io, struct usher_config_msg *m)
{
    status_element(io, m);
    io_le16(io, &m->address);
    last_model(io, m);
}

static void sig_subscription_list(struct io *io, struct usher_config_msg *m)
{
    status_element(io, m);
    sig_model(io, m);
    address_list(io, m);
}

static void vendor_subscription_list(struct io *io, struct usher_config_msg *m)
{
    status_element(io, m);
    vendor_model(io, m);
    address_list(io, m);
}

static void app_bind(struct io *io, struct usher_config_msg *m)
{
    element(io, m);
    one_key(io, &m->app_index);
    last_model(io, m);
}

static void app_status(struct io *io, struct usher_config_msg *m)
{
    io_u8(io, &m->status);
    app_bind(io, m);
}

static void sig_app_list(struct io *io, struct usher_config_msg *m)
{
    status_element(io, m);
    sig_model(io, m);
    key_list(io, m);
}

static void vendor_app_list(struct io *io, struct usher_config_msg *m)
{
    status_element(io, m);
    vendor_model(io, m);
    key_list(io, m);
}

/* -- heartbeats -------------------------------------------------------------------------------- */

static void count_log(struct io *io, struct usher_config_msg *m)
{
    io_u8(io, &m->count_log);
    require(io, m->count_log <= LOG_MAX || m->count_log == LOG_ENDLESS);
}

static void heartbeat_pub(struct io *io, struct usher_config_msg *m)
{
    io_le16(io, &m->address);
    require(io, !usher_is_virtual(m->address));
    count_log(io, m);
    at_most(io, &m->period_log, LOG_MAX);
    at_most(io, &m->ttl, 0x7F);
    io_le16(io, &m->features);
    m->features &= FEATURES_KNOWN;
    netkey(io, m);
}

static void heartbeat_pub_status(struct io *io, struct usher_config_msg *m)
{
    io_u8(io, &m->status);
    heartbeat_pub(io, m);
}

static void heartbeat_sub(struct io *io, struct usher_config_msg *m)
{
    io_le16(io, &m->source);
    io_le16(io, &m->address);
    require(io, m->source <= USHER_UNICAST_MAX && !usher_is_virtual(m->address));
    at_most(io, &m->period_log, LOG_MAX);
}

static void heartbeat_sub_status(struct io *io, struct usher_config_msg *m)
{
    io_u8(io, &m->status);
    heartbeat_sub(io, m);
    count_log(io, m);
    at_most(io, &m->min_hops, 0x7F);
    at_most(io, &m->max_hops, 0x7F);
}

/* -- the table --------------------------------------------------------------------------------- */

#define QUESTION(op, answer, name, fields)                                                         \
    {                                                                                              \
        USHER_CONFIG_##op, USHER_CONFIG_##answer, "Config " name, fields                           \
    }
#define ANSWER(op, name, fields)                                                                   \
    {                                                                                              \
        USHER_CONFIG_##op, CONFIG_NO_ANSWER, "Config " name, fields                                \
    }

/* clang-format off */
const struct config_pdu config_pdus[] = {
    QUESTION(APPKEY_ADD, APPKEY_STATUS, "AppKey Add", appkey_set),
    QUESTION(APPKEY_UPDATE, APPKEY_STATUS, "AppKey Update", appkey_set),
    ANSWER(COMPOSITION_STATUS, "Composition Data Status", composition_status),
    QUESTION(PUBLICATION_SET, PUBLICATION_STATUS, "Model Publication Set", publication_set),
    ANSWER(HEARTBEAT_PUB_STATUS, "Heartbeat Publication Status", heartbeat_pub_status),
    QUESTION(APPKEY_DELETE, APPKEY_STATUS, "AppKey Delete", appkey),
    QUESTION(APPKEY_GET, APPKEY_LIST, "AppKey Get", netkey),
    ANSWER(APPKEY_LIST, "AppKey List", appkey_list),
    ANSWER(APPKEY_STATUS, "AppKey Status", appkey_status),
    QUESTION(COMPOSITION_GET, COMPOSITION_STATUS, "Composition Data Get", page),
    QUESTION(BEACON_GET, BEACON_STATUS, "Beacon Get", nothing),
    QUESTION(BEACON_SET, BEACON_STATUS, "Beacon Set", on_off),
    ANSWER(BEACON_STATUS, "Beacon Status", on_off),
    QUESTION(TTL_GET, TTL_STATUS, "Default TTL Get", nothing),
    QUESTION(TTL_SET, TTL_STATUS, "Default TTL Set", default_ttl),
    ANSWER(TTL_STATUS, "Default TTL Status", default_ttl),
    QUESTION(FRIEND_GET, FRIEND_STATUS, "Friend Get", nothing),
    QUESTION(FRIEND_SET, FRIEND_STATUS, "Friend Set", on_off),
    ANSWER(FRIEND_STATUS, "Friend Status", on_off_unsupported),
    QUESTION(PROXY_GET, PROXY_STATUS, "GATT Proxy Get", nothing),
    QUESTION(PROXY_SET, PROXY_STATUS, "GATT Proxy Set", on_off),
    ANSWER(PROXY_STATUS, "GATT Proxy Status", on_off_unsupported),
    QUESTION(KEY_REFRESH_GET, KEY_REFRESH_STATUS, "Key Refresh Phase Get", netkey),
    QUESTION(KEY_REFRESH_SET, KEY_REFRESH_STATUS, "Key Refresh Phase Set", key_refresh_set),
    ANSWER(KEY_REFRESH_STATUS, "Key Refresh Phase Status", key_refresh_status),
    QUESTION(PUBLICATION_GET, PUBLICATION_STATUS, "Model Publication Get", model),
    ANSWER(PUBLICATION_STATUS, "Model Publication Status", publication_status),
    QUESTION(PUBLICATION_VIRTUAL_SET, PUBLICATION_STATUS,
             "Model Publication Virtual Address Set", publication_virtual_set),
    QUESTION(SUBSCRIPTION_ADD, SUBSCRIPTION_STATUS, "Model Subscription Add", subscription),
    QUESTION(SUBSCRIPTION_DELETE, SUBSCRIPTION_STATUS, "Model Subscription Delete", subscription),
    QUESTION(SUBSCRIPTION_DELETE_ALL, SUBSCRIPTION_STATUS, "Model Subscription Delete All", model),
    QUESTION(SUBSCRIPTION_OVERWRITE, SUBSCRIPTION_STATUS,
             "Model Subscription Overwrite", subscription),
    ANSWER(SUBSCRIPTION_STATUS, "Model Subscription Status", subscription_status),
    QUESTION(SUBSCRIPTION_VIRTUAL_ADD, SUBSCRIPTION_STATUS,
             "Model Subscription Virtual Address Add", subscription_virtual),
    QUESTION(SUBSCRIPTION_VIRTUAL_DELETE, SUBSCRIPTION_STATUS,
             "Model Subscription Virtual Address Delete", subscription_virtual),
    QUESTION(SUBSCRIPTION_VIRTUAL_OVERWRITE, SUBSCRIPTION_STATUS,
             "Model Subscription Virtual Address Overwrite", subscription_virtual),
    QUESTION(NET_TRANSMIT_GET, NET_TRANSMIT_STATUS, "Network Transmit Get", nothing),
    QUESTION(NET_TRANSMIT_SET, NET_TRANSMIT_STATUS, "Network Transmit Set", net_transmit),
    ANSWER(NET_TRANSMIT_STATUS, "Network Transmit Status", net_transmit),
    QUESTION(RELAY_GET, RELAY_STATUS, "Relay Get", nothing),
    QUESTION(RELAY_SET, RELAY_STATUS, "Relay Set", relay_set),
    ANSWER(RELAY_STATUS, "Relay Status", relay_status),
    QUESTION(SIG_SUBSCRIPTION_GET, SIG_SUBSCRIPTION_LIST, "SIG Model Subscription Get", sig_get),
    ANSWER(SIG_SUBSCRIPTION_LIST, "SIG Model Subscription List", sig_subscription_list),
    QUESTION(VENDOR_SUBSCRIPTION_GET, VENDOR_SUBSCRIPTION_LIST,
             "Vendor Model Subscription Get", vendor_get),
    ANSWER(VENDOR_SUBSCRIPTION_LIST, "Vendor Model Subscription List", vendor_subscription_list),
    QUESTION(LPN_TIMEOUT_GET, LPN_TIMEOUT_STATUS, "Low Power Node PollTimeout Get", lpn_get),
    ANSWER(LPN_TIMEOUT_STATUS, "Low Power Node PollTimeout Status", lpn_status),
    QUESTION(HEARTBEAT_PUB_GET, HEARTBEAT_PUB_STATUS, "Heartbeat Publication Get", nothing),
    QUESTION(HEARTBEAT_PUB_SET, HEARTBEAT_PUB_STATUS, "Heartbeat Publication Set", heartbeat_pub),
    QUESTION(HEARTBEAT_SUB_GET, HEARTBEAT_SUB_STATUS, "Heartbeat Subscription Get", nothing),
    QUESTION(HEARTBEAT_SUB_SET, HEARTBEAT_SUB_STATUS, "Heartbeat Subscription Set", heartbeat_sub),
    ANSWER(HEARTBEAT_SUB_STATUS, "Heartbeat Subscription Status", heartbeat_sub_status),
    QUESTION(MODEL_APP_BIND, MODEL_APP_STATUS, "Model App Bind", app_bind),
    ANSWER(MODEL_APP_STATUS, "Model App Status", app_status),
    QUESTION(MODEL_APP_UNBIND, MODEL_APP_STATUS, "Model App Unbind", app_bind),
    QUESTION(NETKEY_ADD, NETKEY_STATUS, "NetKey Add", netkey_set),
    QUESTION(NETKEY_DELETE, NETKEY_STATUS, "NetKey Delete", netkey),
    QUESTION(NETKEY_GET, NETKEY_LIST, "NetKey Get", nothing),
    ANSWER(NETKEY_LIST, "NetKey List", key_list),
    ANSWER(NETKEY_STATUS, "NetKey Status", netkey_status),
    QUESTION(NETKEY_UPDATE, NETKEY_STATUS, "NetKey Update", netkey_set),
    QUESTION(IDENTITY_GET, IDENTITY_STATUS, "Node Identity Get", netkey),
    QUESTION(IDENTITY_SET, IDENTITY_STATUS, "Node Identity Set", identity_set),
    ANSWER(IDENTITY_STATUS, "Node Identity Status", identity_status),
    QUESTION(NODE_RESET, NODE_RESET_STATUS, "Node Reset", nothing),
    ANSWER(NODE_RESET_STATUS, "Node Reset Status", nothing),
    QUESTION(SIG_APP_GET, SIG_APP_LIST, "SIG Model App Get", sig_get),
    ANSWER(SIG_APP_LIST, "SIG Model App List", sig_app_list),
    QUESTION(VENDOR_APP_GET, VENDOR_APP_LIST, "Vendor Model App Get", vendor_get),
    ANSWER(VENDOR_APP_LIST, "Vendor Model App List", vendor_app_list),
};
/* clang-format on */

const unsigned config_pdu_count = sizeof(config_pdus) / sizeof(config_pdus[0]);

const struct config_pdu *config_pdu_find(uint32_t opcode)
{
    for (unsigned i = 0; i < config_pdu_count; i++) {
        if (config_pdus[i].opcode == opcode) {
            return &config_pdus[i];
        }
    }
    return NULL;
}

bool config_pdu_read(uint32_t opcode, const uint8_t *params, size_t len, struct usher_config_msg *m)
{
    const struct config_pdu *pdu = config_pdu_find(opcode);
    struct io io = io_reader(params, len);

    if (pdu == NULL) {
        return false;
    }
    m->opcode = opcode;
    pdu->fields(&io, m);
    return io_done(&io);
}

size_t config_pdu_write(struct usher_config_msg *m, uint8_t *out, size_t size)
{
    const struct config_pdu *pdu = config_pdu_find(m->opcode);
    struct io io = io_writer(out, size);

    if (pdu == NULL) {
        return SIZE_MAX;
    }
    pdu->fields(&io, m);
    return io_ok(&io) ? io_pos(&io) : SIZE_MAX;
}

bool usher_config_read(const struct usher_message *message, struct usher_config_msg *msg)
{
    *msg = (struct usher_config_msg){ 0 };
    return config_pdu_read(message->opcode, message->params, message->len, msg);
}

const char *usher_config_name(uint32_t opcode)
{
    const struct config_pdu *pdu = config_pdu_find(opcode);

    return pdu != NULL ? pdu->name : NULL;
}

const char *usher_status_name(uint8_t status)
{
    static const char *const names[] = {
        "Success",
        "Invalid Address",
        "Invalid Model",
        "Invalid AppKey Index",
        "Invalid NetKey Index",
        "Insufficient Resources",
        "Key Index Already Stored",
        "Invalid Publish Parameters",
        "Not a Subscribe Model",
        "Storage Failure",
        "Feature Not Supported",
        "Cannot Update",
        "Cannot Remove",
        "Cannot Bind",
        "Temporarily Unable to Change State",
        "Cannot Set",
        "Unspecified Error",
        "Invalid Binding",
        "Invalid Path Entry",
        "Cannot Get",
        "Obsolete Information",
        "Invalid Bearer",
    };

    return status < sizeof(names) / sizeof(names[0]) ? names[status] : "unknown";
}
