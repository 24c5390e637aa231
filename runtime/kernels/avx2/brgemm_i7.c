/* BRGEMM of unsigned by signed bytes on AVX2, of which no two products exceed 16 bits together.
 *
 * VPMADDUBSW multiplies bytes as they lie in memory and adds pairs of products in 16 bits; where
 * the caller knows that those do not clamp (a promise of narrower values), a multiplication by ones
 * adds two pairs in 32 bits: three instructions for 32 products. The method is in brgemm_tile.h,
 * brgemm_groups.h, and brgemm_drive.h. */
#define GROUP     4
#define TALL_A    1
#define MOST_ROWS 5
#include "vec_i32.h"

/* The sum in assembly: in an order of its own, clang runs out of registers. */
V_INLINE V v_fma(V a, V b, V c) {
  V pairs = _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), _mm256_set1_epi16(1));
  __asm__ volatile("vpaddd %1, %0, %0" : "+x"(c) : "x"(pairs));
  return c;
}
V_INLINE int is_as_is(const int type, int is_b) {
  (void)type, (void)is_b;
  return 1;
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_groups.h"

#include "../brgemm_drive.h"

void tpp_u7i8_brgemm__avx2(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                           int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta) {
  run_brgemm(kernel, A, B, C, m, n, k, br, beta, TPP_U8, TPP_I8, 0);
}
