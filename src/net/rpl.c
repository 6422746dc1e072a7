/* The replay protection list; see rpl.h. */
#include "rpl.h"

#include <string.h>

/* The entry of a source. For a source of 0: one that is free. */
static struct usher_rpl_entry *find(const struct usher_rpl *r, uint16_t src)
{
    for (uint16_t i = 0; i < r->size; i++) {
        if (r->entries[i].src == src) {
            return &r->entries[i];
        }
    }
    return NULL;
}

static bool newer(const struct usher_rpl_entry *e, uint32_t iv_index, uint32_t seq)
{
    return iv_index > e->iv_index || (iv_index == e->iv_index && seq > e->seq);
}

static void release(struct usher_rpl_entry *e)
{
    *e = (struct usher_rpl_entry){ .dirty = true };
}

enum rpl_answer rpl_check(const struct usher_rpl *r, uint16_t src, uint32_t iv_index, uint32_t seq)
{
    const struct usher_rpl_entry *e = find(r, src);

    if (e == NULL) {
        return find(r, USHER_ADDR_UNASSIGNED) != NULL ? RPL_NEW : RPL_FULL;
    }
    return newer(e, iv_index, seq) ? RPL_NEW : RPL_REPLAY;
}

bool rpl_accept(struct usher_rpl *r, uint16_t src, uint32_t iv_index, uint32_t seq)
{
    struct usher_rpl_entry *e = find(r, src);

    if (e == NULL) {
        e = find(r, USHER_ADDR_UNASSIGNED);
        if (e == NULL) {
            return false;
        }
    } else if (!newer(e, iv_index, seq)) {
        return true;
    }
    *e = (struct usher_rpl_entry){ .src = src,
                                   .dirty = true,
                                   .iv_index = iv_index,
                                   .seq = seq,
                                   .sar_from = iv_index == e->iv_index ? e->sar_from : 0 };
    return true;
}

enum rpl_answer rpl_check_segmented(const struct usher_rpl *r, uint16_t src, uint32_t iv_index,
                                    uint32_t seq0)
{
    const struct usher_rpl_entry *e = find(r, src);

    if (e == NULL || iv_index != e->iv_index || seq0 >= e->sar_from) {
        return RPL_NEW;
    }
    return seq0 + 1 == e->sar_from ? RPL_LAST : RPL_REPLAY;
}

bool rpl_accept_segmented(struct usher_rpl *r, uint16_t src, uint32_t iv_index, uint32_t seq0,
                          uint32_t seq)
{
    struct usher_rpl_entry *e;

    if (!rpl_accept(r, src, iv_index, seq)) {
        return false;
    }
    e = find(r, src);
    if (e != NULL && iv_index == e->iv_index && seq0 >= e->sar_from) {
        e->sar_from = seq0 + 1;
    }
    return true;
}

void rpl_remove(struct usher_rpl *r, uint16_t first, uint16_t count)
{
    for (uint16_t i = 0; i < r->size; i++) {
        uint16_t src = r->entries[i].src;

        if (src != USHER_ADDR_UNASSIGNED && src >= first && src - first < count) {
            release(&r->entries[i]);
        }
    }
}

void rpl_clear(struct usher_rpl *r)
{
    memset(r->entries, 0, r->size * sizeof(r->entries[0]));
}

void rpl_age(struct usher_rpl *r, uint32_t iv_index)
{
    for (uint16_t i = 0; i < r->size; i++) {
        struct usher_rpl_entry *e = &r->entries[i];

        if (e->src != USHER_ADDR_UNASSIGNED && e->iv_index < iv_index &&
            iv_index - e->iv_index > 1) {
            release(e);
        }
    }
}
