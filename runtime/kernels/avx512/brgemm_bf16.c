/* BF16 BRGEMM on AVX512_BF16: VDPBF16PS multiplies pairs and adds them to F32, twice the rate of
 * FMAs. The method is in brgemm_tile.h, brgemm_pairs.h, and brgemm_drive.h. */
#define V_FMA "vdpbf16ps"
#include "vec_f32.h"

#define TILE_LIST(X) TILE_LIST_KIND(X, B_SAME)

/* The first n elements of two rows as pairs, lo in the low halves; zero where a row is not. */
V_INLINE V v_zip(const char *lo, const char *hi, int n) {
  __m256i x = _mm256_maskz_loadu_epi16(first_lanes(n), lo);
  __m256i y = hi ? _mm256_maskz_loadu_epi16(first_lanes(n), hi) : _mm256_setzero_si256();
  __m512i pairs =
      _mm512_or_si512(_mm512_cvtepu16_epi32(x), _mm512_slli_epi32(_mm512_cvtepu16_epi32(y), 16));
  return _mm512_castsi512_ps(pairs);
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_pairs.h"

#include "../brgemm_drive.h"

#define KERNEL(name, form)                                                                         \
  void name(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C, int64_t m,     \
            int64_t n, int64_t k, int64_t br, int64_t beta) {                                      \
    run_brgemm(kernel, A, B, C, m, n, k, br, beta, TPP_BF16, TPP_BF16, form);                      \
  }

KERNEL(tpp_bf16_brgemm__avx512bf16, TPP_FORM_ROW)
KERNEL(tpp_bf16_brgemm__avx512bf16_vnni2, TPP_FORM_VNNI2)
KERNEL(tpp_bf16_brgemm__avx512bf16_bt, TPP_FORM_COL)
KERNEL(tpp_bf16_brgemm__avx512bf16_strided, TPP_FORM_STRIDED)
