/* Reader of the gzip-compressed IDX files that MNIST-like data sets come in. */
#ifndef FASHION_IDX_H
#define FASHION_IDX_H

#include <stddef.h>
#include <stdint.h>

/* n items of item_bytes each, one after the other; data is freed by the caller. */
typedef struct IdxFile {
  size_t n, item_bytes;
  uint8_t *data;
} IdxFile;

/* Reads unsigned bytes of any rank >= 1; items are the first dimension. Returns 0, or -1 after a
 * message on stderr. */
int idx_read(const char *path, IdxFile *out);

#endif
