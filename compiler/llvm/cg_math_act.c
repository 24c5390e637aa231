/* Activations and their gradients with relative accuracy in the tails and beside their zeros.
 *
 * gelu(-t) is -t times the tail of the normal distribution, which 1 + erf cancels away: it is
 * computed as exp(-t^2 / 2) R(t) with R smooth. In exp the square counts to its last bit, so t^2 is
 * carried as a sum of two. Above zero, gelu(t) = t + gelu(-t). The sigmoid forms are built the same
 * way. Of floats, down to where hardly any argument is, the tail is a power of a polynomial.
 *
 * Each gradient g has a zero for some negative argument and g(x) = 1 - g(-x). Beside the zero t0
 * the definition subtracts equals, so the factor that vanishes is written as something times (t0 -
 * t), with t0 as a sum of two: gelu      Phi(-t) - t phi(t) = exp(-t^2 / 2) (t0 - t) G(t), G a
 * polynomial silu      1 + exp(-t) - t = exp(-t0) expm1(-d) - d,  d = t - t0; both terms have one
 * sign gelu_tanh 1 + exp(-w) - t w', w = c (t + a t^3), in the same way Results that leave the
 * range of normal numbers are scaled last and rounded once.
 */
#include "llvm/cg_math.h"

static Val one(M *m) {
  return m_const(m, 1);
}

static Val negative(M *m, Val x) {
  return m_less(m, x, m_const(m, 0));
}

/* exp(-factor t^2) for a power of two. */
static MathExp exp_square(M *m, Val t, double factor) {
  Val u = m_mul(m, t, m_const(m, -factor)), high = m_mul(m, t, u);
  return m_exp_bounded(m, high, m_fma(m, t, u, m_neg(m, high)));
}

/* 2 / sqrt(pi) exp(-x^2), which is 0 from the clamp on. */
Val m_erf_grad(M *m, Val x) {
  Val t = m_clamp_far(m, m_abs(m, x), m->f64 ? 27.5 : 10.5);
  MathExp e = exp_square(m, t, 1);
  Val f = m_const(m, 1.12837916709551257390);
  return m_scaled(m, m_mul(m, f, e.v), e);
}

/* The variable of the polynomials TAIL and TAIL_GRAD. */
static Val tail_variable(M *m, Val t) {
  Val a = m_const(m, m->f64 ? 5 : 3);
  return m_div(m, m_sub(m, t, a), m_add(m, t, a));
}

static Val tail_argument(M *m, Val x) {
  return m_clamp_far(m, m_abs(m, x), m->f64 ? 38.8 : 14.6);
}

/* At minus infinity the definition is infinity times 0. */
static Val nan_at_minus_inf(M *m, Val x, Val y) {
  return m->near ? y : m_select(m, negative(m, x), m_nan_at_inf(m, x, y), y);
}

/* t times the tail, by its scaled form. */
static Val scaled_tail(M *m, Val x) {
  Val t = tail_argument(m, x);
  MathExp e = exp_square(m, t, 0.5);
  Val p = m_mul(m, t, m_poly(m, MATH_TAIL, tail_variable(m, t)));
  return m_scaled(m, m_mul(m, p, e.v), e);
}

/* Of floats above gelu_low, below which the root loses too much: the fourth root of the tail is a
 * polynomial with the relative accuracy that is needed, without an exponential and a quotient.
 * Above gelu_high the tail is nothing beside x. */
static const double gelu_low = -4.875, gelu_high = 5;
static Val gelu_above(M *m, Val x) {
  Val zero = m_const(m, 0), t = m_clamp(m, m_abs(m, x), gelu_high);
  Val root = m_poly_apart(m, MATH_TAIL_ROOT, m_sub(m, t, m_const(m, 3.9375)));
  Val square = m_mul(m, root, root);
  Val tail = m_mul(m, t, m_mul(m, square, square));
  return m_sub(m, m_select(m, m_less(m, x, zero), zero, x), tail);
}

/* i1: some lane is less than the limit. The registers of a long vector are joined first. */
static Val any_less(M *m, Val x, double limit) {
  Cg *g = m->g;
  int full = g->target.vector_bytes / 4;
  if (g->lanes == 1)
    return m_less(m, x, m_const(m, limit));
  Val any = NULL;
  for (int i = 0; i < g->lanes; i += full) {
    Val part = cg_slice(g, x, i, g->lanes < full ? g->lanes : full);
    Val less = m_less(m, part, cg_const_f(g, LLVMTypeOf(part), limit));
    any = any ? LLVMBuildOr(g->b, any, less, "") : less;
  }
  return cg_intrinsic(g, "llvm.vector.reduce.or", LLVMTypeOf(any), &any, 1);
}

/* The other way is taken by the lanes that need it only, so that no result depends on what stands
 * beside it. */
static Val gelu_32(M *m, Val x) {
  Cg *g = m->g;
  Val v[2] = {gelu_above(m, x), NULL};
  LLVMBasicBlockRef far = cg_block(g, "far"), done = cg_block(g, "done");
  LLVMBasicBlockRef from[2] = {LLVMGetInsertBlock(g->b), NULL};
  Val none = LLVMBuildNot(g->b, any_less(m, x, gelu_low), "");
  cg_likely(g, LLVMBuildCondBr(g->b, none, done, far));
  cg_enter(g, far);
  Val tail = nan_at_minus_inf(m, x, m_neg(m, scaled_tail(m, x)));
  v[1] = m_select(m, m_less(m, x, m_const(m, gelu_low)), tail, v[0]);
  from[1] = LLVMGetInsertBlock(g->b);
  LLVMBuildBr(g->b, done);
  cg_enter(g, done);
  Val phi = LLVMBuildPhi(g->b, m->t, "");
  LLVMAddIncoming(phi, v, from, 2);
  return phi;
}

Val m_gelu(M *m, Val x) {
  if (!m->f64)
    return gelu_32(m, x);
  Val tail = scaled_tail(m, x);
  Val y = m_select(m, negative(m, x), m_neg(m, tail), m_sub(m, x, tail));
  return nan_at_minus_inf(m, x, y);
}

Val m_gelu_grad(M *m, Val x) {
  Val t = tail_argument(m, x);
  MathExp e = exp_square(m, t, 0.5);
  Val d = m_add(m, m_sub(m, m_hi(m, MATH_GELU_ZERO), t), m_lo(m, MATH_GELU_ZERO));
  Val p = m_mul(m, d, m_poly(m, MATH_TAIL_GRAD, tail_variable(m, t)));
  Val g = m_scaled(m, m_mul(m, p, e.v), e);
  Val y = m_select(m, negative(m, x), g, m_sub(m, one(m), g));
  return m_nan_at_inf(m, x, y);
}

/* y * exp for negative x, y for others. */
static Val scaled_below(M *m, Val x, Val y, MathExp e) {
  Val below = negative(m, x), unit = one(m);
  MathExp s = {NULL, m_select(m, below, e.s1, unit), e.s2};
  if (e.s2)
    s.s2 = m_select(m, below, e.s2, unit);
  return m_scaled(m, y, s);
}

/* x sigmoid(+-w), given e = exp(-w) and |x| cut off in t. */
static Val times_sigmoid(M *m, Val x, Val t, MathExp e) {
  Val low = m_neg(m, m_mul(m, t, e.v));
  Val top = m_select(m, negative(m, x), low, x);
  Val y = m_div(m, top, m_add(m, one(m), m_exp_value(m, e)));
  return nan_at_minus_inf(m, x, scaled_below(m, x, y, e));
}

Val m_silu(M *m, Val x) {
  Val t = m_clamp_far(m, m_abs(m, x), m->f64 ? 800 : 120);
  return times_sigmoid(m, x, t, m_exp_bounded(m, m_neg(m, t), NULL));
}

/* w = c (t + a t^3) as a sum of two, c and a included: exp(-w). */
static MathExp exp_twice_u(M *m, Val t) {
  Val a = m_hi(m, MATH_GT_A), c = m_hi(m, MATH_GT_C);
  Val h = m_mul(m, t, t), hl = m_fma(m, t, t, m_neg(m, h));
  Val w = m_fma(m, a, h, one(m));
  Val wl = m_fma(m, a, h, m_sub(m, one(m), w));
  wl = m_fma(m, m_lo(m, MATH_GT_A), h, m_fma(m, a, hl, wl));
  Val v = m_mul(m, t, w), vl = m_fma(m, t, wl, m_fma(m, t, w, m_neg(m, v)));
  Val u = m_mul(m, c, v), ul = m_fma(m, c, vl, m_fma(m, c, v, m_neg(m, u)));
  ul = m_fma(m, m_lo(m, MATH_GT_C), v, ul);
  return m_exp_bounded(m, m_neg(m, u), m_neg(m, ul));
}

static Val gelu_tanh_argument(M *m, Val x) {
  return m_clamp_far(m, m_abs(m, x), m->f64 ? 22 : 11);
}

Val m_gelu_tanh(M *m, Val x) {
  Val t = gelu_tanh_argument(m, x);
  return times_sigmoid(m, x, t, exp_twice_u(m, t));
}

/* e factor / (1 + e)^2 for negative x, 1 minus that for others. */
static Val sigmoid_slope(M *m, Val x, MathExp e, Val factor) {
  Val d = m_add(m, one(m), m_exp_value(m, e));
  Val p = m_div(m, m_mul(m, factor, e.v), m_mul(m, d, d));
  Val g = m_scaled(m, p, e);
  Val y = m_select(m, negative(m, x), g, m_sub(m, one(m), g));
  return m_nan_at_inf(m, x, y);
}

Val m_silu_grad(M *m, Val x) {
  Val t = m_clamp_far(m, m_abs(m, x), m->f64 ? 800 : 120);
  MathExp e = m_exp_bounded(m, m_neg(m, t), NULL);
  Val d = m_sub(m, m_sub(m, t, m_hi(m, MATH_SILU_ZERO)), m_lo(m, MATH_SILU_ZERO));
  /* exp(-d) is nothing beside d long before the power of two that m_expm1 makes leaves its range.
   */
  Val near = m_clamp(m, d, 40);
  Val factor = m_fma(m, m_hi(m, MATH_SILU_ZERO_EXP), m_expm1(m, m_neg(m, near)), m_neg(m, d));
  return sigmoid_slope(m, x, e, factor);
}

Val m_gelu_tanh_grad(M *m, Val x) {
  Val t = gelu_tanh_argument(m, x);
  MathExp e = exp_twice_u(m, t);
  Val t0 = m_hi(m, MATH_GT_ZERO), a = m_hi(m, MATH_GT_A);
  Val d = m_mul(m, m_hi(m, MATH_GT_C), m_sub(m, m_sub(m, t, t0), m_lo(m, MATH_GT_ZERO)));
  Val s = m_mul(m, a, m_fma(m, t, t, m_fma(m, t, t0, m_mul(m, t0, t0))));
  Val dw = m_clamp(m, m_fma(m, d, s, d), 40);
  Val three = m_mul(m, s, m_const(m, 3));
  Val slope = m_fma(m, d, three, d);
  Val factor = m_fma(m, m_hi(m, MATH_GT_ZERO_EXP), m_expm1(m, m_neg(m, dw)), m_neg(m, slope));
  return sigmoid_slope(m, x, e, factor);
}
