/* Ternary weights with BF16 on AVX512_BF16: a nibble of two codes picks one of sixteen pairs of
 * weights from a register, and VDPBF16PS multiplies pairs. The method is in ternary_drive.h. */
#define V_FMA "vdpbf16ps"
#define TERNARY
#define GROUP        2
#define ELEM         2
#define TILE_LIST(X) TILE_LIST_KIND(X, B_SAME)
#include "vec_f32.h"

#include "pairs_bf16.h"

/* The weights -1, 0, 1 as BF16; the code 3 does not occur. */
#define WEIGHT(code)    ((code) == 0 ? 0xbf80u : (code) == 2 ? 0x3f80u : 0u)
#define PAIR(low, high) (WEIGHT(low) | WEIGHT(high) << 16)

#define V_SCALED(acc, scales, c) _mm512_fmadd_ps(acc, scales, c)

V_INLINE V v_decode(const uint32_t *words, int row) {
  static const uint32_t table[LANES] = {
      PAIR(0, 0), PAIR(1, 0), PAIR(2, 0), 0, PAIR(0, 1), PAIR(1, 1), PAIR(2, 1), 0,
      PAIR(0, 2), PAIR(1, 2), PAIR(2, 2), 0, 0,          0,          0,          0};
  const __m512i pairs = _mm512_loadu_si512(table);
  const __m128i shift = _mm_cvtsi32_si128(row % 4 * 8 + row / 4 * 2);
  __m512i x = _mm512_srl_epi32(_mm512_loadu_si512(words), shift);
  __m512i high = _mm512_and_si512(_mm512_srli_epi32(x, 6), _mm512_set1_epi32(12));
  x = _mm512_or_si512(_mm512_and_si512(x, _mm512_set1_epi32(3)), high);
  return _mm512_castsi512_ps(_mm512_permutexvar_epi32(x, pairs)); /* takes the low four bits */
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_groups.h"

#define A_BYTES(type) ELEM
#include "../ternary_drive.h"

TERNARY_KERNEL(tpp_bf16_ternary__avx512bf16, TPP_BF16)
