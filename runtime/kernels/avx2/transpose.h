/* Transposes of squares that lie in AVX2 registers. */
#ifndef TPP_RUNTIME_AVX2_TRANSPOSE_H
#define TPP_RUNTIME_AVX2_TRANSPOSE_H

#include <immintrin.h>

/* Rows become columns: pairs, then quadruples within halves, then halves. */
static inline __attribute__((always_inline)) void transpose_8x8(__m256 x[8]) {
  __m256 pair[8], quad[8];
  for (int i = 0; i < 4; i++) {
    pair[2 * i] = _mm256_unpacklo_ps(x[2 * i], x[2 * i + 1]);
    pair[2 * i + 1] = _mm256_unpackhi_ps(x[2 * i], x[2 * i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    quad[i] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0x44);
    quad[i + 1] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0xee);
    quad[i + 2] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0x44);
    quad[i + 3] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0xee);
  }
  for (int i = 0; i < 4; i++) {
    x[i] = _mm256_permute2f128_ps(quad[i], quad[i + 4], 0x20);
    x[i + 4] = _mm256_permute2f128_ps(quad[i], quad[i + 4], 0x31);
  }
}

static inline __attribute__((always_inline)) void transpose_4x4(__m256d x[4]) {
  __m256d even01 = _mm256_unpacklo_pd(x[0], x[1]), odd01 = _mm256_unpackhi_pd(x[0], x[1]);
  __m256d even23 = _mm256_unpacklo_pd(x[2], x[3]), odd23 = _mm256_unpackhi_pd(x[2], x[3]);
  x[0] = _mm256_permute2f128_pd(even01, even23, 0x20);
  x[1] = _mm256_permute2f128_pd(odd01, odd23, 0x20);
  x[2] = _mm256_permute2f128_pd(even01, even23, 0x31);
  x[3] = _mm256_permute2f128_pd(odd01, odd23, 0x31);
}

#endif
