/* BRGEMM of bytes on NEON without dot products, exact over their full range, whatever their signs.
 *
 * SMULL and SADALP would sum two products of bytes in 16 bits, where -128 * -128 twice does not
 * fit, and leave sums of two columns to be put together. So bytes are widened on the way into a
 * panel, to 32 bits, and multiplied from their lower halves: SMLAL takes four products of 16 bits
 * to 32 at the rate of 64-bit vectors, where the multiplication of 32 bits takes twice as long on
 * the cores that lack dot products. The sums wrap, as those of the language do. The method is in
 * brgemm_tile.h, brgemm_groups.h, and brgemm_drive.h. */
#define GROUP 1
#include "vec_i32.h"

/* c + a * b, in program order, or sums are moved to memory. */
V_INLINE V v_fma(V a, V b, V c) {
  int16x4_t x = vmovn_s32(a), y = vmovn_s32(b);
  __asm__ volatile("smlal %0.4s, %1.4h, %2.4h" : "+w"(c) : "w"(x), "w"(y));
  return c;
}
V_INLINE int is_as_is(const int type, int is_b) {
  (void)type, (void)is_b;
  return 0;
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_groups.h"

#include "../brgemm_drive.h"

void tpp_i8_brgemm__neon(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                         int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta) {
  run_brgemm(kernel, A, B, C, m, n, k, br, beta, kernel->desc.a_type, kernel->desc.b_type, 0);
}
