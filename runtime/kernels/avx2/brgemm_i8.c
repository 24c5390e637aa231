/* BRGEMM of bytes on AVX2, exact over their full range, whatever their signs.
 *
 * VPMADDUBSW, which multiplies bytes, adds two products of up to 255 * 128 in 16 bits and clamps.
 * So bytes are widened to 16 bits on the way into a panel, where VPMADDWD multiplies pairs of them
 * and adds the two products in 32 bits: two instructions for 16 products, of which only the first
 * needs the multiplier. The sums wrap, as those of the language do. The method is in brgemm_tile.h,
 * brgemm_groups.h, and brgemm_drive.h. */
#define GROUP     2
#define TALL_A    1
#define MOST_ROWS 6
#include "vec_i32.h"

/* c + a * b, in program order, or sums are moved to memory; nothing reaches the instruction as it
 * lies in memory. */
V_INLINE V v_fma(V a, V b, V c) {
  V product;
  __asm__ volatile("vpmaddwd %3, %2, %1\n\tvpaddd %1, %0, %0"
                   : "+x"(c), "=&x"(product)
                   : "x"(a), "x"(b));
  return c;
}
V_INLINE int is_as_is(const int type, int is_b) {
  (void)type, (void)is_b;
  return 0;
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_groups.h"

#include "../brgemm_drive.h"

void tpp_i8_brgemm__avx2(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                         int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta) {
  run_brgemm(kernel, A, B, C, m, n, k, br, beta, kernel->desc.a_type, kernel->desc.b_type, 0);
}
