/*
 * The main program of a fuzz target where there is no libFuzzer: runs it once over each file that
 * is named, or that is in a directory that is named. So ctest keeps all that the fuzzers have
 * found.
 */
#define _POSIX_C_SOURCE 200809L

#include "fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

static unsigned replayed;

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    struct stat st;

    FUZZ_CHECK(file != NULL && fstat(fileno(file), &st) == 0);
    /* Of its exact size, so that reading over its end is noticed. */
    data = malloc((size_t)st.st_size);
    FUZZ_CHECK(data != NULL || st.st_size == 0);
    FUZZ_CHECK(fread(data, 1, (size_t)st.st_size, file) == (size_t)st.st_size);
    fclose(file);
    fprintf(stderr, "%s\n", path); /* the last one is the one that failed */
    LLVMFuzzerTestOneInput(data, (size_t)st.st_size);
    replayed++;
    free(data);
}

static void replay_directory(const char *path)
{
    struct dirent **entries;
    int n = scandir(path, &entries, NULL, alphasort); /* the same order everywhere */

    FUZZ_CHECK(n >= 0);
    for (int i = 0; i < n; i++) {
        char file[4096];

        snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            replay_file(file);
        }
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct stat st;

        FUZZ_CHECK(stat(argv[i], &st) == 0);
        if (S_ISDIR(st.st_mode)) {
            replay_directory(argv[i]);
        } else {
            replay_file(argv[i]);
        }
    }
    printf("%u files\n", replayed);
    return replayed > 0 ? 0 : 1;
}
