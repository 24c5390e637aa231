/* Element conversion for the reference kernels: one loop a type, chosen once a walk. */
#include "elements.h"

#include <string.h>
#include <tpp/opsdef.h>
#include <tpp/rt.h>

static float bits_f32(uint32_t u) {
  float f;
  memcpy(&f, &u, sizeof f);
  return f;
}

float tpp_f16_to_f32(uint16_t h) {
  uint32_t sign = (uint32_t)(h & 0x8000u) << 16, exponent = h >> 10 & 31u, mantissa = h & 0x3ffu;
  if (exponent == 31)
    return bits_f32(sign | 0x7f800000u | mantissa << 13);
  if (exponent != 0)
    return bits_f32(sign | (exponent + 112) << 23 | mantissa << 13);
  float f = (float)mantissa * 0x1p-24f;
  return sign ? -f : f;
}

static int64_t index_of(const tpp_walk *w, int64_t q) {
  int shift = w->pack >> 1; /* 1, 2, 4 are shifts by 0, 1, 2 */
  int64_t p = w->q0 + q;
  return w->first + (p >> shift) * w->stride + (p & (w->pack - 1));
}

static int load_i4(const uint8_t *base, int64_t e) {
  int nibble = base[e >> 1] >> (4 * (e & 1)) & 15;
  return nibble < 8 ? nibble : nibble - 16;
}

static int load_bit(const uint8_t *base, int64_t e) {
  return base[e >> 3] >> (e & 7) & 1;
}

#define EACH(ctype, value)                                                                         \
  for (int64_t q = 0; q < n; q++) {                                                                \
    const ctype *base = w->base;                                                                   \
    int64_t e = index_of(w, q);                                                                    \
    out[q] = value;                                                                                \
  }                                                                                                \
  return

/* Floats convert with FLT(x), integers with INT(x). */
#define WALK(name, T, FLT, INT)                                                                    \
  void name(const tpp_walk *w, int64_t n, T *out) {                                                \
    switch ((enum tpp_dtype)w->dtype) {                                                            \
    case TPP_F64:                                                                                  \
      EACH(double, FLT(base[e]));                                                                  \
    case TPP_F32:                                                                                  \
      EACH(float, FLT(base[e]));                                                                   \
    case TPP_F16:                                                                                  \
      EACH(uint16_t, FLT(tpp_f16_to_f32(base[e])));                                                \
    case TPP_BF16:                                                                                 \
      EACH(uint16_t, FLT(tppd_bf16_to_f32(base[e])));                                              \
    case TPP_I64:                                                                                  \
      EACH(int64_t, INT(base[e]));                                                                 \
    case TPP_I32:                                                                                  \
      EACH(int32_t, INT(base[e]));                                                                 \
    case TPP_U16:                                                                                  \
      EACH(uint16_t, INT(base[e]));                                                                \
    case TPP_I8:                                                                                   \
      EACH(int8_t, INT(base[e]));                                                                  \
    case TPP_U8:                                                                                   \
      EACH(uint8_t, INT(base[e]));                                                                 \
    case TPP_I4:                                                                                   \
      EACH(uint8_t, INT(load_i4(base, e)));                                                        \
    case TPP_BIT:                                                                                  \
      EACH(uint8_t, INT(load_bit(base, e)));                                                       \
    case TPP_TERNARY:                                                                              \
    case TPP_DTYPE_END:                                                                            \
      break;                                                                                       \
    }                                                                                              \
    memset(out, 0, (size_t)n * sizeof *out);                                                       \
  }

#define TO_F32(x)  ((float)(x))
#define TO_F64(x)  ((double)(x))
#define TO_U32(x)  ((uint32_t)(x))
#define TO_U64(x)  ((uint64_t)(x))
#define TO_ZERO(x) ((void)(x), 0u)

WALK(tpp_walk_f32, float, TO_F32, TO_F32)
WALK(tpp_walk_f64, double, TO_F64, TO_F64)
WALK(tpp_walk_u32, uint32_t, TO_ZERO, TO_U32)
WALK(tpp_walk_u64, uint64_t, TO_ZERO, TO_U64)
