/*
 * usher nodes and usher show: what the registry knows, without a radio.
 */
#include "options.h"
#include "out.h"
#include "parse.h"
#include "plan.h"
#include "registry.h"
#include "report.h"
#include "verbs.h"

#include <usher/models.h>

#include <stdio.h>
#include <string.h>

static struct registry *view(const struct args *args, const char *verb, int *code)
{
    char why[400];
    if (!args->state) {
        out_error("%s needs --state, the network's directory", verb);
        *code = EXIT_USAGE;
        return NULL;
    }
    struct registry *registry = registry_view(args->state, why, sizeof why);
    if (!registry) {
        out_error("%s", why);
        *code = EXIT_TRANSPORT;
    }
    return registry;
}

/** Lists the nodes. */
static enum registry_err nodes_report(struct registry *registry, bool all)
{
    struct registry_node node = { .settings = NULL };
    enum registry_err err;
    while ((err = registry_next(registry, node.address, &node)) == REGISTRY_OK) {
        bool left = node.state == REGISTRY_EXCLUDED || node.state == REGISTRY_REMOVED;
        if (all || !left) {
            report_node(&node);
        }
    }
    return err;
}

int verb_nodes(const struct args *args)
{
    int code = EXIT_DONE;
    struct registry *registry = view(args, "nodes", &code);
    if (registry && nodes_report(registry, args->all) == REGISTRY_FAILED) {
        out_error("%s", registry_why(registry));
        code = EXIT_TRANSPORT;
    }
    registry_close(registry);
    return code;
}

/* usher show */

static json_t *models_json(const struct usher_page0_element *element)
{
    uint16_t company, id;
    char text[16];
    json_t *models = json_array();
    for (unsigned n = 0; usher_page0_model(element, n, &company, &id); n++) {
        const char *name = company == USHER_SIG ? usher_model_name(id) : NULL;
        plan_model_text(company, id, text, sizeof text);
        json_array_append_new(models, json_pack("{s:s, s:o}", "model", text, "name",
                                                name ? json_string(name) : json_null()));
    }
    return models;
}

/** The composition as JSON; null if it is not known. */
static json_t *composition_json(const struct registry_node *node)
{
    struct usher_page0 page;
    struct usher_page0_element element;
    if (!usher_page0_read(node->page0, node->page0_len, &page)) {
        return json_null();
    }
    json_t *elements = json_array();
    for (unsigned e = 0; usher_page0_element(&page, e, &element); e++) {
        json_array_append_new(elements,
                              json_pack("{s:o, s:i, s:o}", "address",
                                        format_address_json(node->address + e), "location",
                                        (int)element.location, "models", models_json(&element)));
    }
    return json_pack("{s:i, s:i, s:i, s:i, s:b, s:b, s:b, s:b, s:o}", "company", (int)page.cid,
                     "product", (int)page.pid, "version", (int)page.vid, "replay_list",
                     (int)page.crpl, "relay", (page.features & USHER_FEATURE_RELAY) != 0, "proxy",
                     (page.features & USHER_FEATURE_PROXY) != 0, "friend",
                     (page.features & USHER_FEATURE_FRIEND) != 0, "low_power",
                     (page.features & USHER_FEATURE_LOW_POWER) != 0, "elements", elements);
}

/** "bind": [0, 1] as "bound to 0, 1". */
static void list_text(const json_t *model, const char *member, const char *label)
{
    char line[160] = "";
    size_t i, used = 0;
    json_t *value;
    json_array_foreach(json_object_get(model, member), i, value)
    {
        char one[48];
        if (json_is_integer(value)) {
            snprintf(one, sizeof one, "%d", (int)json_integer_value(value));
        } else {
            const char *text = json_string_value(value);
            snprintf(one, sizeof one, "%.40s", text ? text : "?");
        }
        int n = snprintf(line + used, sizeof line - used, "%s%s", i > 0 ? ", " : "", one);
        used += n > 0 && used + (size_t)n < sizeof line ? (size_t)n : 0;
    }
    if (*line) {
        out_text("            %s %s", label, line);
    }
}

static bool member_is(const json_t *object, const char *member, const char *text)
{
    const char *value = json_string_value(json_object_get(object, member));
    return value && strcmp(value, text) == 0;
}

static void publication_text(const json_t *publish)
{
    const char *address = json_string_value(json_object_get(publish, "address"));
    const char *period = json_string_value(json_object_get(publish, "period"));
    if (address) {
        out_text("            publishes to %s%s%s", address, period ? " every " : "",
                 period ? period : "");
    }
}

static void settings_text(const json_t *settings, const char *element, const char *id)
{
    size_t i;
    json_t *model;
    json_array_foreach(json_object_get(settings, "models"), i, model)
    {
        if (member_is(model, "element", element) && member_is(model, "model", id)) {
            list_text(model, "bind", "bound to AppKey");
            list_text(model, "subscribe", "subscribed to");
            publication_text(json_object_get(model, "publish"));
        }
    }
}

static void element_text(const struct registry_node *node, const json_t *element)
{
    size_t i;
    json_t *model;
    const char *address = json_string_value(json_object_get(element, "address"));
    out_text("  element %s", address);
    json_array_foreach(json_object_get(element, "models"), i, model)
    {
        const char *id = json_string_value(json_object_get(model, "model"));
        const char *name = json_string_value(json_object_get(model, "name"));
        out_text("    %-8s  %s", id, name ? name : "");
        settings_text(node->settings, address, id);
    }
}

static void show(const struct registry_node *node)
{
    json_t *composition = composition_json(node);
    if (out_json()) {
        json_t *event = report_node_json(node);
        json_object_set(event, "composition", composition);
        json_object_set(event, "settings", node->settings);
        out_event(event);
    } else {
        size_t i;
        json_t *element;
        report_node(node);
        if (!json_is_object(composition)) {
            out_text("  its composition is not known: \"usher configure\" asks for it");
        }
        json_array_foreach(json_object_get(composition, "elements"), i, element)
        {
            element_text(node, element);
        }
    }
    json_decref(composition);
}

int verb_show(const struct args *args)
{
    uint16_t address;
    int code = EXIT_DONE;
    if (!parse_address(args->operands.item[0], &address)) {
        out_error("\"%.60s\" is not an address, such as 0x0002", args->operands.item[0]);
        return EXIT_USAGE;
    }
    struct registry *registry = view(args, "show", &code);
    struct registry_node node = { .settings = NULL };
    enum registry_err err = registry ? registry_at(registry, address, &node) : REGISTRY_FAILED;
    if (err == REGISTRY_OK) {
        show(&node);
    } else if (err == REGISTRY_NONE) {
        out_error("0x%04x is not the address of a node of this network", (unsigned)address);
        code = EXIT_FAILED;
    } else if (registry) {
        out_error("%s", registry_why(registry));
        code = EXIT_TRANSPORT;
    }
    registry_node_clear(&node);
    registry_close(registry);
    return code;
}
