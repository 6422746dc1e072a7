/* Repeats folded into lines; see fold.h. */
#include "fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fold_line *line(struct fold *f, uint32_t number)
{
    return f->lines[number % FOLD_LINES];
}

static void tell(struct fold *f)
{
    struct fold_line *l = line(f, f->begin++);

    l->is.from = l->from;
    l->is.text = l->words.text;
    l->is.members = l->words.members;
    f->line(f->ctx, &l->is);
    json_decref(l->words.members);
    l->words.members = NULL;
}

void fold_pass(struct fold *f, uint64_t at_us)
{
    while (f->begin != f->end && at_us - line(f, f->begin)->is.at_us >= DECODE_FOLD_MS * 1000u) {
        tell(f);
    }
}

void fold_flush(struct fold *f)
{
    while (f->begin != f->end) {
        tell(f);
    }
    for (size_t i = 0; i < FOLD_LINES; i++) {
        free(f->lines[i]);
        f->lines[i] = NULL;
    }
}

/* FNV-1a. A clash costs a line that is told twice. */
static uint32_t hash(const char *from, const uint8_t *packet, size_t len)
{
    uint32_t h = 0x811C9DC5u;

    for (; *from != '\0'; from++) {
        h = (h ^ (uint8_t)*from) * 0x01000193u;
    }
    for (size_t i = 0; i < len; i++) {
        h = (h ^ packet[i]) * 0x01000193u;
    }
    return (h ^ h >> 16) % FOLD_LINES;
}

struct fold_line *fold_find(struct fold *f, const char *from, const uint8_t *packet, size_t len)
{
    uint32_t number = f->newest[hash(from, packet, len)] - 1; /* none: of no line that waits */
    const struct fold_line *l = line(f, number);

    if (number - f->begin >= f->end - f->begin || l->key_len == 0 || l->key_len != len ||
        memcmp(l->key, packet, len) != 0 || strcmp(l->from, from) != 0) {
        return NULL;
    }
    return line(f, number);
}

struct fold_line *fold_add(struct fold *f, const char *from, const uint8_t *packet, size_t len)
{
    struct fold_line **place, *l;

    if (f->end - f->begin == FOLD_LINES) {
        tell(f);
    }
    place = &f->lines[f->end % FOLD_LINES];
    l = *place = *place != NULL ? *place : malloc(sizeof(*l));
    if (l == NULL) {
        return NULL;
    }
    memset(l, 0, sizeof(*l));
    l->words.members = json_object();
    if (l->words.members == NULL) {
        return NULL;
    }
    f->end++;
    snprintf(l->from, sizeof(l->from), "%s", from);
    if (packet != NULL && len <= FOLD_KEY) {
        memcpy(l->key, packet, len);
        l->key_len = (uint8_t)len;
        f->newest[hash(from, packet, len)] = f->end;
    }
    return l;
}
