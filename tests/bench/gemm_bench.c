/* F32 and BF16 GEMM through compiled .tpp kernels: beside the FMA peak of this machine and
 * OpenBLAS, all in one run, interleaved. What was timed is verified: inputs are small integers, so
 * that every sum is exact and all contestants must agree bitwise. */
#include "bench.h"
#include "gemm.h"
#include "peers.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Problem {
  int64_t m, n, k;
  float *a, *b, *c;          /* row-major */
  float *at, *bt;            /* transposed */
  float *ablk, *bblk, *cblk; /* blocked as gemm_f32 has them */
  tpp_bf16 *ablk16, *bblk16; /* blocked as gemm_bf16 has them */
} Problem;

static void *buffer(int64_t n, size_t size) {
  void *p = aligned_alloc(64, ((size_t)n * size + 63) / 64 * 64);
  if (!p)
    exit(1);
  memset(p, 0, ((size_t)n * size + 63) / 64 * 64);
  return p;
}

/* -4 .. 4, exact in BF16. */
static float element(int64_t i) {
  return (float)((i * 2654435761u >> 7) % 9) - 4.0f;
}

static tpp_bf16 to_bf16(float x) {
  uint32_t u;
  memcpy(&u, &x, 4);
  return (tpp_bf16)(u >> 16);
}

static void check(int status) {
  if (status) {
    fprintf(stderr, "gemm_bench: %s\n", tpp_strerror(status));
    exit(1);
  }
}

static void problem_new(Problem *p, int64_t m, int64_t n, int64_t k) {
  *p = (Problem){.m = m, .n = n, .k = k};
  p->a = buffer(m * k, 4);
  p->at = buffer(m * k, 4);
  p->ablk = buffer(m * k, 4);
  p->ablk16 = buffer(m * k, 2);
  p->b = buffer(k * n, 4);
  p->bt = buffer(k * n, 4);
  p->bblk = buffer(k * n, 4);
  p->bblk16 = buffer(k * n, 2);
  p->c = buffer(m * n, 4);
  p->cblk = buffer(m * n, 4);
  for (int64_t i = 0; i < m; i++)
    for (int64_t j = 0; j < k; j++) {
      float x = element(i * k + j);
      int64_t at = ((i / 32 * (k / 64) + j / 64) * 32 + i % 32) * 64 + j % 64;
      p->a[i * k + j] = p->at[j * m + i] = p->ablk[at] = x;
      p->ablk16[at] = to_bf16(x);
    }
  for (int64_t i = 0; i < k; i++)
    for (int64_t j = 0; j < n; j++) {
      float x = element(7 + i * n + j);
      int64_t block = (j / 32 * (k / 64) + i / 64) * 64 * 32;
      p->b[i * n + j] = p->bt[j * k + i] = x;
      p->bblk[block + i % 64 * 32 + j % 32] = x;
      p->bblk16[block + i % 64 / 2 * 64 + j % 32 * 2 + i % 2] = to_bf16(x);
    }
}

static void problem_free(Problem *p) {
  void *own[] = {p->a, p->at, p->ablk, p->ablk16, p->b, p->bt, p->bblk, p->bblk16, p->c, p->cblk};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    free(own[i]);
}

static void run_f32(void *arg) {
  Problem *p = arg;
  check(gemm_f32(p->m, p->n, p->k, p->ablk, p->bblk, p->cblk));
}
static void run_bf16(void *arg) {
  Problem *p = arg;
  check(gemm_bf16(p->m, p->n, p->k, p->ablk16, p->bblk16, p->cblk));
}
static void run_nn(void *arg) {
  Problem *p = arg;
  check(gemm_nn(p->m, p->n, p->k, p->a, p->b, p->c));
}
static void run_tn(void *arg) {
  Problem *p = arg;
  check(gemm_tn(p->m, p->n, p->k, p->at, p->b, p->c));
}
static void run_nt(void *arg) {
  Problem *p = arg;
  check(gemm_nt(p->m, p->n, p->k, p->a, p->bt, p->c));
}
static void run_openblas(void *arg) {
  Problem *p = arg;
  peer_openblas(omp_get_max_threads(), p->m, p->n, p->k, p->a, p->b, p->c);
}

/* Elements of the result that differ from a plain triple loop. */
static int64_t wrong(const Problem *p, bool blocked) {
  int64_t bad = 0;
  double *row = buffer(p->n, 8);
  for (int64_t i = 0; i < p->m; i++) {
    memset(row, 0, (size_t)p->n * 8);
    for (int64_t x = 0; x < p->k; x++)
      for (int64_t j = 0; j < p->n; j++)
        row[j] += (double)p->a[i * p->k + x] * (double)p->b[x * p->n + j];
    for (int64_t j = 0; j < p->n; j++) {
      float got = blocked ? p->cblk[((j / 32 * (p->m / 32) + i / 32) * 32 + i % 32) * 32 + j % 32]
                          : p->c[i * p->n + j];
      bad += (double)got != row[j];
    }
  }
  free(row);
  return bad;
}

static void verify(const char *name, void (*run)(void *), Problem *p, bool blocked) {
  memset(blocked ? p->cblk : p->c, 0xff, (size_t)(p->m * p->n) * 4);
  run(p);
  int64_t bad = wrong(p, blocked);
  if (bad) {
    printf("%s: %lld elements are WRONG\n", name, (long long)bad);
    exit(4);
  }
}

static void print_row(const Contestant *c, const Contestant *base, int reps, double peak) {
  double lo, hi, ratio = bench_ratio(base, c, reps, &lo, &hi);
  printf("  %-26s best %7.1f GFLOPS (%5.1f %% of peak)  median %7.1f  speed by blocked F32 %.2f "
         "[%.2f, %.2f]\n",
         c->name, c->work / c->best * 1e-9, 100 * c->work / c->best * 1e-9 / peak,
         c->work / c->median * 1e-9, ratio, lo, hi);
}

static double bench(Problem *p, int threads, int reps, double peak) {
  omp_set_num_threads(threads);
  Contestant c[BENCH_MAX] = {{.name = "tppc F32, blocked", .run = run_f32},
                             {.name = "the same again (A/A)", .run = run_f32},
                             {.name = "tppc BF16, blocked", .run = run_bf16},
                             {.name = "tppc F32, row-major", .run = run_nn},
                             {.name = "tppc F32, A transposed", .run = run_tn},
                             {.name = "tppc F32, B transposed", .run = run_nt},
                             {.name = "OpenBLAS sgemm", .run = run_openblas}};
  bool openblas = peer_openblas(threads, p->m, p->n, p->k, p->a, p->b, p->c);
  int n = openblas ? 7 : 6;
  for (int i = 0; i < n; i++) {
    c[i].arg = p;
    c[i].work = 2.0 * (double)p->m * (double)p->n * (double)p->k;
    verify(c[i].name, c[i].run, p, i < 3);
  }
  bench_interleave(c, n, reps);
  printf("%lld x %lld x %lld, %d thread%s\n", (long long)p->m, (long long)p->n, (long long)p->k,
         threads, threads == 1 ? "" : "s");
  for (int i = 0; i < n; i++)
    print_row(&c[i], &c[0], reps, peak * threads);
  if (!openblas)
    printf("  OpenBLAS sgemm             not run: built without it\n");
  return c[0].best;
}

int main(int argc, char **argv) {
  /* A core type forced by the environment slows OpenBLAS; it is read when the library is loaded. */
  if (getenv("OPENBLAS_CORETYPE")) {
    unsetenv("OPENBLAS_CORETYPE");
    unsetenv("OPENBLAS_L2_SIZE");
    execv("/proc/self/exe", argv);
  }
  int reps = argc > 1 ? atoi(argv[1]) : 31;
  if (reps < 1 || reps > BENCH_REPS_MAX) {
    fprintf(stderr, "usage: gemm_bench [REPETITIONS]\n");
    return 2;
  }
  static const int64_t shapes[][3] = {{1024, 1024, 1024}, {512, 2048, 512}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    double clock, peak = bench_fma_peak(&clock);
    double lanes = peak / (2 * clock);
    printf("FMA peak of one core %.1f GFLOPS, clock %.2f GHz (%.1f lanes), copy %.1f GB/s\n", peak,
           clock, lanes, bench_copy_bandwidth());
    Problem p;
    problem_new(&p, shapes[i][0], shapes[i][1], shapes[i][2]);
    double one = bench(&p, 1, reps, peak), two = bench(&p, 2, reps, peak);
    printf("two threads by one, blocked F32: %.2f\n\n", one / two);
    problem_free(&p);
  }
  return 0;
}
