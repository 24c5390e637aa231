/* The verifier: where each op may stand. */
#include "ir/verify_internal.h"

#include "ir/parse_internal.h"

static bool is_loop_body(const TppcOp *op) {
  return op->kind == TPPC_OP_LNEST || op->kind == TPPC_OP_FOR || op->kind == TPPC_OP_PAR ||
         op->kind == TPPC_OP_IF || op->kind == TPPC_OP_WALK;
}

static bool place_ok(const TppcOp *op, const TppcOp *parent) {
  switch (op->kind) {
  case TPPC_OP_KERNEL:
    return !parent;
  case TPPC_OP_SIZE:
  case TPPC_OP_REQUIRE:
  case TPPC_OP_PARAM:
  case TPPC_OP_SELECT:
    return parent && parent->kind == TPPC_OP_KERNEL;
  case TPPC_OP_LOCAL:
  case TPPC_OP_SEQ:
  case TPPC_OP_CHECK:
  case TPPC_OP_CALL:
  case TPPC_OP_NEST:
  case TPPC_OP_LNEST:
    return parent && (parent->kind == TPPC_OP_KERNEL || parent->kind == TPPC_OP_SEQ);
  case TPPC_OP_SCHEDULE:
    return parent && (parent->kind == TPPC_OP_NEST || parent->kind == TPPC_OP_KERNEL);
  case TPPC_OP_TEMP:
  case TPPC_OP_STMT:
  case TPPC_OP_CONTRACT:
    return parent && parent->kind == TPPC_OP_NEST;
  case TPPC_OP_LOAD:
  case TPPC_OP_STORE:
  case TPPC_OP_CONST:
  case TPPC_OP_INDEX:
  case TPPC_OP_BIND:
  case TPPC_OP_CONVERT:
  case TPPC_OP_ROUND:
  case TPPC_OP_ELT:
    return parent && (parent->kind == TPPC_OP_STMT || parent->kind == TPPC_OP_TILE);
  case TPPC_OP_BUFFER:
    return parent && (parent->kind == TPPC_OP_KERNEL || is_loop_body(parent));
  case TPPC_OP_FOR:
  case TPPC_OP_WALK:
  case TPPC_OP_PAR:
  case TPPC_OP_IF:
  case TPPC_OP_BARRIER:
  case TPPC_OP_TILE:
  case TPPC_OP_LCONTRACT:
  case TPPC_OP_BRGEMM:
  case TPPC_OP_SGEMM:
  case TPPC_OP_PREFETCH:
    return parent && is_loop_body(parent);
  case TPPC_OP_COUNT:
    break;
  }
  return false;
}

/* All threads must come by: what shares out or waits stands in no parallel loop and behind no
 * thread's own condition. */
static void check_team(TppcVerifier *v, const TppcOp *op) {
  for (const TppcOp *at = tppc_op_parent(op); at; at = tppc_op_parent(at)) {
    const TppcExpr *when = at->kind == TPPC_OP_IF ? tppc_attr_expr(at, "when") : NULL;
    bool grid = at->kind == TPPC_OP_PAR && op->kind == TPPC_OP_PAR && tppc_attr(at, "part") &&
                tppc_attr(op, "part");
    if (at->kind == TPPC_OP_PAR && !grid)
      tppc_v_structure(v, op, "stands in a parallel loop, so not all threads come by");
    if (when && tppc_e_uses(when, "tid"))
      tppc_v_structure(v, op, "depends on tid, so not all threads come by");
  }
}

void tppc_verify_place(TppcVerifier *v, const TppcOp *op) {
  const TppcOp *parent = tppc_op_parent(op);
  if (!place_ok(op, parent)) {
    tppc_v_structure(v, op, "may not stand in '%s'",
                     parent ? tppc_op_text(v->cx, parent) : "module");
    return;
  }
  if (op->kind == TPPC_OP_PAR || op->kind == TPPC_OP_BARRIER)
    check_team(v, op);
}
