#include "rows.h"

#include <stdio.h>
#include <stdlib.h>

static void put(const char *mode, const char *name) {
  const char *path = getenv("TPP_ROWS");
  if (!path)
    return;
  FILE *f = fopen(path, mode);
  if (!f) {
    perror(path);
    exit(2);
  }
  if (name)
    fprintf(f, "%s executed\n", name);
  fclose(f);
}

void rows_begin(void) {
  put("w", NULL);
}

void rows_add(const char *name) {
  put("a", name);
}
