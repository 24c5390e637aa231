/* Arithmetic of the transcendental TPPs, polynomials, and the exponential under most of them. */
#include "llvm/cg_math.h"
#include <math.h>

#define POLY(name, bits, ...) static const double poly_##name##_##bits[] = {__VA_ARGS__};
#define SPLIT(name, h32, l32, h64, l64)
#include "llvm/math.def"
#undef POLY
#undef SPLIT

static const double splits[MATH_SPLITS][4] = {
#define POLY(name, bits, ...)
#define SPLIT(name, h32, l32, h64, l64) [MATH_##name] = {h32, l32, h64, l64},
#include "llvm/math.def"
#undef POLY
#undef SPLIT
};

#define ROW(name)                                                                                  \
  [MATH_##name] = {{poly_##name##_32, sizeof poly_##name##_32 / sizeof(double)},                   \
                   {poly_##name##_64, sizeof poly_##name##_64 / sizeof(double)}}
static const MathPoly polys[][2] = {ROW(EXPM1), ROW(LOG),  ROW(ERF),
                                    ROW(ERFC),  ROW(TAIL), ROW(TAIL_GRAD)};

Val m_const(M *m, double v) {
  return cg_const_f(m->g, m->t, v);
}
Val m_hi(M *m, MathSplit s) {
  return m_const(m, splits[s][m->f64 ? 2 : 0]);
}
Val m_lo(M *m, MathSplit s) {
  return m_const(m, splits[s][m->f64 ? 3 : 1]);
}
Val m_add(M *m, Val a, Val b) {
  return LLVMBuildFAdd(m->g->b, a, b, "");
}
Val m_sub(M *m, Val a, Val b) {
  return LLVMBuildFSub(m->g->b, a, b, "");
}
Val m_mul(M *m, Val a, Val b) {
  return LLVMBuildFMul(m->g->b, a, b, "");
}
Val m_div(M *m, Val a, Val b) {
  return LLVMBuildFDiv(m->g->b, a, b, "");
}
Val m_neg(M *m, Val a) {
  return LLVMBuildFNeg(m->g->b, a, "");
}
Val m_abs(M *m, Val a) {
  return cg_intrinsic(m->g, "llvm.fabs", m->t, &a, 1);
}
Val m_select(M *m, Val c, Val a, Val b) {
  return LLVMBuildSelect(m->g->b, c, a, b, "");
}
Val m_less(M *m, Val a, Val b) {
  return LLVMBuildFCmp(m->g->b, LLVMRealOLT, a, b, "");
}

Val m_fma(M *m, Val a, Val b, Val c) {
  return cg_intrinsic(m->g, "llvm.fma", m->t, (Val[]){a, b, c}, 3);
}

Val m_clamp(M *m, Val a, double limit) {
  Val l = m_const(m, limit);
  return m_select(m, m_less(m, l, a), l, a);
}

Val m_copysign(M *m, Val size, Val sign) {
  return cg_intrinsic(m->g, "llvm.copysign", m->t, (Val[]){size, sign}, 2);
}

Val m_poly(M *m, MathPolyId id, Val x) {
  const MathPoly *p = &polys[id][m->f64];
  Val v = m_const(m, p->c[p->n - 1]);
  for (int i = p->n - 1; i-- > 0;)
    v = m_fma(m, v, x, m_const(m, p->c[i]));
  return v;
}

/* x = n ln 2 + r with |r| <= ln 2 / 2. Adding 1.5 * 2^mantissa rounds to an integer and leaves it
 * in the low bits, so that NaN needs no case of its own: r is NaN, and n is nothing that matters.
 */
static Val reduce(M *m, Val x, Val low, Val *n) {
  Cg *g = m->g;
  Val magic = m_const(m, ldexp(1.5, m->mantissa));
  Val k = m_fma(m, x, m_const(m, 1.4426950408889634074), magic);
  Val whole = m_neg(m, m_sub(m, k, magic));
  Val bits = LLVMBuildBitCast(g->b, k, m->ti, "");
  *n = LLVMBuildSub(g->b, bits, LLVMBuildBitCast(g->b, magic, m->ti, ""), "");
  Val r = m_fma(m, whole, m_hi(m, MATH_LN2), x);
  r = m_fma(m, whole, m_lo(m, MATH_LN2), r);
  return low ? m_add(m, r, low) : r;
}

/* 2^n for n in the range of normal numbers. */
static Val power(M *m, Val n) {
  Cg *g = m->g;
  Val e = LLVMBuildAdd(g->b, n, cg_const_i(g, m->ti, m->bias), "");
  e = LLVMBuildShl(g->b, e, cg_const_i(g, m->ti, m->mantissa), "");
  return LLVMBuildBitCast(g->b, e, m->t, "");
}

static Val expm1_reduced(M *m, Val r) {
  return m_fma(m, m_mul(m, r, r), m_poly(m, MATH_EXPM1, r), r);
}

MathExp m_exp_bounded(M *m, Val x, Val low) {
  Cg *g = m->g;
  Val n;
  MathExp e;
  e.q = expm1_reduced(m, reduce(m, x, low, &n));
  Val half = LLVMBuildAShr(g->b, n, cg_const_i(g, m->ti, 1), "");
  e.s1 = power(m, half);
  e.s2 = power(m, LLVMBuildSub(g->b, n, half, ""));
  return e;
}

MathExp m_exp(M *m, Val x) {
  double limit = m->f64 ? MATH_EXP_LIMIT_64 : MATH_EXP_LIMIT_32;
  Val floor = m_const(m, -limit);
  x = m_clamp(m, x, limit);
  return m_exp_bounded(m, m_select(m, m_less(m, x, floor), floor, x), NULL);
}

MathExp m_exp_minus_abs(M *m, Val x) {
  Val a = m_clamp(m, m_abs(m, x), m->f64 ? MATH_EXP_LIMIT_64 : MATH_EXP_LIMIT_32);
  return m_exp_bounded(m, m_neg(m, a), NULL);
}

Val m_exp_value(M *m, MathExp e) {
  return m_mul(m, m_fma(m, e.q, e.s1, e.s1), e.s2);
}

Val m_expm1(M *m, Val x) {
  Val n, q = expm1_reduced(m, reduce(m, x, NULL, &n));
  Val s = power(m, n);
  return m_fma(m, q, s, m_sub(m, s, m_const(m, 1)));
}

Val m_nan_at_inf(M *m, Val x, Val y) {
  Val inf = m_const(m, (double)INFINITY);
  Val at = LLVMBuildFCmp(m->g->b, LLVMRealOEQ, m_abs(m, x), inf, "");
  return m_select(m, at, m_const(m, (double)NAN), y);
}
