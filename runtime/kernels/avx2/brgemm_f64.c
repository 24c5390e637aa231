/* F64 BRGEMM on AVX2. The method is in brgemm_tile.h and brgemm_drive.h. */
#include "vec_f64.h"

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_widen.h"

#include "../brgemm_drive.h"

/* ORDER: what is not in place is for the drive. */
#include "../brgemm_in_place.h"

#define KERNEL(name, form)                                                                         \
  void name(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C, int64_t m,     \
            int64_t n, int64_t k, int64_t br, int64_t beta) {                                      \
    run_brgemm(kernel, A, B, C, m, n, k, br, beta, TPP_F64, TPP_F64, form);                        \
  }

IN_PLACE_KERNEL(tpp_f64_brgemm__avx2, TPP_F64)
KERNEL(tpp_f64_brgemm__avx2_bt, TPP_FORM_COL)
KERNEL(tpp_f64_brgemm__avx2_strided, TPP_FORM_STRIDED)
