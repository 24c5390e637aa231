/* Scalar arguments of an inlined call.
 *
 *   %s = local @s : f32
 *   tpp.nest @arg_s0 { tpp.stmt { %0 = tpp.const value=0.5 : f32  tpp.store %0, %s update=set } }
 *   tpp.call %X, %s, %Y callee="scale"              // whose statement has tpp.mul %x, %alpha
 *   -->  ... { %0 = tpp.const value=0.5 : f32  tpp.mul %x, %0 }
 *
 * A scalar argument that is an expression comes as a tensor of one element that was computed before
 * the call. Each statement that uses the parameter loads it. Where the expression reads no tensor
 * the statement computes it itself, so that constants fold and nothing stands between the nests of
 * neighbouring calls; canonicalize drops what computed it.
 */
#include "passes/inline_scalars.h"

#include "passes/rewrite.h"

/* The only store to v, which is a local, when it stands alone in a nest before the call; or NULL.
 */
static TppcOp *only_store(const TppcOp *call, const TppcValue *v) {
  TppcOp *store = NULL;
  if (v->def->kind != TPPC_OP_LOCAL)
    return NULL;
  for (TppcOp *nest = call->prev; nest; nest = nest->prev) {
    TppcRegion *r = nest->n_regions ? &nest->regions[0] : NULL;
    for (TppcOp *op = r ? r->first : NULL; op; op = tppc_next_op(r, op))
      for (int i = 0; i < op->n_uses; i++)
        if (op->uses[i].value == v) {
          if (store || op->kind != TPPC_OP_STORE || nest->kind != TPPC_OP_NEST || nest->n_dims)
            return NULL;
          store = op;
        }
  }
  return store;
}

/* A product that is rounded when it is passed may not become part of a fused multiply-add. */
static bool may_contract(const TppcOp *op) {
  return op->kind == TPPC_OP_ELT && op->elt == TPPC_ELT_MUL &&
         tppc_elem_is_float(op->results[0]->type->elem);
}

/* Of constants, sizes, and scalars; in the type that a load of the element would have. */
static bool is_pure(const TppcOp *store, const TppcType *t) {
  if (store->uses[0].value->type->elem != tppc_elem_compute(t->elem))
    return false;
  for (const TppcOp *op = store->in->first; op; op = op->next)
    if (op->kind == TPPC_OP_LOAD || may_contract(op) || (op->kind == TPPC_OP_STORE && op != store))
      return false;
  return true;
}

/* Puts a copy of the region of `store` before `at`; returns the value that was stored, rounded. */
static TppcValue *compute_again(TppcContext *cx, TppcOp *at, const TppcOp *store, int elem) {
  TppcMap values = {.arena = cx->arena};
  for (const TppcOp *op = store->in->first; op; op = op->next) {
    if (op == store)
      continue;
    TppcOp *copy = tppc_op_clone(cx, op, &values, NULL);
    for (int i = 0; i < op->n_results; i++)
      tppc_map_set(&values, op->results[i], copy->results[i]);
    tppc_op_insert_before(at, copy);
  }
  TppcValue *stored = store->uses[0].value, *v = tppc_map_get(&values, stored);
  v = v ? v : stored;
  if (elem == tppc_elem_compute(elem))
    return v;
  TppcOp *round = tppc_op_new(cx, TPPC_OP_ROUND, store->span);
  tppc_op_add_use(cx, round, v, 0, NULL, store->span);
  tppc_set_word(cx, round, "to", tppc_elem_name(elem));
  tppc_op_insert_before(at, round);
  return tppc_op_add_result(cx, round, v->type, "v");
}

static TppcValue *load(TppcContext *cx, TppcOp *at, TppcValue *tensor) {
  TppcRegion scratch = {0};
  TppcUse here = {.value = tensor, .span = at->span};
  TppcOp *op = tppc_new_load(cx, &scratch, tensor, &here);
  tppc_op_unlink(op);
  tppc_op_insert_before(at, op);
  return op->results[0];
}

static bool uses(const TppcRegion *r, const TppcValue *v) {
  for (const TppcOp *op = r->first; op; op = op->next)
    for (int i = 0; i < op->n_uses; i++)
      if (op->uses[i].value == v)
        return true;
  return false;
}

void tppc_inline_scalar(TppcContext *cx, TppcOp *item, const TppcOp *call, const TppcValue *param,
                        TppcValue *tensor) {
  const TppcOp *store = only_store(call, tensor);
  bool pure = store && is_pure(store, tensor->type);
  for (TppcOp *op = item->regions[0].first; op; op = tppc_next_op(&item->regions[0], op)) {
    if (op->kind != TPPC_OP_STMT || !uses(&op->regions[0], param))
      continue;
    TppcOp *first = op->regions[0].first;
    TppcValue *v =
        pure ? compute_again(cx, first, store, tensor->type->elem) : load(cx, first, tensor);
    tppc_replace_value(&op->regions[0], param, v);
  }
}
