/* BRGEMM of bytes on AMX: TDPBUSD, TDPBSSD, and TDPBUUD take them as they are and add all products
 * in 32 bits, without clamping, modulo 2^32. The method is in amx_drive.h; panels are those of
 * brgemm_groups.h. */
#define PANEL_BYTES  1024 /* KC is 16 tiles */
#define GROUP        4
#define TILE_LIST(X) X(B_SAME, 1, 1)
#include <immintrin.h>

#include "../avx512/vec_i32.h"

/* Of the template's own tiles, which are not used here. */
V_INLINE V v_fma(V a, V b, V c) {
  return _mm512_add_epi32(c, _mm512_madd_epi16(a, b));
}
V_INLINE int is_as_is(const int type, int is_b) {
  (void)type, (void)is_b;
  return 1;
}

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_groups.h"

#define AMX_BF16(c, a, b) (void)0
#define AMX_BYTES(kind, c, a, b)                                                                   \
  do {                                                                                             \
    if ((kind) == DOT_SIGNED)                                                                      \
      TILE_DOT_SIGNED(c, a, b);                                                                    \
    else if ((kind) == DOT_UNSIGNED)                                                               \
      TILE_DOT_UNSIGNED(c, a, b);                                                                  \
    else                                                                                           \
      TILE_DOT_UNSIGNED_BY(c, a, b);                                                               \
  } while (0)
#include "../amx_drive.h"

DEFINE_BLOCKS(DOT_UNSIGNED_BY)
DEFINE_BLOCKS(DOT_SIGNED)
DEFINE_BLOCKS(DOT_UNSIGNED)

void tpp_u8i8_brgemm__amx(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                          int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta) {
  run_amx(kernel, A, B, C, m, n, k, br, beta, TPP_U8, TPP_I8, blocks_DOT_UNSIGNED_BY);
}

void tpp_i8_brgemm__amx(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                        int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta) {
  run_amx(kernel, A, B, C, m, n, k, br, beta, TPP_I8, TPP_I8, blocks_DOT_SIGNED);
}

void tpp_u8_brgemm__amx(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                        int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta) {
  run_amx(kernel, A, B, C, m, n, k, br, beta, TPP_U8, TPP_U8, blocks_DOT_UNSIGNED);
}
