// Tells ThreadSanitizer of the order that a contended `Mutex` makes. Swift's `Mutex` takes and gives a
// free lock in code that is compiled into its user, which is watched; but it waits in the toolchain's own
// library, which isn't, so that who has waited for a lock seems not to have taken it, and all that it
// guards seems to be raced for. Preloaded, this stands before that library's slow path.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define swiftcall __attribute__((swiftcall))
#define self __attribute__((swift_context)) void *handle

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
