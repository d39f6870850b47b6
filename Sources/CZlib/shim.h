#pragma once
/* zlib: the gzip and deflate codings. inflateInit2 is a macro, which Swift does not import. */
#include <zlib.h>

/* windowBits as in zlib.h: 15 for zlib's format, 15 + 16 for gzip's, -15 for bare deflate. */
static inline int omni_inflate_init(z_stream *_Nonnull stream, int window_bits) {
    return inflateInit2(stream, window_bits);
}
