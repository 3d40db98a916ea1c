#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

static _Thread_local void *thread_pointer;

int clinux_accept(int listener, struct sockaddr *address, socklen_t *length) {
  return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int clinux_epoll_wait(int epoll, struct epoll_event *events, int count, int64_t nanoseconds) {
  const int64_t second = 1000000000, millisecond = 1000000;
  if (nanoseconds <= 0) return epoll_wait(epoll, events, count, nanoseconds < 0 ? -1 : 0);
  struct timespec limit = {.tv_sec = nanoseconds / second, .tv_nsec = nanoseconds % second};
  int ready = epoll_pwait2(epoll, events, count, &limit, NULL);
  if (ready >= 0 || errno == EINTR) return ready;
  return epoll_wait(epoll, events, count, (int)(nanoseconds / millisecond) + 1);
}

void *clinux_thread_pointer(void) { return thread_pointer; }

void clinux_set_thread_pointer(void *pointer) { thread_pointer = pointer; }

void clinux_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
