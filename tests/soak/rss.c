/* The resident set by /proc; see rss.h. */
#include "rss.h"

#include <stdio.h>
#include <stdlib.h>

/* The second number of /proc/self/statm, in pages. */
unsigned long rss_kb(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    char line[128] = "", *end = line;

    if (file != NULL) {
        if (fgets(line, sizeof(line), file) != NULL) {
            (void)strtoul(line, &end, 10);
        }
        fclose(file);
    }
    return strtoul(end, NULL, 10) * 4;
}
