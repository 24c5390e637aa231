/* Walking, looking up, and what is known of symbols at a place. */
#include "ir/expr_internal.h"

#include <string.h>

bool tppc_walk(TppcRegion *r, bool (*fn)(void *user, TppcOp *op), void *user) {
  for (TppcOp *op = r->first, *next; op; op = next) {
    next = op->next;
    if (!fn(user, op))
      return false;
    /* fn may have removed op; its regions are then none of the walk's. */
    for (int i = 0; op->in && i < op->n_regions; i++)
      if (!tppc_walk(&op->regions[i], fn, user))
        return false;
  }
  return true;
}

TppcOp *tppc_next_item(const TppcOp *kernel, const TppcOp *op) {
  if (!op)
    return kernel->n_regions ? kernel->regions[0].first : NULL;
  if (op->kind == TPPC_OP_SEQ && op->regions[0].first)
    return op->regions[0].first;
  while (op != kernel && !op->next)
    op = op->in->parent;
  return op == kernel ? NULL : op->next;
}

TppcOp *tppc_op_parent(const TppcOp *op) {
  return op->in ? op->in->parent : NULL;
}

bool tppc_use_has(const TppcUse *u, const char *sym) {
  for (int i = 0; i < u->n_idx; i++)
    if (tppc_e_uses(u->idx[i], sym))
      return true;
  return false;
}

TppcOp *tppc_op_ancestor(const TppcOp *op, TppcOpKind kind) {
  union {
    const TppcOp *in;
    TppcOp *out;
  } at = {op};
  while (at.out && at.out->kind != kind)
    at.out = tppc_op_parent(at.out);
  return at.out;
}

TppcOp *tppc_module_kernel(TppcModule *m, const char *name) {
  for (TppcOp *op = m->body.first; op; op = op->next)
    if (op->kind == TPPC_OP_KERNEL && op->name && strcmp(op->name, name) == 0)
      return op;
  return NULL;
}

/* ---- fresh names ---- */

static bool region_uses_name(const TppcRegion *r, const char *name) {
  for (const TppcOp *op = r->first; op; op = op->next) {
    if (op->name == name)
      return true;
    for (int i = 0; i < op->n_results; i++)
      if (op->results[i]->name == name)
        return true;
    for (int i = 0; i < op->n_dims; i++)
      if (op->dims[i].sym == name)
        return true;
    for (int i = 0; i < op->n_regions; i++)
      if (region_uses_name(&op->regions[i], name))
        return true;
  }
  return false;
}

const char *tppc_fresh_name(TppcContext *cx, TppcOp *kernel, const char *stem) {
  const char *name = tppc_intern(cx->names, stem);
  for (int i = 1;; i++) {
    bool used = false;
    for (int r = 0; r < kernel->n_regions; r++)
      used = used || region_uses_name(&kernel->regions[r], name);
    if (!used)
      return name;
    name = tppc_internf(cx->names, "%s_%d", stem, i);
  }
}

/* ---- facts ---- */

/* ge <= sym < lt, with the numbers that follow from the facts so far. Replaces what was known of an
 * outer symbol of that name. */
static void set_range(TppcContext *cx, TppcFacts *f, const char *sym, const TppcExpr *ge,
                      const TppcExpr *lt, const TppcExpr *step) {
  bool has_lo, has_hi, unused;
  int64_t lo, hi, none;
  tppc_e_bounds(ge, f, &has_lo, &lo, &unused, &none);
  tppc_e_bounds(tppc_e_sub(cx, lt, tppc_e_int(cx, 1)), f, &unused, &none, &has_hi, &hi);
  int64_t s;
  int64_t multiple = tppc_e_const(step, &s) && s > 1 ? tppc_e_divisor(ge, s, f) : 1;
  TppcSymFact *fact = tppc_facts_add(f, sym);
  TppcSymFact known = {.sym = fact->sym, .ge = ge, .lt = lt, .step = step, .multiple = multiple};
  known.has_lo = has_lo;
  known.lo = lo;
  known.has_hi = has_hi;
  known.hi = hi;
  /* Facts are in order of nesting, inner symbols last: the bounds of a symbol name earlier ones. */
  int at = (int)(fact - f->v.data);
  for (; at + 1 < f->v.n; at++)
    f->v.data[at] = f->v.data[at + 1];
  f->v.data[at] = known;
}

static void at_least(TppcFacts *f, const char *sym, int64_t lo) {
  TppcSymFact *fact = tppc_facts_add(f, sym);
  if (fact->has_lo && fact->lo >= lo)
    return;
  fact->has_lo = true;
  fact->lo = lo;
}

static void at_most(TppcFacts *f, const char *sym, int64_t hi) {
  TppcSymFact *fact = tppc_facts_add(f, sym);
  if (fact->has_hi && fact->hi <= hi)
    return;
  fact->has_hi = true;
  fact->hi = hi;
}

/* sym >= bound; where also is set, an expression is kept too. */
static void add_lower(TppcFacts *f, const char *sym, const TppcExpr *bound, bool also) {
  bool has_lo, has_hi;
  int64_t lo, hi;
  tppc_e_bounds(bound, f, &has_lo, &lo, &has_hi, &hi);
  if (has_lo)
    at_least(f, sym, lo);
  /* The steps of a loop count from its own lower bound, which stays. */
  TppcSymFact *fact = tppc_facts_add(f, sym);
  if (also && !fact->ge && bound->kind != TPPC_E_CONST)
    fact->ge = bound;
}

/* sym <= bound. */
static void add_upper(TppcContext *cx, TppcFacts *f, const char *sym, const TppcExpr *bound,
                      bool also) {
  bool has_lo, has_hi;
  int64_t lo, hi;
  tppc_e_bounds(bound, f, &has_lo, &lo, &has_hi, &hi);
  if (has_hi)
    at_most(f, sym, hi);
  if (!also || bound->kind == TPPC_E_CONST)
    return;
  TppcSymFact *fact = tppc_facts_add(f, sym);
  const TppcExpr *lt = tppc_e_add(cx, bound, tppc_e_int(cx, 1));
  fact->lt = fact->lt ? tppc_e_min(cx, fact->lt, lt) : lt;
}

/* a + strict <= b, solved for each symbol in it. The innermost one is bounded by an expression, the
 * others by numbers, so that bounds name symbols from further out; among sizes there is no such
 * order. */
static void add_order(TppcContext *cx, TppcFacts *f, const TppcExpr *a, const TppcExpr *b,
                      int strict, bool sizes) {
  const TppcExpr *d = tppc_e_sub(cx, tppc_e_sub(cx, b, a), tppc_e_int(cx, strict)), *rest;
  bool innermost = true;
  for (int i = f->v.n - 1; i >= 0; i--) {
    const char *sym = f->v.data[i].sym;
    const TppcExpr *c = tppc_e_uses(d, sym) ? tppc_e_coeff(cx, d, sym, &rest) : NULL;
    if (!c || (!tppc_e_is(c, 1) && !tppc_e_is(c, -1)))
      continue;
    if (tppc_e_is(c, 1))
      add_lower(f, sym, tppc_e_mul(cx, tppc_e_int(cx, -1), rest), innermost || sizes);
    else
      add_upper(cx, f, sym, rest, innermost || sizes);
    innermost = false;
  }
}

static void add_condition(TppcContext *cx, TppcFacts *f, const TppcExpr *e, bool sizes) {
  int64_t c, m;
  const TppcExpr *a = e->n > 0 ? e->op[0] : NULL, *b = e->n > 1 ? e->op[1] : NULL;
  if (e->kind == TPPC_E_AND) {
    add_condition(cx, f, a, sizes);
    add_condition(cx, f, b, sizes);
  } else if (e->kind == TPPC_E_LE || e->kind == TPPC_E_LT) {
    add_order(cx, f, a, b, e->kind == TPPC_E_LT, sizes);
  } else if (e->kind == TPPC_E_EQ && tppc_e_const(b, &c)) {
    if (a->kind == TPPC_E_SYM) {
      at_least(f, a->sym, c);
      at_most(f, a->sym, c);
    } else if (c == 0 && a->kind == TPPC_E_MOD && a->op[0]->kind == TPPC_E_SYM &&
               tppc_e_const(a->op[1], &m) && m > 1) {
      TppcSymFact *fact = tppc_facts_add(f, a->op[0]->sym);
      int64_t old = fact->multiple > 1 ? fact->multiple : 1, both;
      if (!__builtin_mul_overflow(old / tppc_gcd(old, m), m, &both))
        fact->multiple = both;
    }
  }
}

/* Sizes are >= 0; those with a value are it; then the promises. */
static void add_sizes(TppcContext *cx, TppcFacts *f, const TppcOp *kernel) {
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next) {
    if (op->kind == TPPC_OP_SIZE && op->name) {
      at_least(f, op->name, 0);
      const TppcExpr *value = tppc_attr_expr(op, "value");
      int64_t c;
      if (!value)
        continue;
      TppcSymFact *fact = tppc_facts_add(f, op->name);
      if (tppc_e_const(value, &c)) {
        fact->has_lo = fact->has_hi = true;
        fact->lo = fact->hi = c;
      } else if (!tppc_e_uses(value, op->name)) {
        set_range(cx, f, op->name, value, tppc_e_add(cx, value, tppc_e_int(cx, 1)),
                  tppc_e_int(cx, 1));
        at_least(f, op->name, 0);
      }
    }
    const TppcExpr *when = op->kind == TPPC_OP_REQUIRE ? tppc_attr_expr(op, "when") : NULL;
    if (when)
      add_condition(cx, f, when, true);
  }
}

/* A body that runs has a first iteration: lo < hi. */
static void add_nonempty(TppcContext *cx, TppcFacts *f, const TppcDim *d) {
  TppcExprVec v = {0};
  tppc_e_flatten(cx, TPPC_E_MIN, d->hi, &v);
  for (int i = 0; i < v.n; i++)
    add_order(cx, f, d->lo, v.data[i], 1, false);
}

static void add_dims(TppcContext *cx, TppcFacts *f, const TppcOp *op, bool inside) {
  /* The region of a tpp.nest is not run per iteration of its dims; all others are. */
  for (int i = 0; inside && op->kind != TPPC_OP_NEST && i < op->n_dims; i++)
    add_nonempty(cx, f, &op->dims[i]);
  for (int i = 0; i < op->n_dims; i++) {
    const TppcDim *d = &op->dims[i];
    /* m = m to ..., where an outer m is meant by the bound: what was known of it would be lost. */
    if (!tppc_e_uses(d->lo, d->sym) && !tppc_e_uses(d->hi, d->sym))
      set_range(cx, f, d->sym, d->lo, d->hi, d->step);
    else
      *tppc_facts_add(f, d->sym) = (TppcSymFact){.sym = d->sym};
  }
}

static void add_ancestors(TppcContext *cx, TppcFacts *f, const TppcOp *op, bool inside) {
  const TppcOp *parent = tppc_op_parent(op);
  if (parent)
    add_ancestors(cx, f, parent, true);
  if (op->kind == TPPC_OP_KERNEL)
    add_sizes(cx, f, op);
  else
    add_dims(cx, f, op, inside);
  if (op->kind == TPPC_OP_IF && inside && tppc_attr_expr(op, "when"))
    add_condition(cx, f, tppc_attr_expr(op, "when"), false);
  if (op->kind == TPPC_OP_WALK && inside && tppc_attr_word(op, "at"))
    at_least(f, tppc_attr_word(op, "at"), 0);
  if (op->kind == TPPC_OP_LNEST || op->kind == TPPC_OP_NEST) {
    set_range(cx, f, "tid", tppc_e_int(cx, 0), tppc_e_sym(cx, "nthreads"), tppc_e_int(cx, 1));
    at_least(f, "nthreads", 1);
  }
}

TppcFacts tppc_facts_at(TppcContext *cx, const TppcOp *op) {
  TppcFacts f = {.arena = cx->arena};
  add_ancestors(cx, &f, op, false);
  /* Data indices of the region in which op stands; their names are unique in it. */
  for (const TppcOp *o = op->in ? op->in->first : NULL; o; o = o->next)
    if (o->kind == TPPC_OP_BIND)
      add_dims(cx, &f, o, false);
  return f;
}

/* ---- data indices ---- */

bool tppc_sym_is_bound(const char *sym) {
  return sym[0] == '$' && sym[1] == 'g';
}

/* The tpp.bind of region r that defines sym, or NULL. */
static const TppcOp *bind_of(const TppcRegion *r, const char *sym) {
  for (const TppcOp *op = r->first; op; op = op->next)
    if (op->kind == TPPC_OP_BIND && op->dims[0].sym == sym)
      return op;
  return NULL;
}

/* The value of op changes with the letter. */
static bool op_varies(const TppcOp *op, const char *letter) {
  const TppcExpr *value = op->kind == TPPC_OP_INDEX ? tppc_attr_expr(op, "value") : NULL;
  if (value && tppc_e_varies(value, op->in, letter))
    return true;
  for (int i = 0; i < op->n_uses; i++) {
    const TppcUse *u = &op->uses[i];
    for (int j = 0; j < u->n_idx; j++)
      if (tppc_e_varies(u->idx[j], op->in, letter))
        return true;
    const TppcOp *def = u->value->def;
    if (def && def->in == op->in && op_varies(def, letter))
      return true;
  }
  return false;
}

bool tppc_e_varies(const TppcExpr *e, const TppcRegion *r, const char *letter) {
  if (e->kind == TPPC_E_SYM) {
    const TppcOp *bind = tppc_sym_is_bound(e->sym) ? bind_of(r, e->sym) : NULL;
    return e->sym == letter || (bind && op_varies(bind, letter));
  }
  for (int i = 0; i < e->n; i++)
    if (tppc_e_varies(e->op[i], r, letter))
      return true;
  return false;
}

bool tppc_e_has_bound(const TppcExpr *e) {
  if (e->kind == TPPC_E_SYM)
    return tppc_sym_is_bound(e->sym);
  for (int i = 0; i < e->n; i++)
    if (tppc_e_has_bound(e->op[i]))
      return true;
  return false;
}
