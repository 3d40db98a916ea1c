// Tells ThreadSanitizer of two orders that Swift's own libraries make and that it can't see, because they
// aren't compiled for it. Preloaded, this stands before them:
//
// - A contended `Mutex`. A free lock is taken and given in code that is compiled into its user; but the
//   wait for one is in the library, so that who has waited seems not to have taken the lock.
// - A continuation that was resumed before its task awaited it: the task goes on at once, and what the
//   resumer did before seems to be raced for. (Of a task that really waits the library tells by itself.)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define swiftcall __attribute__((swiftcall))
#define self __attribute__((swift_context)) void *handle

#define swiftasynccall __attribute__((swiftasynccall))

// Synchronization._MutexHandle._lockSlow(UInt32) and ._unlockSlow(), as the library names them.
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

static void *next(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (!found) abort();
  return found;
}

swiftcall void lock_slow(uint32_t thread, self) __asm__(LOCK_SLOW);
swiftcall void lock_slow(uint32_t thread, self) {
  ((swiftcall void (*)(uint32_t, self))next(LOCK_SLOW))(thread, handle);
  __tsan_acquire(handle);
}

swiftcall void unlock_slow(self) __asm__(UNLOCK_SLOW);
swiftcall void unlock_slow(self) {
  __tsan_release(handle);
  ((swiftcall void (*)(self))next(UNLOCK_SLOW))(handle);
}

void *swift_task_getCurrent(void);

swiftcall void swift_continuation_resume(void *task) {
  __tsan_release(task);
  ((swiftcall void (*)(void *))next("swift_continuation_resume"))(task);
}

swiftcall void swift_continuation_throwingResume(void *task) {
  __tsan_release(task);
  ((swiftcall void (*)(void *))next("swift_continuation_throwingResume"))(task);
}

swiftcall void swift_continuation_throwingResumeWithError(void *task, void *error) {
  __tsan_release(task);
  ((swiftcall void (*)(void *, void *))next("swift_continuation_throwingResumeWithError"))(task, error);
}

swiftasynccall void swift_continuation_await(void *context) {
  __tsan_acquire(swift_task_getCurrent());
  swiftasynccall void (*await)(void *) = (swiftasynccall void (*)(void *))next("swift_continuation_await");
  __attribute__((musttail)) return await(context);
}
