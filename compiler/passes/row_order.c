/* row-order: tiles that work on the same rows one after the other do so row by row.
 *
 *   loop.tile [m, n] { g[m] max= X[m, n] }
 *   loop.tile [m, n] { e[m, n] = exp(X[m, n] - g[m]), l[m] += e[m, n] }
 *   loop.tile [m, n] { Y[m, n] = e[m, n] / l[m] }
 *   -->  loop.for [m1 = m0 to min(m0 + 8, M)] { the three tiles on [m = m1 to m1 + 1, n] }
 *
 * Tiles that a reduction keeps from becoming one pass read their operands again from wherever the
 * tile before left them. Row by row that is the first cache, and a temporary needs one row of
 * storage. The order of the points of one row stays what it was, and rows may be taken in any order
 * as long as no tile touches what another one writes in another row: every such pair of accesses
 * has the row's letter as an index in the same place. Loops over parts of the rows (n0) are taken
 * along. A letter that vectors run along is no row where the tile has no other for them. Tiles
 * known to be small stay: all their rows fit in the cache together, and independent rows hide the
 * latency of each other's sums.
 */
#include "passes/pass.h"
#include "passes/rewrite.h"

enum {
  SMALL = 2048, /* points of a tile */
  FEW = 8       /* elements that are no vector */
};

/* Ops first..last of one region. */
typedef struct Run {
  TppcContext *cx;
  TppcOp *first, *last;
} Run;

/* A tile, or serial loops around nothing but tiles. */
static bool only_tiles(const TppcOp *op) {
  if (op->kind == TPPC_OP_TILE)
    return true;
  if (op->kind != TPPC_OP_FOR || !op->regions[0].first)
    return false;
  for (const TppcOp *o = op->regions[0].first; o; o = o->next)
    if (!only_tiles(o))
      return false;
  return true;
}

/* The first tile at or below op, and the one behind `tile` below op. */
static TppcOp *first_tile(TppcOp *op) {
  while (op->kind != TPPC_OP_TILE)
    op = op->regions[0].first;
  return op;
}

static TppcOp *next_tile(TppcOp *op, TppcOp *tile) {
  if (tile == op)
    return NULL;
  TppcRegion *root = &op->regions[0];
  for (tile = tppc_skip_op(root, tile); tile; tile = tppc_next_op(root, tile))
    if (tile->kind == TPPC_OP_TILE)
      return tile;
  return NULL;
}

static bool is_one(TppcContext *cx, const TppcDim *d) {
  return tppc_e_is(tppc_e_shift(cx, d->hi, d->lo), 1);
}

/* Every tile below op has the row dimension with these bounds. */
static bool has_rows(TppcOp *op, const TppcDim *row) {
  for (TppcOp *t = first_tile(op); t; t = next_tile(op, t)) {
    const TppcDim *d = tppc_op_dim(t, row->sym);
    if (!d || d->lo != row->lo || d->hi != row->hi)
      return false;
  }
  return true;
}

/* Some index of both accesses is the row. */
static bool same_row(const TppcUse *a, const TppcUse *b, const char *row) {
  for (int i = 0; i < a->n_idx && i < b->n_idx; i++)
    if (a->idx[i] == b->idx[i] && a->idx[i]->kind == TPPC_E_SYM && a->idx[i]->sym == row)
      return true;
  return false;
}

/* One store that combines: its order over the rows stays. */
static bool is_sum(const TppcOp *x, const TppcOp *y) {
  return x == y && x->kind == TPPC_OP_STORE && tppc_op_update(x) != TPPC_SET;
}

static bool meet_in_row(const void *row, const TppcTouch *x, const TppcTouch *y) {
  return is_sum(x->op, y->op) || same_row(x->use, y->use, row);
}

/* The run may grow by op: its rows have nothing to do with other rows of the run, nor of itself. */
static bool rows_apart(Run run, TppcOp *op, const char *row) {
  run.last = op;
  for (TppcOp *o = run.first;; o = o->next) {
    for (TppcOp *a = first_tile(o); a; a = next_tile(o, a))
      for (TppcOp *b = first_tile(op); b; b = next_tile(op, b))
        if (!tppc_conflicts_allowed(&a->regions[0], &b->regions[0], meet_in_row, row))
          return false;
    if (o == run.last)
      return true;
  }
}

/* Some access of the tile is contiguous along the letter. */
static bool runs_along(TppcContext *cx, TppcOp *tile, const char *sym) {
  for (TppcOp *op = tile->regions[0].first; op; op = op->next)
    for (int i = 0; i < op->n_uses; i++) {
      const TppcUse *u = &op->uses[i];
      int run = u->n_idx ? tppc_t_run_dim(u->value->type) : -1;
      const TppcExpr *step = run >= 0 ? tppc_e_coeff(cx, u->idx[run], sym, NULL) : NULL;
      if (step && tppc_e_is(step, 1))
        return true;
    }
  return false;
}

/* Row by row, a tile with other points still has one of its letters for vectors, if it has now. */
static bool keeps_vectors(TppcContext *cx, TppcOp *op, const char *row) {
  for (TppcOp *t = first_tile(op); t; t = next_tile(op, t)) {
    bool more = false, vectors = false;
    for (int i = 0; i < t->n_dims; i++) {
      const TppcDim *d = &t->dims[i];
      int64_t n;
      if (d->sym == row || is_one(cx, d))
        continue;
      more = true;
      bool few = tppc_e_const(tppc_tile_len(cx, t, d), &n) && n < FEW;
      vectors = vectors || (!few && runs_along(cx, t, d->sym));
    }
    if (more && !vectors && runs_along(cx, t, row))
      return false;
  }
  return true;
}

/* Points of the tile, INT64_MAX when that is not known. */
static int64_t points(TppcContext *cx, TppcOp *tile) {
  int64_t all = 1, n;
  const TppcOp *kernel = tppc_op_ancestor(tile, TPPC_OP_KERNEL);
  for (int i = 0; i < tile->n_dims; i++) {
    const TppcExpr *len = tppc_tile_len(cx, tile, &tile->dims[i]);
    const TppcExpr *bound = tppc_len_bound(cx, len, kernel);
    if (!bound || !tppc_e_const(bound, &n) || n > SMALL)
      return INT64_MAX;
    all = all * n > SMALL ? SMALL + 1 : all * n;
  }
  return all;
}

/* Worth it: several tiles have points beside the rows, and some loop or tile of them is large. */
static bool pays(const Run *run, const char *row) {
  int wide = 0;
  bool large = false;
  for (TppcOp *o = run->first;; o = o->next) {
    for (TppcOp *t = first_tile(o); t; t = next_tile(o, t)) {
      bool more = false;
      for (int i = 0; i < t->n_dims; i++)
        more = more || (t->dims[i].sym != row && !is_one(run->cx, &t->dims[i]));
      wide += more;
      large = large || o->kind == TPPC_OP_FOR || points(run->cx, t) > SMALL;
    }
    if (o == run->last)
      return wide > 1 && large;
  }
}

static void make_loop(Run *run, const TppcDim *row) {
  TppcContext *cx = run->cx;
  TppcDim d = *row;
  TppcOp *kernel = tppc_op_ancestor(run->first, TPPC_OP_KERNEL);
  const char *var = tppc_fresh_name(cx, kernel, d.sym);
  TppcOp *loop = tppc_op_new(cx, TPPC_OP_FOR, run->first->span);
  const TppcExpr *lo = tppc_e_sym(cx, var), *one = tppc_e_int(cx, 1);
  tppc_op_add_dim(cx, loop, var, d.lo, d.hi, one, d.span);
  tppc_op_insert_before(run->first, loop);
  TppcOp *end = run->last->next;
  for (TppcOp *op = run->first, *next; op != end; op = next) {
    next = op->next;
    for (TppcOp *t = first_tile(op); t; t = next_tile(op, t)) {
      TppcDim *own = tppc_op_dim(t, d.sym);
      own->lo = lo;
      own->hi = tppc_e_add(cx, lo, one);
    }
    tppc_op_unlink(op);
    tppc_op_append(&loop->regions[0], op);
  }
}

/* The longest run from `first` on over the rows of one of its dims. */
static TppcOp *try_run(TppcContext *cx, TppcOp *first) {
  const TppcOp *tile = first_tile(first);
  for (int i = 0; i < tile->n_dims; i++) {
    const TppcDim *row = &tile->dims[i];
    Run run = {cx, first, first};
    if (is_one(cx, row) || !has_rows(first, row) || !rows_apart(run, first, row->sym) ||
        !keeps_vectors(cx, first, row->sym) || tppc_e_defined_in(row->lo, tile, first->in) ||
        tppc_e_defined_in(row->hi, tile, first->in))
      continue;
    for (TppcOp *op = first->next; op && only_tiles(op) && has_rows(op, row) &&
                                   rows_apart(run, op, row->sym) && keeps_vectors(cx, op, row->sym);
         op = op->next)
      run.last = op;
    if (run.last == run.first || !pays(&run, row->sym))
      continue;
    make_loop(&run, row);
    return run.first->in->parent;
  }
  return NULL;
}

static void region(TppcContext *cx, TppcRegion *r) {
  for (TppcOp *op = r->first; op; op = op->next) {
    TppcOp *loop = only_tiles(op) ? try_run(cx, op) : NULL;
    if (loop)
      op = loop;
    for (int i = 0; op->kind != TPPC_OP_TILE && i < op->n_regions; i++)
      region(cx, &op->regions[i]);
  }
}

bool tppc_pass_row_order(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  for (TppcOp *k = m->body.first; k; k = k->next)
    for (TppcOp *nest = tppc_next_item(k, NULL); nest; nest = tppc_next_item(k, nest))
      if (nest->kind == TPPC_OP_LNEST)
        region(m->cx, &nest->regions[0]);
  return true;
}
