/* Four doubles in an AVX2 register, for the templates of brgemm_tile.h and brgemm_drive.h. Operands
 * are F64 only. */
#ifndef TPP_RUNTIME_AVX2_VEC_F64_H
#define TPP_RUNTIME_AVX2_VEC_F64_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#include <tpp/rt.h>

#include "tiles.h"
#include "transpose.h"

#define T     double
#define V     __m256d
#define LANES 4

#define V_INLINE static inline __attribute__((always_inline))

V_INLINE V v_zero(void) {
  return _mm256_setzero_pd();
}
V_INLINE V v_load(const T *p) {
  return _mm256_loadu_pd(p);
}
V_INLINE void v_store(T *p, V x) {
  _mm256_storeu_pd(p, x);
}
V_INLINE V v_broadcast(const T *p) {
  return _mm256_broadcast_sd(p);
}

/* c + a * b, into the register of c: left to choose, clang writes into that of a and moves sums
 * about. */
V_INLINE V v_fma(V a, V b, V c) {
  __asm__ volatile("vfmadd231pd %2, %1, %0" : "+x"(c) : "x"(a), "x"(b));
  return c;
}

/* The first n lanes; the others are zero and are not touched in memory. */
V_INLINE V v_load_n(const T *p, int n) {
  static const int64_t ones[8] = {-1, -1, -1, -1};
  return _mm256_maskload_pd(p, _mm256_loadu_si256((const __m256i *)(const void *)(ones + 4 - n)));
}

/* In parts: a masked store is microcoded on AMD. */
V_INLINE void v_store_n(T *p, V x, int n) {
  __m128d part = _mm256_castpd256_pd128(x);
  if (n & 2) {
    _mm_storeu_pd(p, part);
    part = _mm256_extractf128_pd(x, 1);
    p += 2;
  }
  if (n & 1)
    _mm_store_sd(p, part);
}

V_INLINE V v_load_type(const char *p, const int type) {
  (void)type;
  return v_load((const T *)(const void *)p);
}

/* No operand of doubles is packed in pairs; these keep the template whole. */
V_INLINE V v_load_odd(const char *p) {
  return v_load_type(p, TPP_F64);
}
V_INLINE V v_load_even(const char *p) {
  return v_load_type(p, TPP_F64);
}

/* The first n lanes, 0 < n < LANES. */
V_INLINE V v_load_type_n(const char *p, int n, const int type) {
  (void)type;
  return v_load_n((const T *)(const void *)p, n);
}

V_INLINE T widen(const char *p, const int type) {
  (void)type;
  T x;
  memcpy(&x, p, sizeof x);
  return x;
}

/* H: the vector that transposes in squares of TR. */
#define H  __m256d
#define TR 4

V_INLINE H h_zero(void) {
  return _mm256_setzero_pd();
}
V_INLINE H h_load_type(const char *p, const int type) {
  return v_load_type(p, type);
}
V_INLINE void h_store(T *p, H x) {
  _mm256_storeu_pd(p, x);
}
/* The first n lanes. */
V_INLINE void h_store_n(T *p, H x, int n) {
  v_store_n(p, x, n);
}
V_INLINE void h_transpose(H x[TR]) {
  transpose_4x4(x);
}

V_INLINE H h_load_type_n(const char *p, int n, const int type) {
  return v_load_type_n(p, n, type);
}

#define TILE_LIST(X) TILE_LIST_KIND(X, B_SAME)

#endif
