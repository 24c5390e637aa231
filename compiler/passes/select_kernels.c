/* select-kernels: loop.contract becomes calls of microkernels.
 *
 * contract_shape.c finds the rows, columns, and strides of each contraction, contract_emit.c writes
 * the calls and their selection, contract_tile.c is the form for what has no kernel. Everything
 * else passes unchanged. A product of dense operands that cannot be described to a kernel is
 * computed by a tile and reported under -Wperf; one of a sparse or ternary operand has no other
 * form and is refused.
 */
#include "passes/contract_emit.h"
#include "passes/pass.h"

static bool lower(TppcContext *cx, TppcOp *kernel, TppcOp *nest, TppcOp *op,
                  const TppcPassOptions *opt) {
  TppcShape s;
  if (tppc_contract_shape(&s, cx, kernel, nest, op)) {
    tppc_emit_calls(&s, opt);
    return true;
  }
  if (s.structured) {
    tppc_diag(cx->diags, TPPC_D_unsupported_product, op->span, s.refusal);
    return false;
  }
  if (s.refusal)
    tppc_diag(cx->diags, TPPC_D_slow_product, op->span, s.refusal);
  tppc_emit_product_tile(cx, op);
  return true;
}

bool tppc_pass_select_kernels(TppcModule *m, const TppcPassOptions *opt) {
  bool ok = true;
  for (TppcOp *k = m->body.first; k; k = k->next) {
    if (k->kind != TPPC_OP_KERNEL)
      continue;
    for (TppcOp *nest = tppc_next_item(k, NULL); nest; nest = tppc_next_item(k, nest)) {
      if (nest->kind != TPPC_OP_LNEST)
        continue;
      TppcRegion *body = &nest->regions[0];
      for (TppcOp *op = body->first, *next; op; op = next) {
        next = tppc_next_op(body, op);
        if (op->kind == TPPC_OP_LCONTRACT)
          ok = lower(m->cx, k, nest, op, opt) && ok;
      }
    }
    tppc_number_values(m->cx, k);
  }
  m->level = TPPC_LEVEL_RT;
  return ok;
}
