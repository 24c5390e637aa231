/* Eight elements, or fewer, widened to floats in an AVX2 register. */
#ifndef TPP_RUNTIME_AVX2_LOAD8_H
#define TPP_RUNTIME_AVX2_LOAD8_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#include <tpp/rt.h>

#define INLINE_LOAD static inline __attribute__((always_inline))

INLINE_LOAD __m256 load8_bf16(__m128i x) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(x), 16));
}

/* The first n lanes; the others are zero and are not touched in memory. */
INLINE_LOAD __m256 load8_f32_n(const float *p, int n) {
  static const int32_t ones[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_maskload_ps(p, _mm256_loadu_si256((const __m256i *)(const void *)(ones + 8 - n)));
}

/* n of eight 16-bit elements, 0 < n < 8; the others are zero and are not touched in memory. */
INLINE_LOAD __m128i load8_halves(const char *p, int n) {
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

INLINE_LOAD __m256 load8_type(const char *p, const int type) {
  if (type == TPP_F32)
    return _mm256_loadu_ps((const float *)(const void *)p);
  __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
  return type == TPP_BF16 ? load8_bf16(x) : _mm256_cvtph_ps(x);
}

/* The first n lanes, 0 < n < 8. */
INLINE_LOAD __m256 load8_type_n(const char *p, int n, const int type) {
  if (type == TPP_F32)
    return load8_f32_n((const float *)(const void *)p, n);
  __m128i x = load8_halves(p, n);
  return type == TPP_BF16 ? load8_bf16(x) : _mm256_cvtph_ps(x);
}

/* One element. */
INLINE_LOAD float widen(const char *p, const int type) {
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
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

#endif
