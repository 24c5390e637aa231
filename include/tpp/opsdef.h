/* Helpers that the definitions of tpp/ops.def are written in.
 *
 * A definition is expanded with x, y, z of type double and, for ops that take integers, of type
 * int64_t; div, max, and min therefore select by the type of their operands. All are pure. What
 * they choose where mathematics leaves a choice is the meaning of the language:
 *
 * - div: integers round towards minus infinity, as sizes do; x / 0 is 0, and INT64_MIN / -1 wraps.
 * - max, min: a NaN in either operand gives NaN; +0 is above -0.
 * - gelu, silu, kgelu, kswish at minus infinity are NaN, the product of infinity and 0.
 * - ktanh, ksigmoid, kswish, kgelu round their argument to F32, then to BF16, both to nearest even.
 * - sround to floats, zip, unzip_hi, unzip_lo round their floats to F32.
 */
#ifndef TPP_OPSDEF_H
#define TPP_OPSDEF_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define TPPD_INF ((double)INFINITY)

#define TPPD_SQRT_1_2   0.70710678118654752440
#define TPPD_SQRT_2_PI  0.79788456080286535588
#define TPPD_1_SQRT_2PI 0.39894228040143267794
#define TPPD_2_SQRT_PI  1.12837916709551257390

static inline double tppd_div_f(double x, double y) {
  return x / y;
}

static inline int64_t tppd_div_i(int64_t x, int64_t y) {
  if (y == 0)
    return 0;
  if (y == -1)
    return (int64_t)(0 - (uint64_t)x);
  int64_t q = x / y;
  return q * y != x && (x < 0) != (y < 0) ? q - 1 : q;
}

static inline double tppd_max_f(double x, double y) {
  if (isnan(x) || isnan(y))
    return (double)NAN;
  if (x == y)
    return signbit(x) ? y : x;
  return x > y ? x : y;
}

static inline double tppd_min_f(double x, double y) {
  if (isnan(x) || isnan(y))
    return (double)NAN;
  if (x == y)
    return signbit(x) ? x : y;
  return x < y ? x : y;
}

static inline int64_t tppd_max_i(int64_t x, int64_t y) {
  return x > y ? x : y;
}
static inline int64_t tppd_min_i(int64_t x, int64_t y) {
  return x < y ? x : y;
}

#define tppd_div(x, y) _Generic((x) + (y), int64_t : tppd_div_i, default : tppd_div_f)((x), (y))
#define tppd_max(x, y) _Generic((x) + (y), int64_t : tppd_max_i, default : tppd_max_f)((x), (y))
#define tppd_min(x, y) _Generic((x) + (y), int64_t : tppd_min_i, default : tppd_min_f)((x), (y))

/* Position of the highest set bit, counted from 1; 0 for what is not positive. */
static inline int64_t tppd_bits(int64_t x) {
  int64_t n = 0;
  for (; x > 0; x >>= 1)
    n++;
  return n;
}

/* x / 2^s to the nearest integer, ties to even; s <= 0 leaves x. Half a unit or less is 0, so that
 * a count of the width of the type or more gives 0. */
static inline int64_t tppd_shr_rne(int64_t x, int64_t s) {
  if (s <= 0)
    return x;
  if (s > 63)
    return 0;
  int64_t q = x >> s;
  uint64_t half = UINT64_C(1) << (s - 1), rest = (uint64_t)x & (2 * half - 1);
  return q + (rest > half || (rest == half && (q & 1)));
}

/* Two forms, so that the exponential never overflows. */
static inline double tppd_sigmoid(double x) {
  if (x >= 0)
    return 1 / (1 + exp(-x));
  double e = exp(x);
  return e / (1 + e);
}

/* x * Phi(x); erfc keeps the relative accuracy of the negative tail, which 1 + erf cancels away. */
static inline double tppd_gelu(double x) {
  return 0.5 * x * erfc(-x * TPPD_SQRT_1_2);
}

static inline double tppd_gelu_grad(double x) {
  return 0.5 * erfc(-x * TPPD_SQRT_1_2) + x * exp(-0.5 * x * x) * TPPD_1_SQRT_2PI;
}

/* 0.5 * x * (1 + tanh(u)) with u below; 0.5 * (1 + tanh(u)) = sigmoid(2u) does not cancel. */
static inline double tppd_gelu_tanh_2u(double x) {
  return 2 * TPPD_SQRT_2_PI * (x + 0.044715 * x * x * x);
}

static inline double tppd_gelu_tanh(double x) {
  return x * tppd_sigmoid(tppd_gelu_tanh_2u(x));
}

static inline double tppd_gelu_tanh_grad(double x) {
  double v = tppd_gelu_tanh_2u(x);
  double dv = 2 * TPPD_SQRT_2_PI * (1 + 3 * 0.044715 * x * x);
  return tppd_sigmoid(v) * (1 + x * dv * tppd_sigmoid(-v));
}

static inline double tppd_silu_grad(double x) {
  return tppd_sigmoid(x) * (1 + x * tppd_sigmoid(-x));
}

static inline double tppd_elu(double x) {
  return x > 0 ? x : expm1(x);
}

/* -x^(-3/2) / 2; the quotient goes before the root, so that nothing overflows early. */
static inline double tppd_rsqrt_grad(double x) {
  return -0.5 / x / sqrt(x);
}

/* 2 / sqrt(pi) exp(-x^2); what the square loses counts in exp, of which it is a factor 1 - rest. */
static inline double tppd_erf_grad(double x) {
  double square = x * x, rest = isfinite(square) ? fma(x, x, -square) : 0;
  double e = exp(-square) * TPPD_2_SQRT_PI;
  return e - e * rest;
}

/* 1 - tanh(x)^2 without the cancellation of large |x|. */
static inline double tppd_tanh_grad(double x) {
  double c = cosh(x);
  return 1 / (c * c);
}

/* ---- BF16 ---- */

static inline float tppd_bf16_to_f32(uint16_t b) {
  uint32_t u = (uint32_t)b << 16;
  float f;
  memcpy(&f, &u, sizeof f);
  return f;
}

/* To nearest even; a NaN stays one and becomes quiet. */
static inline uint16_t tppd_f32_to_bf16(float f) {
  uint32_t u;
  memcpy(&u, &f, sizeof u);
  if ((u & 0x7fffffffu) > 0x7f800000u)
    return (uint16_t)(u >> 16 | 0x40u);
  return (uint16_t)((u + 0x7fffu + (u >> 16 & 1u)) >> 16);
}

/* ---- words of F32 ---- */

static inline uint32_t tppd_word(double x) {
  float f = (float)x;
  uint32_t u;
  memcpy(&u, &f, sizeof u);
  return u;
}

/* A NaN becomes quiet and keeps its other bits: as a double it could not stay signalling, and cut
 * to its upper half it might be an infinity. */
static inline double tppd_of_word(uint32_t u) {
  float f;
  if ((u & 0x7fffffffu) > 0x7f800000u)
    u |= 0x400000u;
  memcpy(&f, &u, sizeof f);
  return (double)f;
}

/* The upper half of hi (a BF16 is nothing but that) above the low 16 bits of lo. */
static inline double tppd_zip(double hi, int64_t lo) {
  return tppd_of_word((tppd_word(hi) & 0xffff0000u) | ((uint32_t)(uint64_t)lo & 0xffffu));
}

/* x cut to its upper half, towards zero, which is a BF16 and stored as one without rounding. */
static inline double tppd_unzip_hi(double x) {
  return tppd_of_word(tppd_word(tppd_of_word(tppd_word(x))) & 0xffff0000u);
}

static inline int64_t tppd_unzip_lo(double x) {
  return (int64_t)(tppd_word(x) & 0xffffu);
}

/* Stochastic rounding of x to a BF16 by u in [0, 1): floor(u * 65536) is added to the word, whose
 * low half is then cut off, so that x goes away from zero with the probability of the part that is
 * cut. Past the largest BF16 that is infinity. Infinity and NaN stay. u is rounded to F32, where
 * the product is exact; outside of [0, 1) the nearest of 0 and 65535 is added, for NaN 0. */
static inline double tppd_sround(double x, double u) {
  uint32_t w = tppd_word(x);
  float v = (float)u * 65536.0f;
  if ((w & 0x7fffffffu) >= 0x7f800000u)
    return tppd_unzip_hi(x);
  uint32_t add = v >= 65535.0f ? 65535u : v > 0.0f ? (uint32_t)v : 0u;
  return tppd_of_word((w + add) & 0xffff0000u);
}

/* The same to an F16, as a float. The spacing there is that of the 10 upper bits of the mantissa,
 * and 2^-24 below 2^-14; what u lifts is |x| in units of it. 2^16 and more is infinity. */
static inline double tppd_sround_f16(double x, double u) {
  float f = (float)x, v = (float)u;
  if (!(fabsf(f) < 65536.0f))
    return isnan(f) ? (double)f : copysign((double)INFINITY, (double)f);
  int e;
  frexpf(f, &e);
  int spacing = e - 11 < -24 ? -24 : e - 11;
  double size = ldexp(fabs((double)f), -spacing), low = floor(size);
  double lift = v >= 1.0f ? 0x1.fffffep-1 : v > 0.0f ? (double)v : 0;
  low = ldexp(low + (size - low + lift >= 1), spacing);
  return copysign(low >= 65536 ? (double)INFINITY : low, (double)f);
}

/* To an integer: the largest that is not above x + u, with u as above. NaN stays. */
static inline double tppd_sround_int(double x, double u) {
  double lift = u >= 0x1.fffffep-1 ? 0x1.fffffep-1 : u > 0 ? u : 0, low = floor(x);
  return x - low + lift >= 1 ? low + 1 : low;
}

/* ---- K-TanH (arXiv 1909.07729): tanh on the bits of a BF16, by a table ----
 *
 * |x| below the first interval passes, above the last it saturates. Between them the word, sign
 * aside, finds a row (E, r, b) of tpp/ktanh.def: the result has exponent E and mantissa (M >> r) +
 * b, where the sum is taken over the 15 bits below the sign, so that a carry or borrow reaches the
 * exponent. The published table has 16 words a row from 0.25 to 3.75; the fine one, which makes no
 * error above 0.0054, 8 words a row from 0.125 to 3.453125.
 */
enum {
  TPPD_KTANH_FIRST = 0x3e80,
  TPPD_KTANH_LAST = 0x4070,
  TPPD_KTANH_FINE_FIRST = 0x3e00,
  TPPD_KTANH_FINE_LAST = 0x405d
};

static inline uint16_t tppd_ktanh_bits(uint16_t x, int fine) {
  typedef struct {
    uint8_t e, r;
    int16_t b;
  } Row;
  static const Row published[] = {
#define KTANH(e, r, b) {e, r, b},
#define KTANH_FINE(e, r, b)
#include "tpp/ktanh.def"
#undef KTANH
#undef KTANH_FINE
  };
  static const Row halves[] = {
#define KTANH(e, r, b)
#define KTANH_FINE(e, r, b) {e, r, b},
#include "tpp/ktanh.def"
#undef KTANH
#undef KTANH_FINE
  };
  unsigned a = x & 0x7fffu, sign = x & 0x8000u;
  unsigned first = fine ? TPPD_KTANH_FINE_FIRST : TPPD_KTANH_FIRST;
  unsigned last = fine ? TPPD_KTANH_FINE_LAST : TPPD_KTANH_LAST;
  if (a > 0x7f80u)
    return (uint16_t)(x | 0x40u);
  if (a < first)
    return x;
  if (a > last)
    return (uint16_t)(sign | 0x3f80u);
  Row row = fine ? halves[(a - first) / 8] : published[(a - first) / 16];
  int y = (row.e << 7) + (int)((a & 127u) >> row.r) + row.b;
  return (uint16_t)(sign | (unsigned)y);
}

static inline float tppd_round_bf16(double x) {
  return tppd_bf16_to_f32(tppd_f32_to_bf16((float)x));
}

static inline double tppd_ktanh(double x, int fine) {
  return (double)tppd_bf16_to_f32(tppd_ktanh_bits(tppd_f32_to_bf16((float)x), fine));
}

/* (1 + ktanh(x / 2)) / 2 with x rounded to BF16, halved exactly (a subnormal to nearest even), and
 * the result rounded to BF16 once. */
static inline double tppd_ksigmoid(double x, int fine) {
  float h = 0.5f * tppd_round_bf16(x);
  float t = (float)tppd_ktanh((double)h, fine);
  return (double)tppd_round_bf16((double)(0.5f * (1.0f + t)));
}

/* The argument rounded to BF16, times its ksigmoid, a BF16 too: the product is exact in F32 and is
 * rounded to BF16 once. NaN at minus infinity, like silu. */
static inline double tppd_kswish(double x, int fine) {
  double v = (double)tppd_round_bf16(x);
  return (double)tppd_round_bf16(v * tppd_ksigmoid(v, fine));
}

/* 0.5 v (1 + ktanh(u)), u = 0.79788456 (v + 0.044715 v^3), with v the argument rounded to BF16.
 * Every operation is rounded to F32, in the order in which they stand here, none is fused (the
 * square and the cube of a BF16 are exact but for overflow and underflow), ktanh rounds u to BF16,
 * and the result is rounded to BF16. Doubles stand for F32: their sums and products of two floats
 * round to the right float. NaN at minus infinity, like gelu. */
static inline double tppd_kgelu(double x, int fine) {
  float v = tppd_round_bf16(x);
  float square = (float)((double)v * (double)v), cube = (float)((double)square * (double)v);
  float small = (float)((double)0.044715f * (double)cube), sum = (float)((double)v + (double)small);
  float u = (float)((double)0.79788456f * (double)sum);
  float top = (float)(1.0 + tppd_ktanh((double)u, fine)), half = (float)(0.5 * (double)v);
  return (double)tppd_round_bf16((double)half * (double)top);
}

/* The finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
 * generators", 2014). */
static inline uint64_t tppd_mix64(uint64_t z) {
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/* Three rounds of xor-shift and multiply on words of 32 bits, which every vector unit has (the
 * constants are Wellons' "triple32", 2018), between which two keys enter that the seed makes: for
 * a seed and an upper half of i the low halves are permuted, and another seed is another
 * permutation, not the same one shifted. The top 24 bits are the fraction; tests/ops/test_uniform.c
 * measures how even and how independent they are. */
enum { TPPD_HASH_1 = 17, TPPD_HASH_2 = 11, TPPD_HASH_3 = 15, TPPD_HASH_4 = 14 };
#define TPPD_GOLDEN_64 UINT64_C(0x9e3779b97f4a7c15)
#define TPPD_GOLDEN_32 UINT32_C(0x9e3779b9)
#define TPPD_FACTOR_1  UINT32_C(0xed5ad4bb)
#define TPPD_FACTOR_2  UINT32_C(0xac4c1b51)
#define TPPD_FACTOR_3  UINT32_C(0x31848bab)

static inline double tppd_uniform(int64_t seed, int64_t i) {
  uint64_t key = tppd_mix64((uint64_t)seed + TPPD_GOLDEN_64);
  uint32_t x = (uint32_t)(uint64_t)i ^ (uint32_t)key, high = (uint32_t)((uint64_t)i >> 32);
  x = (x ^ x >> TPPD_HASH_1) * TPPD_FACTOR_1;
  x += (uint32_t)(key >> 32) + high * TPPD_GOLDEN_32;
  x = (x ^ x >> TPPD_HASH_2) * TPPD_FACTOR_2;
  x = (x ^ x >> TPPD_HASH_3) * TPPD_FACTOR_3;
  return (double)((x ^ x >> TPPD_HASH_4) >> 8) * 0x1p-24;
}

#endif
