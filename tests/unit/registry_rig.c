/*
 * Small deeds with a registry; see registry_rig.h.
 */
#include "registry_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct registry_new rig_new(void)
{
    struct registry_new make = { .net_index = 0 };
    memset(make.net_key, 0x11, sizeof make.net_key);
    memset(make.uuid, 0x22, sizeof make.uuid);
    memset(make.provisioner, 0x33, sizeof make.provisioner);
    return make;
}

struct registry *rig_memory(void)
{
    char why[200] = "";
    struct registry_new make = rig_new();
    struct registry *r = registry_open(NULL, &make, why, sizeof why);
    assert_string_equal(why, "");
    assert_non_null(r);
    return r;
}

static const uint8_t *octets(uint8_t out[16], uint8_t first, unsigned n)
{
    memset(out, first, 16);
    out[12] = (uint8_t)(n >> 24);
    out[13] = (uint8_t)(n >> 16);
    out[14] = (uint8_t)(n >> 8);
    out[15] = (uint8_t)n;
    return out;
}

const uint8_t *rig_uuid(unsigned n)
{
    static uint8_t uuid[USHER_UUID_SIZE];
    return octets(uuid, 0xD0, n);
}

const uint8_t *rig_key(unsigned n)
{
    static uint8_t key[USHER_KEY_SIZE];
    return octets(key, 0xE0, n);
}

enum registry_err rig_lease(struct registry *r, unsigned n, unsigned elements, uint16_t address,
                            uint16_t *got)
{
    struct usher_prov_data data = { .address = 0 };
    struct registry_lease lease = { .uuid = rig_uuid(n),
                                    .elements = (uint8_t)elements,
                                    .address = address,
                                    .device_key = rig_key(n) };
    enum registry_err err = registry_lease(r, &lease, &data);
    *got = data.address;
    return err;
}

uint16_t rig_leased(struct registry *r, unsigned n, unsigned elements)
{
    uint16_t address;
    assert_int_equal(rig_lease(r, n, elements, 0, &address), REGISTRY_OK);
    return address;
}

uint16_t rig_provisioned(struct registry *r, unsigned n, unsigned elements)
{
    uint16_t address = rig_leased(r, n, elements);
    assert_int_equal(registry_provisioned(r, address, (uint8_t)elements, rig_key(n), false),
                     REGISTRY_OK);
    return address;
}

int rig_state(struct registry *r, unsigned n)
{
    struct registry_node node = { .settings = NULL };
    enum registry_err err = registry_find(r, rig_uuid(n), &node);
    int state = err == REGISTRY_OK ? (int)node.state : -1;
    assert_true(err == REGISTRY_OK || err == REGISTRY_NONE);
    registry_node_clear(&node);
    return state;
}

unsigned rig_audit(struct registry *r)
{
    struct registry_audit a = { .number = 0 };
    unsigned n = 0;
    while (registry_audit_next(r, n, &a) == REGISTRY_OK) {
        assert_int_equal(a.number, ++n);
    }
    return n;
}
