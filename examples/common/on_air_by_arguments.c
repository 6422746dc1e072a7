/*
 * Radio and storage from the command line, for the main functions of the examples.
 */
#include "on_air_by_arguments.h"

#include "nrf_error.h"
#include "nrf_mesh_port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void usage(const char *program)
{
    (void)fprintf(stderr, "usage: %s --radio air:PATH [--state DIR]\n", program);
    exit(2);
}

void on_air_by_arguments(int argc, char *argv[])
{
    const char *radio = NULL;
    const char *state = NULL;

    for (int i = 1; i < argc; i += 2) {
        const char **value = strcmp(argv[i], "--radio") == 0   ? &radio
                             : strcmp(argv[i], "--state") == 0 ? &state
                                                               : NULL;

        if (value == NULL || argv[i + 1] == NULL) {
            usage(argv[0]);
        } else {
            *value = argv[i + 1];
        }
    }
    if (radio == NULL) {
        usage(argv[0]);
    }
    if (nrf_mesh_on_air(radio, state) != NRF_SUCCESS) {
        exit(EXIT_FAILURE); /* a line on standard error has said why */
    }
}
