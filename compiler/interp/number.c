/* Rounding by scaling: a value is divided by the spacing of its type at that magnitude, rounded to
 * an integer, and multiplied again. Both steps are exact because the spacing is a power of two. */
#include "interp/number.h"

#include "tpp/rt.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct FloatFormat {
  int digits;  /* significant bits */
  int least_e; /* exponent of the smallest normal number, as frexp counts less one */
  double most;
} FloatFormat;

static FloatFormat format_of(int elem) {
  switch (elem) {
  case TPP_F64:
    return (FloatFormat){53, -1022, DBL_MAX};
  case TPP_F16:
    return (FloatFormat){11, -14, 65504};
  case TPP_BF16:
    return (FloatFormat){8, -126, 0x1.fep127};
  default:
    return (FloatFormat){24, -126, (double)FLT_MAX};
  }
}

double tppc_ulp(int elem, double v) {
  FloatFormat f = format_of(elem);
  int e;
  if (!isfinite(v))
    return (double)INFINITY;
  frexp(v, &e);
  e = v == 0 ? f.least_e : e - 1;
  return ldexp(1, (e < f.least_e ? f.least_e : e) - (f.digits - 1));
}

double tppc_unit_roundoff(int elem) {
  return ldexp(1, -format_of(elem).digits);
}

double tppc_float_most(int elem) {
  return format_of(elem).most;
}

double tppc_round_float(int elem, double v) {
  if (elem == TPP_F64)
    return v;
  if (elem == TPP_F32)
    return (double)(float)v;
  if (!isfinite(v) || v == 0)
    return v;
  FloatFormat f = format_of(elem);
  double unit = tppc_ulp(elem, v), r = nearbyint(v / unit) * unit;
  return fabs(r) > f.most ? copysign((double)INFINITY, v) : r;
}

int64_t tppc_int_least(int elem) {
  switch (elem) {
  case TPP_I64:
    return INT64_MIN;
  case TPP_I32:
    return INT32_MIN;
  case TPP_I8:
    return -128;
  case TPP_I4:
    return -8;
  default:
    return 0;
  }
}

int64_t tppc_int_most(int elem) {
  switch (elem) {
  case TPP_I64:
    return INT64_MAX;
  case TPP_I32:
    return INT32_MAX;
  case TPP_U16:
    return 65535;
  case TPP_I8:
    return 127;
  case TPP_U8:
    return 255;
  case TPP_I4:
    return 7;
  default:
    return 1;
  }
}

int64_t tppc_saturate(int elem, int64_t v) {
  int64_t least = tppc_int_least(elem), most = tppc_int_most(elem);
  return v < least ? least : v > most ? most : v;
}

int64_t tppc_round_int(int elem, double v) {
  if (isnan(v))
    return 0;
  double r = nearbyint(v);
  if (r >= 0x1p63)
    return tppc_int_most(elem);
  return r < -0x1p63 ? tppc_int_least(elem) : tppc_saturate(elem, (int64_t)r);
}

int64_t tppc_wrap_int(int elem, int64_t v) {
  if (elem != TPP_I32)
    return v;
  uint64_t low = (uint64_t)v & UINT64_C(0xffffffff);
  return low < UINT64_C(0x80000000) ? (int64_t)low : (int64_t)low - (INT64_C(1) << 32);
}

int tppc_low_bit(double v) {
  if (v == 0)
    return TPPC_LOW_BIT_OF_ZERO;
  if (!isfinite(v))
    return INT32_MIN;
  uint64_t u;
  memcpy(&u, &v, sizeof u);
  int e = (int)(u >> 52 & 0x7ff);
  uint64_t mantissa = u & UINT64_C(0xfffffffffffff);
  if (e)
    mantissa |= UINT64_C(1) << 52;
  else
    e = 1;
  return e - 1075 + __builtin_ctzll(mantissa);
}

uint16_t tppc_bf16_bits(double v) {
  float f = (float)v;
  uint32_t u;
  memcpy(&u, &f, sizeof u);
  return isnan(v) ? (uint16_t)(u >> 16 | 0x40) : (uint16_t)(u >> 16);
}

double tppc_bf16_value(uint16_t bits) {
  uint32_t u = (uint32_t)bits << 16;
  float f;
  memcpy(&f, &u, sizeof f);
  return (double)f;
}

uint16_t tppc_f16_bits(double v) {
  uint16_t sign = signbit(v) ? 0x8000 : 0;
  if (isnan(v))
    return sign | 0x7e00;
  if (isinf(v))
    return sign | 0x7c00;
  int e;
  double m = frexp(fabs(v), &e); /* |v| = m * 2^e, m in [1/2, 1) */
  if (v == 0 || e - 1 < -14)
    return (uint16_t)(sign | (uint16_t)ldexp(fabs(v), 24));
  return (uint16_t)(sign | (unsigned)(e + 14) << 10 | ((unsigned)ldexp(m, 11) & 0x3ffu));
}

double tppc_f16_value(uint16_t bits) {
  int e = bits >> 10 & 31, m = bits & 0x3ff;
  double v = e == 31 ? (m ? (double)NAN : (double)INFINITY)
             : e     ? ldexp(1024 + m, e - 25)
                     : ldexp(m, -24);
  return bits & 0x8000 ? -v : v;
}
