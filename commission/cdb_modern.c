/*
 * Old words of Configuration Databases: what version 1.0.0 and programs before it wrote, in the
 * words of 1.0.1. Nothing has been judged yet, so what is not understood is left for the reader to
 * complain about. Called by cdb_read().
 */
#include "cdb_find.h"
#include "cdb_format.h"

#include <string.h>

static void rename_member(json_t *object, const char *old, const char *now)
{
    json_t *value = json_object_get(object, old);
    if (value && !json_object_get(object, now) && json_object_set(object, now, value) == 0) {
        json_object_del(object, old);
    }
}

static void rename_word(json_t *object, const char *key, const char *old, const char *now)
{
    const char *word = json_string_value(json_object_get(object, key));
    if (word && strcmp(word, old) == 0) {
        json_object_set_new(object, key, json_string(now));
    }
}

/** Milliseconds, as a number of steps. */
static void split_period(json_t *publish)
{
    const json_t *period = json_object_get(publish, "period");
    json_t *split = json_is_integer(period) ? cdb_period_json(json_integer_value(period)) : NULL;
    if (split) {
        json_object_set_new(publish, "period", split);
    }
}

/** Steps of 10 ms, which some programs wrote for milliseconds. */
static void stretch_interval(json_t *transmit)
{
    const json_t *interval = json_object_get(transmit, "interval");
    json_int_t n = json_integer_value(interval);
    if (json_is_integer(interval) && n > 0 && n <= 32 && n % 10 != 0) {
        json_object_set_new(transmit, "interval", json_integer(10 * n));
    }
}

static void modernise_node(json_t *node)
{
    json_t *element, *model;
    size_t i, j;
    rename_member(node, "blacklisted", "excluded");
    rename_word(node, "security", "high", "secure");
    rename_word(node, "security", "low", "insecure");
    stretch_interval(json_object_get(node, "networkTransmit"));
    stretch_interval(json_object_get(node, "relayRetransmit"));
    json_array_foreach(json_object_get(node, "elements"), i, element)
    {
        json_array_foreach(json_object_get(element, "models"), j, model)
        {
            split_period(json_object_get(model, "publish"));
        }
    }
}

void cdb_modernise(json_t *document)
{
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(document, "netKeys"), i, item)
    {
        rename_word(item, "minSecurity", "high", "secure");
        rename_word(item, "minSecurity", "low", "insecure");
    }
    json_array_foreach(json_object_get(document, "nodes"), i, item)
    {
        modernise_node(item);
    }
    json_array_foreach(json_object_get(document, "scenes"), i, item)
    {
        rename_member(item, "scene", "number");
    }
}
