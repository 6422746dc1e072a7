/*
 * The serial example: a host at the other end of a line provisions and speaks through this device.
 */
#include "log.h"
#include "mesh_app_utils.h"
#include "nrf_error.h"
#include "nrf_mesh_configure.h"
#include "nrf_mesh_port.h"
#include "nrf_soc.h"
#include "serial_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void usage(const char *program)
{
    (void)fprintf(stderr, "usage: %s --radio RADIO --line pty[:LINK]|unix:PATH|/dev/ttyX\n",
                  program);
    exit(2);
}

/* Radio and line from the command line: what a program for a chip does not have. */
static void open_by_arguments(int argc, char *argv[])
{
    const char *radio = NULL, *line = NULL;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--radio") == 0) {
            radio = argv[i + 1];
        } else if (strcmp(argv[i], "--line") == 0) {
            line = argv[i + 1];
        } else {
            usage(argv[0]);
        }
    }
    if (argc != 5 || radio == NULL || line == NULL) {
        usage(argv[0]);
    }
    if (nrf_mesh_on_air(radio, NULL) != NRF_SUCCESS || nrf_mesh_on_line(line) != NRF_SUCCESS) {
        exit(EXIT_FAILURE); /* a line on standard error has said why */
    }
}

int main(int argc, char *argv[])
{
    open_by_arguments(argc, argv);
    __LOG_INIT(LOG_SRC_APP | LOG_SRC_SERIAL, LOG_LEVEL_INFO, LOG_CALLBACK_DEFAULT);
    __LOG(LOG_SRC_APP, LOG_LEVEL_INFO, "----- Serial device at %s -----\n", nrf_mesh_line_name());
    serial_device_start();
    mesh_app_uuid_print(nrf_mesh_configure_device_uuid_get());
    for (;;) {
        (void)sd_app_evt_wait();
    }
}
