#ifndef FAULTVFS_H
#define FAULTVFS_H

#include <pthread.h>
#include <sqlite3.h>

#include "CFaultVFS.h"

enum { sector = 512, max_files = 64 };

enum operation_kind { operation_write, operation_truncate, operation_sync, operation_lost_sync,
                      operation_delete };

struct operation {
  enum operation_kind kind;
  int file;
  int64_t offset;  // of a write; the size after a truncation; the seed of a lost sync
  int count;
  unsigned char *bytes;
};

struct injection {
  int64_t skip, times, done;
  int log_only;
};

struct fault_vfs {
  sqlite3_vfs base;
  sqlite3_vfs *real;
  pthread_mutex_t lock;
  // Guarded by `lock` from here on.
  char *names[max_files];
  int file_count;
  struct operation *operations;
  int64_t operation_count, operation_room, sync_count;
  struct injection injections[FAULT_KINDS];
  int sync_latency;
  uint64_t random;
};

/// SplitMix64.
static inline uint64_t fault_random(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

int fault_file_id(fault_vfs *vfs, const char *path);
int fault_is_due(fault_vfs *vfs, enum fault_kind kind, int is_log);
void fault_log(fault_vfs *vfs, enum operation_kind kind, int file, int64_t offset,
               const void *bytes, int count);
extern const sqlite3_io_methods fault_methods;

struct fault_file {
  sqlite3_file base;
  fault_vfs *vfs;
  int id, is_log, is_logged;
  sqlite3_file *real;
};

#endif
