/* Whether a network can be kept in a directory, and is kept from others; see doctor.h. */
#include "doctor.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SPACE_MIN (16u << 20) /* octets that should be free */
#define OPEN_FILES 8          /* of nftw() */

/* What the walk over the directory finds; nftw() has no context. */
static struct {
    unsigned files, open;
    char first[256]; /* of those that are open to others */
} walk;

static int on_file(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)where;
    if (type == FTW_F) {
        walk.files++;
        if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0 && walk.open++ == 0) {
            snprintf(walk.first, sizeof walk.first, "%s", path);
        }
    }
    return 0;
}

static void modes(struct doctor *d, const char *dir)
{
    memset(&walk, 0, sizeof walk);
    if (nftw(dir, on_file, OPEN_FILES, FTW_PHYS) != 0) {
        doctor_find(d, DOCTOR_PROBLEM, "state-modes", "Look after its permissions.",
                    "%.200s cannot be read: %s", dir, strerror(errno));
    } else if (walk.open != 0) {
        doctor_find(
            d, DOCTOR_PROBLEM, "state-modes",
            "Its files have keys: \"chmod -R go= DIR\"; if others read them, change the keys.",
            "%u of %u files in %.200s are open to others, %.200s the first", walk.open, walk.files,
            dir, walk.first);
    } else {
        doctor_find(d, DOCTOR_OK, "state-modes", NULL,
                    "the %u files in %.200s are its owner's alone", walk.files, dir);
    }
}

static void space(struct doctor *d, const char *dir)
{
    struct statvfs fs;
    if (statvfs(dir, &fs) == 0 && (unsigned long long)fs.f_bavail * fs.f_frsize < SPACE_MIN) {
        doctor_find(d, DOCTOR_PROBLEM, "state-space", "Make room there.",
                    "less than 16 MB are free in %.200s", dir);
    }
}

/** The directory that a path is in. */
static void parent_of(const char *path, char *parent, size_t room)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/') {
        len--;
    }
    while (len > 0 && path[len - 1] != '/') {
        len--;
    }
    snprintf(parent, room, "%.*s", len > 0 ? (int)len : 1, len > 0 ? path : ".");
}

bool doctor_state(struct doctor *d, const char *dir)
{
    static const char advice[] = "Choose a directory that is yours, or run as its owner.";
    struct stat st;
    char parent[1024];
    bool there = stat(dir, &st) == 0;
    if (there && !S_ISDIR(st.st_mode)) {
        doctor_find(d, DOCTOR_PROBLEM, "state", advice, "%.200s is not a directory", dir);
        return false;
    }
    parent_of(dir, parent, sizeof parent);
    if (access(there ? dir : parent, R_OK | W_OK | X_OK) != 0) {
        doctor_find(d, DOCTOR_PROBLEM, "state", advice, "%.200s cannot be %s: %s", dir,
                    there ? "written to" : "made", strerror(errno));
        return false;
    }
    doctor_find(d, DOCTOR_OK, "state", NULL, "%.200s %s", dir,
                there ? "can be written to" : "is not there yet, and can be made");
    space(d, there ? dir : parent);
    if (there) {
        modes(d, dir);
    }
    return true;
}
