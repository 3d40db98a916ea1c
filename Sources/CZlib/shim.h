#include <zlib.h>

// No other header: what the C library declares would become this module's own, and Swift would ask
// for an import of it wherever Glibc's is meant.

// Macros with the version and the size of the struct, so Swift can't call them. 15 bits of window,
// the largest there is; 16 more mean gzip's header and trailer, and nothing else is taken.

static inline int orderwire_zlib_inflate_gzip(z_stream *stream) {
  return inflateInit2(stream, 15 + 16);
}

static inline int orderwire_zlib_deflate_gzip(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
