/* See proxy_site.h. */
#include "proxy_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

struct site site;

static void sniff(void *ctx, uint64_t at_us, uint8_t channel, const struct usher_ble_addr *addr,
                  enum usher_adv_type type, const uint8_t *ad, uint8_t len)
{
    struct site *s = ctx;

    (void)at_us;
    (void)channel;
    (void)type;
    (void)ad;
    (void)len;
    s->advertised_by_phone += memcmp(addr->addr, air_addr(s->all->node[PHONE].port.radio), 6) == 0;
}

struct usher_ble_addr site_addr(unsigned n)
{
    struct usher_ble_addr addr = { .type = 1 };

    memcpy(addr.addr, air_addr(node(n)->port.radio), sizeof(addr.addr));
    return addr;
}

void site_make(uint16_t value_max)
{
    site = (struct site){ .all = nodes_new(&(struct nodes_config){ .count = COUNT,
                                                                   .seed = 7,
                                                                   .features = USHER_FEATURE_RELAY |
                                                                               USHER_FEATURE_PROXY,
                                                                   .value_max = value_max }) };
    nodes_provision(site.all);
    node(PHONE)->mesh.net.proxy = 0;
    node(PHONE2)->mesh.net.proxy = 0;
    usher_mesh_bearers(&node(PHONE)->mesh, USHER_BEARER_GATT);
    usher_mesh_bearers(&node(PHONE2)->mesh, USHER_BEARER_GATT);
    nodes_run(site.all, SETTLE_MS);
    air_sniffer_set(site.all->air, sniff, &site);
}

int site_end(void **state)
{
    (void)state;
    if (site.all != NULL) {
        nodes_free(site.all);
    }
    site.all = NULL;
    return 0;
}

void site_connect(unsigned from, unsigned to)
{
    struct usher_ble_addr addr = site_addr(to);
    unsigned before = node(from)->gatt_events[USHER_GATT_EVT_CONNECTED];

    assert_int_equal(usher_proxy_connect(&node(from)->gatt, &addr, &site.conn), USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(node(from)->gatt_events[USHER_GATT_EVT_CONNECTED], before + 1);
}

void site_make_connected(uint16_t value_max)
{
    site_make(value_max);
    site_connect(PHONE, PROXY);
}

const struct usher_config_msg *site_ask(unsigned to, const struct usher_config_msg *question)
{
    static struct usher_config_msg answer;

    assert_int_equal(nodes_config_ask(site.all, PHONE, to, question, &answer), USHER_OK);
    return &answer;
}
