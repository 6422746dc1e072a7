/*
 * A preload library for BlueZ's btvirt 5.66, with which that program, unmodified, runs on a machine
 * whose kernel lacks AF_ALG sockets, and any number of times at once. Started by btvirt.py. It
 * replaces no more than this:
 *
 * - socket() and bind() for AF_ALG. A controller of the program's opens such sockets for AES as
 *   soon as a host connects, and does not come to life without. Here they are sockets that lead
 *   nowhere, so that a controller starts. AES itself is not there: whatever asks for it gets an
 *   error. Usher asks no controller for it.
 * - bind() and unlink() of the paths /tmp/bt-server-*. They are in the directory
 *   USHER_BTVIRT_DIRECTORY instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static const char SERVED[] = "/tmp/bt-server-";

int socket(int family, int type, int protocol)
{
    int fd = (int)syscall(SYS_socket, family, type, protocol);

    if (fd < 0 && family == AF_ALG && errno == EAFNOSUPPORT) {
        fd = (int)syscall(SYS_socket, AF_UNIX, type, 0);
    }
    return fd;
}

/* The path that is used for @p path. @return NULL if it does not fit into @p size octets. */
static const char *moved(const char *path, char *buffer, size_t size)
{
    const char *directory = getenv("USHER_BTVIRT_DIRECTORY");

    if (directory == NULL || strncmp(path, SERVED, sizeof(SERVED) - 1) != 0) {
        return path;
    }
    int len = snprintf(buffer, size, "%s/%s", directory, path + sizeof(SERVED) - 1);
    return len > 0 && (size_t)len < size ? buffer : NULL;
}

int bind(int fd, const struct sockaddr *address, socklen_t len)
{
    struct sockaddr_un own = { .sun_family = AF_UNIX };
    char buffer[sizeof(own.sun_path)];
    int domain = 0;
    socklen_t domain_len = sizeof(domain);

    if (address->sa_family == AF_ALG &&
        getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_len) == 0 && domain == AF_UNIX) {
        return 0;
    }
    if (address->sa_family == AF_UNIX && len <= sizeof(own)) {
        memcpy(&own, address, len);
        own.sun_path[sizeof(own.sun_path) - 1] = '\0';
        const char *path = moved(own.sun_path, buffer, sizeof(buffer));
        if (path == NULL) {
            errno = ENAMETOOLONG;
            return -1;
        }
        memmove(own.sun_path, path, strlen(path) + 1);
        address = (const struct sockaddr *)&own;
        len = sizeof(own);
    }
    return (int)syscall(SYS_bind, fd, address, len);
}

int unlink(const char *path)
{
    char buffer[sizeof(((struct sockaddr_un *)0)->sun_path)];
    const char *used = moved(path, buffer, sizeof(buffer));

    if (used == NULL) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return (int)syscall(SYS_unlinkat, AT_FDCWD, used, 0);
}
