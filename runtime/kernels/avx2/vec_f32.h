/* Eight floats in an AVX2 register, for the templates of brgemm_tile.h and brgemm_drive.h. */
#ifndef TPP_RUNTIME_AVX2_VEC_F32_H
#define TPP_RUNTIME_AVX2_VEC_F32_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#include <tpp/rt.h>

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

/* The first n lanes; the others are zero and are not touched in memory. */
V_INLINE V v_load_n(const T *p, int n) {
  static const int32_t ones[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_maskload_ps(p, _mm256_loadu_si256((const __m256i *)(const void *)(ones + 8 - n)));
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

V_INLINE V v_widen_bf16(__m128i x) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(x), 16));
}

V_INLINE V v_load_bf16(const char *p) {
  return v_widen_bf16(_mm_loadu_si128((const __m128i *)(const void *)p));
}

V_INLINE V v_load_f16(const char *p) {
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p));
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

/* n of eight 16-bit elements, 0 < n < 8; the others are zero and are not touched in memory. */
V_INLINE __m128i v_load_halves(const char *p, int n) {
  uint64_t low = 0, high = 0;
  if (n >= 4) {
    memcpy(&low, p, 8);
    memcpy(&high, p + 2 * n - 8, 8);
    high = n > 4 ? high >> 16 * (8 - n) : 0;
  } else {
    uint16_t first, mid, last;
    memcpy(&first, p, 2);
    memcpy(&mid, p + n / 2 * 2, 2);
    memcpy(&last, p + 2 * n - 2, 2);
    low = first | (uint64_t)mid << 16 * (n / 2) | (uint64_t)last << 16 * (n - 1);
  }
  return _mm_set_epi64x((int64_t)high, (int64_t)low);
}

V_INLINE V v_load_type(const char *p, const int type) {
  return type == TPP_BF16  ? v_load_bf16(p)
         : type == TPP_F16 ? v_load_f16(p)
                           : v_load((const float *)(const void *)p);
}

/* The first n lanes, 0 < n < LANES. */
V_INLINE V v_load_type_n(const char *p, int n, const int type) {
  return type == TPP_BF16  ? v_widen_bf16(v_load_halves(p, n))
         : type == TPP_F16 ? _mm256_cvtph_ps(v_load_halves(p, n))
                           : v_load_n((const float *)(const void *)p, n);
}

/* One element. */
V_INLINE T widen(const char *p, const int type) {
  uint32_t bits = 0;
  if (type == TPP_F32) {
    memcpy(&bits, p, 4);
  } else {
    uint16_t half;
    memcpy(&half, p, 2);
    if (type == TPP_F16)
      return _cvtsh_ss(half);
    bits = (uint32_t)half << 16;
  }
  T x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* H: the vector that transposes in squares of TR. */
#define H  __m256
#define TR 8

V_INLINE H h_zero(void) {
  return _mm256_setzero_ps();
}
V_INLINE H h_load_type(const char *p, const int type) {
  return v_load_type(p, type);
}
V_INLINE void h_store(T *p, H x) {
  _mm256_storeu_ps(p, x);
}
V_INLINE void h_transpose(H x[TR]) {
  transpose_8x8(x);
}

V_INLINE H h_load_type_n(const char *p, int n, const int type) {
  return v_load_type_n(p, n, type);
}

/* clang-format off */
#define TILE_LIST(X)                                                                               \
  TILE_LIST_KIND(X, B_SAME) TILE_LIST_KIND(X, B_BF16) TILE_LIST_KIND(X, B_VNNI2)                   \
  TILE_LIST_KIND(X, B_F16)
/* clang-format on */

#endif
