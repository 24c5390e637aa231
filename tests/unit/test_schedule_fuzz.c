/* Random nests under random schedules, executed point by point with virtual threads.
 *
 * What must hold: a schedule that is accepted gives the values that the statements give one after
 * the other, each over all its points; every thread reaches every barrier; and between two barriers
 * no element is written by one thread and touched by another. Values are 64-bit integers and
 * reductions are sums, so equality is exact. The region of a statement is not interpreted: a point
 * stores a hash of what it loads and of where it is. random_nests.c makes the programs.
 */
#include "passes/pass.h"

#include "random_nests.h"
#include "test.h"

#include <stdlib.h>

enum { MAX_THREADS = 5, MAX_ELEMENTS = 4096 };

/* One point of a statement on one thread, or a barrier (op NULL). */
typedef struct Event {
  const TppcOp *op;
  bool start; /* a contraction that starts its result here */
  int64_t at[MAX_SYMS];
} Event;

typedef struct Trace {
  Event *events;
  int n, cap;
} Trace;

typedef struct Machine {
  const Program *p;
  const char *sym[64]; /* the environment, innermost last */
  int64_t val[64];
  int n_syms;
  int tid, threads;
  uint64_t seed; /* of the dynamic policy */
  int par_instances;
  Trace *trace;
} Machine;

typedef struct Memory {
  uint64_t v[MAX_TENSORS][MAX_ELEMENTS];
  int writer[MAX_TENSORS][MAX_ELEMENTS],
      reader[MAX_TENSORS][MAX_ELEMENTS]; /* thread + 1 since the barrier, 9: several */
  bool raced, has_copies;
  /* Of parallel reductions: copy, then element. */
  uint64_t copy[MAX_COPIES][MAX_THREADS * MAX_ELEMENTS];
  int copy_writer[MAX_COPIES][MAX_THREADS * MAX_ELEMENTS],
      copy_reader[MAX_COPIES][MAX_THREADS * MAX_ELEMENTS];
} Memory;

/* ---- the points of a thread ---- */

static uint64_t mix(uint64_t a, uint64_t b) {
  a ^= b + UINT64_C(0x9e3779b97f4a7c15) + (a << 6) + (a >> 2);
  a *= UINT64_C(0xff51afd7ed558ccd);
  return a ^ (a >> 29);
}

static bool look_up(void *user, const char *sym, int64_t *v) {
  const Machine *m = user;
  for (int i = m->n_syms - 1; i >= 0; i--)
    if (m->sym[i] == sym) {
      *v = m->val[i];
      return true;
    }
  return false;
}

static int64_t eval(Machine *m, const TppcExpr *e) {
  int64_t v = 0;
  if (!tppc_e_eval(e, look_up, m, &v))
    abort();
  return v;
}

static void bind(Machine *m, const char *sym, int64_t v) {
  m->sym[m->n_syms] = sym;
  m->val[m->n_syms++] = v;
}

static void record(Machine *m, const TppcOp *op, bool start) {
  Trace *t = m->trace;
  if (t->n == t->cap) {
    t->cap = t->cap ? 2 * t->cap : 256;
    t->events = realloc(t->events, (size_t)t->cap * sizeof *t->events);
  }
  Event e = {.op = op, .start = start};
  for (int i = 0; op && i < n_syms(m->p); i++)
    if (!look_up(m, m->p->sym[i], &e.at[i]))
      e.at[i] = 0;
  t->events[t->n++] = e;
}

static void points(Machine *m, const TppcOp *op, int dim, bool start) {
  if (dim == op->n_dims) {
    record(m, op, start);
    return;
  }
  int64_t lo = eval(m, op->dims[dim].lo), hi = eval(m, op->dims[dim].hi);
  for (int64_t i = lo; i < hi; i++) {
    bind(m, op->dims[dim].sym, i);
    points(m, op, dim + 1, start);
    m->n_syms--;
  }
}

/* A contraction that starts over an empty sum writes zero to the elements of its tile. */
static void contract(Machine *m, const TppcOp *op) {
  bool start = op->kind == TPPC_OP_LCONTRACT ? eval(m, tppc_attr_expr(op, "init")) != 0
                                             : tppc_attr_int(op, "init", 0) != 0;
  if (start) {
    TppcOp zero = *op;
    TppcDim dims[MAX_LETTERS];
    zero.n_dims = 0;
    zero.dims = dims;
    for (int i = 0; i < op->n_dims; i++)
      for (int k = 0; k < op->uses[0].n_idx; k++)
        if (tppc_e_uses(op->uses[0].idx[k], op->dims[i].sym)) {
          dims[zero.n_dims++] = op->dims[i];
          break;
        }
    Trace *t = m->trace;
    int from = t->n;
    points(m, &zero, 0, true);
    for (int i = from; i < t->n; i++)
      t->events[i].op = op;
  }
  points(m, op, 0, false);
}

static void run(Machine *m, const TppcRegion *r);

static void run_for(Machine *m, const TppcOp *op) {
  int64_t lo = eval(m, op->dims[0].lo), hi = eval(m, op->dims[0].hi),
          step = eval(m, op->dims[0].step);
  for (int64_t i = lo; i < hi; i += step) {
    bind(m, op->dims[0].sym, i);
    run(m, &op->regions[0]);
    m->n_syms--;
  }
}

/* Cell d of a rectangle, whose longer side is halved again and again. */
static void cell(int64_t d, int64_t w, int64_t h, int64_t *x, int64_t *y) {
  if (w <= 1 && h <= 1)
    return;
  int64_t *at = w >= h ? x : y, half = (w >= h ? w : h) / 2, other = w >= h ? h : w;
  if (d < half * other) {
    cell(d, w >= h ? half : w, w >= h ? h : half, x, y);
    return;
  }
  *at += half;
  cell(d - half * other, w >= h ? w - half : w, w >= h ? h : h - half, x, y);
}

static void along_curve(const TppcOp *op, const TppcAttr *curve, const int64_t *trips, int64_t at,
                        int64_t *digit) {
  int a = -1, b = -1;
  for (int d = 0; d < op->n_dims; d++) {
    a = op->dims[d].sym == curve->list[0].s ? d : a;
    b = op->dims[d].sym == curve->list[1].s ? d : b;
  }
  digit[a] = digit[b] = 0;
  cell(at % (trips[a] * trips[b]), trips[a], trips[b], &digit[a], &digit[b]);
  at /= trips[a] * trips[b];
  for (int d = op->n_dims - 1; d >= 0; d--)
    if (d != a && d != b) {
      digit[d] = at % trips[d];
      at /= trips[d];
    }
}

/* Linearised over the trip counts of whole blocks: an inner dim of a letter blocked twice in the
 * group has as many iterations as its first block, and those beyond its end are empty. */
static void run_par(Machine *m, const TppcOp *op) {
  int64_t n = 1, trips[8], lo, hi, step;
  m->par_instances++;
  int mark = m->n_syms;
  for (int d = 0; d < op->n_dims; d++) {
    lo = eval(m, op->dims[d].lo);
    hi = eval(m, op->dims[d].hi);
    step = eval(m, op->dims[d].step);
    bind(m, op->dims[d].sym, lo);
    trips[d] = hi > lo ? (hi - lo + step - 1) / step : 0;
    n *= trips[d];
  }
  m->n_syms = mark;
  bool dynamic = strcmp(tppc_attr_word(op, "policy"), "dynamic") == 0;
  bool grid = tppc_attr(op, "part") != NULL;
  int64_t part = grid ? eval(m, tppc_attr_expr(op, "part")) : m->tid;
  int64_t parts = grid ? eval(m, tppc_attr_expr(op, "parts")) : m->threads;
  for (int64_t at = 0; at < n; at++) {
    bool mine =
        dynamic ? mix(m->seed + (uint64_t)m->par_instances, (uint64_t)at) % (uint64_t)m->threads ==
                      (uint64_t)m->tid
                : at >= n * part / parts && at < n * (part + 1) / parts;
    if (!mine)
      continue;
    int64_t rest = at, left = n;
    bool inside = true;
    const TppcAttr *curve = tppc_attr(op, "curve");
    int64_t digit[8];
    for (int d = 0; d < op->n_dims; d++) {
      left /= trips[d];
      digit[d] = rest / left;
      rest %= left;
    }
    if (curve)
      along_curve(op, curve, trips, at, digit);
    for (int d = 0; d < op->n_dims && inside; d++) {
      int64_t v = eval(m, op->dims[d].lo) + digit[d] * eval(m, op->dims[d].step);
      inside = v < eval(m, op->dims[d].hi);
      bind(m, op->dims[d].sym, v);
    }
    if (inside)
      run(m, &op->regions[0]);
    m->n_syms = mark;
  }
}

static void run(Machine *m, const TppcRegion *r) {
  for (const TppcOp *op = r->first; op; op = op->next) {
    if (op->kind == TPPC_OP_FOR)
      run_for(m, op);
    else if (op->kind == TPPC_OP_PAR)
      run_par(m, op);
    else if (op->kind == TPPC_OP_BARRIER)
      record(m, NULL, false);
    else if (op->kind == TPPC_OP_IF && eval(m, tppc_attr_expr(op, "when")))
      run(m, &op->regions[0]);
    else if (op->kind == TPPC_OP_TILE || op->kind == TPPC_OP_STMT)
      points(m, op, 0, false);
    else if (op->kind == TPPC_OP_LCONTRACT || op->kind == TPPC_OP_CONTRACT)
      contract(m, op);
  }
}

/* ---- memory ---- */

static int tensor_number(const Program *p, const TppcValue *v) {
  for (int i = 0; i < p->n_copies; i++)
    if (p->copies[i] == v)
      return i;
  return atoi(v->name + 1);
}

static bool is_copies(const TppcValue *v) {
  return strchr(v->name, '_') != NULL;
}

static uint64_t *element(Machine *m, Memory *mem, const TppcUse *u, int thread, bool write) {
  int t = tensor_number(m->p, u->value);
  int64_t at = 0;
  for (int d = 0; d < u->n_idx; d++)
    at = at * 8 + eval(m, u->idx[d]);
  bool copy = is_copies(u->value);
  mem->has_copies = mem->has_copies || copy;
  int *w = copy ? &mem->copy_writer[t][at] : &mem->writer[t][at];
  int *r = copy ? &mem->copy_reader[t][at] : &mem->reader[t][at];
  if ((*w && *w != thread + 1) || (write && *r && *r != thread + 1))
    mem->raced = true;
  if (write)
    *w = thread + 1;
  else
    *r = *r && *r != thread + 1 ? 9 : thread + 1;
  return copy ? &mem->copy[t][at] : &mem->v[t][at];
}

static uint64_t load_value(Machine *m, Memory *mem, const TppcUse *u, int thread, uint64_t hash) {
  uint64_t v = *element(m, mem, u, thread, false);
  return is_copies(u->value) ? v : mix(hash, v);
}

static void execute(Machine *m, Memory *mem, const Event *e, int thread) {
  m->n_syms = 0;
  for (int i = 0; i < n_syms(m->p); i++)
    bind(m, m->p->sym[i], e->at[i]);
  for (int i = 0; i < m->p->n_letters; i++)
    bind(m, m->p->size[i], m->p->extent[i]);
  bind(m, tppc_intern(m->p->cx->names, "tid"), thread);
  uint64_t hash = 1;
  if (e->op->n_regions == 0) {
    uint64_t *c = element(m, mem, &e->op->uses[0], thread, true);
    if (e->start) {
      *c = 0;
      return;
    }
    hash = load_value(m, mem, &e->op->uses[1], thread, hash);
    *c += load_value(m, mem, &e->op->uses[2], thread, hash);
    return;
  }
  bool constant = true;
  for (const TppcOp *op = e->op->regions[0].first; op; op = op->next) {
    if (op->kind == TPPC_OP_LOAD) {
      hash = load_value(m, mem, &op->uses[0], thread, hash);
      constant = false;
    } else if (op->kind == TPPC_OP_STORE) {
      uint64_t *to = element(m, mem, &op->uses[1], thread, true);
      *to = tppc_op_update(op) == TPPC_SET ? (constant ? 0 : hash) : *to + hash;
    }
  }
}

static void new_phase(Memory *mem) {
  memset(mem->writer, 0, sizeof mem->writer);
  memset(mem->reader, 0, sizeof mem->reader);
  if (mem->has_copies) {
    memset(mem->copy_writer, 0, sizeof mem->copy_writer);
    memset(mem->copy_reader, 0, sizeof mem->copy_reader);
  }
}

/* Copies hold anything at first, since what starts them is part of the schedule. */
static void fill(Memory *mem, int n_copies) {
  memset(mem->writer, 0, sizeof mem->writer);
  memset(mem->reader, 0, sizeof mem->reader);
  for (int t = 0; t < MAX_TENSORS; t++)
    for (int i = 0; i < MAX_ELEMENTS; i++)
      mem->v[t][i] = mix((uint64_t)t + 77, (uint64_t)i);
  for (int c = 0; c < n_copies; c++)
    for (int i = 0; i < MAX_THREADS * MAX_ELEMENTS; i++)
      mem->copy[c][i] = mix((uint64_t)c + 99, (uint64_t)i);
}

/* ---- threads ---- */

/* Phase by phase, the threads of a phase one after the other, in an order that changes. False when
 * they do not meet at the same barriers. */
static bool execute_all(Machine *m, Memory *mem, Trace *traces, int threads) {
  int at[MAX_THREADS] = {0};
  for (int phase = 0;; phase++) {
    int ended = 0;
    for (int k = 0; k < threads; k++) {
      int t = (k + phase) % threads;
      for (; at[t] < traces[t].n && traces[t].events[at[t]].op; at[t]++)
        execute(m, mem, &traces[t].events[at[t]], t);
      ended += at[t] == traces[t].n;
      at[t]++;
    }
    if (ended)
      return ended == threads;
    new_phase(mem);
  }
}

static void trace_with(const Program *p, const TppcRegion *r, int tid, int threads, uint64_t seed,
                       Trace *trace) {
  Machine m = {.p = p, .tid = tid, .threads = threads, .seed = seed, .trace = trace};
  for (int i = 0; i < p->n_letters; i++)
    bind(&m, p->size[i], p->extent[i]);
  bind(&m, tppc_intern(p->cx->names, "tid"), tid);
  bind(&m, tppc_intern(p->cx->names, "nthreads"), threads);
  run(&m, r);
}

static bool check_threads(const Program *p, const TppcRegion *r, int threads, const Memory *want) {
  Trace traces[MAX_THREADS] = {{0}};
  Machine m = {.p = p};
  Memory *got = calloc(1, sizeof *got);
  fill(got, p->n_copies);
  for (int t = 0; t < threads; t++)
    trace_with(p, r, t, threads, 5 + (uint64_t)threads, &traces[t]);
  bool met = execute_all(&m, got, traces, threads);
  bool ok = met && !got->raced && memcmp(got->v, want->v, sizeof got->v) == 0;
  if (!ok)
    printf("%d threads: %s%s%s\n", threads, met ? "" : "unmatched barriers ",
           got->raced ? "race " : "",
           memcmp(got->v, want->v, sizeof got->v) ? "values differ" : "");
  for (int t = 0; t < threads; t++)
    free(traces[t].events);
  free(got);
  return ok;
}

static void find_copies(Program *p) {
  const TppcOp *nest = p->kernel->regions[0].last;
  for (const TppcOp *op = nest->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_BUFFER && is_copies(op->results[0]) && p->n_copies < MAX_COPIES)
      p->copies[p->n_copies++] = op->results[0];
}

/* 0: refused, 1: right, 2: right and with a parallel reduction, 3: that under a grid of threads,
 * -1: wrong. */
static int try_one(uint64_t seed) {
  Program p;
  make_program(&p, seed);
  Trace serial = {0};
  Memory *want = calloc(1, sizeof *want);
  fill(want, 0);
  trace_with(&p, &p.nest->regions[0], 0, 1, 0, &serial);
  Machine m = {.p = &p};
  for (int i = 0; i < serial.n; i++)
    execute(&m, want, &serial.events[i], 0);
  TppcBuf before = {0};
  tppc_print_module(&before, p.module);
  TppcPassOptions opt = {0};
  int result = 0;
  if (tppc_pass_parallel_reductions(p.module, &opt) && tppc_pass_apply_schedule(p.module, &opt)) {
    find_copies(&p);
    result = p.grid ? 3 : p.reduces ? 2 : 1;
    const TppcOp *nest = p.kernel->regions[0].last;
    int most = tppc_attr_int(nest, "parallel", 1) ? MAX_THREADS : 1;
    for (int threads = 1; threads <= most; threads++)
      if (!check_threads(&p, &nest->regions[0], threads, want))
        result = -1;
    if (result < 0) {
      TppcBuf after = {0};
      tppc_print_module(&after, p.module);
      printf("seed %llu, sizes", (unsigned long long)seed);
      for (int i = 0; i < p.n_letters; i++)
        printf(" %s=%lld", p.size[i], (long long)p.extent[i]);
      printf("\n%s\n%s\n", before.data, after.data);
      tppc_buf_free(&after);
    }
  }
  tppc_buf_free(&before);
  free(serial.events);
  free(want);
  tppc_context_destroy(p.cx);
  return result;
}

static void random_nests(Test *t) {
  int accepted = 0, refused = 0, reduced = 0, grids = 0;
  const char *runs = getenv("TPPC_FUZZ_RUNS"), *first = getenv("TPPC_FUZZ_SEED");
  uint64_t n = runs ? strtoull(runs, NULL, 10) : 4000, from = first ? strtoull(first, NULL, 10) : 1;
  for (uint64_t seed = from; seed < from + n && t->failures < 3; seed++) {
    int r = try_one(seed);
    CHECK(t, r >= 0);
    accepted += r >= 1;
    reduced += r >= 2;
    grids += r == 3;
    refused += r == 0;
  }
  printf("%d accepted, %d refused, %d with parallel reductions, %d of them under grids\n", accepted,
         refused, reduced, grids);
  CHECK(t, runs || accepted > 1000);
  CHECK(t, runs || refused > 100);
  CHECK(t, runs || reduced > 100);
  CHECK(t, runs || grids > 20);
}

TEST_MAIN({"schedule.random_nests", random_nests})
