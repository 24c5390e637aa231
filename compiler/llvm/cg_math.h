/* Building blocks of the transcendental TPPs: lanes of f32 or f64, one code for both. */
#ifndef TPPC_LLVM_CG_MATH_H
#define TPPC_LLVM_CG_MATH_H

#include "llvm/cg.h"

typedef struct M {
  Cg *g;
  bool f64;
  bool near;         /* arguments are known to be within cg_math.c's limit of the op */
  bool bf16;         /* arguments are BF16, of which there are few enough to try them all */
  LLVMTypeRef t, ti; /* lanes of the float, and of the integer as wide */
  int mantissa, bias;
} M;

/* exp(x) = v * s1 * s2: v is exp(r) of the reduced argument, the scales are powers of two whose
 * product may leave the range of normal numbers, so that results are rounded once, at the end. Of
 * near arguments the product is one normal number: s2 is NULL. */
typedef struct MathExp {
  Val v, s1, s2;
} MathExp;

typedef struct MathPoly {
  const double *c;
  int n;
} MathPoly;

/* Constants that are sums of two numbers. */
typedef enum MathSplit {
#define POLY(name, bits, ...)
#define SPLIT(name, h32, l32, h64, l64) MATH_##name,
#include "llvm/math.def"
#undef POLY
#undef SPLIT
  MATH_SPLITS
} MathSplit;
typedef enum MathPolyId {
  MATH_EXP,
  MATH_EXPM1,
  MATH_LOG,
  MATH_ERF,
  MATH_ERFC,
  MATH_TANH_TOP, /* f32 only, as the next two */
  MATH_TANH_BOTTOM,
  MATH_TAIL_ROOT,
  MATH_TAIL,
  MATH_TAIL_GRAD
} MathPolyId;

Val m_const(M *m, double v);
Val m_hi(M *m, MathSplit s);
Val m_lo(M *m, MathSplit s);
Val m_add(M *m, Val a, Val b);
Val m_sub(M *m, Val a, Val b);
Val m_mul(M *m, Val a, Val b);
Val m_div(M *m, Val a, Val b);
Val m_fma(M *m, Val a, Val b, Val c); /* a * b + c, rounded once */
Val m_neg(M *m, Val a);
Val m_abs(M *m, Val a);
Val m_select(M *m, Val c, Val a, Val b);
Val m_less(M *m, Val a, Val b);         /* false for NaN */
Val m_clamp(M *m, Val a, double limit); /* at most limit; NaN stays */
/* The same for a bound of the argument, which near ones are within. */
Val m_clamp_far(M *m, Val a, double limit);
Val m_copysign(M *m, Val size, Val sign);
Val m_poly(M *m, MathPolyId id, Val x);
/* The same with the fewest operations. */
Val m_horner(M *m, MathPolyId id, Val x);
/* The same in two chains but for the lowest two coefficients, so that hardly more is lost. */
Val m_poly_apart(M *m, MathPolyId id, Val x);
/* Beyond these arguments exp is 0 or infinity, and within them the scales of MathExp are normal. */
enum { MATH_EXP_LIMIT_32 = 125, MATH_EXP_LIMIT_64 = 1000 };
/* exp(x + low) for x from -limit to a little above 0; low may be NULL. */
MathExp m_exp_bounded(M *m, Val x, Val low);
/* exp(-|x|) and exp(x), any x. */
MathExp m_exp_minus_abs(M *m, Val x);
Val m_exp(M *m, Val x);
Val m_exp_value(M *m, MathExp e);
/* v s1 s2 for another v. */
Val m_scaled(M *m, Val v, MathExp e);
/* exp(x) - 1, accurate to a few units in the last place everywhere; x of moderate size. */
Val m_expm1(M *m, Val x);
/* NaN where |x| is infinite, which near ones are not. */
Val m_nan_at_inf(M *m, Val x, Val y);

Val m_erf_grad(M *m, Val x);
Val m_gelu(M *m, Val x);
Val m_gelu_grad(M *m, Val x);
Val m_gelu_tanh(M *m, Val x);
Val m_gelu_tanh_grad(M *m, Val x);
Val m_silu(M *m, Val x);
Val m_silu_grad(M *m, Val x);

#endif
