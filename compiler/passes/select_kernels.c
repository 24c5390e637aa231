/* select-kernels: loop.contract becomes calls of microkernels.
 *
 * contract_shape.c finds the rows, columns, and strides of each contraction, contract_emit.c writes
 * the calls and their selection, contract_tile.c is the form for what has no kernel. Everything
 * else passes unchanged. A product of dense operands that cannot be described to a kernel is
 * computed by a tile and reported under -Wperf. Of a sparse operand whose kernel does not fit the
 * stored blocks are walked, and each is a product of dense operands; one of a ternary operand has
 * no other form and is refused.
 */
#include "passes/contract_emit.h"
#include "passes/pass.h"
#include "passes/walk_entries.h"
#include "schedule/schedule.h"

static const TppcUse *sparse_operand(const TppcOp *op) {
  for (int i = 0; i < 3; i++)
    if (tppc_type_is_sparse(op->uses[i].value->type))
      return &op->uses[i];
  return NULL;
}

/* The product for one stored block at a time, which has dense operands. */
static void walk(TppcContext *cx, TppcOp *kernel, TppcOp *op, const TppcUse *sparse) {
  const TppcExpr *init = tppc_init_condition(cx, op);
  TppcRegion start = {0};
  if (!tppc_e_is(init, 0))
    tppc_new_zero_tile(cx, tppc_new_if(cx, &start, init, op->span), op);
  tppc_splice_before(op, &start);
  tppc_attr_remove(op, "init");
  tppc_set_expr(cx, op, "init", tppc_e_int(cx, 0));
  tppc_wrap_walk(cx, kernel, op, sparse);
}

static void lower(void *opt, TppcContext *cx, TppcOp *kernel, TppcOp *nest, TppcOp *op) {
  TppcShape s;
  if (tppc_contract_shape(&s, cx, kernel, nest, op)) {
    tppc_emit_calls(&s, opt);
    return;
  }
  const TppcUse *sparse = s.structured ? sparse_operand(op) : NULL;
  if (sparse) {
    walk(cx, kernel, op, sparse);
    lower(opt, cx, kernel, nest, op);
    return;
  }
  if (s.refusal)
    tppc_diag(cx->diags, TPPC_D_slow_product, op->span, s.refusal);
  tppc_emit_product_tile(cx, op);
}

bool tppc_pass_select_kernels(TppcModule *m, const TppcPassOptions *opt) {
  TppcPassOptions own = *opt;
  tppc_each_product(m, lower, &own);
  m->level = TPPC_LEVEL_RT;
  return true;
}
