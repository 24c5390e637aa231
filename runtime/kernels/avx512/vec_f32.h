/* Sixteen 32-bit lanes in an AVX-512 register, for the templates of brgemm_tile.h. The file that
 * includes this defines V_FMA, the instruction: of floats, or of pairs of BF16 in their place. */
#ifndef TPP_RUNTIME_AVX512_VEC_F32_H
#define TPP_RUNTIME_AVX512_VEC_F32_H

#include "../avx2/load8.h"
#include "../avx2/transpose.h"
#include "tiles.h"

#define T     float
#define V     __m512
#define LANES 16

#define V_INLINE static inline __attribute__((always_inline))

/* Groups stay as they are, 32 bits of anything. */
#ifdef GROUP
#define LOADED_AS(type) ((void)(type), TPP_F32)
#else
#define LOADED_AS(type) (type)
#endif

V_INLINE V v_zero(void) {
  return _mm512_setzero_ps();
}
V_INLINE V v_load(const T *p) {
  return _mm512_loadu_ps(p);
}
V_INLINE void v_store(T *p, V x) {
  _mm512_storeu_ps(p, x);
}
V_INLINE V v_broadcast(const T *p) {
  T x;
  memcpy(&x, p, sizeof x); /* a pair of BF16 has the alignment of one */
  return _mm512_set1_ps(x);
}

/* c + a * b, into the register of c and in program order, as with AVX2. */
V_INLINE V v_fma(V a, V b, V c) {
  __asm__ volatile(V_FMA " %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));
  return c;
}

V_INLINE __mmask16 first_lanes(int n) {
  return (__mmask16)((1u << n) - 1);
}

/* The first n lanes; the others are zero and are not touched in memory. */
V_INLINE V v_load_n(const T *p, int n) {
  return _mm512_maskz_loadu_ps(first_lanes(n), p);
}
V_INLINE void v_store_n(T *p, V x, int n) {
  _mm512_mask_storeu_ps(p, first_lanes(n), x);
}

V_INLINE V v_widen(__m256i x, const int type) {
  return type == TPP_F16 ? _mm512_cvtph_ps(x)
                         : _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16));
}

V_INLINE V v_load_type(const char *p, const int type) {
  return LOADED_AS(type) == TPP_F32
             ? v_load((const float *)(const void *)p)
             : v_widen(_mm256_loadu_si256((const __m256i *)(const void *)p), type);
}

V_INLINE V v_load_type_n(const char *p, int n, const int type) {
  return LOADED_AS(type) == TPP_F32 ? v_load_n((const float *)(const void *)p, n)
                                    : v_widen(_mm256_maskz_loadu_epi16(first_lanes(n), p), type);
}

/* The elements of sixteen BF16 pairs that have odd and even places. */
V_INLINE V v_load_odd(const char *p) {
  __m512i x = _mm512_loadu_si512(p);
  return _mm512_castsi512_ps(_mm512_and_si512(x, _mm512_set1_epi32((int)0xffff0000u)));
}

V_INLINE V v_load_even(const char *p) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_loadu_si512(p), 16));
}

/* H: the vector that transposes in squares of TR. */
#define H  __m256
#define TR 8

V_INLINE H h_zero(void) {
  return _mm256_setzero_ps();
}
V_INLINE H h_load_type(const char *p, const int type) {
  return load8_type(p, LOADED_AS(type));
}
V_INLINE H h_load_type_n(const char *p, int n, const int type) {
  return load8_type_n(p, n, LOADED_AS(type));
}
V_INLINE void h_store(T *p, H x) {
  _mm256_storeu_ps(p, x);
}
/* The first n lanes. */
V_INLINE void h_store_n(T *p, H x, int n) {
  _mm256_mask_storeu_ps(p, (__mmask8)first_lanes(n), x);
}
V_INLINE void h_transpose(H x[TR]) {
  transpose_8x8(x);
}

#endif
