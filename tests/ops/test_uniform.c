/* The generator behind uniform(seed, i): how even its numbers are, and how independent from counter
 * to counter, of counters in steps, across a carry into the upper half, and from seed to seed.
 *
 * Each measure is a sum that is normal for ideal numbers, in units of its standard deviation. With
 * about two thousand of them the largest of an ideal generator is near 4; a bound of 5.5 is passed
 * by chance once in ten thousand tests, and the numbers are fixed. As a check of the checks the
 * same measures of numbers that are known to be poor must fail.
 */
#include "tpp/opsdef.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 1 << 16, BINS = 256, BITS = 24 };
static const double bound = 5.5;

typedef double (*Generator)(int64_t seed, int64_t i);

/* Without the last round: carries of neighbouring counters survive. */
static double poor(int64_t seed, int64_t i) {
  uint32_t x = (uint32_t)(uint64_t)i ^ (uint32_t)tppd_mix64((uint64_t)seed);
  x = (x ^ x >> 16) * TPPD_FACTOR_1;
  return (double)(x >> 8) * 0x1p-24;
}

typedef struct Numbers {
  double v[N];
} Numbers;

static void fill(Numbers *n, Generator g, int64_t seed, int64_t from, int64_t step) {
  for (int k = 0; k < N; k++)
    n->v[k] = g(seed, from + step * k);
}

static double larger(double a, double b) {
  return fabs(a) > b ? fabs(a) : b;
}

/* Chi square of n counts, normalised. */
static double even(const int *count, int n, int total) {
  double mean = (double)total / n, sum = 0;
  for (int i = 0; i < n; i++)
    sum += (count[i] - mean) * (count[i] - mean) / mean;
  return (sum - (n - 1)) / sqrt(2.0 * (n - 1));
}

/* Intervals, the last bits, pairs and triples of neighbours. */
static double distribution(const Numbers *n) {
  int top[BINS] = {0}, low[BINS] = {0}, pairs[BINS] = {0}, triples[512] = {0};
  for (int k = 0; k < N; k++) {
    const double *v = &n->v[k];
    top[(int)(v[0] * BINS)]++;
    low[(int)(v[0] * 0x1p24) % BINS]++;
    if (k + 1 < N)
      pairs[(int)(v[0] * 16) * 16 + (int)(v[1] * 16)]++;
    if (k + 2 < N)
      triples[(int)(v[0] * 8) * 64 + (int)(v[1] * 8) * 8 + (int)(v[2] * 8)]++;
  }
  double worst = larger(even(top, BINS, N), 0);
  worst = larger(even(low, BINS, N), worst);
  worst = larger(even(pairs, BINS, N - 1), worst);
  return larger(even(triples, 512, N - 2), worst);
}

/* Of a, and b `lag` further on. */
static double correlation(const Numbers *a, const Numbers *b, int lag) {
  double sum = 0;
  for (int k = 0; k + lag < N; k++)
    sum += (a->v[k] - 0.5) * (b->v[k + lag] - 0.5);
  return sum * 12 / sqrt((double)(N - lag));
}

/* One sequence, in steps and across carries. */
static double within(Generator g, int64_t seed, Numbers *n) {
  static const int64_t starts[] = {0, (INT64_C(1) << 32) - N / 2, (INT64_C(1) << 40) + 7, -N / 2};
  static const int64_t steps[] = {1, 2, 3, 768, 1024, 65536};
  static const int lags[] = {1, 2, 3, 8, 16, 64, 1024};
  double worst = 0;
  for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
      fill(n, g, seed, starts[i], steps[k]);
      worst = larger(distribution(n), worst);
      for (size_t l = 0; l < sizeof lags / sizeof *lags; l++)
        worst = larger(correlation(n, n, lags[l]), worst);
    }
  return worst;
}

/* Neighbouring seeds, and upper halves of the counter. */
static double between(Generator g, Numbers *n) {
  double worst = 0;
  enum { STREAMS = 12 };
  for (int i = 0; i < STREAMS; i++)
    fill(&n[i], g, i < 8 ? i : 0, i < 8 ? 0 : (int64_t)(i - 7) << 32, 1);
  for (int a = 0; a < STREAMS; a++)
    for (int b = 0; b < a; b++)
      for (int lag = 0; lag < 4; lag++)
        worst = larger(correlation(&n[a], &n[b], lag), worst);
  return worst;
}

/* Each bit of the counter changes each bit of the result in half of the cases. */
static double avalanche(Generator g) {
  double worst = 0;
  for (int bit = 0; bit < 32; bit++) {
    int changed[BITS] = {0};
    for (int k = 0; k < N; k++) {
      int64_t i = (int64_t)(tppd_mix64((uint64_t)k) >> 2);
      int d = (int)(g(7, i) * 0x1p24) ^ (int)(g(7, i ^ INT64_C(1) << bit) * 0x1p24);
      for (int o = 0; o < BITS; o++)
        changed[o] += d >> o & 1;
    }
    for (int o = 0; o < BITS; o++)
      worst = larger((changed[o] - N / 2) / sqrt(N / 4.0), worst);
  }
  return worst;
}

static bool report(const char *what, double worst, bool fails) {
  printf("%s: %.2f standard deviations at most\n", what, worst);
  if ((worst > bound) == fails)
    return true;
  fprintf(stderr, "test_uniform: %s: %.2f, bound %.2f\n", what, worst, bound);
  return false;
}

int main(void) {
  Numbers *n = malloc(12 * sizeof *n);
  if (!n)
    return 1;
  bool ok = true;
  for (int64_t seed = -1; seed < 3; seed++)
    ok &= report("one sequence", within(tppd_uniform, seed, n), false);
  ok &= report("sequences of seeds and upper halves", between(tppd_uniform, n), false);
  ok &= report("changed bits", avalanche(tppd_uniform), false);
  ok &= report("a poor generator, one sequence", within(poor, 1, n), true);
  ok &= report("a poor generator, changed bits", avalanche(poor), true);
  free(n);
  return !ok;
}
