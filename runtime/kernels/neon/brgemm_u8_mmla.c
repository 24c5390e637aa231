/* BRGEMM of unsigned bytes on NEON with I8MM: UMMLA, twice the products of UDOT an
 * instruction. It copies B; a product of few rows leaves that to the kernel of dot products, which
 * gives the same sums. The method is in mmla_drive.h. */
#define GROUP 8
#define ELEM  1
#include "vec_mmla.h"

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_groups.h"

/* In program order, or sums are moved to memory. */
#define MMLA(acc, a, b) __asm__ volatile("ummla %0.4s, %1.16b, %2.16b" : "+w"(acc) : "w"(a), "w"(b))
#include "../mmla_drive.h"

void tpp_u8_brgemm__neoni8mm(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                             int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta) {
  if (m < 4)
    tpp_u8_brgemm__neondot(kernel, A, B, C, m, n, k, br, beta);
  else
    run_mmla(kernel, A, B, C, m, n, k, br, beta, TPP_U8);
}
