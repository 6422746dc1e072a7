/*
 * AF_UNIX sockets by path; see unix_socket.h. Used by air_server.c, meshd_radio.c and linux_port.c.
 */
#include "unix_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool unix_address(struct sockaddr_un *address, const char *path)
{
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof(address->sun_path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, len + 1);
    return true;
}

/* connect() and bind() are alike but for what they do. */
static int open_with(int (*act)(int, const struct sockaddr *, socklen_t), const char *path,
                     int type)
{
    struct sockaddr_un address;

    if (!unix_address(&address, path)) {
        return -1;
    }
    int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    /*
     * The mode of a socket's file is that of the descriptor when it is bound: nobody gets in
     * between.
     */
    if (fchmod(fd, S_IRUSR | S_IWUSR) == 0 &&
        act(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
        return fd;
    }
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

int unix_connect(const char *path, int type)
{
    return open_with(connect, path, type);
}

/* Removes what is at path if it is a socket that nobody serves. */
static bool remove_stale(const char *path, int type, char *why, size_t why_len)
{
    struct stat st;

    if (lstat(path, &st) != 0) {
        if (errno == ENOENT) {
            return true; /* its server removed it just now */
        }
        snprintf(why, why_len, "%s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISSOCK(st.st_mode)) {
        snprintf(why, why_len, "%s exists and is not a socket: choose another path", path);
        return false;
    }
    int fd = unix_connect(path, type);
    if (fd >= 0) {
        close(fd);
    }
    if (fd >= 0 || errno != ECONNREFUSED) {
        snprintf(why, why_len, "%s is in use by another process: stop it, or choose another path",
                 path);
        return false;
    }
    if (unlink(path) != 0 && errno != ENOENT) {
        snprintf(why, why_len, "cannot replace the old socket %s: %s", path, strerror(errno));
        return false;
    }
    return true;
}

int unix_bind(const char *path, int type, char *why, size_t why_len)
{
    int fd = open_with(bind, path, type);

    if (fd < 0 && errno == EADDRINUSE) {
        if (!remove_stale(path, type, why, why_len)) {
            return -1;
        }
        fd = open_with(bind, path, type);
    }
    if (fd < 0) {
        snprintf(why, why_len, "cannot make the socket %s: %s", path, strerror(errno));
    }
    return fd;
}
