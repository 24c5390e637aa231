/* A first update that does not meet all elements: Y[2*m] max= X[m, k].
 *
 * What is never written is zero in the end, and what is written starts from the operator's
 * identity. For sums both are zero. For the others all elements start from the identity, a local
 * mask notes which ones an update has met, and before anybody reads the tensor, at the latest at
 * the end of the kernel, those that none has met become zero:
 *
 *   Y[:] = -inf;  W[:] = 0;   ... Y[2*m] max= X[m, k], W[2*m] max= 1 ...   Y[:] = W[:] ? Y[:] : 0
 *
 * In a seq that began before the first update a later iteration may meet what an earlier one reads,
 * so that elements not met keep the identity until the seq has ended.
 */
#include "dsl/sema.h"

static TppcValue *new_mask(SemaKernel *k, const Sym *sym, TppcOp *before) {
  TppcContext *cx = k->s->cx;
  const TppcType *t = sym->value->type;
  TppcType like = {
      .kind = TPPC_T_TENSOR, .elem = TPP_I32, .rank = t->rank, .dims = t->dims, .pad = t->pad};
  TppcOp *op = tppc_op_new(cx, TPPC_OP_LOCAL, sym->name.span);
  const char *name = sema_fresh(k, tppc_sprintf(cx->arena, "%s_met", sym->name.text));
  op->name = name;
  tppc_op_insert_before(before, op);
  return tppc_op_add_result(cx, op, tppc_t_intern(cx, &like), name);
}

void sema_partial_begin(SemaStmt *st, Sym *sym, TppcUpdate update, TppcOp *before) {
  sym->met = new_mask(st->k, sym, before);
  sema_fill_tensor(st->k, sym, sym->value, update, before);
  sema_fill_tensor(st->k, sym, sym->met, TPPC_SET, before);
}

void sema_partial_mark(SemaStmt *st, const Sym *sym, TppcSpan span) {
  if (!sym->met)
    return;
  TppcValue *one = sema_const_value(st, TPP_I32, 1, 0, span);
  sema_emit_store(st, one, sym->met, st->n_idx, st->idx, TPPC_MAX, 0, span);
}

static TppcValue *load(SemaStmt *st, TppcValue *tensor, const TppcExpr *const *idx, TppcSpan span) {
  TppcValue *v = sema_emit(st, TPPC_OP_LOAD, tppc_elem_compute(tensor->type->elem), span);
  tppc_op_add_use(st->s->cx, v->def, tensor, tensor->type->rank, idx, span);
  return v;
}

static TppcValue *elementwise(SemaStmt *st, TppcElt elt, int elem, int n, TppcValue *const *args,
                              TppcSpan span) {
  TppcValue *v = sema_emit(st, TPPC_OP_ELT, elem, span);
  v->def->elt = elt;
  for (int i = 0; i < n; i++)
    tppc_op_add_use(st->s->cx, v->def, args[i], 0, NULL, span);
  return v;
}

/* sym[:] = test != 0 ? sym[:] : 0, in nest `n`, else in a nest of its own after all so far. The
 * test is the mask, or `count`. */
static void keep_if(SemaKernel *k, SemaNest *n, Sym *sym, const TppcExpr *count) {
  TppcContext *cx = k->s->cx;
  const TppcType *t = sym->value->type;
  TppcSpan span = sym->name.span;
  const TppcExpr **idx = TPPC_NEW_N(cx->arena, const TppcExpr *, t->rank + 1);
  SemaStmt st = {.nest = n, .k = k, .s = k->s};
  TppcOp *nest = n ? n->op : sema_whole_nest(k, sym, NULL);
  if (!nest)
    return;
  st.op = tppc_op_new(cx, TPPC_OP_STMT, span);
  st.region = &st.op->regions[0];
  for (int d = 0; d < t->rank; d++) {
    const char *name = n ? tppc_internf(cx->names, "$%d", t->rank - d) : nest->dims[d].sym;
    idx[d] = tppc_e_sym(cx, name);
    tppc_op_add_dim(cx, st.op, name, tppc_e_int(cx, 0), t->dims[d], tppc_e_int(cx, 1), span);
  }
  if (sema_is_sparse(t))
    tppc_op_add_use(cx, st.op, sym->value, 2, idx, span);
  int elem = tppc_elem_compute(t->elem), code = count ? TPP_I64 : TPP_I32;
  TppcValue *test[2];
  if (count) {
    test[0] = sema_emit(&st, TPPC_OP_INDEX, TPP_I64, span);
    tppc_set_expr(cx, test[0]->def, "value", count);
  } else {
    test[0] = load(&st, sym->met, idx, span);
  }
  test[1] = sema_const_value(&st, code, 0, 0, span);
  TppcValue *arg[3] = {elementwise(&st, TPPC_ELT_NE, TPP_BIT, 2, test, span),
                       load(&st, sym->value, idx, span), sema_const_value(&st, elem, 0, 0, span)};
  TppcValue *v = elementwise(&st, TPPC_ELT_SELECT, elem, 3, arg, span);
  sema_emit_store(&st, v, sym->value, t->rank, idx, TPPC_SET, 0, span);
  tppc_op_append(&nest->regions[0], st.op);
}

/* The callee writes what it likes, so it gets zeros, and all is met from there on. */
void sema_partial_call(SemaKernel *k, Sym *sym) {
  if (!sym->met || !sema_seq_around(k, sym)) {
    sema_partial_end(k, NULL, sym);
    return;
  }
  keep_if(k, NULL, sym, NULL);
  sema_fill_tensor(k, sym, sym->met, TPPC_MUL, NULL); /* with ones */
}

void sema_partial_end(SemaKernel *k, SemaNest *n, Sym *sym) {
  if (!sym->met)
    return;
  if (sema_seq_around(k, sym))
    return;
  keep_if(k, n, sym, NULL);
  sym->met = NULL;
}

void sema_seq_ends(SemaKernel *k, const TppcOp *seq) {
  for (int i = 0; i < k->syms.n; i++) {
    Sym *sym = k->syms.data[i];
    if (sym->filled != seq)
      continue;
    if (sym->met)
      sema_partial_end(k, NULL, sym);
    else
      keep_if(k, NULL, sym, sym->iterations);
    sym->filled = NULL;
  }
}
