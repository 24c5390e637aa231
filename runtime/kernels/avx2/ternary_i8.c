/* Ternary weights with bytes on AVX2. VPMADDUBSW gives two products of a byte and a weight, at most
 * 510, in 16 bits; 64 of them fit there, so that a chunk of 256 along K costs two instructions for
 * 32 products and is summed in 32 bits once. Signed bytes are moved up by 128, of which the sum of
 * the weights is taken away again. The method is in ternary_drive.h. */
#define TERNARY
#define SCALED
#define GROUP       4
#define A_OFFSET    0x80
#define ONE_ROW     8 /* vectors of columns */
#define MOST_ROWS   5
#define PANEL_BYTES 256 /* KC is 64 steps */
#include "vec_i32.h"

#define F __m256

V_INLINE V v_fma(V a, V b, V c) {
  return _mm256_add_epi16(c, _mm256_maddubs_epi16(a, b));
}
#define V_FINISH(x) _mm256_madd_epi16(x, _mm256_set1_epi16(1))
V_INLINE int is_as_is(const int type, int is_b) {
  return is_b || !MOVED(type);
}

V_INLINE V v_ones(void) {
  return _mm256_set1_epi8(1);
}

/* Bytes of four codes to lanes of four codes, or of four weights. */
V_INLINE V v_spread(__m128i codes) {
  __m256i x = _mm256_cvtepu8_epi32(codes);
  x = _mm256_or_si256(x, _mm256_slli_epi32(x, 6));
  x = _mm256_or_si256(x, _mm256_slli_epi32(x, 12));
  return _mm256_and_si256(x, _mm256_set1_epi8(3));
}
V_INLINE V v_codes(const char *codes) {
  return v_spread(_mm_loadl_epi64((const __m128i *)(const void *)codes));
}
V_INLINE V v_decode_bytes(__m128i codes) {
  return _mm256_sub_epi8(v_spread(codes), v_ones());
}
V_INLINE V v_decode(const char *codes, int part) {
  (void)part;
  return v_decode_bytes(_mm_loadl_epi64((const __m128i *)(const void *)codes));
}
V_INLINE V v_decode_n(const char *codes, int n, int used, int part) {
  const V bytes = _mm256_set1_epi32((int)(0xffffffffu >> 8 * (4 - used)));
  (void)part;
  return _mm256_and_si256(v_decode_bytes(load_bytes(codes, n)), bytes);
}

V_INLINE F f_zero(void) {
  return _mm256_setzero_ps();
}
V_INLINE F f_of(V x) {
  return _mm256_cvtepi32_ps(x);
}
V_INLINE F f_fma(F a, F b, F c) {
  return _mm256_fmadd_ps(a, b, c);
}
V_INLINE F f_load_n(const float *p, int n) {
  return n == LANES ? _mm256_loadu_ps(p)
                    : _mm256_castsi256_ps(v_load_n((const T *)(const void *)p, n));
}
V_INLINE void f_store_n(float *p, F x, int n) {
  if (n == LANES)
    _mm256_storeu_ps(p, x);
  else
    v_store_n((T *)(void *)p, _mm256_castps_si256(x), n);
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_groups.h"

#define A_BYTES(type) ELEM
#include "../ternary_drive.h"

TERNARY_KERNEL(tpp_u8_ternary__avx2, TPP_U8)
TERNARY_KERNEL(tpp_i8_ternary__avx2, TPP_I8_MOVED)
