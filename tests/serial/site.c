/* See site.h. */
#include "site.h"

#include "air.h"
#include "hal.h"
#include "nrf_mesh_port.h"
#include "serial_device.h"
#include "simport.h"
#include "stack.h"

#include <usher/models.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The sample data of the specification (8.7): a device's pair. */
static const uint8_t lamp_private[USHER_P256_PRIVATE] = {
    0x52, 0x9A, 0xA0, 0x67, 0x0D, 0x72, 0xCD, 0x64, 0x97, 0x50, 0x2E, 0xD4, 0x73, 0x50, 0x2B, 0x03,
    0x7E, 0x88, 0x03, 0xB5, 0xC6, 0x08, 0x29, 0xA5, 0xA3, 0xCA, 0xA2, 0x19, 0x50, 0x55, 0x30, 0xBA
};
static const uint8_t lamp_public[USHER_P256_PUBLIC] = {
    0xF4, 0x65, 0xE4, 0x3F, 0xF2, 0x3D, 0x3F, 0x1B, 0x9D, 0xC7, 0xDF, 0xC0, 0x4D, 0xA8, 0x75, 0x81,
    0x84, 0xDB, 0xC9, 0x66, 0x20, 0x47, 0x96, 0xEC, 0xCF, 0x0D, 0x6C, 0xF5, 0xE1, 0x65, 0x00, 0xCC,
    0x02, 0x01, 0xD0, 0x48, 0xBC, 0xBB, 0xD8, 0x99, 0xEE, 0xEF, 0xC4, 0x24, 0x16, 0x4E, 0x33, 0xC2,
    0x01, 0xC2, 0xB0, 0x10, 0xCA, 0x6B, 0x4D, 0x43, 0xA8, 0xA1, 0x55, 0xCA, 0xD8, 0xEC, 0xB2, 0x79
};

struct device {
    struct nrf_mesh_stack stack;
    struct simport port;
    bool reset; /* it is to start again */
};

static struct {
    struct air *air;
    const struct usher_crypto *crypto;
    struct device devices[SITE_DEVICES];
    struct device *entered;
    struct {
        struct usher usher;
        struct usher_mesh mesh;
        struct simport port;
        struct usher_session session;
        struct usher_config_server config;
        struct usher_onoff_server onoff;
        uint8_t value[16];
        bool on;
    } lamp;
} site;

static void must(bool ok, const char *what)
{
    if (!ok) {
        (void)fprintf(stderr, "%s\n", what);
        exit(2);
    }
}

/* -- serial devices ---------------------------------------------------------------------------- */

static void on_kick(void *ctx)
{
    (void)ctx; /* the transcript asks */
}

static void enter(struct device *d)
{
    (void)layer_stack_enter(&d->stack);
    site.entered = d;
}

static void device_on(struct device *d)
{
    memset(&d->stack, 0, sizeof(d->stack));
    d->reset = false;
    must(simport_init(&d->port, site.air, &d->stack.usher, site.crypto, 4) == USHER_OK, "no port");
    enter(d);
    must(nrf_mesh_on_port(&d->port.port) == NRF_SUCCESS, "no port");
    must(nrf_mesh_on_serial(on_kick, NULL) == NRF_SUCCESS, "no line");
    serial_device_start();
}

static void device_off(struct device *d)
{
    usher_deinit(&d->stack.usher);
    simport_deinit(&d->port);
}

/* The chip's reset, from within a command: the device starts when that is over. */
void hal_device_reset(uint8_t gpregret_value)
{
    (void)gpregret_value;
    site.entered->reset = true;
}

void site_write(unsigned device, const uint8_t *octets, size_t len)
{
    struct device *d = &site.devices[device];

    enter(d);
    must(nrf_mesh_serial_in(octets, (uint32_t)len) == len, "the device takes no more");
    if (d->reset) {
        device_off(d);
        device_on(d);
    }
}

size_t site_read(unsigned device, uint8_t *octets, size_t size)
{
    enter(&site.devices[device]);
    return nrf_mesh_serial_out(octets, (uint32_t)size);
}

/* -- the lamp ---------------------------------------------------------------------------------- */

USHER_MESH_TABLES(lamp_tables, 2, 4, 16, 12, 2, 3, 2);

static void on_lamp(void *user, struct usher *u, const struct usher_event *event)
{
    (void)user;
    (void)u;
    if (event->type == USHER_EVT_STATIC_REQUEST) {
        must(usher_auth_static(&site.lamp.session, site.lamp.value, sizeof(site.lamp.value)) ==
                 USHER_OK,
             "no static value");
    } else if (event->type == USHER_EVT_DATA_RECEIVED) {
        must(usher_mesh_provision(&site.lamp.mesh, event->params.complete.p_prov_data,
                                  event->params.complete.p_devkey) == USHER_OK,
             "no node");
    }
}

static void lamp_mesh(void)
{
    static struct usher_model *models[] = { &site.lamp.config.model, &site.lamp.onoff.model };
    static const struct usher_element elements[] = { { .model_count = 2, .models = models } };
    static const struct usher_composition composition = { .cid = 0xFFFF,
                                                          .element_count = 1,
                                                          .elements = elements };
    const struct usher_mesh_config config = { .composition = &composition, .tables = &lamp_tables };

    usher_config_server_init(&site.lamp.config);
    usher_onoff_server_init(&site.lamp.onoff);
    must(usher_mesh_init(&site.lamp.mesh, &site.lamp.usher, &config) == USHER_OK, "no mesh");
}

void site_lamp(const uint8_t uuid[USHER_UUID_SIZE], const uint8_t value[16])
{
    const struct usher_config config = { .handler = on_lamp };
    const struct usher_caps caps = { .num_elements = 1,
                                     .algorithms = USHER_ALG_BIT(USHER_ALG_CMAC),
                                     .oob_static_types = 1 };
    const struct usher_listen listen = { .uuid = uuid };

    memcpy(site.lamp.value, value, sizeof(site.lamp.value));
    must(simport_init(&site.lamp.port, site.air, &site.lamp.usher, site.crypto, 1) == USHER_OK,
         "no port");
    must(usher_init(&site.lamp.usher, &site.lamp.port.port, &config) == USHER_OK, "no lamp");
    lamp_mesh();
    usher_session_init(&site.lamp.usher, &site.lamp.session, &caps, NULL);
    usher_session_keys_set(&site.lamp.session, lamp_private, lamp_public);
    must(usher_listen(&site.lamp.session, &listen) == USHER_OK, "the lamp does not listen");
    site.lamp.on = true;
}

bool site_lit(void)
{
    return site.lamp.onoff.on;
}

/* -- the site ---------------------------------------------------------------------------------- */

void site_new(void)
{
    site.air = air_new(&(struct air_config){ .seed = 1 });
    site.crypto = usher_crypto_openssl_new();
    must(site.air != NULL && site.crypto != NULL, "no memory");
    for (unsigned i = 0; i < SITE_DEVICES; i++) {
        device_on(&site.devices[i]);
    }
}

void site_free(void)
{
    if (site.lamp.on) {
        usher_deinit(&site.lamp.usher);
        simport_deinit(&site.lamp.port);
    }
    for (unsigned i = 0; i < SITE_DEVICES; i++) {
        device_off(&site.devices[i]);
    }
    air_free(site.air);
    usher_crypto_openssl_free(site.crypto);
}

void site_run_ms(uint64_t ms)
{
    air_run_until(site.air, air_now_us(site.air) + ms * 1000);
}
