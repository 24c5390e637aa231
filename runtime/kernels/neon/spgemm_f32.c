/* Products with a sparse B on NEON that sum in F32. The method is in spgemm_drive.h. */
#define TILE_LIST(X) X(B_SAME, 1, 1)
#define V_MOST       8 /* vectors by one column */
#define V_MANY       4 /* by four columns */
#include "vec_f32.h"

V_INLINE V v_broadcast_type(const char *p, const int type) {
  return type == TPP_F32 ? v_broadcast((const T *)(const void *)p) : vdupq_n_f32(widen(p, type));
}

/* ORDER: the drive uses what is above. */
#include "../spgemm_drive.h"

SPGEMM_KERNEL(tpp_f32_spgemm_rows__neon, 0, TPP_F32, TPP_F32)
SPGEMM_KERNEL(tpp_f32_spgemm_columns__neon, 1, TPP_F32, TPP_F32)
SPGEMM_KERNEL(tpp_bf16_spgemm_rows__neon, 0, TPP_BF16, TPP_BF16)
SPGEMM_KERNEL(tpp_bf16_spgemm_columns__neon, 1, TPP_BF16, TPP_BF16)
