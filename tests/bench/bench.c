#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

double bench_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

void bench_interleave(Contestant *c, int n, int reps) {
  for (int i = 0; i < n; i++)
    c[i].run(c[i].arg);
  for (int r = 0; r < reps; r++)
    for (int i = 0; i < n; i++) {
      double t = bench_now();
      c[i].run(c[i].arg);
      c[i].seconds[r] = bench_now() - t;
    }
  for (int i = 0; i < n; i++) {
    double sorted[BENCH_REPS_MAX];
    memcpy(sorted, c[i].seconds, (size_t)reps * sizeof *sorted);
    qsort(sorted, (size_t)reps, sizeof *sorted, by_value);
    c[i].best = sorted[0];
    c[i].median = sorted[reps / 2];
  }
}

double bench_ratio(const Contestant *a, const Contestant *b, int reps, double *lo, double *hi) {
  double r[BENCH_REPS_MAX];
  for (int i = 0; i < reps; i++)
    r[i] = a->seconds[i] / b->seconds[i];
  qsort(r, (size_t)reps, sizeof *r, by_value);
  /* The median's rank is binomial: half of n, give or take 0.98 sqrt(n). */
  int half = 1;
  while (half * half < reps)
    half++;
  int first = reps / 2 - half, last = reps / 2 + half;
  *lo = r[first < 0 ? 0 : first];
  *hi = r[last >= reps ? reps - 1 : last];
  return r[reps / 2];
}

#if defined(__x86_64__)
/* Ten independent accumulators hide the latency of FMA on two pipes; written in assembly, no
 * compiler can merge or fold them. 256-bit vectors reach the peak of every core with two FMA pipes
 * of that width; where there are two of 512 bits the second loop is faster. */
#define FMA(reg, i) "vfmadd231ps %%" reg "15, %%" reg "15, %%" reg #i "\n\t"
#define FMAS(reg)                                                                                  \
  FMA(reg, 0)                                                                                      \
  FMA(reg, 1)                                                                                      \
  FMA(reg, 2) FMA(reg, 3) FMA(reg, 4) FMA(reg, 5) FMA(reg, 6) FMA(reg, 7) FMA(reg, 8) FMA(reg, 9)
#define CLOBBERS                                                                                   \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm15", "cc"
static void fma_loop(long n, int wide) {
  __asm__ volatile("vpxor %%xmm15, %%xmm15, %%xmm15" ::: "xmm15");
  if (wide)
    __asm__ volatile("1:\n\t" FMAS("zmm") "dec %0\n\tjnz 1b" : "+r"(n)::CLOBBERS);
  else
    __asm__ volatile("1:\n\t" FMAS("ymm") "dec %0\n\tjnz 1b" : "+r"(n)::CLOBBERS);
}

static double rate(int lanes) {
  const long n = 2000000;
  double best = 1e30;
  for (int r = 0; r < 15; r++) {
    double t = bench_now();
    fma_loop(n, lanes == 16);
    t = bench_now() - t;
    best = t < best ? t : best;
  }
  return (double)n * 10 * 2 * lanes / best * 1e-9;
}

static double clock_rate(void) {
  const long n = 4000000;
  double best = 1e30;
  for (int r = 0; r < 15; r++) {
    long i = n, x = 0;
    double t = bench_now();
    __asm__ volatile("1:\n\tadd %1, %1\n\tadd %1, %1\n\tadd %1, %1\n\tadd %1, %1\n\t"
                     "add %1, %1\n\tadd %1, %1\n\tadd %1, %1\n\tadd %1, %1\n\tdec %0\n\tjnz 1b"
                     : "+r"(i), "+r"(x)::"cc");
    t = bench_now() - t;
    best = t < best ? t : best;
  }
  return (double)n * 8 / best * 1e-9;
}

double bench_fma_peak(double *clock_ghz) {
  *clock_ghz = clock_rate();
  double narrow = rate(8), wide = __builtin_cpu_supports("avx512f") ? rate(16) : 0;
  return narrow > wide ? narrow : wide;
}
#else
double bench_fma_peak(double *clock_ghz) {
  *clock_ghz = 0;
  return 0;
}
#endif

double bench_copy_bandwidth(void) {
  const size_t bytes = (size_t)128 << 20;
  char *a = malloc(bytes), *b = malloc(bytes);
  double best = 1e30;
  if (a && b) {
    memset(a, 1, bytes);
    memset(b, 2, bytes);
    for (int r = 0; r < 7; r++) {
      double t = bench_now();
      memcpy(b, a, bytes);
      t = bench_now() - t;
      best = t < best ? t : best;
    }
  }
  free(a);
  free(b);
  return 2 * (double)bytes / best * 1e-9;
}
