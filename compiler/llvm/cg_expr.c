/* Index expressions as 64-bit integer code.
 *
 * Plain code assumes that nothing overflows (nsw): the entry function has computed the byte size of
 * every tensor in checked arithmetic, so offsets and bounds fit. Division and remainder round down;
 * where the operand is known not to be negative they become shifts and masks.
 */
#include "llvm/cg.h"

void cg_sym_push(Cg *g, const char *name, Val v) {
  CgSym s = {name, v};
  TPPC_PUSH(g->arena, &g->syms, s);
}

void cg_sym_pop(Cg *g, int n) {
  g->syms.n -= n;
}

Val cg_sym(Cg *g, const char *name) {
  for (int i = g->syms.n; i-- > 0;)
    if (g->syms.data[i].name == name)
      return g->syms.data[i].v;
  for (int i = 0; i < g->slots.n; i++)
    if ((g->slots.data[i].kind == CG_SIZE || g->slots.data[i].kind == CG_SEQ) &&
        g->slots.data[i].sym == name)
      return cg_slot_value(g, &g->slots.data[i]);
  TppcSpan span = g->kernel->span;
  cg_unsupported(g, span, tppc_sprintf(g->arena, "'%s' has no value here", name));
  return cg_i64(g, 0);
}

void cg_facts(Cg *g, const TppcOp *op) {
  g->facts = tppc_facts_at(g->cx, op);
  g->has_facts = true;
}

const TppcExpr *cg_attr(Cg *g, const TppcOp *op, const char *key, int64_t otherwise) {
  const TppcAttr *a = tppc_attr(op, key);
  if (a && a->kind == TPPC_A_EXPR)
    return a->e;
  return tppc_e_int(g->cx, a && a->kind == TPPC_A_INT ? a->i : otherwise);
}

static bool not_negative(Cg *g, const TppcExpr *e) {
  bool has_lo = false, has_hi = false;
  int64_t lo = 0, hi = 0;
  if (!g->has_facts)
    return false;
  tppc_e_bounds(e, &g->facts, &has_lo, &lo, &has_hi, &hi);
  return has_lo && lo >= 0;
}

static bool power_of_two(int64_t v, int *shift) {
  if (v <= 0 || (v & (v - 1)))
    return false;
  *shift = __builtin_ctzll((unsigned long long)v);
  return true;
}

/* Quotient and remainder towards minus infinity; a divisor of 0 counts as 1. */
static Val floor_div(Cg *g, Val n, Val d, bool mod) {
  LLVMBuilderRef b = g->b;
  if (!LLVMIsAConstantInt(d))
    d = LLVMBuildSelect(b, LLVMBuildICmp(b, LLVMIntEQ, d, cg_i64(g, 0), ""), cg_i64(g, 1), d, "");
  Val q = LLVMBuildSDiv(b, n, d, ""), r = LLVMBuildSRem(b, n, d, "");
  Val zero = cg_i64(g, 0);
  Val apart = LLVMBuildICmp(b, LLVMIntSLT, LLVMBuildXor(b, r, d, ""), zero, "");
  Val down = LLVMBuildAnd(b, apart, LLVMBuildICmp(b, LLVMIntNE, r, zero, ""), "");
  if (mod)
    return LLVMBuildAdd(b, r, LLVMBuildSelect(b, down, d, zero, ""), "");
  return LLVMBuildSub(b, q, LLVMBuildZExt(b, down, g->t_i64, ""), "");
}

static Val divide(Cg *g, const TppcExpr *e, Val n, Val d) {
  bool mod = e->kind == TPPC_E_MOD;
  int64_t c;
  int shift;
  if (tppc_e_const(e->op[1], &c) && power_of_two(c, &shift))
    return mod ? LLVMBuildAnd(g->b, n, cg_i64(g, c - 1), "")
               : LLVMBuildAShr(g->b, n, cg_i64(g, shift), "");
  if (tppc_e_const(e->op[1], &c) && c > 0 && not_negative(g, e->op[0]))
    return mod ? LLVMBuildURem(g->b, n, d, "") : LLVMBuildUDiv(g->b, n, d, "");
  return floor_div(g, n, d, mod);
}

static Val arithmetic(Cg *g, TppcExprKind kind, Val a, Val b, Val *overflow) {
  if (!overflow)
    return kind == TPPC_E_ADD ? LLVMBuildNSWAdd(g->b, a, b, "") : LLVMBuildNSWMul(g->b, a, b, "");
  const char *name = kind == TPPC_E_ADD ? "llvm.sadd.with.overflow" : "llvm.smul.with.overflow";
  Val pair = cg_intrinsic(g, name, g->t_i64, (Val[]){a, b}, 2);
  *overflow = LLVMBuildOr(g->b, *overflow, LLVMBuildExtractValue(g->b, pair, 1, ""), "");
  return LLVMBuildExtractValue(g->b, pair, 0, "");
}

static LLVMIntPredicate predicate(TppcExprKind kind) {
  return kind == TPPC_E_EQ   ? LLVMIntEQ
         : kind == TPPC_E_NE ? LLVMIntNE
         : kind == TPPC_E_LT ? LLVMIntSLT
                             : LLVMIntSLE;
}

static Val lower(Cg *g, const TppcExpr *e, Val *overflow);

static Val lower_cond(Cg *g, const TppcExpr *e, Val *overflow) {
  switch (e->kind) {
  case TPPC_E_EQ:
  case TPPC_E_NE:
  case TPPC_E_LT:
  case TPPC_E_LE: {
    Val a = lower(g, e->op[0], overflow), b = lower(g, e->op[1], overflow);
    return LLVMBuildICmp(g->b, predicate(e->kind), a, b, "");
  }
  case TPPC_E_AND:
  case TPPC_E_OR: {
    Val a = lower_cond(g, e->op[0], overflow);
    for (int i = 1; i < e->n; i++) {
      Val b = lower_cond(g, e->op[i], overflow);
      a = e->kind == TPPC_E_AND ? LLVMBuildAnd(g->b, a, b, "") : LLVMBuildOr(g->b, a, b, "");
    }
    return a;
  }
  case TPPC_E_CONST:
  case TPPC_E_SYM:
  case TPPC_E_ADD:
  case TPPC_E_MUL:
  case TPPC_E_DIV:
  case TPPC_E_MOD:
  case TPPC_E_MIN:
  case TPPC_E_MAX:
    break;
  }
  return LLVMBuildICmp(g->b, LLVMIntNE, lower(g, e, overflow), cg_i64(g, 0), "");
}

static Val lower_div(Cg *g, const TppcExpr *e, Val *overflow) {
  Val n = lower(g, e->op[0], overflow), d = lower(g, e->op[1], overflow);
  if (overflow) {
    Val bad = LLVMBuildICmp(g->b, LLVMIntSLT, d, cg_i64(g, 1), "");
    *overflow = LLVMBuildOr(g->b, *overflow, bad, "");
    d = LLVMBuildSelect(g->b, bad, cg_i64(g, 1), d, "");
  }
  return divide(g, e, n, d);
}

static Val lower(Cg *g, const TppcExpr *e, Val *overflow) {
  switch (e->kind) {
  case TPPC_E_CONST:
    return cg_i64(g, e->value);
  case TPPC_E_SYM:
    return cg_sym(g, e->sym);
  case TPPC_E_ADD:
  case TPPC_E_MUL: {
    Val v = lower(g, e->op[0], overflow);
    for (int i = 1; i < e->n; i++)
      v = arithmetic(g, e->kind, v, lower(g, e->op[i], overflow), overflow);
    return v;
  }
  case TPPC_E_DIV:
  case TPPC_E_MOD:
    return lower_div(g, e, overflow);
  case TPPC_E_MIN:
  case TPPC_E_MAX: {
    Val v = lower(g, e->op[0], overflow);
    for (int i = 1; i < e->n; i++) {
      Val w = lower(g, e->op[i], overflow);
      v = e->kind == TPPC_E_MIN ? cg_min(g, v, w) : cg_max(g, v, w);
    }
    return v;
  }
  case TPPC_E_EQ:
  case TPPC_E_NE:
  case TPPC_E_LT:
  case TPPC_E_LE:
  case TPPC_E_AND:
  case TPPC_E_OR:
    break;
  }
  return LLVMBuildZExt(g->b, lower_cond(g, e, overflow), g->t_i64, "");
}

Val cg_expr(Cg *g, const TppcExpr *e) {
  return lower(g, e, NULL);
}
Val cg_cond(Cg *g, const TppcExpr *e) {
  return lower_cond(g, e, NULL);
}
Val cg_expr_checked(Cg *g, const TppcExpr *e, Val *overflow) {
  return lower(g, e, overflow);
}
