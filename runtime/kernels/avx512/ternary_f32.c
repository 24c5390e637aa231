/* Ternary weights with floats on AVX-512: weights become floats by a table in a register. The
 * method is in ternary_drive.h. */
#define V_FMA "vfmadd231ps"
#define TERNARY
#define SCALED
#define TILE_LIST(X) TILE_LIST_KIND(X, B_SAME)
#include "vec_f32.h"

V_INLINE V v_decode_bytes(__m128i codes, int part) {
  const V weights = _mm512_broadcast_f32x4(_mm_setr_ps(-1, 0, 1, 0));
  __m512i x = _mm512_srl_epi32(_mm512_cvtepu8_epi32(codes), _mm_cvtsi32_si128(2 * part));
  return _mm512_permutevar_ps(weights, x);
}
V_INLINE V v_decode(const char *codes, int part) {
  return v_decode_bytes(_mm_loadu_si128((const __m128i *)(const void *)codes), part);
}
V_INLINE V v_decode_n(const char *codes, int n, int used, int part) {
  (void)used;
  return v_decode_bytes(_mm_maskz_loadu_epi8(first_lanes(n), codes), part);
}
#include "scaled_f32.h"

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_widen.h"

#define A_BYTES(type) type_bytes(type)
#include "../ternary_drive.h"

TERNARY_KERNEL(tpp_f32_ternary__avx512, TPP_F32)
TERNARY_KERNEL(tpp_bf16_ternary__avx512, TPP_BF16)
TERNARY_KERNEL(tpp_f16_ternary__avx512, TPP_F16)
