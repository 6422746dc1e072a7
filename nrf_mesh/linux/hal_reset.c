/*
 * A reset (hal.h): the process becomes the program anew, with the arguments that it had. What it
 * has stored is what it finds.
 */
#include "hal.h"

#include "on_air.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARGUMENTS_MAX 255

/* The arguments of this process; whatever does not fit is left out. */
static bool arguments(char *argv[ARGUMENTS_MAX + 1])
{
    FILE *file = fopen("/proc/self/cmdline", "re");
    int count = 0;
    bool more = file != NULL;

    while (more && count < ARGUMENTS_MAX) {
        size_t size = 0;

        argv[count] = NULL;
        more = getdelim(&argv[count], &size, '\0', file) > 0;
        count += more ? 1 : 0;
    }
    argv[count] = NULL;
    if (file != NULL) {
        (void)fclose(file);
    }
    return count != 0;
}

void hal_device_reset(uint8_t gpregret_value)
{
    char *argv[ARGUMENTS_MAX + 1];

    (void)gpregret_value;
    layer_on_air_leave();
    (void)fflush(NULL);
    if (arguments(argv)) {
        (void)execv("/proc/self/exe", argv);
    }
    perror("the program cannot be started again");
    exit(EXIT_FAILURE);
}
