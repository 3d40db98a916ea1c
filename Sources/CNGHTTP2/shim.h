// nghttp2, and a free list for its allocations: a call makes and frees about ten small blocks, always
// of the same few sizes.
#ifndef CNGHTTP2_SHIM_H
#define CNGHTTP2_SHIM_H

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
  /// Sizes are rounded up to this.
  cnghttp2_step = 64,
  /// Blocks up to cnghttp2_classes * cnghttp2_step bytes are kept; larger ones go back at once.
  cnghttp2_classes = 16,
  /// Free blocks of a size that are kept. What a burst needed beyond it goes back to the system.
  cnghttp2_kept = 512,
  /// Blocks above this size have pages of their own: that is a session's frame buffer (16 KiB), of which
  /// an idle connection touches the first page only. From the heap it would often be memory that a TLS
  /// handshake has used, and so all of it resident (measured: 13 KiB a connection).
  cnghttp2_mapped = 16 * 1024
};

/// Before each block; keeps the block's alignment at 16.
struct cnghttp2_block {
  struct cnghttp2_block *next;
  size_t size_class;
};

/// Free blocks by size. Confined to one thread; it must outlive every session that uses it.
struct cnghttp2_pool {
  struct cnghttp2_block *free[cnghttp2_classes];
  unsigned kept[cnghttp2_classes];
};

/// The bytes of a block of this class with what is before it.
static inline size_t cnghttp2_whole(size_t size_class) {
  return sizeof(struct cnghttp2_block) + (size_class + 1) * cnghttp2_step;
}

static inline struct cnghttp2_block *cnghttp2_map(size_t whole) {
  void *pages = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? NULL : (struct cnghttp2_block *)pages;
}

static inline void *cnghttp2_pool_malloc(size_t size, void *data) {
  struct cnghttp2_pool *pool = (struct cnghttp2_pool *)data;
  size_t size_class = size == 0 ? 0 : (size - 1) / cnghttp2_step;
  struct cnghttp2_block *block;
  if (size_class < cnghttp2_classes) {
    block = pool->free[size_class];
    if (block) {
      pool->free[size_class] = block->next;
      pool->kept[size_class]--;
      return block + 1;
    }
  }
  if (size > SIZE_MAX / 2) return NULL;
  block = size > cnghttp2_mapped ? cnghttp2_map(cnghttp2_whole(size_class))
                                  : (struct cnghttp2_block *)malloc(cnghttp2_whole(size_class));
  if (!block) return NULL;
  block->size_class = size_class;
  return block + 1;
}

static inline void cnghttp2_pool_free(void *pointer, void *data) {
  struct cnghttp2_pool *pool = (struct cnghttp2_pool *)data;
  struct cnghttp2_block *block;
  if (!pointer) return;
  block = (struct cnghttp2_block *)pointer - 1;
  // Rounding up to a step doesn't pass this limit: it is a multiple of the step.
  if ((block->size_class + 1) * cnghttp2_step > cnghttp2_mapped) {
    munmap(block, cnghttp2_whole(block->size_class));
    return;
  }
  if (block->size_class >= cnghttp2_classes || pool->kept[block->size_class] >= cnghttp2_kept) {
    free(block);
    return;
  }
  block->next = pool->free[block->size_class];
  pool->free[block->size_class] = block;
  pool->kept[block->size_class]++;
}

static inline void *cnghttp2_pool_calloc(size_t count, size_t size, void *data) {
  void *pointer;
  if (size != 0 && count > SIZE_MAX / size) return NULL;
  pointer = cnghttp2_pool_malloc(count * size, data);
  return pointer ? memset(pointer, 0, count * size) : NULL;
}

static inline void *cnghttp2_pool_realloc(void *pointer, size_t size, void *data) {
  size_t room;
  void *moved;
  if (!pointer) return cnghttp2_pool_malloc(size, data);
  room = (((struct cnghttp2_block *)pointer - 1)->size_class + 1) * cnghttp2_step;
  if (size <= room) return pointer;
  moved = cnghttp2_pool_malloc(size, data);
  if (!moved) return NULL;
  memcpy(moved, pointer, room);
  cnghttp2_pool_free(pointer, data);
  return moved;
}

/// An empty pool, or null.
static inline struct cnghttp2_pool *cnghttp2_pool_new(void) {
  return (struct cnghttp2_pool *)calloc(1, sizeof(struct cnghttp2_pool));
}

static inline void cnghttp2_pool_delete(struct cnghttp2_pool *pool) {
  for (int size_class = 0; size_class < cnghttp2_classes; size_class++) {
    while (pool->free[size_class]) {
      struct cnghttp2_block *block = pool->free[size_class];
      pool->free[size_class] = block->next;
      free(block);
    }
  }
  free(pool);
}

/// nghttp2's allocator on `pool`; nghttp2 copies it.
static inline nghttp2_mem cnghttp2_pool_mem(struct cnghttp2_pool *pool) {
  nghttp2_mem mem = {pool, cnghttp2_pool_malloc, cnghttp2_pool_free, cnghttp2_pool_calloc,
                     cnghttp2_pool_realloc};
  return mem;
}

#endif
