/*
 * Devices per minute through one Bluetooth controller: our HCI host, a line of 1 Mbaud, and a
 * simulated controller that takes 300 us for a command; by links, with one legacy advertising set
 * and with extended sets. Beside them, in the same run, what the same links reach on the air
 * without a controller, and the limits that one set on a grid of 20 to 30 ms and a radio by
 * itself have by arithmetic and simulation.
 *
 *     bench_hci [--devices N]
 */
#include "bench_site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOSS 5u
#define GRID_LIMIT 190u /* devices a minute through one legacy set, whatever the links */
#define RADIO_AIM 609u  /* with 16 links on a radio without a controller */

static const unsigned links[] = { 1, 8, 16 };

#define LINKS (sizeof(links) / sizeof(links[0]))

static double measure(struct bench_config *config, const char *what)
{
    struct bench_result r = bench_site(config);

    printf("  %-16s %5u   %6.0f /min   %5.2f s median   %5.1f   %u again", what, config->links,
           r.per_minute, r.median_s, r.events, r.failed);
    if (r.dropped != 0) {
        printf(", %lu reports dropped", r.dropped);
    }
    printf("\n");
    return r.per_minute;
}

int main(int argc, char **argv)
{
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    const struct hciport_config extended = { .controller.command_us = 300, .baud = 1000000 };
    const struct hciport_config legacy = { .controller.command_us = 300,
                                           .baud = 1000000,
                                           .legacy = true };
    struct bench_config config = { .crypto = crypto, .devices = 200, .loss = LOSS };
    double plain = 0, one = 0, sets = 0;

    if (argc == 3 && strcmp(argv[1], "--devices") == 0) {
        config.devices = (unsigned)strtoul(argv[2], NULL, 10);
    }
    if (crypto == NULL) {
        return 1;
    }
    printf("                   links     devices        time each   PDUs each, loss %u %%\n", LOSS);
    for (size_t i = 0; i < LINKS; i++) {
        config.links = links[i];
        config.hci = &legacy;
        one = measure(&config, "one legacy set");
        config.hci = &extended;
        sets = measure(&config, "extended sets");
        config.hci = NULL;
        plain = measure(&config, "no controller");
        printf("  %-16s %5u   extended sets are %.2f times one legacy set, %.2f of no "
               "controller\n",
               "ratio", links[i], sets / one, sets / plain);
    }
    printf("  %u links: one legacy set, armed anew for each PDU, %.2f of the %u /min of a set on a "
           "grid;\n            extended sets %.2f of the aim, %u /min\n",
           config.links, one / GRID_LIMIT, GRID_LIMIT, sets / RADIO_AIM, RADIO_AIM);
    usher_crypto_openssl_free(crypto);
    return 0;
}
