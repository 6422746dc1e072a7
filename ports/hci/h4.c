/* The deframer of h4.h. */
#include "h4.h"

#include <string.h>

#define EVENT_HEADER 3u
#define RESET_ANSWER 7u /* octets of Reset's Command Complete */

void h4_reset(struct h4 *h4, bool hunting)
{
    h4->at = 0;
    h4->hunting = hunting;
}

/* Octets of the packet whose first h4->at octets are there; 0: it cannot be one. */
static size_t packet_size(const struct h4 *h4)
{
    const uint8_t *p = h4->packet;

    if (p[0] == H4_EVENT) {
        if (h4->at > 1 && p[1] == 0) {
            return 0;
        }
        return h4->at < EVENT_HEADER ? EVENT_HEADER : EVENT_HEADER + (size_t)p[2];
    }
    if (p[0] == H4_ACL) {
        size_t size = H4_HEADER_MAX;

        if (h4->at >= H4_HEADER_MAX) {
            size += (size_t)(p[3] | p[4] << 8);
        }
        return size <= HCI_PACKET_MAX ? size : 0;
    }
    return 0;
}

/* Whether the octets that are there begin Reset's Command Complete, any credits and status. */
static bool begins_answer(const struct h4 *h4)
{
    static const uint8_t answer[RESET_ANSWER] = { H4_EVENT, 0x0E, 4, 0, 0x03, 0x0C, 0 };

    for (unsigned i = 0; i < h4->at; i++) {
        if (i != 3 && i != 6 && h4->packet[i] != answer[i]) {
            return false;
        }
    }
    return true;
}

static enum h4_result hunt(struct h4 *h4, const uint8_t **octets, size_t *len)
{
    while (*len > 0) {
        h4->packet[h4->at++] = *(*octets)++;
        (*len)--;
        while (!begins_answer(h4)) {
            h4->at--;
            memmove(h4->packet, h4->packet + 1, h4->at);
        }
        if (h4->at == RESET_ANSWER) {
            h4->hunting = false;
            return H4_PACKET;
        }
    }
    return H4_MORE;
}

enum h4_result h4_take(struct h4 *h4, const uint8_t **octets, size_t *len)
{
    if (h4->hunting) {
        return hunt(h4, octets, len);
    }
    while (*len > 0) {
        size_t size = h4->at > 0 ? packet_size(h4) : 1, n;

        n = size - h4->at < *len ? size - h4->at : *len;
        memcpy(h4->packet + h4->at, *octets, n);
        h4->at = (uint16_t)(h4->at + n);
        *octets += n;
        *len -= n;
        size = packet_size(h4);
        if (size == 0) {
            return H4_GARBAGE;
        }
        if (h4->at == size) {
            return H4_PACKET;
        }
    }
    return H4_MORE;
}
