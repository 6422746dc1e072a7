/* The proxy filter and its messages; see proxy.h. */
#include "proxy.h"

#include "io.h"
#include "iv.h"
#include "keys.h"
#include "rpl.h"

#include <string.h>

/* -- the filter -------------------------------------------------------------------------------- */

void proxy_filter_begin(struct usher_proxy_filter *f)
{
    memset(f, 0, sizeof(*f));
    f->type = PROXY_ACCEPT_LIST;
}

static bool listed(const struct usher_proxy_filter *f, uint16_t address, uint8_t *at)
{
    for (*at = 0; *at < f->count; (*at)++) {
        if (f->addresses[*at] == address) {
            return true;
        }
    }
    return false;
}

/* 6.4.2: no place for 0, none twice; what does not fit is left out, and the status tells. */
static void add(struct usher_proxy_filter *f, uint16_t address)
{
    uint8_t at;

    if (address != USHER_ADDR_UNASSIGNED && !listed(f, address, &at) &&
        f->count < USHER_PROXY_FILTER_MAX) {
        f->addresses[f->count++] = address;
    }
}

static void take_out(struct usher_proxy_filter *f, uint16_t address)
{
    uint8_t at;

    if (listed(f, address, &at)) {
        f->addresses[at] = f->addresses[--f->count];
    }
}

bool proxy_filter_passes(const struct usher_proxy_filter *f, uint16_t dst)
{
    uint8_t at;

    return listed(f, dst, &at) == (f->type == PROXY_ACCEPT_LIST);
}

void proxy_filter_heard(struct usher_proxy_filter *f, uint16_t src)
{
    if (f->type == PROXY_ACCEPT_LIST) {
        add(f, src);
    } else {
        take_out(f, src);
    }
}

bool proxy_filter_apply(struct usher_proxy_filter *f, const struct proxy_message *m)
{
    switch (m->opcode) {
    case PROXY_SET_FILTER_TYPE:
        proxy_filter_begin(f);
        f->type = m->type;
        return true;
    case PROXY_ADD_ADDRESSES:
        for (uint8_t i = 0; i < m->count; i++) {
            add(f, m->addresses[i]);
        }
        return true;
    case PROXY_REMOVE_ADDRESSES:
        for (uint8_t i = 0; i < m->count; i++) {
            take_out(f, m->addresses[i]);
        }
        return true;
    default:
        return false;
    }
}

/* -- messages ---------------------------------------------------------------------------------- */

static void message_fields(struct io *io, struct proxy_message *m)
{
    io_u8(io, &m->opcode);
    switch (m->opcode) {
    case PROXY_SET_FILTER_TYPE:
        io_u8(io, &m->type);
        break;
    case PROXY_ADD_ADDRESSES:
    case PROXY_REMOVE_ADDRESSES:
        for (uint8_t i = 0; i < m->count; i++) {
            io_be16(io, &m->addresses[i]);
        }
        break;
    case PROXY_FILTER_STATUS:
        io_u8(io, &m->type);
        io_be16(io, &m->list_size);
        break;
    default:
        break;
    }
}

/* Length and values, which follow from the opcode. */
static bool message_read(const uint8_t *in, size_t len, struct proxy_message *m)
{
    struct io io = io_reader(in, len);

    memset(m, 0, sizeof(*m));
    if (len == 0) {
        return false;
    }
    m->count = (uint8_t)((len - 1) / 2); /* of addresses, if it has some */
    if (in[0] > PROXY_FILTER_STATUS || m->count > PROXY_ADDRESSES_MAX) {
        return false;
    }
    message_fields(&io, m);
    return io_done(&io) && m->type <= PROXY_REJECT_LIST;
}

uint8_t proxy_seal(struct usher_net *n, uint16_t net_index, struct proxy_message *m,
                   uint8_t out[NET_PDU_MAX])
{
    const struct usher_subnet *s = keys_subnet(&n->keys, net_index);
    struct net_pdu p = { .ctl = 1, .src = n->address, .iv_index = iv_tx(&n->iv) };
    struct io io = io_writer(p.transport, sizeof(p.transport));

    if (s == NULL || m->count > PROXY_ADDRESSES_MAX) {
        return 0;
    }
    message_fields(&io, m);
    p.len = (uint8_t)io_pos(&io);
    if (!io_ok(&io) || iv_seq(&n->iv, &p.seq) != USHER_OK) {
        return 0;
    }
    return net_seal(n->crypto, keys_tx(s), NET_NONCE_PROXY, &p, out);
}

bool proxy_open(struct usher_net *n, const uint8_t *in, size_t len, struct proxy_message *m,
                uint16_t *net_index)
{
    struct net_pdu p;

    if (net_open(n, NET_NONCE_PROXY, in, len, &p) == NULL || net_is_element(n, p.src) ||
        rpl_check(&n->rpl, p.src, p.iv_index, p.seq) != RPL_NEW ||
        !rpl_accept(&n->rpl, p.src, p.iv_index, p.seq)) {
        return false;
    }
    *net_index = p.net_index;
    return message_read(p.transport, p.len, m);
}

uint8_t proxy_serve(struct usher_net *n, struct usher_proxy_filter *f, const uint8_t *in,
                    size_t len, uint8_t out[NET_PDU_MAX])
{
    struct proxy_message m, status = { .opcode = PROXY_FILTER_STATUS };
    uint16_t net_index;

    if (!proxy_open(n, in, len, &m, &net_index) || !proxy_filter_apply(f, &m)) {
        return 0;
    }
    status.type = f->type;
    status.list_size = f->count;
    return proxy_seal(n, net_index, &status, out);
}
