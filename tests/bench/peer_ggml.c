/* llama.cpp's product of ternary weights and bytes, from a tree outside of the project:
 * -DTPPC_PEER_GGML=folder, which holds libggml-cpu.so after its own build. One thread, one dot
 * product a column, as its GEMV has it. The layouts are those of ggml-common.h: 256 weights in 64
 * bytes and a half, 256 bytes with a float and 16 sums. */
#include "peers.h"

#ifndef BENCH_GGML

void peer_ggml(const BenchCase *c, BenchPeer *out) {
  (void)c;
  *out = (BenchPeer){.name = "ggml", .not_run = "TPPC_PEER_GGML"};
}

#else
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

enum { WEIGHTS = 256, BLOCK_TQ2 = 66, BLOCK_Q8 = 4 + 256 + 32 };

typedef void (*DotFn)(int n, float *s, size_t bs, const void *x, size_t bx, const void *y,
                      size_t by, int nrc);

typedef struct Ggml {
  DotFn dot;
  int64_t n, k;
  unsigned char *weights, *x;
  float *y;
} Ggml;

static int run_ggml(void *state) {
  Ggml *g = state;
  size_t column = (size_t)(g->k / WEIGHTS) * BLOCK_TQ2;
  for (int64_t j = 0; j < g->n; j++)
    g->dot((int)g->k, &g->y[j], 0, g->weights + (size_t)j * column, 0, g->x, 0, 1);
  return 0;
}

static void close_ggml(void *state) {
  Ggml *g = state;
  free(g->weights);
  free(g->x);
  free(g->y);
  free(g);
}

static void fill(Ggml *g, const int8_t *x) {
  static const unsigned char one[2] = {0x00, 0x3c}; /* 1 as a half */
  for (int64_t b = 0; b < g->n * (g->k / WEIGHTS); b++) {
    memset(g->weights + b * BLOCK_TQ2, (int)(0x55 ^ (b & 1)), BLOCK_TQ2 - 2);
    memcpy(g->weights + (b + 1) * BLOCK_TQ2 - 2, one, sizeof one);
  }
  for (int64_t b = 0; b < g->k / WEIGHTS; b++) {
    unsigned char *block = g->x + b * BLOCK_Q8;
    const float scale = 1;
    memcpy(block, &scale, sizeof scale);
    memcpy(block + 4, x + b * WEIGHTS, WEIGHTS);
    for (int i = 0; i < WEIGHTS / 16; i++) {
      int16_t sum = 0;
      for (int e = 0; e < 16; e++)
        sum = (int16_t)(sum + x[b * WEIGHTS + i * 16 + e]);
      memcpy(block + 4 + WEIGHTS + 2 * i, &sum, sizeof sum);
    }
  }
}

/* Other weights than the program's: its time does not depend on them, and its format has one scale
 * for 256. */
void peer_ggml(const BenchCase *c, BenchPeer *out) {
  *out = (BenchPeer){.name = "ggml", .not_run = "not found in TPPC_PEER_GGML"};
  void *library = dlopen(BENCH_GGML, RTLD_NOW | RTLD_LOCAL);
  void *fn = library ? dlsym(library, "ggml_vec_dot_tq2_0_q8_K") : NULL;
  if (!fn || c->k % WEIGHTS)
    return;
  Ggml *g = calloc(1, sizeof *g);
  if (!g)
    abort();
  *g = (Ggml){.n = c->n, .k = c->k};
  memcpy(&g->dot, &fn, sizeof fn);
  g->weights = malloc((size_t)(c->n * (c->k / WEIGHTS)) * BLOCK_TQ2);
  g->x = malloc((size_t)(c->k / WEIGHTS) * BLOCK_Q8);
  g->y = calloc((size_t)c->n, sizeof *g->y);
  if (!g->weights || !g->x || !g->y)
    abort();
  fill(g, bench_argument(c, "A"));
  *out = (BenchPeer){.name = "ggml", .run = run_ggml, .state = g, .close = close_ggml};
}
#endif
