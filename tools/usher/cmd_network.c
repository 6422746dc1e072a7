/*
 * usher network: the network as such, without a radio. Here it is made and shown; its files are
 * read and written in cmd_network_file.c.
 */
#include "cmd_network.h"

#include "out.h"
#include "parse.h"
#include "verbs.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define UUID_TEXT (2 * USHER_UUID_SIZE + 1)

bool network_range(const char *text, struct registry_range *range)
{
    char low[7] = "";
    const char *dash = strchr(text, '-');
    if (!dash || (size_t)(dash - text) >= sizeof low) {
        return false;
    }
    memcpy(low, text, (size_t)(dash - text));
    return parse_address(low, &range->low) && parse_address(dash + 1, &range->high) &&
           range->low >= USHER_UNICAST_MIN && range->high <= USHER_UNICAST_MAX &&
           range->low <= range->high;
}

json_t *network_range_json(const struct registry_range *range)
{
    return json_pack("[o, o]", format_address_json(range->low), format_address_json(range->high));
}

/* create */

static int create(const struct args *args)
{
    char why[300], uuid[UUID_TEXT];
    struct registry_new new = { .name = args->name };
    if (registry_exists(args->state)) {
        out_error("there is a network in %.120s already", args->state);
        return EXIT_USAGE;
    }
    if (args->range && !network_range(args->range, &new.unicast)) {
        out_error("\"%.40s\" is no range of unicast addresses, such as 0100-01ff", args->range);
        return EXIT_USAGE;
    }
    if (!registry_new_random(&new)) {
        out_error("no randomness for keys");
        return EXIT_TRANSPORT;
    }
    struct registry *r = registry_open(args->state, &new, why, sizeof why);
    OPENSSL_cleanse(new.net_key, sizeof new.net_key);
    if (!r) {
        out_error("%s", why);
        return EXIT_TRANSPORT;
    }
    registry_close(r);
    format_hex(new.uuid, sizeof new.uuid, uuid);
    out_text("network %s is in %s", uuid, args->state);
    out_event(json_pack("{s:s, s:s}", "event", "created", "uuid", uuid));
    return EXIT_DONE;
}

/* show */

/** The network as it is shown, in JSON and from that as text. */
struct shown {
    struct registry *r;
    bool secrets;
    json_t *event;
};

static json_t *key_json(const struct shown *s, const uint8_t key[USHER_KEY_SIZE])
{
    return s->secrets ? format_hex_json(key, USHER_KEY_SIZE) : json_null();
}

static bool show_netkeys(struct shown *s)
{
    struct registry_netkey k;
    enum registry_err err;
    json_t *list = json_array();
    json_object_set_new(s->event, "netkeys", list);
    for (size_t n = 0; (err = registry_netkey(s->r, n, &k)) == REGISTRY_OK; n++) {
        json_array_append_new(list,
                              json_pack("{s:i, s:s, s:i, s:o}", "index", (int)k.index, "name",
                                        k.name, "phase", (int)k.phase, "key", key_json(s, k.key)));
        out_text("NetKey %u \"%s\"%s", (unsigned)k.index, k.name,
                 k.phase != 0 ? ", which is being refreshed" : "");
    }
    OPENSSL_cleanse(&k, sizeof k);
    return err == REGISTRY_NONE;
}

static bool show_appkeys(struct shown *s)
{
    struct registry_appkey k;
    enum registry_err err;
    json_t *list = json_array();
    json_object_set_new(s->event, "appkeys", list);
    for (size_t n = 0; (err = registry_appkey(s->r, n, &k)) == REGISTRY_OK; n++) {
        json_array_append_new(list, json_pack("{s:i, s:s, s:i, s:o}", "index", (int)k.index, "name",
                                              k.name, "netkey", (int)k.net_index, "key",
                                              key_json(s, k.key)));
        out_text("AppKey %u \"%s\" on NetKey %u", (unsigned)k.index, k.name, (unsigned)k.net_index);
    }
    OPENSSL_cleanse(&k, sizeof k);
    return err == REGISTRY_NONE;
}

static json_t *ranges_json(const char *what, const struct registry_range *ranges, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, network_range_json(&ranges[i]));
        out_text("  %s 0x%04x to 0x%04x", what, (unsigned)ranges[i].low, (unsigned)ranges[i].high);
    }
    return list;
}

static json_t *provisioner_json(const struct registry_provisioner *p)
{
    char uuid[UUID_TEXT], node[32] = "";
    format_hex(p->uuid, sizeof p->uuid, uuid);
    if (p->address != 0) {
        snprintf(node, sizeof node, ", node 0x%04x", (unsigned)p->address);
    }
    out_text("provisioner \"%s\"%s, %s%s", p->name, p->ours ? " (ours)" : "", uuid, node);
    json_t *json =
        json_pack("{s:s, s:s, s:b, s:o}", "uuid", uuid, "name", p->name, "ours", (int)p->ours,
                  "address", p->address != 0 ? format_address_json(p->address) : json_null());
    json_object_set_new(json, "unicast", ranges_json("addresses", p->unicast, p->unicast_count));
    json_object_set_new(json, "groups", ranges_json("groups", p->group, p->group_count));
    json_object_set_new(json, "scenes", ranges_json("scenes", p->scene, p->scene_count));
    return json;
}

static bool show_provisioners(struct shown *s)
{
    struct registry_provisioner p;
    enum registry_err err;
    json_t *list = json_array();
    json_object_set_new(s->event, "provisioners", list);
    for (size_t n = 0; (err = registry_provisioner(s->r, n, &p)) == REGISTRY_OK; n++) {
        json_array_append_new(list, provisioner_json(&p));
    }
    OPENSSL_cleanse(&p, sizeof p);
    return err == REGISTRY_NONE;
}

static bool show_counts(struct shown *s)
{
    struct registry_counts c;
    if (registry_counts(s->r, &c) != REGISTRY_OK) {
        return false;
    }
    json_object_set_new(s->event, "nodes",
                        json_pack("{s:i, s:i, s:i, s:i, s:i}", "provisioned", (int)c.provisioned,
                                  "configured", (int)c.configured, "unknown", (int)c.unknown,
                                  "excluded", (int)c.excluded, "removed", (int)c.removed));
    json_object_set_new(s->event, "addresses_left", json_integer(c.addresses_left));
    out_text("%u nodes, %u of them configured; %u unknown, %u excluded, %u removed", c.provisioned,
             c.configured, c.unknown, c.excluded, c.removed);
    out_text("%u addresses are left to our provisioner", c.addresses_left);
    return true;
}

static bool show_network(struct shown *s)
{
    struct registry_network n;
    char uuid[UUID_TEXT];
    if (registry_network(s->r, &n) != REGISTRY_OK) {
        return false;
    }
    format_hex(n.uuid, sizeof n.uuid, uuid);
    json_object_set_new(s->event, "uuid", json_string(uuid));
    json_object_set_new(s->event, "name", json_string(n.name));
    json_object_set_new(s->event, "iv_index", json_integer(n.iv_index));
    json_object_set_new(s->event, "iv_updating", json_boolean(n.iv_updating));
    out_text("network \"%s\", %s, IV Index %lu%s", n.name, uuid, (unsigned long)n.iv_index,
             n.iv_updating ? ", which is being updated" : "");
    return show_netkeys(s) && show_appkeys(s) && show_provisioners(s) && show_counts(s);
}

static int show(const struct args *args)
{
    char why[300];
    struct shown s = { .secrets = args->show_secrets };
    s.r = registry_view(args->state, why, sizeof why);
    if (!s.r) {
        out_error("%s", why);
        return EXIT_TRANSPORT;
    }
    int code = EXIT_DONE;
    s.event = json_pack("{s:s}", "event", "network");
    if (show_network(&s)) {
        out_event(s.event);
    } else {
        out_error("%s", registry_why(s.r));
        json_decref(s.event);
        code = EXIT_TRANSPORT;
    }
    registry_close(s.r);
    return code;
}

/* The verb. */

enum takes {
    TAKES_STATE = 1,
    TAKES_NAME = 2,
    TAKES_RANGE = 4,
    TAKES_AS = 8,
    TAKES_EXPORT = 16, /* --out, --nodes, --no-device-keys */
    TAKES_SECRETS = 32,
    TAKES_FILE = 64, /* an operand more */
};

static const struct action {
    const char *name;
    unsigned takes;
    int (*run)(const struct args *args);
} actions[] = {
    { "create", TAKES_STATE | TAKES_NAME | TAKES_RANGE, create },
    { "show", TAKES_STATE | TAKES_SECRETS, show },
    { "export", TAKES_STATE | TAKES_EXPORT, network_export },
    { "import", TAKES_STATE | TAKES_NAME | TAKES_RANGE | TAKES_AS | TAKES_FILE, network_import },
    { "check", TAKES_STATE | TAKES_FILE, network_check },
};

/** The first option that is given, and that the action does not take; or NULL. */
static const char *misplaced(const struct args *args, const struct action *action)
{
    const struct {
        const char *name;
        bool given;
        unsigned takes;
    } options[] = {
        { "--name", args->name != NULL, TAKES_NAME },
        { "--range", args->range != NULL, TAKES_RANGE },
        { "--as", args->as != NULL, TAKES_AS },
        { "--out", args->out != NULL, TAKES_EXPORT },
        { "--nodes", args->nodes != NULL, TAKES_EXPORT },
        { "--no-device-keys", args->no_device_keys, TAKES_EXPORT },
        { "--show-secrets", args->show_secrets, TAKES_SECRETS },
        { "a FILE", args->operands.count > 1, TAKES_FILE },
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (options[i].given && !(action->takes & options[i].takes)) {
            return options[i].name;
        }
    }
    return NULL;
}

int verb_network(const struct args *args)
{
    const char *name = args->operands.item[0];
    const struct action *action = NULL;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(name, actions[i].name) == 0) {
            action = &actions[i];
        }
    }
    if (!action) {
        out_error("\"%.40s\" is not one of create, show, export, import, check", name);
        return EXIT_USAGE;
    }
    const char *option = misplaced(args, action);
    bool needs_state = action->run != network_check || args->operands.count == 1;
    if (option) {
        out_error("network %s does not take %s", name, option);
        return EXIT_USAGE;
    }
    if (args->name && !is_name(args->name, REGISTRY_NAME_MAX)) {
        out_error("--name is a line of UTF-8 that has at most %d octets", REGISTRY_NAME_MAX);
        return EXIT_USAGE;
    }
    if (needs_state != (args->state != NULL)) {
        out_error(needs_state ? "network %s needs --state, the network's directory"
                              : "network %s takes a FILE or --state, and not both",
                  name);
        return EXIT_USAGE;
    }
    return action->run(args);
}
