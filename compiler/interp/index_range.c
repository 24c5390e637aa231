/* Which values of a parameter are valid indices, so that generated contents can be.
 *
 * From each tpp.bind the range of the index is followed back through sums and products with what
 * does not depend on data, through conversions, and through temporaries that only hold the value,
 * to loads of the parameter; calls are followed into the callee. Several uses intersect. What is
 * computed in other ways (a quotient, a comparison) narrows nothing.
 */
#include "interp/tensor.h"

enum { MAX_DEPTH = 32 };

typedef struct Range {
  int64_t lo, hi; /* inclusive */
} Range;

typedef struct Search {
  TppcModule *m;
  const TppcOp *kernel, *stmt;
  const TppcValue *param;
  const TppcEnv *env;
  Range *out;
  int depth;
} Search;

static int64_t down(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static int64_t up(int64_t a, int64_t b) {
  return -down(-a, b);
}

static bool shifted(Range r, int64_t by_lo, int64_t by_hi, Range *out) {
  return !__builtin_add_overflow(r.lo, by_lo, &out->lo) &&
         !__builtin_add_overflow(r.hi, by_hi, &out->hi);
}

/* Bounds of a value that does not depend on data, over the loops of the statement. */
static bool bounds_of(const Search *s, const TppcValue *v, Range *out) {
  const TppcOp *def = v->def;
  bool has_lo, has_hi;
  if (!def)
    return false;
  if (def->kind == TPPC_OP_CONST)
    return out->lo = out->hi = tppc_attr_int(def, "value", 0), true;
  if (def->kind == TPPC_OP_CONVERT)
    return bounds_of(s, def->uses[0].value, out);
  if (def->kind != TPPC_OP_INDEX)
    return false;
  TppcContext *cx = s->m->cx;
  TppcFacts f = {.arena = cx->arena};
  for (int i = 0; i < s->env->v.n; i++)
    tppc_facts_add(&f, s->env->v.data[i].sym)->with = tppc_e_int(cx, s->env->v.data[i].value);
  const TppcExpr *e = tppc_e_subst(cx, tppc_attr_expr(def, "value"), &f);
  TppcFacts letters = {.arena = cx->arena};
  for (int i = 0; i < s->stmt->n_dims; i++) {
    int64_t n;
    if (!tppc_env_eval(s->env, s->stmt->dims[i].hi, &n) || n < 1)
      continue;
    TppcSymFact *fact = tppc_facts_add(&letters, s->stmt->dims[i].sym);
    fact->has_lo = fact->has_hi = true;
    fact->hi = n - 1;
  }
  tppc_e_bounds(e, &letters, &has_lo, &out->lo, &has_hi, &out->hi);
  return has_lo && has_hi;
}

static void narrow(Search *s, const TppcValue *v, Range r);

static void narrow_sum(Search *s, const TppcOp *op, Range r) {
  const TppcValue *a = op->uses[0].value, *b = op->uses[1].value;
  bool minus = op->elt == TPPC_ELT_SUB;
  Range x, y;
  if (bounds_of(s, b, &x)) {
    if (shifted(r, minus ? x.hi : -x.lo, minus ? x.lo : -x.hi, &y))
      narrow(s, a, y);
  } else if (bounds_of(s, a, &x)) {
    if (minus ? shifted((Range){-r.hi, -r.lo}, x.hi, x.lo, &y) : shifted(r, -x.lo, -x.hi, &y))
      narrow(s, b, y);
  } else if (!minus) { /* two data indices share the range */
    Range half = {up(r.lo, 2), down(r.hi, 2)};
    narrow(s, a, half);
    narrow(s, b, half);
  }
}

static void narrow_product(Search *s, const TppcOp *op, Range r) {
  const TppcValue *a = op->uses[0].value, *b = op->uses[1].value;
  Range c;
  const TppcValue *data = bounds_of(s, b, &c) ? a : bounds_of(s, a, &c) ? b : NULL;
  if (!data || c.lo != c.hi || c.lo == 0)
    return;
  Range q = {up(c.lo > 0 ? r.lo : r.hi, c.lo), down(c.lo > 0 ? r.hi : r.lo, c.lo)};
  narrow(s, data, q);
}

/* A temporary or local has the values that are stored to it. */
static void narrow_stored(Search *s, const TppcValue *tensor, Range r) {
  const TppcOp *stmt = s->stmt;
  for (const TppcOp *nest = s->kernel->regions[0].first; nest; nest = nest->next)
    for (const TppcOp *st = nest->n_regions ? nest->regions[0].first : NULL; st; st = st->next)
      for (const TppcOp *op = st->n_regions ? st->regions[0].first : NULL; op; op = op->next)
        if (op->kind == TPPC_OP_STORE && op->uses[1].value == tensor) {
          s->stmt = st;
          narrow(s, op->uses[0].value, r);
        }
  s->stmt = stmt;
}

static void narrow(Search *s, const TppcValue *v, Range r) {
  const TppcOp *def = v->def;
  if (s->depth == MAX_DEPTH)
    return;
  s->depth++;
  if (v == s->param) {
    s->out->lo = r.lo > s->out->lo ? r.lo : s->out->lo;
    s->out->hi = r.hi < s->out->hi ? r.hi : s->out->hi;
  } else if (def && def->kind == TPPC_OP_LOAD) {
    const TppcValue *from = def->uses[0].value;
    if (from == s->param)
      narrow(s, from, r);
    else if (from->def && from->def->kind != TPPC_OP_PARAM)
      narrow_stored(s, from, r);
  } else if (def && def->kind == TPPC_OP_CONVERT) {
    narrow(s, def->uses[0].value, r);
  } else if (def && def->kind == TPPC_OP_ELT &&
             (def->elt == TPPC_ELT_ADD || def->elt == TPPC_ELT_SUB)) {
    narrow_sum(s, def, r);
  } else if (def && def->kind == TPPC_OP_ELT && def->elt == TPPC_ELT_MUL) {
    narrow_product(s, def, r);
  }
  s->depth--;
}

static void search_stmt(Search *s, const TppcOp *stmt) {
  s->stmt = stmt;
  for (int i = 0; i < stmt->n_dims; i++) {
    int64_t n;
    if (tppc_env_eval(s->env, stmt->dims[i].hi, &n) && n < 1)
      return;
  }
  for (const TppcOp *op = stmt->n_regions ? stmt->regions[0].first : NULL; op; op = op->next) {
    Range r;
    if (op->kind == TPPC_OP_BIND && tppc_env_eval(s->env, op->dims[0].lo, &r.lo) &&
        tppc_env_eval(s->env, op->dims[0].hi, &r.hi)) {
      r.hi--;
      narrow(s, op->uses[0].value, r);
    }
  }
}

static void search_kernel(Search *s);

static void search_call(const Search *s, const TppcOp *call) {
  const TppcOp *callee = tppc_module_kernel(s->m, tppc_attr_word(call, "callee"));
  int k = 0;
  if (!callee || s->depth == MAX_DEPTH)
    return;
  TppcEnv env = {.arena = s->env->arena};
  for (int i = 0; i < call->n_dims; i++) {
    int64_t v;
    if (tppc_env_eval(s->env, call->dims[i].hi, &v))
      tppc_env_set(&env, call->dims[i].sym, v);
  }
  for (const TppcOp *op = callee->regions[0].first; op; op = op->next) {
    if (op->kind != TPPC_OP_PARAM || k >= call->n_uses || call->uses[k++].value != s->param)
      continue;
    Search inner = {.m = s->m,
                    .kernel = callee,
                    .param = op->results[0],
                    .env = &env,
                    .out = s->out,
                    .depth = s->depth + 1};
    search_kernel(&inner);
  }
}

static void search_region(Search *s, const TppcRegion *r) {
  for (const TppcOp *op = r->first; op; op = op->next) {
    if (op->kind == TPPC_OP_CALL)
      search_call(s, op);
    else if (op->kind == TPPC_OP_STMT)
      search_stmt(s, op);
    else if (op->n_regions)
      search_region(s, &op->regions[0]);
  }
}

static void search_kernel(Search *s) {
  search_region(s, &s->kernel->regions[0]);
}

void tppc_index_range(TppcModule *m, const TppcOp *kernel, const TppcValue *param,
                      const TppcEnv *sizes, int64_t *least, int64_t *most) {
  Range r = {INT64_MIN, INT64_MAX};
  Search s = {.m = m, .kernel = kernel, .param = param, .env = sizes, .out = &r};
  search_kernel(&s);
  *least = r.lo;
  *most = r.hi;
}
