// An SQLite VFS for tests: the default one, with every write, truncation, sync and deletion logged,
// failures on demand, and a model of what a disk keeps when the power goes.
#ifndef CFAULTVFS_H
#define CFAULTVFS_H

#include <stdint.h>

typedef struct fault_vfs fault_vfs;

enum fault_kind {
  /// The disk is full: half of the bytes are written, then SQLITE_FULL.
  FAULT_FULL_ON_WRITE,
  /// Nothing is written, SQLITE_IOERR_WRITE.
  FAULT_IO_ON_WRITE,
  /// The sync fails and what it should have kept is kept or not, sector by sector; what isn't counts
  /// as clean afterwards, as in the kernel's page cache, so no later sync brings it back.
  FAULT_IO_ON_SYNC_LOST,
  /// The sync happens, and says that it didn't.
  FAULT_IO_ON_SYNC_DONE,
  /// Opening a file for writing, and writing, fails as on a read-only file system.
  FAULT_READ_ONLY,
  FAULT_KINDS
};

/// Registers a VFS of this name, which must be unique and live as long as the process.
fault_vfs *_Nonnull fault_vfs_create(const char *_Nonnull name, uint64_t seed);

/// The next `times` operations of that kind fail, after `skip` of them went well; on the log only, or
/// on every file. Replaces what was set for the kind; times < 0: until it is replaced.
void fault_vfs_inject(fault_vfs *_Nonnull vfs, enum fault_kind kind, int64_t skip, int64_t times,
                      int log_only);

/// How often that kind has failed.
int64_t fault_vfs_injected(fault_vfs *_Nonnull vfs, enum fault_kind kind);

/// Every sync takes this long, as on a disk.
void fault_vfs_set_sync_latency(fault_vfs *_Nonnull vfs, int microseconds);

/// Operations logged so far.
int64_t fault_vfs_position(fault_vfs *_Nonnull vfs);

/// How many of them were syncs.
int64_t fault_vfs_syncs(fault_vfs *_Nonnull vfs);

/// Writes into `folder` what a power cut after the first `position` operations may leave: what was
/// synced, and of the rest any part, in sectors of 512 bytes. Returns 0, or an errno.
int fault_vfs_rebuild(fault_vfs *_Nonnull vfs, int64_t position, uint64_t seed,
                      const char *_Nonnull folder);

/// Unregisters and frees; no connection may be open.
void fault_vfs_destroy(fault_vfs *_Nonnull vfs);

#endif
