/*
 * What a document has beyond the registry: taken out of it at an import, and laid over what the
 * registry gives at an export; see cdb_keep.h. Both go by the tables of cdb_format.c.
 */
#include "cdb_keep.h"

#include "cdb_format.h"
#include "registry.h"

#include <stdlib.h>
#include <string.h>

/** Objects of one shape that are being gone through: one, or the items of a list. */
struct pair {
    const struct cdb_shape *shape;
    json_t *to, *from;
};

/** Work that is left. It grows on the heap, since lists are long. */
struct work {
    struct pair *pairs;
    size_t count, room;
    bool unite; /* items of a list that only one has stay */
    bool ok;
};

static void work_add(struct work *w, const struct cdb_shape *shape, json_t *to, json_t *from)
{
    if (w->count == w->room) {
        size_t room = w->room ? 2 * w->room : 64;
        struct pair *pairs = realloc(w->pairs, room * sizeof *pairs);
        if (!pairs) {
            w->ok = false;
            return;
        }
        w->pairs = pairs;
        w->room = room;
    }
    w->pairs[w->count++] = (struct pair){ shape, to, from };
}

static bool work_take(struct work *w, struct pair *pair)
{
    if (w->count == 0 || !w->ok) {
        free(w->pairs);
        return false;
    }
    *pair = w->pairs[--w->count];
    return true;
}

/* -- taking out -------------------------------------------------------------------------------- */

/** Whether the registry has all of a member. */
static bool is_ours(const struct cdb_field *field, const json_t *value)
{
    size_t len = json_string_length(value);
    return (field->flags & CDB_OURS) &&
           (field->kind != CDB_NAME || (len > 0 && len <= REGISTRY_NAME_MAX));
}

static void strip(struct work *w, const struct cdb_shape *shape, json_t *object)
{
    for (const struct cdb_field *field = shape->fields; field->key; field++) {
        json_t *value = json_object_get(object, field->key), *item;
        size_t i;
        if (value && is_ours(field, value)) {
            json_object_del(object, field->key);
        } else if (value && field->shape && !(field->flags & CDB_LIST)) {
            work_add(w, field->shape, value, NULL);
        } else if (value && field->shape) {
            json_array_foreach(value, i, item)
            {
                work_add(w, field->shape, item, NULL);
            }
        }
    }
}

json_t *cdb_keep(const json_t *document)
{
    json_t *kept = json_deep_copy(document);
    struct work w = { .ok = kept != NULL };
    struct pair p;
    work_add(&w, &cdb_document, kept, NULL);
    while (work_take(&w, &p)) {
        strip(&w, p.shape, p.to);
    }
    if (!w.ok) {
        json_decref(kept);
        return NULL;
    }
    return kept;
}

/* -- laying over ------------------------------------------------------------------------------- */

static bool same_time(const json_t *a, const json_t *b)
{
    time_t first, second;
    return json_is_string(a) && json_is_string(b) && cdb_time(json_string_value(a), &first) &&
           cdb_time(json_string_value(b), &second) && first == second;
}

/** Whether a name is what the registry has left of a longer one. */
static bool is_cut(const json_t *name, const json_t *longer)
{
    size_t len = json_string_length(name);
    return json_string_length(longer) > REGISTRY_NAME_MAX && len + 3 >= REGISTRY_NAME_MAX &&
           strncmp(json_string_value(name), json_string_value(longer), len) == 0;
}

/** Whether lists of different texts have the same ones, in whatever order. */
static bool same_texts(const json_t *a, const json_t *b)
{
    json_t *texts = json_object(), *text;
    size_t i, common = 0;
    json_array_foreach(a, i, text)
    {
        json_object_set(texts, json_string_value(text), text);
    }
    json_array_foreach(b, i, text)
    {
        common += json_object_del(texts, json_string_value(text)) == 0;
    }
    json_decref(texts);
    return common == json_array_size(a) && common == json_array_size(b);
}

/** Whether what was kept is what the registry says, in other words. */
static bool same_meaning(const struct cdb_field *field, const json_t *value, const json_t *kept)
{
    return field->flags & CDB_LIST   ? same_texts(value, kept)
           : field->kind == CDB_TIME ? same_time(value, kept)
           : field->kind == CDB_NAME ? is_cut(value, kept)
                                     : false;
}

/** Moves the items that were kept to the front of a list, in their order. */
static void lay_list(struct work *w, const struct cdb_shape *shape, json_t *list, json_t *kept)
{
    json_t *places = json_object(), *all = json_array(), *item;
    char id[CDB_ID_MAX];
    size_t i;
    json_array_foreach(list, i, item)
    {
        cdb_id(shape, item, id);
        cdb_set(places, id, json_integer((json_int_t)i), &w->ok);
    }
    json_array_foreach(kept, i, item)
    {
        cdb_id(shape, item, id);
        const json_t *place = json_object_get(places, id);
        if (place) {
            json_t *to = json_array_get(list, (size_t)json_integer_value(place));
            cdb_append(all, json_incref(to), &w->ok);
            work_add(w, shape, to, item);
            json_object_del(places, id);
        } else if (w->unite) {
            cdb_append(all, json_incref(item), &w->ok);
        }
    }
    json_array_foreach(list, i, item)
    {
        cdb_id(shape, item, id);
        if (json_object_get(places, id)) {
            cdb_append(all, json_incref(item), &w->ok);
        }
    }
    if (json_array_clear(list) != 0 || json_array_extend(list, all) != 0) {
        w->ok = false;
    }
    json_decref(all);
    json_decref(places);
}

static void lay_member(struct work *w, const struct cdb_shape *shape, json_t *object,
                       const char *key, json_t *kept)
{
    const struct cdb_field *field = cdb_field_find(shape, key);
    json_t *value = json_object_get(object, key);
    bool list = field && (field->flags & CDB_LIST);
    if (!value) {
        bool nothing = field && field->shape && !list && json_object_size(kept) == 0;
        if (!nothing && json_object_set(object, key, kept) != 0) {
            w->ok = false;
        }
    } else if (field && field->shape && list) {
        lay_list(w, field->shape, value, kept);
    } else if (field && field->shape) {
        work_add(w, field->shape, value, kept);
    } else if (field && same_meaning(field, value, kept)) {
        cdb_set(object, key, json_incref(kept), &w->ok);
    }
}

static bool lay(struct work *w, json_t *document, json_t *kept)
{
    struct pair p;
    const char *key;
    json_t *value;
    work_add(w, &cdb_document, document, kept);
    while (work_take(w, &p)) {
        json_object_foreach(p.from, key, value)
        {
            lay_member(w, p.shape, p.to, key, value);
        }
    }
    return w->ok;
}

bool cdb_overlay(json_t *document, json_t *kept)
{
    struct work w = { .ok = true };
    return lay(&w, document, kept);
}

bool cdb_unite(json_t *kept, json_t *other)
{
    struct work w = { .ok = true, .unite = true };
    return lay(&w, kept, other);
}
