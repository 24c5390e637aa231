/* Products with a sparse factor on AVX2 that sum in F32. The method is in spgemm_drive.h. */
#define TILE_LIST(X) X(B_SAME, 1, 1)
#define V_POINT      9 /* eight FMAs on their way, and three times V_BLOCK */
#define V_BLOCK      3
#define J_BLOCK      4
#define WIDEN_BLOCKS 1
/* clang-format off */
#define POINT_LIST(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)
#define BLOCK_LIST(X)                                                                              \
  X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(1, 5) X(1, 6) X(1, 7) X(1, 8) X(1, 9)                          \
  X(2, 1) X(2, 2) X(2, 3) X(3, 1) X(3, 2) X(3, 3) X(4, 1) X(4, 2) X(4, 3)
/* clang-format on */
#include "vec_f32.h"

/* A BF16 in both halves of 32 bits, then in the high one only. */
V_INLINE V v_broadcast_type(const char *p, const int type) {
  if (type == TPP_F32)
    return v_broadcast((const T *)(const void *)p);
  __m256i both;
  __asm__("vpbroadcastw %1, %0" : "=x"(both) : "m"(*(const char(*)[2])p));
  return _mm256_castsi256_ps(_mm256_slli_epi32(both, 16));
}

V_INLINE void store4_type(T *to, const char *p, const int type) {
  (void)type;
  __m128i x = _mm_cvtepu16_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p));
  _mm_storeu_ps(to, _mm_castsi128_ps(_mm_slli_epi32(x, 16)));
}

/* c + *a * b, the load in the instruction. */
V_INLINE V v_fma_load(const T *a, V b, V c) {
  __asm__ volatile("vfmadd231ps %2, %1, %0" : "+x"(c) : "x"(b), "m"(*(const T(*)[LANES])a));
  return c;
}

/* ORDER: the drive uses what is above. */
#include "../spgemm_drive.h"

SPGEMM_KERNEL(tpp_f32_spgemm__avx2)
