/* BF16 BRGEMM on AMX: TDPBF16PS. The method is in amx_drive.h; panels are those of brgemm_groups.h.
 */
#define PANEL_BYTES  1024 /* KC is 16 tiles */
#define V_FMA        "vdpbf16ps"
#define TILE_LIST(X) X(B_SAME, 1, 1)
#include "../avx512/pairs_bf16.h"

/* ORDER: the drive uses what brings the operands. */
#include "../brgemm_groups.h"

#define AMX_BF16(c, a, b)        TILE_DOT_BF16(c, a, b)
#define AMX_BYTES(kind, c, a, b) (void)(kind)
#include "../amx_drive.h"

DEFINE_BLOCKS(DOT_BF16)

void tpp_bf16_brgemm__amx(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                          int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta) {
  run_amx(kernel, A, B, C, m, n, k, br, beta, TPP_BF16, TPP_BF16, blocks_DOT_BF16);
}
