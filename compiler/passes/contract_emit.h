/* Code for a contraction over a tile. */
#ifndef TPPC_PASSES_CONTRACT_EMIT_H
#define TPPC_PASSES_CONTRACT_EMIT_H

#include "passes/contract_shape.h"
#include "passes/pass.h"

/* Puts kernel calls in the place of s->op. */
void tppc_emit_calls(TppcShape *s, const TppcPassOptions *opt);
/* Puts scalar tiles in the place of op: right for every dense operand. */
void tppc_emit_product_tile(TppcContext *cx, TppcOp *op);

/* `init` of a contraction as a condition. */
const TppcExpr *tppc_init_condition(TppcContext *cx, const TppcOp *op);
/* Appends loop.if when= to r, or nothing when the condition is constant true; returns the region
 * for its body. */
TppcRegion *tppc_new_if(TppcContext *cx, TppcRegion *r, const TppcExpr *when, TppcSpan span);
/* Appends a tile that sets op's C to zero over its letters. */
void tppc_new_zero_tile(TppcContext *cx, TppcRegion *r, const TppcOp *op);
/* Moves the ops of r before `at`, then unlinks at. */
void tppc_replace_op(TppcOp *at, TppcRegion *r);

#endif
