/* canonicalize: what is known is written out, what nothing needs is dropped.
 *
 * A size with a constant value (a default, -D, or an inlined call) disappears into types, dims, and
 * expressions, and so does a size that equals another one, such as P = (H - 1) / 1 + 1. After this
 * pass an expression is constant if it ever will be, which is what later passes test for to choose
 * exact kernels and whole tiles. Then each statement's region is folded (fold.c), and temporaries
 * that nothing reads go with the statements that make them.
 */
#include "passes/fold.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

static void substitute_sizes(TppcContext *cx, TppcOp *kernel) {
  TppcFacts f = tppc_facts_new(cx);
  TppcRegion *body = &kernel->regions[0];
  for (TppcOp *op = body->first; op; op = op->next) {
    const TppcExpr *value = op->kind == TPPC_OP_SIZE ? tppc_attr_expr(op, "value") : NULL;
    int64_t v;
    if (!value)
      continue;
    value = tppc_e_subst(cx, value, &f);
    tppc_set_expr(cx, op, "value", value);
    if (tppc_e_const(value, &v) || value->kind == TPPC_E_SYM)
      tppc_facts_with(&f, op->name, value);
  }
  tppc_subst_region(cx, body, &f);
}

static void drop_kept_promises(TppcRegion *body) {
  for (TppcOp *op = body->first, *next; op; op = next) {
    next = op->next;
    const TppcExpr *when = op->kind == TPPC_OP_REQUIRE ? tppc_attr_expr(op, "when") : NULL;
    int64_t v;
    if (when && tppc_e_const(when, &v) && v)
      tppc_op_unlink(op);
  }
}

/* Read other than to be updated. */
static bool is_read(const TppcRegion *r, const TppcValue *v) {
  for (TppcOp *op = r->first; op; op = tppc_next_op(r, op))
    for (int i = 0; i < op->n_uses; i++) {
      if (op->uses[i].value != v)
        continue;
      bool updated =
          (op->kind == TPPC_OP_STORE && i == 1) || (op->kind == TPPC_OP_CONTRACT && i == 0);
      if (!updated)
        return true;
    }
  return false;
}

static void drop_writes(TppcRegion *r, const TppcValue *v) {
  for (TppcOp *op = r->first, *next; op; op = next) {
    next = tppc_next_op(r, op);
    bool writes = (op->kind == TPPC_OP_STORE && op->uses[1].value == v) ||
                  (op->kind == TPPC_OP_CONTRACT && op->uses[0].value == v);
    if (writes) {
      next = tppc_skip_op(r, op);
      tppc_op_unlink(op);
    }
  }
}

static bool drop_unread(TppcRegion *body) {
  bool changed = false;
  for (TppcOp *op = body->first, *next; op; op = next) {
    next = tppc_next_op(body, op);
    bool own = op->kind == TPPC_OP_TEMP || op->kind == TPPC_OP_LOCAL;
    if (!own || is_read(body, op->results[0]))
      continue;
    drop_writes(body, op->results[0]);
    next = tppc_next_op(body, op);
    tppc_op_unlink(op);
    changed = true;
  }
  return changed;
}

static bool has_store(const TppcRegion *r) {
  for (const TppcOp *op = r->first; op; op = op->next)
    if (op->kind == TPPC_OP_STORE)
      return true;
  return false;
}

static void fold_statements(TppcContext *cx, TppcRegion *body) {
  for (TppcOp *op = body->first, *next; op; op = next) {
    next = tppc_next_op(body, op);
    if (op->kind != TPPC_OP_STMT)
      continue;
    next = tppc_skip_op(body, op);
    tppc_fold_region(cx, &op->regions[0]);
    if (!has_store(&op->regions[0]))
      tppc_op_unlink(op);
  }
}

/* A nest whose statements have all gone has nothing to schedule. */
static void drop_empty_nests(TppcRegion *body) {
  for (TppcOp *nest = body->first, *next; nest; nest = next) {
    next = nest->next;
    if (nest->kind == TPPC_OP_SEQ) {
      drop_empty_nests(&nest->regions[0]);
      if (!nest->regions[0].first)
        tppc_op_unlink(nest);
    }
    if (nest->kind != TPPC_OP_NEST)
      continue;
    bool empty = true;
    for (const TppcOp *op = nest->regions[0].first; op; op = op->next)
      if (op->kind == TPPC_OP_STMT || op->kind == TPPC_OP_CONTRACT)
        empty = false;
    if (empty)
      tppc_op_unlink(nest);
  }
}

bool tppc_pass_canonicalize(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  for (TppcOp *k = m->body.first; k; k = k->next) {
    if (k->kind != TPPC_OP_KERNEL)
      continue;
    TppcRegion *body = &k->regions[0];
    substitute_sizes(m->cx, k);
    drop_kept_promises(body);
    fold_statements(m->cx, body);
    while (drop_unread(body))
      fold_statements(m->cx, body);
    drop_empty_nests(body);
    tppc_number_values(m->cx, k);
  }
  return true;
}
