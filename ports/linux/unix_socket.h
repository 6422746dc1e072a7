/*
 * AF_UNIX sockets by path: what the server of the air, its clients, controllers and bluetooth-meshd
 * have in common. All sockets are non-blocking and closed on exec.
 */
#ifndef UNIX_SOCKET_H
#define UNIX_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

/**
 * @retval false  @p path is empty or longer than an address holds (107 octets); errno is
 * ENAMETOOLONG.
 */
bool unix_address(struct sockaddr_un *address, const char *path);

/**
 * Connects to @p path.
 *
 * @param type  SOCK_SEQPACKET, SOCK_DGRAM or SOCK_STREAM.
 *
 * @return The descriptor, or -1 with errno set: ENOENT or ECONNREFUSED when nobody serves that
 * path.
 */
int unix_connect(const char *path, int type);

/**
 * Binds a socket to @p path, mode 0600. A socket that is left over there, served by nobody, is
 * replaced; one that is in use, or a file of another kind, is not.
 *
 * @return The descriptor, or -1 and @p why says in one line what is wrong.
 */
int unix_bind(const char *path, int type, char *why, size_t why_len);

#endif
