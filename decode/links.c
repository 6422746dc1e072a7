/* Provisioning links, overheard; see links.h. */
#include "links.h"

#include "pdu.h"

#include <stdlib.h>
#include <string.h>

#define SILENCE_US UINT64_C(60000000) /* the time after which a link is given up (5.3.2, 5.4.4) */
#define RANDOM_CMAC 16u

enum side { PROVISIONER, DEVICE };

static const char *const side_names[] = { "provisioner", "device" };

/* -- the list ---------------------------------------------------------------------------------- */

void links_free(struct links *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->list[i]->side[PROVISIONER]);
        free(l->list[i]->side[DEVICE]);
        free(l->list[i]);
    }
    free(l->list);
    *l = (struct links){ .list = NULL };
}

/* The newest with this identifier. */
static struct link *find(const struct links *l, bool gatt, uint32_t id)
{
    for (size_t i = l->count; i > 0; i--) {
        struct link *link = l->list[i - 1];

        if (link->is.id == id && link->is.gatt == gatt) {
            return link;
        }
    }
    return NULL;
}

static struct link *add(struct links *l, bool gatt, uint32_t id, uint64_t at_us)
{
    struct link *link;

    if (l->count == LINKS_MAX) {
        return NULL;
    }
    if (l->count == l->room) {
        size_t room = l->room == 0 ? 64 : 2 * l->room;
        struct link **list = realloc(l->list, room * sizeof(*list));

        if (list == NULL) {
            return NULL;
        }
        l->list = list;
        l->room = room;
    }
    link = calloc(1, sizeof(*link));
    if (link != NULL) {
        link->is = (struct decode_link){
            .gatt = gatt, .id = id, .from_us = at_us, .to_us = at_us, .last_pdu = -1
        };
        link->random_len = RANDOM_CMAC;
        l->list[l->count++] = link;
    }
    return link;
}

static bool is_over(const struct link *link)
{
    return link->is.has_reason;
}

static void heard(struct link *link, uint64_t at_us)
{
    link->is.packets++;
    link->is.to_us = is_over(link) ? link->is.to_us : at_us;
}

void links_device(struct link *link, const uint8_t *uuid)
{
    if (link != NULL && uuid != NULL && !link->is.has_uuid) {
        link->is.has_uuid = true;
        memcpy(link->is.uuid, uuid, USHER_UUID_SIZE);
    }
}

void links_repeated(struct link *link, uint64_t at_us)
{
    if (link != NULL) {
        heard(link, at_us);
        link->is.repeated++;
    }
}

/* -- Provisioning PDUs ------------------------------------------------------------------------- */

static void whole_pdu(struct link *link, uint64_t at_us, const uint8_t *pdu, size_t len,
                      struct words *w)
{
    size_t types = sizeof(link->is.pdu_us) / sizeof(link->is.pdu_us[0]);

    prov_words(w, pdu, len, &link->random_len);
    if (pdu[0] < types) { /* of a PDU that both sides send, the second counts */
        link->is.pdu_us[pdu[0]] = at_us + 1;
    }
    if (pdu[0] == PDU_FAILED && len == 2) {
        link->is.end = DECODE_FAILED;
        link->is.code = pdu[1];
        return;
    }
    link->is.last_pdu = pdu[0];
    if (pdu[0] == PDU_COMPLETE && len == 1) {
        link->is.end = DECODE_COMPLETE;
    }
}

struct link *links_pb_gatt(struct links *l, uint64_t at_us, uint32_t number, bool device,
                           const uint8_t *pdu, size_t len, struct words *w)
{
    struct link *link = find(l, true, number);

    words_text(w, "kind", "pb-gatt");
    words_number(w, "connection", number);
    words_text(w, "side", side_names[device]);
    words_say(w, "connection %u: ", (unsigned)number);
    link = link != NULL ? link : add(l, true, number, at_us);
    if (link == NULL) {
        size_t random_len = RANDOM_CMAC;

        prov_words(w, pdu, len, &random_len);
        return NULL;
    }
    heard(link, at_us);
    whole_pdu(link, at_us, pdu, len, w);
    return link;
}

void links_disconnected(struct links *l, uint64_t at_us, uint32_t number, uint8_t reason)
{
    struct link *link = find(l, true, number);

    if (link != NULL && !is_over(link)) {
        link->is.to_us = at_us;
        link->is.has_reason = true;
        link->is.reason = reason;
    }
}

/* -- PB-ADV ------------------------------------------------------------------------------------ */

static const char *close_reason(uint8_t reason)
{
    static const char *const names[] = { "success", "time-out", "failed" };

    return reason < sizeof(names) / sizeof(names[0]) ? names[reason] : "an unknown reason";
}

/* Link Open: of a link that is known, it is one more try, unless it is for another device. */
static struct link *opened(struct links *l, struct link *link, uint64_t at_us,
                           const struct pb_adv_pdu *p)
{
    if (p->len == USHER_UUID_SIZE &&
        (link == NULL || is_over(link) ||
         (link->is.has_uuid && memcmp(link->is.uuid, p->data, USHER_UUID_SIZE) != 0))) {
        link = add(l, false, p->link_id, at_us);
    }
    if (link != NULL && p->len == USHER_UUID_SIZE) {
        memcpy(link->is.uuid, p->data, USHER_UUID_SIZE);
        link->is.has_uuid = true;
    }
    return link;
}

static struct link *control(struct links *l, struct link *link, uint64_t at_us,
                            const struct pb_adv_pdu *p, struct words *w)
{
    switch (p->six + 1) {
    case CONTROL_OPEN:
        words_say(w, "Link Open to ");
        words_say_hex(w, p->data, p->len);
        words_text(w, "pdu", "Link Open");
        words_hex(w, "uuid", p->data, p->len);
        return opened(l, link, at_us, p);
    case CONTROL_ACK:
        words_say(w, "Link Ack");
        words_text(w, "pdu", "Link Ack");
        break;
    case CONTROL_CLOSE:
        words_text(w, "pdu", "Link Close");
        words_say(w, "Link Close");
        if (p->len == 1) {
            words_say(w, ", %s", close_reason(p->data[0]));
            words_number(w, "reason", p->data[0]);
        }
        if (p->len == 1 && link != NULL && !is_over(link)) {
            link->is.to_us = at_us;
            link->is.has_reason = true;
            link->is.reason = p->data[0];
        }
        break;
    default:
        words_say(w, "link control of the reserved opcode %u", p->six);
        break;
    }
    return link;
}

static void segment_words(const struct pb_adv_pdu *p, struct words *w)
{
    struct pb_adv_start start;

    words_number(w, "transaction", p->number);
    if (p->gpcf == GPCF_CONTINUATION) {
        words_say(w, "transaction %02x, segment %u", p->number, p->six + 1u);
        words_number(w, "segment", p->six);
    } else if (pb_adv_start_read(p, &start)) {
        words_say(w, "transaction %02x", p->number);
        if (p->six != 0) {
            words_say(w, ", segment 1 of %u", p->six + 1u);
        }
        words_number(w, "segment", 0);
        words_number(w, "segments", p->six + 1);
    } else {
        words_say(w, "transaction %02x, a start whose lengths do not fit", p->number);
        words_truth(w, "malformed", true);
    }
}

/* A segment, for the observer of its side. */
static void segment(struct link *link, uint64_t at_us, const struct pb_adv_pdu *p,
                    const uint8_t *data, size_t len, struct words *w)
{
    enum side side = (p->number & 0x80) != 0 ? DEVICE : PROVISIONER;
    struct usher_pb_adv *observer = link->side[side];
    struct bearer_input in;

    if (observer == NULL) {
        observer = link->side[side] = calloc(1, sizeof(*observer));
        if (observer == NULL) {
            return;
        }
    }
    pb_adv_observe(observer, link->is.id, p->number);
    pb_adv_rx(observer, at_us / 1000, data, len);
    if (pb_adv_poll(observer, at_us / 1000, &in) == BEARER_PDU) {
        words_say(w, ": ");
        whole_pdu(link, at_us, in.pdu, in.len, w);
    }
}

struct link *links_pb_adv(struct links *l, uint64_t at_us, const uint8_t *data, size_t len,
                          struct words *w)
{
    struct pb_adv_pdu p;
    struct link *link;

    words_text(w, "kind", "pb-adv");
    if (!pb_adv_read(data, len, &p)) {
        words_say(w, "PB-ADV, malformed: %zu octets", len);
        words_truth(w, "malformed", true);
        return NULL;
    }
    link = find(l, false, p.link_id);
    words_say(w, "link %08x: ", (unsigned)p.link_id);
    words_hex(w, "link", data, 4);
    if (p.gpcf == GPCF_CONTROL) {
        link = control(l, link, at_us, &p, w);
    } else if (p.gpcf == GPCF_ACK) {
        words_say(w, "ack of transaction %02x", p.number);
        words_text(w, "pdu", "Transaction Ack");
        words_number(w, "transaction", p.number);
    } else {
        words_text(w, "side", side_names[p.number >> 7]);
        segment_words(&p, w);
        link = link != NULL ? link : add(l, false, p.link_id, at_us);
        if (link != NULL) {
            segment(link, at_us, &p, data, len, w);
        }
    }
    if (link != NULL) {
        heard(link, at_us);
    }
    return link;
}

/* -- the end ----------------------------------------------------------------------------------- */

void links_end(struct links *l, uint64_t at_us)
{
    for (size_t i = 0; i < l->count; i++) {
        struct decode_link *is = &l->list[i]->is;

        if (is->end == DECODE_OPEN && is->has_reason) {
            is->end = DECODE_CLOSED;
        } else if (is->end == DECODE_OPEN && at_us - is->to_us >= SILENCE_US) {
            is->end = DECODE_SILENT;
        }
    }
}

bool decode_phase(const struct decode_link *link, unsigned n, const char **name, uint64_t *us)
{
    static const struct {
        uint8_t pdu; /* with which it is over */
        enum usher_phase phase;
    } phases[] = {
        { PDU_INVITE, USHER_PHASE_INVITE },        { PDU_CAPABILITIES, USHER_PHASE_CAPABILITIES },
        { PDU_START, USHER_PHASE_START },          { PDU_PUBLIC_KEY, USHER_PHASE_PUBLIC_KEY },
        { PDU_INPUT_COMPLETE, USHER_PHASE_INPUT }, { PDU_CONFIRMATION, USHER_PHASE_CONFIRMATION },
        { PDU_RANDOM, USHER_PHASE_RANDOM },        { PDU_DATA, USHER_PHASE_DATA },
        { PDU_COMPLETE, USHER_PHASE_COMPLETE },
    };
    uint64_t before = link->from_us;

    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        uint64_t at = link->pdu_us[phases[i].pdu];

        if (at == 0) {
            continue;
        }
        if (n-- == 0) {
            *name = usher_phase_name(phases[i].phase);
            *us = at - 1 > before ? at - 1 - before : 0;
            return true;
        }
        before = at - 1;
    }
    return false;
}
