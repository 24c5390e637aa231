/* A contraction as elementwise tiles: the form for products that no microkernel can be called for
 * (an operand without constant strides, elements narrower than a byte), and for those that are not
 * worth one: a product without a row or a column letter reads each element once, so a vector loop
 * is as fast as any kernel. */
#include "passes/contract_emit.h"

const TppcExpr *tppc_init_condition(TppcContext *cx, const TppcOp *op) {
  const TppcExpr *e = tppc_attr_expr(op, "init");
  return e ? e : tppc_e_int(cx, tppc_attr_int(op, "init", 0) != 0);
}

TppcRegion *tppc_new_if(TppcContext *cx, TppcRegion *r, const TppcExpr *when, TppcSpan span) {
  if (tppc_e_is(when, 1))
    return r;
  TppcOp *op = tppc_op_new(cx, TPPC_OP_IF, span);
  tppc_set_expr(cx, op, "when", when);
  TppcRegion *body = &op->regions[0];
  tppc_op_append(r, op);
  return body;
}

void tppc_new_zero_tile(TppcContext *cx, TppcRegion *r, const TppcOp *op) {
  const TppcUse *c = &op->uses[0];
  TppcOp *tile = tppc_op_new(cx, TPPC_OP_TILE, op->span);
  for (int i = 0; i < op->n_dims; i++)
    if (tppc_use_has(c, op->dims[i].sym))
      tppc_copy_dim(cx, tile, &op->dims[i]);
  TppcRegion *body = &tile->regions[0];
  TppcOp *zero = tppc_new_const(cx, body, tppc_elem_compute(c->value->type->elem), 0);
  tppc_new_store(cx, body, zero->results[0], c->value, c, TPPC_SET);
  tppc_op_append(r, tile);
}

void tppc_replace_op(TppcOp *at, TppcRegion *r) {
  tppc_splice_before(at, r);
  tppc_op_unlink(at);
}

static TppcValue *operand(TppcContext *cx, TppcRegion *r, const TppcUse *u, int elem) {
  TppcValue *v = tppc_new_load(cx, r, u->value, u)->results[0];
  return v->type->elem == elem ? v : tppc_new_convert(cx, r, v, elem)->results[0];
}

void tppc_emit_product_tile(TppcContext *cx, TppcOp *op) {
  TppcRegion out = {0};
  const TppcExpr *init = tppc_init_condition(cx, op);
  const TppcUse *c = &op->uses[0], *a = &op->uses[1], *b = &op->uses[2];
  int elem = tppc_product_elem(a->value->type->elem, b->value->type->elem);
  if (!tppc_e_is(init, 0))
    tppc_new_zero_tile(cx, tppc_new_if(cx, &out, init, op->span), op);
  TppcOp *tile = tppc_op_new(cx, TPPC_OP_TILE, op->span);
  tppc_set_int(cx, tile, "product", 1);
  for (int i = 0; i < op->n_dims; i++)
    tppc_copy_dim(cx, tile, &op->dims[i]);
  TppcRegion *r = &tile->regions[0];
  TppcValue *x = operand(cx, r, a, elem), *y = operand(cx, r, b, elem);
  TppcValue *p = tppc_new_elt(cx, r, TPPC_ELT_MUL, x, y, elem)->results[0];
  int want = tppc_elem_compute(c->value->type->elem);
  if (want != elem)
    p = tppc_new_convert(cx, r, p, want)->results[0];
  tppc_new_store(cx, r, p, c->value, c, TPPC_ADD);
  tppc_op_append(&out, tile);
  tppc_replace_op(op, &out);
}
