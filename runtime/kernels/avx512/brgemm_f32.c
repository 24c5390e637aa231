/* BRGEMM on AVX-512 that sums in F32: F32, BF16, and F16 operands. The method is in brgemm_tile.h
 * and brgemm_drive.h. */
#define V_FMA "vfmadd231ps"
#include "vec_f32.h"

/* clang-format off */
#define TILE_LIST(X)                                                                               \
  TILE_LIST_KIND(X, B_SAME) TILE_LIST_KIND(X, B_BF16) TILE_LIST_KIND(X, B_VNNI2)                   \
  TILE_LIST_KIND(X, B_F16)
/* clang-format on */

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_widen.h"

#include "../brgemm_drive.h"

/* Columns that fill no more than half a vector: eight lanes take as many steps as sixteen, and on
 * some CPUs half the time each. Sums are the same bit for bit. */
static int run_narrow(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                      int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta) {
  if (n > LANES / 2)
    return 0;
  tpp_f32_brgemm__avx2(kernel, A, B, C, m, n, k, br, beta);
  return 1;
}
#define RUN_NARROW run_narrow

/* ORDER: what is not in place is for the drive. */
#include "../brgemm_in_place.h"

#define KERNEL(name, a, b, form)                                                                   \
  void name(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C, int64_t m,     \
            int64_t n, int64_t k, int64_t br, int64_t beta) {                                      \
    run_brgemm(kernel, A, B, C, m, n, k, br, beta, a, b, form);                                    \
  }

IN_PLACE_KERNEL(tpp_f32_brgemm__avx512, TPP_F32)
KERNEL(tpp_f32_brgemm__avx512_bt, TPP_F32, TPP_F32, TPP_FORM_COL)

KERNEL(tpp_bf16_brgemm__avx512, TPP_BF16, TPP_BF16, TPP_FORM_ROW)
KERNEL(tpp_bf16_brgemm__avx512_vnni2, TPP_BF16, TPP_BF16, TPP_FORM_VNNI2)
KERNEL(tpp_bf16_brgemm__avx512_bt, TPP_BF16, TPP_BF16, TPP_FORM_COL)

KERNEL(tpp_f32bf16_brgemm__avx512, TPP_F32, TPP_BF16, TPP_FORM_ROW)
KERNEL(tpp_bf16f32_brgemm__avx512, TPP_BF16, TPP_F32, TPP_FORM_ROW)
