/* BRGEMM of bytes on AVX-512 without VNNI, exact over their full range: pairs widened to 16 bits
 * and VPMADDWD, as with AVX2. The method is in brgemm_tile.h, brgemm_groups.h, and brgemm_drive.h.
 */
#define GROUP 2
#include <immintrin.h>

#include "vec_i32.h"

V_INLINE V v_fma(V a, V b, V c) {
  return _mm512_add_epi32(c, _mm512_madd_epi16(a, b));
}
V_INLINE int is_as_is(const int type, int is_b) {
  (void)type, (void)is_b;
  return 0;
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_groups.h"

#include "../brgemm_drive.h"

void tpp_i8_brgemm__avx512(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                           int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta) {
  run_brgemm(kernel, A, B, C, m, n, k, br, beta, kernel->desc.a_type, kernel->desc.b_type, 0);
}
