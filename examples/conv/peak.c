#include "peak.h"

#include <time.h>

double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#if defined __x86_64__
#include <immintrin.h>

enum { CHAINS = 12, TURNS = 100000, TRIES = 60 };

/* Twelve chains hide the latency of each other's sums; the empty asm keeps them all. */
__attribute__((target("avx512f"))) static void chains512(void) {
  __m512 a[CHAINS], x = _mm512_set1_ps(0.5f);
  for (int i = 0; i < CHAINS; i++)
    a[i] = x;
  for (int t = 0; t < TURNS; t++)
#pragma GCC unroll 12
    for (int i = 0; i < CHAINS; i++)
      a[i] = _mm512_fmadd_ps(a[i], x, x);
#pragma GCC unroll 12
  for (int i = 0; i < CHAINS; i++)
    __asm__ volatile("" : : "v"(a[i]));
}

__attribute__((target("avx2,fma"))) static void chains256(void) {
  __m256 a[CHAINS], x = _mm256_set1_ps(0.5f);
  for (int i = 0; i < CHAINS; i++)
    a[i] = x;
  for (int t = 0; t < TURNS; t++)
#pragma GCC unroll 12
    for (int i = 0; i < CHAINS; i++)
      a[i] = _mm256_fmadd_ps(a[i], x, x);
#pragma GCC unroll 12
  for (int i = 0; i < CHAINS; i++)
    __asm__ volatile("" : : "x"(a[i]));
}

double fma_peak(void) {
  __builtin_cpu_init();
  int lanes = __builtin_cpu_supports("avx512f")                                 ? 16
              : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 8
                                                                                : 0;
  double best = 0;
  for (int i = 0; lanes && i < TRIES; i++) {
    double start = seconds();
    if (lanes == 16)
      chains512();
    else
      chains256();
    double rate = 2.0 * CHAINS * TURNS * lanes / (seconds() - start) * 1e-9;
    best = rate > best ? rate : best;
  }
  return best;
}
#else
double fma_peak(void) {
  return 0;
}
#endif
