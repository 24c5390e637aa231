/* In a build with a sanitizer, a kernel that is compiled into the process is instrumented as well:
 * the sanitizer reports a call with a row too few (a), or two threads that write one result (t).
 * ctest looks for the report. */
#include "jit.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { M = 3, N = 7 };

typedef int (*Rows)(int64_t m, int64_t n, const float *x, float *sum, float *high, float *low);

static Rows rows;
static float x[M * N], sum[M], high[M], low[M];

static void *call(void *unused) {
  (void)unused;
  for (int i = 0; i < 200; i++)
    rows(M, N, x, sum, high, low);
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 3)
    return 2;
  TppcEmitOptions opt = {.opt_level = 2};
  Jit j = jit_open_file(argv[1], &opt);
  void *f = jit_symbol(&j, "rows");
  memcpy(&rows, &f, sizeof rows);
  if (argv[2][0] == 'a') {
    float *fewer = calloc(M * N - N, sizeof *fewer);
    rows(M, N, fewer, sum, high, low);
    free(fewer);
  } else {
    pthread_t t[2];
    for (int i = 0; i < 2; i++)
      pthread_create(&t[i], NULL, call, NULL);
    for (int i = 0; i < 2; i++)
      pthread_join(t[i], NULL);
  }
  jit_close(&j);
  puts("nothing was reported");
  return 0;
}
