/* Runs an encoder layer of BERT-base, forward, on kernels that tppc compiled.
 *
 *   bert                  random weights; milliseconds, GFLOPS, and percent of the FMA peak
 *   bert --files FOLDER   weights and inputs from FOLDER/<name>.f32, the result to FOLDER/Y.f32
 *
 * A file holds floats in row-major order. Sizes are B = 1 and T = 128 but for --files, which reads
 * them from FOLDER/sizes.txt. */
#include "bert.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tppc/measure.h>

enum { C = 768, H = 12, D = 64, F = 3072 };

static void fail(const char *what, const char *why) {
  fprintf(stderr, "bert: %s: %s\n", what, why);
  exit(1);
}

static void *memory(size_t bytes) {
  void *p = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (!p)
    fail("memory", strerror(errno));
  return p;
}

static void check(int status, const char *kernel) {
  if (status != TPP_OK)
    fail(kernel, tpp_strerror(status));
}

/* ---- data ---- */

static const char *folder; /* NULL: random values */

static float *floats(const char *name, size_t n, float spread) {
  float *x = memory(n * sizeof *x);
  if (folder) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.f32", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f || fread(x, sizeof *x, n, f) != n)
      fail(path, f ? "too short" : strerror(errno));
    fclose(f);
    return x;
  }
  static uint32_t seed = 1;
  for (size_t i = 0; i < n; i++) {
    seed = seed * 1664525u + 1013904223u;
    x[i] = ((float)(seed >> 8) * 0x1p-23f - 1) * spread;
  }
  return x;
}

static tpp_bf16 *bf16s(const char *name, size_t n, float spread) {
  float *x = floats(name, n, spread);
  tpp_bf16 *y = memory(n * sizeof *y);
  for (size_t i = 0; i < n; i++) {
    uint32_t u;
    memcpy(&u, &x[i], sizeof u);
    y[i] = (tpp_bf16)((u + 0x7fff + (u >> 16 & 1)) >> 16);
  }
  free(x);
  return y;
}

typedef struct layer {
  tpp_bf16 *qkv_w, *out_w, *up_w, *down_w;                  /* packed */
  float *qkv_b, *out_b, *up_b, *down_b, *g1, *b1, *g2, *b2; /* biases; layer normalisation */
  tpp_bf16 *x, *qkv, *heads, *attended, *hidden, *y;        /* X, what is between, Y */
  float *mask;                                              /* added to scores: 0 or -inf */
  int64_t B, T;
} layer;

static void make_layer(layer *l) {
  size_t M = (size_t)(l->B * l->T);
  tpp_bf16 *plain = bf16s("qkv_w", (size_t)C * 3 * C, 0.05f);
  l->qkv_w = memory(sizeof *l->qkv_w * (size_t)qkv_W_elems(l->B, l->T));
  qkv_pack_W(l->B, l->T, plain, l->qkv_w);
  free(plain);
  plain = bf16s("out_w", (size_t)C * C, 0.05f);
  l->out_w = memory(sizeof *l->out_w * (size_t)project_W_elems(l->T));
  project_pack_W(l->T, plain, l->out_w);
  free(plain);
  plain = bf16s("up_w", (size_t)C * F, 0.05f);
  l->up_w = memory(sizeof *l->up_w * (size_t)up_W_elems(l->T));
  up_pack_W(l->T, plain, l->up_w);
  free(plain);
  plain = bf16s("down_w", (size_t)F * C, 0.05f);
  l->down_w = memory(sizeof *l->down_w * (size_t)down_W_elems(l->T));
  down_pack_W(l->T, plain, l->down_w);
  free(plain);
  l->qkv_b = floats("qkv_b", 3 * C, 0.1f);
  l->out_b = floats("out_b", C, 0.1f), l->g1 = floats("g1", C, 1), l->b1 = floats("b1", C, 0.1f);
  l->up_b = floats("up_b", F, 0.1f);
  l->down_b = floats("down_b", C, 0.1f), l->g2 = floats("g2", C, 1), l->b2 = floats("b2", C, 0.1f);
  l->x = bf16s("X", M * C, 1);
  l->mask = floats("mask", M, 0);
  l->qkv = memory(M * 3 * C * sizeof *l->qkv);
  l->heads = memory(M * C * sizeof *l->heads);
  l->attended = memory(M * C * sizeof *l->attended);
  l->hidden = memory(M * F * sizeof *l->hidden);
  l->y = memory(M * C * sizeof *l->y);
}

static void free_layer(layer *l) {
  void *all[] = {l->qkv_w,  l->out_w,    l->up_w,   l->down_w, l->qkv_b, l->out_b, l->up_b,
                 l->down_b, l->g1,       l->b1,     l->g2,     l->b2,    l->x,     l->qkv,
                 l->heads,  l->attended, l->hidden, l->y,      l->mask};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    free(all[i]);
}

/* ---- the layer ---- */

static void forward(const layer *l) {
  const float eps = 1e-12f, scale = 0.125f; /* 1 / sqrt(D) */
  int64_t M = l->B * l->T;
  check(qkv(l->B, l->T, l->x, l->qkv_w, l->qkv_b, l->qkv), "qkv");
  check(mha(l->B, l->T, l->qkv, l->mask, scale, l->heads), "mha");
  check(project(M, l->heads, l->out_w, l->out_b, l->x, l->g1, l->b1, eps, l->attended), "project");
  check(up(M, l->attended, l->up_w, l->up_b, l->hidden), "up");
  check(down(M, l->hidden, l->down_w, l->down_b, l->attended, l->g2, l->b2, eps, l->y), "down");
}

static double gemm_flops(const layer *l) {
  double M = (double)(l->B * l->T);
  return 2 * M * C * (4 * C + 2 * F) + 4 * M * (double)l->T * C;
}

/* ---- time ---- */

static void measure(const layer *l) {
  enum { RUNS = 41 };
  double times[RUNS], peak = tppc_peak(TPPC_PEAK_FMA_F32, tpp_max_threads());
  forward(l);
  for (int r = 0; r < RUNS; r++) {
    double start = tppc_now();
    forward(l);
    double t = tppc_now() - start;
    int at = r;
    for (; at > 0 && times[at - 1] > t; at--)
      times[at] = times[at - 1];
    times[at] = t;
  }
  double flops = gemm_flops(l) * 1e-9;
  printf("encoder layer, B = %lld, T = %lld, %d threads: best %.2f ms, median %.2f ms\n",
         (long long)l->B, (long long)l->T, tpp_max_threads(), 1e3 * times[0],
         1e3 * times[RUNS / 2]);
  printf("%.1f GFLOPS best, %.1f median", flops / times[0], flops / times[RUNS / 2]);
  if (peak > 0)
    printf("; F32 FMA peak %.1f: %.0f %%, %.0f %%", peak, 100 * flops / times[0] / peak,
           100 * flops / times[RUNS / 2] / peak);
  printf("\n");
}

/* ---- the command ---- */

static void write_result(const layer *l) {
  char path[4096];
  snprintf(path, sizeof path, "%s/Y.f32", folder);
  FILE *f = fopen(path, "wb");
  if (!f)
    fail(path, strerror(errno));
  for (int64_t i = 0; i < l->B * l->T * C; i++) {
    uint32_t u = (uint32_t)l->y[i] << 16;
    if (fwrite(&u, sizeof u, 1, f) != 1)
      fail(path, strerror(errno));
  }
  if (fclose(f))
    fail(path, strerror(errno));
}

static void read_sizes(layer *l) {
  char path[4096];
  long long b, t;
  snprintf(path, sizeof path, "%s/sizes.txt", folder);
  FILE *f = fopen(path, "r");
  if (!f || fscanf(f, "%lld %lld", &b, &t) != 2 || b < 1 || t < 1 || b > 1024 || t > 4096)
    fail(path, f ? "expected two sizes" : strerror(errno));
  fclose(f);
  l->B = b, l->T = t;
}

int main(int argc, char **argv) {
  layer l = {.B = 1, .T = 128};
  if (argc == 3 && strcmp(argv[1], "--files") == 0) {
    folder = argv[2];
    read_sizes(&l);
  } else if (argc != 1) {
    fprintf(stderr, "usage: bert [--files FOLDER]\n");
    return 2;
  }
  make_layer(&l);
  if (folder) {
    forward(&l);
    write_result(&l);
  } else {
    measure(&l);
  }
  free_layer(&l);
  return 0;
}
