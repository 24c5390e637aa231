#include "idx.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

static int fail(const char *path, const char *why, gzFile f, uint8_t *data) {
  fprintf(stderr, "fashion: %s: %s\n", path, why);
  free(data);
  if (f)
    gzclose(f);
  return -1;
}

int idx_read(const char *path, IdxFile *out) {
  gzFile f = gzopen(path, "rb");
  if (!f)
    return fail(path, "cannot open (Debian: apt-get install dataset-fashion-mnist)", f, NULL);
  uint8_t magic[4];
  if (gzread(f, magic, 4) != 4 || magic[0] || magic[1] || magic[2] != 8 || magic[3] == 0)
    return fail(path, "not an IDX file of unsigned bytes", f, NULL);

  size_t n = 0, item = 1;
  for (int d = 0; d < magic[3]; d++) {
    uint8_t b[4];
    if (gzread(f, b, 4) != 4)
      return fail(path, "the header is cut short", f, NULL);
    size_t extent = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
    if (d == 0)
      n = extent;
    else if (__builtin_mul_overflow(item, extent, &item))
      return fail(path, "too large", f, NULL);
  }
  size_t bytes;
  if (__builtin_mul_overflow(n, item, &bytes) || bytes > (size_t)1 << 30)
    return fail(path, "too large", f, NULL);
  uint8_t *data = malloc(bytes ? bytes : 1);
  if (!data)
    return fail(path, "no memory", f, NULL);
  if (gzread(f, data, (unsigned)bytes) != (int)bytes)
    return fail(path, "the data is cut short", f, data);
  gzclose(f);
  *out = (IdxFile){n, item, data};
  return 0;
}
