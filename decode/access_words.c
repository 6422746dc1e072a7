/* Access messages by name (Mesh Protocol 1.1, section 4.3; Mesh Model 1.1, 3.2.1); see mesh.h. */
#include "mesh.h"

#include "config_pdu.h"
#include "health_pdu.h"
#include "model.h"
#include "onoff_pdu.h"
#include "private_beacon_pdu.h"
#include "sar_pdu.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define VENDOR_MIN 0xC00000u

/* Names of the messages of models that have no table of them. */
static const struct {
    uint32_t opcode;
    const char *name;
} names[] = {
    { HEALTH_CURRENT_STATUS, "Health Current Status" },
    { HEALTH_FAULT_STATUS, "Health Fault Status" },
    { HEALTH_ATTENTION_GET, "Health Attention Get" },
    { HEALTH_ATTENTION_SET, "Health Attention Set" },
    { HEALTH_ATTENTION_SET_UNACK, "Health Attention Set Unacknowledged" },
    { HEALTH_ATTENTION_STATUS, "Health Attention Status" },
    { HEALTH_FAULT_CLEAR, "Health Fault Clear" },
    { HEALTH_FAULT_CLEAR_UNACK, "Health Fault Clear Unacknowledged" },
    { HEALTH_FAULT_GET, "Health Fault Get" },
    { HEALTH_FAULT_TEST, "Health Fault Test" },
    { HEALTH_FAULT_TEST_UNACK, "Health Fault Test Unacknowledged" },
    { HEALTH_PERIOD_GET, "Health Period Get" },
    { HEALTH_PERIOD_SET, "Health Period Set" },
    { HEALTH_PERIOD_SET_UNACK, "Health Period Set Unacknowledged" },
    { HEALTH_PERIOD_STATUS, "Health Period Status" },
    { ONOFF_GET, "Generic OnOff Get" },
    { ONOFF_SET, "Generic OnOff Set" },
    { ONOFF_SET_UNACK, "Generic OnOff Set Unacknowledged" },
    { ONOFF_STATUS, "Generic OnOff Status" },
    { PRIVATE_BEACON_GET, "Private Beacon Get" },
    { PRIVATE_BEACON_SET, "Private Beacon Set" },
    { PRIVATE_BEACON_STATUS, "Private Beacon Status" },
    { SAR_TRANSMITTER_GET, "SAR Transmitter Get" },
    { SAR_TRANSMITTER_SET, "SAR Transmitter Set" },
    { SAR_TRANSMITTER_STATUS, "SAR Transmitter Status" },
    { SAR_RECEIVER_GET, "SAR Receiver Get" },
    { SAR_RECEIVER_SET, "SAR Receiver Set" },
    { SAR_RECEIVER_STATUS, "SAR Receiver Status" },
};

static const char *name_of(uint32_t opcode)
{
    const struct config_pdu *config = config_pdu_find(opcode);

    if (config != NULL) {
        return config->name;
    }
    for (size_t i = 0; i < COUNT(names); i++) {
        if (names[i].opcode == opcode) {
            return names[i].name;
        }
    }
    return NULL;
}

static void malformed(struct words *w, size_t len)
{
    words_say(w, ", malformed: %zu octets", len);
    words_truth(w, "malformed", true);
}

/* -- Configuration messages -------------------------------------------------------------------- */

enum member_kind { NUMBER_8, NUMBER_16, NUMBER_32, ADDRESS, OCTETS, SECRET };

#define MEMBER(m) offsetof(struct usher_config_msg, m)
static const struct {
    const char *name;
    size_t at;
    enum member_kind kind;
} members[] = {
    { "element", MEMBER(element), ADDRESS },
    { "address", MEMBER(address), ADDRESS },
    { "label", MEMBER(label), OCTETS },
    { "source", MEMBER(source), ADDRESS },
    { "net_index", MEMBER(net_index), NUMBER_16 },
    { "app_index", MEMBER(app_index), NUMBER_16 },
    { "key", MEMBER(key), SECRET },
    { "state", MEMBER(state), NUMBER_8 },
    { "ttl", MEMBER(ttl), NUMBER_8 },
    { "period", MEMBER(period), NUMBER_8 },
    { "transmit", MEMBER(transmit), NUMBER_8 },
    { "retransmit", MEMBER(retransmit), NUMBER_8 },
    { "credentials", MEMBER(credentials), NUMBER_8 },
    { "count_log", MEMBER(count_log), NUMBER_8 },
    { "period_log", MEMBER(period_log), NUMBER_8 },
    { "min_hops", MEMBER(min_hops), NUMBER_8 },
    { "max_hops", MEMBER(max_hops), NUMBER_8 },
    { "features", MEMBER(features), NUMBER_16 },
    { "lpn", MEMBER(lpn), ADDRESS },
    { "poll_timeout", MEMBER(poll_timeout), NUMBER_32 },
};

static size_t size_of(enum member_kind kind)
{
    static const size_t sizes[] = {
        [NUMBER_8] = 1, [NUMBER_16] = 2, [NUMBER_32] = 4,
        [ADDRESS] = 2,  [OCTETS] = 16,   [SECRET] = 16,
    };

    return sizes[kind];
}

static void number(struct words *w, const char *name, long value)
{
    words_say(w, " %s %ld", name, value);
    words_number(w, name, value);
}

static void member(struct words *w, const char *name, enum member_kind kind, const uint8_t *at,
                   bool show_secrets)
{
    uint16_t short_value;
    uint32_t long_value;

    memcpy(&short_value, at, sizeof(short_value));
    switch (kind) {
    case NUMBER_8:
        number(w, name, *at);
        break;
    case NUMBER_16:
        number(w, name, short_value);
        break;
    case NUMBER_32:
        memcpy(&long_value, at, sizeof(long_value));
        number(w, name, (long)long_value);
        break;
    case ADDRESS:
        words_say(w, " %s 0x%04x", name, short_value);
        words_address(w, name, short_value);
        break;
    default:
        words_say(w, " %s ", name);
        if (kind == SECRET && !show_secrets) {
            words_say(w, "(hidden)");
            break;
        }
        words_say_hex(w, at, size_of(kind));
        words_hex(w, name, at, size_of(kind));
        break;
    }
}

static void model_words(struct words *w, const struct usher_config_msg *m)
{
    const char *name = m->company == USHER_SIG ? usher_model_name(m->model) : NULL;
    char text[9];

    if (m->company == USHER_SIG) {
        snprintf(text, sizeof(text), "%04x", m->model);
    } else {
        snprintf(text, sizeof(text), "%04x%04x", m->company, m->model);
    }
    words_say(w, " model %s%s%s%s", text, name != NULL ? " (" : "", name != NULL ? name : "",
              name != NULL ? ")" : "");
    words_text(w, "model", text);
}

static void list_words(struct words *w, const struct usher_config_msg *m)
{
    json_t *list = json_array();

    words_say(w, " list");
    for (uint16_t i = 0; i < m->list_count; i++) {
        words_say(w, " %04x", m->list[i]);
        json_array_append_new(list, json_integer(m->list[i]));
    }
    json_object_set_new(w->members, "list", list);
}

/*
 * What a message does not have stays as it was. So it is read twice, over zeros and over ones: what
 * is the same then, it has.
 */
static void config_words(struct words *w, uint32_t opcode, const uint8_t *params, size_t len,
                         bool show_secrets)
{
    struct usher_config_msg m, other;

    memset(&m, 0, sizeof(m));
    memset(&other, 0xFF, sizeof(other));
    if (!config_pdu_read(opcode, params, len, &m) ||
        !config_pdu_read(opcode, params, len, &other)) {
        malformed(w, len);
        return;
    }
    if (m.status == other.status) {
        words_say(w, ", %s", usher_status_name(m.status));
        words_number(w, "status", m.status);
        words_text(w, "reason", usher_status_name(m.status));
    }
    words_say(w, "%s", len != 0 ? ":" : "");
    for (size_t i = 0; i < COUNT(members); i++) {
        const uint8_t *at = (const uint8_t *)&m + members[i].at;

        if (memcmp(at, (const uint8_t *)&other + members[i].at, size_of(members[i].kind)) == 0) {
            member(w, members[i].name, members[i].kind, at, show_secrets);
        }
    }
    if (m.model == other.model) {
        model_words(w, &m);
    }
    if (m.list_count == other.list_count) {
        list_words(w, &m);
    }
    if (m.data_len == other.data_len) {
        words_say(w, ", %u octets", m.data_len);
        words_hex(w, "data", m.data, m.data_len);
    }
    memset(&m, 0, sizeof(m)); /* may have a key */
}

/* -- the others -------------------------------------------------------------------------------- */

static const char *on_off(bool on)
{
    return on ? "on" : "off";
}

static void onoff_set_words(struct words *w, const uint8_t *params, size_t len)
{
    struct onoff_set set = { 0 };

    if (!onoff_set_read(params, len, &set)) {
        malformed(w, len);
        return;
    }
    words_say(w, ": %s, transaction %u", on_off(set.on), set.tid);
    words_truth(w, "on", set.on);
    words_number(w, "tid", set.tid);
}

static void onoff_status_words(struct words *w, const uint8_t *params, size_t len)
{
    struct usher_onoff_status status = { 0 };

    if (!onoff_status_read(params, len, &status)) {
        malformed(w, len);
        return;
    }
    words_say(w, ": %s", on_off(status.present));
    words_truth(w, "on", status.present);
    if (status.remaining != 0) {
        words_say(w, ", going %s", on_off(status.target));
        words_truth(w, "target", status.target);
    }
}

static void faults_words(struct words *w, uint32_t opcode, const uint8_t *params, size_t len)
{
    struct usher_message message = { .opcode = opcode, .params = params, .len = len };
    struct usher_health_status status = { 0 };

    if (!usher_health_read(&message, &status)) {
        malformed(w, len);
        return;
    }
    words_say(w, ": test %u of company %04x, %zu faults ", status.test_id, status.company,
              status.count);
    words_say_hex(w, status.faults, status.count);
    words_number(w, "test", status.test_id);
    words_number(w, "company", status.company);
    words_hex(w, "faults", status.faults, status.count);
}

static void other_words(struct words *w, uint32_t opcode, const uint8_t *params, size_t len)
{
    switch (opcode) {
    case ONOFF_SET:
    case ONOFF_SET_UNACK:
        onoff_set_words(w, params, len);
        break;
    case ONOFF_STATUS:
        onoff_status_words(w, params, len);
        break;
    case HEALTH_CURRENT_STATUS:
    case HEALTH_FAULT_STATUS:
        faults_words(w, opcode, params, len);
        break;
    default:
        if (len != 0) {
            words_say(w, ": ");
            words_say_hex(w, params, len);
            words_hex(w, "params", params, len);
        }
        break;
    }
}

void access_words(struct words *w, const uint8_t *data, size_t len, bool show_secrets)
{
    uint32_t opcode = 0;
    size_t head = access_opcode_read(data, len, &opcode);
    const char *name = name_of(opcode);
    char text[9];

    if (head == 0) {
        words_say(w, "an access message");
        malformed(w, len);
        return;
    }
    snprintf(text, sizeof(text), "0x%0*x", (int)(2 * head), (unsigned)opcode);
    words_text(w, "opcode", text);
    words_text(w, "message", name != NULL ? name : "");
    if (name != NULL) {
        words_say(w, "%s", name);
    } else if (opcode >= VENDOR_MIN) {
        words_say(w, "message %02x of company %04x", (unsigned)(opcode >> 16 & 0x3F),
                  (unsigned)(opcode & 0xFFFF));
    } else {
        words_say(w, "message %s", text);
    }
    if (config_pdu_find(opcode) != NULL) {
        config_words(w, opcode, data + head, len - head, show_secrets);
    } else {
        other_words(w, opcode, data + head, len - head);
    }
}
