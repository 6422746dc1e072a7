/*
 * Durable files; see state_file.h. The order of things is that of every careful writer: write
 * another file in the same directory, fsync it, rename it over the old one, fsync the directory.
 */
#include "state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_NAME "lock"

static void close_keeping_errno(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
}

/* Opens the directory that holds path; *name gets the last part of path. */
static int parent_open(const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL) {
        *name = path;
        return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    char dir[PATH_MAX];
    size_t len = slash == path ? 1 : (size_t)(slash - path);
    if (len >= sizeof(dir)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(dir, path, len);
    dir[len] = '\0';
    *name = slash + 1;
    return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t done = write(fd, data, len);
        if (done < 0 && errno != EINTR) {
            return false;
        }
        if (done > 0) {
            data += done;
            len -= (size_t)done;
        }
    }
    return true;
}

/* Makes the file `name`, durable, in place of one that a killed writer may have left. */
static bool write_new(int dir, const char *name, const void *data, size_t len)
{
    if (unlinkat(dir, name, 0) != 0 && errno != ENOENT) {
        return false;
    }
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return false;
    }
    bool ok = write_all(fd, data, len) && fsync(fd) == 0;
    close_keeping_errno(fd);
    return ok;
}

bool state_file_write(const char *path, const void *data, size_t len)
{
    const char *name;
    char temporary[NAME_MAX + 1];
    int dir = parent_open(path, &name);

    if (dir < 0) {
        return false;
    }
    int n = snprintf(temporary, sizeof(temporary), "%s.new", name);
    bool ok = n > 0 && (size_t)n < sizeof(temporary);
    if (!ok) {
        errno = ENAMETOOLONG;
    }
    ok = ok && write_new(dir, temporary, data, len) && renameat(dir, temporary, dir, name) == 0 &&
         fsync(dir) == 0;
    close_keeping_errno(dir);
    return ok;
}

bool state_file_remove(const char *path)
{
    const char *name;
    int dir = parent_open(path, &name);

    if (dir < 0) {
        return false;
    }
    bool ok = unlinkat(dir, name, 0) == 0 ? fsync(dir) == 0 : errno == ENOENT;
    close_keeping_errno(dir);
    return ok;
}

static bool read_all(int fd, uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t done = read(fd, data, len);
        if (done == 0) {
            errno = EIO; /* shorter than it was a moment ago */
            return false;
        }
        if (done < 0 && errno != EINTR) {
            return false;
        }
        if (done > 0) {
            data += done;
            len -= (size_t)done;
        }
    }
    return true;
}

bool state_file_read(const char *path, size_t max, uint8_t **data, size_t *len)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return false;
    }
    uint8_t *buf = NULL;
    if (fstat(fd, &st) == 0) {
        if (!S_ISREG(st.st_mode)) {
            errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
        } else if ((uintmax_t)st.st_size > max) {
            errno = EFBIG;
        } else {
            buf = malloc((size_t)st.st_size + 1);
        }
    }
    if (buf == NULL || !read_all(fd, buf, (size_t)st.st_size)) {
        int error = errno;
        free(buf);
        close(fd);
        errno = error;
        return false;
    }
    close(fd);
    buf[st.st_size] = '\0';
    *data = buf;
    *len = (size_t)st.st_size;
    return true;
}

/* Makes the directory, and makes its making durable. */
static bool dir_make(const char *path)
{
    const char *name;

    if (mkdir(path, S_IRWXU) != 0) {
        return errno == EEXIST;
    }
    int parent = parent_open(path, &name);
    if (parent < 0) {
        return false;
    }
    bool ok = fsync(parent) == 0;
    close_keeping_errno(parent);
    return ok;
}

static int lock_open(const char *dir)
{
    int at = dir_make(dir) ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (at < 0) {
        return -1;
    }
    int lock = openat(at, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    close_keeping_errno(at);
    return lock;
}

int state_dir_lock(const char *dir, char *why, size_t why_len)
{
    char pid[24] = "";
    int lock = lock_open(dir);

    if (lock < 0) {
        snprintf(why, why_len, "cannot use the directory %s: %s", dir, strerror(errno));
        return -1;
    }
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        int error = errno;
        bool known = error == EWOULDBLOCK && pread(lock, pid, sizeof(pid) - 1, 0) > 0;
        pid[strcspn(pid, "\n")] = '\0';
        snprintf(why, why_len, "%s is in use by process %s: wait until it ends, or stop it", dir,
                 known ? pid : "(unknown)");
        if (error != EWOULDBLOCK) {
            snprintf(why, why_len, "cannot lock the directory %s: %s", dir, strerror(error));
        }
        close(lock);
        return -1;
    }
    /* For the message above only: what counts is the lock itself. */
    int len = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
    if (ftruncate(lock, 0) != 0 || pwrite(lock, pid, (size_t)len, 0) != len) {
        snprintf(why, why_len, "cannot write to the directory %s: %s", dir, strerror(errno));
        close(lock);
        return -1;
    }
    return lock;
}

void state_dir_unlock(int lock)
{
    close(lock);
}
