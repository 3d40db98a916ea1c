// What Glibc's module does not give Swift: epoll, eventfd, accept4, and one thread-local pointer.
#ifndef CLINUX_H
#define CLINUX_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/// accept4 with SOCK_NONBLOCK and SOCK_CLOEXEC.
int clinux_accept(int listener, struct sockaddr *_Nullable address, socklen_t *_Nullable length);

/// epoll_wait with a time limit in nanoseconds; negative: for ever. A kernel before 5.11 rounds it up to milliseconds.
int clinux_epoll_wait(
    int epoll, struct epoll_event *_Nonnull events, int count, int64_t nanoseconds);

/// The calling thread's own pointer, null until it is set.
void *_Nullable clinux_thread_pointer(void);
void clinux_set_thread_pointer(void *_Nullable pointer);

/// Names the calling thread, in at most 15 characters.
void clinux_name_thread(const char *_Nonnull name);

#endif
