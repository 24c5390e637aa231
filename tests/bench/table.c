/* The table of figures: every row of table.def through a compiled program, beside the runtime's
 * kernel called directly, the ceilings of the machine, and other libraries, all in turns in one
 * process on one thread.
 *
 * usage: bench_table [--only words] [--budget seconds] [--threads n] [--json file] [-march=cpu]
 *   --only    rows whose name has this text
 *   --budget  for each row (1.5)
 *   --threads of the programs and of the ceilings; other libraries run with one thread only, so
 *             that they are left out with more
 */
#include "api/bench.h"
#include "interp/layout.h"
#include "peers.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum unit { FMA, F32, ELEMENTS, COPY };
#define NONE   NULL
#define TILES  direct_tiles
#define BRGEMM direct_brgemm
#define SGEMM  direct_sgemm
#define PEERS(...)                                                                                 \
  { __VA_ARGS__ }
enum {
  MOST_PEERS = 5,
  PROGRAM = 0,
  AGAIN,
  PEAK,
  COPIED,
  FIRST_PEER,
  MOST = FIRST_PEER + 1 + MOST_PEERS
};

typedef struct Row {
  const char *name, *file, *kernel, *sizes, *inputs;
  enum unit unit;
  double work, reach;
  BenchPeerFn direct;
  BenchPeerFn peers[MOST_PEERS];
} Row;

static const Row table[] = {
#define ROW(...) {__VA_ARGS__},
#include "table.def"
#undef ROW
};
enum { ROWS = sizeof table / sizeof *table };

typedef struct Options {
  const char *only, *json, *march;
  double budget;
  int threads;
} Options;

/* ---- a program ---- */

typedef struct Program {
  TppcSession *s;
  TppcRun *run;
  char path[1024];
  BenchCase c;
} Program;

const TppcTensor *bench_tensor(const BenchCase *c, const char *name) {
  for (int i = 0; i < c->run->n; i++)
    if (!strcmp(c->run->params[i].name, name))
      return c->run->params[i].input;
  fprintf(stderr, "bench_table: a program has no parameter '%s'\n", name);
  abort();
}

void *bench_argument(const BenchCase *c, const char *name) {
  size_t bytes;
  return tppc_run_argument(c->run, name, &bytes);
}

static void to_stderr(void *user, const char *text, size_t n) {
  (void)user;
  fwrite(text, 1, n, stderr);
}

/* Calls set(user, word) for each word of a list. */
static TppcResult each_word(const char *list, TppcResult (*set)(void *user, const char *word),
                            void *user) {
  TppcResult result = TPPC_DONE;
  while (*list && result == TPPC_DONE) {
    char word[64];
    size_t n = strcspn(list, " ");
    snprintf(word, sizeof word, "%.*s", (int)n, list);
    result = set(user, word);
    list += n + strspn(list + n, " ");
  }
  return result;
}

static TppcResult set_size(void *user, const char *word) {
  Program *p = user;
  int64_t v = strtoll(strchr(word, '=') + 1, NULL, 10);
  int64_t *to = *word == 'T' ? &p->c.t : *word == 'M' ? &p->c.m : *word == 'N' ? &p->c.n : &p->c.k;
  *to = v;
  return tppc_session_set(p->s, "D", word);
}

static TppcResult set_input(void *user, const char *word) {
  return tppc_run_input(((Program *)user)->run, word);
}

static bool open_program(Program *p, const Row *row, const Options *opt) {
  snprintf(p->path, sizeof p->path, "%s/%s", BENCH_PROGRAMS, row->file);
  p->c = (BenchCase){.file = p->path, .t = 1, .m = 1, .n = 1, .k = 1};
  p->s = tppc_session_new();
  char threads[16];
  snprintf(threads, sizeof threads, "%d", opt->threads);
  tppc_session_messages(p->s, TPPC_TEXT, 0, to_stderr, NULL);
  bool ok = tppc_session_set(p->s, "W", "no-perf") == TPPC_DONE &&
            tppc_session_set(p->s, "march", opt->march) == TPPC_DONE &&
            tppc_session_set(p->s, "threads", threads) == TPPC_DONE &&
            tppc_session_set(p->s, "k", row->kernel) == TPPC_DONE &&
            each_word(row->sizes, set_size, p) == TPPC_DONE &&
            tppc_session_load(p->s, p->path) == TPPC_DONE &&
            (p->run = tppc_run_new(p->s, row->kernel)) != NULL &&
            each_word(row->inputs, set_input, p) == TPPC_DONE && tppc_run_open(p->run) == TPPC_DONE;
  p->c.run = p->run;
  return ok && tppc_run_call(p->run) == TPP_OK;
}

static void close_program(Program *p) {
  tppc_run_free(p->run);
  tppc_session_free(p->s);
}

static int run_program(void *run) {
  return tppc_run_call(run);
}

/* ---- are the results of a peer those of the program? ---- */

static double value(const void *p, int elem, int64_t i) {
  float f;
  uint32_t bits;
  switch (elem) {
  case TPP_F32:
    return (double)((const float *)p)[i];
  case TPP_I32:
    return ((const int32_t *)p)[i];
  default: /* BF16 */
    bits = (uint32_t)((const uint16_t *)p)[i] << 16;
    memcpy(&f, &bits, sizeof f);
    return (double)f;
  }
}

/* Elements that differ by more than the tolerance. */
static int64_t count_wrong(const BenchCase *c, const BenchPeer *peer) {
  const RunParam *last = &c->run->params[c->run->n - 1];
  const void *own = bench_argument(c, last->name);
  int64_t wrong = 0;
  const TppcTensor *t = last->input;
  for (int64_t i = 0; peer->result && i < t->count; i++) {
    int64_t at = tppc_layout_position(t, i) / tppc_elem_bits(t->elem);
    double d = fabs(value(own, t->elem, at) - value(peer->result, peer->elem, i));
    wrong += !(d <= peer->tolerance);
  }
  return wrong;
}

/* ---- one row ---- */

typedef struct Measured {
  TppcContestant c[MOST];
  BenchPeer peer[MOST]; /* of the same number */
  int at[MOST];         /* contestant's number among those that run, or -1 */
  TppcPeakLoop *fma, *copy;
  int n, n_peers;
} Measured;

static void add(Measured *m, int which, const char *name, int (*run)(void *), void *arg) {
  m->at[which] = m->n;
  m->c[m->n++] = (TppcContestant){.name = name, .run = run, .arg = arg};
}

static int add_peer(Measured *m, const Program *p, BenchPeerFn open) {
  int which = FIRST_PEER + m->n_peers++;
  BenchPeer *peer = &m->peer[which];
  open(&p->c, peer);
  m->at[which] = -1;
  if (peer->not_run)
    return 0;
  int status = peer->run(peer->state);
  int64_t wrong = status ? -1 : count_wrong(&p->c, peer);
  if (wrong) {
    printf("%s: %lld results differ from the program's, status %d\n", peer->name, (long long)wrong,
           status);
    return 1;
  }
  add(m, which, peer->name, peer->run, peer->state);
  return 0;
}

static int open_contestants(Measured *m, const Program *p, const Row *row, int threads) {
  int wrong = 0;
  add(m, PROGRAM, "program", run_program, p->run);
  add(m, AGAIN, "itself", run_program, p->run);
  m->fma = tppc_peak_open(TPPC_PEAK_FMA_F32, threads, 0);
  m->at[PEAK] = m->at[COPIED] = -1;
  if (m->fma)
    add(m, PEAK, "fma", tppc_peak_run, m->fma);
  m->copy = tppc_peak_open(TPPC_PEAK_COPY_MEMORY, threads, (size_t)tppc_run_bytes(p->run));
  if (m->copy)
    add(m, COPIED, "copy", tppc_peak_run, m->copy);
  if (threads > 1)
    return wrong;
  if (row->direct)
    wrong += add_peer(m, p, row->direct);
  for (int i = 0; i < MOST_PEERS && row->peers[i]; i++)
    wrong += add_peer(m, p, row->peers[i]);
  return wrong;
}

static void close_contestants(Measured *m) {
  for (int i = 0; i < m->n_peers; i++)
    if (m->peer[FIRST_PEER + i].close)
      m->peer[FIRST_PEER + i].close(m->peer[FIRST_PEER + i].state);
  tppc_peak_close(m->fma);
  tppc_peak_close(m->copy);
}

static const double *samples(const Measured *m, int which) {
  return m->at[which] < 0 ? NULL : m->c[m->at[which]].seconds;
}

static TppcEstimate scaled(TppcEstimate e, double by) {
  e.median *= by;
  e.low *= by;
  e.high *= by;
  e.best *= by;
  return e;
}

/* Time of `which` by the program's, round by round. */
static TppcEstimate by_program(const Measured *m, int which, int rounds) {
  return samples(m, which) ? tppc_estimate_ratio(samples(m, which), samples(m, PROGRAM), rounds)
                           : (TppcEstimate){0};
}

static void fill_result(const Measured *m, const Program *p, const Row *row, const Options *opt,
                        TppcRounds rounds, TppcBenchResult *r) {
  int n = rounds.rounds;
  *r = (TppcBenchResult){.name = row->name,
                         .file = row->file,
                         .kernel = row->kernel,
                         .target = opt->march,
                         .threads = opt->threads,
                         .converged = rounds.converged,
                         .seconds = tppc_estimate(samples(m, PROGRAM), n),
                         .again = by_program(m, AGAIN, n),
                         .flops = row->unit == FMA || row->unit == F32 ? row->work : 0,
                         .bytes = tppc_run_bytes(p->run)};
  if (m->fma) {
    r->fma_peak = tppc_peak_work(m->fma) / tppc_estimate(samples(m, PEAK), n).median * 1e-9;
    r->of_fma = scaled(by_program(m, PEAK, n), r->flops / tppc_peak_work(m->fma));
  }
  if (m->copy) {
    r->copy_peak = tppc_peak_work(m->copy) / tppc_estimate(samples(m, COPIED), n).median * 1e-9;
    r->of_copy = scaled(by_program(m, COPIED, n), r->bytes / tppc_peak_work(m->copy));
  }
  r->n_peers = m->n_peers;
  for (int i = 0; i < m->n_peers; i++) {
    const BenchPeer *peer = &m->peer[FIRST_PEER + i];
    r->peers[i] = (TppcBenchPeer){.name = peer->name, .not_run = peer->not_run, .threads = 1};
    if (m->at[FIRST_PEER + i] < 0)
      continue;
    r->peers[i].seconds = tppc_estimate(samples(m, FIRST_PEER + i), n);
    r->peers[i].ratio = by_program(m, FIRST_PEER + i, n);
  }
}

/* False when something failed or was wrong. */
static bool measure_row(const Row *row, const Options *opt, TppcBenchResult *r) {
  Program p = {0};
  Measured m = {0};
  bool ok = open_program(&p, row, opt);
  if (ok && !open_contestants(&m, &p, row, opt->threads)) {
    TppcTiming timing = tppc_timing_default();
    timing.budget = opt->budget;
    TppcRounds rounds = tppc_measure(m.c, m.n, &timing);
    ok = rounds.status == 0;
    if (ok)
      fill_result(&m, &p, row, opt, rounds, r);
    tppc_contestants_free(m.c, m.n);
  } else {
    ok = false;
  }
  close_contestants(&m);
  close_program(&p);
  return ok;
}

/* ---- the table ---- */

/* The figure of a row in its unit, from a time relative to the program's. */
static TppcEstimate figure(const Row *row, const TppcBenchResult *r) {
  switch (row->unit) {
  case FMA:
    return scaled(r->of_fma, 100);
  case F32: /* of the peak when there are no peers */
    return scaled(r->n_peers ? r->peers[row->direct != NULL].ratio : r->of_fma, 100);
  case COPY:
    return scaled(r->of_copy, 100);
  default: {
    double rate = row->work * 1e-9;
    TppcEstimate s = r->seconds;
    return (TppcEstimate){rate / s.median, rate / s.high, rate / s.low, rate / s.best, s.rounds};
  }
  }
}

static const char *const units[] = {"% of FMA", "% of F32", "elem/ns", "% of copy"};

static void print_peers(const Row *row, const TppcBenchResult *r, double median, int digits) {
  for (int i = 0; i < r->n_peers; i++) {
    const TppcBenchPeer *peer = &r->peers[i];
    if (peer->not_run)
      printf("  %s not run (%s)", peer->name, peer->not_run);
    else if (i == 0 && row->direct)
      printf("  direct %.*f", digits, median / peer->ratio.median);
    else
      printf("  %s x %.2f", peer->name, peer->ratio.median);
  }
}

static void print_row(const Row *row, const TppcBenchResult *r) {
  TppcEstimate f = figure(row, r);
  bool elements = row->unit == ELEMENTS;
  /* Elements a ns are stated for a core of 100 GFLOPS. */
  double reach = elements && r->fma_peak > 0 ? row->reach * r->fma_peak / 100 : row->reach;
  int digits = elements ? 2 : 1;
  enum unit unit = row->unit == F32 && !r->n_peers ? FMA : row->unit;
  printf("%-28s%6.*f %-9s [%.*f, %.*f]%s", row->name, digits, f.median, units[unit], digits, f.low,
         digits, f.high, r->converged ? "" : "~");
  if (r->threads > 1)
    printf("  %d threads", r->threads);
  else if (reach > 0)
    printf("  target %.*f: %.0f %%", digits, reach, 100 * f.median / reach);
  print_peers(row, r, f.median, digits);
  if (r->again.low > 1.02 || r->again.high < 0.98)
    printf("  noisy: itself x %.2f", r->again.median);
  printf("\n");
  fflush(stdout);
}

static void print_head(const Options *opt) {
  double fma = tppc_peak(TPPC_PEAK_FMA_F32, 1);
  printf("One core: F32 FMA peak %.1f GFLOPS, clock %.2f GHz, copy in L2 %.0f, from memory %.0f "
         "GB/s; programs "
         "for %s\n",
         fma, tppc_peak(TPPC_PEAK_CLOCK, 1), tppc_peak(TPPC_PEAK_COPY_L2, 1),
         tppc_peak(TPPC_PEAK_COPY_MEMORY, 1), opt->march);
  printf("Figures are medians with their 95 %% interval (~: wider than 1 %%). 'x 1.20': the "
         "program is 1.20 "
         "times as fast.\n\n");
}

static bool read_options(Options *opt, int argc, char **argv) {
  bool narrow = !(tpp_cpu_isas() & TPP_ISA_AVX512) && (tpp_cpu_isas_unmasked() & TPP_ISA_AVX512);
  *opt = (Options){.budget = 1.5, .threads = 1, .march = narrow ? "x86-64-v3" : "native"};
  for (int i = 1; i < argc; i++) {
    if (!strncmp(argv[i], "-march=", 7))
      opt->march = argv[i] + 7;
    else if (i + 1 == argc)
      return false;
    else if (!strcmp(argv[i], "--only"))
      opt->only = argv[++i];
    else if (!strcmp(argv[i], "--threads"))
      opt->threads = (int)strtol(argv[++i], NULL, 10);
    else if (!strcmp(argv[i], "--json"))
      opt->json = argv[++i];
    else if (!strcmp(argv[i], "--budget"))
      opt->budget = strtod(argv[++i], NULL);
    else
      return false;
  }
  return opt->budget > 0 && opt->threads > 0;
}

static bool write_json(const char *path, const TppcBenchResult *r, int n) {
  TppcBuf b = {0};
  tppc_bench_json(&b, r, n);
  FILE *f = fopen(path, "w");
  bool ok = f && fwrite(b.data, 1, b.n, f) == b.n;
  ok = f && fclose(f) == 0 && ok;
  tppc_buf_free(&b);
  if (!ok)
    perror(path);
  return ok;
}

/* Other libraries get the instruction sets that TPP_ISA leaves; they ask when they are loaded. */
static void restrict_peers(void) {
  unsetenv("OPENBLAS_CORETYPE"); /* it forces a kernel upon OpenBLAS */
  if ((tpp_cpu_isas() & TPP_ISA_AVX512) || !(tpp_cpu_isas() & TPP_ISA_AVX2))
    return;
  setenv("OPENBLAS_CORETYPE", "Haswell", 1);
  setenv("DNNL_MAX_CPU_ISA", "AVX2", 1);
  setenv("LIBXSMM_TARGET", "hsw", 1);
}

int main(int argc, char **argv) {
  Options opt;
  if (!read_options(&opt, argc, argv)) {
    fprintf(stderr,
            "usage: bench_table [--only words] [--budget seconds] [--threads n] [--json file] "
            "[-march=cpu]\n");
    return 2;
  }
  restrict_peers();
  omp_set_num_threads(1);
  static TppcBenchResult results[ROWS];
  int n = 0, failed = 0;
  double start = tppc_now();
  print_head(&opt);
  for (int i = 0; i < ROWS; i++) {
    if (opt.only && !strstr(table[i].name, opt.only))
      continue;
    if (measure_row(&table[i], &opt, &results[n])) {
      print_row(&table[i], &results[n++]);
    } else {
      printf("%-27s FAILED\n", table[i].name);
      failed++;
    }
  }
  printf("\n%d rows, %.0f s\n", n, tppc_now() - start);
  if (opt.json && !write_json(opt.json, results, n))
    return 3;
  return failed ? 1 : 0;
}
