/* Four elements, or fewer, widened to floats in a NEON register. */
#ifndef TPP_RUNTIME_NEON_LOAD4_H
#define TPP_RUNTIME_NEON_LOAD4_H

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>
#include <tpp/rt.h>

#define INLINE_LOAD static inline __attribute__((always_inline))

/* Groups of narrow elements are loaded as floats and have the alignment of one element. */
INLINE_LOAD float32x4_t load4_f32(const char *p) {
  return vreinterpretq_f32_u8(vld1q_u8((const uint8_t *)p));
}

/* The first n of four 32-bit lanes; the others are zero and are not touched in memory. */
INLINE_LOAD uint32x4_t load4_lanes(const char *p, int n) {
  uint64_t low = 0, high = 0;
  uint32_t last = 0;
  if (n >= 4)
    return vreinterpretq_u32_u8(vld1q_u8((const uint8_t *)p));
  if (n & 2)
    memcpy(&low, p, 8);
  if (n & 1)
    memcpy(&last, p + 4 * (n - 1), 4);
  if (n & 2)
    high = last;
  else
    low = last;
  return vreinterpretq_u32_u64(vcombine_u64(vcreate_u64(low), vcreate_u64(high)));
}

INLINE_LOAD void store4_lanes(char *p, uint32x4_t x, int n) {
  uint64x2_t halves = vreinterpretq_u64_u32(x);
  if (n >= 4) {
    vst1q_u8((uint8_t *)p, vreinterpretq_u8_u32(x));
    return;
  }
  uint64_t part = vgetq_lane_u64(halves, 0);
  if (n & 2) {
    memcpy(p, &part, 8);
    part = vgetq_lane_u64(halves, 1);
    p += 8;
  }
  if (n & 1)
    memcpy(p, &part, 4);
}

/* The first n of four 16-bit elements, likewise. */
INLINE_LOAD uint16x4_t load4_halves(const char *p, int n) {
  uint64_t bits = 0;
  uint32_t pair = 0;
  uint16_t last = 0;
  if (n >= 4)
    return vreinterpret_u16_u8(vld1_u8((const uint8_t *)p));
  if (n & 2)
    memcpy(&pair, p, 4);
  if (n & 1)
    memcpy(&last, p + 2 * (n - 1), 2);
  bits = n & 2 ? (uint64_t)last << 32 | pair : last;
  return vreinterpret_u16_u64(vcreate_u64(bits));
}

INLINE_LOAD float32x4_t widen4(uint16x4_t x, const int type) {
  return type == TPP_F16 ? vcvt_f32_f16(vreinterpret_f16_u16(x))
                         : vreinterpretq_f32_u32(vshll_n_u16(x, 16));
}

INLINE_LOAD float32x4_t load4_type_n(const char *p, int n, const int type) {
  return type == TPP_F32 ? vreinterpretq_f32_u32(load4_lanes(p, n))
                         : widen4(load4_halves(p, n), type);
}

INLINE_LOAD float32x4_t load4_type(const char *p, const int type) {
  return load4_type_n(p, 4, type);
}

/* One element. */
INLINE_LOAD float widen(const char *p, const int type) {
  uint32_t bits = 0;
  uint16_t half;
  float x;
  if (type == TPP_F32) {
    memcpy(&bits, p, 4);
  } else {
    memcpy(&half, p, 2);
    if (type == TPP_F16)
      return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(half))), 0);
    bits = (uint32_t)half << 16;
  }
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* Rows become columns: pairs, then halves. */
INLINE_LOAD void transpose_4x4(float32x4_t x[4]) {
  float32x4_t even01 = vtrn1q_f32(x[0], x[1]), odd01 = vtrn2q_f32(x[0], x[1]);
  float32x4_t even23 = vtrn1q_f32(x[2], x[3]), odd23 = vtrn2q_f32(x[2], x[3]);
  x[0] = vcombine_f32(vget_low_f32(even01), vget_low_f32(even23));
  x[1] = vcombine_f32(vget_low_f32(odd01), vget_low_f32(odd23));
  x[2] = vcombine_f32(vget_high_f32(even01), vget_high_f32(even23));
  x[3] = vcombine_f32(vget_high_f32(odd01), vget_high_f32(odd23));
}

#endif
