/*
 * Peers that are not like us: a real session on a PB-ADV bearer written for this test alone, which
 * behaves as other stacks do: strict, slow, naive, sparing with acks. Each must be provisioned by,
 * and provision, a real instance over the simulated air, within a stated time.
 */
#include "air.h"
#include "crc8.h"
#include "pdu.h"
#include "session.h"
#include "simport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define QUEUE 64
#define LINK_ID 0xCAFE0001u
#define LOSSY 6u /* times longer, at most, on an air that loses 10 or 20 % */

/* What is peculiar about a peer; times in ms. */
struct kind {
    const char *name;
    uint16_t answer_min, answer_max; /* it thinks for so long before it sends a PDU */
    uint16_t ack_delay;
    uint16_t slot;      /* one datagram per so much; 0: as fast as the radio */
    uint8_t copies;     /* of each datagram, 100 ms apart */
    uint16_t retry;     /* a transaction without ack is sent again after this */
    bool strict;        /* drops PDUs as long as its own is not acknowledged */
    bool spares_acks;   /* acknowledges only if it has no PDU of its own to send */
    bool open_restarts; /* each Link Open puts off the Link Ack */
    uint32_t within[2]; /* s, by the role of the peer: a whole provisioning at 0 % loss */
};

static const struct kind kinds[] = {
    { .name = "strict",
      .ack_delay = 20,
      .answer_min = 20,
      .answer_max = 50,
      .copies = 1,
      .retry = 2000,
      .strict = true,
      .within = { 3, 5 } },
    { .name = "slow",
      .ack_delay = 0,
      .answer_min = 500,
      .answer_max = 1000,
      .slot = 500,
      .copies = 1,
      .retry = 2000,
      .open_restarts = true,
      .within = { 12, 24 } },
    { .name = "naive",
      .ack_delay = 20,
      .answer_min = 20,
      .answer_max = 50,
      .copies = 3,
      .retry = 500,
      .within = { 2, 2 } },
    { .name = "sparing",
      .ack_delay = 20,
      .answer_min = 20,
      .answer_max = 50,
      .copies = 1,
      .retry = 300,
      .spares_acks = true,
      .within = { 2, 2 } },
    { .name = "holding",
      .ack_delay = 110,
      .answer_min = 20,
      .answer_max = 50,
      .copies = 1,
      .retry = 500,
      .within = { 2, 2 } },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

enum datagram { LINK_OPEN, LINK_ACK, ACK, SEGMENT, CLOSE };

struct peer {
    const struct kind *kind;
    enum usher_role role;
    struct air *air;
    struct air_radio *radio;
    uint32_t prng, link_id;
    bool open, closed, told_complete, radio_busy;
    struct usher_prov session;
    struct {
        uint64_t at;
        enum datagram what;
        uint8_t len;
        uint8_t ad[USHER_AD_MAX];
    } queue[QUEUE];
    unsigned queued;
    uint64_t slot_at, open_at;
    bool tx_active;
    uint8_t tx_number;
    size_t tx_len;
    uint64_t tx_retry_at;
    uint8_t tx[USHER_PDU_MAX];
    uint8_t rx_number, rx_mask;
    size_t rx_len;
    bool rx_any;
    uint8_t rx_fcs;
    uint8_t rx[USHER_PDU_MAX];
};

static const struct usher_crypto *crypto;
static const uint8_t uuid[USHER_UUID_SIZE] = "a device's uuid";
static const struct usher_start start = { .algorithm = USHER_ALG_HMAC, .method = USHER_OOB_STATIC };
static const struct usher_prov_data data = { .netkey = "a network's key", .address = 0x0100 };
static const struct usher_caps caps = { .num_elements = 1, .algorithms = 3, .oob_static_types = 1 };

static uint64_t now_ms(const struct peer *p)
{
    return air_now_us(p->air) / 1000;
}

/* -- what it sends ----------------------------------------------------------------------------- */

static void forget(struct peer *p, enum datagram what)
{
    unsigned n = 0;

    for (unsigned i = 0; i < p->queued; i++) {
        if (p->queue[i].what != what) {
            p->queue[n++] = p->queue[i];
        }
    }
    p->queued = n;
}

static void enqueue(struct peer *p, uint64_t at, enum datagram what, uint8_t number,
                    const uint8_t *gen, size_t len)
{
    for (unsigned i = 0; i < p->kind->copies && p->queued < QUEUE; i++) {
        uint8_t *ad = p->queue[p->queued].ad;

        p->queue[p->queued].at = at + 100 * i;
        p->queue[p->queued].what = what;
        p->queue[p->queued].len = (uint8_t)(7 + len);
        ad[0] = (uint8_t)(6 + len);
        ad[1] = 0x29;
        for (int k = 0; k < 4; k++) {
            ad[2 + k] = (uint8_t)(p->link_id >> (24 - 8 * k));
        }
        ad[6] = number;
        memcpy(ad + 7, gen, len);
        p->queued++;
    }
}

static void send_segments(struct peer *p, uint64_t at)
{
    uint8_t last = (uint8_t)(p->tx_len <= 20 ? 0 : (p->tx_len - 20 + 22) / 23);
    size_t done = 0;

    for (uint8_t i = 0; i <= last; i++) {
        uint8_t gen[24] = { (uint8_t)(i == 0 ? last << 2 : i << 2 | 2), 0, (uint8_t)p->tx_len,
                            crc8_fcs(p->tx, p->tx_len) };
        size_t head = i == 0 ? 4 : 1, room = sizeof(gen) - head;
        size_t part = p->tx_len - done < room ? p->tx_len - done : room;

        memcpy(gen + head, p->tx + done, part);
        enqueue(p, at + 10u * i, SEGMENT, p->tx_number, gen, head + part);
        done += part;
    }
    p->tx_retry_at = at + p->kind->retry + (uint64_t)p->kind->slot * (last + 1u);
}

static void send_pdu(struct peer *p, const struct session_output *out)
{
    uint16_t spread = (uint16_t)(p->kind->answer_max - p->kind->answer_min + 1);

    p->prng = p->prng * 1664525u + 1013904223u;
    memcpy(p->tx, out->pdu, out->len);
    p->tx_len = out->len;
    p->tx_active = true;
    if (p->kind->spares_acks) {
        forget(p, ACK);
    }
    send_segments(p, now_ms(p) + p->kind->answer_min + (p->prng >> 16) % spread);
}

static void sent(struct peer *p)
{
    p->tx_active = false;
    forget(p, SEGMENT);
    p->tx_number = (uint8_t)((p->tx_number & 0x80) | ((p->tx_number + 1) & 0x7F));
    session_sent(&p->session);
}

/* -- the session's user ------------------------------------------------------------------------ */

static void answer(struct peer *p, enum usher_event_type event)
{
    if (event == USHER_EVT_CAPS_RECEIVED) {
        assert_int_equal(session_choose(&p->session, &start), USHER_OK);
    } else if (event == USHER_EVT_STATIC_REQUEST) {
        assert_int_equal(session_auth_static(&p->session, (const uint8_t *)"shared", 6), USHER_OK);
    } else if (event == USHER_EVT_DATA_REQUEST) {
        assert_int_equal(session_data(&p->session, &data), USHER_OK);
    } else if (event == USHER_EVT_COMPLETE) {
        p->told_complete = true;
    }
}

static void compute(struct peer *p)
{
    uint8_t secret[USHER_P256_SECRET];

    assert_int_equal(crypto->p256_ecdh(crypto->ctx, p->session.private_key,
                                       session_key(&p->session, session_peer(&p->session)), secret),
                     USHER_OK);
    assert_int_equal(session_secret(&p->session, USHER_OK, secret), USHER_OK);
}

static void service(struct peer *p)
{
    struct session_output out;
    enum session_out what;

    while (p->open &&
           (what = session_next(&p->session, now_ms(p), !p->tx_active, &out)) != SESSION_NOTHING) {
        if (what == SESSION_EVENT) {
            answer(p, out.event);
        } else if (what == SESSION_PDU) {
            send_pdu(p, &out);
        } else if (what == SESSION_ECDH) {
            compute(p);
        } else {
            uint8_t gen[2] = { 0x0B, out.reason };

            p->closed = true;
            for (unsigned i = 0; i < 3; i++) {
                enqueue(p, now_ms(p) + 20 * i, CLOSE, 0, gen, sizeof(gen));
            }
            return;
        }
    }
}

static void begin(struct peer *p)
{
    struct session_begin begin = {
        .crypto = crypto,
        .role = p->role == USHER_ROLE_DEVICE ? &prov_device : &prov_provisioner,
        .caps = p->role == USHER_ROLE_DEVICE ? &caps : NULL,
    };
    uint8_t private_key[USHER_P256_PRIVATE], public_key[USHER_P256_PUBLIC];

    air_random(p->radio, private_key, sizeof(private_key));
    private_key[0] &= 0x7F; /* below the curve's order */
    air_random(p->radio, begin.random, sizeof(begin.random));
    assert_int_equal(crypto->p256_public(crypto->ctx, private_key, public_key), USHER_OK);
    session_keys_set(&p->session, private_key, public_key);
    session_begin(&p->session, &begin, now_ms(p));
    p->open = true;
    p->tx_number = p->role == USHER_ROLE_PROVISIONER ? 0x00 : 0x80;
    p->rx_number = p->tx_number ^ 0x80;
}

/* -- what it hears ----------------------------------------------------------------------------- */

static void hear_control(struct peer *p, const uint8_t *gen, size_t len, uint32_t link_id)
{
    static const uint8_t link_ack[] = { 0x07 };
    bool first = !p->open;

    if (gen[0] == 0x03 && p->role == USHER_ROLE_DEVICE && len == 17 &&
        memcmp(gen + 1, uuid, 16) == 0) {
        if (first) {
            p->link_id = link_id;
            begin(p);
        }
        if (!p->rx_any) {
            if (p->kind->open_restarts) {
                forget(p, LINK_ACK);
                p->slot_at = now_ms(p) + p->kind->slot; /* behind its beacon's slot */
            }
            enqueue(p, now_ms(p) + p->kind->ack_delay, LINK_ACK, 0, link_ack, 1);
        }
    } else if (gen[0] == 0x07 && p->role == USHER_ROLE_PROVISIONER && first) {
        forget(p, LINK_OPEN);
        p->open_at = USHER_NEVER;
        begin(p);
    } else if (gen[0] == 0x0B && p->open) {
        p->closed = true;
        session_link_closed(&p->session);
        p->queued = 0;
        p->tx_active = false;
    }
}

static void acknowledge(struct peer *p, uint8_t number)
{
    static const uint8_t ack[] = { 0x01 };

    if (!p->kind->spares_acks || !p->tx_active) {
        enqueue(p, now_ms(p) + p->kind->ack_delay, ACK, number, ack, 1);
    }
}

static void whole(struct peer *p)
{
    uint8_t number = p->rx_number;

    p->rx_mask = 0;
    if (crc8_fcs(p->rx, p->rx_len) != p->rx_fcs) {
        return;
    }
    p->rx_any = true;
    p->rx_number = (uint8_t)((number & 0x80) | ((number + 1) & 0x7F));
    (void)session_rx(&p->session, now_ms(p), p->rx, p->rx_len);
    service(p);
    acknowledge(p, number);
}

static void hear_segment(struct peer *p, uint8_t number, const uint8_t *gen, size_t len)
{
    uint8_t last_number = (uint8_t)((p->rx_number & 0x80) | ((p->rx_number - 1) & 0x7F));
    uint8_t index = gen[0] >> 2;

    if (p->rx_any && number == last_number) {
        acknowledge(p, number);
        return;
    }
    if (number != p->rx_number || (p->kind->strict && p->tx_active)) {
        return;
    }
    if (p->tx_active) {
        sent(p);
    }
    if ((gen[0] & 3) == 0) {
        p->rx_len = gen[2];
        p->rx_fcs = gen[3];
        memcpy(p->rx, gen + 4, len - 4);
        p->rx_mask |= 1;
    } else if (index <= 2) {
        memcpy(p->rx + 20 + 23 * (index - 1), gen + 1, len - 1);
        p->rx_mask |= (uint8_t)(1 << index);
    }
    if ((p->rx_mask & 1) != 0 &&
        p->rx_mask == (1 << (p->rx_len <= 20 ? 1 : 1 + (p->rx_len + 2) / 23)) - 1) {
        whole(p);
    }
}

static void tick(struct peer *p);

static void on_report(void *ctx, const struct usher_adv_report *report)
{
    struct peer *p = ctx;
    const uint8_t *ad = report->data;
    uint32_t link_id;

    if (report->len < 8 || ad[1] != 0x29 || p->closed) {
        return;
    }
    link_id = (uint32_t)ad[2] << 24 | (uint32_t)ad[3] << 16 | (uint32_t)ad[4] << 8 | ad[5];
    if ((ad[7] & 3) == 3 && (!p->open || link_id == p->link_id)) {
        hear_control(p, ad + 7, report->len - 7u, link_id);
    } else if (p->open && link_id == p->link_id) {
        if (ad[7] == 0x01 && p->tx_active && ad[6] == p->tx_number) {
            sent(p);
        } else if ((ad[7] & 3) != 1) {
            hear_segment(p, ad[6], ad + 7, report->len - 7u);
        }
    }
    tick(p);
}

/* -- time -------------------------------------------------------------------------------------- */

static unsigned next_datagram(const struct peer *p)
{
    unsigned first = 0;

    for (unsigned i = 1; i < p->queued; i++) {
        if (p->queue[i].at < p->queue[first].at) {
            first = i;
        }
    }
    return first;
}

static void transmit(struct peer *p)
{
    struct usher_adv adv = { .type = USHER_ADV_NONCONN_IND, .count = 1 };
    unsigned i = next_datagram(p);

    adv.len = p->queue[i].len;
    memcpy(adv.data, p->queue[i].ad, adv.len);
    p->queued--;
    memmove(&p->queue[i], &p->queue[i + 1], (p->queued - i) * sizeof(p->queue[0]));
    p->slot_at = now_ms(p) + p->kind->slot;
    p->radio_busy = air_send(p->radio, &adv) == USHER_OK;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void tick(struct peer *p)
{
    uint64_t now = now_ms(p), at = USHER_NEVER;

    service(p);
    if (p->role == USHER_ROLE_PROVISIONER && !p->open && now >= p->open_at) {
        uint8_t gen[17] = { 0x03 };

        memcpy(gen + 1, uuid, sizeof(uuid));
        enqueue(p, now, LINK_OPEN, 0, gen, sizeof(gen));
        p->open_at = now + 500;
    }
    if (p->tx_active && now >= p->tx_retry_at) {
        forget(p, SEGMENT);
        send_segments(p, now);
    }
    if (p->queued != 0 && !p->radio_busy) {
        at = p->queue[next_datagram(p)].at;
        at = at < p->slot_at ? p->slot_at : at;
        if (at <= now) {
            transmit(p);
            at = USHER_NEVER; /* adv_done comes */
        }
    }
    at = p->open ? earlier(at, session_deadline(&p->session)) : earlier(at, p->open_at);
    at = p->tx_active ? earlier(at, p->tx_retry_at) : at;
    air_wake_at(p->radio, at);
}

static void on_done(void *ctx, uint8_t slot)
{
    struct peer *p = ctx;

    (void)slot;
    p->radio_busy = false;
    tick(p);
}

static void on_wake(void *ctx)
{
    tick(ctx);
}

/* -- ours -------------------------------------------------------------------------------------- */

struct ours {
    struct simport port;
    struct usher node;
    struct usher_session session;
    bool complete, closed;
    uint8_t close_reason;
};

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct ours *o = user;

    (void)u;
    if (e->type == USHER_EVT_CAPS_RECEIVED) {
        assert_int_equal(usher_oob_use(&o->session, &start), USHER_OK);
    } else if (e->type == USHER_EVT_STATIC_REQUEST) {
        assert_int_equal(usher_auth_static(&o->session, (const uint8_t *)"shared", 6), USHER_OK);
    } else if (e->type == USHER_EVT_DATA_REQUEST) {
        assert_int_equal(usher_data_set(&o->session, &data), USHER_OK);
    } else if (e->type == USHER_EVT_COMPLETE) {
        o->complete = true;
    } else if (e->type == USHER_EVT_LINK_CLOSED) {
        o->closed = true;
        o->close_reason = e->params.link_closed.close_reason;
    }
}

/* One provisioning. @retval 0  It failed, or took too long. @retval its milliseconds otherwise */
static uint64_t provision(const struct kind *kind, enum usher_role peer_role, uint64_t seed,
                          uint8_t loss)
{
    static const struct air_owner owner = { on_report, on_done, on_wake };
    struct air *air = air_new(&(struct air_config){ .seed = seed, .loss_pct = loss });
    struct peer p = {
        .kind = kind, .role = peer_role, .air = air, .prng = (uint32_t)seed, .link_id = LINK_ID
    };
    struct ours o = { 0 };
    uint64_t took, most = (loss == 0 ? 1000u : LOSSY * 1000u) * (uint64_t)kind->within[peer_role];
    bool ok;

    p.open_at = peer_role == USHER_ROLE_PROVISIONER ? 50 : USHER_NEVER;
    p.radio = air_join(air, &owner, &p);
    assert_non_null(p.radio);
    air_scan(p.radio, 0xFF);
    assert_int_equal(simport_init(&o.port, air, &o.node, crypto, 4), USHER_OK);
    assert_int_equal(usher_init(&o.node, &o.port.port,
                                &(struct usher_config){ .handler = on_event, .user = &o }),
                     USHER_OK);
    usher_session_init(&o.node, &o.session, peer_role == USHER_ROLE_DEVICE ? NULL : &caps, &o);
    if (peer_role == USHER_ROLE_DEVICE) {
        assert_int_equal(usher_provision(&o.session, &(struct usher_provision){ .uuid = uuid }),
                         USHER_OK);
    } else {
        assert_int_equal(usher_listen(&o.session, &(struct usher_listen){ .uuid = uuid }),
                         USHER_OK);
    }
    tick(&p);
    while (!(o.complete && p.told_complete) && !o.closed && air_next_us(air) <= most * 1000) {
        air_run_until(air, air_next_us(air));
    }
    took = air_now_us(air) / 1000;
    while (!(o.closed && p.closed) && air_next_us(air) <= (most + 70000) * 1000) {
        air_run_until(
            air, air_next_us(air)); /* the peer's last ack may be lost: then it hears the close */
    }
    ok = o.complete && session_complete(&p.session) && took <= most &&
         memcmp(usher_device_key(&o.session), p.session.device_key, USHER_KEY_SIZE) == 0;
    if (!ok) {
        print_message("%s peer as %s, seed %llu, loss %u: ours complete %d, reason %u; peer "
                      "complete %d; phase %s, %llu ms\n",
                      kind->name, peer_role == USHER_ROLE_DEVICE ? "device" : "provisioner",
                      (unsigned long long)seed, loss, o.complete, o.close_reason,
                      session_complete(&p.session),
                      usher_phase_name(session_phase(&o.session.prov)), (unsigned long long)took);
    }
    usher_deinit(&o.node);
    simport_deinit(&o.port);
    air_leave(p.radio);
    air_free(air);
    return ok ? took : 0;
}

static void every_kind(enum usher_role peer_role)
{
    for (size_t k = 0; k < KINDS; k++) {
        for (uint8_t loss = 0; loss <= 20; loss += 10) {
            uint64_t longest = 0;

            for (uint64_t seed = 1; seed <= 20; seed++) {
                uint64_t took = provision(&kinds[k], peer_role, seed, loss);

                assert_true(took != 0);
                longest = took > longest ? took : longest;
            }
            print_message("%-8s at %2u %% loss: at most %llu ms\n", kinds[k].name, loss,
                          (unsigned long long)longest);
        }
    }
}

static void devices_of_every_kind_are_provisioned_in_time(void **state)
{
    (void)state;
    every_kind(USHER_ROLE_DEVICE);
}

static void provisioners_of_every_kind_provision_us_in_time(void **state)
{
    (void)state;
    every_kind(USHER_ROLE_PROVISIONER);
}

static int setup(void **state)
{
    (void)state;
    crypto = usher_crypto_openssl_new();
    return crypto == NULL;
}

static int teardown(void **state)
{
    (void)state;
    usher_crypto_openssl_free(crypto);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_of_every_kind_are_provisioned_in_time),
        cmocka_unit_test(provisioners_of_every_kind_provision_us_in_time),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
