/*
 * Devices per minute on the simulated air, by links and loss.
 *
 *     bench_air [--devices N] [--algorithm cmac|hmac]
 */
#include "bench_site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void measure(const struct bench_config *config)
{
    struct bench_result r = bench_site(config);

    printf("  %5u %6u %%  %8.0f /min   %6.2f s median   %5.1f   %u again\n", config->links,
           config->loss, r.per_minute, r.median_s, r.events, r.failed);
}

int main(int argc, char **argv)
{
    static const unsigned links[] = { 1, 2, 4, 8, 16, 32 }, losses[] = { 0, 5, 20 };
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    struct bench_config config = { .crypto = crypto, .devices = 600, .algorithm = USHER_ALG_CMAC };

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--devices") == 0) {
            config.devices = (unsigned)strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--algorithm") == 0) {
            config.algorithm = strcmp(argv[i + 1], "hmac") == 0 ? USHER_ALG_HMAC : USHER_ALG_CMAC;
        }
    }
    if (crypto == NULL) {
        return 1;
    }
    printf("  links   loss     devices         time each   PDUs each\n");
    for (size_t l = 0; l < sizeof(losses) / sizeof(losses[0]); l++) {
        for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
            config.loss = losses[l];
            config.links = links[i];
            measure(&config);
        }
    }
    usher_crypto_openssl_free(crypto);
    return 0;
}
