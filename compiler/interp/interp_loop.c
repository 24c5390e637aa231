/* Scheduled nests on virtual threads.
 *
 * The body of a nest is run by every thread of its team. Control flow outside of shared loops is
 * the same for all of them, so it is walked once, with the set of threads that are in it;
 * statements there run once for each. The iterations of a shared loop belong to one thread: of n
 * iterations thread t of P has [t*n/P, (t+1)*n/P). Where work is shared out on demand nothing is
 * known of the thread, so each chunk counts as one of its own.
 *
 * The threads run one after the other. That is one of the orders in which they may run, and the
 * values are those of that order; that all orders give the same is what race detection shows
 * (interp_race.c).
 */
#include "interp/interp_internal.h"
#include "support/memory.h"

#include <string.h>

static void run_region(Frame *f, TppcRegion *r);

static const char *tid(const Frame *f) {
  return tppc_intern(f->in->cx->names, "tid");
}

static void become(Frame *f, int thread, int owner) {
  f->in->thread = thread;
  f->in->owner = owner;
  tppc_env_set(&f->env, tid(f), thread);
}

/* ---- buffers ---- */

static void make_buffer(Frame *f, TppcOp *op) {
  Interp *in = f->in;
  const char *space = tppc_attr_word(op, "space");
  if (tppc_map_get(&f->stores, op->results[0]))
    return;
  Store *s = frame_own_store(f, op);
  if (!s || !space || strcmp(space, "thread") != 0)
    return;
  Store **copies = tppc_zeroed((size_t)in->threads, sizeof *copies);
  for (int t = 0; t < in->threads; t++)
    copies[t] = store_new(in, op->results[0]->type, &f->env, NULL);
  s->copies = copies;
}

/* ---- statements ---- */

static void run_leaf(Frame *f, TppcOp *op, void (*run)(Frame *f, TppcOp *op)) {
  Interp *in = f->in;
  int owner = in->owner;
  for (int t = in->threads - 1; t >= 0 && frame_going(f); t--) {
    if (!(in->active >> t & 1))
      continue;
    become(f, t, owner >= 0 ? owner : t);
    run(f, op);
  }
  in->owner = owner;
}

/* ---- control ---- */

static bool range_of(Frame *f, const TppcDim *d, int64_t *lo, int64_t *hi, int64_t *step) {
  *lo = 0;
  *step = 1;
  bool ok = (!d->lo || tppc_env_eval(&f->env, d->lo, lo)) && tppc_env_eval(&f->env, d->hi, hi) &&
            (!d->step || tppc_env_eval(&f->env, d->step, step));
  if (!ok || *step <= 0)
    f->in->status = TPP_ERR_SIZE;
  return ok && *step > 0;
}

static void run_for(Frame *f, TppcOp *op) {
  int64_t lo, hi, step;
  if (!range_of(f, &op->dims[0], &lo, &hi, &step))
    return;
  for (int64_t v = lo; v < hi && frame_going(f); v += step) {
    tppc_env_set(&f->env, op->dims[0].sym, v);
    run_region(f, &op->regions[0]);
  }
}

/* The stored entries of one line, with the position of each and the first row or column of it. */
static void run_walk(Frame *f, TppcOp *op) {
  const TppcTensor *t = frame_store(f, op->uses[0].value)->sparse;
  TppcBlocking b = tppc_tensor_blocking(t);
  int64_t line = -1, lines = b.by_columns ? b.blocks_c : b.blocks_r;
  if (!tppc_env_eval(&f->env, op->uses[0].idx[0], &line) || line < 0 || line >= lines) {
    f->in->status = TPP_ERR_INDEX;
    return;
  }
  for (int i = 1; i < op->n_uses; i++)
    if (!same_pattern(t, frame_store(f, op->uses[i].value)->sparse)) {
      f->in->status = TPP_ERR_FORMAT;
      return;
    }
  for (int64_t e = t->ptr[line]; e < t->ptr[line + 1] && frame_going(f); e++) {
    int64_t row, col;
    tppc_sparse_entry(t, line, e, &row, &col);
    tppc_env_set(&f->env, op->dims[0].sym, b.by_columns ? row : col);
    tppc_env_set(&f->env, tppc_attr_word(op, "at"), e);
    run_region(f, &op->regions[0]);
  }
}

/* The condition may ask which thread it is. */
static void run_if(Frame *f, TppcOp *op) {
  Interp *in = f->in;
  uint64_t all = in->active, some = 0;
  int owner = in->owner;
  for (int t = 0; t < in->threads; t++) {
    int64_t v = 0;
    if (!(all >> t & 1))
      continue;
    become(f, t, owner);
    if (!tppc_env_eval(&f->env, tppc_attr_expr(op, "when"), &v))
      in->status = TPP_ERR_SIZE;
    some |= (uint64_t)(v != 0) << t;
  }
  in->active = some;
  if (some)
    run_region(f, &op->regions[0]);
  in->active = all;
}

/* Trip counts with outer variables of the group at their first values, where blocks are whole. */
static int64_t count_trips(Frame *f, TppcOp *op, int64_t *trips) {
  int64_t n = 1;
  for (int d = 0; d < op->n_dims; d++) {
    int64_t lo, hi, step;
    if (!range_of(f, &op->dims[d], &lo, &hi, &step))
      return 0;
    trips[d] = hi > lo ? (hi - lo) / step + ((hi - lo) % step != 0) : 0;
    n *= trips[d];
    tppc_env_set(&f->env, op->dims[d].sym, lo);
  }
  return n;
}

/* Point d of the curve over w x h cells: the longer side is halved, and d is in the first half or
 * in the second, each walked likewise. */
static void curve_point(int64_t d, int64_t w, int64_t h, int64_t *x, int64_t *y) {
  *x = *y = 0;
  while (w > 1 || h > 1) {
    bool wide = w >= h;
    int64_t half = (wide ? w : h) / 2, cells = half * (wide ? h : w);
    bool second = d >= cells;
    d -= second ? cells : 0;
    *(wide ? x : y) += second ? half : 0;
    int64_t *side = wide ? &w : &h;
    *side = second ? *side - half : half;
  }
}

/* The digits of iteration i where two dims follow a curve, as the last two, and the others come
 * before them. */
static void curve_digits(TppcOp *op, const int64_t *trips, int64_t i, int64_t *digit) {
  const TppcAttr *curve = tppc_attr(op, "curve");
  int at[2] = {0, 0};
  for (int d = 0; d < op->n_dims; d++)
    for (int k = 0; k < 2; k++)
      if (op->dims[d].sym == curve->list[k].s)
        at[k] = d;
  int64_t cells = trips[at[0]] * trips[at[1]];
  curve_point(i % cells, trips[at[0]], trips[at[1]], &digit[at[0]], &digit[at[1]]);
  i /= cells;
  for (int d = op->n_dims - 1; d >= 0; d--)
    if (d != at[0] && d != at[1]) {
      digit[d] = i % trips[d];
      i /= trips[d];
    }
}

/* Sets the variables of iteration i; false when it is beyond the end of a ragged block. */
static bool set_iteration(Frame *f, TppcOp *op, const int64_t *trips, int64_t i) {
  int64_t digit[MAX_LETTERS];
  if (tppc_attr(op, "curve"))
    curve_digits(op, trips, i, digit);
  for (int d = op->n_dims - 1; d >= 0 && !tppc_attr(op, "curve"); d--) {
    digit[d] = i % trips[d];
    i /= trips[d];
  }
  for (int d = 0; d < op->n_dims; d++) {
    int64_t lo, hi, step;
    if (!range_of(f, &op->dims[d], &lo, &hi, &step) || lo + digit[d] * step >= hi)
      return false;
    tppc_env_set(&f->env, op->dims[d].sym, lo + digit[d] * step);
  }
  return true;
}

static void run_iterations(Frame *f, TppcOp *op, const int64_t *trips, int64_t first, int64_t last,
                           int thread, int owner) {
  f->in->active = UINT64_C(1) << thread;
  for (int64_t i = first; i < last && frame_going(f); i++) {
    f->in->owner = owner;
    if (set_iteration(f, op, trips, i))
      run_region(f, &op->regions[0]);
  }
}

/* Where a thread stands along the axis of a grid, and how long it is. */
static int64_t coordinate(Frame *f, TppcOp *op, int thread, const char *key) {
  int64_t v = 0;
  tppc_env_set(&f->env, tid(f), thread);
  if (!tppc_env_eval(&f->env, tppc_attr_expr(op, key), &v))
    f->in->status = TPP_ERR_SIZE;
  return v;
}

/* A loop of a grid: threads at one coordinate run the same iterations, inside of which another loop
 * may tell them apart. */
static void run_grid(Frame *f, TppcOp *op, const int64_t *trips, int64_t n) {
  Interp *in = f->in;
  uint64_t all = in->active;
  int64_t parts = coordinate(f, op, 0, "parts");
  for (int64_t at = parts - 1; at >= 0 && frame_going(f); at--) {
    uint64_t some = 0;
    for (int t = 0; t < in->threads; t++)
      if ((all >> t & 1) && coordinate(f, op, t, "part") == at)
        some |= UINT64_C(1) << t;
    for (int64_t i = at * n / parts; some && i < (at + 1) * n / parts && frame_going(f); i++) {
      in->active = some;
      if (set_iteration(f, op, trips, i))
        run_region(f, &op->regions[0]);
    }
  }
  in->active = all;
}

static void run_par(Frame *f, TppcOp *op) {
  Interp *in = f->in;
  int64_t trips[MAX_LETTERS];
  uint64_t all = in->active;
  int owner = in->owner;
  if (op->n_dims > MAX_LETTERS) {
    frame_refuse(f, op);
    return;
  }
  int64_t n = count_trips(f, op, trips), chunk = tppc_attr_int(op, "chunk", 1);
  const char *policy = tppc_attr_word(op, "policy");
  if (tppc_attr(op, "part")) {
    run_grid(f, op, trips, n);
    return;
  }
  if (policy && !strcmp(policy, "dynamic")) {
    chunk = chunk > 0 ? chunk : 1;
    for (int64_t c = (n - 1) / chunk; n > 0 && c >= 0; c--)
      run_iterations(f, op, trips, c * chunk, (c + 1) * chunk < n ? (c + 1) * chunk : n,
                     (int)(c % in->threads), in->next_owner++);
    in->stretch++; /* its end is a barrier */
  } else {
    for (int t = in->threads - 1; t >= 0; t--)
      run_iterations(f, op, trips, t * n / in->threads, (t + 1) * n / in->threads, t, t);
  }
  in->active = all;
  in->owner = owner;
}

static void run_scheduled(Frame *f, TppcOp *nest) {
  Interp *in = f->in;
  int threads = in->threads;
  const TppcExpr *when = tppc_attr_expr(nest, "when");
  int64_t taken = 1;
  if (when && !tppc_env_eval(&f->env, when, &taken))
    in->status = TPP_ERR_SIZE;
  if (!taken)
    return;
  if (!tppc_attr_int(nest, "parallel", 1))
    in->threads = 1;
  in->active = in->threads == 64 ? ~UINT64_C(0) : (UINT64_C(1) << in->threads) - 1;
  in->owner = -1;
  tppc_env_set(&f->env, tppc_intern(in->cx->names, "nthreads"), in->threads);
  run_region(f, &nest->regions[0]);
  in->threads = threads;
  in->stretch++;
  become(f, 0, 0);
}

void run_loop_op(Frame *f, TppcOp *op) {
  switch (op->kind) {
  case TPPC_OP_BUFFER:
    make_buffer(f, op);
    break;
  case TPPC_OP_LNEST:
    run_scheduled(f, op);
    break;
  case TPPC_OP_FOR:
    run_for(f, op);
    break;
  case TPPC_OP_WALK:
    run_walk(f, op);
    break;
  case TPPC_OP_PAR:
    run_par(f, op);
    break;
  case TPPC_OP_IF:
    run_if(f, op);
    break;
  case TPPC_OP_BARRIER:
    f->in->stretch++;
    break;
  case TPPC_OP_TILE:
    run_leaf(f, op, run_stmt);
    break;
  case TPPC_OP_LCONTRACT:
    run_leaf(f, op, run_contract);
    break;
  case TPPC_OP_SELECT:
  case TPPC_OP_PREFETCH:
    break;
  case TPPC_OP_BRGEMM:
  case TPPC_OP_SGEMM:
    run_leaf(f, op, run_call_of_kernel);
    break;
  default:
    frame_refuse(f, op);
    break;
  }
}

static void run_region(Frame *f, TppcRegion *r) {
  for (TppcOp *op = r->first; op && frame_going(f); op = op->next)
    run_loop_op(f, op);
}
