/* check-indices: data indices are checked before anything is written.
 *
 *   tpp.stmt [m: M, d: D] { %0 = tpp.load %ix[m]  tpp.bind [$g0: V] %0  %1 = tpp.load %E[$g0, d] ..
 * }
 *   -->  %bad = local : i32[]
 *        tpp.nest @indices [m: M] { tpp.stmt [m: M] {
 *          %0 = tpp.load %ix[m]  ..  tpp.store %outside, %bad update=max init=1 } }
 *        check %bad status=index
 *        .. and the statement as it was
 *
 * The check ranges over the letters of the index alone, so it costs a pass over the index tensor;
 * it is a nest like any other, which the passes behind this one make vector code of. All checks
 * stand in front of the kernel's own nests, in the order of the indices, so that an index that is
 * looked up by another index is reached only when that one is right; what an index is computed by
 * moves in front of its check (hoist_indices.c). An index that follows from what the kernel has
 * written is checked in front of its nest, and results wait in locals until then (late_indices.c).
 * Where another loop of the statement is empty nothing is read, and the check does not count.
 */
#include "passes/hoist_indices.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

typedef struct Checker {
  TppcContext *cx;
  TppcOp *kernel, *at;    /* checks stand before `at` */
  TppcOp *late;           /* the last check behind writes, or NULL */
  TppcVec(TppcOp *) done; /* the binds that have one */
} Checker;

/* ---- what an index is made of ---- */

typedef TppcVec(TppcOp *) Ops;

static bool has_op(const Ops *ops, const TppcOp *op) {
  for (int i = 0; i < ops->n; i++)
    if (ops->data[i] == op)
      return true;
  return false;
}

static void add_chain(TppcContext *cx, Ops *chain, TppcOp *op);

static void add_bound(TppcContext *cx, Ops *chain, const TppcOp *op, const TppcExpr *e) {
  if (e->kind == TPPC_E_SYM && tppc_sym_is_bound(e->sym))
    for (TppcOp *o = op->in->first; o; o = o->next)
      if (o->kind == TPPC_OP_BIND && o->dims[0].sym == e->sym)
        add_chain(cx, chain, o);
  for (int i = 0; i < e->n; i++)
    add_bound(cx, chain, op, e->op[i]);
}

/* The ops of the region from which op is computed, and op, in an order in which they may stand. */
static void add_chain(TppcContext *cx, Ops *chain, TppcOp *op) {
  if (has_op(chain, op))
    return;
  for (int i = 0; i < op->n_uses; i++) {
    TppcOp *def = op->uses[i].value->def;
    for (int j = 0; j < op->uses[i].n_idx; j++)
      add_bound(cx, chain, op, op->uses[i].idx[j]);
    if (def && def->in == op->in)
      add_chain(cx, chain, def);
  }
  const TppcExpr *value = tppc_attr_expr(op, "value");
  if (value)
    add_bound(cx, chain, op, value);
  TPPC_PUSH(cx->arena, chain, op);
}

static bool uses_letter(const Ops *chain, const char *sym) {
  for (int i = 0; i < chain->n; i++) {
    const TppcOp *op = chain->data[i];
    const TppcExpr *value = tppc_attr_expr(op, "value");
    if (value && tppc_e_uses(value, sym))
      return true;
    for (int j = 0; j < op->n_uses; j++)
      if (tppc_use_has(&op->uses[j], sym))
        return true;
  }
  return false;
}

/* ---- the nest that checks one index ---- */

static TppcValue *new_value(Checker *c, TppcRegion *r, TppcOpKind kind, const TppcExpr *e) {
  TppcOp *op = tppc_op_new(c->cx, kind, TPPC_NO_SPAN);
  tppc_set_expr(c->cx, op, "value", e);
  tppc_op_append(r, op);
  return tppc_op_add_result(c->cx, op, tppc_t_scalar(c->cx, TPP_I64), "v");
}

static TppcValue *as_i32(Checker *c, TppcRegion *r, TppcValue *v) {
  return tppc_new_convert(c->cx, r, v, TPP_I32)->results[0];
}

/* 1 where v is outside [lo, hi), else 0. */
static TppcValue *outside(Checker *c, TppcRegion *r, TppcValue *v, const TppcDim *range) {
  TppcContext *cx = c->cx;
  TppcValue *lo = new_value(c, r, TPPC_OP_INDEX, range->lo);
  TppcValue *hi = new_value(c, r, TPPC_OP_INDEX, range->hi);
  TppcValue *below = tppc_new_elt(cx, r, TPPC_ELT_LT, v, lo, TPP_BIT)->results[0];
  TppcValue *above = tppc_new_elt(cx, r, TPPC_ELT_GE, v, hi, TPP_BIT)->results[0];
  TppcOp *bad =
      tppc_new_elt(cx, r, TPPC_ELT_MAX, as_i32(c, r, below), as_i32(c, r, above), TPP_I32);
  return bad->results[0];
}

/* The loops of the index. Where another loop of the statement is empty the first of them is. */
static void add_loops(Checker *c, const TppcOp *stmt, const Ops *chain, TppcOp *nest) {
  TppcContext *cx = c->cx;
  const TppcExpr *runs = tppc_e_int(cx, 1), *zero = tppc_e_int(cx, 0);
  const TppcDim *other = NULL;
  /* An index that is the same in each repetition of its nest is checked once. */
  for (const TppcOp *op = tppc_op_parent(tppc_op_parent(stmt)); op != tppc_op_parent(c->at);
       op = tppc_op_parent(op))
    for (int i = 0; i < op->n_dims; i++) {
      const TppcDim *d = &op->dims[i];
      if (uses_letter(chain, d->sym)) {
        tppc_copy_dim(cx, nest, d);
      } else {
        runs = tppc_e_and(cx, runs, tppc_e_bin(cx, TPPC_E_LT, d->lo, d->hi));
        other = other ? other : d;
      }
    }
  for (int i = 0; i < stmt->n_dims; i++) {
    const TppcDim *d = &stmt->dims[i];
    if (uses_letter(chain, d->sym)) {
      tppc_copy_dim(cx, nest, d);
    } else {
      runs = tppc_e_and(cx, runs, tppc_e_bin(cx, TPPC_E_LT, d->lo, d->hi));
      other = other ? other : d;
    }
  }
  TppcFacts facts = tppc_facts_at(cx, c->at);
  runs = tppc_e_simplify(cx, runs, &facts);
  if (tppc_e_is(runs, 1))
    return;
  if (nest->n_dims)
    nest->dims[0].hi = tppc_e_mul(cx, nest->dims[0].hi, runs);
  else if (other->sym[0] != '$')
    tppc_op_add_dim(cx, nest, other->sym, zero, runs, tppc_e_int(cx, 1), other->span);
}

/* Whether sym names nothing that the check may speak of. */
static bool is_free(const Checker *c, const TppcOp *nest, const char *sym) {
  for (int i = 0; i < nest->n_dims; i++)
    if (nest->dims[i].sym == sym)
      return false;
  for (const TppcOp *op = tppc_op_parent(c->at); op && op != c->kernel; op = tppc_op_parent(op))
    for (int i = 0; i < op->n_dims; i++)
      if (op->dims[i].sym == sym)
        return false;
  return !tppc_e_only_sizes(tppc_e_sym(c->cx, sym), &c->kernel->regions[0]);
}

/* The letter of a seq that a call was expanded in may have become a longer name, which no schedule
 * can say: the loops of the check are called by letters. */
static void name_by_letters(Checker *c, TppcOp *nest, TppcOp *check) {
  for (int i = 0; i < nest->n_dims; i++) {
    const char *old = nest->dims[i].sym;
    for (char letter = 'a'; old[1] && letter <= 'z'; letter++) {
      const char *sym = tppc_internf(c->cx->names, "%c", letter);
      if (!is_free(c, nest, sym))
        continue;
      TppcFacts to = tppc_facts_new(c->cx);
      tppc_facts_with(&to, old, tppc_e_sym(c->cx, sym));
      tppc_subst_region(c->cx, &nest->regions[0], &to);
      nest->dims[i].sym = check->dims[i].sym = sym;
      break;
    }
  }
}

static void add_schedule(Checker *c, TppcOp *nest) {
  TppcBuf letters = {0};
  for (int i = 0; i < nest->n_dims; i++)
    tppc_buf_puts(&letters, nest->dims[i].sym);
  TppcOp *op = tppc_op_new(c->cx, TPPC_OP_SCHEDULE, nest->span);
  tppc_set_string(c->cx, op, "string", tppc_strdup(c->cx->arena, letters.data ? letters.data : ""),
                  TPPC_NO_SPAN);
  tppc_set_word(c->cx, op, "origin", "heuristic");
  tppc_op_insert_before(nest->regions[0].first, op);
  tppc_buf_free(&letters);
}

static void emit_check(Checker *c, TppcOp *bind, const Ops *chain) {
  TppcContext *cx = c->cx;
  TppcOp *local = tppc_op_new(cx, TPPC_OP_LOCAL, bind->span);
  local->name = tppc_fresh_name(cx, c->kernel, "bad");
  TppcValue *bad = tppc_op_add_result(cx, local, tppc_t_tensor(cx, TPP_I32, 0, NULL), local->name);
  tppc_op_insert_before(c->at, local);
  TppcOp *nest = tppc_op_new(cx, TPPC_OP_NEST, bind->span);
  nest->name = tppc_fresh_name(cx, c->kernel, "indices");
  add_loops(c, tppc_op_parent(bind), chain, nest);
  TppcOp *check = tppc_op_new(cx, TPPC_OP_STMT, bind->span);
  for (int i = 0; i < nest->n_dims; i++)
    tppc_copy_dim(cx, check, &nest->dims[i]);
  TppcRegion *r = &check->regions[0];
  TppcMap values = {.arena = cx->arena};
  for (int i = 0; i + 1 < chain->n; i++)
    tppc_op_append(r, tppc_op_clone(cx, chain->data[i], &values, NULL));
  TppcValue *v = tppc_map_get(&values, bind->uses[0].value);
  v = outside(c, r, v ? v : bind->uses[0].value, &bind->dims[0]);
  TppcUse all = {.span = bind->span};
  TppcOp *store = tppc_new_store(cx, r, v, bad, &all, TPPC_MAX);
  tppc_set_int(cx, store, "init", 1);
  tppc_op_append(&nest->regions[0], check);
  name_by_letters(c, nest, check);
  if (nest->n_dims)
    add_schedule(c, nest);
  tppc_op_insert_before(c->at, nest);
  TppcOp *end = tppc_op_new(cx, TPPC_OP_CHECK, bind->span);
  tppc_op_add_use(cx, end, bad, 0, NULL, bind->span);
  tppc_set_word(cx, end, "status", "index");
  tppc_op_insert_before(c->at, end);
}

/* ---- which indices need one ---- */

/* The same element of the same tensor, over the same loops, in the same range. */
static bool same_check(const TppcOp *a, const TppcOp *b) {
  const TppcOp *x = a->uses[0].value->def, *y = b->uses[0].value->def;
  while (x && y && x->kind == TPPC_OP_CONVERT && y->kind == TPPC_OP_CONVERT) {
    x = x->uses[0].value->def;
    y = y->uses[0].value->def;
  }
  if (!x || !y || x->kind != TPPC_OP_LOAD || y->kind != TPPC_OP_LOAD ||
      x->uses[0].value != y->uses[0].value || a->dims[0].lo != b->dims[0].lo ||
      a->dims[0].hi != b->dims[0].hi)
    return false;
  for (int i = 0; i < x->uses[0].n_idx; i++)
    if (x->uses[0].idx[i] != y->uses[0].idx[i] || tppc_e_has_bound(x->uses[0].idx[i]))
      return false;
  const TppcOp *s = tppc_op_parent(a), *t = tppc_op_parent(b);
  if (s->n_dims != t->n_dims)
    return false;
  for (int i = 0; i < s->n_dims; i++)
    if (s->dims[i].sym != t->dims[i].sym || s->dims[i].hi != t->dims[i].hi)
      return false;
  return true;
}

/* Of two checks the one that comes last in the kernel's body. */
static TppcOp *later(const Checker *c, TppcOp *a, TppcOp *b) {
  TppcRegion *body = &c->kernel->regions[0];
  for (const TppcOp *op = a ? tppc_op_in_region(b, body) : NULL; op; op = op->next)
    if (op == tppc_op_in_region(a, body))
      return a;
  return b;
}

static bool is_checked(const Checker *c, const TppcOp *bind) {
  for (int i = 0; i < c->done.n; i++)
    if (same_check(c->done.data[i], bind))
      return true;
  return false;
}

static bool check_bind(Checker *c, TppcOp *bind) {
  Ops chain = {0};
  add_chain(c->cx, &chain, bind);
  TppcOp *first = c->at;
  c->at = tppc_hoist_index(c->cx, c->kernel, first, bind, chain.data, chain.n);
  bool early = c->at != NULL;
  if (!early)
    c->at = tppc_late_index(c->cx, c->kernel, bind, chain.data, chain.n);
  bool ok = c->at != NULL;
  if (ok && !(early && is_checked(c, bind)))
    emit_check(c, bind, &chain);
  if (ok && early)
    TPPC_PUSH(c->cx->arena, &c->done, bind);
  if (ok && !early)
    c->late = later(c, c->late, c->at->prev);
  c->at = first;
  return ok;
}

static bool check_kernel(TppcContext *cx, TppcOp *kernel) {
  Checker c = {.cx = cx, .kernel = kernel};
  TppcRegion *body = &kernel->regions[0];
  Ops binds = {0};
  for (TppcOp *op = body->first; op; op = tppc_next_op(body, op))
    if (op->kind == TPPC_OP_BIND)
      TPPC_PUSH(cx->arena, &binds, op);
  for (c.at = body->first; c.at; c.at = c.at->next)
    if (c.at->kind != TPPC_OP_SIZE && c.at->kind != TPPC_OP_REQUIRE && c.at->kind != TPPC_OP_PARAM)
      break;
  bool ok = true;
  for (int i = 0; i < binds.n && c.at; i++)
    ok = check_bind(&c, binds.data[i]) && ok;
  if (ok && c.late)
    tppc_defer_writes(cx, kernel, c.late);
  if (binds.n)
    tppc_number_values(cx, kernel);
  return ok;
}

bool tppc_pass_check_indices(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  bool ok = true;
  for (TppcOp *k = m->body.first; k; k = k->next)
    if (k->kind == TPPC_OP_KERNEL)
      ok = check_kernel(m->cx, k) && ok;
  return ok;
}
