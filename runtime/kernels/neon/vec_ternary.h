/* Four 32-bit lanes in a NEON register for ternary_bytes.h. A sum is of 32 bits; the file that
 * includes this defines v_dot. */
#ifndef TPP_RUNTIME_NEON_VEC_TERNARY_H
#define TPP_RUNTIME_NEON_VEC_TERNARY_H

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>
#include <tpp/rt.h>

#define V             int32x4_t
#define F             float32x4_t
#define LANES         4
#define MR            6
#define TILE_PANELS   1
#define ROW_PANELS    1
#define MOST          4096
#define ONE           1
#define V_REGISTER(x) "+w"(x)
#define V_INLINE      static inline __attribute__((always_inline))

#define TILES(X, name, type)                                                                       \
  X(1, 1, name, type)                                                                              \
  X(2, 1, name, type)                                                                              \
  X(3, 1, name, type) X(4, 1, name, type) X(5, 1, name, type) X(6, 1, name, type)

V_INLINE V v_load(const void *p) {
  return vreinterpretq_s32_u8(vld1q_u8((const uint8_t *)p));
}
V_INLINE void v_store(void *p, V x) {
  vst1q_u8((uint8_t *)p, vreinterpretq_u8_s32(x));
}
V_INLINE V v_set(int32_t x) {
  return vdupq_n_s32(x);
}
V_INLINE V v_zero(void) {
  return vdupq_n_s32(0);
}
V_INLINE V v_word(const char *p) {
  int32_t x;
  memcpy(&x, p, sizeof x); /* four bytes have the alignment of one */
  return vdupq_n_s32(x);
}
V_INLINE V v_and(V a, V b) {
  return vandq_s32(a, b);
}
V_INLINE V v_shift(V x, int n) {
  return vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(x), vdupq_n_s32(-n)));
}
V_INLINE V v_add(V a, V b) {
  return vaddq_s32(a, b);
}

V_INLINE V d_negate(V a) {
  return vnegq_s32(a);
}
V_INLINE int32_t word_add(int32_t a, int32_t b) {
  return (int32_t)((uint32_t)a + (uint32_t)b);
}
V_INLINE void d_fold(V acc, int32_t sum[2]) {
  vst1_s32(sum, vadd_s32(vget_low_s32(acc), vget_high_s32(acc)));
}
V_INLINE V d_quarter(V a, V b) {
  return vsraq_n_s32(a, b, 2);
}
V_INLINE V v_times(V acc, V scale) {
  return vmulq_s32(acc, scale);
}
V_INLINE V v_sum(V acc) {
  return acc;
}
V_INLINE V v_spread(const uint8_t *scales) {
  uint32_t x;
  memcpy(&x, scales, sizeof x);
  uint16x8_t halves = vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(x)));
  return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(halves)));
}

V_INLINE F f_of(V x) {
  return vcvtq_f32_s32(x);
}
V_INLINE F f_bits(V x) {
  return vreinterpretq_f32_s32(x);
}
V_INLINE F f_load(const float *p) {
  return vld1q_f32(p);
}
V_INLINE void f_store(float *p, F x) {
  vst1q_f32(p, x);
}
V_INLINE F f_fma(F a, F b, F c) {
  return vfmaq_f32(c, a, b);
}
V_INLINE F f_set(float x) {
  return vdupq_n_f32(x);
}

#endif
