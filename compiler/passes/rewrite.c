/* What several passes need to look at and change the IR. */
#include "passes/rewrite.h"

#include <math.h>
#include <stdint.h>

/* ---- walking ---- */

TppcOp *tppc_skip_op(const TppcRegion *root, TppcOp *op) {
  while (op) {
    if (op->next)
      return op->next;
    if (op->in == root)
      return NULL;
    op = op->in->parent;
  }
  return NULL;
}

TppcOp *tppc_next_op(const TppcRegion *root, TppcOp *op) {
  if (op->n_regions && op->regions[0].first)
    return op->regions[0].first;
  return tppc_skip_op(root, op);
}

TppcOp *tppc_op_in_region(TppcOp *op, const TppcRegion *r) {
  while (op && op->in != r)
    op = op->in ? op->in->parent : NULL;
  return op;
}

bool tppc_region_has(const TppcRegion *r, const TppcOp *op) {
  while (op && op->in != r)
    op = op->in ? op->in->parent : NULL;
  return op != NULL;
}

void tppc_each_nest(TppcModule *m, TppcOpKind kind, TppcNestFn *fn, void *user) {
  for (TppcOp *k = m->body.first; k; k = k->next) {
    if (k->kind != TPPC_OP_KERNEL)
      continue;
    for (TppcOp *nest = tppc_next_item(k, NULL); nest; nest = tppc_next_item(k, nest))
      if (nest->kind == kind)
        fn(user, m->cx, k, nest);
    tppc_number_values(m->cx, k);
  }
}

typedef struct ProductVisit {
  TppcProductFn *fn;
  void *user;
} ProductVisit;

static void each_product_of(void *user, TppcContext *cx, TppcOp *kernel, TppcOp *nest) {
  const ProductVisit *v = user;
  TppcRegion *body = &nest->regions[0];
  for (TppcOp *op = body->first, *next; op; op = next) {
    next = tppc_next_op(body, op);
    if (op->kind == TPPC_OP_LCONTRACT)
      v->fn(v->user, cx, kernel, nest, op);
  }
}

void tppc_each_product(TppcModule *m, TppcProductFn *fn, void *user) {
  tppc_each_nest(m, TPPC_OP_LNEST, each_product_of, &(ProductVisit){fn, user});
}

/* ---- accesses ---- */

static bool starts_at_zero(const TppcOp *contract) {
  const TppcExpr *e = tppc_attr_expr(contract, "init");
  return e ? tppc_e_is(e, 1) : tppc_attr_int(contract, "init", 0) == 1;
}

TppcTouch tppc_touch(TppcOp *op, int use) {
  TppcTouch a = {op, &op->uses[use], false, false};
  TppcTypeKind kind = a.use->value->type->kind;
  if (kind != TPPC_T_TENSOR)
    return a;
  int first = op->kind == TPPC_OP_BRGEMM || op->kind == TPPC_OP_SGEMM ? 1 : 0;
  a.reads = op->kind != TPPC_OP_STMT && op->kind != TPPC_OP_WALK &&
            op->kind != TPPC_OP_LOCAL; /* they need the pattern only */
  if (op->kind == TPPC_OP_STORE && use == 1) {
    a.writes = true;
    a.reads = tppc_op_update(op) != TPPC_SET;
  } else if (op->kind == TPPC_OP_CONTRACT || op->kind == TPPC_OP_LCONTRACT ||
             op->kind == TPPC_OP_BRGEMM || op->kind == TPPC_OP_SGEMM) {
    if (use == first) {
      a.writes = true;
      a.reads = first ? true : !starts_at_zero(op);
    }
    if (op->kind == TPPC_OP_CONTRACT && use == 3)
      a.reads = false;
  }
  return a;
}

const TppcUse *tppc_walked(const TppcOp *op) {
  static const int operands[] = {3, 0, 1};
  if (op->kind == TPPC_OP_STMT)
    return op->n_uses ? &op->uses[0] : NULL;
  for (int i = 0; op->kind == TPPC_OP_CONTRACT && i < 3; i++) {
    const TppcUse *u = operands[i] < op->n_uses ? &op->uses[operands[i]] : NULL;
    if (u && u->value->type->storage != TPP_STORE_DENSE &&
        u->value->type->storage != TPP_STORE_TERNARY)
      return u;
  }
  return NULL;
}

TppcTouches tppc_touches(TppcContext *cx, TppcRegion *r, const TppcValue *v) {
  TppcTouches all = {{0}};
  for (TppcOp *op = r->first; op; op = tppc_next_op(r, op))
    for (int i = 0; i < op->n_uses; i++)
      if (op->uses[i].value == v)
        TPPC_PUSH(cx->arena, &all.v, tppc_touch(op, i));
  return all;
}

bool tppc_is_used(const TppcRegion *r, const TppcValue *v) {
  for (TppcOp *op = r->first; op; op = tppc_next_op(r, op))
    for (int i = 0; i < op->n_uses; i++)
      if (op->uses[i].value == v)
        return true;
  return false;
}

bool tppc_is_written(TppcRegion *r, const TppcValue *v) {
  for (TppcOp *op = r->first; op; op = tppc_next_op(r, op))
    for (int i = 0; i < op->n_uses; i++)
      if (op->uses[i].value == v && tppc_touch(op, i).writes)
        return true;
  return false;
}

/* Of access x, with all of b. */
static bool conflicts_of(const TppcTouch *x, TppcRegion *b, TppcAllowsPair *allows,
                         const void *user) {
  for (TppcOp *op = b->first; op; op = op->next)
    for (int i = 0; i < op->n_uses; i++) {
      TppcTouch y = tppc_touch(op, i);
      if (y.use->value == x->use->value && (x->writes || y.writes) && !allows(user, x, &y))
        return false;
    }
  return true;
}

bool tppc_conflicts_allowed(TppcRegion *a, TppcRegion *b, TppcAllowsPair *allows,
                            const void *user) {
  for (TppcOp *op = a->first; op; op = op->next)
    for (int i = 0; i < op->n_uses; i++) {
      TppcTouch x = tppc_touch(op, i);
      if ((x.reads || x.writes) && !conflicts_of(&x, b, allows, user))
        return false;
    }
  return true;
}

/* ---- changing ---- */

void tppc_replace_value(TppcRegion *r, const TppcValue *old, TppcValue *with) {
  for (TppcOp *op = r->first; op; op = tppc_next_op(r, op))
    for (int i = 0; i < op->n_uses; i++)
      if (op->uses[i].value == old)
        op->uses[i].value = with;
}

static void subst_attr(TppcContext *cx, TppcAttr *a, const TppcFacts *f) {
  if (a->kind == TPPC_A_EXPR)
    a->e = tppc_e_subst(cx, a->e, f);
  for (int i = 0; i < a->n; i++)
    subst_attr(cx, &a->list[i], f);
}

static void subst_op(TppcContext *cx, TppcOp *op, const TppcFacts *f) {
  for (int i = 0; i < op->n_dims; i++) {
    TppcDim *d = &op->dims[i];
    d->lo = d->lo ? tppc_e_subst(cx, d->lo, f) : NULL;
    d->hi = d->hi ? tppc_e_subst(cx, d->hi, f) : NULL;
    d->step = d->step ? tppc_e_subst(cx, d->step, f) : NULL;
  }
  for (int i = 0; i < op->n_uses; i++)
    for (int j = 0; j < op->uses[i].n_idx; j++)
      op->uses[i].idx[j] = tppc_e_subst(cx, op->uses[i].idx[j], f);
  for (int i = 0; i < op->n_attrs; i++)
    subst_attr(cx, &op->attrs[i], f);
  for (int i = 0; i < op->n_results; i++)
    op->results[i]->type = tppc_t_subst(cx, op->results[i]->type, f);
}

void tppc_subst_region(TppcContext *cx, TppcRegion *r, const TppcFacts *f) {
  for (TppcOp *op = r->first; op; op = tppc_next_op(r, op))
    subst_op(cx, op, f);
}

void tppc_splice(TppcRegion *to, TppcRegion *from) {
  while (from->first) {
    TppcOp *op = from->first;
    tppc_op_unlink(op);
    tppc_op_append(to, op);
  }
}

void tppc_splice_before(TppcOp *at, TppcRegion *from) {
  while (from->first) {
    TppcOp *op = from->first;
    tppc_op_unlink(op);
    tppc_op_insert_before(at, op);
  }
}

TppcFacts tppc_facts_new(TppcContext *cx) {
  TppcFacts f = {0};
  f.arena = cx->arena;
  return f;
}

void tppc_facts_with(TppcFacts *f, const char *sym, const TppcExpr *with) {
  tppc_facts_add(f, sym)->with = with;
}

void tppc_facts_range(TppcFacts *f, const char *sym, int64_t lo, int64_t hi) {
  TppcSymFact *s = tppc_facts_add(f, sym);
  *s = (TppcSymFact){.sym = s->sym};
  s->has_lo = s->has_hi = true;
  s->lo = lo;
  s->hi = hi;
}

void tppc_number_values(TppcContext *cx, TppcOp *kernel) {
  TppcRegion *body = &kernel->regions[0];
  int n = 0;
  for (TppcOp *op = body->first; op; op = tppc_next_op(body, op))
    for (int i = 0; i < op->n_results; i++)
      if (op->kind == TPPC_OP_LOAD || op->kind == TPPC_OP_CONST || op->kind == TPPC_OP_INDEX ||
          op->kind == TPPC_OP_CONVERT || op->kind == TPPC_OP_ROUND || op->kind == TPPC_OP_ELT)
        op->results[i]->name = tppc_internf(cx->names, "%d", n++);
}

/* ---- building ---- */

/* Scalar values are numbered when the pass is done. */
static const char unnumbered[] = "v";

TppcValue *tppc_new_scratch(TppcContext *cx, TppcOp *at, const TppcUse *of, const char *suffix,
                            const TppcType *type) {
  TppcOp *op = tppc_op_new(cx, TPPC_OP_BUFFER, of->span);
  op->name = tppc_fresh_name(cx, tppc_op_ancestor(at, TPPC_OP_KERNEL),
                             tppc_internf(cx->names, "%s_%s", of->value->name, suffix));
  bool inside = tppc_op_ancestor(tppc_op_parent(at), TPPC_OP_PAR) != NULL;
  tppc_set_word(cx, op, "space", inside ? "thread" : "shared");
  tppc_op_insert_before(tppc_op_ancestor(at, TPPC_OP_LNEST)->regions[0].first, op);
  return tppc_op_add_result(cx, op, type, op->name);
}

TppcOp *tppc_new_load(TppcContext *cx, TppcRegion *r, TppcValue *v, const TppcUse *at) {
  TppcOp *op = tppc_op_new(cx, TPPC_OP_LOAD, at->span);
  tppc_op_add_use(cx, op, v, at->n_idx, at->idx, at->span);
  tppc_op_add_result(cx, op, tppc_t_scalar(cx, tppc_elem_compute(v->type->elem)), unnumbered);
  tppc_op_append(r, op);
  return op;
}

static const char *update_word(TppcUpdate update) {
  switch (update) {
  case TPPC_SET:
    return "set";
  case TPPC_ADD:
    return "add";
  case TPPC_MAX:
    return "max";
  case TPPC_MIN:
    return "min";
  case TPPC_MUL:
    return "mul";
  }
  return "set";
}

TppcOp *tppc_new_store(TppcContext *cx, TppcRegion *r, TppcValue *value, TppcValue *to,
                       const TppcUse *at, TppcUpdate update) {
  TppcOp *op = tppc_op_new(cx, TPPC_OP_STORE, at->span);
  tppc_op_add_use(cx, op, value, 0, NULL, at->span);
  tppc_op_add_use(cx, op, to, at->n_idx, at->idx, at->span);
  tppc_set_word(cx, op, "update", update_word(update));
  tppc_op_append(r, op);
  return op;
}

static void set_float(TppcContext *cx, TppcOp *op, const char *key, double v) {
  tppc_set_int(cx, op, key, 0);
  for (int i = 0; i < op->n_attrs; i++)
    if (op->attrs[i].key == tppc_intern(cx->names, key)) {
      op->attrs[i].kind = TPPC_A_FLOAT;
      op->attrs[i].f = v;
    }
}

TppcOp *tppc_new_const(TppcContext *cx, TppcRegion *r, int elem, double value) {
  TppcOp *op = tppc_op_new(cx, TPPC_OP_CONST, TPPC_NO_SPAN);
  if (tppc_elem_is_float(elem))
    set_float(cx, op, "value", value);
  else
    tppc_set_int(cx, op, "value", (int64_t)value);
  tppc_op_add_result(cx, op, tppc_t_scalar(cx, elem), unnumbered);
  tppc_op_append(r, op);
  return op;
}

TppcOp *tppc_new_convert(TppcContext *cx, TppcRegion *r, TppcValue *value, int elem) {
  TppcOp *op = tppc_op_new(cx, TPPC_OP_CONVERT, TPPC_NO_SPAN);
  tppc_op_add_use(cx, op, value, 0, NULL, TPPC_NO_SPAN);
  tppc_op_add_result(cx, op, tppc_t_scalar(cx, elem), unnumbered);
  tppc_op_append(r, op);
  return op;
}

TppcOp *tppc_new_elt(TppcContext *cx, TppcRegion *r, TppcElt elt, TppcValue *x, TppcValue *y,
                     int elem) {
  TppcOp *op = tppc_op_new(cx, TPPC_OP_ELT, TPPC_NO_SPAN);
  op->elt = elt;
  tppc_op_add_use(cx, op, x, 0, NULL, TPPC_NO_SPAN);
  if (y)
    tppc_op_add_use(cx, op, y, 0, NULL, TPPC_NO_SPAN);
  tppc_op_add_result(cx, op, tppc_t_scalar(cx, elem), unnumbered);
  tppc_op_append(r, op);
  return op;
}

void tppc_copy_dim(TppcContext *cx, TppcOp *op, const TppcDim *d) {
  tppc_op_add_dim(cx, op, d->sym, d->lo, d->hi, d->step, d->span);
}

TppcOp *tppc_new_identity(TppcContext *cx, TppcRegion *r, int elem, TppcUpdate update) {
  bool flt = tppc_elem_is_float(elem);
  switch (update) {
  case TPPC_SET:
  case TPPC_ADD:
    break;
  case TPPC_MUL:
    return tppc_new_const(cx, r, elem, 1);
  case TPPC_MAX:
  case TPPC_MIN: {
    bool max = update == TPPC_MAX;
    if (flt)
      return tppc_new_const(cx, r, elem, max ? -(double)INFINITY : (double)INFINITY);
    TppcOp *op = tppc_new_const(cx, r, elem, 0);
    int64_t least = elem == TPP_I64 ? INT64_MIN : INT32_MIN;
    int64_t most = elem == TPP_I64 ? INT64_MAX : INT32_MAX;
    tppc_set_int(cx, op, "value", elem == TPP_BIT ? !max : max ? least : most);
    return op;
  }
  }
  return tppc_new_const(cx, r, elem, 0);
}

/* ---- expressions ---- */

const TppcExpr *tppc_e_shift(TppcContext *cx, const TppcExpr *e, const TppcExpr *x) {
  if (e->kind == TPPC_E_MIN || e->kind == TPPC_E_MAX)
    return tppc_e_bin(cx, e->kind, tppc_e_shift(cx, e->op[0], x), tppc_e_shift(cx, e->op[1], x));
  if (x->kind == TPPC_E_MIN || x->kind == TPPC_E_MAX)
    return tppc_e_bin(cx, x->kind == TPPC_E_MIN ? TPPC_E_MAX : TPPC_E_MIN,
                      tppc_e_shift(cx, e, x->op[0]), tppc_e_shift(cx, e, x->op[1]));
  return tppc_e_sub(cx, e, x);
}

bool tppc_e_only_sizes(const TppcExpr *e, const TppcRegion *kernel) {
  if (e->kind == TPPC_E_SYM) {
    for (const TppcOp *op = kernel->first; op; op = op->next)
      if (op->kind == TPPC_OP_SIZE && op->name == e->sym)
        return true;
    return false;
  }
  for (int i = 0; i < e->n; i++)
    if (!tppc_e_only_sizes(e->op[i], kernel))
      return false;
  return true;
}

bool tppc_e_defined_in(const TppcExpr *e, const TppcOp *op, const TppcRegion *r) {
  for (; op; op = op->in ? op->in->parent : NULL) {
    for (int i = 0; i < op->n_dims; i++)
      if (tppc_e_uses(e, op->dims[i].sym))
        return true;
    if (op->in == r)
      break;
  }
  return false;
}

static bool is_loop(const TppcOp *op) {
  return op->kind == TPPC_OP_FOR || op->kind == TPPC_OP_PAR || op->kind == TPPC_OP_WALK;
}

bool tppc_starts_at(const TppcOp *op, const TppcExpr *lo, const char *var) {
  if (lo->kind != TPPC_E_SYM)
    return false;
  if (lo->sym == var)
    return true;
  for (; op; op = tppc_op_parent(op))
    for (int i = 0; i < op->n_dims; i++)
      if (is_loop(op) && op->dims[i].sym == lo->sym)
        return tppc_starts_at(op, op->dims[i].lo, var);
  return false;
}

/* The dim of a loop around op that defines sym. */
static const TppcDim *loop_dim(const TppcOp *op, const char *sym, const TppcOp **loop) {
  for (op = tppc_op_parent(op); op; op = tppc_op_parent(op))
    if (is_loop(op))
      for (int i = 0; i < op->n_dims; i++)
        if (op->dims[i].sym == sym) {
          *loop = op;
          return &op->dims[i];
        }
  return NULL;
}

static bool is_bound(const TppcExpr *hi, const TppcExpr *x) {
  if (hi == x)
    return true;
  return hi->kind == TPPC_E_MIN && (is_bound(hi->op[0], x) || is_bound(hi->op[1], x));
}

/* x - lo >= c, because lo is a loop variable that stays below x in whole steps. */
static bool whole_steps(TppcContext *cx, const TppcOp *op, const TppcExpr *lo, const TppcExpr *x,
                        int64_t c) {
  const TppcOp *loop = NULL;
  int64_t step;
  const TppcDim *d = lo->kind == TPPC_E_SYM ? loop_dim(op, lo->sym, &loop) : NULL;
  if (!d || !d->step || !tppc_e_const(d->step, &step) || step < c || !is_bound(d->hi, x))
    return false;
  TppcFacts facts = tppc_facts_at(cx, loop);
  return tppc_e_multiple_of(tppc_e_sub(cx, x, d->lo), step, &facts);
}

typedef struct Terms {
  TppcVec(const TppcExpr *) v;
} Terms;

static void min_terms(TppcContext *cx, const TppcExpr *e, Terms *t) {
  if (e->kind == TPPC_E_MIN) {
    min_terms(cx, e->op[0], t);
    min_terms(cx, e->op[1], t);
  } else {
    TPPC_PUSH(cx->arena, &t->v, e);
  }
}

const TppcExpr *tppc_tile_len(TppcContext *cx, const TppcOp *op, const TppcDim *d) {
  TppcFacts facts = tppc_facts_at(cx, op);
  Terms his = {{0}};
  min_terms(cx, d->hi, &his);
  const TppcExpr *best = NULL;
  int64_t c = INT64_MAX;
  for (int i = 0; i < his.v.n; i++) {
    const TppcExpr *len = tppc_e_simplify(cx, tppc_e_shift(cx, his.v.data[i], d->lo), &facts);
    int64_t v;
    if (tppc_e_const(len, &v) && v < c) {
      c = v;
      best = len;
    }
  }
  for (int i = 0; i < his.v.n; i++) {
    const TppcExpr *x = his.v.data[i];
    const TppcExpr *len = tppc_e_simplify(cx, tppc_e_shift(cx, x, d->lo), &facts);
    bool has_lo, has_hi;
    int64_t v, lo, hi;
    if (tppc_e_const(len, &v))
      continue;
    tppc_e_bounds(len, &facts, &has_lo, &lo, &has_hi, &hi);
    if (best && ((has_lo && lo >= c) || whole_steps(cx, op, d->lo, x, c)))
      continue;
    best = best ? tppc_e_min(cx, best, len) : len;
  }
  return best;
}

const TppcExpr *tppc_len_bound(TppcContext *cx, const TppcExpr *len, const TppcOp *kernel) {
  int64_t v;
  if (tppc_e_const(len, &v) || tppc_e_only_sizes(len, &kernel->regions[0]))
    return len;
  if (len->kind != TPPC_E_MIN && len->kind != TPPC_E_MAX)
    return NULL;
  const TppcExpr *a = tppc_len_bound(cx, len->op[0], kernel);
  const TppcExpr *b = tppc_len_bound(cx, len->op[1], kernel);
  if (len->kind == TPPC_E_MAX)
    return a && b ? tppc_e_max(cx, a, b) : NULL;
  if (a && b)
    return tppc_e_const(a, &v) ? a : tppc_e_const(b, &v) ? b : tppc_e_min(cx, a, b);
  return a ? a : b;
}
