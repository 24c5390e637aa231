/* Medians and their intervals.
 *
 * Times on a machine that others use are skewed and have outliers, so the figure is the median, and
 * its interval is that of the bootstrap: the medians of many resamples, cut at 2.5 % on both sides
 * (B. Efron, "Bootstrap methods: another look at the jackknife", 1979). A resample of sorted
 * samples is a count for each rank, whose median is found by adding up. The random numbers start
 * the same way every time: the same samples give the same interval.
 */
#include "tppc/measure.h"

#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 1000 };

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static double median_of(const double *sorted, int n) {
  return n % 2 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
}

/* The rank at which the counts reach half of n. */
static int middle(const int *counts, int n) {
  int rank = 0;
  for (int seen = counts[0]; seen <= (n - 1) / 2; seen += counts[rank])
    rank++;
  return rank;
}

static void bootstrap(const double *sorted, int n, double *low, double *high) {
  int *counts = malloc((size_t)n * sizeof *counts);
  double *medians = malloc(RESAMPLES * sizeof *medians);
  uint64_t state = 0x9e3779b97f4a7c15u;
  *low = sorted[0];
  *high = sorted[n - 1];
  if (counts && medians) {
    for (int r = 0; r < RESAMPLES; r++) {
      memset(counts, 0, (size_t)n * sizeof *counts);
      for (int i = 0; i < n; i++)
        counts[(next_random(&state) >> 16) % (uint64_t)n]++;
      medians[r] = sorted[middle(counts, n)];
    }
    qsort(medians, RESAMPLES, sizeof *medians, by_value);
    *low = medians[RESAMPLES / 40];
    *high = medians[RESAMPLES - 1 - RESAMPLES / 40];
  }
  free(counts);
  free(medians);
}

TppcEstimate tppc_estimate(const double *samples, int n) {
  TppcEstimate e = {.rounds = n};
  double *sorted = n > 0 ? malloc((size_t)n * sizeof *sorted) : NULL;
  if (!sorted)
    return (TppcEstimate){0};
  memcpy(sorted, samples, (size_t)n * sizeof *sorted);
  qsort(sorted, (size_t)n, sizeof *sorted, by_value);
  e.median = median_of(sorted, n);
  e.best = sorted[0];
  bootstrap(sorted, n, &e.low, &e.high);
  free(sorted);
  return e;
}

static double least(const double *x, int n) {
  double best = x[0];
  for (int i = 1; i < n; i++)
    best = x[i] < best ? x[i] : best;
  return best;
}

TppcEstimate tppc_estimate_ratio(const double *a, const double *b, int n) {
  double *ratio = n > 0 ? malloc((size_t)n * sizeof *ratio) : NULL;
  if (!ratio)
    return (TppcEstimate){0};
  for (int i = 0; i < n; i++)
    ratio[i] = a[i] / b[i];
  TppcEstimate e = tppc_estimate(ratio, n);
  e.best = least(a, n) / least(b, n);
  free(ratio);
  return e;
}
