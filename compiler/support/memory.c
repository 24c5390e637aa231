#include "support/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Not exit(): what runs there could want memory. */
_Noreturn void tppc_out_of_memory(void) {
  fputs("tppc: error: out of memory\n", stderr);
  fflush(stderr);
  _Exit(TPPC_OUT_OF_MEMORY);
}

void *tppc_zeroed(size_t n, size_t size) {
  void *p = size && n > SIZE_MAX / 2 / size ? NULL : calloc(n ? n : 1, size ? size : 1);
  if (!p)
    tppc_out_of_memory();
  return p;
}
