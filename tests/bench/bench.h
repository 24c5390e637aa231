/* Timing for the benchmarks: contestants take turns, so that a noisy moment hits all of them alike.
 */
#ifndef TPPC_BENCH_H
#define TPPC_BENCH_H

#include <stddef.h>
#include <stdint.h>

enum { BENCH_MAX = 16, BENCH_REPS_MAX = 512 };

typedef struct Contestant {
  const char *name;
  void (*run)(void *arg);
  void *arg;
  double work; /* operations of one run */
  /* results */
  double seconds[BENCH_REPS_MAX];
  double best, median;
} Contestant;

double bench_now(void);
/* One warm-up each, then `reps` rounds in which each runs once. */
void bench_interleave(Contestant *c, int n, int reps);
/* Median over the rounds of a's time by b's, and the 95 % interval of that median (order
 * statistics). */
double bench_ratio(const Contestant *a, const Contestant *b, int reps, double *lo, double *hi);

/* F32 FMA peak of one core in GFLOPS, and the clock in GHz that a chain of dependent additions
 * shows. */
double bench_fma_peak(double *clock_ghz);
/* Bytes read and written per second by a copy of large arrays, in GB/s, one thread. */
double bench_copy_bandwidth(void);

#endif
