/* BRGEMM of unsigned by signed bytes on NEON with I8MM: USDOT takes both as they are. The method is
 * in brgemm_tile.h, brgemm_groups.h, and brgemm_drive.h. */
#define GROUP 4
#include "vec_i32.h"

V_INLINE V v_fma(V a, V b, V c) {
  __asm__ volatile("usdot %0.4s, %1.16b, %2.16b" : "+w"(c) : "w"(a), "w"(b));
  return c;
}
V_INLINE int is_as_is(const int type, int is_b) {
  (void)type, (void)is_b;
  return 1;
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_groups.h"

#include "../brgemm_drive.h"

void tpp_u8i8_brgemm__neoni8mm(const struct tpp_brgemm *kernel, const void *A, const void *B,
                               void *C, int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta) {
  run_brgemm(kernel, A, B, C, m, n, k, br, beta, TPP_U8, TPP_I8, 0);
}
