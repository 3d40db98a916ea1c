#define _GNU_SOURCE
#include "CLinux.h"

#include <pthread.h>

static _Thread_local void *thread_pointer;

int clinux_accept(int listener, struct sockaddr *address, socklen_t *length) {
  return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

void *clinux_thread_pointer(void) { return thread_pointer; }

void clinux_set_thread_pointer(void *pointer) { thread_pointer = pointer; }

void clinux_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
