/* Ternary weights with floats on AVX2: weights become floats by a table of four in a register. The
 * method is in ternary_drive.h. */
#define TERNARY
#define TILE_LIST(X) TILE_LIST_KIND(X, B_SAME)
#include "vec_f32.h"

#define V_SCALED(acc, scales, c) _mm256_fmadd_ps(acc, scales, c)

V_INLINE V v_decode(const uint32_t *words, int row) {
  const __m256 weights = _mm256_setr_ps(-1, 0, 1, 0, -1, 0, 1, 0);
  const __m128i shift = _mm_cvtsi32_si128(row % 4 * 8 + row / 4 * 2);
  __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)words);
  return _mm256_permutevar_ps(weights, _mm256_srl_epi32(x, shift));
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_widen.h"

#define A_BYTES(type) type_bytes(type)
#include "../ternary_drive.h"

TERNARY_KERNEL(tpp_f32_ternary__avx2, TPP_F32)
TERNARY_KERNEL(tpp_bf16_ternary__avx2, TPP_BF16)
TERNARY_KERNEL(tpp_f16_ternary__avx2, TPP_F16)
