/* Elementwise TPPs that are an instruction or a few; the transcendental ones are in cg_math.c. Each
 * follows the definition of its row in ops.def, special values included. */
#include "llvm/cg.h"

typedef struct Args {
  Val v[3];
  int elem; /* of the values that are computed with */
  LLVMTypeRef type;
  bool is_float;
  bool bf16; /* the first one was loaded as BF16 */
} Args;

/* a * b + c may become one fused operation. */
static Val contract(Val v) {
  if (LLVMIsAInstruction(v) && LLVMCanValueUseFastMathFlags(v))
    LLVMSetFastMathFlags(v, LLVMFastMathAllowContract);
  return v;
}

static Val fcmp(Cg *g, LLVMRealPredicate p, Val a, Val b) {
  return LLVMBuildFCmp(g->b, p, a, b, "");
}
static Val icmp(Cg *g, LLVMIntPredicate p, Val a, Val b) {
  return LLVMBuildICmp(g->b, p, a, b, "");
}
static Val choose(Cg *g, Val c, Val a, Val b) {
  return LLVMBuildSelect(g->b, c, a, b, "");
}

static Val constant(Cg *g, const Args *a, int v) {
  return a->is_float ? cg_const_f(g, a->type, v) : cg_const_i(g, a->type, v);
}

static Val floor_divide(Cg *g, const Args *a, Val x, Val d) {
  Val zero = constant(g, a, 0), q = LLVMBuildSDiv(g->b, x, d, "");
  Val r = LLVMBuildSub(g->b, x, LLVMBuildMul(g->b, q, d, ""), "");
  Val apart = icmp(g, LLVMIntSLT, LLVMBuildXor(g->b, r, d, ""), zero);
  Val down = LLVMBuildAnd(g->b, apart, icmp(g, LLVMIntNE, r, zero), "");
  return LLVMBuildAdd(g->b, q, LLVMBuildSExt(g->b, down, a->type, ""), "");
}

/* Of 32-bit integers by way of doubles, since there are no vector instructions that divide
 * integers. A quotient that is no integer is at least 1 / |d| away from one, and its error is less:
 * |x| is below 2^32, so that |x / d| 2^-53 is. */
static Val floor_quotient(Cg *g, Val x, Val d) {
  LLVMTypeRef wide = cg_lanes(g, g->t_f64, g->lanes);
  Val q = LLVMBuildFDiv(g->b, LLVMBuildSIToFP(g->b, x, wide, ""),
                        LLVMBuildSIToFP(g->b, d, wide, ""), "");
  q = cg_intrinsic(g, "llvm.floor", wide, &q, 1);
  return LLVMBuildFPToSI(g->b, q, LLVMTypeOf(x), "");
}

/* Floor division; x / 0 is 0, and the least integer divided by -1 wraps. */
static Val int_div(Cg *g, const Args *a) {
  Val x = a->v[0], y = a->v[1], zero = constant(g, a, 0);
  Val by_zero = icmp(g, LLVMIntEQ, y, zero), by_minus = icmp(g, LLVMIntEQ, y, constant(g, a, -1));
  Val d = choose(g, LLVMBuildOr(g->b, by_zero, by_minus, ""), constant(g, a, 1), y);
  Val q = a->elem == TPP_I32 && g->lanes > 1 ? floor_quotient(g, x, d) : floor_divide(g, a, x, d);
  q = choose(g, by_minus, LLVMBuildNeg(g->b, x, ""), q);
  return choose(g, by_zero, zero, q);
}

static Val greater(Cg *g, const Args *a, Val zero) {
  return a->is_float ? fcmp(g, LLVMRealOGT, a->v[0], zero) : icmp(g, LLVMIntSGT, a->v[0], zero);
}

static Val not_greater(Cg *g, const Args *a, Val zero) {
  return a->is_float ? fcmp(g, LLVMRealOLE, a->v[0], zero) : icmp(g, LLVMIntSLE, a->v[0], zero);
}

static Val arithmetic(Cg *g, TppcElt elt, const Args *a) {
  LLVMBuilderRef b = g->b;
  Val x = a->v[0], y = a->v[1];
  switch (elt) {
  case TPPC_ELT_ADD:
    return a->is_float ? contract(LLVMBuildFAdd(b, x, y, "")) : LLVMBuildAdd(b, x, y, "");
  case TPPC_ELT_SUB:
    return a->is_float ? contract(LLVMBuildFSub(b, x, y, "")) : LLVMBuildSub(b, x, y, "");
  case TPPC_ELT_MUL:
    return a->is_float ? contract(LLVMBuildFMul(b, x, y, "")) : LLVMBuildMul(b, x, y, "");
  case TPPC_ELT_DIV:
    return a->is_float ? LLVMBuildFDiv(b, x, y, "") : int_div(g, a);
  case TPPC_ELT_MAX:
    return cg_update(g, TPPC_MAX, a->elem, x, y);
  case TPPC_ELT_MIN:
    return cg_update(g, TPPC_MIN, a->elem, x, y);
  case TPPC_ELT_LEAKY_RELU_GRAD:
    return choose(g, greater(g, a, constant(g, a, 0)), constant(g, a, 1),
                  choose(g, not_greater(g, a, constant(g, a, 0)), y, x));
  case TPPC_ELT_LEAKY_RELU:
    return choose(g, greater(g, a, constant(g, a, 0)), x, LLVMBuildFMul(b, x, y, ""));
  case TPPC_ELT_FMA:
    if (a->is_float)
      return cg_intrinsic(g, "llvm.fma", a->type, (Val[]){x, y, a->v[2]}, 3);
    return LLVMBuildAdd(b, LLVMBuildMul(b, x, y, ""), a->v[2], "");
  default: /* the caller has sorted out the rest */
    return NULL;
  }
}

/* NaN falls through all comparisons and comes out as itself. */
static Val sign(Cg *g, const Args *a) {
  Val zero = constant(g, a, 0), one = constant(g, a, 1), minus = constant(g, a, -1);
  Val v = a->is_float ? choose(g, fcmp(g, LLVMRealOEQ, a->v[0], zero), zero, a->v[0]) : zero;
  Val negative =
      a->is_float ? fcmp(g, LLVMRealOLT, a->v[0], zero) : icmp(g, LLVMIntSLT, a->v[0], zero);
  v = choose(g, negative, minus, v);
  return choose(g, greater(g, a, zero), one, v);
}

static Val unary(Cg *g, TppcElt elt, const Args *a) {
  Val x = a->v[0], zero = constant(g, a, 0), one = constant(g, a, 1);
  switch (elt) {
  case TPPC_ELT_NEG:
    return a->is_float ? LLVMBuildFNeg(g->b, x, "") : LLVMBuildNeg(g->b, x, "");
  case TPPC_ELT_ABS:
    if (a->is_float)
      return cg_intrinsic(g, "llvm.fabs", a->type, &x, 1);
    return cg_max(g, x, LLVMBuildNeg(g->b, x, ""));
  case TPPC_ELT_SIGN:
  case TPPC_ELT_ABS_GRAD:
    return sign(g, a);
  case TPPC_ELT_RELU:
    return choose(g, not_greater(g, a, zero), zero, x);
  case TPPC_ELT_RELU_GRAD:
    return choose(g, greater(g, a, zero), one, choose(g, not_greater(g, a, zero), zero, x));
  case TPPC_ELT_SIGN_GRAD:
    return choose(g, fcmp(g, LLVMRealORD, x, x), zero, x);
  case TPPC_ELT_SQRT:
    return cg_intrinsic(g, "llvm.sqrt", a->type, &x, 1);
  case TPPC_ELT_RSQRT:
    return LLVMBuildFDiv(g->b, one, cg_intrinsic(g, "llvm.sqrt", a->type, &x, 1), "");
  case TPPC_ELT_LOG_GRAD:
    return LLVMBuildFDiv(g->b, one, x, "");
  case TPPC_ELT_SQRT_GRAD:
    return LLVMBuildFDiv(g->b, cg_const_f(g, a->type, 0.5),
                         cg_intrinsic(g, "llvm.sqrt", a->type, &x, 1), "");
  case TPPC_ELT_RSQRT_GRAD:
    return LLVMBuildFDiv(g->b, LLVMBuildFDiv(g->b, cg_const_f(g, a->type, -0.5), x, ""),
                         cg_intrinsic(g, "llvm.sqrt", a->type, &x, 1), "");
  default:
    return NULL;
  }
}

static Val compare(Cg *g, TppcElt elt, const Args *a) {
  static const struct {
    LLVMRealPredicate f;
    LLVMIntPredicate i;
  } rows[] = {{LLVMRealOLT, LLVMIntSLT}, {LLVMRealOLE, LLVMIntSLE}, {LLVMRealOGT, LLVMIntSGT},
              {LLVMRealOGE, LLVMIntSGE}, {LLVMRealOEQ, LLVMIntEQ},  {LLVMRealUNE, LLVMIntNE}};
  int k = (int)elt - TPPC_ELT_LT;
  LLVMIntPredicate i = rows[k].i;
  if (a->elem == TPP_BIT && i != LLVMIntEQ && i != LLVMIntNE)
    i = i == LLVMIntSLT   ? LLVMIntULT
        : i == LLVMIntSLE ? LLVMIntULE
        : i == LLVMIntSGT ? LLVMIntUGT
                          : LLVMIntUGE;
  return a->is_float ? fcmp(g, rows[k].f, a->v[0], a->v[1]) : icmp(g, i, a->v[0], a->v[1]);
}
_Static_assert(TPPC_ELT_NE == TPPC_ELT_LT + 5, "the table above is in the order of ops.def");

/* LLVM 19 fails on the minimum of min(x, y) and any other intrinsic of x and y, such as a fused
 * multiplication and addition, when it looks for the inverse of the latter. The fence hides it. */
static Val fenced(Cg *g, TppcElt elt, const Args *a, Val v) {
  bool hide = a->is_float && elt != TPPC_ELT_MIN && elt != TPPC_ELT_MAX && LLVMIsACallInst(v);
  if (!hide || LLVMGetNumArgOperands(v) < 2)
    return v;
  return cg_intrinsic(g, "llvm.arithmetic.fence", LLVMTypeOf(v), &v, 1);
}

static Val lower(Cg *g, TppcElt elt, const Args *a) {
  if (elt >= TPPC_ELT_LT && elt <= TPPC_ELT_NE)
    return compare(g, elt, a);
  if (elt == TPPC_ELT_BITS || elt == TPPC_ELT_SHR_RNE ||
      (elt >= TPPC_ELT_SROUND && elt <= TPPC_ELT_SROUND_INT))
    return cg_bits(g, elt, a->v, a->elem);
  Val v = arithmetic(g, elt, a);
  if (!v)
    v = unary(g, elt, a);
  return fenced(g, elt, a, v ? v : cg_math(g, elt, a->v[0], a->elem, a->bf16));
}

static Val apply(Cg *g, TppcOp *op, const CgScalar *in, bool once) {
  Args a = {0};
  if (op->elt == TPPC_ELT_UNIFORM)
    return cg_uniform(g, &(CgScalar){.v = in[0].one}, &(CgScalar){.v = in[1].one});
  bool select = op->elt == TPPC_ELT_SELECT;
  a.elem = in[select].elem;
  a.is_float = tppc_elem_is_float(a.elem);
  const TppcOp *def = op->uses[0].value->def;
  a.bf16 = def && def->kind == TPPC_OP_LOAD && def->uses[0].value->type->elem == TPP_BF16;
  for (int i = 0; i < op->n_uses && i < 3; i++)
    a.v[i] = once ? in[i].one : in[i].v;
  a.type = LLVMTypeOf(a.v[select]);
  return select ? choose(g, a.v[0], a.v[1], a.v[2]) : lower(g, op->elt, &a);
}

/* An f32 that is a BF16 is stored as one by its bits. */
static void keep_upper_half(Cg *g, CgScalar *r) {
  LLVMTypeRef words = cg_lanes(g, g->t_i32, g->lanes);
  Val bits = LLVMBuildBitCast(g->b, r->v, words, "");
  bits = LLVMBuildLShr(g->b, bits, cg_const_i(g, words, 16), "");
  r->raw = LLVMBuildTrunc(g->b, bits, cg_lanes(g, g->t_i16, g->lanes), "");
  r->raw_elem = TPP_BF16;
}

void cg_elt(Cg *g, TppcOp *op) {
  CgScalar in[3] = {{0}};
  bool once = g->lanes > 1;
  for (int i = 0; i < op->n_uses && i < 3; i++) {
    in[i] = cg_operand(g, &op->uses[i]);
    once &= in[i].one != NULL;
  }
  CgScalar *r = TPPC_NEW(g->arena, CgScalar);
  int elem = op->results[0]->type->elem, lanes = g->lanes;
  if (op->elt == TPPC_ELT_UNIFORM && !once) {
    *r = (CgScalar){.v = cg_uniform(g, &in[0], &in[1]), .elem = elem};
  } else if (cg_is_ktanh(op->elt) && !once) {
    *r = cg_ktanh(g, op->elt, in[0], lanes);
  } else if (once) {
    g->lanes = 1;
    CgScalar single = {.v = in[0].one, .elem = in[0].elem};
    Val one = cg_is_ktanh(op->elt) ? cg_ktanh(g, op->elt, single, 1).v : apply(g, op, in, true);
    g->lanes = lanes;
    *r = cg_same(g, one, elem);
  } else {
    *r = (CgScalar){.v = apply(g, op, in, false), .elem = elem};
  }
  if ((op->elt == TPPC_ELT_SROUND || op->elt == TPPC_ELT_UNZIP_HI) && elem == TPP_F32)
    keep_upper_half(g, r);
  tppc_map_set(&g->scalars, op->results[0], r);
}
