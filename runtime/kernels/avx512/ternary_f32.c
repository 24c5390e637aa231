/* Ternary weights with floats on AVX-512: weights become floats by a table in a register. The
 * method is in ternary_drive.h. */
#define V_FMA "vfmadd231ps"
#define TERNARY
#define TILE_LIST(X) TILE_LIST_KIND(X, B_SAME)
#include "vec_f32.h"

#define V_SCALED(acc, scales, c) _mm512_fmadd_ps(acc, scales, c)

V_INLINE V v_decode(const uint32_t *words, int row) {
  const V weights = _mm512_broadcast_f32x4(_mm_setr_ps(-1, 0, 1, 0));
  const __m128i shift = _mm_cvtsi32_si128(row % 4 * 8 + row / 4 * 2);
  return _mm512_permutevar_ps(weights, _mm512_srl_epi32(_mm512_loadu_si512(words), shift));
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_widen.h"

#define A_BYTES(type) type_bytes(type)
#include "../ternary_drive.h"

TERNARY_KERNEL(tpp_f32_ternary__avx512, TPP_F32)
TERNARY_KERNEL(tpp_bf16_ternary__avx512, TPP_BF16)
TERNARY_KERNEL(tpp_f16_ternary__avx512, TPP_F16)
