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
#define ROW_32(name)                                                                               \
  [MATH_##name] = {{poly_##name##_32, sizeof poly_##name##_32 / sizeof(double)}, {NULL, 0}}
static const MathPoly polys[][2] = {
    ROW_32(TANH_TOP), ROW_32(TANH_BOTTOM), ROW_32(TAIL_ROOT), ROW(EXP),      ROW(EXPM1), ROW(LOG),
    ROW(ERF),         ROW(ERFC),           ROW(TAIL),         ROW(TAIL_GRAD)};

/* A constant as a register of the prologue. LLVM would load it again at every use, and with 16
 * registers there are more constants than fit: one that is spilled is an operand in memory, which
 * takes no instruction. The fence hides what it is. */
static Val held(Cg *g, LLVMTypeRef scalar, double v, int lanes) {
  Val c = cg_const_f(g, LLVMVectorType(scalar, (unsigned)lanes), v);
  Val fenced = tppc_map_get(&g->slot_values, c);
  if (fenced)
    return fenced;
  LLVMBasicBlockRef at = LLVMGetInsertBlock(g->b);
  LLVMPositionBuilderAtEnd(g->b, g->prologue);
  fenced = cg_intrinsic(g, "llvm.arithmetic.fence", LLVMTypeOf(c), &c, 1);
  LLVMPositionBuilderAtEnd(g->b, at);
  tppc_map_set(&g->slot_values, c, fenced);
  return fenced;
}

Val m_const(M *m, double v) {
  Cg *g = m->g;
  int lanes = m->f64 ? 4 : 8;
  if (g->target.vector_bytes != 32 || g->lanes % lanes || v == 0)
    return cg_const_f(g, m->t, v);
  Val c = held(g, m->f64 ? g->t_f64 : g->t_f32, v, lanes);
  for (int n = lanes; n < g->lanes; n += lanes)
    c = cg_concat(g, c, held(g, m->f64 ? g->t_f64 : g->t_f32, v, lanes));
  return c;
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

Val m_clamp_far(M *m, Val a, double limit) {
  return m->near ? a : m_clamp(m, a, limit);
}

Val m_copysign(M *m, Val size, Val sign) {
  return cg_intrinsic(m->g, "llvm.copysign", m->t, (Val[]){size, sign}, 2);
}

/* Coefficients first, first + 2, ... by Horner's rule. */
static Val every_second(M *m, const MathPoly *p, int first, Val square) {
  int last = first + (p->n - 1 - first) / 2 * 2;
  Val v = m_const(m, p->c[last]);
  for (int i = last - 2; i >= first; i -= 2)
    v = m_fma(m, v, square, m_const(m, p->c[i]));
  return v;
}

Val m_horner(M *m, MathPolyId id, Val x) {
  const MathPoly *p = &polys[id][m->f64];
  Val v = m_const(m, p->c[p->n - 1]);
  for (int i = p->n - 1; i-- > 0;)
    v = m_fma(m, v, x, m_const(m, p->c[i]));
  return v;
}

/* Even and odd powers apart: two chains of half the length for one product more. Their sum loses
 * more than Horner's rule where it is small beside them, as that of the long ones is. */
Val m_poly(M *m, MathPolyId id, Val x) {
  enum { LONG = 12 };
  const MathPoly *p = &polys[id][m->f64];
  if (p->n <= LONG) {
    Val square = m_mul(m, x, x);
    return m_fma(m, every_second(m, p, 1, square), x, every_second(m, p, 0, square));
  }
  return m_horner(m, id, x);
}

Val m_poly_apart(M *m, MathPolyId id, Val x) {
  const MathPoly *p = &polys[id][m->f64];
  Val square = m_mul(m, x, x);
  Val v = m_fma(m, every_second(m, p, 3, square), x, every_second(m, p, 2, square));
  v = m_fma(m, v, x, m_const(m, p->c[1]));
  return m_fma(m, v, x, m_const(m, p->c[0]));
}

/* x = n ln 2 + r with |r| <= ln 2 / 2. Adding 1.5 * 2^mantissa rounds to an integer and leaves it
 * in the low bits, so that NaN needs no case of its own: r is NaN, and n is nothing that matters.
 * `biased` has n + bias where the exponent stands, modulo the width of the word. `most`, when not
 * 0, bounds n from above, by integers as positive floats are in their order, and r is what is left.
 */
typedef struct Reduced {
  Val r, whole, biased;
} Reduced;

static Reduced reduce(M *m, Val x, Val low, int bias, int most) {
  Cg *g = m->g;
  Reduced d;
  double zero = ldexp(1.5, m->mantissa) + bias;
  Val magic = m_const(m, zero);
  Val k = m_fma(m, x, m_const(m, 1.4426950408889634074), magic);
  Val bits = LLVMBuildBitCast(g->b, k, m->ti, "");
  if (most) {
    Val top = LLVMBuildBitCast(g->b, m_const(m, zero + most), m->ti, "");
    bits = cg_min(g, bits, top);
    k = LLVMBuildBitCast(g->b, bits, m->t, "");
  }
  d.whole = m_sub(m, k, magic);
  d.biased = LLVMBuildShl(g->b, bits, cg_const_i(g, m->ti, m->mantissa), "");
  Val minus = m_neg(m, d.whole);
  d.r = m_fma(m, minus, m_hi(m, MATH_LN2), x);
  d.r = m_fma(m, minus, m_lo(m, MATH_LN2), d.r);
  if (low)
    d.r = m_add(m, d.r, low);
  return d;
}

static Val as_float(M *m, Val bits) {
  return LLVMBuildBitCast(m->g->b, bits, m->t, "");
}

/* 1 + r P(r): the fewest operations for floats, and two chains for the long ones. */
static Val exp_reduced(M *m, Val r) {
  Val p = m->f64 ? m_poly(m, MATH_EXP, r) : m_horner(m, MATH_EXP, r);
  return m_fma(m, p, r, m_const(m, 1));
}

static Val expm1_reduced(M *m, Val r) {
  return m_fma(m, m_mul(m, r, r), m_poly(m, MATH_EXPM1, r), r);
}

/* Half the exponents of the type, so that 2^n times it is normal wherever exp is not 0. */
static int lift(const M *m) {
  return (m->bias + 1) / 2;
}

MathExp m_exp_bounded(M *m, Val x, Val low) {
  Reduced d = reduce(m, x, low, m->bias + (m->near ? 0 : lift(m)), 0);
  Val s2 = m->near ? NULL : m_const(m, ldexp(1, -lift(m)));
  return (MathExp){exp_reduced(m, d.r), as_float(m, d.biased), s2};
}

/* Lanes fill registers of 512 bits, where one instruction scales by a power of two. */
static bool has_scale(const M *m) {
  return m->g->target.vector_bytes == 64 && m->g->lanes % (m->f64 ? 8 : 16) == 0;
}

static Val scale_512(M *m, Val v, Val n) {
  const char *name =
      m->f64 ? "llvm.x86.avx512.mask.scalef.pd.512" : "llvm.x86.avx512.mask.scalef.ps.512";
  Cg *g = m->g;
  int lanes = m->f64 ? 8 : 16;
  LLVMTypeRef mask = LLVMIntTypeInContext(g->lx, (unsigned)lanes);
  Val all = NULL;
  for (int i = 0; i < g->lanes; i += lanes) {
    Val part = cg_slice(g, v, i, lanes), by = cg_slice(g, n, i, lanes);
    Val args[5] = {part, by, LLVMConstNull(LLVMTypeOf(part)), LLVMConstAllOnes(mask), cg_i32(g, 4)};
    part = cg_intrinsic(g, name, NULL, args, 5);
    all = all ? cg_concat(g, all, part) : part;
  }
  return all;
}

/* v 2^n by an addition to the exponent, of a result that is a normal number. */
static Val exp_near(M *m, Val x) {
  Reduced d = reduce(m, x, NULL, 0, 0);
  Val v = LLVMBuildBitCast(m->g->b, exp_reduced(m, d.r), m->ti, "");
  return as_float(m, LLVMBuildAdd(m->g->b, v, d.biased, ""));
}

/* 2^n is a product of two, n moved towards 0 by the one that is a constant. Where n is bounded the
 * polynomial of the large remainder is large and positive, and the result infinite. */
Val m_exp(M *m, Val x) {
  if (m->near)
    return exp_near(m, x);
  Cg *g = m->g;
  double limit = m->f64 ? MATH_EXP_LIMIT_64 : MATH_EXP_LIMIT_32;
  Val floor = m_const(m, -limit);
  x = m_select(m, m_less(m, x, floor), floor, x);
  Reduced d = reduce(m, x, NULL, 2 * m->bias, 3 * lift(m) - 8);
  Val s = exp_reduced(m, d.r);
  if (has_scale(m))
    return scale_512(m, s, d.whole);
  Val below = LLVMBuildICmp(g->b, LLVMIntSLT, LLVMBuildBitCast(g->b, x, m->ti, ""),
                            cg_const_i(g, m->ti, 0), "");
  Val far = m_select(m, below, m_const(m, ldexp(1, -lift(m))), m_const(m, ldexp(1, lift(m))));
  Val near = LLVMBuildSub(g->b, d.biased, LLVMBuildBitCast(g->b, far, m->ti, ""), "");
  return m_mul(m, m_mul(m, s, as_float(m, near)), far);
}

MathExp m_exp_minus_abs(M *m, Val x) {
  Val a = m_clamp_far(m, m_abs(m, x), m->f64 ? MATH_EXP_LIMIT_64 : MATH_EXP_LIMIT_32);
  return m_exp_bounded(m, m_neg(m, a), NULL);
}

Val m_exp_value(M *m, MathExp e) {
  return m_scaled(m, e.v, e);
}

Val m_scaled(M *m, Val v, MathExp e) {
  v = m_mul(m, v, e.s1);
  return e.s2 ? m_mul(m, v, e.s2) : v;
}

Val m_expm1(M *m, Val x) {
  Reduced d = reduce(m, x, NULL, m->bias, 0);
  Val q = expm1_reduced(m, d.r), s = as_float(m, d.biased);
  return m_fma(m, q, s, m_sub(m, s, m_const(m, 1)));
}

Val m_nan_at_inf(M *m, Val x, Val y) {
  if (m->near)
    return y;
  Val inf = m_const(m, (double)INFINITY);
  Val at = LLVMBuildFCmp(m->g->b, LLVMRealOEQ, m_abs(m, x), inf, "");
  return m_select(m, at, m_const(m, (double)NAN), y);
}
