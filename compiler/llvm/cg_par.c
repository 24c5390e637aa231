/* Parallel loops: how the iterations of a collapsed group are shared out.
 *
 * The group is linearised row-major over trip counts. Static: of n iterations thread t of P takes
 * [t*n/P, (t+1)*n/P), so that the same element has the same owner in every nest of the same shape.
 * The product t*n may leave 64 bits, so it is computed as t*q + t*r/P with n = q*P + r. The first
 * iteration is decoded by division once; after it the indices count on like digits.
 *
 * A loop whose bounds use an outer loop of its group (a letter blocked twice) has the trip count of
 * a whole block; iterations past the end of a last, short block are skipped.
 */
#include "llvm/cg.h"
#include <string.h>

enum { MAX_DIMS = 16 };

/* The outer dim of the group that the bounds of dim i use, or -1. */
static int outer_of(const TppcOp *par, int i) {
  for (int k = i; k-- > 0;)
    if (tppc_e_uses(par->dims[i].lo, par->dims[k].sym) ||
        tppc_e_uses(par->dims[i].hi, par->dims[k].sym))
      return k;
  return -1;
}

static const TppcExpr *trip(Cg *g, const TppcOp *par, int i) {
  const TppcDim *d = &par->dims[i];
  int outer = outer_of(par, i);
  const TppcExpr *extent = outer >= 0 ? par->dims[outer].step : tppc_e_sub(g->cx, d->hi, d->lo);
  const TppcExpr *n = tppc_e_ceildiv(g->cx, extent, d->step);
  return tppc_e_max(g->cx, n, tppc_e_int(g->cx, 0));
}

/* a * b, at most INT64_MAX; neither is negative. */
static Val saturating_mul(Cg *g, Val a, Val b) {
  Val pair = cg_intrinsic(g, "llvm.smul.with.overflow", g->t_i64, (Val[]){a, b}, 2);
  return LLVMBuildSelect(g->b, LLVMBuildExtractValue(g->b, pair, 1, ""), cg_i64(g, INT64_MAX),
                         LLVMBuildExtractValue(g->b, pair, 0, ""), "");
}

typedef struct Total {
  Cg *g;
  Val n;
} Total;

/* A symbol that the entry function cannot know: a loop variable. */
static bool only_sizes(Cg *g, const TppcExpr *e) {
  if (e->kind == TPPC_E_SYM) {
    for (int i = 0; i < g->slots.n; i++)
      if (g->slots.data[i].sym == e->sym)
        return true;
    return false;
  }
  for (int i = 0; i < e->n; i++)
    if (!only_sizes(g, e->op[i]))
      return false;
  return true;
}

static bool count(void *user, TppcOp *op) {
  Total *t = user;
  Cg *g = t->g;
  if (op->kind != TPPC_OP_PAR || tppc_attr_int(op, "copies", 0))
    return true;
  Val n = cg_i64(g, 1);
  for (int i = 0; i < op->n_dims; i++) {
    const TppcExpr *e = trip(g, op, i);
    bool known = only_sizes(g, e) && !tppc_attr(op, "part"); /* a grid says how many it wants */
    n = saturating_mul(g, n, known ? cg_expr(g, e) : cg_i64(g, INT64_MAX));
  }
  t->n = t->n ? cg_max(g, t->n, n) : n;
  return true;
}

Val cg_par_total(Cg *g, TppcOp *nest) {
  Total t = {.g = g};
  tppc_walk(&nest->regions[0], count, &t);
  return t.n ? t.n : cg_i64(g, 1);
}

/* ---- one group ---- */

typedef struct Group {
  TppcOp *op;
  int n;
  Val trips[MAX_DIMS];
  Val at[MAX_DIMS]; /* allocas: the digit of each dim */
  int curve[2];     /* dims that follow a curve; -1 without one */
} Group;

static Val load(Cg *g, Val p) {
  return LLVMBuildLoad2(g->b, g->t_i64, p, "");
}

/* first = t*n/P without leaving 64 bits. */
static Val share(Cg *g, Val t, Val q, Val r, Val parts) {
  Val part = LLVMBuildUDiv(g->b, LLVMBuildNUWMul(g->b, t, r, ""), parts, "");
  return LLVMBuildNSWAdd(g->b, LLVMBuildNSWMul(g->b, t, q, ""), part, "");
}

static void decode(Cg *g, Group *p, Val linear) {
  const int *c = p->curve;
  if (c[0] >= 0) {
    Val cells = LLVMBuildNSWMul(g->b, p->trips[c[0]], p->trips[c[1]], "");
    Val d = LLVMBuildURem(g->b, linear, cells, "");
    linear = LLVMBuildUDiv(g->b, linear, cells, "");
    cg_curve(g, d, p->trips[c[0]], p->trips[c[1]], p->at[c[0]], p->at[c[1]]);
  }
  for (int i = p->n; i-- > 0;) {
    if (i == c[0] || i == c[1])
      continue;
    Val digit = linear;
    if (i > 0) {
      digit = LLVMBuildURem(g->b, linear, p->trips[i], "");
      linear = LLVMBuildUDiv(g->b, linear, p->trips[i], "");
    }
    LLVMBuildStore(g->b, digit, p->at[i]);
  }
}

static void count_on(Cg *g, Group *p) {
  Val carry = cg_i64(g, 1), zero = cg_i64(g, 0);
  for (int i = p->n; i-- > 0;) {
    Val v = LLVMBuildNSWAdd(g->b, load(g, p->at[i]), carry, "");
    Val wrap = LLVMBuildICmp(g->b, LLVMIntEQ, v, p->trips[i], "");
    LLVMBuildStore(g->b, LLVMBuildSelect(g->b, wrap, zero, v, ""), p->at[i]);
    carry = LLVMBuildZExt(g->b, wrap, g->t_i64, "");
  }
}

/* The region for the digits at hand; iterations past a short block are skipped. */
static void body(Cg *g, Group *p) {
  LLVMBasicBlockRef skip = cg_block(g, "skip");
  TppcOp *op = p->op;
  for (int i = 0; i < p->n; i++) {
    const TppcDim *d = &op->dims[i];
    Val step = LLVMBuildNSWMul(g->b, load(g, p->at[i]), cg_expr(g, d->step), "");
    Val v = LLVMBuildNSWAdd(g->b, cg_expr(g, d->lo), step, d->sym);
    cg_sym_push(g, d->sym, v);
    if (outer_of(op, i) >= 0) {
      LLVMBasicBlockRef in = cg_block(g, "in");
      LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntSLT, v, cg_expr(g, d->hi), ""), in, skip);
      cg_enter(g, in);
    }
  }
  cg_region(g, &op->regions[0]);
  cg_debug_at(g, op->span);
  cg_sym_pop(g, p->n);
  LLVMBuildBr(g->b, skip);
  cg_enter(g, skip);
}

static void run(Cg *g, Group *p, Val first, Val last) {
  LLVMBasicBlockRef some = cg_block(g, "share"), none = cg_block(g, "shared");
  LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntSLT, first, last, ""), some, none);
  cg_enter(g, some);
  bool curve = p->curve[0] >= 0; /* its digits do not count on */
  if (!curve)
    decode(g, p, first);
  CgLoop l = cg_loop_begin(g, first, last, cg_i64(g, 1), "par");
  if (curve)
    decode(g, p, l.iv);
  body(g, p);
  if (!curve)
    count_on(g, p);
  cg_loop_end(g, &l);
  LLVMBuildBr(g->b, none);
  cg_enter(g, none);
}

static void run_static(Cg *g, Group *p, Val total) {
  const TppcExpr *coordinate = tppc_attr_expr(p->op, "part");
  Val parts = coordinate ? cg_expr(g, tppc_attr_expr(p->op, "parts")) : g->nthreads;
  Val part = coordinate ? cg_expr(g, coordinate) : g->tid;
  Val q = LLVMBuildUDiv(g->b, total, parts, "");
  Val r = LLVMBuildURem(g->b, total, parts, "");
  Val next = LLVMBuildNSWAdd(g->b, part, cg_i64(g, 1), "");
  Val last = share(g, next, q, r, parts);
  /* A thread that the grid leaves over has a coordinate beyond it. */
  run(g, p, share(g, part, q, r, parts), coordinate ? cg_min(g, last, total) : last);
}

/* Chunks on demand; a thread that runs alone takes everything at once. */
static void run_dynamic(Cg *g, Group *p, Val total, int64_t chunk) {
  Val first = cg_alloca(g, g->t_i64, 0, "first"), last = cg_alloca(g, g->t_i64, 0, "last");
  Val more = cg_alloca(g, g->t_i1, 0, "more");
  LLVMBasicBlockRef start = cg_block(g, "dynamic"), next = cg_block(g, "next");
  LLVMBasicBlockRef work = cg_block(g, "chunk"), end = cg_block(g, "end"),
                    done = cg_block(g, "done");
  Val many = LLVMBuildICmp(g->b, LLVMIntSGT, g->nthreads, cg_i64(g, 1), "");
  LLVMBuildStore(g->b, cg_i64(g, 0), first);
  LLVMBuildStore(g->b, total, last);
  LLVMBuildStore(g->b, LLVMConstInt(g->t_i1, 0, false), more);
  LLVMBuildCondBr(g->b, many, start, work);

  cg_enter(g, start);
  LLVMTypeRef begin_types[3] = {g->t_ptr, g->t_i64, g->t_i64};
  Val begin_args[3] = {g->team, total, cg_i64(g, chunk)};
  cg_call(g, "tpp_dynamic_begin", g->t_void, begin_types, begin_args, 3);
  LLVMBuildStore(g->b, LLVMConstInt(g->t_i1, 1, false), more);
  LLVMBuildBr(g->b, next);

  cg_enter(g, next);
  LLVMTypeRef next_types[3] = {g->t_ptr, g->t_ptr, g->t_ptr};
  Val got = cg_call(g, "tpp_dynamic_next", g->t_i32, next_types, (Val[]){g->team, first, last}, 3);
  LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntNE, got, cg_i32(g, 0), ""), work, end);

  cg_enter(g, work);
  run(g, p, load(g, first), load(g, last));
  LLVMBuildCondBr(g->b, LLVMBuildLoad2(g->b, g->t_i1, more, ""), next, done);

  cg_enter(g, end);
  cg_stream_order(g);
  cg_call(g, "tpp_dynamic_end", g->t_void, &g->t_ptr, &g->team, 1);
  LLVMBuildBr(g->b, done);
  cg_enter(g, done);
}

void cg_par(Cg *g, TppcOp *op) {
  if (op->n_dims > MAX_DIMS) {
    cg_unsupported(g, op->span, "more than 16 collapsed loops");
    return;
  }
  Group p = {.op = op, .n = op->n_dims, .curve = {-1, -1}};
  const TppcAttr *curve = tppc_attr(op, "curve");
  for (int k = 0; curve && k < 2; k++)
    for (int i = 0; i < p.n; i++)
      p.curve[k] = op->dims[i].sym == curve->list[k].s ? i : p.curve[k];
  Val total = cg_i64(g, 1);
  for (int i = 0; i < p.n; i++) {
    p.trips[i] = cg_expr(g, trip(g, op, i));
    p.at[i] = cg_alloca(g, g->t_i64, 0, "at");
    total = LLVMBuildNSWMul(g->b, total, p.trips[i], "");
  }
  const char *policy = tppc_attr_word(op, "policy");
  if (policy && !strcmp(policy, "dynamic"))
    run_dynamic(g, &p, total, tppc_attr_int(op, "chunk", 1));
  else
    run_static(g, &p, total);
}
