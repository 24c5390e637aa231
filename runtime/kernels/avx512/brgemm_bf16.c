/* BF16 BRGEMM on AVX512_BF16: VDPBF16PS multiplies pairs and adds them to F32, twice the rate of
 * FMAs. The method is in brgemm_tile.h, brgemm_groups.h, and brgemm_drive.h. */
#define V_FMA "vdpbf16ps"
#define GROUP 2
#define ELEM  2
#include "vec_f32.h"

#define TILE_LIST(X) TILE_LIST_KIND(X, B_SAME)

#include "pairs_bf16.h"

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_groups.h"

#include "../brgemm_drive.h"

#define KERNEL(name, form)                                                                         \
  void name(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C, int64_t m,     \
            int64_t n, int64_t k, int64_t br, int64_t beta) {                                      \
    run_brgemm(kernel, A, B, C, m, n, k, br, beta, TPP_BF16, TPP_BF16, form);                      \
  }

KERNEL(tpp_bf16_brgemm__avx512bf16, TPP_FORM_ROW)
KERNEL(tpp_bf16_brgemm__avx512bf16_vnni2, TPP_FORM_VNNI2)
KERNEL(tpp_bf16_brgemm__avx512bf16_bt, TPP_FORM_COL)
KERNEL(tpp_bf16_brgemm__avx512bf16_strided, TPP_FORM_STRIDED)
