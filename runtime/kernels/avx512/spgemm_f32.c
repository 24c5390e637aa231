/* Products with a sparse factor on AVX-512 that sum in F32. The method is in spgemm_drive.h. */
#define V_FMA        "vfmadd231ps"
#define TILE_LIST(X) X(B_SAME, 1, 1)
#define V_POINT      6
#define V_BLOCK      3
#define J_BLOCK      8
#define WIDEN_BLOCKS 0
/* clang-format off */
#define POINT_LIST(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define BLOCK_LIST(X)                                                                              \
  X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(1, 5) X(1, 6)                                                  \
  X(2, 1) X(2, 2) X(2, 3) X(3, 1) X(3, 2) X(3, 3) X(4, 1) X(4, 2) X(4, 3)                          \
  X(6, 1) X(6, 2) X(6, 3) X(8, 1) X(8, 2) X(8, 3)
/* clang-format on */
#include "vec_f32.h"

/* A BF16 in both halves of 32 bits, of which the high one is its float. */
V_INLINE V v_broadcast_type(const char *p, const int type) {
  if (type == TPP_F32)
    return v_broadcast((const T *)(const void *)p);
  int16_t half;
  memcpy(&half, p, sizeof half);
  return _mm512_castsi512_ps(
      _mm512_and_si512(_mm512_set1_epi16(half), _mm512_set1_epi32((int)0xffff0000u)));
}

/* c + *a * b, the load in the instruction. */
V_INLINE V v_fma_load(const T *a, V b, V c) {
  __asm__ volatile("vfmadd231ps %2, %1, %0" : "+v"(c) : "v"(b), "m"(*(const T(*)[LANES])a));
  return c;
}

/* ORDER: the drive uses what is above. */
#include "../spgemm_drive.h"

SPGEMM_KERNEL(tpp_f32_spgemm__avx512)
