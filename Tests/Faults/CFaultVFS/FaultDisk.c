// What a disk keeps when the power goes: replays the log into an image of every file.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "FaultVFS.h"

struct image {
  unsigned char *bytes;
  int64_t size, room;
  int exists;
};

struct replay {
  struct image images[max_files];
  // The operations since the file's last sync, by index.
  int64_t *pending[max_files];
  int64_t pending_count[max_files], pending_room[max_files];
  uint64_t random;
};

static void resize(struct image *image, int64_t size) {
  if (size > image->room) {
    int64_t room = size > image->room * 2 ? size : image->room * 2;
    image->bytes = realloc(image->bytes, room);
    image->room = room;
  }
  // What a hole or a cut off tail reads as.
  if (size > image->size) memset(image->bytes + image->size, 0, size - image->size);
  image->size = size;
}

static void put(struct image *image, int64_t offset, const unsigned char *bytes, int64_t count) {
  if (offset + count > image->size) resize(image, offset + count);
  memcpy(image->bytes + offset, bytes, count);
  image->exists = 1;
}

// random NULL: all of it; else any part of it, sector by sector.
static void apply(struct image *image, const struct operation *operation, uint64_t *random) {
  switch (operation->kind) {
    case operation_write: {
      int64_t at = operation->offset, end = operation->offset + operation->count;
      while (at < end) {
        int64_t next = (at / sector + 1) * sector;
        if (next > end) next = end;
        if (!random || (fault_random(random) & 1)) {
          put(image, at, operation->bytes + (at - operation->offset), next - at);
        }
        at = next;
      }
      break;
    }
    case operation_truncate:
      if (!random || (fault_random(random) & 1)) {
        resize(image, operation->offset);
        image->exists = 1;
      }
      break;
    case operation_delete:
      if (!random || operation->offset || (fault_random(random) & 1)) {
        image->size = 0;
        image->exists = 0;
      }
      break;
    case operation_sync:
    case operation_lost_sync:
      break;
  }
}

static void settle(struct replay *replay, const fault_vfs *vfs, int file, uint64_t *random) {
  // A file that is nearly never kept or nearly always is as likely as one that is half kept.
  int all_or_nothing = random ? (int)(fault_random(random) % 4) : 3;
  for (int64_t i = 0; i < replay->pending_count[file]; i++) {
    const struct operation *operation = &vfs->operations[replay->pending[file][i]];
    if (random && all_or_nothing == 0 && operation->kind == operation_write) continue;
    int whole = !random || (all_or_nothing == 1 && operation->kind == operation_write);
    apply(&replay->images[file], operation, whole ? NULL : random);
  }
  replay->pending_count[file] = 0;
  if (!random) replay->images[file].exists = 1;
}

static void pend(struct replay *replay, int file, int64_t index) {
  if (replay->pending_count[file] == replay->pending_room[file]) {
    replay->pending_room[file] = replay->pending_room[file] ? replay->pending_room[file] * 2 : 64;
    replay->pending[file] =
        realloc(replay->pending[file], sizeof(int64_t) * replay->pending_room[file]);
  }
  replay->pending[file][replay->pending_count[file]++] = index;
}

// The first sync of a new log or journal syncs its folder too, and with it earlier deletions.
static void sync_folder(struct replay *replay, const fault_vfs *vfs) {
  for (int file = 0; file < vfs->file_count; file++) {
    int64_t count = replay->pending_count[file];
    if (count && vfs->operations[replay->pending[file][count - 1]].kind == operation_delete) {
      replay->pending_count[file] = 0;
      replay->images[file].exists = 0;
      replay->images[file].size = 0;
    }
  }
}

static int save(const struct image *image, const char *folder, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return errno;
  int64_t done = 0;
  while (done < image->size) {
    ssize_t count = write(file, image->bytes + done, image->size - done);
    if (count < 0) {
      int error = errno;
      close(file);
      return error;
    }
    done += count;
  }
  return close(file) == 0 ? 0 : errno;
}

int fault_vfs_rebuild(fault_vfs *vfs, int64_t position, uint64_t seed, const char *folder) {
  struct replay *replay = calloc(1, sizeof *replay);
  int error = 0;
  replay->random = seed;
  pthread_mutex_lock(&vfs->lock);
  if (position > vfs->operation_count) position = vfs->operation_count;
  for (int64_t i = 0; i < position; i++) {
    const struct operation *operation = &vfs->operations[i];
    if (operation->kind == operation_sync) {
      if (!replay->images[operation->file].exists) sync_folder(replay, vfs);
      settle(replay, vfs, operation->file, NULL);
    } else if (operation->kind == operation_lost_sync) {
      uint64_t random = (uint64_t)operation->offset;
      settle(replay, vfs, operation->file, &random);
    } else {
      pend(replay, operation->file, i);
      // A deletion with a sync of the folder waits for nothing.
      if (operation->kind == operation_delete && operation->offset) {
        settle(replay, vfs, operation->file, NULL);
        replay->images[operation->file].exists = 0;
      }
    }
  }
  for (int file = 0; file < vfs->file_count; file++) {
    settle(replay, vfs, file, &replay->random);
    if (replay->images[file].exists && !error) {
      error = save(&replay->images[file], folder, vfs->names[file]);
    }
    free(replay->images[file].bytes);
    free(replay->pending[file]);
  }
  pthread_mutex_unlock(&vfs->lock);
  free(replay);
  return error;
}
