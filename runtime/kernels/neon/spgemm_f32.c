/* Products with a sparse factor on NEON that sum in F32. The method is in spgemm_drive.h. */
#define TILE_LIST(X) X(B_SAME, 1, 1)
#define V_POINT      9
#define V_BLOCK      4 /* by four columns */
#define J_BLOCK      4
#define WIDEN_BLOCKS 0
/* clang-format off */
#define POINT_LIST(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)
#define BLOCK_LIST(X)                                                                              \
  X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(1, 5) X(1, 6) X(1, 7) X(1, 8) X(1, 9)                          \
  X(2, 1) X(2, 2) X(2, 3) X(2, 4) X(3, 1) X(3, 2) X(3, 3) X(3, 4) X(4, 1) X(4, 2) X(4, 3) X(4, 4)
/* clang-format on */
#include "vec_f32.h"

V_INLINE V v_broadcast_type(const char *p, const int type) {
  return type == TPP_F32 ? v_broadcast((const T *)(const void *)p) : vdupq_n_f32(widen(p, type));
}

/* c + *a * b */
V_INLINE V v_fma_load(const T *a, V b, V c) {
  return v_fma(v_load(a), b, c);
}

/* ORDER: the drive uses what is above. */
#include "../spgemm_drive.h"

SPGEMM_KERNEL(tpp_f32_spgemm__neon)
