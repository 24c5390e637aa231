/* Elementwise and row kernels on one thread, in the first cache and from memory, beside memcpy in
 * the same rounds: elements a ns, bytes that the kernel must read and write by those of the copy.
 * The A/A row is the copy kernel against itself. */
#include "bench.h"
#include "rows.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Rows {
  int64_t m, n;
  float *x, *y, *z, *w, *g, *b; /* m * n, but for g and b, which are n */
  uint8_t *bits;
} Rows;

static void check(int status) {
  if (status) {
    fprintf(stderr, "row_bench: %s\n", tpp_strerror(status));
    exit(1);
  }
}

static void run_memcpy(void *arg) {
  Rows *r = arg;
  memcpy(r->y, r->x, (size_t)(r->m * r->n) * 4);
}
static void run_copy(void *arg) {
  Rows *r = arg;
  check(copy(r->m * r->n, r->x, r->y));
}
static void run_bias_relu(void *arg) {
  Rows *r = arg;
  check(bias_relu(r->m, r->n, r->x, r->b, r->y));
}
static void run_bn_infer(void *arg) {
  Rows *r = arg;
  check(bn_infer(r->m, r->n, r->x, r->g, r->b, r->b, r->g, 1e-5f, r->y));
}
static void run_adam(void *arg) {
  Rows *r = arg;
  tpp_bf16 *half = (tpp_bf16 *)(void *)r->bits;
  check(adam(r->m * r->n, r->x, 1e-3f, 0.9f, 0.99f, 1, 1, 1e-8f, 0, r->y, r->z, r->w, half));
}
static void run_dropout(void *arg) {
  Rows *r = arg;
  check(dropout(r->m, r->n, (tpp_bf16 *)(void *)r->x, 0.1f, 7, (tpp_bf16 *)(void *)r->y, r->bits));
}
static void run_soften(void *arg) {
  Rows *r = arg;
  check(soften(r->m, r->n, r->x, 0.5f, r->y, r->bits));
}
static void run_quant_sr(void *arg) {
  Rows *r = arg;
  check(quant_sr(r->m * r->n, r->x, 7, (tpp_bf16 *)(void *)r->y));
}
static void run_transpose(void *arg) {
  Rows *r = arg;
  check(transpose(r->m, r->n, r->x, r->y));
}
static void run_tanh_k(void *arg) {
  Rows *r = arg;
  check(tanh_k(r->m * r->n, (tpp_bf16 *)(void *)r->x, (tpp_bf16 *)(void *)r->y));
}
static void run_gelus(void *arg) {
  Rows *r = arg;
  check(gelus(r->m * r->n, r->x, r->y));
}
static void run_softmax(void *arg) {
  Rows *r = arg;
  check(softmax(r->m, r->n, r->x, r->y));
}
static void run_softmax_bwd(void *arg) {
  Rows *r = arg;
  check(softmax_bwd(r->m, r->n, r->x, r->z, r->y));
}
static void run_layernorm(void *arg) {
  Rows *r = arg;
  check(layernorm(r->m, r->n, r->x, r->g, r->b, 1e-5f, r->y));
}

/* Bytes an element that must be read and written. */
static const struct {
  const char *name;
  void (*run)(void *arg);
  double bytes;
} rows[] = {{"memcpy", run_memcpy, 8},
            {"copy", run_copy, 8},
            {"copy again (A/A)", run_copy, 8},
            {"bias_relu", run_bias_relu, 8},
            {"bn_infer", run_bn_infer, 8},
            {"adam", run_adam, 30},
            {"dropout, bf16", run_dropout, 4.125},
            {"soften", run_soften, 8.125},
            {"quant_sr", run_quant_sr, 6},
            {"transpose", run_transpose, 8},
            {"ktanh, bf16", run_tanh_k, 4},
            {"gelu", run_gelus, 8},
            {"softmax", run_softmax, 8},
            {"softmax_bwd", run_softmax_bwd, 12},
            {"layernorm", run_layernorm, 8}};
enum { ROWS = sizeof rows / sizeof *rows };
_Static_assert((int)ROWS <= (int)BENCH_MAX, "a contestant a row");

static float *floats(int64_t n, float from, float step) {
  float *p = aligned_alloc(64, ((size_t)n * 4 + 127) / 64 * 64);
  if (!p)
    exit(1);
  for (int64_t i = 0; i < n; i++)
    p[i] = from + step * (float)(i * 2654435761 >> 9 & 1023);
  return p;
}

static void bench(int64_t m, int64_t n, int reps) {
  int64_t all = m * n;
  Rows r = {.m = m, .n = n};
  r.x = floats(all, -2, 1.0f / 256);
  r.y = floats(all, 0, 0);
  r.z = floats(all, 0, 1.0f / 1024);
  r.w = floats(all, 1, 0);
  r.g = floats(n, 0.5f, 1.0f / 1024);
  r.b = floats(n, -1, 1.0f / 512);
  r.bits = (uint8_t *)floats(all, 0, 0);
  Contestant c[BENCH_MAX] = {{0}};
  for (int i = 0; i < ROWS; i++)
    c[i] = (Contestant){.name = rows[i].name, .run = rows[i].run, .arg = &r, .work = (double)all};
  bench_interleave(c, ROWS, reps);
  printf("%lld rows of %lld\n", (long long)m, (long long)n);
  double copied = rows[0].bytes / c[0].best;
  for (int i = 0; i < ROWS; i++) {
    double lo, hi,
        ratio = bench_ratio(&c[0], &c[i], reps, &lo, &hi) * rows[i].bytes / rows[0].bytes;
    printf(
        "  %-18s best %7.2f elements/ns %7.1f GB/s  %5.1f %% of memcpy's best, median ratio %.2f\n",
        c[i].name, c[i].work / c[i].best * 1e-9, c[i].work * rows[i].bytes / c[i].best * 1e-9,
        100 * rows[i].bytes / c[i].best / copied, ratio);
  }
  void *own[] = {r.x, r.y, r.z, r.w, r.g, r.b, r.bits};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    free(own[i]);
}

int main(int argc, char **argv) {
  int reps = argc > 1 ? atoi(argv[1]) : 15;
  if (reps < 1 || reps > BENCH_REPS_MAX) {
    fprintf(stderr, "usage: row_bench [REPETITIONS]\n");
    return 2;
  }
  omp_set_num_threads(1);
  double clock, peak = bench_fma_peak(&clock);
  printf("FMA peak of one core %.1f GFLOPS, clock %.2f GHz\n", peak, clock);
  bench(4, 1024, BENCH_REPS_MAX);
  bench(8192, 1024, reps);
  return 0;
}
