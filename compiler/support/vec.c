#include "support/vec.h"
#include "support/memory.h"

#include <limits.h>
#include <string.h>

void *tppc_vec_grow(TppcArena *a, void *data, int n, int *cap, size_t size) {
  if (*cap > INT_MAX / 2)
    tppc_out_of_memory();
  int grown = *cap ? *cap * 2 : 8;
  void *p = tppc_alloc_n(a, (size_t)grown, size);
  if (n)
    memcpy(p, data, (size_t)n * size);
  *cap = grown;
  return p;
}
