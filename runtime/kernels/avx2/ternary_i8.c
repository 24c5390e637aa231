/* Ternary weights with bytes on AVX2. VPMADDUBSW adds two products of a byte and a code in 16 bits,
 * and 128 of a byte and a weight fit there, so that 256 weights of a column are summed with two
 * instructions for 32 products and widened once. What wraps in between does no harm. The method is
 * in ternary_bytes.h. */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#include <tpp/rt.h>

#define V             __m256i
#define F             __m256
#define LANES         8
#define MR            6
#define TILE_PANELS   1
#define ROW_PANELS    1
#define MOST          256
#define ONE           0x00010001
#define V_REGISTER(x) "+x"(x)
#define V_INLINE      static inline __attribute__((always_inline))

#define TILES(X, name, type)                                                                       \
  X(1, 1, name, type)                                                                              \
  X(2, 1, name, type)                                                                              \
  X(3, 1, name, type) X(4, 1, name, type) X(5, 1, name, type) X(6, 1, name, type)

V_INLINE V v_load(const void *p) {
  return _mm256_loadu_si256((const __m256i *)p);
}
V_INLINE void v_store(void *p, V x) {
  _mm256_storeu_si256((__m256i *)p, x);
}
V_INLINE V v_zero(void) {
  return _mm256_setzero_si256();
}
V_INLINE V v_set(int32_t x) {
  return _mm256_set1_epi32(x);
}
V_INLINE V v_word(const char *p) {
  int32_t x;
  memcpy(&x, p, sizeof x); /* four bytes have the alignment of one */
  return _mm256_set1_epi32(x);
}
V_INLINE V v_and(V a, V b) {
  return _mm256_and_si256(a, b);
}
V_INLINE V v_shift(V x, int n) {
  return _mm256_srl_epi32(x, _mm_cvtsi32_si128(n));
}
V_INLINE V v_add(V a, V b) {
  return _mm256_add_epi32(a, b);
}

/* In program order, or sums are moved to memory. */
V_INLINE V v_dot(V acc, V x, V q, const int type) {
  V product;
  if (type == TPP_U8)
    __asm__ volatile("vpmaddubsw %3, %2, %1\n\tvpaddw %1, %0, %0"
                     : "+x"(acc), "=&x"(product)
                     : "x"(x), "x"(q));
  else
    __asm__ volatile("vpmaddubsw %2, %3, %1\n\tvpaddw %1, %0, %0"
                     : "+x"(acc), "=&x"(product)
                     : "x"(x), "x"(q));
  return acc;
}

/* Two sums of 16 bits in a lane. */
V_INLINE V d_negate(V a) {
  return _mm256_sub_epi16(v_zero(), a);
}
V_INLINE int32_t word_add(int32_t a, int32_t b) {
  uint32_t x = (uint32_t)a, y = (uint32_t)b;
  return (int32_t)(((x & 0xffff0000u) + (y & 0xffff0000u)) | ((x + y) & 0xffffu));
}
V_INLINE void d_fold(V acc, int32_t sum[2]) {
  __m128i x = _mm_add_epi16(_mm256_castsi256_si128(acc), _mm256_extracti128_si256(acc, 1));
  x = _mm_add_epi16(x, _mm_shuffle_epi32(x, 0x4e));
  _mm_storel_epi64((__m128i *)(void *)sum, x);
}
V_INLINE V d_quarter(V a, V b) {
  return _mm256_add_epi16(a, _mm256_srai_epi16(b, 2));
}
V_INLINE V v_times(V acc, V scale) {
  return _mm256_madd_epi16(acc, scale);
}
V_INLINE V v_sum(V acc) {
  return _mm256_madd_epi16(acc, v_set(ONE));
}
V_INLINE V v_spread(const uint8_t *scales) {
  V x = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)scales));
  return _mm256_or_si256(x, _mm256_slli_epi32(x, 16));
}

V_INLINE F f_of(V x) {
  return _mm256_cvtepi32_ps(x);
}
V_INLINE F f_bits(V x) {
  return _mm256_castsi256_ps(x);
}
V_INLINE F f_load(const float *p) {
  return _mm256_loadu_ps(p);
}
V_INLINE void f_store(float *p, F x) {
  _mm256_storeu_ps(p, x);
}
V_INLINE F f_fma(F a, F b, F c) {
  return _mm256_fmadd_ps(a, b, c);
}
V_INLINE F f_set(float x) {
  return _mm256_set1_ps(x);
}

/* ORDER: the method uses what is above. */
#include "../ternary_bytes.h"

TERNARY_KERNEL(tpp_u8_ternary__avx2, TPP_U8)
TERNARY_KERNEL(tpp_i8_ternary__avx2, TPP_I8)
