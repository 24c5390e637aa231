#include "support/vec.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *tppc_vec_grow(TppcArena *a, void *data, int n, int *cap, size_t size) {
  if (*cap > INT_MAX / 2) {
    fputs("tppc: an array outgrew its index type\n", stderr);
    abort();
  }
  int grown = *cap ? *cap * 2 : 8;
  void *p = tppc_alloc_n(a, (size_t)grown, size);
  if (n)
    memcpy(p, data, (size_t)n * size);
  *cap = grown;
  return p;
}
