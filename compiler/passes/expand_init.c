/* expand-init: a reduction starts from an explicit identity.
 *
 *   tpp.stmt [m, $1] { tpp.store %v, %s[m] update=max init=1 }
 *   -->  tpp.stmt [m] { tpp.store -inf, %s[m] update=set }
 *        tpp.stmt [m, $1] { tpp.store %v, %s[m] update=max init=0 }
 *
 * The identity is a statement like any other, so it is placed by the schedule where the reduction
 * begins, and a reduction over an empty loop is right by itself. Contractions keep `init`, because
 * a kernel starts at zero for nothing; only those that clip their operands (reads in the padding)
 * may skip points, and those that walk a sparse operand, so they get the statement too. A temporary
 * that lives on the pattern of a sparse tensor starts for its stored entries only.
 */
#include "passes/pass.h"
#include "passes/rewrite.h"

static bool same_pattern(const TppcUse *a, const TppcUse *b) {
  return a->value == b->value && a->idx[0] == b->idx[0] && a->idx[1] == b->idx[1];
}

/* A temporary that statements over the entries of one tensor have for themselves, indexed by both
 * letters of it: only elements of stored entries are ever looked at. */
static bool lives_on_pattern(TppcContext *cx, TppcOp *nest, const TppcUse *to,
                             const TppcUse *pattern) {
  if (!to->value->def || to->value->def->kind != TPPC_OP_TEMP)
    return false;
  TppcTouches all = tppc_touches(cx, &nest->regions[0], to->value);
  for (int i = 0; i < all.v.n; i++) {
    const TppcUse *u = all.v.data[i].use;
    const TppcOp *stmt = tppc_op_in_region(all.v.data[i].op, &nest->regions[0]);
    if (!tppc_walked(stmt) || !same_pattern(tppc_walked(stmt), pattern))
      return false;
    for (int j = 0; j < to->n_idx; j++)
      if (u->idx[j] != to->idx[j])
        return false;
  }
  for (int d = 0; d < 2; d++) {
    bool has = false;
    for (int j = 0; j < to->n_idx; j++)
      has = has || to->idx[j] == pattern->idx[d];
    if (!has)
      return false;
  }
  return true;
}

/* The statement set to[index] = identity over the letters of the index, to stand before `user`. */
static void set_before(TppcContext *cx, TppcOp *user, const TppcUse *to, TppcUpdate update) {
  TppcOp *stmt = tppc_op_new(cx, TPPC_OP_STMT, user->span);
  for (int i = 0; i < user->n_dims; i++)
    if (tppc_use_has(to, user->dims[i].sym))
      tppc_copy_dim(cx, stmt, &user->dims[i]);
  TppcRegion *r = &stmt->regions[0];
  int elem = tppc_elem_compute(to->value->type->elem);
  TppcOp *zero = tppc_new_identity(cx, r, elem, update);
  tppc_new_store(cx, r, zero->results[0], to->value, to, TPPC_SET);
  const TppcUse *pattern = tppc_walked(user);
  if (pattern && lives_on_pattern(cx, tppc_op_parent(user), to, pattern))
    tppc_op_add_use(cx, stmt, pattern->value, 2, pattern->idx, pattern->span);
  tppc_op_insert_before(user, stmt);
}

static void expand_statement(TppcContext *cx, TppcOp *stmt) {
  TppcRegion *r = &stmt->regions[0];
  for (TppcOp *op = r->first; op; op = op->next) {
    if (op->kind != TPPC_OP_STORE || tppc_op_update(op) == TPPC_SET)
      continue;
    if (tppc_attr_int(op, "init", 0) == 1) {
      set_before(cx, stmt, &op->uses[1], tppc_op_update(op));
      tppc_set_int(cx, op, "init", 0);
    }
  }
}

/* An operand with padding in a dimension whose index is more than a letter may be read outside. */
static bool clips(const TppcUse *u) {
  const TppcType *t = u->value->type;
  for (int i = 0; t->pad && i < u->n_idx; i++)
    if (!tppc_e_is(t->pad[i], 0) && u->idx[i]->kind != TPPC_E_SYM)
      return true;
  return false;
}

/* Lines without entries contribute nothing, not even the start. */
static void expand_contract(TppcContext *cx, TppcOp *op) {
  if (tppc_attr_int(op, "init", 0) != 1 ||
      (!tppc_walked(op) && !clips(&op->uses[1]) && !clips(&op->uses[2])))
    return;
  set_before(cx, op, &op->uses[0], TPPC_ADD);
  tppc_set_int(cx, op, "init", 0);
}

bool tppc_pass_expand_init(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  for (TppcOp *op = m->body.first; op; op = tppc_next_op(&m->body, op)) {
    if (op->kind == TPPC_OP_STMT)
      expand_statement(m->cx, op);
    else if (op->kind == TPPC_OP_CONTRACT)
      expand_contract(m->cx, op);
  }
  for (TppcOp *k = m->body.first; k; k = k->next)
    if (k->kind == TPPC_OP_KERNEL)
      tppc_number_values(m->cx, k);
  return true;
}
