/* Iterations and footprints, from intervals.
 *
 * An access of level rt is one offset. The elements that it meets are the product of the values of
 * the loop variables in it, because distinct values of them mean distinct elements in all but
 * overlapping windows; a tensor has no more than its own. Loops around the iteration stand at their
 * first one, so blocks are whole.
 */
#include "api/footprint.h"

#include <string.h>

typedef struct Range {
  const char *sym;
  int64_t lo, hi, step; /* hi exclusive */
} Range;

typedef struct Touched {
  const TppcType *type;
  const TppcValue *tensor;
  double elements;
} Touched;

typedef struct Walk {
  TppcContext *cx;
  TppcFacts facts;
  TppcVec(Range) ranges;
  TppcVec(Touched) touched;
  bool unknown;
} Walk;

int64_t tppc_trips(TppcContext *cx, const TppcOp *op, const TppcDim *d) {
  TppcFacts facts = tppc_facts_at(cx, op);
  const TppcExpr *extent = tppc_e_sub(cx, d->hi, d->lo ? d->lo : tppc_e_int(cx, 0));
  if (d->step)
    extent = tppc_e_ceildiv(cx, extent, d->step);
  bool has_lo, has_hi;
  int64_t lo, hi;
  extent = tppc_e_simplify(cx, extent, &facts);
  tppc_e_bounds(extent, &facts, &has_lo, &lo, &has_hi, &hi);
  return has_hi ? hi : -1;
}

static bool interval(Walk *w, const TppcExpr *e, int64_t *lo, int64_t *hi) {
  bool has_lo, has_hi;
  tppc_e_bounds(e, &w->facts, &has_lo, lo, &has_hi, hi);
  return has_lo && has_hi;
}

/* whole: the variable takes all its values; otherwise its first. */
static void add_dim(Walk *w, const TppcDim *d, bool whole) {
  int64_t first, last, end, unused, step = 1;
  const TppcExpr *lo = d->lo ? d->lo : tppc_e_int(w->cx, 0);
  if (!interval(w, lo, &first, &last) || !interval(w, d->hi, &unused, &end) ||
      (d->step && !tppc_e_const(d->step, &step))) {
    w->unknown = true;
    return;
  }
  if (!whole)
    end = first + 1;
  TppcSymFact *f = tppc_facts_add(&w->facts, d->sym);
  f->has_lo = f->has_hi = true;
  f->lo = first;
  f->hi = end > first ? end - 1 : first;
  TPPC_PUSH(w->cx->arena, &w->ranges, ((Range){d->sym, first, end, step}));
}

static double values_of(const Walk *w, const char *sym) {
  for (int i = w->ranges.n - 1; i >= 0; i--) {
    const Range *r = &w->ranges.data[i];
    if (r->sym == sym)
      return r->hi > r->lo ? (double)((r->hi - r->lo + r->step - 1) / r->step) : 0;
  }
  return 1;
}

/* Elements that an index meets, a variable counted once. */
static double count(const Walk *w, const TppcUse *u) {
  double n = 1;
  for (int i = 0; i < w->ranges.n; i++) {
    const char *sym = w->ranges.data[i].sym;
    bool again = false;
    for (int k = i + 1; k < w->ranges.n; k++)
      again |= w->ranges.data[k].sym == sym;
    if (tppc_use_has(u, sym) && !again)
      n *= values_of(w, sym);
  }
  return n;
}

static void touch(Walk *w, const TppcUse *u, double times) {
  const TppcType *t = u->value->type;
  if (t->kind != TPPC_T_TENSOR)
    return;
  double n = count(w, u) * times, all = 1;
  for (int d = 0; d < t->rank; d++) {
    int64_t lo, hi;
    all *= interval(w, t->dims[d], &lo, &hi) ? (double)hi : 1e18;
  }
  n = n < all ? n : all;
  for (int i = 0; i < w->touched.n; i++) {
    Touched *x = &w->touched.data[i];
    if (x->tensor == u->value) {
      x->elements = n > x->elements ? n : x->elements;
      return;
    }
  }
  TPPC_PUSH(w->cx->arena, &w->touched, ((Touched){t, u->value, n}));
}

static double attribute(Walk *w, const TppcOp *op, const char *key) {
  const TppcExpr *e = tppc_attr_expr(op, key);
  int64_t lo, hi;
  if (!e)
    return 1;
  if (!interval(w, e, &lo, &hi)) {
    w->unknown = true;
    return 1;
  }
  return (double)hi;
}

/* Kernel, C, A, B. */
static void product(Walk *w, const TppcOp *op) {
  double m = attribute(w, op, "m"), n = attribute(w, op, "n"), k = attribute(w, op, "k");
  k *= attribute(w, op, "br");
  touch(w, &op->uses[1], m * n);
  touch(w, &op->uses[2], m * k);
  touch(w, &op->uses[3], k * n);
}

static void walk_region(Walk *w, const TppcRegion *r) {
  for (const TppcOp *op = r->first; op; op = op->next) {
    if (op->kind == TPPC_OP_BRGEMM || op->kind == TPPC_OP_SGEMM) {
      product(w, op);
      continue;
    }
    int open = w->ranges.n;
    for (int i = 0; i < op->n_dims; i++)
      add_dim(w, &op->dims[i], true);
    if (op->kind == TPPC_OP_LOAD || op->kind == TPPC_OP_STORE)
      touch(w, &op->uses[op->n_uses - 1], 1);
    for (int i = 0; i < op->n_regions; i++)
      walk_region(w, &op->regions[i]);
    w->ranges.n = open;
  }
}

static void fix_outer(Walk *w, const TppcOp *op) {
  const TppcOp *parent = tppc_op_parent(op);
  if (parent && parent->kind != TPPC_OP_LNEST)
    fix_outer(w, parent);
  for (int i = 0; i < op->n_dims; i++)
    add_dim(w, &op->dims[i], false);
}

static bool add_size(void *user, TppcOp *op) {
  Walk *w = user;
  const TppcExpr *value = tppc_attr_expr(op, "value");
  int64_t v;
  if (op->kind == TPPC_OP_SIZE && value && tppc_e_const(value, &v)) {
    TppcSymFact *f = tppc_facts_add(&w->facts, op->name);
    f->has_lo = f->has_hi = true;
    f->lo = f->hi = v;
  }
  return op->kind == TPPC_OP_SIZE;
}

int64_t tppc_footprint(TppcContext *cx, const TppcOp *loop) {
  Walk w = {.cx = cx, .facts = {.arena = cx->arena}};
  TppcOp *kernel = tppc_op_ancestor(loop, TPPC_OP_KERNEL);
  tppc_walk(&kernel->regions[0], add_size, &w);
  fix_outer(&w, loop);
  for (int i = 0; i < loop->n_regions; i++)
    walk_region(&w, &loop->regions[i]);
  double bytes = 0;
  for (int i = 0; i < w.touched.n; i++)
    bytes += w.touched.data[i].elements * tppc_elem_bits(w.touched.data[i].type->elem) / 8;
  return w.unknown || bytes > 1e15 ? -1 : (int64_t)bytes;
}
