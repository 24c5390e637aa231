/* Ternary weights with bytes on AVX512_VNNI: VPDPBUSD of four bytes and four codes, summed in 32
 * bits. The method is in ternary_bytes.h. */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#include <tpp/rt.h>

#define V             __m512i
#define F             __m512
#define LANES         16
#define MR            12
#define TILE_PANELS   2
#define ROW_PANELS    2
#define MOST          4096
#define ONE           1
#define V_REGISTER(x) "+v"(x)
#define V_INLINE      static inline __attribute__((always_inline))

#define TILES(X, name, type)                                                                       \
  PANELS(X, 1, name, type)                                                                         \
  PANELS(X, 2, name, type)
#define PANELS(X, n, name, type)                                                                   \
  FOUR_ROWS(X, 1, 2, 3, 4, n, name, type)                                                          \
  FOUR_ROWS(X, 5, 6, 7, 8, n, name, type)                                                          \
  FOUR_ROWS(X, 9, 10, 11, 12, n, name, type)
#define FOUR_ROWS(X, a, b, c, d, n, name, type)                                                    \
  X(a, n, name, type) X(b, n, name, type) X(c, n, name, type) X(d, n, name, type)

V_INLINE V v_load(const void *p) {
  return _mm512_loadu_si512(p);
}
V_INLINE void v_store(void *p, V x) {
  _mm512_storeu_si512(p, x);
}
V_INLINE V v_zero(void) {
  return _mm512_setzero_si512();
}
V_INLINE V v_set(int32_t x) {
  return _mm512_set1_epi32(x);
}
V_INLINE V v_word(const char *p) {
  int32_t x;
  memcpy(&x, p, sizeof x); /* four bytes have the alignment of one */
  return _mm512_set1_epi32(x);
}
V_INLINE V v_and(V a, V b) {
  return _mm512_and_si512(a, b);
}
V_INLINE V v_shift(V x, int n) {
  return _mm512_srl_epi32(x, _mm_cvtsi32_si128(n));
}
V_INLINE V v_add(V a, V b) {
  return _mm512_add_epi32(a, b);
}

V_INLINE V v_dot(V acc, V x, V q, const int type) {
  if (type == TPP_U8)
    __asm__ volatile("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(x), "v"(q));
  else
    __asm__ volatile("vpdpbusd %1, %2, %0" : "+v"(acc) : "v"(x), "v"(q));
  return acc;
}

/* A sum of 32 bits in a lane. */
V_INLINE V d_negate(V a) {
  return _mm512_sub_epi32(v_zero(), a);
}
V_INLINE int32_t word_add(int32_t a, int32_t b) {
  return (int32_t)((uint32_t)a + (uint32_t)b);
}
V_INLINE void d_fold(V acc, int32_t sum[2]) {
  __m256i y = _mm256_add_epi32(_mm512_castsi512_si256(acc), _mm512_extracti64x4_epi64(acc, 1));
  __m128i x = _mm_add_epi32(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1));
  x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0x4e));
  _mm_storel_epi64((__m128i *)(void *)sum, x);
}
V_INLINE V d_quarter(V a, V b) {
  return _mm512_add_epi32(a, _mm512_srai_epi32(b, 2));
}
V_INLINE V v_times(V acc, V scale) {
  return _mm512_mullo_epi32(acc, scale);
}
V_INLINE V v_sum(V acc) {
  return acc;
}
V_INLINE V v_spread(const uint8_t *scales) {
  return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)scales));
}

V_INLINE F f_of(V x) {
  return _mm512_cvtepi32_ps(x);
}
V_INLINE F f_bits(V x) {
  return _mm512_castsi512_ps(x);
}
V_INLINE F f_load(const float *p) {
  return _mm512_loadu_ps(p);
}
V_INLINE void f_store(float *p, F x) {
  _mm512_storeu_ps(p, x);
}
V_INLINE F f_fma(F a, F b, F c) {
  return _mm512_fmadd_ps(a, b, c);
}
V_INLINE F f_set(float x) {
  return _mm512_set1_ps(x);
}

/* ORDER: the method uses what is above. */
#include "../ternary_bytes.h"

TERNARY_KERNEL(tpp_u8_ternary__avx512vnni, TPP_U8)
TERNARY_KERNEL(tpp_i8_ternary__avx512vnni, TPP_I8)
