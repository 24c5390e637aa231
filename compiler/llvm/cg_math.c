/* Transcendental TPPs as vector code without branches: exp, log, erf, tanh, sigmoid, and their kin.
 *
 * Each is range reduction, a polynomial of math.def (math_fit.py says how they were found), and a
 * reconstruction that loses little; special values follow from the arithmetic where they can. The
 * bounds in units in the last place are those of ops.def, and tests/llvm sweeps all floats against
 * the C library's double functions. Only llvm.fma fuses: nothing here carries the contract flag,
 * since splitting constants relies on where rounding happens.
 *
 * Methods: exp and expm1 by Cody and Waite's reduction; log by s = f / (2 + f) (fdlibm's form);
 * tanh from expm1, of BF16 a quotient of polynomials; sigmoid(x) = e / (1 + e) or 1 / (1 +
 * e) with e = exp(-|x|), which never overflows.
 */
#include "llvm/cg_math.h"
#include <math.h>

static Val one(M *m) {
  return m_const(m, 1);
}

static Val bits(M *m, int64_t v) {
  return cg_const_i(m->g, m->ti, v);
}

/* x = 2^e * (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); log(x) = e ln 2 + log(1 + f). */
static Val math_log(M *m, Val x) {
  LLVMBuilderRef b = m->g->b;
  int lift = m->mantissa + 2;
  Val zero = m_const(m, 0), inf = m_const(m, (double)INFINITY);
  Val tiny = m_less(m, x, m_const(m, ldexp(1, 1 - m->bias)));
  Val y = m_select(m, tiny, m_mul(m, x, m_const(m, ldexp(1, lift))), x);
  Val u = LLVMBuildBitCast(b, y, m->ti, "");
  Val root = LLVMBuildBitCast(b, m_const(m, 0.70710678118654752440), m->ti, "");
  Val e = LLVMBuildAShr(b, LLVMBuildSub(b, u, root, ""), bits(m, m->mantissa), "");
  Val f_bits = LLVMBuildSub(b, u, LLVMBuildShl(b, e, bits(m, m->mantissa), ""), "");
  Val f = m_sub(m, LLVMBuildBitCast(b, f_bits, m->t, ""), one(m));
  e = LLVMBuildSub(b, e, m_select(m, tiny, bits(m, lift), bits(m, 0)), "");
  Val k = LLVMBuildSIToFP(b, e, m->t, "");

  Val s = m_div(m, f, m_add(m, f, m_const(m, 2))), z = m_mul(m, s, s);
  Val half = m_mul(m, m_mul(m, f, f), m_const(m, 0.5));
  Val r = m_fma(m, z, m_poly(m, MATH_LOG, z), half);
  /* log(1 + f) = f - (f^2 / 2 - s (f^2 / 2 + R)) */
  Val tail = m_fma(m, s, r, m_mul(m, k, m_lo(m, MATH_LN2)));
  Val v = m_sub(m, f, m_sub(m, half, tail));
  v = m_fma(m, k, m_hi(m, MATH_LN2), v);

  Val normal = LLVMBuildAnd(b, m_less(m, zero, x), m_less(m, x, inf), "");
  Val at_zero = LLVMBuildFCmp(b, LLVMRealOEQ, x, zero, "");
  Val at_inf = LLVMBuildFCmp(b, LLVMRealOEQ, x, inf, "");
  Val special = m_select(m, at_inf, inf, m_const(m, (double)NAN));
  special = m_select(m, at_zero, m_const(m, -(double)INFINITY), special);
  return m_select(m, normal, v, special);
}

/* x + x P(x^2) below 0.92; above, 1 - exp(Q(x)) with Q = log(erfc), saturated where that is 1. */
static Val math_erf(M *m, Val x) {
  Val a = m_abs(m, x), u = m_mul(m, x, x);
  Val small = m_fma(m, x, m_poly(m, MATH_ERF, u), x);
  Val c = m_clamp(m, a, m->f64 ? 6 : 4);
  Val e = m_exp_value(m, m_exp_bounded(m, m_poly(m, MATH_ERFC, c), NULL));
  Val large = m_copysign(m, m_sub(m, one(m), e), x);
  return m_select(m, m_less(m, m_const(m, 0.92), a), large, small);
}

/* A quotient of polynomials, whose two chains run side by side; 1 from the clamp on. Of all floats
 * some come out 5 units in the last place off, of all BF16 none more than 3. */
static Val math_tanh_bf16(M *m, Val x) {
  const double end = 9.015;
  Val low = m_const(m, -end);
  x = m_clamp(m, m_select(m, m_less(m, x, low), low, x), end);
  Val u = m_mul(m, x, x);
  return m_div(m, m_mul(m, x, m_horner(m, MATH_TANH_TOP, u)), m_horner(m, MATH_TANH_BOTTOM, u));
}

/* With t = exp(2 |x|) - 1: t / (t + 2). */
static Val math_tanh(M *m, Val x) {
  Val a = m_clamp(m, m_abs(m, x), m->f64 ? 20 : 10);
  Val t = m_expm1(m, m_add(m, a, a));
  return m_copysign(m, m_div(m, t, m_add(m, t, m_const(m, 2))), x);
}

/* Below the limit exp(x) - 1 is -1. */
static Val math_elu(M *m, Val x) {
  Val low = m_expm1(m, m_neg(m, m_clamp(m, m_abs(m, x), m->f64 ? 40 : 20)));
  return m_select(m, m_less(m, m_const(m, 0), x), x, low);
}

static Val math_elu_grad(M *m, Val x) {
  Val above = m_less(m, m_const(m, 0), x);
  return m_select(m, above, one(m), m_exp(m, x));
}

static Val math_sigmoid(M *m, Val x) {
  Val e = m_exp_value(m, m_exp_minus_abs(m, x));
  Val top = m_select(m, m_less(m, x, m_const(m, 0)), e, one(m));
  return m_div(m, top, m_add(m, one(m), e));
}

/* e / (1 + e)^2 with e = exp(-|x|), scaled last. */
static Val math_sigmoid_grad(M *m, Val x, double factor) {
  MathExp e = m_exp_minus_abs(m, x);
  Val d = m_add(m, one(m), m_exp_value(m, e));
  Val p = factor == 1 ? e.v : m_mul(m, e.v, m_const(m, factor));
  return m_scaled(m, m_div(m, p, m_mul(m, d, d)), e);
}

static Val math(M *m, TppcElt elt, Val x) {
  switch (elt) {
  case TPPC_ELT_EXP:
  case TPPC_ELT_EXP_GRAD:
    return m_exp(m, x);
  case TPPC_ELT_ELU:
    return math_elu(m, x);
  case TPPC_ELT_ELU_GRAD:
    return math_elu_grad(m, x);
  case TPPC_ELT_ERF_GRAD:
    return m_erf_grad(m, x);
  case TPPC_ELT_LOG:
    return math_log(m, x);
  case TPPC_ELT_ERF:
    return math_erf(m, x);
  case TPPC_ELT_TANH:
    return m->bf16 ? math_tanh_bf16(m, x) : math_tanh(m, x);
  case TPPC_ELT_SIGMOID:
    return math_sigmoid(m, x);
  case TPPC_ELT_GELU:
    return m_gelu(m, x);
  case TPPC_ELT_GELU_TANH:
    return m_gelu_tanh(m, x);
  case TPPC_ELT_SILU:
    return m_silu(m, x);
  case TPPC_ELT_GELU_GRAD:
    return m_gelu_grad(m, x);
  case TPPC_ELT_GELU_TANH_GRAD:
    return m_gelu_tanh_grad(m, x);
  case TPPC_ELT_SILU_GRAD:
    return m_silu_grad(m, x);
  case TPPC_ELT_SIGMOID_GRAD:
    return math_sigmoid_grad(m, x, 1);
  case TPPC_ELT_TANH_GRAD:
    return math_sigmoid_grad(m, m_add(m, x, x), 4);
  default: /* not transcendental */
    return NULL;
  }
}

/* Arguments up to which results and what leads to them are normal numbers, so that no operation is
 * spent on the ends of the range; 0 when it would not save anything. */
static double near_limit(TppcElt elt, bool f64) {
  switch (elt) {
  case TPPC_ELT_EXP:
  case TPPC_ELT_EXP_GRAD:
  case TPPC_ELT_SIGMOID:
  case TPPC_ELT_SIGMOID_GRAD:
    return f64 ? 700 : 87;
  case TPPC_ELT_SILU:
  case TPPC_ELT_SILU_GRAD:
    return f64 ? 700 : 80;
  case TPPC_ELT_TANH_GRAD:
    return f64 ? 350 : 40;
  case TPPC_ELT_GELU:
    return f64 ? 36 : 0;
  case TPPC_ELT_GELU_GRAD:
    return f64 ? 36 : 12;
  case TPPC_ELT_GELU_TANH:
  case TPPC_ELT_GELU_TANH_GRAD:
    return f64 ? 20 : 8;
  default:
    return 0;
  }
}

/* i1: |x| <= limit in all lanes. As integers the sizes of floats are in their order and NaN comes
 * last; the registers of a long vector are joined first. */
static Val all_near(M *m, Val x, double limit) {
  Cg *g = m->g;
  int lanes = g->lanes, full = g->target.vector_bytes / (m->f64 ? 8 : 4);
  Val bits = LLVMBuildBitCast(g->b, m_abs(m, x), m->ti, ""), most = bits;
  for (int i = full; i < lanes; i += full) {
    Val part = cg_slice(g, bits, i, full);
    most = cg_max(g, i == full ? cg_slice(g, bits, 0, full) : most, part);
  }
  LLVMTypeRef t = LLVMTypeOf(most), f = m->f64 ? g->t_f64 : g->t_f32;
  Val end = LLVMConstBitCast(cg_const_f(g, cg_lanes(g, f, (int)LLVMGetVectorSize(t)), limit), t);
  Val beyond = LLVMBuildICmp(g->b, LLVMIntSGT, most, end, "");
  return LLVMBuildNot(g->b,
                      cg_intrinsic(g, "llvm.vector.reduce.or", LLVMTypeOf(beyond), &beyond, 1), "");
}

/* The short way where all lanes may take it. Both give the same bits there, so that a result does
 * not depend on its neighbours. */
static Val near_or_far(M *m, TppcElt elt, Val x, double limit) {
  Cg *g = m->g;
  LLVMBasicBlockRef near = cg_block(g, "near"), far = cg_block(g, "far"),
                    done = cg_block(g, "done");
  LLVMBasicBlockRef from[2];
  Val v[2];
  cg_likely(g, LLVMBuildCondBr(g->b, all_near(m, x, limit), near, far));
  cg_enter(g, far);
  v[0] = math(m, elt, x);
  from[0] = LLVMGetInsertBlock(g->b);
  LLVMBuildBr(g->b, done);
  cg_enter(g, near);
  m->near = true;
  v[1] = math(m, elt, x);
  from[1] = LLVMGetInsertBlock(g->b);
  LLVMBuildBr(g->b, done);
  cg_enter(g, done);
  Val phi = LLVMBuildPhi(g->b, m->t, "");
  LLVMAddIncoming(phi, v, from, 2);
  return phi;
}

Val cg_math(Cg *g, TppcElt elt, Val x, int elem, bool bf16) {
  bool f64 = elem == TPP_F64;
  M m = {.g = g,
         .f64 = f64,
         .bf16 = bf16 && !f64,
         .t = LLVMTypeOf(x),
         .ti = cg_lanes(g, f64 ? g->t_i64 : g->t_i32, g->lanes),
         .mantissa = f64 ? 52 : 23,
         .bias = f64 ? 1023 : 127};
  double limit = g->lanes > 1 ? near_limit(elt, f64) : 0;
  Val v = limit ? near_or_far(&m, elt, x, limit) : math(&m, elt, x);
  if (v)
    return v;
  cg_unsupported(g, g->kernel->span, tppc_sprintf(g->arena, "'%s'", tppc_elt_info(elt)->mnemonic));
  return LLVMGetPoison(LLVMTypeOf(x));
}
