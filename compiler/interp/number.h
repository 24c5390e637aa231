/* Numbers of the element types: rounding, saturation, spacing. Everything is computed in double or
 * int64_t, and by arithmetic rather than by the conversions that compiled code uses, so that it can
 * stand as their oracle. */
#ifndef TPPC_INTERP_NUMBER_H
#define TPPC_INTERP_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* The value of a float type nearest to v, ties to even; overflow gives infinity, NaN stays. */
double tppc_round_float(int elem, double v);
/* Integers: v saturated to the type; tppc_round_int rounds first, ties to even, and takes NaN to 0.
 */
int64_t tppc_saturate(int elem, int64_t v);
int64_t tppc_round_int(int elem, double v);
/* Integers: v modulo 2^32 for i32, unchanged for i64; what arithmetic does to a result. */
int64_t tppc_wrap_int(int elem, int64_t v);

/* Smallest and largest value of an integer type, bit included. */
int64_t tppc_int_least(int elem);
int64_t tppc_int_most(int elem);

/* Spacing of the values of a float type at |v|, subnormals included. */
double tppc_ulp(int elem, double v);
/* Half of it relative to 1: 2^-24 for f32. */
double tppc_unit_roundoff(int elem);
double tppc_float_most(int elem);

/* Exponent of the lowest set bit: v is an odd multiple of 2^result. Large for 0, and INT32_MIN when
 * v is not finite. */
enum { TPPC_LOW_BIT_OF_ZERO = 1 << 20 };
int tppc_low_bit(double v);

/* Bits of the 16-bit floats; values must be finite, infinite, or NaN of the type. */
uint16_t tppc_bf16_bits(double v);
double tppc_bf16_value(uint16_t bits);
uint16_t tppc_f16_bits(double v);
double tppc_f16_value(uint16_t bits);

#endif
