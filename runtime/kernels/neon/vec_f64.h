/* Two doubles in a NEON register, for the templates of brgemm_tile.h and brgemm_drive.h. Operands
 * are F64 only. */
#ifndef TPP_RUNTIME_NEON_VEC_F64_H
#define TPP_RUNTIME_NEON_VEC_F64_H

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>
#include <tpp/rt.h>

#include "tiles.h"

#define T     double
#define V     float64x2_t
#define LANES 2

#define V_INLINE static inline __attribute__((always_inline))

V_INLINE V v_zero(void) {
  return vdupq_n_f64(0);
}
V_INLINE V v_load(const T *p) {
  return vld1q_f64(p);
}
V_INLINE void v_store(T *p, V x) {
  vst1q_f64(p, x);
}
V_INLINE V v_broadcast(const T *p) {
  return vld1q_dup_f64(p);
}
/* c + a * b, into the register of c and in program order, as with AVX2: left to choose, clang moves
 * sums to memory. */
V_INLINE V v_fma(V a, V b, V c) {
  __asm__ volatile("fmla %0.2d, %1.2d, %2.2d" : "+w"(c) : "w"(a), "w"(b));
  return c;
}

/* The first n lanes; the others are zero and are not touched in memory. */
V_INLINE V v_load_n(const T *p, int n) {
  return n >= 2 ? v_load(p) : n == 1 ? vcombine_f64(vld1_f64(p), vdup_n_f64(0)) : v_zero();
}
V_INLINE void v_store_n(T *p, V x, int n) {
  if (n >= 2)
    v_store(p, x);
  else if (n == 1)
    vst1_f64(p, vget_low_f64(x));
}

V_INLINE V v_load_type(const char *p, const int type) {
  (void)type;
  return v_load((const T *)(const void *)p);
}
V_INLINE V v_load_type_n(const char *p, int n, const int type) {
  (void)type;
  return v_load_n((const T *)(const void *)p, n);
}

/* No operand of doubles is packed in pairs; these keep the template whole. */
V_INLINE V v_load_odd(const char *p) {
  return v_load_type(p, TPP_F64);
}
V_INLINE V v_load_even(const char *p) {
  return v_load_type(p, TPP_F64);
}

V_INLINE T widen(const char *p, const int type) {
  (void)type;
  T x;
  memcpy(&x, p, sizeof x);
  return x;
}

/* H: the vector that transposes in squares of TR. */
#define H  float64x2_t
#define TR 2

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
  H even = vtrn1q_f64(x[0], x[1]);
  x[1] = vtrn2q_f64(x[0], x[1]);
  x[0] = even;
}

#define TILE_LIST(X) TILE_LIST_KIND(X, B_SAME)

#endif
