/* Contestants in turns, until their medians are known well enough.
 *
 * What ran before has used the caches, and which of them it left in which state is a matter of the
 * order. So every round has an order of its own, and short runs are warmed up.
 */
#define _POSIX_C_SOURCE 200809L
#include "tppc/measure.h"

#include <stdlib.h>
#include <time.h>

/* Runs shorter than the first are repeated for the second before each sample. */
static const double warm_below = 5e-3, warm_for = 1e-3;

double tppc_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

TppcTiming tppc_timing_default(void) {
  return (TppcTiming){.budget = 3, .precision = 0.01, .sample = 2e-4, .least = 7, .most = 1000};
}

/* How many runs a sample needs; leaves the time of one run in *seconds. */
static int find_calls(TppcContestant *c, const TppcTiming *t, double *seconds) {
  c->calls = 1;
  if (c->before)
    c->before(c->arg);
  int status = c->run(c->arg); /* code and data become warm */
  while (!status) {
    double start = tppc_now();
    for (long i = 0; i < c->calls && !status; i++)
      status = c->run(c->arg);
    double all = tppc_now() - start;
    *seconds = all / (double)c->calls;
    if (all >= t->sample || c->calls >= 1L << 40)
      break;
    double needed = all > 0 ? 1.1 * t->sample / *seconds + 1 : 10 * (double)c->calls;
    double most = 10 * (double)c->calls;
    c->calls = (long)(needed < most ? needed : most);
  }
  return status;
}

static int sample(TppcContestant *c, double expected, int round) {
  if (c->before)
    c->before(c->arg);
  long warm = expected >= warm_below || expected <= 0 ? 0 : (long)(warm_for / expected) + 1;
  int status = 0;
  for (long i = 0; i < warm && !status; i++)
    status = c->run(c->arg);
  double start = tppc_now();
  for (long i = 0; i < c->calls && !status; i++)
    status = c->run(c->arg);
  c->seconds[round] = (tppc_now() - start) / (double)c->calls;
  return status;
}

/* Another order, by exchanges with random places (Fisher and Yates). */
static void shuffle(int *order, int n, uint64_t *state) {
  for (int i = n - 1; i > 0; i--) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    int other = (int)(*state % (uint64_t)(i + 1)), taken = order[i];
    order[i] = order[other];
    order[other] = taken;
  }
}

static int is_narrow(TppcEstimate e, double precision) {
  return e.high - e.median <= precision * e.median && e.median - e.low <= precision * e.median;
}

static int all_narrow(const TppcContestant *c, int n, int rounds, double precision) {
  for (int i = 0; i < n; i++)
    if (!is_narrow(tppc_estimate(c[i].seconds, rounds), precision))
      return 0;
  return 1;
}

static int run_rounds(TppcContestant *c, int n, const TppcTiming *t, const double *expected,
                      int *order, TppcRounds *out) {
  uint64_t state = 0x9e3779b97f4a7c15u;
  double start = tppc_now();
  int look = t->least;
  while (out->rounds < t->most && !out->converged) {
    shuffle(order, n, &state);
    for (int i = 0; i < n; i++) {
      int status = sample(&c[order[i]], expected[order[i]], out->rounds);
      if (status)
        return status;
    }
    out->rounds++;
    if (out->rounds >= t->least && tppc_now() - start > t->budget)
      break;
    /* An interval costs time too: look when there are a third more samples. */
    if (out->rounds >= look) {
      out->converged = all_narrow(c, n, out->rounds, t->precision);
      look = out->rounds + out->rounds / 3 + 1;
    }
  }
  out->converged = all_narrow(c, n, out->rounds, t->precision);
  return 0;
}

TppcRounds tppc_measure(TppcContestant *c, int n, const TppcTiming *t) {
  TppcRounds out = {0};
  double *expected = calloc((size_t)n, sizeof *expected);
  int *order = calloc((size_t)n, sizeof *order);
  for (int i = 0; i < n; i++)
    c[i].seconds = calloc((size_t)t->most, sizeof *c[i].seconds);
  for (int i = 0; i < n; i++)
    if (!c[i].seconds || !expected || !order)
      out.status = -1;
  for (int i = 0; i < n && !out.status; i++) {
    out.status = find_calls(&c[i], t, &expected[i]);
    order[i] = i;
  }
  if (!out.status)
    out.status = run_rounds(c, n, t, expected, order, &out);
  free(expected);
  free(order);
  return out;
}

void tppc_contestants_free(TppcContestant *c, int n) {
  for (int i = 0; i < n; i++) {
    free(c[i].seconds);
    c[i].seconds = NULL;
  }
}
