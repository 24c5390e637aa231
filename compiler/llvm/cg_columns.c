/* Column accumulators: updates that sum over outer dimensions of a tile, kept in registers.
 *
 *   y[i] += x[i + t] * h[t]  over t and vectors of i
 *
 * Row by row every element of y would be loaded and stored once a t, which is three accesses of
 * memory for each of x. Here the vectors of i are the outer loop: a few of them stay in registers
 * over all t. To keep what is read in whole rows, and so within reach of the hardware's prefetcher,
 * the outermost summed dimension is cut in parts of CHUNK steps, outside of the vectors:
 *
 *   for dims that index the destination
 *     for parts of the first summed dimension
 *       for (n = lo; n < hi; n += slots * W)
 *         accumulators = destination
 *         for summed dims  body * slots
 *         destination = accumulators
 *
 * The order in which an element is summed is the one of the rows.
 *
 * The entries of a line of a sparse tensor are such a sum when nothing that is stored moves with
 * them: for Y[m, k] += A[m, n] * X[n, k] each entry is then a spread value and a row of X, and the
 * walk is the outermost of the summed loops. Its rows are anywhere, so it is not cut.
 */
#include "llvm/cg.h"

enum { CHUNK = 16, MAX_ACCUMULATORS = 8 };

/* What the loop over the entries gives a value. */
static bool is_walked(const TppcOp *walk, const TppcExpr *e) {
  return walk && (tppc_e_uses(e, walk->dims[0].sym) || tppc_e_uses(e, tppc_attr_word(walk, "at")));
}

/* A destination that is a vector wherever the last dimension is, and that nothing else touches. */
static bool is_column(Cg *g, const TppcOp *store, const char *vsym) {
  const TppcUse *to = &store->uses[1];
  int elem = to->value->type->elem;
  if (tppc_op_update(store) == TPPC_SET || tppc_attr(store, "valid") || cg_is_atomic(g, store) ||
      !to->n_idx || cg_stride(g, to, vsym) != CG_UNIT || tppc_elem_compute(elem) != elem ||
      elem == TPP_BIT || tppc_e_has_bound(to->idx[0]))
    return false;
  for (TppcOp *op = store->in->first; op; op = op->next)
    for (int i = 0; i < op->n_uses; i++)
      if (op->uses[i].value == to->value && !(op == store && i == 1))
        return false;
  return true;
}

static bool uses_any(const TppcExpr *e, const TppcOp *tile, const bool *which) {
  for (int i = 0; i < tile->n_dims; i++)
    if (which[i] && tppc_e_uses(e, tile->dims[i].sym))
      return true;
  return false;
}

/* Dims that no destination has may go inside of the vectors when their bounds, and those of the
 * others, do not say otherwise. */
static bool may_move(const CgTile *t, const bool *vector) {
  const TppcOp *op = t->op;
  bool any = t->walk != NULL;
  for (int i = 0; i < op->n_dims; i++) {
    const TppcDim *d = &op->dims[i];
    const bool *inner = t->summed[i] ? vector : t->summed;
    if (uses_any(d->lo, op, inner) || uses_any(d->hi, op, inner))
      return false;
    if (!t->summed[i] && (is_walked(t->walk, d->lo) || is_walked(t->walk, d->hi)))
      return false;
    any = any || t->summed[i];
  }
  return any;
}

static void find_summed(CgTile *t) {
  TppcOp *op = t->op;
  for (int i = 0; i + 1 < op->n_dims; i++) {
    t->summed[i] = true;
    for (TppcOp *o = op->regions[0].first; o; o = o->next)
      if (o->kind == TPPC_OP_STORE && tppc_e_uses(o->uses[1].idx[0], op->dims[i].sym))
        t->summed[i] = false;
  }
}

bool cg_columns_add(Cg *g, CgTile *t) {
  TppcOp *op = t->op;
  bool vector[CG_MAX_DIMS] = {false};
  int n = 0;
  for (TppcOp *o = op->regions[0].first; o; o = o->next)
    if (o->kind == TPPC_OP_STORE) {
      if (!is_column(g, o, t->vsym) || is_walked(t->walk, o->uses[1].idx[0]))
        return false;
      n++;
    }
  if (t->lanes == 1 || !n || n > MAX_ACCUMULATORS)
    return false;
  vector[op->n_dims - 1] = true;
  find_summed(t);
  t->columns = may_move(t, vector);
  if (!t->columns) {
    for (int i = 0; i < op->n_dims; i++)
      t->summed[i] = false;
    return false;
  }
  while (t->slots * n > MAX_ACCUMULATORS)
    t->slots /= 2;
  for (TppcOp *o = op->regions[0].first; o; o = o->next)
    if (o->kind == TPPC_OP_STORE)
      cg_reduction_new(g, t, o);
  return true;
}

/* Symbols stand for the first lane. */
static void move(Cg *g, CgTile *t, CgReduction *r, int lanes, Val mask, int slot, bool in) {
  const TppcUse *to = &r->store->uses[1];
  CgSlot *s = cg_slot(g, to->value);
  Val at = cg_expr(g, to->idx[0]), acc = r->acc[lanes == 1 ? t->slots : slot];
  LLVMTypeRef type = cg_lanes(g, cg_compute_type(g, r->elem), lanes);
  g->lanes = lanes;
  if (in && lanes == 1)
    LLVMBuildStore(g->b, cg_load_element(g, s, at), acc);
  else if (in)
    LLVMBuildStore(g->b, cg_load_vector(g, s, at, mask, t->left), acc);
  else if (lanes == 1)
    cg_store_element(g, s, at, LLVMBuildLoad2(g->b, type, acc, ""), r->elem);
  else
    cg_store_vector(g, s, at, LLVMBuildLoad2(g->b, type, acc, ""), mask, t->left);
  g->lanes = 1;
}

static void move_all(Cg *g, CgTile *t, Val at, int lanes, Val mask, int slots, bool in) {
  for (int slot = 0; slot < slots; slot++) {
    cg_sym_push(g, t->vsym, LLVMBuildNSWAdd(g->b, at, cg_i64(g, (int64_t)slot * lanes), ""));
    for (int i = 0; i < t->reductions.n; i++)
      move(g, t, &t->reductions.data[i], lanes, mask, slot, in);
    cg_sym_pop(g, 1);
  }
}

static int first_summed(const CgTile *t) {
  int d = 0;
  while (!t->summed[d])
    d++;
  return d;
}

/* The loops over summed dims from d on. */
static void summed_loops(Cg *g, CgTile *t, int d, Val at, int lanes, Val mask, int slots) {
  while (d < t->op->n_dims && !t->summed[d])
    d++;
  if (d == t->op->n_dims) {
    cg_tile_bodies(g, t, at, lanes, mask, slots);
    return;
  }
  const TppcDim *dim = &t->op->dims[d];
  bool part = t->part_hi && d == first_summed(t);
  Val lo = part ? t->part_lo : cg_expr(g, dim->lo), hi = part ? t->part_hi : cg_expr(g, dim->hi);
  CgLoop l = cg_dim_begin(g, dim, lo, hi);
  summed_loops(g, t, d + 1, at, lanes, mask, slots);
  cg_dim_end(g, &l);
}

void cg_columns_points(Cg *g, CgTile *t, Val at, int lanes, Val mask, int slots) {
  move_all(g, t, at, lanes, mask, slots, true);
  CgLoop entries;
  if (t->walk)
    entries = cg_walk_begin(g, t->walk);
  summed_loops(g, t, 0, at, lanes, mask, slots);
  if (t->walk)
    cg_walk_end(g, &entries);
  move_all(g, t, at, lanes, mask, slots, false);
}

void cg_columns_loops(Cg *g, CgTile *t) {
  if (t->walk) {
    cg_tile_vectors(g, t);
    return;
  }
  const TppcDim *first = &t->op->dims[first_summed(t)];
  const TppcExpr *extent =
      tppc_e_simplify(g->cx, tppc_e_sub(g->cx, first->hi, first->lo), &g->facts);
  int64_t n;
  if (tppc_e_const(extent, &n) && n <= 2 * CHUNK) {
    cg_tile_vectors(g, t);
    return;
  }
  Val hi = cg_expr(g, first->hi), chunk = cg_i64(g, CHUNK);
  CgLoop l = cg_loop_begin(g, cg_expr(g, first->lo), hi, chunk, "part");
  t->part_lo = l.iv;
  t->part_hi = cg_min(g, LLVMBuildNSWAdd(g->b, l.iv, chunk, ""), hi);
  cg_tile_vectors(g, t);
  t->part_lo = t->part_hi = NULL;
  cg_loop_end(g, &l);
}
