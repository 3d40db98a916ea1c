// A file of the VFS: what changes it is logged, or fails; the rest is passed on.
#include <unistd.h>

#include "FaultVFS.h"

static struct fault_file *self(sqlite3_file *file) { return (struct fault_file *)file; }
static sqlite3_file *real(sqlite3_file *file) { return self(file)->real; }

static int file_close(sqlite3_file *file) { return real(file)->pMethods->xClose(real(file)); }

static int file_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
  return real(file)->pMethods->xRead(real(file), bytes, count, offset);
}

static int file_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
  struct fault_file *f = self(file);
  if (!f->is_logged) return f->real->pMethods->xWrite(f->real, bytes, count, offset);
  pthread_mutex_lock(&f->vfs->lock);
  int code = SQLITE_OK, written = count;
  if (fault_is_due(f->vfs, FAULT_FULL_ON_WRITE, f->is_log)) {
    code = SQLITE_FULL;
    written = count / 2;
  } else if (fault_is_due(f->vfs, FAULT_IO_ON_WRITE, f->is_log)) {
    code = SQLITE_IOERR_WRITE;
    written = 0;
  } else if (fault_is_due(f->vfs, FAULT_READ_ONLY, f->is_log)) {
    code = SQLITE_READONLY;
    written = 0;
  }
  if (written > 0) {
    int real_code = f->real->pMethods->xWrite(f->real, bytes, written, offset);
    if (real_code != SQLITE_OK) code = real_code;
    fault_log(f->vfs, operation_write, f->id, offset, bytes, written);
  }
  pthread_mutex_unlock(&f->vfs->lock);
  return code;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
  struct fault_file *f = self(file);
  pthread_mutex_lock(&f->vfs->lock);
  int code = f->real->pMethods->xTruncate(f->real, size);
  if (code == SQLITE_OK && f->is_logged) {
    fault_log(f->vfs, operation_truncate, f->id, size, NULL, 0);
  }
  pthread_mutex_unlock(&f->vfs->lock);
  return code;
}

static int file_sync(sqlite3_file *file, int flags) {
  struct fault_file *f = self(file);
  if (!f->is_logged) return SQLITE_OK;
  pthread_mutex_lock(&f->vfs->lock);
  int latency = f->vfs->sync_latency;
  pthread_mutex_unlock(&f->vfs->lock);
  if (latency > 0) usleep((useconds_t)latency);
  // The real disk isn't asked: the model is what the test cuts, and it is much faster so.
  (void)flags;
  pthread_mutex_lock(&f->vfs->lock);
  int code = SQLITE_OK;
  if (fault_is_due(f->vfs, FAULT_IO_ON_SYNC_LOST, f->is_log)) {
    fault_log(f->vfs, operation_lost_sync, f->id, (int64_t)fault_random(&f->vfs->random), NULL, 0);
    code = SQLITE_IOERR_FSYNC;
  } else {
    fault_log(f->vfs, operation_sync, f->id, 0, NULL, 0);
    if (fault_is_due(f->vfs, FAULT_IO_ON_SYNC_DONE, f->is_log)) code = SQLITE_IOERR_FSYNC;
  }
  pthread_mutex_unlock(&f->vfs->lock);
  return code;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
static int file_lock(sqlite3_file *file, int level) {
  return real(file)->pMethods->xLock(real(file), level);
}
static int file_unlock(sqlite3_file *file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}
static int file_check_lock(sqlite3_file *file, int *out) {
  return real(file)->pMethods->xCheckReservedLock(real(file), out);
}
static int file_control(sqlite3_file *file, int code, void *argument) {
  return real(file)->pMethods->xFileControl(real(file), code, argument);
}
static int file_sector(sqlite3_file *file) { return real(file)->pMethods->xSectorSize(real(file)); }
static int file_device(sqlite3_file *file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out) {
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}
static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
static void file_shm_barrier(sqlite3_file *file) { real(file)->pMethods->xShmBarrier(real(file)); }
static int file_shm_unmap(sqlite3_file *file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

// Version 2: no memory-mapped reading, which would go past the log.
const sqlite3_io_methods fault_methods = {
    2,           file_close,   file_read,    file_write,       file_truncate,  file_sync,
    file_size,   file_lock,    file_unlock,  file_check_lock,  file_control,   file_sector,
    file_device, file_shm_map, file_shm_lock, file_shm_barrier, file_shm_unmap, 0, 0,
};
