// The VFS itself: names, opening, deleting, and what is to fail next.
#include "FaultVFS.h"

#include <stdlib.h>
#include <string.h>

static int ends_with(const char *text, const char *end) {
  size_t a = strlen(text), b = strlen(end);
  return a >= b && strcmp(text + a - b, end) == 0;
}

// Files are known by their last component: a store has one folder.
int fault_file_id(fault_vfs *vfs, const char *path) {
  const char *slash = strrchr(path, '/');
  const char *name = slash ? slash + 1 : path;
  for (int i = 0; i < vfs->file_count; i++) {
    if (strcmp(vfs->names[i], name) == 0) return i;
  }
  if (vfs->file_count == max_files) abort();
  vfs->names[vfs->file_count] = strdup(name);
  return vfs->file_count++;
}

int fault_is_due(fault_vfs *vfs, enum fault_kind kind, int is_log) {
  struct injection *injection = &vfs->injections[kind];
  if (injection->times == 0 || (injection->log_only && !is_log)) return 0;
  if (injection->skip > 0) {
    injection->skip--;
    return 0;
  }
  if (injection->times > 0) injection->times--;
  injection->done++;
  return 1;
}

void fault_log(fault_vfs *vfs, enum operation_kind kind, int file, int64_t offset,
               const void *bytes, int count) {
  if (vfs->operation_count == vfs->operation_room) {
    vfs->operation_room = vfs->operation_room ? vfs->operation_room * 2 : 1024;
    vfs->operations = realloc(vfs->operations, sizeof(struct operation) * vfs->operation_room);
  }
  struct operation *operation = &vfs->operations[vfs->operation_count++];
  operation->kind = kind;
  operation->file = file;
  operation->offset = offset;
  operation->count = count;
  operation->bytes = NULL;
  if (count > 0) {
    operation->bytes = malloc(count);
    memcpy(operation->bytes, bytes, count);
  }
  if (kind == operation_sync) vfs->sync_count++;
}

static fault_vfs *self(sqlite3_vfs *vfs) { return (fault_vfs *)vfs; }

static int vfs_open(sqlite3_vfs *base, const char *name, sqlite3_file *opened, int flags,
                    int *out) {
  fault_vfs *vfs = self(base);
  struct fault_file *file = (struct fault_file *)opened;
  memset(file, 0, sizeof *file);
  file->vfs = vfs;
  file->real = (sqlite3_file *)(file + 1);
  // Temporary files, without a name or deleted when closed, don't outlive the power anyway.
  file->is_logged = name && !(flags & SQLITE_OPEN_DELETEONCLOSE);
  file->is_log = name && ends_with(name, "-wal");
  if (file->is_logged) {
    pthread_mutex_lock(&vfs->lock);
    file->id = fault_file_id(vfs, name);
    int fails = (flags & SQLITE_OPEN_READWRITE) && fault_is_due(vfs, FAULT_READ_ONLY, file->is_log);
    pthread_mutex_unlock(&vfs->lock);
    if (fails) return SQLITE_CANTOPEN;
  }
  int code = vfs->real->xOpen(vfs->real, name, file->real, flags, out);
  if (file->real->pMethods) file->base.pMethods = &fault_methods;
  return code;
}

static int vfs_delete(sqlite3_vfs *base, const char *name, int sync) {
  fault_vfs *vfs = self(base);
  int code = vfs->real->xDelete(vfs->real, name, sync);
  if (code == SQLITE_OK) {
    pthread_mutex_lock(&vfs->lock);
    fault_log(vfs, operation_delete, fault_file_id(vfs, name), sync, NULL, 0);
    pthread_mutex_unlock(&vfs->lock);
  }
  return code;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
  return self(vfs)->real->xAccess(self(vfs)->real, name, flags, out);
}
static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int count, char *out) {
  return self(vfs)->real->xFullPathname(self(vfs)->real, name, count, out);
}
static int vfs_randomness(sqlite3_vfs *vfs, int count, char *out) {
  return self(vfs)->real->xRandomness(self(vfs)->real, count, out);
}
static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
  return self(vfs)->real->xSleep(self(vfs)->real, microseconds);
}
static int vfs_current_time(sqlite3_vfs *vfs, double *out) {
  return self(vfs)->real->xCurrentTime(self(vfs)->real, out);
}
static int vfs_last_error(sqlite3_vfs *vfs, int count, char *out) {
  return self(vfs)->real->xGetLastError(self(vfs)->real, count, out);
}

fault_vfs *fault_vfs_create(const char *name, uint64_t seed) {
  fault_vfs *vfs = calloc(1, sizeof *vfs);
  vfs->real = sqlite3_vfs_find(NULL);
  vfs->random = seed;
  pthread_mutex_init(&vfs->lock, NULL);
  vfs->base.iVersion = 1;
  vfs->base.szOsFile = (int)sizeof(struct fault_file) + vfs->real->szOsFile;
  vfs->base.mxPathname = vfs->real->mxPathname;
  vfs->base.zName = strdup(name);
  vfs->base.xOpen = vfs_open;
  vfs->base.xDelete = vfs_delete;
  vfs->base.xAccess = vfs_access;
  vfs->base.xFullPathname = vfs_full_path;
  vfs->base.xRandomness = vfs_randomness;
  vfs->base.xSleep = vfs_sleep;
  vfs->base.xCurrentTime = vfs_current_time;
  vfs->base.xGetLastError = vfs_last_error;
  sqlite3_vfs_register(&vfs->base, 0);
  return vfs;
}

void fault_vfs_destroy(fault_vfs *vfs) {
  sqlite3_vfs_unregister(&vfs->base);
  for (int64_t i = 0; i < vfs->operation_count; i++) free(vfs->operations[i].bytes);
  for (int i = 0; i < vfs->file_count; i++) free(vfs->names[i]);
  free(vfs->operations);
  free((char *)vfs->base.zName);
  pthread_mutex_destroy(&vfs->lock);
  free(vfs);
}

void fault_vfs_inject(fault_vfs *vfs, enum fault_kind kind, int64_t skip, int64_t times,
                      int log_only) {
  pthread_mutex_lock(&vfs->lock);
  struct injection *injection = &vfs->injections[kind];
  injection->skip = skip;
  injection->times = times;
  injection->log_only = log_only;
  pthread_mutex_unlock(&vfs->lock);
}

int64_t fault_vfs_injected(fault_vfs *vfs, enum fault_kind kind) {
  pthread_mutex_lock(&vfs->lock);
  int64_t done = vfs->injections[kind].done;
  pthread_mutex_unlock(&vfs->lock);
  return done;
}

void fault_vfs_set_sync_latency(fault_vfs *vfs, int microseconds) {
  pthread_mutex_lock(&vfs->lock);
  vfs->sync_latency = microseconds;
  pthread_mutex_unlock(&vfs->lock);
}

int64_t fault_vfs_position(fault_vfs *vfs) {
  pthread_mutex_lock(&vfs->lock);
  int64_t count = vfs->operation_count;
  pthread_mutex_unlock(&vfs->lock);
  return count;
}

int64_t fault_vfs_syncs(fault_vfs *vfs) {
  pthread_mutex_lock(&vfs->lock);
  int64_t count = vfs->sync_count;
  pthread_mutex_unlock(&vfs->lock);
  return count;
}
