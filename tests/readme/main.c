/*
 * Runs the C example of README.md: its admit() provisions a device over the simulated air. CMake
 * takes the example out of the page, so what the page shows is what is built here.
 */
#include "readme.h"

#include "simport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t uuid[USHER_UUID_SIZE] = "readme-example-1";

struct side {
    struct usher node;
    struct usher_session session;
    struct simport port;
};

static void device_event(void *user, struct usher *u, const struct usher_event *event)
{
    uint16_t *address = user;

    (void)u;
    if (event->type == USHER_EVT_COMPLETE) {
        *address = event->params.complete.p_prov_data->address;
    }
}

static void join(struct side *side, struct air *air, const struct usher_crypto *crypto)
{
    if (simport_init(&side->port, air, &side->node, crypto, 1) != USHER_OK) {
        fputs("the air has no room\n", stderr);
        exit(1);
    }
}

int main(void)
{
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    struct air *air = air_new(&(struct air_config){ .seed = 1, .loss_pct = 10 });
    const struct usher_caps caps = { .num_elements = 1,
                                     .algorithms = USHER_ALG_BIT(USHER_ALG_HMAC) };
    static struct side provisioner;
    static struct side device;
    uint16_t address = 0;

    if (crypto == NULL || air == NULL) {
        fputs("no crypto or no memory\n", stderr);
        return 1;
    }
    join(&provisioner, air, crypto);
    join(&device, air, crypto);
    usher_init(&device.node, &device.port.port,
               &(struct usher_config){ .handler = device_event, .user = &address });
    usher_session_init(&device.node, &device.session, &caps, NULL);
    usher_listen(&device.session, &(struct usher_listen){ .uuid = uuid });
    admit(&provisioner.node, &provisioner.session, &provisioner.port.port, uuid);

    air_run_until(air, 60u * 1000 * 1000);
    printf("the device has address 0x%04x\n", address);

    usher_deinit(&provisioner.node);
    usher_deinit(&device.node);
    simport_deinit(&provisioner.port);
    simport_deinit(&device.port);
    air_free(air);
    usher_crypto_openssl_free(crypto);
    return address == 0x0001 ? 0 : 1;
}
