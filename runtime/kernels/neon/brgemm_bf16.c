/* BF16 BRGEMM on NEON with BF16: BFDOT multiplies pairs and adds them to F32, twice the rate of
 * FMAs. On CPUs without EBF16 it adds the two products to each other and then to the sum, rounds
 * both to odd, and takes subnormals for zero, whatever FPCR says; its errors keep to the bound of
 * sums that are rounded to nearest, since there are half as many steps. The method is in
 * brgemm_tile.h, brgemm_groups.h, and brgemm_drive.h. */
#define GROUP 2
#define ELEM  2
#include "vec_f32.h"

#include "../pairs_bf16.h"

V_INLINE V v_fma(V a, V b, V c) {
  __asm__ volatile("bfdot %0.4s, %1.8h, %2.8h" : "+w"(c) : "w"(a), "w"(b));
  return c;
}

/* The first n elements of two rows as pairs, row[0] in the low halves; zero where a row is not. */
V_INLINE V v_group(const char *const row[GROUP], int n, const int type) {
  uint16x4_t x = row[0] ? load4_halves(row[0], n) : vdup_n_u16(0);
  uint16x4_t y = row[1] ? load4_halves(row[1], n) : vdup_n_u16(0);
  (void)type;
  return vreinterpretq_f32_u32(vorrq_u32(vmovl_u16(x), vshll_n_u16(y, 16)));
}
V_INLINE V v_group_full(const char *const row[GROUP], const int type) {
  return v_group(row, LANES, type);
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_groups.h"

#include "../brgemm_drive.h"

#define KERNEL(name, form)                                                                         \
  void name(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C, int64_t m,     \
            int64_t n, int64_t k, int64_t br, int64_t beta) {                                      \
    run_brgemm(kernel, A, B, C, m, n, k, br, beta, TPP_BF16, TPP_BF16, form);                      \
  }

KERNEL(tpp_bf16_brgemm__neonbf16, TPP_FORM_ROW)
KERNEL(tpp_bf16_brgemm__neonbf16_vnni2, TPP_FORM_VNNI2)
KERNEL(tpp_bf16_brgemm__neonbf16_bt, TPP_FORM_COL)
KERNEL(tpp_bf16_brgemm__neonbf16_strided, TPP_FORM_STRIDED)
