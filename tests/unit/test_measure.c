/* Medians and intervals of known samples, rounds of contestants that count, and the loops of the
 * ceilings. No time is judged. */
#include "test.h"
#include "tppc/measure.h"

#include <math.h>

static bool close_to(double a, double b) {
  return fabs(a - b) <= 1e-12 * fabs(b);
}

static void estimate_median(Test *t) {
  const double odd[] = {5, 1, 4, 2, 3}, even[] = {4, 1, 3, 2}, same[] = {7, 7, 7, 7};
  TppcEstimate e = tppc_estimate(odd, 5);
  CHECK(t, e.median == 3 && e.best == 1 && e.rounds == 5);
  CHECK(t, e.low >= 1 && e.low <= 3 && e.high >= 3 && e.high <= 5);
  CHECK(t, tppc_estimate(even, 4).median == 2.5);
  e = tppc_estimate(same, 4);
  CHECK(t, e.low == 7 && e.median == 7 && e.high == 7);
  e = tppc_estimate(odd, 1);
  CHECK(t, e.low == 5 && e.median == 5 && e.high == 5);
  e = tppc_estimate(odd, 0);
  CHECK(t, e.median == 0 && e.rounds == 0);
}

/* 1 .. 400: the 95 % interval of the median's rank is 200 +- 0.98 sqrt(400), about 20. */
static void estimate_interval(Test *t) {
  double x[400];
  for (int i = 0; i < 400; i++)
    x[i] = (i * 171 % 400) + 1;
  TppcEstimate e = tppc_estimate(x, 400), again = tppc_estimate(x, 400);
  CHECK(t, e.median == 200.5);
  CHECK(t, e.low >= 170 && e.low <= 192);
  CHECK(t, e.high >= 209 && e.high <= 231);
  CHECK(t, e.low == again.low && e.high == again.high);
}

/* Noise that hits both of a round leaves their ratio alone. */
static void estimate_ratio(Test *t) {
  const double a[] = {2, 20, 200, 4, 6}, b[] = {1, 10, 100, 2, 3};
  TppcEstimate e = tppc_estimate_ratio(a, b, 5);
  CHECK(t, e.low == 2 && e.median == 2 && e.high == 2 && close_to(e.best, 2));
  CHECK(t, tppc_estimate_ratio(a, b, 0).rounds == 0);
}

typedef struct Counter {
  int runs, before, fail_at;
} Counter;

static int count_run(void *arg) {
  Counter *c = arg;
  return ++c->runs == c->fail_at ? 42 : 0;
}
static void count_before(void *arg) {
  ((Counter *)arg)->before++;
}

static void rounds_count(Test *t) {
  Counter a = {0}, b = {0};
  TppcContestant c[] = {{.name = "a", .run = count_run, .before = count_before, .arg = &a},
                        {.name = "b", .run = count_run, .arg = &b}};
  TppcTiming timing = {.budget = 10, .precision = 0, .sample = 0, .least = 3, .most = 9};
  TppcRounds r = tppc_measure(c, 2, &timing);
  CHECK_INT(t, r.status, 0);
  CHECK(t, r.rounds >= 3 && r.rounds <= 9);
  CHECK_INT(t, a.before, r.rounds + 1); /* once more to find how long a run takes */
  CHECK_INT(t, c[0].calls, 1);
  CHECK(t, a.runs >= 2 + 2 * r.rounds); /* each sample is preceded by some to warm up */
  CHECK(t, b.runs >= 2 + 2 * r.rounds);
  for (int i = 0; i < r.rounds; i++)
    CHECK(t, c[0].seconds[i] >= 0 && c[1].seconds[i] >= 0);
  tppc_contestants_free(c, 2);
  CHECK(t, !c[0].seconds);
}

static void rounds_end(Test *t) {
  Counter a = {0};
  TppcContestant c = {.name = "a", .run = count_run, .arg = &a};
  TppcTiming timing = {.budget = 0, .precision = 0, .sample = 1e-5, .least = 4, .most = 100};
  TppcRounds r = tppc_measure(&c, 1, &timing);
  CHECK_INT(t, r.rounds, 4); /* no time, but no fewer than the least */
  CHECK(t, c.calls > 1);
  tppc_contestants_free(&c, 1);
  timing.precision = 1e9;
  timing.budget = 10;
  r = tppc_measure(&c, 1, &timing);
  CHECK(t, r.converged && r.rounds == 4);
  tppc_contestants_free(&c, 1);
  for (int fail_at = 1; fail_at < 9; fail_at += 3) {
    a = (Counter){.fail_at = fail_at};
    timing.sample = 0;
    timing.precision = 0;
    CHECK_INT(t, tppc_measure(&c, 1, &timing).status, 42);
    CHECK_INT(t, a.runs, fail_at);
    tppc_contestants_free(&c, 1);
  }
}

static void peaks_run(Test *t) {
  CHECK(t, tppc_now() <= tppc_now());
  for (int id = 0; id < TPPC_PEAKS; id++) {
    CHECK(t, tppc_peak_name((TppcPeakId)id) && tppc_peak_unit((TppcPeakId)id));
    for (int threads = 1; threads <= 2; threads++) {
      TppcPeakLoop *l = tppc_peak_open((TppcPeakId)id, threads, 10000);
      if (!l && id != TPPC_PEAK_CLOCK && id < TPPC_PEAK_READ_L1)
        continue; /* no such instructions here */
      if (!CHECK(t, l != NULL))
        continue;
      CHECK_INT(t, tppc_peak_run(l), 0);
      CHECK(t, tppc_peak_work(l) > 0);
      tppc_peak_close(l);
    }
  }
  CHECK(t, tppc_peak(TPPC_PEAK_COPY_L1, 1) > 0);
  tppc_peak_close(NULL);
}

TEST_MAIN({"estimate.median", estimate_median}, {"estimate.interval", estimate_interval},
          {"estimate.ratio", estimate_ratio}, {"rounds.count", rounds_count},
          {"rounds.end", rounds_end}, {"peaks.run", peaks_run})
