/* BF16 BRGEMM on NEON with BF16: BFMMLA, twice the products of BFDOT an instruction. It adds four
 * products to a sum as two BFDOT do one after the other, pair by pair, so that sums are those of
 * brgemm_bf16.c bit for bit, with their bound. It copies B; a product of few rows leaves that to
 * BFDOT. The method is in mmla_drive.h. */
#define GROUP 4
#define ELEM  2
#include "vec_mmla.h"

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_groups.h"

/* In program order, or sums are moved to memory. */
#define MMLA(acc, a, b) __asm__ volatile("bfmmla %0.4s, %1.8h, %2.8h" : "+w"(acc) : "w"(a), "w"(b))
#include "../mmla_drive.h"

void tpp_bf16_brgemm__neonbf16_mmla(const struct tpp_brgemm *kernel, const void *A, const void *B,
                                    void *C, int64_t m, int64_t n, int64_t k, int64_t br,
                                    int64_t beta) {
  if (m < 4)
    tpp_bf16_brgemm__neonbf16(kernel, A, B, C, m, n, k, br, beta);
  else
    run_mmla(kernel, A, B, C, m, n, k, br, beta, TPP_BF16);
}
