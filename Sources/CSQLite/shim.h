#include <sqlite3.h>

// No other header: what the C library declares would become this module's own, and Swift would ask
// for an import of it wherever Glibc's is meant.

// Variadic, so Swift can't call it.
static inline int orderwire_sqlite_no_checkpoint_on_close(sqlite3 *db) {
  return sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}

// No counting of all memory under one lock; only before the first use of SQLite, else nothing.
static inline int orderwire_sqlite_no_memory_status(void) {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

// Writes every byte of the file `path` again, in place, and syncs it, all through `vfs`; nothing
// if there is no such file. Nobody may write to it meanwhile.
static inline int orderwire_sqlite_rewrite(sqlite3_vfs *vfs, const char *path) {
  // The default VFS takes the size of one write modulo 128 KiB.
  enum { chunk = 1 << 16 };
  char full[4096] = {0};
  int exists = 0, code = SQLITE_OK;
  if (vfs->mxPathname + 1 > (int)sizeof full) return SQLITE_CANTOPEN;
  // Zeros remain behind the name, where a VFS expects the (no) parameters of a URI.
  code = vfs->xFullPathname(vfs, path, (int)sizeof full - 4, full);
  if (code != SQLITE_OK && code != SQLITE_OK_SYMLINK) return code;
  code = vfs->xAccess(vfs, full, SQLITE_ACCESS_EXISTS, &exists);
  if (code != SQLITE_OK || !exists) return code;
  sqlite3_file *file = (sqlite3_file *)sqlite3_malloc(vfs->szOsFile);
  char *bytes = (char *)sqlite3_malloc(chunk);
  if (!file || !bytes) {
    sqlite3_free(file);
    sqlite3_free(bytes);
    return SQLITE_NOMEM;
  }
  for (int i = 0; i < vfs->szOsFile; i++) ((char *)file)[i] = 0;
  int flags = 0;
  code = vfs->xOpen(vfs, full, file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL, &flags);
  if (code == SQLITE_OK && !(flags & SQLITE_OPEN_READWRITE)) code = SQLITE_READONLY;
  sqlite3_int64 size = 0, offset = 0;
  if (code == SQLITE_OK) code = file->pMethods->xFileSize(file, &size);
  while (code == SQLITE_OK && offset < size) {
    int count = size - offset < chunk ? (int)(size - offset) : chunk;
    code = file->pMethods->xRead(file, bytes, count, offset);
    if (code == SQLITE_OK) code = file->pMethods->xWrite(file, bytes, count, offset);
    offset += count;
  }
  if (code == SQLITE_OK && size > 0) code = file->pMethods->xSync(file, SQLITE_SYNC_FULL);
  if (file->pMethods) file->pMethods->xClose(file);
  sqlite3_free(file);
  sqlite3_free(bytes);
  return code;
}
