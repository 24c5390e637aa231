/* BRGEMM of signed bytes on NEON with dot products: SDOT multiplies four signed bytes of A and of B
 * and adds all to 32 bits, without clamping; four times the rate of FMAs.
 *
 * An unsigned A is moved down by 128, the top bit of its bytes turned over, on the way into a
 * panel; what that takes away, 128 times the sum of the column of B, is computed as one more row,
 * of -128, and subtracted (brgemm_drive.h). Everything is modulo 2^32, so that it is exact. */
#define GROUP    4
#define A_OFFSET 0x80
#include "vec_i32.h"

V_INLINE V v_fma(V a, V b, V c) {
  __asm__ volatile("sdot %0.4s, %1.16b, %2.16b" : "+w"(c) : "w"(a), "w"(b));
  return c;
}
V_INLINE int is_as_is(const int type, int is_b) {
  return is_b || !MOVED(type);
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_groups.h"

#include "../brgemm_drive.h"

void tpp_i8_brgemm__neondot(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                            int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta) {
  run_brgemm(kernel, A, B, C, m, n, k, br, beta, TPP_I8, TPP_I8, 0);
}

void tpp_u8i8_brgemm__neondot(const struct tpp_brgemm *kernel, const void *A, const void *B,
                              void *C, int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta) {
  run_brgemm(kernel, A, B, C, m, n, k, br, beta, TPP_I8_MOVED, TPP_I8, 0);
}
