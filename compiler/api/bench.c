/* tppc bench: a kernel, the kernel again, the ceilings of the machine, and a peer, in turns.
 *
 * The ceilings are contestants like the others, so that a percentage compares what the machine gave
 * to both at the same moment: an F32 FMA loop where the kernel has products, and a copy that reads
 * and writes as many bytes as the operands have. */
#include "api/bench.h"
#include "api/product.h"

#include "support/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { KERNEL, AGAIN, FMA, COPY, PEER, CONTESTANTS };

typedef struct Bench {
  TppcRun *r;
  TppcContestant c[CONTESTANTS];
  int at[CONTESTANTS]; /* which of c, or -1 */
  int n;
  int threads, peer_threads;
  TppcPeakLoop *fma, *copy;
  PlainProduct product;
  PeerOpenblas *peer;
} Bench;

static int run_kernel(void *arg) {
  return tppc_run_call(arg);
}

static void refill(void *arg) {
  tppc_run_refill(arg);
}

/* Calls on results of calls drift away; only inouts need their first contents back. */
static bool has_inout(const TppcRun *r) {
  for (int i = 0; i < r->n; i++)
    if (r->params[i].reads && r->params[i].writes)
      return true;
  return false;
}

static void add(Bench *b, int which, const char *name, int (*run)(void *), void *arg) {
  b->at[which] = b->n;
  b->c[b->n++] = (TppcContestant){.name = name, .run = run, .arg = arg};
}

static bool find_parallel(void *user, TppcOp *op) {
  bool *found = user;
  *found = *found || op->kind == TPPC_OP_PAR;
  return !*found;
}

/* Threads that the kernel's loops use; the peer may use as many as there are. */
static void count_threads(Bench *b) {
  int most = tpp_max_threads(), asked = b->r->s->threads;
  b->peer_threads = asked > 0 && asked < most ? asked : most;
  TppcOp *kernel = tppc_module_kernel(b->r->s->lowered, b->r->kernel->name);
  bool parallel = false;
  for (int i = 0; kernel && i < kernel->n_regions; i++)
    tppc_walk(&kernel->regions[i], find_parallel, &parallel);
  b->threads = parallel ? b->peer_threads : 1;
}

static TppcResult open_peer(Bench *b, const char *vs) {
  if (!vs)
    return TPPC_DONE;
  const char *path = strchr(vs, '=');
  if (strncmp(vs, "openblas", 8) || (vs[8] && vs[8] != '=') || (path && !path[1]))
    return RUN_FAIL(b->r, TPPC_BAD_USAGE, TPPC_D_option_value, TPPC_NO_SPAN, "--vs", vs,
                    "openblas, or openblas=libopenblas.so");
  TppcResult result = TPPC_BAD_PROGRAM;
  if (!tppc_plain_product(b->r, "openblas", &b->product))
    return tppc_session_outcome(b->r->s, false);
  b->peer = tppc_openblas_open(b->r, &b->product, path ? path + 1 : NULL, b->peer_threads, &result);
  return result;
}

static void add_contestants(Bench *b, double flops, double bytes) {
  for (int i = 0; i < CONTESTANTS; i++)
    b->at[i] = -1;
  add(b, KERNEL, "kernel", run_kernel, b->r);
  add(b, AGAIN, "itself", run_kernel, b->r);
  if (has_inout(b->r))
    b->c[0].before = b->c[1].before = refill;
  if (flops > 0)
    b->fma = tppc_peak_open(TPPC_PEAK_FMA_F32, b->threads, 0);
  if (b->fma)
    add(b, FMA, "fma", tppc_peak_run, b->fma);
  size_t most = (size_t)256 << 20;
  size_t copied = bytes < (double)most ? (size_t)bytes : most;
  b->copy = tppc_peak_open(TPPC_PEAK_COPY_MEMORY, b->threads, copied / (size_t)b->threads + 1);
  if (b->copy)
    add(b, COPY, "copy", tppc_peak_run, b->copy);
  if (b->peer)
    add(b, PEER, "openblas", tppc_openblas_run, b->peer);
}

static const double *samples(const Bench *b, int which) {
  return b->c[b->at[which]].seconds;
}

/* The kernel's rate by the loop's, where one run of the kernel is `work` of the loop's units. */
static TppcEstimate part_of(const Bench *b, int which, const TppcPeakLoop *loop, double work,
                            int rounds) {
  TppcEstimate e = tppc_estimate_ratio(samples(b, which), samples(b, KERNEL), rounds);
  double scale = work / tppc_peak_work(loop);
  e.median *= scale;
  e.low *= scale;
  e.high *= scale;
  e.best *= scale;
  return e;
}

static double rate_of(const Bench *b, int which, const TppcPeakLoop *loop, int rounds) {
  return tppc_peak_work(loop) / tppc_estimate(samples(b, which), rounds).median * 1e-9;
}

/* "fc[M=256, K=768]": all sizes that the kernel names as its own. */
static const char *name_of(const TppcRun *r) {
  TppcBuf b = {0};
  tppc_buf_printf(&b, "%s[", r->kernel->name);
  int n = 0;
  for (const TppcOp *op = r->kernel->regions[0].first; op; op = op->next) {
    const char *origin = op->kind == TPPC_OP_SIZE ? tppc_attr_word(op, "origin") : NULL;
    int64_t v;
    if (origin && strcmp(origin, "derived") && tppc_env_get(&r->sizes, op->name, &v))
      tppc_buf_printf(&b, "%s%s=%" PRId64, n++ ? ", " : "", op->name, v);
  }
  tppc_buf_putc(&b, ']');
  const char *name = tppc_strndup(r->arena, b.data, b.n);
  tppc_buf_free(&b);
  return name;
}

static const char *target_of(TppcRun *r) {
  TppcTargetInfo info;
  return tppc_target_info(r->s->cx, &r->s->emit, &info) ? tppc_strdup(r->arena, info.cpu) : "";
}

static void fill_result(const Bench *b, TppcRounds rounds, double flops, double bytes,
                        TppcBenchResult *out) {
  int n = rounds.rounds;
  *out = (TppcBenchResult){.name = name_of(b->r),
                           .file = b->r->s->path,
                           .kernel = b->r->kernel->name,
                           .target = target_of(b->r),
                           .threads = b->threads,
                           .converged = rounds.converged,
                           .flops = flops,
                           .bytes = bytes};
  out->seconds = tppc_estimate(samples(b, KERNEL), n);
  out->again = tppc_estimate_ratio(samples(b, AGAIN), samples(b, KERNEL), n);
  if (b->fma) {
    out->of_fma = part_of(b, FMA, b->fma, flops, n);
    out->fma_peak = rate_of(b, FMA, b->fma, n);
  }
  if (b->copy) {
    out->of_copy = part_of(b, COPY, b->copy, bytes, n);
    out->copy_peak = rate_of(b, COPY, b->copy, n);
  }
  if (!b->peer)
    return;
  out->n_peers = 1;
  out->peers[0] =
      (TppcBenchPeer){.name = "openblas",
                      .threads = b->peer_threads,
                      .seconds = tppc_estimate(samples(b, PEER), n),
                      .ratio = tppc_estimate_ratio(samples(b, PEER), samples(b, KERNEL), n)};
}

/* What was timed must be right. */
static TppcResult check_results(Bench *b) {
  TppcResult result = tppc_run_close(b->r);
  if (result != TPPC_DONE || !b->peer)
    return result;
  double own, theirs;
  tppc_openblas_errors(b->peer, b->product.c->native, &own, &theirs);
  if (own <= 1 && theirs <= 1)
    return TPPC_DONE;
  return RUN_FAIL(b->r, TPPC_MISMATCH, TPPC_D_peer_differs, b->r->kernel->span, b->r->kernel->name,
                  own, theirs);
}

static TppcResult measure(Bench *b, double budget, TppcBenchResult *out) {
  double flops = tppc_run_flops(b->r), bytes = tppc_run_bytes(b->r);
  add_contestants(b, flops, bytes);
  TppcTiming timing = tppc_timing_default();
  if (budget > 0)
    timing.budget = budget;
  TppcRounds rounds = tppc_measure(b->c, b->n, &timing);
  TppcResult result = run_status(b->r, rounds.status < 0 ? TPP_ERR_NOMEM : rounds.status);
  if (result == TPPC_DONE)
    fill_result(b, rounds, flops, bytes, out);
  tppc_contestants_free(b->c, b->n);
  return result == TPPC_DONE ? check_results(b) : result;
}

TppcResult tppc_run_bench(TppcRun *r, const char *vs, double budget, char **text, char **json) {
  Bench b = {.r = r};
  TppcBenchResult out;
  *text = *json = NULL;
  TppcResult result = tppc_run_open(r);
  if (result == TPPC_DONE) {
    count_threads(&b);
    result = open_peer(&b, vs);
  }
  if (result == TPPC_DONE)
    result = measure(&b, budget, &out);
  run_call_free(r);
  tppc_openblas_close(b.peer);
  tppc_peak_close(b.fma);
  tppc_peak_close(b.copy);
  if (result != TPPC_DONE)
    return result;
  TppcBuf plain = {0}, document = {0};
  tppc_bench_text(&plain, &out);
  tppc_bench_json(&document, &out, 1);
  *text = plain.data;
  *json = document.data;
  return TPPC_DONE;
}
