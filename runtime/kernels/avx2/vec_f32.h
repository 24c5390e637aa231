/* Eight floats in an AVX2 register, for the templates of brgemm_tile.h and brgemm_drive.h. */
#ifndef TPP_RUNTIME_AVX2_VEC_F32_H
#define TPP_RUNTIME_AVX2_VEC_F32_H

#include "load8.h"
#include "tiles.h"
#include "transpose.h"

#define T     float
#define V     __m256
#define LANES 8

#define V_INLINE static inline __attribute__((always_inline))

V_INLINE V v_zero(void) {
  return _mm256_setzero_ps();
}
V_INLINE V v_load(const T *p) {
  return _mm256_loadu_ps(p);
}
V_INLINE void v_store(T *p, V x) {
  _mm256_storeu_ps(p, x);
}
V_INLINE V v_broadcast(const T *p) {
  return _mm256_broadcast_ss(p);
}

/* c + a * b, into the register of c: left to choose, clang writes into that of a and moves sums
 * about. */
V_INLINE V v_fma(V a, V b, V c) {
  __asm__ volatile("vfmadd231ps %2, %1, %0" : "+x"(c) : "x"(a), "x"(b));
  return c;
}

V_INLINE V v_load_n(const T *p, int n) {
  return load8_f32_n(p, n);
}

/* In parts: a masked store is microcoded on AMD. */
V_INLINE void v_store_n(T *p, V x, int n) {
  __m128 part = _mm256_castps256_ps128(x);
  if (n & 4) {
    _mm_storeu_ps(p, part);
    part = _mm256_extractf128_ps(x, 1);
    p += 4;
  }
  if (n & 2) {
    _mm_storel_pi((__m64 *)(void *)p, part);
    part = _mm_movehl_ps(part, part);
    p += 2;
  }
  if (n & 1)
    _mm_store_ss(p, part);
}

/* The elements of eight BF16 pairs that have odd and even places. */
V_INLINE V v_load_odd(const char *p) {
  __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)p);
  return _mm256_castsi256_ps(_mm256_and_si256(x, _mm256_set1_epi32((int)0xffff0000u)));
}

V_INLINE V v_load_even(const char *p) {
  __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)p);
  return _mm256_castsi256_ps(_mm256_slli_epi32(x, 16));
}

V_INLINE V v_load_type(const char *p, const int type) {
  return load8_type(p, type);
}
V_INLINE V v_load_type_n(const char *p, int n, const int type) {
  return load8_type_n(p, n, type);
}

/* H: the vector that transposes in squares of TR. */
#define H  __m256
#define TR 8

V_INLINE H h_zero(void) {
  return _mm256_setzero_ps();
}
V_INLINE H h_load_type(const char *p, const int type) {
  return load8_type(p, type);
}
V_INLINE H h_load_type_n(const char *p, int n, const int type) {
  return load8_type_n(p, n, type);
}
V_INLINE void h_store(T *p, H x) {
  _mm256_storeu_ps(p, x);
}
/* The first n lanes. */
V_INLINE void h_store_n(T *p, H x, int n) {
  v_store_n(p, x, n);
}
V_INLINE void h_transpose(H x[TR]) {
  transpose_8x8(x);
}

#ifndef TILE_LIST
/* clang-format off */
#define TILE_LIST(X)                                                                               \
  TILE_LIST_KIND(X, B_SAME) TILE_LIST_WIDENED(X, B_BF16) TILE_LIST_WIDENED(X, B_VNNI2)             \
  TILE_LIST_WIDENED(X, B_F16)
/* clang-format on */
#endif

#endif
