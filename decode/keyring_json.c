/* Keys from a Configuration Database; see keyring.h. */
#include "keyring_parts.h"

#include "parse.h"

#include <stdio.h>
#include <string.h>

/* What is being read, for the message when it is not as it should be. */
struct reader {
    struct keyring *k;
    const char *array;
    size_t at;
    char *why;
    size_t why_len;
};

static bool wrong(const struct reader *r, const char *member, const char *what)
{
    snprintf(r->why, r->why_len, "%s[%zu]%s%s: %s", r->array, r->at, *member != '\0' ? "." : "",
             member, what);
    return false;
}

static bool read_key(const struct reader *r, const json_t *object, const char *member,
                     uint8_t key[USHER_KEY_SIZE])
{
    const char *text = json_string_value(json_object_get(object, member));
    size_t len = USHER_KEY_SIZE;

    if (text == NULL || !parse_hex(text, key, &len) || len != USHER_KEY_SIZE) {
        return wrong(r, member, "a key has 32 hexadecimal digits");
    }
    return true;
}

static bool read_number(const struct reader *r, const json_t *object, const char *member,
                        json_int_t low, json_int_t high, uint16_t *number)
{
    const json_t *value = json_object_get(object, member);

    if (!json_is_integer(value) || json_integer_value(value) < low ||
        json_integer_value(value) > high) {
        char what[60];

        snprintf(what, sizeof(what), "it is a number from %d to %d", (int)low, (int)high);
        return wrong(r, member, what);
    }
    *number = (uint16_t)json_integer_value(value);
    return true;
}

struct key_pair {
    uint16_t index;
    uint8_t key[USHER_KEY_SIZE], old_key[USHER_KEY_SIZE];
    bool has_old;
};

static bool read_pair(const struct reader *r, const json_t *object, struct key_pair *pair)
{
    pair->has_old = json_object_get(object, "oldKey") != NULL;
    return read_number(r, object, "index", 0, USHER_KEY_INDEX_MAX, &pair->index) &&
           read_key(r, object, "key", pair->key) &&
           (!pair->has_old || read_key(r, object, "oldKey", pair->old_key));
}

static bool read_netkey(const struct reader *r, const json_t *object)
{
    struct key_pair pair = { 0 };
    bool taken = read_pair(r, object, &pair);

    if (taken && !keyring_netkey(r->k, pair.index, pair.key, pair.has_old ? pair.old_key : NULL)) {
        taken = wrong(r, "", "its index is there with another key, or there are more than 32");
    }
    r->k->net.crypto->wipe(&pair, sizeof(pair));
    return taken;
}

static bool read_appkey(const struct reader *r, const json_t *object)
{
    struct key_pair pair = { 0 };
    uint16_t subnet = 0;
    bool taken = read_pair(r, object, &pair);

    if (taken && json_object_get(object, "boundNetKey") != NULL) {
        taken = read_number(r, object, "boundNetKey", 0, USHER_KEY_INDEX_MAX, &subnet);
    }
    if (taken &&
        !keyring_appkey(r->k, subnet, pair.index, pair.key, pair.has_old ? pair.old_key : NULL)) {
        taken = wrong(r, "",
                      "there is no such subnet, its index is there with another key, or "
                      "there are more than 128");
    }
    r->k->net.crypto->wipe(&pair, sizeof(pair));
    return taken;
}

static bool read_elements(const struct reader *r, const json_t *object, uint16_t *elements)
{
    const json_t *value = json_object_get(object, "elements");

    *elements = 1;
    if (json_is_array(value)) {
        *elements = (uint16_t)(json_array_size(value) <= 255 ? json_array_size(value) : 0);
    } else if (value != NULL) {
        return read_number(r, object, "elements", 1, 255, elements);
    }
    return *elements != 0 || wrong(r, "elements", "a node has 1 to 255 elements");
}

/* A node of a partial export may be without a device key. */
static bool read_node(const struct reader *r, const json_t *object)
{
    const char *text = json_string_value(json_object_get(object, "unicastAddress"));
    uint8_t key[USHER_KEY_SIZE];
    uint16_t address = 0, elements = 0;
    bool taken;

    if (text == NULL || !parse_address(text, &address) || !usher_is_unicast(address)) {
        return wrong(r, "unicastAddress", "a unicast address has 4 hexadecimal digits");
    }
    if (!read_elements(r, object, &elements)) {
        return false;
    }
    if (json_object_get(object, "deviceKey") == NULL) {
        return true;
    }
    taken = read_key(r, object, "deviceKey", key);
    if (taken && !keyring_node(r->k, address, (uint8_t)elements, key)) {
        taken = wrong(r, "", "its addresses end above 7fff");
    }
    r->k->net.crypto->wipe(key, sizeof(key));
    return taken;
}

static bool read_group(const struct reader *r, const json_t *object)
{
    const char *text = json_string_value(json_object_get(object, "address"));
    uint8_t label[USHER_LABEL_SIZE];
    size_t len = sizeof(label);

    if (text == NULL || !parse_hex(text, label, &len)) {
        return wrong(r, "address", "an address has 4 hexadecimal digits, a label 32");
    }
    return len != sizeof(label) || keyring_label(r->k, label);
}

static bool read_array(struct reader *r, const json_t *database, const char *name,
                       bool (*read)(const struct reader *r, const json_t *object))
{
    const json_t *array = json_object_get(database, name);

    if (array != NULL && !json_is_array(array)) {
        snprintf(r->why, r->why_len, "%s: it is an array", name);
        return false;
    }
    r->array = name;
    for (r->at = 0; r->at < json_array_size(array); r->at++) {
        if (!read(r, json_array_get(array, r->at))) {
            return false;
        }
    }
    return true;
}

bool keyring_database(struct keyring *k, const json_t *database, char *why, size_t why_len)
{
    struct reader r = { .k = k, .why = why, .why_len = why_len };
    const json_t *iv_index = json_object_get(database, "ivIndex");

    if (!json_is_object(database)) {
        snprintf(why, why_len, "it is not a JSON object");
        return false;
    }
    if (iv_index != NULL) {
        if (!json_is_integer(iv_index) || json_integer_value(iv_index) < 0 ||
            json_integer_value(iv_index) > UINT32_MAX) {
            snprintf(why, why_len, "ivIndex: it is a number from 0 to 4294967295");
            return false;
        }
        keyring_iv_index(k, (uint32_t)json_integer_value(iv_index));
    }
    return read_array(&r, database, "netKeys", read_netkey) &&
           read_array(&r, database, "appKeys", read_appkey) &&
           read_array(&r, database, "nodes", read_node) &&
           read_array(&r, database, "groups", read_group);
}
