/* Four floats, or 32-bit groups in their place, in a NEON register, for the templates of
 * brgemm_tile.h and brgemm_drive.h. A file with groups (GROUP) defines v_fma itself. */
#ifndef TPP_RUNTIME_NEON_VEC_F32_H
#define TPP_RUNTIME_NEON_VEC_F32_H

#include "load4.h"
#include "tiles.h"

#define T     float
#define V     float32x4_t
#define LANES 4

#define V_INLINE static inline __attribute__((always_inline))

/* Groups stay as they are, 32 bits of anything. */
#ifdef GROUP
#define LOADED_AS(type) ((void)(type), TPP_F32)
#else
#define LOADED_AS(type) (type)
#endif

V_INLINE V v_zero(void) {
  return vdupq_n_f32(0);
}
V_INLINE V v_load(const T *p) {
  return load4_f32((const char *)p);
}
V_INLINE void v_store(T *p, V x) {
  vst1q_f32(p, x);
}
V_INLINE V v_broadcast(const T *p) {
  T x;
  memcpy(&x, p, sizeof x); /* a pair of BF16 has the alignment of one */
  return vdupq_n_f32(x);
}

#ifndef GROUP
/* c + a * b, into the register of c and in program order, as with AVX2: left to choose, clang moves
 * sums to memory. */
V_INLINE V v_fma(V a, V b, V c) {
  __asm__ volatile("fmla %0.4s, %1.4s, %2.4s" : "+w"(c) : "w"(a), "w"(b));
  return c;
}
#endif

/* The first n lanes; the others are zero and are not touched in memory. */
V_INLINE V v_load_n(const T *p, int n) {
  return load4_type_n((const char *)p, n, TPP_F32);
}
V_INLINE void v_store_n(T *p, V x, int n) {
  store4_lanes((char *)p, vreinterpretq_u32_f32(x), n);
}

/* The elements of four BF16 pairs that have odd and even places. */
V_INLINE V v_load_odd(const char *p) {
  uint32x4_t x = vreinterpretq_u32_f32(load4_f32(p));
  return vreinterpretq_f32_u32(vandq_u32(x, vdupq_n_u32(0xffff0000u)));
}
V_INLINE V v_load_even(const char *p) {
  return vreinterpretq_f32_u32(vshlq_n_u32(vreinterpretq_u32_f32(load4_f32(p)), 16));
}

V_INLINE V v_load_type(const char *p, const int type) {
  return load4_type(p, LOADED_AS(type));
}
V_INLINE V v_load_type_n(const char *p, int n, const int type) {
  return load4_type_n(p, n, LOADED_AS(type));
}

/* H: the vector that transposes in squares of TR. */
#define H  float32x4_t
#define TR 4

V_INLINE H h_zero(void) {
  return v_zero();
}
V_INLINE H h_load_type(const char *p, const int type) {
  return v_load_type(p, type);
}
V_INLINE H h_load_type_n(const char *p, int n, const int type) {
  return v_load_type_n(p, n, type);
}
V_INLINE void h_store(T *p, H x) {
  v_store(p, x);
}
V_INLINE void h_transpose(H x[TR]) {
  transpose_4x4(x);
}

#ifndef TILE_LIST
#ifdef GROUP
#define TILE_LIST(X) TILE_LIST_KIND(X, B_SAME)
#else
/* clang-format off */
#define TILE_LIST(X)                                                                               \
  TILE_LIST_KIND(X, B_SAME) TILE_LIST_KIND(X, B_BF16) TILE_LIST_KIND(X, B_VNNI2)                   \
  TILE_LIST_KIND(X, B_F16)
/* clang-format on */
#endif
#endif

#endif
