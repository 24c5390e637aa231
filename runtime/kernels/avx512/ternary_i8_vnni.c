/* Ternary weights with bytes on AVX512_VNNI: VPDPBUSD of four bytes and four weights. Signed bytes
 * are moved up by 128, of which the sum of the weights is taken away again. The method is in
 * ternary_drive.h. */
#define TERNARY
#define SCALED
#define GROUP    4
#define A_OFFSET 0x80
#define ONE_ROW  8 /* vectors of columns */
#include <immintrin.h>

#include "vec_i32.h"

#define F __m512

V_INLINE V v_fma(V a, V b, V c) {
  __asm__ volatile("vpdpbusd %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));
  return c;
}
V_INLINE int is_as_is(const int type, int is_b) {
  return is_b || !MOVED(type);
}

#define V_FINISH(x) (x)
V_INLINE V v_ones(void) {
  return _mm512_set1_epi8(1);
}

/* Bytes of four codes to lanes of four codes, or of four weights. */
V_INLINE V v_spread(__m128i codes) {
  V x = _mm512_cvtepu8_epi32(codes);
  x = _mm512_or_si512(x, _mm512_slli_epi32(x, 6));
  x = _mm512_or_si512(x, _mm512_slli_epi32(x, 12));
  return _mm512_and_si512(x, _mm512_set1_epi8(3));
}
V_INLINE V v_codes(const char *codes) {
  return v_spread(_mm_loadu_si128((const __m128i *)(const void *)codes));
}
V_INLINE V v_decode_bytes(__m128i codes) {
  return _mm512_sub_epi8(v_spread(codes), v_ones());
}
V_INLINE V v_decode(const char *codes, int part) {
  (void)part;
  return v_decode_bytes(_mm_loadu_si128((const __m128i *)(const void *)codes));
}
V_INLINE V v_decode_n(const char *codes, int n, int used, int part) {
  const V bytes = _mm512_set1_epi32((int)(0xffffffffu >> 8 * (4 - used)));
  (void)part;
  return _mm512_and_si512(v_decode_bytes(_mm_maskz_loadu_epi8(first_lanes(n), codes)), bytes);
}

V_INLINE F f_zero(void) {
  return _mm512_setzero_ps();
}
V_INLINE F f_of(V x) {
  return _mm512_cvtepi32_ps(x);
}
V_INLINE F f_fma(F a, F b, F c) {
  return _mm512_fmadd_ps(a, b, c);
}
V_INLINE F f_load_n(const float *p, int n) {
  return _mm512_maskz_loadu_ps(first_lanes(n), p);
}
V_INLINE void f_store_n(float *p, F x, int n) {
  _mm512_mask_storeu_ps(p, first_lanes(n), x);
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_groups.h"

#define A_BYTES(type) ELEM
#include "../ternary_drive.h"

TERNARY_KERNEL(tpp_u8_ternary__avx512vnni, TPP_U8)
TERNARY_KERNEL(tpp_i8_ternary__avx512vnni, TPP_I8_MOVED)
