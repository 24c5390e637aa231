/* Pairs of BF16 in the 32-bit lanes of AVX-512. */
#ifndef TPP_RUNTIME_AVX512_PAIRS_BF16_H
#define TPP_RUNTIME_AVX512_PAIRS_BF16_H

#ifndef GROUP
#define GROUP 2
#define ELEM  2
#define V_FMA "vdpbf16ps"
#endif
#include "vec_f32.h"

/* ORDER: it wants the vector. */
#include "../pairs_bf16.h"

/* The first n elements of two rows as pairs, row[0] in the low halves; zero where a row is not. */
V_INLINE V v_group(const char *const row[GROUP], int n, const int type) {
  __m256i x = row[0] ? _mm256_maskz_loadu_epi16(first_lanes(n), row[0]) : _mm256_setzero_si256();
  __m256i y = row[1] ? _mm256_maskz_loadu_epi16(first_lanes(n), row[1]) : _mm256_setzero_si256();
  __m512i pairs =
      _mm512_or_si512(_mm512_cvtepu16_epi32(x), _mm512_slli_epi32(_mm512_cvtepu16_epi32(y), 16));
  (void)type;
  return _mm512_castsi512_ps(pairs);
}

V_INLINE V v_group_full(const char *const row[GROUP], const int type) {
  __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)row[0]);
  __m256i y = _mm256_loadu_si256((const __m256i *)(const void *)row[1]);
  (void)type;
  return _mm512_castsi512_ps(
      _mm512_or_si512(_mm512_cvtepu16_epi32(x), _mm512_slli_epi32(_mm512_cvtepu16_epi32(y), 16)));
}

#endif
