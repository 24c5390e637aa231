/* Ternary weights with floats on AVX2: weights become floats by a table of four in a register. The
 * method is in ternary_drive.h. */
#define TERNARY
#define SCALED
#define TILE_LIST(X) TILE_LIST_KIND(X, B_SAME)
#include "vec_f32.h"

#define F __m256

V_INLINE V v_decode_bytes(__m128i codes, int part) {
  const __m256 weights = _mm256_setr_ps(-1, 0, 1, 0, -1, 0, 1, 0);
  __m256i x = _mm256_srl_epi32(_mm256_cvtepu8_epi32(codes), _mm_cvtsi32_si128(2 * part));
  return _mm256_permutevar_ps(weights, x);
}
V_INLINE V v_decode(const char *codes, int part) {
  return v_decode_bytes(_mm_loadl_epi64((const __m128i *)(const void *)codes), part);
}
V_INLINE V v_decode_n(const char *codes, int n, int used, int part) {
  uint64_t bytes = 0;
  (void)used;
  for (int i = 0; i < n; i++)
    bytes |= (uint64_t)(uint8_t)codes[i] << 8 * i;
  return v_decode_bytes(_mm_cvtsi64_si128((int64_t)bytes), part);
}

V_INLINE F f_zero(void) {
  return v_zero();
}
V_INLINE F f_of(V x) {
  return x;
}
V_INLINE F f_fma(F a, F b, F c) {
  return _mm256_fmadd_ps(a, b, c);
}
V_INLINE F f_load_n(const float *p, int n) {
  return n == LANES ? v_load(p) : v_load_n(p, n);
}
V_INLINE void f_store_n(float *p, F x, int n) {
  if (n == LANES)
    v_store(p, x);
  else
    v_store_n(p, x, n);
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_widen.h"

#define A_BYTES(type) type_bytes(type)
#include "../ternary_drive.h"

TERNARY_KERNEL(tpp_f32_ternary__avx2, TPP_F32)
TERNARY_KERNEL(tpp_bf16_ternary__avx2, TPP_BF16)
TERNARY_KERNEL(tpp_f16_ternary__avx2, TPP_F16)
